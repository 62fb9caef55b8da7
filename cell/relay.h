/* An Oblivious HTTP relay: sealed requests go to one gateway, sealed answers back.  It sees
 * who asks and not what; the gateway sees what and not who.  Run it by somebody else than
 * the gateway, or it hides nothing.  Spec: RFC 9458 §5, "Relay Responsibilities" */
#ifndef VT_CELL_RELAY_H
#define VT_CELL_RELAY_H

#include "base/base.h"

#define VT_RELAY_CONNECTIONS_MAX 4000
#define VT_RELAY_RATE_MAX        100000

struct vt_relay_serving {
    const char *target; /* the gateway: an http or https URL */
    const char *address;
    uint16_t port;            /* 0: any free one */
    unsigned pending_max;     /* requests under way; 1 to VT_RELAY_PENDING_MAX */
    unsigned connections_max; /* 1 to VT_RELAY_CONNECTIONS_MAX */
    unsigned from_one_max;    /* connections from one address; 0: all of them */
    unsigned rate;            /* requests a second, from all together; at least 1 */
    int64_t timeout_ms;       /* for the gateway's answer; at most two minutes */
    void (*ready)(void *context, uint16_t port); /* may be NULL */
    void *context;
};

/* Serve until SIGTERM or SIGINT (true).
 * Errors: VT_MALFORMED no URL or address; VT_IO */
VT_CHECKED bool vt_relay_serve(const struct vt_relay_serving *serving,
                               struct vt_error *err);

#endif
