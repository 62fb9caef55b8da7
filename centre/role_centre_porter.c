/* role centre-porter: decides who may read source, and hands questions of those who may to
 * the librarian, whom nobody else can reach.  Wishes to rebuild it answers itself
 * (centre/rebuilding.h).  What it takes apart itself is what vendor and
 * supervisor signed; of what strangers send it gets bounded fields.  What is asked it
 * seals for the foundation before anybody answers (centre/sealed.h).  What reviewers note
 * it keeps sealed too, and gives it out through a gate (centre/notebook.h).
 *
 * Rights: read invitations and what came of rebuilds, write its own folder; its channel and
 * the librarian's.  No socket, no key.  The trust root is read before the rights are given
 * up. */
#include "centre/role_centre_porter.h"
#include "centre/centre.h"
#include "centre/holding.h"
#include "centre/knock.h"
#include "centre/notebook.h"
#include "centre/porter.h"
#include "centre/quoted.h"
#include "centre/rebuild_form.h"
#include "centre/rebuilding.h"
#include "centre/source_question.h"
#include "crypto/libfido2.h"
#include "http/http.h"
#include "ledger/serve_message.h"
#include <poll.h>

const struct vt_rights vt_centre_porter_rights = { .folder = "", /* told at the start */
                                                   .memory_bytes_max = VT_MIB(512),
                                                   .files_max = 256,
                                                   .libraries = { &vt_libfido2 } };

/* Questions that may be asked once the sealed record of them is durable. */
struct admitted {
    struct vt_buf asks[VT_CENTRE_ASKED_MAX];
    size_t count;
};

struct door {
    struct vt_channel front, librarian; /* the front: whoever started us handed it on */
    struct admitted admitted;
    struct vt_trust *trust;
    struct vt_buf trust_bytes;
    struct vt_porter *porter;
    struct vt_notebook notebook;
    uint32_t asking;    /* whose place a question of ours bears */
    const char *folder; /* in words */
    json_t *words;
};

/* ---- answers ----------------------------------------------------------------------------
 */

static uint16_t status_of(enum vt_code code)
{
    return code == VT_MALFORMED  ? VT_HTTP_BAD_REQUEST
           : code == VT_ABSENT   ? VT_HTTP_UNAUTHORIZED
           : code == VT_REJECTED ? VT_HTTP_FORBIDDEN
                                 : VT_HTTP_TOO_MANY;
}

static bool send_answer(struct vt_channel *front, const struct vt_centre_answer *answer,
                        struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_centre_answer_write(answer, &body);
    return vt_buf_check(&body, "an answer", err) &&
           vt_channel_send(front, VT_CENTRE_ANSWER, vt_buf_slice(&body), err);
}

static bool refuse(struct vt_channel *front, uint32_t place, const struct vt_error *why,
                   struct vt_error *err)
{
    struct vt_centre_answer answer = { .place = place,
                                       .status = status_of(why->code),
                                       .type = VT_TYPE_PROBLEM };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    VT_AUTO_JSON problem =
        json_pack("{s:i,s:s}", "status", answer.status, "title", why->message);

    if (!vt_json_write_canonical(problem, &text, err))
        return false;
    answer.bytes = vt_buf_slice(&text);
    return send_answer(front, &answer, err);
}

/* before: what the front keeps for itself, a new session's token. */
static bool accept(struct vt_channel *front, uint32_t place, const char *before,
                   const json_t *value, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_CENTRE_ANSWER_BYTES_MAX);
    struct vt_centre_answer answer = { .place = place,
                                       .status = VT_HTTP_OK,
                                       .type = VT_TYPE_JSON };

    vt_buf_put_text(&text, before);
    if (!vt_json_write_canonical(value, &text, err))
        return false;
    answer.bytes = vt_buf_slice(&text);
    return send_answer(front, &answer, err);
}

/* ---- verbs ------------------------------------------------------------------------------
 */

struct outcome {
    json_t *json;                        /* what is answered */
    char token[VT_PORTER_TOKEN_HEX + 1]; /* of a new session; else empty */
    bool is_admitted;                    /* the librarian will answer */
};

static bool enter(struct vt_porter *porter, const vt_slice *f, struct outcome *out,
                  struct vt_error *err)
{
    const struct vt_porter_entry entry = { .old_token = f[0],
                                           .credential = f[1],
                                           .client_data = f[2],
                                           .authenticator_data = f[3],
                                           .signature = f[4] };

    return vt_porter_enter(porter, &entry, out->token, &out->json, err);
}

static bool ask(struct door *d, const struct vt_knock *knock, struct outcome *out,
                struct vt_error *err)
{
    struct vt_buf *body = &d->admitted.asks[d->admitted.count];
    struct vt_source_question question;

    if (!vt_source_question_read(knock->fields[2], &question) ||
        question.kind == VT_SOURCE_QUOTED)
        return vt_fail(err, VT_MALFORMED, "no question about source has this form");
    if (question.kind == VT_SOURCE_REBUILD || question.kind == VT_SOURCE_REBUILT)
        return vt_rebuilding_answer(d->porter, knock->fields[0], knock->fields[1],
                                    &question, knock->fields[2], &out->json, err);
    if (!vt_porter_admits(d->porter, knock->fields[0], knock->fields[1], question.product,
                          knock->fields[2], err))
        return false;
    *body = vt_buf_init(VT_KIB(4));
    vt_source_ask_write(knock->place, knock->fields[2], body);
    d->admitted.count++;
    out->is_admitted = true;
    return true;
}

static bool act(struct door *d, const struct vt_knock *knock, struct outcome *out,
                struct vt_error *err)
{
    const vt_slice *f = knock->fields;
    bool is_ok;

    switch (knock->verb) {
    case VT_KNOCK_CHALLENGE:
        return vt_porter_challenge(d->porter, f[0], &out->json, err);
    case VT_KNOCK_ENROL:
        is_ok = vt_porter_enrol(d->porter, f[0], f[1], f[2], err);
        break;
    case VT_KNOCK_ENTER:
        return enter(d->porter, f, out, err);
    case VT_KNOCK_LOOK:
        return vt_porter_look(d->porter, f[0], &out->json, err);
    case VT_KNOCK_LEAVE:
        is_ok = vt_porter_leave(d->porter, f[0], f[1], err);
        break;
    case VT_KNOCK_SEAL:
        out->json = vt_porter_seal(d->porter);
        return true;
    case VT_KNOCK_NOTES:
        d->asking = knock->place;
        return vt_notebook_answer(&d->notebook, f[0], f[1], f[2], f[3], &out->json, err);
    default:
        return ask(d, knock, out, err);
    }
    if (is_ok)
        out->json = json_pack("{s:b}", "ok", 1);
    return is_ok;
}

/* ---- what a note quotes -----------------------------------------------------------------
 */

static bool send_quoted(struct door *d, vt_slice product, vt_slice version, vt_slice text,
                        struct vt_error *err)
{
    const struct vt_source_question question = {
        .kind = VT_SOURCE_QUOTED, .product = product, .version = version, .text = text
    };
    VT_AUTO_BUF asked = vt_buf_init(VT_KNOCK_FIELD_BYTES_MAX),
                body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_source_question_write(&question, &asked);
    vt_source_ask_write(d->asking, vt_buf_slice(&asked), &body);
    return vt_buf_check(&body, "a question", err) &&
           vt_channel_send(&d->librarian, VT_CENTRE_ASK, vt_buf_slice(&body), err);
}

/* Where the librarian cannot tell, all that could be a quotation is one. */
static uint32_t read_quoted(const struct vt_centre_answer *answer, vt_slice text)
{
    uint32_t most = (uint32_t)vt_quoted_lines_at_most(text); /* fewer than its bytes */
    vt_reader r = { answer->bytes };
    uint32_t lines;

    if (answer->status != VT_HTTP_OK || !vt_read_u32(&r, &lines) || !vt_read_end(&r))
        return most;
    return lines < most ? lines : most;
}

/* The librarian's other answers go on meanwhile; nobody else has this place. */
static bool count_quoted(void *context, vt_slice product, vt_slice version, vt_slice text,
                         uint32_t *lines_out, struct vt_error *err)
{
    struct door *d = context;
    struct vt_centre_answer answer;
    struct vt_message message;

    if (!send_quoted(d, product, version, text, err))
        return vt_fail(err, VT_IO, "the librarian is gone");
    for (;;) {
        if (!vt_channel_receive(&d->librarian, -1, &message, err) ||
            message.type != VT_CENTRE_ANSWER ||
            !vt_centre_answer_read(message.body, &answer))
            return vt_fail(err, VT_IO, "the librarian is gone, or talks nonsense");
        if (answer.place == d->asking)
            break;
        if (!vt_channel_send(&d->front, VT_CENTRE_ANSWER, message.body, err))
            return vt_fail(err, VT_IO, "the front is gone");
    }
    *lines_out = read_quoted(&answer, text);
    return true;
}

/* ---- the two channels -------------------------------------------------------------------
 */

static bool on_knock(struct door *d, struct vt_error *err)
{
    struct outcome outcome = { .token = "" };
    struct vt_message message;
    struct vt_knock knock;
    struct vt_error why = { 0 };
    bool is_ok;

    if (!vt_channel_receive(&d->front, -1, &message, err))
        return false;
    if (message.type != VT_CENTRE_KNOCK || !vt_knock_read(message.body, &knock))
        return vt_fail(err, VT_MALFORMED, "the front knocked without a form");
    if (!act(d, &knock, &outcome, &why)) {
        if (why.code == VT_IO) {
            *err = why;
            return false;
        }
        return refuse(&d->front, knock.place, &why, err);
    }
    is_ok = outcome.is_admitted ||
            accept(&d->front, knock.place, outcome.token, outcome.json, err);
    json_decref(outcome.json);
    explicit_bzero(outcome.token, sizeof outcome.token);
    return is_ok;
}

/* No record, no read: the librarian hears of a question when its record is durable. */
static bool ask_admitted(struct door *d, struct vt_error *err)
{
    bool is_ok = vt_porter_settle(d->porter, err);

    for (size_t i = 0; i < d->admitted.count; i++) {
        is_ok = is_ok && vt_channel_send(&d->librarian, VT_CENTRE_ASK,
                                         vt_buf_slice(&d->admitted.asks[i]), err);
        vt_buf_clear(&d->admitted.asks[i]);
    }
    d->admitted.count = 0;
    return is_ok;
}

/* All who wait: one sync makes all their records durable. */
static bool on_front(struct door *d, struct vt_error *err)
{
    struct pollfd more = { .fd = d->front.fd, .events = POLLIN };
    size_t count = 0;

    do {
        if (!on_knock(d, err))
            return false;
    } while (++count < VT_CENTRE_ASKED_MAX && poll(&more, 1, 0) > 0 &&
             (more.revents & POLLIN) != 0);
    return ask_admitted(d, err);
}

/* Answers of the librarian go on as they are; the front distrusts them. */
static bool on_librarian(struct door *d, struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_receive(&d->librarian, -1, &message, err))
        return false;
    if (message.type != VT_CENTRE_ANSWER)
        return vt_fail(err, VT_MALFORMED, "the librarian sent a message of type %u",
                       message.type);
    return vt_channel_send(&d->front, VT_CENTRE_ANSWER, message.body, err);
}

static bool serve_one(struct door *d, struct vt_error *err)
{
    struct pollfd fds[2] = { { .fd = d->front.fd, .events = POLLIN },
                             { .fd = d->librarian.fd, .events = POLLIN } };

    if (poll(fds, 2, -1) < 0)
        return errno == EINTR || vt_fail(err, VT_IO, "poll: %s", strerror(errno));
    return (fds[0].revents == 0 || on_front(d, err)) &&
           (fds[1].revents == 0 || on_librarian(d, err));
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool read_trust(struct door *d, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/" VT_CENTRE_TRUST, d->folder);

    d->trust_bytes = vt_buf_init(VT_TRUST_BYTES_MAX + 1);
    if (!vt_file_read(path, &d->trust_bytes, err))
        return false;
    if (vt_slice_ends_with(vt_buf_slice(&d->trust_bytes), VT_LIT("\n")))
        vt_buf_truncate(&d->trust_bytes, d->trust_bytes.len - 1);
    return vt_trust_parse(vt_buf_slice(&d->trust_bytes), &d->trust, err) ||
           vt_within(err, "%s", path);
}

static bool begin(struct door *d, struct vt_arena *arena, struct vt_error *err)
{
    struct vt_rights rights = vt_centre_porter_rights;
    const struct vt_env env = vt_env_real();
    vt_slice folder, origin;

    vt_json_prepare();
    if (!vt_serve_listen(&d->front, &d->words, err) ||
        !vt_json_get_text(d->words, "begin", "folder", &folder, err) ||
        !vt_json_get_text(d->words, "begin", "origin", &origin, err))
        return false;
    d->folder = json_string_value(json_object_get(d->words, "folder"));
    d->notebook = (struct vt_notebook){ .quoted = count_quoted, .context = d };
    if (!vt_json_get_number(d->words, "begin", "taken_bytes", &d->notebook.a_day.bytes,
                            err) ||
        !vt_json_get_number(d->words, "begin", "taken_lines", &d->notebook.a_day.lines,
                            err) ||
        !read_trust(d, err) ||
        !vt_porter_open(d->folder, json_string_value(json_object_get(d->words, "origin")),
                        d->trust, &env, &d->porter, err))
        return false;
    d->notebook.porter = d->porter;
    rights.folder = vt_arena_printf(arena, "%s/" VT_CENTRE_PORTER, d->folder);
    rights.read_folders[0] = vt_arena_printf(arena, "%s/" VT_CENTRE_INVITATIONS, d->folder);
    rights.read_folders[1] = vt_arena_printf(arena, "%s/" VT_CENTRE_REBUILDS, d->folder);
    vt_confine(&rights);
    return vt_serve_ready(&d->front, err);
}

static void end(struct door *d)
{
    vt_porter_close(d->porter);
    vt_trust_free(d->trust);
    vt_buf_clear(&d->trust_bytes);
    json_decref(d->words);
    vt_channel_clear(&d->librarian);
}

int vt_role_centre_porter(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct door d = { .front = *channel,
                      .librarian =
                          vt_channel_init(VT_ROLE_FD(VT_CENTRE_PORTER_LIBRARIAN)) };
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun = begin(&d, arena, &err);

    if (!is_begun)
        (void)!vt_channel_send_error(&d.front, &err, &lost);
    while (is_begun && serve_one(&d, &err))
        continue;
    if (is_begun && err.code != VT_ABSENT) /* absent: the front has ended */
        (void)fprintf(stderr, "vitrine centre-porter: %s\n", err.message);
    *channel = d.front;
    end(&d);
    return !is_begun || err.code != VT_ABSENT ? vt_code_exit(err.code) : VT_EXIT_OK;
}
