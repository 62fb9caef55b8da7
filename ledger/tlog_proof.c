/* Proof files: read, written, judged.  Judging gathers the keys that may speak (the log's
 * for the expected origin, then all witnesses), asks crypto/ once who signed, and counts.
 */
#include "ledger/tlog_proof.h"
#include "crypto/verify_note.h"
#include "ledger/checkpoint.h"
#include "wire/base64.h"
#include "wire/note.h"

#define HEADER VT_LIT("c2sp.org/tlog-proof@v1\n")

static bool is_checkpoint(vt_slice bytes, struct vt_error *err)
{
    struct vt_note note;
    struct vt_checkpoint checkpoint;

    return vt_note_parse(bytes, &note, err) &&
           vt_checkpoint_parse(note.text, &checkpoint, err);
}

/* "extra <base64>\n", if it is there; without data the line must be left out. */
static bool read_extra(vt_reader *r, vt_slice *out, struct vt_error *err)
{
    VT_AUTO_BUF decoded = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);

    *out = (vt_slice){ 0 };
    if (!vt_read_literal(r, VT_LIT("extra ")))
        return true;
    if (!vt_read_line(r, out) || out->len == 0 || !vt_base64_parse(*out, &decoded, err))
        return vt_fail(err, VT_MALFORMED, "proof: its extra line is no base64");
    return true;
}

/* Hash lines up to the empty line, which is consumed. */
static bool read_hashes(vt_reader *r, struct vt_tlog_proof *proof, struct vt_error *err)
{
    vt_slice line;

    for (proof->hash_count = 0;; proof->hash_count++) {
        if (!vt_read_line(r, &line))
            return vt_fail(err, VT_MALFORMED, "proof: ends among its hashes");
        if (line.len == 0)
            return true;
        if (proof->hash_count == VT_PROOF_HASHES_MAX)
            return vt_fail(err, VT_MALFORMED, "proof: more than %d hashes",
                           VT_PROOF_HASHES_MAX);
        if (!vt_base64_parse_exact(line, proof->hashes[proof->hash_count].bytes,
                                   VT_SHA256_BYTES, err))
            return vt_within(err, "proof, hash %zu", proof->hash_count);
    }
}

bool vt_tlog_proof_parse(vt_slice text, struct vt_tlog_proof *out, struct vt_error *err)
{
    vt_reader r = { text };
    struct vt_tlog_proof proof;
    vt_slice index;

    if (text.len > VT_TLOG_PROOF_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "proof: larger than %zu bytes",
                       VT_TLOG_PROOF_BYTES_MAX);
    if (!vt_read_literal(&r, HEADER))
        return vt_fail(err, VT_MALFORMED, "proof: does not begin with %.*s",
                       (int)HEADER.len - 1, (const char *)HEADER.data);
    if (!read_extra(&r, &proof.extra_base64, err))
        return false;
    if (!vt_read_literal(&r, VT_LIT("index ")) || !vt_read_line(&r, &index) ||
        !vt_decimal_parse(index, &proof.index))
        return vt_fail(err, VT_MALFORMED, "proof: no line 'index N'");
    if (!read_hashes(&r, &proof, err))
        return false;
    proof.checkpoint = r.rest;
    if (!is_checkpoint(proof.checkpoint, err))
        return vt_within(err, "proof");
    *out = proof;
    return true;
}

void vt_tlog_proof_write(struct vt_buf *out, const struct vt_tlog_proof *proof)
{
    vt_buf_put(out, HEADER);
    if (proof->extra_base64.len != 0) {
        vt_buf_put_text(out, "extra ");
        vt_buf_put(out, proof->extra_base64);
        vt_buf_put_u8(out, '\n');
    }
    vt_buf_printf(out, "index %" PRIu64 "\n", proof->index);
    for (size_t i = 0; i < proof->hash_count; i++) {
        vt_base64_write(out, vt_hash_slice(&proof->hashes[i]));
        vt_buf_put_u8(out, '\n');
    }
    vt_buf_put_u8(out, '\n');
    vt_buf_put(out, proof->checkpoint);
}

const char *vt_tlog_outcome_name(enum vt_tlog_outcome outcome)
{
    static const char *const names[] = {
        [VT_TLOG_OK] = "ok",
        [VT_TLOG_MALFORMED] = "malformed",
        [VT_TLOG_WRONG_ORIGIN] = "wrong-origin",
        [VT_TLOG_BAD_SIGNATURE] = "bad-signature",
        [VT_TLOG_NO_LOG] = "no-log-signature",
        [VT_TLOG_NO_QUORUM] = "no-quorum",
        [VT_TLOG_NOT_INCLUDED] = "not-included",
    };

    return names[outcome];
}

/* The keys that may speak about one origin. */
struct speakers {
    struct vt_vkey keys[VT_POLICY_LOGS_MAX + VT_POLICY_WITNESSES_MAX];
    struct vt_note_finding findings[VT_POLICY_LOGS_MAX + VT_POLICY_WITNESSES_MAX];
    size_t log_count; /* the first so many are the log's; witnesses follow in order */
    size_t count;
};

static void gather_speakers(const struct vt_policy *policy, vt_slice origin,
                            struct speakers *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < policy->log_count; i++)
        if (vt_slice_equal(policy->logs[i].vkey.name, origin))
            out->keys[out->count++] = policy->logs[i].vkey;
    out->log_count = out->count;
    for (size_t i = 0; i < policy->witness_count; i++)
        out->keys[out->count++] = policy->witnesses[i].vkey;
}

/* Does any line claim to be by one of these keys? */
static bool has_line_of(const struct vt_note *note, const struct speakers *speakers)
{
    for (size_t i = 0; i < note->signature_count; i++)
        for (size_t k = 0; k < speakers->count; k++)
            if (note->signatures[i].id == speakers->keys[k].id &&
                vt_slice_equal(note->signatures[i].name, speakers->keys[k].name))
                return true;
    return false;
}

static bool refuse(struct vt_tlog_verdict *out, enum vt_tlog_outcome outcome,
                   struct vt_error *err, const char *sentence, vt_slice which)
{
    out->outcome = outcome;
    return vt_fail(err, VT_REJECTED, "checkpoint of %.*s: %s", VT_SLICE_ARGS(which),
                   sentence);
}

/* The smallest time that leaves a quorum; false if all cosignatures together are none. */
static bool find_quorum_time(const struct vt_policy *policy, struct vt_tlog_verdict *out)
{
    bool is_found = false, is_early[VT_POLICY_WITNESSES_MAX];

    if (policy->quorum == VT_POLICY_QUORUM_NONE)
        return true;
    for (size_t i = 0; i < policy->witness_count; i++) {
        int64_t time = out->cosigned_unix_s[i];

        if (!out->is_cosigned[i] || (is_found && time >= out->time_unix_s))
            continue;
        for (size_t k = 0; k < policy->witness_count; k++)
            is_early[k] = out->is_cosigned[k] && out->cosigned_unix_s[k] <= time;
        if (vt_policy_has_quorum(policy, is_early)) {
            is_found = true;
            out->time_unix_s = time;
        }
    }
    return is_found;
}

static void record_findings(const struct speakers *speakers, struct vt_tlog_verdict *out)
{
    for (size_t k = speakers->log_count; k < speakers->count; k++) {
        size_t i = k - speakers->log_count;

        out->is_cosigned[i] = speakers->findings[k].is_signed;
        out->cosigned_unix_s[i] = speakers->findings[k].time_unix_s;
        out->cosignature_count += speakers->findings[k].is_signed;
    }
}

static bool has_log_signature(const struct speakers *speakers)
{
    for (size_t k = 0; k < speakers->log_count; k++)
        if (speakers->findings[k].is_signed)
            return true;
    return false;
}

static bool judge_signatures(const struct vt_note *note, const struct vt_policy *policy,
                             vt_slice origin, struct vt_tlog_verdict *out,
                             struct vt_error *err)
{
    struct speakers speakers;

    gather_speakers(policy, origin, &speakers);
    if (speakers.log_count == 0)
        return refuse(out, VT_TLOG_WRONG_ORIGIN, err, "the policy lists no such log",
                      origin);
    if (!has_line_of(note, &speakers))
        return refuse(out, VT_TLOG_NO_LOG, err, "not signed by the log", origin);
    if (!vt_note_verify(note, speakers.keys, speakers.count, speakers.findings, err)) {
        out->outcome = VT_TLOG_BAD_SIGNATURE;
        return vt_within(err, "checkpoint of %.*s", VT_SLICE_ARGS(origin));
    }
    record_findings(&speakers, out);
    if (!has_log_signature(&speakers))
        return refuse(out, VT_TLOG_NO_LOG, err, "not signed by the log", origin);
    if (!find_quorum_time(policy, out))
        return refuse(out, VT_TLOG_NO_QUORUM, err, "too few witnesses have signed", origin);
    out->outcome = VT_TLOG_OK;
    return true;
}

bool vt_tlog_checkpoint_verify(vt_slice bytes, const struct vt_policy *policy,
                               vt_slice origin, struct vt_tlog_verdict *out,
                               struct vt_error *err)
{
    struct vt_note note;
    struct vt_checkpoint checkpoint;

    memset(out, 0, sizeof *out);
    out->outcome = VT_TLOG_MALFORMED;
    if (!vt_note_parse(bytes, &note, err) ||
        !vt_checkpoint_parse(note.text, &checkpoint, err))
        return false;
    if (!vt_slice_equal(checkpoint.origin, origin))
        return refuse(out, VT_TLOG_WRONG_ORIGIN, err, "is not the log that was expected",
                      checkpoint.origin);
    out->size = checkpoint.size;
    out->root = checkpoint.root;
    return judge_signatures(&note, policy, origin, out, err);
}

bool vt_tlog_proof_verify(const struct vt_tlog_proof *proof, const vt_hash *leaf,
                          const struct vt_policy *policy, vt_slice origin,
                          struct vt_tlog_verdict *out, struct vt_error *err)
{
    if (!vt_tlog_checkpoint_verify(proof->checkpoint, policy, origin, out, err))
        return false;
    out->index = proof->index;
    if (vt_tree_verify_inclusion(leaf, proof->index, out->size, proof->hashes,
                                 proof->hash_count, &out->root))
        return true;
    out->outcome = VT_TLOG_NOT_INCLUDED;
    return vt_fail(err, VT_REJECTED,
                   "this is not entry %" PRIu64 " of %.*s (a tree of %" PRIu64 ")",
                   proof->index, VT_SLICE_ARGS(origin), out->size);
}
