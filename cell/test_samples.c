/* The store of samples: from the wish to the receipt, what is refused and leaves nothing,
 * what goes on after a sudden end, who gets what to scan, and how it goes out of the world
 * again. */
#include "cell/samples.h"
#include "tests/sharing.h"
#include "tests/world.h"

static const char EICAR_LIKE[] = "a file that a rule of the collection list asks for";

struct stand {
    int64_t now; /* seconds */
    struct vt_env env;
    struct vt_samples *samples;
    struct vt_samples_bounds bounds;
    struct vt_trust *trust;
};

static int64_t tell_now(void *context)
{
    return ((struct stand *)context)->now * 1000;
}

static void reopen(struct stand *s)
{
    struct vt_error err = { 0 };

    vt_samples_close(s->samples);
    s->samples = NULL;
    VT_CHECK_OK(vt_samples_open(vt_test_path("samples"), "zurich", &s->bounds,
                                vt_world_key(VT_P_CELL), &s->env, &s->samples, &err));
}

static struct stand *stand(void)
{
    struct stand *s = vt_arena_alloc(vt_test_arena(), sizeof *s);
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };

    s->now = VT_WORLD_NOW;
    s->env = vt_env_real();
    s->env.now_unix_ms = tell_now;
    s->env.context = s;
    s->bounds.free_bytes_min = 1;
    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &s->trust, &err));
    vt_test_keep(s->trust);
    reopen(s);
    return s;
}

static void end(struct stand *s)
{
    vt_samples_close(s->samples);
    vt_trust_free(s->trust);
}

/* ---- small steps ------------------------------------------------------------------------
 */

static uint16_t share(struct stand *s, const struct vt_shared *shared)
{
    VT_AUTO_SAMPLE_ANSWER answer = { .status = 0 };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_samples_share(s->samples, &shared->request, &answer, &err));
    VT_CHECK(answer.sentence[0] != '\0');
    return answer.status;
}

static uint16_t put(struct stand *s, const struct vt_shared *shared, size_t from, size_t to)
{
    struct vt_error err = { 0 };
    uint16_t status;

    VT_CHECK_OK(vt_samples_put(s->samples, &shared->request.object, from,
                               vt_slice_sub(shared->body, from, to - from), &status, &err));
    return status;
}

static struct vt_sample_answer answer_of(struct stand *s, const struct vt_shared *shared,
                                         bool ends)
{
    struct vt_sample_answer answer = { .status = 0 };
    struct vt_error err = { 0 };

    if (ends)
        VT_CHECK_OK(vt_samples_end(s->samples, &shared->request.object, &answer, &err));
    else
        VT_CHECK_OK(vt_samples_state(s->samples, &shared->request.object, &answer, &err));
    return answer;
}

/* The receipt's bytes, after it was checked. */
static vt_slice receipt(struct stand *s, const struct vt_shared *shared, bool ends)
{
    struct vt_sample_answer answer = answer_of(s, shared, ends);
    VT_AUTO_SHARE_RECEIPT parsed = { .json = NULL };
    struct vt_error err = { 0 };
    vt_slice out;

    VT_CHECK_SAYING(answer.status == 200, "%u: %s", answer.status, answer.sentence);
    VT_CHECK_OK(
        vt_share_receipt_parse(vt_buf_slice(&answer.document), s->trust, &parsed, &err));
    VT_CHECK_OK(vt_share_receipt_answers(&parsed, &shared->request, &err));
    out = vt_arena_copy(vt_test_arena(), vt_buf_slice(&answer.document));
    vt_sample_answer_clear(&answer);
    return out;
}

static vt_slice upload(struct stand *s, const struct vt_shared *shared)
{
    VT_CHECK(share(s, shared) == 201);
    VT_CHECK(put(s, shared, 0, shared->body.len) == 0);
    return receipt(s, shared, true);
}

static struct vt_samples_census census(struct stand *s)
{
    struct vt_samples_census out;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_samples_census(s->samples, &out, &err));
    return out;
}

static struct vt_shared sealed(struct stand *s, const char *plain, unsigned pseudonym)
{
    return vt_sharing_seal(vt_slice_from_cstr(plain), pseudonym, s->now);
}

static bool has_file(const char *folder, const struct vt_shared *shared)
{
    char id[65];

    vt_hash_text(&shared->request.object, id);
    return vt_path_exists(
        vt_test_path(vt_test_print("samples/%s/%.2s/%s", folder, id, id)));
}

/* ---- coming in --------------------------------------------------------------------------
 */

static void from_wish_to_receipt(void)
{
    struct stand *s = stand();
    struct vt_shared shared = sealed(s, EICAR_LIKE, 1);
    vt_slice first = upload(s, &shared);

    VT_CHECK(has_file("header", &shared) && has_file("body", &shared));
    VT_CHECK(vt_slice_equal(receipt(s, &shared, false), first)); /* asked again */
    VT_CHECK(vt_slice_equal(receipt(s, &shared, true), first));
    VT_CHECK(share(s, &shared) == 200); /* the wish again */
    s->now += 500;
    reopen(s);
    VT_CHECK(vt_slice_equal(receipt(s, &shared, false), first));
    VT_CHECK(census(s).waiting == 1 && census(s).coming == 0);
    end(s);
}

static void an_upload_goes_on_where_it_was(void)
{
    struct stand *s = stand();
    struct vt_shared shared = sealed(s, EICAR_LIKE, 1);
    struct vt_sample_answer answer;

    VT_CHECK(share(s, &shared) == 201);
    VT_CHECK(put(s, &shared, 0, 20) == 0);
    answer = answer_of(s, &shared, true);
    VT_CHECK(answer.status == 202 && answer.offset == 20);
    vt_sample_answer_clear(&answer);
    VT_CHECK(put(s, &shared, 20, 40) == 0); /* and never ended */
    reopen(s);
    VT_CHECK(share(s, &shared) == 202);
    answer = answer_of(s, &shared, false);
    VT_CHECK(answer.offset >= 20 && answer.offset <= 40);
    VT_CHECK(put(s, &shared, 0, 20) == 409);
    VT_CHECK(put(s, &shared, (size_t)answer.offset, shared.body.len) == 0);
    vt_sample_answer_clear(&answer);
    (void)receipt(s, &shared, true);
    end(s);
}

/* More uploads than there are open files. */
static void many_uploads_at_once(void)
{
    enum { MANY = 50 };
    struct stand *s = stand();
    struct vt_shared *all = vt_arena_alloc(vt_test_arena(), MANY * sizeof *all);

    for (unsigned i = 0; i < MANY; i++) {
        all[i] = sealed(s, vt_test_print("file %u", i), i);
        VT_CHECK(share(s, &all[i]) == 201);
        VT_CHECK(put(s, &all[i], 0, 10) == 0);
    }
    for (unsigned i = 0; i < MANY; i++) {
        VT_CHECK(put(s, &all[i], 10, all[i].body.len) == 0);
        (void)receipt(s, &all[i], true);
    }
    VT_CHECK(census(s).waiting == MANY);
    end(s);
}

static void another_body_than_was_announced(void)
{
    struct stand *s = stand();
    struct vt_shared shared = sealed(s, EICAR_LIKE, 1), other = sealed(s, EICAR_LIKE, 1);
    struct vt_sample_answer answer;

    VT_CHECK(share(s, &shared) == 201);
    other.request.object = shared.request.object;
    VT_CHECK(put(s, &other, 0, other.body.len) == 0);
    answer = answer_of(s, &shared, true);
    VT_CHECK_SAYING(answer.status == 422, "%u: %s", answer.status, answer.sentence);
    vt_sample_answer_clear(&answer);
    VT_CHECK(!has_file("header", &shared) && !has_file("body", &shared));
    VT_CHECK(census(s).waiting == 0 && census(s).coming == 0);
    VT_CHECK(upload(s, &shared).len != 0); /* nothing of it is left: from the beginning */
    end(s);
}

static void what_does_not_fit(void)
{
    struct stand *s = stand();
    struct vt_shared shared = sealed(s, EICAR_LIKE, 1);
    struct vt_sample_answer answer;
    struct vt_error err = { 0 };
    uint16_t status;

    VT_CHECK(put(s, &shared, 0, 1) == 404); /* nobody said that it would come */
    VT_CHECK(share(s, &shared) == 201);
    VT_CHECK(put(s, &shared, 1, 2) == 409);
    VT_CHECK(put(s, &shared, 0, shared.body.len) == 0);
    VT_CHECK_OK(vt_samples_put(s->samples, &shared.request.object, shared.body.len,
                               VT_LIT("x"), &status, &err));
    VT_CHECK(status == 413);
    (void)receipt(s, &shared, true);
    VT_CHECK(put(s, &shared, 0, 1) == 409); /* it is whole */
    answer = answer_of(s, &(struct vt_shared){ .request = { .object = { { 9 } } } }, false);
    VT_CHECK(answer.status == 404);
    vt_sample_answer_clear(&answer);
    end(s);
}

/* ---- refused, and nothing is kept -------------------------------------------------------
 */

static void refused_wishes(void)
{
    struct stand *s = stand();
    struct vt_shared shared = sealed(s, EICAR_LIKE, 1), forged = shared;

    forged.request.body_bytes++;
    VT_CHECK(share(s, &forged) == 403); /* not what was signed */
    forged = shared;
    forged.request.pseudonym = *vt_key_public(vt_sharing_pseudonym(2));
    VT_CHECK(share(s, &forged) == 403);
    forged = shared;
    forged.request.object.bytes[0] ^= 1;
    VT_CHECK(share(s, &forged) == 400);
    s->now += 901;
    VT_CHECK(share(s, &shared) == 403); /* shown again, too late */
    s->now -= 2 * 901;
    VT_CHECK(share(s, &shared) == 403); /* too early */
    s->now += 901;
    VT_CHECK(share(s, &shared) == 201);
    forged = shared;
    vt_sharing_sign_again(&forged, 2, s->now); /* another client, the same object */
    VT_CHECK(share(s, &forged) == 403);
    VT_CHECK(census(s).coming == 1 && census(s).waiting == 0);
    end(s);
}

static void bounds(void)
{
    struct stand *s = stand();
    struct vt_shared small = sealed(s, "1", 1), second = sealed(s, "2", 1),
                     third = sealed(s, "3", 2), fourth = sealed(s, "4", 3);

    s->bounds = (struct vt_samples_bounds){ .body_bytes_max = small.body.len,
                                            .owner_objects_max = 1,
                                            .coming_max = 1,
                                            .waiting_objects_max = 2,
                                            .free_bytes_min = 1 };
    reopen(s);
    VT_CHECK(share(s, &small) == 201);
    VT_CHECK(share(s, &second) == 403); /* this client's quota */
    VT_CHECK(share(s, &third) == 503);  /* uploads under way */
    VT_CHECK(put(s, &small, 0, small.body.len) == 0);
    (void)receipt(s, &small, true);
    (void)upload(s, &third);
    VT_CHECK(share(s, &fourth) == 503); /* so many wait for a scan */
    fourth = sealed(s, "longer", 3);
    VT_CHECK(share(s, &fourth) == 413);
    s->bounds = (struct vt_samples_bounds){ .free_bytes_min = UINT64_MAX - 1 };
    reopen(s);
    VT_CHECK(share(s, &fourth) == 507);
    s->bounds = (struct vt_samples_bounds){ .owner_per_minute = 2, .free_bytes_min = 1 };
    reopen(s);
    VT_CHECK(share(s, &fourth) == 201 && share(s, &fourth) == 202 &&
             share(s, &fourth) == 429);
    VT_CHECK(share(s, &small) == 200); /* another client */
    end(s);
}

/* A real one: the room is asked for before a byte is written. */
static void a_full_disk(void)
{
    enum { DISK = 4 << 20, BODY = 8 << 20 };
    struct stand *s = stand();
    const char *folder = vt_test_small_disk(DISK);
    uint8_t *plain = vt_arena_alloc(vt_test_arena(), BODY);
    struct vt_shared large = vt_sharing_seal(vt_slice_of(plain, BODY), 1, s->now),
                     small = sealed(s, EICAR_LIKE, 1);
    struct vt_samples_census after;
    struct vt_error err = { 0 };

    vt_samples_close(s->samples);
    VT_CHECK_OK(vt_samples_open(folder, "zurich", &s->bounds, vt_world_key(VT_P_CELL),
                                &s->env, &s->samples, &err));
    VT_CHECK(share(s, &large) == 507);
    VT_CHECK_OK(vt_samples_census(s->samples, &after, &err));
    VT_CHECK(after.coming == 0);
    VT_CHECK(upload(s, &small).len != 0); /* what has room goes on */
    end(s);
}

/* ---- the same file again ----------------------------------------------------------------
 */

struct seen {
    struct vt_sample_task tasks[16];
    size_t count;
};

static bool see(void *context, const struct vt_sample_task *task, struct vt_error *err)
{
    struct seen *seen = context;

    (void)err;
    VT_CHECK(task->header.len == 168);
    seen->tasks[seen->count++] = *task;
    return true;
}

static struct seen take(struct stand *s, const char *rules, size_t max)
{
    vt_hash digest = vt_sha256_of(vt_slice_from_cstr(rules));
    struct seen seen = { .count = 0 };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_samples_take(s->samples, &digest, max, 60, see, &seen, &err));
    return seen;
}

static bool settle(struct stand *s, const vt_hash *object, const char *rules,
                   const char *plain, struct vt_error *err)
{
    struct vt_sample_verdict verdict = { .state = 3,
                                         .rules = vt_sha256_of(vt_slice_from_cstr(rules)),
                                         .outcome = VT_LIT("{\"state\":\"malicious\"}"),
                                         .has_plain = plain != NULL,
                                         .plain = vt_sha256_of(vt_slice_from_cstr(plain)) };

    return vt_samples_settle(s->samples, object, &verdict, err);
}

static void the_same_file_is_not_taken_twice(void)
{
    struct stand *s = stand();
    struct vt_shared one = sealed(s, EICAR_LIKE, 1), two = sealed(s, EICAR_LIKE, 2),
                     three = sealed(s, EICAR_LIKE, 3);
    struct vt_error err = { 0 };
    VT_AUTO_SAMPLE_ANSWER first = { .status = 0 };
    VT_AUTO_SAMPLE_ANSWER again = { .status = 0 };
    VT_AUTO_SHARE_RECEIPT held = { .json = NULL };

    (void)upload(s, &one);
    (void)upload(s, &two); /* nobody has seen yet that they are equal */
    VT_CHECK_OK(settle(s, &one.request.object, "rules", EICAR_LIKE, &err));
    VT_CHECK_OK(vt_samples_share(s->samples, &three.request, &first, &err));
    VT_CHECK(first.status == 200 && census(s).coming == 0);
    VT_CHECK_OK(
        vt_share_receipt_parse(vt_buf_slice(&first.document), s->trust, &held, &err));
    VT_CHECK(held.is_held && held.until_unix_s == held.at_unix_s);
    VT_CHECK_OK(vt_share_receipt_answers(&held, &three.request, &err));
    s->now += 7;
    VT_CHECK_OK(vt_samples_share(s->samples, &three.request, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&first.document), vt_buf_slice(&again.document)));
    VT_CHECK(!has_file("header", &three) && !has_file("body", &three));
    end(s);
}

/* Whoever says that his file is another one keeps nobody's out. */
static void a_false_digest_holds_nothing(void)
{
    struct stand *s = stand();
    struct vt_shared liar = sealed(s, "harmless", 1), honest = sealed(s, EICAR_LIKE, 2);
    struct vt_error err = { 0 };

    liar.request.digest = honest.request.digest;
    vt_sharing_sign_again(&liar, 1, s->now);
    (void)upload(s, &liar);
    VT_CHECK_OK(settle(s, &liar.request.object, "rules", "harmless", &err));
    VT_CHECK(share(s, &honest) == 201);
    end(s);
}

/* ---- scanning ---------------------------------------------------------------------------
 */

static void each_is_scanned_and_again_by_other_rules(void)
{
    struct stand *s = stand();
    struct vt_shared one = sealed(s, "1", 1), two = sealed(s, "2", 2);
    VT_AUTO_BUF outcome = vt_buf_init(VT_SAMPLE_OUTCOME_BYTES_MAX);
    struct vt_sample_verdict verdict;
    struct vt_error err = { 0 };
    struct seen seen;

    (void)upload(s, &one);
    s->now++;
    (void)upload(s, &two);
    VT_CHECK_FAILS(VT_ABSENT, vt_samples_verdict(s->samples, &one.request.object, &verdict,
                                                 &outcome, &err));
    seen = take(s, "rules", 1);
    VT_CHECK(seen.count == 1 && seen.tasks[0].attempts == 1 &&
             vt_hash_equal(&seen.tasks[0].object, &one.request.object));
    seen = take(s, "rules", 16);
    VT_CHECK(seen.count == 1); /* the first is out */
    s->now += 61;              /* whoever had them has died */
    reopen(s);
    seen = take(s, "rules", 16);
    VT_CHECK(seen.count == 2 && seen.tasks[1].attempts == 2);
    VT_CHECK_OK(settle(s, &one.request.object, "rules", "1", &err));
    VT_CHECK_OK(settle(s, &two.request.object, "rules", "2", &err));
    VT_CHECK(take(s, "rules", 16).count == 0 && census(s).waiting == 0);
    VT_CHECK(take(s, "newer rules", 16).count == 2);
    VT_CHECK_OK(settle(s, &one.request.object, "newer rules", "1", &err));
    s->now += 61;
    VT_CHECK(take(s, "newer rules", 16).count == 1);
    VT_CHECK_OK(
        vt_samples_verdict(s->samples, &one.request.object, &verdict, &outcome, &err));
    VT_CHECK(verdict.state == 3 &&
             vt_slice_is(verdict.outcome, "{\"state\":\"malicious\"}"));
    end(s);
}

/* ---- erasing ----------------------------------------------------------------------------
 */

static struct vt_withdrawal withdrawal(struct stand *s, unsigned pseudonym, int64_t at)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    struct vt_withdrawal out;
    struct vt_error err = { 0 };
    struct vt_disk *home;
    VT_AUTO_SENT sent = NULL;

    (void)s;
    VT_CHECK_OK(vt_disk_open(vt_test_path("home"), true, &home, &err));
    VT_CHECK_OK(vt_sent_open(home, &sent, &err));
    VT_CHECK_OK(vt_withdrawal_write(sent, VT_LIT("zurich"), vt_sharing_pseudonym(pseudonym),
                                    at, &bytes, &err));
    VT_CHECK_OK(vt_withdrawal_parse(vt_buf_slice(&bytes), &out, &err));
    vt_disk_close(home);
    return out;
}

static vt_slice withdraw(struct stand *s, unsigned pseudonym, int64_t at, uint64_t erased)
{
    VT_AUTO_SAMPLE_ANSWER answer = { .status = 0 };
    VT_AUTO_WITHDRAWAL request = withdrawal(s, pseudonym, at);
    VT_AUTO_RECEIPT parsed = { .json = NULL };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_samples_withdraw(s->samples, &request, &answer, &err));
    VT_CHECK_SAYING(answer.status == 200, "%s", answer.sentence);
    VT_CHECK_OK(vt_receipt_parse(vt_buf_slice(&answer.document), s->trust, &parsed, &err));
    VT_CHECK_SAYING(parsed.erased == erased, "erased: %ju", (uintmax_t)parsed.erased);
    VT_CHECK(vt_hash_equal(&parsed.request, &request.digest));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&answer.document));
}

static void withdrawal_erases(void)
{
    struct stand *s = stand();
    struct vt_shared mine = sealed(s, "1", 1), coming = sealed(s, "2", 1),
                     other = sealed(s, "3", 2), later;
    struct vt_error err = { 0 };
    vt_slice first;

    (void)upload(s, &mine);
    VT_CHECK(share(s, &coming) == 201 && put(s, &coming, 0, 5) == 0);
    (void)upload(s, &other);
    VT_CHECK(take(s, "rules", 16).count == 2);
    first = withdraw(s, 1, s->now, 2);
    VT_CHECK(!has_file("header", &mine) && !has_file("body", &mine) &&
             !has_file("header", &coming) && !has_file("body", &coming));
    VT_CHECK(has_file("header", &other));
    VT_CHECK(put(s, &coming, 5, 6) == 410);
    VT_CHECK_FAILS(VT_ABSENT, settle(s, &mine.request.object, "rules", "1", &err));
    VT_CHECK(share(s, &mine) == 403); /* what was signed before does not count any more */
    s->now++;
    later = sealed(s, "4", 1); /* he has changed his mind */
    (void)upload(s, &later);
    vt_sharing_sign_again(&mine, 1, s->now);
    VT_CHECK(share(s, &mine) == 410); /* an object does not rise again */
    VT_CHECK(vt_slice_equal(withdraw(s, 1, s->now - 1, 2), first)); /* shown again */
    VT_CHECK(has_file("header", &later));
    reopen(s);
    VT_CHECK(vt_slice_equal(withdraw(s, 1, s->now - 1, 2), first));
    VT_CHECK(census(s).waiting == 2 && census(s).erased == 2);
    end(s);
}

static void withdrawals_that_are_refused(void)
{
    struct stand *s = stand();
    struct vt_shared mine = sealed(s, "1", 1);
    VT_AUTO_SAMPLE_ANSWER answer = { .status = 0 };
    VT_AUTO_WITHDRAWAL request = withdrawal(s, 1, s->now + 5000);
    struct vt_error err = { 0 };

    (void)upload(s, &mine);
    VT_CHECK_OK(vt_samples_withdraw(s->samples, &request, &answer, &err));
    VT_CHECK(answer.status == 403); /* it would keep him out for as long */
    vt_sample_answer_clear(&answer);
    request.at_unix_s = s->now;
    request.cell = VT_LIT("bern");
    VT_CHECK_OK(vt_samples_withdraw(s->samples, &request, &answer, &err));
    VT_CHECK(answer.status == 403 && has_file("header", &mine));
    end(s);
}

static void what_is_due(void)
{
    struct stand *s = stand();
    struct vt_recipient recipient = vt_sharing_recipient(s->now);
    struct vt_shared kept, coming;
    struct vt_error err = { 0 };
    char name[65];
    bool is_more;

    s->bounds.keep_s = 1000;
    s->bounds.coming_s = 100;
    reopen(s);
    kept = sealed(s, "1", 1);
    coming = sealed(s, "2", 1);
    (void)upload(s, &kept);
    VT_CHECK(share(s, &coming) == 201);
    VT_CHECK_OK(vt_samples_tend(s->samples, &recipient.digest, 1, &is_more, &err));
    VT_CHECK(census(s).waiting == 1 && census(s).coming == 1);
    s->now += 100;
    VT_CHECK_OK(vt_samples_tend(s->samples, &recipient.digest, 1, &is_more, &err));
    VT_CHECK(census(s).waiting == 1 && census(s).coming == 0 && !has_file("body", &coming));
    s->now += 900;
    vt_hash_text(&recipient.digest, name);
    VT_CHECK(vt_path_exists(vt_test_path(vt_test_print("samples/secret/%s", name))));
    VT_CHECK_OK(vt_samples_tend(s->samples, NULL, 0, &is_more, &err));
    VT_CHECK(census(s).waiting == 0 && census(s).erased == 1 && !has_file("header", &kept));
    VT_CHECK(!vt_path_exists(vt_test_path(vt_test_print("samples/secret/%s", name))));
    VT_CHECK(!is_more);
    end(s);
}

/* ---- numbers ----------------------------------------------------------------------------
 */

static void totals(void)
{
    struct stand *s = stand();
    struct vt_shared one = sealed(s, "1", 1);
    struct vt_counts *counts = vt_arena_alloc(vt_test_arena(), sizeof *counts);
    struct vt_error err = { 0 };

    vt_samples_count(s->samples, VT_DATA_FILE, VT_COUNTED_MISPLACED);
    (void)upload(s, &one);
    (void)withdraw(s, 1, s->now, 1);
    reopen(s);
    vt_samples_count(s->samples, VT_DATA_LOOKUP, VT_COUNTED_LIMITED);
    VT_CHECK_OK(vt_samples_totals(s->samples, counts, &err));
    VT_CHECK(counts->totals[VT_DATA_FILE][VT_COUNTED_MISPLACED] == 1 &&
             counts->totals[VT_DATA_FILE][VT_COUNTED_ACCEPTED] == 1 &&
             counts->totals[VT_DATA_FILE][VT_COUNTED_ERASED] == 1 &&
             counts->totals[VT_DATA_LOOKUP][VT_COUNTED_LIMITED] == 1);
    end(s);
}

static void reports(void)
{
    struct stand *s = stand();
    struct vt_statistic_schema schema = { .field_count = 1,
                                          .fields = { { .value_count = 3 } } };
    struct vt_statistic_report *report = vt_arena_alloc(vt_test_arena(), sizeof *report);
    struct vt_statistic_tally *tally = vt_arena_alloc(vt_test_arena(), sizeof *tally);
    vt_hash digest = vt_sha256_of(VT_LIT("schema"));
    struct vt_error err = { 0 };

    report->period = 20000;
    report->bits[0][1] = report->bits[0][2] = true;
    VT_CHECK_OK(vt_samples_add_report(s->samples, &digest, &schema, report, &err));
    report->bits[0][1] = false;
    VT_CHECK_OK(vt_samples_add_report(s->samples, &digest, &schema, report, &err));
    reopen(s);
    VT_CHECK_OK(vt_samples_tally(s->samples, &digest, 20000, tally, &err));
    VT_CHECK(tally->reports == 2 && tally->ones[0][0] == 0 && tally->ones[0][1] == 1 &&
             tally->ones[0][2] == 2);
    VT_CHECK_OK(vt_samples_tally(s->samples, &digest, 20001, tally, &err));
    VT_CHECK(tally->reports == 0);
    end(s);
}

/* Neither a hash of a file nor a digest that somebody could compute lies on the disk. */
static void nobody_can_test_for_a_file(void)
{
    struct stand *s = stand();
    struct vt_shared one = sealed(s, EICAR_LIKE, 1);
    struct vt_error err = { 0 };
    vt_hash plain = vt_sha256_of(vt_slice_from_cstr(EICAR_LIKE));
    vt_slice bytes;

    (void)upload(s, &one);
    VT_CHECK_OK(settle(s, &one.request.object, "rules", EICAR_LIKE, &err));
    end(s);
    bytes = vt_test_read(vt_test_path("samples/records.db"));
    VT_CHECK(memmem(bytes.data, bytes.len, &one.request.object, 32) != NULL);
    VT_CHECK(memmem(bytes.data, bytes.len, &plain, 32) == NULL);
    VT_CHECK(memmem(bytes.data, bytes.len, &one.request.digest, 32) == NULL);
}

static const struct vt_case cases[] = {
    { "from wish to receipt", from_wish_to_receipt },
    { "an upload goes on where it was", an_upload_goes_on_where_it_was },
    { "many uploads at once", many_uploads_at_once },
    { "another body than was announced", another_body_than_was_announced },
    { "what does not fit", what_does_not_fit },
    { "refused wishes", refused_wishes },
    { "bounds", bounds },
    { "a full disk", a_full_disk },
    { "the same file is not taken twice", the_same_file_is_not_taken_twice },
    { "a false digest holds nothing", a_false_digest_holds_nothing },
    { "each is scanned, and again by other rules",
      each_is_scanned_and_again_by_other_rules },
    { "withdrawal erases", withdrawal_erases },
    { "withdrawals that are refused", withdrawals_that_are_refused },
    { "what is due", what_is_due },
    { "totals", totals },
    { "reports", reports },
    { "nobody can test for a file", nobody_can_test_for_a_file },
};

VT_TEST_MAIN("samples", cases)
