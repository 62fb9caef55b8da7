/* The seal: what reviewers ask is recorded before it is answered, and only the foundation
 * can read it.  Whoever has the file, the vendor or the Centre's operator, sees that a
 * session took place, when, and how much was asked, not what.
 *
 *   FOLDER/porter/sealed   frames of VT_SEALED_FRAME_BYTES (centre/sealed_frame.h), one
 *                          behind the other; zeros behind the last: room that is made ahead
 *   FOLDER/seal.pub        whom they are sealed to, one line; the trust root certifies its
 *                          SHA-256 with use `seal` for the Centre's domain
 *
 * Records are added, and then settled all at once; what was settled stays.  A frame bears
 * how many were settled before it, so a batch that a power loss tore is told from a record
 * that was damaged later: the first is cut away, since nobody was answered; the second
 * stops the porter.  Each frame bears the chain over all before it.  Whoever remembers a
 * head (a number and a chain) sees by it later whether anything up to there was changed or
 * taken out, the end included. */
#ifndef VT_CENTRE_SEALED_H
#define VT_CENTRE_SEALED_H

#include "centre/sealed_frame.h"
#include "evidence/trust.h"
#include "store/disk.h"

#define VT_CENTRE_SEAL_KEY  "seal.pub"
#define VT_CENTRE_SEALED    "sealed"
#define VT_SEALED_BYTES_MAX ((uint64_t)8 << 30) /* then nobody reads any more */

/* The last record; number 0: none yet. */
struct vt_sealed_head {
    uint64_t number;
    vt_hash chain;
};

/* Whom FOLDER/seal.pub names, if the trust root certifies it for that domain now.
 * above: FOLDER, open.
 * Errors: VT_REJECTED there is none, or nobody certified it; VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_seal_read(struct vt_disk *above, const struct vt_trust *trust,
                             vt_slice domain, int64_t now_unix_s,
                             struct vt_age_recipient *out, struct vt_error *err);

struct vt_sealed;

/* Open for writing; disk: FOLDER/porter, under its lock, living longer.  Every record is
 * checked against the chain.  Returned, end with vt_sealed_close.
 * Errors: VT_REJECTED damaged; VT_IO */
VT_CHECKED bool vt_sealed_open(struct vt_disk *disk, const struct vt_env *env,
                               const struct vt_age_recipient *recipient,
                               struct vt_sealed **out, struct vt_error *err);
void vt_sealed_close(struct vt_sealed *sealed); /* NULL allowed; what is not settled is lost
                                                 */
/* One record more; it counts when it is settled.
 * Errors: VT_LIMIT the file is full; VT_IO, VT_REJECTED sealing failed */
VT_CHECKED bool vt_sealed_add(struct vt_sealed *sealed, enum vt_sealed_deed deed,
                              const uint8_t session[VT_SEALED_SESSION_BYTES],
                              const vt_hash *invitation,
                              const struct vt_sealed_words *words, struct vt_error *err);
/* Make all that was added durable.  VT_IO: the process must exit. */
VT_CHECKED bool vt_sealed_settle(struct vt_sealed *sealed, struct vt_error *err);
/* Of what is settled. */
struct vt_sealed_head vt_sealed_head(const struct vt_sealed *sealed);

/* What is told of each frame, in order; false (with err) ends the reading. */
typedef struct {
    bool (*take)(void *context, const struct vt_sealed_frame *frame, struct vt_error *err);
    void *context;
} vt_sealed_reader;

/* Read such a file, wherever it lies, without changing it.  A batch that was cut off at the
 * end is passed over.
 * Errors: VT_REJECTED damaged, saying at which record; VT_MALFORMED no such file at all;
 *         VT_IO; those of the reader */
VT_CHECKED bool vt_sealed_read(const char *path, vt_sealed_reader reader,
                               struct vt_sealed_head *head_out, struct vt_error *err);

#endif
