/* SHA-256: known answers of FIPS 180-4 and RFC 6962, any cutting into pieces, and files. */
#include "crypto/sha256.h"
#include "tests/harness.h"

static bool has_digest(const vt_hash *hash, const char *wanted)
{
    char text[65];

    vt_hash_text(hash, text);
    return strcmp(text, wanted) == 0;
}

/* FIPS 180-4's examples (csrc.nist.gov, "SHA256.pdf") and the long one of FIPS 180-2. */
static void known_answers(void)
{
    static const struct {
        vt_slice text;
        const char *digest;
    } rows[] = {
        { VT_LIT(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { VT_LIT("abc"),
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { VT_LIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    };
    VT_AUTO_BUF million = vt_buf_init(1000000);
    uint8_t *at = vt_buf_extend(&million, 1000000);
    vt_hash hash;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hash = vt_sha256_of(rows[i].text);
        VT_CHECK_SAYING(has_digest(&hash, rows[i].digest), "row %zu", i);
    }
    VT_CHECK(at != NULL);
    memset(at, 'a', 1000000);
    hash = vt_sha256_of(vt_buf_slice(&million));
    VT_CHECK(has_digest(
        &hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    at[999999] = 'b';
    hash = vt_sha256_of(vt_buf_slice(&million));
    VT_CHECK(!has_digest(
        &hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

/* RFC 6962 §2.1: leaves and nodes begin with different bytes; the empty tree is SHA-256 of
 * nothing.  The digests are those of the certificate-transparency tests. */
static void leaves_and_nodes(void)
{
    vt_hash empty_tree = vt_sha256_of(VT_LIT(""));
    vt_hash leaf = vt_sha256_leaf(VT_LIT(""));
    vt_hash second = vt_sha256_leaf(VT_LIT("\0"));
    vt_hash node = vt_sha256_node(&leaf, &second);
    vt_hash turned = vt_sha256_node(&second, &leaf);

    VT_CHECK(has_digest(
        &empty_tree, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    VT_CHECK(has_digest(
        &leaf, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"));
    VT_CHECK(has_digest(
        &node, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"));
    VT_CHECK(!vt_hash_equal(&node, &turned));
    VT_CHECK(!vt_hash_equal(&leaf, &empty_tree));
}

static void pieces_give_the_same(void)
{
    uint8_t bytes[260];
    vt_hash whole;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    whole = vt_sha256_of(vt_slice_of(bytes, sizeof bytes));
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        struct vt_sha256 state;
        vt_hash hash;

        vt_sha256_init(&state);
        vt_sha256_add(&state, vt_slice_of(bytes, cut));
        vt_sha256_add(&state, (vt_slice){ 0 });
        vt_sha256_add(&state, vt_slice_of(bytes + cut, sizeof bytes - cut));
        vt_sha256_end(&state, &hash);
        VT_CHECK_SAYING(vt_hash_equal(&hash, &whole), "cut at %zu", cut);
    }
}

static void a_file_from_where_it_stands(void)
{
    const char *path = vt_test_path("file");
    struct vt_error err = { 0 };
    size_t bytes = VT_KIB(256) + 3; /* more than one piece */
    uint8_t *data = vt_arena_alloc(vt_test_arena(), bytes);
    vt_hash seen, wanted;
    uint64_t count;
    VT_AUTO_FD fd = -1;
    VT_AUTO_FD folder = -1;

    data[bytes - 1] = 1;
    vt_test_write(path, vt_slice_of(data, bytes));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    VT_CHECK(fd >= 0 && lseek(fd, 5, SEEK_SET) == 5);
    VT_CHECK_OK(vt_sha256_fd(fd, path, &seen, &count, &err));
    wanted = vt_sha256_of(vt_slice_of(data + 5, bytes - 5));
    VT_CHECK(count == bytes - 5 && vt_hash_equal(&seen, &wanted));
    folder = open(vt_test_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    count = 77;
    VT_CHECK_FAILS(VT_IO, vt_sha256_fd(folder, "folder", &seen, &count, &err));
    VT_CHECK(count == 77 && vt_hash_equal(&seen, &wanted)); /* outputs untouched */
}

static void digests_have_one_spelling(void)
{
    static const struct {
        const char *name, *text;
        bool is_good;
    } rows[] = {
        { "good", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          true },
        { "upper", "BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          false },
        { "short", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015",
          false },
        { "long", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad00",
          false },
        { "odd", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a", false },
        { "prefix", "0x7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          false },
    };
    vt_hash wanted = vt_sha256_of(VT_LIT("abc"));

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_hash hash = { { 0 } };
        bool ok = vt_hash_parse_hex(vt_slice_from_cstr(rows[i].text), &hash);

        VT_CHECK_SAYING(ok == rows[i].is_good, "%s", rows[i].name);
        VT_CHECK(vt_hash_equal(&hash, &wanted) == rows[i].is_good);
    }
}

static const struct vt_case cases[] = {
    { "known answers", known_answers },
    { "leaves and nodes", leaves_and_nodes },
    { "pieces give the same", pieces_give_the_same },
    { "a file from where it stands", a_file_from_where_it_stands },
    { "digests have one spelling", digests_have_one_spelling },
};

VT_TEST_MAIN("crypto.sha256", cases)
