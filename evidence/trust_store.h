/* A client's trust root on its own disk: a folder with one file a version, N.json, from the
 * version that was pinned to the newest.  A version is written only after the one before
 * it was found to allow it, durably and whole, so that a kill at any instant leaves the old
 * newest or the new one.  Nothing is ever replaced. */
#ifndef VT_EVIDENCE_TRUST_STORE_H
#define VT_EVIDENCE_TRUST_STORE_H

#include "base/base.h"
#include "evidence/trust.h"

/* Pin the first version: the only step in which a trust root is believed because a person
 * says so.  The folder is made if missing.
 * Errors: VT_REJECTED something else is pinned already, or the trust root is not whole
 *         VT_MALFORMED, VT_LIMIT, VT_IO */
VT_CHECKED bool vt_trust_store_pin(const char *folder, vt_slice bytes,
                                   struct vt_error *err);

/* The newest version, checked (vt_trust_parse).  trust_out: returned.
 * Errors: VT_ABSENT nothing is pinned; VT_IO; those of vt_trust_parse */
VT_CHECKED bool vt_trust_store_read(const char *folder, struct vt_trust **trust_out,
                                    struct vt_error *err);

/* Take the next version.  Taking the newest again changes nothing and is no failure.
 * Errors: VT_REJECTED it does not follow, or signatures are missing
 *         VT_ABSENT nothing is pinned; VT_MALFORMED, VT_LIMIT, VT_IO */
VT_CHECKED bool vt_trust_store_take(const char *folder, vt_slice bytes,
                                    struct vt_error *err);

#endif
