/* See remark_record.h. */
#include "centre/remark_record.h"
#include "centre/sealed_frame.h"
#include "centre/source_question.h"

enum { MARK = 128 };

_Static_assert((int)VT_SOURCE_KINDS <= MARK,
               "questions of source would be taken for notes");
_Static_assert(1 + 1 + 4 + 32 + 4 + 4 + 1 + 4 * VT_TAKING_NOTES_MAX +
                       2 * (2 + VT_SOURCE_NAME_BYTES_MAX) <=
                   VT_SEALED_QUESTION_BYTES_MAX,
               "a record has no room for it");

void vt_remark_record_write(const struct vt_remark_record *record, struct vt_buf *out)
{
    vt_buf_put_u8(out, (uint8_t)(MARK + record->kind));
    vt_buf_put_u8(out, (uint8_t)record->form);
    vt_buf_put_u32(out, record->number);
    vt_buf_put(out, VT_BYTES(record->digest));
    vt_buf_put_u32(out, record->bytes);
    vt_buf_put_u32(out, record->quoted);
    vt_buf_put_u8(out, record->number_count);
    for (size_t i = 0; i < record->number_count; i++)
        vt_buf_put_u32(out, record->numbers[i]);
    vt_buf_put_part(out, record->product);
    vt_buf_put_part(out, record->version);
}

static bool read_name(vt_reader *r, vt_slice *out)
{
    return vt_read_part(r, out) && (out->len == 0 || vt_source_name_is_good(*out));
}

bool vt_remark_record_read(vt_slice body, struct vt_remark_record *out)
{
    vt_reader r = { body };
    struct vt_remark_record record = { .number = 0 };
    uint8_t kind, form;

    if (!vt_read_u8(&r, &kind) || kind < MARK || kind >= MARK + VT_REMARK_KINDS ||
        !vt_read_u8(&r, &form) || form >= VT_TAKING_FORMS ||
        !vt_read_u32(&r, &record.number) || !vt_hash_read(&r, &record.digest) ||
        !vt_read_u32(&r, &record.bytes) || !vt_read_u32(&r, &record.quoted) ||
        !vt_read_u8(&r, &record.number_count) || record.number_count > VT_TAKING_NOTES_MAX)
        return false;
    for (size_t i = 0; i < record.number_count; i++)
        if (!vt_read_u32(&r, &record.numbers[i]))
            return false;
    if (!read_name(&r, &record.product) || !read_name(&r, &record.version) ||
        !vt_read_end(&r))
        return false;
    record.kind = (enum vt_remark_kind)(kind - MARK); /* both checked above */
    record.form = (enum vt_taking_form)form;
    *out = record;
    return true;
}
