/* What the porter does of rebuilds: takes a reviewer's wish, and tells what became of it.
 * No record, no deed: each is on the sealed record, synced, before it is done; a wish that
 * is refused stands there as well.
 *
 *   asked -> waits -> runs -> equal | differs | failed      (centre/rebuild_form.h)
 *
 * An invitation has one at a time: the next is taken when the one before is over, or has
 * not come to its end for a day.  Who rebuilds is another program, which reads the wishes
 * (`vitrine centre rebuild`). */
#ifndef VT_CENTRE_REBUILDING_H
#define VT_CENTRE_REBUILDING_H

#include "centre/porter.h"
#include "centre/source_question.h"

#define VT_REBUILD_WAITS_S_MAX   86400
#define VT_REBUILD_LOG_PIECE_MAX VT_KIB(24)

/* A question of kind VT_SOURCE_REBUILD or VT_SOURCE_REBUILT; words: as it came.
 * out: returned.  Errors: those of the porter (centre/porter.h); VT_REJECTED also: one that
 * was asked for is not done yet */
VT_CHECKED bool vt_rebuilding_answer(struct vt_porter *porter, vt_slice token,
                                     vt_slice csrf,
                                     const struct vt_source_question *question,
                                     vt_slice words, json_t **out, struct vt_error *err);

#endif
