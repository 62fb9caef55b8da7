/* One short-lived group a sandbox.  /proc/self/cgroup says where we are in each hierarchy,
 * /proc/self/mountinfo is not asked: every system of the last ten years mounts them below
 * /sys/fs/cgroup, and where it does not, there simply is no group. */
#include "line/cgroup.h"
#include <dirent.h>
#include <signal.h>

static bool write_text(const char *folder, const char *name, const char *text)
{
    char path[640];
    VT_AUTO_FD fd = -1;
    size_t len = strlen(text);

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, len) == (ssize_t)len;
}

static bool write_number(const char *folder, const char *name, uint64_t number)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%ju", (uintmax_t)number);
    return write_text(folder, name, text);
}

/* Our place in the hierarchy of `controller` ("" is v2), as a path below its mount. */
static bool find_place(vt_slice table, const char *controller, vt_slice *out)
{
    vt_reader r = { table };
    vt_slice line;

    while (vt_read_line(&r, &line)) {
        vt_reader fields = { line };
        vt_slice number, names;

        if (vt_read_until(&fields, ':', &number) && vt_read_until(&fields, ':', &names) &&
            vt_slice_is(names, controller)) {
            *out = fields.rest;
            return out->len < 300;
        }
    }
    return false;
}

/* Groups of builds that were killed before they could remove them.  A process that lives
 * keeps its own, and the kernel keeps any that still holds a process. */
static void drop_left_behind(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        vt_reader r = { vt_slice_from_cstr(entry->d_name) };
        vt_slice digits;
        uint64_t pid;

        if (vt_read_literal(&r, VT_LIT("vitrine-")) && vt_read_until(&r, '-', &digits) &&
            vt_decimal_parse(digits, &pid) && pid > 1 && pid <= INT32_MAX &&
            kill((pid_t)pid, 0) != 0 && errno == ESRCH)
            (void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

static bool make_folder(vt_slice table, const char *mount, const char *controller,
                        char out[512])
{
    vt_slice place;
    struct timespec now;

    if (!find_place(table, controller, &place))
        return false;
    (void)snprintf(out, 512, "%s%.*s", mount, VT_SLICE_ARGS(place));
    drop_left_behind(out);
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)snprintf(out, 512, "%s%.*s/vitrine-%d-%jx", mount, VT_SLICE_ARGS(place),
                   (int)getpid(), (uintmax_t)now.tv_nsec);
    if (mkdir(out, 0755) == 0)
        return true;
    out[0] = '\0';
    return false;
}

static void drop_folder(char folder[512])
{
    if (folder[0] != '\0')
        (void)rmdir(folder);
    folder[0] = '\0';
}

static bool init_v2(struct vt_cgroup *cgroup, vt_slice table, uint64_t memory_bytes,
                    uint64_t processes)
{
    if (!make_folder(table, "/sys/fs/cgroup", "", cgroup->memory))
        return false;
    if ((memory_bytes != 0 && !write_number(cgroup->memory, "memory.max", memory_bytes)) ||
        (processes != 0 && !write_number(cgroup->memory, "pids.max", processes))) {
        drop_folder(cgroup->memory);
        return false;
    }
    (void)write_text(cgroup->memory, "memory.swap.max", "0");
    (void)write_text(cgroup->memory, "memory.oom.group", "1");
    memcpy(cgroup->pids, cgroup->memory, sizeof cgroup->pids);
    return true;
}

void vt_cgroup_init(struct vt_cgroup *cgroup, uint64_t memory_bytes, uint64_t processes)
{
    struct vt_error err;
    VT_AUTO_BUF table = vt_buf_init(VT_KIB(16));
    VT_AUTO_FD fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    vt_slice all;

    *cgroup = (struct vt_cgroup){ 0 };
    if ((memory_bytes == 0 && processes == 0) || fd < 0 ||
        !vt_fd_read_all(fd, "/proc/self/cgroup", &table, &err))
        return;
    all = vt_buf_slice(&table);
    if (init_v2(cgroup, all, memory_bytes, processes))
        return;
    if (memory_bytes != 0 &&
        make_folder(all, "/sys/fs/cgroup/memory", "memory", cgroup->memory) &&
        !write_number(cgroup->memory, "memory.limit_in_bytes", memory_bytes))
        drop_folder(cgroup->memory);
    if (processes != 0 && make_folder(all, "/sys/fs/cgroup/pids", "pids", cgroup->pids) &&
        !write_number(cgroup->pids, "pids.max", processes))
        drop_folder(cgroup->pids);
}

bool vt_cgroup_has_memory(const struct vt_cgroup *cgroup)
{
    return cgroup->memory[0] != '\0';
}

bool vt_cgroup_add(const struct vt_cgroup *cgroup, pid_t pid)
{
    uint64_t number = (uint64_t)pid; /* a real process: positive */

    return (cgroup->memory[0] == '\0' ||
            write_number(cgroup->memory, "cgroup.procs", number)) &&
           (cgroup->pids[0] == '\0' || write_number(cgroup->pids, "cgroup.procs", number));
}

void vt_cgroup_clear(struct vt_cgroup *cgroup)
{
    /* A v2 group is one folder under two names: the second removal finds nothing. */
    drop_folder(cgroup->memory);
    drop_folder(cgroup->pids);
}
