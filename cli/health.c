/* One request. */
#include "cli/health.h"

bool vt_cli_ask_health(struct vt_args *args, struct vt_arena *arena,
                       size_t answer_bytes_max, struct vt_http_call *call,
                       struct vt_error *err)
{
    const char *base = vt_args_get(args, "url");
    VT_AUTO_HTTP_CLIENT client = NULL;

    *call = (struct vt_http_call){ .url = vt_http_url(arena, base, "/health"),
                                   .answer_bytes_max = answer_bytes_max,
                                   .timeout_ms = 10000 };
    if (!vt_http_is_url(base))
        return vt_args_misuse(args, err,
                              "--url: '%s' does not begin with http:// or https://", base);
    return vt_http_client_new(&client, err) && vt_http_client_run(client, call, err);
}
