/* A small builder for tests: a recipe's steps in the real sandbox, in a root folder made of
 * links to the machine's own /usr, so that no package and no network is needed.  It follows
 * line/build.h in what the steps see; it keeps no store and makes no report. */
#ifndef VT_TESTS_HOST_BUILD_H
#define VT_TESTS_HOST_BUILD_H

#include "line/vary_order.h"
#include "line/vary_probe.h"

/* Make a root folder at `path` (missing yet); give /usr as the input /mnt/usr with it. */
void vt_host_root(const char *path);

struct vt_host_build {
    const char *source;               /* folder with vitrine.recipe.json and its files */
    const struct vt_factors *factors; /* the terms */
    const char *out;                  /* folder for the outputs, missing yet */
    const char *variable;             /* NULL; "NAME=value" set by the recipe's author */
    /* Filled: */
    struct vt_seen seen;
    enum vt_order_way order;
};

/* Build; fails the case if a step fails, unless the factors ask for what this machine
 * cannot give. */
void vt_host_build(struct vt_host_build *build);

/* One program in such a root, its area filled with nothing; returns its output, which lives
 * as long as the case. */
struct vt_sandbox_spec vt_host_spec(const char *root, const char *area);

#endif
