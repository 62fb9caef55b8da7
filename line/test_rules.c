/* Rule databases: each refusal stands beside the same input made right, which is accepted.
 */
#include "line/role_rules.h"
#include "line/rules_child.h"
#include "tests/confinement.h"
#include "tests/harness.h"
#include <malloc.h>
#include <signal.h>

#define GOOD "rule Good { strings: $a = \"needle\" condition: $a }\n"
#define TAKES                                                                              \
    "rule Takes { meta: collects = true author = \"A. Nonymous\"\n"                        \
    "  strings: $a = \"dropper\" condition: $a }\n"

static const struct vt_rules_file two_files[] = {
    { "a/good.yar", VT_LIT(GOOD) },
    { "b.yara", VT_LIT(TAKES) },
};
static const struct vt_rules_file samples[] = {
    { "Good/one.bin", VT_LIT("hay needle hay") },
    { "Takes/two.bin", VT_LIT("a dropper") },
};
static const struct vt_rules_file clean[] = {
    { "empty", VT_LIT("") },
    { "text", VT_LIT("nothing to see") },
};

static struct vt_rules_input two_rules(void)
{
    return (struct vt_rules_input){ two_files, 2, samples, 2, clean, 2, 0 };
}

/* The pack of an input that is right; lives as long as the case. */
static vt_slice make(const struct vt_rules_input *input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pack = vt_buf_init(VT_RULES_PACK_BYTES_MAX);

    VT_CHECK_OK(vt_rules_make(input, &pack, NULL, NULL, &err));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&pack));
}

/* Refused with that code and these words, and nothing written. */
static void refused(const struct vt_rules_input *input, enum vt_code code,
                    const char *words)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pack = vt_buf_init(VT_RULES_PACK_BYTES_MAX);

    VT_CHECK_FAILS(code, vt_rules_make(input, &pack, NULL, NULL, &err));
    VT_CHECK_SAYING(strstr(err.message, words) != NULL, "'%s' is not in '%s'", words,
                    err.message);
    VT_CHECK(pack.len == 0);
}

/* ---- what comes out ---------------------------------------------------------------------
 */

static void says_what_is_in_it(void)
{
    struct vt_error err = { 0 };
    const struct vt_rules_input input = two_rules();
    VT_AUTO_RULES_PACK pack = { 0 };
    VT_AUTO_BUF names = vt_buf_init(VT_KIB(1));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    VT_AUTO_JSON summary = NULL;
    struct vt_rules_file file;
    vt_slice bytes = make(&input);

    VT_CHECK_OK(vt_rules_pack_parse(bytes, &pack, &err));
    vt_rules_pack_collecting(&pack, &names);
    VT_CHECK(vt_slice_is(vt_buf_slice(&names), "Takes\n"));
    VT_CHECK(vt_rules_pack_file(&pack, 1, &file) && strcmp(file.path, "b.yara") == 0 &&
             vt_slice_is(file.bytes, TAKES));
    VT_CHECK(!vt_rules_pack_file(&pack, 2, &file));
    VT_CHECK_OK(
        vt_json_write_canonical(json_object_get(pack.manifest, "rules"), &text, &err));
    VT_CHECK(vt_slice_is(
        vt_buf_slice(&text),
        "[{\"collects\":false,\"file\":\"a/good.yar\",\"name\":\"Good\"},"
        "{\"author\":\"A. Nonymous\",\"collects\":true,\"file\":\"b.yara\",\"name\":"
        "\"Takes\"}]"));
    summary = vt_rules_pack_summary(&pack, bytes);
    VT_CHECK(json_integer_value(json_object_get(summary, "rules")) == 2 &&
             json_integer_value(json_object_get(summary, "files")) == 2 &&
             json_integer_value(json_object_get(summary, "must_detect")) == 2 &&
             (size_t)json_integer_value(json_object_get(summary, "size")) == bytes.len &&
             json_array_size(json_object_get(summary, "collects")) == 1);
}

/* The order of the input, what lies in fresh memory, and where memory lies do not count. */
static void equal_in_any_order(void)
{
    const struct vt_rules_file turned[] = { two_files[1], two_files[0] };
    const struct vt_rules_file turned_samples[] = { samples[1], samples[0] };
    const struct vt_rules_file other[] = { two_files[0], { "c.yara", VT_LIT(TAKES) } };
    struct vt_rules_input input = two_rules();
    vt_slice first = make(&input);

    VT_CHECK(vt_slice_equal(first, make(&input)));
    input.rules = turned;
    input.must_detect = turned_samples;
    VT_CHECK(vt_slice_equal(first, make(&input)));
    input.rules = other;
    VT_CHECK(!vt_slice_equal(first, make(&input)));
}

/* The engine in this process, with every fresh byte of memory set to something.  (The
 * sanitizers' allocator has a filling of its own and does not take another.) */
static void equal_whatever_lies_in_memory(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF first = vt_buf_init(VT_MIB(16));

    for (int fill = 0; fill < 256; fill += 85) {
        struct vt_rules_engine *engine;
        VT_AUTO_BUF compiled = vt_buf_init(VT_MIB(16));
        VT_AUTO_JSON rules = NULL;

#ifndef VT_SANITIZED
        VT_CHECK(mallopt(M_PERTURB, fill) == 1);
#endif
        engine = vt_rules_engine_new(10);
        for (size_t i = 0; i < 2; i++)
            VT_CHECK_OK(
                vt_rules_engine_add(engine, two_files[i].path, two_files[i].bytes, &err));
        VT_CHECK_OK(vt_rules_engine_finish(engine, &rules, &compiled, &err));
        vt_rules_engine_free(engine);
        if (first.len == 0)
            vt_buf_put(&first, vt_buf_slice(&compiled));
        VT_CHECK(vt_slice_equal(vt_buf_slice(&first), vt_buf_slice(&compiled)));
    }
}

/* ---- refusals ---------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    vt_slice bad, good;
    enum vt_code code;
    const char *words;
} texts[] = {
    { "syntax", VT_LIT("\n\nrule X { condition: }\n"),
      VT_LIT("\n\nrule X { condition: true }\n"), VT_MALFORMED, "z.yar:3: " },
    { "text behind", VT_LIT("rule X { condition: true }\nwords\n"),
      VT_LIT("rule X { condition: true }\n/* words */\n"), VT_MALFORMED, "z.yar:" },
    { "include", VT_LIT("include \"/etc/passwd\"\nrule X { condition: true }\n"),
      VT_LIT("import \"pe\"\nrule X { condition: true }\n"), VT_MALFORMED, "z.yar:1: " },
    { "another file's rule", VT_LIT("rule X { condition: Good }\n"),
      VT_LIT("rule Y { condition: true } rule X { condition: Y }\n"), VT_MALFORMED,
      "z.yar:1: " },
    { "external variable", VT_LIT("rule X { condition: outside }\n"),
      VT_LIT("rule X { condition: filesize == 0 }\n"), VT_MALFORMED, "z.yar:1: " },
    { "NUL", VT_LIT("rule X { condition: true }\n\0"),
      VT_LIT("rule X { condition: true }\n\n"), VT_MALFORMED, "NUL" },
    { "name taken", VT_LIT("rule Good { condition: true }\n"),
      VT_LIT("rule Good2 { condition: true }\n"), VT_REJECTED,
      "rule Good: that name is taken" },
    { "collects a text", VT_LIT("rule X { meta: collects = \"true\" condition: true }\n"),
      VT_LIT("rule X { meta: collects = true condition: true }\n"), VT_REJECTED,
      "collects is true or false" },
    { "collects a number", VT_LIT("rule X { meta: collects = 1 condition: true }\n"),
      VT_LIT("rule X { meta: collects = false condition: true }\n"), VT_REJECTED,
      "collects is true or false" },
    { "global", VT_LIT("global rule X { condition: false }\n"),
      VT_LIT("private rule X { condition: false }\n"), VT_REJECTED, "is global" },
};

static void refuses_rules(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct vt_rules_file files[] = { two_files[0], { "z.yar", texts[i].good } };
        struct vt_rules_input input = { .rules = files, .rule_file_count = 2 };

        (void)make(&input);
        files[1].bytes = texts[i].bad;
        refused(&input, texts[i].code, texts[i].words);
    }
}

static void refuses_input(void)
{
    const struct vt_rules_file same[] = { two_files[0], { "a/good.yar", VT_LIT(TAKES) } };
    const struct vt_rules_file comment[] = { { "a.yar", VT_LIT("/* no rule */\n") } };
    struct vt_rules_input input = two_rules();

    (void)make(&input);
    input.rules = same;
    refused(&input, VT_MALFORMED, "same path twice");
    input = (struct vt_rules_input){ .rules = comment, .rule_file_count = 1 };
    refused(&input, VT_REJECTED, "no rule");
    input.rule_file_count = 0;
    refused(&input, VT_REJECTED, "no rule");
    input = two_rules();
    input.rule_file_count = VT_RULES_FILES_MAX + 1;
    refused(&input, VT_LIMIT, "at most");
}

static const struct {
    const char *name;
    bool must_detect;
    struct vt_rules_file file;
    const char *words; /* NULL: accepted */
} corpora[] = {
    { "found", true, { "Good/x", VT_LIT("needle") }, NULL },
    { "missed", true, { "Good/x", VT_LIT("needl") }, "rule Good misses it" },
    { "by another rule", true, { "Good/x", VT_LIT("dropper") }, "rule Good misses it" },
    { "no such rule", true, { "Goo/x", VT_LIT("needle") }, "there is no rule Goo" },
    { "no folder", true, { "x", VT_LIT("needle") }, "named like its rule" },
    { "clean", false, { "x", VT_LIT("needl") }, NULL },
    { "hit", false, { "x", VT_LIT("a needle") }, "rule Good hits it" },
    { "hit at the end", false, { "deep/er/x", VT_LIT("dropper") }, "rule Takes hits it" },
};

static void tries_the_corpora(void)
{
    for (size_t i = 0; i < sizeof corpora / sizeof corpora[0]; i++) {
        struct vt_rules_input input = { .rules = two_files, .rule_file_count = 2 };

        if (corpora[i].must_detect)
            input.must_detect = &corpora[i].file, input.must_detect_count = 1;
        else
            input.must_not_detect = &corpora[i].file, input.must_not_detect_count = 1;
        if (corpora[i].words == NULL)
            (void)make(&input);
        else
            refused(&input, VT_REJECTED, corpora[i].words);
    }
}

/* ---- a child that is slow, dead, stopped ------------------------------------------------
 */

/* Under one rule the same sample is read in no time, under the other it takes for ever. */
static void slow(const char *quick, const char *endless, vt_slice sample)
{
    struct vt_rules_file rule = { "slow.yar", vt_slice_from_cstr(quick) };
    struct vt_rules_file file = { "long.bin", sample };
    struct vt_rules_input input = { &rule, 1, NULL, 0, &file, 1, 1 };

    (void)make(&input);
    rule.bytes = vt_slice_from_cstr(endless);
    refused(&input, VT_LIMIT, "long.bin: scanning it takes more than 1 s");
}

static void stops_a_slow_condition(void)
{
    slow("rule S { condition: for any i in (1..10) : (i == 0) }",
         "rule S { condition: for any i in (1..100000000000) : (i == 0) }",
         VT_LIT("anything"));
}

static void stops_a_slow_regex(void)
{
    size_t len = VT_MIB(32);
    uint8_t *sample = vt_arena_alloc(vt_test_arena(), len);

    memset(sample, 'a', len);
    slow("rule S { strings: $a = /bbbb[ab]{0,2000}c/ condition: $a }",
         "rule S { strings: $a = /aaaa[ab]{0,2000}c/ condition: $a }",
         vt_slice_of(sample, len));
}

/* The one child of this process. */
static pid_t find_child(void)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    struct vt_error err = { 0 };
    VT_AUTO_FD fd = -1;
    char path[64];
    vt_reader r;
    vt_slice word;
    uint64_t pid = 0;

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    VT_CHECK(fd >= 0);
    VT_CHECK_OK(vt_fd_read_all(fd, path, &text, &err));
    r = (vt_reader){ vt_buf_slice(&text) };
    VT_CHECK(vt_read_until(&r, ' ', &word) && vt_decimal_parse(word, &pid) && pid > 1);
    VT_CHECK(r.rest.len == 0);
    return (pid_t)pid;
}

struct strike {
    int signal; /* 0: none */
    bool is_done;
};

/* As soon as the rules are compiled. */
static void strike(void *context, const char *line)
{
    struct strike *s = context;

    (void)line;
    if (!s->is_done && s->signal != 0)
        VT_CHECK(kill(find_child(), s->signal) == 0);
    s->is_done = true;
}

static void struck(int signal, enum vt_code code, const char *words)
{
    struct vt_rules_input input = two_rules();
    VT_AUTO_BUF pack = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    struct strike context = { 0, false };
    struct vt_error err = { 0 };

    input.scan_seconds_max = 1;
    VT_CHECK_OK(vt_rules_make(&input, &pack, strike, &context, &err));
    VT_CHECK(context.is_done);
    vt_buf_truncate(&pack, 0);
    context = (struct strike){ signal, false };
    VT_CHECK_FAILS(code, vt_rules_make(&input, &pack, strike, &context, &err));
    VT_CHECK_SAYING(strstr(err.message, "corpus/must-detect/Good/one.bin: ") != NULL &&
                        strstr(err.message, words) != NULL,
                    "%s", err.message);
    VT_CHECK(pack.len == 0);
}

static void survives_a_killed_child(void)
{
    struck(SIGKILL, VT_REJECTED, "ended on it");
    struck(SIGSEGV, VT_REJECTED, "ended on it");
}

static void kills_a_child_that_hangs(void)
{
    struck(SIGSTOP, VT_LIMIT, "no answer within");
}

static void locks_are_on(void)
{
    vt_test_confinement(VT_ROLE_RULES, "", (const char *const[]){ NULL });
}

/* ---- packs that lie ---------------------------------------------------------------------
 */

struct forgery {
    const char *engine;
    json_t *rules;
    vt_slice compiled;
    vt_slice first_file;
};

/* The pack of two_rules with something else in it, well-formed. */
static bool load_forged(const struct forgery *f, struct vt_error *err)
{
    const struct vt_rules_file files[] = { { two_files[0].path, f->first_file },
                                           two_files[1] };
    const struct vt_rules_input input = { files, 2, samples, 2, clean, 2, 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_RULES_PACK pack = { 0 };
    VT_AUTO_RULES_CHILD child = NULL;

    VT_CHECK(vt_rules_pack_write(&input, f->engine, f->rules, f->compiled, &bytes, err));
    VT_CHECK_SAYING(vt_rules_pack_parse(vt_buf_slice(&bytes), &pack, err), "%s",
                    err->message);
    return vt_rules_load(&pack, &child, err);
}

static void sees_what_sources_do_not_say(void)
{
    struct vt_error err = { 0 };
    const struct vt_rules_input input = two_rules();
    VT_AUTO_RULES_PACK pack = { 0 };
    VT_AUTO_JSON rules = NULL;
    uint8_t *compiled;
    struct forgery f, truth;

    VT_CHECK_OK(vt_rules_pack_parse(make(&input), &pack, &err));
    truth = (struct forgery){ vt_rules_engine_version(),
                              json_object_get(pack.manifest, "rules"), pack.compiled,
                              two_files[0].bytes };
    VT_CHECK_OK(load_forged(&truth, &err));

    rules = json_deep_copy(truth.rules);
    (void)json_object_set_new(json_array_get(rules, 1), "collects", json_false());
    f = truth;
    f.rules = rules;
    VT_CHECK_FAILS(VT_REJECTED, load_forged(&f, &err));
    VT_CHECK(strstr(err.message, "manifest") != NULL);

    f = truth;
    f.compiled = vt_arena_copy(vt_test_arena(), truth.compiled);
    compiled = (uint8_t *)(uintptr_t)f.compiled.data;
    compiled[f.compiled.len / 2] ^= 1;
    VT_CHECK_FAILS(VT_REJECTED, load_forged(&f, &err));
    VT_CHECK(strstr(err.message, "compiled form") != NULL);

    f = truth;
    f.first_file = VT_LIT("rule Good { strings: $a = \"noodle\" condition: $a }\n");
    VT_CHECK_FAILS(VT_REJECTED, load_forged(&f, &err));
    f = truth;
    f.engine = "yara 3.0.0";
    VT_CHECK_FAILS(VT_IO, load_forged(&f, &err));
    VT_CHECK(strstr(err.message, "yara 3.0.0") != NULL);
}

static void scans_with_a_pack(void)
{
    struct vt_error err = { 0 };
    const struct vt_rules_input input = two_rules();
    VT_AUTO_BUF names = vt_buf_init(VT_KIB(1));
    VT_AUTO_RULES_PACK pack = { 0 };
    VT_AUTO_RULES_CHILD child = NULL;

    VT_CHECK_OK(vt_rules_pack_parse(make(&input), &pack, &err));
    VT_CHECK_OK(vt_rules_load(&pack, &child, &err));
    VT_CHECK_OK(vt_rules_child_scan(child, "x", VT_LIT("needl"), &names, &err));
    VT_CHECK(names.len == 0);
    VT_CHECK_OK(vt_rules_child_scan(child, "x", VT_LIT("needle, dropper"), &names, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&names), "Good\nTakes\n"));
}

/* Every truncation, and one bit in every byte. */
static void refuses_a_mangled_pack(void)
{
    struct vt_error err = { 0 };
    const struct vt_rules_file file = { "a.yar", VT_LIT(GOOD) };
    const struct vt_rules_input input = { .rules = &file, .rule_file_count = 1 };
    vt_slice good;
    VT_AUTO_JSON rules = NULL;
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
    VT_AUTO_RULES_PACK pack = { 0 };

    rules = json_pack("[{s:s,s:s,s:b}]", "file", "a.yar", "name", "Good", "collects", 1);
    VT_CHECK_OK(
        vt_rules_pack_write(&input, "yara", rules, VT_LIT("compiled"), &bytes, &err));
    good = vt_buf_slice(&bytes);
    VT_CHECK_OK(vt_rules_pack_parse(good, &pack, &err));
    for (size_t i = 0; i < good.len; i++) {
        struct vt_rules_pack none = { 0 };

        VT_CHECK(!vt_rules_pack_parse(vt_slice_sub(good, 0, i), &none, &err));
        for (int bit = 0; bit < 8; bit++) {
            struct vt_rules_pack other = { 0 };

            bytes.data[i] ^= (uint8_t)(1u << bit);
            /* Names and numbers that nothing is computed from stay readable: what they
             * say is held against the sources by vt_rules_load, or signed with the rest. */
            VT_CHECK(!vt_rules_pack_parse(good, &other, &err) ||
                     !json_equal(pack.manifest, other.manifest));
            vt_rules_pack_clear(&other);
            bytes.data[i] ^= (uint8_t)(1u << bit);
        }
    }
}

static void refuses_an_untidy_list(void)
{
    static const struct {
        const char *text, *words; /* NULL: accepted */
    } rows[] = {
        { "[{\"collects\":true,\"file\":\"a\",\"name\":\"A\"}]", NULL },
        { "[]", "no rule" },
        { "[{\"collects\":true,\"file\":\"b\",\"name\":\"A\"}]", "not in the pack" },
        { "[{\"collects\":true,\"file\":\"a\",\"name\":\"A\\nB\"}]", "no name" },
        { "[{\"collects\":true,\"file\":\"a\",\"name\":\"1A\"}]", "no name" },
        { "[{\"collects\":true,\"file\":\"a\",\"name\":\"\"}]", "no name" },
        { "[{\"collects\":true,\"file\":\"a\",\"name\":\"A\"},"
          "{\"collects\":false,\"file\":\"a\",\"name\":\"A\"}]",
          "twice" },
        { "[{\"collects\":1,\"file\":\"a\",\"name\":\"A\"}]", "collects" },
        { "[{\"collects\":true,\"file\":\"a\",\"name\":\"A\",\"x\":1}]", "x" },
    };
    const struct vt_rules_file file = { "a", VT_LIT("text") };
    const struct vt_rules_input input = { .rules = &file, .rule_file_count = 1 };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(8));
        VT_AUTO_RULES_PACK pack = { 0 };
        VT_AUTO_JSON rules = NULL;

        VT_CHECK_OK(vt_json_parse(vt_slice_from_cstr(rows[i].text), "row", &rules, &err));
        VT_CHECK_OK(vt_rules_pack_write(&input, "yara", rules, VT_LIT(""), &bytes, &err));
        if (rows[i].words == NULL) {
            VT_CHECK_OK(vt_rules_pack_parse(vt_buf_slice(&bytes), &pack, &err));
            continue;
        }
        VT_CHECK_FAILS(VT_MALFORMED,
                       vt_rules_pack_parse(vt_buf_slice(&bytes), &pack, &err));
        VT_CHECK_SAYING(strstr(err.message, rows[i].words) != NULL, "%s", err.message);
    }
}

/* ---- two versions -----------------------------------------------------------------------
 */

static void tells_two_versions_apart(void)
{
    static const struct vt_rules_file newer[] = {
        { "a/good.yar",
          VT_LIT("rule Good { meta: collects = true strings: $a = \"needle\" condition: "
                 "$a }\n") },
        { "d.yar", VT_LIT("rule Fresh { condition: false }\n"
                          "rule Fresh2 { meta: collects = true condition: false }\n") },
    };
    struct vt_error err = { 0 };
    const struct vt_rules_input before = two_rules();
    const struct vt_rules_input after = { .rules = newer, .rule_file_count = 2 };
    VT_AUTO_RULES_PACK old = { 0 }, new = { 0 };
    VT_AUTO_JSON diff = NULL;
    VT_AUTO_JSON none = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    VT_AUTO_BUF nothing = vt_buf_init(VT_KIB(4));

    VT_CHECK_OK(vt_rules_pack_parse(make(&before), &old, &err));
    VT_CHECK_OK(vt_rules_pack_parse(make(&after), &new, &err));
    diff = vt_rules_diff(&old, &new);
    vt_rules_diff_text(diff, &text);
    VT_CHECK_SAYING(vt_slice_is(vt_buf_slice(&text), "begins to collect  Fresh2\n"
                                                     "begins to collect  Good\n"
                                                     "stops collecting   Takes\n"
                                                     "added              Fresh\n"
                                                     "added              Fresh2\n"
                                                     "removed            Takes\n"
                                                     "changed            Good\n"
                                                     "file differs       a/good.yar\n"
                                                     "file differs       b.yara\n"
                                                     "file differs       d.yar\n"),
                    "%s", vt_buf_cstr(&text));
    none = vt_rules_diff(&old, &old);
    vt_rules_diff_text(none, &nothing);
    VT_CHECK(vt_slice_is(vt_buf_slice(&nothing), "no difference\n"));
}

/* ---- folders ----------------------------------------------------------------------------
 */

static void put(const char *name, vt_slice bytes)
{
    vt_test_write(vt_test_path(name), bytes);
}

static void folder(const char *name)
{
    VT_CHECK(mkdir(vt_test_path(name), 0755) == 0);
}

static vt_slice make_folder(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pack = vt_buf_init(VT_RULES_PACK_BYTES_MAX);

    VT_CHECK_OK(vt_rules_make_from_folder(vt_test_dir(), &pack, NULL, NULL, &err));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&pack));
}

static void folder_refused(enum vt_code code, const char *words)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pack = vt_buf_init(VT_RULES_PACK_BYTES_MAX);

    VT_CHECK_FAILS(code, vt_rules_make_from_folder(vt_test_dir(), &pack, NULL, NULL, &err));
    VT_CHECK_SAYING(strstr(err.message, words) != NULL, "%s", err.message);
}

static void reads_a_folder(void)
{
    const struct vt_rules_input input = two_rules();
    vt_slice first;

    folder_refused(VT_IO, "rules");
    folder("rules");
    folder("rules/a");
    put("rules/b.yara", VT_LIT(TAKES));
    put("rules/a/good.yar", VT_LIT(GOOD));
    (void)make_folder(); /* corpora may be missing */
    folder("corpus");
    folder("corpus/must-detect");
    folder("corpus/must-detect/Takes");
    folder("corpus/must-detect/Good");
    folder("corpus/must-not-detect");
    put("corpus/must-not-detect/text", clean[1].bytes);
    put("corpus/must-detect/Takes/two.bin", samples[1].bytes);
    put("corpus/must-detect/Good/one.bin", samples[0].bytes);
    put("corpus/must-not-detect/empty", clean[0].bytes);
    first = make_folder();
    VT_CHECK(vt_slice_equal(first, make(&input)));

    put("rules/readme.txt", VT_LIT("words"));
    folder_refused(VT_REJECTED, "readme.txt: neither .yar nor .yara");
    VT_CHECK(unlink(vt_test_path("rules/readme.txt")) == 0);
    VT_CHECK(symlink("b.yara", vt_test_path("rules/c.yara")) == 0);
    folder_refused(VT_REJECTED, "c.yara: neither file nor folder");
    VT_CHECK(unlink(vt_test_path("rules/c.yara")) == 0);
    VT_CHECK(mkfifo(vt_test_path("corpus/must-not-detect/pipe"), 0600) == 0);
    folder_refused(VT_REJECTED, "pipe: neither file nor folder");
    VT_CHECK(unlink(vt_test_path("corpus/must-not-detect/pipe")) == 0);
    VT_CHECK(vt_slice_equal(first, make_folder()));
}

static const struct vt_case cases[] = {
    { "a pack says what is in it", says_what_is_in_it },
    { "any order, the same bytes", equal_in_any_order },
    { "whatever lies in memory, the same bytes", equal_whatever_lies_in_memory },
    { "rules that are refused, and their twins", refuses_rules },
    { "input that is refused", refuses_input },
    { "must detect, must not detect", tries_the_corpora },
    { "a slow condition", stops_a_slow_condition },
    { "a slow regular expression", stops_a_slow_regex },
    { "a child that is killed", survives_a_killed_child },
    { "a child that hangs", kills_a_child_that_hangs },
    { "the child's locks", locks_are_on },
    { "a pack against its sources", sees_what_sources_do_not_say },
    { "scan with a pack", scans_with_a_pack },
    { "a mangled pack", refuses_a_mangled_pack },
    { "an untidy list of rules", refuses_an_untidy_list },
    { "two versions", tells_two_versions_apart },
    { "a folder", reads_a_folder },
};

VT_TEST_MAIN("line.test_rules", cases)
