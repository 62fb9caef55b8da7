/* A release on the desk of a Centre's folder as the vendor leaves it: really built, in an
 * environment of packages (tests/line_fixture.h), with everything that a rebuild needs. */
#ifndef VT_TESTS_BUILT_RELEASE_H
#define VT_TESTS_BUILT_RELEASE_H

#include "tests/centre_world.h"
#include "tests/line_fixture.h"

struct vt_built_release {
    struct vt_line_fixture fixture; /* its store has the packages */
    struct vt_build_report *report; /* of the vendor's build */
};

/* The product `name` of tests/fixtures/line, drafted, built, and its artefacts kept; the
 * builder's word on it lies there when vt_built_release_say has laid it.  Skips the case
 * where no packages can be had. */
void vt_built_release_make(const struct vt_centre_world *world, const char *name,
                           struct vt_built_release *out);
/* The same without a build: what the report tells was never made. */
void vt_built_release_pretend(const struct vt_centre_world *world, const char *name,
                              struct vt_built_release *out);
void vt_built_release_clear(struct vt_built_release *built);
#define VT_AUTO_BUILT_RELEASE                                                              \
    __attribute__((cleanup(vt_built_release_clear))) struct vt_built_release

/* Lay provenance of the report as it is now, made that many seconds from now: the newest
 * counts.  An artefact of it that is no file of ours is kept with these bytes (NULL: none).
 */
void vt_built_release_say(const struct vt_centre_world *world,
                          const struct vt_built_release *built, int64_t in_s,
                          const char *bytes);
/* The supervisor authorises the environment, and it is on the ledger. */
void vt_built_release_authorise(const struct vt_centre_world *world,
                                const struct vt_built_release *built);
/* Where the store lies that has the packages. */
const char *vt_built_release_store(const struct vt_built_release *built);

#endif
