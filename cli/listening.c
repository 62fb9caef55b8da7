/* Where a serving verb listens. */
#include "cli/listening.h"
#include "cli/files.h"
#include "http/server.h"

bool vt_cli_listening(struct vt_args *args, const char *scheme,
                      struct vt_cli_listening *out, struct vt_error *err)
{
    const char *address = vt_args_get(args, "listen");
    uint64_t port;

    if (address == NULL)
        address = "127.0.0.1";
    if (!vt_http_is_address(address))
        return vt_args_misuse(args, err, "--listen: '%s' is no IP address, say 127.0.0.1",
                              address);
    if (!vt_args_number(args, "port", 0, UINT16_MAX, &port, err))
        return false;
    *out = (struct vt_cli_listening){ args, scheme, address, (uint16_t)port };
    return true;
}

void vt_cli_say_ready(void *context, uint16_t port)
{
    const struct vt_cli_listening *listening = context;
    bool is_v6 = strchr(listening->address, ':') != NULL;
    char url[128];

    (void)snprintf(url, sizeof url, "%s://%s%s%s:%u", listening->scheme, is_v6 ? "[" : "",
                   listening->address, is_v6 ? "]" : "", port);
    if (vt_args_is_json(listening->args))
        vt_cli_print_json(json_pack("{s:s}", "ready", url));
    else
        (void)printf("ready: %s\n", url);
    (void)fflush(stdout);
}
