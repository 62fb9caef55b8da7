/* A cell's files, from a folder or over HTTP. */
#include "cell/source.h"
#include "cell/site.h"
#include "http/http.h"
#include "ledger/prove.h"

enum { TRIES = 3, NODES_KEPT = 64 };

struct node {
    bool is_taken;
    vt_hash name;
    unsigned width;
    vt_hash hashes[VT_TILE_WIDTH];
};

struct vt_cell_source {
    const char *where;
    struct vt_disk *disk;          /* of a folder; NULL until it is needed */
    struct vt_http_client *client; /* of a URL; NULL until it is needed */
    uint64_t asked, bytes;
    struct node nodes[NODES_KEPT]; /* by their first byte */
};

struct vt_cell_source *vt_cell_source_new(const char *where)
{
    struct vt_cell_source *source = vt_alloc(sizeof *source);

    source->where = where;
    return source;
}

void vt_cell_source_close(struct vt_cell_source *source)
{
    if (source == NULL)
        return;
    vt_disk_close(source->disk);
    vt_http_client_free(source->client);
    free(source);
}

void vt_cell_source_close_pointer(struct vt_cell_source **source)
{
    vt_cell_source_close(*source);
}

bool vt_cell_source_is_remote(const struct vt_cell_source *source)
{
    return strncmp(source->where, "http://", 7) == 0 ||
           strncmp(source->where, "https://", 8) == 0;
}

uint64_t vt_cell_source_asked(const struct vt_cell_source *source)
{
    return source->asked;
}

uint64_t vt_cell_source_bytes(const struct vt_cell_source *source)
{
    return source->bytes;
}

/* ---- files ------------------------------------------------------------------------------
 */

static bool take_answer(const struct vt_http_call *call, struct vt_buf *out,
                        struct vt_error *err)
{
    if (call->status == 0) {
        *err = call->failure;
        return false;
    }
    if (call->status == VT_HTTP_NOT_FOUND)
        return vt_fail(err, VT_ABSENT, "%s: the server has none", call->url);
    if (call->status != VT_HTTP_OK)
        return vt_fail(err, VT_IO, "%s: the server answered %d", call->url, call->status);
    vt_buf_put(out, vt_buf_slice(&call->answer));
    return vt_buf_check(out, call->url, err);
}

static bool fetch_once(struct vt_cell_source *source, const char *url, struct vt_buf *out,
                       struct vt_error *err)
{
    struct vt_http_call call = { .url = url,
                                 .answer_bytes_max = out->bytes_max - out->len };
    struct vt_error failure = { 0 };
    bool is_ok = vt_http_client_run(source->client, &call, &failure);

    if (is_ok)
        is_ok = take_answer(&call, out, err);
    else
        *err = failure;
    vt_http_call_clear(&call);
    return is_ok;
}

static bool fetch(struct vt_cell_source *source, const char *path, struct vt_buf *out,
                  struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    size_t len = strlen(source->where);
    const char *url;

    if (source->client == NULL && !vt_http_client_new(&source->client, err))
        return false;
    while (len > 0 && source->where[len - 1] == '/')
        len--;
    url = vt_arena_printf(arena, "%.*s/%s", (int)len, source->where, path); /* a URL */
    for (unsigned i = 1; !fetch_once(source, url, out, err); i++)
        if (i == TRIES || err->code != VT_IO)
            return false;
    return true;
}

static bool read_file(struct vt_cell_source *source, const char *path, struct vt_buf *out,
                      struct vt_error *err)
{
    size_t before = out->len;
    bool is_ok;

    if (vt_cell_source_is_remote(source))
        is_ok = fetch(source, path, out, err);
    else
        is_ok = (source->disk != NULL ||
                 vt_disk_open(source->where, false, &source->disk, err)) &&
                vt_disk_read(source->disk, path, out, err);
    if (is_ok)
        source->bytes += out->len - before;
    return is_ok;
}

bool vt_cell_source_head(struct vt_cell_source *source, struct vt_buf *out,
                         struct vt_error *err)
{
    return read_file(source, VT_CELL_HEAD_PATH, out, err);
}

bool vt_cell_source_blob(struct vt_cell_source *source, const struct vt_head_blob *blob,
                         struct vt_buf *out, struct vt_error *err)
{
    char path[VT_CELL_PATH_BYTES];
    vt_hash hash;
    VT_AUTO_BUF bytes = vt_buf_init(
        blob->size_bytes < VT_FILTER_BYTES_MAX ? blob->size_bytes : VT_FILTER_BYTES_MAX);

    vt_cell_filter_path(&blob->hash, path);
    if (!read_file(source, path, &bytes, err))
        return false;
    hash = vt_sha256_of(vt_buf_slice(&bytes));
    if (!vt_hash_equal(&hash, &blob->hash))
        return vt_fail(err, VT_REJECTED, "%s: its bytes are not those that the head names",
                       path);
    vt_buf_put(out, vt_buf_slice(&bytes));
    return vt_buf_check(out, path, err);
}

/* ---- from the root down -----------------------------------------------------------------
 */

static bool read_node(struct vt_cell_source *source, const vt_hash *name, unsigned width,
                      const struct node **out, struct vt_error *err)
{
    struct node *node = &source->nodes[name->bytes[0] % NODES_KEPT];
    VT_AUTO_BUF bytes = vt_buf_init(VT_TILE_BYTES);
    char path[VT_CELL_PATH_BYTES];
    vt_hash root;

    *out = node;
    if (node->is_taken && node->width == width && vt_hash_equal(&node->name, name))
        return true;
    node->is_taken = false;
    vt_cell_node_path(name, path);
    if (!read_file(source, path, &bytes, err))
        return false;
    if (bytes.len == width * sizeof(vt_hash)) {
        memcpy(node->hashes, bytes.data, bytes.len);
        root = vt_tile_root(node->hashes, width);
    }
    if (bytes.len != width * sizeof(vt_hash) || !vt_hash_equal(&root, name))
        return vt_fail(err, VT_REJECTED, "%s: its hashes do not lead to its name", path);
    node->name = *name;
    node->width = width;
    node->is_taken = true;
    return true;
}

/* The way from the root to one bucket. */
struct way {
    vt_hash tiles[VT_CELL_LEVELS_MAX][VT_TILE_WIDTH];
    vt_hash leaf;
};

static bool walk_down(struct vt_cell_source *source, const struct vt_cell_tree *tree,
                      uint32_t index, struct way *way, struct vt_error *err)
{
    vt_hash name = tree->root;

    for (unsigned level = vt_cell_level_count(tree->bits); level-- > 0;) {
        unsigned width = vt_cell_tile_width(tree->bits, level);
        const struct node *node;

        if (!read_node(source, &name, width, &node, err))
            return false;
        memcpy(way->tiles[level], node->hashes, width * sizeof(vt_hash));
        name = way->tiles[level][(index >> 8 * level) % VT_TILE_WIDTH];
    }
    way->leaf = name;
    return true;
}

/* The prover asks for the tiles above one leaf only. */
static bool read_tile(void *context, const struct vt_tile_name *tile, vt_hash *out,
                      struct vt_error *err)
{
    struct way *way = context;

    if (tile->level < 0 || tile->level >= VT_CELL_LEVELS_MAX)
        return vt_fail(err, VT_ABSENT, "the tree has no such level");
    memcpy(out, way->tiles[tile->level], tile->width * sizeof *out);
    return true;
}

static bool read_answer(struct vt_cell_source *source, const struct vt_cell_tree *tree,
                        uint32_t index, struct way *way, struct vt_buf *out,
                        struct vt_error *err)
{
    VT_AUTO_BUF bucket = vt_buf_init(tree->bucket_bytes);
    struct vt_tile_source tiles = { read_tile, way };
    struct vt_proof proof = { .count = 0 };
    char path[VT_CELL_PATH_BYTES];

    if (!walk_down(source, tree, index, way, err))
        return false;
    source->asked++;
    vt_cell_bucket_path(tree->bucket_bytes, &way->leaf, path);
    return read_file(source, path, &bucket, err) &&
           vt_prove_inclusion(&tiles, index, UINT64_C(1) << tree->bits, &proof, err) &&
           vt_answer_write(tree, vt_buf_slice(&bucket), proof.hashes, out, err);
}

bool vt_cell_source_answer(struct vt_cell_source *source, const struct vt_cell_tree *tree,
                           const vt_hash *hash, struct vt_buf *out, struct vt_error *err)
{
    struct way *way = vt_alloc(sizeof *way);
    bool is_ok = read_answer(source, tree, vt_bucket_of(hash, tree->bits), way, out, err);

    free(way);
    return is_ok;
}
