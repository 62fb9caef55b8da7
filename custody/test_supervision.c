/* What is true by what was said and a clock: each good case beside its forged twin. */
#include "custody/denial.h"
#include "custody/finding.h"
#include "custody/promise.h"
#include "custody/register.h"
#include "custody/government_request.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"
#include "tests/world.h"
#include "wire/hex.h"

#define DAY     INT64_C(86400)
#define AT(day) (VT_WORLD_BEGAN + (day)*DAY)

static const char *const DIGEST =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/* ---- saying things ----------------------------------------------------------------------
 */

static struct vt_story *begin(void)
{
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    struct vt_trust *trust;
    struct vt_story *story;

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    story = vt_story_new(trust, AT(600));
    vt_test_keep(trust);
    vt_test_keep(story);
    return story;
}

/* The next entry of the ledger; NULL if it does not count. */
static struct vt_said *say(struct vt_story *story, enum vt_predicate type,
                           enum vt_party party, json_t *predicate)
{
    size_t count = story->count;

    vt_story_take(story, story->entries++,
                  vt_world_about_itself(type, predicate, VT_BIT(party)));
    return story->count > count ? story->rows[count] : NULL;
}

static const char *digest_of(const struct vt_said *said)
{
    char *text = vt_arena_alloc(vt_test_arena(), VT_HEX256_BYTES);

    vt_hash_text(&said->payload, text);
    return text;
}

/* ---- promises ---------------------------------------------------------------------------
 */

static json_t *promise(int64_t due, int64_t created, const struct vt_said *before)
{
    json_t *predicate =
        json_pack("{s:s,s:s,s:s,s:{s:s,s:s},s:s,s:s}", "id", "swiss-files", "what",
                  "files of Germany lie in Zurich", "by", "Acme", "evidence", "kind",
                  "document", "words", "the report of the auditor", "due",
                  vt_world_time(AT(due)), "created", vt_world_time(AT(created)));

    if (before != NULL)
        VT_CHECK(json_object_set_new(predicate, "supersedes",
                                     json_string(digest_of(before))) == 0);
    return predicate;
}

static json_t *kept(const struct vt_said *promised, int64_t created)
{
    return json_pack("{s:s,s:s,s:s,s:s}", "id", "swiss-files", "promise",
                     digest_of(promised), "evidence", DIGEST, "created",
                     vt_world_time(AT(created)));
}

/* The one promise, as of a second; strays counted. */
static struct vt_promise reckon(const struct vt_story *story, int64_t at_unix_s,
                                size_t strays)
{
    VT_AUTO_PROMISES promises = { .count = 0 };
    struct vt_promise row;

    vt_promises_reckon(story, at_unix_s, &promises);
    VT_CHECK_SAYING(promises.strays.count == strays, "%zu strays: %s",
                    promises.strays.count,
                    promises.strays.count != 0 ? promises.strays.rows[0].why : "-");
    VT_CHECK(promises.count == 1);
    row = promises.rows[0];
    return row;
}

static void check_state(const struct vt_story *story, int64_t at_unix_s,
                        enum vt_promise_state wanted)
{
    struct vt_promise row = reckon(story, at_unix_s, 0);

    VT_CHECK_SAYING(row.state == wanted, "%s, wanted %s", vt_promise_state_name(row.state),
                    vt_promise_state_name(wanted));
}

static void late_by_the_clock_alone(void)
{
    VT_AUTO_STORY story = begin();

    VT_CHECK(say(story, VT_PROMISE, VT_P_VENDOR, promise(30, 1, NULL)) != NULL);
    check_state(story, AT(2), VT_PROMISE_OPEN);
    check_state(story, AT(30), VT_PROMISE_OPEN); /* on its date it is in time */
    check_state(story, AT(30) + 1, VT_PROMISE_LATE);
    VT_CHECK(reckon(story, AT(400), 0).late_unix_s == AT(30));
}

static void dates_that_change(void)
{
    VT_AUTO_STORY story = begin();
    struct vt_said *one = say(story, VT_PROMISE, VT_P_VENDOR, promise(30, 1, NULL)), *two;
    struct vt_promise row;

    two = say(story, VT_PROMISE, VT_P_VENDOR, promise(60, 20, one));
    row = reckon(story, AT(40), 0);
    VT_CHECK(row.state == VT_PROMISE_OPEN && row.moves == 1);
    VT_CHECK(row.first_due_unix_s == AT(30) && row.due_unix_s == AT(60));
    /* What was true before it was changed. */
    VT_CHECK(reckon(story, AT(10), 0).due_unix_s == AT(30));
    check_state(story, AT(60) + 1, VT_PROMISE_LATE);
    /* Changed when the date had passed: late it stays. */
    VT_CHECK(say(story, VT_PROMISE, VT_P_VENDOR, promise(90, 61, two)) != NULL);
    row = reckon(story, AT(70), 0);
    VT_CHECK(row.state == VT_PROMISE_LATE && row.late_unix_s == AT(60));
    VT_CHECK(row.due_unix_s == AT(90) && row.moves == 2);
}

/* Statements that are signed well and fit nothing. */
static void what_does_not_fit(void)
{
    VT_AUTO_STORY story = begin();
    struct vt_said *one = say(story, VT_PROMISE, VT_P_VENDOR, promise(30, 1, NULL));
    json_t *other;

    (void)say(story, VT_PROMISE, VT_P_VENDOR,
              promise(60, 2, NULL)); /* a second first one */
    VT_CHECK(reckon(story, AT(9), 1).due_unix_s == AT(30));
    other = promise(60, 3, one);
    VT_CHECK(json_object_set_new(other, "what", json_string("something else")) == 0);
    (void)say(story, VT_PROMISE, VT_P_VENDOR, other);
    VT_CHECK(reckon(story, AT(9), 2).due_unix_s == AT(30));
    other = promise(60, 3, one);
    VT_CHECK(json_object_set_new(other, "supersedes", json_string(DIGEST)) == 0);
    (void)say(story, VT_PROMISE, VT_P_VENDOR, other);
    VT_CHECK(reckon(story, AT(9), 3).due_unix_s == AT(30));
    other = promise(60, 3, one); /* the supervisor's promise, with the vendor's id */
    VT_CHECK(json_object_set_new(other, "by", json_string("Watch")) == 0);
    VT_CHECK(say(story, VT_PROMISE, VT_P_SUPERVISOR, other) != NULL);
    VT_CHECK(reckon(story, AT(9), 4).due_unix_s == AT(30));
    VT_CHECK(say(story, VT_PROMISE, VT_P_VENDOR, promise(60, 4, one)) != NULL); /* twin */
    VT_CHECK(reckon(story, AT(9), 4).due_unix_s == AT(60));
    /* Not signed well: it does not come so far. */
    VT_CHECK(say(story, VT_PROMISE, VT_P_STRANGER, promise(60, 5, one)) == NULL);
    VT_CHECK(story->strays.count == 1);
    VT_CHECK(say(story, VT_PROMISE, VT_P_VENDOR, promise(60, 999, one)) ==
             NULL); /* ahead */
    VT_CHECK(story->strays.count == 2);
}

static void kept_by_a_document(void)
{
    static const struct {
        const char *name;
        enum vt_party by;
        int64_t created, other; /* somebody else said something before, then; 0: not */
        enum vt_promise_state state;
        size_t strays;
    } rows[] = {
        { "in time", VT_P_SUPERVISOR, 29, 0, VT_PROMISE_KEPT, 0 },
        { "in time, the foundation", VT_P_FOUNDATION, 29, 0, VT_PROMISE_KEPT, 0 },
        { "late", VT_P_SUPERVISOR, 31, 0, VT_PROMISE_LATE_KEPT, 0 },
        { "by himself", VT_P_VENDOR, 29, 0, VT_PROMISE_LATE, 1 },
        { "dated back", VT_P_SUPERVISOR, 29, 33, VT_PROMISE_LATE_KEPT, 0 },
        { "its twin", VT_P_SUPERVISOR, 29, 28, VT_PROMISE_KEPT, 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_STORY story = begin();
        struct vt_said *one = say(story, VT_PROMISE, VT_P_VENDOR, promise(30, 1, NULL));
        struct vt_promise row;

        if (rows[i].other != 0)
            VT_CHECK(say(story, VT_DENIAL, VT_P_SUPERVISOR,
                         json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "of", "Acme", "asked",
                                   "the log", "asked_at", vt_world_time(AT(1)),
                                   "refused_at", vt_world_time(AT(1)), "reason", "",
                                   "created", vt_world_time(AT(rows[i].other)))) != NULL);
        VT_CHECK(say(story, VT_KEPT, rows[i].by, kept(one, rows[i].created)) != NULL);
        row = reckon(story, AT(40), rows[i].strays);
        VT_CHECK_SAYING(row.state == rows[i].state, "%s: %s", rows[i].name,
                        vt_promise_state_name(row.state));
    }
}

/* The foundation promises, and the foundation says that it saw the document. */
static void nobody_grades_himself(void)
{
    VT_AUTO_STORY story = begin();
    json_t *own = promise(30, 1, NULL);
    struct vt_said *one;

    VT_CHECK(json_object_set_new(own, "by", json_string("House")) == 0);
    one = say(story, VT_PROMISE, VT_P_FOUNDATION, own);
    VT_CHECK(say(story, VT_KEPT, VT_P_FOUNDATION, kept(one, 29)) != NULL);
    VT_CHECK(reckon(story, AT(40), 1).state == VT_PROMISE_LATE);
    VT_CHECK(say(story, VT_KEPT, VT_P_SUPERVISOR, kept(one, 29)) != NULL); /* twin */
    VT_CHECK(reckon(story, AT(40), 1).state == VT_PROMISE_KEPT);
    /* Once kept, it is kept, and its date is what it was. */
    VT_CHECK(say(story, VT_KEPT, VT_P_SUPERVISOR, kept(one, 35)) != NULL);
    VT_CHECK(reckon(story, AT(40), 2).kept_unix_s == AT(29));
}

/* ---- evidence on the ledger -------------------------------------------------------------
 */

/* An entry of the world's ledger, with the proof that the witnesses saw it `logged`. */
struct proven {
    vt_slice entry;
    const char *proof, *digest;
    uint64_t index;
};

static struct proven prove(vt_slice entry, int64_t logged)
{
    struct vt_world world = vt_world_good();
    char *digest = vt_arena_alloc(vt_test_arena(), VT_HEX256_BYTES);
    struct vt_tlog_proof parsed;
    struct vt_error err = { 0 };
    vt_hash hash = vt_sha256_of(entry);
    struct proven out = { .entry = entry, .digest = digest };
    vt_slice proof;

    world.logged = logged;
    proof = vt_world_prove(&world, entry);
    VT_CHECK_OK(vt_tlog_proof_parse(proof, &parsed, &err));
    vt_hash_text(&hash, digest);
    out.proof = vt_arena_cstr(vt_test_arena(), proof);
    out.index = parsed.index;
    return out;
}

static json_t *promise_of_statement(const char *type, const char *role, const char *name)
{
    json_t *predicate = promise(30, 1, NULL);

    VT_CHECK(json_object_set_new(predicate, "evidence",
                                 json_pack("{s:s,s:s,s:s,s:s,s:s}", "kind", "statement",
                                           "words", "the supervisor's denial", "type", type,
                                           "role", role, "name", name)) == 0);
    return predicate;
}

static vt_slice denial_entry(void)
{
    return vt_world_about_itself(
        VT_DENIAL,
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "of", "Acme", "asked", "the log", "asked_at",
                  vt_world_time(AT(1)), "refused_at", vt_world_time(AT(1)), "reason", "",
                  "created", vt_world_time(AT(2))),
        VT_BIT(VT_P_SUPERVISOR));
}

static void kept_by_a_statement(void)
{
    static const struct {
        const char *name, *type, *role, *subject;
        int64_t logged;
        int64_t index; /* -1: that of the proof */
        bool names_another;
        enum vt_promise_state state;
    } rows[] = {
        { "in time", "urn:vitrine:denial:v1", "supervisor", "denial", AT(29), -1, false,
          VT_PROMISE_KEPT },
        { "late", "urn:vitrine:denial:v1", "supervisor", "denial", AT(31), -1, false,
          VT_PROMISE_LATE_KEPT },
        { "of another type", "urn:vitrine:review:v1", "supervisor", "denial", AT(29), -1,
          false, VT_PROMISE_LATE },
        { "in another role", "urn:vitrine:denial:v1", "reviewer", "denial", AT(29), -1,
          false, VT_PROMISE_LATE },
        { "about something else", "urn:vitrine:denial:v1", "supervisor", "refusal", AT(29),
          -1, false, VT_PROMISE_LATE },
        { "at another index", "urn:vitrine:denial:v1", "supervisor", "denial", AT(29), 12,
          false, VT_PROMISE_LATE },
        { "another entry", "urn:vitrine:denial:v1", "supervisor", "denial", AT(29), -1,
          true, VT_PROMISE_LATE },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_STORY story = begin();
        struct proven there = prove(denial_entry(), rows[i].logged - 20);
        struct vt_said *one, *two;
        struct vt_promise row;
        json_t *predicate;
        size_t strays;

        story->entries = 0;
        one = say(story, VT_PROMISE, VT_P_VENDOR,
                  promise_of_statement(rows[i].type, rows[i].role, rows[i].subject));
        VT_CHECK(one != NULL);
        predicate = kept(one, 35); /* told late: the witnesses' time counts */
        VT_CHECK(json_object_set_new(
                     predicate, "evidence",
                     json_string(rows[i].names_another ? DIGEST : there.digest)) == 0);
        VT_CHECK(json_object_set_new(predicate, "proof", json_string(there.proof)) == 0);
        two = say(story, VT_KEPT, VT_P_VENDOR, predicate);
        VT_CHECK(two != NULL);
        vt_story_prove(story, two,
                       rows[i].index < 0 ? there.index : (uint64_t)rows[i].index,
                       there.entry);
        strays = rows[i].state == VT_PROMISE_LATE ? 1 : 0;
        row = reckon(story, AT(40), strays);
        VT_CHECK_SAYING(row.state == rows[i].state, "%s: %s", rows[i].name,
                        vt_promise_state_name(row.state));
    }
}

/* Evidence must itself be what a ledger takes: here with a stranger's signature beside. */
static void evidence_that_no_ledger_takes(void)
{
    VT_AUTO_STORY story = begin();
    VT_AUTO_ENVELOPE denial = { 0 };
    struct vt_error err = { 0 };
    struct vt_said *one, *two;
    struct proven there;
    json_t *predicate;

    VT_CHECK_OK(vt_envelope_parse(denial_entry(), &denial, &err));
    there = prove(vt_world_sign(vt_buf_slice(&denial.dsse.payload),
                                VT_BIT(VT_P_SUPERVISOR) | VT_BIT(VT_P_STRANGER)),
                  AT(2));
    one = say(story, VT_PROMISE, VT_P_VENDOR,
              promise_of_statement("urn:vitrine:denial:v1", "supervisor", "denial"));
    predicate = kept(one, 20);
    VT_CHECK(json_object_set_new(predicate, "evidence", json_string(there.digest)) == 0);
    VT_CHECK(json_object_set_new(predicate, "proof", json_string(there.proof)) == 0);
    two = say(story, VT_KEPT, VT_P_VENDOR, predicate);
    vt_story_prove(story, two, there.index, there.entry);
    VT_CHECK(two->evidence == NULL && story->strays.count == 1);
    VT_CHECK(reckon(story, AT(40), 1).state == VT_PROMISE_LATE);
}

/* What stood on the ledger before somebody promised it keeps no promise. */
static void older_than_the_promise(void)
{
    VT_AUTO_STORY story = begin();
    struct proven there = prove(denial_entry(), AT(2));
    struct vt_said *one, *two;
    json_t *predicate;

    story->entries = there.index + 1;
    one = say(story, VT_PROMISE, VT_P_VENDOR,
              promise_of_statement("urn:vitrine:denial:v1", "supervisor", "denial"));
    predicate = kept(one, 20);
    VT_CHECK(json_object_set_new(predicate, "evidence", json_string(there.digest)) == 0);
    VT_CHECK(json_object_set_new(predicate, "proof", json_string(there.proof)) == 0);
    two = say(story, VT_KEPT, VT_P_VENDOR, predicate);
    vt_story_prove(story, two, there.index, there.entry);
    VT_CHECK(two->evidence != NULL);
    VT_CHECK(reckon(story, AT(40), 1).state == VT_PROMISE_LATE);
}

/* ---- findings ---------------------------------------------------------------------------
 */

static const char TEXT[] = "a rule of the database can be made to collect any file";

static json_t *finding(const struct vt_said *before, const char *state, int64_t due,
                       int64_t created)
{
    vt_hash salt = { { 7 } };
    vt_hash commitment = vt_finding_commitment(&salt, vt_slice_from_cstr(TEXT));
    json_t *predicate =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:s,s:s}", "id", "f-1", "severity", "high",
                  "owner", "Acme", "due", vt_world_time(AT(due)), "state", state, "note",
                  strcmp(state, "declined") == 0 ? "not so" : "", "commitment",
                  vt_field_of_hash(&commitment), "embargo", vt_world_time(AT(50)),
                  "created", vt_world_time(AT(created)));

    if (before != NULL)
        VT_CHECK(json_object_set_new(predicate, "supersedes",
                                     json_string(digest_of(before))) == 0);
    if (strcmp(state, "fixed") == 0)
        VT_CHECK(json_object_set_new(predicate, "evidence", json_string(DIGEST)) == 0);
    return predicate;
}

/* With its subject, which the statement about itself has not: the same for all. */
static vt_slice finding_entry(enum vt_party party, json_t *predicate)
{
    return vt_world_statement(VT_FINDING, "lamp.bin", predicate, VT_BIT(party));
}

static struct vt_said *find_fault(struct vt_story *story, enum vt_party party,
                                  json_t *predicate)
{
    size_t count = story->count;

    vt_story_take(story, story->entries++, finding_entry(party, predicate));
    return story->count > count ? story->rows[count] : NULL;
}

static struct vt_flaw flaw_at(const struct vt_story *story, int64_t at, size_t strays)
{
    VT_AUTO_FLAWS flaws = { .count = 0 };
    struct vt_flaw row;

    vt_flaws_reckon(story, at, &flaws);
    VT_CHECK_SAYING(flaws.strays.count == strays, "%zu strays: %s", flaws.strays.count,
                    flaws.strays.count != 0 ? flaws.strays.rows[0].why : "-");
    VT_CHECK(flaws.count == 1);
    row = flaws.rows[0];
    return row;
}

static void late_under_embargo(void)
{
    VT_AUTO_STORY story = begin();
    struct vt_said *one = find_fault(story, VT_P_REVIEWER, finding(NULL, "open", 30, 1));
    struct vt_flaw row = flaw_at(story, AT(30), 0);
    VT_AUTO_JSON json = NULL;
    const char *shown;

    VT_CHECK(one != NULL && !row.is_late && !row.is_withheld);
    row = flaw_at(story, AT(31), 0);
    VT_CHECK(row.is_late && row.late_unix_s == AT(30) && row.opened == NULL);
    json = vt_flaw_json(story, &row);
    shown = json_dumps(json, 0);
    vt_test_keep(shown);
    VT_CHECK(strstr(shown, "\"late\": true") != NULL && strstr(shown, "Acme") != NULL);
    VT_CHECK(strstr(shown, "collect any file") == NULL);
    VT_CHECK(!flaw_at(story, AT(50), 0).is_withheld);
    VT_CHECK(flaw_at(story, AT(50) + 1, 0).is_withheld); /* the embargo is over */
}

static void the_text_follows(void)
{
    VT_AUTO_STORY story = begin();
    struct vt_said *one = find_fault(story, VT_P_REVIEWER, finding(NULL, "open", 30, 1));
    vt_hash salt = { { 7 } };
    json_t *predicate = finding(one, "open", 30, 51);

    VT_CHECK(json_object_set_new(predicate, "text", json_string("something else")) == 0);
    VT_CHECK(json_object_set_new(predicate, "salt", vt_field_of_hash(&salt)) == 0);
    VT_CHECK(find_fault(story, VT_P_REVIEWER, json_deep_copy(predicate)) != NULL);
    VT_CHECK(flaw_at(story, AT(52), 1).opened == NULL);
    VT_CHECK(json_object_set_new(predicate, "text", json_string(TEXT)) == 0);
    VT_CHECK(find_fault(story, VT_P_REVIEWER, predicate) != NULL);
    VT_CHECK(flaw_at(story, AT(52), 1).opened != NULL);
    VT_CHECK(!flaw_at(story, AT(52), 1).is_withheld);
}

static void who_may_say_what(void)
{
    static const struct {
        const char *name;
        enum vt_party by;
        const char *state;
        int64_t due;
        bool counts, is_late; /* on day 40 */
    } rows[] = {
        { "fixed by the owner", VT_P_VENDOR, "fixed", 30, true, false },
        { "accepted by the owner", VT_P_VENDOR, "accepted", 30, true, true },
        { "declined by the owner", VT_P_VENDOR, "declined", 30, true, false },
        { "put off by the owner", VT_P_VENDOR, "accepted", 90, false, true },
        { "put off by the finder", VT_P_REVIEWER, "open", 90, true, false },
        { "put off by the supervisor", VT_P_SUPERVISOR, "open", 90, true, false },
        { "put off by another reviewer", VT_P_REVIEWER_B, "open", 90, false, true },
        { "fixed by another reviewer", VT_P_REVIEWER_B, "fixed", 30, false, true },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_STORY story = begin();
        struct vt_said *one =
            find_fault(story, VT_P_REVIEWER, finding(NULL, "open", 30, 1));
        struct vt_flaw row;

        VT_CHECK(find_fault(story, rows[i].by,
                            finding(one, rows[i].state, rows[i].due, 20)) != NULL);
        row = flaw_at(story, AT(40), rows[i].counts ? 0 : 1);
        VT_CHECK_SAYING(row.is_late == rows[i].is_late, "%s", rows[i].name);
    }
}

static void closing_and_opening_again(void)
{
    VT_AUTO_STORY story = begin();
    struct vt_said *said = find_fault(story, VT_P_REVIEWER, finding(NULL, "open", 30, 1));
    json_t *unsound;
    struct vt_flaw row;

    unsound = finding(said, "fixed", 30, 10);
    VT_CHECK(json_object_del(unsound, "evidence") == 0); /* nothing shows it */
    VT_CHECK(find_fault(story, VT_P_VENDOR, unsound) != NULL);
    VT_CHECK(flaw_at(story, AT(11), 1).state == VT_FLAW_OPEN);
    said = find_fault(story, VT_P_VENDOR, finding(said, "fixed", 30, 35));
    row = flaw_at(story, AT(40), 1);
    VT_CHECK(row.state == VT_FLAW_FIXED && !row.is_late && row.late_unix_s == AT(30));
    said = find_fault(story, VT_P_REVIEWER, finding(said, "open", 30, 45));
    VT_CHECK(flaw_at(story, AT(46), 1).is_late);
    /* Another subject is another finding. */
    VT_CHECK(say(story, VT_FINDING, VT_P_REVIEWER, finding(said, "open", 90, 47)) != NULL);
    VT_CHECK(flaw_at(story, AT(48), 2).due_unix_s == AT(30));
}

/* ---- requests ---------------------------------------------------------------------------
 */

static json_t *request(uint64_t number, const char *state, int64_t created,
                       const struct vt_said *before)
{
    json_t *predicate =
        json_pack("{s:I,s:s,s:s,s:s,s:s,s:[],s:s}", "number", (json_int_t)number, "country",
                  "DE", "kind", "data", "received", vt_world_time(AT(0)), "state", state,
                  "given", "created", vt_world_time(AT(created)));

    if (strcmp(state, "answered") == 0)
        VT_CHECK(
            json_array_append_new(json_object_get(predicate, "given"),
                                  json_pack("{s:s,s:i}", "kind", "file", "count", 3)) == 0);
    if (before != NULL)
        VT_CHECK(json_object_set_new(predicate, "supersedes",
                                     json_string(digest_of(before))) == 0);
    return predicate;
}

static void numbers(void)
{
    VT_AUTO_STORY story = begin();
    VT_AUTO_REQUESTS all = { .count = 0 };
    VT_AUTO_REQUESTS then = { .count = 0 };
    VT_AUTO_REQUESTS later = { .count = 0 };
    struct vt_said *one =
        say(story, VT_REQUEST, VT_P_FOUNDATION, request(1, "received", 1, NULL));

    VT_CHECK(say(story, VT_REQUEST, VT_P_FOUNDATION, request(1, "answered", 2, one)) !=
             NULL);
    VT_CHECK(say(story, VT_REQUEST, VT_P_FOUNDATION, request(3, "received", 3, NULL)) !=
             NULL);
    VT_CHECK(say(story, VT_REQUEST, VT_P_FOUNDATION, request(7, "refused", 4, NULL)) !=
             NULL);
    vt_government_requests_reckon(story, AT(5), &all);
    VT_CHECK(all.count == 3 && all.strays.count == 0 && all.gap_count == 2);
    VT_CHECK(all.gaps[0].first == 2 && all.gaps[0].last == 2);
    VT_CHECK(all.gaps[1].first == 4 && all.gaps[1].last == 6);
    vt_government_requests_reckon(story, AT(2), &then); /* before the gap */
    VT_CHECK(then.count == 1 && then.gap_count == 0);
    /* Twice; filled; answered without having been issued; one that is unsound. */
    (void)say(story, VT_REQUEST, VT_P_FOUNDATION, request(3, "received", 6, NULL));
    (void)say(story, VT_REQUEST, VT_P_FOUNDATION, request(2, "received", 7, NULL));
    (void)say(story, VT_REQUEST, VT_P_FOUNDATION, request(5, "answered", 8, one));
    (void)say(story, VT_REQUEST, VT_P_FOUNDATION, request(0, "received", 9, NULL));
    VT_CHECK(say(story, VT_REQUEST, VT_P_VENDOR, request(4, "received", 9, NULL)) == NULL);
    vt_government_requests_reckon(story, AT(10), &later);
    VT_CHECK(later.count == 4 && later.gap_count == 1 && later.strays.count == 3);
    VT_CHECK(later.rows[1].number == 2 && later.rows[1].is_out_of_turn);
    VT_CHECK(!later.rows[2].is_out_of_turn);
}

static void counts_of_what_was_given(void)
{
    static const struct {
        const char *state;
        size_t given; /* kinds */
        bool is_twice, is_sound;
    } rows[] = {
        { "answered", 1, false, true },  { "answered", 0, false, true },
        { "answered", 1, true, false },  { "received", 1, false, false },
        { "received", 0, false, true },  { "refused", 1, false, false },
        { "withdrawn", 1, false, true },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_JSON predicate = request(1, "received", 1, NULL);
        json_t *given = json_object_get(predicate, "given");
        struct vt_error err = { 0 };

        VT_CHECK(json_object_set_new(predicate, "state", json_string(rows[i].state)) == 0);
        for (size_t k = 0; k < rows[i].given + rows[i].is_twice; k++)
            VT_CHECK(json_array_append_new(
                         given, json_pack("{s:s,s:i}", "kind", "file", "count", 1)) == 0);
        VT_CHECK_SAYING(vt_government_request_is_sound(predicate, &err) == rows[i].is_sound,
                        "row %zu: %s", i, err.message);
    }
}

static void is_it_issued(void)
{
    static const struct {
        const char *name;
        enum vt_party by;
        const char *state;
        uint64_t number; /* asked for; 5 was issued */
        unsigned witnesses;
        bool is_issued;
    } rows[] = {
        { "issued", VT_P_FOUNDATION, "received", 5, 7, true },
        { "another number", VT_P_FOUNDATION, "received", 6, 7, false },
        { "refused", VT_P_FOUNDATION, "refused", 5, 7, false },
        { "withdrawn", VT_P_FOUNDATION, "withdrawn", 5, 7, false },
        { "by the vendor", VT_P_VENDOR, "received", 5, 7, false },
        { "by the supervisor", VT_P_SUPERVISOR, "received", 5, 7, false },
        { "without a quorum", VT_P_FOUNDATION, "received", 5, 3, false },
        { "no witness", VT_P_FOUNDATION, "received", 5, 0, false },
    };
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    char country[3] = "";

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_slice entry = vt_world_about_itself(
            VT_REQUEST, request(5, rows[i].state, 0, NULL), VT_BIT(rows[i].by));
        bool is_issued;

        world.release_witnesses = rows[i].witnesses;
        is_issued = vt_request_is_issued(trust, rows[i].number, entry,
                                         vt_world_prove(&world, entry), country, &err);
        VT_CHECK_SAYING(is_issued == rows[i].is_issued, "%s: %s", rows[i].name,
                        err.message);
        VT_CHECK(!is_issued || strcmp(country, "DE") == 0);
    }
}

/* The proof of another entry, another statement under a good proof, each byte spoiled. */
static void is_it_forged(void)
{
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    char country[3] = "";
    vt_slice entry = vt_world_about_itself(VT_REQUEST, request(5, "received", 0, NULL),
                                           VT_BIT(VT_P_FOUNDATION));
    vt_slice other = vt_world_about_itself(VT_REQUEST, request(6, "received", 0, NULL),
                                           VT_BIT(VT_P_FOUNDATION));
    vt_slice denial = denial_entry(), proof = vt_world_prove(&world, entry);
    VT_AUTO_FREE uint8_t *bytes = vt_alloc(entry.len + proof.len);

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    VT_CHECK_OK(vt_request_is_issued(trust, 5, entry, proof, country, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_request_is_issued(trust, 6, other, proof, country, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_request_is_issued(trust, 5, denial, vt_world_prove(&world, denial),
                                        country, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_request_is_issued(trust, 5, entry, (vt_slice){ 0 }, country, &err));
    for (size_t at = 0; at < entry.len; at++) {
        memcpy(bytes, entry.data, entry.len);
        bytes[at] ^= (uint8_t)(1u << (at % 8));
        VT_CHECK_SAYING(!vt_request_is_issued(trust, 5, vt_slice_of(bytes, entry.len),
                                              proof, country, &err),
                        "bit flipped at %zu", at);
    }
    for (size_t len = 0; len < proof.len; len++)
        VT_CHECK_SAYING(!vt_request_is_issued(trust, 5, entry, vt_slice_sub(proof, 0, len),
                                              country, &err),
                        "proof cut to %zu", len);
}

/* ---- the register of services -----------------------------------------------------------
 */

/* One service more for a list; promise NULL: none. */
static void add_service(json_t *services, const char *name, const char *state,
                        const char *promised)
{
    json_t *row = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "name", name, "what", "w", "where",
                            "cell", "from", "old", "state", state, "reason",
                            strcmp(state, "stays") == 0 ? "the law of JP" : "");

    if (strcmp(state, "moving") == 0 || strcmp(state, "not moved yet") == 0)
        VT_CHECK(json_object_set_new(row, "to", json_string("zurich")) == 0);
    if (promised != NULL)
        VT_CHECK(json_object_set_new(row, "promise", json_string(promised)) == 0);
    VT_CHECK(json_array_append_new(services, row) == 0);
}

/* Takes services. */
static json_t *plan(json_t *services, uint64_t version, int64_t created,
                    const struct vt_said *before)
{
    json_t *predicate =
        json_pack("{s:I,s:o,s:s}", "version", (json_int_t)version, "services", services,
                  "created", vt_world_time(AT(created)));

    if (before != NULL)
        VT_CHECK(json_object_set_new(predicate, "supersedes",
                                     json_string(digest_of(before))) == 0);
    return predicate;
}

static json_t *four_services(const char *uploads)
{
    json_t *services = json_array();

    add_service(services, "uploads", uploads, "swiss-files");
    add_service(services, "mail", "not moved yet", "never-made");
    add_service(services, "accounts-jp", "stays", NULL);
    add_service(services, "website", "here", NULL);
    return services;
}

static void a_register(void)
{
    VT_AUTO_STORY story = begin();
    VT_AUTO_REGISTER none = { .count = 0 };
    VT_AUTO_REGISTER now = { .count = 0 };
    VT_AUTO_REGISTER later = { .count = 0 };
    VT_AUTO_REGISTER last = { .count = 0 };
    struct vt_said *one, *made;

    vt_register_reckon(story, AT(9), &none);
    VT_CHECK(none.plan == NULL && none.count == 0);
    made = say(story, VT_PROMISE, VT_P_VENDOR, promise(30, 1, NULL));
    one = say(story, VT_RELOCATION_PLAN, VT_P_VENDOR,
              plan(four_services("moving"), 1, 2, NULL));
    vt_register_reckon(story, AT(9), &now);
    VT_CHECK(now.count == 4 && now.late == 0 && now.strays.count == 0);
    VT_CHECK(now.counts[VT_SERVICE_STAYS] == 1 && now.counts[VT_SERVICE_HERE] == 1);
    VT_CHECK(now.only_said == 1 && now.rows[3].is_only_said);
    VT_CHECK(now.unproven == 1 && now.rows[1].is_unproven); /* nobody promised the mail */
    VT_CHECK(now.rows[0].promise != NULL && !now.rows[0].is_late);
    vt_register_reckon(story, AT(31), &later); /* the clock alone */
    VT_CHECK(later.late == 1 && later.rows[0].is_late);
    /* "It is here", says the vendor. */
    VT_CHECK(say(story, VT_RELOCATION_PLAN, VT_P_VENDOR,
                 plan(four_services("here"), 2, 3, one)) != NULL);
    vt_register_clear(&later);
    vt_register_reckon(story, AT(9), &later);
    VT_CHECK(later.rows[0].state == VT_SERVICE_HERE && later.rows[0].is_unproven);
    VT_CHECK(say(story, VT_KEPT, VT_P_SUPERVISOR, kept(made, 10)) != NULL);
    vt_register_reckon(story, AT(11), &last);
    VT_CHECK(!last.rows[0].is_unproven && last.unproven == 1 && last.late == 0);
}

static void plans_that_hide(void)
{
    static const char *const whys[] = { "leaves out",      "another promise",
                                        "another promise", "version 2 is due",
                                        "not the newest",  "say where to",
                                        "say the reason",  "twice" };
    VT_AUTO_STORY story = begin();
    VT_AUTO_REGISTER now = { .count = 0 };
    VT_AUTO_REGISTER twin = { .count = 0 };
    json_t *lists[8], *predicate;
    struct vt_said *one = say(story, VT_RELOCATION_PLAN, VT_P_VENDOR,
                              plan(four_services("moving"), 1, 2, NULL));

    for (size_t i = 0; i < 8; i++)
        lists[i] = four_services("moving");
    VT_CHECK(json_array_remove(lists[0], 3) == 0);
    (void)json_object_set_new(json_array_get(lists[1], 0), "promise", json_string("later"));
    (void)json_object_del(json_array_get(lists[2], 0), "promise");
    (void)json_object_set_new(json_array_get(lists[2], 0), "state", json_string("here"));
    (void)json_object_del(json_array_get(lists[5], 0), "to");
    (void)json_object_set_new(json_array_get(lists[6], 2), "reason", json_string(""));
    add_service(lists[7], "mail", "here", NULL);
    for (size_t i = 0; i < 8; i++) {
        predicate = plan(lists[i], i == 3 ? 3 : 2, 3, one);
        if (i == 4)
            (void)json_object_set_new(predicate, "supersedes", json_string(DIGEST));
        VT_CHECK(say(story, VT_RELOCATION_PLAN, VT_P_VENDOR, predicate) != NULL);
    }
    vt_register_reckon(story, AT(9), &now);
    VT_CHECK(now.plan == one && now.strays.count == 8);
    for (size_t i = 0; i < 8; i++)
        VT_CHECK_SAYING(strstr(now.strays.rows[i].why, whys[i]) != NULL, "%zu: %s", i,
                        now.strays.rows[i].why);
    VT_CHECK(say(story, VT_RELOCATION_PLAN, VT_P_VENDOR,
                 plan(four_services("moving"), 2, 4, one)) != NULL);
    vt_register_reckon(story, AT(9), &twin);
    VT_CHECK(twin.plan != one && twin.strays.count == 8);
}

/* ---- denials ----------------------------------------------------------------------------
 */

static void denials(void)
{
    VT_AUTO_STORY story = begin();
    struct vt_strays strays = { .count = 0 };
    VT_AUTO_JSON now = NULL;
    VT_AUTO_JSON then = NULL;
    int64_t times[][2] = { { 1, 2 }, { 4, 3 }, { 5, 6 } }; /* asked, refused */

    for (size_t i = 0; i < 3; i++)
        VT_CHECK(say(story, VT_DENIAL, VT_P_SUPERVISOR,
                     json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "of", "Acme", "asked",
                               "the build host's log", "asked_at",
                               vt_world_time(AT(times[i][0])), "refused_at",
                               vt_world_time(AT(times[i][1])), "reason", "a secret",
                               "created", vt_world_time(AT(times[i][1] + 1)))) != NULL);
    VT_CHECK(
        say(story, VT_DENIAL, VT_P_VENDOR,
            json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "of", "Acme", "asked", "x", "asked_at",
                      vt_world_time(AT(1)), "refused_at", vt_world_time(AT(1)), "reason",
                      "", "created", vt_world_time(AT(8)))) == NULL);
    now = vt_denials_json(story, AT(9), &strays);
    VT_CHECK(json_array_size(now) == 2 && strays.count == 1);
    VT_CHECK(vt_slice_is(vt_field_text(json_array_get(now, 0), "refused_at"),
                         vt_world_time(AT(6)))); /* the newest first */
    then = vt_denials_json(story, AT(3), &strays);
    VT_CHECK(json_array_size(then) == 1);
    vt_strays_clear(&strays);
}

static const struct vt_case cases[] = {
    { "a promise turns late by the clock alone", late_by_the_clock_alone },
    { "dates that change", dates_that_change },
    { "what does not fit", what_does_not_fit },
    { "kept by a document", kept_by_a_document },
    { "nobody grades himself", nobody_grades_himself },
    { "kept by a statement", kept_by_a_statement },
    { "evidence older than the promise", older_than_the_promise },
    { "evidence that no ledger takes", evidence_that_no_ledger_takes },
    { "a finding is late under embargo", late_under_embargo },
    { "the text follows", the_text_follows },
    { "who may say what of a finding", who_may_say_what },
    { "closed, and opened again", closing_and_opening_again },
    { "numbers of requests", numbers },
    { "counts of what was given", counts_of_what_was_given },
    { "is a number issued", is_it_issued },
    { "forged numbers", is_it_forged },
    { "a register of services", a_register },
    { "plans that hide something", plans_that_hide },
    { "denials", denials },
};

VT_TEST_MAIN("custody.supervision", cases)
