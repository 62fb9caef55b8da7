/* Laws: counts that are taken are written as they were; the next of the same may follow,
 * and one that is smaller in any place may not; a refusal says why. */
#include "cell/count.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON json = NULL;
    VT_AUTO_JSON again = NULL;
    struct vt_counts counts, next;
    const vt_hash digest = { { 1 } };

    if (input.len > VT_KIB(64) || !vt_json_parse(input, "count", &json, &err))
        return;
    if (!vt_counts_read(json, &counts, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_counts_write(&counts, &again, &err) && json_equal(json, again));
    next = counts;
    next.number++;
    next.previous = digest;
    VT_CHECK(vt_counts_may_follow(&counts, &digest, &next, &err));
    VT_CHECK(!vt_counts_may_follow(&next, &digest, &counts, &err));
    for (unsigned i = 0; i < VT_DATA_CLASSES; i++)
        if (next.totals[i][0]-- > 0)
            VT_CHECK(!vt_counts_may_follow(&counts, &digest, &next, &err));
        else
            next.totals[i][0] = 0;
}
