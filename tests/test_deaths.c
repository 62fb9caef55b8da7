/* Each way in which a public log has died, as C2SP's issue 79 lists them, done to a log of
 * ours: it refuses, or it heals, and never tells two stories.
 *
 *   inconsistent views signed      Venafi, TrustAsia (twice)
 *   the database deleted           Yeti
 *   bits flipped in stored entries Yeti 2022, Nessie 2024
 *   the disk full                  Mammoth
 *   unmerged entries lost
 *   an old backup restored */
#include "ledger/tree_verify.h"
#include "tests/own_log.h"
#include "tests/running.h"
#include "tests/small_log.h"
#include <signal.h>
#include <sys/wait.h>

#define ORIGIN "log.example.org/mortal"

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static bool says(const char *output, const char *words)
{
    return strstr(output, words) != NULL;
}

/* Run vitrine, whatever its exit code is; its output in *output. */
static int run(const char **output, const char *const argv[])
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
    struct vt_child_options options = { .output = &bytes,
                                        .errors = &bytes,
                                        .timeout_ms = 60 * 1000 };
    struct vt_child_end end;
    const char *actual[20] = { vt_test_vitrine() };

    for (size_t i = 1; i < 19 && argv[i - 1] != NULL; i++)
        actual[i] = argv[i - 1];
    VT_CHECK_OK(vt_child_run(actual, &options, &end, &err));
    *output = vt_arena_cstr(vt_test_arena(), vt_buf_slice(&bytes));
    return end.exit_code;
}

/* ---- a log, and a witness that remembers it -------------------------------------------
 */

static void write_key(const char *file, uint8_t seed)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_key_write_pem(vt_test_key(seed), VT_LIT(""), &pem, &err));
    vt_test_write(file, vt_buf_slice(&pem));
    VT_CHECK(chmod(file, 0600) == 0);
}

static const char *log_vkey(void)
{
    return vt_test_vkey(ORIGIN, VT_NOTE_ED25519, vt_test_key(41));
}

/* policy: "policy", or NULL for a log without witnesses. */
static void make_log(const char *dir, const char *policy)
{
    write_key(path("log.key"), 41);
    if (policy != NULL)
        (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", dir, "--origin",
                                     ORIGIN, "--key", path("log.key"), "--policy",
                                     path(policy)));
    else
        (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", dir, "--origin",
                                     ORIGIN, "--key", path("log.key")));
}

static struct vt_running start_witness(void)
{
    struct vt_running running;
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));

    write_key(path("w.key"), 42);
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", path("w"), "--name",
                                 "w.example.org", "--key", path("w.key")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "add-log", "--dir", path("w"),
                                 "--vkey", log_vkey()));
    running = vt_test_start("witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir",
                                                   path("w"), "--port", "0"));
    vt_buf_printf(&policy, "log %s\nwitness w %s %s\nquorum w\n", log_vkey(),
                  vt_test_vkey("w.example.org", VT_NOTE_COSIGNATURE, vt_test_key(42)),
                  running.url);
    vt_test_write(path("policy"), vt_buf_slice(&policy));
    return running;
}

/* An entry that is its own name; the output. */
static const char *add(int exit_code, const char *dir, const char *name)
{
    vt_test_write(path(name), vt_slice_from_cstr(name));
    return vt_test_run(exit_code, VT_ARGV("vitrine", "ledger", "add", "--dir", dir,
                                          "--proof-dir", vt_test_dir(), path(name)));
}

static bool shows(const char *dir, const char *words)
{
    return says(vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", dir)), words);
}

static void fsck(int exit_code, const char *dir)
{
    (void)vt_test_run(exit_code,
                      VT_ARGV("vitrine", "ledger", "fsck", dir, "--vkey", log_vkey()));
}

static void copy(const char *from, const char *to)
{
    (void)vt_test_run(0, VT_ARGV("cp", "-a", path(from), path(to)));
}

static void delete_tree(const char *name)
{
    (void)vt_test_run(0, VT_ARGV("rm", "-r", path(name)));
}

static void flip(const char *file, size_t at)
{
    vt_slice good = vt_test_read(file);
    VT_AUTO_FREE uint8_t *bytes = vt_alloc(good.len);

    VT_CHECK(at < good.len);
    memcpy(bytes, good.data, good.len);
    bytes[at] = (uint8_t)(bytes[at] ^ 4);
    vt_test_write(file, vt_slice_of(bytes, good.len));
}

/* ---- inconsistent views signed --------------------------------------------------------
 */

/* Two machines, one key, one memory copied: the second view never gets its quorum, so there
 * is no proof in it that anybody would take. */
static void inconsistent_views(void)
{
    struct vt_running witness = start_witness();
    const char *output;

    make_log(path("log"), "policy");
    (void)add(0, path("log"), "one");
    copy("log", "second");
    (void)add(0, path("log"), "two");
    output = add(1, path("second"), "other two");
    VT_CHECK_SAYING(says(output, "the entries are kept, but not published"), "%s", output);
    VT_CHECK(!vt_path_exists(path("other two.tlog-proof")));
    VT_CHECK(shows(path("second"), "published  1 entry"));
    (void)add(0, path("log"), "three"); /* the first view goes on */
    VT_CHECK(shows(path("log"), "published  3 entries"));
    vt_test_stop(&witness, 0);
}

/* One machine whose sequencer was conquered: the signer compares with its own memory. */
static void a_signer_signs_one_view(void)
{
    struct vt_own_log log;
    struct vt_small_log other = vt_small_log_of(ORIGIN, 43);
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_error err = { 0 };
    struct vt_proof proof;
    struct vt_head head = { 20, { { 0 } } };

    vt_own_log_make(&log, "log", ORIGIN, 43);
    vt_own_log_grow(&log, 10);
    vt_own_log_publish(&log);
    head.root = vt_small_log_root(&other, 20);
    VT_CHECK_OK(vt_small_log_prove(&other, 10, 20, &proof, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_signer_sign(log.signer, &head, proof.hashes, proof.count,
                                               &note, &err));
    VT_CHECK(note.len == 0);
    vt_own_log_grow(&log, 20); /* its own continuation it signs */
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
}

/* ---- the database deleted -------------------------------------------------------------
 */

/* Each part alone.  What can be made again is; for the rest it says what to do and signs
 * nothing, and a copy brings it back. */
static void parts_deleted(void)
{
    static const struct {
        const char *part;
        bool heals; /* alone */
    } parts[] = {
        { "index", true },    { "checkpoint", true }, { "tile", false },
        { "journal", false }, { "signer", false },    { "config.json", false },
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *part = vt_test_print("log/%s", parts[i].part);
        const char *kept = vt_test_print("kept/%s", parts[i].part), *output;
        struct vt_own_log big;
        int code;

        /* 600 entries, so that tiles are full and the journal has not all of them. */
        vt_own_log_make(&big, "log", ORIGIN, 41);
        vt_own_log_grow(&big, 600);
        vt_own_log_publish(&big);
        vt_own_log_close(&big);
        write_key(path("log.key"), 41);
        copy("log", "kept");
        if (vt_path_exists(path(part)))
            delete_tree(part);
        vt_test_write(path("new"), VT_LIT("new"));
        code = run(&output, VT_ARGV("ledger", "add", "--dir", path("log"), "--key",
                                    path("log.key"), path("new")));
        VT_CHECK_SAYING((code == 0) == parts[i].heals, "%s: %d, %s", part, code, output);
        if (!parts[i].heals) {
            if (vt_path_exists(path(part)))
                delete_tree(part);
            copy(kept, part);
            output =
                vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                       "--key", path("log.key"), path("new")));
        }
        VT_CHECK_SAYING(says(output, "600 "), "%s: %s", part, output);
        fsck(0, path("log"));
        delete_tree("log");
        delete_tree("kept");
    }
}

/* All of it, and a new log begun with the old name and key: the witness remembers. */
static void all_deleted(void)
{
    struct vt_running witness = start_witness();

    make_log(path("log"), "policy");
    (void)add(0, path("log"), "one");
    (void)add(0, path("log"), "two");
    delete_tree("log");
    make_log(path("log"), "policy");
    (void)add(1, path("log"), "first again");
    VT_CHECK(shows(path("log"), "nothing yet"));
    vt_test_stop(&witness, 0);
}

/* ---- bits flipped in stored entries ---------------------------------------------------
 */

static void flipped_bits(void)
{
    static const char *const rotten[] = { "tile/entries/001", "tile/0/001", "checkpoint",
                                          "tile/entries/002.p/88" };
    struct vt_own_log log;

    vt_own_log_make(&log, "log", ORIGIN, 41);
    vt_own_log_grow(&log, 600);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    copy("log", "copy");
    for (size_t i = 0; i < sizeof rotten / sizeof rotten[0]; i++) {
        const char *file = vt_test_print("%s/%s", log.dir, rotten[i]);
        /* the fourth entry of its bundle, whose length it is that rots */
        const char *index = i == 3 ? "515" : i == 0 ? "259" : "300", *output;

        flip(file, 40);
        fsck(1, log.dir);
        if (i != 1) /* no false entry and no false checkpoint is shown */
            VT_CHECK(run(&output, VT_ARGV("ledger", "show", "--dir", log.dir, "--index",
                                          index)) != 0);
        else
            (void)vt_test_run(1, VT_ARGV("vitrine", "ledger", "prove", "--dir", log.dir,
                                         "--index", index, "--out", path("proof")));
        output = vt_test_run(0, VT_ARGV("vitrine", "ledger", "scrub", log.dir,
                                        "--repair-from", path("copy"), "--rate", "0"));
        VT_CHECK_SAYING(says(output, rotten[i]), "%s", output);
        fsck(0, log.dir);
        (void)vt_test_run(
            0, VT_ARGV("vitrine", "ledger", "show", "--dir", log.dir, "--index", index));
    }
}

/* ---- the disk full --------------------------------------------------------------------
 */

static void disk_full(void)
{
    const char *disk = vt_test_small_disk(4 * 1024 * 1024);
    const char *dir = vt_test_print("%s/log", disk);
    const char *ballast = vt_test_print("%s/ballast", disk), *output;
    VT_AUTO_BUF filler = vt_buf_init(VT_MIB(4));
    unsigned added = 0;
    const char *last = NULL;

    make_log(dir, NULL);
    (void)memset(vt_buf_extend(&filler, 1024 * 1024), 'x', 1024 * 1024);
    vt_test_write(ballast, vt_buf_slice(&filler));
    (void)memset(filler.data, 'y', filler.len);
    for (;; added++) { /* large entries until no more fit */
        char number[20];
        int code;

        VT_CHECK_SAYING(added < 500, "the disk never became full");
        (void)snprintf(number, sizeof number, "%06u", added);
        memcpy(filler.data, number, 6);
        vt_test_write(path("entry"), vt_slice_sub(vt_buf_slice(&filler), 0, 60000));
        code = run(&output, VT_ARGV("ledger", "add", "--dir", dir, path("entry")));
        VT_CHECK_SAYING(code == 0 || code == 3, "%d, %s", code, output);
        if (code == 3)
            break;
        last = vt_test_print("%u", added);
    }
    VT_CHECK_SAYING(added > 5 && says(output, "full"), "after %u: %s", added, output);
    /* What was acknowledged is there, and can be proven on the full disk. */
    fsck(0, dir);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "prove", "--dir", dir, "--index",
                                 last, "--out", path("proof")));
    /* With room it goes on where it was: the index that was not given is given now. */
    VT_CHECK(unlink(ballast) == 0);
    output =
        vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", dir, path("entry")));
    VT_CHECK_SAYING(strtoul(output, NULL, 10) == added, "%u: %s", added, output);
    fsck(0, dir);
}

/* ---- the disk full, while it is served --------------------------------------------------
 */

static const char *fetch(const struct vt_running *served, const char *target,
                         const char *file)
{
    return vt_test_run(
        0, VT_ARGV("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                   file != NULL ? "--data-binary" : "--url",
                   file != NULL ? vt_test_print("@%s", file)
                                : vt_test_print("%s%s", served->url, target),
                   file != NULL ? vt_test_print("%s%s", served->url, target) : NULL));
}

struct restarted {
    const struct vt_running *served;
    pid_t before;
};

static bool is_started_again(void *context)
{
    const struct restarted *r = context;
    pid_t now = vt_test_role_of(r->served, "ledger-sequencer");

    return now != 0 && now != r->before;
}

/* Reading goes on, whoever wants to add is told, and with room it goes on by itself. */
static void disk_full_when_served(void)
{
    const char *disk = vt_test_small_disk(4 * 1024 * 1024);
    const char *dir = vt_test_print("%s/log", disk);
    const char *ballast = vt_test_print("%s/ballast", disk);
    VT_AUTO_BUF filler = vt_buf_init(VT_MIB(4));
    struct vt_running served;
    unsigned added = 0, refused = 0;
    pid_t sequencer;

    make_log(dir, NULL);
    (void)memset(vt_buf_extend(&filler, 1024 * 1024), 'x', 1024 * 1024);
    vt_test_write(ballast, vt_buf_slice(&filler));
    served =
        vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir", dir));
    sequencer = vt_test_role_of(&served, "ledger-sequencer");
    for (unsigned i = 0; refused < 10; i++) {
        char number[20];
        const char *status;

        VT_CHECK_SAYING(i < 200, "the disk never became full");
        (void)snprintf(number, sizeof number, "%06u", i);
        memcpy(filler.data, number, 6);
        vt_test_write(path("entry"), vt_slice_sub(vt_buf_slice(&filler), 0, 60000));
        status = fetch(&served, "/add", path("entry"));
        VT_CHECK_SAYING(strcmp(status, "200") == 0 || strcmp(status, "507") == 0, "%s",
                        status);
        added += strcmp(status, "200") == 0;
        refused += strcmp(status, "507") == 0;
    }
    VT_CHECK(added > 3);
    VT_CHECK(strcmp(fetch(&served, "/checkpoint", NULL), "200") == 0);
    VT_CHECK(strcmp(fetch(&served, "/health", NULL), "503") == 0);
    VT_CHECK(unlink(ballast) == 0);
    VT_CHECK(strcmp(fetch(&served, "/add", path("entry")), "200") == 0);
    VT_CHECK(strcmp(fetch(&served, "/health", NULL), "200") == 0);
    VT_CHECK(vt_test_role_of(&served, "ledger-sequencer") == sequencer); /* nobody died */
    /* To the last byte, by somebody else; what dies now comes back and is read. */
    (void)vt_test_run(
        0, VT_ARGV("sh", "-c", "cat /dev/zero >\"$0\" 2>/dev/null || true", ballast));
    VT_CHECK(strcmp(fetch(&served, "/add", path("entry")), "507") == 0);
    VT_CHECK(kill(sequencer, SIGKILL) == 0);
    VT_CHECK(
        vt_test_wait_until(is_started_again, &(struct restarted){ &served, sequencer }));
    VT_CHECK(strcmp(fetch(&served, "/checkpoint", NULL), "200") == 0);
    VT_CHECK(strcmp(fetch(&served, "/add", path("entry")), "507") == 0);
    vt_test_stop(&served, 0);
    fsck(0, dir);
}

/* ---- unmerged entries lost ------------------------------------------------------------
 */

/* Acknowledged, and killed before anything was published: they keep their indexes. */
static void unmerged_entries(void)
{
    enum { BEFORE = 300, UNMERGED = 700 };
    struct vt_own_log log;
    struct vt_error err = { 0 };
    int acknowledged[2];
    uint64_t seen = 0, index;
    pid_t child;

    vt_own_log_make(&log, "log", ORIGIN, 44);
    vt_own_log_grow(&log, BEFORE);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    VT_CHECK(pipe(acknowledged) == 0);
    child = fork();
    VT_CHECK(child >= 0);
    if (child == 0) {
        vt_own_log_open(&log);
        for (uint64_t size = BEFORE + 7;; size += 7) {
            vt_own_log_grow(&log, size);
            VT_CHECK(write(acknowledged[1], &size, sizeof size) == sizeof size);
        }
    }
    while (seen < BEFORE + UNMERGED)
        VT_CHECK(read(acknowledged[0], &seen, sizeof seen) == sizeof seen);
    VT_CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    (void)close(acknowledged[1]);
    while (read(acknowledged[0], &index, sizeof index) == sizeof index)
        seen = index; /* the last one that it answered for */
    vt_own_log_open(&log);
    VT_CHECK(vt_ledger_size(log.ledger) >= seen);
    VT_CHECK(vt_ledger_published_size(log.ledger) == BEFORE);
    for (uint64_t i = 0; i < seen; i++) {
        VT_CHECK_OK(vt_ledger_find(log.ledger, vt_slice_from_cstr(vt_own_log_entry(i)),
                                   &index, &err));
        VT_CHECK(index == i);
    }
    vt_own_log_publish(&log);
    VT_CHECK(vt_ledger_published_size(log.ledger) >= seen);
    vt_own_log_close(&log);
}

/* ---- an old backup restored -----------------------------------------------------------
 */

/* The whole folder, the signer's memory with it: only others can remember, and do. */
static void old_backup_of_all(void)
{
    struct vt_running witness = start_witness();

    make_log(path("log"), "policy");
    (void)add(0, path("log"), "one");
    copy("log", "backup");
    (void)add(0, path("log"), "two");
    delete_tree("log");
    copy("backup", "log");
    (void)add(1, path("log"), "another two"); /* entry 1 was "two" */
    VT_CHECK(shows(path("log"), "published  1 entry"));
    vt_test_stop(&witness, 0);
}

/* The public part only: the signer's own memory is ahead, and it refuses. */
static void old_backup_of_the_tiles(void)
{
    static const char *const parts[] = { "checkpoint", "tile", "journal", "index" };
    const char *output;

    make_log(path("log"), NULL);
    (void)add(0, path("log"), "one");
    copy("log", "backup");
    (void)add(0, path("log"), "two");
    (void)add(0, path("log"), "three");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *there = vt_test_print("log/%s", parts[i]);
        const char *old = vt_test_print("backup/%s", parts[i]);

        if (vt_path_exists(path(there)))
            delete_tree(there);
        if (vt_path_exists(path(old)))
            copy(old, there);
    }
    output = add(1, path("log"), "another two");
    VT_CHECK_SAYING(says(output, "restored from an old copy"), "%s", output);
    VT_CHECK(shows(path("log"), "published  1 entry"));
}

/* And whoever scrubbed it remembers the newest checkpoint too. */
static void old_backup_noticed_by_the_scrubber(void)
{
    const char *output;

    make_log(path("log"), NULL);
    (void)add(0, path("log"), "one");
    copy("log/checkpoint", "old checkpoint");
    (void)add(0, path("log"), "two");
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "scrub", path("log")));
    (void)vt_test_run(0, VT_ARGV("cp", path("old checkpoint"), path("log/checkpoint")));
    output = vt_test_run(1, VT_ARGV("vitrine", "ledger", "scrub", path("log")));
    VT_CHECK_SAYING(says(output, "put back to an older state"), "%s", output);
}

static const struct vt_case cases[] = {
    { "inconsistent views", inconsistent_views },
    { "a signer signs one view", a_signer_signs_one_view },
    { "parts deleted", parts_deleted },
    { "all deleted", all_deleted },
    { "flipped bits", flipped_bits },
    { "disk full", disk_full },
    { "disk full when served", disk_full_when_served },
    { "unmerged entries", unmerged_entries },
    { "old backup of all", old_backup_of_all },
    { "old backup of the tiles", old_backup_of_the_tiles },
    { "old backup noticed by the scrubber", old_backup_noticed_by_the_scrubber },
};

VT_TEST_MAIN("deaths", cases)
