/* Scanning: what is found and where, limits told truly, a worker that a file conquers, and
 * answers that are not believed. */
#include "cell/role_scan_worker.h"
#include "cell/scan_pool.h"
#include "cell/scan_rules.h"
#include "crypto/age_stream.h"
#include "wire/hex.h"
#include "tests/archives.h"
#include "tests/confinement.h"
#include "tests/harness.h"
#include <signal.h>
#include <sys/mman.h>

#define EICAR_LINE "44d88612fea8a8f36de82e1278abb02f:68:Test.Eicar\n"
#define CLAM_LINE  "aa15bcf478d165efd2065190eb473bcb:544:Test.ClamFile\n"

/* ---- a pool and a file -----------------------------------------------------------------
 */

static const char *databases(void)
{
    const char *folder = vt_test_path("clamav");

    VT_CHECK(mkdir(folder, 0700) == 0 || errno == EEXIST);
    vt_test_write(vt_test_path("clamav/two.hdb"), VT_LIT(CLAM_LINE EICAR_LINE));
    return folder;
}

static const char *rules(void)
{
    const char *folder = vt_test_path("rules");

    if (mkdir(folder, 0700) != 0)
        return folder;
    VT_CHECK(mkdir(vt_test_path("rules/rules"), 0700) == 0);
    vt_test_write(vt_test_path("rules/rules/a.yar"),
                  VT_LIT("rule Needle { strings: $a = \"a needle in it\" condition: $a }\n"
                         "rule Odd { meta: suspicious = true strings: $a = \"odd words\" "
                         "condition: $a }\n"));
    return folder;
}

static struct vt_scan_pool *pool_of(struct vt_scan_setup setup)
{
    struct vt_error err = { 0 };
    struct vt_scan_pool *pool = NULL;

    if (setup.limits.ratio_max == 0)
        setup.limits = vt_scan_limits_default();
    if (setup.workers == 0)
        setup.workers = 1;
    VT_CHECK_OK(vt_scan_pool_open(&setup, &pool, &err));
    return pool;
}

static struct vt_scan_pool *both_engines(void)
{
    return pool_of((struct vt_scan_setup){ .pack = rules(), .clamav = databases() });
}

static int file_of(vt_slice bytes)
{
    struct vt_error err = { 0 };
    int fd = memfd_create("sample", MFD_CLOEXEC);

    VT_CHECK(fd >= 0);
    VT_CHECK_OK(vt_fd_write_all(fd, "sample", bytes, &err));
    VT_CHECK(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static struct vt_scan_verdict scan(struct vt_scan_pool *pool, vt_slice bytes)
{
    struct vt_error err = { 0 };
    struct vt_scan_verdict verdict;
    VT_AUTO_FD fd = file_of(bytes);
    const struct vt_scan_job job = { .fd = fd };

    VT_CHECK_OK(vt_scan_pool_scan(pool, &job, &verdict, &err));
    return verdict;
}

static const char *text_of(const struct vt_scan_verdict *verdict)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));

    vt_scan_verdict_text(verdict, &text);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

static void check_text(const char *what, const struct vt_scan_verdict *verdict,
                       const char *wanted)
{
    VT_CHECK_SAYING(strcmp(text_of(verdict), wanted) == 0, "%s: '%s', wanted '%s'", what,
                    text_of(verdict), wanted);
}

/* ---- what is found ---------------------------------------------------------------------
 */

static void names_and_states_are_told(void)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "nothing here", "clean" },
        { "", "clean" },
        { "there is a needle in it", "malicious: Needle (yara)" },
        { "odd words", "suspicious: Odd (yara)" },
        { "odd words, and a needle in it", "malicious: Needle (yara), Odd (yara)" },
    };
    VT_AUTO_SCAN_POOL pool = both_engines();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vt_scan_verdict v = scan(pool, vt_slice_from_cstr(cases[i].text));

        check_text(cases[i].text, &v, cases[i].wanted);
        VT_CHECK(strstr(v.binding.engines, "yara ") != NULL &&
                 strstr(v.binding.engines, "clamav ") != NULL &&
                 strstr(v.binding.engines, "libarchive ") != NULL);
    }
}

static void eicar_is_found_in_every_wrapping(void)
{
    static const char *const formats[] = { "zip", "7zip", "paxr", "newc", "iso9660", "ar" };
    static const char *const filters[] = { "gzip", "xz", "zstd", "bzip2", "lz4", "lzip" };
    VT_AUTO_SCAN_POOL pool = both_engines();
    vt_slice eicar = vt_test_eicar(), nested = eicar, harmless = VT_LIT("harmless");
    struct vt_scan_verdict v = scan(pool, eicar);

    check_text("plain", &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        v = scan(pool, vt_test_archive(formats[i], "none", "e", eicar));
        check_text(formats[i], &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
        v = scan(pool, vt_test_archive(formats[i], "none", "e", harmless));
        check_text(formats[i], &v, "clean");
    }
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        v = scan(pool, vt_test_archive("paxr", filters[i], "e", eicar));
        check_text(filters[i], &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
        VT_CHECK(v.outcome.depth == 2 && v.outcome.members == 2);
        v = scan(pool, vt_test_archive("raw", filters[i], "e", eicar));
        check_text(filters[i], &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
    }
    v = scan(pool, vt_test_cabinet(eicar));
    check_text("cab", &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
    for (int i = 0; i < 5; i++)
        nested = vt_test_archive("zip", "none", "inner.zip", nested);
    v = scan(pool, nested);
    check_text("five deep", &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
    VT_CHECK(v.outcome.depth == 5 && v.outcome.members == 5);
}

/* Each engine sees every member by our unpacker, not only by its own. */
static void members_are_shown_to_each_engine(void)
{
    VT_AUTO_SCAN_POOL yara = pool_of((struct vt_scan_setup){ .pack = rules() });
    VT_AUTO_SCAN_POOL clamav = pool_of((struct vt_scan_setup){ .clamav = databases() });
    vt_slice needle = VT_LIT("a needle in it");
    struct vt_scan_verdict v =
        scan(yara, vt_test_archive("7zip", "none", "n",
                                   vt_test_archive("paxr", "zstd", "n", needle)));

    check_text("yara", &v, "malicious: Needle (yara)");
    VT_CHECK(strstr(v.binding.engines, "clamav") == NULL);
    /* libclamav knows no zstd. */
    v = scan(clamav, vt_test_archive("paxr", "zstd", "e", vt_test_eicar()));
    check_text("clamav", &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
    VT_CHECK(!vt_hash_equal(&vt_scan_pool_binding(yara)->rules,
                            &vt_scan_pool_binding(clamav)->rules));
}

static void paths_in_archives_lead_nowhere(void)
{
    static const char *const names[] = { "../../../../tmp/vitrine-escaped",
                                         "/tmp/vitrine-escaped",
                                         "/etc/cron.d/x",
                                         "..",
                                         "a/../../../b",
                                         "con\nline" };
    VT_AUTO_SCAN_POOL pool = both_engines();

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vt_scan_verdict v =
            scan(pool, vt_test_archive("zip", "none", names[i], vt_test_eicar()));

        check_text(names[i], &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
        v = scan(pool, vt_test_archive("ustar", "gzip", names[i], VT_LIT("x")));
        VT_CHECK(v.state == VT_SCAN_CLEAN);
    }
    VT_CHECK(access("/tmp/vitrine-escaped", F_OK) != 0);
}

/* ---- limits ----------------------------------------------------------------------------
 */

static vt_slice zeros(size_t len)
{
    return vt_slice_of(vt_arena_alloc(vt_test_arena(), len), len);
}

/* As 42.zip: each level holds the one below it several times. */
static vt_slice tower(unsigned levels, unsigned width)
{
    vt_slice made = zeros(VT_MIB(8));

    for (unsigned i = 0; i < levels; i++)
        made = vt_test_archive_of_many("zip", "none", made, width);
    return made;
}

static void check_limit(const char *what, const struct vt_scan_verdict *v, unsigned limits)
{
    /* libclamav calls some of them suspicious, which they are. */
    VT_CHECK_SAYING((v->state == VT_SCAN_NOT_FULLY || v->state == VT_SCAN_SUSPICIOUS) &&
                        (v->outcome.limits & limits) != 0 && v->outcome.failed == 0 &&
                        v->end == VT_SCAN_ANSWERED,
                    "%s: %s", what, text_of(v));
}

/* Nothing of it is believed: what counts is what came out, and that is bounded. */
static void bombs_are_told_as_what_they_are(void)
{
    VT_AUTO_SCAN_POOL pool = both_engines();
    const struct {
        const char *what;
        vt_slice bytes;
        unsigned limits;
    } bombs[] = {
        { "overlapping entries", vt_test_zip_of_overlaps(VT_MIB(4), 1000),
          VT_SCAN_LIMIT_RATIO },
        { "42.zip", tower(5, 16), VT_SCAN_LIMIT_RATIO | VT_SCAN_LIMIT_BYTES },
        { "10 GB of zeros", vt_test_gzip_of_zeros(100000000, 100),
          VT_SCAN_LIMIT_RATIO | VT_SCAN_LIMIT_BYTES },
        { "quine", vt_test_gzip_quine(), VT_SCAN_LIMIT_DEPTH },
        { "quine in a zip", vt_test_archive("zip", "none", "q.gz", vt_test_gzip_quine()),
          VT_SCAN_LIMIT_DEPTH },
        { "many members", vt_test_archive_of_many("zip", "none", VT_LIT("x"), 10001),
          VT_SCAN_LIMIT_MEMBERS },
        { "encrypted", vt_test_archive_encrypted(VT_LIT("secret")),
          VT_SCAN_LIMIT_ENCRYPTED },
    };

    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        int64_t begun_ms = vt_monotonic_ms();
        struct vt_scan_verdict v = scan(pool, bombs[i].bytes);
        struct vt_scan_verdict after = scan(pool, vt_test_eicar());

        check_limit(bombs[i].what, &v, bombs[i].limits);
        VT_CHECK(v.outcome.unpacked_bytes <= v.binding.limits.bytes_max + VT_KIB(64));
        VT_CHECK(vt_monotonic_ms() - begun_ms < 60000);
        check_text("after it", &after, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
    }
}

/* The quine is one. */
static void the_quine_gives_itself(void)
{
    VT_AUTO_SCAN_POOL pool = pool_of((struct vt_scan_setup){ .pack = rules() });
    vt_slice quine = vt_test_gzip_quine();
    struct vt_scan_verdict v = scan(pool, quine);

    VT_CHECK_SAYING(v.outcome.depth == v.binding.limits.depth_max &&
                        v.outcome.unpacked_bytes == quine.len * v.outcome.depth,
                    "depth %u, %ju bytes of %zu", v.outcome.depth,
                    (uintmax_t)v.outcome.unpacked_bytes, quine.len);
}

static void every_limit_can_be_set(void)
{
    vt_slice needle = VT_LIT("a needle in it");
    vt_slice in_zip = vt_test_archive_of_many("zip", "none", needle, 3);
    vt_slice large = vt_test_archive("paxr", "gzip", "n", zeros(VT_MIB(3)));
    const struct {
        const char *limits;
        vt_slice bytes;
        unsigned wanted;
    } cases[] = {
        { "members=2", vt_test_archive_of_many("zip", "none", VT_LIT("x"), 3),
          VT_SCAN_LIMIT_MEMBERS },
        { "members=3", vt_test_archive_of_many("zip", "none", VT_LIT("x"), 3), 0 },
        { "depth=1", vt_test_archive("paxr", "gzip", "n", VT_LIT("x")),
          VT_SCAN_LIMIT_DEPTH },
        { "depth=2", vt_test_archive("paxr", "gzip", "n", VT_LIT("x")), 0 },
        { "bytes=1M", large, VT_SCAN_LIMIT_BYTES },
        { "file-bytes=1M", zeros(VT_MIB(1) + 1), VT_SCAN_LIMIT_BYTES },
        { "file-bytes=1M", zeros(VT_MIB(1)), 0 },
        { "file-bytes=1M", large, VT_SCAN_LIMIT_BYTES },
        { "ratio=20,ratio-free=1M", large, VT_SCAN_LIMIT_RATIO },
        { "ratio=20,ratio-free=100M", large, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vt_scan_setup setup = { .pack = rules(),
                                       .limits = vt_scan_limits_default() };
        struct vt_error err = { 0 };
        VT_AUTO_SCAN_POOL pool = NULL;
        struct vt_scan_verdict v;

        VT_CHECK_OK(
            vt_scan_limits_parse(vt_slice_from_cstr(cases[i].limits), &setup.limits, &err));
        pool = pool_of(setup);
        v = scan(pool, cases[i].bytes);
        if (cases[i].wanted == 0)
            check_text(cases[i].limits, &v, "clean");
        else
            check_limit(cases[i].limits, &v, cases[i].wanted);
    }
    {
        /* A limit does not hide what was found before it. */
        struct vt_scan_setup setup = { .pack = rules(),
                                       .limits = vt_scan_limits_default() };
        VT_AUTO_SCAN_POOL pool = NULL;
        struct vt_scan_verdict v;

        setup.limits.members_max = 1;
        pool = pool_of(setup);
        v = scan(pool, in_zip);
        check_text("both", &v, "malicious: Needle (yara); not fully scanned: members");
    }
}

/* Wherever a stream is cut, also before its first byte comes out: what was not seen is not
 * called clean. */
static void a_cut_stream_is_not_clean(void)
{
    static const struct {
        const char *filter;
        size_t least; /* bytes that tell what it is */
    } rows[] = {
        { "gzip", 10 }, { "xz", 6 },   { "zstd", 4 },  { "bzip2", 4 },
        { "lz4", 4 },   { "lzip", 5 }, { "lzma", 14 },
    };
    VT_AUTO_SCAN_POOL pool = pool_of((struct vt_scan_setup){ .pack = rules() });

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_slice whole =
            vt_test_archive("raw", rows[i].filter, "n", VT_LIT("a needle in it"));

        for (size_t len = rows[i].least; len < whole.len; len++) {
            struct vt_scan_verdict v = scan(pool, vt_slice_sub(whole, 0, len));

            VT_CHECK_SAYING(v.state == VT_SCAN_MALICIOUS ||
                                (v.outcome.limits & VT_SCAN_LIMIT_DAMAGED) != 0,
                            "%s, %zu of %zu bytes: %s", rows[i].filter, len, whole.len,
                            vt_scan_state_name(v.state));
        }
    }
}

/* Its twin: streams of nothing, as gzip, bzip2, xz, zstd, lz4 and xz --format=lzma make
 * them. */
static void an_empty_stream_is_clean(void)
{
    static const char *const streams[] = {
        "1f8b080000000000020303000000000000000000",
        "425a683917724538509000000000",
        "fd377a585a000004e6d6b446000000001cdf44211fb6f37d010000000004595a",
        "28b52ffd240001000099e9d851",
        "04224d186440a700000000055dcc02",
        "5d00008000ffffffffffffffff0083fffbffffc0000000",
    };
    VT_AUTO_SCAN_POOL pool = pool_of((struct vt_scan_setup){ .pack = rules() });

    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        uint8_t bytes[64];
        size_t len = strlen(streams[i]) / 2;
        struct vt_scan_verdict v;

        VT_CHECK(vt_hex_parse(vt_slice_from_cstr(streams[i]), bytes, len));
        v = scan(pool, vt_slice_of(bytes, len));
        check_text(streams[i], &v, "clean");
        VT_CHECK(v.outcome.depth == 1);
    }
}

/* A stream that wants more memory than a worker has, to hide what is in it: the window of
 * lzma is four bytes of its header, and may be larger than it need be. */
static void a_large_window_is_not_clean(void)
{
    static const uint32_t windows[] = { 0x80000000, 0xc0000000, UINT32_MAX };
    VT_AUTO_SCAN_POOL pool = pool_of((struct vt_scan_setup){ .pack = rules() });
    vt_slice whole = vt_test_archive("raw", "lzma", "n", VT_LIT("a needle in it"));
    struct vt_scan_verdict v = scan(pool, whole);

    VT_CHECK(v.state == VT_SCAN_MALICIOUS);
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(4));

        vt_buf_put(&bytes, vt_slice_sub(whole, 0, 1));
        for (unsigned k = 0; k < 4; k++)
            vt_buf_put_u8(&bytes, (uint8_t)(windows[i] >> 8 * k));
        vt_buf_put(&bytes, vt_slice_sub(whole, 5, whole.len - 5));
        v = scan(pool, vt_buf_slice(&bytes));
        /* Where there is no limit of memory (under the sanitizers) it is found. */
        VT_CHECK_SAYING(v.state == VT_SCAN_MALICIOUS ||
                            (v.outcome.limits & VT_SCAN_LIMIT_MEMORY) != 0,
                        "%08x: %s", windows[i], vt_scan_state_name(v.state));
    }
}

static void a_damaged_container_is_not_clean(void)
{
    VT_AUTO_SCAN_POOL pool = both_engines();
    vt_slice noise = vt_arena_copy(vt_test_arena(), zeros(VT_KIB(300)));
    uint64_t dice = 88172645463325252;
    struct vt_scan_verdict v;

    for (size_t i = 0; i < noise.len; i++) {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        ((uint8_t *)(uintptr_t)noise.data)[i] = (uint8_t)dice;
    }
    for (int i = 0; i < 3; i++) {
        static const char *const filters[] = { "gzip", "xz", "zstd" };
        vt_slice whole = vt_test_archive("paxr", filters[i], "n", noise);

        v = scan(pool, whole);
        check_text(filters[i], &v, "clean");
        v = scan(pool, vt_slice_sub(whole, 0, whole.len / 2));
        check_limit(filters[i], &v, VT_SCAN_LIMIT_DAMAGED);
    }
    v = scan(pool, vt_slice_sub(vt_test_archive("paxr", "none", "n", noise), 0, 200000));
    check_limit("tar", &v, VT_SCAN_LIMIT_DAMAGED);
}

/* ---- a worker that a file conquers ------------------------------------------------------
 */

static vt_slice word(const char *text)
{
    return vt_slice_from_cstr(vt_test_print("vitrine scan probe: %s", text));
}

/* To eat takes time on a busy machine, and to spin takes all that there is. */
enum { PATIENT_MS = 30000, IMPATIENT_MS = 2000 };

static struct vt_scan_pool *probes(uint32_t time_ms)
{
    struct vt_scan_limits limits = vt_scan_limits_default();

    limits.time_ms_max = time_ms;
    limits.memory_bytes_max = VT_MIB(256);
    return pool_of((struct vt_scan_setup){ .pack = rules(),
                                           .clamav = databases(),
                                           .limits = limits,
                                           .role = VT_ROLE_SCAN_PROBE });
}

static void each_misdeed_costs_one_verdict(void)
{
    static const struct {
        const char *word;
        const char *wanted;
    } deeds[] = {
        { "crash", "engine failed: worker (signal 11)" },
        { "spin", "engine failed: worker (no answer in time); not fully scanned: time" },
        { "eat", "engine failed: worker (signal 6)" },
        { "socket", "engine failed: worker (it ended)" },
        { "file", "engine failed: worker (it ended)" },
        { "process", "engine failed: worker (it ended)" },
        { "scratch", "engine failed: worker (it ended)" },
        { "lie", "engine failed: worker (its answer was none)" },
        { "out-of-turn", "engine failed: worker (its answer was none)" },
        { "nothing", "clean" },
    };
    VT_AUTO_SCAN_POOL patient = NULL;
    VT_AUTO_SCAN_POOL impatient = NULL;

#ifdef VT_SANITIZED
    vt_test_skip("the sanitizers need rights that a confined role gives up");
#endif
    patient = probes(PATIENT_MS);
    impatient = probes(IMPATIENT_MS);
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        struct vt_scan_pool *pool =
            strcmp(deeds[i].word, "spin") == 0 ? impatient : patient;
        struct vt_scan_verdict v = scan(pool, word(deeds[i].word));

        check_text(deeds[i].word, &v, deeds[i].wanted);
        v = scan(pool, vt_test_archive("zip", "none", "e", vt_test_eicar()));
        check_text("the next", &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
    }
}

/* What one file left in the worker's folder is not there for the next. */
static void nothing_is_left_for_the_next_file(void)
{
    VT_AUTO_SCAN_POOL pool = probes(PATIENT_MS);
    struct vt_scan_verdict v = scan(pool, word("leave"));

    VT_CHECK(v.state == VT_SCAN_CLEAN);
    v = scan(pool, word("see-left"));
    check_text("see-left", &v, "clean");
}

static void other_workers_go_on_meanwhile(void)
{
    struct vt_scan_limits limits = vt_scan_limits_default();
    VT_AUTO_SCAN_POOL pool = NULL;
    struct vt_error err = { 0 };
    struct vt_scan_verdict v;
    uint64_t tag, done = 0;

    limits.time_ms_max = 2000;
    pool = pool_of((struct vt_scan_setup){
        .pack = rules(), .limits = limits, .workers = 2, .role = VT_ROLE_SCAN_PROBE });
    for (uint64_t i = 0; i < 40; i++) {
        VT_AUTO_FD fd = file_of(i == 0 ? word("spin") : VT_LIT("a needle in it"));
        const struct vt_scan_job job = { .fd = fd, .tag = i };

        while (!vt_scan_pool_has_room(pool)) {
            VT_CHECK_OK(vt_scan_pool_next(pool, 30000, &tag, &v, &err));
            VT_CHECK(tag != 0 && v.state == VT_SCAN_MALICIOUS);
            done++;
        }
        VT_CHECK_OK(vt_scan_pool_put(pool, &job, &err));
    }
    VT_CHECK(done >= 38); /* all but the one that spins and the last */
    while (vt_scan_pool_busy(pool) != 0) {
        VT_CHECK_OK(vt_scan_pool_next(pool, 30000, &tag, &v, &err));
        VT_CHECK(v.state == (tag == 0 ? VT_SCAN_ENGINE_FAILED : VT_SCAN_MALICIOUS));
        done++;
    }
    VT_CHECK(done == 40);
    VT_CHECK_FAILS(VT_ABSENT, vt_scan_pool_next(pool, 0, &tag, &v, &err));
}

static void workers_are_replaced_after_some_files(void)
{
    VT_AUTO_SCAN_POOL pool =
        pool_of((struct vt_scan_setup){ .pack = rules(), .files_per_worker = 2 });

    for (int i = 0; i < 7; i++) {
        struct vt_scan_verdict v = scan(pool, VT_LIT("a needle in it"));

        check_text("again", &v, "malicious: Needle (yara)");
    }
}

static void the_locks_hold(void)
{
    vt_test_confinement(VT_ROLE_SCAN_WORKER, "",
                        (const char *const[]){ "write-folder", NULL });
}

/* ---- samples under their key -----------------------------------------------------------
 */

static vt_slice sealed(const uint8_t key[16], vt_slice plain)
{
    const struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(8));
    VT_AUTO_AGE_STREAM stream = NULL;

    VT_CHECK_OK(vt_age_seal_new(&env, key, vt_age_sink_buf(&out), &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(stream, plain, &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&out));
}

static struct vt_scan_verdict scan_sealed(struct vt_scan_pool *pool, vt_slice payload,
                                          const uint8_t key[16])
{
    struct vt_error err = { 0 };
    struct vt_scan_verdict v;
    VT_AUTO_FD fd = file_of(payload);
    const struct vt_scan_job job = { .fd = fd, .file_key = key };

    VT_CHECK_OK(vt_scan_pool_scan(pool, &job, &v, &err));
    return v;
}

static void a_sample_is_opened_in_the_worker(void)
{
    static const uint8_t key[16] = "sixteen bytes ok", other[16] = "another key of 1";
    VT_AUTO_SCAN_POOL pool = both_engines();
    vt_slice payload = sealed(key, vt_test_archive("zip", "none", "e", vt_test_eicar()));
    struct vt_scan_verdict v = scan_sealed(pool, payload, key);
    vt_hash plain;

    check_text("with its key", &v, "malicious: Test.Eicar.UNOFFICIAL (clamav)");
    VT_CHECK(v.outcome.has_plain);
    v = scan_sealed(pool, payload, other);
    check_text("with another", &v, "not fully scanned: damaged");
    v = scan_sealed(pool, vt_slice_sub(payload, 0, payload.len - 1), key);
    check_text("cut", &v, "not fully scanned: damaged");
    VT_CHECK(!v.outcome.has_plain);
    v = scan_sealed(pool, sealed(key, VT_LIT("nothing")), key);
    check_text("harmless", &v, "clean");
    plain = vt_sha256_of(VT_LIT("nothing"));
    VT_CHECK(v.outcome.has_plain && vt_hash_equal(&v.outcome.plain, &plain));
    v = scan(pool, payload);
    check_text("as it lies there", &v, "clean");
}

/* ---- answers, limits, databases --------------------------------------------------------
 */

static void answers_are_read_as_hostile(void)
{
    struct vt_scan_outcome good = { .looked = VT_SCAN_BY_YARA,
                                    .depth = 1,
                                    .members = 2,
                                    .has_plain = true,
                                    .plain = vt_sha256_of(VT_LIT("plain")) };
    VT_AUTO_BUF bytes = vt_buf_init(VT_SCAN_ANSWER_BYTES);
    struct vt_error err = { 0 };
    struct vt_scan_outcome read;

    vt_scan_outcome_found(&good, VT_SCAN_BY_YARA, VT_LIT("Beta"), true);
    vt_scan_outcome_found(&good, VT_SCAN_BY_CLAMAV, VT_LIT("Gamma x\n"), false);
    vt_scan_outcome_found(&good, VT_SCAN_BY_YARA, VT_LIT("Alpha"), false);
    vt_scan_outcome_found(&good, VT_SCAN_BY_YARA, VT_LIT("Alpha"), false);
    vt_scan_answer_write(&good, &bytes);
    VT_CHECK(bytes.len == VT_SCAN_ANSWER_BYTES);
    VT_CHECK_OK(vt_scan_answer_parse(vt_buf_slice(&bytes), &read, &err));
    VT_CHECK(read.name_count == 3 && strcmp(read.names[0].text, "Alpha") == 0 &&
             strcmp(read.names[2].text, "Gamma?x?") == 0 && read.names_total == 3);
    for (size_t len = 0; len < bytes.len; len++)
        VT_CHECK_FAILS(VT_MALFORMED,
                       vt_scan_answer_parse(vt_slice_of(bytes.data, len), &read, &err));
    /* A bit turned gives no answer, or another one that holds together. */
    for (size_t i = 0; i < bytes.len * 8; i++) {
        VT_AUTO_BUF again = vt_buf_init(VT_SCAN_ANSWER_BYTES);

        bytes.data[i / 8] ^= (uint8_t)(1 << i % 8);
        if (vt_scan_answer_parse(vt_buf_slice(&bytes), &read, &err)) {
            vt_scan_answer_write(&read, &again);
            VT_CHECK(vt_slice_equal(vt_buf_slice(&again), vt_buf_slice(&bytes)));
            VT_CHECK(vt_scan_outcome_state(&read) == VT_SCAN_MALICIOUS);
        }
        bytes.data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

static void malicious_names_come_before_others(void)
{
    struct vt_scan_outcome outcome = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_SCAN_ANSWER_BYTES);
    struct vt_error err = { 0 };
    char name[16];

    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof name, "n%02d", i);
        vt_scan_outcome_found(&outcome, VT_SCAN_BY_YARA, vt_slice_from_cstr(name), i < 30);
    }
    VT_CHECK(outcome.names_total == 40 && outcome.name_count == VT_SCAN_NAMES_MAX);
    for (int i = 30; i < 40; i++) {
        bool is_there = false;

        (void)snprintf(name, sizeof name, "n%02d", i);
        for (uint32_t k = 0; k < outcome.name_count; k++)
            is_there = is_there || strcmp(outcome.names[k].text, name) == 0;
        VT_CHECK(is_there);
    }
    vt_scan_answer_write(&outcome, &bytes);
    VT_CHECK_OK(vt_scan_answer_parse(vt_buf_slice(&bytes), &outcome, &err));
}

static void limits_are_read_strictly(void)
{
    static const char *const bad[] = { "",          "bytes",     "bytes=",   "bytes=x",
                                       "bytes=1T",  "ratio=0",   "time=1ms", "bytes=1,",
                                       "words=3",   "depth=999", "bytes=-1", "memory=1",
                                       "bytes=99G", "time=99d" };
    struct vt_scan_limits limits = vt_scan_limits_default(), before = limits;
    struct vt_error err = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        VT_CHECK_SAYING(!vt_scan_limits_parse(vt_slice_from_cstr(bad[i]), &limits, &err) &&
                            err.message[0] != '\0',
                        "'%s' was taken", bad[i]);
    VT_CHECK(memcmp(&limits, &before, sizeof limits) == 0);
    VT_CHECK_OK(vt_scan_limits_parse(VT_LIT("bytes=10M,time=30s,depth=0"), &limits, &err));
    VT_CHECK(limits.bytes_max == VT_MIB(10) && limits.time_ms_max == 30000 &&
             limits.depth_max == 0 && limits.members_max == before.members_max);
}

static void databases_have_one_digest(void)
{
    const char *folder = databases();
    struct vt_error err = { 0 };
    vt_hash first, second;

    VT_CHECK_OK(vt_scan_clamav_digest(folder, &first, &err));
    vt_test_write(vt_test_path("clamav/other.hdb"), VT_LIT(EICAR_LINE));
    VT_CHECK_OK(vt_scan_clamav_digest(folder, &second, &err));
    VT_CHECK(!vt_hash_equal(&first, &second));
    VT_CHECK(unlink(vt_test_path("clamav/other.hdb")) == 0);
    VT_CHECK_OK(vt_scan_clamav_digest(folder, &second, &err));
    VT_CHECK(vt_hash_equal(&first, &second));
    second = vt_scan_rules_digest(&first, NULL);
    VT_CHECK(vt_hash_equal(&first, &second));
    second = vt_scan_rules_digest(NULL, &first);
    VT_CHECK(!vt_hash_equal(&first, &second));
    VT_CHECK(symlink("two.hdb", vt_test_path("clamav/link.hdb")) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_scan_clamav_digest(folder, &second, &err));
}

/* Few signatures of bodies and many are looked for in two ways (scan_clamav.c): here a
 * megabyte of remarks makes many of few. */
static struct vt_scan_pool *pool_with_bodies(bool has_many)
{
    static const char signatures[] = "Test.Body:0:*:6120626f647920746f2062652066\n"
                                     "Test.Start:0:0:626567696e7320736f\n"
                                     "Test.Gap:0:*:6265666f7265{2-4}6166746572\n"
                                     "Test.Linux:6:*:696e73696465206f6620656c66\n";
    const char *folder = vt_test_path(has_many ? "many" : "few");
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(2));

    vt_buf_put_text(&text, signatures);
    while (has_many && text.len <= VT_MIB(1))
        vt_buf_printf(&text, "# %01000d\n", 0);
    VT_CHECK(mkdir(folder, 0700) == 0);
    vt_test_write(vt_test_path(has_many ? "many/b.ndb" : "few/b.ndb"), vt_buf_slice(&text));
    return pool_of((struct vt_scan_setup){ .clamav = folder });
}

static void bodies_are_found_in_both_ways(void)
{
    enum { PART = 131072 }; /* libclamav reads so much at once */
    static const struct {
        const char *what, *begin, *text, *wanted;
        size_t at;
    } rows[] = {
        { "body", "x", "a body to be found", "Test.Body", 100 },
        { "body over a border", "x", "a body to be found", "Test.Body", PART - 7 },
        { "another body", "x", "a body to bc found", NULL, 100 },
        { "start", "begins so", "", "Test.Start", 100 },
        { "start elsewhere", "x", "begins so", NULL, 100 },
        { "gap", "x", "before...after", "Test.Gap", PART + 9 },
        { "a gap too wide", "x", "before.....after", NULL, 100 },
        { "of its kind",
          "\x7f"
          "ELF\2\1\1",
          "inside of elf", "Test.Linux", 4096 },
        { "of another kind", "x", "inside of elf", NULL, 4096 },
    };

    for (int has_many = 0; has_many < 2; has_many++) {
        VT_AUTO_SCAN_POOL pool = pool_with_bodies(has_many != 0);

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            static uint8_t bytes[PART + 4096];
            struct vt_scan_verdict v;

            memset(bytes, 0xf1, sizeof bytes);
            memcpy(bytes, rows[i].begin, strlen(rows[i].begin));
            memcpy(bytes + rows[i].at, rows[i].text, strlen(rows[i].text));
            v = scan(pool, VT_BYTES(bytes));
            check_text(
                rows[i].what, &v,
                rows[i].wanted == NULL
                    ? "clean"
                    : vt_test_print("malicious: %s.UNOFFICIAL (clamav)", rows[i].wanted));
        }
    }
}

static void what_cannot_be_loaded_is_told(void)
{
    struct vt_scan_setup setup = { .clamav = vt_test_path("empty"),
                                   .limits = vt_scan_limits_default(),
                                   .workers = 1 };
    struct vt_scan_pool *pool = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_FAILS(VT_IO, vt_scan_pool_open(&setup, &pool, &err));
    VT_CHECK(mkdir(setup.clamav, 0700) == 0);
    VT_CHECK_FAILS(VT_MALFORMED, vt_scan_pool_open(&setup, &pool, &err));
    vt_test_write(vt_test_path("empty/bad.hdb"), VT_LIT("no signature at all\n"));
    VT_CHECK_FAILS(VT_MALFORMED, vt_scan_pool_open(&setup, &pool, &err));
    VT_CHECK_SAYING(strstr(err.message, "empty") != NULL, "%s", err.message);
    setup.clamav = NULL;
    setup.pack = vt_test_path("empty/bad.hdb");
    VT_CHECK_FAILS(VT_MALFORMED, vt_scan_pool_open(&setup, &pool, &err));
}

static const struct vt_case cases[] = {
    { "names and states are told", names_and_states_are_told },
    { "EICAR is found in every wrapping", eicar_is_found_in_every_wrapping },
    { "members are shown to each engine", members_are_shown_to_each_engine },
    { "paths in archives lead nowhere", paths_in_archives_lead_nowhere },
    { "bombs are told as what they are", bombs_are_told_as_what_they_are },
    { "the quine gives itself", the_quine_gives_itself },
    { "every limit can be set", every_limit_can_be_set },
    { "a damaged container is not clean", a_damaged_container_is_not_clean },
    { "a cut stream is not clean", a_cut_stream_is_not_clean },
    { "an empty stream is clean", an_empty_stream_is_clean },
    { "a large window is not clean", a_large_window_is_not_clean },
    { "each misdeed costs one verdict", each_misdeed_costs_one_verdict },
    { "nothing is left for the next file", nothing_is_left_for_the_next_file },
    { "other workers go on meanwhile", other_workers_go_on_meanwhile },
    { "workers are replaced after some files", workers_are_replaced_after_some_files },
    { "the locks hold", the_locks_hold },
    { "a sample is opened in the worker", a_sample_is_opened_in_the_worker },
    { "answers are read as hostile", answers_are_read_as_hostile },
    { "malicious names come before others", malicious_names_come_before_others },
    { "limits are read strictly", limits_are_read_strictly },
    { "databases have one digest", databases_have_one_digest },
    { "bodies are found in both ways", bodies_are_found_in_both_ways },
    { "what cannot be loaded is told", what_cannot_be_loaded_is_told },
};

VT_TEST_MAIN("scan", cases)
