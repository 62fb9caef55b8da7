/* vitrine centre invite, countersign, uninvite: vendor and supervisor together let a
 * reviewer in, and either of the two ends it. */
#include "cell/country.h"
#include "centre/invitation.h"
#include "cli/centre_verbs.h"
#include "cli/trust.h"
#include "evidence/field.h"
#include "wire/hex.h"

enum { DAYS = 30, DAY_S = 86400, CODE_BYTES = 32 };

static const enum vt_trust_role INVITERS[] = { VT_ROLE_VENDOR, VT_ROLE_SUPERVISOR };

/* The key's row in the trust root, as vendor or supervisor; NULL: it is neither. */
static const struct vt_trust_key *row_of(const struct vt_trust *trust,
                                         const struct vt_key *key)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    const struct vt_trust_key *mine = NULL;

    for (size_t i = 0; mine == NULL && i < sizeof INVITERS / sizeof INVITERS[0]; i++)
        mine = vt_trust_find(trust, vt_slice_from_cstr(id.text), INVITERS[i]);
    return mine;
}

/* A signature that would not count is not made. */
static bool check_key(const struct vt_trust *trust, const struct vt_key *key,
                      int64_t now_unix_s, struct vt_error *err)
{
    const struct vt_trust_key *mine = row_of(trust, key);

    if (mine != NULL)
        return vt_cli_will_count(mine, now_unix_s, "--key", err);
    return vt_fail(err, VT_REJECTED,
                   "--key: the trust root does not name this key as vendor or supervisor");
}

static bool open_both(struct vt_args *args, struct vt_trust **trust, struct vt_key **key,
                      struct vt_error *err)
{
    return vt_cli_trust_read(vt_args_get(args, "trust"), trust, err) &&
           vt_cli_key_open(args, key, err) &&
           check_key(*trust, *key, vt_env_now_unix_s(vt_args_env(args)), err);
}

#define TRUST                                                                              \
    {                                                                                      \
        "trust", "FILE", "your own copy of the trust root", true, false                    \
    }
#define END                                                                                \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

/* ---- invite -----------------------------------------------------------------------------
 */

const struct vt_option vt_cli_centre_invite_options[] = {
    { "reviewer", "NAME", "who is invited", true, false },
    { "jurisdiction", "CODE", "whose law binds the reviewer: CH, DE, ...", true, false },
    { "product", "NAME", "whose source may be read", true, true },
    { "from", "TIME", "may read from then on; else now", false, false },
    { "until", "TIME", "may read until then; else for 30 days", false, false },
    { "out", "FILE", "where the invitation goes", true, false },
    TRUST,
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    END,
};

static bool take_products(struct vt_args *args, json_t *products, struct vt_error *err)
{
    const char *name;

    for (size_t i = 0; (name = vt_args_get_at(args, "product", i)) != NULL; i++)
        if (!vt_text_verify(name, err))
            return vt_within(err, "--product");
        else if (vt_list_has(products, vt_slice_from_cstr(name)))
            return vt_args_misuse(args, err, "--product: %s twice", name);
        else
            (void)json_array_append_new(products, json_string(name));
    return true;
}

/* What cannot stand in an invitation is the caller's to spell otherwise. */
static bool take_text(struct vt_args *args, const char *option, struct vt_error *err)
{
    struct vt_error why = { 0 };

    return vt_text_verify(vt_args_get(args, option), &why) ||
           vt_args_misuse(args, err, "--%s: %s", option, why.message);
}

/* May any key of this role speak for the product? */
static bool is_spoken_for(const struct vt_trust *trust, enum vt_trust_role role,
                          const char *product)
{
    for (size_t i = 0; i < trust->key_count; i++)
        if (trust->keys[i].role == role &&
            (trust->keys[i].products == NULL ||
             vt_list_has(trust->keys[i].products, vt_slice_from_cstr(product))))
            return true;
    return false;
}

/* An invitation that can never count is not made: who signs it, and the other one, must be
 * able to speak for each product. */
static bool check_products(struct vt_args *args, const struct vt_trust *trust,
                           const struct vt_key *key, struct vt_error *err)
{
    const struct vt_trust_key *mine = row_of(trust, key);
    const char *name;

    for (size_t i = 0; (name = vt_args_get_at(args, "product", i)) != NULL; i++) {
        for (size_t k = 0; k < sizeof INVITERS / sizeof INVITERS[0]; k++)
            if (!is_spoken_for(trust, INVITERS[k], name))
                return vt_fail(err, VT_REJECTED,
                               "--product: the trust root knows no product '%s' of the %s",
                               name, vt_trust_role_name(INVITERS[k]));
        if (mine->products != NULL &&
            !vt_list_has(mine->products, vt_slice_from_cstr(name)))
            return vt_fail(err, VT_REJECTED, "--key: may not speak for product '%s'", name);
    }
    return true;
}

static bool check_jurisdiction(struct vt_args *args, struct vt_error *err)
{
    const char *code = vt_args_get(args, "jurisdiction");
    size_t ignored;

    return vt_country_of(vt_slice_from_cstr(code), &ignored) || strcmp(code, "EU") == 0 ||
           vt_args_misuse(args, err,
                          "--jurisdiction: '%s' is no country of ISO 3166, and not EU",
                          code);
}

static bool write_invitation(struct vt_args *args, const vt_hash *code, json_t **out,
                             struct vt_error *err)
{
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    char id[17], created[VT_TIME_TEXT_BYTES], from[VT_TIME_TEXT_BYTES],
        until[VT_TIME_TEXT_BYTES];
    VT_AUTO_JSON products = json_array();
    uint8_t dice[8];

    if (!take_text(args, "reviewer", err) || !check_jurisdiction(args, err) ||
        !take_products(args, products, err) || !vt_cli_time(args, "from", now, from, err) ||
        !vt_cli_time(args, "until", now + DAYS * DAY_S, until, err))
        return false;
    if (strcmp(from, until) >= 0)
        return vt_args_misuse(args, err, "--until: lies before --from");
    vt_env_random(vt_args_env(args), dice, sizeof dice);
    vt_hex_text(vt_slice_of(dice, sizeof dice), id);
    vt_time_write(now, created);
    *out =
        json_pack("{s:s,s:s,s:s,s:O,s:o,s:s,s:s,s:s}", "id", id, "reviewer",
                  vt_args_get(args, "reviewer"), "jurisdiction",
                  vt_args_get(args, "jurisdiction"), "products", products, "code",
                  vt_field_of_hash(code), "from", from, "until", until, "created", created);
    return *out != NULL || vt_fail(err, VT_IO, "out of memory");
}

static void say_invited(struct vt_args *args, const char *code)
{
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:s}", "ok", 1, "file",
                                    vt_args_get(args, "out"), "code", code));
    else
        (void)printf("code: %s\n"
                     "Give the code to the reviewer yourself, not by the Centre. The other "
                     "party signs with `vitrine centre countersign`.\n",
                     code);
}

bool vt_cli_centre_invite(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_KEY key = NULL;
    VT_AUTO_JSON predicate = NULL;
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    uint8_t code[CODE_BYTES];
    char text[VT_INVITATION_CODE_HEX + 1];
    const struct vt_key *keys[1];
    vt_hash hash;

    vt_env_random(vt_args_env(args), code, sizeof code);
    vt_hex_text(vt_slice_of(code, sizeof code), text);
    hash = vt_sha256_of(vt_slice_from_cstr(text));
    if (!write_invitation(args, &hash, &predicate, err) ||
        !open_both(args, &trust, &key, err) || !check_products(args, trust, key, err))
        return false;
    keys[0] = key;
    if (!vt_statement_write_about_itself(VT_INVITATION, predicate, &payload, err) ||
        !vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &out, err) ||
        !vt_cli_create(vt_args_get(args, "out"), vt_buf_slice(&out), 0644, err))
        return false;
    say_invited(args, text);
    return true;
}

/* ---- countersign ------------------------------------------------------------------------
 */

const struct vt_option vt_cli_centre_countersign_options[] = {
    TRUST,
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    END,
};

static bool read_invitation(const char *path, struct vt_buf *bytes,
                            struct vt_envelope *envelope, struct vt_error *err)
{
    if (!vt_file_read(path, bytes, err))
        return false;
    if (!vt_envelope_parse(vt_buf_slice(bytes), envelope, err))
        return vt_within(err, "%s", path);
    return envelope->statement.type == VT_INVITATION ||
           vt_fail(err, VT_MALFORMED, "%s: holds a statement of type %s, no invitation",
                   path, vt_predicate_name(envelope->statement.type));
}

/* Is it the other party's turn?  A signature that nobody needs any more is refused. */
static bool check_turn(const struct vt_trust *trust, const struct vt_key *key,
                       const struct vt_envelope *before, int64_t now_unix_s,
                       struct vt_error *err)
{
    const struct vt_trust_key *mine = row_of(trust, key);
    const json_t *products = json_object_get(before->statement.predicate, "products");
    enum vt_trust_role other =
        mine->role == VT_ROLE_VENDOR ? VT_ROLE_SUPERVISOR : VT_ROLE_VENDOR;

    for (size_t i = 0; i < json_array_size(products); i++) {
        vt_slice name = vt_slice_from_cstr(json_string_value(json_array_get(products, i)));

        if (vt_trust_count(trust, mine->role, before, now_unix_s, name).outcome !=
            VT_COUNT_ENOUGH)
            return true;
    }
    return vt_fail(err, VT_REJECTED,
                   "--key: the %s has signed already: the %s must sign it",
                   vt_trust_role_name(mine->role), vt_trust_role_name(other));
}

bool vt_cli_centre_countersign(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE before = { 0 }, after = { 0 };
    struct vt_error missing = { 0 };
    bool is_whole;

    if (!open_both(args, &trust, &key, err) ||
        !read_invitation(path, &bytes, &before, err) ||
        !check_turn(trust, key, &before, vt_env_now_unix_s(vt_args_env(args)), err) ||
        !vt_envelope_add_signature(vt_buf_slice(&bytes), key, &out, err) ||
        !vt_envelope_parse(vt_buf_slice(&out), &after, err) ||
        !vt_cli_write(path, vt_buf_slice(&out), 0644, err))
        return false;
    is_whole =
        vt_invitation_verify(trust, &after, vt_env_now_unix_s(vt_args_env(args)), &missing);
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:b}", "ok", 1, "file", path, "is_whole", is_whole));
    else if (is_whole)
        (void)printf("%s: signed; it counts once it lies in the Centre's folder, "
                     "below " VT_CENTRE_INVITATIONS "/\n",
                     path);
    else
        (void)printf("%s: signed; %s\n", path, missing.message);
    return true;
}

/* ---- uninvite ---------------------------------------------------------------------------
 */

const struct vt_option vt_cli_centre_uninvite_options[] = {
    { "reason", "TEXT", "why", true, false },
    { "out", "FILE", "where the end goes", true, false },
    TRUST,
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    END,
};

bool vt_cli_centre_uninvite(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE invitation = { 0 };
    VT_AUTO_JSON predicate = NULL;
    char created[VT_TIME_TEXT_BYTES];
    const struct vt_key *keys[1];
    vt_hash digest;

    if (!vt_text_verify(vt_args_get(args, "reason"), err))
        return vt_within(err, "--reason");
    if (!open_both(args, &trust, &key, err) ||
        !read_invitation(vt_args_operand(args, 0), &bytes, &invitation, err))
        return false;
    keys[0] = key;
    digest = vt_envelope_payload_digest(&invitation);
    vt_time_write(vt_env_now_unix_s(vt_args_env(args)), created);
    predicate = json_pack("{s:o,s:s,s:s}", "invitation", vt_field_of_hash(&digest),
                          "reason", vt_args_get(args, "reason"), "created", created);
    return vt_statement_write_about_itself(VT_INVITATION_END, predicate, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &out, err) &&
           vt_cli_create(vt_args_get(args, "out"), vt_buf_slice(&out), 0644, err) &&
           vt_cli_trust_said(
               args, vt_args_get(args, "out"),
               "signed; the session stops when it lies in the Centre's folder, "
               "below " VT_CENTRE_INVITATIONS "/");
}
