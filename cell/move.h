/* A mover: it reads what a country's samples are from one store and brings them to another,
 * while both are in service.
 *
 *   manifest   rows of the source in order, and their root: before a byte is copied
 *   copy       what the destination does not have yet; each body is hashed as it is read,
 *              and read back and hashed again where it came to; as often as is wanted
 *   settle     behind the fence: copy the rest, drop what was erased meanwhile, and
 *              compare both ends row by row
 *   leave      remove it at the source
 *   drop       erase at the destination what was taken back at the source since then
 *
 * All that it has done is in the destination's store; killed, it begins again and asks what
 * is there.  It speaks to both keepers (cell/move_message.h) and reads the source's files.
 * A header is given to `rewrap`, which makes the one for the destination: no file key is
 * ever here. */
#ifndef VT_CELL_MOVE_H
#define VT_CELL_MOVE_H

#include "cell/move_message.h"

enum { VT_MOVE_REWRAP_MAX = 1024 }; /* headers at once */

struct vt_move_progress {
    uint64_t copied, copied_bytes; /* in this pass */
    uint64_t seen;                 /* rows of the source, in this pass */
    uint64_t gone;                 /* erased at the source while they were copied */
};

struct vt_move_sealed {
    vt_slice header;   /* complete */
    vt_hash recipient; /* digest of the document of whom it is sealed for */
};

struct vt_mover {
    struct vt_channel *from, *to; /* both keepers */
    const char *samples;          /* the source's folder */
    char country[3];
    vt_hash recipient;         /* digest of the destination's document */
    uint64_t rate_bytes_per_s; /* 0: as fast as it goes */
    size_t batch_max;          /* objects of one batch; 0: VT_MOVE_BATCH_MAX */
    size_t rewrap_max;         /* headers at once, VT_MOVE_ROWS_MAX or more; 0: as above */
    /* Give each header's object to the destination: headers_out gets as many, in the same
     * order, whose bytes lie in the arena. */
    bool (*rewrap)(void *context, const struct vt_move_sealed *objects, size_t count,
                   struct vt_arena *arena, vt_slice *headers_out, struct vt_error *err);
    /* After each batch; false: stop here.  May be NULL. */
    bool (*go_on)(void *context, const struct vt_move_progress *progress);
    void *context;
    /* Told here. */
    struct vt_move_progress progress;
    bool is_stopped;
};

/* Reckon the source's manifest, and write it as file `name` of the disk (NULL: only
 * reckon).
 * Errors: VT_ABSENT the source's keeper is gone; VT_REJECTED, VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_mover_manifest(struct vt_mover *mover, struct vt_disk *disk,
                                  const char *name, struct vt_manifest_root *out,
                                  struct vt_error *err);
/* One pass over the source.  True with is_stopped: go_on said so.
 * Errors: VT_ABSENT a keeper is gone: connect and call again; VT_REJECTED a file is not
 *         what its row says, or one of the keepers refuses; VT_LIMIT no room; those of
 *         rewrap; VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_mover_copy(struct vt_mover *mover, struct vt_error *err);

struct vt_move_settled {
    struct vt_manifest_root from, to; /* each by its own keeper's rows */
    uint64_t dropped;                 /* erased at the source meanwhile */
    bool is_equal;
};

/* Copy the rest, drop what is not at the source, compare.  Behind the fence it comes to
 * is_equal; before it may not.  Errors: as above */
VT_CHECKED bool vt_mover_settle(struct vt_mover *mover, struct vt_move_settled *out,
                                struct vt_error *err);
/* Every file at the destination, read again from its disk, and the root over that.
 * erased: rows of a manifest, ascending, that count as if they were still there: it is
 * known that they were erased there since. Errors: VT_REJECTED one is not what it was; as
 * above */
VT_CHECKED bool vt_mover_read_back(struct vt_mover *mover, vt_slice erased,
                                   struct vt_manifest_root *out, struct vt_error *err);
/* The end with the destination's signature, of what it has read back just now: `words` but
 * for `to`, `read_back` and where canaries are, which are its to say; they are filled in.
 * envelope_out: appended.
 * Errors: VT_REJECTED it refuses, or signed something else; as above */
VT_CHECKED bool vt_mover_sign(struct vt_mover *mover, struct vt_relocation_words *words,
                              struct vt_buf *envelope_out, struct vt_error *err);

/* ---- the cut-over ---- */

/* Would the source (else the destination) take an upload now?  Errors: as above */
VT_CHECKED bool vt_mover_taking(struct vt_mover *mover, bool is_source,
                                struct vt_move_taking *out, struct vt_error *err);
struct vt_move_cut_over {
    bool is_over;     /* the destination takes uploads, the source does not */
    bool is_measured; /* the source was seen to take them before */
    int64_t pause_ms; /* from the last yes of the one to the first of the other */
};
/* Ask both, over and over, until it is over or the clock (vt_monotonic_ms) shows
 * `until_ms`. Errors: VT_REJECTED both take them at once; as above */
VT_CHECKED bool vt_mover_watch(struct vt_mover *mover, int64_t until_ms,
                               struct vt_move_cut_over *out, struct vt_error *err);

/* Would the source's keeper let them go now?  VT_REJECTED with the reason; as above */
VT_CHECKED bool vt_mover_may_leave(struct vt_mover *mover, struct vt_error *err);
/* Remove all of it at the source, whose keeper must agree.  Errors: as above */
VT_CHECKED bool vt_mover_leave(struct vt_mover *mover, struct vt_error *err);
/* Append the rows of what is at the destination and was taken back at the source, at any
 * time since it was copied: by its owner, by order, or because its time was over.
 * Errors: as above */
VT_CHECKED bool vt_mover_taken_back(struct vt_mover *mover, struct vt_buf *rows,
                                    struct vt_error *err);
/* Erase these at the destination: rows of a manifest.  Errors: as above */
VT_CHECKED bool vt_mover_drop(struct vt_mover *mover, vt_slice rows, struct vt_error *err);
/* The id that an object has at the destination.  VT_ABSENT it is not there; as above */
VT_CHECKED bool vt_mover_find(struct vt_mover *mover, const vt_hash *object, vt_hash *out,
                              struct vt_error *err);

#endif
