/* crypto: one door to the libraries.  Hashes, Ed25519, keys, the verification of notes and
 * envelopes, and what is sealed: age files, HPKE, Oblivious HTTP.  The only room that
 * includes OpenSSL's or libsodium's headers. */
#ifndef VT_CRYPTO_H
#define VT_CRYPTO_H

#include "crypto/aead.h"
#include "crypto/age_file.h"
#include "crypto/age_grant.h"
#include "crypto/age_header.h"
#include "crypto/age_key.h"
#include "crypto/age_stream.h"
#include "crypto/ed25519.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"
#include "crypto/key.h"
#include "crypto/ohttp.h"
#include "crypto/secret.h"
#include "crypto/sha256.h"
#include "crypto/tls_pair.h"
#include "crypto/verify_dsse.h"
#include "crypto/verify_note.h"
#include "crypto/x25519.h"

#endif
