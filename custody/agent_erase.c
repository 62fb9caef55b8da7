/* Objects are erased: their tombstones are on the disk before the claim leaves.
 *
 * What the claim says of keys the agent knows from its own openings: for each object, by
 * which of them its key left.  Of an object whose header was not shown, or whose key is
 * destroyed, it cannot tell whether others held a key too, so it never calls it erased. */
#include "custody/agent_inside.h"
#include "custody/erasure.h"
#include "evidence/field.h"
#include "http/http.h"

/* ---- by which openings keys left --------------------------------------------------------
 */

void vt_agent_note_release(struct vt_agent *agent, const vt_hash *object, uint64_t at)
{
    uint64_t before;
    size_t count = agent->release_count;

    if (!vt_agent_marks_find(&agent->released, object, NULL, &before))
        before = 0;
    if ((count & (count - 1)) == 0) /* a power of two: full */
        agent->releases =
            vt_grow_array(agent->releases, 2 * count + 1, sizeof *agent->releases);
    agent->releases[agent->release_count++] = (struct vt_agent_release){ at, before };
    vt_agent_marks_put(&agent->released, object, NULL, agent->release_count);
}

const struct vt_agent_release *vt_agent_last_release(const struct vt_agent *agent,
                                                     const vt_hash *object)
{
    uint64_t place;

    return vt_agent_marks_find(&agent->released, object, NULL, &place)
               ? &agent->releases[place - 1]
               : NULL;
}

const struct vt_agent_release *vt_agent_release_before(
    const struct vt_agent *agent, const struct vt_agent_release *release)
{
    return release->before == 0 ? NULL : &agent->releases[release->before - 1];
}

/* ---- what is named ----------------------------------------------------------------------
 */

const vt_hash *vt_agent_case_named(const struct vt_agent_case *c, size_t *count_out)
{
    const struct vt_access *access = &c->ask->access;

    *count_out = (size_t)access->count; /* at most VT_ACCESS_BATCH_MAX: vt_access_write */
    return access->is_batch ? c->ask->ids : access->objects;
}

/* ---- the two sorts ----------------------------------------------------------------------
 */

/* Places of openings, one for each object that they released. */
struct openings {
    uint64_t *at;
    size_t count, room;
};

static bool add_openings(const struct vt_agent *agent, const vt_hash *object,
                         struct openings *out)
{
    const struct vt_agent_release *release = vt_agent_last_release(agent, object);

    for (; release != NULL; release = vt_agent_release_before(agent, release)) {
        if (out->count == out->room)
            return false;
        out->at[out->count++] = release->at;
    }
    return true;
}

/* Was its header shown, sealed for a key that we have? */
static bool was_opened(const struct vt_agent_case *c, const vt_hash *object, size_t *at)
{
    size_t count = c->ask->object_count;

    while (*at < count && memcmp(&c->object_ids[*at], object, sizeof *object) < 0)
        (*at)++;
    return *at < count && vt_hash_equal(&c->object_ids[*at], object) &&
           !c->identities[*at]->is_destroyed;
}

static bool put_set(const vt_hash *ids, size_t count, struct vt_erasure_set *out,
                    struct vt_error *err)
{
    out->count = count;
    return count == 0 || vt_access_batch_root(ids, count, &out->root, err);
}

static bool sort_objects(struct vt_agent_case *c, struct vt_erasure *out, char *sorts,
                         struct openings *openings, struct vt_error *err)
{
    size_t count, erased_count = 0, closed_count = 0, at = 0;
    const vt_hash *named = vt_agent_case_named(c, &count);
    vt_hash *erased = vt_arena_alloc(c->arena, count * sizeof *erased);
    vt_hash *closed = vt_arena_alloc(c->arena, count * sizeof *closed);

    for (size_t i = 0; i < count; i++) {
        bool is_erased = was_opened(c, &named[i], &at) &&
                         vt_agent_last_release(c->agent, &named[i]) == NULL;

        sorts[i] = is_erased ? VT_ERASURE_ERASED : VT_ERASURE_CLOSED;
        if (is_erased)
            erased[erased_count++] = named[i];
        else
            closed[closed_count++] = named[i];
        if (!add_openings(c->agent, &named[i], openings))
            return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                                   "their keys were released too often to stand in one "
                                   "claim: erase fewer at once");
    }
    return put_set(erased, erased_count, &out->erased, err) &&
           put_set(closed, closed_count, &out->closed, err);
}

/* ---- the accesses -----------------------------------------------------------------------
 */

static int by_place(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static int by_index(const void *a, const void *b)
{
    uint64_t left = ((const struct vt_erasure_access *)a)->index;
    uint64_t right = ((const struct vt_erasure_access *)b)->index;

    return (left > right) - (left < right);
}

static bool read_access(struct vt_agent_case *c, uint64_t at, struct vt_erasure_access *out,
                        struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_agent_record record;
    struct vt_access access;

    if (!vt_agent_store_read(c->agent->store, at, arena, &record, err) ||
        !vt_envelope_parse(record.envelope, &envelope, err) ||
        !vt_access_read(&envelope.statement, &access, err))
        return false;
    out->index = record.index;
    out->reason = access.reason;
    return true;
}

static bool list_accesses(struct vt_agent_case *c, struct openings *openings,
                          struct vt_erasure *out, struct vt_error *err)
{
    qsort(openings->at, openings->count, sizeof *openings->at, by_place);
    for (size_t i = 0; i < openings->count; i++) {
        if (i != 0 && openings->at[i] == openings->at[i - 1]) {
            out->accesses[out->access_count - 1].objects++;
            continue;
        }
        if (out->access_count == VT_ERASURE_ACCESSES_MAX)
            return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                                   "their keys were released by more than %d statements: "
                                   "erase fewer at once",
                                   VT_ERASURE_ACCESSES_MAX);
        if (!read_access(c, openings->at[i], &out->accesses[out->access_count], err))
            return false;
        out->accesses[out->access_count++].objects = 1;
    }
    qsort(out->accesses, out->access_count, sizeof out->accesses[0], by_index);
    return true;
}

/* ---- the claim --------------------------------------------------------------------------
 */

static bool fill_claim(struct vt_agent_case *c, struct vt_erasure *out, char *sorts,
                       struct vt_error *err)
{
    enum { PER_OBJECT = 64 };
    const struct vt_agent_totals *totals = vt_agent_store_totals(c->agent->store);
    const struct vt_access *access = &c->ask->access;
    size_t room = (size_t)access->count * PER_OBJECT;
    struct openings openings = { .at = vt_arena_alloc(c->arena, room * sizeof *openings.at),
                                 .room = room };

    out->cell = access->cell;
    out->ledger = access->ledger;
    out->number = totals->number + 1;
    out->before = totals->chain;
    out->at_unix_s = c->time_unix_s;
    out->order = c->ask->index;
    memcpy(out->backups, access->backups, sizeof out->backups);
    out->backup_count = access->backup_count;
    return sort_objects(c, out, sorts, &openings, err) &&
           list_accesses(c, &openings, out, err);
}

static bool sign_claim(struct vt_agent_case *c, const struct vt_erasure *erasure,
                       const char *sorts, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *keys[1] = { c->agent->key };

    vt_buf_clear(&c->reply->grant);
    c->reply->grant = vt_buf_init(VT_ERASURE_ANSWER_BYTES_MAX);
    if (!vt_erasure_write(erasure, &payload, err) ||
        !vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &c->reply->grant, err))
        return false;
    vt_buf_put_u8(&c->reply->grant, '\n');
    vt_buf_put(&c->reply->grant, vt_slice_of(sorts, (size_t)c->ask->access.count));
    return vt_buf_check(&c->reply->grant, "the claim", err);
}

bool vt_agent_case_erase(struct vt_agent_case *c, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_erasure *erasure = vt_alloc(sizeof *erasure);
    char *sorts = vt_arena_alloc(c->arena, (size_t)c->ask->access.count);

    if (!fill_claim(c, erasure, sorts, err))
        return c->reply->status != 0; /* the reply says why not */
    if (!sign_claim(c, erasure, sorts, err) ||
        !vt_agent_case_record(c, VT_AGENT_ERASED, vt_buf_slice(&c->reply->grant), err)) {
        vt_buf_clear(&c->reply->grant); /* nobody gets what is not on the disk */
        return false;
    }
    c->reply->status = VT_HTTP_OK;
    return true;
}
