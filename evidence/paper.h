/* Small papers between a client and a cell, or a client and a key agent: canonical JSON of
 * a closed schema in a DSSE envelope with one signature.  They are shown to each other, not
 * to a ledger. */
#ifndef VT_EVIDENCE_PAPER_H
#define VT_EVIDENCE_PAPER_H

#include "crypto/key.h"
#include "evidence/schema.h"
#include "evidence/trust.h"
#include "wire/dsse.h"

/* Append the payload, signed.  Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory; the key's */
VT_CHECKED bool vt_paper_write(const json_t *payload, const char *type,
                               const struct vt_key *key, struct vt_buf *out,
                               struct vt_error *err);
/* Take it apart (a line break at its end is passed over): of this type, signed once, its
 * `v` being 1.  Whose signature it is, is asked below.
 *
 * what      names it in messages
 * dsse_out  to be cleared, also after failure
 * json_out  returned
 *
 * Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_paper_open(vt_slice bytes, const char *type,
                              const struct vt_field *schema, const char *what,
                              struct vt_dsse *dsse_out, json_t **json_out,
                              struct vt_error *err);
bool vt_paper_is_by(const struct vt_dsse *dsse, const struct vt_public_key *key);
/* By a key that the trust root names for that cell, in its time?  VT_REJECTED */
VT_CHECKED bool vt_paper_is_cells(const struct vt_dsse *dsse, const struct vt_trust *trust,
                                  vt_slice cell, int64_t at_unix_s, const char *what,
                                  struct vt_error *err);

#endif
