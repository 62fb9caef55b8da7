/* libvitrine-verify: the offline verdict, for other people's updaters.
 *
 * The library opens no socket and no file, asks no clock, starts no process or thread, and
 * never ends the process: everything, lack of memory included, comes back as a return
 * value.  It keeps nothing between calls.  It needs libcrypto, libsodium, jansson and libc.
 * Calls are safe from several threads at once, each with its own verdict.
 *
 *   struct vitrine_question question = { .size = sizeof question };
 *   struct vitrine_verdict *verdict = NULL;
 *   question.trust = ...; question.evidence = ...; question.now_unix_s = time(NULL);
 *   if (vitrine_verify(&question, file, file_len, &verdict) == VITRINE_YES)
 *       install(file, file_len);        // these very bytes were proven
 *   else
 *       report(vitrine_verdict_reason(verdict), vitrine_verdict_next_step(verdict));
 *   vitrine_verdict_free(verdict);
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VITRINE_VERIFY_H
#define VITRINE_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As the exit codes of `vitrine verify`. */
enum vitrine_answer {
    VITRINE_YES = 0,     /* reviewed, rebuilt, approved, logged, current: use the bytes */
    VITRINE_NO = 1,      /* the verdict says why, in one reason */
    VITRINE_MISUSE = 2,  /* a pointer is missing, a field is as none may be, or the question
                            is of another version */
    VITRINE_TROUBLE = 3, /* out of memory: there is no answer */
};

struct vitrine_bytes {
    const void *data; /* NULL: nothing */
    size_t len;
};

/* All bytes are borrowed for the call. */
struct vitrine_question {
    size_t size;                   /* sizeof(struct vitrine_question), its version */
    struct vitrine_bytes trust;    /* trust.json, which reached you by a way you trust */
    struct vitrine_bytes evidence; /* FILE.evidence */
    struct vitrine_bytes policy;   /* what you demand; nothing: the usual */
    struct vitrine_bytes memory;   /* of vitrine_verdict_memory last time; or nothing */
    const char *product;           /* what the file should be; NULL: any; "": misuse */
    const char *channel;           /* "stable", "beta"; NULL: the policy's; else those in
                                      which the memory knows the product; else stable; "":
                                      misuse */
    int64_t now_unix_s;            /* your clock, seconds since 1970 */
    int64_t max_age_s; /* how old the newest news may be; 0: as the policy says; below:
                          misuse */
};

struct vitrine_verdict; /* what was found; end with vitrine_verdict_free */

/* Is this file what its evidence says?  Only after VITRINE_YES are the file's bytes proven.
 * A trust root, policy or memory that cannot be read is a no, `malformed`.
 * verdict_out: returned after YES and NO, else set to NULL. */
enum vitrine_answer vitrine_verify(const struct vitrine_question *question,
                                   const void *file, size_t file_len,
                                   struct vitrine_verdict **verdict_out);

/* The same for a file that was hashed while it was written: its SHA-256 and its length. */
enum vitrine_answer vitrine_verify_hash(const struct vitrine_question *question,
                                        const uint8_t sha256[32], uint64_t file_len,
                                        struct vitrine_verdict **verdict_out);

void vitrine_verdict_free(struct vitrine_verdict *verdict); /* NULL allowed */

/* Texts and bytes live as long as the verdict; a NULL verdict is spoken of as trouble.
 * Reason: "yes", "altered", "vendor-missing", "supervisor-missing", "not-logged",
 * "no-quorum", "fork", "superseded", "stale", "withdrawn", "site", "jurisdiction",
 * "mandate-expired", "unreviewed", "differs", "mixed", "malformed"; "trouble". */
const char *vitrine_verdict_reason(const struct vitrine_verdict *verdict);
const char *vitrine_verdict_sentence(const struct vitrine_verdict *verdict); /* or "" */
const char *vitrine_verdict_next_step(const struct vitrine_verdict *verdict);
/* Everything that was established, as `vitrine verify --json` prints it. */
struct vitrine_bytes vitrine_verdict_json(const struct vitrine_verdict *verdict);
/* After a yes: what to keep, durably, and to give with the next question, so that nobody
 * leads you back to an older release, list or tree.  Nothing after a no. */
struct vitrine_bytes vitrine_verdict_memory(const struct vitrine_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
