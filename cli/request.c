/* vitrine request: numbers of government requests, what was given, and which are missing.
 */
#include "custody/government_request.h"
#include "cli/desk.h"
#include "cli/groups.h"
#include "cli/supervision.h"
#include "evidence/field.h"

/* ---- issue ------------------------------------------------------------------------------
 */

static const struct vt_option issue_options[] = {
    { "country", "CC", "whose request it is", true, false },
    { "kind", "data|removal|assistance|other", "what is asked for", true, false },
    { "received", "TIME", "when it came in; else now", false, false },
    VT_OPTIONS_SAY,
    VT_OPTIONS_END,
};

/* One more than the highest: no gap can come of it, not even behind one. */
static uint64_t next_number(const struct vt_government_requests *all)
{
    return all->count == 0 ? 1 : all->rows[all->count - 1].number + 1;
}

static bool run_issue(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_REQUESTS all = { .count = 0 };
    struct vt_saying saying = { .type = VT_REQUEST };
    char received[VT_TIME_TEXT_BYTES], did[64];

    if (!vt_supervision_country(args, err) ||
        !vt_supervision_open(args, VT_REQUEST, &call, err) ||
        !vt_cli_time(args, "received", call.now_unix_s, received, err))
        return false;
    vt_government_requests_reckon(call.story, call.now_unix_s, &all);
    (void)snprintf(did, sizeof did, "request %ju issued", (uintmax_t)next_number(&all));
    saying.predicate = json_pack(
        "{s:I,s:s,s:s,s:s,s:s,s:[]}", "number", (json_int_t)next_number(&all), "country",
        vt_args_get(args, "country"), "kind", vt_args_get(args, "kind"), "received",
        received, "state", "received", "given");
    return vt_supervision_say(args, &call, &saying, did, err);
}

/* ---- answer -----------------------------------------------------------------------------
 */

static const struct vt_option answer_options[] = {
    { "state", "answered|refused|withdrawn", "what became of it", true, false },
    { "given", "KIND=COUNT", "file, lookup, statistic, account, document or source", false,
      true },
    VT_OPTIONS_SAY,
    VT_OPTIONS_END,
};

static bool read_number(struct vt_args *args, uint64_t *out, struct vt_error *err)
{
    const char *text = vt_args_operand(args, 0);

    return vt_decimal_parse(vt_slice_from_cstr(text), out) ||
           vt_args_misuse(args, err, "'%s' is no number of a request", text);
}

static bool read_given(struct vt_args *args, json_t *given, struct vt_error *err)
{
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(args, "given", i)) != NULL; i++) {
        vt_reader r = { vt_slice_from_cstr(text) };
        vt_slice kind;
        uint64_t count;

        if (!vt_read_until(&r, '=', &kind) || !vt_decimal_parse(r.rest, &count) ||
            count > (uint64_t)VT_JSON_INTEGER_MAX || !vt_slice_is_utf8(kind))
            return vt_args_misuse(args, err, "--given: '%s' is not like file=3", text);
        (void)json_array_append_new(given,
                                    json_pack("{s:s%,s:I}", "kind", (const char *)kind.data,
                                              kind.len, "count", (json_int_t)count));
    }
    return true;
}

static bool run_answer(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_REQUESTS all = { .count = 0 };
    VT_AUTO_JSON given = json_array();
    struct vt_saying saying = { .type = VT_REQUEST };
    const struct vt_government_request *row;
    uint64_t number;

    if (!read_number(args, &number, err) || !read_given(args, given, err) ||
        !vt_supervision_open(args, VT_REQUEST, &call, err))
        return false;
    vt_government_requests_reckon(call.story, call.now_unix_s, &all);
    row = vt_government_requests_find(&all, number);
    if (row == NULL)
        return vt_fail(err, VT_ABSENT, "request %ju was not issued", (uintmax_t)number);
    saying.predicate = json_deep_copy(vt_said_predicate(row->last));
    saying.before = &row->last->payload;
    (void)json_object_set_new(saying.predicate, "state",
                              json_string(vt_args_get(args, "state")));
    (void)json_object_set(saying.predicate, "given", given);
    return vt_supervision_say(args, &call, &saying, "answered", err);
}

/* ---- list and check ---------------------------------------------------------------------
 */

static const struct vt_option read_options[] = { VT_OPTIONS_READ, VT_OPTIONS_END };

static void print_row(const struct vt_government_request *row)
{
    const json_t *predicate = vt_said_predicate(row->last);
    const json_t *given = json_object_get(predicate, "given");

    (void)printf("%6ju  %.10s  %-7.*s %-10.*s %-9.*s ", (uintmax_t)row->number,
                 (const char *)vt_field_text(predicate, "received").data,
                 VT_SLICE_ARGS(vt_field_text(predicate, "country")),
                 VT_SLICE_ARGS(vt_field_text(predicate, "kind")),
                 VT_SLICE_ARGS(vt_field_text(predicate, "state")));
    for (size_t i = 0; i < json_array_size(given); i++) {
        const json_t *at = json_array_get(given, i);

        (void)printf("%s%ju %.*s", i == 0 ? "" : ", ",
                     (uintmax_t)vt_field_number(at, "count"),
                     VT_SLICE_ARGS(vt_field_text(at, "kind")));
    }
    (void)printf("%s%s\n", json_array_size(given) == 0 ? "nothing" : "",
                 row->is_out_of_turn ? " (issued after a higher number)" : "");
}

static void print_gap(const struct vt_request_gap *gap)
{
    if (gap->first == gap->last)
        (void)printf("%6ju  MISSING\n", (uintmax_t)gap->first);
    else
        (void)printf("%6ju  MISSING, to %ju\n", (uintmax_t)gap->first,
                     (uintmax_t)gap->last);
}

/* Numbers in order, with what is missing where it is missing. */
static void print_rows(const struct vt_supervision *call,
                       const struct vt_government_requests *all, bool only_gaps)
{
    size_t gap = 0;

    if (!only_gaps && all->count != 0)
        (void)printf("%6s  %-10s  %-7s %-10s %-9s %s\n", "number", "received", "country",
                     "kind", "state", "given");
    for (size_t i = 0; i < all->count; i++) {
        if (gap < all->gap_count && all->gaps[gap].first < all->rows[i].number)
            print_gap(&all->gaps[gap++]);
        if (!only_gaps)
            print_row(&all->rows[i]);
    }
    (void)printf("%zu request%s, %zu gap%s\n", all->count, vt_plural(all->count),
                 all->gap_count, vt_plural(all->gap_count));
    vt_supervision_close(call, &all->strays);
}

static json_t *gaps_json(const struct vt_government_requests *all)
{
    json_t *gaps = json_array();

    for (size_t i = 0; i < all->gap_count; i++)
        (void)json_array_append_new(gaps, json_pack("{s:I,s:I}", "first",
                                                    (json_int_t)all->gaps[i].first, "last",
                                                    (json_int_t)all->gaps[i].last));
    return gaps;
}

static json_t *rows_json(const struct vt_government_requests *all)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < all->count; i++)
        (void)json_array_append_new(rows, vt_government_request_json(&all->rows[i]));
    return rows;
}

static bool list(struct vt_args *args, bool is_check, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_REQUESTS all = { .count = 0 };
    bool is_whole;

    if (!vt_supervision_read(args, &call, err))
        return false;
    vt_government_requests_reckon(call.story, call.now_unix_s, &all);
    is_whole = all.gap_count == 0 && all.strays.count == 0;
    if (!vt_args_is_json(args))
        print_rows(&call, &all, is_check);
    else if (is_check)
        vt_supervision_print(&call, is_whole, "gaps", gaps_json(&all), &all.strays);
    else
        vt_supervision_print(&call, true, "requests", rows_json(&all), &all.strays);
    vt_args_exit(args, is_check && !is_whole ? VT_EXIT_REFUSED : VT_EXIT_OK);
    return true;
}

static bool run_list(struct vt_args *args, struct vt_error *err)
{
    return list(args, false, err);
}

static bool run_check(struct vt_args *args, struct vt_error *err)
{
    return list(args, true, err);
}

static const struct vt_verb verbs[] = {
    { "issue", NULL, 0, 0, "give a government's request its number",
      "The next number, by the foundation, before anything is done. Nothing about a "
      "person\n"
      "can be said: a request has a country, a kind, and counts.",
      issue_options, run_issue },
    { "answer", "NUMBER", 1, 1, "say what was given under a number",
      "Only counts are public. A later answer takes the place of an earlier one, which "
      "stays\n"
      "on the ledger.",
      answer_options, run_answer },
    { "list", NULL, 0, 0, "all requests by number, and the numbers that are missing",
      "Reads the whole ledger, so that nothing can be left out.", read_options, run_list },
    { "check", NULL, 0, 0, "is a number missing, or given twice?  Exit code 1 if so", NULL,
      read_options, run_check },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_request = {
    "request",
    "requests of governments: numbers without a gap, counts of what was given",
    verbs,
};
