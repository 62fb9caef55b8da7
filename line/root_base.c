/* Which packages must be there for dpkg to work at all.  Dependencies are read loosely:
 * versions and architectures were apt's business, here only names count. */
#include "line/deb.h"
#include "line/root.h"

struct search {
    const struct vt_lock *lock;
    const vt_slice *controls;
    bool *is_needed;
    size_t *pending; /* indexes that are needed and not yet looked at */
    size_t count;
};

static void need(struct search *s, size_t at)
{
    if (s->is_needed[at])
        return;
    s->is_needed[at] = true;
    s->pending[s->count++] = at;
}

/* "gcc:any (>= 4) [amd64]" is about gcc. */
static vt_slice name_in(vt_slice text)
{
    size_t from = 0, to;

    while (from < text.len && strchr(" \t\n", text.data[from]) != NULL)
        from++;
    to = from;
    while (to < text.len && strchr(" \t\n:(<[", text.data[to]) == NULL)
        to++;
    return vt_slice_sub(text, from, to - from);
}

/* Cut the next piece before `stop` off the text; false at its end. */
static bool next_piece(vt_slice *text, uint8_t stop, vt_slice *piece)
{
    size_t len = 0;

    if (text->len == 0)
        return false;
    while (len < text->len && text->data[len] != stop)
        len++;
    *piece = vt_slice_sub(*text, 0, len);
    len += len < text->len ? 1 : 0;
    *text = vt_slice_sub(*text, len, text->len - len);
    return true;
}

static bool provides(vt_slice control, vt_slice name)
{
    vt_slice all = vt_control_field(control, "Provides"), piece;

    while (next_piece(&all, ',', &piece))
        if (vt_slice_equal(name_in(piece), name))
            return true;
    return false;
}

static bool need_named(struct search *s, vt_slice name)
{
    VT_AUTO_FREE char *text = vt_strdup_slice(name);
    const struct vt_lock_package *package = vt_lock_find(s->lock, text);

    if (package == NULL)
        return false;
    need(s, (size_t)(package - s->lock->packages));
    return true;
}

static bool need_provider(struct search *s, vt_slice name)
{
    for (size_t i = 0; i < s->lock->package_count; i++)
        if (provides(s->controls[i], name)) {
            need(s, i);
            return true;
        }
    return false;
}

/* The first alternative that the lock has, by name or else by what it provides. */
static void need_one_of(struct search *s, vt_slice group)
{
    vt_slice rest = group, piece;

    while (next_piece(&rest, '|', &piece))
        if (need_named(s, name_in(piece)))
            return;
    rest = group;
    while (next_piece(&rest, '|', &piece))
        if (need_provider(s, name_in(piece)))
            return;
}

static void need_all(struct search *s, vt_slice field)
{
    vt_slice group;

    while (next_piece(&field, ',', &group))
        need_one_of(s, group);
}

void vt_root_find_base(const struct vt_lock *lock, const vt_slice *controls,
                       bool *is_needed_out)
{
    VT_AUTO_FREE size_t *pending = vt_alloc_array(lock->package_count, sizeof *pending);
    struct search s = { lock, controls, is_needed_out, pending, 0 };

    for (size_t i = 0; i < lock->package_count; i++)
        is_needed_out[i] = false;
    for (size_t i = 0; i < lock->package_count; i++)
        if (vt_slice_is(vt_control_field(controls[i], "Essential"), "yes"))
            need(&s, i);
    while (s.count > 0) {
        vt_slice control = controls[pending[--s.count]];

        need_all(&s, vt_control_field(control, "Pre-Depends"));
        need_all(&s, vt_control_field(control, "Depends"));
    }
}
