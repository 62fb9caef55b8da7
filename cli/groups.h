/* The verb groups of the command, one file each. */
#ifndef VT_CLI_GROUPS_H
#define VT_CLI_GROUPS_H

#include "cli/cli.h"

extern const struct vt_group vt_cli_cell;
extern const struct vt_group vt_cli_centre;
extern const struct vt_group vt_cli_client;
extern const struct vt_group vt_cli_denial;
extern const struct vt_group vt_cli_finding;
extern const struct vt_group vt_cli_custody;
extern const struct vt_group vt_cli_key;
extern const struct vt_group vt_cli_keyagent;
extern const struct vt_group vt_cli_ledger;
extern const struct vt_group vt_cli_line;
extern const struct vt_group vt_cli_mirror;
extern const struct vt_group vt_cli_monitor;
extern const struct vt_group vt_cli_promise;
extern const struct vt_group vt_cli_relay;
extern const struct vt_group vt_cli_release;
extern const struct vt_group vt_cli_relocate;
extern const struct vt_group vt_cli_request;
extern const struct vt_group vt_cli_review;
extern const struct vt_group vt_cli_rules;
extern const struct vt_group vt_cli_supervise;
extern const struct vt_group vt_cli_trust;
extern const struct vt_group vt_cli_verify;
extern const struct vt_group vt_cli_witness;

#endif
