/* Where data lie: the newest table of residency on the release ledger, and the register of
 * services.  Of the table only its place in the ledger is told: the page reads it there,
 * with proof and signatures, as everybody may. */
#include "cell/residency_record.h"
#include "centre/centre.h"
#include "centre/gather.h"
#include "custody/register.h"
#include "evidence/field.h"
#include "ledger/walk.h"

/* ---- the table --------------------------------------------------------------------------
 */

struct reading {
    struct vt_held *held; /* borrowed */
    const struct vt_trust *trust;
    struct vt_tables *tables;
};

/* By the threshold of its role, in the ledger, and in the place of the one before. */
static bool counts(const struct reading *r, uint64_t index,
                   const struct vt_residency_record *record, int64_t *seen_unix_s,
                   struct vt_error *err)
{
    const struct vt_residency_record *before = r->tables->newest;
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    vt_hash digest;

    if (!vt_held_prove(r->held, index, &proof, err) ||
        !vt_residency_record_verify(record, r->trust, vt_buf_slice(&proof), seen_unix_s,
                                    err))
        return false;
    if (before == NULL)
        return record->table.version == 1 ||
               vt_fail(err, VT_REJECTED, "it is version %ju, and version 1 is due",
                       (uintmax_t)record->table.version);
    digest = vt_residency_record_digest(before);
    return vt_residency_may_follow(&before->table, &digest, &record->table, err);
}

static bool take(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct reading *r = context;
    VT_AUTO_RESIDENCY record = NULL;
    struct vt_envelope envelope;
    struct vt_error why = { 0 };
    int64_t seen_unix_s;
    bool is_table;

    (void)err;
    if (!vt_envelope_parse(entry, &envelope, &why))
        return true; /* none of ours */
    is_table = envelope.statement.type == VT_RESIDENCY;
    vt_envelope_clear(&envelope);
    if (!is_table)
        return true;
    if (!vt_residency_record_parse(entry, &record, &why) ||
        !counts(r, index, record, &seen_unix_s, &why)) {
        vt_strays_add(&r->tables->strays, index, "%s", why.message);
        return true;
    }
    vt_residency_record_free(r->tables->newest);
    r->tables->newest = record;
    r->tables->index = index;
    r->tables->seen_unix_s = seen_unix_s;
    record = NULL;
    return true;
}

void vt_tables_clear(struct vt_tables *tables)
{
    vt_residency_record_free(tables->newest);
    vt_strays_clear(&tables->strays);
    *tables = (struct vt_tables){ .is_read = false };
}

/* Read anew when the story was: both are of the same entries. */
static void read_tables(struct vt_gathering *g, struct vt_held *held)
{
    struct vt_holding *h = g->holding;
    struct reading r = { held, h->trust, &h->tables };
    struct vt_error why = { 0 };
    VT_AUTO_REMOTE remote = NULL;

    if (h->tables.is_read && h->tables.head.size == h->story_head.size &&
        vt_hash_equal(&h->tables.head.root, &h->story_head.root))
        return;
    vt_tables_clear(&h->tables);
    remote = vt_remote_new(vt_disk_path(held->disk), &h->trust->policy, held->origin);
    if (!vt_remote_find(remote, &why) ||
        !vt_walk_entries(remote, &h->story_head, take, &r, &why)) {
        vt_tables_clear(&h->tables);
        vt_gather_tell(g, vt_arena_printf(g->arena, "where data lie: %s", why.message));
        return;
    }
    h->tables.is_read = true;
    h->tables.head = h->story_head;
}

static bool put_residency(struct vt_gathering *g, const struct vt_held *held,
                          struct vt_error *err)
{
    const struct vt_tables *tables = &g->holding->tables;
    json_t *all;

    if (!tables->is_read)
        return true;
    all =
        json_pack("{s:s,s:I,s:o}", "ledger", held->name, "entries",
                  (json_int_t)tables->head.size, "strays", vt_strays_json(&tables->strays));
    if (tables->newest != NULL) {
        vt_hash digest = vt_residency_record_digest(tables->newest);

        (void)json_object_set_new(
            all, "newest",
            json_pack("{s:I,s:I,s:o,s:o,s:o}", "index", (json_int_t)tables->index,
                      "version", (json_int_t)tables->newest->table.version, "created",
                      vt_field_of_time(tables->newest->table.created_unix_s), "seen",
                      vt_field_of_time(tables->seen_unix_s), "digest",
                      vt_field_of_hash(&digest)));
    }
    return vt_gather_put_json(g, "/api/v1/residency", all, err);
}

/* ---- the register -----------------------------------------------------------------------
 */

static bool put_relocation(struct vt_gathering *g, const struct vt_held *held,
                           struct vt_error *err)
{
    VT_AUTO_REGISTER services = { .count = 0 };
    json_t *rows = json_array(), *all;

    vt_register_reckon(g->holding->story, g->now_unix_s, &services);
    for (size_t i = 0; i < services.count; i++)
        (void)json_array_append_new(rows, vt_service_json(&services.rows[i]));
    all = json_pack("{s:s,s:I,s:o,s:o,s:o}", "ledger", held->name, "entries",
                    (json_int_t)g->holding->story->entries, "seen",
                    vt_field_of_time(g->holding->story->seen_unix_s), "strays",
                    vt_strays_json(&services.strays), "services", rows);
    if (services.plan != NULL)
        (void)json_object_set_new(all, "plan", vt_said_json(services.plan));
    return vt_gather_put_json(g, "/api/v1/relocation", all, err);
}

bool vt_gather_places(struct vt_gathering *g, struct vt_error *err)
{
    struct vt_held *held = vt_holding_release(g->holding);

    if (held == NULL || g->holding->story == NULL)
        return true; /* then nothing is known, which is not the same as none */
    read_tables(g, held);
    return put_residency(g, held, err) && put_relocation(g, held, err);
}
