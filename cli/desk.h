/* What the verbs of the release flow have in common: the desk, the caller's own trust root
 * and policy, and one release on the desk. */
#ifndef VT_CLI_DESK_H
#define VT_CLI_DESK_H

#include "cli/files.h"
#include "release/publish.h"

#define VT_OPTION_DESK                                                                     \
    {                                                                                      \
        "desk", "DIR", "the folder that vendor, supervisor and reviewers share", true,     \
            false                                                                          \
    }
#define VT_OPTION_TRUST                                                                    \
    {                                                                                      \
        "trust", "FILE", "your own copy of the trust root", true, false                    \
    }
#define VT_OPTION_POLICY                                                                   \
    {                                                                                      \
        "policy", "FILE", "what is demanded of a release; else the usual", false, false    \
    }
#define VT_OPTION_LEDGER                                                                   \
    {                                                                                      \
        "ledger", "DIR", "folder of the release ledger", true, false                       \
    }
#define VT_OPTION_LEDGER_PASSPHRASE                                                        \
    {                                                                                      \
        "ledger-passphrase-file", "FILE", "file whose first line opens the ledger's key",  \
            false, false                                                                   \
    }
#define VT_OPTION_PUBLIC                                                                   \
    {                                                                                      \
        "public", "DIR", "the folder for customers, static files", true, false             \
    }
#define VT_OPTIONS_END                                                                     \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

struct vt_desk_call {
    struct vt_desk desk;
    struct vt_trust *trust;
    struct vt_demands demands;
    int64_t now_unix_s;
    struct vt_docket *docket; /* NULL until vt_desk_call_docket */
    struct vt_signer *signer; /* NULL until vt_desk_call_ledger */
    struct vt_ledger *ledger;
    struct vt_list_history lists; /* empty until the ledger is looked at */
};

void vt_desk_call_end(struct vt_desk_call *call);
#define VT_AUTO_DESK_CALL __attribute__((cleanup(vt_desk_call_end))) struct vt_desk_call

/* --desk, --trust and, if the verb has it, --policy.  Only drafts make a desk. */
VT_CHECKED bool vt_desk_call_begin(struct vt_args *args, bool has_policy, bool is_new,
                                   struct vt_desk_call *out, struct vt_error *err);
/* The release that the two operands name. */
VT_CHECKED bool vt_desk_call_docket(struct vt_args *args, struct vt_desk_call *call,
                                    struct vt_error *err);
/* --ledger, for reading: it must be the release ledger that the trust root names.  What it
 * has of lists of withdrawals is in call->lists, and the newest is on the desk again. Asked
 * before anything is signed.
 * Errors: VT_REJECTED another ledger, or another key; VT_IO */
VT_CHECKED bool vt_desk_call_look_at_ledger(struct vt_args *args, struct vt_desk_call *call,
                                            struct vt_error *err);
/* The same, or a copy of it (vitrine ledger mirror), which is that log's by its checkpoint.
 */
VT_CHECKED bool vt_desk_call_look_at_copy(struct vt_args *args, struct vt_desk_call *call,
                                          struct vt_error *err);
/* --ledger, for writing; the same one. */
VT_CHECKED bool vt_desk_call_ledger(struct vt_args *args, struct vt_desk_call *call,
                                    struct vt_error *err);
struct vt_publisher vt_desk_call_publisher(struct vt_args *args, struct vt_desk_call *call);

/* Fails with VT_REJECTED unless this key has the role in the trust root, or is enrolled on
 * the desk, and counts now. */
VT_CHECKED bool vt_desk_call_check_key(struct vt_desk_call *call, const struct vt_key *key,
                                       enum vt_trust_role role, struct vt_error *err);

/* One line "done" for people, {"ok":true,"product":..,"version":..,"did":WHAT} for
 * machines. */
VT_PRINTF(4, 5)
void vt_desk_call_say(struct vt_args *args, const struct vt_desk_call *call,
                      const char *what, const char *format, ...);

/* "3 d", "2 h", "5 min", "12 s" since then. */
void vt_cli_age(int64_t since_unix_s, int64_t now_unix_s, char out[32]);

#endif
