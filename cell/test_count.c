/* Counts on the ledger: one spelling, and a sequence that never goes back. */
#include "cell/count.h"
#include "evidence/trust.h"
#include "tests/world.h"

static const vt_hash digest = { { 9 } };

static struct vt_counts counts(uint64_t number)
{
    struct vt_counts out = { .cell = VT_LIT("zurich"),
                             .number = number,
                             .until_unix_s = VT_WORLD_NOW + (int64_t)number,
                             .has_previous = number > 1,
                             .previous = digest };

    out.totals[VT_DATA_FILE][VT_COUNTED_MISPLACED] = 10;
    out.totals[VT_DATA_LOOKUP][VT_COUNTED_ACCEPTED] = 1000;
    if (number == 1)
        out.previous = (vt_hash){ { 0 } };
    return out;
}

static json_t *written(const struct vt_counts *value)
{
    struct vt_error err = { 0 };
    json_t *out;

    VT_CHECK_OK(vt_counts_write(value, &out, &err));
    vt_test_keep(out);
    return out;
}

static void one_spelling(void)
{
    struct vt_counts one = counts(2), again;
    json_t *json = written(&one), *rows = json_object_get(json, "totals");
    struct vt_error err = { 0 };

    VT_CHECK(json_array_size(rows) == VT_DATA_CLASSES * VT_COUNTED_REASONS);
    VT_CHECK_OK(vt_counts_read(json, &again, &err));
    VT_CHECK(memcmp(one.totals, again.totals, sizeof one.totals) == 0);
    VT_CHECK(again.number == 2 && vt_hash_equal(&again.previous, &digest));
    /* A row left out, a row twice, two rows exchanged, one more: none is a count. */
    VT_CHECK(json_array_remove(rows, 3) == 0);
    VT_CHECK_FAILS(VT_MALFORMED, vt_counts_read(json, &again, &err));
    VT_CHECK(json_array_append(rows, json_array_get(rows, 0)) == 0);
    VT_CHECK_FAILS(VT_MALFORMED, vt_counts_read(json, &again, &err));
    json = written(&one);
    rows = json_object_get(json, "totals");
    VT_CHECK(json_array_append(rows, json_array_get(rows, 0)) == 0);
    VT_CHECK_FAILS(VT_MALFORMED, vt_counts_read(json, &again, &err));
    one = counts(2);
    one.has_previous = false;
    VT_CHECK_FAILS(VT_MALFORMED, vt_counts_read(written(&one), &again, &err));
    one = counts(1);
    one.has_previous = true;
    VT_CHECK_FAILS(VT_MALFORMED, vt_counts_read(written(&one), &again, &err));
    one.number = 0;
    VT_CHECK_FAILS(VT_MALFORMED, vt_counts_read(written(&one), &again, &err));
}

#define REFUSED(words, change)                                                             \
    do {                                                                                   \
        struct vt_counts a = counts(1), b = counts(2);                                     \
        struct vt_error why = { 0 };                                                       \
        change;                                                                            \
        VT_CHECK_SAYING(!vt_counts_may_follow(&a, &digest, &b, &why), "%s", words);        \
        VT_CHECK_SAYING(why.code == VT_REJECTED && strstr(why.message, words) != NULL,     \
                        "wanted '%s', got '%s'", words, why.message);                      \
    } while (0)

static void never_back(void)
{
    struct vt_counts one = counts(1), two = counts(2);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_counts_may_follow(&one, &digest, &two, &err)); /* equal is allowed */
    vt_counts_add(&two, VT_DATA_FILE, VT_COUNTED_MISPLACED);
    VT_CHECK(two.totals[VT_DATA_FILE][VT_COUNTED_MISPLACED] == 11);
    VT_CHECK_OK(vt_counts_may_follow(&one, &digest, &two, &err));
    REFUSED("file, misplaced went back from 10 to 9",
            b.totals[VT_DATA_FILE][VT_COUNTED_MISPLACED] = 9);
    REFUSED("lookup, accepted went back",
            (b.totals[VT_DATA_LOOKUP][VT_COUNTED_ACCEPTED] = 0,
             b.totals[VT_DATA_FILE][VT_COUNTED_ACCEPTED] = 5000));
    REFUSED("number 3 does not follow 1", b.number = 3);
    REFUSED("number 1 does not follow 1", b.number = 1);
    REFUSED("another number 1", b.previous.bytes[0] ^= 1);
    REFUSED("its time went back", b.until_unix_s = a.until_unix_s - 1);
    REFUSED("is of cell tokyo", b.cell = VT_LIT("tokyo"));
}

static void it_does_not_overflow(void)
{
    struct vt_counts one = counts(1);

    one.totals[0][0] = (uint64_t)VT_JSON_INTEGER_MAX - 1;
    vt_counts_add(&one, (enum vt_data_class)0, (enum vt_count_reason)0);
    vt_counts_add(&one, (enum vt_data_class)0, (enum vt_count_reason)0);
    VT_CHECK(one.totals[0][0] == (uint64_t)VT_JSON_INTEGER_MAX);
}

static bool is_admitted(const char *cell, unsigned signers)
{
    struct vt_world world = vt_world_good();
    struct vt_counts one = counts(1);
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;

    one.cell = vt_slice_from_cstr(cell);
    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    return vt_trust_admits_entry(
        trust, vt_world_statement(VT_COUNT, "count", json_incref(written(&one)), signers),
        VT_WORLD_NOW, &err);
}

static void only_the_cell_counts_itself(void)
{
    VT_CHECK(is_admitted("zurich", VT_BIT(VT_P_CELL)));
    VT_CHECK(!is_admitted("tokyo", VT_BIT(VT_P_CELL)));
    VT_CHECK(!is_admitted("zurich", VT_BIT(VT_P_SUPERVISOR)));
}

static const struct vt_case cases[] = {
    { "one spelling", one_spelling },
    { "never back", never_back },
    { "it does not overflow", it_does_not_overflow },
    { "only the cell counts itself", only_the_cell_counts_itself },
};

VT_TEST_MAIN("count", cases)
