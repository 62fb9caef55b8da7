/* The keeper's messages: fixed fields, then texts with a length before each. */
#include "cell/keeper_message.h"

static bool read_place(vt_reader *r, uint32_t *out)
{
    vt_reader at = *r;
    uint32_t place;

    if (!vt_read_u32(&at, &place) || place >= VT_KEEPER_PLACES_MAX)
        return false;
    *r = at;
    *out = place;
    return true;
}

static bool read_into(vt_reader *r, void *out, size_t len)
{
    vt_slice bytes;

    if (!vt_read_bytes(r, len, &bytes))
        return false;
    memcpy(out, bytes.data, len);
    return true;
}

static bool read_hash(vt_reader *r, vt_hash *out)
{
    return read_into(r, out->bytes, sizeof out->bytes);
}

static bool read_text(vt_reader *r, size_t max, vt_slice *out)
{
    return vt_read_part(r, out) && out->len <= max;
}

static void put_country(struct vt_buf *out, const char country[3])
{
    vt_buf_put(out, vt_slice_of(country, 2));
}

static bool read_country(vt_reader *r, char out[3])
{
    out[2] = '\0';
    return read_into(r, out, 2) && out[0] >= 'A' && out[0] <= 'Z' && out[1] >= 'A' &&
           out[1] <= 'Z';
}

/* Before the end of time, so that it fits a signed number. */
static bool read_time(vt_reader *r, int64_t *out)
{
    uint64_t unix_s;

    if (!vt_read_u64(r, &unix_s) || unix_s > (uint64_t)VT_TIME_UNIX_S_MAX)
        return false;
    *out = (int64_t)unix_s; /* bounded above */
    return true;
}

/* ---- SHARE ------------------------------------------------------------------------------
 */

void vt_keeper_share_write(struct vt_buf *out, uint32_t place,
                           const struct vt_share_request *request)
{
    vt_buf_put_u32(out, place);
    put_country(out, request->country);
    vt_buf_put_u64(out, (uint64_t)request->at_unix_s); /* not negative: parsed */
    vt_buf_put(out, VT_BYTES(request->pseudonym));
    vt_buf_put(out, VT_BYTES(request->recipient));
    vt_buf_put(out, VT_BYTES(request->object));
    vt_buf_put(out, VT_BYTES(request->body));
    vt_buf_put(out, VT_BYTES(request->digest));
    vt_buf_put_u64(out, request->body_bytes);
    vt_buf_put(out, VT_BYTES(request->signature));
    vt_buf_put_part(out, request->cell);
    vt_buf_put_part(out, request->rule);
    vt_buf_put_part(out, request->header);
}

bool vt_keeper_share_read(vt_slice body, uint32_t *place_out, struct vt_share_request *out)
{
    vt_reader r = { body };
    struct vt_share_request request;
    uint32_t place;

    if (!read_place(&r, &place) || !read_country(&r, request.country) ||
        !read_time(&r, &request.at_unix_s) ||
        !read_into(&r, &request.pseudonym, sizeof request.pseudonym) ||
        !read_hash(&r, &request.recipient) || !read_hash(&r, &request.object) ||
        !read_hash(&r, &request.body) || !read_hash(&r, &request.digest) ||
        !vt_read_u64(&r, &request.body_bytes) ||
        !read_into(&r, request.signature, sizeof request.signature) ||
        !read_text(&r, VT_SHARE_CELL_BYTES_MAX, &request.cell) ||
        !read_text(&r, VT_SHARE_RULE_BYTES_MAX, &request.rule) ||
        !read_text(&r, VT_SHARE_HEADER_BYTES_MAX, &request.header) || !vt_read_end(&r) ||
        request.body_bytes == 0 || request.body_bytes > VT_SHARE_BODY_BYTES_MAX)
        return false;
    *place_out = place;
    *out = request;
    return true;
}

/* ---- CHUNK, END, STATE ------------------------------------------------------------------
 */

void vt_keeper_chunk_write(struct vt_buf *out, const struct vt_keeper_chunk *chunk)
{
    vt_buf_put_u32(out, chunk->place);
    vt_buf_put(out, VT_BYTES(chunk->object));
    vt_buf_put_u64(out, chunk->offset);
    vt_buf_put(out, chunk->bytes);
}

bool vt_keeper_chunk_read(vt_slice body, struct vt_keeper_chunk *out)
{
    vt_reader r = { body };
    struct vt_keeper_chunk chunk;

    if (!read_place(&r, &chunk.place) || !read_hash(&r, &chunk.object) ||
        !vt_read_u64(&r, &chunk.offset) || r.rest.len > VT_KEEPER_CHUNK_BYTES_MAX ||
        chunk.offset > VT_SHARE_BODY_BYTES_MAX)
        return false;
    chunk.bytes = r.rest;
    *out = chunk;
    return true;
}

/* ---- REPORT -----------------------------------------------------------------------------
 */

void vt_keeper_report_write(struct vt_buf *out, const struct vt_keeper_report *report)
{
    vt_buf_put_u32(out, report->place);
    put_country(out, report->country);
    vt_buf_put(out, VT_BYTES(report->schema));
    vt_buf_put_u64(out, report->report.period);
    vt_buf_put_u16(out, report->field_count);
    for (size_t field = 0; field < report->field_count; field++) {
        vt_buf_put_u16(out, report->value_counts[field]);
        for (size_t value = 0; value < report->value_counts[field]; value++)
            vt_buf_put_u8(out, report->report.bits[field][value]);
    }
}

static bool read_bits(vt_reader *r, uint16_t *count_out, bool bits[VT_STATISTIC_VALUES_MAX])
{
    vt_slice bytes;

    if (!vt_read_u16(r, count_out) || *count_out < 2 ||
        *count_out > VT_STATISTIC_VALUES_MAX || !vt_read_bytes(r, *count_out, &bytes))
        return false;
    for (size_t value = 0; value < bytes.len; value++) {
        if (bytes.data[value] > 1)
            return false;
        bits[value] = bytes.data[value] == 1;
    }
    return true;
}

bool vt_keeper_report_read(vt_slice body, struct vt_keeper_report *out)
{
    vt_reader r = { body };

    *out = (struct vt_keeper_report){ .place = 0 };
    if (!read_place(&r, &out->place) || !read_country(&r, out->country) ||
        !read_hash(&r, &out->schema) || !vt_read_u64(&r, &out->report.period) ||
        !vt_read_u16(&r, &out->field_count) || out->field_count == 0 ||
        out->field_count > VT_STATISTIC_FIELDS_MAX)
        return false;
    for (size_t field = 0; field < out->field_count; field++)
        if (!read_bits(&r, &out->value_counts[field], out->report.bits[field]))
            return false;
    return vt_read_end(&r);
}

/* ---- WITHDRAW ---------------------------------------------------------------------------
 */

void vt_keeper_withdrawal_write(struct vt_buf *out,
                                const struct vt_keeper_withdrawal *withdrawal)
{
    vt_buf_put_u32(out, withdrawal->place);
    vt_buf_put(out, VT_BYTES(withdrawal->pseudonym));
    vt_buf_put_u64(out, (uint64_t)withdrawal->at_unix_s); /* not negative: parsed */
    vt_buf_put(out, VT_BYTES(withdrawal->signature));
    vt_buf_put_part(out, withdrawal->cell);
    vt_buf_put_part(out, withdrawal->objects);
}

bool vt_keeper_withdrawal_read(vt_slice body, struct vt_keeper_withdrawal *out)
{
    vt_reader r = { body };
    struct vt_keeper_withdrawal withdrawal;

    if (!read_place(&r, &withdrawal.place) ||
        !read_into(&r, &withdrawal.pseudonym, sizeof withdrawal.pseudonym) ||
        !read_time(&r, &withdrawal.at_unix_s) ||
        !read_into(&r, withdrawal.signature, sizeof withdrawal.signature) ||
        !read_text(&r, VT_SHARE_CELL_BYTES_MAX, &withdrawal.cell) ||
        !read_text(&r, VT_KEEPER_OBJECTS_MAX * VT_SHA256_BYTES, &withdrawal.objects) ||
        withdrawal.objects.len % VT_SHA256_BYTES != 0 || !vt_read_end(&r))
        return false;
    *out = withdrawal;
    return true;
}

/* ---- what the keeper says ---------------------------------------------------------------
 */

void vt_keeper_taken_write(struct vt_buf *out, uint32_t place)
{
    vt_buf_put_u32(out, place);
}

bool vt_keeper_taken_read(vt_slice body, uint32_t *place_out)
{
    vt_reader r = { body };
    uint32_t place;

    if (!read_place(&r, &place) || !vt_read_end(&r))
        return false;
    *place_out = place;
    return true;
}

void vt_keeper_answer_write(struct vt_buf *out, const struct vt_keeper_answer *answer)
{
    vt_buf_put_u32(out, answer->place);
    vt_buf_put_u16(out, answer->status);
    vt_buf_put_u32(out, answer->retry_after_s);
    vt_buf_put_u64(out, answer->offset);
    vt_buf_put_u32(out, answer->counted);
    vt_buf_put_part(out, answer->sentence);
    vt_buf_put_part(out, answer->cell);
    vt_buf_put_part(out, answer->url);
    vt_buf_put_part(out, answer->document);
}

static bool is_status(uint16_t status)
{
    static const uint16_t known[] = { 200, 201, 202, 400, 403, 404, 409,
                                      410, 413, 421, 422, 429, 503, 507 };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] == status)
            return true;
    return false;
}

/* A sentence and an address go into a stranger's answer: text of one line. */
static bool is_line(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return vt_slice_is_utf8(text);
}

bool vt_keeper_answer_read(vt_slice body, struct vt_keeper_answer *out)
{
    vt_reader r = { body };
    struct vt_keeper_answer answer;

    if (!read_place(&r, &answer.place) || !vt_read_u16(&r, &answer.status) ||
        !vt_read_u32(&r, &answer.retry_after_s) || !vt_read_u64(&r, &answer.offset) ||
        !vt_read_u32(&r, &answer.counted) ||
        !read_text(&r, VT_KEEPER_SENTENCE_BYTES_MAX, &answer.sentence) ||
        !read_text(&r, VT_SHARE_CELL_BYTES_MAX, &answer.cell) ||
        !read_text(&r, VT_KEEPER_URL_BYTES_MAX, &answer.url) ||
        !read_text(&r, VT_KEEPER_DOCUMENT_BYTES_MAX, &answer.document) ||
        !vt_read_end(&r) || !is_status(answer.status) || !is_line(answer.sentence) ||
        !is_line(answer.cell) || !is_line(answer.url) ||
        (answer.status == 200) != (answer.document.len != 0) ||
        (answer.status == 421 && answer.url.len == 0))
        return false;
    *out = answer;
    return true;
}
