/* Inclusion proofs checked a second, at 2^30 leaves: thirty hashes each, made so that every
 * proof is true (the root is computed from a random path).  One core. */
#include "bench/bench.h"
#include "ledger/ledger.h"

enum { PATHS = 1024, ROUNDS = 200 };

struct path {
    vt_hash leaf, root, hashes[30];
    uint64_t index;
};

/* A random leaf, a random path, and the root that they lead to. */
static void make_path(const struct vt_env *env, struct path *path)
{
    vt_hash at;

    vt_env_random(env, (uint8_t *)path, sizeof *path);
    path->index &= (UINT64_C(1) << 30) - 1;
    at = path->leaf;
    for (unsigned level = 0; level < 30; level++)
        at = path->index >> level & 1 ? vt_sha256_node(&path->hashes[level], &at)
                                      : vt_sha256_node(&at, &path->hashes[level]);
    path->root = at;
}

int main(void)
{
    struct vt_env env = vt_env_real();
    VT_AUTO_ARENA arena = vt_arena_new();
    struct path *paths = vt_alloc_array(PATHS, sizeof *paths);
    unsigned good = 0;
    double start, seconds;

    for (size_t i = 0; i < PATHS; i++)
        make_path(&env, &paths[i]);
    start = vt_bench_seconds();
    for (unsigned round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < PATHS; i++)
            good +=
                vt_tree_verify_inclusion(&paths[i].leaf, paths[i].index, UINT64_C(1) << 30,
                                         paths[i].hashes, 30, &paths[i].root);
    seconds = vt_bench_seconds() - start;
    free(paths);
    VT_ASSERT(good == PATHS * ROUNDS);
    vt_bench_print(&(struct vt_figure){
        .name = "chain.proof.inclusion",
        .unit = "proofs/s/core",
        .value = good / seconds,
        .goal = 300000,
        .is_more_better = true,
        .conditions =
            vt_arena_printf(arena, "2^30 leaves, 30 hashes a proof, %u proofs; %s", good,
                            vt_bench_machine(arena, ".")),
    });
    return 0;
}
