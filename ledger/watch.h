/* What somebody wants to be told about: entries that his key signed, or that name his
 * product, a digest, a subject. */
#ifndef VT_LEDGER_WATCH_H
#define VT_LEDGER_WATCH_H

#include "base/base.h"
#include "crypto/verify_dsse.h"

#define VT_WATCH_MAX 64

/* Texts are borrowed. */
struct vt_watch {
    struct vt_public_key keys[VT_WATCH_MAX];
    size_t key_count;
    vt_slice texts[VT_WATCH_MAX]; /* not empty */
    size_t text_count;
};

/* Each reason once: "signed by KEYID", "names a key: KEYID" (the keyid stands there, but
 * its signature is not good or not over this), "contains TEXT".  Texts are looked for byte
 * by byte, in the entry as it is and, where it is a DSSE envelope, in its decoded payload.
 */
void vt_watch_match(const struct vt_watch *watch, vt_slice entry,
                    void (*each)(void *context, const char *reason), void *context);

#endif
