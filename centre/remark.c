/* See remark.h. */
#include "centre/remark.h"
#include "centre/source_question.h"

#define MAGIC "VTRM"

const char *vt_severity_name(enum vt_severity severity)
{
    static const char *const names[VT_SEVERITIES] = {
        [VT_SEVERITY_NONE] = "none",         [VT_SEVERITY_LOW] = "low",
        [VT_SEVERITY_MEDIUM] = "medium",     [VT_SEVERITY_HIGH] = "high",
        [VT_SEVERITY_CRITICAL] = "critical",
    };

    return names[severity];
}

bool vt_severity_of(vt_slice name, enum vt_severity *out)
{
    for (unsigned i = 0; i < VT_SEVERITIES; i++)
        if (vt_slice_is(name, vt_severity_name((enum vt_severity)i))) {
            *out = (enum vt_severity)i; /* below VT_SEVERITIES */
            return true;
        }
    return false;
}

/* ---- words ------------------------------------------------------------------------------
 */

bool vt_words_are_sound(vt_slice words)
{
    for (size_t i = 0; i < words.len; i++)
        if ((words.data[i] < 0x20 && words.data[i] != '\n' && words.data[i] != '\t') ||
            words.data[i] == 0x7f)
            return false;
    return vt_slice_is_utf8(words);
}

bool vt_line_is_sound(vt_slice line)
{
    return vt_words_are_sound(line) && !vt_slice_has_byte(line, '\n') &&
           !vt_slice_has_byte(line, '\t');
}

static bool is_sound(const struct vt_remark *r)
{
    static const vt_hash nothing = { { 0 } };
    bool is_whole = r->path.len == 0;

    return vt_source_name_is_good(r->product) && vt_source_name_is_good(r->version) &&
           r->path.len <= VT_REMARK_PATH_BYTES_MAX && vt_line_is_sound(r->path) &&
           r->text.len != 0 && r->text.len <= VT_REMARK_TEXT_BYTES_MAX &&
           vt_words_are_sound(r->text) && r->from_line <= r->to_line &&
           (r->from_line == 0) == (r->to_line == 0) && !(is_whole && r->to_line != 0) &&
           is_whole == vt_hash_equal(&r->file, &nothing);
}

/* ---- a remark ---------------------------------------------------------------------------
 */

void vt_remark_write(const struct vt_remark *r, struct vt_buf *out)
{
    vt_buf_put_u8(out, (uint8_t)r->severity);
    vt_buf_put_u32(out, r->from_line);
    vt_buf_put_u32(out, r->to_line);
    vt_buf_put(out, VT_BYTES(r->source));
    vt_buf_put(out, VT_BYTES(r->file));
    vt_buf_put_part(out, r->product);
    vt_buf_put_part(out, r->version);
    vt_buf_put_part(out, r->path);
    vt_buf_put_part(out, r->text);
}

bool vt_remark_read(vt_slice body, struct vt_remark *out)
{
    vt_reader r = { body };
    struct vt_remark remark;
    uint8_t severity;

    if (!vt_read_u8(&r, &severity) || severity >= VT_SEVERITIES ||
        !vt_read_u32(&r, &remark.from_line) || !vt_read_u32(&r, &remark.to_line) ||
        !vt_hash_read(&r, &remark.source) || !vt_hash_read(&r, &remark.file) ||
        !vt_read_part(&r, &remark.product) || !vt_read_part(&r, &remark.version) ||
        !vt_read_part(&r, &remark.path) || !vt_read_part(&r, &remark.text) ||
        !vt_read_end(&r))
        return false;
    remark.severity = (enum vt_severity)severity; /* checked above */
    if (!is_sound(&remark))
        return false;
    *out = remark;
    return true;
}

/* ---- as it is kept ----------------------------------------------------------------------
 */

void vt_remark_plain_write(const struct vt_kept_remark *kept, struct vt_buf *out)
{
    VT_AUTO_BUF body = vt_buf_init(VT_REMARK_PLAIN_BYTES);
    size_t end = out->len + VT_REMARK_PLAIN_BYTES;

    vt_remark_write(&kept->remark, &body);
    vt_buf_put_text(out, MAGIC);
    vt_buf_put_u32(out, kept->number);
    vt_buf_put(out, VT_BYTES(kept->invitation));
    vt_buf_put_u64(out, (uint64_t)kept->written_unix_ms); /* a clock of ours: positive */
    vt_buf_put_u16(out, kept->quoted);
    vt_buf_put_part(out, vt_buf_slice(&body));
    VT_ASSERT(out->len <= end); /* its parts are bounded */
    while (out->len < end && !out->is_full)
        vt_buf_put_u8(out, 0);
}

bool vt_remark_plain_read(vt_slice plain, struct vt_kept_remark *out)
{
    vt_reader r = { plain };
    struct vt_kept_remark kept;
    vt_slice body;
    uint64_t written;

    if (plain.len != VT_REMARK_PLAIN_BYTES || !vt_read_literal(&r, VT_LIT(MAGIC)) ||
        !vt_read_u32(&r, &kept.number) || !vt_hash_read(&r, &kept.invitation) ||
        !vt_read_u64(&r, &written) || written > INT64_MAX ||
        !vt_read_u16(&r, &kept.quoted) || !vt_read_part(&r, &body) ||
        !vt_remark_read(body, &kept.remark) || !vt_slice_is_zero(r.rest))
        return false;
    kept.written_unix_ms = (int64_t)written;
    *out = kept;
    return true;
}
