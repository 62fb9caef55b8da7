/* Which build tells what:
 *
 *   plain, again    the fixed terms, twice.  What differs here varies by itself: by time,
 *                   or by chance.
 *   still, still2   the clock frozen, twice.  What varied by itself and is now equal was
 *                   time, and `later` (frozen at another date) proves it; what is still
 *                   not equal is chance, proved.
 *   one a cause     the fixed terms with one cause's factors changed.
 *
 * Causes for which the content speaks are tried first, and when every place is explained
 * no more are built. */
#include "line/diagnose.h"
#include "line/diagnose_inside.h"

#define FROZEN_OFFSET_S ((int64_t)86400)
#define LATER_OFFSET_S  ((int64_t)500 * 86400 + 5 * 3600 + 17 * 60 + 11)

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

/* The factors that stand for a cause, changed together. */
static const struct {
    enum vt_cause cause;
    vt_factor_set factors;
    const char *because;
} trials[] = {
    { VT_CAUSE_PATH, { [VT_FACTOR_PATH] = true }, "another build path alone changes it" },
    { VT_CAUSE_USER_HOST,
      { [VT_FACTOR_UID] = true, [VT_FACTOR_USER] = true, [VT_FACTOR_HOST] = true },
      "another user and host alone change it" },
    { VT_CAUSE_LOCALE_ZONE,
      { [VT_FACTOR_ZONE] = true, [VT_FACTOR_LOCALE] = true },
      "another zone and locale alone change it" },
    { VT_CAUSE_FILE_ORDER,
      { [VT_FACTOR_ORDER] = true },
      "another order of directory entries alone changes it" },
    { VT_CAUSE_CPU_COUNT,
      { [VT_FACTOR_CPUS] = true },
      "another number of CPUs alone changes it" },
    { VT_CAUSE_ENVIRONMENT,
      { [VT_FACTOR_VARIABLE] = true, [VT_FACTOR_UMASK] = true },
      "another HOME, one variable more and another umask alone change it" },
    { VT_CAUSE_TIME, { [VT_FACTOR_DATE] = true }, "another date alone changes it" },
    { VT_CAUSE_RANDOMNESS,
      { [VT_FACTOR_LAYOUT] = true },
      "random addresses in memory alone change it" },
};

enum { TRIALS = sizeof trials / sizeof trials[0] };

struct work {
    const struct vt_diagnose_request *request;
    struct vt_diagnosis *out;
    struct vt_sides sides;
    struct vt_factors fixed;
    bool *is_explained;     /* of each difference, by a proof */
    enum vt_cause *suspect; /* of each difference */
    const char **because;
    const char *plain; /* folder of the first build; NULL: there is none */
};

/* ---- findings -------------------------------------------------------------------------
 */

static void add_finding(struct work *w, enum vt_cause cause, bool is_proved, size_t at,
                        const char *because)
{
    struct vt_diagnosis *out = w->out;
    const struct vt_difference *place = &out->comparison->differences[at];
    struct vt_finding *f = out->findings;

    while (f < out->findings + out->finding_count && f->cause != cause)
        f++;
    if (f == out->findings + out->finding_count) {
        *f = (struct vt_finding){ cause, is_proved, place, because, 1 };
        out->finding_count++;
        return;
    }
    if ((is_proved && !f->is_proved) ||
        (is_proved == f->is_proved && f->place->is_derived && !place->is_derived)) {
        f->place = place;
        f->because = because;
        f->is_proved = is_proved;
    }
    f->places++;
}

/* Of two builds: where the same thing stands?  Places move when something before them
 * grows, so that a text that is the same counts as well as an offset. */
static bool is_same_place(const struct vt_difference *d, const struct vt_difference *e)
{
    if (strcmp(d->path, e->path) != 0 || strcmp(d->section, e->section) != 0)
        return false;
    if (d->kind != e->kind)
        return false;
    if (d->kind != VT_DIFFERENCE_CONTENT)
        return true;
    if (d->line != 0 && e->line != 0)
        return d->line == e->line;
    if (d->a.len > 0 && vt_slice_equal(d->a, e->a))
        return true;
    return d->at < e->at + e->a.len + 1 && e->at < d->at + d->a.len + 1;
}

static bool has_place(const struct vt_comparison *in, const struct vt_difference *d)
{
    for (size_t i = 0; i < in->count; i++)
        if (is_same_place(d, &in->differences[i]))
            return true;
    return false;
}

/* ---- building -------------------------------------------------------------------------
 */

/* name: of the folder below the request's out. Returned: its path in the arena. */
static bool build(struct work *w, const char *name, const struct vt_factors *terms,
                  const char **path_out, struct vt_error *err)
{
    struct vt_build_request one = *w->request->rebuild;
    struct vt_disk *out;
    VT_AUTO_BUILD_REPORT report = NULL;

    if (!vt_disk_open(one.out, true, &out, err))
        return false;
    vt_disk_close(out);
    one.out = vt_arena_printf(w->out->arena, "%s/%s", one.out, name);
    one.factors = terms;
    w->out->builds++;
    if (!vt_line_build(&one, &report, err))
        return vt_within(err, "building again (%s)", name);
    *path_out = one.out;
    return true;
}

/* One artefact was given, not a folder: compare that one. */
static const char *same_kind(struct work *w, const char *folder)
{
    const char *slash = strrchr(w->request->a, '/');
    struct stat about;

    if (stat(w->request->a, &about) == 0 && S_ISDIR(about.st_mode))
        return folder;
    return vt_arena_printf(w->out->arena, "%s/%s", folder,
                           slash != NULL ? slash + 1 : w->request->a);
}

static bool compare_builds(struct work *w, const char *a, const char *b,
                           struct vt_comparison **out, struct vt_error *err)
{
    return vt_compare(same_kind(w, a), same_kind(w, b), out, err);
}

static bool is_open(const struct work *w, size_t i)
{
    return !w->is_explained[i] && !w->out->comparison->differences[i].is_derived;
}

static bool has_open(const struct work *w)
{
    for (size_t i = 0; i < w->out->comparison->count; i++)
        if (is_open(w, i))
            return true;
    return false;
}

/* Every difference of A and B that is also one of these two builds is of this cause. */
static void prove(struct work *w, const struct vt_comparison *seen, enum vt_cause cause,
                  const char *because, const struct vt_comparison *except)
{
    for (size_t i = 0; i < w->out->comparison->count; i++) {
        const struct vt_difference *d = &w->out->comparison->differences[i];

        if (d->is_derived || !has_place(seen, d) ||
            (except != NULL && has_place(except, d)))
            continue;
        add_finding(w, cause, true, i, because);
        w->is_explained[i] = true;
    }
}

/* ---- what varies by itself ------------------------------------------------------------
 */

/* Clocks frozen, twice the same and once later. */
static bool split_time_and_chance(struct work *w, const struct vt_comparison *by_itself,
                                  struct vt_error *err)
{
    VT_AUTO_COMPARISON chance = NULL;
    VT_AUTO_COMPARISON later = NULL;
    struct vt_factors terms = w->fixed;
    const char *still, *still_again, *moved;

    terms.is_clock_frozen = true;
    terms.clock_offset_s = FROZEN_OFFSET_S;
    if (!build(w, "still", &terms, &still, err) ||
        !build(w, "still-again", &terms, &still_again, err))
        return false;
    terms.clock_offset_s = LATER_OFFSET_S;
    if (!build(w, "later", &terms, &moved, err) ||
        !compare_builds(w, still, still_again, &chance, err) ||
        !compare_builds(w, still, moved, &later, err))
        return false;
    prove(w, later, VT_CAUSE_TIME,
          "with the clock frozen it is the same, at another date "
          "another",
          chance);
    for (size_t i = 0; i < w->out->comparison->count; i++) {
        const struct vt_difference *d = &w->out->comparison->differences[i];

        if (!is_open(w, i) || !has_place(by_itself, d) || !has_place(chance, d))
            continue;
        /* The times of files are true under a frozen clock. */
        if (w->suspect[i] == VT_CAUSE_TIME)
            continue;
        add_finding(w, VT_CAUSE_RANDOMNESS, true, i,
                    "two builds under the same terms and one clock differ in it");
        w->is_explained[i] = true;
    }
    return true;
}

static bool can_freeze(const struct work *w)
{
    return vt_lock_find(w->request->rebuild->lock, "libfaketime") != NULL &&
           !w->request->rebuild->recipe->is_clock_frozen;
}

static bool try_again(struct work *w, struct vt_error *err)
{
    VT_AUTO_COMPARISON by_itself = NULL;
    const char *again;

    if (!build(w, "plain", &w->fixed, &w->plain, err) ||
        !build(w, "again", &w->fixed, &again, err) ||
        !compare_builds(w, w->plain, again, &by_itself, err))
        return false;
    if (by_itself->is_equal)
        return true;
    if (can_freeze(w))
        return split_time_and_chance(w, by_itself, err);
    for (size_t i = 0; i < w->out->comparison->count; i++)
        if (is_open(w, i) && w->suspect[i] != VT_CAUSE_TIME &&
            has_place(by_itself, &w->out->comparison->differences[i])) {
            add_finding(w, VT_CAUSE_RANDOMNESS,
                        w->request->rebuild->recipe->is_clock_frozen, i,
                        "two builds under the same terms differ in it");
            w->is_explained[i] = true;
        }
    return true;
}

/* ---- one cause after the other --------------------------------------------------------
 */

/* To move the clock takes variables: what prints them differs from the plain build, but not
 * from one whose clock was moved by a second. */
static bool build_moved(struct work *w, const char **path_out, struct vt_error *err)
{
    struct vt_factors terms = w->fixed;

    terms.clock_offset_s = 1;
    return build(w, "moved", &terms, path_out, err);
}

static bool try_cause(struct work *w, size_t at, struct vt_error *err)
{
    const struct vt_build_request *r = w->request->rebuild;
    VT_AUTO_COMPARISON seen = NULL;
    const char *why[VT_FACTOR_COUNT], *path, *base = w->plain;
    struct vt_factors terms = vt_vary_terms(r->recipe, r->lock, trials[at].factors, why);

    for (size_t i = 0; i < VT_FACTOR_COUNT; i++)
        if (why[i] != NULL)
            return true; /* it cannot be varied here: it stays a suspicion at most */
    if ((trials[at].cause == VT_CAUSE_TIME && !build_moved(w, &base, err)) ||
        !build(w, vt_cause_name(trials[at].cause), &terms, &path, err) ||
        !compare_builds(w, base, path, &seen, err))
        return false;
    prove(w, seen, trials[at].cause, trials[at].because, NULL);
    return true;
}

static bool is_suspected(const struct work *w, enum vt_cause cause)
{
    for (size_t i = 0; i < w->out->comparison->count; i++)
        if (is_open(w, i) && w->suspect[i] == cause)
            return true;
    return false;
}

static bool try_causes(struct work *w, struct vt_error *err)
{
    bool is_done[TRIALS] = { false };

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < TRIALS && has_open(w); i++) {
            if (is_done[i] || (pass == 0 && !is_suspected(w, trials[i].cause)))
                continue;
            is_done[i] = true;
            if (!try_cause(w, i, err))
                return false;
        }
    return true;
}

/* ---- from content ---------------------------------------------------------------------
 */

static bool read_report(const char *folder, struct vt_build_report **out)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/build.json", folder);
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    struct vt_error ignored = { 0 };

    return vt_file_read(path, &text, &ignored) &&
           vt_build_report_parse(vt_buf_slice(&text), path, out, &ignored);
}

static void suspect(struct work *w)
{
    for (size_t i = 0; i < w->out->comparison->count; i++)
        w->suspect[i] = vt_difference_suspect(&w->out->comparison->differences[i],
                                              &w->sides, &w->because[i]);
}

/* Other packages or another recipe explain everything, and prove nothing. */
static const char *other_materials(const struct vt_sides *s)
{
    if (s->a == NULL || s->b == NULL)
        return NULL;
    if (!vt_hash_equal(&s->a->source.digest, &s->b->source.digest))
        return "the two were built of different sources";
    if (!vt_hash_equal(&s->a->environment_digest, &s->b->environment_digest))
        return "the two were built in different environments";
    if (!vt_hash_equal(&s->a->recipe_digest, &s->b->recipe_digest))
        return "the two were built by different recipes";
    return NULL;
}

/* What no proof explains: a suspicion, or unknown if nothing at all was found there. */
static void add_suspicions(struct work *w)
{
    const char *other = other_materials(&w->sides);
    size_t count = w->out->comparison->count;

    for (size_t i = 0; i < count; i++)
        if (is_open(w, i) && w->suspect[i] != VT_CAUSE_UNKNOWN)
            add_finding(w, w->suspect[i], false, i, w->because[i]);
        else if (is_open(w, i) && other != NULL)
            add_finding(w, VT_CAUSE_ENVIRONMENT, false, i, other);
        else if (is_open(w, i))
            add_finding(w, VT_CAUSE_UNKNOWN, false, i, w->because[i]);
    if (w->out->finding_count == 0 && count > 0)
        add_finding(w, VT_CAUSE_UNKNOWN, false, 0, "only bytes that follow from others");
}

static bool find_causes(struct work *w, struct vt_error *err)
{
    size_t count = w->out->comparison->count;

    w->is_explained = vt_arena_alloc(w->out->arena, (count + 1) * sizeof *w->is_explained);
    w->suspect = vt_arena_alloc(w->out->arena, (count + 1) * sizeof *w->suspect);
    w->because = vt_arena_alloc(w->out->arena, (count + 1) * sizeof *w->because);
    suspect(w);
    if (w->request->rebuild != NULL) {
        w->fixed = vt_vary_fixed_terms(w->request->rebuild->recipe);
        if (!try_again(w, err) || !try_causes(w, err))
            return false;
    }
    add_suspicions(w);
    return true;
}

bool vt_diagnose(const struct vt_diagnose_request *request,
                 struct vt_diagnosis **diagnosis_out, struct vt_error *err)
{
    VT_AUTO_DIAGNOSIS out = vt_alloc(sizeof *out);
    VT_AUTO_BUILD_REPORT a = NULL;
    VT_AUTO_BUILD_REPORT b = NULL;
    struct work w = { .request = request, .out = out };

    out->arena = vt_arena_new();
    if (!vt_compare(request->a, request->b, &out->comparison, err))
        return false;
    if (read_report(request->a, &a) && read_report(request->b, &b))
        w.sides = (struct vt_sides){ a, b };
    if (!out->comparison->is_equal && !find_causes(&w, err))
        return false;
    *diagnosis_out = out;
    out = NULL;
    return true;
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
