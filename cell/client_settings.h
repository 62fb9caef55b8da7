/* What a person need not say each time: the settings in a client's folder, a text file in
 * the form of systemd's units.
 *
 *   [client]
 *   # one setting a line; these are options of `vitrine client lookup` too
 *   trust = /home/anna/.vitrine/trust.json
 *   country = DE
 *
 * Strict, as all settings are (base/settings.h).  Pure.  Spec: vitrine-client(1),
 * "FILES" */
#ifndef VT_CELL_CLIENT_SETTINGS_H
#define VT_CELL_CLIENT_SETTINGS_H

#include "base/settings.h"

#define VT_CLIENT_SETTINGS_FILE      "client.ini"
#define VT_CLIENT_SETTINGS_BYTES_MAX VT_SETTINGS_BYTES_MAX

enum vt_client_setting {
    VT_SETTING_TRUST,
    VT_SETTING_COUNTRY,
    VT_SETTING_POLICY,
    VT_SETTING_PROOF,
    VT_SETTING_CELL,
    VT_SETTING_FROM,
    VT_SETTING_JURISDICTION,
    VT_SETTING_MAX_AGE,
    VT_SETTING_COLLECTION_DELAY,
    VT_SETTING_RULES,
    VT_SETTINGS,
};

struct vt_client_settings {
    char *values[VT_SETTINGS]; /* owned; NULL: not set; never empty */
};

void vt_client_settings_clear(struct vt_client_settings *settings);
#define VT_AUTO_CLIENT_SETTINGS                                                            \
    __attribute__((cleanup(vt_client_settings_clear))) struct vt_client_settings

/* "max-age": as the option is called. */
const char *vt_client_setting_name(enum vt_client_setting setting);
/* VT_SETTINGS if there is none of that name. */
enum vt_client_setting vt_client_setting_of(vt_slice name);

/* Errors: VT_MALFORMED with the line; VT_LIMIT */
VT_CHECKED bool vt_client_settings_parse(vt_slice text, struct vt_client_settings *out,
                                         struct vt_error *err);
/* Append the text; parsed again it gives the same.
 * Errors: VT_MALFORMED a value that no line can hold; VT_LIMIT */
VT_CHECKED bool vt_client_settings_write(const struct vt_client_settings *settings,
                                         struct vt_buf *out, struct vt_error *err);

#endif
