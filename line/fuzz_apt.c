/* Law: what a filter takes, it takes again unchanged; a file that is named has a plain name
 * and an address. */
#include "line/apt.h"
#include "tools/fuzz.h"

typedef bool filter_fn(vt_slice text, const char *suite, struct vt_buf *out,
                       struct vt_error *err);

static void check_filter(filter_fn *filter, vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF once = vt_buf_init(VT_MIB(4));
    VT_AUTO_BUF twice = vt_buf_init(VT_MIB(4));

    if (!filter(input, "bookworm", &once, &err))
        return;
    VT_CHECK(filter(vt_buf_slice(&once), "bookworm", &twice, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&once), vt_buf_slice(&twice)));
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_apt_file file;

    check_filter(vt_apt_filter_list, input);
    check_filter(vt_apt_filter_stanzas, input);
    if (vt_apt_parse_uri(input, arena, &file))
        VT_CHECK(file.uri[0] >= 'a' && file.file[0] != '\0' && file.file[0] != '-' &&
                 file.file[0] != '.' && strchr(file.file, '/') == NULL);
}
