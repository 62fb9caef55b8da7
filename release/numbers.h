/* Numbers of releases: a channel counts its releases, customers go up and never down, so a
 * number stands for one version and none is published below the current one. */
#ifndef VT_RELEASE_NUMBERS_H
#define VT_RELEASE_NUMBERS_H

#include "release/desk.h"

struct vt_number_request {
    struct vt_desk *desk;
    const struct vt_trust *trust;
    const char *product, *version, *channel;
    int64_t now_unix_s;
};

struct vt_number {
    uint64_t sequence;
    int64_t newest_unix_s; /* when what lies there about this version was made, at most */
    bool is_settled;       /* this version is approved or published */
};

/* The number for a draft of this version: the one that it has, if no other version has it
 * and nothing newer is out; else one more than the highest of its product and channel.
 * Whoever asks holds vt_desk_lock until the draft lies there.
 * Errors: VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_number_find(const struct vt_number_request *request,
                               struct vt_number *out, struct vt_error *err);

/* Fails with VT_REJECTED if another version with the number of this draft is approved or
 * published. */
VT_CHECKED bool vt_number_check(const struct vt_docket *docket, int64_t now_unix_s,
                                struct vt_error *err);

#endif
