/* Two histories: found, written down, and judged. */
#include "ledger/fork.h"
#include "ledger/tlog_proof.h"
#include "wire/base64.h"
#include "wire/hex.h"
#include "wire/json.h"

/* Which roots do these nodes give to the trees of size1 and size2 entries?  False: they are
 * too few or too many.  Spec: RFC 9162 §2.1.4.2, with the first node always present */
static bool fold(uint64_t size1, uint64_t size2, const vt_hash *path, size_t count,
                 vt_hash *root1_out, vt_hash *root2_out)
{
    uint64_t a = size1 - 1, b = size2 - 1;
    vt_hash left, right;

    if (count == 0)
        return false;
    for (; (a & 1) != 0; a >>= 1)
        b >>= 1;
    left = right = path[0];
    for (size_t i = 1; i < count; i++) {
        if (b == 0)
            return false;
        if ((a & 1) != 0 || a == b) {
            left = vt_sha256_node(&path[i], &left);
            right = vt_sha256_node(&path[i], &right);
            for (; (a & 1) == 0 && a != 0; a >>= 1)
                b >>= 1;
        } else {
            right = vt_sha256_node(&right, &path[i]);
        }
        a >>= 1;
        b >>= 1;
    }
    *root1_out = left;
    *root2_out = right;
    return b == 0;
}

/* The nodes of a consistency proof, with the first one. */
static bool make_path(const struct vt_tile_source *source, uint64_t size1, uint64_t size2,
                      vt_hash *path, size_t *count_out, struct vt_error *err)
{
    struct vt_proof proof;
    size_t first = 0;

    if (!vt_prove_consistency(source, size1, size2, &proof, err))
        return false;
    if ((size1 & (size1 - 1)) == 0) {
        if (!vt_prove_past_root(source, size1, size2, &path[0], err))
            return false;
        first = 1;
    }
    memcpy(path + first, proof.hashes, proof.count * sizeof *path);
    *count_out = first + proof.count;
    return true;
}

bool vt_fork_find(const struct vt_tile_source *source, const struct vt_head *first,
                  const struct vt_head *second, enum vt_fork_answer *answer_out,
                  vt_hash *path_out, size_t *count_out, struct vt_error *err)
{
    vt_hash root1, root2;

    VT_ASSERT(first->size <= second->size);
    *count_out = 0;
    *answer_out = VT_FORK_NONE;
    if (first->size == second->size) {
        if (!vt_hash_equal(&first->root, &second->root))
            *answer_out = VT_FORK_PROVED;
        return true;
    }
    if (first->size == 0)
        return true;
    if (!make_path(source, first->size, second->size, path_out, count_out, err))
        return false;
    if (!fold(first->size, second->size, path_out, *count_out, &root1, &root2) ||
        !vt_hash_equal(&root2, &second->root))
        *answer_out = VT_FORK_UNKNOWN;
    else if (!vt_hash_equal(&root1, &first->root))
        *answer_out = VT_FORK_PROVED;
    return true;
}

/* ---- as a file --------------------------------------------------------------------------
 */

static bool read_path(json_t *rows, struct vt_fork *out, struct vt_error *err)
{
    out->path_count = json_array_size(rows);
    if (out->path_count > VT_FORK_PATH_MAX)
        return vt_fail(err, VT_LIMIT, "path: more than %d nodes", VT_FORK_PATH_MAX);
    for (size_t i = 0; i < out->path_count; i++) {
        json_t *row = json_array_get(rows, i);

        if (!json_is_string(row) ||
            !vt_base64_parse_exact(
                vt_slice_of(json_string_value(row), json_string_length(row)),
                out->path[i].bytes, VT_SHA256_BYTES, err))
            return vt_fail(err, VT_MALFORMED, "path[%zu]: no 32 bytes in base64", i);
    }
    return true;
}

static vt_slice keep(struct vt_arena *arena, json_t *text)
{
    return vt_arena_copy(arena,
                         vt_slice_of(json_string_value(text), json_string_length(text)));
}

bool vt_fork_parse(vt_slice text, struct vt_arena *arena, struct vt_fork *out,
                   struct vt_error *err)
{
    VT_AUTO_JSON root = NULL;
    json_t *first, *second, *path;
    const char *type;
    int version;

    if (!vt_json_parse_canonical(text, "the fork proof", &root, err))
        return false;
    if (json_unpack(root, "{s:s,s:i,s:o,s:o,s:o!}", "type", &type, "v", &version, "first",
                    &first, "second", &second, "path", &path) != 0 ||
        strcmp(type, "vitrine-fork") != 0 || version != 1 || !json_is_string(first) ||
        !json_is_string(second) || !json_is_array(path))
        return vt_fail(err, VT_MALFORMED,
                       "no fork proof: exactly type, v, first, second and path are wanted");
    memset(out, 0, sizeof *out);
    out->first = keep(arena, first);
    out->second = keep(arena, second);
    return read_path(path, out, err);
}

bool vt_fork_write(struct vt_buf *out, const struct vt_fork *fork, struct vt_error *err)
{
    VT_AUTO_JSON path = json_array();
    VT_AUTO_JSON root = NULL;

    for (size_t i = 0; i < fork->path_count; i++) {
        VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

        vt_base64_write(&text,
                        vt_slice_of(fork->path[i].bytes, sizeof fork->path[i].bytes));
        (void)json_array_append_new(path, json_stringn((const char *)text.data, text.len));
    }
    root = json_pack("{s:s,s:i,s:s%,s:s%,s:O}", "type", "vitrine-fork", "v", 1, "first",
                     (const char *)fork->first.data, fork->first.len, "second",
                     (const char *)fork->second.data, fork->second.len, "path", path);
    if (root == NULL)
        return vt_fail(err, VT_MALFORMED, "a checkpoint that is no UTF-8 text");
    return vt_json_write_canonical(root, out, err);
}

bool vt_fork_keep(struct vt_disk *disk, const struct vt_fork *fork, const vt_hash *root,
                  char name_out[VT_FORK_NAME_BYTES], struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_FORK_BYTES_MAX);
    char hex[VT_HEX256_BYTES];

    vt_hash_text(root, hex);
    (void)snprintf(name_out, VT_FORK_NAME_BYTES, VT_FORK_FOLDER "/%s.json", hex);
    return vt_fork_write(&text, fork, err) &&
           vt_disk_write(disk, name_out, vt_buf_slice(&text), 0644, err);
}

/* The first of them.  A longer name is none of ours. */
static bool note_kept(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    char *name_out = context;

    (void)err;
    if (!is_folder && name_out[0] == '\0' &&
        strlen(name) + sizeof VT_FORK_FOLDER < VT_FORK_NAME_BYTES)
        (void)snprintf(name_out, VT_FORK_NAME_BYTES, VT_FORK_FOLDER "/%s", name);
    return true;
}

bool vt_fork_kept(struct vt_disk *disk, char name_out[VT_FORK_NAME_BYTES],
                  struct vt_error *err)
{
    struct vt_error why = { 0 };

    name_out[0] = '\0';
    if (vt_disk_list(disk, VT_FORK_FOLDER, note_kept, name_out, &why) ||
        why.code == VT_ABSENT)
        return true;
    *err = why;
    return false;
}

/* ---- judged -----------------------------------------------------------------------------
 */

static bool read_head(vt_slice note, const char *which, const struct vt_policy *policy,
                      vt_slice origin, struct vt_head *out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_policy *keys = vt_alloc(sizeof *keys);
    struct vt_tlog_verdict verdict;

    *keys = *policy;
    keys->quorum = VT_POLICY_QUORUM_NONE;
    if (!vt_tlog_checkpoint_verify(note, keys, origin, &verdict, err))
        return vt_within(err, "the %s checkpoint", which);
    *out = (struct vt_head){ verdict.size, verdict.root };
    return true;
}

bool vt_fork_verify(const struct vt_fork *fork, const struct vt_policy *policy,
                    vt_slice origin, struct vt_head heads_out[2], struct vt_error *err)
{
    vt_hash root1, root2;

    if (!read_head(fork->first, "first", policy, origin, &heads_out[0], err) ||
        !read_head(fork->second, "second", policy, origin, &heads_out[1], err))
        return false;
    if (heads_out[0].size > heads_out[1].size)
        return vt_fail(err, VT_REJECTED, "the first checkpoint is of the larger tree");
    if (heads_out[0].size == heads_out[1].size) {
        if (fork->path_count == 0 && !vt_hash_equal(&heads_out[0].root, &heads_out[1].root))
            return true;
        return vt_fail(err, VT_REJECTED,
                       fork->path_count != 0
                           ? "checkpoints of one size have no path between them"
                           : "both checkpoints are of the same tree");
    }
    if (heads_out[0].size == 0)
        return vt_fail(err, VT_REJECTED, "every tree begins with the empty one");
    if (!fold(heads_out[0].size, heads_out[1].size, fork->path, fork->path_count, &root1,
              &root2) ||
        !vt_hash_equal(&root2, &heads_out[1].root))
        return vt_fail(err, VT_REJECTED,
                       "the path does not lead to the root of the second checkpoint");
    if (vt_hash_equal(&root1, &heads_out[0].root))
        return vt_fail(err, VT_REJECTED,
                       "the second checkpoint continues the first: there is one history");
    return true;
}
