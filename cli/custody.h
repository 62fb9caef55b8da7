/* What the files of `vitrine custody` share. */
#ifndef VT_CLI_CUSTODY_H
#define VT_CLI_CUSTODY_H

#include "cli/cli.h"
#include "cli/files.h"
#include "custody/access.h"
#include "custody/ask.h"
#include "custody/policy.h"
#include "evidence/trust.h"

/* The trust root and who is enrolled: --trust, --enrolment. */
struct vt_cli_keyring {
    struct vt_trust *trust; /* owned */
    struct vt_keyring keyring;
    struct vt_envelope enrolled[VT_TRUST_ENROLLED_MAX]; /* owned */
    size_t count;
};
void vt_cli_keyring_clear(struct vt_cli_keyring *keyring);
#define VT_AUTO_CLI_KEYRING                                                                \
    __attribute__((cleanup(vt_cli_keyring_clear))) struct vt_cli_keyring

#define VT_OPTION_TRUST                                                                    \
    {                                                                                      \
        "trust", "TRUST", "the trust root: a file, or a pinned folder", true, false        \
    }
#define VT_OPTION_ENROLMENT                                                                \
    {                                                                                      \
        "enrolment", "FILE", "whom the supervisor let in, from `vitrine trust enrol`",     \
            false, true                                                                    \
    }

/* The struct must stay in its place.
 * Errors: VT_REJECTED an enrolment that the supervisor did not sign; those of reading */
VT_CHECKED bool vt_cli_keyring_read(struct vt_args *args, struct vt_cli_keyring *out,
                                    struct vt_error *err);
/* The same with a trust root that --trust does not name. */
VT_CHECKED bool vt_cli_keyring_read_at(struct vt_args *args, const char *trust,
                                       struct vt_cli_keyring *out, struct vt_error *err);

/* One enrolment more; the trust root is there.
 * Errors: VT_REJECTED the supervisor did not sign it; VT_LIMIT; those of reading */
VT_CHECKED bool vt_cli_keyring_enrol(struct vt_cli_keyring *keyring, const char *path,
                                     int64_t now_unix_s, struct vt_error *err);

/* Those of --enrolment. */
VT_CHECKED bool vt_cli_keyring_enrol_all(struct vt_args *args, struct vt_cli_keyring *out,
                                         struct vt_error *err);

/* The supervisor's custody/v1 in a file.  custody points into the envelope.
 * Errors: VT_REJECTED he did not sign it; VT_MALFORMED; those of reading */
VT_CHECKED bool vt_cli_custody_policy(const char *path, const struct vt_trust *trust,
                                      int64_t now_unix_s, struct vt_envelope *envelope,
                                      struct vt_custody *custody, struct vt_error *err);

/* The token of --token-file; NULL if it was not given.
 * Errors: those of reading */
VT_CHECKED bool vt_cli_writer_token(struct vt_args *args, struct vt_arena *arena,
                                    const char **out, struct vt_error *err);

/* The complete age header at the beginning of a file; appended.
 * Errors: VT_IO; VT_MALFORMED no age file */
VT_CHECKED bool vt_cli_read_header(const char *path, struct vt_buf *out,
                                   struct vt_error *err);
/* A signed access in a file. */
VT_CHECKED bool vt_cli_read_access(const char *path, struct vt_buf *bytes,
                                   struct vt_envelope *envelope, struct vt_access *access,
                                   struct vt_error *err);
/* Ids of a batch, one a line of 64 hex digits, each once; sorted.  out: room for
 * VT_ACCESS_BATCH_MAX.  Errors: VT_MALFORMED, VT_LIMIT; those of reading */
VT_CHECKED bool vt_cli_read_ids(const char *path, vt_hash *out, size_t *count_out,
                                struct vt_error *err);
/* The same, and they are those that the statement names by their root: count of them.
 * Errors: VT_REJECTED they are others; as above */
VT_CHECKED bool vt_cli_read_batch(const char *path, const struct vt_access *access,
                                  vt_hash *out, struct vt_error *err);
json_t *vt_cli_access_json(const struct vt_access *access);

/* An order to erase, and how it is carried out. */
struct vt_cli_erase {
    struct vt_args *args;         /* for misuse */
    struct vt_asker *asker;       /* its keyring, ledger and agent */
    const char *order, *ids;      /* files; ids NULL: the order names its objects */
    const char *samples, *keeper; /* the store; keeper NULL: under its lock */
    const char *out;              /* the claim, and what a second call goes on from */
    struct vt_age_recipient sealed_for;
    const struct vt_key *key; /* the cell's */
    /* Told here. */
    size_t erased, closed; /* objects of the order */
    uint64_t files;        /* that were still in the store */
};
/* Carry it out: the agent, the cell, the claim, the ledger.  After a failure or a kill the
 * same call goes on.  Errors: VT_REJECTED the agent says no, or its claim does not hold;
 * VT_IO; those of reading */
VT_CHECKED bool vt_cli_erase(struct vt_cli_erase *erase, struct vt_error *err);
/* --backup of an order to erase. */
VT_CHECKED bool vt_cli_take_backups(struct vt_args *args, struct vt_access *out,
                                    struct vt_error *err);

/* vitrine custody retention run; list: writes the ids of what is due now, so many at most,
 * into the file, and says how many. */
struct vt_cli_due {
    bool (*list)(void *context, size_t max, const char *path, size_t *count_out,
                 struct vt_error *err);
    void *context;
    const struct vt_custody *custody;
    vt_slice country; /* whose files are sealed for it */
    struct vt_age_recipient sealed_for;
};
VT_CHECKED bool vt_cli_retention_run(struct vt_args *args, const struct vt_cli_due *due,
                                     struct vt_error *err);

extern const struct vt_option vt_cli_custody_read_options[];
extern const struct vt_option vt_cli_custody_accesses_options[];
extern const struct vt_option vt_cli_custody_open_options[];
extern const struct vt_option vt_cli_custody_reconcile_options[];
extern const struct vt_option vt_cli_custody_erase_options[];
extern const struct vt_option vt_cli_custody_openings_options[];
bool vt_cli_custody_openings(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_custody_erased_options[];
extern const struct vt_option vt_cli_custody_retention_options[];
bool vt_cli_custody_retention(struct vt_args *args, struct vt_error *err);
bool vt_cli_custody_erase(struct vt_args *args, struct vt_error *err);
bool vt_cli_custody_erased(struct vt_args *args, struct vt_error *err);
bool vt_cli_custody_read(struct vt_args *args, struct vt_error *err);
bool vt_cli_custody_accesses(struct vt_args *args, struct vt_error *err);
bool vt_cli_custody_open(struct vt_args *args, struct vt_error *err);
bool vt_cli_custody_reconcile(struct vt_args *args, struct vt_error *err);

#endif
