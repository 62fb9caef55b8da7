/* What makes a file good that another Centre gives: rules a folder, each with the names
 * that it is for.  Private to copying. */
#ifndef VT_CENTRE_JUDGING_H
#define VT_CENTRE_JUDGING_H

#include "evidence/bundle.h"
#include "release/authorisations.h"
#include "store/disk.h"

/* One file while it is judged; all is borrowed. */
struct vt_judging {
    struct vt_disk *ours; /* our Centre's folder */
    const struct vt_trust *trust;
    const struct vt_roll *roll; /* who is enrolled on our desk; NULL: nobody yet */
    struct vt_arena *arena;
    int64_t now_unix_s;
    const char *folder, *file; /* below the Centre's folder; file: with its folder */
};

/* May theirs come instead of ours, which is good too? */
enum vt_replaced {
    VT_REPLACED_NEVER,
    VT_REPLACED_NOT_EVEN_ELSE, /* and theirs, if it is another one, is told */
    VT_REPLACED_WHEN_GOOD,
    VT_REPLACED_WHEN_LATER, /* evidence: of a later list of withdrawals */
};

struct vt_judging_rule {
    const char *name, *ending; /* one of them */
    /* Errors: VT_REJECTED, VT_MALFORMED, VT_LIMIT: why it is not good; VT_IO */
    bool (*judge)(struct vt_judging *j, vt_slice bytes, struct vt_error *err);
    enum vt_replaced replaced;
};

/* Each ends with a row without judge. */
extern const struct vt_judging_rule
    vt_judging_release[]; /* DESK/releases/PRODUCT/VERSION */
extern const struct vt_judging_rule vt_judging_authorisations[]; /* DESK/authorisations */
extern const struct vt_judging_rule vt_judging_lists[];          /* DESK/withdrawals */
extern const struct vt_judging_rule vt_judging_published[]; /* public/PRODUCT/VERSION */

/* NULL: no file of such a name is taken. */
const struct vt_judging_rule *vt_judging_rule_for(const struct vt_judging_rule *rules,
                                                  const char *name);

/* Is it 64 hex digits and this ending? */
bool vt_judging_is_digest(const char *name, const char *ending, vt_hash *out);
/* FOLDER/NAME, in the arena. */
const char *vt_judging_sibling(const struct vt_judging *j, const char *name);
/* The output of that name that the evidence is of; it is of the release whose folder this
 * is.  *out points into the evidence.  Errors: VT_REJECTED; those of vt_release_read */
VT_CHECKED bool vt_judging_find_output(const struct vt_judging *j,
                                       const struct vt_evidence *evidence, const char *name,
                                       struct vt_output *out, struct vt_error *err);
/* The version of the list of withdrawals in evidence; 0: it has none. */
uint64_t vt_judging_list_of(vt_slice evidence);

#endif
