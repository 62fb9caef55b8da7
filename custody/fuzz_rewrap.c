/* Law: headers that are taken, written again, are the same bytes; a refusal says why. */
#include "custody/rewrap.h"
#include "tools/fuzz.h"

static bool take(void *context, const vt_hash *id, vt_slice header, struct vt_error *err)
{
    struct vt_buf *again = context;

    (void)err;
    vt_buf_put(again, vt_hash_slice(id));
    vt_buf_put_u16(again, (uint16_t)header.len);
    vt_buf_put(again, header);
    return true;
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(input.len + VT_KIB(1));
    struct vt_error err = { 0 };

    vt_buf_put_text(&again, "vitrine/headers/v1\n");
    if (vt_rewrap_read(input, take, &again, &err))
        VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
    else
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
}
