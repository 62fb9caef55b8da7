/* Servers under measurement: started, asked how much memory they hold, ended. */
#ifndef VT_BENCH_SERVING_H
#define VT_BENCH_SERVING_H

#include "base/base.h"

struct vt_serving {
    pid_t pid;
    uint16_t port;
};

/* Run a program to its end; ends this one if it fails.  argv: NULL-ended. */
void vt_bench_run(const char *const argv[]);
/* The same; returns the seconds of processor time that it took. */
double vt_bench_run_busy(const char *const argv[]);
/* What it prints, in memory that lives as long as the arena. */
const char *vt_bench_output(struct vt_arena *arena, const char *const argv[]);
/* The same of a search, which ends with 1 where it finds nothing. */
const char *vt_bench_output_if_any(struct vt_arena *arena, const char *const argv[]);
/* Start it and wait for its line "ready: URL", or, with port not 0, until that port
 * answers.  Its standard error goes to `log`. */
struct vt_serving vt_bench_start(const char *log, uint16_t port, const char *const argv[]);
/* The signal goes to all that it started, too; then wait. */
void vt_bench_stop(struct vt_serving *serving, int signal);
/* Resident bytes of it and all its children, pages that they share counted once a process.
 */
uint64_t vt_bench_resident(const struct vt_serving *serving);

#endif
