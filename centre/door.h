/* The door: the front's side of what reviewers ask.  It takes requests apart into bounded
 * fields, hands them to the porter, and answers with what comes back; it decides nothing.
 *
 *   POST /api/v1/session/challenge   {"code"?}
 *   POST /api/v1/session/enrol       {"code","client_data","authenticator_data"}
 *   POST /api/v1/session/open        {"credential","client_data","authenticator_data",
 *                                     "signature"}: sets the cookie
 *   GET  /api/v1/session             whose session it is
 *   POST /api/v1/session/close       {}
 *   GET  /api/v1/sealed              the head of the sealed record
 *   POST /api/v1/source              {"product","version","kind", ...}
 *   POST /api/v1/notes               {"kind","key", ...} (centre/door_notes.h)
 *
 * Bytes are in base64.  A request that changes or reads anything comes from a page of this
 * origin (Sec-Fetch-Site), is JSON, and bears the session's X-Vitrine-Session value. */
#ifndef VT_CENTRE_DOOR_H
#define VT_CENTRE_DOOR_H

#include "http/http.h"
#include "role/channel.h"

#define VT_DOOR_BODY_BYTES_MAX VT_KIB(16)

struct vt_door;

/* porter_fd: taken.  Returned; the exchanges that wait are the server's to end. */
struct vt_door *vt_door_new(int porter_fd);
void vt_door_free(struct vt_door *door); /* NULL allowed */
int vt_door_fd(const struct vt_door *door);

/* For the routes above.  Errors, after which the front must end: VT_ABSENT the porter is
 * gone; VT_LIMIT; VT_IO.  A door of NULL answers 404: no reviewers come in here. */
VT_CHECKED bool vt_door_knock(struct vt_door *door, struct vt_http_exchange *exchange,
                              struct vt_error *err);
/* The porter has said something.  Errors: the same, and VT_MALFORMED nonsense of it */
VT_CHECKED bool vt_door_answer(struct vt_door *door, struct vt_error *err);

#endif
