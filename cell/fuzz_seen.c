/* Laws: a memory that is taken and moved by a sighting can be read again, knows the
 * sighting or something newer, and never less than before; a refusal says why. */
#include "cell/seen.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    static const struct vt_cell_seen seen = { .epoch = 41, .size = 42 };
    const vt_slice cell = VT_LIT("zurich");
    struct vt_error err = { 0 };
    VT_AUTO_JSON memory = NULL;
    VT_AUTO_JSON next = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_CELL_SEEN_BYTES_MAX);
    struct vt_cell_seen before, after;

    if (!vt_cell_seen_parse(input, &memory, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0' && memory == NULL);
        return;
    }
    if (!vt_cell_seen_write(memory, cell, &seen, 3, &text, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_cell_seen_parse(vt_buf_slice(&text), &next, &err));
    before = vt_cell_seen_of(memory, cell);
    after = vt_cell_seen_of(next, cell);
    VT_CHECK(after.size >= before.size && after.size >= seen.size);
    VT_CHECK(vt_cell_seen_trust(next) >= vt_cell_seen_trust(memory) &&
             vt_cell_seen_trust(next) >= 3);
}
