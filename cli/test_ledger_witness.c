/* A ledger with four real witnesses of which three must cosign: what happens when they are
 * there, when one is away, when two are, and when they come back. */
#include "crypto/verify_note.h"
#include "tests/harness.h"
#include "tests/running.h"

#define ORIGIN "log.example.org/witnessed"

enum { WITNESSES = 4 };

struct stand {
    struct vt_running running[WITNESSES];
    const char *dirs[WITNESSES], *vkeys[WITNESSES], *ports[WITNESSES];
};

static const char *path(const char *name)
{
    return vt_test_path(name);
}

/* A key file with that seed; its vkey under `name` and `type`. */
static const char *write_key(const char *file, uint8_t seed, const char *name, uint8_t type)
{
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8)), text = vt_buf_init(VT_KIB(1));
    struct vt_vkey vkey;
    uint8_t bytes[32];

    memset(bytes, seed, sizeof bytes);
    VT_CHECK_OK(vt_key_from_seed(bytes, &key, &err));
    VT_CHECK_OK(vt_key_write_pem(key, VT_LIT(""), &pem, &err));
    vt_test_write(file, vt_buf_slice(&pem));
    VT_CHECK(chmod(file, 0600) == 0);
    vkey = vt_vkey_of(vt_slice_from_cstr(name), type, vt_key_public(key));
    vt_vkey_write(&text, &vkey);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

static void start(struct stand *s, size_t i)
{
    s->running[i] =
        vt_test_start("witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir",
                                             s->dirs[i], "--port", s->ports[i]));
    s->ports[i] = strrchr(s->running[i].url, ':') + 1; /* the same one next time */
    s->ports[i] = vt_arena_cstr(
        vt_test_arena(), vt_slice_of(s->ports[i], strspn(s->ports[i], "0123456789")));
}

static void start_witnesses(struct stand *s, const char *log_vkey)
{
    for (size_t i = 0; i < WITNESSES; i++) {
        const char *name = vt_test_print("w%zu.example.org", i);
        const char *key = vt_test_print("%s/w%zu.key", vt_test_dir(), i);

        s->dirs[i] = vt_test_print("%s/w%zu", vt_test_dir(), i);
        s->ports[i] = "0";
        s->vkeys[i] = write_key(key, (uint8_t)(20 + i), name, VT_NOTE_COSIGNATURE);
        (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", s->dirs[i],
                                     "--name", name, "--key", key));
        (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "add-log", "--dir", s->dirs[i],
                                     "--vkey", log_vkey));
        start(s, i);
    }
}

static void write_policy(const struct stand *s, const char *log_vkey)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));

    vt_buf_printf(&text, "log %s\n", log_vkey);
    for (size_t i = 0; i < WITNESSES; i++)
        vt_buf_printf(&text, "witness w%zu %s %s\n", i, s->vkeys[i], s->running[i].url);
    vt_buf_put_text(&text, "group three 3 w0 w1 w2 w3\nquorum three\n");
    vt_test_write(path("policy"), vt_buf_slice(&text));
}

static const char *add(int exit_code, const char *name)
{
    vt_test_write(path(name), vt_slice_from_cstr(name));
    return vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                          "--proof-dir", vt_test_dir(), path(name)));
}

static bool shows(const char *words)
{
    return strstr(
               vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("log"))),
               words) != NULL;
}

/* Checked offline, by the policy alone. */
static void check_proof(const char *name)
{
    const char *proof = vt_test_print("%s.tlog-proof", path(name));
    const char *output =
        vt_test_run(0, VT_ARGV("vitrine", "ledger", "check", path(name), "--proof", proof,
                               "--policy", path("policy"), "--origin", ORIGIN));

    VT_CHECK_SAYING(strstr(output, "seen by enough of") != NULL, "%s", output);
}

static void three_of_four(void)
{
    struct stand s = { .dirs = { NULL } };
    const char *log_vkey = write_key(path("log.key"), 9, ORIGIN, VT_NOTE_ED25519), *output;

    start_witnesses(&s, log_vkey);
    write_policy(&s, log_vkey);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", ORIGIN, "--key", path("log.key"), "--policy",
                                 path("policy")));
    VT_CHECK(shows("nothing yet"));
    (void)add(0, "one");
    check_proof("one");
    VT_CHECK(shows("published  1 entry") && !shows("not reached"));

    vt_test_stop(&s.running[3], 0); /* one is away: enough are left */
    (void)add(0, "two");
    check_proof("two");

    vt_test_kill(&s.running[1]); /* two are away: nothing new is shown */
    output = add(3, "three");
    VT_CHECK_SAYING(strstr(output, "the entries are kept") != NULL &&
                        strstr(output, "w1") != NULL && strstr(output, "w3") != NULL,
                    "%s", output);
    VT_CHECK(!vt_path_exists(path("three.tlog-proof")));
    VT_CHECK(shows("published  2 entries"));

    start(&s, 1); /* one comes back: the next call publishes what was kept */
    output = add(0, "three");
    VT_CHECK_SAYING(strstr(output, "2 ") == output && strstr(output, "already") != NULL,
                    "%s", output);
    check_proof("three");
    VT_CHECK(shows("published  3 entries"));

    start(&s, 3); /* and one that missed two checkpoints catches up */
    (void)add(0, "four");
    check_proof("four");
    for (size_t i = 0; i < WITNESSES; i++)
        vt_test_stop(&s.running[i], 0);
}

/* The folder is copied, and the copy grows another way with the same key: the witnesses
 * that saw the first do not cosign the second. */
static void no_second_story(void)
{
    struct stand s = { .dirs = { NULL } };
    const char *log_vkey = write_key(path("log.key"), 9, ORIGIN, VT_NOTE_ED25519), *output;

    start_witnesses(&s, log_vkey);
    write_policy(&s, log_vkey);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", ORIGIN, "--key", path("log.key"), "--policy",
                                 path("policy")));
    (void)add(0, "one");
    (void)vt_test_run(0, VT_ARGV("cp", "-a", path("log"), path("copy")));
    (void)add(0, "two");
    (void)vt_test_run(0, VT_ARGV("mv", path("log"), path("first")));
    (void)vt_test_run(0, VT_ARGV("mv", path("copy"), path("log")));
    output = add(1, "another two");
    VT_CHECK_SAYING(strstr(output, "the entries are kept") != NULL, "%s", output);
    VT_CHECK(shows("published  1 entry"));
    for (size_t i = 0; i < WITNESSES; i++)
        vt_test_stop(&s.running[i], 0);
}

static const struct vt_case cases[] = {
    { "three of four", three_of_four },
    { "no second story", no_second_story },
};

VT_TEST_MAIN("cli.ledger_witness", cases)
