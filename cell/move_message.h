/* What a mover says to the keepers at both ends of a move; writer and reader of each
 * message stand in one file.  A keeper answers, one message at a time; what has no answer
 * here is followed by one that has.
 *
 *   where they come from
 *     PAGE (country, after)   ->   ROW ..., END (is there more?)
 *     MAY_LEAVE (country)     ->   LEFT: nothing is removed, but it would be
 *     TAKES (country)         ->   TAKEN (would an upload be taken now? of either end)
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
 *     SIGN (words of the end) ->   SIGNED, if all was read here just now: see READ
 *
 * Any of them may be answered by an error. */
#ifndef VT_CELL_MOVE_MESSAGE_H
#define VT_CELL_MOVE_MESSAGE_H

#include "cell/samples_move.h"
#include "custody/relocation.h"
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
    VT_MOVE_TAKES,
    VT_MOVE_TAKEN,
    VT_MOVE_SIGN,
    VT_MOVE_SIGNED,
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

/* One mover's conversation with a store. */
struct vt_move_desk {
    struct vt_samples *samples;
    struct vt_arrival *arrival; /* owned; see clear */
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
    /* Would an upload of the country be taken?  VT_REJECTED it is no country. */
    bool (*takes)(void *context, const char country[3], struct vt_move_taking *out,
                  struct vt_error *err);
    void *context;
};

void vt_move_desk_clear(struct vt_move_desk *desk);
/* What was read here is no measure any more: something came, or went. */
void vt_move_desk_forget(struct vt_move_desk *desk);
/* Rows of a page that was read; `after` as the mover said it (NULL: from the first). */
VT_CHECKED bool vt_move_desk_was_read(struct vt_move_desk *desk,
                                      const struct vt_move_place *place,
                                      const struct vt_manifest_row *rows, size_t count,
                                      bool is_more, struct vt_error *err);
/* The end of a move with this cell's signature: all that it says of this cell is what was
 * found here.  envelope_out: appended.
 * Errors: VT_REJECTED not all was read, it is not what the source has, or the time is not
 *         ours; VT_IO */
VT_CHECKED bool vt_move_desk_sign(struct vt_move_desk *desk,
                                  struct vt_relocation_words *words,
                                  struct vt_buf *envelope_out, struct vt_error *err);
/* Receive one message and answer it.
 * Errors: VT_ABSENT the mover is gone; VT_MALFORMED it says what has no form; VT_IO */
VT_CHECKED bool vt_move_answer(struct vt_move_desk *desk, struct vt_channel *mover,
                               struct vt_error *err);

#endif
