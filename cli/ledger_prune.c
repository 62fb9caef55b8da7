/* vitrine ledger prune: old entries are no longer served. */
#include "cli/files.h"
#include "cli/ledger_verbs.h"
#include "ledger/config.h"
#include "ledger/prune.h"
#include "ledger/retention.h"

const struct vt_option vt_cli_ledger_prune_options[] = {
    VT_OPTION_LEDGER_DIR,
    { .name = "below",
      .value_name = "N",
      .help = "the new minimum index: entries from N on stay served",
      .is_required = true },
    { .name = "retention",
      .value_name = "TEXT",
      .help = "the written policy by which this is done; needed the first time" },
    { .name = "delete-entries", .help = "remove the entries' bytes for good" },
    { .name = NULL },
};

enum { RETENTION_BYTES_MAX = 1024 };

/* Is a ledger there of which no written policy is known? */
static bool lacks_policy(const char *dir)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_path_exists(vt_arena_printf(arena, "%s/" VT_LEDGER_CONFIG_NAME, dir)) &&
           !vt_path_exists(vt_arena_printf(arena, "%s/" VT_RETENTION_NAME, dir));
}

static void print_words(const struct vt_prune_report *report)
{
    (void)printf("entries from %ju on are served; %ju tiles and bundles moved to pruned/, "
                 "%ju bundles deleted\n",
                 (uintmax_t)report->served, (uintmax_t)report->moved,
                 (uintmax_t)report->deleted);
    if (report->served != report->minimum)
        (void)printf("the minimum index is %ju: entries %ju to %ju stay, in a bundle that "
                     "holds later ones\n",
                     (uintmax_t)report->minimum, (uintmax_t)report->served,
                     (uintmax_t)report->minimum - 1);
}

bool vt_cli_ledger_prune(struct vt_args *args, struct vt_error *err)
{
    const char *retention = vt_args_get(args, "retention");
    struct vt_prune_options options = { .deletes_entries =
                                            vt_args_has(args, "delete-entries") };
    struct vt_prune_report report;

    if (!vt_args_number(args, "below", 0, (uint64_t)INT64_MAX >> 10, &options.below, err))
        return false;
    if (retention != NULL && strlen(retention) > RETENTION_BYTES_MAX)
        return vt_args_misuse(args, err,
                              "--retention: at most %d bytes; name where it stands",
                              RETENTION_BYTES_MAX);
    if ((retention == NULL || retention[0] == '\0') &&
        lacks_policy(vt_args_get(args, "dir")))
        return vt_args_misuse(args, err,
                              "a log is pruned only by a written policy; give its text "
                              "with --retention");
    if (retention != NULL)
        options.policy = vt_slice_from_cstr(retention);
    if (!vt_ledger_prune(vt_args_get(args, "dir"), &options, &report, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:I,s:I,s:I}", "ok", 1, "minimum_index", (json_int_t)report.minimum,
            "served_from", (json_int_t)report.served, "moved", (json_int_t)report.moved,
            "deleted", (json_int_t)report.deleted));
    else
        print_words(&report);
    return true;
}
