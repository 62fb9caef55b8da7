/* The load generator: one epoll, two buffers a connection.  It shares the machine with what
 * it measures, so it is made to cost little: heads are written once, noise comes eight
 * bytes at a time, and one call of the system sends or takes all that a connection has. */
#include "bench/load.h"
#include "bench/bench.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { CONNECTIONS_MAX = 1024, ANSWER_BYTES = 256 << 10, SAMPLES_MAX = 4 << 20 };

struct line {
    int fd;
    double due; /* when its requests were to be sent */
    char *out;
    size_t out_len, sent;
    char *in;
    size_t in_len;
    unsigned open; /* requests that are not answered yet */
};

struct run {
    const struct vt_load *load;
    int epoll;
    struct line *lines;
    struct line **idle;       /* a stack of those that wait for work */
    size_t idle_count, ended; /* ended: without a body to send */
    struct vt_load_result result;
    float *samples;
    size_t sample_count;
    double start, next_due;
    char head[512]; /* of every request */
    size_t head_len, body_len;
};

VT_NORETURN static void give_up(const char *what)
{
    (void)fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(VT_EXIT_TROUBLE);
}

/* ---- requests ---------------------------------------------------------------------------
 */

/* Noise with the number in front: no two entries are equal. */
static char *put_entry(const struct vt_load *load, uint64_t number, char *out)
{
    uint64_t state = number * UINT64_C(0x9e3779b97f4a7c15) | 1;
    size_t left = load->entry_bytes;

    for (uint64_t word = number; left != 0; word = state) {
        size_t piece = left < sizeof word ? left : sizeof word;

        memcpy(out, &word, piece);
        out += piece;
        left -= piece;
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    return out;
}

static void make_head(struct run *run)
{
    const struct vt_load *load = run->load;

    run->body_len = load->batch == 1 ? load->entry_bytes
                                     : (size_t)load->batch * (2 + load->entry_bytes);
    run->head_len = (size_t)snprintf(
        run->head, sizeof run->head,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%sContent-Length: %zu\r\n\r\n",
        load->path, load->accept != NULL ? "Accept: " : "",
        load->accept != NULL ? load->accept : "", load->accept != NULL ? "\r\n" : "",
        run->body_len);
    VT_ASSERT(run->head_len < sizeof run->head);
}

/* The next of its own bodies; false: there is none. */
static bool put_own_request(struct run *run, struct line *line)
{
    const struct vt_load *load = run->load;
    vt_slice body = load->body(load->context, (unsigned)(line - run->lines));
    int head =
        snprintf(line->out, sizeof run->head,
                 "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %zu\r\n\r\n",
                 load->path, body.len);

    if (body.len == 0)
        return false;
    VT_ASSERT(body.len <= load->entry_bytes);
    memcpy(line->out + head, body.data, body.len);
    line->out_len = (size_t)head + body.len;
    line->open = 1;
    return true;
}

static char *put_request(struct run *run, char *at)
{
    const struct vt_load *load = run->load;

    memcpy(at, run->head, run->head_len);
    at += run->head_len;
    for (unsigned i = 0; i < load->batch; i++) {
        if (load->batch != 1) {
            *at++ = (char)(load->entry_bytes >> 8);
            *at++ = (char)load->entry_bytes;
        }
        at = put_entry(load, run->result.next++, at);
    }
    return at;
}

static void watch(struct run *run, struct line *line, bool wants_out)
{
    struct epoll_event event = { .events = EPOLLIN | (wants_out ? EPOLLOUT : 0),
                                 .data.ptr = line };

    if (epoll_ctl(run->epoll, EPOLL_CTL_MOD, line->fd, &event) != 0)
        give_up("epoll");
}

static void push(struct run *run, struct line *line)
{
    bool was_stuck = line->sent != 0;

    while (line->sent < line->out_len) {
        ssize_t got = send(line->fd, line->out + line->sent, line->out_len - line->sent,
                           MSG_NOSIGNAL);

        if (got < 0 && errno == EAGAIN) {
            if (!was_stuck)
                watch(run, line, true);
            return;
        }
        if (got < 0)
            give_up("send");
        line->sent += (size_t)got;
    }
    if (was_stuck)
        watch(run, line, false);
}

static void put_requests(struct run *run, struct line *line)
{
    char *at = line->out;

    for (line->open = 0; line->open < run->load->depth; line->open++)
        at = put_request(run, at);
    line->out_len = (size_t)(at - line->out);
}

static void begin_request(struct run *run, struct line *line, double due)
{
    if (run->load->body == NULL)
        put_requests(run, line);
    else if (!put_own_request(run, line)) {
        run->ended++;
        return;
    }
    line->sent = line->in_len = 0;
    line->due = due;
    push(run, line);
}

/* ---- answers ----------------------------------------------------------------------------
 */

/* The length of the whole answer that begins here, 0: not known yet.  NUL behind `len`. */
static size_t answer_length(const char *in, size_t len)
{
    const char *end = memmem(in, len, "\r\n\r\n", 4), *length;

    if (end == NULL)
        return 0;
    length = memmem(in, (size_t)(end - in), "ontent-", 7);
    while (length != NULL && strncasecmp(length + 7, "length:", 7) != 0)
        length = memmem(length + 7, (size_t)(end - length - 7), "ontent-", 7);
    return (size_t)(end + 4 - in) + (length != NULL ? strtoul(length + 14, NULL, 10) : 0);
}

static void count(struct run *run, const struct line *line, const char *answer, double now)
{
    long status = strtol(answer + 9, NULL, 10); /* behind "HTTP/1.1 " */

    if (status == 200) {
        run->result.requests++;
        run->result.entries += run->load->batch;
        if (run->sample_count < SAMPLES_MAX)
            run->samples[run->sample_count++] = (float)((now - line->due) * 1000);
    } else if (status == 429 || status == 503) {
        run->result.turned_away++;
    } else {
        run->result.failed++;
    }
}

/* Whole answers are counted, what is left waits for more. */
static void take_answers(struct run *run, struct line *line)
{
    double now = vt_bench_seconds();
    size_t at = 0, whole;

    line->in[line->in_len] = '\0';
    while (line->open > 0) {
        whole = answer_length(line->in + at, line->in_len - at);
        if (whole == 0 || line->in_len - at < whole)
            break;
        count(run, line, line->in + at, now);
        at += whole;
        line->open--;
    }
    line->in_len -= at;
    memmove(line->in, line->in + at, line->in_len);
}

static void pull(struct run *run, struct line *line)
{
    ssize_t got =
        recv(line->fd, line->in + line->in_len, ANSWER_BYTES - line->in_len - 1, 0);

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0)
        give_up("the server closed a connection");
    line->in_len += (size_t)got;
    take_answers(run, line);
    if (line->open == 0)
        run->idle[run->idle_count++] = line;
}

/* ---- the loop ---------------------------------------------------------------------------
 */

static void open_line(struct run *run, struct line *line)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(run->load->port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = line };
    int one = 1;

    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line->fd < 0 || connect(line->fd, (struct sockaddr *)&to, sizeof to) != 0)
        give_up("connect");
    (void)setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)fcntl(line->fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, line->fd, &event) != 0)
        give_up("epoll");
    line->out =
        vt_alloc(sizeof run->head + run->load->depth * (run->head_len + run->body_len));
    line->in = vt_alloc(ANSWER_BYTES);
}

/* Give idle connections what is due. */
static void feed(struct run *run, double now)
{
    double step = run->load->rate != 0 ? run->load->depth / run->load->rate : 0;

    while (run->idle_count > 0 && run->next_due <= now) {
        begin_request(run, run->idle[--run->idle_count], step != 0 ? run->next_due : now);
        run->next_due += step;
    }
}

/* Nobody waits for an answer any more, or for far too long. */
static bool is_over(const struct run *run, double now)
{
    double end = run->start + run->load->seconds;
    bool is_quiet = run->idle_count + run->ended == run->load->connections;

    return now > end + 30 ||
           (is_quiet && (now >= end || run->ended == run->load->connections));
}

static void loop(struct run *run)
{
    for (;;) {
        struct epoll_event events[256];
        double now = vt_bench_seconds();
        int ready;

        if (now < run->start + run->load->seconds)
            feed(run, now);
        if (is_over(run, now))
            return;
        /* A millisecond is fine enough: latency counts from when a request was due. */
        ready = epoll_wait(run->epoll, events, 256, run->load->rate != 0 ? 1 : 100);
        for (int i = 0; i < ready; i++) {
            struct line *line = events[i].data.ptr;

            if ((events[i].events & EPOLLOUT) != 0)
                push(run, line);
            if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
                pull(run, line);
        }
    }
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static void summarise(struct run *run)
{
    size_t n = run->sample_count;

    run->result.seconds = vt_bench_seconds() - run->start;
    if (n == 0)
        return;
    qsort(run->samples, n, sizeof *run->samples, compare);
    run->result.p50_ms = (double)run->samples[n / 2];
    run->result.p99_ms = (double)run->samples[n * 99 / 100];
    run->result.max_ms = (double)run->samples[n - 1];
}

struct vt_load_result vt_load_run(const struct vt_load *asked)
{
    struct vt_load load = *asked;
    struct run run = { .load = &load, .epoll = epoll_create1(EPOLL_CLOEXEC) };

    if (load.depth == 0)
        load.depth = 1;
    if (load.batch == 0)
        load.batch = 1;
    VT_ASSERT(load.connections > 0 && load.connections <= CONNECTIONS_MAX);
    make_head(&run);
    run.lines = vt_alloc_array(load.connections, sizeof *run.lines);
    run.samples = vt_alloc_array(SAMPLES_MAX, sizeof *run.samples);
    run.result.next = load.first;
    run.idle = vt_alloc_array(load.connections, sizeof *run.idle);
    for (unsigned i = 0; i < load.connections; i++) {
        open_line(&run, &run.lines[i]);
        run.idle[run.idle_count++] = &run.lines[i];
    }
    run.start = run.next_due = vt_bench_seconds();
    loop(&run);
    summarise(&run);
    for (unsigned i = 0; i < load.connections; i++) {
        (void)close(run.lines[i].fd);
        free(run.lines[i].out);
        free(run.lines[i].in);
    }
    (void)close(run.epoll);
    free(run.lines);
    free(run.idle);
    free(run.samples);
    return run.result;
}
