/* Which build tells what:
 *
 * "plain", "again": the fixed terms, twice.  What differs here varies by itself, by time or
 * by chance, and is no proof of anything else.
 *
 * One named as a cause: the fixed terms with that cause's factors changed.  If it differs
 * from the plain one, both are made again, in turn: plain, varied, plain, varied.  A proof
 * is what differs in both pairs and in no two builds under the same terms.  Time only goes
 * forward: what it changed between two plain builds would differ in them, too.
 *
 * "still", "later": the clock frozen, at two dates, in turn and as often.  What differs in
 * all pairs is time; what differs under one date is chance.
 *
 * Builds under the same terms add up: whatever differs in any two of them is taken out of
 * all proofs at the end, also of those that were found before.  Causes for which the
 * content speaks are tried first, and when every place is explained no more are built. */
#include "line/diagnose.h"
#include "line/diagnose_inside.h"

#define FROZEN_OFFSET_S ((int64_t)86400)
#define LATER_OFFSET_S  ((int64_t)500 * 86400 + 5 * 3600 + 17 * 60 + 11)

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
    { VT_CAUSE_TIME, { [VT_FACTOR_DATE] = true }, NULL }, /* by freezing the clock */
    { VT_CAUSE_RANDOMNESS,
      { [VT_FACTOR_LAYOUT] = true },
      "random addresses in memory alone change it" },
};

enum { TRIALS = sizeof trials / sizeof trials[0] };

enum { ROUNDS_MAX = 3, PAIRS_MAX = 4 + 2 * TRIALS + 2 * ROUNDS_MAX };

/* Two builds under the same terms that were not equal. */
struct pair {
    struct vt_comparison *seen;
    bool is_frozen; /* the clock was: not even time can be the reason */
};

struct work {
    const struct vt_diagnose_request *request;
    struct vt_diagnosis *out;
    struct vt_sides sides;
    struct vt_factors fixed;
    struct pair pairs[PAIRS_MAX];
    size_t pair_count;
    bool is_settled;                    /* the clock was frozen, as far as it can be */
    const char **proof[VT_CAUSE_COUNT]; /* of each difference; NULL: none */
    enum vt_cause *suspect;             /* of each difference */
    const char **because;
    const char *plain; /* folder of the youngest build under the fixed terms */
};

/* ---- places ---------------------------------------------------------------------------
 */

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

/* May what differs in e by itself be why d was seen to differ?  A line that comes and goes
 * moves those behind it, another order moves all. */
static bool disturbs(const struct vt_difference *e, const struct vt_difference *d)
{
    if (strcmp(d->path, e->path) != 0 || strcmp(d->section, e->section) != 0)
        return false;
    if (e->kind == VT_DIFFERENCE_ORDER || d->kind == VT_DIFFERENCE_ORDER)
        return e->kind == VT_DIFFERENCE_ORDER;
    if (e->kind == VT_DIFFERENCE_CONTENT && e->line != 0 && d->line >= e->line &&
        (e->a.len == 0 || e->b.len == 0))
        return true;
    return is_same_place(d, e);
}

/* Behind the last place that was kept of a comparison, nothing is known. */
static bool is_cut_before(const struct vt_comparison *in, const struct vt_difference *d)
{
    const struct vt_difference *last = NULL;

    for (size_t i = 0; in->total > in->count && i < in->count; i++)
        if (strcmp(in->differences[i].path, d->path) == 0 &&
            strcmp(in->differences[i].section, d->section) == 0)
            last = &in->differences[i];
    return last != NULL && d->at >= last->at;
}

static bool varies_by_itself(const struct work *w, size_t i, bool is_frozen)
{
    const struct vt_difference *d = &w->out->comparison->differences[i];

    for (size_t p = 0; p < w->pair_count; p++) {
        const struct vt_comparison *seen = w->pairs[p].seen;

        if (is_frozen && !w->pairs[p].is_frozen)
            continue;
        for (size_t k = 0; k < seen->count; k++)
            if (disturbs(&seen->differences[k], d))
                return true;
        if (is_cut_before(seen, d))
            return true;
    }
    return false;
}

static bool is_proved(const struct work *w, size_t i, enum vt_cause cause)
{
    return w->proof[cause][i] != NULL && !varies_by_itself(w, i, cause == VT_CAUSE_TIME);
}

static bool is_explained(const struct work *w, size_t i)
{
    for (enum vt_cause cause = 0; cause < VT_CAUSE_COUNT; cause++)
        if (is_proved(w, i, cause))
            return true;
    return false;
}

/* May a build still tell something about it? */
static bool is_open(const struct work *w, size_t i)
{
    return !w->out->comparison->differences[i].is_derived && !is_explained(w, i) &&
           !(w->is_settled && varies_by_itself(w, i, false));
}

static bool has_open(const struct work *w)
{
    for (size_t i = 0; i < w->out->comparison->count; i++)
        if (is_open(w, i))
            return true;
    return false;
}

/* ---- building -------------------------------------------------------------------------
 */

/* Returned: the path of its folder in the arena. */
static bool build(struct work *w, const char *name, const struct vt_factors *terms,
                  const char **path_out, struct vt_error *err)
{
    struct vt_build_request one = *w->request->rebuild;
    struct vt_disk *out;
    VT_AUTO_BUILD_REPORT report = NULL;

    if (!vt_disk_open(one.out, true, &out, err))
        return false;
    vt_disk_close(out);
    one.out = vt_arena_printf(w->out->arena, "%s/%u-%s", one.out, ++w->out->builds, name);
    one.factors = terms;
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

/* Two builds under the same terms: what differs is kept. */
static bool note_pair(struct work *w, const char *a, const char *b, bool is_frozen,
                      struct vt_error *err)
{
    VT_AUTO_COMPARISON seen = NULL;

    if (!compare_builds(w, a, b, &seen, err))
        return false;
    if (seen->is_equal)
        return true;
    VT_ASSERT(w->pair_count < PAIRS_MAX);
    w->pairs[w->pair_count++] = (struct pair){ seen, is_frozen };
    seen = NULL;
    return true;
}

/* Once more under the fixed terms, held against the one before. */
static bool build_plain(struct work *w, const char *name, struct vt_error *err)
{
    const char *path;

    if (!build(w, name, &w->fixed, &path, err))
        return false;
    if (w->plain != NULL &&
        !note_pair(w, w->plain, path, w->request->rebuild->recipe->is_clock_frozen, err))
        return false;
    w->plain = path;
    return true;
}

/* ---- what varies by itself ------------------------------------------------------------
 */

static bool can_freeze(const struct work *w)
{
    return vt_lock_find(w->request->rebuild->lock, "libfaketime") != NULL &&
           !w->request->rebuild->recipe->is_clock_frozen;
}

struct frozen {
    const char *still, *later;
    struct vt_comparison *seen[ROUNDS_MAX];
};

/* A build at each of the two dates, held against each other and those of the last round. */
static bool freeze_once(struct work *w, struct frozen *f, size_t round,
                        struct vt_error *err)
{
    struct vt_factors terms = w->fixed;
    const char *still, *later;

    terms.is_clock_frozen = true;
    terms.clock_offset_s = FROZEN_OFFSET_S;
    if (!build(w, "still", &terms, &still, err))
        return false;
    terms.clock_offset_s = LATER_OFFSET_S;
    if (!build(w, "later", &terms, &later, err) ||
        !compare_builds(w, still, later, &f->seen[round], err) ||
        (round > 0 && (!note_pair(w, f->still, still, true, err) ||
                       !note_pair(w, f->later, later, true, err))))
        return false;
    f->still = still;
    f->later = later;
    return true;
}

/* Mark what differs in all the rounds; are there such places, or others that only the clock
 * seems to change? */
static bool mark_time(struct work *w, const struct frozen *f, size_t rounds)
{
    bool is_any = false;

    for (size_t i = 0; i < w->out->comparison->count; i++) {
        const struct vt_difference *d = &w->out->comparison->differences[i];
        bool is_time = !d->is_derived && !varies_by_itself(w, i, true);

        for (size_t round = 0; round < rounds; round++)
            is_time = is_time && has_place(f->seen[round], d);
        w->proof[VT_CAUSE_TIME][i] =
            is_time ? "with the clock frozen it is the same, at another date another"
                    : NULL;
        is_any = is_any || is_time ||
                 (varies_by_itself(w, i, false) && !varies_by_itself(w, i, true));
    }
    return is_any;
}

/* Two rounds; where they speak for time, a third, so that chance hardly looks like it. */
static bool freeze_rounds(struct work *w, struct frozen *f, struct vt_error *err)
{
    for (size_t round = 0; round < ROUNDS_MAX; round++) {
        if (!freeze_once(w, f, round, err))
            return false;
        if (round > 0 && !mark_time(w, f, round + 1))
            break;
    }
    return true;
}

/* Time or chance?  Freezing the clock tells. */
static bool settle(struct work *w, struct vt_error *err)
{
    struct frozen f = { 0 };
    bool ok = true;

    if (!w->is_settled && can_freeze(w))
        ok = freeze_rounds(w, &f, err);
    w->is_settled = true;
    for (size_t round = 0; round < ROUNDS_MAX; round++)
        vt_comparison_free(f.seen[round]);
    return ok;
}

/* If a place that nothing explains varies by itself. */
static bool settle_if_needed(struct work *w, struct vt_error *err)
{
    for (size_t i = 0; !w->is_settled && i < w->out->comparison->count; i++)
        if (is_open(w, i) && varies_by_itself(w, i, false))
            return settle(w, err);
    return true;
}

/* ---- one cause after the other --------------------------------------------------------
 */

/* Every difference of A and B that is also one of both these pairs is of this cause, if it
 * does not vary by itself. */
static bool mark(struct work *w, size_t trial, const struct vt_comparison *first,
                 const struct vt_comparison *second)
{
    bool is_any = false;

    for (size_t i = 0; i < w->out->comparison->count; i++) {
        const struct vt_difference *d = &w->out->comparison->differences[i];

        if (d->is_derived || varies_by_itself(w, i, false) || !has_place(first, d) ||
            !has_place(second, d))
            continue;
        w->proof[trials[trial].cause][i] = trials[trial].because;
        is_any = true;
    }
    return is_any;
}

/* Plain, varied, plain, varied. */
static bool try_pairs(struct work *w, size_t trial, const struct vt_factors *terms,
                      struct vt_error *err)
{
    const char *name = vt_cause_name(trials[trial].cause), *varied, *again;
    VT_AUTO_COMPARISON first = NULL;
    VT_AUTO_COMPARISON second = NULL;
    const char **proof = w->proof[trials[trial].cause];
    size_t bytes = w->out->comparison->count * sizeof *proof;

    if (!build(w, name, terms, &varied, err) ||
        !compare_builds(w, w->plain, varied, &first, err))
        return false;
    if (!mark(w, trial, first, first))
        return true;
    memset(proof, 0, bytes);
    if (!build_plain(w, "plain", err) || !build(w, name, terms, &again, err) ||
        !compare_builds(w, w->plain, again, &second, err))
        return false;
    /* Random addresses are another each time. */
    if (!terms->is_layout_random && !note_pair(w, varied, again, false, err))
        return false;
    (void)mark(w, trial, first, second);
    return true;
}

static bool try_cause(struct work *w, size_t trial, struct vt_error *err)
{
    const struct vt_build_request *r = w->request->rebuild;
    const char *why[VT_FACTOR_COUNT];
    struct vt_factors terms = vt_vary_terms(r->recipe, r->lock, trials[trial].factors, why);

    for (size_t i = 0; i < VT_FACTOR_COUNT; i++)
        if (why[i] != NULL)
            return true; /* it cannot be varied here: it stays a suspicion at most */
    if (trials[trial].cause == VT_CAUSE_TIME)
        return settle(w, err);
    return try_pairs(w, trial, &terms, err) && settle_if_needed(w, err);
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

/* ---- findings -------------------------------------------------------------------------
 */

static void add_finding(struct work *w, enum vt_cause cause, bool is_proof, size_t at,
                        const char *because)
{
    struct vt_diagnosis *out = w->out;
    const struct vt_difference *place = &out->comparison->differences[at];
    struct vt_finding *f = out->findings;

    while (f < out->findings + out->finding_count && f->cause != cause)
        f++;
    if (f == out->findings + out->finding_count) {
        *f = (struct vt_finding){ cause, is_proof, place, because, 1 };
        out->finding_count++;
        return;
    }
    if (is_proof && !f->is_proved) {
        f->place = place;
        f->because = because;
        f->is_proved = is_proof;
    }
    f->places++;
}

/* It varies by itself, and no date was seen to change it. */
static void add_unstable(struct work *w, size_t i)
{
    bool is_chance = varies_by_itself(w, i, true);

    /* The times of files are true under a frozen clock. */
    if (w->suspect[i] == VT_CAUSE_TIME)
        add_finding(w, VT_CAUSE_TIME, false, i, w->because[i]);
    else if (is_chance)
        add_finding(w, VT_CAUSE_RANDOMNESS, true, i,
                    "two builds under the same terms and one clock differ in it");
    else if (can_freeze(w))
        add_finding(w, VT_CAUSE_TIME, false, i,
                    "it varies by itself, and did not while the clock was frozen");
    else
        add_finding(w, VT_CAUSE_RANDOMNESS, false, i,
                    "two builds under the same terms differ in it");
}

/* What no proof explains: a suspicion, or unknown if nothing at all was found there. */
static void add_suspicion(struct work *w, size_t i)
{
    const char *other = other_materials(&w->sides);

    if (w->suspect[i] != VT_CAUSE_UNKNOWN)
        add_finding(w, w->suspect[i], false, i, w->because[i]);
    else if (other != NULL)
        add_finding(w, VT_CAUSE_ENVIRONMENT, false, i, other);
    else
        add_finding(w, VT_CAUSE_UNKNOWN, false, i, w->because[i]);
}

static void add_findings(struct work *w)
{
    size_t count = w->out->comparison->count;

    for (size_t i = 0; i < count; i++) {
        if (w->out->comparison->differences[i].is_derived)
            continue;
        for (enum vt_cause cause = 0; cause < VT_CAUSE_COUNT; cause++)
            if (is_proved(w, i, cause))
                add_finding(w, cause, true, i, w->proof[cause][i]);
        if (is_explained(w, i))
            continue;
        if (varies_by_itself(w, i, false))
            add_unstable(w, i);
        else
            add_suspicion(w, i);
    }
    if (w->out->finding_count == 0 && count > 0)
        add_finding(w, VT_CAUSE_UNKNOWN, false, 0, "only bytes that follow from others");
}

static bool find_causes(struct work *w, struct vt_error *err)
{
    size_t count = w->out->comparison->count;

    w->suspect = vt_arena_alloc(w->out->arena, (count + 1) * sizeof *w->suspect);
    w->because = vt_arena_alloc(w->out->arena, (count + 1) * sizeof *w->because);
    for (size_t i = 0; i < VT_CAUSE_COUNT; i++)
        w->proof[i] = vt_arena_alloc(w->out->arena, (count + 1) * sizeof *w->proof[i]);
    for (size_t i = 0; i < count; i++)
        w->suspect[i] = vt_difference_suspect(&w->out->comparison->differences[i],
                                              &w->sides, &w->because[i]);
    if (w->request->rebuild != NULL) {
        w->fixed = vt_vary_fixed_terms(w->request->rebuild->recipe);
        if (!build_plain(w, "plain", err) || !build_plain(w, "again", err) ||
            !settle_if_needed(w, err) || !try_causes(w, err))
            return false;
    }
    add_findings(w);
    return true;
}

bool vt_diagnose(const struct vt_diagnose_request *request,
                 struct vt_diagnosis **diagnosis_out, struct vt_error *err)
{
    VT_AUTO_DIAGNOSIS out = vt_alloc(sizeof *out);
    VT_AUTO_BUILD_REPORT a = NULL;
    VT_AUTO_BUILD_REPORT b = NULL;
    struct work w = { .request = request, .out = out };
    bool ok;

    out->arena = vt_arena_new();
    if (!vt_compare(request->a, request->b, &out->comparison, err))
        return false;
    if (read_report(request->a, &a) && read_report(request->b, &b))
        w.sides = (struct vt_sides){ a, b };
    ok = out->comparison->is_equal || find_causes(&w, err);
    for (size_t i = 0; i < w.pair_count; i++)
        vt_comparison_free(w.pairs[i].seen);
    if (!ok)
        return false;
    *diagnosis_out = out;
    out = NULL;
    return true;
}
