/* The age test kit (vectors/README.md): each file is put through header, unwrapping and
 * payload, and the answer must be of the kind that the kit names.  What we do not speak
 * (passphrases, armour, hybrid keys) must be refused, whatever the kit says. */
#include "crypto/age_stream.h"
#include "tests/harness.h"
#include "wire/hex.h"

#include <dirent.h>
#include <zlib.h>

#define FOLDER "crypto/vectors/age/"

enum { IDENTITIES_MAX = 4, FILES = 143, TAKEN = 14 };

struct vector {
    vt_slice expect, payload, file;
    vt_slice identities[IDENTITIES_MAX];
    size_t identity_count;
    bool is_compressed;
};

/* ---- the kit's own form -----------------------------------------------------------------
 */

static vt_slice inflated(vt_slice packed)
{
    uLongf len = VT_MIB(18);
    uint8_t *out = vt_arena_alloc(vt_test_arena(), len);

    VT_CHECK(uncompress(out, &len, packed.data, packed.len) == Z_OK);
    return vt_slice_of(out, len);
}

static void take_line(struct vector *v, vt_slice name, vt_slice value)
{
    if (vt_slice_is(name, "expect")) {
        v->expect = value;
    } else if (vt_slice_is(name, "payload")) {
        v->payload = value;
    } else if (vt_slice_is(name, "compressed")) {
        VT_CHECK(vt_slice_is(value, "zlib"));
        v->is_compressed = true;
    } else if (vt_slice_is(name, "identity")) {
        VT_CHECK(v->identity_count < IDENTITIES_MAX);
        v->identities[v->identity_count++] = value;
    }
}

static struct vector read_vector(const char *name)
{
    vt_reader r = { vt_test_read(vt_test_print(FOLDER "%s", name)) };
    struct vector v = { .expect = { 0 } };
    vt_slice line;

    while (vt_read_line(&r, &line) && line.len != 0) {
        vt_reader words = { line };
        vt_slice key;

        VT_CHECK(vt_read_until(&words, ':', &key) && vt_read_literal(&words, VT_LIT(" ")));
        take_line(&v, key, words.rest);
    }
    v.file = v.is_compressed ? inflated(r.rest) : r.rest;
    return v;
}

/* ---- what we say ------------------------------------------------------------------------
 */

/* What was handed out. */
struct plain {
    vt_hash hash;
    size_t bytes;
};

/* The answer in the kit's words. */
static const char *unseal(const uint8_t key[VT_AGE_FILE_KEY_BYTES], vt_slice payload,
                          struct plain *handed_out)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_MIB(18));
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };
    const char *answer;

    if (payload.len < VT_AGE_NONCE_BYTES)
        return "header failure"; /* the kit counts the nonce among the header */
    VT_CHECK_OK(vt_age_open_new(key, vt_age_sink_buf(&plain), &stream, &err));
    answer = vt_age_stream_put(stream, payload, &err) && vt_age_stream_end(stream, &err)
                 ? "success"
                 : "payload failure";
    *handed_out = (struct plain){ vt_sha256_of(vt_buf_slice(&plain)), plain.len };
    return answer;
}

static const char *unwrap(const struct vt_age_header *header, vt_slice text,
                          uint8_t key[VT_AGE_FILE_KEY_BYTES])
{
    VT_AUTO_AGE_IDENTITY identity = { 0 };
    struct vt_error err = { 0 };

    if (!vt_age_identity_parse(text, &identity, &err))
        return "no match"; /* a hybrid one */
    if (vt_age_unwrap(&identity, header, key, &err))
        return NULL;
    if (err.code == VT_REJECTED && strstr(err.message, "MAC") != NULL)
        return "HMAC failure";
    return err.code == VT_ABSENT ? "no match" : "header failure";
}

static const char *answer_to(const struct vector *v, struct plain *handed_out)
{
    struct vt_age_header header;
    struct vt_error err = { 0 };
    uint8_t key[VT_AGE_FILE_KEY_BYTES];
    const char *answer = "no match";

    if (!vt_age_header_parse(v->file, &header, &err))
        return "header failure";
    for (size_t i = 0; i < v->identity_count && answer != NULL; i++)
        answer = unwrap(&header, v->identities[i], key);
    if (answer != NULL)
        return answer;
    return unseal(key,
                  vt_slice_sub(v->file, header.bytes.len, v->file.len - header.bytes.len),
                  handed_out);
}

/* ---- all of them ------------------------------------------------------------------------
 */

static bool is_of_another_kind(const char *name)
{
    return strstr(name, "scrypt") != NULL || strstr(name, "hybrid") != NULL ||
           strncmp(name, "armor", 5) == 0;
}

/* Where something follows a full last chunk, or nothing a full one that is not the last,
 * the kit's reader has handed that chunk out when it sees so.  Ours looks first, so one
 * chunk less comes out. */
static const struct {
    const char *name;
    size_t bytes;
} fewer[] = {
    { "stream_no_final_full", 0 },
    { "stream_no_final_two_chunks_full", VT_AGE_CHUNK_BYTES },
    { "stream_trailing_garbage_long", 0 },
    { "stream_trailing_garbage_short", 0 },
    { "stream_two_final_chunks", 0 },
    { "stream_two_final_chunks_full", 0 },
    { "stream_two_final_chunks_second", VT_AGE_CHUNK_BYTES },
};

static bool is_fewer(const char *name, size_t bytes)
{
    for (size_t i = 0; i < sizeof fewer / sizeof fewer[0]; i++)
        if (strcmp(fewer[i].name, name) == 0)
            return fewer[i].bytes == bytes;
    return false;
}

/* Did we take it? */
static bool judge(const char *name)
{
    struct vector v = read_vector(name);
    struct plain plain = { .bytes = 0 };
    vt_hash wanted;
    const char *answer = answer_to(&v, &plain);
    bool is_taken = strcmp(answer, "success") == 0;

    if (!vt_slice_is(v.expect, "success"))
        VT_CHECK_SAYING(!is_taken, "%s: was taken", name);
    if (is_of_another_kind(name) && !is_taken)
        return false;
    VT_CHECK_SAYING(vt_slice_is(v.expect, answer), "%s: wanted %.*s, got %s", name,
                    VT_SLICE_ARGS(v.expect), answer);
    if (v.payload.len != 0) {
        VT_CHECK(vt_hash_parse_hex(v.payload, &wanted));
        VT_CHECK_SAYING(vt_hash_equal(&plain.hash, &wanted) || is_fewer(name, plain.bytes),
                        "%s: other bytes came out, %zu", name, plain.bytes);
    }
    return is_taken;
}

static void every_file_gets_its_answer(void)
{
    DIR *folder = opendir(FOLDER);
    size_t seen = 0, taken = 0;
    struct dirent *entry;

    VT_CHECK(folder != NULL);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        seen++;
        taken += judge(entry->d_name);
    }
    (void)closedir(folder);
    VT_CHECK_SAYING(seen == FILES && taken == TAKEN, "%zu files, %zu taken", seen, taken);
}

static const struct vt_case cases[] = {
    { "every file gets its answer", every_file_gets_its_answer },
};

VT_TEST_MAIN("crypto.test_age_kit", cases)
