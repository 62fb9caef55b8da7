/* Sending a parcel: consent, record, wish, body, receipt; in this order. */
#include "cell/share.h"
#include "cell/consent.h"
#include "cell/sent.h"
#include "cell/share_inside.h"

enum { PIECE_BYTES = 1 << 20, TRIES = 6, FIRST_WAIT_MS = 100, STALLS_MAX = 8 };

struct sending {
    struct vt_disk *home;
    const struct vt_share_place *place;
    struct vt_share_parcel *parcel;
    const struct vt_key *pseudonym;
    const struct vt_share_door *door;
    struct vt_share_reply reply;
    struct vt_share_outcome outcome;
    unsigned misses; /* tries without an answer, one after the other */
    unsigned stalls; /* answers that led no further */
};

/* ---- before a byte leaves ---------------------------------------------------------------
 */

static bool is_allowed(struct vt_disk *home, struct vt_error *err)
{
    struct vt_consent consent;

    return vt_consent_read(home, &consent, err) &&
           vt_consent_allows(&consent, VT_CONSENT_SUBMIT, err);
}

static bool is_recorded(const struct vt_sent *sent, const struct vt_share_request *request)
{
    for (size_t i = 0; i < vt_sent_count(sent); i++) {
        const struct vt_sent_record *line = vt_sent_at(sent, i);

        if (line->kind == VT_SENT_SAMPLE && vt_hash_equal(&line->sha256, &request->object))
            return true;
    }
    return false;
}

/* One line a sharing, however often it breaks off; it names the object, by which it can be
 * asked about and taken back. */
static bool record(const struct sending *s, vt_slice what, struct vt_error *err)
{
    const struct vt_share_request *request = &s->parcel->request;
    const struct vt_sent_record line = {
        .at_unix_s = vt_env_now_unix_s(s->place->env),
        .kind = VT_SENT_SAMPLE,
        .cell = request->cell,
        .what = what,
        .sha256 = request->object,
        .bytes = request->header.len + request->body_bytes,
    };
    VT_AUTO_SENT sent = NULL;

    return vt_sent_open(s->home, &sent, err) &&
           (is_recorded(sent, request) || vt_sent_append(sent, &line, err));
}

/* A wish counts for a quarter of an hour. */
static bool sign_now(const struct sending *s, struct vt_error *err)
{
    s->parcel->request.at_unix_s = vt_env_now_unix_s(s->place->env);
    return vt_share_request_sign(&s->parcel->request, s->pseudonym, err) &&
           vt_share_keep_wish(s->home, s->parcel, err);
}

/* ---- the conversation -------------------------------------------------------------------
 */

static void wait_a_little(unsigned misses)
{
    int64_t ms = (int64_t)FIRST_WAIT_MS << (misses < 6 ? misses : 6);
    struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

    (void)nanosleep(&pause, NULL);
}

static void begin_reply(struct sending *s)
{
    vt_buf_clear(&s->reply.document);
    s->reply =
        (struct vt_share_reply){ .document = vt_buf_init(VT_SHARE_RECEIPT_BYTES_MAX) };
}

/* No answer came: try again, from the wish on, as long as that makes sense. */
static bool may_try_again(struct sending *s, struct vt_error *err)
{
    unsigned tries = s->door->tries != 0 ? s->door->tries : TRIES;

    if (err->code != VT_IO && err->code != VT_LIMIT)
        return false;
    if (++s->misses >= tries)
        return vt_within(err,
                         "no answer, %u times; what was begun goes on with the same "
                         "command",
                         s->misses);
    *err = (struct vt_error){ 0 };
    wait_a_little(s->misses);
    return true;
}

static bool put_piece(struct sending *s, int fd, struct vt_error *err)
{
    size_t max = s->door->piece_bytes != 0 ? s->door->piece_bytes : PIECE_BYTES;
    uint64_t at = s->reply.offset, left = s->parcel->request.body_bytes - at;
    size_t len = left < max ? (size_t)left : max, got = 0;
    VT_AUTO_FREE uint8_t *piece = vt_alloc(len + 1);

    while (got < len) {
        ssize_t n = pread(fd, piece + got, len - got, (off_t)(at + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return vt_fail(err, VT_REJECTED, "the outbox: a sealed file is cut short");
        got += (size_t)n;
    }
    begin_reply(s);
    if (!s->door->put(s->door->context, &s->parcel->request.object, at,
                      vt_slice_of(piece, len), &s->reply, err))
        return false;
    s->outcome.bytes_sent += len;
    s->stalls = s->reply.status == 202 && s->reply.offset > at ? 0 : s->stalls + 1;
    return true;
}

/* What is neither a receipt nor a way to go on. */
static bool refuse(const struct sending *s, struct vt_error *err)
{
    const struct vt_share_reply *r = &s->reply;
    enum vt_code code =
        r->status == 429 || r->status == 503 || r->status == 507 ? VT_LIMIT : VT_REJECTED;

    if (r->status == 421)
        return vt_fail(err, VT_REJECTED,
                       "the cell says that it is not yours: %s takes such files (%s); look "
                       "at your policy",
                       r->cell, r->url);
    if (r->retry_after_s != 0)
        return vt_fail(err, code, "the cell (%d): %s; not before %u s from now", r->status,
                       r->sentence, r->retry_after_s);
    return vt_fail(err, code, "the cell (%d): %s", r->status, r->sentence);
}

static bool goes_on(const struct sending *s)
{
    int status = s->reply.status;

    return (status == 201 || status == 202 || status == 409) &&
           s->reply.offset < s->parcel->request.body_bytes && s->stalls < STALLS_MAX;
}

/* After a miss the wish comes first again: the cell may have begun anew. */
static bool converse(struct sending *s, int fd, struct vt_error *err)
{
    bool is_begun = false;

    while (!is_begun || goes_on(s)) {
        bool is_answered;

        if (!is_begun) {
            begin_reply(s);
            if (!sign_now(s, err))
                return false;
            is_answered =
                s->door->share(s->door->context, &s->parcel->request, &s->reply, err);
        } else {
            is_answered = put_piece(s, fd, err);
        }
        if (is_answered)
            s->misses = 0;
        else if (!may_try_again(s, err))
            return false;
        is_begun = is_answered;
    }
    return s->reply.status == 200 || refuse(s, err);
}

/* ---- the receipt ------------------------------------------------------------------------
 */

static bool forget(struct sending *s, const char *kind, struct vt_error *err)
{
    char path[VT_SHARE_PATH_BYTES];

    vt_share_path("outbox", &s->parcel->request.object, kind, path);
    if (vt_disk_remove(s->home, path, err))
        return true;
    if (err->code != VT_ABSENT)
        return false;
    *err = (struct vt_error){ 0 };
    return true;
}

/* Kept first, and only then what could make it again goes: the wish before the body, which
 * without it is swept away. */
static bool keep_receipt(struct sending *s, struct vt_error *err)
{
    vt_slice bytes = vt_buf_slice(&s->reply.document);
    VT_AUTO_SHARE_RECEIPT receipt = { .json = NULL };
    char path[VT_SHARE_PATH_BYTES];

    if (!vt_share_receipt_parse(bytes, s->place->trust, &receipt, err) ||
        !vt_share_receipt_answers(&receipt, &s->parcel->request, err))
        return vt_within(err, "what the cell answered is no receipt for this");
    s->outcome.is_held = receipt.is_held;
    s->outcome.until_unix_s = receipt.until_unix_s;
    vt_share_path("receipts", &s->parcel->request.object, "", path);
    return vt_disk_write(s->home, path, bytes, 0600, err) && forget(s, ".wish", err) &&
           forget(s, ".body", err);
}

bool vt_share_send(struct vt_disk *home, const struct vt_share_place *place,
                   struct vt_share_parcel *parcel, vt_slice what,
                   const struct vt_key *pseudonym, const struct vt_share_door *door,
                   struct vt_share_outcome *out, struct vt_error *err)
{
    struct sending s = {
        .home = home, .place = place, .parcel = parcel, .pseudonym = pseudonym, .door = door
    };
    char path[VT_SHARE_PATH_BYTES];
    VT_AUTO_FD fd = -1;
    uint64_t size;
    bool is_ok;

    vt_share_path("outbox", &parcel->request.object, ".body", path);
    is_ok = is_allowed(home, err) && vt_disk_open_fd(home, path, &fd, &size, err) &&
            record(&s, what, err) && converse(&s, fd, err) && keep_receipt(&s, err);
    vt_buf_clear(&s.reply.document);
    if (is_ok)
        *out = s.outcome;
    return is_ok;
}
