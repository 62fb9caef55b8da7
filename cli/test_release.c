/* The release flow as its people use it, up to where packages are needed, and each way to
 * use it wrongly: one clear sentence, the right exit code, nothing half-written. */
#include "crypto/verify_note.h"
#include "line/lock.h"
#include "release/authorisations.h"
#include "release/compose.h"
#include "tests/world.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static bool says(const char *output, const char *words)
{
    return strstr(output, words) != NULL;
}

#define MUST_SAY(output, words) VT_CHECK_SAYING(says(output, words), "%s", output)

static void write_key(const char *name, enum vt_party party)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(path(name), 0600) == 0);
}

static const char recipe[] =
    "{\"v\":1,\"product\":\"lamp\",\"version\":\"2.0\",\"kind\":\"program\","
    "\"source\":{\"type\":\"folder\"},\"environment\":{\"suite\":\"bookworm\","
    "\"packages\":[\"gcc\"]},\"epoch\":1700000000,\"steps\":[[\"true\"]],"
    "\"outputs\":[\"lamp\"]}";

static const char lock[] =
    "{\"v\":1,\"suite\":\"bookworm\",\"architecture\":\"amd64\",\"epoch\":1700000000,"
    "\"packages\":[{\"name\":\"gcc\",\"version\":\"4:12.2.0-3\",\"architecture\":"
    "\"amd64\",\"file\":\"gcc_4%3a12.2.0-3_amd64.deb\",\"size\":18708,\"sha256\":"
    "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}]}";

/* Parties, a trust root as of now, recipe, lock and source. */
/* What a publication goes to. */
static void make_folders(void)
{
    write_key("log.key", VT_P_LOG);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", VT_WORLD_ORIGIN, "--key", path("log.key")));
    VT_CHECK(mkdir(path("public"), 0755) == 0);
}

static void lay_out(void)
{
    struct vt_world world = vt_world_good();

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    vt_test_write(path("trust.json"), vt_world_trust(&world));
    write_key("vendor", VT_P_VENDOR);
    write_key("supervisor", VT_P_SUPERVISOR);
    write_key("builder", VT_P_BUILDER);
    write_key("reviewer", VT_P_REVIEWER);
    write_key("stranger", VT_P_STRANGER);
    vt_test_write(path("recipe.json"), vt_slice_from_cstr(recipe));
    vt_test_write(path("lock.json"), vt_slice_from_cstr(lock));
    VT_CHECK(mkdir(path("source"), 0755) == 0);
    vt_test_write(path("source/lamp.c"), VT_LIT("int main(void) { return 0; }\n"));
}

static const char *draft_with(int exit_code, const char *key, const char *trust,
                              const char *recipe_name, const char *lock_name)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "release", "draft", "--desk", path("desk"),
                               "--trust", path(trust), "--recipe", path(recipe_name),
                               "--lock", path(lock_name), "--store", path("store"),
                               "--source", path("source"), "--key", path(key)));
}

static const char *draft_with_documents(int exit_code, const char *one, const char *two)
{
    return vt_test_run(
        exit_code,
        VT_ARGV("vitrine", "release", "draft", "--desk", path("desk"), "--trust",
                path("trust.json"), "--recipe", path("recipe.json"), "--lock",
                path("lock.json"), "--store", path("store"), "--source", path("source"),
                "--key", path("vendor"), "--document", path(one), "--document", path(two)));
}

static const char *draft(int exit_code, const char *key)
{
    return draft_with(exit_code, key, "trust.json", "recipe.json", "lock.json");
}

/* A verb about lamp 2.0 on the desk. */
static const char *about(int exit_code, const char *group, const char *verb,
                         const char *key, const char *option, const char *value)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", group, verb, "lamp", "2.0", "--desk",
                                          path("desk"), "--trust", path("trust.json"),
                                          "--key", path(key), option, value));
}

static const char *status(int exit_code)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "release", "status", "lamp", "2.0", "--desk",
                               path("desk"), "--trust", path("trust.json")));
}

static const char *build(void)
{
    return vt_test_run(VT_EXIT_REFUSED,
                       VT_ARGV("vitrine", "release", "build", "lamp", "2.0", "--desk",
                               path("desk"), "--trust", path("trust.json"), "--store",
                               path("store"), "--out", path("out"), "--key",
                               path("builder")));
}

static const char *authorise(int exit_code)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "supervise", "authorise", "--desk",
                                          path("desk"), "--trust", path("trust.json"),
                                          "--environment", path("lock.json"), "--ledger",
                                          path("log"), "--key", path("supervisor")));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void a_draft_shows_who_waits(void)
{
    const char *output;

    lay_out();
    output = draft(VT_EXIT_OK, "vendor");
    MUST_SAY(output, "release number 1 of its channel; the supervisor authorises its "
                     "environment (`vitrine supervise authorise`), then it is built");
    MUST_SAY(vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "release", "status", "--desk",
                                             path("desk"), "--trust", path("trust.json"))),
             "with which command one goes on: vitrine release status PRODUCT VERSION");
    MUST_SAY(vt_test_run(VT_EXIT_REFUSED,
                         VT_ARGV("vitrine", "release", "status", "--desk", path("source"),
                                 "--trust", path("trust.json"))),
             "/source is no desk: it holds neither releases/ nor authorisations/");
    output = status(VT_EXIT_OK);
    MUST_SAY(output, "lamp 2.0: drafted");
    MUST_SAY(output, "waits for the supervisor");
    MUST_SAY(output, "waits for the reviewer");
    MUST_SAY(output, path("trust.json")); /* the hints name it */
    VT_CHECK(!says(output, "--trust FILE"));
    output =
        vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "supervise", "queue", "--json", "--desk",
                                        path("desk"), "--trust", path("trust.json")));
    MUST_SAY(output, "\"state\":\"drafted\"");
    MUST_SAY(output, "\"who\":\"supervisor\"");
    MUST_SAY(vt_test_run(VT_EXIT_OK,
                         VT_ARGV("vitrine", "supervise", "inspect", "lamp", "2.0", "--desk",
                                 path("desk"), "--trust", path("trust.json"))),
             "the first release of its channel");
    MUST_SAY(draft(VT_EXIT_OK, "vendor"), "is drafted already, release number 1");
    vt_test_write(path("source/lamp.c"), VT_LIT("int main(void) { return 1; }\n"));
    MUST_SAY(draft(VT_EXIT_OK, "vendor"), "is drafted, release number 1"); /* another */
}

static void only_the_right_key_signs(void)
{
    lay_out();
    MUST_SAY(draft(VT_EXIT_REFUSED, "stranger"), "is no vendor's in the trust root");
    vt_test_write(path("poor.json"),
                  vt_slice_from_cstr("{\"v\":1,\"product\":\"lamp\",\"version\":\"2.0\","
                                     "\"kind\":\"program\",\"source\":{\"type\":"
                                     "\"folder\"},\"environment\":{\"suite\":"
                                     "\"bookworm\",\"packages\":[\"clang\"]},\"epoch\":"
                                     "1700000000,\"steps\":[[\"true\"]],\"outputs\":"
                                     "[\"lamp\"]}"));
    MUST_SAY(draft_with(VT_EXIT_REFUSED, "vendor", "trust.json", "poor.json", "lock.json"),
             "the recipe names the package clang, which the lock lacks");
    VT_CHECK(!vt_path_exists(path("desk/releases")));
    (void)draft(VT_EXIT_OK, "vendor");
    MUST_SAY(about(VT_EXIT_REFUSED, "review", "sign", "vendor", "--verdict", "accept"),
             "is no reviewer's");
    MUST_SAY(about(VT_EXIT_REFUSED, "supervise", "approve", "vendor", NULL, NULL),
             "is no supervisor's");
    MUST_SAY(about(VT_EXIT_OK, "review", "sign", "reviewer", "--verdict", "accept"),
             "is on the desk");
}

static void nobody_goes_alone(void)
{
    const char *output;

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    MUST_SAY(about(VT_EXIT_REFUSED, "supervise", "approve", "supervisor", NULL, NULL),
             "is not authorised on the ledger (next, by the supervisor: vitrine supervise "
             "authorise)\n");
    output = vt_test_run(VT_EXIT_REFUSED,
                         VT_ARGV("vitrine", "release", "publish", "lamp", "2.0", "--desk",
                                 path("desk"), "--trust", path("trust.json"), "--ledger",
                                 path("log"), "--public", path("public"), "--key",
                                 path("vendor")));
    MUST_SAY(output, "lamp 2.0 is not approved");
    VT_CHECK(!vt_path_exists(path("public")));
    make_folders();
    output = vt_test_run(VT_EXIT_REFUSED,
                         VT_ARGV("vitrine", "release", "withdraw", "lamp", "2.0", "--desk",
                                 path("desk"), "--trust", path("trust.json"), "--ledger",
                                 path("log"), "--public", path("public"), "--reason", "no",
                                 "--key", path("vendor")));
    MUST_SAY(output, "is not published: there is nothing to withdraw");
}

/* A copy of the ledger is as good for whoever approves: its checkpoint says whose it is. */
static void the_supervisor_may_keep_a_copy(void)
{
    const char *const by_copy[] = { path("copy"), path("public"), path("other") };
    const char *const said[] = { "is not authorised on the ledger",
                                 "there is no ledger here, nor a copy of one",
                                 "other/checkpoint: " };
    struct vt_vkey vkey = vt_vkey_of(vt_slice_from_cstr(VT_WORLD_ORIGIN), VT_NOTE_ED25519,
                                     vt_key_public(vt_world_key(VT_P_LOG)));
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(1));

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    make_folders();
    (void)vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                          "--key", path("log.key"), path("source/lamp.c")));
    vt_buf_put_text(&policy, "log ");
    vt_vkey_write(&policy, &vkey);
    vt_buf_put_text(&policy, "\nquorum none\n");
    vt_test_write(path("policy"), vt_buf_slice(&policy));
    (void)vt_test_run(VT_EXIT_OK,
                      VT_ARGV("vitrine", "ledger", "mirror", "--dir", path("copy"),
                              "--from", path("log"), "--policy", path("policy")));
    VT_CHECK(mkdir(path("other"), 0755) == 0);
    vt_test_write(path("other/checkpoint"),
                  VT_LIT("elsewhere.example\n1\n"
                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"));
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        MUST_SAY(about(i == 1 ? VT_EXIT_TROUBLE : VT_EXIT_REFUSED, "supervise", "approve",
                       "supervisor", "--ledger", by_copy[i]),
                 said[i]);
}

static void a_build_needs_an_authorised_environment(void)
{
    const char *output;

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    output = build();
    MUST_SAY(output, "is not authorised; the supervisor can authorise it");
    VT_CHECK(!vt_path_exists(path("out/build.json")));
}

static void a_reviewer_signs_what_he_read(void)
{
    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    MUST_SAY(vt_test_run(VT_EXIT_REFUSED,
                         VT_ARGV("vitrine", "review", "sign", "lamp", "2.0", "--desk",
                                 path("desk"), "--trust", path("trust.json"), "--verdict",
                                 "accept", "--source", vt_world_digest("another"), "--key",
                                 path("reviewer"))),
             "not the one that you read; nothing is signed");
    MUST_SAY(vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "review", "list", "--desk",
                                             path("desk"), "--trust", path("trust.json"))),
             "no reviews");
    (void)vt_test_run(VT_EXIT_OK,
                      VT_ARGV("vitrine", "review", "sign", "lamp", "2.0", "--desk",
                              path("desk"), "--trust", path("trust.json"), "--key",
                              path("reviewer"), "--verdict", "refuse", "--scope",
                              "all\nlamp 2.0: accept by State B"));
    MUST_SAY(vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "review", "list", "--desk",
                                             path("desk"), "--trust", path("trust.json"))),
             ", all?lamp 2.0: accept by State B\n"); /* nobody else's line is forged */
    MUST_SAY(vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "review", "list", "--desk",
                                             path("desk"), "--trust", path("trust.json"))),
             "refuse by State A");
}

static const char *reviews(const char *option)
{
    return vt_test_run(VT_EXIT_OK,
                       VT_ARGV("vitrine", "review", "list", "--desk", path("desk"),
                               "--trust", path("trust.json"), option));
}

/* Whoever accepted may refuse later, even in the same second, and everybody sees it. */
static void a_reviewer_takes_his_word_back(void)
{
    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    (void)about(VT_EXIT_OK, "review", "sign", "reviewer", "--verdict", "accept");
    MUST_SAY(about(VT_EXIT_OK, "review", "sign", "reviewer", "--verdict", "accept"),
             "is on the desk already; nothing is signed");
    MUST_SAY(status(VT_EXIT_OK), "1 accept, 0 refuse");
    (void)about(VT_EXIT_OK, "review", "sign", "reviewer", "--verdict", "refuse");
    MUST_SAY(status(VT_EXIT_OK), "0 accept, 1 refuse");
    MUST_SAY(status(VT_EXIT_OK), "reviewer State A refuses its source");
    MUST_SAY(about(VT_EXIT_REFUSED, "supervise", "approve", "supervisor", NULL, NULL),
             "not approved: reviewer State A refuses its source");
    MUST_SAY(reviews(NULL), "(taken back)");
    MUST_SAY(reviews("--json"), "\"standing\":\"taken back\"");
    MUST_SAY(reviews("--json"), "\"standing\":\"refuses\"");
    (void)about(VT_EXIT_OK, "review", "sign", "reviewer", "--verdict", "accept");
    MUST_SAY(status(VT_EXIT_OK), "1 accept, 0 refuse");
}

/* A rejected draft, by a statement as `supervise reject` lays it down. */
static void lay_rejection(void)
{
    const struct vt_key *key = vt_world_key(VT_P_SUPERVISOR);
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_DESK desk = { 0 };
    VT_AUTO_DOCKET docket = NULL;
    struct vt_trust *trust;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_trust_parse(vt_test_read(path("trust.json")), &trust, &err));
    VT_CHECK_OK(vt_desk_open(path("desk"), false, &desk, &err));
    VT_CHECK_OK(
        vt_docket_open(&desk, trust, "lamp", "2.0", (int64_t)time(NULL), &docket, &err));
    VT_CHECK_OK(
        vt_compose_rejection(docket, "it hums", (int64_t)time(NULL), key, &envelope, &err));
    VT_CHECK_OK(vt_docket_put(&desk, "lamp", "2.0", vt_buf_slice(&envelope), &err));
    vt_trust_free(trust);
}

/* What is authorised already is not logged again: the ledger is not even opened. */
static void an_authorisation_is_given_once(void)
{
    struct vt_world world = vt_world_good();
    VT_AUTO_DESK desk = { 0 };
    VT_AUTO_LOCK parsed = NULL;
    struct vt_error err = { 0 };
    char digest[65], environment[65];
    vt_slice envelope;

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    VT_CHECK_OK(vt_lock_read(path("lock.json"), &parsed, &err));
    vt_hash_text(&parsed->environment, environment);
    vt_hash_text(&parsed->digest, digest);
    envelope = vt_world_statement(
        VT_ENVIRONMENT_AUTHORISATION, "environment",
        json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s}", "environment", environment, "lock",
                  digest, "suite", "bookworm", "architecture", "amd64", "packages", 1,
                  "note", "", "created", vt_world_time(time(NULL))),
        VT_BIT(VT_P_SUPERVISOR));
    MUST_SAY(authorise(3), "log");
    VT_CHECK_OK(vt_desk_open(path("desk"), false, &desk, &err));
    VT_CHECK_OK(
        vt_desk_put_authorisation(&desk, envelope, vt_world_prove(&world, envelope), &err));
    MUST_SAY(authorise(VT_EXIT_OK), "authorised already: nothing is added to the ledger");
    /* And a build finds that the store lacks its packages; the cure is not cut off. */
    MUST_SAY(build(), "package gcc is not in the store; take it from an archive (`vitrine "
                      "line archive` makes one, --packages names it), or lock again\n");
}

static const char *authorise_hash(int exit_code, const char *hash)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "supervise", "authorise", "--desk", path("desk"),
                               "--trust", path("trust.json"), "--ledger", path("log"),
                               "--key", path("supervisor"), "--product", "lamp",
                               "--collect-hash", hash));
}

/* A file may be named by its hash; another one is another authorisation. */
static void a_file_may_be_collected_by_its_hash(void)
{
    struct vt_world world = vt_world_good();
    VT_AUTO_DESK desk = { 0 };
    struct vt_error err = { 0 };
    vt_slice envelope;

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    envelope =
        vt_world_statement(VT_COLLECTION, "collection",
                           json_pack("{s:s,s:[],s:[s],s:s,s:s}", "product", "lamp", "rules",
                                     "hashes", vt_world_digest("wanted"), "purpose", "",
                                     "created", vt_world_time(time(NULL))),
                           VT_BIT(VT_P_SUPERVISOR));
    VT_CHECK_OK(vt_desk_open(path("desk"), false, &desk, &err));
    VT_CHECK_OK(
        vt_desk_put_authorisation(&desk, envelope, vt_world_prove(&world, envelope), &err));
    MUST_SAY(authorise_hash(VT_EXIT_OK, vt_world_digest("wanted")), "authorised already");
    MUST_SAY(authorise_hash(VT_EXIT_TROUBLE, vt_world_digest("another")), "log");
}

static void what_is_rejected_is_not_built(void)
{
    const char *output;

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    lay_rejection();
    output = status(VT_EXIT_OK);
    MUST_SAY(output, "lamp 2.0: rejected");
    MUST_SAY(output, "the supervisor rejected it: it hums");
    VT_CHECK(!says(output, "it is not built"));
    output = build();
    MUST_SAY(output, "lamp 2.0 is rejected by the supervisor: it hums; draft it anew");
    MUST_SAY(draft(VT_EXIT_OK, "vendor"), "is drafted, release number 1"); /* it counts */
    MUST_SAY(status(VT_EXIT_OK), "lamp 2.0: drafted");
    MUST_SAY(vt_test_run(VT_EXIT_OK,
                         VT_ARGV("vitrine", "supervise", "inspect", "lamp", "2.0", "--desk",
                                 path("desk"), "--trust", path("trust.json"))),
             "superseded: it hums\n");
}

static const char *renew_on(int exit_code, const char *log)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "release", "renew", "--desk", path("desk"),
                               "--trust", path("trust.json"), "--ledger", path(log),
                               "--public", path("public"), "--key", path("vendor")));
}

static const char *renew(int exit_code)
{
    return renew_on(exit_code, "log");
}

/* Another name, and the right name with another key: told before anything is signed. */
static void another_ledger_is_named(void)
{
    static const struct {
        const char *dir, *origin, *says;
    } rows[] = {
        { "other", "log.example",
          "/other is the ledger log.example, and the trust root's "
          "release ledger is " VT_WORLD_ORIGIN },
        { "false", VT_WORLD_ORIGIN,
          "but its key is not the one that the trust root names" },
    };

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    make_folders();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)vt_test_run(0,
                          VT_ARGV("vitrine", "ledger", "init", "--dir", path(rows[i].dir),
                                  "--origin", rows[i].origin, "--key", path("vendor")));
        MUST_SAY(renew_on(VT_EXIT_REFUSED, rows[i].dir), rows[i].says);
        MUST_SAY(vt_test_run(VT_EXIT_REFUSED,
                             VT_ARGV("vitrine", "supervise", "authorise", "--desk",
                                     path("desk"), "--trust", path("trust.json"),
                                     "--environment", path("lock.json"), "--ledger",
                                     path(rows[i].dir), "--key", path("supervisor"))),
                 rows[i].says);
    }
    MUST_SAY(renew(VT_EXIT_REFUSED), "nothing is published yet"); /* the twin */
}

static const char *add_lists(int exit_code, const char *one, const char *two)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                          "--trust", path("trust.json"), path(one),
                                          two != NULL ? path(two) : NULL));
}

/* One that has this number, and another one: the ledger takes one of them. */
static void write_list(struct vt_world *world, const char *name, const char *current)
{
    struct vt_world_made made;

    world->current_version = current;
    vt_world_make(world, &made);
    vt_test_write(path(name), made.withdrawals);
}

static void a_ledger_takes_one_list_of_a_number(void)
{
    struct vt_world world = vt_world_good();

    lay_out();
    make_folders();
    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    world.list_version = 1;
    write_list(&world, "one", "1.4.0");
    write_list(&world, "two", "1.4.1");
    MUST_SAY(add_lists(VT_EXIT_REFUSED, "one", "two"),
             "another list of withdrawals 1 stands on the ledger");
    (void)add_lists(VT_EXIT_OK, "one", NULL);
    MUST_SAY(add_lists(VT_EXIT_REFUSED, "two", NULL),
             "another list of withdrawals 1 stands on the ledger (entry 0)");
    (void)add_lists(VT_EXIT_OK, "one", NULL); /* the same again */
    world.list_version = 2;
    write_list(&world, "three", "1.4.1"); /* the twin */
    (void)add_lists(VT_EXIT_OK, "three", NULL);
}

/* A renewal that only the vendor signed is seen by everybody. */
static void a_half_signed_list_is_shown(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;
    const char *output;

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    world.list_version = 1;
    vt_world_make(&world, &made);
    VT_CHECK(mkdir(path("desk/withdrawals"), 0755) == 0);
    MUST_SAY(renew(VT_EXIT_TROUBLE), "/public: cannot open the folder");
    VT_CHECK(!vt_path_exists(path("desk/withdrawals/2.json")));
    make_folders();
    vt_test_write(path("desk/withdrawals/1.json"), made.withdrawals);
    vt_test_write(path("desk/withdrawals/1.tlog-proof"), made.withdrawals_proof);
    MUST_SAY(renew(VT_EXIT_OK), "the supervisor signs too");
    output = vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "release", "status", "--desk",
                                             path("desk"), "--trust", path("trust.json")));
    MUST_SAY(output, "list of withdrawals 2, which renews the one before, waits for the "
                     "supervisor, since ");
    output = vt_test_run(VT_EXIT_OK,
                         VT_ARGV("vitrine", "supervise", "queue", "--desk", path("desk"),
                                 "--trust", path("trust.json"), "--json"));
    MUST_SAY(output, "\"list_waits\":{\"change\":\"renew\"");
}

static const char *build_at(int exit_code, const char *site)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "line", "build", "--recipe", path("recipe.json"),
                               "--lock", path("lock.json"), "--store", path("store"),
                               "--out", path("out"), "--source", path("source"), "--key",
                               path("builder"), "--site", site));
}

static void misuse_is_named(void)
{
    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    MUST_SAY(about(VT_EXIT_USAGE, "review", "sign", "reviewer", "--verdict", "perhaps"),
             "neither accept nor refuse");
    MUST_SAY(
        vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "release", "status", "lamp", "--desk",
                                           path("desk"), "--trust", path("trust.json"))),
        "name PRODUCT and VERSION, or neither");
    MUST_SAY(vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "release", "draft")), "--");
    MUST_SAY(vt_test_run(VT_EXIT_USAGE,
                         VT_ARGV("vitrine", "supervise", "authorise", "--desk",
                                 path("desk"), "--trust", path("trust.json"), "--ledger",
                                 path("log"), "--key", path("supervisor"))),
             "name one of --environment, --collection (or --collect-hash) and --enrolment");
    MUST_SAY(vt_test_run(VT_EXIT_USAGE,
                         VT_ARGV("vitrine", "supervise", "authorise", "--desk",
                                 path("desk"), "--trust", path("trust.json"), "--ledger",
                                 path("log"), "--key", path("supervisor"), "--product",
                                 "lamp", "--collect-hash", "abc")),
             "'abc' is no SHA-256 in hex");
    MUST_SAY(vt_test_run(VT_EXIT_USAGE,
                         VT_ARGV("vitrine", "supervise", "authorise", "--desk",
                                 path("desk"), "--trust", path("trust.json"), "--ledger",
                                 path("log"), "--environment", path("lock.json"))),
             "--key is needed");
    MUST_SAY(
        vt_test_run(VT_EXIT_REFUSED,
                    VT_ARGV("vitrine", "supervise", "authorise", "--desk", path("new-desk"),
                            "--trust", path("trust.json"), "--ledger", path("log"),
                            "--enrolment", path("lock.json"))),
        "lock.json");
    VT_CHECK(!vt_path_exists(path("new-desk")));
    MUST_SAY(
        vt_test_run(VT_EXIT_USAGE,
                    VT_ARGV("vitrine", "line", "build", "--recipe", path("recipe.json"),
                            "--lock", path("lock.json"), "--store", path("store"), "--out",
                            path("out"), "--source", path("source"), "--runner", "docker")),
        "neither own nor bwrap");
    MUST_SAY(build_at(VT_EXIT_USAGE, ""), "--site: its value is empty");
    MUST_SAY(build_at(VT_EXIT_USAGE, "Zu\x1brich"),
             "--site: it: 'text' holds a control byte");
    MUST_SAY(build_at(VT_EXIT_USAGE, vt_test_print("%01025d", 0)), "--site");
    VT_CHECK(!vt_path_exists(path("out")));
    MUST_SAY(build_at(VT_EXIT_REFUSED, "Zurich"),
             "is not in the store"); /* the twin gets to the packages */
}

/* Each file of a draft in turn: missing, of the wrong kind, cut, too large. */
static void bad_files_are_named(void)
{
    struct vt_buf large = vt_buf_init(VT_MIB(8));
    vt_slice trust;

    lay_out();
    MUST_SAY(draft_with(3, "nobody", "trust.json", "recipe.json", "lock.json"), "nobody");
    MUST_SAY(draft_with(3, "vendor", "nothing", "recipe.json", "lock.json"),
             "nothing: cannot open");
    MUST_SAY(draft_with(3, "vendor", "trust.json", "source", "lock.json"), "source");
    MUST_SAY(
        draft_with(VT_EXIT_REFUSED, "vendor", "recipe.json", "recipe.json", "lock.json"),
        "recipe.json");
    MUST_SAY(draft_with(VT_EXIT_REFUSED, "vendor", "trust.json", "lock.json", "lock.json"),
             "lock.json");
    MUST_SAY(
        draft_with(VT_EXIT_REFUSED, "vendor", "trust.json", "recipe.json", "recipe.json"),
        "recipe.json");
    trust = vt_test_read(path("trust.json"));
    vt_test_write(path("cut.json"), vt_slice_sub(trust, 0, trust.len / 2));
    MUST_SAY(draft_with(VT_EXIT_REFUSED, "vendor", "cut.json", "recipe.json", "lock.json"),
             "cut.json");
    for (size_t i = 0; i < VT_MIB(5); i++)
        vt_buf_put_u8(&large, ' ');
    vt_test_write(path("large.json"), vt_buf_slice(&large));
    vt_buf_clear(&large);
    MUST_SAY(
        draft_with(VT_EXIT_REFUSED, "vendor", "trust.json", "recipe.json", "large.json"),
        "large.json");
    VT_CHECK(!vt_path_exists(path("desk/releases")));
}

/* What is wrong with a document is found before anything is kept. */
static void documents_are_looked_at_first(void)
{
    VT_AUTO_FD large = open(path("large"), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

    lay_out();
    MUST_SAY(draft_with_documents(VT_EXIT_REFUSED, "lock.json", "lock.json"),
             "two documents are called 'lock.json'");
    VT_CHECK(!vt_path_exists(path("desk/releases")));
    VT_CHECK(large >= 0 && ftruncate(large, ((off_t)1 << 30) + 1) == 0);
    MUST_SAY(draft_with_documents(VT_EXIT_REFUSED, "lock.json", "large"),
             "a document has at most 1073741824");
    VT_CHECK(!vt_path_exists(path("desk/releases/lamp")));
    (void)draft_with_documents(VT_EXIT_OK, "lock.json", "recipe.json"); /* the twin */
}

static void an_expired_mandate_is_named(void)
{
    struct vt_world world = vt_world_good();

    lay_out();
    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    world.keys[VT_P_VENDOR].mandate_until = time(NULL) - 10;
    vt_test_write(path("trust.json"), vt_world_trust(&world));
    MUST_SAY(draft(VT_EXIT_REFUSED, "vendor"), "the mandate of Acme has ended");
}

static void an_expired_trust_root_or_a_wrong_clock_is_named(void)
{
    struct vt_world world = vt_world_good();

    lay_out();
    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    world.trust_expires = time(NULL) - 10;
    vt_test_write(path("trust.json"), vt_world_trust(&world));
    MUST_SAY(draft(VT_EXIT_REFUSED, "vendor"), "expired on");
}

/* Nothing "waits" where the clock makes every signature one of the future. */
static void a_clock_before_the_trust_root_is_named(void)
{
    const char *const queue[] = { "vitrine",          "supervise",  "queue",
                                  "--desk",           path("desk"), "--trust",
                                  path("trust.json"), NULL };
    struct vt_world world = vt_world_good();

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    MUST_SAY(vt_test_run(VT_EXIT_OK, queue), "lamp"); /* the twin */
    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    world.trust_created = time(NULL) + 86400;
    vt_test_write(path("trust.json"), vt_world_trust(&world));
    MUST_SAY(vt_test_run(VT_EXIT_REFUSED, queue), "this machine's clock says");
    MUST_SAY(status(VT_EXIT_REFUSED), "begins on");
}

/* Drafts that come at once get a number each. */
static void parallel_drafts_get_numbers_of_their_own(void)
{
    enum { DRAFTS = 6 };
    bool is_taken[DRAFTS + 2] = { false };

    lay_out();
    (void)fflush(NULL);
    for (unsigned i = 0; i < DRAFTS; i++) {
        const char *name = vt_test_print("recipe-%u.json", i);

        vt_test_write(path(name), vt_slice_from_cstr(
                                      vt_test_print("%.35s%u%s", recipe, i, recipe + 38)));
        if (fork() == 0) {
            vt_test_write(path(vt_test_print("said-%u", i)),
                          vt_slice_from_cstr(draft_with(VT_EXIT_OK, "vendor", "trust.json",
                                                        name, "lock.json")));
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
    for (unsigned i = 0; i < DRAFTS; i++) {
        vt_slice said = vt_test_read(path(vt_test_print("said-%u", i)));
        const char *at = strstr(vt_arena_cstr(vt_test_arena(), said), "release number ");
        unsigned long number = at != NULL ? strtoul(at + 15, NULL, 10) : 0;

        VT_CHECK_SAYING(number >= 1 && number <= DRAFTS && !is_taken[number], "%.*s",
                        VT_SLICE_ARGS(said));
        is_taken[number] = true;
    }
}

static const char *list_all(int exit_code)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "release", "status", "--desk",
                                          path("desk"), "--trust", path("trust.json")));
}

/* One odd thing on the shared desk is named, and the rest is listed. */
static void odd_things_are_passed_over(void)
{
    VT_AUTO_FD large = -1;
    const char *output, *name;

    lay_out();
    (void)draft(VT_EXIT_OK, "vendor");
    VT_CHECK(strstr(list_all(VT_EXIT_OK), "mind:") == NULL); /* the twin */
    VT_CHECK(mkdir(path("desk/releases/lamp/\x1b[2J\n"), 0755) == 0 &&
             mkdir(path("desk/releases/\x1b]0;x\a"), 0755) == 0 &&
             symlink(path("desk/releases/lamp/2.0"), path("desk/releases/lamp/2.1")) == 0 &&
             mkdir(path("desk/releases/lamp/2.2"), 0755) == 0 &&
             mkdir(path("desk/releases/lamp/2.3"), 0755) == 0 &&
             mkdir(path("desk/authorisations"), 0755) == 0);
    name = vt_test_print("desk/releases/lamp/2.2/%s.json", vt_world_digest("a pipe"));
    VT_CHECK(mkfifo(path(name), 0644) == 0);
    VT_CHECK(mkfifo(path("desk/authorisations/x.json"), 0644) == 0);
    name = vt_test_print("desk/releases/lamp/2.3/%s.json", vt_world_digest("large"));
    large = open(path(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    VT_CHECK(large >= 0 && ftruncate(large, (off_t)8 << 30) == 0);
    output = list_all(VT_EXIT_OK);
    MUST_SAY(output, "lamp                 2.0 ");
    MUST_SAY(output, "lamp/2.1 is no folder and was passed over");
    MUST_SAY(output, "lamp 2.2 is passed over");
    MUST_SAY(output, "lamp 2.3 is passed over");
    MUST_SAY(output, "releases/lamp: passed over: '?[2J?' is no name");
    MUST_SAY(output, "releases: passed over: '?]0;x?' is no name");
    MUST_SAY(output, "authorisations/x.json");
    VT_CHECK(strchr(output, '\x1b') == NULL);
    MUST_SAY(draft(VT_EXIT_OK, "vendor"), "release number 1");
}

/* Nothing of the desk is written outside of it. */
static void links_on_the_desk_are_not_followed(void)
{
    lay_out();
    VT_CHECK(mkdir(path("outside"), 0755) == 0 && mkdir(path("desk"), 0755) == 0 &&
             mkdir(path("desk/releases"), 0755) == 0 &&
             mkdir(path("desk/releases/lamp"), 0755) == 0 &&
             mkdir(path("desk/releases/lamp/2.0"), 0755) == 0 &&
             symlink(path("outside"), path("desk/releases/lamp/2.0/blobs")) == 0);
    MUST_SAY(draft(VT_EXIT_REFUSED, "vendor"), "symbolic link");
    VT_CHECK(!vt_path_exists(path("outside/sha256")));
    VT_CHECK(unlink(path("desk/releases/lamp/2.0/blobs")) == 0);
    (void)draft(VT_EXIT_OK, "vendor"); /* the twin */
    VT_CHECK(vt_path_exists(path("desk/releases/lamp/2.0/blobs/sha256")));
}

static void a_full_disk_leaves_nothing_half_written(void)
{
    const char *small, *output;

    lay_out();
    small = vt_test_small_disk(VT_KIB(64));
    output = vt_test_run(
        3, VT_ARGV("vitrine", "release", "draft", "--desk", vt_test_print("%s/desk", small),
                   "--trust", path("trust.json"), "--recipe", path("recipe.json"), "--lock",
                   path("lock.json"), "--store", path("store"), "--source", path("source"),
                   "--key", path("vendor"), "--document", vt_test_vitrine()));
    MUST_SAY(output, "the disk is full; free some space");
    VT_CHECK(strstr(vt_test_run(0, VT_ARGV("find", small, "-name", "*.json")), ".json") ==
             NULL);
}

static void a_desk_that_is_none_is_named(void)
{
    lay_out();
    MUST_SAY(status(3), "desk");
    (void)draft(VT_EXIT_OK, "vendor");
    MUST_SAY(vt_test_run(VT_EXIT_REFUSED,
                         VT_ARGV("vitrine", "release", "status", "lamp", "9.9", "--desk",
                                 path("desk"), "--trust", path("trust.json"))),
             "the desk knows no lamp 9.9");
    MUST_SAY(vt_test_run(VT_EXIT_REFUSED,
                         VT_ARGV("vitrine", "release", "status", "..", "9.9", "--desk",
                                 path("desk"), "--trust", path("trust.json"))),
             "is no name of a product");
}

static const struct vt_case cases[] = {
    { "the supervisor may keep a copy", the_supervisor_may_keep_a_copy },
    { "another ledger is named", another_ledger_is_named },
    { "a ledger takes one list of a number", a_ledger_takes_one_list_of_a_number },
    { "a draft shows who waits", a_draft_shows_who_waits },
    { "only the right key signs", only_the_right_key_signs },
    { "nobody goes alone", nobody_goes_alone },
    { "a build needs an authorised environment", a_build_needs_an_authorised_environment },
    { "a reviewer signs what he read", a_reviewer_signs_what_he_read },
    { "a reviewer takes his word back", a_reviewer_takes_his_word_back },
    { "an authorisation is given once", an_authorisation_is_given_once },
    { "a file may be collected by its hash", a_file_may_be_collected_by_its_hash },
    { "what is rejected is not built", what_is_rejected_is_not_built },
    { "a half-signed list is shown", a_half_signed_list_is_shown },
    { "misuse is named", misuse_is_named },
    { "bad files are named", bad_files_are_named },
    { "documents are looked at first", documents_are_looked_at_first },
    { "an expired mandate is named", an_expired_mandate_is_named },
    { "an expired trust root or a wrong clock is named",
      an_expired_trust_root_or_a_wrong_clock_is_named },
    { "a clock before the trust root is named", a_clock_before_the_trust_root_is_named },
    { "parallel drafts get numbers of their own",
      parallel_drafts_get_numbers_of_their_own },
    { "odd things are passed over", odd_things_are_passed_over },
    { "links on the desk are not followed", links_on_the_desk_are_not_followed },
    { "a full disk leaves nothing half-written", a_full_disk_leaves_nothing_half_written },
    { "a desk that is none is named", a_desk_that_is_none_is_named },
};

VT_TEST_MAIN("cli.release", cases)
