/* What a served ledger or mirror says of itself. */
#ifndef VT_CLI_HEALTH_H
#define VT_CLI_HEALTH_H

#include "cli/cli.h"
#include "http/client.h"

/* GET /health below the option --url.  *call is filled and is the caller's to clear
 * (vt_http_call_clear), its URL lies in the arena.
 * Errors: misuse (--url is no URL), VT_IO no answer; any status is none */
VT_CHECKED bool vt_cli_ask_health(struct vt_args *args, struct vt_arena *arena,
                                  size_t answer_bytes_max, struct vt_http_call *call,
                                  struct vt_error *err);

#endif
