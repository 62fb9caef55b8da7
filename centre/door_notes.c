/* See door_notes.h. */
#include "centre/door_notes.h"
#include "centre/notebook.h"
#include "centre/remark_ask.h"
#include "wire/hex.h"

#define WHAT "the request"

/* ---- fields -----------------------------------------------------------------------------
 */

static bool get_text(const json_t *body, const char *name, size_t len_max, bool is_optional,
                     vt_slice *out, struct vt_error *err)
{
    if (is_optional && !vt_json_has(body, name))
        return true;
    if (!vt_json_get_text(body, WHAT, name, out, err))
        return false;
    return out->len <= len_max ||
           vt_fail(err, VT_MALFORMED, "%s: over %zu bytes", name, len_max);
}

bool vt_door_get_number(const json_t *body, const char *name, uint32_t *out,
                        struct vt_error *err)
{
    uint64_t number = 0;

    if (vt_json_has(body, name) && !vt_json_get_number(body, WHAT, name, &number, err))
        return false;
    if (number > UINT32_MAX)
        return vt_fail(err, VT_MALFORMED, "%s: too large", name);
    *out = (uint32_t)number;
    return true;
}

static bool get_hash(const json_t *body, const char *name, bool is_optional, vt_hash *out,
                     struct vt_error *err)
{
    return (is_optional && !vt_json_has(body, name)) ||
           vt_json_get_sha256(body, WHAT, name, out->bytes, err);
}

static bool get_key(const json_t *body, struct vt_buf *out, struct vt_error *err)
{
    uint8_t key[VT_NOTEBOOK_KEY_BYTES];
    vt_slice hex;

    if (!vt_json_get_text(body, WHAT, "key", &hex, err))
        return false;
    if (!vt_hex_parse(hex, key, sizeof key))
        return vt_fail(err, VT_MALFORMED, "key: is not %d hex digits", 2 * (int)sizeof key);
    vt_buf_put(out, vt_slice_of(key, sizeof key));
    explicit_bzero(key, sizeof key);
    return true;
}

/* ---- kinds ------------------------------------------------------------------------------
 */

static bool take_list(const json_t *body, struct vt_remark_ask *out, struct vt_error *err)
{
    static const char *const names[] = { "kind", "key", "from", NULL };

    return vt_json_only(body, WHAT, names, err) &&
           vt_door_get_number(body, "from", &out->number, err);
}

static bool take_remove(const json_t *body, struct vt_remark_ask *out, struct vt_error *err)
{
    static const char *const names[] = { "kind", "key", "number", NULL };

    return vt_json_only(body, WHAT, names, err) &&
           vt_door_get_number(body, "number", &out->number, err);
}

static bool take_write(const json_t *body, struct vt_remark_ask *out, struct vt_error *err)
{
    static const char *const names[] = { "kind",     "key",  "number", "product", "version",
                                         "source",   "path", "file",   "from",    "to",
                                         "severity", "text", NULL };
    struct vt_remark *r = &out->remark;
    vt_slice severity = VT_LIT("none");

    if (!vt_json_only(body, WHAT, names, err) ||
        !vt_door_get_number(body, "number", &out->number, err) ||
        !get_text(body, "product", UINT8_MAX, false, &r->product, err) ||
        !get_text(body, "version", UINT8_MAX, false, &r->version, err) ||
        !get_hash(body, "source", false, &r->source, err) ||
        !get_text(body, "path", VT_REMARK_PATH_BYTES_MAX, true, &r->path, err) ||
        !get_hash(body, "file", true, &r->file, err) ||
        !vt_door_get_number(body, "from", &r->from_line, err) ||
        !vt_door_get_number(body, "to", &r->to_line, err) ||
        !get_text(body, "severity", UINT8_MAX, true, &severity, err) ||
        !get_text(body, "text", VT_REMARK_TEXT_BYTES_MAX, false, &r->text, err))
        return false;
    return vt_severity_of(severity, &r->severity) ||
           vt_fail(err, VT_MALFORMED, "severity: none, low, medium, high or critical");
}

/* ---- taking -----------------------------------------------------------------------------
 */

static bool take_numbers(const json_t *body, struct vt_remark_ask *out,
                         struct vt_error *err)
{
    json_t *rows;

    if (!vt_json_get_array(body, WHAT, "numbers", &rows, err))
        return false;
    if (json_array_size(rows) > VT_TAKING_NOTES_MAX)
        return vt_fail(err, VT_MALFORMED, "numbers: at most %d", VT_TAKING_NOTES_MAX);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (!json_is_integer(row) || json_integer_value(row) < 1 ||
            json_integer_value(row) > UINT32_MAX)
            return vt_fail(err, VT_MALFORMED, "numbers: of notes, from 1");
        out->numbers[out->number_count++] = (uint32_t)json_integer_value(row);
    }
    return true;
}

static bool take_files(const json_t *report, struct vt_report_words *out,
                       struct vt_buf *files, struct vt_error *err)
{
    json_t *rows;

    if (!vt_json_has(report, "files"))
        return true;
    if (!vt_json_get_array(report, WHAT, "files", &rows, err))
        return false;
    if (json_array_size(rows) > VT_REPORT_FILES_MAX)
        return vt_fail(err, VT_MALFORMED, "files: at most %d", VT_REPORT_FILES_MAX);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (!json_is_string(row) || json_string_length(row) > VT_REMARK_PATH_BYTES_MAX)
            return vt_fail(err, VT_MALFORMED, "files: paths of at most %d bytes",
                           VT_REMARK_PATH_BYTES_MAX);
        vt_report_put_file(files,
                           vt_slice_of(json_string_value(row), json_string_length(row)));
    }
    out->file_count = (uint16_t)json_array_size(rows); /* bounded above */
    out->files = vt_buf_slice(files);
    return vt_buf_check(files, "files: too many or too long; all of them", err);
}

static bool take_report(const json_t *report, struct vt_report_words *out,
                        struct vt_buf *files, struct vt_error *err)
{
    static const char *const names[] = { "product", "version", "source", "verdict",
                                         "scope",   "summary", "files",  NULL };
    vt_slice verdict;

    if (!vt_json_only(report, WHAT, names, err) ||
        !get_text(report, "product", UINT8_MAX, false, &out->product, err) ||
        !get_text(report, "version", UINT8_MAX, false, &out->version, err) ||
        !get_hash(report, "source", false, &out->source, err) ||
        !get_text(report, "verdict", UINT8_MAX, false, &verdict, err) ||
        !get_text(report, "scope", VT_REPORT_SCOPE_BYTES_MAX, false, &out->scope, err) ||
        !get_text(report, "summary", VT_REPORT_SUMMARY_BYTES_MAX, true, &out->summary,
                  err) ||
        !take_files(report, out, files, err))
        return false;
    out->is_accepting = vt_slice_is(verdict, "accept");
    return out->is_accepting || vt_slice_is(verdict, "refuse") ||
           vt_fail(err, VT_MALFORMED, "verdict: accept or refuse");
}

static bool take_taking(const json_t *body, struct vt_remark_ask *out, struct vt_buf *files,
                        struct vt_error *err)
{
    static const char *const names[] = { "kind", "key", "form", "numbers", "report", NULL };
    json_t *report;
    vt_slice form;

    if (!vt_json_only(body, WHAT, names, err) ||
        !vt_json_get_text(body, WHAT, "form", &form, err))
        return false;
    if (!vt_taking_form_of(form, &out->form))
        return vt_fail(err, VT_MALFORMED, "form: notes, finding or report");
    if (!take_numbers(body, out, err))
        return false;
    if (vt_json_has(body, "report") != (out->form == VT_TAKING_REPORT))
        return vt_fail(err, VT_MALFORMED, "report: of a report, and of nothing else");
    return out->form != VT_TAKING_REPORT ||
           (vt_json_get_object(body, WHAT, "report", &report, err) &&
            take_report(report, &out->report, files, err));
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool take_kind(const json_t *body, struct vt_remark_ask *out, struct vt_buf *files,
                      struct vt_error *err)
{
    vt_slice kind;

    if (!vt_json_get_text(body, WHAT, "kind", &kind, err))
        return false;
    if (!vt_remark_kind_of(kind, &out->kind))
        return vt_fail(err, VT_MALFORMED, "kind: list, write, remove or take");
    switch (out->kind) {
    case VT_REMARKS_LIST:
        return take_list(body, out, err);
    case VT_REMARK_WRITE:
        return take_write(body, out, err);
    case VT_REMARK_REMOVE:
        return take_remove(body, out, err);
    default:
        return take_taking(body, out, files, err);
    }
}

bool vt_door_notes_take(const json_t *body, struct vt_buf *ask, struct vt_buf *key,
                        struct vt_error *err)
{
    VT_AUTO_FREE struct vt_remark_ask *read = vt_alloc(2 * sizeof *read);
    VT_AUTO_BUF files = vt_buf_init(ask->bytes_max);

    if (!take_kind(body, read, &files, err) || !get_key(body, key, err))
        return false;
    vt_remark_ask_write(read, ask);
    if (!vt_buf_check(ask, WHAT, err))
        return false;
    return vt_remark_ask_read(vt_buf_slice(ask), read + 1) ||
           vt_fail(err, VT_MALFORMED, "no request about notes has this form");
}
