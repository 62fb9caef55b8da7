/* See source_question.h. */
#include "centre/source_question.h"

const char *vt_source_kind_name(enum vt_source_kind kind)
{
    static const char *const names[VT_SOURCE_KINDS] = {
        [VT_SOURCE_ABOUT] = "about",     [VT_SOURCE_MANIFEST] = "manifest",
        [VT_SOURCE_FILE] = "file",       [VT_SOURCE_SEARCH] = "search",
        [VT_SOURCE_DEFINE] = "define",   [VT_SOURCE_UNREVIEWED] = "unreviewed",
        [VT_SOURCE_QUOTED] = "quoted",   [VT_SOURCE_REBUILD] = "rebuild",
        [VT_SOURCE_REBUILT] = "rebuilt",
    };

    return names[kind];
}

bool vt_source_kind_of(vt_slice name, enum vt_source_kind *out)
{
    for (unsigned i = 0; i < VT_SOURCE_KINDS; i++)
        if (vt_slice_is(name, vt_source_kind_name((enum vt_source_kind)i))) {
            *out = (enum vt_source_kind)i; /* below VT_SOURCE_KINDS */
            return true;
        }
    return false;
}

/* As release/desk.h has them: letters, digits and ".+~_-:", no dot or dash first. */
bool vt_source_name_is_good(vt_slice name)
{
    if (name.len == 0 || name.len > VT_SOURCE_NAME_BYTES_MAX || name.data[0] == '.' ||
        name.data[0] == '-')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (memchr(".+~_-:", name.data[i], 6) == NULL &&
            !(name.data[i] >= '0' && name.data[i] <= '9') &&
            !(name.data[i] >= 'a' && name.data[i] <= 'z') &&
            !(name.data[i] >= 'A' && name.data[i] <= 'Z'))
            return false;
    return true;
}

bool vt_source_next_version(vt_reader *r, vt_slice *out)
{
    if (r->rest.len == 0)
        return false;
    if (!vt_read_until(r, ' ', out)) {
        *out = r->rest;
        r->rest = (vt_slice){ 0 };
    }
    return true;
}

/* Of versions: each a name, one space between. */
static bool are_versions(vt_slice text)
{
    vt_reader r = { text };
    vt_slice version;

    while (vt_source_next_version(&r, &version))
        if (!vt_source_name_is_good(version))
            return false;
    return text.len == 0 || text.data[text.len - 1] != ' ';
}

static bool is_text_sound(enum vt_source_kind kind, vt_slice text)
{
    if (kind == VT_SOURCE_UNREVIEWED)
        return are_versions(text);
    return (text.len != 0) == (kind == VT_SOURCE_SEARCH || kind == VT_SOURCE_DEFINE ||
                               kind == VT_SOURCE_QUOTED);
}

static size_t text_max(enum vt_source_kind kind)
{
    return kind == VT_SOURCE_QUOTED ? VT_SOURCE_QUOTED_BYTES_MAX : VT_SOURCE_TEXT_BYTES_MAX;
}

static bool may_begin_at_file(enum vt_source_kind kind)
{
    return kind == VT_SOURCE_FILE || kind == VT_SOURCE_SEARCH ||
           kind == VT_SOURCE_UNREVIEWED;
}

static bool may_bear_number(enum vt_source_kind kind)
{
    return kind == VT_SOURCE_MANIFEST || kind == VT_SOURCE_FILE ||
           kind == VT_SOURCE_REBUILT;
}

static bool is_sound(const struct vt_source_question *q)
{
    return vt_source_name_is_good(q->product) && vt_source_name_is_good(q->version) &&
           q->flags <= VT_SEARCH_FLAGS && (q->flags == 0 || q->kind == VT_SOURCE_SEARCH) &&
           (q->file == 0 || may_begin_at_file(q->kind)) &&
           (q->number == 0 || may_bear_number(q->kind)) &&
           q->text.len <= text_max(q->kind) && is_text_sound(q->kind, q->text) &&
           vt_slice_is_utf8(q->text);
}

void vt_source_question_write(const struct vt_source_question *q, struct vt_buf *out)
{
    vt_buf_put_u8(out, (uint8_t)q->kind);
    vt_buf_put_u8(out, q->flags);
    vt_buf_put_u32(out, q->file);
    vt_buf_put_u32(out, q->number);
    vt_buf_put_part(out, q->product);
    vt_buf_put_part(out, q->version);
    vt_buf_put(out, q->text);
}

bool vt_source_question_read(vt_slice body, struct vt_source_question *out)
{
    vt_reader r = { body };
    struct vt_source_question q;
    uint8_t kind;

    if (!vt_read_u8(&r, &kind) || kind >= VT_SOURCE_KINDS || !vt_read_u8(&r, &q.flags) ||
        !vt_read_u32(&r, &q.file) || !vt_read_u32(&r, &q.number) ||
        !vt_read_part(&r, &q.product) || !vt_read_part(&r, &q.version))
        return false;
    q.kind = (enum vt_source_kind)kind;
    q.text = r.rest;
    if (!is_sound(&q))
        return false;
    *out = q;
    return true;
}
