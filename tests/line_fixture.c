/* All products ask for the same packages, so one lock serves them all. */
#include "tests/line_fixture.h"
#include "tests/harness.h"
#include <sys/file.h>

#define NO_PACKAGES "no package source can be reached"

static const char *in_build(const char *name)
{
    const char *vitrine = vt_test_vitrine();
    const char *slash = strrchr(vitrine, '/');

    return vt_test_print("%.*s/%s", (int)(slash - vitrine), vitrine, name);
}

static void make_lock(struct vt_line_fixture *f, const char *path)
{
    VT_AUTO_BUF text = vt_buf_init(VT_LOCK_BYTES_MAX);
    struct vt_lock_request request = { .store = f->store,
                                       .suite = f->recipe->suite,
                                       .packages = f->recipe->packages,
                                       .package_count = f->recipe->package_count };
    const char *half = vt_test_print("%s.half", path);
    struct vt_error err = { 0 };

    if (!vt_lock_make(&request, &text, &err)) {
        if (err.code == VT_IO)
            vt_test_skip(NO_PACKAGES);
        vt_test_fail(__FILE__, __LINE__, "lock: %s", err.message);
    }
    vt_test_write(half, vt_buf_slice(&text));
    VT_CHECK(rename(half, path) == 0);
}

/* Two test programs may come here at once: the second waits for the first. */
static void take_lock(struct vt_line_fixture *f)
{
    const char *path = in_build("line-store/fixture.lock.json");
    VT_AUTO_FD fd = open(in_build("line-store"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct vt_error err = { 0 };

    VT_CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0);
    if (!vt_path_exists(path))
        make_lock(f, path);
    VT_CHECK_OK(vt_lock_read(path, &f->lock, &err));
}

void vt_line_fixture_open(const char *name, struct vt_line_fixture *out)
{
    struct vt_arena *arena = vt_test_arena();
    struct vt_env *env = vt_arena_alloc(arena, sizeof *env);
    struct vt_error err = { 0 };

    *out = (struct vt_line_fixture){ 0 };
    out->folder = vt_arena_printf(arena, "tests/fixtures/line/%s", name);
    VT_CHECK_OK(vt_recipe_read(
        vt_arena_printf(arena, "%s/vitrine.recipe.json", out->folder), &out->recipe, &err));
    VT_CHECK_OK(vt_line_store_open(in_build("line-store"), true, &out->store, &err));
    take_lock(out);
    VT_CHECK_OK(vt_source_take(out->store, VT_SOURCE_FOLDER, out->folder, NULL,
                               &out->source, &err));
    *env = vt_env_real();
    out->request = (struct vt_build_request){ .store = out->store,
                                              .recipe = out->recipe,
                                              .lock = out->lock,
                                              .source = &out->source,
                                              .env = env };
}

void vt_line_fixture_close(struct vt_line_fixture *fixture)
{
    vt_lock_free(fixture->lock);
    vt_recipe_free(fixture->recipe);
    vt_line_store_close(fixture->store);
}
