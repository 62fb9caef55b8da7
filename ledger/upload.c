/* The bodies of tlog-mirror. */
#include "ledger/upload.h"
#include "wire/base64.h"

/* ---- the head ---------------------------------------------------------------------------
 */

static bool read_text(vt_reader *r, vt_slice *out)
{
    uint16_t len;

    return vt_read_u16(r, &len) && vt_read_bytes(r, len, out);
}

bool vt_upload_head_read(vt_reader *r, struct vt_upload_head *out)
{
    vt_reader at = *r;
    struct vt_upload_head head;

    if (!read_text(&at, &head.origin) || !vt_read_u64(&at, &head.start) ||
        !vt_read_u64(&at, &head.end) || !read_text(&at, &head.ticket))
        return false;
    *out = head;
    *r = at;
    return true;
}

bool vt_upload_head_is_good(const struct vt_upload_head *head)
{
    return head->origin.len != 0 && head->start <= head->end &&
           head->end <= UINT64_C(1) << 63;
}

static void put_text(struct vt_buf *out, vt_slice text)
{
    out->is_full = out->is_full || text.len > UINT16_MAX;
    vt_buf_put_u16(out, (uint16_t)text.len);
    vt_buf_put(out, text);
}

void vt_upload_head_write(struct vt_buf *out, const struct vt_upload_head *head)
{
    put_text(out, head->origin);
    vt_buf_put_u64(out, head->start);
    vt_buf_put_u64(out, head->end);
    put_text(out, head->ticket);
}

/* ---- packages ---------------------------------------------------------------------------
 */

struct vt_package_range vt_package_range(uint64_t start, uint64_t end)
{
    uint64_t base = start - start % VT_TILE_WIDTH;

    return (struct vt_package_range){ base, start,
                                      end - base < VT_TILE_WIDTH ? end
                                                                 : base + VT_TILE_WIDTH };
}

enum vt_package_state vt_package_scan(struct vt_package_scan *scan,
                                      const struct vt_package_range *range, vt_slice bytes)
{
    vt_reader r = { vt_slice_sub(bytes, scan->at, bytes.len - scan->at) };
    vt_slice skipped;
    uint8_t hashes;

    for (; scan->entries < range->end - range->start; scan->entries++)
        if (vt_bundle_read(&r, &skipped))
            scan->at = bytes.len - r.rest.len;
        else
            return VT_PACKAGE_PART;
    if (!vt_read_u8(&r, &hashes))
        return VT_PACKAGE_PART;
    if (hashes > VT_PROOF_HASHES_MAX)
        return VT_PACKAGE_BAD;
    if (!vt_read_bytes(&r, (size_t)hashes * VT_SHA256_BYTES, &skipped))
        return VT_PACKAGE_PART;
    scan->bytes = bytes.len - r.rest.len;
    return VT_PACKAGE_WHOLE;
}

bool vt_package_parse(vt_slice bytes, const struct vt_package_range *range,
                      struct vt_package *out)
{
    struct vt_package_scan scan = { 0 };
    vt_reader r;
    uint8_t count;

    if (vt_package_scan(&scan, range, bytes) != VT_PACKAGE_WHOLE || scan.bytes != bytes.len)
        return false;
    out->entries = vt_slice_sub(bytes, 0, scan.at);
    r = (vt_reader){ vt_slice_sub(bytes, scan.at, bytes.len - scan.at) };
    VT_ASSERT(vt_read_u8(&r, &count)); /* it was scanned */
    out->proof.count = count;
    if (count != 0)
        memcpy(out->proof.hashes, r.rest.data, r.rest.len);
    return true;
}

void vt_package_write(struct vt_buf *out, vt_slice entries, const struct vt_proof *proof)
{
    vt_buf_put(out, entries);
    vt_buf_put_u8(out, (uint8_t)proof->count); /* at most VT_PROOF_HASHES_MAX */
    vt_buf_put(out, vt_slice_of(proof->hashes, proof->count * VT_SHA256_BYTES));
}

/* ---- where a mirror is ------------------------------------------------------------------
 */

bool vt_mirror_info_parse(vt_slice body, struct vt_mirror_info *out, struct vt_error *err)
{
    VT_AUTO_BUF ticket = vt_buf_init(VT_MIRROR_TICKET_BYTES_MAX);
    vt_reader r = { body };
    vt_slice size_text, next_text, text;
    uint64_t size, next;

    if (!vt_read_line(&r, &size_text) || !vt_read_line(&r, &next_text) ||
        !vt_read_line(&r, &text) || !vt_read_end(&r) ||
        !vt_decimal_parse(size_text, &size) || !vt_decimal_parse(next_text, &next))
        return vt_fail(err, VT_MALFORMED, "not two numbers and a ticket, a line each");
    if (!vt_base64_parse(text, &ticket, err))
        return vt_within(err, "the ticket");
    out->size = size;
    out->next = next;
    out->ticket_len = ticket.len;
    if (ticket.len != 0)
        memcpy(out->ticket, ticket.data, ticket.len);
    return true;
}

void vt_mirror_info_write(struct vt_buf *out, const struct vt_mirror_info *info)
{
    vt_buf_printf(out, "%ju\n%ju\n", (uintmax_t)info->size, (uintmax_t)info->next);
    vt_base64_write(out, vt_slice_of(info->ticket, info->ticket_len));
    vt_buf_put_u8(out, '\n');
}
