/* The client's side of Oblivious HTTP: ask a gateway through a relay.
 *
 * The key is the caller's to trust: a key of its own for every client would tell them
 * apart, so it must come from what everybody is given (a head, a trust root), never from
 * the relay or the gateway at the moment of asking.  Spec: RFC 9458 §5, "Client
 * Responsibilities" */
#ifndef VT_CELL_OBLIVIOUS_H
#define VT_CELL_OBLIVIOUS_H

#include "crypto/ohttp.h"
#include "http/client.h"

/* Every plain request is padded to so many bytes. */
#define VT_OBLIVIOUS_REQUEST_BYTES 512

struct vt_oblivious {
    const char *relay;                 /* its http or https URL */
    const struct vt_ohttp_config *key; /* of the gateway; borrowed */
    const char *authority;             /* of the target: "cell.example.org" */
    size_t answer_bytes_max;           /* of the plain answer, padding included */
    int64_t timeout_ms;                /* 0: 30 s */
};

struct vt_oblivious_answer {
    unsigned status;
    vt_slice content_type; /* in the arena, as content is */
    vt_slice content;
};

/* GET https://authority/path.
 *
 * client  with nothing under way
 * path    begins with '/'; what goes beyond the request's padding is VT_LIMIT
 *
 * Whatever the target answered, also 404, is true.
 * Errors: VT_IO        no relay, or it has no answer
 *         VT_REJECTED  the relay or the gateway refused (the sentence has the status); the
 *                      answer is not sealed, not to this question, or was changed
 *         VT_MALFORMED no answer inside; VT_LIMIT late or too long */
VT_CHECKED bool vt_oblivious_get(const struct vt_oblivious *oblivious,
                                 struct vt_http_client *client, const struct vt_env *env,
                                 vt_slice path, struct vt_arena *arena,
                                 struct vt_oblivious_answer *out, struct vt_error *err);

#endif
