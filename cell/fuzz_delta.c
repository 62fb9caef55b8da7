/* Laws: a delta that is taken can be written again from its keys byte by byte; what it adds
 * may be there, what it removes is not. */
#include "cell/filter.h"
#include "tools/fuzz.h"
#include <endian.h>

static uint64_t *keys_at(const uint8_t *keys, uint32_t count)
{
    uint64_t *out = vt_alloc_array((size_t)count + 1, sizeof *out);

    for (uint32_t i = 0; i < count; i++) {
        memcpy(&out[i], keys + (size_t)i * 8, 8);
        out[i] = be64toh(out[i]);
    }
    return out;
}

static vt_hash hash_with(uint64_t key)
{
    vt_hash hash = { { 0 } };

    key = htobe64(key);
    memcpy(hash.bytes, &key, sizeof key);
    return hash;
}

void vt_fuzz_one(vt_slice input)
{
    static const struct vt_filter none = { .width = 8 };
    struct vt_error err = { 0 };
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(16));
    struct vt_delta delta;
    uint64_t *added, *removed;

    if (!vt_delta_parse(input, &delta, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    added = keys_at(delta.added, delta.added_count);
    removed = keys_at(delta.removed, delta.removed_count);
    VT_CHECK(vt_delta_write(&delta.filter, removed, delta.removed_count, added,
                            delta.added_count, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    for (uint32_t i = 0; i < delta.added_count; i++) {
        vt_hash hash = hash_with(added[i]);

        VT_CHECK(vt_filter_may_have(&none, &delta, &hash));
    }
    for (uint32_t i = 0; i < delta.removed_count; i++) {
        vt_hash hash = hash_with(removed[i]);

        VT_CHECK(!vt_filter_may_have(&none, &delta, &hash));
    }
    free(added);
    free(removed);
}
