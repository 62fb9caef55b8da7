/* Reasons, and the statement as JSON and back. */
#include "custody/access.h"
#include "evidence/field.h"
#include "ledger/use.h"

static const char *const reasons[VT_ACCESS_REASONS] = {
    [VT_ACCESS_SUPPORT] = "customer-support",
    [VT_ACCESS_ANALYSIS] = "malware-analysis",
    [VT_ACCESS_FALSE_POSITIVE] = "false-positive-complaint",
    [VT_ACCESS_GOVERNMENT] = "government-request",
    [VT_ACCESS_MAINTENANCE] = "maintenance",
    [VT_ACCESS_SCAN] = "automatic-scan",
    [VT_ACCESS_EMERGENCY] = "emergency",
    [VT_ACCESS_ERASURE] = "erasure",
    [VT_ACCESS_RELOCATION] = "relocation",
};

const char *vt_access_reason_name(enum vt_access_reason reason)
{
    VT_ASSERT(reason < VT_ACCESS_REASONS);
    return reasons[reason];
}

bool vt_access_reason_of(vt_slice name, enum vt_access_reason *out)
{
    for (unsigned i = 0; i < VT_ACCESS_REASONS; i++)
        if (vt_slice_is(name, reasons[i])) {
            *out = (enum vt_access_reason)i; /* below VT_ACCESS_REASONS */
            return true;
        }
    return false;
}

/* ---- what must hold beyond the schema ---------------------------------------------------
 */

static bool are_ascending(const vt_hash *ids, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (memcmp(&ids[i - 1], &ids[i], sizeof *ids) >= 0)
            return false;
    return true;
}

/* Each reason bears what belongs to it and nothing else. */
static bool reason_fits(const struct vt_access *access, struct vt_error *err)
{
    static const vt_hash none = { { 0 } };
    bool has_rules = !vt_hash_equal(&access->rules, &none);

    if ((access->reason == VT_ACCESS_GOVERNMENT) != (access->request != 0))
        return vt_fail(err, VT_MALFORMED,
                       "access: a government request bears its number, from 1, and nothing "
                       "else does");
    if ((access->reason == VT_ACCESS_SCAN) != has_rules)
        return vt_fail(err, VT_MALFORMED,
                       "access: an automatic scan bears the digest of its rules, and "
                       "nothing else does");
    return access->reason == VT_ACCESS_ERASURE || access->backup_count == 0 ||
           vt_fail(err, VT_MALFORMED, "access: only an erasure names backups");
}

static bool is_new_name(const struct vt_access_backup *backups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (vt_slice_equal(backups[i].name, backups[count].name))
            return false;
    return true;
}

bool vt_access_backups_verify(const struct vt_access_backup *backups, size_t count,
                              struct vt_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!is_new_name(backups, i))
            return vt_fail(err, VT_MALFORMED, "backup %zu: named twice", i + 1);
    return true;
}

static bool is_whole(const struct vt_access *access, struct vt_error *err)
{
    size_t most = access->is_batch ? VT_ACCESS_BATCH_MAX : VT_ACCESS_OBJECTS_MAX;

    if (access->count == 0)
        return vt_fail(err, VT_MALFORMED, "access: names no object");
    if (access->count > most)
        return vt_fail(err, VT_LIMIT, "access: names %ju objects, at most %zu",
                       (uintmax_t)access->count, most);
    if (!access->is_batch && !are_ascending(access->objects, access->count))
        return vt_fail(err, VT_MALFORMED,
                       "access: objects are named in ascending order, each once");
    if (access->expires_unix_s <= access->created_unix_s)
        return vt_fail(err, VT_MALFORMED, "access: it had expired when it was written");
    return reason_fits(access, err) &&
           vt_access_backups_verify(access->backups, access->backup_count, err);
}

/* ---- reading ----------------------------------------------------------------------------
 */

static bool read_objects(const json_t *predicate, struct vt_access *out,
                         struct vt_error *err)
{
    const json_t *list = json_object_get(predicate, "objects");
    const json_t *batch = json_object_get(predicate, "batch");

    if ((list == NULL) == (batch == NULL))
        return vt_fail(err, VT_MALFORMED,
                       "access: names either its objects or a batch of them");
    out->is_batch = batch != NULL;
    out->count = batch != NULL ? vt_field_number(batch, "count") : json_array_size(list);
    if (batch != NULL)
        out->batch_root = vt_field_hash(batch, "root");
    for (size_t i = 0; i < json_array_size(list) && i < VT_ACCESS_OBJECTS_MAX; i++) {
        const json_t *id = json_array_get(list, i);

        if (!vt_hash_parse_hex(vt_slice_of(json_string_value(id), json_string_length(id)),
                               &out->objects[i]))
            return vt_fail(err, VT_MALFORMED, "access: object %zu is no SHA-256", i + 1);
    }
    return true;
}

bool vt_access_backups_read(const json_t *list, struct vt_access_backup *out,
                            size_t *count_out, struct vt_error *err)
{
    size_t count = json_array_size(list);

    if (count > VT_ACCESS_BACKUPS_MAX)
        return vt_fail(err, VT_LIMIT, "%zu backups, at most %d", count,
                       VT_ACCESS_BACKUPS_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);

        if (!vt_json_get_text(row, "a backup", "name", &out[i].name, err) ||
            !vt_json_get_time(row, "a backup", "dies", &out[i].dies_unix_s, err))
            return false;
    }
    *count_out = count;
    return true;
}

/* Zero is how a hash that is not there is written down, so no hash may be it. */
static bool read_reason(const json_t *predicate, struct vt_access *out,
                        struct vt_error *err)
{
    if (!vt_access_reason_of(vt_field_text(predicate, "reason"), &out->reason))
        return vt_fail(err, VT_MALFORMED, "access: no reason that we know");
    out->request = vt_field_number(predicate, "request");
    out->rules = vt_field_hash(predicate, "rules");
    if (vt_json_has(predicate, "request") != (out->reason == VT_ACCESS_GOVERNMENT) ||
        vt_json_has(predicate, "rules") != (out->reason == VT_ACCESS_SCAN) ||
        vt_json_has(predicate, "backups") != (out->reason == VT_ACCESS_ERASURE))
        return vt_fail(err, VT_MALFORMED, "access: bears what does not belong to %s",
                       vt_access_reason_name(out->reason));
    return vt_access_backups_read(json_object_get(predicate, "backups"), out->backups,
                                  &out->backup_count, err);
}

bool vt_access_read(const struct vt_statement *statement, struct vt_access *out,
                    struct vt_error *err)
{
    const json_t *predicate = statement->predicate;
    const json_t *reader = json_object_get(predicate, "reader");
    struct vt_access access = { .cell = vt_field_text(predicate, "cell"),
                                .ledger = vt_field_text(predicate, "ledger"),
                                .policy = vt_field_number(predicate, "policy"),
                                .person = vt_field_hash(reader, "person"),
                                .role_key = vt_field_hash(reader, "role_key"),
                                .role = vt_field_text(reader, "role"),
                                .place = vt_field_text(reader, "place"),
                                .jurisdiction = vt_field_text(reader, "jurisdiction"),
                                .ticket = vt_field_text(predicate, "ticket") };

    if (statement->type != VT_ACCESS)
        return vt_fail(err, VT_MALFORMED, "this is a statement of kind '%s', not an access",
                       vt_predicate_name(statement->type));
    if (!vt_statement_is_about_itself(statement, err) ||
        !read_objects(predicate, &access, err) || !read_reason(predicate, &access, err) ||
        !vt_age_recipient_parse(vt_field_text(predicate, "recipient"), &access.recipient,
                                err) ||
        !vt_json_get_time(predicate, "access", "created", &access.created_unix_s, err) ||
        !vt_json_get_time(predicate, "access", "expires", &access.expires_unix_s, err) ||
        !is_whole(&access, err))
        return false;
    *out = access;
    return true;
}

void vt_access_keep_texts(struct vt_arena *arena, struct vt_access *access)
{
    vt_slice *const texts[] = { &access->cell,  &access->ledger,       &access->role,
                                &access->place, &access->jurisdiction, &access->ticket };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = vt_arena_copy(arena, *texts[i]);
    for (size_t i = 0; i < access->backup_count; i++)
        access->backups[i].name = vt_arena_copy(arena, access->backups[i].name);
}

/* ---- writing ----------------------------------------------------------------------------
 */

static json_t *text_of(vt_slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

json_t *vt_access_backups_json(const struct vt_access_backup *backups, size_t count)
{
    VT_AUTO_JSON list = json_array();

    for (size_t i = 0; list != NULL && i < count; i++)
        if (json_array_append_new(
                list, json_pack("{s:o,s:o}", "name", text_of(backups[i].name), "dies",
                                vt_field_of_time(backups[i].dies_unix_s))) != 0)
            return NULL;
    return json_incref(list);
}

static json_t *objects_of(const struct vt_access *access)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < access->count; i++)
        if (json_array_append_new(list, vt_field_of_hash(&access->objects[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static bool put_what(json_t *predicate, const struct vt_access *access)
{
    if (!access->is_batch)
        return json_object_set_new(predicate, "objects", objects_of(access)) == 0;
    return json_object_set_new(predicate, "batch",
                               json_pack("{s:o,s:I}", "root",
                                         vt_field_of_hash(&access->batch_root), "count",
                                         (json_int_t)access->count)) == 0;
}

static bool put_why(json_t *predicate, const struct vt_access *access)
{
    if (access->reason == VT_ACCESS_GOVERNMENT)
        return json_object_set_new(predicate, "request",
                                   json_integer((json_int_t)access->request)) == 0;
    if (access->reason == VT_ACCESS_SCAN)
        return json_object_set_new(predicate, "rules", vt_field_of_hash(&access->rules)) ==
               0;
    if (access->reason == VT_ACCESS_ERASURE)
        return json_object_set_new(
                   predicate, "backups",
                   vt_access_backups_json(access->backups, access->backup_count)) == 0;
    return true;
}

/* NULL: memory, or a text that is not UTF-8. */
static json_t *predicate_of(const struct vt_access *access)
{
    char recipient[VT_AGE_RECIPIENT_CHARS + 1];

    vt_age_recipient_text(&access->recipient, recipient);
    return json_pack(
        "{s:o,s:o,s:I,s:{s:o,s:o,s:o,s:o,s:o},s:s,s:o,s:s,s:o,s:o}", "cell",
        text_of(access->cell), "ledger", text_of(access->ledger), "policy",
        (json_int_t)access->policy, "reader", "person", vt_field_of_hash(&access->person),
        "role", text_of(access->role), "role_key", vt_field_of_hash(&access->role_key),
        "place", text_of(access->place), "jurisdiction", text_of(access->jurisdiction),
        "reason", vt_access_reason_name(access->reason), "ticket", text_of(access->ticket),
        "recipient", recipient, "created", vt_field_of_time(access->created_unix_s),
        "expires", vt_field_of_time(access->expires_unix_s));
}

bool vt_access_write(const struct vt_access *access, struct vt_buf *payload,
                     struct vt_error *err)
{
    VT_AUTO_JSON predicate = NULL;

    if (access->policy > (uint64_t)VT_JSON_INTEGER_MAX ||
        access->request > (uint64_t)VT_JSON_INTEGER_MAX)
        return vt_fail(err, VT_MALFORMED, "access: a number beyond 2^53 - 1");
    if (!is_whole(access, err))
        return false;
    predicate = predicate_of(access);
    if (predicate == NULL || !put_what(predicate, access) || !put_why(predicate, access))
        return vt_fail(err, VT_MALFORMED, "access: a text that is not UTF-8");
    return vt_statement_write_about_itself(VT_ACCESS, predicate, payload, err);
}

/* ---- on the ledger ----------------------------------------------------------------------
 */

vt_hash vt_access_commitment(const uint8_t salt[VT_ACCESS_SALT_BYTES], vt_slice envelope)
{
    struct vt_sha256 state;
    vt_hash commitment;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/private/v1\n"));
    vt_sha256_add(&state, vt_slice_of(salt, VT_ACCESS_SALT_BYTES));
    vt_sha256_add(&state, envelope);
    vt_sha256_end(&state, &commitment);
    return commitment;
}

vt_hash vt_access_leaf(const vt_hash *commitment)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_USE_PLAIN_BYTES_MAX);

    vt_private_entry_write(&entry, commitment);
    VT_ASSERT(!entry.is_full);
    return vt_sha256_leaf(vt_buf_slice(&entry));
}

/* ---- batches ----------------------------------------------------------------------------
 */

static bool is_batch(const vt_hash *ids, size_t count, struct vt_error *err)
{
    if (count == 0 || count > VT_ACCESS_BATCH_MAX)
        return vt_fail(err, VT_LIMIT, "a batch of %zu objects, 1 to %d are taken", count,
                       VT_ACCESS_BATCH_MAX);
    return are_ascending(ids, count) ||
           vt_fail(err, VT_REJECTED,
                   "the ids of a batch stand in ascending order, each "
                   "once");
}

/* RFC 6962 §2.1: the largest power of two below n; n is 2 or more. */
static size_t split(size_t n)
{
    size_t k = 1;

    while (k < n - k)
        k *= 2;
    return k;
}

/* As deep as a batch is wide: thirteen steps. */
static vt_hash root_of(const vt_hash *ids, size_t count)
{
    vt_hash left, right;

    if (count == 1)
        return vt_sha256_leaf(vt_hash_slice(ids));
    left = root_of(ids, split(count));
    right = root_of(ids + split(count), count - split(count));
    return vt_sha256_node(&left, &right);
}

bool vt_access_batch_root(const vt_hash *ids, size_t count, vt_hash *out,
                          struct vt_error *err)
{
    if (!is_batch(ids, count, err))
        return false;
    *out = root_of(ids, count);
    return true;
}

/* RFC 6962 §2.1.1: the siblings on the way up, nearest first. */
static void path_of(const vt_hash *ids, size_t count, size_t at, struct vt_proof *out)
{
    size_t k;

    if (count == 1)
        return;
    k = split(count);
    if (at < k) {
        path_of(ids, k, at, out);
        out->hashes[out->count++] = root_of(ids + k, count - k);
    } else {
        path_of(ids + k, count - k, at - k, out);
        out->hashes[out->count++] = root_of(ids, k);
    }
}

bool vt_access_batch_prove(const vt_hash *ids, size_t count, size_t at,
                           struct vt_proof *out, struct vt_error *err)
{
    VT_ASSERT(at < count);
    if (!is_batch(ids, count, err))
        return false;
    out->count = 0;
    path_of(ids, count, at, out);
    return true;
}

bool vt_access_names(const struct vt_access *access, const vt_hash *object, uint64_t at,
                     const struct vt_proof *proof)
{
    vt_hash leaf;

    if (!access->is_batch) {
        for (size_t i = 0; i < access->count; i++)
            if (vt_hash_equal(&access->objects[i], object))
                return true;
        return false;
    }
    leaf = vt_sha256_leaf(vt_hash_slice(object));
    return vt_tree_verify_inclusion(&leaf, at, access->count, proof->hashes, proof->count,
                                    &access->batch_root);
}
