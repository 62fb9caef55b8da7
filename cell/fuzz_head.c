/* Laws: a head file that is taken is written again byte by byte from its parts, and its
 * head from its numbers; a refusal says why. */
#include "cell/head.h"
#include "tools/fuzz.h"

static struct vt_buf canonical(const json_t *value)
{
    struct vt_error err = { 0 };
    struct vt_buf out = vt_buf_init(VT_MIB(4));

    VT_CHECK(vt_json_write_canonical(value, &out, &err));
    return out;
}

static void check_payload(const struct vt_head_file *file)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);

    VT_CHECK(vt_cell_head_write(&file->head, &payload, &err));
    VT_CHECK(
        vt_slice_equal(vt_buf_slice(&payload), vt_buf_slice(&file->envelope.dsse.payload)));
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_HEAD_FILE file = NULL;
    VT_AUTO_BUF again = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    struct vt_buf texts[VT_HEAD_COLLECTIONS_MAX + 1];
    vt_slice leaves[VT_HEAD_COLLECTIONS_MAX], proofs[VT_HEAD_COLLECTIONS_MAX];
    size_t count;

    if (!vt_head_file_parse(input, &file, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0' && file == NULL);
        return;
    }
    check_payload(file);
    count = file->collection_count;
    for (size_t i = 0; i < count; i++) {
        texts[i] = canonical(json_object_get(
            json_array_get(json_object_get(file->json, "collections"), i), "envelope"));
        leaves[i] = vt_buf_slice(&texts[i]);
        proofs[i] = file->collections[i].proof;
    }
    texts[count] = canonical(json_object_get(file->json, "head"));
    VT_CHECK(vt_head_file_write(vt_buf_slice(&texts[count]), file->proof, leaves, proofs,
                                count, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    for (size_t i = 0; i <= count; i++)
        vt_buf_clear(&texts[i]);
}
