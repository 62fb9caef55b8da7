/* The operator's process of a witness, or of a mirror: it opens the socket, starts front
 * and signer, tells them what they need, and starts them again when one dies.  It reads
 * nothing that came from outside. */
#include "http/http.h"
#include "ledger/role_mirror_front.h"
#include "ledger/role_mirror_signer.h"
#include "ledger/role_witness_front.h"
#include "ledger/role_witness_signer.h"
#include "ledger/witness.h"
#include "ledger/witness_message.h"
#include "role/keeper.h"

/* Both fronts are given the same. */
static_assert((int)VT_MIRROR_FRONT_SIGNER == (int)VT_WITNESS_FRONT_SIGNER &&
                  (int)VT_MIRROR_FRONT_LISTEN == (int)VT_WITNESS_FRONT_LISTEN,
              "descriptors in another order");

struct pair {
    struct vt_role *signer, *front;
};

struct serving {
    const struct vt_witness_serving *told;
    struct vt_arena *arena;
    struct vt_witness_config config;
    int listen_fd;
    uint16_t port;
    struct pair pair;
};

/* ---- a front and a signer ---------------------------------------------------------------
 */

/* The front ends first: what it began needs the signer. */
static void stop_pair(void *context)
{
    struct serving *s = context;

    vt_role_stop(s->pair.front);
    vt_role_stop(s->pair.signer);
    s->pair = (struct pair){ NULL, NULL };
}

/* The signer's own; a mirror's front reads the copies, a witness's nothing. */
static const char *folder_of(const struct serving *s, bool is_signer)
{
    if (s->told->is_mirror)
        return is_signer ? vt_mirror_state_folder(s->arena, s->told->dir)
                         : vt_mirror_copies_folder(s->arena, s->told->dir);
    return is_signer ? vt_witness_memory_folder(s->arena, s->told->dir) : "";
}

static bool begin_role(struct serving *s, struct vt_role *role, bool is_signer,
                       struct vt_error *err)
{
    struct vt_witness_begin begin = { .vkey = s->config.vkey,
                                      .pending_max = s->told->pending_max,
                                      .connections_max = s->told->connections_max };

    begin.folder = vt_slice_from_cstr(folder_of(s, is_signer));
    if (is_signer) {
        begin.key = s->told->key != NULL ? vt_slice_from_cstr(s->told->key) : s->config.key;
        begin.passphrase = s->told->passphrase;
    }
    if (vt_witness_tell(vt_role_channel(role), &begin, &s->config, err))
        return true;
    if (err->code == VT_ABSENT)
        (void)vt_fail(err, VT_IO, "ended before it was ready");
    return vt_within(err, "the %s's %s", s->told->is_mirror ? "mirror" : "witness",
                     is_signer ? "signer" : "front");
}

static bool start_pair(void *context, struct vt_error *err)
{
    struct serving *s = context;
    bool is_mirror = s->told->is_mirror;
    int fds[VT_WITNESS_FRONT_FDS];

    if (!vt_role_start(is_mirror ? VT_ROLE_MIRROR_SIGNER : VT_ROLE_WITNESS_SIGNER, NULL, 0,
                       &s->pair.signer, err) ||
        !begin_role(s, s->pair.signer, true, err))
        return false;
    fds[VT_WITNESS_FRONT_SIGNER] = vt_role_channel(s->pair.signer)->fd;
    fds[VT_WITNESS_FRONT_LISTEN] = s->listen_fd;
    return vt_role_start(is_mirror ? VT_ROLE_MIRROR_FRONT : VT_ROLE_WITNESS_FRONT, fds,
                         VT_WITNESS_FRONT_FDS, &s->pair.front, err) &&
           begin_role(s, s->pair.front, false, err);
}

static size_t channels_of(void *context, int fds_out[VT_KEPT_MAX])
{
    struct serving *s = context;

    fds_out[0] = vt_role_channel(s->pair.front)->fd;
    fds_out[1] = vt_role_channel(s->pair.signer)->fd;
    return 2;
}

static void say_ready(void *context)
{
    struct serving *s = context;

    if (s->told->ready != NULL)
        s->told->ready(s->told->context, s->port);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool read_config(struct serving *s, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(s->told->dir, false, &disk, err))
        return false;
    is_ok = vt_witness_config_read(disk, s->told->is_mirror, s->arena, &s->config, err);
    vt_disk_close(disk);
    return is_ok;
}

/* Logs that were added since, with the key and passphrase that we have. */
static bool reload(void *context, struct vt_error *err)
{
    struct serving *s = context;
    struct vt_arena *before = s->arena;

    s->arena = vt_arena_new();
    if (read_config(s, err)) {
        vt_arena_free(before);
        return true;
    }
    vt_arena_free(s->arena);
    s->arena = before;
    return false;
}

/* Enough for the process that opens most. */
static bool has_files(bool is_mirror, struct vt_error *err)
{
    return vt_confine_has_files(is_mirror ? vt_mirror_signer_rights.files_max
                                          : vt_witness_front_rights.files_max,
                                err);
}

bool vt_witness_serve(const struct vt_witness_serving *serving, struct vt_error *err)
{
    struct serving s = { .told = serving, .arena = vt_arena_new(), .listen_fd = -1 };
    const struct vt_kept kept = { .name = serving->is_mirror ? "mirror" : "witness",
                                  .start = start_pair,
                                  .stop = stop_pair,
                                  .channels = channels_of,
                                  .ready = say_ready,
                                  .context = &s,
                                  .reload = reload };
    bool is_ok;

    VT_ASSERT(serving->pending_max <= VT_WITNESS_PENDING_MAX && serving->pending_max > 0 &&
              serving->connections_max <= VT_WITNESS_CONNECTIONS_MAX);
    is_ok = read_config(&s, err) && has_files(serving->is_mirror, err) &&
            vt_http_listen(serving->address, serving->port, &s.listen_fd, &s.port, err) &&
            vt_keep(&kept, err);
    vt_fd_close(&s.listen_fd);
    vt_arena_free(s.arena);
    return is_ok;
}
