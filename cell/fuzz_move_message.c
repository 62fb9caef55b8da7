/* Law: what a mover or a keeper says, once read and written again, is the same bytes. */
#include "cell/move_message.h"
#include "tools/fuzz.h"

static void rows(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_move_row row;
    vt_slice header;

    if (!vt_move_row_read(input, &row, &header))
        return;
    VT_CHECK(row.is_scanned == (row.rules.len != 0));
    vt_move_row_write(&again, &row, header);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}

static void places(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_move_place place;

    if (!vt_move_place_read(input, &place))
        return;
    vt_move_place_write(&again, &place);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}

static void roots(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_manifest_root root;

    if (!vt_move_root_read(input, &root))
        return;
    vt_move_root_write(&again, &root);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}

static void ids(vt_slice input)
{
    vt_hash ids[VT_MOVE_IDS_MAX];
    size_t count;

    if (vt_move_ids_read(input, ids, &count))
        VT_CHECK(input.len == count * sizeof ids[0] &&
                 memcmp(input.data, ids, input.len) == 0);
}

static void takings(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_move_taking taking;

    if (!vt_move_taking_read(input, &taking))
        return;
    vt_move_taking_write(&again, &taking);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}

/* What a destination is asked to sign can be said: the paper is written, whatever it is. */
static void ends(vt_slice input)
{
    VT_AUTO_FREE struct vt_relocation_words *words = vt_alloc(sizeof *words);
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    if (!vt_move_end_read(input, words))
        return;
    vt_move_end_write(&again, words);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
    VT_CHECK(vt_relocation_write(words, &payload, &err) || err.code == VT_MALFORMED);
}

static void wishes(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_moved_wish wishes[VT_MOVE_IDS_MAX];
    size_t count;

    if (!vt_move_wishes_read(input, wishes, &count))
        return;
    for (size_t i = 0; i < count; i++)
        vt_move_wish_write(&again, &wishes[i]);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}

static void arrived(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_arrived arrived[VT_MOVE_ROWS_MAX];
    size_t count;

    if (!vt_move_arrived_read(input, arrived, &count))
        return;
    for (size_t i = 0; i < count; i++)
        vt_move_arrived_write(&again, &arrived[i]);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}

static void left(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_samples_left left;

    if (!vt_move_left_read(input, &left))
        return;
    vt_move_left_write(&again, &left);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}

/* The first byte says which message. */
void vt_fuzz_one(vt_slice input)
{
    static void (*const kinds[])(vt_slice input) = { rows, places, roots,   ids, takings,
                                                     ends, wishes, arrived, left };
    vt_slice rest;

    if (input.len == 0)
        return;
    rest = vt_slice_sub(input, 1, input.len - 1);
    kinds[input.data[0] % 9](rest);
}
