/* What a reviewer holds against each other: a key agent's openings, a copy of the access
 * ledger, and the trust root; the cell may be switched off.
 *
 *   every opening's commitment is the entry of the ledger that it names     else it was
 * read off the record the openings close as a chain, and every tally on the ledger is that
 * of its first `number` records                                                        else
 * openings are withheld commitments without an opening are told: nothing was released, or
 *                                                                           the agent hides
 * it
 *
 * The copy is read whole, entry by entry, and its root is the one that witnesses cosigned:
 * nothing is left out of it. */
#ifndef VT_CUSTODY_REVIEW_H
#define VT_CUSTODY_REVIEW_H

#include "base/base.h"
#include "custody/agent_store.h"
#include "evidence/trust.h"

/* An opening, and whether it is on record. */
struct vt_custody_reading {
    const struct vt_agent_record *record; /* borrowed from the review */
    vt_hash commitment;
    bool is_access; /* it holds a whole statement: `access` is it */
    struct vt_access access;
    bool is_logged; /* the ledger has the commitment where it says; of a destroyed key: the
                     * claim, somewhere */
    vt_hash claim;  /* of the payload that it claimed; zero: it claimed nothing */
    uint64_t keys_so_far, releases_so_far; /* with this one */
    uint64_t rewrapped_so_far;             /* file keys that another agent was given */
};

struct vt_custody_findings {
    uint64_t entries;              /* of the ledger */
    int64_t time_unix_s;           /* of its checkpoint, by the witnesses' quorum */
    uint64_t commitments;          /* among them */
    uint64_t unopened;             /* of these, without an opening */
    uint64_t tallies;              /* by an agent of the trust root */
    uint64_t unlogged;             /* openings whose commitment is not on the ledger */
    uint64_t unclaimed;            /* destroyed keys whose claim is not: not wrong yet */
    uint64_t repeated;             /* statements that were released twice */
    uint64_t erasures;             /* claims of an agent of the trust root */
    uint64_t wrong;                /* tallies and claims that the openings do not say */
    uint64_t withheld;             /* records that a tally counts and the openings lack */
    uint64_t uncounted;            /* openings behind the last tally: not wrong yet */
    char first[240];               /* what is wrong, the first of it; "": nothing */
    struct vt_agent_totals totals; /* of the openings */
};

struct vt_custody_review;

/* openings: the agent's file; ledger: a folder with a copy (vitrine ledger mirror) of the
 * log `origin`.  agent: id of the key that signs its tallies, where several agents have
 * that ledger; NULL: every agent's tally is held against these openings.  keyring and
 * agent: borrowed as long.  Returned; end with vt_custody_review_free. Errors: VT_REJECTED
 * one of them is damaged, or the copy's checkpoint has no quorum VT_ABSENT, VT_MALFORMED,
 * VT_IO */
VT_CHECKED bool vt_custody_review_new(const char *openings, const char *ledger,
                                      vt_slice origin, const vt_hash *agent,
                                      const struct vt_keyring *keyring,
                                      struct vt_custody_review **out, struct vt_error *err);
void vt_custody_review_free(struct vt_custody_review *review); /* NULL allowed */
void vt_custody_review_free_pointer(struct vt_custody_review **review);
#define VT_AUTO_CUSTODY_REVIEW                                                             \
    __attribute__((cleanup(vt_custody_review_free_pointer))) struct vt_custody_review *

const struct vt_custody_findings *vt_custody_review_findings(
    const struct vt_custody_review *review);
size_t vt_custody_review_count(const struct vt_custody_review *review);
/* The i-th opening, counted from 0. */
const struct vt_custody_reading *vt_custody_review_at(
    const struct vt_custody_review *review, size_t i);
/* The index of the i-th commitment without an opening; false: there are no more. */
bool vt_custody_review_unopened(const struct vt_custody_review *review, size_t i,
                                uint64_t *index_out);
/* Append a tlog-proof of the opening's entry.  VT_ABSENT it is not on the ledger; VT_IO */
VT_CHECKED bool vt_custody_review_prove(const struct vt_custody_review *review, size_t i,
                                        struct vt_buf *out, struct vt_error *err);
bool vt_custody_findings_are_well(const struct vt_custody_findings *findings);

#endif
