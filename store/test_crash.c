/* What survives: each way of writing to a disk, broken at each of its operations in all
 * ways, and each of its syncs left out in turn. */
#include "tests/stage.h"

#include "store/store.h"

/* ---- replacing one file ----------------------------------------------------------------
 * The file "state" holds a number, written at length.  It may be the last one that was
 * promised or the one on its way, whole. */

enum { STATES = 3, STATE_BYTES = 3000 };

static void state_text(unsigned number, char out[STATE_BYTES + 1])
{
    memset(out, (int)('a' + number), STATE_BYTES);
    out[STATE_BYTES] = '\0';
}

static bool state_write(struct vt_disk *disk, unsigned number, struct vt_error *err)
{
    char text[STATE_BYTES + 1];

    state_text(number, text);
    if (!vt_disk_write(disk, "state", vt_slice_from_cstr(text), 0644, err))
        return false;
    vt_stage_say("state %u", number);
    return true;
}

static bool state_read(struct vt_disk *disk, unsigned *number_out, struct vt_error *err)
{
    VT_AUTO_BUF buf = vt_buf_init(VT_KIB(64));
    char text[STATE_BYTES + 1];

    if (!vt_disk_read(disk, "state", &buf, err))
        return false;
    for (unsigned number = 0; number <= STATES + 1; number++) {
        state_text(number, text);
        if (!vt_slice_is(vt_buf_slice(&buf), text))
            continue;
        *number_out = number;
        return true;
    }
    return vt_fail(err, VT_MALFORMED, "state is no state: %zu bytes", buf.len);
}

static void state_prepare(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(dir, false, &disk, &err));
    VT_CHECK_OK(state_write(disk, 0, &err));
    vt_disk_close(disk);
}

static bool state_act(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err);
    for (unsigned number = 1; number <= STATES && is_ok; number++)
        is_ok = state_write(disk, number, err);
    vt_disk_close(disk);
    return is_ok;
}

/* Believes what it reads, says so, and goes one on. */
static bool state_restart(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk;
    unsigned number;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err) && vt_disk_sweep(disk, "", err) &&
            state_read(disk, &number, err);
    if (is_ok)
        vt_stage_say("state %u", number);
    vt_disk_close(disk);
    return is_ok;
}

static unsigned last_said(const char *what)
{
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    vt_slice line;
    unsigned last = 0;

    while (vt_read_line(&r, &line)) {
        uint64_t number;

        if (!vt_slice_starts_with(line, vt_slice_from_cstr(what)))
            continue;
        line = vt_slice_sub(line, strlen(what), line.len - strlen(what));
        VT_CHECK(vt_decimal_parse(line, &number) && number >= last);
        last = (unsigned)number;
    }
    return last;
}

static void state_check(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;
    unsigned number = 0, promised = last_said("state ");

    VT_CHECK_OK(vt_disk_open(dir, false, &disk, &err));
    VT_CHECK_OK(state_read(disk, &number, &err));
    VT_CHECK_SAYING(number >= promised && number <= promised + 1,
                    "state %u was promised, %u is there", promised, number);
    vt_disk_close(disk);
}

static const struct vt_stage_play state_play = {
    .name = "replacing a file",
    .prepare = state_prepare,
    .act = state_act,
    .restart = state_restart,
    .check = state_check,
};

/* ---- creating files in new folders ------------------------------------------------------
 * Two hands write without a lock; "is there already" must mean "durable". */

static const char *const created[] = { "one", "a/b/two" };

static bool create_all(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_disk *disk;
    bool is_ok = true;

    if (!vt_disk_open(vt_arena_printf(arena, "%s/new/folder", dir), true, &disk, err))
        return false;
    for (size_t i = 0; i < sizeof created / sizeof created[0] && is_ok; i++) {
        vt_slice content = vt_slice_from_cstr(created[i]);

        is_ok = vt_disk_create(disk, created[i], content, 0600, err);
        if (!is_ok && err->code == VT_REJECTED)
            is_ok = vt_disk_keep(disk, created[i], err);
        if (is_ok)
            vt_stage_say("%s", created[i]);
    }
    vt_disk_close(disk);
    return is_ok;
}

static void create_check(const char *dir)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    for (size_t i = 0; i < sizeof created / sizeof created[0]; i++) {
        const char *path = vt_arena_printf(arena, "%s/new/folder/%s", dir, created[i]);

        if (vt_path_exists(path))
            VT_CHECK_SAYING(vt_slice_is(vt_test_read(path), created[i]),
                            "%s holds something else", created[i]);
        else
            VT_CHECK_SAYING(!vt_stage_was_said(created[i]), "%s was promised, is lost",
                            created[i]);
    }
}

/* Doing it all again would heal what was lost, so look first. */
static bool create_restart(const char *dir, struct vt_error *err)
{
    create_check(dir);
    return create_all(dir, err);
}

static const struct vt_stage_play create_play = {
    .name = "creating files in new folders",
    .act = create_all,
    .restart = create_restart,
    .check = create_check,
};

/* ---- lazy files behind a pointer
 * --------------------------------------------------------- "pointer" says how many pages
 * there are: each of them must be there, whole. */

enum { ROUNDS = 2, PAGES = 3, PAGE_BYTES = 1200 };

static vt_slice page_text(unsigned page, char out[PAGE_BYTES])
{
    memset(out, (int)('a' + page % 26), PAGE_BYTES);
    return vt_slice_of(out, PAGE_BYTES);
}

static bool pages_write(struct vt_disk *disk, unsigned from, unsigned to,
                        struct vt_error *err)
{
    char text[PAGE_BYTES], name[64];

    for (unsigned page = from; page < to; page++) {
        (void)snprintf(name, sizeof name, "page/%u/%u", page / 2, page);
        if (!vt_disk_write_lazily(disk, name, page_text(page, text), 0644, err))
            return false;
    }
    (void)snprintf(name, sizeof name, "%u", to);
    if (!vt_disk_flush(disk, err) ||
        !vt_disk_write(disk, "pointer", vt_slice_from_cstr(name), 0644, err))
        return false;
    vt_stage_say("pages %u", to);
    return true;
}

static bool pointer_read(struct vt_disk *disk, unsigned *pages_out, struct vt_error *err)
{
    VT_AUTO_BUF buf = vt_buf_init(20);
    uint64_t pages;

    *pages_out = 0;
    if (!vt_disk_has(disk, "pointer"))
        return true;
    if (!vt_disk_read(disk, "pointer", &buf, err))
        return false;
    if (!vt_decimal_parse(vt_buf_slice(&buf), &pages) || pages > ROUNDS * PAGES)
        return vt_fail(err, VT_MALFORMED, "pointer of %zu bytes", buf.len);
    *pages_out = (unsigned)pages;
    return true;
}

static bool pages_act(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk;
    unsigned pages;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err) && pointer_read(disk, &pages, err);
    while (is_ok && pages < ROUNDS * PAGES) {
        is_ok = pages_write(disk, pages, pages + PAGES, err);
        pages += PAGES;
    }
    vt_disk_close(disk);
    return is_ok;
}

static void pages_check(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;
    unsigned pages = 0, promised = last_said("pages ");
    char text[PAGE_BYTES];

    VT_CHECK_OK(vt_disk_open(dir, false, &disk, &err));
    VT_CHECK_OK(pointer_read(disk, &pages, &err));
    VT_CHECK_SAYING(pages >= promised, "%u pages were promised, %u are there", promised,
                    pages);
    for (unsigned page = 0; page < pages; page++) {
        VT_AUTO_BUF buf = vt_buf_init(VT_KIB(8));
        char name[64];

        (void)snprintf(name, sizeof name, "page/%u/%u", page / 2, page);
        VT_CHECK_OK(vt_disk_read(disk, name, &buf, &err));
        VT_CHECK_SAYING(vt_slice_equal(vt_buf_slice(&buf), page_text(page, text)),
                        "%s holds something else", name);
    }
    vt_disk_close(disk);
}

static const struct vt_stage_play pages_play = {
    .name = "lazy files behind a pointer",
    .act = pages_act,
    .restart = pages_act,
    .check = pages_check,
};

/* ---- a journal
 * --------------------------------------------------------------------------- Records of
 * 100 equal bytes, never zero.  What was synced is there; what a restart read, it says, and
 * then that is promised too. */

enum { RECORD_BYTES = 100, RECORDS = 4, JOURNAL_BYTES = 1000 };

static bool journal_scan(struct vt_disk_file *file, unsigned *records_out,
                         struct vt_error *err)
{
    uint8_t seen[RECORD_BYTES], wanted[RECORD_BYTES];
    size_t got;

    for (*records_out = 0;; (*records_out)++) {
        memset(wanted, (int)(*records_out + 1), sizeof wanted);
        if (!vt_disk_file_read_at(file, (uint64_t)*records_out * RECORD_BYTES, seen,
                                  sizeof seen, &got, err))
            return false;
        if (got < sizeof seen || memcmp(seen, wanted, sizeof seen) != 0)
            return true;
    }
}

static bool journal_append(struct vt_disk_file *file, unsigned record, struct vt_error *err)
{
    uint8_t bytes[RECORD_BYTES];

    memset(bytes, (int)(record + 1), sizeof bytes);
    if (!vt_disk_file_write_at(file, (uint64_t)record * RECORD_BYTES, VT_BYTES(bytes),
                               err) ||
        !vt_disk_file_sync(file, err))
        return false;
    vt_stage_say("records %u", record + 1);
    return true;
}

static bool journal_work(struct vt_disk *disk, uint64_t preallocate, struct vt_error *err)
{
    struct vt_disk_file *file;
    unsigned records;
    bool is_ok;

    if (!vt_disk_file_open(disk, "journal/0", &file, err))
        return false;
    is_ok = preallocate == 0 || vt_disk_file_preallocate(file, preallocate, err);
    if (is_ok)
        vt_stage_say("size %ju", (uintmax_t)preallocate);
    is_ok = is_ok && journal_scan(file, &records, err);
    if (is_ok)
        vt_stage_say("records %u", records);
    for (; is_ok && records < RECORDS; records++)
        is_ok = journal_append(file, records, err);
    vt_disk_file_close(file);
    return is_ok;
}

static bool journal_run(const char *dir, uint64_t preallocate, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = journal_work(disk, preallocate, err);
    vt_disk_close(disk);
    return is_ok;
}

static bool journal_act(const char *dir, struct vt_error *err)
{
    return journal_run(dir, JOURNAL_BYTES, err);
}

static bool growing_act(const char *dir, struct vt_error *err)
{
    return journal_run(dir, 0, err);
}

static void journal_check(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;
    VT_AUTO_BUF buf = vt_buf_init(VT_KIB(64));
    unsigned promised = last_said("records "), size = last_said("size ");

    VT_CHECK_OK(vt_disk_open(dir, false, &disk, &err));
    if (promised != 0 || size != 0)
        VT_CHECK_OK(vt_disk_read(disk, "journal/0", &buf, &err));
    VT_CHECK_SAYING(buf.len >= size, "%u bytes were promised, %zu are there", size,
                    buf.len);
    VT_CHECK_SAYING(buf.len >= (size_t)promised * RECORD_BYTES,
                    "%u records were promised, the journal has %zu bytes", promised,
                    buf.len);
    for (size_t at = 0; at < (size_t)promised * RECORD_BYTES; at++)
        VT_CHECK_SAYING(buf.data[at] == at / RECORD_BYTES + 1, "byte %zu is lost", at);
    vt_disk_close(disk);
}

static bool journal_restart(const char *dir, struct vt_error *err)
{
    journal_check(dir);
    return journal_act(dir, err);
}

static const struct vt_stage_play journal_play = {
    .name = "a preallocated journal",
    .act = journal_act,
    .restart = journal_restart,
    .check = journal_check,
};

static const struct vt_stage_play growing_play = {
    .name = "a growing journal",
    .act = growing_act,
    .restart = growing_act,
    .check = journal_check,
};

/* ---- removing and cutting
 * ----------------------------------------------------------------- What was promised to be
 * gone stays gone. */

static void remove_prepare(const char *dir)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    VT_CHECK(mkdir(vt_arena_printf(arena, "%s/keys", dir), 0755) == 0);
    vt_test_write(vt_arena_printf(arena, "%s/keys/secret", dir), VT_LIT("secret"));
    vt_test_write(vt_arena_printf(arena, "%s/long", dir), VT_LIT("keep this, cut this"));
}

static bool cut(struct vt_disk *disk, struct vt_error *err)
{
    struct vt_disk_file *file;
    bool is_ok;

    if (!vt_disk_file_open(disk, "long", &file, err))
        return false;
    is_ok = vt_disk_file_truncate(file, 9, err);
    vt_disk_file_close(file);
    if (is_ok)
        vt_stage_say("cut");
    return is_ok;
}

static bool remove_act(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_disk_remove(disk, "keys/secret", err) || err->code == VT_ABSENT;
    if (is_ok)
        vt_stage_say("removed");
    is_ok = is_ok && cut(disk, err);
    vt_disk_close(disk);
    return is_ok;
}

static void remove_check(const char *dir)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    vt_slice rest = vt_test_read(vt_arena_printf(arena, "%s/long", dir));

    VT_CHECK(!vt_stage_was_said("removed") ||
             !vt_path_exists(vt_arena_printf(arena, "%s/keys/secret", dir)));
    VT_CHECK(vt_slice_starts_with(rest, VT_LIT("keep this")));
    VT_CHECK(!vt_stage_was_said("cut") || rest.len == 9);
}

static bool remove_restart(const char *dir, struct vt_error *err)
{
    remove_check(dir);
    return remove_act(dir, err);
}

static const struct vt_stage_play remove_play = {
    .name = "removing and cutting",
    .prepare = remove_prepare,
    .act = remove_act,
    .restart = remove_restart,
    .check = remove_check,
};

/* ---- keeping
 * ------------------------------------------------------------------------------ A file
 * that somebody left unsynced is made durable, with its folders. */

static bool keep_act(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_disk_write_lazily(disk, "left/here/file", VT_LIT("left"), 0644, err);
    vt_disk_close(disk);
    if (!is_ok || !vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_disk_keep(disk, "left/here/file", err);
    if (is_ok)
        vt_stage_say("kept");
    vt_disk_close(disk);
    return is_ok;
}

static void keep_check(const char *dir)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/left/here/file", dir);

    VT_CHECK(!vt_stage_was_said("kept") || vt_slice_is(vt_test_read(path), "left"));
}

static bool keep_restart(const char *dir, struct vt_error *err)
{
    keep_check(dir);
    return keep_act(dir, err);
}

static const struct vt_stage_play keep_play = {
    .name = "keeping what is there",
    .act = keep_act,
    .restart = keep_restart,
    .check = keep_check,
};

/* ---- blobs ----------------------------------------------------------------------------
 */

static const char *const blob_texts[] = { "first", "second", "first" };

static bool put_from_file(struct vt_blobs *blobs, const char *dir, vt_hash *hash_out,
                          struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FD fd = -1;
    uint64_t size, bytes;

    return vt_file_open(vt_arena_printf(arena, "%s/source", dir), &fd, &size, err) &&
           vt_blobs_put_fd(blobs, fd, "source", hash_out, &bytes, err);
}

static void say_hash(const vt_hash *hash)
{
    char hex[65];

    vt_hash_text(hash, hex);
    vt_stage_say("%s", hex);
}

static void blobs_prepare(const char *dir)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    vt_test_write(vt_arena_printf(arena, "%s/source", dir), VT_LIT("from a descriptor"));
}

static bool blobs_act(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_blobs *blobs;
    vt_hash hash;
    bool is_ok = true;

    if (!vt_blobs_open(vt_arena_printf(arena, "%s/blobs", dir), true, &blobs, err))
        return false;
    for (size_t i = 0; i < sizeof blob_texts / sizeof blob_texts[0] && is_ok; i++) {
        is_ok = vt_blobs_put(blobs, vt_slice_from_cstr(blob_texts[i]), &hash, err);
        if (is_ok)
            say_hash(&hash);
    }
    is_ok = is_ok && put_from_file(blobs, dir, &hash, err);
    if (is_ok)
        say_hash(&hash);
    vt_blobs_close(blobs);
    return is_ok;
}

static void blobs_check(const char *dir)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_error err = { 0 };
    struct vt_blobs *blobs;
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    vt_slice line;
    vt_hash hash;

    if (r.rest.len == 0)
        return;
    VT_CHECK_OK(
        vt_blobs_open(vt_arena_printf(arena, "%s/blobs", dir), false, &blobs, &err));
    while (vt_read_line(&r, &line)) {
        VT_AUTO_BUF buf = vt_buf_init(VT_KIB(4));

        VT_CHECK(vt_hash_parse_hex(line, &hash));
        VT_CHECK_OK(vt_blobs_get(blobs, &hash, &buf, &err));
    }
    vt_blobs_close(blobs);
}

static bool blobs_restart(const char *dir, struct vt_error *err)
{
    blobs_check(dir);
    return blobs_act(dir, err);
}

static const struct vt_stage_play blobs_play = {
    .name = "blobs",
    .prepare = blobs_prepare,
    .act = blobs_act,
    .restart = blobs_restart,
    .check = blobs_check,
};

/* ---- cases ------------------------------------------------------------------------------
 */

static const char *const no_spare[] = { NULL };

static void replacing(void)
{
    vt_stage_must_hold(&state_play);
    vt_stage_must_need_every_sync(&state_play, no_spare);
}

static void creating(void)
{
    /* A file made by vt_disk_create gets its name after its bytes were synced. */
    static const char *const spare[] = { "keep: sync of one", "keep: sync of a/b/two",
                                         NULL };

    vt_stage_must_hold(&create_play);
    vt_stage_must_need_every_sync(&create_play, spare);
}

static void lazily(void)
{
    /* The pointer lies in the same folder and syncs it after the flush. */
    static const char *const spare[] = { "flush: sync folder of .", NULL };

    vt_stage_must_hold(&pages_play);
    vt_stage_must_need_every_sync(&pages_play, spare);
}

static void journalling(void)
{
    vt_stage_must_hold(&journal_play);
    vt_stage_must_need_every_sync(&journal_play, no_spare);
}

static void growing(void)
{
    vt_stage_must_hold(&growing_play);
    vt_stage_must_need_every_sync(&growing_play, no_spare);
}

static void removing(void)
{
    /* The journal is cut whatever it holds. */
    static const char *const spare[] = { "journal: settle of long",
                                         "journal: settle folder of long", NULL };

    vt_stage_must_hold(&remove_play);
    vt_stage_must_need_every_sync(&remove_play, spare);
}

static void keeping(void)
{
    vt_stage_must_hold(&keep_play);
    vt_stage_must_need_every_sync(&keep_play, no_spare);
}

static void blobs(void)
{
    /* A blob gets its name after its bytes were synced. */
    static const char *const spare[] = { "keep: sync of sha#/#/#", NULL };

    vt_stage_must_hold(&blobs_play);
    vt_stage_must_need_every_sync(&blobs_play, spare);
}

static const struct vt_case cases[] = {
    { "a replaced file is the old one or the new one", replacing },
    { "a created file stays, with its folders", creating },
    { "what a pointer names is there", lazily },
    { "a synced record stays in a preallocated journal", journalling },
    { "a synced record stays in a growing journal", growing },
    { "what was removed or cut stays so", removing },
    { "a file that is kept is durable, whoever wrote it", keeping },
    { "a blob that was kept is kept", blobs },
};

VT_TEST_MAIN("store.crash", cases)
