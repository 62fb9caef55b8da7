/* Laws: an access that is read is written as the same payload; it names 1 to so many
 * objects, bears a number or rules exactly if its reason has them; a refusal says why. */
#include "custody/access.h"
#include "tools/fuzz.h"

static void refused(const struct vt_error *err)
{
    VT_CHECK(err->code == VT_MALFORMED || err->code == VT_LIMIT);
    VT_CHECK(err->message[0] != '\0');
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_STATEMENT statement = { 0 };
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(1));
    struct vt_access access;
    static const vt_hash none = { { 0 } };

    if (!vt_statement_parse(input, &statement, &err) ||
        !vt_access_read(&statement, &access, &err)) {
        refused(&err);
        return;
    }
    VT_CHECK(access.count >= 1 &&
             access.count <=
                 (access.is_batch ? VT_ACCESS_BATCH_MAX : VT_ACCESS_OBJECTS_MAX));
    VT_CHECK((access.reason == VT_ACCESS_GOVERNMENT) == (access.request != 0));
    VT_CHECK((access.reason == VT_ACCESS_SCAN) == !vt_hash_equal(&access.rules, &none));
    VT_CHECK(vt_access_write(&access, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
