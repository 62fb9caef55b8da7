/* frozen.json: this log has ended, and another one goes on.
 *
 *   {"origin":"log.example/2027","size":1234,"v":1,"vkey":"log.example/2027+..."}
 *
 * The first entry of the next log is the last checkpoint of this one, word for word, so the
 * new history holds the old one's root and nobody can later attach another.  A frozen log
 * is served for ever, but no writer opens it any more and its signer does not start. */
#ifndef VT_LEDGER_FROZEN_H
#define VT_LEDGER_FROZEN_H

#include "base/base.h"
#include "store/disk.h"

#define VT_FROZEN_NAME "frozen.json"
/* Beside it: the proof that the next log's first entry is this one's last checkpoint. */
#define VT_SUCCESSOR_NAME "successor.tlog-proof"

struct vt_ledger;

struct vt_frozen {
    uint64_t size;         /* of the last tree */
    vt_slice origin, vkey; /* of the log that goes on; origin empty: not frozen */
};

/* `disk`: a ledger's folder, or its signer's.  No file: origin empty.  Texts live in the
 * arena.  Errors: VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_frozen_read(struct vt_disk *disk, struct vt_arena *arena,
                               struct vt_frozen *out, struct vt_error *err);
/* The same of a ledger's folder by its path. */
VT_CHECKED bool vt_frozen_of(const char *dir, struct vt_arena *arena, struct vt_frozen *out,
                             struct vt_error *err);
/* Fails (VT_REJECTED, saying which log goes on) if there is such a file in the folder. */
VT_CHECKED bool vt_frozen_refuse(struct vt_disk *disk, struct vt_error *err);

/* Publish what is durable, and end the log.  Afterwards only closing works.
 * Errors: as vt_ledger_publish; VT_REJECTED also when nothing is in the log */
VT_CHECKED bool vt_ledger_freeze(struct vt_ledger *ledger, vt_slice origin, vt_slice vkey,
                                 struct vt_error *err);
/* Let the signer know too, which a call to vt_ledger_freeze that was killed did not.
 * VT_REJECTED if the log is not frozen. */
VT_CHECKED bool vt_frozen_tell_signer(const char *dir, struct vt_error *err);

#endif
