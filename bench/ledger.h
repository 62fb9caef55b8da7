/* What the parts of the ledger's benchmark share. */
#ifndef VT_BENCH_LEDGER_H
#define VT_BENCH_LEDGER_H

#include "bench/bench.h"
#include "bench/load.h"
#include "bench/serving.h"
#include "crypto/key.h"
#include "ledger/ledger.h"
#include "ledger/signer.h"

enum { VT_LEDGER_BENCH_BYTES = 200 }; /* of an entry */

struct vt_ledger_bench {
    struct vt_arena *arena;
    const char *build, *vitrine, *folder, *machine;
    uint64_t number; /* of the next entry */
    struct vt_serving server;
};

/* A path below the benchmark's folder. */
const char *vt_ledger_bench_in(const struct vt_ledger_bench *b, const char *name);
/* `load`, with entries that were never sent before, against b->server if it names no port.
 */
struct vt_load_result vt_ledger_bench_load(struct vt_ledger_bench *b, struct vt_load load);
double vt_ledger_bench_rate(const struct vt_load_result *result); /* entries/s */
/* A new ledger; its key is in the file "key". */
void vt_ledger_bench_make(struct vt_ledger_bench *b, const char *dir);
void vt_ledger_bench_start(struct vt_ledger_bench *b, const char *dir); /* serve it */

/* A ledger that is open in this process, its signer too. */
struct vt_ledger_here {
    struct vt_env env;
    struct vt_key *key;
    struct vt_signer *signer;
    struct vt_ledger *ledger;
};

void vt_bench_must(bool ok, const struct vt_error *err); /* else the program ends */
/* The struct must stay in its place until it is closed. */
void vt_ledger_bench_open(struct vt_ledger_bench *b, const char *dir,
                          struct vt_ledger_here *out);
void vt_ledger_bench_close(struct vt_ledger_here *here);

/* ledger_engine.c: ours and the peer's as libraries. */
void vt_ledger_bench_engine(struct vt_ledger_bench *b);
/* ledger_grown.c: storage, memory and restart at 10^5, 10^6 and 10^7 entries; a mirror of
 * 10^6. */
void vt_ledger_bench_grown(struct vt_ledger_bench *b);
/* ledger_witness.c: updates a second. */
void vt_ledger_bench_witness(struct vt_ledger_bench *b);

#endif
