/* What was seen of a download, broken at each disk operation: once it was looked at, the
 * time at which it was seen first is never forgotten. */
#include "release/downloads.h"
#include "tests/stage.h"
#include "tests/world.h"

enum { EARLY = 1000 };

static const char *in(const char *scene, const char *name)
{
    return vt_test_print("%s/%s", scene, name);
}

/* A file that is offered, and no evidence yet. */
static void prepare(const char *scene)
{
    vt_hash hash = vt_sha256_of(VT_LIT("lamp"));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    char hex[65];

    vt_hash_text(&hash, hex);
    vt_buf_printf(&text,
                  "{\"releases\":[{\"channel\":\"stable\",\"outputs\":[{\"name\":\"lamp\","
                  "\"sha256\":\"%s\",\"size\":4}],\"product\":\"lamp\",\"sequence\":1,"
                  "\"version\":\"1\"}],\"v\":1}",
                  hex);
    (void)vt_test_run(0, VT_ARGV("mkdir", "-p", in(scene, "public/lamp/1")));
    vt_test_write(in(scene, "public/index.json"), vt_buf_slice(&text));
    vt_test_write(in(scene, "public/lamp/1/lamp"), VT_LIT("lamp"));
}

static bool find(void *context, const char *kind, const char *what, json_t *more,
                 struct vt_error *err)
{
    (void)context;
    (void)what;
    json_decref(more);
    return strcmp(kind, "unproven") == 0 || vt_fail(err, VT_REJECTED, "%s", kind);
}

static void count(void *context, bool is_well)
{
    (void)context;
    (void)is_well;
}

static bool look_at(const char *scene, int64_t now, struct vt_error *err)
{
    struct vt_downloads downloads = { .now_unix_s = now, .found = find, .looked = count };
    bool is_ok;

    is_ok = vt_disk_open(in(scene, "m"), true, &downloads.disk, err) &&
            vt_disk_lock(downloads.disk, err) &&
            vt_downloads_look(&downloads, in(scene, "public"), err);
    vt_disk_close(downloads.disk);
    if (is_ok)
        vt_stage_say("seen at %jd", (intmax_t)now);
    return is_ok;
}

static bool look(const char *scene, struct vt_error *err)
{
    return look_at(scene, EARLY, err);
}

static bool look_later(const char *scene, struct vt_error *err)
{
    return look_at(scene, 2 * EARLY, err);
}

static void check(const char *scene)
{
    const char *said =
        vt_test_run(0, VT_ARGV("sh", "-c", "cat $0/m/downloads/*/*.json", scene));

    VT_CHECK(strstr(said, "\"path\":\"lamp/1/lamp\"") != NULL);
    VT_CHECK(!vt_stage_was_said("seen at 1000") || strstr(said, "\"first\":1000,") != NULL);
}

static const struct vt_stage_play looking = {
    .name = "looking at downloads",
    .prepare = prepare,
    .act = look,
    .restart = look_later,
    .check = check,
};

/* Two syncs are for what a killed predecessor left; here nothing is built upon that. */
static void broken_looking(void)
{
    static const char *const spare[] = { "folder: keep of m", "lock: settle of disk",
                                         NULL };

    vt_stage_must_hold(&looking);
    vt_stage_must_need_every_sync(&looking, spare);
}

static const struct vt_case cases[] = {
    { "broken looking", broken_looking },
};

VT_TEST_MAIN("release.crash_downloads", cases)
