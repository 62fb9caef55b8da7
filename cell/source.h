/* Where a client gets answers from: a folder, or a web server, that holds what a cell
 * publishes (cell/site.h).  Nothing that it says is believed: a node must have its name as
 * root, a filter its name as digest, an answer is checked as any. */
#ifndef VT_CELL_SOURCE_H
#define VT_CELL_SOURCE_H

#include "base/base.h"
#include "cell/cache.h"
#include "cell/head.h"
#include "crypto/ohttp.h"

struct vt_cell_source;

/* where: a folder or an http(s) URL; borrowed.  Opened when it is first needed.  Returned,
 * end with vt_cell_source_close. */
struct vt_cell_source *vt_cell_source_new(const char *where);
void vt_cell_source_close(struct vt_cell_source *source); /* NULL allowed */
void vt_cell_source_close_pointer(struct vt_cell_source **source);
#define VT_AUTO_CELL_SOURCE                                                                \
    __attribute__((cleanup(vt_cell_source_close_pointer))) struct vt_cell_source *

bool vt_cell_source_is_remote(const struct vt_cell_source *source);
/* Keep nodes and buckets here, and look here first.  Borrowed. */
void vt_cell_source_keep(struct vt_cell_source *source, struct vt_cell_cache *cache);
/* From now on everything but filters and deltas (they are the same for all, and too long)
 * is asked through the relay; NULL: directly.  Borrowed. */
void vt_cell_source_ask_through(struct vt_cell_source *source, const char *relay,
                                const struct vt_ohttp_config *key,
                                const struct vt_env *env);
/* May nodes and buckets be asked for over the network?  Yes until it is changed; no: they
 * come from the cache, or a failure with VT_ABSENT. */
void vt_cell_source_allow(struct vt_cell_source *source, bool may_ask);
/* Buckets that were asked for, and bytes that came; files that the cell gave without a
 * relay in between. */
uint64_t vt_cell_source_asked(const struct vt_cell_source *source);
uint64_t vt_cell_source_bytes(const struct vt_cell_source *source);
uint64_t vt_cell_source_direct(const struct vt_cell_source *source);

/* Errors of all: VT_ABSENT it is not there, or may not be asked for; VT_IO no answer;
 * VT_LIMIT longer than it may be */

/* The newest head file; appended, judged by nobody yet. */
VT_CHECKED bool vt_cell_source_head(struct vt_cell_source *source, struct vt_buf *out,
                                    struct vt_error *err);
/* A filter or delta that a head names; appended.  VT_REJECTED it is another. */
VT_CHECKED bool vt_cell_source_blob(struct vt_cell_source *source,
                                    const struct vt_head_blob *blob, struct vt_buf *out,
                                    struct vt_error *err);
/* The key configuration with that digest; appended.  VT_REJECTED it is another. */
/* The document of a recipient that a head names; appended.  VT_REJECTED it is another. */
VT_CHECKED bool vt_cell_source_recipient(struct vt_cell_source *source, const vt_hash *hash,
                                         struct vt_buf *out, struct vt_error *err);
VT_CHECKED bool vt_cell_source_ohttp(struct vt_cell_source *source, const vt_hash *hash,
                                     struct vt_buf *out, struct vt_error *err);
/* The answer for that file's bucket, appended: to be checked by vt_answer_check.
 * VT_REJECTED a node or the bucket is not what its name says */
VT_CHECKED bool vt_cell_source_answer(struct vt_cell_source *source,
                                      const struct vt_cell_tree *tree, const vt_hash *hash,
                                      struct vt_buf *out, struct vt_error *err);

#endif
