/* Statements as a ledger holds them: judged, timed, in order.  Pure. */
#include "custody/story.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"
#include "wire/base64.h"

/* ---- memory -----------------------------------------------------------------------------
 */

void vt_strays_clear(struct vt_strays *strays)
{
    free(strays->rows);
    *strays = (struct vt_strays){ .count = 0 };
}

void vt_strays_add(struct vt_strays *strays, uint64_t index, const char *format, ...)
{
    struct vt_stray *row;
    va_list list;

    strays->rows = vt_grow_array(strays->rows, strays->count + 1, sizeof *strays->rows);
    row = &strays->rows[strays->count++];
    row->index = index;
    va_start(list, format);
    (void)vsnprintf(row->why, sizeof row->why, format, list);
    va_end(list);
}

json_t *vt_strays_json(const struct vt_strays *strays)
{
    json_t *list = json_array();

    for (size_t i = 0; i < strays->count; i++) {
        vt_slice why = vt_slice_from_cstr(strays->rows[i].why);

        while (!vt_slice_is_utf8(why)) /* cut within a letter */
            why.len--;
        (void)json_array_append_new(
            list, json_pack("{s:I,s:s%}", "index", (json_int_t)strays->rows[i].index, "why",
                            (const char *)why.data, why.len));
    }
    return list;
}

static void said_free(struct vt_said *said)
{
    if (said->evidence != NULL)
        vt_envelope_clear(said->evidence);
    free(said->evidence);
    vt_envelope_clear(&said->envelope);
    free(said);
}

struct vt_story *vt_story_new(const struct vt_trust *trust, int64_t seen_unix_s)
{
    struct vt_story *story = vt_alloc(sizeof *story);

    story->trust = trust;
    story->seen_unix_s = seen_unix_s;
    return story;
}

void vt_story_free(struct vt_story *story)
{
    if (story == NULL)
        return;
    for (size_t i = 0; i < story->count; i++)
        said_free(story->rows[i]);
    free(story->rows);
    vt_strays_clear(&story->strays);
    free(story);
}

void vt_story_free_pointer(struct vt_story **story)
{
    vt_story_free(*story);
}

/* ---- taking -----------------------------------------------------------------------------
 */

/* Does a type of ours stand in these bytes?  Within a predicate it may stand too: then the
 * schemas decide. */
static bool names_our_type(vt_slice payload)
{
    static const char mark[] = "\"predicateType\":\"";
    vt_reader r = { payload };
    enum vt_predicate type;
    vt_slice uri;

    for (;;) {
        const uint8_t *at =
            r.rest.len != 0 ? memmem(r.rest.data, r.rest.len, mark, sizeof mark - 1) : NULL;

        if (at == NULL)
            return false;
        r.rest = vt_slice_sub(r.rest, (size_t)(at - r.rest.data) + sizeof mark - 1,
                              r.rest.len - (size_t)(at - r.rest.data) - (sizeof mark - 1));
        if (vt_read_until(&r, '"', &uri) && vt_predicate_of(uri, &type) &&
            vt_predicate_is_of_supervision(type))
            return true;
    }
}

/* Most entries are about something else: that is seen in the payload's bytes, long before
 * anything is held against a schema.  An envelope has one spelling, with the payload first.
 */
static bool may_be_ours(vt_slice entry)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error ignored = { 0 };
    vt_reader r = { entry };
    vt_slice base64;

    return vt_read_literal(&r, VT_LIT("{\"payload\":\"")) &&
           vt_read_until(&r, '"', &base64) && vt_base64_parse(base64, &payload, &ignored) &&
           names_our_type(vt_buf_slice(&payload));
}

static const struct vt_trust_key *signer_of(const struct vt_trust *trust,
                                            const struct vt_envelope *envelope)
{
    for (unsigned role = 0; role < VT_ROLES; role++)
        for (size_t i = 0; i < envelope->dsse.signature_count; i++) {
            const struct vt_trust_key *key =
                vt_trust_role_may_sign((enum vt_trust_role)role, envelope->statement.type)
                    ? vt_trust_find(trust, envelope->dsse.signatures[i].keyid,
                                    (enum vt_trust_role)role)
                    : NULL;

            if (key != NULL)
                return key;
        }
    return NULL;
}

/* See the header. */
static int64_t time_of(const struct vt_story *story, const struct vt_envelope *envelope)
{
    int64_t time = vt_story_time(envelope->statement.predicate, "created");

    if (time < story->newest_unix_s)
        time = story->newest_unix_s;
    return time < story->seen_unix_s ? time : story->seen_unix_s;
}

void vt_story_take(struct vt_story *story, uint64_t index, vt_slice entry)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error why = { 0 };
    struct vt_said *said;
    int64_t time;

    if (!may_be_ours(entry))
        return;
    if (!vt_envelope_parse(entry, &envelope, &why)) {
        vt_strays_add(&story->strays, index, "%s", why.message);
        return;
    }
    if (!vt_predicate_is_of_supervision(envelope.statement.type))
        return;
    time = time_of(story, &envelope);
    if (!vt_trust_admits_entry(story->trust, entry, time, &why)) {
        vt_strays_add(&story->strays, index, "%s", why.message);
        return;
    }
    said = vt_alloc(sizeof *said);
    *said = (struct vt_said){ .index = index,
                              .envelope = envelope,
                              .payload = vt_envelope_payload_digest(&envelope),
                              .time_unix_s = time,
                              .signer = signer_of(story->trust, &envelope) };
    envelope = (struct vt_envelope){ 0 };
    story->newest_unix_s = time;
    story->rows = vt_grow_array(story->rows, story->count + 1, sizeof *story->rows);
    story->rows[story->count++] = said;
}

/* ---- what met a promise -----------------------------------------------------------------
 */

static bool is_proven(const struct vt_story *story, const struct vt_said *row,
                      uint64_t index, vt_slice entry, int64_t *time_out,
                      struct vt_error *err)
{
    const json_t *kept = vt_said_predicate(row);
    vt_hash named = vt_field_hash(kept, "evidence"), digest = vt_envelope_digest(entry);
    vt_hash leaf = vt_sha256_leaf(entry);
    struct vt_tlog_verdict verdict = { .outcome = VT_TLOG_MALFORMED };
    struct vt_tlog_proof proof;

    if (!vt_hash_equal(&named, &digest))
        return vt_fail(err, VT_REJECTED, "entry %ju is not what it names as evidence",
                       (uintmax_t)index);
    if (!vt_tlog_proof_parse(vt_field_text(kept, "proof"), &proof, err) ||
        !vt_tlog_proof_verify(&proof, &leaf, &story->trust->policy,
                              story->trust->release_origin, &verdict, err))
        return vt_within(err, "its proof");
    if (proof.index != index)
        return vt_fail(err, VT_REJECTED, "its proof is of entry %ju",
                       (uintmax_t)proof.index);
    /* A policy without witnesses knows no time: then the keeping's own counts. */
    *time_out = verdict.time_unix_s != 0 ? verdict.time_unix_s : row->time_unix_s;
    return vt_trust_admits_entry(story->trust, entry, *time_out, err);
}

void vt_story_prove(struct vt_story *story, struct vt_said *row, uint64_t index,
                    vt_slice entry)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error why = { 0 };
    int64_t time = 0;

    VT_ASSERT(row->envelope.statement.type == VT_KEPT && row->evidence == NULL);
    if (!is_proven(story, row, index, entry, &time, &why) ||
        !vt_envelope_parse(entry, &envelope, &why)) {
        vt_strays_add(&story->strays, row->index, "%s", why.message);
        return;
    }
    row->evidence = vt_alloc(sizeof *row->evidence);
    *row->evidence = envelope;
    envelope = (struct vt_envelope){ 0 };
    row->evidence_index = index;
    row->evidence_unix_s = time;
}

/* ---- what the four share ----------------------------------------------------------------
 */

bool vt_story_id_verify(vt_slice id, struct vt_error *err)
{
    bool is_good = id.len >= 1 && id.len <= 64;

    for (size_t i = 0; i < id.len && is_good; i++) {
        uint8_t byte = id.data[i];
        bool is_word = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');

        is_good = is_word || (i > 0 && (byte == '.' || byte == '-'));
    }
    return is_good || vt_fail(err, VT_MALFORMED,
                              "'%.*s' is no id: lower-case letters, digits, dots and "
                              "hyphens, 64 at most",
                              VT_SLICE_ARGS(id));
}

int64_t vt_story_time(const json_t *predicate, const char *name)
{
    int64_t unix_s;

    return vt_time_parse(vt_field_text(predicate, name), &unix_s) ? unix_s : 0;
}

const json_t *vt_said_predicate(const struct vt_said *said)
{
    return said->envelope.statement.predicate;
}

bool vt_said_is_superseded_by(const struct vt_said *said, const struct vt_said *later)
{
    vt_hash named = vt_field_hash(vt_said_predicate(later), "supersedes");

    return vt_hash_equal(&named, &said->payload);
}

const struct vt_said *vt_said_before(const struct vt_story *story,
                                     const struct vt_said *said)
{
    for (size_t i = 0; i < story->count && story->rows[i] != said; i++)
        if (story->rows[i]->envelope.statement.type == said->envelope.statement.type &&
            vt_said_is_superseded_by(story->rows[i], said))
            return story->rows[i];
    return NULL;
}

json_t *vt_said_json(const struct vt_said *said)
{
    char time[VT_TIME_TEXT_BYTES], digest[65];

    vt_time_write(said->time_unix_s, time);
    vt_hash_text(&said->payload, digest);
    return json_pack("{s:I,s:s,s:s%,s:s,s:s}", "index", (json_int_t)said->index, "time",
                     time, "holder", (const char *)said->signer->holder.data,
                     said->signer->holder.len, "role",
                     vt_trust_role_name(said->signer->role), "digest", digest);
}
