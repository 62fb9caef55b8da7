/* vitrine cell policy show, check: where data lie, for people and for scripts.
 *
 * What stays and what is not moved yet are states of their own and never counted as moved;
 * what is planned stands apart, with its date. */
#include "cell/decide.h"
#include "cli/cell_policy.h"

/* ---- show -------------------------------------------------------------------------------
 */

const struct vt_option vt_cli_policy_show_options[] = {
    { "policy", "FILE", "the policy: a draft, on its way, or on the ledger", true, false },
    { "trust", "FILE", "check who signed it, and its proof, by this trust root", false,
      false },
    { "proof", "FILE", "its proof; else FILE.tlog-proof beside the policy, if there", false,
      false },
    { "at", "TIME", "as it is then; else now", false, false },
    { NULL, NULL, NULL, false, false },
};

struct standing {
    const char *words;
    bool is_good;
    json_t *missing; /* residency keys that have not signed */
    char logged[VT_TIME_TEXT_BYTES];
};

/* Where the policy is on its way, as far as a trust root and a proof are at hand. */
static bool find_standing(struct vt_args *args, const struct vt_policy_paper *paper,
                          struct standing *out, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_TRUST trust = NULL;
    int64_t logged;

    if (paper->record == NULL) {
        out->words = "a draft, nobody has signed it";
        return true;
    }
    out->words = "not checked: no trust root was given";
    if (!vt_args_has(args, "trust"))
        return true;
    if (!vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err))
        return false;
    out->words = "more holders must sign";
    if (!vt_cli_missing(trust, VT_ROLE_RESIDENCY, &paper->record->envelope,
                        paper->table->created_unix_s, out->missing))
        return true;
    out->words = "signed by enough holders, but no proof that it is on the ledger";
    if (!vt_cli_policy_verify(args, path, paper->record, trust, &logged, err))
        return err->code == VT_IO && !vt_args_has(args, "proof");
    vt_time_write(logged, out->logged);
    out->words = "on the ledger";
    out->is_good = true;
    return true;
}

/* The rules in force at that time, or those that come later, as the policy spells them. */
static bool list_rules(const struct vt_residency *table, int64_t at_unix_s, bool is_later,
                       json_t **out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_residency *part = vt_alloc(sizeof *part);
    VT_AUTO_JSON all = NULL;

    *part = *table;
    memset(part->lines, 0, sizeof part->lines);
    for (size_t country = 0; country < VT_COUNTRIES; country++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
            const struct vt_residency_line *line = &table->lines[country][data];
            const struct vt_residency_step *now =
                vt_residency_at(table, country, (enum vt_data_class)data, at_unix_s);

            for (size_t i = 0; i < line->count; i++)
                if (is_later ? line->steps[i].from_unix_s > at_unix_s
                             : &line->steps[i] == now)
                    if (!vt_residency_set(&part->lines[country][data], &line->steps[i],
                                          err))
                        return false;
        }
    if (!vt_residency_write(part, &all, err))
        return false;
    *out = json_incref(json_object_get(all, "rules"));
    return true;
}

/* How many of the 249 countries times four classes are in each state. */
static void count_states(const struct vt_residency *table, int64_t at_unix_s,
                         size_t counts[VT_RESIDENCY_STATES], size_t *unsaid)
{
    memset(counts, 0, VT_RESIDENCY_STATES * sizeof counts[0]);
    *unsaid = 0;
    for (size_t country = 0; country < VT_COUNTRIES; country++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
            const struct vt_residency_step *step =
                vt_residency_at(table, country, (enum vt_data_class)data, at_unix_s);

            if (step != NULL)
                counts[step->state]++;
            else
                ++*unsaid;
        }
}

static const char *text(const json_t *rule, const char *name)
{
    return json_string_value(json_object_get(rule, name));
}

static void print_words(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        (void)printf("%s%s", i == 0 ? "" : " ", json_string_value(json_array_get(list, i)));
}

static void print_rule(const struct vt_residency *table, const json_t *rule, bool is_later)
{
    size_t cell = vt_residency_find_cell(table, vt_slice_from_cstr(text(rule, "cell")));
    const json_t *countries = json_object_get(rule, "countries");

    (void)printf("  %-13s %s %.10s  %s (%.*s)", text(rule, "state"),
                 is_later ? "from " : "since", text(rule, "from"), text(rule, "cell"),
                 VT_SLICE_ARGS(table->cells[cell].jurisdiction));
    if (vt_json_has(rule, "to"))
        (void)printf(" -> %s, fenced from %s", text(rule, "to"), text(rule, "fence"));
    (void)printf("  [");
    print_words(json_object_get(rule, "classes"));
    (void)printf("]\n      ");
    if (json_array_size(countries) == VT_COUNTRIES)
        (void)printf("all %d countries", VT_COUNTRIES);
    else
        print_words(countries);
    (void)putchar('\n');
}

static void print_rules(const struct vt_residency *table, const json_t *rules,
                        bool is_later)
{
    for (unsigned state = 0; state < VT_RESIDENCY_STATES; state++)
        for (size_t i = 0; i < json_array_size(rules); i++) {
            const json_t *rule = json_array_get(rules, i);

            if (strcmp(text(rule, "state"),
                       vt_residency_state_name((enum vt_residency_state)state)) == 0)
                print_rule(table, rule, is_later);
        }
}

static void print_head(const struct vt_residency *table, const struct standing *standing,
                       const char *at, const size_t counts[VT_RESIDENCY_STATES])
{
    char created[VT_TIME_TEXT_BYTES];

    vt_time_write(table->created_unix_s, created);
    (void)printf("residency version %ju, made %s: %s%s%s\n", (uintmax_t)table->version,
                 created, standing->words, standing->is_good ? " since " : "",
                 standing->logged);
    for (size_t i = 0; !standing->is_good && i < json_array_size(standing->missing); i++) {
        const json_t *row = json_array_get(standing->missing, i);

        (void)printf("  has not signed: %s, key %.16s\n", text(row, "holder"),
                     text(row, "keyid"));
    }
    (void)printf("\ncells\n");
    for (size_t i = 0; i < table->cell_count; i++)
        (void)printf("  %-16.*s %.*s  %.*s\n", VT_SLICE_ARGS(table->cells[i].name),
                     VT_SLICE_ARGS(table->cells[i].jurisdiction),
                     VT_SLICE_ARGS(table->cells[i].url));
    (void)printf("\nat %s, of %d pairs of country and class: %zu here, %zu moving, %zu "
                 "stay, %zu not moved yet\n",
                 at, VT_COUNTRIES * VT_DATA_CLASSES, counts[VT_RESIDENCY_HERE],
                 counts[VT_RESIDENCY_MOVING], counts[VT_RESIDENCY_STAYS],
                 counts[VT_RESIDENCY_NOT_MOVED]);
}

static void print_json(const struct vt_residency *table, const struct standing *standing,
                       const char *at, const size_t counts[VT_RESIDENCY_STATES],
                       json_t *now, json_t *later)
{
    json_t *states = json_object(), *all;

    for (unsigned i = 0; i < VT_RESIDENCY_STATES; i++)
        (void)json_object_set_new(states,
                                  vt_residency_state_name((enum vt_residency_state)i),
                                  json_integer((json_int_t)counts[i]));
    all = json_pack("{s:b,s:s,s:I,s:s,s:o,s:O,s:O,s:O}", "ok", standing->is_good,
                    "standing", standing->words, "version", (json_int_t)table->version,
                    "at", at, "states", states, "now", now, "planned", later, "missing",
                    standing->missing);
    if (standing->is_good)
        (void)json_object_set_new(all, "logged_at", json_string(standing->logged));
    vt_cli_print_json(all);
}

bool vt_cli_policy_show(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1 };
    VT_AUTO_JSON missing = json_array();
    VT_AUTO_JSON now = NULL;
    VT_AUTO_JSON later = NULL;
    struct standing standing = { .missing = missing };
    size_t counts[VT_RESIDENCY_STATES], unsaid;
    char at[VT_TIME_TEXT_BYTES];
    int64_t at_unix_s;

    if (!vt_policy_paper_read(vt_args_get(args, "policy"), &paper, err) ||
        !vt_cli_time(args, "at", vt_env_now_unix_s(vt_args_env(args)), at, err) ||
        !vt_time_parse(vt_slice_from_cstr(at), &at_unix_s) ||
        !find_standing(args, &paper, &standing, err) ||
        !list_rules(paper.table, at_unix_s, false, &now, err) ||
        !list_rules(paper.table, at_unix_s, true, &later, err))
        return false;
    count_states(paper.table, at_unix_s, counts, &unsaid);
    if (vt_args_has(args, "trust") && !standing.is_good)
        vt_args_exit(args, VT_EXIT_REFUSED);
    if (vt_args_is_json(args)) {
        print_json(paper.table, &standing, at, counts, now, later);
        return true;
    }
    print_head(paper.table, &standing, at, counts);
    if (unsaid > 0)
        (void)printf("%zu of them: this version says nothing of that time\n", unsaid);
    print_rules(paper.table, now, false);
    if (json_array_size(later) > 0)
        (void)printf("\nplanned, and not counted above\n");
    print_rules(paper.table, later, true);
    return true;
}

/* ---- check ------------------------------------------------------------------------------
 */

const struct vt_option vt_cli_policy_check_options[] = {
    { "policy", "FILE", "the policy, which must be on the ledger", true, false },
    { "trust", "FILE", "the trust root, or a client's folder", true, false },
    { "proof", "FILE", "its proof; else FILE.tlog-proof beside the policy", false, false },
    { "at", "TIME", "as it is then; else now", false, false },
    { "cell", "NAME", "may this cell take it?  Exit code 1 if not", false, false },
    { "jurisdiction", "CC", "with --cell: the country where that cell says it stands",
      false, false },
    { NULL, NULL, NULL, false, false },
};

struct question {
    vt_slice country;
    enum vt_data_class data;
    int64_t at_unix_s;
};

static bool read_question(struct vt_args *args, struct question *out, struct vt_error *err)
{
    const char *data = vt_args_operand(args, 1);
    char at[VT_TIME_TEXT_BYTES];

    out->country = vt_slice_from_cstr(vt_args_operand(args, 0));
    if (!vt_data_class_of(vt_slice_from_cstr(data), &out->data))
        return vt_args_misuse(args, err, "'%s' is none of file, lookup, statistic, account",
                              data);
    if (vt_args_has(args, "jurisdiction") && !vt_args_has(args, "cell"))
        return vt_args_misuse(args, err, "--jurisdiction belongs to --cell");
    return vt_cli_time(args, "at", vt_env_now_unix_s(vt_args_env(args)), at, err) &&
           vt_time_parse(vt_slice_from_cstr(at), &out->at_unix_s);
}

/* The cell that a caller asked about, or the right one. */
static vt_slice asked_cell(struct vt_args *args, const struct vt_residency *table,
                           const struct question *question)
{
    struct vt_placing placing;
    struct vt_error ignored;

    if (vt_args_has(args, "cell"))
        return vt_slice_from_cstr(vt_args_get(args, "cell"));
    return vt_residency_decide(table, question->country, question->data, (vt_slice){ 0 },
                               question->at_unix_s, &placing, &ignored)
               ? placing.right->name
               : (vt_slice){ 0 };
}

static void print_placing(struct vt_args *args, const struct vt_residency *table,
                          const struct vt_placing *placing)
{
    const struct vt_residency_cell *right = placing->right;
    char until[VT_TIME_TEXT_BYTES];

    vt_time_write(placing->until_unix_s, until);
    if (vt_args_is_json(args)) {
        json_t *all = json_pack(
            "{s:b,s:s,s:s,s:o,s:o,s:o,s:I}", "ok", placing->decision == VT_DECISION_ACCEPT,
            "decision", vt_decision_name(placing->decision), "state",
            vt_residency_state_name(placing->step->state), "cell",
            vt_cli_json_text(right->name), "jurisdiction",
            vt_cli_json_text(right->jurisdiction), "url", vt_cli_json_text(right->url),
            "version", (json_int_t)table->version);

        if (placing->until_unix_s != INT64_MAX)
            (void)json_object_set_new(all, "until", json_string(until));
        vt_cli_print_json(all);
        return;
    }
    (void)printf("%s: %.*s (%.*s) %.*s, state %s%s%s\n",
                 vt_decision_name(placing->decision), VT_SLICE_ARGS(right->name),
                 VT_SLICE_ARGS(right->jurisdiction), VT_SLICE_ARGS(right->url),
                 vt_residency_state_name(placing->step->state),
                 placing->until_unix_s != INT64_MAX ? ", until " : "",
                 placing->until_unix_s != INT64_MAX ? until : "");
}

bool vt_cli_policy_check(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy"),
               *jurisdiction = vt_args_get(args, "jurisdiction");
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1 };
    VT_AUTO_TRUST trust = NULL;
    struct question question;
    struct vt_placing placing;
    int64_t logged;
    vt_slice cell;

    if (!read_question(args, &question, err) ||
        !vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err) ||
        !vt_policy_paper_read_signed(path, &paper, err) ||
        !vt_cli_policy_verify(args, path, paper.record, trust, &logged, err))
        return false;
    cell = asked_cell(args, paper.table, &question);
    if (!vt_residency_decide(paper.table, question.country, question.data, cell,
                             question.at_unix_s, &placing, err) ||
        (jurisdiction != NULL &&
         !vt_residency_allows_client(paper.table, question.country, question.data, cell,
                                     vt_slice_from_cstr(jurisdiction), question.at_unix_s,
                                     err)))
        return false;
    if (placing.decision != VT_DECISION_ACCEPT)
        vt_args_exit(args, VT_EXIT_REFUSED);
    print_placing(args, paper.table, &placing);
    return true;
}
