/* The verbs of `vitrine centre` that have a file of their own. */
#ifndef VT_CLI_CENTRE_VERBS_H
#define VT_CLI_CENTRE_VERBS_H

#include "cli/cli.h"
#include <jansson.h>

struct vt_comparison;
struct vt_side;

bool vt_cli_centre_import(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_compare(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_mirror(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_pages(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_export(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_check_export(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_invite(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_countersign(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_uninvite(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_unreviewed(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_centre_unreviewed_options[];
bool vt_cli_centre_handed(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_centre_handed_options[];
bool vt_cli_centre_rebuild(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_centre_rebuild_options[];
bool vt_cli_centre_unseal(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_log_seal(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_centre_log_seal_options[];
bool vt_cli_centre_notes(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_centre_import_options[];
extern const struct vt_option vt_cli_centre_compare_options[];
extern const struct vt_option vt_cli_centre_mirror_options[];
extern const struct vt_option vt_cli_centre_pages_options[];
extern const struct vt_option vt_cli_centre_export_options[];
extern const struct vt_option vt_cli_centre_check_export_options[];
extern const struct vt_option vt_cli_centre_invite_options[];
extern const struct vt_option vt_cli_centre_countersign_options[];
extern const struct vt_option vt_cli_centre_uninvite_options[];
extern const struct vt_option vt_cli_centre_unseal_options[];
extern const struct vt_option vt_cli_centre_notes_options[];

/* Remember in FOLDER/others/NAME.json what the other side shows (centre/others.h).
 * gone_out: returned; all that is gone there. */
VT_CHECKED bool vt_cli_centre_remember(const char *folder, const char *name,
                                       const struct vt_side *of, const json_t *differences,
                                       int64_t now_unix_s, json_t **gone_out,
                                       struct vt_error *err);
/* Print it; exit code 1 where something differs or is gone.  more: for JSON; NULL: none. */
void vt_cli_centre_say(struct vt_args *args, const struct vt_comparison *comparison,
                       const char *first, const char *second, json_t *gone, json_t *more);

#endif
