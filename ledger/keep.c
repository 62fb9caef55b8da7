/* Predicates, piece by piece. */
#include "ledger/keep.h"

static void drop(struct vt_keeps *keeps, unsigned slot)
{
    vt_beside_draft_discard(keeps->drafts[slot]);
    keeps->drafts[slot] = NULL;
}

static bool begin(struct vt_keeps *keeps, struct vt_ledger *ledger, unsigned slot,
                  vt_slice digest, struct vt_error *why)
{
    vt_hash wanted;

    memcpy(wanted.bytes, digest.data, sizeof wanted.bytes);
    return vt_ledger_beside_begin(ledger, &wanted, &keeps->drafts[slot], why);
}

static bool take(struct vt_keeps *keeps, unsigned slot, vt_slice bytes, bool is_last,
                 struct vt_error *why)
{
    struct vt_beside_draft *draft = keeps->drafts[slot];

    if (!vt_beside_draft_add(draft, bytes, why)) {
        drop(keeps, slot);
        return false;
    }
    if (!is_last)
        return true;
    keeps->drafts[slot] = NULL;
    return vt_beside_draft_finish(draft, why);
}

bool vt_keeps_is_for(uint16_t type)
{
    return type == VT_SERVE_KEEP || type == VT_SERVE_PIECE || type == VT_SERVE_END ||
           type == VT_SERVE_DROP;
}

bool vt_keeps_hear(struct vt_keeps *keeps, struct vt_ledger *ledger,
                   const struct vt_message *message, struct vt_buf *answer_out,
                   struct vt_error *err)
{
    bool is_beginning = message->type == VT_SERVE_KEEP;
    struct vt_error why = { 0 };
    vt_slice bytes;
    unsigned slot;
    bool is_ok;

    vt_buf_truncate(answer_out, 0);
    if (!vt_serve_keep_read(message->body, &slot, &bytes) ||
        (keeps->drafts[slot] == NULL) != is_beginning ||
        (is_beginning && bytes.len != VT_SHA256_BYTES))
        return vt_fail(err, VT_MALFORMED, "the front sent a predicate without a form");
    if (message->type == VT_SERVE_DROP) {
        drop(keeps, slot);
        return true;
    }
    is_ok = is_beginning ? begin(keeps, ledger, slot, bytes, &why)
                         : take(keeps, slot, bytes, message->type == VT_SERVE_END, &why);
    (void)is_ok; /* said by `why` */
    vt_serve_kept_write(answer_out, slot, &why);
    return true;
}

void vt_keeps_clear(struct vt_keeps *keeps)
{
    for (unsigned i = 0; i < VT_SERVE_SLOTS; i++)
        drop(keeps, i);
}
