/* Deltas: what was added to the keys of a filter, and what was taken from them. */
#include "cell/filter.h"
#include <endian.h>

enum { KEY_BYTES = 8 };

static const char MAGIC[] = "vitrine/delta/v1\n";

/* Append the keys of `from` that `of` lacks; both are ascending. */
static uint64_t put_missing(struct vt_buf *out, const uint64_t *from, uint64_t from_count,
                            const uint64_t *of, uint64_t of_count)
{
    uint64_t k = 0, count = 0;

    for (uint64_t i = 0; i < from_count; i++) {
        while (k < of_count && of[k] < from[i])
            k++;
        if (k < of_count && of[k] == from[i])
            continue;
        vt_buf_put_u64(out, from[i]);
        count++;
    }
    return count;
}

bool vt_delta_write(const vt_hash *filter, const uint64_t *before, uint64_t before_count,
                    const uint64_t *now, uint64_t now_count, struct vt_buf *out,
                    struct vt_error *err)
{
    VT_AUTO_BUF keys = vt_buf_init(VT_DELTA_KEYS_MAX * KEY_BYTES);
    uint64_t added = put_missing(&keys, now, now_count, before, before_count);
    uint64_t removed = put_missing(&keys, before, before_count, now, now_count);

    if (!vt_buf_check(&keys, "delta", err))
        return false;
    vt_buf_put_text(out, MAGIC);
    vt_buf_put(out, vt_hash_slice(filter));
    vt_buf_put_u32(out, (uint32_t)added); /* both at most 2^24: they fit in keys */
    vt_buf_put_u32(out, (uint32_t)removed);
    vt_buf_put(out, vt_buf_slice(&keys));
    return vt_buf_check(out, "delta", err);
}

static uint64_t key_at(const uint8_t *keys, uint64_t i)
{
    uint64_t key;

    memcpy(&key, keys + i * KEY_BYTES, sizeof key);
    return be64toh(key);
}

static bool is_ascending(vt_slice keys)
{
    for (size_t at = KEY_BYTES; at < keys.len; at += KEY_BYTES)
        if (memcmp(keys.data + at - KEY_BYTES, keys.data + at, KEY_BYTES) >= 0)
            return false;
    return true;
}

static bool has_key(const uint8_t *keys, uint32_t count, uint64_t key)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (key_at(keys, middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && key_at(keys, low) == key;
}

static bool have_nothing_in_common(const struct vt_delta *delta)
{
    uint32_t k = 0;

    for (uint32_t i = 0; i < delta->added_count; i++) {
        uint64_t key = key_at(delta->added, i);

        while (k < delta->removed_count && key_at(delta->removed, k) < key)
            k++;
        if (k < delta->removed_count && key_at(delta->removed, k) == key)
            return false;
    }
    return true;
}

bool vt_delta_parse(vt_slice bytes, struct vt_delta *out, struct vt_error *err)
{
    vt_reader r = { bytes };
    struct vt_delta delta;
    vt_slice filter, added, removed;

    if (!vt_read_literal(&r, vt_slice_from_cstr(MAGIC)) ||
        !vt_read_bytes(&r, VT_SHA256_BYTES, &filter) ||
        !vt_read_u32(&r, &delta.added_count) || !vt_read_u32(&r, &delta.removed_count) ||
        !vt_read_bytes(&r, (size_t)delta.added_count * KEY_BYTES, &added) ||
        !vt_read_bytes(&r, (size_t)delta.removed_count * KEY_BYTES, &removed) ||
        !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "delta: cut short or overlong, %zu bytes",
                       bytes.len);
    memcpy(delta.filter.bytes, filter.data, VT_SHA256_BYTES);
    delta.added = added.data;
    delta.removed = removed.data;
    if (!is_ascending(added) || !is_ascending(removed) || !have_nothing_in_common(&delta))
        return vt_fail(err, VT_MALFORMED,
                       "delta: keys are unsorted, repeated, or both added and removed");
    *out = delta;
    return true;
}

bool vt_filter_may_have(const struct vt_filter *filter, const struct vt_delta *delta,
                        const vt_hash *hash)
{
    uint64_t key = vt_filter_key(hash);

    if (delta == NULL)
        return vt_filter_has(filter, key);
    if (has_key(delta->added, delta->added_count, key))
        return true;
    return vt_filter_has(filter, key) &&
           !has_key(delta->removed, delta->removed_count, key);
}
