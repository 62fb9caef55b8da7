/* A witness and a mirror are both cosigners: made, told of logs and served alike. */
#ifndef VT_CLI_COSIGNER_H
#define VT_CLI_COSIGNER_H

#include "cli/cli.h"
#include "ledger/witness.h"
#include "wire/json.h"
#include "wire/note.h"

/* The verbs init, add-log and serve. */
VT_CHECKED bool vt_cli_cosigner_init(struct vt_args *args, bool is_mirror,
                                     struct vt_error *err);
VT_CHECKED bool vt_cli_cosigner_add_log(struct vt_args *args, bool is_mirror,
                                        struct vt_error *err);
VT_CHECKED bool vt_cli_cosigner_serve(struct vt_args *args, bool is_mirror,
                                      struct vt_error *err);

/* The verb show: its verifier key, then each log with what was seen of it.  `read` fills
 * context from the folder's config and memories; the others add what they know. */
struct vt_cosigner_showing {
    bool is_mirror;
    void *context;
    bool (*read)(void *context, const char *dir, struct vt_arena *arena,
                 struct vt_error *err);
    const struct vt_witness_seen *(*cosigned)(void *context,
                                              const struct vt_witness_log *log);
    void (*print)(void *context, const struct vt_witness_log *log); /* NULL: nothing */
    void (*add)(void *context, const struct vt_witness_log *log, json_t *json); /* too */
    const char *nothing, *done; /* "nothing cosigned yet", "size" */
};
VT_CHECKED bool vt_cli_cosigner_show(struct vt_args *args,
                                     const struct vt_cosigner_showing *showing,
                                     struct vt_error *err);

/* A verifier key as text; out: of 1 KiB. */
void vt_cli_vkey_text(const struct vt_vkey *vkey, struct vt_buf *out);

#endif
