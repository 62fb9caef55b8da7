/* One table of what to change, and two builds. */
#include "line/vary.h"
#include "line/vary_beside.h"
#include "wire/json.h"

/* A bit over thirteen months: year, month, day, hour and minute are others. */
#define VARIED_OFFSET_S ((int64_t)398 * 86400 + 7 * 3600 + 13 * 60)

const char *vt_vary_result_name(enum vt_vary_result result)
{
    static const char *const names[] = { "differs", "equal", "equal-robust" };

    return names[result];
}

/* ---- terms ----------------------------------------------------------------------------
 */

struct vt_factors vt_vary_fixed_terms(const struct vt_recipe *recipe)
{
    struct vt_factors terms = vt_factors_fixed();

    terms.cpu_count = recipe->cpu_count;
    terms.is_clock_frozen = recipe->is_clock_frozen;
    return terms;
}

static const char *vary_date(const struct vt_recipe *recipe, const struct vt_lock *lock,
                             struct vt_factors *terms)
{
    if (recipe->is_clock_frozen)
        return "the recipe freezes the clock";
    if (vt_lock_find(lock, "libfaketime") == NULL)
        return "the environment lacks the package libfaketime";
    terms->clock_offset_s = VARIED_OFFSET_S;
    return NULL;
}

static const char *vary_cpus(struct vt_factors *terms)
{
    unsigned have = vt_sandbox_cpus();

    if (terms->cpu_count < have)
        terms->cpu_count++;
    else if (terms->cpu_count > 1)
        terms->cpu_count--;
    else
        return "this machine lets us use one CPU only";
    return NULL;
}

static void vary_plain(enum vt_factor factor, struct vt_factors *terms)
{
    switch (factor) {
    case VT_FACTOR_PATH:
        terms->build_path = "/build/a/rather/longer/path/source";
        break;
    case VT_FACTOR_UID:
        terms->uid = 34567;
        terms->gid = 45678;
        break;
    case VT_FACTOR_USER:
        terms->user_name = "stranger";
        break;
    case VT_FACTOR_HOST:
        terms->host_name = "elsewhere";
        break;
    /* POSIX form: it needs no zone data in the environment. */
    case VT_FACTOR_ZONE:
        terms->time_zone = "VTZ-13:45";
        break;
    case VT_FACTOR_LOCALE:
        terms->locale = "C";
        break;
    case VT_FACTOR_ORDER:
        terms->is_order_reversed = true;
        break;
    case VT_FACTOR_LAYOUT:
        terms->is_layout_random = true;
        break;
    case VT_FACTOR_UMASK:
        terms->umask = 002;
        break;
    case VT_FACTOR_VARIABLE:
        terms->home = "/nonexistent/elsewhere";
        terms->variable = VT_VARIED_VARIABLE "=1";
        break;
    default:
        break;
    }
}

struct vt_factors vt_vary_terms(const struct vt_recipe *recipe, const struct vt_lock *lock,
                                const vt_factor_set chosen,
                                const char *why_out[VT_FACTOR_COUNT])
{
    struct vt_factors terms = vt_vary_fixed_terms(recipe);

    for (enum vt_factor f = 0; f < VT_FACTOR_COUNT; f++) {
        why_out[f] = NULL;
        if (!chosen[f])
            continue;
        if (f == VT_FACTOR_DATE)
            why_out[f] = vary_date(recipe, lock, &terms);
        else if (f == VT_FACTOR_CPUS)
            why_out[f] = vary_cpus(&terms);
        else
            vary_plain(f, &terms);
    }
    return terms;
}

/* ---- what was seen --------------------------------------------------------------------
 */

/* Dates always differ a little; only another month is the offset. */
static bool was_seen_differ(enum vt_factor factor, const char *a, const char *b)
{
    return factor == VT_FACTOR_DATE ? strncmp(a, b, strlen("2026-01")) != 0
                                    : strcmp(a, b) != 0;
}

static const char *why_same(enum vt_factor factor, bool is_asked)
{
    if (!is_asked)
        return "the environment lacks the program that would show it";
    if (factor == VT_FACTOR_ORDER)
        return "this machine has neither disorderfs nor room on /dev/shm";
    if (!vt_sandbox_is_root())
        return "an ordinary user cannot change it on this machine";
    return "programs see the same, although it was changed";
}

static void judge_factor(struct vt_vary_report *r, enum vt_factor factor, const char *why)
{
    struct vt_vary_factor *f = &r->factors[factor];
    bool is_asked;

    f->fixed = r->fixed->seen.text[factor];
    f->varied = r->varied->seen.text[factor];
    is_asked = f->fixed[0] != '\0' || f->varied[0] != '\0';
    f->is_varied = why == NULL && is_asked && was_seen_differ(factor, f->fixed, f->varied);
    f->why = why != NULL ? why : f->is_varied ? "" : why_same(factor, is_asked);
    if (f->is_varied && factor == VT_FACTOR_DATE)
        f->why = "programs that load no shared library see the machine's date, and the "
                 "times of files are true";
    r->varied_count += f->is_varied;
}

/* ---- building -------------------------------------------------------------------------
 */

static bool build_in(const struct vt_build_request *request, const char *name,
                     const struct vt_factors *terms, struct vt_build_report **out,
                     struct vt_error *err)
{
    struct vt_build_request one = *request;
    VT_AUTO_ARENA arena = vt_arena_new();

    one.out = vt_arena_printf(arena, "%s/%s", request->out, name);
    one.factors = terms;
    return vt_line_build(&one, out, err) || vt_within(err, "%s terms", name);
}

/* Both at once: the varied build has one processor where there are several. */
static bool build_both(const struct vt_build_request *request,
                       const struct vt_factors *fixed, const struct vt_factors *varied,
                       struct vt_vary_report *r, struct vt_error *err)
{
    struct vt_build_request beside = *request;
    struct vt_beside process;
    struct vt_error second = { 0 };
    bool ok, is_varied_ok;

    if (mkdir(request->out, 0755) != 0 && errno != EEXIST)
        return vt_fail(err, VT_IO, "%s: %s", request->out, strerror(errno));
    beside.out = vt_arena_printf(r->arena, "%s/varied", request->out);
    beside.factors = varied;
    if (!vt_beside_begin(&beside, &process, err))
        return false;
    ok = build_in(request, "fixed", fixed, &r->fixed, err);
    is_varied_ok = vt_beside_end(&process, &r->varied, &second);
    if (ok && !is_varied_ok)
        *err = second;
    return ok && (is_varied_ok || vt_within(err, "varied terms"));
}

const char *vt_build_first_difference(const struct vt_build_report *a,
                                      const struct vt_build_report *b)
{
    for (size_t i = 0; i < a->artefact_count; i++)
        if (i >= b->artefact_count ||
            strcmp(a->artefacts[i].name, b->artefacts[i].name) != 0 ||
            !vt_hash_equal(&a->artefacts[i].hash, &b->artefacts[i].hash))
            return a->artefacts[i].name;
    return b->artefact_count > a->artefact_count ? b->artefacts[a->artefact_count].name
                                                 : NULL;
}

/* Against what was expected, or a second build under the same terms. */
static bool judge_fixed(const struct vt_build_request *request,
                        const struct vt_build_report *expected,
                        const struct vt_factors *terms, struct vt_vary_report *r,
                        struct vt_error *err)
{
    VT_AUTO_BUILD_REPORT again = NULL;
    const char *difference;

    if (expected == NULL) {
        if (r->first_difference == NULL)
            return true;
        if (!build_in(request, "again", terms, &again, err))
            return false;
        expected = again;
    }
    difference = vt_build_first_difference(expected, r->fixed);
    if (difference != NULL) {
        r->result = VT_VARY_DIFFERS;
        r->first_difference = vt_arena_cstr(r->arena, vt_slice_from_cstr(difference));
    }
    return true;
}

bool vt_vary_build(const struct vt_build_request *request,
                   const struct vt_build_report *expected,
                   struct vt_vary_report **report_out, struct vt_error *err)
{
    VT_AUTO_VARY_REPORT r = vt_alloc(sizeof *r);
    const char *why[VT_FACTOR_COUNT];
    struct vt_factors fixed = vt_vary_fixed_terms(request->recipe), varied;
    vt_factor_set all;

    r->arena = vt_arena_new();
    for (size_t i = 0; i < VT_FACTOR_COUNT; i++)
        all[i] = true;
    varied = vt_vary_terms(request->recipe, request->lock, all, why);
    if (!build_both(request, &fixed, &varied, r, err))
        return false;
    for (enum vt_factor f = 0; f < VT_FACTOR_COUNT; f++)
        judge_factor(r, f, why[f]);
    r->first_difference = vt_build_first_difference(r->fixed, r->varied);
    r->result = r->first_difference == NULL ? VT_VARY_EQUAL_ROBUST : VT_VARY_EQUAL;
    if (!judge_fixed(request, expected, &fixed, r, err))
        return false;
    *report_out = r;
    r = NULL;
    return true;
}

void vt_vary_report_free(struct vt_vary_report *report)
{
    if (report != NULL) {
        vt_build_report_free(report->fixed);
        vt_build_report_free(report->varied);
        vt_arena_free(report->arena);
    }
    free(report);
}

void vt_vary_report_free_pointer(struct vt_vary_report **report)
{
    vt_vary_report_free(*report);
    *report = NULL;
}

/* ---- JSON -----------------------------------------------------------------------------
 */

bool vt_vary_json(const struct vt_vary_report *report, json_t **out, struct vt_error *err)
{
    json_t *factors = json_object();
    VT_AUTO_JSON object =
        json_pack("{s:s, s:o, s:s*}", "result", vt_vary_result_name(report->result),
                  "factors", factors, "first_difference", report->first_difference);
    bool ok = object != NULL;

    for (enum vt_factor i = 0; ok && i < VT_FACTOR_COUNT; i++) {
        const struct vt_vary_factor *f = &report->factors[i];

        ok = json_object_set_new(factors, vt_factor_name(i),
                                 json_pack("{s:s, s:s, s:b, s:s*}", "fixed", f->fixed,
                                           "varied", f->varied, "is_varied",
                                           (int)f->is_varied, "why",
                                           f->why[0] != '\0' ? f->why : NULL)) == 0;
    }
    if (!ok)
        return vt_fail(err, VT_IO, "out of memory");
    *out = json_incref(object);
    return true;
}
