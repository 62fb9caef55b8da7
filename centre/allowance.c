/* See allowance.h. */
#include "centre/allowance.h"
#include "crypto/sha256.h"
#include "wire/hex.h"
#include "wire/json.h"

enum { DAY_S = 86400, TAKEN_BYTES_MAX = 4096 };

struct taken {
    uint64_t day, bytes, lines;
};

static const char *path_of(struct vt_arena *arena, vt_slice reviewer)
{
    vt_hash hash = vt_sha256_of(reviewer);
    char hex[VT_HEX256_BYTES];

    vt_hash_text(&hash, hex);
    return vt_arena_printf(arena, VT_CENTRE_TAKEN "/%s.json", hex);
}

static bool parse(const json_t *json, const char *path, struct taken *out,
                  struct vt_error *err)
{
    static const char *const names[] = { "v", "day", "bytes", "lines", NULL };

    return vt_json_only(json, path, names, err) &&
           vt_json_get_number(json, path, "day", &out->day, err) &&
           vt_json_get_number(json, path, "bytes", &out->bytes, err) &&
           vt_json_get_number(json, path, "lines", &out->lines, err);
}

static bool read_taken(struct vt_disk *disk, const char *path, struct taken *out,
                       struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(TAKEN_BYTES_MAX);
    VT_AUTO_JSON json = NULL;

    *out = (struct taken){ 0 };
    if (!vt_disk_read(disk, path, &text, err)) {
        if (err->code != VT_ABSENT)
            return false;
        *err = (struct vt_error){ 0 };
        return true;
    }
    return vt_json_parse_canonical(vt_buf_slice(&text), path, &json, err) &&
           parse(json, path, out, err);
}

static bool write_taken(struct vt_disk *disk, const char *path, const struct taken *taken,
                        struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(TAKEN_BYTES_MAX);
    VT_AUTO_JSON json =
        json_pack("{s:i,s:I,s:I,s:I}", "v", 1, "day", (json_int_t)taken->day, "bytes",
                  (json_int_t)taken->bytes, "lines", (json_int_t)taken->lines);

    return vt_json_write_canonical(json, &text, err) &&
           vt_disk_write(disk, path, vt_buf_slice(&text), 0600, err);
}

static uint64_t left(uint64_t of, uint64_t taken)
{
    return taken < of ? of - taken : 0;
}

/* A clock that went back opens no new day. */
bool vt_allowance_take(struct vt_disk *disk, vt_slice reviewer, int64_t now_unix_s,
                       const struct vt_allowance *a_day, const struct vt_allowance *wanted,
                       struct vt_allowance *left_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = path_of(arena, reviewer);
    uint64_t today = (uint64_t)now_unix_s / DAY_S;
    struct vt_allowance rest;
    struct taken taken;

    if (!read_taken(disk, path, &taken, err))
        return false;
    if (today > taken.day)
        taken = (struct taken){ .day = today };
    rest = (struct vt_allowance){ left(a_day->bytes, taken.bytes),
                                  left(a_day->lines, taken.lines) };
    if (wanted->bytes > rest.bytes || wanted->lines > rest.lines)
        return vt_fail(err, VT_REJECTED,
                       "this is %ju bytes with %ju quoted lines, and %ju bytes with %ju "
                       "lines are left to you today (UTC): choose less, or come back",
                       (uintmax_t)wanted->bytes, (uintmax_t)wanted->lines,
                       (uintmax_t)rest.bytes, (uintmax_t)rest.lines);
    taken.bytes += wanted->bytes;
    taken.lines += wanted->lines;
    if (!write_taken(disk, path, &taken, err))
        return false;
    *left_out =
        (struct vt_allowance){ rest.bytes - wanted->bytes, rest.lines - wanted->lines };
    return true;
}
