/* See centre_world.h. */
#include "tests/centre_world.h"
#include "ledger/shelf.h"
#include "ledger/tlog_proof.h"
#include "release/desk.h"
#include "wire/wire.h"
#include <sys/stat.h>

static const char *in(const struct vt_centre_world *w, const char *name)
{
    return vt_arena_printf(vt_test_arena(), "%s/%s", w->folder, name);
}

/* ---- the ledger -------------------------------------------------------------------------
 */

static vt_slice entry_of(const struct vt_centre_world *w, uint64_t index,
                         const char *filler)
{
    return index == VT_CENTRE_WORLD_RELEASE ? w->made.release
           : index == VT_CENTRE_WORLD_LIST  ? w->made.withdrawals
                                            : vt_slice_from_cstr(filler);
}

void vt_centre_world_lay_ledger(const struct vt_centre_world *w, uint64_t size,
                                const char *filler, unsigned witnesses)
{
    VT_AUTO_BUF bundle = vt_buf_init(VT_MIB(1));
    struct vt_tile_name leaves = { 0, 0, (unsigned)size },
                        entries = { VT_TILE_ENTRIES, 0, (unsigned)size };
    vt_hash hashes[VT_WORLD_ENTRIES];
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK(size > 0 && size <= VT_WORLD_ENTRIES);
    for (uint64_t i = 0; i < size; i++) {
        hashes[i] = vt_sha256_leaf(entry_of(w, i, filler));
        vt_bundle_put(&bundle, entry_of(w, i, filler));
    }
    VT_CHECK_OK(vt_disk_open(in(w, "ledgers/" VT_CENTRE_WORLD_LEDGER), true, &disk, &err));
    VT_CHECK_OK(vt_shelf_write_tile(disk, &leaves, hashes, &err));
    VT_CHECK_OK(vt_shelf_write_bundle(disk, &entries, vt_buf_slice(&bundle), &err));
    VT_CHECK_OK(vt_disk_flush(disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, "checkpoint",
                              vt_world_checkpoint(&w->world, hashes, size, witnesses), 0644,
                              &err));
    vt_disk_close(disk);
}

/* ---- the desk ---------------------------------------------------------------------------
 */

static void put(struct vt_desk *desk, const char *version, vt_slice envelope)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_docket_put(desk, "lamp", version, envelope, &err));
}

static vt_slice draft(const struct vt_world *w, const char *version, uint64_t sequence)
{
    return vt_world_statement(
        VT_DRAFT, "source",
        json_pack("{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:[],s:s}", "product", w->product,
                  "version", version, "sequence", (json_int_t)sequence, "channel",
                  w->channel, "kind", w->kind, "source", vt_world_digest(w->source),
                  "recipe", vt_world_digest("recipe"), "lock", vt_world_digest("lock"),
                  "environment", vt_world_digest("environment"), "documents", "created",
                  vt_world_time(w->trust_created + 5)),
        VT_BIT(VT_P_VENDOR));
}

static void lay_desk(const struct vt_centre_world *w)
{
    struct vt_error err = { 0 };
    VT_AUTO_DESK desk = { 0 };

    VT_CHECK_OK(vt_desk_open(in(w, "desk"), true, &desk, &err));
    for (size_t i = 0; i < w->made.envelope_count; i++)
        put(&desk, "1.4.0", w->made.envelopes[i]);
    put(&desk, "1.4.0", draft(&w->world, "1.4.0", w->world.sequence));
    VT_CHECK_OK(vt_disk_write(desk.disk, "releases/lamp/1.4.0/release.tlog-proof",
                              w->made.release_proof, 0644, &err));
    VT_CHECK_OK(
        vt_disk_write(desk.disk, "withdrawals/3.json", w->made.withdrawals, 0644, &err));
    VT_CHECK_OK(vt_disk_write(desk.disk, "withdrawals/3.tlog-proof",
                              w->made.withdrawals_proof, 0644, &err));
    put(&desk, "1.5.0", draft(&w->world, "1.5.0", w->world.sequence + 1));
}

/* ---- all of it --------------------------------------------------------------------------
 */

static void lay_public(const struct vt_centre_world *w)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(in(w, "public"), true, &disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, "lamp/1.4.0/lamp.bin", w->made.file, 0644, &err));
    VT_CHECK_OK(
        vt_disk_write(disk, "lamp/1.4.0/lamp.bin.evidence", w->made.evidence, 0644, &err));
    vt_disk_close(disk);
}

void vt_centre_world_make(const char *dir, struct vt_centre_world *out)
{
    *out = (struct vt_centre_world){ .world = vt_world_good(), .folder = dir };
    vt_world_move(&out->world, time(NULL) - VT_WORLD_NOW);
    vt_world_make(&out->world, &out->made);
    vt_test_write(in(out, "trust.json"), out->made.trust);
    vt_centre_world_lay_ledger(out, VT_WORLD_ENTRIES, out->world.filler, 7);
    lay_desk(out);
    lay_public(out);
}
