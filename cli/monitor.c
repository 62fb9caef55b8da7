/* vitrine monitor: follow logs for those who have an interest in them. */
#include "cli/for_ever.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/monitor_downloads.h"
#include "cli/monitor_heads.h"
#include "cli/monitor_lists.h"
#include "ledger/monitor.h"
#include "store/disk.h"
#include "wire/json.h"

enum { WITHHELD_S = 600, SHARE_S = 60 };

#define OPTION_DIR                                                                         \
    {                                                                                      \
        .name = "dir", .value_name = "DIR", .help = "the monitor's folder",                \
        .is_required = true                                                                \
    }

static const struct vt_option run_options[] = {
    OPTION_DIR,
    { .name = "policy",
      .value_name = "FILE",
      .help = "tlog-policy: the logs with their URLs, and the quorum",
      .is_required = true },
    { .name = "watch",
      .value_name = "TEXT",
      .help = "tell of entries that contain it: a name, a digest",
      .is_repeated = true },
    { .name = "watch-key",
      .value_name = "FILE",
      .help = "tell of entries that this public key signed",
      .is_repeated = true },
    { .name = "monitoring",
      .value_name = "NAME=URL",
      .help = "where this witness shows what it has seen, if not at its URL in the "
              "policy; NAME= asks it not",
      .is_repeated = true },
    { .name = "withheld",
      .value_name = "TIME",
      .help = "so long a log may take to show what was cosigned (default 10m)" },
    { .name = "share",
      .value_name = "TIME",
      .help = "so long one log may take of a round (default 1m); 0s: as long as it takes" },
    { .name = "use",
      .value_name = "ORIGIN=USE",
      .help = "the log is a release, channel, head or access ledger: tell of entries "
              "that do not belong there, or stand at another index than their number's",
      .is_repeated = true },
    { .name = "downloads",
      .value_name = "PLACE",
      .help = "a public folder, or its URL: nothing there may be older than its entry",
      .is_repeated = true },
    { .name = "trust",
      .value_name = "FILE",
      .help = "trust root: whose signatures count for --downloads, what the heads of "
              "cells may ask for and select, and lists of withdrawals that contradict" },
    { .name = "exec",
      .value_name = "PROGRAM",
      .help = "call it for each finding, which it gets as JSON" },
    { .name = "stale",
      .value_name = "TIME",
      .help = "tell of logs whose last cosignature is older (1h, 2d)" },
    { .name = "interval",
      .value_name = "TIME",
      .help = "a round so often (10s, 5m), for ever" },
    { .name = NULL },
};

static const struct vt_option list_options[] = {
    OPTION_DIR,
    { .name = NULL },
};

/* ---- run --------------------------------------------------------------------------------
 */

static bool read_watch(struct vt_args *args, struct vt_watch *watch, struct vt_error *err)
{
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(args, "watch", i)) != NULL; i++) {
        if (text[0] == '\0')
            return vt_args_misuse(args, err, "--watch: an empty text is in every entry");
        if (i == VT_WATCH_MAX)
            return vt_args_misuse(args, err, "--watch: more than %d", VT_WATCH_MAX);
        watch->texts[watch->text_count++] = vt_slice_from_cstr(text);
    }
    for (size_t i = 0; (text = vt_args_get_at(args, "watch-key", i)) != NULL; i++) {
        VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(16));

        if (i == VT_WATCH_MAX)
            return vt_args_misuse(args, err, "--watch-key: more than %d", VT_WATCH_MAX);
        if (!vt_file_read(text, &bytes, err))
            return false;
        if (!vt_public_key_parse(vt_buf_slice(&bytes), &watch->keys[watch->key_count++],
                                 err)) {
            err->code = VT_IO; /* his own: nothing was judged */
            return vt_within(err, "%s", text);
        }
    }
    return true;
}

/* What the command is about, for its callbacks. */
struct running {
    struct vt_args *args;
    bool is_later; /* a round behind the first */
    const struct vt_policy *policy;
    struct vt_cli_downloads downloads;
};

static size_t witness_named(const struct vt_policy *policy, vt_slice name)
{
    size_t i = 0;

    while (i < policy->witness_count && !vt_slice_equal(policy->witnesses[i].name, name))
        i++;
    return i;
}

/* tlog-policy has one URL for a witness, by custom its submission prefix; most have their
 * monitoring prefix at the same place. */
static bool read_prefixes(struct vt_args *args, const struct vt_policy *policy,
                          struct vt_arena *arena, const char **prefixes,
                          struct vt_error *err)
{
    const char *text, *url;

    for (size_t i = 0; i < policy->witness_count; i++)
        if (policy->witnesses[i].url.len != 0)
            prefixes[i] = vt_arena_cstr(arena, policy->witnesses[i].url);
    for (size_t i = 0; (text = vt_args_get_at(args, "monitoring", i)) != NULL; i++) {
        vt_reader r = { vt_slice_from_cstr(text) };
        vt_slice name;
        size_t witness;

        if (!vt_read_until(&r, '=', &name))
            return vt_args_misuse(args, err, "--monitoring: '%s' is not NAME=URL", text);
        witness = witness_named(policy, name);
        if (witness == policy->witness_count)
            return vt_args_misuse(args, err, "--monitoring: the policy has no witness %.*s",
                                  VT_SLICE_ARGS(name));
        url = text + name.len + 1;
        prefixes[witness] = url[0] != '\0' ? url : NULL;
    }
    return true;
}

static void print_finding(void *context, const struct vt_monitor_finding *finding)
{
    const struct running *running = context;

    if (vt_args_is_json(running->args))
        vt_cli_print_json(json_pack(
            "{s:s,s:s,s:o,s:s}", "kind", finding->kind, "origin", finding->origin, "what",
            vt_cli_json_text(vt_slice_from_cstr(finding->what)), "file", finding->file));
    else
        (void)printf("%s: %s: %s\n", finding->kind, finding->origin, finding->what);
    (void)fflush(stdout);
}

/* In the first round: who is called so often would say nothing else. */
static void print_convicted(void *context, const char *origin, const char *proof)
{
    const struct running *running = context;

    if (running->is_later)
        return;
    if (vt_args_is_json(running->args))
        vt_cli_print_json(json_pack("{s:s,s:s,s:s}", "kind", "convicted", "origin", origin,
                                    "proof", proof));
    else
        (void)printf("convicted: %s: it signed two histories; proof: %s/%s\n", origin,
                     vt_args_get(running->args, "dir"), proof);
    (void)fflush(stdout);
}

/* Why, though it was told before. */
static void print_unwell(void *context, const char *origin, const char *why)
{
    const struct running *running = context;

    if (running->is_later)
        return;
    if (vt_args_is_json(running->args))
        vt_cli_print_json(json_pack("{s:s,s:s,s:o}", "kind", "not-well", "origin", origin,
                                    "what", vt_cli_json_text(vt_slice_from_cstr(why))));
    else
        (void)printf("not well: %s: %s\n", origin, why);
    (void)fflush(stdout);
}

static bool read_use(struct vt_args *args, const char *text, const struct vt_policy *policy,
                     enum vt_ledger_use *uses, struct vt_error *err)
{
    const char *equals = strrchr(text, '=');
    vt_slice origin = vt_slice_of(text, equals != NULL ? (size_t)(equals - text) : 0);
    enum vt_ledger_use use;
    bool is_any = false;

    if (equals == NULL || !vt_use_parse(vt_slice_from_cstr(equals + 1), &use))
        return vt_args_misuse(args, err,
                              "--use: '%s' is not ORIGIN=USE with release, channel, head "
                              "or access",
                              text);
    for (size_t i = 0; i < policy->log_count; i++)
        if (vt_slice_equal(policy->logs[i].vkey.name, origin)) {
            uses[i] = use;
            is_any = true;
        }
    return is_any || vt_args_misuse(args, err, "--use: the policy has no log %.*s",
                                    VT_SLICE_ARGS(origin));
}

static bool read_uses(struct vt_args *args, const struct vt_policy *policy,
                      enum vt_ledger_use *uses, struct vt_error *err)
{
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(args, "use", i)) != NULL; i++)
        if (!read_use(args, text, policy, uses, err))
            return false;
    return true;
}

static bool look_at_lists(void *context, struct vt_monitor *monitor, struct vt_error *err)
{
    const struct running *running = context;
    const struct vt_trust *trust = running->downloads.trust;

    return trust == NULL || vt_cli_lists_look(trust, running->policy, monitor, err);
}

static bool look_at_heads(void *context, struct vt_monitor *monitor, struct vt_error *err)
{
    const struct running *running = context;
    const struct vt_trust *trust = running->downloads.trust;

    return trust == NULL || vt_cli_heads_look(trust, running->policy, monitor, err);
}

static bool look_at_downloads(void *context, struct vt_monitor *monitor,
                              struct vt_error *err)
{
    struct running *running = context;

    return running->downloads.trust == NULL ||
           vt_cli_downloads_look(&running->downloads, monitor,
                                 vt_env_now_unix_s(vt_args_env(running->args)), err);
}

static const vt_monitor_look looks[] = { look_at_lists, look_at_heads, look_at_downloads,
                                         NULL };

static bool is_good(const struct vt_monitor_report *report)
{
    return report->findings == report->away && report->untold == 0 &&
           report->logs_well == report->logs && report->downloads_well == report->downloads;
}

static void print_report(struct vt_args *args, const struct vt_monitor_report *report)
{
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "ok", is_good(report), "logs",
            (json_int_t)report->logs, "well", (json_int_t)report->logs_well, "again",
            (json_int_t)report->again, "entries", (json_int_t)report->entries, "downloads",
            (json_int_t)report->downloads, "downloads_well",
            (json_int_t)report->downloads_well, "findings", (json_int_t)report->findings,
            "untold", (json_int_t)report->untold));
        (void)fflush(stdout);
        return;
    }
    (void)printf("%zu of %zu logs are well, %ju new entries checked, ", report->logs_well,
                 report->logs, (uintmax_t)report->entries);
    if (report->again != 0)
        (void)printf("%ju old ones read again, ", (uintmax_t)report->again);
    if (report->downloads != 0)
        (void)printf("%zu of %zu downloads are well, ", report->downloads_well,
                     report->downloads);
    (void)printf("%zu finding%s%s\n", report->findings, vt_plural(report->findings),
                 report->untold != 0 ? "; the program did not take all" : "");
    (void)fflush(stdout);
}

static bool run_rounds(struct running *running, const struct vt_monitor_options *options,
                       int64_t interval_s, struct vt_error *err)
{
    struct vt_args *args = running->args;
    struct vt_monitor_report report;

    if (interval_s != 0)
        vt_cli_for_ever();
    for (;;) {
        if (!vt_monitor_round(options, &report, err))
            return false;
        if (interval_s == 0)
            break;
        if (report.entries != 0 || report.again != 0 || report.findings != 0)
            print_report(args, &report);
        running->is_later = true;
        vt_cli_rest(interval_s);
    }
    print_report(args, &report);
    vt_args_exit(args, is_good(&report) ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}

/* One that cannot be used judges nobody: trouble. */
static bool read_policy(struct vt_args *args, struct vt_buf *text, struct vt_policy *policy,
                        struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    bool has_url = false;

    if (!vt_file_read(path, text, err))
        return false;
    if (!vt_policy_parse(vt_buf_slice(text), policy, err)) {
        err->code = VT_IO;
        return vt_within(err, "%s", path);
    }
    for (size_t i = 0; i < policy->log_count; i++)
        has_url = has_url || policy->logs[i].url.len != 0;
    return has_url ||
           vt_fail(err, VT_IO, "%s: no log has a URL: write it behind the key", path);
}

static bool run_run(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    VT_AUTO_FREE struct vt_watch *watch = vt_alloc(sizeof *watch);
    VT_AUTO_ARENA arena = vt_arena_new();
    struct running running = { .args = args, .policy = policy };
    const char *prefixes[VT_POLICY_WITNESSES_MAX] = { NULL };
    enum vt_ledger_use uses[VT_POLICY_LOGS_MAX] = { VT_USE_NONE };
    struct vt_monitor_options options = { .dir = vt_args_get(args, "dir"),
                                          .env = vt_args_env(args),
                                          .policy = policy,
                                          .watch = watch,
                                          .prefixes = prefixes,
                                          .uses = uses,
                                          .hook = vt_args_get(args, "exec"),
                                          .convicted = print_convicted,
                                          .unwell = print_unwell,
                                          .found = print_finding,
                                          .look_further = looks,
                                          .context = &running };
    int64_t interval_s;
    bool is_ok;

    if (!vt_args_duration(args, "interval", 0, &interval_s, err) ||
        !vt_args_duration(args, "stale", 0, &options.stale_s, err) ||
        !vt_args_duration(args, "withheld", WITHHELD_S, &options.withheld_s, err) ||
        !vt_args_duration(args, "share", SHARE_S, &options.share_s, err) ||
        !read_watch(args, watch, err) || !read_policy(args, &text, policy, err))
        return false;
    running.downloads.withheld_s = options.withheld_s;
    is_ok = read_prefixes(args, policy, arena, prefixes, err) &&
            read_uses(args, policy, uses, err) &&
            vt_cli_downloads_read(args, policy, &running.downloads, err) &&
            run_rounds(&running, &options, interval_s, err);
    vt_cli_downloads_clear(&running.downloads);
    return is_ok;
}

/* ---- list -------------------------------------------------------------------------------
 */

struct row {
    json_t *json;        /* owned */
    const char *name;    /* of its file */
    int64_t told_unix_s; /* when it was written */
};

struct listing {
    struct vt_disk *disk;
    struct vt_arena *arena;
    const char *folder;
    struct row *rows;
    size_t count, room;
};

static void listing_clear(struct listing *list)
{
    for (size_t i = 0; i < list->count; i++)
        json_decref(list->rows[i].json);
    free(list->rows);
    vt_disk_close(list->disk);
    vt_arena_free(list->arena);
}

static bool read_time(struct listing *list, const char *file, int64_t *out,
                      struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    struct stat about;
    uint64_t bytes;

    if (!vt_disk_open_fd(list->disk, file, &fd, &bytes, err))
        return false;
    if (fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "%s: %s", file, strerror(errno));
    *out = about.st_mtime;
    return true;
}

static bool add_row(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct listing *list = context;
    const char *file = vt_arena_printf(list->arena, "%s/%s", list->folder, name);
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(16));
    VT_AUTO_JSON json = NULL;
    struct row row = { .name = vt_arena_printf(list->arena, "%s", name) };

    if (is_folder)
        return true;
    if (!vt_disk_read(list->disk, file, &bytes, err) ||
        !vt_json_parse_canonical(vt_buf_slice(&bytes), name, &json, err) ||
        !read_time(list, file, &row.told_unix_s, err))
        return false;
    if (list->count == list->room) {
        list->room = list->room != 0 ? 2 * list->room : 64;
        list->rows = vt_grow_array(list->rows, list->room, sizeof *list->rows);
    }
    row.json = json_incref(json);
    list->rows[list->count++] = row;
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    if (x->told_unix_s != y->told_unix_s)
        return x->told_unix_s < y->told_unix_s ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void print_row(struct vt_args *args, const struct row *row)
{
    const char *kind, *origin, *what;
    char when[VT_TIME_TEXT_BYTES];

    vt_time_write(row->told_unix_s, when);
    if (vt_args_is_json(args)) {
        (void)json_object_set_new(row->json, "time", json_string(when));
        vt_cli_print_json(json_incref(row->json));
    } else if (json_unpack(row->json, "{s:s,s:s,s:s}", "kind", &kind, "origin", &origin,
                           "what", &what) == 0) {
        (void)printf("%s  %s: %s: %s\n", when, kind, origin, what);
    }
}

/* Somebody's other folder has no findings, and is not well for that. */
static bool check_is_monitors(struct vt_args *args, struct vt_error *err)
{
    static const char *const folders[] = { "logs", "watched", "findings", "untold" };
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *dir = vt_args_get(args, "dir");

    for (size_t i = 0; i < 4; i++)
        if (vt_path_exists(vt_arena_printf(arena, "%s/%s", dir, folders[i])))
            return true;
    return vt_fail(err, VT_IO, "%s: no monitor has kept anything there", dir);
}

static bool run_list(struct vt_args *args, struct vt_error *err)
{
    static const char *const folders[] = { "untold", "findings" };
    __attribute__((cleanup(listing_clear))) struct listing list = { .arena =
                                                                        vt_arena_new() };

    if (!vt_disk_open(vt_args_get(args, "dir"), false, &list.disk, err) ||
        !check_is_monitors(args, err))
        return false;
    for (size_t i = 0; i < 2; i++) {
        list.folder = folders[i];
        if (!vt_disk_list(list.disk, list.folder, add_row, &list, err) &&
            err->code != VT_ABSENT)
            return false;
    }
    if (list.count != 0)
        qsort(list.rows, list.count, sizeof *list.rows, compare_rows);
    for (size_t i = 0; i < list.count; i++)
        print_row(args, &list.rows[i]);
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:I}", "ok", 1, "findings", (json_int_t)list.count));
    else if (list.count == 0)
        (void)printf("nothing was found\n");
    return true;
}

static const struct vt_verb verbs[] = {
    { .name = "run",
      .summary = "check every entry of the logs of a policy, and tell what is wrong or new",
      .details =
          "Keeps a checked copy of each log below DIR/logs, and asks each witness that has "
          "a URL what\nit has seen.  Findings: forked (with a proof that 'vitrine ledger "
          "fork' checks), behind,\nwithheld, refused, unreachable, unpublished, frozen, "
          "unfit, slow, unfollowed, pruned, seen; of\ncells' heads head; of lists of "
          "withdrawals list; of downloads also early, unproven,\nunlogged, altered.  Each "
          "is told once and kept in DIR/findings; a program that fails is\ncalled again in "
          "the next round.\nExit code of a single round: 0 if all logs are well and "
          "nothing new was found, except a\nwitness that does not answer while the others "
          "are a quorum.",
      .options = run_options,
      .run = run_run },
    { .name = "list",
      .summary = "what was found so far, the oldest first",
      .options = list_options,
      .run = run_list },
    { .name = NULL },
};

const struct vt_group vt_cli_monitor = {
    .name = "monitor",
    .summary = "follow logs, and be told what concerns you",
    .verbs = verbs,
};
