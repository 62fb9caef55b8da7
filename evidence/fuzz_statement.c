/* Laws: a statement that is taken is spelled as our writer spells it; a release or list of
 * withdrawals that is read is written as the same bytes; a refusal says why. */
#include "evidence/release.h"
#include "evidence/statement.h"
#include "tools/fuzz.h"

static void refused(const struct vt_error *err)
{
    VT_CHECK(err->code == VT_MALFORMED || err->code == VT_LIMIT);
    VT_CHECK(err->message[0] != '\0');
}

static void check_release(const struct vt_statement *statement, vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_release release;
    VT_AUTO_BUF again = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_release_read(statement, &release, &err)) {
        refused(&err);
        return;
    }
    VT_CHECK(release.output_count >= 1);
    VT_CHECK(vt_release_write(&release, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}

static void check_withdrawals(const struct vt_statement *statement)
{
    struct vt_error err = { 0 };
    struct vt_withdrawals list;

    if (!vt_withdrawals_read(statement, &list, &err)) {
        refused(&err);
        return;
    }
    for (size_t i = 0; i < json_array_size(list.current); i++) {
        struct vt_listed row = vt_withdrawals_row(list.current, i), found;

        VT_CHECK(vt_withdrawals_find_current(&list, row.product, row.channel, &found));
        VT_CHECK(found.sequence == row.sequence);
    }
    for (size_t i = 0; i < json_array_size(list.withdrawn); i++) {
        struct vt_listed row = vt_withdrawals_row(list.withdrawn, i), found;

        VT_CHECK(vt_withdrawals_find_withdrawn(&list, row.product, row.channel,
                                               row.sequence, &found));
    }
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_STATEMENT statement = { 0 };
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(1));

    if (!vt_statement_parse(input, &statement, &err)) {
        refused(&err);
        return;
    }
    VT_CHECK(vt_json_write_canonical(statement.json, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    VT_CHECK(vt_statement_subject_count(&statement) >= 1);
    if (statement.type == VT_RELEASE)
        check_release(&statement, input);
    if (statement.type == VT_WITHDRAWALS)
        check_withdrawals(&statement);
}
