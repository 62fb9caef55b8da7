/* Heads: statement and numbers. */
#include "cell/head.h"
#include "evidence/field.h"

static bool has_blob(const json_t *predicate, const char *name, struct vt_head_blob *out)
{
    const json_t *blob = json_object_get(predicate, name);

    out->hash = vt_field_hash(blob, "sha256");
    out->size_bytes = vt_field_number(blob, "size");
    return blob == NULL || out->size_bytes != 0;
}

/* The schema was checked; here is what a schema cannot say. */
static bool take_tree(const json_t *buckets, struct vt_cell_tree *out)
{
    uint64_t bits = vt_field_number(buckets, "bits");

    if (bits > VT_BUCKET_BITS_MAX)
        return false;
    out->root = vt_field_hash(buckets, "root");
    out->bits = (unsigned)bits; /* at most 24 */
    out->count = vt_field_number(buckets, "count");
    out->smallest = vt_field_number(buckets, "smallest");
    out->bucket_bytes = vt_field_number(buckets, "bucket_bytes");
    return out->bucket_bytes <= 2 * VT_BUCKET_BYTES_MAX && out->bucket_bytes != 0 &&
           out->bucket_bytes == vt_bucket_padded_bytes(out->bucket_bytes) &&
           out->smallest <= out->count >> bits;
}

static bool are_ordered(const json_t *collections)
{
    for (size_t i = 1; i < json_array_size(collections); i++)
        if (vt_slice_compare(
                vt_field_text(json_array_get(collections, i - 1), "authorisation"),
                vt_field_text(json_array_get(collections, i), "authorisation")) >= 0)
            return false;
    return true;
}

/* A file's SHA-256 as text, wherever a list has some. */
static bool are_hashes(const json_t *texts)
{
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const json_t *at = json_array_get(texts, i);
        vt_hash ignored;

        if (!vt_hash_parse_hex(vt_slice_of(json_string_value(at), json_string_length(at)),
                               &ignored))
            return false;
    }
    return true;
}

static bool are_collections(const json_t *collections)
{
    for (size_t i = 0; i < json_array_size(collections); i++)
        if (!are_hashes(json_object_get(json_array_get(collections, i), "hashes")))
            return false;
    return are_ordered(collections);
}

bool vt_cell_head_read(const struct vt_statement *statement, struct vt_cell_head *out,
                       struct vt_error *err)
{
    const json_t *predicate = statement->predicate;
    struct vt_cell_head head = { 0 };

    if (statement->type != VT_HEAD)
        return vt_fail(err, VT_MALFORMED, "head: is another kind of statement");
    if (!vt_statement_is_about_itself(statement, err) ||
        !vt_json_get_time(predicate, "head", "from", &head.from_unix_s, err) ||
        !vt_json_get_time(predicate, "head", "until", &head.until_unix_s, err))
        return false;
    head.cell = vt_field_text(predicate, "cell");
    head.jurisdiction = vt_field_text(predicate, "jurisdiction");
    head.epoch = vt_field_number(predicate, "epoch");
    head.rules = vt_field_hash(predicate, "rules");
    head.statistics = vt_field_hash(predicate, "statistics");
    head.ohttp = vt_field_hash(predicate, "ohttp");
    head.collections = json_object_get(predicate, "collections");
    head.recipients = json_object_get(predicate, "recipients");
    if (head.from_unix_s >= head.until_unix_s)
        return vt_fail(err, VT_MALFORMED, "head: it ends before it begins");
    if (!take_tree(json_object_get(predicate, "buckets"), &head.tree))
        return vt_fail(err, VT_MALFORMED, "head: numbers of buckets that cannot be");
    if (!has_blob(predicate, "filter", &head.filter) ||
        !has_blob(predicate, "delta", &head.delta))
        return vt_fail(err, VT_MALFORMED, "head: an empty filter or delta");
    if (!are_collections(head.collections) || !are_hashes(head.recipients))
        return vt_fail(err, VT_MALFORMED,
                       "head: collections are unsorted or repeated, or no hashes");
    *out = head;
    return true;
}

/* ---- writing ----------------------------------------------------------------------------
 */

static json_t *pack_blob(const struct vt_head_blob *blob)
{
    return json_pack("{s:o,s:I}", "sha256", vt_field_of_hash(&blob->hash), "size",
                     (json_int_t)blob->size_bytes);
}

static json_t *pack_tree(const struct vt_cell_tree *tree)
{
    return json_pack("{s:o,s:i,s:I,s:I,s:I}", "root", vt_field_of_hash(&tree->root), "bits",
                     (int)tree->bits, "count", (json_int_t)tree->count, "smallest",
                     (json_int_t)tree->smallest, "bucket_bytes",
                     (json_int_t)tree->bucket_bytes);
}

static bool is_none(const vt_hash *hash)
{
    return vt_hash_equal(hash, &(vt_hash){ { 0 } });
}

static json_t *list_or_none(json_t *list)
{
    return list != NULL ? json_incref(list) : json_array();
}

static json_t *pack_head(const struct vt_cell_head *head)
{
    json_t *json = json_pack(
        "{s:s%,s:s%,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "cell",
        (const char *)head->cell.data, head->cell.len, "jurisdiction",
        (const char *)head->jurisdiction.data, head->jurisdiction.len, "epoch",
        (json_int_t)head->epoch, "from", vt_field_of_time(head->from_unix_s), "until",
        vt_field_of_time(head->until_unix_s), "buckets", pack_tree(&head->tree), "filter",
        pack_blob(&head->filter), "rules", vt_field_of_hash(&head->rules), "collections",
        list_or_none(head->collections), "recipients", list_or_none(head->recipients));

    if (json != NULL &&
        ((head->delta.size_bytes != 0 &&
          json_object_set_new(json, "delta", pack_blob(&head->delta)) != 0) ||
         (!is_none(&head->statistics) &&
          json_object_set_new(json, "statistics", vt_field_of_hash(&head->statistics)) !=
              0) ||
         (!is_none(&head->ohttp) &&
          json_object_set_new(json, "ohttp", vt_field_of_hash(&head->ohttp)) != 0))) {
        json_decref(json);
        return NULL;
    }
    return json;
}

bool vt_cell_head_write(const struct vt_cell_head *head, struct vt_buf *payload,
                        struct vt_error *err)
{
    VT_AUTO_JSON predicate = pack_head(head);
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_STATEMENT statement = { 0 };
    struct vt_cell_head again;

    if (predicate == NULL)
        return vt_fail(err, VT_MALFORMED, "head: a text is not UTF-8, or out of memory");
    /* What we write, we must be able to read. */
    if (!vt_statement_write_about_itself(VT_HEAD, predicate, &text, err) ||
        !vt_statement_parse(vt_buf_slice(&text), &statement, err) ||
        !vt_cell_head_read(&statement, &again, err))
        return false;
    vt_buf_put(payload, vt_buf_slice(&text));
    return vt_buf_check(payload, "head", err);
}
