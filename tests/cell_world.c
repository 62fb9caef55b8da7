/* See cell_world.h. */
#include "tests/cell_world.h"
#include "crypto/crypto.h"
#include "wire/wire.h"

struct vt_cell_world vt_cell_world_good(void)
{
    return (struct vt_cell_world){ .key_cell = "zurich",
                                   .key_jurisdiction = "CH",
                                   .key_from = VT_WORLD_BEGAN - 100000,
                                   .key_until = VT_WORLD_NOW + 100000,
                                   .certified_cell = "zurich",
                                   .certified_use = "recipient",
                                   .recipient = "recipient",
                                   .statistics = "statistics",
                                   .certified_from = VT_WORLD_BEGAN - 100000,
                                   .certified_until = VT_WORLD_NOW + 100000,
                                   .relay_holder = "Somebody",
                                   .has_ledger = true };
}

static const char *policy(const struct vt_world *world)
{
    struct vt_vkey vkey = vt_vkey_of(VT_LIT(VT_CELL_WORLD_ORIGIN), VT_NOTE_ED25519,
                                     vt_key_public(vt_world_key(VT_P_HEADS)));
    struct vt_buf *text = vt_arena_alloc(vt_test_arena(), sizeof *text);

    *text = vt_buf_init(VT_KIB(16));
    vt_buf_put_text(text, "log ");
    vt_vkey_write(text, &vkey);
    vt_buf_printf(text, "\n%s", vt_world_policy(3, world->trust_origin));
    return vt_buf_cstr(text);
}

static void add_certified(json_t *list, const struct vt_cell_world *cell, const char *use,
                          const char *sha256)
{
    VT_CHECK(json_array_append_new(list,
                                   json_pack("{s:s,s:s,s:s,s:s,s:s}", "use", use, "cell",
                                             cell->certified_cell, "sha256", sha256, "from",
                                             vt_world_time(cell->certified_from), "until",
                                             vt_world_time(cell->certified_until))) == 0);
}

vt_slice vt_cell_world_trust(struct vt_world *world, const struct vt_cell_world *cell)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));
    VT_AUTO_JSON predicate = NULL;
    json_t *certified = json_array();

    world->policy = policy(world);
    world->keys[VT_P_CELL].product = cell->key_cell;
    world->keys[VT_P_CELL].jurisdiction = cell->key_jurisdiction;
    world->keys[VT_P_CELL].from = cell->key_from;
    world->keys[VT_P_CELL].until = cell->key_until;
    predicate = vt_world_trust_predicate(world);
    if (cell->has_ledger)
        VT_CHECK(
            json_array_append_new(json_object_get(predicate, "ledgers"),
                                  json_pack("{s:s,s:s,s:s}", "origin", VT_CELL_WORLD_ORIGIN,
                                            "use", "head", "cell", "zurich")) == 0);
    add_certified(certified, cell, cell->certified_use, vt_world_digest(cell->recipient));
    add_certified(certified, cell, "statistics", vt_world_digest(cell->statistics));
    add_certified(certified, cell, "ohttp",
                  cell->ohttp != NULL ? cell->ohttp : vt_world_digest("ohttp"));
    if (cell->relay_url != NULL)
        VT_CHECK(json_object_set_new(predicate, "relays",
                                     json_pack("[{s:s,s:s,s:s,s:s}]", "cell", "zurich",
                                               "url", cell->relay_url, "holder",
                                               cell->relay_holder, "jurisdiction", "BR")) ==
                 0);
    VT_CHECK(json_object_set_new(predicate, "certified", certified) == 0);
    VT_CHECK_OK(vt_statement_write_about_itself(VT_TRUST, predicate, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), world->root_signers);
}
