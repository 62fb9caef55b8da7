/* Laws: an aggregate that is taken shows no small cell; each estimate lies in its interval,
 * and the interval among those who were asked; its picture is made, within bounds, and
 * nothing of a text in it is markup.  A refusal says why. */
#include "cell/aggregate.h"
#include "evidence/field.h"
#include "tools/fuzz.h"

static void check_cell(const json_t *cell, uint64_t reports)
{
    uint64_t low = vt_field_number(cell, "low"), high = vt_field_number(cell, "high"),
             estimate = vt_field_number(cell, "estimate");

    if (json_is_true(json_object_get(cell, "suppressed"))) {
        VT_CHECK(!vt_json_has(cell, "ones") && !vt_json_has(cell, "estimate") &&
                 !vt_json_has(cell, "low") && !vt_json_has(cell, "high"));
        return;
    }
    VT_CHECK(low <= estimate && estimate <= high && high <= reports);
}

static void check_all(const json_t *predicate)
{
    const json_t *fields = json_object_get(predicate, "fields");
    uint64_t reports = vt_field_number(predicate, "reports"),
             least = vt_field_number(predicate, "least");

    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *cells = json_object_get(json_array_get(fields, i), "cells");

        for (size_t k = 0; k < json_array_size(cells); k++) {
            const json_t *cell = json_array_get(cells, k);

            check_cell(cell, reports);
            VT_CHECK(json_is_true(json_object_get(cell, "suppressed")) ||
                     vt_field_number(cell, "low") >= least);
        }
    }
}

/* As many tags are opened as the maker of the picture opens. */
static void check_plot(vt_slice svg)
{
    size_t open = 0;

    VT_CHECK(vt_slice_starts_with(svg, VT_LIT("<svg ")) &&
             vt_slice_ends_with(svg, VT_LIT("</svg>\n")));
    for (size_t i = 0; i < svg.len; i++) {
        open += svg.data[i] == '<';
        VT_CHECK(svg.data[i] != '>' || open-- == 1);
    }
    VT_CHECK(open == 0);
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF svg = vt_buf_init(VT_MIB(16));
    VT_AUTO_JSON json = NULL;

    if (!vt_json_parse(input, "aggregate", &json, &err) ||
        !vt_aggregate_verify(json, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    check_all(json);
    VT_CHECK(vt_aggregate_plot(json, &svg, &err));
    check_plot(vt_buf_slice(&svg));
}
