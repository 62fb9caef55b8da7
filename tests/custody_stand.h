/* Reading on the record as it runs, set up: three real witnesses, a served access ledger
 * and a served key agent over a custody world (tests/custody_world.h), and the verbs that
 * every test of them calls.  One stand a case. */
#ifndef VT_TESTS_CUSTODY_STAND_H
#define VT_TESTS_CUSTODY_STAND_H

#include "tests/custody_world.h"
#include "tests/running.h"

enum { VT_STAND_WITNESSES = 3 };

struct vt_stand {
    struct vt_custody_world world;
    struct vt_running witnesses[VT_STAND_WITNESSES], ledger, agent;
    const char *recipient;  /* the reader's, for answers */
    const char *sealed_for; /* of objects of CH */
    const char *role_id;
    const char *agent_key, *swiss_key; /* files, or in a token */
};

extern struct vt_stand vt_stand;

/* ---- set up -----------------------------------------------------------------------------
 * In the case's folder.  from, to: a change to the text of the policy. */

/* All of it. */
void vt_stand_begin(const char *from, const char *to);
/* Or in steps: keys and papers; then, when agent_key and swiss_key are where they shall be,
 * what serves. */
void vt_stand_write_world(void);
void vt_stand_begin_served(const char *from, const char *to);
/* Or without serving: what requests are made of. */
void vt_stand_prepare(void);
void vt_stand_lay_ledger(void);
void vt_stand_make_agent(const char *from, const char *to);
void vt_stand_start_agent(void);
void vt_stand_finish(void);

/* ---- objects ----------------------------------------------------------------------------
 */

/* An object as a client would seal it; its path. */
const char *vt_stand_seal_for(enum vt_custody_place place, const char *name,
                              vt_slice plain);
const char *vt_stand_seal(const char *name, const char *plain);
/* Where the plaintext of that object lies below `out`: under its id. */
const char *vt_stand_plain_path(const char *out, const char *object);
void vt_stand_check_plain(const char *out, const char *object, const char *plain);
const char *vt_stand_recipient(const struct vt_age_recipient *recipient);

/* ---- verbs ------------------------------------------------------------------------------
 * Those that return text return what was said. */

/* A request of the analyst, approved; copy: a backup, where it is an order to erase. */
void vt_stand_request(const char *file, const char *reason, const char *object);
void vt_stand_request_with(const char *file, const char *reason, const char *object,
                           const char *copy);
const char *vt_stand_read_as(int exit_code, const char *file, const char *object,
                             const char *out);
const char *vt_stand_read_from(int exit_code, const char *agent, const char *sealed_for,
                               const char *file, const char *object, const char *out);
/* A reviewer's verb, over the ledger's own folder. */
const char *vt_stand_review(int exit_code, const char *verb, const char *operand);
/* `custody erased`: does the claim hold, for the objects in that folder? */
const char *vt_stand_erased(int exit_code, const char *claim, const char *objects);
void vt_stand_says(const char *said, const char *words);

/* ---- a dishonest agent ------------------------------------------------------------------
 */

struct vt_stand_copying {
    struct vt_agent_store *to;
    uint64_t left_out, number;
    uint64_t lied; /* the number of the record whose claim is another */
    vt_slice lie;
};

/* The agent's openings anew, as a good chain. */
void vt_stand_copy_openings(struct vt_stand_copying *copying);

#endif
