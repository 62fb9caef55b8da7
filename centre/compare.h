/* Two Centres held against each other: what one shows and the other does not, what they
 * show differently, and whether their ledgers are one history. */
#ifndef VT_CENTRE_COMPARE_H
#define VT_CENTRE_COMPARE_H

#include "centre/side.h"

enum vt_difference_kind {
    VT_DIFFERENCE_ALTERED, /* both name it, with other digests */
    VT_DIFFERENCE_FIRST,   /* only the first shows it */
    VT_DIFFERENCE_SECOND,
    VT_DIFFERENCE_FORK, /* of a ledger: two histories */
    VT_DIFFERENCE_KINDS,
};

const char *vt_difference_word(enum vt_difference_kind kind); /* "altered", ... */

struct vt_comparison {
    json_t *differences; /* owned; {"what","kind","first"?,"second"?}: digests in hex */
    json_t *ledgers;     /* owned; {"origin","first","second"}: sizes, of one history */
    size_t equal;        /* items that both show */
};

void vt_comparison_clear(struct vt_comparison *comparison);
#define VT_AUTO_COMPARISON                                                                 \
    __attribute__((cleanup(vt_comparison_clear))) struct vt_comparison

/* Every item, trust root and ledger.  trust: by which checkpoints are judged.  out:
 * differences empty: they show the same. Errors: VT_REJECTED, VT_MALFORMED a side answers
 * what is no proof; VT_IO, VT_ABSENT */
VT_CHECKED bool vt_centre_compare(struct vt_side *first, struct vt_side *second,
                                  const struct vt_trust *trust, struct vt_comparison *out,
                                  struct vt_error *err);

/* The items alone.  Pure; for tests.  out: begun by the caller, all zero. */
void vt_digests_compare(const struct vt_digests *first, const struct vt_digests *second,
                        struct vt_comparison *out);

#endif
