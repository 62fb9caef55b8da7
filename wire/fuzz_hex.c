/* Law: what is taken is written again digit by digit; what is refused leaves no trace. */
#include "tools/fuzz.h"
#include "wire/hex.h"

void vt_fuzz_one(vt_slice input)
{
    uint8_t bytes[64] = { 7 };
    char text[2 * sizeof bytes + 1];
    size_t len = input.len / 2 < sizeof bytes ? input.len / 2 : sizeof bytes;

    if (!vt_hex_parse(input, bytes, len)) {
        VT_CHECK(bytes[0] == 7);
        return;
    }
    vt_hex_text(vt_slice_of(bytes, len), text);
    VT_CHECK(vt_slice_is(input, text));
}
