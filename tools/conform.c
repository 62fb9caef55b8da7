/* conform FILE.jsonl... - put other people's test cases before the functions that the
 * product itself uses.
 *
 * One case a line (tests/vectors/cases/README.md tells the forms).  Each case is decided
 * in a process of its own, from which the wanted answer was taken away first: it cannot be
 * looked at, and a crash hides no other case.  Prints `agree ...` or `differ: got ...
 * wanted ...` for each line and `N agree, M differ` at the end; exit code 0 only if all
 * agree, 2 for misuse, 3 for a file that cannot be read. */
#include "base/base.h"
#include "crypto/crypto.h"
#include "ledger/checkpoint.h"
#include "ledger/tlog_proof.h"
#include "ledger/tree_verify.h"
#include "ledger/witness.h"
#include "wire/wire.h"
#include <ftw.h>
#include <sys/wait.h>

enum { FILE_BYTES_MAX = 64 << 20, SECONDS_MAX = 60, KEYS_MAX = 64, ANSWER_BYTES = 64 };

/* The values of a case, read with the strictness that the case itself is not about: a
 * value that cannot be decoded (a root of 31 bytes) makes the answer `reject`. */

static vt_slice text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return vt_slice_of(json_string_value(value), json_string_length(value));
}

static bool number_of(const json_t *object, const char *name, uint64_t *out)
{
    return vt_decimal_parse(text_of(object, name), out);
}

static bool hash_of(const json_t *object, const char *name, vt_hash *out)
{
    struct vt_error err = { 0 };

    return vt_base64_parse_exact(text_of(object, name), out->bytes, VT_SHA256_BYTES, &err);
}

struct proof {
    vt_hash hashes[VT_PROOF_HASHES_MAX];
    size_t count;
};

static bool proof_of(const json_t *object, const char *name, struct proof *out)
{
    const json_t *array = json_object_get(object, name), *item;
    struct vt_error err = { 0 };
    size_t i;

    out->count = json_array_size(array);
    if (out->count > VT_PROOF_HASHES_MAX)
        return false;
    json_array_foreach(array, i, item)
    {
        vt_slice text = vt_slice_of(json_string_value(item), json_string_length(item));

        if (!vt_base64_parse_exact(text, out->hashes[i].bytes, VT_SHA256_BYTES, &err))
            return false;
    }
    return true;
}

static bool hex_of(const json_t *object, const char *name, struct vt_buf *out)
{
    vt_slice text = text_of(object, name);
    uint8_t *at = vt_buf_extend(out, text.len / 2);

    return text.len % 2 == 0 && at != NULL && vt_hex_parse(text, at, text.len / 2);
}

/* ---- one function a kind: does the product accept it? ----------------------------------
 */

static bool accepts_inclusion(const json_t *c)
{
    struct proof proof;
    uint64_t index, size;
    vt_hash leaf, root;

    return number_of(c, "index", &index) && number_of(c, "size", &size) &&
           hash_of(c, "leaf_b64", &leaf) && hash_of(c, "root_b64", &root) &&
           proof_of(c, "proof_b64", &proof) &&
           vt_tree_verify_inclusion(&leaf, index, size, proof.hashes, proof.count, &root);
}

static bool accepts_consistency(const json_t *c)
{
    struct proof proof;
    uint64_t size1, size2;
    vt_hash root1, root2;

    return number_of(c, "size1", &size1) && number_of(c, "size2", &size2) &&
           hash_of(c, "root1_b64", &root1) && hash_of(c, "root2_b64", &root2) &&
           proof_of(c, "proof_b64", &proof) &&
           vt_tree_verify_consistency(size1, &root1, size2, &root2, proof.hashes,
                                      proof.count);
}

static bool accepts_subtree_inclusion(const json_t *c)
{
    struct proof proof;
    uint64_t index, start, end;
    vt_hash leaf, root;

    return number_of(c, "index", &index) && number_of(c, "start", &start) &&
           number_of(c, "end", &end) && hash_of(c, "leaf_b64", &leaf) &&
           hash_of(c, "root_b64", &root) && proof_of(c, "proof_b64", &proof) &&
           vt_tree_verify_subtree_inclusion(&leaf, index, start, end, proof.hashes,
                                            proof.count, &root);
}

static bool accepts_subtree_consistency(const json_t *c)
{
    struct proof proof;
    uint64_t start, end, size;
    vt_hash root1, root2;

    return number_of(c, "start", &start) && number_of(c, "end", &end) &&
           number_of(c, "size", &size) && hash_of(c, "root1_b64", &root1) &&
           hash_of(c, "root2_b64", &root2) && proof_of(c, "proof_b64", &proof) &&
           vt_tree_verify_subtree_consistency(start, end, &root1, size, &root2,
                                              proof.hashes, proof.count);
}

static bool accepts_note(const json_t *c)
{
    static struct vt_note note;
    struct vt_error err = { 0 };
    struct vt_vkey keys[KEYS_MAX];
    struct vt_note_finding findings[KEYS_MAX];
    const json_t *vkeys = json_object_get(c, "vkeys"), *item;
    VT_AUTO_BUF bytes = vt_buf_init(FILE_BYTES_MAX);
    size_t i;

    if (json_array_size(vkeys) > KEYS_MAX)
        return false;
    json_array_foreach(vkeys, i, item)
    {
        vt_slice text = vt_slice_of(json_string_value(item), json_string_length(item));

        if (!vt_vkey_parse(text, &keys[i], &err))
            return false;
    }
    return vt_base64_parse(text_of(c, "note_b64"), &bytes, &err) &&
           vt_note_parse(vt_buf_slice(&bytes), &note, &err) &&
           vt_note_verify(&note, keys, json_array_size(vkeys), findings, &err);
}

static bool accepts_vkey(const json_t *c)
{
    struct vt_error err = { 0 };
    struct vt_vkey vkey;

    return vt_vkey_parse(text_of(c, "vkey"), &vkey, &err);
}

static bool accepts_checkpoint(const json_t *c)
{
    struct vt_error err = { 0 };
    struct vt_checkpoint checkpoint;

    return vt_checkpoint_parse(text_of(c, "body"), &checkpoint, &err);
}

static bool accepts_tlog_proof(const json_t *c)
{
    static struct vt_tlog_proof proof;
    struct vt_error err = { 0 };

    return vt_tlog_proof_parse(text_of(c, "text"), &proof, &err);
}

/* The extra line of a proof's text, without "extra ". */
static vt_slice extra_in(vt_slice text)
{
    vt_reader r = { text };
    vt_slice line;

    if (!vt_read_line(&r, &line) || !vt_read_literal(&r, VT_LIT("extra ")) ||
        !vt_read_line(&r, &line))
        return (vt_slice){ 0 };
    return line;
}

static bool accepts_tlog_proof_write(const json_t *c)
{
    struct vt_tlog_proof proof = { .extra_base64 = text_of(c, "extra_b64"),
                                   .checkpoint = text_of(c, "checkpoint") };
    struct proof hashes;
    VT_AUTO_BUF text = vt_buf_init(FILE_BYTES_MAX);

    if (!number_of(c, "index", &proof.index) || !proof_of(c, "hashes_b64", &hashes))
        return false;
    memcpy(proof.hashes, hashes.hashes, sizeof proof.hashes);
    proof.hash_count = hashes.count;
    /* One case (`index 10`) lost this field on its way into our form; the text has it. */
    if (proof.extra_base64.len == 0)
        proof.extra_base64 = extra_in(text_of(c, "text"));
    vt_tlog_proof_write(&text, &proof);
    return vt_slice_equal(vt_buf_slice(&text), text_of(c, "text"));
}

static bool accepts_ed25519(const json_t *c)
{
    VT_AUTO_BUF public_key = vt_buf_init(FILE_BYTES_MAX);
    VT_AUTO_BUF message = vt_buf_init(FILE_BYTES_MAX);
    VT_AUTO_BUF signature = vt_buf_init(FILE_BYTES_MAX);

    return hex_of(c, "public_hex", &public_key) && hex_of(c, "msg_hex", &message) &&
           hex_of(c, "sig_hex", &signature) && public_key.len == VT_ED25519_PUBLIC_BYTES &&
           vt_ed25519_verify(public_key.data, vt_buf_slice(&message),
                             vt_buf_slice(&signature));
}

static bool verifier_of(const json_t *key, struct vt_verifier *out)
{
    vt_slice type = text_of(key, "keytype");

    if (vt_slice_is(type, "ed25519")) {
        out->type = VT_KEY_ED25519;
        return vt_hex_parse(text_of(key, "public_hex"), out->ed25519.bytes,
                            sizeof out->ed25519.bytes);
    }
    out->type = VT_KEY_ECDSA_P256;
    out->ecdsa_pem = text_of(key, "public_pem");
    return vt_slice_is(type, "ecdsa-p256");
}

static bool accepts_dsse(const json_t *c)
{
    struct vt_error err = { 0 };
    VT_AUTO_DSSE envelope = { 0 };
    struct vt_verifier keys[KEYS_MAX];
    bool is_signed[KEYS_MAX];
    const json_t *array = json_object_get(c, "keys"), *item;
    size_t i;

    if (json_array_size(array) > KEYS_MAX)
        return false;
    memset(keys, 0, sizeof keys);
    json_array_foreach(array, i, item) if (!verifier_of(item, &keys[i])) return false;
    return vt_dsse_parse(text_of(c, "envelope"), &envelope, &err) &&
           vt_dsse_verify(&envelope, keys, json_array_size(array), is_signed, &err);
}

/* A fresh witness, in a folder of its own, that watches the log of the case. */
struct stand {
    char dir[32];
    struct vt_env env;
    struct vt_arena *arena;
    struct vt_witness_config config;
    struct vt_key *key;
    struct vt_witness *witness;
};

static bool stand_begin(const json_t *c, struct stand *s)
{
    static const uint8_t seed[32] = { 1 };
    struct vt_error err = { 0 };
    struct vt_public_key log;
    struct vt_vkey vkey;

    (void)snprintf(s->dir, sizeof s->dir, "/tmp/conform-XXXXXX");
    s->env = vt_env_real();
    s->arena = vt_arena_new();
    s->config = vt_witness_config_new(s->arena);
    if (!vt_hex_parse(text_of(c, "log_public_hex"), log.bytes, sizeof log.bytes) ||
        mkdtemp(s->dir) == NULL || !vt_key_from_seed(seed, &s->key, &err))
        return false;
    vkey = vt_vkey_of(text_of(c, "origin"), VT_NOTE_ED25519, &log);
    s->config.vkey = vt_vkey_of(VT_LIT("example.com/witness"), VT_NOTE_COSIGNATURE,
                                vt_key_public(s->key));
    return vt_witness_config_add(&s->config, text_of(c, "origin"), &vkey, &err) &&
           vt_witness_memory_init(vt_witness_memory_folder(s->arena, s->dir), &err) &&
           vt_witness_open_here(&s->config, s->key,
                                vt_witness_memory_folder(s->arena, s->dir), &s->env,
                                &s->witness, &err);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
    (void)about;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void stand_end(struct stand *s)
{
    vt_witness_close(s->witness);
    vt_key_close(s->key);
    vt_arena_free(s->arena);
    (void)nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool step_agrees(struct stand *s, const json_t *step)
{
    struct vt_error err = { 0 };
    VT_AUTO_WITNESS_REPLY reply = { 0 };

    return vt_witness_answer(s->witness, text_of(step, "request"), &reply, &err) &&
           reply.status == json_integer_value(json_object_get(step, "want_status"));
}

static bool accepts_witness(const json_t *c)
{
    const json_t *steps = json_object_get(c, "steps"), *step;
    struct stand s = { .witness = NULL };
    bool is_accepted = stand_begin(c, &s) && json_array_size(steps) != 0;
    size_t i;

    json_array_foreach(steps, i, step) is_accepted = is_accepted && step_agrees(&s, step);
    stand_end(&s);
    return is_accepted;
}

/* Not somebody else's: lets our own test see that a crash hides no other case. */
static bool accepts_crash(const json_t *c)
{
    (void)c;
    abort();
}

static const struct {
    const char *name;
    bool (*accepts)(const json_t *c);
} kinds[] = {
    { "merkle-inclusion", accepts_inclusion },
    { "merkle-consistency", accepts_consistency },
    { "merkle-subtree-inclusion", accepts_subtree_inclusion },
    { "merkle-subtree-consistency", accepts_subtree_consistency },
    { "note", accepts_note },
    { "vkey", accepts_vkey },
    { "checkpoint", accepts_checkpoint },
    { "tlog-proof", accepts_tlog_proof },
    { "tlog-proof-write", accepts_tlog_proof_write },
    { "ed25519", accepts_ed25519 },
    { "dsse", accepts_dsse },
    { "witness", accepts_witness },
    { "crash", accepts_crash },
};

/* ---- one case in a process of its own ---------------------------------------------------
 */

/* Exit codes that no sanitizer and no library uses. */
enum answer { ACCEPT = 100, REJECT, UNKNOWN_KIND };

static enum answer decide(const json_t *c)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (vt_slice_is(text_of(c, "kind"), kinds[i].name))
            return kinds[i].accepts(c) ? ACCEPT : REJECT;
    return UNKNOWN_KIND;
}

static void write_answer(int status, char out[ANSWER_BYTES])
{
    static const char *const words[] = { "accept", "reject", "an unknown kind" };

    if (WIFEXITED(status) && WEXITSTATUS(status) >= ACCEPT &&
        WEXITSTATUS(status) <= UNKNOWN_KIND)
        (void)snprintf(out, ANSWER_BYTES, "%s", words[WEXITSTATUS(status) - ACCEPT]);
    else
        (void)snprintf(out, ANSWER_BYTES, "a crash (%s %d)",
                       WIFSIGNALED(status) ? "signal" : "exit code",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* The case must come without its `want`.  False only if no process could be made. */
static bool decide_apart(const json_t *c, char out[ANSWER_BYTES])
{
    int status;
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        (void)alarm(SECONDS_MAX);
        _exit((int)decide(c));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return false;
    write_answer(status, out);
    return true;
}

/* Take the answer that is wanted out of the case. */
static void take_want(json_t *c, char out[ANSWER_BYTES])
{
    vt_slice want = text_of(c, "want");

    (void)snprintf(out, ANSWER_BYTES, "%.*s", VT_SLICE_ARGS(want));
    (void)json_object_del(c, "want");
}

static bool run_case(vt_slice line, bool *agrees_out)
{
    json_error_t where;
    json_t *c = json_loadb((const char *)line.data, line.len, JSON_ALLOW_NUL, &where);
    char got[ANSWER_BYTES] = "no JSON object", want[ANSWER_BYTES] = "?";
    bool is_run = true;

    if (json_is_object(c)) {
        take_want(c, want);
        is_run = decide_apart(c, got);
    }
    *agrees_out = is_run && strcmp(got, want) == 0;
    if (*agrees_out)
        (void)printf("agree %.*s: %.*s\n", VT_SLICE_ARGS(text_of(c, "kind")),
                     VT_SLICE_ARGS(text_of(c, "name")));
    else
        (void)printf("differ: got %s wanted %s (%.*s: %.*s)\n", got, want,
                     VT_SLICE_ARGS(text_of(c, "kind")), VT_SLICE_ARGS(text_of(c, "name")));
    json_decref(c);
    return is_run;
}

struct sum {
    unsigned agree, differ;
};

static bool run_file(const char *path, struct sum *sum, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(FILE_BYTES_MAX);
    vt_reader r;
    vt_slice line;

    if (!vt_file_read(path, &bytes, err))
        return false;
    if (bytes.len != 0 && bytes.data[bytes.len - 1] != '\n')
        vt_buf_put_u8(&bytes, '\n');
    r = (vt_reader){ vt_buf_slice(&bytes) };
    while (vt_read_line(&r, &line)) {
        bool agrees;

        if (line.len == 0)
            continue;
        if (!run_case(line, &agrees))
            return vt_fail(err, VT_IO, "cannot make a process: %s", strerror(errno));
        sum->agree += agrees;
        sum->differ += !agrees;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct sum sum = { 0 };
    struct vt_error err = { 0 };

    if (argc < 2) {
        (void)fprintf(stderr, "usage: conform FILE.jsonl...\n");
        return VT_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++)
        if (!run_file(argv[i], &sum, &err)) {
            (void)fprintf(stderr, "conform: %s\n", err.message);
            return VT_EXIT_TROUBLE;
        }
    (void)printf("%u agree, %u differ\n", sum.agree, sum.differ);
    return sum.differ == 0 && sum.agree != 0 ? VT_EXIT_OK : VT_EXIT_REFUSED;
}
