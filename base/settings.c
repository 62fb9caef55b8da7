/* Settings, read line by line. */
#include "base/settings.h"

enum { VALUE_BYTES_MAX = 4096 };

unsigned vt_settings_find(const struct vt_settings_form *form, vt_slice name)
{
    unsigned i = 0;

    while (i < form->count && !vt_slice_is(name, form->names[i]))
        i++;
    return i;
}

void vt_settings_clear(const struct vt_settings_form *form, char **values)
{
    for (unsigned i = 0; i < form->count; i++) {
        free(values[i]);
        values[i] = NULL;
    }
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

static bool take_setting(vt_slice line, const struct vt_settings_form *form, char **values,
                         struct vt_error *err)
{
    vt_reader r = { line };
    vt_slice name, value;
    unsigned setting;

    if (!vt_read_until(&r, '=', &name))
        return vt_fail(err, VT_MALFORMED, "is not NAME = VALUE");
    name = trim(name);
    value = trim(r.rest);
    setting = vt_settings_find(form, name);
    if (setting == form->count)
        return vt_fail(err, VT_MALFORMED, "there is no setting '%.*s'",
                       VT_SLICE_ARGS(name));
    if (!is_value(value))
        return vt_fail(err, VT_MALFORMED, "%s: is empty, too long, or not one line of text",
                       form->names[setting]);
    if (values[setting] != NULL)
        return vt_fail(err, VT_MALFORMED, "%s: is set twice", form->names[setting]);
    values[setting] = vt_strdup_slice(value);
    return true;
}

static bool is_section(vt_slice line, const char *name)
{
    vt_reader r = { line };
    vt_slice inside;

    return vt_read_literal(&r, VT_LIT("[")) && vt_read_until(&r, ']', &inside) &&
           vt_slice_is(inside, name) && vt_read_end(&r);
}

static bool take_line(vt_slice line, bool *is_inside, const struct vt_settings_form *form,
                      char **values, struct vt_error *err)
{
    line = trim(line);
    if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
        return true;
    if (line.data[0] == '[') {
        *is_inside = is_section(line, form->section);
        return *is_inside ||
               vt_fail(err, VT_MALFORMED, "the one section is [%s]", form->section);
    }
    if (!*is_inside)
        return vt_fail(err, VT_MALFORMED, "stands before [%s]", form->section);
    return take_setting(line, form, values, err);
}

bool vt_settings_parse(vt_slice text, const struct vt_settings_form *form, char **values,
                       struct vt_error *err)
{
    vt_reader r = { text };
    bool is_inside = false;
    vt_slice line;

    if (text.len > VT_SETTINGS_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "settings: %zu bytes", text.len);
    for (unsigned number = 1; r.rest.len != 0; number++) {
        if (!vt_read_line(&r, &line)) { /* an editor left out the last line's end */
            line = r.rest;
            r.rest.len = 0;
        }
        if (!take_line(line, &is_inside, form, values, err)) {
            vt_settings_clear(form, values);
            return vt_within(err, "line %u", number);
        }
    }
    return true;
}

/* ---- writing ----------------------------------------------------------------------------
 */

bool vt_settings_write(const struct vt_settings_form *form, char *const *values,
                       struct vt_buf *out, struct vt_error *err)
{
    vt_buf_printf(out, "[%s]\n", form->section);
    for (unsigned i = 0; i < form->count; i++) {
        vt_slice value = vt_slice_from_cstr(values[i]);

        if (values[i] == NULL)
            continue;
        if (!is_value(value) || trim(value).len != value.len)
            return vt_fail(err, VT_MALFORMED, "%s: '%.*s' cannot be kept as a setting",
                           form->names[i], VT_SLICE_ARGS(value));
        vt_buf_printf(out, "%s = %.*s\n", form->names[i], VT_SLICE_ARGS(value));
    }
    return vt_buf_check(out, "settings", err);
}
