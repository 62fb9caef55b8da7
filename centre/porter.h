/* The porter decides who may read: it knows the invitations that count now, the passkeys
 * that were registered with their codes, and the sessions that passkeys opened.  It holds
 * no secret of others: of a session it keeps the SHA-256 of its token alone.
 *
 *   FOLDER/invitations/                      of vendor and supervisor (centre/invitation.h)
 *   FOLDER/porter/passkeys/INVITATION.json   the one passkey of an invitation
 *   FOLDER/porter/sessions/HASH.json         an open session; gone when it is closed
 *   FOLDER/porter/sealed                     what was asked (centre/sealed.h)
 *   FOLDER/porter/notes/, taken/             what was noted, and how much of it left
 *                                            (centre/remarks.h, centre/allowance.h)
 *   FOLDER/porter/rebuilds/                  wishes (centre/rebuild_form.h)
 *
 *   code --challenge--> passkey registered, once      passkey --challenge--> session
 *
 * Each call looks at the invitations again, so an end counts at once.  What a call promised
 * is durable when it returns: a session outlives a restart, a closed one stays closed. */
#ifndef VT_CENTRE_PORTER_H
#define VT_CENTRE_PORTER_H

#include "centre/invitation.h"
#include "centre/sealed.h"
#include "crypto/passkey.h"

#define VT_CENTRE_PORTER           "porter"
#define VT_PORTER_TOKEN_HEX        64
#define VT_PORTER_SESSIONS_MAX     4096
#define VT_PORTER_CHALLENGES_MAX   1024
#define VT_PORTER_SESSION_S_MAX    (8 * 3600) /* then the passkey is asked for again */
#define VT_PORTER_IDLE_MS_MAX      (30 * 60 * 1000)
#define VT_PORTER_CHALLENGE_MS_MAX (5 * 60 * 1000)
#define VT_PORTER_ASKS_A_SECOND    50 /* of one session; twice as many at once */

struct vt_porter;

/* Takes the lock on FOLDER/porter, which is made if it is missing, as are
 * FOLDER/invitations and FOLDER/rebuilds.  folder, origin: borrowed for the call; trust: as
 * long as the porter.  Returned, end with vt_porter_close.
 * Errors: VT_REJECTED no certified key to seal to, or what was sealed is damaged;
 *         VT_MALFORMED the origin, or a file of the porter's; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_porter_open(const char *folder, const char *origin,
                               const struct vt_trust *trust, const struct vt_env *env,
                               struct vt_porter **porter_out, struct vt_error *err);
void vt_porter_close(struct vt_porter *porter); /* NULL allowed */

/* The calls below fail with
 *   VT_MALFORMED  what came has no form
 *   VT_ABSENT     nobody is known by it: no such session (any more), code or passkey
 *   VT_REJECTED   somebody is known, and may not
 *   VT_LIMIT      too often, too many
 *   VT_IO         the state of the disk is unknown: the role must exit */

/* A challenge, {"challenge","party"}; with a code also {"user","name"} for whoever
 * registers.  When all places are taken the oldest gives way, one without a code first.
 * code: empty, or what the reviewer was given.  out: returned. */
VT_CHECKED bool vt_porter_challenge(struct vt_porter *porter, vt_slice code, json_t **out,
                                    struct vt_error *err);
/* Register the one passkey of the code's invitation, durably. */
VT_CHECKED bool vt_porter_enrol(struct vt_porter *porter, vt_slice code,
                                vt_slice client_data, vt_slice authenticator_data,
                                struct vt_error *err);

/* What a browser says when a passkey was used. */
struct vt_porter_entry {
    vt_slice old_token; /* of a session that ends herewith; may be empty */
    vt_slice credential, client_data, authenticator_data, signature;
};
/* Open a session under a new token, durably.  out: as vt_porter_look; returned. */
VT_CHECKED bool vt_porter_enter(struct vt_porter *porter,
                                const struct vt_porter_entry *entry,
                                char token_out[VT_PORTER_TOKEN_HEX + 1], json_t **out,
                                struct vt_error *err);
/* {"reviewer","products","until","csrf"}; returned. */
VT_CHECKED bool vt_porter_look(struct vt_porter *porter, vt_slice token, json_t **out,
                               struct vt_error *err);
/* May this session ask this of this product now?  Counts against its rate.  A yes is on the
 * sealed record when vt_porter_settle has returned, and not before; a no to a session that
 * may not read of this product is on it at once. */
VT_CHECKED bool vt_porter_admits(struct vt_porter *porter, vt_slice token, vt_slice csrf,
                                 vt_slice product, vt_slice question, struct vt_error *err);
VT_CHECKED bool vt_porter_settle(struct vt_porter *porter, struct vt_error *err);

/* Whose session it is, for what he keeps here; borrowed until the porter's next call. */
struct vt_porter_guest {
    uint8_t session[VT_SEALED_SESSION_BYTES];
    vt_hash invitation;
    const struct vt_invitation *row;
    struct vt_disk *disk, *rebuilds; /* FOLDER/porter; FOLDER/rebuilds, read only */
    const struct vt_env *env;
    const struct vt_age_recipient *foundation; /* whom all is sealed to */
};

/* May this session do something now?  Counts against its rate. */
VT_CHECKED bool vt_porter_greet(struct vt_porter *porter, vt_slice token, vt_slice csrf,
                                struct vt_porter_guest *out, struct vt_error *err);
bool vt_porter_guest_covers(const struct vt_porter_guest *guest, vt_slice product);
/* Put it on the sealed record, durably, with all that was admitted before. */
VT_CHECKED bool vt_porter_say(struct vt_porter *porter, const struct vt_porter_guest *guest,
                              enum vt_sealed_deed deed, const struct vt_sealed_words *words,
                              uint64_t *number_out, struct vt_error *err);
struct vt_sealed_head vt_porter_head(const struct vt_porter *porter);
/* {"records","chain","recipient"}: the sealed record's head, for everybody; returned. */
json_t *vt_porter_seal(const struct vt_porter *porter);
/* Close it, durably. */
VT_CHECKED bool vt_porter_leave(struct vt_porter *porter, vt_slice token, vt_slice csrf,
                                struct vt_error *err);

#endif
