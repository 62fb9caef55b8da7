/* A ledger of ours in a folder, made in this process: for tests of what looks after it. */
#ifndef VT_TESTS_OWN_LOG_H
#define VT_TESTS_OWN_LOG_H

#include "crypto/key.h"
#include "ledger/ledger.h"
#include "tests/harness.h"

struct vt_own_log {
    const char *dir, *origin, *vkey;
    struct vt_key *key;
    struct vt_signer *signer; /* in this process */
    struct vt_ledger *ledger; /* open for writing */
    struct vt_policy policy;  /* its key, no witnesses */
    char policy_text[400];
};

/* A new ledger below the case's folder, or at an absolute path; its key follows from the
 * seed. */
void vt_own_log_make(struct vt_own_log *log, const char *name, const char *origin,
                     uint8_t seed);
/* The same folder again, after vt_own_log_close. */
void vt_own_log_open(struct vt_own_log *log);
void vt_own_log_close(struct vt_own_log *log);

/* Append entries until there are `size`: entry i is i as text, three times. */
void vt_own_log_grow(struct vt_own_log *log, uint64_t size);
void vt_own_log_publish(struct vt_own_log *log);
/* The text of that entry. */
const char *vt_own_log_entry(uint64_t index);

/* cp -r, both below the case's folder. */
void vt_own_log_copy(const char *from, const char *to);

#endif
