/* Law: what parses is bounded and named well, and its canonical form parses to the same
 * digest. */
#include "line/recipe.h"
#include "tools/fuzz.h"

static void check(const struct vt_recipe *r)
{
    VT_CHECK(r->product[0] != '\0' && strchr(r->product, '/') == NULL);
    VT_CHECK(r->version[0] != '\0' && strchr(r->version, '/') == NULL);
    VT_CHECK(r->cpu_count > 0 && r->wall_ms > 0 && r->epoch_unix_s > 0);
    for (size_t i = 0; i < r->step_count; i++)
        VT_CHECK(r->steps[i][0] != NULL && r->steps[i][0][0] != '\0');
    for (size_t i = 0; i < r->output_count; i++) {
        VT_CHECK(r->outputs[i][0] != '/' && vt_output_name(r->outputs[i])[0] != '\0');
        VT_CHECK(strcmp(vt_output_name(r->outputs[i]), "..") != 0);
    }
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_RECIPE first = NULL;
    VT_AUTO_RECIPE again = NULL;

    if (!vt_recipe_parse(input, "input", &first, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    check(first);
    VT_CHECK(vt_recipe_parse(first->canonical, "again", &again, &err));
    VT_CHECK(vt_hash_equal(&first->digest, &again->digest));
    VT_CHECK(vt_slice_equal(first->canonical, again->canonical));
}
