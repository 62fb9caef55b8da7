/* A ledger that grows to ten million entries: what it needs on disk and in memory, how soon
 * it is back after a kill, how fast a mirror copies it.  It is filled in this process,
 * which is quicker; the files are the same. */
#include "bench/ledger.h"
#include <ftw.h>
#include <signal.h>

enum { BATCH = 20000, PUBLISH_EACH = 25, MIRRORED = 1000000 };

void vt_bench_must(bool ok, const struct vt_error *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench_ledger: %s\n", err->message);
    exit(VT_EXIT_TROUBLE);
}

void vt_ledger_bench_open(struct vt_ledger_bench *b, const char *dir,
                          struct vt_ledger_here *out)
{
    struct vt_ledger_options options = { .env = &out->env };
    struct vt_error err = { 0 };

    *out = (struct vt_ledger_here){ .env = vt_env_real() };
    vt_bench_must(
        vt_key_open(vt_ledger_bench_in(b, "key"), (vt_slice){ 0 }, &out->key, &err) &&
            vt_signer_start_here(dir, VT_LIT("bench.example/log"), out->key, &out->signer,
                                 &err),
        &err);
    options.signer = out->signer;
    vt_bench_must(vt_ledger_open(dir, &options, &out->ledger, &err), &err);
}

void vt_ledger_bench_close(struct vt_ledger_here *here)
{
    vt_ledger_close(here->ledger);
    vt_signer_stop(here->signer);
    vt_key_close(here->key);
}

/* ---- filling ----------------------------------------------------------------------------
 */

static void append_batch(struct vt_ledger_bench *b, struct vt_ledger *ledger, uint64_t to)
{
    uint8_t entry[VT_LEDGER_BENCH_BYTES] = { 0 };
    struct vt_error err = { 0 };
    vt_ticket ticket = { 0 };

    do {
        memcpy(entry, &b->number, sizeof b->number);
        b->number++;
        vt_bench_must(vt_ledger_submit(ledger, VT_BYTES(entry), &ticket, &err), &err);
    } while (ticket.index + 1 < to);
    vt_bench_must(vt_ledger_wait(ledger, ticket, NULL, &err), &err);
}

/* Until there are so many; entries a second. */
static double fill(struct vt_ledger_bench *b, const char *dir, uint64_t wanted)
{
    struct vt_ledger_here here;
    struct vt_error err = { 0 };
    double began = vt_bench_seconds();
    uint64_t before;

    vt_ledger_bench_open(b, dir, &here);
    before = vt_ledger_size(here.ledger);
    for (unsigned i = 1; vt_ledger_size(here.ledger) < wanted; i++) {
        uint64_t to = vt_ledger_size(here.ledger) + BATCH;

        append_batch(b, here.ledger, to < wanted ? to : wanted);
        if (i % PUBLISH_EACH == 0)
            vt_bench_must(vt_ledger_publish(here.ledger, NULL, &err), &err);
    }
    vt_bench_must(vt_ledger_publish(here.ledger, NULL, &err), &err);
    vt_ledger_bench_close(&here);
    return (double)(wanted - before) / (vt_bench_seconds() - began);
}

/* ---- what lies on the disk --------------------------------------------------------------
 */

/* Below a folder, the journal apart, which does not grow. */
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

static void measure_storage(struct vt_ledger_bench *b, const char *dir, uint64_t size,
                            double rate)
{
    counted.bytes = counted.blocks = 0;
    (void)nftw(dir, count_one, 32, FTW_PHYS);
    vt_bench_print(&(struct vt_figure){
        .name = "ledger.storage",
        .unit = "bytes/entry",
        .value = (double)counted.bytes / (double)size - VT_LEDGER_BENCH_BYTES,
        .goal = 48,
        .conditions = vt_arena_printf(
            b->arena,
            "bytes of all files but the journal's 128 MiB, beyond the entries' %d; in "
            "whole "
            "blocks of this file system %.1f; at %ju entries, filled in one process at "
            "%.0f/s; grows with n * (b + 34.1) + 10 n for the index, so 10^10 entries take "
            "2.3 TB and 100 GB; %s",
            VT_LEDGER_BENCH_BYTES,
            (double)counted.blocks / (double)size - VT_LEDGER_BENCH_BYTES, (uintmax_t)size,
            rate, b->machine) });
}

/* ---- while it is served -----------------------------------------------------------------
 */

static void measure_resident(struct vt_ledger_bench *b, uint64_t size)
{
    (void)vt_ledger_bench_load(
        b,
        (struct vt_load){ .path = "/add", .connections = 800, .batch = 1, .seconds = 2 });
    vt_bench_print(&(struct vt_figure){
        .name = "ledger.resident",
        .unit = "MiB",
        .value = (double)vt_bench_resident(&b->server) / VT_MIB(1),
        .goal = 256,
        .conditions = vt_arena_printf(
            b->arena,
            "front, sequencer, signer and serve together, pages of the mapped index "
            "included, after 2 s of load over 800 connections, at %ju entries; private "
            "memory is bounded, at 10^10 about 60 MB (ledger/DESIGN.md); %s",
            (uintmax_t)size, b->machine) });
}

static void measure_restart(struct vt_ledger_bench *b, const char *dir, uint64_t size)
{
    double began;

    vt_bench_stop(&b->server, SIGKILL);
    (void)usleep(200000); /* its roles see that it is gone */
    began = vt_bench_seconds();
    vt_ledger_bench_start(b, dir);
    (void)vt_ledger_bench_load(
        b, (struct vt_load){
               .path = "/add", .connections = 1, .batch = 1, .seconds = 0.0001 });
    vt_bench_print(&(struct vt_figure){
        .name = "ledger.restart",
        .unit = "s",
        .value = vt_bench_seconds() - began,
        .goal = 1,
        .conditions = vt_arena_printf(
            b->arena,
            "from kill -9 under load to the first acknowledged entry, %ju entries; at most "
            "two journal slots of 64 MB are replayed and 2^18 leaves read, whatever the "
            "size; %s",
            (uintmax_t)size, b->machine) });
}

/* ---- a mirror ---------------------------------------------------------------------------
 */

static void measure_mirror(struct vt_ledger_bench *b, const char *from, const char *how,
                           uint64_t size)
{
    const char *to = vt_ledger_bench_in(b, vt_arena_printf(b->arena, "mirror-%s", how));
    const char *vkey = vt_bench_output(
        b->arena,
        (const char *const[]){ b->vitrine, "key", "show", vt_ledger_bench_in(b, "key.pub"),
                               "--name", "bench.example/log", "--json", NULL });
    double began = vt_bench_seconds(), busy, took;
    const char *at = strstr(vkey, "\"bench.example/log+");
    const char *end = at != NULL ? strchr(at + 1, '"') : NULL;

    if (end == NULL)
        return;
    busy = vt_bench_run_busy((const char *const[]){
        b->vitrine, "ledger", "mirror", "--dir", to, "--from", from, "--vkey",
        vt_arena_printf(b->arena, "%.*s", (int)(end - at - 1), at + 1), NULL });
    took = vt_bench_seconds() - began;
    vt_bench_print(&(struct vt_figure){
        .name = vt_arena_printf(b->arena, "ledger.mirror.%s", how),
        .unit = "entries/s/core",
        .value = (double)size / busy,
        .goal = 500000,
        .is_more_better = true,
        .conditions = vt_arena_printf(
            b->arena,
            "%ju entries of %d bytes, every byte hashed and held against the signed root, "
            "each file synced; entries by the mirror's own processor time (%.2f s; the "
            "clock: %.2f s, %.0f entries/s); per entry the same at any size; %s",
            (uintmax_t)size, VT_LEDGER_BENCH_BYTES, busy, took, (double)size / took,
            b->machine) });
}

/* Both copies stay until both are measured: for minutes after many files were removed ext4
 * looks for a free inode among the recently deleted, which took half the second copy's
 * time. */
static void measure_mirrors(struct vt_ledger_bench *b, const char *dir, uint64_t size)
{
    measure_mirror(b, dir, "folder", size);
    measure_mirror(b, vt_arena_printf(b->arena, "http://127.0.0.1:%u/", b->server.port),
                   "http", size);
    vt_bench_folder_remove(vt_ledger_bench_in(b, "mirror-folder"));
    vt_bench_folder_remove(vt_ledger_bench_in(b, "mirror-http"));
}

void vt_ledger_bench_grown(struct vt_ledger_bench *b)
{
    static const uint64_t sizes[] = { 100000, 1000000, 10000000 };
    const char *dir = vt_ledger_bench_in(b, "grown");

    vt_ledger_bench_make(b, dir);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        double rate = fill(b, dir, sizes[i]);

        measure_storage(b, dir, sizes[i], rate);
        vt_ledger_bench_start(b, dir);
        if (sizes[i] == MIRRORED)
            measure_mirrors(b, dir, sizes[i]);
        measure_resident(b, sizes[i]);
        measure_restart(b, dir, sizes[i]);
        vt_bench_stop(&b->server, SIGTERM);
    }
    vt_bench_folder_remove(dir);
}
