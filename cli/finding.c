/* vitrine finding: what was found, who must act, until when; also under embargo. */
#include "custody/finding.h"
#include "cli/desk.h"
#include "cli/groups.h"
#include "cli/supervision.h"
#include "evidence/field.h"

/* ---- open -------------------------------------------------------------------------------
 */

static const struct vt_option open_options[] = {
    { "text", "FILE", "the finding, in words", true, false },
    { "severity", "low|medium|high|critical", "how bad it is", true, false },
    { "owner", "HOLDER", "who must act", true, false },
    { "due", "TIME", "until when", true, false },
    { "file", "FILE", "what it is about", false, true },
    { "digest", "SHA256", "or its digest", false, true },
    { "embargo", "TIME", "keep the text back until then", false, false },
    { "opening", "FILE", "with --embargo: where the text is kept until then", false,
      false },
    VT_OPTIONS_SAY,
    VT_OPTIONS_END,
};

enum { SUBJECTS_MAX = 64, TEXT_BYTES_MAX = 16384 };

struct subjects {
    struct vt_subject rows[2 * SUBJECTS_MAX];
    size_t count;
};

static const char *leaf_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Under embargo not even the name of a file is told. */
static bool read_subjects(struct vt_args *args, struct subjects *out, struct vt_error *err)
{
    bool is_told = !vt_args_has(args, "embargo");
    const char *value;

    for (size_t i = 0; (value = vt_args_get_at(args, "file", i)) != NULL; i++) {
        const char *name = is_told ? leaf_name(value) : "subject";

        if (i == SUBJECTS_MAX)
            return vt_args_misuse(args, err, "--file: at most %d", SUBJECTS_MAX);
        if (!vt_text_verify(name, err))
            return vt_within(err, "--file: the name");
        out->rows[out->count].name = name;
        if (!vt_supervision_hash_file(value, &out->rows[out->count++].hash, err))
            return false;
    }
    for (size_t i = 0; (value = vt_args_get_at(args, "digest", i)) != NULL; i++) {
        struct vt_subject *row = &out->rows[out->count++];

        row->name = "subject";
        if (i == SUBJECTS_MAX)
            return vt_args_misuse(args, err, "--digest: at most %d", SUBJECTS_MAX);
        if (!vt_hash_parse_hex(vt_slice_from_cstr(value), &row->hash))
            return vt_args_misuse(args, err, "--digest: '%s' is no SHA-256", value);
    }
    return out->count != 0 ||
           vt_args_misuse(args, err, "--file or --digest: say what the finding is about");
}

static bool read_text(const char *path, struct vt_buf *out, struct vt_error *err)
{
    return vt_file_read(path, out, err) &&
           (vt_slice_is_utf8(vt_buf_slice(out)) ||
            vt_fail(err, VT_MALFORMED, "%s: is not UTF-8", path));
}

/* What opens the commitment later: for the finder's eyes until then. */
static bool keep_opening(struct vt_args *args, const vt_hash *salt, vt_slice text,
                         struct vt_error *err)
{
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(128));
    VT_AUTO_JSON json = json_pack("{s:s,s:o,s:s%,s:i}", "id", vt_args_operand(args, 0),
                                  "salt", vt_field_of_hash(salt), "text",
                                  (const char *)text.data, text.len, "v", 1);

    return vt_json_write_canonical(json, &out, err) &&
           vt_cli_create(vt_args_get(args, "opening"), vt_buf_slice(&out), 0600, err);
}

static bool check_embargo(struct vt_args *args, char embargo[VT_TIME_TEXT_BYTES],
                          struct vt_error *err)
{
    if (vt_args_has(args, "embargo") != vt_args_has(args, "opening"))
        return vt_args_misuse(args, err, "--embargo and --opening go together");
    return vt_cli_time(args, "embargo", 0, embargo, err);
}

static json_t *first_word(struct vt_args *args, const char *due, const char *embargo,
                          const vt_hash *salt, vt_slice text)
{
    vt_hash commitment = vt_finding_commitment(salt, text);
    json_t *predicate = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "id", vt_args_operand(args, 0), "severity",
        vt_args_get(args, "severity"), "owner", vt_args_get(args, "owner"), "due", due,
        "state", "open", "note", "", "commitment", vt_field_of_hash(&commitment));

    if (vt_args_has(args, "embargo")) {
        (void)json_object_set_new(predicate, "embargo", json_string(embargo));
        return predicate;
    }
    (void)json_object_set_new(predicate, "salt", vt_field_of_hash(salt));
    (void)json_object_set_new(predicate, "text",
                              json_stringn((const char *)text.data, text.len));
    return predicate;
}

static bool run_open(struct vt_args *args, struct vt_error *err)
{
    static const char *const texts[] = { "owner", NULL };
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_BUF text = vt_buf_init(TEXT_BYTES_MAX);
    VT_AUTO_FREE struct subjects *subjects = vt_alloc(sizeof *subjects);
    struct vt_saying saying = { .type = VT_FINDING };
    char due[VT_TIME_TEXT_BYTES], embargo[VT_TIME_TEXT_BYTES];
    vt_hash salt;

    if (!vt_supervision_texts(args, texts, err) || !vt_cli_time(args, "due", 0, due, err) ||
        !check_embargo(args, embargo, err) ||
        !read_text(vt_args_get(args, "text"), &text, err) ||
        !read_subjects(args, subjects, err) ||
        !vt_supervision_open(args, VT_FINDING, &call, err))
        return false;
    vt_env_random(vt_args_env(args), salt.bytes, sizeof salt.bytes);
    if (vt_args_has(args, "opening") &&
        !keep_opening(args, &salt, vt_buf_slice(&text), err))
        return false;
    saying.predicate = first_word(args, due, embargo, &salt, vt_buf_slice(&text));
    saying.subjects = subjects->rows;
    saying.subject_count = subjects->count;
    return vt_supervision_say(args, &call, &saying, "opened", err);
}

/* ---- update and reveal ------------------------------------------------------------------
 */

static const struct vt_option update_options[] = {
    { "state", "open|accepted|fixed|declined", "what becomes of it", false, false },
    { "evidence", "SHA256", "of what shows it; fixed needs one", false, false },
    { "note", "TEXT", "a public word on it; declined needs one", false, false },
    { "due", "TIME", "finder or supervisor: another date", false, false },
    { "severity", "low|medium|high|critical", "finder or supervisor: how bad it is", false,
      false },
    { "owner", "HOLDER", "finder or supervisor: who must act", false, false },
    { "embargo", "TIME", "finder or supervisor: until when the text is kept back", false,
      false },
    VT_OPTIONS_SAY,
    VT_OPTIONS_END,
};

static const struct vt_option reveal_options[] = {
    { "opening", "FILE", "what `vitrine finding open` kept", true, false },
    VT_OPTIONS_SAY,
    VT_OPTIONS_END,
};

static bool find(struct vt_args *args, const struct vt_supervision *call,
                 struct vt_flaws *out, const struct vt_flaw **row, struct vt_error *err)
{
    const char *id = vt_args_operand(args, 0);

    vt_flaws_reckon(call->story, call->now_unix_s, out);
    *row = vt_flaws_find(out, vt_slice_from_cstr(id));
    return *row != NULL || vt_fail(err, VT_ABSENT, "the ledger has no finding '%s'", id);
}

static void take_subjects(const struct vt_flaw *row, struct subjects *out)
{
    const struct vt_statement *statement = &row->first->envelope.statement;

    out->count = vt_statement_subject_count(statement);
    if (out->count > 2 * SUBJECTS_MAX)
        out->count =
            2 * SUBJECTS_MAX; /* more is refused: it would be about another thing */
    for (size_t i = 0; i < out->count; i++)
        out->rows[i] = vt_statement_subject(statement, i);
}

/* The next word begins with the one before; its text and proof of mending stay there. */
static json_t *next_word(const struct vt_flaw *row)
{
    json_t *predicate = json_deep_copy(vt_said_predicate(row->last));

    (void)json_object_del(predicate, "text");
    (void)json_object_del(predicate, "salt");
    (void)json_object_del(predicate, "evidence");
    (void)json_object_set_new(predicate, "note", json_string(""));
    return predicate;
}

static bool say_next(struct vt_args *args, struct vt_supervision *call,
                     const struct vt_flaw *row, json_t *predicate, const char *did,
                     struct vt_error *err)
{
    VT_AUTO_FREE struct subjects *subjects = vt_alloc(sizeof *subjects);
    struct vt_saying saying = { .type = VT_FINDING,
                                .subjects = subjects->rows,
                                .predicate = predicate,
                                .before = &row->last->payload };

    take_subjects(row, subjects);
    saying.subject_count = subjects->count;
    return vt_supervision_say(args, call, &saying, did, err);
}

static bool read_changes(struct vt_args *args, char due[VT_TIME_TEXT_BYTES],
                         char embargo[VT_TIME_TEXT_BYTES], struct vt_error *err)
{
    static const char *const texts[] = { "note", "owner", NULL };
    static const char *const all[] = { "state",    "evidence", "note",   "due",
                                       "severity", "owner",    "embargo" };
    bool is_any = false;
    vt_hash digest;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        is_any = is_any || vt_args_has(args, all[i]);
    if (!is_any)
        return vt_args_misuse(args, err,
                              "nothing is changed: name --state or another "
                              "option");
    return vt_supervision_texts(args, texts, err) &&
           vt_cli_time(args, "due", 0, due, err) &&
           vt_cli_time(args, "embargo", 0, embargo, err) &&
           (!vt_args_has(args, "evidence") ||
            vt_supervision_digest(args, "evidence", &digest, err));
}

static bool run_update(struct vt_args *args, struct vt_error *err)
{
    static const char *const copied[] = { "state", "evidence", "note", "severity",
                                          "owner" };
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_FLAWS flaws = { .count = 0 };
    char due[VT_TIME_TEXT_BYTES], embargo[VT_TIME_TEXT_BYTES];
    const struct vt_flaw *row;
    json_t *predicate;

    if (!read_changes(args, due, embargo, err) ||
        !vt_supervision_open(args, VT_FINDING, &call, err) ||
        !find(args, &call, &flaws, &row, err))
        return false;
    predicate = next_word(row);
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++)
        if (vt_args_has(args, copied[i]))
            (void)json_object_set_new(predicate, copied[i],
                                      json_string(vt_args_get(args, copied[i])));
    if (vt_args_has(args, "due"))
        (void)json_object_set_new(predicate, "due", json_string(due));
    if (vt_args_has(args, "embargo"))
        (void)json_object_set_new(predicate, "embargo", json_string(embargo));
    return say_next(args, &call, row, predicate, "updated", err);
}

static bool read_opening(struct vt_args *args, json_t **out, struct vt_error *err)
{
    static const char *const names[] = { "id", "salt", "text", "v", NULL };
    const char *path = vt_args_get(args, "opening");
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(128));
    VT_AUTO_JSON json = NULL;
    vt_slice id, text;
    vt_hash salt;

    if (!vt_file_read(path, &bytes, err) ||
        !vt_json_parse_canonical(vt_buf_slice(&bytes), path, &json, err) ||
        !vt_json_only(json, path, names, err) ||
        !vt_json_get_text(json, path, "id", &id, err) ||
        !vt_json_get_text(json, path, "text", &text, err) ||
        !vt_json_get_sha256(json, path, "salt", salt.bytes, err))
        return false;
    if (!vt_slice_is(id, vt_args_operand(args, 0)))
        return vt_fail(err, VT_REJECTED, "%s: opens finding '%.*s'", path,
                       VT_SLICE_ARGS(id));
    *out = json_incref(json);
    return true;
}

/* The note stands as it was: a text that follows answers nothing. */
static bool run_reveal(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_FLAWS flaws = { .count = 0 };
    VT_AUTO_JSON opening = NULL;
    const struct vt_flaw *row;
    json_t *predicate;

    if (!read_opening(args, &opening, err) ||
        !vt_supervision_open(args, VT_FINDING, &call, err) ||
        !find(args, &call, &flaws, &row, err))
        return false;
    if (row->opened != NULL)
        return vt_fail(err, VT_REJECTED, "the text of '%s' is public: entry %ju has it",
                       vt_args_operand(args, 0), (uintmax_t)row->opened->index);
    predicate = json_deep_copy(vt_said_predicate(row->last));
    (void)json_object_set(predicate, "text", json_object_get(opening, "text"));
    (void)json_object_set(predicate, "salt", json_object_get(opening, "salt"));
    return say_next(args, &call, row, predicate, "revealed", err);
}

/* ---- list, check, show ------------------------------------------------------------------
 */

static const struct vt_option read_options[] = { VT_OPTIONS_READ, VT_OPTIONS_END };

static bool is_bad(const struct vt_flaw *row)
{
    return row->is_late || row->is_withheld;
}

/* The first line of its text, or why there is none. */
static void print_gist(const struct vt_flaw *row)
{
    char until[VT_TIME_TEXT_BYTES];
    vt_slice text, line;
    vt_reader r;

    if (row->opened != NULL) {
        text = vt_field_text(vt_said_predicate(row->opened), "text");
        r = (vt_reader){ text };
        if (!vt_read_until(&r, '\n', &line))
            line = text;
        (void)printf("%.*s\n", VT_SLICE_ARGS(line));
        return;
    }
    vt_time_write(row->embargo_unix_s, until);
    if (row->is_withheld)
        (void)printf("(withheld: the embargo ended %.10s, and nobody revealed the text)\n",
                     until);
    else
        (void)printf("(under embargo until %.10s)\n", until);
}

static void print_row(const struct vt_flaw *row, int64_t now_unix_s)
{
    const json_t *predicate = vt_said_predicate(row->last);
    char due[VT_TIME_TEXT_BYTES], age[32] = "-";

    vt_time_write(row->due_unix_s, due);
    if (row->is_late)
        vt_cli_age(row->late_unix_s, now_unix_s, age);
    else if (row->late_unix_s != 0)
        (void)snprintf(age, sizeof age, "was");
    (void)printf("%-9s %-8s %.10s  %-9.*s %-20.*s %-16.*s ", vt_flaw_state_name(row->state),
                 age, due, VT_SLICE_ARGS(vt_field_text(predicate, "severity")),
                 VT_SLICE_ARGS(row->id), VT_SLICE_ARGS(vt_field_text(predicate, "owner")));
    print_gist(row);
}

static void print_rows(const struct vt_supervision *call, const struct vt_flaws *flaws,
                       bool only_bad)
{
    size_t late = 0, withheld = 0, shown = 0;

    for (size_t i = 0; i < flaws->count; i++) {
        late += flaws->rows[i].is_late;
        withheld += flaws->rows[i].is_withheld;
        if (only_bad && !is_bad(&flaws->rows[i]))
            continue;
        if (shown++ == 0)
            (void)printf("%-9s %-8s %-10s  %-9s %-20s %-16s %s\n", "state", "late by",
                         "due", "severity", "finding", "owner", "text");
        print_row(&flaws->rows[i], call->now_unix_s);
    }
    (void)printf("%zu finding%s, %zu late, %zu withheld\n", flaws->count,
                 vt_plural(flaws->count), late, withheld);
    vt_supervision_close(call, &flaws->strays);
}

static bool list(struct vt_args *args, bool is_check, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_FLAWS flaws = { .count = 0 };
    json_t *rows = NULL;
    size_t bad = 0;

    if (!vt_supervision_read(args, &call, err))
        return false;
    vt_flaws_reckon(call.story, call.now_unix_s, &flaws);
    if (vt_args_is_json(args))
        rows = json_array();
    for (size_t i = 0; i < flaws.count; i++) {
        bad += is_bad(&flaws.rows[i]);
        if (rows != NULL && (!is_check || is_bad(&flaws.rows[i])))
            (void)json_array_append_new(rows, vt_flaw_json(call.story, &flaws.rows[i]));
    }
    if (rows != NULL)
        vt_supervision_print(&call, !is_check || bad == 0, "findings", rows, &flaws.strays);
    else
        print_rows(&call, &flaws, is_check);
    vt_args_exit(args, is_check && bad != 0 ? VT_EXIT_REFUSED : VT_EXIT_OK);
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

static void print_history(const json_t *history)
{
    for (size_t i = 0; i < json_array_size(history); i++) {
        const json_t *at = json_array_get(history, i);
        vt_slice note = vt_field_text(at, "note");
        vt_slice evidence = vt_field_text(at, "evidence");

        (void)printf("entry %ju, %.*s, %.*s: %.*s, %.*s must act until %.*s",
                     (uintmax_t)vt_field_number(at, "index"),
                     VT_SLICE_ARGS(vt_field_text(at, "time")),
                     VT_SLICE_ARGS(vt_field_text(at, "holder")),
                     VT_SLICE_ARGS(vt_field_text(at, "state")),
                     VT_SLICE_ARGS(vt_field_text(at, "owner")),
                     VT_SLICE_ARGS(vt_field_text(at, "due")));
        if (evidence.len != 0)
            (void)printf("; shown by %.*s", VT_SLICE_ARGS(evidence));
        if (note.len != 0) {
            (void)printf("; \"");
            vt_supervision_words(note);
            (void)printf("\"");
        }
        (void)printf("\n");
    }
}

/* Set in, so that no line of it can pass for one of ours. */
static void print_text(vt_slice text)
{
    vt_reader r = { text };
    vt_slice line;

    (void)printf("\n");
    while (vt_read_line(&r, &line))
        (void)printf("    %.*s\n", VT_SLICE_ARGS(line));
    if (r.rest.len != 0)
        (void)printf("    %.*s\n", VT_SLICE_ARGS(r.rest));
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_FLAWS flaws = { .count = 0 };
    const struct vt_flaw *row;
    VT_AUTO_JSON json = NULL;

    if (!vt_supervision_read(args, &call, err) || !find(args, &call, &flaws, &row, err))
        return false;
    json = vt_flaw_json(call.story, row);
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack("{s:b,s:O}", "ok", 1, "finding", json));
        return true;
    }
    (void)printf("%.*s: %s%s\n", VT_SLICE_ARGS(row->id), vt_flaw_state_name(row->state),
                 row->is_late ? ", late" : "");
    print_history(json_object_get(json, "history"));
    if (row->opened != NULL)
        print_text(vt_field_text(vt_said_predicate(row->opened), "text"));
    else
        print_gist(row);
    return true;
}

static const struct vt_verb verbs[] = {
    { "open", "ID", 1, 1, "say what you found, who must act, and until when",
      "With --embargo the ledger has a commitment to the text. Keep the file of "
      "--opening:\n"
      "without it nobody can ever reveal the text.",
      open_options, run_open },
    { "update", "ID", 1, 1, "say what became of it",
      "The owner changes the state, and nothing else. A date that has passed cannot be\n"
      "changed away.",
      update_options, run_update },
    { "reveal", "ID", 1, 1, "make the text public", NULL, reveal_options, run_reveal },
    { "list", NULL, 0, 0, "all findings, late ones first",
      "Reads the whole ledger, so that nothing can be left out.", read_options, run_list },
    { "check", NULL, 0, 0, "is one late, or its text withheld?  Exit code 1 if so", NULL,
      read_options, run_check },
    { "show", "ID", 1, 1, "one finding with its history", NULL, read_options, run_show },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_finding = {
    "finding",
    "what was found, who must act, and what is late",
    verbs,
};
