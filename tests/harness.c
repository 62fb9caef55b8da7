/* Each case is forked; the parent counts.  See harness.h. */
#include "tests/harness.h"
#include <ftw.h>
#include <signal.h>
#include <sys/wait.h>

enum { SKIPPED = 77, SECONDS_MAX = 900 };

/* Both set once in the child, before the case runs. */
static char case_dir[4096];
static struct vt_arena *case_memory; /* what lives as long as the case */

void vt_test_fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    (void)fprintf(stdout, "  %s:%d: ", file, line);
    va_start(args, format);
    (void)vfprintf(stdout, format, args);
    va_end(args);
    (void)fputs("\n", stdout);
    (void)fflush(NULL);
    _exit(1);
}

void vt_test_skip(const char *why)
{
    (void)fprintf(stdout, "  why: %s\n", why);
    (void)fflush(NULL);
    _exit(SKIPPED);
}

const char *vt_test_dir(void)
{
    return case_dir;
}

struct vt_arena *vt_test_arena(void)
{
    return case_memory;
}

void vt_test_keep(const void *pointer)
{
    const void **kept = vt_arena_alloc(case_memory, sizeof *kept);

    *kept = pointer;
}

const char *vt_test_path(const char *name)
{
    return vt_arena_printf(case_memory, "%s/%s", case_dir, name);
}

const char *vt_test_vitrine(void)
{
    static char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 16);
    char *slash;

    VT_CHECK(len > 0);
    path[len] = '\0';
    slash = strrchr(path, '/');
    VT_CHECK(slash != NULL);
    (void)snprintf(slash, 16, "/vitrine");
    return path;
}

uint64_t vt_test_number(const char *variable, uint64_t otherwise, uint64_t max)
{
    const char *text = getenv(variable);
    uint64_t value = otherwise;

    VT_CHECK_SAYING(text == NULL || text[0] == '\0' ||
                        vt_decimal_parse(vt_slice_from_cstr(text), &value),
                    "%s: '%s' is no number", variable, text);
    return value < max ? value : max;
}

void vt_test_write(const char *path, vt_slice bytes)
{
    struct vt_error err = { 0 };
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    VT_CHECK_SAYING(fd >= 0, "%s: %s", path, strerror(errno));
    VT_CHECK_OK(vt_fd_write_all(fd, path, bytes, &err));
}

vt_slice vt_test_read(const char *path)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF buf = vt_buf_init(VT_MIB(256));

    VT_CHECK_OK(vt_file_read(path, &buf, &err));
    return vt_arena_copy(case_memory, vt_buf_slice(&buf));
}

const char *vt_test_run(int exit_code_wanted, const char *const argv[])
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF output = vt_buf_init(VT_MIB(16));
    struct vt_child_options options = { .output = &output,
                                        .errors = &output,
                                        .timeout_ms = SECONDS_MAX * 1000 };
    struct vt_child_end end;
    const char *actual[256];
    const char *text;
    size_t count = 0;

    while (argv[count] != NULL && count < 255) {
        actual[count] = argv[count];
        count++;
    }
    actual[count] = NULL;
    if (strcmp(actual[0], "vitrine") == 0)
        actual[0] = vt_test_vitrine();
    VT_CHECK_OK(vt_child_run(actual, &options, &end, &err));
    text = vt_arena_cstr(case_memory, vt_buf_slice(&output));
    VT_CHECK_SAYING(end.exit_code == exit_code_wanted,
                    "%s %s %s: exit code %d, wanted %d; it said:\n%s", actual[0],
                    count > 1 ? actual[1] : "", count > 2 ? actual[2] : "", end.exit_code,
                    exit_code_wanted, text);
    return text;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
    (void)about;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void make_case_dir(void)
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(case_dir, sizeof case_dir, "%s/vitrine-test-XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(case_dir) == NULL) {
        (void)fprintf(stderr, "%s: %s\n", case_dir, strerror(errno));
        exit(3);
    }
}

static bool is_skip(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED;
}

/* The child's wait status.  Only what failed keeps its folder. */
static int run_case(const struct vt_case *one)
{
    int status = 0;
    pid_t pid;

    make_case_dir();
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        (void)alarm(SECONDS_MAX);
        case_memory = vt_arena_new();
        (void)signal(SIGPIPE, SIG_IGN);
        one->run();
        exit(0);
    }
    VT_ASSERT(pid > 0);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (status == 0 || is_skip(status))
        (void)nftw(case_dir, remove_one, 32, FTW_DEPTH | FTW_PHYS);
    return status;
}

int vt_test_main(const char *suite, const struct vt_case *cases, size_t count, int argc,
                 char **argv)
{
    unsigned failed = 0, ran = 0;

    for (size_t i = 0; i < count; i++) {
        int status;

        if (argc > 1 && strstr(cases[i].name, argv[1]) == NULL)
            continue;
        ran++;
        status = run_case(&cases[i]);
        if (is_skip(status)) {
            (void)printf("skip %s: %s\n", suite, cases[i].name);
        } else if (status == 0) {
            (void)printf("ok %s: %s\n", suite, cases[i].name);
        } else {
            failed++;
            if (WIFSIGNALED(status))
                (void)printf("  ended by signal %d (%s)\n", WTERMSIG(status),
                             strsignal(WTERMSIG(status)));
            (void)printf("not ok %s: %s (its folder: %s)\n", suite, cases[i].name,
                         case_dir);
        }
        (void)fflush(stdout);
    }
    if (ran == 0)
        (void)printf("not ok %s: no case\n", suite);
    return failed == 0 && ran != 0 ? 0 : 1;
}
