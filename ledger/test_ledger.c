/* A ledger as a whole: what goes in comes out, at its first index, with a proof; across
 * restarts at any place; and a changed byte is not taken for the truth. */
#include "crypto/verify_note.h"
#include "ledger/ledger.h"
#include "ledger/tile.h"
#include "ledger/tree.h"
#include "tests/harness.h"
#include <sys/wait.h>

#define ORIGIN "ledger.example/test"

/* Small sizes, so that a few thousand entries pass every corner. */
enum { SLOT_BYTES = 16 * 4096, FRONT = 256 };

struct opened {
    struct vt_env env;
    struct vt_key *key;
    struct vt_signer *signer;
    struct vt_ledger *ledger;
    char vkey[200];
};

static void make_key(struct opened *o)
{
    static const uint8_t seed[32] = { 7 };
    struct vt_error err = { 0 };
    struct vt_vkey vkey;
    VT_AUTO_BUF text = vt_buf_init(sizeof o->vkey);

    o->env = vt_env_real();
    VT_CHECK_OK(vt_key_from_seed(seed, &o->key, &err));
    vkey = vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(o->key));
    vt_vkey_write(&text, &vkey);
    (void)snprintf(o->vkey, sizeof o->vkey, "%s", vt_buf_cstr(&text));
}

static struct vt_ledger_options options_of(struct opened *o)
{
    return (struct vt_ledger_options){ .env = &o->env,
                                       .signer = o->signer,
                                       .slot_bytes = SLOT_BYTES,
                                       .front_entries = FRONT };
}

static bool try_open(struct opened *o, struct vt_error *err)
{
    struct vt_ledger_options options;

    if (o->key == NULL)
        make_key(o);
    if (!vt_signer_start_here(vt_test_path("log"), VT_LIT(ORIGIN), o->key, &o->signer, err))
        return false;
    options = options_of(o);
    return vt_ledger_open(vt_test_path("log"), &options, &o->ledger, err);
}

static void open_ledger(struct opened *o)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(try_open(o, &err));
}

static void make_ledger(struct opened *o, enum vt_ledger_entries entries)
{
    struct vt_error err = { 0 };
    struct vt_ledger_config config = { .origin = VT_LIT(ORIGIN), .entries = entries };
    struct vt_ledger_options options;

    make_key(o);
    options = options_of(o);
    config.vkey = vt_slice_from_cstr(o->vkey);
    config.key = VT_LIT("unused.key");
    VT_CHECK_OK(vt_ledger_init(vt_test_path("log"), &config, &options, &err));
    open_ledger(o);
}

static void close_ledger(struct opened *o)
{
    vt_ledger_close(o->ledger);
    vt_signer_stop(o->signer);
    vt_key_close(o->key);
    *o = (struct opened){ .ledger = NULL };
}

/* Entry i: its length varies, with now and then a long one. */
static vt_slice entry_text(uint64_t i, char *out)
{
    int len = snprintf(out, 5000, "entry %ju %*s", (uintmax_t)i,
                       i % 97 == 0 ? 4000 : (int)(i % 60), "");

    return vt_slice_of(out, (size_t)len);
}

static void add(struct opened *o, uint64_t count, uint64_t in_flight)
{
    struct vt_error err = { 0 };
    uint64_t first = vt_ledger_size(o->ledger);
    char text[5000];
    vt_ticket ticket;

    for (uint64_t i = first; i < first + count; i++) {
        uint64_t index;

        VT_CHECK_OK(vt_ledger_submit(o->ledger, entry_text(i, text), &ticket, &err));
        VT_CHECK(!ticket.is_known && ticket.index == i);
        if ((i + 1 - first) % in_flight != 0 && i + 1 != first + count)
            continue;
        VT_CHECK_OK(vt_ledger_wait(o->ledger, ticket, &index, &err));
        VT_CHECK(index == i && vt_ledger_size(o->ledger) == i + 1);
    }
}

/* The checkpoint that is published has the root that entries 0 ... size-1 have. */
static void check_published(struct opened *o, uint64_t size)
{
    struct vt_error err = { 0 };
    struct vt_tree *tree = vt_arena_alloc(vt_test_arena(), sizeof *tree);
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_policy *policy = vt_arena_alloc(vt_test_arena(), sizeof *policy);
    struct vt_tlog_verdict verdict;
    char text[5000];
    vt_hash root;

    for (uint64_t i = 0; i < size; i++) {
        vt_hash leaf = vt_sha256_leaf(entry_text(i, text));

        VT_CHECK_OK(vt_tree_append(tree, &leaf, NULL, &err));
    }
    root = vt_tree_root(tree);
    (void)snprintf(text, sizeof text, "log %s\nquorum none\n", o->vkey);
    VT_CHECK_OK(vt_policy_parse(vt_slice_from_cstr(text), policy, &err));
    VT_CHECK_OK(vt_ledger_checkpoint(o->ledger, &note, &err));
    VT_CHECK_OK(vt_tlog_checkpoint_verify(vt_buf_slice(&note), policy, VT_LIT(ORIGIN),
                                          &verdict, &err));
    VT_CHECK(verdict.size == size && vt_hash_equal(&verdict.root, &root));
}

/* Every step-th entry: found, read back, proven. */
static void check_entries(struct opened *o, uint64_t step)
{
    struct vt_error err = { 0 };
    struct vt_policy *policy = vt_arena_alloc(vt_test_arena(), sizeof *policy);
    char policy_text[300], text[5000];

    (void)snprintf(policy_text, sizeof policy_text, "log %s\nquorum none\n", o->vkey);
    VT_CHECK_OK(vt_policy_parse(vt_slice_from_cstr(policy_text), policy, &err));
    for (uint64_t i = 0; i < vt_ledger_published_size(o->ledger); i += step) {
        VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX),
                    proof_text = vt_buf_init(20000);
        vt_slice want = entry_text(i, text);
        vt_hash leaf = vt_sha256_leaf(want);
        struct vt_tlog_verdict verdict;
        struct vt_tlog_proof proof;
        uint64_t index;

        VT_CHECK_OK(vt_ledger_find(o->ledger, want, &index, &err));
        VT_CHECK(index == i);
        VT_CHECK_OK(vt_ledger_read(o->ledger, i, &entry, &err));
        VT_CHECK(vt_slice_equal(vt_buf_slice(&entry), want));
        VT_CHECK_OK(vt_ledger_prove(o->ledger, i, &proof_text, &err));
        VT_CHECK_OK(vt_tlog_proof_parse(vt_buf_slice(&proof_text), &proof, &err));
        VT_CHECK_OK(
            vt_tlog_proof_verify(&proof, &leaf, policy, VT_LIT(ORIGIN), &verdict, &err));
        leaf.bytes[0] ^= 1;
        VT_CHECK(
            !vt_tlog_proof_verify(&proof, &leaf, policy, VT_LIT(ORIGIN), &verdict, &err));
    }
}

static void publish(struct opened *o)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_ledger_publish(o->ledger, NULL, &err));
    VT_CHECK(vt_ledger_published_size(o->ledger) == vt_ledger_size(o->ledger));
}

/* ---- cases -----------------------------------------------------------------------------
 */

static void entries_come_back_with_proofs(void)
{
    struct opened o = { 0 };

    make_ledger(&o, VT_LEDGER_ANY);
    publish(&o);
    check_published(&o, 0);
    add(&o, 1, 1);
    publish(&o);
    check_published(&o, 1);
    add(&o, 999, 64);
    publish(&o);
    check_published(&o, 1000);
    check_entries(&o, 1);
    close_ledger(&o);
}

/* Stop and start at every kind of place: inside and at the end of tiles, with and without
 * a checkpoint. */
static void restarts(void)
{
    static const uint64_t counts[] = { 1, 254, 1, 1, 255, 256, 3, 509, 1024, 77, 2000 };
    struct opened o = { 0 };
    uint64_t size = 0;

    make_ledger(&o, VT_LEDGER_ANY);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        add(&o, counts[i], 50);
        size += counts[i];
        if (i % 3 != 1)
            publish(&o);
        close_ledger(&o);
        open_ledger(&o);
        VT_CHECK(vt_ledger_size(o.ledger) == size);
    }
    publish(&o);
    check_published(&o, size);
    check_entries(&o, 13);
    close_ledger(&o);
}

/* A process that dies without closing: what was waited for is there, the rest may be. */
static void sudden_deaths(void)
{
    struct opened o = { 0 };
    uint64_t size = 0;

    make_ledger(&o, VT_LEDGER_ANY);
    close_ledger(&o);
    for (unsigned round = 0; round < 12; round++) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            struct opened child = { 0 };
            struct vt_error err = { 0 };
            char text[5000];
            vt_ticket ticket;

            open_ledger(&child);
            add(&child, 150 + round, 40);
            VT_CHECK_OK(
                vt_ledger_submit(child.ledger, entry_text(1 << 20, text), &ticket, &err));
            if (round % 4 == 3)
                VT_CHECK_OK(vt_ledger_publish(child.ledger, NULL, &err));
            _exit(round % 4 == 3 ? 21 : 20);
        }
        VT_CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
        if (WEXITSTATUS(status) == 21)
            break; /* its last entry is another one: enough */
        VT_CHECK(WEXITSTATUS(status) == 20);
        size += 150 + round;
        open_ledger(&o);
        VT_CHECK(vt_ledger_size(o.ledger) == size);
        publish(&o);
        check_published(&o, size);
        close_ledger(&o);
    }
}

static void equal_entries_have_one_index(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    vt_ticket first, again;
    char text[5000];
    uint64_t index;

    make_ledger(&o, VT_LEDGER_ANY);
    VT_CHECK_OK(vt_ledger_submit(o.ledger, VT_LIT("same"), &first, &err));
    VT_CHECK_OK(vt_ledger_submit(o.ledger, VT_LIT("same"), &again, &err)); /* in flight */
    VT_CHECK(!first.is_known && again.is_known && again.index == 0);
    VT_CHECK_FAILS(VT_ABSENT, vt_ledger_find(o.ledger, VT_LIT("same"), &index, &err));
    VT_CHECK_OK(vt_ledger_wait(o.ledger, again, &index, &err));
    VT_CHECK(index == 0 && vt_ledger_size(o.ledger) == 1);
    add(&o, 2000, 100); /* entries 1 to 2000 */
    for (unsigned round = 0; round < 2; round++) {
        for (uint64_t i = 1; i <= 2000; i += 11) {
            VT_CHECK_OK(vt_ledger_submit(o.ledger, entry_text(i, text), &again, &err));
            VT_CHECK(again.is_known && again.index == i);
        }
        VT_CHECK(vt_ledger_size(o.ledger) == 2001);
        close_ledger(&o);
        open_ledger(&o);
    }
    VT_CHECK_OK(vt_ledger_submit(o.ledger, VT_LIT("same "), &again, &err));
    VT_CHECK(!again.is_known && again.index == 2001);
    close_ledger(&o);
}

static void what_is_no_entry(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), 70000);
    vt_ticket ticket = { 99, true };
    VT_AUTO_BUF out = vt_buf_init(1000);
    uint64_t index;

    make_ledger(&o, VT_LEDGER_PUBLIC);
    VT_CHECK_FAILS(VT_LIMIT, vt_ledger_submit(o.ledger, VT_LIT(""), &ticket, &err));
    VT_CHECK_FAILS(VT_LIMIT,
                   vt_ledger_submit(o.ledger, vt_slice_of(bytes, 65536), &ticket, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_ledger_submit(o.ledger, VT_LIT("text"), &ticket, &err));
    VT_CHECK(ticket.index == 99 && vt_ledger_size(o.ledger) == 0);
    VT_CHECK_FAILS(VT_ABSENT, vt_ledger_read(o.ledger, 0, &out, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_ledger_prove(o.ledger, 0, &out, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_ledger_find(o.ledger, VT_LIT("text"), &index, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_ledger_checkpoint(o.ledger, &out, &err));
    close_ledger(&o);
}

static void largest_entries(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), 65535);
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    vt_ticket ticket;

    make_ledger(&o, VT_LEDGER_ANY);
    for (uint32_t i = 0; i < 600; i++) {
        memcpy(bytes, &i, sizeof i);
        VT_CHECK_OK(vt_ledger_submit(o.ledger, vt_slice_of(bytes, 65535), &ticket, &err));
    }
    VT_CHECK_OK(vt_ledger_wait(o.ledger, ticket, NULL, &err));
    close_ledger(&o);
    open_ledger(&o);
    VT_CHECK(vt_ledger_size(o.ledger) == 600);
    VT_CHECK_OK(vt_ledger_read(o.ledger, 599, &entry, &err));
    VT_CHECK(entry.len == 65535 && entry.data[0] == 599 % 256);
    publish(&o);
    close_ledger(&o);
}

static void one_writer_at_a_time(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    struct vt_ledger_config config = { .origin = VT_LIT(ORIGIN) };
    struct vt_ledger_options options;
    struct vt_ledger *second;
    pid_t pid;
    int status;

    make_ledger(&o, VT_LEDGER_ANY);
    options = options_of(&o);
    config.vkey = vt_slice_from_cstr(o.vkey);
    pid = fork();
    if (pid == 0) {
        VT_CHECK_FAILS(VT_IO, vt_ledger_open(vt_test_path("log"), &options, &second, &err));
        _exit(0);
    }
    VT_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    close_ledger(&o);
    make_key(&o);
    options = options_of(&o);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_ledger_init(vt_test_path("log"), &config, &options, &err));
    config.origin = VT_LIT("another.example");
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_ledger_init(vt_test_path("other"), &config, &options, &err));
    VT_CHECK_FAILS(VT_IO, vt_ledger_open(vt_test_path("none"), &options, &second, &err));
    VT_CHECK(mkdir(vt_test_path("empty"), 0755) == 0);
    VT_CHECK_FAILS(VT_IO, vt_ledger_open(vt_test_path("empty"), &options, &second, &err));
    close_ledger(&o);
}

/* The folder is put back to an old copy: the signer knows better. */
static void old_copies_are_not_opened(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };

    make_ledger(&o, VT_LEDGER_ANY);
    add(&o, 300, 100);
    publish(&o);
    close_ledger(&o);
    (void)vt_test_run(0, VT_ARGV("cp", "-a", vt_test_path("log"), vt_test_path("copy")));
    open_ledger(&o);
    add(&o, 100, 100);
    publish(&o);
    close_ledger(&o);
    /* All of the copy comes back, but not the signer's own folder. */
    (void)vt_test_run(0, VT_ARGV("rm", "-r", vt_test_path("copy/signer")));
    (void)vt_test_run(0, VT_ARGV("mv", vt_test_path("log/signer"), vt_test_path("copy/")));
    (void)vt_test_run(0, VT_ARGV("mv", vt_test_path("log"), vt_test_path("gone")));
    (void)vt_test_run(0, VT_ARGV("mv", vt_test_path("copy"), vt_test_path("log")));
    VT_CHECK_FAILS(VT_REJECTED, try_open(&o, &err)); /* no index is given twice */
    VT_CHECK_SAYING(strstr(err.message, "old copy") != NULL, "%s", err.message);
    close_ledger(&o);
    (void)vt_test_run(0, VT_ARGV("mv", vt_test_path("log/signer"), vt_test_path("gone/")));
    (void)vt_test_run(0, VT_ARGV("rm", "-r", vt_test_path("log")));
    (void)vt_test_run(0, VT_ARGV("mv", vt_test_path("gone"), vt_test_path("log")));
    open_ledger(&o);
    add(&o, 80, 20);
    publish(&o);
    check_published(&o, 480);
    close_ledger(&o);
    /* The head is lost: the signer does not start. */
    (void)vt_test_run(0, VT_ARGV("rm", vt_test_path("log/signer/head")));
    VT_CHECK_FAILS(VT_REJECTED, try_open(&o, &err));
    close_ledger(&o);
}

/* Other entries in the same places, of any number: refused by the signer. */
static void forks_are_not_signed(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    vt_hash forged = vt_sha256_of(VT_LIT("forged"));
    struct vt_head head = { 301, forged };

    make_ledger(&o, VT_LEDGER_ANY);
    add(&o, 300, 100);
    publish(&o);
    {
        VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);

        VT_CHECK_FAILS(VT_REJECTED, vt_signer_sign(o.signer, &head, NULL, 0, &note, &err));
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_signer_sign(o.signer, &head, &forged, 1, &note, &err));
        head.size = 300;
        VT_CHECK_FAILS(VT_REJECTED, vt_signer_sign(o.signer, &head, NULL, 0, &note, &err));
        VT_CHECK(note.len == 0);
    }
    close_ledger(&o);
}

/* A signer that holds another key. */
static void other_keys_are_not_used(void)
{
    static const uint8_t seed[32] = { 8 };
    struct vt_error err = { 0 };
    struct opened o = { 0 };

    make_ledger(&o, VT_LEDGER_ANY);
    close_ledger(&o);
    o.env = vt_env_real();
    VT_CHECK_OK(vt_key_from_seed(seed, &o.key, &err));
    VT_CHECK_FAILS(VT_REJECTED, try_open(&o, &err));
    close_ledger(&o);
}

/* A byte of the right edge, of the checkpoint, or of the signer's head is changed. */
static void changed_bytes_are_noticed(void)
{
    static const char *const files[] = { "log/tile/0/001.p/44", "log/tile/1/000.p/1",
                                         "log/checkpoint", "log/signer/head" };
    struct vt_error err = { 0 };
    struct opened o = { 0 };

    make_ledger(&o, VT_LEDGER_ANY);
    add(&o, 300, 100);
    publish(&o);
    close_ledger(&o);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *path = vt_test_path(files[i]);
        vt_slice good = vt_test_read(path);
        uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len);

        for (size_t at = 0; at < good.len; at += 3) {
            memcpy(bytes, good.data, good.len);
            bytes[at] ^= 1;
            vt_test_write(path, vt_slice_of(bytes, good.len));
            VT_CHECK_SAYING(!try_open(&o, &err), "%s, byte %zu", files[i], at);
            VT_CHECK(err.code == VT_REJECTED || err.code == VT_MALFORMED);
            close_ledger(&o);
        }
        vt_test_write(path, good);
    }
    open_ledger(&o);
    close_ledger(&o);
}

/* A byte of a stored entry, or of its tile, is changed while the ledger is open. */
static void changed_entries_are_not_given_out(void)
{
    static const char *const files[] = { "log/tile/entries/000", "log/tile/0/000" };
    struct vt_error err = { 0 };
    struct opened o = { 0 };

    make_ledger(&o, VT_LEDGER_ANY);
    add(&o, 300, 100);
    publish(&o);
    for (size_t i = 0; i < 2; i++) {
        const char *path = vt_test_path(files[i]);
        vt_slice good = vt_test_read(path);
        uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len);
        VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);

        memcpy(bytes, good.data, good.len);
        bytes[20] ^= 1; /* in entry 0, or in its hash */
        vt_test_write(path, vt_slice_of(bytes, good.len));
        VT_CHECK_FAILS(VT_REJECTED, vt_ledger_read(o.ledger, 0, &entry, &err));
        VT_CHECK(entry.len == 0);
        vt_test_write(path, good);
        VT_CHECK_OK(vt_ledger_read(o.ledger, 0, &entry, &err));
    }
    close_ledger(&o);
}

static void flip(const char *name, size_t at)
{
    vt_slice good = vt_test_read(vt_test_path(name));
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len);

    memcpy(bytes, good.data, good.len);
    bytes[at] ^= 1;
    vt_test_write(vt_test_path(name), vt_slice_of(bytes, good.len));
}

/* The hash of entry 2 rotted while the ledger was closed.  Its entries still say what is
 * known; a run of the index, which has 40 bits of each, says that it is another one. */
static void a_changed_leaf_gives_no_second_index(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    VT_AUTO_BUF proof = vt_buf_init(VT_KIB(8));
    vt_ticket ticket;
    char text[5000];

    make_ledger(&o, VT_LEDGER_ANY);
    add(&o, 600, 100);
    publish(&o);
    close_ledger(&o);
    flip("log/tile/0/000", 2 * VT_SHA256_BYTES + 1);
    open_ledger(&o); /* the first 256 are in a run */
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_ledger_submit(o.ledger, entry_text(2, text), &ticket, &err));
    VT_CHECK_OK(vt_ledger_submit(o.ledger, entry_text(3, text), &ticket, &err));
    VT_CHECK(ticket.is_known && ticket.index == 3);
    close_ledger(&o);
    (void)vt_test_run(0, VT_ARGV("rm", "-r", vt_test_path("log/index")));
    open_ledger(&o); /* the index is made again */
    VT_CHECK_OK(vt_ledger_submit(o.ledger, entry_text(2, text), &ticket, &err));
    VT_CHECK(ticket.is_known && ticket.index == 2);
    VT_CHECK_FAILS(VT_REJECTED, vt_ledger_prove(o.ledger, 2, &proof, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_ledger_prove(o.ledger, 3, &proof, &err));
    VT_CHECK(proof.len == 0);
    VT_CHECK_OK(vt_ledger_prove(o.ledger, 300, &proof, &err));
    close_ledger(&o);
    flip("log/tile/entries/000", 20); /* now nothing says what stood there */
    (void)vt_test_run(0, VT_ARGV("rm", "-rf", vt_test_path("log/index")));
    VT_CHECK(!try_open(&o, &err) && err.code == VT_REJECTED);
    VT_CHECK_SAYING(strstr(err.message, "fsck") != NULL, "%s", err.message);
    close_ledger(&o);
}

/* Partial tiles stay as long as their tile is not full, and go then. */
static void partial_tiles_are_collected(void)
{
    struct opened o = { 0 };

    make_ledger(&o, VT_LEDGER_ANY);
    add(&o, 10, 10);
    publish(&o);
    add(&o, 20, 10);
    publish(&o);
    VT_CHECK(vt_path_exists(vt_test_path("log/tile/0/000.p/10")));
    VT_CHECK(vt_path_exists(vt_test_path("log/tile/entries/000.p/30")));
    add(&o, 230, 100);
    publish(&o);
    VT_CHECK(vt_path_exists(vt_test_path("log/tile/0/000")));
    VT_CHECK(vt_path_exists(vt_test_path("log/tile/entries/001.p/4")));
    VT_CHECK(!vt_path_exists(vt_test_path("log/tile/0/000.p/10")));
    VT_CHECK(!vt_path_exists(vt_test_path("log/tile/0/000.p/30")));
    VT_CHECK(!vt_path_exists(vt_test_path("log/tile/entries/000.p/30")));
    VT_CHECK(vt_path_exists(vt_test_path("log/tile/1/000.p/1")));
    check_entries(&o, 1);
    close_ledger(&o);
}

/* What a killed process left half-written is taken away at the next start. */
static void drafts_are_swept(void)
{
    struct opened o = { 0 };

    make_ledger(&o, VT_LEDGER_ANY);
    add(&o, 300, 100);
    publish(&o);
    close_ledger(&o);
    vt_test_write(vt_test_path("log/tile/0/.vt-0123456789abcdef"), VT_LIT("half"));
    vt_test_write(vt_test_path("log/tile/entries/001.p/.vt-0123456789abcdef"), VT_LIT(""));
    open_ledger(&o);
    VT_CHECK(!vt_path_exists(vt_test_path("log/tile/0/.vt-0123456789abcdef")));
    VT_CHECK(!vt_path_exists(vt_test_path("log/tile/entries/001.p/.vt-0123456789abcdef")));
    check_entries(&o, 7);
    close_ledger(&o);
}

static const struct vt_case cases[] = {
    { "entries come back with proofs", entries_come_back_with_proofs },
    { "restarts", restarts },
    { "sudden deaths", sudden_deaths },
    { "equal entries have one index", equal_entries_have_one_index },
    { "what is no entry", what_is_no_entry },
    { "largest entries", largest_entries },
    { "one writer at a time", one_writer_at_a_time },
    { "old copies are not opened", old_copies_are_not_opened },
    { "forks are not signed", forks_are_not_signed },
    { "other keys are not used", other_keys_are_not_used },
    { "changed bytes are noticed", changed_bytes_are_noticed },
    { "changed entries are not given out", changed_entries_are_not_given_out },
    { "a changed leaf gives no second index", a_changed_leaf_gives_no_second_index },
    { "partial tiles are collected", partial_tiles_are_collected },
    { "drafts are swept", drafts_are_swept },
};

VT_TEST_MAIN("ledger.ledger", cases)
