/* What leaves the Centre through the gate, as bytes: one flat text, of which nobody but us
 * chooses the name, and which is the same whenever the same is taken.  Pure.
 *
 *   notes     {"invitation","notes":[...],"reviewer","type":"urn:vitrine:notes:v1"}
 *   finding   plain words, for `vitrine finding open --text`
 *   report    {"files":[PATH],"notes"?:{"count","sha256"},"product","reviewer","scope",
 *              "sealed":{"chain","records"},"source","summary",
 *              "type":"urn:vitrine:review-report:v1","verdict","version"}, for `vitrine
 *              review sign --report`; `notes` is the digest of the notes as they would be
 *              taken, and `sealed` the record's head, by which the foundation can say
 *              whether the files were read */
#ifndef VT_CENTRE_TAKING_H
#define VT_CENTRE_TAKING_H

#include "centre/remark_ask.h"
#include "centre/sealed.h"
#include "wire/json.h"

#define VT_TAKING_BYTES_MAX VT_KIB(32)

struct vt_taking {
    enum vt_taking_form form;
    vt_slice reviewer;
    vt_hash invitation;
    const struct vt_kept_remark *notes; /* ascending */
    size_t note_count;
    const struct vt_report_words *report; /* of a report */
    struct vt_sealed_head sealed;         /* of a report */
};

/* Append the bytes.  VT_LIMIT over VT_TAKING_BYTES_MAX. */
VT_CHECKED bool vt_taking_write(const struct vt_taking *taking, struct vt_buf *out,
                                struct vt_error *err);
/* "notes-0123456789abcdef.json" */
const char *vt_taking_name(struct vt_arena *arena, enum vt_taking_form form,
                           const vt_hash *digest);

/* A note as its writer sees it; returned. */
json_t *vt_remark_json(const struct vt_kept_remark *kept);

#endif
