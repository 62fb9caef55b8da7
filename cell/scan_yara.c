/* libyara, in a confined worker.  One scanner is kept for all files: to make one costs as
 * much as to scan a small file. */
#include "cell/scan_engine.h"
#include "line/libyara.h"

struct vt_scan_yara {
    YR_RULES *rules;
    YR_SCANNER *scanner;
    struct vt_scan_outcome *outcome; /* of the scan that runs */
};

void vt_scan_yara_begin(void)
{
    vt_dynlib_need(&vt_libyara);
    VT_ASSERT(sym_yr_initialize() == ERROR_SUCCESS);
}

const char *vt_scan_yara_version(void)
{
    return "yara " YR_VERSION;
}

static bool is_suspicious(YR_RULE *rule)
{
    YR_META *meta;

    yr_rule_metas_foreach(rule, meta)
    {
        if (meta->type == META_TYPE_BOOLEAN && meta->integer != 0 &&
            strcmp(meta->identifier, "suspicious") == 0)
            return true;
    }
    return false;
}

static int on_message(YR_SCAN_CONTEXT *scan, int message, void *data, void *context)
{
    struct vt_scan_yara *yara = context;
    YR_RULE *rule = data;

    (void)scan;
    if (message == CALLBACK_MSG_RULE_MATCHING)
        vt_scan_outcome_found(yara->outcome, VT_SCAN_BY_YARA,
                              vt_slice_from_cstr(rule->identifier), is_suspicious(rule));
    return CALLBACK_CONTINUE;
}

static size_t read_slice(void *out, size_t size, size_t count, void *context)
{
    vt_reader *r = context;
    vt_slice got;
    size_t len;

    if (__builtin_mul_overflow(size, count, &len) || !vt_read_bytes(r, len, &got))
        return 0;
    if (len != 0)
        memcpy(out, got.data, len);
    return count;
}

bool vt_scan_yara_open(vt_slice compiled, struct vt_scan_yara **out, struct vt_error *err)
{
    vt_reader r = { compiled };
    YR_STREAM stream = { .user_data = &r, .read = read_slice };
    struct vt_scan_yara *yara = vt_alloc(sizeof *yara);

    if (sym_yr_rules_load_stream(&stream, &yara->rules) != ERROR_SUCCESS) {
        free(yara);
        return vt_fail(err, VT_MALFORMED, "libyara cannot load the compiled rules");
    }
    if (sym_yr_scanner_create(yara->rules, &yara->scanner) != ERROR_SUCCESS) {
        vt_scan_yara_close(yara);
        return vt_fail(err, VT_IO, "libyara has no memory for a scanner");
    }
    sym_yr_scanner_set_callback(yara->scanner, on_message, yara);
    sym_yr_scanner_set_flags(yara->scanner,
                             SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
    *out = yara;
    return true;
}

void vt_scan_yara_close(struct vt_scan_yara *yara)
{
    if (yara == NULL)
        return;
    if (yara->scanner != NULL)
        sym_yr_scanner_destroy(yara->scanner);
    (void)sym_yr_rules_destroy(yara->rules);
    free(yara);
}

void vt_scan_yara_look(struct vt_scan_yara *yara, vt_slice bytes, int64_t time_ms,
                       struct vt_scan_outcome *outcome)
{
    /* 0 would be no limit. */
    int seconds = time_ms < 1000 ? 1 : (int)(time_ms / 1000);
    int status;

    yara->outcome = outcome;
    sym_yr_scanner_set_timeout(yara->scanner, seconds);
    status = sym_yr_scanner_scan_mem(
        yara->scanner, bytes.data != NULL ? bytes.data : (const uint8_t *)"", bytes.len);
    yara->outcome = NULL;
    if (status == ERROR_SCAN_TIMEOUT)
        outcome->limits |= VT_SCAN_LIMIT_TIME;
    else if (status == ERROR_INSUFFICIENT_MEMORY)
        outcome->limits |= VT_SCAN_LIMIT_MEMORY;
    else if (status != ERROR_SUCCESS)
        outcome->failed |= VT_SCAN_BY_YARA;
    else
        outcome->looked |= VT_SCAN_BY_YARA;
}
