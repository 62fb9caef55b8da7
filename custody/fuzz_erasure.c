/* Laws: an erasure that is read is written as the same payload, and is of a key or of 1 to
 * so many objects; an agent's answer that is taken apart is a claim and letters of two
 * sorts; a refusal says why. */
#include "custody/erasure.h"
#include "tools/fuzz.h"

static void refused(const struct vt_error *err)
{
    VT_CHECK(err->code == VT_MALFORMED || err->code == VT_LIMIT);
    VT_CHECK(err->message[0] != '\0');
}

static void take_answer(vt_slice input)
{
    struct vt_error err = { 0 };
    vt_slice claim, sorts;

    if (!vt_erasure_answer_parse(input, &claim, &sorts, &err)) {
        refused(&err);
        return;
    }
    VT_CHECK(claim.len + 1 + sorts.len == input.len);
    VT_CHECK(sorts.len >= 1 && sorts.len <= VT_ACCESS_BATCH_MAX);
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_STATEMENT statement = { 0 };
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(1));
    VT_AUTO_FREE struct vt_erasure *erasure = vt_alloc(sizeof *erasure);

    take_answer(input);
    if (!vt_statement_parse(input, &statement, &err) ||
        !vt_erasure_read(&statement, erasure, &err)) {
        refused(&err);
        return;
    }
    VT_CHECK(erasure->number >= 1);
    VT_CHECK(erasure->is_period || erasure->erased.count + erasure->closed.count >= 1);
    VT_CHECK(erasure->backup_count <= VT_ACCESS_BACKUPS_MAX);
    VT_CHECK(vt_erasure_write(erasure, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
