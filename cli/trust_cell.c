/* vitrine trust add-ledger, add-relay, certify: what a draft says of data cells: where the
 * heads of each are logged, who hides its clients, and what its heads may select. */
#include "cell/recipient.h"
#include "cell/statistic.h"
#include "cli/trust.h"
#include "crypto/ohttp.h"

/* Put a row into one of the draft's lists, and write it if it still holds together.  Takes
 * row. */
static bool add_row(struct vt_args *args, struct vt_trust_paper *paper, const char *list,
                    json_t *row, const char *said, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");

    if (!vt_json_has(paper->draft, list))
        (void)json_object_set_new(paper->draft, list, json_array());
    if (row == NULL || json_array_append_new(json_object_get(paper->draft, list), row) != 0)
        return vt_fail(err, VT_MALFORMED, "%s: what you give is not UTF-8", path);
    return vt_cli_trust_check_draft(paper->draft, path, err) &&
           vt_cli_trust_write(path, paper->draft, err) &&
           vt_cli_trust_said(args, path, said);
}

/* ---- add-ledger -------------------------------------------------------------------------
 */

const struct vt_option vt_cli_trust_add_ledger_options[] = {
    { "trust", "FILE", "the draft", true, false },
    { "origin", "ORIGIN", "origin of the ledger", true, false },
    { "use", "USE", "channel, head or access", true, false },
    { "cell", "NAME", "of a ledger of heads: the cell", false, false },
    { "policy", "FILE",
      "the tlog-policy that lists its log too; else the draft's lists it already", false,
      false },
    { NULL, NULL, NULL, false, false },
};

static bool check_use(struct vt_args *args, struct vt_error *err)
{
    vt_slice use = vt_slice_from_cstr(vt_args_get(args, "use"));
    bool is_head = vt_slice_is(use, "head");

    if (!is_head && !vt_slice_is(use, "channel") && !vt_slice_is(use, "access"))
        return vt_args_misuse(args, err, "--use: channel, head or access");
    if (is_head != vt_args_has(args, "cell"))
        return vt_args_misuse(args, err,
                              is_head ? "--cell is needed: whose heads they are"
                                      : "--cell goes with --use head");
    return true;
}

static bool take_policy(struct vt_args *args, struct vt_trust_paper *paper,
                        struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_BUF text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);

    if (path == NULL)
        return true;
    if (!vt_file_read(path, &text, err))
        return false;
    if (!vt_policy_parse(vt_buf_slice(&text), policy, err))
        return vt_within(err, "%s", path);
    return json_object_set_new(paper->draft, "policy",
                               json_stringn((const char *)text.data, text.len)) == 0 ||
           vt_fail(err, VT_MALFORMED, "%s: is not UTF-8", path);
}

bool vt_cli_trust_add_ledger(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_TRUST_PAPER paper = { .lock_fd = -1 };

    return check_use(args, err) &&
           vt_trust_draft_open(vt_args_get(args, "trust"), &paper, err) &&
           take_policy(args, &paper, err) &&
           add_row(args, &paper, "ledgers",
                   json_pack("{s:s,s:s,s:s*}", "origin", vt_args_get(args, "origin"), "use",
                             vt_args_get(args, "use"), "cell", vt_args_get(args, "cell")),
                   "ledger added", err);
}

/* ---- add-relay --------------------------------------------------------------------------
 */

const struct vt_option vt_cli_trust_add_relay_options[] = {
    { "trust", "FILE", "the draft", true, false },
    { "cell", "NAME", "it carries questions to this cell", true, false },
    { "url", "URL", "where clients post their sealed questions", true, false },
    { "holder", "NAME", "who runs it: not who holds the cell's keys", true, false },
    { "jurisdiction", "CODE", "whose law binds that holder: CH, DE, ...", true, false },
    { NULL, NULL, NULL, false, false },
};

bool vt_cli_trust_add_relay(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_TRUST_PAPER paper = { .lock_fd = -1 };

    return vt_trust_draft_open(vt_args_get(args, "trust"), &paper, err) &&
           add_row(args, &paper, "relays",
                   json_pack("{s:s,s:s,s:s,s:s}", "cell", vt_args_get(args, "cell"), "url",
                             vt_args_get(args, "url"), "holder",
                             vt_args_get(args, "holder"), "jurisdiction",
                             vt_args_get(args, "jurisdiction")),
                   "relay added", err);
}

/* ---- certify ----------------------------------------------------------------------------
 */

const struct vt_option vt_cli_trust_certify_options[] = {
    { "trust", "FILE", "the draft", true, false },
    { "schema", "FILE", "a schema of statistics", false, false },
    { "ohttp", "FILE", "the key configuration of a cell's gateway (application/ohttp-keys)",
      false, false },
    { "recipient", "FILE",
      "whom clients seal files to, as `vitrine cell recipient` made it", false, false },
    { "seal", "FILE",
      "whom a Centre seals to what its reviewers read: FILE.pub of the foundation's key",
      false, false },
    { "cell", "NAME", "for this cell; with --seal: for the Centre of this domain", true,
      false },
    { "from", "TIME", "counts from; else from when the draft was begun", false, false },
    { "until", "TIME", "counts until; else in two years", false, false },
    { NULL, NULL, NULL, false, false },
};

static bool digest_schema(const char *path, vt_hash *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_STATISTIC_SCHEMA_BYTES_MAX);
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };

    if (!vt_file_read(path, &text, err))
        return false;
    if (!vt_statistic_schema_parse(vt_buf_slice(&text), &schema, err))
        return vt_within(err, "%s", path);
    *out = schema.digest;
    return true;
}

/* The bytes as the gateway shows them, so that a client can compare them. */
static bool digest_ohttp(const char *path, vt_hash *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(4));
    struct vt_ohttp_config configs[VT_OHTTP_KEYS_MAX];
    size_t count;

    if (!vt_file_read(path, &bytes, err))
        return false;
    if (!vt_ohttp_keys_parse(vt_buf_slice(&bytes), configs, &count, err))
        return vt_within(err, "%s", path);
    *out = vt_sha256_of(vt_buf_slice(&bytes));
    return true;
}

static bool digest_recipient(const char *path, const char *cell, vt_hash *out,
                             struct vt_error *err)
{
    struct vt_recipient recipient;

    if (!vt_cell_recipient_read(path, &recipient, err))
        return false;
    if (strcmp(recipient.cell, cell) != 0)
        return vt_fail(err, VT_REJECTED, "%s: is of cell %s, not of %s", path,
                       recipient.cell, cell);
    *out = recipient.digest;
    return true;
}

/* The one line of FILE.pub, as the Centre's folder holds it. */
static bool digest_seal(const char *path, vt_hash *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    struct vt_age_recipient recipient;

    if (!vt_file_read(path, &text, err) ||
        !vt_age_recipient_parse_file(vt_buf_slice(&text), path, &recipient, err))
        return false;
    *out = vt_sha256_of(vt_buf_slice(&text));
    return true;
}

/* What is certified: the one file that is named, its use, and what is said of it. */
struct certified {
    const char *use, *said;
    vt_hash digest;
};

static bool take_certified(struct vt_args *args, struct certified *out,
                           struct vt_error *err)
{
    const char *schema = vt_args_get(args, "schema"), *ohttp = vt_args_get(args, "ohttp"),
               *seal = vt_args_get(args, "seal"),
               *recipient = vt_args_get(args, "recipient");

    if (seal != NULL) {
        *out = (struct certified){ .use = "seal", .said = "seal" };
        return digest_seal(seal, &out->digest, err);
    }
    if (schema != NULL) {
        *out = (struct certified){ .use = "statistics", .said = "schema" };
        return digest_schema(schema, &out->digest, err);
    }
    *out = (struct certified){ .use = "ohttp", .said = "key" };
    if (ohttp != NULL)
        return digest_ohttp(ohttp, &out->digest, err);
    *out = (struct certified){ .use = "recipient", .said = "recipient" };
    return digest_recipient(recipient, vt_args_get(args, "cell"), &out->digest, err);
}

bool vt_cli_trust_certify(struct vt_args *args, struct vt_error *err)
{
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    char from[VT_TIME_TEXT_BYTES], until[VT_TIME_TEXT_BYTES], text[65], said[64];
    VT_AUTO_TRUST_PAPER paper = { .lock_fd = -1 };
    struct certified what;

    if (vt_args_has(args, "schema") + vt_args_has(args, "ohttp") +
            vt_args_has(args, "recipient") + vt_args_has(args, "seal") !=
        1)
        return vt_args_misuse(args, err,
                              "name one of --schema, --ohttp, --recipient and --seal");
    if (!vt_trust_draft_open(vt_args_get(args, "trust"), &paper, err) ||
        !take_certified(args, &what, err) ||
        !vt_cli_time(args, "from", paper.trust->created_unix_s, from, err) ||
        !vt_cli_time(args, "until", now + 2 * VT_TRUST_YEAR_S, until, err))
        return false;
    vt_hash_text(&what.digest, text);
    (void)snprintf(said, sizeof said, "%s certified, once the holders have signed",
                   what.said);
    return add_row(args, &paper, "certified",
                   json_pack("{s:s,s:s,s:s,s:s,s:s}", "use", what.use, "cell",
                             vt_args_get(args, "cell"), "sha256", text, "from", from,
                             "until", until),
                   said, err);
}
