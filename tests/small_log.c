/* A log in memory. */
#include "tests/small_log.h"

#include "ledger/checkpoint.h"
#include "ledger/upload.h"

struct vt_key *vt_test_key(uint8_t seed)
{
    struct vt_error err = { 0 };
    uint8_t bytes[32];
    struct vt_key *key = NULL;

    memset(bytes, seed, sizeof bytes);
    VT_CHECK_OK(vt_key_from_seed(bytes, &key, &err));
    vt_test_keep(key);
    return key;
}

const char *vt_test_vkey(const char *name, enum vt_note_type type, const struct vt_key *key)
{
    struct vt_vkey vkey =
        vt_vkey_of(vt_slice_from_cstr(name), (uint8_t)type, vt_key_public(key));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    vt_vkey_write(&text, &vkey);
    VT_CHECK(!text.is_full);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

struct vt_small_log vt_small_log_of(const char *origin, uint8_t seed)
{
    return (struct vt_small_log){
        .origin = origin, .key = vt_test_key(seed), .branch = "", .fork_at = UINT64_MAX
    };
}

const char *vt_small_log_vkey(const struct vt_small_log *log)
{
    return vt_test_vkey(log->origin, VT_NOTE_ED25519, log->key);
}

vt_slice vt_small_log_entry(const struct vt_small_log *log, uint64_t i)
{
    return vt_slice_from_cstr(
        vt_test_print("%sentry %ju", i >= log->fork_at ? log->branch : "", (uintmax_t)i));
}

static vt_hash leaf(const struct vt_small_log *log, uint64_t i)
{
    char text[100];

    (void)snprintf(text, sizeof text, "%sentry %ju", i >= log->fork_at ? log->branch : "",
                   (uintmax_t)i);
    return vt_sha256_leaf(vt_slice_from_cstr(text));
}

/* The largest power of two smaller than n; n > 1. */
static uint64_t split_of(uint64_t n)
{
    uint64_t k = 1;

    while (k << 1 < n)
        k <<= 1;
    return k;
}

/* MTH(D[from:to]) */
static vt_hash tree_hash(const struct vt_small_log *log, uint64_t from, uint64_t to)
{
    vt_hash left, right;
    uint64_t k;

    if (from == to)
        return vt_sha256_of((vt_slice){ 0 });
    if (to - from == 1)
        return leaf(log, from);
    k = split_of(to - from);
    left = tree_hash(log, from, from + k);
    right = tree_hash(log, from + k, to);
    return vt_sha256_node(&left, &right);
}

vt_hash vt_small_log_root(const struct vt_small_log *log, uint64_t size)
{
    return tree_hash(log, 0, size);
}

static void put(struct vt_proof *out, vt_hash hash)
{
    out->hashes[out->count++] = hash;
}

/* SUBPROOF(m, D[from:to], is_whole) */
static void subproof(const struct vt_small_log *log, uint64_t m, uint64_t from, uint64_t to,
                     bool is_whole, struct vt_proof *out)
{
    uint64_t k;

    if (m == to - from) {
        if (!is_whole)
            put(out, tree_hash(log, from, to));
        return;
    }
    k = split_of(to - from);
    if (m <= k) {
        subproof(log, m, from, from + k, is_whole, out);
        put(out, tree_hash(log, from + k, to));
    } else {
        subproof(log, m - k, from + k, to, false, out);
        put(out, tree_hash(log, from, from + k));
    }
}

bool vt_small_log_prove(void *context, uint64_t old_size, uint64_t size,
                        struct vt_proof *out, struct vt_error *err)
{
    if (old_size > size)
        return vt_fail(err, VT_ABSENT, "no proof from the larger to the smaller");
    out->count = 0;
    if (old_size != 0)
        subproof(context, old_size, 0, size, true, out);
    return true;
}

vt_slice vt_small_log_note(const struct vt_small_log *log, uint64_t size)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4)), note = vt_buf_init(VT_KIB(8));
    struct vt_checkpoint checkpoint = { .origin = vt_slice_from_cstr(log->origin),
                                        .size = size,
                                        .root = vt_small_log_root(log, size) };

    vt_checkpoint_write(&text, &checkpoint);
    vt_buf_put(&note, vt_buf_slice(&text));
    vt_buf_put_u8(&note, '\n');
    VT_CHECK_OK(
        vt_note_sign(log->key, checkpoint.origin, vt_buf_slice(&text), &note, &err));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&note));
}

/* SUBTREE_SUBPROOF(start, end, D[from:to], is_whole), all counted in the whole tree */
static void subtree_subproof(const struct vt_small_log *log, uint64_t start, uint64_t end,
                             uint64_t from, uint64_t to, bool is_whole,
                             struct vt_proof *out)
{
    uint64_t middle;

    if (start == from && end == to) {
        if (!is_whole)
            put(out, tree_hash(log, from, to));
        return;
    }
    middle = from + split_of(to - from);
    if (end <= middle) {
        subtree_subproof(log, start, end, from, middle, is_whole, out);
        put(out, tree_hash(log, middle, to));
    } else if (start >= middle) {
        subtree_subproof(log, start, end, middle, to, is_whole, out);
        put(out, tree_hash(log, from, middle));
    } else {
        subtree_subproof(log, middle, end, middle, to, false, out);
        put(out, tree_hash(log, from, middle));
    }
}

struct vt_proof vt_small_log_subtree(const struct vt_small_log *log, uint64_t start,
                                     uint64_t end, uint64_t size)
{
    struct vt_proof proof = { .count = 0 };

    subtree_subproof(log, start, end, 0, size, true, &proof);
    return proof;
}

vt_slice vt_small_log_upload(const struct vt_small_log *log, uint64_t start, uint64_t end,
                             vt_slice ticket, size_t packages)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MIB(4));
    struct vt_upload_head head = { vt_slice_from_cstr(log->origin), start, end, ticket };

    vt_upload_head_write(&body, &head);
    while (start < end && packages-- > 0) {
        struct vt_package_range range = vt_package_range(start, end);
        struct vt_proof proof = vt_small_log_subtree(log, range.base, range.end, end);
        VT_AUTO_BUF entries = vt_buf_init(VT_MIB(1));

        for (uint64_t i = range.start; i < range.end; i++)
            vt_bundle_put(&entries, vt_small_log_entry(log, i));
        vt_package_write(&body, vt_buf_slice(&entries), &proof);
        start = range.end;
    }
    VT_CHECK(!body.is_full);
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&body));
}
