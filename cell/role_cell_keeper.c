/* role cell-keeper: holds the cell's receipt key and what people shared; decides, keeps,
 * signs.
 *
 * Rights: files below the samples' folder, reading what the cell publishes; no socket but
 * its channel, the queue's door, at which the dispatcher of scanners comes, and whoever
 * counts reports, and, where the operator opened one, the door for movers (keeper_door.h).
 * Key, trust root, residency table and schema are read before the rights are given up, from
 * what `serve` said.  From then on only the front speaks to it, in fields of fixed length
 * and short texts (keeper_message.h), and guests at the doors (queue_guests.h,
 * queue_message.h, move_message.h).  An answer leaves when what it tells of is durable. */
#include "cell/role_cell_keeper.h"
#include "cell/keeper_door.h"
#include "cell/keeper_message.h"
#include "cell/queue_guests.h"
#include "ledger/serve_message.h"
#include <poll.h>

enum { TEND_MS = 2000 };

const struct vt_rights vt_cell_keeper_rights = { .folder = "", /* told at the start */
                                                 .may_listen = true,
                                                 .memory_bytes_max = VT_MIB(1024),
                                                 .files_max = 256 };

/* An upload's request: the next byte that it should bring, and why one did not fit. */
struct coming {
    vt_hash object;
    uint64_t next;
    uint16_t misfit; /* a status; 0: none */
};

struct keeper {
    struct vt_arena *arena;
    struct vt_env env;
    struct vt_channel *front;
    struct vt_queue_guests guests;
    struct vt_keeper_begin begin;
    struct vt_key *key;
    struct vt_keeper_rules rules;
    struct vt_samples *samples;
    struct vt_keeper_door door;
    struct coming coming[VT_KEEPER_PLACES_MAX];
    char why_no_head[240];
    int64_t tended_ms;
};

static int64_t now_of(const struct keeper *k)
{
    return vt_env_now_unix_s(&k->env);
}

/* ---- answers ----------------------------------------------------------------------------
 */

static bool send_taken(struct keeper *k, uint32_t place, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(4);

    vt_keeper_taken_write(&body, place);
    return vt_channel_send(k->front, VT_KEEPER_TAKEN, vt_buf_slice(&body), err);
}

/* Takes the answer. */
static bool send_answer(struct keeper *k, uint32_t place, enum vt_data_class data,
                        struct vt_sample_answer *answer,
                        const struct vt_residency_cell *right, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_keeper_answer out = { .place = place,
                                    .status = answer->status,
                                    .retry_after_s = answer->retry_after_s,
                                    .offset = answer->offset,
                                    .counted = answer->counted,
                                    .sentence = vt_slice_from_cstr(answer->sentence) };
    bool is_ok;

    if (answer->status == 200)
        out.document = vt_buf_slice(&answer->document);
    else if (answer->status >= 400 && answer->reason != VT_COUNTED_ACCEPTED)
        vt_samples_count(k->samples, data, answer->reason);
    if (right != NULL) {
        out.cell = right->name;
        out.url = right->url;
    }
    vt_keeper_answer_write(&body, &out);
    is_ok = vt_buf_check(&body, "an answer", err) &&
            vt_channel_send(k->front, VT_KEEPER_ANSWER, vt_buf_slice(&body), err);
    vt_sample_answer_clear(answer);
    return is_ok;
}

/* ---- messages of the front --------------------------------------------------------------
 */

static bool on_share(struct keeper *k, vt_slice body, struct vt_error *err)
{
    struct vt_sample_answer answer = { .status = 0 };
    const struct vt_residency_cell *right;
    struct vt_share_request request;
    uint32_t place;

    if (!vt_keeper_share_read(body, &place, &request))
        return vt_fail(err, VT_MALFORMED, "a wish without a form");
    k->coming[place].misfit = 0;
    if (!send_taken(k, place, err) ||
        !vt_keeper_rules_look(&k->rules, now_of(k), k->why_no_head, err) ||
        !vt_keeper_rules_place(&k->rules, request.country, VT_DATA_FILE, now_of(k), &answer,
                               &right, err))
        return false;
    if (answer.status == 0)
        vt_keeper_rules_judge(&k->rules, &request, now_of(k), &answer);
    if (answer.status == 0 && !vt_samples_share(k->samples, &request, &answer, err))
        return false;
    return send_answer(k, place, VT_DATA_FILE, &answer, right, err);
}

static bool on_chunk(struct keeper *k, vt_slice body, struct vt_error *err)
{
    struct vt_keeper_chunk chunk;
    struct coming *coming;

    if (!vt_keeper_chunk_read(body, &chunk))
        return vt_fail(err, VT_MALFORMED, "a chunk without a form");
    coming = &k->coming[chunk.place];
    if (!vt_hash_equal(&coming->object, &chunk.object) || coming->next != chunk.offset)
        *coming = (struct coming){ .object = chunk.object }; /* another request */
    coming->next = chunk.offset + chunk.bytes.len;           /* both bounded */
    return (coming->misfit != 0 || vt_samples_put(k->samples, &chunk.object, chunk.offset,
                                                  chunk.bytes, &coming->misfit, err)) &&
           send_taken(k, chunk.place, err);
}

/* A file that becomes whole behind a fence would be in neither place, or in both. */
static bool may_become_whole(struct keeper *k, const vt_hash *object,
                             struct vt_sample_answer *answer,
                             const struct vt_residency_cell **right, struct vt_error *err)
{
    char country[3];

    *right = NULL;
    if (vt_samples_country(k->samples, object, country, err))
        return vt_keeper_rules_place(&k->rules, country, VT_DATA_FILE, now_of(k), answer,
                                     right, err);
    if (err->code != VT_ABSENT)
        return false;
    *err = (struct vt_error){ 0 };
    return true;
}

static bool on_end(struct keeper *k, vt_slice body, struct vt_error *err)
{
    struct vt_sample_answer answer = { .status = 0 };
    const struct vt_residency_cell *right;
    struct vt_keeper_chunk chunk;
    uint16_t misfit;

    if (!vt_keeper_chunk_read(body, &chunk) || chunk.bytes.len != 0)
        return vt_fail(err, VT_MALFORMED, "an end without a form");
    misfit = vt_hash_equal(&k->coming[chunk.place].object, &chunk.object)
                 ? k->coming[chunk.place].misfit
                 : 0;
    k->coming[chunk.place] = (struct coming){ .misfit = 0 };
    if (!send_taken(k, chunk.place, err) ||
        !may_become_whole(k, &chunk.object, &answer, &right, err) ||
        (answer.status == 0 && !vt_samples_end(k->samples, &chunk.object, &answer, err)))
        return false;
    if (misfit != 0 && answer.status == 202) { /* else it says more than the misfit */
        answer.reason = VT_COUNTED_MALFORMED;
        (void)vt_samples_say(&answer, misfit,
                             misfit == 413 ? "longer than was said"
                                           : "what came does not begin where it is");
    }
    return send_answer(k, chunk.place, VT_DATA_FILE, &answer, right, err);
}

static bool on_state(struct keeper *k, vt_slice body, struct vt_error *err)
{
    struct vt_sample_answer answer = { .status = 0 };
    struct vt_keeper_chunk chunk;

    if (!vt_keeper_chunk_read(body, &chunk) || chunk.bytes.len != 0)
        return vt_fail(err, VT_MALFORMED, "a question without a form");
    k->coming[chunk.place].misfit = 0;
    return send_taken(k, chunk.place, err) &&
           vt_samples_state(k->samples, &chunk.object, &answer, err) &&
           send_answer(k, chunk.place, VT_DATA_FILE, &answer, NULL, err);
}

/* ---- reports and withdrawals ------------------------------------------------------------
 */

/* Is it of the schema that is counted, of this period or the one before? */
static void judge_report(const struct keeper *k, const struct vt_keeper_report *report,
                         struct vt_sample_answer *answer)
{
    const struct vt_statistic_schema *schema = &k->rules.schema;
    uint64_t period;

    answer->reason = VT_COUNTED_MALFORMED;
    if (schema->json == NULL || !vt_hash_equal(&schema->digest, &report->schema)) {
        (void)vt_samples_say(answer, 422,
                             "report: is of a schema that is not counted here");
        return;
    }
    for (size_t i = 0; i < schema->field_count; i++)
        if (report->field_count != schema->field_count ||
            report->value_counts[i] != schema->fields[i].value_count) {
            (void)vt_samples_say(answer, 422, "report: has not the fields of its schema");
            return;
        }
    period = vt_statistic_period(schema, now_of(k));
    if (report->report.period != period && report->report.period + 1 != period)
        (void)vt_samples_say(answer, 422, "report: is of a period that is not counted now");
}

static bool on_report(struct keeper *k, vt_slice body, struct vt_error *err)
{
    struct vt_sample_answer answer = { .status = 0 };
    VT_AUTO_FREE struct vt_keeper_report *report = vt_alloc(sizeof *report);
    const struct vt_residency_cell *right;

    if (!vt_keeper_report_read(body, report))
        return vt_fail(err, VT_MALFORMED, "a report without a form");
    if (!send_taken(k, report->place, err) ||
        !vt_keeper_rules_place(&k->rules, report->country, VT_DATA_STATISTIC, now_of(k),
                               &answer, &right, err))
        return false;
    if (answer.status == 0)
        judge_report(k, report, &answer);
    if (answer.status == 0) {
        if (!vt_samples_add_report(k->samples, &report->schema, &k->rules.schema,
                                   &report->report, err))
            return false;
        answer.counted = 1;
        (void)vt_samples_say(&answer, 202, "counted");
    }
    return send_answer(k, report->place, VT_DATA_STATISTIC, &answer, right, err);
}

static bool on_withdraw(struct keeper *k, vt_slice body, struct vt_error *err)
{
    struct vt_sample_answer answer = { .status = 0 };
    VT_AUTO_WITHDRAWAL request = { .json = NULL };
    struct vt_keeper_withdrawal fields;
    struct vt_error why = { 0 };

    if (!vt_keeper_withdrawal_read(body, &fields))
        return vt_fail(err, VT_MALFORMED, "a withdrawal without a form");
    if (!send_taken(k, fields.place, err))
        return false;
    if (!vt_withdrawal_of_fields(fields.cell, &fields.pseudonym, fields.at_unix_s,
                                 fields.objects, fields.signature, &request, &why)) {
        answer.reason = VT_COUNTED_NO_CONSENT;
        (void)vt_samples_say(&answer, why.code == VT_REJECTED ? 403 : 400, "%s",
                             why.message);
    } else if (!vt_samples_withdraw(k->samples, &request, &answer, err)) {
        return false;
    }
    return send_answer(k, fields.place, VT_DATA_FILE, &answer, NULL, err);
}

static const struct {
    uint16_t type;
    bool (*handle)(struct keeper *k, vt_slice body, struct vt_error *err);
} handlers[] = {
    { VT_KEEPER_SHARE, on_share },   { VT_KEEPER_CHUNK, on_chunk },
    { VT_KEEPER_END, on_end },       { VT_KEEPER_STATE, on_state },
    { VT_KEEPER_REPORT, on_report }, { VT_KEEPER_WITHDRAW, on_withdraw },
};

static bool on_front(struct keeper *k, struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_receive(k->front, 0, &message, err))
        return false;
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].type == message.type)
            return handlers[i].handle(k, message.body, err);
    return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
}

/* ---- serving ----------------------------------------------------------------------------
 */

static bool tend(struct keeper *k, struct vt_error *err)
{
    vt_hash recipients[VT_KEEPER_RECIPIENTS_MAX];
    size_t count = k->rules.recipient_count;
    bool is_more, had_head = k->rules.head.file != NULL;

    if (vt_monotonic_ms() - k->tended_ms < TEND_MS)
        return true;
    k->tended_ms = vt_monotonic_ms();
    if (!vt_keeper_rules_look(&k->rules, now_of(k), k->why_no_head, err))
        return false;
    if (k->why_no_head[0] != '\0' && had_head)
        (void)fprintf(stderr, "vitrine cell-keeper: no files are taken: %s\n",
                      k->why_no_head);
    /* Without a head we do not know which periods are over. */
    if (k->rules.head.file == NULL)
        return true;
    for (size_t i = 0; i < count; i++)
        recipients[i] = k->rules.recipients[i].digest;
    return vt_samples_tend(k->samples, recipients, count, &is_more, err);
}

static bool serve(struct keeper *k, struct vt_error *err)
{
    struct pollfd fds[1 + VT_QUEUE_GUESTS_FDS + VT_KEEPER_DOOR_FDS] = {
        { .fd = k->front->fd, .events = POLLIN }
    };
    struct pollfd *guests = fds + 1, *movers = guests + VT_QUEUE_GUESTS_FDS;

    vt_queue_guests_poll(&k->guests, guests);
    vt_keeper_door_poll(&k->door, movers);
    if (poll(fds, sizeof fds / sizeof fds[0],
             vt_keeper_door_is_at_work(&k->door) ? 0 : TEND_MS) < 0 &&
        errno != EINTR)
        return vt_fail(err, VT_IO, "poll: %s", strerror(errno));
    return vt_queue_guests_answer(&k->guests, guests, k->samples, err) &&
           (fds[0].revents == 0 || on_front(k, err)) &&
           vt_keeper_door_answer(&k->door, movers, err) && tend(k, err);
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool begin(struct keeper *k, struct vt_error *err)
{
    struct vt_rights rights = vt_cell_keeper_rights;

    vt_json_prepare();
    if (!vt_cell_keeper_listen(k->front, k->arena, &k->begin, &k->key, err) ||
        !vt_keeper_rules_read(&k->rules, &k->begin.sources, err) ||
        !vt_samples_open(k->begin.samples, k->begin.sources.cell, &k->begin.bounds, k->key,
                         &k->env, &k->samples, err) ||
        !vt_keeper_door_open(&k->door, k->begin.movers, &k->rules, k->samples, k->key,
                             &k->env, err))
        return false;
    if (k->begin.has_queue)
        k->guests.door_fd = VT_ROLE_FD(VT_CELL_KEEPER_QUEUE);
    rights.folder = k->begin.samples;
    rights.read_folders[0] = k->begin.sources.published;
    if (!vt_rights_read(&rights, vt_key_reads(k->key), err))
        return false;
    vt_confine(&rights);
    return vt_keeper_rules_look(&k->rules, now_of(k), k->why_no_head, err) &&
           vt_serve_ready(k->front, err);
}

int vt_role_cell_keeper(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct keeper *k = vt_alloc(sizeof *k);
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun;

    k->arena = arena;
    k->env = vt_env_real();
    k->front = channel;
    vt_queue_guests_init(&k->guests, -1);
    is_begun = begin(k, &err);
    while (is_begun && serve(k, &err))
        ;
    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (err.code != VT_ABSENT) /* somebody must hear why it ends */
        (void)fprintf(stderr, "vitrine cell-keeper: %s\n", err.message);
    vt_keeper_door_close(&k->door);
    vt_samples_close(k->samples);
    vt_keeper_rules_clear(&k->rules);
    vt_key_close(k->key);
    vt_queue_guests_clear(&k->guests);
    return err.code == VT_ABSENT ? VT_EXIT_OK : vt_code_exit(err.code);
}
