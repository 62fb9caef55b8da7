/* A mirror: a copy of somebody's log in a folder of ours, every byte of it checked before
 * it is kept.
 *
 * From the new signed root down: the right edge of its tree, the full hash tiles of level 1
 * and above (one file for 65,536 entries), and then each bundle is held against the hash
 * that stands over it.  So each file is kept as soon as it is there, whatever comes behind
 * it, and an interrupted copy goes on where it was.  The checkpoint is shown last.
 *
 * A log whose new checkpoint does not continue the one that we hold signed two histories:
 * that is kept as a proof for everybody (ledger/fork.h), and the copy stays as it is.  Of
 * witnesses nothing is asked then: a checkpoint without its quorum is never copied, but it
 * convicts.  Later
 * calls go on with what continues the copy, and name the proof as long as it lies there.
 *
 *   DIR/checkpoint, DIR/tile/...   as tlog-tiles has them: any web server may serve them
 *   DIR/forks/ROOT.json            proofs of misbehaviour
 *   DIR/retention.json             of a log that was pruned when the copy began
 *   DIR/predicate/...              bytes that entries name (ledger/beside.h)
 *
 * Bytes beside the log are fetched when the copy is whole, as far as the log has them: that
 * it lacks some is no failure of the log, and they are asked for again each time. */
#ifndef VT_LEDGER_MIRROR_H
#define VT_LEDGER_MIRROR_H

#include "base/base.h"
#include "ledger/fork.h"
#include "ledger/policy.h"
#include "ledger/signer.h"

struct vt_mirror_options {
    const struct vt_policy *policy; /* the log's keys, and the quorum */
    vt_slice origin;
    const char *from; /* a folder or an http(s) URL */
    /* So long it may take to give what we do not have; then what came is kept, and a later
     * call goes on.  0: as long as it takes. */
    int64_t share_ms;
    /* Called after each bundle; true: keep what is there, and return.  May be NULL. */
    bool (*should_stop)(void *context, uint64_t entries, uint64_t total);
    /* Called for each new entry once it is checked, in order, before it is kept: after a
     * crash or an interruption some come again.  False (with err) ends it.  May be NULL. */
    bool (*each)(void *context, uint64_t index, vt_slice entry, struct vt_error *err);
    /* Bytes that an entry names and the log does not give; may be NULL. */
    void (*missed)(void *context, const vt_hash *digest, const char *why);
    void *context;
};

enum vt_mirror_end {
    VT_MIRROR_UPDATED,
    VT_MIRROR_SAME,        /* we hold this tree already */
    VT_MIRROR_INTERRUPTED, /* should_stop, or share_ms are over */
    VT_MIRROR_BEHIND,      /* it shows an older tree than we hold, which ours begins with */
    VT_MIRROR_FORKED,      /* it signed two histories: see fork_file */
};

struct vt_mirror_report {
    enum vt_mirror_end end;
    struct vt_head held;  /* after the call */
    struct vt_head shown; /* by the log */
    int64_t time_unix_s;  /* of the quorum's cosignatures on it; 0: none was asked for */
    uint64_t first;       /* a copy that began: those before are pruned there; else 0 */
    uint64_t entries;     /* new ones that were checked and kept */
    uint64_t beside;      /* bytes of predicates that were fetched and kept: how many */
    uint64_t missing;     /* that entries name, and that are not here */
    bool is_unpublished;  /* after a failure: the log shows no checkpoint at all */
    bool is_ours;         /* after a failure: it was our own folder's, not the log's */
    /* A proof of two histories, found now or before, also after a failure; relative to the
     * folder; "" if there is none.  Such a log is never well again in this folder. */
    char fork_file[VT_FORK_NAME_BYTES];
};

/* Bring the copy in `dir` (made if missing) to the state that the log shows.
 * Errors: VT_REJECTED  the log's checkpoint is not good, or its files are not what it
 *                      signed; or what we hold is not; nothing of it was kept
 *         VT_MALFORMED the same
 *         VT_ABSENT    the log lacks a file that its checkpoint needs
 *         VT_LIMIT
 *         VT_IO        also: it has no checkpoint (is_unpublished) */
VT_CHECKED bool vt_mirror_update(const char *dir, const struct vt_mirror_options *options,
                                 struct vt_mirror_report *out, struct vt_error *err);

#endif
