/* What is sent to a key agent: POST /release.  One message of bytes; numbers big-endian.
 *
 *   "vitrine/release/v1\n"
 *   32   salt
 *   u32  length of the access envelope, and it
 *   u32  length of the tlog-proof of its private entry, and it
 *   u64  size of the tree that the agent has seen, as it said; 0: none
 *   u8   number of hashes, and they: that tree is a prefix of the proof's
 *   u16  number of ids, and they: all of the batch; 0 if the statement names its objects
 *   u8   number of recipients, and they (32 bytes each): whom the objects are sealed for
 *   u16  number of objects (to erase, an object may be named and not shown); of each
 *        u8   its recipient, counted from 0
 *        u16  length of its complete age header, and it */
#ifndef VT_CUSTODY_REQUEST_H
#define VT_CUSTODY_REQUEST_H

#include "base/base.h"
#include "custody/access.h"

#define VT_CUSTODY_REQUEST_TYPE      "application/vnd.vitrine.release-request"
#define VT_CUSTODY_ANSWER_TYPE       "application/vnd.vitrine.release"
#define VT_CUSTODY_REQUEST_BYTES_MAX VT_MIB(4)
#define VT_CUSTODY_RECIPIENTS_MAX    16
/* A header with one X25519 stanza is 198 bytes long; the rest is room for what will be
 * refused with a better sentence. */
#define VT_CUSTODY_HEADER_BYTES_MAX VT_KIB(2)

struct vt_custody_object {
    uint8_t recipient;
    vt_slice header;
};

struct vt_custody_request {
    uint8_t salt[VT_ACCESS_SALT_BYTES];
    vt_slice envelope;
    vt_slice proof; /* text of the tlog-proof */
    uint64_t seen_size;
    struct vt_proof growth;
    const vt_hash *ids; /* id_count of them */
    size_t id_count;
    struct vt_age_recipient recipients[VT_CUSTODY_RECIPIENTS_MAX];
    size_t recipient_count;
    const struct vt_custody_object *objects;
    size_t object_count;
};

/* Slices point into bytes, arrays lie in the arena.
 * Errors: VT_MALFORMED saying where it breaks; VT_LIMIT */
VT_CHECKED bool vt_custody_request_parse(vt_slice bytes, struct vt_arena *arena,
                                         struct vt_custody_request *out,
                                         struct vt_error *err);
/* The exact inverse: append it.  VT_LIMIT if a number or length is out of its bound. */
VT_CHECKED bool vt_custody_request_write(const struct vt_custody_request *request,
                                         struct vt_buf *out, struct vt_error *err);

/* The answer to it: u32 length of the grant (crypto/age_grant.h), the grant, u32 length of
 * the agent's tally, the tally (a signed envelope). */
VT_CHECKED bool vt_custody_answer_parse(vt_slice bytes, vt_slice *grant_out,
                                        vt_slice *tally_out, struct vt_error *err);
void vt_custody_answer_write(struct vt_buf *out, vt_slice grant, vt_slice tally);

#endif
