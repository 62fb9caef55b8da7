/* What this Centre remembers of another one: what it saw there, when it saw it first, and
 * since when it was gone; and how the two differed the last time.  So a statement that is
 * taken back in silence between two looks is shown.
 *
 *   FOLDER/others/NAME.json
 *   {"at":T,"differences":[{"first"?,"kind","second"?,"what"}],
 *    "seen":[{"first":T,"gone"?:T,"kind","name","of","sha256"}],"v":1,"where":TEXT}
 *
 * Only statements are remembered: they are never edited and never end.  Evidence is
 * written anew with each list of withdrawals. */
#ifndef VT_CENTRE_OTHERS_H
#define VT_CENTRE_OTHERS_H

#include "centre/digests.h"
#include "store/disk.h"

#define VT_CENTRE_OTHERS     "others"
#define VT_OTHER_BYTES_MAX   VT_MIB(16)
#define VT_CENTRE_OTHERS_MAX 16

/* Canonical, and of this form.  out: returned.
 * Errors: VT_MALFORMED, VT_LIMIT; VT_IO memory */
VT_CHECKED bool vt_other_parse(vt_slice text, json_t **out, struct vt_error *err);

/* The next memory: `before` (NULL: nothing was seen yet), and what is shown now.
 * differences: as in a comparison; borrowed.  gone_out: how many are gone since `before`.
 * out: returned.  Errors: VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_other_update(const json_t *before, const char *where,
                                const struct vt_digests *shown, const json_t *differences,
                                int64_t now_unix_s, json_t **out, size_t *gone_out,
                                struct vt_error *err);

/* The rows that are gone.  Returned. */
json_t *vt_other_gone(const json_t *other);

/* Read and write FOLDER/others/NAME.json.  *out NULL: there is none yet. */
VT_CHECKED bool vt_other_read(struct vt_disk *others, const char *name, json_t **out,
                              struct vt_error *err);
VT_CHECKED bool vt_other_write(struct vt_disk *others, const char *name,
                               const json_t *other, struct vt_error *err);
/* a-z, 0-9, '-', '_' and '.', as names of ledgers.  VT_MALFORMED. */
VT_CHECKED bool vt_other_name_check(const char *name, struct vt_error *err);

#endif
