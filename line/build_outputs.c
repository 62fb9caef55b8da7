/* Outputs leave the area by one road: opened below it without following any link, regular
 * files only, copied while they are hashed. */
#include "line/build_inside.h"
#include <linux/openat2.h>
#include <sys/syscall.h>

enum { PIECE_BYTES = 1 << 16 };

/* "../x" is beside the source folder, all else in it. */
static const char *place_of(const struct vt_build *b, const char *path)
{
    struct vt_arena *arena = b->report->arena;

    if (strncmp(path, "../", 3) == 0)
        return path + 3;
    return vt_arena_printf(arena, "%s/%s", b->source_name, path);
}

static bool open_output(const struct vt_build *b, int area, const char *path, int *fd_out,
                        struct vt_error *err)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
    VT_AUTO_FD fd = (int)syscall(SYS_openat2, area, place_of(b, path), &how, sizeof how);
    struct stat about;

    if (fd < 0 && errno == ENOENT)
        return vt_fail(err, VT_REJECTED, "output %s: the build did not make it", path);
    if (fd < 0 && (errno == ELOOP || errno == EXDEV))
        return vt_fail(err, VT_REJECTED, "output %s: is or lies behind a symbolic link",
                       path);
    if (fd < 0 || fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "output %s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return vt_fail(err, VT_REJECTED, "output %s: is no regular file", path);
    *fd_out = vt_take_fd(&fd);
    return true;
}

static bool copy(struct vt_disk_draft *draft, int fd, const char *path,
                 struct vt_artefact *artefact, struct vt_error *err)
{
    uint8_t piece[PIECE_BYTES];
    struct vt_sha256 state;
    ssize_t got;

    vt_sha256_init(&state);
    while ((got = read(fd, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vt_fail(err, VT_IO, "output %s: %s", path, strerror(errno));
        vt_sha256_add(&state, vt_slice_of(piece, (size_t)got));
        artefact->bytes += (uint64_t)got;
        if (!vt_disk_draft_add(draft, vt_slice_of(piece, (size_t)got), err))
            return false;
    }
    vt_sha256_end(&state, &artefact->hash);
    return true;
}

/* An artefact that can be run stays so. */
static mode_t mode_of(int fd)
{
    struct stat about;

    return fstat(fd, &about) == 0 && about.st_mode & S_IXUSR ? 0755 : 0644;
}

static bool take_output(struct vt_build *b, int area, const char *path,
                        struct vt_artefact *artefact, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    struct vt_disk_draft *draft;

    artefact->name =
        vt_arena_cstr(b->report->arena, vt_slice_from_cstr(vt_output_name(path)));
    if (!open_output(b, area, path, &fd, err) ||
        !vt_disk_draft_begin(b->out, "", mode_of(fd), &draft, err))
        return false;
    if (copy(draft, fd, path, artefact, err))
        return vt_disk_draft_finish(draft, artefact->name, true, err);
    vt_disk_draft_discard(draft);
    return false;
}

bool vt_build_take_outputs(struct vt_build *b, struct vt_error *err)
{
    const struct vt_recipe *recipe = b->request->recipe;
    VT_AUTO_FD area = open(b->area, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct vt_artefact *artefacts =
        vt_arena_alloc(b->report->arena, recipe->output_count * sizeof *artefacts);

    if (area < 0)
        return vt_fail(err, VT_IO, "%s: %s", b->area, strerror(errno));
    for (size_t i = 0; i < recipe->output_count; i++)
        if (!take_output(b, area, recipe->outputs[i], &artefacts[i], err))
            return false;
    b->report->artefacts = artefacts;
    b->report->artefact_count = recipe->output_count;
    return true;
}
