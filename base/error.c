/* Errors: filled in one line, extended on the way up. */
#include "base/base.h"

/* Bytes that a UTF-8 character with this first byte has; 1 for all that begins none. */
static size_t character_size(unsigned char first)
{
    if (first >= 0xf0)
        return 4;
    if (first >= 0xe0)
        return 3;
    return first >= 0xc2 ? 2 : 1;
}

static uint32_t code_point(const unsigned char *at, size_t size)
{
    uint32_t code = size == 1 ? at[0] : at[0] & (0x7fu >> size);

    for (size_t i = 1; i < size; i++)
        code = code << 6 | (at[i] & 0x3fu);
    return code;
}

/* C0 and C1 controls command a terminal; line and paragraph separators break the one
 * line; bidi marks make a line read otherwise than it is. */
static bool steers_terminal(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c ||
           code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* A character cut by the end of the buffer is left out: a full buffer is the only way in
 * which our own text comes to end inside one. */
void vt_text_make_printable(char *text, bool is_cut)
{
    size_t len = strlen(text), out = 0;

    for (size_t at = 0; at < len;) {
        const unsigned char *here = (const unsigned char *)text + at;
        size_t size = character_size(*here);

        if (size > len - at) {
            if (is_cut)
                break;
            size = 1;
        }
        if (!vt_slice_is_utf8(vt_slice_of(here, size))) {
            size = 1;
            text[out++] = '?';
        } else if (steers_terminal(code_point(here, size))) {
            text[out++] = '?';
        } else {
            memmove(text + out, here, size);
            out += size;
        }
        at += size;
    }
    text[out] = '\0';
}

/* Format into text, printable and whole. */
static void write_message(char *text, size_t size, const char *format, va_list args)
{
    int len = vsnprintf(text, size, format, args);

    vt_text_make_printable(text, len >= 0 && (size_t)len >= size);
}

bool vt_fail(struct vt_error *err, enum vt_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_message(err->message, sizeof err->message, format, args);
    va_end(args);
    err->code = code;
    return false;
}

static const char MARK[] = "..."; /* where something was left out */

/* At most `most` bytes of the text: its beginning, and the mark. */
static void cut_end(char *text, size_t most)
{
    if (strlen(text) <= most)
        return;
    text[most - (sizeof MARK - 1)] = '\0';
    vt_text_make_printable(text, true); /* was printable: only its cut can be wrong */
    memcpy(text + strlen(text), MARK, sizeof MARK);
}

/* At most `most` bytes of the text: the mark, and its end. */
static void cut_front(char *text, size_t most)
{
    size_t len = strlen(text), at = len - most + (sizeof MARK - 1);

    if (len <= most)
        return;
    while (((unsigned char)text[at] & 0xc0u) == 0x80)
        at++; /* inside a character */
    memmove(text + sizeof MARK - 1, text + at, len - at + 1);
    memcpy(text, MARK, sizeof MARK - 1);
}

bool vt_within(struct vt_error *err, const char *format, ...)
{
    /* The cause is what a person needs, and it stands at the end: the context gives way,
     * down to this many bytes, then what is between. */
    enum { OUTER_MIN = 100 };
    char inner[sizeof err->message], outer[sizeof err->message];
    size_t room = sizeof err->message - sizeof ": ", len;
    va_list args;

    memcpy(inner, err->message, sizeof inner);
    va_start(args, format);
    write_message(outer, sizeof outer, format, args);
    va_end(args);
    len = strlen(inner);
    cut_end(outer, len < room - OUTER_MIN ? room - len : OUTER_MIN);
    cut_front(inner, room - strlen(outer));
    len = strlen(outer);
    memcpy(err->message, outer, len);
    memcpy(err->message + len, ": ", 2);
    memcpy(err->message + len + 2, inner, strlen(inner) + 1);
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
