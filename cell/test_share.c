/* Sharing, from the client's side, against the keeper itself: what would be sent is said,
 * what nobody asked for stays, the record comes first, an upload goes on after a sudden end
 * on either side, and a receipt that is none is refused. */
#include "cell/consent.h"
#include "cell/keeper_message.h"
#include "cell/sent.h"
#include "cell/share.h"
#include "crypto/age_stream.h"
#include "tests/sharing_world.h"

#include <signal.h>

struct stand {
    struct vt_sharing_world world;
    struct vt_trust *trust;
    struct vt_residency_record *policy;
    struct vt_head_verdict head;
    struct vt_recipient recipient;
    struct vt_share_place place;
    struct vt_env env;
    struct vt_disk *home;
    struct vt_key *pseudonym;
    struct vt_keeper_begin begin;
    struct vt_role *keeper;
    struct vt_share_door door;
    unsigned asked;                /* wishes and puts that came to the door */
    unsigned killed_at, mute_from; /* the keeper dies before that one; no answers from */
    bool forges;                   /* receipts */
    vt_slice replays;              /* a receipt of another object; empty: none */
};

/* ---- a door that leads to the keeper ----------------------------------------------------
 */

static void start_keeper(struct stand *s)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_role_start(VT_ROLE_CELL_KEEPER, NULL, 0, &s->keeper, &err));
    VT_CHECK_OK(vt_cell_keeper_tell(vt_role_channel(s->keeper), &s->begin, &err));
}

static bool may_pass(struct stand *s, struct vt_error *err)
{
    s->asked++;
    if (s->mute_from != 0 && s->asked >= s->mute_from)
        return vt_fail(err, VT_IO, "nobody is there");
    if (s->asked != s->killed_at)
        return true;
    VT_CHECK(kill(vt_role_pid(s->keeper), SIGKILL) == 0);
    vt_role_stop(s->keeper);
    start_keeper(s);
    return vt_fail(err, VT_IO, "the keeper died");
}

static void copy_answer(struct stand *s, const struct vt_keeper_answer *answer,
                        struct vt_share_reply *out)
{
    out->status = answer->status;
    out->offset = answer->offset;
    out->retry_after_s = answer->retry_after_s;
    (void)snprintf(out->sentence, sizeof out->sentence, "%.*s",
                   VT_SLICE_ARGS(answer->sentence));
    (void)snprintf(out->cell, sizeof out->cell, "%.*s", VT_SLICE_ARGS(answer->cell));
    (void)snprintf(out->url, sizeof out->url, "%.*s", VT_SLICE_ARGS(answer->url));
    vt_buf_put(&out->document, answer->document);
    if (s->forges && out->document.len != 0)
        out->document.data[out->document.len / 2] ^= 1;
    if (s->replays.len != 0 && out->document.len != 0) {
        vt_buf_truncate(&out->document, 0);
        vt_buf_put(&out->document, s->replays);
    }
}

static void send(struct stand *s, uint16_t type, struct vt_buf *body,
                 struct vt_share_reply *out)
{
    struct vt_channel *channel = vt_role_channel(s->keeper);
    struct vt_keeper_answer answer;
    struct vt_message message;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_channel_send(channel, type, vt_buf_slice(body), &err));
    vt_buf_clear(body);
    VT_CHECK_OK(vt_channel_receive(channel, 20000, &message, &err));
    VT_CHECK(message.type == VT_KEEPER_TAKEN);
    if (out == NULL)
        return;
    VT_CHECK_OK(vt_channel_receive(channel, 20000, &message, &err));
    VT_CHECK(message.type == VT_KEEPER_ANSWER &&
             vt_keeper_answer_read(message.body, &answer));
    copy_answer(s, &answer, out);
}

static bool door_share(void *context, const struct vt_share_request *request,
                       struct vt_share_reply *out, struct vt_error *err)
{
    struct stand *s = context;
    struct vt_buf body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    if (!may_pass(s, err))
        return false;
    vt_keeper_share_write(&body, 0, request);
    send(s, VT_KEEPER_SHARE, &body, out);
    return true;
}

static bool door_put(void *context, const vt_hash *object, uint64_t offset, vt_slice bytes,
                     struct vt_share_reply *out, struct vt_error *err)
{
    struct stand *s = context;
    struct vt_keeper_chunk chunk = { .object = *object, .offset = offset };
    struct vt_buf body;

    if (!may_pass(s, err))
        return false;
    for (size_t at = 0; at < bytes.len; at += chunk.bytes.len) {
        size_t left = bytes.len - at;

        chunk.offset = offset + at;
        chunk.bytes = vt_slice_sub(
            bytes, at, left < VT_KEEPER_CHUNK_BYTES_MAX ? left : VT_KEEPER_CHUNK_BYTES_MAX);
        body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
        vt_keeper_chunk_write(&body, &chunk);
        send(s, VT_KEEPER_CHUNK, &body, NULL);
    }
    chunk.offset = offset + bytes.len;
    chunk.bytes = (vt_slice){ 0 };
    body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_keeper_chunk_write(&body, &chunk);
    send(s, VT_KEEPER_END, &body, out);
    return true;
}

/* ---- the stand --------------------------------------------------------------------------
 */

static void judge_head(struct stand *s)
{
    const struct vt_head_question question = { .file = vt_test_read(vt_test_print(
                                                   "%s/head.json", s->world.published)),
                                               .trust = s->trust,
                                               .cell = VT_LIT("zurich"),
                                               .jurisdiction = VT_LIT("CH"),
                                               .now_unix_s = s->world.now,
                                               .max_age_s = VT_HEAD_AGE_S,
                                               .collection_delay_s = VT_HEAD_DELAY_S };
    struct vt_error err = { 0 };

    vt_head_verdict_clear(&s->head);
    VT_CHECK_OK(vt_head_check(&question, &s->head, &err));
    VT_CHECK_SAYING(s->head.reason == VT_HEAD_YES, "%s", s->head.sentence);
}

static struct stand *stand(void)
{
    struct stand *s = vt_arena_alloc(vt_test_arena(), sizeof *s);
    struct vt_error err = { 0 };

    s->world = vt_sharing_world_make();
    s->env = vt_env_real();
    VT_CHECK_OK(vt_trust_parse(s->world.trust_bytes, &s->trust, &err));
    VT_CHECK_OK(vt_residency_record_parse(vt_test_read(s->world.policy), &s->policy, &err));
    judge_head(s);
    s->recipient = vt_sharing_recipient(s->world.now);
    s->place = (struct vt_share_place){ .trust = s->trust,
                                        .policy = &s->policy->table,
                                        .country = "CH",
                                        .head = &s->head,
                                        .recipients = &s->recipient,
                                        .recipient_count = 1,
                                        .env = &s->env };
    VT_CHECK_OK(vt_disk_open(vt_test_path("home"), true, &s->home, &err));
    VT_CHECK_OK(vt_disk_lock(s->home, &err));
    VT_CHECK_OK(vt_consent_turn(s->home, VT_CONSENT_SUBMIT, true, 1, &err));
    VT_CHECK_OK(vt_pseudonym_open(s->home, VT_LIT("zurich"), &s->env, &s->pseudonym, &err));
    s->door = (struct vt_share_door){
        .share = door_share, .put = door_put, .context = s, .piece_bytes = 10, .tries = 3
    };
    s->begin = vt_sharing_world_begin(&s->world);
    start_keeper(s);
    vt_test_write(vt_test_path("wanted.exe"), VT_LIT(VT_SHARING_WANTED));
    return s;
}

static void end(struct stand *s)
{
    vt_role_stop(s->keeper);
    vt_key_close(s->pseudonym);
    vt_disk_close(s->home);
    vt_head_verdict_clear(&s->head);
    vt_residency_record_free(s->policy);
    vt_trust_free(s->trust);
}

static struct vt_share_plan plan(struct stand *s)
{
    struct vt_share_plan out;
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_share_plan_make(&s->place, vt_test_path("wanted.exe"), NULL, &out, &err));
    return out;
}

static struct vt_share_parcel parcel(struct stand *s)
{
    struct vt_share_plan what = plan(s);
    struct vt_share_parcel out;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_share_parcel_open(s->home, &s->place, &what, s->pseudonym, &out, &err));
    return out;
}

/* Open the parcel and send it; the object's id is in *object_out. */
static bool share(struct stand *s, vt_hash *object_out, struct vt_share_outcome *out,
                  struct vt_error *err)
{
    VT_AUTO_SHARE_PARCEL one = parcel(s);

    *object_out = one.request.object;
    return vt_share_send(s->home, &s->place, &one, VT_LIT("wanted.exe, asked for"),
                         s->pseudonym, &s->door, out, err);
}

static size_t lines(struct stand *s, const vt_hash *object)
{
    VT_AUTO_SENT sent = NULL;
    struct vt_error err = { 0 };
    size_t count = 0;

    VT_CHECK_OK(vt_sent_open(s->home, &sent, &err));
    for (size_t i = 0; i < vt_sent_count(sent); i++)
        count += vt_hash_equal(&vt_sent_at(sent, i)->sha256, object);
    return count;
}

static const char *at_home(const char *folder, const vt_hash *object, const char *kind)
{
    char text[65];

    vt_hash_text(object, text);
    return vt_test_path(vt_test_print("home/%s/%s%s", folder, text, kind));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void what_would_be_sent_is_said(void)
{
    struct stand *s = stand();
    struct vt_share_plan what = plan(s);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));

    vt_share_plan_text(&s->place, &what, &text);
    VT_CHECK(strstr(vt_buf_cstr(&text), "cell zurich in CH") != NULL &&
             strstr(vt_buf_cstr(&text), "samples of a new worm") != NULL &&
             strstr(vt_buf_cstr(&text), "salted digest") != NULL);
    VT_CHECK(s->asked == 0);
    end(s);
}

static void what_is_not_sent(void)
{
    struct stand *s = stand();
    struct vt_share_plan what;
    struct vt_error err = { 0 };

    vt_test_write(vt_test_path("diary"), VT_LIT("dear diary"));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_share_plan_make(&s->place, vt_test_path("diary"), NULL, &what, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_share_plan_make(&s->place, vt_test_path("diary"),
                                                   "collect_everything", &what, &err));
    VT_CHECK_OK(
        vt_share_plan_make(&s->place, vt_test_path("diary"), VT_SHARING_RULE, &what, &err));
    VT_CHECK_FAILS(
        VT_IO, vt_share_plan_make(&s->place, vt_test_path("nothing"), NULL, &what, &err));
    s->place.country = "FR"; /* whose files belong to another cell */
    VT_CHECK_FAILS(VT_REJECTED, vt_share_plan_make(&s->place, vt_test_path("wanted.exe"),
                                                   NULL, &what, &err));
    s->place.country = "CH";
    s->recipient.until_unix_s = s->world.now;
    VT_CHECK_FAILS(VT_REJECTED, vt_share_plan_make(&s->place, vt_test_path("wanted.exe"),
                                                   NULL, &what, &err));
    s->recipient = vt_sharing_recipient(s->world.now);
    s->recipient.digest.bytes[3] ^= 1; /* certified by nobody */
    VT_CHECK_FAILS(VT_REJECTED, vt_share_plan_make(&s->place, vt_test_path("wanted.exe"),
                                                   NULL, &what, &err));
    end(s);
}

static void from_file_to_receipt(void)
{
    struct stand *s = stand();
    struct vt_share_outcome outcome;
    VT_AUTO_SHARE_RECEIPT receipt = { .json = NULL };
    struct vt_error err = { 0 };
    vt_hash object;

    VT_CHECK_OK(share(s, &object, &outcome, &err));
    VT_CHECK(!outcome.is_held && outcome.until_unix_s > s->world.now &&
             outcome.bytes_sent > sizeof VT_SHARING_WANTED);
    VT_CHECK_OK(vt_share_receipt_parse(vt_test_read(at_home("receipts", &object, "")),
                                       s->trust, &receipt, &err));
    VT_CHECK(vt_hash_equal(&receipt.object, &object) && lines(s, &object) == 1);
    VT_CHECK(!vt_path_exists(at_home("outbox", &object, ".body")) &&
             !vt_path_exists(at_home("outbox", &object, ".wish")));
    end(s);
}

/* What lies in the cell is an age file: header and body, for the recipient alone. */
static void whoever_has_the_key_can_open_it(void)
{
    struct stand *s = stand();
    struct vt_age_identity *identity = vt_sharing_identity();
    VT_AUTO_SHARE_PARCEL one = parcel(s);
    VT_AUTO_BUF plain = vt_buf_init(VT_KIB(4));
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_age_header header;
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_header_parse(one.request.header, &header, &err));
    VT_CHECK_OK(vt_age_unwrap(identity, &header, file_key, &err));
    VT_CHECK_OK(vt_age_open_new(file_key, vt_age_sink_buf(&plain), &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(
        stream, vt_test_read(at_home("outbox", &one.request.object, ".body")), &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&plain), VT_SHARING_WANTED));
    end(s);
}

static void nothing_leaves_without_consent(void)
{
    struct stand *s = stand();
    struct vt_share_outcome outcome;
    struct vt_error err = { 0 };
    vt_hash object;

    VT_CHECK_OK(vt_consent_turn(s->home, VT_CONSENT_SUBMIT, false, 2, &err));
    VT_CHECK_FAILS(VT_REJECTED, share(s, &object, &outcome, &err));
    VT_CHECK(s->asked == 0 && lines(s, &object) == 0);
    /* Turned off while an upload was under way. */
    VT_CHECK_OK(vt_consent_turn(s->home, VT_CONSENT_SUBMIT, true, 3, &err));
    s->mute_from = 3;
    VT_CHECK_FAILS(VT_IO, share(s, &object, &outcome, &err));
    VT_CHECK_OK(vt_consent_turn(s->home, VT_CONSENT_SUBMIT, false, 4, &err));
    s->mute_from = s->asked = 0;
    VT_CHECK_FAILS(VT_REJECTED, share(s, &object, &outcome, &err));
    VT_CHECK(s->asked == 0);
    end(s);
}

/* The client ends at any place; the next call goes on with the same object. */
static void it_goes_on_after_the_client_ended(void)
{
    struct stand *s = stand();
    struct vt_share_outcome outcome;
    struct vt_error err = { 0 };
    vt_hash first, object;

    s->door.tries = 1;
    s->mute_from = 5;
    VT_CHECK_FAILS(VT_IO, share(s, &first, &outcome, &err));
    VT_CHECK(lines(s, &first) == 1);
    s->mute_from = s->asked = 0;
    VT_CHECK_OK(share(s, &object, &outcome, &err));
    VT_CHECK(vt_hash_equal(&first, &object) && lines(s, &object) == 1);
    VT_CHECK(outcome.bytes_sent <= 90); /* three pieces were there */
    end(s);
}

/* The keeper dies before each of its answers in turn; nobody sees more than a delay. */
static void it_goes_on_after_the_keeper_died(void)
{
    struct stand *s = stand();
    struct vt_share_outcome outcome;
    struct vt_error err = { 0 };
    vt_hash object;

    for (unsigned at = 1; at < 14; at++) {
        s->killed_at = at;
        s->asked = 0;
        VT_CHECK_OK(share(s, &object, &outcome, &err));
        VT_CHECK(vt_path_exists(at_home("receipts", &object, "")));
        VT_CHECK(lines(s, &object) == 1);
    }
    end(s);
}

static void a_receipt_that_is_none(void)
{
    struct stand *s = stand();
    struct vt_share_outcome outcome;
    struct vt_error err = { 0 };
    vt_hash first, object;

    s->forges = true;
    VT_CHECK(!share(s, &first, &outcome, &err) &&
             (err.code == VT_REJECTED || err.code == VT_MALFORMED));
    VT_CHECK(!vt_path_exists(at_home("receipts", &first, "")));
    VT_CHECK(vt_path_exists(at_home("outbox", &first, ".body"))); /* it still can be had */
    s->forges = false;
    VT_CHECK_OK(share(s, &object, &outcome, &err));
    VT_CHECK(vt_hash_equal(&first, &object));
    end(s);
}

/* A good one, by the cell, of the file that was shared before. */
static void a_receipt_of_another_file(void)
{
    struct stand *s = stand();
    struct vt_share_outcome outcome;
    struct vt_error err = { 0 };
    vt_hash earlier, object, again;

    VT_CHECK_OK(share(s, &earlier, &outcome, &err));
    s->replays = vt_test_read(at_home("receipts", &earlier, ""));
    VT_CHECK_FAILS(VT_REJECTED, share(s, &object, &outcome, &err));
    VT_CHECK(!vt_hash_equal(&earlier, &object));
    VT_CHECK(!vt_path_exists(at_home("receipts", &object, "")));
    s->replays = (vt_slice){ 0 };
    VT_CHECK_OK(share(s, &again, &outcome, &err));
    VT_CHECK(vt_hash_equal(&again, &object));
    end(s);
}

static void a_cell_that_says_no(void)
{
    struct stand *s = stand();
    struct vt_share_outcome outcome;
    struct vt_error err = { 0 };
    vt_hash object;

    vt_sharing_world_show(&s->world, 42, NULL); /* the list was changed meanwhile */
    VT_CHECK_FAILS(VT_REJECTED, share(s, &object, &outcome, &err));
    vt_sharing_world_show(&s->world, 43, VT_SHARING_WANTED);
    s->begin.bounds.waiting_objects_max = 1;
    VT_CHECK(kill(vt_role_pid(s->keeper), SIGKILL) == 0);
    vt_role_stop(s->keeper);
    start_keeper(s);
    VT_CHECK_OK(share(s, &object, &outcome, &err));
    VT_CHECK_FAILS(VT_LIMIT, share(s, &object, &outcome, &err)); /* come again */
    end(s);
}

static void a_file_that_changes_while_it_is_read(void)
{
    struct stand *s = stand();
    struct vt_share_plan what = plan(s);
    struct vt_share_parcel out;
    struct vt_error err = { 0 };

    vt_test_write(vt_test_path("wanted.exe"), VT_LIT("something else"));
    VT_CHECK_FAILS(VT_REJECTED, vt_share_parcel_open(s->home, &s->place, &what,
                                                     s->pseudonym, &out, &err));
    vt_share_parcel_clear(&out);
    end(s);
}

/* ---- answers over HTTP ------------------------------------------------------------------
 */

static void answers_are_taken_apart(void)
{
    static const struct {
        const char *text;
        bool is_good;
        uint64_t offset;
    } rows[] = {
        { "{\"ok\":true,\"sentence\":\"go on\",\"offset\":7}", true, 7 },
        { "{\"ok\":false,\"sentence\":\"no\"}", true, 0 },
        { "{\"ok\":false,\"sentence\":\"no\",\"cell\":\"bern\",\"url\":\"https://b\","
          "\"retry_after_s\":5}",
          true, 0 },
        { "{\"ok\":false}", false, 0 },
        { "{\"ok\":false,\"sentence\":\"no\",\"more\":1}", false, 0 },
        { "{\"ok\":true,\"sentence\":\"go on\",\"offset\":-7}", false, 0 },
        { "go on", false, 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_share_reply reply = { .status = 202 };
        struct vt_error err = { 0 };

        VT_CHECK_SAYING(vt_share_reply_parse(vt_slice_from_cstr(rows[i].text), &reply,
                                             &err) == rows[i].is_good &&
                            reply.offset == rows[i].offset,
                        "%s: %s", rows[i].text, err.message);
    }
}

static const struct vt_case cases[] = {
    { "what would be sent is said", what_would_be_sent_is_said },
    { "what is not sent", what_is_not_sent },
    { "from file to receipt", from_file_to_receipt },
    { "whoever has the key can open it", whoever_has_the_key_can_open_it },
    { "nothing leaves without consent", nothing_leaves_without_consent },
    { "it goes on after the client ended", it_goes_on_after_the_client_ended },
    { "it goes on after the keeper died", it_goes_on_after_the_keeper_died },
    { "a receipt that is none", a_receipt_that_is_none },
    { "a receipt of another file", a_receipt_of_another_file },
    { "a cell that says no", a_cell_that_says_no },
    { "a file that changes while it is read", a_file_that_changes_while_it_is_read },
    { "answers are taken apart", answers_are_taken_apart },
};

VT_TEST_MAIN("share", cases)
