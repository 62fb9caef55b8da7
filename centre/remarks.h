/* Notebooks: what reviewers noted, sealed.  Each note is an age file to two keys: the
 * foundation's, as all that is sealed here, and its writer's, which his browser keeps and
 * sends with each request.  So whoever has the folder, the vendor or the Centre's operator,
 * sees when a note was written and by which invitation, and nothing of it; the writer reads
 * it again whatever became of his session, and the foundation may open it.
 *
 *   FOLDER/porter/notes/INVITATION/NUMBER.age    VT_REMARK_FILE_BYTES; NUMBER in ten digits
 *
 * Numbers are those of the sealed records of their first writing, so none comes twice. */
#ifndef VT_CENTRE_REMARKS_H
#define VT_CENTRE_REMARKS_H

#include "centre/remark.h"
#include "crypto/age_key.h"
#include "store/disk.h"

#define VT_CENTRE_NOTES         "notes"
#define VT_REMARK_FILE_BYTES    5418
#define VT_REMARKS_MAX          2048 /* of one invitation */
#define VT_REMARKS_NUMBER_CHARS 10

/* disk: FOLDER/porter, under its lock.  Durable when it returns.
 * Errors: VT_LIMIT the notebook is full; VT_REJECTED a key that nobody can hold; VT_IO */
VT_CHECKED bool vt_remarks_write(struct vt_disk *disk, const struct vt_env *env,
                                 const struct vt_age_recipient *foundation,
                                 const struct vt_age_recipient *writer,
                                 const struct vt_kept_remark *kept, struct vt_error *err);
/* Durably gone.  VT_ABSENT, VT_IO. */
VT_CHECKED bool vt_remarks_remove(struct vt_disk *disk, const vt_hash *invitation,
                                  uint32_t number, struct vt_error *err);
/* plain: where the slices of *out lie afterwards.
 * Errors: VT_ABSENT there is none, or it is sealed to others; VT_REJECTED, VT_MALFORMED
 *         changed, or another's; VT_IO */
VT_CHECKED bool vt_remarks_read(struct vt_disk *disk, const vt_hash *invitation,
                                uint32_t number, const struct vt_age_identity *identity,
                                struct vt_buf *plain, struct vt_kept_remark *out,
                                struct vt_error *err);

struct vt_remark_numbers {
    uint32_t rows[VT_REMARKS_MAX]; /* ascending */
    size_t count;
};

/* Which there are; none where nothing was ever written.  VT_MALFORMED, VT_LIMIT, VT_IO. */
VT_CHECKED bool vt_remarks_list(struct vt_disk *disk, const vt_hash *invitation,
                                struct vt_remark_numbers *out, struct vt_error *err);

#endif
