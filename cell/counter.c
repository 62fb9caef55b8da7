/* Totals on the disk: replaced whole, so a kill leaves the old ones or the new ones. */
#include "cell/counter.h"

#define TOTALS_FILE "totals.json"

enum { TOTALS_BYTES_MAX = 16 << 10 };

struct vt_counter {
    struct vt_disk *disk; /* locked */
    json_t *json;         /* that counts.cell points into; NULL: into the caller's text */
    struct vt_counts counts;
};

static bool read_totals(struct vt_disk *disk, struct vt_counts *out, json_t **json_out,
                        struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(TOTALS_BYTES_MAX);
    VT_AUTO_JSON json = NULL;

    if (!vt_disk_read(disk, TOTALS_FILE, &text, err))
        return false;
    if (!vt_json_parse_canonical(vt_buf_slice(&text), TOTALS_FILE, &json, err) ||
        !vt_counts_read(json, out, err))
        return vt_within(err, "%s/" TOTALS_FILE, vt_disk_path(disk));
    *json_out = json_incref(json);
    return true;
}

static bool begin(struct vt_counter *counter, const char *cell, struct vt_error *err)
{
    struct vt_disk *disk = counter->disk;

    counter->counts = (struct vt_counts){ .cell = vt_slice_from_cstr(cell), .number = 1 };
    if (!vt_disk_lock(disk, err) || !vt_disk_sweep(disk, "", err))
        return false;
    if (!vt_disk_has(disk, TOTALS_FILE))
        return true;
    if (!read_totals(disk, &counter->counts, &counter->json, err))
        return false;
    return vt_slice_is(counter->counts.cell, cell) ||
           vt_fail(err, VT_REJECTED, "%s: counts for cell %.*s, not for %s",
                   vt_disk_path(disk), VT_SLICE_ARGS(counter->counts.cell), cell);
}

bool vt_counter_open(const char *dir, const char *cell, struct vt_counter **out,
                     struct vt_error *err)
{
    struct vt_counter *counter = vt_alloc(sizeof *counter);

    if (vt_disk_open(dir, true, &counter->disk, err) && begin(counter, cell, err)) {
        *out = counter;
        return true;
    }
    vt_counter_close(counter);
    return false;
}

void vt_counter_close(struct vt_counter *counter)
{
    if (counter == NULL)
        return;
    json_decref(counter->json);
    vt_disk_close(counter->disk);
    free(counter);
}

static void grow(uint64_t *total, uint64_t more)
{
    *total = more > VT_JSON_INTEGER_MAX - *total ? VT_JSON_INTEGER_MAX : *total + more;
}

bool vt_counter_add(struct vt_counter *counter, const struct vt_count_growth *growth,
                    int64_t now_unix_s, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(TOTALS_BYTES_MAX);
    VT_AUTO_JSON json = NULL;
    struct vt_counts *counts = &counter->counts;

    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            grow(&counts->totals[data][reason], growth->more[data][reason]);
    if (now_unix_s > counts->until_unix_s)
        counts->until_unix_s = now_unix_s;
    return vt_counts_write(counts, &json, err) &&
           vt_json_write_canonical(json, &text, err) &&
           vt_disk_write(counter->disk, TOTALS_FILE, vt_buf_slice(&text), 0600, err);
}

bool vt_counter_read(const char *dir, struct vt_counts *out, json_t **json_out,
                     struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = read_totals(disk, out, json_out, err);
    vt_disk_close(disk);
    if (!is_ok && err->code == VT_ABSENT)
        return vt_fail(err, VT_ABSENT, "%s: nothing was counted there yet", dir);
    return is_ok;
}

/* ---- messages ---------------------------------------------------------------------------
 */

void vt_count_growth_write(const struct vt_count_growth *growth, struct vt_buf *out)
{
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            vt_buf_put_u64(out, growth->more[data][reason]);
}

bool vt_count_growth_read(vt_slice body, struct vt_count_growth *out)
{
    vt_reader r = { body };
    struct vt_count_growth growth;

    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            if (!vt_read_u64(&r, &growth.more[data][reason]) ||
                growth.more[data][reason] > VT_JSON_INTEGER_MAX)
                return false;
    if (!vt_read_end(&r))
        return false;
    *out = growth;
    return true;
}
