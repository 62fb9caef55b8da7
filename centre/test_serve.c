/* `vitrine centre serve` as it runs, over a world that was really signed: what it shows,
 * what it refuses to show, and sudden deaths. */
#include "ledger/tlog_proof.h"
#include "tests/centre_world.h"
#include "tests/confinement.h"
#include "tests/running.h"
#include "wire/wire.h"
#include <signal.h>
#include <sys/stat.h>

struct stand {
    struct vt_centre_world world;
    struct vt_running centre;
    struct vt_trust *trust;
};

static void make(struct stand *s)
{
    struct vt_error err = { 0 };
    vt_slice trust;

    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &s->world);
    trust = s->world.made.trust;
    if (trust.data[trust.len - 1] == '\n')
        trust.len--;
    VT_CHECK_OK(vt_trust_parse(trust, &s->trust, &err));
    vt_test_keep(s->trust);
}

/* Pages of our own, so that nobody needs to have built the real ones. */
static void make_pages(void)
{
    VT_CHECK(mkdir(vt_test_path("p"), 0755) == 0);
    VT_CHECK(mkdir(vt_test_path("p/assets"), 0755) == 0);
    vt_test_write(vt_test_path("p/index.html"), VT_LIT("<!doctype html><title>t</title>"));
    vt_test_write(vt_test_path("p/assets/a-1234.js"), VT_LIT("'use strict';"));
    vt_test_write(vt_test_path("p/notes.md"), VT_LIT("not a page"));
}

static void start(struct stand *s, const char *option, const char *value)
{
    s->centre = vt_test_start("said", VT_ARGV("vitrine", "centre", "serve", "--dir",
                                              s->world.folder, "--pages", vt_test_path("p"),
                                              "--refresh", "1s", option, value));
}

static void begin(struct stand *s)
{
    make(s);
    make_pages();
    start(s, NULL, NULL);
}

static const char *url(const struct stand *s, const char *path)
{
    return vt_test_print("%s%s", s->centre.url, path);
}

/* Status line, headers and body. */
static const char *get(const struct stand *s, const char *path, const char *header)
{
    return vt_test_run(0, VT_ARGV("curl", "-s", "-i", "--path-as-is", "-m", "10", "-H",
                                  header, url(s, path)));
}

static const char *body_of(const char *answer)
{
    const char *blank = strstr(answer, "\r\n\r\n");

    VT_CHECK(blank != NULL);
    return blank + 4;
}

static bool has_status(const char *answer, int status)
{
    return strncmp(answer, vt_test_print("HTTP/1.1 %d ", status), 13) == 0;
}

static bool says(const char *text, const char *words)
{
    return strstr(text, words) != NULL;
}

#define MUST_SAY(text, words)                                                              \
    VT_CHECK_SAYING(says(text, words), "%s: not in: %s", words, text)
#define ANY "Accept: */*"

static json_t *get_json(const struct stand *s, const char *path)
{
    const char *answer = get(s, path, ANY);
    struct vt_error err = { 0 };
    json_t *json;

    VT_CHECK_SAYING(has_status(answer, 200), "%s: %s", path, answer);
    VT_CHECK_OK(
        vt_json_parse_canonical(vt_slice_from_cstr(body_of(answer)), path, &json, &err));
    vt_test_keep(json);
    return json;
}

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

/* ---- what is shown ----------------------------------------------------------------------
 */

static void releases_and_who_waits(void)
{
    struct stand s = { 0 };
    const json_t *rows, *row;

    begin(&s);
    rows = json_object_get(get_json(&s, "/api/v1/releases"), "releases");
    VT_CHECK(json_array_size(rows) == 2);
    row = json_array_get(rows, 0);
    VT_CHECK(strcmp(text_at(row, "version"), "1.4.0") == 0);
    VT_CHECK_SAYING(strcmp(text_at(row, "state"), "published") == 0, "%s",
                    text_at(row, "state"));
    row = json_array_get(rows, 1);
    VT_CHECK(strcmp(text_at(row, "state"), "drafted") == 0);
    row = json_array_get(json_object_get(row, "waits_for"), 0);
    VT_CHECK(strcmp(text_at(row, "who"), "supervisor") == 0);
    VT_CHECK(text_at(row, "since")[0] != '\0');
    /* No path of this machine goes out. */
    VT_CHECK(!says(get(&s, "/api/v1/releases", ANY), s.world.folder));
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static const json_t *statement(const json_t *story, const char *kind)
{
    const json_t *all = json_object_get(story, "statements");

    for (size_t i = 0; i < json_array_size(all); i++)
        if (strcmp(text_at(json_array_get(all, i), "kind"), kind) == 0)
            return json_array_get(all, i);
    return NULL;
}

static void a_release_tells_its_story(void)
{
    static const char *const kinds[] = { "draft", "provenance", "vsa", "review",
                                         "release" };
    struct stand s = { 0 };
    const json_t *story, *place, *output;

    begin(&s);
    story = get_json(&s, "/api/v1/releases/lamp/1.4.0");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const json_t *row = statement(story, kinds[i]);

        VT_CHECK_SAYING(row != NULL, "%s", kinds[i]);
        VT_CHECK_SAYING(strcmp(text_at(row, "standing"), "counts") == 0 ||
                            strcmp(text_at(row, "standing"), "accepts") == 0,
                        "%s %s", kinds[i], text_at(row, "standing"));
        VT_CHECK(json_object_get(json_array_get(json_object_get(row, "signers"), 0),
                                 "holder") != NULL);
    }
    place = json_object_get(story, "ledger");
    VT_CHECK(json_integer_value(json_object_get(place, "index")) ==
             VT_CENTRE_WORLD_RELEASE);
    VT_CHECK(json_is_true(json_object_get(place, "is_in_copy")));
    output = json_array_get(json_object_get(story, "outputs"), 0);
    VT_CHECK(json_is_true(json_object_get(json_object_get(output, "verdict"), "ok")));
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void a_file_is_found_by_its_bucket(void)
{
    struct stand s = { 0 };
    const json_t *file;

    begin(&s);
    VT_CHECK(json_integer_value(json_object_get(get_json(&s, "/api/v1/files"), "digits")) ==
             0);
    file = json_array_get(json_object_get(get_json(&s, "/api/v1/files/all"), "files"), 0);
    VT_CHECK(strcmp(text_at(file, "sha256"), vt_world_digest(s.world.world.file)) == 0);
    VT_CHECK(strcmp(text_at(file, "product"), "lamp") == 0);
    VT_CHECK(json_is_true(json_object_get(json_object_get(file, "verdict"), "ok")));
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void a_ledger_is_proven(void)
{
    VT_AUTO_FREE struct vt_tlog_proof *proof = vt_alloc(sizeof *proof);
    struct stand s = { 0 };
    struct vt_tlog_verdict verdict;
    struct vt_error err = { 0 };
    const char *entry, *text;
    const json_t *answer;
    vt_hash leaf;

    begin(&s);
    answer = json_array_get(json_object_get(get_json(&s, "/api/v1/ledgers"), "ledgers"), 0);
    VT_CHECK(json_integer_value(json_object_get(answer, "size")) == VT_WORLD_ENTRIES);
    entry = body_of(get(&s, "/api/v1/ledgers/releases/entry/4", ANY));
    VT_CHECK(vt_slice_equal(vt_slice_from_cstr(entry), s.world.made.release));
    text = body_of(get(&s, "/api/v1/ledgers/releases/proof/4", ANY));
    leaf = vt_sha256_leaf(vt_slice_from_cstr(entry));
    VT_CHECK_OK(vt_tlog_proof_parse(vt_slice_from_cstr(text), proof, &err));
    VT_CHECK_OK(vt_tlog_proof_verify(proof, &leaf, &s.trust->policy,
                                     s.trust->release_origin, &verdict, &err));
    answer = get_json(&s, "/api/v1/ledgers/releases/consistency/5");
    VT_CHECK(json_array_size(json_object_get(answer, "hashes")) > 0);
    answer = json_object_get(get_json(&s, "/api/v1/ledgers/releases/entries/4"), "entries");
    VT_CHECK(json_array_size(answer) == VT_WORLD_ENTRIES - 4);
    VT_CHECK(strcmp(text_at(json_array_get(answer, 0), "about"), "lamp 1.4.0") == 0);
    VT_CHECK(strcmp(text_at(json_array_get(answer, 1), "kind"), "other") == 0);
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

struct telling {
    const struct stand *stand;
    const char *words;
};

static bool is_told(void *context)
{
    const struct telling *t = context;

    return says(get(t->stand, "/api/v1/ledgers", ANY), t->words);
}

static void must_tell(struct stand *s, const char *words)
{
    struct telling telling = { s, words };

    VT_CHECK_SAYING(vt_test_wait_until(is_told, &telling), "%s: not in: %s", words,
                    get(s, "/api/v1/ledgers", ANY));
}

/* Late by the clock alone, and a number that is missing, whoever would like to hide it. */
static void promises_go_late_and_numbers_are_missed(void)
{
    struct stand s = { 0 };
    const json_t *answer, *row;

    make(&s);
    make_pages();
    vt_centre_world_lay_ledger(&s.world, VT_CENTRE_WORLD_ALL, s.world.world.filler, 7);
    start(&s, NULL, NULL);
    answer = json_object_get(get_json(&s, "/api/v1/promises"), "promises");
    VT_CHECK(json_array_size(answer) == 2);
    row = json_array_get(answer, 0); /* late ones first */
    VT_CHECK(strcmp(text_at(row, "id"), "swiss-build") == 0);
    VT_CHECK(strcmp(text_at(row, "state"), "late") == 0);
    VT_CHECK(strcmp(text_at(json_array_get(answer, 1), "state"), "open") == 0);
    row = json_array_get(json_object_get(get_json(&s, "/api/v1/findings"), "findings"), 0);
    VT_CHECK(json_is_true(json_object_get(row, "late")));
    answer = get_json(&s, "/api/v1/requests");
    VT_CHECK(json_array_size(json_object_get(answer, "requests")) == 1);
    row = json_array_get(json_object_get(answer, "gaps"), 0);
    VT_CHECK(json_integer_value(json_object_get(row, "first")) == 1 &&
             json_integer_value(json_object_get(row, "last")) == 1);
    answer = json_object_get(get_json(&s, "/api/v1/denials"), "denials");
    VT_CHECK(strcmp(text_at(json_array_get(answer, 0), "asked"), "the build host's log") ==
             0);
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void where_data_lie_is_shown(void)
{
    struct stand s = { 0 };
    const json_t *answer, *row;

    begin(&s);
    answer = get_json(&s, "/api/v1/residency");
    VT_CHECK(json_object_get(answer, "newest") == NULL);
    VT_CHECK(json_array_size(
                 json_object_get(get_json(&s, "/api/v1/relocation"), "services")) == 0);
    vt_centre_world_lay_ledger(&s.world, VT_CENTRE_WORLD_ALL, s.world.world.filler, 7);
    must_tell(&s, "\"size\":23");
    row = json_object_get(get_json(&s, "/api/v1/residency"), "newest");
    VT_CHECK(json_integer_value(json_object_get(row, "index")) == VT_CENTRE_WORLD_TABLE);
    answer = get_json(&s, "/api/v1/relocation");
    VT_CHECK(json_integer_value(json_object_get(json_object_get(answer, "plan"),
                                                "index")) == VT_CENTRE_WORLD_PLAN);
    answer = json_object_get(answer, "services");
    VT_CHECK(json_array_size(answer) == 4);
    VT_CHECK(json_is_true(json_object_get(json_array_get(answer, 1), "late")));
    VT_CHECK(json_is_false(json_object_get(json_array_get(answer, 2), "late")));
    VT_CHECK(json_is_true(json_object_get(json_array_get(answer, 0), "only_said")));
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* One signature is less than the threshold: the table is told, and does not count. */
static void a_table_that_few_signed_does_not_count(void)
{
    struct stand s = { 0 };

    make(&s);
    make_pages();
    s.world.said[6] = s.world.table_of_one;
    vt_centre_world_lay_ledger(&s.world, VT_CENTRE_WORLD_ALL, s.world.world.filler, 7);
    start(&s, NULL, NULL);
    MUST_SAY(get(&s, "/api/v1/residency", ANY), "residency version 1 is signed by");
    VT_CHECK(json_object_get(get_json(&s, "/api/v1/residency"), "newest") == NULL);
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* Environment, builder and statistics with their places; what was built stands on the desk.
 */
static void who_builds_is_shown(void)
{
    struct stand s = { 0 };
    const json_t *answer, *row;

    make(&s);
    make_pages();
    vt_centre_world_lay_ledger(&s.world, VT_CENTRE_WORLD_ALL, s.world.world.filler, 7);
    start(&s, NULL, NULL);
    answer = get_json(&s, "/api/v1/builders");
    row = json_array_get(json_object_get(answer, "environments"), 0);
    VT_CHECK(json_integer_value(json_object_get(row, "index")) == VT_CENTRE_WORLD_BUILD);
    VT_CHECK(strcmp(text_at(json_object_get(row, "says"), "environment"),
                    vt_world_digest("environment")) == 0);
    VT_CHECK(json_array_size(json_object_get(answer, "enrolled")) == 1);
    row = json_array_get(json_object_get(answer, "released"), 0);
    VT_CHECK(json_integer_value(json_object_get(row, "index")) == VT_CENTRE_WORLD_RELEASE);
    row = json_array_get(json_object_get(answer, "builds"), 0);
    VT_CHECK(strcmp(text_at(row, "verdict"), "equal") == 0);
    row = json_array_get(json_object_get(json_object_get(row, "built"), "signers"), 0);
    VT_CHECK(strcmp(text_at(row, "site"), "Zurich") == 0);
    answer = json_object_get(get_json(&s, "/api/v1/statistics"), "aggregates");
    VT_CHECK(json_array_size(answer) == 1);
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* What a builder claims for himself, and numbers that the estimator does not give. */
static void a_claim_by_the_wrong_holder_does_not_count(void)
{
    struct stand s = { 0 };

    make(&s);
    make_pages();
    s.world.said[7] = s.world.environment_of_vendor;
    s.world.said[9] = s.world.statistics_of_nobody;
    vt_centre_world_lay_ledger(&s.world, VT_CENTRE_WORLD_ALL, s.world.world.filler, 7);
    start(&s, NULL, NULL);
    MUST_SAY(get(&s, "/api/v1/builders", ANY), "is not signed by the supervisor");
    MUST_SAY(get(&s, "/api/v1/builders", ANY), "\"environments\":[]");
    MUST_SAY(get(&s, "/api/v1/statistics", ANY), "is not signed by that cell");
    MUST_SAY(get(&s, "/api/v1/statistics", ANY), "\"aggregates\":[]");
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* The thirteen entries have none, and the next copy has: it is read again. */
static void what_is_said_later_is_read(void)
{
    struct stand s = { 0 };

    begin(&s);
    MUST_SAY(get(&s, "/api/v1/promises", ANY), "\"promises\":[]");
    vt_centre_world_lay_ledger(&s.world, VT_CENTRE_WORLD_ALL, s.world.world.filler, 7);
    must_tell(&s, "\"size\":23");
    MUST_SAY(get(&s, "/api/v1/promises", ANY), "swiss-build");
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* ---- how it is answered -----------------------------------------------------------------
 */

static void what_is_no_question_is_not_answered(void)
{
    static const char *const paths[] = {
        "/api/v1/ledgers/releases/entry/13",
        "/api/v1/ledgers/releases/entry/18446744073709551616",
        "/api/v1/ledgers/releases/entry/04",
        "/api/v1/ledgers/releases/entry/-1",
        "/api/v1/ledgers/../trust.json",
        "/api/v1/ledgers/%2e%2e/checkpoint",
        "/api/v1/ledgers/releases/checkpoint/",
        "/api/v1/ledgers/nobody/checkpoint",
        "/api/v1/ledgers/releases/consistency/0",
        "/api/v1/ledgers/releases/consistency/14",
        "/api/v1/releases/lamp/9",
        "/api/v1/files/ffff",
        "/../../etc/passwd",
        "/notes.md",
        "/assets/",
        "/assets/../index.html",
        "/trust.json",
    };
    struct stand s = { 0 };

    begin(&s);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const char *answer = get(&s, paths[i], ANY);

        VT_CHECK_SAYING(has_status(answer, 404), "%s: %s", paths[i], answer);
        if (strncmp(paths[i], "/api/", 5) == 0 && !says(paths[i], ".."))
            MUST_SAY(answer, "application/problem+json");
    }
    MUST_SAY(vt_test_run(0, VT_ARGV("curl", "-s", "-i", "-X", "POST", "-d", "x",
                                    url(&s, "/api/v1/releases"))),
             "405");
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void every_answer_is_locked_down(void)
{
    static const char *const paths[] = {
        "/",        "/assets/a-1234.js", "/api/v1/about",
        "/nothing", "/health",           "/api/v1/ledgers/releases/checkpoint"
    };
    struct stand s = { 0 };

    begin(&s);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const char *answer = get(&s, paths[i], ANY);

        MUST_SAY(answer, "Content-Security-Policy: default-src 'none'; script-src 'self'");
        VT_CHECK(!says(answer, "unsafe-"));
        MUST_SAY(answer, "require-trusted-types-for 'script'");
        MUST_SAY(answer, "X-Content-Type-Options: nosniff");
        MUST_SAY(answer, "Referrer-Policy: no-referrer");
        MUST_SAY(answer, "frame-ancestors 'none'");
        VT_CHECK(!says(answer, "Set-Cookie"));
    }
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void what_is_known_is_not_sent_again(void)
{
    struct stand s = { 0 };
    const char *answer, *tag;

    begin(&s);
    answer = get(&s, "/api/v1/releases", ANY);
    MUST_SAY(answer, "Cache-Control: no-cache");
    tag = strstr(answer, "ETag: \"") + strlen("ETag: ");
    tag = vt_test_print("If-None-Match: %.*s", (int)strcspn(tag, "\r"), tag);
    VT_CHECK(has_status(get(&s, "/api/v1/releases", tag), 304));
    VT_CHECK(has_status(get(&s, "/api/v1/about", tag), 200));
    MUST_SAY(get(&s, "/assets/a-1234.js", ANY), "max-age=31536000, immutable");
    VT_CHECK(!says(answer, "Content-Encoding"));
    answer = vt_test_run(0, VT_ARGV("curl", "-s", "-i", "--compressed",
                                    url(&s, "/api/v1/releases/lamp/1.4.0")));
    MUST_SAY(answer, "Content-Encoding: gzip");
    MUST_SAY(answer, "\"product\":\"lamp\"");
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void questions_have_a_rate(void)
{
    struct stand s = { 0 };
    const char *answer = "";

    make(&s);
    make_pages();
    start(&s, "--rate", "1");
    for (int i = 0; i < 3 && !has_status(answer, 429); i++)
        answer = get(&s, "/api/v1/ledgers/releases/checkpoint", ANY);
    VT_CHECK_SAYING(has_status(answer, 429), "%s", answer);
    MUST_SAY(answer, "Retry-After: 1");
    VT_CHECK(has_status(get(&s, "/api/v1/releases", ANY), 200)); /* costs nothing */
    MUST_SAY(get(&s, "/metrics", ANY), "vitrine_centre_too_many_total ");
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void tls_is_spoken(void)
{
    struct stand s = { 0 };
    const char *said;

    make(&s);
    make_pages();
    (void)vt_test_run(0, VT_ARGV("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                 "ec_paramgen_curve:P-256", "-nodes", "-subj",
                                 "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                                 "-days", "2", "-keyout", vt_test_path("tls.key"), "-out",
                                 vt_test_path("tls.pem")));
    s.centre = vt_test_start("said", VT_ARGV("vitrine", "centre", "serve", "--dir",
                                             s.world.folder, "--pages", vt_test_path("p"),
                                             "--tls-cert", vt_test_path("tls.pem"),
                                             "--tls-key", vt_test_path("tls.key")));
    said = vt_test_run(0, VT_ARGV("curl", "-s", "-i", "--cacert", vt_test_path("tls.pem"),
                                  url(&s, "/api/v1/ledgers/releases/checkpoint")));
    MUST_SAY(said, "Strict-Transport-Security: max-age=");
    MUST_SAY(said, VT_WORLD_ORIGIN);
    vt_test_stop(&s.centre, VT_EXIT_OK);
    MUST_SAY(vt_test_run(VT_EXIT_USAGE,
                         VT_ARGV("vitrine", "centre", "serve", "--dir", s.world.folder,
                                 "--tls-cert", vt_test_path("tls.pem"))),
             "--tls-cert and --tls-key go together");
}

/* ---- copies that lie --------------------------------------------------------------------
 */

/* What was shown stays, and what came instead is told. */
static void a_copy_that_goes_back_is_not_followed(void)
{
    struct stand s = { 0 };

    begin(&s);
    vt_centre_world_lay_ledger(&s.world, 9, s.world.world.filler, 7);
    must_tell(&s, "the copy went back from 13 to 9 entries");
    MUST_SAY(get(&s, "/api/v1/ledgers", ANY), "\"size\":13");
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void a_copy_that_grows_is_followed(void)
{
    struct stand s = { 0 };

    make(&s);
    make_pages();
    vt_centre_world_lay_ledger(&s.world, 9, s.world.world.filler, 7);
    start(&s, NULL, NULL);
    MUST_SAY(get(&s, "/api/v1/ledgers", ANY), "\"size\":9");
    vt_centre_world_lay_ledger(&s.world, 13, s.world.world.filler, 7);
    must_tell(&s, "\"size\":13");
    VT_CHECK(!says(get(&s, "/api/v1/ledgers", ANY), "problem"));
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void another_history_is_not_followed(void)
{
    struct stand s = { 0 };

    make(&s);
    make_pages();
    vt_centre_world_lay_ledger(&s.world, 9, s.world.world.filler, 7);
    start(&s, NULL, NULL);
    vt_centre_world_lay_ledger(&s.world, 13, "another past", 7);
    must_tell(&s, "another history");
    MUST_SAY(get(&s, "/api/v1/ledgers", ANY), "\"size\":9");
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void too_few_witnesses_show_nothing(void)
{
    struct stand s = { 0 };
    const char *answer;

    make(&s);
    make_pages();
    vt_centre_world_lay_ledger(&s.world, 13, s.world.world.filler, 3);
    start(&s, NULL, NULL);
    answer = get(&s, "/api/v1/ledgers", ANY);
    MUST_SAY(answer, "\"problem\":");
    VT_CHECK(!says(answer, "\"root\""));
    VT_CHECK(has_status(get(&s, "/api/v1/ledgers/releases/entry/4", ANY), 404));
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* One bit of a file of the copy; returned: what it was. */
static vt_slice flip(const char *name, bool is_last)
{
    vt_slice bytes = vt_test_read(name);
    uint8_t *copy = vt_arena_alloc(vt_test_arena(), bytes.len);

    memcpy(copy, bytes.data, bytes.len);
    copy[is_last ? bytes.len - 1 : 0] ^= 1;
    vt_test_write(name, vt_slice_of(copy, bytes.len));
    return bytes;
}

static const char *tile(const struct stand *s, const char *kind)
{
    return vt_test_print("%s/ledgers/releases/tile/%s/000.p/13", s->world.folder, kind);
}

/* Of a stored entry: the others are shown. */
static void changed_bytes_are_not_shown(void)
{
    struct stand s = { 0 };

    begin(&s);
    (void)flip(tile(&s, "entries"), true); /* of the last entry */
    VT_CHECK(has_status(get(&s, "/api/v1/ledgers/releases/entry/12", ANY), 503));
    VT_CHECK(has_status(get(&s, "/api/v1/ledgers/releases/entry/4", ANY), 200));
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* Of a stored hash: no proof holds, until somebody mends the copy. */
static void a_mended_copy_is_shown(void)
{
    struct stand s = { 0 };
    vt_slice good;

    begin(&s);
    good = flip(tile(&s, "0"), false);
    VT_CHECK(has_status(get(&s, "/api/v1/ledgers/releases/entry/4", ANY), 503));
    vt_test_write(tile(&s, "0"), good);
    VT_CHECK(has_status(get(&s, "/api/v1/ledgers/releases/entry/4", ANY), 200));
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* A review signed by a stranger lies on the desk like any other, and counts for nothing. */
static void a_forged_review_does_not_count(void)
{
    struct stand s = { 0 };
    struct vt_world forged;
    struct vt_world_made made;
    const json_t *all;
    bool is_shown = false;

    make(&s);
    make_pages();
    forged = s.world.world;
    forged.review_signers[0] = VT_P_STRANGER;
    vt_world_make(&forged, &made);
    for (size_t i = 1; i < made.envelope_count; i++) {
        vt_hash hash = vt_sha256_of(made.envelopes[i]);
        char hex[65];

        vt_hash_text(&hash, hex);
        vt_test_write(
            vt_test_print("%s/desk/releases/lamp/1.4.0/%s.json", s.world.folder, hex),
            made.envelopes[i]);
    }
    start(&s, NULL, NULL);
    all = json_object_get(get_json(&s, "/api/v1/releases/lamp/1.4.0"), "statements");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *row = json_array_get(all, i);
        const json_t *signer = json_array_get(json_object_get(row, "signers"), 0);

        if (strcmp(text_at(row, "kind"), "review") != 0 ||
            json_object_get(signer, "holder") != NULL)
            continue;
        VT_CHECK(strcmp(text_at(row, "standing"), "does not count") == 0);
        is_shown = true;
    }
    VT_CHECK(is_shown);
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* ---- beginning, ending, dying -----------------------------------------------------------
 */

static void a_folder_that_is_none_is_named(void)
{
    struct stand s = { 0 };
    const char *said;

    make(&s);
    make_pages();
    said = vt_test_run(VT_EXIT_TROUBLE,
                       VT_ARGV("vitrine", "centre", "serve", "--dir", vt_test_path("none"),
                               "--pages", vt_test_path("p")));
    MUST_SAY(said, "none");
    said = vt_test_run(VT_EXIT_TROUBLE,
                       VT_ARGV("vitrine", "centre", "serve", "--dir", s.world.folder,
                               "--pages", vt_test_path("none")));
    MUST_SAY(said, "make centre-web");
    VT_CHECK(mkdir(vt_test_path("empty"), 0755) == 0);
    said = vt_test_run(VT_EXIT_TROUBLE, VT_ARGV("vitrine", "centre", "serve", "--dir",
                                                vt_test_path("empty")));
    MUST_SAY(said, "empty: has no trust.json: lay there your own copy of the trust root");
    vt_test_write(vt_test_path("empty/trust.json"), VT_LIT("{}"));
    said = vt_test_run(VT_EXIT_TROUBLE, VT_ARGV("vitrine", "centre", "serve", "--dir",
                                                vt_test_path("empty")));
    MUST_SAY(said, "empty: has no ledgers");
    vt_test_write(vt_test_print("%s/trust.json", s.world.folder), VT_LIT("{}"));
    said =
        vt_test_run(VT_EXIT_REFUSED, VT_ARGV("vitrine", "centre", "serve", "--dir",
                                             s.world.folder, "--pages", vt_test_path("p")));
    MUST_SAY(said, "trust.json");
}

struct back {
    const struct stand *stand;
    const char *role;
    pid_t before;
};

static bool is_back(void *context)
{
    const struct back *b = context;
    pid_t now = vt_test_role_of(&b->stand->centre, b->role);

    return now != 0 && now != b->before &&
           says(vt_test_run(0, VT_ARGV("sh", "-c",
                                       vt_test_print("curl -s -m 2 %s || true",
                                                     url(b->stand, "/health")))),
                "\"ok\":true");
}

static void a_dead_role_comes_back(void)
{
    static const char *const roles[] = { "centre-front", "centre-reader", "centre-prover" };
    struct stand s = { 0 };

    begin(&s);
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        struct back back = { &s, roles[i], vt_test_role_of(&s.centre, roles[i]) };

        VT_CHECK(back.before != 0 && kill(back.before, SIGKILL) == 0);
        VT_CHECK_SAYING(vt_test_wait_until(is_back, &back), "%s", roles[i]);
        VT_CHECK(has_status(get(&s, "/api/v1/ledgers/releases/entry/4", ANY), 200));
    }
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* ---- what is handed in ------------------------------------------------------------------
 */

static vt_slice rejection(const struct vt_centre_world *w, const char *version,
                          unsigned signers)
{
    return vt_world_statement(
        VT_REJECTION, "source",
        json_pack("{s:s,s:s,s:i,s:s,s:s,s:s}", "product", "lamp", "version", version,
                  "sequence", 8, "draft", vt_world_digest("draft"), "reason", "it smokes",
                  "created", vt_world_time(w->world.trust_created + 100)),
        signers);
}

static const char *hand_in(const struct stand *s, vt_slice bytes, const char *type)
{
    vt_test_write(vt_test_path("statement"), bytes);
    return vt_test_run(0, VT_ARGV("curl", "-s", "-i", "-m", "10", "-H",
                                  vt_test_print("Content-Type: %s", type), "--data-binary",
                                  vt_test_print("@%s", vt_test_path("statement")),
                                  url(s, "/api/v1/statements")));
}

static bool shows_handed(void *context)
{
    const json_t *rows = json_object_get(get_json(context, "/api/v1/handed"), "handed");

    return json_array_size(rows) == 2;
}

/* On to the desk and to whoever has the ledger; nothing is left. */
static void take_handed(const struct stand *s)
{
    const char *desk = vt_test_print("%s/desk", s->world.folder), *said;

    said = vt_test_run(
        0, VT_ARGV(vt_test_vitrine(), "centre", "handed", "--dir", s->world.folder));
    MUST_SAY(said, "rejection of lamp 1.5.0 by Watch: waits");
    said = vt_test_run(0, VT_ARGV(vt_test_vitrine(), "centre", "handed", "--dir",
                                  s->world.folder, "--desk", desk, "--out",
                                  vt_test_path("out")));
    MUST_SAY(said, "rejection of lamp 1.5.0 by Watch: is on the desk");
    MUST_SAY(said, "denial by Watch: is for `vitrine ledger add`");
    said = vt_test_run(0, VT_ARGV(vt_test_vitrine(), "supervise", "queue", "--desk", desk,
                                  "--trust", vt_test_path("c/trust.json")));
    VT_CHECK_SAYING(!says(said, "lamp 1.5.0"), "%s", said);
    VT_CHECK(strcmp(vt_test_run(0, VT_ARGV("sh", "-c", "ls \"$1\" | wc -l", "sh",
                                           vt_test_path("out"))),
                    "2\n") == 0);
    VT_CHECK(vt_test_run(0, VT_ARGV(vt_test_vitrine(), "centre", "handed", "--dir",
                                    s->world.folder))[0] == '\0');
}

static void officers_hand_in(void)
{
    unsigned supervisor = VT_BIT(VT_P_SUPERVISOR);
    struct stand s = { 0 };
    const char *answer;
    struct back clerk;

    make(&s);
    make_pages();
    VT_CHECK(mkdir(vt_test_path("c/handed"), 0755) == 0);
    start(&s, NULL, NULL);
    answer = hand_in(&s, rejection(&s.world, "1.5.0", supervisor), "application/json");
    VT_CHECK_SAYING(has_status(answer, 200), "%s", answer);
    MUST_SAY(answer, "\"is_new\":true");
    answer = hand_in(&s, rejection(&s.world, "1.5.0", supervisor), "application/json");
    MUST_SAY(answer, "\"is_new\":false");
    answer = hand_in(&s, rejection(&s.world, "9.9", supervisor), "application/json");
    VT_CHECK_SAYING(has_status(answer, 422), "%s", answer);
    MUST_SAY(answer, "knows no lamp 9.9");
    answer =
        hand_in(&s, rejection(&s.world, "1.5.0", VT_BIT(VT_P_VENDOR)), "application/json");
    MUST_SAY(answer, "neither the supervisor's nor the foundation's");
    VT_CHECK(has_status(hand_in(&s, VT_LIT("{"), "application/json"), 400));
    VT_CHECK(has_status(hand_in(&s, VT_LIT("{"), "text/plain"), 415));
    VT_CHECK(
        has_status(hand_in(&s, s.world.said[4], "application/json"), 200)); /* denial */
    VT_CHECK(vt_test_wait_until(shows_handed, &s));
    clerk = (struct back){ &s, "centre-clerk", vt_test_role_of(&s.centre, "centre-clerk") };
    VT_CHECK(clerk.before != 0 && kill(clerk.before, SIGKILL) == 0);
    VT_CHECK(vt_test_wait_until(is_back, &clerk));
    answer = hand_in(&s, rejection(&s.world, "1.5.0", supervisor), "application/json");
    MUST_SAY(answer, "\"is_new\":false");
    take_handed(&s);
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* The folder is the operator's yes. */
static void without_a_folder_nothing_is_taken(void)
{
    struct stand s = { 0 };
    const char *answer;

    begin(&s);
    answer = hand_in(&s, rejection(&s.world, "1.5.0", VT_BIT(VT_P_SUPERVISOR)),
                     "application/json");
    VT_CHECK_SAYING(has_status(answer, 404), "%s", answer);
    VT_CHECK(has_status(get(&s, "/api/v1/handed", ANY), 404));
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void the_roles_are_confined(void)
{
    static const char *const readers[] = { "centre-reader", "centre-prover" };

    vt_test_confinement("centre-front", "", (const char *const[]){ NULL });
    vt_test_confinement("centre-clerk", vt_test_dir(),
                        (const char *const[]){ "write-folder", NULL });
    for (size_t i = 0; i < 2; i++)
        vt_test_confinement(readers[i], "", (const char *const[]){ NULL });
}

static const struct vt_case cases[] = {
    { "releases, and who waits", releases_and_who_waits },
    { "a release tells its story", a_release_tells_its_story },
    { "a file is found by its bucket", a_file_is_found_by_its_bucket },
    { "a ledger is proven", a_ledger_is_proven },
    { "promises go late, and numbers are missed", promises_go_late_and_numbers_are_missed },
    { "who builds is shown", who_builds_is_shown },
    { "a claim by the wrong holder does not count",
      a_claim_by_the_wrong_holder_does_not_count },
    { "what is said later is read", what_is_said_later_is_read },
    { "where data lie is shown", where_data_lie_is_shown },
    { "a table that few signed does not count", a_table_that_few_signed_does_not_count },
    { "what is no question is not answered", what_is_no_question_is_not_answered },
    { "every answer is locked down", every_answer_is_locked_down },
    { "what is known is not sent again", what_is_known_is_not_sent_again },
    { "questions have a rate", questions_have_a_rate },
    { "TLS is spoken", tls_is_spoken },
    { "a copy that goes back is not followed", a_copy_that_goes_back_is_not_followed },
    { "a copy that grows is followed", a_copy_that_grows_is_followed },
    { "another history is not followed", another_history_is_not_followed },
    { "too few witnesses show nothing", too_few_witnesses_show_nothing },
    { "changed bytes are not shown", changed_bytes_are_not_shown },
    { "a mended copy is shown", a_mended_copy_is_shown },
    { "a forged review does not count", a_forged_review_does_not_count },
    { "a folder that is none is named", a_folder_that_is_none_is_named },
    { "a dead role comes back", a_dead_role_comes_back },
    { "officers hand in", officers_hand_in },
    { "without a folder nothing is taken", without_a_folder_nothing_is_taken },
    { "the roles are confined", the_roles_are_confined },
};

VT_TEST_MAIN("centre.serve", cases)
