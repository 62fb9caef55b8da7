/* What a destination signs at the end of a move: that it read every file from its disk in
 * this conversation, and that they are what the source had.
 *
 * Its own name, its root and the places of canaries are its own knowledge; a mover that
 * lies of the rest has the source's signature beside it, and the first paper on the ledger.
 */
#include "cell/move_message.h"
#include "cell/samples_inside.h"

enum { CLOCKS_APART_S_MAX = 600 };

/* ---- what was read ----------------------------------------------------------------------
 */

void vt_move_desk_forget(struct vt_move_desk *desk)
{
    free(desk->read);
    desk->read = NULL;
    desk->is_read_whole = false;
}

/* A page from the first on begins anew; another one goes on where the last one ended. */
static void begin_page(struct vt_move_desk *desk, const struct vt_move_place *place)
{
    bool goes_on = desk->read != NULL && !desk->is_read_whole && place->has_after &&
                   strcmp(desk->read_country, place->country) == 0 &&
                   desk->read->tree.size != 0 &&
                   vt_hash_equal(&desk->read->last, &place->after);

    if (goes_on)
        return;
    vt_move_desk_forget(desk);
    if (place->has_after)
        return;
    desk->read = vt_alloc(sizeof *desk->read);
    memcpy(desk->read_country, place->country, sizeof desk->read_country);
}

bool vt_move_desk_was_read(struct vt_move_desk *desk, const struct vt_move_place *place,
                           const struct vt_arrived *rows, size_t count, bool is_more,
                           struct vt_error *err)
{
    begin_page(desk, place);
    if (desk->read == NULL)
        return true;
    for (size_t i = 0; i < count; i++)
        if (!vt_manifest_sum_add(desk->read, &rows[i].row, err))
            return false;
    desk->is_read_whole = !is_more;
    return true;
}

/* ---- signing ----------------------------------------------------------------------------
 */

static bool find_canaries(struct vt_samples *samples, struct vt_relocation_words *words,
                          struct vt_error *err)
{
    for (size_t i = 0; i < words->canary_count; i++) {
        struct vt_relocation_canary *canary = &words->canaries[i];
        bool is_here;

        canary->here = canary->object;
        if (!vt_samples_has_arrived(samples, &canary->object, &is_here, err) ||
            !vt_samples_resolve(samples, &canary->here, err))
            return false;
        if (!is_here)
            return vt_fail(err, VT_REJECTED, "a canary did not arrive");
    }
    return true;
}

static bool is_time_ours(const struct vt_samples *samples, int64_t at_unix_s,
                         struct vt_error *err)
{
    int64_t now = vt_samples_now(samples);

    return (at_unix_s >= now - CLOCKS_APART_S_MAX &&
            at_unix_s <= now + CLOCKS_APART_S_MAX) ||
           vt_fail(err, VT_REJECTED,
                   "the end bears a time that is %d s or more from the destination's clock",
                   CLOCKS_APART_S_MAX);
}

static bool may_sign(struct vt_move_desk *desk, const struct vt_relocation_words *words,
                     struct vt_error *err)
{
    if (desk->key == NULL)
        return vt_fail(err, VT_REJECTED, "the destination has no key to sign with");
    if (!desk->may_arrive(desk->context, words->country, err))
        return false;
    if (desk->read == NULL || !desk->is_read_whole ||
        strcmp(desk->read_country, words->country) != 0)
        return vt_fail(err, VT_REJECTED,
                       "the destination signs what it has read back from the first file to "
                       "the last, and nothing has come since");
    return vt_manifest_root_equal(&words->read_back, &words->settled) ||
           vt_fail(err, VT_REJECTED,
                   "the destination read back %ju objects, and the source has %ju, or "
                   "others",
                   (uintmax_t)words->read_back.count, (uintmax_t)words->settled.count);
}

bool vt_move_desk_sign(struct vt_move_desk *desk, struct vt_relocation_words *words,
                       struct vt_buf *envelope_out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *keys[1] = { desk->key };

    if (desk->read != NULL)
        words->read_back = vt_manifest_sum_root(desk->read);
    (void)snprintf(words->to, sizeof words->to, "%s", desk->cell);
    return may_sign(desk, words, err) &&
           is_time_ours(desk->samples, words->at_unix_s, err) &&
           find_canaries(desk->samples, words, err) &&
           vt_relocation_write(words, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, envelope_out, err);
}
