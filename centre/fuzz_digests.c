/* Fuzz target: what a Centre shows as digests; what is taken is written again to the same
 * bytes. */
#include "centre/digests.h"
#include "evidence/field.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_DIGESTS_BYTES_MAX);
    VT_AUTO_DIGESTS digests = { .json = NULL };
    struct vt_error err = { 0 };
    vt_hash trust;

    if (!vt_digests_parse(input, &digests, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    trust = vt_field_hash(digests.json, "trust");
    VT_CHECK(vt_digests_write(&trust, json_object_get(digests.json, "ledgers"),
                              json_object_get(digests.json, "items"), &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
