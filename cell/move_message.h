/* What a mover says to the keepers at both ends of a move; writer and reader of each
 * message stand in one file.  A keeper answers, one message at a time; what has no answer
 * here is followed by one that has.
 *
 *   where they come from
 *     PAGE (country, after)   ->   ROW ..., END (is there more?)
 *     MAY_LEAVE (country)     ->   LEFT: nothing is removed, but it would be
 *     LEAVE (country)         ->   LEFT (how many are there still)
 *   where they come to
 *     BEGIN                   ->   BEGUN (what was not closed is forgotten)
 *     ROW (with header)
 *     OPEN                    ->   OPENED
 *     BYTES
 *     CLOSE                   ->   CLOSED (read back and durable)
 *     HAVE (ids)              ->   HAS (a byte each)
 *     LIST (country, after)   ->   LISTED (rows of a manifest), END
 *     READ (country, after)   ->   LISTED, END: the same, with each file read again
 *     ROOT (country)          ->   ROOTED: by the keeper's own reckoning
 *     DROP (ids)              ->   DROPPED
 *
 * Any of them may be answered by an error. */
#ifndef VT_CELL_MOVE_MESSAGE_H
#define VT_CELL_MOVE_MESSAGE_H

#include "cell/samples_move.h"
#include "role/channel.h"

enum {
    VT_MOVE_PAGE = 112,
    VT_MOVE_ROW,
    VT_MOVE_END,
    VT_MOVE_LEAVE,
    VT_MOVE_LEFT,
    VT_MOVE_BEGIN,
    VT_MOVE_BEGUN,
    VT_MOVE_OPEN,
    VT_MOVE_OPENED,
    VT_MOVE_BYTES,
    VT_MOVE_CLOSE,
    VT_MOVE_CLOSED,
    VT_MOVE_HAVE,
    VT_MOVE_HAS,
    VT_MOVE_LIST,
    VT_MOVE_READ,
    VT_MOVE_LISTED,
    VT_MOVE_ROOT,
    VT_MOVE_ROOTED,
    VT_MOVE_DROP,
    VT_MOVE_DROPPED,
    VT_MOVE_MAY_LEAVE,
};

enum {
    VT_MOVE_IDS_MAX = 64,            /* of one HAVE or DROP */
    VT_MOVE_ROWS_MAX = 64,           /* of one PAGE or LIST */
    VT_MOVE_BYTES_MAX = 64 << 10,    /* of one BYTES */
    VT_MOVE_LISTED_BYTES = 104 + 32, /* a row of a manifest, and its id there */
};

/* All readers: false if the body has not this form.  Slices point into it. */

/* The row; where it comes to, the recipient is the destination's, and the header follows
 * (else it is empty). */
void vt_move_row_write(struct vt_buf *out, const struct vt_move_row *row, vt_slice header);
VT_CHECKED bool vt_move_row_read(vt_slice body, struct vt_move_row *out,
                                 vt_slice *header_out);

/* A place in a country's rows. */
struct vt_move_place {
    char country[3];
    bool has_after;
    vt_hash after;
};

void vt_move_place_write(struct vt_buf *out, const struct vt_move_place *place);
VT_CHECKED bool vt_move_place_read(vt_slice body, struct vt_move_place *out);

/* 1 to VT_MOVE_IDS_MAX ids. */
VT_CHECKED bool vt_move_ids_read(vt_slice body, vt_hash ids[VT_MOVE_IDS_MAX],
                                 size_t *count_out);

void vt_move_root_write(struct vt_buf *out, const struct vt_manifest_root *root);
VT_CHECKED bool vt_move_root_read(vt_slice body, struct vt_manifest_root *out);

/* ---- a keeper's side --------------------------------------------------------------------
 */

/* One mover's conversation with a store. */
struct vt_move_desk {
    struct vt_samples *samples;
    struct vt_arrival *arrival; /* owned; see clear */
    struct vt_error wrong;      /* with a message that is not answered */
    /* May samples of the country be taken here, or leave?  VT_REJECTED with the reason. */
    bool (*may_arrive)(void *context, const char country[3], struct vt_error *err);
    bool (*may_leave)(void *context, const char country[3], struct vt_error *err);
    void *context;
};

void vt_move_desk_clear(struct vt_move_desk *desk);
/* Receive one message and answer it.
 * Errors: VT_ABSENT the mover is gone; VT_MALFORMED it says what has no form; VT_IO */
VT_CHECKED bool vt_move_answer(struct vt_move_desk *desk, struct vt_channel *mover,
                               struct vt_error *err);

#endif
