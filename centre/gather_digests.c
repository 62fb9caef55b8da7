/* What this Centre shows, as digests: the document that others compare with theirs. */
#include "centre/digests.h"
#include "centre/gather.h"
#include "evidence/field.h"
#include "release/desk.h"

void vt_gather_item(struct vt_gathering *g, const struct vt_docket *docket,
                    const char *kind, const char *name, const vt_hash *hash)
{
    json_t *row = vt_digest_item_json(
        vt_arena_printf(g->arena, "%s %s", docket->product, docket->version), kind, name,
        hash);

    if (row != NULL)
        (void)json_array_append_new(g->items, row);
}

static json_t *ledgers_json(const struct vt_holding *h)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < h->count; i++) {
        const struct vt_held *held = &h->rows[i];

        if (vt_held_is_known(held))
            (void)json_array_append_new(
                rows, json_pack("{s:s,s:s%,s:I,s:o}", "name", held->name, "origin",
                                held->origin.data, held->origin.len, "size",
                                (json_int_t)held->verdict.size, "root",
                                vt_field_of_hash(&held->verdict.root)));
    }
    return rows;
}

/* A Centre that shows more than the list holds goes on without it, and says so. */
bool vt_gather_digests(struct vt_gathering *g, struct vt_error *err)
{
    vt_hash trust = vt_sha256_of(vt_buf_slice(&g->holding->trust_bytes));
    VT_AUTO_BUF text = vt_buf_init(VT_DIGESTS_BYTES_MAX);
    VT_AUTO_JSON ledgers = ledgers_json(g->holding);
    struct vt_error why = { 0 };

    if (vt_digests_write(&trust, ledgers, g->items, &text, &why))
        return vt_gather_put(g, "/api/v1/digests", VT_TYPE_JSON, false, vt_buf_slice(&text),
                             err);
    vt_gather_tell(g, vt_arena_printf(g->arena, "what Centres compare: %s", why.message));
    return true;
}
