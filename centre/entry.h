/* What an entry of a ledger is, in a few fields for people, with who signed it.  The entry
 * was proven to be in its ledger before; here its own form and signatures are looked at. */
#ifndef VT_CENTRE_ENTRY_H
#define VT_CENTRE_ENTRY_H

#include "evidence/trust.h"

/* {"holder","jurisdiction","keyid","role","site"?} for each good signature by a key that
 * the trust root or the keyring names in any role; {"keyid"} for every other.  Returned. */
json_t *vt_signers_json(const struct vt_keyring *keyring,
                        const struct vt_envelope *envelope);

/* {"kind", "sha256", "size", and of statements "type", "about", "signers", "created"}; kind
 * is a predicate's name, "private" or "other".  Returned; index and entry are shown. */
json_t *vt_entry_json(const struct vt_trust *trust, uint64_t index, vt_slice entry);

#endif
