/* A cell's folder broken at each of its disk operations: a head that is shown leads to
 * every file that it commits to, and an epoch that was shown stays. */
#include "cell/site.h"
#include "cell/source.h"
#include "tests/stage.h"
#include "tests/world.h"

enum { EPOCHS = 2, BITS = 1 };

static vt_hash hash_of(unsigned i)
{
    return vt_sha256_of(VT_BYTES(i));
}

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, VT_SHA256_BYTES);
}

/* Epoch e knows the files 0 to e + 1: each epoch replaces something. */
static struct vt_verdicts table_of(uint64_t epoch)
{
    unsigned count = (unsigned)epoch + 2; /* few */
    uint8_t *rows = vt_arena_alloc(vt_test_arena(), count * VT_VERDICT_BYTES);

    for (unsigned i = 0; i < count; i++) {
        vt_hash hash = hash_of(i);

        memcpy(rows + i * VT_VERDICT_BYTES, hash.bytes, VT_SHA256_BYTES);
        rows[i * VT_VERDICT_BYTES + 32] = VT_STATE_MALICIOUS;
    }
    qsort(rows, count, VT_VERDICT_BYTES, compare_rows);
    return (struct vt_verdicts){ .rows = rows, .count = count };
}

static bool publish(struct vt_cell_site *site, uint64_t epoch, struct vt_error *err)
{
    struct vt_verdicts table = table_of(epoch);
    struct vt_cell_head head = { .cell = VT_LIT("zurich"),
                                 .jurisdiction = VT_LIT("CH"),
                                 .epoch = epoch,
                                 .from_unix_s = VT_WORLD_BEGAN,
                                 .until_unix_s = VT_WORLD_NOW };
    struct vt_cell_written written;
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64)), file = vt_buf_init(VT_MIB(1));

    if (!vt_cell_site_write(site, &table, BITS, 8, &head, &written, err) ||
        !vt_cell_head_write(&head, &payload, err) ||
        !vt_head_file_write(vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_CELL)),
                            VT_LIT("none"), NULL, NULL, 0, &file, err) ||
        !vt_cell_site_show(site, vt_buf_slice(&file), 0, &written, err))
        return false;
    vt_stage_say("epoch %ju", (uintmax_t)epoch);
    return true;
}

static const char *folder_of(const char *dir)
{
    return vt_test_print("%s/cell", dir);
}

/* From the one behind the last that was shown. */
static bool act(const char *dir, struct vt_error *err)
{
    struct vt_cell_site *site;
    bool is_ok = true;

    if (!vt_cell_site_open(folder_of(dir), &site, err))
        return false;
    while (is_ok) {
        const struct vt_head_file *shown = vt_cell_site_head(site);
        uint64_t next = shown != NULL ? shown->head.epoch + 1 : 0;

        if (next == EPOCHS)
            break;
        is_ok = publish(site, next, err);
    }
    vt_cell_site_close(site);
    return is_ok;
}

static void must_answer(struct vt_cell_source *source, const struct vt_cell_head *head)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF blob = vt_buf_init(VT_MIB(1));

    VT_CHECK_OK(vt_cell_source_blob(source, &head->filter, &blob, &err));
    if (head->delta.size_bytes != 0)
        VT_CHECK_OK(vt_cell_source_blob(source, &head->delta, &blob, &err));
    for (unsigned i = 0; i < EPOCHS + 4; i++) {
        VT_AUTO_BUF answer = vt_buf_init(VT_MIB(1));
        struct vt_cell_verdict got;
        vt_hash hash = hash_of(i);

        VT_CHECK_OK(vt_cell_source_answer(source, &head->tree, &hash, &answer, &err));
        VT_CHECK_OK(vt_answer_check(&head->tree, vt_buf_slice(&answer), &hash, &got, &err));
        VT_CHECK(got.state ==
                 (i < head->epoch + 2 ? VT_STATE_MALICIOUS : VT_STATE_UNKNOWN));
    }
}

static void check(const char *dir)
{
    struct vt_error err = { 0 };
    const char *public = vt_test_print("%s/public", folder_of(dir));
    VT_AUTO_CELL_SOURCE source = vt_cell_source_new(public);
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1));
    VT_AUTO_HEAD_FILE file = NULL;
    uint64_t shown = 0;

    if (vt_path_exists(vt_test_print("%s/head.json", public))) {
        VT_CHECK_OK(vt_cell_source_head(source, &bytes, &err));
        VT_CHECK_OK(vt_head_file_parse(vt_buf_slice(&bytes), &file, &err));
        must_answer(source, &file->head);
        shown = file->head.epoch + 1;
    }
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++)
        VT_CHECK_SAYING(
            epoch < shown ||
                !vt_stage_was_said(vt_test_print("epoch %ju", (uintmax_t)epoch)),
            "epoch %ju was shown, %ju are there", (uintmax_t)epoch, (uintmax_t)shown);
}

static const struct vt_stage_play play = {
    .name = "a cell's folder", .act = act, .restart = act, .check = check, .twice_every = 5
};

static void it_holds(void)
{
    vt_stage_must_hold(&play);
}

/* What a head commits to is durable before it is shown, and it before an epoch is over.
 * (The others, of private/ and of folders that the lock settles anyway, cost a new filter
 * at most.) */
static void it_needs_its_syncs(void)
{
    static const char *const needed[] = {
        "flush: sync file of public/bucket/#/#/#", "flush: sync file of public/node/#/#",
        "flush: sync file of public/filter/#",     "flush: sync folder of public/bucket/#",
        "flush: sync folder of public/node",       "flush: sync folder of public/filter",
        "file: sync of public/head.json",
    };

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        vt_stage_must_need(&play, needed[i]);
}

static const struct vt_case cases[] = {
    { "a head that is shown leads to all of it", it_holds },
    { "the syncs before showing are needed", it_needs_its_syncs },
};

VT_TEST_MAIN("cell.crash_site", cases)
