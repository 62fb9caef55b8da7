/* Building the look-up index.  Postings are gathered in memory, sorted, and become a run.
 * While more comes, 64 runs of about one size become one, so a posting is written once for
 * each power of 64; at the end the runs that are small beside those behind them become
 * one, so that few are asked.  state.json is written behind the runs that it speaks of,
 * and what lies behind what it says is removed when building begins again. */
#include "ledger/lookup_inside.h"
#include "ledger/shelf.h"
#include "ledger/terms.h"

enum {
    RUN_POSTINGS = 1 << 19,     /* 8 MiB in memory, for sorting */
    RUN_POSTINGS_MAX = 1 << 23, /* more entries than a posting's 24 bits can tell apart */
    INDEX_BITS = 24,
    KEY_BITS = 40,
    DIGIT_BITS = 8,         /* that are sorted by at once */
    TERMS_MAX = VT_KIB(64), /* an entry has fewer bytes */
    MERGE_PIECE = 1 << 20,
};

struct building {
    const struct vt_lookup_building *how;
    struct vt_disk *log, *index;
    struct vt_lookup_state state;
    struct vt_runs runs;
    /* Of entries from state.entries on: key << 24 | index - state.entries, in the order of
     * entries.  Owned, and so is room for as many, for sorting. */
    uint64_t *postings, *spare;
    size_t count, run;  /* from so many on they become a run */
    uint64_t at, total; /* entries */
};

/* ---- runs -------------------------------------------------------------------------------
 */

/* By key, a byte at a time from the lowest on; what is equal stays in its order, which is
 * that of the entries. */
static void sort_postings(struct building *b)
{
    for (unsigned shift = INDEX_BITS; shift < INDEX_BITS + KEY_BITS; shift += DIGIT_BITS) {
        size_t places[1 << DIGIT_BITS] = { 0 }, next = 0;
        uint64_t *from = b->postings, *to = b->spare;

        for (size_t i = 0; i < b->count; i++)
            places[from[i] >> shift & 0xff]++;
        for (size_t digit = 0; digit < 1 << DIGIT_BITS; digit++) {
            size_t some = places[digit];

            places[digit] = next;
            next += some;
        }
        for (size_t i = 0; i < b->count; i++)
            to[places[from[i] >> shift & 0xff]++] = from[i];
        b->postings = to;
        b->spare = from;
    }
}

static bool merge_newest(struct building *b, size_t count, struct vt_error *err)
{
    struct vt_merge merge;
    bool is_done = false;

    if (!vt_merge_begin(&b->runs, b->runs.count - count, count, &merge, err))
        return false;
    while (!is_done)
        if (!vt_merge_step(&merge, MERGE_PIECE, &is_done, err)) {
            vt_merge_discard(&merge);
            return false;
        }
    return vt_merge_end(&b->runs, &merge, err);
}

/* How often 64 runs were merged to make one of this size. */
static unsigned tier_of(const struct building *b, const struct vt_run *run)
{
    unsigned tier = 0;

    for (uint64_t i = vt_run_count(run) / b->run; i >= VT_MERGE_RUNS_MAX;
         i /= VT_MERGE_RUNS_MAX)
        tier++;
    return tier;
}

/* Of one size: so many of the newest runs. */
static size_t newest_alike(const struct building *b)
{
    size_t count = 1;

    while (count < b->runs.count && count < VT_MERGE_RUNS_MAX &&
           tier_of(b, b->runs.runs[b->runs.count - 1 - count]) <=
               tier_of(b, b->runs.runs[b->runs.count - 1]))
        count++;
    return count;
}

/* While more comes. */
static bool merge_alike(struct building *b, struct vt_error *err)
{
    while (newest_alike(b) == VT_MERGE_RUNS_MAX)
        if (!merge_newest(b, VT_MERGE_RUNS_MAX, err))
            return false;
    return true;
}

/* At the end. */
static bool merge_small(struct building *b, struct vt_error *err)
{
    size_t count;

    while ((count = b->runs.count - vt_runs_merge_from(&b->runs)) > 1)
        if (!merge_newest(b, count < VT_MERGE_RUNS_MAX ? count : VT_MERGE_RUNS_MAX, err))
            return false;
    return true;
}

static bool write_run(struct building *b, struct vt_error *err)
{
    uint64_t first = b->state.postings;
    struct vt_run_writer *writer;

    sort_postings(b);
    if (!vt_run_writer_begin(b->index, first, first + b->count, &writer, err))
        return false;
    for (size_t i = 0; i < b->count; i++)
        if (!vt_run_writer_put(
                writer, b->postings[i] >> INDEX_BITS,
                b->state.entries + (b->postings[i] & ((1 << INDEX_BITS) - 1)), err)) {
            vt_run_writer_discard(writer);
            return false;
        }
    return vt_run_writer_finish(writer, err) &&
           vt_runs_add(&b->runs, first + b->count, err);
}

/* What was gathered becomes part of the index; `last` is the leaf of the last entry. */
static bool spill(struct building *b, const vt_hash *last, struct vt_error *err)
{
    if (b->count != 0 && !write_run(b, err))
        return false;
    b->state = (struct vt_lookup_state){ b->state.first, b->at,
                                         b->state.postings + b->count, *last };
    b->count = 0;
    return vt_lookup_state_write(b->index, &b->state, err) && merge_alike(b, err);
}

/* ---- entries ----------------------------------------------------------------------------
 */

static bool take_entry(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct building *b = context;
    VT_AUTO_TERMS terms = vt_terms_of(entry);

    if (b->count >= b->run) {
        vt_hash last;

        if (!vt_lookup_leaf(b->log, index - 1, b->total, &last, err) ||
            !spill(b, &last, err))
            return false;
        if (b->how->progress != NULL)
            b->how->progress(b->how->context, index, b->total);
    }
    for (size_t i = 0; i < terms.count; i++)
        b->postings[b->count++] = terms.keys[i] << INDEX_BITS | (index - b->state.entries);
    b->at = index + 1;
    return true;
}

/* Does the index belong to this tree? */
static bool is_ours(struct building *b, uint64_t size, bool *is_ours_out,
                    struct vt_error *err)
{
    vt_hash leaf;

    *is_ours_out = b->state.entries <= size;
    if (!*is_ours_out || b->state.entries == 0)
        return true;
    if (!vt_lookup_leaf(b->log, b->state.entries - 1, size, &leaf, err)) {
        *is_ours_out = false; /* pruned in a copy that never had it */
        return err->code == VT_ABSENT;
    }
    *is_ours_out = vt_hash_equal(&leaf, &b->state.last);
    return true;
}

/* What of it can be gone on with; all that is behind is removed. */
static bool open_index(struct building *b, uint64_t size, struct vt_error *err)
{
    bool is_good;

    if (!vt_lookup_state_read(b->index, &b->state, err)) {
        if (err->code != VT_ABSENT && err->code != VT_MALFORMED)
            return false;
        b->state = (struct vt_lookup_state){ 0 };
    }
    if (!is_ours(b, size, &is_good, err) ||
        !vt_runs_open(&b->runs, b->index, is_good ? b->state.postings : 0, true, err))
        return false;
    if (vt_runs_end(&b->runs) == b->state.postings && is_good)
        return true;
    vt_runs_close(&b->runs); /* runs are missing, or it is another tree's: from nothing */
    b->state = (struct vt_lookup_state){ 0 };
    return vt_runs_open(&b->runs, b->index, 0, true, err) &&
           vt_lookup_state_write(b->index, &b->state, err);
}

/* What is pruned cannot be indexed.  What was indexed before it was pruned stays. */
static bool skip(struct building *b, uint64_t size, struct vt_error *err)
{
    struct vt_error ignored = { 0 };
    uint64_t first;

    if (!vt_shelf_skip_pruned(b->log, b->state.entries, &first, err))
        return false;
    if (first == b->state.entries || first > size)
        return true;
    b->state.first = b->state.entries = first;
    memset(&b->state.last, 0, sizeof b->state.last);
    if (!vt_lookup_leaf(b->log, first - 1, size, &b->state.last, &ignored))
        b->state.last = (vt_hash){ { 0 } };
    return true;
}

static bool build(struct building *b, uint64_t size, struct vt_lookup_report *out,
                  struct vt_error *err)
{
    uint64_t before;
    vt_hash last;

    if (!vt_disk_lock(b->index, err) || !open_index(b, size, err) || !skip(b, size, err))
        return false;
    before = b->at = b->state.entries;
    b->total = size;
    last = b->state.last;
    if (before < size &&
        (!vt_lookup_walk(b->log, before, size, take_entry, b, &last, err) ||
         !spill(b, &last, err)))
        return false;
    if (!merge_small(b, err)) /* also what a killed builder left */
        return false;
    *out = (struct vt_lookup_report){ b->state.first, b->state.entries, b->state.postings,
                                      b->state.entries - before, b->runs.count };
    return true;
}

bool vt_lookup_build(const char *dir, uint64_t size, const struct vt_lookup_building *how,
                     struct vt_lookup_report *out, struct vt_error *err)
{
    struct building *b = vt_alloc(sizeof *b);
    bool is_ok;

    b->how = how;
    b->run = how->run_postings != 0 ? (size_t)how->run_postings : RUN_POSTINGS;
    VT_ASSERT(b->run <= RUN_POSTINGS_MAX);
    b->postings = vt_alloc_array(b->run + TERMS_MAX, sizeof *b->postings);
    b->spare = vt_alloc_array(b->run + TERMS_MAX, sizeof *b->spare);
    is_ok = vt_disk_open(dir, false, &b->log, err) &&
            vt_lookup_open_folder(dir, true, &b->index, err) && build(b, size, out, err);
    vt_runs_close(&b->runs);
    vt_disk_close(b->index);
    vt_disk_close(b->log);
    free(b->postings);
    free(b->spare);
    free(b);
    return is_ok;
}

/* ---- is it whole? -----------------------------------------------------------------------
 */

struct verifying {
    struct vt_runs runs;
    uint64_t missing, total;
    const struct vt_lookup_building *how;
};

static bool has_posting(const struct vt_runs *runs, uint64_t key, uint64_t index)
{
    for (size_t i = 0; i < runs->count; i++) {
        uint64_t at, end;

        vt_lookup_places(runs->runs[i], key, index, &at, &end);
        if (at < end && vt_run_index_at(runs->runs[i], at) == index)
            return true;
    }
    return false;
}

static bool check_entry(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct verifying *v = context;
    VT_AUTO_TERMS terms = vt_terms_of(entry);

    (void)err;
    for (size_t i = 0; i < terms.count; i++)
        v->missing += !has_posting(&v->runs, terms.keys[i], index);
    if (v->how->progress != NULL && index % (1 << 14) == 0)
        v->how->progress(v->how->context, index, v->total);
    return true;
}

static bool verify(struct verifying *v, struct vt_disk *log, struct vt_disk *index,
                   struct vt_lookup_report *out, struct vt_error *err)
{
    struct vt_lookup_state state;

    if (!vt_lookup_state_read(index, &state, err) ||
        !vt_runs_open(&v->runs, index, state.postings, false, err))
        return false;
    if (vt_runs_end(&v->runs) != state.postings)
        return vt_fail(err, VT_MALFORMED, "%s: runs are missing; build it again",
                       vt_disk_path(index));
    v->total = state.entries;
    if (!vt_shelf_skip_pruned(log, state.first, &state.first, err))
        return false;
    *out = (struct vt_lookup_report){ state.first, state.entries, state.postings, 0,
                                      v->runs.count };
    return state.first >= state.entries ||
           vt_lookup_walk(log, state.first, state.entries, check_entry, v, NULL, err);
}

bool vt_lookup_verify(const char *dir, const struct vt_lookup_building *how,
                      uint64_t *missing_out, struct vt_lookup_report *out,
                      struct vt_error *err)
{
    struct verifying *v = vt_alloc(sizeof *v);
    struct vt_disk *log = NULL, *index = NULL;
    bool is_ok;

    v->how = how;
    is_ok = vt_disk_open(dir, false, &log, err) &&
            vt_lookup_open_folder(dir, false, &index, err) &&
            verify(v, log, index, out, err);
    *missing_out = v->missing;
    vt_runs_close(&v->runs);
    vt_disk_close(index);
    vt_disk_close(log);
    free(v);
    return is_ok;
}
