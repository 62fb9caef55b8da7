/* vitrine trust certify: the questions that a cell may ask its clients. */
#include "cell/statistic.h"
#include "cli/trust.h"

const struct vt_option vt_cli_trust_certify_options[] = {
    { "trust", "FILE", "the draft", true, false },
    { "schema", "FILE", "a schema of statistics", true, false },
    { "cell", "NAME", "for this cell", true, false },
    { "from", "TIME", "counts from; else from when the draft was begun", false, false },
    { "until", "TIME", "counts until; else in two years", false, false },
    { NULL, NULL, NULL, false, false },
};

static bool read_digest(const char *path, char out[65], struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_STATISTIC_SCHEMA_BYTES_MAX);
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };

    if (!vt_file_read(path, &text, err))
        return false;
    if (!vt_statistic_schema_parse(vt_buf_slice(&text), &schema, err))
        return vt_within(err, "%s", path);
    vt_hash_text(&schema.digest, out);
    return true;
}

bool vt_cli_trust_certify(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    char from[VT_TIME_TEXT_BYTES], until[VT_TIME_TEXT_BYTES], digest[65];
    VT_AUTO_TRUST_PAPER paper = { .lock_fd = -1 };

    if (!vt_trust_draft_open(path, &paper, err) ||
        !read_digest(vt_args_get(args, "schema"), digest, err) ||
        !vt_cli_time(args, "from", paper.trust->created_unix_s, from, err) ||
        !vt_cli_time(args, "until", now + 2 * VT_TRUST_YEAR_S, until, err))
        return false;
    if (!vt_json_has(paper.draft, "certified"))
        (void)json_object_set_new(paper.draft, "certified", json_array());
    (void)json_array_append_new(json_object_get(paper.draft, "certified"),
                                json_pack("{s:s,s:s,s:s,s:s,s:s}", "use", "statistics",
                                          "cell", vt_args_get(args, "cell"), "sha256",
                                          digest, "from", from, "until", until));
    return vt_schema_verify(paper.draft, path, vt_predicate_schema(VT_TRUST), err) &&
           vt_cli_trust_write(path, paper.draft, err) &&
           vt_cli_trust_said(args, path, "schema certified, once the holders have signed");
}
