/* Law: an export is taken apart or refused with a reason, and what its evidence is was
 * written in one spelling. */
#include "centre/export.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_EXPORT_BYTES_MAX);
    struct vt_error err = { 0 };
    VT_AUTO_JSON evidence = NULL;
    uint8_t signature[64];
    char keyid[65];

    if (!vt_export_open(input, &payload, keyid, signature, &err)) {
        VT_CHECK(err.message[0] != '\0');
        return;
    }
    if (vt_json_parse_canonical(vt_buf_slice(&payload), "export", &evidence, &err) &&
        vt_export_schema(evidence, &err)) {
        VT_AUTO_BUF again = vt_buf_init(VT_EXPORT_BYTES_MAX);

        VT_CHECK(vt_json_write_canonical(evidence, &again, &err));
        VT_CHECK(vt_slice_equal(vt_buf_slice(&again), vt_buf_slice(&payload)));
    }
}
