/* vitrine ledger rotate-key: no moment at which somebody who knows either key is left
 * outside, and no way to end the old key before the new one was shown. */
#include "http/client.h"
#include "tests/harness.h"
#include "tests/running.h"
#include "tests/small_log.h"

#define ORIGIN "log.example.org/turning"

enum { OLD_SEED = 51, NEW_SEED = 52, OTHER_SEED = 53, WITNESS_SEED = 54 };

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static const char *vkey_of(uint8_t seed)
{
    return vt_test_vkey(ORIGIN, VT_NOTE_ED25519, vt_test_key(seed));
}

static void write_key(const char *name, uint8_t seed, const char *passphrase)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(
        vt_key_write_pem(vt_test_key(seed), vt_slice_from_cstr(passphrase), &pem, &err));
    vt_test_write(path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(path(name), 0600) == 0);
}

/* old.policy, new.policy: one key each; both.policy. */
static void write_policies(void)
{
    static const struct {
        const char *name;
        bool has_old, has_new;
    } policies[] = { { "old.policy", true, false },
                     { "new.policy", false, true },
                     { "both.policy", true, true } };

    for (size_t i = 0; i < 3; i++) {
        VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));

        if (policies[i].has_old)
            vt_buf_printf(&text, "log %s\n", vkey_of(OLD_SEED));
        if (policies[i].has_new)
            vt_buf_printf(&text, "log %s\n", vkey_of(NEW_SEED));
        vt_buf_put_text(&text, "quorum none\n");
        vt_test_write(path(policies[i].name), vt_buf_slice(&text));
    }
}

static void make_log(const char *policy)
{
    write_key("old.key", OLD_SEED, "");
    write_key("new.key", NEW_SEED, "");
    write_key("other.key", OTHER_SEED, "");
    write_policies();
    (void)vt_test_run(0, policy != NULL
                             ? VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                       "--origin", ORIGIN, "--key", path("old.key"),
                                       "--policy", path(policy))
                             : VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                       "--origin", ORIGIN, "--key", path("old.key")));
}

static const char *add(int exit_code, const char *name)
{
    vt_test_write(path(name), vt_slice_from_cstr(name));
    return vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                          "--proof-dir", vt_test_dir(), path(name)));
}

static void check(int exit_code, const char *name, const char *policy)
{
    (void)vt_test_run(exit_code,
                      VT_ARGV("vitrine", "ledger", "check", path(name), "--proof",
                              path(vt_test_print("%s.tlog-proof", name)), "--policy",
                              path(policy), "--origin", ORIGIN));
}

static const char *rotate(int exit_code, const char *key)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "rotate-key", "--dir",
                                          path("log"), "--new-key", path(key)));
}

static const char *finish(int exit_code)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "rotate-key", "--dir",
                                          path("log"), "--finish"));
}

static void fsck(int exit_code, uint8_t seed)
{
    (void)vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "fsck", path("log"), "--vkey",
                                         vkey_of(seed)));
}

/* Whoever follows with a line for each key goes on through the change. */
static void follow(void)
{
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "mirror", "--dir", path("copy"),
                                 "--from", path("log"), "--policy", path("both.policy")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "fsck", path("copy"), "--policy",
                                 path("both.policy")));
}

static unsigned signatures_in(vt_slice note)
{
    unsigned count = 0;

    for (size_t i = 0; i + 4 < note.len; i++)
        count += memcmp(note.data + i, "\n\xe2\x80\x94 ", 5) == 0;
    return count;
}

/* ---- the way it goes ------------------------------------------------------------------
 */

static void both_then_the_new_one(void)
{
    const char *output;

    make_log(NULL);
    (void)add(0, "one");
    check(0, "one", "old.policy");
    follow();
    output = rotate(0, "new.key");
    VT_CHECK_SAYING(strstr(output, vkey_of(NEW_SEED)) != NULL, "%s", output);
    VT_CHECK(signatures_in(vt_test_read(path("log/checkpoint"))) == 2); /* at once */
    output = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("log"), "--json"));
    VT_CHECK_SAYING(strstr(output, vt_test_print("\"next\":\"%s\"", vkey_of(NEW_SEED))) !=
                        NULL,
                    "%s", output);
    output = vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("log")));
    VT_CHECK_SAYING(strstr(output, "next key   " ORIGIN) != NULL, "%s", output);
    (void)add(0, "two");
    check(0, "two", "old.policy");
    check(0, "two", "new.policy");
    follow();
    fsck(0, OLD_SEED);
    fsck(0, NEW_SEED);
    (void)finish(0);
    VT_CHECK(strncmp(add(0, "three"), "2 ", 2) == 0); /* no gap */
    check(0, "three", "new.policy");
    check(1, "three", "old.policy");
    check(0, "three", "both.policy");
    follow();
    check(0, "two", "new.policy"); /* what was proven stays proven */
    check(0, "one", "both.policy");
    fsck(0, NEW_SEED);
    fsck(1, OLD_SEED);
    VT_CHECK(signatures_in(vt_test_read(path("log/checkpoint"))) == 1);
    VT_CHECK(signatures_in(vt_test_read(path("log/rotated/2"))) == 2);
    /* And once more, to a third key. */
    (void)rotate(0, "other.key");
    (void)add(0, "four");
    (void)finish(0);
    VT_CHECK(strncmp(add(0, "five"), "4 ", 2) == 0);
    fsck(0, OTHER_SEED);
}

static void wrong_ways(void)
{
    const char *output;

    make_log(NULL);
    (void)add(0, "one");
    output = finish(1);
    VT_CHECK_SAYING(strstr(output, "no change of keys") != NULL, "%s", output);
    output = rotate(1, "old.key");
    VT_CHECK_SAYING(strstr(output, "the log's key already") != NULL, "%s", output);
    (void)rotate(3, "none.key");
    VT_CHECK(signatures_in(vt_test_read(path("log/checkpoint"))) == 1);
    (void)rotate(0, "new.key");
    (void)rotate(0, "new.key"); /* the same once more does no harm */
    output = rotate(1, "other.key");
    VT_CHECK_SAYING(strstr(output, "under way") != NULL, "%s", output);
    /* The signer forgot the next key: nothing is shown that would leave readers outside. */
    VT_CHECK(unlink(path("log/signer/next")) == 0);
    output = add(1, "two");
    VT_CHECK_SAYING(strstr(output, "the next key has not signed") != NULL, "%s", output);
    (void)finish(1);
    (void)rotate(0, "new.key");
    (void)add(0, "two");
    (void)finish(0);
    (void)vt_test_run(2, VT_ARGV("vitrine", "ledger", "rotate-key", "--dir", path("log")));
    (void)vt_test_run(2, VT_ARGV("vitrine", "ledger", "rotate-key", "--dir", path("log"),
                                 "--finish", "--new-key", path("new.key")));
}

static void encrypted_keys(void)
{
    write_key("old.key", OLD_SEED, "hut");
    write_key("new.key", NEW_SEED, "hut");
    write_key("other.key", OTHER_SEED, "hat");
    vt_test_write(path("hut"), VT_LIT("hut\n"));
    vt_test_write(path("one"), VT_LIT("one"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", ORIGIN, "--key", path("old.key"),
                                 "--passphrase-file", path("hut")));
    (void)vt_test_run(1, VT_ARGV("vitrine", "ledger", "rotate-key", "--dir", path("log"),
                                 "--new-key", path("other.key"), "--passphrase-file",
                                 path("hut")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "rotate-key", "--dir", path("log"),
                                 "--new-key", path("new.key"), "--passphrase-file",
                                 path("hut")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                 "--passphrase-file", path("hut"), path("one")));
    (void)finish(0);
    fsck(0, NEW_SEED);
}

/* ---- with a witness -------------------------------------------------------------------
 */

static struct vt_running start_witness(const char *port)
{
    return vt_test_start("witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir",
                                                path("w"), "--port", port));
}

static const char *port_of(const struct vt_running *running)
{
    const char *port = strrchr(running->url, ':') + 1;

    return vt_arena_cstr(vt_test_arena(), vt_slice_of(port, strspn(port, "0123456789")));
}

static void a_witness_goes_along(void)
{
    struct vt_running witness;
    const char *port, *output;
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));

    write_key("w.key", WITNESS_SEED, "");
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", path("w"), "--name",
                                 "w.example.org", "--key", path("w.key")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "add-log", "--dir", path("w"),
                                 "--vkey", vkey_of(OLD_SEED)));
    witness = start_witness("0");
    port = port_of(&witness);
    vt_buf_printf(
        &policy, "log %s\nwitness w %s %s\nquorum w\n", vkey_of(OLD_SEED),
        vt_test_vkey("w.example.org", VT_NOTE_COSIGNATURE, vt_test_key(WITNESS_SEED)),
        witness.url);
    vt_test_write(path("policy"), vt_buf_slice(&policy));
    make_log("policy");
    (void)add(0, "one");
    vt_test_stop(&witness, 0);
    /* Away at the wrong moment: the old checkpoint stands, and the old key stays. */
    output = rotate(3, "new.key");
    VT_CHECK_SAYING(strstr(output, "both keys are set") != NULL, "%s", output);
    (void)finish(1);
    witness = start_witness(port);
    (void)add(0, "two"); /* the witness knows the old key, and that is enough */
    VT_CHECK(signatures_in(vt_test_read(path("log/checkpoint"))) == 3);
    /* Finished before the witness knows the new key, nothing new would be shown. */
    (void)finish(0);
    (void)add(1, "three");
    vt_test_stop(&witness, 0);
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "add-log", "--dir", path("w"),
                                 "--vkey", vkey_of(NEW_SEED)));
    witness = start_witness(port);
    output = add(0, "three");
    VT_CHECK_SAYING(strncmp(output, "2 ", 2) == 0, "%s", output);
    check(0, "three", "log/policy.txt");
    check(0, "one", "log/policy.txt");
    vt_test_stop(&witness, 0);
}

/* A served ledger shows both signatures without being told anything. */
static void served_with_both(void)
{
    struct vt_running server;
    struct vt_error err = { 0 };
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_http_call call = { .body = VT_LIT("by post"),
                                 .accept = "application/vnd.vitrine.tlog-proof",
                                 .answer_bytes_max = VT_KIB(64) };

    make_log(NULL);
    (void)add(0, "one");
    (void)rotate(0, "new.key");
    server = vt_test_start("serve.err",
                           VT_ARGV("vitrine", "ledger", "serve", "--dir", path("log")));
    call.url = vt_test_print("%s/add", server.url);
    VT_CHECK_OK(vt_http_client_new(&client, &err));
    VT_CHECK_OK(vt_http_client_run(client, &call, &err));
    VT_CHECK_SAYING(call.status == 200, "%d: %.*s", call.status,
                    VT_SLICE_ARGS(vt_buf_slice(&call.answer)));
    vt_test_write(path("by post"), VT_LIT("by post"));
    vt_test_write(path("by post.tlog-proof"), vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    vt_test_stop(&server, 0);
    check(0, "by post", "old.policy");
    check(0, "by post", "new.policy");
    (void)finish(0);
    VT_CHECK(strncmp(add(0, "three"), "2 ", 2) == 0);
}

static const struct vt_case cases[] = {
    { "both, then the new one", both_then_the_new_one },
    { "wrong ways", wrong_ways },
    { "encrypted keys", encrypted_keys },
    { "a witness goes along", a_witness_goes_along },
    { "served with both", served_with_both },
};

VT_TEST_MAIN("cli.ledger_rotate", cases)
