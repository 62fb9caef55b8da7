/* The index: every entry that was added is found at its first index, and no other; across
 * spills, merges, reopening and lost files. */
#include "ledger/dedup.h"
#include "ledger/dedup_run.h"
#include "tests/harness.h"

enum { FRONT = 256, ENTRIES = 40000 };

static vt_hash leaf_of(uint64_t index)
{
    return vt_sha256_of(VT_BYTES(index));
}

static bool read_leaf(void *context, uint64_t index, vt_hash *out, struct vt_error *err)
{
    (void)err;
    ++*(uint64_t *)context;
    *out = leaf_of(index);
    return true;
}

struct opened {
    struct vt_disk *disk;
    struct vt_dedup *dedup;
    struct vt_leaf_source leaves;
    uint64_t reads;
};

static void open_index(struct opened *o)
{
    struct vt_error err = { 0 };

    o->leaves = (struct vt_leaf_source){ read_leaf, &o->reads };
    VT_CHECK_OK(vt_disk_open(vt_test_path("log"), true, &o->disk, &err));
    VT_CHECK_OK(vt_disk_lock(o->disk, &err));
    VT_CHECK_OK(vt_dedup_open(o->disk, FRONT, true, &o->leaves, &o->dedup, &err));
}

static void close_index(struct opened *o)
{
    vt_dedup_close(o->dedup);
    vt_disk_close(o->disk);
}

static void grow_to(struct opened *o, uint64_t end, uint64_t step)
{
    struct vt_error err = { 0 };

    while (vt_dedup_end(o->dedup) < end) {
        uint64_t before = vt_dedup_end(o->dedup);

        while (vt_dedup_end(o->dedup) < end && vt_dedup_end(o->dedup) < before + step) {
            vt_hash leaf = leaf_of(vt_dedup_end(o->dedup));

            vt_dedup_add(o->dedup, &leaf);
        }
        VT_CHECK_OK(vt_dedup_work(o->dedup, vt_dedup_end(o->dedup) / 256 * 256,
                                  vt_dedup_end(o->dedup) - before, &err));
    }
}

/* Entries below `end` are found, those from `end` on are not. */
static void check_exact(struct opened *o, uint64_t end, uint64_t step)
{
    struct vt_error err = { 0 };
    uint64_t index;
    bool found;

    for (uint64_t i = 0; i < end; i += step) {
        vt_hash leaf = leaf_of(i);

        VT_CHECK_OK(vt_dedup_find(o->dedup, &leaf, &found, &index, &err));
        VT_CHECK_SAYING(found && index == i, "entry %ju", (uintmax_t)i);
    }
    o->reads = 0;
    for (uint64_t i = end; i < end + 2000; i++) {
        vt_hash leaf = leaf_of(i);

        VT_CHECK_OK(vt_dedup_find(o->dedup, &leaf, &found, &index, &err));
        VT_CHECK_SAYING(!found, "entry %ju", (uintmax_t)i);
    }
    VT_CHECK_SAYING(o->reads < 3, "%ju needless looks at leaves", (uintmax_t)o->reads);
}

static void every_entry_is_found(void)
{
    struct opened o = { 0 };

    open_index(&o);
    check_exact(&o, 0, 1);
    for (uint64_t end = 100; end < 3000; end += 97) {
        grow_to(&o, end, 10);
        check_exact(&o, end, 1);
    }
    grow_to(&o, ENTRIES, 64);
    check_exact(&o, ENTRIES, 7);
    VT_CHECK_SAYING(vt_dedup_run_count(o.dedup) <= 10, "%zu runs",
                    vt_dedup_run_count(o.dedup));
    close_index(&o);
}

/* What runs cover is there after reopening; the rest is for the caller to add again. */
static void runs_survive(void)
{
    struct opened o = { 0 };
    uint64_t covered;

    open_index(&o);
    grow_to(&o, 10000, 100);
    covered = vt_dedup_covered(o.dedup);
    VT_CHECK(covered > 9000 && covered < 10000);
    close_index(&o);
    open_index(&o);
    VT_CHECK(vt_dedup_covered(o.dedup) == covered && vt_dedup_end(o.dedup) == covered);
    check_exact(&o, covered, 3);
    grow_to(&o, 10000, 100);
    check_exact(&o, 10000, 3);
    close_index(&o);
}

static size_t count_files(struct opened *o)
{
    const char *listing;
    size_t lines = 0;

    (void)o;
    listing = vt_test_run(0, VT_ARGV("ls", vt_test_path("log/index")));
    for (; *listing != '\0'; listing++)
        lines += *listing == '\n';
    return lines;
}

/* Files that a crash may leave: a merged run beside those that it replaced, an open draft,
 * a run cut short. */
static void leftovers_are_cleaned(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    struct vt_run *run;
    uint64_t covered;
    vt_slice bytes;

    open_index(&o);
    grow_to(&o, 2 * FRONT, 100);
    VT_CHECK(vt_dedup_run_count(o.dedup) == 2 || vt_dedup_run_count(o.dedup) == 1);
    close_index(&o);
    bytes = vt_test_read(vt_test_path("log/index/0000000000000-0000000000256"));
    open_index(&o);
    grow_to(&o, 5000, 100);
    covered = vt_dedup_covered(o.dedup);
    close_index(&o);
    vt_test_write(vt_test_path("log/index/0000000000000-0000000000256"), bytes);
    vt_test_write(vt_test_path("log/index/0000000000000-0000000009999"), VT_LIT("torn"));
    vt_test_write(vt_test_path("log/index/.vt-0123456789abcdef"), VT_LIT("a draft"));
    open_index(&o);
    VT_CHECK(vt_dedup_covered(o.dedup) == covered);
    VT_CHECK(count_files(&o) == vt_dedup_run_count(o.dedup));
    VT_CHECK_FAILS(VT_ABSENT, vt_run_open(o.disk, 0, 9999, &run, &err));
    check_exact(&o, covered, 3);
    close_index(&o);
}

/* The first run is lost: nothing behind it counts, and all is made again. */
static void lost_runs_are_made_again(void)
{
    struct opened o = { 0 };

    open_index(&o);
    grow_to(&o, 3 * FRONT, 100);
    close_index(&o);
    (void)vt_test_run(0, VT_ARGV("find", vt_test_path("log/index"), "-name",
                                 "0000000000000-*", "-delete"));
    open_index(&o);
    VT_CHECK(vt_dedup_covered(o.dedup) == 0 && count_files(&o) == 0);
    grow_to(&o, 3 * FRONT, 100);
    check_exact(&o, 3 * FRONT, 1);
    close_index(&o);
}

/* Two leaves that agree in all that a run keeps are still two. */
static bool read_twin(void *context, uint64_t index, vt_hash *out, struct vt_error *err)
{
    (void)context;
    (void)err;
    *out = leaf_of(0);
    out->bytes[31] = (uint8_t)index;
    return true;
}

static void equal_keys_are_told_apart(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    vt_hash leaf = leaf_of(0);
    uint64_t index;
    bool found;

    open_index(&o);
    vt_dedup_close(o.dedup);
    o.leaves = (struct vt_leaf_source){ read_twin, NULL };
    VT_CHECK_OK(vt_dedup_open(o.disk, FRONT, true, &o.leaves, &o.dedup, &err));
    for (unsigned i = 0; i < FRONT; i++) {
        leaf.bytes[31] = (uint8_t)i;
        vt_dedup_add(o.dedup, &leaf);
    }
    VT_CHECK_OK(vt_dedup_work(o.dedup, FRONT, FRONT, &err));
    VT_CHECK(vt_dedup_run_count(o.dedup) == 1);
    for (unsigned i = 0; i < FRONT; i++) {
        leaf.bytes[31] = (uint8_t)i;
        VT_CHECK_OK(vt_dedup_find(o.dedup, &leaf, &found, &index, &err));
        VT_CHECK(found && index == i);
    }
    leaf.bytes[30] ^= 1;
    VT_CHECK_OK(vt_dedup_find(o.dedup, &leaf, &found, &index, &err));
    VT_CHECK(!found);
    close_index(&o);
}

/* A damaged run may deny an entry, but never leads out of the file nor names a wrong one.
 */
static void damaged_runs_do_no_harm(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    const char *path;
    vt_slice good;
    uint8_t *bytes;

    open_index(&o);
    grow_to(&o, FRONT, 100);
    close_index(&o);
    path = vt_test_path("log/index/0000000000000-0000000000256");
    good = vt_test_read(path);
    bytes = vt_arena_alloc(vt_test_arena(), good.len);
    for (size_t at = 0; at < good.len; at += at < 200 || at + 40 > good.len ? 1 : 13) {
        uint64_t index;
        bool found;

        memcpy(bytes, good.data, good.len);
        bytes[at] ^= 0xff;
        vt_test_write(path, vt_slice_of(bytes, good.len));
        open_index(&o);
        VT_CHECK_SAYING((vt_dedup_covered(o.dedup) == 0) == (at < 64), "byte %zu", at);
        for (uint64_t i = 0; i < FRONT; i++) {
            vt_hash leaf = leaf_of(i);

            if (vt_dedup_find(o.dedup, &leaf, &found, &index, &err) && found)
                VT_CHECK(index == i);
        }
        close_index(&o);
    }
}

static const struct vt_case cases[] = {
    { "every entry is found", every_entry_is_found },
    { "runs survive", runs_survive },
    { "leftovers are cleaned", leftovers_are_cleaned },
    { "lost runs are made again", lost_runs_are_made_again },
    { "equal keys are told apart", equal_keys_are_told_apart },
    { "damaged runs do no harm", damaged_runs_do_no_harm },
};

VT_TEST_MAIN("ledger.dedup", cases)
