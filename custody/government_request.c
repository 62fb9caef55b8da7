/* Numbers of requests: given once, in turn, and none left out. */
#include "custody/government_request.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"

void vt_government_requests_clear(struct vt_government_requests *requests)
{
    free(requests->rows);
    free(requests->gaps);
    vt_strays_clear(&requests->strays);
    *requests = (struct vt_government_requests){ .count = 0 };
}

/* Has anything been given in this state? */
static bool may_have_given(vt_slice state)
{
    return vt_slice_is(state, "answered") || vt_slice_is(state, "withdrawn");
}

bool vt_government_request_is_sound(const json_t *predicate, struct vt_error *err)
{
    const json_t *given = json_object_get(predicate, "given");
    vt_slice country = vt_field_text(predicate, "country");

    if (vt_field_number(predicate, "number") == 0)
        return vt_fail(err, VT_MALFORMED, "request: numbers begin with 1");
    if (country.len != 2 || country.data[0] < 'A' || country.data[0] > 'Z' ||
        country.data[1] < 'A' || country.data[1] > 'Z')
        return vt_fail(err, VT_MALFORMED, "request: a country is two capital letters");
    if (json_array_size(given) != 0 && !may_have_given(vt_field_text(predicate, "state")))
        return vt_fail(err, VT_MALFORMED,
                       "request: something was given under a request that is %.*s",
                       VT_SLICE_ARGS(vt_field_text(predicate, "state")));
    for (size_t i = 0; i < json_array_size(given); i++)
        for (size_t k = 0; k < i; k++)
            if (vt_slice_equal(vt_field_text(json_array_get(given, i), "kind"),
                               vt_field_text(json_array_get(given, k), "kind")))
                return vt_fail(
                    err, VT_MALFORMED, "request: '%.*s' is counted twice",
                    VT_SLICE_ARGS(vt_field_text(json_array_get(given, i), "kind")));
    return true;
}

static struct vt_government_request *find(const struct vt_government_requests *requests,
                                          uint64_t number)
{
    for (size_t i = 0; i < requests->count; i++)
        if (requests->rows[i].number == number)
            return &requests->rows[i];
    return NULL;
}

const struct vt_government_request *vt_government_requests_find(
    const struct vt_government_requests *requests, uint64_t number)
{
    return find(requests, number);
}

static void issue(struct vt_government_requests *out, const struct vt_said *said,
                  uint64_t *highest)
{
    const json_t *predicate = vt_said_predicate(said);
    uint64_t number = vt_field_number(predicate, "number");

    if (vt_json_has(predicate, "supersedes")) {
        vt_strays_add(&out->strays, said->index,
                      "it answers request %ju, which was not issued", (uintmax_t)number);
        return;
    }
    out->rows = vt_grow_array(out->rows, out->count + 1, sizeof *out->rows);
    out->rows[out->count++] =
        (struct vt_government_request){ number, said, said, number < *highest };
    *highest = number > *highest ? number : *highest;
}

static bool differs(const struct vt_said *a, const struct vt_said *b, const char *name)
{
    return !json_equal(json_object_get(vt_said_predicate(a), name),
                       json_object_get(vt_said_predicate(b), name));
}

static void answer(struct vt_government_requests *out, struct vt_government_request *row,
                   const struct vt_said *said)
{
    uintmax_t number = row->number;

    if (!vt_json_has(vt_said_predicate(said), "supersedes"))
        vt_strays_add(&out->strays, said->index, "number %ju is given twice", number);
    else if (!vt_said_is_superseded_by(row->last, said))
        vt_strays_add(&out->strays, said->index,
                      "it takes the place of a statement that is not the newest one of "
                      "request %ju",
                      number);
    else if (differs(row->last, said, "country") || differs(row->last, said, "kind") ||
             differs(row->last, said, "received"))
        vt_strays_add(&out->strays, said->index,
                      "it says of request %ju another country, kind or time", number);
    else
        row->last = said;
}

static int by_number(const void *a, const void *b)
{
    const struct vt_government_request *one = a, *two = b;

    return one->number < two->number ? -1 : one->number > two->number;
}

/* rows are sorted, and each number stands once. */
static void find_gaps(struct vt_government_requests *out)
{
    uint64_t next = 1;

    for (size_t i = 0; i < out->count; i++) {
        uint64_t number = out->rows[i].number;

        if (number > next) {
            out->gaps = vt_grow_array(out->gaps, out->gap_count + 1, sizeof *out->gaps);
            out->gaps[out->gap_count++] = (struct vt_request_gap){ next, number - 1 };
        }
        next = number + 1; /* below 2^53 + 1 */
    }
}

void vt_government_requests_reckon(const struct vt_story *story, int64_t at_unix_s,
                                   struct vt_government_requests *out)
{
    uint64_t highest = 0;

    *out = (struct vt_government_requests){ .count = 0 };
    for (size_t i = 0; i < story->count; i++) {
        const struct vt_said *said = story->rows[i];
        const json_t *predicate = vt_said_predicate(said);
        struct vt_government_request *row;
        struct vt_error why = { 0 };

        if (said->envelope.statement.type != VT_REQUEST || said->time_unix_s > at_unix_s)
            continue;
        row = find(out, vt_field_number(predicate, "number"));
        if (!vt_government_request_is_sound(predicate, &why))
            vt_strays_add(&out->strays, said->index, "%s", why.message);
        else if (row == NULL)
            issue(out, said, &highest);
        else
            answer(out, row, said);
    }
    if (out->count != 0)
        qsort(out->rows, out->count, sizeof *out->rows, by_number);
    find_gaps(out);
}

json_t *vt_government_request_json(const struct vt_government_request *request)
{
    const json_t *predicate = vt_said_predicate(request->last);

    return json_pack(
        "{s:I,s:O,s:O,s:O,s:O,s:O,s:b,s:o,s:o}", "number", (json_int_t)request->number,
        "country", json_object_get(predicate, "country"), "kind",
        json_object_get(predicate, "kind"), "received",
        json_object_get(predicate, "received"), "state",
        json_object_get(predicate, "state"), "given", json_object_get(predicate, "given"),
        "out_of_turn", request->is_out_of_turn, "issued", vt_said_json(request->first),
        "newest", vt_said_json(request->last));
}

/* ---- for the key agent ------------------------------------------------------------------
 */

static bool is_on_ledger(const struct vt_trust *trust, vt_slice statement,
                         vt_slice proof_text, int64_t *time_out, struct vt_error *err)
{
    struct vt_tlog_verdict verdict = { .outcome = VT_TLOG_MALFORMED };
    vt_hash leaf = vt_sha256_leaf(statement);
    struct vt_tlog_proof proof;

    if (!vt_tlog_proof_parse(proof_text, &proof, err) ||
        !vt_tlog_proof_verify(&proof, &leaf, &trust->policy, trust->release_origin,
                              &verdict, err))
        return false;
    if (verdict.time_unix_s != 0) /* a policy without witnesses knows no time */
        *time_out = verdict.time_unix_s;
    return true;
}

bool vt_request_is_told(const struct vt_trust *trust, uint64_t number, vt_slice statement,
                        vt_slice proof, struct vt_request_told *out, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    const json_t *predicate;
    vt_slice state, country;
    int64_t time;

    if (!vt_envelope_parse(statement, &envelope, err))
        return vt_within(err, "government request %ju", (uintmax_t)number);
    predicate = envelope.statement.predicate;
    time = vt_story_time(predicate, "created");
    if (envelope.statement.type != VT_REQUEST ||
        vt_field_number(predicate, "number") != number)
        return vt_fail(err, VT_REJECTED,
                       "the statement does not issue government request "
                       "%ju",
                       (uintmax_t)number);
    if (!vt_government_request_is_sound(predicate, err) ||
        !is_on_ledger(trust, statement, proof, &time, err) ||
        !vt_trust_admits_entry(trust, statement, time, err))
        return vt_within(err, "government request %ju", (uintmax_t)number);
    state = vt_field_text(predicate, "state");
    country = vt_field_text(predicate, "country");
    *out = (struct vt_request_told){ .is_ended = vt_slice_is(state, "refused") ||
                                                 vt_slice_is(state, "withdrawn") };
    memcpy(out->country, country.data, 2); /* two letters: is_sound */
    return true;
}

bool vt_request_is_issued(const struct vt_trust *trust, uint64_t number, vt_slice statement,
                          vt_slice proof, char country_out[3], struct vt_error *err)
{
    struct vt_request_told told;

    if (!vt_request_is_told(trust, number, statement, proof, &told, err))
        return false;
    memcpy(country_out, told.country, sizeof told.country);
    return !told.is_ended ||
           vt_fail(err, VT_REJECTED, "government request %ju is refused or withdrawn",
                   (uintmax_t)number);
}
