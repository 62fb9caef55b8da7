/* A key agent's folder: made, brought up to date, opened. */
#include "custody/agent_inside.h"
#include "crypto/age_file.h"
#include "evidence/field.h"
#include "store/store.h"
#include "wire/json.h"

enum { CONFIG_BYTES_MAX = 64 << 10, DAY_S = 86400 };

const char *vt_agent_holder_folder(struct vt_arena *arena, const char *dir)
{
    return vt_arena_printf(arena, "%s/holder", dir);
}

const char *vt_agent_openings_path(struct vt_arena *arena, const char *dir)
{
    return vt_arena_printf(arena, "%s/holder/openings", dir);
}

/* ---- papers -----------------------------------------------------------------------------
 */

void vt_agent_rules_free(struct vt_agent_rules *rules)
{
    if (rules == NULL)
        return;
    for (size_t i = 0; i < rules->enrolled_count; i++)
        vt_envelope_clear(&rules->enrolled[i]);
    vt_envelope_clear(&rules->policy);
    vt_trust_free(rules->trust);
    free(rules);
}

/* Files end with a line break, envelopes do not. */
static vt_slice without_break(vt_slice text)
{
    return text.len != 0 && text.data[text.len - 1] == '\n'
               ? vt_slice_of(text.data, text.len - 1)
               : text;
}

static bool is_supervised(const struct vt_agent_rules *rules,
                          const struct vt_envelope *envelope, int64_t now_unix_s,
                          struct vt_error *err)
{
    struct vt_count count = vt_trust_count(rules->trust, VT_ROLE_SUPERVISOR, envelope,
                                           now_unix_s, (vt_slice){ 0 });

    return count.outcome == VT_COUNT_ENOUGH ||
           vt_fail(err, VT_REJECTED,
                   "the %s statement is not signed by the supervisor of the trust root",
                   vt_predicate_name(envelope->statement.type));
}

static bool take_enrolment(struct vt_agent_rules *rules, vt_slice bytes, int64_t now_unix_s,
                           struct vt_error *err)
{
    struct vt_envelope *envelope = &rules->enrolled[rules->enrolled_count];

    if (rules->enrolled_count == VT_TRUST_ENROLLED_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d enrolments", VT_TRUST_ENROLLED_MAX);
    if (!vt_envelope_parse(without_break(bytes), envelope, err))
        return false;
    rules->enrolled_count++;
    return is_supervised(rules, envelope, now_unix_s, err) &&
           vt_keyring_enrol(&rules->keyring, &envelope->statement, err);
}

static bool parse_all(const struct vt_agent_papers *papers, int64_t now_unix_s,
                      struct vt_agent_rules *rules, struct vt_error *err)
{
    if (!vt_trust_parse(papers->trust, &rules->trust, err))
        return false;
    rules->keyring.trust = rules->trust;
    if (!vt_envelope_parse(without_break(papers->policy), &rules->policy, err) ||
        !vt_custody_read(&rules->policy.statement, &rules->custody, err) ||
        !is_supervised(rules, &rules->policy, now_unix_s, err))
        return vt_within(err, "the policy");
    for (size_t i = 0; i < papers->enrolment_count; i++)
        if (!take_enrolment(rules, papers->enrolments[i], now_unix_s, err))
            return vt_within(err, "enrolment %zu", i + 1);
    if (papers->certified_count > VT_AGENT_CERTIFIED_MAX) /* so many are read again */
        return vt_fail(err, VT_LIMIT, "more than %d recipients", VT_AGENT_CERTIFIED_MAX);
    for (size_t i = 0; i < papers->certified_count; i++)
        if (!vt_agent_rules_take_certified(rules, papers->certified[i], err))
            return vt_within(err, "recipient %zu", i + 1);
    if (papers->shown_count > VT_AGENT_SHOWN_MAX) /* so are these */
        return vt_fail(err, VT_LIMIT, "more than %d statements that ledgers show",
                       VT_AGENT_SHOWN_MAX);
    for (size_t i = 0; i < papers->shown_count; i++)
        if (!vt_agent_rules_take_shown(rules, &papers->shown[i], err))
            return vt_within(err, "what a ledger shows, number %zu", i + 1);
    return true;
}

bool vt_agent_rules_parse(const struct vt_agent_papers *papers, int64_t now_unix_s,
                          struct vt_agent_rules **out, struct vt_error *err)
{
    struct vt_agent_rules *rules = vt_alloc(sizeof *rules);

    if (!parse_all(papers, now_unix_s, rules, err)) {
        vt_agent_rules_free(rules);
        return false;
    }
    *out = rules;
    return true;
}

/* ---- papers on the disk -----------------------------------------------------------------
 */

static bool read_file(struct vt_disk *disk, const char *name, size_t max,
                      struct vt_arena *arena, vt_slice *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(max);

    if (!vt_disk_read(disk, name, &bytes, err))
        return false;
    *out = vt_arena_copy(arena, vt_buf_slice(&bytes));
    return true;
}

static const char *enrolment_name(struct vt_arena *arena, size_t i)
{
    return vt_arena_printf(arena, "enrolled/%zu.json", i + 1);
}

static const char *certified_name(struct vt_arena *arena, size_t i)
{
    return vt_arena_printf(arena, "certified/%zu.json", i + 1);
}

static const char *shown_name(struct vt_arena *arena, size_t i, const char *kind)
{
    return vt_arena_printf(arena, "shown/%zu.%s", i + 1, kind);
}

static bool read_shown(struct vt_disk *disk, struct vt_arena *arena,
                       struct vt_agent_papers *out, struct vt_error *err)
{
    struct vt_agent_shown *shown =
        vt_arena_alloc(arena, VT_AGENT_SHOWN_MAX * sizeof *shown);

    out->shown = shown;
    for (size_t i = 0; i < VT_AGENT_SHOWN_MAX; i++) {
        const char *name = shown_name(arena, i, "json");

        if (!vt_disk_has(disk, name))
            break;
        if (!read_file(disk, name, VT_ENTRY_BYTES_MAX + 1, arena, &shown[i].statement,
                       err) ||
            !read_file(disk, shown_name(arena, i, "tlog-proof"), VT_KIB(128), arena,
                       &shown[i].proof, err))
            return false;
        out->shown_count = i + 1;
    }
    return true;
}

/* Those that are there, from number 1 on.  out: count_max of them. */
static bool read_numbered(struct vt_disk *disk, struct vt_arena *arena,
                          const char *(*name_of)(struct vt_arena *arena, size_t i),
                          size_t count_max, size_t bytes_max, vt_slice *out,
                          size_t *count_out, struct vt_error *err)
{
    for (size_t i = 0; i < count_max; i++) {
        const char *name = name_of(arena, i);

        if (!vt_disk_has(disk, name))
            break;
        if (!read_file(disk, name, bytes_max, arena, &out[i], err))
            return false;
        *count_out = i + 1;
    }
    return true;
}

static bool read_papers(struct vt_disk *disk, struct vt_arena *arena,
                        struct vt_agent_papers *out, struct vt_error *err)
{
    vt_slice *enrolments =
        vt_arena_alloc(arena, VT_TRUST_ENROLLED_MAX * sizeof *enrolments);
    vt_slice *certified = vt_arena_alloc(arena, VT_AGENT_CERTIFIED_MAX * sizeof *certified);

    out->enrolments = enrolments;
    out->certified = certified;
    return read_file(disk, "trust.json", VT_TRUST_BYTES_MAX, arena, &out->trust, err) &&
           read_file(disk, "policy.json", VT_ENTRY_BYTES_MAX + 1, arena, &out->policy,
                     err) &&
           read_numbered(disk, arena, enrolment_name, VT_TRUST_ENROLLED_MAX,
                         VT_ENTRY_BYTES_MAX + 1, enrolments, &out->enrolment_count, err) &&
           read_numbered(disk, arena, certified_name, VT_AGENT_CERTIFIED_MAX,
                         VT_RECIPIENT_BYTES_MAX, certified, &out->certified_count, err) &&
           read_shown(disk, arena, out, err);
}

/* The proof first: a statement that is there has one. */
static bool write_shown(struct vt_disk *disk, struct vt_arena *arena,
                        const struct vt_agent_papers *papers, size_t first,
                        struct vt_error *err)
{
    for (size_t i = 0; i < papers->shown_count; i++)
        if (!vt_disk_write(disk, shown_name(arena, first + i, "tlog-proof"),
                           papers->shown[i].proof, 0644, err) ||
            !vt_disk_write(disk, shown_name(arena, first + i, "json"),
                           papers->shown[i].statement, 0644, err))
            return false;
    return true;
}

/* config.json is written last where an agent is made: without it there is none. */
static bool write_papers(struct vt_disk *disk, struct vt_arena *arena,
                         const struct vt_agent_papers *papers,
                         const struct vt_agent_papers *old, struct vt_error *err)
{
    for (size_t i = 0; i < papers->enrolment_count; i++)
        if (!vt_disk_write(disk, enrolment_name(arena, old->enrolment_count + i),
                           papers->enrolments[i], 0644, err))
            return false;
    for (size_t i = 0; i < papers->certified_count; i++)
        if (!vt_disk_write(disk, certified_name(arena, old->certified_count + i),
                           papers->certified[i], 0644, err))
            return false;
    return write_shown(disk, arena, papers, old->shown_count, err) &&
           (papers->policy.len == 0 ||
            vt_disk_write(disk, "policy.json", papers->policy, 0644, err)) &&
           (papers->trust.len == 0 ||
            vt_disk_write(disk, "trust.json", papers->trust, 0644, err));
}

/* ---- keys -------------------------------------------------------------------------------
 */

static bool open_identity(struct vt_agent *agent, const json_t *row, vt_slice passphrase,
                          struct vt_error *err)
{
    struct vt_agent_identity *at = &agent->identities[agent->identity_count];
    struct vt_agent_identity *before;
    vt_slice country, data_class, period, key;

    if (!vt_json_get_text(row, "recipient", "country", &country, err) ||
        !vt_json_get_text(row, "recipient", "class", &data_class, err) ||
        !vt_json_get_text(row, "recipient", "period", &period, err) ||
        !vt_json_get_text(row, "recipient", "key", &key, err))
        return false;
    before = vt_agent_identity_of(agent, country, data_class, period);
    if (before != NULL && before->key == NULL && before->is_destroyed) {
        before->key = vt_arena_cstr(agent->arena, key);
        return vt_agent_key_destroy(before->key, &before->identity.recipient, passphrase,
                                    err);
    }
    if (before != NULL)
        return vt_fail(err, VT_REJECTED, "%.*s/%.*s/%.*s has two keys: name one",
                       VT_SLICE_ARGS(country), VT_SLICE_ARGS(data_class),
                       VT_SLICE_ARGS(period));
    if (agent->identity_count == VT_AGENT_RECIPIENTS_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d recipients", VT_AGENT_RECIPIENTS_MAX);
    at->key = vt_arena_cstr(agent->arena, key);
    if (!vt_age_identity_open(at->key, passphrase, &at->identity, err))
        return false;
    at->country = vt_arena_copy(agent->arena, country);
    at->data_class = vt_arena_copy(agent->arena, data_class);
    at->period = vt_arena_copy(agent->arena, period);
    agent->identity_count++; /* from here on it is wiped at the end */
    for (size_t i = 0; i + 1 < agent->identity_count; i++)
        if (memcmp(&agent->identities[i].identity.recipient, &at->identity.recipient,
                   sizeof at->identity.recipient) == 0)
            return vt_fail(err, VT_REJECTED,
                           "%.*s: one key cannot tell two countries, classes or periods "
                           "apart",
                           VT_SLICE_ARGS(key));
    return vt_agent_is_certified(agent, at, err);
}

/* Its key stands in the trust root or an enrolment as an agent's, for this cell. */
static bool is_named(const struct vt_agent_rules *rules, const struct vt_key *key,
                     struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    const struct vt_trust_key *row =
        vt_keyring_find(&rules->keyring, vt_slice_from_cstr(id.text), VT_ROLE_AGENT);

    if (row != NULL &&
        (row->products == NULL || vt_list_has(row->products, rules->custody.cell)))
        return true;
    return vt_fail(err, VT_REJECTED,
                   "neither the trust root nor an enrolment names the key %.8s... as an "
                   "agent of the cell %.*s, so nobody would believe its count",
                   id.text, VT_SLICE_ARGS(rules->custody.cell));
}

static bool open_keys(struct vt_agent *agent, const json_t *config, vt_slice passphrase,
                      struct vt_error *err)
{
    json_t *rows;
    vt_slice key;

    if (!vt_json_get_text(config, "config.json", "key", &key, err) ||
        !vt_json_get_array(config, "config.json", "recipients", &rows, err) ||
        !vt_key_open(vt_arena_cstr(agent->arena, key), passphrase, &agent->key, err) ||
        !is_named(agent->rules, agent->key, err))
        return false;
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (!open_identity(agent, json_array_get(rows, i), passphrase, err))
            return false;
    return agent->identity_count != 0 ||
           vt_fail(err, VT_MALFORMED, "config.json: an agent without a recipient");
}

/* ---- making -----------------------------------------------------------------------------
 */

static json_t *config_of(const struct vt_agent_made *made)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < made->place_count; i++)
        (void)json_array_append_new(
            rows, json_pack("{s:s,s:s,s:s,s:s}", "country", made->places[i].country,
                            "class", made->places[i].data_class, "period",
                            made->places[i].period, "key", made->places[i].key));
    return json_pack("{s:i,s:s,s:o}", "v", 1, "key", made->key, "recipients", rows);
}

/* All that serving will ask for, asked before anything is written. */
static bool try_out(const struct vt_agent_papers *papers, const json_t *config,
                    vt_slice passphrase, const struct vt_env *env, struct vt_error *err)
{
    struct vt_agent *agent = vt_alloc(sizeof *agent);
    bool is_ok;

    agent->arena = vt_arena_new();
    agent->env = *env;
    is_ok = vt_agent_rules_parse(papers, vt_env_now_unix_s(env), &agent->rules, err) &&
            open_keys(agent, config, passphrase, err);
    vt_agent_close(agent);
    return is_ok;
}

static bool make(struct vt_disk *disk, const struct vt_agent_papers *papers,
                 vt_slice config, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *holder = vt_agent_holder_folder(arena, vt_disk_path(disk));
    const struct vt_agent_papers none = { .enrolment_count = 0 };

    if (vt_disk_has(disk, "config.json"))
        return vt_fail(err, VT_REJECTED, "%s: there is a key agent already",
                       vt_disk_path(disk));
    return write_papers(disk, arena, papers, &none, err) &&
           (vt_disk_has(disk, "holder/openings")
                ? vt_disk_keep(disk, "holder/openings", err)
                : vt_agent_store_init(holder, err)) &&
           vt_disk_write(disk, "config.json", config, 0600, err);
}

bool vt_agent_init(const char *dir, const struct vt_agent_papers *papers,
                   const struct vt_agent_made *made, vt_slice passphrase,
                   const struct vt_env *env, struct vt_error *err)
{
    VT_AUTO_JSON config = config_of(made);
    VT_AUTO_BUF text = vt_buf_init(CONFIG_BYTES_MAX);
    struct vt_disk *disk;
    bool is_ok;

    if (config == NULL)
        return vt_fail(err, VT_MALFORMED, "a path or name that is not UTF-8");
    if (!try_out(papers, config, passphrase, env, err) ||
        !vt_json_write_canonical(config, &text, err) ||
        !vt_disk_open(dir, true, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err) && make(disk, papers, vt_buf_slice(&text), err);
    vt_disk_close(disk);
    if (!is_ok)
        vt_disk_abandon(dir);
    return is_ok;
}

/* ---- newer papers -----------------------------------------------------------------------
 */

static bool may_replace(const struct vt_agent_rules *old, const struct vt_agent_rules *next,
                        struct vt_error *err)
{
    if (next->custody.version < old->custody.version ||
        (next->custody.version == old->custody.version &&
         !vt_hash_equal(&next->policy.digest, &old->policy.digest)))
        return vt_fail(err, VT_REJECTED,
                       "the policy is version %ju, and version %ju is in force",
                       (uintmax_t)next->custody.version, (uintmax_t)old->custody.version);
    if (!vt_slice_equal(next->custody.cell, old->custody.cell) ||
        !vt_slice_equal(next->custody.ledger, old->custody.ledger))
        return vt_fail(err, VT_REJECTED,
                       "the policy is of another cell or ledger: that is another agent");
    return vt_hash_equal(&next->trust->envelope.digest, &old->trust->envelope.digest) ||
           vt_trust_verify_next(old->trust, next->trust, err);
}

/* out: room for both. */
static size_t join(vt_slice *out, const vt_slice *old, size_t old_count,
                   const vt_slice *more, size_t more_count)
{
    for (size_t i = 0; i < old_count; i++)
        out[i] = old[i];
    for (size_t i = 0; i < more_count; i++)
        out[old_count + i] = more[i];
    return old_count + more_count;
}

static void join_papers(struct vt_arena *arena, const struct vt_agent_papers *old,
                        const struct vt_agent_papers *more, struct vt_agent_papers *all)
{
    vt_slice *enrolments = vt_arena_alloc(
        arena, (old->enrolment_count + more->enrolment_count + 1) * sizeof *enrolments);
    vt_slice *certified = vt_arena_alloc(
        arena, (old->certified_count + more->certified_count + 1) * sizeof *certified);

    all->enrolment_count = join(enrolments, old->enrolments, old->enrolment_count,
                                more->enrolments, more->enrolment_count);
    all->certified_count = join(certified, old->certified, old->certified_count,
                                more->certified, more->certified_count);
    all->enrolments = enrolments;
    all->certified = certified;
}

static void join_shown(struct vt_arena *arena, const struct vt_agent_papers *old,
                       const struct vt_agent_papers *more, struct vt_agent_papers *all)
{
    struct vt_agent_shown *shown =
        vt_arena_alloc(arena, (old->shown_count + more->shown_count + 1) * sizeof *shown);

    for (size_t i = 0; i < old->shown_count; i++)
        shown[i] = old->shown[i];
    for (size_t i = 0; i < more->shown_count; i++)
        shown[old->shown_count + i] = more->shown[i];
    all->shown = shown;
    all->shown_count = old->shown_count + more->shown_count;
}

static bool update(struct vt_disk *disk, const struct vt_agent_papers *papers,
                   int64_t now_unix_s, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_agent_papers old = { .enrolment_count = 0 }, all;
    struct vt_agent_rules *old_rules = NULL, *next = NULL;
    bool is_ok;

    if (!read_papers(disk, arena, &old, err))
        return false;
    all = old;
    if (papers->trust.len != 0)
        all.trust = papers->trust;
    if (papers->policy.len != 0)
        all.policy = papers->policy;
    join_papers(arena, &old, papers, &all);
    join_shown(arena, &old, papers, &all);
    is_ok = vt_agent_rules_parse(&old, now_unix_s, &old_rules, err) &&
            vt_agent_rules_parse(&all, now_unix_s, &next, err) &&
            may_replace(old_rules, next, err) &&
            write_papers(disk, arena, papers, &old, err);
    vt_agent_rules_free(old_rules);
    vt_agent_rules_free(next);
    return is_ok;
}

bool vt_agent_update(const char *dir, const struct vt_agent_papers *papers,
                     const struct vt_env *env, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = (vt_disk_has(disk, "config.json") ||
             vt_fail(err, VT_ABSENT, "%s: no key agent is there", dir)) &&
            vt_disk_lock(disk, err) && update(disk, papers, vt_env_now_unix_s(env), err);
    vt_disk_close(disk);
    return is_ok;
}

/* ---- opening ----------------------------------------------------------------------------
 */

/* Statements that the agent wrote down, so they can be read. */
bool vt_agent_remember(struct vt_agent *agent, const struct vt_agent_record *record,
                       uint64_t at, struct vt_error *err)
{
    vt_hash commitment = vt_access_commitment(record->salt, record->envelope);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_agent_day *day;
    struct vt_access access;

    if (record->deed == VT_AGENT_DESTROYED)
        return vt_agent_remember_destroyed(agent, record, at, err);
    if (record->deed == VT_AGENT_WITHDRAWN) {
        for (size_t i = 0; i < record->object_count; i++)
            vt_agent_marks_put(&agent->withdrawn, &record->objects[i], NULL, at);
        return true;
    }
    vt_agent_marks_put(&agent->known, &commitment, NULL, at);
    if (record->deed != VT_AGENT_RELEASED && record->deed != VT_AGENT_ERASED &&
        record->deed != VT_AGENT_REWRAPPED)
        return true;
    for (size_t i = 0; i < record->object_count; i++)
        if (record->deed == VT_AGENT_ERASED)
            vt_agent_marks_put(&agent->erased, &record->objects[i], NULL, at);
        else
            vt_agent_note_release(agent, &record->objects[i], at);
    if (!vt_envelope_parse(record->envelope, &envelope, err) ||
        !vt_access_read(&envelope.statement, &access, err))
        return vt_within(err, "opening %ju", (uintmax_t)record->number);
    if (access.reason == VT_ACCESS_SCAN &&
        vt_custody_is_published(&agent->rules->custody, &access.rules))
        for (size_t i = 0; i < record->object_count; i++)
            vt_agent_marks_put(&agent->scanned, &record->objects[i], &access.rules, at);
    day = &agent->days[access.reason];
    if (day->day < record->time_unix_s / DAY_S) /* what comes late counts for today */
        *day = (struct vt_agent_day){ record->time_unix_s / DAY_S, 0 };
    day->keys += record->object_count;
    return true;
}

static bool take_record(void *context, const struct vt_agent_record *record, uint64_t at,
                        struct vt_error *err)
{
    return vt_agent_remember(context, record, at, err);
}

static bool open_all(struct vt_agent *agent, const char *dir, vt_slice passphrase,
                     struct vt_disk *disk, struct vt_error *err)
{
    struct vt_agent_papers papers = { .enrolment_count = 0 };
    VT_AUTO_JSON config = NULL;
    vt_slice text;

    if (!vt_disk_has(disk, "config.json"))
        return vt_fail(err, VT_ABSENT, "%s: no key agent is there (vitrine keyagent init)",
                       dir);
    return read_file(disk, "config.json", CONFIG_BYTES_MAX, agent->arena, &text, err) &&
           vt_json_parse(text, "config.json", &config, err) &&
           read_papers(disk, agent->arena, &papers, err) &&
           vt_agent_rules_parse(&papers, agent->started_unix_s, &agent->rules, err) &&
           vt_agent_store_open(vt_agent_holder_folder(agent->arena, dir),
                               (vt_agent_reader){ take_record, agent }, &agent->store,
                               err) &&
           open_keys(agent, config, passphrase, err); /* those that were not destroyed */
}

bool vt_agent_open(const char *dir, vt_slice passphrase, const struct vt_env *env,
                   struct vt_agent **agent_out, struct vt_error *err)
{
    VT_AUTO_AGENT agent = vt_alloc(sizeof *agent);
    struct vt_disk *disk;
    bool is_ok;

    agent->arena = vt_arena_new();
    agent->env = *env;
    agent->known = vt_agent_marks_init(env);
    agent->scanned = vt_agent_marks_init(env);
    agent->released = vt_agent_marks_init(env);
    agent->erased = vt_agent_marks_init(env);
    agent->withdrawn = vt_agent_marks_init(env);
    agent->started_unix_s = vt_env_now_unix_s(env);
    agent->floor = UINT64_MAX;
    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = open_all(agent, dir, passphrase, disk, err);
    vt_disk_close(disk);
    if (!is_ok)
        return false;
    *agent_out = agent;
    agent = NULL;
    return true;
}

static bool write_config(const char *dir, json_t *row, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(CONFIG_BYTES_MAX), next = vt_buf_init(CONFIG_BYTES_MAX);
    VT_AUTO_JSON config = NULL;
    struct vt_disk *disk;
    json_t *rows;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err) && vt_disk_read(disk, "config.json", &text, err) &&
            vt_json_parse(vt_buf_slice(&text), "config.json", &config, err) &&
            vt_json_get_array(config, "config.json", "recipients", &rows, err) &&
            (json_array_append(rows, row) == 0 ||
             vt_fail(err, VT_IO, "config.json: out of memory")) &&
            vt_json_write_canonical(config, &next, err) &&
            vt_disk_write(disk, "config.json", vt_buf_slice(&next), 0600, err);
    vt_disk_close(disk);
    return is_ok;
}

bool vt_agent_add_key(struct vt_agent *agent, const char *dir,
                      const struct vt_agent_place *place, vt_slice passphrase,
                      struct vt_error *err)
{
    const struct vt_agent_identity *before = vt_agent_identity_of(
        agent, vt_slice_from_cstr(place->country), vt_slice_from_cstr(place->data_class),
        vt_slice_from_cstr(place->period));
    VT_AUTO_JSON row =
        json_pack("{s:s,s:s,s:s,s:s}", "country", place->country, "class",
                  place->data_class, "period", place->period, "key", place->key);

    if (row == NULL)
        return vt_fail(err, VT_MALFORMED, "a path or name that is not UTF-8");
    if (before != NULL)
        return vt_fail(err, VT_REJECTED, "%s/%s/%s %s", place->country, place->data_class,
                       place->period,
                       before->is_destroyed
                           ? "had a key that was destroyed: give the new one another period"
                           : "has a key already: a new one needs a period of its own");
    return open_identity(agent, row, passphrase, err) && write_config(dir, row, err);
}

const char *vt_agent_key_path(struct vt_agent *agent, const struct vt_agent_place *place)
{
    const struct vt_agent_identity *identity = vt_agent_identity_of(
        agent, vt_slice_from_cstr(place->country), vt_slice_from_cstr(place->data_class),
        vt_slice_from_cstr(place->period));

    return identity == NULL ? NULL : identity->key;
}

void vt_agent_close(struct vt_agent *agent)
{
    if (agent == NULL)
        return;
    for (size_t i = 0; i < agent->identity_count; i++)
        vt_age_identity_clear(&agent->identities[i].identity);
    vt_key_close(agent->key);
    vt_agent_store_close(agent->store);
    vt_agent_marks_clear(&agent->known);
    vt_agent_marks_clear(&agent->scanned);
    vt_agent_marks_clear(&agent->released);
    vt_agent_marks_clear(&agent->erased);
    vt_agent_marks_clear(&agent->withdrawn);
    free(agent->releases);
    vt_agent_rules_free(agent->rules);
    vt_arena_free(agent->arena);
    free(agent);
}

void vt_agent_close_pointer(struct vt_agent **agent)
{
    vt_agent_close(*agent);
}

bool vt_agent_rights(const struct vt_agent *agent, struct vt_rights *rights,
                     struct vt_error *err)
{
    for (size_t i = 0; i < agent->identity_count; i++)
        if (!vt_rights_read(rights, vt_age_identity_reads(&agent->identities[i].identity),
                            err))
            return false;
    return vt_rights_read(rights, vt_key_reads(agent->key), err);
}

const struct vt_policy *vt_agent_policy(const struct vt_agent *agent)
{
    return &agent->rules->trust->policy;
}
