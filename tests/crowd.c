/* Writers that do not give up. */
#include "tests/crowd.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { CROWD_MAX = 256, ANSWER_BYTES = 2048, AGAIN_MS = 50, SETTLE_MS = 30000 };

struct writer {
    int fd; /* -1: none now */
    bool has_entry;
    uint64_t number;
    char request[512];
    size_t request_len, sent;
    char answer[ANSWER_BYTES];
    size_t answer_len;
    int64_t not_before_ms; /* a connection is tried again */
};

struct vt_crowd_inside {
    int epoll;
    struct writer writers[CROWD_MAX];
    double due; /* entries, since the beginning */
    int64_t last_ms;
};

/* ---- entries ----------------------------------------------------------------------------
 */

void vt_crowd_entry(uint64_t number, uint8_t *out)
{
    uint64_t state = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    char head[32];
    int len = snprintf(head, sizeof head, "entry %020ju ", (uintmax_t)number);

    for (size_t i = 0; i < VT_CROWD_ENTRY_BYTES; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out[i] = (uint8_t)('a' + state % 26);
    }
    memcpy(out, head, (size_t)len);
}

bool vt_crowd_number(vt_slice entry, uint64_t *number_out)
{
    uint8_t wanted[VT_CROWD_ENTRY_BYTES];
    char digits[21] = "";

    if (entry.len != VT_CROWD_ENTRY_BYTES)
        return false;
    memcpy(digits, entry.data + 6, 20);
    *number_out = strtoull(digits, NULL, 10);
    vt_crowd_entry(*number_out, wanted);
    return memcmp(wanted, entry.data, sizeof wanted) == 0;
}

/* ---- one writer -------------------------------------------------------------------------
 */

static void hang_up(struct vt_crowd *crowd, struct writer *w)
{
    if (w->fd >= 0)
        (void)close(w->fd);
    if (w->has_entry)
        crowd->again++;
    w->fd = -1;
    w->not_before_ms = vt_monotonic_ms() + AGAIN_MS;
}

static void dial(struct vt_crowd *crowd, struct writer *w)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(crowd->port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = w };
    int one = 1;

    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    w->sent = w->answer_len = 0;
    if (w->fd < 0 || connect(w->fd, (struct sockaddr *)&to, sizeof to) != 0) {
        hang_up(crowd, w);
        return;
    }
    (void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    VT_CHECK(epoll_ctl(crowd->inside->epoll, EPOLL_CTL_ADD, w->fd, &event) == 0);
}

/* A request is small: it goes into the socket whole, or the connection is of no use. */
static void push(struct vt_crowd *crowd, struct writer *w)
{
    ssize_t got = send(w->fd, w->request, w->request_len, MSG_NOSIGNAL | MSG_DONTWAIT);

    w->sent = w->request_len;
    w->answer_len = 0;
    if (got != (ssize_t)w->request_len)
        hang_up(crowd, w);
}

static void take_entry(struct writer *w, uint64_t number)
{
    int head =
        snprintf(w->request, sizeof w->request,
                 "POST /add HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n",
                 (int)VT_CROWD_ENTRY_BYTES);

    vt_crowd_entry(number, (uint8_t *)w->request + head);
    w->request_len = (size_t)head + VT_CROWD_ENTRY_BYTES;
    w->number = number;
    w->has_entry = true;
    w->sent = 0;
}

/* The answer's body once it is whole; NULL before. */
static const char *whole_answer(struct writer *w)
{
    char *end, *length;

    w->answer[w->answer_len] = '\0';
    end = strstr(w->answer, "\r\n\r\n");
    length = strcasestr(w->answer, "\r\ncontent-length:");
    if (end == NULL || length == NULL || strlen(end + 4) < strtoul(length + 17, NULL, 10))
        return NULL;
    return end + 4;
}

static void acknowledge(struct vt_crowd *crowd, struct writer *w, const char *body)
{
    uint64_t index = strtoull(body, NULL, 10);
    uint64_t *known = &crowd->indexes[w->number];

    VT_CHECK_SAYING(body[0] >= '0' && body[0] <= '9', "an answer 200 says '%s'", body);
    VT_CHECK(*known == UINT64_MAX);
    *known = index;
    crowd->acknowledged++;
    w->has_entry = false;
}

static void pull(struct vt_crowd *crowd, struct writer *w)
{
    ssize_t got = recv(w->fd, w->answer + w->answer_len,
                       sizeof w->answer - w->answer_len - 1, MSG_DONTWAIT);
    const char *body;

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        hang_up(crowd, w);
        return;
    }
    w->answer_len += (size_t)got;
    body = whole_answer(w);
    if (body == NULL)
        return;
    w->answer_len = 0;
    if (strncmp(w->answer, "HTTP/1.1 200", 12) == 0) {
        acknowledge(crowd, w, body);
        return;
    }
    crowd->refused++; /* the same entry, once more, a little later */
    crowd->again++;
    w->sent = 0;
    w->not_before_ms = vt_monotonic_ms() + AGAIN_MS;
}

/* ---- all of them ------------------------------------------------------------------------
 */

void vt_crowd_begin(struct vt_crowd *crowd, uint64_t max)
{
    VT_ASSERT(crowd->size <= CROWD_MAX);
    crowd->max = max;
    crowd->indexes = vt_arena_alloc(vt_test_arena(), max * sizeof *crowd->indexes);
    memset(crowd->indexes, 0xff, max * sizeof *crowd->indexes);
    crowd->inside = vt_arena_alloc(vt_test_arena(), sizeof *crowd->inside);
    crowd->inside->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < crowd->size; i++)
        crowd->inside->writers[i] = (struct writer){ .fd = -1 };
    crowd->inside->last_ms = vt_monotonic_ms();
}

/* Give everybody without work an entry that is due, and every entry a connection. */
static void hand_out(struct vt_crowd *crowd, int64_t now_ms)
{
    struct vt_crowd_inside *in = crowd->inside;
    int64_t passed = now_ms - in->last_ms;

    in->due += crowd->rate * (double)(passed < 1000 ? passed : 1000) / 1000;
    in->last_ms = now_ms;
    if (in->due > crowd->size) /* after a pause nothing is made up for */
        in->due = crowd->size;
    for (unsigned i = 0; i < crowd->size; i++) {
        struct writer *w = &in->writers[i];

        if (!w->has_entry && in->due >= 1 && crowd->sent < crowd->max) {
            take_entry(w, crowd->sent++);
            in->due -= 1;
        }
        if (!w->has_entry || w->not_before_ms > now_ms)
            continue;
        if (w->fd < 0)
            dial(crowd, w);
        if (w->fd >= 0 && w->sent == 0)
            push(crowd, w);
    }
}

static void work(struct vt_crowd *crowd)
{
    struct epoll_event events[CROWD_MAX];
    int ready;

    hand_out(crowd, vt_monotonic_ms());
    ready = epoll_wait(crowd->inside->epoll, events, CROWD_MAX, 1);
    for (int i = 0; i < ready; i++) {
        struct writer *w = events[i].data.ptr;

        if (w->fd >= 0)
            pull(crowd, w);
    }
}

void vt_crowd_run(struct vt_crowd *crowd, int64_t ms)
{
    int64_t end_ms = vt_monotonic_ms() + ms;

    while (vt_monotonic_ms() < end_ms)
        work(crowd);
}

void vt_crowd_settle(struct vt_crowd *crowd)
{
    int64_t end_ms = vt_monotonic_ms() + SETTLE_MS;

    crowd->rate = 0;
    crowd->inside->due = 0;
    while (crowd->acknowledged < crowd->sent) {
        VT_CHECK_SAYING(vt_monotonic_ms() < end_ms, "%ju of %ju entries are acknowledged",
                        (uintmax_t)crowd->acknowledged, (uintmax_t)crowd->sent);
        work(crowd);
    }
    for (unsigned i = 0; i < crowd->size; i++)
        if (crowd->inside->writers[i].fd >= 0)
            (void)close(crowd->inside->writers[i].fd);
    (void)close(crowd->inside->epoll);
}
