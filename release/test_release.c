/* The order of a release: each state, what is missing in it, and who must act; and that no
 * statement counts which the wrong party signed, or which speaks of something else. */
#include "evidence/field.h"
#include "release/authorisations.h"
#include "release/compose.h"
#include "release/next_list.h"
#include "release/numbers.h"
#include "release/publish.h"
#include "release/reviews.h"
#include "tests/world.h"

struct scene {
    struct vt_world world;
    struct vt_world_made made;
    struct vt_trust *trust;
    struct vt_desk desk;
    struct vt_demands demands;
    struct vt_docket *docket;
    struct vt_standing standing;
    struct vt_behind behind;
};

static void scene_end(struct scene *s)
{
    vt_docket_close(s->docket);
    vt_demands_clear(&s->demands);
    vt_desk_close(&s->desk);
    vt_trust_free(s->trust);
}
#define AUTO_SCENE __attribute__((cleanup(scene_end))) struct scene

/* A desk with nothing on it, in a world whose every statement is good. */
static void scene_begin(struct scene *s)
{
    struct vt_error err = { 0 };

    *s = (struct scene){ .world = vt_world_good(), .demands = vt_demands_usual() };
    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&s->world), &s->trust, &err) ||
                vt_trust_parse(vt_slice_sub(vt_world_trust(&s->world), 0,
                                            vt_world_trust(&s->world).len - 1),
                               &s->trust, &err));
    VT_CHECK_OK(vt_desk_open(vt_test_path("desk"), true, &s->desk, &err));
}

static void lay(struct scene *s, vt_slice envelope)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_docket_put(&s->desk, s->world.product, s->world.version, envelope, &err));
}

static void lay_draft(struct scene *s, enum vt_party signer, int64_t created)
{
    const struct vt_world *w = &s->world;

    lay(s, vt_world_statement(
               VT_DRAFT, "source",
               json_pack("{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:[],s:s}", "product",
                         w->product, "version", w->version, "sequence",
                         (json_int_t)w->sequence, "channel", w->channel, "kind", w->kind,
                         "source", vt_world_digest(w->source), "recipe",
                         vt_world_digest("recipe"), "lock", vt_world_digest("lock"),
                         "environment", vt_world_digest("environment"), "documents",
                         "created", vt_world_time(created)),
               VT_BIT(signer)));
}

/* Those of the world's statements that have this type. */
static void lay_made(struct scene *s, enum vt_predicate type)
{
    struct vt_error err = { 0 };

    vt_world_make(&s->world, &s->made);
    for (size_t i = 0; i < s->made.envelope_count; i++) {
        VT_AUTO_ENVELOPE envelope = { 0 };

        VT_CHECK_OK(vt_envelope_parse(s->made.envelopes[i], &envelope, &err));
        if (envelope.statement.type == type)
            lay(s, s->made.envelopes[i]);
    }
}

static void authorise_as(struct scene *s, enum vt_party signer,
                         vt_slice (*prove)(const struct vt_world *, vt_slice))
{
    struct vt_error err = { 0 };
    vt_slice envelope = vt_world_statement(
        VT_ENVIRONMENT_AUTHORISATION, "environment",
        json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s}", "environment",
                  vt_world_digest("environment"), "lock", vt_world_digest("lock"), "suite",
                  "bookworm", "architecture", "amd64", "packages", 100, "note", "",
                  "created", vt_world_time(VT_WORLD_BEGAN + 50)),
        VT_BIT(signer));

    VT_CHECK_OK(
        vt_desk_put_authorisation(&s->desk, envelope, prove(&s->world, envelope), &err));
}

static void authorise(struct scene *s)
{
    authorise_as(s, VT_P_SUPERVISOR, vt_world_prove);
}

static void look(struct scene *s)
{
    struct vt_error err = { 0 };

    vt_docket_close(s->docket);
    s->docket = NULL;
    VT_CHECK_OK(vt_docket_open(&s->desk, s->trust, s->world.product, s->world.version,
                               VT_WORLD_NOW, &s->docket, &err));
    VT_CHECK_OK(vt_release_stand(s->docket, &s->demands, VT_WORLD_NOW, &s->standing, &err));
}

/* Is this missing, and does it wait for that role? */
static bool lacks(const struct scene *s, const char *who, const char *words)
{
    for (size_t i = 0; i < s->standing.gap_count; i++)
        if (strcmp(s->standing.gaps[i].who, who) == 0 &&
            strstr(s->standing.gaps[i].missing, words) != NULL)
            return true;
    return false;
}

static const char *all_gaps(const struct scene *s)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));

    for (size_t i = 0; i < s->standing.gap_count; i++)
        vt_buf_printf(&text, "%s: %s\n", s->standing.gaps[i].who,
                      s->standing.gaps[i].missing);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

static void must_be(struct scene *s, enum vt_release_state state)
{
    look(s);
    VT_CHECK_SAYING(s->standing.state == state, "it is %s, not %s; gaps:\n%s",
                    vt_release_state_name(s->standing.state), vt_release_state_name(state),
                    all_gaps(s));
}

/* Everything but the approval. */
static void lay_all(struct scene *s)
{
    lay_draft(s, VT_P_VENDOR, VT_WORLD_BEGAN + 5);
    lay_made(s, VT_PROVENANCE);
    lay_made(s, VT_SBOM);
    lay_made(s, VT_VSA);
    lay_made(s, VT_REVIEW);
    authorise(s);
}

/* The list that comes with the approval: the next one after the newest on the desk. */
static void lay_next_list(struct scene *s)
{
    VT_AUTO_BUF newest = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF list = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };
    uint64_t version;
    char name[64];

    look(s);
    VT_CHECK_OK(vt_desk_newest_list(&s->desk, &version, &newest, NULL, &err));
    VT_CHECK_OK(vt_compose_list(vt_buf_slice(&newest), VT_LIST_CURRENT, s->docket, NULL,
                                VT_WORLD_BEGAN + 400, vt_world_key(VT_P_SUPERVISOR), &list,
                                &err));
    (void)snprintf(name, sizeof name, "releases/lamp/%s/list.json", s->world.version);
    VT_CHECK_OK(vt_disk_write(s->desk.disk, name, vt_buf_slice(&list), 0644, &err));
}

/* The release statement, signed by these alone. */
static void lay_release(struct scene *s, unsigned signers)
{
    s->world.release_signers = signers;
    lay_made(s, VT_RELEASE);
    lay_next_list(s);
}

/* A complete list, with this one as the current lamp. */
static void lay_published_list(struct scene *s, unsigned number, const char *version,
                               uint64_t sequence)
{
    struct vt_world world = s->world;
    struct vt_world_made made;
    struct vt_error err = { 0 };
    char name[64];

    world.list_version = number;
    world.current_version = version;
    world.current_sequence = sequence;
    vt_world_make(&world, &made);
    (void)snprintf(name, sizeof name, "withdrawals/%u.json", number);
    VT_CHECK_OK(vt_disk_write(s->desk.disk, name, made.withdrawals, 0644, &err));
    (void)snprintf(name, sizeof name, "withdrawals/%u.tlog-proof", number);
    VT_CHECK_OK(vt_disk_write(s->desk.disk, name, made.withdrawals_proof, 0644, &err));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void each_step_leads_to_the_next(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_draft(&s, VT_P_VENDOR, VT_WORLD_BEGAN + 5);
    must_be(&s, VT_STATE_DRAFTED);
    VT_CHECK(lacks(&s, "vendor", "it is not built"));
    VT_CHECK(lacks(&s, "supervisor", "is not authorised on the ledger"));
    VT_CHECK(lacks(&s, "reviewer", "0 of 1 reviews"));
    lay_made(&s, VT_PROVENANCE);
    must_be(&s, VT_STATE_DRAFTED); /* no bill of materials */
    lay_made(&s, VT_SBOM);
    must_be(&s, VT_STATE_BUILT);
    VT_CHECK(lacks(&s, "supervisor", "did not rebuild it"));
    lay_made(&s, VT_VSA);
    must_be(&s, VT_STATE_REBUILT);
    lay_made(&s, VT_REVIEW);
    must_be(&s, VT_STATE_REBUILT);
    VT_CHECK(!lacks(&s, "reviewer", ""));
    authorise(&s);
    must_be(&s, VT_STATE_REVIEWED);
    VT_CHECK(lacks(&s, "supervisor", "but the supervisor's approval"));
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR));
    must_be(&s, VT_STATE_APPROVED);
    VT_CHECK(lacks(&s, "vendor", "not yet signed and published"));
    VT_CHECK(s.standing.gaps[0].since_unix_s == VT_WORLD_BEGAN + 400);
}

/* Number 7 is out of the question once number 8, or another number 7, is out. */
static void what_came_too_late_is_superseded(void)
{
    static const struct {
        const char *version;
        uint64_t sequence;
        enum vt_release_state state;
    } rows[] = {
        { "1.3.0", 6, VT_STATE_REVIEWED },
        { "1.5.0", 8, VT_STATE_SUPERSEDED },
        { "1.5.0", 7, VT_STATE_SUPERSEDED },
        { "1.4.0", 7, VT_STATE_REVIEWED }, /* itself: a run that was killed */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_BUF newest = vt_buf_init(VT_ENTRY_BYTES_MAX);
        VT_AUTO_BUF list = vt_buf_init(VT_ENTRY_BYTES_MAX);
        struct vt_error err = { 0 };
        bool is_late = rows[i].state == VT_STATE_SUPERSEDED;
        uint64_t version;
        AUTO_SCENE s;

        scene_begin(&s);
        lay_all(&s);
        lay_published_list(&s, 1 + (unsigned)i, rows[i].version, rows[i].sequence);
        must_be(&s, rows[i].state);
        VT_CHECK(lacks(&s, is_late ? "vendor" : "supervisor",
                       is_late ? "the vendor has to draft it again, under the next number"
                               : "everything is there"));
        VT_CHECK_OK(vt_desk_newest_list(&s.desk, &version, &newest, NULL, &err));
        VT_CHECK(vt_compose_list(vt_buf_slice(&newest), VT_LIST_CURRENT, s.docket, NULL,
                                 VT_WORLD_BEGAN + 400, vt_world_key(VT_P_SUPERVISOR), &list,
                                 &err) == !is_late);
        VT_CHECK(!is_late || (err.code == VT_REJECTED &&
                              strstr(err.message, "does not go back") != NULL));
    }
}

/* Whoever signs second composes the list himself: a list that goes back, which the first
 * one made with other tools, is not signed. */
static void a_list_that_goes_back_is_not_cosigned(void)
{
    VT_AUTO_ENVELOPE next = { 0 };
    struct vt_world_made made;
    struct vt_error err = { 0 };
    vt_slice newest;
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    look(&s);
    s.world.list_version = 4;
    s.world.current_version = "1.4.0";
    s.world.current_sequence = 7;
    vt_world_make(&s.world, &made);
    VT_CHECK_OK(vt_envelope_parse(made.withdrawals, &next, &err));
    s.world.list_version = 3;
    s.world.current_version = "1.3.0"; /* the twin: forward */
    s.world.current_sequence = 6;
    vt_world_make(&s.world, &made);
    newest = made.withdrawals;
    VT_CHECK_OK(vt_list_is_next(newest, VT_LIST_CURRENT, s.docket, &next, &err));
    s.world.current_version = "1.5.0";
    s.world.current_sequence = 8;
    vt_world_make(&s.world, &made);
    newest = made.withdrawals;
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_list_is_next(newest, VT_LIST_CURRENT, s.docket, &next, &err));
    VT_CHECK_SAYING(strstr(err.message, "number 8 (1.5.0) is out") != NULL, "%s",
                    err.message);
}

/* An approval is given for the next list; when that number has come otherwise, it is the
 * supervisor's turn again. */
static void an_approval_ends_with_the_next_list(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    lay_published_list(&s, 1, "1.2.0", 5);
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR));
    must_be(&s, VT_STATE_APPROVED); /* the twin */
    lay_published_list(&s, 2, "1.3.0", 6);
    must_be(&s, VT_STATE_REVIEWED);
    VT_CHECK(lacks(&s, "supervisor", "he has to approve it again"));
    VT_CHECK(s.standing.gap_count == 1);
    lay_next_list(&s);
    must_be(&s, VT_STATE_APPROVED);
    VT_CHECK(lacks(&s, "vendor", "not yet signed and published"));
}

static uint64_t number_of(struct scene *s, const char *version)
{
    struct vt_error err = { 0 };
    struct vt_number number;

    VT_CHECK_OK(
        vt_number_find(&(struct vt_number_request){ &s->desk, s->trust, "lamp", version,
                                                    "stable", VT_WORLD_NOW },
                       &number, &err));
    return number.sequence;
}

/* A version that is approved is so in every channel, and a draft that is laid beside what
 * is published, here by hand, is none. */
static void a_version_has_one_channel(void)
{
    struct vt_error err = { 0 };
    struct vt_number number;
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    s.world.channel = "lts";
    VT_CHECK_OK(vt_number_find(&(struct vt_number_request){ &s.desk, s.trust, "lamp",
                                                            "1.4.0", "lts", VT_WORLD_NOW },
                               &number, &err));
    VT_CHECK(!number.is_settled && number.sequence == 1);
    s.world.channel = "stable";
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR) | VT_BIT(VT_P_VENDOR));
    VT_CHECK_OK(vt_number_find(&(struct vt_number_request){ &s.desk, s.trust, "lamp",
                                                            "1.4.0", "lts", VT_WORLD_NOW },
                               &number, &err));
    VT_CHECK(number.is_settled);
    VT_CHECK_OK(vt_disk_write(s.desk.disk, "releases/lamp/1.4.0/release.tlog-proof",
                              s.made.release_proof, 0644, &err));
    s.world.channel = "lts";
    lay_draft(&s, VT_P_VENDOR, VT_WORLD_NOW - 1);
    look(&s);
    VT_CHECK(s.docket->is_published && s.docket->release == s.docket->published);
    VT_CHECK(strcmp(json_string_value(json_object_get(
                        s.docket->draft->envelope.statement.predicate, "channel")),
                    "stable") == 0);
}

static bool number_is_free(struct scene *s, struct vt_error *err)
{
    look(s);
    return vt_number_check(s->docket, VT_WORLD_NOW, err);
}

static void numbers_stand_for_one_version(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    VT_CHECK(number_of(&s, "1.4.0") == 1);
    lay_all(&s);
    VT_CHECK(number_of(&s, "1.4.0") == 7); /* drafted again it keeps its own */
    VT_CHECK(number_of(&s, "1.5.0") == 8);
    VT_CHECK_OK(number_is_free(&s, &err));
    s.world.version = "1.4.1"; /* from another copy of the desk */
    lay_all(&s);
    VT_CHECK(number_of(&s, "1.4.0") == 8 && number_of(&s, "1.4.1") == 8);
    VT_CHECK_OK(number_is_free(&s, &err)); /* two drafts: the first approval decides */
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR));
    VT_CHECK_OK(number_is_free(&s, &err));
    s.world.version = "1.4.0";
    VT_CHECK(!number_is_free(&s, &err) && err.code == VT_REJECTED);
    VT_CHECK_SAYING(strstr(err.message, "is approved for lamp 1.4.1 already") != NULL, "%s",
                    err.message);
    lay_published_list(&s, 1, "1.6.0", 9); /* the desk lacks that release, not its list */
    VT_CHECK(number_of(&s, "1.4.0") == 10 && number_of(&s, "1.7.0") == 10);
}

static void a_stranger_drafts_nothing(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_draft(&s, VT_P_STRANGER, VT_WORLD_BEGAN + 5);
    must_be(&s, VT_STATE_EMPTY);
    lay_draft(&s, VT_P_SUPERVISOR, VT_WORLD_BEGAN + 6);
    must_be(&s, VT_STATE_EMPTY);
    lay_draft(&s, VT_P_VENDOR, VT_WORLD_BEGAN + 7); /* the twin */
    must_be(&s, VT_STATE_DRAFTED);
}

static void the_vendor_approves_nothing(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    lay_release(&s, VT_BIT(VT_P_VENDOR));
    must_be(&s, VT_STATE_REVIEWED);
    lay_release(&s, VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_STRANGER));
    must_be(&s, VT_STATE_REVIEWED);
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR)); /* the twin */
    must_be(&s, VT_STATE_APPROVED);
}

static void what_speaks_of_something_else_does_not_count(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_draft(&s, VT_P_VENDOR, VT_WORLD_BEGAN + 5);
    s.world.provenance_source = "another source";
    lay_made(&s, VT_PROVENANCE);
    lay_made(&s, VT_SBOM);
    must_be(&s, VT_STATE_DRAFTED);
    s.world.provenance_source = NULL;
    lay_made(&s, VT_PROVENANCE);
    must_be(&s, VT_STATE_BUILT);
    s.world.vsa_source = "another source";
    lay_made(&s, VT_VSA);
    must_be(&s, VT_STATE_BUILT);
    s.world.vsa_source = NULL;
    lay_made(&s, VT_VSA);
    must_be(&s, VT_STATE_REBUILT);
    s.world.review_source = "another source";
    lay_made(&s, VT_REVIEW);
    must_be(&s, VT_STATE_REBUILT);
    VT_CHECK(s.standing.reviews == 0);
}

static void a_bill_of_other_artefacts_does_not_count(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_draft(&s, VT_P_VENDOR, VT_WORLD_BEGAN + 5);
    s.world.provenance_file = "what the build host slipped in";
    lay_made(&s, VT_PROVENANCE);
    lay_made(&s, VT_SBOM); /* of the honest file */
    must_be(&s, VT_STATE_DRAFTED);
}

static void a_rebuild_of_other_artefacts_stops_it(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    must_be(&s, VT_STATE_REVIEWED); /* the twin */
    s.world.vsa_verdict = "differs";
    s.world.vsa_result = "FAILED";
    lay_made(&s, VT_VSA);
    must_be(&s, VT_STATE_DIFFERS); /* of one second: the one that failed counts */
}

static void a_rebuild_that_differs_stops_it(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    s.world.vsa_verdict = "differs";
    s.world.vsa_result = "FAILED";
    lay_all(&s);
    must_be(&s, VT_STATE_DIFFERS);
    VT_CHECK(lacks(&s, "vendor", "rebuild differs: lamp.bin at offset 12"));
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR));
    must_be(&s, VT_STATE_DIFFERS);
}

static void robustness_is_asked_if_the_policy_asks(void)
{
    static const char text[] = "{\"v\":1,\"rebuild\":\"equal-robust\"}";
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    must_be(&s, VT_STATE_REVIEWED); /* the usual demands */
    vt_demands_clear(&s.demands);
    VT_CHECK_OK(vt_demands_parse(vt_slice_from_cstr(text), &s.demands, &err));
    must_be(&s, VT_STATE_REBUILT);
    VT_CHECK(lacks(&s, "supervisor", "demands equal-robust"));
}

static void two_reviews_of_one_holder_are_one(void)
{
    static const char text[] = "{\"v\":1,\"reviews\":2}";
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    VT_CHECK_OK(vt_demands_parse(vt_slice_from_cstr(text), &s.demands, &err));
    s.world.review_count = 2;
    s.world.review_signers[1] = VT_P_REVIEWER;
    lay_all(&s);
    look(&s);
    VT_CHECK(s.standing.reviews == 1 && lacks(&s, "reviewer", "1 of 2 reviews"));
    s.world.review_signers[1] = VT_P_REVIEWER_B; /* the twin */
    lay_made(&s, VT_REVIEW);
    must_be(&s, VT_STATE_REVIEWED);
}

static void a_refusal_is_no_acceptance(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    s.world.review_verdict = "refuse";
    lay_all(&s);
    look(&s);
    VT_CHECK(s.standing.reviews == 0 && lacks(&s, "reviewer", "0 of 1"));
}

/* Somebody's word on the draft's source, so long after the world's review. */
static void say(struct scene *s, enum vt_party signer, const char *verdict, int64_t later_s)
{
    VT_AUTO_BUF review = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    look(s);
    VT_CHECK_OK(vt_compose_review(s->docket, verdict, NULL, "all of it",
                                  VT_WORLD_BEGAN + 300 + later_s, vt_world_key(signer),
                                  &review, &err));
    lay(s, vt_buf_slice(&review));
    look(s);
}

static void a_later_refusal_takes_the_acceptance_back(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    say(&s, VT_P_REVIEWER, "refuse", -10);
    must_be(&s, VT_STATE_REVIEWED); /* the twin: he accepted later */
    VT_CHECK(s.standing.reviews == 1 && s.standing.refusals == 0);
    say(&s, VT_P_REVIEWER, "refuse", 0); /* in one second the refusal stands */
    must_be(&s, VT_STATE_REBUILT);
    VT_CHECK(s.standing.reviews == 0 && s.standing.refusals == 1);
    VT_CHECK(lacks(&s, "vendor", "reviewer State A refuses its source"));
    VT_CHECK(s.standing.gaps[0].since_unix_s == VT_WORLD_BEGAN + 300);
    say(&s, VT_P_REVIEWER, "accept", 10);
    must_be(&s, VT_STATE_REVIEWED);
    say(&s, VT_P_REVIEWER, "refuse", 20);
    VT_CHECK(s.standing.refusals == 1);
    say(&s, VT_P_REVIEWER, "refuse", 30); /* twice by one is one */
    VT_CHECK(s.standing.refusals == 1);
}

static void a_refusal_by_another_reviewer_stops_it(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    say(&s, VT_P_STRANGER, "refuse", 10);
    say(&s, VT_P_VENDOR, "refuse", 10);
    must_be(&s, VT_STATE_REVIEWED);
    say(&s, VT_P_REVIEWER_B, "refuse", -100);
    must_be(&s, VT_STATE_REBUILT);
    VT_CHECK(s.standing.reviews == 1 && s.standing.refusals == 1);
    VT_CHECK(lacks(&s, "vendor", "reviewer State B refuses its source"));
    say(&s, VT_P_REVIEWER, "accept", 10); /* another's word takes nothing back */
    must_be(&s, VT_STATE_REBUILT);
}

/* Refused after the approval: it is not published until he accepts again, and then the
 * approval still holds. */
static void a_refusal_stops_what_is_approved(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR));
    must_be(&s, VT_STATE_APPROVED); /* the twin */
    say(&s, VT_P_REVIEWER, "refuse", 200);
    must_be(&s, VT_STATE_REBUILT);
    say(&s, VT_P_REVIEWER, "accept", 300);
    must_be(&s, VT_STATE_APPROVED);
}

/* A proof from a tree that too few witnesses signed, and one that is of another entry. */
static vt_slice prove_with_two(const struct vt_world *world, vt_slice entry)
{
    struct vt_world weak = *world;

    weak.release_witnesses = 3;
    return vt_world_prove(&weak, entry);
}

static vt_slice prove_another(const struct vt_world *world, vt_slice entry)
{
    (void)entry;
    return vt_world_prove(world, VT_LIT("another entry"));
}

static void authorisations_need_supervisor_and_ledger(void)
{
    vt_hash environment = vt_sha256_of(VT_LIT("environment"));
    struct vt_error err = { 0 };
    AUTO_SCENE s;
    int64_t since;

    scene_begin(&s);
    authorise_as(&s, VT_P_VENDOR, vt_world_prove);
    authorise_as(&s, VT_P_SUPERVISOR, prove_with_two);
    VT_CHECK_OK(vt_desk_environment_since(&s.desk, s.trust, &environment, &since, &err));
    VT_CHECK(since == -1);
    authorise_as(&s, VT_P_SUPERVISOR, prove_another);
    VT_CHECK_OK(vt_desk_environment_since(&s.desk, s.trust, &environment, &since, &err));
    VT_CHECK(since == -1);
    authorise(&s); /* the twin */
    VT_CHECK_OK(vt_desk_environment_since(&s.desk, s.trust, &environment, &since, &err));
    VT_CHECK_SAYING(since >= VT_WORLD_LOGGED && since < VT_WORLD_LOGGED + 60, "%jd",
                    (intmax_t)since);
    environment = vt_sha256_of(VT_LIT("another environment"));
    VT_CHECK_OK(vt_desk_environment_since(&s.desk, s.trust, &environment, &since, &err));
    VT_CHECK(since == -1);
}

static void a_rejection_stops_it_until_the_next_draft(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    must_be(&s, VT_STATE_REVIEWED);
    VT_CHECK_OK(vt_compose_rejection(s.docket, "the fuzzer was turned off",
                                     VT_WORLD_BEGAN + 500, vt_world_key(VT_P_SUPERVISOR),
                                     &envelope, &err));
    lay(&s, vt_buf_slice(&envelope));
    must_be(&s, VT_STATE_REJECTED);
    VT_CHECK(lacks(&s, "vendor", "the fuzzer was turned off"));
    VT_CHECK(strstr(s.standing.gaps[0].how, "--source WHERE") != NULL);
    s.demands.reviews = 7;
    must_be(&s, VT_STATE_REJECTED);
    VT_CHECK(s.standing.gap_count == 1); /* whatever else it may lack */
    s.demands.reviews = 1;
    lay_draft(&s, VT_P_VENDOR, VT_WORLD_BEGAN + 600);
    must_be(&s, VT_STATE_REVIEWED);
}

/* Would the release statement name this one? */
static bool release_names(struct scene *s, vt_slice artefact, const vt_hash *digest)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_release release;
    struct vt_error err = { 0 };
    struct vt_blobs *blobs;
    vt_hash ignored;
    bool is_named = false;

    VT_CHECK_OK(
        vt_docket_blobs(&s->desk, s->world.product, s->world.version, &blobs, &err));
    VT_CHECK_OK(vt_blobs_put(blobs, artefact, &ignored, &err));
    VT_CHECK_OK(vt_compose_release(s->docket, blobs, VT_WORLD_BEGAN + 400,
                                   vt_world_key(VT_P_SUPERVISOR), &bytes, &err));
    vt_blobs_close(blobs);
    VT_CHECK_OK(vt_envelope_parse(vt_buf_slice(&bytes), &envelope, &err));
    VT_CHECK_OK(vt_release_read(&envelope.statement, &release, &err));
    for (size_t i = 0; i < release.attachment_count; i++)
        is_named = is_named || vt_hash_equal(&release.attachments[i].digest, digest);
    return is_named;
}

/* A builder whom the trust root does not name counts from when his enrolment is on the
 * ledger; evidence then carries it. */
static void the_enrolled_count_when_it_is_logged(void)
{
    struct vt_error err = { 0 };
    struct vt_world_made made;
    VT_AUTO_ROLL roll = NULL;
    vt_slice enrolment = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    s.world.provenance_signer = s.world.sbom_signer = VT_P_ENROLLED;
    s.world.enrolment_signers = VT_BIT(VT_P_SUPERVISOR);
    vt_world_make(&s.world, &made);
    for (size_t i = 0; i < made.envelope_count; i++) {
        VT_AUTO_ENVELOPE envelope = { 0 };

        VT_CHECK_OK(vt_envelope_parse(made.envelopes[i], &envelope, &err));
        if (envelope.statement.type == VT_ENROLMENT)
            enrolment = made.envelopes[i];
    }
    lay_all(&s);
    must_be(&s, VT_STATE_DRAFTED);
    VT_CHECK(lacks(&s, "vendor", "it is not built"));
    VT_CHECK_OK(vt_desk_put_authorisation(&s.desk, enrolment, VT_LIT("no proof"), &err));
    must_be(&s, VT_STATE_DRAFTED);
    VT_CHECK_OK(vt_desk_put_authorisation(&s.desk, enrolment,
                                          vt_world_prove(&s.world, enrolment), &err));
    must_be(&s, VT_STATE_REVIEWED);
    VT_CHECK_OK(vt_roll_open(&s.desk, s.trust, &roll, &err));
    VT_CHECK(roll->count == 1 && vt_roll_find(roll, &roll->keyring.enrolled[0]) != NULL &&
             vt_roll_find(roll, &s.trust->keys[0]) == NULL);
    VT_CHECK(release_names(&s, made.file, &roll->rows[0].envelope.digest));
}

/* Is a word of this verdict, `later_s` after the world's review, named by the release? */
static bool names_review(struct scene *s, const char *verdict, int64_t later_s)
{
    for (size_t i = 0; i < s->docket->item_count; i++) {
        const struct vt_item *item = &s->docket->items[i];

        if (item->envelope.statement.type == VT_REVIEW &&
            vt_slice_is(vt_field_text(item->envelope.statement.predicate, "verdict"),
                        verdict) &&
            item->time_unix_s == VT_WORLD_BEGAN + 300 + later_s)
            return release_names(s, s->made.file, &item->envelope.digest);
    }
    return false;
}

/* The release names what stood when it was made, and is not older than what it names. */
static void a_release_names_the_acceptances_that_stand(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    look(&s);
    VT_CHECK(names_review(&s, "accept", 0));
    VT_CHECK(vt_release_time(s.docket, VT_WORLD_BEGAN + 350) == VT_WORLD_BEGAN + 350);
    say(&s, VT_P_REVIEWER, "refuse", 10);
    VT_CHECK(!names_review(&s, "accept", 0) && !names_review(&s, "refuse", 10));
    say(&s, VT_P_REVIEWER, "accept", 20);
    VT_CHECK(!names_review(&s, "accept", 0) && names_review(&s, "accept", 20));
    say(&s, VT_P_REVIEWER, "refuse", 150); /* after the release: it changes nothing in it */
    VT_CHECK(names_review(&s, "accept", 20));
    say(&s, VT_P_REVIEWER, "accept", 500); /* a fast clock */
    VT_CHECK(vt_release_time(s.docket, VT_WORLD_BEGAN + 350) == VT_WORLD_BEGAN + 800);
}

/* What the composing functions write is what the docket takes. */
static void composed_statements_count(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF review = vt_buf_init(VT_ENTRY_BYTES_MAX);
    AUTO_SCENE s;

    scene_begin(&s);
    s.world.review_count = 0;
    lay_all(&s);
    look(&s);
    VT_CHECK_OK(vt_compose_review(s.docket, "accept", NULL, "all", VT_WORLD_BEGAN + 300,
                                  vt_world_key(VT_P_REVIEWER), &review, &err));
    lay(&s, vt_buf_slice(&review));
    must_be(&s, VT_STATE_REVIEWED);
    VT_CHECK(s.standing.reviews == 1);
}

static const char *index_of_desk(struct scene *s)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_publish_folder(&s->desk, s->trust, VT_LIT("trust"),
                                  vt_test_path("public"), VT_WORLD_NOW, &s->behind, &err));
    return vt_arena_cstr(vt_test_arena(), vt_test_read(vt_test_path("public/index.json")));
}

/* Published, under a list that the world's fields make. */
static const char *index_of(struct scene *s)
{
    struct vt_error err = { 0 };
    struct vt_blobs *blobs;
    vt_hash ignored;

    vt_world_make(&s->world, &s->made);
    VT_CHECK_OK(
        vt_docket_blobs(&s->desk, s->world.product, s->world.version, &blobs, &err));
    VT_CHECK_OK(vt_blobs_put(blobs, s->made.file, &ignored, &err));
    vt_blobs_close(blobs);
    VT_CHECK_OK(vt_disk_write(s->desk.disk, "releases/lamp/1.4.0/release.tlog-proof",
                              s->made.release_proof, 0644, &err));
    VT_CHECK_OK(
        vt_disk_write(s->desk.disk, "withdrawals/1.json", s->made.withdrawals, 0644, &err));
    VT_CHECK_OK(vt_disk_write(s->desk.disk, "withdrawals/1.tlog-proof",
                              s->made.withdrawals_proof, 0644, &err));
    return index_of_desk(s);
}

static void the_index_says_what_must_no_longer_be_used(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR) | VT_BIT(VT_P_VENDOR));
    VT_CHECK(strstr(index_of(&s), "\"state\":\"current\"") != NULL);
    s.world.current_version = "1.5.0";
    s.world.current_sequence = s.world.sequence + 1;
    VT_CHECK(strstr(index_of(&s), "\"state\":\"superseded\"") != NULL);
    s.world.withdrawn_reason = "it burns";
    VT_CHECK(strstr(index_of(&s), "\"reason\":\"it burns\"") != NULL);
    VT_CHECK(strstr(index_of(&s), "\"state\":\"withdrawn\"") != NULL);
}

/* A wrong file in an artefact's place is replaced; where the desk has lost a statement or
 * the artefact itself, the list and the index are shown nevertheless. */
static void what_cannot_be_shown_stops_nothing_else(void)
{
    static const char file[] = "public/lamp/1.4.0/lamp.bin";
    char name[160], hex[65];
    const char *index;
    vt_hash hash;
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR) | VT_BIT(VT_P_VENDOR));
    (void)index_of(&s);
    VT_CHECK(s.behind.count == 0); /* the twin */
    vt_test_write(vt_test_path(file), VT_LIT("something else"));
    (void)index_of(&s);
    VT_CHECK(s.behind.count == 0 &&
             vt_slice_equal(vt_test_read(vt_test_path(file)), s.made.file));
    s.world.withdrawn_reason = "it burns";
    vt_world_make(&s.world, &s.made);
    hash = vt_envelope_digest(s.made.envelopes[1]);
    vt_hash_text(&hash, hex);
    (void)snprintf(name, sizeof name, "desk/releases/lamp/1.4.0/%s.json", hex);
    VT_CHECK(unlink(vt_test_path(name)) == 0);
    index = index_of(&s);
    VT_CHECK(s.behind.count == 1 && s.behind.code == VT_ABSENT);
    VT_CHECK(strstr(index, "\"state\":\"withdrawn\"") != NULL);
    VT_CHECK(vt_slice_equal(vt_test_read(vt_test_path("public/withdrawals.json")),
                            s.made.withdrawals));
    vt_test_write(vt_test_path(name), VT_LIT("rubbish")); /* not even to be read */
    index = index_of(&s);
    VT_CHECK(s.behind.count == 1 && strstr(index, "\"state\":\"withdrawn\"") != NULL);
}

/* Nor does it drop out of the index in silence where the desk lost its proof. */
static void what_was_published_stays_in_the_index(void)
{
    static const char proof[] = "desk/releases/lamp/1.4.0/release.tlog-proof";
    AUTO_SCENE s;

    scene_begin(&s);
    lay_all(&s);
    lay_release(&s, VT_BIT(VT_P_SUPERVISOR) | VT_BIT(VT_P_VENDOR));
    (void)index_of(&s);
    for (size_t i = 0; i < 2; i++) {
        if (i == 0)
            vt_test_write(vt_test_path(proof), VT_LIT("rubbish"));
        else
            VT_CHECK(unlink(vt_test_path(proof)) == 0);
        VT_CHECK(strstr(index_of_desk(&s), "\"state\":\"current\"") != NULL);
        VT_CHECK(s.behind.count == 1 && s.behind.code == VT_REJECTED);
    }
    VT_CHECK(unlink(vt_test_path("public/index.json")) ==
             0); /* the twin: never published */
    VT_CHECK(strstr(index_of_desk(&s), "lamp") == NULL && s.behind.count == 0);
}

static void names_that_leave_the_desk_are_refused(void)
{
    static const char *const bad[] = { "", ".", "..", "../x", "a/b", "-x", "a b", "\x01" };
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    VT_CHECK_OK(vt_name_verify_part("zlib", &err));
    static const char *const outputs[] = { "lamp", "lamp.evidences", "lamp.evidence" };

    VT_CHECK_OK(vt_outputs_verify_names(outputs, 2, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_outputs_verify_names(outputs, 3, &err));
    VT_CHECK_OK(vt_name_verify_product("index", &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_name_verify_product("index.json", &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_name_verify_product("withdrawals.tlog-proof", &err));
    VT_CHECK_OK(vt_name_verify_part("1:1.2.13.dfsg-1+b1~x", &err));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        VT_CHECK_FAILS(VT_REJECTED, vt_name_verify_part(bad[i], &err));
        VT_CHECK_FAILS(VT_REJECTED, vt_docket_open(&s.desk, s.trust, "lamp", bad[i],
                                                   VT_WORLD_NOW, &s.docket, &err));
    }
}

static void rubbish_on_the_desk_is_named(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;
    char name[100];

    scene_begin(&s);
    lay_draft(&s, VT_P_VENDOR, VT_WORLD_BEGAN + 5);
    (void)snprintf(name, sizeof name, "desk/releases/lamp/1.4.0/%s.json",
                   vt_world_digest("rubbish"));
    vt_test_write(vt_test_path(name), VT_LIT("{\"payload\":1}"));
    VT_CHECK_FAILS(VT_MALFORMED, vt_docket_open(&s.desk, s.trust, "lamp", "1.4.0",
                                                VT_WORLD_NOW, &s.docket, &err));
    VT_CHECK(strstr(err.message, vt_world_digest("rubbish")) != NULL);
}

static const struct vt_case cases[] = {
    { "what cannot be shown stops nothing else", what_cannot_be_shown_stops_nothing_else },
    { "each step leads to the next", each_step_leads_to_the_next },
    { "what came too late is superseded", what_came_too_late_is_superseded },
    { "a list that goes back is not cosigned", a_list_that_goes_back_is_not_cosigned },
    { "an approval ends with the next list", an_approval_ends_with_the_next_list },
    { "numbers stand for one version", numbers_stand_for_one_version },
    { "a version has one channel", a_version_has_one_channel },
    { "a stranger drafts nothing", a_stranger_drafts_nothing },
    { "the vendor approves nothing", the_vendor_approves_nothing },
    { "what speaks of something else does not count",
      what_speaks_of_something_else_does_not_count },
    { "a bill of other artefacts does not count",
      a_bill_of_other_artefacts_does_not_count },
    { "a rebuild that differs stops it", a_rebuild_that_differs_stops_it },
    { "a later rebuild that differs stops it", a_rebuild_of_other_artefacts_stops_it },
    { "robustness is asked if the policy asks", robustness_is_asked_if_the_policy_asks },
    { "two reviews of one holder are one", two_reviews_of_one_holder_are_one },
    { "a refusal is no acceptance", a_refusal_is_no_acceptance },
    { "a later refusal takes the acceptance back",
      a_later_refusal_takes_the_acceptance_back },
    { "a refusal by another reviewer stops it", a_refusal_by_another_reviewer_stops_it },
    { "a refusal stops what is approved", a_refusal_stops_what_is_approved },
    { "a release names the acceptances that stand",
      a_release_names_the_acceptances_that_stand },
    { "authorisations need supervisor and ledger",
      authorisations_need_supervisor_and_ledger },
    { "a rejection stops it until the next draft",
      a_rejection_stops_it_until_the_next_draft },
    { "the enrolled count when it is logged", the_enrolled_count_when_it_is_logged },
    { "composed statements count", composed_statements_count },
    { "what was published stays in the index", what_was_published_stays_in_the_index },
    { "the index says what must no longer be used",
      the_index_says_what_must_no_longer_be_used },
    { "names that leave the desk are refused", names_that_leave_the_desk_are_refused },
    { "rubbish on the desk is named", rubbish_on_the_desk_is_named },
};

VT_TEST_MAIN("release.release", cases)
