/* See taking.h. */
#include "centre/taking.h"
#include "evidence/field.h"
#include "wire/hex.h"

static json_t *text_json(vt_slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

json_t *vt_remark_json(const struct vt_kept_remark *kept)
{
    const struct vt_remark *r = &kept->remark;

    return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:s,s:o,s:o,s:i}", "number",
                     (json_int_t)kept->number, "product", text_json(r->product), "version",
                     text_json(r->version), "source", vt_field_of_hash(&r->source), "path",
                     text_json(r->path), "file", vt_field_of_hash(&r->file), "from",
                     (json_int_t)r->from_line, "to", (json_int_t)r->to_line, "severity",
                     vt_severity_name(r->severity), "text", text_json(r->text), "written",
                     vt_field_of_time(kept->written_unix_ms / 1000), "quoted",
                     (int)kept->quoted);
}

static bool check_len(const struct vt_buf *out, struct vt_error *err)
{
    return (!out->is_full && out->len <= VT_TAKING_BYTES_MAX) ||
           vt_fail(err, VT_LIMIT, "this is more than %ju bytes: choose fewer notes",
                   (uintmax_t)VT_TAKING_BYTES_MAX);
}

static bool write_json(const json_t *json, struct vt_buf *out, struct vt_error *err)
{
    bool is_written = vt_json_write_canonical(json, out, err);

    return is_written || err->code == VT_LIMIT ? check_len(out, err) && is_written : false;
}

/* ---- notes ------------------------------------------------------------------------------
 */

static bool write_notes(const struct vt_taking *t, struct vt_buf *out, struct vt_error *err)
{
    json_t *rows = json_array();
    VT_AUTO_JSON json = NULL;

    for (size_t i = 0; i < t->note_count; i++)
        (void)json_array_append_new(rows, vt_remark_json(&t->notes[i]));
    json = json_pack("{s:o,s:o,s:o,s:s}", "invitation", vt_field_of_hash(&t->invitation),
                     "notes", rows, "reviewer", text_json(t->reviewer), "type",
                     "urn:vitrine:notes:v1");
    return write_json(json, out, err);
}

/* ---- a finding --------------------------------------------------------------------------
 */

static void put_lines(struct vt_buf *out, const struct vt_remark *r)
{
    if (r->from_line == 0)
        return;
    if (r->from_line == r->to_line)
        vt_buf_printf(out, ", line %ju", (uintmax_t)r->from_line);
    else
        vt_buf_printf(out, ", lines %ju to %ju", (uintmax_t)r->from_line,
                      (uintmax_t)r->to_line);
}

/* Words that end in a line break or not give the same text. */
static vt_slice trimmed(vt_slice text)
{
    while (text.len != 0 && text.data[text.len - 1] == '\n')
        text = vt_slice_sub(text, 0, text.len - 1);
    return text;
}

static bool write_finding(const struct vt_taking *t, struct vt_buf *out,
                          struct vt_error *err)
{
    const struct vt_remark *r = &t->notes[0].remark;
    char hex[VT_HEX256_BYTES];

    vt_buf_put(out, trimmed(r->text));
    vt_buf_printf(out, "\n\nIn: %.*s %.*s", VT_SLICE_ARGS(r->product),
                  VT_SLICE_ARGS(r->version));
    if (r->path.len != 0) {
        vt_buf_put_text(out, ", ");
        vt_buf_put(out, r->path);
        put_lines(out, r);
        vt_hash_text(&r->file, hex);
        vt_buf_printf(out, "\nFile: %s", hex);
    }
    vt_hash_text(&r->source, hex);
    vt_buf_printf(out, "\nSource: %s\n", hex);
    return check_len(out, err);
}

/* ---- a report ---------------------------------------------------------------------------
 */

static json_t *files_json(const struct vt_report_words *words)
{
    vt_reader r = { words->files };
    json_t *rows = json_array();
    vt_slice path;

    while (vt_report_next_file(&r, &path))
        (void)json_array_append_new(rows, text_json(path));
    return rows;
}

/* The notes themselves stay: the report is for the desk, where everybody reads it. */
static bool add_notes(const struct vt_taking *t, json_t *report, struct vt_error *err)
{
    VT_AUTO_BUF notes = vt_buf_init(VT_TAKING_BYTES_MAX);
    vt_hash digest;

    if (t->note_count == 0)
        return true;
    if (!write_notes(t, &notes, err))
        return false;
    digest = vt_sha256_of(vt_buf_slice(&notes));
    (void)json_object_set_new(report, "notes",
                              json_pack("{s:I,s:o}", "count", (json_int_t)t->note_count,
                                        "sha256", vt_field_of_hash(&digest)));
    return true;
}

static bool write_report(const struct vt_taking *t, struct vt_buf *out,
                         struct vt_error *err)
{
    const struct vt_report_words *w = t->report;
    VT_AUTO_JSON json = json_pack(
        "{s:s,s:o,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:{s:I,s:o}}", "type",
        "urn:vitrine:review-report:v1", "reviewer", text_json(t->reviewer), "product",
        text_json(w->product), "version", text_json(w->version), "source",
        vt_field_of_hash(&w->source), "verdict", w->is_accepting ? "accept" : "refuse",
        "scope", text_json(w->scope), "summary", text_json(w->summary), "files",
        files_json(w), "sealed", "records", (json_int_t)t->sealed.number, "chain",
        vt_field_of_hash(&t->sealed.chain));

    return add_notes(t, json, err) && write_json(json, out, err);
}

/* ---- all --------------------------------------------------------------------------------
 */

bool vt_taking_write(const struct vt_taking *t, struct vt_buf *out, struct vt_error *err)
{
    switch (t->form) {
    case VT_TAKING_NOTES:
        return write_notes(t, out, err);
    case VT_TAKING_FINDING:
        return write_finding(t, out, err);
    default:
        return write_report(t, out, err);
    }
}

const char *vt_taking_name(struct vt_arena *arena, enum vt_taking_form form,
                           const vt_hash *digest)
{
    char hex[VT_HEX256_BYTES];

    vt_hash_text(digest, hex);
    return vt_arena_printf(arena, "%s-%.16s.%s", vt_taking_form_name(form), hex,
                           form == VT_TAKING_FINDING ? "txt" : "json");
}
