/* A Centre's folder with what reviewers need: the world of centre_world.h, releases whose
 * source lies on the desk as it would, and invitations. */
#ifndef VT_TESTS_REVIEWERS_WORLD_H
#define VT_TESTS_REVIEWERS_WORLD_H

#include "tests/centre_world.h"
#include "tests/running.h"

struct vt_source_file {
    const char *path; /* in order of path */
    const char *text; /* "-> TARGET": a symbolic link */
};

/* Lay a draft with this source on the desk; files end with one without a path. */
void vt_reviewers_add_source(const struct vt_centre_world *world, const char *product,
                             const char *version, uint64_t sequence,
                             const struct vt_source_file *files);
/* The same, and the draft names another source than the pack holds. */
void vt_reviewers_add_swapped(const struct vt_centre_world *world, const char *product,
                              const char *version, uint64_t sequence,
                              const struct vt_source_file *files);
/* The two releases of lamp that the tests read, 2.0.0 and 2.1.0, and one of kettle. */
void vt_reviewers_add_sources(const struct vt_centre_world *world);

/* Lay a review on the desk that accepts the source of this release, which the desk has. */
void vt_reviewers_accept(const struct vt_centre_world *world, const char *product,
                         const char *version, unsigned signers);

/* An invitation for these products (NULL-ended) from `from_s` to `until_s`, in seconds from
 * now, signed by these parties; its code is SHA-256 of its name, as hex. */
vt_slice vt_reviewers_invitation(const char *name, const char *const products[],
                                 int64_t from_s, int64_t until_s, unsigned signers);
const char *vt_reviewers_code(const char *name);
/* Lay a key that what is read is sealed to, and a trust root that certifies it for the
 * domain; its private half, as `vitrine key new --type x25519` keeps it, is written beside,
 * as FOLDER.seal.key.  Returned: that trust root; ends with the case. */
struct vt_trust *vt_reviewers_seal(const struct vt_centre_world *world, const char *domain);

/* Lay it below invitations/NAME.json. */
void vt_reviewers_invite(const struct vt_centre_world *world, const char *name,
                         vt_slice envelope);
/* The end of it. */
vt_slice vt_reviewers_end(vt_slice invitation, unsigned signers);

/* A party's key on his own machine, as `vitrine key new` keeps it. */
void vt_reviewers_write_key(enum vt_party party, const char *path);

#endif
