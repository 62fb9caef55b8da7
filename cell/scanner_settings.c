/* A scanner's settings: which must be said, and the numbers among them. */
#include "cell/scanner_settings.h"

enum {
    BATCH = 64,
    LEASE_S = 60, /* of what was taken and not noted: a noted batch has all the time */
    VALID_S = 1800,
    VALID_S_MAX = 86400,
    IDLE_S = 2,
    IDLE_S_MAX = 3600,
};

static const char *const NAMES[VT_SCANNER_SETTINGS] = {
    [VT_SCANNER_SAMPLES] = "samples",
    [VT_SCANNER_PUBLISHED] = "published",
    [VT_SCANNER_STATE] = "state",
    [VT_SCANNER_RULES] = "rules",
    [VT_SCANNER_CLAMAV] = "clamav",
    [VT_SCANNER_TRUST] = "trust",
    [VT_SCANNER_POLICY] = "policy",
    [VT_SCANNER_ENROLMENTS] = "enrolments",
    [VT_SCANNER_LEDGER] = "ledger",
    [VT_SCANNER_TOKEN_FILE] = "token-file",
    [VT_SCANNER_AGENT] = "agent",
    [VT_SCANNER_KEY] = "key",
    [VT_SCANNER_ROLE_KEY] = "role-key",
    [VT_SCANNER_ANSWER_KEY] = "answer-key",
    [VT_SCANNER_PASSPHRASE_FILE] = "passphrase-file",
    [VT_SCANNER_LIMITS] = "limits",
    [VT_SCANNER_WORKERS] = "workers",
    [VT_SCANNER_BATCH] = "batch",
    [VT_SCANNER_LEASE] = "lease",
    [VT_SCANNER_VALID] = "valid",
    [VT_SCANNER_IDLE] = "idle",
};
static const struct vt_settings_form FORM = { "scanner", NAMES, VT_SCANNER_SETTINGS };

static const enum vt_scanner_setting NEEDED[] = {
    VT_SCANNER_SAMPLES, VT_SCANNER_PUBLISHED, VT_SCANNER_STATE,      VT_SCANNER_TRUST,
    VT_SCANNER_POLICY,  VT_SCANNER_LEDGER,    VT_SCANNER_AGENT,      VT_SCANNER_ENROLMENTS,
    VT_SCANNER_KEY,     VT_SCANNER_ROLE_KEY,  VT_SCANNER_ANSWER_KEY,
};

const char *vt_scanner_setting_name(enum vt_scanner_setting setting)
{
    return NAMES[setting];
}

void vt_scanner_settings_clear(struct vt_scanner_settings *settings)
{
    vt_settings_clear(&FORM, settings->values);
}

static bool check_needed(const struct vt_scanner_settings *settings, struct vt_error *err)
{
    for (size_t i = 0; i < sizeof NEEDED / sizeof NEEDED[0]; i++)
        if (settings->values[NEEDED[i]] == NULL)
            return vt_fail(err, VT_MALFORMED, "'%s' is not set", NAMES[NEEDED[i]]);
    if (settings->values[VT_SCANNER_RULES] == NULL &&
        settings->values[VT_SCANNER_CLAMAV] == NULL)
        return vt_fail(err, VT_MALFORMED,
                       "set 'rules', 'clamav' or both: without them nothing can be found");
    return true;
}

static bool take_number(const struct vt_scanner_settings *settings,
                        enum vt_scanner_setting which, uint64_t max, uint64_t *out,
                        struct vt_error *err)
{
    const char *text = settings->values[which];
    uint64_t value;

    if (text == NULL)
        return true;
    if (!vt_decimal_parse(vt_slice_from_cstr(text), &value) || value < 1 || value > max)
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is no number from 1 to %ju",
                       NAMES[which], text, (uintmax_t)max);
    *out = value;
    return true;
}

static bool take_duration(const struct vt_scanner_settings *settings,
                          enum vt_scanner_setting which, int64_t max_s, int64_t *out,
                          struct vt_error *err)
{
    const char *text = settings->values[which];
    int64_t value;

    if (text == NULL)
        return true;
    if (!vt_duration_parse(vt_slice_from_cstr(text), &value) || value < 1 || value > max_s)
        return vt_fail(err, VT_MALFORMED,
                       "%s: '%s' is no time from 1s to %jds, say 90s or 15m", NAMES[which],
                       text, (intmax_t)max_s);
    *out = value;
    return true;
}

static bool take_numbers(struct vt_scanner_settings *s, struct vt_error *err)
{
    const char *limits = s->values[VT_SCANNER_LIMITS];
    uint64_t workers = 0, batch = BATCH;
    int64_t lease_s = LEASE_S, valid_s = VALID_S;

    s->limits = vt_scan_limits_default();
    s->idle_s = IDLE_S;
    if (limits != NULL &&
        !vt_scan_limits_parse(vt_slice_from_cstr(limits), &s->limits, err))
        return vt_within(err, "limits");
    if (!take_number(s, VT_SCANNER_WORKERS, VT_SCAN_WORKERS_MAX, &workers, err) ||
        !take_number(s, VT_SCANNER_BATCH, VT_SCAN_BATCH_MAX, &batch, err) ||
        !take_duration(s, VT_SCANNER_LEASE, VT_QUEUE_LEASE_S_MAX, &lease_s, err) ||
        !take_duration(s, VT_SCANNER_VALID, VALID_S_MAX, &valid_s, err) ||
        !take_duration(s, VT_SCANNER_IDLE, IDLE_S_MAX, &s->idle_s, err))
        return false;
    s->workers = (unsigned)workers; /* all are bounded above */
    s->batch_max = (size_t)batch;
    s->lease_s = (uint32_t)lease_s;
    s->valid_s = (uint32_t)valid_s;
    return true;
}

bool vt_scanner_settings_parse(vt_slice text, struct vt_scanner_settings *out,
                               struct vt_error *err)
{
    struct vt_scanner_settings settings = { .values = { NULL } };

    if (!vt_settings_parse(text, &FORM, settings.values, err))
        return false;
    if (!check_needed(&settings, err) || !take_numbers(&settings, err)) {
        vt_scanner_settings_clear(&settings);
        return false;
    }
    *out = settings;
    return true;
}
