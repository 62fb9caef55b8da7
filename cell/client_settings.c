/* A client's settings. */
#include "cell/client_settings.h"
#include "base/settings.h"

static const char *const NAMES[VT_SETTINGS] = {
    [VT_SETTING_TRUST] = "trust",
    [VT_SETTING_COUNTRY] = "country",
    [VT_SETTING_POLICY] = "policy",
    [VT_SETTING_PROOF] = "proof",
    [VT_SETTING_CELL] = "cell",
    [VT_SETTING_FROM] = "from",
    [VT_SETTING_JURISDICTION] = "jurisdiction",
    [VT_SETTING_MAX_AGE] = "max-age",
    [VT_SETTING_COLLECTION_DELAY] = "collection-delay",
    [VT_SETTING_RULES] = "rules",
};

static const struct vt_settings_form FORM = { "client", NAMES, VT_SETTINGS };

const char *vt_client_setting_name(enum vt_client_setting setting)
{
    return NAMES[setting];
}

enum vt_client_setting vt_client_setting_of(vt_slice name)
{
    return (enum vt_client_setting)vt_settings_find(&FORM, name);
}

void vt_client_settings_clear(struct vt_client_settings *settings)
{
    vt_settings_clear(&FORM, settings->values);
}

bool vt_client_settings_parse(vt_slice text, struct vt_client_settings *out,
                              struct vt_error *err)
{
    struct vt_client_settings settings = { 0 };

    if (!vt_settings_parse(text, &FORM, settings.values, err))
        return false;
    *out = settings;
    return true;
}

bool vt_client_settings_write(const struct vt_client_settings *settings, struct vt_buf *out,
                              struct vt_error *err)
{
    return vt_settings_write(&FORM, settings->values, out, err);
}
