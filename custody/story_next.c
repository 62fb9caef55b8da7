/* One statement more, held against all that was said. */
#include "custody/denial.h"
#include "custody/finding.h"
#include "custody/promise.h"
#include "custody/register.h"
#include "custody/government_request.h"
#include "custody/seal_head.h"

static bool is_stray(const struct vt_strays *strays, uint64_t index, struct vt_error *err)
{
    for (size_t i = 0; i < strays->count; i++)
        if (strays->rows[i].index == index) {
            (void)vt_fail(err, VT_REJECTED, "it would not count: %s", strays->rows[i].why);
            return true;
        }
    return false;
}

static bool fits_requests(const struct vt_story *story, uint64_t index, int64_t now_unix_s,
                          struct vt_error *err)
{
    VT_AUTO_REQUESTS all = { .count = 0 };

    vt_government_requests_reckon(story, now_unix_s, &all);
    return !is_stray(&all.strays, index, err);
}

static bool fits_promises(const struct vt_story *story, uint64_t index, int64_t now_unix_s,
                          struct vt_error *err)
{
    VT_AUTO_PROMISES all = { .count = 0 };

    vt_promises_reckon(story, now_unix_s, &all);
    return !is_stray(&all.strays, index, err);
}

static bool fits_findings(const struct vt_story *story, uint64_t index, int64_t now_unix_s,
                          struct vt_error *err)
{
    VT_AUTO_FLAWS all = { .count = 0 };

    vt_flaws_reckon(story, now_unix_s, &all);
    return !is_stray(&all.strays, index, err);
}

static bool fits_plans(const struct vt_story *story, uint64_t index, int64_t now_unix_s,
                       struct vt_error *err)
{
    VT_AUTO_REGISTER all = { .count = 0 };

    vt_register_reckon(story, now_unix_s, &all);
    return !is_stray(&all.strays, index, err);
}

bool vt_story_next(struct vt_story *story, vt_slice entry, int64_t now_unix_s,
                   vt_slice evidence, uint64_t evidence_index, struct vt_error *err)
{
    size_t count = story->count;
    uint64_t index = story->entries++;
    struct vt_said *said;

    if (story->seen_unix_s < now_unix_s)
        story->seen_unix_s = now_unix_s;
    vt_story_take(story, index, entry);
    if (is_stray(&story->strays, index, err))
        return false;
    if (story->count == count)
        return vt_fail(err, VT_MALFORMED, "it is no statement of supervision");
    said = story->rows[count];
    if (said->time_unix_s > now_unix_s)
        now_unix_s = said->time_unix_s;
    switch ((int)said->envelope.statement.type) {
    case VT_KEPT:
        if (evidence.len != 0)
            vt_story_prove(story, said, evidence_index, evidence);
        if (is_stray(&story->strays, index, err))
            return false;
        return fits_promises(story, index, now_unix_s, err);
    case VT_PROMISE:
        return fits_promises(story, index, now_unix_s, err);
    case VT_FINDING:
        return fits_findings(story, index, now_unix_s, err);
    case VT_REQUEST:
        return fits_requests(story, index, now_unix_s, err);
    case VT_RELOCATION_PLAN:
        return fits_plans(story, index, now_unix_s, err);
    case VT_SEAL_HEAD:
        return vt_seal_head_is_sound(vt_said_predicate(said), err);
    default:
        return vt_denial_is_sound(vt_said_predicate(said), err);
    }
}
