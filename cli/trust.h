/* What the files of `vitrine trust` share. */
#ifndef VT_CLI_TRUST_H
#define VT_CLI_TRUST_H

#include "cli/cli.h"
#include "cli/files.h"
#include "evidence/trust.h"

/* A trust root on its way: a draft (the predicate as plain JSON) or an envelope that bears
 * one signature or more. */
struct vt_trust_paper {
    int lock_fd;            /* keeps others from changing it meanwhile; -1: no lock */
    struct vt_buf bytes;    /* as in the file, without its last line break */
    json_t *draft;          /* owned; NULL when it is signed */
    struct vt_trust *trust; /* owned; of a draft: its form was checked, not its soundness */
};

void vt_trust_paper_clear(struct vt_trust_paper *paper);
#define VT_AUTO_TRUST_PAPER                                                                \
    __attribute__((cleanup(vt_trust_paper_clear))) struct vt_trust_paper

VT_CHECKED bool vt_trust_paper_read(const char *path, struct vt_trust_paper *out,
                                    struct vt_error *err);
/* The same for whoever replaces the file: waits until nobody else is about to, and keeps
 * the others waiting until the paper is cleared. */
VT_CHECKED bool vt_trust_paper_hold(const char *path, struct vt_trust_paper *out,
                                    struct vt_error *err);

/* Keep others from changing the file until the descriptor is closed; -1: no lock. */
int vt_cli_lock_file(const char *path);
/* A draft; VT_REJECTED if somebody has signed it. */
VT_CHECKED bool vt_trust_draft_open(const char *path, struct vt_trust_paper *out,
                                    struct vt_error *err);

/* Nothing is written that no further key could mend.  where: named in the error. */
VT_CHECKED bool vt_cli_trust_check_draft(json_t *draft, const char *where,
                                         struct vt_error *err);

/* A trust root that counts, from a file or from a client's folder (evidence/trust_store.h).
 */
VT_CHECKED bool vt_cli_trust_read(const char *path, struct vt_trust **out,
                                  struct vt_error *err);

/* Where nothing is pinned the caller named what is not there: trouble, not a no.  False. */
bool vt_cli_trust_is_missing(struct vt_error *err);

/* The root keys of `by` that have not signed `paper`: an array of {"holder", "keyid"}, and
 * whether those that have are enough. */
bool vt_trust_missing(const struct vt_trust *by, const struct vt_trust *paper,
                      json_t *missing);

/* The same of a role's keys and any envelope, as of that time. */
bool vt_cli_missing(const struct vt_trust *by, enum vt_trust_role role,
                    const struct vt_envelope *envelope, int64_t time_unix_s,
                    json_t *missing);
/* A signature that will not be counted is not made: keys are judged at the time when the
 * paper was begun. */
VT_CHECKED bool vt_cli_will_count(const struct vt_trust_key *mine, int64_t created_unix_s,
                                  const char *path, struct vt_error *err);

bool vt_cli_trust_show(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_trust_show_options[];

/* A time option; absent: fallback. */
VT_CHECKED bool vt_cli_time(struct vt_args *args, const char *option, int64_t fallback,
                            char out[VT_TIME_TEXT_BYTES], struct vt_error *err);

/* Write as indented JSON, and say so (or {"ok", "file"}). */
VT_CHECKED bool vt_cli_trust_write(const char *path, const json_t *value,
                                   struct vt_error *err);
bool vt_cli_trust_said(struct vt_args *args, const char *path, const char *what);

enum { VT_TRUST_YEAR_S = 365 * 86400 };

/* --role as a role. */
VT_CHECKED bool vt_cli_trust_role(struct vt_args *args, enum vt_trust_role *out,
                                  struct vt_error *err);
/* The row of a key from the options of add-key and enrol.  begun: its `from` if none is
 * said.  out: returned. */
VT_CHECKED bool vt_cli_trust_key_row(struct vt_args *args, int64_t begun, json_t **out,
                                     struct vt_error *err);

/* The verbs that have a file of their own. */
bool vt_cli_trust_init(struct vt_args *args, struct vt_error *err);
bool vt_cli_trust_add_key(struct vt_args *args, struct vt_error *err);
bool vt_cli_trust_remove_key(struct vt_args *args, struct vt_error *err);
bool vt_cli_trust_add_ledger(struct vt_args *args, struct vt_error *err);
bool vt_cli_trust_add_relay(struct vt_args *args, struct vt_error *err);
bool vt_cli_trust_certify(struct vt_args *args, struct vt_error *err);
bool vt_cli_trust_enrol(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_trust_init_options[];
extern const struct vt_option vt_cli_trust_add_key_options[];
extern const struct vt_option vt_cli_trust_remove_key_options[];
extern const struct vt_option vt_cli_trust_add_ledger_options[];
extern const struct vt_option vt_cli_trust_add_relay_options[];
extern const struct vt_option vt_cli_trust_certify_options[];
extern const struct vt_option vt_cli_trust_enrol_options[];

/* The whole id of the one key among the rows that begins so.  path: for messages.
 * Errors: VT_ABSENT none; VT_REJECTED several */
VT_CHECKED bool vt_cli_trust_complete_keyid(const json_t *keys, vt_slice beginning,
                                            const char *path, const char **out,
                                            struct vt_error *err);

#endif
