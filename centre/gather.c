/* The whole of a gathering, and what says of it what it is. */
#include "centre/gather.h"
#include "centre/centre.h"
#include "evidence/field.h"
#include "http/gzip.h"
#include "release/desk.h"

/* Smaller ones are not worth the unpacking. */
enum { GZIP_FROM_BYTES = 512, PROBLEMS_MAX = 64 };

/* ---- showing ----------------------------------------------------------------------------
 */

bool vt_gather_put(struct vt_gathering *g, const char *path, enum vt_centre_type type,
                   bool is_immutable, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_BUF packed = vt_buf_init(VT_DOCUMENT_PLAIN_BYTES_MAX);
    struct vt_gathered *row;

    if (bytes.len > VT_DOCUMENT_PLAIN_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: longer than %zu bytes", path,
                       VT_DOCUMENT_PLAIN_BYTES_MAX);
    if (bytes.len >= GZIP_FROM_BYTES)
        vt_gzip(bytes, &packed);
    if (packed.is_full || packed.len >= bytes.len)
        vt_buf_truncate(&packed, 0);
    if (g->count == g->room) {
        g->room = g->room == 0 ? 64 : 2 * g->room;
        g->rows = vt_grow_array(g->rows, g->room, sizeof *g->rows);
    }
    row = &g->rows[g->count++];
    row->plain = vt_arena_copy(g->arena, bytes);
    row->gzip = vt_arena_copy(g->arena, vt_buf_slice(&packed));
    row->head = (struct vt_document_head){
        .path = vt_arena_copy(g->arena, vt_slice_from_cstr(path)),
        .type = type,
        .is_immutable = is_immutable,
        .plain_bytes = (uint32_t)bytes.len, /* bounded above, both */
        .gzip_bytes = (uint32_t)packed.len,
    };
    return true;
}

bool vt_gather_put_json(struct vt_gathering *g, const char *path, json_t *value,
                        struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_DOCUMENT_PLAIN_BYTES_MAX);
    bool is_ok = vt_json_write_canonical(value, &text, err) &&
                 vt_gather_put(g, path, VT_TYPE_JSON, false, vt_buf_slice(&text), err);

    json_decref(value);
    return is_ok || vt_within(err, "%s", path);
}

void vt_gather_tell(struct vt_gathering *g, const char *sentence)
{
    json_t *text = json_string(sentence);

    if (text == NULL)
        text = json_string("something whose name is not UTF-8 could not be read");
    if (json_array_size(g->problems) < PROBLEMS_MAX)
        (void)json_array_append_new(g->problems, text);
    else
        json_decref(text);
}

/* ---- what the Centre says of itself -----------------------------------------------------
 */

static bool put_about(struct vt_gathering *g, struct vt_error *err)
{
    const struct vt_holding *h = g->holding;
    vt_hash hash = vt_sha256_of(vt_buf_slice(&h->trust_bytes));
    json_t *about = json_pack(
        "{s:s,s:o,s:b,s:b,s:O,s:{s:I,s:o,s:o,s:o}}", "version", VT_VERSION, "changed",
        vt_field_of_time(g->now_unix_s), "has_desk", g->has_desk, "has_public",
        g->public != NULL, "problems", g->problems, "trust", "version",
        (json_int_t)h->trust->version, "sha256", vt_field_of_hash(&hash), "created",
        vt_field_of_time(h->trust->created_unix_s), "expires",
        vt_field_of_time(h->trust->expires_unix_s));

    if (g->page_facts != NULL)
        (void)json_object_set(about, "pages", g->page_facts);
    return vt_gather_put_json(g, "/api/v1/about", about, err);
}

static bool put_releases(struct vt_gathering *g, struct vt_error *err)
{
    json_t *all = json_pack("{s:O,s:b}", "releases", g->releases, "has_desk", g->has_desk);

    if (g->list_waits != NULL)
        (void)json_object_set(all, "list_waits", g->list_waits);
    return vt_gather_put_json(g, "/api/v1/releases", all, err);
}

static void open_public(struct vt_gathering *g)
{
    const char *path = vt_arena_printf(g->arena, "%s/" VT_CENTRE_PUBLIC, g->folder);
    struct vt_error why = { 0 };

    if (vt_path_exists(path) && !vt_disk_open(path, false, &g->public, &why))
        vt_gather_tell(g, why.message);
}

bool vt_gather(struct vt_gathering *g, struct vt_error *err)
{
    g->arena = vt_arena_new();
    g->problems = json_array();
    g->files = json_array();
    g->releases = json_array();
    g->builds = json_array();
    g->items = json_array();
    vt_holding_refresh(g->holding);
    open_public(g);
    return vt_gather_put(g, "/api/v1/trust", VT_TYPE_JSON, false,
                         vt_buf_slice(&g->holding->trust_bytes), err) &&
           vt_gather_ledgers(g, err) && vt_gather_releases(g, err) &&
           vt_gather_files(g, err) && vt_gather_supervision(g, err) &&
           vt_gather_places(g, err) && vt_gather_claims(g, err) &&
           vt_gather_digests(g, err) && vt_gather_others(g, err) &&
           vt_gather_handed(g, err) && vt_gather_pages(g, err) && put_releases(g, err) &&
           put_about(g, err);
}

void vt_gathering_clear(struct vt_gathering *g)
{
    json_decref(g->problems);
    json_decref(g->files);
    json_decref(g->releases);
    json_decref(g->builds);
    json_decref(g->items);
    json_decref(g->list_waits);
    json_decref(g->page_facts);
    vt_disk_close(g->public);
    vt_arena_free(g->arena);
    free(g->rows);
    *g = (struct vt_gathering){ 0 };
}

/* The time at which it was gathered is no change. */
vt_hash vt_gathering_digest(const struct vt_gathering *g)
{
    struct vt_sha256 state;
    vt_hash hash;

    vt_sha256_init(&state);
    for (size_t i = 0; i < g->count; i++) {
        const struct vt_gathered *row = &g->rows[i];
        vt_hash one = vt_sha256_of(row->plain);

        if (vt_slice_is(row->head.path, "/api/v1/about"))
            continue;
        vt_sha256_add(&state, row->head.path);
        vt_sha256_add(&state, vt_hash_slice(&one));
    }
    for (size_t i = 0; i < json_array_size(g->problems); i++)
        vt_sha256_add(
            &state, vt_slice_from_cstr(json_string_value(json_array_get(g->problems, i))));
    vt_sha256_end(&state, &hash);
    return hash;
}
