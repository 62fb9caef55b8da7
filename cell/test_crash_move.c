/* The store that samples move to, broken at each disk operation: a batch that was closed is
 * there, whole, once; one that was not leaves nothing, and can be brought again. */
#include "cell/move_message.h"
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
    return vt_moving_open(vt_test_print("%s/samples", dir), "vienna", out, err);
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
    return vt_path_exists(vt_test_print("%s/samples/%s/%.2s/%s", dir, folder, id, id));
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
        if (vt_stage_was_said(vt_test_print("closed %u", i)))
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

/* ---- an order at the keeper's door ------------------------------------------------------
 */

enum { ERASED = 2 }; /* the first ones */

static void prepare_brought(const char *dir)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(act(dir, &err));
}

/* As the keeper answers it: the order comes over a channel, and so does the answer. */
static bool erase_by_desk(struct vt_move_desk *desk, struct vt_channel *ours,
                          struct vt_channel *keepers, struct vt_error *err)
{
    VT_AUTO_BUF ids = vt_buf_init(VT_KIB(1));
    struct vt_samples_left left;
    struct vt_message message;

    for (unsigned i = 0; i < ERASED; i++) {
        vt_hash here = vt_sha256_of(header_of(i));

        vt_buf_put(&ids, vt_hash_slice(&here));
    }
    if (!vt_channel_send(ours, VT_MOVE_ERASE, vt_buf_slice(&ids), err) ||
        !vt_move_answer(desk, keepers, err) || !vt_channel_receive(ours, 0, &message, err))
        return false;
    VT_CHECK(message.type == VT_MOVE_ERASED && vt_move_left_read(message.body, &left));
    VT_CHECK(left.removed <= ERASED);
    vt_stage_say("erased");
    return true;
}

static bool erase(const char *dir, struct vt_error *err)
{
    struct vt_channel ours, keepers;
    struct vt_samples *samples;
    struct vt_move_desk desk;
    bool is_ok;

    if (!open_store(dir, &samples, err))
        return false;
    VT_CHECK(vt_channel_pair(&ours, &keepers, err));
    vt_move_desk_init(&desk, samples);
    is_ok = erase_by_desk(&desk, &ours, &keepers, err);
    vt_move_desk_clear(&desk);
    vt_channel_clear(&ours);
    vt_channel_clear(&keepers);
    vt_samples_close(samples);
    return is_ok;
}

/* What was erased is gone, rows and files; what was not ordered is there, whole. */
static void check_gone(const char *dir)
{
    struct found found = { .count = 0 };
    struct vt_error err = { 0 };
    bool is_more;

    VT_CHECK_OK(open_store(dir, &found.samples, &err));
    VT_CHECK_OK(
        vt_samples_arrived(found.samples, "CH", NULL, 64, take, &found, &is_more, &err));
    VT_CHECK_SAYING(found.count == OBJECTS - ERASED, "%u are left", found.count);
    VT_CHECK_OK(
        vt_samples_read_back(found.samples, &found.here[0], &found.bodies[0], &err));
    for (unsigned i = 0; i < OBJECTS; i++)
        VT_CHECK_SAYING(is_file(dir, "body", i) == (i >= ERASED) &&
                            is_file(dir, "header", i) == (i >= ERASED),
                        "object %u: its files", i);
    vt_samples_close(found.samples);
}

/* A start without the order: what was said to be gone must stay so. */
static bool only_open(const char *dir, struct vt_error *err)
{
    struct vt_samples *samples;

    if (!open_store(dir, &samples, err))
        return false;
    vt_samples_close(samples);
    return true;
}

/* And the same order again, after any end, comes to the same. */
static void check_erased(const char *dir)
{
    struct vt_error err = { 0 };

    if (vt_stage_was_said("erased"))
        check_gone(dir);
    VT_CHECK_OK(erase(dir, &err));
    check_gone(dir);
}

static const struct vt_stage_play erasing = {
    .name = "an order at the door",
    .prepare = prepare_brought,
    .act = erase,
    .restart = only_open,
    .check = check_erased,
    .torn_seeds = 1,
    .twice_every = 100,
};

static void what_was_said_stays_so(void)
{
    vt_stage_must_hold(&erasing);
    vt_stage_must_need(&erasing, "journal: sync of records.db-wal");
}

static const struct vt_case cases[] = {
    { "what was said to be erased stays so", what_was_said_stays_so },
    { "a batch is there or was never there", they_hold },
    { "the syncs before a batch is closed are needed", they_need_their_syncs },
};

VT_TEST_MAIN("cell.crash_move", cases)
