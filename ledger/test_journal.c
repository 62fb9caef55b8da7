/* The journal: what was appended comes back, what was torn does not, and what was damaged
 * is reported. */
#include "ledger/journal.h"
#include "ledger/tile.h"
#include "tests/harness.h"

enum { SLOT = 32 * 4096 };

struct opened {
    struct vt_disk *disk;
    struct vt_env env;
    struct vt_journal *journal;
};

static void open_disk(struct opened *o)
{
    struct vt_error err = { 0 };

    o->env = vt_env_real();
    VT_CHECK_OK(vt_disk_open(vt_test_path("log"), true, &o->disk, &err));
}

static void close_all(struct opened *o)
{
    vt_journal_close(o->journal);
    vt_disk_close(o->disk);
    *o = (struct opened){ .disk = NULL };
}

static vt_slice entry_text(uint64_t index, char *out, size_t size)
{
    int len = snprintf(out, size, "entry %ju%*s", (uintmax_t)index, (int)(index % 50), "");

    return vt_slice_of(out, (size_t)len);
}

/* Counts what is handed out, which must be the entries in order. */
struct seen {
    uint64_t from, next;
};

static bool see(void *context, uint64_t index, vt_slice entry, const vt_hash *leaf,
                struct vt_error *err)
{
    struct seen *seen = context;
    char text[100];
    vt_hash want = vt_sha256_leaf(entry);

    (void)err;
    VT_CHECK_SAYING(index == seen->next, "entry %ju, wanted %ju", (uintmax_t)index,
                    (uintmax_t)seen->next);
    VT_CHECK(vt_slice_equal(entry, entry_text(index, text, sizeof text)));
    VT_CHECK(vt_hash_equal(leaf, &want));
    seen->next++;
    return true;
}

static bool reopen(struct opened *o, uint64_t from, struct seen *seen, struct vt_error *err)
{
    struct vt_journal_sink sink = { see, seen };

    *seen = (struct seen){ from, from };
    open_disk(o);
    return vt_journal_open(o->disk, &o->env, &o->journal, err) &&
           vt_journal_replay(o->journal, from, &sink, err);
}

static void make(struct opened *o)
{
    struct vt_error err = { 0 };
    struct seen seen;

    open_disk(o);
    VT_CHECK_OK(vt_journal_init(o->disk, &o->env, SLOT, &err));
    vt_disk_close(o->disk);
    VT_CHECK_OK(reopen(o, 0, &seen, &err));
    VT_CHECK(seen.next == 0 && vt_journal_end(o->journal) == 0);
}

/* Append `count` entries in one batch; `safe` as for vt_journal_turn. */
static void append(struct opened *o, size_t count, uint64_t safe)
{
    struct vt_error err = { 0 };
    struct vt_batch batch = vt_batch_init(vt_journal_end(o->journal));
    char text[100];

    for (size_t i = 0; i < count; i++) {
        vt_slice entry = entry_text(batch.first + i, text, sizeof text);
        vt_hash leaf = vt_sha256_leaf(entry);

        vt_batch_put(&batch, entry, &leaf);
    }
    if (!vt_journal_has_room(o->journal, &batch))
        VT_CHECK_OK(vt_journal_turn(o->journal, safe, &batch, &err));
    VT_CHECK_OK(vt_journal_append(o->journal, &batch, &err));
    vt_batch_clear(&batch);
}

static void entries_come_back(void)
{
    struct vt_error err = { 0 };
    struct opened o;
    struct seen seen;

    make(&o);
    append(&o, 1, 0);
    append(&o, 300, 0);
    append(&o, 7, 0);
    close_all(&o);
    VT_CHECK_OK(reopen(&o, 0, &seen, &err));
    VT_CHECK(seen.next == 308 && vt_journal_end(o.journal) == 308);
    append(&o, 2, 0);
    close_all(&o);
    VT_CHECK_OK(reopen(&o, 305, &seen, &err)); /* what is in tiles is not handed out */
    VT_CHECK(seen.next == 310 && vt_journal_first(o.journal) == 0);
    close_all(&o);
}

/* With everything in tiles the two slots take turns and never grow much. */
static void slots_take_turns(void)
{
    struct vt_error err = { 0 };
    struct opened o;
    struct seen seen;
    uint64_t first = 0;

    make(&o);
    for (size_t i = 0; i < 200; i++) {
        append(&o, 20, vt_journal_end(o.journal));
        VT_CHECK(vt_journal_first(o.journal) >= first);
        first = vt_journal_first(o.journal);
    }
    VT_CHECK(first > 600);
    close_all(&o);
    VT_CHECK_OK(reopen(&o, first, &seen, &err));
    VT_CHECK(seen.next == 4000);
    append(&o, 20, 4000);
    close_all(&o);
    VT_CHECK_OK(reopen(&o, 3990, &seen, &err));
    VT_CHECK(seen.next == 4020);
    close_all(&o);
}

/* With nothing in tiles nothing may be given up: the slot grows. */
static void slots_grow_rather_than_forget(void)
{
    struct vt_error err = { 0 };
    struct opened o;
    struct seen seen;

    make(&o);
    for (size_t i = 0; i < 300; i++)
        append(&o, 10, 0);
    VT_CHECK(vt_journal_first(o.journal) == 0);
    close_all(&o);
    VT_CHECK_OK(reopen(&o, 0, &seen, &err));
    VT_CHECK(seen.next == 3000);
    close_all(&o);
}

static const char *slot_path(char which)
{
    return which == 'a' ? vt_test_path("log/journal/a") : vt_test_path("log/journal/b");
}

/* Three records; the last one begins at block 3. */
static vt_slice three_records(void)
{
    struct opened o;

    make(&o);
    append(&o, 1, 0);
    append(&o, 1, 0);
    append(&o, 9, 0);
    close_all(&o);
    return vt_test_read(slot_path('a'));
}

static void torn_ends_are_dropped(void)
{
    vt_slice good = three_records();
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len);
    struct vt_error err = { 0 };
    struct opened o;
    struct seen seen;

    size_t end = good.len;

    while (good.data[end - 1] == 0 || good.data[end - 1] == ' ') /* of the last entry */
        end--;
    VT_CHECK(end > 3 * 4096 + 64 && end < 4 * 4096);
    for (size_t at = 3 * 4096; at < end; at++) {
        memcpy(bytes, good.data, good.len);
        memset(bytes + at, 0, good.len - at); /* the rest never reached the disk */
        vt_test_write(slot_path('a'), vt_slice_of(bytes, good.len));
        VT_CHECK_OK(reopen(&o, 0, &seen, &err));
        VT_CHECK_SAYING(seen.next == 2, "torn at %zu: %ju", at, (uintmax_t)seen.next);
        append(&o, 3, 0); /* and it goes on from there */
        close_all(&o);
        VT_CHECK_OK(reopen(&o, 0, &seen, &err));
        VT_CHECK(seen.next == 5);
        close_all(&o);
    }
}

static void damage_is_reported(void)
{
    static const size_t used[3] = { 72, 64 + 2 + 7, 64 + 2 + 8 };
    vt_slice good = three_records();
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len);

    for (size_t at = 0; at < 4 * 4096; at++) {
        struct vt_error err = { 0 };
        struct opened o = { 0 };
        struct seen seen;
        bool ok;

        memcpy(bytes, good.data, good.len);
        bytes[at] = (uint8_t)(bytes[at] ^ (1u << (at % 8)));
        if (at % 4096 > 400)
            continue; /* padding */
        vt_test_write(slot_path('a'), vt_slice_of(bytes, good.len));
        ok = reopen(&o, 0, &seen, &err);
        if (at < 3 * 4096 && !ok)
            VT_CHECK(err.code == VT_REJECTED && seen.next <= 2);
        else if (at < 3 * 4096)
            VT_CHECK_SAYING(seen.next == 11, "byte %zu: %ju", at, (uintmax_t)seen.next);
        else /* damage to the last record cannot be told from a torn end */
            VT_CHECK(ok && (seen.next == 2 || seen.next == 11));
        if (at < 3 * 4096)
            VT_CHECK_SAYING(ok == (at % 4096 >= used[at / 4096]), "byte %zu", at);
        close_all(&o);
    }
}

/* An entry that contains what looks like the next record, where it would have to stand. */
static void records_cannot_be_smuggled(void)
{
    vt_slice good = three_records();
    struct vt_error err = { 0 };
    struct vt_batch batch;
    struct opened o;
    struct seen seen;
    uint8_t entry[3 * 4096];
    vt_hash leaf;

    make(&o);
    memset(entry, 'x', sizeof entry);
    /* Block 2 of the slot is inside the entry (head 64, length 2): there stands a record
     * that was good in an earlier life of the same place. */
    memcpy(entry + 4096 - 66, good.data + 2 * 4096, 4096);
    leaf = vt_sha256_leaf(vt_slice_of(entry, sizeof entry));
    batch = vt_batch_init(0);
    vt_batch_put(&batch, vt_slice_of(entry, sizeof entry), &leaf);
    VT_CHECK_OK(vt_journal_append(o.journal, &batch, &err));
    vt_batch_clear(&batch);
    close_all(&o);
    {
        vt_slice now = vt_test_read(slot_path('a'));
        uint8_t *bytes = vt_arena_alloc(vt_test_arena(), now.len);

        memcpy(bytes, now.data, now.len);
        memset(bytes + 4096, 0, 4096); /* the batch was torn: its first block is missing */
        VT_CHECK(memcmp(bytes + 2 * 4096, good.data + 2 * 4096, 64) == 0);
        vt_test_write(slot_path('a'), vt_slice_of(bytes, now.len));
    }
    VT_CHECK_OK(reopen(&o, 0, &seen, &err));
    VT_CHECK(seen.next == 0);
    close_all(&o);
}

static void lost_slots_are_reported(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    struct seen seen;

    make(&o);
    for (size_t i = 0; i < 60; i++)
        append(&o, 20, vt_journal_end(o.journal));
    close_all(&o);
    vt_test_write(slot_path('a'), VT_LIT("short"));
    vt_test_write(slot_path('b'), VT_LIT("short"));
    VT_CHECK_FAILS(VT_REJECTED, reopen(&o, 0, &seen, &err));
    o.journal = NULL;
    close_all(&o);
}

/* The end of the older slot is damaged: the newer one says that something is missing. */
static void gaps_are_reported(void)
{
    struct vt_error err = { 0 };
    struct opened o = { 0 };
    struct seen seen;
    vt_slice old;
    uint8_t *bytes;

    make(&o);
    while (vt_journal_first(o.journal) == 0 && vt_journal_end(o.journal) < 2000)
        append(&o, 50, 0);
    close_all(&o);
    old = vt_test_read(slot_path('a'));
    bytes = vt_arena_alloc(vt_test_arena(), old.len);
    memcpy(bytes, old.data, old.len);
    memset(bytes + 2 * 4096, 0, old.len - 2 * 4096);
    vt_test_write(slot_path('a'), vt_slice_of(bytes, old.len));
    VT_CHECK_FAILS(VT_REJECTED, reopen(&o, 0, &seen, &err));
    VT_CHECK(seen.next == 50);
    close_all(&o);
}

static const struct vt_case cases[] = {
    { "entries come back", entries_come_back },
    { "slots take turns", slots_take_turns },
    { "slots grow rather than forget", slots_grow_rather_than_forget },
    { "torn ends are dropped", torn_ends_are_dropped },
    { "damage is reported", damage_is_reported },
    { "records cannot be smuggled", records_cannot_be_smuggled },
    { "lost slots are reported", lost_slots_are_reported },
    { "gaps are reported", gaps_are_reported },
};

VT_TEST_MAIN("ledger.journal", cases)
