/* role centre-front: takes the requests of strangers apart and answers them from memory.
 * It holds no key but TLS's and no file, writes nothing, and opens no connection: what it
 * shows the reader handed to it, and what is asked of a ledger it hands to the prover.
 *
 * Rights: accept on the given listening socket; the channels of reader and prover, and of
 * the porter, who decides what reviewers may (centre/door.h).
 *
 *   a place:  FREE -> ASKED -> FREE                                                     */
#include "centre/role_centre_front.h"
#include "centre/centre.h"
#include "centre/documents.h"
#include "centre/door.h"
#include "centre/problem.h"
#include "http/http.h"
#include "http/libmicrohttpd.h"
#include "ledger/serve_message.h"
#include "wire/dsse.h"
#include "wire/json.h"

enum {
    STOP_MS_MAX = 4000,
    MILLI = 1000,
    HEAD_BYTES_MAX = 8192,
    FIRST_MS_MAX = 50000, /* for the first generation; whoever starts us waits a minute */
    NOT_MODIFIED = 304,
    HANDED_AT_ONCE = 4,
};

const struct vt_rights vt_centre_front_rights = { .may_listen = true,
                                                  .memory_bytes_max = VT_MIB(2048),
                                                  .files_max =
                                                      VT_CENTRE_CONNECTIONS_MAX + 64,
                                                  .libraries = { &vt_libmicrohttpd } };

/* Scripts, styles and answers come from here alone; nothing may frame a page, no form goes
 * anywhere, and a script can make no script out of text. */
#define POLICY                                                                             \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "            \
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "        \
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "     \
    "trusted-types vitrine"

#define HEADERS                                                                            \
    "Content-Security-Policy", POLICY, "Referrer-Policy", "no-referrer",                   \
        "Cross-Origin-Opener-Policy", "same-origin", "Cross-Origin-Resource-Policy",       \
        "same-origin", "X-Frame-Options", "DENY", "Permissions-Policy",                    \
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

static const char *const plain_headers[] = { HEADERS, NULL };
static const char *const tls_headers[] = { HEADERS, "Strict-Transport-Security",
                                           "max-age=31536000", NULL };

struct counts {
    uint64_t documents, unchanged, questions, too_many, not_found, failed;
};

struct front {
    struct vt_channel reader, prover;
    struct vt_http_server *server;
    struct vt_documents *documents;
    struct vt_door *door;                                /* NULL: no reviewers come in */
    struct vt_channel clerk;                             /* fd -1: nothing is handed in */
    struct vt_http_exchange *handed[HANDED_AT_ONCE];     /* NULL: the place is free */
    struct vt_http_exchange *asked[VT_CENTRE_ASKED_MAX]; /* NULL: the place is free */
    uint64_t connections_max, from_one_max, rate;
    char *tls_certificate, *tls_key; /* NULL: plain HTTP */
    uint64_t tokens;                 /* thousandths of a question that may be taken now */
    int64_t tokens_ms, started_ms;
    struct counts counts, logged;
    struct vt_error trouble; /* why we end, when it was found inside a handler */
};

/* ---- answers ----------------------------------------------------------------------------
 */

static bool has_word(vt_slice text, const char *word)
{
    return text.len != 0 && memmem(text.data, text.len, word, strlen(word)) != NULL;
}

static void answer_document(struct front *f, const struct vt_document *document,
                            struct vt_http_exchange *exchange)
{
    bool is_packed = document->gzip.len != 0 &&
                     has_word(vt_http_header(exchange, "Accept-Encoding"), "gzip");

    vt_http_set_header(exchange, "Cache-Control",
                       document->is_immutable ? "public, max-age=31536000, immutable"
                                              : "no-cache");
    vt_http_set_header(exchange, "ETag", document->tag);
    vt_http_set_header(exchange, "Vary", "Accept-Encoding");
    if (has_word(vt_http_header(exchange, "If-None-Match"), document->tag)) {
        f->counts.unchanged++;
        vt_http_answer(exchange, NOT_MODIFIED, NULL, (vt_slice){ 0 });
        return;
    }
    f->counts.documents++;
    if (is_packed)
        vt_http_set_header(exchange, "Content-Encoding", "gzip");
    vt_http_answer(exchange, VT_HTTP_OK, vt_centre_type_name(document->type),
                   is_packed ? document->gzip : document->plain);
}

/* ---- to the prover and back -------------------------------------------------------------
 */

/* A bucket that fills with `rate` questions a second and holds one second's. */
static bool may_ask(struct front *f)
{
    int64_t now_ms = vt_monotonic_ms();
    uint64_t passed_ms =
        (uint64_t)(now_ms - f->tokens_ms); /* a clock that never goes back */

    f->tokens_ms = now_ms;
    f->tokens += (passed_ms < MILLI ? passed_ms : MILLI) * f->rate;
    if (f->tokens > MILLI * f->rate)
        f->tokens = MILLI * f->rate;
    if (f->tokens < MILLI)
        return false;
    f->tokens -= MILLI;
    return true;
}

static void ask(struct front *f, const struct vt_ledger_question *question,
                struct vt_http_exchange *exchange)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(1));
    uint32_t place = 0;

    while (place < VT_CENTRE_ASKED_MAX && f->asked[place] != NULL)
        place++;
    if (place == VT_CENTRE_ASKED_MAX || !may_ask(f)) {
        f->counts.too_many++;
        vt_http_set_header(exchange, "Retry-After", "1");
        vt_centre_problem(exchange, VT_HTTP_TOO_MANY, "too many at once, try again");
        return;
    }
    f->counts.questions++;
    f->asked[place] = exchange;
    vt_ask_write(place, question, &body);
    if (!vt_channel_send(&f->prover, VT_CENTRE_ASK, vt_buf_slice(&body), &f->trouble))
        vt_http_server_stop(f->server);
}

static bool on_prover(void *context, struct vt_error *err)
{
    struct front *f = context;
    struct vt_centre_answer answer;
    struct vt_http_exchange *exchange;
    struct vt_message message;

    if (!vt_channel_receive(&f->prover, 0, &message, err))
        return false;
    if (message.type != VT_CENTRE_ANSWER || !vt_centre_answer_read(message.body, &answer) ||
        f->asked[answer.place] == NULL)
        return vt_fail(err, VT_MALFORMED, "the prover answered what nobody asked");
    exchange = f->asked[answer.place];
    f->asked[answer.place] = NULL;
    if (answer.status != VT_HTTP_OK)
        f->counts.failed++;
    vt_http_set_header(exchange, "Cache-Control", "no-cache");
    vt_http_answer(exchange, answer.status, vt_centre_type_name(answer.type), answer.bytes);
    return true;
}

static bool on_reader(void *context, struct vt_error *err)
{
    struct front *f = context;
    struct vt_message message;
    bool is_turned;

    return vt_channel_receive(&f->reader, 0, &message, err) &&
           vt_documents_take(f->documents, &message, &is_turned, err);
}

/* ---- what strangers ask -----------------------------------------------------------------
 */

static void on_get(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    vt_slice path = vt_http_path(exchange);
    struct vt_ledger_question question;
    struct vt_error ignored = { 0 };
    const struct vt_document *document = vt_documents_find(f->documents, path);

    if (document != NULL) {
        answer_document(f, document, exchange);
    } else if (vt_ledger_question_parse(path, &question, &ignored)) {
        ask(f, &question, exchange);
    } else {
        f->counts.not_found++;
        vt_centre_problem(exchange, VT_HTTP_NOT_FOUND,
                          vt_slice_is(path, "/")
                              ? "the pages were not built: make centre-web, then --pages; "
                                "the API is below /api/v1/"
                              : "there is nothing here");
    }
}

static void on_health(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    VT_AUTO_JSON answer =
        json_pack("{s:b,s:I,s:I,s:I}", "ok", 1, "up_ms",
                  (json_int_t)(vt_monotonic_ms() - f->started_ms), "documents",
                  (json_int_t)vt_documents_count(f->documents), "gathered_unix_s",
                  (json_int_t)vt_documents_time(f->documents));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_error ignored = { 0 };

    if (!vt_json_write_canonical(answer, &text, &ignored))
        vt_buf_truncate(&text, 0);
    vt_http_set_header(exchange, "Cache-Control", "no-store");
    vt_http_answer(exchange, VT_HTTP_OK, "application/json", vt_buf_slice(&text));
}

/* Spec: Prometheus text exposition format 0.0.4 */
static void on_metrics(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    const struct vt_http_counts http = vt_http_server_counts(f->server);
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } rows[] = {
        { "documents", "gauge", "Documents shown.", vt_documents_count(f->documents) },
        { "gathered_seconds", "gauge", "When they were gathered, since 1970.",
          (uint64_t)vt_documents_time(f->documents) },
        { "answered_total", "counter", "Documents answered.", f->counts.documents },
        { "unchanged_total", "counter", "Answers that the client had already.",
          f->counts.unchanged },
        { "questions_total", "counter", "Questions of ledgers.", f->counts.questions },
        { "questions_failed_total", "counter", "Of them, without what was asked for.",
          f->counts.failed },
        { "too_many_total", "counter", "Questions told to come back.", f->counts.too_many },
        { "not_found_total", "counter", "Requests for nothing.", f->counts.not_found },
        { "connections", "gauge", "Connections now.", http.open },
        { "cut_off_total", "counter", "Connections closed, too slow.", http.cut_off },
        { "displaced_total", "counter", "Connections closed, idle for the longest.",
          http.displaced },
    };
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(16));

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        vt_buf_printf(&out,
                      "# HELP vitrine_centre_%s %s\n# TYPE vitrine_centre_%s %s\n"
                      "vitrine_centre_%s %ju\n",
                      rows[i].name, rows[i].help, rows[i].name, rows[i].type, rows[i].name,
                      (uintmax_t)rows[i].value);
    vt_http_set_header(exchange, "Cache-Control", "no-store");
    vt_http_answer(exchange, VT_HTTP_OK, "text/plain; version=0.0.4", vt_buf_slice(&out));
}

static void on_reviewer(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;

    if (!vt_door_knock(f->door, exchange, &f->trouble))
        vt_http_server_stop(f->server);
}

static bool on_porter(void *context, struct vt_error *err)
{
    struct front *f = context;

    return vt_door_answer(f->door, err);
}

/* ---- what officers hand in --------------------------------------------------------------
 */

/* A statement speaks for itself: there is no session that another page could borrow. */
static void on_statement(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    uint32_t place = 0;

    if (f->clerk.fd < 0) {
        vt_centre_problem(exchange, VT_HTTP_NOT_FOUND, "no statements are handed in here");
        return;
    }
    if (!vt_slice_is(vt_http_header(exchange, "Content-Type"), "application/json")) {
        vt_centre_problem(exchange, VT_HTTP_UNSUPPORTED_TYPE,
                          "Content-Type: must be application/json");
        return;
    }
    while (place < HANDED_AT_ONCE && f->handed[place] != NULL)
        place++;
    if (place == HANDED_AT_ONCE || !may_ask(f)) {
        f->counts.too_many++;
        vt_http_set_header(exchange, "Retry-After", "1");
        vt_centre_problem(exchange, VT_HTTP_TOO_MANY, "too many at once, try again");
        return;
    }
    f->handed[place] = exchange;
    vt_buf_put_u32(&body, place);
    vt_buf_put(&body, vt_http_body(exchange));
    if (!vt_channel_send(&f->clerk, VT_CENTRE_ASK, vt_buf_slice(&body), &f->trouble))
        vt_http_server_stop(f->server);
}

static bool on_clerk(void *context, struct vt_error *err)
{
    struct front *f = context;
    struct vt_centre_answer answer;
    struct vt_http_exchange *exchange;
    struct vt_message message;

    if (!vt_channel_receive(&f->clerk, 0, &message, err))
        return false;
    if (message.type != VT_CENTRE_ANSWER || !vt_centre_answer_read(message.body, &answer) ||
        answer.place >= HANDED_AT_ONCE || f->handed[answer.place] == NULL)
        return vt_fail(err, VT_MALFORMED, "the clerk answered what nobody handed in");
    exchange = f->handed[answer.place];
    f->handed[answer.place] = NULL;
    vt_http_set_header(exchange, "Cache-Control", "no-store");
    vt_http_answer(exchange, answer.status, vt_centre_type_name(answer.type), answer.bytes);
    return true;
}

static const struct vt_http_route routes[] = {
    { "GET", "/health", 0, on_health, NULL },
    { "GET", "/metrics", 0, on_metrics, NULL },
    { "GET", "/api/v1/session", 0, on_reviewer, NULL },
    { "GET", "/api/v1/sealed", 0, on_reviewer, NULL },
    { "POST", "/api/v1/session/*", VT_DOOR_BODY_BYTES_MAX, on_reviewer, NULL },
    { "POST", "/api/v1/source", VT_DOOR_BODY_BYTES_MAX, on_reviewer, NULL },
    { "POST", "/api/v1/notes", VT_DOOR_BODY_BYTES_MAX, on_reviewer, NULL },
    { "POST", "/api/v1/statements", VT_ENTRY_BYTES_MAX, on_statement, NULL },
    { "GET", "/*", 0, on_get, NULL },
    { NULL, NULL, 0, NULL, NULL },
};

/* One line a minute, if anything happened: numbers, nobody's address and nobody's path. */
static void write_log(void *context)
{
    struct front *f = context;
    const struct counts *now = &f->counts, *before = &f->logged;

    if (memcmp(now, before, sizeof *now) == 0)
        return;
    (void)fprintf(stderr,
                  "vitrine centre: answered %ju, unchanged %ju, asked of ledgers %ju, told "
                  "to come back %ju, not found %ju\n",
                  (uintmax_t)(now->documents - before->documents),
                  (uintmax_t)(now->unchanged - before->unchanged),
                  (uintmax_t)(now->questions - before->questions),
                  (uintmax_t)(now->too_many - before->too_many),
                  (uintmax_t)(now->not_found - before->not_found));
    f->logged = f->counts;
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static char *text_in(const json_t *words, const char *name)
{
    const char *text = json_string_value(json_object_get(words, name));

    return text == NULL ? NULL : vt_strdup_slice(vt_slice_from_cstr(text));
}

static bool take_words(struct front *f, const json_t *words, struct vt_error *err)
{
    if (!vt_json_get_number(words, "begin", "connections_max", &f->connections_max, err) ||
        !vt_json_get_number(words, "begin", "from_one_max", &f->from_one_max, err) ||
        !vt_json_get_number(words, "begin", "rate", &f->rate, err))
        return false;
    if (f->rate == 0 || f->rate > VT_CENTRE_RATE_MAX || f->connections_max == 0 ||
        f->connections_max > VT_CENTRE_CONNECTIONS_MAX ||
        f->from_one_max > f->connections_max)
        return vt_fail(err, VT_MALFORMED, "bounds out of their bounds");
    if (json_is_true(json_object_get(words, "has_porter")))
        f->door = vt_door_new(VT_ROLE_FD(VT_CENTRE_FRONT_PORTER));
    if (json_is_true(json_object_get(words, "has_clerk")))
        f->clerk = vt_channel_init(VT_ROLE_FD(VT_CENTRE_FRONT_PORTER + (f->door != NULL)));
    f->tokens = MILLI * f->rate;
    f->tls_certificate = text_in(words, "tls_certificate");
    f->tls_key = text_in(words, "tls_key");
    return true;
}

/* Nobody is let in before there is something to show. */
static bool take_first_generation(struct front *f, struct vt_error *err)
{
    int64_t until_ms = vt_monotonic_ms() + FIRST_MS_MAX;
    struct vt_message message;
    bool is_turned = false;

    while (!is_turned) {
        int64_t left_ms = until_ms - vt_monotonic_ms();

        if (left_ms < 0)
            left_ms = 0;
        if (!vt_channel_receive(&f->reader, left_ms, &message, err) ||
            !vt_documents_take(f->documents, &message, &is_turned, err))
            return vt_within(err, "the first look at the copies");
    }
    return true;
}

static bool begin(struct vt_channel *channel, struct front *f, struct vt_error *err)
{
    struct vt_http_options options = { .routes = routes,
                                       .context = f,
                                       .stop_ms_max = STOP_MS_MAX,
                                       .head_bytes_max = HEAD_BYTES_MAX,
                                       .minute = write_log };
    VT_AUTO_JSON words = NULL;
    size_t watches = 2;

    vt_json_prepare();
    vt_confine(&vt_centre_front_rights);
    if (!vt_serve_listen(channel, &words, err) || !take_words(f, words, err) ||
        !take_first_generation(f, err))
        return false;
    options.connections_max = (unsigned)f->connections_max; /* bounded above, both */
    options.from_one_max = (unsigned)f->from_one_max;
    options.tls_certificate = f->tls_certificate;
    options.tls_key = f->tls_key;
    options.headers = f->tls_key != NULL ? tls_headers : plain_headers;
    options.watches[0] = (struct vt_http_watch){ .fd = f->reader.fd, .ready = on_reader };
    options.watches[1] = (struct vt_http_watch){ .fd = f->prover.fd, .ready = on_prover };
    options.stop_fd = channel->fd;
    if (f->door != NULL)
        options.watches[watches++] =
            (struct vt_http_watch){ .fd = vt_door_fd(f->door), .ready = on_porter };
    if (f->clerk.fd >= 0)
        options.watches[watches] =
            (struct vt_http_watch){ .fd = f->clerk.fd, .ready = on_clerk };
    f->tokens_ms = f->started_ms = vt_monotonic_ms();
    return vt_http_server_new(VT_ROLE_FD(VT_CENTRE_FRONT_LISTEN), &options, &f->server,
                              err) &&
           vt_serve_ready(channel, err);
}

static void end(struct front *f)
{
    write_log(f);
    vt_http_server_free(f->server);
    vt_documents_free(f->documents);
    vt_door_free(f->door);
    if (f->clerk.fd >= 0)
        vt_channel_clear(&f->clerk);
    vt_channel_clear(&f->reader);
    vt_channel_clear(&f->prover);
    free(f->tls_certificate);
    free(f->tls_key);
}

int vt_role_centre_front(struct vt_channel *channel)
{
    VT_AUTO_FREE struct front *f = vt_alloc(sizeof *f);
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun;

    f->reader = vt_channel_init(VT_ROLE_FD(VT_CENTRE_FRONT_READER));
    f->prover = vt_channel_init(VT_ROLE_FD(VT_CENTRE_FRONT_PROVER));
    f->clerk.fd = -1;
    f->documents = vt_documents_new();
    is_begun = begin(channel, f, &err);
    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (vt_http_server_run(f->server, &err))
        err = f->trouble;
    if (is_begun && err.code != VT_OK)
        (void)fprintf(stderr, "vitrine centre-front: %s\n", err.message);
    end(f);
    return err.code == VT_OK ? VT_EXIT_OK : vt_code_exit(err.code);
}
