/* Which logs and witnesses are trusted, and how many witnesses are enough.  Pure.
 * Spec: C2SP tlog-policy.
 *
 * How a quorum is counted: a name may be a member of at most one group, so the groups form
 * a forest and every name needs to know its parent only.  Groups are defined after their
 * members; one pass in that order counts everything. */
#ifndef VT_LEDGER_POLICY_H
#define VT_LEDGER_POLICY_H

#include "base/base.h"
#include "wire/note.h"

#define VT_POLICY_LOGS_MAX      128
#define VT_POLICY_WITNESSES_MAX 64
#define VT_POLICY_GROUPS_MAX    64
#define VT_POLICY_BYTES_MAX     VT_KIB(256)

#define VT_POLICY_NO_PARENT UINT32_MAX

struct vt_policy_log {
    struct vt_vkey vkey; /* type 0x01; its name is the log's origin */
    vt_slice url;        /* may be empty */
};

struct vt_policy_witness {
    vt_slice name;       /* inside the policy; not the key's name */
    struct vt_vkey vkey; /* type 0x04 */
    vt_slice url;        /* submission prefix; may be empty */
    uint32_t parent;     /* index of the group it is a member of, or VT_POLICY_NO_PARENT */
};

struct vt_policy_group {
    vt_slice name;
    uint32_t threshold; /* so many members are enough; 1 or more */
    uint32_t members;   /* has so many */
    uint32_t parent;
};

enum vt_policy_quorum {
    VT_POLICY_QUORUM_NONE,    /* no cosignature is needed */
    VT_POLICY_QUORUM_WITNESS, /* quorum_index is a witness */
    VT_POLICY_QUORUM_GROUP,   /* quorum_index is a group */
};

/* All slices point into the parsed text, which must live as long. */
struct vt_policy {
    struct vt_policy_log logs[VT_POLICY_LOGS_MAX];
    size_t log_count;
    struct vt_policy_witness witnesses[VT_POLICY_WITNESSES_MAX];
    size_t witness_count;
    struct vt_policy_group groups[VT_POLICY_GROUPS_MAX];
    size_t group_count;
    enum vt_policy_quorum quorum;
    uint32_t quorum_index;
};

/* Errors: VT_MALFORMED with the number of the line; VT_LIMIT too many of something
 * Spec:   tlog-policy, "Policy file syntax and structure" */
VT_CHECKED bool vt_policy_parse(vt_slice text, struct vt_policy *out, struct vt_error *err);

/* Is the quorum reached when exactly the witnesses i with has_signed[i] cosigned?
 * has_signed: policy->witness_count booleans. */
bool vt_policy_has_quorum(const struct vt_policy *policy, const bool *has_signed);

#endif
