/* Asking the look-up index. */
#include "ledger/lookup_inside.h"
#include "ledger/retention.h"
#include "ledger/shelf.h"
#include "ledger/terms.h"

/* Candidates that are no answer, in one answer: they turn out to have another term (only
 * hashes that were sought out for it collide so often), or are pruned.  The next question
 * goes on behind them. */
enum { PASSED_MAX = 4096, TRIES = 3 };

struct vt_lookup {
    struct vt_disk *disk;  /* of the log; borrowed */
    struct vt_disk *index; /* lookup/ */
    struct vt_lookup_state state;
    struct vt_runs runs;
};

/* Whoever builds may merge runs just now: then the next try finds the merged one. */
static bool open_runs(struct vt_lookup *lookup, struct vt_error *err)
{
    for (int i = 0; i < TRIES; i++) {
        if (!vt_lookup_state_read(lookup->index, &lookup->state, err) ||
            !vt_runs_open(&lookup->runs, lookup->index, lookup->state.postings, false, err))
            return false;
        if (vt_runs_end(&lookup->runs) == lookup->state.postings)
            return true;
        vt_runs_close(&lookup->runs);
    }
    return vt_fail(err, VT_MALFORMED,
                   "%s: runs are missing; build it again (vitrine ledger index)",
                   vt_disk_path(lookup->index));
}

bool vt_lookup_open(struct vt_disk *disk, struct vt_lookup **out, struct vt_error *err)
{
    struct vt_lookup *lookup = vt_alloc(sizeof *lookup);

    lookup->disk = disk;
    if (!vt_lookup_open_folder(vt_disk_path(disk), false, &lookup->index, err) ||
        !open_runs(lookup, err)) {
        vt_lookup_close(lookup);
        return false;
    }
    *out = lookup;
    return true;
}

void vt_lookup_close(struct vt_lookup *lookup)
{
    if (lookup == NULL)
        return;
    vt_runs_close(&lookup->runs);
    vt_disk_close(lookup->index);
    free(lookup);
}

uint64_t vt_lookup_first(const struct vt_lookup *lookup)
{
    return lookup->state.first;
}

uint64_t vt_lookup_covered(const struct vt_lookup *lookup)
{
    return lookup->state.entries;
}

bool vt_lookup_is_outdated(const struct vt_lookup *lookup)
{
    struct vt_lookup_state now;
    struct vt_error ignored = { 0 };

    return !vt_lookup_state_read(lookup->index, &now, &ignored) ||
           now.entries != lookup->state.entries || now.first != lookup->state.first ||
           now.postings != lookup->state.postings ||
           !vt_hash_equal(&now.last, &lookup->state.last);
}

/* ---- one question -----------------------------------------------------------------------
 */

struct asking {
    struct vt_lookup *lookup;
    const struct vt_lookup_question *q;
    size_t count, passed;
    uint64_t next;
};

/* Is it what it seems to be?  Then it is handed out. */
static bool take_candidate(struct asking *a, uint64_t index, struct vt_error *err)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_KIB(64));
    bool is_pruned;

    if (!vt_shelf_read_entry(a->lookup->disk, index, a->q->head.size, &entry, err)) {
        vt_retention_explain(a->lookup->disk, index, &is_pruned, err);
        if (is_pruned && a->q->pruned != NULL)
            a->q->pruned(a->q->context, index);
        a->passed++;
        return is_pruned;
    }
    if (vt_terms_have(vt_buf_slice(&entry), a->q->term)) {
        a->count++;
        return a->q->each(a->q->context, index, vt_buf_slice(&entry), err);
    }
    a->passed++;
    return true;
}

/* Runs follow each other, so answers come in ascending order. */
static bool ask_run(struct asking *a, const struct vt_run *run, uint64_t key,
                    struct vt_error *err)
{
    uint64_t at, end;

    vt_lookup_places(run, key, a->q->from, &at, &end);
    for (; at < end; at++) {
        uint64_t index = vt_run_index_at(run, at);

        /* Only in a damaged index are there others. */
        if (index < a->q->from || index >= a->q->head.size)
            continue;
        if (a->count == a->q->max || a->passed == PASSED_MAX) {
            a->next = index;
            return true;
        }
        if (!take_candidate(a, index, err))
            return false;
    }
    return true;
}

bool vt_lookup_ask(struct vt_lookup *lookup, const struct vt_lookup_question *question,
                   uint64_t *next_out, struct vt_error *err)
{
    struct asking a = { .lookup = lookup, .q = question, .next = UINT64_MAX };
    uint64_t key = vt_term_key(question->term);

    for (size_t i = 0; i < lookup->runs.count && a.next == UINT64_MAX; i++)
        if (!ask_run(&a, lookup->runs.runs[i], key, err))
            return false;
    *next_out = a.next;
    return true;
}
