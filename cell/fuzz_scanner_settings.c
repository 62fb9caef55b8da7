/* Laws: settings that are taken have all that is needed and numbers within their bounds; a
 * refusal says which line or which setting. */
#include "cell/scanner_settings.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_SCANNER_SETTINGS s = { .values = { NULL } };

    if (!vt_scanner_settings_parse(input, &s, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0' && s.values[VT_SCANNER_STATE] == NULL);
        return;
    }
    VT_CHECK(s.values[VT_SCANNER_SAMPLES] != NULL && s.values[VT_SCANNER_KEY] != NULL);
    VT_CHECK(s.values[VT_SCANNER_RULES] != NULL || s.values[VT_SCANNER_CLAMAV] != NULL);
    VT_CHECK(s.workers <= VT_SCAN_WORKERS_MAX && s.batch_max >= 1 &&
             s.batch_max <= VT_SCAN_BATCH_MAX);
    VT_CHECK(s.lease_s >= 1 && s.lease_s <= VT_QUEUE_LEASE_S_MAX && s.valid_s >= 1 &&
             s.idle_s >= 1);
    for (unsigned i = 0; i < VT_SCANNER_SETTINGS; i++)
        VT_CHECK(s.values[i] == NULL || s.values[i][0] != '\0');
}
