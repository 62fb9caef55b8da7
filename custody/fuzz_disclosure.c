/* Law: a list of accesses that is read has one spelling: its envelope, written again from
 * its parts, is the same bytes; its entries are in the tree that it names, each once. */
#include "custody/disclosure.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_DSSE dsse = { 0 };
    VT_AUTO_DISCLOSURE list = { .json = NULL };
    VT_AUTO_BUF again = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_disclosure_read(input, &dsse, &list, &err)) {
        VT_CHECK(err.code != VT_OK && err.code != VT_IO && err.message[0] != '\0');
        VT_CHECK(list.json == NULL);
        return;
    }
    if (input.data[input.len - 1] == '\n')
        input.len--; /* files may end with a line break */
    VT_CHECK(list.count <= VT_DISCLOSURE_ROWS_MAX);
    for (size_t i = 0; i < list.count; i++)
        VT_CHECK(list.rows[i].entry < list.size && list.rows[i].role.len != 0);
    VT_CHECK(vt_dsse_write(vt_buf_slice(&dsse.payload_type), vt_buf_slice(&dsse.payload),
                           dsse.signatures, dsse.signature_count, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
