/* Plain requests, read without the library.  A connection that sends anything else is
 * handed over to the library, with every byte of what it sent and did not get an answer to.
 * Private to http/. */
#ifndef VT_HTTP_PLAIN_H
#define VT_HTTP_PLAIN_H

#include "http/server_inside.h"

/* Takes the listening socket. */
VT_CHECKED bool vt_plain_begin(struct vt_plain *plain, int *listen_fd);
/* Is there room for another connection? */
bool vt_plain_listens(const struct vt_http_server *server);
/* One turn: send what is answered, take new connections, read what came. */
void vt_plain_turn(struct vt_http_server *server, bool has_events, bool has_callers);
/* body: copied.  The exchange is gone afterwards. */
void vt_plain_answer(struct vt_http_exchange *exchange, int status,
                     const char *content_type, vt_slice body);
/* Whoever still waits is told that the server stops; all connections are closed. */
void vt_plain_end(struct vt_http_server *server);

#endif
