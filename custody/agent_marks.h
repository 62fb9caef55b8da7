/* What a key agent must not do twice, kept in memory: 128-bit marks with a number each.
 * What is marked comes from outside, so marks are hashed with a salt of this process:
 * nobody can choose what falls onto one place of the table. */
#ifndef VT_CUSTODY_AGENT_MARKS_H
#define VT_CUSTODY_AGENT_MARKS_H

#include "base/base.h"
#include "crypto/sha256.h"

struct vt_agent_marks {
    struct vt_agent_mark *rows; /* owned */
    size_t capacity;            /* a power of two, or 0 */
    size_t count;
    uint8_t salt[16];
};

struct vt_agent_marks vt_agent_marks_init(const struct vt_env *env);
void vt_agent_marks_clear(struct vt_agent_marks *marks);

/* The mark of one hash, or of two together (second may be NULL). */
void vt_agent_marks_put(struct vt_agent_marks *marks, const vt_hash *first,
                        const vt_hash *second, uint64_t number);
/* False: it is not marked.  number_out: as it was put last. */
bool vt_agent_marks_find(const struct vt_agent_marks *marks, const vt_hash *first,
                         const vt_hash *second, uint64_t *number_out);

#endif
