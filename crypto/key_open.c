/* Where a private key may be: a PEM file or behind a PKCS#11 URI. */
#include "crypto/key_private.h"

bool vt_key_open(const char *where, vt_slice passphrase, struct vt_key **key_out,
                 struct vt_error *err)
{
    if (strncmp(where, "pkcs11:", 7) == 0)
        return vt_fail(err, VT_REJECTED, "%s: this build opens key files only", where);
    return vt_key_open_file(where, passphrase, key_out, err);
}
