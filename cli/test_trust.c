/* `vitrine trust`, from a draft to three signatures; and that what can never be signed, or
 * would not be counted, is said at once, with nothing written. */
#include "tests/harness.h"
#include <sys/wait.h>

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "no '%s' in: %s", words, output)

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static const char origin[] = "ledger.example/releases";

static void make_key(const char *name)
{
    if (!vt_path_exists(path(name)))
        (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", path(name)));
}

/* A key as a log's or a witness's verifier key. */
static const char *vkey(const char *name, const char *as, const char *kind)
{
    const char *json =
        vt_test_run(0, VT_ARGV("vitrine", "key", "show", "--name", as, "--json",
                               vt_test_print("%s.pub", path(name))));
    const char *at = strstr(json, vt_test_print("\"%s_vkey\":\"", kind));

    VT_CHECK(at != NULL);
    at += strlen(kind) + strlen("\"_vkey\":\"");
    return vt_test_print("%.*s", (int)strcspn(at, "\""), at);
}

static void write_policy(const char *name, const char *log_line)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));

    vt_buf_printf(&text, "%s", log_line);
    for (const char *const *place = (const char *const[]){ "CH", "DE", "JP", "BR", NULL };
         *place != NULL; place++) {
        make_key(vt_test_print("%s.key", *place));
        vt_buf_printf(&text, "witness w%s %s http://127.0.0.1:1/\ngroup %s any w%s\n",
                      *place, vkey(vt_test_print("%s.key", *place), *place, "witness"),
                      *place, *place);
    }
    vt_buf_printf(&text, "group jurisdictions 3 CH DE JP BR\nquorum jurisdictions\n");
    vt_test_write(path(name), vt_buf_slice(&text));
}

static const char *init(int exit_code, const char *policy)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "trust", "init", "--out", path("trust.json"),
                               "--origin", origin, "--policy", path(policy), "--threshold",
                               "root=2/2/1"));
}

static const char *add(int exit_code, const char *role, const char *key, const char *holder,
                       const char *option, const char *value)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "trust", "add-key", "--trust",
                                          path("trust.json"), "--role", role, "--public",
                                          vt_test_print("%s.pub", path(key)), "--holder",
                                          holder, "--jurisdiction", "CH", option, value));
}

static const char *sign(int exit_code, const char *key)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "trust", "sign", "--trust",
                                          path("trust.json"), "--key", path(key)));
}

static const char *remove_key(int exit_code, const char *keyid)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "trust", "remove-key", "--trust",
                                          path("trust.json"), "--keyid", keyid));
}

/* A policy and a draft without keys. */
static void begin(void)
{
    make_key("log");
    write_policy("policy.txt", vt_test_print("log %s\n", vkey("log", origin, "log")));
    (void)init(0, "policy.txt");
}

static void name_all(void)
{
    (void)add(0, "root", "vendor", "Vendor", "--site", "Zurich");
    (void)add(0, "root", "supervisor", "Supervisor", "--site", "Bern");
    (void)add(0, "vendor", "vendor", "Vendor", "--site", "Zurich");
    (void)add(0, "supervisor", "supervisor", "Supervisor", "--site", "Bern");
}

static void holders_sign_one_after_the_other(void)
{
    begin();
    make_key("vendor");
    make_key("supervisor");
    MUST_SAY(sign(1, "vendor"), "is no root key");
    name_all();
    MUST_SAY(sign(0, "vendor"), "more root holders must sign");
    MUST_SAY(sign(0, "supervisor"), "the root threshold is met");
    MUST_SAY(add(1, "reviewer", "vendor", "Other", "--site", "Bern"), "is signed already");
    MUST_SAY(remove_key(1, "00"), "is signed already");
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "trust", "show", "--trust", path("trust.json")));
}

static void a_policy_without_the_log_begins_nothing(void)
{
    make_key("log");
    write_policy("policy.txt",
                 vt_test_print("log %s\n", vkey("log", "other.example", "log")));
    MUST_SAY(init(1, "policy.txt"), "no log line for ledger.example/releases");
    VT_CHECK(!vt_path_exists(path("trust.json")));
    write_policy("good.txt",
                 vt_test_print("log %s\n", vkey("log", origin, "log"))); /* the twin */
    (void)init(0, "good.txt");
}

static void what_can_never_be_signed_is_not_added(void)
{
    vt_slice before;

    begin();
    make_key("vendor");
    make_key("supervisor");
    name_all();
    before = vt_test_read(path("trust.json"));
    MUST_SAY(add(1, "supervisor", "vendor", "Vendor", "--site", "Zurich"), "Vendor");
    MUST_SAY(add(1, "vendor", "vendor", "Vendor", "--site", "Zurich"), "twice");
    MUST_SAY(add(1, "reviewer", "supervisor", "Somebody", "--site", "Bern"),
             "has two holders");
    VT_CHECK(vt_slice_equal(before, vt_test_read(path("trust.json"))));
    (void)sign(0, "vendor"); /* the draft is as good as it was */
}

static const char *keyid_of(const char *name)
{
    const char *json = vt_test_run(0, VT_ARGV("vitrine", "key", "show", "--json",
                                              vt_test_print("%s.pub", path(name))));

    return vt_test_print("%.12s", strstr(json, "\"keyid\":\"") + 9);
}

/* Of seventeen keys two begin with the same of sixteen digits. */
static void two_of_one_beginning(void)
{
    bool is_seen[256] = { false };

    for (int i = 0; i < 17; i++) {
        const char *name = vt_test_print("reader%d", i), *keyid;

        make_key(name);
        (void)add(0, "reviewer", name, name, NULL, NULL);
        keyid = keyid_of(name);
        if (is_seen[(uint8_t)keyid[0]]) {
            MUST_SAY(remove_key(1, vt_test_print("%.1s", keyid)),
                     "several keys begin with");
            return;
        }
        is_seen[(uint8_t)keyid[0]] = true;
    }
    VT_CHECK(false); /* there is no seventeenth digit */
}

static void a_wrong_key_is_taken_out_again(void)
{
    const char *keyid;

    begin();
    make_key("vendor");
    make_key("supervisor");
    make_key("wrong");
    name_all();
    (void)add(0, "root", "wrong", "Third", "--site", "Bern");
    (void)add(0, "supervisor", "wrong", "Third", "--site", "Bern");
    keyid = keyid_of("wrong");
    MUST_SAY(remove_key(1, "zz"), "no key begins with zz");
    two_of_one_beginning();
    MUST_SAY(
        vt_test_run(1, VT_ARGV("vitrine", "trust", "remove-key", "--trust",
                               path("trust.json"), "--keyid", keyid, "--role", "reviewer")),
        "has not the role reviewer");
    (void)vt_test_run(0, VT_ARGV("vitrine", "trust", "remove-key", "--trust",
                                 path("trust.json"), "--keyid", keyid, "--role",
                                 "supervisor"));
    MUST_SAY(remove_key(0, keyid), "key removed"); /* its other role */
    MUST_SAY(remove_key(1, keyid), "no key begins with");
    (void)sign(0, "vendor");
    MUST_SAY(sign(0, "supervisor"), "the root threshold is met");
}

/* A root is judged at the time when it was begun: a key from later could not count. */
static void a_signature_that_will_not_count_is_not_made(void)
{
    vt_slice before;

    begin();
    make_key("vendor");
    make_key("supervisor");
    make_key("late");
    name_all();
    (void)add(0, "root", "late", "Late", "--from", "2099-01-01T00:00:00Z");
    before = vt_test_read(path("trust.json"));
    MUST_SAY(sign(1, "late"), "not yet, or no longer, valid");
    VT_CHECK(vt_slice_equal(before, vt_test_read(path("trust.json"))));
    (void)sign(0, "vendor"); /* the twin */
}

/* Six people at one file: what each was told to be done is done. */
static void nothing_is_lost_between_two_at_once(void)
{
    enum { PEOPLE = 6 };
    static const char *const names[PEOPLE] = { "a", "b", "c", "d", "e", "f" };
    pid_t pids[PEOPLE];
    const char *said;

    begin();
    for (size_t i = 0; i < PEOPLE; i++)
        make_key(names[i]);
    for (size_t i = 0; i < PEOPLE; i++) {
        VT_CHECK((pids[i] = fork()) >= 0);
        if (pids[i] == 0) {
            (void)add(0, "reviewer", names[i], names[i], NULL, NULL);
            _exit(0);
        }
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        int status;

        VT_CHECK(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
    }
    said = vt_arena_cstr(vt_test_arena(), vt_test_read(path("trust.json")));
    for (size_t i = 0; i < PEOPLE; i++)
        MUST_SAY(said, vt_test_print("\"holder\": \"%s\"", names[i]));
}

static void what_has_ended_is_not_added(void)
{
    begin();
    make_key("late");
    MUST_SAY(add(2, "reviewer", "late", "Late", "--until", "2020-01-01T00:00:00Z"),
             "has passed already");
    MUST_SAY(add(2, "reviewer", "late", "Late", "--mandate-until", "2020-01-01T00:00:00Z"),
             "has passed already");
    (void)add(0, "reviewer", "late", "Late", "--until", "2099-01-01T00:00:00Z");
}

static const char *about_cell(int exit_code, const char *verb, const char *option,
                              const char *value, const char *second, const char *other)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "trust", verb, "--trust", path("trust.json"),
                               "--cell", "zurich", option, value, second, other));
}

static const char *add_relay(int exit_code, const char *url, const char *holder)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "trust", "add-relay", "--trust",
                                          path("trust.json"), "--cell", "zurich", "--url",
                                          url, "--holder", holder, "--jurisdiction", "BR"));
}

static void begin_with_a_cell(void)
{
    begin();
    make_key("cell");
    make_key("vendor");
    make_key("supervisor");
    (void)add(0, "cell", "cell", "Cells", "--product", "zurich");
    make_key("heads");
    write_policy("both.txt", vt_test_print("log %s\nlog %s\n", vkey("log", origin, "log"),
                                           vkey("heads", "cell.example/heads", "log")));
}

static void what_is_said_of_a_cell(void)
{
    const char *said;

    begin_with_a_cell();
    MUST_SAY(about_cell(1, "add-ledger", "--origin", "cell.example/heads", "--use", "head"),
             "the policy has no log line for cell.example/heads");
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "trust", "add-ledger", "--trust",
                                    path("trust.json"), "--cell", "zurich", "--origin",
                                    "cell.example/heads", "--use", "head", "--policy",
                                    path("both.txt"))),
             "ledger added");
    MUST_SAY(about_cell(1, "add-ledger", "--origin", origin, "--use", "head"),
             "cell zurich has two ledgers of heads");
    MUST_SAY(about_cell(2, "add-ledger", "--origin", origin, "--use", "release"),
             "--use: channel, head or access");
    MUST_SAY(about_cell(2, "add-ledger", "--origin", origin, "--use", "channel"),
             "--cell goes with --use head");
    /* Whoever holds the cell's key must not be its relay. */
    MUST_SAY(add_relay(1, "https://relay.example/", "Cells"),
             "together they know who asks what");
    MUST_SAY(add_relay(1, "http://relay.example/", "Somebody"), "is no https URL");
    MUST_SAY(add_relay(0, "https://relay.example/", "Somebody"), "relay added");
    MUST_SAY(add_relay(1, "https://other.example/", "Somebody"), "two relays");
    vt_test_write(path("keys"), VT_LIT("nothing"));
    MUST_SAY(about_cell(1, "certify", "--ohttp", path("keys"), NULL, NULL), "keys: ");
    (void)about_cell(2, "certify", NULL, NULL, NULL, NULL);
    name_all();
    (void)sign(0, "vendor");
    (void)sign(0, "supervisor");
    said =
        vt_test_run(0, VT_ARGV("vitrine", "trust", "show", "--trust", path("trust.json")));
    MUST_SAY(said, "cell zurich: its heads are in cell.example/heads\n  asked through the "
                   "relay of Somebody (BR), https://relay.example/");
}

static const struct vt_case cases[] = {
    { "what is said of a cell", what_is_said_of_a_cell },
    { "nothing is lost between two at once", nothing_is_lost_between_two_at_once },
    { "what has ended is not added", what_has_ended_is_not_added },
    { "holders sign one after the other", holders_sign_one_after_the_other },
    { "a policy without the log begins nothing", a_policy_without_the_log_begins_nothing },
    { "what can never be signed is not added", what_can_never_be_signed_is_not_added },
    { "a wrong key is taken out again", a_wrong_key_is_taken_out_again },
    { "a signature that will not count is not made",
      a_signature_that_will_not_count_is_not_made },
};

VT_TEST_MAIN("cli.trust", cases)
