/* vitrine relocate: which service is where, where it goes, and until when. */
#include "custody/register.h"
#include "cli/desk.h"
#include "cli/groups.h"
#include "cli/relocate.h"
#include "cli/supervision.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"

/* ---- plan -------------------------------------------------------------------------------
 */

static const struct vt_option plan_options[] = {
    { "file", "FILE", "the list of services, as JSON", true, false },
    VT_OPTION_PLACE,
    VT_OPTION_ROOT,
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { "ledger-passphrase-file", "FILE", "file whose first line opens the ledger's key",
      false, false },
    VT_OPTIONS_END,
};

enum { PLAN_BYTES_MAX = 1 << 20 };

/* What a call makes: a promise for each new date, then the plan. */
struct planning {
    struct vt_supervision call;
    struct vt_register known;
    struct vt_buf envelopes[VT_SERVICES_MAX + 1];
    size_t count, promises;
};

static void planning_free(struct planning *p)
{
    for (size_t i = 0; i < p->count; i++)
        vt_buf_clear(&p->envelopes[i]);
    vt_register_clear(&p->known);
    vt_supervision_end(&p->call);
    free(p);
}

static void planning_free_pointer(struct planning **p)
{
    planning_free(*p);
}
#define AUTO_PLANNING __attribute__((cleanup(planning_free_pointer))) struct planning *

static bool say(struct planning *p, const struct vt_saying *saying, struct vt_error *err)
{
    p->envelopes[p->count] = vt_buf_init(VT_ENTRY_BYTES_MAX);
    return vt_supervision_sign(&p->call, saying, &p->envelopes[p->count++], err);
}

/* A row of the file: the plan's own fields, and what becomes the promise. */
static const struct vt_field EVIDENCE[] = {
    { "type", VT_FIELD_TEXT, true, 0, NULL, NULL },
    { "role", VT_FIELD_TEXT, true, 0, NULL, NULL },
    { "subject", VT_FIELD_SHA256, true, 0, NULL, NULL },
    { "name", VT_FIELD_TEXT, true, 0, NULL, NULL },
    { "words", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field ROW[] = {
    { "name", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "what", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "where", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "countries", VT_FIELD_TEXTS, true, 256, NULL, NULL },
    { "class", VT_FIELD_TEXT, true, 0, NULL, NULL },
    { "from", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "to", VT_FIELD_TEXT, true, 0, NULL, NULL },
    { "state", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "due", VT_FIELD_TIME, true, 0, NULL, NULL },
    { "evidence", VT_FIELD_OBJECT, true, 0, EVIDENCE, NULL },
    { "reason", VT_FIELD_TEXT, true, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field FILE_FIELDS[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "services", VT_FIELD_OBJECTS, false, VT_SERVICES_MAX, ROW, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static bool read_file(const char *path, json_t **out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(PLAN_BYTES_MAX);
    VT_AUTO_JSON json = NULL;

    if (!vt_file_read(path, &text, err) ||
        !vt_json_parse(vt_buf_slice(&text), path, &json, err) ||
        !vt_schema_verify(json, path, FILE_FIELDS, err))
        return false;
    if (vt_field_number(json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "%s: is not of version 1", path);
    *out = json_incref(json);
    return true;
}

static json_t *evidence_of(const json_t *row)
{
    const json_t *given = json_object_get(row, "evidence");
    json_t *evidence = given != NULL
                           ? json_deep_copy(given)
                           : json_pack("{s:s}", "words",
                                       "a report that the supervisor or the foundation "
                                       "has seen");
    const char *type = vt_supervision_type(vt_field_text(evidence, "type"));

    if (type != NULL) /* else it stays what it is, and is refused with its name */
        (void)json_object_set_new(evidence, "type", json_string(type));
    (void)json_object_set_new(
        evidence, "kind",
        json_string(vt_json_has(evidence, "type") ? "statement" : "document"));
    return evidence;
}

static json_t *promise_of(const struct planning *p, const json_t *row, const char *id)
{
    const json_t *countries = json_object_get(row, "countries");
    VT_AUTO_ARENA arena = vt_arena_new();
    json_t *promise = json_pack("{s:s,s:s,s:o,s:o,s:O,s:O}", "id", id, "what",
                                vt_arena_printf(arena, "%.*s: from %.*s to %.*s",
                                                VT_SLICE_ARGS(vt_field_text(row, "what")),
                                                VT_SLICE_ARGS(vt_field_text(row, "from")),
                                                VT_SLICE_ARGS(vt_field_text(row, "to"))),
                                "by", vt_cli_json_text(p->call.mine->holder), "evidence",
                                evidence_of(row), "due", json_object_get(row, "due"),
                                "service", json_object_get(row, "name"));

    if (json_array_size(countries) == 1)
        (void)json_object_set(promise, "country", json_array_get(countries, 0));
    if (vt_json_has(row, "class"))
        (void)json_object_set(promise, "class", json_object_get(row, "class"));
    return promise;
}

/* The promise behind a row: the one that the ledger has, or a new one.  A date in the file
 * that is not the promise's is no way to change it. */
static bool promise(struct planning *p, const json_t *row, const char *id,
                    struct vt_error *err)
{
    const struct vt_promise *there =
        vt_promises_find(&p->known.promises, vt_slice_from_cstr(id));
    struct vt_saying saying = { .type = VT_PROMISE };
    int64_t due = vt_story_time(row, "due");

    if (there == NULL && due <= p->call.now_unix_s)
        return vt_fail(err, VT_REJECTED, "'%s': its date has passed", id);
    if (there != NULL)
        return due == there->due_unix_s ||
               vt_fail(err, VT_REJECTED,
                       "'%s' is promised for another date; `vitrine promise move` changes "
                       "it, where everybody sees it",
                       id);
    p->promises++;
    saying.predicate = promise_of(p, row, id);
    return say(p, &saying, err);
}

/* A service that has a promise keeps it, also when it has come. */
static const char *promise_before(const struct planning *p, vt_slice name,
                                  struct vt_arena *arena)
{
    for (size_t i = 0; i < p->known.count; i++)
        if (vt_slice_equal(p->known.rows[i].name, name) &&
            vt_json_has(p->known.rows[i].row, "promise"))
            return vt_arena_cstr(arena, vt_field_text(p->known.rows[i].row, "promise"));
    return NULL;
}

static bool add_row(struct planning *p, const json_t *row, json_t *services,
                    struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    vt_slice name = vt_field_text(row, "name");
    const char *id = promise_before(p, name, arena);
    bool is_dated = vt_json_has(row, "due");
    VT_AUTO_JSON out = json_deep_copy(row);

    if (id == NULL && is_dated)
        id = vt_arena_printf(arena, "move-%.*s", VT_SLICE_ARGS(name));
    if (is_dated && !promise(p, row, id, err))
        return false;
    (void)json_object_del(out, "due");
    (void)json_object_del(out, "evidence");
    if (!vt_json_has(out, "reason"))
        (void)json_object_set_new(out, "reason", json_string(""));
    if (id != NULL)
        (void)json_object_set_new(out, "promise", json_string(id));
    (void)json_array_append(services, out);
    return true;
}

static bool compose(struct planning *p, const json_t *file, struct vt_error *err)
{
    const json_t *rows = json_object_get(file, "services");
    const struct vt_said *before = p->known.plan;
    uint64_t version =
        before == NULL ? 1 : vt_field_number(vt_said_predicate(before), "version") + 1;
    VT_AUTO_JSON services = json_array();
    struct vt_saying saying = { .type = VT_RELOCATION_PLAN,
                                .before = before != NULL ? &before->payload : NULL };

    for (size_t i = 0; i < json_array_size(rows); i++)
        if (!add_row(p, json_array_get(rows, i), services, err))
            return false;
    saying.predicate =
        json_pack("{s:I,s:O}", "version", (json_int_t)version, "services", services);
    return say(p, &saying, err);
}

static bool run_plan(struct vt_args *args, struct vt_error *err)
{
    AUTO_PLANNING p = vt_alloc(sizeof *p);
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    VT_AUTO_JSON file = NULL;
    vt_slice entries[VT_SERVICES_MAX + 1];
    uint64_t index = 0;

    if (!read_file(vt_args_get(args, "file"), &file, err) ||
        !vt_supervision_open(args, VT_RELOCATION_PLAN, &p->call, err))
        return false;
    vt_register_reckon(p->call.story, p->call.now_unix_s, &p->known);
    if (!compose(p, file, err))
        return vt_within(err, "%s", vt_args_get(args, "file"));
    for (size_t i = 0; i < p->count; i++)
        entries[i] = vt_buf_slice(&p->envelopes[i]);
    if (!vt_supervision_log(args, &p->call, entries, p->count, &index, &proof, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:I,s:I}", "ok", 1, "index", (json_int_t)index,
                                    "promises", (json_int_t)p->promises));
    else
        (void)printf("planned: entry %ju of the ledger, cosigned; %zu new promise%s\n",
                     (uintmax_t)index, p->promises, vt_plural(p->promises));
    return true;
}

/* ---- status and check -------------------------------------------------------------------
 */

static const struct vt_option read_options[] = { VT_OPTIONS_READ, VT_OPTIONS_END };

static bool is_bad(const struct vt_service *row)
{
    return row->is_late || row->is_unproven;
}

/* What needs an eye first: late, unproven, then what is not done, what stays, what is. */
static unsigned rank(const struct vt_service *row)
{
    static const unsigned ranks[VT_SERVICE_STATES] = { [VT_SERVICE_NOT_MOVED] = 2,
                                                       [VT_SERVICE_MOVING] = 3,
                                                       [VT_SERVICE_STAYS] = 4,
                                                       [VT_SERVICE_HERE] = 5 };

    if (row->is_late)
        return 0;
    return row->is_unproven ? 1 : ranks[row->state];
}

static void print_countries(const json_t *countries)
{
    size_t count = json_array_size(countries);

    for (size_t i = 0; i < count && i < 3; i++)
        (void)printf("%s%s", i == 0 ? "" : " ",
                     json_string_value(json_array_get(countries, i)));
    if (count > 3)
        (void)printf(" +%zu", count - 3);
    if (count == 0)
        (void)printf("all");
}

static void print_row(const struct vt_service *row, int64_t now_unix_s)
{
    char due[VT_TIME_TEXT_BYTES] = "-         ", age[32] = "-";
    vt_slice to = vt_field_text(row->row, "to"), reason = vt_field_text(row->row, "reason");

    if (row->promise != NULL)
        vt_time_write(row->promise->due_unix_s, due);
    if (row->is_late)
        vt_cli_age(row->promise->late_unix_s, now_unix_s, age);
    (void)printf("%-14s %-8s %.10s  %-24.*s %-7s %.*s%s%.*s, ",
                 vt_service_state_name(row->state), age, due, VT_SLICE_ARGS(row->name),
                 row->is_outside ? "outside" : "cell",
                 VT_SLICE_ARGS(vt_field_text(row->row, "from")), to.len != 0 ? " -> " : "",
                 VT_SLICE_ARGS(to));
    print_countries(json_object_get(row->row, "countries"));
    if (row->is_unproven)
        (void)printf(row->promise == NULL ? " (nobody promised it)"
                                          : " (says the vendor; nothing shows it)");
    if (row->is_only_said)
        (void)printf(" (says the vendor)");
    if (row->promise != NULL && row->promise->moves != 0)
        (void)printf(" (date moved %zu time%s)", row->promise->moves,
                     vt_plural(row->promise->moves));
    if (reason.len != 0) {
        (void)printf(" (");
        vt_supervision_words(reason);
        (void)printf(")");
    }
    (void)printf("\n");
}

static void print_rows(const struct vt_supervision *call, const struct vt_register *all,
                       bool only_bad)
{
    (void)printf("%-14s %-8s %-10s  %-24s %-7s %s\n", "state", "late by", "due", "service",
                 "where", "from, to, countries");
    for (unsigned r = 0; r <= 5; r++)
        for (size_t i = 0; i < all->count; i++)
            if (rank(&all->rows[i]) == r && (!only_bad || is_bad(&all->rows[i])))
                print_row(&all->rows[i], call->now_unix_s);
    (void)printf(
        "%zu service%s, %zu outside the cells: %zu here (%zu by the vendor's word "
        "alone), %zu moving, %zu not moved yet, %zu stay; %zu late, %zu unproven\n",
        all->count, vt_plural(all->count), all->outside, all->counts[VT_SERVICE_HERE],
        all->only_said, all->counts[VT_SERVICE_MOVING], all->counts[VT_SERVICE_NOT_MOVED],
        all->counts[VT_SERVICE_STAYS], all->late, all->unproven);
    vt_supervision_close(call, &all->strays);
}

static json_t *rows_json(const struct vt_register *all, bool only_bad)
{
    json_t *rows = json_array();

    for (unsigned r = 0; r <= 5; r++)
        for (size_t i = 0; i < all->count; i++)
            if (rank(&all->rows[i]) == r && (!only_bad || is_bad(&all->rows[i])))
                (void)json_array_append_new(rows, vt_service_json(&all->rows[i]));
    return rows;
}

static bool show(struct vt_args *args, bool is_check, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_REGISTER all = { .count = 0 };
    bool is_well;

    if (!vt_supervision_read(args, &call, err))
        return false;
    vt_register_reckon(call.story, call.now_unix_s, &all);
    if (all.plan == NULL)
        return vt_fail(err, VT_ABSENT, "the ledger has no plan of services");
    is_well = all.late == 0 && all.unproven == 0;
    if (vt_args_is_json(args))
        vt_supervision_print(&call, !is_check || is_well, "services",
                             rows_json(&all, is_check), &all.strays);
    else
        print_rows(&call, &all, is_check);
    vt_args_exit(args, is_check && !is_well ? VT_EXIT_REFUSED : VT_EXIT_OK);
    return true;
}

static bool run_status(struct vt_args *args, struct vt_error *err)
{
    return show(args, false, err);
}

static bool run_check(struct vt_args *args, struct vt_error *err)
{
    return show(args, true, err);
}

static const struct vt_verb verbs[] = {
    { "plan", NULL, 0, 0, "say where each service is, and promise the dates",
      "Each new date becomes a promise; a date is changed by `vitrine promise move` "
      "alone.\n"
      "A later plan leaves no service out.",
      plan_options, run_plan },
    { "status", NULL, 0, 0, "the register of services: here, moving, stays, not moved yet",
      "Late ones first. What the vendor says is here counts as unproven until its promise\n"
      "was kept.",
      read_options, run_status },
    { "check", NULL, 0, 0, "is a service late or unproven?  Exit code 1 if one is", NULL,
      read_options, run_check },
    { "start", NULL, 0, 0, "move a country's files from one cell to another",
      "Needs both keepers (`cell serve --movers`) and the source's key agent.  The "
      "manifest's\n"
      "root is on the access ledger before anything is copied.  Killed, it goes on where "
      "it\n"
      "was; uploads and look-ups are served meanwhile.",
      vt_cli_relocate_move_options, vt_cli_relocate_start },
    { "pause", NULL, 0, 0, "stop a move behind the batch under way", NULL,
      vt_cli_relocate_job_options, vt_cli_relocate_pause },
    { "resume", NULL, 0, 0, "go on with a move", "Also brings what was shared since.",
      vt_cli_relocate_move_options, vt_cli_relocate_resume },
    { "progress", NULL, 0, 0, "how far is the move?", NULL, vt_cli_relocate_job_options,
      vt_cli_relocate_progress },
    { "verify", NULL, 0, 0, "read every file at the destination again, and compare roots",
      "Exit code 1 if they differ: before the fence they may, by what was shared since.\n"
      "Once the move is done it is compared with what both cells signed.",
      vt_cli_relocate_verify_options, vt_cli_relocate_verify },
    { "finish", NULL, 0, 0, "behind the fence: bring the rest, prove it, empty the source",
      "Refused until the table of residency has given the country's files to the\n"
      "destination; --wait waits for that, and tells for how long nobody took uploads.\n"
      "Nothing is removed before both roots are equal, both cells have signed that, and "
      "it\n"
      "is on the ledger.",
      vt_cli_relocate_finish_options, vt_cli_relocate_finish },
    { "refused", NULL, 0, 0, "ask the source's key agent for a key once more, on record",
      "Exit code 1 unless it says of each period that its key was destroyed.",
      vt_cli_relocate_refused_options, vt_cli_relocate_refused },
    { "countersign", NULL, 0, 0, "add the supervisor's signature to a move's last paper",
      "The papers are checked first, as confirm does.", vt_cli_relocate_countersign_options,
      vt_cli_relocate_countersign },
    { "confirm", NULL, 0, 0, "check a move's papers, offline",
      "Exit code 1 unless the manifest was on the ledger before the end was, all arrived "
      "by\n"
      "the signatures of both cells, and the supervisor countersigned.",
      vt_cli_relocate_confirm_options, vt_cli_relocate_confirm },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_relocate = {
    "relocate",
    "which service is where, where it goes, and until when",
    verbs,
};
