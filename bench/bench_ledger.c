/* A served ledger under load, generator and server on one machine, every answer after the
 * disk has it.
 *
 *   bench_ledger BUILD [PART]            all figures; the peer is BUILD/interop/bin/posix
 *   bench_ledger load PORT PATH CONNECTIONS BATCH BYTES RATE SECONDS [DEPTH [ACCEPT]]
 *                                        the generator alone, against any log
 */
#include "bench/ledger.h"
#include <signal.h>

enum { ENTRY_BYTES = VT_LEDGER_BENCH_BYTES, SECONDS = 6, PEER_PORT = 7977, DEPTH = 8 };
#define PROOF "application/vnd.vitrine.tlog-proof"

const char *vt_ledger_bench_in(const struct vt_ledger_bench *b, const char *name)
{
    return vt_arena_printf(b->arena, "%s/%s", b->folder, name);
}

struct vt_load_result vt_ledger_bench_load(struct vt_ledger_bench *b, struct vt_load l)
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

double vt_ledger_bench_rate(const struct vt_load_result *r)
{
    return (double)r->entries / r->seconds;
}

void vt_ledger_bench_start(struct vt_ledger_bench *b, const char *dir)
{
    b->server = vt_bench_start(
        vt_ledger_bench_in(b, "serve.log"), 0,
        (const char *const[]){ b->vitrine, "ledger", "serve", "--dir", dir, NULL });
}

void vt_ledger_bench_make(struct vt_ledger_bench *b, const char *dir)
{
    if (!vt_path_exists(vt_ledger_bench_in(b, "key")))
        vt_bench_run((const char *const[]){ b->vitrine, "key", "new", "--out",
                                            vt_ledger_bench_in(b, "key"), NULL });
    vt_bench_run((const char *const[]){ b->vitrine, "ledger", "init", "--dir", dir,
                                        "--origin", "bench.example/log", "--key",
                                        vt_ledger_bench_in(b, "key"), NULL });
}

/* ---- entries a second -------------------------------------------------------------------
 */

/* One entry a request, in two forms: the next request when the last is answered, and
 * several at once on a connection. */
static const struct form {
    const char *name, *words;
    unsigned depth;
} forms[] = {
    { "ledger.add.single", "one POST /add at a time on a connection", 1 },
    { "ledger.add.pipelined",
      "eight POST /add at once on a connection (HTTP/1.1 pipelining)", DEPTH },
};
enum { FORMS = sizeof forms / sizeof forms[0] };

struct best {
    double rate;
    unsigned crowd;
};

/* Of three crowds: a log with a batch size of its own likes one, ours another. */
static struct best best_of(struct vt_ledger_bench *b, uint16_t port, unsigned depth)
{
    static const unsigned crowds[] = { 64, 256, 800 };
    struct best best = { 0 };

    for (size_t i = 0; i < sizeof crowds / sizeof crowds[0]; i++) {
        struct vt_load_result r =
            vt_ledger_bench_load(b, (struct vt_load){ .port = port,
                                                      .path = "/add",
                                                      .connections = crowds[i],
                                                      .batch = 1,
                                                      .depth = depth,
                                                      .seconds = SECONDS });

        if (vt_ledger_bench_rate(&r) > best.rate)
            best = (struct best){ vt_ledger_bench_rate(&r), crowds[i] };
    }
    return best;
}

/* Tessera's POSIX log as its own conformance server runs it; zeros: it is not here. */
static void measure_peer(struct vt_ledger_bench *b, struct best out[FORMS])
{
    const char *program = vt_arena_printf(b->arena, "%s/interop/bin/posix", b->build);
    const char *key = vt_arena_printf(b->arena, "%s/interop/bin/tessera.key", b->build);
    const char *const argv[] = {
        program,    "--storage_dir",  vt_ledger_bench_in(b, "peer"),
        "--listen", "127.0.0.1:7977", "--private_key",
        key,        "--logtostderr",  NULL
    };
    struct vt_serving peer;

    if (!vt_path_exists(program) || !vt_path_exists(key))
        return;
    peer = vt_bench_start(vt_ledger_bench_in(b, "peer.log"), PEER_PORT, argv);
    for (size_t i = 0; i < FORMS; i++)
        out[i] = best_of(b, PEER_PORT, forms[i].depth);
    vt_bench_stop(&peer, SIGTERM);
}

static void print_form(struct vt_ledger_bench *b, const struct form *form,
                       const struct best *ours, const struct best *theirs)
{
    bool has_peer = theirs->rate > 0;

    vt_bench_print(&(struct vt_figure){
        .name = form->name,
        .unit = "entries/s",
        .value = ours->rate,
        .peer = has_peer ? "Tessera POSIX v1.0.4" : NULL,
        .peer_value = theirs->rate,
        .goal = has_peer ? 5 : 50000,
        .is_more_better = true,
        .conditions = vt_arena_printf(
            b->arena,
            "%s, entries of %d bytes, closed loop, best of 64, 256 and 800 connections "
            "(ours %u, peer %u), each answer after fsync, exact deduplication on (peer: "
            "the newest 262,144 in memory), checkpoints every 100 ms (nobody waits for "
            "one; peer: a second), "
            "generator on the same machine; %s",
            form->words, ENTRY_BYTES, ours->crowd, theirs->crowd, b->machine) });
}

static void measure_single(struct vt_ledger_bench *b)
{
    struct best ours[FORMS], theirs[FORMS] = { { 0 } };

    for (size_t i = 0; i < FORMS; i++)
        ours[i] = best_of(b, 0, forms[i].depth);
    measure_peer(b, theirs);
    for (size_t i = 0; i < FORMS; i++)
        print_form(b, &forms[i], &ours[i], &theirs[i]);
    vt_bench_print(&(struct vt_figure){
        .name = "ledger.add.single.rate",
        .unit = "entries/s",
        .value = ours[0].rate,
        .goal = 50000,
        .is_more_better = true,
        .conditions = "the same as ledger.add.single, against its goal without a peer" });
}

static void measure_batch(struct vt_ledger_bench *b)
{
    struct vt_load_result r = vt_ledger_bench_load(
        b, (struct vt_load){
               .path = "/add-batch", .connections = 16, .batch = 200, .seconds = SECONDS });

    vt_bench_print(&(struct vt_figure){
        .name = "ledger.add.batch",
        .unit = "entries/s",
        .value = vt_ledger_bench_rate(&r),
        .goal = 50000,
        .is_more_better = true,
        .conditions = vt_arena_printf(b->arena,
                                      "200 entries of %d bytes a request, 16 connections, "
                                      "acknowledged after fsync, checkpoints every 100 "
                                      "ms, exact deduplication on; a form of ours alone; "
                                      "%s",
                                      ENTRY_BYTES, b->machine) });
}

/* ---- how long until it is proven --------------------------------------------------------
 */

static void measure_proof(struct vt_ledger_bench *b, const char *name, double goal,
                          const char *with)
{
    struct vt_load_result r = vt_ledger_bench_load(b, (struct vt_load){ .path = "/add",
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
            vt_ledger_bench_rate(&r), r.p50_ms, r.max_ms, (uintmax_t)r.turned_away, with,
            b->machine) });
}

/* ---- with witnesses ---------------------------------------------------------------------
 */

static void measure_witnessed(struct vt_ledger_bench *b)
{
    const char *place = vt_ledger_bench_in(b, "witnessed");
    const char *path = vt_arena_printf(b->arena, "PATH=%s:%s", b->build, getenv("PATH"));
    const char *script = vt_arena_printf(
        b->arena,
        "export %s; sh examples/begin.sh %s 7911 >/dev/null && cd %s && "
        "sed -i s/public/any/ log/config.json && ./witnesses >ready & "
        "for i in $(seq 100); do [ \"$(grep -c ready: %s/ready 2>/dev/null)\" = 4 ] && "
        "break; sleep 0.1; done; wait",
        path, place, place, place);
    struct vt_serving witnesses =
        vt_bench_start(vt_ledger_bench_in(b, "witnesses.log"), 7914,
                       (const char *const[]){ "/bin/sh", "-c", script, NULL });

    (void)usleep(500000);
    vt_ledger_bench_start(b, vt_arena_printf(b->arena, "%s/log", place));
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
                 (uintmax_t)r.entries, (uintmax_t)r.requests, vt_ledger_bench_rate(&r),
                 (uintmax_t)r.turned_away, (uintmax_t)r.failed, r.p50_ms, r.p99_ms,
                 r.max_ms);
    return r.failed == 0 ? 0 : 1;
}

static void measure_served(struct vt_ledger_bench *b)
{
    const char *dir = vt_ledger_bench_in(b, "log");

    vt_ledger_bench_make(b, dir);
    vt_ledger_bench_start(b, dir);
    measure_proof(b, "ledger.proof", 50, "no witnesses, a new ledger");
    measure_single(b);
    measure_batch(b);
    measure_proof(b, "ledger.proof.after", 50,
                  "no witnesses, directly after the load of the batches");
    vt_bench_stop(&b->server, SIGTERM);
}

static const struct part {
    const char *name;
    void (*measure)(struct vt_ledger_bench *b);
} parts[] = {
    { "served", measure_served },       { "engine", vt_ledger_bench_engine },
    { "witnessed", measure_witnessed }, { "witness", vt_ledger_bench_witness },
    { "grown", vt_ledger_bench_grown },
};

/* All parts, or the one that is named; false: there is none of that name. */
static bool measure(struct vt_ledger_bench *b, const char *name)
{
    bool is_known = false;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (name == NULL || strcmp(name, parts[i].name) == 0) {
            is_known = true;
            parts[i].measure(b);
        }
    return is_known;
}

int main(int argc, char **argv)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_ledger_bench b = { .arena = arena, .number = (uint64_t)time(NULL) << 32 };
    bool is_known = false;

    if (argc >= 9 && strcmp(argv[1], "load") == 0)
        return load_alone(argc, argv);
    if (argc == 2 || argc == 3) {
        b.build = realpath(argv[1], NULL);
        b.vitrine = vt_arena_printf(arena, "%s/vitrine", b.build);
        b.folder = realpath(vt_bench_folder(arena, "ledger"), NULL);
        b.machine = vt_bench_machine(arena, b.folder);
        is_known = measure(&b, argv[2]);
        vt_bench_folder_remove(b.folder);
    }
    if (is_known)
        return 0;
    (void)fprintf(stderr, "usage: bench_ledger BUILD [served|witnessed|witness|grown]\n"
                          "       bench_ledger load PORT PATH CONNECTIONS BATCH BYTES "
                          "RATE SECONDS [DEPTH [ACCEPT]]\n");
    return VT_EXIT_USAGE;
}
