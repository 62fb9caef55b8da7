/* The date in a file, libfaketime told where it is. */
#include "line/vary_clock.h"
#include <linux/openat2.h>
#include <sys/syscall.h>

#define LIBRARY "faketime/libfaketime.so.1"

/* Multiarch folders first, as Debian has them; links resolve inside the root. */
static const char *const places[] = {
#if defined(__x86_64__)
    "/usr/lib/x86_64-linux-gnu/" LIBRARY,
#elif defined(__aarch64__)
    "/usr/lib/aarch64-linux-gnu/" LIBRARY,
#endif
    "/usr/lib/" LIBRARY,
};

bool vt_clock_find(const char *root, char *out, size_t len)
{
    struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
    VT_AUTO_FD root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

    for (size_t i = 0; root_fd >= 0 && i < sizeof places / sizeof places[0]; i++) {
        VT_AUTO_FD fd = (int)syscall(SYS_openat2, root_fd, places[i], &how, sizeof how);

        if (fd >= 0)
            return snprintf(out, len, "%s", places[i]) < (int)len;
    }
    return false;
}

static bool write_date(const char *path, bool is_frozen, int64_t unix_s,
                       struct vt_error *err)
{
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    char text[32];

    if (fd < 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    (void)snprintf(text, sizeof text, is_frozen ? "%jd\n" : "%+jd\n", (intmax_t)unix_s);
    return fchmod(fd, 0644) == 0 ? vt_fd_write_all(fd, path, vt_slice_from_cstr(text), err)
                                 : vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
}

bool vt_clock_make(const char *root, const char *folder, bool is_frozen, int64_t unix_s,
                   struct vt_clock *out, struct vt_error *err)
{
    char library[256];

    if (!vt_clock_find(root, library, sizeof library))
        return vt_fail(
            err, VT_ABSENT,
            "this environment cannot move the clock: add the package libfaketime "
            "to it");
    if (snprintf(out->file, sizeof out->file, "%s/clock", folder) >= (int)sizeof out->file)
        return vt_fail(err, VT_IO, "%s: path too long", folder);
    (void)snprintf(out->preload, sizeof out->preload, "LD_PRELOAD=%s", library);
    out->variables[0] = out->preload;
    out->variables[1] = "FAKETIME_TIMESTAMP_FILE=" VT_CLOCK_INSIDE;
    out->variables[2] = "FAKETIME_FMT=%s"; /* seconds: no time zone can move it */
    out->variables[3] = "DONT_FAKE_MONOTONIC=1";
    out->variables[4] = "NO_FAKE_STAT=1"; /* rather none than those of few programs */
    out->variables[5] = NULL;
    return write_date(out->file, is_frozen, unix_s, err);
}
