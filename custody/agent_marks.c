/* Open addressing, at most half full, never a row taken out. */
#include "custody/agent_marks.h"

enum { CAPACITY_MIN = 256 };

struct vt_agent_mark {
    uint64_t high, low; /* both zero: free */
    uint64_t number;
};

struct vt_agent_marks vt_agent_marks_init(const struct vt_env *env)
{
    struct vt_agent_marks marks = { .rows = NULL };

    vt_env_random(env, marks.salt, sizeof marks.salt);
    return marks;
}

void vt_agent_marks_clear(struct vt_agent_marks *marks)
{
    free(marks->rows);
    marks->rows = NULL;
    marks->capacity = marks->count = 0;
}

static struct vt_agent_mark mark_of(const struct vt_agent_marks *marks,
                                    const vt_hash *first, const vt_hash *second)
{
    struct vt_agent_mark mark = { 0 };
    struct vt_sha256 state;
    vt_hash hash;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_BYTES(marks->salt));
    vt_sha256_add(&state, vt_hash_slice(first));
    if (second != NULL)
        vt_sha256_add(&state, vt_hash_slice(second));
    vt_sha256_end(&state, &hash);
    memcpy(&mark.high, hash.bytes, sizeof mark.high);
    memcpy(&mark.low, hash.bytes + sizeof mark.high, sizeof mark.low);
    return mark;
}

/* Its row, or the free one where it belongs. */
static struct vt_agent_mark *row_of(const struct vt_agent_marks *marks,
                                    const struct vt_agent_mark *mark)
{
    size_t at = mark->low & (marks->capacity - 1);

    for (;;) {
        struct vt_agent_mark *row = &marks->rows[at];

        if ((row->high == 0 && row->low == 0) ||
            (row->high == mark->high && row->low == mark->low))
            return row;
        at = (at + 1) & (marks->capacity - 1);
    }
}

static void grow(struct vt_agent_marks *marks)
{
    struct vt_agent_marks old = *marks;

    marks->capacity = old.capacity == 0 ? CAPACITY_MIN : 2 * old.capacity;
    marks->rows = vt_alloc_array(marks->capacity, sizeof *marks->rows);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.rows[i].high != 0 || old.rows[i].low != 0)
            *row_of(marks, &old.rows[i]) = old.rows[i];
    free(old.rows);
}

void vt_agent_marks_put(struct vt_agent_marks *marks, const vt_hash *first,
                        const vt_hash *second, uint64_t number)
{
    struct vt_agent_mark mark = mark_of(marks, first, second), *row;

    if (2 * (marks->count + 1) > marks->capacity)
        grow(marks);
    row = row_of(marks, &mark);
    marks->count += row->high == 0 && row->low == 0;
    mark.number = number;
    *row = mark;
}

bool vt_agent_marks_find(const struct vt_agent_marks *marks, const vt_hash *first,
                         const vt_hash *second, uint64_t *number_out)
{
    struct vt_agent_mark mark = mark_of(marks, first, second);
    const struct vt_agent_mark *row;

    if (marks->capacity == 0)
        return false;
    row = row_of(marks, &mark);
    if (row->high == 0 && row->low == 0)
        return false;
    *number_out = row->number;
    return true;
}
