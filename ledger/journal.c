/* See journal.h for the form.  Writing is a few lines; most of this file is reading back
 * after the machine has failed. */
#include "ledger/journal.h"
#include "ledger/tile.h"

enum {
    CHECK_BYTES = 16, /* of a SHA-256: against accidents, and salted against cunning */
    SALT_BYTES = 32,
    HEAD_BYTES = 64,         /* of a record */
    HEAD_CHECKED_BYTES = 48, /* the part of it that its own check covers */
    SLOT_HEAD_BYTES = 4 + 4 + 8 + 8 + SALT_BYTES,
};

#define SLOT_MAGIC   UINT32_C(0x56544a53) /* "VTJS" */
#define RECORD_MAGIC UINT32_C(0x56544a52) /* "VTJR" */
#define VERSION      1

struct slot {
    struct vt_disk_file *file;
    uint64_t generation; /* 0: its header is not good, there is nothing in it */
    uint64_t first, end; /* the entries that it holds */
    uint64_t at;         /* where the next record goes */
    uint8_t salt[SALT_BYTES];
};

struct vt_journal {
    struct vt_disk *disk;
    const struct vt_env *env;
    struct slot slots[2];
    unsigned current; /* the slot that is written */
};

/* A record's head, taken apart. */
struct head {
    uint64_t first;
    uint32_t count, bytes;
    uint8_t payload_check[CHECK_BYTES];
};

static const char *const slot_names[2] = { "journal/a", "journal/b" };

/* ---- batches ---------------------------------------------------------------------------
 */

struct vt_batch vt_batch_init(uint64_t first)
{
    struct vt_batch batch = { .bytes = vt_buf_init(VT_BATCH_BYTES_MAX + VT_MIB(1)) };

    vt_batch_restart(&batch, first);
    return batch;
}

void vt_batch_clear(struct vt_batch *batch)
{
    vt_buf_clear(&batch->bytes);
    free(batch->leaves);
    batch->leaves = NULL;
    batch->count = batch->room = 0;
}

void vt_batch_restart(struct vt_batch *batch, uint64_t first)
{
    vt_buf_truncate(&batch->bytes, 0);
    VT_ASSERT(vt_buf_extend(&batch->bytes, HEAD_BYTES) != NULL);
    batch->count = 0;
    batch->first = first;
}

void vt_batch_put(struct vt_batch *batch, vt_slice entry, const vt_hash *leaf)
{
    if (batch->count == batch->room) {
        batch->room = batch->room != 0 ? batch->room * 2 : 64;
        batch->leaves = vt_grow_array(batch->leaves, batch->room, sizeof *batch->leaves);
    }
    batch->leaves[batch->count++] = *leaf;
    vt_bundle_put(&batch->bytes, entry);
    VT_ASSERT(!batch->bytes.is_full); /* the ledger closes batches long before */
}

vt_slice vt_batch_bundle(const struct vt_batch *batch)
{
    return vt_slice_sub(vt_buf_slice(&batch->bytes), HEAD_BYTES,
                        batch->bytes.len - HEAD_BYTES);
}

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + VT_JOURNAL_BLOCK - 1) / VT_JOURNAL_BLOCK * VT_JOURNAL_BLOCK;
}

/* ---- checks ----------------------------------------------------------------------------
 */

static void make_check(const struct slot *slot, vt_slice bytes, uint8_t out[CHECK_BYTES])
{
    struct vt_sha256 state;
    vt_hash hash;

    vt_sha256_init(&state);
    vt_sha256_add(&state, vt_slice_of(slot->salt, SALT_BYTES));
    vt_sha256_add(&state, bytes);
    vt_sha256_end(&state, &hash);
    memcpy(out, hash.bytes, CHECK_BYTES);
}

static void check_leaves(const struct slot *slot, const vt_hash *leaves, size_t count,
                         uint8_t out[CHECK_BYTES])
{
    make_check(slot, vt_slice_of(leaves, count * sizeof *leaves), out);
}

/* ---- slots -----------------------------------------------------------------------------
 */

/* A slot's header block: fields, then the check over them. */
static bool slot_write_header(struct slot *slot, struct vt_error *err)
{
    VT_AUTO_BUF block = vt_buf_init(VT_JOURNAL_BLOCK);
    uint8_t check[CHECK_BYTES];

    vt_buf_put_u32(&block, SLOT_MAGIC);
    vt_buf_put_u32(&block, VERSION);
    vt_buf_put_u64(&block, slot->generation);
    vt_buf_put_u64(&block, slot->first);
    vt_buf_put(&block, vt_slice_of(slot->salt, SALT_BYTES));
    make_check(slot, vt_buf_slice(&block), check);
    vt_buf_put(&block, vt_slice_of(check, CHECK_BYTES));
    memset(vt_buf_extend(&block, VT_JOURNAL_BLOCK - block.len), 0,
           VT_JOURNAL_BLOCK - SLOT_HEAD_BYTES - CHECK_BYTES);
    return vt_disk_file_write_at(slot->file, 0, vt_buf_slice(&block), err) &&
           vt_disk_file_sync(slot->file, err);
}

/* Leaves generation 0 when the header is not good, which is no error. */
static bool slot_read_header(struct slot *slot, struct vt_error *err)
{
    uint8_t bytes[SLOT_HEAD_BYTES + CHECK_BYTES] = { 0 }, check[CHECK_BYTES];
    vt_reader r = { vt_slice_of(bytes, sizeof bytes) };
    uint32_t magic, version;
    uint64_t generation;
    vt_slice salt, sealed;
    size_t got;

    slot->generation = 0;
    if (!vt_disk_file_read_at(slot->file, 0, bytes, sizeof bytes, &got, err))
        return false;
    if (got < sizeof bytes || !vt_read_u32(&r, &magic) || magic != SLOT_MAGIC ||
        !vt_read_u32(&r, &version) || version != VERSION || !vt_read_u64(&r, &generation) ||
        !vt_read_u64(&r, &slot->first) || !vt_read_bytes(&r, SALT_BYTES, &salt))
        return true;
    memcpy(slot->salt, salt.data, SALT_BYTES);
    sealed = vt_slice_of(bytes, SLOT_HEAD_BYTES);
    make_check(slot, sealed, check);
    if (memcmp(check, bytes + SLOT_HEAD_BYTES, CHECK_BYTES) != 0)
        return true;
    slot->generation = generation;
    slot->end = slot->first;
    slot->at = VT_JOURNAL_BLOCK;
    return true;
}

/* Begin it anew, durably; what it held is gone. */
static bool slot_begin(struct slot *slot, const struct vt_env *env, uint64_t generation,
                       uint64_t first, struct vt_error *err)
{
    slot->generation = generation;
    slot->first = slot->end = first;
    slot->at = VT_JOURNAL_BLOCK;
    vt_env_random(env, slot->salt, SALT_BYTES);
    return slot_write_header(slot, err);
}

/* ---- records ---------------------------------------------------------------------------
 */

static void write_head(const struct slot *slot, struct vt_batch *batch)
{
    VT_AUTO_BUF head = vt_buf_init(HEAD_BYTES);
    uint8_t check[CHECK_BYTES];

    vt_buf_put_u32(&head, RECORD_MAGIC);
    vt_buf_put_u32(&head, (uint32_t)batch->count); /* bounded by VT_BATCH_BYTES_MAX */
    vt_buf_put_u64(&head, slot->generation);
    vt_buf_put_u64(&head, batch->first);
    vt_buf_put_u32(&head, (uint32_t)(batch->bytes.len - HEAD_BYTES));
    vt_buf_put_u32(&head, 0);
    check_leaves(slot, batch->leaves, batch->count, check);
    vt_buf_put(&head, vt_slice_of(check, CHECK_BYTES));
    make_check(slot, vt_buf_slice(&head), check);
    vt_buf_put(&head, vt_slice_of(check, CHECK_BYTES));
    memcpy(batch->bytes.data, head.data, HEAD_BYTES);
}

/* Is there a record's head at `at`?  Its payload is not looked at. */
static bool read_head(const struct slot *slot, uint64_t at, struct head *out,
                      bool *is_good_out, struct vt_error *err)
{
    uint8_t bytes[HEAD_BYTES] = { 0 }, check[CHECK_BYTES];
    vt_reader r = { vt_slice_of(bytes, sizeof bytes) };
    uint32_t magic, zero;
    uint64_t generation;
    vt_slice payload_check;
    size_t got;

    *is_good_out = false;
    if (!vt_disk_file_read_at(slot->file, at, bytes, sizeof bytes, &got, err))
        return false;
    if (got < sizeof bytes || !vt_read_u32(&r, &magic) || magic != RECORD_MAGIC ||
        !vt_read_u32(&r, &out->count) || !vt_read_u64(&r, &generation) ||
        generation != slot->generation || !vt_read_u64(&r, &out->first) ||
        !vt_read_u32(&r, &out->bytes) || !vt_read_u32(&r, &zero) || zero != 0 ||
        !vt_read_bytes(&r, CHECK_BYTES, &payload_check))
        return true;
    make_check(slot, vt_slice_of(bytes, HEAD_CHECKED_BYTES), check);
    memcpy(out->payload_check, payload_check.data, CHECK_BYTES);
    *is_good_out = vt_slice_equal(r.rest, vt_slice_of(check, CHECK_BYTES));
    return true;
}

/* Read the payload behind a good head into `bytes`, and its leaf hashes. */
static bool read_payload(const struct slot *slot, const struct head *head,
                         struct vt_batch *batch, bool *is_good_out, struct vt_error *err)
{
    uint8_t check[CHECK_BYTES];
    vt_reader r;
    vt_slice entry;
    uint8_t *into;
    size_t got;

    *is_good_out = false;
    vt_buf_truncate(&batch->bytes, 0);
    into = vt_buf_extend(&batch->bytes, head->bytes);
    if (into == NULL)
        return vt_fail(err, VT_REJECTED, "journal: a record of %u bytes", head->bytes);
    if (!vt_disk_file_read_at(slot->file, slot->at + HEAD_BYTES, into, head->bytes, &got,
                              err))
        return false;
    r = (vt_reader){ vt_slice_of(into, got) };
    free(batch->leaves);
    batch->leaves = vt_alloc_array(head->count, sizeof *batch->leaves);
    for (batch->count = 0; batch->count < head->count; batch->count++) {
        if (!vt_bundle_read(&r, &entry))
            return true;
        batch->leaves[batch->count] = vt_sha256_leaf(entry);
    }
    check_leaves(slot, batch->leaves, batch->count, check);
    *is_good_out = vt_read_end(&r) && memcmp(check, head->payload_check, CHECK_BYTES) == 0;
    return true;
}

static bool hand_out(const struct head *head, const struct vt_batch *batch, uint64_t from,
                     const struct vt_journal_sink *sink, struct vt_error *err)
{
    vt_reader r = { vt_buf_slice(&batch->bytes) };
    vt_slice entry;

    for (size_t i = 0; i < batch->count && vt_bundle_read(&r, &entry); i++)
        if (head->first + i >= from &&
            !sink->take(sink->context, head->first + i, entry, &batch->leaves[i], err))
            return false;
    return true;
}

/* The record at slot->at, if there is one; the slot moves on behind it. */
static bool replay_record(struct slot *slot, uint64_t from, struct vt_batch *batch,
                          const struct vt_journal_sink *sink, bool *is_there_out,
                          struct vt_error *err)
{
    struct head head;

    if (!read_head(slot, slot->at, &head, is_there_out, err))
        return false;
    *is_there_out = *is_there_out && head.first == slot->end && head.count != 0;
    if (!*is_there_out)
        return true;
    /* What is in durable tiles already need not be read again. */
    if (head.first + head.count > from) {
        if (!read_payload(slot, &head, batch, is_there_out, err))
            return false;
        if (!*is_there_out)
            return true;
        if (!hand_out(&head, batch, from, sink, err))
            return false;
    }
    slot->end += head.count;
    slot->at += round_up(HEAD_BYTES + (uint64_t)head.bytes);
    return true;
}

static bool replay_slot(struct slot *slot, uint64_t from,
                        const struct vt_journal_sink *sink, struct vt_error *err)
{
    struct vt_batch batch = vt_batch_init(0);
    bool is_there = true, is_ok = true;

    while (is_ok && is_there)
        is_ok = replay_record(slot, from, &batch, sink, &is_there, err);
    vt_batch_clear(&batch);
    return is_ok;
}

/* Behind the end there must be no good head: it would mean that a record before it was
 * lost.  At the end itself may stand the head of the batch that was torn. */
static bool check_nothing_behind(const struct slot *slot, struct vt_error *err)
{
    uint64_t size = vt_disk_file_size(slot->file);
    struct head head;
    bool is_there;

    for (uint64_t at = slot->at; at < size; at += VT_JOURNAL_BLOCK) {
        if (!read_head(slot, at, &head, &is_there, err))
            return false;
        if (is_there && (at != slot->at || head.first != slot->end))
            return vt_fail(err, VT_REJECTED,
                           "journal: entries from %ju on are damaged, but later ones are "
                           "there; restore the folder from a copy",
                           (uintmax_t)slot->end);
    }
    return true;
}

/* ---- the journal -----------------------------------------------------------------------
 */

static struct vt_journal *journal_new(struct vt_disk *disk, const struct vt_env *env)
{
    struct vt_journal *journal = vt_alloc(sizeof *journal);

    journal->disk = disk;
    journal->env = env;
    return journal;
}

bool vt_journal_init(struct vt_disk *disk, const struct vt_env *env, uint64_t slot_bytes,
                     struct vt_error *err)
{
    struct slot slot = { 0 };
    uint64_t size = slot_bytes != 0 ? slot_bytes : VT_JOURNAL_SLOT_BYTES;
    bool is_ok;

    if (!vt_disk_file_open(disk, slot_names[0], &slot.file, err))
        return false;
    is_ok = vt_disk_file_preallocate(slot.file, round_up(size), err) &&
            slot_begin(&slot, env, 1, 0, err);
    vt_disk_file_close(slot.file);
    return is_ok;
}

bool vt_journal_open(struct vt_disk *disk, const struct vt_env *env,
                     struct vt_journal **journal_out, struct vt_error *err)
{
    struct vt_journal *journal = journal_new(disk, env);
    struct slot *slots = journal->slots;

    for (unsigned i = 0; i < 2; i++)
        if (!vt_disk_file_open(disk, slot_names[i], &slots[i].file, err) ||
            !slot_read_header(&slots[i], err)) {
            vt_journal_close(journal);
            return false;
        }
    if (slots[0].generation == 0 && slots[1].generation == 0) {
        vt_journal_close(journal);
        return vt_fail(err, VT_REJECTED,
                       "%s/journal: neither of its files has a good head; restore the "
                       "folder from a copy",
                       vt_disk_path(disk));
    }
    journal->current = slots[1].generation > slots[0].generation;
    *journal_out = journal;
    return true;
}

void vt_journal_close(struct vt_journal *journal)
{
    if (journal == NULL)
        return;
    vt_disk_file_close(journal->slots[0].file);
    vt_disk_file_close(journal->slots[1].file);
    free(journal);
}

static struct slot *current(struct vt_journal *journal)
{
    return &journal->slots[journal->current];
}

static struct slot *other(struct vt_journal *journal)
{
    return &journal->slots[1 - journal->current];
}

uint64_t vt_journal_first(const struct vt_journal *journal)
{
    const struct slot *newer = &journal->slots[journal->current];
    const struct slot *older = &journal->slots[1 - journal->current];

    return older->generation != 0 ? older->first : newer->first;
}

bool vt_journal_replay(struct vt_journal *journal, uint64_t from,
                       const struct vt_journal_sink *sink, struct vt_error *err)
{
    struct slot *older = other(journal), *newer = current(journal);

    if (older->generation != 0) {
        if (!replay_slot(older, from, sink, err))
            return false;
        if (older->end != newer->first)
            return vt_fail(err, VT_REJECTED,
                           "%s/journal: entries from %ju to %ju are damaged; restore the "
                           "folder from a copy",
                           vt_disk_path(journal->disk), (uintmax_t)older->end,
                           (uintmax_t)newer->first);
    }
    return replay_slot(newer, from, sink, err) && check_nothing_behind(newer, err);
}

uint64_t vt_journal_end(const struct vt_journal *journal)
{
    return journal->slots[journal->current].end;
}

bool vt_journal_has_room(const struct vt_journal *journal, const struct vt_batch *batch)
{
    const struct slot *slot = &journal->slots[journal->current];

    return round_up(batch->bytes.len) <= vt_disk_file_size(slot->file) - slot->at;
}

uint64_t vt_journal_growth(const struct vt_journal *journal, uint64_t safe, uint64_t bytes)
{
    const struct slot *full = &journal->slots[journal->current];
    const struct slot *next = &journal->slots[1 - journal->current];
    uint64_t now = vt_disk_file_size(full->file), record = round_up(HEAD_BYTES + bytes);
    uint64_t size = 2 * now, there = vt_disk_file_size(next->file);

    if (record <= now - full->at)
        return 0;
    if (size > VT_JOURNAL_SLOT_BYTES_MAX)
        size = VT_JOURNAL_SLOT_BYTES_MAX;
    if (next->generation != 0 && next->end > safe) {
        size = size > full->at + record ? size : 2 * (full->at + record);
        there = now;
    } else if (size < VT_JOURNAL_BLOCK + record) {
        size = VT_JOURNAL_BLOCK + record;
    }
    return size > there ? size - there : 0;
}

bool vt_journal_turn(struct vt_journal *journal, uint64_t safe,
                     const struct vt_batch *batch, struct vt_error *err)
{
    struct slot *full = current(journal), *next = other(journal);
    uint64_t size = vt_disk_file_size(full->file) * 2;

    if (size > VT_JOURNAL_SLOT_BYTES_MAX)
        size = VT_JOURNAL_SLOT_BYTES_MAX;
    if (next->generation != 0 && next->end > safe) {
        uint64_t least = full->at + round_up(batch->bytes.len);

        return vt_disk_file_preallocate(full->file, size > least ? size : least * 2, err);
    }
    if (size < VT_JOURNAL_BLOCK + round_up(batch->bytes.len))
        size = VT_JOURNAL_BLOCK + round_up(batch->bytes.len);
    if (!vt_disk_file_preallocate(next->file, size, err) ||
        !slot_begin(next, journal->env, full->generation + 1, full->end, err))
        return false;
    journal->current = 1 - journal->current;
    return true;
}

bool vt_journal_append(struct vt_journal *journal, struct vt_batch *batch,
                       struct vt_error *err)
{
    struct slot *slot = current(journal);
    size_t len = batch->bytes.len, padding = (size_t)round_up(len) - len;
    uint8_t *zeros;
    bool is_ok;

    VT_ASSERT(batch->count != 0 && batch->first == slot->end);
    VT_ASSERT(vt_journal_has_room(journal, batch));
    write_head(slot, batch);
    zeros = vt_buf_extend(&batch->bytes, padding);
    VT_ASSERT(zeros != NULL);
    memset(zeros, 0, padding);
    is_ok = vt_disk_file_write_at(slot->file, slot->at, vt_buf_slice(&batch->bytes), err) &&
            vt_disk_file_sync(slot->file, err) && vt_disk_file_is_there(slot->file, err);
    vt_buf_truncate(&batch->bytes, len);
    if (!is_ok)
        return false;
    slot->at += round_up(len);
    slot->end += batch->count;
    return true;
}
