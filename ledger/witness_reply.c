/* The witness's side of HTTP, without a socket. */
#include "ledger/witness_reply.h"
#include "crypto/verify_note.h"
#include "http/http.h"
#include "ledger/checkpoint.h"
#include "ledger/witness_request.h"
#include "wire/base64.h"

enum { BODY_BYTES_MAX = 16 << 10 };

#define PLAIN "text/plain; charset=utf-8"
#define SIZE  "text/x.tlog.size" /* the specification's name for the answer 409 */

void vt_witness_reply_clear(struct vt_witness_reply *reply)
{
    vt_buf_clear(&reply->body);
}

static void reply_init(struct vt_witness_reply *reply, int status, const char *type)
{
    *reply = (struct vt_witness_reply){ status, type, vt_buf_init(BODY_BYTES_MAX) };
}

/* Returns false, for whoever takes the question apart. */
VT_PRINTF(3, 4)
static bool refuse(struct vt_witness_reply *reply, int status, const char *format, ...)
{
    struct vt_error clean; /* what strangers wrote may steer no terminal */
    char sentence[200];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    (void)vt_fail(&clean, VT_REJECTED, "%s", sentence);
    reply_init(reply, status, PLAIN);
    vt_buf_printf(&reply->body, "%s\n", clean.message);
    return false;
}

/* ---- the question -----------------------------------------------------------------------
 */

static bool is_by(const struct vt_note_signature *line, const struct vt_vkey *key)
{
    return line->id == key->id && vt_slice_equal(line->name, key->name);
}

/* The bytes of the first line by this key, of which there is one; false: they are no
 * signature. */
static bool take_signature(const struct vt_note *note, const struct vt_vkey *key,
                           struct vt_witness_question *question)
{
    struct vt_error err;
    uint8_t payload[4 + 64];
    size_t i = 0;

    while (!is_by(&note->signatures[i], key))
        i++;
    if (!vt_base64_parse_exact(note->signatures[i].payload_base64, payload, sizeof payload,
                               &err))
        return false;
    question->key_id = key->id;
    memcpy(question->log_signature, payload + 4, sizeof question->log_signature);
    return true;
}

/* A log with one key, and one line by it: the judge verifies it, and that is enough.  To
 * choose among several lines we have to verify here, too. */
static bool has_one_line(const struct vt_witness_log *log, const struct vt_note *note)
{
    size_t lines = 0;

    for (size_t i = 0; i < note->signature_count; i++)
        lines += is_by(&note->signatures[i], &log->keys[0]);
    return log->key_count == 1 && lines == 1;
}

static bool read_signature(const struct vt_witness_log *log, const struct vt_note *note,
                           struct vt_witness_question *question,
                           struct vt_witness_reply *reply)
{
    struct vt_note_finding findings[VT_WITNESS_KEYS_MAX];
    struct vt_error err;
    size_t i = 0;

    if (!vt_note_verify(note, log->keys, log->key_count, findings, &err))
        return refuse(reply, VT_HTTP_FORBIDDEN, "invalid signature: %s", err.message);
    while (!findings[i].is_signed)
        i++;
    VT_ASSERT(take_signature(note, &log->keys[i], question));
    return true;
}

/* What stands before the signatures: up to the last blank line. */
static vt_slice text_of(vt_slice note)
{
    size_t len = note.len;

    while (len >= 2 && !(note.data[len - 1] == '\n' && note.data[len - 2] == '\n'))
        len--;
    return vt_slice_sub(note, 0, len >= 2 ? len - 1 : 0);
}

/* The origin is looked at before the signatures, as the specification has it: only for a
 * log that we watch is a bad line worth a 403. */
static bool read_note(const struct vt_witness_config *config, vt_slice bytes,
                      struct vt_note *note, struct vt_witness_question *question,
                      struct vt_witness_reply *reply)
{
    const struct vt_witness_log *log;
    struct vt_checkpoint checkpoint;
    struct vt_error err;

    if (!vt_checkpoint_parse(text_of(bytes), &checkpoint, &err))
        return refuse(reply, VT_HTTP_BAD_REQUEST, "%s", err.message);
    log = vt_witness_log_of(config, checkpoint.origin);
    if (log == NULL)
        return refuse(reply, VT_HTTP_NOT_FOUND,
                      "unknown log: that origin is not watched here");
    if (!vt_note_parse(bytes, note, &err))
        return refuse(reply, VT_HTTP_FORBIDDEN, "invalid signature: %s", err.message);
    if ((checkpoint.extensions.len != 0 || !has_one_line(log, note) ||
         !take_signature(note, &log->keys[0], question)) &&
        !read_signature(log, note, question, reply))
        return false;
    if (checkpoint.extensions.len != 0)
        return refuse(reply, VT_HTTP_BAD_REQUEST,
                      "checkpoints with extension lines are not cosigned here");
    question->log = log->id;
    question->size = checkpoint.size;
    question->root = checkpoint.root;
    return true;
}

bool vt_witness_read_question(const struct vt_witness_config *config, vt_slice body,
                              struct vt_witness_question *question,
                              struct vt_witness_reply *reply)
{
    VT_AUTO_FREE struct vt_witness_request *request = vt_alloc(sizeof *request);
    VT_AUTO_FREE struct vt_note *note = vt_alloc(sizeof *note);
    struct vt_error err;

    if (!vt_witness_request_parse(body, request, &err))
        return refuse(reply, VT_HTTP_BAD_REQUEST, "%s", err.message);
    if (!read_note(config, request->note, note, question, reply))
        return false;
    question->old_size = request->old_size;
    question->proof_count = request->proof_count;
    memcpy(question->proof, request->proof, sizeof question->proof);
    return true;
}

/* ---- the reply --------------------------------------------------------------------------
 */

static const struct {
    int status;
    const char *sentence;
} refusals[VT_WITNESS_JUDGEMENTS] = {
    [VT_WITNESS_UNKNOWN_LOG] = { VT_HTTP_NOT_FOUND, "unknown log" },
    [VT_WITNESS_BAD_SIGNATURE] = { VT_HTTP_FORBIDDEN, "invalid signature" },
    [VT_WITNESS_OLD_IS_LARGER] = { VT_HTTP_BAD_REQUEST,
                                   "the old size is larger than the checkpoint's" },
    [VT_WITNESS_BAD_EMPTY] = { VT_HTTP_UNPROCESSABLE,
                               "a checkpoint of size 0 has the root of the empty tree" },
    [VT_WITNESS_OTHER_ROOT] = { VT_HTTP_UNPROCESSABLE,
                                "another root of the same size was cosigned" },
    [VT_WITNESS_BAD_PROOF] = { VT_HTTP_UNPROCESSABLE,
                               "the consistency proof does not hold" },
    [VT_WITNESS_NO_CLOCK] = { VT_HTTP_ERROR, "the witness has no clock" },
    [VT_WITNESS_NO_ROOM] = { VT_HTTP_ERROR, "the witness remembers too many logs" },
};

void vt_witness_write_reply(const struct vt_vkey *vkey,
                            const struct vt_witness_verdict *verdict,
                            struct vt_witness_reply *reply)
{
    switch (verdict->judgement) {
    case VT_WITNESS_YES:
        reply_init(reply, VT_HTTP_OK, PLAIN);
        vt_note_write_cosignature(&reply->body, vkey->name, vkey->id, verdict->time_unix_s,
                                  verdict->cosignature);
        return;
    case VT_WITNESS_CONFLICT:
        reply_init(reply, VT_HTTP_CONFLICT, SIZE);
        vt_buf_printf(&reply->body, "%ju\n", (uintmax_t)verdict->seen_size);
        return;
    default:
        (void)refuse(reply, refusals[verdict->judgement].status, "%s",
                     refusals[verdict->judgement].sentence);
    }
}

/* ---- what was cosigned last -------------------------------------------------------------
 */

static const struct vt_vkey *find_key(const struct vt_witness_log *log, uint32_t id)
{
    for (size_t i = 0; i < log->key_count; i++)
        if (log->keys[i].id == id)
            return &log->keys[i];
    return NULL;
}

void vt_witness_write_checkpoint(const struct vt_vkey *vkey,
                                 const struct vt_witness_log *log,
                                 const struct vt_witness_seen *seen, struct vt_buf *out)
{
    const struct vt_vkey *key = find_key(log, seen->key_id);
    struct vt_checkpoint checkpoint = { .origin = log->origin,
                                        .size = seen->size,
                                        .root = seen->root };

    if (key == NULL)
        return;
    vt_checkpoint_write(out, &checkpoint);
    vt_buf_put_u8(out, '\n');
    vt_note_write_signature(out, key->name, key->id, VT_BYTES(seen->log_signature));
    vt_note_write_cosignature(out, vkey->name, vkey->id, seen->time_unix_s,
                              seen->cosignature);
}

bool vt_witness_path_parse(vt_slice path, vt_hash *log_out)
{
    vt_reader r = { path };
    vt_slice hex;
    vt_hash hash;

    if (!vt_read_literal(&r, VT_LIT("/")) || !vt_read_bytes(&r, 64, &hex) ||
        !vt_hash_parse_hex(hex, &hash) || !vt_read_literal(&r, VT_LIT("/checkpoint")) ||
        !vt_read_end(&r))
        return false;
    *log_out = hash;
    return true;
}
