/* vitrine verify, as a customer uses it: every answer with its exit code, each reason from
 * files on a disk, and each way to use it wrongly: one clear sentence, and no yes. */
#include "tests/world.h"

static const char *path(const char *name)
{
    return vt_test_path(name);
}

/* A good world as of this machine's clock, for the command looks at it. */
static struct vt_world now_world(void)
{
    struct vt_env env = vt_env_real();
    struct vt_world world = vt_world_good();

    vt_world_move(&world, vt_env_now_unix_s(&env) - VT_WORLD_NOW);
    return world;
}

static struct vt_world_made lay_out(const struct vt_world *world)
{
    struct vt_world_made made;

    vt_world_make(world, &made);
    vt_test_write(path("lamp"), made.file);
    vt_test_write(path("lamp.evidence"), made.evidence);
    vt_test_write(path("trust.json"), made.trust);
    return made;
}

#define VERIFY(...)                                                                        \
    VT_ARGV("vitrine", "verify", path("lamp"), "--trust", path("trust.json"), __VA_ARGS__)

static bool says(const char *output, const char *words)
{
    return strstr(output, words) != NULL;
}

static void good_evidence_is_a_yes(void)
{
    struct vt_world world = now_world();
    const char *output;

    (void)lay_out(&world);
    output = vt_test_run(VT_EXIT_OK, VERIFY(NULL));
    VT_CHECK_SAYING(says(output, "lamp") && says(output, "1.4.0"), "%s", output);
    VT_CHECK_SAYING(says(output, "channel     stable, release number 7\n"), "%s", output);
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--channel", "stable"));
    output = vt_test_run(VT_EXIT_REFUSED, VERIFY("--channel", "beta"));
    VT_CHECK_SAYING(says(output, "channel stable, and yours is beta"), "%s", output);
    (void)vt_test_run(VT_EXIT_USAGE, VERIFY("--channel", ""));
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--product", "lamp"));
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--max-age", "1d"));
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--evidence", path("lamp.evidence")));
}

/* As JSON: one object, one line, and what was proven only after a yes. */
static void json_is_one_object(void)
{
    struct vt_world world = now_world();
    struct vt_error err = { 0 };
    json_t *json;
    const char *output;

    (void)lay_out(&world);
    output = vt_test_run(VT_EXIT_OK, VERIFY("--json"));
    VT_CHECK_OK(vt_json_parse(vt_slice_from_cstr(output), "answer", &json, &err));
    VT_CHECK(json_is_true(json_object_get(json, "ok")));
    vt_json_clear(&json);
    vt_test_write(path("lamp"), VT_LIT("the bytes of lamp 1.4.1\n"));
    output = vt_test_run(VT_EXIT_REFUSED, VERIFY("--json"));
    VT_CHECK_OK(vt_json_parse(vt_slice_from_cstr(output), "answer", &json, &err));
    VT_CHECK(json_is_false(json_object_get(json, "ok")));
    VT_CHECK(strcmp(json_string_value(json_object_get(json, "reason")), "altered") == 0);
    VT_CHECK(!vt_json_has(json, "source") && !vt_json_has(json, "ledger"));
    vt_json_clear(&json);
}

/* The command gives this reason, as text and as JSON. */
static void want_args(const char *name, const char *reason, const char *const argv[])
{
    const char *output = vt_test_run(VT_EXIT_REFUSED, argv);

    VT_CHECK_SAYING(says(output, vt_test_print("\"reason\":\"%s\"", reason)),
                    "%s: wanted %s: %s", name, reason, output);
}

#define REASON(wanted, change, ...)                                                        \
    do {                                                                                   \
        struct vt_world w = now_world();                                                   \
        struct vt_world_made made;                                                         \
        change;                                                                            \
        made = lay_out(&w);                                                                \
        (void)made;                                                                        \
        want_args(#change, wanted, VERIFY("--json", __VA_ARGS__));                         \
    } while (0)

static void every_reason_can_be_met(void)
{
    vt_test_write(path("two-reviews"), VT_LIT("{\"v\":1,\"reviews\":2}"));
    vt_test_write(path("geneva"), VT_LIT("{\"v\":1,\"builder_sites\":[\"Geneva\"]}"));
    vt_test_write(path("japan"), VT_LIT("{\"v\":1,\"signer_jurisdictions\":[\"JP\"]}"));
    REASON("vendor-missing", w.release_signers = VT_BIT(VT_P_SUPERVISOR), NULL);
    REASON("supervisor-missing", w.release_signers = VT_BIT(VT_P_VENDOR), NULL);
    REASON("not-logged", w.is_release_included = false, NULL);
    REASON("no-quorum", w.release_witnesses = 3, NULL);
    REASON("fork", w.other_history = "another entry", NULL);
    REASON("superseded", (w.current_version = "1.4.1", w.current_sequence = 8), NULL);
    REASON("stale", (void)w, "--max-age", "5m");
    REASON("withdrawn", w.withdrawn_reason = "a hole", NULL);
    REASON("site", (void)w, "--policy", path("geneva"));
    REASON("jurisdiction", (void)w, "--policy", path("japan"));
    REASON("mandate-expired", w.keys[VT_P_VENDOR].mandate_until = w.logged, NULL);
    REASON("unreviewed", (void)w, "--policy", path("two-reviews"));
    REASON("differs", w.vsa_verdict = "differs", NULL);
    REASON("mixed", (void)w, "--product", "kettle");
    vt_test_write(path("cut"), VT_LIT("{\"v\":1,"));
    REASON("malformed", (void)w, "--evidence", path("cut"));
}

/* A trust root that too few holders signed is no trust root: nothing can be judged by it.
 */
static void an_unsigned_trust_root_judges_nothing(void)
{
    struct vt_world world = now_world();

    world.root_signers = VT_BIT(VT_P_ROOT_VENDOR);
    (void)lay_out(&world);
    VT_CHECK(says(vt_test_run(VT_EXIT_TROUBLE, VERIFY(NULL)), "1 root keys of version 1"));
    world = now_world(); /* the twin */
    (void)lay_out(&world);
    (void)vt_test_run(VT_EXIT_OK, VERIFY(NULL));
}

static void the_twins_are_accepted(void)
{
    struct vt_world world = now_world();

    vt_test_write(path("one-review"), VT_LIT("{\"v\":1,\"reviews\":1}"));
    vt_test_write(path("zurich"), VT_LIT("{\"v\":1,\"builder_sites\":[\"Zurich\"]}"));
    vt_test_write(path("germany"), VT_LIT("{\"v\":1,\"signer_jurisdictions\":[\"DE\"]}"));
    (void)lay_out(&world);
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--policy", path("one-review")));
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--policy", path("zurich")));
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--policy", path("germany")));
}

/* ---- wrong uses ------------------------------------------------------------------------
 */

/* One line of a sentence, or text of a verdict; never the word of a crash. */
static void one_sentence(int exit_code, const char *const argv[])
{
    const char *output = vt_test_run(exit_code, argv);

    VT_CHECK_SAYING(strchr(output, '\n') == output + strlen(output) - 1 &&
                        strncmp(output, "vitrine", 7) == 0,
                    "more or less than one sentence: %s", output);
}

static void missing_files_are_trouble(void)
{
    struct vt_world world = now_world();

    (void)lay_out(&world);
    one_sentence(VT_EXIT_TROUBLE, VERIFY("--evidence", path("none")));
    one_sentence(VT_EXIT_TROUBLE, VERIFY("--evidence", vt_test_dir()));
    one_sentence(VT_EXIT_TROUBLE, VERIFY("--policy", path("none")));
    one_sentence(VT_EXIT_TROUBLE,
                 VT_ARGV("vitrine", "verify", path("lamp"), "--trust", path("none")));
    one_sentence(VT_EXIT_TROUBLE, VERIFY("--state", path("lamp")));
    VT_CHECK(unlink(path("lamp")) == 0);
    one_sentence(VT_EXIT_TROUBLE, VERIFY(NULL));
    VT_CHECK(mkdir(path("lamp"), 0755) == 0);
    one_sentence(VT_EXIT_TROUBLE, VERIFY(NULL));
}

static void misuse_is_told_apart(void)
{
    struct vt_world world = now_world();

    (void)lay_out(&world);
    (void)vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "verify"));
    (void)vt_test_run(VT_EXIT_USAGE, VERIFY("--nonsense"));
    (void)vt_test_run(VT_EXIT_USAGE, VERIFY("another"));
    (void)vt_test_run(VT_EXIT_USAGE, VERIFY("--max-age", "soon"));
    (void)vt_test_run(VT_EXIT_USAGE, VERIFY("--max-age", "-1"));
    (void)vt_test_run(VT_EXIT_USAGE, VERIFY("--product"));
}

/* What stands in a file where something else should: of the evidence a no; of the
 * customer's own files trouble that says that nothing was judged; never a yes. */
static void check_bad_input(const char *what, vt_slice bytes)
{
    static const char *const own[] = { "trust.json", "policy" };
    vt_slice good = vt_test_read(path("lamp.evidence"));

    vt_test_write(path("lamp.evidence"), bytes);
    want_args(what, "malformed", VERIFY("--json", "--policy", path("policy")));
    vt_test_write(path("lamp.evidence"), good);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        const char *file = path(own[i]);

        good = vt_test_read(file);
        vt_test_write(file, bytes);
        one_sentence(VT_EXIT_TROUBLE, VERIFY("--policy", path("policy")));
        VT_CHECK(says(vt_test_run(VT_EXIT_TROUBLE, VERIFY("--policy", path("policy"))),
                      "lamp was not judged: "));
        vt_test_write(file, good);
    }
}

static void bad_files_are_no_yes(void)
{
    struct vt_world world = now_world();
    uint8_t *huge = vt_arena_alloc(vt_test_arena(), VT_MIB(3));
    struct vt_world_made made = lay_out(&world);

    memset(huge, ' ', VT_MIB(3));
    vt_test_write(path("policy"), VT_LIT("{\"v\":1}"));
    check_bad_input("empty", VT_LIT(""));
    check_bad_input("binary", VT_LIT("\0\x01\xff\xfe\x7f"
                                     "ELF"));
    check_bad_input("huge", vt_slice_of(huge, VT_MIB(3)));
    check_bad_input("cut", vt_slice_sub(made.evidence, 0, made.evidence.len / 2));
    check_bad_input("a line break more",
                    vt_arena_copy(vt_test_arena(), VT_LIT("{\"v\":1}\n\n{}")));
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--policy", path("policy")));
}

/* Every bit of the evidence is signed, logged, or spelled one way only: a sample. */
static void mangled_evidence_is_a_no(void)
{
    struct vt_world world = now_world();
    struct vt_world_made made = lay_out(&world);

    for (size_t at = 0; at < made.evidence.len; at += made.evidence.len / 23) {
        vt_slice copy = vt_arena_copy(vt_test_arena(), made.evidence);

        ((uint8_t *)(uintptr_t)copy.data)[at] ^= 1;
        vt_test_write(path("lamp.evidence"), copy);
        (void)vt_test_run(VT_EXIT_REFUSED, VERIFY(NULL));
    }
}

/* ---- memory ----------------------------------------------------------------------------
 */

static void memory_is_kept_and_a_no_changes_nothing(void)
{
    struct vt_world world = now_world();
    const char *state = path("state");
    vt_slice first;

    (void)lay_out(&world);
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--state", state));
    first = vt_test_read(path("state/verify.json"));
    VT_CHECK(first.len != 0);
    (void)vt_test_run(VT_EXIT_OK, VERIFY("--state", state));
    vt_test_write(path("lamp"), VT_LIT("something else"));
    (void)vt_test_run(VT_EXIT_REFUSED, VERIFY("--state", state));
    VT_CHECK(vt_slice_equal(first, vt_test_read(path("state/verify.json"))));
    world.sequence = world.current_sequence = 6; /* led back to an older release */
    world.list_version = 2;
    (void)lay_out(&world);
    (void)vt_test_run(VT_EXIT_OK, VERIFY(NULL));
    (void)vt_test_run(VT_EXIT_REFUSED, VERIFY("--state", state));
    VT_CHECK(vt_slice_equal(first, vt_test_read(path("state/verify.json"))));
    vt_test_write(path("state/verify.json"), VT_LIT("{}"));
    one_sentence(VT_EXIT_TROUBLE, VERIFY("--state", state));
}

/* Under strace: no socket call at all, and the filter is loaded before FILE is opened. */
static void it_opens_no_socket(void)
{
    struct vt_world world = now_world();
    const char *trace = path("trace"), *text, *filter, *opened;

#ifdef VT_SANITIZED
    vt_test_skip("the sanitizers need rights that a confined role gives up");
#endif
    (void)lay_out(&world);
    (void)vt_test_run(VT_EXIT_OK,
                      VT_ARGV("strace", "-f", "-o", trace, vt_test_vitrine(), "verify",
                              path("lamp"), "--trust", path("trust.json")));
    text = vt_arena_cstr(vt_test_arena(), vt_test_read(trace));
    VT_CHECK(!says(text, "socket(") && !says(text, "connect("));
    filter = strstr(text, "SECCOMP_SET_MODE_FILTER");
    opened = strstr(text, "/lamp\", O_RDONLY");
    VT_CHECK(filter != NULL && opened != NULL && filter < opened);
}

static const struct vt_case cases[] = {
    { "good evidence is a yes", good_evidence_is_a_yes },
    { "json is one object", json_is_one_object },
    { "every reason can be met", every_reason_can_be_met },
    { "an unsigned trust root judges nothing", an_unsigned_trust_root_judges_nothing },
    { "the twins are accepted", the_twins_are_accepted },
    { "missing files are trouble", missing_files_are_trouble },
    { "misuse is told apart", misuse_is_told_apart },
    { "bad files are no yes", bad_files_are_no_yes },
    { "mangled evidence is a no", mangled_evidence_is_a_no },
    { "memory is kept and a no changes nothing", memory_is_kept_and_a_no_changes_nothing },
    { "it opens no socket", it_opens_no_socket },
};

VT_TEST_MAIN("cli.verify", cases)
