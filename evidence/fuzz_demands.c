/* Laws: a policy that is taken says the same when it is spelled canonically; what it does
 * not name is as usual; a refusal says why. */
#include "evidence/demands.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_DEMANDS demands = vt_demands_usual(), again = vt_demands_usual();
    const struct vt_demands usual = vt_demands_usual();
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    if (!vt_demands_parse(input, &demands, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0' && demands.json == NULL);
        return;
    }
    VT_CHECK(vt_json_write_canonical(demands.json, &text, &err));
    VT_CHECK(vt_demands_parse(vt_buf_slice(&text), &again, &err));
    VT_CHECK(vt_slice_equal(again.channel, demands.channel));
    VT_CHECK(again.reviews == demands.reviews && again.max_age_s == demands.max_age_s);
    VT_CHECK(again.is_robust_needed == demands.is_robust_needed);
    VT_CHECK(again.collection_delay_s == demands.collection_delay_s);
    VT_CHECK(vt_json_has(demands.json, "reviews") || demands.reviews == usual.reviews);
    VT_CHECK(vt_json_has(demands.json, "max_age_s") ? demands.max_age_s >= 0
                                                    : demands.max_age_s == -1);
}
