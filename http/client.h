/* A client for several requests at once, in one thread.  Connections are kept alive
 * between requests.  No redirect is followed, only http and https are spoken, an answer
 * longer than asked for is an error (one that comes gzipped counts unpacked), and
 * certificates are checked.  Proxies are taken from
 * the environment as curl does (https_proxy, no_proxy), and so are certificate authorities
 * (SSL_CERT_FILE, SSL_CERT_DIR). */
#ifndef VT_HTTP_CLIENT_H
#define VT_HTTP_CLIENT_H

#include "base/base.h"

struct vt_http_client;

/* One request; the struct must stay in its place until it is done or cancelled. */
struct vt_http_call {
    const char *url;          /* "http://..." or "https://..." */
    const char *method;       /* NULL: GET, or POST with a body; HEAD has no answer */
    vt_slice body;            /* must live as long as the call is under way */
    const char *content_type; /* of the body; NULL: text/plain */
    bool is_gzipped;          /* the body: it is sent with Content-Encoding: gzip */
    const char *accept;       /* NULL: anything */
    const char *bearer;       /* a token for "Authorization: Bearer"; NULL: none */
    size_t answer_bytes_max;
    int64_t timeout_ms; /* for all of it; 0: 30 s */
    void *context;      /* the caller's */

    /* When it is done. */
    int status; /* of the answer; 0: none came, see failure */
    struct vt_error
        failure;          /* VT_OK with an answer; VT_LIMIT too late or too long; VT_IO */
    bool is_late;         /* the failure: its time was over */
    char answer_type[64]; /* its Content-Type, without parameters */
    int64_t modified_unix_s; /* its Last-Modified; -1: it has none */
    int64_t length;          /* its Content-Length; -1: it does not say */
    struct vt_buf answer;    /* owned by the call: vt_http_call_clear */
    int64_t took_ms;

    void *inside; /* the client's; NULL before the start */
};

/* An http or https URL without spaces and control characters?  VT_MALFORMED. */
VT_CHECKED bool vt_http_url_check(const char *url, struct vt_error *err);

/* Does it begin as such a URL does, so that it is no folder? */
bool vt_http_is_url(const char *where);
/* base, without the slashes at its end, and path, which begins with one; in the arena. */
char *vt_http_url(struct vt_arena *arena, const char *base, const char *path);

void vt_http_call_clear(struct vt_http_call *call); /* frees the answer; not under way */

/* Returned; end with vt_http_client_free, which cancels what is under way.  VT_IO. */
VT_CHECKED bool vt_http_client_new(struct vt_http_client **client_out,
                                   struct vt_error *err);
void vt_http_client_free(struct vt_http_client *client); /* NULL allowed */
void vt_http_client_free_pointer(struct vt_http_client **client);
#define VT_AUTO_HTTP_CLIENT                                                                \
    __attribute__((cleanup(vt_http_client_free_pointer))) struct vt_http_client *

/* Begin a call; what an earlier use of the struct left in it is cleared.
 * Errors: VT_MALFORMED no http or https URL; VT_IO */
VT_CHECKED bool vt_http_client_start(struct vt_http_client *client,
                                     struct vt_http_call *call, struct vt_error *err);
/* Wait for the next call that is done; NULL in *done_out when timeout_ms are over first or
 * nothing is under way.  VT_IO. */
VT_CHECKED bool vt_http_client_wait(struct vt_http_client *client, int64_t timeout_ms,
                                    struct vt_http_call **done_out, struct vt_error *err);
/* The same, and NULL in *done_out as soon as the descriptor can be read (or has hung up).
 */
VT_CHECKED bool vt_http_client_wait_or(struct vt_http_client *client, int fd,
                                       int64_t timeout_ms, struct vt_http_call **done_out,
                                       struct vt_error *err);
/* Give up a call that is under way (its connection is closed); else nothing happens. */
void vt_http_client_cancel(struct vt_http_client *client, struct vt_http_call *call);

/* GET what stands at this path ("/api/v1/pages") below a base, slashes at whose end do not
 * count; the answer is appended.
 * Errors: VT_ABSENT it answered 404; VT_IO another answer, or none; VT_LIMIT longer than
 * the buffer may be */
VT_CHECKED bool vt_http_client_get(struct vt_http_client *client, const char *base,
                                   const char *path, struct vt_buf *out,
                                   struct vt_error *err);
/* Start and wait for this one alone.  False when no answer came: then the error is its
 * failure. */
VT_CHECKED bool vt_http_client_run(struct vt_http_client *client, struct vt_http_call *call,
                                   struct vt_error *err);

#endif
