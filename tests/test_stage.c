/* The stage itself: what its disk forgets, and plays that cheat, each of which it must find
 * out.  (An alarm that never rang is a decoration.) */
#include "tests/stage.h"

#include "store/store.h"
#include "tests/disk_model.h"
#include "tests/stage_control.h"
#include <signal.h>

/* ---- what a power loss leaves ---------------------------------------------------------
 * Each row is a little history of one folder and what is there when the power is back. */

struct step {
    enum vt_gate_kind kind;
    uint64_t inode;
    const char *name, *to;
    uint64_t at, len;
    const char *bytes;
};

/* clang-format off */
#define MAKE(inode, name)       { VT_GATE_CREATE, inode, name, "", 0, 0, NULL }
#define WRITE(inode, at, bytes) { VT_GATE_WRITE, inode, "", "", at, sizeof(bytes) - 1, bytes }
#define RESERVE(inode, len)     { VT_GATE_RESERVE, inode, "", "", 0, len, NULL }
#define CUT(inode, len)         { VT_GATE_TRUNCATE, inode, "", "", 0, len, NULL }
#define SYNC(inode)             { VT_GATE_SYNC, inode, "", "", 0, 0, NULL }
#define SYNC_DATA(inode)        { VT_GATE_SYNC_DATA, inode, "", "", 0, 0, NULL }
#define SYNC_FOLDER(name)       { VT_GATE_SYNC_FOLDER, 0, name, "", 0, 0, NULL }
#define SYNC_ALL                { VT_GATE_SYNC_ALL, 0, "", "", 0, 0, NULL }
#define RENAME(name, to)        { VT_GATE_RENAME, 0, name, to, 0, 0, NULL }
#define LINK(name, to)          { VT_GATE_LINK, 0, name, to, 0, 0, NULL }
#define UNLINK(name)            { VT_GATE_UNLINK, 0, name, "", 0, 0, NULL }
#define MKDIR(name)             { VT_GATE_MKDIR, 0, name, "", 0, 0, NULL }
#define OLD                     MAKE(1, "f"), WRITE(1, 0, "old"), SYNC(1), SYNC_FOLDER("")

static const struct {
    const char *name;
    struct step steps[12];
    const char *want;
} histories[] = {
    { "synced file, synced folder", { OLD }, "f=old " },
    { "the folder was not synced", { MAKE(1, "f"), WRITE(1, 0, "x"), SYNC(1) }, "" },
    { "the file was not synced", { MAKE(1, "f"), WRITE(1, 0, "x"), SYNC_FOLDER("") }, "f= " },
    { "bytes written after the sync", { OLD, WRITE(1, 1, "ew") }, "f=old " },
    { "bytes written after the sync, then synced", { OLD, WRITE(1, 1, "ew"), SYNC(1) }, "f=oew " },
    { "replaced, not synced",
      { OLD, MAKE(2, "t"), WRITE(2, 0, "new"), SYNC(2), RENAME("t", "f") }, "f=old " },
    { "replaced, synced",
      { OLD, MAKE(2, "t"), WRITE(2, 0, "new"), SYNC(2), RENAME("t", "f"), SYNC_FOLDER("") },
      "f=new " },
    { "replaced by a file that was never synced",
      { OLD, MAKE(2, "t"), WRITE(2, 0, "new"), RENAME("t", "f"), SYNC_FOLDER("") }, "f= " },
    { "replaced by a file that was synced under its old name, entry too",
      { OLD, MAKE(2, "t"), WRITE(2, 0, "new"), SYNC(2), SYNC_FOLDER(""), RENAME("t", "f") },
      "f=old t=new " },
    { "removed, not synced", { OLD, UNLINK("f") }, "f=old " },
    { "removed, synced", { OLD, UNLINK("f"), SYNC_FOLDER("") }, "" },
    { "removed and made again, inode reused, not synced",
      { OLD, UNLINK("f"), MAKE(1, "f"), WRITE(1, 0, "new"), SYNC(1) }, "f=old " },
    { "a second name, not synced", { OLD, LINK("f", "g") }, "f=old " },
    { "a second name, synced", { OLD, LINK("f", "g"), SYNC_FOLDER("") }, "f=old g=old " },
    { "new folder, not synced above",
      { MKDIR("d"), MAKE(1, "d/f"), WRITE(1, 0, "x"), SYNC(1), SYNC_FOLDER("d") }, "" },
    { "new folder, synced above only", { MKDIR("d"), MAKE(1, "d/f"), SYNC(1), SYNC_FOLDER("") },
      "d/ " },
    { "moved to another folder, only the new one synced",
      { OLD, MKDIR("d"), RENAME("f", "d/f"), SYNC_FOLDER("d") }, "f=old " },
    { "moved to another folder, only the new one and its name synced",
      { OLD, MKDIR("d"), SYNC_FOLDER(""), RENAME("f", "d/f"), SYNC_FOLDER("d") },
      "d/ d/f=old f=old " },
    { "fdatasync carries the size that bytes need",
      { OLD, WRITE(1, 3, "er"), SYNC_DATA(1) }, "f=older " },
    { "fdatasync does not carry a size that only fallocate made",
      { OLD, RESERVE(1, 5), SYNC_DATA(1) }, "f=old " },
    { "fsync does", { OLD, RESERVE(1, 5), SYNC(1) }, "f=old00 " },
    { "fallocate never shrinks", { OLD, RESERVE(1, 1), SYNC(1) }, "f=old " },
    { "cut, not synced", { OLD, CUT(1, 1) }, "f=old " },
    { "cut, fdatasync", { OLD, CUT(1, 1), SYNC_DATA(1) }, "f=old " },
    { "cut, fsync", { OLD, CUT(1, 1), SYNC(1) }, "f=o " },
    { "cut and grown: the old tail does not come back", { OLD, CUT(1, 1), CUT(1, 3), SYNC(1) },
      "f=o00 " },
    { "syncfs carries all",
      { OLD, MAKE(2, "t"), WRITE(2, 0, "new"), RENAME("t", "f"), MKDIR("d"), SYNC_ALL },
      "d/ f=new " },
};
/* clang-format on */

static void put_step(struct vt_buf *trace, const struct step *step)
{
    struct vt_stage_record record = { .kind = step->kind,
                                      .inode = step->inode,
                                      .mode = 0644,
                                      .at = step->at,
                                      .len = step->len,
                                      .has_bytes = step->bytes != NULL,
                                      .name_len = (uint16_t)strlen(step->name),
                                      .to_len = (uint16_t)strlen(step->to) };

    vt_buf_put(trace, VT_BYTES(record));
    vt_buf_put_text(trace, step->name);
    vt_buf_put_text(trace, step->to);
    if (step->bytes != NULL)
        vt_buf_put(trace, vt_slice_of(step->bytes, (size_t)step->len));
}

/* "d/ d/f=bytes " for all below, sorted; NUL bytes as '0'. */
struct describing {
    struct vt_disk *disk;
    const char *folder;
    struct vt_buf *out;
};

static bool describe_one(void *context, const char *name, bool is_folder,
                         struct vt_error *err)
{
    struct describing *at = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF bytes = vt_buf_init(100);
    char *whole =
        vt_arena_printf(arena, "%s%s%s", at->folder, at->folder[0] ? "/" : "", name);
    struct describing inside = { at->disk, whole, at->out };

    vt_buf_printf(at->out, "%s%s", whole, is_folder ? "/ " : "=");
    if (is_folder)
        return vt_disk_list(at->disk, whole, describe_one, &inside, err);
    if (!vt_disk_read(at->disk, whole, &bytes, err))
        return false;
    for (size_t i = 0; i < bytes.len; i++)
        vt_buf_put_u8(at->out, bytes.data[i] != 0 ? bytes.data[i] : '0');
    vt_buf_put_text(at->out, " ");
    return true;
}

static void describe(const char *folder, struct vt_buf *out)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;
    struct describing at = { NULL, "", out };

    VT_CHECK_OK(vt_disk_open(folder, false, &disk, &err));
    at.disk = disk;
    VT_CHECK_OK(vt_disk_list(disk, "", describe_one, &at, &err));
    vt_disk_close(disk);
}

static void power_losses(void)
{
    const char *folder = vt_test_path("folder"), *empty = vt_test_path("empty");

    VT_CHECK(mkdir(folder, 0755) == 0 && mkdir(empty, 0755) == 0);
    for (size_t i = 0; i < sizeof histories / sizeof histories[0]; i++) {
        VT_AUTO_BUF trace = vt_buf_init(VT_KIB(64));
        VT_AUTO_BUF seen = vt_buf_init(VT_KIB(4));
        struct vt_disk_model *model = vt_disk_model_load(empty);

        for (size_t s = 0; s < 12 && histories[i].steps[s].name != NULL; s++)
            put_step(&trace, &histories[i].steps[s]);
        vt_disk_model_play(model, vt_buf_slice(&trace));
        vt_disk_model_lose_power(model, 0);
        vt_disk_model_store(model, folder);
        describe(folder, &seen);
        VT_CHECK_SAYING(vt_slice_is(vt_buf_slice(&seen), histories[i].want),
                        "%s: wanted '%s', got '%s'", histories[i].name, histories[i].want,
                        vt_buf_cstr(&seen));
        vt_disk_model_free(model);
    }
}

/* ---- plays ------------------------------------------------------------------------------
 * An honest one, and what becomes of it when a line is wrong. */

static bool with_journal(const char *dir,
                         bool (*work)(struct vt_disk_file *file, struct vt_error *err),
                         struct vt_error *err)
{
    struct vt_disk *disk;
    struct vt_disk_file *file;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_disk_file_open(disk, "journal", &file, err);
    if (is_ok) {
        is_ok = work(file, err);
        vt_disk_file_close(file);
    }
    vt_disk_close(disk);
    return is_ok;
}

static bool write_sync_say(struct vt_disk_file *file, struct vt_error *err)
{
    if (!vt_disk_file_write_at(file, 0, VT_LIT("record"), err) ||
        !vt_disk_file_sync(file, err))
        return false;
    vt_stage_say("record");
    return true;
}

static bool honest_act(const char *dir, struct vt_error *err)
{
    return with_journal(dir, write_sync_say, err);
}

static bool no_restart(const char *dir, struct vt_error *err)
{
    (void)dir;
    (void)err;
    return true;
}

static void record_check(const char *dir)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    VT_CHECK(
        !vt_stage_was_said("record") ||
        vt_slice_is(vt_test_read(vt_arena_printf(arena, "%s/journal", dir)), "record"));
}

static bool write_say_sync(struct vt_disk_file *file, struct vt_error *err)
{
    if (!vt_disk_file_write_at(file, 0, VT_LIT("record"), err))
        return false;
    vt_stage_say("record");
    return vt_disk_file_sync(file, err);
}

static bool hasty_act(const char *dir, struct vt_error *err)
{
    return with_journal(dir, write_say_sync, err);
}

static bool sync_say(struct vt_disk_file *file, struct vt_error *err)
{
    if (vt_disk_file_size(file) == 0)
        return false;
    if (!vt_disk_file_sync(file, err))
        return false;
    vt_stage_say("record");
    return true;
}

/* "The sync failed?  Sync again."  The kernel says yes and has nothing more to write. */
static bool stubborn_act(const char *dir, struct vt_error *err)
{
    return honest_act(dir, err) || with_journal(dir, sync_say, err);
}

static bool touchy_act(const char *dir, struct vt_error *err)
{
    if (!honest_act(dir, err))
        abort();
    return true;
}

static bool failing_act(const char *dir, struct vt_error *err)
{
    return honest_act(dir, err) && vt_fail(err, VT_REJECTED, "no reason");
}

static bool sneaking_act(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    vt_test_write(vt_arena_printf(arena, "%s/beside", dir), VT_LIT("x"));
    return honest_act(dir, err);
}

static bool unready_restart(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_path_exists(vt_arena_printf(arena, "%s/journal", dir)) ||
           vt_fail(err, VT_ABSENT, "where is my journal");
}

/* What a restart built upon is gone after a power loss: it should have settled it. */
static bool credulous_restart(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/journal", dir);

    (void)err;
    if (vt_path_exists(path) && vt_slice_is(vt_test_read(path), "record"))
        vt_stage_say("record");
    return true;
}

static bool orphan_act(const char *dir, struct vt_error *err)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)setsid();
        for (;;)
            (void)pause();
    }
    vt_stage_say("%d", pid);
    return honest_act(dir, err);
}

static void orphan_check(const char *dir)
{
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    vt_slice line;
    uint64_t pid;

    (void)dir;
    VT_CHECK(vt_read_line(&r, &line) && vt_decimal_parse(line, &pid));
    VT_CHECK(kill((pid_t)pid, 0) != 0 && errno == ESRCH); /* pid_t was printed above */
}

static const struct {
    struct vt_stage_play play;
    const char *want; /* part of the story; NULL: none */
} plays[] = {
    { { "honest", NULL, honest_act, no_restart, record_check, 0, 0 }, NULL },
    { { "leaves an orphan", NULL, orphan_act, no_restart, orphan_check, 0, 0 }, NULL },
    { { "speaks too soon", NULL, hasty_act, no_restart, record_check, 0, 0 },
      "operation 4 (journal: sync of journal) broken by a power loss: after the power came "
      "back, check failed" },
    { { "syncs again", NULL, stubborn_act, no_restart, record_check, 0, 0 },
      "broken by a sync that fails for good: afterwards, check failed" },
    { { "cannot bear failure", NULL, touchy_act, no_restart, record_check, 0, 0 },
      "act crashed" },
    { { "fails by itself", NULL, failing_act, no_restart, record_check, 0, 0 },
      "act failed though nothing was broken" },
    { { "writes past the gate", NULL, sneaking_act, no_restart, record_check, 0, 0 },
      "changed past the gate: beside is on one side only" },
    { { "does not start again", NULL, honest_act, unready_restart, record_check, 0, 0 },
      "restart failed; it said:\ngave up: where is my journal" },
    { { "believes what it sees", NULL, honest_act, credulous_restart, record_check, 0, 0 },
      "broken by killing the process: after a restart and a power loss, check failed" },
};

static void cheats(void)
{
    for (size_t i = 0; i < sizeof plays / sizeof plays[0]; i++) {
        const struct vt_stage_play *play = &plays[i].play;
        struct vt_stage_report report;

        vt_stage_play_all(play, &report);
        VT_CHECK_SAYING((report.violations != 0) == (plays[i].want != NULL),
                        "%s: %u violations: %s", play->name, report.violations,
                        report.story);
        VT_CHECK_SAYING(plays[i].want == NULL ||
                            strstr(report.story, plays[i].want) != NULL,
                        "%s: another story: %s", play->name, report.story);
    }
}

/* The program that people install cannot be told to break its disk: the mark of those that
 * can is not in it, and what the variable says is nothing to it.  Its twin for the stage
 * shows that both would be noticed. */
static void product_has_no_switch(void)
{
    const char *twin = vt_test_vitrine(); /* build/stage/vitrine: we are beside it */
    const char *product =
        vt_test_print("%.*s/vitrine", (int)(strlen(twin) - strlen("stage/vitrine")), twin);
    vt_slice bytes = vt_test_read(product), twin_bytes = vt_test_read(twin);
    const size_t len = strlen(VT_STAGE_MARK);

    VT_CHECK(bytes.len > VT_KIB(64));
    VT_CHECK(memmem(bytes.data, bytes.len, VT_STAGE_MARK, len) == NULL);
    VT_CHECK(memmem(twin_bytes.data, twin_bytes.len, VT_STAGE_MARK, len) != NULL);

    VT_CHECK(setenv(VT_STAGE_VARIABLE, "/nonexistent", 1) == 0);
    (void)vt_test_run(VT_EXIT_OK,
                      VT_ARGV(product, "key", "new", "--out", vt_test_path("a.key")));
    (void)vt_test_run(128 + SIGABRT,
                      VT_ARGV(twin, "key", "new", "--out", vt_test_path("b.key")));
}

static const struct vt_case cases[] = {
    { "a power loss leaves what POSIX promises, no more", power_losses },
    { "plays that cheat are found out, honest ones are not", cheats },
    { "the product has no such switch", product_has_no_switch },
};

VT_TEST_MAIN("tests.stage", cases)
