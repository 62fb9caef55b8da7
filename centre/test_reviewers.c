/* Reviewers of a Centre as it runs: invitations, passkeys, sessions, reading.  The requests
 * are those of centre/web/test/reviewers.mjs, with an authenticator in software; a real
 * browser is tried in centre/test_pages_reviewers.c. */
#include "centre/porter.h"
#include "centre/remarks.h"
#include "centre/role_centre_porter.h"
#include "tests/confinement.h"
#include "tests/reviewers_world.h"
#include <signal.h>
#include <sys/stat.h>

#define BOTH (VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR))

struct stand {
    struct vt_centre_world world;
    struct vt_running centre;
    const char *port, *origin, *url;
    vt_slice invitation;
};

/* A port that was free a moment ago: the origin is told before the Centre starts. */
static void choose_port(struct stand *s)
{
    s->port = vt_test_free_port();
    s->origin = vt_test_print("http://localhost:%s", s->port);
    s->url = vt_test_print("http://127.0.0.1:%s", s->port);
}

/* A line on which an expression with nested repeats goes wrong. */
static void add_trap(const struct vt_centre_world *world)
{
    static char line[8192] = "";
    const struct vt_source_file files[] = { { "trap.c", line }, { NULL, NULL } };

    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    vt_reviewers_add_source(world, "lamp", "2.2.0", world->world.sequence + 4, files);
}

static void start(struct stand *s)
{
    s->centre = vt_test_start(
        "said", VT_ARGV("vitrine", "centre", "serve", "--dir", s->world.folder, "--origin",
                        s->origin, "--port", s->port, "--refresh", "1s", "--notes-bytes",
                        "20000", "--notes-lines", "7"));
}

static void make(struct stand *s)
{
    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &s->world);
    (void)vt_reviewers_seal(&s->world, "localhost");
    vt_reviewers_add_sources(&s->world);
    add_trap(&s->world);
    s->invitation = vt_reviewers_invitation("rahel", (const char *const[]){ "lamp", NULL },
                                            -60, 3600, BOTH);
    vt_reviewers_invite(&s->world, "rahel", s->invitation);
    (void)vt_test_run(
        0, VT_ARGV(vt_test_vitrine(), "centre", "import", "--dir", s->world.folder));
    choose_port(s);
}

static void ask(const struct stand *s, const char *name)
{
    if (!vt_path_exists("/usr/bin/node") && !vt_path_exists("/usr/local/bin/node"))
        vt_test_skip("npm is not installed");
    (void)vt_test_run(0, VT_ARGV("node", "centre/web/test/reviewers.mjs", name, s->url,
                                 s->origin, vt_reviewers_code("rahel"), vt_test_dir()));
}

static void play(const char *name)
{
    struct stand s = { 0 };

    make(&s);
    start(&s);
    ask(&s, name);
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

#define CASE(name)                                                                         \
    static void name(void)                                                                 \
    {                                                                                      \
        play(#name);                                                                       \
    }

CASE(passkeysAreStrict)
CASE(sessionsAreStrict)
CASE(theyAskTooFast)
CASE(searchesAreBounded)

static const char *unseal(const struct stand *s, int code, const char *option,
                          const char *value)
{
    return vt_test_run(code, VT_ARGV(vt_test_vitrine(), "centre", "unseal",
                                     vt_test_print("%s/porter/sealed", s->world.folder),
                                     option, value));
}

#define MUST_SAY(answer, words)                                                            \
    VT_CHECK_SAYING(strstr((answer), (words)) != NULL, "%s", (answer))

/* What was read and searched, for the foundation; that it took place, for everybody. */
static void check_sealed(const struct stand *s)
{
    const char *key = vt_test_print("%s.seal.key", s->world.folder);
    const char *plain = unseal(s, 0, NULL, NULL), *opened = unseal(s, 0, "--key", key);
    const char *head = strstr(plain, "head ") + 5;
    vt_slice bytes = vt_test_read(vt_test_print("%s/porter/sealed", s->world.folder));

    MUST_SAY(plain, "session ");
    VT_CHECK_SAYING(strstr(plain, "lamp") == NULL, "%s", plain);
    VT_CHECK(memmem(bytes.data, bytes.len, "lamp", 4) == NULL);
    MUST_SAY(opened, "search lamp 2.0.0 \"^INT lamp_(dim|light)\\(\" as an expression");
    MUST_SAY(opened, "define lamp 2.0.0 \"lamp_dim\"");
    MUST_SAY(opened, "file lamp 2.0.0 file 3");
    MUST_SAY(opened, "rebuild lamp 2.0.0\n");
    MUST_SAY(opened, "rebuild lamp 2.1.0, refused\n");
    head = vt_test_print("%.*s", (int)strcspn(head, "\n"), head);
    MUST_SAY(unseal(s, 0, "--head", head), "nothing before it was changed");
    MUST_SAY(unseal(s, 1, "--head", vt_test_print("99999%s", strchr(head, ':'))),
             "NOT WELL");
}

static void a_reviewer_reads(void)
{
    struct stand s = { 0 };

    make(&s);
    start(&s);
    ask(&s, "aReviewerReads");
    vt_test_stop(&s.centre, VT_EXIT_OK);
    check_sealed(&s);
}

/* Two vendors' reviewers: each refusal at the border is on the record. */
static void nobody_else_reads(void)
{
    static const char *const kinds[] = { "about",  "manifest",   "file",   "search",
                                         "define", "unreviewed", "rebuild" };
    static const char *const kettle[] = { "kettle", NULL };
    struct stand s = { 0 };
    const char *opened;

    make(&s);
    vt_reviewers_invite(&s.world, "karl",
                        vt_reviewers_invitation("karl", kettle, -60, 3600, BOTH));
    start(&s);
    ask(&s, "nobodyElseReads");
    vt_test_stop(&s.centre, VT_EXIT_OK);
    opened = unseal(&s, 0, "--key", vt_test_print("%s.seal.key", s.world.folder));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *line = strstr(opened, vt_test_print("%s lamp 2.0.0", kinds[i]));

        while (line != NULL && memmem(line, strcspn(line, "\n"), ", refused", 9) == NULL)
            line = strstr(line + 1, vt_test_print("%s lamp 2.0.0", kinds[i]));
        VT_CHECK_SAYING(line != NULL, "no refused %s in: %s", kinds[i], opened);
    }
    MUST_SAY(opened, "unreviewed kettle 1.0.0");
}

/* A key that nobody certified, or none: reviewers do not come in unsealed. */
static void without_a_seal_nobody_comes_in(void)
{
    struct stand s = { 0 };
    const char *seal, *said;

    make(&s);
    seal = vt_test_print("%s/" VT_CENTRE_SEAL_KEY, s.world.folder);
    vt_test_write(seal,
                  VT_LIT("age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"
                         "\n"));
    said = vt_test_run(1, VT_ARGV("vitrine", "centre", "serve", "--dir", s.world.folder,
                                  "--origin", s.origin));
    MUST_SAY(said, VT_CENTRE_SEAL_KEY);
    VT_CHECK(unlink(seal) == 0);
    said = vt_test_run(1, VT_ARGV("vitrine", "centre", "serve", "--dir", s.world.folder,
                                  "--origin", s.origin));
    MUST_SAY(said, VT_CENTRE_SEAL_KEY " is missing");
}

static void an_end_counts_at_once(void)
{
    struct stand s = { 0 };

    make(&s);
    vt_test_write(vt_test_path("end.json"),
                  vt_reviewers_end(s.invitation, VT_BIT(VT_P_SUPERVISOR)));
    start(&s);
    ask(&s, "anEndCountsAtOnce");
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* Also one that nobody ended in good order. */
static void a_session_outlives_a_restart(void)
{
    struct stand s = { 0 };
    const char *answer, *cookie;
    VT_AUTO_JSON kept = NULL;
    struct vt_error err = { 0 };

    make(&s);
    start(&s);
    ask(&s, "aSessionOutlivesARestart");
    vt_test_kill(&s.centre);
    start(&s);
    VT_CHECK_OK(
        vt_json_parse(vt_test_read(vt_test_path("kept.json")), "kept", &kept, &err));
    cookie =
        vt_test_print("Cookie: %s", json_string_value(json_object_get(kept, "cookie")));
    answer = vt_test_run(
        0, VT_ARGV("curl", "-s", "-H", cookie, vt_test_print("%s/api/v1/session", s.url)));
    VT_CHECK_SAYING(strstr(answer, "\"products\":[\"lamp\"]") != NULL, "%s", answer);
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* ---- notes ------------------------------------------------------------------------------
 */

static const char *in_centre(const struct stand *s, const char *name)
{
    return vt_test_print("%s/%s", s->world.folder, name);
}

/* An X25519 key as `vitrine key new` keeps it. */
static const char *other_key(void)
{
    const char *key = vt_test_path("vendor.x25519");

    (void)vt_test_run(
        0, VT_ARGV(vt_test_vitrine(), "key", "new", "--out", key, "--type", "x25519"));
    return key;
}

static const char *notes_of(const struct stand *s, int code, const char *invitation)
{
    return vt_test_run(
        code, VT_ARGV(vt_test_vitrine(), "centre", "notes", in_centre(s, "porter"), "--key",
                      in_centre(s, "../c.seal.key"), "--invitation", invitation));
}

/* Under a name that nobody has there are not "no notes", but nothing to read. */
static void check_one_notebook(const struct stand *s)
{
    const char *name =
        vt_test_run(0, VT_ARGV("ls", in_centre(s, "porter/" VT_CENTRE_NOTES)));

    name = vt_arena_printf(vt_test_arena(), "%.*s", (int)strcspn(name, "\n"), name);
    MUST_SAY(notes_of(s, 0, name), "1 note\n");
    MUST_SAY(notes_of(s, VT_EXIT_REFUSED, vt_reviewers_code("nobody")),
             "holds no notes of this invitation");
    MUST_SAY(notes_of(s, VT_EXIT_USAGE, "zz"), "'zz' is not 64 hex digits");
}

/* All that lies in the Centre's folder, or a copy of it, with any key but two: nothing of
 * what was noted.  A Centre that mirrors another gets no notebook at all. */
static void check_folder(const struct stand *s)
{
    const char *porter = in_centre(s, "porter"), *said;

    (void)vt_test_run(1,
                      VT_ARGV("grep", "-rFl", "ONLY-FOR-THE-FOUNDATION", s->world.folder));
    (void)vt_test_run(1, VT_ARGV("grep", "-rFl", "src/lamp.c", porter));
    said = vt_test_run(
        1, VT_ARGV(vt_test_vitrine(), "centre", "notes", porter, "--key", other_key()));
    MUST_SAY(said, "0 notes, and 1 that this key does not open");
    (void)vt_test_run(0, VT_ARGV("cp", "-r", s->world.folder, vt_test_path("mirror")));
    (void)vt_test_run(0, VT_ARGV("rm", "-r", vt_test_path("mirror/porter")));
    (void)vt_test_run(0, VT_ARGV(vt_test_vitrine(), "centre", "mirror", s->world.folder,
                                 vt_test_path("mirror")));
    VT_CHECK(!vt_path_exists(vt_test_path("mirror/porter")));
    said = vt_test_run(0, VT_ARGV(vt_test_vitrine(), "centre", "notes", porter, "--key",
                                  in_centre(s, "../c.seal.key")));
    MUST_SAY(said, "lamp 2.0.0 src/lamp.c lines 4 to 6, low");
    MUST_SAY(said, "Changed. ONLY-FOR-THE-FOUNDATION");
    check_one_notebook(s);
}

/* Killed, and started again; then an insider of the vendor tries, and the supervisor ends
 * it. */
static void notes_stay_and_stay_sealed(void)
{
    static const char *const lamp[] = { "lamp", NULL };
    struct stand s = { 0 };

    make(&s);
    vt_reviewers_invite(&s.world, "mole",
                        vt_reviewers_invitation("mole", lamp, -60, 3600, BOTH));
    vt_test_write(vt_test_path("end.json"),
                  vt_reviewers_end(s.invitation, VT_BIT(VT_P_SUPERVISOR)));
    start(&s);
    ask(&s, "aReviewerNotes");
    vt_test_kill(&s.centre);
    start(&s);
    ask(&s, "notesOutliveARestart");
    ask(&s, "anInsiderGetsNoNotes");
    ask(&s, "anEndStopsNotes");
    vt_test_stop(&s.centre, VT_EXIT_OK);
    check_folder(&s);
}

/* Each of what was given is on the record, and each refusal. */
static void check_given(const struct stand *s, const char *opened)
{
    VT_AUTO_JSON given = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_json_parse(vt_test_read(vt_test_path("given.json")), "given", &given, &err));
    VT_CHECK(json_array_size(given) == 5);
    for (size_t i = 0; i < json_array_size(given); i++) {
        const json_t *row = json_array_get(given, i);

        MUST_SAY(opened,
                 vt_test_print("%jd bytes, %jd quoted, sha256 %s\n",
                               (intmax_t)json_integer_value(json_object_get(row, "bytes")),
                               (intmax_t)json_integer_value(json_object_get(row, "quoted")),
                               json_string_value(json_object_get(row, "sha256"))));
    }
    MUST_SAY(unseal(s, 0, NULL, NULL), "10 at the gate");
}

static void notes_leave_by_the_gate(void)
{
    struct stand s = { 0 };
    const char *opened;

    make(&s);
    start(&s);
    ask(&s, "notesLeaveByTheGate");
    vt_test_stop(&s.centre, VT_EXIT_OK);
    opened = unseal(&s, 0, "--key", in_centre(&s, "../c.seal.key"));
    check_given(&s, opened);
    MUST_SAY(opened, "take report of lamp 2.0.0, notes ");
    MUST_SAY(opened, "take finding of lamp 9.9.9, notes ");
    MUST_SAY(opened, ", refused\n");
}

/* A front that waited for a porter who does not read would stop everything with him. */
static void a_still_porter_stops_nobody_else(void)
{
    struct stand s = { 0 };
    pid_t porter;

    make(&s);
    start(&s);
    porter = vt_test_role_of(&s.centre, VT_ROLE_CENTRE_PORTER);
    VT_CHECK(porter > 0);
    vt_test_write(vt_test_path("porter.pid"),
                  vt_slice_from_cstr(vt_arena_printf(vt_test_arena(), "%d", porter)));
    ask(&s, "aStillPorterStopsNobodyElse");
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void without_an_origin_nobody_comes_in(void)
{
    struct stand s = { 0 };
    const char *answer;

    make(&s);
    s.centre = vt_test_start(
        "said", VT_ARGV("vitrine", "centre", "serve", "--dir", s.world.folder));
    answer =
        vt_test_run(0, VT_ARGV("curl", "-s", "-X", "POST", "-d", "{}",
                               vt_test_print("%s/api/v1/session/challenge", s.centre.url)));
    VT_CHECK_SAYING(strstr(answer, "no reviewers come in here") != NULL, "%s", answer);
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

/* ---- invitations ------------------------------------------------------------------------
 */

static void told(void *context, const char *sentence)
{
    (void)sentence;
    ++*(size_t *)context;
}

static void both_must_invite(void)
{
    static const char *const lamp[] = { "lamp", NULL };
    static const char *const kettle[] = { "kettle", NULL };
    static const struct {
        const char *name;
        const char *const *products;
        int64_t from_s, until_s;
        unsigned signers, end_signers;
        bool counts, is_open;
    } rows[] = {
        { "both", lamp, -60, 60, BOTH, 0, true, true },
        { "vendor", lamp, -60, 60, VT_BIT(VT_P_VENDOR), 0, false, false },
        { "supervisor", lamp, -60, 60, VT_BIT(VT_P_SUPERVISOR), 0, false, false },
        { "two-keys-of-one", lamp, -60, 60, VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_VENDOR_B), 0,
          false, false },
        { "stranger", lamp, -60, 60, VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_STRANGER), 0, false,
          false },
        { "reviewer-himself", lamp, -60, 60, VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_REVIEWER), 0,
          false, false },
        { "other-product", kettle, -60, 60, BOTH, 0, true, true },
        { "later", lamp, 60, 120, BOTH, 0, true, false },
        { "over", lamp, -120, -60, BOTH, 0, true, false },
        { "backwards", lamp, 60, -60, BOTH, 0, false, false },
        { "ended-by-vendor", lamp, -60, 60, BOTH, VT_BIT(VT_P_VENDOR), true, false },
        { "ended-by-stranger", lamp, -60, 60, BOTH, VT_BIT(VT_P_STRANGER), true, true },
        { "ended-by-reviewer", lamp, -60, 60, BOTH, VT_BIT(VT_P_REVIEWER), true, true },
    };
    struct stand s = { 0 };
    struct vt_error err = { 0 };
    struct vt_disk *disk;
    struct vt_trust *trust;

    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &s.world);
    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&s.world.world), &trust, &err));
    vt_test_keep(trust);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *folder = vt_test_print("c/%zu", i);
        struct vt_invitations all = { 0 };
        struct vt_centre_world here = s.world;
        size_t sentences = 0;
        vt_slice invitation =
            vt_reviewers_invitation(rows[i].name, rows[i].products, rows[i].from_s,
                                    rows[i].until_s, rows[i].signers);

        here.folder = vt_test_path(folder);
        VT_CHECK(mkdir(here.folder, 0755) == 0);
        vt_reviewers_invite(&here, "one", invitation);
        if (rows[i].end_signers != 0)
            vt_reviewers_invite(&here, "two",
                                vt_reviewers_end(invitation, rows[i].end_signers));
        VT_CHECK_OK(vt_disk_open(here.folder, false, &disk, &err));
        VT_CHECK_OK(
            vt_invitations_read(disk, trust, time(NULL), told, &sentences, &all, &err));
        VT_CHECK_SAYING(all.count == rows[i].counts, "%s", rows[i].name);
        VT_CHECK_SAYING(
            (all.count == 1 && vt_invitation_is_open(&all.rows[0], time(NULL))) ==
                rows[i].is_open,
            "%s", rows[i].name);
        VT_CHECK((sentences == 0) ==
                 (rows[i].counts && (rows[i].end_signers == 0 || !rows[i].is_open)));
        vt_invitations_clear(&all);
        vt_disk_close(disk);
    }
}

/* What cannot be read may be the end of any of them; what was read and is no good is none.
 */
static void what_cannot_be_read_may_be_an_end(void)
{
    static const char *const lamp[] = { "lamp", NULL };
    struct vt_invitations all = { 0 };
    struct vt_centre_world world;
    struct vt_error err = { 0 };
    struct vt_trust *trust;
    struct vt_disk *disk;
    size_t sentences = 0;
    const char *end;

    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &world);
    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world.world), &trust, &err));
    vt_test_keep(trust);
    vt_reviewers_invite(&world, "one",
                        vt_reviewers_invitation("rahel", lamp, -60, 60, BOTH));
    end = vt_test_print("%s/" VT_CENTRE_INVITATIONS "/two.json", world.folder);
    vt_test_write(end, VT_LIT("no statement"));
    VT_CHECK_OK(vt_disk_open(world.folder, false, &disk, &err));
    VT_CHECK_OK(vt_invitations_read(disk, trust, time(NULL), told, &sentences, &all, &err));
    VT_CHECK(all.count == 1 && sentences == 1);
    vt_invitations_clear(&all);
    VT_CHECK(unlink(end) == 0 && mkfifo(end, 0644) == 0);
    VT_CHECK_FAILS(
        VT_IO, vt_invitations_read(disk, trust, time(NULL), told, &sentences, &all, &err));
    VT_CHECK(unlink(end) == 0 && symlink("one.json", end) == 0);
    VT_CHECK_FAILS(
        VT_IO, vt_invitations_read(disk, trust, time(NULL), told, &sentences, &all, &err));
    VT_CHECK(unlink(end) == 0);
    vt_test_write(end, vt_slice_of(vt_arena_alloc(vt_test_arena(), VT_MIB(1)), VT_MIB(1)));
    VT_CHECK_FAILS(
        VT_IO, vt_invitations_read(disk, trust, time(NULL), told, &sentences, &all, &err));
    VT_CHECK(all.count == 0 && sentences == 1);
    vt_disk_close(disk);
}

/* `vitrine centre invite` and `countersign` make nothing that could never count. */
static void what_cannot_count_is_not_signed(void)
{
    static const struct {
        const char *jurisdiction, *product, *says;
        int code;
    } rows[] = {
        { "CH", "kettle", "", 0 },
        { "XX", "kettle", "'XX' is no country", 2 },
        { "CH", "toaster", "knows no product 'toaster' of the vendor", 1 },
    };
    struct vt_centre_world world = { .world = vt_world_good(),
                                     .folder = vt_test_path("c") };
    const char *trust, *vendor = vt_test_path("vendor.key"),
                       *supervisor = vt_test_path("supervisor.key");

    VT_CHECK(mkdir(world.folder, 0755) == 0);
    vt_world_move(&world.world, time(NULL) - VT_WORLD_NOW);
    world.world.keys[VT_P_VENDOR].product = world.world.keys[VT_P_VENDOR_B].product =
        "kettle";
    (void)vt_reviewers_seal(&world, "localhost");
    trust = vt_test_path("c/trust.json");
    vt_reviewers_write_key(VT_P_VENDOR, vendor);
    vt_reviewers_write_key(VT_P_SUPERVISOR, supervisor);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        MUST_SAY(vt_test_run(rows[i].code,
                             VT_ARGV("vitrine", "centre", "invite", "--reviewer", "R",
                                     "--jurisdiction", rows[i].jurisdiction, "--product",
                                     rows[i].product, "--trust", trust, "--key", vendor,
                                     "--out", vt_test_path("i.json"))),
                 rows[i].says);
    MUST_SAY(
        vt_test_run(1, VT_ARGV("vitrine", "centre", "countersign", vt_test_path("i.json"),
                               "--trust", trust, "--key", vendor)),
        "the vendor has signed already");
    MUST_SAY(
        vt_test_run(0, VT_ARGV("vitrine", "centre", "countersign", vt_test_path("i.json"),
                               "--trust", trust, "--key", supervisor)),
        "it counts once");
}

/* ---- challenges -------------------------------------------------------------------------
 */

/* What a browser would answer to a new challenge. */
static vt_slice answer_to(struct vt_porter *porter, const char *code, const char *type)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON json = NULL;
    const char *challenge;

    VT_CHECK_OK(vt_porter_challenge(porter, vt_slice_from_cstr(code), &json, &err));
    challenge = json_string_value(json_object_get(json, "challenge"));
    return vt_slice_from_cstr(vt_test_print(
        "{\"type\":\"webauthn.%s\",\"challenge\":\"%.43s\"", type, challenge));
}

/* The passkey is a stranger's, so no answer opens anything; the sentence shows whether the
 * challenge still counted. */
static bool still_counts(struct vt_porter *porter, const char *code, vt_slice answer)
{
    const struct vt_porter_entry entry = { .credential = VT_LIT("x"),
                                           .client_data = answer };
    char token[VT_PORTER_TOKEN_HEX + 1];
    struct vt_error err = { 0 };
    json_t *json;

    if (code[0] != '\0')
        VT_CHECK(
            !vt_porter_enrol(porter, vt_slice_from_cstr(code), answer, VT_LIT("x"), &err));
    else
        VT_CHECK(!vt_porter_enter(porter, &entry, token, &json, &err));
    return strstr(err.message, "the challenge is too old") == NULL;
}

static void strangers_do_not_fill_the_door(void)
{
    static const char *const lamp[] = { "lamp", NULL };
    const struct vt_env env = vt_env_real();
    const char *code = vt_reviewers_code("rahel");
    struct vt_centre_world world;
    struct vt_porter *porter;
    struct vt_error err = { 0 };
    struct vt_trust *trust;
    vt_slice invited, oldest, newest = { 0 };

    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &world);
    trust = vt_reviewers_seal(&world, "localhost");
    vt_reviewers_invite(&world, "rahel",
                        vt_reviewers_invitation("rahel", lamp, -60, 3600, BOTH));
    VT_CHECK_OK(
        vt_porter_open(world.folder, "http://localhost", trust, &env, &porter, &err));
    invited = answer_to(porter, code, "create");
    oldest = answer_to(porter, "", "get");
    (void)usleep(2000); /* their ages are told apart by the millisecond */
    for (size_t i = 0; i < VT_PORTER_CHALLENGES_MAX; i++)
        newest = answer_to(porter, "", "get");
    VT_CHECK(!still_counts(porter, "", oldest));
    VT_CHECK(still_counts(porter, "", newest));
    VT_CHECK(still_counts(porter, code, invited));
    VT_CHECK(!still_counts(porter, code, invited));
    /* Nor does a guest: his newest is the one that counts. */
    oldest = answer_to(porter, "", "get");
    for (size_t i = 0; i < VT_PORTER_CHALLENGES_MAX; i++) {
        invited = newest;
        newest = answer_to(porter, code, "create");
    }
    VT_CHECK(still_counts(porter, "", oldest));
    VT_CHECK(!still_counts(porter, code, invited));
    VT_CHECK(still_counts(porter, code, newest));
    vt_porter_close(porter);
}

/* Who is invited is nobody else's to know. */
static void no_ledger_takes_an_invitation(void)
{
    static const char *const lamp[] = { "lamp", NULL };
    struct vt_centre_world world;
    struct vt_error err = { 0 };
    struct vt_trust *trust;
    vt_slice invitation;

    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &world);
    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world.world), &trust, &err));
    vt_test_keep(trust);
    invitation = vt_reviewers_invitation("rahel", lamp, -60, 60, BOTH);
    VT_CHECK_OK(vt_trust_admits_entry(trust, world.made.release, time(NULL), &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_trust_admits_entry(trust, invitation, time(NULL), &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_trust_admits_entry(trust,
                                         vt_reviewers_end(invitation, VT_BIT(VT_P_VENDOR)),
                                         time(NULL), &err));
}

/* ---- roles ------------------------------------------------------------------------------
 */

static const struct role {
    const char *name;
} ROLES[] = { { "centre-porter" }, { "centre-librarian" } };

struct back {
    const struct vt_running *centre;
    const char *role;
    pid_t before;
};

static bool is_back(void *context)
{
    const struct back *back = context;
    pid_t now = vt_test_role_of(back->centre, back->role);

    return now != 0 && now != back->before;
}

static void a_dead_role_comes_back(void)
{
    struct stand s = { 0 };

    make(&s);
    start(&s);
    for (size_t i = 0; i < sizeof ROLES / sizeof ROLES[0]; i++) {
        struct back back = { &s.centre, ROLES[i].name,
                             vt_test_role_of(&s.centre, ROLES[i].name) };

        VT_CHECK(back.before != 0 && kill(back.before, SIGKILL) == 0);
        VT_CHECK(vt_test_wait_until(is_back, &back));
    }
    vt_test_stop(&s.centre, VT_EXIT_OK);
}

static void the_roles_are_confined(void)
{
    vt_test_confinement("centre-librarian", "", (const char *const[]){ NULL });
    vt_test_confinement("centre-porter", vt_test_dir(),
                        (const char *const[]){ "write-folder", NULL });
}

static const struct vt_case cases[] = {
    { "a reviewer reads", a_reviewer_reads },
    { "without a seal nobody comes in", without_a_seal_nobody_comes_in },
    { "nobody else reads", nobody_else_reads },
    { "passkeys are strict", passkeysAreStrict },
    { "sessions are strict", sessionsAreStrict },
    { "they ask too fast", theyAskTooFast },
    { "searches are bounded", searchesAreBounded },
    { "an end counts at once", an_end_counts_at_once },
    { "a session outlives a restart", a_session_outlives_a_restart },
    { "notes stay, and stay sealed", notes_stay_and_stay_sealed },
    { "notes leave by the gate", notes_leave_by_the_gate },
    { "a still porter stops nobody else", a_still_porter_stops_nobody_else },
    { "without an origin nobody comes in", without_an_origin_nobody_comes_in },
    { "both must invite", both_must_invite },
    { "what cannot be read may be an end", what_cannot_be_read_may_be_an_end },
    { "what cannot count is not signed", what_cannot_count_is_not_signed },
    { "strangers do not fill the door", strangers_do_not_fill_the_door },
    { "no ledger takes an invitation", no_ledger_takes_an_invitation },
    { "a dead role comes back", a_dead_role_comes_back },
    { "the roles are confined", the_roles_are_confined },
};

VT_TEST_MAIN("centre.reviewers", cases)
