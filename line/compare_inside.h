/* Private to the comparison: taking two unequal byte strings apart in memory, within
 * bounds. */
#ifndef VT_LINE_COMPARE_INSIDE_H
#define VT_LINE_COMPARE_INSIDE_H

#include "line/compare.h"

struct vt_compare_limits {
    uint64_t unpacked_bytes_max; /* held in memory at once, both sides together */
    uint64_t members_max;        /* of one container */
    uint64_t opened_max;         /* unequal members of one container that are opened */
    unsigned depth_max;          /* containers inside each other */
    uint64_t ratio_max;          /* unpacked to packed, beyond 16 MiB */
};

struct vt_compare_limits vt_compare_limits_usual(void);

struct vt_compare_run {
    struct vt_comparison *result;
    struct vt_compare_limits limits;
    uint64_t held_bytes;
    unsigned depth;
};

struct vt_comparison *vt_comparison_new(void);
/* Keep a copy of the difference (and count it); texts become printable. */
void vt_comparison_add(struct vt_comparison *result, const struct vt_difference *found);
VT_PRINTF(2, 3)
void vt_comparison_note(struct vt_comparison *result, const char *format, ...);

/* Two unequal byte strings under one path: finds at least one difference. */
void vt_compare_slices(struct vt_compare_run *run, const char *path, vt_slice a,
                       vt_slice b);

/* ---- the kinds of content ------------------------------------------------------------ */

enum vt_format {
    VT_FORMAT_BYTES,
    VT_FORMAT_TEXT,
    VT_FORMAT_ELF,
    VT_FORMAT_GZIP, /* from here packed streams */
    VT_FORMAT_XZ,
    VT_FORMAT_ZSTD,
    VT_FORMAT_BZIP2,
    VT_FORMAT_TAR, /* from here containers of members */
    VT_FORMAT_AR,
    VT_FORMAT_ZIP,
    VT_FORMAT_CPIO,
};

enum vt_format vt_format_of(vt_slice bytes);
const char *vt_format_name(enum vt_format format); /* "gzip" */

/* compare_bytes.c.  section: "" or the name of an ELF section. */
void vt_compare_text(struct vt_compare_run *run, const char *path, vt_slice a, vt_slice b);
void vt_compare_binary(struct vt_compare_run *run, const char *path, const char *section,
                       vt_slice a, vt_slice b);
/* One difference at the first unequal byte. */
void vt_compare_plainly(struct vt_compare_run *run, const char *path, const char *section,
                        vt_slice a, vt_slice b, bool is_derived);

/* compare_sections.c, compare_container.c: false if the two cannot be taken apart so; then
 * nothing was added but perhaps a note. */
VT_CHECKED bool vt_compare_elf(struct vt_compare_run *run, const char *path, vt_slice a,
                               vt_slice b);
VT_CHECKED bool vt_compare_packed(struct vt_compare_run *run, const char *path,
                                  enum vt_format format, vt_slice a, vt_slice b);
VT_CHECKED bool vt_compare_container(struct vt_compare_run *run, const char *path,
                                     enum vt_format format, vt_slice a, vt_slice b);

#endif
