/* The index as a whole: the front, the runs, and the merges that keep the runs few. */
#include "ledger/dedup.h"
#include "ledger/dedup_front.h"
#include "ledger/dedup_run.h"

enum {
    RUNS_MAX = 1024,
    MERGES_MAX = 32,
    GROWTH = 8,     /* a run is merged when its older neighbour is at most so many times
                       larger */
    MERGE_PACE = 16 /* entries merged for each entry added, in each merge: a merge of s
                       entries ends before s / 9 new ones can ask for the next */
};

/* Two neighbours that become one. */
struct merge {
    struct vt_run *older, *newer;
    struct vt_run_writer *writer;
    uint64_t older_at, newer_at; /* what was taken from each */
};

struct vt_dedup {
    struct vt_disk *disk;
    struct vt_leaf_source leaves;
    uint64_t front_entries;
    struct vt_front front;
    struct vt_run *runs[RUNS_MAX]; /* adjacent, the oldest first, from entry 0 on */
    size_t run_count;
    struct merge merges[MERGES_MAX];
    size_t merge_count;
};

size_t vt_dedup_run_count(const struct vt_dedup *dedup)
{
    return dedup->run_count;
}

size_t vt_dedup_merge_count(const struct vt_dedup *dedup)
{
    return dedup->merge_count;
}

uint64_t vt_dedup_covered(const struct vt_dedup *dedup)
{
    return dedup->run_count != 0 ? vt_run_end(dedup->runs[dedup->run_count - 1]) : 0;
}

uint64_t vt_dedup_end(const struct vt_dedup *dedup)
{
    return dedup->front.base + dedup->front.count;
}

/* ---- opening ---------------------------------------------------------------------------
 */

/* What the folder holds: stretches, sorted by first, the longest first. */
struct stretches {
    struct {
        uint64_t first, end;
    } all[RUNS_MAX];
    size_t count;
};

static bool collect_stretch(void *context, const char *name, bool is_folder,
                            struct vt_error *err)
{
    struct stretches *found = context;
    uint64_t first, end;

    if (is_folder || !vt_run_name_parse(vt_slice_from_cstr(name), &first, &end))
        return true;
    if (found->count == RUNS_MAX)
        return vt_fail(err, VT_LIMIT,
                       "index: more than %d runs; remove the folder, it "
                       "will be made again",
                       RUNS_MAX);
    /* Names are sorted by first, then by end. */
    found->all[found->count].first = first;
    found->all[found->count++].end = end;
    return true;
}

static bool remove_run(struct vt_disk *disk, uint64_t first, uint64_t end,
                       struct vt_error *err)
{
    char name[VT_RUN_NAME_BYTES];

    vt_run_name(first, end, name);
    return vt_disk_remove(disk, name, err) || err->code == VT_ABSENT;
}

/* The longest good run that begins where the runs so far end. */
static bool open_next_run(struct vt_dedup *dedup, const struct stretches *found,
                          bool *is_found_out, struct vt_error *err)
{
    uint64_t first = vt_dedup_covered(dedup);

    *is_found_out = false;
    for (size_t i = found->count; i-- > 0 && !*is_found_out;) {
        struct vt_run **place = &dedup->runs[dedup->run_count];

        if (found->all[i].first != first)
            continue;
        *is_found_out = vt_run_open(dedup->disk, first, found->all[i].end, place, err);
        if (!*is_found_out && err->code != VT_MALFORMED && err->code != VT_ABSENT)
            return false;
    }
    dedup->run_count += *is_found_out;
    return true;
}

static bool is_open(const struct vt_dedup *dedup, uint64_t first, uint64_t end)
{
    for (size_t i = 0; i < dedup->run_count; i++)
        if (vt_run_first(dedup->runs[i]) == first && vt_run_end(dedup->runs[i]) == end)
            return true;
    return false;
}

static bool open_runs(struct vt_dedup *dedup, bool may_clean, struct vt_error *err)
{
    struct stretches found = { .count = 0 };
    bool is_found = true;

    if (may_clean && vt_disk_has(dedup->disk, "index") &&
        !vt_disk_sweep(dedup->disk, "index", err))
        return false;
    if (!vt_disk_list(dedup->disk, "index", collect_stretch, &found, err) &&
        err->code != VT_ABSENT)
        return false;
    while (is_found)
        if (!open_next_run(dedup, &found, &is_found, err))
            return false;
    for (size_t i = 0; i < found.count && may_clean; i++)
        if (!is_open(dedup, found.all[i].first, found.all[i].end) &&
            !remove_run(dedup->disk, found.all[i].first, found.all[i].end, err))
            return false;
    return true;
}

bool vt_dedup_open(struct vt_disk *disk, uint64_t front_entries, bool may_clean,
                   const struct vt_leaf_source *leaves, struct vt_dedup **dedup_out,
                   struct vt_error *err)
{
    struct vt_dedup *dedup = vt_alloc(sizeof *dedup);

    dedup->disk = disk;
    dedup->leaves = *leaves;
    dedup->front_entries = front_entries != 0 ? front_entries : VT_DEDUP_FRONT_ENTRIES;
    if (!open_runs(dedup, may_clean, err)) {
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
        vt_run_writer_discard(dedup->merges[i].writer);
    for (size_t i = 0; i < dedup->run_count; i++)
        vt_run_close(dedup->runs[i]);
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
    for (size_t i = dedup->run_count; i-- > 0 && !*found_out;)
        if (!find_in_run(dedup, dedup->runs[i], leaf, found_out, index_out, err))
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

    if (dedup->run_count == RUNS_MAX)
        return vt_fail(err, VT_LIMIT, "index: more than %d runs", RUNS_MAX);
    if (!vt_run_writer_begin(dedup->disk, first, first + count, &writer, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!vt_run_writer_put(writer, sorted[i] >> 24, first + (sorted[i] & 0xffffff),
                               err)) {
            vt_run_writer_discard(writer);
            return false;
        }
    if (!vt_run_writer_finish(writer, err) ||
        !vt_run_open(dedup->disk, first, first + count, &dedup->runs[dedup->run_count],
                     err))
        return false;
    dedup->run_count++;
    vt_front_drop(&dedup->front, count);
    return true;
}

static bool is_merging(const struct vt_dedup *dedup, const struct vt_run *run)
{
    for (size_t i = 0; i < dedup->merge_count; i++)
        if (dedup->merges[i].older == run || dedup->merges[i].newer == run)
            return true;
    return false;
}

static bool begin_merges(struct vt_dedup *dedup, struct vt_error *err)
{
    for (size_t i = dedup->run_count; i-- > 1 && dedup->merge_count < MERGES_MAX;) {
        struct merge merge = { .older = dedup->runs[i - 1], .newer = dedup->runs[i] };

        if (vt_run_count(merge.newer) * GROWTH < vt_run_count(merge.older) ||
            is_merging(dedup, merge.older) || is_merging(dedup, merge.newer))
            continue;
        if (!vt_run_writer_begin(dedup->disk, vt_run_first(merge.older),
                                 vt_run_end(merge.newer), &merge.writer, err))
            return false;
        dedup->merges[dedup->merge_count++] = merge;
    }
    return true;
}

/* Put the lowest entry of the two that was not taken yet. */
static bool merge_entry(struct merge *m, struct vt_error *err)
{
    bool has_older = m->older_at < vt_run_count(m->older);
    bool has_newer = m->newer_at < vt_run_count(m->newer);
    uint64_t older_key = has_older ? vt_run_key_at(m->older, m->older_at) : 0;
    uint64_t newer_key = has_newer ? vt_run_key_at(m->newer, m->newer_at) : 0;

    if (has_older && (!has_newer || older_key <= newer_key))
        return vt_run_writer_put(m->writer, older_key,
                                 vt_run_index_at(m->older, m->older_at++), err);
    return vt_run_writer_put(m->writer, newer_key, vt_run_index_at(m->newer, m->newer_at++),
                             err);
}

/* The merged run takes the place of the two. */
static bool end_merge(struct vt_dedup *dedup, size_t which, struct vt_error *err)
{
    struct merge m = dedup->merges[which];
    uint64_t first = vt_run_first(m.older), middle = vt_run_end(m.older),
             end = vt_run_end(m.newer);
    struct vt_run *merged;
    size_t at = 0;

    dedup->merges[which] = dedup->merges[--dedup->merge_count];
    if (!vt_run_writer_finish(m.writer, err) ||
        !vt_run_open(dedup->disk, first, end, &merged, err))
        return false;
    while (dedup->runs[at] != m.older)
        at++;
    VT_ASSERT(dedup->runs[at + 1] == m.newer);
    dedup->runs[at] = merged;
    dedup->run_count--;
    memmove(&dedup->runs[at + 1], &dedup->runs[at + 2],
            (dedup->run_count - at - 1) * sizeof dedup->runs[0]);
    vt_run_close(m.older);
    vt_run_close(m.newer);
    return remove_run(dedup->disk, first, middle, err) &&
           remove_run(dedup->disk, middle, end, err);
}

/* Go on with one merge; *is_done_out when nothing is left to take. */
static bool step_merge(struct merge *m, uint64_t entries, bool *is_done_out,
                       struct vt_error *err)
{
    uint64_t left =
        vt_run_count(m->older) - m->older_at + vt_run_count(m->newer) - m->newer_at;

    *is_done_out = left <= entries;
    for (uint64_t i = 0; i < entries && i < left; i++)
        if (!merge_entry(m, err))
            return false;
    return true;
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

        if (!step_merge(&dedup->merges[i], added * MERGE_PACE, &is_done, err))
            return false;
        if (is_done && (!end_merge(dedup, i, err) || !begin_merges(dedup, err)))
            return false;
    }
    return true;
}
