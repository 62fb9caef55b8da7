/* What an entry is about, as far as somebody might ask for it: its terms.  Pure.
 *
 *   its own SHA-256           the digest of the envelope that it is
 *   every keyid               that stands beside a signature
 *   every digest              a text of 40 to 128 lower-case hex digits anywhere in it, or
 *                             in the payload: subjects, sources, recipes, commitments ...
 *   names                     the text of every member "name" or "product"
 *
 * Entries that are neither an envelope nor JSON have the first only.  A keyid is named
 * here, not believed: whoever asks for a key's signatures checks them. */
#ifndef VT_LEDGER_TERMS_H
#define VT_LEDGER_TERMS_H

#include "base/base.h"
#include "crypto/sha256.h"

#define VT_TERM_BYTES_MAX 1024

/* The terms of one entry: 40 bits of SHA-256 of each, sorted, each once. */
struct vt_terms {
    uint64_t *keys; /* owned */
    size_t count;
};

void vt_terms_clear(struct vt_terms *terms);
#define VT_AUTO_TERMS __attribute__((cleanup(vt_terms_clear))) struct vt_terms

struct vt_terms vt_terms_of(vt_slice entry);
/* The key of a term. */
uint64_t vt_term_key(vt_slice term);
/* Has the entry this term, text for text? */
bool vt_terms_have(vt_slice entry, vt_slice term);

#endif
