/* libvitrine-verify as others see it: what it needs, what it calls, what it asks of the
 * kernel, and a stranger's program built from the installed files alone. */
#include "include/vitrine/verify.h"
#include "tests/world.h"

/* Everything from outside that it may call.  Ends of the process, files, sockets, clocks
 * and processes are not here; the names with _chk and __stack_chk_fail are the compiler's
 * guards against our own overflows. */
static const char *const ALLOWED[] = {
    "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__cxa_finalize",
    "__gmon_start__", "__memcpy_chk", "__memmove_chk", "__memset_chk", "__snprintf_chk",
    "__vsnprintf_chk", "__stack_chk_fail", "calloc", "malloc", "realloc", "free", "qsort",
    "getauxval", "memchr", "memcmp", "memcpy", "memmove", "memset", "strchr", "strrchr",
    "strcmp", "strncmp", "strlen", "strnlen", "snprintf", "vsnprintf", "bcmp",
    /* families */
    "BIO_free", "BIO_new_mem_buf", "BN_*", "CRYPTO_free", "ECDSA_SIG_*", "i2d_ECDSA_SIG",
    "ERR_clear_error", "EVP_*", "PEM_read_bio_PUBKEY", "SHA256_*",
    "crypto_sign_verify_detached", "json_array*", "json_deep_copy", "json_delete",
    "json_false", "json_true", "json_null", "json_integer*", "json_object*", "json_pack",
    "json_string*", NULL
};

static bool is_allowed(vt_slice name)
{
    for (size_t i = 0; ALLOWED[i] != NULL; i++) {
        vt_slice known = vt_slice_from_cstr(ALLOWED[i]);

        if (known.data[known.len - 1] == '*' && name.len >= known.len - 1 &&
            memcmp(name.data, known.data, known.len - 1) == 0)
            return true;
        if (vt_slice_equal(name, known))
            return true;
    }
    return false;
}

/* "build/.../NAME" beside the program under test. */
static const char *built(const char *name)
{
    const char *program = vt_test_vitrine();

    return vt_test_print("%.*s/%s", (int)(strrchr(program, '/') - program), program, name);
}

static void skip_sanitized(void)
{
#ifdef VT_SANITIZED
    vt_test_skip("the sanitizers' runtime is no part of the library");
#endif
}

static void it_needs_four_libraries(void)
{
    const char *needs;
    size_t count = 0;

    skip_sanitized();
    needs = vt_test_run(0, VT_ARGV("readelf", "-d", built("libvitrine-verify.so.0")));
    for (const char *at = needs; (at = strstr(at, "(NEEDED)")) != NULL; at++)
        count++;
    VT_CHECK_SAYING(count == 4 && strstr(needs, "[libcrypto.so") != NULL &&
                        strstr(needs, "[libsodium.so") != NULL &&
                        strstr(needs, "[libjansson.so") != NULL &&
                        strstr(needs, "[libc.so.6]") != NULL,
                    "%s", needs);
}

/* The names that `nm` with that option lists in a file. */
static size_t check_names(const char *path, const char *option, const char *which,
                          bool (*is_good)(vt_slice name))
{
    vt_reader r = { vt_slice_from_cstr(
        vt_test_run(0, VT_ARGV("nm", "-f", "posix", option, which, path))) };
    size_t count = 0;
    vt_slice line;

    while (vt_read_line(&r, &line)) {
        size_t len = 0;

        if (line.len == 0 || line.data[line.len - 1] == ':')
            continue; /* of an archive: the name of its member */
        while (len < line.len && line.data[len] != ' ' && line.data[len] != '@')
            len++;
        VT_CHECK_SAYING(is_good(vt_slice_sub(line, 0, len)), "%s: %.*s", path,
                        VT_SLICE_ARGS(line));
        count++;
    }
    return count;
}

static bool is_ours(vt_slice name)
{
    const vt_slice version = VT_LIT("VITRINE_VERIFY_0");

    return (name.len > 8 && memcmp(name.data, "vitrine_", 8) == 0) ||
           vt_slice_equal(name, version);
}

static bool is_linkers(vt_slice name)
{
    return is_allowed(name) || vt_slice_equal(name, VT_LIT("_GLOBAL_OFFSET_TABLE_"));
}

static void it_calls_only_what_is_listed(void)
{
    const char *shared = built("libvitrine-verify.so.0"),
               *archive = built("libvitrine-verify.a");

    skip_sanitized();
    VT_CHECK(!is_allowed(VT_LIT("abort")) && !is_allowed(VT_LIT("open")) &&
             !is_allowed(VT_LIT("json_load_file")) && !is_allowed(VT_LIT("gmtime_r")));
    VT_CHECK(check_names(shared, "-D", "--undefined-only", is_allowed) > 40);
    VT_CHECK(check_names(archive, "-g", "--undefined-only", is_linkers) > 40);
}

static void it_shows_only_its_own_names(void)
{
    skip_sanitized();
    VT_CHECK(
        check_names(built("libvitrine-verify.so.0"), "-D", "--defined-only", is_ours) == 9);
    VT_CHECK(check_names(built("libvitrine-verify.a"), "-g", "--defined-only", is_ours) ==
             8);
}

/* ---- answers ---------------------------------------------------------------------------
 */

static struct vitrine_bytes bytes_of(vt_slice bytes)
{
    return (struct vitrine_bytes){ bytes.data, bytes.len };
}

static struct vitrine_question question_of(const struct vt_world_made *made)
{
    return (struct vitrine_question){ .size = sizeof(struct vitrine_question),
                                      .trust = bytes_of(made->trust),
                                      .evidence = bytes_of(made->evidence),
                                      .now_unix_s = VT_WORLD_NOW };
}

static vt_slice slice_of(struct vitrine_bytes bytes)
{
    return vt_slice_of(bytes.data, bytes.len);
}

/* The library and the inner verdict say the same, to the byte. */
static void agree(const struct vt_world_made *made, const char *product, const char *policy,
                  const char *memory, int64_t now)
{
    struct vt_world_answer inner = vt_world_ask(made, product, policy, memory, now);
    struct vitrine_question question = question_of(made);
    struct vitrine_verdict *verdict;
    enum vitrine_answer answer;

    question.product = product;
    question.policy = bytes_of(vt_slice_from_cstr(policy));
    question.memory = bytes_of(vt_slice_from_cstr(memory));
    question.now_unix_s = now;
    answer = vitrine_verify(&question, made->file.data, made->file.len, &verdict);
    VT_CHECK(answer == (inner.reason == VT_REASON_NONE ? VITRINE_YES : VITRINE_NO));
    VT_CHECK(strcmp(vitrine_verdict_reason(verdict), vt_reason_name(inner.reason)) == 0);
    VT_CHECK(
        strcmp(vitrine_verdict_next_step(verdict), vt_reason_next_step(inner.reason)) == 0);
    VT_CHECK(vt_slice_equal(slice_of(vitrine_verdict_memory(verdict)),
                            vt_slice_from_cstr(inner.memory)));
    VT_CHECK(strcmp(vitrine_verdict_sentence(verdict), inner.sentence) == 0);
    VT_CHECK_SAYING(vt_slice_is(slice_of(vitrine_verdict_json(verdict)), inner.json), "%s",
                    inner.json);
    vitrine_verdict_free(verdict);
}

static void its_answers_are_the_verdicts(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;
    const char *memory;

    vt_world_make(&world, &made);
    memory = vt_world_ask(&made, NULL, NULL, NULL, VT_WORLD_NOW).memory;
    VT_CHECK(memory != NULL);
    agree(&made, NULL, NULL, NULL, VT_WORLD_NOW);
    agree(&made, "lamp", "{\"v\":1}", memory, VT_WORLD_NOW);
    agree(&made, "kettle", NULL, NULL, VT_WORLD_NOW);
    agree(&made, NULL, "{\"v\":1,\"reviews\":2}", NULL, VT_WORLD_NOW);
    agree(&made, NULL, "{\"v\":1,\"max_age_s\":10}", NULL, VT_WORLD_NOW);
    agree(&made, NULL, "{\"v\":2}", NULL, VT_WORLD_NOW);
    agree(&made, NULL, NULL, "{}", VT_WORLD_NOW);
    agree(&made, NULL, NULL, NULL, VT_WORLD_NOW + INT64_C(4) * 366 * 86400);
    made.file = VT_LIT("another file");
    agree(&made, NULL, NULL, memory, VT_WORLD_NOW);
    world.sequence = world.current_sequence = 6; /* led back */
    vt_world_make(&world, &made);
    agree(&made, NULL, NULL, memory, VT_WORLD_NOW);
    agree(&made, NULL, NULL, NULL, VT_WORLD_NOW);
    made.trust.len--;
    agree(&made, NULL, NULL, NULL, VT_WORLD_NOW);
}

static void a_hash_is_as_good_as_the_file(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;
    struct vitrine_question question;
    struct vitrine_verdict *verdict;
    vt_hash hash;

    vt_world_make(&world, &made);
    question = question_of(&made);
    hash = vt_sha256_of(made.file);
    VT_CHECK(vitrine_verify_hash(&question, hash.bytes, made.file.len, &verdict) ==
             VITRINE_YES);
    vitrine_verdict_free(verdict);
    VT_CHECK(vitrine_verify_hash(&question, hash.bytes, made.file.len + 1, &verdict) ==
             VITRINE_NO);
    vitrine_verdict_free(verdict);
    question.channel = "beta";
    VT_CHECK(vitrine_verify_hash(&question, hash.bytes, made.file.len, &verdict) ==
             VITRINE_NO);
    VT_CHECK(strcmp(vitrine_verdict_reason(verdict), "mixed") == 0);
    vitrine_verdict_free(verdict);
    question.channel = "stable";
    VT_CHECK(vitrine_verify_hash(&question, hash.bytes, made.file.len, &verdict) ==
             VITRINE_YES);
    vitrine_verdict_free(verdict);
    question.max_age_s = 10;
    VT_CHECK(vitrine_verify_hash(&question, hash.bytes, made.file.len, &verdict) ==
             VITRINE_NO);
    VT_CHECK(strcmp(vitrine_verdict_reason(verdict), "stale") == 0);
    vitrine_verdict_free(verdict);
}

static void misuse_is_an_answer(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;
    struct vitrine_question question;
    struct vitrine_verdict *verdict;

    vt_world_make(&world, &made);
    question = question_of(&made);
    VT_CHECK(vitrine_verify(&question, "x", 1, NULL) == VITRINE_MISUSE);
    VT_CHECK(vitrine_verify(NULL, "x", 1, &verdict) == VITRINE_MISUSE && verdict == NULL);
    VT_CHECK(vitrine_verify(&question, NULL, 1, &verdict) == VITRINE_MISUSE);
    question.size--;
    VT_CHECK(vitrine_verify(&question, "x", 1, &verdict) == VITRINE_MISUSE);
    question.size++;
    question.max_age_s = -1; /* would be "of any age" where the policy asks for news */
    VT_CHECK(vitrine_verify(&question, "x", 1, &verdict) == VITRINE_MISUSE);
    question.max_age_s = 0;
    question.product = "";
    VT_CHECK(vitrine_verify(&question, "x", 1, &verdict) == VITRINE_MISUSE);
    question.product = NULL;
    question.channel = "";
    VT_CHECK(vitrine_verify(&question, "x", 1, &verdict) == VITRINE_MISUSE);
    question.channel = NULL;
    VT_CHECK(vitrine_verify(&question, NULL, 0, &verdict) == VITRINE_NO);
    vitrine_verdict_free(verdict);
    question = (struct vitrine_question){ .size = sizeof question };
    VT_CHECK(vitrine_verify(&question, "x", 1, &verdict) == VITRINE_NO);
    VT_CHECK(strcmp(vitrine_verdict_reason(verdict), "malformed") == 0);
    vitrine_verdict_free(verdict);
    vitrine_verdict_free(NULL);
    VT_CHECK(strcmp(vitrine_verdict_reason(NULL), "trouble") == 0);
    VT_CHECK(*vitrine_verdict_sentence(NULL) != '\0' &&
             *vitrine_verdict_next_step(NULL) != '\0');
    VT_CHECK(vitrine_verdict_json(NULL).len == 0 && vitrine_verdict_memory(NULL).len == 0);
}

/* ---- strangers' programs ---------------------------------------------------------------
 */

/* The world as files in this case's folder, as of this machine's clock. */
static void write_world(void)
{
    struct vt_env env = vt_env_real();
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    vt_world_move(&world, vt_env_now_unix_s(&env) - VT_WORLD_NOW);
    vt_world_make(&world, &made);
    vt_test_write(vt_test_path("lamp"), made.file);
    vt_test_write(vt_test_path("lamp.evidence"), made.evidence);
    vt_test_write(vt_test_path("trust.json"), made.trust);
}

/* Install into this case's folder; returns what pkg-config says that a program needs. */
static const char *install_library(const char *const flags[])
{
    const char *prefix = vt_test_path("usr"), *program = vt_test_vitrine();
    const char *compiler = strstr(program, "/clang/") != NULL ? "CC=clang" : "CC=gcc";

    (void)vt_test_run(0, VT_ARGV("env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "make", "-s",
                                 "--no-print-directory", "install", compiler,
                                 vt_test_print("PREFIX=%s", prefix), "DESTDIR="));
    return vt_test_run(
        0, VT_ARGV("env", vt_test_print("PKG_CONFIG_PATH=%s/lib/pkgconfig", prefix),
                   "pkg-config", flags[0], flags[1], flags[2], "libvitrine-verify"));
}

/* Compile outside the tree, so that nothing but the installed files can be found. */
static void compile(const char *source, const char *out, const char *flags)
{
    const char *argv[64] = { "env",     "-C",      "/",    "cc", "-std=c17", "-Wall",
                             "-Wextra", "-Werror", source, "-o", out };
    char *text = vt_arena_cstr(vt_test_arena(), vt_slice_from_cstr(flags)), *rest = NULL;
    size_t count = 11;

    argv[count++] = vt_test_print("-Wl,-rpath,%s/lib", vt_test_path("usr"));
    for (char *word = strtok_r(text, " \n", &rest); word != NULL && count < 63;
         word = strtok_r(NULL, " \n", &rest))
        argv[count++] = word;
    (void)vt_test_run(0, argv);
}

/* The program and the command give one answer. */
static void both_say(const char *program, int exit_code, const char *file,
                     const char *policy)
{
    const char *evidence = vt_test_path("lamp.evidence"),
               *trust = vt_test_path("trust.json");
    const char *ours = vt_test_run(
        exit_code, VT_ARGV("vitrine", "verify", file, "--evidence", evidence, "--trust",
                           trust, "--json", policy != NULL ? "--policy" : NULL, policy));
    const char *theirs =
        vt_test_run(exit_code, VT_ARGV(program, file, evidence, trust, policy));

    VT_CHECK_SAYING(strcmp(ours, theirs) == 0, "%s%s", ours, theirs);
}

static void check_program(const char *flag)
{
    const char *program = vt_test_path("verify"), *policy = vt_test_path("policy.json"),
               *source, *said;

    skip_sanitized();
    write_world();
    source = vt_test_print("%s/examples/verify.c",
                           getcwd(vt_arena_alloc(vt_test_arena(), 4096), 4096));
    compile(source, program, install_library(VT_ARGV("--cflags", "--libs", flag)));
    vt_test_write(policy, VT_LIT("{\"v\":1,\"reviews\":2}"));
    both_say(program, VITRINE_YES, vt_test_path("lamp"), NULL);
    both_say(program, VITRINE_NO, vt_test_path("trust.json"), NULL);
    both_say(program, VITRINE_NO, vt_test_path("lamp"), policy);
    (void)vt_test_run(VITRINE_TROUBLE,
                      VT_ARGV(program, vt_test_path("none"), policy, policy));
    said = vt_test_run(VITRINE_TROUBLE, VT_ARGV(program, vt_test_dir(), policy, policy));
    VT_CHECK_SAYING(strstr(said, "Is a directory") != NULL, "%s", said);
    (void)vt_test_run(VITRINE_MISUSE, VT_ARGV(program));
}

static void a_strangers_program_builds_and_runs(void)
{
    check_program("--silence-errors");
    VT_CHECK(strstr(vt_test_run(0, VT_ARGV("readelf", "-d", vt_test_path("verify"))),
                    "[libvitrine-verify.so.0]") != NULL);
}

static void and_with_the_archive(void)
{
    skip_sanitized();
    (void)install_library(VT_ARGV("--exists", "--silence-errors", "--print-errors"));
    write_world();
    {
        const char *folder = vt_test_path("usr/lib"), *flags;

        flags = vt_test_print("-I%s/include %s/libvitrine-verify.a -lcrypto -lsodium "
                              "-ljansson",
                              vt_test_path("usr"), folder);
        compile(vt_test_print("%s/examples/verify.c",
                              getcwd(vt_arena_alloc(vt_test_arena(), 4096), 4096)),
                vt_test_path("verify"), flags);
    }
    both_say(vt_test_path("verify"), VITRINE_YES, vt_test_path("lamp"), NULL);
    both_say(vt_test_path("verify"), VITRINE_NO, vt_test_path("trust.json"), NULL);
}

/* ---- what it asks of the kernel --------------------------------------------------------
 */

static const char MARKED[] =
    "#define main inner_main\n"
    "#include \"verify.c\"\n"
    "#undef main\n"
    "#include <unistd.h>\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    struct vitrine_question question = { .size = sizeof question };\n"
    "    struct vitrine_verdict *verdict = NULL;\n"
    "    struct vitrine_bytes file = read_file(argv[1]);\n"
    "    enum vitrine_answer answer;\n"
    "    (void)argc;\n"
    "    question.evidence = read_file(argv[2]);\n"
    "    question.trust = read_file(argv[3]);\n"
    "    question.policy = read_file(argv[4]);\n"
    "    question.now_unix_s = (int64_t)time(NULL);\n"
    "    (void)getppid();\n"
    "    answer = vitrine_verify(&question, file.data, file.len, &verdict);\n"
    "    vitrine_verdict_free(verdict);\n"
    "    (void)getppid();\n"
    "    return (int)answer;\n"
    "}\n";

/* Between the two marks: nothing but memory. */
static void check_trace(const char *trace)
{
    vt_reader r = { vt_test_read(trace) };
    vt_slice line;
    unsigned marks = 0;

    while (vt_read_line(&r, &line)) {
        const char *text = vt_arena_cstr(vt_test_arena(), line);

        if (strstr(text, "getppid(") != NULL)
            marks++;
        else if (marks == 1)
            VT_CHECK_SAYING(
                strncmp(text, "brk(", 4) == 0 || strncmp(text, "mmap(NULL, ", 11) == 0 ||
                    strncmp(text, "munmap(", 7) == 0 || strncmp(text, "mremap(", 7) == 0 ||
                    strncmp(text, "madvise(", 8) == 0,
                "the library asked the kernel for %s", text);
    }
    VT_CHECK(marks == 2);
}

static void it_asks_the_kernel_for_memory_only(void)
{
    const char *trace = vt_test_path("trace"), *program = vt_test_path("marked"),
               *source = vt_test_path("marked.c"), *policy = vt_test_path("policy.json");

    skip_sanitized();
    write_world();
    vt_test_write(source, vt_slice_from_cstr(MARKED));
    vt_test_write(vt_test_path("verify.c"), vt_test_read("examples/verify.c"));
    vt_test_write(policy, VT_LIT("{\"v\":1,\"max_age_s\":86400}"));
    compile(source, program,
            install_library(VT_ARGV("--cflags", "--libs", "--silence-errors")));
    (void)vt_test_run(VITRINE_YES,
                      VT_ARGV("strace", "-o", trace, program, vt_test_path("lamp"),
                              vt_test_path("lamp.evidence"), vt_test_path("trust.json"),
                              policy));
    check_trace(trace);
    (void)vt_test_run(VITRINE_NO,
                      VT_ARGV("strace", "-o", trace, program, vt_test_path("lamp"), policy,
                              vt_test_path("trust.json"), policy));
    check_trace(trace);
}

static const struct vt_case cases[] = {
    { "it needs four libraries", it_needs_four_libraries },
    { "it calls only what is listed", it_calls_only_what_is_listed },
    { "it shows only its own names", it_shows_only_its_own_names },
    { "its answers are the verdict's", its_answers_are_the_verdicts },
    { "a hash is as good as the file", a_hash_is_as_good_as_the_file },
    { "misuse is an answer", misuse_is_an_answer },
    { "a stranger's program builds and runs", a_strangers_program_builds_and_runs },
    { "and with the archive", and_with_the_archive },
    { "it asks the kernel for memory only", it_asks_the_kernel_for_memory_only },
};

VT_TEST_MAIN("evidence.libverify", cases)
