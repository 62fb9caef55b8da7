/* A served ledger under load, generator and server on one machine.
 *
 *   bench_ledger VITRINE                 all figures
 *   bench_ledger load PORT PATH CONNECTIONS BATCH BYTES RATE SECONDS [ACCEPT]
 *                                        the generator alone, against any log */
#include "bench/bench.h"
#include "bench/load.h"

static double number(const char *text)
{
    return strtod(text, NULL);
}

static int load_alone(int argc, char **argv)
{
    struct vt_load load = { .port = (uint16_t)number(argv[2]),
                            .path = argv[3],
                            .connections = (unsigned)number(argv[4]),
                            .batch = (unsigned)number(argv[5]),
                            .entry_bytes = (unsigned)number(argv[6]),
                            .rate = number(argv[7]),
                            .seconds = number(argv[8]),
                            .accept = argc > 9 ? argv[9] : NULL,
                            .first = (uint64_t)time(NULL) << 32 };
    struct vt_load_result r = vt_load_run(&load);

    (void)printf("{\"entries\": %ju, \"requests\": %ju, \"per_s\": %.0f, \"turned_away\": "
                 "%ju, \"failed\": %ju, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": "
                 "%.2f}\n",
                 (uintmax_t)r.entries, (uintmax_t)r.requests, (double)r.entries / r.seconds,
                 (uintmax_t)r.turned_away, (uintmax_t)r.failed, r.p50_ms, r.p99_ms,
                 r.max_ms);
    return r.failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc >= 9 && strcmp(argv[1], "load") == 0)
        return load_alone(argc, argv);
    (void)fprintf(stderr, "usage: bench_ledger load PORT PATH CONNECTIONS BATCH BYTES RATE "
                          "SECONDS [ACCEPT]\n");
    return VT_EXIT_USAGE;
}
