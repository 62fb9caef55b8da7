/* The store that samples move to, broken at each disk operation: a batch that was closed is
 * there, whole, once; one that was not leaves nothing, and can be brought again. */
#include "cell/samples_move.h"
#include "crypto/age_header.h"
#include "tests/harness.h"
#include "tests/moving.h"
#include "tests/stage.h"

enum { OBJECTS = 3 };

/* The same in each process. */
static vt_slice body_of(unsigned number)
{
    static const char *const bodies[OBJECTS] = { "one", "the second", "a third body" };

    return vt_slice_from_cstr(bodies[number]);
}

static vt_slice header_of(unsigned number)
{
    static const char *const headers[OBJECTS] = { "header 1", "header 2", "header 3" };

    return vt_slice_from_cstr(headers[number]);
}

static struct vt_move_row row_of(unsigned number)
{
    struct vt_move_row row = { .object = vt_sha256_of(VT_BYTES(number)),
                               .country = "CH",
                               .body = vt_sha256_of(body_of(number)),
                               .body_bytes = body_of(number).len,
                               .asked_unix_s = 1700000000,
                               .kept_until_unix_s = INT64_C(4000000000),
                               .receipt = VT_LIT("a receipt") };

    return row;
}

static bool open_store(const char *dir, struct vt_samples **out, struct vt_error *err)
{
    return vt_moving_open(vt_arena_printf(vt_test_arena(), "%s/samples", dir), "vienna",
                          out, err);
}

/* As a mover brings it: what is not there yet. */
static bool bring(struct vt_samples *samples, unsigned first, unsigned count,
                  struct vt_error *err)
{
    struct vt_arrival *arrival;
    vt_hash recipient = { { 1 } };
    unsigned missing = 0;
    bool is_ok, is_here[OBJECTS] = { false };

    if (!vt_arrival_new(samples, &arrival, err))
        return false;
    is_ok = true;
    for (unsigned i = first; is_ok && i < first + count; i++) {
        struct vt_move_row row = row_of(i);

        is_ok =
            vt_samples_has_arrived(samples, &row.object, &is_here[i], err) &&
            (is_here[i] || vt_arrival_add(arrival, &row, &recipient, header_of(i), err));
        missing += !is_here[i];
    }
    is_ok = is_ok && (missing == 0 || vt_arrival_open(arrival, err));
    for (unsigned i = first; is_ok && i < first + count; i++)
        is_ok = is_here[i] || vt_arrival_put(arrival, body_of(i), err);
    is_ok = is_ok && (missing == 0 || vt_arrival_close(arrival, err));
    vt_arrival_free(arrival);
    for (unsigned i = first; is_ok && i < first + count; i++)
        vt_stage_say("closed %u", i);
    return is_ok;
}

static bool act(const char *dir, struct vt_error *err)
{
    struct vt_samples *samples;
    bool is_ok;

    if (!open_store(dir, &samples, err))
        return false;
    is_ok = bring(samples, 0, 2, err) && bring(samples, 2, 1, err);
    vt_samples_close(samples);
    return is_ok;
}

struct found {
    unsigned count;
    struct vt_samples *samples;
    vt_hash here[OBJECTS], bodies[OBJECTS];
};

static bool take(void *context, const struct vt_arrived *arrived, struct vt_error *err)
{
    struct found *found = context;

    (void)err;
    VT_CHECK(found->count < OBJECTS);
    found->here[found->count] = arrived->here;
    found->bodies[found->count++] = arrived->row.body;
    return true;
}

static bool is_file(const char *dir, const char *folder, unsigned number)
{
    vt_hash here = vt_sha256_of(header_of(number));
    char id[65];

    vt_hash_text(&here, id);
    return vt_path_exists(
        vt_arena_printf(vt_test_arena(), "%s/samples/%s/%.2s/%s", dir, folder, id, id));
}

static void check(const char *dir)
{
    struct found found = { .count = 0 };
    struct vt_error err = { 0 };
    unsigned said = 0;
    bool is_more;

    VT_CHECK_OK(open_store(dir, &found.samples, &err));
    VT_CHECK_OK(
        vt_samples_arrived(found.samples, "CH", NULL, 64, take, &found, &is_more, &err));
    for (unsigned i = 0; i < found.count; i++)
        VT_CHECK_OK(
            vt_samples_read_back(found.samples, &found.here[i], &found.bodies[i], &err));
    for (unsigned i = 0; i < OBJECTS; i++) {
        struct vt_move_row row = row_of(i);
        bool is_here;

        VT_CHECK_OK(vt_samples_has_arrived(found.samples, &row.object, &is_here, &err));
        if (vt_stage_was_said(vt_arena_printf(vt_test_arena(), "closed %u", i)))
            VT_CHECK_SAYING(is_here, "object %u was closed, and lost", i);
        VT_CHECK_SAYING(is_here == is_file(dir, "body", i) &&
                            is_here == is_file(dir, "header", i),
                        "object %u is in the rows or on the disk, not in both", i);
        said += is_here;
    }
    VT_CHECK(said == found.count);
    vt_samples_close(found.samples);
}

static const struct vt_stage_play play = {
    .name = "arrivals",
    .act = act,
    .restart = act,
    .check = check,
    .torn_seeds = 1,
    .twice_every = 150,
};

static void they_hold(void)
{
    vt_stage_must_hold(&play);
}

static void they_need_their_syncs(void)
{
    static const char *const needed[] = {
        "flush: sync file of body/#/#",
        "flush: sync file of header/#/#",
        "flush: sync folder of body/#",
        "journal: sync of records.db-wal",
    };

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        vt_stage_must_need(&play, needed[i]);
}

static const struct vt_case cases[] = {
    { "a batch is there or was never there", they_hold },
    { "the syncs before a batch is closed are needed", they_need_their_syncs },
};

VT_TEST_MAIN("cell.crash_move", cases)
