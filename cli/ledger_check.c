/* vitrine ledger check and fsck: the two verbs that judge somebody else's files. */
#include "cli/files.h"
#include "cli/ledger_verbs.h"
#include "crypto/verify_note.h"
#include "ledger/fsck.h"
#include "ledger/retention.h"
#include "ledger/tlog_proof.h"
#include "wire/dsse.h"

const struct vt_option vt_cli_ledger_check_options[] = {
    { .name = "proof",
      .value_name = "FILE",
      .help = "the tlog-proof",
      .is_required = true },
    { .name = "policy",
      .value_name = "FILE",
      .help = "tlog-policy: trusted logs and witnesses",
      .is_required = true },
    { .name = "origin",
      .value_name = "NAME",
      .help = "the log that it must be in",
      .is_required = true },
    { .name = NULL },
};

const struct vt_option vt_cli_ledger_fsck_options[] = {
    { .name = "vkey", .value_name = "VKEY", .help = "the log's verifier key, as text" },
    { .name = "policy", .value_name = "FILE", .help = "or a tlog-policy that lists it" },
    { .name = "origin", .value_name = "NAME", .help = "which log of the policy it is" },
    { .name = "checkpoint",
      .value_name = "FILE",
      .help = "check against this one too (it may be older)" },
    { .name = NULL },
};

enum { FINDINGS_PRINTED_MAX = 100 };

/* The caller's own: when it cannot be used nothing was judged, and that is trouble, no no.
 */
static bool read_policy(const char *path, struct vt_buf *text, struct vt_policy *policy,
                        struct vt_error *err)
{
    bool is_ok =
        vt_file_read(path, text, err) &&
        (vt_policy_parse(vt_buf_slice(text), policy, err) || vt_within(err, "%s", path));

    if (!is_ok)
        err->code = VT_IO;
    return is_ok;
}

/* ---- check ------------------------------------------------------------------------------
 */

static json_t *names_of_witnesses(const struct vt_policy *policy,
                                  const struct vt_tlog_verdict *verdict)
{
    json_t *names = json_array();

    for (size_t i = 0; i < policy->witness_count; i++)
        if (verdict->is_cosigned[i])
            (void)json_array_append_new(names, vt_cli_json_text(policy->witnesses[i].name));
    return names;
}

static void print_verdict_json(const struct vt_policy *policy,
                               const struct vt_tlog_verdict *verdict,
                               const struct vt_error *why)
{
    json_t *answer = json_pack("{s:b,s:s,s:o}", "ok", verdict->outcome == VT_TLOG_OK,
                               "outcome", vt_tlog_outcome_name(verdict->outcome),
                               "witnesses", names_of_witnesses(policy, verdict));
    char time[VT_TIME_TEXT_BYTES];

    if (verdict->outcome == VT_TLOG_OK) {
        (void)json_object_set_new(answer, "index",
                                  json_integer((json_int_t)verdict->index));
        (void)json_object_set_new(answer, "size", json_integer((json_int_t)verdict->size));
    } else {
        (void)json_object_set_new(answer, "message",
                                  vt_cli_json_text(vt_slice_from_cstr(why->message)));
    }
    vt_time_write(verdict->time_unix_s, time);
    if (verdict->time_unix_s != 0)
        (void)json_object_set_new(answer, "time", json_string(time));
    vt_cli_print_json(answer);
}

static void print_verdict(const char *file, vt_slice origin,
                          const struct vt_tlog_verdict *verdict)
{
    char time[VT_TIME_TEXT_BYTES];

    (void)printf("%s is entry %ju of %.*s (a tree of %ju)", file, (uintmax_t)verdict->index,
                 VT_SLICE_ARGS(origin), (uintmax_t)verdict->size);
    vt_time_write(verdict->time_unix_s, time);
    if (verdict->time_unix_s != 0)
        (void)printf(", seen by enough of %zu witnesses by %s", verdict->cosignature_count,
                     time);
    (void)printf("\n");
}

bool vt_cli_ledger_check(struct vt_args *args, struct vt_error *err)
{
    const char *file = vt_args_operand(args, 0);
    vt_slice origin = vt_slice_from_cstr(vt_args_get(args, "origin"));
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX),
                policy_text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_BUF proof_text = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_tlog_verdict verdict = { .outcome = VT_TLOG_MALFORMED };
    struct vt_tlog_proof proof;
    vt_hash leaf;
    bool is_ok;

    if (!vt_file_read(file, &entry, err) ||
        !vt_file_read(vt_args_get(args, "proof"), &proof_text, err) ||
        !read_policy(vt_args_get(args, "policy"), &policy_text, policy, err))
        return false;
    leaf = vt_sha256_leaf(vt_buf_slice(&entry));
    is_ok = (vt_tlog_proof_parse(vt_buf_slice(&proof_text), &proof, err) ||
             vt_within(err, "%s", vt_args_get(args, "proof"))) &&
            (vt_tlog_proof_verify(&proof, &leaf, policy, origin, &verdict, err) ||
             vt_within(err, "%s", file));
    if (vt_args_is_json(args)) {
        print_verdict_json(policy, &verdict, err);
        vt_args_exit(args, is_ok ? VT_EXIT_OK : VT_EXIT_REFUSED);
        return true;
    }
    if (is_ok)
        print_verdict(file, origin, &verdict);
    return is_ok;
}

/* ---- fsck -------------------------------------------------------------------------------
 */

struct printing {
    bool is_json, is_terminal, is_shown;
    json_t *findings;
    uint64_t count;
    int64_t last_ms;
};

static void print_finding(void *context, const char *file, const char *what)
{
    struct printing *p = context;

    if (p->count++ >= FINDINGS_PRINTED_MAX)
        return;
    if (p->is_json)
        (void)json_array_append_new(
            p->findings,
            json_pack("{s:o,s:o}", "file", vt_cli_json_text(vt_slice_from_cstr(file)),
                      "what", vt_cli_json_text(vt_slice_from_cstr(what))));
    else
        (void)printf("%s: %s\n", file, what);
}

static void print_progress(void *context, uint64_t entries, uint64_t total)
{
    struct printing *p = context;
    int64_t now_ms = vt_monotonic_ms();

    if (now_ms - p->last_ms < (p->is_terminal ? 200 : 10000))
        return;
    p->last_ms = now_ms;
    p->is_shown = true;
    (void)fprintf(stderr, p->is_terminal ? "\r%ju of %ju entries " : "%ju of %ju entries\n",
                  (uintmax_t)entries, (uintmax_t)total);
}

/* While its key changes, and after it, a log has a line for each key. */
static bool is_one_log(const struct vt_policy *policy)
{
    for (size_t i = 1; i < policy->log_count; i++)
        if (!vt_slice_equal(policy->logs[i].vkey.name, policy->logs[0].vkey.name))
            return false;
    return policy->log_count != 0;
}

/* A policy of that one log. */
static bool read_vkey(struct vt_args *args, struct vt_buf *text, struct vt_policy *policy,
                      struct vt_error *err)
{
    struct vt_error ignored = { 0 };
    struct vt_vkey vkey;

    if (!vt_cli_vkey_read(args, &vkey, err))
        return false;
    vt_buf_printf(text, "log %s\nquorum none\n", vt_args_get(args, "vkey"));
    return vt_policy_parse(vt_buf_slice(text), policy, &ignored) ||
           vt_args_misuse(args, err, "--vkey: not a log's key (type 1) but of type %u",
                          vkey.type);
}

static bool lists(const struct vt_policy *policy, vt_slice origin)
{
    for (size_t i = 0; i < policy->log_count; i++)
        if (vt_slice_equal(policy->logs[i].vkey.name, origin))
            return true;
    return false;
}

bool vt_cli_ledger_expectation(struct vt_args *args, struct vt_buf *text,
                               struct vt_policy *policy, vt_slice *origin_out,
                               struct vt_error *err)
{
    const char *vkey = vt_args_get(args, "vkey"), *path = vt_args_get(args, "policy");
    const char *origin = vt_args_get(args, "origin");

    if ((vkey == NULL) == (path == NULL))
        return vt_args_misuse(args, err,
                              "say whose log it is: --vkey VKEY or --policy FILE");
    if (vkey != NULL ? !read_vkey(args, text, policy, err)
                     : !read_policy(path, text, policy, err))
        return false;
    if (origin == NULL && !is_one_log(policy))
        return vt_args_misuse(args, err,
                              "the policy lists several logs; add --origin NAME");
    *origin_out = origin != NULL ? vt_slice_from_cstr(origin) : policy->logs[0].vkey.name;
    return path == NULL || lists(policy, *origin_out) ||
           vt_args_misuse(args, err, "--origin: %s lists no log %s", path, origin);
}

static const char *private_name(enum vt_fsck_private what)
{
    static const char *const names[] = {
        [VT_FSCK_NO_PRIVATE] = "none",
        [VT_FSCK_PRIVATE_CHECKED] = "checked",
        [VT_FSCK_PRIVATE_LEFT_OUT] = "left out",
    };

    return names[what];
}

/* Whole bundles go; below the minimum index some entries may stay in one with later ones.
 */
static uint64_t served_from(uint64_t minimum)
{
    return vt_retention_first(&(struct vt_retention){ .minimum = minimum });
}

static void print_pruned(uint64_t minimum)
{
    uint64_t gone = served_from(minimum);

    if (gone != 0)
        (void)printf("entries below %ju are pruned, by the policy in retention.json\n",
                     (uintmax_t)gone);
    if (gone != minimum)
        (void)printf("entries %ju to %ju may go by that policy, and stay in a bundle that "
                     "holds later ones\n",
                     (uintmax_t)gone, (uintmax_t)minimum - 1);
}

static void print_report(const struct printing *p, const struct vt_fsck_report *report)
{
    if (p->is_terminal && p->is_shown)
        (void)fprintf(stderr, "\r\033[K");
    if (p->is_json) {
        json_t *json = json_pack(
            "{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:o}", "ok", report->findings == 0,
            "size", (json_int_t)report->size, "entries", (json_int_t)report->entries,
            "files", (json_int_t)report->files, "checkpoints",
            (json_int_t)report->checkpoints, "minimum_index", (json_int_t)report->minimum,
            "served_from", (json_int_t)served_from(report->minimum), "finding_count",
            (json_int_t)report->findings, "predicates", (json_int_t)report->predicates,
            "private", private_name(report->private_files), "findings", p->findings);

        if (report->why[0] != '\0')
            (void)json_object_set_new(json, "why",
                                      vt_cli_json_text(vt_slice_from_cstr(report->why)));
        vt_cli_print_json(json);
        return;
    }
    if (p->count > FINDINGS_PRINTED_MAX)
        (void)printf("and %ju more\n", (uintmax_t)(p->count - FINDINGS_PRINTED_MAX));
    print_pruned(report->minimum);
    if (report->why[0] != '\0')
        (void)printf("the ledger's journal was left out: %s\n", report->why);
    if (report->predicates != 0)
        (void)printf("%ju predicates beside the log\n", (uintmax_t)report->predicates);
    (void)printf("%s: %ju %s, %ju tile%s and bundles, %ju checkpoint%s, %ju finding%s\n",
                 report->findings == 0 ? "all is as it was signed" : "not as it was signed",
                 (uintmax_t)report->entries, report->entries == 1 ? "entry" : "entries",
                 (uintmax_t)report->files, vt_plural(report->files),
                 (uintmax_t)report->checkpoints, vt_plural(report->checkpoints),
                 (uintmax_t)report->findings, vt_plural(report->findings));
}

/* An empty one would look as if none had been named. */
static bool read_checkpoint(const char *path, struct vt_buf *out, struct vt_error *err)
{
    return vt_file_read(path, out, err) &&
           (out->len != 0 ||
            vt_fail(err, VT_MALFORMED, "%s: is empty, no checkpoint", path));
}

bool vt_cli_ledger_fsck(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "checkpoint");
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX),
                text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct printing p = { .is_json = vt_args_is_json(args),
                          .is_terminal = isatty(STDERR_FILENO) == 1,
                          .findings = json_array(),
                          .last_ms = vt_monotonic_ms() };
    struct vt_fsck_options options = { .policy = policy,
                                       .checkpoint_name = path,
                                       .found = print_finding,
                                       .progress = print_progress,
                                       .context = &p };
    struct vt_fsck_report report;

    if (!vt_cli_ledger_expectation(args, &text, policy, &options.origin, err) ||
        (path != NULL && !read_checkpoint(path, &note, err))) {
        json_decref(p.findings);
        return false;
    }
    options.checkpoint = vt_buf_slice(&note);
    if (!vt_ledger_fsck(vt_args_operand(args, 0), &options, &report, err)) {
        json_decref(p.findings);
        return false;
    }
    print_report(&p, &report);
    if (!p.is_json)
        json_decref(p.findings);
    vt_args_exit(args, report.findings == 0 ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}
