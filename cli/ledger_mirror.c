/* vitrine ledger mirror, fork: a checked copy of somebody's log, and the proof that is left
 * when it told two stories. */
#include "cli/for_ever.h"
#include "cli/files.h"
#include "cli/ledger_verbs.h"
#include "ledger/fork.h"
#include "ledger/mirror.h"

#define OPTIONS_WHOSE                                                                      \
    { .name = "vkey", .value_name = "VKEY", .help = "the log's verifier key" },            \
        { .name = "policy",                                                                \
          .value_name = "FILE",                                                            \
          .help = "or a tlog-policy that lists it" },                                      \
    {                                                                                      \
        .name = "origin", .value_name = "NAME", .help = "which log of the policy it is"    \
    }

const struct vt_option vt_cli_ledger_mirror_options[] = {
    { .name = "dir",
      .value_name = "DIR",
      .help = "the copy's folder; made if missing",
      .is_required = true },
    { .name = "from",
      .value_name = "PLACE",
      .help = "the log: a folder or a URL",
      .is_required = true },
    OPTIONS_WHOSE,
    { .name = "interval",
      .value_name = "TIME",
      .help = "look again so often (10s, 5m), for ever" },
    { .name = NULL },
};

const struct vt_option vt_cli_ledger_fork_options[] = {
    OPTIONS_WHOSE,
    { .name = NULL },
};

/* ---- mirror -----------------------------------------------------------------------------
 */

struct mirroring {
    struct vt_mirror_options options;
    const char *dir;
    bool is_json, is_terminal;
    int64_t said_ms;
};

static bool say_progress(void *context, uint64_t entries, uint64_t total)
{
    struct mirroring *m = context;
    int64_t now_ms = vt_monotonic_ms();

    if (m->is_terminal && now_ms - m->said_ms >= 200) {
        (void)fprintf(stderr, "\r%ju of %ju entries", (uintmax_t)entries, (uintmax_t)total);
        m->said_ms = now_ms;
    }
    return false;
}

/* No failure of the log, so on standard error. */
static void say_missed(void *context, const vt_hash *digest, const char *why)
{
    char hex[65];

    (void)context;
    vt_hash_text(digest, hex);
    (void)fprintf(stderr, "vitrine: predicate %s: %s\n", hex, why);
}

static const char *name_of(enum vt_mirror_end end)
{
    static const char *const names[] = {
        [VT_MIRROR_UPDATED] = "updated",         [VT_MIRROR_SAME] = "same",
        [VT_MIRROR_INTERRUPTED] = "interrupted", [VT_MIRROR_BEHIND] = "behind",
        [VT_MIRROR_FORKED] = "forked",
    };

    return names[end];
}

/* A log with a proof against it is never well again in this folder. */
static bool is_good(const struct vt_mirror_report *report)
{
    return report->end != VT_MIRROR_BEHIND && report->fork_file[0] == '\0';
}

static void print_words(const struct mirroring *m, const struct vt_mirror_report *report)
{
    switch (report->end) {
    case VT_MIRROR_BEHIND:
        (void)printf("behind: it shows %ju entries, but signed %ju that are here: an old "
                     "state is served\n",
                     (uintmax_t)report->shown.size, (uintmax_t)report->held.size);
        break;
    case VT_MIRROR_FORKED:
        (void)printf("FORKED: the log signed two histories (of %ju and of %ju entries); "
                     "the copy stays as it is\nproof: %s/%s\n",
                     (uintmax_t)report->held.size, (uintmax_t)report->shown.size, m->dir,
                     report->fork_file);
        break;
    default:
        (void)printf("%s: %ju entries, %ju of them new; every byte checked\n",
                     name_of(report->end), (uintmax_t)report->held.size,
                     (uintmax_t)report->entries);
        if (report->first != 0)
            (void)printf("entries before %ju are pruned there (retention.json) and not "
                         "copied\n",
                         (uintmax_t)report->first);
        if (report->beside != 0 || report->missing != 0)
            (void)printf("predicates: %ju new, %ju not to be had\n",
                         (uintmax_t)report->beside, (uintmax_t)report->missing);
    }
    if (report->end != VT_MIRROR_FORKED && report->fork_file[0] != '\0')
        (void)printf("FORKED before: the log signed two histories, whatever it shows now\n"
                     "proof: %s/%s\n",
                     m->dir, report->fork_file);
}

static void print_report(const struct mirroring *m, const struct vt_mirror_report *report)
{
    char root[2 * VT_SHA256_BYTES + 1];

    if (m->is_terminal && m->said_ms != 0)
        (void)fprintf(stderr, "\r\033[K");
    if (!m->is_json) {
        print_words(m, report);
    } else {
        json_t *json;

        vt_hash_text(&report->held.root, root);
        json = json_pack("{s:b,s:s,s:I,s:s,s:I,s:I,s:I,s:I,s:I}", "ok", is_good(report),
                         "end", name_of(report->end), "size", (json_int_t)report->held.size,
                         "root", root, "shown", (json_int_t)report->shown.size, "entries",
                         (json_int_t)report->entries, "predicates",
                         (json_int_t)report->beside, "predicates_missing",
                         (json_int_t)report->missing, "first", (json_int_t)report->first);
        if (report->fork_file[0] != '\0')
            (void)json_object_set_new(json, "fork", json_string(report->fork_file));
        vt_cli_print_json(json);
    }
    (void)fflush(stdout);
}

/* For ever, or until the log is convicted; what went wrong once may go right later. */
static bool run_for_ever(struct mirroring *m, int64_t interval_s)
{
    vt_cli_for_ever();
    for (;;) {
        struct vt_mirror_report report;
        struct vt_error err = { 0 };

        if (!vt_mirror_update(m->dir, &m->options, &report, &err))
            (void)fprintf(stderr, "vitrine: %s\n", err.message);
        else if (report.end != VT_MIRROR_SAME || report.fork_file[0] != '\0' ||
                 report.beside != 0)
            print_report(m, &report);
        if (err.code == VT_OK && report.fork_file[0] != '\0')
            return false;
        vt_cli_rest(interval_s);
    }
}

bool vt_cli_ledger_mirror(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct mirroring m = { .dir = vt_args_get(args, "dir"),
                           .is_json = vt_args_is_json(args),
                           .is_terminal = isatty(STDERR_FILENO) };
    struct vt_mirror_report report;
    int64_t interval_s;
    bool is_ok = true;

    m.options = (struct vt_mirror_options){ .policy = policy,
                                            .from = vt_args_get(args, "from"),
                                            .should_stop = say_progress,
                                            .missed = say_missed,
                                            .context = &m };
    if (!vt_args_duration(args, "interval", 0, &interval_s, err) ||
        !vt_cli_ledger_expectation(args, &text, policy, &m.options.origin, err))
        return false;
    if (vt_args_has(args, "interval") && interval_s == 0)
        return vt_args_misuse(args, err, "--interval: at least a second");
    if (interval_s != 0) {
        is_ok = run_for_ever(&m, interval_s);
    } else {
        if (!vt_mirror_update(m.dir, &m.options, &report, err))
            return false;
        print_report(&m, &report);
        is_ok = is_good(&report);
    }
    vt_args_exit(args, is_ok ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}

/* ---- fork -------------------------------------------------------------------------------
 */

bool vt_cli_ledger_fork(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_BUF bytes = vt_buf_init(VT_FORK_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    const char *file = vt_args_operand(args, 0);
    struct vt_head heads[2];
    struct vt_fork fork;
    vt_slice origin;

    if (!vt_cli_ledger_expectation(args, &text, policy, &origin, err) ||
        !vt_file_read(file, &bytes, err))
        return false;
    if (!vt_fork_parse(vt_buf_slice(&bytes), arena, &fork, err) ||
        !vt_fork_verify(&fork, policy, origin, heads, err))
        return vt_within(err, "%s", file);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:b,s:s%,s:I,s:I}", "ok", 1, "forked", 1,
                                    "origin", (const char *)origin.data, origin.len,
                                    "first", (json_int_t)heads[0].size, "second",
                                    (json_int_t)heads[1].size));
    else
        (void)printf("proved: %.*s signed two histories, of %ju and of %ju entries\n",
                     VT_SLICE_ARGS(origin), (uintmax_t)heads[0].size,
                     (uintmax_t)heads[1].size);
    return true;
}
