/* Law: a request of notes in JSON that is taken comes to bytes that the porter reads, with
 * a key of the right length; one that is refused has a sentence. */
#include "centre/door_notes.h"
#include "centre/notebook.h"
#include "centre/remark_ask.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF ask = vt_buf_init(VT_KIB(8)), key = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };
    struct vt_remark_ask read;
    VT_AUTO_JSON json = NULL;

    if (!vt_json_parse(input, "the request", &json, &err))
        return;
    if (vt_door_notes_take(json, &ask, &key, &err))
        VT_CHECK(vt_remark_ask_read(vt_buf_slice(&ask), &read) &&
                 key.len == VT_NOTEBOOK_KEY_BYTES);
    else
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
}
