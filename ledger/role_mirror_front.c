/* role mirror-front: speaks HTTP to strangers, takes their uploads apart (mirror_upload.c),
 * asks the signer, and serves the copies.  It holds no key, writes no file, and cannot open
 * a connection.
 *
 * Rights: accept on the given listening socket, read the copies; its channel and the
 * signer's. */
#include "ledger/role_mirror_front.h"
#include "http/libmicrohttpd.h"
#include "ledger/mirror_front.h"
#include "ledger/witness_request.h"
#include "wire/json.h"

enum {
    STOP_MS_MAX = 4000,
    SIGNER_MS_MAX = 30000,
    FILE_BYTES = 2 * VT_SHA256_BYTES + 1 + VT_TILE_PATH_BYTES,
};

/* And reading below the copies' folder, which it is told at the start. */
const struct vt_rights vt_mirror_front_rights = { .may_listen = true,
                                                  .memory_bytes_max = VT_MIB(2048),
                                                  .files_max = 2048,
                                                  .libraries = { &vt_libmicrohttpd } };

/* ---- the line before the signer ---------------------------------------------------------
 */

static bool send_first(struct vt_mirror_front *f, struct vt_error *err)
{
    return f->first == NULL || f->first->send(f, f->first, err);
}

void vt_mirror_front_put(struct vt_mirror_front *f, struct vt_mirror_job *job)
{
    bool is_first = f->first == NULL;

    VT_ASSERT(!job->is_waiting);
    job->is_waiting = true;
    job->next = NULL;
    *f->last = job;
    f->last = &job->next;
    if (is_first && !send_first(f, &f->trouble))
        vt_http_server_stop(f->server);
}

/* The next is sent only when the job has taken its answer: it may put itself behind. */
static bool on_signer(void *context, struct vt_error *err)
{
    struct vt_mirror_front *f = context;
    struct vt_mirror_job *job = f->first, *rest;
    struct vt_message message;

    if (!vt_channel_receive(&f->signer, 0, &message, err))
        return false;
    if (job == NULL)
        return vt_fail(err, VT_MALFORMED, "the signer answered what nobody asked");
    rest = job->next;
    f->first = rest;
    if (rest == NULL)
        f->last = &f->first;
    job->is_waiting = false;
    if (rest != NULL && !send_first(f, err))
        return false;
    return job->take(f, job, &message, err);
}

/* ---- add-checkpoint ---------------------------------------------------------------------
 */

struct pending {
    struct vt_mirror_job job;
    struct vt_http_exchange *exchange;
    struct vt_witness_question question;
};

static void answer(struct vt_http_exchange *exchange, const struct vt_witness_reply *reply)
{
    vt_http_answer(exchange, reply->status, reply->content_type,
                   vt_buf_slice(&reply->body));
}

static bool send_pending(struct vt_mirror_front *f, struct vt_mirror_job *job,
                         struct vt_error *err)
{
    struct pending *p = (struct pending *)(void *)job;
    VT_AUTO_BUF body = vt_buf_init(VT_WITNESS_QUESTION_BYTES_MAX);

    vt_witness_question_write(&body, &p->question);
    return vt_channel_send(&f->signer, VT_WITNESS_MSG_QUESTIONS, vt_buf_slice(&body), err);
}

/* A yes has no line: the mirror's key signs what was mirrored, nothing else. */
static bool take_pending(struct vt_mirror_front *f, struct vt_mirror_job *job,
                         const struct vt_message *message, struct vt_error *err)
{
    struct pending *p = (struct pending *)(void *)job;
    const struct vt_witness_log *log = vt_witness_log_by_id(&f->config, &p->question.log);
    VT_AUTO_WITNESS_REPLY reply = { 0 };
    struct vt_witness_verdict verdict;
    vt_reader r = { message->body };

    if (message->type != VT_WITNESS_MSG_VERDICTS ||
        !vt_witness_verdict_read(&r, &verdict) || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "the signer answered what nobody asked");
    if (verdict.judgement == VT_WITNESS_YES) {
        f->states[log - f->config.logs].has_pending = true;
        f->states[log - f->config.logs].pending = p->question.size;
        vt_http_answer(p->exchange, VT_HTTP_OK, "text/plain; charset=utf-8",
                       (vt_slice){ 0 });
    } else {
        vt_witness_write_reply(&f->config.vkey, &verdict, &reply);
        answer(p->exchange, &reply);
    }
    free(p);
    return true;
}

static void free_pending(struct vt_mirror_job *job)
{
    free((struct pending *)(void *)job);
}

static void on_add(void *context, struct vt_http_exchange *exchange)
{
    struct vt_mirror_front *f = context;
    VT_AUTO_WITNESS_REPLY reply = { 0 };
    struct pending *p = vt_alloc(sizeof *p);

    p->exchange = exchange;
    p->job.send = send_pending;
    p->job.take = take_pending;
    p->job.drop = free_pending;
    if (vt_witness_read_question(&f->config, vt_http_body(exchange), &p->question,
                                 &reply)) {
        vt_mirror_front_put(f, &p->job);
        return;
    }
    free(p);
    answer(exchange, &reply);
}

/* ---- the copies, as tlog-tiles has them -------------------------------------------------
 */

static void not_found(struct vt_http_exchange *exchange)
{
    vt_http_set_header(exchange, "Cache-Control", "no-cache");
    vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND, "there is nothing here");
}

/* "/HASH/checkpoint" or "/HASH/tile/...", as the name of a file that we would write. */
static bool file_of(vt_slice path, char out[FILE_BYTES], bool *is_tile_out)
{
    vt_reader r = { path };
    struct vt_tile_name tile;
    char name[VT_TILE_PATH_BYTES] = "checkpoint";
    vt_slice hex;
    vt_hash hash;

    if (!vt_read_literal(&r, VT_LIT("/")) || !vt_read_until(&r, '/', &hex) ||
        !vt_hash_parse_hex(hex, &hash))
        return false;
    *is_tile_out = vt_tile_path_parse(r.rest, &tile);
    if (*is_tile_out)
        vt_tile_path(&tile, name);
    else if (!vt_slice_is(r.rest, name))
        return false;
    return snprintf(out, FILE_BYTES, "%.*s/%s", VT_SLICE_ARGS(hex), name) > 0;
}

static void on_get(void *context, struct vt_http_exchange *exchange)
{
    struct vt_mirror_front *f = context;
    char name[FILE_BYTES];
    bool is_tile = false;
    struct vt_error ignored = { 0 };
    uint64_t bytes;
    int fd;

    if (!file_of(vt_http_path(exchange), name, &is_tile) ||
        !vt_disk_open_fd(f->copies, name, &fd, &bytes, &ignored)) {
        not_found(exchange);
        return;
    }
    vt_http_set_header(exchange, "Cache-Control",
                       is_tile ? "public, max-age=31536000, immutable"
                               : "public, max-age=1");
    vt_http_answer_fd(exchange, VT_HTTP_OK,
                      is_tile ? "application/octet-stream" : "text/plain; charset=utf-8",
                      fd, bytes);
}

/* ---- for the operator -------------------------------------------------------------------
 */

static void on_health(void *context, struct vt_http_exchange *exchange)
{
    struct vt_mirror_front *f = context;
    VT_AUTO_JSON rows = json_array();
    VT_AUTO_JSON all = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(4));
    struct vt_error why = { 0 };

    for (size_t i = 0; i < f->config.log_count; i++) {
        const struct vt_mirror_state *state = &f->states[i];
        vt_slice origin = f->config.logs[i].origin;

        (void)json_array_append_new(
            rows, json_pack("{s:s%,s:o,s:o,s:o}", "origin", (const char *)origin.data,
                            origin.len, "pending", vt_json_wide(state->pending), "next",
                            vt_json_wide(state->next), "mirrored",
                            vt_json_wide(state->mirrored)));
    }
    all = json_pack("{s:b,s:I,s:O}", "ok", 1, "uploads", (json_int_t)f->uploads, "logs",
                    rows);
    if (!vt_json_write_canonical(all, &text, &why)) {
        (void)fprintf(stderr, "vitrine mirror-front: health: %s\n", why.message);
        vt_http_answer_text(exchange, VT_HTTP_ERROR, "this mirror cannot say how it is");
        return;
    }
    vt_http_answer(exchange, VT_HTTP_OK, "application/json", vt_buf_slice(&text));
}

static const struct vt_http_route routes[] = {
    { "POST", "/add-checkpoint", VT_WITNESS_REQUEST_BYTES_MAX, on_add, NULL },
    { "POST", "/add-entries", 0, vt_mirror_upload_on_end, &vt_mirror_upload_stream },
    { "GET", "/health", 0, on_health, NULL },
    { "GET", "/*", 0, on_get, NULL },
    { NULL, NULL, 0, NULL, NULL },
};

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool take_begin(void *context, const struct vt_witness_begin *begin,
                       struct vt_error *err)
{
    struct vt_mirror_front *f = context;

    (void)err;
    f->config.vkey = begin->vkey;
    f->config.name = begin->vkey.name;
    f->uploads_max = begin->pending_max;
    f->connections_max = begin->connections_max;
    f->folder = vt_arena_cstr(f->arena, begin->folder);
    return true;
}

/* Learn where each log was before we were started. */
static bool learn_states(struct vt_mirror_front *f, struct vt_error *err)
{
    f->states = vt_arena_alloc(f->arena, f->config.log_count * sizeof *f->states + 1);
    for (uint32_t i = 0; i < f->config.log_count; i++) {
        VT_AUTO_BUF body = vt_buf_init(4);
        vt_slice said;
        vt_reader r;

        vt_buf_put_u32(&body, i);
        if (!vt_channel_call(&f->signer, VT_MIRROR_MSG_STATE, vt_buf_slice(&body),
                             VT_MIRROR_MSG_STATE, SIGNER_MS_MAX, &said, err))
            return false;
        r = (vt_reader){ said };
        if (!vt_mirror_state_read(&r, &f->states[i]) || !vt_read_end(&r))
            return vt_fail(err, VT_MALFORMED, "a state without a form");
    }
    return true;
}

static bool begin(struct vt_channel *channel, struct vt_mirror_front *f,
                  struct vt_error *err)
{
    struct vt_http_options options = { .routes = routes,
                                       .context = f,
                                       .stop_ms_max = STOP_MS_MAX };
    struct vt_rights rights = vt_mirror_front_rights;

    vt_json_prepare();
    if (!vt_witness_listen(channel, f->arena, take_begin, f, &f->config, err))
        return false;
    rights.read_folders[0] = f->folder;
    vt_confine(&rights);
    options.connections_max = f->connections_max;
    options.watches[0] = (struct vt_http_watch){ .fd = f->signer.fd, .ready = on_signer };
    options.stop_fd = channel->fd;
    return vt_disk_open(f->folder, false, &f->copies, err) && learn_states(f, err) &&
           vt_http_server_new(VT_ROLE_FD(VT_MIRROR_FRONT_LISTEN), &options, &f->server,
                              err) &&
           vt_channel_send(channel, VT_WITNESS_MSG_READY, (vt_slice){ 0 }, err);
}

/* What waits for the signer when we end; the server has answered its exchanges. */
static void drop_line(struct vt_mirror_front *f)
{
    for (struct vt_mirror_job *job = f->first, *next; job != NULL; job = next) {
        next = job->next;
        if (job->drop != NULL)
            job->drop(job);
    }
}

int vt_role_mirror_front(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_mirror_front f = { .arena = arena,
                                 .config = vt_witness_config_new(arena),
                                 .signer =
                                     vt_channel_init(VT_ROLE_FD(VT_MIRROR_FRONT_SIGNER)) };
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun;

    f.last = &f.first;
    is_begun = begin(channel, &f, &err);
    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (vt_http_server_run(f.server, &err))
        err = f.trouble;
    if (is_begun && err.code != VT_OK)
        (void)fprintf(stderr, "vitrine mirror-front: %s\n", err.message);
    vt_http_server_free(f.server);
    drop_line(&f);
    vt_mirror_upload_drop_all(&f);
    vt_disk_close(f.copies);
    vt_channel_clear(&f.signer);
    return err.code == VT_OK ? VT_EXIT_OK : vt_code_exit(err.code);
}
