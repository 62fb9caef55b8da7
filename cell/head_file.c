/* Head files: read and written. */
#include "cell/head.h"

void vt_head_file_free(struct vt_head_file *file)
{
    if (file == NULL)
        return;
    for (size_t i = 0; i < file->collection_count; i++)
        vt_envelope_clear(&file->collections[i].envelope);
    vt_envelope_clear(&file->envelope);
    vt_json_clear(&file->json);
    free(file);
}

void vt_head_file_free_pointer(struct vt_head_file **file)
{
    vt_head_file_free(*file);
}

/* An envelope as it stands in the file: back to its canonical bytes, and apart. */
static bool take_envelope(const json_t *object, struct vt_envelope *out, vt_hash *leaf,
                          struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_json_write_canonical(object, &bytes, err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), out, err))
        return vt_within(err, "head file");
    *leaf = vt_sha256_leaf(vt_buf_slice(&bytes));
    return true;
}

static bool take_collection(const json_t *row, struct vt_head_file *file,
                            struct vt_error *err)
{
    static const char *const names[] = { "envelope", "proof", NULL };
    struct vt_head_authorisation *out = &file->collections[file->collection_count];
    json_t *envelope;

    if (!vt_json_only(row, "head file", names, err) ||
        !vt_json_get_object(row, "head file", "envelope", &envelope, err) ||
        !vt_json_get_text(row, "head file", "proof", &out->proof, err) ||
        !take_envelope(envelope, &out->envelope, &out->leaf, err))
        return false;
    file->collection_count++;
    if (file->collection_count > 1 &&
        memcmp(out[-1].envelope.digest.bytes, out->envelope.digest.bytes,
               VT_SHA256_BYTES) >= 0)
        return vt_fail(err, VT_MALFORMED,
                       "head file: authorisations are unsorted or repeated");
    return true;
}

static bool take_apart(struct vt_head_file *file, struct vt_error *err)
{
    static const char *const names[] = { "v", "head", "proof", "collections", NULL };
    json_t *head, *collections;
    uint64_t version;

    if (!vt_json_only(file->json, "head file", names, err) ||
        !vt_json_get_number(file->json, "head file", "v", &version, err) ||
        !vt_json_get_object(file->json, "head file", "head", &head, err) ||
        !vt_json_get_text(file->json, "head file", "proof", &file->proof, err) ||
        !vt_json_get_array(file->json, "head file", "collections", &collections, err))
        return false;
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "head file: version %ju, only 1 is known",
                       (uintmax_t)version);
    if (json_array_size(collections) > VT_HEAD_COLLECTIONS_MAX)
        return vt_fail(err, VT_LIMIT, "head file: more than %d authorisations",
                       VT_HEAD_COLLECTIONS_MAX);
    for (size_t i = 0; i < json_array_size(collections); i++)
        if (!take_collection(json_array_get(collections, i), file, err))
            return false;
    return take_envelope(head, &file->envelope, &file->leaf, err) &&
           vt_cell_head_read(&file->envelope.statement, &file->head, err);
}

bool vt_head_file_parse(vt_slice bytes, struct vt_head_file **out, struct vt_error *err)
{
    VT_AUTO_HEAD_FILE file = NULL;

    if (bytes.len > VT_HEAD_FILE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "head file: %zu bytes, at most %zu", bytes.len,
                       VT_HEAD_FILE_BYTES_MAX);
    if (bytes.len == 0 || bytes.data[bytes.len - 1] != '\n')
        return vt_fail(err, VT_MALFORMED, "head file: its last line has no end");
    file = vt_alloc(sizeof *file);
    if (!vt_json_parse_canonical(vt_slice_sub(bytes, 0, bytes.len - 1), "head file",
                                 &file->json, err) ||
        !take_apart(file, err))
        return false;
    *out = file;
    file = NULL;
    return true;
}

/* ---- writing ----------------------------------------------------------------------------
 */

struct listed {
    vt_slice bytes, proof;
    vt_hash digest;
};

static int compare_digests(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;

    return memcmp(a->digest.bytes, b->digest.bytes, VT_SHA256_BYTES);
}

static bool pack_collections(const vt_slice *authorisations, const vt_slice *proofs,
                             size_t count, json_t *list, struct vt_error *err)
{
    struct listed sorted[VT_HEAD_COLLECTIONS_MAX];

    if (count > VT_HEAD_COLLECTIONS_MAX)
        return vt_fail(err, VT_LIMIT, "head file: more than %d authorisations",
                       VT_HEAD_COLLECTIONS_MAX);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct listed){ authorisations[i], proofs[i],
                                     vt_envelope_digest(authorisations[i]) };
    qsort(sorted, count, sizeof sorted[0], compare_digests);
    for (size_t i = 0; i < count; i++) {
        json_t *envelope;

        if (!vt_json_parse_canonical(sorted[i].bytes, "authorisation", &envelope, err))
            return false;
        if (json_array_append_new(list,
                                  json_pack("{s:o,s:s%}", "envelope", envelope, "proof",
                                            (const char *)sorted[i].proof.data,
                                            sorted[i].proof.len)) != 0)
            return vt_fail(err, VT_MALFORMED, "head file: a proof is not UTF-8");
    }
    return true;
}

bool vt_head_file_write(vt_slice head, vt_slice proof, const vt_slice *authorisations,
                        const vt_slice *proofs, size_t count, struct vt_buf *out,
                        struct vt_error *err)
{
    VT_AUTO_JSON list = json_array();
    VT_AUTO_JSON envelope = NULL;
    VT_AUTO_JSON json = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    VT_AUTO_HEAD_FILE again = NULL;

    if (!pack_collections(authorisations, proofs, count, list, err) ||
        !vt_json_parse_canonical(head, "head", &envelope, err))
        return false;
    json = json_pack("{s:i,s:O,s:s%,s:O}", "v", 1, "head", envelope, "proof",
                     (const char *)proof.data, proof.len, "collections", list);
    if (json == NULL)
        return vt_fail(err, VT_MALFORMED, "head file: its proof is not UTF-8");
    if (!vt_json_write_canonical(json, &text, err))
        return false;
    vt_buf_put_u8(&text, '\n');
    if (!vt_buf_check(&text, "head file", err) ||
        !vt_head_file_parse(vt_buf_slice(&text), &again, err))
        return false;
    vt_buf_put(out, vt_buf_slice(&text));
    return vt_buf_check(out, "head file", err);
}
