/* fsck: passes a log that another program made, at each of its checkpoints, and one of
 * ours; finds any changed byte, and names the file. */
#include "crypto/verify_note.h"
#include "ledger/fsck.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "tests/harness.h"
#include "tests/own_log.h"
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>

#define LOG15  "ledger/vectors/tessera-log15"
#define ORIGIN "ledger.example/fsck"

enum { FILES_MAX = 200 };

/* What was found: how many files were named, and whether a certain one was. */
struct found {
    const char *wanted; /* NULL: none */
    bool is_wanted_found;
    unsigned others;
    char last[300];
};

static void note_finding(void *context, const char *file, const char *what)
{
    struct found *found = context;

    (void)snprintf(found->last, sizeof found->last, "%s: %s", file, what);
    if (found->wanted != NULL && strcmp(found->wanted, file) == 0)
        found->is_wanted_found = true;
    else
        found->others++;
}

struct setting {
    struct vt_policy policy;
    struct vt_fsck_options options;
    struct found found;
    char text[400];
};

static struct setting *setting_of(const char *vkey, const char *origin)
{
    struct setting *s = vt_arena_alloc(vt_test_arena(), sizeof *s);
    struct vt_error err = { 0 };

    (void)snprintf(s->text, sizeof s->text, "log %s\nquorum none\n", vkey);
    VT_CHECK_OK(vt_policy_parse(vt_slice_from_cstr(s->text), &s->policy, &err));
    s->options = (struct vt_fsck_options){ .policy = &s->policy,
                                           .origin = vt_slice_from_cstr(origin),
                                           .found = note_finding,
                                           .context = &s->found };
    return s;
}

static struct setting *setting_of_log15(void)
{
    vt_slice vkey = vt_test_read(LOG15 "/VKEY.txt");

    return setting_of(vt_arena_cstr(vt_test_arena(), vt_slice_sub(vkey, 0, vkey.len - 1)),
                      "example.com/log/testdata");
}

static void check(struct setting *s, const char *dir, struct vt_fsck_report *report)
{
    struct vt_error err = { 0 };
    const char *wanted = s->found.wanted;

    s->found = (struct found){ .wanted = wanted };
    VT_CHECK_OK(vt_ledger_fsck(dir, &s->options, report, &err));
}

/* ---- another program's log --------------------------------------------------------------
 */

static void every_checkpoint_passes(void)
{
    struct setting *s = setting_of_log15();
    struct vt_fsck_report report;
    char name[100];

    check(s, LOG15, &report);
    VT_CHECK_SAYING(report.findings == 0, "%s", s->found.last);
    VT_CHECK(report.size == 15 && report.entries == 15 && report.checkpoints == 17);
    VT_CHECK(report.files == 30);
    for (unsigned size = 0; size <= 15; size++) {
        (void)snprintf(name, sizeof name, LOG15 "/checkpoint.%u", size);
        s->options.checkpoint = vt_test_read(name);
        s->options.checkpoint_name = "named";
        check(s, LOG15, &report);
        VT_CHECK_SAYING(report.findings == 0 && report.checkpoints == 18, "%s",
                        s->found.last);
    }
}

static void copy_log15(void)
{
    (void)vt_test_run(0, VT_ARGV("cp", "-r", LOG15, vt_test_path("log")));
}

/* The files of the copy, relative to it. */
static struct {
    const char *paths[FILES_MAX];
    size_t count;
} files;

static int note_file(const char *path, const struct stat *about, int type, struct FTW *ftw)
{
    (void)about;
    (void)ftw;
    if (type == FTW_F && files.count < FILES_MAX)
        files.paths[files.count++] =
            vt_test_print("%s", path + strlen(vt_test_path("log/")));
    return 0;
}

static void list_files(void)
{
    files.count = 0;
    VT_CHECK(nftw(vt_test_path("log"), note_file, 16, FTW_PHYS) == 0);
    VT_CHECK(files.count > 5 && files.count < FILES_MAX);
}

/* Change each step-th byte of each file of log/: the file is named, and no other. */
static void flip_bytes(struct setting *s, size_t step)
{
    struct vt_fsck_report report;

    list_files();
    for (size_t i = 0; i < files.count; i++) {
        VT_AUTO_FREE char *name = NULL;
        const char *path;
        vt_slice good;
        VT_AUTO_FREE uint8_t *bytes = NULL;

        name = vt_alloc(strlen(files.paths[i]) + 5);
        (void)snprintf(name, strlen(files.paths[i]) + 5, "log/%s", files.paths[i]);
        path = vt_test_path(name);
        good = vt_test_read(path);
        bytes = vt_alloc(good.len);
        for (size_t at = 0; at < good.len; at += step) {
            memcpy(bytes, good.data, good.len);
            bytes[at] = (uint8_t)(bytes[at] ^ (1u << (at % 8)));
            vt_test_write(path, vt_slice_of(bytes, good.len));
            s->found.wanted = files.paths[i];
            check(s, vt_test_path("log"), &report);
            VT_CHECK_SAYING(s->found.is_wanted_found && s->found.others == 0,
                            "%s, byte %zu: %u others, last: %s", files.paths[i], at,
                            s->found.others, s->found.last);
        }
        vt_test_write(path, good);
    }
    check(s, vt_test_path("log"), &report);
    VT_CHECK_SAYING(report.findings == 0, "%s", s->found.last);
}

static void every_byte_counts(void)
{
    copy_log15();
    flip_bytes(setting_of_log15(), 1);
}

/* The same with the newest widths alone, as a log looks that keeps no old ones. */
static void every_byte_counts_in_other_layouts(void)
{
    copy_log15();
    for (unsigned size = 0; size < 15; size++) {
        char name[100];

        (void)snprintf(name, sizeof name, "log/checkpoint.%u", size);
        VT_CHECK(unlink(vt_test_path(name)) == 0);
        (void)snprintf(name, sizeof name, "log/tile/0/000.p/%u", size);
        VT_CHECK(size == 0 || size % 4 == 3 || unlink(vt_test_path(name)) == 0);
        (void)snprintf(name, sizeof name, "log/tile/entries/000.p/%u", size);
        VT_CHECK(size == 0 || size % 5 == 2 || unlink(vt_test_path(name)) == 0);
    }
    flip_bytes(setting_of_log15(), 1);
}

static void missing_files_are_named(void)
{
    struct setting *s = setting_of_log15();
    struct vt_fsck_report report;

    copy_log15();
    list_files();
    for (size_t i = 0; i < files.count; i++) {
        VT_AUTO_FREE char *name = vt_alloc(strlen(files.paths[i]) + 5);
        vt_slice good;

        (void)snprintf(name, strlen(files.paths[i]) + 5, "log/%s", files.paths[i]);
        if (strncmp(files.paths[i], "tile/", 5) != 0)
            continue;
        good = vt_test_read(vt_test_path(name));
        VT_CHECK(unlink(vt_test_path(name)) == 0);
        s->found.wanted = files.paths[i];
        check(s, vt_test_path("log"), &report);
        VT_CHECK_SAYING(s->found.is_wanted_found, "%s: %s", files.paths[i], s->found.last);
        vt_test_write(vt_test_path(name), good);
    }
}

static void strays_are_named(void)
{
    static const char *const strays[] = {
        "tile/0/000.p/16",        "tile/0/001",    "tile/0/x000", "tile/1/000.p/1",
        "tile/entries/000.p/016", "tile/notes.txt"
    };
    struct setting *s = setting_of_log15();
    struct vt_fsck_report report;

    copy_log15();
    for (size_t i = 0; i < sizeof strays / sizeof strays[0]; i++) {
        char name[100];

        (void)snprintf(name, sizeof name, "log/%s", strays[i]);
        (void)mkdir(vt_test_path("log/tile/1"), 0755);
        (void)mkdir(vt_test_path("log/tile/1/000.p"), 0755);
        vt_test_write(vt_test_path(name), VT_LIT("what is this?"));
        s->found.wanted = strays[i];
        check(s, vt_test_path("log"), &report);
        VT_CHECK_SAYING(s->found.is_wanted_found, "%s: %s", strays[i], s->found.last);
        VT_CHECK(unlink(vt_test_path(name)) == 0);
    }
}

static void wrong_expectations(void)
{
    struct setting *s = setting_of_log15(), *other;
    struct vt_fsck_report report;
    struct vt_error err = { 0 };

    s->options.origin = VT_LIT("example.com/other");
    check(s, LOG15, &report);
    VT_CHECK(report.findings >= 17 && report.checkpoints == 0);
    other =
        setting_of("example.org/ledger+c186e258+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0"
                   "D29c",
                   "example.com/log/testdata");
    check(other, LOG15, &report);
    VT_CHECK(report.findings >= 17 && report.checkpoints == 0);
    VT_CHECK_FAILS(VT_IO, vt_ledger_fsck(vt_test_path("none"), &s->options, &report, &err));
    VT_CHECK(mkdir(vt_test_path("empty"), 0755) == 0);
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_ledger_fsck(vt_test_path("empty"), &s->options, &report, &err));
}

/* ---- our own
 * ----------------------------------------------------------------------------- */

static struct setting *open_own(struct vt_key **key, struct vt_signer **signer,
                                struct vt_ledger **ledger)
{
    static const uint8_t seed[32] = { 9 };
    struct vt_error err = { 0 };
    static struct vt_env env; /* the ledger keeps it */
    struct vt_ledger_options options = { .env = &env };
    struct vt_ledger_config config = { .origin = VT_LIT(ORIGIN), .key = VT_LIT("key") };
    VT_AUTO_BUF vkey_text = vt_buf_init(500);
    struct vt_vkey vkey;

    env = vt_env_real();
    VT_CHECK_OK(vt_key_from_seed(seed, key, &err));
    vkey = vt_vkey_of(config.origin, VT_NOTE_ED25519, vt_key_public(*key));
    vt_vkey_write(&vkey_text, &vkey);
    config.vkey = vt_buf_slice(&vkey_text);
    VT_CHECK_OK(vt_ledger_init(vt_test_path("log"), &config, &options, &err));
    VT_CHECK_OK(
        vt_signer_start_here(vt_test_path("log"), config.origin, *key, signer, &err));
    options.signer = *signer;
    VT_CHECK_OK(vt_ledger_open(vt_test_path("log"), &options, ledger, &err));
    return setting_of(vt_buf_cstr(&vkey_text), ORIGIN);
}

static struct setting *make_own(uint64_t entries)
{
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;
    struct setting *s = open_own(&key, &signer, &ledger);
    vt_ticket ticket;

    for (uint64_t i = 0; i < entries; i++) {
        VT_CHECK_OK(vt_ledger_submit(ledger, VT_BYTES(i), &ticket, &err));
        if (i == 100 || i == 300)
            VT_CHECK_OK(vt_ledger_publish(ledger, NULL, &err));
    }
    VT_CHECK_OK(vt_ledger_publish(ledger, NULL, &err));
    return s;
}

static void our_own_log(void)
{
    struct setting *s = make_own(70000);
    struct vt_fsck_report report;

    check(s, vt_test_path("log"), &report);
    VT_CHECK_SAYING(report.findings == 0, "%s", s->found.last);
    VT_CHECK(report.size == 70000 && report.entries == 70000);
    /* 274 tiles and bundles, two tiles of level 1, one of level 2. */
    VT_CHECK(report.files == 2 * 274 + 2 + 1);
}

/* One flipped bit in a private file is told under its name, and told no more when it is
 * put back. */
static void flip_private(struct setting *s, const char *name, size_t at)
{
    const char *path = vt_test_path(vt_test_print("log/%s", name));
    vt_slice good = vt_test_read(path);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len);
    struct vt_fsck_report report;

    VT_CHECK(at < good.len);
    memcpy(bytes, good.data, good.len);
    bytes[at] ^= 1;
    vt_test_write(path, vt_slice_of(bytes, good.len));
    s->found =
        (struct found){ .wanted = strncmp(name, "journal", 7) == 0 ? "journal" : name };
    check(s, vt_test_path("log"), &report);
    VT_CHECK_SAYING(s->found.is_wanted_found && s->found.others == 0, "%s, byte %zu: %s",
                    name, at, s->found.last);
    vt_test_write(path, good);
    s->found = (struct found){ 0 };
    check(s, vt_test_path("log"), &report);
    VT_CHECK_SAYING(report.findings == 0, "%s", s->found.last);
}

static void private_files_count_too(void)
{
    struct setting *s = make_own(600);
    vt_slice head = vt_test_read(vt_test_path("log/signer/head"));

    for (size_t at = 0; at < head.len; at++)
        flip_private(s, "signer/head", at);
    flip_private(s, "config.json", 0);
    flip_private(s, "journal/a", 40);                     /* the slot's head */
    flip_private(s, "journal/a", VT_JOURNAL_BLOCK + 40);  /* a record's */
    flip_private(s, "journal/a", VT_JOURNAL_BLOCK + 200); /* an entry */
}

/* The folder of 100 entries, and a signer that has signed 600. */
static void an_old_copy_is_named(void)
{
    struct setting *s = make_own(600);
    vt_slice head = vt_test_read(vt_test_path("log/signer/head"));
    struct vt_fsck_report report;

    (void)vt_test_run(0, VT_ARGV("rm", "-r", vt_test_path("log")));
    s = make_own(100);
    check(s, vt_test_path("log"), &report);
    VT_CHECK_SAYING(report.findings == 0, "%s", s->found.last);
    vt_test_write(vt_test_path("log/signer/head"), head);
    s->found = (struct found){ .wanted = "journal" };
    check(s, vt_test_path("log"), &report);
    VT_CHECK_SAYING(s->found.is_wanted_found && s->found.others == 0 &&
                        strstr(s->found.last, "restored from an old copy") != NULL,
                    "%s", s->found.last);
}

/* What was not looked at is not passed over. */
static void what_is_left_out_is_said(void)
{
    struct setting *s;
    struct vt_own_log log;
    const char *said, *dir = vt_test_path("held");
    struct vt_fsck_report report;

    vt_own_log_make(&log, "held", "ledger.example/held", 9);
    vt_own_log_grow(&log, 20);
    vt_own_log_publish(&log);
    said = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "fsck", dir, "--vkey", log.vkey, "--json"));
    VT_CHECK_SAYING(strstr(said, "\"private\":\"left out\"") != NULL &&
                        strstr(said, "is writing here") != NULL,
                    "%s", said);
    said = vt_test_run(0, VT_ARGV("vitrine", "ledger", "fsck", dir, "--vkey", log.vkey));
    VT_CHECK_SAYING(strstr(said, "journal was left out: ") != NULL, "%s", said);
    vt_own_log_close(&log);
    said = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "fsck", dir, "--vkey", log.vkey, "--json"));
    VT_CHECK_SAYING(strstr(said, "\"private\":\"checked\"") != NULL &&
                        strstr(said, "\"why\"") == NULL,
                    "%s", said);
    if (geteuid() == 0) { /* who may not read the signer's head finds nothing wrong in it */
        VT_CHECK(chmod(vt_test_dir(), 0755) == 0);
        said = vt_test_run(0, VT_ARGV("setpriv", "--reuid=65534", "--regid=65534",
                                      "--clear-groups", vt_test_vitrine(), "ledger", "fsck",
                                      dir, "--vkey", log.vkey, "--json"));
        VT_CHECK_SAYING(strstr(said, "\"private\":\"left out\"") != NULL &&
                            strstr(said, "\"finding_count\":0") != NULL,
                        "%s", said);
    }
    s = setting_of_log15();
    check(s, LOG15, &report);
    VT_CHECK(report.private_files == VT_FSCK_NO_PRIVATE && report.why[0] == '\0');
}

/* Full tiles: here the tile above decides who is right. */
static void every_byte_counts_in_full_tiles(void)
{
    struct setting *s = make_own(600);

    (void)vt_test_run(
        0, VT_ARGV("rm", "-r", vt_test_path("log/journal"), vt_test_path("log/signer"),
                   vt_test_path("log/config.json"), vt_test_path("log/.vt-lock")));
    flip_bytes(s, 97);
}

/* Tiles that were written but are in no checkpoint yet are checked against each other. */
static void unpublished_tiles(void)
{
    struct setting *s = make_own(600);
    struct vt_fsck_report report;
    vt_slice tile = vt_test_read(vt_test_path("log/tile/0/000"));
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), tile.len);

    memcpy(bytes, tile.data, tile.len);
    vt_test_write(vt_test_path("log/tile/0/003"), vt_slice_of(bytes, tile.len));
    s->found.wanted = "tile/0/003";
    check(s, vt_test_path("log"), &report);
    VT_CHECK(s->found.is_wanted_found && s->found.others == 0);
}

/* Grows by a few entries at a time, as a log that is served. */
struct growing {
    struct vt_ledger *ledger;
    atomic_bool is_over, is_ok;
};

static void *grow(void *context)
{
    struct growing *g = context;
    struct vt_error err = { 0 };
    uint64_t count = 0;
    vt_ticket ticket;

    while (!atomic_load(&g->is_over)) {
        for (unsigned i = 0; i < 37; i++, count++)
            if (!vt_ledger_submit(g->ledger, VT_BYTES(count), &ticket, &err))
                return NULL;
        if (!vt_ledger_publish(g->ledger, NULL, &err))
            return NULL;
    }
    atomic_store(&g->is_ok, true);
    return NULL;
}

static void a_log_that_grows_meanwhile(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_SIGNER signer = NULL;
    struct growing g = { .ledger = NULL };
    struct setting *s = open_own(&key, &signer, &g.ledger);
    struct vt_fsck_report report, last = { .size = 0 };
    pthread_t thread;

    VT_CHECK_OK(vt_ledger_publish(g.ledger, NULL, &err));
    VT_CHECK(pthread_create(&thread, NULL, grow, &g) == 0);
    for (unsigned i = 0; i < 50 || last.size < 2000; i++) {
        check(s, vt_test_path("log"), &report);
        VT_CHECK_SAYING(report.findings == 0, "%s", s->found.last);
        VT_CHECK(report.size >= last.size);
        last = report;
    }
    atomic_store(&g.is_over, true);
    VT_CHECK(pthread_join(thread, NULL) == 0 && atomic_load(&g.is_ok));
    vt_ledger_close(g.ledger);
}

static const struct vt_case cases[] = {
    { "every checkpoint passes", every_checkpoint_passes },
    { "every byte counts", every_byte_counts },
    { "every byte counts in other layouts", every_byte_counts_in_other_layouts },
    { "missing files are named", missing_files_are_named },
    { "strays are named", strays_are_named },
    { "wrong expectations", wrong_expectations },
    { "our own log", our_own_log },
    { "every byte counts in full tiles", every_byte_counts_in_full_tiles },
    { "private files count too", private_files_count_too },
    { "an old copy is named", an_old_copy_is_named },
    { "what is left out is said", what_is_left_out_is_said },
    { "unpublished tiles", unpublished_tiles },
    { "a log that grows meanwhile", a_log_that_grows_meanwhile },
};

VT_TEST_MAIN("ledger.fsck", cases)
