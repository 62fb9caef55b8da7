/* add-entries, as it comes from a stranger: unpacked, cut into packages, each of which the
 * signer proves and keeps before the next is looked at.
 *
 *   HEAD -> opened -> PACKAGES, one after the other -> ended -> answered
 *
 * The body may stop anywhere: what was kept stays, and the answer says where to go on. */
#include "crypto/verify_note.h"
#include "ledger/mirror_front.h"

enum {
    UNPACKED_MAX = 64 << 10,
    SLACK = 256 << 10,
    /* Whoever sends less than so much in so long gives way to others, if there is no room.
     */
    SIGN_OF_LIFE_BYTES = 4 << 10,
    SILENT_MS = 2000,
};

#define PLAIN "text/plain; charset=utf-8"

enum stage { HEAD, PACKAGES, ENDING };

struct vt_mirror_upload_inside {
    struct vt_mirror_job job;                      /* first: a job is an upload */
    struct vt_mirror_upload_inside *next, *before; /* in the front's list */
    struct vt_mirror_front *front;
    struct vt_http_exchange *exchange; /* NULL: gone, or answered */
    enum stage stage;
    struct vt_buf packed; /* what came and is not unpacked; only with gunzip */
    struct vt_gunzip *gunzip;
    struct vt_buf bytes; /* what is to be read next */
    bool is_all_here;    /* the body */
    bool is_broken;      /* no gzip any more */
    struct vt_mirror_upload told;
    const struct vt_witness_log *log;
    uint64_t at; /* the next package begins here */
    struct vt_package_range range;
    struct vt_package_scan scan;
    size_t taken;     /* packages */
    int64_t heard_ms; /* the last sign of life */
    size_t unheard;   /* bytes since */
};

static void upload_free(struct vt_mirror_upload_inside *u)
{
    if (u->next != NULL)
        u->next->before = u->before;
    if (u->before != NULL)
        u->before->next = u->next;
    else
        u->front->all = u->next;
    u->front->uploads--;
    vt_gunzip_free(u->gunzip);
    vt_buf_clear(&u->packed);
    vt_buf_clear(&u->bytes);
    free(u);
}

static struct vt_mirror_upload_inside *upload_of(struct vt_mirror_job *job)
{
    return (struct vt_mirror_upload_inside *)(void *)job;
}

/* ---- answering --------------------------------------------------------------------------
 */

/* The exchange is not ours any more. */
static struct vt_http_exchange *let_go(struct vt_mirror_upload_inside *u)
{
    struct vt_http_exchange *exchange = u->exchange;

    u->exchange = NULL;
    if (exchange != NULL)
        vt_http_set_owned(exchange, NULL);
    return exchange;
}

static void refuse(struct vt_mirror_upload_inside *u, int status, const char *sentence)
{
    struct vt_http_exchange *exchange = let_go(u);

    if (exchange != NULL)
        vt_http_answer_text(exchange, status, "%s", sentence);
}

static void answer_info(struct vt_mirror_upload_inside *u, int status,
                        const struct vt_mirror_answer *answer)
{
    struct vt_http_exchange *exchange = let_go(u);
    VT_AUTO_FREE struct vt_mirror_info *info = vt_alloc(sizeof *info);
    VT_AUTO_BUF body = vt_buf_init(VT_MIRROR_INFO_BYTES_MAX);

    info->size = answer->size;
    info->next = answer->state.next;
    info->ticket_len = sizeof answer->ticket;
    memcpy(info->ticket, answer->ticket, sizeof answer->ticket);
    vt_mirror_info_write(&body, info);
    if (exchange != NULL)
        vt_http_answer(exchange, status, VT_MIRROR_INFO_TYPE, vt_buf_slice(&body));
}

static void answer_cosigned(struct vt_mirror_upload_inside *u,
                            const struct vt_mirror_answer *answer)
{
    struct vt_http_exchange *exchange = let_go(u);
    const struct vt_vkey *vkey = &u->front->config.vkey;
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(4));

    vt_note_write_cosignature(&body, vkey->name, vkey->id, answer->time_unix_s,
                              answer->cosignature);
    if (exchange != NULL)
        vt_http_answer(exchange, VT_HTTP_OK, PLAIN, vt_buf_slice(&body));
}

static const struct {
    int status;
    const char *sentence;
} refusals[VT_MIRROR_WHATS] = {
    [VT_MIRROR_FORM] = { VT_HTTP_BAD_REQUEST, "no whole package came" },
    [VT_MIRROR_UNKNOWN] = { VT_HTTP_NOT_FOUND, "this mirror does not keep that log" },
    [VT_MIRROR_NO_PENDING] = { VT_HTTP_UNPROCESSABLE,
                               "no checkpoint of that log is pending; add one first" },
    [VT_MIRROR_BAD_PROOF] = { VT_HTTP_UNPROCESSABLE,
                              "the entries are not part of that checkpoint's tree" },
    [VT_MIRROR_TROUBLE] = { VT_HTTP_ERROR, "this mirror cannot keep that log now" },
};

/* Exactly what the signer said. */
static void answer(struct vt_mirror_upload_inside *u, const struct vt_mirror_answer *said)
{
    switch (said->what) {
    case VT_MIRROR_COSIGNED:
        answer_cosigned(u, said);
        return;
    case VT_MIRROR_PROGRESS:
        answer_info(u, VT_HTTP_ACCEPTED, said);
        return;
    case VT_MIRROR_CONFLICT:
        answer_info(u, VT_HTTP_CONFLICT, said);
        return;
    case VT_MIRROR_GO_ON: /* not reached: whoever calls has looked */
        refuse(u, VT_HTTP_ERROR, "the signer answered what nobody asked");
        return;
    default:
        refuse(u, refusals[said->what].status, refusals[said->what].sentence);
    }
}

/* ---- jobs -------------------------------------------------------------------------------
 */

static bool step(struct vt_mirror_upload_inside *u);

static void put_job(struct vt_mirror_upload_inside *u,
                    bool (*send)(struct vt_mirror_front *, struct vt_mirror_job *,
                                 struct vt_error *),
                    bool (*take)(struct vt_mirror_front *, struct vt_mirror_job *,
                                 const struct vt_message *, struct vt_error *))
{
    u->job.send = send;
    u->job.take = take;
    vt_mirror_front_put(u->front, &u->job);
}

static bool read_answer(struct vt_mirror_upload_inside *u, const struct vt_message *message,
                        struct vt_mirror_answer *out, struct vt_error *err)
{
    vt_reader r = { message->body };

    if (message->type != VT_MIRROR_MSG_ANSWER || !vt_mirror_answer_read(&r, out) ||
        !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "the signer answered what nobody asked");
    if (out->what != VT_MIRROR_FORM && out->what != VT_MIRROR_GO_ON &&
        out->what != VT_MIRROR_BAD_PROOF && out->what != VT_MIRROR_UNKNOWN &&
        out->what != VT_MIRROR_TROUBLE && out->what != VT_MIRROR_NO_PENDING)
        u->front->states[u->log - u->front->config.logs] = out->state;
    return true;
}

/* The last job is done: the upload ends with it. */
static bool take_end(struct vt_mirror_front *front, struct vt_mirror_job *job,
                     const struct vt_message *message, struct vt_error *err)
{
    struct vt_mirror_upload_inside *u = upload_of(job);
    struct vt_mirror_answer said;

    (void)front;
    if (!read_answer(u, message, &said, err))
        return false;
    answer(u, &said);
    upload_free(u);
    return true;
}

static bool send_end(struct vt_mirror_front *front, struct vt_mirror_job *job,
                     struct vt_error *err)
{
    struct vt_mirror_upload_inside *u = upload_of(job);
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(4));

    vt_mirror_upload_write(&body, &u->told);
    vt_buf_put_u8(&body, u->at == u->told.end);
    return vt_channel_send(&front->signer, VT_MIRROR_MSG_END, vt_buf_slice(&body), err);
}

static void end(struct vt_mirror_upload_inside *u)
{
    u->stage = ENDING;
    put_job(u, send_end, take_end);
}

/* No further package will come. */
static bool stop(struct vt_mirror_upload_inside *u)
{
    if (u->taken != 0) {
        end(u);
        return true;
    }
    refuse(u, VT_HTTP_BAD_REQUEST, refusals[VT_MIRROR_FORM].sentence);
    upload_free(u);
    return false;
}

/* The signer's answer lets the upload go on; false: it is gone. */
static bool go_on(struct vt_mirror_upload_inside *u)
{
    if (!step(u))
        return false;
    if (!u->job.is_waiting && u->exchange != NULL)
        vt_http_resume(u->exchange);
    return true;
}

static bool take_package(struct vt_mirror_front *front, struct vt_mirror_job *job,
                         const struct vt_message *message, struct vt_error *err)
{
    struct vt_mirror_upload_inside *u = upload_of(job);
    struct vt_mirror_answer said;

    (void)front;
    u->heard_ms = vt_monotonic_ms(); /* it waited for us until now */
    if (!read_answer(u, message, &said, err))
        return false;
    if (said.what != VT_MIRROR_GO_ON) { /* what was taken before is kept */
        answer(u, &said);
        if (u->taken != 0)
            end(u);
        else
            upload_free(u);
        return true;
    }
    memmove(u->bytes.data, u->bytes.data + u->scan.bytes, u->bytes.len - u->scan.bytes);
    vt_buf_truncate(&u->bytes, u->bytes.len - u->scan.bytes);
    u->taken++;
    u->at = u->range.end;
    u->scan = (struct vt_package_scan){ 0 };
    (void)go_on(u);
    return true;
}

static bool send_package(struct vt_mirror_front *front, struct vt_mirror_job *job,
                         struct vt_error *err)
{
    struct vt_mirror_upload_inside *u = upload_of(job);
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(4));
    VT_AUTO_FREE struct vt_package *package = vt_alloc(sizeof *package);

    VT_ASSERT(vt_package_parse(vt_slice_sub(vt_buf_slice(&u->bytes), 0, u->scan.bytes),
                               &u->range, package)); /* it was scanned */
    vt_mirror_upload_write(&body, &u->told);
    vt_mirror_take_write(&body, &u->range, &package->proof);
    return vt_buf_check(&body, "a package", err) &&
           vt_channel_send(&front->signer, VT_MIRROR_MSG_TAKE, vt_buf_slice(&body), err) &&
           vt_channel_send_blob(&front->signer, VT_MIRROR_MSG_PIECE, package->entries, err);
}

static bool take_opening(struct vt_mirror_front *front, struct vt_mirror_job *job,
                         const struct vt_message *message, struct vt_error *err)
{
    struct vt_mirror_upload_inside *u = upload_of(job);
    struct vt_mirror_answer said;

    (void)front;
    u->heard_ms = vt_monotonic_ms(); /* it waited for us until now */
    if (!read_answer(u, message, &said, err))
        return false;
    if (said.what != VT_MIRROR_GO_ON) {
        answer(u, &said);
        upload_free(u);
        return true;
    }
    u->told.has_ticket = true;
    memcpy(u->told.ticket, said.ticket, sizeof u->told.ticket);
    u->stage = PACKAGES;
    (void)go_on(u);
    return true;
}

static bool send_opening(struct vt_mirror_front *front, struct vt_mirror_job *job,
                         struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(4));

    vt_mirror_upload_write(&body, &upload_of(job)->told);
    return vt_channel_send(&front->signer, VT_MIRROR_MSG_OPEN, vt_buf_slice(&body), err);
}

/* ---- what came --------------------------------------------------------------------------
 */

/* A ticket that is not as long as ours is none of ours. */
static bool read_head(struct vt_mirror_upload_inside *u, bool *is_read_out)
{
    vt_reader r = { vt_buf_slice(&u->bytes) };
    struct vt_upload_head head;
    size_t used;

    *is_read_out = vt_upload_head_read(&r, &head);
    if (!*is_read_out)
        return true;
    u->log = vt_witness_log_of(&u->front->config, head.origin);
    if (u->log == NULL || !vt_upload_head_is_good(&head)) {
        refuse(u, u->log == NULL ? VT_HTTP_NOT_FOUND : VT_HTTP_BAD_REQUEST,
               u->log == NULL ? refusals[VT_MIRROR_UNKNOWN].sentence
                              : "the upload ends before it starts");
        upload_free(u);
        return false;
    }
    u->told = (struct vt_mirror_upload){ .log = u->log->id,
                                         .start = head.start,
                                         .end = head.end,
                                         .has_ticket =
                                             head.ticket.len == VT_MIRROR_TICKET_BYTES };
    if (u->told.has_ticket)
        memcpy(u->told.ticket, head.ticket.data, head.ticket.len);
    u->at = head.start;
    used = u->bytes.len - r.rest.len;
    memmove(u->bytes.data, u->bytes.data + used, r.rest.len);
    vt_buf_truncate(&u->bytes, r.rest.len);
    put_job(u, send_opening, take_opening);
    return true;
}

/* Unpack some more; false if there is nothing more now. */
static bool unpack(struct vt_mirror_upload_inside *u)
{
    vt_slice in = vt_buf_slice(&u->packed);
    struct vt_error ignored = { 0 };
    size_t made = 0;
    uint8_t *at;

    if (u->gunzip == NULL || u->is_broken)
        return false;
    at = vt_buf_extend(&u->bytes, UNPACKED_MAX);
    VT_ASSERT(at != NULL); /* it holds less than a package */
    u->is_broken = !vt_gunzip_step(u->gunzip, &in, at, UNPACKED_MAX, &made, &ignored);
    vt_buf_truncate(&u->bytes, u->bytes.len - UNPACKED_MAX + made);
    if (in.len == u->packed.len && made == 0)
        return false;
    memmove(u->packed.data, in.data, in.len);
    vt_buf_truncate(&u->packed, in.len);
    return !u->is_broken;
}

/* One look at what is there.  *is_hungry_out: more bytes are needed.  False: the upload is
 * gone. */
static bool look(struct vt_mirror_upload_inside *u, bool *is_hungry_out)
{
    bool is_read = true;

    *is_hungry_out = false;
    if (u->stage == HEAD) {
        if (!read_head(u, &is_read))
            return false;
        *is_hungry_out = !is_read;
        return true;
    }
    if (u->at == u->told.end) {
        end(u);
        return true;
    }
    u->range = vt_package_range(u->at, u->told.end);
    switch (vt_package_scan(&u->scan, &u->range, vt_buf_slice(&u->bytes))) {
    case VT_PACKAGE_WHOLE:
        put_job(u, send_package, take_package);
        return true;
    case VT_PACKAGE_BAD:
        return stop(u);
    case VT_PACKAGE_PART:
        *is_hungry_out = true;
        return true;
    }
    return true;
}

/* As far as it goes without the signer, or without more of the body.  False: the upload is
 * gone. */
static bool step(struct vt_mirror_upload_inside *u)
{
    bool is_hungry = false;

    while (!u->job.is_waiting) {
        if (!look(u, &is_hungry))
            return false;
        if (is_hungry && !unpack(u))
            return !(u->is_all_here || u->is_broken) || stop(u);
    }
    return true;
}

/* ---- the exchange -----------------------------------------------------------------------
 */

/* The one that is silent for the longest, not for the signer's sake, gives way.  What was
 * taken of it is kept, and it may go on there in a new request; until the signer knows, it
 * is one more.  False: all of them send. */
static bool make_room(struct vt_mirror_front *f)
{
    struct vt_mirror_upload_inside *silent = NULL;

    for (struct vt_mirror_upload_inside *u = f->all; u != NULL; u = u->next)
        if (!u->job.is_waiting && (silent == NULL || u->heard_ms < silent->heard_ms))
            silent = u;
    if (silent == NULL || vt_monotonic_ms() - silent->heard_ms < SILENT_MS)
        return false;
    refuse(silent, VT_HTTP_TOO_MANY, "too little came for too long, and others wait");
    vt_buf_clear(&silent->packed);
    vt_buf_clear(&silent->bytes);
    if (silent->taken != 0)
        end(silent);
    else
        upload_free(silent);
    return true;
}

static void hear(struct vt_mirror_upload_inside *u, size_t bytes)
{
    u->unheard += bytes;
    if (u->unheard < SIGN_OF_LIFE_BYTES)
        return;
    u->unheard = 0;
    u->heard_ms = vt_monotonic_ms();
}

/* NULL: it was refused. */
static struct vt_mirror_upload_inside *upload_new(struct vt_mirror_front *f,
                                                  struct vt_http_exchange *exchange)
{
    vt_slice coding = vt_http_header(exchange, "Content-Encoding");
    bool is_gzip = vt_slice_is(coding, "gzip");
    struct vt_mirror_upload_inside *u;

    vt_http_set_header(exchange, "Accept-Encoding", "gzip");
    if (!vt_slice_is(vt_http_header(exchange, "Content-Type"),
                     "application/octet-stream") ||
        (coding.len != 0 && !is_gzip)) {
        vt_http_answer_text(exchange, VT_HTTP_UNSUPPORTED_TYPE,
                            "application/octet-stream, plain or gzipped, is taken here");
        return NULL;
    }
    if (f->uploads >= f->uploads_max && !make_room(f)) {
        vt_http_set_header(exchange, "Retry-After", "1");
        vt_http_answer_text(exchange, VT_HTTP_TOO_MANY, "too many at once, try again");
        return NULL;
    }
    u = vt_alloc(sizeof *u);
    u->front = f;
    u->exchange = exchange;
    u->heard_ms = vt_monotonic_ms();
    u->bytes = vt_buf_init(VT_PACKAGE_BYTES_MAX + VT_UPLOAD_HEAD_BYTES_MAX + SLACK);
    u->packed = vt_buf_init(SLACK);
    u->gunzip = is_gzip ? vt_gunzip_new() : NULL;
    u->next = f->all;
    if (u->next != NULL)
        u->next->before = u;
    f->all = u;
    f->uploads++;
    vt_http_set_owned(exchange, u);
    return u;
}

static void on_piece(void *context, struct vt_http_exchange *exchange, vt_slice piece)
{
    struct vt_mirror_upload_inside *u = vt_http_owned(exchange);

    if (u == NULL)
        u = upload_new(context, exchange);
    if (u == NULL || u->stage == ENDING)
        return; /* what comes behind the last package is nothing */
    hear(u, piece.len);
    vt_buf_put(u->gunzip != NULL ? &u->packed : &u->bytes, piece);
    VT_ASSERT(!u->packed.is_full && !u->bytes.is_full); /* a piece is 32 KiB at most */
    if (step(u) && u->job.is_waiting && u->exchange != NULL && u->stage != ENDING)
        vt_http_pause(u->exchange);
}

void vt_mirror_upload_on_end(void *context, struct vt_http_exchange *exchange)
{
    struct vt_mirror_upload_inside *u = vt_http_owned(exchange);

    if (u == NULL)
        u = upload_new(context, exchange); /* a body of no bytes */
    if (u == NULL)
        return;
    u->is_all_here = true;
    (void)step(u);
}

/* What was taken is kept. */
static void on_gone(void *context, struct vt_http_exchange *exchange)
{
    struct vt_mirror_upload_inside *u = vt_http_owned(exchange);

    (void)context;
    if (u == NULL)
        return;
    u->exchange = NULL;
    if (!u->job.is_waiting)
        (void)stop(u);
}

void vt_mirror_upload_drop_all(struct vt_mirror_front *front)
{
    while (front->all != NULL)
        upload_free(front->all);
}

const struct vt_http_stream vt_mirror_upload_stream = { on_piece, on_gone };
