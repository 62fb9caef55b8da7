/* A witness and a mirror are both cosigners: made, told of logs and served alike. */
#ifndef VT_CLI_COSIGNER_H
#define VT_CLI_COSIGNER_H

#include "cli/cli.h"
#include "wire/note.h"

/* The verbs init, add-log and serve. */
VT_CHECKED bool vt_cli_cosigner_init(struct vt_args *args, bool is_mirror,
                                     struct vt_error *err);
VT_CHECKED bool vt_cli_cosigner_add_log(struct vt_args *args, bool is_mirror,
                                        struct vt_error *err);
VT_CHECKED bool vt_cli_cosigner_serve(struct vt_args *args, bool is_mirror,
                                      struct vt_error *err);

/* A verifier key as text; out: of 1 KiB. */
void vt_cli_vkey_text(const struct vt_vkey *vkey, struct vt_buf *out);

#endif
