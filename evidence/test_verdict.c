/* Every reason, each one change away from a world that is accepted. */
#include "tests/world.h"

static struct vt_world_answer ask(const struct vt_world *world)
{
    struct vt_world_made made;

    vt_world_make(world, &made);
    return vt_world_ask(&made, NULL, NULL, NULL, VT_WORLD_NOW);
}

static void want(const char *name, const struct vt_world *world, enum vt_reason wanted)
{
    struct vt_world_answer answer = ask(world);

    VT_CHECK_SAYING(answer.reason == wanted, "%s: wanted %s, got %s: %s", name,
                    vt_reason_name(wanted), vt_reason_name(answer.reason), answer.json);
}

/* The world with one statement executed on it. */
#define WITH(name, wanted, change)                                                         \
    do {                                                                                   \
        struct vt_world w = vt_world_good();                                               \
        change;                                                                            \
        want(name, &w, wanted);                                                            \
    } while (0)

static void good_worlds(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_answer answer = ask(&world);

    VT_CHECK_SAYING(answer.reason == VT_REASON_NONE, "%s", answer.json);
    WITH("two outputs", VT_REASON_NONE, w.second_file = "docs");
    WITH("two reviews", VT_REASON_NONE, w.review_count = 2);
    WITH("four witnesses", VT_REASON_NONE, w.release_witnesses = 15);
    WITH("another three", VT_REASON_NONE, w.list_witnesses = 14);
    WITH("robust", VT_REASON_NONE, w.vsa_verdict = "equal-robust");
    WITH("no bill of materials", VT_REASON_NONE, w.has_sbom = false);
    WITH("the vendor's bill", VT_REASON_NONE, w.sbom_signer = VT_P_VENDOR);
    WITH("another vendor key", VT_REASON_NONE,
         w.release_signers = VT_BIT(VT_P_VENDOR_B) | VT_BIT(VT_P_SUPERVISOR));
    WITH("a stranger signs as well", VT_REASON_NONE,
         w.release_signers |= VT_BIT(VT_P_STRANGER));
    WITH("10^9 entries", VT_REASON_NONE, w.large_size = 1000000000);
}

static void altered(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    vt_world_make(&world, &made);
    VT_CHECK(vt_world_ask(&made, NULL, NULL, NULL, VT_WORLD_NOW).reason == VT_REASON_NONE);
    made.file = VT_LIT("the bytes of lamp 1.4.0!");
    VT_CHECK(vt_world_ask(&made, NULL, NULL, NULL, VT_WORLD_NOW).reason ==
             VT_REASON_ALTERED);
    made.file = VT_LIT("the bytes of lamp 1.4.0\n\0");
    VT_CHECK(vt_world_ask(&made, NULL, NULL, NULL, VT_WORLD_NOW).reason ==
             VT_REASON_ALTERED);
    made.file = VT_LIT("");
    VT_CHECK(vt_world_ask(&made, NULL, NULL, NULL, VT_WORLD_NOW).reason ==
             VT_REASON_ALTERED);
}

static void vendor_missing(void)
{
    const int64_t logged = VT_WORLD_LOGGED + 20; /* the third witness's time */

    WITH("supervisor alone", VT_REASON_VENDOR_MISSING,
         w.release_signers = VT_BIT(VT_P_SUPERVISOR));
    WITH("a stranger", VT_REASON_VENDOR_MISSING,
         w.release_signers = VT_BIT(VT_P_SUPERVISOR) | VT_BIT(VT_P_STRANGER));
    WITH("the builder's key", VT_REASON_VENDOR_MISSING,
         w.release_signers = VT_BIT(VT_P_SUPERVISOR) | VT_BIT(VT_P_BUILDER));
    WITH("list by the supervisor alone", VT_REASON_VENDOR_MISSING,
         w.list_signers = VT_BIT(VT_P_SUPERVISOR));
    WITH("compromised before", VT_REASON_VENDOR_MISSING,
         w.keys[VT_P_VENDOR].compromised_from = logged);
    WITH("compromised after, but before the list", VT_REASON_VENDOR_MISSING,
         w.keys[VT_P_VENDOR].compromised_from = logged + 1);
    WITH("compromised after both", VT_REASON_NONE,
         w.keys[VT_P_VENDOR].compromised_from = VT_WORLD_LISTED + 21);
    WITH("retired before", VT_REASON_VENDOR_MISSING, w.keys[VT_P_VENDOR].until = logged);
    WITH("retired after both", VT_REASON_NONE,
         w.keys[VT_P_VENDOR].until = VT_WORLD_LISTED + 21);
    WITH("not yet", VT_REASON_VENDOR_MISSING, w.keys[VT_P_VENDOR].from = logged + 1);
    WITH("just now", VT_REASON_NONE, w.keys[VT_P_VENDOR].from = logged);
    WITH("for another product", VT_REASON_VENDOR_MISSING,
         w.keys[VT_P_VENDOR].product = "kettle");
    WITH("for this product", VT_REASON_NONE, w.keys[VT_P_VENDOR].product = "lamp");
    WITH("two keys needed, one signed", VT_REASON_VENDOR_MISSING,
         (w.thresholds[VT_ROLE_VENDOR] = (struct vt_threshold){ 2, 1, 1 }));
}

static void supervisor_missing(void)
{
    WITH("vendor alone", VT_REASON_SUPERVISOR_MISSING,
         w.release_signers = VT_BIT(VT_P_VENDOR));
    WITH("vendor twice", VT_REASON_SUPERVISOR_MISSING,
         w.release_signers = VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_VENDOR_B));
    WITH("list by the vendor alone", VT_REASON_SUPERVISOR_MISSING,
         w.list_signers = VT_BIT(VT_P_VENDOR));
    WITH("compromised", VT_REASON_SUPERVISOR_MISSING,
         w.keys[VT_P_SUPERVISOR].compromised_from = VT_WORLD_BEGAN);
    WITH("its root key is not its release key", VT_REASON_SUPERVISOR_MISSING,
         w.release_signers = VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_ROOT_SUPERVISOR));
    WITH("enrols without being asked", VT_REASON_SUPERVISOR_MISSING,
         w.enrolment_signers = VT_BIT(VT_P_VENDOR));
}

static void ledger_reasons(void)
{
    WITH("not signed by the log", VT_REASON_NOT_LOGGED, w.is_log_signed = false);
    WITH("not in the tree", VT_REASON_NOT_LOGGED, w.is_release_included = false);
    WITH("another ledger's checkpoint", VT_REASON_NOT_LOGGED,
         w.log_origin = "other.example/releases");
    WITH("another ledger in the trust root", VT_REASON_NOT_LOGGED,
         w.trust_origin = "other.example/releases");
    WITH("two witnesses", VT_REASON_NO_QUORUM, w.release_witnesses = 3);
    WITH("none", VT_REASON_NO_QUORUM, w.release_witnesses = 0);
    WITH("two on the list", VT_REASON_NO_QUORUM, w.list_witnesses = 12);
    WITH("two histories of one size", VT_REASON_FORK, w.other_history = "only here");
}

static void freshness_reasons(void)
{
    struct vt_world world;

    WITH("withdrawn", VT_REASON_WITHDRAWN, w.withdrawn_reason = "it burns");
    WITH("withdrawn though current", VT_REASON_WITHDRAWN,
         w.withdrawn_reason = "it burns; nothing newer yet");
    WITH("a newer one is out", VT_REASON_SUPERSEDED,
         (w.current_version = "1.5.0", w.current_sequence = 8));
    WITH("the list is older than the release", VT_REASON_STALE,
         (w.current_version = "1.3.0", w.current_sequence = 6));
    world = vt_world_good(); /* here the list was logged behind the release */
    world.current_version = "1.3.0";
    world.current_sequence = 6;
    VT_CHECK(strstr(ask(&world).json, "calls number 6 current: it goes back") != NULL);
    world.is_list_first = true; /* the twin: this list is only older */
    VT_CHECK(strstr(ask(&world).json, "does not know this release yet: it is older") !=
             NULL);
    WITH("a list that was logged first", VT_REASON_NONE, w.is_list_first = true);
    WITH("the list does not know it", VT_REASON_STALE, w.current_version = NULL);
    WITH("the list calls it otherwise", VT_REASON_MIXED, w.current_version = "1.4.1");
    WITH("the trust root expired", VT_REASON_STALE, w.trust_expires = VT_WORLD_NOW);
    WITH("it expires in a second", VT_REASON_NONE, w.trust_expires = VT_WORLD_NOW + 1);
    WITH("our clock is an hour behind", VT_REASON_STALE,
         w.listed = VT_WORLD_NOW + 3600 - 19);
    WITH("our clock is a little behind", VT_REASON_NONE,
         w.listed = VT_WORLD_NOW + 3600 - 20);
}

/* Nobody is sent to fetch what was withdrawn. */
static void a_withdrawn_current_release_is_not_advised(void)
{
    struct vt_world w = vt_world_good();
    const char *fetch = "fetch the current release";

    w.current_version = "1.5.0";
    w.current_sequence = 8;
    VT_CHECK(strstr(ask(&w).json, fetch) != NULL); /* the twin */
    w.withdrawn_reason = "it burns";
    VT_CHECK(strstr(ask(&w).json, fetch) != NULL); /* this one is withdrawn, 1.5.0 not */
    w.withdrawn_sequence = 8;
    VT_CHECK(ask(&w).reason == VT_REASON_SUPERSEDED);
    VT_CHECK(strstr(ask(&w).json, fetch) == NULL);
    VT_CHECK(strstr(ask(&w).json, "release number 8, and was withdrawn") != NULL);
    VT_CHECK(strstr(ask(&w).json, "there is no current release") != NULL);
    w = vt_world_good();
    w.withdrawn_reason = "it burns";
    VT_CHECK(ask(&w).reason == VT_REASON_WITHDRAWN);
    VT_CHECK(strstr(ask(&w).json, "there is no current release") != NULL);
}

static void statement_reasons(void)
{
    WITH("the builder's site is another", VT_REASON_SITE, w.site = "Oslo");
    WITH("the builder is enrolled elsewhere", VT_REASON_SITE,
         w.keys[VT_P_BUILDER].site = "Oslo");
    WITH("nobody built it", VT_REASON_SITE, w.has_provenance = false);
    WITH("a stranger built it", VT_REASON_SITE,
         w.provenance_signer = w.provenance_names = VT_P_STRANGER);
    WITH("the vendor's release key built it", VT_REASON_SITE,
         w.provenance_signer = w.provenance_names = VT_P_VENDOR);
    WITH("the builder's key had ended", VT_REASON_SITE,
         w.keys[VT_P_BUILDER].until = VT_WORLD_LOGGED);
    WITH("the builder's key ends later", VT_REASON_NONE,
         w.keys[VT_P_BUILDER].until = VT_WORLD_LOGGED + 21);
    WITH("a bill of another whose key had ended", VT_REASON_MIXED,
         (w.sbom_signer = VT_P_VENDOR_B, w.keys[VT_P_VENDOR_B].until = VT_WORLD_LOGGED));
    WITH("the builder's mandate had ended", VT_REASON_MANDATE_EXPIRED,
         w.keys[VT_P_BUILDER].mandate_until = VT_WORLD_LOGGED);
    WITH("the vendor's mandate had ended", VT_REASON_MANDATE_EXPIRED,
         w.keys[VT_P_VENDOR].mandate_until = VT_WORLD_LOGGED);
    WITH("the supervisor's mandate had ended", VT_REASON_MANDATE_EXPIRED,
         w.keys[VT_P_SUPERVISOR].mandate_until = VT_WORLD_LOGGED);
    WITH("a mandate that ends later", VT_REASON_NONE,
         w.keys[VT_P_SUPERVISOR].mandate_until = VT_WORLD_LISTED + 21);
    WITH("no review", VT_REASON_UNREVIEWED, w.review_count = 0);
    WITH("another source was reviewed", VT_REASON_UNREVIEWED,
         w.review_source = "source of lamp 1.3.0");
    WITH("another version was reviewed", VT_REASON_UNREVIEWED, w.review_version = "1.3.9");
    WITH("the reviewer refuses", VT_REASON_UNREVIEWED, w.review_verdict = "refuse");
    WITH("he accepts, then refuses", VT_REASON_UNREVIEWED,
         (w.review_count = 2, w.review_signers[1] = VT_P_REVIEWER,
          w.second_verdict = "refuse", w.second_later_s = 10));
    WITH("he accepts and refuses in one second", VT_REASON_UNREVIEWED,
         (w.review_count = 2, w.review_signers[1] = VT_P_REVIEWER,
          w.second_verdict = "refuse"));
    WITH("he refuses, then accepts", VT_REASON_NONE,
         (w.review_count = 2, w.review_signers[1] = VT_P_REVIEWER,
          w.review_verdict = "refuse", w.second_verdict = "accept", w.second_later_s = 10));
    WITH("another reviewer refuses", VT_REASON_UNREVIEWED,
         (w.review_count = 2, w.second_verdict = "refuse"));
    WITH("another one's acceptance takes no refusal back", VT_REASON_UNREVIEWED,
         (w.review_count = 2, w.review_verdict = "refuse", w.second_verdict = "accept",
          w.second_later_s = 10));
    WITH("a stranger refuses", VT_REASON_NONE,
         (w.review_count = 2, w.review_signers[1] = VT_P_STRANGER,
          w.second_verdict = "refuse"));
    WITH("the vendor reviews itself", VT_REASON_UNREVIEWED,
         w.review_signers[0] = VT_P_VENDOR);
    WITH("two reviewers needed", VT_REASON_UNREVIEWED,
         (w.thresholds[VT_ROLE_REVIEWER] = (struct vt_threshold){ 2, 2, 2 }));
    WITH("two reviewers needed and there", VT_REASON_NONE,
         (w.review_count = 2,
          w.thresholds[VT_ROLE_REVIEWER] = (struct vt_threshold){ 2, 2, 2 }));
    WITH("one reviewer twice", VT_REASON_UNREVIEWED,
         (w.review_count = 2, w.review_signers[1] = VT_P_REVIEWER,
          w.review_source = w.source,
          w.thresholds[VT_ROLE_REVIEWER] = (struct vt_threshold){ 2, 2, 2 }));
    WITH("rebuilt differently", VT_REASON_DIFFERS, w.vsa_verdict = "differs");
    WITH("rebuild failed", VT_REASON_DIFFERS, w.vsa_result = "FAILED");
    WITH("not rebuilt", VT_REASON_DIFFERS, w.has_vsa = false);
    WITH("other source rebuilt", VT_REASON_DIFFERS, w.vsa_source = "another source");
    WITH("other outcome rebuilt", VT_REASON_DIFFERS, w.vsa_file = "other bytes");
    WITH("the vendor rebuilt it", VT_REASON_DIFFERS, w.vsa_signer = VT_P_VENDOR);
}

static void mixed(void)
{
    WITH("one is missing", VT_REASON_MIXED, w.drops_one = true);
    WITH("one is too many", VT_REASON_MIXED, w.adds_foreign = true);
    WITH("one for another", VT_REASON_MIXED, (w.drops_one = true, w.adds_foreign = true));
    WITH("one twice, one missing", VT_REASON_MIXED, w.repeats_one = true);
    WITH("provenance of another source", VT_REASON_MIXED,
         w.provenance_source = "another source");
    WITH("provenance of other bytes", VT_REASON_MIXED, w.provenance_file = "other bytes");
    WITH("two outputs that are equal", VT_REASON_NONE, w.second_file = w.file);
    WITH("a stranger beside equal outputs", VT_REASON_MIXED,
         (w.second_file = w.file, w.provenance_file = "other bytes"));
    WITH("provenance names another builder", VT_REASON_MIXED,
         w.provenance_names = VT_P_ENROLLED);
    WITH("a reviewer's bill of materials", VT_REASON_MIXED, w.sbom_signer = VT_P_REVIEWER);
}

static void another_releases_statements(void)
{
    struct vt_world one = vt_world_good(), two = vt_world_good();
    struct vt_world_made a, b;

    two.version = "1.3.0";
    two.sequence = 6;
    two.file = "the bytes of lamp 1.3.0\n";
    vt_world_make(&one, &a);
    vt_world_make(&two, &b);
    VT_CHECK(vt_world_ask(&a, "lamp", NULL, NULL, VT_WORLD_NOW).reason == VT_REASON_NONE);
    VT_CHECK(vt_world_ask(&a, "kettle", NULL, NULL, VT_WORLD_NOW).reason ==
             VT_REASON_MIXED);
    b.evidence = a.evidence; /* the whole evidence of another release */
    VT_CHECK(vt_world_ask(&b, NULL, NULL, NULL, VT_WORLD_NOW).reason == VT_REASON_ALTERED);
}

static void enrolled_builder(void)
{
    WITH("the supervisor enrolled it", VT_REASON_NONE,
         (w.provenance_signer = w.provenance_names = w.sbom_signer = VT_P_ENROLLED,
          w.enrolment_signers = VT_BIT(VT_P_SUPERVISOR)));
    WITH("nobody did", VT_REASON_SITE,
         w.provenance_signer = w.provenance_names = w.sbom_signer = VT_P_ENROLLED);
    WITH("enrolled for another site", VT_REASON_SITE,
         (w.provenance_signer = w.provenance_names = w.sbom_signer = VT_P_ENROLLED,
          w.keys[VT_P_ENROLLED].site = "Oslo",
          w.enrolment_signers = VT_BIT(VT_P_SUPERVISOR)));
    WITH("its time was over", VT_REASON_SITE,
         (w.provenance_signer = w.provenance_names = VT_P_ENROLLED,
          w.keys[VT_P_ENROLLED].until = VT_WORLD_LOGGED,
          w.enrolment_signers = VT_BIT(VT_P_SUPERVISOR)));
}

static void demands(void)
{
    static const struct {
        const char *policy;
        enum vt_reason wanted;
    } rows[] = {
        { "{\"v\":1}", VT_REASON_NONE },
        { "{\"v\":1,\"reviews\":1}", VT_REASON_NONE },
        { "{\"v\":1,\"reviews\":2}", VT_REASON_UNREVIEWED },
        { "{\"v\":1,\"rebuild\":\"equal\"}", VT_REASON_NONE },
        { "{\"v\":1,\"rebuild\":\"equal-robust\"}", VT_REASON_DIFFERS },
        { "{\"v\":1,\"builder_sites\":[\"Oslo\",\"Zurich\"]}", VT_REASON_NONE },
        { "{\"v\":1,\"builder_sites\":[\"Oslo\"]}", VT_REASON_SITE },
        { "{\"v\":1,\"builder_sites\":[]}", VT_REASON_SITE },
        { "{\"v\":1,\"builder_jurisdictions\":[\"CH\"]}", VT_REASON_NONE },
        { "{\"v\":1,\"builder_jurisdictions\":[\"NO\"]}", VT_REASON_JURISDICTION },
        { "{\"v\":1,\"signer_sites\":[\"Zurich\",\"Bonn\"]}", VT_REASON_NONE },
        { "{\"v\":1,\"signer_sites\":[\"Zurich\",\"Oslo\"]}", VT_REASON_SITE },
        { "{\"v\":1,\"signer_jurisdictions\":[\"CH\",\"DE\"]}", VT_REASON_NONE },
        { "{\"v\":1,\"signer_jurisdictions\":[\"CH\",\"FR\"]}", VT_REASON_JURISDICTION },
        { "{\"v\":1,\"max_age_s\":980}", VT_REASON_NONE },
        { "{\"v\":1,\"max_age_s\":979}", VT_REASON_STALE },
        { "{\"v\":2}", VT_REASON_MALFORMED },
        { "{\"v\":1,\"rebuild\":\"differs\"}", VT_REASON_MALFORMED },
        { "{\"v\":1,\"review\":1}", VT_REASON_MALFORMED },
        { "{\"v\":1,\"reviews\":-1}", VT_REASON_MALFORMED },
        { "[]", VT_REASON_MALFORMED },
        { "", VT_REASON_MALFORMED },
    };
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    vt_world_make(&world, &made);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_world_answer answer =
            vt_world_ask(&made, NULL, rows[i].policy, NULL, VT_WORLD_NOW);

        VT_CHECK_SAYING(answer.reason == rows[i].wanted, "%s: %s", rows[i].policy,
                        answer.json);
    }
}

/* The state after a yes to this world, and the answer to that one with this state. */
static enum vt_reason after_asking(const struct vt_world *seen, const struct vt_world *then,
                                   const char *policy)
{
    struct vt_world_made a, b;
    struct vt_world_answer first;

    vt_world_make(seen, &a);
    vt_world_make(then, &b);
    first = vt_world_ask(&a, NULL, NULL, NULL, VT_WORLD_NOW);
    VT_CHECK_SAYING(first.memory != NULL, "%s", first.json);
    return vt_world_ask(&b, NULL, policy, first.memory, VT_WORLD_NOW).reason;
}

static enum vt_reason after(const struct vt_world *seen, const struct vt_world *then)
{
    return after_asking(seen, then, NULL);
}

static struct vt_world older(void)
{
    struct vt_world world = vt_world_good();

    world.version = world.current_version = "1.3.0";
    world.sequence = world.current_sequence = 6;
    world.file = "the bytes of lamp 1.3.0\n";
    world.list_version = 2;
    world.filler = "an earlier entry"; /* its tree is another one */
    world.large_size = 1000;
    return world;
}

static void memory(void)
{
    struct vt_world good = vt_world_good(), old = older(), other;

    VT_CHECK(after(&good, &good) == VT_REASON_NONE);
    VT_CHECK(after(&old, &good) == VT_REASON_NONE);
    VT_CHECK(after(&good, &old) == VT_REASON_SUPERSEDED);
    old.list_version = 9; /* with the newest list, but the old release */
    old.list_version = 3;
    VT_CHECK(after(&good, &old) == VT_REASON_FORK); /* list 3 was another */
    other = good;
    other.list_version = 2;
    other.large_size = 5000;
    VT_CHECK(after(&good, &other) == VT_REASON_STALE);
    other.list_version = 4;
    VT_CHECK(after(&good, &other) == VT_REASON_NONE);
    other = good;
    other.filler = "another history";
    VT_CHECK(after(&good, &other) == VT_REASON_FORK);
    other = good;
    other.source = "another source";
    other.large_size = 5000;
    other.list_version = 4;
    VT_CHECK(after(&good, &other) == VT_REASON_FORK); /* release 7 was another */
    other = good;
    other.trust_version = 2;
    VT_CHECK(after(&good, &other) == VT_REASON_NONE);
    VT_CHECK(after(&other, &good) == VT_REASON_STALE);
    other = good;
    other.channel = "beta"; /* channels do not see each other's sequences */
    other.sequence = other.current_sequence = 2;
    other.list_version = 4;
    other.large_size = 5000;
    VT_CHECK(after(&good, &other) == VT_REASON_MIXED);
    VT_CHECK(after_asking(&good, &other, "{\"v\":1,\"channel\":\"beta\"}") ==
             VT_REASON_NONE);
}

/* A newer list, of another release, that makes an older one of ours current again. */
static void lists_do_not_go_back(void)
{
    struct vt_world seen = vt_world_good(), next = vt_world_good();

    seen.kettle_sequence = 5; /* not ours to accept, and so not remembered */
    next.kettle_sequence = 4;
    next.list_version = 4;
    next.large_size = 5000;
    VT_CHECK(after(&seen, &next) == VT_REASON_NONE);
    seen.product = "kettle"; /* now it is; then a lamp comes with a list that goes back */
    seen.version = seen.current_version = "1.1";
    seen.has_second_row = false;
    VT_CHECK(after(&seen, &next) == VT_REASON_STALE);
    next.kettle_sequence = 7; /* the twin: the kettle that was accepted is number 7 */
    VT_CHECK(after(&seen, &next) == VT_REASON_NONE);
    next.kettle_sequence = 6;
    VT_CHECK(after(&seen, &next) == VT_REASON_STALE);
}

/* Nobody is moved to another channel unseen. */
static void channels(void)
{
    static const struct {
        const char *policy;
        enum vt_reason stable, beta; /* of a release of this channel */
    } rows[] = {
        { "{\"v\":1}", VT_REASON_NONE, VT_REASON_MIXED },
        { "{\"v\":1,\"channel\":\"stable\"}", VT_REASON_NONE, VT_REASON_MIXED },
        { "{\"v\":1,\"channel\":\"beta\"}", VT_REASON_MIXED, VT_REASON_NONE },
        { "{\"v\":1,\"channel\":\"\"}", VT_REASON_MALFORMED, VT_REASON_MALFORMED },
        { "{\"v\":1,\"channel\":7}", VT_REASON_MALFORMED, VT_REASON_MALFORMED },
    };
    struct vt_world stable = vt_world_good(), beta = vt_world_good();
    struct vt_world_made a, b;
    const char *memory;

    beta.channel = "beta";
    beta.list_version = 4;
    beta.large_size = 5000;
    vt_world_make(&stable, &a);
    vt_world_make(&beta, &b);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *policy = rows[i].policy;

        VT_CHECK_SAYING(vt_world_ask(&a, NULL, policy, NULL, VT_WORLD_NOW).reason ==
                            rows[i].stable,
                        "stable, %s", policy);
        VT_CHECK_SAYING(vt_world_ask(&b, NULL, policy, NULL, VT_WORLD_NOW).reason ==
                            rows[i].beta,
                        "beta, %s", policy);
    }
    VT_CHECK(strstr(vt_world_ask(&b, NULL, NULL, NULL, VT_WORLD_NOW).json,
                    "a release of the channel beta, and yours is stable") != NULL);
    VT_CHECK(strstr(vt_world_ask(&b, NULL, NULL, NULL, VT_WORLD_NOW).json,
                    "demand the other one") != NULL);
    memory = vt_world_ask(&b, NULL, rows[2].policy, NULL, VT_WORLD_NOW).memory;
    VT_CHECK(vt_world_ask(&b, NULL, NULL, memory, VT_WORLD_NOW).reason == VT_REASON_NONE);
    beta.channel = "stable"; /* who follows beta is not moved to stable either */
    beta.list_version = 5;
    beta.large_size = 6000;
    vt_world_make(&beta, &b);
    VT_CHECK(vt_world_ask(&b, NULL, NULL, memory, VT_WORLD_NOW).reason == VT_REASON_MIXED);
}

static void memory_keeps_all(void)
{
    struct vt_world good = vt_world_good(), beta = good;
    struct vt_world_made a, b;
    const char *first, *both, *again;

    beta.channel = "beta";
    beta.list_version = 4;
    beta.large_size = 5000;
    vt_world_make(&good, &a);
    vt_world_make(&beta, &b);
    first = vt_world_ask(&a, NULL, NULL, NULL, VT_WORLD_NOW).memory;
    both = vt_world_ask(&b, NULL, "{\"v\":1,\"channel\":\"beta\"}", first, VT_WORLD_NOW)
               .memory;
    VT_CHECK(strstr(both, "stable") != NULL && strstr(both, "beta") != NULL);
    VT_CHECK(strstr(both, "\"size\":5000") != NULL);
    again = vt_world_ask(&b, NULL, NULL, both, VT_WORLD_NOW).memory;
    VT_CHECK_SAYING(strcmp(again, both) == 0, "%s\n%s", again, both);
}

static void bad_states(void)
{
    static const char *const rows[] = {
        "",
        "{}",
        "{\"v\":2,\"trust\":1,\"ledgers\":[]}",
        "{\"v\":1,\"trust\":1,\"ledgers\":[{}]}",
        "{\"v\":1,\"trust\":1,\"ledgers\":[],\"more\":1}",
        "{\"v\":1,\"trust\":1.5,\"ledgers\":[]}",
    };
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    vt_world_make(&world, &made);
    VT_CHECK(vt_world_ask(&made, NULL, NULL, "{\"v\":1,\"trust\":1,\"ledgers\":[]}",
                          VT_WORLD_NOW)
                 .reason == VT_REASON_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        VT_CHECK_SAYING(vt_world_ask(&made, NULL, NULL, rows[i], VT_WORLD_NOW).reason ==
                            VT_REASON_MALFORMED,
                        "%s", rows[i]);
}

static void time_is_the_witnesses(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_answer answer = ask(&world);

    VT_CHECK(strstr(answer.json, "\"logged_at\":\"2026-11-18T11:23:40Z\"") != NULL);
    world.release_witnesses = 15; /* a fourth, later one changes nothing */
    VT_CHECK(strstr(ask(&world).json, "\"logged_at\":\"2026-11-18T11:23:40Z\"") != NULL);
    world.release_witnesses = 13;
    VT_CHECK(strstr(ask(&world).json, "\"logged_at\":\"2026-11-18T11:23:50Z\"") != NULL);
}

/* The core is what is left of the file without the other statements. */
static size_t core_of(const struct vt_world_made *made)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF core = vt_buf_init(VT_EVIDENCE_BYTES_MAX);

    VT_CHECK_OK(vt_evidence_write(made->envelopes, 1, made->release_proof,
                                  made->withdrawals, made->withdrawals_proof, &core, &err));
    return core.len;
}

static void sizes(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    world.large_size = 1000000000;
    world.review_count = 2;
    vt_world_make(&world, &made);
    VT_CHECK(vt_world_ask(&made, NULL, NULL, NULL, VT_WORLD_NOW).reason == VT_REASON_NONE);
    (void)printf("  10^9 entries, three cosignatures: core %zu bytes (release %zu, "
                 "withdrawals %zu, proofs %zu and %zu), whole %zu\n",
                 core_of(&made), made.release.len, made.withdrawals.len,
                 made.release_proof.len, made.withdrawals_proof.len, made.evidence.len);
    VT_CHECK(core_of(&made) <= 8192 && made.evidence.len <= 24576);
}

static const struct vt_case cases[] = {
    { "good worlds are accepted", good_worlds },
    { "altered", altered },
    { "vendor-missing", vendor_missing },
    { "supervisor-missing", supervisor_missing },
    { "not-logged, no-quorum, fork", ledger_reasons },
    { "withdrawn, superseded, stale", freshness_reasons },
    { "a withdrawn current release is not advised",
      a_withdrawn_current_release_is_not_advised },
    { "site, mandate-expired, unreviewed, differs", statement_reasons },
    { "mixed", mixed },
    { "another release's evidence", another_releases_statements },
    { "an enrolled builder", enrolled_builder },
    { "the customer's demands", demands },
    { "the customer's memory", memory },
    { "lists do not go back", lists_do_not_go_back },
    { "channels", channels },
    { "memory keeps all that it knew", memory_keeps_all },
    { "states that are none", bad_states },
    { "the time is the witnesses'", time_is_the_witnesses },
    { "sizes at 10^9 entries", sizes },
};

VT_TEST_MAIN("verdict", cases)
