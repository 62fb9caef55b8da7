/* Buckets, written from rows of a verdict table and read by strangers. */
#include "cell/bucket.h"
#include <endian.h>

enum { TAG_BYTES = 12, ROWS_MEAN = 64 };

static_assert(TAG_BYTES + 4 == VT_BUCKET_FOUND_BYTES, "a found row");
static_assert(VT_BUCKET_CLEAN_BYTES == VT_SHA256_BYTES, "a clean row");

uint32_t vt_bucket_of(const vt_hash *hash, unsigned bits)
{
    uint32_t head;

    memcpy(&head, hash->bytes, sizeof head);
    return bits == 0 ? 0 : be32toh(head) >> (32 - bits);
}

unsigned vt_bucket_bits_for(uint64_t count)
{
    unsigned bits = 0;

    while (bits < VT_BUCKET_BITS_MAX && count >> (bits + 1) >= ROWS_MEAN)
        bits++;
    return bits;
}

uint64_t vt_bucket_padded_bytes(uint64_t longest)
{
    uint64_t unit = 64;

    for (;; unit *= 2)
        for (uint64_t quarter = 4; quarter < 8; quarter++)
            if (quarter * unit >= longest)
                return quarter * unit;
}

/* ---- writing ----------------------------------------------------------------------------
 */

/* Where the rows of each state go.  Of found rows with equal tags (somebody looked for
 * them) the first stands for all. */
struct sorter {
    const uint8_t *last[VT_STATES];
    uint64_t counts[VT_STATES];
};

static bool takes_row(struct sorter *sorter, const uint8_t *row)
{
    uint8_t state = row[VT_SHA256_BYTES];
    const uint8_t *last = sorter->last[state];

    if (state == VT_STATE_UNKNOWN ||
        (state != VT_STATE_CLEAN && last != NULL && memcmp(last, row, TAG_BYTES) == 0))
        return false;
    sorter->last[state] = row;
    sorter->counts[state]++;
    return true;
}

static void write_header(const struct sorter *sorter, unsigned bits, uint32_t index,
                         struct vt_buf *out)
{
    vt_buf_put_u8(out, 1);
    vt_buf_put_u8(out, (uint8_t)bits); /* all counts fit: 64 KiB hold fewer rows */
    vt_buf_put_u16(out, (uint16_t)sorter->counts[VT_STATE_CLEAN]);
    vt_buf_put_u32(out, index);
    vt_buf_put_u16(out, (uint16_t)sorter->counts[VT_STATE_MALICIOUS]);
    vt_buf_put_u16(out, (uint16_t)sorter->counts[VT_STATE_SUSPICIOUS]);
}

static uint8_t *put_row(uint8_t *at, const uint8_t *row)
{
    if (row[VT_SHA256_BYTES] == VT_STATE_CLEAN) {
        memcpy(at, row, VT_BUCKET_CLEAN_BYTES);
        return at + VT_BUCKET_CLEAN_BYTES;
    }
    memcpy(at, row, TAG_BYTES);
    memcpy(at + TAG_BYTES, row + VT_SHA256_BYTES + 1, 4);
    return at + VT_BUCKET_FOUND_BYTES;
}

bool vt_bucket_write(const uint8_t *rows, uint64_t count, unsigned bits, uint32_t index,
                     struct vt_buf *out, struct vt_error *err)
{
    struct sorter sorter = { 0 }, again = { 0 };
    uint8_t *at[VT_STATES];
    uint64_t bytes;

    for (uint64_t i = 0; i < count; i++)
        (void)takes_row(&sorter, rows + i * VT_VERDICT_BYTES);
    /* No overflow: a table has at most 2^31 rows. */
    bytes = sorter.counts[VT_STATE_CLEAN] * VT_BUCKET_CLEAN_BYTES +
            (sorter.counts[VT_STATE_MALICIOUS] + sorter.counts[VT_STATE_SUSPICIOUS]) *
                VT_BUCKET_FOUND_BYTES;
    if (bytes > VT_BUCKET_BYTES_MAX - VT_BUCKET_HEADER_BYTES)
        return vt_fail(err, VT_LIMIT,
                       "bucket %" PRIu32 " of 2^%u would have %ju bytes, at most %zu; "
                       "publish more buckets",
                       index, bits, (uintmax_t)bytes, VT_BUCKET_BYTES_MAX);
    write_header(&sorter, bits, index, out);
    at[VT_STATE_CLEAN] = vt_buf_extend(out, (size_t)bytes); /* below 64 KiB */
    if (at[VT_STATE_CLEAN] == NULL)
        return bytes == 0 || vt_buf_check(out, "bucket", err);
    at[VT_STATE_MALICIOUS] =
        at[VT_STATE_CLEAN] + sorter.counts[VT_STATE_CLEAN] * VT_BUCKET_CLEAN_BYTES;
    at[VT_STATE_SUSPICIOUS] =
        at[VT_STATE_MALICIOUS] + sorter.counts[VT_STATE_MALICIOUS] * VT_BUCKET_FOUND_BYTES;
    for (uint64_t i = 0; i < count; i++, rows += VT_VERDICT_BYTES)
        if (takes_row(&again, rows))
            at[rows[VT_SHA256_BYTES]] = put_row(at[rows[VT_SHA256_BYTES]], rows);
    return true;
}

/* ---- reading ----------------------------------------------------------------------------
 */

/* Rows of one kind; of a found row the tag alone orders. */
struct rows {
    const uint8_t *data;
    unsigned count;
    size_t row_bytes, key_bytes;
};

static struct rows clean_rows(const struct vt_bucket *b)
{
    return (struct rows){ b->bytes.data + VT_BUCKET_HEADER_BYTES, b->clean_count,
                          VT_BUCKET_CLEAN_BYTES, VT_SHA256_BYTES };
}

static struct rows malicious_rows(const struct vt_bucket *b)
{
    return (struct rows){ clean_rows(b).data + b->clean_count * VT_BUCKET_CLEAN_BYTES,
                          b->malicious_count, VT_BUCKET_FOUND_BYTES, TAG_BYTES };
}

static struct rows suspicious_rows(const struct vt_bucket *b)
{
    return (struct rows){ malicious_rows(b).data +
                              b->malicious_count * VT_BUCKET_FOUND_BYTES,
                          b->suspicious_count, VT_BUCKET_FOUND_BYTES, TAG_BYTES };
}

static uint32_t prefix_of(const uint8_t *row, unsigned bits)
{
    vt_hash hash = { { 0 } };

    memcpy(hash.bytes, row, 4);
    return vt_bucket_of(&hash, bits);
}

/* Ascending; then the first and the last tell that all are of this bucket. */
static bool are_in_order(struct rows rows, const struct vt_bucket *bucket)
{
    const uint8_t *row = rows.data;

    if (rows.count == 0)
        return true;
    for (unsigned i = 1; i < rows.count; i++, row += rows.row_bytes)
        if (memcmp(row, row + rows.row_bytes, rows.key_bytes) >= 0)
            return false;
    return prefix_of(rows.data, bucket->bits) == bucket->index &&
           prefix_of(row, bucket->bits) == bucket->index;
}

static bool is_zero(vt_slice padding)
{
    return padding.len == 0 ||
           (padding.data[0] == 0 &&
            memcmp(padding.data, padding.data + 1, padding.len - 1) == 0);
}

static bool read_header(vt_reader *r, struct vt_bucket *out)
{
    uint8_t version, bits;
    uint16_t clean, malicious, suspicious;

    if (!vt_read_u8(r, &version) || !vt_read_u8(r, &bits) || !vt_read_u16(r, &clean) ||
        !vt_read_u32(r, &out->index) || !vt_read_u16(r, &malicious) ||
        !vt_read_u16(r, &suspicious) || version != 1 || bits > VT_BUCKET_BITS_MAX)
        return false;
    out->bits = bits;
    out->clean_count = clean;
    out->malicious_count = malicious;
    out->suspicious_count = suspicious;
    return out->index >> bits == 0;
}

bool vt_bucket_parse_header(vt_slice bytes, struct vt_bucket *out, struct vt_error *err)
{
    vt_reader r = { bytes };

    return read_header(&r, out) ||
           vt_fail(err, VT_MALFORMED, "bucket: no header of version 1");
}

bool vt_bucket_parse(vt_slice padded, struct vt_bucket *out, struct vt_error *err)
{
    vt_reader r = { padded };
    struct vt_bucket bucket = { 0 };
    vt_slice rows;
    size_t bytes;

    if (padded.len > VT_BUCKET_BYTES_MAX * 2)
        return vt_fail(err, VT_LIMIT, "bucket: %zu bytes", padded.len);
    if (!read_header(&r, &bucket))
        return vt_fail(err, VT_MALFORMED, "bucket: no header of version 1");
    /* No overflow: three counts of 16 bits. */
    bytes =
        (size_t)bucket.clean_count * VT_BUCKET_CLEAN_BYTES +
        ((size_t)bucket.malicious_count + bucket.suspicious_count) * VT_BUCKET_FOUND_BYTES;
    if (!vt_read_bytes(&r, bytes, &rows))
        return vt_fail(err, VT_MALFORMED, "bucket %" PRIu32 ": rows are cut short",
                       bucket.index);
    bucket.bytes = vt_slice_sub(padded, 0, VT_BUCKET_HEADER_BYTES + bytes);
    if (!are_in_order(clean_rows(&bucket), &bucket) ||
        !are_in_order(malicious_rows(&bucket), &bucket) ||
        !are_in_order(suspicious_rows(&bucket), &bucket))
        return vt_fail(err, VT_MALFORMED,
                       "bucket %" PRIu32 ": rows are unsorted or of another bucket",
                       bucket.index);
    if (!is_zero(r.rest))
        return vt_fail(err, VT_MALFORMED,
                       "bucket %" PRIu32 ": what fills it up is not zero", bucket.index);
    *out = bucket;
    return true;
}

uint64_t vt_bucket_row_count(const struct vt_bucket *bucket)
{
    return (uint64_t)bucket->clean_count + bucket->malicious_count +
           bucket->suspicious_count;
}

static const uint8_t *find_row(struct rows rows, const vt_hash *hash)
{
    unsigned low = 0, high = rows.count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const uint8_t *row = rows.data + middle * rows.row_bytes;
        int order = memcmp(row, hash->bytes, rows.key_bytes);

        if (order == 0)
            return row;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct vt_cell_verdict vt_bucket_find(const struct vt_bucket *bucket, const vt_hash *hash)
{
    struct vt_cell_verdict verdict = { .hash = *hash };
    const uint8_t *row = find_row(malicious_rows(bucket), hash);

    VT_ASSERT(vt_bucket_of(hash, bucket->bits) == bucket->index);
    if (row != NULL) {
        verdict.state = VT_STATE_MALICIOUS;
    } else if ((row = find_row(suspicious_rows(bucket), hash)) != NULL) {
        verdict.state = VT_STATE_SUSPICIOUS;
    } else {
        if (find_row(clean_rows(bucket), hash) != NULL)
            verdict.state = VT_STATE_CLEAN;
        return verdict;
    }
    memcpy(&verdict.found, row + TAG_BYTES, sizeof verdict.found);
    verdict.found = be32toh(verdict.found);
    return verdict;
}
