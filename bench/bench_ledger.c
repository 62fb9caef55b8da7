/* A served ledger under load, generator and server on one machine, every answer after the
 * disk has it.
 *
 *   bench_ledger BUILD                   all figures; the peer is BUILD/interop/bin/posix
 *   bench_ledger load PORT PATH CONNECTIONS BATCH BYTES RATE SECONDS [DEPTH [ACCEPT]]
 *                                        the generator alone, against any log
 */
#include "bench/bench.h"
#include "bench/load.h"
#include "bench/serving.h"
#include <ftw.h>
#include <signal.h>

enum { ENTRY_BYTES = 200, SECONDS = 10, PEER_PORT = 7977 };
#define PROOF "application/vnd.vitrine.tlog-proof"

struct bench {
    struct vt_arena *arena;
    const char *build, *vitrine, *folder, *machine;
    uint64_t number; /* of the next entry */
    struct vt_serving server;
};

static const char *in(const struct bench *b, const char *name)
{
    return vt_arena_printf(b->arena, "%s/%s", b->folder, name);
}

static struct vt_load_result load(struct bench *b, struct vt_load l)
{
    struct vt_load_result result;

    l.entry_bytes = ENTRY_BYTES;
    l.first = b->number;
    if (l.port == 0)
        l.port = b->server.port;
    result = vt_load_run(&l);
    b->number = result.next;
    if (result.failed != 0)
        (void)fprintf(stderr, "bench_ledger: %ju requests failed\n",
                      (uintmax_t)result.failed);
    return result;
}

static double rate_of(const struct vt_load_result *r)
{
    return (double)r->entries / r->seconds;
}

static void start(struct bench *b, const char *dir)
{
    b->server = vt_bench_start(
        in(b, "serve.log"), 0,
        (const char *const[]){ b->vitrine, "ledger", "serve", "--dir", dir, NULL });
}

static void make_ledger(struct bench *b, const char *dir)
{
    if (!vt_path_exists(in(b, "key")))
        vt_bench_run(
            (const char *const[]){ b->vitrine, "key", "new", "--out", in(b, "key"), NULL });
    vt_bench_run((const char *const[]){ b->vitrine, "ledger", "init", "--dir", dir,
                                        "--origin", "bench.example/log", "--key",
                                        in(b, "key"), NULL });
}

/* ---- entries a second -------------------------------------------------------------------
 */

/* The best of three crowds: a log with a batch size of its own likes one, ours another. */
static double best_single(struct bench *b, uint16_t port, unsigned *best_crowd)
{
    static const unsigned crowds[] = { 64, 256, 800 };
    double best = 0;

    for (size_t i = 0; i < 3; i++) {
        struct vt_load_result r = load(b, (struct vt_load){ .port = port,
                                                            .path = "/add",
                                                            .connections = crowds[i],
                                                            .batch = 1,
                                                            .seconds = SECONDS });

        if (rate_of(&r) > best) {
            best = rate_of(&r);
            *best_crowd = crowds[i];
        }
    }
    return best;
}

/* Tessera's POSIX log as its own conformance server runs it; 0: it is not here. */
static double peer_single(struct bench *b, unsigned *crowd)
{
    const char *program = vt_arena_printf(b->arena, "%s/interop/bin/posix", b->build);
    const char *key = vt_arena_printf(b->arena, "%s/interop/bin/tessera.key", b->build);
    struct vt_serving peer;
    double rate;

    if (!vt_path_exists(program) || !vt_path_exists(key))
        return 0;
    peer =
        vt_bench_start(in(b, "peer.log"), PEER_PORT,
                       (const char *const[]){ program, "--storage_dir", in(b, "peer"),
                                              "--listen", "127.0.0.1:7977", "--private_key",
                                              key, "--logtostderr", NULL });
    rate = best_single(b, PEER_PORT, crowd);
    vt_bench_stop(&peer, SIGTERM);
    return rate;
}

static void measure_single(struct bench *b)
{
    unsigned crowd = 0, peer_crowd = 0;
    double ours = best_single(b, 0, &crowd), theirs = peer_single(b, &peer_crowd);

    vt_bench_print(&(struct vt_figure){
        .name = "ledger.add.single",
        .unit = "entries/s",
        .value = ours,
        .peer = theirs > 0 ? "Tessera POSIX v1.0.4" : NULL,
        .peer_value = theirs,
        .goal = theirs > 0 ? 5 : 50000,
        .is_more_better = true,
        .conditions = vt_arena_printf(
            b->arena,
            "one entry of %d bytes a request, closed loop, best of 64, 256 and 800 "
            "connections (ours %u, peer %u), exact deduplication on (peer: none), fsync "
            "on, generator on the same machine; %s",
            ENTRY_BYTES, crowd, peer_crowd, b->machine) });
}

static void measure_batch(struct bench *b)
{
    struct vt_load_result r = load(
        b, (struct vt_load){
               .path = "/add-batch", .connections = 16, .batch = 200, .seconds = SECONDS });

    vt_bench_print(&(struct vt_figure){
        .name = "ledger.add.batch",
        .unit = "entries/s",
        .value = rate_of(&r),
        .goal = 50000,
        .is_more_better = true,
        .conditions = vt_arena_printf(b->arena,
                                      "200 entries of %d bytes a request, 16 connections, "
                                      "acknowledged after fsync, checkpoints every 10 ms "
                                      "or later, exact deduplication on; %s",
                                      ENTRY_BYTES, b->machine) });
}

/* ---- how long until it is proven --------------------------------------------------------
 */

static void measure_proof(struct bench *b, const char *name, double goal, const char *with)
{
    struct vt_load_result r = load(b, (struct vt_load){ .path = "/add",
                                                        .connections = 800,
                                                        .batch = 1,
                                                        .rate = 10000,
                                                        .seconds = SECONDS,
                                                        .accept = PROOF });

    vt_bench_print(&(struct vt_figure){
        .name = name,
        .unit = "ms",
        .value = r.p99_ms,
        .goal = goal,
        .conditions = vt_arena_printf(
            b->arena,
            "99th percentile from when a request was due to its proof in hand, open loop, "
            "10,000 requests/s asked, %.0f/s answered, median %.1f ms, longest %.1f ms, "
            "%ju turned away, %s; %s",
            rate_of(&r), r.p50_ms, r.max_ms, (uintmax_t)r.turned_away, with, b->machine) });
}

/* ---- memory, disk, restart --------------------------------------------------------------
 */

/* What lies below a folder, the journal apart, which does not grow. */
static struct {
    uint64_t bytes, blocks;
} counted;

static int count_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
    (void)ftw;
    if (kind != FTW_F || strstr(path, "/journal/") != NULL)
        return 0;
    counted.bytes += (uint64_t)about->st_size;
    counted.blocks += (uint64_t)about->st_blocks * 512;
    return 0;
}

static void count_disk(const char *folder)
{
    counted.bytes = counted.blocks = 0;
    (void)nftw(folder, count_one, 32, FTW_PHYS);
}

static uint64_t size_of(struct bench *b)
{
    const char *text = vt_bench_output(
        b->arena,
        (const char *const[]){
            b->vitrine, "ledger", "status", "--json", "--url",
            vt_arena_printf(b->arena, "http://127.0.0.1:%u", b->server.port), NULL });
    const char *at = strstr(text, "\"size\":");

    return at != NULL ? strtoul(at + 7, NULL, 10) : 0;
}

/* Until there are so many. */
static double fill(struct bench *b, uint64_t wanted)
{
    uint64_t before = size_of(b);
    double began = vt_bench_seconds();

    while (size_of(b) < wanted) {
        double left = (double)(wanted - size_of(b));

        (void)load(b, (struct vt_load){ .path = "/add-batch",
                                        .connections = 16,
                                        .batch = 200,
                                        .seconds = left > 500000 ? 3 : 0.2 });
    }
    return (double)(size_of(b) - before) / (vt_bench_seconds() - began);
}

static void measure_restart(struct bench *b, const char *dir, uint64_t size)
{
    double began;

    vt_bench_stop(&b->server, SIGKILL);
    (void)usleep(200000); /* its roles see that it is gone */
    began = vt_bench_seconds();
    start(b, dir);
    (void)load(b, (struct vt_load){
                      .path = "/add", .connections = 1, .batch = 1, .seconds = 0.0001 });
    vt_bench_print(&(struct vt_figure){
        .name = "ledger.restart",
        .unit = "s",
        .value = vt_bench_seconds() - began,
        .goal = 1,
        .conditions = vt_arena_printf(
            b->arena, "from kill -9 to the first acknowledged entry, %ju entries; %s",
            (uintmax_t)size, b->machine) });
}

static void measure_sizes(struct bench *b, const char *dir)
{
    static const uint64_t sizes[] = { 100000, 1000000, 10000000 };

    for (size_t i = 0; i < 3; i++) {
        double rate = fill(b, sizes[i]);
        uint64_t size = size_of(b);
        uint64_t resident = vt_bench_resident(&b->server);

        (void)usleep(500000);
        count_disk(dir);
        vt_bench_print(&(struct vt_figure){
            .name = "ledger.storage",
            .unit = "bytes/entry",
            .value = (double)counted.bytes / (double)size - ENTRY_BYTES,
            .goal = 48,
            .conditions = vt_arena_printf(
                b->arena,
                "bytes of all files but the journal's 128 MiB, beyond the entries' %d; in "
                "whole blocks of this file system %.1f; at %ju entries, filled at %.0f/s; "
                "%s",
                ENTRY_BYTES, (double)counted.blocks / (double)size - ENTRY_BYTES,
                (uintmax_t)size, rate, b->machine) });
        vt_bench_print(&(struct vt_figure){
            .name = "ledger.resident",
            .unit = "MiB",
            .value = (double)resident / VT_MIB(1),
            .goal = 256,
            .conditions = vt_arena_printf(
                b->arena, "front, sequencer, signer and serve together, at %ju entries; %s",
                (uintmax_t)size, b->machine) });
        measure_restart(b, dir, size);
    }
}

/* ---- with witnesses ---------------------------------------------------------------------
 */

static void measure_witnessed(struct bench *b)
{
    const char *place = in(b, "witnessed");
    const char *path = vt_arena_printf(b->arena, "PATH=%s:%s", b->build, getenv("PATH"));
    const char *script = vt_arena_printf(
        b->arena,
        "export %s; sh examples/begin.sh %s 7911 >/dev/null && cd %s && "
        "sed -i s/public/any/ log/config.json && ./witnesses >ready & "
        "for i in $(seq 100); do [ \"$(grep -c ready: %s/ready 2>/dev/null)\" = 4 ] && "
        "break; sleep 0.1; done; wait",
        path, place, place, place);
    struct vt_serving witnesses =
        vt_bench_start(in(b, "witnesses.log"), 7914,
                       (const char *const[]){ "/bin/sh", "-c", script, NULL });

    (void)usleep(500000);
    start(b, vt_arena_printf(b->arena, "%s/log", place));
    measure_proof(b, "ledger.proof.witnessed", 100,
                  "three of four local witnesses cosign each checkpoint");
    vt_bench_stop(&b->server, SIGTERM);
    vt_bench_stop(&witnesses, SIGTERM);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static double number(const char *text)
{
    return strtod(text, NULL);
}

static int load_alone(int argc, char **argv)
{
    struct vt_load l = { .port = (uint16_t)number(argv[2]),
                         .path = argv[3],
                         .connections = (unsigned)number(argv[4]),
                         .batch = (unsigned)number(argv[5]),
                         .entry_bytes = (unsigned)number(argv[6]),
                         .rate = number(argv[7]),
                         .seconds = number(argv[8]),
                         .depth = argc > 9 ? (unsigned)number(argv[9]) : 1,
                         .accept = argc > 10 ? argv[10] : NULL,
                         .first = (uint64_t)time(NULL) << 32 };
    struct vt_load_result r = vt_load_run(&l);

    (void)printf("{\"entries\": %ju, \"requests\": %ju, \"per_s\": %.0f, \"turned_away\": "
                 "%ju, \"failed\": %ju, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": "
                 "%.2f}\n",
                 (uintmax_t)r.entries, (uintmax_t)r.requests, rate_of(&r),
                 (uintmax_t)r.turned_away, (uintmax_t)r.failed, r.p50_ms, r.p99_ms,
                 r.max_ms);
    return r.failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct bench b = { .arena = arena, .number = (uint64_t)time(NULL) << 32 };
    const char *dir;

    if (argc >= 9 && strcmp(argv[1], "load") == 0)
        return load_alone(argc, argv);
    if (argc != 2) {
        (void)fprintf(stderr, "usage: bench_ledger BUILD\n"
                              "       bench_ledger load PORT PATH CONNECTIONS BATCH BYTES "
                              "RATE SECONDS [DEPTH [ACCEPT]]\n");
        return VT_EXIT_USAGE;
    }
    b.build = realpath(argv[1], NULL);
    b.vitrine = vt_arena_printf(arena, "%s/vitrine", b.build);
    b.folder = realpath(vt_bench_folder(arena, "ledger"), NULL);
    b.machine = vt_bench_machine(arena, b.folder);
    dir = in(&b, "log");
    make_ledger(&b, dir);
    start(&b, dir);
    measure_single(&b);
    measure_batch(&b);
    measure_proof(&b, "ledger.proof", 50, "no witnesses");
    vt_bench_stop(&b.server, SIGTERM);
    dir = in(&b, "grown");
    make_ledger(&b, dir);
    start(&b, dir);
    measure_sizes(&b, dir);
    vt_bench_stop(&b.server, SIGTERM);
    measure_witnessed(&b);
    vt_bench_folder_remove(b.folder);
    return 0;
}
