/* What people share, through the front of a served cell to its keeper and back: uploads in
 * pieces, what belongs elsewhere, reports outside the schema, withdrawals, and deaths in
 * between.  The client here is plain HTTP. */
#include "cell/counter.h"
#include "cell/keeper_message.h"
#include "cell/move.h"
#include "cell/share_receipt.h"
#include "http/http.h"
#include "role/hatch.h"
#include "tests/running.h"
#include "tests/sharing_world.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <signal.h>
#include <sys/socket.h>

#define LARGE (VT_KIB(700) + 13) /* of a file, more than any message */

struct stand {
    struct vt_sharing_world world;
    struct vt_trust *trust;
    struct vt_running running;
    struct vt_http_client *http;
    struct vt_shared wanted;
    const char *certificate, *tls_key; /* NULL: plain HTTP */
};

static void start(struct stand *s)
{
    s->running = vt_test_start(
        "serve.err",
        VT_ARGV("vitrine", "cell", "serve", "--dir", vt_test_path("."), "--cell", "zurich",
                "--drain", "0s", "--policy", s->world.policy, "--proof",
                s->world.policy_proof, "--trust", s->world.trust, "--samples",
                s->world.samples, "--key", s->world.key, "--passphrase-file",
                vt_test_path("phrase"), "--schema", s->world.schema, "--movers",
                vt_test_path("movers"), s->certificate != NULL ? "--tls-cert" : NULL,
                s->certificate, "--tls-key", s->tls_key));
}

static struct stand *stand(void)
{
    struct stand *s = vt_arena_alloc(vt_test_arena(), sizeof *s);
    struct vt_error err = { 0 };

    s->world = vt_sharing_world_make();
    VT_CHECK_OK(vt_trust_parse(s->world.trust_bytes, &s->trust, &err));
    vt_test_keep(s->trust);
    vt_test_write(vt_test_path("phrase"), VT_LIT("open sesame\n"));
    s->wanted = vt_sharing_seal(VT_LIT(VT_SHARING_WANTED), 1, s->world.now);
    VT_CHECK_OK(vt_http_client_new(&s->http, &err));
    start(s);
    return s;
}

static void stop_serving(struct stand *s)
{
    vt_test_stop(&s->running, 0);
}

static void stop(struct stand *s)
{
    stop_serving(s);
    vt_http_client_free(s->http);
}

struct answer {
    int status;
    const char *text;
    vt_slice bytes;
};

static struct answer call(const struct stand *s, const char *method, const char *path,
                          const char *type, vt_slice body)
{
    struct vt_http_call call = { .url = vt_test_print("%s%s", s->running.url, path),
                                 .method = method,
                                 .body = body,
                                 .content_type = type,
                                 .answer_bytes_max = VT_MIB(1) };
    struct vt_error err = { 0 };
    struct answer out = { 0 };

    VT_CHECK_OK(vt_http_client_run(s->http, &call, &err));
    out.bytes = vt_arena_copy(vt_test_arena(), vt_buf_slice(&call.answer));
    out.text = vt_arena_cstr(vt_test_arena(), out.bytes);
    out.status = call.status;
    vt_http_call_clear(&call);
    return out;
}

static bool says(struct answer answer, const char *words)
{
    return strstr(answer.text, words) != NULL;
}

#define MUST(answer, wanted)                                                               \
    VT_CHECK_SAYING((answer).status == (wanted), "%d: %s", (answer).status, (answer).text)

static struct answer share(const struct stand *s, const struct vt_shared *shared)
{
    VT_AUTO_BUF text = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_share_request_write(&shared->request, &text, &err));
    return call(s, "POST", "/sample", VT_SHARE_TYPE, vt_buf_slice(&text));
}

static const char *path_of(const struct vt_shared *shared)
{
    char hash[65];

    vt_hash_text(&shared->request.object, hash);
    return vt_test_print("/sample/%s", hash);
}

static struct answer put(const struct stand *s, const struct vt_shared *shared, size_t from,
                         size_t to)
{
    return call(s, "PUT", vt_test_print("%s?offset=%zu", path_of(shared), from),
                "application/octet-stream", vt_slice_sub(shared->body, from, to - from));
}

static void check_receipt(const struct stand *s, struct answer answer,
                          const struct vt_shared *shared)
{
    VT_AUTO_SHARE_RECEIPT receipt = { .json = NULL };
    struct vt_error err = { 0 };

    MUST(answer, 200);
    VT_CHECK_OK(vt_share_receipt_parse(answer.bytes, s->trust, &receipt, &err));
    VT_CHECK_OK(vt_share_receipt_answers(&receipt, &shared->request, &err));
}

/* Files below samples/FOLDER. */
static unsigned count_files(const struct stand *s, const char *folder)
{
    const char *path = vt_test_print("%s/%s", s->world.samples, folder);
    DIR *dir = opendir(path);
    unsigned count = 0;

    for (struct dirent *row; dir != NULL && (row = readdir(dir)) != NULL;)
        if (row->d_name[0] != '.')
            count += row->d_type == DT_DIR
                         ? count_files(s, vt_test_print("%s/%s", folder, row->d_name))
                         : 1;
    if (dir != NULL)
        (void)closedir(dir);
    return count;
}

/* ---- sharing ----------------------------------------------------------------------------
 */

static void from_wish_to_receipt(void)
{
    struct stand *s = stand();
    size_t all = s->wanted.body.len;
    struct answer answer = share(s, &s->wanted);

    MUST(answer, 201);
    VT_CHECK(says(answer, "\"offset\":0"));
    answer = put(s, &s->wanted, 0, 7);
    MUST(answer, 202);
    VT_CHECK(says(answer, "\"offset\":7"));
    MUST(put(s, &s->wanted, 9, all), 409);
    answer = call(s, "GET", path_of(&s->wanted), NULL, (vt_slice){ 0 });
    MUST(answer, 202);
    answer = put(s, &s->wanted, 7, all);
    check_receipt(s, answer, &s->wanted);
    check_receipt(s, share(s, &s->wanted), &s->wanted);
    check_receipt(s, call(s, "GET", path_of(&s->wanted), NULL, (vt_slice){ 0 }),
                  &s->wanted);
    VT_CHECK(count_files(s, "body") == 1 && count_files(s, "header") == 1);
    answer = call(s, "GET", "/metrics", NULL, (vt_slice){ 0 });
    VT_CHECK(says(answer, "vitrine_cell_kept_total"));
    stop(s);
}

static struct vt_shared large_file(const struct stand *s)
{
    uint8_t *plain = vt_arena_alloc(vt_test_arena(), LARGE);
    struct vt_shared shared;

    for (size_t i = 0; i < LARGE; i++)
        plain[i] = (uint8_t)(i * 31 + i / 977);
    shared = vt_sharing_seal(vt_slice_of(plain, LARGE), 1, s->world.now);
    shared.request.rule = VT_LIT(VT_SHARING_RULE);
    vt_sharing_sign_again(&shared, 1, s->world.now);
    return shared;
}

/* Longer than any message, in many chunks; then cut off by a death, and gone on with. */
static void a_long_body_goes_in_chunks(void)
{
    struct stand *s = stand();
    struct vt_shared shared = large_file(s);
    size_t all = shared.body.len, half = all / 2;
    struct answer answer;
    pid_t pid;

    MUST(share(s, &shared), 201);
    answer = put(s, &shared, 0, half);
    MUST(answer, 202);
    VT_CHECK(says(answer, vt_test_print("\"offset\":%zu", half)));
    pid = vt_test_role_of(&s->running, "cell-keeper");
    VT_CHECK(pid > 0 && kill(pid, SIGKILL) == 0);
    vt_test_stop(&s->running, 0);
    start(s);
    answer = call(s, "GET", path_of(&shared), NULL, (vt_slice){ 0 });
    MUST(answer, 202);
    VT_CHECK(says(answer, vt_test_print("\"offset\":%zu", half)));
    check_receipt(s, put(s, &shared, half, all), &shared);
    stop(s);
}

/* The beginning of a PUT, so many bytes of its body. */
static int begin_upload(const struct stand *s, const struct vt_shared *shared, size_t len)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));

    to.sin_port = htons((uint16_t)strtoul(strrchr(s->running.url, ':') + 1, NULL, 10));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    VT_CHECK(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    vt_buf_printf(&out,
                  "PUT %s?offset=0 HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n",
                  path_of(shared));
    vt_buf_put(&out, vt_slice_sub(shared->body, 0, len));
    (void)send(fd, out.data, out.len, MSG_NOSIGNAL);
    return fd;
}

static bool is_under_way(void *context)
{
    struct stand *s = context;

    return call(s, "GET", path_of(&s->wanted), NULL, (vt_slice){ 0 }).status == 202;
}

/* Half a body, and the client goes; its place is given back. */
static void clients_that_go(void)
{
    enum { TIMES = VT_KEEPER_PLACES_MAX + 20 };
    struct stand *s = stand();
    struct vt_shared shared = large_file(s);

    MUST(share(s, &shared), 201);
    for (unsigned i = 0; i < TIMES; i++)
        (void)close(begin_upload(s, &shared, i % 2 == 0 ? 100 : VT_KIB(120)));
    s->wanted = shared;
    VT_CHECK(vt_test_wait_until(is_under_way, s));
    stop(s);
}

/* As many half bodies as there are places, whose clients stay: who comes is served.  `drip`
 * is what each sends in each round. */
static void clients_that_stay(unsigned rounds, useconds_t round_us, const char *drip)
{
    enum { TIMES = VT_KEEPER_PLACES_MAX + 20 };
    struct stand *s = stand();
    struct vt_shared shared = large_file(s);
    int fds[TIMES];

    MUST(share(s, &shared), 201);
    for (unsigned i = 0; i < TIMES; i++)
        fds[i] = begin_upload(s, &shared, 100);
    for (unsigned round = 0; round < rounds; round++) {
        (void)usleep(round_us);
        for (unsigned i = 0; i < TIMES; i++)
            (void)send(fds[i], drip, strlen(drip), MSG_NOSIGNAL);
    }
    MUST(share(s, &s->wanted), 201);
    check_receipt(s, put(s, &s->wanted, 0, s->wanted.body.len), &s->wanted);
    for (unsigned i = 0; i < TIMES; i++)
        (void)close(fds[i]);
    stop(s);
}

static void clients_that_hang(void)
{
    clients_that_stay(1, 1200000, ""); /* so long one may be silent, whoever waits */
}

/* The same, but each brings a byte now and then. */
static void clients_that_drip(void)
{
    clients_that_stay(6, 250000, "x");
}

/* A full disk is one clear answer, nothing of it stays, and what has room goes on. */
static void a_full_disk(void)
{
    enum { DISK = 68 << 20, BODY = 8 << 20 }; /* 64 MiB must stay free */
    struct stand *s = stand();
    uint8_t *plain = vt_arena_alloc(vt_test_arena(), BODY);
    struct vt_shared large = vt_sharing_seal(vt_slice_of(plain, BODY), 1, s->world.now);
    struct answer answer;

    stop_serving(s);
    s->world.samples = vt_test_print("%s/samples", vt_test_small_disk(DISK));
    start(s);
    large.request.rule = VT_LIT(VT_SHARING_RULE);
    vt_sharing_sign_again(&large, 1, s->world.now);
    answer = share(s, &large);
    MUST(answer, 507);
    VT_CHECK(count_files(s, "body") == 0 && count_files(s, "header") == 0);
    MUST(share(s, &s->wanted), 201);
    check_receipt(s, put(s, &s->wanted, 0, s->wanted.body.len), &s->wanted);
    stop(s);
}

/* More than it said, and more than anybody may. */
static void what_is_too_long(void)
{
    struct stand *s = stand();
    struct vt_shared huge = s->wanted;
    VT_AUTO_BUF longer = vt_buf_init(VT_KIB(64));

    huge.request.body_bytes = (uint64_t)1 << 40;
    vt_sharing_sign_again(&huge, 1, s->world.now);
    MUST(share(s, &huge), 413);
    VT_CHECK(count_files(s, "body") == 0);
    MUST(share(s, &s->wanted), 201);
    vt_buf_put(&longer, s->wanted.body);
    vt_buf_put_text(&longer, "and more");
    MUST(call(s, "PUT", vt_test_print("%s?offset=0", path_of(&s->wanted)),
              "application/octet-stream", vt_buf_slice(&longer)),
         413);
    check_receipt(s, put(s, &s->wanted, 0, s->wanted.body.len), &s->wanted);
    stop(s);
}

/* A certificate of its own, believed by nobody but us. */
static void tls_is_spoken(void)
{
    struct stand *s = stand();
    VT_AUTO_BUF text = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);
    struct vt_error err = { 0 };
    const char *certificate = vt_test_path("tls.pem"), *key = vt_test_path("tls.key"),
               *wish = vt_test_path("wish"), *url;

    (void)vt_test_run(0, VT_ARGV("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                 "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                                 "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                                 "-days", "2", "-keyout", key, "-out", certificate));
    stop_serving(s);
    s->certificate = certificate;
    s->tls_key = key;
    start(s);
    VT_CHECK_OK(vt_share_request_write(&s->wanted.request, &text, &err));
    vt_test_write(wish, vt_buf_slice(&text));
    url = vt_test_print("%s/sample", s->running.url);
    VT_CHECK(strncmp(url, "https://", 8) == 0);
    VT_CHECK(strcmp(vt_test_run(0, VT_ARGV("curl", "-s", "-o", vt_test_path("answer"), "-w",
                                           "%{http_code}", "--cacert", certificate, "-H",
                                           "Content-Type: " VT_SHARE_TYPE, "--data-binary",
                                           vt_test_print("@%s", wish), url)),
                    "201") == 0);
    (void)vt_test_run(60, VT_ARGV("curl", "-s", url)); /* unknown issuer */
    VT_CHECK(*vt_test_run(52, VT_ARGV("curl", "-s", vt_test_print("http%s", url + 5))) ==
             '\0');
    stop(s);
}

/* ---- what is refused, before anything is written ----------------------------------------
 */

static void what_belongs_elsewhere(void)
{
    struct stand *s = stand();
    struct vt_shared other = s->wanted;
    struct answer answer;

    (void)snprintf(other.request.country, 3, "FR");
    vt_sharing_sign_again(&other, 1, s->world.now);
    answer = share(s, &other);
    MUST(answer, 421);
    VT_CHECK(says(answer, "\"cell\":\"frankfurt\"") &&
             says(answer, "\"url\":\"https://fr.example.org\""));
    (void)snprintf(other.request.country, 3, "DE");
    vt_sharing_sign_again(&other, 1, s->world.now);
    answer = share(s, &other);
    MUST(answer, 503);
    VT_CHECK(says(answer, "\"cell\":\"zurich\"") && says(answer, "retry_after_s"));
    other = s->wanted;
    other.request.signature[3] ^= 1;
    MUST(share(s, &other), 403);
    VT_CHECK(count_files(s, "body") == 0 && count_files(s, "header") == 0);
    stop(s);
}

static void what_has_no_form(void)
{
    struct stand *s = stand();

    MUST(call(s, "POST", "/sample", VT_SHARE_TYPE, VT_LIT("vitrine/share/v1\n")), 400);
    MUST(call(s, "POST", "/sample", "text/plain", VT_LIT("x")), 415);
    MUST(call(s, "PUT", "/sample/xyz?offset=0", NULL, VT_LIT("x")), 400);
    MUST(call(s, "PUT", path_of(&s->wanted), NULL, VT_LIT("x")), 400);
    MUST(call(s, "PUT", vt_test_print("%s?offset=-1", path_of(&s->wanted)), NULL,
              VT_LIT("x")),
         400);
    MUST(put(s, &s->wanted, 0, 5), 404);
    MUST(call(s, "GET", "/sample/xyz", NULL, (vt_slice){ 0 }), 404);
    MUST(call(s, "POST", "/withdrawal", VT_WITHDRAWAL_TYPE, VT_LIT("{}")), 400);
    MUST(call(s, "POST", "/withdrawal", "text/plain", VT_LIT("{}")), 415);
    VT_CHECK(count_files(s, "body") == 0 && count_files(s, "header") == 0);
    stop(s);
}

/* ---- statistics and withdrawals ---------------------------------------------------------
 */

static vt_slice report_of(const struct stand *s, int64_t at)
{
    struct vt_statistic_schema *schema = vt_arena_alloc(vt_test_arena(), sizeof *schema);
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    const struct vt_env env = vt_env_real();
    const size_t answers[VT_STATISTIC_FIELDS_MAX] = { 1 };
    struct vt_error err = { 0 };

    *out = vt_buf_init(VT_STATISTIC_REPORT_BYTES_MAX);
    VT_CHECK_OK(vt_statistic_schema_parse(vt_test_read(s->world.schema), schema, &err));
    VT_CHECK_OK(vt_statistic_report_make(schema, vt_statistic_period(schema, at), answers,
                                         &env, out, &err));
    vt_statistic_schema_clear(schema);
    return vt_buf_slice(out);
}

static struct answer report(const struct stand *s, const char *country, vt_slice body)
{
    return call(s, "POST", vt_test_print("/statistics?country=%s", country),
                "application/json", body);
}

/* A report with that part of it written otherwise. */
static vt_slice changed(vt_slice report, const char *from, const char *to)
{
    const char *text = vt_arena_cstr(vt_test_arena(), report);
    const char *at = strstr(text, from);

    VT_CHECK(at != NULL);
    return vt_slice_from_cstr(
        vt_test_print("%.*s%s%s", (int)(at - text), text, to, at + strlen(from)));
}

static void reports_are_counted_or_refused_by_name(void)
{
    struct stand *s = stand();
    vt_slice good = report_of(s, s->world.now);
    struct answer answer;

    MUST(report(s, "CH", good), 202);
    answer = report(s, "CH", changed(good, "\"system\":", "\"serial\":"));
    MUST(answer, 400);
    VT_CHECK_SAYING(says(answer, "field 'serial' is not in the schema"), "%s", answer.text);
    answer = report(s, "CH", changed(good, "\"v\":1", "\"v\":1,\"who\":\"me\""));
    MUST(answer, 400);
    VT_CHECK_SAYING(says(answer, "who"), "%s", answer.text);
    answer = report(s, "FR", good);
    MUST(answer, 421);
    MUST(report(s, "XX", good), 400);
    MUST(call(s, "POST", "/statistics", NULL, good), 400);
    MUST(report(s, "CH", report_of(s, s->world.now - 3 * 86400)), 422);
    stop(s);
}

/* What goes on the ledger is what the front counted; the keeper has counts of its own,
 * which are durable with what they count.  Each thing that was taken stands once in both,
 * also when its receipt was asked for again. */
static void both_counts_agree(void)
{
    struct stand *s = stand();
    vt_slice good = report_of(s, s->world.now);
    const struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    const struct vt_env env = vt_env_real();
    struct vt_counts ledgers, keepers;
    struct vt_samples *samples;
    struct vt_error err = { 0 };
    VT_AUTO_JSON json = NULL;

    MUST(share(s, &s->wanted), 201);
    check_receipt(s, put(s, &s->wanted, 0, s->wanted.body.len), &s->wanted);
    check_receipt(s, put(s, &s->wanted, 0, s->wanted.body.len), &s->wanted); /* once */
    check_receipt(s, share(s, &s->wanted), &s->wanted);
    check_receipt(s, call(s, "GET", path_of(&s->wanted), NULL, (vt_slice){ 0 }),
                  &s->wanted);
    MUST(report(s, "CH", good), 202);
    MUST(report(s, "CH", changed(good, "\"system\":", "\"serial\":")), 400);
    MUST(report(s, "FR", good), 421);
    stop(s);
    VT_CHECK_OK(vt_counter_read(vt_test_path("totals"), &ledgers, &json, &err));
    VT_CHECK_OK(vt_samples_open(s->world.samples, "zurich", &bounds,
                                vt_world_key(VT_P_CELL), &env, &samples, &err));
    VT_CHECK_OK(vt_samples_totals(samples, &keepers, &err));
    vt_samples_close(samples);
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        if (data == VT_DATA_FILE || data == VT_DATA_STATISTIC)
            VT_CHECK_SAYING(ledgers.totals[data][VT_COUNTED_ACCEPTED] == 1 &&
                                keepers.totals[data][VT_COUNTED_ACCEPTED] == 1,
                            "%s: %ju on the ledger, %ju at the keeper",
                            vt_data_class_name((enum vt_data_class)data),
                            (uintmax_t)ledgers.totals[data][VT_COUNTED_ACCEPTED],
                            (uintmax_t)keepers.totals[data][VT_COUNTED_ACCEPTED]);
    VT_CHECK(ledgers.totals[VT_DATA_STATISTIC][VT_COUNTED_MISPLACED] == 1 &&
             ledgers.totals[VT_DATA_STATISTIC][VT_COUNTED_MALFORMED] == 1);
}

static vt_slice withdrawal_of(int64_t at)
{
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    VT_AUTO_SENT sent = NULL;
    struct vt_error err = { 0 };
    struct vt_disk *home;

    *out = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    VT_CHECK_OK(vt_disk_open(vt_test_path("home"), true, &home, &err));
    VT_CHECK_OK(vt_sent_open(home, &sent, &err));
    VT_CHECK_OK(vt_withdrawal_write(sent, VT_LIT("zurich"), vt_sharing_pseudonym(1), at,
                                    out, &err));
    vt_disk_close(home);
    return vt_buf_slice(out);
}

static void withdrawal_erases_with_a_receipt(void)
{
    struct stand *s = stand();
    vt_slice request = withdrawal_of(s->world.now);
    VT_AUTO_RECEIPT receipt = { .json = NULL };
    struct vt_error err = { 0 };
    struct answer answer;

    MUST(share(s, &s->wanted), 201);
    check_receipt(s, put(s, &s->wanted, 0, s->wanted.body.len), &s->wanted);
    answer = call(s, "POST", "/withdrawal", VT_WITHDRAWAL_TYPE, request);
    MUST(answer, 200);
    VT_CHECK_OK(vt_receipt_parse(answer.bytes, s->trust, &receipt, &err));
    VT_CHECK(receipt.erased == 1);
    VT_CHECK(count_files(s, "body") == 0 && count_files(s, "header") == 0);
    MUST(call(s, "GET", path_of(&s->wanted), NULL, (vt_slice){ 0 }), 410);
    MUST(share(s, &s->wanted), 403);
    stop(s);
}

/* ---- the keeper -------------------------------------------------------------------------
 */

static bool takes(void *context)
{
    struct stand *s = context;
    struct vt_http_call call = { .url = vt_test_print("%s%s", s->running.url,
                                                      path_of(&s->wanted)),
                                 .answer_bytes_max = VT_KIB(64) };
    struct vt_error err = { 0 };
    bool ok = vt_http_client_run(s->http, &call, &err) && call.status == 200;

    vt_http_call_clear(&call);
    return ok;
}

static void the_keeper_dies(void)
{
    struct stand *s = stand();
    pid_t pid = vt_test_role_of(&s->running, "cell-keeper");

    MUST(share(s, &s->wanted), 201);
    check_receipt(s, put(s, &s->wanted, 0, s->wanted.body.len), &s->wanted);
    VT_CHECK(pid > 0 && kill(pid, SIGKILL) == 0);
    VT_CHECK(vt_test_wait_until(takes, s));
    VT_CHECK(vt_test_role_of(&s->running, "cell-keeper") != pid);
    stop(s);
}

/* ---- papers that change -----------------------------------------------------------------
 */

/* 0: nobody answers, since it is being started. */
static int status_of_wish(struct stand *s)
{
    VT_AUTO_BUF text = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);
    struct vt_http_call call = { .url = vt_test_print("%s/sample", s->running.url),
                                 .content_type = VT_SHARE_TYPE,
                                 .answer_bytes_max = VT_KIB(64) };
    struct vt_error err = { 0 };
    int status;

    VT_CHECK_OK(vt_share_request_write(&s->wanted.request, &text, &err));
    call.body = vt_buf_slice(&text);
    status = vt_http_client_run(s->http, &call, &err) ? call.status : 0;
    vt_http_call_clear(&call);
    return status;
}

static bool refuses(void *context)
{
    int status = status_of_wish(context);

    return status == 403 || status == 503;
}

static bool accepts(void *context)
{
    return status_of_wish(context) == 202; /* it was begun before */
}

static bool has_said(void *words)
{
    return strstr(vt_arena_cstr(vt_test_arena(), vt_test_read(vt_test_path("serve.err"))),
                  words) != NULL;
}

/* SIGHUP: what the trust root does not certify any more is not taken any more; papers that
 * are none change nothing. */
static void papers_that_change(void)
{
    struct stand *s = stand();

    MUST(share(s, &s->wanted), 201);
    vt_test_write(s->world.trust, VT_LIT("{}"));
    VT_CHECK(kill(s->running.pid, SIGHUP) == 0);
    VT_CHECK(vt_test_wait_until(has_said, (void *)(uintptr_t) "it goes on as before"));
    MUST(share(s, &s->wanted), 202);
    vt_test_write(s->world.trust,
                  vt_sharing_world_trust_until(s->world.now, s->world.now - 10));
    VT_CHECK(kill(s->running.pid, SIGHUP) == 0);
    VT_CHECK(vt_test_wait_until(refuses, s));
    vt_test_write(s->world.trust, s->world.trust_bytes);
    VT_CHECK(kill(s->running.pid, SIGHUP) == 0);
    VT_CHECK(vt_test_wait_until(accepts, s));
    stop(s);
}

static void misuse(void)
{
    static const char *const rows[][2] = { { "--samples", "samples" },
                                           { "--key", "cell.pem" },
                                           { "--schema", "schema.json" },
                                           { "--collection-delay", "1h" } };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        (void)vt_test_run(2, VT_ARGV("vitrine", "cell", "serve", "--dir", vt_test_path("."),
                                     "--cell", "zurich", rows[i][0], rows[i][1]));
}

/* ---- movers -----------------------------------------------------------------------------
 */

/* The sentence says what is wrong, once. */
static void a_door_without_a_place_is_told(void)
{
    struct stand *s = stand();
    const char *name = vt_test_print("%090d", 1), *said;

    stop(s);
    said = vt_test_run(3, VT_ARGV("vitrine", "cell", "serve", "--dir", vt_test_path("."),
                                  "--cell", "zurich", "--policy", s->world.policy,
                                  "--proof", s->world.policy_proof, "--trust",
                                  s->world.trust, "--samples", s->world.samples, "--key",
                                  s->world.key, "--passphrase-file", vt_test_path("phrase"),
                                  "--movers", vt_test_path(name)));
    VT_CHECK_SAYING(strstr(said, "the cell's keeper: ") != NULL &&
                        strstr(said, "1 to 80 bytes, this one has 90") != NULL &&
                        strstr(said, "keeper: the cell's keeper") == NULL,
                    "%s", said);
}

/* The confined keeper lets a mover in, tells what is here, and gives away and takes only
 * what the table of residency says. */
static void a_mover_gets_what_the_table_says(void)
{
    struct stand *s = stand();
    struct vt_channel door;
    struct vt_mover mover = { .from = &door, .to = &door, .country = "CH" };
    struct vt_manifest_root root;
    struct vt_error err = { 0 };
    vt_hash object = s->wanted.request.object, here;

    MUST(share(s, &s->wanted), 201);
    MUST(put(s, &s->wanted, 0, s->wanted.body.len), 200);
    VT_CHECK_OK(vt_hatch_knock(vt_test_path("movers"), 1, &door, &err));
    VT_CHECK_OK(vt_mover_manifest(&mover, NULL, NULL, &root, &err));
    VT_CHECK(root.count == 1 && root.bytes == s->wanted.body.len);
    VT_CHECK_FAILS(VT_REJECTED, vt_mover_may_leave(&mover, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_mover_leave(&mover, &err));
    VT_CHECK_SAYING(strstr(err.message, "belong here") != NULL, "%s", err.message);
    VT_CHECK_FAILS(VT_ABSENT, vt_mover_find(&mover, &object, &here, &err));
    MUST(call(s, "GET", path_of(&s->wanted), NULL, (vt_slice){ 0 }), 200);
    vt_channel_clear(&door);
    stop(s);
}

static const struct vt_case cases[] = {
    { "from wish to receipt", from_wish_to_receipt },
    { "a long body goes in chunks", a_long_body_goes_in_chunks },
    { "clients that go", clients_that_go },
    { "clients that hang", clients_that_hang },
    { "clients that drip", clients_that_drip },
    { "a full disk", a_full_disk },
    { "what is too long", what_is_too_long },
    { "TLS is spoken", tls_is_spoken },
    { "what belongs elsewhere", what_belongs_elsewhere },
    { "what has no form", what_has_no_form },
    { "reports are counted, or refused by name", reports_are_counted_or_refused_by_name },
    { "both counts agree", both_counts_agree },
    { "withdrawal erases, with a receipt", withdrawal_erases_with_a_receipt },
    { "the keeper dies", the_keeper_dies },
    { "papers that change", papers_that_change },
    { "misuse", misuse },
    { "a door without a place is told", a_door_without_a_place_is_told },
    { "a mover gets what the table says", a_mover_gets_what_the_table_says },
};

VT_TEST_MAIN("cell.serve_share", cases)
