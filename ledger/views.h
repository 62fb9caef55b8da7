/* The second view: what witnesses have seen of a log, held against the copy that the log
 * gave us and against each other.
 *
 * A log that shows one history to us and another to somebody else had to have one of them
 * cosigned.  So each witness is asked, at its monitoring prefix, for the newest checkpoint
 * that it has cosigned; log's signature and cosignature are verified, and
 *
 *   another history    is "forked", with the proof of ledger/fork.h below the copy: also
 *                      when only two witnesses know of it and the log is silent
 *   a larger tree      is no finding at first: the log may be about to show it.  If it has
 *                      not done so after a while it is "withheld"
 *   a smaller one      than the same witness showed before is "behind"
 *
 * The largest view of each witness is remembered, so histories that were shown one after
 * the other are held against each other too:
 *
 *   views/SHA256-OF-ORIGIN/SHA256-OF-WITNESS-KEY.json
 *     {"note":"NOTE","pending":N,"since":T,"v":1}
 *
 * pending: the size that we wait for the log to show, 0 if none; since: since when. */
#ifndef VT_LEDGER_VIEWS_H
#define VT_LEDGER_VIEWS_H

#include "base/base.h"
#include "ledger/policy.h"
#include "store/disk.h"
#include "wire/json.h"

struct vt_views {
    const struct vt_policy *policy; /* keys of the log and of the witnesses */
    vt_slice origin;
    const char *log; /* where the log lies: its tiles may prove what it did */
    /* By witness of the policy: its monitoring prefix (an http(s) URL or a folder); NULL:
     * it is not asked. */
    const char *const *prefixes;
    /* By witness: it did not answer; it is not asked for further logs until somebody sets
     * this back. */
    bool *is_down;
    struct vt_disk *disk; /* the monitor's folder, locked */
    const char *copy;     /* in it: the checked copy of the log, "logs/..." */
    int64_t now_unix_s;
    int64_t withheld_s; /* so long a log may take to show what was cosigned */
    int64_t share_ms;   /* so long the log, and each witness, is waited for; 0: no bound */
    /* A finding (ledger/monitor.h); `more` is taken. */
    bool (*found)(void *context, const char *kind, const char *what, json_t *more,
                  struct vt_error *err);
    void *context;
};

/* Ask all witnesses about this log once.  True also when there are findings.
 * Errors: VT_MALFORMED, VT_REJECTED what lies in our own folder; VT_IO; those of found
 * Spec:   tlog-witness, "HTTP Interface": GET <monitoring prefix>/<hex>/checkpoint */
VT_CHECKED bool vt_views_look(const struct vt_views *views, struct vt_error *err);

#endif
