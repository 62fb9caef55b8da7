/* The signer: what it signs and what it refuses, as a process of its own; its locks; and
 * that its sudden death harms nobody. */
#include "crypto/verify_note.h"
#include "ledger/ledger.h"
#include "ledger/role_signer.h"
#include "ledger/signer_head.h"
#include "tests/confinement.h"
#include "tests/small_log.h"
#include <signal.h>

#define ORIGIN "signer.example/log"

enum { SEED = 3 };

/* One key and one log for the whole case. */
static struct vt_small_log *the_log(void)
{
    static struct vt_small_log log;

    if (log.key == NULL)
        log = vt_small_log_of(ORIGIN, SEED);
    return &log;
}

static void write_key(const char *path, const char *passphrase)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(
        vt_key_write_pem(the_log()->key, vt_slice_from_cstr(passphrase), &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
}

static bool start(struct vt_signer **signer, const char *passphrase, struct vt_error *err)
{
    return vt_signer_start(vt_test_path("log"), VT_LIT(ORIGIN), vt_test_path("key.pem"),
                           vt_slice_from_cstr(passphrase), signer, err);
}

static void prepare(void)
{
    struct vt_error err = { 0 };

    write_key(vt_test_path("key.pem"), "");
    VT_CHECK_OK(vt_signer_init(vt_test_path("log"), VT_LIT(ORIGIN), &err));
}

/* ---- the one rule
 * ------------------------------------------------------------------------ */

/* Ask for the signature on `size` entries of a log, with the proof from `from`. */
static bool sign(struct vt_signer *signer, struct vt_small_log *log, uint64_t from,
                 uint64_t size, struct vt_error *err)
{
    struct vt_head head = { size, vt_small_log_root(log, size) };
    struct vt_proof proof = { .count = 0 };
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);

    if (from != 0 && from < size)
        VT_CHECK(vt_small_log_prove(log, from, size, &proof, err));
    if (!vt_signer_sign(signer, &head, proof.hashes, proof.count, &note, err)) {
        VT_CHECK(note.len == 0);
        return false;
    }
    VT_CHECK(vt_slice_equal(vt_buf_slice(&note), vt_small_log_note(log, size)));
    return true;
}

/* The same steps for a signer, wherever it runs. */
static void walk_through_the_rule(struct vt_signer *signer)
{
    struct vt_small_log log = *the_log(), fork = log;
    struct vt_error err = { 0 };
    struct vt_head head;

    fork.branch = "another";
    fork.fork_at = 5;
    VT_CHECK(vt_signer_head(signer).size == 0);
    VT_CHECK_OK(sign(signer, &log, 0, 0, &err));
    VT_CHECK_OK(sign(signer, &log, 0, 4, &err));
    VT_CHECK_OK(sign(signer, &log, 4, 7, &err));
    VT_CHECK_OK(sign(signer, &log, 7, 7, &err)); /* again: the same */
    VT_CHECK(vt_signer_head(signer).size == 7);
    VT_CHECK_FAILS(VT_REJECTED, sign(signer, &log, 0, 9, &err)); /* no proof */
    VT_CHECK_FAILS(VT_REJECTED, sign(signer, &log, 6, 9, &err)); /* another one's proof */
    VT_CHECK_FAILS(VT_REJECTED, sign(signer, &log, 0, 4, &err)); /* backwards */
    VT_CHECK_FAILS(VT_REJECTED, sign(signer, &log, 0, 0, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   sign(signer, &fork, 7, 7, &err)); /* same size, other root */
    VT_CHECK_FAILS(VT_REJECTED, sign(signer, &fork, 7, 9, &err)); /* a fork's own proof */
    VT_CHECK_OK(sign(signer, &log, 7, 9, &err)); /* refusals change nothing */
    head = vt_signer_head(signer);
    VT_CHECK(head.size == 9);
}

static void only_growth_is_signed(void)
{
    struct vt_error err = { 0 };
    struct vt_small_log log = *the_log();
    struct vt_signer *signer;

    prepare();
    VT_CHECK_OK(start(&signer, "", &err));
    walk_through_the_rule(signer);
    vt_signer_stop(signer);
    VT_CHECK_OK(start(&signer, "", &err)); /* and it remembers */
    VT_CHECK(vt_signer_head(signer).size == 9);
    VT_CHECK_FAILS(VT_REJECTED, sign(signer, &log, 0, 8, &err));
    VT_CHECK_OK(sign(signer, &log, 9, 20, &err));
    vt_signer_stop(signer);
}

static void the_signer_in_tests_is_the_same(void)
{
    struct vt_error err = { 0 };
    struct vt_signer *signer;

    prepare();
    VT_CHECK_OK(vt_signer_start_here(vt_test_path("log"), VT_LIT(ORIGIN), the_log()->key,
                                     &signer, &err));
    walk_through_the_rule(signer);
    vt_signer_stop(signer);
}

/* ---- starting
 * ---------------------------------------------------------------------------- */

static void what_it_does_not_start_with(void)
{
    struct vt_error err = { 0 };
    struct vt_signer *signer, *second;

    prepare();
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_signer_start(vt_test_path("log"), VT_LIT("other.example"),
                                   vt_test_path("key.pem"), VT_LIT(""), &signer, &err));
    VT_CHECK_FAILS(VT_IO,
                   vt_signer_start(vt_test_path("none"), VT_LIT(ORIGIN),
                                   vt_test_path("key.pem"), VT_LIT(""), &signer, &err));
    VT_CHECK_FAILS(VT_IO,
                   vt_signer_start(vt_test_path("log"), VT_LIT(ORIGIN),
                                   vt_test_path("none.pem"), VT_LIT(""), &signer, &err));
    VT_CHECK_OK(start(&signer, "", &err));
    VT_CHECK_FAILS(VT_IO, start(&second, "", &err)); /* one at a time */
    vt_signer_stop(signer);
    write_key(vt_test_path("key.pem"), "open sesame");
    VT_CHECK_FAILS(VT_REJECTED, start(&signer, "open barley", &err));
    VT_CHECK_OK(start(&signer, "open sesame", &err));
    vt_signer_stop(signer);
    VT_CHECK(unlink(vt_test_path("log/signer/head")) == 0);
    VT_CHECK_FAILS(VT_REJECTED, start(&signer, "open sesame", &err));
    VT_CHECK(strstr(err.message, "does not know what it signed") != NULL);
}

static void heads_that_were_changed(void)
{
    struct vt_error err = { 0 };
    struct vt_small_log log = *the_log();
    const char *path = vt_test_path("log/signer/head");
    struct vt_signer *signer;
    vt_slice good;
    uint8_t *bytes;

    prepare();
    VT_CHECK_OK(start(&signer, "", &err));
    VT_CHECK_OK(sign(signer, &log, 0, 6, &err));
    vt_signer_stop(signer);
    good = vt_test_read(path);
    bytes = vt_arena_alloc(vt_test_arena(), good.len);
    for (size_t at = 0; at < 2 * good.len; at++) {
        struct vt_signer_state state;

        memcpy(bytes, good.data, good.len);
        if (at < good.len)
            bytes[at] = (uint8_t)(bytes[at] ^ (1u << (at % 8)));
        vt_test_write(path, vt_slice_of(bytes, at < good.len ? good.len : at - good.len));
        VT_CHECK_FAILS(VT_REJECTED, vt_signer_state_open(vt_test_path("log/signer"),
                                                         VT_LIT(ORIGIN), &state, &err));
    }
    VT_CHECK_FAILS(VT_REJECTED, vt_signer_init(vt_test_path("log"), VT_LIT(ORIGIN), &err));
    vt_test_write(path, good);
    VT_CHECK_FAILS(VT_REJECTED, /* it has signed: not for a new ledger */
                   vt_signer_init(vt_test_path("log"), VT_LIT(ORIGIN), &err));
    VT_CHECK_OK(start(&signer, "", &err));
    VT_CHECK(vt_signer_head(signer).size == 6);
    vt_signer_stop(signer);
}

/* ---- messages
 * ----------------------------------------------------------------------------- */

static void begin(struct vt_role *role)
{
    struct vt_error err = { 0 };
    struct vt_signer_begin told = {
        .folder = vt_slice_from_cstr(vt_test_path("log/signer")),
        .origin = VT_LIT(ORIGIN),
        .key = vt_slice_from_cstr(vt_test_path("key.pem")),
    };
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(64));
    vt_slice answer;

    vt_signer_begin_write(&body, &told);
    VT_CHECK_OK(vt_channel_call(vt_role_channel(role), VT_SIGNER_BEGIN, vt_buf_slice(&body),
                                VT_SIGNER_READY, 20000, &answer, &err));
    VT_CHECK(answer.len == VT_SIGNER_READY_BYTES);
}

/* Requests of any other length, and with too many hashes, are refused; a message of another
 * type ends it. */
static void requests_without_form(void)
{
    struct vt_error err = { 0 };
    struct vt_small_log log = *the_log();
    struct vt_signer_request request = { .size = 3, .root = vt_small_log_root(&log, 3) };
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(8));
    VT_AUTO_ROLE role = NULL;
    struct vt_channel *channel;
    vt_slice good, answer;

    prepare();
    vt_signer_request_write(&body, &request);
    good = vt_buf_slice(&body);
    VT_CHECK(good.len == VT_SIGNER_SIGN_BYTES);
    VT_CHECK_OK(vt_role_start(VT_ROLE_SIGNER, NULL, 0, &role, &err));
    begin(role);
    channel = vt_role_channel(role);
    for (size_t len = 0; len < good.len; len += 59)
        VT_CHECK_FAILS(VT_MALFORMED,
                       vt_channel_call(channel, VT_SIGNER_SIGN, vt_slice_sub(good, 0, len),
                                       VT_SIGNER_SIGNED, 20000, &answer, &err));
    body.data[VT_SIGNER_HEAD_BYTES] = 64; /* hashes */
    VT_CHECK_FAILS(VT_MALFORMED, vt_channel_call(channel, VT_SIGNER_SIGN, good,
                                                 VT_SIGNER_SIGNED, 20000, &answer, &err));
    body.data[VT_SIGNER_HEAD_BYTES] = 0;
    VT_CHECK_OK(vt_channel_call(channel, VT_SIGNER_SIGN, good, VT_SIGNER_SIGNED, 20000,
                                &answer, &err));
    VT_CHECK(answer.len == VT_SIGNER_SIGNED_BYTES);
    VT_CHECK_FAILS(VT_ABSENT, vt_channel_call(channel, VT_SIGNER_BEGIN, good,
                                              VT_SIGNER_READY, 20000, &answer, &err));
}

/* ---- locks and death
 * ----------------------------------------------------------------------- */

static void it_can_write_its_folder_only(void)
{
    vt_test_confinement(VT_ROLE_SIGNER, vt_test_dir(),
                        (const char *const[]){ "write-folder", NULL });
}

static pid_t only_child(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    char path[64];
    VT_AUTO_FD fd = -1;
    uint64_t pid;

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    VT_CHECK(fd >= 0);
    VT_CHECK_OK(vt_fd_read_all(fd, path, &text, &err));
    VT_CHECK(text.len > 1);
    VT_CHECK(vt_decimal_parse(vt_slice_sub(vt_buf_slice(&text), 0, text.len - 1), &pid));
    return (pid_t)pid;
}

/* The signer is killed between two publications: the next one fails and says so; the
 * entries are kept, and a new signer goes on. */
static void its_death_harms_nobody(void)
{
    struct vt_error err = { 0 };
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    struct vt_ledger_config config = {
        .origin = VT_LIT(ORIGIN),
        .vkey = vt_slice_from_cstr(vt_test_vkey(ORIGIN, VT_NOTE_ED25519, the_log()->key)),
        .key = VT_LIT("key"),
    };
    struct vt_signer *signer;
    struct vt_ledger *ledger;
    vt_ticket ticket;

    write_key(vt_test_path("key.pem"), "");
    VT_CHECK_OK(vt_ledger_init(vt_test_path("log"), &config, &options, &err));
    VT_CHECK_OK(start(&signer, "", &err));
    options.signer = signer;
    VT_CHECK_OK(vt_ledger_open(vt_test_path("log"), &options, &ledger, &err));
    VT_CHECK_OK(vt_ledger_submit(ledger, VT_LIT("one"), &ticket, &err));
    VT_CHECK_OK(vt_ledger_publish(ledger, NULL, &err));
    VT_CHECK_OK(vt_ledger_submit(ledger, VT_LIT("two"), &ticket, &err));
    /* The real one has its locks on, not only the probe. */
    VT_CHECK(strcmp(vt_test_process_status(only_child(), "Seccomp:"), "2") == 0);
    VT_CHECK(strcmp(vt_test_process_status(only_child(), "NoNewPrivs:"), "1") == 0);
    VT_CHECK(kill(only_child(), SIGKILL) == 0);
    VT_CHECK_FAILS(VT_IO, vt_ledger_publish(ledger, NULL, &err));
    VT_CHECK_FAILS(VT_IO, vt_ledger_submit(ledger, VT_LIT("three"), &ticket, &err));
    vt_ledger_close(ledger);
    vt_signer_stop(signer);
    VT_CHECK_OK(start(&signer, "", &err));
    options.signer = signer;
    VT_CHECK_OK(vt_ledger_open(vt_test_path("log"), &options, &ledger, &err));
    VT_CHECK(vt_ledger_size(ledger) == 2 && vt_ledger_published_size(ledger) == 1);
    VT_CHECK_OK(vt_ledger_publish(ledger, NULL, &err));
    VT_CHECK(vt_ledger_published_size(ledger) == 2);
    vt_ledger_close(ledger);
    vt_signer_stop(signer);
}

static const struct vt_case cases[] = {
    { "only growth is signed", only_growth_is_signed },
    { "the signer in tests is the same", the_signer_in_tests_is_the_same },
    { "what it does not start with", what_it_does_not_start_with },
    { "heads that were changed", heads_that_were_changed },
    { "requests without form", requests_without_form },
    { "it can write its folder only", it_can_write_its_folder_only },
    { "its death harms nobody", its_death_harms_nobody },
};

VT_TEST_MAIN("ledger.signer", cases)
