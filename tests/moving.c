/* See moving.h. */
#include "tests/moving.h"
#include "cell/samples_move.h"
#include "crypto/key.h"
#include "tests/harness.h"
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { ENDS_MAX = 4 };

bool vt_moving_open(const char *folder, const char *cell, struct vt_samples **out,
                    struct vt_error *err)
{
    static const uint8_t seed[32] = "a cell's key in tests of moves.";
    const struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    struct vt_env env = vt_env_real();
    struct vt_key *key; /* as long as the process */

    if (!vt_key_from_seed(seed, &key, err))
        return false;
    vt_test_keep(key);
    return vt_samples_open(folder, cell, &bounds, key, &env, out, err);
}

/* ---- filling ----------------------------------------------------------------------------
 */

/* Noise that is the same for the same number, quickly. */
static void make_body(unsigned number, uint8_t *out, size_t len)
{
    uint64_t x = UINT64_C(0x9e3779b97f4a7c15) * (number + 1);

    for (size_t i = 0; i < len; i += sizeof x) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(out + i, &x, len - i < sizeof x ? len - i : sizeof x);
    }
}

static struct vt_move_row row_of(unsigned number, vt_slice body)
{
    static const uint8_t rules[32] = "the rules of a test";
    struct vt_move_row row = { .object = vt_sha256_of(VT_BYTES(number)),
                               .country = "CH",
                               .body = vt_sha256_of(body),
                               .body_bytes = body.len,
                               .rule = VT_LIT("a rule"),
                               .asked_unix_s = 1700000000 + number,
                               .is_scanned = number % 3 == 0,
                               .touched_unix_s = 1700000100 + number,
                               .kept_until_unix_s = INT64_C(4000000000),
                               .receipt = VT_LIT("a receipt, as it was signed") };

    memcpy(row.owner.bytes, &number, sizeof number);
    if (row.is_scanned) {
        row.rules = VT_BYTES(rules);
        row.outcome = VT_LIT("clean");
    }
    return row;
}

static bool add_one(struct vt_arrival *arrival, unsigned number, vt_slice body,
                    const struct vt_age_recipient *recipient, const vt_hash *document,
                    struct vt_error *err)
{
    VT_AUTO_BUF header = vt_buf_init(VT_SHARE_HEADER_BYTES_MAX);
    struct vt_env env = vt_env_real();
    struct vt_move_row row = row_of(number, body);
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];

    vt_env_random(&env, file_key, sizeof file_key);
    return vt_age_header_write(&env, recipient, file_key, &header, err) &&
           vt_arrival_add(arrival, &row, document, vt_buf_slice(&header), err);
}

static bool fill_batch(struct vt_samples *samples, unsigned first, unsigned count,
                       size_t (*bytes_of)(unsigned i),
                       const struct vt_age_recipient *recipient, const vt_hash *document,
                       struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_arrival *arrival;
    vt_slice bodies[VT_MOVE_BATCH_MAX];
    bool is_ok;

    if (!vt_arrival_new(samples, &arrival, err))
        return false;
    is_ok = true;
    for (unsigned i = 0; is_ok && i < count; i++) {
        size_t len = bytes_of(first + i);
        uint8_t *bytes = vt_arena_alloc(arena, len);

        make_body(first + i, bytes, len);
        bodies[i] = vt_slice_of(bytes, len);
        is_ok = add_one(arrival, first + i, bodies[i], recipient, document, err);
    }
    is_ok = is_ok && vt_arrival_open(arrival, err);
    for (unsigned i = 0; is_ok && i < count; i++)
        is_ok = vt_arrival_put(arrival, bodies[i], err);
    is_ok = is_ok && vt_arrival_close(arrival, err);
    vt_arrival_free(arrival);
    return is_ok;
}

bool vt_moving_fill(struct vt_samples *samples, unsigned first, unsigned count,
                    size_t (*bytes_of)(unsigned i),
                    const struct vt_age_recipient *recipient, const vt_hash *document,
                    struct vt_error *err)
{
    for (unsigned i = 0; i < count; i += VT_MOVE_BATCH_MAX)
        if (!fill_batch(samples, first + i,
                        count - i < VT_MOVE_BATCH_MAX ? count - i : VT_MOVE_BATCH_MAX,
                        bytes_of, recipient, document, err))
            return false;
    return true;
}

/* ---- a keeper's loop --------------------------------------------------------------------
 */

static bool yes(void *context, const char country[3], struct vt_error *err)
{
    (void)context;
    (void)country;
    (void)err;
    return true;
}

struct end {
    struct vt_channel channel;
    struct vt_move_desk desk;
};

static void serve(struct end ends[ENDS_MAX], int listen_fd, struct vt_samples *samples,
                  struct vt_error *err)
{
    struct pollfd fds[ENDS_MAX + 1] = { { listen_fd, POLLIN, 0 } };

    for (size_t i = 0; i < ENDS_MAX; i++)
        fds[i + 1] = (struct pollfd){ ends[i].channel.fd, POLLIN, 0 };
    (void)poll(fds, ENDS_MAX + 1, -1);
    for (size_t i = 0; i < ENDS_MAX; i++)
        if (fds[i + 1].revents != 0 &&
            !vt_move_answer(&ends[i].desk, &ends[i].channel, err) &&
            err->code == VT_ABSENT) {
            vt_move_desk_clear(&ends[i].desk);
            vt_channel_clear(&ends[i].channel);
            *err = (struct vt_error){ 0 };
        }
    for (size_t i = 0; fds[0].revents != 0 && i < ENDS_MAX; i++)
        if (ends[i].channel.fd < 0) {
            ends[i].desk = (struct vt_move_desk){ .samples = samples,
                                                  .may_arrive = yes,
                                                  .may_leave = yes };
            (void)!vt_move_accept(listen_fd, &ends[i].channel, err);
            return;
        }
}

static int keep(const char *folder, const char *cell, const char *socket, int ready_fd)
{
    struct end ends[ENDS_MAX];
    struct vt_error err = { 0 };
    struct vt_samples *samples;
    int listen_fd;

    for (size_t i = 0; i < ENDS_MAX; i++)
        ends[i] = (struct end){ .channel = { .fd = -1 } };
    if (vt_moving_open(folder, cell, &samples, &err) &&
        vt_move_listen(socket, &listen_fd, &err)) {
        (void)!write(ready_fd, "", 1);
        while (err.code == VT_OK)
            serve(ends, listen_fd, samples, &err);
    }
    (void)fprintf(stderr, "the keeper of %s: %s\n", cell, err.message);
    return 1;
}

pid_t vt_moving_start(const char *folder, const char *cell, const char *socket)
{
    int ready[2];
    char byte;
    pid_t pid;

    VT_ASSERT(pipe(ready) == 0);
    pid = fork();
    VT_ASSERT(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(ready[0]);
        _exit(keep(folder, cell, socket, ready[1]));
    }
    (void)close(ready[1]);
    VT_ASSERT(read(ready[0], &byte, 1) == 1);
    (void)close(ready[0]);
    return pid;
}

void vt_moving_kill(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

/* ---- in place of an agent ---------------------------------------------------------------
 */

static bool rewrap_one(struct vt_moving_keys *keys, vt_slice header, struct vt_buf *out,
                       struct vt_error *err)
{
    struct vt_env env = vt_env_real();
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    struct vt_age_header parsed;

    return vt_age_header_parse(header, &parsed, err) &&
           vt_age_unwrap(&keys->from, &parsed, file_key, err) &&
           vt_age_header_write(&env, &keys->to, file_key, out, err);
}

bool vt_moving_rewrap(void *context, const struct vt_move_sealed *objects, size_t count,
                      struct vt_arena *arena, vt_slice *headers_out, struct vt_error *err)
{
    for (size_t i = 0; i < count; i++) {
        VT_AUTO_BUF out = vt_buf_init(VT_SHARE_HEADER_BYTES_MAX);

        if (!rewrap_one(context, objects[i].header, &out, err))
            return false;
        headers_out[i] = vt_arena_copy(arena, vt_buf_slice(&out));
    }
    return true;
}
