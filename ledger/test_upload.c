/* What is uploaded to mirrors: heads, packages, their proofs, and what a mirror answers. */
#include "http/gzip.h"
#include "ledger/mirror_feed.h"
#include "ledger/tree_verify.h"
#include "ledger/shelf.h"
#include "ledger/upload.h"
#include "tests/own_log.h"
#include "tests/small_log.h"

#define HASH32 "0123456789abcdef0123456789abcdef"

static void packages_are_cut_at_256(void)
{
    static const struct {
        uint64_t start, end, base, range_end;
    } rows[] = {
        { 0, 1, 0, 1 },
        { 0, 256, 0, 256 },
        { 0, 257, 0, 256 },
        { 255, 600, 0, 256 },
        { 256, 600, 256, 512 },
        { 300, 310, 256, 310 },
        { 512, 600, 512, 600 },
        { 599, 600, 512, 600 },
        { (UINT64_C(1) << 63) - 1, UINT64_C(1) << 63, (UINT64_C(1) << 63) - 256,
          UINT64_C(1) << 63 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_package_range range = vt_package_range(rows[i].start, rows[i].end);

        VT_CHECK_SAYING(range.base == rows[i].base && range.start == rows[i].start &&
                            range.end == rows[i].range_end,
                        "row %zu", i);
        VT_CHECK(vt_tree_is_subtree(range.base, range.end));
    }
}

static void heads_are_intervals(void)
{
    static const struct {
        const char *name;
        vt_slice bytes;
        bool is_read, is_good;
    } rows[] = {
        { "three entries", VT_LIT("\0\1o\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\4\0\0"), true,
          true },
        { "none", VT_LIT("\0\1o\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\1t"), true, true },
        { "a start behind its end", VT_LIT("\0\1o\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1\0\0"),
          true, false },
        { "no origin", VT_LIT("\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\4\0\0"), true, false },
        { "2^63 entries", VT_LIT("\0\1o\0\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\0\0"), true,
          true },
        { "one more", VT_LIT("\0\1o\0\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\1\0\0"), true, false },
        { "cut in the ticket", VT_LIT("\0\1o\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\4\0\2t"), false,
          false },
        { "nothing", VT_LIT(""), false, false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_reader r = { rows[i].bytes };
        struct vt_upload_head head;

        VT_CHECK_SAYING(vt_upload_head_read(&r, &head) == rows[i].is_read, "%s",
                        rows[i].name);
        if (rows[i].is_read)
            VT_CHECK_SAYING(vt_upload_head_is_good(&head) == rows[i].is_good, "%s",
                            rows[i].name);
        else
            VT_CHECK(r.rest.len == rows[i].bytes.len);
    }
}

static void packages_come_in_pieces(void)
{
    static const struct {
        const char *name;
        vt_slice bytes;
        enum vt_package_state state;
        size_t whole; /* bytes */
    } rows[] = {
        { "two entries", VT_LIT("\0\1a\0\0\0"), VT_PACKAGE_WHOLE, 6 },
        { "with a hash", VT_LIT("\0\1a\0\0\1" HASH32), VT_PACKAGE_WHOLE, 38 },
        { "and more behind", VT_LIT("\0\1a\0\0\0more"), VT_PACKAGE_WHOLE, 6 },
        { "one entry of two", VT_LIT("\0\1a"), VT_PACKAGE_PART, 0 },
        { "no number of hashes", VT_LIT("\0\1a\0\0"), VT_PACKAGE_PART, 0 },
        { "half a hash",
          VT_LIT("\0\1a\0\0\1"
                 "0123456789abcdef"),
          VT_PACKAGE_PART, 0 },
        { "64 hashes", VT_LIT("\0\1a\0\0\x40"), VT_PACKAGE_BAD, 0 },
        { "nothing", VT_LIT(""), VT_PACKAGE_PART, 0 },
    };
    struct vt_package_range range = { 256, 300, 302 };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_package_scan scan = { 0 };
        struct vt_package package;
        bool is_exact = rows[i].whole == rows[i].bytes.len && rows[i].whole != 0;

        VT_CHECK_SAYING(vt_package_scan(&scan, &range, rows[i].bytes) == rows[i].state,
                        "%s", rows[i].name);
        VT_CHECK(scan.bytes == rows[i].whole);
        VT_CHECK_SAYING(vt_package_parse(rows[i].bytes, &range, &package) == is_exact, "%s",
                        rows[i].name);
    }
}

static void mirrors_say_where_they_are(void)
{
    static const struct {
        const char *name;
        vt_slice body;
        bool is_good;
    } rows[] = {
        { "a ticket", VT_LIT("10\n5\nAAEC\n"), true },
        { "none", VT_LIT("0\n0\n\n"), true },
        { "a leading zero", VT_LIT("010\n5\n\n"), false },
        { "a sign", VT_LIT("+10\n5\n\n"), false },
        { "two lines", VT_LIT("10\n5\n"), false },
        { "four", VT_LIT("10\n5\n\n\n"), false },
        { "no last newline", VT_LIT("10\n5\nAAEC"), false },
        { "a ticket in bad base64", VT_LIT("10\n5\nAAE\n"), false },
        { "nothing", VT_LIT(""), false },
    };
    VT_AUTO_FREE struct vt_mirror_info *info = vt_alloc(sizeof *info);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        bool is_good = vt_mirror_info_parse(rows[i].body, info, &err);

        VT_CHECK_SAYING(is_good == rows[i].is_good, "%s: %s", rows[i].name, err.message);
    }
    VT_CHECK(info->size == 0); /* those that were refused after "none" changed nothing */
}

/* ---- proofs -----------------------------------------------------------------------------
 * Ours, from tiles; the small log's, from the definition; and the verifier. */

static void prove_all(struct vt_tile_source *source, uint64_t size)
{
    struct vt_error err = { 0 };
    struct vt_prover *prover = vt_prover_new(source, size);
    vt_hash root;

    VT_CHECK_OK(vt_prove_root(source, size, &root, &err));
    for (uint64_t start = 0; start < size; start = vt_package_range(start, size).end) {
        struct vt_package_range range = vt_package_range(start, size);
        struct vt_tile_name name = { 0, range.base / VT_TILE_WIDTH,
                                     (unsigned)(range.end - range.base) };
        vt_hash leaves[VT_TILE_WIDTH], subtree;
        struct vt_proof proof;

        VT_CHECK_OK(vt_prover_subtree(prover, range.base, range.end, &proof, &err));
        VT_CHECK_OK(source->read(source->context, &name, leaves, &err));
        subtree = vt_tile_root(leaves, name.width);
        VT_CHECK_SAYING(vt_tree_verify_subtree_consistency(range.base, range.end, &subtree,
                                                           size, &root, proof.hashes,
                                                           proof.count),
                        "[%ju, %ju) of %ju", (uintmax_t)range.base, (uintmax_t)range.end,
                        (uintmax_t)size);
        subtree.bytes[0] ^= 1;
        VT_CHECK(!vt_tree_verify_subtree_consistency(range.base, range.end, &subtree, size,
                                                     &root, proof.hashes, proof.count));
    }
    vt_prover_free(prover);
}

static void packages_are_proved_from_tiles(void)
{
    static const uint64_t sizes[] = { 1, 255, 256, 257, 511, 512, 700, 1280, 1281, 2500 };
    struct vt_own_log own = { 0 };
    struct vt_disk *disk;
    struct vt_error err = { 0 };
    struct vt_tile_source source;

    vt_own_log_make(&own, "log", "log.example/own", 1);
    VT_CHECK_OK(vt_disk_open(own.dir, false, &disk, &err));
    source = vt_shelf_source(disk);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        vt_own_log_grow(&own, sizes[i]);
        vt_own_log_publish(&own);
        prove_all(&source, sizes[i]);
    }
    vt_disk_close(disk);
    vt_own_log_close(&own);
}

/* Every subtree of small trees, as the definition has it. */
static bool read_small(void *context, const struct vt_tile_name *tile, vt_hash *hashes_out,
                       struct vt_error *err)
{
    (void)err;
    for (unsigned i = 0; i < tile->width; i++)
        hashes_out[i] = vt_sha256_leaf(vt_small_log_entry(context, i));
    return tile->level == 0 && tile->index == 0;
}

static void our_proofs_are_the_definitions(void)
{
    struct vt_small_log log = vt_small_log_of("log.example/test", 1);
    struct vt_tile_source source = { read_small, &log };
    struct vt_error err = { 0 };

    for (uint64_t size = 1; size <= 21; size++) {
        struct vt_prover *prover = vt_prover_new(&source, size);

        for (uint64_t start = 0; start < size; start++)
            for (uint64_t end = start + 1; end <= size; end++) {
                struct vt_proof ours, theirs;

                if (!vt_tree_is_subtree(start, end))
                    continue;
                VT_CHECK_OK(vt_prover_subtree(prover, start, end, &ours, &err));
                theirs = vt_small_log_subtree(&log, start, end, size);
                VT_CHECK_SAYING(ours.count == theirs.count &&
                                    memcmp(ours.hashes, theirs.hashes,
                                           ours.count * sizeof ours.hashes[0]) == 0,
                                "[%ju, %ju) of %ju", (uintmax_t)start, (uintmax_t)end,
                                (uintmax_t)size);
            }
        vt_prover_free(prover);
    }
    vt_key_close(log.key);
}

/* ---- feeding ----------------------------------------------------------------------------
 */

/* What a mirror may say, and what it may not: nobody is sent round in circles. */
static void answers_of_mirrors_are_judged(void)
{
    static const struct {
        const char *name, *body;
        bool is_conflict;
        enum vt_code want;
        uint64_t start, end; /* afterwards */
    } rows[] = {
        { "progress", "700\n512\n\n", false, VT_OK, 512, 700 },
        { "progress, and no progress", "700\n256\n\n", false, VT_REJECTED, 256, 700 },
        { "back", "700\n0\n\n", false, VT_REJECTED, 256, 700 },
        { "it lacks more than was thought", "700\n0\n\n", true, VT_OK, 0, 700 },
        { "another checkpoint", "900\n256\n\n", true, VT_OK, 256, 900 },
        { "behind its own checkpoint", "700\n701\n\n", true, VT_MALFORMED, 256, 700 },
        { "nothing", "", true, VT_MALFORMED, 256, 700 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_feed feed = { 0 };
        struct vt_error err = { 0 };

        vt_feed_begin(&feed, 256, 700);
        (void)!vt_feed_take(&feed, rows[i].is_conflict, vt_slice_from_cstr(rows[i].body),
                            &err);
        VT_CHECK_SAYING(err.code == rows[i].want && feed.start == rows[i].start &&
                            feed.end == rows[i].end,
                        "%s: %s", rows[i].name, err.message);
        vt_feed_clear(&feed);
    }
}

static void conflicts_end(void)
{
    struct vt_feed feed = { 0 };
    struct vt_error err = { 0 };
    unsigned times = 0;

    vt_feed_begin(&feed, 256, 700);
    while (vt_feed_take(&feed, times % 2 == 0, /* as 409, or as 202 with other numbers */
                        times % 2 == 0 ? VT_LIT("700\n100\n\n") : VT_LIT("701\n101\n\n"),
                        &err))
        VT_CHECK(times++ < 20);
    VT_CHECK(err.code == VT_REJECTED);
    vt_feed_clear(&feed);
}

/* A request holds 32 packages, and of large entries fewer. */
static void requests_are_bounded(void)
{
    struct vt_own_log own = { 0 };
    struct vt_error err = { 0 };
    VT_AUTO_BUF body = vt_buf_init(VT_FEED_BYTES_MAX);
    VT_AUTO_BUF plain = vt_buf_init(VT_FEED_BYTES_MAX);
    struct vt_gunzip *gunzip = vt_gunzip_new();
    struct vt_feed feed = { 0 };
    struct vt_upload_head head;
    struct vt_disk *disk;
    size_t made = 1;
    vt_slice in;
    vt_reader r;
    uint64_t at = 100;

    vt_own_log_make(&own, "log", "log.example/own", 1);
    vt_own_log_grow(&own, 9000);
    vt_own_log_publish(&own);
    VT_CHECK_OK(vt_disk_open(own.dir, false, &disk, &err));
    vt_feed_begin(&feed, at, 9000);
    VT_CHECK_OK(vt_feed_write(&feed, disk, VT_LIT("log.example/own"), &body, &err));
    for (in = vt_buf_slice(&body); in.len != 0 || made != 0;) {
        uint8_t *room = vt_buf_extend(&plain, VT_KIB(16));

        VT_CHECK(room != NULL);
        VT_CHECK_OK(vt_gunzip_step(gunzip, &in, room, VT_KIB(16), &made, &err));
        vt_buf_truncate(&plain, plain.len - VT_KIB(16) + made);
    }
    r = (vt_reader){ vt_buf_slice(&plain) };
    VT_CHECK(vt_upload_head_read(&r, &head) && head.start == 100 && head.end == 9000);
    for (size_t count = 0; r.rest.len != 0; count++) {
        struct vt_package_range range = vt_package_range(at, 9000);
        struct vt_package_scan scan = { 0 };

        VT_CHECK(count < VT_FEED_PACKAGES_MAX);
        VT_CHECK(vt_package_scan(&scan, &range, r.rest) == VT_PACKAGE_WHOLE);
        r.rest = vt_slice_sub(r.rest, scan.bytes, r.rest.len - scan.bytes);
        at = range.end;
    }
    VT_CHECK(at == 32 * 256);
    vt_gunzip_free(gunzip);
    vt_feed_clear(&feed);
    vt_disk_close(disk);
    vt_own_log_close(&own);
}

static const struct vt_case cases[] = {
    { "packages are cut at 256", packages_are_cut_at_256 },
    { "heads are intervals", heads_are_intervals },
    { "packages come in pieces", packages_come_in_pieces },
    { "mirrors say where they are", mirrors_say_where_they_are },
    { "packages are proved from tiles", packages_are_proved_from_tiles },
    { "our proofs are the definition's", our_proofs_are_the_definitions },
    { "answers of mirrors are judged", answers_of_mirrors_are_judged },
    { "conflicts end", conflicts_end },
    { "requests are bounded", requests_are_bounded },
};

VT_TEST_MAIN("upload", cases)
