/* What the vendor's last step refuses: what the supervisor rejected, whatever has become of
 * the desk since. */
#include "release/compose.h"
#include "tests/own_desk.h"
#include "tests/world.h"

struct scene {
    struct vt_trust *trust;
    struct vt_desk desk;
};

static void scene_end(struct scene *s)
{
    vt_desk_close(&s->desk);
    vt_trust_free(s->trust);
}
#define AUTO_SCENE __attribute__((cleanup(scene_end))) struct scene

static void scene_begin(struct scene *s)
{
    struct vt_error err = { 0 };

    *s = (struct scene){ .trust = vt_own_desk_trust() };
    vt_own_desk_prepare(vt_test_dir());
    VT_CHECK_OK(vt_desk_open(vt_test_path("desk"), false, &s->desk, &err));
}

static bool publish(struct scene *s, struct vt_error *err)
{
    return vt_own_desk_publish(vt_test_dir(), &s->desk, s->trust, err);
}

/* A rejection by the supervisor, of that time and number of release, on the ledger alone.
 */
static void reject_on_ledger(struct scene *s, enum vt_party signer, const char *version,
                             int64_t created, uint64_t sequence)
{
    vt_own_desk_log(
        vt_test_dir(), &s->desk, s->trust,
        vt_world_statement(VT_REJECTION, "source",
                           json_pack("{s:s,s:s,s:I,s:s,s:s,s:s}", "product", "lamp",
                                     "version", version, "sequence", (json_int_t)sequence,
                                     "draft", vt_world_digest("a draft"), "reason",
                                     "the fuzzer was turned off", "created",
                                     vt_world_time(created)),
                           VT_BIT(signer)));
}

static size_t statements_on_desk(struct scene *s)
{
    struct vt_error err = { 0 };
    VT_AUTO_DOCKET docket = NULL;

    VT_CHECK_OK(
        vt_docket_open(&s->desk, s->trust, "lamp", "1.4.0", VT_WORLD_NOW, &docket, &err));
    return docket->item_count;
}

/* It was approved at 400; the draft is of 5. */
static void a_rejection_taken_off_the_desk_counts(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;
    size_t count;

    scene_begin(&s);
    count = statements_on_desk(&s);
    reject_on_ledger(&s, VT_P_SUPERVISOR, "1.4.0", VT_WORLD_BEGAN + 500, 7);
    VT_CHECK(!publish(&s, &err) && err.code == VT_REJECTED);
    VT_CHECK_SAYING(strstr(err.message, "rejected lamp 1.4.0: the fuzzer was turned off") !=
                        NULL,
                    "%s", err.message);
    VT_CHECK(statements_on_desk(&s) == count + 1); /* it lies there again */
    VT_CHECK(!publish(&s, &err) && err.code == VT_REJECTED);
    VT_CHECK(!vt_path_exists(vt_test_path("desk/releases/lamp/1.4.0/release.tlog-proof")));
}

/* Laying the draft once more does not bring the approval back. */
static void a_new_draft_needs_a_new_approval(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;
    VT_AUTO_DOCKET docket = NULL;

    scene_begin(&s);
    reject_on_ledger(&s, VT_P_SUPERVISOR, "1.4.0", VT_WORLD_BEGAN + 500, 7);
    VT_CHECK(!publish(&s, &err));
    vt_own_desk_draft(&s.desk, VT_WORLD_BEGAN + 600);
    VT_CHECK(!publish(&s, &err) && err.code == VT_REJECTED);
    VT_CHECK_OK(
        vt_docket_open(&s.desk, s.trust, "lamp", "1.4.0", VT_WORLD_NOW, &docket, &err));
    VT_CHECK(docket->rejection == NULL && docket->release == NULL);
    vt_own_desk_approve(&s.desk, s.trust, VT_WORLD_BEGAN + 700);
    VT_CHECK_OK(publish(&s, &err));
}

/* What a reviewer says of the draft's source, on the ledger alone. */
static void review_on_ledger(struct scene *s, enum vt_party signer, const char *verdict,
                             int64_t created)
{
    VT_AUTO_BUF review = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };
    VT_AUTO_DOCKET docket = NULL;

    VT_CHECK_OK(
        vt_docket_open(&s->desk, s->trust, "lamp", "1.4.0", VT_WORLD_NOW, &docket, &err));
    VT_CHECK_OK(vt_compose_review(docket, verdict, NULL, "all of it", created,
                                  vt_world_key(signer), &review, &err));
    vt_own_desk_log(vt_test_dir(), &s->desk, s->trust, vt_buf_slice(&review));
}

/* It stops the first try, which finds it, and every other one. */
static void a_refusal_taken_off_the_desk_counts(void)
{
    AUTO_SCENE s;

    scene_begin(&s);
    review_on_ledger(&s, VT_P_REVIEWER, "refuse", VT_WORLD_BEGAN + 500);
    for (unsigned i = 0; i < 2; i++) {
        struct vt_error err = { 0 };

        VT_CHECK(!publish(&s, &err) && err.code == VT_REJECTED);
        VT_CHECK_SAYING(strstr(err.message, "refuses the source of lamp 1.4.0") != NULL,
                        "%s", err.message);
    }
    VT_CHECK(!vt_path_exists(vt_test_path("desk/releases/lamp/1.4.0/release.tlog-proof")));
}

/* The twins: what stops nothing. */
static void other_entries_stop_nothing(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    reject_on_ledger(&s, VT_P_SUPERVISOR, "1.3.0", VT_WORLD_BEGAN + 500, 7);
    reject_on_ledger(&s, VT_P_SUPERVISOR, "1.4.0", VT_WORLD_BEGAN + 500, 6);
    reject_on_ledger(&s, VT_P_SUPERVISOR, "1.4.0", VT_WORLD_BEGAN + 4, 7); /* before */
    review_on_ledger(&s, VT_P_REVIEWER, "refuse",
                     VT_WORLD_BEGAN + 100); /* accepted later */
    VT_CHECK_OK(publish(&s, &err));
    VT_CHECK_OK(publish(&s, &err)); /* again */
}

/* Told before anything is signed: nothing of the desk or the ledger is changed by it. */
static void an_unusable_public_folder_is_named(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_DOCKET docket = NULL;
    AUTO_SCENE s;
    char name[400];

    scene_begin(&s);
    VT_CHECK_OK(
        vt_docket_open(&s.desk, s.trust, "lamp", "1.4.0", VT_WORLD_NOW, &docket, &err));
    VT_CHECK_OK(vt_publish_check_folder(docket, vt_test_path("public"), &err));
    vt_test_write(vt_test_path("file"), VT_LIT("x"));
    VT_CHECK(!vt_publish_check_folder(docket, vt_test_path("file"), &err));
    VT_CHECK_SAYING(strstr(err.message, "public folder") != NULL, "%s", err.message);
    VT_CHECK(!vt_publish_check_folder(docket, "/proc/x", &err) && err.code == VT_IO);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    VT_CHECK(!vt_publish_check_folder(docket, vt_test_path(name), &err));
    VT_CHECK(!vt_publish_check_folder(docket, vt_test_small_disk(VT_KIB(64)), &err));
    VT_CHECK_SAYING(strstr(err.message, "bytes are free") != NULL, "%s", err.message);
}

/* A list that both signed, with that number. */
static vt_slice another_list(uint64_t version)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    world.list_version = version;
    world.current_version = "1.3.0";
    world.current_sequence = 6;
    vt_world_make(&world, &made);
    return made.withdrawals;
}

/* The approval brings list 1.  Where the ledger has another one the desk does not know, the
 * vendor does not sign. */
static void a_second_list_of_one_number_is_not_published(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;
    size_t count;

    scene_begin(&s);
    vt_own_desk_log(vt_test_dir(), &s.desk, s.trust, another_list(1));
    count = statements_on_desk(&s);
    VT_CHECK(!publish(&s, &err) && err.code == VT_REJECTED);
    VT_CHECK_SAYING(strstr(err.message, "another list of withdrawals 1 stands on the "
                                        "ledger (entry 0)") != NULL,
                    "%s", err.message);
    VT_CHECK(statements_on_desk(&s) == count); /* nothing was signed */
}

/* Whoever takes the newest list off the desk takes nothing back: the ledger has it. */
static void a_list_taken_off_the_desk_comes_back(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_LEDGER_READER reader = NULL;
    AUTO_SCENE s;
    uint64_t version;

    scene_begin(&s);
    vt_own_desk_log(vt_test_dir(), &s.desk, s.trust, another_list(1));
    vt_own_desk_log(vt_test_dir(), &s.desk, s.trust, another_list(4));
    VT_CHECK_OK(vt_desk_newest_list(&s.desk, &version, NULL, NULL, &err));
    VT_CHECK(version == 0);
    VT_CHECK_OK(vt_ledger_reader_open(vt_test_path("log"), &reader, &err));
    VT_AUTO_LIST_HISTORY history = vt_list_history_init(s.trust);
    VT_CHECK_OK(vt_list_history_read_folder(&history, reader, &err));
    VT_CHECK_OK(vt_publish_recall_list(&s.desk, &history, reader, &err));
    VT_CHECK_OK(vt_desk_newest_list(&s.desk, &version, NULL, NULL, &err));
    VT_CHECK(version == 4 &&
             vt_slice_equal(vt_test_read(vt_test_path("desk/withdrawals/4.json")),
                            another_list(4)));
}

/* What was read of it is not read again. */
static void the_ledger_is_read_on(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    VT_AUTO_LIST_HISTORY history = vt_list_history_init(s.trust);
    for (size_t i = 0; i < 3; i++) {
        VT_AUTO_LEDGER_READER reader = NULL;

        if (i == 0)
            vt_own_desk_log(vt_test_dir(), &s.desk, s.trust, another_list(1));
        if (i == 1)
            reject_on_ledger(&s, VT_P_SUPERVISOR, "1.4.0", VT_WORLD_BEGAN + 500, 7);
        VT_CHECK_OK(vt_ledger_reader_open(vt_test_path("log"), &reader, &err));
        VT_CHECK_OK(vt_list_history_read_folder(&history, reader, &err));
        VT_CHECK(history.size == (i == 0 ? 1 : 2) && history.noted_count == 1 &&
                 history.against_count == (i == 0 ? 0 : 1));
    }
    VT_CHECK(history.against[0].index == 1 &&
             vt_slice_is(history.against[0].version, "1.4.0"));
}

static const struct vt_case cases[] = {
    { "the ledger is read on", the_ledger_is_read_on },
    { "a list taken off the desk comes back", a_list_taken_off_the_desk_comes_back },
    { "a second list of one number is not published",
      a_second_list_of_one_number_is_not_published },
    { "a rejection taken off the desk counts", a_rejection_taken_off_the_desk_counts },
    { "a refusal taken off the desk counts", a_refusal_taken_off_the_desk_counts },
    { "a new draft needs a new approval", a_new_draft_needs_a_new_approval },
    { "an unusable public folder is named", an_unusable_public_folder_is_named },
    { "other entries stop nothing", other_entries_stop_nothing },
};

VT_TEST_MAIN("release.publish", cases)
