/* Reviews, and what a reviewer takes back.  A holder may say several things of one source:
 * his later word counts.  The order is that of the times that he wrote himself, which need
 * nobody's trust here: they order his own words and nobody else's.  Of two in one second
 * the refusal stands. */
#ifndef VT_EVIDENCE_REVIEW_H
#define VT_EVIDENCE_REVIEW_H

#include "base/base.h"
#include "evidence/trust.h"

/* Is this review/v1 about the source (hash) of this version of the product?  The same
 * source under another version wants words of its own. */
bool vt_review_is_about(const struct vt_statement *review, vt_slice product,
                        vt_slice version, const vt_hash *source);
bool vt_review_accepts(const struct vt_statement *review);

/* Does `later` take `word` back?  Both are reviews of one source; it does if a holder whose
 * key counts at time_unix_s signed both, and his later word is the opposite. */
bool vt_review_takes_back(const struct vt_keyring *keyring, const struct vt_envelope *later,
                          const struct vt_envelope *word, int64_t time_unix_s);

#endif
