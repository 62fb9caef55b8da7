/* Secrets in libsodium's guarded memory: locked, fenced by unreadable pages, out of core
 * dumps, wiped when freed. */
#include "crypto/secret.h"
#include <sodium.h>
#include <sys/mman.h>

bool vt_secret_init(struct vt_secret *secret, size_t len, struct vt_error *err)
{
    uint8_t *data;

    if (sodium_init() < 0)
        return vt_fail(err, VT_IO, "libsodium cannot start");
    data = sodium_malloc(len);
    /* libsodium goes on when it cannot lock; locking again costs nothing and tells. */
    if (data == NULL || mlock(data, len) != 0) {
        sodium_free(data);
        return vt_fail(err, VT_IO,
                       "no locked memory for a secret: raise the limit of memlock");
    }
    memset(data, 0, len);
    *secret = (struct vt_secret){ data, len };
    return true;
}

void vt_secret_clear(struct vt_secret *secret)
{
    sodium_free(secret->data);
    *secret = (struct vt_secret){ 0 };
}
