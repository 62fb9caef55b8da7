/* What the files of a mover share.  Private to cell/. */
#ifndef VT_CELL_MOVE_INSIDE_H
#define VT_CELL_MOVE_INSIDE_H

#include "cell/move.h"

enum { VT_MOVE_ANSWER_MS_MAX = 120000 };

/* Say, and wait for that answer. */
VT_CHECKED bool vt_move_call(struct vt_channel *channel, uint16_t type, vt_slice body,
                             uint16_t answer_type, vt_slice *answer, struct vt_error *err);

/* A page of rows, of the source or of the destination. */
typedef bool vt_move_each_row(void *context, const struct vt_move_row *row,
                              struct vt_error *err);
VT_CHECKED bool vt_move_page(struct vt_mover *mover, const vt_hash *after,
                             vt_move_each_row *each, void *context, bool *is_more_out,
                             struct vt_error *err);
struct vt_move_listed {
    struct vt_arrived rows[VT_MOVE_ROWS_MAX];
    size_t count;
    bool is_more;
};
VT_CHECKED bool vt_move_list(struct vt_mover *mover, const vt_hash *after, bool is_read,
                             struct vt_move_listed *out, struct vt_error *err);

#endif
