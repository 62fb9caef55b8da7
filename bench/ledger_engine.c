/* The two engines without HTTP on either side: the same number of entries under way, each
 * answered when the disk has it, ours and Tessera's as libraries in a process of their own
 * load.  What a web server and a load generator cost is left out of both. */
#include "bench/ledger.h"

enum { SECONDS = 6, PUBLISH_S = 1 };

/* So many under way, and the size of Tessera's batches: its own is 256. */
static const struct crowd {
    unsigned in_flight, peer_batch;
} crowds[] = { { 64, 64 }, { 256, 256 }, { 4096, 256 }, { 4096, 1024 }, { 4096, 4096 } };

enum { CROWDS = sizeof crowds / sizeof crowds[0] };

struct best {
    double rate;
    struct crowd crowd;
};

static void keep_best(struct best *best, const struct crowd *crowd, double rate)
{
    if (rate > best->rate)
        *best = (struct best){ rate, *crowd };
}

/* The next batch is submitted when the one before is durable, in one thread. */
static double measure_ours(struct vt_ledger_bench *b, const char *dir, unsigned in_flight)
{
    struct vt_ledger_here here;
    uint8_t entry[VT_LEDGER_BENCH_BYTES] = { 0 };
    double began, now, published;
    uint64_t before, added;

    vt_ledger_bench_open(b, dir, &here);
    before = vt_ledger_size(here.ledger);
    began = now = published = vt_bench_seconds();
    while (now - began < SECONDS) {
        struct vt_error err = { 0 };
        vt_ticket ticket = { 0 };

        for (unsigned i = 0; i < in_flight; i++) {
            memcpy(entry, &b->number, sizeof b->number);
            b->number++;
            vt_bench_must(vt_ledger_submit(here.ledger, VT_BYTES(entry), &ticket, &err),
                          &err);
        }
        vt_bench_must(vt_ledger_wait(here.ledger, ticket, NULL, &err), &err);
        now = vt_bench_seconds();
        if (now - published >= PUBLISH_S) {
            vt_bench_must(vt_ledger_publish(here.ledger, NULL, &err), &err);
            published = now;
        }
    }
    now = vt_bench_seconds();
    added = vt_ledger_size(here.ledger) - before;
    vt_ledger_bench_close(&here);
    return (double)added / (now - began);
}

/* 0: it is not here.  Each time in a folder of its own, which stays until all is measured:
 * for minutes after many files were removed ext4 makes new ones slowly, anybody's. */
static double measure_peer(struct vt_ledger_bench *b, const struct crowd *crowd)
{
    const char *program = vt_arena_printf(b->arena, "%s/interop/bin/interop", b->build);
    const char *key = vt_arena_printf(b->arena, "%s/interop/bin/tessera.key", b->build);
    const char *folder = vt_ledger_bench_in(
        b, vt_arena_printf(b->arena, "peer-%u-%u", crowd->in_flight, crowd->peer_batch));
    const char *text;
    double entries, seconds;
    char *end;

    if (!vt_path_exists(program) || !vt_path_exists(key))
        return 0;
    text = vt_bench_output(
        b->arena,
        (const char *const[]){ program, "engine", folder, key,
                               vt_arena_printf(b->arena, "%u", crowd->in_flight),
                               vt_arena_printf(b->arena, "%u", crowd->peer_batch),
                               vt_arena_printf(b->arena, "%d", VT_LEDGER_BENCH_BYTES),
                               vt_arena_printf(b->arena, "%d", SECONDS), NULL });
    entries = strtod(text, &end);
    seconds = strtod(end, NULL);
    return seconds > 0 ? entries / seconds : 0;
}

void vt_ledger_bench_engine(struct vt_ledger_bench *b)
{
    const char *dir = vt_ledger_bench_in(b, "engine");
    struct best ours = { 0 }, theirs = { 0 };

    vt_ledger_bench_make(b, dir);
    for (size_t i = 0; i < CROWDS; i++) {
        if (i == 0 || crowds[i].in_flight != crowds[i - 1].in_flight)
            keep_best(&ours, &crowds[i], measure_ours(b, dir, crowds[i].in_flight));
        keep_best(&theirs, &crowds[i], measure_peer(b, &crowds[i]));
    }
    vt_bench_print(&(struct vt_figure){
        .name = "ledger.add.engine",
        .unit = "entries/s",
        .value = ours.rate,
        .peer = theirs.rate > 0 ? "Tessera POSIX v1.0.4" : NULL,
        .peer_value = theirs.rate,
        .goal = theirs.rate > 0 ? 5 : 50000,
        .is_more_better = true,
        .conditions = vt_arena_printf(
            b->arena,
            "NO HTTP on either side: both engines called as libraries in one process, our "
            "signer in it too; entries of %d bytes, closed loop, best of 64, 256 and 4096 "
            "under way (ours %u; peer %u in batches of %u, its own size is 256), each "
            "acknowledged after fsync, a checkpoint a second, ours with exact "
            "deduplication, the peer with none; %s",
            VT_LEDGER_BENCH_BYTES, ours.crowd.in_flight, theirs.crowd.in_flight,
            theirs.crowd.peer_batch, b->machine) });
}
