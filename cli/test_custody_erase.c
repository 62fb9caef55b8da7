/* Erasing on the record, as it runs: what was erased is never read again, and the claim
 * says no more than that. */
#include "cell/samples.h"
#include "tests/custody_stand.h"
#include "tests/sharing.h"

static const char *path(const char *name)
{
    return vt_test_path(name);
}

/* ---- erasing ----------------------------------------------------------------------------
 */

enum { PLAIN_BYTES = 5000 };

/* Two files in the cell's store, as clients share them: one is read, one never. */
static const char *share(vt_slice plain, unsigned number)
{
    struct vt_shared shared = vt_sharing_seal(plain, number, time(NULL));
    VT_AUTO_SAMPLE_ANSWER wish = { .status = 0 }, end = { .status = 0 };
    static const struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    struct vt_env env = vt_env_real();
    struct vt_samples *samples;
    struct vt_error err = { 0 };
    char name[VT_SAMPLE_PATH_BYTES];
    uint16_t status;

    VT_CHECK_OK(vt_samples_open(path("samples"), VT_CUSTODY_CELL, &bounds,
                                vt_world_key(VT_P_CELL), &env, &samples, &err));
    VT_CHECK_OK(vt_samples_share(samples, &shared.request, &wish, &err));
    VT_CHECK_OK(
        vt_samples_put(samples, &shared.request.object, 0, shared.body, &status, &err));
    VT_CHECK_OK(vt_samples_end(samples, &shared.request.object, &end, &err));
    VT_CHECK_SAYING(end.status == 200, "%u: %s", end.status, end.sentence);
    vt_samples_close(samples);
    vt_sample_header_path(&shared.request.object, name);
    return path(vt_test_print("samples/%s", name));
}

/* A backup: header and body, the file as the client sealed it. */
static const char *back_up(const char *header, const char *name)
{
    const char *body =
        vt_test_print("%s/body%s", path("samples"), strstr(header, "header") + 6);
    VT_AUTO_BUF file = vt_buf_init(VT_MIB(1));

    vt_buf_put(&file, vt_test_read(header));
    vt_buf_put(&file, vt_test_read(body));
    return vt_custody_write_file(&vt_stand.world, name, vt_buf_slice(&file));
}

static const char *erase_in(int exit_code, const char *samples, const char *order,
                            const char *out)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", "erase", "--request", path(order),
                               "--trust", path("trust.json"), "--enrolment",
                               path("enrolled-5.json"), "--ledger", vt_stand.ledger.url,
                               "--agent", vt_stand.agent.url, "--sealed-for",
                               vt_stand.sealed_for, "--samples", path(samples), "--key",
                               path("cell.key"), "--out", path(out)));
}

static const char *erase(int exit_code, const char *order, const char *out)
{
    return erase_in(exit_code, "samples", order, out);
}

/* Nothing of the plaintext in any file below the folder. */
static void check_nowhere(const char *folder, const char *word)
{
    (void)vt_test_run(1, VT_ARGV("grep", "-r", "-q", "-F", "-a", "-e", word, folder));
}

static void begin_with_files(void)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    vt_stand_write_world();
    VT_CHECK_OK(
        vt_age_identity_write_pem(vt_sharing_identity(), (vt_slice){ 0 }, &pem, &err));
    (void)vt_custody_write_file(&vt_stand.world, "swiss.key", vt_buf_slice(&pem));
    (void)vt_custody_write_key(&vt_stand.world, "cell.key", vt_world_key(VT_P_CELL));
    vt_stand_begin_served("zurich", "zurich");
    vt_stand.sealed_for = vt_stand_recipient(&vt_sharing_identity()->recipient);
}

static void what_is_erased_is_never_read(void)
{
    char plain[PLAIN_BYTES];
    const char *never, *once, *never_kept, *once_kept;

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = "KNOWN-PLAINTEXT-"[i % 16];
    begin_with_files();
    never = share(VT_BYTES(plain), 1);
    plain[0]++;
    once = share(VT_BYTES(plain), 2);
    never_kept = back_up(never, "never.age");
    once_kept = back_up(once, "once.age");
    /* Root on the cell, with its disk, its database and a backup, finds no plaintext. */
    check_nowhere(path("samples"), "KNOWN-PLAINTEXT");
    check_nowhere(never_kept, "KNOWN-PLAINTEXT");
    vt_stand_request("r1", "malware-analysis", once);
    (void)vt_stand_read_as(0, "r1", once_kept, "plain-1");
    (void)vt_test_run(0, VT_ARGV("grep", "-r", "-q", "-F", "-a", "-e", "KNOWN-PLAINTEXT",
                                 path("plain-1"))); /* its twin: an alarm that rings */

    vt_stand_request("e1", "erasure", never);
    VT_CHECK(strstr(erase(0, "e1", "claim-1"), "1 erased, 0 closed") != NULL);
    VT_CHECK(!vt_path_exists(never) && vt_path_exists(once));
    VT_CHECK(strstr(erase(0, "e1", "claim-1"), "1 erased, 0 closed") != NULL); /* again */
    vt_stand_request("e2", "erasure", once);
    VT_CHECK(strstr(erase(0, "e2", "claim-2"), "0 erased, 1 closed") != NULL);
    VT_CHECK(!vt_path_exists(once));

    /* The backups still hold them: nobody opens them, not even who could before. */
    vt_stand_request("r2", "malware-analysis", never_kept);
    VT_CHECK(strstr(vt_stand_read_as(1, "r2", never_kept, "plain-2"), "was erased") !=
             NULL);
    vt_stand_request("r3", "malware-analysis", once_kept);
    VT_CHECK(strstr(vt_stand_read_as(1, "r3", once_kept, "plain-3"), "was erased") != NULL);
    VT_CHECK(!vt_path_exists(path("plain-2")) && !vt_path_exists(path("plain-3")));

    VT_CHECK(strstr(vt_stand_erased(0, "claim-1", "claim-1.objects"),
                    "nightly: still there") != NULL);
    VT_CHECK(strstr(vt_stand_erased(0, "claim-2", "claim-2.objects"), "malware-analysis") !=
             NULL);
    (void)vt_stand_erased(1, "claim-1", "claim-2.objects"); /* of other objects */
    (void)vt_stand_review(0, "reconcile", NULL);
    vt_stand_finish();
}

static void take_id(const char *header, struct vt_buf *out)
{
    vt_hash id = vt_sha256_of(vt_test_read(header));
    char hex[65];

    vt_hash_text(&id, hex);
    vt_buf_printf(out, "%s\n", hex);
}

static const char *erase_many(int exit_code, const char *ids, const char *out)
{
    return vt_test_run(
        exit_code,
        VT_ARGV("vitrine", "custody", "erase", "--request", path("many"), "--trust",
                path("trust.json"), "--enrolment", path("enrolled-5.json"), "--ledger",
                vt_stand.ledger.url, "--agent", vt_stand.agent.url, "--sealed-for",
                vt_stand.sealed_for, "--samples", path("samples"), "--key",
                path("cell.key"), "--out", path(out), ids != NULL ? "--ids" : NULL, ids));
}

/* More than a statement can name one by one. */
static void many_are_erased_by_one_order(void)
{
    enum { MANY = 70 };
    VT_AUTO_BUF ids = vt_buf_init(VT_KIB(16));
    const char *headers[MANY], *list, *more;
    char plain[] = "file 00";

    begin_with_files();
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(plain, sizeof plain, "file %02u", i);
        headers[i] = share(VT_BYTES(plain), 1 + i);
        take_id(headers[i], &ids);
    }
    list = vt_custody_write_file(&vt_stand.world, "ids", vt_buf_slice(&ids));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "request", "--out", path("many"),
                                 "--cell", VT_CUSTODY_CELL, "--ledger", VT_CUSTODY_ORIGIN,
                                 "--policy", "3", "--role", "analyst", "--role-id",
                                 vt_stand.role_id, "--place", "Zurich", "--jurisdiction",
                                 "CH", "--reason", "erasure", "--ticket", "T",
                                 "--recipient", vt_stand.recipient, "--key",
                                 path("reader.key"), "--ids", list));
    take_id(list, &ids); /* one more than was ordered */
    more = vt_custody_write_file(&vt_stand.world, "more", vt_buf_slice(&ids));
    (void)vt_test_run(1, VT_ARGV("vitrine", "custody", "approve", path("many"), "--key",
                                 path("analyst.key"), "--ids", more));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "approve", path("many"), "--key",
                                 path("analyst.key"), "--ids", list));
    (void)erase_many(2, NULL, "claim");
    (void)erase_many(1, more, "claim");
    VT_CHECK(vt_path_exists(headers[0]));
    VT_CHECK(strstr(erase_many(0, list, "claim"), "70 erased, 0 closed") != NULL);
    for (unsigned i = 0; i < MANY; i++)
        VT_CHECK(!vt_path_exists(headers[i]));
    VT_CHECK(strstr(vt_stand_erased(0, "claim", "claim.objects"), "70 erased") != NULL);
    (void)vt_stand_review(0, "reconcile", NULL);
    vt_stand_finish();
}

/* A request that is no order erases nothing, and no order does without the agent. */
static void no_order_no_erasure(void)
{
    const char *header;
    char plain[] = "a file";

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    vt_stand_request("r1", "malware-analysis", header);
    (void)erase(1, "r1", "claim-1");
    vt_stand_request("e1", "erasure", header);
    vt_test_stop(&vt_stand.agent, 0);
    (void)erase(3, "e1", "claim-1");
    VT_CHECK(vt_path_exists(header) && !vt_path_exists(path("claim-1")));
    vt_stand_start_agent();
    (void)erase(0, "e1", "claim-1");
    VT_CHECK(!vt_path_exists(header));
    vt_stand_finish();
}

/* A folder that is no store: nobody is asked, and none is made. */
static void no_store_no_erasure(void)
{
    const char *header, *said;
    char plain[] = "a file";

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    vt_stand_request("e1", "erasure", header);
    said = erase_in(3, "smaples", "e1", "claim-1");
    VT_CHECK_SAYING(strstr(said, path("smaples")) != NULL, "%s", said);
    VT_CHECK(!vt_path_exists(path("smaples")) && !vt_path_exists(path("claim-1.agent")) &&
             !vt_path_exists(path("claim-1.opening")));
    VT_CHECK(vt_path_exists(header));
    (void)erase(0, "e1", "claim-1"); /* its twin */
    VT_CHECK(!vt_path_exists(header));
    vt_stand_finish();
}

/* What the agent signed for one order is no answer to another. */
static void a_claim_is_of_its_order(void)
{
    const char *header, *kept, *said;
    char plain[] = "a file";

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    kept = back_up(header, "kept.age");
    vt_stand_request("e1", "erasure", header);
    (void)erase(0, "e1", "claim-1");
    vt_stand_request_with("e2", "erasure", kept, "nightly=2037-02-01T00:00:00Z");
    vt_test_write(path("claim-2.agent"), vt_test_read(path("claim-1.agent")));
    said = erase(1, "e2", "claim-2");
    VT_CHECK_SAYING(strstr(said, "not of the backups") != NULL, "%s", said);
    VT_CHECK(!vt_path_exists(path("claim-2")));
    vt_stand_request("e3", "erasure", kept); /* its twin: the same backups */
    vt_test_write(path("claim-3.agent"), vt_test_read(path("claim-1.agent")));
    (void)erase(0, "e3", "claim-3");
    vt_stand_finish();
}

/* Killed between the agent's answer and the disk: the same question again. */
static void a_lost_answer_is_asked_for_again(void)
{
    const char *header, *kept, *said;
    char plain[] = "a file";
    vt_slice claim;

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    kept = back_up(header, "kept.age");
    vt_stand_request("e1", "erasure", header);
    (void)erase(0, "e1", "claim-1");
    claim = vt_test_read(path("claim-1.agent"));
    VT_CHECK(unlink(path("claim-1.agent")) == 0);
    vt_stand_request_with("e2", "erasure", kept, "nightly=2037-02-01T00:00:00Z");
    said = erase(1, "e2", "claim-1"); /* another order, and the opening of this one */
    VT_CHECK_SAYING(strstr(said, "another order") != NULL, "%s", said);
    (void)erase(0, "e1", "claim-1");
    VT_CHECK(vt_slice_equal(vt_test_read(path("claim-1.agent")), claim));
    vt_stand_finish();
}

/* An agent that claims one thing to the world, and another to its supervisor. */
static void a_claim_is_what_the_opening_says(void)
{
    const char *header, *said;
    char plain[] = "a file";
    struct vt_stand_copying as_it_is = { .lied = 0 }, copying = { .lied = 2 };

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    vt_stand_request("e1", "erasure", header);
    (void)erase(0, "e1", "claim-1");
    plain[0]++;
    header = share(VT_BYTES(plain), 2);
    vt_stand_request("e2", "erasure", header);
    (void)erase(0, "e2", "claim-2");
    vt_stand_finish();
    vt_stand_copy_openings(&as_it_is);
    (void)vt_stand_review(0, "reconcile", NULL); /* its twin: copied as they are */
    copying.lie = vt_test_read(path("claim-1.agent"));
    vt_stand_copy_openings(&copying);
    said = vt_stand_review(1, "reconcile", NULL);
    VT_CHECK_SAYING(strstr(said, "do not say what was erased by record 2") != NULL, "%s",
                    said);
}

static const struct vt_case cases[] = {
    { "what is erased is never read", what_is_erased_is_never_read },
    { "many are erased by one order", many_are_erased_by_one_order },
    { "no order, no erasure", no_order_no_erasure },
    { "no store, no erasure", no_store_no_erasure },
    { "a claim is of its order", a_claim_is_of_its_order },
    { "a claim is what the opening says", a_claim_is_what_the_opening_says },
    { "a lost answer is asked for again", a_lost_answer_is_asked_for_again },
};

VT_TEST_MAIN("cli.custody_erase", cases)
