/* The key that files are sealed for: a small document for each (cell, country, class,
 * period), whose SHA-256 the trust root certifies and a head selects.  A head cannot
 * introduce a key, so nobody can be given one of his own; and a key agent opens nothing
 * with a key that stands in none.
 *
 *   {"cell": "zurich", "class": "file", "country": "CH", "from": TIME, "holder": "Watch",
 *    "recipient": "age1...", "until": TIME, "v": 1}
 *
 * holder: who runs the key agent that has the private key.  Canonical (RFC 8785); its
 * SHA-256 is also the salt of the digests by which equal files of one period are found
 * (cell/share_request.h).
 * Spec: evidence/DESIGN.md, "certified"; custody/DESIGN.md */
#ifndef VT_CUSTODY_RECIPIENT_H
#define VT_CUSTODY_RECIPIENT_H

#include "base/base.h"
#include "crypto/age_key.h"
#include "evidence/trust.h"

#define VT_RECIPIENT_BYTES_MAX  VT_KIB(2)
#define VT_RECIPIENT_HOLDER_MAX 128

struct vt_recipient {
    char cell[65], country[3], data_class[17]; /* whether there are such is not asked */
    char holder[VT_RECIPIENT_HOLDER_MAX + 1];
    int64_t from_unix_s, until_unix_s; /* from <= time < until */
    struct vt_age_recipient key;
    vt_hash digest; /* given by parse */
};

/* Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_recipient_parse(vt_slice text, struct vt_recipient *out,
                                   struct vt_error *err);
/* The exact inverse: append it. */
VT_CHECKED bool vt_recipient_write(const struct vt_recipient *recipient, struct vt_buf *out,
                                   struct vt_error *err);

/* Does the trust root name it, for whatever time?  What was sealed for a period is opened
 * after it too.  VT_REJECTED. */
VT_CHECKED bool vt_recipient_is_certified(const struct vt_recipient *recipient,
                                          const struct vt_trust *trust,
                                          struct vt_error *err);

#endif
