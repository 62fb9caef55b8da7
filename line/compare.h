/* Are two files or folders equal, and if not: where do they first differ?
 *
 * A place is named as a person would look for it: the path, through containers (ar, tar,
 * zip, cpio; gzip, xz, zstd, bzip2; so also .deb), then the ELF section and the offset in
 * it, the line of a text, or the offset in the file.
 *
 *   zlib1g.deb!data.tar.xz!usr/lib/x86_64-linux-gnu/libz.so.1.2.13  .rodata  +0x1c8
 *
 * Files come from others: they are read by bounded readers of ours and by libarchive with
 * only the formats named above switched on.  Where a bound is reached the difference is
 * named one level higher, with a note that says so; it is never missed. */
#ifndef VT_LINE_COMPARE_H
#define VT_LINE_COMPARE_H

#include "base/base.h"
#include "wire/json.h"

#define VT_DIFFERENCES_MAX        256  /* kept of one comparison */
#define VT_DIFFERENCE_EXCERPT_MAX 1024 /* bytes of a and of b */

enum vt_difference_kind {
    VT_DIFFERENCE_CONTENT, /* bytes, a line, a string; one side may be empty */
    VT_DIFFERENCE_ONLY_A,  /* an entry that only the first side has; a: its name */
    VT_DIFFERENCE_ONLY_B,
    VT_DIFFERENCE_NAME,  /* in place of an entry of one name stands one of another */
    VT_DIFFERENCE_ORDER, /* the same parts in another order; a, b: the first that moved */
    VT_DIFFERENCE_TIME,  /* a time kept by a container; a, b: decimal seconds since 1970 */
    VT_DIFFERENCE_OWNER, /* "uid:gid user:group" kept by a container */
    VT_DIFFERENCE_MODE,  /* octal */
    VT_DIFFERENCE_TYPE,  /* "file", "folder", "link", ... */
};

const char *vt_difference_kind_name(enum vt_difference_kind kind); /* "content" */

struct vt_difference {
    enum vt_difference_kind kind;
    const char *path;    /* printable; for two files the name of the first */
    const char *section; /* ".rodata", "gzip header", "tar members"; "" if there is none */
    uint64_t offset;     /* in the section, else in the file as unpacked; from 0, of a */
    uint64_t line;       /* of a text, from 1; else 0 */
    vt_slice a, b;       /* what stands there, cut */
    uint64_t at;         /* offset of the first byte of a (and, if equally long, of b) */
    bool is_derived;     /* follows from other bytes: a build-id, a checksum of a file */
};

/* Owned by its arena; end with vt_comparison_free. */
struct vt_comparison {
    struct vt_arena *arena;
    bool is_equal;
    struct vt_difference *differences; /* in order of place */
    size_t count;                      /* kept; 0 exactly if equal */
    uint64_t total;                    /* seen, also those that were not kept */
    const char **notes;                /* what could not be looked into, and why */
    size_t note_count;
    uint64_t files; /* compared, folders' members and containers' alike */
};

/* Compare two files, or two folders with all below them.  Of files outside of containers
 * only type, whether they are executable and content count; of a folder that `vitrine line
 * build` filled, only the artefacts (build.json names them).
 *
 * comparison_out: returned.
 * Errors: VT_IO    missing, unreadable, neither file nor folder, changed while it was read
 *         VT_LIMIT more than 200,000 entries or 64 folders inside each other
 *         VT_REJECTED one is a file, the other a folder: nothing to compare */
VT_CHECKED bool vt_compare(const char *a, const char *b,
                           struct vt_comparison **comparison_out, struct vt_error *err);

void vt_comparison_free(struct vt_comparison *comparison); /* NULL allowed */
void vt_comparison_free_pointer(struct vt_comparison **comparison);
#define VT_AUTO_COMPARISON                                                                 \
    __attribute__((cleanup(vt_comparison_free_pointer))) struct vt_comparison *

/* The one to show: the first that does not follow from others, else the first.  NULL if
 * equal. */
const struct vt_difference *vt_comparison_first(const struct vt_comparison *comparison);

/* {"equal", "differences": [{"kind", "path", "section"?, "offset", "line"?, "a", "b",
 * "derived"?}], "total", "notes"}; a and b as printable text, other bytes as \xNN. */
VT_CHECKED bool vt_comparison_json(const struct vt_comparison *comparison, json_t **out,
                                   struct vt_error *err);
/* One place for a person: "f.o, section .rodata, offset 0x1c8"; appended. */
void vt_difference_place(const struct vt_difference *difference, struct vt_buf *out);
/* Bytes as printable text, cut to about 60 columns; appended. */
void vt_excerpt_text(vt_slice bytes, struct vt_buf *out);

#endif
