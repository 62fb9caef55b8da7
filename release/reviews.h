/* What the reviewers say of a draft's source, as it stands: a holder's later word takes his
 * earlier one back (evidence/review.h). */
#ifndef VT_RELEASE_REVIEWS_H
#define VT_RELEASE_REVIEWS_H

#include "release/desk.h"

enum vt_word {
    VT_WORD_NONE, /* no review of this source by a reviewer who counts */
    VT_WORD_ACCEPTS,
    VT_WORD_REFUSES,
    VT_WORD_TAKEN_BACK,
    VT_WORDS,
};

/* "accepts", "refuses", "taken back", "does not count" */
const char *vt_word_name(enum vt_word word);

/* What this statement is worth among those that were made until then (INT64_MAX: all). */
enum vt_word vt_review_word(const struct vt_docket *docket, const struct vt_item *item,
                            int64_t until_unix_s);
/* Who signed it, as reviewer; empty: nobody who counts. */
vt_slice vt_review_holder(const struct vt_docket *docket, const struct vt_item *item);
/* Distinct holders whose word is this one. */
size_t vt_review_count(const struct vt_docket *docket, enum vt_word word);
/* The holder's newest word on the draft's source; NULL: he said nothing. */
const struct vt_item *vt_review_newest(const struct vt_docket *docket, vt_slice holder);

/* Whether a statement on the desk counts: "counts", "superseded" by another of its kind,
 * "does not count"; of a review its word.  Static text. */
const char *vt_item_standing(const struct vt_docket *docket, const struct vt_item *item);

/* When the next release statement says that it was made: now, and not before what it names
 * or takes the place of, should a reviewer's clock be fast. */
int64_t vt_release_time(const struct vt_docket *docket, int64_t now_unix_s);

#endif
