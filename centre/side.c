/* See side.h. */
#include "centre/side.h"
#include "centre/gather.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"
#include "wire/note.h"

#define DIGESTS_PATH "/api/v1/digests"

/* ---- a folder ---------------------------------------------------------------------------
 */

static bool take_document(struct vt_side *side, const struct vt_gathering *g,
                          struct vt_error *err)
{
    for (size_t i = 0; i < g->count; i++)
        if (vt_slice_is(g->rows[i].head.path, DIGESTS_PATH))
            return vt_digests_parse(g->rows[i].plain, &side->digests, err);
    return vt_fail(err, VT_LIMIT, "it shows more than a list of digests holds");
}

static bool open_folder(struct vt_side *side, int64_t now_unix_s, struct vt_error *err)
{
    struct vt_gathering g = { .holding = &side->holding,
                              .folder = side->where,
                              .now_unix_s = now_unix_s };
    bool is_ok;

    if (!vt_holding_open(side->where, &side->holding, err))
        return false;
    is_ok = vt_gather(&g, err) && take_document(side, &g, err);
    side->problems = json_incref(g.problems);
    vt_gathering_clear(&g);
    return is_ok;
}

/* ---- a URL ------------------------------------------------------------------------------
 */

static bool open_url(struct vt_side *side, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_DIGESTS_BYTES_MAX);

    side->problems = json_array();
    return vt_http_url_check(side->where, err) && vt_http_client_new(&side->client, err) &&
           vt_http_client_get(side->client, side->where, DIGESTS_PATH, &text, err) &&
           vt_digests_parse(vt_buf_slice(&text), &side->digests, err);
}

/* ---- either -----------------------------------------------------------------------------
 */

bool vt_side_open(const char *where, int64_t now_unix_s, struct vt_side *out,
                  struct vt_error *err)
{
    *out = (struct vt_side){ .where = where };
    if (vt_http_is_url(where) ? open_url(out, err) : open_folder(out, now_unix_s, err))
        return true;
    vt_side_close(out);
    return vt_within(err, "%s", where);
}

void vt_side_close(struct vt_side *side)
{
    vt_digests_clear(&side->digests);
    json_decref(side->problems);
    vt_holding_close(&side->holding);
    vt_http_client_free(side->client);
    *side = (struct vt_side){ .where = NULL };
}

const struct vt_trust *vt_side_trust(const struct vt_side *side)
{
    return side->holding.trust;
}

static bool read_checkpoint(struct vt_side *side, const char *name, struct vt_buf *out,
                            struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const struct vt_held *held;

    if (side->client != NULL)
        return vt_http_client_get(
            side->client, side->where,
            vt_arena_printf(arena, "/api/v1/ledgers/%s/checkpoint", name), out, err);
    held = vt_holding_find(&side->holding, vt_slice_from_cstr(name));
    if (held == NULL || !vt_held_is_known(held))
        return vt_fail(err, VT_ABSENT, "there is no ledger %s", name);
    vt_buf_put(out, vt_buf_slice(&held->checkpoint));
    return vt_buf_check(out, "the checkpoint", err);
}

bool vt_side_head(struct vt_side *side, const char *name, vt_slice origin,
                  const struct vt_trust *trust, struct vt_head *out, struct vt_error *err)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_tlog_verdict verdict;

    if (!vt_ledger_name_is_good(vt_slice_from_cstr(name)))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is no name of a ledger", side->where,
                       name);
    if (!read_checkpoint(side, name, &note, err) ||
        !vt_tlog_checkpoint_verify(vt_buf_slice(&note), &trust->policy, origin, &verdict,
                                   err))
        return vt_within(err, "%s: ledger %s", side->where, name);
    *out = (struct vt_head){ verdict.size, verdict.root };
    return true;
}

static bool parse_consistency(vt_slice text, struct vt_proof *out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    json_t *hashes;

    if (!vt_json_parse(text, "a proof of consistency", &json, err) ||
        !vt_json_get_array(json, "a proof of consistency", "hashes", &hashes, err))
        return false;
    *out = (struct vt_proof){ .count = 0 };
    for (size_t i = 0; i < json_array_size(hashes); i++) {
        const char *hex = json_string_value(json_array_get(hashes, i));

        if (out->count == sizeof out->hashes / sizeof out->hashes[0] || hex == NULL ||
            !vt_hash_parse_hex(vt_slice_from_cstr(hex), &out->hashes[out->count]))
            return vt_fail(err, VT_MALFORMED, "a proof of consistency: hash %zu", i);
        out->count++;
    }
    return true;
}

bool vt_side_consistency(struct vt_side *side, const char *name, uint64_t size,
                         struct vt_proof *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64));
    struct vt_held *held;

    if (side->client == NULL) {
        held = vt_holding_find(&side->holding, vt_slice_from_cstr(name));
        return held != NULL ? vt_held_consistency(held, size, out, err)
                            : vt_fail(err, VT_ABSENT, "there is no ledger %s", name);
    }
    return (vt_http_client_get(side->client, side->where,
                               vt_arena_printf(arena, "/api/v1/ledgers/%s/consistency/%ju",
                                               name, (uintmax_t)size),
                               &text, err) &&
            parse_consistency(vt_buf_slice(&text), out, err)) ||
           vt_within(err, "%s", side->where);
}
