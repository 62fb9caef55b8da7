/* A client's settings, read line by line. */
#include "cell/client_settings.h"

enum { VALUE_BYTES_MAX = 4096 };

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

const char *vt_client_setting_name(enum vt_client_setting setting)
{
    return NAMES[setting];
}

enum vt_client_setting vt_client_setting_of(vt_slice name)
{
    unsigned i = 0;

    while (i < VT_SETTINGS && !vt_slice_is(name, NAMES[i]))
        i++;
    return (enum vt_client_setting)i; /* at most VT_SETTINGS */
}

void vt_client_settings_clear(struct vt_client_settings *settings)
{
    for (unsigned i = 0; i < VT_SETTINGS; i++)
        free(settings->values[i]);
    *settings = (struct vt_client_settings){ 0 };
}

/* ---- reading ----------------------------------------------------------------------------
 */

static vt_slice trim(vt_slice text)
{
    while (text.len != 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = vt_slice_sub(text, 1, text.len - 1);
    while (text.len != 0 &&
           (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* UTF-8 in one line, so that it can be shown; no NUL, which would end a path early. */
static bool is_value(vt_slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] < ' ' || value.data[i] == 0x7f)
            return false;
    return value.len != 0 && value.len <= VALUE_BYTES_MAX && vt_slice_is_utf8(value);
}

static bool take_setting(vt_slice line, struct vt_client_settings *out,
                         struct vt_error *err)
{
    vt_reader r = { line };
    enum vt_client_setting setting;
    vt_slice name, value;

    if (!vt_read_until(&r, '=', &name))
        return vt_fail(err, VT_MALFORMED, "is not NAME = VALUE");
    name = trim(name);
    value = trim(r.rest);
    setting = vt_client_setting_of(name);
    if (setting == VT_SETTINGS)
        return vt_fail(err, VT_MALFORMED, "there is no setting '%.*s'",
                       VT_SLICE_ARGS(name));
    if (!is_value(value))
        return vt_fail(err, VT_MALFORMED, "%s: is empty, too long, or not one line of text",
                       NAMES[setting]);
    if (out->values[setting] != NULL)
        return vt_fail(err, VT_MALFORMED, "%s: is set twice", NAMES[setting]);
    out->values[setting] = vt_strdup_slice(value);
    return true;
}

static bool take_line(vt_slice line, bool *is_inside, struct vt_client_settings *out,
                      struct vt_error *err)
{
    line = trim(line);
    if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
        return true;
    if (line.data[0] == '[') {
        *is_inside = vt_slice_is(line, "[client]");
        return *is_inside || vt_fail(err, VT_MALFORMED, "the one section is [client]");
    }
    if (!*is_inside)
        return vt_fail(err, VT_MALFORMED, "stands before [client]");
    return take_setting(line, out, err);
}

bool vt_client_settings_parse(vt_slice text, struct vt_client_settings *out,
                              struct vt_error *err)
{
    VT_AUTO_CLIENT_SETTINGS settings = { 0 };
    vt_reader r = { text };
    bool is_inside = false;
    vt_slice line;

    if (text.len > VT_CLIENT_SETTINGS_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "settings: %zu bytes", text.len);
    for (unsigned number = 1; r.rest.len != 0; number++) {
        if (!vt_read_line(&r, &line)) { /* an editor left out the last line's end */
            line = r.rest;
            r.rest.len = 0;
        }
        if (!take_line(line, &is_inside, &settings, err))
            return vt_within(err, "line %u", number);
    }
    *out = settings;
    settings = (struct vt_client_settings){ 0 };
    return true;
}

/* ---- writing ----------------------------------------------------------------------------
 */

bool vt_client_settings_write(const struct vt_client_settings *settings, struct vt_buf *out,
                              struct vt_error *err)
{
    vt_buf_put_text(out, "[client]\n");
    for (unsigned i = 0; i < VT_SETTINGS; i++) {
        vt_slice value = vt_slice_from_cstr(settings->values[i]);

        if (settings->values[i] == NULL)
            continue;
        if (!is_value(value) || trim(value).len != value.len)
            return vt_fail(err, VT_MALFORMED, "%s: '%.*s' cannot be kept as a setting",
                           NAMES[i], VT_SLICE_ARGS(value));
        vt_buf_printf(out, "%s = %.*s\n", NAMES[i], VT_SLICE_ARGS(value));
    }
    return vt_buf_check(out, "settings", err);
}
