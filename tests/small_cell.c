/* See small_cell.h. */
#include "tests/small_cell.h"
#include "tests/world.h"

static uint8_t all_rows[VT_SMALL_CELL_ROWS_MAX + 1][VT_VERDICT_BYTES];

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, VT_SHA256_BYTES);
}

vt_hash vt_small_cell_hash(unsigned i)
{
    return vt_sha256_of(VT_BYTES(i));
}

enum vt_cell_state vt_small_cell_state(unsigned i)
{
    return i % 3 == 0 ? VT_STATE_MALICIOUS : VT_STATE_CLEAN;
}

struct vt_verdicts vt_small_cell_table(unsigned count)
{
    VT_CHECK(count <= VT_SMALL_CELL_ROWS_MAX);
    memset(all_rows, 0, sizeof all_rows);
    for (unsigned i = 0; i < count; i++) {
        vt_hash hash = vt_small_cell_hash(i);

        memcpy(all_rows[i], hash.bytes, VT_SHA256_BYTES);
        all_rows[i][32] = (uint8_t)vt_small_cell_state(i);
    }
    qsort(all_rows, count, VT_VERDICT_BYTES, compare_rows);
    return (struct vt_verdicts){ .rows = all_rows[0], .count = count };
}

struct vt_cell_written vt_small_cell_publish(const struct vt_small_epoch *epoch)
{
    struct vt_error err = { 0 };
    struct vt_verdicts table = vt_small_cell_table(epoch->count);
    struct vt_cell_head head = { .cell = VT_LIT("zurich"),
                                 .jurisdiction = VT_LIT("CH"),
                                 .epoch = epoch->epoch,
                                 .from_unix_s = epoch->from_unix_s,
                                 .until_unix_s = epoch->until_unix_s };
    struct vt_cell_site *site;
    struct vt_cell_written written;
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64)), file = vt_buf_init(VT_MIB(1));
    vt_slice envelope;

    VT_CHECK_OK(vt_cell_site_open(epoch->dir, &site, &err));
    VT_CHECK_OK(vt_cell_site_write(site, &table, epoch->bits, 8, &head, &written, &err));
    VT_CHECK_OK(vt_cell_head_write(&head, &payload, &err));
    envelope = vt_world_sign(vt_buf_slice(&payload), VT_BIT(VT_P_CELL));
    VT_CHECK_OK(vt_head_file_write(envelope, VT_LIT("none"), NULL, NULL, 0, &file, &err));
    VT_CHECK_OK(vt_cell_site_show(site, vt_buf_slice(&file), epoch->keep, &written, &err));
    vt_cell_site_close(site);
    return written;
}
