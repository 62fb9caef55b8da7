/* Lists of withdrawals that come without a release: renewed, or taking one back.  Whoever
 * adds the second signature signs what he would have written himself, and nothing else. */
#include "release/next_list.h"
#include "tests/world.h"

struct scene {
    struct vt_world world;
    struct vt_trust *trust;
    struct vt_desk desk;
    struct vt_next_list list;
};

static void scene_end(struct scene *s)
{
    vt_buf_clear(&s->list.bytes);
    vt_desk_close(&s->desk);
    vt_trust_free(s->trust);
}
#define AUTO_SCENE __attribute__((cleanup(scene_end))) struct scene

static void scene_begin(struct scene *s)
{
    struct vt_error err = { 0 };
    vt_slice trust;

    *s = (struct scene){ .world = vt_world_good() };
    s->world.withdrawn_reason = "a hole";
    s->world.list_version = 1;
    trust = vt_world_trust(&s->world);
    VT_CHECK_OK(vt_trust_parse(trust, &s->trust, &err));
    VT_CHECK_OK(vt_desk_open(vt_test_path("desk"), true, &s->desk, &err));
}

/* List 1, which withdraws one release, is the newest on the desk. */
static void lay_first_list(struct scene *s)
{
    struct vt_error err = { 0 };
    struct vt_world_made made;

    vt_world_make(&s->world, &made);
    VT_CHECK_OK(
        vt_disk_write(s->desk.disk, "withdrawals/1.json", made.withdrawals, 0644, &err));
    VT_CHECK_OK(vt_disk_write(s->desk.disk, "withdrawals/1.tlog-proof",
                              made.withdrawals_proof, 0644, &err));
}

static bool renew(struct scene *s, enum vt_party party, struct vt_error *err)
{
    struct vt_list_wish wish = { .change = VT_LIST_RENEW };

    vt_buf_clear(&s->list.bytes);
    return vt_next_list_sign(&s->desk, s->trust, &wish, vt_world_key(party), VT_WORLD_NOW,
                             &s->list, err);
}

static void lay_next(struct scene *s, vt_slice envelope)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_disk_write(s->desk.disk, "withdrawals/next.json", envelope, 0644, &err));
}

static vt_slice next_of(struct scene *s)
{
    (void)s;
    return vt_test_read(vt_test_path("desk/withdrawals/next.json"));
}

static void nothing_is_renewed_before_a_first_list(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    VT_CHECK_FAILS(VT_REJECTED, renew(&s, VT_P_VENDOR, &err));
    VT_CHECK(!vt_path_exists(vt_test_path("desk/withdrawals/next.json")));
    lay_first_list(&s); /* the twin */
    VT_CHECK_OK(renew(&s, VT_P_VENDOR, &err));
}

static void two_signatures_renew_it(void)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error err = { 0 };
    struct vt_withdrawals list;
    AUTO_SCENE s;

    scene_begin(&s);
    lay_first_list(&s);
    VT_CHECK_OK(renew(&s, VT_P_SUPERVISOR, &err));
    VT_CHECK(!s.list.is_complete && strcmp(s.list.waits, "vendor") == 0);
    VT_CHECK_OK(renew(&s, VT_P_SUPERVISOR, &err)); /* twice by one is not by two */
    VT_CHECK(!s.list.is_complete);
    VT_CHECK_OK(renew(&s, VT_P_VENDOR, &err));
    VT_CHECK(s.list.is_complete && s.list.version == 2);
    VT_CHECK_OK(vt_envelope_parse(vt_buf_slice(&s.list.bytes), &envelope, &err));
    VT_CHECK_OK(vt_withdrawals_read(&envelope.statement, &list, &err));
    VT_CHECK(list.version == 2 && json_array_size(list.withdrawn) == 1 &&
             json_array_size(list.current) == 2);
}

static void a_stranger_renews_nothing(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    lay_first_list(&s);
    VT_CHECK_FAILS(VT_REJECTED, renew(&s, VT_P_STRANGER, &err));
    VT_CHECK_FAILS(VT_REJECTED, renew(&s, VT_P_REVIEWER, &err));
    VT_CHECK(!vt_path_exists(vt_test_path("desk/withdrawals/next.json")));
}

/* A vendor who signs a list that forgets a withdrawal gets no second signature. */
static void a_list_that_forgets_is_not_signed(void)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_listed current = {
        VT_LIT("kettle"), VT_LIT("stable"), VT_LIT("0.9"), 2, { 0 }
    };
    struct vt_error err = { 0 };
    vt_slice before;
    AUTO_SCENE s;

    scene_begin(&s);
    lay_first_list(&s);
    VT_CHECK_OK(
        vt_withdrawals_write(2, VT_WORLD_NOW, &current, 1, NULL, 0, &payload, &err));
    lay_next(&s, vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_VENDOR)));
    before = next_of(&s);
    VT_CHECK_FAILS(VT_REJECTED, renew(&s, VT_P_SUPERVISOR, &err));
    VT_CHECK(strstr(err.message, "not the one before with this change alone") != NULL);
    VT_CHECK(vt_slice_equal(before, next_of(&s)));
}

/* One that a newer list has overtaken is begun anew. */
static void an_overtaken_list_is_begun_anew(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    lay_first_list(&s);
    VT_CHECK_OK(renew(&s, VT_P_VENDOR, &err));
    VT_CHECK_OK(vt_disk_write(s.desk.disk, "withdrawals/2.json", next_of(&s), 0644, &err));
    VT_CHECK_OK(vt_disk_write(s.desk.disk, "withdrawals/2.tlog-proof", VT_LIT("proof"),
                              0644, &err));
    VT_CHECK_OK(renew(&s, VT_P_SUPERVISOR, &err));
    VT_CHECK(s.list.version == 3 && strcmp(s.list.waits, "vendor") == 0);
}

static struct vt_pending_list pending(struct scene *s)
{
    struct vt_pending_list list;
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_next_list_look(&s->desk, s->trust, VT_WORLD_NOW, vt_test_arena(), &list, &err));
    return list;
}

/* What one has signed is seen: since when, what it is, whose signature it lacks. */
static void a_half_signed_list_is_seen(void)
{
    struct vt_error err = { 0 };
    struct vt_pending_list list;
    AUTO_SCENE s;

    scene_begin(&s);
    VT_CHECK(pending(&s).version == 0);
    lay_first_list(&s);
    VT_CHECK(pending(&s).version == 0);
    VT_CHECK_OK(renew(&s, VT_P_VENDOR, &err));
    list = pending(&s);
    VT_CHECK(list.version == 2 && list.since_unix_s == VT_WORLD_NOW);
    VT_CHECK(strcmp(list.waits, "supervisor") == 0 && list.product == NULL);
    VT_CHECK(strstr(list.how, "vitrine release renew --desk ") != NULL);
    VT_CHECK_OK(renew(&s, VT_P_SUPERVISOR, &err));
    list = pending(&s);
    VT_CHECK(list.version == 2 && list.waits == NULL); /* signed, and not logged */
}

static void a_half_signed_withdrawal_is_seen(void)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_listed current = {
        VT_LIT("kettle"), VT_LIT("stable"), VT_LIT("0.9"), 2, { 0 }
    };
    struct vt_listed gone = current;
    struct vt_error err = { 0 };
    struct vt_pending_list list;
    AUTO_SCENE s;

    scene_begin(&s);
    lay_first_list(&s);
    gone.reason = VT_LIT("it boils over");
    VT_CHECK_OK(
        vt_withdrawals_write(2, VT_WORLD_NOW, &current, 1, &gone, 1, &payload, &err));
    lay_next(&s, vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_STRANGER)));
    VT_CHECK(pending(&s).version == 0); /* nobody's */
    lay_next(&s, vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_SUPERVISOR)));
    list = pending(&s);
    VT_CHECK(list.version == 2 && strcmp(list.waits, "vendor") == 0);
    VT_CHECK(strcmp(list.product, "kettle") == 0 && strcmp(list.release, "0.9") == 0);
    VT_CHECK_FAILS(VT_REJECTED, renew(&s, VT_P_VENDOR, &err));
    VT_CHECK_SAYING(strstr(err.message, "the withdrawal of kettle 0.9 waits") != NULL, "%s",
                    err.message);
}

/* A list that two signatures would make too large for the ledger: its reasons give way. */
static void a_full_list_goes_on(void)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    char reason[3946] = "\xc3\xbc";
    struct vt_listed gone[12];
    struct vt_withdrawals list;
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    memset(reason + 2, 'x', sizeof reason - 3);
    for (size_t i = 0; i < 12; i++)
        gone[i] = (struct vt_listed){ VT_LIT("kettle"), VT_LIT("stable"), VT_LIT("0.9"),
                                      i + 1, vt_slice_of(reason, sizeof reason - 1) };
    VT_CHECK_OK(vt_withdrawals_write(1, VT_WORLD_NOW, NULL, 0, gone, 12, &payload, &err));
    VT_CHECK_OK(vt_disk_write(s.desk.disk, "withdrawals/1.json",
                              vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_VENDOR)),
                              0644, &err));
    VT_CHECK_OK(vt_disk_write(s.desk.disk, "withdrawals/1.tlog-proof", VT_LIT("proof"),
                              0644, &err));
    VT_CHECK_OK(renew(&s, VT_P_VENDOR, &err));
    VT_CHECK_OK(renew(&s, VT_P_SUPERVISOR, &err));
    VT_CHECK(s.list.is_complete);
    VT_CHECK_OK(vt_envelope_parse(vt_buf_slice(&s.list.bytes), &envelope, &err));
    VT_CHECK_OK(vt_withdrawals_read(&envelope.statement, &list, &err));
    VT_CHECK(json_array_size(list.withdrawn) == 12 &&
             vt_withdrawals_row(list.withdrawn, 11).reason.len == VT_REASON_BYTES_MAX);
}

/* What was logged is to be shown before the next one is begun. */
static void what_is_logged_is_to_be_shown(void)
{
    struct vt_error err = { 0 };
    AUTO_SCENE s;
    uint64_t version;

    scene_begin(&s);
    lay_first_list(&s);
    VT_CHECK_OK(renew(&s, VT_P_VENDOR, &err));
    VT_CHECK_OK(renew(&s, VT_P_VENDOR, &err));
    VT_CHECK(s.list.was_signed);
    VT_CHECK_OK(renew(&s, VT_P_SUPERVISOR, &err));
    VT_CHECK_OK(vt_next_list_is_to_be_shown(&s.desk, &version, &err));
    VT_CHECK(version == 0); /* the twin */
    VT_CHECK_OK(vt_disk_write(s.desk.disk, "withdrawals/2.json", next_of(&s), 0644, &err));
    VT_CHECK_OK(vt_disk_write(s.desk.disk, "withdrawals/2.tlog-proof", VT_LIT("proof"),
                              0644, &err));
    VT_CHECK_OK(vt_next_list_is_to_be_shown(&s.desk, &version, &err));
    VT_CHECK(version == 2 && pending(&s).version == 2 && pending(&s).is_logged &&
             pending(&s).product == NULL);
    VT_CHECK_OK(vt_next_list_end(&s.desk, &err));
    VT_CHECK_OK(vt_next_list_is_to_be_shown(&s.desk, &version, &err));
    VT_CHECK(version == 0 && pending(&s).version == 0);
}

/* A list that these signed: one row withdrawn (0: none), and a current one. */
static vt_slice list_of(uint64_t version, uint64_t withdrawn, const char *current,
                        unsigned signers)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_listed now = {
        VT_LIT("kettle"), VT_LIT("stable"), vt_slice_from_cstr(current), 9, { 0 }
    };
    struct vt_listed gone = { VT_LIT("kettle"), VT_LIT("stable"), VT_LIT("0.9"), withdrawn,
                              VT_LIT("it boils over") };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_withdrawals_write(version, VT_WORLD_NOW, &now, 1, &gone, withdrawn != 0,
                                     &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), signers);
}

/* A ledger with lists 1 and 3, of which 1 withdraws number 5. */
static void one_number_is_one_list(void)
{
    const unsigned both = VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR);
    const struct {
        vt_slice list;
        const char *wanted; /* NULL: it may stand there */
    } rows[] = {
        { list_of(4, 5, "1.0", both), NULL },
        { list_of(4, 0, "1.0", both), "gives back kettle 0.9, which list 1" },
        { list_of(4, 6, "1.0", both), "gives back kettle 0.9, which list 1" },
        { list_of(3, 5, "1.0", both), NULL }, /* the same again */
        { list_of(3, 5, "1.1", both), "another list of withdrawals 3" },
        { list_of(1, 0, "1.0", both), "another list of withdrawals 1" },
        { list_of(2, 5, "1.0", both), "comes too late: the ledger has list 3" },
    };
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    VT_AUTO_LIST_HISTORY history = vt_list_history_init(s.trust);
    vt_list_history_note(&history, 0, list_of(1, 5, "1.0", both));
    vt_list_history_note(&history, 1, VT_LIT("rubbish"));
    vt_list_history_note(&history, 2, list_of(3, 5, "1.0", both));
    vt_list_history_note(&history, 3, list_of(9, 8, "1.0", VT_BIT(VT_P_VENDOR)));
    VT_CHECK(history.noted_count == 2 && vt_list_history_newest(&history)->index == 2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool ok = vt_list_history_admits_entry(&history, rows[i].list, &err);

        VT_CHECK_SAYING(ok == (rows[i].wanted == NULL) &&
                            (ok || strstr(err.message, rows[i].wanted) != NULL),
                        "row %zu: %s", i, err.message);
    }
    VT_CHECK_OK(vt_list_history_admits_entry(&history, VT_LIT("rubbish"), &err));
}

/* Nobody signs what contradicts the ledger; nothing is laid down. */
static void what_contradicts_the_ledger_is_not_signed(void)
{
    struct vt_list_wish wish = { .change = VT_LIST_RENEW };
    struct vt_error err = { 0 };
    AUTO_SCENE s;

    scene_begin(&s);
    lay_first_list(&s);
    VT_AUTO_LIST_HISTORY history = vt_list_history_init(s.trust);
    vt_list_history_note(
        &history, 0, list_of(2, 5, "1.0", VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR)));
    wish.history = &history;
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_next_list_sign(&s.desk, s.trust, &wish, vt_world_key(VT_P_SUPERVISOR),
                                     VT_WORLD_NOW, &s.list, &err));
    VT_CHECK(!vt_path_exists(vt_test_path("desk/withdrawals/next.json")));
}

static const struct vt_case cases[] = {
    { "one number is one list", one_number_is_one_list },
    { "what contradicts the ledger is not signed",
      what_contradicts_the_ledger_is_not_signed },
    { "a full list goes on", a_full_list_goes_on },
    { "what is logged is to be shown", what_is_logged_is_to_be_shown },
    { "nothing is renewed before a first list", nothing_is_renewed_before_a_first_list },
    { "two signatures renew it", two_signatures_renew_it },
    { "a stranger renews nothing", a_stranger_renews_nothing },
    { "a list that forgets is not signed", a_list_that_forgets_is_not_signed },
    { "an overtaken list is begun anew", an_overtaken_list_is_begun_anew },
    { "a half-signed list is seen", a_half_signed_list_is_seen },
    { "a half-signed withdrawal is seen", a_half_signed_withdrawal_is_seen },
};

VT_TEST_MAIN("release.next_list", cases)
