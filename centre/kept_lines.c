/* See kept_lines.h. */
#include "centre/kept_lines.h"

vt_slice *vt_lines_of(struct vt_arena *arena, vt_slice text, size_t *count_out)
{
    vt_reader r = { text };
    size_t count = 0;
    vt_slice *lines, line;

    while (vt_read_line(&r, &line))
        count++;
    lines = vt_arena_alloc(arena, (count + 1) * sizeof *lines);
    r = (vt_reader){ text };
    for (size_t i = 0; i < count; i++)
        if (vt_read_line(&r, &line))
            lines[i] = line;
    if (r.rest.len != 0)
        lines[count++] = r.rest;
    *count_out = count;
    return lines;
}

/* The middle that is left: a of the earlier text, b of the later one. */
struct middle {
    const vt_slice *a, *b;
    int64_t a_count, b_count;
    bool *kept; /* of b */
};

/* How far each diagonal came with `changes` changes: row[changes + k] for k = x - y. */
static int64_t step(const struct middle *m, const int64_t *before, int64_t changes,
                    int64_t k)
{
    int64_t x = 0, y;

    if (changes != 0) {
        const int64_t *at = before + changes - 1; /* diagonal 0 of the step before */
        bool is_down = k == -changes || (k != changes && at[k - 1] < at[k + 1]);

        x = is_down ? at[k + 1] : at[k - 1] + 1;
    }
    y = x - k;

    while (x < m->a_count && y < m->b_count && y >= 0 && vt_slice_equal(m->a[x], m->b[y])) {
        x++;
        y++;
    }
    return x;
}

/* Back from the end, through the rows that were kept, marking what runs diagonally. */
static void walk_back(const struct middle *m, int64_t *const rows[], int64_t changes)
{
    int64_t x = m->a_count, y = m->b_count;

    for (; changes >= 0; changes--) {
        int64_t k = x - y, from_x = 0, from_y = 0;

        if (changes != 0) {
            const int64_t *at = rows[changes - 1] + changes - 1;
            bool is_down = k == -changes || (k != changes && at[k - 1] < at[k + 1]);

            k = is_down ? k + 1 : k - 1;
            from_x = at[k];
            from_y = from_x - k;
        }
        while (x > from_x && y > from_y) {
            x--;
            y--;
            m->kept[y] = true;
        }
        x = from_x;
        y = from_y;
    }
}

static void mark_middle(struct vt_arena *arena, const struct middle *m)
{
    int64_t *rows[VT_KEPT_CHANGES_MAX + 1];

    for (int64_t changes = 0; changes <= VT_KEPT_CHANGES_MAX; changes++) {
        int64_t *row = vt_arena_alloc(arena, (size_t)(2 * changes + 1) * sizeof *row);

        rows[changes] = row;
        for (int64_t k = -changes; k <= changes; k += 2) {
            row[changes + k] = step(m, changes == 0 ? NULL : rows[changes - 1], changes, k);
            if (k == m->a_count - m->b_count && row[changes + k] >= m->a_count) {
                walk_back(m, rows, changes);
                return;
            }
        }
    }
}

void vt_kept_lines_mark(struct vt_arena *arena, const vt_slice *before, size_t before_count,
                        const vt_slice *lines, size_t count, bool *kept)
{
    size_t first = 0, last = 0;
    struct middle m;

    while (first < before_count && first < count &&
           vt_slice_equal(before[first], lines[first]))
        kept[first++] = true;
    while (last < before_count - first && last < count - first &&
           vt_slice_equal(before[before_count - 1 - last], lines[count - 1 - last]))
        kept[count - 1 - last++] = true;
    m = (struct middle){ before + first, lines + first,
                         (int64_t)(before_count - first - last),
                         (int64_t)(count - first - last), kept + first };
    if (m.a_count != 0 && m.b_count != 0)
        mark_middle(arena, &m);
}
