/* Law: a pack that is read and written again is the same bytes with the same digest. */
#include "line/pack.h"
#include "tools/fuzz.h"

static bool keep(void *context, vt_slice bytes, struct vt_error *err)
{
    (void)err;
    vt_buf_put(context, bytes);
    return true;
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(64));
    struct vt_pack_entry *entries;
    struct vt_pack_writer w;
    vt_hash first, second;
    size_t count;

    if (!vt_pack_parse(input, arena, &entries, &count, &first, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    vt_pack_begin(&w, keep, &again);
    for (size_t i = 0; i < count; i++)
        VT_CHECK(vt_pack_begin_file(&w, vt_slice_from_cstr(entries[i].path),
                                    entries[i].mode, entries[i].content.len, &err) &&
                 vt_pack_add(&w, entries[i].content, &err) && vt_pack_end_file(&w, &err));
    VT_CHECK(vt_pack_finish(&w, &second, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    VT_CHECK(vt_hash_equal(&first, &second));
}
