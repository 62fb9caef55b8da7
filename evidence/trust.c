/* The trust root, taken apart.  Whether it holds together is asked in trust_sound.c. */
#include "evidence/trust.h"
#include "evidence/field.h"

void vt_trust_free(struct vt_trust *trust)
{
    if (trust == NULL)
        return;
    vt_envelope_clear(&trust->envelope);
    vt_json_clear(&trust->draft);
    free(trust);
}

void vt_trust_free_pointer(struct vt_trust **trust)
{
    vt_trust_free(*trust);
}

/* ---- the schema was checked, so what is there has its type ------------------------------
 */

static bool take_mandate(const json_t *row, struct vt_trust_key *out, struct vt_error *err)
{
    const json_t *mandate = json_object_get(row, "mandate");

    return vt_json_get_text(mandate, "mandate", "accreditation", &out->accreditation,
                            err) &&
           vt_json_get_text(mandate, "mandate", "funding", &out->funding, err) &&
           vt_json_get_time(mandate, "mandate", "until", &out->mandate_until_unix_s, err);
}

/* What a key of the root and an enrolled key have in common. */
static bool take_key(const json_t *row, const char *what, struct vt_trust_key *out,
                     struct vt_error *err)
{
    struct vt_key_id id;
    vt_slice role;

    *out = (struct vt_trust_key){ .compromised_unix_s = INT64_MAX,
                                  .products = json_object_get(row, "products") };
    if (!vt_json_get_sha256(row, what, "public", out->key.bytes, err) ||
        !vt_json_get_text(row, what, "keyid", &out->keyid, err) ||
        !vt_json_get_text(row, what, "holder", &out->holder, err) ||
        !vt_json_get_text(row, what, "role", &role, err) ||
        !vt_json_get_text(row, what, "jurisdiction", &out->jurisdiction, err) ||
        !vt_json_get_time(row, what, "from", &out->from_unix_s, err) ||
        !vt_json_get_time(row, what, "until", &out->until_unix_s, err) ||
        !take_mandate(row, out, err) ||
        (vt_json_has(row, "site") &&
         !vt_json_get_text(row, what, "site", &out->site, err)) ||
        (vt_json_has(row, "compromised_from") &&
         !vt_json_get_time(row, what, "compromised_from", &out->compromised_unix_s, err)))
        return false;
    id = vt_public_key_id(&out->key);
    if (!vt_slice_is(out->keyid, id.text))
        return vt_fail(err, VT_MALFORMED, "%s: key of %.*s: its keyid should be %s", what,
                       VT_SLICE_ARGS(out->holder), id.text);
    if (!vt_trust_role_of(role, &out->role))
        return vt_fail(err, VT_MALFORMED, "%s: unknown role '%.*s'", what,
                       VT_SLICE_ARGS(role));
    return true;
}

static bool take_keys(const json_t *list, struct vt_trust *trust, struct vt_error *err)
{
    if (json_array_size(list) > VT_TRUST_KEYS_MAX)
        return vt_fail(err, VT_LIMIT, "trust root: more than %d keys", VT_TRUST_KEYS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!take_key(json_array_get(list, i), "trust root", &trust->keys[i], err))
            return false;
    trust->key_count = json_array_size(list);
    return true;
}

static bool take_threshold(const json_t *row, struct vt_trust *trust, struct vt_error *err)
{
    struct vt_threshold threshold;
    enum vt_trust_role role;
    vt_slice name;

    if (!vt_json_get_text(row, "threshold", "role", &name, err) ||
        !vt_json_get_number(row, "threshold", "keys", &threshold.keys, err) ||
        !vt_json_get_number(row, "threshold", "holders", &threshold.holders, err) ||
        !vt_json_get_number(row, "threshold", "jurisdictions", &threshold.jurisdictions,
                            err))
        return false;
    if (!vt_trust_role_of(name, &role) || trust->thresholds[role].keys != 0)
        return vt_fail(err, VT_MALFORMED, "trust root: threshold of '%.*s' is given twice",
                       VT_SLICE_ARGS(name));
    if (threshold.keys == 0 || threshold.holders == 0 || threshold.jurisdictions == 0)
        return vt_fail(err, VT_MALFORMED, "trust root: a threshold of %.*s is below one",
                       VT_SLICE_ARGS(name));
    trust->thresholds[role] = threshold;
    return true;
}

static bool take_thresholds(const json_t *list, struct vt_trust *trust,
                            struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!take_threshold(json_array_get(list, i), trust, err))
            return false;
    return true;
}

static bool take_ledgers(const json_t *list, struct vt_trust *trust, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        vt_slice origin, use;

        if (!vt_json_get_text(json_array_get(list, i), "ledger", "origin", &origin, err) ||
            !vt_json_get_text(json_array_get(list, i), "ledger", "use", &use, err))
            return false;
        if (!vt_slice_is(use, "release"))
            continue;
        if (trust->release_origin.len != 0)
            return vt_fail(err, VT_MALFORMED, "trust root: two ledgers with use 'release'");
        trust->release_origin = origin;
    }
    return true;
}

static bool take_predicate(const json_t *root, struct vt_trust *trust, struct vt_error *err)
{
    static const enum vt_trust_role singly[] = { VT_ROLE_REVIEWER, VT_ROLE_BUILDER,
                                                 VT_ROLE_CELL };
    vt_slice policy;

    if (!vt_json_get_number(root, "trust root", "version", &trust->version, err) ||
        !vt_json_get_time(root, "trust root", "created", &trust->created_unix_s, err) ||
        !vt_json_get_time(root, "trust root", "expires", &trust->expires_unix_s, err) ||
        !vt_json_get_text(root, "trust root", "policy", &policy, err) ||
        !take_keys(json_object_get(root, "keys"), trust, err) ||
        !take_thresholds(json_object_get(root, "thresholds"), trust, err) ||
        !take_ledgers(json_object_get(root, "ledgers"), trust, err))
        return false;
    for (size_t i = 0; i < sizeof singly / sizeof singly[0]; i++)
        if (trust->thresholds[singly[i]].keys == 0)
            trust->thresholds[singly[i]] = (struct vt_threshold){ 1, 1, 1 };
    if (!vt_policy_parse(policy, &trust->policy, err))
        return vt_within(err, "trust root");
    return true;
}

bool vt_trust_of_draft(json_t *predicate, struct vt_trust **trust_out, struct vt_error *err)
{
    VT_AUTO_TRUST trust = calloc(1, sizeof *trust);

    if (trust == NULL)
        return vt_fail(err, VT_IO, "trust root: out of memory");
    trust->draft = json_incref(predicate);
    if (!vt_schema_verify(predicate, "trust root", vt_predicate_schema(VT_TRUST), err) ||
        !take_predicate(predicate, trust, err))
        return false;
    *trust_out = trust;
    trust = NULL;
    return true;
}

bool vt_trust_parse_unsigned(vt_slice bytes, struct vt_trust **trust_out,
                             struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;

    if (bytes.len > VT_TRUST_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "trust root: %zu bytes, at most %zu", bytes.len,
                       VT_TRUST_BYTES_MAX);
    trust = calloc(1, sizeof *trust);
    if (trust == NULL)
        return vt_fail(err, VT_IO, "trust root: out of memory");
    if (bytes.len != 0 && bytes.data[bytes.len - 1] == '\n')
        bytes.len--; /* files end with a line break, envelopes do not */
    if (!vt_envelope_parse(bytes, &trust->envelope, err))
        return vt_within(err, "trust root");
    if (trust->envelope.statement.type != VT_TRUST)
        return vt_fail(err, VT_MALFORMED, "trust root: is a statement of kind '%s'",
                       vt_predicate_name(trust->envelope.statement.type));
    if (!vt_statement_is_about_itself(&trust->envelope.statement, err) ||
        !take_predicate(trust->envelope.statement.predicate, trust, err) ||
        !vt_trust_is_sound(trust, err))
        return false;
    *trust_out = trust;
    trust = NULL;
    return true;
}

/* ---- signatures of root keys ------------------------------------------------------------
 */

static bool is_root_signed(const struct vt_trust *by, const struct vt_trust *what,
                           struct vt_error *err)
{
    const struct vt_threshold *threshold = &by->thresholds[VT_ROLE_ROOT];
    struct vt_keyring keyring = { .trust = by };
    struct vt_signers signers = { .count = 0 };
    size_t good = 0;

    (void)vt_signers_add(&signers, &keyring, VT_ROLE_ROOT, &what->envelope,
                         what->created_unix_s, (vt_slice){ 0 });
    if (vt_signers_judge(&signers, threshold) == VT_REGARD_GOOD)
        return true;
    for (size_t i = 0; i < signers.count; i++)
        good += signers.rows[i].standing == VT_REGARD_GOOD;
    return vt_fail(err, VT_REJECTED,
                   "trust root version %ju: %zu root keys of version %ju signed; %ju keys "
                   "of %ju holders in %ju jurisdictions are needed",
                   (uintmax_t)what->version, good, (uintmax_t)by->version,
                   (uintmax_t)threshold->keys, (uintmax_t)threshold->holders,
                   (uintmax_t)threshold->jurisdictions);
}

bool vt_trust_parse(vt_slice bytes, struct vt_trust **trust_out, struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;

    if (!vt_trust_parse_unsigned(bytes, &trust, err) || !is_root_signed(trust, trust, err))
        return false;
    *trust_out = trust;
    trust = NULL;
    return true;
}

bool vt_trust_verify_next(const struct vt_trust *current, const struct vt_trust *next,
                          struct vt_error *err)
{
    if (next->version != current->version + 1) /* both at most 2^53 - 1 */
        return vt_fail(err, VT_REJECTED, "trust root: version %ju does not follow %ju",
                       (uintmax_t)next->version, (uintmax_t)current->version);
    if (next->created_unix_s < current->created_unix_s)
        return vt_fail(err, VT_REJECTED,
                       "trust root version %ju: says it is older than version %ju",
                       (uintmax_t)next->version, (uintmax_t)current->version);
    return is_root_signed(current, next, err) && is_root_signed(next, next, err);
}

/* ---- cells ------------------------------------------------------------------------------
 */

static const json_t *predicate_of(const struct vt_trust *trust)
{
    return trust->draft != NULL ? trust->draft : trust->envelope.statement.predicate;
}

bool vt_trust_head_origin(const struct vt_trust *trust, vt_slice cell, vt_slice *out)
{
    const json_t *list = json_object_get(predicate_of(trust), "ledgers");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);

        if (vt_slice_is(vt_field_text(row, "use"), "head") &&
            vt_slice_equal(vt_field_text(row, "cell"), cell)) {
            *out = vt_field_text(row, "origin");
            return true;
        }
    }
    return false;
}

bool vt_trust_relay_of(const struct vt_trust *trust, vt_slice cell,
                       struct vt_trust_relay *out)
{
    const json_t *list = json_object_get(predicate_of(trust), "relays");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);

        if (vt_slice_equal(vt_field_text(row, "cell"), cell)) {
            *out = (struct vt_trust_relay){ vt_field_text(row, "url"),
                                            vt_field_text(row, "holder"),
                                            vt_field_text(row, "jurisdiction") };
            return true;
        }
    }
    return false;
}

static bool is_row_of(const json_t *row, const char *use, vt_slice cell)
{
    return vt_slice_is(vt_field_text(row, "use"), use) &&
           vt_slice_equal(vt_field_text(row, "cell"), cell);
}

static bool counts_at(const json_t *row, const char *use, vt_slice cell,
                      int64_t time_unix_s)
{
    struct vt_error ignored;
    int64_t from, until;

    return is_row_of(row, use, cell) &&
           vt_json_get_time(row, "certified", "from", &from, &ignored) &&
           vt_json_get_time(row, "certified", "until", &until, &ignored) &&
           from <= time_unix_s && time_unix_s < until;
}

bool vt_trust_find_certified(const struct vt_trust *trust, const char *use, vt_slice cell,
                             int64_t time_unix_s,
                             bool (*knows)(void *context, const vt_hash *what),
                             void *context, vt_hash *out)
{
    const json_t *list = json_object_get(predicate_of(trust), "certified");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        vt_hash hash = vt_field_hash(row, "sha256");

        if (counts_at(row, use, cell, time_unix_s) && knows(context, &hash)) {
            *out = hash;
            return true;
        }
    }
    return false;
}

static bool is_it(void *context, const vt_hash *what)
{
    return vt_hash_equal(what, context);
}

bool vt_trust_certifies(const struct vt_trust *trust, const char *use, vt_slice cell,
                        const vt_hash *what, int64_t time_unix_s)
{
    vt_hash wanted = *what, found;

    return vt_trust_find_certified(trust, use, cell, time_unix_s, is_it, &wanted, &found);
}

bool vt_trust_has_certified(const struct vt_trust *trust, const char *use, vt_slice cell,
                            const vt_hash *what)
{
    const json_t *list = json_object_get(predicate_of(trust), "certified");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        vt_hash hash = vt_field_hash(row, "sha256");

        if (is_row_of(row, use, cell) && vt_hash_equal(&hash, what))
            return true;
    }
    return false;
}

/* ---- enrolment
 * ---------------------------------------------------------------------------
 */

static bool has_other_holder(const struct vt_trust_key *known,
                             const struct vt_trust_key *key)
{
    return vt_slice_equal(known->keyid, key->keyid) &&
           (!vt_slice_equal(known->holder, key->holder) ||
            !vt_slice_equal(known->jurisdiction, key->jurisdiction));
}

/* What holds among the keys of a trust root (vt_trust_is_sound) holds with those that are
 * enrolled: one key, one holder, one place; and whoever watches the vendor is another. */
static bool check_enrolled(const struct vt_keyring *keyring, const struct vt_trust_key *key,
                           struct vt_error *err)
{
    const struct vt_trust *trust = keyring->trust;
    const struct vt_trust_key *other = NULL;

    if (!vt_trust_check_holder(key->holder, err))
        return vt_within(err, "enrolment");
    for (size_t i = 0; i < trust->key_count; i++) {
        if (has_other_holder(&trust->keys[i], key))
            other = &trust->keys[i];
        if (key->role == VT_ROLE_REVIEWER && trust->keys[i].role == VT_ROLE_VENDOR &&
            vt_trust_is_same_holder(trust->keys[i].holder, key->holder))
            return vt_fail(err, VT_REJECTED,
                           "enrolment: %.*s is the vendor, who does not review himself",
                           VT_SLICE_ARGS(key->holder));
    }
    for (size_t i = 0; i < keyring->enrolled_count; i++)
        if (has_other_holder(&keyring->enrolled[i], key))
            other = &keyring->enrolled[i];
    return other == NULL ||
           vt_fail(err, VT_REJECTED,
                   "enrolment: key %.16s... is of %.*s (%.*s) already, not of %.*s (%.*s)",
                   (const char *)key->keyid.data, VT_SLICE_ARGS(other->holder),
                   VT_SLICE_ARGS(other->jurisdiction), VT_SLICE_ARGS(key->holder),
                   VT_SLICE_ARGS(key->jurisdiction));
}

/* Enrolled before in this role, for the same time? */
static bool is_enrolled(const struct vt_keyring *keyring, const struct vt_trust_key *key)
{
    for (size_t i = 0; i < keyring->enrolled_count; i++) {
        const struct vt_trust_key *known = &keyring->enrolled[i];

        if (known->role == key->role && vt_slice_equal(known->keyid, key->keyid) &&
            known->from_unix_s == key->from_unix_s &&
            known->until_unix_s == key->until_unix_s &&
            known->mandate_until_unix_s == key->mandate_until_unix_s &&
            vt_slice_equal(known->site, key->site))
            return true;
    }
    return false;
}

bool vt_keyring_enrol(struct vt_keyring *keyring, const struct vt_statement *statement,
                      struct vt_error *err)
{
    struct vt_trust_key key;
    struct vt_subject subject = vt_statement_subject(statement, 0);
    vt_hash keyid;

    if (statement->type != VT_ENROLMENT ||
        !take_key(statement->predicate, "enrolment", &key, err))
        return vt_within(err, "enrolment");
    if (vt_statement_subject_count(statement) != 1 ||
        !vt_slice_is(key.holder, subject.name) || !vt_hash_parse_hex(key.keyid, &keyid) ||
        !vt_hash_equal(&keyid, &subject.hash))
        return vt_fail(err, VT_MALFORMED, "enrolment: its subject is not its key");
    if (!vt_trust_role_can_be_enrolled(key.role))
        return vt_fail(err, VT_MALFORMED, "enrolment: no %s can be",
                       vt_trust_role_name(key.role));
    if (!check_enrolled(keyring, &key, err))
        return false;
    /* What the trust root says of it prevails. */
    if (vt_trust_find(keyring->trust, key.keyid, key.role) != NULL ||
        is_enrolled(keyring, &key))
        return true;
    if (keyring->enrolled_count == VT_TRUST_ENROLLED_MAX)
        return vt_fail(err, VT_LIMIT, "enrolment: more than %d keys",
                       VT_TRUST_ENROLLED_MAX);
    keyring->enrolled[keyring->enrolled_count++] = key;
    return true;
}
