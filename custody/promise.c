/* From what was said and a clock to what is late. */
#include "custody/promise.h"
#include "evidence/field.h"

const char *vt_promise_state_name(enum vt_promise_state state)
{
    static const char *const names[] = {
        [VT_PROMISE_LATE] = "late",
        [VT_PROMISE_OPEN] = "open",
        [VT_PROMISE_LATE_KEPT] = "late and kept",
        [VT_PROMISE_KEPT] = "kept",
    };

    return names[state];
}

void vt_promises_clear(struct vt_promises *promises)
{
    free(promises->rows);
    vt_strays_clear(&promises->strays);
    *promises = (struct vt_promises){ .count = 0 };
}

/* ---- what it may say --------------------------------------------------------------------
 */

static bool is_country(vt_slice text)
{
    return text.len == 0 || (text.len == 2 && text.data[0] >= 'A' && text.data[0] <= 'Z' &&
                             text.data[1] >= 'A' && text.data[1] <= 'Z');
}

bool vt_promise_is_sound(const json_t *predicate, struct vt_error *err)
{
    const json_t *evidence = json_object_get(predicate, "evidence");
    bool is_statement = vt_slice_is(vt_field_text(evidence, "kind"), "statement");
    enum vt_predicate type;

    if (!vt_story_id_verify(vt_field_text(predicate, "id"), err))
        return false;
    if (!is_country(vt_field_text(predicate, "country")))
        return vt_fail(err, VT_MALFORMED, "promise: a country is two capital letters");
    if (!is_statement &&
        (vt_json_has(evidence, "type") || vt_json_has(evidence, "role") ||
         vt_json_has(evidence, "subject") || vt_json_has(evidence, "name")))
        return vt_fail(err, VT_MALFORMED,
                       "promise: type, role, subject and name are of evidence that is a "
                       "statement");
    return !is_statement || vt_predicate_of(vt_field_text(evidence, "type"), &type) ||
           vt_fail(err, VT_MALFORMED, "promise: no type of statement is called '%.*s'",
                   VT_SLICE_ARGS(vt_field_text(evidence, "type")));
}

/* ---- promises ---------------------------------------------------------------------------
 */

static struct vt_promise *find(const struct vt_promises *promises, vt_slice id)
{
    for (size_t i = 0; i < promises->count; i++)
        if (vt_slice_equal(promises->rows[i].id, id))
            return &promises->rows[i];
    return NULL;
}

const struct vt_promise *vt_promises_find(const struct vt_promises *promises, vt_slice id)
{
    return find(promises, id);
}

static void begin(struct vt_promises *out, const struct vt_said *said)
{
    const json_t *predicate = vt_said_predicate(said);
    int64_t due = vt_story_time(predicate, "due");

    if (vt_json_has(predicate, "supersedes")) {
        vt_strays_add(&out->strays, said->index,
                      "it takes the place of a promise that was not made");
        return;
    }
    out->rows = vt_grow_array(out->rows, out->count + 1, sizeof *out->rows);
    out->rows[out->count++] = (struct vt_promise){
        .id = vt_field_text(predicate, "id"),
        .first = said,
        .last = said,
        .first_due_unix_s = due,
        .due_unix_s = due,
    };
}

/* Only the date may change: another thing or another evidence is another promise. */
static bool is_the_same_but_for_its_date(const struct vt_said *a, const struct vt_said *b)
{
    static const char *const names[] = { "what",    "by",      "evidence",
                                         "service", "country", "class" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const json_t *one = json_object_get(vt_said_predicate(a), names[i]);
        const json_t *two = json_object_get(vt_said_predicate(b), names[i]);

        if (one != two && !json_equal(one, two))
            return false;
    }
    return true;
}

static void move(struct vt_promises *out, struct vt_promise *row,
                 const struct vt_said *said)
{
    const char *why = NULL;

    if (!vt_json_has(vt_said_predicate(said), "supersedes"))
        why = "there is a promise with this id";
    else if (!vt_said_is_superseded_by(row->last, said))
        why = "it takes the place of a statement that is not the newest one";
    else if (row->kept != NULL)
        why = "the promise was kept before";
    else if (!is_the_same_but_for_its_date(row->last, said))
        why = "it changes more than the date";
    if (why != NULL) {
        vt_strays_add(&out->strays, said->index, "%s", why);
        return;
    }
    if (row->late_unix_s == 0 && said->time_unix_s > row->due_unix_s)
        row->late_unix_s = row->due_unix_s;
    row->last = said;
    row->due_unix_s = vt_story_time(vt_said_predicate(said), "due");
    row->moves++;
}

/* ---- evidence ---------------------------------------------------------------------------
 */

static bool is_signed_in(const struct vt_trust *trust, const struct vt_envelope *envelope,
                         vt_slice role_name)
{
    enum vt_trust_role role;

    if (!vt_trust_role_of(role_name, &role))
        return false;
    for (size_t i = 0; i < envelope->dsse.signature_count; i++)
        if (vt_trust_find(trust, envelope->dsse.signatures[i].keyid, role) != NULL)
            return true; /* that it is good was checked when it was taken */
    return false;
}

static bool has_subject_named(const struct vt_statement *statement, vt_slice name)
{
    for (size_t i = 0; i < vt_statement_subject_count(statement); i++)
        if (vt_slice_is(name, vt_statement_subject(statement, i).name))
            return true;
    return false;
}

/* NULL: the entry is what the promise named; else why not. */
static const char *why_unfit(const struct vt_story *story, const struct vt_promise *row,
                             const struct vt_said *said)
{
    const json_t *wanted = json_object_get(vt_said_predicate(row->last), "evidence");
    const struct vt_statement *there;
    vt_hash subject = vt_field_hash(wanted, "subject");

    if (said->evidence == NULL)
        return "it proves no entry of the ledger";
    there = &said->evidence->statement;
    if (said->evidence_index < row->first->index)
        return "its evidence is older than the promise";
    if (!vt_slice_is(vt_field_text(wanted, "type"), vt_predicate_type(there->type)))
        return "its evidence is a statement of another type than the promise names";
    if (vt_json_has(wanted, "role") &&
        !is_signed_in(story->trust, said->evidence, vt_field_text(wanted, "role")))
        return "its evidence is not signed in the role that the promise names";
    if (vt_json_has(wanted, "subject") && !vt_statement_has_subject(there, &subject, NULL))
        return "its evidence is about another subject than the promise names";
    if (vt_json_has(wanted, "name") &&
        !has_subject_named(there, vt_field_text(wanted, "name")))
        return "its evidence has no subject of the name that the promise names";
    return NULL;
}

/* Nobody grades himself: a document was seen by somebody whose work it is to look. */
static const char *why_unseen(const struct vt_promise *row, const struct vt_said *said)
{
    vt_slice by = vt_field_text(vt_said_predicate(row->first), "by");

    if (said->signer->role != VT_ROLE_SUPERVISOR &&
        said->signer->role != VT_ROLE_FOUNDATION)
        return "that a document was seen is said by a supervisor or the foundation";
    return vt_slice_equal(said->signer->holder, by)
               ? "nobody says of his own promise that he saw its document"
               : NULL;
}

static void keep(const struct vt_story *story, struct vt_promises *out,
                 const struct vt_said *said)
{
    const json_t *predicate = vt_said_predicate(said);
    struct vt_promise *row = find(out, vt_field_text(predicate, "id"));
    vt_hash promise = vt_field_hash(predicate, "promise");
    bool is_statement;
    const char *why;

    if (row == NULL) {
        vt_strays_add(&out->strays, said->index, "it keeps a promise that was not made");
        return;
    }
    is_statement = vt_slice_is(
        vt_field_text(json_object_get(vt_said_predicate(row->last), "evidence"), "kind"),
        "statement");
    if (!vt_hash_equal(&promise, &row->last->payload))
        why = "it speaks of a statement that is not the promise's newest one";
    else if (row->kept != NULL)
        why = "the promise was kept before";
    else
        why = is_statement ? why_unfit(story, row, said) : why_unseen(row, said);
    if (why != NULL) {
        vt_strays_add(&out->strays, said->index, "%s", why);
        return;
    }
    row->kept = said;
    row->kept_unix_s = is_statement ? said->evidence_unix_s : said->time_unix_s;
}

/* ---- the clock --------------------------------------------------------------------------
 */

static void look_at_the_clock(struct vt_promise *row, int64_t at_unix_s)
{
    int64_t until = row->kept != NULL ? row->kept_unix_s : at_unix_s;

    if (row->late_unix_s == 0 && until > row->due_unix_s)
        row->late_unix_s = row->due_unix_s;
    else if (until <= row->late_unix_s)
        row->late_unix_s = 0; /* it was seen before the date that was changed too late */
    if (row->kept == NULL)
        row->state = row->late_unix_s != 0 ? VT_PROMISE_LATE : VT_PROMISE_OPEN;
    else
        row->state = row->late_unix_s != 0 ? VT_PROMISE_LATE_KEPT : VT_PROMISE_KEPT;
}

static int by_lateness(const void *a, const void *b)
{
    const struct vt_promise *one = a, *two = b;
    int64_t x = one->state == VT_PROMISE_LATE ? one->late_unix_s : one->due_unix_s;
    int64_t y = two->state == VT_PROMISE_LATE ? two->late_unix_s : two->due_unix_s;

    if (one->state != two->state)
        return one->state < two->state ? -1 : 1;
    if (x != y)
        return x < y ? -1 : 1;
    return vt_slice_compare(one->id, two->id);
}

static void take(const struct vt_story *story, const struct vt_said *said,
                 struct vt_promises *out)
{
    const json_t *predicate = vt_said_predicate(said);
    struct vt_error why = { 0 };
    struct vt_promise *row;

    if (said->envelope.statement.type == VT_KEPT) {
        keep(story, out, said);
        return;
    }
    if (!vt_promise_is_sound(predicate, &why)) {
        vt_strays_add(&out->strays, said->index, "%s", why.message);
        return;
    }
    row = find(out, vt_field_text(predicate, "id"));
    if (row == NULL)
        begin(out, said);
    else
        move(out, row, said);
}

void vt_promises_reckon(const struct vt_story *story, int64_t at_unix_s,
                        struct vt_promises *out)
{
    *out = (struct vt_promises){ .count = 0 };
    for (size_t i = 0; i < story->count; i++) {
        const struct vt_said *said = story->rows[i];
        enum vt_predicate type = said->envelope.statement.type;

        if ((type == VT_PROMISE || type == VT_KEPT) && said->time_unix_s <= at_unix_s)
            take(story, said, out);
    }
    for (size_t i = 0; i < out->count; i++)
        look_at_the_clock(&out->rows[i], at_unix_s);
    if (out->count != 0)
        qsort(out->rows, out->count, sizeof *out->rows, by_lateness);
}

/* ---- for machines -----------------------------------------------------------------------
 */

/* Every statement that gave it a date, the first one first. */
static json_t *dates_json(const struct vt_story *story, const struct vt_promise *row)
{
    json_t *dates = json_array();

    for (const struct vt_said *at = row->last; at != NULL; at = vt_said_before(story, at)) {
        json_t *date = vt_said_json(at);

        (void)json_object_set(date, "due", json_object_get(vt_said_predicate(at), "due"));
        (void)json_array_insert_new(dates, 0, date);
    }
    return dates;
}

json_t *vt_promise_json(const struct vt_story *story, const struct vt_promise *promise)
{
    static const char *const copied[] = { "id",  "what",    "by",      "evidence",
                                          "due", "service", "country", "class" };
    const json_t *predicate = vt_said_predicate(promise->last);
    json_t *row =
        json_pack("{s:s,s:o,s:I,s:o}", "state", vt_promise_state_name(promise->state),
                  "first_due", vt_field_of_time(promise->first_due_unix_s), "moves",
                  (json_int_t)promise->moves, "dates", dates_json(story, promise));

    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++)
        if (vt_json_has(predicate, copied[i]))
            (void)json_object_set(row, copied[i], json_object_get(predicate, copied[i]));
    if (promise->late_unix_s != 0)
        (void)json_object_set_new(row, "late_since",
                                  vt_field_of_time(promise->late_unix_s));
    if (promise->kept != NULL) {
        (void)json_object_set_new(row, "kept", vt_said_json(promise->kept));
        (void)json_object_set_new(row, "kept_at", vt_field_of_time(promise->kept_unix_s));
    }
    return row;
}
