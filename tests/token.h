/* A token of SoftHSM in the case's own folder. */
#ifndef VT_TESTS_TOKEN_H
#define VT_TESTS_TOKEN_H

#include "crypto/age_key.h"
#include "crypto/key.h"

#define VT_TOKEN_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define VT_TOKEN_PIN    "123456"

/* SoftHSM keeps its tokens in `tokens` of the case's folder from now on; one with that
 * label is there. */
void vt_test_token_begin(const char *label);
void vt_test_token_make(const char *label);
/* Put a key there, under a label and an id ("0a").  SoftHSM's tool does not let keys derive
 * that it puts in, so that is allowed afterwards. */
void vt_test_token_put_key(const char *token, const char *label, const char *id,
                           const struct vt_key *key);
void vt_test_token_put_pem(const char *token, const char *label, const char *id,
                           const char *path);
void vt_test_token_put_identity(const char *token, const char *label, const char *id,
                                const struct vt_age_identity *identity);
/* "pkcs11:" URI of what path_part names, with the folder that the module reads. */
const char *vt_test_token_uri(const char *path_part);

#endif
