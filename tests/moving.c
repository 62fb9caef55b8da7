/* See moving.h. */
#include "tests/moving.h"
#include "cell/samples_move.h"
#include "crypto/age_stream.h"
#include "tests/custody_world.h"
#include "tests/harness.h"
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { ENDS_MAX = 4 };

bool vt_moving_open(const char *folder, const char *cell, struct vt_samples **out,
                    struct vt_error *err)
{
    const struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    struct vt_env env = vt_env_real();

    return vt_samples_open(folder, cell, &bounds, vt_custody_destination_key(), &env, out,
                           err);
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

bool vt_moving_plant(struct vt_samples *samples, unsigned number, vt_slice plain,
                     const struct vt_age_recipient *recipient, const vt_hash *document,
                     vt_hash *object_out, struct vt_error *err)
{
    VT_AUTO_BUF header = vt_buf_init(VT_SHARE_HEADER_BYTES_MAX);
    VT_AUTO_BUF body = vt_buf_init(plain.len + VT_KIB(4));
    struct vt_env env = vt_env_real();
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_arrival *arrival;
    struct vt_move_row row;
    bool is_ok;

    vt_env_random(&env, file_key, sizeof file_key);
    if (!vt_age_header_write(&env, recipient, file_key, &header, err) ||
        !vt_age_seal_new(&env, file_key, vt_age_sink_buf(&body), &stream, err) ||
        !vt_age_stream_put(stream, plain, err) || !vt_age_stream_end(stream, err) ||
        !vt_arrival_new(samples, &arrival, err))
        return false;
    row = row_of(number, vt_buf_slice(&body));
    is_ok = vt_arrival_add(arrival, &row, document, vt_buf_slice(&header), err) &&
            vt_arrival_open(arrival, err) &&
            vt_arrival_put(arrival, vt_buf_slice(&body), err) &&
            vt_arrival_close(arrival, err);
    vt_arrival_free(arrival);
    *object_out = vt_sha256_of(vt_buf_slice(&header));
    return is_ok;
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

static bool is_ours(void *context, const vt_hash *recipient, const char country[3],
                    struct vt_error *err)
{
    (void)recipient;
    return yes(context, country, err);
}

/* When uploads begin and end, as FOLDER.takes says. */
static bool takes(void *context, const char country[3], struct vt_move_taking *out,
                  struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    int64_t now = time(NULL);
    char *end;
    long long from, until;

    (void)country;
    if (!vt_file_read(context, &text, err)) {
        *err = (struct vt_error){ 0 };
        *out = (struct vt_move_taking){ .takes = false };
        return true;
    }
    from = strtoll(vt_buf_cstr(&text), &end, 10);
    until = strtoll(end, NULL, 10);
    *out = (struct vt_move_taking){ .takes = from <= now && now < until,
                                    .next_unix_s = now < from    ? from
                                                   : now < until ? until
                                                                 : 0 };
    return true;
}

struct end {
    struct vt_channel channel;
    struct vt_move_desk desk;
};

struct keeping {
    struct end ends[ENDS_MAX];
    struct vt_samples *samples;
    const char *cell;
    char takes[512];
};

static void serve(struct keeping *k, int listen_fd, struct vt_error *err)
{
    struct end *ends = k->ends;
    struct pollfd fds[ENDS_MAX + 1] = { { listen_fd, POLLIN, 0 } };
    bool is_at_work = false;

    for (size_t i = 0; i < ENDS_MAX; i++) {
        fds[i + 1] =
            (struct pollfd){ ends[i].channel.fd, vt_move_desk_events(&ends[i].desk), 0 };
        is_at_work |= ends[i].channel.fd >= 0 && vt_move_desk_is_at_work(&ends[i].desk);
    }
    (void)poll(fds, ENDS_MAX + 1, is_at_work ? 0 : -1);
    for (size_t i = 0; i < ENDS_MAX; i++)
        if ((fds[i + 1].revents != 0 ||
             (ends[i].channel.fd >= 0 && vt_move_desk_is_at_work(&ends[i].desk))) &&
            !vt_move_answer(&ends[i].desk, &ends[i].channel, err) &&
            err->code == VT_ABSENT) {
            vt_move_desk_clear(&ends[i].desk);
            vt_channel_clear(&ends[i].channel);
            *err = (struct vt_error){ 0 };
        }
    for (size_t i = 0; fds[0].revents != 0 && i < ENDS_MAX; i++)
        if (ends[i].channel.fd < 0) {
            vt_move_desk_init(&ends[i].desk, k->samples);
            ends[i].desk.may_arrive = ends[i].desk.may_leave = yes;
            ends[i].desk.is_ours = is_ours;
            ends[i].desk.takes = takes;
            ends[i].desk.context = k->takes;
            ends[i].desk.cell = k->cell;
            ends[i].desk.key = vt_custody_destination_key();
            (void)!vt_hatch_accept(listen_fd, &ends[i].channel, err);
            return;
        }
}

static int keep(const char *folder, const char *cell, const char *socket, int ready_fd)
{
    struct keeping k = { .cell = cell };
    struct vt_error err = { 0 };
    int listen_fd;

    for (size_t i = 0; i < ENDS_MAX; i++)
        k.ends[i] = (struct end){ .channel = { .fd = -1 } };
    (void)snprintf(k.takes, sizeof k.takes, "%s.takes", folder);
    if (vt_moving_open(folder, cell, &k.samples, &err) && vt_hatch_new(&listen_fd, &err) &&
        vt_hatch_open(listen_fd, socket, &err)) {
        (void)!write(ready_fd, "", 1);
        while (err.code == VT_OK)
            serve(&k, listen_fd, &err);
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
