/* role ledger-sequencer.  Rights: the ledger's folder; its channels.  No socket, no key: it
 * reads what strangers sent as entries, and everything that leaves the ledger passes the
 * signer, who believes it nothing.
 *
 * One round: take what the front has sent, make it durable with one sync, answer, and
 * publish if something is new.  Signer and witnesses think while the next rounds go on.  On
 * a disk that is full nothing is begun: a write that fails would end us, and with us the
 * front, and what is there must be readable. */
#include "ledger/role_sequencer.h"
#include "ledger/keep.h"
#include "ledger/ledger.h"
#include "ledger/serve_message.h"
#include "wire/note.h"
#include <poll.h>

enum {
    ROUND_MAX = 8192, /* entries in one batch */
    RETRY_MS = 1000,  /* after a publication that failed */
    LEISURE = 10,     /* times publish_ms between two, when nobody waits for one */
    LAST_MS = 4000,   /* for the last publication, when ending */
    SLOW_MS = 2000,   /* a signer that needs longer is told of */
};

const struct vt_rights vt_sequencer_rights = { .folder = "", /* told at the start */
                                               .memory_bytes_max = VT_MIB(4096),
                                               .files_max = 512 };

#define FULL "the ledger's disk is full: nothing is taken until its operator frees space"

struct sequencer {
    struct vt_channel *front;
    struct vt_channel courier, feeder;
    bool has_courier, has_feeder;
    struct vt_env env;
    struct vt_signer *signer;
    struct vt_ledger *ledger;
    int64_t publish_ms; /* at least so long between the beginnings of two publications */
    int64_t publish_next_ms; /* not before */
    bool is_awaited;         /* somebody waits for a checkpoint over what is new */
    bool is_signing;         /* the signer thinks */
    bool is_slow;            /* for long, which was told */
    bool is_asking;          /* the courier is under way */
    bool has_front;
    struct {
        struct vt_serve_result result;
        char message[240];
    } * round;                  /* ROUND_MAX of them */
    uint16_t counts[ROUND_MAX]; /* entries in each ADD of the round */
    size_t messages, entries;
    uint64_t bytes;        /* of the round's ADDs */
    bool has_room;         /* for them */
    struct vt_keeps keeps; /* predicates that come */
};

/* ---- telling the front ------------------------------------------------------------------
 */

/* A feeder that has no room has enough to do: it will hear of a later one. */
static void tell_feeder(struct sequencer *s, vt_slice body)
{
    struct pollfd room = { s->feeder.fd, POLLOUT, 0 };
    struct vt_error lost = { 0 };

    if (s->has_feeder && poll(&room, 1, 0) > 0 && (room.revents & POLLOUT) != 0)
        s->has_feeder = vt_channel_send(&s->feeder, VT_SERVE_PUBLISHED, body, &lost);
}

static bool tell_published(struct sequencer *s, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_NOTE_BYTES_MAX + 16);

    vt_buf_put_u64(&body, vt_ledger_size(s->ledger));
    if (!vt_ledger_checkpoint(s->ledger, &body, err))
        return false;
    tell_feeder(s, vt_buf_slice(&body));
    return !s->has_front ||
           vt_channel_send(s->front, VT_SERVE_PUBLISHED, vt_buf_slice(&body), err);
}

static bool tell_failed(struct sequencer *s, const struct vt_error *why,
                        struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(1 + sizeof why->message);

    s->publish_next_ms = vt_monotonic_ms() + RETRY_MS;
    s->is_awaited = true;
    vt_serve_failed_write(&body, why);
    return !s->has_front ||
           vt_channel_send(s->front, VT_SERVE_FAILED, vt_buf_slice(&body), err);
}

/* ---- publishing -------------------------------------------------------------------------
 */

/* It came to nothing: for this time, or for good? */
static bool give_up(struct sequencer *s, const struct vt_error *why, struct vt_error *err)
{
    if (why->code != VT_IO)
        return tell_failed(s, why, err);
    *err = *why;
    return false;
}

static bool end_publication(struct sequencer *s, vt_slice note, struct vt_error *err)
{
    struct vt_error why = { 0 };

    s->is_asking = false;
    return vt_ledger_publish_end(s->ledger, note, &why) ? tell_published(s, err)
                                                        : give_up(s, &why, err);
}

static bool ask_courier(struct sequencer *s, vt_slice note, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_NOTE_BYTES_MAX + 16);

    vt_buf_put_u64(&body, vt_ledger_published_size(s->ledger));
    vt_buf_put(&body, note);
    s->is_asking = true;
    return vt_channel_send(&s->courier, VT_SERVE_ASK, vt_buf_slice(&body), err);
}

static bool publish(struct sequencer *s, struct vt_error *err)
{
    struct vt_error why = { .message = FULL };

    if (!vt_ledger_has_room(s->ledger, 0))
        return tell_failed(s, &why, err);
    s->is_awaited = false;
    s->publish_next_ms = vt_monotonic_ms() + s->publish_ms;
    return vt_ledger_publish_begin(s->ledger, &s->is_signing, &why) ||
           give_up(s, &why, err);
}

/* How long until a signer that thinks is slow, or hangs?  -1: none thinks. */
static int signer_patience_ms(const struct sequencer *s)
{
    int left = vt_signer_patience_ms(s->signer);

    if (left < 0 || s->is_slow)
        return left;
    return left > VT_SIGNER_MS_MAX - SLOW_MS ? left - (VT_SIGNER_MS_MAX - SLOW_MS) : 0;
}

/* Entries are taken meanwhile. */
static bool tell_slow(struct sequencer *s, struct vt_error *err)
{
    struct vt_error why = { 0 };

    s->is_slow = true;
    (void)vt_fail(&why, VT_LIMIT, "the signer has not answered for %d s", SLOW_MS / 1000);
    return tell_failed(s, &why, err);
}

/* The signer has answered, or its time is over. */
static bool hear_signer(struct sequencer *s, struct vt_error *err)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_error why = { 0 };

    s->is_signing = s->is_slow = false;
    if (!vt_ledger_publish_sign(s->ledger, &note, &why))
        return give_up(s, &why, err);
    return s->has_courier ? ask_courier(s, vt_buf_slice(&note), err)
                          : end_publication(s, vt_buf_slice(&note), err);
}

/* It may have answered, or be late. */
static bool attend_signer(struct sequencer *s, bool can_read, struct vt_error *err)
{
    if (!can_read && signer_patience_ms(s) != 0)
        return true;
    return can_read || s->is_slow ? hear_signer(s, err) : tell_slow(s, err);
}

static bool is_due(const struct sequencer *s)
{
    return !s->is_signing && !s->is_asking &&
           vt_ledger_size(s->ledger) > vt_ledger_published_size(s->ledger);
}

static bool answer_proof(struct sequencer *s, vt_slice body, struct vt_error *err)
{
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(4));
    struct vt_error why = { 0 };
    struct vt_proof proof;
    uint64_t old_size, size;
    vt_reader r = { body };

    if (!vt_read_u64(&r, &old_size) || !vt_read_u64(&r, &size) || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "the courier's question has no form");
    if (!vt_ledger_prove_growth(s->ledger, old_size, size, &proof, &why))
        return vt_channel_send_error(&s->courier, &why, err);
    vt_serve_proof_write(&out, &proof);
    return vt_channel_send(&s->courier, VT_SERVE_PROOF, vt_buf_slice(&out), err);
}

/* The courier has something to say. */
static bool hear_courier(struct sequencer *s, struct vt_error *err)
{
    struct vt_message message;
    struct vt_error why = { 0 };

    if (!vt_channel_receive(&s->courier, 0, &message, err))
        return false;
    if (message.type == VT_SERVE_PROVE)
        return answer_proof(s, message.body, err);
    if (message.type == VT_SERVE_WITNESSES) /* for the front, who watches them */
        return !s->has_front ||
               vt_channel_send(s->front, VT_SERVE_WITNESSES, message.body, err);
    if (message.type == VT_SERVE_COSIGNED && s->is_asking)
        return end_publication(s, message.body, err);
    (void)vt_channel_fail_with(&message, &why);
    if (message.type != VT_MESSAGE_ERROR) {
        *err = why;
        return vt_within(err, "the courier");
    }
    s->is_asking = false;
    why.code = VT_REJECTED; /* whatever it was, there is no quorum */
    return tell_failed(s, &why, err);
}

/* ---- taking entries ---------------------------------------------------------------------
 */

static bool take_entry(struct sequencer *s, vt_slice entry, struct vt_error *err)
{
    struct vt_serve_result *result = &s->round[s->entries].result;
    char *message = s->round[s->entries].message;
    struct vt_error why = { 0 };
    vt_ticket ticket;

    *result = (struct vt_serve_result){ .code = VT_OK };
    s->entries++;
    if (!s->has_room) {
        *result = (struct vt_serve_result){ .code = VT_IO, .message = VT_LIT(FULL) };
        return true;
    }
    if (vt_ledger_submit(s->ledger, entry, &ticket, &why)) {
        result->index = ticket.index;
        return true;
    }
    if (why.code == VT_IO) {
        *err = why;
        return false;
    }
    result->code = why.code;
    (void)snprintf(message, sizeof s->round->message, "%s", why.message);
    result->message = vt_slice_from_cstr(message);
    return true;
}

static bool take_message(struct sequencer *s, vt_slice body, struct vt_error *err)
{
    vt_reader r = { body };
    bool is_awaited;
    uint16_t count;
    vt_slice entry;

    if (!vt_serve_add_read(&r, &count, &is_awaited))
        return vt_fail(err, VT_MALFORMED, "the front sent entries without a form");
    s->bytes += body.len;
    s->has_room = vt_ledger_has_room(s->ledger, s->bytes);
    for (uint16_t i = 0; i < count; i++)
        if (!vt_serve_entry_read(&r, &entry))
            return vt_fail(err, VT_MALFORMED, "the front sent an entry without a form");
        else if (!take_entry(s, entry, err))
            return false;
    s->counts[s->messages++] = count;
    s->is_awaited |= is_awaited;
    return vt_read_end(&r) || vt_fail(err, VT_MALFORMED, "the front sent too much");
}

/* A piece of a predicate.  The last one waits for the disk, and everybody with it. */
static bool take_piece(struct sequencer *s, const struct vt_message *message,
                       struct vt_error *err)
{
    VT_AUTO_BUF answer = vt_buf_init(VT_KIB(1));

    return vt_keeps_hear(&s->keeps, s->ledger, message, &answer, err) &&
           (answer.len == 0 ||
            vt_channel_send(s->front, VT_SERVE_KEPT, vt_buf_slice(&answer), err));
}

static bool can_read(int fd, int ms)
{
    struct pollfd poll_fd = { fd, POLLIN, 0 };

    return poll(&poll_fd, 1, ms) > 0;
}

/* All that waits, up to a bound. */
static bool take_round(struct sequencer *s, struct vt_error *err)
{
    s->messages = s->entries = 0;
    s->bytes = 0;
    while (s->entries + VT_SERVE_ADD_MAX <= ROUND_MAX && can_read(s->front->fd, 0)) {
        struct vt_message message;

        if (!vt_channel_receive(s->front, 0, &message, err)) {
            s->has_front = false; /* it ended: what came before is still ours to keep */
            return err->code == VT_ABSENT;
        }
        if (vt_keeps_is_for(message.type)) {
            if (!take_piece(s, &message, err))
                return false;
            continue;
        }
        if (message.type != VT_SERVE_ADD)
            return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
        if (!take_message(s, message.body, err))
            return false;
    }
    return true;
}

static bool answer_round(struct sequencer *s, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    size_t at = 0;

    for (size_t m = 0; s->has_front && m < s->messages; m++) {
        vt_buf_truncate(&body, 0);
        vt_serve_added_begin(&body, vt_ledger_size(s->ledger), s->counts[m]);
        for (uint16_t i = 0; i < s->counts[m]; i++) {
            struct vt_serve_result result = s->round[at++].result;
            size_t rest = VT_MESSAGE_BYTES_MAX - body.len -
                          (size_t)(s->counts[m] - i) * VT_SERVE_RESULT_ROOM;

            /* Thousands of refusals do not fit with all their words. */
            if (result.message.len > rest)
                result.message.len = rest;
            vt_serve_added_put(&body, &result);
        }
        if (!vt_buf_check(&body, "results", err) ||
            !vt_channel_send(s->front, VT_SERVE_ADDED, vt_buf_slice(&body), err))
            return false;
    }
    return true;
}

/* The place of the last entry that was taken; false: none was. */
static bool last_taken(const struct sequencer *s, vt_ticket *out)
{
    bool is_any = false;

    *out = (vt_ticket){ 0 };
    for (size_t i = 0; i < s->entries; i++) {
        const struct vt_serve_result *result = &s->round[i].result;

        if (result->code != VT_OK || (is_any && result->index < out->index))
            continue;
        out->index = result->index;
        is_any = true;
    }
    return is_any;
}

/* A batch: everything that waits becomes durable in one step, and is then answered. */
static bool play_round(struct sequencer *s, struct vt_error *err)
{
    vt_ticket last;

    return take_round(s, err) &&
           (!last_taken(s, &last) || vt_ledger_wait(s->ledger, last, NULL, err)) &&
           answer_round(s, err);
}

/* ---- the loop ---------------------------------------------------------------------------
 */

/* How long until the next publication, or until the signer's time is over?  -1: neither. */
static int patience_ms(const struct sequencer *s)
{
    int64_t at_ms =
        s->publish_next_ms + (s->is_awaited ? 0 : (LEISURE - 1) * s->publish_ms);
    int64_t left = at_ms - vt_monotonic_ms();

    if (!is_due(s))
        return signer_patience_ms(s);
    return left > 0 ? (int)left : 0;
}

static bool serve(struct sequencer *s, struct vt_error *err)
{
    while (s->has_front) {
        struct pollfd fds[3] = {
            { s->front->fd, POLLIN, 0 },
            { s->has_courier ? s->courier.fd : -1, POLLIN, 0 },
            { s->is_signing ? vt_signer_fd(s->signer) : -1, POLLIN, 0 },
        };

        if (poll(fds, 3, patience_ms(s)) < 0 && errno != EINTR)
            return vt_fail(err, VT_IO, "poll: %s", strerror(errno));
        if (!attend_signer(s, fds[2].revents != 0, err))
            return false;
        if (fds[1].revents != 0 && !hear_courier(s, err))
            return false;
        if (fds[0].revents != 0 && !play_round(s, err))
            return false;
        if (is_due(s) && patience_ms(s) == 0 && !publish(s, err))
            return false;
    }
    return true;
}

/* The front is gone: what is durable is published, if that is soon done. */
static bool end(struct sequencer *s, struct vt_error *err)
{
    int64_t until_ms = vt_monotonic_ms() + LAST_MS;

    if (is_due(s) && !publish(s, err))
        return false;
    while (s->is_signing || s->is_asking) {
        int64_t left = until_ms - vt_monotonic_ms();
        int fd = s->is_signing ? vt_signer_fd(s->signer) : s->courier.fd;

        if (left <= 0 || !can_read(fd, (int)left))
            return true;
        if (!(s->is_signing ? hear_signer(s, err) : hear_courier(s, err)))
            return false;
    }
    return true;
}

/* ---- beginning --------------------------------------------------------------------------
 */

static bool attach_signer(struct sequencer *s, const json_t *words, struct vt_error *err)
{
    struct vt_public_key public_key;
    struct vt_head head;
    vt_slice origin;

    if (!vt_json_get_text(words, "begin", "origin", &origin, err) ||
        !vt_json_get_sha256(words, "begin", "public", public_key.bytes, err) ||
        !vt_json_get_number(words, "begin", "size", &head.size, err) ||
        !vt_json_get_sha256(words, "begin", "root", head.root.bytes, err))
        return false;
    s->signer =
        vt_signer_attach(VT_ROLE_FD(VT_SEQUENCER_SIGNER), origin, &public_key, &head);
    return true;
}

static bool begin(struct sequencer *s, struct vt_error *err)
{
    struct vt_ledger_options options = { .env = &s->env, .asks_no_witness = true };
    struct vt_rights rights = vt_sequencer_rights;
    VT_AUTO_JSON words = NULL;
    VT_AUTO_FREE char *dir = NULL;
    uint64_t publish_ms;
    vt_slice folder;

    vt_json_prepare();
    if (!vt_serve_listen(s->front, &words, err) ||
        !vt_json_get_text(words, "begin", "dir", &folder, err) ||
        !vt_json_get_number(words, "begin", "publish_ms", &publish_ms, err) ||
        !vt_json_get_bool(words, "begin", "has_courier", &s->has_courier, err) ||
        !vt_json_get_bool(words, "begin", "has_feeder", &s->has_feeder, err) ||
        !attach_signer(s, words, err))
        return false;
    if (!s->has_courier)
        s->courier.fd = -1;
    s->publish_ms = (int64_t)publish_ms;
    dir = vt_strdup_slice(folder);
    rights.folder = dir;
    vt_confine(&rights);
    options.signer = s->signer;
    return vt_ledger_open(dir, &options, &s->ledger, err) && vt_serve_ready(s->front, err);
}

/* The front learns where we are. */
static bool greet(struct sequencer *s, struct vt_error *err)
{
    return vt_ledger_published_size(s->ledger) == 0 || tell_published(s, err);
}

int vt_role_sequencer(struct vt_channel *channel)
{
    VT_AUTO_FREE struct sequencer *s = vt_alloc(sizeof *s);
    struct vt_error err = { 0 }, lost = { 0 };
    int code = VT_EXIT_OK;

    s->front = channel;
    s->has_front = true;
    s->env = vt_env_real();
    s->courier = vt_channel_init(VT_ROLE_FD(VT_SEQUENCER_COURIER));
    s->feeder = vt_channel_init(VT_ROLE_FD(VT_SEQUENCER_FEEDER));
    s->round = vt_alloc_array(ROUND_MAX, sizeof *s->round);
    if (!begin(s, &err)) {
        (void)!vt_channel_send_error(channel, &err, &lost);
        code = vt_code_exit(err.code);
    } else if (!greet(s, &err) || !serve(s, &err) || !end(s, &err)) {
        (void)fprintf(stderr, "vitrine ledger-sequencer: %s\n", err.message);
        code = vt_code_exit(err.code);
    }
    vt_keeps_clear(&s->keeps);
    vt_ledger_close(s->ledger);
    vt_signer_stop(s->signer);
    vt_channel_clear(&s->courier);
    vt_channel_clear(&s->feeder);
    free(s->round);
    return code;
}
