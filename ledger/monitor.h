/* A monitor: follows every log of a policy that has a URL, checks every entry of it, and
 * tells a person what he would want to be told.
 *
 *   DIR/logs/SHA256-OF-ORIGIN/   a checked copy of each log (ledger/mirror.h)
 *   DIR/watched/SHA256-OF-ORIGIN for what its entries were looked at (ledger/watched.h)
 *   DIR/views/...                what witnesses have seen of it (ledger/views.h)
 *   DIR/findings/SHA256.json     what was found, and told
 *   DIR/untold/SHA256.json       found, and the hook has not taken it yet
 *
 * A finding is named by the digest of what it says, so it is told once; twice if the
 * monitor is killed while it tells it, never not: it lies in untold/ before anybody is
 * told, and is moved when the hook has said 0.  A hook that fails is called again in the
 * next round. */
#ifndef VT_LEDGER_MONITOR_H
#define VT_LEDGER_MONITOR_H

#include "base/base.h"
#include "ledger/policy.h"
#include "ledger/use.h"
#include "ledger/watch.h"
#include "store/disk.h"
#include "wire/json.h"

struct vt_monitor_finding {
    /* "forked", "behind", "refused", "unreachable", "unpublished", "withheld", "frozen",
     * "unfit", "slow", "unfollowed", "pruned", "seen"; others by whoever looks further */
    const char *kind;
    const char *origin;
    const char *what; /* a sentence */
    const char *file; /* where it lies, relative to the folder */
};

struct vt_monitor; /* a round that goes on */

typedef bool (*vt_monitor_look)(void *context, struct vt_monitor *monitor,
                                struct vt_error *err);

struct vt_monitor_options {
    const char *dir;
    const struct vt_env *env;
    const struct vt_policy *policy; /* which logs, where, and the quorum */
    const struct vt_watch *watch;
    /* By log of the policy: what it is used for, so that entries which do not belong there
     * are found; NULL: nothing is known. */
    const enum vt_ledger_use *uses;
    /* By witness of the policy: where to ask what it has seen; NULL: no witness is asked,
     * or not this one.  withheld_s: so long a log may take to show what was cosigned. */
    const char *const *prefixes;
    int64_t withheld_s;
    /* A program, called with the kind and the origin, the finding as JSON on its standard
     * input, for at most 30 s; NULL: none. */
    const char *hook;
    /* Called when all logs were followed, each to look at something that is built upon
     * them; what one cannot do hides nothing from the next.  NULL ends them; NULL: none. */
    const vt_monitor_look *look_further;
    /* So long one log may take of a round: what it does not give by then, the next round
     * asks for.  0: as long as it takes. */
    int64_t share_s;
    int64_t stale_s; /* the last cosignature is older than this: "frozen"; 0: never */
    /* Called in each round for a log with a proof of two histories below the folder, found
     * now or before.  proof: relative to the folder. */
    void (*convicted)(void *context, const char *origin, const char *proof);
    /* Called in each round for a log that is not well for what was told before; may be
     * NULL. */
    void (*unwell)(void *context, const char *origin, const char *why);
    /* Called when the hook took it. */
    void (*found)(void *context, const struct vt_monitor_finding *finding);
    void *context;
};

struct vt_monitor_report {
    size_t logs;      /* that were followed */
    size_t logs_well; /* of them, without any trouble, and never forked; a witness that
                         does not answer is none while the others are a quorum */
    uint64_t entries; /* new ones that were checked */
    uint64_t again;   /* old ones, for a watch or a use that is new */
    size_t findings;  /* new ones */
    size_t away;      /* of them: a witness does not answer */
    size_t downloads, downloads_well; /* that look_further counted */
    size_t untold;                    /* that the hook has not taken */
};

/* One round over all logs.  True also when there are findings: that our copy of a log is
 * damaged is one, and the others are followed.
 * Errors: VT_REJECTED another monitor works in the folder, or no log of the policy has a
 *                     URL
 *         VT_IO       with the disk; logs with which there was none were followed */
VT_CHECKED bool vt_monitor_round(const struct vt_monitor_options *options,
                                 struct vt_monitor_report *out, struct vt_error *err);

/* ---- for look_further -------------------------------------------------------------------
 */

/* The monitor's folder, locked; borrowed. */
struct vt_disk *vt_monitor_disk(struct vt_monitor *monitor);
/* Keep a finding and tell it, unless the same was found before; `more` is taken.
 * Errors: VT_MALFORMED a text that is no UTF-8; VT_IO */
VT_CHECKED bool vt_monitor_find(struct vt_monitor *monitor, const char *origin,
                                const char *kind, const char *what, json_t *more,
                                struct vt_error *err);
void vt_monitor_count_download(struct vt_monitor *monitor, bool is_well);
/* Hand out the entries of the copy of that log from index `from` on; each may end it by
 * false with err.  *size_out: how many the copy has; 0: the log never answered.
 * Errors: VT_REJECTED, VT_IO; those of each */
VT_CHECKED bool vt_monitor_entries(struct vt_monitor *monitor, vt_slice origin,
                                   uint64_t from,
                                   bool (*each)(void *context, uint64_t index,
                                                vt_slice entry, struct vt_error *err),
                                   void *context, uint64_t *size_out, struct vt_error *err);
/* The leaf hash of an entry in the copy of that log; *is_shown_out false: the log does not
 * show so many, or never answered.  Errors: VT_REJECTED, VT_IO */
VT_CHECKED bool vt_monitor_leaf(struct vt_monitor *monitor, vt_slice origin, uint64_t index,
                                bool *is_shown_out, vt_hash *leaf_out,
                                struct vt_error *err);

#endif
