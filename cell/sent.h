/* The client's own record of what it sent: append-only, each line naming the hash of the
 * line before.  No record, no sending: the line is durable before a byte leaves.
 *
 * It is also what keeps the privacy budget, so that a crash can cost a report, never a
 * second one with other noise. */
#ifndef VT_CELL_SENT_H
#define VT_CELL_SENT_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"
#include "wire/json.h"

#define VT_SENT_FILE "sent.log"

enum vt_sent_kind {
    VT_SENT_LOOKUP,
    VT_SENT_SAMPLE,
    VT_SENT_REPORT,
    VT_SENT_WITHDRAWAL,
    VT_SENT_KINDS,
};

struct vt_sent_record {
    uint64_t number; /* counted from 1; given by append */
    int64_t at_unix_s;
    enum vt_sent_kind kind;
    vt_slice cell;  /* to whom; 1 to 64 bytes */
    vt_slice what;  /* in plain words; 1 to 512 bytes */
    vt_hash sha256; /* of the bytes that went */
    uint64_t bytes;
    /* Reports: what they spent, and of which period. */
    vt_hash schema;
    uint64_t period, period_s, epsilon_milli;
};

const char *vt_sent_kind_name(enum vt_sent_kind kind);

/* One line, without its end; `previous` is the hash of the line before, all zero in the
 * first.  parse: slices point into `line_json_out`, which is returned.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_sent_record_write(const struct vt_sent_record *record,
                                     const vt_hash *previous, struct vt_buf *out,
                                     struct vt_error *err);
VT_CHECKED bool vt_sent_record_parse(vt_slice line, struct vt_sent_record *out,
                                     vt_hash *previous_out, json_t **line_json_out,
                                     struct vt_error *err);

struct vt_sent; /* the whole record, read and checked */

/* Read it, and check the chain.  A last line that was not written whole (the machine died)
 * is left out, and cut off before the next append.  home must live longer.  Returned.
 * Errors: VT_REJECTED a line was changed or taken out; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_sent_open(struct vt_disk *home, struct vt_sent **out,
                             struct vt_error *err);
void vt_sent_close(struct vt_sent *sent); /* NULL allowed */
void vt_sent_close_pointer(struct vt_sent **sent);
#define VT_AUTO_SENT __attribute__((cleanup(vt_sent_close_pointer))) struct vt_sent *

size_t vt_sent_count(const struct vt_sent *sent);
const struct vt_sent_record *vt_sent_at(const struct vt_sent *sent, size_t i);
/* Bytes of a last line that was not whole. */
size_t vt_sent_torn_bytes(const struct vt_sent *sent);

/* Append, durably; the caller holds the folder's lock.  record->number is not looked at.
 * Errors: VT_MALFORMED, VT_LIMIT; VT_IO what is on the disk is unknown */
VT_CHECKED bool vt_sent_append(struct vt_sent *sent, const struct vt_sent_record *record,
                               struct vt_error *err);

/* May a report of this schema and period be sent, spending so much?  One report a schema
 * and period, periods only go forward, and what overlaps it in time spends no more than
 * the budget, all schemas together.
 * Errors: VT_REJECTED */
VT_CHECKED bool vt_sent_allows_report(const struct vt_sent *sent, const vt_hash *schema,
                                      uint64_t period, uint64_t period_s,
                                      uint64_t epsilon_milli, uint64_t budget_milli,
                                      struct vt_error *err);

#endif
