/* Runs, read through a mapping and written through a draft of store/. */
#include "ledger/dedup_run.h"
#include <endian.h>

enum {
    HEADER_BYTES = 64,
    ENTRY_BYTES = 10,
    KEY_BITS = 40,
    PART_ENTRIES_LOG = 11, /* a part of the fan-out has about 2048 entries */
    GUESS_MARGIN = 96,     /* four standard deviations of a place in it */
    PIECE_BYTES = 1 << 18, /* written at once */
};

static const char magic[8] = "VTRUN1\r\n";

struct vt_run {
    uint64_t first, end;
    unsigned fan_bits;
    struct vt_mapping map;
    const uint8_t *entries, *fan; /* in it */
};

/* ---- names -----------------------------------------------------------------------------
 */

void vt_run_name(uint64_t first, uint64_t end, char out[VT_RUN_NAME_BYTES])
{
    (void)snprintf(out, VT_RUN_NAME_BYTES, "index/%013" PRIu64 "-%013" PRIu64,
                   first & VT_RUN_INDEX_MAX, end & VT_RUN_INDEX_MAX);
}

static bool read_number(vt_reader *r, uint64_t *out)
{
    vt_slice digits;

    if (!vt_read_bytes(r, 13, &digits))
        return false;
    while (digits.len > 1 && digits.data[0] == '0')
        digits = vt_slice_sub(digits, 1, digits.len - 1);
    return vt_decimal_parse(digits, out) && *out <= VT_RUN_INDEX_MAX;
}

bool vt_run_name_parse(vt_slice leaf, uint64_t *first_out, uint64_t *end_out)
{
    vt_reader r = { leaf };
    uint64_t first, end;

    if (!read_number(&r, &first) || !vt_read_literal(&r, VT_LIT("-")) ||
        !read_number(&r, &end) || !vt_read_end(&r) || first >= end)
        return false;
    *first_out = first;
    *end_out = end;
    return true;
}

uint64_t vt_run_key(const vt_hash *leaf)
{
    uint64_t key = 0;

    for (unsigned i = 0; i < KEY_BITS / 8; i++)
        key = key << 8 | leaf->bytes[i];
    return key;
}

/* ---- form ------------------------------------------------------------------------------
 */

static unsigned fan_bits_for(uint64_t count)
{
    unsigned bits = 0;

    while (count >> (PART_ENTRIES_LOG + bits) > 1)
        bits++;
    return bits;
}

static uint64_t file_bytes(uint64_t count)
{
    return HEADER_BYTES + count * ENTRY_BYTES +
           ((UINT64_C(1) << fan_bits_for(count)) + 1) * 8;
}

static void write_header(uint64_t first, uint64_t end, struct vt_buf *out)
{
    vt_hash check;

    vt_buf_put(out, vt_slice_of(magic, sizeof magic));
    vt_buf_put_u64(out, first);
    vt_buf_put_u64(out, end);
    vt_buf_put_u64(out, fan_bits_for(end - first));
    check = vt_sha256_of(vt_buf_slice(out));
    vt_buf_put(out, vt_hash_slice(&check));
}

/* ---- reading ---------------------------------------------------------------------------
 */

static uint64_t load_u40(const uint8_t *at)
{
    uint32_t low;

    memcpy(&low, at + 1, sizeof low);
    return (uint64_t)at[0] << 32 | __builtin_bswap32(low);
}

static uint64_t load_u64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof value);
    return __builtin_bswap64(value);
}

/* Is this mapping a run of [run->first, run->end)? */
static bool is_whole(const struct vt_run *run)
{
    VT_AUTO_BUF header = vt_buf_init(HEADER_BYTES);

    write_header(run->first, run->end, &header);
    return run->map.bytes.len == file_bytes(run->end - run->first) &&
           memcmp(run->map.bytes.data, header.data, HEADER_BYTES) == 0;
}

bool vt_run_open(struct vt_disk *disk, uint64_t first, uint64_t end,
                 struct vt_run **run_out, struct vt_error *err)
{
    struct vt_run run = { .first = first, .end = end };
    char name[VT_RUN_NAME_BYTES];
    VT_AUTO_FD fd = -1;
    VT_AUTO_MAPPING map = { 0 };
    uint64_t size;

    vt_run_name(first, end, name);
    if (!vt_disk_open_fd(disk, name, &fd, &size, err))
        return false;
    if (size < HEADER_BYTES)
        return vt_fail(err, VT_MALFORMED, "%s: cut short", name);
    if (!vt_mapping_init(&map, fd, name, err))
        return false;
    run.map = map;
    run.fan_bits = fan_bits_for(end - first);
    run.entries = run.map.bytes.data + HEADER_BYTES;
    run.fan = run.entries + (end - first) * ENTRY_BYTES;
    if (!is_whole(&run))
        return vt_fail(err, VT_MALFORMED, "%s: is not a whole run", name);
    run.map = vt_mapping_take(&map);
    *run_out = vt_alloc(sizeof run);
    **run_out = run;
    return true;
}

void vt_run_close(struct vt_run *run)
{
    if (run == NULL)
        return;
    vt_mapping_clear(&run->map);
    free(run);
}

uint64_t vt_run_first(const struct vt_run *run)
{
    return run->first;
}

uint64_t vt_run_end(const struct vt_run *run)
{
    return run->end;
}

uint64_t vt_run_count(const struct vt_run *run)
{
    return run->end - run->first;
}

uint64_t vt_run_key_at(const struct vt_run *run, uint64_t at)
{
    return load_u40(run->entries + at * ENTRY_BYTES);
}

uint64_t vt_run_index_at(const struct vt_run *run, uint64_t at)
{
    return load_u40(run->entries + at * ENTRY_BYTES + KEY_BITS / 8);
}

/* The part of the sorted order where the key must be: low <= place <= high. */
static void narrow(const struct vt_run *run, uint64_t key, uint64_t *low, uint64_t *high)
{
    unsigned shift = KEY_BITS - run->fan_bits;
    const uint8_t *fan = run->fan + (key >> shift) * 8;
    uint64_t start = load_u64(fan), end = load_u64(fan + 8), guess, from, to;

    /* A damaged file must not lead us out of the mapping. */
    if (end > vt_run_count(run))
        end = vt_run_count(run);
    if (start > end)
        start = end;
    guess = (end - start) * (key & ((UINT64_C(1) << shift) - 1)) >> shift;
    if (guess > end - start) /* only in a damaged file, by overflow */
        guess = end - start;
    from = guess > GUESS_MARGIN ? start + guess - GUESS_MARGIN : start;
    to = guess + GUESS_MARGIN < end - start ? start + guess + GUESS_MARGIN : end;
    if (from > start && vt_run_key_at(run, from) >= key) {
        to = from;
        from = start;
    } else if (to < end && vt_run_key_at(run, to) < key) {
        from = to;
        to = end;
    }
    *low = from;
    *high = to;
}

uint64_t vt_run_find(const struct vt_run *run, uint64_t key)
{
    uint64_t low, high;

    narrow(run, key, &low, &high);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (vt_run_key_at(run, middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- writing ---------------------------------------------------------------------------
 */

struct vt_run_writer {
    struct vt_disk *disk;
    struct vt_disk_draft *draft;
    uint64_t first, end;
    uint64_t count; /* entries put so far */
    uint64_t parts; /* of the fan-out that have begun */
    unsigned fan_bits;
    struct vt_buf piece; /* not yet in the draft */
    struct vt_buf fan;
};

static void writer_free(struct vt_run_writer *writer)
{
    vt_buf_clear(&writer->piece);
    vt_buf_clear(&writer->fan);
    free(writer);
}

bool vt_run_writer_begin(struct vt_disk *disk, uint64_t first, uint64_t end,
                         struct vt_run_writer **writer_out, struct vt_error *err)
{
    struct vt_run_writer *writer;
    struct vt_disk_draft *draft;

    if (end > VT_RUN_INDEX_MAX)
        return vt_fail(err, VT_LIMIT, "the index holds at most 2^40 entries");
    if (!vt_disk_draft_begin(disk, "index", 0644, &draft, err))
        return false;
    writer = vt_alloc(sizeof *writer);
    writer->disk = disk;
    writer->draft = draft;
    writer->first = first;
    writer->end = end;
    writer->fan_bits = fan_bits_for(end - first);
    writer->piece = vt_buf_init(PIECE_BYTES + HEADER_BYTES);
    writer->fan = vt_buf_init(SIZE_MAX / 2);
    write_header(first, end, &writer->piece);
    *writer_out = writer;
    return true;
}

static bool write_piece(struct vt_run_writer *writer, struct vt_error *err)
{
    bool is_ok = vt_disk_draft_add(writer->draft, vt_buf_slice(&writer->piece), err);

    vt_buf_truncate(&writer->piece, 0);
    return is_ok;
}

/* All parts up to and with `part` begin here, if they have not begun before. */
static void begin_parts(struct vt_run_writer *writer, uint64_t part)
{
    for (; writer->parts <= part; writer->parts++)
        vt_buf_put_u64(&writer->fan, writer->count);
}

bool vt_run_writer_put(struct vt_run_writer *writer, uint64_t key, uint64_t index,
                       struct vt_error *err)
{
    uint64_t upper;
    uint16_t lower;
    uint8_t *at;

    begin_parts(writer, key >> (KEY_BITS - writer->fan_bits));
    at = vt_buf_extend(&writer->piece, ENTRY_BYTES);
    VT_ASSERT(at != NULL && writer->count < writer->end - writer->first);
    upper = htobe64(key << 24 | index >> 16);
    lower = htobe16((uint16_t)index);
    memcpy(at, &upper, sizeof upper);
    memcpy(at + sizeof upper, &lower, sizeof lower);
    writer->count++;
    return writer->piece.len < PIECE_BYTES || write_piece(writer, err);
}

bool vt_run_writer_finish(struct vt_run_writer *writer, struct vt_error *err)
{
    char name[VT_RUN_NAME_BYTES];
    bool is_ok;

    VT_ASSERT(writer->count == writer->end - writer->first);
    begin_parts(writer, UINT64_C(1) << writer->fan_bits);
    vt_run_name(writer->first, writer->end, name);
    is_ok = vt_buf_check(&writer->fan, name, err) && write_piece(writer, err) &&
            vt_disk_draft_add(writer->draft, vt_buf_slice(&writer->fan), err);
    if (is_ok)
        is_ok = vt_disk_draft_finish(writer->draft, name, true, err);
    else
        vt_disk_draft_discard(writer->draft);
    writer_free(writer);
    return is_ok;
}

void vt_run_writer_discard(struct vt_run_writer *writer)
{
    if (writer == NULL)
        return;
    vt_disk_draft_discard(writer->draft);
    writer_free(writer);
}
