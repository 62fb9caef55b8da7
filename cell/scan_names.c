/* The words of states, limits and engines, and how limits are given. */
#include "cell/scan.h"

static const char *const state_names[VT_SCAN_STATES] = {
    "unknown", "clean", "suspicious", "malicious", "not-fully-scanned", "engine-failed",
};

static const char *const limit_names[] = {
    "bytes",  "ratio",     "members",     "depth",   "time",
    "memory", "encrypted", "unsupported", "damaged", "engine",
};

static const char *const engine_names[] = { "yara", "clamav", "unpacker", "worker" };

const char *vt_scan_state_name(enum vt_scan_state state)
{
    return state < VT_SCAN_STATES ? state_names[state] : "none";
}

static const char *name_of_bit(unsigned bit, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bit == 1u << i)
            return names[i];
    return NULL;
}

const char *vt_scan_limit_name(unsigned bit)
{
    return name_of_bit(bit, limit_names, sizeof limit_names / sizeof limit_names[0]);
}

const char *vt_scan_engine_name(unsigned bit)
{
    return name_of_bit(bit, engine_names, sizeof engine_names / sizeof engine_names[0]);
}

/* The figures are those of clamd where it has one, so that verdicts can be compared. */
struct vt_scan_limits vt_scan_limits_default(void)
{
    return (struct vt_scan_limits){ .bytes_max = VT_MIB(400),
                                    .file_bytes_max = VT_MIB(100),
                                    .ratio_max = 200,
                                    .ratio_free_bytes = VT_MIB(64),
                                    .members_max = 10000,
                                    .depth_max = 16,
                                    .time_ms_max = 120000,
                                    .memory_bytes_max = VT_MIB(1536) };
}

enum unit { UNIT_BYTES, UNIT_NUMBER, UNIT_TIME };

static const struct {
    const char *word;
    size_t offset;
    enum unit unit;
    uint64_t least, most;
} settings[] = {
    { "bytes", offsetof(struct vt_scan_limits, bytes_max), UNIT_BYTES, 0, VT_MIB(2048) },
    { "file-bytes", offsetof(struct vt_scan_limits, file_bytes_max), UNIT_BYTES, 1,
      VT_MIB(1024) },
    { "ratio", offsetof(struct vt_scan_limits, ratio_max), UNIT_NUMBER, 1, 1000000 },
    { "ratio-free", offsetof(struct vt_scan_limits, ratio_free_bytes), UNIT_BYTES, 0,
      VT_MIB(2048) },
    { "members", offsetof(struct vt_scan_limits, members_max), UNIT_NUMBER, 0, 1000000 },
    { "depth", offsetof(struct vt_scan_limits, depth_max), UNIT_NUMBER, 0, 64 },
    { "time", offsetof(struct vt_scan_limits, time_ms_max), UNIT_TIME, 1000, 600000 },
    { "memory", offsetof(struct vt_scan_limits, memory_bytes_max), UNIT_BYTES, VT_MIB(64),
      VT_MIB(6144) },
};

/* "100M" and its kin; plain digits are bytes. */
static bool parse_bytes(vt_slice text, uint64_t *out)
{
    static const char letters[] = "KMG";
    const char *unit;
    unsigned shift = 0;

    if (text.len > 1) {
        unit = memchr(letters, text.data[text.len - 1], 3);
        if (unit != NULL) {
            shift = 10 * (unsigned)(unit - letters + 1);
            text.len--;
        }
    }
    return vt_decimal_parse(text, out) &&
           !__builtin_mul_overflow(*out, UINT64_C(1) << shift, out);
}

static bool parse_value(vt_slice text, enum unit unit, uint64_t *out)
{
    int64_t seconds;

    if (unit == UNIT_BYTES)
        return parse_bytes(text, out);
    if (unit == UNIT_NUMBER)
        return vt_decimal_parse(text, out);
    if (!vt_duration_parse(text, &seconds) || seconds < 0 || seconds > INT32_MAX)
        return false;
    *out = (uint64_t)seconds * 1000;
    return true;
}

static bool parse_setting(vt_slice part, struct vt_scan_limits *limits,
                          struct vt_error *err)
{
    vt_reader r = { part };
    vt_slice word;
    uint64_t value;

    if (!vt_read_until(&r, '=', &word))
        return vt_fail(err, VT_MALFORMED, "limit '%.*s': write it as WORD=VALUE",
                       VT_SLICE_ARGS(part));
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (!vt_slice_is(word, settings[i].word))
            continue;
        if (!parse_value(r.rest, settings[i].unit, &value))
            return vt_fail(err, VT_MALFORMED, "limit '%.*s': cannot read its value",
                           VT_SLICE_ARGS(part));
        if (value < settings[i].least || value > settings[i].most)
            return vt_fail(err, VT_LIMIT, "limit '%.*s': from %ju to %ju is possible",
                           VT_SLICE_ARGS(part), (uintmax_t)settings[i].least,
                           (uintmax_t)settings[i].most);
        memcpy((uint8_t *)limits + settings[i].offset, &value, sizeof value);
        return true;
    }
    return vt_fail(err, VT_MALFORMED,
                   "limit '%.*s': there are bytes, file-bytes, ratio, ratio-free, members, "
                   "depth, time and memory",
                   VT_SLICE_ARGS(part));
}

bool vt_scan_limits_parse(vt_slice text, struct vt_scan_limits *limits,
                          struct vt_error *err)
{
    struct vt_scan_limits changed = *limits;
    vt_reader r = { text };
    vt_slice part;

    while (vt_read_until(&r, ',', &part))
        if (!parse_setting(part, &changed, err))
            return false;
    if (!parse_setting(r.rest, &changed, err))
        return false;
    *limits = changed;
    return true;
}
