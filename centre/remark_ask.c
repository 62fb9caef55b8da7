/* See remark_ask.h. */
#include "centre/remark_ask.h"
#include "centre/source_question.h"

/* ---- names ------------------------------------------------------------------------------
 */

static bool find_name(const char *const *names, unsigned count, vt_slice name,
                      unsigned *out)
{
    for (unsigned i = 0; i < count; i++)
        if (vt_slice_is(name, names[i])) {
            *out = i;
            return true;
        }
    return false;
}

static const char *const kinds[VT_REMARK_KINDS] = { [VT_REMARKS_LIST] = "list",
                                                    [VT_REMARK_WRITE] = "write",
                                                    [VT_REMARK_REMOVE] = "remove",
                                                    [VT_REMARKS_TAKE] = "take" };
static const char *const forms[VT_TAKING_FORMS] = { [VT_TAKING_NOTES] = "notes",
                                                    [VT_TAKING_FINDING] = "finding",
                                                    [VT_TAKING_REPORT] = "report" };

const char *vt_remark_kind_name(enum vt_remark_kind kind)
{
    return kinds[kind];
}

bool vt_remark_kind_of(vt_slice name, enum vt_remark_kind *out)
{
    unsigned found;

    if (!find_name(kinds, VT_REMARK_KINDS, name, &found))
        return false;
    *out = (enum vt_remark_kind)found; /* below VT_REMARK_KINDS */
    return true;
}

const char *vt_taking_form_name(enum vt_taking_form form)
{
    return forms[form];
}

bool vt_taking_form_of(vt_slice name, enum vt_taking_form *out)
{
    unsigned found;

    if (!find_name(forms, VT_TAKING_FORMS, name, &found))
        return false;
    *out = (enum vt_taking_form)found; /* below VT_TAKING_FORMS */
    return true;
}

/* ---- a report ---------------------------------------------------------------------------
 */

void vt_report_put_file(struct vt_buf *files, vt_slice path)
{
    vt_buf_put_part(files, path);
}

bool vt_report_next_file(vt_reader *files, vt_slice *path_out)
{
    return vt_read_part(files, path_out);
}

static void write_report(const struct vt_report_words *w, struct vt_buf *out)
{
    vt_buf_put_u8(out, w->is_accepting);
    vt_buf_put(out, VT_BYTES(w->source));
    vt_buf_put_part(out, w->product);
    vt_buf_put_part(out, w->version);
    vt_buf_put_part(out, w->scope);
    vt_buf_put_part(out, w->summary);
    vt_buf_put_u16(out, w->file_count);
    vt_buf_put(out, w->files);
}

static bool read_files(vt_reader *r, struct vt_report_words *out)
{
    vt_slice path;

    out->files = r->rest;
    for (uint16_t i = 0; i < out->file_count; i++)
        if (!vt_read_part(r, &path) || path.len == 0 ||
            path.len > VT_REMARK_PATH_BYTES_MAX || !vt_line_is_sound(path))
            return false;
    return true;
}

static bool read_report(vt_reader *r, struct vt_report_words *out)
{
    uint8_t is_accepting;

    if (!vt_read_u8(r, &is_accepting) || is_accepting > 1 ||
        !vt_hash_read(r, &out->source) || !vt_read_part(r, &out->product) ||
        !vt_source_name_is_good(out->product) || !vt_read_part(r, &out->version) ||
        !vt_source_name_is_good(out->version) || !vt_read_part(r, &out->scope) ||
        out->scope.len == 0 || out->scope.len > VT_REPORT_SCOPE_BYTES_MAX ||
        !vt_line_is_sound(out->scope) || !vt_read_part(r, &out->summary) ||
        out->summary.len > VT_REPORT_SUMMARY_BYTES_MAX ||
        !vt_words_are_sound(out->summary) || !vt_read_u16(r, &out->file_count) ||
        out->file_count > VT_REPORT_FILES_MAX)
        return false;
    out->is_accepting = is_accepting != 0;
    return read_files(r, out);
}

/* ---- a request --------------------------------------------------------------------------
 */

static void write_taking(const struct vt_remark_ask *ask, struct vt_buf *out)
{
    vt_buf_put_u8(out, (uint8_t)ask->form);
    vt_buf_put_u8(out, (uint8_t)ask->number_count); /* at most VT_TAKING_NOTES_MAX */
    for (size_t i = 0; i < ask->number_count; i++)
        vt_buf_put_u32(out, ask->numbers[i]);
    if (ask->form == VT_TAKING_REPORT)
        write_report(&ask->report, out);
}

void vt_remark_ask_write(const struct vt_remark_ask *ask, struct vt_buf *out)
{
    vt_buf_put_u8(out, (uint8_t)ask->kind);
    if (ask->kind == VT_REMARKS_TAKE) {
        write_taking(ask, out);
        return;
    }
    vt_buf_put_u32(out, ask->number);
    if (ask->kind == VT_REMARK_WRITE)
        vt_remark_write(&ask->remark, out);
}

static bool is_count_sound(enum vt_taking_form form, uint8_t count)
{
    return count <= VT_TAKING_NOTES_MAX && (form != VT_TAKING_FINDING || count == 1) &&
           (form == VT_TAKING_REPORT || count != 0);
}

/* Each note once, in order. */
static bool read_taking(vt_reader *r, struct vt_remark_ask *out)
{
    uint8_t form, count;

    if (!vt_read_u8(r, &form) || form >= VT_TAKING_FORMS || !vt_read_u8(r, &count))
        return false;
    out->form = (enum vt_taking_form)form; /* checked above */
    if (!is_count_sound(out->form, count))
        return false;
    for (out->number_count = 0; out->number_count < count; out->number_count++) {
        uint32_t *number = &out->numbers[out->number_count];

        if (!vt_read_u32(r, number) || *number <= (out->number_count == 0 ? 0 : number[-1]))
            return false;
    }
    return (out->form != VT_TAKING_REPORT || read_report(r, &out->report)) &&
           vt_read_end(r);
}

bool vt_remark_ask_read(vt_slice body, struct vt_remark_ask *out)
{
    vt_reader r = { body };
    struct vt_remark_ask ask = { .number = 0 };
    uint8_t kind;

    if (!vt_read_u8(&r, &kind) || kind >= VT_REMARK_KINDS)
        return false;
    ask.kind = (enum vt_remark_kind)kind; /* checked above */
    if (ask.kind == VT_REMARKS_TAKE) {
        if (!read_taking(&r, &ask))
            return false;
    } else if (!vt_read_u32(&r, &ask.number) ||
               (ask.kind == VT_REMARK_WRITE ? !vt_remark_read(r.rest, &ask.remark)
                                            : !vt_read_end(&r)) ||
               (ask.kind == VT_REMARK_REMOVE && ask.number == 0)) {
        return false;
    }
    *out = ask;
    return true;
}
