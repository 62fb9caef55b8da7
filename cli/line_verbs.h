/* Verbs of `vitrine line` that have files of their own. */
#ifndef VT_CLI_LINE_VERBS_H
#define VT_CLI_LINE_VERBS_H

#include "cli/cli.h"
#include "line/compare.h"

VT_CHECKED bool vt_cli_line_compare(struct vt_args *args, struct vt_error *err);
VT_CHECKED bool vt_cli_line_diagnose(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_line_diagnose_options[];

/* One difference: the place, then the bytes of both sides as hex and text. */
void vt_cli_print_difference(const struct vt_difference *difference);

#endif
