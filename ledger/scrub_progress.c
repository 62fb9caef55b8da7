/* How far the scrubber came, kept durably.  Losing it costs a pass begun anew and the
 * memory of the newest checkpoint; so a damaged file is no reason to stop. */
#include "ledger/ledger.h"
#include "ledger/scrub_inside.h"
#include "wire/json.h"

#define PROGRESS_NAME VT_SCRUB_FOLDER "/progress.json"

enum { PROGRESS_BYTES_MAX = 2 * VT_NOTE_BYTES_MAX };

/* Levels are written from 0: 0 for the entries, 1 for leaf hashes, and so on. */
static bool parse(vt_slice bytes, struct vt_scrub_progress *out, struct vt_error *err)
{
    static const char *const names[] = { "checkpoint", "index", "level", "pass",
                                         "time",       "v",     NULL };
    VT_AUTO_JSON json = NULL;
    uint64_t version, pass, level, index;
    int64_t time;
    vt_slice note;

    if (!vt_json_parse_canonical(bytes, PROGRESS_NAME, &json, err) ||
        !vt_json_only(json, PROGRESS_NAME, names, err) ||
        !vt_json_get_text(json, PROGRESS_NAME, "checkpoint", &note, err) ||
        !vt_json_get_number(json, PROGRESS_NAME, "index", &index, err) ||
        !vt_json_get_number(json, PROGRESS_NAME, "level", &level, err) ||
        !vt_json_get_number(json, PROGRESS_NAME, "pass", &pass, err) ||
        !vt_json_get_time(json, PROGRESS_NAME, "time", &time, err) ||
        !vt_json_get_number(json, PROGRESS_NAME, "v", &version, err))
        return false;
    if (version != 1 || pass == 0 || level > VT_TILE_LEVELS)
        return vt_fail(err, VT_MALFORMED, PROGRESS_NAME ": has no form");
    out->pass = pass;
    out->level = (int)level - 1; /* at most VT_TILE_LEVELS */
    out->index = index;
    vt_buf_put(&out->note, note);
    return true;
}

void vt_scrub_progress_load(struct vt_disk *disk, struct vt_scrub_progress *out)
{
    VT_AUTO_BUF bytes = vt_buf_init(PROGRESS_BYTES_MAX);
    struct vt_error ignored = { 0 };

    *out = (struct vt_scrub_progress){ .pass = 1,
                                       .level = VT_TILE_LEVELS - 1,
                                       .note = vt_buf_init(VT_NOTE_BYTES_MAX) };
    if (vt_disk_read(disk, PROGRESS_NAME, &bytes, &ignored))
        (void)!parse(vt_buf_slice(&bytes), out, &ignored);
}

bool vt_scrub_progress_save(struct vt_disk *disk, int64_t now_unix_s,
                            const struct vt_scrub_progress *progress, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(PROGRESS_BYTES_MAX);
    VT_AUTO_JSON json = NULL;
    char time[VT_TIME_TEXT_BYTES];

    vt_time_write(now_unix_s, time);
    json = json_pack("{s:o,s:I,s:i,s:I,s:s,s:i}", "checkpoint",
                     json_stringn((const char *)progress->note.data, progress->note.len),
                     "index", (json_int_t)progress->index, "level", progress->level + 1,
                     "pass", (json_int_t)progress->pass, "time", time, "v", 1);
    if (json == NULL)
        return vt_fail(err, VT_MALFORMED, PROGRESS_NAME ": the checkpoint is not UTF-8");
    return vt_json_write_canonical(json, &bytes, err) &&
           vt_disk_write(disk, PROGRESS_NAME, vt_buf_slice(&bytes), 0600, err);
}
