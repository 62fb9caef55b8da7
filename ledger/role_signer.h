/* The signer's process; see signer.h for what it promises. */
#ifndef VT_LEDGER_ROLE_SIGNER_H
#define VT_LEDGER_ROLE_SIGNER_H

#include "base/base.h"
#include "crypto/key.h"
#include "ledger/tree_verify.h"
#include "role/role.h"

#define VT_ROLE_SIGNER "ledger-signer"

extern const struct vt_rights vt_signer_rights;
int vt_role_signer(struct vt_channel *channel);

/* What the two sides say to each other.  Requests to sign and all answers have one length
 * each; only the first message, from the process that started us, has texts in it. */
enum {
    VT_SIGNER_BEGIN = 1,  /* folder, origin, key, passphrase, each behind a u16 length */
    VT_SIGNER_READY = 2,  /* public key, then a head */
    VT_SIGNER_SIGN = 3,   /* a head, u8 count of hashes, 63 hashes, the rest zero */
    VT_SIGNER_SIGNED = 4, /* signature; then the next key and its signature, or zeros */
};

#define VT_SIGNER_HEAD_BYTES   (8 + VT_SHA256_BYTES)
#define VT_SIGNER_READY_BYTES  (32 + VT_SIGNER_HEAD_BYTES)
#define VT_SIGNER_SIGN_BYTES   (VT_SIGNER_HEAD_BYTES + 1 + VT_PROOF_HASHES_MAX * 32)
#define VT_SIGNER_SIGNED_BYTES (64 + 32 + 64)

/* Both sides of each message. */
struct vt_signer_begin {
    vt_slice folder, origin, key, passphrase;
};
void vt_signer_begin_write(struct vt_buf *out, const struct vt_signer_begin *begin);
VT_CHECKED bool vt_signer_begin_parse(vt_slice body, struct vt_signer_begin *out);

struct vt_signer_request {
    uint64_t size;
    vt_hash root;
    size_t count;
    vt_hash proof[VT_PROOF_HASHES_MAX];
};
/* What was signed with: the log's key, and while keys are changed the next one too. */
struct vt_signer_signatures {
    uint8_t signature[64];
    bool has_next;
    struct vt_public_key next;
    uint8_t next_signature[64];
};
void vt_signer_signatures_write(struct vt_buf *out,
                                const struct vt_signer_signatures *signatures);
VT_CHECKED bool vt_signer_signatures_parse(vt_slice body, struct vt_signer_signatures *out);

void vt_signer_request_write(struct vt_buf *out, const struct vt_signer_request *request);
VT_CHECKED bool vt_signer_request_parse(vt_slice body, struct vt_signer_request *out);

#endif
