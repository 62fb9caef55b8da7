/* Findings, from what was said and a clock. */
#include "custody/finding.h"
#include "evidence/field.h"

static const char *const STATES[] = {
    [VT_FLAW_OPEN] = "open",
    [VT_FLAW_ACCEPTED] = "accepted",
    [VT_FLAW_FIXED] = "fixed",
    [VT_FLAW_DECLINED] = "declined",
};

const char *vt_flaw_state_name(enum vt_flaw_state state)
{
    return STATES[state];
}

void vt_flaws_clear(struct vt_flaws *flaws)
{
    free(flaws->rows);
    vt_strays_clear(&flaws->strays);
    *flaws = (struct vt_flaws){ .count = 0 };
}

/* The schema has checked that it is one of the words. */
static enum vt_flaw_state state_of(const json_t *predicate)
{
    unsigned state = VT_FLAW_DECLINED;

    while (state > VT_FLAW_OPEN &&
           !vt_slice_is(vt_field_text(predicate, "state"), STATES[state]))
        state--;
    return (enum vt_flaw_state)state;
}

static bool is_closed(enum vt_flaw_state state)
{
    return state == VT_FLAW_FIXED || state == VT_FLAW_DECLINED;
}

/* ---- what it may say --------------------------------------------------------------------
 */

vt_hash vt_finding_commitment(const vt_hash *salt, vt_slice text)
{
    VT_AUTO_BUF all = vt_buf_init(text.len + 64);

    vt_buf_put_text(&all, "vitrine/finding/v1\n");
    vt_buf_put(&all, vt_slice_of(salt->bytes, sizeof salt->bytes));
    vt_buf_put(&all, text);
    VT_ASSERT(!all.is_full);
    return vt_sha256_of(vt_buf_slice(&all));
}

static bool opens_its_commitment(const json_t *predicate)
{
    vt_hash salt = vt_field_hash(predicate, "salt");
    vt_hash commitment = vt_field_hash(predicate, "commitment");
    vt_hash computed = vt_finding_commitment(&salt, vt_field_text(predicate, "text"));

    return vt_hash_equal(&commitment, &computed);
}

bool vt_finding_is_sound(const json_t *predicate, struct vt_error *err)
{
    bool has_text = vt_json_has(predicate, "text");
    enum vt_flaw_state state = state_of(predicate);

    if (!vt_story_id_verify(vt_field_text(predicate, "id"), err))
        return false;
    if (has_text != vt_json_has(predicate, "salt"))
        return vt_fail(err, VT_MALFORMED, "finding: text and salt go together");
    if (has_text && !opens_its_commitment(predicate))
        return vt_fail(err, VT_MALFORMED, "finding: the text is not the one committed to");
    if (state == VT_FLAW_FIXED && !vt_json_has(predicate, "evidence"))
        return vt_fail(err, VT_MALFORMED,
                       "finding: fixed, and nothing shows it: name the "
                       "evidence");
    return state != VT_FLAW_DECLINED || vt_field_text(predicate, "note").len != 0 ||
           vt_fail(err, VT_MALFORMED, "finding: declined without a reason");
}

/* ---- one after the other ----------------------------------------------------------------
 */

static struct vt_flaw *find(const struct vt_flaws *flaws, vt_slice id)
{
    for (size_t i = 0; i < flaws->count; i++)
        if (vt_slice_equal(flaws->rows[i].id, id))
            return &flaws->rows[i];
    return NULL;
}

const struct vt_flaw *vt_flaws_find(const struct vt_flaws *flaws, vt_slice id)
{
    return find(flaws, id);
}

static void follow(struct vt_flaw *row, const struct vt_said *said)
{
    const json_t *predicate = vt_said_predicate(said);

    row->last = said;
    row->state = state_of(predicate);
    row->due_unix_s = vt_story_time(predicate, "due");
    row->embargo_unix_s = vt_story_time(predicate, "embargo");
    if (vt_json_has(predicate, "text"))
        row->opened = said;
}

static void begin(struct vt_flaws *out, const struct vt_said *said)
{
    const json_t *predicate = vt_said_predicate(said);
    struct vt_flaw *row;

    if (vt_json_has(predicate, "supersedes")) {
        vt_strays_add(&out->strays, said->index, "it answers a finding that nobody opened");
        return;
    }
    out->rows = vt_grow_array(out->rows, out->count + 1, sizeof *out->rows);
    row = &out->rows[out->count++];
    *row = (struct vt_flaw){ .id = vt_field_text(predicate, "id"), .first = said };
    follow(row, said);
    row->first_due_unix_s = row->due_unix_s;
}

static bool differs(const struct vt_said *a, const struct vt_said *b, const char *name)
{
    const json_t *one = json_object_get(vt_said_predicate(a), name);
    const json_t *two = json_object_get(vt_said_predicate(b), name);

    return one != two && !json_equal(one, two);
}

/* May he change more than the state? */
static bool is_finder(const struct vt_flaw *row, const struct vt_said *said)
{
    return said->signer->role == VT_ROLE_SUPERVISOR ||
           said->signer->role == VT_ROLE_FOUNDATION ||
           (said->signer->role == row->first->signer->role &&
            vt_slice_equal(said->signer->holder, row->first->signer->holder));
}

/* NULL: he may say this, now; else why not. */
static const char *why_not(const struct vt_flaw *row, const struct vt_said *said)
{
    static const char *const of_finder[] = { "severity", "owner", "due", "embargo" };

    if (!vt_json_has(vt_said_predicate(said), "supersedes"))
        return "there is a finding with this id";
    if (!vt_said_is_superseded_by(row->last, said))
        return "it takes the place of a statement that is not the newest one";
    if (differs(row->first, said, "commitment"))
        return "it has another commitment: another text is another finding";
    if (!json_equal(row->first->envelope.statement.subjects,
                    said->envelope.statement.subjects))
        return "it is about something else than the finding";
    if (is_finder(row, said))
        return NULL;
    if (!vt_slice_equal(said->signer->holder,
                        vt_field_text(vt_said_predicate(row->last), "owner")))
        return "it is neither the finder's, nor the owner's, nor a supervisor's";
    for (size_t i = 0; i < sizeof of_finder / sizeof of_finder[0]; i++)
        if (differs(row->last, said, of_finder[i]))
            return "the owner changes the state, and nothing else";
    return NULL;
}

/* Was it late before this was said? */
static void look_back(struct vt_flaw *row, int64_t time_unix_s)
{
    if (row->late_unix_s == 0 && !is_closed(row->state) && time_unix_s > row->due_unix_s)
        row->late_unix_s = row->due_unix_s;
}

static void take(struct vt_flaws *out, const struct vt_said *said)
{
    const json_t *predicate = vt_said_predicate(said);
    struct vt_error unsound = { 0 };
    struct vt_flaw *row;
    const char *why;

    if (!vt_finding_is_sound(predicate, &unsound)) {
        vt_strays_add(&out->strays, said->index, "%s", unsound.message);
        return;
    }
    row = find(out, vt_field_text(predicate, "id"));
    if (row == NULL) {
        begin(out, said);
        return;
    }
    why = why_not(row, said);
    if (why != NULL) {
        vt_strays_add(&out->strays, said->index, "%s", why);
        return;
    }
    look_back(row, said->time_unix_s);
    follow(row, said);
}

static int by_lateness(const void *a, const void *b)
{
    const struct vt_flaw *one = a, *two = b;
    bool is_open_one = !is_closed(one->state), is_open_two = !is_closed(two->state);

    if (one->is_late != two->is_late)
        return one->is_late ? -1 : 1;
    if (is_open_one != is_open_two)
        return is_open_one ? -1 : 1;
    if (one->due_unix_s != two->due_unix_s)
        return one->due_unix_s < two->due_unix_s ? -1 : 1;
    return vt_slice_compare(one->id, two->id);
}

void vt_flaws_reckon(const struct vt_story *story, int64_t at_unix_s, struct vt_flaws *out)
{
    *out = (struct vt_flaws){ .count = 0 };
    for (size_t i = 0; i < story->count; i++)
        if (story->rows[i]->envelope.statement.type == VT_FINDING &&
            story->rows[i]->time_unix_s <= at_unix_s)
            take(out, story->rows[i]);
    for (size_t i = 0; i < out->count; i++) {
        struct vt_flaw *row = &out->rows[i];

        look_back(row, at_unix_s);
        row->is_late = row->late_unix_s != 0 && !is_closed(row->state);
        row->is_withheld = row->opened == NULL && at_unix_s > row->embargo_unix_s;
    }
    if (out->count != 0)
        qsort(out->rows, out->count, sizeof *out->rows, by_lateness);
}

/* ---- for machines -----------------------------------------------------------------------
 */

/* Each word on it, the first one first; texts stand once, above. */
static json_t *history_json(const struct vt_story *story, const struct vt_flaw *flaw)
{
    static const char *const shown[] = { "state", "severity", "owner",
                                         "due",   "note",     "evidence" };
    json_t *history = json_array();

    for (const struct vt_said *at = flaw->last; at != NULL;
         at = vt_said_before(story, at)) {
        json_t *row = vt_said_json(at);

        for (size_t k = 0; k < sizeof shown / sizeof shown[0]; k++)
            if (vt_json_has(vt_said_predicate(at), shown[k]))
                (void)json_object_set(row, shown[k],
                                      json_object_get(vt_said_predicate(at), shown[k]));
        (void)json_array_insert_new(history, 0, row);
    }
    return history;
}

json_t *vt_flaw_json(const struct vt_story *story, const struct vt_flaw *flaw)
{
    static const char *const shown[] = { "id",       "severity",   "owner",
                                         "due",      "state",      "note",
                                         "evidence", "commitment", "embargo" };
    const json_t *predicate = vt_said_predicate(flaw->last);
    json_t *row = json_pack(
        "{s:b,s:b,s:o,s:O,s:o}", "late", flaw->is_late, "withheld", flaw->is_withheld,
        "first_due", vt_field_of_time(flaw->first_due_unix_s), "subjects",
        flaw->first->envelope.statement.subjects, "history", history_json(story, flaw));

    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        if (vt_json_has(predicate, shown[i]))
            (void)json_object_set(row, shown[i], json_object_get(predicate, shown[i]));
    if (flaw->late_unix_s != 0)
        (void)json_object_set_new(row, "late_since", vt_field_of_time(flaw->late_unix_s));
    if (flaw->opened != NULL)
        (void)json_object_set(row, "text",
                              json_object_get(vt_said_predicate(flaw->opened), "text"));
    return row;
}
