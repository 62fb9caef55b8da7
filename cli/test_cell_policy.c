/* `vitrine cell policy`, from a first draft to an answer that rests on the ledger, and each
 * way to use it wrongly. */
#include "tests/world.h"

static const char *path(const char *name)
{
    return vt_test_path(name);
}

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "no '%s' in: %s", words, output)

static void write_key(const char *name, enum vt_party party)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(path(name), 0600) == 0);
}

static struct vt_world world_now(void)
{
    struct vt_world world = vt_world_good();

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    return world;
}

static void lay_out(void)
{
    struct vt_world world = world_now();

    vt_test_write(path("trust.json"), vt_world_trust(&world));
    write_key("a", VT_P_RESIDENCY_A);
    write_key("b", VT_P_RESIDENCY_B);
    write_key("c", VT_P_RESIDENCY_C);
    write_key("vendor", VT_P_VENDOR);
}

static const char *init(int exit_code, const char *out)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "cell", "policy", "init", "--out", path(out),
                               "--cell", "old=RU,https://old.example.org", "--cell",
                               "zurich=CH,https://zh.example.org"));
}

static const char *set(int exit_code, const char *policy, const char *country,
                       const char *data, const char *cell, const char *state)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "cell", "policy", "set", "--policy",
                                          path(policy), "--country", country, "--class",
                                          data, "--cell", cell, "--state", state));
}

static const char *sign(int exit_code, const char *policy, const char *key)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "cell", "policy", "sign", "--policy",
                                          path(policy), "--trust", path("trust.json"),
                                          "--key", path(key)));
}

/* A verb with policy, trust root and one more option. */
static const char *with_trust(int exit_code, const char *verb, const char *policy,
                              const char *option, const char *value)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "cell", "policy", verb, "--policy", path(policy),
                               "--trust", path("trust.json"), option, value));
}

static const char *check(int exit_code, const char *country, const char *option,
                         const char *value)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "cell", "policy", "check", country,
                                          "file", "--policy", path("p1"), "--trust",
                                          path("trust.json"), option, value));
}

/* The proof as the ledger of the world gives it. */
static void prove(const char *policy)
{
    struct vt_world world = world_now();

    vt_test_write(path(vt_test_print("%s.tlog-proof", policy)),
                  vt_world_prove(&world, vt_test_read(path(policy))));
}

static void make_first(void)
{
    lay_out();
    MUST_SAY(init(0, "p1"), "everything is not moved yet");
    (void)set(0, "p1", "DE,FR,CH", "file", "zurich", "here");
    (void)set(0, "p1", "JP", "statistic", "old", "stays");
    MUST_SAY(sign(0, "p1", "b"), "more holders must sign");
    MUST_SAY(with_trust(1, "show", "p1", "--json", "--json"), "\"ok\":false");
    MUST_SAY(sign(0, "p1", "c"), "more holders must sign"); /* b's country */
    MUST_SAY(sign(0, "p1", "a"), "the threshold is met");
}

static void from_draft_to_answer(void)
{
    const char *shown;

    make_first();
    MUST_SAY(with_trust(1, "show", "p1", "--at", "2027-06-01T00:00:00Z"),
             "no proof that it is on the ledger");
    MUST_SAY(check(3, "DE", "--cell", "zurich"), "tlog-proof");
    prove("p1");
    shown = with_trust(0, "show", "p1", "--at", "2027-06-01T00:00:00Z");
    MUST_SAY(shown, "on the ledger since");
    MUST_SAY(shown, "3 here, 0 moving, 1 stay, 992 not moved yet");
    MUST_SAY(shown, "CH DE FR");
    MUST_SAY(check(0, "DE", "--cell", "zurich"), "accept: zurich (CH)");
    MUST_SAY(check(1, "DE", "--cell", "old"), "refuse: zurich (CH) https://zh.example.org");
    MUST_SAY(check(0, "IL", "--cell", "old"), "state not moved yet");
    MUST_SAY(check(2, "XX", "--at", "soon"), "no time");
    MUST_SAY(check(1, "XX", "--cell", "old"), "no country of ISO 3166");
    MUST_SAY(check(1, "DE", "--at", "2001-01-01T00:00:00Z"), "nothing of that time");
    MUST_SAY(vt_test_run(1, VT_ARGV("vitrine", "cell", "policy", "check", "DE", "file",
                                    "--policy", path("p1"), "--trust", path("trust.json"),
                                    "--cell", "zurich", "--jurisdiction", "RU")),
             "stands in RU");
}

static void what_is_wrong_writes_nothing(void)
{
    vt_slice before;

    lay_out();
    (void)init(0, "p1");
    before = vt_test_read(path("p1"));
    MUST_SAY(init(1, "p1"), "exists");
    MUST_SAY(set(2, "p1", "EU", "file", "zurich", "here"), "no country");
    MUST_SAY(set(2, "p1", "DE", "files", "zurich", "here"), "none of file");
    MUST_SAY(set(2, "p1", "DE", "file", "bern", "here"), "lists no cell");
    MUST_SAY(set(2, "p1", "DE", "file", "zurich", "there"), "none of here");
    MUST_SAY(set(2, "p1", "DE", "file", "old", "moving"), "--to and --fence");
    MUST_SAY(sign(1, "p1", "vendor"), "does not name this key for residency");
    MUST_SAY(vt_test_run(2, VT_ARGV("vitrine", "cell", "policy", "shew")), "no verb");
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "--help")),
             "policy check");
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "help", "cell", "statistics")),
             "statistics plot");
    vt_test_write(path("empty"), VT_LIT(""));
    MUST_SAY(sign(1, "empty", "a"), "empty: is empty");
    VT_CHECK(vt_slice_equal(before, vt_test_read(path("p1"))));
    (void)sign(0, "p1", "a");
    MUST_SAY(set(1, "p1", "DE", "file", "zurich", "here"), "is signed already");
    MUST_SAY(with_trust(1, "log", "p1", "--ledger", path("none")), "too few of the keys");
}

static const char *sign_next(int exit_code, const char *policy, const char *previous)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "cell", "policy", "sign", "--policy",
                               path(policy), "--trust", path("trust.json"), "--key",
                               path("a"), "--previous", path(previous)));
}

static void next_version(void)
{
    make_first();
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "init", "--out", path("p2"),
                                 "--previous", path("p1"), "--cell",
                                 "tokyo=JP,https://jp.example.org"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "set", "--policy", path("p2"),
                                 "--country", "JP", "--cell", "old", "--state", "moving",
                                 "--to", "tokyo", "--from", "2030-01-01T00:00:00Z",
                                 "--fence", "2030-01-02T00:00:00Z"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "set", "--policy", path("p2"),
                                 "--country", "JP", "--cell", "tokyo", "--state", "here",
                                 "--from", "2030-01-03T00:00:00Z"));
    MUST_SAY(vt_test_run(
                 0, VT_ARGV("vitrine", "cell", "policy", "show", "--policy", path("p2"))),
             "planned, and not counted above");
    MUST_SAY(sign(2, "p2", "a"), "--previous is needed");
    MUST_SAY(sign_next(1, "p2", "p2"), "is a draft");
    MUST_SAY(sign_next(0, "p2", "p1"), "signed");
    /* Rewriting the past: a step from before the version was made. */
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "init", "--out", path("p3"),
                                 "--previous", path("p1")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "set", "--policy", path("p3"),
                                 "--country", "IT", "--cell", "zurich", "--state", "here",
                                 "--from", "2020-01-01T00:00:00Z"));
    MUST_SAY(sign_next(1, "p3", "p1"), "changes what was in force");
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "cell", "policy", "remove", "--policy", path("p3"),
                              "--country", "IT", "--from", "2020-01-01T00:00:00Z"));
    (void)sign_next(0, "p3", "p1"); /* the twin */
}

static const struct vt_case cases[] = {
    { "from draft to answer", from_draft_to_answer },
    { "what is wrong writes nothing", what_is_wrong_writes_nothing },
    { "the next version", next_version },
};

VT_TEST_MAIN("cli.cell_policy", cases)
