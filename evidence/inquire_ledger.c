/* Third step: are release and withdrawals in the ledger that everybody sees? */
#include "evidence/inquiry.h"

static bool log_is_good(struct vt_inquiry *q, const struct vt_tlog_verdict *log,
                        const char *what)
{
    if (log->outcome == VT_TLOG_NO_QUORUM)
        return vt_refuse(q, VT_REASON_NO_QUORUM,
                         "the checkpoint of the %s has %zu "
                         "cosignatures that count, too few for a quorum",
                         what, log->cosignature_count);
    if (log->outcome != VT_TLOG_OK)
        return vt_refuse(q, VT_REASON_NOT_LOGGED,
                         "the %s is not proven to be in the ledger "
                         "%.*s: %s",
                         what, VT_SLICE_ARGS(q->question->trust->release_origin),
                         vt_tlog_outcome_name(log->outcome));
    return true;
}

/* What this customer saw of a ledger, against what this evidence says of it. */
static bool agrees_with_memory(struct vt_inquiry *q, const struct vt_tlog_verdict *log)
{
    const json_t *ledgers = json_object_get(q->question->state, "ledgers");

    for (size_t i = 0; i < json_array_size(ledgers); i++) {
        const json_t *seen = json_array_get(ledgers, i);
        vt_hash root = vt_field_hash(seen, "root");

        if (vt_slice_equal(vt_field_text(seen, "origin"),
                           q->question->trust->release_origin) &&
            vt_field_number(seen, "size") == log->size && !vt_hash_equal(&root, &log->root))
            return vt_refuse(q, VT_REASON_FORK,
                             "the ledger showed you another history of %ju "
                             "entries before",
                             (uintmax_t)log->size);
    }
    return true;
}

bool vt_inquire_ledger(struct vt_inquiry *q)
{
    const struct vt_tlog_verdict *a = &q->release_log, *b = &q->withdrawals_log;

    if (!log_is_good(q, a, "release") || !log_is_good(q, b, "list of withdrawals"))
        return false;
    if (a->size == b->size && !vt_hash_equal(&a->root, &b->root))
        return vt_refuse(q, VT_REASON_FORK,
                         "the two proofs show two histories of %ju entries",
                         (uintmax_t)a->size);
    if (!agrees_with_memory(q, a) || !agrees_with_memory(q, b))
        return false;
    vt_fact_text(q, "ledger", q->question->trust->release_origin);
    vt_fact_number(q, "entry", a->index);
    vt_fact_number(q, "tree_size", b->size > a->size ? b->size : a->size);
    vt_fact_hash(q, "tree_root", b->size > a->size ? &b->root : &a->root);
    vt_fact_time(q, "logged_at", a->time_unix_s);
    vt_fact_time(q, "as_of", b->time_unix_s);
    return true;
}
