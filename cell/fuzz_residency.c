/* Laws: a table that is taken is written as it was; what holds together gives an answer for
 * every country and class at the time when it was made; a refusal says why. */
#include "cell/decide.h"
#include "tools/fuzz.h"

static void check_answers(const struct vt_residency *table)
{
    struct vt_error err = { 0 };

    for (size_t i = 0; i < VT_COUNTRIES; i++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
            struct vt_placing placing;

            VT_CHECK(vt_residency_decide(table, vt_slice_from_cstr(vt_country_code(i)),
                                         (enum vt_data_class)data, (vt_slice){ 0 },
                                         table->created_unix_s, &placing, &err));
            VT_CHECK(placing.decision == VT_DECISION_REFUSE);
            VT_CHECK(placing.until_unix_s > table->created_unix_s);
        }
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON json = NULL;
    VT_AUTO_JSON again = NULL;
    VT_AUTO_FREE struct vt_residency *table = NULL;

    if (input.len > VT_KIB(64) || !vt_json_parse(input, "policy", &json, &err))
        return;
    table = vt_alloc(sizeof *table);
    if (!vt_residency_read(json, false, table, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_residency_write(table, &again, &err) && json_equal(json, again));
    if (vt_residency_is_sound(table, &err))
        check_answers(table);
    else
        VT_CHECK(err.code == VT_REJECTED && err.message[0] != '\0');
}
