/* role centre-prover: answers what is asked of the copies of ledgers.  What it says was
 * proven a moment before: each entry lies under a root that the log signed and a quorum of
 * witnesses saw.
 *
 * Rights: read below the Centre's folder; its channel.  No socket, no key, no writing. */
#include "centre/role_centre_prover.h"
#include "centre/answering.h"
#include "centre/centre.h"
#include "centre/entry.h"
#include "centre/holding.h"
#include "centre/message.h"
#include "http/http.h"
#include "ledger/serve_message.h"

/* And reading below the folder, which it is told at the start. */
const struct vt_rights vt_centre_prover_rights = { .memory_bytes_max = VT_MIB(1024),
                                                   .files_max = 256 };

enum { LOOK_MS = 1000 }; /* copies are looked at again at most so often */

struct prover {
    struct vt_holding holding;
    int64_t looked_ms;
};

/* ---- answers ----------------------------------------------------------------------------
 */

static int status_of(enum vt_code code)
{
    return code == VT_ABSENT  ? VT_HTTP_NOT_FOUND
           : code == VT_LIMIT ? VT_HTTP_TOO_LARGE
                              : VT_HTTP_UNAVAILABLE; /* the copy is not what was signed */
}

static bool write_json(const json_t *value, struct vt_buf *out, struct vt_error *err)
{
    return vt_json_write_canonical(value, out, err);
}

/* Entries from `from` on, as many as there are and as fit; "next": ask again from there. */
static bool write_entries(struct vt_held *held, const struct vt_trust *trust, uint64_t from,
                          struct vt_buf *out, struct vt_error *err)
{
    uint64_t size = held->verdict.size, at = from;
    VT_AUTO_JSON rows = json_array();
    VT_AUTO_JSON answer = NULL;

    if (from >= size)
        return vt_fail(err, VT_ABSENT, "there is no entry %ju", (uintmax_t)from);
    for (; at < size && at - from < VT_QUESTION_ENTRIES; at++) {
        VT_AUTO_BUF entry = vt_buf_init(VT_KIB(64));

        if (!vt_held_read(held, at, &entry, err))
            return false;
        (void)json_array_append_new(rows, vt_entry_json(trust, at, vt_buf_slice(&entry)));
    }
    answer = json_pack("{s:I,s:O}", "size", (json_int_t)size, "entries", rows);
    if (at < size)
        (void)json_object_set_new(answer, "next", json_integer((json_int_t)at));
    return write_json(answer, out, err);
}

static bool write_consistency(struct vt_held *held, uint64_t size, struct vt_buf *out,
                              struct vt_error *err)
{
    VT_AUTO_JSON hashes = json_array();
    VT_AUTO_JSON answer = NULL;
    struct vt_proof proof;
    char hex[65];

    if (!vt_held_consistency(held, size, &proof, err))
        return false;
    for (size_t i = 0; i < proof.count; i++) {
        vt_hash_text(&proof.hashes[i], hex);
        (void)json_array_append_new(hashes, json_string(hex));
    }
    vt_hash_text(&held->verdict.root, hex);
    answer = json_pack("{s:I,s:I,s:s,s:O}", "from", (json_int_t)size, "size",
                       (json_int_t)held->verdict.size, "root", hex, "hashes", hashes);
    return write_json(answer, out, err);
}

static bool write_answer(struct prover *p, const struct vt_ledger_question *question,
                         struct vt_buf *out, enum vt_centre_type *type,
                         struct vt_error *err)
{
    struct vt_held *held = vt_holding_find(&p->holding, question->ledger);

    if (held == NULL || !vt_held_is_known(held))
        return vt_fail(err, VT_ABSENT, "there is no ledger of this name");
    *type = VT_TYPE_JSON;
    switch (question->kind) {
    case VT_ASK_CHECKPOINT:
        *type = VT_TYPE_TEXT;
        vt_buf_put(out, vt_buf_slice(&held->checkpoint));
        return vt_buf_check(out, "the checkpoint", err);
    case VT_ASK_ENTRIES:
        return write_entries(held, p->holding.trust, question->number, out, err);
    case VT_ASK_ENTRY:
        *type = VT_TYPE_BYTES;
        return vt_held_read(held, question->number, out, err);
    case VT_ASK_PROOF:
        *type = VT_TYPE_PROOF;
        return vt_held_prove(held, question->number, out, err);
    default:
        return write_consistency(held, question->number, out, err);
    }
}

static bool write_problem(const struct vt_error *why, struct vt_buf *out)
{
    VT_AUTO_JSON problem =
        json_pack("{s:i,s:s}", "status", status_of(why->code), "title", why->message);
    struct vt_error ignored = { 0 };

    vt_buf_truncate(out, 0);
    return vt_json_write_canonical(problem, out, &ignored);
}

static bool answer_one(struct prover *p, struct vt_channel *channel, vt_slice body,
                       struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_CENTRE_ANSWER_BYTES_MAX);
    VT_AUTO_BUF message = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_centre_answer answer = { .status = VT_HTTP_OK };
    struct vt_ledger_question question;
    struct vt_error why = { 0 };

    if (!vt_ask_read(body, &answer.place, &question))
        return vt_fail(err, VT_MALFORMED, "the front asked what is no question");
    if (!write_answer(p, &question, &bytes, &answer.type, &why)) {
        if (why.code != VT_ABSENT)
            (void)fprintf(stderr, "vitrine centre-prover: %.*s: %s\n",
                          VT_SLICE_ARGS(question.ledger), why.message);
        answer.status = (uint16_t)status_of(why.code);
        answer.type = VT_TYPE_PROBLEM;
        if (!write_problem(&why, &bytes))
            vt_buf_truncate(&bytes, 0);
    }
    answer.bytes = vt_buf_slice(&bytes);
    vt_centre_answer_write(&answer, &message);
    return vt_buf_check(&message, "an answer", err) &&
           vt_channel_send(channel, VT_CENTRE_ANSWER, vt_buf_slice(&message), err);
}

/* ---- beginning and going on -------------------------------------------------------------
 */

static void look_again(struct prover *p)
{
    int64_t now_ms = vt_monotonic_ms();

    if (now_ms - p->looked_ms < LOOK_MS)
        return;
    p->looked_ms = now_ms;
    vt_holding_refresh(&p->holding);
}

static bool begin(struct vt_channel *channel, struct prover *p, struct vt_error *err)
{
    struct vt_rights rights = vt_centre_prover_rights;
    VT_AUTO_JSON words = NULL;
    vt_slice folder;

    vt_json_prepare();
    if (!vt_serve_listen(channel, &words, err) ||
        !vt_json_get_text(words, "begin", "folder", &folder, err))
        return false;
    rights.read_folders[0] = json_string_value(json_object_get(words, "folder"));
    vt_confine(&rights);
    p->looked_ms = vt_monotonic_ms();
    return vt_holding_open(rights.read_folders[0], &p->holding, err) &&
           vt_serve_ready(channel, err);
}

static bool on_ask(void *context, struct vt_channel *channel, vt_slice body,
                   struct vt_error *err)
{
    look_again(context);
    return answer_one(context, channel, body, err);
}

int vt_role_centre_prover(struct vt_channel *channel)
{
    VT_AUTO_FREE struct prover *p = vt_alloc(sizeof *p);
    const struct vt_answering answering = { VT_ROLE_CENTRE_PROVER, on_ask, p };
    struct vt_error err = { 0 };
    bool is_begun = begin(channel, p, &err);
    int code = vt_centre_answer_all(&answering, channel, is_begun, &err);

    vt_holding_close(&p->holding);
    return code;
}
