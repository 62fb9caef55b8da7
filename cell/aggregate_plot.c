/* An aggregate as a picture.  Integers only, so the same numbers give the same bytes; the
 * bars carry their numbers as text, and the title and description say all again, for those
 * who do not see it. */
#include "cell/aggregate.h"
#include "evidence/field.h"

enum {
    EDGE = 12,
    LABEL_MIN = 80, /* names of values, on the left; as wide as the longest needs */
    LABEL_MAX = 420,
    BARS = 400,
    NUMBERS = 230, /* on the right, against the edge */
    CHARACTER = 8, /* at most so wide, on average, in these sizes */
    ROW = 26,
    LINE = 20,
    HEAD = 88,
};

static const char STYLE[] =
    "<style>:root{color-scheme:light dark}"
    "text{font:13px system-ui,sans-serif;fill:#1b1f24}"
    ".h{font-weight:600;font-size:16px}.f{font-weight:600}.s{fill:#57606a}"
    ".a{fill:#eaeef2}.b{fill:#2f6f9f}.i{stroke:#1b1f24;stroke-width:2}.p{fill:#fff}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9da7b1}.b{fill:#58a6d6}"
    ".i{stroke:#e6edf3}.p{fill:#14181d}.a{fill:#2a3138}}</style>\n";

static void put_text(struct vt_buf *out, vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        switch (text.data[i]) {
        case '&':
            vt_buf_put_text(out, "&amp;");
            break;
        case '<':
            vt_buf_put_text(out, "&lt;");
            break;
        case '>':
            vt_buf_put_text(out, "&gt;");
            break;
        default:
            vt_buf_put_u8(out, text.data[i]);
        }
}

static void put_field_text(struct vt_buf *out, const json_t *object, const char *name)
{
    put_text(out, vt_field_text(object, name));
}

/* ---- where things stand -----------------------------------------------------------------
 */

struct plot {
    struct vt_buf *out;
    uint64_t reports;
    int label, width, top;
};

static size_t characters(vt_slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += (text.data[i] & 0xc0) != 0x80; /* UTF-8 */
    return count;
}

static int label_width(const json_t *fields)
{
    size_t longest = 0;

    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *cells = json_object_get(json_array_get(fields, i), "cells");

        for (size_t k = 0; k < json_array_size(cells); k++) {
            size_t count = characters(vt_field_text(json_array_get(cells, k), "value"));

            longest = count > longest ? count : longest;
        }
    }
    longest = longest * CHARACTER + EDGE; /* texts have at most 1024 bytes */
    return longest < LABEL_MIN ? LABEL_MIN : longest > LABEL_MAX ? LABEL_MAX : (int)longest;
}

/* The next line of a text: as many words as fit, or a part of one that does not. */
static vt_slice take_line(vt_slice *rest, int width)
{
    size_t room = (size_t)(width / CHARACTER), end = 0, count = 0, space = 0;
    vt_slice line;

    while (end < rest->len && count < room) {
        if (rest->data[end] == ' ')
            space = end;
        end++;
        while (end < rest->len && (rest->data[end] & 0xc0) == 0x80)
            end++;
        count++;
    }
    if (end < rest->len && space != 0)
        end = space;
    line = vt_slice_sub(*rest, 0, end);
    *rest = vt_slice_sub(*rest, end, rest->len - end);
    while (rest->len != 0 && rest->data[0] == ' ')
        *rest = vt_slice_sub(*rest, 1, rest->len - 1);
    return line;
}

static int lines_of(vt_slice text, int width)
{
    int count = 0;

    while (text.len != 0) {
        (void)take_line(&text, width);
        count++;
    }
    return count;
}

static int across(uint64_t number, uint64_t reports)
{
    /* reports is at least number and at most 2^53, so the product is below 2^63. */
    return reports == 0 ? 0 : (int)(number * BARS / reports);
}

/* ---- rows -------------------------------------------------------------------------------
 */

static void put_bar(const struct plot *p, const json_t *cell)
{
    uint64_t estimate = vt_field_number(cell, "estimate");
    int low = p->label + across(vt_field_number(cell, "low"), p->reports),
        high = p->label + across(vt_field_number(cell, "high"), p->reports),
        middle = p->top + 9;

    vt_buf_printf(p->out,
                  "<rect class=\"a\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"18\"/>"
                  "<rect class=\"b\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"18\"/>"
                  "<path class=\"i\" d=\"M%d %dH%dM%d %dv8M%d %dv8\"/>"
                  "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%ju (%ju to %ju)"
                  "</text>\n",
                  p->label, p->top, (int)BARS, p->label, p->top,
                  across(estimate, p->reports), low, middle, high, low, middle - 4, high,
                  middle - 4, p->width - EDGE, p->top + 14, (uintmax_t)estimate,
                  (uintmax_t)vt_field_number(cell, "low"),
                  (uintmax_t)vt_field_number(cell, "high"));
}

static void put_cell(const struct plot *p, const json_t *cell)
{
    vt_buf_printf(p->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", p->label - 8,
                  p->top + 14);
    put_field_text(p->out, cell, "value");
    vt_buf_put_text(p->out, "</text>");
    if (json_is_true(json_object_get(cell, "suppressed")))
        vt_buf_printf(p->out,
                      "<text class=\"s\" x=\"%d\" y=\"%d\">too few to show</text>\n",
                      p->label, p->top + 14);
    else
        put_bar(p, cell);
}

static void put_field(struct plot *p, const json_t *field)
{
    const json_t *cells = json_object_get(field, "cells");
    vt_slice question = vt_field_text(field, "question");

    while (question.len != 0) {
        vt_buf_printf(p->out, "<text class=\"f\" x=\"%d\" y=\"%d\">", (int)EDGE,
                      p->top + 14);
        put_text(p->out, take_line(&question, p->width - 2 * EDGE));
        vt_buf_put_text(p->out, "</text>\n");
        p->top += LINE;
    }
    p->top += LINE / 4;
    for (size_t i = 0; i < json_array_size(cells); i++, p->top += ROW)
        put_cell(p, json_array_get(cells, i));
    p->top += LINE / 2;
}

/* All numbers in words. */
static void put_description(struct vt_buf *out, const json_t *fields)
{
    vt_buf_put_text(out, "<desc id=\"d\">");
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i),
                     *cells = json_object_get(field, "cells");

        put_field_text(out, field, "question");
        for (size_t k = 0; k < json_array_size(cells); k++) {
            const json_t *cell = json_array_get(cells, k);

            vt_buf_put_text(out, k == 0 ? " " : "; ");
            put_field_text(out, cell, "value");
            if (json_is_true(json_object_get(cell, "suppressed")))
                vt_buf_put_text(out, ": too few to show");
            else
                vt_buf_printf(out, ": %ju, between %ju and %ju",
                              (uintmax_t)vt_field_number(cell, "estimate"),
                              (uintmax_t)vt_field_number(cell, "low"),
                              (uintmax_t)vt_field_number(cell, "high"));
        }
        vt_buf_put_text(out, ". ");
    }
    vt_buf_put_text(out, "</desc>\n");
}

static int height_of(const json_t *fields, int width)
{
    int height = HEAD + EDGE;

    for (size_t i = 0; i < json_array_size(fields); i++) { /* at most 16 of 256 */
        const json_t *field = json_array_get(fields, i);

        height += LINE * lines_of(vt_field_text(field, "question"), width - 2 * EDGE) +
                  LINE * 3 / 4 +
                  ROW * (int)json_array_size(json_object_get(field, "cells"));
    }
    return height;
}

static void put_head(const struct plot *p, const json_t *predicate)
{
    struct vt_buf *out = p->out;

    vt_buf_printf(out, "<text class=\"h\" x=\"%d\" y=\"28\">", (int)EDGE);
    put_field_text(out, predicate, "name");
    vt_buf_printf(out, "</text>\n<text class=\"s\" x=\"%d\" y=\"50\">cell ", (int)EDGE);
    put_field_text(out, predicate, "cell");
    vt_buf_put_text(out, ", from ");
    put_field_text(out, predicate, "from");
    vt_buf_put_text(out, " until ");
    put_field_text(out, predicate, "until");
    vt_buf_printf(out, "</text>\n<text class=\"s\" x=\"%d\" y=\"68\">", (int)EDGE);
    if (p->reports != 0)
        vt_buf_printf(out, "%ju reports; lines: %d of 100 such intervals hold the truth",
                      (uintmax_t)p->reports, VT_STATISTIC_CONFIDENCE_PERCENT);
    else
        vt_buf_put_text(out, "too few reports to say how many");
    vt_buf_put_text(out, "</text>\n");
}

bool vt_aggregate_plot(const json_t *predicate, struct vt_buf *out, struct vt_error *err)
{
    const json_t *fields = json_object_get(predicate, "fields");
    struct plot p = { .out = out,
                      .reports = vt_field_number(predicate, "reports"),
                      .label = label_width(fields),
                      .top = HEAD };
    int height;

    p.width = p.label + BARS + NUMBERS;
    height = height_of(fields, p.width);
    vt_buf_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                  "role=\"img\" aria-labelledby=\"t d\">\n<title id=\"t\">",
                  p.width, height);
    put_field_text(out, predicate, "name");
    vt_buf_put_text(out, ", cell ");
    put_field_text(out, predicate, "cell");
    vt_buf_put_text(out, "</title>\n");
    put_description(out, fields);
    vt_buf_put_text(out, STYLE);
    vt_buf_printf(out, "<rect class=\"p\" width=\"%d\" height=\"%d\"/>\n", p.width, height);
    put_head(&p, predicate);
    for (size_t i = 0; i < json_array_size(fields); i++)
        put_field(&p, json_array_get(fields, i));
    vt_buf_put_text(out, "</svg>\n");
    return vt_buf_check(out, "plot", err);
}
