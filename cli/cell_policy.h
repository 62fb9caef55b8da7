/* What the files of `vitrine cell policy` share. */
#ifndef VT_CLI_CELL_POLICY_H
#define VT_CLI_CELL_POLICY_H

#include "cell/residency_record.h"
#include "cli/trust.h"

/* A table on its way, as trust roots have it: a draft (plain JSON), or signed. */
struct vt_policy_paper {
    int lock_fd;                /* keeps others from changing it meanwhile; -1: no lock */
    struct vt_buf bytes;        /* as in the file, without its last line break */
    json_t *draft;              /* owned; NULL when it is signed */
    struct vt_residency *table; /* owned if a draft, else the record's */
    struct vt_residency_record *record; /* owned; NULL for a draft */
};

void vt_policy_paper_clear(struct vt_policy_paper *paper);
#define VT_AUTO_POLICY_PAPER                                                               \
    __attribute__((cleanup(vt_policy_paper_clear))) struct vt_policy_paper

VT_CHECKED bool vt_policy_paper_read(const char *path, struct vt_policy_paper *out,
                                     struct vt_error *err);
/* The same for who will replace it: others wait until it is cleared. */
VT_CHECKED bool vt_policy_paper_hold(const char *path, struct vt_policy_paper *out,
                                     struct vt_error *err);
/* A signed one, else VT_REJECTED. */
VT_CHECKED bool vt_policy_paper_read_signed(const char *path, struct vt_policy_paper *out,
                                            struct vt_error *err);
/* Does the policy count, by --proof or FILE.tlog-proof beside it? */
VT_CHECKED bool vt_cli_policy_verify(struct vt_args *args, const char *path,
                                     const struct vt_residency_record *record,
                                     const struct vt_trust *trust, int64_t *logged_unix_s,
                                     struct vt_error *err);

/* The same with the proof at that place; NULL: beside the policy. */
VT_CHECKED bool vt_cli_policy_verify_by(const char *path, const char *proof,
                                        const struct vt_residency_record *record,
                                        const struct vt_trust *trust,
                                        int64_t *logged_unix_s, struct vt_error *err);

bool vt_cli_policy_init(struct vt_args *args, struct vt_error *err);
bool vt_cli_policy_set(struct vt_args *args, struct vt_error *err);
bool vt_cli_policy_remove(struct vt_args *args, struct vt_error *err);
bool vt_cli_policy_sign(struct vt_args *args, struct vt_error *err);
bool vt_cli_policy_log(struct vt_args *args, struct vt_error *err);
bool vt_cli_policy_show(struct vt_args *args, struct vt_error *err);
bool vt_cli_policy_check(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_policy_init_options[];
extern const struct vt_option vt_cli_policy_set_options[];
extern const struct vt_option vt_cli_policy_remove_options[];
extern const struct vt_option vt_cli_policy_sign_options[];
extern const struct vt_option vt_cli_policy_log_options[];
extern const struct vt_option vt_cli_policy_show_options[];
extern const struct vt_option vt_cli_policy_check_options[];

#endif
