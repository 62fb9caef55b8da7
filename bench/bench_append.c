/* Durable appends in one process: batches as large as they come, and with sixty-four in
 * flight. */
#include "bench/bench.h"
#include "crypto/key.h"
#include "crypto/verify_note.h"
#include "ledger/ledger.h"

#define ORIGIN "bench.example/log"

enum { ENTRY_BYTES = 200, BATCH = 20000, BATCHES = 25, IN_FLIGHT = 64, ROUNDS = 4000 };

static void must(bool ok, const struct vt_error *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench_append: %s\n", err->message);
    exit(VT_EXIT_TROUBLE);
}

static struct vt_ledger *make_ledger(const char *dir, const struct vt_env *env)
{
    static const uint8_t seed[32] = { 1 };
    struct vt_ledger_options options = { .env = env };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_ledger *ledger = NULL;
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    struct vt_vkey vkey;

    must(vt_key_from_seed(seed, &key, &err), &err);
    vkey = vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(key));
    vt_vkey_write(&text, &vkey);
    must(vt_ledger_init(dir,
                        &(struct vt_ledger_config){ .origin = VT_LIT(ORIGIN),
                                                    .vkey = vt_buf_slice(&text),
                                                    .key = VT_LIT("unused") },
                        &options, &err) &&
             vt_ledger_open(dir, &options, &ledger, &err),
         &err);
    return ledger;
}

/* `count` fresh entries become durable together. */
static void append(struct vt_ledger *ledger, uint64_t *number, unsigned count)
{
    uint8_t entry[ENTRY_BYTES] = { 0 };
    struct vt_error err = { 0 };
    vt_ticket ticket = { 0 };

    for (unsigned i = 0; i < count; i++) {
        memcpy(entry, number, sizeof *number);
        ++*number;
        must(vt_ledger_submit(ledger, VT_BYTES(entry), &ticket, &err), &err);
    }
    must(vt_ledger_wait(ledger, ticket, NULL, &err), &err);
}

static double rate(struct vt_ledger *ledger, uint64_t *number, unsigned batch,
                   unsigned rounds)
{
    double start = vt_bench_seconds();

    for (unsigned i = 0; i < rounds; i++)
        append(ledger, number, batch);
    return (double)batch * rounds / (vt_bench_seconds() - start);
}

int main(void)
{
    struct vt_env env = vt_env_real();
    VT_AUTO_ARENA arena = vt_arena_new();
    char *folder = vt_bench_folder(arena, "append");
    struct vt_ledger *ledger = make_ledger(folder, &env);
    const char *machine = vt_bench_machine(arena, folder);
    uint64_t number = 0;

    (void)rate(ledger, &number, BATCH, 2); /* the first journal slot */
    vt_bench_print(&(struct vt_figure){
        .name = "chain.append.batched",
        .unit = "entries/s",
        .value = rate(ledger, &number, BATCH, BATCHES),
        .goal = 250000,
        .is_more_better = true,
        .conditions = vt_arena_printf(arena, "%d bytes each, batches of %d, fdatasync; %s",
                                      ENTRY_BYTES, BATCH, machine),
    });
    vt_bench_print(&(struct vt_figure){
        .name = "chain.append.in_flight_64",
        .unit = "entries/s",
        .value = rate(ledger, &number, IN_FLIGHT, ROUNDS),
        .goal = 20000,
        .is_more_better = true,
        .conditions = vt_arena_printf(arena, "%d bytes each, %d in flight, fdatasync; %s",
                                      ENTRY_BYTES, IN_FLIGHT, machine),
    });
    vt_ledger_close(ledger);
    vt_bench_folder_remove(folder);
    return 0;
}
