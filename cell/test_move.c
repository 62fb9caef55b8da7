/* A country's samples between two stores in service: all arrive, once, whoever is killed on
 * the way; what was erased meanwhile does not; what is damaged is found. */
#include "cell/move_inside.h"
#include "cell/move_message.h"
#include "tests/harness.h"
#include "tests/moving.h"
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { OBJECTS = 400, BATCH = 8, KILLS = 9 };

struct both {
    struct vt_moving_keys keys; /* first: vt_moving_rewrap's context */
    const char *folders[2], *sockets[2];
    pid_t pids[2];
    struct vt_channel channels[2];
    struct vt_mover mover;
    int told_fd; /* a byte for each batch; -1 */
    unsigned batches_max;
    unsigned batches;
};

static const vt_hash NO_DOCUMENT;
static const char *const CELLS[2] = { "zurich", "vienna" };

/* Mostly small, some of some hundred KiB, one that is longer than a batch's buffer. */
static size_t bytes_of(unsigned i)
{
    if (i == 7)
        return VT_MOVE_WHOLE_BYTES + 12345;
    return i % 50 == 0 ? VT_KIB(200) + i : 200 + 37 * (i % 90);
}

static bool tell(void *context, const struct vt_move_progress *progress)
{
    struct both *both = context;

    (void)progress;
    if (both->told_fd >= 0)
        (void)!write(both->told_fd, "", 1);
    return ++both->batches != both->batches_max;
}

static void start(struct both *both, int end)
{
    both->pids[end] = vt_moving_start(both->folders[end], CELLS[end], both->sockets[end]);
}

static void connect_both(struct both *both)
{
    struct vt_error err = { 0 };

    for (int end = 0; end < 2; end++) {
        if (both->channels[end].fd >= 0)
            vt_channel_clear(&both->channels[end]);
        VT_CHECK_OK(vt_move_connect(both->sockets[end], &both->channels[end], &err));
    }
}

static struct both *make(unsigned count)
{
    struct both *both = vt_arena_alloc(vt_test_arena(), sizeof *both);
    VT_AUTO_AGE_IDENTITY to = { .secret = { 0 } };
    struct vt_env env = vt_env_real();
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_identity_generate(&env, &both->keys.from, &err));
    VT_CHECK_OK(vt_age_identity_generate(&env, &to, &err));
    both->keys.to = to.recipient;
    both->told_fd = -1;
    for (int end = 0; end < 2; end++) {
        both->folders[end] = vt_test_path(CELLS[end]);
        both->sockets[end] = vt_test_path(end == 0 ? "from" : "to");
        both->channels[end].fd = -1;
    }
    VT_CHECK_OK(vt_moving_open(both->folders[0], CELLS[0], &samples, &err));
    VT_CHECK_OK(vt_moving_fill(samples, 0, count, bytes_of, &both->keys.from.recipient,
                               &NO_DOCUMENT, &err));
    vt_samples_close(samples);
    start(both, 0);
    start(both, 1);
    connect_both(both);
    both->mover = (struct vt_mover){ .from = &both->channels[0],
                                     .to = &both->channels[1],
                                     .samples = both->folders[0],
                                     .country = "CH",
                                     .recipient = vt_sha256_of(VT_LIT("vienna's")),
                                     .batch_max = BATCH,
                                     .rewrap_max = VT_MOVE_ROWS_MAX,
                                     .rewrap = vt_moving_rewrap,
                                     .go_on = tell,
                                     .context = both };
    return both;
}

static void end(struct both *both)
{
    for (int i = 0; i < 2; i++) {
        vt_moving_kill(both->pids[i]);
        vt_channel_clear(&both->channels[i]);
    }
    vt_age_identity_clear(&both->keys.from);
}

static struct vt_manifest_root manifest_of(struct both *both)
{
    struct vt_manifest_root root, written;
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
    struct vt_disk *disk;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_disk_open(vt_test_path("job"), true, &disk, &err));
    VT_CHECK_OK(vt_mover_manifest(&both->mover, disk, "manifest", &root, &err));
    vt_disk_close(disk);
    VT_CHECK_OK(vt_file_read(vt_test_path("job/manifest"), &bytes, &err));
    VT_CHECK_OK(vt_manifest_parse(vt_buf_slice(&bytes), NULL, NULL, &written, &err));
    VT_CHECK(vt_manifest_root_equal(&root, &written));
    return root;
}

/* Both ends agree, by the rows, by each other's reckoning, and by every file. */
static void check_settled(struct both *both, const struct vt_manifest_root *wanted)
{
    struct vt_move_settled settled = { .dropped = 0 };
    struct vt_manifest_root again;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_mover_settle(&both->mover, &settled, &err));
    VT_CHECK(settled.is_equal);
    VT_CHECK(vt_manifest_root_equal(&settled.to, wanted));
    VT_CHECK_OK(vt_mover_read_back(&both->mover, &again, &err));
    VT_CHECK(vt_manifest_root_equal(&again, wanted));
}

/* ---- whoever is killed ------------------------------------------------------------------
 */

/* The mover as a process: passes until one is through. */
static pid_t start_mover(struct both *both, int told_fd)
{
    pid_t pid = fork();
    struct vt_error err = { 0 };
    bool is_ok;

    VT_CHECK(pid >= 0);
    if (pid != 0)
        return pid;
    both->told_fd = told_fd;
    both->channels[0].fd = both->channels[1].fd = -1; /* the parent's */
    connect_both(both);
    is_ok = vt_mover_copy(&both->mover, &err);
    _exit(is_ok ? 0 : err.code == VT_ABSENT ? 2 : 1);
}

static bool wait_for_batches(int fd, unsigned count)
{
    for (char byte; count != 0; count--)
        if (read(fd, &byte, 1) != 1)
            return false;
    return true;
}

/* In turn the mover, the source and the destination die, each some batches after the last
 * death; whoever died is started again. */
static void everybody_is_killed(void)
{
    struct both *both = make(OBJECTS);
    struct vt_manifest_root wanted = manifest_of(both);
    unsigned kills = 0, ends = 0;
    int told[2], status = -1;

    VT_CHECK(wanted.count == OBJECTS);
    while (status != 0) {
        pid_t pid;

        VT_CHECK(pipe(told) == 0); /* of this mover alone */
        pid = start_mover(both, told[1]);

        if (kills < KILLS && wait_for_batches(told[0], 1)) {
            unsigned whom = kills++ % 3;

            if (whom == 2)
                (void)kill(pid, SIGKILL);
            else
                vt_moving_kill(both->pids[whom]);
            VT_CHECK(waitpid(pid, &status, 0) == pid);
            VT_CHECK(whom == 2 ? WIFSIGNALED(status) : WEXITSTATUS(status) == 2);
            if (whom != 2)
                start(both, (int)whom);
            status = -1;
        } else {
            VT_CHECK(waitpid(pid, &status, 0) == pid);
            VT_CHECK_SAYING(status == 0, "the mover ended with %d", status);
        }
        (void)close(told[0]);
        (void)close(told[1]);
        ends++;
    }
    VT_CHECK(kills == KILLS && ends == KILLS + 1);
    connect_both(both);
    check_settled(both, &wanted);
    end(both);
}

/* ---- what changes meanwhile -------------------------------------------------------------
 */

static bool take_id(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    (void)err;
    *(vt_hash *)context = row->object;
    return true;
}

/* The source's keeper rests while its store is changed by us. */
static struct vt_samples *open_end(struct both *both, int end_)
{
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    vt_moving_kill(both->pids[end_]);
    VT_CHECK_OK(vt_moving_open(both->folders[end_], CELLS[end_], &samples, &err));
    return samples;
}

static void close_end(struct both *both, int end_, struct vt_samples *samples)
{
    vt_samples_close(samples);
    start(both, end_);
    connect_both(both);
}

static vt_hash first_of(struct vt_samples *samples)
{
    struct vt_error err = { 0 };
    vt_hash first = { { 0 } };
    bool is_more;

    VT_CHECK_OK(vt_samples_page(samples, "CH", NULL, 1, take_id, &first, &is_more, &err));
    return first;
}

static void uploads_and_erasures_go_on(void)
{
    struct both *both = make(40);
    struct vt_manifest_root before = manifest_of(both), after;
    struct vt_move_settled settled = { .dropped = 0 };
    struct vt_samples *samples;
    struct vt_error err = { 0 };
    vt_hash gone, here;

    VT_CHECK_OK(vt_mover_copy(&both->mover, &err));
    VT_CHECK(both->mover.progress.copied == 40);
    samples = open_end(both, 0);
    gone = first_of(samples);
    VT_CHECK_OK(vt_samples_unarrive(samples, &gone, &err)); /* as a withdrawal does */
    VT_CHECK_OK(vt_moving_fill(samples, 1000, 5, bytes_of, &both->keys.from.recipient,
                               &NO_DOCUMENT, &err));
    close_end(both, 0, samples);
    VT_CHECK_OK(vt_mover_find(&both->mover, &gone, &here, &err));
    VT_CHECK_OK(vt_mover_settle(&both->mover, &settled, &err));
    VT_CHECK(settled.is_equal && settled.dropped == 1);
    VT_CHECK(both->mover.progress.copied == 5);
    after = manifest_of(both);
    VT_CHECK(after.count == 44 && !vt_manifest_root_equal(&before, &after));
    check_settled(both, &after);
    VT_CHECK_FAILS(VT_ABSENT, vt_mover_find(&both->mover, &gone, &here, &err));
    end(both);
}

static void it_stops_and_goes_on(void)
{
    struct both *both = make(40);
    struct vt_manifest_root wanted = manifest_of(both);
    struct vt_error err = { 0 };

    both->batches_max = 2;
    VT_CHECK_OK(vt_mover_copy(&both->mover, &err));
    VT_CHECK(both->mover.is_stopped && both->mover.progress.copied == 2 * BATCH);
    both->batches_max = 0;
    VT_CHECK_OK(vt_mover_copy(&both->mover, &err));
    VT_CHECK(!both->mover.is_stopped && both->mover.progress.copied == 40 - 2 * BATCH);
    VT_CHECK_OK(vt_mover_copy(&both->mover, &err));
    VT_CHECK(both->mover.progress.copied == 0 && both->mover.progress.seen == 40);
    check_settled(both, &wanted);
    end(both);
}

static void it_keeps_its_rate(void)
{
    struct both *both = make(12); /* 200 KiB and 1 MiB among them */
    struct vt_error err = { 0 };
    int64_t begun = vt_monotonic_ms();

    both->mover.rate_bytes_per_s = VT_MIB(8);
    VT_CHECK_OK(vt_mover_copy(&both->mover, &err));
    VT_CHECK(vt_monotonic_ms() - begun >= 130);
    end(both);
}

static void the_source_ends_empty(void)
{
    struct both *both = make(70);
    struct vt_manifest_root wanted = manifest_of(both), left;
    struct vt_samples *samples;
    struct vt_samples_census census;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_mover_copy(&both->mover, &err));
    VT_CHECK_OK(vt_mover_leave(&both->mover, &err));
    VT_CHECK_OK(vt_mover_manifest(&both->mover, NULL, NULL, &left, &err));
    VT_CHECK(left.count == 0);
    samples = open_end(both, 0);
    VT_CHECK_OK(vt_samples_census(samples, &census, &err));
    VT_CHECK(census.scanned == 0 && census.waiting == 0 && census.erased == 0);
    close_end(both, 0, samples);
    samples = open_end(both, 1);
    VT_CHECK_OK(vt_samples_census(samples, &census, &err));
    VT_CHECK(census.scanned + census.waiting == 70 && census.scanned == 24);
    close_end(both, 1, samples);
    VT_CHECK_OK(vt_mover_read_back(&both->mover, &left, &err));
    VT_CHECK(vt_manifest_root_equal(&left, &wanted));
    end(both);
}

/* ---- damage -----------------------------------------------------------------------------
 */

static void flip(const char *folder, const char *what, const vt_hash *object)
{
    char id[65];
    const char *path;
    vt_slice bytes;
    uint8_t *copy;

    vt_hash_text(object, id);
    path = vt_arena_printf(vt_test_arena(), "%s/%s/%.2s/%s", folder, what, id, id);
    bytes = vt_test_read(path);
    copy = vt_arena_alloc(vt_test_arena(), bytes.len);
    memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len / 2] ^= 1;
    vt_test_write(path, vt_slice_of(copy, bytes.len));
}

static void remove_body(const char *folder, const vt_hash *object)
{
    char id[65];

    vt_hash_text(object, id);
    VT_CHECK(unlink(vt_arena_printf(vt_test_arena(), "%s/body/%.2s/%s", folder, id, id)) ==
             0);
}

static void damage_is_found_at_both_ends(void)
{
    static const char *const whats[] = { "body", "header" };
    struct both *both = make(20);
    struct vt_manifest_root root;
    struct vt_error err = { 0 };
    vt_hash first = { { 0 } }, here;
    bool is_more;
    struct vt_samples *samples = open_end(both, 0);

    VT_CHECK_OK(vt_samples_page(samples, "CH", NULL, 1, take_id, &first, &is_more, &err));
    close_end(both, 0, samples);
    for (size_t i = 0; i < 2; i++) {
        flip(both->folders[0], whats[i], &first);
        VT_CHECK_FAILS(VT_REJECTED, vt_mover_copy(&both->mover, &err));
        VT_CHECK_SAYING(strstr(err.message, "damaged") != NULL, "%s", err.message);
        err = (struct vt_error){ 0 };
        flip(both->folders[0], whats[i], &first);
    }
    VT_CHECK_OK(vt_mover_copy(&both->mover, &err));
    VT_CHECK_OK(vt_mover_read_back(&both->mover, &root, &err));
    VT_CHECK_OK(vt_mover_find(&both->mover, &first, &here, &err));
    for (size_t i = 0; i < 2; i++) {
        flip(both->folders[1], whats[i], &here);
        VT_CHECK_FAILS(VT_REJECTED, vt_mover_read_back(&both->mover, &root, &err));
        err = (struct vt_error){ 0 };
        flip(both->folders[1], whats[i], &here);
    }
    VT_CHECK_OK(vt_mover_read_back(&both->mover, &root, &err));
    remove_body(both->folders[1], &here); /* is told as damage, not as a keeper that went */
    VT_CHECK_FAILS(VT_REJECTED, vt_mover_read_back(&both->mover, &root, &err));
    VT_CHECK_SAYING(strstr(err.message, "is not there") != NULL, "%s", err.message);
    end(both);
}

/* ---- those who do not behave ------------------------------------------------------------
 */

static bool count_row(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    (void)row;
    (void)err;
    ++*(size_t *)context;
    return true;
}

/* A source that answers a page with so many rows. */
static void send_rows(int fd, unsigned count)
{
    struct vt_channel channel = vt_channel_init(fd);
    struct vt_move_row row = { .country = "CH", .body_bytes = 1 };
    struct vt_message question;
    struct vt_error err = { 0 };
    uint8_t is_more = 0;

    if (!vt_channel_receive(&channel, 10000, &question, &err))
        _exit(1);
    for (unsigned i = 0; i < count; i++) {
        VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

        row.object.bytes[0] = (uint8_t)(i + 1);
        vt_move_row_write(&body, &row, (vt_slice){ 0 });
        if (!vt_channel_send(&channel, VT_MOVE_ROW, vt_buf_slice(&body), &err))
            _exit(0); /* the mover had enough */
    }
    (void)!vt_channel_send(&channel, VT_MOVE_END, VT_BYTES(is_more), &err);
    _exit(0);
}

static size_t rows_taken(unsigned count, bool *is_ok, struct vt_error *err)
{
    int ends[2];
    size_t taken = 0;
    bool is_more;
    struct vt_channel channel;
    struct vt_mover mover = { .from = &channel, .country = "CH" };
    pid_t pid;

    VT_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
    pid = fork();
    VT_CHECK(pid >= 0);
    if (pid == 0) {
        (void)close(ends[0]);
        send_rows(ends[1], count);
    }
    (void)close(ends[1]);
    channel = vt_channel_init(ends[0]);
    *is_ok = vt_move_page(&mover, NULL, count_row, &taken, &is_more, err);
    vt_channel_clear(&channel);
    VT_CHECK(waitpid(pid, NULL, 0) == pid);
    return taken;
}

static void a_page_has_its_bound(void)
{
    struct vt_error err = { 0 };
    bool is_ok;

    VT_CHECK_SAYING(rows_taken(VT_MOVE_ROWS_MAX, &is_ok, &err) == VT_MOVE_ROWS_MAX, "%s",
                    err.message);
    VT_CHECK_SAYING(is_ok, "%s", err.message);
    VT_CHECK(rows_taken(VT_MOVE_ROWS_MAX + 1, &is_ok, &err) == VT_MOVE_ROWS_MAX);
    VT_CHECK(!is_ok && err.code == VT_MALFORMED);
}

/* Two moves to one cell would undo each other's batches. */
static void one_arrival_at_a_time(void)
{
    struct vt_arrival *first, *second;
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_moving_open(vt_test_path("vienna"), "vienna", &samples, &err));
    VT_CHECK_OK(vt_arrival_new(samples, &first, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_arrival_new(samples, &second, &err));
    vt_arrival_free(first);
    err = (struct vt_error){ 0 };
    VT_CHECK_OK(vt_arrival_new(samples, &second, &err));
    vt_arrival_free(second);
    vt_samples_close(samples);
}

static const struct vt_case cases[] = {
    { "everybody is killed, and nothing is lost", everybody_is_killed },
    { "uploads and erasures go on", uploads_and_erasures_go_on },
    { "it stops and goes on", it_stops_and_goes_on },
    { "it keeps its rate", it_keeps_its_rate },
    { "the source ends empty", the_source_ends_empty },
    { "damage is found at both ends", damage_is_found_at_both_ends },
    { "a page has its bound", a_page_has_its_bound },
    { "one arrival at a time", one_arrival_at_a_time },
};

VT_TEST_MAIN("cell.move", cases)
