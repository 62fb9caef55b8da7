/* The runs of an index, and the merging of neighbours. */
#include "ledger/dedup_runs.h"

enum {
    GROWTH = 8, /* a run is merged when its older neighbour is at most so many times larger
                 */
};

uint64_t vt_runs_end(const struct vt_runs *runs)
{
    return runs->count != 0 ? vt_run_end(runs->runs[runs->count - 1]) : 0;
}

bool vt_runs_has_room(const struct vt_runs *runs)
{
    return runs->count < VT_RUNS_MAX;
}

/* ---- opening ---------------------------------------------------------------------------
 */

/* What the folder holds: stretches, sorted by first, the longest first. */
struct stretches {
    struct {
        uint64_t first, end;
    } all[VT_RUNS_MAX];
    size_t count;
};

static bool collect_stretch(void *context, const char *name, bool is_folder,
                            struct vt_error *err)
{
    struct stretches *found = context;
    uint64_t first, end;

    if (is_folder || !vt_run_name_parse(vt_slice_from_cstr(name), &first, &end))
        return true;
    if (found->count == VT_RUNS_MAX)
        return vt_fail(err, VT_LIMIT,
                       "index: more than %d runs; remove the folder, it "
                       "will be made again",
                       VT_RUNS_MAX);
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
static bool open_next_run(struct vt_runs *runs, const struct stretches *found,
                          uint64_t end_max, bool *is_found_out, struct vt_error *err)
{
    uint64_t first = vt_runs_end(runs);

    *is_found_out = false;
    for (size_t i = found->count; i-- > 0 && !*is_found_out;) {
        struct vt_run **place = &runs->runs[runs->count];

        if (found->all[i].first != first || found->all[i].end > end_max)
            continue;
        *is_found_out = vt_run_open(runs->disk, first, found->all[i].end, place, err);
        if (!*is_found_out && err->code != VT_MALFORMED && err->code != VT_ABSENT)
            return false;
    }
    runs->count += *is_found_out;
    return true;
}

static bool is_open(const struct vt_runs *runs, uint64_t first, uint64_t end)
{
    for (size_t i = 0; i < runs->count; i++)
        if (vt_run_first(runs->runs[i]) == first && vt_run_end(runs->runs[i]) == end)
            return true;
    return false;
}

bool vt_runs_open(struct vt_runs *runs, struct vt_disk *disk, uint64_t end_max,
                  bool may_clean, struct vt_error *err)
{
    struct stretches found = { .count = 0 };
    bool is_found = true;

    runs->disk = disk;
    runs->count = 0;
    if (may_clean && vt_disk_has(runs->disk, "index") &&
        !vt_disk_sweep(runs->disk, "index", err))
        return false;
    if (!vt_disk_list(runs->disk, "index", collect_stretch, &found, err) &&
        err->code != VT_ABSENT)
        return false;
    while (is_found)
        if (!open_next_run(runs, &found, end_max, &is_found, err))
            return false;
    for (size_t i = 0; i < found.count && may_clean; i++)
        if (!is_open(runs, found.all[i].first, found.all[i].end) &&
            !remove_run(runs->disk, found.all[i].first, found.all[i].end, err))
            return false;
    return true;
}

void vt_runs_close(struct vt_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        vt_run_close(runs->runs[i]);
    runs->count = 0;
}

bool vt_runs_add(struct vt_runs *runs, uint64_t end, struct vt_error *err)
{
    VT_ASSERT(vt_runs_has_room(runs));
    if (!vt_run_open(runs->disk, vt_runs_end(runs), end, &runs->runs[runs->count], err))
        return false;
    runs->count++;
    return true;
}

/* ---- merging ---------------------------------------------------------------------------
 */

bool vt_runs_should_merge(const struct vt_runs *runs, size_t newer)
{
    return newer > 0 && newer < runs->count &&
           vt_run_count(runs->runs[newer]) * GROWTH >= vt_run_count(runs->runs[newer - 1]);
}

size_t vt_runs_merge_from(const struct vt_runs *runs)
{
    size_t from = runs->count != 0 ? runs->count - 1 : 0;
    uint64_t behind = 0;

    for (size_t i = runs->count; i-- > 0;) {
        if (behind * GROWTH >= vt_run_count(runs->runs[i]))
            from = i;
        behind += vt_run_count(runs->runs[i]);
    }
    return from;
}

/* The heap's top has a new value, or went; what is below it is in order. */
static void settle_top(struct vt_merge *m)
{
    uint64_t moved = m->heap[0];
    size_t at = 0, child;

    while ((child = 2 * at + 1) < m->heap_count) {
        child += child + 1 < m->heap_count && m->heap[child + 1] < m->heap[child];
        if (moved <= m->heap[child])
            break;
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = moved;
}

static uint64_t heap_value(const struct vt_merge *m, size_t place)
{
    return vt_run_key_at(m->runs[place], m->at[place]) << 16 | place;
}

static void fill_heap(struct vt_merge *m)
{
    for (; m->heap_count < m->count; m->heap_count++) {
        size_t at = m->heap_count;
        uint64_t value = heap_value(m, at);

        for (; at != 0 && m->heap[(at - 1) / 2] > value; at = (at - 1) / 2)
            m->heap[at] = m->heap[(at - 1) / 2];
        m->heap[at] = value;
    }
}

bool vt_merge_begin(struct vt_runs *runs, size_t first, size_t count, struct vt_merge *out,
                    struct vt_error *err)
{
    VT_ASSERT(count >= 2 && count <= VT_MERGE_RUNS_MAX && count <= runs->count - first);
    *out = (struct vt_merge){ .count = count };
    memcpy(out->runs, &runs->runs[first], count * sizeof out->runs[0]);
    fill_heap(out); /* no run is empty */
    return vt_run_writer_begin(runs->disk, vt_run_first(out->runs[0]),
                               vt_run_end(out->runs[count - 1]), &out->writer, err);
}

/* Put the lowest entry that was not taken yet. */
static bool merge_entry(struct vt_merge *m, struct vt_error *err)
{
    size_t place = m->heap[0] & 0xffff;
    uint64_t key = m->heap[0] >> 16;
    const struct vt_run *run = m->runs[place];
    uint64_t index = vt_run_index_at(run, m->at[place]++);

    if (m->at[place] < vt_run_count(run))
        m->heap[0] = heap_value(m, place);
    else
        m->heap[0] = m->heap[--m->heap_count];
    settle_top(m);
    return vt_run_writer_put(m->writer, key, index, err);
}

bool vt_merge_step(struct vt_merge *m, uint64_t entries, bool *is_done_out,
                   struct vt_error *err)
{
    for (uint64_t i = 0; i < entries && m->heap_count != 0; i++)
        if (!merge_entry(m, err))
            return false;
    *is_done_out = m->heap_count == 0;
    return true;
}

/* The merged one has its name, so it does no harm if they come back. */
static bool remove_merged(struct vt_runs *runs, const struct vt_merge *m,
                          struct vt_error *err)
{
    bool is_ok = true;

    for (size_t i = 0; i < m->count; i++) {
        uint64_t first = vt_run_first(m->runs[i]), end = vt_run_end(m->runs[i]);

        vt_run_close(m->runs[i]);
        is_ok = is_ok && remove_run(runs->disk, first, end, err);
    }
    return is_ok;
}

bool vt_merge_end(struct vt_runs *runs, struct vt_merge *m, struct vt_error *err)
{
    struct vt_run_writer *writer = m->writer;
    struct vt_run *merged;
    size_t at = 0;

    m->writer = NULL;
    if (!vt_run_writer_finish(writer, err) ||
        !vt_run_open(runs->disk, vt_run_first(m->runs[0]),
                     vt_run_end(m->runs[m->count - 1]), &merged, err))
        return false;
    while (runs->runs[at] != m->runs[0])
        at++;
    VT_ASSERT(runs->runs[at + m->count - 1] == m->runs[m->count - 1]);
    runs->runs[at] = merged;
    runs->count -= m->count - 1;
    memmove(&runs->runs[at + 1], &runs->runs[at + m->count],
            (runs->count - at - 1) * sizeof runs->runs[0]);
    return remove_merged(runs, m, err);
}

void vt_merge_discard(struct vt_merge *merge)
{
    vt_run_writer_discard(merge->writer);
    merge->writer = NULL;
}
