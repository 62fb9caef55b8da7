/* Which of the machine's package sources serve a suite, in both forms that apt reads.
 * Other people's repositories on the machine (compilers, clouds) stay out: an environment
 * is made of one distribution.
 * Spec: sources.list(5), ONE-LINE-STYLE FORMAT and DEB822-STYLE FORMAT */
#include "line/apt.h"

enum { WORDS_MAX = 64 };

static bool serves(vt_slice word, const char *suite)
{
    vt_slice name = vt_slice_from_cstr(suite), rest;

    if (!vt_slice_starts_with(word, name))
        return false;
    rest = vt_slice_sub(word, name.len, word.len - name.len);
    return rest.len == 0 || vt_slice_is(rest, "-updates") ||
           vt_slice_is(rest, "-security") || vt_slice_is(rest, "/updates");
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The next word; a "[...]" group counts as one. */
static bool next_word(vt_slice *rest, vt_slice *word)
{
    size_t from = 0, to;

    while (from < rest->len && is_space(rest->data[from]))
        from++;
    if (from == rest->len)
        return false;
    to = from;
    if (rest->data[from] == '[')
        while (to < rest->len && rest->data[to] != ']')
            to++;
    while (to < rest->len && !is_space(rest->data[to]))
        to++;
    *word = vt_slice_sub(*rest, from, to - from);
    *rest = vt_slice_sub(*rest, to, rest->len - to);
    return true;
}

/* "deb [options] URI SUITE COMPONENT..." */
static void filter_line(vt_slice line, const char *suite, struct vt_buf *out)
{
    vt_slice words[WORDS_MAX], rest = line;
    size_t count = 0, at = 1;

    while (count < WORDS_MAX && next_word(&rest, &words[count])) {
        if (words[count].data[0] == '#')
            break;
        count++;
    }
    if (count < 3 || !vt_slice_is(words[0], "deb"))
        return;
    if (words[1].data[0] == '[')
        at = 2;
    if (at + 1 >= count || !serves(words[at + 1], suite))
        return;
    for (unsigned twice = 0; twice < 2; twice++) {
        vt_buf_put_text(out, twice == 0 ? "deb" : "deb-src");
        for (size_t i = 1; i < count; i++) {
            vt_buf_put_u8(out, ' ');
            vt_buf_put(out, words[i]);
        }
        vt_buf_put_u8(out, '\n');
    }
}

bool vt_apt_filter_list(vt_slice text, const char *suite, struct vt_buf *out,
                        struct vt_error *err)
{
    vt_reader r = { text };
    vt_slice line;

    while (vt_read_line(&r, &line))
        filter_line(line, suite, out);
    filter_line(r.rest, suite, out); /* a last line without its end */
    return vt_buf_check(out, "sources", err);
}

/* ---- stanzas ----------------------------------------------------------------------------
 */

static bool is_field(vt_slice line, const char *name, vt_slice *value)
{
    size_t len = strlen(name);

    if (line.len <= len || line.data[len] != ':' ||
        strncasecmp((const char *)line.data, name, len) != 0)
        return false;
    *value = vt_slice_sub(line, len + 1, line.len - len - 1);
    return true;
}

static void put_suites(vt_slice value, const char *suite, struct vt_buf *out, bool *found)
{
    vt_slice word;

    vt_buf_put_text(out, "Suites:");
    while (next_word(&value, &word))
        if (serves(word, suite)) {
            vt_buf_put_u8(out, ' ');
            vt_buf_put(out, word);
            *found = true;
        }
    vt_buf_put_u8(out, '\n');
}

static bool has_word(vt_slice value, const char *wanted)
{
    vt_slice word;

    while (next_word(&value, &word))
        if (vt_slice_is(word, wanted))
            return true;
    return false;
}

/* A stanza goes out whole, with its suites thinned and both types asked for. */
static void filter_stanza(vt_slice stanza, const char *suite, struct vt_buf *out)
{
    size_t before = out->len;
    vt_reader r = { stanza };
    bool has_suite = false, has_packages = false, is_enabled = true;
    vt_slice line, value;

    vt_buf_put_text(out, "Types: deb deb-src\n");
    while (vt_read_line(&r, &line)) {
        if (line.len > 0 && line.data[0] == '#')
            continue;
        if (is_field(line, "Types", &value)) {
            has_packages = has_word(value, "deb");
        } else if (is_field(line, "Suites", &value)) {
            put_suites(value, suite, out, &has_suite);
        } else {
            if (is_field(line, "Enabled", &value) && has_word(value, "no"))
                is_enabled = false;
            vt_buf_put(out, line);
            vt_buf_put_u8(out, '\n');
        }
    }
    vt_buf_put_u8(out, '\n');
    if (!has_suite || !has_packages || !is_enabled)
        vt_buf_truncate(out, before);
}

bool vt_apt_filter_stanzas(vt_slice text, const char *suite, struct vt_buf *out,
                           struct vt_error *err)
{
    VT_AUTO_BUF ended = vt_buf_init(VT_MIB(2));
    vt_reader r;
    size_t from = 0, at = 0;
    vt_slice line, all;

    vt_buf_put(&ended, text);
    vt_buf_put_text(&ended, "\n\n"); /* so that the last stanza ends as all others do */
    all = r.rest = vt_buf_slice(&ended);
    while (vt_read_line(&r, &line)) {
        size_t next = all.len - r.rest.len;
        size_t blank = 0;

        while (blank < line.len && is_space(line.data[blank]))
            blank++;
        if (blank == line.len) {
            if (at > from)
                filter_stanza(vt_slice_sub(all, from, at - from), suite, out);
            from = next;
        }
        at = next;
    }
    return vt_buf_check(&ended, "sources", err) && vt_buf_check(out, "sources", err);
}
