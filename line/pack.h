/* The pack: a source tree as one tar with exactly one spelling.  ustar headers, owner 0,
 * time 0, modes 644, 755 and 777 (links), members sorted bytewise by path, no folders; a
 * pax header only where a path or link target is over 100 bytes; two zero blocks at the
 * end and nothing behind.  Any tar unpacks it; our reader takes nothing else.
 * Spec: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header" */
#ifndef VT_LINE_PACK_H
#define VT_LINE_PACK_H

#include "base/base.h"
#include "crypto/sha256.h"

#define VT_PACK_PATH_BYTES_MAX 4095
#define VT_PACK_PART_BYTES_MAX 255

enum vt_pack_mode {
    VT_MODE_FILE = 0100644,
    VT_MODE_PROGRAM = 0100755,
    VT_MODE_LINK = 0120000, /* content: the target */
};

/* "a/b": no empty part, no "." or "..", no control bytes, bounded. */
bool vt_pack_path_is_good(vt_slice path);

/* ---- writing ------------------------------------------------------------------------- */

/* Files are put in order of path; each begins, gets its bytes, and ends. */
struct vt_pack_writer {
    bool (*put)(void *context, vt_slice bytes, struct vt_error *err);
    void *context;
    struct vt_sha256 digest, content;
    char last[VT_PACK_PATH_BYTES_MAX + 1]; /* path of the file before, "" at first */
    uint32_t mode;
    uint64_t bytes, left; /* of the open file */
    uint64_t file_count;
};

void vt_pack_begin(struct vt_pack_writer *w,
                   bool (*put)(void *context, vt_slice bytes, struct vt_error *err),
                   void *context);
/* Errors: VT_REJECTED  bad path, or out of order; VT_LIMIT  a link target over 4095 bytes
 */
VT_CHECKED bool vt_pack_begin_file(struct vt_pack_writer *w, vt_slice path,
                                   enum vt_pack_mode mode, uint64_t bytes,
                                   struct vt_error *err);
/* More than announced, or a link in several pieces: VT_REJECTED. */
VT_CHECKED bool vt_pack_add(struct vt_pack_writer *w, vt_slice bytes, struct vt_error *err);
/* Less than announced: VT_REJECTED (the file shrank while it was read). */
VT_CHECKED bool vt_pack_end_file(struct vt_pack_writer *w, struct vt_error *err);
/* digest_out: of the source (line/source.h), not of the pack's bytes. */
VT_CHECKED bool vt_pack_finish(struct vt_pack_writer *w, vt_hash *digest_out,
                               struct vt_error *err);

/* ---- reading ------------------------------------------------------------------------- */

struct vt_pack_entry {
    const char *path; /* in the arena */
    enum vt_pack_mode mode;
    vt_slice content; /* points into the pack; for a link, its target */
};

/* All of it, checked: paths are good, in order, and none is a folder of another.
 * entries_out: in the arena.
 * Errors: VT_MALFORMED, VT_LIMIT more than VT_SOURCE_FILES_MAX */
VT_CHECKED bool vt_pack_parse(vt_slice pack, struct vt_arena *arena,
                              struct vt_pack_entry **entries_out, size_t *count_out,
                              vt_hash *digest_out, struct vt_error *err);

#endif
