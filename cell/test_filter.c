/* The local filter and its deltas, and look-ups in this process. */
#include "cell/filter.h"
#include "cell/verdict_index.h"
#include "tests/harness.h"

static vt_hash hash_of(uint64_t i)
{
    return vt_sha256_of(VT_BYTES(i));
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* The keys of the files from..to - 1, ascending. */
static uint64_t *keys_of(uint64_t from, uint64_t to)
{
    uint64_t *keys = vt_arena_alloc(vt_test_arena(), (to - from + 1) * sizeof *keys);

    for (uint64_t i = from; i < to; i++) {
        vt_hash hash = hash_of(i);

        keys[i - from] = vt_filter_key(&hash);
    }
    qsort(keys, to - from, sizeof *keys, compare_keys);
    return keys;
}

static vt_slice make_filter(uint64_t count, unsigned width)
{
    struct vt_error err = { 0 };
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);

    *out = vt_buf_init(VT_MIB(64));
    VT_CHECK_OK(vt_filter_write(keys_of(0, count), count, width, out, &err));
    return vt_buf_slice(out);
}

static void nothing_in_the_set_is_missed(void)
{
    static const uint64_t counts[] = { 0,   1,    2,    3,    4,     7,     10,    33,
                                       100, 1000, 1010, 4095, 20000, 65536, 300000 };
    struct vt_error err = { 0 };

    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (unsigned width = 8; width <= 16; width += 8) {
            struct vt_filter filter;

            VT_CHECK_OK(vt_filter_parse(make_filter(counts[c], width), &filter, &err));
            for (uint64_t i = 0; i < counts[c]; i++) {
                vt_hash hash = hash_of(i);

                VT_CHECK_SAYING(vt_filter_may_have(&filter, NULL, &hash),
                                "%ju of %ju missed", (uintmax_t)i, (uintmax_t)counts[c]);
            }
        }
}

/* 2^-8 and 2^-16, within five standard deviations; and close to the size that the paper
 * promises. */
static void others_pass_seldom(void)
{
    enum { KEYS = 300000, ASKED = 400000 };
    struct vt_error err = { 0 };
    struct vt_filter filter;
    unsigned wrong[2] = { 0 };
    vt_slice bytes[2] = { make_filter(KEYS, 8), make_filter(KEYS, 16) };

    for (unsigned w = 0; w < 2; w++) {
        VT_CHECK_OK(vt_filter_parse(bytes[w], &filter, &err));
        for (uint64_t i = KEYS; i < KEYS + ASKED; i++) {
            vt_hash hash = hash_of(i);

            wrong[w] += vt_filter_may_have(&filter, NULL, &hash);
        }
    }
    VT_CHECK_SAYING(wrong[0] > 1365 && wrong[0] < 1760, "%u of 400000", wrong[0]);
    VT_CHECK_SAYING(wrong[1] < 19, "%u of 400000", wrong[1]);
    VT_CHECK_SAYING((double)bytes[0].len * 8 < 9.6 * KEYS, "%zu bytes", bytes[0].len);
}

/* The bytes are part of what a head commits to: they must not change by accident. */
static void equal_sets_give_equal_bytes(void)
{
    static const struct {
        uint64_t count;
        unsigned width;
        const char *digest;
    } known[] = {
        { 0, 8, "0c4214d14925739aec25c0c154eff68b2e4c919f24f568570296b6be7e6fa266" },
        { 1000, 8, "207bbd7ee2f3bc6edcc679668b4dc602cbd415421db82897bb5de0b48a635a91" },
        { 20000, 16, "cc6d0cd5a090f014c5e75cb09b8c81160328bd90e9cc37714dd4f68579dcb314" },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        vt_hash hash = vt_sha256_of(make_filter(known[i].count, known[i].width));
        char text[65];

        vt_hash_text(&hash, text);
        VT_CHECK_SAYING(strcmp(text, known[i].digest) == 0, "%ju keys: %s",
                        (uintmax_t)known[i].count, text);
    }
}

static void a_filter_has_one_length(void)
{
    struct vt_error err = { 0 };
    vt_slice good = make_filter(200, 8);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len + 1);
    struct vt_filter filter;

    memcpy(bytes, good.data, good.len);
    VT_CHECK_OK(vt_filter_parse(vt_slice_of(bytes, good.len), &filter, &err));
    for (size_t len = 0; len < good.len; len++)
        VT_CHECK_FAILS(VT_MALFORMED,
                       vt_filter_parse(vt_slice_of(bytes, len), &filter, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_filter_parse(vt_slice_of(bytes, good.len + 1), &filter, &err));
    bytes[19] = 7; /* width */
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_filter_parse(vt_slice_of(bytes, good.len), &filter, &err));
    bytes[19] = 8;
    bytes[20] = 1; /* 2^56 keys */
    VT_CHECK_FAILS(VT_LIMIT, vt_filter_parse(vt_slice_of(bytes, good.len), &filter, &err));
}

/* Files 0 to 999 in the filter; then 100 are taken back and 100 new ones found. */
static void a_delta_leads_to_the_present(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
    vt_slice made = make_filter(1000, 16);
    vt_hash digest = vt_sha256_of(made);
    struct vt_filter filter;
    struct vt_delta delta;

    VT_CHECK_OK(vt_filter_parse(made, &filter, &err));
    VT_CHECK_OK(vt_delta_write(&digest, keys_of(0, 1000), 1000, keys_of(100, 1100), 1000,
                               &bytes, &err));
    VT_CHECK_OK(vt_delta_parse(vt_buf_slice(&bytes), &delta, &err));
    VT_CHECK(delta.added_count == 100 && delta.removed_count == 100);
    VT_CHECK(vt_hash_equal(&delta.filter, &digest));
    for (uint64_t i = 0; i < 1100; i++) {
        vt_hash hash = hash_of(i);

        VT_CHECK(vt_filter_may_have(&filter, &delta, &hash) == (i >= 100));
    }
}

static void a_mangled_delta_is_refused_or_says_another_thing(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
    vt_hash digest = hash_of(0);
    struct vt_delta delta;
    size_t keys;

    VT_CHECK_OK(vt_delta_write(&digest, keys_of(0, 5), 5, keys_of(2, 9), 7, &bytes, &err));
    VT_CHECK_OK(vt_delta_parse(vt_buf_slice(&bytes), &delta, &err));
    for (size_t len = 0; len < bytes.len; len++)
        VT_CHECK_FAILS(VT_MALFORMED,
                       vt_delta_parse(vt_slice_of(bytes.data, len), &delta, &err));
    for (size_t i = 0; i < 17; i++) {
        bytes.data[i] ^= 1;
        VT_CHECK_FAILS(VT_MALFORMED, vt_delta_parse(vt_buf_slice(&bytes), &delta, &err));
        bytes.data[i] ^= 1;
    }
    for (size_t i = 49; i < 57; i++) { /* the counts */
        bytes.data[i] ^= 1;
        VT_CHECK_FAILS(VT_MALFORMED, vt_delta_parse(vt_buf_slice(&bytes), &delta, &err));
        bytes.data[i] ^= 1;
    }
    keys = 57;
    memcpy(bytes.data + keys + 8, bytes.data + keys, 8); /* a key twice */
    VT_CHECK_FAILS(VT_MALFORMED, vt_delta_parse(vt_buf_slice(&bytes), &delta, &err));
    bytes.len = keys; /* one key both added and removed */
    bytes.data[52] = bytes.data[56] = 1;
    vt_buf_put_u64(&bytes, 5);
    vt_buf_put_u64(&bytes, 5);
    VT_CHECK_FAILS(VT_MALFORMED, vt_delta_parse(vt_buf_slice(&bytes), &delta, &err));
    bytes.data[bytes.len - 1] = 6;
    VT_CHECK_OK(vt_delta_parse(vt_buf_slice(&bytes), &delta, &err));
}

/* ---- look-ups in this process -----------------------------------------------------------
 */

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, VT_SHA256_BYTES);
}

static void many_lookups_agree_with_one_at_a_time(void)
{
    enum { ROWS = 5000, ASKED = 7003 };
    static const uint64_t counts[] = { 0, 1, 2, ROWS };
    uint8_t *rows = vt_arena_alloc(vt_test_arena(), ROWS * VT_VERDICT_BYTES);
    vt_hash *hashes = vt_arena_alloc(vt_test_arena(), ASKED * sizeof *hashes);
    struct vt_looked_up *out = vt_arena_alloc(vt_test_arena(), ASKED * sizeof *out);

    for (uint64_t i = 0; i < ROWS; i++) {
        vt_hash hash = hash_of(i);
        uint8_t *row = rows + i * VT_VERDICT_BYTES;

        memcpy(row, hash.bytes, VT_SHA256_BYTES);
        row[32] = (uint8_t)(VT_STATE_CLEAN + i % 3);
        if (row[32] != VT_STATE_CLEAN)
            row[36] = (uint8_t)i;
    }
    qsort(rows, ROWS, VT_VERDICT_BYTES, compare_rows);
    for (uint64_t i = 0; i < ASKED; i++)
        hashes[i] = hash_of(i);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        struct vt_verdicts table = { .rows = rows, .count = counts[c] };
        struct vt_verdict_index *index = vt_verdict_index_new(&table);

        vt_verdict_index_ask(index, hashes, ASKED, out);
        for (size_t i = 0; i < ASKED; i++) {
            struct vt_cell_verdict want = vt_verdicts_find(&table, &hashes[i]);

            VT_CHECK(out[i].state == want.state && out[i].found == want.found);
        }
        VT_CHECK(counts[c] != ROWS || (out[1].state == VT_STATE_SUSPICIOUS &&
                                       out[ROWS].state == VT_STATE_UNKNOWN));
        vt_verdict_index_free(index);
    }
}

static const struct vt_case cases[] = {
    { "nothing in the set is missed", nothing_in_the_set_is_missed },
    { "others pass seldom", others_pass_seldom },
    { "equal sets give equal bytes", equal_sets_give_equal_bytes },
    { "a filter has one length", a_filter_has_one_length },
    { "a delta leads to the present", a_delta_leads_to_the_present },
    { "a mangled delta is refused or says another thing",
      a_mangled_delta_is_refused_or_says_another_thing },
    { "many look-ups agree with one at a time", many_lookups_agree_with_one_at_a_time },
};

VT_TEST_MAIN("cell.filter", cases)
