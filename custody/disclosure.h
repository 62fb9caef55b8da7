/* Who had the key of one object: asked by whoever sealed it, answered by the key agent from
 * its openings, signed.
 *
 * Sealer and opener of an age header have a secret in common that nobody learns who is
 * given the file key (crypto/age_key.h, the bond).  With it the client proves that the
 * object is his; the object's id alone, or its header, or its file key, shows nobody
 * anything.
 *
 * With another label the same question is an order: the key is never released again.
 *
 *   POST /accesses   "vitrine/accesses/v1\n" ‖ nonce (32) ‖ u64 the client's time
 *                    ‖ recipient (32) ‖ proof (32) ‖ the complete age header
 *   proof            HMAC-SHA256(bond, "vitrine/accesses/v1\n" ‖ nonce ‖ time ‖ object)
 *   POST /withdraw   the same with "vitrine/withdraw/v1\n", in both places
 *   the answer       canonical JSON in a DSSE envelope, one signature, the agent's
 *
 * Numbers are big-endian. */
#ifndef VT_CUSTODY_DISCLOSURE_H
#define VT_CUSTODY_DISCLOSURE_H

#include "base/base.h"
#include "crypto/age_key.h"
#include "custody/access.h"
#include "custody/agent_store.h"
#include "evidence/trust.h"
#include "wire/dsse.h"

#define VT_DISCLOSURE_REQUEST_TYPE      "application/vnd.vitrine.accesses-request"
#define VT_DISCLOSURE_TYPE              "application/vnd.vitrine.accesses+json"
#define VT_DISCLOSURE_REQUEST_BYTES_MAX VT_KIB(4)
#define VT_DISCLOSURE_HEADER_BYTES_MAX  VT_KIB(2)
/* Accesses in one answer, the newest; how many older ones there are is told. */
#define VT_DISCLOSURE_ROWS_MAX 128
/* Bytes of their roles and jurisdictions: with more an answer is too long for an envelope,
 * and what comes then is among the older ones too.  One row has VT_DISCLOSURE_ROW_BYTES_MAX
 * at most. */
#define VT_DISCLOSURE_TEXTS_MAX     VT_KIB(6)
#define VT_DISCLOSURE_ROW_BYTES_MAX 2048

struct vt_disclosure_request {
    bool is_withdrawal; /* its label: an order, else a question */
    vt_hash nonce;
    int64_t at_unix_s;
    struct vt_age_recipient recipient;
    vt_hash proof;
    vt_slice header;
};

/* The proof that whoever asks has sealed the object; good for its label alone. */
vt_hash vt_disclosure_proof(const uint8_t bond[VT_AGE_BOND_BYTES], bool is_withdrawal,
                            const vt_hash *nonce, int64_t at_unix_s, const vt_hash *object);

/* header points into bytes.  Errors: VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_disclosure_request_parse(vt_slice bytes,
                                            struct vt_disclosure_request *out,
                                            struct vt_error *err);
/* The exact inverse: append it.  VT_LIMIT. */
VT_CHECKED bool vt_disclosure_request_write(const struct vt_disclosure_request *request,
                                            struct vt_buf *out, struct vt_error *err);

/* One access by which its key left, or the order that erased it. */
struct vt_disclosed {
    enum vt_agent_deed deed; /* released, rewrapped or erased */
    uint64_t entry;          /* of the access ledger */
    vt_hash commitment;      /* that stands there */
    int64_t at_unix_s;       /* by the witnesses' quorum */
    enum vt_access_reason reason;
    vt_slice role, jurisdiction;
};

struct vt_disclosure {
    json_t *json; /* owned once it was read; slices point into it */
    vt_slice cell, ledger;
    vt_hash object, nonce;
    int64_t at_unix_s; /* the agent's clock */
    uint64_t number;   /* the agent's count then: records, and the chain over them */
    vt_hash chain;
    uint64_t size; /* of the last tree that it saw, and its root */
    vt_hash root;
    struct vt_disclosed rows[VT_DISCLOSURE_ROWS_MAX]; /* newest first */
    size_t count;
    uint64_t older; /* accesses that are not in rows */
    /* By the agent's record with this number whoever sealed it took it back, and its key is
     * never released again; 0: nobody did. */
    uint64_t withdrawn;
    int64_t withdrawn_unix_s; /* the agent's clock then */
};

void vt_disclosure_clear(struct vt_disclosure *disclosure);
/* Bytes of the roles and jurisdictions of its rows. */
size_t vt_disclosure_texts(const struct vt_disclosure *disclosure);
#define VT_AUTO_DISCLOSURE                                                                 \
    __attribute__((cleanup(vt_disclosure_clear))) struct vt_disclosure

/* Append the answer, signed.  Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory; the key's */
VT_CHECKED bool vt_disclosure_write(const struct vt_disclosure *disclosure,
                                    const struct vt_key *key, struct vt_buf *out,
                                    struct vt_error *err);
/* Its form alone; who signed it is asked below.  dsse_out: to be cleared, also after
 * failure.  Errors: VT_MALFORMED, VT_LIMIT; VT_IO memory */
VT_CHECKED bool vt_disclosure_read(vt_slice bytes, struct vt_dsse *dsse_out,
                                   struct vt_disclosure *out, struct vt_error *err);
/* Is it signed by an agent of the cell that it names, in its time, and the answer to this
 * request about this object?
 * Errors: VT_REJECTED saying what it is not */
VT_CHECKED bool vt_disclosure_answers(const struct vt_disclosure *disclosure,
                                      const struct vt_dsse *dsse,
                                      const struct vt_keyring *keyring,
                                      const struct vt_disclosure_request *request,
                                      const vt_hash *object, struct vt_error *err);

#endif
