/* What a mover says to the keepers at both ends of a move; writer and reader of each
 * message stand in one file.  A keeper answers, one message at a time; what has no answer
 * here is followed by one that has.
 *
 *   where they come from
 *     PAGE (country, after)   ->   ROW ..., END (is there more?)
 *     MAY_LEAVE (country)     ->   LEFT: nothing is removed, but it would be
 *     TAKES (country)         ->   TAKING (would an upload be taken now? of either end)
 *     LEAVE (country)         ->   LEFT (how many went, and are there still)
 *     TAKEN_BACK (wishes)     ->   TAKEN (a byte each)
 *     ERASE (ids)             ->   ERASED (how many were there): by order, at either end
 *   where they come to
 *     BEGIN                   ->   BEGUN (what was not closed is forgotten)
 *     ROW (with header)
 *     OPEN                    ->   OPENED
 *     BYTES
 *     CLOSE                   ->   CLOSED (read back and durable)
 *     HAVE (ids)              ->   HAS (a byte each)
 *     LIST (country, after)   ->   LISTED (what arrived), END
 *     READ (country, after)   ->   LISTED, END: the same, with each file read again; as
 *                                  many rows as could be read in some time
 *     ROOT (country)          ->   ROOTED: by the keeper's own reckoning
 *     DROP (ids)              ->   DROPPED
 *     SIGN (words of the end) ->   SIGNED, if all was read here just now: see READ
 *
 * Any of them may be answered by an error.
 *
 * A keeper never waits for a mover: what it does not read at once waits in the desk, and
 * long work is done in steps, between which others are served. */
#ifndef VT_CELL_MOVE_MESSAGE_H
#define VT_CELL_MOVE_MESSAGE_H

#include "cell/samples_move.h"
#include "custody/relocation.h"
#include "role/outbox.h"

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
    VT_MOVE_TAKES,
    VT_MOVE_TAKING,
    VT_MOVE_SIGN,
    VT_MOVE_SIGNED,
    VT_MOVE_TAKEN_BACK,
    VT_MOVE_TAKEN,
    VT_MOVE_ERASE,
    VT_MOVE_ERASED,
};

enum {
    VT_MOVE_IDS_MAX = 64,         /* of one HAVE, DROP, ERASE or TAKEN_BACK */
    VT_MOVE_ROWS_MAX = 64,        /* of one PAGE or LIST */
    VT_MOVE_BYTES_MAX = 64 << 10, /* of one BYTES */
    VT_MOVE_PATIENCE_S = 120,     /* with a side that does not read */
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

/* 1 to VT_MOVE_IDS_MAX wishes, one after the other. */
void vt_move_wish_write(struct vt_buf *out, const struct vt_moved_wish *wish);
VT_CHECKED bool vt_move_wishes_read(vt_slice body,
                                    struct vt_moved_wish wishes[VT_MOVE_IDS_MAX],
                                    size_t *count_out);

/* Up to VT_MOVE_ROWS_MAX of what arrived, one after the other. */
void vt_move_arrived_write(struct vt_buf *out, const struct vt_arrived *arrived);
VT_CHECKED bool vt_move_arrived_read(vt_slice body,
                                     struct vt_arrived arrived[VT_MOVE_ROWS_MAX],
                                     size_t *count_out);

void vt_move_left_write(struct vt_buf *out, const struct vt_samples_left *left);
VT_CHECKED bool vt_move_left_read(vt_slice body, struct vt_samples_left *out);

void vt_move_root_write(struct vt_buf *out, const struct vt_manifest_root *root);
VT_CHECKED bool vt_move_root_read(vt_slice body, struct vt_manifest_root *out);

/* Does an end take uploads of the country, and when does its table change that next? */
struct vt_move_taking {
    bool takes;
    int64_t next_unix_s; /* 0: nothing is planned */
};

void vt_move_taking_write(struct vt_buf *out, const struct vt_move_taking *taking);
VT_CHECKED bool vt_move_taking_read(vt_slice body, struct vt_move_taking *out);

/* What the destination is asked to sign: is_done, and all of it but `to`, `read_back` and
 * where canaries are now, which it knows itself. */
void vt_move_end_write(struct vt_buf *out, const struct vt_relocation_words *words);
VT_CHECKED bool vt_move_end_read(vt_slice body, struct vt_relocation_words *out);

/* ---- a keeper's side --------------------------------------------------------------------
 */

struct vt_move_work; /* a long answer under way */

/* One mover's conversation with a store. */
struct vt_move_desk {
    struct vt_samples *samples;
    struct vt_arrival *arrival; /* owned; see clear */
    struct vt_outbox out;       /* owned: what the mover has not read yet */
    struct vt_move_work *work;  /* owned; NULL: none */
    uint64_t step_bytes;        /* read again in one step */
    struct vt_error wrong;      /* with a message that is not answered */
    /* Of what was read again from the disk in this conversation, page behind page. */
    struct vt_manifest_sum *read; /* owned; NULL: nothing that still holds */
    char read_country[3];
    bool is_read_whole;
    const char *cell;         /* borrowed: its name, and its key */
    const struct vt_key *key; /* NULL: it signs nothing */
    /* May samples of the country be taken here, or leave?  VT_REJECTED with the reason. */
    bool (*may_arrive)(void *context, const char country[3], struct vt_error *err);
    bool (*may_leave)(void *context, const char country[3], struct vt_error *err);
    /* Is the recipient, by its document's digest, one that this cell's files of the country
     * are sealed for?  VT_REJECTED. */
    bool (*is_ours)(void *context, const vt_hash *recipient, const char country[3],
                    struct vt_error *err);
    /* Would an upload of the country be taken?  VT_REJECTED it is no country. */
    bool (*takes)(void *context, const char country[3], struct vt_move_taking *out,
                  struct vt_error *err);
    void *context;
};

void vt_move_desk_init(struct vt_move_desk *desk, struct vt_samples *samples);
void vt_move_desk_clear(struct vt_move_desk *desk);
/* What was read here is no measure any more: something came, or went. */
void vt_move_desk_forget(struct vt_move_desk *desk);
/* Rows of a page, each of whose files was read; `place` as the mover said it. */
VT_CHECKED bool vt_move_desk_was_read(struct vt_move_desk *desk,
                                      const struct vt_move_place *place,
                                      const struct vt_arrived *rows, size_t count,
                                      bool is_more, struct vt_error *err);
/* The end of a move with this cell's signature: all that it says of this cell is what was
 * found here.  envelope_out: appended.
 * Errors: VT_REJECTED not all was read, it is not what the source has, or the time is not
 *         ours; VT_IO */
VT_CHECKED bool vt_move_desk_sign(struct vt_move_desk *desk,
                                  struct vt_relocation_words *words,
                                  struct vt_buf *envelope_out, struct vt_error *err);
/* What to poll for.  Work under way is gone on with whatever poll says: do not wait then.
 */
short vt_move_desk_events(const struct vt_move_desk *desk);
bool vt_move_desk_is_at_work(const struct vt_move_desk *desk);
/* Send what waits, or go on with the work for a step, or else receive one message and
 * answer it.  To be called when poll said so, or there is work.
 * Errors: VT_ABSENT the mover is gone; VT_MALFORMED it says what has no form; VT_IO */
VT_CHECKED bool vt_move_answer(struct vt_move_desk *desk, struct vt_channel *mover,
                               struct vt_error *err);

#endif
