/* vitrine trust: the trust root on its way from holder to holder.
 *
 * A draft is the predicate as plain JSON, made by init or rotate, filled by add-key, and
 * open to any editor.  The first signature turns it into an envelope, whose content is then
 * fixed; the other holders add their signatures to that. */
#include "cli/groups.h"
#include "cli/trust.h"
#include "evidence/trust_store.h"

static bool write_pretty(const char *path, const json_t *value, struct vt_error *err)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS);
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);

    if (text == NULL)
        return vt_fail(err, VT_IO, "%s: out of memory", path);
    vt_buf_put_text(&bytes, text);
    vt_buf_put_u8(&bytes, '\n');
    free(text);
    return vt_buf_check(&bytes, path, err) &&
           vt_cli_write(path, vt_buf_slice(&bytes), 0644, err);
}

static bool said(struct vt_args *args, const char *path, const char *what)
{
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s}", "ok", 1, "file", path));
    else
        (void)printf("%s: %s\n", path, what);
    return true;
}

enum { YEAR_S = 365 * 86400 };

/* ---- init -------------------------------------------------------------------------------
 */

static const struct vt_option init_options[] = {
    { "out", "FILE", "the draft to make", true, false },
    { "origin", "ORIGIN", "origin of the release ledger", true, false },
    { "policy", "FILE", "ledgers, witnesses and quorum: a tlog-policy", true, false },
    { "threshold", "ROLE=K/H/J",
      "keys, holders, jurisdictions needed; else 1/1/1, of root keys 2/2/1", false, true },
    { "expires", "TIME", "end of this version; else in a year", false, false },
    { NULL, NULL, NULL, false, false },
};

static bool read_counts(vt_slice text, uint64_t out[3])
{
    vt_reader r = { text };

    for (size_t i = 0; i < 3; i++) {
        vt_slice digits = r.rest;

        if ((i < 2 && !vt_read_until(&r, '/', &digits)) ||
            !vt_decimal_parse(digits, &out[i]))
            return false;
    }
    return true;
}

/* {role, keys, holders, jurisdictions} for each role: as the options say, else ones. */
static bool make_thresholds(struct vt_args *args, json_t *list, struct vt_error *err)
{
    uint64_t counts[VT_ROLES][3];
    const char *text;

    for (size_t i = 0; i < VT_ROLES; i++)
        counts[i][0] = counts[i][1] = counts[i][2] = 1;
    counts[VT_ROLE_ROOT][0] = counts[VT_ROLE_ROOT][1] = 2; /* nobody alone names keys */
    for (size_t i = 0; (text = vt_args_get_at(args, "threshold", i)) != NULL; i++) {
        vt_reader r = { vt_slice_from_cstr(text) };
        enum vt_trust_role role;
        vt_slice name;

        if (!vt_read_until(&r, '=', &name) || !vt_trust_role_of(name, &role) ||
            !read_counts(r.rest, counts[role]))
            return vt_args_misuse(args, err, "--threshold: '%s' is not like root=3/3/2",
                                  text);
    }
    for (unsigned i = 0; i < VT_ROLES; i++)
        (void)json_array_append_new(
            list, json_pack("{s:s,s:I,s:I,s:I}", "role",
                            vt_trust_role_name((enum vt_trust_role)i), "keys",
                            (json_int_t)counts[i][0], "holders", (json_int_t)counts[i][1],
                            "jurisdictions", (json_int_t)counts[i][2]));
    return true;
}

static bool run_init(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out");
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    char created[VT_TIME_TEXT_BYTES], expires[VT_TIME_TEXT_BYTES];
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(32));
    VT_AUTO_JSON thresholds = json_array();
    VT_AUTO_JSON draft = NULL;
    struct vt_policy parsed;

    vt_time_write(now, created);
    if (vt_path_exists(out))
        return vt_fail(err, VT_REJECTED, "%s: exists; a trust root is never replaced", out);
    if (!vt_cli_time(args, "expires", now + YEAR_S, expires, err) ||
        !make_thresholds(args, thresholds, err) ||
        !vt_file_read(vt_args_get(args, "policy"), &policy, err) ||
        !vt_policy_parse(vt_buf_slice(&policy), &parsed, err) ||
        !vt_trust_policy_is_sound(&parsed, err))
        return false;
    draft = json_pack("{s:i,s:s,s:s,s:[],s:O,s:[{s:s,s:s}],s:s%}", "version", 1, "created",
                      created, "expires", expires, "keys", "thresholds", thresholds,
                      "ledgers", "origin", vt_args_get(args, "origin"), "use", "release",
                      "policy", (const char *)policy.data, policy.len);
    if (draft == NULL)
        return vt_fail(err, VT_MALFORMED, "the policy or the origin is not UTF-8");
    return write_pretty(out, draft, err) &&
           said(args, out, "draft of version 1; add keys, then let the holders sign it");
}

/* ---- add-key ----------------------------------------------------------------------------
 */

static const struct vt_option add_options[] = {
    { "trust", "FILE", "the draft", true, false },
    { "role", "ROLE", "root, foundation, vendor, supervisor, reviewer or builder", true,
      false },
    { "public", "FILE", "the public key", true, false },
    { "holder", "NAME", "who holds it", true, false },
    { "jurisdiction", "CODE", "whose law binds the holder: CH, DE, ...", true, false },
    { "site", "PLACE", "where it stands; builders need one", false, false },
    { "product", "NAME", "speaks for this product only", false, true },
    { "from", "TIME", "counts from; else from when the draft was begun", false, false },
    { "until", "TIME", "counts until; else in two years", false, false },
    { "mandate-until", "TIME", "end of the holder's mandate; else as --until", false,
      false },
    { "accreditation", "TEXT", "what qualifies the holder", false, false },
    { "funding", "TEXT", "who pays the holder", false, false },
    { NULL, NULL, NULL, false, false },
};

static const char *text_or(struct vt_args *args, const char *option, const char *fallback)
{
    const char *text = vt_args_get(args, option);

    return text != NULL ? text : fallback;
}

static bool read_public(const char *path, struct vt_public_key *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));

    return vt_file_read(path, &text, err) &&
           (vt_public_key_parse(vt_buf_slice(&text), out, err) ||
            vt_within(err, "%s", path));
}

/* ISO 3166-1 alpha-2 in form: one spelling, so that one law is not counted twice. */
static bool is_country(const char *text)
{
    return strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' &&
           text[1] <= 'Z';
}

static bool make_key(struct vt_args *args, int64_t begun, json_t **out,
                     struct vt_error *err)
{
    int64_t now = vt_env_now_unix_s(vt_args_env(args)), until_s = 0;
    char from[VT_TIME_TEXT_BYTES], until[VT_TIME_TEXT_BYTES], mandate[VT_TIME_TEXT_BYTES];
    struct vt_public_key key;
    struct vt_key_id id;
    char hex[65];
    json_t *row;
    const char *product;

    if (!is_country(vt_args_get(args, "jurisdiction")))
        return vt_args_misuse(args, err,
                              "--jurisdiction: '%s' is not two capital letters, say CH",
                              vt_args_get(args, "jurisdiction"));
    if (!read_public(vt_args_get(args, "public"), &key, err) ||
        !vt_cli_time(args, "from", begun, from, err) ||
        !vt_cli_time(args, "until", now + 2 * YEAR_S, until, err))
        return false;
    (void)!vt_time_parse(vt_slice_from_cstr(until), &until_s);
    if (!vt_cli_time(args, "mandate-until", until_s, mandate, err))
        return false;
    id = vt_public_key_id(&key);
    vt_hash_text((const vt_hash *)(const void *)&key, hex);
    row = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s}}", "keyid", id.text, "public", hex,
        "holder", vt_args_get(args, "holder"), "role", vt_args_get(args, "role"),
        "jurisdiction", vt_args_get(args, "jurisdiction"), "from", from, "until", until,
        "mandate", "accreditation", text_or(args, "accreditation", "none stated"),
        "funding", text_or(args, "funding", "none stated"), "until", mandate);
    if (row == NULL)
        return vt_fail(err, VT_MALFORMED, "an option is not UTF-8");
    if (vt_args_has(args, "site"))
        (void)json_object_set_new(row, "site", json_string(vt_args_get(args, "site")));
    if (vt_args_has(args, "product"))
        (void)json_object_set_new(row, "products", json_array());
    for (size_t i = 0; (product = vt_args_get_at(args, "product", i)) != NULL; i++)
        (void)json_array_append_new(json_object_get(row, "products"), json_string(product));
    *out = row;
    return true;
}

static bool open_draft(const char *path, struct vt_trust_paper *out, struct vt_error *err)
{
    return vt_trust_paper_read(path, out, err) &&
           (out->draft != NULL ||
            vt_fail(err, VT_REJECTED,
                    "%s: is signed already; `vitrine trust rotate` begins the next version",
                    path));
}

/* --role as a role. */
static bool role_option(struct vt_args *args, enum vt_trust_role *out, struct vt_error *err)
{
    const char *text = vt_args_get(args, "role");

    return vt_trust_role_of(vt_slice_from_cstr(text), out) ||
           vt_args_misuse(args, err,
                          "--role: '%s' is none of root, foundation, vendor, supervisor, "
                          "reviewer, builder",
                          text);
}

static bool run_add_key(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    VT_AUTO_TRUST_PAPER paper = { .draft = NULL };
    json_t *row;
    enum vt_trust_role role;

    if (!role_option(args, &role, err))
        return false;
    if (role == VT_ROLE_BUILDER && !vt_args_has(args, "site"))
        return vt_args_misuse(args, err,
                              "--site is needed: a builder is enrolled to a place");
    if (!open_draft(path, &paper, err) ||
        !make_key(args, paper.trust->created_unix_s, &row, err))
        return false;
    (void)json_array_append_new(json_object_get(paper.draft, "keys"), row);
    return vt_schema_verify(paper.draft, path, vt_predicate_schema(VT_TRUST), err) &&
           write_pretty(path, paper.draft, err) && said(args, path, "key added");
}

/* ---- sign -------------------------------------------------------------------------------
 */

static const struct vt_option sign_options[] = {
    { "trust", "FILE", "the draft, or what others have signed", true, false },
    { "previous", "FILE", "the version before, if your key is in that one only", false,
      false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

static bool add_signature(const struct vt_trust_paper *paper, const struct vt_key *key,
                          struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_TRUST_BYTES_MAX);
    const struct vt_key *keys[1] = { key };

    if (paper->draft == NULL)
        return vt_envelope_add_signature(vt_buf_slice(&paper->bytes), key, out, err);
    return vt_trust_is_sound(paper->trust, err) &&
           vt_statement_write_about_itself(VT_TRUST, paper->draft, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err);
}

static bool has_root_key(const struct vt_trust *trust, const struct vt_key *key)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    struct vt_keyring keyring = { .trust = trust };

    return vt_keyring_find(&keyring, vt_slice_from_cstr(id.text), VT_ROLE_ROOT) != NULL;
}

/* Is it a root key of this version, or of the one before? */
static bool may_sign(struct vt_args *args, const struct vt_trust *trust,
                     const struct vt_key *key, struct vt_error *err)
{
    const char *previous = vt_args_get(args, "previous");
    VT_AUTO_TRUST before = NULL;

    if (has_root_key(trust, key))
        return true;
    if (previous != NULL && !vt_cli_trust_read(previous, &before, err))
        return false;
    if (before != NULL && has_root_key(before, key))
        return true;
    return vt_fail(err, VT_REJECTED, "%s: this key is no root key of it%s",
                   vt_args_get(args, "trust"),
                   previous != NULL ? ", nor of the version before" : "");
}

static bool run_sign(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    VT_AUTO_TRUST_PAPER paper = { .draft = NULL };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF out = vt_buf_init(VT_TRUST_BYTES_MAX);
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_JSON missing = json_array();
    bool is_enough;

    if (!vt_trust_paper_read(path, &paper, err) || !vt_cli_key_open(args, &key, err) ||
        !may_sign(args, paper.trust, key, err) || !add_signature(&paper, key, &out, err) ||
        !vt_trust_parse_unsigned(vt_buf_slice(&out), &trust, err))
        return false;
    is_enough = vt_trust_missing(trust, trust, missing);
    vt_buf_put_u8(&out, '\n');
    return vt_cli_write(path, vt_buf_slice(&out), 0644, err) &&
           said(args, path,
                is_enough ? "signed; the root threshold is met"
                          : "signed; more root holders must sign (`vitrine trust show` "
                            "says who)");
}

/* ---- rotate and pin ---------------------------------------------------------------------
 */

static const struct vt_option rotate_options[] = {
    { "trust", "FILE", "the trust root that counts now, or a client's folder", true,
      false },
    { "draft", "FILE", "begin the next version: write its draft here", false, false },
    { "next", "FILE", "take this signed next version", false, false },
    { "retire", "KEYID", "with --draft: this key ends now, for what is signed later", false,
      true },
    { "compromised", "KEYID=TIME", "with --draft: nothing by this key counts from TIME on",
      false, true },
    { "expires", "TIME", "end of the next version; else in a year", false, false },
    { NULL, NULL, NULL, false, false },
};

/* Change the rows of this key, in every role. */
static bool set_in_keys(json_t *draft, vt_slice keyid, const char *field, const char *time,
                        struct vt_error *err)
{
    json_t *keys = json_object_get(draft, "keys");
    bool is_found = false;

    for (size_t i = 0; i < json_array_size(keys); i++) {
        json_t *row = json_array_get(keys, i);

        if (!vt_slice_is(keyid, json_string_value(json_object_get(row, "keyid"))))
            continue;
        is_found = json_object_set_new(row, field, json_string(time)) == 0;
    }
    return is_found ||
           vt_fail(err, VT_ABSENT, "the trust root has no key %.*s", VT_SLICE_ARGS(keyid));
}

static bool end_keys(struct vt_args *args, json_t *draft, const char *now,
                     struct vt_error *err)
{
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(args, "retire", i)) != NULL; i++)
        if (!set_in_keys(draft, vt_slice_from_cstr(text), "until", now, err))
            return false;
    for (size_t i = 0; (text = vt_args_get_at(args, "compromised", i)) != NULL; i++) {
        vt_reader r = { vt_slice_from_cstr(text) };
        char time[VT_TIME_TEXT_BYTES];
        int64_t unix_s;
        vt_slice keyid;

        if (!vt_read_until(&r, '=', &keyid) || !vt_time_parse(r.rest, &unix_s))
            return vt_args_misuse(args, err,
                                  "--compromised: '%s' is not like KEYID=2026-11-23T17:37:"
                                  "25Z",
                                  text);
        vt_time_write(unix_s, time);
        if (!set_in_keys(draft, keyid, "compromised_from", time, err))
            return false;
    }
    return true;
}

static bool begin_next(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "draft");
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    char created[VT_TIME_TEXT_BYTES], expires[VT_TIME_TEXT_BYTES];
    VT_AUTO_TRUST current = NULL;
    VT_AUTO_JSON draft = NULL;

    if (!vt_cli_trust_read(vt_args_get(args, "trust"), &current, err))
        return false;
    vt_time_write(now, created);
    if (!vt_cli_time(args, "expires", now + YEAR_S, expires, err))
        return false;
    draft = json_deep_copy(current->envelope.statement.predicate);
    if (json_object_set_new(draft, "version",
                            json_integer((json_int_t)current->version + 1)) != 0 ||
        json_object_set_new(draft, "created", json_string(created)) != 0 ||
        json_object_set_new(draft, "expires", json_string(expires)) != 0)
        return vt_fail(err, VT_IO, "%s: out of memory", path);
    return end_keys(args, draft, created, err) && write_pretty(path, draft, err) &&
           said(args, path,
                "draft of the next version; change it, then let the holders of both "
                "versions sign it");
}

/* Into a client's folder, or in the place of the one file. */
static bool take_next(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust"), *from = vt_args_get(args, "next");
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);
    VT_AUTO_TRUST current = NULL;
    VT_AUTO_TRUST next = NULL;
    struct stat about;

    if (!vt_file_read(from, &bytes, err))
        return false;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return (vt_trust_store_take(path, vt_buf_slice(&bytes), err) ||
                vt_within(err, "%s", from)) &&
               said(args, path, "holds the next version");
    return vt_cli_trust_read(path, &current, err) &&
           ((vt_trust_parse(vt_buf_slice(&bytes), &next, err) &&
             vt_trust_verify_next(current, next, err)) ||
            vt_within(err, "%s", from)) &&
           vt_cli_write(path, vt_buf_slice(&bytes), 0644, err) &&
           said(args, path, "is the next version now");
}

static bool run_rotate(struct vt_args *args, struct vt_error *err)
{
    if (vt_args_has(args, "draft") == vt_args_has(args, "next"))
        return vt_args_misuse(args, err, "give either --draft or --next");
    return vt_args_has(args, "draft") ? begin_next(args, err) : take_next(args, err);
}

static const struct vt_option pin_options[] = {
    { "folder", "FOLDER", "where this client keeps its trust root; made if missing", true,
      false },
    { NULL, NULL, NULL, false, false },
};

static bool run_pin(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0), *folder = vt_args_get(args, "folder");
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);

    return vt_file_read(path, &bytes, err) &&
           (vt_trust_store_pin(folder, vt_buf_slice(&bytes), err) ||
            vt_within(err, "%s", path)) &&
           said(args, folder, "trust root pinned");
}

/* ---- enrol ------------------------------------------------------------------------------
 */

static const struct vt_option enrol_options[] = {
    { "role", "ROLE", "builder or reviewer", true, false },
    { "public", "FILE", "the public key", true, false },
    { "holder", "NAME", "who holds it", true, false },
    { "jurisdiction", "CODE", "whose law binds the holder: CH, DE, ...", true, false },
    { "site", "PLACE", "where it stands", true, false },
    { "product", "NAME", "speaks for this product only", false, true },
    { "from", "TIME", "counts from; else now", false, false },
    { "until", "TIME", "counts until; else in two years", false, false },
    { "mandate-until", "TIME", "end of the holder's mandate; else as --until", false,
      false },
    { "accreditation", "TEXT", "what qualifies the holder", false, false },
    { "funding", "TEXT", "who pays the holder", false, false },
    { "out", "FILE", "where the signed statement goes", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

/* The statement's subject is the key itself: its name the holder, its digest the keyid. */
static bool write_enrolment(const json_t *row, const struct vt_key *signer,
                            struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_subject subject = { .name =
                                      json_string_value(json_object_get(row, "holder")) };
    const struct vt_key *keys[1] = { signer };

    return vt_json_get_sha256(row, "enrolment", "keyid", subject.hash.bytes, err) &&
           vt_statement_write(VT_ENROLMENT, &subject, 1, row, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err);
}

static bool run_enrol(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "out");
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON row = NULL;
    enum vt_trust_role role;

    if (!role_option(args, &role, err))
        return false;
    if (role != VT_ROLE_BUILDER && role != VT_ROLE_REVIEWER)
        return vt_args_misuse(args, err,
                              "--role: only a builder or reviewer is enrolled; other keys "
                              "stand in the trust root (`vitrine trust add-key`)");
    return make_key(args, vt_env_now_unix_s(vt_args_env(args)), &row, err) &&
           vt_cli_key_open(args, &key, err) && write_enrolment(row, key, &out, err) &&
           vt_cli_write(path, vt_buf_slice(&out), 0644, err) &&
           said(args, path, "enrolment signed; it goes to the ledger, and into evidence");
}

static const struct vt_verb verbs[] = {
    { "init", NULL, 0, 0, "begin a trust root",
      "Makes the draft of version 1. The policy is a C2SP tlog-policy with one `any` group "
      "a\n"
      "jurisdiction and a quorum of k of n groups with 2k > n + 1.",
      init_options, run_init },
    { "add-key", NULL, 0, 0, "add a key to a draft", NULL, add_options, run_add_key },
    { "enrol", NULL, 0, 0, "enrol a builder or reviewer to a site",
      "The supervisor signs that a key belongs to a builder or reviewer at a site. "
      "Evidence\n"
      "that carries the statement is accepted with that key; the trust root need not "
      "change.",
      enrol_options, run_enrol },
    { "sign", NULL, 0, 0, "sign a draft, or add your signature",
      "Root holders sign one after the other; the file is replaced each time. The draft "
      "must\n"
      "hold together first; after the first signature its content is fixed.",
      sign_options, run_sign },
    { "rotate", NULL, 0, 0, "begin the next version, or take it",
      "With --draft: writes the draft of the next version. With --next: checks that it is\n"
      "the next, signed by the root thresholds of both, and takes it.",
      rotate_options, run_rotate },
    { "pin", "FILE", 1, 1, "keep a first trust root that you believe",
      "Do this once, with a file that reached you by a way you trust. Later versions are\n"
      "taken with `vitrine trust rotate --next`, which checks them against this one.",
      pin_options, run_pin },
    { "show", NULL, 0, 0, "who holds which key, where, until when, and who is missing",
      "Exit code 0 if the trust root is whole, 1 if signatures are missing.",
      vt_cli_trust_show_options, vt_cli_trust_show },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_trust = { "trust", "who is trusted with what", verbs };
