/* vitrine cell serve: a data cell for its country. */
#include "cell/serve.h"
#include "cell/role_cell_front.h"
#include "cli/cell_verbs.h"
#include "cli/listening.h"
#include "cli/tls.h"

enum { CONNECTIONS = 6000, DRAIN_S = 2, DRAIN_S_MAX = 600 };

const struct vt_option vt_cli_cell_serve_options[] = {
    { "dir", "DIR", "the cell's folder, as cell publish fills it", true, false },
    { "cell", "NAME", "the cell's name", true, false },
    VT_OPTION_LISTEN,
    VT_OPTION_PORT,
    { "lag-max", "TIME", "a head that began longer ago is trouble; else when it is over",
      false, false },
    { "connections-max", "N", "connections at once; 6000", false, false },
    { "from-one-max", "N", "connections from one address; all of them if not given", false,
      false },
    { "drain", "TIME", "so long it says that it will end, and still answers; 2s", false,
      false },
    VT_OPTION_TLS_CERT,
    VT_OPTION_TLS_KEY,
    { NULL, NULL, NULL, false, false },
};

static bool read_numbers(struct vt_args *args, struct vt_cell_serving *serving,
                         struct vt_error *err)
{
    int64_t lag_s, drain_s;

    if (!vt_args_duration(args, "lag-max", 0, &lag_s, err) ||
        !vt_args_duration(args, "drain", DRAIN_S, &drain_s, err) ||
        !vt_args_number(args, "connections-max", CONNECTIONS, VT_CELL_CONNECTIONS_MAX,
                        &serving->connections_max, err) ||
        !vt_args_number(args, "from-one-max", 0, serving->connections_max,
                        &serving->from_one_max, err))
        return false;
    if (serving->connections_max == 0)
        return vt_args_misuse(args, err, "a cell that takes nobody serves nobody");
    if (drain_s > DRAIN_S_MAX)
        return vt_args_misuse(args, err, "--drain: up to %ds", DRAIN_S_MAX);
    serving->lag_s = (uint64_t)lag_s; /* durations are not negative */
    serving->drain_ms = 1000 * (uint64_t)drain_s;
    return true;
}

bool vt_cli_cell_serve(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_CLI_TLS tls = { .certificate = NULL };
    struct vt_cli_listening listening;
    struct vt_cell_serving serving = { .dir = vt_args_get(args, "dir"),
                                       .cell = vt_args_get(args, "cell"),
                                       .ready = vt_cli_say_ready,
                                       .context = &listening };

    if (!vt_cli_listening(args, vt_args_has(args, "tls-key") ? "https" : "http", &listening,
                          err) ||
        !read_numbers(args, &serving, err) || !vt_cli_tls_read(args, &tls, err))
        return false;
    serving.address = listening.address;
    serving.port = listening.port;
    serving.tls_certificate = tls.certificate;
    serving.tls_key = tls.key;
    return vt_cell_serve(&serving, err);
}
