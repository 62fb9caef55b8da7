/* Several Centres: a mirror has the same digests, and what differs, is forged or was taken
 * back is told by name. */
#include "centre/compare.h"
#include "centre/others.h"
#include "tests/centre_world.h"
#include "tests/running.h"
#include <sys/stat.h>

struct pair {
    struct vt_centre_world world;
    const char *a, *b;
};

/* One Centre, and one that has nothing but the trust root. */
static void make(struct pair *p)
{
    p->a = vt_test_path("a");
    p->b = vt_test_path("b");
    VT_CHECK(mkdir(p->a, 0755) == 0 && mkdir(p->b, 0755) == 0);
    vt_centre_world_make(p->a, &p->world);
    vt_test_write(vt_test_path("b/trust.json"), p->world.made.trust);
}

static const char *run(int exit_code, const char *verb, const char *first,
                       const char *second)
{
    return vt_test_run(exit_code,
                       VT_ARGV(vt_test_vitrine(), "centre", verb, first, second));
}

static bool says(const char *text, const char *words)
{
    return strstr(text, words) != NULL;
}

#define MUST_SAY(text, words)                                                              \
    VT_CHECK_SAYING(says(text, words), "%s: not in: %s", words, text)

/* The file of the first statement of this kind on A's desk, below either Centre. */
static const char *statement(const struct pair *p, const char *centre, const char *type)
{
    for (size_t i = 0; i < p->world.made.envelope_count; i++) {
        struct vt_envelope envelope;
        struct vt_error err = { 0 };
        bool is_it;
        char hex[65];

        VT_CHECK_OK(vt_envelope_parse(p->world.made.envelopes[i], &envelope, &err));
        is_it = strcmp(vt_predicate_name(envelope.statement.type), type) == 0;
        vt_hash_text(&envelope.digest, hex);
        vt_envelope_clear(&envelope);
        if (is_it)
            return vt_test_print("%s/desk/releases/lamp/1.4.0/%s.json", centre, hex);
    }
    VT_CHECK_SAYING(false, "no %s", type);
    return NULL;
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void a_mirror_shows_the_same(void)
{
    struct pair p;
    const char *said;

    make(&p);
    said = run(0, "mirror", p.a, p.b);
    MUST_SAY(said, "1 ledgers, 13 new entries");
    MUST_SAY(said, "on both");
    said = run(0, "compare", p.a, p.b);
    MUST_SAY(said, "one history: " VT_WORLD_ORIGIN ", 13 and 13 entries");
    MUST_SAY(said, "equal: ");
    VT_CHECK(vt_slice_equal(vt_test_read(vt_test_path("b/public/lamp/1.4.0/lamp.bin")),
                            p.world.made.file));
    /* Again: nothing is copied twice, and what has grown comes. */
    vt_centre_world_lay_ledger(&p.world, VT_CENTRE_WORLD_ALL, p.world.world.filler, 7);
    MUST_SAY(run(0, "compare", p.a, p.b), "23 and 13 entries");
    said = run(0, "mirror", p.a, p.b);
    MUST_SAY(said, "10 new entries; 0 files copied, 0 bytes");
}

static void one_altered_digest_is_named(void)
{
    struct pair p;
    const char *said, *file;
    vt_slice bytes;

    make(&p);
    (void)run(0, "mirror", p.a, p.b);
    file = vt_test_path("b/public/lamp/1.4.0/lamp.bin.evidence");
    bytes = vt_test_read(file);
    vt_test_write(file,
                  vt_slice_from_cstr(vt_test_print("%.*s ", (int)bytes.len, bytes.data)));
    said = run(1, "compare", p.a, p.b);
    MUST_SAY(said, "altered: lamp 1.4.0: evidence, lamp.bin\n");
    MUST_SAY(said, p.a);
    MUST_SAY(said, "not equal");
    VT_CHECK(!says(said, "only the"));
    /* The mirror mends its own copy, since it is no evidence any more. */
    MUST_SAY(run(0, "mirror", p.a, p.b), "1 files copied");
}

static void a_review_taken_back_is_shown(void)
{
    struct pair p;
    struct vt_running centre;
    const char *said;

    make(&p);
    (void)run(0, "mirror", p.a, p.b);
    VT_CHECK(unlink(statement(&p, p.a, "review")) == 0);
    said = run(1, "mirror", p.a, p.b);
    MUST_SAY(said, "taken back: lamp 1.4.0: review, ");
    MUST_SAY(said, "gone since ");
    VT_CHECK(vt_path_exists(statement(&p, p.b, "review")));
    /* Everybody sees it where the mirror is served. */
    centre = vt_test_start("said", VT_ARGV("vitrine", "centre", "serve", "--dir", p.b));
    said = vt_test_run(
        0, VT_ARGV("curl", "-s", vt_test_print("%s/api/v1/others", centre.url)));
    MUST_SAY(said, "\"gone\":[{\"first\":");
    MUST_SAY(said, "\"kind\":\"review\"");
    MUST_SAY(said, "\"name\":\"mirror\"");
    VT_CHECK(!says(said, p.a));
    vt_test_stop(&centre, VT_EXIT_OK);
}

/* One Centre knows the other by its URL alone. */
static void a_served_centre_is_compared(void)
{
    struct pair p;
    struct vt_running centre;
    const char *said;

    make(&p);
    (void)run(0, "mirror", p.a, p.b);
    centre = vt_test_start("said", VT_ARGV("vitrine", "centre", "serve", "--dir", p.a));
    MUST_SAY(run(0, "compare", p.b, centre.url), "equal: ");
    said = vt_test_run(0, VT_ARGV(vt_test_vitrine(), "centre", "compare", centre.url,
                                  centre.url, "--trust", vt_test_path("b/trust.json"),
                                  "--json"));
    MUST_SAY(said, "\"ok\":true");
    (void)vt_test_run(
        2, VT_ARGV(vt_test_vitrine(), "centre", "compare", centre.url, centre.url));
    /* Ours grows: the other's is its beginning. */
    p.world.folder = p.b;
    vt_centre_world_lay_ledger(&p.world, VT_CENTRE_WORLD_ALL, p.world.world.filler, 7);
    MUST_SAY(run(0, "compare", p.b, centre.url), "23 and 13 entries");
    /* And where both were signed and seen, but are not one history: the alarm. */
    vt_centre_world_lay_ledger(&p.world, VT_CENTRE_WORLD_ALL, "another history", 7);
    said = vt_test_run(1, VT_ARGV(vt_test_vitrine(), "centre", "compare", p.b, centre.url,
                                  "--keep", "zurich"));
    MUST_SAY(said, "two histories: ledger " VT_WORLD_ORIGIN);
    VT_CHECK(vt_path_exists(vt_test_path("b/others/zurich.json")));
    vt_test_stop(&centre, VT_EXIT_OK);
}

static void what_is_forged_is_not_copied(void)
{
    struct pair p;
    const char *said, *file;
    vt_slice review;
    vt_hash other = vt_sha256_of(VT_LIT("other bytes"));
    char hex[65];

    make(&p);
    file = statement(&p, p.a, "review");
    review = vt_test_read(file);
    vt_hash_text(&other, hex);
    vt_test_write(vt_test_print("%s/desk/releases/lamp/1.4.0/%s.json", p.a, hex), review);
    VT_CHECK(mkdir(vt_test_path("a/desk/releases/lamp/1.4.0/blobs"), 0755) == 0);
    vt_test_write(vt_test_print("%s/desk/releases/lamp/1.4.0/blobs/%s", p.a, hex),
                  VT_LIT("not those bytes"));
    vt_test_write(vt_test_path("a/public/lamp/1.4.0/lamp.bin"), VT_LIT("another program"));
    vt_test_write(vt_test_path("a/desk/releases/lamp/1.4.0/release.tlog-proof"),
                  p.world.made.withdrawals_proof);
    said = run(1, "mirror", p.a, p.b);
    MUST_SAY(said, ".json: its bytes have another digest than its name");
    MUST_SAY(said, "release.tlog-proof: it proves no statement beside it");
    MUST_SAY(said, "lamp.bin: its bytes have another digest than they should");
    VT_CHECK(
        !vt_path_exists(vt_test_print("%s/desk/releases/lamp/1.4.0/%s.json", p.b, hex)));
    VT_CHECK(
        !vt_path_exists(vt_test_print("%s/desk/releases/lamp/1.4.0/blobs/%s", p.b, hex)));
    VT_CHECK(!vt_path_exists(vt_test_path("b/public/lamp/1.4.0/lamp.bin")));
    VT_CHECK(
        !vt_path_exists(vt_test_path("b/desk/releases/lamp/1.4.0/release.tlog-proof")));
}

/* The list of withdrawals as a stranger signs it, laid in a release's folder of A; where it
 * lies below B. */
static const char *lay_strangers(const struct pair *p)
{
    struct vt_envelope envelope;
    struct vt_error err = { 0 };
    vt_slice bytes;
    vt_hash digest;
    char hex[65];

    VT_CHECK_OK(vt_envelope_parse(p->world.made.withdrawals, &envelope, &err));
    bytes = vt_world_sign(vt_buf_slice(&envelope.dsse.payload), VT_BIT(VT_P_STRANGER));
    vt_envelope_clear(&envelope);
    digest = vt_envelope_digest(bytes);
    vt_hash_text(&digest, hex);
    vt_test_write(vt_test_print("%s/desk/releases/lamp/1.4.0/%s.json", p->a, hex), bytes);
    return vt_test_print("%s/desk/releases/lamp/1.4.0/%s.json", p->b, hex);
}

/* Good statements in another place: an old list as the newest, evidence of one release
 * beside another; and a name that is no text. */
static void what_lies_elsewhere_is_not_copied(void)
{
    struct pair p;
    const char *said, *file, *strange;

    make(&p);
    vt_test_write(vt_test_path("a/desk/withdrawals/9.json"), p.world.made.withdrawals);
    vt_test_write(vt_test_path("a/desk/withdrawals/9.tlog-proof"),
                  p.world.made.withdrawals_proof);
    VT_CHECK(mkdir(vt_test_path("a/public/lamp/1.5.0"), 0755) == 0);
    vt_test_write(vt_test_path("a/public/lamp/1.5.0/lamp.bin"), p.world.made.file);
    vt_test_write(vt_test_path("a/public/lamp/1.5.0/lamp.bin.evidence"),
                  vt_test_read(vt_test_path("a/public/lamp/1.4.0/lamp.bin.evidence")));
    vt_test_write(vt_test_path("a/desk/releases/lamp/1.4.0/\xff\n\033.json"), VT_LIT("{}"));
    VT_CHECK(mkdir(vt_test_path("a/desk/releases/lamp/9.9.9"), 0755) == 0);
    file = strrchr(statement(&p, p.a, "release"), '/');
    vt_test_write(vt_test_print("%s/desk/releases/lamp/9.9.9%s", p.a, file),
                  p.world.made.release);
    strange = lay_strangers(&p);
    said = run(1, "mirror", p.a, p.b);
    MUST_SAY(said, "withdrawals/9.json: it is the list of version ");
    MUST_SAY(said, "1.5.0/lamp.bin.evidence: it is evidence of lamp 1.4.0");
    MUST_SAY(said, "refused: desk/releases/lamp/1.4.0/???.json: ");
    MUST_SAY(said, "it is of lamp/1.4.0");
    MUST_SAY(said, "nobody signed it whom trust root or desk name");
    VT_CHECK(!vt_path_exists(strange));
    VT_CHECK(!vt_path_exists(vt_test_path("b/desk/withdrawals/9.json")));
    VT_CHECK(!vt_path_exists(vt_test_path("b/desk/withdrawals/9.tlog-proof")));
    VT_CHECK(!vt_path_exists(vt_test_path("b/public/lamp/1.5.0/lamp.bin.evidence")));
    VT_CHECK(!vt_path_exists(vt_test_path("b/public/lamp/1.5.0/lamp.bin")));
    VT_CHECK(vt_path_exists(vt_test_path("b/public/lamp/1.4.0/lamp.bin")));
}

/* More folders in each other than blobs have: the rest still comes. */
static void folders_without_end_are_passed_over(void)
{
    struct pair p;

    make(&p);
    (void)vt_test_run(0, VT_ARGV("mkdir", "-p",
                                 vt_test_path("a/desk/releases/lamp/1.4.0/blobs/"
                                              "1/2/3/4/5/6/7/8/9")));
    MUST_SAY(run(1, "mirror", p.a, p.b), "folders of blobs are not so deep");
    VT_CHECK(vt_path_exists(vt_test_path("b/public/lamp/1.4.0/lamp.bin")));
}

static void a_centre_without_a_trust_root_is_named(void)
{
    struct pair p;
    const char *said;

    make(&p);
    VT_CHECK(unlink(vt_test_path("b/trust.json")) == 0);
    said = vt_test_run(3, VT_ARGV(vt_test_vitrine(), "centre", "mirror", p.a, p.b));
    MUST_SAY(said, "has no trust.json");
    said = vt_test_run(
        2, VT_ARGV(vt_test_vitrine(), "centre", "mirror", "https://a.example", p.b));
    MUST_SAY(said, "FROM is a Centre's folder");
}

/* ---- alone ------------------------------------------------------------------------------
 */

#define A "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""
#define B "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\""
#define ITEM(of, name, sha)                                                                \
    "{\"kind\":\"review\",\"name\":\"" name "\",\"of\":\"" of "\",\"sha256\":" sha "}"
#define DIGESTS(items) "{\"items\":[" items "],\"ledgers\":[],\"trust\":" A ",\"v\":1}"

static struct vt_digests parse(const char *text)
{
    struct vt_digests out = { .json = NULL };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_digests_parse(vt_slice_from_cstr(text), &out, &err));
    return out;
}

static void differences_are_told_apart(void)
{
    static const struct {
        const char *first, *second, *kinds[3];
    } rows[] = {
        { DIGESTS(ITEM("lamp 1", "R", A)), DIGESTS(ITEM("lamp 1", "R", A)), { NULL } },
        { DIGESTS(ITEM("lamp 1", "R", A)), DIGESTS(ITEM("lamp 1", "R", B)), { "altered" } },
        { DIGESTS(ITEM("lamp 1", "R", A)), DIGESTS(""), { "only the first" } },
        { DIGESTS(""), DIGESTS(ITEM("lamp 1", "R", B)), { "only the second" } },
        { DIGESTS(ITEM("lamp 1", "R", A)),
          DIGESTS(ITEM("lamp 1", "S", A)),
          { "only the first", "only the second" } },
        { DIGESTS(ITEM("lamp 1", "R", A) "," ITEM("lamp 1", "R", B)),
          DIGESTS(ITEM("lamp 1", "R", B)),
          { "only the first" } },
        { DIGESTS(ITEM("lamp 1", "R", B) "," ITEM("lamp 2", "R", A)),
          DIGESTS(ITEM("lamp 1", "R", A) "," ITEM("lamp 2", "R", A)),
          { "altered" } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_digests first = parse(rows[i].first), second = parse(rows[i].second);
        VT_AUTO_COMPARISON c = { .equal = 0 };
        size_t count = 0;

        vt_digests_compare(&first, &second, &c);
        while (count < 3 && rows[i].kinds[count] != NULL) {
            const json_t *row = json_array_get(c.differences, count);

            VT_CHECK_SAYING(strcmp(json_string_value(json_object_get(row, "kind")),
                                   rows[i].kinds[count]) == 0,
                            "row %zu", i);
            count++;
        }
        VT_CHECK_SAYING(json_array_size(c.differences) == count, "row %zu", i);
        vt_digests_clear(&first);
        vt_digests_clear(&second);
    }
}

/* A name must not write lines of its own into what is told. */
static void a_name_has_one_line(void)
{
    struct vt_digests out = { .json = NULL };
    struct vt_error err = { 0 };

    VT_CHECK_FAILS(
        VT_MALFORMED,
        vt_digests_parse(VT_LIT(DIGESTS(ITEM("lamp 1", "R\\nequal: all", A))), &out, &err));
}

static void what_was_seen_is_not_forgotten(void)
{
    struct vt_digests two =
                          parse(DIGESTS(ITEM("lamp 1", "R", A) "," ITEM("lamp 2", "R", A))),
                      one = parse(DIGESTS(ITEM("lamp 2", "R", A)));
    VT_AUTO_JSON none = json_array();
    struct vt_error err = { 0 };
    json_t *first, *second, *third;
    const json_t *row;
    size_t gone;

    VT_CHECK_OK(vt_other_update(NULL, "b", &two, none, 1000, &first, &gone, &err));
    VT_CHECK(gone == 0 && json_array_size(json_object_get(first, "seen")) == 2);
    VT_CHECK_OK(vt_other_update(first, "b", &one, none, 2000, &second, &gone, &err));
    row = json_array_get(json_object_get(second, "seen"), 0);
    VT_CHECK(gone == 1 && json_object_get(row, "gone") != NULL);
    VT_CHECK(strcmp(json_string_value(json_object_get(row, "first")),
                    "1970-01-01T00:16:40Z") == 0);
    /* It stays gone since then, and what comes back is there. */
    VT_CHECK_OK(vt_other_update(second, "b", &one, none, 3000, &third, &gone, &err));
    VT_CHECK(gone == 0 &&
             json_equal(json_object_get(third, "seen"), json_object_get(second, "seen")));
    json_decref(third);
    VT_CHECK_OK(vt_other_update(second, "b", &two, none, 3000, &third, &gone, &err));
    VT_CHECK(json_equal(json_object_get(third, "seen"), json_object_get(first, "seen")));
    json_decref(first);
    json_decref(second);
    json_decref(third);
    vt_digests_clear(&two);
    vt_digests_clear(&one);
}

static const struct vt_case cases[] = {
    { "differences are told apart", differences_are_told_apart },
    { "a name has one line", a_name_has_one_line },
    { "what was seen is not forgotten", what_was_seen_is_not_forgotten },
    { "a mirror shows the same", a_mirror_shows_the_same },
    { "one altered digest is named", one_altered_digest_is_named },
    { "a review taken back is shown", a_review_taken_back_is_shown },
    { "a served Centre is compared", a_served_centre_is_compared },
    { "what is forged is not copied", what_is_forged_is_not_copied },
    { "what lies elsewhere is not copied", what_lies_elsewhere_is_not_copied },
    { "folders without end are passed over", folders_without_end_are_passed_over },
    { "a Centre without a trust root is named", a_centre_without_a_trust_root_is_named },
};

VT_TEST_MAIN("centre.others", cases)
