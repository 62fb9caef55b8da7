/* The key of a period is destroyed: the record comes first, then the file goes.
 *
 * From the record on the key opens nothing, in this process and after each start: whoever
 * opens the agent finishes what a killed one began. */
#include "crypto/age_file.h"
#include "crypto/pkcs11.h"
#include "custody/agent_inside.h"
#include "custody/erasure.h"
#include "store/store.h"

enum { KEY_BYTES_MAX = 64 << 10 };

/* ---- the file ---------------------------------------------------------------------------
 */

/* On a flash disk, or one that keeps versions, the old blocks may stay (custody/DESIGN.md,
 * "Limits"); that is why keys should be encrypted with a passphrase, or live in a token. */
static bool overwrite(struct vt_disk *disk, const char *name, struct vt_error *err)
{
    struct vt_disk_file *file;
    VT_AUTO_FREE uint8_t *zeros = NULL;
    uint64_t size;
    bool is_ok;

    if (!vt_disk_file_open(disk, name, &file, err))
        return false;
    size = vt_disk_file_size(file);
    if (size > VT_MIB(1)) {
        vt_disk_file_close(file);
        return vt_fail(err, VT_REJECTED, "%s/%s: too large for a key", vt_disk_path(disk),
                       name);
    }
    zeros = vt_alloc_array(size + 1, 1);
    is_ok = vt_disk_file_write_at(file, 0, vt_slice_of(zeros, size), err) &&
            vt_disk_file_sync(file, err);
    vt_disk_file_close(file);
    return is_ok;
}

/* Does a key of somebody else stand under the name, as one that was put there since?  What
 * is no key that opens is taken for what is left of the destroyed one. */
static bool is_of_another(struct vt_disk *disk, const char *name,
                          const struct vt_age_recipient *whose, vt_slice passphrase)
{
    VT_AUTO_BUF pem = vt_buf_init(KEY_BYTES_MAX);
    VT_AUTO_AGE_IDENTITY identity = { 0 };
    struct vt_error ignored = { 0 };
    bool is_key =
        vt_disk_read(disk, name, &pem, &ignored) &&
        vt_age_identity_parse_pem(vt_buf_slice(&pem), passphrase, &identity, &ignored);

    if (pem.data != NULL)
        explicit_bzero(pem.data, pem.capacity);
    return is_key && memcmp(&identity.recipient, whose, sizeof *whose) != 0;
}

static bool remove_key(struct vt_disk *disk, const char *name,
                       const struct vt_age_recipient *whose, vt_slice passphrase,
                       struct vt_error *err)
{
    if (is_of_another(disk, name, whose, passphrase))
        return vt_fail(err, VT_REJECTED,
                       "%s/%s: the key that was there is destroyed, and this one is "
                       "another recipient's: move it to a name of its own",
                       vt_disk_path(disk), name);
    if (vt_disk_has(disk, name) && !overwrite(disk, name, err))
        return false;
    if (vt_disk_remove(disk, name, err))
        return true;
    if (err->code != VT_ABSENT) /* gone already, and durably so */
        return false;
    *err = (struct vt_error){ 0 };
    return true;
}

static bool destroy_file(const char *path, const struct vt_age_recipient *whose,
                         vt_slice passphrase, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *slash = strrchr(path, '/');
    const char *folder, *name = slash == NULL ? path : slash + 1;
    struct vt_disk *disk;
    bool is_ok;

    folder = slash == NULL ? "."
                           : vt_arena_cstr(arena, vt_slice_of((const uint8_t *)path,
                                                              (size_t)(slash - path) + 1));
    if (!vt_path_exists(folder)) /* it went with the file */
        return true;
    if (!vt_disk_open(folder, false, &disk, err))
        return false;
    is_ok = remove_key(disk, name, whose, passphrase, err);
    vt_disk_close(disk);
    return is_ok;
}

/* ---- the token --------------------------------------------------------------------------
 */

static bool is_in_token(const char *key)
{
    return strncmp(key, "pkcs11:", 7) == 0;
}

static bool destroy_in_token(const char *uri, const struct vt_age_recipient *whose,
                             vt_slice pin, struct vt_error *err)
{
    VT_AUTO_AGE_IDENTITY identity = { 0 };

    if (!vt_age_identity_open(uri, pin, &identity, err)) {
        if (err->code != VT_ABSENT) /* gone already */
            return false;
        *err = (struct vt_error){ 0 };
        return true;
    }
    if (memcmp(&identity.recipient, whose, sizeof *whose) != 0)
        return vt_fail(err, VT_REJECTED,
                       "%s: the key that was there is destroyed, and this one is another "
                       "recipient's: give it a name of its own",
                       uri);
    return vt_pkcs11_destroy(identity.token, err);
}

bool vt_agent_key_destroy(const char *where, const struct vt_age_recipient *whose,
                          vt_slice passphrase, struct vt_error *err)
{
    return (is_in_token(where) ? destroy_in_token : destroy_file)(where, whose, passphrase,
                                                                  err);
}

/* ---- what is known of it ----------------------------------------------------------------
 */

struct vt_agent_identity *vt_agent_identity_of(struct vt_agent *agent, vt_slice country,
                                               vt_slice data_class, vt_slice period)
{
    for (size_t i = 0; i < agent->identity_count; i++) {
        struct vt_agent_identity *at = &agent->identities[i];

        if (vt_slice_equal(at->country, country) &&
            vt_slice_equal(at->data_class, data_class) &&
            vt_slice_equal(at->period, period))
            return at;
    }
    return NULL;
}

static struct vt_agent_identity *add_identity(struct vt_agent *agent,
                                              const struct vt_erasure *erasure)
{
    struct vt_agent_identity *at;

    if (agent->identity_count == VT_AGENT_RECIPIENTS_MAX)
        return NULL;
    at = &agent->identities[agent->identity_count++];
    at->country = vt_arena_copy(agent->arena, erasure->country);
    at->data_class = vt_arena_copy(agent->arena, erasure->data_class);
    at->period = vt_arena_copy(agent->arena, erasure->period);
    return at;
}

bool vt_agent_remember_destroyed(struct vt_agent *agent,
                                 const struct vt_agent_record *record, uint64_t at,
                                 struct vt_error *err)
{
    VT_AUTO_FREE struct vt_erasure *erasure = vt_alloc(sizeof *erasure);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_agent_identity *identity;

    if (!vt_envelope_parse(record->envelope, &envelope, err) ||
        !vt_erasure_read(&envelope.statement, erasure, err))
        return vt_within(err, "opening %ju", (uintmax_t)record->number);
    identity =
        vt_agent_identity_of(agent, erasure->country, erasure->data_class, erasure->period);
    if (identity == NULL)
        identity = add_identity(agent, erasure);
    if (!erasure->is_period || identity == NULL)
        return vt_fail(err, VT_REJECTED, "opening %ju: no key of ours",
                       (uintmax_t)record->number);
    vt_age_identity_clear(&identity->identity);
    identity->identity.recipient = erasure->recipient;
    identity->is_destroyed = true;
    identity->claim_at = at;
    agent->destroyed_at = at;
    return true;
}

/* ---- destroying -------------------------------------------------------------------------
 */

static bool write_claim(struct vt_agent *agent, const struct vt_agent_identity *identity,
                        int64_t now_unix_s, struct vt_buf *out, struct vt_error *err)
{
    const struct vt_agent_totals *totals = vt_agent_store_totals(agent->store);
    VT_AUTO_FREE struct vt_erasure *erasure = vt_alloc(sizeof *erasure);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *keys[1] = { agent->key };

    erasure->cell = agent->rules->custody.cell;
    erasure->ledger = agent->rules->custody.ledger;
    erasure->number = totals->number + 1;
    erasure->before = totals->chain;
    erasure->at_unix_s = now_unix_s;
    erasure->is_period = true;
    erasure->country = identity->country;
    erasure->data_class = identity->data_class;
    erasure->period = identity->period;
    erasure->recipient = identity->identity.recipient;
    return vt_erasure_write(erasure, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err);
}

static bool record(struct vt_agent *agent, const struct vt_agent_identity *identity,
                   vt_slice claim, int64_t now_unix_s, struct vt_error *err)
{
    const struct vt_agent_totals *totals = vt_agent_store_totals(agent->store);
    vt_hash recipient;
    struct vt_agent_record row = { .deed = VT_AGENT_DESTROYED,
                                   .number = totals->number + 1,
                                   .time_unix_s = now_unix_s,
                                   .size = totals->size,
                                   .root = totals->root,
                                   .envelope = claim,
                                   .ids = &recipient,
                                   .id_count = 1 };
    uint64_t at;

    memcpy(recipient.bytes, identity->identity.recipient.bytes, sizeof recipient.bytes);
    return vt_agent_store_append(agent->store, &row, &at, err) &&
           vt_agent_remember(agent, &row, at, err);
}

static bool destroy_now(struct vt_agent *agent, const struct vt_agent_identity *identity,
                        struct vt_error *err)
{
    VT_AUTO_BUF claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    int64_t now_unix_s = vt_env_now_unix_s(&agent->env);

    return write_claim(agent, identity, now_unix_s, &claim, err) &&
           record(agent, identity, vt_buf_slice(&claim), now_unix_s, err);
}

/* It was opened at the start, so it is that recipient's.  A token's key was destroyed at
 * the start already, where that was recorded before. */
static bool destroy_held(const struct vt_agent_identity *identity, struct vt_pkcs11 *token,
                         struct vt_error *err)
{
    if (identity->key == NULL)
        return true;
    if (is_in_token(identity->key))
        return token == NULL || vt_pkcs11_destroy(token, err);
    return vt_agent_key_destroy(identity->key, &identity->identity.recipient,
                                (vt_slice){ 0 }, err);
}

bool vt_agent_destroy(struct vt_agent *agent, const struct vt_agent_place *place,
                      struct vt_buf *claim_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_agent_identity *identity = vt_agent_identity_of(
        agent, vt_slice_from_cstr(place->country), vt_slice_from_cstr(place->data_class),
        vt_slice_from_cstr(place->period));
    VT_AUTO_AGE_IDENTITY held = { .secret = { 0 } };
    struct vt_agent_record row;

    if (identity == NULL)
        return vt_fail(err, VT_ABSENT, "this agent has no key for %s/%s/%s", place->country,
                       place->data_class, place->period);
    held.token = identity->identity.token; /* its session outlives the record */
    identity->identity.token = NULL;
    if (!identity->is_destroyed && !destroy_now(agent, identity, err))
        return false;
    if (!destroy_held(identity, held.token, err) ||
        !vt_agent_store_read(agent->store, identity->claim_at, arena, &row, err))
        return false;
    vt_buf_put(claim_out, row.envelope);
    return vt_buf_check(claim_out, "the claim", err);
}

bool vt_agent_destroy_recipient(struct vt_agent *agent,
                                const struct vt_age_recipient *recipient,
                                const struct vt_agent_place *place,
                                struct vt_buf *claim_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    for (size_t i = 0; i < agent->identity_count; i++) {
        const struct vt_agent_identity *at = &agent->identities[i];
        struct vt_agent_place found = *place;

        if (memcmp(&at->identity.recipient, recipient, sizeof *recipient) != 0)
            continue;
        found.period = vt_arena_cstr(arena, at->period);
        if (!vt_slice_is(at->country, place->country) ||
            !vt_slice_is(at->data_class, place->data_class))
            return vt_fail(err, VT_REJECTED,
                           "the agent has that key for %.*s/%.*s/%s, and not for %s/%s: it "
                           "is not destroyed",
                           VT_SLICE_ARGS(at->country), VT_SLICE_ARGS(at->data_class),
                           found.period, place->country, place->data_class);
        return vt_agent_destroy(agent, &found, claim_out, err);
    }
    return vt_fail(err, VT_ABSENT, "this agent has no key for that recipient");
}
