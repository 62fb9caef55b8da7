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
    return vt_arena_printf(vt_test_arena(), "%s/%s", s->world.folder, name);
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
    path = below(&s, vt_arena_printf(vt_test_arena(), "library/sources/%s/index", hex));
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

static const struct vt_case cases[] = {
    { "what is shelved is found", what_is_shelved_is_found },
    { "shelving again changes nothing", shelving_again_changes_nothing },
    { "another source is refused", another_source_is_refused },
    { "a rotten index does no harm", a_rotten_index_does_no_harm },
};

VT_TEST_MAIN("centre.library", cases)
