/* A report on its way. */
#include "cell/statistic_http.h"
#include "cell/share.h"
#include "http/client.h"
#include "http/http.h"

enum { TIMEOUT_MS = 30000, ACCEPTED = 202 };

static bool take_answer(const struct vt_http_call *call, struct vt_error *err)
{
    struct vt_share_reply reply = { .status = 0 };
    struct vt_error why = { 0 };

    if (call->status == ACCEPTED)
        return true;
    if (!vt_share_reply_parse(vt_buf_slice(&call->answer), &reply, &why))
        return vt_fail(err, VT_IO, "answered %d, and nothing with sense", call->status);
    if (call->status >= 500)
        return vt_fail(err, VT_IO, "answered %d: %s", call->status, reply.sentence);
    return vt_fail(err, VT_REJECTED, "the cell refuses it: %s%s%s", reply.sentence,
                   reply.url[0] != '\0' ? "; the right one is " : "", reply.url);
}

bool vt_statistic_send(const char *url, const char *country, vt_slice report,
                       struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_http_call call = {
        .url = vt_arena_printf(arena, "%s/statistics?country=%s", url, country),
        .method = "POST",
        .body = report,
        .content_type = "application/json",
        .answer_bytes_max = VT_KIB(64),
        .timeout_ms = TIMEOUT_MS,
    };
    bool is_ok;

    if (!vt_http_client_new(&client, err))
        return false;
    is_ok = vt_http_client_run(client, &call, err) &&
            (take_answer(&call, err) || vt_within(err, "%s", url));
    vt_http_call_clear(&call);
    if (!is_ok)
        (void)vt_within(err, "this period's report is spent, and not sent again");
    return is_ok;
}
