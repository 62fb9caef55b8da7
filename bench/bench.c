/* One JSON line a figure; the machine in words. */
#include "bench/bench.h"
#include <ftw.h>
#include <jansson.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

double vt_bench_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double vt_bench_cpu_seconds(int who)
{
    struct rusage used = { 0 };

    VT_ASSERT(getrusage((__rusage_who_t)who, &used) == 0);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

void vt_bench_print(const struct vt_figure *figure)
{
    double ratio = figure->peer != NULL ? figure->value / figure->peer_value : 0;
    double judged = figure->peer != NULL ? ratio : figure->value;
    bool ok = figure->is_more_better ? judged >= figure->goal : judged <= figure->goal;
    json_t *line = json_pack(
        "{s:s,s:f,s:s,s:o,s:o,s:o,s:f,s:b,s:s}", "name", figure->name, "value",
        figure->value, "unit", figure->unit, "peer",
        figure->peer != NULL ? json_string(figure->peer) : json_null(), "peer_value",
        figure->peer != NULL ? json_real(figure->peer_value) : json_null(), "ratio",
        figure->peer != NULL ? json_real(ratio) : json_null(), "goal", figure->goal, "ok",
        ok, "conditions", figure->conditions);

    VT_ASSERT(line != NULL);
    (void)json_dumpf(line, stdout, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    json_decref(line);
}

/* The first "model name" of /proc/cpuinfo. */
static void cpu_model(char *out, size_t len)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];

    (void)snprintf(out, len, "unknown CPU");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            (void)snprintf(out, len, "%s", strchr(line, ':') + 2);
            out[strcspn(out, "\n")] = '\0';
            break;
        }
    if (file != NULL)
        (void)fclose(file);
}

static const char *file_system_name(const char *folder)
{
    struct statfs about;

    if (statfs(folder, &about) != 0)
        return "unknown file system";
    switch ((unsigned long)about.f_type) {
    case 0xef53:
        return "ext4";
    case 0x01021994:
        return "tmpfs";
    case 0x9123683e:
        return "btrfs";
    case 0x58465342:
        return "xfs";
    default:
        return "another file system";
    }
}

const char *vt_bench_machine(struct vt_arena *arena, const char *folder)
{
    struct utsname kernel = { 0 };
    char model[128];

    (void)uname(&kernel);
    cpu_model(model, sizeof model);
    return vt_arena_printf(arena, "%s, %ld CPUs, Linux %.16s, %s", model,
                           sysconf(_SC_NPROCESSORS_ONLN), kernel.release,
                           file_system_name(folder));
}

char *vt_bench_folder(struct vt_arena *arena, const char *name)
{
    char *path = vt_arena_printf(arena, "build/bench-%s-XXXXXX", name);

    if (mkdtemp(path) == NULL) {
        (void)fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
        exit(VT_EXIT_TROUBLE);
    }
    return path;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
    (void)about;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void vt_bench_folder_remove(const char *folder)
{
    (void)nftw(folder, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}
