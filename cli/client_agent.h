/* What the verbs of `vitrine client` that speak to a key agent share. */
#ifndef VT_CLI_CLIENT_AGENT_H
#define VT_CLI_CLIENT_AGENT_H

#include "cell/bond.h"
#include "cell/sent.h"
#include "cli/custody.h"
#include "custody/ask_accesses.h"

/* The trust root of --trust, else of the settings, with --enrolment; out: zeroed, and it
 * must stay in its place.  Errors: misuse; those of reading */
VT_CHECKED bool vt_cli_client_keyring(struct vt_args *args, struct vt_disk *home,
                                      struct vt_cli_keyring *out, struct vt_error *err);

/* The bond that was kept of a file: by it the agent knows who sealed it. */
struct vt_client_bond {
    struct vt_ask_sealed sealed; /* points into the others */
    struct vt_bond bond;
    struct vt_buf bytes; /* owned */
};
/* out: zeroed; it must stay in its place, and is wiped when it is closed.
 * Errors: those of vt_bond_read */
VT_CHECKED bool vt_client_bond_open(struct vt_disk *home, const vt_hash *object,
                                    struct vt_client_bond *out, struct vt_error *err);
void vt_client_bond_close(struct vt_client_bond *bond);
#define VT_AUTO_CLIENT_BOND                                                                \
    __attribute__((cleanup(vt_client_bond_close))) struct vt_client_bond

/* How many of the rows that are shown. */
size_t vt_client_count_deeds(const struct vt_disclosure *list, enum vt_agent_deed deed);

/* What a key agent was told never to release again. */
struct vt_client_taken {
    size_t proven;    /* files: it signs so, and the proof is kept */
    size_t read;      /* of those: somebody had had the key */
    size_t destroyed; /* the key of their period is gone altogether */
    size_t without;   /* no bond was kept */
};
#define VT_CLIENT_PROOFS "withdrawn"
/* Of all that was shared with --cell, by --agent.
 * Errors: VT_REJECTED the agent says no; VT_IO it is not there: call again */
VT_CHECKED bool vt_cli_client_take_back(struct vt_args *args, struct vt_disk *home,
                                        const struct vt_sent *sent,
                                        struct vt_client_taken *out, struct vt_error *err);

#endif
