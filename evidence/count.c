/* Who signed, and is it enough?  Signatures become signers with a standing; signers of one
 * or several envelopes are counted against a threshold: keys, holders, jurisdictions. */
#include "evidence/trust.h"

const struct vt_trust_key *vt_trust_find(const struct vt_trust *trust, vt_slice keyid,
                                         enum vt_trust_role role)
{
    for (size_t i = 0; i < trust->key_count; i++)
        if (trust->keys[i].role == role && vt_slice_equal(trust->keys[i].keyid, keyid))
            return &trust->keys[i];
    return NULL;
}

static bool is_key(const struct vt_trust_key *key, vt_slice keyid, enum vt_trust_role role)
{
    return key->role == role && vt_slice_equal(key->keyid, keyid);
}

static int64_t end_of(const struct vt_trust_key *key)
{
    return key->until_unix_s < key->mandate_until_unix_s ? key->until_unix_s
                                                         : key->mandate_until_unix_s;
}

const struct vt_trust_key *vt_keyring_find(const struct vt_keyring *keyring, vt_slice keyid,
                                           enum vt_trust_role role)
{
    const struct vt_trust_key *found = vt_trust_find(keyring->trust, keyid, role);

    if (found != NULL)
        return found;
    for (size_t i = 0; i < keyring->enrolled_count; i++) {
        const struct vt_trust_key *key = &keyring->enrolled[i];

        if (is_key(key, keyid, role) && (found == NULL || end_of(key) > end_of(found)))
            found = key;
    }
    return found;
}

/* The enrolment under which it counted at that time, if it did under one. */
static const struct vt_trust_key *find_at(const struct vt_keyring *keyring, vt_slice keyid,
                                          enum vt_trust_role role, int64_t time_unix_s)
{
    const struct vt_trust_key *newest = vt_keyring_find(keyring, keyid, role);

    for (size_t i = 0; i < keyring->enrolled_count; i++)
        if (is_key(&keyring->enrolled[i], keyid, role) &&
            vt_trust_key_standing(newest, time_unix_s) != VT_REGARD_GOOD &&
            vt_trust_key_standing(&keyring->enrolled[i], time_unix_s) == VT_REGARD_GOOD)
            return &keyring->enrolled[i];
    return newest;
}

static bool speaks_for(const struct vt_trust_key *key, vt_slice product)
{
    if (key->products == NULL || product.len == 0)
        return true;
    for (size_t i = 0; i < json_array_size(key->products); i++)
        if (vt_slice_is(product, json_string_value(json_array_get(key->products, i))))
            return true;
    return false;
}

/* A root key that is known to be compromised never counts, whatever time stands in the
 * root: that time was written by whoever signed. */
enum vt_regard vt_trust_key_standing(const struct vt_trust_key *key, int64_t time_unix_s)
{
    if (time_unix_s >= key->compromised_unix_s ||
        (key->role == VT_ROLE_ROOT && key->compromised_unix_s != INT64_MAX))
        return VT_REGARD_COMPROMISED;
    if (time_unix_s < key->from_unix_s || time_unix_s >= key->until_unix_s)
        return VT_REGARD_INTERVAL;
    if (time_unix_s >= key->mandate_until_unix_s)
        return VT_REGARD_MANDATE;
    return VT_REGARD_GOOD;
}

/* A key once, with its best standing. */
static void add_signer(struct vt_signers *signers, const struct vt_trust_key *key,
                       enum vt_regard standing)
{
    for (size_t i = 0; i < signers->count; i++)
        if (vt_slice_equal(signers->rows[i].key->keyid, key->keyid)) {
            if (standing > signers->rows[i].standing)
                signers->rows[i].standing = standing;
            return;
        }
    if (signers->count < VT_TRUST_KEYS_MAX)
        signers->rows[signers->count++] = (struct vt_signer){ key, standing };
}

enum vt_regard vt_signers_add(struct vt_signers *signers, const struct vt_keyring *keyring,
                              enum vt_trust_role role, const struct vt_envelope *envelope,
                              int64_t time_unix_s, vt_slice product)
{
    enum vt_regard best = VT_REGARD_ABSENT;

    for (size_t i = 0; i < envelope->dsse.signature_count; i++) {
        const struct vt_trust_key *key =
            find_at(keyring, envelope->dsse.signatures[i].keyid, role, time_unix_s);
        enum vt_regard standing;

        if (key == NULL || !speaks_for(key, product) ||
            !vt_envelope_is_signed_by(envelope, &key->key))
            continue;
        standing = vt_trust_key_standing(key, time_unix_s);
        add_signer(signers, key, standing);
        if (standing > best)
            best = standing;
    }
    return best;
}

/* Would the threshold be met if all with this standing or a better one counted? */
static bool is_enough(const struct vt_signers *signers,
                      const struct vt_threshold *threshold, enum vt_regard least)
{
    uint64_t keys = 0, holders = 0, jurisdictions = 0;

    for (size_t i = 0; i < signers->count; i++) {
        const struct vt_trust_key *key = signers->rows[i].key;
        bool is_new_holder = true, is_new_jurisdiction = true;

        if (signers->rows[i].standing < least)
            continue;
        for (size_t j = 0; j < i; j++) {
            const struct vt_trust_key *other = signers->rows[j].key;

            if (signers->rows[j].standing < least)
                continue;
            is_new_holder = is_new_holder && !vt_slice_equal(key->holder, other->holder);
            is_new_jurisdiction = is_new_jurisdiction &&
                                  !vt_slice_equal(key->jurisdiction, other->jurisdiction);
        }
        keys++;
        holders += is_new_holder;
        jurisdictions += is_new_jurisdiction;
    }
    return threshold->keys != 0 && keys >= threshold->keys &&
           holders >= threshold->holders && jurisdictions >= threshold->jurisdictions;
}

enum vt_regard vt_signers_judge(const struct vt_signers *signers,
                                const struct vt_threshold *threshold)
{
    for (int least = VT_REGARD_GOOD; least > VT_REGARD_ABSENT; least--)
        if (is_enough(signers, threshold, (enum vt_regard)least))
            return (enum vt_regard)least; /* one of the five */
    return VT_REGARD_ABSENT;
}

const char *vt_regard_words(enum vt_regard standing)
{
    static const char *const words[] = {
        [VT_REGARD_ABSENT] = "too few of the keys that the trust root demands",
        [VT_REGARD_COMPROMISED] = "a key that was compromised by then",
        [VT_REGARD_INTERVAL] = "a key that was not yet, or no longer, valid",
        [VT_REGARD_MANDATE] = "a holder whose mandate had ended",
        [VT_REGARD_GOOD] = "those who may",
    };

    return words[standing];
}

struct vt_count vt_keyring_count(const struct vt_keyring *keyring, enum vt_trust_role role,
                                 const struct vt_envelope *envelope, int64_t time_unix_s,
                                 vt_slice product)
{
    static const enum vt_count_outcome outcomes[] = {
        [VT_REGARD_ABSENT] = VT_COUNT_MISSING,
        [VT_REGARD_COMPROMISED] = VT_COUNT_INTERVAL,
        [VT_REGARD_INTERVAL] = VT_COUNT_INTERVAL,
        [VT_REGARD_MANDATE] = VT_COUNT_MANDATE,
        [VT_REGARD_GOOD] = VT_COUNT_ENOUGH,
    };
    struct vt_signers signers = { .count = 0 };
    struct vt_count count = { .signer_count = 0 };

    (void)vt_signers_add(&signers, keyring, role, envelope, time_unix_s, product);
    count.outcome = outcomes[vt_signers_judge(&signers, &keyring->trust->thresholds[role])];
    for (size_t i = 0; i < signers.count; i++) /* at most one a signature */
        if (signers.rows[i].standing == VT_REGARD_GOOD)
            count.signers[count.signer_count++] = signers.rows[i].key;
    return count;
}

struct vt_count vt_trust_count(const struct vt_trust *trust, enum vt_trust_role role,
                               const struct vt_envelope *envelope, int64_t time_unix_s,
                               vt_slice product)
{
    struct vt_keyring keyring = { .trust = trust };

    return vt_keyring_count(&keyring, role, envelope, time_unix_s, product);
}
