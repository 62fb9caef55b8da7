/* The cell's keeper; see role_cell_keeper.c. */
#ifndef VT_CELL_ROLE_CELL_KEEPER_H
#define VT_CELL_ROLE_CELL_KEEPER_H

#include "cell/keeper_rules.h"
#include "role/role.h"

#define VT_ROLE_CELL_KEEPER "cell-keeper"

/* Its given descriptor, if any: the door at which a dispatcher of scanners comes
 * (cell/queue_door.h); what is said then: cell/queue_message.h. */
enum { VT_CELL_KEEPER_QUEUE, VT_CELL_KEEPER_FDS };

extern const struct vt_rights vt_cell_keeper_rights;
int vt_role_cell_keeper(struct vt_channel *channel);

/* What whoever starts it says. */
struct vt_keeper_begin {
    struct vt_keeper_sources sources; /* paths, absolute or from where we run */
    const char *samples;              /* its folder; made if missing */
    const char *key;                  /* the cell's, as for vt_key_open */
    vt_slice passphrase;              /* of the key; may be empty */
    const char *movers; /* path of the socket for movers; NULL: there is none */
    struct vt_samples_bounds bounds;
    bool has_queue; /* it was given that descriptor */
};

/* Tell a keeper that was just started, and wait until it is ready; then its channel belongs
 * to the front.
 * Errors: what it refuses, VT_IO it died */
VT_CHECKED bool vt_cell_keeper_tell(struct vt_channel *channel,
                                    const struct vt_keeper_begin *begin,
                                    struct vt_error *err);
/* The other side: texts are copied into the arena, the key is opened and the passphrase
 * wiped.  key_out: returned. */
VT_CHECKED bool vt_cell_keeper_listen(struct vt_channel *channel, struct vt_arena *arena,
                                      struct vt_keeper_begin *out, struct vt_key **key_out,
                                      struct vt_error *err);

#endif
