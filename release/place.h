/* Where somebody offers files: a folder, or a web server.  Read only, nothing believed. */
#ifndef VT_RELEASE_PLACE_H
#define VT_RELEASE_PLACE_H

#include "base/base.h"
#include "crypto/sha256.h"

struct vt_place;

/* where: a folder or an http(s) URL; borrowed.  Opened when it is first needed.  Returned,
 * end with vt_place_close. */
struct vt_place *vt_place_new(const char *where);
void vt_place_close(struct vt_place *place); /* NULL allowed */
const char *vt_place_name(const struct vt_place *place);

/* What is known of a file without reading it. */
struct vt_place_about {
    int64_t modified_unix_s; /* the server's Last-Modified, or the file's time; -1: none */
    int64_t size_bytes;      /* -1: the server does not say */
};

/* Errors of all: VT_ABSENT it is not there; VT_IO no answer; VT_LIMIT too long or too late
 */

VT_CHECKED bool vt_place_look(struct vt_place *place, const char *path,
                              struct vt_place_about *out, struct vt_error *err);
/* Appended. */
VT_CHECKED bool vt_place_read(struct vt_place *place, const char *path, struct vt_buf *out,
                              struct vt_error *err);
/* A file of any size in a folder; up to VT_PLACE_BYTES_MAX from a server. */
#define VT_PLACE_BYTES_MAX VT_MIB(1024)
VT_CHECKED bool vt_place_hash(struct vt_place *place, const char *path, vt_hash *out,
                              struct vt_error *err);
/* Every file of a folder, with its path; of a web server nothing.  `each` may return false
 * (with err). */
VT_CHECKED bool vt_place_walk(struct vt_place *place,
                              bool (*each)(void *context, const char *path,
                                           struct vt_error *err),
                              void *context, struct vt_error *err);

#endif
