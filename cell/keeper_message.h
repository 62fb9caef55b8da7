/* What the cell's front and its keeper say to each other; writer and reader of each message
 * stand in one file.  BEGIN and READY are those of ledger/serve_message.h.
 *
 *   front -> keeper   SHARE (a wish to share a file)        keeper -> front   TAKEN, ANSWER
 *   front -> keeper   CHUNK (some of its body)              keeper -> front   TAKEN
 *   front -> keeper   END (of what one request brought)     keeper -> front   TAKEN, ANSWER
 *   front -> keeper   STATE (of an object)                  keeper -> front   TAKEN, ANSWER
 *   front -> keeper   REPORT (bits to count)                keeper -> front   TAKEN, ANSWER
 *   front -> keeper   WITHDRAW (erase what came from me)    keeper -> front   TAKEN, ANSWER
 *
 * Each message is answered by a TAKEN as soon as it was read, and all but CHUNK by one
 * ANSWER, when what it tells of is durable.  The front lets VT_KEEPER_UNTAKEN_MAX messages
 * wait in the channel and no more, so it never waits to send while the keeper does. `place`
 * is the front's: the keeper gives it back and thinks nothing of it.  One place has one
 * request at a time; CHUNKs of one request go with the place of their END, in order.  A
 * CHUNK that does not fit is remembered, and the END says so: the front may stop sending
 * CHUNKs when it likes (a client that went), the END may then be left out.
 *
 * The front parses what strangers send (cell/share_request.h, withdrawal.h, statistic.h);
 * what comes here has fixed fields, and short texts and rows with bounds.  The keeper
 * writes the signed texts anew from these fields and checks the signatures itself.
 *
 * As HTTP, with what an ANSWER's status means:
 *
 *   POST /sample (VT_SHARE_TYPE)              SHARE
 *   PUT /sample/OBJECT?offset=N (the bytes)   CHUNKs, END
 *   GET /sample/OBJECT                        STATE
 *   POST /statistics?country=CC               REPORT
 *   POST /withdrawal (VT_WITHDRAWAL_TYPE)     WITHDRAW
 *
 *   200  whole, durable, and acknowledged: `document` is the receipt
 * (VT_SHARE_RECEIPT_TYPE). Asking again gives the same bytes.  A SHARE gets it at once
 * where the cell has the file already.  WITHDRAW: done, `document` is its receipt
 * (VT_RECEIPT_TYPE) 201  a SHARE is accepted: send the body, from `offset` (0) 202  an
 * upload is under way: `offset` bytes are here, go on there.  REPORT: counted 400  a field
 * that cannot be 403  no: not signed by its pseudonym, or at another time; consent was
 * withdrawn since; nothing on the collection list asks for it; the recipient is not the one
 * that is certified for this country now; this client's quota is used up 404  no such
 * object 409  PUT at another offset than the one that is next: `offset` 410  it was erased
 *   413  the body is longer than this cell takes, or than was said
 *   421  this country's data of this class belong to another cell: `cell` and `url` name
 *        it.  Nothing was written
 *   422  the body is not the one that was announced; it was thrown away.  REPORT: of
 *        another schema or period than is counted now
 *   429  this client asks too often: come again in `retry_after_s`
 *   503  nobody takes it now (a move, too much waits to be scanned, too many uploads): come
 *        again in `retry_after_s`
 *   507  the disk is full; nothing was kept of this request.  Come again in retry_after_s
 */
#ifndef VT_CELL_KEEPER_MESSAGE_H
#define VT_CELL_KEEPER_MESSAGE_H

#include "cell/residency.h"
#include "cell/share_request.h"
#include "cell/statistic.h"
#include "cell/withdrawal.h"
#include "role/channel.h"

enum {
    VT_KEEPER_SHARE = 48,
    VT_KEEPER_CHUNK,
    VT_KEEPER_END,
    VT_KEEPER_STATE,
    VT_KEEPER_REPORT,
    VT_KEEPER_WITHDRAW,
    VT_KEEPER_TAKEN,
    VT_KEEPER_ANSWER,
    VT_KEEPER_PASSPHRASE, /* of whoever starts it, before BEGIN: role_cell_keeper.h */
};

enum {
    VT_KEEPER_PLACES_MAX = 256, /* requests under way at once */
    VT_KEEPER_UNTAKEN_MAX = 2,
    VT_KEEPER_CHUNK_BYTES_MAX = 64 << 10,
    VT_KEEPER_SENTENCE_BYTES_MAX = 239,
    VT_KEEPER_URL_BYTES_MAX = 1024, /* as statements have it */
    VT_KEEPER_DOCUMENT_BYTES_MAX = 16 << 10,
    VT_KEEPER_OBJECTS_MAX = 512, /* named in one withdrawal */
};

/* All readers: false if the body has not this form.  Slices point into it. */

void vt_keeper_share_write(struct vt_buf *out, uint32_t place,
                           const struct vt_share_request *request);
VT_CHECKED bool vt_keeper_share_read(vt_slice body, uint32_t *place_out,
                                     struct vt_share_request *out);

/* CHUNK; END and STATE are one without bytes (and STATE without an offset). */
struct vt_keeper_chunk {
    uint32_t place;
    vt_hash object;
    uint64_t offset; /* END: behind the last byte that was sent */
    vt_slice bytes;  /* at most VT_KEEPER_CHUNK_BYTES_MAX */
};

void vt_keeper_chunk_write(struct vt_buf *out, const struct vt_keeper_chunk *chunk);
VT_CHECKED bool vt_keeper_chunk_read(vt_slice body, struct vt_keeper_chunk *out);

/* A report that was parsed: which schema, which period, a row of bits a field. */
struct vt_keeper_report {
    uint32_t place;
    char country[3];
    vt_hash schema;
    uint16_t field_count;
    uint16_t value_counts[VT_STATISTIC_FIELDS_MAX];
    struct vt_statistic_report report;
};

void vt_keeper_report_write(struct vt_buf *out, const struct vt_keeper_report *report);
VT_CHECKED bool vt_keeper_report_read(vt_slice body, struct vt_keeper_report *out);

struct vt_keeper_withdrawal {
    uint32_t place;
    vt_slice cell; /* as in a share's request */
    struct vt_public_key pseudonym;
    int64_t at_unix_s;
    vt_slice objects; /* 32 bytes each, at most VT_KEEPER_OBJECTS_MAX of them */
    uint8_t signature[64];
};

void vt_keeper_withdrawal_write(struct vt_buf *out,
                                const struct vt_keeper_withdrawal *withdrawal);
VT_CHECKED bool vt_keeper_withdrawal_read(vt_slice body, struct vt_keeper_withdrawal *out);

void vt_keeper_taken_write(struct vt_buf *out, uint32_t place);
VT_CHECKED bool vt_keeper_taken_read(vt_slice body, uint32_t *place_out);

struct vt_keeper_answer {
    uint32_t place;
    uint16_t status; /* of those above */
    uint32_t retry_after_s;
    uint64_t offset;
    uint32_t counted;   /* so many were taken or erased by this; the same again: 0 */
    vt_slice sentence;  /* for a person, UTF-8; at most VT_KEEPER_SENTENCE_BYTES_MAX */
    vt_slice cell, url; /* 421 and 503: the cell where it belongs; else empty */
    vt_slice document;  /* 200 alone; at most VT_KEEPER_DOCUMENT_BYTES_MAX */
};

void vt_keeper_answer_write(struct vt_buf *out, const struct vt_keeper_answer *answer);
VT_CHECKED bool vt_keeper_answer_read(vt_slice body, struct vt_keeper_answer *out);

#endif
