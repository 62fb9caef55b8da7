/* Recipes and lock files: one good text each, and what a single edit makes of it. */
#include "line/lock.h"
#include "line/recipe.h"
#include "tests/harness.h"

static const char good_recipe[] =
    "{ \"v\": 1, \"product\": \"hello\", \"version\": \"1:2.0~rc1-3\", \"kind\": "
    "\"program\",\n"
    "  \"source\": { \"type\": \"git\" },\n"
    "  \"environment\": { \"suite\": \"bookworm\", \"packages\": [\"gcc\", \"make\"],\n"
    "    \"lock\": \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" "
    "},\n"
    "  \"epoch\": 1700000000, \"clock\": \"frozen\", \"cpus\": 2,\n"
    "  \"limits\": { \"memory_mib\": 512, \"processes\": 64, \"file_mib\": 16,\n"
    "    \"seconds\": 90 },\n"
    "  \"variables\": { \"CFLAGS\": \"-O2 -g\", \"A_1\": \"\" },\n"
    "  \"steps\": [[\"make\", \"-j2\"], [\"./check.sh\"]],\n"
    "  \"outputs\": [\"hello\", \"doc/hello.1\", \"../hello_2.deb\"] }\n";

static const char good_lock[] =
    "{ \"v\": 1, \"suite\": \"bookworm\", \"architecture\": \"amd64\", \"epoch\": "
    "1700000000,\n"
    "  \"packages\": [\n"
    "    { \"name\": \"gcc\", \"version\": \"4:12.2.0-3\", \"architecture\": \"amd64\",\n"
    "      \"file\": \"gcc_4%3a12.2.0-3_amd64.deb\", \"size\": 18708,\n"
    "      \"sha256\": "
    "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" },\n"
    "    { \"name\": \"tzdata\", \"version\": \"2024a\", \"architecture\": \"all\",\n"
    "      \"file\": \"tzdata_2024a_all.deb\", \"size\": 1,\n"
    "      \"sha256\": "
    "\"10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" }\n"
    "  ],\n"
    "  \"source\": { \"name\": \"zlib\", \"version\": \"1:1.2.13-1\", \"files\": [\n"
    "    { \"file\": \"zlib_1.2.13-1.dsc\", \"size\": 10,\n"
    "      \"sha256\": "
    "\"20112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" },\n"
    "    { \"file\": \"zlib_1.2.13.orig.tar.gz\", \"size\": 11,\n"
    "      \"sha256\": "
    "\"30112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" }\n"
    "  ] } }\n";

/* `from` must occur; every occurrence is replaced. */
static const char *edited(const char *text, const char *from, const char *to)
{
    static struct vt_buf out; /* kept reachable; one at a time */
    const char *at;

    VT_CHECK_SAYING(strstr(text, from) != NULL, "'%s' is not in the text", from);
    vt_buf_clear(&out);
    out = vt_buf_init(VT_MIB(1));
    while ((at = strstr(text, from)) != NULL) {
        vt_buf_put(&out, vt_slice_of(text, (size_t)(at - text)));
        vt_buf_put_text(&out, to);
        text = at + strlen(from);
    }
    vt_buf_put_text(&out, text);
    return vt_buf_cstr(&out);
}

static bool parse_recipe(const char *text, struct vt_error *err)
{
    VT_AUTO_RECIPE recipe = NULL;

    return vt_recipe_parse(vt_slice_from_cstr(text), "recipe", &recipe, err);
}

static bool parse_lock(const char *text, struct vt_error *err)
{
    VT_AUTO_LOCK lock = NULL;

    return vt_lock_parse(vt_slice_from_cstr(text), "lock", &lock, err);
}

struct edit {
    const char *name, *from, *to;
    enum vt_code want;
};

static const struct edit recipe_edits[] = {
    { "another version of the form", "\"v\": 1", "\"v\": 2", VT_MALFORMED },
    { "unknown field", "\"v\": 1", "\"v\": 1, \"w\": 1", VT_MALFORMED },
    { "field twice", "\"v\": 1", "\"v\": 1, \"v\": 1", VT_MALFORMED },
    { "no product", "\"product\": \"hello\",", "", VT_MALFORMED },
    { "product with a slash", "\"hello\", \"version\"", "\"a/b\", \"version\"",
      VT_MALFORMED },
    { "product of dots", "\"hello\", \"version\"", "\"..\", \"version\"", VT_MALFORMED },
    { "product that looks like an option", "\"hello\", \"version\"", "\"-x\", \"version\"",
      VT_MALFORMED },
    { "plain version", "1:2.0~rc1-3", "2", VT_OK },
    { "version with a space", "1:2.0~rc1-3", "2 0", VT_MALFORMED },
    { "empty version", "1:2.0~rc1-3", "", VT_MALFORMED },
    { "other kind", "\"program\"", "\"deb\"", VT_OK },
    { "unknown kind", "\"program\"", "\"programme\"", VT_MALFORMED },
    { "other source", "\"git\"", "\"debian\"", VT_OK },
    { "unknown source", "\"git\"", "\"svn\"", VT_MALFORMED },
    { "source with more fields", "\"type\": \"git\"", "\"type\": \"git\", \"url\": \"x\"",
      VT_MALFORMED },
    { "no lock",
      "\"make\"],\n    \"lock\": "
      "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"",
      "\"make\"]", VT_OK },
    { "lock in capitals", "0011223344556677", "AA11223344556677", VT_MALFORMED },
    { "package with a space", "\"gcc\"", "\"gcc make\"", VT_MALFORMED },
    { "package that is an option", "\"gcc\"", "\"-o=Dir::Etc\"", VT_MALFORMED },
    { "package that is a number", "\"gcc\"", "1", VT_MALFORMED },
    { "epoch zero", "1700000000", "0", VT_MALFORMED },
    { "epoch far away", "1700000000", "253402300800", VT_MALFORMED },
    { "epoch as text", "1700000000", "\"1700000000\"", VT_MALFORMED },
    { "real clock", "\"frozen\"", "\"real\"", VT_OK },
    { "unknown clock", "\"frozen\"", "\"stopped\"", VT_MALFORMED },
    { "no CPU", "\"cpus\": 2", "\"cpus\": 0", VT_MALFORMED },
    { "too many CPUs", "\"cpus\": 2", "\"cpus\": 65", VT_MALFORMED },
    { "no limit field", "\"seconds\"", "\"minutes\"", VT_MALFORMED },
    { "no time", "\"seconds\": 90", "\"seconds\": 0", VT_MALFORMED },
    { "variable of the fixed terms", "\"CFLAGS\"", "\"PATH\"", VT_MALFORMED },
    { "variable that loads code", "\"CFLAGS\"", "\"LD_PRELOAD\"", VT_MALFORMED },
    { "variable that moves the clock", "\"CFLAGS\"", "\"FAKETIME_FLSHIFT\"", VT_MALFORMED },
    { "variable with an equals sign", "\"CFLAGS\"", "\"A=B\"", VT_MALFORMED },
    { "variable that begins with a digit", "\"CFLAGS\"", "\"1A\"", VT_MALFORMED },
    { "variable that is a number", "\"-O2 -g\"", "2", VT_MALFORMED },
    { "empty step", "[\"./check.sh\"]", "[]", VT_MALFORMED },
    { "step without a program", "[\"./check.sh\"]", "[\"\"]", VT_MALFORMED },
    { "step that is a text", "[\"./check.sh\"]", "\"./check.sh\"", VT_MALFORMED },
    { "no steps", "[[\"make\", \"-j2\"], [\"./check.sh\"]]", "[]", VT_MALFORMED },
    { "no outputs", "[\"hello\", \"doc/hello.1\", \"../hello_2.deb\"]", "[]",
      VT_MALFORMED },
    { "absolute output", "doc/hello.1", "/doc/hello.1", VT_MALFORMED },
    { "output two folders up", "../hello_2.deb", "../../hello_2.deb", VT_MALFORMED },
    { "output that climbs inside", "doc/hello.1", "doc/../hello.1", VT_MALFORMED },
    { "output with an empty part", "doc/hello.1", "doc//hello.1", VT_MALFORMED },
    { "output that is a folder", "doc/hello.1", "doc/", VT_MALFORMED },
    { "output with a line break", "doc/hello.1", "doc/he\\nllo.1", VT_MALFORMED },
    { "two outputs of one name", "doc/hello.1", "doc/hello", VT_MALFORMED },
    { "output with a name of ours", "doc/hello.1", "doc/build.json", VT_MALFORMED },
    { "cut short", "../hello_2.deb\"] }\n", "", VT_MALFORMED },
    { "something behind", "../hello_2.deb\"] }\n", "../hello_2.deb\"] } {}", VT_MALFORMED },
};

static const struct edit lock_edits[] = {
    { "another version of the form", "\"v\": 1", "\"v\": 2", VT_MALFORMED },
    { "unknown field", "\"v\": 1", "\"v\": 1, \"w\": 1", VT_MALFORMED },
    { "unknown field of a package", "\"size\": 1,", "\"size\": 1, \"x\": 1,",
      VT_MALFORMED },
    { "no epoch", "\"epoch\": 1700000000,", "", VT_MALFORMED },
    { "epoch zero", "1700000000", "0", VT_MALFORMED },
    { "package out of order", "\"tzdata\"", "\"a\"", VT_MALFORMED },
    { "package twice", "\"tzdata\"", "\"gcc\"", VT_MALFORMED },
    { "other architecture", "\"all\"", "\"arm64\"", VT_MALFORMED },
    { "own architecture", "\"all\"", "\"amd64\"", VT_OK },
    { "file with a folder", "tzdata_2024a_all.deb", "../tzdata_2024a_all.deb",
      VT_MALFORMED },
    { "hidden file", "tzdata_2024a_all.deb", ".deb", VT_MALFORMED },
    { "file of another kind", "tzdata_2024a_all.deb", "tzdata_2024a_all.rpm",
      VT_MALFORMED },
    { "empty file", "\"size\": 1,", "\"size\": 0,", VT_LIMIT },
    { "huge file", "\"size\": 1,", "\"size\": 4294967297,", VT_LIMIT },
    { "short hash", "30112233445566778899aabb", "3011", VT_MALFORMED },
    { "package that is a text", "\"packages\": [", "\"packages\": [ \"gcc\", ",
      VT_MALFORMED },
    { "first source file is no .dsc", "zlib_1.2.13-1.dsc", "zlib_1.2.13-1.tar",
      VT_MALFORMED },
    { "no source files", "\"files\": [", "\"files\": [], \"x\": [", VT_MALFORMED },
    { "version with a line break", "2024a\", \"arch", "20\\n24a\", \"arch", VT_MALFORMED },
    { "suite with a slash", "\"bookworm\"", "\"../x\"", VT_MALFORMED },
};

static void try_edits(const char *text, const struct edit *edits, size_t count,
                      bool (*parse)(const char *text, struct vt_error *err))
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(parse(text, &err));
    for (size_t i = 0; i < count; i++) {
        bool ok = parse(edited(text, edits[i].from, edits[i].to), &err);
        enum vt_code got = ok ? VT_OK : err.code;

        VT_CHECK_SAYING(got == edits[i].want, "%s: got %s (%s), wanted %s", edits[i].name,
                        vt_code_name(got), ok ? "" : err.message,
                        vt_code_name(edits[i].want));
    }
}

static void recipes_are_closed_and_strict(void)
{
    try_edits(good_recipe, recipe_edits, sizeof recipe_edits / sizeof recipe_edits[0],
              parse_recipe);
}

static void locks_are_closed_and_strict(void)
{
    try_edits(good_lock, lock_edits, sizeof lock_edits / sizeof lock_edits[0], parse_lock);
}

static void a_recipe_says_what_was_written(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_RECIPE r = NULL;

    VT_CHECK_OK(vt_recipe_parse(vt_slice_from_cstr(good_recipe), "recipe", &r, &err));
    VT_CHECK(strcmp(r->product, "hello") == 0 && strcmp(r->version, "1:2.0~rc1-3") == 0);
    VT_CHECK(r->kind == VT_KIND_PROGRAM && r->source_type == VT_SOURCE_GIT);
    VT_CHECK(r->package_count == 2 && strcmp(r->packages[1], "make") == 0);
    VT_CHECK(r->has_lock && r->lock_digest.bytes[31] == 0xff);
    VT_CHECK(r->epoch_unix_s == 1700000000 && r->is_clock_frozen && r->cpu_count == 2);
    VT_CHECK(r->memory_bytes == (uint64_t)512 << 20 && r->processes == 64);
    VT_CHECK(r->file_bytes == (uint64_t)16 << 20 && r->wall_ms == 90000);
    VT_CHECK(strcmp(r->variables[0], "A_1=") == 0);
    VT_CHECK(strcmp(r->variables[1], "CFLAGS=-O2 -g") == 0 && r->variables[2] == NULL);
    VT_CHECK(r->step_count == 2 && strcmp(r->steps[0][1], "-j2") == 0);
    VT_CHECK(r->steps[0][2] == NULL);
    VT_CHECK(r->output_count == 3 &&
             strcmp(vt_output_name(r->outputs[2]), "hello_2.deb") == 0);
}

/* The digest of a text that may parse. */
static vt_hash recipe_digest(const char *text)
{
    struct vt_error err = { 0 };
    VT_AUTO_RECIPE r = NULL;

    VT_CHECK_OK(vt_recipe_parse(vt_slice_from_cstr(text), "recipe", &r, &err));
    return r->digest;
}

static void the_digest_is_of_the_meaning(void)
{
    vt_hash first = recipe_digest(good_recipe), other;

    other = recipe_digest(edited(good_recipe, "\n", "\n \t"));
    VT_CHECK(vt_hash_equal(&first, &other));
    other = recipe_digest(edited(good_recipe, "\"v\": 1, \"product\": \"hello\"",
                                 "\"product\": \"hello\", \"v\": 1"));
    VT_CHECK(vt_hash_equal(&first, &other));
    other = recipe_digest(edited(good_recipe, "-O2 -g", "-O3 -g"));
    VT_CHECK(!vt_hash_equal(&first, &other));
    other = recipe_digest(edited(good_recipe, "\"frozen\"", "\"real\""));
    VT_CHECK(!vt_hash_equal(&first, &other));
    other = recipe_digest(edited(good_recipe, "[\"make\", \"-j2\"]", "[\"make\"]"));
    VT_CHECK(!vt_hash_equal(&first, &other));
}

static vt_hash environment_of(const char *text)
{
    struct vt_error err = { 0 };
    VT_AUTO_LOCK lock = NULL;

    VT_CHECK_OK(vt_lock_parse(vt_slice_from_cstr(text), "lock", &lock, &err));
    return lock->environment;
}

static void a_lock_says_what_was_written(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_LOCK lock = NULL;

    VT_CHECK_OK(vt_lock_parse(vt_slice_from_cstr(good_lock), "lock", &lock, &err));
    VT_CHECK(lock->package_count == 2 && lock->packages[0].bytes == 18708);
    VT_CHECK(vt_lock_find(lock, "gcc") == &lock->packages[0]);
    VT_CHECK(vt_lock_find(lock, "tzdata") == &lock->packages[1]);
    VT_CHECK(vt_lock_find(lock, "make") == NULL && vt_lock_find(lock, "zzz") == NULL);
    VT_CHECK(strcmp(lock->source_name, "zlib") == 0 && lock->source_file_count == 2);
    VT_CHECK(lock->source_files[1].hash.bytes[0] == 0x30);
}

static void a_changed_package_changes_the_environment(void)
{
    vt_hash first = environment_of(good_lock), other;

    other = environment_of(edited(good_lock, "\n", " "));
    VT_CHECK(vt_hash_equal(&first, &other));
    other =
        environment_of(edited(good_lock, "10112233445566778899", "11112233445566778899"));
    VT_CHECK(!vt_hash_equal(&first, &other));
    other = environment_of(edited(good_lock, "2024a", "2024b"));
    VT_CHECK(!vt_hash_equal(&first, &other));
    other = environment_of(edited(good_lock, "1700000000", "1700000001"));
    VT_CHECK(!vt_hash_equal(&first, &other));
}

static void large_texts_are_refused(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(8));
    VT_AUTO_RECIPE recipe = NULL;
    VT_AUTO_LOCK lock = NULL;

    memset(vt_buf_extend(&text, VT_LOCK_BYTES_MAX), ' ', VT_LOCK_BYTES_MAX);
    vt_buf_put_text(&text, good_lock);
    VT_CHECK_FAILS(VT_LIMIT, vt_lock_parse(vt_buf_slice(&text), "lock", &lock, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_recipe_parse(vt_buf_slice(&text), "recipe", &recipe, &err));
}

static const struct vt_case cases[] = {
    { "recipes are closed and strict", recipes_are_closed_and_strict },
    { "locks are closed and strict", locks_are_closed_and_strict },
    { "a recipe says what was written", a_recipe_says_what_was_written },
    { "a lock says what was written", a_lock_says_what_was_written },
    { "the digest is of the meaning", the_digest_is_of_the_meaning },
    { "a changed package changes the environment",
      a_changed_package_changes_the_environment },
    { "large texts are refused", large_texts_are_refused },
};

VT_TEST_MAIN("line.recipe", cases)
