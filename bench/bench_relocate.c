/* Files that move from one store to another: a pass with two keepers in processes of their
 * own, each body hashed as it is read and again as it was read back.  Against rsync with
 * the same syncs, and sha256sum over both folders behind it, in the same run.  Then what
 * an object costs when there are more of them.
 *
 * File keys are given on by a key of ours, as the source's agent would; what the record of
 * that costs is told by bench_custody. */
#include "bench/bench.h"
#include "bench/serving.h"
#include "tests/harness.h"
#include "tests/moving.h"
#include <sys/resource.h>

enum {
    LARGE_FILES = 300,
    LARGE_AVERAGE = 1000000, /* bytes */
    MIXED_FILES = 2000,
    MIXED_AVERAGE = 50000, /* as 100,000 files of 5 GB together */
    SMALL = 1000,          /* bytes of the many, where objects are what costs */
    FEW = 1000,
    MORE = 10000,
    MANY = 100000,
};

struct move {
    struct vt_moving_keys keys; /* first: the context of the rewrap */
    const char *dir, *from, *to, *from_door, *to_door;
    double wall, busy; /* seconds; busy: of all processors */
    struct vt_manifest_root moved;
};

#define PEER "rsync -a --fsync, then sha256sum of both folders, one behind the other"

static const vt_hash NO_DOCUMENT;

static const char *below(const char *dir, const char *name)
{
    return vt_test_print("%s/%s", dir, name);
}

/* Of twenty files fourteen are small, five as the average, and one is large. */
static size_t sized(unsigned i, size_t average)
{
    unsigned kind = i % 20;

    return (kind < 14   ? average / 10
            : kind < 19 ? average
                        : average * 20 - 14 * (average / 10) - 5 * average) +
           i % 7;
}

static size_t large(unsigned i)
{
    return sized(i, LARGE_AVERAGE);
}

static size_t mixed(unsigned i)
{
    return sized(i, MIXED_AVERAGE);
}

static size_t small(unsigned i)
{
    return SMALL + i % 7;
}

/* The processors' time, of us and of processes of ours that have ended. */
static double busy(void)
{
    return vt_bench_cpu_seconds(RUSAGE_SELF) + vt_bench_cpu_seconds(RUSAGE_CHILDREN);
}

/* The source's store with so many objects. */
static void fill(struct move *move, const char *dir, unsigned count,
                 size_t (*bytes_of)(unsigned i))
{
    VT_AUTO_AGE_IDENTITY to = { .secret = { 0 } };
    struct vt_env env = vt_env_real();
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    *move = (struct move){ .dir = dir,
                           .from = below(dir, "zurich"),
                           .to = below(dir, "vienna"),
                           .from_door = below(dir, "from"),
                           .to_door = below(dir, "to") };
    VT_CHECK_OK(vt_age_identity_generate(&env, &move->keys.from, &err));
    VT_CHECK_OK(vt_age_identity_generate(&env, &to, &err));
    move->keys.to = to.recipient;
    VT_CHECK_OK(vt_moving_open(move->from, "zurich", &samples, &err));
    VT_CHECK_OK(vt_moving_fill(samples, 0, count, bytes_of, &move->keys.from.recipient,
                               &NO_DOCUMENT, &err));
    vt_samples_close(samples);
}

/* Manifest, copy, both roots: every byte is hashed once at each end. */
static void pass(struct move *move, struct vt_mover *mover)
{
    struct vt_manifest_root manifest;
    struct vt_move_settled settled;
    struct vt_error err = { 0 };
    double start = vt_bench_seconds();

    VT_CHECK_OK(vt_mover_manifest(mover, NULL, NULL, &manifest, &err));
    VT_CHECK_OK(vt_mover_settle(mover, &settled, &err));
    move->wall = vt_bench_seconds() - start;
    VT_CHECK(settled.is_equal && vt_manifest_root_equal(&settled.to, &manifest));
    move->moved = settled.to;
}

/* The processors' time of the mover, and of both keepers, which end with it. */
static void run(struct move *move)
{
    double before = busy();
    pid_t pids[2] = { vt_moving_start(move->from, "zurich", move->from_door),
                      vt_moving_start(move->to, "vienna", move->to_door) };
    struct vt_channel from, to;
    struct vt_error err = { 0 };
    struct vt_mover mover = { .from = &from,
                              .to = &to,
                              .samples = move->from,
                              .country = "CH",
                              .recipient = vt_sha256_of(VT_LIT("vienna's")),
                              .rewrap = vt_moving_rewrap,
                              .context = move };

    VT_CHECK_OK(vt_hatch_knock(move->from_door, VT_MOVE_PATIENCE_S, &from, &err));
    VT_CHECK_OK(vt_hatch_knock(move->to_door, VT_MOVE_PATIENCE_S, &to, &err));
    pass(move, &mover);
    vt_channel_clear(&from);
    vt_channel_clear(&to);
    for (size_t i = 0; i < 2; i++)
        vt_moving_kill(pids[i]);
    move->busy = busy() - before;
}

/* What a careful person would do instead, with the same files and the same syncs;
 * *busy_out: seconds of processors. */
static double peer_wall(const struct move *move, double *busy_out)
{
    const char *script = vt_test_print(
        "rsync -a --fsync %s/header %s/body %s/copy/ && "
        "(cd %s && find header body -type f -print0 | sort -z | xargs -0 sha256sum) "
        ">%s/source && "
        "(cd %s/copy && find header body -type f -print0 | sort -z | xargs -0 sha256sum) "
        ">%s/destination && cmp %s/source %s/destination",
        move->from, move->from, move->dir, move->from, move->dir, move->dir, move->dir,
        move->dir, move->dir);
    double start = vt_bench_seconds();

    *busy_out = vt_bench_run_busy((const char *const[]){ "/bin/sh", "-c", script, NULL });
    return vt_bench_seconds() - start;
}

static void print(const char *name, const char *unit, double value, double goal,
                  bool is_more_better, const char *peer, double peer_value,
                  const char *conditions)
{
    struct vt_figure figure = { .name = name,
                                .unit = unit,
                                .value = value,
                                .peer = peer,
                                .peer_value = peer_value,
                                .goal = goal,
                                .is_more_better = is_more_better,
                                .conditions = conditions };

    vt_bench_print(&figure);
}

static void measure_bytes(const char *name, unsigned count, size_t (*bytes_of)(unsigned i),
                          const char *machine)
{
    const char *dir = vt_bench_folder(vt_test_arena(), "relocate");
    const char *conditions;
    struct move move;
    double peer, peer_busy, gigabytes;

    fill(&move, dir, count, bytes_of);
    peer = peer_wall(&move, &peer_busy);
    run(&move);
    gigabytes = (double)move.moved.bytes / 1e9;
    conditions = vt_test_print(
        "%u files of mixed sizes, %.2f GB, from the page cache; one hash at the source, "
        "one of what was read back, and a new header for each; %s",
        count, gigabytes, machine);
    print(vt_test_print("relocate.%s.verified", name), "GB/s/core", gigabytes / move.busy,
          0.8, true, NULL, 0, conditions);
    print(vt_test_print("relocate.%s.wall", name), "s", move.wall, 1, false, PEER, peer,
          conditions);
    print(vt_test_print("relocate.%s.busy", name), "s of processors", move.busy, 1, false,
          PEER, peer_busy, conditions);
    vt_bench_folder_remove(dir);
}

/* Seconds of processors for each object. */
static double cost_of(unsigned count)
{
    const char *dir = vt_bench_folder(vt_test_arena(), "relocate-many");
    struct move move;

    fill(&move, dir, count, small);
    run(&move);
    vt_bench_folder_remove(dir);
    return move.busy / count;
}

static void measure_growth(unsigned many, const char *machine)
{
    double few = cost_of(FEW);
    const char *conditions = vt_test_print("objects of %d bytes each; %s", SMALL, machine);

    print("relocate.growth.1e4", "us/object", cost_of(MORE) * 1e6, 1.3, false,
          "the same with 1e3 objects", few * 1e6, conditions);
    if (many == MANY)
        print("relocate.growth.1e5", "us/object", cost_of(MANY) * 1e6, 1.5, false,
              "the same with 1e3 objects", few * 1e6, conditions);
}

/* VT_BENCH_MANY: with the row that takes the longest. */
int main(void)
{
    const char *machine = vt_bench_machine(vt_test_arena(), "build");

    measure_bytes("large", LARGE_FILES, large, machine);
    measure_bytes("mixed", MIXED_FILES, mixed, machine);
    measure_growth(getenv("VT_BENCH_MANY") != NULL ? MANY : 0, machine);
    return VT_EXIT_OK;
}
