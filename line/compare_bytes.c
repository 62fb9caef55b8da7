/* Two unequal byte strings without inner structure.
 *
 * Both are split into records (the lines of a text, the printable strings of other bytes).
 * Records that both sides have are matched whatever their order; what remains is paired and
 * told, and if the matched ones come in another order, that is told too.  So an inserted
 * line does not make the rest differ, and a permutation is one difference, not a thousand.
 */
#include "line/compare_inside.h"

enum {
    RECORDS_MAX = 1 << 21, /* of one side, between the equal head and tail */
    TOLD_MAX = 48,         /* differences told of one place */
    STRING_BYTES_MIN = 4,  /* a printable run that counts as a string */
    LOOK_AHEAD = 8,        /* unmatched records that may be skipped to find a partner */
    GAP_BYTES = 3,         /* equal bytes that do not end a differing range */
    WINDOW_BYTES = 8,      /* shown before and after a differing range */
    RANGE_BYTES_MAX = 256,
};

struct record {
    uint64_t at; /* offset in its side */
    vt_slice text;
    uint64_t line; /* from 1; 0 for strings */
    bool is_matched;
    bool is_everywhere; /* both sides have it equally often */
};

struct side {
    vt_slice all;
    size_t head, tail; /* bytes that are equal at the beginning and at the end */
    struct record *records;
    size_t count, room;
    bool is_cut; /* more than RECORDS_MAX */
};

struct place {
    struct vt_compare_run *run;
    const char *path, *section;
    unsigned told;
};

static bool is_printable(uint8_t c)
{
    return (c >= 0x20 && c < 0x7f) || c == '\t';
}

/* ---- telling --------------------------------------------------------------------------
 */

static size_t equal_head(vt_slice a, vt_slice b)
{
    size_t min = a.len < b.len ? a.len : b.len, i = 0;

    while (i + 4096 <= min && memcmp(a.data + i, b.data + i, 4096) == 0)
        i += 4096;
    while (i < min && a.data[i] == b.data[i])
        i++;
    return i;
}

static size_t equal_tail(vt_slice a, vt_slice b, size_t head)
{
    size_t min = (a.len < b.len ? a.len : b.len) - head, i = 0;

    while (i < min && a.data[a.len - 1 - i] == b.data[b.len - 1 - i])
        i++;
    return i;
}

/* Cut both to what can be shown, around the first byte that differs. */
static void tell(struct place *p, struct vt_difference *d, vt_slice a, vt_slice b)
{
    size_t head = equal_head(a, b), from = 0;

    if (a.len > VT_DIFFERENCE_EXCERPT_MAX || b.len > VT_DIFFERENCE_EXCERPT_MAX)
        from =
            head > VT_DIFFERENCE_EXCERPT_MAX / 4 ? head - VT_DIFFERENCE_EXCERPT_MAX / 4 : 0;
    d->path = p->path;
    d->section = p->section;
    d->a =
        vt_slice_sub(a, from < a.len ? from : a.len, a.len - (from < a.len ? from : a.len));
    d->b =
        vt_slice_sub(b, from < b.len ? from : b.len, b.len - (from < b.len ? from : b.len));
    d->at += from;
    if (p->told++ < TOLD_MAX)
        vt_comparison_add(p->run->result, d);
    else
        p->run->result->total++;
}

static void tell_records(struct place *p, const struct record *a, const struct record *b)
{
    const struct record *r = a != NULL ? a : b;
    vt_slice none = { 0 };
    struct vt_difference d = { .kind = VT_DIFFERENCE_CONTENT,
                               .at = r->at,
                               .line = r->line };

    d.offset = r->at;
    if (a != NULL && b != NULL)
        d.offset += equal_head(a->text, b->text);
    tell(p, &d, a != NULL ? a->text : none, b != NULL ? b->text : none);
}

void vt_compare_plainly(struct vt_compare_run *run, const char *path, const char *section,
                        vt_slice a, vt_slice b, bool is_derived)
{
    size_t head = equal_head(a, b), from = head > WINDOW_BYTES ? head - WINDOW_BYTES : 0;
    struct place p = { run, path, section, 0 };
    struct vt_difference d = {
        .kind = VT_DIFFERENCE_CONTENT, .offset = head, .at = from, .is_derived = is_derived
    };
    size_t len_a = a.len - from < 64 ? a.len - from : 64;
    size_t len_b = b.len - from < 64 ? b.len - from : 64;

    tell(&p, &d, vt_slice_sub(a, from, len_a), vt_slice_sub(b, from, len_b));
}

/* ---- records --------------------------------------------------------------------------
 */

static void add_record(struct side *s, size_t at, size_t len, uint64_t line)
{
    if (s->count == RECORDS_MAX) {
        s->is_cut = true;
        return;
    }
    if (s->count == s->room) {
        s->room = s->room == 0 ? 64 : s->room * 2;
        s->records = vt_grow_array(s->records, s->room, sizeof *s->records);
    }
    s->records[s->count++] =
        (struct record){ .at = at, .text = vt_slice_sub(s->all, at, len), .line = line };
}

static uint64_t count_lines(vt_slice bytes)
{
    uint64_t lines = 0;
    const uint8_t *at = bytes.data, *end = bytes.data + bytes.len;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        lines++;
        at++;
    }
    return lines;
}

/* From the beginning of the line in which the sides begin to differ. */
static void split_lines(struct side *s)
{
    size_t at = s->head, end = s->all.len - s->tail;
    uint64_t line;

    while (at > 0 && s->all.data[at - 1] != '\n')
        at--;
    while (end < s->all.len && (end == 0 || s->all.data[end - 1] != '\n'))
        end++;
    line = count_lines(vt_slice_sub(s->all, 0, at)) + 1;
    while (at < end && !s->is_cut) {
        const uint8_t *stop = memchr(s->all.data + at, '\n', end - at);
        size_t len = stop != NULL ? (size_t)(stop - s->all.data) - at : end - at;

        add_record(s, at, len, line++);
        at += len + 1;
    }
}

/* The printable run around or after `at`. */
static size_t run_start(vt_slice all, size_t at)
{
    while (at > 0 && is_printable(all.data[at - 1]))
        at--;
    return at;
}

static size_t run_end(vt_slice all, size_t at)
{
    while (at < all.len && is_printable(all.data[at]))
        at++;
    return at;
}

static void split_strings(struct side *s)
{
    size_t at = run_start(s->all, s->head), end = run_end(s->all, s->all.len - s->tail);

    while (at < end && !s->is_cut) {
        size_t stop = run_end(s->all, at);

        if (stop - at >= STRING_BYTES_MIN)
            add_record(s, at, stop - at, 0);
        at = stop + 1;
    }
}

/* ---- matching -------------------------------------------------------------------------
 */

static int compare_records(const void *a, const void *b)
{
    const struct record *x = *(const struct record *const *)a;
    const struct record *y = *(const struct record *const *)b;
    int order = vt_slice_compare(x->text, y->text);

    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static struct record **sorted(struct side *s)
{
    struct record **out = vt_alloc_array(s->count + 1, sizeof *out);

    for (size_t i = 0; i < s->count; i++)
        out[i] = &s->records[i];
    qsort(out, s->count, sizeof *out, compare_records);
    return out;
}

/* How many from i on have the same text. */
static size_t group(struct record *const *sorted_records, size_t i, size_t count)
{
    size_t n = 1;

    while (i + n < count &&
           vt_slice_equal(sorted_records[i]->text, sorted_records[i + n]->text))
        n++;
    return n;
}

static void match_group(struct record **a, size_t na, struct record **b, size_t nb)
{
    for (size_t k = 0; k < na && k < nb; k++) {
        a[k]->is_matched = b[k]->is_matched = true;
        a[k]->is_everywhere = b[k]->is_everywhere = na == nb;
    }
}

static void match(struct side *a, struct side *b)
{
    VT_AUTO_FREE struct record **x = sorted(a);
    VT_AUTO_FREE struct record **y = sorted(b);
    size_t i = 0, j = 0;

    while (i < a->count && j < b->count) {
        int order = vt_slice_compare(x[i]->text, y[j]->text);
        size_t na = group(x, i, a->count), nb = group(y, j, b->count);

        if (order == 0)
            match_group(&x[i], na, &y[j], nb);
        i += order <= 0 ? na : 0;
        j += order >= 0 ? nb : 0;
    }
}

/* Records that both sides have equally often show the order, whatever stands between. */
static bool tell_order(struct place *p, const struct side *a, const struct side *b)
{
    struct vt_difference d = { .kind = VT_DIFFERENCE_ORDER };
    size_t i = 0, j = 0;

    for (;;) {
        while (i < a->count && !a->records[i].is_everywhere)
            i++;
        while (j < b->count && !b->records[j].is_everywhere)
            j++;
        if (i == a->count || j == b->count)
            return false;
        if (!vt_slice_equal(a->records[i].text, b->records[j].text))
            break;
        i++;
        j++;
    }
    d.offset = d.at = a->records[i].at;
    d.line = a->records[i].line;
    tell(p, &d, a->records[i].text, b->records[j].text);
    return true;
}

/* Do they look like two values of one thing? */
static bool are_alike(vt_slice a, vt_slice b)
{
    size_t head = equal_head(a, b), tail = equal_tail(a, b, head);
    size_t min = a.len < b.len ? a.len : b.len;

    return head + tail >= (min + 1) / 2 || head >= 8;
}

static struct record *next_unmatched(struct side *s, size_t *at)
{
    while (*at < s->count && s->records[*at].is_matched)
        (*at)++;
    return *at < s->count ? &s->records[(*at)++] : NULL;
}

/* The first of the next few unmatched that looks like r; *at moves behind it and the ones
 * passed over are told alone. */
static struct record *find_alike(struct place *p, struct side *s, size_t *at,
                                 const struct record *r)
{
    size_t look = *at;
    struct record *other;

    for (int i = 0; i < LOOK_AHEAD && (other = next_unmatched(s, &look)) != NULL; i++) {
        struct record *passed;

        if (!are_alike(r->text, other->text))
            continue;
        while ((passed = next_unmatched(s, at)) != other)
            tell_records(p, NULL, passed);
        return other;
    }
    return NULL;
}

static size_t count_unmatched(const struct side *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->count; i++)
        n += !s->records[i].is_matched;
    return n;
}

static void tell_unmatched(struct place *p, struct side *a, struct side *b)
{
    bool is_paired = count_unmatched(a) == count_unmatched(b);
    size_t i = 0, j = 0;
    struct record *r, *other;

    while ((r = next_unmatched(a, &i)) != NULL) {
        other = is_paired ? next_unmatched(b, &j) : find_alike(p, b, &j, r);
        tell_records(p, r, other);
    }
    while ((r = next_unmatched(b, &j)) != NULL)
        tell_records(p, NULL, r);
}

struct found {
    bool is_order, is_content;
};

/* Whether anything was told. */
static struct found compare_by(struct place *p, vt_slice a, vt_slice b,
                               void (*split)(struct side *))
{
    size_t head = equal_head(a, b), tail = equal_tail(a, b, head);
    struct side x = { .all = a, .head = head, .tail = tail };
    struct side y = { .all = b, .head = head, .tail = tail };
    struct found found = { 0 };

    split(&x);
    split(&y);
    if (!x.is_cut && !y.is_cut) {
        match(&x, &y);
        found.is_content = count_unmatched(&x) + count_unmatched(&y) != 0;
        found.is_order = tell_order(p, &x, &y);
        tell_unmatched(p, &x, &y);
    }
    free(x.records);
    free(y.records);
    return found;
}

/* ---- bytes ----------------------------------------------------------------------------
 */

/* The end of the differing range that begins at `at` of two equally long sides. */
static size_t range_end(vt_slice a, vt_slice b, size_t at)
{
    size_t end = at + 1, equal = 0;

    for (size_t i = end; i < a.len && equal <= GAP_BYTES && i - at < RANGE_BYTES_MAX; i++) {
        equal = a.data[i] == b.data[i] ? equal + 1 : 0;
        if (equal == 0)
            end = i + 1;
    }
    return end;
}

/* A range inside of strings is told as the two strings; returns where to go on. */
static size_t tell_range(struct place *p, vt_slice a, vt_slice b, size_t at)
{
    size_t end = range_end(a, b, at);
    size_t from_a = run_start(a, at), from_b = run_start(b, at);
    size_t from = from_a < from_b ? from_a : from_b;
    size_t to_a = run_end(a, at), to_b = run_end(b, at);
    size_t to = to_a > to_b ? to_a : to_b;
    struct vt_difference d = { .kind = VT_DIFFERENCE_CONTENT, .offset = at };

    if (to_a - from_a >= STRING_BYTES_MIN && to_b - from_b >= STRING_BYTES_MIN &&
        to >= at + 1) {
        d.at = from;
        tell(p, &d, vt_slice_sub(a, from_a, to_a - from_a),
             vt_slice_sub(b, from_b, to_b - from_b));
        return to > end ? to : end;
    }
    from = at > WINDOW_BYTES ? at - WINDOW_BYTES : 0;
    to = a.len - end > WINDOW_BYTES ? end + WINDOW_BYTES : a.len;
    d.at = from;
    tell(p, &d, vt_slice_sub(a, from, to - from), vt_slice_sub(b, from, to - from));
    return end;
}

static void compare_ranges(struct place *p, vt_slice a, vt_slice b)
{
    size_t at = equal_head(a, b);

    while (at < a.len && p->told <= TOLD_MAX) {
        vt_slice rest_a, rest_b;

        at = tell_range(p, a, b, at);
        rest_a = vt_slice_sub(a, at, a.len - at);
        rest_b = vt_slice_sub(b, at, b.len - at);
        at += equal_head(rest_a, rest_b);
    }
}

void vt_compare_binary(struct vt_compare_run *run, const char *path, const char *section,
                       vt_slice a, vt_slice b)
{
    struct place p = { run, path, section, 0 };
    uint64_t before = run->result->total;
    struct vt_compare_run quiet = *run;
    struct found found;

    if (a.len == b.len) {
        /* Ranges tell more than strings, unless the whole is a permutation. */
        VT_AUTO_COMPARISON unheard = vt_comparison_new();
        struct place aside = { &quiet, path, section, 0 };

        quiet.result = unheard;
        found = compare_by(&aside, a, b, split_strings);
        if (!found.is_order || found.is_content) {
            compare_ranges(&p, a, b);
            return;
        }
    }
    (void)compare_by(&p, a, b, split_strings);
    if (run->result->total == before)
        vt_compare_plainly(run, path, section, a, b, false);
}

void vt_compare_text(struct vt_compare_run *run, const char *path, vt_slice a, vt_slice b)
{
    struct place p = { run, path, "", 0 };
    uint64_t before = run->result->total;

    (void)compare_by(&p, a, b, split_lines);
    if (run->result->total == before) /* the last line's end, or too many lines */
        vt_compare_plainly(run, path, "", a, b, false);
}
