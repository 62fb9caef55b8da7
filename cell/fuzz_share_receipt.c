/* Law: a receipt that is read has one spelling: its envelope, written again from its parts,
 * is the same bytes. */
#include "cell/share_receipt.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_DSSE dsse = { 0 };
    VT_AUTO_SHARE_RECEIPT receipt = { .json = NULL };
    VT_AUTO_BUF again = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_share_receipt_read(input, &dsse, &receipt, &err)) {
        VT_CHECK(err.code != VT_OK && err.code != VT_IO && err.message[0] != '\0');
        return;
    }
    if (input.data[input.len - 1] == '\n')
        input.len--; /* files may end with a line break */
    VT_CHECK(receipt.cell.len <= VT_SHARE_CELL_BYTES_MAX && receipt.asked.len != 0);
    VT_CHECK(vt_dsse_write(vt_buf_slice(&dsse.payload_type), vt_buf_slice(&dsse.payload),
                           dsse.signatures, dsse.signature_count, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
