/* The operator's process of a served cell.  It reads nothing that came from outside. */
#include "cell/serve.h"
#include "cell/front_papers.h"
#include "cell/queue_door.h"
#include "cell/role_cell_counter.h"
#include "cell/role_cell_front.h"
#include "cell/role_cell_gateway.h"
#include "http/http.h"
#include "ledger/serve_message.h"
#include "role/keeper.h"
#include "store/disk.h"
#include <poll.h>

enum { DRAIN_SLACK_MS = 5000 };

struct serving {
    const struct vt_cell_serving *told;
    struct vt_arena *arena;
    const char *folder;       /* DIR/public */
    int listen_fd, papers_fd; /* the second -1: none */
    uint16_t port;
    struct vt_role *front, *gateway, *keeper, *counter; /* NULL: there is none */
    int counter_fd; /* the front's end of its channel with it; -1 */
    int gateway_fd; /* the front's end of its channel with it; -1 */
    int door_fd;    /* where scanners ask the keeper for samples; -1 */
    bool is_door_open;
};

/* ---- starting ---------------------------------------------------------------------------
 */

/* A right to read a folder can be given only when it is there; the cell's own folder is
 * not made, since its name may be a slip. */
static bool make_folder(struct serving *s, struct vt_error *err)
{
    struct vt_disk *above, *disk;
    bool is_ok;

    s->folder = vt_arena_printf(s->arena, "%s/public", s->told->dir);
    if (!vt_disk_open(s->told->dir, false, &above, err))
        return false;
    is_ok = vt_disk_open_below(above, "public", &disk, err);
    if (is_ok)
        vt_disk_close(disk);
    vt_disk_close(above);
    return is_ok;
}

/* Say that the front has that descriptor as its next one. */
static void give(json_t *words, const char *name, int fd, int fds[VT_ROLE_FDS_MAX],
                 size_t *count)
{
    if (fd < 0)
        return;
    VT_ASSERT(*count < VT_ROLE_FDS_MAX);
    (void)json_object_set_new(words, name, json_integer((json_int_t)*count));
    fds[(*count)++] = fd;
}

static json_t *front_words(const struct serving *s)
{
    const struct vt_cell_serving *t = s->told;
    json_t *words =
        json_pack("{s:s,s:s,s:I,s:I,s:I,s:I}", "folder", s->folder, "cell", t->cell,
                  "connections_max", (json_int_t)t->connections_max, "from_one_max",
                  (json_int_t)t->from_one_max, "lag_s", (json_int_t)t->lag_s, "cache_bytes",
                  (json_int_t)t->cache_bytes);

    vt_serve_put_tls(words, t->tls_certificate, t->tls_key);
    return words;
}

static bool start_front(struct serving *s, struct vt_error *err)
{
    json_t *words = front_words(s);
    int fds[VT_ROLE_FDS_MAX];
    size_t count = VT_CELL_FRONT_OTHERS;

    fds[VT_CELL_FRONT_LISTEN] = s->listen_fd;
    give(words, "papers", s->papers_fd, fds, &count);
    give(words, "counter", s->counter_fd, fds, &count);
    give(words, "gateway", s->gateway_fd, fds, &count);
    give(words, "keeper", s->keeper != NULL ? vt_role_channel(s->keeper)->fd : -1, fds,
         &count);
    return vt_serve_start(VT_ROLE_CELL_FRONT, fds, count, words, "the cell's front",
                          &s->front, err);
}

/* Start a role that has a channel of its own with the front, whose other end is in
 * fronts_fd: we hear nothing of what they say.  Takes the words. */
static bool start_beside(const char *name, json_t *words, const char *what,
                         struct vt_role **role, int *fronts_fd, struct vt_error *err)
{
    struct vt_channel mine, fronts;
    bool is_ok;

    if (!vt_channel_pair(&mine, &fronts, err)) {
        json_decref(words);
        return false;
    }
    is_ok = vt_serve_start(name, &mine.fd, 1, words, what, role, err);
    *fronts_fd = vt_take_fd(&fronts.fd);
    vt_channel_clear(&fronts);
    vt_channel_clear(&mine);
    return is_ok;
}

static bool start_gateway(struct serving *s, struct vt_error *err)
{
    static_assert(VT_CELL_GATEWAY_FRONT == 0 && VT_CELL_GATEWAY_FDS == 1, "one channel");
    if (json_array_size(s->told->gateway_keys) == 0)
        return true;
    return start_beside(VT_ROLE_CELL_GATEWAY,
                        json_pack("{s:O}", "keys", s->told->gateway_keys),
                        "the cell's gateway", &s->gateway, &s->gateway_fd, err);
}

/* A right to write a folder can be given only when it is there. */
static bool start_counter(struct serving *s, struct vt_error *err)
{
    const char *dir = vt_arena_printf(s->arena, "%s/totals", s->told->dir);
    struct vt_disk *disk;

    static_assert(VT_CELL_COUNTER_FRONT == 0 && VT_CELL_COUNTER_FDS == 1, "one channel");
    if (!vt_disk_open(dir, true, &disk, err))
        return false;
    vt_disk_close(disk);
    return start_beside(VT_ROLE_CELL_COUNTER,
                        json_pack("{s:s,s:s}", "dir", dir, "cell", s->told->cell),
                        "the cell's counter", &s->counter, &s->counter_fd, err);
}

/* The door is ours and outlives a keeper.  It is opened when the first one is ready, and so
 * has the folder's lock: a second cell by mistake must not take away the first one's. */
static bool open_door(struct serving *s, struct vt_error *err)
{
    s->is_door_open =
        s->is_door_open || vt_queue_door_open(s->door_fd, s->told->keeper->samples, err);
    return s->is_door_open;
}

/* Once it is ready, its channel is the front's; we watch its end alone. */
static bool start_keeper(struct serving *s, struct vt_error *err)
{
    struct vt_keeper_begin begin;

    if (s->told->keeper == NULL)
        return true;
    begin = *s->told->keeper;
    begin.sources.published = s->folder;
    begin.has_queue = true;
    return ((s->door_fd >= 0 || vt_hatch_new(&s->door_fd, err)) &&
            vt_role_start(VT_ROLE_CELL_KEEPER, &s->door_fd, VT_CELL_KEEPER_FDS, &s->keeper,
                          err) &&
            vt_cell_keeper_tell(vt_role_channel(s->keeper), &begin, err) &&
            open_door(s, err)) ||
           vt_within(err, "the cell's keeper");
}

static bool start_all(void *context, struct vt_error *err)
{
    struct serving *s = context;
    bool is_ok = start_counter(s, err) && start_gateway(s, err) && start_keeper(s, err) &&
                 start_front(s, err);

    vt_fd_close(&s->counter_fd); /* the front has them */
    vt_fd_close(&s->gateway_fd);
    return is_ok;
}

/* ---- ending -----------------------------------------------------------------------------
 */

/* The front first: what it began needs the others. */
static void stop_all(void *context)
{
    struct serving *s = context;

    vt_role_stop(s->front);
    vt_role_stop(s->gateway);
    vt_role_stop(s->keeper);
    vt_role_stop(s->counter);
    s->front = s->gateway = s->keeper = s->counter = NULL;
}

/* The front says for a while that it will end, and answers meanwhile; it ends by itself. */
static void drain(void *context, int signal_fd)
{
    struct serving *s = context;
    VT_AUTO_BUF body = vt_buf_init(4);
    struct vt_error err = { 0 };
    struct pollfd fds[] = { { signal_fd, POLLIN, 0 },
                            { vt_role_channel(s->front)->fd, 0, 0 } };

    if (s->told->drain_ms == 0)
        return;
    vt_buf_put_u32(&body, (uint32_t)s->told->drain_ms); /* bounded where it was read */
    if (vt_channel_send(vt_role_channel(s->front), VT_CELL_FRONT_DRAIN, vt_buf_slice(&body),
                        &err))
        (void)poll(fds, 2, (int)(s->told->drain_ms + DRAIN_SLACK_MS));
}

static size_t channels_of(void *context, int fds_out[VT_KEPT_MAX])
{
    struct serving *s = context;

    size_t count = 0;

    fds_out[count++] = vt_role_channel(s->front)->fd;
    fds_out[count++] = vt_role_channel(s->counter)->fd;
    if (s->gateway != NULL)
        fds_out[count++] = vt_role_channel(s->gateway)->fd;
    if (s->keeper != NULL)
        fds_out[count++] = vt_role_channel(s->keeper)->fd;
    return count;
}

static void say_ready(void *context)
{
    struct serving *s = context;

    if (s->told->ready != NULL)
        s->told->ready(s->told->context, s->port);
}

/* ---- reading again ----------------------------------------------------------------------
 */

static bool try_rules(const struct serving *s, struct vt_error *err)
{
    struct vt_keeper_sources sources;
    struct vt_keeper_rules *rules;
    bool is_ok;

    if (s->told->keeper == NULL)
        return true;
    sources = s->told->keeper->sources;
    sources.published = s->folder;
    rules = vt_alloc(sizeof *rules);
    is_ok = vt_keeper_rules_read(rules, &sources, err);
    vt_keeper_rules_clear(rules);
    free(rules);
    return is_ok;
}

static bool reload(void *context, struct vt_error *err)
{
    struct serving *s = context;
    VT_AUTO_JSON papers = NULL;
    int fd = -1;

    if (!s->told->reload(s->told->reload_context, &papers, err) || !try_rules(s, err) ||
        !vt_front_papers_write(papers, &fd, err))
        return false;
    vt_fd_close(&s->papers_fd);
    s->papers_fd = fd;
    return true;
}

/* ---- all of it --------------------------------------------------------------------------
 */

bool vt_cell_serve(const struct vt_cell_serving *serving, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct serving s = {
        .told = serving,
        .arena = arena,
        .listen_fd = -1,
        .papers_fd = -1,
        .gateway_fd = -1,
        .door_fd = -1,
    };
    const struct vt_kept kept = { .name = "cell",
                                  .start = start_all,
                                  .stop = stop_all,
                                  .channels = channels_of,
                                  .ready = say_ready,
                                  .context = &s,
                                  .drain = drain,
                                  .reload = serving->reload != NULL ? reload : NULL };
    bool is_ok;

    is_ok = make_folder(&s, err) &&
            (serving->papers == NULL ||
             vt_front_papers_write(serving->papers, &s.papers_fd, err)) &&
            vt_http_listen(serving->address, serving->port, &s.listen_fd, &s.port, err) &&
            vt_keep(&kept, err);
    vt_fd_close(&s.listen_fd);
    vt_fd_close(&s.papers_fd);
    vt_fd_close(&s.door_fd);
    return is_ok;
}
