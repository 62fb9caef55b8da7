/* A mirror loses nothing that it told: each disk operation of an upload broken in all ways,
 * and each sync left out in turn.  "next N" and "cosigned N" are its promises. */
#include "ledger/checkpoint.h"
#include "ledger/mirror_host.h"
#include "ledger/shelf.h"
#include "ledger/witness_reply.h"
#include "tests/small_log.h"
#include "tests/stage.h"

#define ORIGIN "log.example/test"

struct stand {
    struct vt_env env;
    struct vt_witness_config config;
    struct vt_key *key;
    struct vt_small_log log;
    struct vt_mirror_host *host;
};

static const char *state_of(const char *dir)
{
    return vt_test_print("%s/state", dir);
}

static bool begin(struct stand *s, const char *dir, struct vt_error *err)
{
    struct vt_vkey log_key;

    s->env = vt_env_real();
    s->config = vt_witness_config_new(vt_test_arena());
    s->key = vt_test_key(60);
    s->log = vt_small_log_of(ORIGIN, 1);
    s->config.vkey =
        vt_vkey_of(VT_LIT("m1.example"), VT_NOTE_COSIGNATURE, vt_key_public(s->key));
    s->config.name = s->config.vkey.name;
    log_key = vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(s->log.key));
    return vt_witness_config_add(&s->config, VT_LIT(ORIGIN), &log_key, err) &&
           vt_mirror_host_open(&s->config, s->key, state_of(dir), &s->env, &s->host, err);
}

static void finish(struct stand *s)
{
    vt_mirror_host_close(s->host);
    vt_key_close(s->key);
    vt_key_close(s->log.key);
}

static void prepare(const char *dir)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_mirror_host_init(state_of(dir), &err));
}

/* ---- working ----------------------------------------------------------------------------
 */

static bool say_state(struct stand *s, struct vt_error *err)
{
    struct vt_mirror_state state;

    if (!vt_mirror_host_state(s->host, &s->config.logs[0], &state, err))
        return false;
    vt_stage_say("next %ju", (uintmax_t)state.next);
    if (state.mirrored != 0)
        vt_stage_say("cosigned %ju", (uintmax_t)state.mirrored);
    return true;
}

static bool pend(struct stand *s, uint64_t size, struct vt_error *err)
{
    struct vt_witness_question *q = vt_arena_alloc(vt_test_arena(), sizeof *q);
    struct vt_witness_reply reply = { 0 };
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(64));
    struct vt_witness_verdict verdict;
    struct vt_mirror_state state;
    struct vt_proof proof;

    if (!vt_mirror_host_state(s->host, &s->config.logs[0], &state, err) ||
        !vt_small_log_prove(&s->log, state.pending, size, &proof, err))
        return false;
    if (state.pending == size)
        return true;
    vt_buf_printf(&body, "old %ju\n\n", (uintmax_t)state.pending);
    vt_buf_put(&body, vt_small_log_note(&s->log, size));
    VT_CHECK(vt_witness_read_question(&s->config, vt_buf_slice(&body), q, &reply));
    q->proof_count = proof.count;
    memcpy(q->proof, proof.hashes, sizeof proof.hashes);
    if (!vt_mirror_host_pend(s->host, q, &verdict, err))
        return false;
    VT_CHECK(verdict.judgement == VT_WITNESS_YES);
    return true;
}

static bool take(struct stand *s, struct vt_mirror_upload *upload, uint64_t start,
                 uint64_t *end_out, struct vt_error *err)
{
    struct vt_package_range range = vt_package_range(start, upload->end);
    struct vt_package *package = vt_arena_alloc(vt_test_arena(), sizeof *package);
    VT_AUTO_BUF entries = vt_buf_init(VT_MIB(1));
    struct vt_mirror_answer answer;

    package->proof = vt_small_log_subtree(&s->log, range.base, range.end, upload->end);
    for (uint64_t i = range.start; i < range.end; i++)
        vt_bundle_put(&entries, vt_small_log_entry(&s->log, i));
    package->entries = vt_buf_slice(&entries);
    *end_out = range.end;
    if (!vt_mirror_host_take(s->host, upload, &range, package, &answer, err))
        return false;
    VT_CHECK(answer.what == VT_MIRROR_GO_ON);
    return true;
}

/* From where it is, so many packages; and what came of it. */
static bool upload(struct stand *s, uint64_t end, const uint8_t *ticket, size_t packages,
                   struct vt_mirror_answer *out, struct vt_error *err)
{
    struct vt_mirror_upload upload = { .log = s->config.logs[0].id,
                                       .end = end,
                                       .has_ticket = ticket != NULL };
    struct vt_mirror_state state;
    uint64_t at;

    if (!vt_mirror_host_state(s->host, &s->config.logs[0], &state, err))
        return false;
    upload.start = at = state.next < end ? state.next : end;
    if (ticket != NULL)
        memcpy(upload.ticket, ticket, sizeof upload.ticket);
    if (!vt_mirror_host_begin(s->host, &upload, out, err))
        return false;
    VT_CHECK(out->what == VT_MIRROR_GO_ON);
    memcpy(upload.ticket, out->ticket, sizeof upload.ticket);
    upload.has_ticket = true;
    while (at < end && packages-- > 0)
        if (!take(s, &upload, at, &at, err))
            return false;
    if (!vt_mirror_host_end(s->host, &upload, at == end, out, err))
        return false;
    VT_CHECK(out->what == (at == end ? VT_MIRROR_COSIGNED : VT_MIRROR_PROGRESS));
    vt_stage_say("next %ju", (uintmax_t)out->state.next);
    if (out->what == VT_MIRROR_COSIGNED)
        vt_stage_say("cosigned %ju", (uintmax_t)end);
    return true;
}

/* A part, the rest; growth within a bundle; and a tree that is smaller than what is kept.
 */
static bool work(struct stand *s, struct vt_error *err)
{
    struct vt_mirror_answer answer, old;

    return pend(s, 300, err) && upload(s, 300, NULL, 1, &answer, err) &&
           upload(s, 300, NULL, SIZE_MAX, &answer, err) && pend(s, 520, err) &&
           upload(s, 520, NULL, 0, &old, err) && pend(s, 800, err) &&
           upload(s, 800, NULL, 2, &answer, err) &&
           upload(s, 520, old.ticket, SIZE_MAX, &answer, err) &&
           upload(s, 800, NULL, SIZE_MAX, &answer, err);
}

static bool act(const char *dir, struct vt_error *err)
{
    struct stand s = { 0 };
    bool is_ok = begin(&s, dir, err) && work(&s, err);

    finish(&s);
    return is_ok;
}

/* What a mirror says when it starts is a promise too; then it goes on to the end. */
static bool restart(const char *dir, struct vt_error *err)
{
    struct stand s = { 0 };
    struct vt_mirror_answer answer;
    bool is_ok = begin(&s, dir, err) && say_state(&s, err) && pend(&s, 800, err) &&
                 upload(&s, 800, NULL, SIZE_MAX, &answer, err);

    finish(&s);
    return is_ok;
}

/* ---- looking ----------------------------------------------------------------------------
 */

/* The last number that was said behind that word; it never went down. */
static uint64_t promised(const char *word)
{
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    size_t len = strlen(word);
    vt_slice line;
    uint64_t last = 0;

    while (vt_read_line(&r, &line)) {
        uint64_t number = 0;

        if (!vt_slice_starts_with(line, vt_slice_from_cstr(word)))
            continue;
        VT_CHECK(vt_decimal_parse(vt_slice_sub(line, len, line.len - len), &number));
        VT_CHECK_SAYING(number >= last, "%s%ju was said after %ju", word, (uintmax_t)number,
                        (uintmax_t)last);
        last = number;
    }
    return last;
}

/* The tree that is shown can be read by everybody, entry by entry. */
static void check_shown(struct vt_disk *disk, uint64_t size)
{
    struct vt_small_log log = vt_small_log_of(ORIGIN, 1);
    struct vt_tile_source source = vt_shelf_source(disk);
    struct vt_error err = { 0 };
    vt_hash root, wanted = vt_small_log_root(&log, size);

    VT_CHECK_OK(vt_prove_root(&source, size, &root, &err));
    VT_CHECK(vt_hash_equal(&root, &wanted));
    for (uint64_t i = 0; i < size; i += 37) {
        VT_AUTO_BUF entry = vt_buf_init(VT_KIB(1));

        VT_CHECK_OK(vt_shelf_read_entry(disk, i, size, &entry, &err));
        VT_CHECK(vt_slice_equal(vt_buf_slice(&entry), vt_small_log_entry(&log, i)));
    }
    vt_key_close(log.key);
}

static void check(const char *dir)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF note = vt_buf_init(VT_KIB(64));
    struct vt_checkpoint checkpoint;
    struct vt_note parsed;
    struct vt_disk *disk;
    vt_hash id = vt_sha256_of(VT_LIT(ORIGIN));
    uint64_t cosigned = promised("cosigned "), next = promised("next ");
    char hex[65];

    VT_CHECK(next >= cosigned);
    if (cosigned == 0)
        return;
    vt_hash_text(&id, hex);
    VT_CHECK_OK(
        vt_disk_open(vt_test_print("%s/" VT_MIRROR_COPIES "/%s", state_of(dir), hex), false,
                     &disk, &err));
    VT_CHECK_OK(vt_disk_read(disk, "checkpoint", &note, &err));
    VT_CHECK_OK(vt_note_parse(vt_buf_slice(&note), &parsed, &err));
    VT_CHECK_OK(vt_checkpoint_parse(parsed.text, &checkpoint, &err));
    VT_CHECK_SAYING(checkpoint.size >= cosigned, "%ju was cosigned, %ju is shown",
                    (uintmax_t)cosigned, (uintmax_t)checkpoint.size);
    check_shown(disk, checkpoint.size);
    vt_disk_close(disk);
}

static const struct vt_stage_play play = {
    .name = "a mirror's uploads",
    .prepare = prepare,
    .act = act,
    .restart = restart,
    .check = check,
    .torn_seeds = 1,
    .twice_every = 60,
};

static void nothing_told_is_lost(void)
{
    vt_stage_must_hold(&play);
}

static const struct vt_case cases[] = {
    { "nothing told is lost", nothing_told_is_lost },
};

VT_TEST_MAIN("crash_mirror", cases)
