/* See search.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "centre/search.h"
#include <ctype.h>
#include <pcre2.h>

enum {
    SHOWN_BYTES = 200,    /* of a line */
    STEPS_MAX = 20000,    /* of one place in a line */
    HEAP_KIB_MAX = 4096,  /* for one line */
    LOOK_PLACES = 256,    /* in lines, between two looks at the clock */
    LOOK_BYTES = 1 << 18, /* of plain text, likewise */
    DEFINITIONS_MAX = 100,
    NEEDS_BYTES_MAX = 2048,
};

/* ---- which texts must be there ----------------------------------------------------------
 */

static void end_run(struct vt_buf *run, struct vt_buf *out)
{
    if (run->len >= 3) {
        vt_buf_put_u16(out, (uint16_t)run->len); /* an expression is short */
        vt_buf_put(out, vt_buf_slice(run));
    }
    vt_buf_truncate(run, 0);
}

/* Behind the bracket that is open at `at`; 0: it is not plain. */
static size_t skip_class(vt_slice s, size_t at)
{
    at += at + 1 < s.len && s.data[at + 1] == '^' ? 2 : 1;
    if (at < s.len && s.data[at] == ']')
        at++;
    for (; at < s.len && s.data[at] != ']'; at++) {
        if (s.data[at] == '[')
            return 0; /* [:alpha:] and the like */
        if (s.data[at] == '\\')
            at++;
    }
    return at < s.len ? at + 1 : 0;
}

static size_t skip_group(vt_slice s, size_t at)
{
    size_t depth = 0;

    while (at < s.len) {
        if (s.data[at] == '[') {
            at = skip_class(s, at);
            if (at == 0)
                return 0;
            continue;
        }
        if (s.data[at] == '\\') {
            at += 2;
            continue;
        }
        if (s.data[at] == '(' && at + 1 < s.len &&
            (s.data[at + 1] == '?' || s.data[at + 1] == '*'))
            return 0; /* options, conditions, verbs */
        depth += s.data[at] == '(';
        if (s.data[at] == ')' && --depth == 0)
            return at + 1;
        at++;
    }
    return 0;
}

/* The byte that stands for itself behind a backslash; 0: a class or an assertion; -1: it is
 * not plain. */
static int escaped(uint8_t byte)
{
    if (!isalnum(byte))
        return byte;
    return strchr("dDwWsSbBhHvVRAzZnrtfaeGKN", byte) != NULL ? 0 : -1;
}

/* One item at *at; true: go on. */
static bool take_item(vt_slice s, size_t *at, struct vt_buf *run, struct vt_buf *out)
{
    uint8_t byte = s.data[*at];
    int meant;

    switch (byte) {
    case '[':
    case '(':
        end_run(run, out);
        *at = byte == '[' ? skip_class(s, *at) : skip_group(s, *at);
        return *at != 0;
    case '\\':
        meant = *at + 1 < s.len ? escaped(s.data[*at + 1]) : -1;
        *at += 2;
        if (meant > 0)
            vt_buf_put_u8(run, (uint8_t)meant);
        else
            end_run(run, out);
        return meant >= 0;
    case '?':
    case '*':
    case '{': /* what stands before need not be there */
        if (run->len != 0)
            vt_buf_truncate(run, run->len - 1);
        end_run(run, out);
        if (byte == '{')
            while (*at < s.len && s.data[*at] != '}')
                ++*at;
        ++*at;
        return *at <= s.len;
    case '+':
    case '.':
    case '^':
    case '$':
        end_run(run, out);
        ++*at;
        return true;
    default:
        vt_buf_put_u8(run, byte);
        ++*at;
        return byte != '|' && byte != ')';
    }
}

void vt_regex_needs(vt_slice regex, struct vt_buf *out)
{
    VT_AUTO_BUF run = vt_buf_init(NEEDS_BYTES_MAX);
    size_t at = 0, before = out->len;

    while (at < regex.len)
        if (!take_item(regex, &at, &run, out)) {
            vt_buf_truncate(out, before);
            return;
        }
    end_run(&run, out);
}

/* ---- which files ------------------------------------------------------------------------
 */

/* Keep the files that have this trigram too. */
static size_t intersect(const struct vt_library *l, uint32_t trigram, uint32_t *files,
                        size_t count)
{
    vt_reader r = { vt_library_postings(l, trigram) };
    uint32_t file = 0;
    size_t kept = 0, i = 0;
    bool is_more = vt_posting_next(&r, &file);

    while (is_more && i < count) {
        if (files[i] == file)
            files[kept++] = files[i++];
        else if (files[i] < file)
            i++;
        else
            is_more = vt_posting_next(&r, &file);
    }
    return kept;
}

static size_t narrow(const struct vt_library *l, vt_slice text, uint32_t *files,
                     size_t count)
{
    for (size_t i = 0; i + 3 <= text.len && count != 0; i++)
        count = intersect(l, vt_trigram_of(text.data + i), files, count);
    return count;
}

/* Files that may hold a match, ascending.  Returned, with free(). */
uint32_t *vt_search_files(const struct vt_library *l, const struct vt_search *search,
                          size_t *count_out)
{
    VT_AUTO_BUF needs = vt_buf_init(NEEDS_BYTES_MAX);
    uint32_t *files = vt_alloc_array((size_t)l->file_count + 1, sizeof *files);
    size_t count = 0;
    vt_reader r;
    vt_slice one;
    uint16_t len;

    for (uint32_t i = search->from_file; i < l->file_count; i++)
        if (vt_library_file(l, i).is_searched)
            files[count++] = i;
    if (search->is_regex)
        vt_regex_needs(search->text, &needs);
    else
        count = narrow(l, search->text, files, count);
    r = (vt_reader){ vt_buf_slice(&needs) };
    while (vt_read_u16(&r, &len) && vt_read_bytes(&r, len, &one))
        count = narrow(l, one, files, count);
    *count_out = count;
    return files;
}

/* ---- reading them -----------------------------------------------------------------------
 */

struct reading {
    const struct vt_search *search;
    pcre2_code *code; /* NULL: text in its own case */
    pcre2_match_data *data;
    pcre2_match_context *context;
    json_t *hits;
    json_t *cut; /* files that hold more than VT_SEARCH_HITS_OF_ONE */
    int64_t until_ms;
    size_t places; /* tried since the last look at the clock */
    bool is_late;
    bool is_passed_over; /* the first file alone took the whole time */
};

static bool is_late(struct reading *r)
{
    r->is_late = r->is_late || vt_monotonic_ms() > r->until_ms;
    return r->is_late;
}

/* What of a line is shown: its beginning as UTF-8, control bytes as spaces. */
static json_t *shown(vt_slice line)
{
    char text[SHOWN_BYTES + 1];
    size_t len = line.len < SHOWN_BYTES ? line.len : SHOWN_BYTES;
    bool is_utf8;

    while (len < line.len && len != 0 && (line.data[len] & 0xc0) == 0x80)
        len--;
    is_utf8 = vt_slice_is_utf8(vt_slice_sub(line, 0, len));
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = line.data[i];

        text[i] = byte < ' ' || byte == 0x7f ? ' '
                  : byte >= 0x80 && !is_utf8 ? '?'
                                             : (char)byte;
    }
    return json_stringn(text, len);
}

static void add_hit(struct reading *r, uint32_t file, size_t line, size_t column,
                    vt_slice text)
{
    (void)json_array_append_new(r->hits,
                                json_pack("{s:I,s:I,s:I,s:o}", "file", (json_int_t)file,
                                          "line", (json_int_t)line, "column",
                                          (json_int_t)column, "text", shown(text)));
}

/* One more of this file: false when it has more than are told, which is. */
static bool may_add(struct reading *r, uint32_t file, size_t found)
{
    if (found < VT_SEARCH_HITS_OF_ONE)
        return true;
    (void)json_array_append_new(r->cut, json_integer(file));
    return false;
}

static size_t lines_in(vt_slice text)
{
    size_t count = 0;
    const uint8_t *at = text.data, *end = text.data + text.len;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* The first place of the text in `rest`, read in pieces with a look at the clock before
 * each; NULL: none, or r->is_late. */
static const uint8_t *find_text(struct reading *r, vt_slice rest)
{
    vt_slice text = r->search->text;

    for (size_t at = 0; at < rest.len && !is_late(r); at += LOOK_BYTES) {
        size_t left = rest.len - at, piece = LOOK_BYTES + text.len - 1;
        const uint8_t *hit =
            memmem(rest.data + at, left < piece ? left : piece, text.data, text.len);

        if (hit != NULL)
            return hit;
    }
    return NULL;
}

/* Text in its own case: over the whole file, one hit a line. */
static void read_text(struct reading *r, uint32_t file, vt_slice content)
{
    vt_slice rest = content;
    size_t line = 1, found = 0;
    const uint8_t *hit;

    while (rest.len != 0 && (hit = find_text(r, rest)) != NULL && may_add(r, file, found)) {
        const uint8_t *begin = memrchr(rest.data, '\n', (size_t)(hit - rest.data));
        const uint8_t *end = memchr(hit, '\n', (size_t)(rest.data + rest.len - hit));

        begin = begin != NULL ? begin + 1 : rest.data;
        if (end == NULL)
            end = rest.data + rest.len;
        line += lines_in(vt_slice_of(rest.data, (size_t)(hit - rest.data)));
        add_hit(r, file, line, (size_t)(hit - begin) + 1,
                vt_slice_of(begin, (size_t)(end - begin)));
        found++;
        if (end == rest.data + rest.len)
            return;
        line++;
        rest = vt_slice_sub(rest, (size_t)(end - rest.data) + 1,
                            rest.len - (size_t)(end - rest.data) - 1);
    }
}

/* A place may cost STEPS_MAX, so places are what is counted between two looks. */
static bool is_late_behind(struct reading *r, size_t places)
{
    r->places += places;
    if (r->places < LOOK_PLACES)
        return r->is_late;
    r->places = 0;
    return is_late(r);
}

/* A match that begins in LOOK_PLACES places from `at`.  Its column from 1, or 0: none. */
static bool match_from(struct reading *r, vt_slice line, size_t at, size_t *column_out,
                       struct vt_error *err)
{
    int result;

    (void)pcre2_set_offset_limit(r->context, at + LOOK_PLACES - 1);
    result = pcre2_match(r->code, line.len != 0 ? line.data : (PCRE2_SPTR) "", line.len, at,
                         0, r->data, r->context);
    *column_out = 0;
    if (result == PCRE2_ERROR_NOMATCH)
        return true;
    if (result < 0)
        return vt_fail(err, VT_REJECTED,
                       "this expression costs more than a search may: make it simpler");
    *column_out = pcre2_get_ovector_pointer(r->data)[0] + 1;
    return true;
}

/* r->is_late: the line was not read to its end. */
static bool match_line(struct reading *r, vt_slice line, size_t *column_out,
                       struct vt_error *err)
{
    size_t len = line.len < VT_SEARCH_LINE_BYTES_MAX ? line.len : VT_SEARCH_LINE_BYTES_MAX;

    line = vt_slice_sub(line, 0, len);
    *column_out = 0;
    for (size_t at = 0; at <= len && *column_out == 0; at += LOOK_PLACES) {
        size_t left = len - at + 1;

        if (is_late_behind(r, left < LOOK_PLACES ? left : LOOK_PLACES))
            return true;
        if (!match_from(r, line, at, column_out, err))
            return false;
    }
    return true;
}

/* r->is_late: the file was not read to its end. */
static bool read_lines(struct reading *r, uint32_t file, vt_slice content,
                       struct vt_error *err)
{
    vt_reader lines = { content };
    size_t number = 0, found = 0, column;
    vt_slice line;

    while (lines.rest.len != 0) {
        if (!vt_read_line(&lines, &line)) {
            line = lines.rest;
            lines.rest = (vt_slice){ 0 };
        }
        number++;
        if (!match_line(r, line, &column, err))
            return false;
        if (r->is_late)
            return true;
        if (column == 0)
            continue;
        if (!may_add(r, file, found))
            return true;
        add_hit(r, file, number, column, line);
        found++;
    }
    return true;
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool compile(struct reading *r, struct vt_error *err)
{
    uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C |
                       PCRE2_USE_OFFSET_LIMIT;
    PCRE2_UCHAR why[120] = { 0 };
    PCRE2_SIZE at = 0;
    int code = 0;

    if (!r->search->is_regex && !r->search->is_any_case)
        return true;
    if (!r->search->is_regex)
        options = PCRE2_LITERAL | PCRE2_USE_OFFSET_LIMIT;
    if (r->search->is_any_case)
        options |= PCRE2_CASELESS;
    r->code =
        pcre2_compile(r->search->text.data, r->search->text.len, options, &code, &at, NULL);
    if (r->code == NULL) {
        (void)pcre2_get_error_message(code, why, sizeof why);
        return vt_fail(err, VT_MALFORMED, "no expression: %s, at character %zu",
                       (const char *)why, at + 1);
    }
    r->data = pcre2_match_data_create_from_pattern(r->code, NULL);
    r->context = pcre2_match_context_create(NULL);
    if (r->data == NULL || r->context == NULL)
        return vt_fail(err, VT_REJECTED, "this expression needs too much memory");
    (void)pcre2_set_match_limit(r->context, STEPS_MAX);
    (void)pcre2_set_depth_limit(r->context, STEPS_MAX);
    (void)pcre2_set_heap_limit(r->context, HEAP_KIB_MAX);
    return true;
}

/* The time was over in a file.  Whoever goes on begins with it, unless it had the whole
 * time for itself: then it is passed over, or nobody would come past it, and what was found
 * in it stays. */
static void leave_file(struct reading *r, size_t hits_before, bool is_first)
{
    r->is_passed_over = is_first;
    while (!is_first && json_array_size(r->hits) > hits_before)
        (void)json_array_remove(r->hits, json_array_size(r->hits) - 1);
}

/* *read_out: files that were read to their end. */
static bool read_files(struct reading *r, const struct vt_library *l, const uint32_t *files,
                       size_t count, size_t *read_out, struct vt_error *err)
{
    r->until_ms = vt_monotonic_ms() + VT_SEARCH_MS_MAX;
    for (*read_out = 0; *read_out < count; ++*read_out) {
        uint32_t file = files[*read_out];
        vt_slice content = vt_library_file(l, file).content;
        size_t before = json_array_size(r->hits);

        if (before + VT_SEARCH_HITS_OF_ONE > VT_SEARCH_HITS_MAX ||
            (*read_out != 0 && is_late(r)))
            return true;
        if (r->code == NULL)
            read_text(r, file, content);
        else if (!read_lines(r, file, content, err))
            return false;
        if (r->is_late) {
            leave_file(r, before, *read_out == 0);
            return true;
        }
    }
    return true;
}

static json_t *answer_of(const struct reading *r, const uint32_t *files, size_t count,
                         size_t read)
{
    json_t *answer = json_pack("{s:O,s:I}", "hits", r->hits, "files", (json_int_t)read);

    if (json_array_size(r->cut) != 0)
        (void)json_object_set(answer, "cut", r->cut);
    if (r->is_passed_over)
        (void)json_object_set_new(answer, "unfinished", json_integer(files[read++]));
    if (read < count)
        (void)json_object_set_new(answer, "next", json_integer(files[read]));
    return answer;
}

bool vt_search_run(const struct vt_library *l, const struct vt_search *search, json_t **out,
                   struct vt_error *err)
{
    struct reading r = { .search = search, .hits = json_array(), .cut = json_array() };
    uint32_t *files = NULL;
    size_t count = 0, read = 0;
    bool is_ok = compile(&r, err);

    if (is_ok) {
        files = vt_search_files(l, search, &count);
        is_ok = read_files(&r, l, files, count, &read, err);
    }
    if (is_ok)
        *out = answer_of(&r, files, count, read);
    free(files);
    json_decref(r.hits);
    json_decref(r.cut);
    pcre2_match_data_free(r.data);
    pcre2_match_context_free(r.context);
    pcre2_code_free(r.code);
    return is_ok;
}

/* ---- definitions ------------------------------------------------------------------------
 */

/* The line of tags that holds byte `at`. */
static vt_slice line_around(vt_slice tags, size_t at)
{
    const uint8_t *begin = at == 0 ? NULL : memrchr(tags.data, '\n', at);
    const uint8_t *end = memchr(tags.data + at, '\n', tags.len - at);

    begin = begin != NULL ? begin + 1 : tags.data;
    end = end != NULL ? end : tags.data + tags.len;
    return vt_slice_of(begin, (size_t)(end - begin));
}

static size_t first_with(vt_slice tags, vt_slice prefix)
{
    size_t low = 0, high = tags.len;

    while (low < high) {
        vt_slice line = line_around(tags, low + (high - low) / 2);
        size_t begin = (size_t)(line.data - tags.data);

        if (vt_slice_compare(line, prefix) < 0)
            low = begin + line.len + 1;
        else
            high = begin;
    }
    return low < tags.len ? low : tags.len;
}

json_t *vt_library_definitions(const struct vt_library *l, vt_slice name)
{
    VT_AUTO_BUF prefix = vt_buf_init(VT_KIB(1));
    json_t *rows = json_array();
    vt_reader r;
    vt_slice line;

    vt_buf_put(&prefix, name);
    vt_buf_put_u8(&prefix, '\t');
    r.rest = l->tags;
    if (l->tags.len != 0) {
        size_t at = first_with(l->tags, vt_buf_slice(&prefix));

        r.rest = vt_slice_sub(l->tags, at, l->tags.len - at);
    }
    while (json_array_size(rows) < DEFINITIONS_MAX && vt_read_line(&r, &line) &&
           vt_slice_starts_with(line, vt_buf_slice(&prefix))) {
        vt_reader f = { vt_slice_sub(line, prefix.len, line.len - prefix.len) };
        vt_slice file, number;
        uint64_t at_file, at_line;

        if (vt_read_until(&f, '\t', &file) && vt_read_until(&f, '\t', &number) &&
            vt_decimal_parse(file, &at_file) && vt_decimal_parse(number, &at_line) &&
            at_file < l->file_count)
            (void)json_array_append_new(
                rows, json_pack("{s:I,s:I,s:s%}", "file", (json_int_t)at_file, "line",
                                (json_int_t)at_line, "kind", (const char *)f.rest.data,
                                f.rest.len));
    }
    return json_pack("{s:o,s:b}", "definitions", rows, "is_all",
                     json_array_size(rows) < DEFINITIONS_MAX);
}
