/* Errors: filled in one line, extended on the way up. */
#include "base/base.h"

/* Replace what could steer a terminal.  Bytes >= 0x80 stay: names are UTF-8. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte < 0x20 || byte == 0x7f)
            *text = '?';
    }
}

bool vt_fail(struct vt_error *err, enum vt_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    make_printable(err->message);
    err->code = code;
    return false;
}

bool vt_within(struct vt_error *err, const char *format, ...)
{
    char inner[sizeof err->message];
    char outer[sizeof err->message];
    va_list args;

    memcpy(inner, err->message, sizeof inner);
    va_start(args, format);
    (void)vsnprintf(outer, sizeof outer, format, args);
    va_end(args);
    (void)snprintf(err->message, sizeof err->message, "%.120s: %.117s", outer, inner);
    make_printable(err->message);
    return false;
}

const char *vt_code_name(enum vt_code code)
{
    static const char *const names[] = {
        [VT_OK] = "ok",         [VT_MALFORMED] = "malformed", [VT_REJECTED] = "rejected",
        [VT_ABSENT] = "absent", [VT_LIMIT] = "limit",         [VT_IO] = "trouble",
    };

    return names[code];
}

int vt_code_exit(enum vt_code code)
{
    switch (code) {
    case VT_OK:
        return VT_EXIT_OK;
    case VT_IO:
        return VT_EXIT_TROUBLE;
    case VT_MALFORMED:
    case VT_REJECTED:
    case VT_ABSENT:
    case VT_LIMIT:
        break;
    }
    return VT_EXIT_REFUSED;
}
