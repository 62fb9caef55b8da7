/* Look-ups over the wire: a served cell beside nginx that sends the same bytes as files,
 * and Redis that keeps them in memory, in one run and under the same load.
 *
 * Each look-up is one whole answer with its proof.  What is measured is answers a second of
 * the server's own processor time: load and server share two cores with whoever else is
 * here, and a core's time is what a look-up costs.  The runs take turns; the middle one of
 * three counts.  With a number behind the program: of so many verdicts, in place of 10^6.
 */
#include "bench/bench.h"
#include "bench/serving.h"
#include "cell/answer.h"
#include "cell/site.h"
#include "cell/source.h"
#include "http/server.h"
#include "tests/world.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    VERDICTS = 1000000,
    VERDICTS_MAX = 100000000,
    CONNECTIONS = 32,
    RUNS = 5,
    ASKED = 1 << 13, /* different requests, in turn */
    BATCH = 512,     /* answers in a request */
    BATCHES = 64,
    SCANNED = 65536, /* files of one who asks about all he has */
};

#define RUN_S 1.0

struct bench {
    struct vt_arena *arena;
    const char *vitrine, *folder, *machine;
    uint64_t verdicts;
    struct vt_cell_tree tree;
    vt_slice *answers; /* of each bucket that is asked for */
    struct vt_serving cell, nginx, redis;
};

static const char *in(const struct bench *b, const char *name)
{
    return vt_arena_printf(b->arena, "%s/%s", b->folder, name);
}

/* ---- load -------------------------------------------------------------------------------
 */

struct load {
    uint16_t port;
    pid_t server;          /* whose time is counted */
    const vt_slice *asked; /* whole requests, or batches of them */
    size_t count;
    const char *begins; /* what each answer begins with */
    unsigned answers;   /* in the answer to one request */
};

struct connection {
    int fd;
    size_t next;    /* request */
    size_t missing; /* bytes of its answer */
};

/* To the nanosecond; the clock ticks of /proc/PID/stat miss most of a short request. */
static double busy_seconds(pid_t pid)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    FILE *file = fopen(vt_arena_printf(arena, "/proc/%d/schedstat", (int)pid), "re");
    unsigned long long ran_ns = 0;

    VT_ASSERT(file != NULL && fscanf(file, "%llu", &ran_ns) == 1);
    (void)fclose(file);
    return (double)ran_ns / 1e9;
}

static int dial(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    VT_ASSERT(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void send_all(int fd, vt_slice bytes)
{
    while (bytes.len != 0) {
        ssize_t sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        VT_ASSERT(sent > 0);
        bytes = vt_slice_sub(bytes, (size_t)sent, bytes.len - (size_t)sent);
    }
}

/* How long is the answer to that request?  Read on a connection of its own, and looked at
 * whole: it must begin and end as it should. */
static size_t answer_length(const struct load *load, vt_slice last)
{
    VT_AUTO_BUF heard = vt_buf_init(VT_MIB(8));
    int fd = dial(load->port);
    size_t len = SIZE_MAX;

    send_all(fd, load->asked[0]);
    while (heard.len < len) {
        uint8_t piece[VT_KIB(64)];
        ssize_t got = recv(fd, piece, sizeof piece, 0);

        VT_ASSERT(got > 0);
        vt_buf_put(&heard, vt_slice_of(piece, (size_t)got));
        if (heard.len >= last.len &&
            memcmp(heard.data + heard.len - last.len, last.data, last.len) == 0)
            len = heard.len;
    }
    VT_ASSERT(memcmp(heard.data, load->begins, strlen(load->begins)) == 0);
    (void)close(fd);
    return len;
}

static void ask(const struct load *load, struct connection *c, size_t answer_bytes)
{
    send_all(c->fd, load->asked[c->next]);
    c->next = (c->next + CONNECTIONS) % load->count;
    c->missing = answer_bytes;
}

/* What came on one connection; true when its answer is whole. */
static bool hear(const struct load *load, struct connection *c, size_t answer_bytes)
{
    static uint8_t piece[VT_KIB(512)];
    ssize_t got = recv(c->fd, piece, c->missing < sizeof piece ? c->missing : sizeof piece,
                       MSG_DONTWAIT);

    VT_ASSERT(got > 0);
    if (c->missing == answer_bytes)
        VT_ASSERT(memcmp(piece, load->begins, strlen(load->begins)) == 0);
    c->missing -= (size_t)got;
    return c->missing == 0;
}

struct result {
    double core; /* answers a second of the server's processor time */
    double wall; /* a second by the clock */
};

static struct result run(const struct load *load, vt_slice last)
{
    size_t answer_bytes = answer_length(load, last);
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct connection all[CONNECTIONS];
    double began, busy;
    uint64_t answers = 0;

    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = &all[i] } };

        all[i] = (struct connection){ .fd = dial(load->port), .next = i % load->count };
        VT_ASSERT(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, all[i].fd, &event) == 0);
    }
    began = vt_bench_seconds();
    busy = busy_seconds(load->server);
    for (size_t i = 0; i < CONNECTIONS; i++)
        ask(load, &all[i], answer_bytes);
    while (vt_bench_seconds() < began + RUN_S) {
        struct epoll_event events[CONNECTIONS];
        int count = epoll_wait(epoll_fd, events, CONNECTIONS, 1000);

        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;

            if (hear(load, c, answer_bytes)) {
                answers += load->answers;
                ask(load, c, answer_bytes);
            }
        }
    }
    began = vt_bench_seconds() - began;
    busy = busy_seconds(load->server) - busy;
    for (size_t i = 0; i < CONNECTIONS; i++)
        (void)close(all[i].fd);
    (void)close(epoll_fd);
    return (struct result){ (double)answers / busy, (double)answers / began };
}

static int compare_results(const void *a, const void *b)
{
    const struct result *left = a, *right = b;

    return left->core < right->core ? -1 : left->core > right->core;
}

/* Ours and a peer in turns; each one's middle run. */
static void compare(const struct load *ours, const struct load *peer, vt_slice last,
                    vt_slice peer_last, struct result *our_out, struct result *peer_out)
{
    struct result mine[RUNS], others[RUNS];

    (void)run(ours, last); /* nobody's first look at a file is measured */
    (void)run(peer, peer_last);
    for (unsigned i = 0; i < RUNS; i++) {
        mine[i] = run(ours, last);
        others[i] = run(peer, peer_last);
    }
    for (unsigned i = 0; getenv("VT_BENCH_RUNS") != NULL && i < RUNS; i++)
        (void)fprintf(stderr, "ours %.0f (%.0f by the clock), peer %.0f (%.0f)\n",
                      mine[i].core, mine[i].wall, others[i].core, others[i].wall);
    qsort(mine, RUNS, sizeof *mine, compare_results);
    qsort(others, RUNS, sizeof *others, compare_results);
    *our_out = mine[RUNS / 2];
    *peer_out = others[RUNS / 2];
}

/* ---- a cell, and its answers as files and as values -------------------------------------
 */

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void put_u64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* Spread over all hashes, sorted; half of them clean. */
static struct vt_verdicts make_table(uint64_t count)
{
    uint8_t *rows = vt_alloc_array(count, VT_VERDICT_BYTES);
    uint64_t state = 1, part = UINT64_MAX / count;

    for (uint64_t i = 0; i < count; i++) {
        uint8_t *row = rows + i * VT_VERDICT_BYTES;

        put_u64(row, i * part + next_random(&state) % part);
        for (unsigned k = 8; k < 32; k += 8)
            put_u64(row + k, next_random(&state));
        row[32] = i % 2 == 0 ? VT_STATE_CLEAN : VT_STATE_MALICIOUS;
    }
    return (struct vt_verdicts){ .rows = rows, .count = count };
}

static void publish(struct bench *b)
{
    struct vt_error err = { 0 };
    struct vt_verdicts table = make_table(b->verdicts);
    struct vt_cell_head head = { .cell = VT_LIT("zurich"),
                                 .jurisdiction = VT_LIT("CH"),
                                 .from_unix_s = time(NULL) - 10,
                                 .until_unix_s = time(NULL) + 3600 };
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64)), file = vt_buf_init(VT_MIB(1));
    VT_AUTO_BUF envelope = vt_buf_init(VT_KIB(64));
    const struct vt_key *key = vt_world_key(VT_P_CELL);
    struct vt_cell_written written;
    struct vt_cell_site *site;

    VT_ASSERT(
        vt_cell_site_open(in(b, "cell"), &site, &err) &&
        vt_cell_site_write(site, &table, VT_CELL_BITS_AUTO, 8, &head, &written, &err) &&
        vt_cell_head_write(&head, &payload, &err) &&
        vt_envelope_sign(vt_buf_slice(&payload), &key, 1, &envelope, &err) &&
        vt_head_file_write(vt_buf_slice(&envelope), VT_LIT("none"), NULL, NULL, 0, &file,
                           &err) &&
        vt_cell_site_show(site, vt_buf_slice(&file), 1, &written, &err));
    b->tree = head.tree;
    vt_cell_site_close(site);
    free((void *)(uintptr_t)table.rows);
}

static void write_file(const char *path, vt_slice bytes)
{
    struct vt_error err = { 0 };
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    VT_ASSERT(vt_fd_write_all(fd, path, bytes, &err));
}

static uint32_t buckets(const struct bench *b)
{
    return UINT32_C(1) << b->tree.bits;
}

/* Which bucket does request i ask for?  The last one is the same in all kinds of load. */
static uint32_t bucket_of(const struct bench *b, uint64_t i)
{
    uint64_t state = i;

    return (uint32_t)(next_random(&state) % buckets(b));
}

/* As the client's code puts it together; as a file for nginx too. */
static void take_answer(struct bench *b, struct vt_cell_source *source, uint32_t bucket)
{
    VT_AUTO_BUF answer = vt_buf_init(VT_KIB(128));
    struct vt_error err = { 0 };
    vt_hash hash = { { 0 } };

    put_u64(hash.bytes, (uint64_t)bucket << (64 - b->tree.bits));
    VT_ASSERT(vt_cell_source_answer(source, &b->tree, &hash, &answer, &err));
    b->answers[bucket] = vt_arena_copy(b->arena, vt_buf_slice(&answer));
    write_file(in(b, vt_arena_printf(b->arena, "www/%u", bucket)), b->answers[bucket]);
}

/* Each that any kind of load asks for, once. */
static void take_answers(struct bench *b)
{
    VT_AUTO_CELL_SOURCE source = vt_cell_source_new(in(b, "cell/public"));

    VT_ASSERT(mkdir(in(b, "www"), 0755) == 0);
    b->answers = vt_arena_alloc(b->arena, buckets(b) * sizeof *b->answers);
    memset(b->answers, 0, buckets(b) * sizeof *b->answers);
    for (uint64_t i = 0; i <= BATCHES * BATCH || i < ASKED; i++) {
        uint32_t bucket = bucket_of(b, i);

        if (b->answers[bucket].len == 0)
            take_answer(b, source, bucket);
    }
}

/* ---- servers ----------------------------------------------------------------------------
 */

static uint16_t free_port(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_FD fd = -1;
    uint16_t port;

    VT_ASSERT(vt_http_listen("127.0.0.1", 0, &fd, &port, &err));
    return port;
}

/* The child of a process that runs `vitrine role NAME`. */
static pid_t role_of(const struct bench *b, pid_t parent, const char *name)
{
    const char *list = vt_bench_output(
        b->arena,
        (const char *const[]){ "/bin/ps", "-o", "pid=,args=", "--ppid",
                               vt_arena_printf(b->arena, "%d", (int)parent), NULL });

    for (const char *line = list; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');

        if (end == NULL)
            break;
        if (memmem(line, (size_t)(end - line), name, strlen(name)) != NULL)
            return (pid_t)strtol(line, NULL, 10);
        line = end + 1;
    }
    VT_ASSERT(false);
    return 0;
}

static void start_all(struct bench *b)
{
    uint16_t nginx = free_port(), redis = free_port();
    const char *config = vt_arena_printf(
        b->arena,
        "daemon off; master_process off; worker_processes 1;\n"
        "pid %s; error_log %s;\n"
        "events { worker_connections 1024; }\n"
        "http { access_log off; sendfile on; tcp_nopush on; keepalive_requests "
        "1000000000;\n"
        "  open_file_cache max=20000; open_file_cache_valid 1h;\n"
        "  client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s;\n"
        "  uwsgi_temp_path %s; scgi_temp_path %s;\n"
        "  server { listen 127.0.0.1:%u; root %s; } }\n",
        in(b, "nginx.pid"), in(b, "nginx.log"), in(b, "t1"), in(b, "t2"), in(b, "t3"),
        in(b, "t4"), in(b, "t5"), nginx, in(b, "www"));

    write_file(in(b, "nginx.conf"), vt_slice_from_cstr(config));
    b->cell = vt_bench_start(in(b, "cell.log"), 0,
                             (const char *const[]){ b->vitrine, "cell", "serve", "--dir",
                                                    in(b, "cell"), "--cell", "zurich",
                                                    "--drain", "0s", NULL });
    b->nginx = vt_bench_start(in(b, "nginx.out"), nginx,
                              (const char *const[]){ "/usr/sbin/nginx", "-p", b->folder,
                                                     "-c", in(b, "nginx.conf"), NULL });
    b->redis = vt_bench_start(
        in(b, "redis.log"), redis,
        (const char *const[]){ "/usr/bin/redis-server", "--bind", "127.0.0.1", "--port",
                               vt_arena_printf(b->arena, "%u", redis), "--save", "",
                               "--appendonly", "no", NULL });
}

static void fill_redis(const struct bench *b)
{
    int fd = dial(b->redis.port);
    char reply[5];

    for (uint32_t i = 0; i < buckets(b); i++) {
        VT_AUTO_BUF set = vt_buf_init(VT_KIB(128));

        if (b->answers[i].len == 0)
            continue;
        vt_buf_printf(&set, "*3\r\n$3\r\nSET\r\n$8\r\n%08u\r\n$%zu\r\n", i,
                      b->answers[i].len);
        vt_buf_put(&set, b->answers[i]);
        vt_buf_put_text(&set, "\r\n");
        send_all(fd, vt_buf_slice(&set));
        VT_ASSERT(recv(fd, reply, sizeof reply, MSG_WAITALL) == sizeof reply &&
                  memcmp(reply, "+OK\r\n", sizeof reply) == 0);
    }
    (void)close(fd);
}

/* ---- requests ---------------------------------------------------------------------------
 */

static vt_slice text(const struct bench *b, const char *request)
{
    return vt_arena_copy(b->arena, vt_slice_from_cstr(request));
}

enum kind { CELL_ONE, NGINX_ONE, REDIS_ONE, REDIS_MANY, CELL_MANY };

static vt_slice one_request(const struct bench *b, enum kind kind, uint32_t bucket)
{
    char root[65];

    vt_hash_text(&b->tree.root, root);
    if (kind == CELL_ONE)
        return text(b, vt_arena_printf(b->arena,
                                       "GET /answer/%s/%u HTTP/1.1\r\nHost: h\r\n\r\n",
                                       root, bucket));
    if (kind == NGINX_ONE)
        return text(
            b, vt_arena_printf(b->arena, "GET /%u HTTP/1.1\r\nHost: h\r\n\r\n", bucket));
    return text(b, vt_arena_printf(b->arena, "*2\r\n$3\r\nGET\r\n$8\r\n%08u\r\n", bucket));
}

static vt_slice batch_request(const struct bench *b, enum kind kind, uint64_t first)
{
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));

    if (kind == CELL_MANY) {
        vt_buf_printf(&out,
                      "POST /lookup HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n",
                      32 + 4 * BATCH);
        vt_buf_put(&out, VT_BYTES(b->tree.root));
    }
    for (unsigned i = 0; i < BATCH; i++) {
        uint32_t bucket = bucket_of(b, i + 1 == BATCH ? 0 : first + i);

        if (kind == CELL_MANY)
            vt_buf_put_u32(&out, bucket);
        else
            vt_buf_put(&out, one_request(b, kind, bucket));
    }
    return vt_arena_copy(b->arena, vt_buf_slice(&out));
}

static struct load make_load(const struct bench *b, enum kind kind)
{
    bool is_many = kind == REDIS_MANY || kind == CELL_MANY;
    size_t count = is_many ? BATCHES : ASKED;
    vt_slice *asked = vt_arena_alloc(b->arena, count * sizeof *asked);
    struct load load = { .asked = asked, .count = count, .answers = is_many ? BATCH : 1 };

    for (size_t i = 0; i < count; i++)
        asked[i] = is_many ? batch_request(b, kind, 1 + i * BATCH)
                           : one_request(b, kind, bucket_of(b, i));
    load.begins = kind == REDIS_ONE || kind == REDIS_MANY ? "$" : "HTTP/1.1 200 OK";
    if (kind == NGINX_ONE) {
        load.port = b->nginx.port;
        load.server = b->nginx.pid;
    } else if (kind == REDIS_ONE || kind == REDIS_MANY) {
        load.port = b->redis.port;
        load.server = b->redis.pid;
    } else {
        load.port = b->cell.port;
        load.server = role_of(b, b->cell.pid, "cell-front");
    }
    return load;
}

/* ---- figures ----------------------------------------------------------------------------
 */

static void print(const struct bench *b, const char *name, const char *peer,
                  const struct result *mine, const struct result *other, double goal,
                  const char *conditions)
{
    vt_bench_print(&(struct vt_figure){
        .name = name,
        .unit = "look-ups/s/core",
        .value = mine->core,
        .peer = peer,
        .peer_value = other->core,
        .goal = goal,
        .is_more_better = true,
        .conditions = vt_arena_printf(
            b->arena,
            "%s; whole answers of %zu bytes with proof, %u buckets of %ju verdicts, all "
            "in memory; %d connections; per second of the server's processor time, middle "
            "of %d runs in turns (by the clock, load beside: ours %.0f/s, peer %.0f/s); %s",
            conditions, vt_answer_bytes(&b->tree), buckets(b), (uintmax_t)b->verdicts,
            CONNECTIONS, RUNS, mine->wall, other->wall, b->machine),
    });
}

/* How many files does a bucket answer for, when so many are asked about at once? */
static double files_each(const struct bench *b)
{
    uint64_t state = 3, different = 0;
    bool *is_asked = vt_alloc_array(buckets(b), sizeof *is_asked);

    for (unsigned i = 0; i < SCANNED; i++) {
        uint64_t bucket = next_random(&state) % buckets(b);

        different += !is_asked[bucket];
        is_asked[bucket] = true;
    }
    free(is_asked);
    return (double)SCANNED / (double)different;
}

static void measure(const struct bench *b)
{
    struct load one = make_load(b, CELL_ONE), nginx = make_load(b, NGINX_ONE);
    struct load redis = make_load(b, REDIS_ONE), many = make_load(b, CELL_MANY);
    struct load pipelined = make_load(b, REDIS_MANY);
    vt_slice last = b->answers[bucket_of(b, 0)];
    VT_AUTO_BUF last_value = vt_buf_init(VT_KIB(128));
    struct result mine, other;

    compare(&one, &nginx, last, last, &mine, &other);
    print(b, "cell.wire.one", "nginx 1.22, same bytes as files, open_file_cache, sendfile",
          &mine, &other, 1.0, "GET /answer/ROOT/INDEX, one a request, kept connections");
    vt_buf_put(&last_value, last);
    vt_buf_put_text(&last_value, "\r\n");
    compare(&one, &redis, last, vt_buf_slice(&last_value), &mine, &other);
    print(b, "cell.wire.one.redis", "redis 7.0 GET of the same bytes", &mine, &other, 1.0,
          "one a request");
    compare(&many, &pipelined, last, vt_buf_slice(&last_value), &mine, &other);
    print(b, "cell.wire.batch.answers", "redis 7.0, as many GETs pipelined", &mine, &other,
          1.0, "POST /lookup of 512 answers");
    vt_bench_print(&(struct vt_figure){
        .name = "cell.wire.batch.files",
        .unit = "files/s/core",
        .value = mine.core * files_each(b),
        .goal = 3e6,
        .is_more_better = true,
        .conditions = vt_arena_printf(
            b->arena,
            "the same batches, counted in files: one who asks about 65,536 random files "
            "needs each bucket once, and a bucket answers for %.1f of them; each answer "
            "with its proof; %s",
            files_each(b), b->machine),
    });
}

int main(int argc, char **argv)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct bench b = { .arena = arena, .verdicts = VERDICTS };
    char folder[4096];

    if (argc < 2 || argc > 3 ||
        (argc == 3 && (!vt_decimal_parse(vt_slice_from_cstr(argv[2]), &b.verdicts) ||
                       b.verdicts == 0 || b.verdicts > VERDICTS_MAX)))
        return VT_EXIT_USAGE;
    b.vitrine = argv[1];
    VT_ASSERT(realpath(vt_bench_folder(arena, "cell-wire"), folder) != NULL);
    b.folder = folder; /* nginx takes no path from where we are */
    b.machine = vt_bench_machine(arena, b.folder);
    publish(&b);
    take_answers(&b);
    start_all(&b);
    fill_redis(&b);
    measure(&b);
    vt_bench_stop(&b.cell, SIGTERM);
    vt_bench_stop(&b.nginx, SIGTERM);
    vt_bench_stop(&b.redis, SIGTERM);
    vt_bench_folder_remove(b.folder);
    return 0;
}
