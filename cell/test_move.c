/* A country's samples between two stores in service: all arrive, once, whoever is killed on
 * the way; what was erased meanwhile does not; what is damaged is found. */
#include "cell/keeper_door.h"
#include "cell/move_inside.h"
#include "cell/move_message.h"
#include "cell/movers_door.h"
#include "tests/custody_world.h"
#include "tests/harness.h"
#include "tests/moving.h"
#include <poll.h>
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
        VT_CHECK_OK(vt_hatch_knock(both->sockets[end], VT_MOVE_PATIENCE_S,
                                   &both->channels[end], &err));
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
    VT_CHECK_OK(vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &again, &err));
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
    VT_CHECK_OK(vt_samples_unarrive(samples, &gone, 1, &err)); /* as a withdrawal does */
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
    VT_CHECK_OK(vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &left, &err));
    VT_CHECK(vt_manifest_root_equal(&left, &wanted));
    end(both);
}

/* ---- what is taken back while they move -------------------------------------------------
 */

struct wish {
    unsigned nth; /* of the country's rows */
    vt_hash object;
    struct vt_public_key owner;
};

static bool take_wish(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    struct wish *wish = context;

    (void)err;
    if (wish->nth-- == 0) {
        wish->object = row->object;
        wish->owner = row->owner;
    }
    return true;
}

static struct wish wish_of(struct both *both, unsigned nth)
{
    struct wish wish = { .nth = nth };
    struct vt_error err = { 0 };
    bool is_more;

    VT_CHECK_OK(vt_move_page(&both->mover, NULL, take_wish, &wish, &is_more, &err));
    return wish;
}

/* The owner asks the cell to which he sent it, which has erased so many by then. */
static void take_back(struct both *both, const struct wish *wish, uint64_t erased)
{
    struct vt_samples *samples = open_end(both, 0);
    VT_AUTO_SAMPLE_ANSWER answer = { .status = 0 };
    struct vt_samples_census census;
    uint64_t waiting;
    struct vt_error err = { 0 };
    struct vt_withdrawal request = { .cell = VT_LIT("zurich"),
                                     .pseudonym = wish->owner,
                                     .at_unix_s = time(NULL),
                                     .digest = vt_sha256_of(VT_BYTES(wish->owner)) };

    VT_CHECK_OK(vt_samples_withdraw(samples, &request, &answer, &err));
    VT_CHECK(answer.status == 200);
    waiting = vt_samples_waiting(samples); /* reckoned as they go */
    VT_CHECK_OK(vt_samples_census(samples, &census, &err));
    VT_CHECK(census.erased == erased && census.waiting == waiting);
    close_end(both, 0, samples);
}

/* It is erased at the destination, with its file; the others stay, and with the rows of
 * what was erased they are what was read back before. */
static void check_carried(struct both *both, const struct wish *wish, struct vt_buf *erased,
                          const struct vt_manifest_root *before)
{
    VT_AUTO_BUF rows = vt_buf_init(VT_KIB(64));
    struct vt_manifest_root now;
    struct vt_error err = { 0 };
    vt_hash here;
    char id[65];

    VT_CHECK_OK(vt_mover_find(&both->mover, &wish->object, &here, &err));
    VT_CHECK_OK(vt_mover_taken_back(&both->mover, &rows, &err));
    VT_CHECK(rows.len == VT_MANIFEST_ROW_BYTES &&
             memcmp(rows.data, wish->object.bytes, sizeof wish->object.bytes) == 0);
    VT_CHECK_OK(
        vt_mover_read_back(&both->mover, vt_buf_slice(&rows), &now, &err)); /* not yet */
    VT_CHECK_OK(vt_mover_drop(&both->mover, vt_buf_slice(&rows), &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_mover_find(&both->mover, &wish->object, &here, &err));
    vt_hash_text(&here, id);
    VT_CHECK(!vt_path_exists(vt_test_print("%s/body/%.2s/%s", both->folders[1], id, id)));
    err = (struct vt_error){ 0 };
    vt_buf_put(erased, vt_buf_slice(&rows));
    VT_CHECK_OK(vt_mover_read_back(&both->mover, vt_buf_slice(erased), &now, &err));
    VT_CHECK(vt_manifest_root_equal(&now, before));
    VT_CHECK_OK(vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &now, &err));
    VT_CHECK(now.count == before->count - erased->len / VT_MANIFEST_ROW_BYTES);
    vt_buf_truncate(&rows, 0);
    VT_CHECK_OK(vt_mover_taken_back(&both->mover, &rows, &err));
    VT_CHECK(rows.len == 0);
}

/* One comes between the reading back and the leave, one behind the leave. */
static void what_is_taken_back_is_erased_there_too(void)
{
    struct both *both = make(20);
    VT_AUTO_BUF erased = vt_buf_init(VT_KIB(64));
    VT_AUTO_BUF rows = vt_buf_init(VT_KIB(64));
    struct vt_manifest_root before = manifest_of(both);
    struct wish in_between = wish_of(both, 3), late = wish_of(both, 11);
    struct vt_error err = { 0 };

    check_settled(both, &before);
    VT_CHECK_OK(vt_mover_taken_back(&both->mover, &rows, &err));
    VT_CHECK(rows.len == 0);
    take_back(both, &in_between, 1);
    VT_CHECK_OK(vt_mover_leave(&both->mover, &err));
    check_carried(both, &in_between, &erased, &before);
    take_back(both, &late, 1); /* nothing of his is there any more */
    check_carried(both, &late, &erased, &before);
    end(both);
}

/* ---- nobody waits for a mover -----------------------------------------------------------
 */

/* It asks for pages as long as the socket takes questions, and reads no answer. */
static void a_mover_that_does_not_read_holds_up_nobody(void)
{
    struct both *both = make(80);
    struct vt_channel deaf;
    struct vt_manifest_root root;
    struct vt_error err = { 0 };
    bool is_sent = true;
    unsigned asked = 0, idle = 0;
    int64_t begun;

    VT_CHECK_OK(vt_hatch_knock(both->sockets[0], 1, &deaf, &err));
    while (idle < 20) { /* the keeper answers while we ask */
        VT_CHECK_OK(vt_channel_try_send(&deaf, VT_MOVE_PAGE, VT_LIT("CH"), &is_sent, &err));
        asked += is_sent;
        idle = is_sent ? 0 : idle + 1;
        if (!is_sent)
            (void)poll(NULL, 0, 5);
    }
    VT_CHECK(asked > 10);
    begun = vt_monotonic_ms();
    VT_CHECK_OK(vt_mover_manifest(&both->mover, NULL, NULL, &root, &err));
    VT_CHECK(root.count == 80 && vt_monotonic_ms() - begun < 30000);
    /* What was kept for it is whole, and in order. */
    for (unsigned page = 0; page < asked; page++)
        for (unsigned i = 0; i <= VT_MOVE_ROWS_MAX; i++) {
            struct vt_message message;

            VT_CHECK_OK(vt_channel_receive(&deaf, 30000, &message, &err));
            VT_CHECK(message.type == (i < VT_MOVE_ROWS_MAX ? VT_MOVE_ROW : VT_MOVE_END));
        }
    vt_channel_clear(&deaf);
    end(both);
}

/* A destination of 20 files that reads one of them in a step. */
struct stepping {
    struct vt_channel ours, keepers;
    struct vt_move_desk desk;
    struct vt_samples *samples;
    struct vt_arrived rows[20];
    size_t count;
};

static bool keep_arrived(void *context, const struct vt_arrived *arrived,
                         struct vt_error *err)
{
    struct stepping *s = context;

    (void)err;
    s->rows[s->count++] = *arrived;
    return true;
}

static bool always(void *context, const char country[3], struct vt_error *err)
{
    (void)context;
    (void)country;
    (void)err;
    return true;
}

static void open_stepping(struct stepping *s)
{
    VT_AUTO_AGE_IDENTITY to = { .secret = { 0 } };
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    bool is_more;

    VT_CHECK_OK(vt_age_identity_generate(&env, &to, &err));
    VT_CHECK_OK(vt_moving_open(vt_test_path("vienna"), "vienna", &s->samples, &err));
    VT_CHECK_OK(
        vt_moving_fill(s->samples, 1, 20, bytes_of, &to.recipient, &NO_DOCUMENT, &err));
    VT_CHECK_OK(vt_samples_arrived(s->samples, "CH", NULL, VT_MOVE_ROWS_MAX, keep_arrived,
                                   s, &is_more, &err));
    VT_CHECK(s->count == 20 && !is_more);
    VT_CHECK_OK(vt_channel_pair(&s->ours, &s->keepers, &err));
    vt_move_desk_init(&s->desk, s->samples);
    s->desk.may_arrive = always;
    s->desk.cell = "vienna";
    s->desk.key = vt_custody_destination_key();
    s->desk.step_bytes = 1;
}

static void close_stepping(struct stepping *s)
{
    vt_move_desk_clear(&s->desk);
    vt_channel_clear(&s->ours);
    vt_channel_clear(&s->keepers);
    vt_samples_close(s->samples);
}

static void ask_to_read(struct stepping *s, const vt_hash *after)
{
    struct vt_move_place place = { .country = "CH", .has_after = after != NULL };
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(1));
    struct vt_error err = { 0 };

    if (after != NULL)
        place.after = *after;
    vt_move_place_write(&body, &place);
    VT_CHECK_OK(vt_channel_send(&s->ours, VT_MOVE_READ, vt_buf_slice(&body), &err));
    VT_CHECK_OK(vt_move_answer(&s->desk, &s->keepers, &err));
}

/* So many files in as many steps, and whether there are more. */
static void check_page(struct stepping *s, unsigned count, bool is_more)
{
    VT_AUTO_FREE struct vt_move_listed *listed = vt_alloc(sizeof *listed);
    struct vt_message message;
    struct vt_error err = { 0 };
    unsigned steps = 0;

    for (; vt_move_desk_is_at_work(&s->desk); steps++)
        VT_CHECK_OK(vt_move_answer(&s->desk, &s->keepers, &err));
    VT_CHECK_SAYING(steps == count, "%u steps", steps);
    VT_CHECK_OK(vt_channel_receive(&s->ours, 0, &message, &err));
    VT_CHECK(vt_move_arrived_read(message.body, listed->rows, &listed->count));
    VT_CHECK(listed->count == count);
    VT_CHECK_OK(vt_channel_receive(&s->ours, 0, &message, &err));
    VT_CHECK(message.type == VT_MOVE_END && message.body.data[0] == is_more);
}

/* Files are read again in steps, and a page ends early when it took many. */
static void reading_again_goes_in_steps(void)
{
    struct stepping *s = vt_arena_alloc(vt_test_arena(), sizeof *s);

    *s = (struct stepping){ .count = 0 };
    open_stepping(s);
    ask_to_read(s, NULL);
    check_page(s, 16, true);
    close_stepping(s);
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
    path = vt_test_print("%s/%s/%.2s/%s", folder, what, id, id);
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
    VT_CHECK(unlink(vt_test_print("%s/body/%.2s/%s", folder, id, id)) == 0);
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
    VT_CHECK_OK(vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &root, &err));
    VT_CHECK_OK(vt_mover_find(&both->mover, &first, &here, &err));
    for (size_t i = 0; i < 2; i++) {
        flip(both->folders[1], whats[i], &here);
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &root, &err));
        err = (struct vt_error){ 0 };
        flip(both->folders[1], whats[i], &here);
    }
    VT_CHECK_OK(vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &root, &err));
    remove_body(both->folders[1], &here); /* is told as damage, not as a keeper that went */
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &root, &err));
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

struct stopping {
    size_t count;
    bool is_enough;
};

static bool count_and_stop(void *context, const struct vt_move_row *row,
                           struct vt_error *err)
{
    struct stopping *s = context;

    s->is_enough = true;
    return count_row(&s->count, row, err);
}

/* All rows of a country, page by page, and no page more than is wanted. */
static void rows_are_read_at_the_door(void)
{
    const size_t all = 2 * VT_MOVE_ROWS_MAX + 3;
    struct both *both = make((unsigned)all); /* small */
    struct stopping stopping = { .count = 0 };
    struct vt_channel keeper;
    struct vt_error err = { 0 };
    size_t count = 0;

    VT_CHECK_OK(vt_movers_door_knock(both->sockets[0], &keeper, &err));
    VT_CHECK_OK(vt_rows_at_door(&keeper, "CH", count_row, &count, NULL, &err));
    VT_CHECK_OK(vt_rows_at_door(&keeper, "DE", count_row, &count, NULL, &err));
    VT_CHECK_SAYING(count == all, "%zu", count);
    VT_CHECK_OK(vt_rows_at_door(&keeper, "CH", count_and_stop, &stopping,
                                &stopping.is_enough, &err));
    VT_CHECK_SAYING(stopping.count == VT_MOVE_ROWS_MAX, "%zu", stopping.count);
    VT_CHECK_OK(vt_rows_at_door(&keeper, "CH", count_row, &count, NULL, &err));
    VT_CHECK_SAYING(count == 2 * all, "%zu", count);
    vt_moving_kill(both->pids[0]);
    VT_CHECK_FAILS(VT_IO, vt_rows_at_door(&keeper, "CH", count_row, &count, NULL, &err));
    vt_channel_clear(&keeper);
    VT_CHECK_FAILS(VT_IO, vt_movers_door_knock(both->sockets[0], &keeper, &err));
    start(both, 0);
    end(both);
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

/* ---- the end ----------------------------------------------------------------------------
 */

static struct vt_relocation_words words_of(const struct vt_manifest_root *root)
{
    struct vt_relocation_words words = { .is_done = true,
                                         .from = "zurich",
                                         .to = "vienna",
                                         .country = "CH",
                                         .at_unix_s = time(NULL),
                                         .manifest = *root,
                                         .begun = vt_sha256_of(VT_LIT("begun")),
                                         .settled = *root };

    return words;
}

static void refuses(struct both *both, struct vt_relocation_words words, const char *why)
{
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    VT_CHECK_FAILS(VT_REJECTED, vt_mover_sign(&both->mover, &words, &out, &err));
    VT_CHECK_SAYING(strstr(err.message, why) != NULL, "%s", err.message);
}

/* The destination's name stands for what it read, all of it, just now. */
static void the_destination_signs_what_it_read(void)
{
    struct both *both = make(150);
    struct vt_manifest_root root = manifest_of(both), again;
    struct vt_relocation_words words = words_of(&root), other = words;
    struct vt_move_listed *page = vt_arena_alloc(vt_test_arena(), sizeof *page);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error err = { 0 };
    vt_slice answer;

    check_settled(both, &root);
    other.settled.root.bytes[3] ^= 1;
    refuses(both, other, "and the source has");
    refuses(both, words, "from the first file to the last"); /* a no ends what was read */
    VT_CHECK_OK(vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &again, &err));
    other = words;
    other.at_unix_s -= 3600;
    refuses(both, other, "destination's clock");
    VT_CHECK_OK(vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &again, &err));
    other = words;
    other.canary_count = 1; /* nobody's */
    VT_CHECK_FAILS(VT_ABSENT, vt_mover_sign(&both->mover, &other, &out, &err));
    err = (struct vt_error){ 0 };
    VT_CHECK_OK(vt_mover_sign(&both->mover, &words, &out, &err));
    VT_CHECK(vt_manifest_root_equal(&words.read_back, &root));
    VT_CHECK_OK(vt_envelope_parse(vt_buf_slice(&out), &envelope, &err));
    VT_CHECK(
        vt_envelope_is_signed_by(&envelope, vt_key_public(vt_custody_destination_key())));
    /* The first page alone, then a batch that is begun: neither is all, just now. */
    VT_CHECK_OK(vt_move_list(&both->mover, NULL, true, page, &err));
    refuses(both, words, "from the first file to the last");
    VT_CHECK_OK(vt_mover_read_back(&both->mover, (vt_slice){ 0 }, &again, &err));
    VT_CHECK_OK(vt_move_call(both->mover.to, VT_MOVE_BEGIN, (vt_slice){ 0 }, VT_MOVE_BEGUN,
                             &answer, &err));
    refuses(both, words, "from the first file to the last");
    end(both);
}

static struct vt_manifest_root root_of(const struct stepping *s, size_t from, size_t until,
                                       size_t gone)
{
    VT_AUTO_FREE struct vt_manifest_sum *sum = vt_alloc(sizeof *sum);
    struct vt_error err = { 0 };

    for (size_t i = from; i < until; i++)
        if (i != gone)
            VT_CHECK_OK(vt_manifest_sum_add(sum, &s->rows[i].row, &err));
    return vt_manifest_sum_root(sum);
}

static void does_not_sign(struct stepping *s, struct vt_manifest_root root, const char *why)
{
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_relocation_words words = words_of(&root);
    struct vt_error err = { 0 };

    VT_CHECK_FAILS(VT_REJECTED, vt_move_desk_sign(&s->desk, &words, &out, &err));
    VT_CHECK_SAYING(strstr(err.message, why) != NULL, "%s", err.message);
}

/* What a page lists is signed only once each of its files was read, step by step: not one
 * that was erased between two of them, nor the first page or the last one alone. */
static void what_is_signed_was_read_to_its_end(void)
{
    const char *not_whole = "from the first file to the last";
    struct stepping *s = vt_arena_alloc(vt_test_arena(), sizeof *s);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_manifest_root rest;
    struct vt_relocation_words words;
    struct vt_error err = { 0 };

    *s = (struct stepping){ .count = 0 };
    open_stepping(s);
    rest = root_of(s, 0, 20, 18);
    ask_to_read(s, &s->rows[15].row.object);
    check_page(s, 4, false);
    does_not_sign(s, root_of(s, 16, 20, 20), not_whole);
    ask_to_read(s, NULL);
    check_page(s, 16, true);
    does_not_sign(s, root_of(s, 0, 16, 20), not_whole);
    ask_to_read(s, &s->rows[15].row.object);
    VT_CHECK_OK(vt_samples_unarrive(s->samples, &s->rows[18].row.object, 1, &err));
    does_not_sign(s, rest, not_whole); /* the page is known, and none of it read */
    check_page(s, 3, false);
    does_not_sign(s, root_of(s, 0, 20, 20), "and the source has");
    words = words_of(&rest);
    VT_CHECK_OK(vt_move_desk_sign(&s->desk, &words, &out, &err));
    close_stepping(s);
}

static void say_takes(int end_, int64_t from, int64_t until)
{
    vt_test_write(
        vt_test_path(end_ == 0 ? "zurich.takes" : "vienna.takes"),
        vt_slice_from_cstr(vt_test_print("%jd %jd\n", (intmax_t)from, (intmax_t)until)));
}

static void the_cut_over_is_watched(void)
{
    struct both *both = make(1);
    struct vt_move_cut_over over;
    struct vt_error err = { 0 };
    int64_t now = time(NULL), soon_ms = vt_monotonic_ms() + 20;

    say_takes(0, 0, now + 1000);
    VT_CHECK_OK(vt_mover_watch(&both->mover, soon_ms, &over, &err));
    VT_CHECK(!over.is_over && over.is_measured);
    say_takes(1, 0, now + 1000);
    VT_CHECK_FAILS(VT_REJECTED, vt_mover_watch(&both->mover, soon_ms, &over, &err));
    err = (struct vt_error){ 0 };
    say_takes(0, 0, 1);
    VT_CHECK_OK(vt_mover_watch(&both->mover, soon_ms, &over, &err));
    VT_CHECK(over.is_over && !over.is_measured);
    say_takes(0, 0, now + 2);
    say_takes(1, now + 2, now + 1000);
    VT_CHECK_OK(vt_mover_watch(&both->mover, vt_monotonic_ms() + 10000, &over, &err));
    VT_CHECK_SAYING(over.is_over && over.is_measured && over.pause_ms <= 1000, "%jd ms",
                    (intmax_t)over.pause_ms);
    end(both);
}

/* ---- what the table allows --------------------------------------------------------------
 */

/* From 1000 on CH lies in zurich, from 2000 on it moves, fenced at 2500, and from 3000 on
 * it lies in vienna. */
static struct vt_residency *table_of_a_move(void)
{
    static const struct vt_residency_step steps[] = {
        { 1000, 0, VT_RESIDENCY_HERE, 0, 0 },
        { 2000, 2500, VT_RESIDENCY_MOVING, 0, 1 },
        { 3000, 0, VT_RESIDENCY_HERE, 1, 1 },
    };
    struct vt_residency *table = vt_arena_alloc(vt_test_arena(), sizeof *table);
    struct vt_error err = { 0 };
    size_t ch;

    *table = (struct vt_residency){ .version = 1, .created_unix_s = 1000, .cell_count = 2 };
    table->cells[0] =
        (struct vt_residency_cell){ VT_LIT("zurich"), VT_LIT("CH"), VT_LIT("https://z") };
    table->cells[1] =
        (struct vt_residency_cell){ VT_LIT("vienna"), VT_LIT("AT"), VT_LIT("https://v") };
    VT_CHECK(vt_country_of(VT_LIT("CH"), &ch));
    for (size_t i = 0; i < 3; i++)
        VT_CHECK_OK(vt_residency_set(&table->lines[ch][VT_DATA_FILE], &steps[i], &err));
    return table;
}

static void a_table_opens_and_shuts(void)
{
    static const struct {
        int64_t at;
        const char *cell;
        bool may_arrive, may_leave, takes;
        int64_t next;
    } rows[] = {
        { 1500, "zurich", true, false, true, 2000 },
        { 1500, "vienna", false, true, false, 2000 },
        { 2000, "zurich", false, false, true, 2500 },
        { 2000, "vienna", true, true, false, 2500 },
        { 2499, "zurich", false, false, true, 2500 },
        { 2500, "zurich", false, false, false, 3000 },
        { 2500, "vienna", true, true, false, 3000 },
        { 3000, "zurich", false, true, false, 0 },
        { 3000, "vienna", true, false, true, 0 },
        { 3000, "berlin", false, true, false, 0 },
    };
    struct vt_residency *table = table_of_a_move();

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_slice cell = vt_slice_from_cstr(rows[i].cell);
        struct vt_error no = { 0 }, err = { 0 };
        struct vt_move_taking taking;

        VT_CHECK_SAYING(vt_residency_may_arrive(table, "CH", cell, rows[i].at, &no) ==
                            rows[i].may_arrive,
                        "arrive, row %zu", i);
        VT_CHECK_SAYING(vt_residency_may_leave(table, "CH", cell, rows[i].at, &no) ==
                            rows[i].may_leave,
                        "leave, row %zu", i);
        VT_CHECK_OK(vt_residency_takes(table, "CH", cell, rows[i].at, &taking, &err));
        VT_CHECK_SAYING(taking.takes == rows[i].takes && taking.next_unix_s == rows[i].next,
                        "takes, row %zu: %d, %jd", i, taking.takes,
                        (intmax_t)taking.next_unix_s);
    }
}

static const struct vt_case cases[] = {
    { "everybody is killed, and nothing is lost", everybody_is_killed },
    { "uploads and erasures go on", uploads_and_erasures_go_on },
    { "it stops and goes on", it_stops_and_goes_on },
    { "it keeps its rate", it_keeps_its_rate },
    { "the source ends empty", the_source_ends_empty },
    { "what is taken back is erased there too", what_is_taken_back_is_erased_there_too },
    { "rows are read at the door", rows_are_read_at_the_door },
    { "a mover that does not read holds up nobody",
      a_mover_that_does_not_read_holds_up_nobody },
    { "reading again goes in steps", reading_again_goes_in_steps },
    { "damage is found at both ends", damage_is_found_at_both_ends },
    { "a page has its bound", a_page_has_its_bound },
    { "one arrival at a time", one_arrival_at_a_time },
    { "the destination signs what it read", the_destination_signs_what_it_read },
    { "what is signed was read to its end", what_is_signed_was_read_to_its_end },
    { "the cut-over is watched", the_cut_over_is_watched },
    { "a table opens and shuts", a_table_opens_and_shuts },
};

VT_TEST_MAIN("cell.move", cases)
