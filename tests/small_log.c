/* A log in memory. */
#include "tests/small_log.h"

#include "ledger/checkpoint.h"

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
