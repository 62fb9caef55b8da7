/* What the sealed record says of notes: one form for all that is done with them.  Pure.
 *
 *   128 + kind || form || u32 number || digest (32) || u32 bytes || u32 quoted
 *   || u8 count || u32... || u16 and product || u16 and version
 *
 * No kind of a question of source is so large, so the first byte tells them apart. */
#ifndef VT_CENTRE_REMARK_RECORD_H
#define VT_CENTRE_REMARK_RECORD_H

#include "centre/remark_ask.h"

struct vt_remark_record {
    enum vt_remark_kind kind;
    enum vt_taking_form form; /* of what is taken; else VT_TAKING_NOTES */
    uint32_t number;          /* of a list, write or remove */
    vt_hash digest;           /* of the remark written, or of the bytes taken */
    uint32_t bytes, quoted;   /* of them */
    uint8_t number_count;
    uint32_t numbers[VT_TAKING_NOTES_MAX]; /* of the notes taken */
    vt_slice product, version;             /* may be empty */
};

void vt_remark_record_write(const struct vt_remark_record *record, struct vt_buf *out);
/* Slices point into body. */
VT_CHECKED bool vt_remark_record_read(vt_slice body, struct vt_remark_record *out);

#endif
