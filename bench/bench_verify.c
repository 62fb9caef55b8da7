/* What a verdict costs: a large file against openssl's digest of it, the rest without the
 * file, and the size of the evidence. */
#include "bench/bench.h"
#include "tests/world.h"
#include <sys/stat.h>

enum { ROUNDS = 5, ASKED = 300 };

/* One GiB, compared with what openssl needs for the digest alone. */
static size_t file_bytes(void)
{
    return (size_t)1 << 30;
}

static double shortest(const char *const argv[])
{
    double best = 1e9;

    for (int i = 0; i < ROUNDS; i++) {
        VT_AUTO_BUF said = vt_buf_init(VT_MIB(1));
        struct vt_child_options options = { .output = &said, .errors = &said };
        struct vt_error err = { 0 };
        struct vt_child_end end;
        double start = vt_bench_seconds(), took;

        if (!vt_child_run(argv, &options, &end, &err) || end.exit_code != 0)
            vt_test_fail(__FILE__, __LINE__, "%s: %s%s", argv[0], err.message,
                         vt_buf_cstr(&said));
        took = vt_bench_seconds() - start;
        if (took < best)
            best = took;
    }
    return best;
}

static void write_file(const char *path, vt_slice bytes)
{
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    struct vt_error err = { 0 };

    if (fd < 0 || !vt_fd_write_all(fd, path, bytes, &err))
        vt_test_fail(__FILE__, __LINE__, "%s: %s", path, err.message);
}

static void compare_with_openssl(const char *program)
{
    struct vt_arena *arena = vt_test_arena();
    char *folder = vt_bench_folder(arena, "verify");
    const char *file = vt_arena_printf(arena, "%s/lamp.bin", folder);
    const char *trust = vt_arena_printf(arena, "%s/trust.json", folder);
    const char *ours[] = { program, "verify", file, "--trust", trust, NULL };
    const char *theirs[] = { "openssl", "dgst", "-sha256", file, NULL };
    struct vt_world world = vt_world_good();
    struct vt_world_made made;
    char *content = malloc(file_bytes() + 1);

    VT_CHECK(content != NULL);
    for (size_t i = 0; i < file_bytes(); i++)
        content[i] = (char)('a' + i * 7 % 26);
    content[file_bytes()] = '\0';
    world.file = content;
    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    vt_world_make(&world, &made);
    write_file(file, made.file);
    write_file(vt_arena_printf(arena, "%s.evidence", file), made.evidence);
    write_file(trust, made.trust);
    free(content);
    (void)shortest(theirs); /* warm the cache for both */
    vt_bench_print(&(struct vt_figure){
        .name = "chain.verify.file",
        .unit = "s",
        .value = shortest(ours),
        .peer = "openssl dgst -sha256",
        .peer_value = shortest(theirs),
        .goal = 1.05,
        .conditions = vt_arena_printf(arena, "1 GiB in the page cache, shortest of %d; %s",
                                      ROUNDS, vt_bench_machine(arena, folder)),
    });
    vt_bench_folder_remove(folder);
}

/* ---- without the file -------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void time_the_rest(const struct vt_world_made *made)
{
    static double took[ASKED];
    struct vt_arena *arena = vt_test_arena();
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_DEMANDS demands = vt_demands_usual();
    struct vt_question question = { .file_hash = vt_sha256_of(made->file),
                                    .file_bytes = made->file.len,
                                    .evidence = made->evidence,
                                    .demands = &demands,
                                    .now_unix_s = VT_WORLD_NOW };

    VT_CHECK_OK(vt_trust_parse(made->trust, &trust, &err));
    question.trust = trust;
    for (int i = 0; i < ASKED; i++) {
        VT_AUTO_VERDICT verdict = { 0 };
        double start = vt_bench_seconds();

        VT_CHECK_OK(vt_verdict_reach(&question, &verdict, &err));
        took[i] = vt_bench_seconds() - start;
        VT_CHECK(verdict.reason == VT_REASON_NONE);
    }
    qsort(took, ASKED, sizeof took[0], by_size);
    vt_bench_print(&(struct vt_figure){
        .name = "chain.verify.rest",
        .unit = "s",
        .value = took[ASKED / 2],
        .goal = 0.002,
        .conditions = vt_arena_printf(
            arena,
            "policy, signatures, proofs; 10^9 entries, 3 cosignatures, median of %d; "
            "%s",
            ASKED, vt_bench_machine(arena, ".")),
    });
}

static void measure_sizes(const struct vt_world_made *made)
{
    size_t core = made->release.len + made->release_proof.len + made->withdrawals.len +
                  made->withdrawals_proof.len;

    vt_bench_print(&(struct vt_figure){
        .name = "chain.evidence.core",
        .unit = "bytes",
        .value = (double)core,
        .goal = 8192,
        .conditions = "release, list of withdrawals, both proofs; 10^9 entries, 3 "
                      "cosignatures",
    });
    vt_bench_print(&(struct vt_figure){
        .name = "chain.evidence.whole",
        .unit = "bytes",
        .value = (double)made->evidence.len,
        .goal = 24576,
        .conditions = "the evidence file; 10^9 entries, 3 cosignatures, two reviews",
    });
}

int main(int argc, char **argv)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    VT_ASSERT(argc == 2);
    world.large_size = 1000000000;
    world.review_count = 2;
    vt_world_make(&world, &made);
    time_the_rest(&made);
    measure_sizes(&made);
    compare_with_openssl(argv[1]);
    return 0;
}
