/* Laws: a header that is taken can be written again byte by byte from its parts; what
 * stands behind it does not matter, and each of its truncations is refused; what is refused
 * says why. */
#include "crypto/age_header.h"
#include "tools/fuzz.h"
#include "wire/base64.h"

static void write_again(const struct vt_age_header *header)
{
    VT_AUTO_BUF again = vt_buf_init(VT_AGE_HEADER_BYTES_MAX);
    struct vt_error err = { 0 };
    uint8_t body[VT_AGE_HEADER_BYTES_MAX];

    vt_age_header_begin(&again);
    for (size_t i = 0; i < header->stanza_count; i++) {
        const struct vt_age_stanza *s = &header->stanzas[i];

        VT_CHECK(s->type.len != 0 && s->body_len <= sizeof body);
        VT_CHECK(vt_age_stanza_body(s, body, s->body_len, &err));
        VT_CHECK(!vt_age_stanza_body(s, body, s->body_len + 1, &err));
        vt_age_stanza_write(&again, s->type, s->arguments, vt_slice_of(body, s->body_len));
    }
    vt_buf_put_text(&again, "---");
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), header->mac_text));
    vt_buf_put_text(&again, " ");
    vt_base64_write_bare(&again, VT_BYTES(header->mac));
    vt_buf_put_text(&again, "\n");
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), header->bytes));
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_age_header header, again;

    if (!vt_age_header_parse(input, &header, &err)) {
        VT_CHECK((err.code == VT_MALFORMED || err.code == VT_LIMIT) &&
                 err.message[0] != '\0');
        return;
    }
    VT_CHECK(header.stanza_count >= 1 && header.stanza_count <= VT_AGE_STANZAS_MAX);
    VT_CHECK(header.bytes.data == input.data);
    write_again(&header);
    VT_CHECK(vt_age_header_parse(header.bytes, &again, &err));
    VT_CHECK(vt_slice_equal(again.bytes, header.bytes));
    VT_CHECK(
        !vt_age_header_parse(vt_slice_of(input.data, header.bytes.len - 1), &again, &err));
}
