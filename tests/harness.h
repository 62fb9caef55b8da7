/* The test harness: a test program is a table of cases.  Each case runs in a process of
 * its own (a crash hides no other case), with a fresh folder and a time limit, and prints
 * one line: `ok`, `not ok` or `skip` with the reason. */
#ifndef VT_TESTS_HARNESS_H
#define VT_TESTS_HARNESS_H

#include "base/base.h"

struct vt_case {
    const char *name;
    void (*run)(void);
};

/* Run all cases, or those whose name holds argv[1].  Exit code 0 if none failed. */
int vt_test_main(const char *suite, const struct vt_case *cases, size_t count, int argc,
                 char **argv);

#define VT_TEST_MAIN(suite, cases)                                                         \
    int main(int argc, char **argv)                                                        \
    {                                                                                      \
        return vt_test_main(suite, cases, sizeof(cases) / sizeof((cases)[0]), argc, argv); \
    }

/* End the case as failed, saying where. */
#define VT_CHECK(condition)                                                                \
    ((condition) ? (void)0 : vt_test_fail(__FILE__, __LINE__, "%s", #condition))
/* The same with a printf message that says what was seen. */
#define VT_CHECK_SAYING(condition, ...)                                                    \
    ((condition) ? (void)0 : vt_test_fail(__FILE__, __LINE__, __VA_ARGS__))
/* For calls that fill err: prints its message. */
#define VT_CHECK_OK(call)                                                                  \
    ((call) ? (void)0 : vt_test_fail(__FILE__, __LINE__, "%s: %s", #call, err.message))
/* The call fails with that code. */
#define VT_CHECK_FAILS(wanted, call)                                                       \
    (!(call) && err.code == (wanted)                                                       \
         ? (void)0                                                                         \
         : vt_test_fail(__FILE__, __LINE__, "%s: wanted %s, got %s (%s)", #call,           \
                        vt_code_name(wanted), vt_code_name(err.code), err.message))
VT_NORETURN VT_PRINTF(3, 4) void vt_test_fail(const char *file, int line,
                                              const char *format, ...);
/* End the case as skipped; the reason must be on the list in tests/skips.allowed. */
VT_NORETURN void vt_test_skip(const char *why);

/* This case's own empty folder (absolute path; removed afterwards unless it failed). */
const char *vt_test_dir(void);
/* "DIR/name", in memory that lives as long as the case. */
const char *vt_test_path(const char *name);
/* Memory that lives as long as the case. */
struct vt_arena *vt_test_arena(void);
/* A text in that memory: format, ... */
#define vt_test_print(...) vt_arena_printf(vt_test_arena(), __VA_ARGS__)
/* Remember a pointer until the case ends: what it holds is no leak. */
void vt_test_keep(const void *pointer);
/* The program under test (absolute path of build/.../vitrine). */
const char *vt_test_vitrine(void);
/* A number that whoever starts the test may choose by a variable; at most max. */
uint64_t vt_test_number(const char *variable, uint64_t otherwise, uint64_t max);
/* Write or read a small file; fails the case on error. */
void vt_test_write(const char *path, vt_slice bytes);
vt_slice vt_test_read(const char *path);

/* A folder on a file system of its own with room for that many bytes (tests/small_disk.c),
 * gone when the case ends; skips the case where nobody may mount one. */
const char *vt_test_small_disk(size_t bytes);
void vt_test_small_disk_lock(const char *path); /* make it read-only from now on */

/* Run a program to its end and compare the exit code; returns its output (standard output
 * and error together, NUL-ended, lives as long as the case).  `vitrine` as argv[0] means
 * the program under test. */
#define VT_ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
const char *vt_test_run(int exit_code_wanted, const char *const argv[]);

#endif
