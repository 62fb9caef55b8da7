/* Searching a source: text, or a regular expression, line by line.
 *
 * Trigrams that every match must hold choose the files; these are read.  What a search may
 * cost is bounded: by a time, and for each place in a line by PCRE2's own limits on steps
 * and memory; between two looks at the clock there are few places, so no expression runs
 * for long.  Expressions are PCRE2's, over bytes.  A line over VT_SEARCH_LINE_BYTES_MAX is
 * searched by an expression in its beginning alone. */
#ifndef VT_CENTRE_SEARCH_H
#define VT_CENTRE_SEARCH_H

#include "centre/library.h"
#include "wire/json.h"

#define VT_SEARCH_HITS_MAX       100 /* in one answer */
#define VT_SEARCH_HITS_OF_ONE    20  /* of one file */
#define VT_SEARCH_MS_MAX         800
#define VT_SEARCH_LINE_BYTES_MAX 4096

struct vt_search {
    vt_slice text;
    bool is_regex, is_any_case;
    uint32_t from_file;
};

/* {"hits":[{"file","line","column","text"}],"files":N,"cut"?:[FILE],"unfinished"?:FILE,
 * "next"?:FILE}:
 * lines and columns (in bytes) from 1, `files` how many were read,
 * `cut` those with more hits than VT_SEARCH_HITS_OF_ONE, of which the first are told,
 * `unfinished` one that alone took the whole time and was passed over, `next` where to go
 * on, when not all was searched.  out: returned. Errors: VT_MALFORMED no such expression
 * (the sentence says where); VT_REJECTED one that costs more than its bounds */
VT_CHECKED bool vt_search_run(const struct vt_library *library,
                              const struct vt_search *search, json_t **out,
                              struct vt_error *err);

/* The files that may hold what is searched, ascending; to be freed. */
uint32_t *vt_search_files(const struct vt_library *library, const struct vt_search *search,
                          size_t *count_out);

/* Append the texts of three bytes or more that each match of the expression holds, each
 * behind its length (u16).  Where that is not plain, fewer or none. */
void vt_regex_needs(vt_slice regex, struct vt_buf *out);

/* {"definitions":[{"file","line","kind"}],"is_all"}; returned. */
json_t *vt_library_definitions(const struct vt_library *library, vt_slice name);

#endif
