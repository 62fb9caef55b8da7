/* Other people's cases (tests/vectors/cases/README.md) for the tests of one room: each line
 * of a file is handed over together with the answer that is wanted. */
#ifndef VT_TESTS_KNOWN_H
#define VT_TESTS_KNOWN_H

#include "crypto/age_key.h"
#include "tests/harness.h"
#include "wire/wire.h"

/* Does the product accept this case?  The object no longer holds the wanted answer. */
typedef bool vt_known_judge(const json_t *one);

/* Put every case of that kind in tests/vectors/cases/FILE before `accepts`; fails the test
 * at the first that differs, and unless there are `count` of them. */
void vt_test_known(const char *file, const char *kind, size_t count,
                   vt_known_judge *accepts);

/* Values of a case; an absent one is empty.  They live as long as the test's case. */
vt_slice vt_known_text(const json_t *one, const char *name);
vt_slice vt_known_hex(const json_t *one, const char *name);
vt_slice vt_known_base64(const json_t *one, const char *name);

/* The identity whose secret is SHA-256 of this name. */
struct vt_age_identity vt_known_identity(const char *name);

#endif
