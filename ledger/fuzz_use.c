/* Laws: the first byte names a use.  What is read has one index, and only that one admits
 * it; the plain forms are written again as the same bytes; a refusal says why. */
#include "ledger/use.h"
#include "tools/fuzz.h"

static void check_plain(vt_slice entry)
{
    VT_AUTO_BUF again = vt_buf_init(VT_USE_PLAIN_BYTES_MAX);
    struct vt_error err = { 0 };
    uint64_t version;
    vt_hash hash;

    if (vt_snapshot_entry_parse(entry, &version, &hash, &err))
        vt_snapshot_entry_write(&again, version, &hash);
    else if (vt_private_entry_parse(entry, &hash, &err))
        vt_private_entry_write(&again, &hash);
    else
        return;
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), entry));
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    enum vt_ledger_use use;
    uint64_t index = 7;
    vt_slice entry;

    if (input.len == 0)
        return;
    use = (enum vt_ledger_use)(VT_USE_RELEASE + input.data[0] % (VT_USES - 1));
    entry = vt_slice_sub(input, 1, input.len - 1);
    check_plain(entry);
    if (!vt_use_read(use, entry, &index, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0');
        VT_CHECK(!vt_use_admits(use, entry, 0, &err));
        return;
    }
    VT_CHECK(vt_use_admits(use, entry, index, &err));
    VT_CHECK(vt_use_admits(use, entry, index + 1, &err) == !vt_use_is_numbered(use));
}
