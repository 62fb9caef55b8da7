/* The witness's memory; the header draws the file. */
#include "ledger/witness_memory.h"
#include "store/disk.h"

#define FILE_NAME "cosigned"

enum {
    RECORD_BYTES = 256,
    CHECK_BYTES = RECORD_BYTES - 16 - VT_WITNESS_SEEN_BYTES,
    SLOTS = 2048, /* in a half: every log, and a batch */
    HALF_BYTES = SLOTS * RECORD_BYTES,
    BATCH_MAX = 1024,
};

struct vt_witness_memory {
    struct vt_disk *disk;
    struct vt_disk_file *file; /* NULL: only looking */
    struct vt_witness_seen seen[VT_WITNESS_MEMORY_LOGS_MAX];
    size_t count;
    uint64_t used;       /* slots */
    struct vt_buf batch; /* records that are put and not yet durable */
    uint64_t batch_count;
};

/* ---- records ----------------------------------------------------------------------------
 */

static bool read_exact(vt_reader *r, void *out, size_t len)
{
    vt_slice bytes;

    if (!vt_read_bytes(r, len, &bytes))
        return false;
    memcpy(out, bytes.data, len);
    return true;
}

void vt_witness_seen_write(struct vt_buf *out, const struct vt_witness_seen *seen)
{
    vt_buf_put(out, vt_hash_slice(&seen->log));
    vt_buf_put_u64(out, seen->size);
    vt_buf_put(out, vt_hash_slice(&seen->root));
    vt_buf_put_u32(out, seen->key_id);
    vt_buf_put(out, VT_BYTES(seen->log_signature));
    vt_buf_put_u64(out, (uint64_t)seen->time_unix_s); /* > 0 */
    vt_buf_put(out, VT_BYTES(seen->cosignature));
}

bool vt_witness_seen_read(vt_reader *r, struct vt_witness_seen *out)
{
    uint64_t time_unix_s;

    if (!read_exact(r, &out->log, sizeof out->log) || !vt_read_u64(r, &out->size) ||
        !read_exact(r, &out->root, sizeof out->root) || !vt_read_u32(r, &out->key_id) ||
        !read_exact(r, out->log_signature, sizeof out->log_signature) ||
        !vt_read_u64(r, &time_unix_s) || time_unix_s == 0 || time_unix_s > INT64_MAX ||
        !read_exact(r, out->cosignature, sizeof out->cosignature))
        return false;
    out->time_unix_s = (int64_t)time_unix_s;
    return true;
}

struct record {
    uint64_t place;       /* its slot */
    uint64_t batch_first; /* all slots before this one were durable when it was written */
    struct vt_witness_seen seen;
};

static void write_check(vt_slice body, uint8_t out[CHECK_BYTES])
{
    static const char label[] = "vitrine/witness-memory/v1\n";
    struct vt_sha256 state;
    vt_hash hash;

    vt_sha256_init(&state);
    vt_sha256_add(&state, vt_slice_of(label, sizeof label - 1));
    vt_sha256_add(&state, body);
    vt_sha256_end(&state, &hash);
    memcpy(out, hash.bytes, CHECK_BYTES);
}

static void write_record(struct vt_buf *out, const struct record *record)
{
    uint8_t check[CHECK_BYTES];
    size_t start = out->len;

    vt_buf_put_u64(out, record->place);
    vt_buf_put_u64(out, record->batch_first);
    vt_witness_seen_write(out, &record->seen);
    VT_ASSERT(!out->is_full && out->len - start == RECORD_BYTES - CHECK_BYTES);
    write_check(vt_slice_of(out->data + start, out->len - start), check);
    vt_buf_put(out, VT_BYTES(check));
}

/* Is there a whole record in this slot? */
static bool read_record(const uint8_t *slot, uint64_t place, struct record *out)
{
    static const uint8_t nothing[RECORD_BYTES];
    vt_reader r = { vt_slice_of(slot, RECORD_BYTES - CHECK_BYTES) };
    uint8_t check[CHECK_BYTES];

    if (memcmp(slot, nothing, RECORD_BYTES) == 0)
        return false; /* most are; hashing them all takes its time */
    write_check(r.rest, check);
    if (memcmp(check, slot + r.rest.len, CHECK_BYTES) != 0 ||
        !vt_read_u64(&r, &out->place) || !vt_read_u64(&r, &out->batch_first) ||
        !vt_witness_seen_read(&r, &out->seen) || !vt_read_end(&r))
        return false;
    return out->place == place && out->batch_first <= place;
}

/* ---- in memory --------------------------------------------------------------------------
 */

static struct vt_witness_seen *find(struct vt_witness_memory *memory, const vt_hash *log)
{
    for (size_t i = 0; i < memory->count; i++)
        if (vt_hash_equal(&memory->seen[i].log, log))
            return &memory->seen[i];
    return NULL;
}

const struct vt_witness_seen *vt_witness_memory_find(const struct vt_witness_memory *memory,
                                                     const vt_hash *log)
{
    return find((struct vt_witness_memory *)(uintptr_t)memory, log);
}

size_t vt_witness_memory_count(const struct vt_witness_memory *memory)
{
    return memory->count;
}

const struct vt_witness_seen *vt_witness_memory_at(const struct vt_witness_memory *memory,
                                                   size_t i)
{
    return i < memory->count ? &memory->seen[i] : NULL;
}

/* Never smaller, and never another tree of the same size. */
static bool grows_out_of(const struct vt_witness_seen *next,
                         const struct vt_witness_seen *last)
{
    return next->size > last->size ||
           (next->size == last->size && vt_hash_equal(&next->root, &last->root));
}

/* False if it contradicts what is there, or there is no room. */
static bool remember(struct vt_witness_memory *memory, const struct vt_witness_seen *seen)
{
    struct vt_witness_seen *at = find(memory, &seen->log);

    if (at == NULL) {
        if (memory->count == VT_WITNESS_MEMORY_LOGS_MAX)
            return false;
        memory->seen[memory->count++] = *seen;
        return true;
    }
    if (!grows_out_of(seen, at))
        return false;
    *at = *seen;
    return true;
}

/* ---- reading ----------------------------------------------------------------------------
 */

static bool fail_damaged(const struct vt_witness_memory *memory, const char *how,
                         struct vt_error *err)
{
    return vt_fail(err, VT_REJECTED,
                   "%s/" FILE_NAME " is damaged (%s); restore the newest copy, or retire "
                   "this witness's key",
                   vt_disk_path(memory->disk), how);
}

enum slot { SLOT_EMPTY, SLOT_WHOLE, SLOT_TWO };

/* What both halves say of one slot. */
static enum slot read_slot(const uint8_t *bytes, uint64_t place, struct record *out)
{
    const uint8_t *a = bytes + place * RECORD_BYTES, *b = a + HALF_BYTES;
    struct record other;

    if (!read_record(a, place, out))
        return read_record(b, place, out) ? SLOT_WHOLE : SLOT_EMPTY;
    return read_record(b, place, &other) && memcmp(a, b, RECORD_BYTES) != 0 ? SLOT_TWO
                                                                            : SLOT_WHOLE;
}

/* Behind slot `end`, which holds nothing: a batch that was cut off may have left records
 * there, but none that was begun after `end` had become durable. */
static bool check_rest(struct vt_witness_memory *memory, const uint8_t *bytes, uint64_t end,
                       struct vt_error *err)
{
    for (uint64_t place = end + 1; place < SLOTS; place++) {
        struct record record;
        enum slot what = read_slot(bytes, place, &record);

        if (what == SLOT_TWO || (what == SLOT_WHOLE && record.batch_first > end))
            return fail_damaged(memory, "a record in the middle is unreadable", err);
    }
    return true;
}

static bool take_records(struct vt_witness_memory *memory, const uint8_t *bytes,
                         struct vt_error *err)
{
    for (uint64_t place = 0; place < SLOTS; place++) {
        struct record record;

        switch (read_slot(bytes, place, &record)) {
        case SLOT_EMPTY:
            memory->used = place;
            return check_rest(memory, bytes, place, err);
        case SLOT_TWO:
            return fail_damaged(memory, "its halves contradict each other", err);
        case SLOT_WHOLE:
            if (!remember(memory, &record.seen))
                return fail_damaged(memory, "a record contradicts an earlier one", err);
        }
    }
    memory->used = SLOTS;
    return true;
}

static bool take_file(struct vt_witness_memory *memory, const struct vt_buf *bytes,
                      struct vt_error *err)
{
    if (bytes->len != 2 * HALF_BYTES)
        return fail_damaged(memory, "its length is wrong", err);
    return take_records(memory, bytes->data, err);
}

/* ---- writing ----------------------------------------------------------------------------
 */

/* The whole file anew, with the last record of each log.  It is replaced in one step. */
static bool write_file(struct vt_witness_memory *memory, struct vt_error *err)
{
    VT_AUTO_BUF half = vt_buf_init(HALF_BYTES), whole = vt_buf_init(2 * HALF_BYTES);
    uint8_t *zeros;

    for (uint64_t i = 0; i < memory->count; i++)
        write_record(&half, &(struct record){ i, i, memory->seen[i] });
    zeros = vt_buf_extend(&half, HALF_BYTES - half.len);
    VT_ASSERT(zeros != NULL);
    memset(zeros, 0, (size_t)(half.data + half.len - zeros));
    vt_buf_put(&whole, vt_buf_slice(&half));
    vt_buf_put(&whole, vt_buf_slice(&half));
    if (!vt_buf_check(&whole, FILE_NAME, err) ||
        !vt_disk_write(memory->disk, FILE_NAME, vt_buf_slice(&whole), 0600, err))
        return false;
    memory->used = memory->count;
    return true;
}

/* Replace the file and open the new one. */
static bool renew(struct vt_witness_memory *memory, struct vt_error *err)
{
    vt_disk_file_close(memory->file);
    memory->file = NULL;
    return write_file(memory, err) &&
           vt_disk_file_open(memory->disk, FILE_NAME, &memory->file, err);
}

bool vt_witness_memory_put(struct vt_witness_memory *memory,
                           const struct vt_witness_seen *seen, struct vt_error *err)
{
    const struct vt_witness_seen *last = find(memory, &seen->log);

    VT_ASSERT(memory->file != NULL && memory->batch_count < BATCH_MAX);
    VT_ASSERT(seen->time_unix_s > 0 && (last == NULL || grows_out_of(seen, last)));
    if (!remember(memory, seen))
        return vt_fail(err, VT_LIMIT, "a witness remembers at most %d logs",
                       VT_WITNESS_MEMORY_LOGS_MAX);
    write_record(&memory->batch, &(struct record){ memory->used + memory->batch_count,
                                                   memory->used, *seen });
    memory->batch_count++;
    return true;
}

static bool append(struct vt_witness_memory *memory, struct vt_error *err)
{
    uint64_t at = memory->used * RECORD_BYTES;
    vt_slice batch = vt_buf_slice(&memory->batch);

    if (!vt_disk_file_write_at(memory->file, at, batch, err) ||
        !vt_disk_file_write_at(memory->file, HALF_BYTES + at, batch, err) ||
        !vt_disk_file_sync(memory->file, err))
        return false;
    memory->used += memory->batch_count;
    return true;
}

bool vt_witness_memory_commit(struct vt_witness_memory *memory, struct vt_error *err)
{
    if (memory->batch_count == 0)
        return true;
    if (!(memory->batch_count <= SLOTS - memory->used ? append(memory, err)
                                                      : renew(memory, err)))
        return false;
    vt_buf_truncate(&memory->batch, 0);
    memory->batch_count = 0;
    return true;
}

/* ---- opening ----------------------------------------------------------------------------
 */

static struct vt_witness_memory *memory_new(struct vt_disk *disk)
{
    struct vt_witness_memory *memory = vt_alloc(sizeof *memory);

    memory->disk = disk;
    memory->batch = vt_buf_init((size_t)BATCH_MAX * RECORD_BYTES);
    return memory;
}

void vt_witness_memory_close(struct vt_witness_memory *memory)
{
    if (memory == NULL)
        return;
    vt_disk_file_close(memory->file);
    vt_disk_close(memory->disk);
    vt_buf_clear(&memory->batch);
    free(memory);
}

void vt_witness_memory_close_pointer(struct vt_witness_memory **memory)
{
    vt_witness_memory_close(*memory);
}

bool vt_witness_memory_init(const char *folder, struct vt_error *err)
{
    struct vt_disk *disk;
    VT_AUTO_WITNESS_MEMORY there = NULL;
    VT_AUTO_WITNESS_MEMORY fresh = NULL;

    if (!vt_disk_open(folder, true, &disk, err))
        return false;
    fresh = memory_new(disk);
    if (!vt_disk_has(disk, FILE_NAME))
        return write_file(fresh, err);
    if (!vt_witness_memory_read(folder, &there, err))
        return false;
    if (there->count != 0)
        return vt_fail(
            err, VT_REJECTED,
            "%s: a witness has cosigned with this memory; it is not for a new one", folder);
    return vt_disk_keep(disk, FILE_NAME, err);
}

static bool fail_missing(const char *folder, struct vt_error *err)
{
    return vt_fail(err, VT_REJECTED,
                   "%s/" FILE_NAME " is missing: the witness does not know what it "
                   "cosigned; restore the newest copy, or retire its key",
                   folder);
}

/* Through an open file, so that we read what is on the disk (see store/DESIGN.md). */
static bool read_for_writing(struct vt_witness_memory *memory, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(2 * HALF_BYTES + 1);
    uint8_t *at = vt_buf_extend(&bytes, 2 * HALF_BYTES + 1);
    size_t got = 0;

    VT_ASSERT(at != NULL);
    if (!vt_disk_file_open(memory->disk, FILE_NAME, &memory->file, err) ||
        !vt_disk_file_read_at(memory->file, 0, at, bytes.len, &got, err))
        return false;
    vt_buf_truncate(&bytes, got);
    return take_file(memory, &bytes, err);
}

bool vt_witness_memory_open(const char *folder, struct vt_witness_memory **memory_out,
                            struct vt_error *err)
{
    struct vt_disk *disk;
    VT_AUTO_WITNESS_MEMORY memory = NULL;

    if (!vt_disk_open(folder, false, &disk, err))
        return false;
    memory = memory_new(disk);
    if (!vt_disk_lock(disk, err))
        return false;
    if (!vt_disk_has(disk, FILE_NAME))
        return fail_missing(folder, err);
    /* What a batch that was cut off left behind must not be taken for ours later, and one
     * damaged half must not wait for the other: begin with a fresh file. */
    if (!vt_disk_sweep(disk, "", err) || !read_for_writing(memory, err) ||
        !renew(memory, err))
        return false;
    *memory_out = memory;
    memory = NULL;
    return true;
}

bool vt_witness_memory_read(const char *folder, struct vt_witness_memory **memory_out,
                            struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(2 * HALF_BYTES + 1);
    struct vt_disk *disk;
    VT_AUTO_WITNESS_MEMORY memory = NULL;

    if (!vt_disk_open(folder, false, &disk, err))
        return false;
    memory = memory_new(disk);
    if (!vt_disk_read(disk, FILE_NAME, &bytes, err))
        return err->code == VT_ABSENT ? fail_missing(folder, err) : false;
    if (!take_file(memory, &bytes, err))
        return false;
    *memory_out = memory;
    memory = NULL;
    return true;
}
