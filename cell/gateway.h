/* The gateway's side of Oblivious HTTP: what a sealed request asks, and the answer, sealed
 * again and as long as every other one.
 *
 * Only GET below one prefix is answered; what a request holds besides its path is not
 * looked at.  A request may come twice (a relay can send it again): whatever is mounted
 * here must be a question, not a deed.
 *
 * Opening and sealing need the key and see seven fixed fields (crypto/ohttp.h); what a
 * stranger wrote is read by vt_gateway_reply, which needs none, so that the two may be two
 * processes.  Spec: RFC 9458 §5, "Server Responsibilities"; RFC 9292 */
#ifndef VT_CELL_GATEWAY_H
#define VT_CELL_GATEWAY_H

#include "crypto/ohttp.h"

struct vt_gateway_answer {
    int status;               /* 200 to 599 */
    const char *content_type; /* NULL: none is said */
    struct vt_buf content;    /* bounded by the caller of the handler */
};

struct vt_gateway {
    const char *prefix; /* "/lookup/": a path begins so and goes on */
    /* Every plain answer is padded to so many bytes; what does not fit is answered with
     * 500 and nothing.  At most VT_OHTTP_BYTES_MAX - VT_OHTTP_RESPONSE_EXTRA. */
    size_t answer_bytes;
    /* path: whole, without its query.  Fills *answer, whose status is 404 before. */
    void (*handle)(void *context, vt_slice path, struct vt_gateway_answer *answer);
    void *context;
};

/* A plain request to a plain answer of exactly answer_bytes: 400 for what is malformed or
 * expects 100-continue, 405 for another method, 404 below another prefix, else what the
 * handler says.  VT_LIMIT: out has no room. */
VT_CHECKED bool vt_gateway_reply(const struct vt_gateway *gateway, vt_slice request,
                                 struct vt_buf *out, struct vt_error *err);

/* All of it: a sealed request to a sealed answer.
 * Errors: VT_MALFORMED, VT_ABSENT, VT_REJECTED, VT_LIMIT as vt_ohttp_request_open: to be
 *         told to the relay as 400 without more words; VT_IO */
VT_CHECKED bool vt_gateway_serve(const struct vt_gateway *gateway, const struct vt_env *env,
                                 const struct vt_ohttp_key *keys, size_t key_count,
                                 vt_slice message, struct vt_buf *out,
                                 struct vt_error *err);

#endif
