/* A ledger broken at each of its disk operations, in its own process and in its signer's:
 * nothing acknowledged is lost, nothing is signed that is then not there, and what lies in
 * the folder is what was signed. */
#include "ledger/fsck.h"
#include "ledger/ledger.h"
#include "ledger/tree.h"
#include "tests/stage.h"

#include "crypto/verify_note.h"
#include "wire/note.h"

#define ORIGIN "ledger.example/crash"

enum {
    SLOT_BYTES = 3 * 4096, /* a journal slot holds two batches, so that slots turn */
    FRONT_ENTRIES = 256,
    ENTRIES_BEFORE = 250, /* six more fill the first tile */
};

struct opened {
    struct vt_arena *arena;
    const char *dir, *key_path;
    struct vt_key *key;
    char vkey[200];
    struct vt_env env;
    struct vt_signer *signer;
    struct vt_ledger *ledger;
};

/* ---- a ledger with its signer ----------------------------------------------------------
 */

static void names_of(struct opened *o, const char *scene)
{
    static const uint8_t seed[32] = { 11 };
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(sizeof o->vkey);
    struct vt_vkey vkey;

    *o = (struct opened){ .arena = vt_arena_new(), .env = vt_env_real() };
    o->dir = vt_arena_printf(o->arena, "%s/log", scene);
    o->key_path = vt_arena_printf(o->arena, "%s/log.key", scene);
    VT_CHECK_OK(vt_key_from_seed(seed, &o->key, &err));
    vkey = vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(o->key));
    vt_vkey_write(&text, &vkey);
    (void)snprintf(o->vkey, sizeof o->vkey, "%s", vt_buf_cstr(&text));
    if (!vt_path_exists(o->key_path)) {
        VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

        VT_CHECK_OK(vt_key_write_pem(o->key, VT_LIT(""), &pem, &err));
        vt_test_write(o->key_path, vt_buf_slice(&pem));
        VT_CHECK(chmod(o->key_path, 0600) == 0);
    }
}

static struct vt_ledger_options options_of(const struct opened *o)
{
    return (struct vt_ledger_options){ .env = &o->env,
                                       .signer = o->signer,
                                       .slot_bytes = SLOT_BYTES,
                                       .front_entries = FRONT_ENTRIES };
}

static void opened_close(struct opened *o)
{
    vt_ledger_close(o->ledger);
    vt_signer_stop(o->signer);
    vt_key_close(o->key);
    vt_arena_free(o->arena);
}

/* What the signer signed last, it signed whether or not anybody lived to see it. */
static void say_head(const struct vt_head *head)
{
    char hex[65];

    vt_hash_text(&head->root, hex);
    vt_stage_say("signed %ju %s", (uintmax_t)head->size, hex);
}

static bool read_word(vt_reader *r, uint64_t *out)
{
    vt_slice word;

    return vt_read_until(r, ' ', &word) && vt_decimal_parse(word, out);
}

/* The largest size that was said to be `what`. */
static uint64_t most_said(const char *what)
{
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    uint64_t size, most = 0;
    vt_slice line;

    while (vt_read_line(&r, &line)) {
        vt_reader rest = { line };

        if (vt_read_literal(&rest, vt_slice_from_cstr(what)) && read_word(&rest, &size) &&
            size > most)
            most = size;
    }
    return most;
}

/* A signer that forgot what it signed could be led to sign another history; a checkpoint
 * that was shown is not taken back. */
static bool remembers(const char *what, uint64_t size, struct vt_error *err)
{
    uint64_t said = most_said(what);

    return size >= said || vt_fail(err, VT_REJECTED, "%s%ju is forgotten, now %ju", what,
                                   (uintmax_t)said, (uintmax_t)size);
}

/* The signer as it runs in earnest, or here: the same bytes in the same files, many times
 * as fast. */
enum signer_place { APART, HERE };

static bool opened_open(struct opened *o, const char *scene, enum signer_place place,
                        struct vt_error *err)
{
    struct vt_ledger_options options;
    struct vt_head head;

    names_of(o, scene);
    if (!(place == APART
              ? vt_signer_start(o->dir, VT_LIT(ORIGIN), o->key_path, VT_LIT(""), &o->signer,
                                err)
              : vt_signer_start_here(o->dir, VT_LIT(ORIGIN), o->key, &o->signer, err)))
        return false;
    head = vt_signer_head(o->signer);
    if (!remembers("signed ", head.size, err))
        return false;
    say_head(&head);
    options = options_of(o);
    return vt_ledger_open(o->dir, &options, &o->ledger, err) &&
           remembers("shown ", vt_ledger_published_size(o->ledger), err);
}

/* ---- acts ------------------------------------------------------------------------------
 */

/* Add `count` entries in one batch.  Their text says who added them: a lost one comes back
 * as another. */
static bool add(struct opened *o, const char *who, unsigned count, struct vt_error *err)
{
    uint64_t first = vt_ledger_size(o->ledger);
    char text[100];
    vt_ticket ticket;

    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(text, sizeof text, "%s %ju", who, (uintmax_t)first + i);
        if (!vt_ledger_submit(o->ledger, vt_slice_from_cstr(text), &ticket, err))
            return false;
    }
    if (!vt_ledger_wait(o->ledger, ticket, NULL, err))
        return false;
    for (unsigned i = 0; i < count; i++)
        vt_stage_say("entry %ju %s %ju", (uintmax_t)first + i, who, (uintmax_t)first + i);
    return true;
}

static bool publish(struct opened *o, struct vt_error *err)
{
    struct vt_head head;

    if (!vt_ledger_publish(o->ledger, NULL, err))
        return false;
    head = vt_signer_head(o->signer);
    say_head(&head);
    vt_stage_say("shown %ju entries", (uintmax_t)vt_ledger_published_size(o->ledger));
    return true;
}

/* Two checkpoints; the second one has a full tile, and partial ones are collected. */
static bool act(const char *scene, enum signer_place place, struct vt_error *err)
{
    struct opened o;
    bool is_ok = opened_open(&o, scene, place, err) && add(&o, "act", 2, err) &&
                 publish(&o, err) && add(&o, "act", 3, err) && add(&o, "act", 3, err) &&
                 publish(&o, err);

    opened_close(&o);
    return is_ok;
}

static bool restart(const char *scene, enum signer_place place, struct vt_error *err)
{
    struct opened o;
    bool is_ok = opened_open(&o, scene, place, err) && add(&o, "restart", 2, err) &&
                 publish(&o, err);

    opened_close(&o);
    return is_ok;
}

static bool act_apart(const char *scene, struct vt_error *err)
{
    return act(scene, APART, err);
}

static bool act_here(const char *scene, struct vt_error *err)
{
    return act(scene, HERE, err);
}

static bool restart_apart(const char *scene, struct vt_error *err)
{
    return restart(scene, APART, err);
}

static bool restart_here(const char *scene, struct vt_error *err)
{
    return restart(scene, HERE, err);
}

/* A ledger that is made: journal, the signer's first head, config. */
static bool make(const char *scene, struct vt_error *err)
{
    struct opened o;
    struct vt_ledger_config config = { .origin = VT_LIT(ORIGIN), .key = VT_LIT("log.key") };
    struct vt_ledger_options options;
    bool is_ok;

    names_of(&o, scene);
    options = options_of(&o);
    config.vkey = vt_slice_from_cstr(o.vkey);
    is_ok = vt_ledger_init(o.dir, &config, &options, err);
    opened_close(&o);
    return is_ok;
}

static bool make_act(const char *scene, struct vt_error *err)
{
    struct opened o;
    bool is_ok = make(scene, err);

    if (is_ok && vt_stage_was_said("made"))
        return vt_fail(err, VT_REJECTED, "the ledger was made, and is gone");
    if (!is_ok && err->code != VT_REJECTED) /* which is that it is there already */
        return false;
    vt_stage_say("made");
    is_ok =
        opened_open(&o, scene, HERE, err) && add(&o, "first", 1, err) && publish(&o, err);
    opened_close(&o);
    return is_ok;
}

static void make_prepare(const char *scene)
{
    struct opened o;

    names_of(&o, scene); /* the key */
    opened_close(&o);
}

static void prepare(const char *scene)
{
    struct opened o;
    struct vt_error err = { 0 };

    VT_CHECK_OK(make(scene, &err));
    VT_CHECK_OK(opened_open(&o, scene, HERE, &err));
    for (unsigned i = 0; i < ENTRIES_BEFORE; i += 50)
        VT_CHECK_OK(add(&o, "before", 50, &err));
    VT_CHECK_OK(publish(&o, &err));
    opened_close(&o);
}

/* ---- checks ----------------------------------------------------------------------------
 */

static void check_entry(const struct opened *o, vt_reader line)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    uint64_t index, found;

    VT_CHECK(read_word(&line, &index));
    VT_CHECK_SAYING(index < vt_ledger_size(o->ledger), "entry %ju was acknowledged, lost",
                    (uintmax_t)index);
    VT_CHECK_OK(vt_ledger_read(o->ledger, index, &entry, &err));
    VT_CHECK_SAYING(vt_slice_equal(vt_buf_slice(&entry), line.rest),
                    "entry %ju was acknowledged, another one is there", (uintmax_t)index);
    VT_CHECK_OK(vt_ledger_find(o->ledger, line.rest, &found, &err));
    VT_CHECK(found == index);
}

/* The leaf of entry i.  Those that were there before act are known (fsck compares them). */
static vt_hash leaf_of(const struct opened *o, uint64_t i, bool is_grown)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (is_grown && i < ENTRIES_BEFORE)
        vt_buf_printf(&entry, "before %ju", (uintmax_t)i);
    else
        VT_CHECK_OK(vt_ledger_read(o->ledger, i, &entry, &err));
    return vt_sha256_leaf(vt_buf_slice(&entry));
}

/* One byte for each size up to that of the ledger: 1 where it was said to be signed. */
static uint8_t *sizes_signed(uint64_t size_max)
{
    uint8_t *is_signed = vt_alloc((size_t)size_max + 1);
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    uint64_t size;
    vt_slice line;

    while (vt_read_line(&r, &line)) {
        vt_reader rest = { line };

        if (vt_read_literal(&rest, VT_LIT("signed ")) && read_word(&rest, &size) &&
            size <= size_max)
            is_signed[size] = 1;
    }
    return is_signed;
}

/* The roots of the trees of 0, 1, ... entries, worked out from the entries alone, where one
 * was signed: all of them would be most of the work of these tests. */
static vt_hash *roots_of(const struct opened *o)
{
    uint64_t size = vt_ledger_size(o->ledger);
    struct vt_error err = { 0 };
    struct vt_tree *tree = vt_alloc(sizeof *tree);
    vt_hash *roots = vt_alloc_array((size_t)size + 1, sizeof *roots);
    uint8_t *is_signed = sizes_signed(size);

    for (uint64_t i = 0; i <= size; i++) {
        vt_hash leaf;

        if (is_signed[i] != 0)
            roots[i] = vt_tree_root(tree);
        if (i == size)
            break;
        leaf = leaf_of(o, i, size >= ENTRIES_BEFORE);
        VT_CHECK_OK(vt_tree_append(tree, &leaf, NULL, &err));
    }
    free(is_signed);
    free(tree);
    return roots;
}

/* What was signed is a prefix of what is there. */
static void check_head(const struct opened *o, const vt_hash *roots, vt_reader line)
{
    uint64_t size;
    vt_hash root;

    VT_CHECK(read_word(&line, &size) && vt_hash_parse_hex(line.rest, &root));
    VT_CHECK_SAYING(size <= vt_ledger_size(o->ledger), "%ju entries were signed, %ju are",
                    (uintmax_t)size, (uintmax_t)vt_ledger_size(o->ledger));
    VT_CHECK_SAYING(vt_hash_equal(&root, &roots[size]),
                    "another tree of %ju entries was signed", (uintmax_t)size);
}

static void check_said(const struct opened *o)
{
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    vt_hash *roots = roots_of(o);
    vt_slice line, word;

    while (vt_read_line(&r, &line)) {
        vt_reader rest = { line };

        if (!vt_read_until(&rest, ' ', &word))
            continue;
        if (vt_slice_is(word, "entry"))
            check_entry(o, rest);
        else if (vt_slice_is(word, "signed"))
            check_head(o, roots, rest);
    }
    free(roots);
}

static void found(void *context, const char *file, const char *what)
{
    (void)context;
    (void)printf("fsck: %s: %s\n", file, what);
}

static void check_folder(const struct opened *o)
{
    struct vt_error err = { 0 };
    struct vt_policy *policy = vt_alloc(sizeof *policy);
    char text[300];
    struct vt_fsck_options options = { .policy = policy,
                                       .origin = VT_LIT(ORIGIN),
                                       .found = found };
    struct vt_fsck_report report;

    (void)snprintf(text, sizeof text, "log %s\nquorum none\n", o->vkey);
    VT_CHECK_OK(vt_policy_parse(vt_slice_from_cstr(text), policy, &err));
    VT_CHECK_OK(vt_ledger_fsck(o->dir, &options, &report, &err));
    VT_CHECK_SAYING(report.findings == 0, "fsck: %ju findings", (uintmax_t)report.findings);
    VT_CHECK(report.size == vt_ledger_published_size(o->ledger));
    free(policy);
}

static void check(const char *scene)
{
    struct opened o;
    struct vt_error err = { 0 };

    VT_CHECK_OK(opened_open(&o, scene, HERE, &err));
    check_said(&o);
    check_folder(&o);
    opened_close(&o);
}

/* ---- cases -----------------------------------------------------------------------------
 */

static const struct vt_stage_play apart = {
    .name = "a ledger with its signer apart",
    .prepare = prepare,
    .act = act_apart,
    .restart = restart_apart,
    .check = check,
    .torn_seeds = 1,
    .twice_every = 16,
};

static const struct vt_stage_play here = {
    .name = "a ledger with its signer here",
    .prepare = prepare,
    .act = act_here,
    .restart = restart_here,
    .check = check,
    .twice_every = 6,
};

static const struct vt_stage_play making = {
    .name = "a new ledger",
    .prepare = make_prepare,
    .act = make_act,
    .restart = make_act,
    .check = check,
    .twice_every = 2,
};

static void adding_apart(void)
{
    vt_stage_must_hold(&apart);
}

static void adding_here(void)
{
    vt_stage_must_hold(&here);
}

static void every_sync(void)
{
    static const char *const spare[] = {
        /* Makes later fdatasyncs cheap; each of them would carry the size that it needs. */
        "journal: sync zeros of journal/b",
        /* The index is derived: what is lost of it is made again. */
        "folder: sync above of index",
        "file: sync folder of index/#-#",
        /* A partial tile that comes back does no harm. */
        "remove: sync folder of tile/entries/#.p/#",
        "remove: sync folder of tile/#/#.p/#",
        NULL,
    };

    vt_stage_must_need_every_sync(&here, spare);
}

static void making_one(void)
{
    static const char *const spare[] = {
        /* As above. */
        "journal: sync zeros of journal/a",
        "journal: sync zeros of journal/b",
        "remove: sync folder of tile/entries/#.p/#",
        "remove: sync folder of tile/#/#.p/#",
        /* The config comes last into this folder and syncs it; so does the checkpoint. */
        "folder: sync above of journal",
        "folder: keep of signer",
        "flush: sync folder of .",
        /* Making the signer's folder keeps the ledger's, that is, syncs the one above. */
        "folder: sync above of log",
        NULL,
    };

    vt_stage_must_hold(&making);
    vt_stage_must_need_every_sync(&making, spare);
}

static const struct vt_case cases[] = {
    { "adding and publishing, signer and sequencer broken anywhere", adding_apart },
    { "the same with both in one process, and twice", adding_here },
    { "each sync of adding and publishing is needed", every_sync },
    { "making a ledger, broken anywhere, each sync needed", making_one },
};

VT_TEST_MAIN("tests.crash_ledger", cases)
