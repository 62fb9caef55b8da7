/* Heads of sealed records, gathered from a story. */
#include "custody/seal_head.h"
#include "evidence/field.h"

bool vt_seal_head_is_sound(const json_t *predicate, struct vt_error *err)
{
    return vt_field_number(predicate, "records") != 0 ||
           vt_fail(err, VT_MALFORMED, "seal-head: counts no record");
}

/* They come in order, but for the few that were added late. */
static void take(struct vt_seal_heads *out, const struct vt_seal_head *head)
{
    size_t at = out->count;

    out->rows = vt_grow_array(out->rows, out->count + 1, sizeof *out->rows);
    for (; at > 0 && out->rows[at - 1].records > head->records; at--)
        out->rows[at] = out->rows[at - 1];
    out->rows[at] = *head;
    out->count++;
}

void vt_seal_heads_reckon(const struct vt_story *story, vt_slice centre,
                          struct vt_seal_heads *out)
{
    *out = (struct vt_seal_heads){ .rows = NULL };
    for (size_t i = 0; i < story->count; i++) {
        const json_t *predicate = vt_said_predicate(story->rows[i]);
        struct vt_error ignored = { 0 };

        if (story->rows[i]->envelope.statement.type != VT_SEAL_HEAD ||
            !vt_slice_equal(vt_field_text(predicate, "centre"), centre) ||
            !vt_seal_head_is_sound(predicate, &ignored))
            continue;
        take(out,
             &(struct vt_seal_head){ story->rows[i], vt_field_number(predicate, "records"),
                                     vt_field_hash(predicate, "chain") });
    }
}

void vt_seal_heads_clear(struct vt_seal_heads *heads)
{
    free(heads->rows);
    *heads = (struct vt_seal_heads){ .rows = NULL };
}
