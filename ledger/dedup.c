/* The index as a whole: the front, the runs, and the merges that keep the runs few. */
#include "ledger/dedup.h"
#include "ledger/dedup_front.h"
#include "ledger/dedup_runs.h"

enum {
    MERGES_MAX = 32,
    MERGE_PACE = 16 /* entries merged for each entry added, in each merge: a merge of s
                       entries ends before s / 9 new ones can ask for the next */
};

struct vt_dedup {
    struct vt_disk *disk;
    struct vt_leaf_source leaves;
    uint64_t front_entries;
    struct vt_front front;
    struct vt_runs set; /* from entry 0 on */
    struct vt_merge merges[MERGES_MAX];
    size_t merge_count;
};

size_t vt_dedup_run_count(const struct vt_dedup *dedup)
{
    return dedup->set.count;
}

size_t vt_dedup_merge_count(const struct vt_dedup *dedup)
{
    return dedup->merge_count;
}

uint64_t vt_dedup_covered(const struct vt_dedup *dedup)
{
    return vt_runs_end(&dedup->set);
}

uint64_t vt_dedup_end(const struct vt_dedup *dedup)
{
    return dedup->front.base + dedup->front.count;
}

/* ---- opening ---------------------------------------------------------------------------
 */

bool vt_dedup_open(struct vt_disk *disk, uint64_t front_entries, bool may_clean,
                   const struct vt_leaf_source *leaves, struct vt_dedup **dedup_out,
                   struct vt_error *err)
{
    struct vt_dedup *dedup = vt_alloc(sizeof *dedup);

    dedup->disk = disk;
    dedup->leaves = *leaves;
    dedup->front_entries = front_entries != 0 ? front_entries : VT_DEDUP_FRONT_ENTRIES;
    if (!vt_runs_open(&dedup->set, disk, UINT64_MAX, may_clean, err)) {
        vt_dedup_close(dedup);
        return false;
    }
    vt_front_init(&dedup->front, vt_dedup_covered(dedup), 1024);
    *dedup_out = dedup;
    return true;
}

void vt_dedup_close(struct vt_dedup *dedup)
{
    if (dedup == NULL)
        return;
    for (size_t i = 0; i < dedup->merge_count; i++)
        vt_merge_discard(&dedup->merges[i]);
    vt_runs_close(&dedup->set);
    vt_front_clear(&dedup->front);
    free(dedup);
}

/* ---- asking ----------------------------------------------------------------------------
 */

void vt_dedup_add(struct vt_dedup *dedup, const vt_hash *leaf)
{
    vt_front_add(&dedup->front, leaf);
}

static bool find_in_run(struct vt_dedup *dedup, const struct vt_run *run,
                        const vt_hash *leaf, bool *found_out, uint64_t *index_out,
                        struct vt_error *err)
{
    uint64_t key = vt_run_key(leaf), count = vt_run_count(run);

    for (uint64_t at = vt_run_find(run, key); at < count && vt_run_key_at(run, at) == key;
         at++) {
        uint64_t index = vt_run_index_at(run, at);
        vt_hash stored;

        if (index < vt_run_first(run) || index >= vt_run_end(run))
            return vt_fail(err, VT_REJECTED,
                           "the index is damaged; remove the folder "
                           "index/, it will be made again");
        if (!dedup->leaves.read(dedup->leaves.context, index, &stored, err))
            return false;
        if (vt_run_key(&stored) != key)
            return vt_fail(err, VT_REJECTED,
                           "entry %ju is not the one that was put into the index; vitrine "
                           "ledger fsck says what was changed",
                           (uintmax_t)index);
        if (vt_hash_equal(&stored, leaf)) {
            *found_out = true;
            *index_out = index;
            return true;
        }
    }
    return true;
}

bool vt_dedup_find(struct vt_dedup *dedup, const vt_hash *leaf, bool *found_out,
                   uint64_t *index_out, struct vt_error *err)
{
    *found_out = vt_front_find(&dedup->front, leaf, index_out);
    for (size_t i = dedup->set.count; i-- > 0 && !*found_out;)
        if (!find_in_run(dedup, dedup->set.runs[i], leaf, found_out, index_out, err))
            return false;
    return true;
}

/* ---- keeping house ---------------------------------------------------------------------
 */

/* The oldest entries of the front become a run. */
static bool spill(struct vt_dedup *dedup, struct vt_error *err)
{
    size_t count = (size_t)dedup->front_entries;
    uint64_t first = dedup->front.base;
    VT_AUTO_FREE uint64_t *sorted = vt_front_sorted(&dedup->front, count);
    struct vt_run_writer *writer;

    if (!vt_runs_has_room(&dedup->set))
        return vt_fail(err, VT_LIMIT, "index: more than %d runs", VT_RUNS_MAX);
    if (!vt_run_writer_begin(dedup->disk, first, first + count, &writer, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!vt_run_writer_put(writer, sorted[i] >> 24, first + (sorted[i] & 0xffffff),
                               err)) {
            vt_run_writer_discard(writer);
            return false;
        }
    if (!vt_run_writer_finish(writer, err) || !vt_runs_add(&dedup->set, first + count, err))
        return false;
    vt_front_drop(&dedup->front, count);
    return true;
}

static bool is_merging(const struct vt_dedup *dedup, const struct vt_run *run)
{
    for (size_t i = 0; i < dedup->merge_count; i++)
        if (dedup->merges[i].runs[0] == run || dedup->merges[i].runs[1] == run)
            return true;
    return false;
}

static bool begin_merges(struct vt_dedup *dedup, struct vt_error *err)
{
    for (size_t i = dedup->set.count; i-- > 1 && dedup->merge_count < MERGES_MAX;) {
        if (!vt_runs_should_merge(&dedup->set, i) ||
            is_merging(dedup, dedup->set.runs[i - 1]) ||
            is_merging(dedup, dedup->set.runs[i]))
            continue;
        if (!vt_merge_begin(&dedup->set, i - 1, 2, &dedup->merges[dedup->merge_count], err))
            return false;
        dedup->merge_count++;
    }
    return true;
}

/* The last one takes its place among the merges. */
static bool end_merge(struct vt_dedup *dedup, size_t which, struct vt_error *err)
{
    struct vt_merge merge = dedup->merges[which];

    dedup->merges[which] = dedup->merges[--dedup->merge_count];
    return vt_merge_end(&dedup->set, &merge, err);
}

bool vt_dedup_work(struct vt_dedup *dedup, uint64_t stored, uint64_t added,
                   struct vt_error *err)
{
    while (dedup->front.count >= dedup->front_entries &&
           dedup->front.base + dedup->front_entries <= stored)
        if (!spill(dedup, err) || !begin_merges(dedup, err))
            return false;
    for (size_t i = dedup->merge_count; i-- > 0;) {
        bool is_done;

        if (!vt_merge_step(&dedup->merges[i], added * MERGE_PACE, &is_done, err))
            return false;
        if (is_done && (!end_merge(dedup, i, err) || !begin_merges(dedup, err)))
            return false;
    }
    return true;
}
