/* Proofs that were written by another program (vectors/proof): judged, mangled. */
#include "ledger/checkpoint.h"
#include "ledger/tlog_proof.h"
#include "tests/harness.h"

#define FOLDER "ledger/vectors/proof/"
#define ORIGIN VT_LIT("example.org/ledger")

static void read_policy(struct vt_policy *policy)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_policy_parse(vt_test_read(FOLDER "policy.txt"), policy, &err));
}

static vt_hash leaf(void)
{
    return vt_sha256_leaf(VT_LIT("entry 5"));
}

/* The verdict on a proof's text; err stays empty when it is good. */
static bool judge(vt_slice text, const struct vt_policy *policy,
                  struct vt_tlog_verdict *verdict, struct vt_error *err)
{
    struct vt_tlog_proof proof;
    vt_hash five = leaf();

    memset(verdict, 0, sizeof *verdict);
    verdict->outcome = VT_TLOG_MALFORMED;
    return vt_tlog_proof_parse(text, &proof, err) &&
           vt_tlog_proof_verify(&proof, &five, policy, ORIGIN, verdict, err);
}

static void every_outcome(void)
{
    static const struct {
        const char *file;
        enum vt_tlog_outcome want;
    } rows[] = {
        { FOLDER "all-four.tlog-proof", VT_TLOG_OK },
        { FOLDER "just-three.tlog-proof", VT_TLOG_OK },
        { FOLDER "two.tlog-proof", VT_TLOG_NO_QUORUM },
        { FOLDER "quorum-none.tlog-proof", VT_TLOG_NO_QUORUM },
        { FOLDER "no-log.tlog-proof", VT_TLOG_NO_LOG },
        { FOLDER "strangers-only.tlog-proof", VT_TLOG_NO_LOG },
        { FOLDER "other-origin.tlog-proof", VT_TLOG_WRONG_ORIGIN },
        { FOLDER "unlisted-origin.tlog-proof", VT_TLOG_WRONG_ORIGIN },
        { FOLDER "forged-cosignature.tlog-proof", VT_TLOG_BAD_SIGNATURE },
        { FOLDER "other-key.tlog-proof", VT_TLOG_BAD_SIGNATURE },
        { FOLDER "entry-4.tlog-proof", VT_TLOG_NOT_INCLUDED },
    };
    struct vt_policy policy;

    read_policy(&policy);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_tlog_verdict verdict;
        bool ok = judge(vt_test_read(rows[i].file), &policy, &verdict, &err);

        VT_CHECK_SAYING(verdict.outcome == rows[i].want, "%s: %s (%s)", rows[i].file,
                        vt_tlog_outcome_name(verdict.outcome), err.message);
        VT_CHECK(ok == (rows[i].want == VT_TLOG_OK));
        VT_CHECK(err.code == (ok ? VT_OK : VT_REJECTED));
    }
}

static void time_is_the_earliest_quorum(void)
{
    struct vt_error err = { 0 };
    struct vt_policy policy;
    struct vt_tlog_verdict v;

    read_policy(&policy);
    VT_CHECK_OK(judge(vt_test_read(FOLDER "all-four.tlog-proof"), &policy, &v, &err));
    VT_CHECK(v.index == 5 && v.size == 7 && v.cosignature_count == 4);
    VT_CHECK(v.time_unix_s == 1700000030); /* of 10, 20, 30, 40: the third */
    VT_CHECK(v.is_cosigned[3] && v.cosigned_unix_s[3] == 1700000040);
    VT_CHECK_OK(judge(vt_test_read(FOLDER "just-three.tlog-proof"), &policy, &v, &err));
    VT_CHECK(v.time_unix_s == 1700000030 && v.cosignature_count == 3);
    VT_CHECK(!v.is_cosigned[3] && v.cosigned_unix_s[3] == 0);
    VT_CHECK(!judge(vt_test_read(FOLDER "two.tlog-proof"), &policy, &v, &err));
    VT_CHECK(v.time_unix_s == 0 && v.size == 7);
}

static void no_quorum_needed(void)
{
    struct vt_error err = { 0 };
    struct vt_policy policy;
    struct vt_tlog_verdict v;

    read_policy(&policy);
    policy.quorum = VT_POLICY_QUORUM_NONE;
    VT_CHECK_OK(judge(vt_test_read(FOLDER "quorum-none.tlog-proof"), &policy, &v, &err));
    VT_CHECK(v.time_unix_s == 0 && v.cosignature_count == 0);
    VT_CHECK(!judge(vt_test_read(FOLDER "no-log.tlog-proof"), &policy, &v, &err));
    VT_CHECK(v.outcome == VT_TLOG_NO_LOG);
    policy.quorum = VT_POLICY_QUORUM_WITNESS;
    policy.quorum_index = 1;
    VT_CHECK_OK(judge(vt_test_read(FOLDER "two.tlog-proof"), &policy, &v, &err));
    VT_CHECK(v.time_unix_s == 1700000010);
}

static bool is_same_verdict(const struct vt_tlog_verdict *a,
                            const struct vt_tlog_verdict *b)
{
    return a->outcome == b->outcome && a->index == b->index && a->size == b->size &&
           vt_hash_equal(&a->root, &b->root) && a->time_unix_s == b->time_unix_s &&
           memcmp(a->is_cosigned, b->is_cosigned, sizeof a->is_cosigned) == 0 &&
           memcmp(a->cosigned_unix_s, b->cosigned_unix_s, sizeof a->cosigned_unix_s) == 0;
}

static void mangled_proofs(void)
{
    vt_slice good = vt_test_read(FOLDER "just-three.tlog-proof");
    uint8_t *bytes = vt_alloc(good.len);
    struct vt_error err = { 0 };
    struct vt_policy policy;
    struct vt_tlog_verdict verdict, mangled;
    size_t unchanged = 0;

    read_policy(&policy);
    VT_CHECK_OK(judge(good, &policy, &verdict, &err));
    for (size_t len = 0; len < good.len; len++)
        VT_CHECK_SAYING(!judge(vt_slice_sub(good, 0, len), &policy, &mangled, &err) ||
                            is_same_verdict(&mangled, &verdict),
                        "cut to %zu bytes", len);
    for (size_t at = 0; at < good.len; at++) {
        memcpy(bytes, good.data, good.len);
        bytes[at] = (uint8_t)(bytes[at] ^ (1u << (at % 8)));
        if (judge(vt_slice_of(bytes, good.len), &policy, &mangled, &err)) {
            VT_CHECK_SAYING(is_same_verdict(&mangled, &verdict), "byte %zu", at);
            unchanged++;
        }
    }
    /* Only the stranger's line and the unauthenticated extra line may have changed. */
    VT_CHECK_SAYING(unchanged < 150, "%zu changes were not noticed", unchanged);
    free(bytes);
}

static void forms(void)
{
    static const struct {
        const char *file;
        enum vt_code want;
    } rows[] = {
        { "all-four", VT_OK },
        { "extra", VT_OK },
        { "no-hashes", VT_OK },
        { "63-hashes", VT_OK },
        { "64-hashes", VT_MALFORMED },
        { "empty-extra", VT_MALFORMED },
        { "leading-zero", VT_MALFORMED },
        { "no-checkpoint", VT_MALFORMED },
        { "no-signature", VT_MALFORMED },
        { "version-2", VT_MALFORMED },
        { "cut-short", VT_MALFORMED },
    };
    char path[200];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_tlog_proof proof = { .index = 99 };

        (void)snprintf(path, sizeof path, "ledger/corpus/tlog_proof/%s", rows[i].file);
        (void)!vt_tlog_proof_parse(vt_test_read(path), &proof, &err);
        VT_CHECK_SAYING(err.code == rows[i].want, "%s: %s (%s)", rows[i].file,
                        vt_code_name(err.code), err.message);
        VT_CHECK(err.code == VT_OK ? proof.index <= 5 : proof.index == 99);
    }
}

static const struct vt_case cases[] = {
    { "every outcome", every_outcome },
    { "time is the earliest quorum", time_is_the_earliest_quorum },
    { "no quorum needed", no_quorum_needed },
    { "mangled proofs", mangled_proofs },
    { "forms", forms },
};

VT_TEST_MAIN("ledger.tlog_proof", cases)
