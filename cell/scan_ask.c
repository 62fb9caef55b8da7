/* Asking a key agent on behalf of the scanners. */
#include "cell/scan_ask.h"

/* ---- the batch as statements name it ---------------------------------------------------
 */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(vt_hash));
}

static void sort_ids(const struct vt_scan_batch *batch, vt_hash ids[VT_SCAN_BATCH_MAX])
{
    for (size_t i = 0; i < batch->count; i++)
        ids[i] = batch->tasks[i].object;
    qsort(ids, batch->count, sizeof ids[0], by_bytes);
}

static vt_hash id_of(const struct vt_key *key)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    vt_hash hash;

    VT_ASSERT(vt_hash_parse_hex(vt_slice_from_cstr(id.text), &hash));
    return hash;
}

/* One object is a batch too: machines ask in one manner. */
static bool make_access(const struct vt_scan_asker *a, const struct vt_scan_batch *batch,
                        struct vt_access *out, struct vt_error *err)
{
    vt_hash ids[VT_SCAN_BATCH_MAX];
    int64_t now = vt_env_now_unix_s(a->asker.env);

    sort_ids(batch, ids);
    *out = (struct vt_access){ .cell = a->cell,
                               .ledger = a->ledger,
                               .policy = a->policy,
                               .person = id_of(a->scanner),
                               .role_key = id_of(a->role_key),
                               .role = a->role,
                               .place = a->place,
                               .jurisdiction = a->jurisdiction,
                               .is_batch = true,
                               .count = batch->count,
                               .reason = VT_ACCESS_SCAN,
                               .rules = batch->rules,
                               .ticket = VT_LIT("scan"),
                               .recipient = a->identity->recipient,
                               .created_unix_s = now,
                               .expires_unix_s = now + a->valid_s };
    return vt_access_batch_root(ids, batch->count, &out->batch_root, err);
}

/* The salt is drawn here and noted with the envelope, so that whoever comes after a crash
 * asks about the same entry of the ledger. */
static bool prepare(void *context, const struct vt_scan_batch *batch,
                    struct vt_buf *statement, struct vt_error *err)
{
    const struct vt_scan_asker *a = context;
    const struct vt_key *keys[] = { a->scanner, a->role_key };
    struct vt_asked asked;
    struct vt_access access;

    if (!make_access(a, batch, &access, err))
        return false;
    vt_ask_draw_salt(a->asker.env, &asked);
    vt_buf_put(statement, vt_slice_of(asked.salt, sizeof asked.salt));
    return vt_ask_sign(&access, keys, sizeof keys / sizeof keys[0], statement, err);
}

/* ---- asking ----------------------------------------------------------------------------
 */

static bool list_objects(const struct vt_scan_asker *a, const struct vt_scan_batch *batch,
                         struct vt_ask_object *objects, struct vt_error *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct vt_sample_task *task = &batch->tasks[i];
        struct vt_age_recipient recipient;
        char document[65];

        vt_hash_text(&task->recipient, document);
        if (!a->recipient(a->context, &task->recipient, &recipient))
            return vt_fail(err, VT_IO,
                           "a sample is sealed for the recipient %s, which is not known "
                           "here: the cell does not publish its document",
                           document);
        objects[i] = (struct vt_ask_object){ task->header, recipient };
    }
    return true;
}

/* Only a no of the agent's is for good; that it must wait, or that ledger or agent lie or
 * are down, may pass. */
static bool take_answer(struct vt_ask_answer *answer, struct vt_age_grant *grant_out,
                        struct vt_error *err)
{
    if (answer->outcome == VT_ASK_ANNOUNCED)
        return vt_fail(err, VT_IO,
                       "the key agent makes scans wait: its policy has a delay");
    if (answer->outcome != VT_ASK_RELEASED)
        return vt_fail(err, VT_REJECTED, "the key agent refuses: %s", answer->message);
    *grant_out = answer->grant;
    answer->grant = (struct vt_age_grant){ .count = 0 };
    return true;
}

static bool release(const struct vt_scan_asker *a, const struct vt_scan_batch *batch,
                    struct vt_asked *asked, struct vt_ask_answer *answer,
                    struct vt_error *err)
{
    struct vt_ask_object objects[VT_SCAN_BATCH_MAX];
    vt_hash ids[VT_SCAN_BATCH_MAX];
    const struct vt_ask_wish wish = { .objects = objects,
                                      .object_count = batch->count,
                                      .ids = ids,
                                      .id_count = batch->count,
                                      .identity = a->identity };
    struct vt_error why = { 0 };

    sort_ids(batch, ids);
    if (!list_objects(a, batch, objects, err))
        return false;
    /* The agent's count goes on the access ledger before the keys are used: where it
     * cannot, the same answer is fetched again. */
    if (vt_ask_release(&a->asker, asked, &wish, answer, &why) &&
        (answer->outcome != VT_ASK_RELEASED ||
         vt_ask_log_count(&a->asker, vt_buf_slice(&answer->tally), &why)))
        return true;
    *err = why;
    err->code = VT_IO;
    return false;
}

static bool ask(void *context, const struct vt_scan_batch *batch,
                struct vt_age_grant *grant_out, struct vt_error *err)
{
    const struct vt_scan_asker *a = context;
    VT_AUTO_ASK_ANSWER answer = { .outcome = VT_ASK_REFUSED };
    vt_reader r = { batch->statement };
    struct vt_asked asked;
    vt_slice salt;

    if (!vt_read_bytes(&r, sizeof asked.salt, &salt))
        return vt_fail(err, VT_REJECTED, "the noted batch has no statement");
    memcpy(asked.salt, salt.data, sizeof asked.salt);
    asked.envelope = r.rest;
    return release(a, batch, &asked, &answer, err) && take_answer(&answer, grant_out, err);
}

struct vt_scan_keys vt_scan_keys_of(struct vt_scan_asker *asker)
{
    return (struct vt_scan_keys){ prepare, ask, asker };
}
