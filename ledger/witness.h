/* A witness: it watches logs, remembers the last checkpoint of each that it cosigned, and
 * cosigns another only if that continues it.
 *
 * As a server it is three processes: `serve` (the operator's; it starts and watches the
 * others), the front (sockets, parsing; no key, no file) and the signer (key and memory; no
 * socket).  For tests and vectors the same functions run in one process.
 * Spec: C2SP tlog-witness, tlog-cosignature (type 0x04) */
#ifndef VT_LEDGER_WITNESS_H
#define VT_LEDGER_WITNESS_H

#include "base/base.h"
#include "crypto/key.h"
#include "ledger/witness_log.h"
#include "ledger/witness_memory.h"
#include "ledger/witness_reply.h"

/* ---- its folder -------------------------------------------------------------------------
 */

/* A mirror (ledger/mirror_host.h) is a cosigner too, with another memory: is_mirror makes,
 * reads and serves one in the place of a witness. */

/* Make a witness that watches nothing yet.  key: where the private key is, as it is kept in
 * the config; name and public key make its verifier key.
 * Errors: VT_REJECTED there is one already; VT_MALFORMED the name; VT_IO */
VT_CHECKED bool vt_witness_init(const char *dir, bool is_mirror, vt_slice name,
                                const struct vt_public_key *public_key, vt_slice key,
                                struct vt_error *err);
/* Watch a log from the next start on.
 * Errors: those of vt_witness_config_add; VT_ABSENT no witness in dir; VT_IO */
VT_CHECKED bool vt_witness_add_log(const char *dir, bool is_mirror, vt_slice origin,
                                   const struct vt_vkey *key, struct vt_error *err);
/* The path of its memory, in the arena. */
const char *vt_witness_memory_folder(struct vt_arena *arena, const char *dir);
/* That of a mirror's memories and copies; of the copies alone. */
const char *vt_mirror_state_folder(struct vt_arena *arena, const char *dir);
const char *vt_mirror_copies_folder(struct vt_arena *arena, const char *dir);

/* ---- serving ----------------------------------------------------------------------------
 */

struct vt_witness_serving {
    bool is_mirror;
    const char *dir;
    const char *address; /* IP literal to listen on */
    uint16_t port;       /* 0: any */
    const char *key;     /* NULL: where the config says */
    vt_slice passphrase; /* of the key */
    /* Requests that may wait for the signer (a mirror: uploads under way); more get 429. */
    unsigned pending_max;
    unsigned connections_max; /* at most VT_WITNESS_CONNECTIONS_MAX */
    /* Called once, when requests are answered. */
    void (*ready)(void *context, uint16_t port);
    void *context;
};

#define VT_WITNESS_CONNECTIONS_MAX 900
#define VT_WITNESS_PENDING_MAX     4096

/* Serve until SIGTERM or SIGINT (true, with what was begun answered).  A front or signer
 * that dies is started again; if they die again and again, that is the error.
 * Errors: VT_ABSENT no witness in dir; VT_REJECTED key, passphrase or memory; VT_MALFORMED
 *         config or address; VT_IO */
VT_CHECKED bool vt_witness_serve(const struct vt_witness_serving *serving,
                                 struct vt_error *err);

/* ---- in one process ---------------------------------------------------------------------
 */

struct vt_witness;

/* folder: of its memory (vt_witness_memory_init).  All else is borrowed as long as the
 * witness lives.  Returned; end with vt_witness_close.  Errors of vt_witness_memory_open.
 */
VT_CHECKED bool vt_witness_open_here(const struct vt_witness_config *config,
                                     const struct vt_key *key, const char *folder,
                                     const struct vt_env *env,
                                     struct vt_witness **witness_out, struct vt_error *err);
void vt_witness_close(struct vt_witness *witness); /* NULL allowed */
void vt_witness_close_pointer(struct vt_witness **witness);
#define VT_AUTO_WITNESS                                                                    \
    __attribute__((cleanup(vt_witness_close_pointer))) struct vt_witness *

/* Answer the body of an add-checkpoint: status and text, as the server would.  What is
 * answered is durable.  *out ends with vt_witness_reply_clear, also after failure.
 * Errors: VT_IO nothing may be answered; close the witness */
VT_CHECKED bool vt_witness_answer(struct vt_witness *witness, vt_slice request,
                                  struct vt_witness_reply *out, struct vt_error *err);

#endif
