/* What the Centre's processes say to each other; writer and reader of each message stand in
 * one file.  BEGIN and READY are those of ledger/serve_message.h.
 *
 *   reader -> front    DOCUMENT (what it is), PIECE... (its bytes), ...
 *                      TURN: from now on these documents, and no other
 *   front  -> prover   ASK (a question)           prover -> front   ANSWER
 *
 * Each ASK is answered by one ANSWER.  The front lets VT_CENTRE_ASKED_MAX of them be under
 * way and no more, so it never waits to send while the prover does. */
#ifndef VT_CENTRE_MESSAGE_H
#define VT_CENTRE_MESSAGE_H

#include "centre/question.h"
#include "role/channel.h"

enum {
    VT_CENTRE_DOCUMENT = 64,
    VT_CENTRE_PIECE,
    VT_CENTRE_TURN,
    VT_CENTRE_ASK,
    VT_CENTRE_ANSWER,
};

#define VT_CENTRE_ASKED_MAX         32
#define VT_CENTRE_PIECE_BYTES       VT_KIB(64)
#define VT_CENTRE_ANSWER_BYTES_MAX  VT_KIB(80)
#define VT_DOCUMENT_PATH_BYTES_MAX  512
#define VT_DOCUMENT_PLAIN_BYTES_MAX VT_MIB(16)

/* The media types that we answer with; nothing else comes from us. */
enum vt_centre_type {
    VT_TYPE_JSON,
    VT_TYPE_PROBLEM, /* RFC 9457 */
    VT_TYPE_TEXT,
    VT_TYPE_PROOF, /* a tlog-proof */
    VT_TYPE_BYTES, /* an entry: whatever was logged */
    VT_TYPE_HTML,
    VT_TYPE_SCRIPT,
    VT_TYPE_STYLE,
    VT_TYPE_SVG,
    VT_TYPE_YAML,
    VT_TYPES,
};

const char *vt_centre_type_name(enum vt_centre_type type); /* as a header says it */

/* A document as it is announced: the bytes follow in pieces, plain first. */
struct vt_document_head {
    vt_slice path; /* "/api/v1/releases", decoded */
    enum vt_centre_type type;
    bool is_immutable;                /* its path holds its digest */
    uint32_t plain_bytes, gzip_bytes; /* gzip 0: there is none */
};

void vt_document_head_write(const struct vt_document_head *head, struct vt_buf *out);
VT_CHECKED bool vt_document_head_read(vt_slice body, struct vt_document_head *out);

/* TURN: when it was gathered. */
VT_CHECKED bool vt_turn_read(vt_slice body, int64_t *gathered_unix_s_out);
void vt_turn_write(int64_t gathered_unix_s, struct vt_buf *out);

/* ASK: the place in the front's table, and the question. */
void vt_ask_write(uint32_t place, const struct vt_ledger_question *question,
                  struct vt_buf *out);
VT_CHECKED bool vt_ask_read(vt_slice body, uint32_t *place_out,
                            struct vt_ledger_question *question_out);

struct vt_centre_answer {
    uint32_t place;
    uint16_t status; /* of HTTP */
    enum vt_centre_type type;
    vt_slice bytes;
};

void vt_centre_answer_write(const struct vt_centre_answer *answer, struct vt_buf *out);
VT_CHECKED bool vt_centre_answer_read(vt_slice body, struct vt_centre_answer *out);

#endif
