/* role cell-front: takes the requests of strangers apart.  It holds no key but TLS's, reads
 * what the cell publishes, and hands what others must decide to their channels; it writes
 * nothing and opens no connection.  cell_front.h says which file has which routes. */
#include "cell/role_cell_front.h"
#include "cell/cell_front.h"
#include "cell/front_papers.h"
#include "http/libmicrohttpd.h"
#include "ledger/serve_message.h"

enum {
    STOP_MS_MAX = 4000,
    HEAD_BYTES_MAX = 4096,
    ROUTES_MAX = 48,
};

/* And reading below the published folder, which it is told at the start. */
const struct vt_rights vt_cell_front_rights = { .may_listen = true,
                                                .memory_bytes_max = VT_MIB(4096),
                                                .files_max = VT_CELL_CONNECTIONS_MAX + 512,
                                                .libraries = { &vt_libmicrohttpd } };

/* ---- the log of a minute ----------------------------------------------------------------
 */

/* One line a minute, if anything happened: numbers, nobody's address, nobody's question. */
static void write_log(void *context)
{
    struct vt_cell_front *f = context;
    const struct vt_cell_front_counts *now = &f->counts, *before = &f->logged;
    const struct vt_http_counts http =
        f->server != NULL ? vt_http_server_counts(f->server) : (struct vt_http_counts){ 0 };

    if (memcmp(now, before, sizeof *now) == 0 && http.cut_off == f->cut_off_logged &&
        http.displaced == f->displaced_logged)
        return;
    (void)fprintf(stderr,
                  "vitrine cell: heads %ju, answers %ju, buckets %ju, nodes %ju, filters "
                  "%ju, unchanged "
                  "%ju, not found %ju, too slow %ju, displaced %ju\n",
                  (uintmax_t)(now->heads - before->heads),
                  (uintmax_t)(now->answers - before->answers),
                  (uintmax_t)(now->buckets - before->buckets),
                  (uintmax_t)(now->nodes - before->nodes),
                  (uintmax_t)(now->filters - before->filters),
                  (uintmax_t)(now->unchanged - before->unchanged),
                  (uintmax_t)(now->not_found - before->not_found),
                  (uintmax_t)(http.cut_off - f->cut_off_logged),
                  (uintmax_t)(http.displaced - f->displaced_logged));
    f->logged = f->counts;
    f->cut_off_logged = http.cut_off;
    f->displaced_logged = http.displaced;
}

static void on_tick(void *context, int64_t now_ms)
{
    struct vt_cell_front *f = context;

    if (f->is_draining && now_ms >= f->stop_at_ms)
        vt_http_server_stop(f->server);
}

/* ---- what we are told -------------------------------------------------------------------
 */

/* A number of a descriptor that we were given; 0: it was not. */
static int given_fd(const json_t *words, const char *name)
{
    json_int_t number = json_integer_value(json_object_get(words, name));

    return number >= VT_CELL_FRONT_OTHERS && number < VT_ROLE_FDS_MAX
               ? VT_ROLE_FD((int)number)
               : 0;
}

static bool take_residency(struct vt_cell_front *f, struct vt_error *err)
{
    const json_t *predicate = json_object_get(f->papers, "residency");

    if (predicate == NULL)
        return true;
    f->residency = vt_arena_alloc(f->arena, sizeof *f->residency);
    return vt_residency_read(predicate, false, f->residency, err);
}

static bool take_schema(struct vt_cell_front *f, struct vt_error *err)
{
    const char *text = json_string_value(json_object_get(f->papers, "schema"));

    if (text == NULL)
        return true;
    f->schema = vt_arena_alloc(f->arena, sizeof *f->schema);
    return vt_statistic_schema_parse(vt_slice_from_cstr(text), f->schema, err);
}

static bool take_papers(struct vt_cell_front *f, const json_t *words, struct vt_error *err)
{
    int fd = given_fd(words, "papers");
    const json_t *evidence;

    if (fd != 0 && !vt_front_papers_read(fd, &f->papers, err))
        return false;
    evidence = json_object_get(f->papers, "evidence");
    return take_residency(f, err) && take_schema(f, err) &&
           vt_cell_front_about_new(
               f, vt_slice_of(json_string_value(evidence), json_string_length(evidence)),
               json_is_true(json_object_get(f->papers, "may_differ")), err);
}

static bool take_words(struct vt_cell_front *f, const json_t *words, struct vt_error *err)
{
    uint64_t cache_bytes;

    if (!vt_json_get_number(words, "begin", "connections_max", &f->connections_max, err) ||
        !vt_json_get_number(words, "begin", "from_one_max", &f->from_one_max, err) ||
        !vt_json_get_number(words, "begin", "lag_s", &f->lag_s, err) ||
        !vt_json_get_number(words, "begin", "cache_bytes", &cache_bytes, err))
        return false;
    if (f->connections_max == 0 || f->connections_max > VT_CELL_CONNECTIONS_MAX ||
        f->from_one_max > f->connections_max)
        return vt_fail(err, VT_MALFORMED, "bounds out of their bounds");
    f->answers = vt_cell_front_answers_new(cache_bytes);
    f->folder = vt_serve_copy_text(f->arena, words, "folder");
    f->cell = vt_serve_copy_text(f->arena, words, "cell");
    f->tls_certificate = vt_serve_copy_text(f->arena, words, "tls_certificate");
    f->tls_key = vt_serve_copy_text(f->arena, words, "tls_key");
    return (f->folder != NULL && f->cell != NULL) ||
           vt_fail(err, VT_MALFORMED, "the front is told of no cell");
}

/* ---- routes -----------------------------------------------------------------------------
 */

static void add_routes(struct vt_http_route out[ROUTES_MAX],
                       const struct vt_http_route *table)
{
    size_t count = 0;

    while (out[count].method != NULL)
        count++;
    for (; table->method != NULL; table++) {
        VT_ASSERT(count + 1 < ROUTES_MAX);
        out[count++] = *table;
    }
    out[count].method = NULL;
}

static const struct vt_http_route *make_routes(struct vt_cell_front *f)
{
    struct vt_http_route *routes = vt_arena_alloc(f->arena, ROUTES_MAX * sizeof *routes);

    routes[0].method = NULL;
    add_routes(routes, vt_cell_front_read_routes);
    add_routes(routes, vt_cell_front_answer_routes);
    add_routes(routes, vt_cell_front_about_routes);
    if (f->keeper != NULL)
        add_routes(routes, vt_cell_front_keeper_routes);
    if (f->gateway != NULL)
        add_routes(routes, vt_cell_front_gateway_routes);
    add_routes(routes, vt_cell_front_watch_routes);
    return routes;
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static void begin_draining(struct vt_cell_front *f, uint32_t drain_ms)
{
    f->is_draining = true;
    f->stop_at_ms = vt_monotonic_ms() + drain_ms;
}

/* Whoever started us wants us to end: soon, or (its end of the channel is closed) now. */
static bool on_parent(void *context, struct vt_error *err)
{
    struct vt_cell_front *f = context;
    struct vt_error gone = { 0 };
    struct vt_message message;
    uint32_t drain_ms;

    (void)err;
    if (!vt_channel_receive(f->parent, 0, &message, &gone) ||
        message.type != VT_CELL_FRONT_DRAIN || message.body.len != sizeof drain_ms) {
        vt_http_server_stop(f->server);
        return true;
    }
    if (vt_read_u32(&(vt_reader){ message.body }, &drain_ms))
        begin_draining(f, drain_ms);
    return true;
}

static void set_options(struct vt_cell_front *f, struct vt_http_options *options)
{
    size_t count = 1;

    *options = (struct vt_http_options){
        .routes = make_routes(f),
        .context = f,
        .connections_max = (unsigned)f->connections_max, /* both are bounded above */
        .from_one_max = (unsigned)f->from_one_max,
        .head_bytes_max = HEAD_BYTES_MAX,
        .stop_ms_max = STOP_MS_MAX,
        .tick = on_tick,
        .minute = write_log,
        .turn = vt_cell_front_count_send,
        .tls_certificate = f->tls_certificate,
        .tls_key = f->tls_key,
    };
    options->watches[0] = (struct vt_http_watch){ .fd = f->parent->fd,
                                                  .ready = on_parent,
                                                  .is_for_start = true };
    if (f->keeper != NULL)
        options->watches[count++] =
            (struct vt_http_watch){ .fd = vt_cell_front_keeper_fd(f->keeper),
                                    .ready = vt_cell_front_on_keeper };
    if (f->count != NULL)
        options->watches[count++] =
            (struct vt_http_watch){ .fd = vt_cell_front_count_fd(f->count),
                                    .ready = vt_cell_front_on_counter };
    if (f->gateway != NULL)
        options->watches[count++] =
            (struct vt_http_watch){ .fd = vt_cell_front_gateway_fd(f->gateway),
                                    .ready = vt_cell_front_on_gateway };
}

static bool begin(struct vt_cell_front *f, struct vt_error *err)
{
    struct vt_rights rights = vt_cell_front_rights;
    struct vt_http_options options;
    VT_AUTO_JSON words = NULL;

    vt_json_prepare();
    if (!vt_serve_listen(f->parent, &words, err) || !take_words(f, words, err) ||
        !take_papers(f, words, err))
        return false;
    if (given_fd(words, "keeper") != 0)
        f->keeper = vt_cell_front_keeper_new(given_fd(words, "keeper"));
    if (given_fd(words, "counter") != 0)
        f->count = vt_cell_front_count_new(given_fd(words, "counter"));
    if (given_fd(words, "gateway") != 0)
        f->gateway = vt_cell_front_gateway_new(given_fd(words, "gateway"));
    rights.read_folders[0] = f->folder;
    rights.files_max = (unsigned)f->connections_max + 512;
    vt_confine(&rights);
    f->started_ms = vt_monotonic_ms();
    set_options(f, &options);
    return vt_disk_open(f->folder, false, &f->disk, err) &&
           vt_http_server_new(VT_ROLE_FD(VT_CELL_FRONT_LISTEN), &options, &f->server,
                              err) &&
           vt_serve_ready(f->parent, err);
}

static void end(struct vt_cell_front *f)
{
    write_log(f);
    vt_http_server_free(f->server);
    vt_cell_front_count_free(f->count);
    vt_cell_front_keeper_free(f->keeper);
    vt_cell_front_gateway_free(f->gateway);
    vt_cell_front_about_free(f->about);
    vt_cell_front_answers_free(f->answers);
    if (f->schema != NULL)
        vt_statistic_schema_clear(f->schema);
    json_decref(f->papers);
    vt_head_file_free(f->head.file);
    vt_buf_clear(&f->head.bytes);
    vt_disk_close(f->disk);
}

int vt_role_cell_front(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct vt_cell_front *f = vt_alloc(sizeof *f);
    struct vt_error err = { 0 }, lost = { 0 };

    f->arena = arena;
    f->parent = channel;
    f->env = vt_env_real();
    f->head.bytes = vt_buf_init(0);
    if (!begin(f, &err))
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (vt_http_server_run(f->server, &err))
        err = f->trouble;
    if (err.code != VT_OK && f->server != NULL)
        (void)fprintf(stderr, "vitrine cell-front: %s\n", err.message);
    end(f);
    return err.code == VT_OK ? VT_EXIT_OK : vt_code_exit(err.code);
}
