/* See handing.h. */
#include "centre/handing.h"
#include "centre/entry.h"
#include "evidence/field.h"
#include "wire/hex.h"

enum vt_handed_place vt_handed_place_of(enum vt_predicate type)
{
    static const enum vt_handed_place places[VT_PREDICATES] = {
        [VT_RELEASE] = VT_HANDED_DESK,
        [VT_REJECTION] = VT_HANDED_DESK,
        [VT_WITHDRAWALS] = VT_HANDED_LIST,
        [VT_ENVIRONMENT_AUTHORISATION] = VT_HANDED_LEDGER,
        [VT_COLLECTION] = VT_HANDED_LEDGER,
        [VT_ENROLMENT] = VT_HANDED_LEDGER,
        [VT_PROMISE] = VT_HANDED_LEDGER,
        [VT_KEPT] = VT_HANDED_LEDGER,
        [VT_FINDING] = VT_HANDED_LEDGER,
        [VT_REQUEST] = VT_HANDED_LEDGER,
        [VT_DENIAL] = VT_HANDED_LEDGER,
    };

    return places[type];
}

/* ---- who signed -------------------------------------------------------------------------
 */

static const enum vt_trust_role OFFICERS[] = { VT_ROLE_SUPERVISOR, VT_ROLE_FOUNDATION };

enum { OFFICER_ROLES = sizeof OFFICERS / sizeof OFFICERS[0] };

static const struct vt_trust_key *officer(const struct vt_trust *trust, vt_slice keyid)
{
    const struct vt_trust_key *key = NULL;

    for (size_t i = 0; key == NULL && i < OFFICER_ROLES; i++)
        key = vt_trust_find(trust, keyid, OFFICERS[i]);
    return key;
}

/* Nobody else's signature, and none that is wrong; the payload is not looked into. */
static bool check_signatures(const struct vt_trust *trust, const struct vt_dsse *dsse,
                             struct vt_error *err)
{
    for (size_t i = 0; i < dsse->signature_count; i++) {
        vt_slice keyid = dsse->signatures[i].keyid;
        const struct vt_trust_key *key = officer(trust, keyid);
        struct vt_verifier verifier = { .type = VT_KEY_ED25519 };
        struct vt_error ignored = { 0 };
        bool is_signed = false;

        if (key == NULL)
            return vt_fail(err, VT_REJECTED,
                           "key %.16s... is neither the supervisor's nor the foundation's "
                           "in the trust root",
                           (const char *)keyid.data);
        verifier.ed25519 = key->key;
        if (!vt_dsse_verify(dsse, &verifier, 1, &is_signed, &ignored) || !is_signed)
            return vt_fail(err, VT_REJECTED,
                           "the signature of %.*s's key is wrong: the statement was "
                           "changed after it was signed",
                           VT_SLICE_ARGS(key->holder));
    }
    return true;
}

/* What the desk takes is by the supervisor's threshold; what a ledger takes it says itself.
 */
static bool check_standing(const struct vt_trust *trust, const struct vt_envelope *envelope,
                           int64_t now_unix_s, struct vt_error *err)
{
    static const char *const words[] = {
        [VT_COUNT_ENOUGH] = "by those who may",
        [VT_COUNT_MISSING] = "by too few, or not for this product",
        [VT_COUNT_INTERVAL] = "by a key whose time has ended, or that was compromised",
        [VT_COUNT_MANDATE] = "by a key whose holder's mandate has ended",
    };
    vt_slice product = vt_field_text(envelope->statement.predicate, "product");
    struct vt_count count =
        vt_trust_count(trust, VT_ROLE_SUPERVISOR, envelope, now_unix_s, product);

    return count.outcome == VT_COUNT_ENOUGH ||
           vt_fail(err, VT_REJECTED, "the %s statement is signed, as supervisor, %s",
                   vt_predicate_name(envelope->statement.type), words[count.outcome]);
}

static bool judge_kind(const struct vt_trust *trust, vt_slice bytes,
                       const struct vt_envelope *envelope, int64_t now_unix_s,
                       struct vt_error *err)
{
    enum vt_predicate type = envelope->statement.type;

    switch (vt_handed_place_of(type)) {
    case VT_HANDED_DESK:
    case VT_HANDED_LIST:
        return check_standing(trust, envelope, now_unix_s, err);
    case VT_HANDED_LEDGER:
        return vt_trust_admits_entry(trust, bytes, now_unix_s, err);
    default:
        return vt_fail(err, VT_REJECTED, "a %s statement is not handed in at the desks",
                       vt_predicate_name(type));
    }
}

bool vt_handed_judge(const struct vt_trust *trust, vt_slice bytes, int64_t now_unix_s,
                     struct vt_envelope *out, struct vt_error *err)
{
    struct vt_envelope envelope = { .dsse = { .signature_count = 0 } };
    VT_AUTO_DSSE dsse = { .signature_count = 0 };

    if (now_unix_s >= trust->expires_unix_s)
        return vt_fail(err, VT_REJECTED, "the trust root of this Centre has expired");
    if (!vt_dsse_parse_canonical(bytes, &dsse, err) ||
        !check_signatures(trust, &dsse, err) || !vt_envelope_parse(bytes, &envelope, err))
        return false;
    if (!judge_kind(trust, bytes, &envelope, now_unix_s, err)) {
        vt_envelope_clear(&envelope);
        return false;
    }
    *out = envelope;
    return true;
}

/* ---- the folder -------------------------------------------------------------------------
 */

static bool count_one(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    (void)name;
    (void)is_folder;
    (void)err;
    ++*(size_t *)context;
    return true;
}

bool vt_handed_put(struct vt_disk *handed, vt_slice bytes, bool *is_there_out,
                   struct vt_error *err)
{
    vt_hash digest = vt_envelope_digest(bytes);
    VT_AUTO_ARENA arena = vt_arena_new();
    char hex[VT_HEX256_BYTES];
    const char *name;
    size_t count = 0;

    vt_hash_text(&digest, hex);
    name = vt_arena_printf(arena, "%s.json", hex);
    *is_there_out = vt_disk_has(handed, name); /* and durable: locking made it so */
    if (*is_there_out)
        return true;
    if (!vt_disk_list(handed, "", count_one, &count, err))
        return false;
    if (count >= VT_HANDED_MAX)
        return vt_fail(err, VT_LIMIT,
                       "%d statements wait here already: whoever runs this Centre takes "
                       "them to desk and ledger first",
                       VT_HANDED_MAX);
    return vt_disk_write(handed, name, bytes, 0644, err);
}

struct walking {
    struct vt_disk *handed;
    const struct vt_trust *trust;
    int64_t now_unix_s;
    const struct vt_handed_walk *walk;
};

static bool look_at_one(struct walking *w, const char *name, struct vt_buf *bytes,
                        struct vt_envelope *envelope, struct vt_error *err)
{
    vt_slice stem = vt_slice_from_cstr(name);
    vt_hash named, digest;

    if (!vt_slice_ends_with(stem, VT_LIT(".json")) ||
        !vt_hash_parse_hex(vt_slice_sub(stem, 0, stem.len - 5), &named))
        return vt_fail(err, VT_MALFORMED, "no statement has such a name");
    if (!vt_disk_read(w->handed, name, bytes, err))
        return false;
    digest = vt_envelope_digest(vt_buf_slice(bytes));
    if (!vt_hash_equal(&digest, &named))
        return vt_fail(err, VT_REJECTED, "its bytes have another digest than its name");
    return vt_handed_judge(w->trust, vt_buf_slice(bytes), w->now_unix_s, envelope, err);
}

static bool walk_one(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct walking *w = context;
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error why = { 0 };

    if (is_folder)
        return true;
    if (look_at_one(w, name, &bytes, &envelope, &why))
        return w->walk->each == NULL ||
               w->walk->each(w->walk->context, name, vt_buf_slice(&bytes), &envelope, err);
    if (w->walk->passed_over != NULL)
        w->walk->passed_over(w->walk->context, name, &why);
    return true;
}

bool vt_handed_each(struct vt_disk *handed, const struct vt_trust *trust,
                    int64_t now_unix_s, const struct vt_handed_walk *walk,
                    struct vt_error *err)
{
    struct walking walking = { handed, trust, now_unix_s, walk };

    return vt_disk_list(handed, "", walk_one, &walking, err);
}

json_t *vt_handed_json(const struct vt_trust *trust, const struct vt_envelope *envelope)
{
    static const char *const copied[] = { "product", "version", "created" };
    const struct vt_keyring keyring = { .trust = trust };
    const json_t *predicate = envelope->statement.predicate;
    json_t *row = json_pack("{s:o,s:s,s:o}", "sha256", vt_field_of_hash(&envelope->digest),
                            "kind", vt_predicate_name(envelope->statement.type), "signers",
                            vt_signers_json(&keyring, envelope));

    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        json_t *value = json_object_get(predicate, copied[i]);

        if (json_is_string(value))
            (void)json_object_set(row, copied[i], value);
    }
    return row;
}
