/* Whose is this?  What a request says of its country is held against the policy before
 * anything else is done with it; what belongs elsewhere is told so, with the right cell.
 *
 * A request that names no country is answered: look-ups are the same bytes for everybody,
 * and a cell does not look where it should not (cell/DESIGN.md, "Limits"). */
#include "cell/cell_front.h"
#include "cell/decide.h"

/* A URL may be longer than a header that we write; the body always has it. */
void vt_cell_front_name_cell(struct vt_http_exchange *exchange, vt_slice cell, vt_slice url)
{
    char text[128];

    (void)snprintf(text, sizeof text, "%.*s", VT_SLICE_ARGS(cell));
    vt_http_set_header(exchange, "Vitrine-Cell", text);
    if (url.len >= sizeof text)
        return;
    (void)snprintf(text, sizeof text, "%.*s", VT_SLICE_ARGS(url));
    vt_http_set_header(exchange, "Vitrine-Cell-Url", text);
}

static void send_elsewhere(struct vt_cell_front *f, struct vt_http_exchange *exchange,
                           vt_slice country, enum vt_data_class data,
                           const struct vt_placing *placing)
{
    bool is_fenced = placing->decision == VT_DECISION_FENCED;
    int status = is_fenced ? VT_HTTP_UNAVAILABLE : VT_HTTP_MISDIRECTED;
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    VT_AUTO_JSON body = json_pack(
        "{s:b,s:s%,s:s%,s:s%,s:s}", "ok", 0, "cell",
        (const char *)placing->right->name.data, placing->right->name.len, "url",
        (const char *)placing->right->url.data, placing->right->url.len, "country",
        (const char *)country.data, country.len, "class", vt_data_class_name(data));
    struct vt_error ignored = { 0 };

    f->counts.misplaced += !is_fenced;
    f->counts.fenced += is_fenced;
    vt_cell_front_count(f, data, is_fenced ? VT_COUNTED_FENCED : VT_COUNTED_MISPLACED);
    if (is_fenced)
        vt_http_set_header(exchange, "Retry-After", "60");
    vt_http_set_header(exchange, "Cache-Control", "no-store");
    vt_cell_front_name_cell(exchange, placing->right->name, placing->right->url);
    (void)json_object_set_new(body, "sentence",
                              json_string(is_fenced ? "these data are on the move: come "
                                                      "again, to that cell"
                                                    : "these data belong to that cell"));
    if (!vt_json_write_canonical(body, &text, &ignored))
        vt_buf_truncate(&text, 0);
    vt_http_answer(exchange, status, "application/json", vt_buf_slice(&text));
}

bool vt_cell_front_is_ours(struct vt_cell_front *f, struct vt_http_exchange *exchange,
                           enum vt_data_class data)
{
    vt_slice country = vt_http_query(exchange, "country");
    struct vt_placing placing;
    struct vt_error err = { 0 };

    if (f->residency == NULL || country.len == 0)
        return true;
    if (!vt_residency_decide(f->residency, country, data, vt_slice_from_cstr(f->cell),
                             vt_env_now_unix_s(&f->env), &placing, &err)) {
        f->counts.refused++;
        vt_cell_front_count(f, data, VT_COUNTED_MALFORMED);
        vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST, "%s", err.message);
        return false;
    }
    if (placing.decision == VT_DECISION_ACCEPT)
        return true;
    send_elsewhere(f, exchange, country, data, &placing);
    return false;
}
