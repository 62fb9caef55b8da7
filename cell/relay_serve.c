/* The operator's process of a relay: it opens the socket, starts courier and front, tells
 * them what they need, and starts them again when one dies.  It reads nothing that came
 * from outside. */
#include "cell/relay.h"
#include "cell/role_relay_courier.h"
#include "cell/role_relay_front.h"
#include "http/http.h"
#include "ledger/serve_message.h"
#include "role/keeper.h"

struct serving {
    const struct vt_relay_serving *told;
    int listen_fd;
    uint16_t port;
    struct vt_role *courier, *front;
};

/* The front ends first: what it began needs the courier. */
static void stop_both(void *context)
{
    struct serving *s = context;

    vt_role_stop(s->front);
    vt_role_stop(s->courier);
    s->front = s->courier = NULL;
}

static bool start_both(void *context, struct vt_error *err)
{
    struct serving *s = context;
    const struct vt_relay_serving *t = s->told;
    int fds[VT_RELAY_FRONT_FDS];

    if (!vt_serve_start(VT_ROLE_RELAY_COURIER, NULL, 0,
                        json_pack("{s:s,s:I}", "target", t->target, "timeout_ms",
                                  (json_int_t)t->timeout_ms),
                        "the relay's courier", &s->courier, err))
        return false;
    fds[VT_RELAY_FRONT_COURIER] = vt_role_channel(s->courier)->fd;
    fds[VT_RELAY_FRONT_LISTEN] = s->listen_fd;
    return vt_serve_start(VT_ROLE_RELAY_FRONT, fds, VT_RELAY_FRONT_FDS,
                          json_pack("{s:i,s:i,s:i,s:i}", "pending_max", (int)t->pending_max,
                                    "connections_max", (int)t->connections_max,
                                    "from_one_max", (int)t->from_one_max, "rate",
                                    (int)t->rate),
                          "the relay's front", &s->front, err);
}

static size_t channels_of(void *context, int fds_out[VT_KEPT_MAX])
{
    struct serving *s = context;

    fds_out[0] = vt_role_channel(s->front)->fd;
    fds_out[1] = vt_role_channel(s->courier)->fd;
    return 2;
}

static void say_ready(void *context)
{
    struct serving *s = context;

    if (s->told->ready != NULL)
        s->told->ready(s->told->context, s->port);
}

bool vt_relay_serve(const struct vt_relay_serving *serving, struct vt_error *err)
{
    struct serving s = { .told = serving, .listen_fd = -1 };
    const struct vt_kept kept = { .name = "relay",
                                  .start = start_both,
                                  .stop = stop_both,
                                  .channels = channels_of,
                                  .ready = say_ready,
                                  .context = &s };
    bool is_ok =
        vt_http_url_check(serving->target, err) &&
        vt_http_listen(serving->address, serving->port, &s.listen_fd, &s.port, err) &&
        vt_keep(&kept, err);

    vt_fd_close(&s.listen_fd);
    return is_ok;
}
