/* Serving a cell: the operator's process, which opens the socket, starts the roles, starts
 * them again when one dies, and says farewell to clients before it ends.
 *
 *   front ----- gateway     the first faces strangers and reads what is published, the
 *         \                 second has the key that look-ups are sealed to, and nothing
 *        | ----- counter    (keeps totals of what was taken and refused)
 *          ---- keeper      else; the third holds what people share, and the cell's key
 */
#ifndef VT_CELL_SERVE_H
#define VT_CELL_SERVE_H

#include "base/base.h"
#include "cell/role_cell_keeper.h"
#include "wire/json.h"

struct vt_cell_serving {
    const char *dir;                        /* the cell's folder; DIR/public is served */
    const char *cell;                       /* its name */
    const char *address;                    /* IP literal */
    uint16_t port;                          /* 0: any free one */
    uint64_t connections_max, from_one_max; /* the second: 0 for as many as at all */
    uint64_t lag_s;       /* a head that began longer ago is late; 0: when it is over */
    uint64_t cache_bytes; /* answers that the front keeps in memory */
    uint64_t drain_ms;    /* so long it still answers and says that it will end */
    const char *tls_certificate, *tls_key; /* PEM; NULL: plain HTTP */
    const json_t *papers;                  /* cell/front_papers.h; NULL: none */
    /* [{"id": NUMBER, "secret": 32 bytes as hex}], at most VT_OHTTP_KEYS_MAX: the keys that
     * look-ups through a relay are sealed to; NULL or empty: none are answered. */
    const json_t *gateway_keys;
    const struct vt_keeper_begin *keeper;        /* NULL: nothing is taken; where heads
                                                  * are published, we know */
    void (*ready)(void *context, uint16_t port); /* once, when requests are answered */
    void *context;
    /* SIGHUP: read the files behind `papers` again and leave what they hold now in *out
     * (returned); what the keeper goes by is tried here.  All or nothing: false leaves all
     * as it was.  NULL: nothing is read again. */
    bool (*reload)(void *context, json_t **out, struct vt_error *err);
    void *reload_context;
};

/* Serve until SIGTERM or SIGINT (true, with what was begun answered).  A second signal
 * ends it without farewell.
 * Errors: VT_REJECTED the papers: evidence of another file; VT_MALFORMED they, or the
 *         address; VT_IO */
VT_CHECKED bool vt_cell_serve(const struct vt_cell_serving *serving, struct vt_error *err);

#endif
