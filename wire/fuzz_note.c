/* Laws: what is taken can be put together again byte by byte, from its parts and by the
 * writer; what is refused says why. */
#include "tools/fuzz.h"
#include "wire/base64.h"
#include "wire/note.h"

static void write_line_again(const struct vt_note_signature *signature)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_NOTE_BYTES_MAX);
    VT_AUTO_BUF line = vt_buf_init(VT_NOTE_BYTES_MAX);
    vt_reader r;
    uint32_t id;

    VT_CHECK(vt_note_name_is_good(signature->name));
    VT_CHECK(vt_base64_parse(signature->payload_base64, &payload, &err));
    r = (vt_reader){ vt_buf_slice(&payload) };
    VT_CHECK(vt_read_u32(&r, &id) && id == signature->id && r.rest.len > 0);
    vt_note_write_signature(&line, signature->name, id, r.rest);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&line), signature->line));
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_note note;
    VT_AUTO_BUF again = vt_buf_init(VT_NOTE_BYTES_MAX);

    if (!vt_note_parse(input, &note, &err)) {
        VT_CHECK((err.code == VT_MALFORMED || err.code == VT_LIMIT) &&
                 err.message[0] != '\0');
        return;
    }
    VT_CHECK(note.signature_count >= 1 && note.signature_count <= VT_NOTE_SIGNATURES_MAX);
    VT_CHECK(vt_slice_ends_with(note.text, VT_LIT("\n")));
    vt_buf_put(&again, note.text);
    vt_buf_put_text(&again, "\n");
    for (size_t i = 0; i < note.signature_count; i++) {
        vt_buf_put(&again, note.signatures[i].line);
        write_line_again(&note.signatures[i]);
    }
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
