/* The verbs of `vitrine cell` that have a file of their own, and client lookup; those of
 * policy are in cli/cell_policy.h. */
#ifndef VT_CLI_CELL_VERBS_H
#define VT_CLI_CELL_VERBS_H

#include "cli/cli.h"

bool vt_cli_statistics_schema(struct vt_args *args, struct vt_error *err);
bool vt_cli_statistics_aggregate(struct vt_args *args, struct vt_error *err);
bool vt_cli_statistics_show(struct vt_args *args, struct vt_error *err);
bool vt_cli_statistics_plot(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_statistics_schema_options[];
extern const struct vt_option vt_cli_statistics_aggregate_options[];
extern const struct vt_option vt_cli_statistics_show_options[];
extern const struct vt_option vt_cli_statistics_plot_options[];

bool vt_cli_cell_publish(struct vt_args *args, struct vt_error *err);
bool vt_cli_cell_recipient(struct vt_args *args, struct vt_error *err);
bool vt_cli_cell_verdicts(struct vt_args *args, struct vt_error *err);
bool vt_cli_count_log(struct vt_args *args, struct vt_error *err);
bool vt_cli_count_show(struct vt_args *args, struct vt_error *err);
bool vt_cli_count_reconcile(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_count_log_options[];
extern const struct vt_option vt_cli_count_show_options[];
extern const struct vt_option vt_cli_count_reconcile_options[];

bool vt_cli_cell_gateway_key(struct vt_args *args, struct vt_error *err);
bool vt_cli_cell_serve(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_cell_publish_options[];
extern const struct vt_option vt_cli_cell_gateway_key_options[];
extern const struct vt_option vt_cli_cell_serve_options[];
extern const struct vt_option vt_cli_cell_recipient_options[];
extern const struct vt_option vt_cli_cell_verdicts_options[];

bool vt_cli_cell_scan(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_cell_scan_options[];

/* As many as we have CPUs, within what a pool takes. */
unsigned vt_cli_scan_workers(void);

bool vt_cli_cell_scanner(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_cell_scanner_options[];

bool vt_cli_client_lookup(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_client_lookup_options[];

#endif
