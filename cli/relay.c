/* vitrine relay: carry sealed look-ups, and hide who asks. */
#include "cli/groups.h"
#include "cli/listening.h"
#include "cell/relay.h"
#include "cell/relay_message.h"
#include "http/client.h"

enum { PENDING = 128, CONNECTIONS = 512, RATE = 200, TIMEOUT_S = 10, TIMEOUT_S_MAX = 120 };

static const struct vt_option serve_options[] = {
    { "target", "URL", "the one gateway that requests go to", true, false },
    VT_OPTION_LISTEN,
    VT_OPTION_PORT,
    { "pending-max", "N", "requests under way at once; more get 429", false, false },
    { "rate", "N", "requests a second from all together; more get 429", false, false },
    { "connections-max", "N", "connections at once", false, false },
    { "from-one-max", "N", "connections from one address; all of them if not given", false,
      false },
    { "timeout", "TIME", "for the gateway's answer, 10s if not given", false, false },
    { NULL, NULL, NULL, false, false },
};

static bool read_bounds(struct vt_args *args, struct vt_relay_serving *serving,
                        struct vt_error *err)
{
    uint64_t pending, connections, from_one, rate;
    int64_t timeout_s;

    if (!vt_args_number(args, "pending-max", PENDING, VT_RELAY_PENDING_MAX, &pending,
                        err) ||
        !vt_args_number(args, "connections-max", CONNECTIONS, VT_RELAY_CONNECTIONS_MAX,
                        &connections, err) ||
        !vt_args_number(args, "from-one-max", 0, connections, &from_one, err) ||
        !vt_args_number(args, "rate", RATE, VT_RELAY_RATE_MAX, &rate, err) ||
        !vt_args_duration(args, "timeout", TIMEOUT_S, &timeout_s, err))
        return false;
    if (pending == 0 || connections == 0 || rate == 0)
        return vt_args_misuse(args, err, "a relay that takes nothing serves nobody");
    if (timeout_s < 1 || timeout_s > TIMEOUT_S_MAX)
        return vt_args_misuse(args, err, "--timeout: 1s to %ds", TIMEOUT_S_MAX);
    serving->pending_max = (unsigned)pending; /* all are bounded above */
    serving->connections_max = (unsigned)connections;
    serving->from_one_max = (unsigned)from_one;
    serving->rate = (unsigned)rate;
    serving->timeout_ms = 1000 * timeout_s;
    return true;
}

static bool run_serve(struct vt_args *args, struct vt_error *err)
{
    struct vt_cli_listening listening;
    struct vt_relay_serving serving = { .target = vt_args_get(args, "target"),
                                        .ready = vt_cli_say_ready,
                                        .context = &listening };

    if (!vt_cli_listening(args, "http", &listening, err) ||
        !read_bounds(args, &serving, err))
        return false;
    if (!vt_http_url_check(serving.target, err))
        return vt_args_misuse(args, err, "--target: '%s' is no http:// or https:// address",
                              serving.target);
    serving.address = listening.address;
    serving.port = listening.port;
    return vt_relay_serve(&serving, err);
}

static const struct vt_verb verbs[] = {
    { "serve", NULL, 0, 0, "carry sealed requests to one gateway",
      "Speaks Oblivious HTTP (RFC 9458), plain: put a web server that keeps no log in "
      "front\n"
      "for TLS.  POST / takes message/ohttp-req of at most 64 KiB; its bytes, and nothing\n"
      "else of the request, go to the gateway, and the sealed answer comes back.  Prints\n"
      "'ready:' and its address when it answers; SIGTERM ends it in good order.  It "
      "writes\n"
      "numbers, nobody's address.  Three processes: one that faces strangers and opens no\n"
      "connection, one that knows the gateway and nobody who asks, and this one.",
      serve_options, run_serve },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_relay = { "relay", "carry sealed look-ups, and hide who asks",
                                       verbs };
