/* Ending a log.  The ledger's file comes first, then the signer's: whoever is killed in
 * between has a log that no writer opens, and the next call tells the signer. */
#include "ledger/frozen.h"
#include "ledger/ledger_inside.h"
#include "ledger/signer_head.h"
#include "wire/json.h"

static bool write_frozen(struct vt_disk *disk, const struct vt_frozen *frozen,
                         struct vt_error *err)
{
    VT_AUTO_JSON json =
        json_pack("{s:s%,s:I,s:i,s:s%}", "origin", (const char *)frozen->origin.data,
                  frozen->origin.len, "size", (json_int_t)frozen->size, "v", 1, "vkey",
                  (const char *)frozen->vkey.data, frozen->vkey.len);
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));

    if (json == NULL)
        return vt_fail(err, VT_MALFORMED, "the next log's origin is not UTF-8");
    return vt_json_write_canonical(json, &bytes, err) &&
           vt_disk_write(disk, VT_FROZEN_NAME, vt_buf_slice(&bytes), 0644, err);
}

static bool tell_signer(const char *dir, const struct vt_frozen *frozen,
                        struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(vt_signer_folder(arena, dir), false, &disk, err))
        return false;
    is_ok = write_frozen(disk, frozen, err);
    vt_disk_close(disk);
    return is_ok;
}

bool vt_ledger_freeze(struct vt_ledger *ledger, vt_slice origin, vt_slice vkey,
                      struct vt_error *err)
{
    struct vt_frozen frozen = { 0, origin, vkey };

    if (!vt_ledger_publish(ledger, NULL, err))
        return false;
    frozen.size = ledger->published_head.size;
    if (frozen.size == 0)
        return vt_fail(err, VT_REJECTED, "%s: is empty; there is nothing to go on from",
                       vt_disk_path(ledger->disk));
    ledger->is_broken = true; /* whatever comes of it, nothing is added any more */
    return write_frozen(ledger->disk, &frozen, err) &&
           tell_signer(vt_disk_path(ledger->disk), &frozen, err);
}

bool vt_frozen_tell_signer(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_frozen frozen;
    bool is_ok = vt_frozen_of(dir, arena, &frozen, err);

    if (is_ok && frozen.origin.len == 0)
        return vt_fail(err, VT_REJECTED, "%s: is not frozen", dir);
    return is_ok && tell_signer(dir, &frozen, err);
}
