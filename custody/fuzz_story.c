/* Input: lines, each a letter for who signs (the first of his role) and a statement's
 * payload.  Signatures are left out, so that what is said reaches the reckoning.
 *
 * Laws: each statement stands in one history or is a stray, never both, never neither; with
 * nothing more said, what is late stays late however far the clock goes; a promise that is
 * open at its last date was never late; numbers and gaps of requests are apart and leave
 * nothing out; heads of one seal never count fewer records than the one before. */
#include "custody/denial.h"
#include "custody/finding.h"
#include "custody/promise.h"
#include "custody/register.h"
#include "custody/government_request.h"
#include "custody/seal_head.h"
#include "evidence/field.h"
#include "tools/fuzz.h"

enum { ROWS_MAX = 64 };

static const struct vt_trust_key keys[] = {
    { .holder = { (const uint8_t *)"Acme", 4 }, .role = VT_ROLE_VENDOR },
    { .holder = { (const uint8_t *)"Watch", 5 }, .role = VT_ROLE_SUPERVISOR },
    { .holder = { (const uint8_t *)"House", 5 }, .role = VT_ROLE_FOUNDATION },
    { .holder = { (const uint8_t *)"State A", 7 }, .role = VT_ROLE_REVIEWER },
};

static struct vt_said *said_of(vt_slice line)
{
    struct vt_error err = { 0 };
    struct vt_said *said = vt_alloc(sizeof *said);
    size_t key = line.len == 0 ? 0 : (size_t)line.data[0] % 4;

    if (line.len == 0 || !vt_statement_parse(vt_slice_sub(line, 1, line.len - 1),
                                             &said->envelope.statement, &err)) {
        free(said);
        return NULL;
    }
    said->payload = vt_sha256_of(vt_slice_sub(line, 1, line.len - 1));
    said->signer = &keys[key];
    return said;
}

/* In order of time, as a story's are. */
static void read_story(vt_slice input, struct vt_story *story)
{
    vt_reader r = { input };
    vt_slice line;

    while (story->count < ROWS_MAX && vt_read_line(&r, &line)) {
        struct vt_said *said = said_of(line);
        int64_t time;

        if (said == NULL)
            continue;
        time = vt_story_time(vt_said_predicate(said), "created");
        said->index = story->entries++;
        said->time_unix_s = time > story->newest_unix_s ? time : story->newest_unix_s;
        story->newest_unix_s = said->time_unix_s;
        story->rows = vt_grow_array(story->rows, story->count + 1, sizeof *story->rows);
        story->rows[story->count++] = said;
    }
}

static size_t count_of(const struct vt_story *story, enum vt_predicate type)
{
    size_t count = 0;

    for (size_t i = 0; i < story->count; i++)
        count += story->rows[i]->envelope.statement.type == type;
    return count;
}

static void check_promises(const struct vt_story *story, int64_t at)
{
    VT_AUTO_PROMISES now = { .count = 0 };
    VT_AUTO_PROMISES later = { .count = 0 };
    size_t placed = 0;

    vt_promises_reckon(story, at, &now);
    vt_promises_reckon(story, VT_TIME_UNIX_S_MAX, &later);
    for (size_t i = 0; i < now.count; i++) {
        const struct vt_promise *row = &now.rows[i];
        const struct vt_promise *then = vt_promises_find(&later, row->id);
        json_t *json = vt_promise_json(story, row);

        VT_CHECK(json != NULL && then != NULL);
        json_decref(json);
        VT_CHECK((row->state == VT_PROMISE_LATE || row->state == VT_PROMISE_LATE_KEPT) ==
                 (row->late_unix_s != 0));
        VT_CHECK(row->state != VT_PROMISE_LATE || then->late_unix_s == row->late_unix_s);
        VT_CHECK((row->kept != NULL) ==
                 (row->state == VT_PROMISE_KEPT || row->state == VT_PROMISE_LATE_KEPT));
        VT_CHECK(row->state != VT_PROMISE_OPEN || at <= row->due_unix_s);
        placed += 1 + row->moves + (row->kept != NULL);
    }
    VT_CHECK(placed + now.strays.count ==
             count_of(story, VT_PROMISE) + count_of(story, VT_KEPT));
}

static void check_flaws(const struct vt_story *story, int64_t at)
{
    VT_AUTO_FLAWS now = { .count = 0 };
    VT_AUTO_FLAWS later = { .count = 0 };

    vt_flaws_reckon(story, at, &now);
    vt_flaws_reckon(story, VT_TIME_UNIX_S_MAX, &later);
    VT_CHECK(now.count == later.count);
    for (size_t i = 0; i < now.count; i++) {
        const struct vt_flaw *row = &now.rows[i];
        const struct vt_flaw *then = vt_flaws_find(&later, row->id);
        json_t *json = vt_flaw_json(story, row);

        VT_CHECK(json != NULL && then != NULL);
        json_decref(json);
        VT_CHECK(!row->is_late || (then->is_late && row->late_unix_s != 0));
        VT_CHECK(!row->is_withheld || row->opened == NULL);
    }
}

static void check_requests(const struct vt_story *story, int64_t at)
{
    VT_AUTO_REQUESTS all = { .count = 0 };
    uint64_t issued = 0, missing = 0, highest;

    vt_government_requests_reckon(story, at, &all);
    for (size_t i = 0; i < all.count; i++) {
        json_t *json = vt_government_request_json(&all.rows[i]);

        VT_CHECK(json != NULL);
        json_decref(json);
        issued++;
        VT_CHECK(i == 0 || all.rows[i - 1].number < all.rows[i].number);
    }
    for (size_t i = 0; i < all.gap_count; i++) {
        VT_CHECK(all.gaps[i].first <= all.gaps[i].last);
        VT_CHECK(vt_government_requests_find(&all, all.gaps[i].first) == NULL);
        missing += all.gaps[i].last - all.gaps[i].first + 1;
    }
    highest = all.count == 0 ? 0 : all.rows[all.count - 1].number;
    VT_CHECK(issued + missing == highest);
    VT_CHECK(all.count + all.strays.count <= count_of(story, VT_REQUEST));
}

static void check_register(const struct vt_story *story, int64_t at)
{
    VT_AUTO_REGISTER now = { .count = 0 };
    VT_AUTO_REGISTER later = { .count = 0 };
    size_t counted = 0;

    vt_register_reckon(story, at, &now);
    vt_register_reckon(story, VT_TIME_UNIX_S_MAX, &later);
    VT_CHECK(now.count == later.count && now.late <= later.late);
    VT_CHECK(now.unproven == later.unproven); /* the clock alone proves nothing */
    for (size_t i = 0; i < VT_SERVICE_STATES; i++)
        counted += now.counts[i];
    VT_CHECK(counted == now.count);
    for (size_t i = 0; i < now.count; i++) {
        json_t *json = vt_service_json(&now.rows[i]);

        VT_CHECK(json != NULL);
        json_decref(json);
        VT_CHECK(now.rows[i].state == VT_SERVICE_HERE ||
                 now.rows[i].state == VT_SERVICE_STAYS ||
                 vt_json_has(now.rows[i].row, "promise"));
    }
    VT_CHECK(now.strays.count <= count_of(story, VT_RELOCATION_PLAN));
}

static void check_denials(const struct vt_story *story, int64_t at)
{
    struct vt_strays strays = { .count = 0 };
    json_t *rows = vt_denials_json(story, at, &strays);

    VT_CHECK(json_array_size(rows) + strays.count == count_of(story, VT_DENIAL));
    json_decref(rows);
    vt_strays_clear(&strays);
}

static void check_seal_heads(const struct vt_story *story)
{
    for (size_t i = 0; i < story->count; i++) {
        const json_t *predicate = vt_said_predicate(story->rows[i]);
        VT_AUTO_SEAL_HEADS all = { .count = 0 };
        bool is_there = false;

        if (story->rows[i]->envelope.statement.type != VT_SEAL_HEAD)
            continue;
        vt_seal_heads_reckon(story, vt_field_text(predicate, "centre"), &all);
        for (size_t k = 0; k < all.count; k++) {
            VT_CHECK(all.rows[k].records >= (k == 0 ? 1 : all.rows[k - 1].records));
            is_there = is_there || all.rows[k].said == story->rows[i];
        }
        VT_CHECK(is_there == (vt_field_number(predicate, "records") != 0));
    }
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_STORY story = vt_story_new(NULL, VT_TIME_UNIX_S_MAX);

    read_story(input, story);
    check_seal_heads(story);
    /* After all that was said: the clock alone moves. */
    for (int64_t later = 0; later <= 2; later++) {
        int64_t at = story->newest_unix_s + later * 86400;

        check_promises(story, at);
        check_flaws(story, at);
        check_requests(story, at);
        check_denials(story, at);
        check_register(story, at);
    }
}
