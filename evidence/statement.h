/* Statements: in-toto Statement v1 in a DSSE envelope of one canonical form.
 *
 * A statement has subjects (name and SHA-256), a predicate type, and a predicate whose
 * closed schema stands in evidence/predicates.c and, as tables for people, in
 * evidence/DESIGN.md.  Payload and envelope are RFC 8785; the digest of an envelope is
 * SHA-256 over its canonical bytes, signatures included. */
#ifndef VT_EVIDENCE_STATEMENT_H
#define VT_EVIDENCE_STATEMENT_H

#include "base/base.h"
#include "crypto/key.h"
#include "crypto/verify_dsse.h"
#include "evidence/schema.h"
#include "wire/dsse.h"
#include "wire/json.h"

#define VT_PAYLOAD_TYPE   "application/vnd.in-toto+json"
#define VT_STATEMENT_TYPE "https://in-toto.io/Statement/v1"

enum vt_predicate {
    VT_TRUST,
    VT_DRAFT,
    VT_RELEASE,
    VT_REJECTION,
    VT_REVIEW,
    VT_WITHDRAWALS,
    VT_ENROLMENT,
    VT_ENVIRONMENT_AUTHORISATION,
    VT_COLLECTION,
    VT_HEAD,       /* of a data cell, one an epoch */
    VT_PROVENANCE, /* SLSA provenance v1 */
    VT_VSA,        /* SLSA verification summary v1 */
    VT_SBOM,       /* SPDX 2.3, by digest */
    VT_RESIDENCY,
    VT_AGGREGATE,
    VT_COUNT,
    VT_ACCESS,  /* somebody asks to read: never public, its commitment is */
    VT_CUSTODY, /* who may read what, by the supervisor */
    VT_TALLY,   /* what a key agent has released so far */
    VT_ERASURE, /* what it will never release again */
    VT_PROMISE,
    VT_KEPT, /* a promise was: what met it, and when it was seen */
    VT_FINDING,
    VT_REQUEST, /* of a government, under its number */
    VT_DENIAL,  /* the supervisor was refused something */
    VT_RELOCATION_PLAN,
    VT_RELOCATION, /* a country's data were moved from a cell to another, phase by phase */
    VT_INVITATION, /* a reviewer may come in: never public, as the next */
    VT_INVITATION_END, /* and may not any more */
    VT_SEAL_HEAD,      /* so much was asked at a Centre, and this is its end */
    VT_PREDICATES,
};

const char *vt_predicate_type(enum vt_predicate predicate); /* the URI */
const char *vt_predicate_name(enum vt_predicate predicate); /* "release", "provenance" */
const struct vt_field *vt_predicate_schema(enum vt_predicate predicate);
/* False if there is no such type. */
VT_CHECKED bool vt_predicate_of(vt_slice type, enum vt_predicate *out);

struct vt_subject {
    const char *name;
    vt_hash hash;
};

/* Append the payload.  predicate: borrowed; checked against its schema.  count: 1 to 256.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_statement_write(enum vt_predicate type,
                                   const struct vt_subject *subjects, size_t count,
                                   const json_t *predicate, struct vt_buf *payload,
                                   struct vt_error *err);

/* The same for a statement about nothing outside (a trust root, a list): its one subject is
 * its own predicate, named as the predicate and by vt_predicate_digest. */
VT_CHECKED bool vt_statement_write_about_itself(enum vt_predicate type,
                                                const json_t *predicate,
                                                struct vt_buf *payload,
                                                struct vt_error *err);
/* SHA-256 over the predicate's RFC 8785 form. */
VT_CHECKED bool vt_predicate_digest(const json_t *predicate, vt_hash *out,
                                    struct vt_error *err);

struct vt_statement {
    json_t *json; /* owned: the whole statement */
    enum vt_predicate type;
    json_t *subjects;  /* borrowed from json */
    json_t *predicate; /* borrowed from json */
};

#define VT_AUTO_STATEMENT __attribute__((cleanup(vt_statement_clear))) struct vt_statement
void vt_statement_clear(struct vt_statement *statement);

/* Canonical, closed, of a known predicate type that fits its schema.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_statement_parse(vt_slice payload, struct vt_statement *out,
                                   struct vt_error *err);
size_t vt_statement_subject_count(const struct vt_statement *statement);
/* The i-th subject; its name points into the statement. */
struct vt_subject vt_statement_subject(const struct vt_statement *statement, size_t i);
/* Is there a subject with this hash?  name_out may be NULL. */
bool vt_statement_has_subject(const struct vt_statement *statement, const vt_hash *hash,
                              vt_slice *name_out);
/* Is its one subject what vt_statement_write_about_itself writes?  VT_MALFORMED. */
VT_CHECKED bool vt_statement_is_about_itself(const struct vt_statement *statement,
                                             struct vt_error *err);

/* ---- envelopes ------------------------------------------------------------------------
 */

struct vt_envelope {
    struct vt_dsse dsse;
    struct vt_statement statement;
    vt_hash digest;
};

#define VT_AUTO_ENVELOPE __attribute__((cleanup(vt_envelope_clear))) struct vt_envelope

void vt_envelope_clear(struct vt_envelope *envelope);
/* Take a canonical envelope apart.  Signatures are not checked here.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_envelope_parse(vt_slice bytes, struct vt_envelope *out,
                                  struct vt_error *err);
/* Append the canonical envelope of a payload signed by 1 to VT_DSSE_SIGNATURES_MAX keys.
 */
VT_CHECKED bool vt_envelope_sign(vt_slice payload, const struct vt_key *const *keys,
                                 size_t count, struct vt_buf *out, struct vt_error *err);
/* Append the same envelope with one signature more (or the same one replaced). */
VT_CHECKED bool vt_envelope_add_signature(vt_slice bytes, const struct vt_key *key,
                                          struct vt_buf *out, struct vt_error *err);
/* Is there a good signature by this key?  The keyid finds the line; the key decides. */
bool vt_envelope_is_signed_by(const struct vt_envelope *envelope,
                              const struct vt_public_key *key);
/* SHA-256 over the canonical bytes, signatures included: what a release names. */
vt_hash vt_envelope_digest(vt_slice canonical);
/* SHA-256 over the payload alone: two envelopes with the same payload say the same. */
vt_hash vt_envelope_payload_digest(const struct vt_envelope *envelope);

#endif
