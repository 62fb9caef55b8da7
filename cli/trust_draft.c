/* vitrine trust init, add-key, remove-key: a trust root while it is plain JSON.  What no
 * further key could mend is refused before it is written. */
#include "cli/trust.h"

bool vt_cli_trust_check_draft(json_t *draft, const char *where, struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;

    return (vt_schema_verify(draft, where, vt_predicate_schema(VT_TRUST), err) &&
            vt_trust_of_draft(draft, &trust, err) &&
            vt_trust_can_become_sound(trust, err)) ||
           vt_within(err, "%s", where);
}

/* ---- init -------------------------------------------------------------------------------
 */

const struct vt_option vt_cli_trust_init_options[] = {
    { "out", "FILE", "the draft to make", true, false },
    { "origin", "ORIGIN", "origin of the release ledger", true, false },
    { "policy", "FILE", "ledgers, witnesses and quorum: a tlog-policy", true, false },
    { "threshold", "ROLE=K/H/J",
      "keys, holders, jurisdictions needed; else 1/1/1, of root keys 2/2/1, of residency "
      "2/2/2",
      false, true },
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
    for (size_t i = 0; i < 3; i++) /* nor says where data lie, nor does one state */
        counts[VT_ROLE_RESIDENCY][i] = 2;
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

bool vt_cli_trust_init(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out");
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    char created[VT_TIME_TEXT_BYTES], expires[VT_TIME_TEXT_BYTES];
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(32));
    VT_AUTO_JSON thresholds = json_array();
    VT_AUTO_JSON draft = NULL;

    vt_time_write(now, created);
    if (vt_path_exists(out))
        return vt_fail(err, VT_REJECTED, "%s: exists; a trust root is never replaced", out);
    if (!vt_cli_time(args, "expires", now + VT_TRUST_YEAR_S, expires, err) ||
        !make_thresholds(args, thresholds, err) ||
        !vt_file_read(vt_args_get(args, "policy"), &policy, err))
        return false;
    draft = json_pack("{s:i,s:s,s:s,s:[],s:O,s:[{s:s,s:s}],s:s%}", "version", 1, "created",
                      created, "expires", expires, "keys", "thresholds", thresholds,
                      "ledgers", "origin", vt_args_get(args, "origin"), "use", "release",
                      "policy", vt_buf_cstr(&policy), policy.len);
    if (draft == NULL)
        return vt_fail(err, VT_MALFORMED, "%s, or the origin, is not UTF-8",
                       vt_args_get(args, "policy"));
    return vt_cli_trust_check_draft(draft, vt_args_get(args, "policy"), err) &&
           vt_cli_trust_write(out, draft, err) &&
           vt_cli_trust_said(args, out,
                             "draft of version 1; add keys, then let the holders sign it");
}

/* ---- add-key ----------------------------------------------------------------------------
 */

const struct vt_option vt_cli_trust_add_key_options[] = {
    { "trust", "FILE", "the draft", true, false },
    { "role", "ROLE",
      "root, foundation, vendor, supervisor, reviewer, builder, residency or cell", true,
      false },
    { "public", "FILE", "the public key", true, false },
    { "holder", "NAME", "who holds it", true, false },
    { "jurisdiction", "CODE", "whose law binds the holder: CH, DE, ...", true, false },
    { "site", "PLACE", "where it stands; builders need one", false, false },
    { "product", "NAME", "speaks for this product (or cell) only", false, true },
    { "from", "TIME", "counts from; else from when the draft was begun", false, false },
    { "until", "TIME", "counts until; else in two years", false, false },
    { "mandate-until", "TIME", "end of the holder's mandate; else as --until", false,
      false },
    { "accreditation", "TEXT", "what qualifies the holder", false, false },
    { "funding", "TEXT", "who pays the holder", false, false },
    { NULL, NULL, NULL, false, false },
};

bool vt_trust_draft_open(const char *path, struct vt_trust_paper *out, struct vt_error *err)
{
    return vt_trust_paper_hold(path, out, err) &&
           (out->draft != NULL ||
            vt_fail(err, VT_REJECTED,
                    "%s: is signed already; `vitrine trust rotate` begins the next version",
                    path));
}

bool vt_cli_trust_add_key(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    VT_AUTO_TRUST_PAPER paper = { .lock_fd = -1 };
    json_t *row;
    enum vt_trust_role role;

    if (!vt_cli_trust_role(args, &role, err))
        return false;
    if (role == VT_ROLE_BUILDER && !vt_args_has(args, "site"))
        return vt_args_misuse(args, err,
                              "--site is needed: a builder is enrolled to a place");
    if (role == VT_ROLE_CELL && !vt_args_has(args, "product"))
        return vt_args_misuse(args, err,
                              "--product is needed: the cell that this key speaks for");
    if (!vt_trust_draft_open(path, &paper, err) ||
        !vt_cli_trust_key_row(args, paper.trust->created_unix_s, &row, err))
        return false;
    (void)json_array_append_new(json_object_get(paper.draft, "keys"), row);
    return vt_cli_trust_check_draft(paper.draft, vt_args_get(args, "public"), err) &&
           vt_cli_trust_write(path, paper.draft, err) &&
           vt_cli_trust_said(args, path, "key added");
}

/* ---- remove-key -------------------------------------------------------------------------
 */

const struct vt_option vt_cli_trust_remove_key_options[] = {
    { "trust", "FILE", "the draft", true, false },
    { "keyid", "KEYID", "which key; the beginning is enough where it is one key's", true,
      false },
    { "role", "ROLE", "in this role only; else in all", false, false },
    { NULL, NULL, NULL, false, false },
};

static const char *row_text(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

bool vt_cli_trust_complete_keyid(const json_t *keys, vt_slice text, const char *path,
                                 const char **out, struct vt_error *err)
{
    *out = NULL;
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *keyid = row_text(json_array_get(keys, i), "keyid");

        if (!vt_slice_starts_with(vt_slice_from_cstr(keyid), text))
            continue;
        if (*out != NULL && strcmp(*out, keyid) != 0)
            return vt_fail(err, VT_REJECTED, "%s: several keys begin with %.*s: give more",
                           path, VT_SLICE_ARGS(text));
        *out = keyid;
    }
    return *out != NULL || vt_fail(err, VT_ABSENT, "%s: no key begins with %.*s", path,
                                   VT_SLICE_ARGS(text));
}

/* The rows that stay; *removed counts the others. */
static json_t *rows_without(const json_t *keys, const char *keyid, const char *role,
                            size_t *removed)
{
    json_t *left = json_array();

    for (size_t i = 0; i < json_array_size(keys); i++) {
        json_t *row = json_array_get(keys, i);
        bool is_it = strcmp(row_text(row, "keyid"), keyid) == 0 &&
                     (role == NULL || strcmp(row_text(row, "role"), role) == 0);

        *removed += is_it;
        if (!is_it)
            (void)json_array_append(left, row);
    }
    return left;
}

bool vt_cli_trust_remove_key(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust"), *role = vt_args_get(args, "role");
    VT_AUTO_TRUST_PAPER paper = { .lock_fd = -1 };
    const json_t *keys;
    const char *keyid;
    enum vt_trust_role ignored;
    size_t removed = 0;

    if ((role != NULL && !vt_cli_trust_role(args, &ignored, err)) ||
        !vt_trust_draft_open(path, &paper, err))
        return false;
    keys = json_object_get(paper.draft, "keys");
    if (!vt_cli_trust_complete_keyid(keys, vt_slice_from_cstr(vt_args_get(args, "keyid")),
                                     path, &keyid, err))
        return false;
    if (json_object_set_new(paper.draft, "keys",
                            rows_without(keys, keyid, role, &removed)) != 0)
        return vt_fail(err, VT_IO, "%s: out of memory", path);
    if (removed == 0)
        return vt_fail(err, VT_ABSENT, "%s: key %s has not the role %s", path,
                       vt_args_get(args, "keyid"), role);
    return vt_cli_trust_write(path, paper.draft, err) &&
           vt_cli_trust_said(args, path, "key removed");
}
