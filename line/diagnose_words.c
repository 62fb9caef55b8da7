/* A diagnosis in words and as JSON. */
#include "line/diagnose.h"

const char *vt_cause_name(enum vt_cause cause)
{
    static const char *const names[] = { "time",       "path",        "locale-zone",
                                         "user-host",  "file-order",  "cpu-count",
                                         "randomness", "environment", "unknown" };

    return names[cause];
}

const char *vt_cause_fix(enum vt_cause cause)
{
    static const char *const fixes[] = {
        "take dates from SOURCE_DATE_EPOCH (tar --mtime=@$SOURCE_DATE_EPOCH, gzip -n), or "
        "freeze the recipe's clock",
        "use paths relative to the source, or -ffile-prefix-map=$PWD=.",
        "set LC_ALL=C.UTF-8 and TZ=UTC where it is formatted or sorted",
        "leave user and host out (tar --owner=0 --group=0 --numeric-owner)",
        "sort what a folder lists ($(sort $(wildcard ...)), find | LC_ALL=C sort, tar "
        "--sort=name)",
        "make the result independent of how many jobs run, or fix their number",
        "give the generator a fixed seed, or leave the random value out",
        "set the variable, the umask or the package that it depends on in the recipe",
        "compare the two places by hand; the logs of both builds may tell more",
    };

    return fixes[cause];
}

void vt_diagnosis_free(struct vt_diagnosis *diagnosis)
{
    if (diagnosis != NULL) {
        vt_comparison_free(diagnosis->comparison);
        vt_arena_free(diagnosis->arena);
    }
    free(diagnosis);
}

void vt_diagnosis_free_pointer(struct vt_diagnosis **diagnosis)
{
    vt_diagnosis_free(*diagnosis);
    *diagnosis = NULL;
}

/* ---- JSON -----------------------------------------------------------------------------
 */

static json_t *finding_json(const struct vt_finding *f)
{
    VT_AUTO_BUF place = vt_buf_init(VT_KIB(16));

    vt_difference_place(f->place, &place);
    return json_pack("{s:s, s:b, s:s, s:s, s:s, s:I}", "cause", vt_cause_name(f->cause),
                     "proved", (int)f->is_proved, "place", vt_buf_cstr(&place), "because",
                     f->because, "fix", vt_cause_fix(f->cause), "places",
                     (json_int_t)f->places);
}

bool vt_diagnosis_json(const struct vt_diagnosis *diagnosis, json_t **out,
                       struct vt_error *err)
{
    json_t *findings = json_array(), *comparison;
    VT_AUTO_JSON object =
        json_pack("{s:b, s:o, s:I}", "equal", (int)diagnosis->comparison->is_equal,
                  "findings", findings, "builds", (json_int_t)diagnosis->builds);
    bool ok = object != NULL;

    for (size_t i = 0; ok && i < diagnosis->finding_count; i++)
        ok = json_array_append_new(findings, finding_json(&diagnosis->findings[i])) == 0;
    if (!ok)
        return vt_fail(err, VT_IO, "out of memory");
    if (!vt_comparison_json(diagnosis->comparison, &comparison, err))
        return false;
    (void)json_object_set_new(object, "comparison", comparison);
    *out = json_incref(object);
    return true;
}
