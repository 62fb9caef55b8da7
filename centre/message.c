/* The messages of the Centre's processes. */
#include "centre/message.h"
#include "base/base.h"

const char *vt_centre_type_name(enum vt_centre_type type)
{
    static const char *const names[VT_TYPES] = {
        [VT_TYPE_JSON] = "application/json",
        [VT_TYPE_PROBLEM] = "application/problem+json",
        [VT_TYPE_TEXT] = "text/plain; charset=utf-8",
        [VT_TYPE_PROOF] = "application/vnd.vitrine.tlog-proof",
        [VT_TYPE_BYTES] = "application/octet-stream",
        [VT_TYPE_HTML] = "text/html; charset=utf-8",
        [VT_TYPE_SCRIPT] = "text/javascript; charset=utf-8",
        [VT_TYPE_STYLE] = "text/css; charset=utf-8",
        [VT_TYPE_SVG] = "image/svg+xml",
        [VT_TYPE_YAML] = "application/yaml",
    };

    return names[type];
}

/* ---- documents --------------------------------------------------------------------------
 */

void vt_document_head_write(const struct vt_document_head *head, struct vt_buf *out)
{
    vt_buf_put_u8(out, (uint8_t)head->type);
    vt_buf_put_u8(out, head->is_immutable);
    vt_buf_put_u32(out, head->plain_bytes);
    vt_buf_put_u32(out, head->gzip_bytes);
    vt_buf_put(out, head->path);
}

bool vt_document_head_read(vt_slice body, struct vt_document_head *out)
{
    vt_reader r = { body };
    struct vt_document_head head;
    uint8_t type, is_immutable;

    if (!vt_read_u8(&r, &type) || type >= VT_TYPES || !vt_read_u8(&r, &is_immutable) ||
        is_immutable > 1 || !vt_read_u32(&r, &head.plain_bytes) ||
        !vt_read_u32(&r, &head.gzip_bytes) ||
        head.plain_bytes > VT_DOCUMENT_PLAIN_BYTES_MAX ||
        head.gzip_bytes > head.plain_bytes || r.rest.len == 0 ||
        r.rest.len > VT_DOCUMENT_PATH_BYTES_MAX || r.rest.data[0] != '/' ||
        vt_slice_has_byte(r.rest, 0))
        return false;
    head.type = (enum vt_centre_type)type;
    head.is_immutable = is_immutable != 0;
    head.path = r.rest;
    *out = head;
    return true;
}

void vt_turn_write(int64_t gathered_unix_s, struct vt_buf *out)
{
    vt_buf_put_u64(out, (uint64_t)gathered_unix_s); /* not negative */
}

bool vt_turn_read(vt_slice body, int64_t *gathered_unix_s_out)
{
    vt_reader r = { body };
    uint64_t time;

    if (!vt_read_u64(&r, &time) || time > (uint64_t)VT_TIME_UNIX_S_MAX || !vt_read_end(&r))
        return false;
    *gathered_unix_s_out = (int64_t)time;
    return true;
}

/* ---- questions --------------------------------------------------------------------------
 */

/* A question travels as its path: one spelling, one reader. */
void vt_ask_write(uint32_t place, const struct vt_ledger_question *question,
                  struct vt_buf *out)
{
    vt_buf_put_u32(out, place);
    vt_ledger_question_write(question, out);
}

bool vt_ask_read(vt_slice body, uint32_t *place_out,
                 struct vt_ledger_question *question_out)
{
    struct vt_error ignored = { 0 };
    vt_reader r = { body };
    uint32_t place;

    if (!vt_read_u32(&r, &place) || place >= VT_CENTRE_ASKED_MAX ||
        !vt_ledger_question_parse(r.rest, question_out, &ignored))
        return false;
    *place_out = place;
    return true;
}

void vt_centre_answer_write(const struct vt_centre_answer *answer, struct vt_buf *out)
{
    vt_buf_put_u32(out, answer->place);
    vt_buf_put_u16(out, answer->status);
    vt_buf_put_u8(out, (uint8_t)answer->type);
    vt_buf_put(out, answer->bytes);
}

bool vt_centre_answer_read(vt_slice body, struct vt_centre_answer *out)
{
    vt_reader r = { body };
    struct vt_centre_answer answer;
    uint8_t type;

    if (!vt_read_u32(&r, &answer.place) || answer.place >= VT_CENTRE_ASKED_MAX ||
        !vt_read_u16(&r, &answer.status) ||
        (answer.status != 200 && (answer.status < 400 || answer.status > 599)) ||
        !vt_read_u8(&r, &type) || type >= VT_TYPES ||
        r.rest.len > VT_CENTRE_ANSWER_BYTES_MAX)
        return false;
    answer.type = (enum vt_centre_type)type;
    answer.bytes = r.rest;
    *out = answer;
    return true;
}
