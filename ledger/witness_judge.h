/* The witness's decision: may this checkpoint be cosigned?  It is made where the key is,
 * from bounded fields that a front took apart, and believes none of them: the log's
 * signature, the sizes and the proof are checked here.
 * Spec: C2SP tlog-witness, "add-checkpoint" */
#ifndef VT_LEDGER_WITNESS_JUDGE_H
#define VT_LEDGER_WITNESS_JUDGE_H

#include "base/base.h"
#include "crypto/key.h"
#include "ledger/tree_verify.h"
#include "ledger/witness_log.h"
#include "ledger/witness_memory.h"

/* What a front asks. */
struct vt_witness_question {
    vt_hash log;       /* SHA-256 of the origin */
    uint64_t old_size; /* that the log's operator believes us to have seen */
    uint64_t size;     /* of the checkpoint, as the root */
    vt_hash root;
    uint32_t key_id;           /* of the log's key */
    uint8_t log_signature[64]; /* over the checkpoint's text, which has no extension */
    size_t proof_count;        /* at most VT_PROOF_HASHES_MAX */
    vt_hash proof[VT_PROOF_HASHES_MAX];
};

/* In the order in which they are looked at. */
enum vt_witness_judgement {
    VT_WITNESS_YES,           /* 200 */
    VT_WITNESS_UNKNOWN_LOG,   /* 404 */
    VT_WITNESS_BAD_SIGNATURE, /* 403 */
    VT_WITNESS_OLD_IS_LARGER, /* 400 */
    VT_WITNESS_CONFLICT,      /* 409: old_size is not what we have seen */
    VT_WITNESS_BAD_EMPTY,     /* 422: size 0, but not the empty root */
    VT_WITNESS_OTHER_ROOT,    /* 422: the same size with another root */
    VT_WITNESS_BAD_PROOF,     /* 422 */
    VT_WITNESS_NO_CLOCK,      /* 500: our clock stands before 1970 */
    VT_WITNESS_NO_ROOM,       /* 500: too many logs are remembered */
    VT_WITNESS_JUDGEMENTS     /* how many there are */
};

/* What is answered. */
struct vt_witness_verdict {
    enum vt_witness_judgement judgement;
    uint64_t seen_size;      /* that we have cosigned last; with CONFLICT */
    int64_t time_unix_s;     /* of the cosignature; with YES */
    uint8_t cosignature[64]; /* with YES */
};

/* Judge, and with YES cosign (unless key is NULL: a mirror only remembers what is pending)
 * and put it into the memory's batch (a checkpoint that was
 * cosigned before is only cosigned with the new time).  *out may be told to somebody only
 * after vt_witness_memory_commit was true.
 * Errors: VT_IO the key does not sign */
VT_CHECKED bool vt_witness_judge(const struct vt_witness_config *config,
                                 const struct vt_key *key, const struct vt_env *env,
                                 struct vt_witness_memory *memory,
                                 const struct vt_witness_question *question,
                                 struct vt_witness_verdict *out, struct vt_error *err);

#endif
