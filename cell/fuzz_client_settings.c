/* Laws: settings that are read are written so that they are read as the same; each that is
 * set is a line of text; a refusal names the line. */
#include "cell/client_settings.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_CLIENT_SETTINGS_BYTES_MAX * 2);
    VT_AUTO_CLIENT_SETTINGS settings = { 0 }, again = { 0 };

    if (!vt_client_settings_parse(input, &settings, &err)) {
        VT_CHECK((err.code == VT_MALFORMED && strstr(err.message, "line ") != NULL) ||
                 err.code == VT_LIMIT);
        return;
    }
    VT_CHECK(vt_client_settings_write(&settings, &text, &err));
    VT_CHECK(vt_client_settings_parse(vt_buf_slice(&text), &again, &err));
    for (unsigned i = 0; i < VT_SETTINGS; i++) {
        VT_CHECK((settings.values[i] == NULL) == (again.values[i] == NULL));
        VT_CHECK(settings.values[i] == NULL ||
                 strcmp(settings.values[i], again.values[i]) == 0);
        VT_CHECK(settings.values[i] == NULL || settings.values[i][0] != '\0');
        VT_CHECK(settings.values[i] == NULL || strchr(settings.values[i], '\n') == NULL);
    }
}
