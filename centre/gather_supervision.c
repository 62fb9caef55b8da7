/* Promises, findings, requests of governments, denials: reckoned from all of the release
 * ledger and this second, by the functions that `vitrine promise`, `finding`, `request` and
 * `denial` ask.  The ledger is read again only when it has grown. */
#include "centre/centre.h"
#include "centre/gather.h"
#include "custody/denial.h"
#include "custody/finding.h"
#include "custody/government_request.h"
#include "custody/promise.h"
#include "evidence/field.h"

/* ---- the story --------------------------------------------------------------------------
 */

static bool is_current(const struct vt_holding *h, const struct vt_held *held)
{
    return h->story != NULL && h->story_head.size == held->verdict.size &&
           vt_hash_equal(&h->story_head.root, &held->verdict.root);
}

/* A copy that is not followed is not read either: what was said before stays. */
static void read_story(struct vt_gathering *g, const struct vt_held *held)
{
    struct vt_holding *h = g->holding;
    struct vt_error why = { 0 };
    struct vt_story *story;

    if (is_current(h, held) || held->trouble.code != VT_OK)
        return;
    if (!vt_story_read(vt_disk_path(held->disk), h->trust, g->now_unix_s, &story, &why)) {
        vt_gather_tell(g, vt_arena_printf(g->arena, "what was promised: %s", why.message));
        return;
    }
    vt_story_free(h->story);
    h->story = story;
    h->story_head = (struct vt_head){ held->verdict.size, held->verdict.root };
}

/* ---- documents --------------------------------------------------------------------------
 */

/* Takes the rows; strays of the statement's own form come with each. */
static bool put(struct vt_gathering *g, const char *name, json_t *rows,
                const struct vt_strays *strays, json_t *more, struct vt_error *err)
{
    struct vt_holding *h = g->holding;
    const struct vt_held *held = vt_holding_release(h);
    json_t *all = json_pack("{s:o,s:o,s:I}", name, rows, "strays", vt_strays_json(strays),
                            "entries", (json_int_t)h->story->entries);

    (void)json_object_set_new(all, "seen", vt_field_of_time(h->story->seen_unix_s));
    if (held != NULL)
        (void)json_object_set_new(all, "ledger", json_string(held->name));
    if (more != NULL)
        (void)json_object_update(all, more);
    json_decref(more);
    return vt_gather_put_json(g, vt_arena_printf(g->arena, "/api/v1/%s", name), all, err);
}

static bool put_promises(struct vt_gathering *g, struct vt_error *err)
{
    VT_AUTO_PROMISES promises = { .count = 0 };
    json_t *rows = json_array();

    vt_promises_reckon(g->holding->story, g->now_unix_s, &promises);
    for (size_t i = 0; i < promises.count; i++)
        (void)json_array_append_new(rows,
                                    vt_promise_json(g->holding->story, &promises.rows[i]));
    return put(g, "promises", rows, &promises.strays, NULL, err);
}

static bool put_findings(struct vt_gathering *g, struct vt_error *err)
{
    VT_AUTO_FLAWS flaws = { .count = 0 };
    json_t *rows = json_array();

    vt_flaws_reckon(g->holding->story, g->now_unix_s, &flaws);
    for (size_t i = 0; i < flaws.count; i++)
        (void)json_array_append_new(rows, vt_flaw_json(g->holding->story, &flaws.rows[i]));
    return put(g, "findings", rows, &flaws.strays, NULL, err);
}

static bool put_requests(struct vt_gathering *g, struct vt_error *err)
{
    VT_AUTO_REQUESTS requests = { .count = 0 };
    json_t *rows = json_array(), *gaps = json_array();

    vt_government_requests_reckon(g->holding->story, g->now_unix_s, &requests);
    for (size_t i = 0; i < requests.count; i++)
        (void)json_array_append_new(rows, vt_government_request_json(&requests.rows[i]));
    for (size_t i = 0; i < requests.gap_count; i++)
        (void)json_array_append_new(
            gaps, json_pack("{s:I,s:I}", "first", (json_int_t)requests.gaps[i].first,
                            "last", (json_int_t)requests.gaps[i].last));
    return put(g, "requests", rows, &requests.strays, json_pack("{s:o}", "gaps", gaps),
               err);
}

static bool put_denials(struct vt_gathering *g, struct vt_error *err)
{
    struct vt_strays strays = { .count = 0 };
    json_t *rows = vt_denials_json(g->holding->story, g->now_unix_s, &strays);
    bool is_ok = put(g, "denials", rows, &strays, NULL, err);

    vt_strays_clear(&strays);
    return is_ok;
}

bool vt_gather_supervision(struct vt_gathering *g, struct vt_error *err)
{
    const struct vt_held *held = vt_holding_release(g->holding);

    if (held != NULL)
        read_story(g, held);
    if (g->holding->story ==
        NULL) /* then nothing is known, which is not the same as none */
        return true;
    return put_promises(g, err) && put_findings(g, err) && put_requests(g, err) &&
           put_denials(g, err);
}
