/* An aggregate as a picture.  Integers only, so the same numbers give the same bytes; the
 * bars carry their numbers as text, and the title and description say all again, for those
 * who do not see it. */
#include "cell/aggregate.h"
#include "evidence/field.h"

enum {
    WIDTH = 720,
    LABEL = 200,   /* names of values, on the left */
    NUMBERS = 150, /* on the right */
    ROW = 26,
    HEAD = 78,
    TITLE = 34, /* of a field */
};

static const char STYLE[] =
    "<style>:root{color-scheme:light dark}"
    "text{font:13px system-ui,sans-serif;fill:#1b1f24}"
    ".h{font-weight:600;font-size:16px}.f{font-weight:600}.s{fill:#57606a}"
    ".b{fill:#2f6f9f}.i{stroke:#1b1f24;stroke-width:2}.p{fill:#fff}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9da7b1}.b{fill:#58a6d6}"
    ".i{stroke:#e6edf3}.p{fill:#14181d}}</style>\n";

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

static int across(uint64_t number, uint64_t reports)
{
    /* reports is at least number and at most 2^53, so the product is below 2^63. */
    return reports == 0 ? 0 : (int)(number * (WIDTH - LABEL - NUMBERS) / reports);
}

static void put_bar(struct vt_buf *out, const json_t *cell, uint64_t reports, int top)
{
    uint64_t estimate = vt_field_number(cell, "estimate");
    int low = LABEL + across(vt_field_number(cell, "low"), reports),
        high = LABEL + across(vt_field_number(cell, "high"), reports), middle = top + 9;

    vt_buf_printf(out,
                  "<rect class=\"b\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"18\"/>"
                  "<path class=\"i\" d=\"M%d %dH%dM%d %dv8M%d %dv8\"/>"
                  "<text x=\"%d\" y=\"%d\">%ju (%ju to %ju)</text>\n",
                  LABEL, top, across(estimate, reports), low, middle, high, low, middle - 4,
                  high, middle - 4, WIDTH - NUMBERS + 6, top + 14, (uintmax_t)estimate,
                  (uintmax_t)vt_field_number(cell, "low"),
                  (uintmax_t)vt_field_number(cell, "high"));
}

static void put_cell(struct vt_buf *out, const json_t *cell, uint64_t reports, int top)
{
    vt_buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LABEL - 8, top + 14);
    put_field_text(out, cell, "value");
    vt_buf_put_text(out, "</text>");
    if (json_is_true(json_object_get(cell, "suppressed")))
        vt_buf_printf(out, "<text class=\"s\" x=\"%d\" y=\"%d\">too few to show</text>\n",
                      LABEL, top + 14);
    else
        put_bar(out, cell, reports, top);
}

static int put_field(struct vt_buf *out, const json_t *field, uint64_t reports, int top)
{
    const json_t *cells = json_object_get(field, "cells");

    vt_buf_printf(out, "<text class=\"f\" x=\"12\" y=\"%d\">", top + 20);
    put_field_text(out, field, "question");
    vt_buf_put_text(out, "</text>\n");
    top += TITLE;
    for (size_t i = 0; i < json_array_size(cells); i++, top += ROW)
        put_cell(out, json_array_get(cells, i), reports, top);
    return top;
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

static int height_of(const json_t *fields)
{
    size_t height = HEAD + 12;

    for (size_t i = 0; i < json_array_size(fields); i++) /* at most 16 of 256 */
        height += TITLE + ROW * json_array_size(
                                    json_object_get(json_array_get(fields, i), "cells"));
    return (int)height;
}

bool vt_aggregate_plot(const json_t *predicate, struct vt_buf *out, struct vt_error *err)
{
    const json_t *fields = json_object_get(predicate, "fields");
    uint64_t reports = vt_field_number(predicate, "reports");
    int height = height_of(fields), top = HEAD;

    vt_buf_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                  "role=\"img\" aria-labelledby=\"t d\">\n<title id=\"t\">",
                  WIDTH, height);
    put_field_text(out, predicate, "name");
    vt_buf_put_text(out, ", cell ");
    put_field_text(out, predicate, "cell");
    vt_buf_put_text(out, "</title>\n");
    put_description(out, fields);
    vt_buf_put_text(out, STYLE);
    vt_buf_printf(out,
                  "<rect class=\"p\" width=\"%d\" height=\"%d\"/>\n"
                  "<text class=\"h\" x=\"12\" y=\"28\">",
                  WIDTH, height);
    put_field_text(out, predicate, "name");
    vt_buf_put_text(out, "</text>\n<text class=\"s\" x=\"12\" y=\"50\">cell ");
    put_field_text(out, predicate, "cell");
    vt_buf_put_text(out, ", from ");
    put_field_text(out, predicate, "from");
    vt_buf_put_text(out, " until ");
    put_field_text(out, predicate, "until");
    if (reports != 0)
        vt_buf_printf(out, ", %ju reports", (uintmax_t)reports);
    vt_buf_printf(out, "; lines: %ju of 100 such intervals hold the truth</text>\n",
                  (uintmax_t)vt_field_number(predicate, "confidence_percent"));
    for (size_t i = 0; i < json_array_size(fields); i++)
        top = put_field(out, json_array_get(fields, i), reports, top);
    vt_buf_put_text(out, "</svg>\n");
    return vt_buf_check(out, "plot", err);
}
