/* An ask as a message: fixed fields, and lists whose length is bounded. */
#include "custody/agent_ask.h"

enum { TEXT_BYTES_MAX = 1024 };

static bool read_into(vt_reader *r, void *out, size_t len)
{
    vt_slice bytes;

    if (!vt_read_bytes(r, len, &bytes))
        return false;
    if (len != 0)
        memcpy(out, bytes.data, len);
    return true;
}

static void put_text(struct vt_buf *out, vt_slice text)
{
    VT_ASSERT(text.len <= TEXT_BYTES_MAX); /* the schema's bound */
    vt_buf_put_u16(out, (uint16_t)text.len);
    vt_buf_put(out, text);
}

static bool read_text(vt_reader *r, vt_slice *out)
{
    uint16_t len;

    return vt_read_u16(r, &len) && len <= TEXT_BYTES_MAX && vt_read_bytes(r, len, out);
}

static bool read_time(vt_reader *r, int64_t *out)
{
    uint64_t time_unix_s;

    if (!vt_read_u64(r, &time_unix_s) || time_unix_s > INT64_MAX)
        return false;
    *out = (int64_t)time_unix_s;
    return true;
}

static void put_proof(struct vt_buf *out, const struct vt_proof *proof)
{
    vt_buf_put_u8(out, (uint8_t)proof->count); /* at most VT_PROOF_HASHES_MAX */
    vt_buf_put(out, vt_slice_of(proof->hashes, proof->count * VT_SHA256_BYTES));
}

static bool read_proof(vt_reader *r, struct vt_proof *out)
{
    uint8_t count;

    if (!vt_read_u8(r, &count) || count > VT_PROOF_HASHES_MAX ||
        !read_into(r, out->hashes, (size_t)count * VT_SHA256_BYTES))
        return false;
    out->count = count;
    return true;
}

/* ---- the statement ----------------------------------------------------------------------
 */

static void put_backups(struct vt_buf *out, const struct vt_access *a)
{
    vt_buf_put_u8(out, (uint8_t)a->backup_count); /* at most VT_ACCESS_BACKUPS_MAX */
    for (size_t i = 0; i < a->backup_count; i++) {
        put_text(out, a->backups[i].name);
        vt_buf_put_u64(out, (uint64_t)a->backups[i].dies_unix_s); /* of a time text */
    }
}

static bool read_backups(vt_reader *r, struct vt_access *out)
{
    uint8_t count;

    if (!vt_read_u8(r, &count) || count > VT_ACCESS_BACKUPS_MAX)
        return false;
    for (uint8_t i = 0; i < count; i++)
        if (!read_text(r, &out->backups[i].name) ||
            !read_time(r, &out->backups[i].dies_unix_s))
            return false;
    out->backup_count = count;
    return true;
}

static void put_access(struct vt_buf *out, const struct vt_access *a)
{
    put_text(out, a->cell);
    put_text(out, a->ledger);
    put_text(out, a->role);
    put_text(out, a->place);
    put_text(out, a->jurisdiction);
    put_text(out, a->ticket);
    vt_buf_put_u64(out, a->policy);
    vt_buf_put(out, VT_BYTES(a->person));
    vt_buf_put(out, VT_BYTES(a->role_key));
    vt_buf_put_u8(out, a->is_batch);
    vt_buf_put_u16(out, (uint16_t)a->count); /* at most VT_ACCESS_BATCH_MAX */
    vt_buf_put(out, a->is_batch ? VT_BYTES(a->batch_root)
                                : vt_slice_of(a->objects, a->count * VT_SHA256_BYTES));
    vt_buf_put_u8(out, (uint8_t)a->reason);
    vt_buf_put_u64(out, a->request);
    vt_buf_put(out, VT_BYTES(a->rules));
    vt_buf_put(out, VT_BYTES(a->recipient.bytes));
    vt_buf_put_u64(out, (uint64_t)a->created_unix_s); /* of a time text: from 1970 on */
    vt_buf_put_u64(out, (uint64_t)a->expires_unix_s);
    if (a->reason == VT_ACCESS_ERASURE)
        put_backups(out, a);
}

static bool read_what(vt_reader *r, struct vt_access *out)
{
    uint8_t is_batch;
    uint16_t count;

    if (!vt_read_u8(r, &is_batch) || is_batch > 1 || !vt_read_u16(r, &count) ||
        count == 0 || count > (is_batch ? VT_ACCESS_BATCH_MAX : VT_ACCESS_OBJECTS_MAX))
        return false;
    out->is_batch = is_batch;
    out->count = count;
    return is_batch ? read_into(r, &out->batch_root, sizeof out->batch_root)
                    : read_into(r, out->objects, count * sizeof out->objects[0]);
}

static bool read_access(vt_reader *r, struct vt_access *out)
{
    uint8_t reason;

    if (!read_text(r, &out->cell) || !read_text(r, &out->ledger) ||
        !read_text(r, &out->role) || !read_text(r, &out->place) ||
        !read_text(r, &out->jurisdiction) || !read_text(r, &out->ticket) ||
        !vt_read_u64(r, &out->policy) || !read_into(r, &out->person, sizeof out->person) ||
        !read_into(r, &out->role_key, sizeof out->role_key) || !read_what(r, out) ||
        !vt_read_u8(r, &reason) || reason >= VT_ACCESS_REASONS ||
        !vt_read_u64(r, &out->request) || !read_into(r, &out->rules, sizeof out->rules) ||
        !read_into(r, &out->recipient, sizeof out->recipient) ||
        !read_time(r, &out->created_unix_s) || !read_time(r, &out->expires_unix_s))
        return false;
    out->reason = (enum vt_access_reason)reason; /* below VT_ACCESS_REASONS */
    return out->reason != VT_ACCESS_ERASURE || read_backups(r, out);
}

static bool read_signatures(vt_reader *r, struct vt_agent_ask *out)
{
    uint8_t count;

    if (!vt_read_u8(r, &count) || count == 0 || count > VT_ACCESS_SIGNATURES_MAX)
        return false;
    for (uint8_t i = 0; i < count; i++)
        if (!read_into(r, &out->signatures[i], sizeof out->signatures[i]))
            return false;
    out->signature_count = count;
    return true;
}

/* ---- the proof --------------------------------------------------------------------------
 */

static void put_checkpoint(struct vt_buf *out, const struct vt_agent_ask *ask)
{
    vt_buf_put_u64(out, ask->size);
    vt_buf_put(out, VT_BYTES(ask->root));
    vt_buf_put_u16(out, ask->log);
    vt_buf_put(out, VT_BYTES(ask->log_signature));
    vt_buf_put_u8(out, (uint8_t)ask->cosignature_count); /* at most 64 */
    for (size_t i = 0; i < ask->cosignature_count; i++) {
        vt_buf_put_u16(out, ask->cosignatures[i].witness);
        vt_buf_put_u64(out, (uint64_t)ask->cosignatures[i].time_unix_s); /* from 0 on */
        vt_buf_put(out, VT_BYTES(ask->cosignatures[i].bytes));
    }
}

static bool read_checkpoint(vt_reader *r, struct vt_agent_ask *out)
{
    uint8_t count;

    if (!vt_read_u64(r, &out->size) || !read_into(r, &out->root, sizeof out->root) ||
        !vt_read_u16(r, &out->log) ||
        !read_into(r, out->log_signature, sizeof out->log_signature) ||
        !vt_read_u8(r, &count) || count > VT_POLICY_WITNESSES_MAX)
        return false;
    for (uint8_t i = 0; i < count; i++) {
        struct vt_agent_cosignature *at = &out->cosignatures[i];

        if (!vt_read_u16(r, &at->witness) || !read_time(r, &at->time_unix_s) ||
            !read_into(r, at->bytes, sizeof at->bytes))
            return false;
    }
    out->cosignature_count = count;
    return true;
}

/* ---- what is wanted ---------------------------------------------------------------------
 */

static bool read_ids(vt_reader *r, struct vt_arena *arena, struct vt_agent_ask *out)
{
    uint16_t count;
    vt_hash *ids;

    if (!vt_read_u16(r, &count) || count > VT_ACCESS_BATCH_MAX)
        return false;
    ids = vt_arena_alloc(arena, ((size_t)count + 1) * sizeof *ids);
    out->ids = ids;
    out->id_count = count;
    return read_into(r, ids, count * sizeof *ids);
}

static bool read_recipients(vt_reader *r, struct vt_agent_ask *out)
{
    uint8_t count;

    if (!vt_read_u8(r, &count) || count > VT_CUSTODY_RECIPIENTS_MAX)
        return false;
    out->recipient_count = count;
    return read_into(r, out->recipients, count * sizeof out->recipients[0]);
}

static_assert(sizeof(struct vt_agent_object) == 97 &&
                  sizeof(struct vt_agent_signature) == 96,
              "they are sent as they lie in memory");

static bool read_objects(vt_reader *r, struct vt_arena *arena, struct vt_agent_ask *out)
{
    struct vt_agent_object *objects;
    uint16_t count;

    if (!vt_read_u16(r, &count) || count > VT_ACCESS_BATCH_MAX)
        return false;
    objects = vt_arena_alloc(arena, ((size_t)count + 1) * sizeof *objects);
    if (!read_into(r, objects, count * sizeof *objects))
        return false;
    for (uint16_t i = 0; i < count; i++)
        if (objects[i].recipient >= out->recipient_count)
            return false;
    out->objects = objects;
    out->object_count = count;
    return true;
}

/* ---- a question for accesses ------------------------------------------------------------
 */

void vt_agent_question_write(struct vt_buf *out, const struct vt_agent_question *question)
{
    vt_buf_put_u8(out, question->is_withdrawal);
    vt_buf_put(out, VT_BYTES(question->nonce));
    vt_buf_put_u64(out, (uint64_t)question->at_unix_s); /* not negative */
    vt_buf_put(out, VT_BYTES(question->recipient));
    vt_buf_put(out, VT_BYTES(question->object));
    vt_buf_put(out, VT_BYTES(question->proof));
}

bool vt_agent_question_read(vt_slice bytes, struct vt_agent_question *out)
{
    vt_reader r = { bytes };
    uint8_t is_withdrawal;

    if (!vt_read_u8(&r, &is_withdrawal) || is_withdrawal > 1)
        return false;
    out->is_withdrawal = is_withdrawal;
    return vt_hash_read(&r, &out->nonce) && read_time(&r, &out->at_unix_s) &&
           read_into(&r, &out->recipient, sizeof out->recipient) &&
           read_into(&r, &out->object, sizeof out->object) && out->object.recipient == 0 &&
           vt_hash_read(&r, &out->proof) && vt_read_end(&r);
}

/* ---- the whole --------------------------------------------------------------------------
 */

void vt_agent_ask_write(struct vt_buf *out, const struct vt_agent_ask *ask)
{
    vt_buf_put(out, VT_BYTES(ask->salt));
    put_access(out, &ask->access);
    vt_buf_put_u8(out, (uint8_t)ask->signature_count); /* at most 8 */
    vt_buf_put(out, vt_slice_of(ask->signatures,
                                ask->signature_count * sizeof ask->signatures[0]));
    put_checkpoint(out, ask);
    vt_buf_put_u64(out, ask->index);
    put_proof(out, &ask->inclusion);
    vt_buf_put_u64(out, ask->seen_size);
    put_proof(out, &ask->growth);
    vt_buf_put_u16(out, (uint16_t)ask->id_count); /* at most VT_ACCESS_BATCH_MAX, both */
    vt_buf_put(out, vt_slice_of(ask->ids, ask->id_count * sizeof ask->ids[0]));
    vt_buf_put_u8(out, (uint8_t)ask->recipient_count); /* at most 16 */
    vt_buf_put(out, vt_slice_of(ask->recipients,
                                ask->recipient_count * sizeof ask->recipients[0]));
    vt_buf_put_u16(out, (uint16_t)ask->object_count);
    vt_buf_put(out, vt_slice_of(ask->objects, ask->object_count * sizeof ask->objects[0]));
}

bool vt_agent_ask_read(vt_slice bytes, struct vt_arena *arena, struct vt_agent_ask *out)
{
    vt_reader r = { bytes };

    memset(out, 0, sizeof *out);
    return read_into(&r, out->salt, sizeof out->salt) && read_access(&r, &out->access) &&
           read_signatures(&r, out) && read_checkpoint(&r, out) &&
           vt_read_u64(&r, &out->index) && read_proof(&r, &out->inclusion) &&
           vt_read_u64(&r, &out->seen_size) && read_proof(&r, &out->growth) &&
           read_ids(&r, arena, out) && read_recipients(&r, out) &&
           read_objects(&r, arena, out) && vt_read_end(&r);
}
