/* See problem.h. */
#include "centre/problem.h"
#include "centre/message.h"
#include "wire/json.h"

void vt_centre_problem(struct vt_http_exchange *exchange, int status, const char *sentence)
{
    VT_AUTO_JSON problem = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_error ignored = { 0 };

    vt_http_set_header(exchange, "Cache-Control", "no-store");
    if (!vt_slice_starts_with(vt_http_path(exchange), VT_LIT("/api/"))) {
        vt_http_answer_text(exchange, status, "%s", sentence);
        return;
    }
    problem = json_pack("{s:i,s:s}", "status", status, "title", sentence);
    if (!vt_json_write_canonical(problem, &text, &ignored))
        vt_buf_truncate(&text, 0);
    vt_http_answer(exchange, status, vt_centre_type_name(VT_TYPE_PROBLEM),
                   vt_buf_slice(&text));
}
