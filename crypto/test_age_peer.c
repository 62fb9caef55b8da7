/* The age tool and we read each other's files and keys. */
#include "crypto/age_stream.h"
#include "tests/harness.h"

static void need_age(void)
{
    if (!vt_path_exists("/usr/bin/age") || !vt_path_exists("/usr/bin/age-keygen"))
        vt_test_skip("age is not installed");
}

/* The line of age-keygen's file that is no comment. */
static void read_identity(const char *path, struct vt_age_identity *out)
{
    vt_reader r = { vt_test_read(path) };
    struct vt_error err = { 0 };
    vt_slice line;

    do
        VT_CHECK(vt_read_line(&r, &line));
    while (vt_slice_starts_with(line, VT_LIT("#")));
    VT_CHECK_OK(vt_age_identity_parse(line, out, &err));
}

static vt_slice content(size_t len)
{
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), len + 1);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 7);
    return vt_slice_of(bytes, len);
}

static const size_t LENS[] = { 0, 1, 65535, 65536, 65537, 400000 };

static void age_writes_and_we_read(void)
{
    const char *key = vt_test_path("key"), *plain = vt_test_path("plain");
    const char *sealed = vt_test_path("sealed");
    VT_AUTO_AGE_IDENTITY identity = { 0 };
    char word[VT_AGE_RECIPIENT_CHARS + 1];

    need_age();
    (void)vt_test_run(0, VT_ARGV("/usr/bin/age-keygen", "-o", key));
    read_identity(key, &identity);
    vt_age_recipient_text(&identity.recipient, word);
    VT_CHECK(strstr(vt_test_run(0, VT_ARGV("/usr/bin/age-keygen", "-y", key)), word) !=
             NULL);
    for (size_t i = 0; i < sizeof LENS / sizeof LENS[0]; i++) {
        VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));
        VT_AUTO_AGE_STREAM stream = NULL;
        struct vt_age_header header;
        struct vt_error err = { 0 };
        uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
        vt_slice file;

        vt_test_write(plain, content(LENS[i]));
        (void)vt_test_run(0, VT_ARGV("/usr/bin/age", "-r", word, "-o", sealed, plain));
        file = vt_test_read(sealed);
        VT_CHECK_OK(vt_age_header_parse(file, &header, &err));
        VT_CHECK_OK(vt_age_unwrap(&identity, &header, file_key, &err));
        VT_CHECK_OK(vt_age_open_new(file_key, vt_age_sink_buf(&out), &stream, &err));
        VT_CHECK_OK(vt_age_stream_put(
            stream, vt_slice_sub(file, header.bytes.len, file.len - header.bytes.len),
            &err));
        VT_CHECK_OK(vt_age_stream_end(stream, &err));
        VT_CHECK(vt_slice_equal(vt_buf_slice(&out), content(LENS[i])));
    }
}

/* Our identity in a file as age reads it. */
static void write_identity(const char *path, const struct vt_age_identity *identity)
{
    VT_AUTO_SECRET text = { 0 };
    VT_AUTO_BUF line = vt_buf_init(128);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_identity_text(identity, &text, &err));
    vt_buf_put(&line, vt_slice_of(text.data, text.len));
    vt_buf_put_text(&line, "\n");
    vt_test_write(path, vt_buf_slice(&line));
}

static void we_write_and_age_reads(void)
{
    const char *key = vt_test_path("key"), *sealed = vt_test_path("sealed");
    const char *plain = vt_test_path("plain"), *in = vt_test_path("in");
    VT_AUTO_AGE_IDENTITY identity = { 0 };
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };

    need_age();
    VT_CHECK_OK(vt_age_identity_generate(&env, &identity, &err));
    write_identity(key, &identity);
    for (size_t i = 0; i < sizeof LENS / sizeof LENS[0]; i++) {
        VT_AUTO_BUF header = vt_buf_init(VT_AGE_HEADER_BYTES_MAX);
        VT_AUTO_AGE_STREAM stream = NULL;
        VT_AUTO_FD fd = open(sealed, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        VT_AUTO_FD from = -1;
        uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
        uint64_t size;

        vt_test_write(in, content(LENS[i]));
        VT_CHECK_OK(vt_file_open(in, &from, &size, &err));
        vt_env_random(&env, file_key, sizeof file_key);
        VT_CHECK_OK(
            vt_age_header_write(&env, &identity.recipient, file_key, &header, &err));
        VT_CHECK_OK(vt_fd_write_all(fd, sealed, vt_buf_slice(&header), &err));
        VT_CHECK_OK(vt_age_seal_new(&env, file_key, vt_age_sink_fd(&fd), &stream, &err));
        VT_CHECK_OK(vt_age_stream_put_fd(stream, from, in, &err));
        VT_CHECK_OK(vt_age_stream_end(stream, &err));
        (void)vt_test_run(0, VT_ARGV("/usr/bin/age", "-d", "-i", key, "-o", plain, sealed));
        if (LENS[i] == 0) /* then it makes no file */
            VT_CHECK(!vt_path_exists(plain));
        else
            VT_CHECK(vt_slice_equal(vt_test_read(plain), content(LENS[i])));
    }
}

static const struct vt_case cases[] = {
    { "age writes and we read", age_writes_and_we_read },
    { "we write and age reads", we_write_and_age_reads },
};

VT_TEST_MAIN("crypto.test_age_peer", cases)
