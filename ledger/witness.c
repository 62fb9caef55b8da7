/* A witness's folder, and a witness in one process. */
#include "ledger/witness.h"
#include "crypto/verify_note.h"
#include "ledger/mirror_host.h"

const char *vt_witness_memory_folder(struct vt_arena *arena, const char *dir)
{
    return vt_arena_printf(arena, "%s/memory", dir);
}

const char *vt_mirror_state_folder(struct vt_arena *arena, const char *dir)
{
    return vt_arena_printf(arena, "%s/state", dir);
}

const char *vt_mirror_copies_folder(struct vt_arena *arena, const char *dir)
{
    return vt_arena_printf(arena, "%s/state/" VT_MIRROR_COPIES, dir);
}

static bool init_memory(struct vt_arena *arena, const char *dir, bool is_mirror,
                        struct vt_error *err)
{
    return is_mirror ? vt_mirror_host_init(vt_mirror_state_folder(arena, dir), err)
                     : vt_witness_memory_init(vt_witness_memory_folder(arena, dir), err);
}

static void abandon_memory(struct vt_arena *arena, const char *dir, bool is_mirror)
{
    if (is_mirror)
        vt_mirror_host_abandon(vt_mirror_state_folder(arena, dir));
    else
        vt_disk_abandon(vt_witness_memory_folder(arena, dir));
}

/* The memory first: a config without one would be a witness that forgot. */
bool vt_witness_init(const char *dir, bool is_mirror, vt_slice name,
                     const struct vt_public_key *public_key, vt_slice key,
                     struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_witness_config config = vt_witness_config_new(arena), there;
    struct vt_disk *disk;
    bool was_there = vt_path_exists(dir), is_ok;

    if (!vt_note_name_is_good(name))
        return vt_fail(err, VT_MALFORMED,
                       "a cosigner's name has no space and no '+', say w1.example.org");
    if (!vt_disk_open(dir, true, &disk, err))
        return false;
    config.is_mirror = is_mirror;
    config.vkey = vt_vkey_of(name, VT_NOTE_COSIGNATURE, public_key);
    config.name = name;
    config.key = key;
    if (vt_witness_config_read(disk, is_mirror, arena, &there, err) ||
        err->code != VT_ABSENT)
        is_ok = vt_fail(err, VT_REJECTED, "%s: holds a %s already", dir,
                        is_mirror ? "mirror" : "witness");
    else
        is_ok = init_memory(arena, dir, is_mirror, err) &&
                vt_witness_config_write(disk, &config, err);
    vt_disk_close(disk);
    if (!is_ok && !was_there) {
        abandon_memory(arena, dir, is_mirror);
        vt_disk_abandon(dir);
    }
    return is_ok;
}

bool vt_witness_add_log(const char *dir, bool is_mirror, vt_slice origin,
                        const struct vt_vkey *key, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_witness_config config;
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err) &&
            vt_witness_config_read(disk, is_mirror, arena, &config, err) &&
            vt_witness_config_add(&config, origin, key, err) &&
            vt_witness_config_write(disk, &config, err);
    vt_disk_close(disk);
    return is_ok;
}

/* ---- in one process ---------------------------------------------------------------------
 */

struct vt_witness {
    const struct vt_witness_config *config;
    const struct vt_key *key;
    const struct vt_env *env;
    struct vt_witness_memory *memory;
};

bool vt_witness_open_here(const struct vt_witness_config *config, const struct vt_key *key,
                          const char *folder, const struct vt_env *env,
                          struct vt_witness **witness_out, struct vt_error *err)
{
    struct vt_witness_memory *memory;

    if (!vt_witness_memory_open(folder, &memory, err))
        return false;
    *witness_out = vt_alloc(sizeof **witness_out);
    **witness_out = (struct vt_witness){ config, key, env, memory };
    return true;
}

void vt_witness_close(struct vt_witness *witness)
{
    if (witness == NULL)
        return;
    vt_witness_memory_close(witness->memory);
    free(witness);
}

void vt_witness_close_pointer(struct vt_witness **witness)
{
    vt_witness_close(*witness);
}

bool vt_witness_answer(struct vt_witness *witness, vt_slice request,
                       struct vt_witness_reply *out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_witness_question *question = vt_alloc(sizeof *question);
    struct vt_witness_verdict verdict;

    *out = (struct vt_witness_reply){ 0 };
    if (!vt_witness_read_question(witness->config, request, question, out))
        return true;
    if (!vt_witness_judge(witness->config, witness->key, witness->env, witness->memory,
                          question, &verdict, err) ||
        !vt_witness_memory_commit(witness->memory, err))
        return false;
    vt_witness_write_reply(&witness->config->vkey, &verdict, out);
    return true;
}
