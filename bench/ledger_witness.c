/* How many checkpoints a second a witness cosigns, each durable before its answer: many
 * logs that grow by an entry at a time, each with a connection of its own.  All that is
 * sent is signed and proved before the clock runs. */
#include "bench/ledger.h"
#include "bench/load.h"
#include "ledger/checkpoint.h"
#include "ledger/witness_request.h"
#include "tests/small_log.h"
#include <signal.h>

enum { LOGS = 64, SIZES = 1000, SECONDS = 6, BODY_BYTES_MAX = 4096 };

struct crowd {
    struct vt_small_log logs[LOGS];
    vt_slice (*bodies)[SIZES]; /* of each log, for sizes from 1 on */
    unsigned next[LOGS];
};

static vt_slice next_body(void *context, unsigned connection)
{
    struct crowd *c = context;

    return c->next[connection] < SIZES ? c->bodies[connection][c->next[connection]++]
                                       : (vt_slice){ 0 };
}

/* The signed checkpoint of a log whose tree has this root. */
static void write_note(const struct vt_small_log *log, uint64_t size, const vt_hash *root,
                       struct vt_buf *note)
{
    struct vt_checkpoint checkpoint = { .origin = vt_slice_from_cstr(log->origin),
                                        .size = size,
                                        .root = *root };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    struct vt_error err = { 0 };

    vt_checkpoint_write(&text, &checkpoint);
    vt_buf_put(note, vt_buf_slice(&text));
    vt_buf_put_u8(note, '\n');
    VT_CHECK_OK(vt_note_sign(log->key, checkpoint.origin, vt_buf_slice(&text), note, &err));
}

/* All logs have the same entries, so the proof of a size is made once. */
static void write_bodies(struct crowd *c, struct vt_arena *arena)
{
    c->bodies = vt_alloc_array(LOGS, sizeof *c->bodies);
    for (uint64_t size = 1; size <= SIZES; size++) {
        vt_hash root = vt_small_log_root(&c->logs[0], size);
        struct vt_proof proof = { .count = 0 };
        struct vt_error err = { 0 };

        VT_CHECK_OK(vt_small_log_prove(&c->logs[0], size - 1, size, &proof, &err));
        for (unsigned i = 0; i < LOGS; i++) {
            VT_AUTO_BUF note = vt_buf_init(VT_KIB(8)), body = vt_buf_init(BODY_BYTES_MAX);

            write_note(&c->logs[i], size, &root, &note);
            vt_witness_request_write(&body, size - 1, proof.hashes, proof.count,
                                     vt_buf_slice(&note));
            VT_CHECK_OK(vt_buf_check(&body, "a request", &err));
            c->bodies[i][size - 1] = vt_arena_copy(arena, vt_buf_slice(&body));
        }
    }
}

static void make_witness(struct vt_ledger_bench *b, struct crowd *c, const char *dir)
{
    vt_bench_run((const char *const[]){ b->vitrine, "key", "new", "--out",
                                        vt_ledger_bench_in(b, "witness.key"), NULL });
    vt_bench_run((const char *const[]){ b->vitrine, "witness", "init", "--dir", dir,
                                        "--name", "witness.example", "--key",
                                        vt_ledger_bench_in(b, "witness.key"), NULL });
    for (unsigned i = 0; i < LOGS; i++) {
        c->logs[i] = vt_small_log_of(vt_arena_printf(b->arena, "log.example/%u", i),
                                     (uint8_t)(i + 1));
        vt_bench_run((const char *const[]){ b->vitrine, "witness", "add-log", "--dir", dir,
                                            "--vkey", vt_small_log_vkey(&c->logs[i]),
                                            NULL });
    }
}

void vt_ledger_bench_witness(struct vt_ledger_bench *b)
{
    VT_AUTO_FREE struct crowd *c = vt_alloc(sizeof *c);
    const char *dir = vt_ledger_bench_in(b, "witness");
    struct vt_load_result r;
    struct vt_serving witness;

    make_witness(b, c, dir);
    write_bodies(c, b->arena);
    witness = vt_bench_start(
        vt_ledger_bench_in(b, "witness.log"), 0,
        (const char *const[]){ b->vitrine, "witness", "serve", "--dir", dir, NULL });
    r = vt_load_run(&(struct vt_load){ .port = witness.port,
                                       .path = "/add-checkpoint",
                                       .connections = LOGS,
                                       .entry_bytes = BODY_BYTES_MAX,
                                       .seconds = SECONDS,
                                       .body = next_body,
                                       .context = c });
    vt_bench_stop(&witness, SIGTERM);
    free(c->bodies);
    vt_bench_print(&(struct vt_figure){
        .name = "ledger.witness.updates",
        .unit = "updates/s",
        .value = (double)r.requests / r.seconds,
        .goal = 10000,
        .is_more_better = true,
        .conditions = vt_arena_printf(
            b->arena,
            "POST /add-checkpoint of %d logs, a connection each, closed loop, each "
            "checkpoint one entry larger, Ed25519 checked and cosigned, durable (fsync on) "
            "before the answer; %ju refused, median %.1f ms, p99 %.1f ms; generator on the "
            "same machine, its requests made before; %s",
            LOGS, (uintmax_t)(r.failed + r.turned_away), r.p50_ms, r.p99_ms, b->machine) });
}
