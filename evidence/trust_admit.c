/* What a release ledger takes: statements by those whom its trust root names.  A ledger is
 * for ever, so it is asked before, not after. */
#include "evidence/field.h"
#include "evidence/trust.h"

/* Is there a signature that is wrong, or by somebody who may not sign this? */
static bool has_stranger(const struct vt_keyring *keyring,
                         const struct vt_envelope *envelope)
{
    for (size_t i = 0; i < envelope->dsse.signature_count; i++) {
        bool is_known = false;

        for (unsigned role = 0; role < VT_ROLES && !is_known; role++) {
            const struct vt_trust_key *key =
                vt_trust_role_may_sign((enum vt_trust_role)role, envelope->statement.type)
                    ? vt_keyring_find(keyring, envelope->dsse.signatures[i].keyid,
                                      (enum vt_trust_role)role)
                    : NULL;

            is_known = key != NULL && vt_envelope_is_signed_by(envelope, &key->key);
        }
        if (!is_known)
            return true;
    }
    return false;
}

/* What a cell says of itself. */
static bool is_of_cell(enum vt_predicate type)
{
    return type == VT_AGGREGATE || type == VT_COUNT || type == VT_HEAD;
}

static vt_slice product_of(const struct vt_envelope *envelope)
{
    vt_slice product = { 0 };
    struct vt_error ignored;

    if (!vt_json_get_text(envelope->statement.predicate, "statement",
                          is_of_cell(envelope->statement.type) ? "cell" : "product",
                          &product, &ignored))
        return (vt_slice){ 0 };
    return product;
}

static bool fail_standing(const struct vt_envelope *envelope, enum vt_trust_role role,
                          enum vt_regard standing, struct vt_error *err)
{
    return vt_fail(err, VT_REJECTED, "the %s statement is signed, as %s, by %s",
                   vt_predicate_name(envelope->statement.type), vt_trust_role_name(role),
                   vt_regard_words(standing));
}

static bool meets_threshold(const struct vt_keyring *keyring, enum vt_trust_role role,
                            const struct vt_envelope *envelope, int64_t now_unix_s,
                            struct vt_error *err)
{
    struct vt_signers signers = { .count = 0 };
    enum vt_regard standing;

    (void)vt_signers_add(&signers, keyring, role, envelope, now_unix_s,
                         product_of(envelope));
    standing = vt_signers_judge(&signers, &keyring->trust->thresholds[role]);
    return standing == VT_REGARD_GOOD || fail_standing(envelope, role, standing, err);
}

static bool has_good_signer(const struct vt_keyring *keyring,
                            const struct vt_envelope *envelope, int64_t now_unix_s,
                            struct vt_error *err)
{
    enum vt_regard best = VT_REGARD_ABSENT;
    enum vt_trust_role best_role = VT_ROLE_ROOT;

    for (unsigned role = 0; role < VT_ROLES; role++) {
        struct vt_signers signers = { .count = 0 };
        enum vt_regard standing;

        if (!vt_trust_role_may_sign((enum vt_trust_role)role, envelope->statement.type))
            continue;
        standing = vt_signers_add(&signers, keyring, (enum vt_trust_role)role, envelope,
                                  now_unix_s, product_of(envelope));
        if (standing >= best) {
            best = standing;
            best_role = (enum vt_trust_role)role;
        }
    }
    return best == VT_REGARD_GOOD || fail_standing(envelope, best_role, best, err);
}

/* A cell speaks of itself alone: the root lists it in what its key may speak for. */
static bool speaks_of_itself(const struct vt_keyring *keyring,
                             const struct vt_envelope *envelope, struct vt_error *err)
{
    vt_slice cell = vt_field_text(envelope->statement.predicate, "cell");

    for (size_t i = 0; i < envelope->dsse.signature_count; i++) {
        const struct vt_trust_key *key =
            vt_keyring_find(keyring, envelope->dsse.signatures[i].keyid, VT_ROLE_CELL);

        if (key == NULL || !vt_list_has(key->products, cell))
            return vt_fail(err, VT_REJECTED,
                           "the %s statement about cell %.*s is not signed by that cell",
                           vt_predicate_name(envelope->statement.type),
                           VT_SLICE_ARGS(cell));
    }
    return true;
}

/* ---- statements of supervision ---- */

/* Nobody promises for another: each who signs is the holder that it names. */
static bool promises_for_himself(const struct vt_keyring *keyring,
                                 const struct vt_envelope *envelope, struct vt_error *err)
{
    vt_slice by = vt_field_text(envelope->statement.predicate, "by");

    for (size_t i = 0; i < envelope->dsse.signature_count; i++) {
        const struct vt_trust_key *key = NULL;

        for (unsigned role = 0; role < VT_ROLES && key == NULL; role++)
            if (vt_trust_role_may_sign((enum vt_trust_role)role, VT_PROMISE))
                key = vt_keyring_find(keyring, envelope->dsse.signatures[i].keyid,
                                      (enum vt_trust_role)role);
        if (key == NULL || !vt_slice_equal(key->holder, by))
            return vt_fail(err, VT_REJECTED,
                           "the promise statement is by %.*s, and somebody else signed it",
                           VT_SLICE_ARGS(by));
    }
    return true;
}

/* A vendor answers findings; the first word on one is not his. */
static bool opens_no_finding_as_vendor(const struct vt_keyring *keyring,
                                       const struct vt_envelope *envelope,
                                       struct vt_error *err)
{
    if (vt_json_has(envelope->statement.predicate, "supersedes"))
        return true;
    for (size_t i = 0; i < envelope->dsse.signature_count; i++)
        if (vt_keyring_find(keyring, envelope->dsse.signatures[i].keyid, VT_ROLE_VENDOR) !=
            NULL)
            return vt_fail(err, VT_REJECTED,
                           "a vendor opens no finding; he answers one that was opened");
    return true;
}

/* What turns late by the clock must not be dated ahead. */
static bool is_sound_supervision(const struct vt_keyring *keyring,
                                 const struct vt_envelope *envelope, int64_t now_unix_s,
                                 struct vt_error *err)
{
    enum { CLOCK_SLACK_S = 3600 }; /* clocks differ a little */
    enum vt_predicate type = envelope->statement.type;
    int64_t created;

    if (!vt_predicate_is_of_supervision(type))
        return true;
    if (!vt_json_get_time(envelope->statement.predicate, vt_predicate_name(type), "created",
                          &created, err))
        return false;
    if (created > now_unix_s + CLOCK_SLACK_S)
        return vt_fail(err, VT_REJECTED, "the %s statement is dated ahead of the clock",
                       vt_predicate_name(type));
    if (type == VT_PROMISE)
        return promises_for_himself(keyring, envelope, err);
    return type != VT_FINDING || opens_no_finding_as_vendor(keyring, envelope, err);
}

/* A trust root on the ledger is this one, or the next. */
static bool is_our_trust(const struct vt_trust *trust, vt_slice entry, struct vt_error *err)
{
    VT_AUTO_TRUST next = NULL;

    if (!vt_trust_parse(entry, &next, err))
        return false;
    if (vt_hash_equal(&next->envelope.digest, &trust->envelope.digest))
        return true;
    return vt_trust_verify_next(trust, next, err);
}

bool vt_trust_admits_entry(const struct vt_trust *trust, vt_slice entry, int64_t now_unix_s,
                           struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_keyring keyring = { .trust = trust };
    enum vt_predicate type;

    if (!vt_envelope_parse(entry, &envelope, err))
        return false;
    type = envelope.statement.type;
    if (type == VT_TRUST)
        return is_our_trust(trust, entry, err);
    if (type == VT_ACCESS)
        return vt_fail(err, VT_REJECTED,
                       "an access statement is nobody else's to read: only its commitment "
                       "is logged, on the cell's access ledger");
    if (type == VT_INVITATION || type == VT_INVITATION_END)
        return vt_fail(
            err, VT_REJECTED,
            "who is invited to read is nobody else's to know: an invitation lies "
            "in the Centre's folder alone");
    if (has_stranger(&keyring, &envelope))
        return vt_fail(err, VT_REJECTED,
                       "the %s statement bears a signature by nobody whom the trust root "
                       "names for it",
                       vt_predicate_name(type));
    /* Whole thresholds, or the vendor could log alone. */
    if (type == VT_RELEASE || type == VT_WITHDRAWALS)
        return meets_threshold(&keyring, VT_ROLE_VENDOR, &envelope, now_unix_s, err) &&
               meets_threshold(&keyring, VT_ROLE_SUPERVISOR, &envelope, now_unix_s, err);
    if (type == VT_RESIDENCY)
        return meets_threshold(&keyring, VT_ROLE_RESIDENCY, &envelope, now_unix_s, err);
    if (is_of_cell(type) && !speaks_of_itself(&keyring, &envelope, err))
        return false;
    return is_sound_supervision(&keyring, &envelope, now_unix_s, err) &&
           has_good_signer(&keyring, &envelope, now_unix_s, err);
}
