/* What a client gets for a file that it shared: the cell's signed word that the whole of it
 * is here and durable (or that the cell has this file already and kept nothing), what it is
 * for, and until when it is kept.  One sharing has one receipt: asking again gives the same
 * bytes. */
#ifndef VT_CELL_SHARE_RECEIPT_H
#define VT_CELL_SHARE_RECEIPT_H

#include "cell/share_request.h"
#include "evidence/trust.h"

#define VT_SHARE_RECEIPT_TYPE      "application/vnd.vitrine.share-receipt+json"
#define VT_SHARE_RECEIPT_BYTES_MAX VT_KIB(8)

/* Append the receipt for that request, signed with the cell's key.
 * at: of a file that was stored, when it was whole; of one that is held, the request's own
 *     time, so that it can be made again without keeping it.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory; the key's */
VT_CHECKED bool vt_share_receipt_write(const struct vt_share_request *request, bool is_held,
                                       int64_t at_unix_s, int64_t until_unix_s,
                                       const struct vt_key *cell_key, struct vt_buf *out,
                                       struct vt_error *err);

struct vt_share_receipt {
    json_t *json; /* owned; slices point into it */
    vt_slice cell, country, purpose, asked;
    vt_hash object, body, recipient;
    uint64_t body_bytes;
    bool is_held;
    int64_t at_unix_s, until_unix_s;
};

void vt_share_receipt_clear(struct vt_share_receipt *receipt);
#define VT_AUTO_SHARE_RECEIPT                                                              \
    __attribute__((cleanup(vt_share_receipt_clear))) struct vt_share_receipt

/* Its form alone; who signed it is not asked.  dsse_out: to be cleared, also after failure.
 * Errors: VT_MALFORMED, VT_LIMIT; VT_IO memory */
VT_CHECKED bool vt_share_receipt_read(vt_slice bytes, struct vt_dsse *dsse_out,
                                      struct vt_share_receipt *out, struct vt_error *err);
/* Is it whole, and signed by a key that the trust root names for that cell, in its time?
 * Errors: VT_MALFORMED, VT_LIMIT; VT_REJECTED who signed it; VT_IO memory */
VT_CHECKED bool vt_share_receipt_parse(vt_slice bytes, const struct vt_trust *trust,
                                       struct vt_share_receipt *out, struct vt_error *err);
/* Is it about this sharing?  VT_REJECTED saying what is another's. */
VT_CHECKED bool vt_share_receipt_answers(const struct vt_share_receipt *receipt,
                                         const struct vt_share_request *request,
                                         struct vt_error *err);

#endif
