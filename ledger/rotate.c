/* The steps of changing a key, in the order in which a kill does no harm: the signer knows
 * the next key before the config demands it, and forgets it after the config has it. */
#include "ledger/rotate.h"
#include "crypto/verify_note.h"
#include "ledger/config.h"
#include "ledger/frozen.h"
#include "ledger/signer_head.h"

struct rotation {
    struct vt_arena *arena;
    struct vt_disk *disk;
    struct vt_ledger_config config;
};

static bool open_alone(const char *dir, struct rotation *r, struct vt_error *err)
{
    return vt_disk_open(dir, false, &r->disk, err) && vt_disk_lock(r->disk, err) &&
           vt_frozen_refuse(r->disk, err) && /* before anything is written */
           vt_ledger_config_read(r->disk, r->arena, &r->config, err) &&
           vt_ledger_config_verify(&r->config, err);
}

/* ---- begin ----------------------------------------------------------------------------
 */

static bool has_line(vt_slice text, vt_slice line)
{
    for (size_t at = 0; at + line.len <= text.len; at++)
        if ((at == 0 || text.data[at - 1] == '\n') &&
            memcmp(text.data + at, line.data, line.len) == 0)
            return true;
    return false;
}

/* The policy with the next vkey as a log of its own. */
static void list_next(struct rotation *r, vt_slice vkey)
{
    vt_slice line =
        vt_slice_from_cstr(vt_arena_printf(r->arena, "log %.*s\n", VT_SLICE_ARGS(vkey)));

    if (r->config.policy.len != 0 && !has_line(r->config.policy, line))
        r->config.policy = vt_slice_from_cstr(vt_arena_printf(
            r->arena, "%.*s%.*s", VT_SLICE_ARGS(line), VT_SLICE_ARGS(r->config.policy)));
}

static bool begin(struct rotation *r, const char *dir, const char *key, vt_slice vkey,
                  struct vt_error *err)
{
    struct vt_ledger_config *config = &r->config;

    if (vt_slice_equal(config->vkey, vkey))
        return vt_fail(err, VT_REJECTED, "%s: this is the log's key already", dir);
    if (config->next.len != 0 && !vt_slice_equal(config->next, vkey))
        return vt_fail(err, VT_REJECTED,
                       "%s: the change to %.*s is under way; end it with --finish first",
                       dir, VT_SLICE_ARGS(config->next));
    config->next = vkey;
    list_next(r, vkey);
    return vt_ledger_config_verify(config, err) && vt_signer_next_set(dir, key, err) &&
           vt_ledger_config_replace(r->disk, config, err);
}

bool vt_ledger_rotate_begin(const char *dir, const char *key, vt_slice vkey,
                            struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct rotation r = { .arena = arena };
    bool is_ok = open_alone(dir, &r, err) && begin(&r, dir, key, vkey, err);

    vt_disk_close(r.disk);
    return is_ok;
}

/* ---- finish ---------------------------------------------------------------------------
 */

/* The published checkpoint, which both keys must have signed, kept for later readers. */
static bool keep_witness(struct rotation *r, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_note_finding findings[2] = { { 0 } };
    struct vt_checkpoint checkpoint;
    struct vt_vkey keys[2];
    struct vt_note note;

    if (!vt_disk_read(r->disk, "checkpoint", &bytes, err) ||
        !vt_note_parse(vt_buf_slice(&bytes), &note, err) ||
        !vt_vkey_parse(r->config.vkey, &keys[0], err) ||
        !vt_vkey_parse(r->config.next, &keys[1], err) ||
        !vt_note_verify(&note, keys, 2, findings, err) ||
        !vt_checkpoint_parse(note.text, &checkpoint, err))
        return vt_within(err, "%s/checkpoint", vt_disk_path(r->disk));
    if (!findings[0].is_signed || !findings[1].is_signed)
        return vt_fail(err, VT_REJECTED,
                       "%s: no checkpoint with both signatures is shown yet; publish one "
                       "first (vitrine ledger add)",
                       vt_disk_path(r->disk));
    return vt_disk_write(
        r->disk, vt_arena_printf(r->arena, "rotated/%ju", (uintmax_t)checkpoint.size),
        vt_buf_slice(&bytes), 0644, err);
}

static bool read_next(struct rotation *r, const char *dir, const char **where_out,
                      struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(vt_signer_folder(r->arena, dir), false, &disk, err))
        return false;
    is_ok = vt_signer_next_read(disk, r->arena, where_out, err);
    vt_disk_close(disk);
    return is_ok;
}

static bool finish(struct rotation *r, const char *dir, struct vt_error *err)
{
    const char *where;

    if (!read_next(r, dir, &where, err))
        return false;
    if (r->config.next.len == 0 && where == NULL)
        return vt_fail(err, VT_REJECTED, "%s: no change of keys is under way", dir);
    if (r->config.next.len != 0 && where == NULL)
        return vt_fail(err, VT_REJECTED,
                       "%s: the signer does not know the next key; start again with "
                       "--new-key",
                       dir);
    if (r->config.next.len != 0) { /* else a finish was killed at its last step */
        if (!keep_witness(r, err))
            return false;
        r->config.vkey = r->config.next;
        r->config.next = (vt_slice){ 0 };
        r->config.key = vt_slice_from_cstr(where);
        if (!vt_ledger_config_replace(r->disk, &r->config, err))
            return false;
    }
    return vt_signer_next_set(dir, NULL, err);
}

bool vt_ledger_rotate_finish(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct rotation r = { .arena = arena };
    bool is_ok = open_alone(dir, &r, err) && finish(&r, dir, err);

    vt_disk_close(r.disk);
    return is_ok;
}
