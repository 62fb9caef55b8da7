/* A mover at the end of a move: the moment in which uploads go from one cell to the other,
 * and the paper that the destination signs. */
#include "cell/move_inside.h"
#include "evidence/statement.h"
#include <poll.h>

enum { LOOK_AGAIN_MS = 5 };

/* ---- the paper --------------------------------------------------------------------------
 */

/* Its words are those that were asked for, where they are not its own. */
static bool is_as_asked(const struct vt_relocation_words *words, vt_slice bytes,
                        struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_envelope_parse(bytes, &envelope, err) ||
        !vt_relocation_write(words, &payload, err))
        return vt_within(err, "what the destination signed");
    return vt_slice_equal(vt_buf_slice(&payload), vt_buf_slice(&envelope.dsse.payload)) ||
           vt_fail(err, VT_REJECTED, "the destination signed something else");
}

bool vt_mover_sign(struct vt_mover *mover, struct vt_relocation_words *words,
                   struct vt_buf *envelope_out, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(4));
    vt_slice answer;

    for (size_t i = 0; i < words->canary_count; i++)
        if (!vt_mover_find(mover, &words->canaries[i].object, &words->canaries[i].here,
                           err))
            return vt_within(err, "a canary");
    words->read_back = words->settled;
    vt_move_end_write(&body, words);
    if (!vt_buf_check(&body, "the end", err) ||
        !vt_move_call(mover->to, VT_MOVE_SIGN, vt_buf_slice(&body), VT_MOVE_SIGNED, &answer,
                      err) ||
        !is_as_asked(words, answer, err))
        return false;
    vt_buf_put(envelope_out, answer);
    return vt_buf_check(envelope_out, "the end", err);
}

/* ---- the cut-over -----------------------------------------------------------------------
 */

bool vt_mover_taking(struct vt_mover *mover, bool is_source, struct vt_move_taking *out,
                     struct vt_error *err)
{
    vt_slice answer;

    return vt_move_call(is_source ? mover->from : mover->to, VT_MOVE_TAKES,
                        vt_slice_of(mover->country, 2), VT_MOVE_TAKING, &answer, err) &&
           (vt_move_taking_read(answer, out) ||
            vt_fail(err, VT_MALFORMED, "a keeper's answer has not its form"));
}

/* The source's yes counts from when it was asked, the destination's from when it answered:
 * so what is told is no shorter than what it was. */
static bool look(struct vt_mover *mover, int64_t *last_ms, struct vt_move_cut_over *out,
                 struct vt_error *err)
{
    int64_t asked_ms = vt_monotonic_ms();
    struct vt_move_taking from, to;

    if (!vt_mover_taking(mover, true, &from, err) ||
        !vt_mover_taking(mover, false, &to, err))
        return false;
    if (from.takes) {
        *last_ms = asked_ms;
        out->is_measured = true;
    }
    if (from.takes && to.takes && !vt_mover_taking(mover, true, &from, err))
        return false; /* asked again: it may have ended in between */
    if (from.takes && to.takes)
        return vt_fail(err, VT_REJECTED,
                       "both cells take files of %s at once: their clocks, or their tables "
                       "of residency, differ",
                       mover->country);
    out->is_over = to.takes;
    out->pause_ms = out->is_measured ? vt_monotonic_ms() - *last_ms : 0;
    return true;
}

bool vt_mover_watch(struct vt_mover *mover, int64_t until_ms, struct vt_move_cut_over *out,
                    struct vt_error *err)
{
    int64_t last_ms = vt_monotonic_ms();

    *out = (struct vt_move_cut_over){ .is_over = false };
    for (;;) {
        if (!look(mover, &last_ms, out, err))
            return false;
        if (out->is_over || vt_monotonic_ms() >= until_ms)
            return true;
        (void)poll(NULL, 0, LOOK_AGAIN_MS);
    }
}
