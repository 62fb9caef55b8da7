/* The keeper as it runs: a process with a key, told by messages alone.  What is elsewhere's
 * is refused before anything is written; what is not asked for, not certified or not
 * consented to is refused; who dies and starts again says the same. */
#include "cell/keeper_message.h"
#include "cell/queue_door.h"
#include "cell/queue_message.h"
#include "tests/confinement.h"
#include "tests/sharing_world.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

struct stand {
    struct vt_sharing_world world;
    struct vt_trust *trust;
    struct vt_keeper_begin begin;
    struct vt_role *keeper;
    struct vt_channel queue; /* the dispatcher's end */
    struct vt_shared wanted;
};

/* ---- starting, asking -------------------------------------------------------------------
 */

static void start(struct stand *s)
{
    s->keeper = vt_sharing_world_keeper(&s->begin, &s->queue);
}

static struct stand *stand(void)
{
    struct stand *s = vt_arena_alloc(vt_test_arena(), sizeof *s);
    struct vt_error err = { 0 };

    s->world = vt_sharing_world_make();
    VT_CHECK_OK(vt_trust_parse(s->world.trust_bytes, &s->trust, &err));
    vt_test_keep(s->trust);
    s->begin = vt_sharing_world_begin(&s->world);
    s->begin.has_queue = true;
    s->wanted = vt_sharing_seal(VT_LIT(VT_SHARING_WANTED), 1, s->world.now);
    start(s);
    return s;
}

static void stop(struct stand *s)
{
    vt_role_stop(s->keeper);
    vt_channel_clear(&s->queue);
}

static void die_and_start(struct stand *s)
{
    VT_CHECK(kill(vt_role_pid(s->keeper), SIGKILL) == 0);
    stop(s);
    start(s);
}

/* Send, and wait for TAKEN and (if there is one) ANSWER; slices live until the next call.
 */
static struct vt_keeper_answer call(struct stand *s, uint16_t type, struct vt_buf *body,
                                    bool is_answered)
{
    struct vt_channel *channel = vt_role_channel(s->keeper);
    struct vt_keeper_answer answer = { .status = 0 };
    struct vt_message message;
    struct vt_error err = { 0 };
    uint32_t place;

    VT_CHECK_OK(vt_channel_send(channel, type, vt_buf_slice(body), &err));
    vt_buf_clear(body);
    VT_CHECK_OK(vt_channel_receive(channel, 20000, &message, &err));
    VT_CHECK(message.type == VT_KEEPER_TAKEN &&
             vt_keeper_taken_read(message.body, &place) && place == 5);
    if (!is_answered)
        return answer;
    VT_CHECK_OK(vt_channel_receive(channel, 20000, &message, &err));
    VT_CHECK(message.type == VT_KEEPER_ANSWER &&
             vt_keeper_answer_read(message.body, &answer) && answer.place == 5);
    return answer;
}

static struct vt_keeper_answer share(struct stand *s, const struct vt_shared *shared)
{
    struct vt_buf body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_keeper_share_write(&body, 5, &shared->request);
    return call(s, VT_KEEPER_SHARE, &body, true);
}

static struct vt_keeper_answer chunk(struct stand *s, uint16_t type,
                                     const struct vt_shared *shared, size_t from, size_t to)
{
    struct vt_keeper_chunk one = { .place = 5,
                                   .object = shared->request.object,
                                   .offset = from,
                                   .bytes = vt_slice_sub(shared->body, from, to - from) };
    struct vt_buf body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_keeper_chunk_write(&body, &one);
    return call(s, type, &body, type != VT_KEEPER_CHUNK);
}

/* One PUT. */
static struct vt_keeper_answer put(struct stand *s, const struct vt_shared *shared,
                                   size_t from, size_t to)
{
    (void)chunk(s, VT_KEEPER_CHUNK, shared, from, to);
    return chunk(s, VT_KEEPER_END, shared, to, to);
}

static struct vt_keeper_answer state(struct stand *s, const struct vt_shared *shared)
{
    return chunk(s, VT_KEEPER_STATE, shared, 0, 0);
}

static vt_slice receipt_in(struct stand *s, const struct vt_keeper_answer *answer,
                           const struct vt_shared *shared)
{
    VT_AUTO_SHARE_RECEIPT receipt = { .json = NULL };
    struct vt_error err = { 0 };

    VT_CHECK_SAYING(answer->status == 200, "%u: %.*s", answer->status,
                    VT_SLICE_ARGS(answer->sentence));
    VT_CHECK_OK(vt_share_receipt_parse(answer->document, s->trust, &receipt, &err));
    VT_CHECK_OK(vt_share_receipt_answers(&receipt, &shared->request, &err));
    return vt_arena_copy(vt_test_arena(), answer->document);
}

static vt_slice upload(struct stand *s, const struct vt_shared *shared)
{
    struct vt_keeper_answer answer = share(s, shared);

    VT_CHECK_SAYING(answer.status == 201, "%u: %.*s", answer.status,
                    VT_SLICE_ARGS(answer.sentence));
    answer = put(s, shared, 0, shared->body.len);
    return receipt_in(s, &answer, shared);
}

/* Files below samples/FOLDER. */
static unsigned count_files(const struct stand *s, const char *folder)
{
    const char *path = vt_test_print("%s/%s", s->world.samples, folder);
    DIR *dir = opendir(path);
    unsigned count = 0;

    for (struct dirent *row; dir != NULL && (row = readdir(dir)) != NULL;)
        if (row->d_name[0] != '.')
            count += row->d_type == DT_DIR
                         ? count_files(s, vt_test_print("%s/%s", folder, row->d_name))
                         : 1;
    if (dir != NULL)
        (void)closedir(dir);
    return count;
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void from_wish_to_receipt(void)
{
    struct stand *s = stand();
    vt_slice first = upload(s, &s->wanted), again;
    struct vt_keeper_answer answer = state(s, &s->wanted);

    again = receipt_in(s, &answer, &s->wanted);
    VT_CHECK(vt_slice_equal(first, again));
    answer = share(s, &s->wanted);
    VT_CHECK(vt_slice_equal(first, receipt_in(s, &answer, &s->wanted)));
    die_and_start(s);
    answer = chunk(s, VT_KEEPER_END, &s->wanted, s->wanted.body.len, s->wanted.body.len);
    VT_CHECK(vt_slice_equal(first, receipt_in(s, &answer, &s->wanted)));
    VT_CHECK(count_files(s, "body") == 1 && count_files(s, "header") == 1);
    stop(s);
}

static void a_file_for_a_rule(void)
{
    struct stand *s = stand();
    struct vt_shared shared = vt_sharing_seal(VT_LIT("found by a rule"), 1, s->world.now);

    VT_CHECK(share(s, &shared).status == 403);
    shared.request.rule = VT_LIT("collect_everything");
    vt_sharing_sign_again(&shared, 1, s->world.now);
    VT_CHECK(share(s, &shared).status == 403);
    shared.request.rule = VT_LIT(VT_SHARING_RULE);
    vt_sharing_sign_again(&shared, 1, s->world.now);
    (void)upload(s, &shared);
    stop(s);
}

/* Refused before a byte is written, and counted. */
static void what_belongs_elsewhere(void)
{
    struct stand *s = stand();
    struct vt_shared french = s->wanted, german = s->wanted, nowhere = s->wanted;
    struct vt_keeper_answer answer;

    (void)snprintf(french.request.country, 3, "FR");
    vt_sharing_sign_again(&french, 1, s->world.now);
    answer = share(s, &french);
    VT_CHECK(answer.status == 421 && vt_slice_is(answer.cell, "frankfurt") &&
             vt_slice_is(answer.url, "https://fr.example.org"));
    (void)snprintf(german.request.country, 3, "DE");
    vt_sharing_sign_again(&german, 1, s->world.now);
    answer = share(s, &german);
    VT_CHECK(answer.status == 503 && answer.retry_after_s != 0 &&
             vt_slice_is(answer.cell, "zurich"));
    (void)snprintf(nowhere.request.country, 3, "XX");
    vt_sharing_sign_again(&nowhere, 1, s->world.now);
    VT_CHECK(share(s, &nowhere).status == 400);
    VT_CHECK(count_files(s, "body") == 0 && count_files(s, "header") == 0 &&
             count_files(s, "secret") == 0);
    stop(s);
}

static void what_nobody_asked_for(void)
{
    struct stand *s = stand();
    struct vt_shared unasked = vt_sharing_seal(VT_LIT("a diary"), 1, s->world.now),
                     other = s->wanted, forged = s->wanted;
    struct vt_keeper_answer answer = share(s, &unasked);

    VT_CHECK(answer.status == 403);
    other.request.recipient.bytes[0] ^= 1; /* that nobody certified */
    vt_sharing_sign_again(&other, 1, s->world.now);
    VT_CHECK(share(s, &other).status == 403);
    forged.request.signature[5] ^= 1;
    VT_CHECK(share(s, &forged).status == 403);
    vt_sharing_sign_again(&forged, 1, s->world.now - 2000); /* an old wish, shown again */
    VT_CHECK(share(s, &forged).status == 403);
    other = s->wanted;
    other.request.cell = VT_LIT("frankfurt");
    vt_sharing_sign_again(&other, 1, s->world.now);
    VT_CHECK(share(s, &other).status == 403);
    VT_CHECK(count_files(s, "body") == 0 && count_files(s, "header") == 0);
    VT_CHECK(share(s, &s->wanted).status == 201);
    stop(s);
}

/* The list is the head's of now. */
static void the_list_changes_with_the_head(void)
{
    struct stand *s = stand();

    vt_sharing_world_show(&s->world, 42, NULL);
    VT_CHECK(share(s, &s->wanted).status == 403);
    vt_sharing_world_show(&s->world, 43, VT_SHARING_WANTED);
    VT_CHECK(share(s, &s->wanted).status == 201);
    vt_test_write(vt_test_print("%s/head.json", s->world.published), VT_LIT("{}"));
    VT_CHECK(share(s, &s->wanted).status == 503);
    stop(s);
}

static void an_upload_that_does_not_fit(void)
{
    struct stand *s = stand();
    size_t all = s->wanted.body.len;
    struct vt_keeper_answer answer;

    VT_CHECK(put(s, &s->wanted, 0, 5).status == 404);
    VT_CHECK(share(s, &s->wanted).status == 201);
    answer = put(s, &s->wanted, 0, 7);
    VT_CHECK(answer.status == 202 && answer.offset == 7);
    answer = put(s, &s->wanted, 9, 20);
    VT_CHECK(answer.status == 409 && answer.offset == 7);
    (void)chunk(s, VT_KEEPER_CHUNK, &s->wanted, 7, 10); /* two chunks, one request */
    (void)chunk(s, VT_KEEPER_CHUNK, &s->wanted, 10, 15);
    answer = chunk(s, VT_KEEPER_END, &s->wanted, 15, 15);
    VT_CHECK(answer.status == 202 && answer.offset == 15);
    die_and_start(s);
    answer = state(s, &s->wanted);
    VT_CHECK(answer.status == 202 && answer.offset == 15);
    answer = put(s, &s->wanted, 15, all);
    (void)receipt_in(s, &answer, &s->wanted);
    stop(s);
}

/* ---- withdrawals and reports ------------------------------------------------------------
 */

static struct vt_keeper_answer withdraw(struct stand *s, int64_t at, bool is_forged)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    struct vt_buf body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    VT_AUTO_WITHDRAWAL parsed = { .json = NULL };
    VT_AUTO_SENT sent = NULL;
    struct vt_keeper_withdrawal fields;
    struct vt_error err = { 0 };
    struct vt_disk *home;

    VT_CHECK_OK(vt_disk_open(vt_test_path("home"), true, &home, &err));
    VT_CHECK_OK(vt_sent_open(home, &sent, &err));
    VT_CHECK_OK(vt_withdrawal_write(sent, VT_LIT("zurich"), vt_sharing_pseudonym(1), at,
                                    &bytes, &err));
    vt_disk_close(home);
    VT_CHECK_OK(vt_withdrawal_parse(vt_buf_slice(&bytes), &parsed, &err));
    fields = (struct vt_keeper_withdrawal){ .place = 5,
                                            .cell = parsed.cell,
                                            .pseudonym = parsed.pseudonym,
                                            .at_unix_s = parsed.at_unix_s };
    memcpy(fields.signature, parsed.signature, sizeof fields.signature);
    if (is_forged)
        fields.pseudonym = *vt_key_public(vt_sharing_pseudonym(2));
    vt_keeper_withdrawal_write(&body, &fields);
    return call(s, VT_KEEPER_WITHDRAW, &body, true);
}

static void withdrawal_erases(void)
{
    struct stand *s = stand();
    struct vt_keeper_answer answer;
    VT_AUTO_RECEIPT receipt = { .json = NULL };
    struct vt_error err = { 0 };
    vt_slice first;

    (void)upload(s, &s->wanted);
    VT_CHECK(withdraw(s, s->world.now, true).status == 403);
    VT_CHECK(count_files(s, "header") == 1);
    answer = withdraw(s, s->world.now, false);
    VT_CHECK_OK(vt_receipt_parse(answer.document, s->trust, &receipt, &err));
    VT_CHECK(answer.status == 200 && receipt.erased == 1);
    first = vt_arena_copy(vt_test_arena(), answer.document);
    VT_CHECK(count_files(s, "header") == 0 && count_files(s, "body") == 0);
    VT_CHECK(share(s, &s->wanted).status == 403);
    VT_CHECK(state(s, &s->wanted).status == 410);
    die_and_start(s);
    VT_CHECK(share(s, &s->wanted).status == 403);
    answer = withdraw(s, s->world.now, false);
    VT_CHECK(vt_slice_equal(answer.document, first));
    stop(s);
}

static struct vt_keeper_answer report(struct stand *s, const char *country, int64_t at,
                                      uint16_t values)
{
    struct vt_keeper_report *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    struct vt_buf body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_statistic_schema_parse(vt_test_read(s->world.schema), &schema, &err));
    *out = (struct vt_keeper_report){
        .place = 5, .schema = schema.digest, .field_count = 1, .value_counts = { values }
    };
    (void)snprintf(out->country, sizeof out->country, "%s", country);
    out->report.period = vt_statistic_period(&schema, at);
    vt_keeper_report_write(&body, out);
    return call(s, VT_KEEPER_REPORT, &body, true);
}

static void reports_are_counted(void)
{
    struct stand *s = stand();

    VT_CHECK(report(s, "CH", s->world.now, 2).status == 202);
    VT_CHECK(report(s, "FR", s->world.now, 2).status == 421);
    VT_CHECK(report(s, "CH", s->world.now, 3).status == 422);
    VT_CHECK(report(s, "CH", s->world.now - 3 * 86400, 2).status == 422);
    stop(s);
}

/* ---- the queue --------------------------------------------------------------------------
 */

static bool see(void *context, const struct vt_sample_task *task, struct vt_error *err)
{
    struct vt_sample_task *out = context;

    (void)err;
    *out = *task;
    return true;
}

static void the_queue_of_the_scanner(void)
{
    struct stand *s = stand();
    const struct vt_queue_take take = { .rules = vt_sha256_of(VT_LIT("rules")),
                                        .max = 10,
                                        .lease_s = 60 };
    struct vt_sample_verdict verdict = { .state = 1,
                                         .rules = take.rules,
                                         .outcome = VT_LIT("clean") };
    struct vt_sample_task task = { .body_bytes = 0 };
    struct vt_error err = { 0 };
    uint64_t waiting;

    VT_CHECK_OK(vt_queue_ask(&s->queue, &take, see, &task, &waiting, &err));
    VT_CHECK(task.body_bytes == 0);
    (void)upload(s, &s->wanted);
    VT_CHECK_OK(vt_queue_ask(&s->queue, &take, see, &task, &waiting, &err));
    VT_CHECK(vt_hash_equal(&task.object, &s->wanted.request.object) &&
             vt_hash_equal(&task.body, &s->wanted.request.body));
    VT_CHECK_OK(vt_queue_settle(&s->queue, &task.object, &verdict, &err));
    task.body_bytes = 0;
    VT_CHECK_OK(vt_queue_ask(&s->queue, &take, see, &task, &waiting, &err));
    VT_CHECK(task.body_bytes == 0);
    task.object.bytes[0] ^= 1;
    VT_CHECK_FAILS(VT_ABSENT, vt_queue_settle(&s->queue, &task.object, &verdict, &err));
    vt_channel_clear(&s->queue); /* the dispatcher goes; files are taken on */
    VT_CHECK(state(s, &s->wanted).status == 200);
    s->queue = vt_channel_init(-1);
    stop(s);
}

/* One scanner at a time; one that talks nonsense goes, and the door is open for the next.
 */
static void one_scanner_at_a_time(void)
{
    struct stand *s = stand();
    const struct vt_queue_take take = { .rules = vt_sha256_of(VT_LIT("rules")),
                                        .max = 10,
                                        .lease_s = 60 };
    struct vt_sample_task task = { .body_bytes = 0 };
    struct vt_channel second;
    struct vt_message message;
    struct vt_error err = { 0 };
    struct stat about;
    uint64_t waiting = 7;

    VT_CHECK(stat(vt_test_path("samples/queue"), &about) == 0 && S_ISSOCK(about.st_mode) &&
             (about.st_mode & 0777) == 0600);
    VT_CHECK_OK(vt_queue_ask(&s->queue, &take, see, &task, &waiting, &err));
    VT_CHECK(waiting == 0 && task.body_bytes == 0);
    (void)upload(s, &s->wanted);
    waiting = 7;
    VT_CHECK_OK(vt_queue_door_knock(s->world.samples, &second, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_queue_ask(&second, &take, see, &task, &waiting, &err));
    VT_CHECK(strstr(err.message, "another scanner") != NULL && waiting == 7);
    vt_channel_clear(&second);
    VT_CHECK_OK(vt_channel_send(&s->queue, VT_QUEUE_TAKE, VT_LIT("nonsense"), &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_channel_receive(&s->queue, 20000, &message, &err));
    vt_channel_clear(&s->queue);
    VT_CHECK_OK(vt_queue_door_knock(s->world.samples, &s->queue, &err));
    VT_CHECK_OK(vt_queue_ask(&s->queue, &take, see, &task, &waiting, &err));
    VT_CHECK(waiting == 1 && vt_hash_equal(&task.object, &s->wanted.request.object));
    stop(s);
}

/* ---- the process ------------------------------------------------------------------------
 */

static void what_it_is_told_must_count(void)
{
    struct stand *s = stand();
    struct vt_error err = { 0 };
    int fds[VT_CELL_KEEPER_FDS] = { s->queue.fd };
    VT_AUTO_ROLE other = NULL;

    s->begin.samples = vt_test_path("other");
    s->begin.passphrase = VT_LIT("wrong");
    VT_CHECK_OK(vt_role_start(VT_ROLE_CELL_KEEPER, fds, 1, &other, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_cell_keeper_tell(vt_role_channel(other), &s->begin, &err));
    vt_role_stop(other);
    s->begin.passphrase = VT_LIT("open sesame");
    s->begin.sources.policy_proof = s->world.policy;
    VT_CHECK_OK(vt_role_start(VT_ROLE_CELL_KEEPER, fds, 1, &other, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_cell_keeper_tell(vt_role_channel(other), &s->begin, &err));
    vt_role_stop(other);
    s->begin.sources.policy_proof = s->world.policy_proof;
    s->begin.samples = s->world.samples; /* another has it */
    VT_CHECK_OK(vt_role_start(VT_ROLE_CELL_KEEPER, fds, 1, &other, &err));
    VT_CHECK_FAILS(VT_IO, vt_cell_keeper_tell(vt_role_channel(other), &s->begin, &err));
    stop(s);
}

static void a_message_without_a_form_ends_it(void)
{
    struct stand *s = stand();
    struct vt_channel *channel = vt_role_channel(s->keeper);
    struct vt_message message;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_channel_send(channel, VT_KEEPER_SHARE, VT_LIT("nonsense"), &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_channel_receive(channel, 20000, &message, &err));
    stop(s);
}

static void it_can_do_nothing_else(void)
{
    static const char *const allowed[] = { "write-folder", NULL };

    vt_test_confinement(VT_ROLE_CELL_KEEPER, vt_test_dir(), allowed);
}

/* What arrives by a move is sealed for a recipient that the trust root certifies for this
 * cell, and for the country that it is of. */
static void nothing_is_taken_for_others(void)
{
    struct vt_sharing_world world = vt_sharing_world_make();
    const struct vt_keeper_sources sources = { .cell = "zurich",
                                               .published = world.published,
                                               .trust = world.trust,
                                               .policy = world.policy,
                                               .policy_proof = world.policy_proof };
    VT_AUTO_FREE struct vt_keeper_rules *rules = vt_alloc(sizeof *rules);
    vt_hash ours = vt_sharing_recipient(world.now).digest;
    vt_hash other = vt_sha256_of(VT_LIT("another document"));
    struct vt_error err = { 0 };
    char why[240];

    VT_CHECK_OK(vt_keeper_rules_read(rules, &sources, &err));
    VT_CHECK_OK(vt_keeper_rules_seal_for(rules, &ours, "CH", world.now, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_keeper_rules_seal_for(rules, &other, "CH", world.now, &err));
    VT_CHECK_SAYING(strstr(err.message, "does not certify for cell zurich") != NULL, "%s",
                    err.message);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_keeper_rules_seal_for(rules, &ours, "CH", 1600000000, &err));
    VT_CHECK_OK(vt_keeper_rules_look(rules, world.now, why, &err));
    VT_CHECK_SAYING(rules->recipient_count == 1, "%s", why);
    VT_CHECK_OK(vt_keeper_rules_seal_for(rules, &ours, "CH", world.now, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_keeper_rules_seal_for(rules, &ours, "DE", world.now, &err));
    vt_keeper_rules_clear(rules);
}

static const struct vt_case cases[] = {
    { "from wish to receipt", from_wish_to_receipt },
    { "a file for a rule", a_file_for_a_rule },
    { "what belongs elsewhere", what_belongs_elsewhere },
    { "what nobody asked for", what_nobody_asked_for },
    { "the list changes with the head", the_list_changes_with_the_head },
    { "an upload that does not fit", an_upload_that_does_not_fit },
    { "withdrawal erases", withdrawal_erases },
    { "reports are counted", reports_are_counted },
    { "the queue of the scanner", the_queue_of_the_scanner },
    { "one scanner at a time", one_scanner_at_a_time },
    { "what it is told must count", what_it_is_told_must_count },
    { "a message without a form ends it", a_message_without_a_form_ends_it },
    { "it can do nothing else", it_can_do_nothing_else },
    { "nothing is taken for others", nothing_is_taken_for_others },
};

VT_TEST_MAIN("keeper", cases)
