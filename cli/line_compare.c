/* vitrine line compare: where do two builds differ? */
#include "cli/files.h"
#include "cli/line_verbs.h"
#include "line/compare.h"
#include "line/libarchive.h"
#include "role/confine.h"

enum { SHOWN_MAX = 12, SIDE_BYTES = 16 };

/* "  a  32 30 32 36 ...  2026..." */
static void print_side(const char *name, vt_slice bytes)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));

    (void)printf("    %s ", name);
    for (size_t i = 0; i < SIDE_BYTES; i++)
        if (i < bytes.len)
            (void)printf(" %02x", bytes.data[i]);
        else
            (void)printf("   ");
    vt_excerpt_text(bytes, &text);
    (void)printf("  %s\n", text.len > 0 ? vt_buf_cstr(&text) : "");
}

/* Both sides from the same place, shortly before the first byte that differs. */
static void print_bytes(const struct vt_difference *d)
{
    size_t same = 0, from, from_b;

    while (same < d->a.len && same < d->b.len && d->a.data[same] == d->b.data[same])
        same++;
    from = same > SIDE_BYTES / 2 ? same - SIDE_BYTES / 2 : 0;
    from_b = from < d->b.len ? from : d->b.len;
    from = from < d->a.len ? from : d->a.len;
    print_side("a", vt_slice_sub(d->a, from, d->a.len - from));
    print_side("b", vt_slice_sub(d->b, from_b, d->b.len - from_b));
}

void vt_cli_print_difference(const struct vt_difference *d)
{
    VT_AUTO_BUF place = vt_buf_init(VT_KIB(16));

    vt_difference_place(d, &place);
    (void)printf("  %s: %s%s\n", vt_buf_cstr(&place), vt_difference_kind_name(d->kind),
                 d->is_derived ? " (follows from others)" : "");
    if (d->a.len + d->b.len > 0)
        print_bytes(d);
}

static void print_comparison(const struct vt_comparison *c)
{
    const struct vt_difference *first = vt_comparison_first(c);
    size_t shown = 1;

    if (first == NULL) {
        (void)printf("equal: %ju %s compared\n", (uintmax_t)c->files,
                     c->files == 1 ? "file" : "files");
        return;
    }
    (void)printf("differs, first:\n");
    vt_cli_print_difference(first);
    if (c->total > 1)
        (void)printf("and %ju more\n", (uintmax_t)(c->total - 1));
    for (size_t i = 0; i < c->count && shown < SHOWN_MAX; i++)
        if (&c->differences[i] != first) {
            vt_cli_print_difference(&c->differences[i]);
            shown++;
        }
    for (size_t i = 0; i < c->note_count; i++)
        (void)printf("note: %s\n", c->notes[i]);
}

/* Archives are opened that others made: from here on this process can read files and
 * answer, and nothing else. */
static void confine(void)
{
    struct vt_rights rights = { .read_folders = { "/" },
                                .may_read_links = true,
                                .memory_bytes_max = VT_MIB(16384),
                                .libraries = { &vt_libarchive } };

    vt_json_prepare(); /* a confined process could only guess the seed of its hashing */
    vt_confine(&rights);
}

bool vt_cli_line_compare(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_COMPARISON comparison = NULL;
    json_t *json;

    confine();
    if (!vt_compare(vt_args_operand(args, 0), vt_args_operand(args, 1), &comparison, err))
        return false;
    if (vt_args_is_json(args)) {
        if (!vt_comparison_json(comparison, &json, err))
            return false;
        (void)json_object_set_new(json, "ok", json_boolean(comparison->is_equal));
        vt_cli_print_json(json);
    } else {
        print_comparison(comparison);
    }
    vt_args_exit(args, comparison->is_equal ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}
