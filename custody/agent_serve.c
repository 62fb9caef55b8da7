/* The supervisor's process of a key agent: it opens the socket, starts holder and front,
 * tells them what they need, and starts them again when one dies.  It reads nothing that
 * came from outside. */
#include "custody/agent.h"
#include "custody/role_agent_front.h"
#include "custody/role_agent_holder.h"
#include "evidence/field.h"
#include "http/http.h"
#include "ledger/serve_message.h"
#include "role/keeper.h"
#include "store/store.h"

struct serving {
    const struct vt_agent_serving *told;
    vt_slice policy; /* of the trust root */
    int listen_fd;
    uint16_t port;
    struct vt_role *holder, *front;
};

/* The front ends first: what it began needs the holder. */
static void stop_both(void *context)
{
    struct serving *s = context;

    vt_role_stop(s->front);
    vt_role_stop(s->holder);
    s->front = s->holder = NULL;
}

static json_t *front_words(const struct serving *s)
{
    const struct vt_agent_serving *t = s->told;
    json_t *words = json_pack("{s:s%,s:i,s:i}", "policy", (const char *)s->policy.data,
                              s->policy.len, "pending_max", (int)t->pending_max,
                              "connections_max", (int)t->connections_max);

    vt_serve_put_tls(words, t->tls_certificate, t->tls_key);
    return words;
}

static bool start_both(void *context, struct vt_error *err)
{
    struct serving *s = context;
    const struct vt_agent_serving *t = s->told;
    int fds[VT_AGENT_FRONT_FDS];

    if (!vt_serve_start(
            VT_ROLE_AGENT_HOLDER, NULL, 0,
            json_pack("{s:s,s:s%}", "dir", t->dir, "passphrase",
                      t->passphrase.len != 0 ? (const char *)t->passphrase.data : "",
                      t->passphrase.len),
            "the key agent's holder", &s->holder, err))
        return false;
    fds[VT_AGENT_FRONT_HOLDER] = vt_role_channel(s->holder)->fd;
    fds[VT_AGENT_FRONT_LISTEN] = s->listen_fd;
    return vt_serve_start(VT_ROLE_AGENT_FRONT, fds, VT_AGENT_FRONT_FDS, front_words(s),
                          "the key agent's front", &s->front, err);
}

static size_t channels_of(void *context, int fds_out[VT_KEPT_MAX])
{
    struct serving *s = context;

    fds_out[0] = vt_role_channel(s->front)->fd;
    fds_out[1] = vt_role_channel(s->holder)->fd;
    return 2;
}

static void say_ready(void *context)
{
    struct serving *s = context;

    if (s->told->ready != NULL)
        s->told->ready(s->told->context, s->port);
}

/* The witnesses' policy, which the front takes checkpoints apart by. */
static bool read_policy(struct serving *s, struct vt_arena *arena, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_TRUST_BYTES_MAX);
    VT_AUTO_TRUST trust = NULL;
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(s->told->dir, false, &disk, err))
        return false;
    is_ok =
        vt_disk_has(disk, "config.json")
            ? vt_disk_read(disk, "trust.json", &text, err)
            : vt_fail(err, VT_ABSENT, "%s: no key agent is there (vitrine keyagent init)",
                      s->told->dir);
    vt_disk_close(disk);
    if (!is_ok || !vt_trust_parse(vt_buf_slice(&text), &trust, err))
        return false;
    s->policy =
        vt_arena_copy(arena, vt_field_text(trust->envelope.statement.predicate, "policy"));
    return true;
}

bool vt_agent_serve(const struct vt_agent_serving *serving, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct serving s = { .told = serving, .listen_fd = -1 };
    const struct vt_kept kept = { .name = "key agent",
                                  .start = start_both,
                                  .stop = stop_both,
                                  .channels = channels_of,
                                  .ready = say_ready,
                                  .context = &s };
    bool is_ok;

    VT_ASSERT(serving->pending_max > 0 && serving->pending_max <= VT_AGENT_PENDING_MAX &&
              serving->connections_max <= VT_AGENT_CONNECTIONS_MAX);
    is_ok = read_policy(&s, arena, err) &&
            vt_http_listen(serving->address, serving->port, &s.listen_fd, &s.port, err) &&
            vt_keep(&kept, err);
    vt_fd_close(&s.listen_fd);
    return is_ok;
}
