/* Denials, listed. */
#include "custody/denial.h"
#include "evidence/field.h"

bool vt_denial_is_sound(const json_t *predicate, struct vt_error *err)
{
    int64_t asked = vt_story_time(predicate, "asked_at");

    return vt_story_time(predicate, "refused_at") >= asked ||
           vt_fail(err, VT_MALFORMED, "denial: refused before it was asked for");
}

static json_t *denial_json(const struct vt_said *said)
{
    json_t *row = json_deep_copy(vt_said_predicate(said));

    (void)json_object_del(row, "created"); /* the ledger's time is the one that counts */
    (void)json_object_set_new(row, "said", vt_said_json(said));
    return row;
}

json_t *vt_denials_json(const struct vt_story *story, int64_t at_unix_s,
                        struct vt_strays *strays)
{
    json_t *rows = json_array();

    for (size_t i = story->count; i-- > 0;) {
        const struct vt_said *said = story->rows[i];
        struct vt_error why = { 0 };

        if (said->envelope.statement.type != VT_DENIAL || said->time_unix_s > at_unix_s)
            continue;
        if (vt_denial_is_sound(vt_said_predicate(said), &why))
            (void)json_array_append_new(rows, denial_json(said));
        else
            vt_strays_add(strays, said->index, "%s", why.message);
    }
    return rows;
}
