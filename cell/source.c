/* A cell's files, from a folder or over HTTP. */
#include "cell/source.h"
#include "cell/recipient.h"
#include "cell/oblivious.h"
#include "cell/site.h"
#include "http/http.h"
#include "ledger/prove.h"

enum {
    TRIES = 4,
    NODES_KEPT = 64,
    RELAY_ANSWER_BYTES_MAX = 64 << 10, /* what a relay carries */
};

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
    struct vt_cell_cache *cache;   /* NULL: none */
    bool is_silent;                /* nodes and buckets may not be asked for */
    const char *relay;             /* NULL: none */
    const struct vt_ohttp_config *key;
    const struct vt_env *env;
    uint64_t asked, bytes, direct;
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
    return vt_http_is_url(source->where);
}

void vt_cell_source_keep(struct vt_cell_source *source, struct vt_cell_cache *cache)
{
    source->cache = cache;
}

void vt_cell_source_ask_through(struct vt_cell_source *source, const char *relay,
                                const struct vt_ohttp_config *key, const struct vt_env *env)
{
    source->relay = relay;
    source->key = key;
    source->env = env;
}

void vt_cell_source_allow(struct vt_cell_source *source, bool may_ask)
{
    source->is_silent = !may_ask;
}

uint64_t vt_cell_source_direct(const struct vt_cell_source *source)
{
    return source->direct;
}

uint64_t vt_cell_source_asked(const struct vt_cell_source *source)
{
    return source->asked;
}

uint64_t vt_cell_source_bytes(const struct vt_cell_source *source)
{
    return source->bytes;
}

/* ---- over the network -------------------------------------------------------------------
 */

/* What a status means, whoever answered. */
static bool judge_status(unsigned status, const char *what, struct vt_error *err)
{
    if (status == VT_HTTP_OK)
        return true;
    if (status == VT_HTTP_NOT_FOUND)
        return vt_fail(err, VT_ABSENT, "%s: the server has none", what);
    return vt_fail(err, VT_IO, "%s: the server answered %u", what, status);
}

static bool fetch_once(struct vt_cell_source *source, const char *url, struct vt_buf *out,
                       struct vt_error *err)
{
    struct vt_http_call call = { .url = url,
                                 .answer_bytes_max = out->bytes_max - out->len };
    struct vt_error failure = { 0 };
    bool is_ok = vt_http_client_run(source->client, &call, &failure);

    if (!is_ok)
        *err = failure;
    else if (!judge_status((unsigned)call.status, url, err)) /* of three digits */
        is_ok = false;
    if (is_ok)
        vt_buf_put(out, vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    source->direct += is_ok;
    return is_ok && vt_buf_check(out, url, err);
}

/* "cell.example:8443" of "https://cell.example:8443/below/". */
static const char *authority_of(const char *url, struct vt_arena *arena)
{
    const char *begin = strstr(url, "://") + 3;

    return vt_arena_printf(arena, "%.*s", (int)strcspn(begin, "/"), begin); /* of a URL */
}

static bool ask_relay_once(struct vt_cell_source *source, const char *url,
                           struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *authority = authority_of(url, arena);
    struct vt_oblivious oblivious = { .relay = source->relay,
                                      .key = source->key,
                                      .authority = authority,
                                      .answer_bytes_max = RELAY_ANSWER_BYTES_MAX };
    struct vt_oblivious_answer answer;
    vt_slice path = vt_slice_from_cstr(strstr(url, "://") + 3 + strlen(authority));

    if (!vt_oblivious_get(&oblivious, source->client, source->env, path, arena, &answer,
                          err))
        return false;
    if (answer.status == VT_HTTP_ERROR) /* answers have one length, and this is longer */
        return vt_fail(err, VT_LIMIT, "%s: too long for the relay", url);
    if (!judge_status(answer.status, url, err))
        return false;
    vt_buf_put(out, answer.content);
    return vt_buf_check(out, url, err);
}

/* A server that is busy is asked again, later and later; what failed for good is not. */
static bool fetch(struct vt_cell_source *source, const char *path, bool is_hidden,
                  struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    size_t before = out->len;
    const char *url;

    if (source->client == NULL && !vt_http_client_new(&source->client, err))
        return false;
    url = vt_http_url(arena, source->where, vt_arena_printf(arena, "/%s", path));
    for (int i = 1; !(is_hidden ? ask_relay_once(source, url, out, err)
                                : fetch_once(source, url, out, err));
         i++) {
        struct timespec rest = { .tv_nsec = 100000000L << i };

        if (i == TRIES || err->code != VT_IO)
            return false;
        vt_buf_truncate(out, before);
        rest.tv_sec = rest.tv_nsec / 1000000000;
        rest.tv_nsec %= 1000000000;
        (void)nanosleep(&rest, NULL);
    }
    return true;
}

static bool read_file(struct vt_cell_source *source, const char *path, bool is_hidden,
                      struct vt_buf *out, struct vt_error *err)
{
    size_t before = out->len;
    bool is_ok;

    if (vt_cell_source_is_remote(source))
        is_ok = fetch(source, path, is_hidden && source->relay != NULL, out, err);
    else
        is_ok = (source->disk != NULL ||
                 vt_disk_open(source->where, false, &source->disk, err)) &&
                vt_disk_read(source->disk, path, out, err);
    if (is_ok)
        source->bytes += out->len - before;
    return is_ok;
}

/* ---- what is the same for everybody -----------------------------------------------------
 */

/* A head too long for the relay is asked for directly: it says only that somebody asks. */
bool vt_cell_source_head(struct vt_cell_source *source, struct vt_buf *out,
                         struct vt_error *err)
{
    struct vt_error why = { 0 };

    if (source->relay == NULL)
        return read_file(source, VT_CELL_HEAD_PATH, false, out, err);
    if (read_file(source, VT_CELL_HEAD_PATH, true, out, &why))
        return true;
    if (why.code == VT_LIMIT)
        return read_file(source, VT_CELL_HEAD_PATH, false, out, err);
    *err = why;
    return false;
}

/* Bytes under their own digest. */
static bool read_digested(struct vt_cell_source *source, const char *path, bool is_hidden,
                          const vt_hash *wanted, uint64_t size, struct vt_buf *out,
                          struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init((size_t)size); /* bounded by the callers */
    vt_hash hash;

    if (!read_file(source, path, is_hidden, &bytes, err))
        return false;
    hash = vt_sha256_of(vt_buf_slice(&bytes));
    if (!vt_hash_equal(&hash, wanted))
        return vt_fail(err, VT_REJECTED, "%s: its bytes are not those that the head names",
                       path);
    vt_buf_put(out, vt_buf_slice(&bytes));
    return vt_buf_check(out, path, err);
}

bool vt_cell_source_blob(struct vt_cell_source *source, const struct vt_head_blob *blob,
                         struct vt_buf *out, struct vt_error *err)
{
    char path[VT_CELL_PATH_BYTES];

    vt_cell_filter_path(&blob->hash, path);
    return read_digested(source, path, false, &blob->hash,
                         blob->size_bytes < VT_FILTER_BYTES_MAX ? blob->size_bytes
                                                                : VT_FILTER_BYTES_MAX,
                         out, err);
}

bool vt_cell_source_recipient(struct vt_cell_source *source, const vt_hash *hash,
                              struct vt_buf *out, struct vt_error *err)
{
    char path[VT_RECIPIENT_PATH_BYTES];

    vt_cell_recipient_path(hash, path);
    return read_digested(source, path, true, hash, VT_RECIPIENT_BYTES_MAX, out, err);
}

bool vt_cell_source_ohttp(struct vt_cell_source *source, const vt_hash *hash,
                          struct vt_buf *out, struct vt_error *err)
{
    char path[VT_CELL_PATH_BYTES];

    vt_cell_ohttp_path(hash, path);
    return read_digested(source, path, true, hash, VT_CELL_OHTTP_BYTES_MAX, out, err);
}

/* ---- what tells which file is asked about -----------------------------------------------
 */

/* Is it what its name says? */
struct named {
    const vt_hash *name;
    unsigned width;                  /* of a node; 0: it is a bucket */
    const struct vt_cell_tree *tree; /* of a bucket */
};

static bool is_node(vt_slice bytes, const struct named *named)
{
    vt_hash hashes[VT_TILE_WIDTH], root;

    if (bytes.len != named->width * sizeof *hashes)
        return false;
    memcpy(hashes, bytes.data, bytes.len);
    root = vt_tile_root(hashes, named->width);
    return vt_hash_equal(&root, named->name);
}

static bool is_bucket(vt_slice bytes, const struct named *named)
{
    struct vt_bucket bucket;
    struct vt_error ignored;
    vt_hash leaf;

    if (bytes.len != named->tree->bucket_bytes ||
        !vt_bucket_parse(bytes, &bucket, &ignored))
        return false;
    leaf = vt_sha256_leaf(bucket.bytes);
    return vt_hash_equal(&leaf, named->name);
}

static bool is_named(vt_slice bytes, const struct named *named)
{
    return named->width != 0 ? is_node(bytes, named) : is_bucket(bytes, named);
}

static bool read_kept(struct vt_cell_source *source, const char *path,
                      const struct named *named, struct vt_buf *out)
{
    if (source->cache == NULL || !vt_cell_cache_get(source->cache, path, out))
        return false;
    if (is_named(vt_buf_slice(out), named))
        return true;
    vt_buf_truncate(out, 0);
    vt_cell_cache_drop(source->cache, path);
    return false;
}

/* out: empty.  From the cache, or, if that is allowed, by asking. */
static bool read_named(struct vt_cell_source *source, const char *path,
                       const struct named *named, struct vt_buf *out, struct vt_error *err)
{
    bool is_remote = vt_cell_source_is_remote(source);

    if (is_remote && read_kept(source, path, named, out))
        return true;
    if (is_remote && source->is_silent)
        return vt_fail(err, VT_ABSENT, "%s: not here, and not asked for", path);
    source->asked += named->width == 0;
    if (!read_file(source, path, true, out, err))
        return false;
    if (!is_named(vt_buf_slice(out), named))
        return vt_fail(err, VT_REJECTED,
                       "%s: it is not what the head commits to: %s were left out, added or "
                       "changed",
                       path, named->width != 0 ? "hashes" : "rows");
    if (is_remote && source->cache != NULL)
        vt_cell_cache_put(source->cache, path, vt_buf_slice(out));
    return true;
}

static bool read_node(struct vt_cell_source *source, const vt_hash *name, unsigned width,
                      const struct node **out, struct vt_error *err)
{
    struct node *node = &source->nodes[name->bytes[0] % NODES_KEPT];
    const struct named named = { .name = name, .width = width };
    VT_AUTO_BUF bytes = vt_buf_init(VT_TILE_BYTES);
    char path[VT_CELL_PATH_BYTES];

    *out = node;
    if (node->is_taken && node->width == width && vt_hash_equal(&node->name, name))
        return true;
    node->is_taken = false;
    vt_cell_node_path(name, path);
    if (!read_named(source, path, &named, &bytes, err))
        return false;
    memcpy(node->hashes, bytes.data, bytes.len);
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

    const struct named named = { .name = &way->leaf, .tree = tree };

    if (!walk_down(source, tree, index, way, err))
        return false;
    vt_cell_bucket_path(tree->bucket_bytes, &way->leaf, path);
    return read_named(source, path, &named, &bucket, err) &&
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
