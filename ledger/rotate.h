/* Changing a log's key without a gap.
 *
 *   begin   the old key and the next one sign every checkpoint, from now on
 *   finish  the next key is the log's key; the old one signs no more
 *
 * In between those who rely on the log learn the next vkey and add it to their policies
 * (tlog-policy lists a log once for each of its keys): until the end of that time whoever
 * knows either key can verify.  Checkpoints with both signatures are the old key's word for
 * the next one; the last of them is kept as rotated/SIZE.
 *
 * Both need the ledger alone: its writer is stopped meanwhile.  A call that was killed is
 * made again.
 * Spec: C2SP signed-note, "Signatures"; tlog-policy, "log" */
#ifndef VT_LEDGER_ROTATE_H
#define VT_LEDGER_ROTATE_H

#include "base/base.h"
#include "wire/note.h"

/* key: the place of the next key, as vt_signer_start takes it; vkey: its verifier key.
 * The next publication shows both signatures.
 * Errors: VT_REJECTED another rotation is under way, or the key is the log's already;
 *                     a writer has the ledger
 *         VT_MALFORMED the vkey, or the config; VT_ABSENT no ledger; VT_IO */
VT_CHECKED bool vt_ledger_rotate_begin(const char *dir, const char *key, vt_slice vkey,
                                       struct vt_error *err);

/* Errors: VT_REJECTED no rotation is under way, or no checkpoint with both signatures is
 *                     shown yet; a writer has the ledger
 *         VT_MALFORMED; VT_ABSENT; VT_IO */
VT_CHECKED bool vt_ledger_rotate_finish(const char *dir, struct vt_error *err);

#endif
