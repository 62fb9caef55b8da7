/* Fifth step: is it still the one to use, as far as this evidence and this customer know?
 * Withdrawn, superseded, or the news too old. */
#include "evidence/inquiry.h"

/* Clocks differ a little; a witness's time this far ahead of ours is still believed. */
enum { CLOCK_SLACK_S = 3600 };

/* The newest release of this product and channel may be withdrawn itself: then nothing is
 * to be fetched. */
static bool has_current(const struct vt_inquiry *q)
{
    struct vt_listed current, withdrawn;

    return !vt_withdrawals_find_current(&q->withdrawals, q->release.product,
                                        q->release.channel, &current) ||
           !vt_withdrawals_find_withdrawn(&q->withdrawals, q->release.product,
                                          q->release.channel, current.sequence, &withdrawn);
}

static bool is_not_withdrawn(struct vt_inquiry *q)
{
    struct vt_listed row;

    if (!vt_withdrawals_find_withdrawn(&q->withdrawals, q->release.product,
                                       q->release.channel, q->release.sequence, &row))
        return true;
    (void)vt_refuse(q, VT_REASON_WITHDRAWN, "%.*s %.*s was withdrawn: %.*s",
                    VT_SLICE_ARGS(row.product), VT_SLICE_ARGS(row.version),
                    VT_SLICE_ARGS(row.reason));
    if (!has_current(q))
        q->verdict->next_step = "do not install; remove it where it is installed; there is "
                                "no current release, the vendor's next one replaces it";
    return false;
}

/* Superseded: but nobody is sent to fetch what is not there.  Returns false. */
static bool advise_old(struct vt_inquiry *q)
{
    if (!has_current(q))
        q->verdict->next_step = "do not install; there is no current release: wait for the "
                                "vendor's next one";
    return false;
}

/* Why does the list not know the release?  Its place in the ledger tells. */
static bool refuse_unknowing(struct vt_inquiry *q, uint64_t current)
{
    if (q->withdrawals_log.index < q->release_log.index)
        return vt_refuse(q, VT_REASON_STALE,
                         "the list of withdrawals does not know this release yet: it is "
                         "older");
    return vt_refuse(
        q, VT_REASON_STALE,
        "the list of withdrawals is younger than this release, number %ju, and "
        "calls number %ju current: it goes back, and only the vendor's and the "
        "supervisor's next list can mend that",
        (uintmax_t)q->release.sequence, (uintmax_t)current);
}

static bool is_newest(struct vt_inquiry *q)
{
    const struct vt_release *release = &q->release;
    struct vt_seen_release seen =
        vt_memory_release(q->question->state, q->question->trust->release_origin,
                          release->product, release->channel);
    struct vt_listed current = { 0 };

    if (seen.sequence > release->sequence) {
        (void)vt_refuse(q, VT_REASON_SUPERSEDED,
                        "you have accepted release number %ju of %.*s; this is number %ju",
                        (uintmax_t)seen.sequence, VT_SLICE_ARGS(release->product),
                        (uintmax_t)release->sequence);
        return advise_old(q);
    }
    if (!vt_withdrawals_find_current(&q->withdrawals, release->product, release->channel,
                                     &current) ||
        current.sequence < release->sequence)
        return refuse_unknowing(q, current.sequence);
    if (current.sequence > release->sequence) {
        (void)vt_refuse(q, VT_REASON_SUPERSEDED,
                        "%.*s %.*s is out, release number %ju%s; this is number %ju",
                        VT_SLICE_ARGS(release->product), VT_SLICE_ARGS(current.version),
                        (uintmax_t)current.sequence,
                        has_current(q) ? "" : ", and was withdrawn",
                        (uintmax_t)release->sequence);
        return advise_old(q);
    }
    if (!vt_slice_equal(current.version, release->version))
        return vt_refuse(q, VT_REASON_MIXED,
                         "the list of withdrawals calls release number %ju %.*s, the "
                         "release calls itself %.*s",
                         (uintmax_t)release->sequence, VT_SLICE_ARGS(current.version),
                         VT_SLICE_ARGS(release->version));
    return true;
}

/* A list that makes an older release of anything current again, which this customer has. */
static bool list_does_not_go_back(struct vt_inquiry *q)
{
    struct vt_seen_product seen;
    struct vt_listed current;

    for (size_t i = 0; vt_memory_product(q->question->state,
                                         q->question->trust->release_origin, i, &seen);
         i++)
        if (vt_withdrawals_find_current(&q->withdrawals, seen.product, seen.channel,
                                        &current) &&
            current.sequence < seen.sequence)
            return vt_refuse(q, VT_REASON_STALE,
                             "its list of withdrawals calls release number %ju of %.*s "
                             "current; you have accepted number %ju",
                             (uintmax_t)current.sequence, VT_SLICE_ARGS(seen.product),
                             (uintmax_t)seen.sequence);
    return true;
}

/* Nothing is older than what this customer has seen. */
static bool does_not_go_back(struct vt_inquiry *q)
{
    const struct vt_trust *trust = q->question->trust;
    uint64_t seen_trust = vt_memory_trust(q->question->state);
    struct vt_seen_ledger seen =
        vt_memory_ledger(q->question->state, trust->release_origin);

    if (trust->version < seen_trust)
        return vt_refuse(q, VT_REASON_STALE,
                         "the trust root is version %ju; you have used version %ju",
                         (uintmax_t)trust->version, (uintmax_t)seen_trust);
    if (q->withdrawals.version < seen.withdrawals)
        return vt_refuse(q, VT_REASON_STALE,
                         "its list of withdrawals is number %ju; you have seen number %ju",
                         (uintmax_t)q->withdrawals.version, (uintmax_t)seen.withdrawals);
    return list_does_not_go_back(q);
}

/* Without a right clock nothing can be said about age, so a wrong one is a no. */
static bool clock_is_right(struct vt_inquiry *q)
{
    int64_t newest_unix_s = q->withdrawals_log.time_unix_s > q->release_log.time_unix_s
                                ? q->withdrawals_log.time_unix_s
                                : q->release_log.time_unix_s;
    char now[VT_TIME_TEXT_BYTES], then[VT_TIME_TEXT_BYTES];

    if (q->question->now_unix_s >= newest_unix_s - CLOCK_SLACK_S)
        return true;
    vt_time_write(q->question->now_unix_s, now);
    vt_time_write(newest_unix_s, then);
    (void)vt_refuse(q, VT_REASON_STALE,
                    "this machine's clock says %s, but the witnesses signed at %s", now,
                    then);
    q->verdict->next_step = "set the clock of this machine and ask again";
    return false;
}

static bool is_fresh(struct vt_inquiry *q)
{
    int64_t now_unix_s = q->question->now_unix_s;
    int64_t age_s = now_unix_s - q->withdrawals_log.time_unix_s;
    int64_t max_age_s = q->question->demands->max_age_s;
    char then[VT_TIME_TEXT_BYTES];

    if (now_unix_s >= q->question->trust->expires_unix_s) {
        vt_time_write(q->question->trust->expires_unix_s, then);
        return vt_refuse(q, VT_REASON_STALE, "the trust root expired at %s", then);
    }
    if (max_age_s < 0 || age_s <= max_age_s)
        return true;
    vt_time_write(q->withdrawals_log.time_unix_s, then);
    return vt_refuse(q, VT_REASON_STALE,
                     "its news is of %s, %jd s old; at most %jd s are allowed", then,
                     (intmax_t)age_s, (intmax_t)max_age_s);
}

bool vt_inquire_freshness(struct vt_inquiry *q)
{
    return is_not_withdrawn(q) && is_newest(q) && does_not_go_back(q) &&
           clock_is_right(q) && is_fresh(q);
}
