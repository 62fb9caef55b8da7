/* role ledger-front: takes the requests of strangers apart and hands entries to the
 * sequencer.  It holds no key but TLS's, and reads the ledger's folder; it writes nothing
 * and opens no connection.  front_add.c and front_keep.c take, front_read.c and
 * front_metrics.c give. */
#include "ledger/role_ledger_front.h"
#include "http/libmicrohttpd.h"
#include "ledger/config.h"
#include "ledger/front.h"
#include "ledger/retention.h"

enum {
    STOP_MS_MAX = 4000,
    PENDING_MAX = 1 << 20,
    CONNECTIONS_MAX = 16000,
    HEAD_BYTES_MAX = 4096,
};

/* And reading below the ledgers' folders, which it is told at the start. */
const struct vt_rights vt_ledger_front_rights = { .may_listen = true,
                                                  .memory_bytes_max = VT_MIB(4096),
                                                  .files_max = CONNECTIONS_MAX +
                                                               VT_LEDGER_FRONT_FILES,
                                                  .libraries = { &vt_libmicrohttpd } };

/* ---- the log of a minute ----------------------------------------------------------------
 */

/* One line a minute, if anything happened: numbers, nobody's address. */
static void write_log(void *context)
{
    struct vt_front *f = context;
    const struct vt_http_counts http =
        f->server != NULL ? vt_http_server_counts(f->server) : (struct vt_http_counts){ 0 };
    uint64_t now[8] = { [6] = http.cut_off, [7] = http.displaced };

    for (size_t i = 0; i < f->ledger_count; i++) {
        const struct vt_front_counts *c = &f->ledgers[i].counts;

        now[0] += c->entries;
        now[1] += c->refused;
        now[2] += c->too_many;
        now[3] += c->forbidden;
        now[4] += c->reads;
        now[5] += c->not_found;
    }
    if (memcmp(now, f->logged, sizeof now) == 0)
        return;
    (void)fprintf(stderr,
                  "vitrine ledger: added %ju, refused %ju, told to come back %ju, without "
                  "token %ju, read %ju, not found %ju, too slow %ju, displaced %ju\n",
                  (uintmax_t)(now[0] - f->logged[0]), (uintmax_t)(now[1] - f->logged[1]),
                  (uintmax_t)(now[2] - f->logged[2]), (uintmax_t)(now[3] - f->logged[3]),
                  (uintmax_t)(now[4] - f->logged[4]), (uintmax_t)(now[5] - f->logged[5]),
                  (uintmax_t)(now[6] - f->logged[6]), (uintmax_t)(now[7] - f->logged[7]));
    memcpy(f->logged, now, sizeof now);
}

static void on_tick(void *context, int64_t now_ms)
{
    struct vt_front *f = context;

    for (size_t i = 0; i < f->ledger_count; i++)
        vt_front_expire(&f->ledgers[i], now_ms);
}

/* ---- what we are told -------------------------------------------------------------------
 */

static bool take_writers(struct vt_front *f, const json_t *words, struct vt_error *err)
{
    json_t *list;

    if (!vt_json_get_array(words, "begin", "writers", &list, err))
        return false;
    f->writer_count = json_array_size(list);
    f->writers = vt_arena_alloc(f->arena, f->writer_count * sizeof *f->writers + 1);
    for (size_t i = 0; i < f->writer_count; i++) {
        const json_t *row = json_array_get(list, i);

        f->writers[i].name = vt_serve_copy_text(f->arena, row, "name");
        if (!vt_json_get_sha256(row, "begin", "token", f->writers[i].token.bytes, err))
            return false;
    }
    return true;
}

static bool take_ledgers(struct vt_front *f, const json_t *words, struct vt_rights *rights,
                         struct vt_error *err)
{
    int fd = VT_ROLE_FD(VT_LEDGER_FRONT_SEQUENCERS);
    json_t *list;

    if (!vt_json_get_array(words, "begin", "ledgers", &list, err))
        return false;
    f->ledger_count = json_array_size(list);
    if (f->ledger_count == 0 || f->ledger_count > VT_LEDGERS_SERVED_MAX)
        return vt_fail(err, VT_MALFORMED, "the front is told of %zu ledgers",
                       f->ledger_count);
    f->ledgers = vt_arena_alloc(f->arena, f->ledger_count * sizeof *f->ledgers);
    for (size_t i = 0; i < f->ledger_count; i++) {
        struct vt_front_ledger *l = &f->ledgers[i];
        const json_t *row = json_array_get(list, i);
        bool is_frozen;

        if (!vt_json_get_bool(row, "begin", "is_frozen", &is_frozen, err))
            return false;
        *l = (struct vt_front_ledger){ .front = f };
        l->prefix = vt_serve_copy_text(f->arena, row, "prefix");
        rights->read_folders[i] = vt_serve_copy_text(f->arena, row, "dir");
        l->sequencer = vt_channel_init(is_frozen ? -1 : fd++);
        l->waiting = vt_arena_alloc(f->arena, sizeof *l->waiting);
        l->waiting->next = l->waiting->before = l->waiting;
        l->checkpoint = vt_buf_init(VT_NOTE_BYTES_MAX);
        l->out = vt_buf_init(VT_MESSAGE_BYTES_MAX);
        l->witnesses =
            vt_arena_alloc(f->arena, VT_POLICY_WITNESSES_MAX * sizeof *l->witnesses);
        l->queue = vt_arena_alloc(f->arena, f->pending_max * sizeof *l->queue);
    }
    return true;
}

static bool take_words(struct vt_front *f, const json_t *words, struct vt_rights *rights,
                       struct vt_error *err)
{
    if (!vt_json_get_number(words, "begin", "pending_max", &f->pending_max, err) ||
        !vt_json_get_number(words, "begin", "connections_max", &f->connections_max, err) ||
        !vt_json_get_number(words, "begin", "lag_ms_max", &f->lag_ms_max, err) ||
        !vt_json_get_number(words, "begin", "wait_ms_max", &f->wait_ms_max, err))
        return false;
    if (f->pending_max == 0 || f->pending_max > PENDING_MAX || f->connections_max == 0 ||
        f->connections_max > CONNECTIONS_MAX)
        return vt_fail(err, VT_MALFORMED, "bounds out of their bounds");
    f->tls_certificate = vt_serve_copy_text(f->arena, words, "tls_certificate");
    f->tls_key = vt_serve_copy_text(f->arena, words, "tls_key");
    return take_writers(f, words, err) && take_ledgers(f, words, rights, err);
}

/* ---- routes -----------------------------------------------------------------------------
 */

static const struct vt_http_route ledger_routes[] = {
    { "POST", "/add", VT_ENTRY_BYTES_MAX + 1, vt_front_on_add, NULL },
    { "POST", "/add-batch", VT_MIB(8), vt_front_on_batch, NULL },
    { "GET", "/checkpoint", 0, vt_front_on_checkpoint, NULL },
    { "GET", "/" VT_FROZEN_NAME, 0, vt_front_on_paper, NULL },
    { "GET", "/" VT_SUCCESSOR_NAME, 0, vt_front_on_paper, NULL },
    { "GET", "/" VT_RETENTION_NAME, 0, vt_front_on_paper, NULL },
    { "GET", "/tile/*", 0, vt_front_on_tile, NULL },
    { "GET", "/" VT_BESIDE_FOLDER "/*", 0, vt_front_on_beside, NULL },
    { "PUT", "/" VT_BESIDE_FOLDER "/*", VT_BESIDE_BYTES_MAX, vt_front_on_keep,
      &vt_front_keep_stream },
    { "GET", "/lookup/*", 0, vt_front_on_lookup, NULL },
};

enum { LEDGER_ROUTES = sizeof ledger_routes / sizeof ledger_routes[0] };

static const struct vt_http_route *make_routes(struct vt_front *f)
{
    struct vt_http_route *routes =
        vt_arena_alloc(f->arena, (f->ledger_count * LEDGER_ROUTES + 3) * sizeof *routes);
    size_t count = 0;

    for (size_t i = 0; i < f->ledger_count; i++)
        for (size_t k = 0; k < LEDGER_ROUTES; k++) {
            routes[count] = ledger_routes[k];
            routes[count++].path = vt_arena_printf(f->arena, "%s%s", f->ledgers[i].prefix,
                                                   ledger_routes[k].path);
        }
    routes[count++] =
        (struct vt_http_route){ "GET", "/metrics", 0, vt_front_on_metrics, NULL };
    routes[count++] =
        (struct vt_http_route){ "GET", "/health", 0, vt_front_on_health, NULL };
    routes[count] = (struct vt_http_route){ NULL, NULL, 0, NULL, NULL };
    return routes;
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool open_disks(struct vt_front *f, const struct vt_rights *rights,
                       struct vt_error *err)
{
    struct vt_tile_source source;

    for (size_t i = 0; i < f->ledger_count; i++) {
        if (!vt_disk_open(rights->read_folders[i], false, &f->ledgers[i].disk, err))
            return false;
        source = vt_shelf_source(f->ledgers[i].disk);
        f->ledgers[i].prover = vt_prover_new(&source, 0);
        if (f->ledgers[i].sequencer.fd < 0 && !vt_front_load_end(&f->ledgers[i], err))
            return false;
    }
    return true;
}

static void put_watches(struct vt_front *f, struct vt_http_options *options)
{
    size_t count = 0;

    for (size_t i = 0; i < f->ledger_count; i++)
        if (f->ledgers[i].sequencer.fd >= 0)
            options->watches[count++] =
                (struct vt_http_watch){ .fd = f->ledgers[i].sequencer.fd,
                                        .ready = vt_front_on_sequencer,
                                        .context = &f->ledgers[i] };
}

static bool begin(struct vt_channel *channel, struct vt_front *f, struct vt_error *err)
{
    struct vt_http_options options = { .context = f,
                                       .stop_ms_max = STOP_MS_MAX,
                                       .tick = on_tick,
                                       .minute = write_log,
                                       .turn = vt_front_send_all,
                                       .may = vt_front_may,
                                       .is_plain_taken = true };
    struct vt_rights rights = vt_ledger_front_rights;
    VT_AUTO_JSON words = NULL;

    vt_json_prepare();
    if (!vt_serve_listen(channel, &words, err) || !take_words(f, words, &rights, err))
        return false;
    rights.files_max = (unsigned)f->connections_max + VT_LEDGER_FRONT_FILES;
    vt_confine(&rights);
    options.routes = make_routes(f);
    options.connections_max = (unsigned)f->connections_max;
    options.head_bytes_max = HEAD_BYTES_MAX;
    options.tls_certificate = f->tls_certificate;
    options.tls_key = f->tls_key;
    options.stop_fd = channel->fd;
    put_watches(f, &options);
    f->started_ms = vt_monotonic_ms();
    return open_disks(f, &rights, err) &&
           vt_http_server_new(VT_ROLE_FD(VT_LEDGER_FRONT_LISTEN), &options, &f->server,
                              err) &&
           vt_serve_ready(channel, err);
}

static void end(struct vt_front *f)
{
    write_log(f);
    vt_http_server_free(f->server);
    for (size_t i = 0; i < f->ledger_count; i++) {
        struct vt_front_ledger *l = &f->ledgers[i];

        vt_front_drop_all(l);
        vt_front_drop_keeps(l);
        vt_channel_clear(&l->sequencer);
        vt_buf_clear(&l->checkpoint);
        vt_buf_clear(&l->out);
        vt_prover_free(l->prover);
        vt_lookup_close(l->lookup);
        vt_disk_close(l->disk);
    }
}

int vt_role_ledger_front(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct vt_front *f = vt_alloc(sizeof *f);
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun;

    f->arena = arena;
    is_begun = begin(channel, f, &err);
    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (!vt_http_server_run(f->server, &err))
        (void)fprintf(stderr, "vitrine ledger-front: %s\n", err.message);
    end(f);
    return err.code == VT_OK ? VT_EXIT_OK : vt_code_exit(err.code);
}
