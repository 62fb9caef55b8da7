/* Settings as a text file in the form of systemd's units.
 *
 *   [scanner]
 *   # one setting a line
 *   workers = 4
 *
 * A line that begins with '#' or ';' says nothing; everything behind the first '=' is the
 * value, without the spaces around it.  Strict: an unknown setting, one that is set twice,
 * another section, or anything else is refused with its line, so that a setting that is
 * misspelled never counts as one that was not made.  Pure. */
#ifndef VT_SETTINGS_H
#define VT_SETTINGS_H

#include "base/base.h"

#define VT_SETTINGS_BYTES_MAX VT_KIB(64)

/* What may be set: all is borrowed. */
struct vt_settings_form {
    const char *section; /* "scanner" */
    const char *const *names;
    unsigned count;
};

/* form->count if there is none of that name. */
unsigned vt_settings_find(const struct vt_settings_form *form, vt_slice name);

/* values: one place for each name, empty before; what is set is returned in its place, one
 * line of text, never empty; ends with vt_settings_clear.
 * Errors: VT_MALFORMED with the line; VT_LIMIT */
VT_CHECKED bool vt_settings_parse(vt_slice text, const struct vt_settings_form *form,
                                  char **values, struct vt_error *err);
/* Append the text; parsed again it gives the same.
 * Errors: VT_MALFORMED a value that no line can hold; VT_LIMIT */
VT_CHECKED bool vt_settings_write(const struct vt_settings_form *form, char *const *values,
                                  struct vt_buf *out, struct vt_error *err);
void vt_settings_clear(const struct vt_settings_form *form, char **values);

#endif
