/* vitrine promise: what was promised, and what is late. */
#include "custody/promise.h"
#include "cli/desk.h"
#include "cli/groups.h"
#include "cli/supervision.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"

/* ---- make -------------------------------------------------------------------------------
 */

static const struct vt_option make_options[] = {
    { "what", "TEXT", "what is promised, in plain words", true, false },
    { "due", "TIME", "until when, as 2027-06-30T00:00:00Z", true, false },
    { "words", "TEXT", "by what it will be judged, in plain words", true, false },
    { "type", "NAME", "the evidence is a statement of this type: review, residency ...",
      false, false },
    { "role", "ROLE", "signed by a key of this role", false, false },
    { "subject", "SHA256", "about this", false, false },
    { "subject-name", "NAME", "about something of this name", false, false },
    { "service", "NAME", "which service it is about", false, false },
    { "country", "CC", "of which country's users", false, false },
    { "class", "file|lookup|statistic|account", "which class of data", false, false },
    VT_OPTIONS_SAY,
    VT_OPTIONS_END,
};

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        (void)json_object_set_new(object, name, json_string(text));
}

static bool evidence_of(struct vt_args *args, json_t **out, struct vt_error *err)
{
    static const char *const of_statements[] = { "role", "subject", "subject-name" };
    const char *name = vt_args_get(args, "type");
    const char *type = name != NULL ? vt_supervision_type(vt_slice_from_cstr(name)) : NULL;
    vt_hash subject;

    if (name != NULL && type == NULL)
        return vt_args_misuse(args, err, "--type: no statement is called '%s'", name);
    for (size_t i = 0; type == NULL && i < 3; i++)
        if (vt_args_has(args, of_statements[i]))
            return vt_args_misuse(args, err, "--%s: only with --type", of_statements[i]);
    if (vt_args_has(args, "subject") &&
        !vt_supervision_digest(args, "subject", &subject, err))
        return false;
    *out = json_pack("{s:s,s:s}", "kind", type != NULL ? "statement" : "document", "words",
                     vt_args_get(args, "words"));
    set_text(*out, "type", type);
    set_text(*out, "role", vt_args_get(args, "role"));
    set_text(*out, "subject", vt_args_get(args, "subject"));
    set_text(*out, "name", vt_args_get(args, "subject-name"));
    return true;
}

static bool run_make(struct vt_args *args, struct vt_error *err)
{
    static const char *const texts[] = { "what",         "words",   "role",
                                         "subject-name", "service", NULL };
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    struct vt_saying saying = { .type = VT_PROMISE };
    char due[VT_TIME_TEXT_BYTES];
    json_t *evidence = NULL;
    int64_t due_unix_s;

    if (!vt_supervision_texts(args, texts, err) || !vt_cli_time(args, "due", 0, due, err) ||
        !vt_supervision_country(args, err) || !evidence_of(args, &evidence, err))
        return false;
    saying.predicate =
        json_pack("{s:s,s:s,s:o,s:s}", "id", vt_args_operand(args, 0), "what",
                  vt_args_get(args, "what"), "evidence", evidence, "due", due);
    set_text(saying.predicate, "service", vt_args_get(args, "service"));
    set_text(saying.predicate, "country", vt_args_get(args, "country"));
    set_text(saying.predicate, "class", vt_args_get(args, "class"));
    if (!vt_supervision_open(args, VT_PROMISE, &call, err)) {
        json_decref(saying.predicate);
        return false;
    }
    (void)json_object_set_new(saying.predicate, "by", vt_cli_json_text(call.mine->holder));
    if (vt_time_parse(vt_slice_from_cstr(due), &due_unix_s) &&
        due_unix_s <= call.now_unix_s) {
        json_decref(saying.predicate);
        return vt_args_misuse(args, err, "--due: %s has passed", due);
    }
    return vt_supervision_say(args, &call, &saying, "promised", err);
}

/* ---- move -------------------------------------------------------------------------------
 */

static const struct vt_option move_options[] = {
    { "due", "TIME", "the new date; the first one stays visible", true, false },
    VT_OPTIONS_SAY,
    VT_OPTIONS_END,
};

static bool find(struct vt_args *args, const struct vt_supervision *call,
                 struct vt_promises *out, const struct vt_promise **row,
                 struct vt_error *err)
{
    const char *id = vt_args_operand(args, 0);

    vt_promises_reckon(call->story, call->now_unix_s, out);
    *row = vt_promises_find(out, vt_slice_from_cstr(id));
    return *row != NULL || vt_fail(err, VT_ABSENT, "the ledger has no promise '%s'", id);
}

static bool run_move(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_PROMISES promises = { .count = 0 };
    struct vt_saying saying = { .type = VT_PROMISE };
    const struct vt_promise *row;
    char due[VT_TIME_TEXT_BYTES];

    if (!vt_cli_time(args, "due", 0, due, err) ||
        !vt_supervision_open(args, VT_PROMISE, &call, err) ||
        !find(args, &call, &promises, &row, err))
        return false;
    saying.predicate = json_deep_copy(vt_said_predicate(row->last));
    saying.before = &row->last->payload;
    (void)json_object_set_new(saying.predicate, "due", json_string(due));
    return vt_supervision_say(args, &call, &saying, "moved", err);
}

/* ---- keep -------------------------------------------------------------------------------
 */

static const struct vt_option keep_options[] = {
    { "entry", "FILE", "the statement that met it, as it stands on the ledger", false,
      false },
    { "proof", "FILE", "the ledger's proof of it: its time is the one that counts", false,
      false },
    { "document", "FILE", "or the document that you have seen", false, false },
    VT_OPTIONS_SAY,
    VT_OPTIONS_END,
};

/* A statement and its proof, as files say them. */
static bool read_entry(struct vt_args *args, struct vt_saying *saying, struct vt_buf *entry,
                       struct vt_buf *text, struct vt_error *err)
{
    const char *path = vt_args_get(args, "proof");
    struct vt_tlog_proof proof;

    if (!vt_file_read(vt_args_get(args, "entry"), entry, err) ||
        !vt_file_read(path, text, err))
        return false;
    if (!vt_tlog_proof_parse(vt_buf_slice(text), &proof, err))
        return vt_within(err, "%s", path);
    saying->evidence = vt_buf_slice(entry);
    saying->evidence_index = proof.index;
    (void)json_object_set_new(saying->predicate, "proof",
                              json_stringn((const char *)text->data, text->len));
    return true;
}

static bool read_evidence(struct vt_args *args, struct vt_saying *saying,
                          struct vt_buf *entry, struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    vt_hash digest;

    if (vt_args_has(args, "document")) {
        if (!vt_supervision_hash_file(vt_args_get(args, "document"), &digest, err))
            return false;
    } else {
        if (!read_entry(args, saying, entry, &proof, err))
            return false;
        digest = vt_envelope_digest(vt_buf_slice(entry));
    }
    (void)json_object_set_new(saying->predicate, "evidence", vt_field_of_hash(&digest));
    return true;
}

static bool run_keep(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_PROMISES promises = { .count = 0 };
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = json_object();
    struct vt_saying saying = { .type = VT_KEPT, .predicate = predicate };
    const struct vt_promise *row;

    if (vt_args_has(args, "document") == vt_args_has(args, "entry") ||
        vt_args_has(args, "entry") != vt_args_has(args, "proof"))
        return vt_args_misuse(args, err, "name --entry and its --proof, or --document");
    if (!read_evidence(args, &saying, &entry, err) ||
        !vt_supervision_open(args, VT_KEPT, &call, err) ||
        !find(args, &call, &promises, &row, err))
        return false;
    (void)json_object_set_new(predicate, "id", json_string(vt_args_operand(args, 0)));
    (void)json_object_set_new(predicate, "promise", vt_field_of_hash(&row->last->payload));
    json_incref(saying.predicate); /* taken by say, and by us */
    return vt_supervision_say(args, &call, &saying, "kept", err);
}

/* ---- list, check, show ------------------------------------------------------------------
 */

static const struct vt_option read_options[] = { VT_OPTIONS_READ, VT_OPTIONS_END };

static void print_row(const struct vt_promise *row, int64_t now_unix_s)
{
    const json_t *predicate = vt_said_predicate(row->last);
    char due[VT_TIME_TEXT_BYTES], first[VT_TIME_TEXT_BYTES], age[32] = "-";

    vt_time_write(row->due_unix_s, due);
    vt_time_write(row->first_due_unix_s, first);
    if (row->late_unix_s != 0)
        vt_cli_age(row->late_unix_s, row->kept != NULL ? row->kept_unix_s : now_unix_s,
                   age);
    (void)printf("%-13s %-8s %.10s  %-24.*s %-16.*s %.*s",
                 vt_promise_state_name(row->state), age, due, VT_SLICE_ARGS(row->id),
                 VT_SLICE_ARGS(vt_field_text(predicate, "by")),
                 VT_SLICE_ARGS(vt_field_text(predicate, "what")));
    if (row->moves != 0)
        (void)printf(" (first promised for %.10s, moved %zu time%s)", first, row->moves,
                     vt_plural(row->moves));
    (void)printf("\n");
}

static size_t print_rows(const struct vt_supervision *call,
                         const struct vt_promises *promises, bool only_late)
{
    size_t late = 0, shown = 0;

    for (size_t i = 0; i < promises->count; i++) {
        late += promises->rows[i].state == VT_PROMISE_LATE;
        if (only_late && promises->rows[i].state != VT_PROMISE_LATE)
            continue;
        if (shown++ == 0)
            (void)printf("%-13s %-8s %-10s  %-24s %-16s %s\n", "state", "late by", "due",
                         "promise", "by", "what");
        print_row(&promises->rows[i], call->now_unix_s);
    }
    (void)printf("%zu promise%s, %zu late\n", promises->count, vt_plural(promises->count),
                 late);
    vt_supervision_close(call, &promises->strays);
    return late;
}

static bool list(struct vt_args *args, bool is_check, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_PROMISES promises = { .count = 0 };
    size_t late = 0;
    json_t *rows;

    if (!vt_supervision_read(args, &call, err))
        return false;
    vt_promises_reckon(call.story, call.now_unix_s, &promises);
    if (!vt_args_is_json(args)) {
        late = print_rows(&call, &promises, is_check);
    } else {
        rows = json_array();
        for (size_t i = 0; i < promises.count; i++) {
            bool is_late = promises.rows[i].state == VT_PROMISE_LATE;

            late += is_late;
            if (is_late || !is_check)
                (void)json_array_append_new(rows,
                                            vt_promise_json(call.story, &promises.rows[i]));
        }
        vt_supervision_print(&call, !is_check || late == 0, "promises", rows,
                             &promises.strays);
    }
    vt_args_exit(args, is_check && late != 0 ? VT_EXIT_REFUSED : VT_EXIT_OK);
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

static void print_details(const struct vt_supervision *call, const struct vt_promise *row)
{
    const json_t *predicate = vt_said_predicate(row->last);
    VT_AUTO_JSON json = vt_promise_json(call->story, row);
    const json_t *dates = json_object_get(json, "dates");
    const json_t *evidence = json_object_get(predicate, "evidence");
    char time[VT_TIME_TEXT_BYTES];

    (void)printf("%.*s: %s\npromised by %.*s: %.*s\njudged by: %.*s\n",
                 VT_SLICE_ARGS(row->id), vt_promise_state_name(row->state),
                 VT_SLICE_ARGS(vt_field_text(predicate, "by")),
                 VT_SLICE_ARGS(vt_field_text(predicate, "what")),
                 VT_SLICE_ARGS(vt_field_text(evidence, "words")));
    for (size_t i = 0; i < json_array_size(dates); i++) {
        const json_t *at = json_array_get(dates, i);

        (void)printf("entry %ju, %.*s: due %.*s\n", (uintmax_t)vt_field_number(at, "index"),
                     VT_SLICE_ARGS(vt_field_text(at, "time")),
                     VT_SLICE_ARGS(vt_field_text(at, "due")));
    }
    if (row->late_unix_s != 0) {
        vt_time_write(row->late_unix_s, time);
        (void)printf("late since %s\n", time);
    }
    if (row->kept == NULL)
        return;
    vt_time_write(row->kept_unix_s, time);
    (void)printf("kept at %s; entry %ju says so, by %.*s\n", time,
                 (uintmax_t)row->kept->index, VT_SLICE_ARGS(row->kept->signer->holder));
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    VT_AUTO_PROMISES promises = { .count = 0 };
    const struct vt_promise *row;

    if (!vt_supervision_read(args, &call, err) || !find(args, &call, &promises, &row, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:o}", "ok", 1, "promise", vt_promise_json(call.story, row)));
    else
        print_details(&call, row);
    return true;
}

static const struct vt_verb verbs[] = {
    { "make", "ID", 1, 1, "promise something, with its evidence and a date",
      "The holder of the key promises. Without --type the evidence is a document, which a\n"
      "supervisor or the foundation must have seen.",
      make_options, run_make },
    { "move", "ID", 1, 1, "change the date of your promise",
      "Once the date has passed a change takes no lateness away.", move_options, run_move },
    { "keep", "ID", 1, 1, "point at what met a promise",
      "A statement on the ledger, with a proof, must be what the promise named. Of a\n"
      "document a supervisor or the foundation says that it was seen.",
      keep_options, run_keep },
    { "list", NULL, 0, 0, "all promises, late ones first",
      "Reads the whole ledger, so that nothing can be left out.", read_options, run_list },
    { "check", NULL, 0, 0, "is a promise late?  Exit code 1 if one is", NULL, read_options,
      run_check },
    { "show", "ID", 1, 1, "one promise with all its dates", NULL, read_options, run_show },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_promise = {
    "promise",
    "what was promised, by when, and what is late",
    verbs,
};
