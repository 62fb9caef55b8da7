/* vitrine ledger scrub: one pass, or one after the other for ever. */
#include "cli/for_ever.h"
#include "cli/files.h"
#include "cli/ledger_verbs.h"
#include "ledger/config.h"
#include "ledger/scrub.h"
#include <time.h>

const struct vt_option vt_cli_ledger_scrub_options[] = {
    { .name = "vkey",
      .value_name = "VKEY",
      .help = "the log's verifier key; not needed for a ledger of ours" },
    { .name = "policy", .value_name = "FILE", .help = "or a tlog-policy that lists it" },
    { .name = "origin", .value_name = "NAME", .help = "which log of the policy it is" },
    { .name = "rate",
      .value_name = "BYTES",
      .help =
          "read so many a second; 0: as many as the disk gives; 10485760 if not given" },
    { .name = "repair", .help = "put right what follows from other bytes of this folder" },
    { .name = "repair-from",
      .value_name = "PLACE",
      .help = "and from another copy of the log: a folder or a URL" },
    { .name = "interval",
      .value_name = "TIME",
      .help = "begin a pass so often (1h, 7d), for ever" },
    { .name = NULL },
};

enum { FINDINGS_PRINTED_MAX = 1000, RATE_USUAL = 10 * 1024 * 1024 };

struct scrubbing {
    struct vt_scrub_options options;
    const char *dir;
    bool is_json;
    json_t *findings; /* of this pass */
    uint64_t count;
};

static const char *name_of(enum vt_scrub_repair repair)
{
    static const char *const names[] = {
        [VT_SCRUB_NOT_REPAIRED] = "no",
        [VT_SCRUB_REPAIRED_HERE] = "here",
        [VT_SCRUB_REPAIRED_MIRROR] = "copy",
    };

    return names[repair];
}

static void print_finding(void *context, const struct vt_scrub_finding *finding)
{
    struct scrubbing *s = context;
    json_t *json;

    if (s->count++ >= FINDINGS_PRINTED_MAX)
        return;
    if (!s->is_json) {
        (void)printf("%s: %s: %s%s\n", finding->file, finding->what,
                     finding->repair == VT_SCRUB_NOT_REPAIRED ? "not repaired: "
                     : finding->repair == VT_SCRUB_REPAIRED_HERE
                         ? "repaired from other bytes here"
                         : "repaired from the other copy",
                     finding->why_not != NULL ? finding->why_not : "");
        (void)fflush(stdout);
        return;
    }
    json = json_pack("{s:o,s:o,s:s}", "file",
                     vt_cli_json_text(vt_slice_from_cstr(finding->file)), "what",
                     vt_cli_json_text(vt_slice_from_cstr(finding->what)), "repaired",
                     name_of(finding->repair));
    if (finding->why_not != NULL)
        (void)json_object_set_new(json, "why_not",
                                  vt_cli_json_text(vt_slice_from_cstr(finding->why_not)));
    (void)json_array_append_new(s->findings, json);
}

static void print_report(struct scrubbing *s, const struct vt_scrub_report *report)
{
    bool is_good = report->findings == report->repaired;

    if (s->is_json) {
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:I,s:I,s:I,s:b,s:I,s:I,s:I,s:O}", "ok", is_good, "pass",
            (json_int_t)report->pass, "size", (json_int_t)report->size, "files",
            (json_int_t)report->files, "bytes", (json_int_t)report->bytes, "resumed",
            report->is_resumed, "finding_count", (json_int_t)report->findings,
            "repaired_count", (json_int_t)report->repaired, "beyond",
            (json_int_t)report->beyond, "findings", s->findings));
    } else {
        if (s->count > FINDINGS_PRINTED_MAX)
            (void)printf("and %ju more\n", (uintmax_t)(s->count - FINDINGS_PRINTED_MAX));
        (void)printf("%s: pass %ju%s, %ju entries, %ju files, %ju bytes, %ju findings, "
                     "%ju of them repaired\n",
                     report->findings == 0 ? "all is as it was signed"
                     : is_good             ? "all is again as it was signed"
                                           : "not as it was signed",
                     (uintmax_t)report->pass, report->is_resumed ? " (the rest of it)" : "",
                     (uintmax_t)report->size, (uintmax_t)report->files,
                     (uintmax_t)report->bytes, (uintmax_t)report->findings,
                     (uintmax_t)report->repaired);
        if (report->beyond != 0)
            (void)printf("%ju files of entries that are not signed for yet: the writer's, "
                         "or strays (fsck)\n",
                         (uintmax_t)report->beyond);
    }
    (void)fflush(stdout);
}

static bool run_pass(struct scrubbing *s, bool *is_good_out, struct vt_error *err)
{
    struct vt_scrub_report report;
    bool is_ok;

    s->findings = json_array();
    s->count = 0;
    is_ok = vt_ledger_scrub(s->dir, &s->options, &report, err);
    if (is_ok || s->count != 0)
        print_report(s, &report);
    json_decref(s->findings);
    *is_good_out = is_ok && report.findings == report.repaired;
    return is_ok;
}

/* One pass every interval_s seconds; a longer one is followed by the next at once. */
static bool run_for_ever(struct scrubbing *s, int64_t interval_s, struct vt_error *err)
{
    vt_cli_for_ever();
    for (;;) {
        int64_t began_ms = vt_monotonic_ms(), left_ms;
        struct timespec rest;
        bool ignored;

        if (!run_pass(s, &ignored, err))
            return false;
        left_ms = interval_s * 1000 - (vt_monotonic_ms() - began_ms);
        rest = (struct timespec){ left_ms / 1000, left_ms % 1000 * 1000000 };
        if (left_ms > 0)
            (void)nanosleep(&rest, NULL);
    }
}

/* Without --vkey and --policy the folder is a ledger of ours and says itself who it is. */
static bool own_expectation(const char *dir, struct vt_arena *arena, struct vt_buf *text,
                            struct vt_policy *policy, vt_slice *origin_out,
                            struct vt_error *err)
{
    struct vt_ledger_config config;
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_ledger_config_read(disk, arena, &config, err) &&
            vt_ledger_config_verify(&config, err);
    vt_disk_close(disk);
    if (!is_ok)
        return false;
    if (config.policy.len != 0)
        vt_buf_put(text, config.policy);
    else
        vt_buf_printf(text, "log %.*s\nquorum none\n", VT_SLICE_ARGS(config.vkey));
    *origin_out = config.origin;
    return vt_buf_check(text, "the policy", err) &&
           vt_policy_parse(vt_buf_slice(text), policy, err);
}

static bool read_expectation(struct vt_args *args, const char *dir, struct vt_arena *arena,
                             struct vt_buf *text, struct vt_policy *policy,
                             vt_slice *origin_out, struct vt_error *err)
{
    if (vt_args_has(args, "vkey") || vt_args_has(args, "policy"))
        return vt_cli_ledger_expectation(args, text, policy, origin_out, err);
    return own_expectation(dir, arena, text, policy, origin_out, err);
}

bool vt_cli_ledger_scrub(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct scrubbing s = { .dir = vt_args_operand(args, 0),
                           .is_json = vt_args_is_json(args) };
    int64_t interval_s;
    bool is_good;

    s.options = (struct vt_scrub_options){ .env = vt_args_env(args),
                                           .policy = policy,
                                           .repair_from = vt_args_get(args, "repair-from"),
                                           .found = print_finding,
                                           .context = &s };
    s.options.may_repair = vt_args_has(args, "repair") || s.options.repair_from != NULL;
    if (!vt_args_number(args, "rate", RATE_USUAL, UINT32_MAX, &s.options.rate_bytes_s,
                        err) ||
        !vt_args_duration(args, "interval", 0, &interval_s, err) ||
        !read_expectation(args, s.dir, arena, &text, policy, &s.options.origin, err))
        return false;
    if (vt_args_has(args, "interval"))
        return run_for_ever(&s, interval_s, err);
    if (!run_pass(&s, &is_good, err))
        return false;
    vt_args_exit(args, is_good ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}
