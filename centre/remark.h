/* A reviewer's note on a source, which C calls a remark (a note is what C2SP signs): where
 * it is, how bad it is, and its words.  One remark has one spelling.  Pure.
 *
 *   remark  severity || u32 from || u32 to || source (32) || file (32)
 *           || u16 and product || u16 and version || u16 and path || u16 and text
 *   plain   "VTRM" || u32 number || invitation (32) || u64 written (ms) || u16 quoted
 *           || u16 and remark || zeros
 *
 * The plain bytes are what is sealed; all have one length, so what was noted does not show
 * by it.  They name number and invitation: under another name they do not open. */
#ifndef VT_CENTRE_REMARK_H
#define VT_CENTRE_REMARK_H

#include "base/base.h"
#include "crypto/sha256.h"

#define VT_REMARK_TEXT_BYTES_MAX 4096
#define VT_REMARK_PATH_BYTES_MAX 512
#define VT_REMARK_PLAIN_BYTES    5120

enum vt_severity {
    VT_SEVERITY_NONE,
    VT_SEVERITY_LOW,
    VT_SEVERITY_MEDIUM,
    VT_SEVERITY_HIGH,
    VT_SEVERITY_CRITICAL,
    VT_SEVERITIES,
};

const char *vt_severity_name(enum vt_severity severity); /* "none", "low", ... */
VT_CHECKED bool vt_severity_of(vt_slice name, enum vt_severity *out);

struct vt_remark {
    enum vt_severity severity;
    uint32_t from_line, to_line; /* from 1; 0 and 0: all of it */
    vt_hash source;              /* which the reviewer saw */
    vt_hash file;                /* all zero: the release as a whole */
    vt_slice product, version;
    vt_slice path; /* empty: the release as a whole */
    vt_slice text;
};

/* A remark as it is kept. */
struct vt_kept_remark {
    uint32_t number;
    vt_hash invitation;
    int64_t written_unix_ms;
    uint16_t quoted; /* lines of its text that stand in the source */
    struct vt_remark remark;
};

/* Words of people: UTF-8, no control byte but line feed and tab; of a line: none at all. */
bool vt_words_are_sound(vt_slice words);
bool vt_line_is_sound(vt_slice line);

void vt_remark_write(const struct vt_remark *remark, struct vt_buf *out);
/* Slices point into body. */
VT_CHECKED bool vt_remark_read(vt_slice body, struct vt_remark *out);

void vt_remark_plain_write(const struct vt_kept_remark *kept, struct vt_buf *out);
VT_CHECKED bool vt_remark_plain_read(vt_slice plain, struct vt_kept_remark *out);

#endif
