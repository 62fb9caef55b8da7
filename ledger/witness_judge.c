/* The witness's decision. */
#include "ledger/witness_judge.h"
#include "crypto/ed25519.h"
#include "crypto/verify_note.h"
#include "ledger/checkpoint.h"

/* The text that the log signed, and we cosign, composed from the fields. */
static void write_text(const struct vt_witness_log *log,
                       const struct vt_witness_question *q, struct vt_buf *out)
{
    struct vt_checkpoint checkpoint = { .origin = log->origin,
                                        .size = q->size,
                                        .root = q->root };

    vt_checkpoint_write(out, &checkpoint);
    VT_ASSERT(!out->is_full); /* an origin's length is bounded */
}

static bool is_signed(const struct vt_witness_log *log, const struct vt_witness_question *q,
                      vt_slice text)
{
    for (size_t i = 0; i < log->key_count; i++)
        if (log->keys[i].id == q->key_id &&
            vt_ed25519_verify(log->keys[i].key, text, VT_BYTES(q->log_signature)))
            return true;
    return false;
}

/* Does the checkpoint continue what we have seen?  The order is the specification's. */
static enum vt_witness_judgement judge_growth(const struct vt_witness_seen *seen,
                                              const struct vt_witness_question *q)
{
    uint64_t seen_size = seen != NULL ? seen->size : 0;
    const vt_hash *seen_root = seen_size != 0 ? &seen->root : &vt_tree_empty_root;

    if (q->old_size > q->size)
        return VT_WITNESS_OLD_IS_LARGER;
    if (q->old_size != seen_size)
        return VT_WITNESS_CONFLICT;
    if (q->size == 0 && !vt_hash_equal(&q->root, &vt_tree_empty_root))
        return VT_WITNESS_BAD_EMPTY;
    if (q->old_size == q->size && !vt_hash_equal(&q->root, seen_root))
        return VT_WITNESS_OTHER_ROOT;
    if (q->old_size == 0)
        return q->proof_count == 0 ? VT_WITNESS_YES : VT_WITNESS_BAD_PROOF;
    return vt_tree_verify_consistency(seen_size, seen_root, q->size, &q->root, q->proof,
                                      q->proof_count)
               ? VT_WITNESS_YES
               : VT_WITNESS_BAD_PROOF;
}

/* Only what is new is written: whoever sends one checkpoint again and again does not make
 * us write. */
static bool keep(struct vt_witness_memory *memory, const struct vt_witness_seen *last,
                 const struct vt_witness_question *q, struct vt_witness_verdict *verdict,
                 struct vt_error *err)
{
    struct vt_witness_seen seen = { .log = q->log,
                                    .size = q->size,
                                    .root = q->root,
                                    .key_id = q->key_id,
                                    .time_unix_s = verdict->time_unix_s };

    if (last != NULL && last->size == q->size)
        return true;
    memcpy(seen.log_signature, q->log_signature, sizeof seen.log_signature);
    memcpy(seen.cosignature, verdict->cosignature, sizeof seen.cosignature);
    if (vt_witness_memory_put(memory, &seen, err))
        return true;
    if (err->code != VT_LIMIT)
        return false;
    *verdict = (struct vt_witness_verdict){ .judgement = VT_WITNESS_NO_ROOM };
    return true;
}

bool vt_witness_judge(const struct vt_witness_config *config, const struct vt_key *key,
                      const struct vt_env *env, struct vt_witness_memory *memory,
                      const struct vt_witness_question *q, struct vt_witness_verdict *out,
                      struct vt_error *err)
{
    const struct vt_witness_log *log = vt_witness_log_by_id(config, &q->log);
    const struct vt_witness_seen *seen = vt_witness_memory_find(memory, &q->log);
    VT_AUTO_BUF text = vt_buf_init(VT_WITNESS_ORIGIN_BYTES_MAX + 256);
    struct vt_witness_verdict verdict = { .judgement = VT_WITNESS_UNKNOWN_LOG };

    VT_ASSERT(q->proof_count <= VT_PROOF_HASHES_MAX);
    if (log != NULL) {
        write_text(log, q, &text);
        verdict.judgement = is_signed(log, q, vt_buf_slice(&text))
                                ? judge_growth(seen, q)
                                : VT_WITNESS_BAD_SIGNATURE;
        verdict.seen_size = seen != NULL ? seen->size : 0;
        verdict.time_unix_s = vt_env_now_unix_s(env);
    }
    if (verdict.judgement == VT_WITNESS_YES && verdict.time_unix_s <= 0)
        verdict.judgement = VT_WITNESS_NO_CLOCK;
    if (verdict.judgement == VT_WITNESS_YES &&
        ((key != NULL && !vt_cosignature_sign(key, verdict.time_unix_s, vt_buf_slice(&text),
                                              verdict.cosignature, err)) ||
         !keep(memory, seen, q, &verdict, err)))
        return false;
    *out = verdict;
    return true;
}
