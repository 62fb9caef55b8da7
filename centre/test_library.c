/* The library: what is shelved is read and found again, what was changed on the disk is
 * refused or harmless, and a pack that is not what the draft names is not taken. */
#include "centre/search.h"
#include "centre/shelve.h"
#include "tests/reviewers_world.h"
#include <sys/stat.h>

struct shelf {
    struct vt_centre_world world;
    struct vt_disk *disk;
    vt_hash digest;
};

static const char *below(const struct shelf *s, const char *name)
{
    return vt_test_print("%s/%s", s->world.folder, name);
}

static bool shelve(struct shelf *s, const char *version, struct vt_shelved *out,
                   struct vt_error *err)
{
    VT_AUTO_DESK desk = { 0 };
    struct vt_trust *trust;
    struct vt_docket *docket;
    bool is_ok;

    VT_CHECK(vt_trust_parse(vt_world_trust(&s->world.world), &trust, err));
    vt_test_keep(trust);
    VT_CHECK(vt_desk_open(below(s, "desk"), false, &desk, err));
    VT_CHECK(vt_docket_open(&desk, trust, "lamp", version, time(NULL), &docket, err));
    is_ok = vt_shelve(s->disk, docket, out, err);
    vt_docket_close(docket);
    return is_ok;
}

static void make(struct shelf *s)
{
    struct vt_error err = { 0 };
    struct vt_shelved shelved;

    *s = (struct shelf){ .disk = NULL };
    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &s->world);
    vt_reviewers_add_sources(&s->world);
    VT_CHECK_OK(vt_disk_open(below(s, "library"), true, &s->disk, &err));
    VT_CHECK_OK(shelve(s, "2.0.0", &shelved, &err));
    VT_CHECK(shelved.is_new && shelved.files == 4 && shelved.lines == 18 &&
             shelved.definitions == 2 && !shelved.has_no_definitions);
    s->digest = shelved.digest;
}

static size_t hits_of(const struct vt_library *l, const char *text, bool is_regex,
                      bool is_any_case)
{
    const struct vt_search search = { vt_slice_from_cstr(text), is_regex, is_any_case, 0 };
    struct vt_error err = { 0 };
    json_t *answer;
    size_t count;

    VT_CHECK_OK(vt_search_run(l, &search, &answer, &err));
    count = json_array_size(json_object_get(answer, "hits"));
    json_decref(answer);
    return count;
}

static void what_is_shelved_is_found(void)
{
    static const struct {
        const char *text;
        bool is_regex, is_any_case;
        size_t hits;
    } rows[] = {
        { "lamp_light", false, false, 3 },
        { "LAMP_LIGHT", false, false, 0 },
        { "LAMP_LIGHT", false, true, 3 },
        { "la", false, false, 6 },
        { "volts * 2", false, false, 1 },
        { "volts * 2", true, false, 0 },
        { "volts \\* 2", true, false, 1 },
        { "lamp_(dim|light)\\(", true, false, 5 },
        { "lamp_dim|lamp_light", true, false, 5 },
        { "lamp_lights?", true, false, 3 },
        { "lamp_lights+", true, false, 0 },
        { "^int", true, false, 4 },
        { "^INT", true, true, 4 },
        { "(?i)^INT", true, false, 4 },
        { ";$", true, false, 4 },
        { "^$", true, false, 3 },
        { "no such text", false, false, 0 },
    };
    struct vt_error err = { 0 };
    struct vt_library library;
    struct shelf s;

    make(&s);
    VT_CHECK_OK(vt_library_open(s.disk, &s.digest, &library, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t hits =
            hits_of(&library, rows[i].text, rows[i].is_regex, rows[i].is_any_case);

        VT_CHECK_SAYING(hits == rows[i].hits, "%s: %zu", rows[i].text, hits);
    }
    vt_library_close(&library);
    vt_disk_close(s.disk);
}

static void shelving_again_changes_nothing(void)
{
    struct vt_error err = { 0 };
    struct vt_shelved shelved;
    struct shelf s;

    make(&s);
    VT_CHECK_OK(shelve(&s, "2.0.0", &shelved, &err));
    VT_CHECK(!shelved.is_new && vt_hash_equal(&shelved.digest, &s.digest));
    vt_disk_close(s.disk);
}

/* A draft that names one source, and a pack that holds another. */
static void another_source_is_refused(void)
{
    static const struct vt_source_file files[] = { { "lamp.c", "int other;\n" },
                                                   { NULL, NULL } };
    struct vt_error err = { 0 };
    struct vt_shelved shelved;
    struct shelf s;

    make(&s);
    vt_reviewers_add_swapped(&s.world, "lamp", "4.0.0", s.world.world.sequence + 9, files);
    VT_CHECK_FAILS(VT_REJECTED, shelve(&s, "4.0.0", &shelved, &err));
    VT_CHECK(!vt_disk_has(s.disk, "releases/lamp/4.0.0"));
    err = (struct vt_error){ 0 };
    VT_CHECK_FAILS(VT_ABSENT, shelve(&s, "1.5.0", &shelved, &err));
    vt_disk_close(s.disk);
}

/* Every byte of the index changed, and every cut: refused, or harmless. */
static void a_rotten_index_does_no_harm(void)
{
    struct vt_error err = { 0 };
    struct vt_library library;
    struct shelf s;
    const char *path;
    char hex[65];
    vt_slice whole;

    make(&s);
    vt_hash_text(&s.digest, hex);
    path = below(&s, vt_test_print("library/sources/%s/index", hex));
    whole = vt_test_read(path);
    for (size_t at = 0; at < whole.len; at += at < 256 ? 1 : 37) {
        uint8_t *bytes = (uint8_t *)(uintptr_t)whole.data;

        bytes[at] ^= 0xff;
        vt_test_write(path, whole);
        bytes[at] ^= 0xff;
        err = (struct vt_error){ 0 };
        if (vt_library_open(s.disk, &s.digest, &library, &err)) {
            (void)hits_of(&library, "lamp_light", false, false);
            vt_library_close(&library);
        }
        vt_test_write(path, vt_slice_sub(whole, 0, at));
        err = (struct vt_error){ 0 };
        VT_CHECK(!vt_library_open(s.disk, &s.digest, &library, &err));
    }
    vt_test_write(path, whole);
    err = (struct vt_error){ 0 };
    VT_CHECK_OK(vt_library_open(s.disk, &s.digest, &library, &err));
    vt_library_close(&library);
    vt_disk_close(s.disk);
}

/* ---- a search that runs out of time -----------------------------------------------------
 */

enum { SLOW_LINES = 40, SLOW_LINE_BYTES = 4000 };

/* Thousands of steps at each place of a line of x, and yet below the bound of one. */
#define SLOW "int|x{1,70}x{1,70}x[yz]"

static const char *slow_text(void)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    vt_buf_put_text(&text, "int b;\n");
    for (size_t i = 0; i < SLOW_LINES; i++) {
        for (size_t k = 0; k < SLOW_LINE_BYTES; k++)
            vt_buf_put_u8(&text, 'x');
        vt_buf_put_u8(&text, '\n');
    }
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

static void shelve_slow(struct shelf *s, struct vt_library *out)
{
    const char *slow = slow_text();
    const struct vt_source_file files[] = { { "a.c", "int a;\n" },
                                            { "b.c", slow },
                                            { "c.c", "int c;\n" },
                                            { "d.c", slow },
                                            { NULL, NULL } };
    struct vt_error err = { 0 };
    struct vt_shelved shelved;

    make(s);
    vt_reviewers_add_source(&s->world, "lamp", "5.0.0", s->world.world.sequence + 9, files);
    VT_CHECK_OK(shelve(s, "5.0.0", &shelved, &err));
    VT_CHECK_OK(vt_library_open(s->disk, &shelved.digest, out, &err));
}

static int64_t number_at(const json_t *answer, const char *name)
{
    const json_t *value = json_object_get(answer, name);

    return value != NULL ? json_integer_value(value) : -1;
}

/* Each file's hits are told once, by the answer that read it to its end or passed it over;
 * what passed over a file never looks complete. */
static void a_search_without_time_says_so(void)
{
    static const struct {
        const char *text;
        uint32_t from;
        int64_t hits, first, files, unfinished, next;
    } rows[] = {
        { "int", 0, 4, 0, 4, -1, -1 }, { SLOW, 0, 1, 0, 1, -1, 1 },
        { SLOW, 1, 1, 1, 0, 1, 2 },    { SLOW, 2, 1, 2, 1, -1, 3 },
        { SLOW, 3, 1, 3, 0, 3, -1 },
    };
    struct vt_error err = { 0 };
    struct vt_library library;
    struct shelf s;

    shelve_slow(&s, &library);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct vt_search search = { vt_slice_from_cstr(rows[i].text), true, false,
                                          rows[i].from };
        int64_t began_ms = vt_monotonic_ms();
        VT_AUTO_JSON answer = NULL;
        const json_t *hits;

        VT_CHECK_OK(vt_search_run(&library, &search, &answer, &err));
        VT_CHECK(vt_monotonic_ms() - began_ms < 3 * VT_SEARCH_MS_MAX);
        hits = json_object_get(answer, "hits");
        VT_CHECK_SAYING((int64_t)json_array_size(hits) == rows[i].hits &&
                            number_at(json_array_get(hits, 0), "file") == rows[i].first &&
                            number_at(answer, "files") == rows[i].files &&
                            number_at(answer, "unfinished") == rows[i].unfinished &&
                            number_at(answer, "next") == rows[i].next,
                        "%zu: %zu hits, %jd, %jd, %jd", i, json_array_size(hits),
                        (intmax_t)number_at(answer, "files"),
                        (intmax_t)number_at(answer, "unfinished"),
                        (intmax_t)number_at(answer, "next"));
    }
    vt_library_close(&library);
    vt_disk_close(s.disk);
}

/* A line is matched in pieces: no match is lost where they meet, and what stands before a
 * piece is still seen. */
static void a_long_line_is_one_line(void)
{
    static char line[1024];
    static const struct vt_source_file files[] = { { "l.c", line }, { NULL, NULL } };
    static const struct {
        const char *text;
        size_t hits;
    } rows[] = { { "middle!", 1 },        { "(?<=-)middle", 1 }, { "^middle", 0 },
                 { "^-.*middle.*-$", 1 }, { "-$", 1 },           { "middle$", 0 } };
    struct vt_error err = { 0 };
    struct vt_shelved shelved;
    struct vt_library library;
    struct shelf s;

    make(&s);
    for (size_t at = 250; at < 262; at++) {
        memset(line, '-', sizeof line - 2);
        line[sizeof line - 2] = '\n';
        memcpy(line + at, "middle!", 7);
        vt_reviewers_add_source(&s.world, "lamp", vt_test_print("6.0.%zu", at),
                                s.world.world.sequence + at, files);
        VT_CHECK_OK(shelve(&s, vt_test_print("6.0.%zu", at), &shelved, &err));
        VT_CHECK_OK(vt_library_open(s.disk, &shelved.digest, &library, &err));
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            VT_CHECK_SAYING(hits_of(&library, rows[i].text, true, false) == rows[i].hits,
                            "%s at %zu", rows[i].text, at);
        VT_CHECK(hits_of(&library, "MIDDLE", false, true) == 1);
        vt_library_close(&library);
    }
    vt_disk_close(s.disk);
}

/* What is not told of a file is told to be missing; what a link leads to are its bytes. */
static void more_than_is_told_is_told(void)
{
    static char lines[(VT_SEARCH_HITS_OF_ONE + 1) * 5 + 1];
    static const struct vt_source_file files[] = { { "exact.c", lines + 5 },
                                                   { "link", "-> exact.c" },
                                                   { "more.c", lines },
                                                   { NULL, NULL } };
    struct vt_error err = { 0 };
    struct vt_shelved shelved;
    struct vt_library library;
    struct shelf s;

    make(&s);
    for (size_t i = 0; i <= VT_SEARCH_HITS_OF_ONE; i++)
        memcpy(lines + 5 * i, "lamp\n", 5);
    vt_reviewers_add_source(&s.world, "lamp", "5.5.0", s.world.world.sequence + 9, files);
    VT_CHECK_OK(shelve(&s, "5.5.0", &shelved, &err));
    VT_CHECK_OK(vt_library_open(s.disk, &shelved.digest, &library, &err));
    VT_CHECK(vt_slice_is(vt_library_file(&library, 1).content, "exact.c"));
    for (unsigned is_regex = 0; is_regex < 2; is_regex++) {
        const struct vt_search search = { VT_LIT("lamp"), is_regex != 0, false, 0 };
        VT_AUTO_JSON answer = NULL;
        const json_t *cut;

        VT_CHECK_OK(vt_search_run(&library, &search, &answer, &err));
        cut = json_object_get(answer, "cut");
        VT_CHECK(
            json_array_size(json_object_get(answer, "hits")) == 2 * VT_SEARCH_HITS_OF_ONE &&
            json_array_size(cut) == 1 && json_integer_value(json_array_get(cut, 0)) == 2);
    }
    vt_library_close(&library);
    vt_disk_close(s.disk);
}

/* As if ctags had been missing, or the index were of an older form. */
static void what_is_missing_is_added_later(void)
{
    struct vt_error err = { 0 };
    struct vt_shelved shelved;
    struct shelf s;
    const char *folder;
    char hex[65];

    make(&s);
    vt_hash_text(&s.digest, hex);
    folder = vt_test_print("c/library/sources/%s", hex);
    vt_test_write(vt_test_path(vt_test_print("%s/tags", folder)), (vt_slice){ 0 });
    VT_CHECK_OK(shelve(&s, "2.0.0", &shelved, &err));
    VT_CHECK(!shelved.is_new && shelved.definitions == 2);
    VT_CHECK_OK(shelve(&s, "2.0.0", &shelved, &err));
    VT_CHECK(!shelved.is_new && shelved.definitions == 0);
    vt_test_write(vt_test_path(vt_test_print("%s/index", folder)),
                  VT_LIT("vitrine/index/v1"));
    VT_CHECK_OK(shelve(&s, "2.0.0", &shelved, &err));
    VT_CHECK(shelved.is_new);
    vt_disk_close(s.disk);
}

static const struct vt_case cases[] = {
    { "more than is told is told", more_than_is_told_is_told },
    { "what is missing is added later", what_is_missing_is_added_later },
    { "what is shelved is found", what_is_shelved_is_found },
    { "shelving again changes nothing", shelving_again_changes_nothing },
    { "another source is refused", another_source_is_refused },
    { "a rotten index does no harm", a_rotten_index_does_no_harm },
    { "a search without time says so", a_search_without_time_says_so },
    { "a long line is one line", a_long_line_is_one_line },
};

VT_TEST_MAIN("centre.library", cases)
