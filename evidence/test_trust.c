/* Trust roots: what holds together, what may follow, what a ledger admits. */
#include "evidence/trust_store.h"
#include "tests/world.h"

static bool parses(const struct vt_world *world, struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;

    *err = (struct vt_error){ 0 };
    return vt_trust_parse(vt_world_trust(world), &trust, err);
}

/* The world with one change is refused, in these words. */
#define UNSOUND(words, change)                                                             \
    do {                                                                                   \
        struct vt_world w = vt_world_good();                                               \
        struct vt_error err;                                                               \
        change;                                                                            \
        VT_CHECK_SAYING(!parses(&w, &err), "%s: it was accepted", words);                  \
        VT_CHECK_SAYING(strstr(err.message, words) != NULL, "wanted '%s', got '%s'",       \
                        words, err.message);                                               \
        VT_CHECK(err.code == VT_REJECTED || err.code == VT_MALFORMED);                     \
    } while (0)

#define SOUND(change)                                                                      \
    do {                                                                                   \
        struct vt_world w = vt_world_good();                                               \
        struct vt_error err = { 0 };                                                       \
        change;                                                                            \
        VT_CHECK_OK(parses(&w, &err));                                                     \
    } while (0)

static void soundness(void)
{
    SOUND((void)w);
    UNSOUND("two holders", (w.thresholds[VT_ROLE_ROOT] = (struct vt_threshold){ 2, 1, 1 }));
    UNSOUND("can never be",
            (w.thresholds[VT_ROLE_ROOT] = (struct vt_threshold){ 4, 2, 2 }));
    UNSOUND("can never be",
            (w.thresholds[VT_ROLE_VENDOR] = (struct vt_threshold){ 2, 2, 1 }));
    SOUND((w.thresholds[VT_ROLE_VENDOR] = (struct vt_threshold){ 2, 1, 1 }));
    UNSOUND("can never be",
            (w.thresholds[VT_ROLE_SUPERVISOR] = (struct vt_threshold){ 1, 1, 2 }));
    UNSOUND("can never be",
            (w.thresholds[VT_ROLE_SUPERVISOR] = (struct vt_threshold){ 0, 0, 0 }));
    UNSOUND("below one", (w.thresholds[VT_ROLE_VENDOR] = (struct vt_threshold){ 1, 0, 1 }));
    UNSOUND("at once", w.keys[VT_P_SUPERVISOR].holder = "Acme");
    UNSOUND("at once", w.keys[VT_P_REVIEWER].holder = "Acme");
    UNSOUND("at once", w.keys[VT_P_REVIEWER].holder = "ACME,");
    UNSOUND("nobody sees", w.keys[VT_P_REVIEWER].holder = "Acme ");
    UNSOUND("two capital letters", w.keys[VT_P_REVIEWER].jurisdiction = "ch");
    UNSOUND("two capital letters", w.keys[VT_P_REVIEWER].jurisdiction = "Switzerland");
    UNSOUND("nobody sees", w.keys[VT_P_REVIEWER].holder = "Acme\xc2\xa0"
                                                          "Labs");
    UNSOUND("nobody sees", w.keys[VT_P_REVIEWER].holder = "Acme\xe2\x80\x8b");
    SOUND(w.keys[VT_P_REVIEWER].holder = "Watch");
    UNSOUND("no log line", w.policy = vt_world_policy(3, "other.example/releases"));
    UNSOUND("too few", w.policy = vt_world_policy(2, w.trust_origin));
    SOUND(w.policy = vt_world_policy(4, w.trust_origin));
    UNSOUND("expires before", w.trust_expires = VT_WORLD_BEGAN);
    UNSOUND("versions begin", w.trust_version = 0);
    UNSOUND("root keys of version", w.root_signers = VT_BIT(VT_P_ROOT_VENDOR));
    UNSOUND("root keys of version",
            w.root_signers = VT_BIT(VT_P_ROOT_VENDOR) | VT_BIT(VT_P_SUPERVISOR));
    UNSOUND("root keys of version",
            w.keys[VT_P_ROOT_VENDOR].compromised_from = VT_WORLD_NOW); /* later, and yet */
    SOUND(w.root_signers |= VT_BIT(VT_P_ROOT_FOUNDATION));
    SOUND((w.keys[VT_P_ROOT_FOUNDATION].compromised_from = VT_WORLD_BEGAN,
           w.root_signers |= VT_BIT(VT_P_ROOT_FOUNDATION)));
}

/* ---- enrolments: what holds in a trust root holds with them ---- */

struct enrolling {
    struct vt_world world;
    struct vt_trust *trust;
    struct vt_keyring keyring;
    struct vt_envelope envelopes[8]; /* the keyring's slices point into them */
    size_t count;
};

static void enrolling_begin(struct enrolling *e)
{
    struct vt_error err = { 0 };

    *e = (struct enrolling){ .world = vt_world_good() };
    e->world.enrolment_signers = VT_BIT(VT_P_SUPERVISOR);
    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&e->world), &e->trust, &err));
    e->keyring.trust = e->trust;
}

static void enrolling_end(struct enrolling *e)
{
    for (size_t i = 0; i < e->count; i++)
        vt_envelope_clear(&e->envelopes[i]);
    vt_trust_free(e->trust);
}

static bool enrol(struct enrolling *e, const char *role, const char *holder,
                  const char *jurisdiction, int64_t until, struct vt_error *err)
{
    struct vt_world_key *key = &e->world.keys[VT_P_ENROLLED];
    struct vt_envelope *envelope = &e->envelopes[e->count++];

    *err = (struct vt_error){ 0 };
    key->role = role;
    key->holder = holder;
    key->jurisdiction = jurisdiction;
    key->until = until;
    VT_CHECK(vt_envelope_parse(vt_world_enrolment(&e->world), envelope, err));
    return vt_keyring_enrol(&e->keyring, &envelope->statement, err);
}

static enum vt_regard regard_at(const struct enrolling *e, int64_t time_unix_s)
{
    struct vt_signers signers = { .count = 0 };
    struct vt_error err = { 0 };
    VT_AUTO_ENVELOPE envelope = { 0 };

    VT_CHECK_OK(vt_envelope_parse(
        vt_world_statement(VT_REVIEW, "source",
                           json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "product", "lamp",
                                     "version", "1", "source", vt_world_digest("source"),
                                     "verdict", "accept", "scope", "all", "created",
                                     vt_world_time(VT_WORLD_NOW)),
                           VT_BIT(VT_P_ENROLLED)),
        &envelope, &err));
    return vt_signers_add(&signers, &e->keyring, VT_ROLE_REVIEWER, &envelope, time_unix_s,
                          (vt_slice){ 0 });
}

static void enrolments_hold_together(void)
{
    struct enrolling e;
    struct vt_error err;

    enrolling_begin(&e);
    VT_CHECK(!enrol(&e, "reviewer", "Acme", "DE", VT_WORLD_NOW, &err) &&
             err.code == VT_REJECTED);
    VT_CHECK_SAYING(strstr(err.message, "does not review himself") != NULL, "%s",
                    err.message);
    VT_CHECK(!enrol(&e, "reviewer", "acme", "DE", VT_WORLD_NOW, &err));
    VT_CHECK(e.keyring.enrolled_count == 0);
    VT_CHECK_OK(enrol(&e, "reviewer", "Lab", "JP", VT_WORLD_LOGGED, &err));
    VT_CHECK_OK(enrol(&e, "reviewer", "Lab", "JP", VT_WORLD_LOGGED, &err)); /* again */
    VT_CHECK(e.keyring.enrolled_count == 1);
    VT_CHECK(!enrol(&e, "builder", "Acme", "DE", VT_WORLD_NOW, &err) &&
             err.code == VT_REJECTED);
    VT_CHECK_SAYING(strstr(err.message, "is of Lab (JP) already") != NULL, "%s",
                    err.message);
    VT_CHECK(!enrol(&e, "reviewer", "Lab", "DE", VT_WORLD_NOW, &err));
    /* For another time: both count, each in its own. */
    VT_CHECK(regard_at(&e, VT_WORLD_NOW) == VT_REGARD_INTERVAL);
    e.world.keys[VT_P_ENROLLED].from = VT_WORLD_LISTED;
    VT_CHECK_OK(enrol(&e, "reviewer", "Lab", "JP", VT_WORLD_NOW + 1, &err));
    VT_CHECK(e.keyring.enrolled_count == 2);
    VT_CHECK(regard_at(&e, VT_WORLD_LOGGED - 1) == VT_REGARD_GOOD);
    VT_CHECK(regard_at(&e, VT_WORLD_LOGGED) == VT_REGARD_INTERVAL);
    VT_CHECK(regard_at(&e, VT_WORLD_NOW) == VT_REGARD_GOOD);
    enrolling_end(&e);
}

/* A policy's text is sound, or not. */
static void policies(void)
{
    static const struct {
        const char *name, *tail;
        bool is_sound;
    } rows[] = {
        { "3 of 4", "group q 3 CH DE JP BR\nquorum q\n", true },
        { "4 of 4", "group q all CH DE JP BR\nquorum q\n", true },
        { "2 of 4", "group q 2 CH DE JP BR\nquorum q\n", false },
        { "any of 4", "group q any CH DE JP BR\nquorum q\n", false },
        { "none", "quorum none\n", false },
        { "one witness", "quorum w0\n", false },
        { "one jurisdiction", "group q all CH\nquorum q\n", false },
        { "2 of 2 leaves two outside", "group q all CH DE\nquorum q\n", false },
    };
    const char *whole = vt_world_policy(3, VT_WORLD_ORIGIN);
    const char *end = strstr(whole, "group all-places");

    VT_CHECK(end != NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_policy *policy = vt_alloc(sizeof *policy);
        VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));

        vt_buf_put(&text, vt_slice_of(whole, (size_t)(end - whole)));
        vt_buf_put_text(&text, rows[i].tail);
        VT_CHECK_OK(vt_policy_parse(vt_buf_slice(&text), policy, &err));
        VT_CHECK_SAYING(vt_trust_policy_is_sound(policy, &err) == rows[i].is_sound,
                        "%s: %s", rows[i].name, err.message);
        free(policy);
    }
}

static void witnesses_in_the_quorum_itself(void)
{
    const char *whole = vt_world_policy(3, VT_WORLD_ORIGIN);
    struct vt_error err = { 0 };
    struct vt_policy *policy = vt_alloc(sizeof *policy);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));
    vt_reader r = { vt_slice_from_cstr(whole) };
    vt_slice line;

    while (vt_read_line(&r, &line))
        if (!vt_slice_starts_with(line, VT_LIT("group")) &&
            !vt_slice_starts_with(line, VT_LIT("quorum")))
            vt_buf_printf(&text, "%.*s\n", VT_SLICE_ARGS(line));
    vt_buf_put_text(&text, "group q 3 w0 w1 w2 w3\nquorum q\n");
    VT_CHECK_OK(vt_policy_parse(vt_buf_slice(&text), policy, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_trust_policy_is_sound(policy, &err));
    free(policy);
}

/* ---- rotation --------------------------------------------------------------------------
 */

static bool follows(const struct vt_world *one, const struct vt_world *two,
                    struct vt_error *why)
{
    struct vt_error err = { 0 };
    VT_AUTO_TRUST a = NULL;
    VT_AUTO_TRUST b = NULL;

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(one), &a, &err));
    return vt_trust_parse(vt_world_trust(two), &b, why) && vt_trust_verify_next(a, b, why);
}

static void rotation(void)
{
    const unsigned vendor = VT_BIT(VT_P_ROOT_VENDOR);
    const unsigned supervisor = VT_BIT(VT_P_ROOT_SUPERVISOR);
    const unsigned foundation = VT_BIT(VT_P_ROOT_FOUNDATION);
    struct vt_world one = vt_world_good(), two = one;
    struct vt_error err = { 0 };

    VT_CHECK_FAILS(VT_REJECTED, follows(&one, &two, &err)); /* the same version */
    two.trust_version = 2;
    VT_CHECK_OK(follows(&one, &two, &err));
    two.trust_version = 3;
    VT_CHECK_FAILS(VT_REJECTED, follows(&one, &two, &err));
    two.trust_version = 2;
    VT_CHECK_FAILS(VT_REJECTED, follows(&two, &one, &err)); /* back */
    two.root_signers = vendor;
    VT_CHECK_FAILS(VT_REJECTED, follows(&one, &two, &err));
    /* A root holder leaves: the old threshold must be met by old keys, the new by new. */
    two.keys[VT_P_ROOT_FOUNDATION].role = "foundation";
    two.root_signers = supervisor | vendor;
    VT_CHECK_OK(follows(&one, &two, &err));
    two.root_signers = vendor | foundation; /* enough for the old one only */
    VT_CHECK_FAILS(VT_REJECTED, follows(&one, &two, &err));
    one.keys[VT_P_ROOT_VENDOR].role = "foundation"; /* the old one knew two others */
    one.root_signers = supervisor | foundation;
    two.root_signers = vendor | supervisor; /* enough for the new one only */
    VT_CHECK_FAILS(VT_REJECTED, follows(&one, &two, &err));
    two.root_signers = vendor | supervisor | foundation;
    VT_CHECK_OK(follows(&one, &two, &err));
}

/* ---- mangling --------------------------------------------------------------------------
 */

static void mangled(void)
{
    struct vt_world world = vt_world_good();
    vt_slice good = vt_world_trust(&world);
    uint8_t *bytes = vt_alloc(good.len);
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;

    VT_CHECK_OK(vt_trust_parse(good, &trust, &err));
    for (size_t len = 0; len + 1 < good.len;
         len++) { /* without the line break it is good */
        VT_AUTO_TRUST cut = NULL;

        VT_CHECK_SAYING(!vt_trust_parse(vt_slice_sub(good, 0, len), &cut, &err),
                        "cut to %zu", len);
    }
    for (size_t at = 0; at < good.len; at++) {
        VT_AUTO_TRUST flipped = NULL;

        memcpy(bytes, good.data, good.len);
        bytes[at] ^= (uint8_t)(1u << (at % 8));
        VT_CHECK_SAYING(!vt_trust_parse(vt_slice_of(bytes, good.len), &flipped, &err),
                        "bit flipped at %zu", at);
    }
    free(bytes);
}

/* ---- what a ledger admits --------------------------------------------------------------
 */

static void admission(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    vt_slice own, twice;

    vt_world_make(&world, &made);
    VT_CHECK_OK(vt_trust_parse(made.trust, &trust, &err));
    for (size_t i = 0; i < made.envelope_count; i++)
        VT_CHECK_OK(vt_trust_admits_entry(trust, made.envelopes[i], VT_WORLD_NOW, &err));
    VT_CHECK_OK(vt_trust_admits_entry(trust, made.withdrawals, VT_WORLD_NOW, &err));
    own = vt_slice_sub(made.trust, 0, made.trust.len - 1);
    VT_CHECK_OK(vt_trust_admits_entry(trust, own, VT_WORLD_NOW, &err));
    /* Not canonical, not in time, not an envelope. */
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_trust_admits_entry(trust, made.trust, VT_WORLD_NOW, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_trust_admits_entry(trust, made.release,
                                                      world.keys[VT_P_VENDOR].until, &err));
    VT_CHECK(!vt_trust_admits_entry(trust, VT_LIT("{}"), VT_WORLD_NOW, &err));
    /* Half a release, and one more signature by somebody. */
    world.release_signers = VT_BIT(VT_P_VENDOR);
    vt_world_make(&world, &made);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_trust_admits_entry(trust, made.release, VT_WORLD_NOW, &err));
    world.release_signers =
        VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR) | VT_BIT(VT_P_STRANGER);
    vt_world_make(&world, &made);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_trust_admits_entry(trust, made.release, VT_WORLD_NOW, &err));
    /* A review by the vendor, provenance by a stranger. */
    world.review_signers[0] = VT_P_VENDOR;
    world.provenance_signer = VT_P_STRANGER;
    vt_world_make(&world, &made);
    for (size_t i = 1; i < 4; i++)
        if (i != 2) /* the verifier's summary is the supervisor's */
            VT_CHECK_FAILS(VT_REJECTED, vt_trust_admits_entry(trust, made.envelopes[i],
                                                              VT_WORLD_NOW, &err));
    twice = made.envelopes[2];
    VT_CHECK_OK(vt_trust_admits_entry(trust, twice, VT_WORLD_NOW, &err));
}

static void admission_of_trust_roots(void)
{
    struct vt_world one = vt_world_good(), two = one, other = one;
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    vt_slice next, foreign;

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&one), &trust, &err));
    two.trust_version = 2;
    next = vt_world_trust(&two);
    VT_CHECK_OK(vt_trust_admits_entry(trust, vt_slice_sub(next, 0, next.len - 1),
                                      VT_WORLD_NOW, &err));
    other.trust_expires--; /* another version 1 */
    foreign = vt_world_trust(&other);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_trust_admits_entry(trust, vt_slice_sub(foreign, 0, foreign.len - 1),
                                         VT_WORLD_NOW, &err));
}

/* ---- a client's folder -----------------------------------------------------------------
 */

static void store(void)
{
    const char *folder = vt_test_path("kept");
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    struct vt_trust *trust = NULL;
    vt_slice one = vt_world_trust(&world), two, three, other;

    world.trust_expires--;
    other = vt_world_trust(&world);
    world.trust_expires++;
    world.trust_version = 2;
    two = vt_world_trust(&world);
    world.trust_version = 3;
    three = vt_world_trust(&world);
    VT_CHECK_FAILS(VT_IO, vt_trust_store_read(folder, &trust, &err));
    VT_CHECK_FAILS(VT_IO, vt_trust_store_take(folder, two, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_trust_store_pin(folder, VT_LIT("{}"), &err));
    VT_CHECK_FAILS(VT_IO, vt_trust_store_read(folder, &trust, &err));
    VT_CHECK_OK(vt_trust_store_pin(folder, one, &err));
    VT_CHECK_OK(vt_trust_store_pin(folder, one, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_trust_store_pin(folder, other, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_trust_store_pin(folder, two, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_trust_store_take(folder, three, &err));
    VT_CHECK_OK(vt_trust_store_take(folder, two, &err));
    VT_CHECK_OK(vt_trust_store_take(folder, two, &err));
    VT_CHECK_OK(vt_trust_store_take(folder, three, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_trust_store_take(folder, two, &err));
    VT_CHECK_OK(vt_trust_store_read(folder, &trust, &err));
    VT_CHECK(trust->version == 3);
    vt_trust_free(trust);
}

static const struct vt_case cases[] = {
    { "what holds together", soundness },
    { "enrolments hold together", enrolments_hold_together },
    { "policies", policies },
    { "witnesses must be in jurisdictions", witnesses_in_the_quorum_itself },
    { "rotation", rotation },
    { "mangled trust roots", mangled },
    { "what a ledger admits", admission },
    { "which trust roots a ledger admits", admission_of_trust_roots },
    { "a client's folder", store },
};

VT_TEST_MAIN("trust", cases)
