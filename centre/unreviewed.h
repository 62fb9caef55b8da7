/* Blame of review state: which lines of a source stand in none of the sources that were
 * reviewed and accepted.  A review speaks of a whole source (evidence/review.h), so a line
 * is reviewed if such a source has it: its file's bytes under any name, or the line in the
 * file of the same path, in the same order. */
#ifndef VT_CENTRE_UNREVIEWED_H
#define VT_CENTRE_UNREVIEWED_H

#include "centre/library.h"
#include "wire/json.h"

#define VT_UNREVIEWED_BASES_MAX 3    /* accepted sources that are looked at */
#define VT_UNREVIEWED_ROWS_MAX  1000 /* ranges of lines in one answer */
#define VT_UNREVIEWED_OF_ONE    200 /* of one file; the last goes to the end of the others */
#define VT_UNREVIEWED_MS_MAX    800

/* {"files":[{"file","path","is_whole","lines":[[FROM,COUNT],...]}],"lines":N,"next"?:FILE}:
 * files that hold something unreviewed, from from_file on; is_whole: all of it, and what is
 * no text has no lines; lines from 1; `lines` how many are unreviewed here, `next` where to
 * go on.  bases: none: nothing was reviewed.  out: returned.
 * Errors: VT_MALFORMED, VT_LIMIT a list of files that is none */
VT_CHECKED bool vt_unreviewed_run(const struct vt_library *source,
                                  const struct vt_library *const bases[], size_t base_count,
                                  uint32_t from_file, json_t **out, struct vt_error *err);

#endif
