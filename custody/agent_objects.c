/* A key agent's second half: the objects that a statement names, and the policy's terms for
 * them. */
#include "custody/agent_inside.h"
#include "http/http.h"

enum { DAY_S = 86400, HEADER_BYTES_MAX = 512 };

/* ---- the objects ------------------------------------------------------------------------
 */

const struct vt_agent_identity *vt_agent_identity_for(const struct vt_agent *agent,
                                                      const struct vt_age_recipient *whom)
{
    for (size_t i = 0; i < agent->identity_count; i++)
        if (memcmp(&agent->identities[i].identity.recipient, whom, sizeof *whom) == 0)
            return &agent->identities[i];
    return NULL;
}

static bool is_erasure(const struct vt_agent_case *c)
{
    return c->ask->access.reason == VT_ACCESS_ERASURE;
}

static vt_hash id_of(const struct vt_agent_object *object)
{
    VT_AUTO_BUF text = vt_buf_init(HEADER_BYTES_MAX);

    vt_agent_object_header(object, &text);
    return vt_sha256_of(vt_buf_slice(&text));
}

bool vt_agent_case_are_there(struct vt_agent_case *c, const vt_hash *ids, size_t count)
{
    char text[65];
    uint64_t at;

    for (size_t i = 0; i < count; i++) {
        if (vt_agent_marks_find(&c->agent->withdrawn, &ids[i], NULL, &at)) {
            vt_hash_text(&ids[i], text);
            c->reply->end = VT_AGENT_END_WITHDRAWN;
            return vt_agent_refuse(c, VT_HTTP_GONE, VT_AGENT_RETRY_NO,
                                   "whoever sealed the object %s took it back: its key is "
                                   "never released again",
                                   text);
        }
        if (vt_agent_marks_find(&c->agent->erased, &ids[i], NULL, &at))
            return vt_agent_refuse_for_ever(c, VT_AGENT_END_ERASED,
                                            count == 1 ? "the object was erased: its key "
                                                         "is never released again"
                                                       : "one of the objects was erased: "
                                                         "its key is never released again");
    }
    return true;
}

/* The file key of an object, from its header written here: it is ours, and unchanged. */
static bool unwrap(struct vt_agent_case *c, size_t i, struct vt_age_grant_row *row,
                   struct vt_error *err)
{
    const struct vt_agent_object *object = &c->ask->objects[i];
    VT_AUTO_BUF text = vt_buf_init(HEADER_BYTES_MAX);
    struct vt_error failure = { 0 };
    struct vt_age_header header;

    c->identities[i] =
        vt_agent_identity_for(c->agent, &c->ask->recipients[object->recipient]);
    if (c->identities[i] == NULL)
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "object %zu is sealed for a key that this agent does not "
                               "hold",
                               i + 1);
    if (c->identities[i]->is_destroyed && is_erasure(c)) {
        row->id = c->object_ids[i] = id_of(object); /* as it is shown: not opened */
        return true;
    }
    if (c->identities[i]->is_destroyed)
        return vt_agent_refuse_for_ever(c, VT_AGENT_END_DESTROYED,
                                        "the key of its country, class and period was "
                                        "destroyed: nothing that was sealed for it is "
                                        "ever released again");
    vt_agent_object_header(object, &text);
    if (!vt_age_header_parse(vt_buf_slice(&text), &header, &failure) ||
        !vt_age_unwrap(&c->identities[i]->identity, &header, row->file_key, &failure)) {
        if (failure.code == VT_IO) /* the token's: nothing is judged, nothing recorded */
            return vt_fail(err, VT_IO, "%s", failure.message);
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO, "object %zu: %s",
                               i + 1, failure.message);
    }
    row->id = c->object_ids[i] = vt_age_header_id(&header);
    return true;
}

/* The batch is what was logged: its ids have the root and the number that were signed. */
static bool is_batch(struct vt_agent_case *c)
{
    const struct vt_access *access = &c->ask->access;
    struct vt_error failure = { 0 };
    vt_hash root;

    if (!access->is_batch)
        return c->ask->id_count == 0 ||
               vt_agent_refuse(c, VT_HTTP_BAD_REQUEST, VT_AGENT_RETRY_NO,
                               "ids of a batch, and the statement names its objects");
    if (c->ask->id_count != access->count ||
        !vt_access_batch_root(c->ask->ids, c->ask->id_count, &root, &failure) ||
        !vt_hash_equal(&root, &access->batch_root))
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "these are not the objects of the batch that was logged");
    return true;
}

/* Both lists ascend, so one walk finds all. */
static bool are_named(struct vt_agent_case *c)
{
    const struct vt_access *access = &c->ask->access;
    const vt_hash *named = access->is_batch ? c->ask->ids : access->objects;
    size_t at = 0;

    for (size_t i = 0; i < c->ask->object_count; i++) {
        if (i != 0 && memcmp(&c->object_ids[i - 1], &c->object_ids[i], 32) >= 0)
            return vt_agent_refuse(c, VT_HTTP_BAD_REQUEST, VT_AGENT_RETRY_NO,
                                   "objects come in the order of their ids, each once");
        while (at < access->count && !vt_hash_equal(&named[at], &c->object_ids[i]))
            at++;
        if (at == access->count)
            return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                                   "object %zu is none of those that the statement names",
                                   i + 1);
    }
    return true;
}

/* A scan goes on without what was taken back: else one client could stop it by taking a
 * file back here, and not from the cell. */
static bool leave_out(struct vt_agent_case *c, struct vt_age_grant_row *rows)
{
    size_t kept = 0;
    uint64_t at;

    for (size_t i = 0; i < c->object_count; i++) {
        if (vt_agent_marks_find(&c->agent->withdrawn, &c->object_ids[i], NULL, &at))
            continue;
        rows[kept] = rows[i];
        c->object_ids[kept] = c->object_ids[i];
        c->identities[kept++] = c->identities[i];
    }
    if (kept == 0) /* then the sentence says so */
        return vt_agent_case_are_there(c, c->object_ids, c->object_count);
    c->object_count = kept;
    return vt_agent_case_are_there(c, c->object_ids, kept);
}

bool vt_agent_case_objects(struct vt_agent_case *c, struct vt_error *err)
{
    size_t count = c->ask->object_count;
    struct vt_age_grant_row *rows;

    if (count == 0 && !is_erasure(c))
        return vt_agent_refuse(c, VT_HTTP_BAD_REQUEST, VT_AGENT_RETRY_NO,
                               "it asks for no object");
    if (!is_batch(c) ||
        !vt_secret_init(&c->memory, (count + 1) * sizeof(struct vt_age_grant_row), err))
        return false;
    rows = (struct vt_age_grant_row *)(void *)c->memory.data;
    c->identities = vt_arena_alloc(c->arena, (count + 1) * sizeof *c->identities);
    c->object_ids = vt_arena_alloc(c->arena, (count + 1) * sizeof *c->object_ids);
    for (size_t i = 0; i < count; i++)
        if (!unwrap(c, i, &rows[i], err))
            return false;
    c->object_count = count;
    if (!are_named(c))
        return false;
    if (c->ask->access.reason == VT_ACCESS_SCAN)
        return leave_out(c, rows);
    return is_erasure(c) || vt_agent_case_are_there(c, c->object_ids, count);
}

/* ---- the terms --------------------------------------------------------------------------
 */

/* What is erased by its id alone may be of any country and of any class that we have a key
 * for: the rules must say so. */
static bool unseen_are_allowed(struct vt_agent_case *c)
{
    const struct vt_agent *agent = c->agent;

    for (size_t i = 0; i < agent->identity_count; i++) {
        struct vt_error failure = { 0 };

        if (!vt_custody_allows(&agent->rules->custody, &c->ask->access, VT_LIT("*"),
                               agent->identities[i].data_class, &c->terms, &failure))
            return vt_agent_refuse(
                c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                "headers of %ju objects are not shown, and they may be of the class "
                "%.*s: %s",
                (uintmax_t)(c->ask->access.count - c->ask->object_count),
                VT_SLICE_ARGS(agent->identities[i].data_class), failure.message);
    }
    return true;
}

/* The demands of all places that the objects are from, together. */
static bool gather_terms(struct vt_agent_case *c)
{
    c->terms = vt_custody_terms_none();
    for (size_t i = 0; i < c->object_count; i++) {
        const struct vt_agent_identity *at = c->identities[i];
        struct vt_error failure = { 0 };

        if ((i == 0 || at != c->identities[i - 1]) &&
            !vt_custody_allows(&c->agent->rules->custody, &c->ask->access, at->country,
                               at->data_class, &c->terms, &failure))
            return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO, "%s",
                                   failure.message);
    }
    return c->ask->object_count == c->ask->access.count || !is_erasure(c) ||
           unseen_are_allowed(c);
}

static bool within_bounds(struct vt_agent_case *c)
{
    const struct vt_access *access = &c->ask->access;
    const struct vt_agent_day *day = &c->agent->days[access->reason];
    uint64_t today = day->day == c->time_unix_s / DAY_S ? day->keys : 0;
    uint64_t wanted = is_erasure(c) ? access->count : c->object_count;

    if (access->count > c->terms.objects)
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "it names %ju objects, the policy takes %ju",
                               (uintmax_t)access->count, (uintmax_t)c->terms.objects);
    if (today > c->terms.per_day || wanted > c->terms.per_day - today)
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "%ju objects were released today for %s; the policy takes "
                               "%ju",
                               (uintmax_t)today, vt_access_reason_name(access->reason),
                               (uintmax_t)c->terms.per_day);
    if (access->expires_unix_s - c->time_unix_s > c->terms.valid_s)
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "it would be good for %jd s, the policy takes %jd",
                               (intmax_t)(access->expires_unix_s - c->time_unix_s),
                               (intmax_t)c->terms.valid_s);
    return c->approver_count >= c->terms.approvals ||
           vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                           "%zu others approved it, the policy demands %ju",
                           c->approver_count, (uintmax_t)c->terms.approvals);
}

static bool refuse_held(struct vt_agent_case *c, const struct vt_custody_hold *hold)
{
    char since[VT_TIME_TEXT_BYTES];

    vt_time_write(hold->since_unix_s, since);
    return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                           "what it names is under the hold '%.*s' since %s: %.*s",
                           VT_SLICE_ARGS(hold->name), since, VT_SLICE_ARGS(hold->reason));
}

/* No order erases what is held.  Of an object whose header is not shown only its id is
 * known, so a hold of a whole country may be about it. */
static bool nothing_is_held(struct vt_agent_case *c)
{
    const struct vt_custody *custody = &c->agent->rules->custody;
    const vt_hash *named;
    size_t count, at = 0;

    named = vt_agent_case_named(c, &count);
    for (size_t i = 0; i < count; i++) {
        const struct vt_agent_identity *identity = NULL;
        const struct vt_custody_hold *hold;

        if (at < c->object_count && vt_hash_equal(&c->object_ids[at], &named[i]))
            identity = c->identities[at++]; /* both ascend */
        hold = vt_custody_held(custody, &named[i],
                               identity != NULL ? identity->country : (vt_slice){ 0 },
                               identity != NULL ? identity->data_class : (vt_slice){ 0 });
        if (hold != NULL)
            return refuse_held(c, hold);
    }
    return true;
}

/* The policy and the trust root must both name where file keys go. */
static bool leads_elsewhere(struct vt_agent_case *c)
{
    const struct vt_access *access = &c->ask->access;
    struct vt_error failure = { 0 };

    if (!vt_custody_is_destination(&c->agent->rules->custody, &access->recipient))
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "the policy names no such recipient as a destination: a "
                               "relocation gives file keys to another agent alone");
    for (size_t i = 0; i < c->object_count; i++)
        if ((i == 0 || c->identities[i] != c->identities[i - 1]) &&
            !vt_agent_rules_lead_to(c->agent->rules, &access->recipient,
                                    c->identities[i]->country, c->identities[i]->data_class,
                                    c->time_unix_s, &failure))
            return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO, "%s",
                                   failure.message);
    return true;
}

static bool reason_holds(struct vt_agent_case *c)
{
    const struct vt_custody *custody = &c->agent->rules->custody;
    const struct vt_access *access = &c->ask->access;
    vt_slice origin;
    uint64_t at;

    if (access->request > custody->requests)
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "the foundation has issued no request %ju (the last is %ju)",
                               (uintmax_t)access->request, (uintmax_t)custody->requests);
    if (access->request != 0 &&
        !vt_agent_rules_has_issued(c->agent->rules, access->request))
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "no ledger shows this agent that the foundation issued "
                               "request %ju, or one shows that it has ended (vitrine "
                               "keyagent update --on-ledger)",
                               (uintmax_t)access->request);
    if (access->reason == VT_ACCESS_RELOCATION)
        return leads_elsewhere(c);
    if (access->reason != VT_ACCESS_SCAN)
        return true;
    if (!vt_custody_is_published(custody, &access->rules))
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "the policy knows no published rules with this digest");
    if (vt_trust_head_origin(c->agent->rules->trust, custody->cell, &origin) &&
        !vt_agent_rules_has_shown(c->agent->rules, &access->rules))
        return vt_agent_refuse(
            c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
            "no head of the cell shows this agent rules with this digest "
            "(vitrine keyagent update --on-ledger)");
    for (size_t i = 0; i < c->object_count; i++)
        if (vt_agent_marks_find(&c->agent->scanned, &c->object_ids[i], &access->rules, &at))
            return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                                   "object %zu was released for these rules already",
                                   i + 1);
    return true;
}

bool vt_agent_case_terms(struct vt_agent_case *c, struct vt_error *err)
{
    (void)err;
    return gather_terms(c) && (!is_erasure(c) || nothing_is_held(c)) && within_bounds(c) &&
           reason_holds(c);
}
