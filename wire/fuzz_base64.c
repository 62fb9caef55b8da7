/* Laws: a text that is taken, padded or bare, is the one spelling of its bytes; all readers
 * agree; whatever bytes there are come back from their spellings; a refusal says why and
 * leaves no trace. */
#include "tools/fuzz.h"
#include "wire/base64.h"

#define BYTES_MAX VT_MIB(1)

static void read_as_text(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(BYTES_MAX);
    VT_AUTO_BUF any = vt_buf_init(BYTES_MAX);
    VT_AUTO_BUF again = vt_buf_init(BYTES_MAX);
    uint8_t head[3];
    size_t whole_len = 0;

    if (!vt_base64_parse(input, &bytes, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0' && bytes.len == 0);
        VT_CHECK(!vt_base64_parse_head(input, head, 0, &whole_len, &err));
        if (!vt_base64_parse_any(input, &any, &err))
            VT_CHECK(err.code == VT_MALFORMED && any.len == 0);
        return;
    }
    vt_base64_write(&again, vt_buf_slice(&bytes));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    VT_CHECK(vt_base64_parse_any(input, &any, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&any), vt_buf_slice(&bytes)));
    if (vt_base64_parse_head(input, head, sizeof head, &whole_len, &err))
        VT_CHECK(whole_len == bytes.len && memcmp(head, bytes.data, sizeof head) == 0);
    else
        VT_CHECK(bytes.len < sizeof head);
    VT_CHECK(vt_base64_parse_exact(input, head, sizeof head, &err) ==
             (bytes.len == sizeof head));
}

static void read_as_bare(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(BYTES_MAX);
    VT_AUTO_BUF again = vt_buf_init(BYTES_MAX);
    size_t len = 0;

    if (!vt_base64_parse_bare(input, &bytes, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0' && bytes.len == 0);
        VT_CHECK(!vt_base64_bare_len(input, &len, &err));
        return;
    }
    VT_CHECK(vt_base64_bare_len(input, &len, &err) && len == bytes.len);
    vt_base64_write_bare(&again, vt_buf_slice(&bytes));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}

static void read_back(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(BYTES_MAX);
    VT_AUTO_BUF bytes = vt_buf_init(BYTES_MAX);

    vt_base64_write(&text, input);
    VT_CHECK(text.len == vt_base64_len(input.len));
    VT_CHECK(vt_base64_parse(vt_buf_slice(&text), &bytes, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&bytes), input));
    vt_buf_truncate(&text, 0);
    vt_buf_truncate(&bytes, 0);
    vt_base64_write_bare(&text, input);
    VT_CHECK(vt_base64_parse_bare(vt_buf_slice(&text), &bytes, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&bytes), input));
}

void vt_fuzz_one(vt_slice input)
{
    if (input.len > BYTES_MAX / 2)
        return;
    read_as_text(input);
    read_as_bare(input);
    read_back(input);
}
