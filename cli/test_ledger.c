/* vitrine ledger, as a person uses it, and each way to use it wrongly: one clear sentence,
 * the right exit code, nothing half-written. */
#include "crypto/key.h"
#include "tests/world.h"

#define ORIGIN "log.example.org/test"

static void make_key(const char *path, const char *passphrase)
{
    static const uint8_t seed[32] = { 5 };
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    VT_CHECK_OK(vt_key_write_pem(key, vt_slice_from_cstr(passphrase), &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
}

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static const char *init(int exit_code)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                          "--origin", ORIGIN, "--key", path("key.pem")));
}

static const char *add(int exit_code, const char *file)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                          "--proof-dir", vt_test_dir(), path(file)));
}

static const char *check(int exit_code, const char *file, const char *proof)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "check", path(file),
                                          "--proof", path(proof), "--policy",
                                          path("policy"), "--origin", ORIGIN));
}

static bool says(const char *output, const char *words)
{
    return strstr(output, words) != NULL;
}

/* The last line of `output` that begins with the origin: the vkey. */
static const char *vkey_in(const char *output)
{
    const char *at = strstr(output, ORIGIN "+");

    VT_CHECK_SAYING(at != NULL, "%s", output);
    return vt_arena_cstr(vt_test_arena(), vt_slice_of(at, strcspn(at, "\n\"")));
}

static const char *make_log(void)
{
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(4));
    const char *vkey;

    make_key(path("key.pem"), "");
    vt_test_write(path("a.txt"), VT_LIT("hello\n"));
    vt_test_write(path("b.txt"), VT_LIT("world\n"));
    vkey = vkey_in(init(0));
    vt_buf_printf(&policy, "log %s\nquorum none\n", vkey);
    vt_test_write(path("policy"), vt_buf_slice(&policy));
    return vkey;
}

static void first_proof(void)
{
    const char *vkey = make_log(), *said;

    VT_CHECK(says(add(0, "a.txt"), "0 "));
    VT_CHECK(says(add(0, "b.txt"), "1 "));
    VT_CHECK(says(add(0, "a.txt"), "(was there already)"));
    VT_CHECK(says(check(0, "b.txt", "b.txt.tlog-proof"), "is entry 1 of " ORIGIN));
    VT_CHECK(says(check(1, "a.txt", "b.txt.tlog-proof"), "this is not entry 1 of"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "prove", "--dir", path("log"),
                                 "--index", "0", "--out", path("again")));
    said = vt_test_run(0, VT_ARGV("vitrine", "ledger", "prove", "--dir", path("log"),
                                  "--index", "0", "--out", "-", "--json"));
    VT_CHECK_SAYING(says(said, "\"ok\":true") &&
                        says(said, "\"proof\":\"c2sp.org/tlog-proof"),
                    "%s", said);
    VT_CHECK(says(check(0, "a.txt", "again"), "is entry 0 of"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "fsck", path("log"), "--vkey", vkey));
    VT_CHECK(
        says(vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("log"))),
             "published  2 entries"));
    VT_CHECK(strcmp(vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir",
                                           path("log"), "--index", "1")),
                    "world\n") == 0);
}

static void answers_for_machines(void)
{
    const char *vkey = make_log(), *text;

    (void)add(0, "a.txt");
    text = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("log"), "--json"));
    VT_CHECK(says(text, "\"size\":1") && says(text, vkey));
    text = vt_test_run(0, VT_ARGV("vitrine", "ledger", "check", path("a.txt"), "--proof",
                                  path("a.txt.tlog-proof"), "--policy", path("policy"),
                                  "--origin", ORIGIN, "--json"));
    VT_CHECK(says(text, "\"ok\":true") && says(text, "\"outcome\":\"ok\""));
    text = vt_test_run(1, VT_ARGV("vitrine", "ledger", "check", path("b.txt"), "--proof",
                                  path("a.txt.tlog-proof"), "--policy", path("policy"),
                                  "--origin", ORIGIN, "--json"));
    VT_CHECK(says(text, "\"ok\":false") && says(text, "\"outcome\":\"not-included\""));
    text = vt_test_run(1, VT_ARGV("vitrine", "ledger", "check", path("a.txt"), "--proof",
                                  path("a.txt.tlog-proof"), "--policy", path("policy"),
                                  "--origin", "log.example.org/other", "--json"));
    VT_CHECK(says(text, "\"outcome\":\"wrong-origin\""));
    text = vt_test_run(1, VT_ARGV("vitrine", "ledger", "fsck", path("log"), "--vkey",
                                  "example.org/ledger+c186e258+"
                                  "AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
                                  "--json"));
    VT_CHECK(says(text, "\"file\":\"checkpoint\""));
}

/* ---- whose statements a release ledger takes -------------------------------------------
 */

static const char *add_trusted(int exit_code, const char *a, const char *b)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"), "--trust",
                               path("trust.json"), path(a), b != NULL ? path(b) : NULL));
}

/* The world as files, as of this machine's clock, which the command looks at. */
static void write_statements(struct vt_world *world)
{
    struct vt_world_made made;

    vt_world_make(world, &made);
    vt_test_write(path("trust.json"), made.trust);
    vt_test_write(path("release"), made.release);
    vt_test_write(path("list"), made.withdrawals);
    for (size_t i = 1; i < made.envelope_count; i++)
        vt_test_write(path(vt_test_print("part-%zu", i)), made.envelopes[i]);
}

static struct vt_world world_of_now(void)
{
    struct vt_env env = vt_env_real();
    struct vt_world world = vt_world_good();

    vt_world_move(&world, vt_env_now_unix_s(&env) - VT_WORLD_NOW);
    return world;
}

static void admits_whom_the_trust_root_names(void)
{
    struct vt_world world = world_of_now();

    (void)make_log();
    write_statements(&world);
    VT_CHECK(says(add_trusted(0, "part-1", "part-2"), "0 "));
    VT_CHECK(says(add_trusted(0, "release", "list"), "2 "));
    /* Half a release, and one more signature: refused, and with it what stands beside. */
    world.release_signers = VT_BIT(VT_P_VENDOR);
    world.version = "1.4.1";
    write_statements(&world);
    VT_CHECK(says(add_trusted(1, "part-1", "release"), "supervisor"));
    world.release_signers =
        VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR) | VT_BIT(VT_P_STRANGER);
    write_statements(&world);
    VT_CHECK(says(add_trusted(1, "release", NULL), "signature by nobody"));
    VT_CHECK(says(add_trusted(1, "a.txt", NULL), "a.txt"));
    VT_CHECK(
        says(vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("log"))),
             "published  4 entries"));
    world.release_signers = VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR);
    write_statements(&world);
    VT_CHECK(says(add_trusted(0, "release", NULL), "4 "));
}

static void admits_by_a_trust_root_of_today(void)
{
    struct vt_world world = world_of_now();

    (void)make_log();
    world.trust_expires = world.listed;
    write_statements(&world);
    VT_CHECK(says(add_trusted(1, "release", NULL), "expired"));
    world = world_of_now();
    world.keys[VT_P_VENDOR].until = world.listed;
    write_statements(&world);
    (void)add_trusted(1, "release", NULL);
    world.keys[VT_P_VENDOR].until = world.trust_expires;
    write_statements(&world);
    (void)add_trusted(0, "release", NULL);
    VT_CHECK(unlink(path("trust.json")) == 0);
    (void)add_trusted(3, "release", NULL);
    vt_test_write(path("trust.json"), VT_LIT("{}"));
    (void)add_trusted(1, "release", NULL);
}

/* The policy of a log with witnesses that nobody runs: kept, but not published. */
static void without_witnesses(void)
{
    const char *text;

    make_key(path("key.pem"), "");
    vt_test_write(path("a.txt"), VT_LIT("hello\n"));
    vt_test_write(path("policy"), VT_LIT("witness w witness.example.de+a1a0d65a+"
                                         "BEOnLnFEAXYt9mtowm373yaCquyfJHTspGE+QkoPuv08 "
                                         "http://127.0.0.1:9/\nquorum w\n"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", ORIGIN, "--key", path("key.pem"), "--policy",
                                 path("policy")));
    text = vt_test_run(
        3, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"), path("a.txt")));
    VT_CHECK_SAYING(says(text, "the entries are kept"), "%s", text);
    text = vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("log")));
    VT_CHECK_SAYING(says(text, "published  nothing yet"), "%s", text);
}

static void encrypted_keys(void)
{
    const char *const add_with[] = {
        "vitrine",           "ledger",       "add", "--dir", path("log"), path("a.txt"),
        "--passphrase-file", path("phrase"), NULL
    };

    make_key(path("key.pem"), "open sesame");
    vt_test_write(path("a.txt"), VT_LIT("hello\n"));
    vt_test_write(path("phrase"), VT_LIT("open sesame\n"));
    VT_CHECK(says(init(1), "passphrase"));
    VT_CHECK(!vt_path_exists(path("log/config.json")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", ORIGIN, "--key", path("key.pem"),
                                 "--passphrase-file", path("phrase")));
    (void)vt_test_run(0, add_with);
    vt_test_write(path("phrase"), VT_LIT("open barley\n"));
    VT_CHECK(says(vt_test_run(1, add_with), "passphrase"));
}

/* ---- used wrongly
 * ------------------------------------------------------------------------ */

static void bad_calls(void)
{
    static const struct {
        const char *name;
        int exit_code;
        const char *says;
        const char *argv[13];
    } rows[] = {
        { "no folder", 2, "--dir DIR is needed", { "vitrine", "ledger", "show" } },
        { "no file",
          2,
          "what is missing: FILE...",
          { "vitrine", "ledger", "add", "--dir", "log" } },
        { "neither file nor index",
          2,
          "either a FILE or --index",
          { "vitrine", "ledger", "prove", "--dir", "log", "--out", "p" } },
        { "file and index",
          2,
          "either a FILE or --index",
          { "vitrine", "ledger", "prove", "--dir", "log", "a.txt", "--index", "0", "--out",
            "p" } },
        { "index is no number",
          2,
          "'x' is not a whole number",
          { "vitrine", "ledger", "show", "--dir", "log", "--index", "x" } },
        { "index too large",
          1,
          "there is no entry 7, the log has 1",
          { "vitrine", "ledger", "show", "--dir", "log", "--index", "7" } },
        { "prove what is not there",
          1,
          "b.txt: no entry with these bytes",
          { "vitrine", "ledger", "prove", "--dir", "log", "b.txt", "--out", "p" } },
        { "missing file",
          3,
          "missing.txt: cannot open",
          { "vitrine", "ledger", "add", "--dir", "log", "missing.txt" } },
        { "a folder as file",
          3,
          "is a folder",
          { "vitrine", "ledger", "add", "--dir", "log", "log" } },
        { "empty file",
          1,
          "empty: an entry has 1 to 65535 bytes",
          { "vitrine", "ledger", "add", "--dir", "log", "empty" } },
        { "oversized file",
          1,
          "large: 70000 bytes, at most 65535",
          { "vitrine", "ledger", "add", "--dir", "log", "large" } },
        { "missing ledger",
          3,
          "nowhere: cannot open the folder",
          { "vitrine", "ledger", "add", "--dir", "nowhere", "a.txt" } },
        { "no ledger",
          3,
          "there is no ledger here",
          { "vitrine", "ledger", "add", "--dir", ".", "a.txt" } },
        { "no ledger to show",
          3,
          "there is no ledger here",
          { "vitrine", "ledger", "show", "--dir", "." } },
        { "init twice",
          1,
          "holds a ledger already",
          { "vitrine", "ledger", "init", "--dir", "log", "--origin", ORIGIN, "--key",
            "key.pem" } },
        { "a policy that is not there",
          3,
          "init: nowhere.txt: cannot open",
          { "vitrine", "ledger", "init", "--dir", "new", "--origin", "a.example", "--key",
            "key.pem", "--policy", "nowhere.txt" } },
        { "prune without a policy",
          2,
          "--retention",
          { "vitrine", "ledger", "prune", "--dir", "log", "--below", "0" } },
        { "prune without a policy and without a ledger",
          3,
          "there is no ledger here",
          { "vitrine", "ledger", "prune", "--dir", ".", "--below", "0" } },
        { "origin with a space",
          2,
          "must be a name without spaces",
          { "vitrine", "ledger", "init", "--dir", "new", "--origin", "a b", "--key",
            "key.pem" } },
        { "missing key",
          3,
          "nokey.pem: cannot open",
          { "vitrine", "ledger", "init", "--dir", "new", "--origin", ORIGIN, "--key",
            "nokey.pem" } },
        { "key for everybody",
          1,
          "key",
          { "vitrine", "ledger", "init", "--dir", "new", "--origin", ORIGIN, "--key",
            "open.pem" } },
        { "key is no key",
          1,
          "secret.txt",
          { "vitrine", "ledger", "init", "--dir", "new", "--origin", ORIGIN, "--key",
            "secret.txt" } },
        { "another key",
          1,
          "signer",
          { "vitrine", "ledger", "add", "--dir", "log", "b.txt", "--key", "other.pem" } },
        { "policy is none",
          3,
          "a.txt: policy, line 1",
          { "vitrine", "ledger", "init", "--dir", "new", "--origin", ORIGIN, "--key",
            "key.pem", "--policy", "a.txt" } },
        { "proof is none",
          1,
          "proof: does not begin with",
          { "vitrine", "ledger", "check", "a.txt", "--proof", "b.txt", "--policy", "policy",
            "--origin", ORIGIN } },
        { "two proofs of one name",
          2,
          "would have one proof file",
          { "vitrine", "ledger", "add", "--dir", "log", "--proof-dir", ".", "a.txt",
            "./a.txt" } },
        { "proof to nowhere",
          3,
          "nowhere",
          { "vitrine", "ledger", "prove", "--dir", "log", "a.txt", "--out", "nowhere/p" } },
        { "fsck without key",
          2,
          "say whose log it is",
          { "vitrine", "ledger", "fsck", "log" } },
        { "fsck with a bad key",
          2,
          "--vkey: ",
          { "vitrine", "ledger", "fsck", "log", "--vkey", "x" } },
        { "fork with a bad key",
          2,
          "--vkey: ",
          { "vitrine", "ledger", "fork", "a.txt", "--vkey", "x" } },
        { "mirror with a bad key",
          2,
          "--vkey: ",
          { "vitrine", "ledger", "mirror", "--dir", "c", "--from", "log", "--vkey", "x" } },
        { "mirror with a cosigner's key",
          2,
          "--vkey: not a log's key (type 1) but of type 4",
          { "vitrine", "ledger", "mirror", "--dir", "c", "--from", "log", "--vkey",
            "witness.example.de+a1a0d65a+BEOnLnFEAXYt9mtowm373yaCquyfJHTspGE+QkoPuv08" } },
        { "mirror of a log that the policy does not list",
          2,
          "--origin: policy lists no log foo",
          { "vitrine", "ledger", "mirror", "--dir", "c", "--from", "log", "--policy",
            "policy", "--origin", "foo" } },
        { "push with a bad key",
          2,
          "--vkey: ",
          { "vitrine", "ledger", "push", "--dir", "log", "--to", "http://127.0.0.1:9",
            "--vkey", "x" } },
        { "init where no folder can be made",
          3,
          "cannot make the folder",
          { "vitrine", "ledger", "init", "--dir", "/proc/x", "--origin", ORIGIN, "--key",
            "key.pem" } },
        { "find without an index",
          3,
          "there is no look-up index",
          { "vitrine", "ledger", "find", "--dir", "log", "x" } },
        { "serve with writers that are none",
          3,
          "line 1 is not 'NAME SHA256-OF-TOKEN'",
          { "vitrine", "ledger", "serve", "--dir", "log", "--writers", "a.txt" } },
        { "serve with a certificate that is none",
          3,
          "a.txt and key.pem",
          { "vitrine", "ledger", "serve", "--dir", "log", "--tls-cert", "a.txt",
            "--tls-key", "key.pem" } },
        { "monitor with a policy that is none",
          3,
          "a.txt: policy, line 1",
          { "vitrine", "monitor", "run", "--dir", "m", "--policy", "a.txt" } },
        { "monitor with a policy that has no URL",
          3,
          "policy: no log has a URL",
          { "vitrine", "monitor", "run", "--dir", "m", "--policy", "policy" } },
        { "monitor with a key that is none",
          3,
          "a.txt: ",
          { "vitrine", "monitor", "run", "--dir", "m", "--policy", "policy", "--watch-key",
            "a.txt" } },
    };

    (void)make_log();
    (void)add(0, "a.txt");
    make_key(path("open.pem"), "");
    VT_CHECK(chmod(path("open.pem"), 0644) == 0);
    vt_test_write(path("secret.txt"), VT_LIT("my secret"));
    VT_CHECK(chmod(path("secret.txt"), 0600) == 0);
    (void)vt_test_run(0, VT_ARGV("openssl", "genpkey", "-algorithm", "ed25519", "-out",
                                 path("other.pem")));
    VT_CHECK(chmod(path("other.pem"), 0600) == 0);
    vt_test_write(path("empty"), VT_LIT(""));
    vt_test_write(path("large"),
                  vt_slice_of(vt_arena_alloc(vt_test_arena(), 70000), 70000));
    VT_CHECK(chdir(vt_test_dir()) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *argv[14] = { NULL }, *output;

        memcpy(argv, rows[i].argv, sizeof rows[i].argv);
        output = vt_test_run(rows[i].exit_code, argv);
        VT_CHECK_SAYING(says(output, rows[i].says), "%s: %s", rows[i].name, output);
        VT_CHECK_SAYING(strchr(output, '\n') == output + strlen(output) - 1, "%s: %s",
                        rows[i].name, output); /* one sentence */
        VT_CHECK_SAYING(!vt_path_exists("p") && !vt_path_exists("new/config.json"), "%s",
                        rows[i].name);
    }
    VT_CHECK(says(vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", "log")),
                  "published  1 entry"));
}

static void truncated_proofs(void)
{
    vt_slice good;

    (void)make_log();
    (void)add(0, "a.txt");
    good = vt_test_read(path("a.txt.tlog-proof"));
    for (size_t len = 0; len < good.len; len += 17) {
        vt_test_write(path("cut"), vt_slice_sub(good, 0, len));
        (void)check(1, "a.txt", "cut");
    }
}

/* The disk is full: said so, and nothing is lost; with room it goes on. */
static void full_disks(void)
{
    const char *disk = vt_test_small_disk(3 << 20), *output;
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *dir = vt_arena_printf(arena, "%s/log", disk);
    const char *filler = vt_arena_printf(arena, "%s/filler", disk);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), 1 << 20);

    make_key(path("key.pem"), "");
    vt_test_write(path("a.txt"), VT_LIT("hello\n"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", dir, "--origin",
                                 ORIGIN, "--key", path("key.pem")));
    {
        VT_AUTO_FD fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

        while (write(fd, bytes, 4096) == 4096)
            ;
    }
    output =
        vt_test_run(3, VT_ARGV("vitrine", "ledger", "add", "--dir", dir, path("a.txt")));
    VT_CHECK_SAYING(says(output, "the disk is full"), "%s", output);
    VT_CHECK(unlink(filler) == 0);
    output =
        vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", dir, path("a.txt")));
    VT_CHECK_SAYING(says(output, "0 "), "%s", output);
}

static const struct vt_case cases[] = {
    { "first proof", first_proof },
    { "answers for machines", answers_for_machines },
    { "without witnesses", without_witnesses },
    { "encrypted keys", encrypted_keys },
    { "bad calls", bad_calls },
    { "truncated proofs", truncated_proofs },
    { "full disks", full_disks },
    { "admits whom the trust root names", admits_whom_the_trust_root_names },
    { "admits by a trust root of today", admits_by_a_trust_root_of_today },
};

VT_TEST_MAIN("cli.ledger", cases)
