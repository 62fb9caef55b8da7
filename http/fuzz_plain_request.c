/* Laws: what is taken, put together again from its parts, is its beginning; with one byte
 * less it is not taken, and with more behind it is taken as the same; each name stands in
 * it once, and nothing that could be read in another way. */
#include "http/plain_request.h"
#include "tools/fuzz.h"

enum { HEAD_BYTES_MAX = 4096 };

static void put_again(const struct vt_plain_request *request, struct vt_buf *out)
{
    vt_buf_put_text(out, "POST ");
    vt_buf_put(out, request->path);
    vt_buf_put_text(out, " HTTP/1.1\r\n");
    vt_buf_put(out, request->lines);
    vt_buf_put_text(out, "\r\n");
    vt_buf_put(out, request->body);
}

/* By the library's functions, which know nothing of ours. */
static unsigned count_lines(vt_slice lines, const char *begin)
{
    char text[HEAD_BYTES_MAX + 1];
    unsigned count = 0;

    VT_CHECK(lines.len < sizeof text);
    memcpy(text, lines.data, lines.len);
    text[lines.len] = '\0';
    VT_CHECK(strlen(text) == lines.len);
    for (const char *at = text; at != NULL; at = strchr(at + 1, '\n'))
        count += strncasecmp(at + (*at == '\n'), begin, strlen(begin)) == 0;
    return count;
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(input.len + 1);
    struct vt_plain_request request, cut;

    if (!vt_plain_request_read(input, HEAD_BYTES_MAX, &request))
        return;
    VT_CHECK(request.bytes <= input.len);
    put_again(&request, &again);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), vt_slice_sub(input, 0, request.bytes)));
    VT_CHECK(!vt_plain_request_read(vt_slice_sub(input, 0, request.bytes - 1),
                                    HEAD_BYTES_MAX, &cut));
    VT_CHECK(vt_plain_request_read(vt_slice_sub(input, 0, request.bytes), HEAD_BYTES_MAX,
                                   &cut) &&
             cut.bytes == request.bytes && vt_slice_equal(cut.body, request.body));
    VT_CHECK(count_lines(request.lines, "Content-Length: ") == 1 &&
             count_lines(request.lines, "Host: ") == 1 &&
             count_lines(request.lines, "Transfer-") == 0 &&
             count_lines(request.lines, "Expect") == 0 &&
             count_lines(request.lines, " ") == 0 && count_lines(request.lines, "\t") == 0);
    VT_CHECK(strtoull((const char *)vt_plain_header(request.lines, "content-length").data,
                      NULL, 10) == request.body.len);
}
