/* Suspicions.  The terms that both builds wrote down are the best witnesses; after them
 * come forms that hardly anything else has: dates, paths, locales.  A number or a run of
 * hex digits speaks for nothing. */
#include "line/diagnose_inside.h"

static bool has_text(vt_slice bytes, const char *text)
{
    return text != NULL && text[0] != '\0' && bytes.len > 0 &&
           memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

/* Each side has its own, and the texts differ. */
static bool have_own(const struct vt_difference *d, const char *a, const char *b)
{
    return strcmp(a, b) != 0 && has_text(d->a, a) && has_text(d->b, b);
}

/* The same of something long enough to be no chance; a side may be without it, since a
 * text that grows may move elsewhere. */
static bool have_own_or_none(const struct vt_difference *d, const char *a, const char *b)
{
    return strcmp(a, b) != 0 && d->a.len + d->b.len > 0 &&
           (d->a.len == 0 || has_text(d->a, a)) && (d->b.len == 0 || has_text(d->b, b));
}

static enum vt_cause suspect_terms(const struct vt_difference *d,
                                   const struct vt_sides *sides, const char **because)
{
    const struct vt_factors *a = &sides->a->factors, *b = &sides->b->factors;

    *because = "each side holds what its own build.json says";
    if (have_own_or_none(d, a->build_path, b->build_path))
        return VT_CAUSE_PATH;
    if (have_own(d, a->host_name, b->host_name) || have_own(d, a->user_name, b->user_name))
        return VT_CAUSE_USER_HOST;
    if (have_own_or_none(d, a->home, b->home))
        return VT_CAUSE_ENVIRONMENT;
    if (have_own(d, a->time_zone, b->time_zone) || have_own(d, a->locale, b->locale))
        return VT_CAUSE_LOCALE_ZONE;
    return VT_CAUSE_UNKNOWN;
}

/* ---- forms ----------------------------------------------------------------------------
 */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* '9' stands for a digit, the rest for itself. */
static bool has_form(vt_slice bytes, const char *form)
{
    size_t len = strlen(form), i;

    for (size_t at = 0; at + len <= bytes.len; at++) {
        for (i = 0; i < len; i++)
            if (form[i] == '9' ? !is_digit(bytes.data[at + i])
                               : bytes.data[at + i] != (uint8_t)form[i])
                break;
        if (i == len)
            return true;
    }
    return false;
}

static bool is_letter(vt_slice bytes, size_t at)
{
    return at < bytes.len &&
           ((bytes.data[at] | 0x20) >= 'a' && (bytes.data[at] | 0x20) <= 'z');
}

/* Seconds since 1970, of this century, alone: not part of a run of hex digits. */
static bool has_epoch(vt_slice bytes)
{
    size_t run = 0;

    for (size_t i = 0; i <= bytes.len; i++) {
        if (i < bytes.len && is_digit(bytes.data[i])) {
            run++;
            continue;
        }
        if (run == 10 && bytes.data[i - 10] == '1' && !is_letter(bytes, i) &&
            (i == 10 || !is_letter(bytes, i - 11)))
            return true;
        run = 0;
    }
    return false;
}

static bool has_month(vt_slice bytes)
{
    static const char *const months[] = { "Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ",
                                          "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec " };

    for (size_t i = 0; i < sizeof months / sizeof months[0]; i++)
        if (has_text(bytes, months[i]))
            return true;
    return false;
}

static bool has_date(vt_slice bytes)
{
    return has_form(bytes, "9999-99-99") || has_form(bytes, "99:99:99") ||
           (has_month(bytes) && has_form(bytes, "99:99")) || has_epoch(bytes);
}

static bool has_path(vt_slice bytes)
{
    static const char *const roots[] = { "/home/", "/build/", "/tmp/", "/root/", "/srv/" };

    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
        if (has_text(bytes, roots[i]))
            return true;
    return false;
}

static bool is_of_path(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           strchr("/._+-~@%", c) != NULL;
}

/* The absolute path of two folders or more around `at`, perhaps behind "-I" or its like;
 * empty: there is none. */
static vt_slice path_around(vt_slice bytes, size_t at)
{
    size_t from = at, to = at, slash;
    const uint8_t *second;

    while (from > 0 && bytes.data[from - 1] != 0 && is_of_path(bytes.data[from - 1]))
        from--;
    while (to < bytes.len && bytes.data[to] != 0 && is_of_path(bytes.data[to]))
        to++;
    for (slash = from; slash < to && bytes.data[slash] != '/'; slash++)
        ;
    if (slash != from && bytes.data[from] != '-')
        return (vt_slice){ 0 };
    if (to - slash < 4 || bytes.data[slash + 1] == '/')
        return (vt_slice){ 0 };
    second = memchr(bytes.data + slash + 1, '/', to - slash - 1);
    if (second == NULL || second + 1 == bytes.data + to)
        return (vt_slice){ 0 };
    return vt_slice_sub(bytes, slash, to - slash);
}

/* Both sides have an absolute path where they begin to differ: any folder will do. */
static bool have_paths(const struct vt_difference *d)
{
    size_t same = 0;

    while (same < d->a.len && same < d->b.len && d->a.data[same] == d->b.data[same])
        same++;
    return path_around(d->a, same).len > 0 && path_around(d->b, same).len > 0;
}

static bool has_locale(vt_slice bytes)
{
    return has_text(bytes, "UTF-8") || has_text(bytes, "ANSI_X3") ||
           has_text(bytes, "ISO-8859") || has_form(bytes, "+9999") ||
           has_form(bytes, "-9999 ");
}

static enum vt_cause suspect_kind(const struct vt_difference *d, const char **because)
{
    *because = "the container notes it";
    switch (d->kind) {
    case VT_DIFFERENCE_TIME:
        return VT_CAUSE_TIME;
    case VT_DIFFERENCE_OWNER:
        return VT_CAUSE_USER_HOST;
    case VT_DIFFERENCE_MODE:
        return VT_CAUSE_ENVIRONMENT;
    case VT_DIFFERENCE_ORDER:
        *because = "both sides have the same parts in another order";
        return VT_CAUSE_FILE_ORDER;
    default:
        return VT_CAUSE_UNKNOWN;
    }
}

enum vt_cause vt_difference_suspect(const struct vt_difference *d,
                                    const struct vt_sides *sides, const char **because)
{
    enum vt_cause cause = suspect_kind(d, because);

    if (cause == VT_CAUSE_UNKNOWN && sides->a != NULL && sides->b != NULL)
        cause = suspect_terms(d, sides, because);
    if (cause != VT_CAUSE_UNKNOWN || d->kind != VT_DIFFERENCE_CONTENT)
        return cause;
    *because = "both sides hold a path";
    if ((has_path(d->a) && has_path(d->b)) || have_paths(d))
        return VT_CAUSE_PATH;
    *because = "both sides name a locale or a zone";
    if (has_locale(d->a) && has_locale(d->b))
        return VT_CAUSE_LOCALE_ZONE;
    *because = "both sides hold a date or a time of day";
    if (has_date(d->a) && has_date(d->b))
        return VT_CAUSE_TIME;
    *because = "nothing in the bytes speaks for a cause";
    return VT_CAUSE_UNKNOWN;
}
