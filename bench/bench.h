/* What every benchmark shares: the one line of JSON a figure, and what the machine is.
 *
 * A figure is a ratio against a named peer measured in the same run where there is one,
 * else a rate against a goal.  `conditions` says all that the figure depends on. */
#ifndef VT_BENCH_H
#define VT_BENCH_H

#include "base/base.h"

struct vt_figure {
    const char *name;  /* "chain.append.batched" */
    const char *unit;  /* of value and peer_value: "entries/s", "s", "bytes" */
    double value;      /* ours */
    const char *peer;  /* what it is measured against; NULL: the goal alone */
    double peer_value; /* of the peer, same unit */
    double goal;       /* for the ratio if there is a peer, else for the value */
    bool is_more_better;
    const char *conditions;
};

/* Print the line: ratio = value / peer_value; ok = the goal is met. */
void vt_bench_print(const struct vt_figure *figure);

/* "AMD EPYC, 2 CPUs, Linux 6.18, ext4 at /tmp" for `conditions`; lives in the arena. */
const char *vt_bench_machine(struct vt_arena *arena, const char *folder);

double vt_bench_seconds(void); /* monotonic */
/* Of a processor, taken so far by RUSAGE_SELF, or RUSAGE_CHILDREN that have ended: what
 * other work on the machine does not change much. */
double vt_bench_cpu_seconds(int who);

/* A fresh folder on the disk that holds build/ (not on a tmpfs); removed by
 * vt_bench_folder_remove. */
char *vt_bench_folder(struct vt_arena *arena, const char *name);
void vt_bench_folder_remove(const char *folder);

#endif
