/* Serving ledgers: the operator's process, which opens the socket, starts the roles and
 * starts them again when one dies.
 *
 *   front ----- sequencer ----- signer       one front for all, the others for each ledger
 *                    \--------- courier      where the policy names witnesses
 */
#ifndef VT_LEDGER_SERVE_H
#define VT_LEDGER_SERVE_H

#include "base/base.h"
#include "wire/json.h"

/* One ledger of them. */
struct vt_served {
    const char *prefix; /* "" or "/NAME": where its paths begin */
    const char *dir;
};

struct vt_ledger_serving {
    const struct vt_served *ledgers;
    size_t ledger_count; /* 1 to VT_LEDGERS_SERVED_MAX */
    const char *address; /* IP literal */
    uint16_t port;       /* 0: any free one */
    vt_slice passphrase; /* of all their keys; empty: none */
    const char *key;     /* of the one ledger, instead of its config's; NULL: that */
    uint64_t publish_ms; /* at least so long between two checkpoints of a ledger */
    uint64_t linger_ms;  /* for more cosignatures than the quorum */
    uint64_t pending_max, connections_max;
    uint64_t lag_ms_max;  /* entries that wait longer for a checkpoint make it unwell */
    uint64_t wait_ms_max; /* who asked for a proof waits so long for a quorum */
    const char *tls_certificate, *tls_key; /* PEM; NULL: plain HTTP */
    const json_t *writers; /* [{"name", "token": SHA-256}]; empty: everybody may write */
    /* Called once, when requests are answered. */
    void (*ready)(void *context, uint16_t port);
    void *context;
    /* SIGHUP: read again what writers and tls_... say, and put it here.  True: all roles
     * are started anew with it, and with the ledgers' configs as they are then; false (with
     * err): all goes on as before.  NULL: SIGHUP is not for us. */
    bool (*reload)(void *context, struct vt_error *err);
    void *reload_context;
};

/* Serve until SIGTERM or SIGINT (true, with what was begun answered and published).
 * Errors: VT_ABSENT no ledger in a folder; VT_REJECTED key, passphrase, or another writer;
 *         VT_MALFORMED config or address; VT_IO */
VT_CHECKED bool vt_ledger_serve(const struct vt_ledger_serving *serving,
                                struct vt_error *err);

#endif
