/* vitrine trust: the trust root on its way from holder to holder.
 *
 * A draft is the predicate as plain JSON, made by init or rotate and filled by add-key. The
 * first signature turns it into an envelope; the others are added to that. */
#include "cli/files.h"
#include "cli/groups.h"
#include "evidence/trust.h"
#include <jansson.h>

static bool read_json(const char *path, json_t **out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);

    return vt_file_read(path, &bytes, err) &&
           vt_json_parse(vt_buf_slice(&bytes), path, out, err);
}

static bool write_pretty(const char *path, const json_t *value, struct vt_error *err)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS);
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);
    bool ok;

    vt_buf_put_text(&bytes, text);
    vt_buf_put_text(&bytes, "\n");
    free(text);
    ok = vt_buf_check(&bytes, path, err) &&
         vt_cli_write(path, vt_buf_slice(&bytes), 0644, err);
    return ok;
}

static bool said(struct vt_args *args, const char *path, const char *what)
{
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s}", "ok", 1, "file", path));
    else
        (void)printf("%s: %s\n", path, what);
    return true;
}

/* An option as a time; absent: fallback. */
static bool time_option(struct vt_args *args, const char *option, int64_t fallback,
                        char out[VT_TIME_TEXT_BYTES], struct vt_error *err)
{
    const char *text = vt_args_get(args, option);
    int64_t unix_s = fallback;

    if (text != NULL && !vt_time_parse(vt_slice_from_cstr(text), &unix_s))
        return vt_args_misuse(args, err, "--%s: '%s' is no time like 2026-11-23T17:37:25Z",
                              option, text);
    vt_time_write(unix_s, out);
    return true;
}

enum { YEAR_S = 365 * 86400 };

/* ---- init -------------------------------------------------------------------------------
 */

static const struct vt_option init_options[] = {
    { "out", "FILE", "the draft to make", true, false },
    { "origin", "ORIGIN", "origin of the release ledger", true, false },
    { "policy", "FILE", "ledgers, witnesses and quorum: a tlog-policy", true, false },
    { "threshold", "ROLE=K/H/J", "keys, holders, jurisdictions needed; else 1/1/1", false,
      true },
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
    if (!time_option(args, "expires", now + YEAR_S, expires, err) ||
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
    { "site", "PLACE", "where it stands (builders, signers)", false, false },
    { "product", "NAME", "speaks for this product only", false, true },
    { "from", "TIME", "counts from; else now", false, false },
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

static bool make_key(struct vt_args *args, json_t **out, struct vt_error *err)
{
    int64_t now = vt_env_now_unix_s(vt_args_env(args)), until_s = 0;
    char from[VT_TIME_TEXT_BYTES], until[VT_TIME_TEXT_BYTES], mandate[VT_TIME_TEXT_BYTES];
    struct vt_public_key key;
    struct vt_key_id id;
    char hex[65];
    json_t *row;
    const char *product;

    if (!read_public(vt_args_get(args, "public"), &key, err) ||
        !time_option(args, "from", now, from, err) ||
        !time_option(args, "until", now + 2 * YEAR_S, until, err))
        return false;
    (void)!vt_time_parse(vt_slice_from_cstr(until), &until_s);
    if (!time_option(args, "mandate-until", until_s, mandate, err))
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

static bool open_draft(const char *path, json_t **out, struct vt_error *err)
{
    if (!read_json(path, out, err))
        return false;
    if (json_object_get(*out, "payload") != NULL)
        return vt_fail(err, VT_REJECTED,
                       "%s: is signed already; `vitrine trust rotate` begins "
                       "the next version",
                       path);
    return vt_schema_verify(*out, path, vt_predicate_schema(VT_TRUST), err);
}

static bool run_add_key(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    VT_AUTO_JSON draft = NULL;
    json_t *row;
    enum vt_trust_role role;

    if (!vt_trust_role_of(vt_slice_from_cstr(vt_args_get(args, "role")), &role))
        return vt_args_misuse(args, err,
                              "--role: '%s' is none of root, foundation, vendor, "
                              "supervisor, reviewer, builder",
                              vt_args_get(args, "role"));
    if (role == VT_ROLE_BUILDER && !vt_args_has(args, "site"))
        return vt_args_misuse(args, err,
                              "--site is needed: a builder is enrolled to a place");
    if (!open_draft(path, &draft, err) || !make_key(args, &row, err))
        return false;
    (void)json_array_append_new(json_object_get(draft, "keys"), row);
    return vt_schema_verify(draft, path, vt_predicate_schema(VT_TRUST), err) &&
           write_pretty(path, draft, err) && said(args, path, "key added");
}

/* ---- sign -------------------------------------------------------------------------------
 */

static const struct vt_option sign_options[] = {
    { "trust", "FILE", "the draft, or what others have signed", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

static bool write_payload(const json_t *draft, struct vt_buf *payload, struct vt_error *err)
{
    VT_AUTO_BUF canonical = vt_buf_init(VT_TRUST_BYTES_MAX);
    struct vt_subject subject = { .name = "trust.json" };

    if (!vt_json_write_canonical(draft, &canonical, err))
        return false;
    subject.hash = vt_sha256_of(vt_buf_slice(&canonical));
    return vt_statement_write(VT_TRUST, &subject, 1, draft, payload, err);
}

static bool add_signature(const char *path, const struct vt_key *key, struct vt_buf *out,
                          struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);
    VT_AUTO_BUF payload = vt_buf_init(VT_TRUST_BYTES_MAX);
    VT_AUTO_JSON json = NULL;
    const struct vt_key *keys[1] = { key };

    if (!vt_file_read(path, &bytes, err) ||
        !vt_json_parse(vt_buf_slice(&bytes), path, &json, err))
        return false;
    if (json_object_get(json, "payload") != NULL) {
        while (bytes.len > 0 && bytes.data[bytes.len - 1] == '\n')
            vt_buf_truncate(&bytes, bytes.len - 1);
        return vt_envelope_add_signature(vt_buf_slice(&bytes), key, out, err);
    }
    return write_payload(json, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err);
}

static bool run_sign(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF out = vt_buf_init(VT_TRUST_BYTES_MAX);
    VT_AUTO_TRUST trust = NULL;
    struct vt_key_id id;
    struct vt_count count;

    if (!vt_cli_key_open(args, &key, err))
        return false;
    id = vt_public_key_id(vt_key_public(key));
    if (!add_signature(path, key, &out, err) ||
        !vt_trust_parse_draft(vt_buf_slice(&out), &trust, err))
        return vt_within(err, "%s", path);
    if (vt_trust_find(trust, vt_slice_from_cstr(id.text), VT_ROLE_ROOT) == NULL)
        return vt_fail(err, VT_REJECTED, "%s: this key is no root key of it", path);
    if (!vt_cli_write(path, vt_buf_slice(&out), 0644, err))
        return false;
    count = vt_trust_count(trust, VT_ROLE_ROOT, &trust->envelope, trust->created_unix_s,
                           (vt_slice){ 0 });
    return said(args, path,
                count.outcome == VT_COUNT_ENOUGH ? "signed; the root threshold is met"
                                                 : "signed; more root holders must sign");
}

/* ---- show and rotate --------------------------------------------------------------------
 */

static bool read_trust(const char *path, bool is_draft, struct vt_trust **out,
                       struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);

    if (!vt_file_read(path, &bytes, err))
        return false;
    return (is_draft ? vt_trust_parse_draft(vt_buf_slice(&bytes), out, err)
                     : vt_trust_parse(vt_buf_slice(&bytes), out, err)) ||
           vt_within(err, "%s", path);
}

static const struct vt_option show_options[] = {
    { "trust", "FILE", "a signed trust root", true, false },
    { NULL, NULL, NULL, false, false },
};

static void print_keys(const struct vt_trust *trust)
{
    char until[VT_TIME_TEXT_BYTES];

    (void)printf("\n%-11s %-24s %-4s %-10s %-10s %s\n", "role", "holder", "law", "site",
                 "until", "keyid");
    for (size_t i = 0; i < trust->key_count; i++) {
        const struct vt_trust_key *key = &trust->keys[i];

        vt_time_write(key->until_unix_s, until);
        (void)printf("%-11s %-24.*s %-4.*s %-10.*s %.10s %.16s%s\n",
                     vt_trust_role_name(key->role), VT_SLICE_ARGS(key->holder),
                     VT_SLICE_ARGS(key->jurisdiction), VT_SLICE_ARGS(key->site), until,
                     (const char *)key->keyid.data,
                     key->compromised_unix_s != INT64_MAX ? "  COMPROMISED" : "");
    }
    (void)printf("\n%-11s %5s %8s %14s\n", "threshold", "keys", "holders", "jurisdictions");
    for (unsigned i = 0; i < VT_ROLES; i++)
        (void)printf("%-11s %5ju %8ju %14ju\n", vt_trust_role_name((enum vt_trust_role)i),
                     (uintmax_t)trust->thresholds[i].keys,
                     (uintmax_t)trust->thresholds[i].holders,
                     (uintmax_t)trust->thresholds[i].jurisdictions);
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    VT_AUTO_TRUST trust = NULL;
    struct vt_error missing = { 0 };
    bool is_enough;

    if (!read_trust(path, true, &trust, err))
        return false;
    {
        VT_AUTO_TRUST whole = NULL;

        is_enough = read_trust(path, false, &whole, &missing);
    }
    if (!is_enough)
        vt_args_exit(args, VT_EXIT_REFUSED);
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack("{s:b,s:O}", "ok", is_enough, "trust",
                                    trust->envelope.statement.predicate));
        return true;
    }
    (void)printf("trust root version %ju, %s\nrelease ledger %.*s, %zu witnesses in %u "
                 "jurisdictions, %u needed\n",
                 (uintmax_t)trust->version,
                 is_enough ? "signed by its root threshold" : missing.message,
                 VT_SLICE_ARGS(trust->release_origin), trust->policy.witness_count,
                 trust->policy.groups[trust->policy.quorum_index].members,
                 trust->policy.groups[trust->policy.quorum_index].threshold);
    print_keys(trust);
    return true;
}

static const struct vt_option rotate_options[] = {
    { "trust", "FILE", "the trust root that counts now", true, false },
    { "draft", "FILE", "begin the next version: write its draft here", false, false },
    { "next", "FILE", "take this signed next version in the place of --trust", false,
      false },
    { "expires", "TIME", "end of the next version; else in a year", false, false },
    { NULL, NULL, NULL, false, false },
};

static bool begin_next(struct vt_args *args, const struct vt_trust *current,
                       struct vt_error *err)
{
    const char *path = vt_args_get(args, "draft");
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    char created[VT_TIME_TEXT_BYTES], expires[VT_TIME_TEXT_BYTES];
    VT_AUTO_JSON draft = json_deep_copy(current->envelope.statement.predicate);

    vt_time_write(now, created);
    if (!time_option(args, "expires", now + YEAR_S, expires, err))
        return false;
    (void)json_object_set_new(draft, "version",
                              json_integer((json_int_t)current->version + 1));
    (void)json_object_set_new(draft, "created", json_string(created));
    (void)json_object_set_new(draft, "expires", json_string(expires));
    return write_pretty(path, draft, err) &&
           said(args, path,
                "draft of the next version; change it, then let the holders of "
                "both versions sign it");
}

static bool take_next(struct vt_args *args, const struct vt_trust *current,
                      struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust"), *next_path = vt_args_get(args, "next");
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);
    VT_AUTO_TRUST next = NULL;

    return vt_file_read(next_path, &bytes, err) &&
           vt_trust_parse(vt_buf_slice(&bytes), &next, err) &&
           vt_trust_verify_next(current, next, err) &&
           vt_cli_write(path, vt_buf_slice(&bytes), 0644, err) &&
           said(args, path, "now the next version");
}

static bool run_rotate(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_TRUST current = NULL;

    if (vt_args_has(args, "draft") == vt_args_has(args, "next"))
        return vt_args_misuse(args, err, "give either --draft or --next");
    if (!read_trust(vt_args_get(args, "trust"), false, &current, err))
        return false;
    return vt_args_has(args, "draft") ? begin_next(args, current, err)
                                      : take_next(args, current, err);
}

/* ---- enrol ------------------------------------------------------------------------------
 */

static const struct vt_option enrol_options[] = {
    { "trust", "FILE", "the trust root that names the key", true, false },
    { "keyid", "ID", "the key that is enrolled", true, false },
    { "role", "ROLE", "in which role", true, false },
    { "out", "FILE", "where the signed statement goes", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

static bool write_enrolment(const struct vt_trust_key *who, const struct vt_key *signer,
                            struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = NULL;
    char from[VT_TIME_TEXT_BYTES], until[VT_TIME_TEXT_BYTES];
    struct vt_subject subject = { .name = "key" };
    const struct vt_key *keys[1] = { signer };

    vt_time_write(who->from_unix_s, from);
    vt_time_write(who->until_unix_s, until);
    predicate = json_pack(
        "{s:s%,s:s%,s:s,s:s%,s:s,s:s}", "keyid", (const char *)who->keyid.data,
        who->keyid.len, "holder", (const char *)who->holder.data, who->holder.len, "role",
        vt_trust_role_name(who->role), "jurisdiction", (const char *)who->jurisdiction.data,
        who->jurisdiction.len, "from", from, "until", until);
    if (who->site.len != 0)
        (void)json_object_set_new(
            predicate, "site", json_stringn((const char *)who->site.data, who->site.len));
    if (!vt_hash_parse_hex(who->keyid, &subject.hash))
        return vt_fail(err, VT_MALFORMED, "a keyid is not 64 hex digits");
    return vt_statement_write(VT_ENROLMENT, &subject, 1, predicate, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err);
}

static bool run_enrol(struct vt_args *args, struct vt_error *err)
{
    const char *keyid = vt_args_get(args, "keyid"), *role_name = vt_args_get(args, "role");
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_trust_key *who = NULL;
    enum vt_trust_role role;

    if (!vt_trust_role_of(vt_slice_from_cstr(role_name), &role))
        return vt_args_misuse(args, err, "--role: there is no role '%s'", role_name);
    if (!read_trust(vt_args_get(args, "trust"), false, &trust, err))
        return false;
    who = vt_trust_find(trust, vt_slice_from_cstr(keyid), role);
    if (who == NULL)
        return vt_fail(err, VT_ABSENT, "the trust root names no %s with key %s", role_name,
                       keyid);
    return vt_cli_key_open(args, &key, err) && write_enrolment(who, key, &out, err) &&
           vt_cli_write(vt_args_get(args, "out"), vt_buf_slice(&out), 0644, err) &&
           said(args, vt_args_get(args, "out"), "enrolment, to be added to the ledger");
}

static const struct vt_verb verbs[] = {
    { "init", NULL, 0, 0, "begin a trust root", NULL, init_options, run_init },
    { "add-key", NULL, 0, 0, "add a key to a draft", NULL, add_options, run_add_key },
    { "enrol", NULL, 0, 0, "state that a key is enrolled to a site",
      "Signs an enrolment statement for a key that the trust root names, for the ledger.",
      enrol_options, run_enrol },
    { "sign", NULL, 0, 0, "sign a draft, or add your signature",
      "Root holders sign one after the other; the file is replaced each time. After the "
      "first\n"
      "signature the content is fixed.",
      sign_options, run_sign },
    { "rotate", NULL, 0, 0, "begin the next version, or take it",
      "With --draft: copies the current version as the draft of the next. With --next: "
      "checks\n"
      "that it is the next, signed by the root thresholds of both, and puts it in place.",
      rotate_options, run_rotate },
    { "show", NULL, 0, 0, "who holds which key, until when, and what is missing", NULL,
      show_options, run_show },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_trust = { "trust", "who is trusted with what", verbs };
