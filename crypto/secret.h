/* Bytes that must not leak: in locked memory, out of core dumps, wiped at the end. */
#ifndef VT_CRYPTO_SECRET_H
#define VT_CRYPTO_SECRET_H

#include "base/base.h"

struct vt_secret {
    uint8_t *data; /* in guarded, locked memory */
    size_t len;
};

#define VT_AUTO_SECRET __attribute__((cleanup(vt_secret_clear))) struct vt_secret

/* len zero bytes, len at least 1.  Errors: VT_IO the memory cannot be had or locked */
VT_CHECKED bool vt_secret_init(struct vt_secret *secret, size_t len, struct vt_error *err);
void vt_secret_clear(struct vt_secret *secret); /* wipes; safe to call twice */

#endif
