/* The statement as JSON and back. */
#include "custody/erasure.h"
#include "evidence/field.h"

#define EFFECT "no further release"

/* ---- what must hold beyond the schema ---------------------------------------------------
 */

static bool is_whole(const struct vt_erasure *erasure, struct vt_error *err)
{
    uint64_t count;

    if (erasure->number == 0)
        return vt_fail(err, VT_MALFORMED, "erasure: an agent's records begin at 1");
    if (erasure->is_period)
        return true;
    if (__builtin_add_overflow(erasure->erased.count, erasure->closed.count, &count) ||
        count == 0 || count > VT_ACCESS_BATCH_MAX)
        return vt_fail(err, VT_MALFORMED, "erasure: of no object, or of more than %d",
                       VT_ACCESS_BATCH_MAX);
    for (size_t i = 0; i < erasure->access_count; i++) {
        const struct vt_erasure_access *at = &erasure->accesses[i];

        if (at->objects == 0 || at->objects > erasure->closed.count ||
            (i != 0 && at->index <= at[-1].index))
            return vt_fail(err, VT_MALFORMED,
                           "erasure: accesses stand by their index, and each read some of "
                           "what is closed");
    }
    return vt_access_backups_verify(erasure->backups, erasure->backup_count, err);
}

/* ---- reading ----------------------------------------------------------------------------
 */

static bool read_set(const json_t *objects, const char *name, struct vt_erasure_set *out,
                     struct vt_error *err)
{
    const json_t *set = json_object_get(objects, name);

    *out = (struct vt_erasure_set){ .count = vt_field_number(set, "count"),
                                    .root = vt_field_hash(set, "root") };
    return set == NULL || out->count != 0 ||
           vt_fail(err, VT_MALFORMED, "erasure: '%s' is of no object: leave it out", name);
}

static bool read_accesses(const json_t *list, struct vt_erasure *out, struct vt_error *err)
{
    out->access_count = json_array_size(list);
    if (out->access_count > VT_ERASURE_ACCESSES_MAX)
        return vt_fail(err, VT_LIMIT, "erasure: more than %d accesses",
                       VT_ERASURE_ACCESSES_MAX);
    for (size_t i = 0; i < out->access_count; i++) {
        const json_t *row = json_array_get(list, i);
        struct vt_erasure_access *at = &out->accesses[i];

        at->index = vt_field_number(row, "index");
        at->objects = vt_field_number(row, "objects");
        if (!vt_access_reason_of(vt_field_text(row, "reason"), &at->reason))
            return vt_fail(err, VT_MALFORMED, "erasure: no reason that we know");
    }
    return true;
}

static bool read_objects(const json_t *objects, struct vt_erasure *out,
                         struct vt_error *err)
{
    out->order = vt_field_number(objects, "order");
    return read_set(objects, "erased", &out->erased, err) &&
           read_set(objects, "closed", &out->closed, err) &&
           read_accesses(json_object_get(objects, "accesses"), out, err) &&
           vt_access_backups_read(json_object_get(objects, "backups"), out->backups,
                                  &out->backup_count, err);
}

static bool read_period(const json_t *period, struct vt_erasure *out, struct vt_error *err)
{
    out->is_period = true;
    out->country = vt_field_text(period, "country");
    out->data_class = vt_field_text(period, "class");
    out->period = vt_field_text(period, "period");
    return vt_age_recipient_parse(vt_field_text(period, "recipient"), &out->recipient, err);
}

bool vt_erasure_read(const struct vt_statement *statement, struct vt_erasure *out,
                     struct vt_error *err)
{
    const json_t *predicate = statement->predicate;
    const json_t *objects = json_object_get(predicate, "objects");
    const json_t *period = json_object_get(predicate, "period");

    memset(out, 0, sizeof *out);
    if (statement->type != VT_ERASURE)
        return vt_fail(err, VT_MALFORMED,
                       "this is a statement of kind '%s', not an erasure",
                       vt_predicate_name(statement->type));
    if ((objects == NULL) == (period == NULL))
        return vt_fail(err, VT_MALFORMED, "erasure: is of objects, or of a period's key");
    out->cell = vt_field_text(predicate, "cell");
    out->ledger = vt_field_text(predicate, "ledger");
    out->number = vt_field_number(predicate, "number");
    out->before = vt_field_hash(predicate, "before");
    return vt_statement_is_about_itself(statement, err) &&
           vt_json_get_time(predicate, "erasure", "at", &out->at_unix_s, err) &&
           (objects != NULL ? read_objects(objects, out, err)
                            : read_period(period, out, err)) &&
           is_whole(out, err);
}

/* ---- writing ----------------------------------------------------------------------------
 */

static json_t *text_of(vt_slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

static bool put_set(json_t *objects, const char *name, const struct vt_erasure_set *set)
{
    return set->count == 0 ||
           json_object_set_new(objects, name,
                               json_pack("{s:o,s:I}", "root", vt_field_of_hash(&set->root),
                                         "count", (json_int_t)set->count)) == 0;
}

static json_t *accesses_of(const struct vt_erasure *erasure)
{
    VT_AUTO_JSON list = json_array();

    for (size_t i = 0; list != NULL && i < erasure->access_count; i++) {
        const struct vt_erasure_access *at = &erasure->accesses[i];

        if (json_array_append_new(list,
                                  json_pack("{s:I,s:I,s:s}", "index", (json_int_t)at->index,
                                            "objects", (json_int_t)at->objects, "reason",
                                            vt_access_reason_name(at->reason))) != 0)
            return NULL;
    }
    return json_incref(list);
}

static json_t *objects_of(const struct vt_erasure *erasure)
{
    VT_AUTO_JSON objects =
        json_pack("{s:I,s:o,s:o}", "order", (json_int_t)erasure->order, "accesses",
                  accesses_of(erasure), "backups",
                  vt_access_backups_json(erasure->backups, erasure->backup_count));

    if (objects == NULL || !put_set(objects, "erased", &erasure->erased) ||
        !put_set(objects, "closed", &erasure->closed))
        return NULL;
    return json_incref(objects);
}

static json_t *period_of(const struct vt_erasure *erasure)
{
    char recipient[VT_AGE_RECIPIENT_CHARS + 1];

    vt_age_recipient_text(&erasure->recipient, recipient);
    return json_pack("{s:o,s:o,s:o,s:s}", "country", text_of(erasure->country), "class",
                     text_of(erasure->data_class), "period", text_of(erasure->period),
                     "recipient", recipient);
}

bool vt_erasure_write(const struct vt_erasure *erasure, struct vt_buf *payload,
                      struct vt_error *err)
{
    VT_AUTO_JSON predicate = NULL;

    if (!is_whole(erasure, err))
        return false;
    predicate = json_pack(
        "{s:o,s:o,s:s,s:I,s:o,s:o,s:o}", "cell", text_of(erasure->cell), "ledger",
        text_of(erasure->ledger), "effect", EFFECT, "number", (json_int_t)erasure->number,
        "before", vt_field_of_hash(&erasure->before), "at",
        vt_field_of_time(erasure->at_unix_s), erasure->is_period ? "period" : "objects",
        erasure->is_period ? period_of(erasure) : objects_of(erasure));
    if (predicate == NULL)
        return vt_fail(err, VT_MALFORMED, "erasure: a text that is not UTF-8");
    return vt_statement_write_about_itself(VT_ERASURE, predicate, payload, err);
}

/* ---- an agent's answer ------------------------------------------------------------------
 */

bool vt_erasure_answer_parse(vt_slice bytes, vt_slice *claim_out, vt_slice *sorts_out,
                             struct vt_error *err)
{
    vt_reader r = { bytes };
    vt_slice claim;

    if (!vt_read_line(&r, &claim) || claim.len == 0 || r.rest.len == 0 ||
        r.rest.len > VT_ACCESS_BATCH_MAX)
        return vt_fail(err, VT_MALFORMED, "no claim with a letter for each object");
    for (size_t i = 0; i < r.rest.len; i++)
        if (r.rest.data[i] != VT_ERASURE_ERASED && r.rest.data[i] != VT_ERASURE_CLOSED)
            return vt_fail(err, VT_MALFORMED, "object %zu of the claim: no sort", i + 1);
    *claim_out = claim;
    *sorts_out = r.rest;
    return true;
}

/* ---- whom to believe --------------------------------------------------------------------
 */

static bool has_signed(const struct vt_keyring *keyring, enum vt_trust_role role,
                       const struct vt_envelope *envelope, vt_slice cell,
                       int64_t time_unix_s)
{
    struct vt_count count =
        vt_keyring_count(keyring, role, envelope, time_unix_s, (vt_slice){ 0 });

    for (size_t i = 0; i < count.signer_count; i++)
        if (count.signers[i]->products == NULL ||
            vt_list_has(count.signers[i]->products, cell))
            return true;
    return false;
}

struct vt_erasure_signers vt_erasure_signed_by(const struct vt_keyring *keyring,
                                               const struct vt_envelope *envelope,
                                               const struct vt_erasure *erasure,
                                               int64_t time_unix_s)
{
    return (struct vt_erasure_signers){
        .agent = has_signed(keyring, VT_ROLE_AGENT, envelope, erasure->cell, time_unix_s),
        .cell = has_signed(keyring, VT_ROLE_CELL, envelope, erasure->cell, time_unix_s),
    };
}

static bool is_set_of(const struct vt_erasure_set *set, const vt_hash *ids, vt_slice sorts,
                      uint8_t sort, struct vt_error *err)
{
    VT_AUTO_FREE vt_hash *chosen = vt_alloc_array(sorts.len + 1, sizeof *chosen);
    size_t count = 0;
    vt_hash root;

    for (size_t i = 0; i < sorts.len; i++)
        if (sorts.data[i] == sort)
            chosen[count++] = ids[i];
    if (count != set->count)
        return vt_fail(err, VT_REJECTED, "the claim is of %ju such objects, not of %zu",
                       (uintmax_t)set->count, count);
    if (count == 0)
        return true;
    return vt_access_batch_root(chosen, count, &root, err) &&
           (vt_hash_equal(&root, &set->root) ||
            vt_fail(err, VT_REJECTED, "the claim is of other objects"));
}

bool vt_erasure_is_of(const struct vt_erasure *erasure, const vt_hash *ids, vt_slice sorts,
                      struct vt_error *err)
{
    if (erasure->is_period)
        return vt_fail(err, VT_REJECTED, "the claim is of a key, not of objects");
    return is_set_of(&erasure->erased, ids, sorts, VT_ERASURE_ERASED, err) &&
           is_set_of(&erasure->closed, ids, sorts, VT_ERASURE_CLOSED, err);
}
