/* Bytes under their own name: what comes back is what was put, or nothing. */
#include "tests/harness.h"

#include "store/store.h"

static struct vt_blobs *open_new(void)
{
    struct vt_error err = { 0 };
    struct vt_blobs *blobs = NULL;

    VT_CHECK_OK(vt_blobs_open(vt_test_path("blobs"), true, &blobs, &err));
    return blobs;
}

static const char *path_of(struct vt_blobs *blobs, const vt_hash *hash)
{
    return vt_blobs_path(blobs, hash, vt_test_arena());
}

static void round_trip(void)
{
    struct vt_error err = { 0 };
    struct vt_blobs *blobs = open_new();
    VT_AUTO_BUF buf = vt_buf_init(VT_KIB(4));
    VT_AUTO_BUF small = vt_buf_init(4);
    vt_hash hash, again, none = vt_sha256_of(VT_LIT("never put"));
    struct stat about;
    char hex[65];

    VT_CHECK_OK(vt_blobs_put(blobs, VT_LIT("hello"), &hash, &err));
    vt_hash_text(&hash, hex);
    VT_CHECK(
        strcmp(hex, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824") ==
        0);
    VT_CHECK(strcmp(path_of(blobs, &hash) + strlen(vt_test_path("blobs")),
                    "/sha256/2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938"
                    "b9824") == 0);
    VT_CHECK(stat(path_of(blobs, &hash), &about) == 0 && (about.st_mode & 0777) == 0444);
    VT_CHECK_OK(vt_blobs_put(blobs, VT_LIT("hello"), &again, &err));
    VT_CHECK(vt_hash_equal(&hash, &again) && vt_blobs_has(blobs, &hash));
    vt_buf_put_text(&buf, "> ");
    VT_CHECK_OK(vt_blobs_get(blobs, &hash, &buf, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&buf), "> hello"));
    VT_CHECK_FAILS(VT_LIMIT, vt_blobs_get(blobs, &hash, &small, &err));
    VT_CHECK(!vt_blobs_has(blobs, &none));
    VT_CHECK_FAILS(VT_ABSENT, vt_blobs_get(blobs, &none, &buf, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&buf), "> hello"));
    VT_CHECK_OK(vt_blobs_put(blobs, VT_LIT(""), &hash, &err));
    vt_blobs_close(blobs);
    VT_CHECK_FAILS(VT_IO, vt_blobs_open(vt_test_path("none"), false, &blobs, &err));
}

/* Larger than any buffer on the way, from a pipe, which has no size and no way back. */
static void from_a_descriptor(void)
{
    struct vt_error err = { 0 };
    struct vt_blobs *blobs = open_new();
    size_t len = 3 * 65536 + 7;
    uint8_t *bytes = vt_alloc(len);
    struct vt_child_options options = { .timeout_ms = 10000 };
    struct vt_child_end end;
    VT_AUTO_BUF buf = vt_buf_init(VT_MIB(1));
    VT_AUTO_FD fd = -1, opened = -1;
    vt_hash hash, wanted;
    uint64_t got, size;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 31 >> 3);
    wanted = vt_sha256_of(vt_slice_of(bytes, len));
    vt_test_write(vt_test_path("large"), vt_slice_of(bytes, len));
    VT_CHECK(mkfifo(vt_test_path("pipe"), 0600) == 0);
    for (unsigned round = 0; round < 2; round++) { /* new, then held already */
        pid_t writer = fork();

        if (writer == 0)
            _exit(vt_child_run(VT_ARGV("dd", "status=none",
                                       vt_test_print("if=%s", vt_test_path("large")),
                                       vt_test_print("of=%s", vt_test_path("pipe"))),
                               &options, &end, &err)
                      ? 0
                      : 1);
        fd = open(vt_test_path("pipe"), O_RDONLY | O_CLOEXEC);
        VT_CHECK_OK(vt_blobs_put_fd(blobs, fd, "pipe", &hash, &got, &err));
        VT_CHECK(got == len && vt_hash_equal(&hash, &wanted));
        vt_fd_close(&fd);
    }
    VT_CHECK_OK(vt_blobs_open_fd(blobs, &hash, &opened, &size, &err));
    VT_CHECK(size == len);
    VT_CHECK_OK(vt_fd_read_all(opened, "opened", &buf, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&buf), vt_slice_of(bytes, len)));
    free(bytes);
    vt_blobs_close(blobs);
}

static void rewrite(const char *path, vt_slice bytes)
{
    VT_CHECK(unlink(path) == 0);
    vt_test_write(path, bytes);
}

/* Every bit flipped, every cut, a byte more: never handed out, and put makes it whole. */
static void rot(void)
{
    struct vt_error err = { 0 };
    struct vt_blobs *blobs = open_new();
    uint8_t bytes[] = "twenty bytes of text", changed[sizeof bytes + 1];
    vt_slice good = VT_BYTES(bytes);
    const char *path;
    vt_hash hash;
    int fd = -1;
    uint64_t size;

    VT_CHECK_OK(vt_blobs_put(blobs, good, &hash, &err));
    path = path_of(blobs, &hash);
    for (size_t i = 0; i < sizeof bytes * 8 + sizeof bytes + 1; i++) {
        VT_AUTO_BUF buf = vt_buf_init(VT_KIB(4));
        size_t len = i < sizeof bytes * 8 ? sizeof bytes : i - sizeof bytes * 8;

        len += len == sizeof bytes && i >= sizeof bytes * 8 ? 1 : 0;
        memset(changed, 0, sizeof changed);
        memcpy(changed, bytes, sizeof bytes);
        if (i < sizeof bytes * 8)
            changed[i / 8] ^= (uint8_t)(1u << i % 8);
        rewrite(path, vt_slice_of(changed, len));
        VT_CHECK_FAILS(VT_REJECTED, vt_blobs_get(blobs, &hash, &buf, &err));
        VT_CHECK(buf.len == 0);
        VT_CHECK_FAILS(VT_REJECTED, vt_blobs_open_fd(blobs, &hash, &fd, &size, &err));
    }
    VT_CHECK_OK(vt_blobs_put(blobs, good, &hash, &err));
    VT_CHECK(vt_slice_equal(vt_test_read(path), good));
    vt_blobs_close(blobs);
}

/* A link or folder in the place of a blob is not a blob. */
static void wrong_kinds(void)
{
    struct vt_error err = { 0 };
    struct vt_blobs *blobs = open_new();
    VT_AUTO_BUF buf = vt_buf_init(VT_KIB(4));
    const char *path;
    vt_hash hash;

    vt_test_write(vt_test_path("outside"), VT_LIT("hello"));
    VT_CHECK_OK(vt_blobs_put(blobs, VT_LIT("hello"), &hash, &err));
    path = path_of(blobs, &hash);
    VT_CHECK(unlink(path) == 0 && symlink(vt_test_path("outside"), path) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_blobs_get(blobs, &hash, &buf, &err));
    VT_CHECK(unlink(path) == 0 && mkdir(path, 0755) == 0);
    VT_CHECK_FAILS(VT_IO, vt_blobs_get(blobs, &hash, &buf, &err));
    VT_CHECK_FAILS(VT_IO, vt_blobs_put(blobs, VT_LIT("hello"), &hash, &err));
    vt_blobs_close(blobs);
}

static void full_disk(void)
{
    struct vt_error err = { 0 };
    const char *path = vt_test_small_disk(VT_KIB(64));
    struct vt_blobs *blobs;
    uint8_t *large = vt_alloc(VT_KIB(80));
    VT_AUTO_FD fd = -1;
    vt_hash hash;
    uint64_t size;

    VT_CHECK_OK(vt_blobs_open(path, false, &blobs, &err));
    VT_CHECK_FAILS(VT_IO, vt_blobs_put(blobs, vt_slice_of(large, VT_KIB(80)), &hash, &err));
    VT_CHECK_SAYING(strstr(err.message, "disk is full") != NULL, "%s", err.message);
    vt_test_write(vt_test_path("large"), vt_slice_of(large, VT_KIB(80)));
    fd = open(vt_test_path("large"), O_RDONLY | O_CLOEXEC);
    VT_CHECK_FAILS(VT_IO, vt_blobs_put_fd(blobs, fd, "large", &hash, &size, &err));
    VT_CHECK_OK(vt_blobs_put(blobs, vt_slice_of(large, VT_KIB(40)), &hash, &err));
    free(large);
    vt_blobs_close(blobs);
}

static const struct vt_case cases[] = {
    { "what is put comes back under its hash", round_trip },
    { "from a descriptor, larger than memory is asked for", from_a_descriptor },
    { "bytes that rotted are refused, and healed by another put", rot },
    { "links and folders are no blobs", wrong_kinds },
    { "a full disk keeps nothing half", full_disk },
};

VT_TEST_MAIN("store.blobs", cases)
