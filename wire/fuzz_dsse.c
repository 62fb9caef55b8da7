/* Laws: the canonical reader takes exactly what the writer gives; whatever it takes, the
 * lenient reader takes too, as the same envelope; a refusal says why. */
#include "tools/fuzz.h"
#include "wire/dsse.h"

static bool write_again(const struct vt_dsse *envelope, struct vt_buf *out)
{
    struct vt_error err = { 0 };

    return vt_dsse_write(vt_buf_slice(&envelope->payload_type),
                         vt_buf_slice(&envelope->payload), envelope->signatures,
                         envelope->signature_count, out, &err);
}

static void compare(const struct vt_dsse *a, const struct vt_dsse *b)
{
    VT_CHECK(
        vt_slice_equal(vt_buf_slice(&a->payload_type), vt_buf_slice(&b->payload_type)));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&a->payload), vt_buf_slice(&b->payload)));
    VT_CHECK(a->signature_count == b->signature_count);
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_DSSE lenient = { 0 };
    VT_AUTO_DSSE canonical = { 0 };
    VT_AUTO_DSSE again = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_dsse_parse(input, &lenient, &err)) {
        VT_CHECK((err.code == VT_MALFORMED || err.code == VT_LIMIT) &&
                 err.message[0] != '\0');
        VT_CHECK(!vt_dsse_parse_canonical(input, &canonical, &err));
        return;
    }
    VT_CHECK(lenient.signature_count >= 1);
    if (!write_again(&lenient, &text)) {
        VT_CHECK(!vt_dsse_parse_canonical(input, &canonical, &err));
        return;
    }
    VT_CHECK(vt_dsse_parse_canonical(vt_buf_slice(&text), &again, &err));
    compare(&lenient, &again);
    VT_CHECK(vt_dsse_parse_canonical(input, &canonical, &err) ==
             vt_slice_equal(vt_buf_slice(&text), input));
    if (canonical.signature_count != 0)
        compare(&canonical, &again);
}
