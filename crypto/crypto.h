/* crypto: one door to the libraries.  Hashes, Ed25519, keys, and the verification of notes
 * and envelopes.  The only room that includes OpenSSL's or libsodium's headers. */
#ifndef VT_CRYPTO_H
#define VT_CRYPTO_H

#include "crypto/ed25519.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "crypto/sha256.h"
#include "crypto/tls_pair.h"
#include "crypto/verify_dsse.h"
#include "crypto/verify_note.h"

#endif
