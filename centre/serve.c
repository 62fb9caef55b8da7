/* The operator's process of a Centre: it opens the socket, starts reader, prover and front,
 * tells them what they need, and starts them again when one dies.  It reads nothing that
 * came from outside. */
#include "centre/centre.h"
#include "centre/handing.h"
#include "centre/role_centre_clerk.h"
#include "centre/role_centre_front.h"
#include "centre/role_centre_librarian.h"
#include "centre/role_centre_porter.h"
#include "centre/role_centre_prover.h"
#include "centre/role_centre_reader.h"
#include "http/http.h"
#include "ledger/serve_message.h"
#include "role/keeper.h"
#include "store/disk.h"

struct serving {
    const struct vt_centre_serving *told;
    int listen_fd;
    uint16_t port;
    struct vt_role *reader, *prover, *front;
    struct vt_role *porter, *librarian; /* NULL where no reviewers come in */
    struct vt_role *clerk;              /* NULL where nothing is handed in */
};

/* The front ends first: what it began needs the others. */
static void stop_all(void *context)
{
    struct serving *s = context;

    vt_role_stop(s->front);
    vt_role_stop(s->prover);
    vt_role_stop(s->reader);
    vt_role_stop(s->porter);
    vt_role_stop(s->librarian);
    vt_role_stop(s->clerk);
    s->front = s->prover = s->reader = s->porter = s->librarian = s->clerk = NULL;
}

static bool start_reader(struct serving *s, struct vt_error *err)
{
    json_t *words = json_pack("{s:s,s:I}", "folder", s->told->folder, "refresh_ms",
                              (json_int_t)s->told->refresh_ms);

    if (s->told->pages != NULL)
        (void)json_object_set_new(words, "pages", json_string(s->told->pages));
    return vt_serve_start(VT_ROLE_CENTRE_READER, NULL, 0, words, "the centre's reader",
                          &s->reader, err);
}

static bool start_prover(struct serving *s, struct vt_error *err)
{
    return vt_serve_start(VT_ROLE_CENTRE_PROVER, NULL, 0,
                          json_pack("{s:s}", "folder", s->told->folder),
                          "the centre's prover", &s->prover, err);
}

/* Only the porter can reach the librarian. */
static bool start_porter(struct serving *s, struct vt_error *err)
{
    int fds[VT_CENTRE_PORTER_FDS];

    if (s->told->origin == NULL)
        return true;
    if (!vt_serve_start(VT_ROLE_CENTRE_LIBRARIAN, NULL, 0,
                        json_pack("{s:s}", "folder", s->told->folder),
                        "the centre's librarian", &s->librarian, err))
        return false;
    fds[VT_CENTRE_PORTER_LIBRARIAN] = vt_role_channel(s->librarian)->fd;
    return vt_serve_start(VT_ROLE_CENTRE_PORTER, fds, VT_CENTRE_PORTER_FDS,
                          json_pack("{s:s,s:s,s:I,s:I}", "folder", s->told->folder,
                                    "origin", s->told->origin, "taken_bytes",
                                    (json_int_t)s->told->taken_bytes, "taken_lines",
                                    (json_int_t)s->told->taken_lines),
                          "the centre's porter", &s->porter, err);
}

static bool start_clerk(struct serving *s, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return !vt_path_exists(
               vt_arena_printf(arena, "%s/" VT_CENTRE_HANDED, s->told->folder)) ||
           vt_serve_start(VT_ROLE_CENTRE_CLERK, NULL, 0,
                          json_pack("{s:s}", "folder", s->told->folder),
                          "the centre's clerk", &s->clerk, err);
}

static bool start_front(struct serving *s, struct vt_error *err)
{
    const struct vt_centre_serving *t = s->told;
    json_t *words = json_pack(
        "{s:I,s:I,s:I,s:b,s:b}", "connections_max", (json_int_t)t->connections_max,
        "from_one_max", (json_int_t)t->from_one_max, "rate", (json_int_t)t->rate,
        "has_porter", s->porter != NULL, "has_clerk", s->clerk != NULL);
    size_t fd_count = VT_CENTRE_FRONT_PORTER;
    int fds[VT_CENTRE_FRONT_FDS];

    vt_serve_put_tls(words, t->tls_certificate, t->tls_key);
    fds[VT_CENTRE_FRONT_READER] = vt_role_channel(s->reader)->fd;
    fds[VT_CENTRE_FRONT_PROVER] = vt_role_channel(s->prover)->fd;
    fds[VT_CENTRE_FRONT_LISTEN] = s->listen_fd;
    if (s->porter != NULL)
        fds[fd_count++] = vt_role_channel(s->porter)->fd;
    if (s->clerk != NULL)
        fds[fd_count++] = vt_role_channel(s->clerk)->fd;
    return vt_serve_start(VT_ROLE_CENTRE_FRONT, fds, fd_count, words, "the centre's front",
                          &s->front, err);
}

static bool start_all(void *context, struct vt_error *err)
{
    return start_reader(context, err) && start_prover(context, err) &&
           start_porter(context, err) && start_clerk(context, err) &&
           start_front(context, err);
}

static size_t channels_of(void *context, int fds_out[VT_KEPT_MAX])
{
    struct serving *s = context;
    size_t count = 3;

    fds_out[0] = vt_role_channel(s->front)->fd;
    fds_out[1] = vt_role_channel(s->reader)->fd;
    fds_out[2] = vt_role_channel(s->prover)->fd;
    if (s->porter != NULL) {
        fds_out[count++] = vt_role_channel(s->porter)->fd;
        fds_out[count++] = vt_role_channel(s->librarian)->fd;
    }
    if (s->clerk != NULL)
        fds_out[count++] = vt_role_channel(s->clerk)->fd;
    return count;
}

static void say_ready(void *context)
{
    struct serving *s = context;

    if (s->told->ready != NULL)
        s->told->ready(s->told->context, s->port);
}

static bool has_part(const char *folder, const char *name, const char *what,
                     struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_path_exists(vt_arena_printf(arena, "%s/%s", folder, name)) ||
           vt_fail(err, VT_IO, "%s: has no %s: lay there %s", folder, name, what);
}

/* What is missing is named here, before a right to read it is given. */
static bool check_folders(const struct vt_centre_serving *serving, struct vt_error *err)
{
    struct vt_disk *disk;

    if (!vt_disk_open(serving->folder, false, &disk, err))
        return false;
    vt_disk_close(disk);
    if (!has_part(serving->folder, VT_CENTRE_TRUST, "your own copy of the trust root",
                  err) ||
        !has_part(serving->folder, VT_CENTRE_LEDGERS,
                  "copies of ledgers, as `vitrine ledger mirror` keeps them", err))
        return false;
    if (serving->pages == NULL)
        return true;
    if (!vt_disk_open(serving->pages, false, &disk, err))
        return false;
    vt_disk_close(disk);
    return true;
}

bool vt_centre_serve(const struct vt_centre_serving *serving, struct vt_error *err)
{
    struct serving s = { .told = serving, .listen_fd = -1 };
    const struct vt_kept kept = { .name = "centre",
                                  .start = start_all,
                                  .stop = stop_all,
                                  .channels = channels_of,
                                  .ready = say_ready,
                                  .context = &s };
    bool is_ok =
        check_folders(serving, err) &&
        vt_http_listen(serving->address, serving->port, &s.listen_fd, &s.port, err) &&
        vt_keep(&kept, err);

    vt_fd_close(&s.listen_fd);
    return is_ok;
}
