/* The two builds of a release: the vendor's, and the supervisor's from the same materials.
 */
#include "cli/building.h"
#include "cli/release.h"
#include "evidence/field.h"
#include "line/archive.h"
#include "release/compose.h"
#include "release/materials.h"

#define OPTION_OUT                                                                         \
    {                                                                                      \
        "out", "DIR", "where artefacts, log.txt, sbom.spdx.json and build.json go", true,  \
            false                                                                          \
    }
#define OPTION_PACKAGES                                                                    \
    {                                                                                      \
        "packages", "DIR", "store or archive to take packages from that ours lacks",       \
            false, false                                                                   \
    }

const struct vt_option vt_cli_release_build_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    VT_OPTION_STORE,
    OPTION_PACKAGES,
    OPTION_OUT,
    VT_OPTION_RUNNER,
    VT_OPTION_SCRATCH,
    { "key", "KEY", "an enrolled builder's private key: a PEM file", true, false },
    VT_OPTION_PASSPHRASE,
    VT_OPTIONS_END,
};

/* The draft's materials in our own store, packages too. */
static bool fetch_materials(struct vt_args *args, struct vt_desk_call *call,
                            struct vt_materials *m, struct vt_error *err)
{
    const char *packages = vt_args_get(args, "packages");
    struct vt_archive_report copied = { 0 };
    VT_AUTO_LINE_STORE from = NULL;

    if (!vt_line_store_open(vt_args_get(args, "store"), true, &m->store, err) ||
        !vt_materials_take(call->docket, m->store, &m->recipe, &m->lock, &m->source, err))
        return false;
    return packages == NULL || (vt_line_store_open(packages, false, &from, err) &&
                                vt_archive_packages(from, m->store, m->lock, &copied, err));
}

/* ---- the vendor's -----------------------------------------------------------------------
 */

static const struct vt_trust_key *builder_of(const struct vt_desk_call *call,
                                             const struct vt_key *key)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));

    return vt_trust_find(call->trust, vt_slice_from_cstr(id.text), VT_ROLE_BUILDER);
}

static bool file_build(struct vt_args *args, struct vt_desk_call *call,
                       const struct vt_key *key, const struct vt_materials *m,
                       const struct vt_build_report *report, struct vt_error *err)
{
    VT_AUTO_BUF provenance = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF sbom = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_docket *docket = call->docket;
    const char *site = vt_arena_cstr(arena, builder_of(call, key)->site);

    return vt_materials_keep_build(docket, vt_args_get(args, "out"), report, err) &&
           vt_compose_provenance(report, site, key, &provenance, err) &&
           vt_compose_sbom(report, m->lock->package_count, key, &sbom, err) &&
           vt_docket_put(&call->desk, docket->product, docket->version, vt_buf_slice(&sbom),
                         err) &&
           vt_docket_put(&call->desk, docket->product, docket->version,
                         vt_buf_slice(&provenance), err);
}

static bool check_is_not_rejected(const struct vt_docket *docket, struct vt_error *err)
{
    const json_t *rejection;

    if (docket->rejection == NULL)
        return true;
    rejection = docket->rejection->envelope.statement.predicate;
    return vt_fail(err, VT_REJECTED,
                   "%s %s is rejected by the supervisor: %.*s; draft it anew (`vitrine "
                   "release draft`)",
                   docket->product, docket->version,
                   VT_SLICE_ARGS(vt_field_text(rejection, "reason")));
}

bool vt_cli_release_build(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_MATERIALS m = { .store = NULL };
    VT_AUTO_BUILD_REPORT report = NULL;
    struct vt_building building;
    VT_AUTO_KEY key = NULL;

    if (!vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, false, false, &call, err) ||
        !vt_desk_call_check_key(&call, key, VT_ROLE_BUILDER, err) ||
        !vt_desk_call_docket(args, &call, err) ||
        !check_is_not_rejected(call.docket, err) ||
        !fetch_materials(args, &call, &m, err) ||
        !vt_materials_check_environment(call.docket, m.lock, err) ||
        !vt_building_init(args, &m, vt_args_get(args, "out"), &building, err) ||
        !vt_building_run(&building, &report, err) ||
        !file_build(args, &call, key, &m, report, err))
        return false;
    vt_desk_call_say(
        args, &call, "build",
        "%s %s is built: %zu artefact%s in %jd s; archive what it needs (`vitrine "
        "line archive`), from that the supervisor rebuilds it",
        call.docket->product, call.docket->version, report->artefact_count,
        vt_plural(report->artefact_count), (intmax_t)(report->wall_ms / 1000));
    return true;
}

/* ---- the supervisor's -------------------------------------------------------------------
 */

const struct vt_option vt_cli_supervise_rebuild_options[] = {
    VT_OPTION_DESK, VT_OPTION_TRUST,      VT_OPTION_STORE,  OPTION_PACKAGES,
    OPTION_OUT,     VT_OPTION_VARY,       VT_OPTION_RUNNER, VT_OPTION_SCRATCH,
    VT_OPTION_KEY,  VT_OPTION_PASSPHRASE, VT_OPTIONS_END,
};

static bool check_can_rebuild(const struct vt_docket *docket, struct vt_error *err)
{
    if (!check_is_not_rejected(docket, err))
        return false;
    if (docket->draft == NULL || docket->provenance == NULL)
        return vt_fail(
            err, VT_REJECTED,
            "%s %s is not built yet: the vendor builds it first (`vitrine release "
            "build`)",
            docket->product, docket->version);
    return true;
}

static bool sign_outcome(struct vt_desk_call *call,
                         const struct vt_rebuild_outcome *outcome, const struct vt_key *key,
                         struct vt_error *err)
{
    VT_AUTO_BUF vsa = vt_buf_init(VT_ENTRY_BYTES_MAX);

    return vt_compose_vsa(call->docket, outcome, call->now_unix_s, key, &vsa, err) &&
           vt_docket_put(&call->desk, call->docket->product, call->docket->version,
                         vt_buf_slice(&vsa), err);
}

/* What came of it, and all that the texts in it need. */
struct outcome {
    struct vt_rebuild_outcome said;
    struct vt_buf difference;
    struct vt_vary_report *varied; /* NULL if it was not asked */
    const char *names[2 * VT_FACTOR_COUNT + 2];
};

static void outcome_clear(struct outcome *o)
{
    vt_buf_clear(&o->difference);
    vt_vary_report_free(o->varied);
}

static bool say_outcome_json(const struct vt_desk_call *call, const struct outcome *o,
                             bool is_equal, struct vt_error *err)
{
    json_t *terms = NULL, *answer;

    if (o->varied != NULL && !vt_vary_json(o->varied, &terms, err))
        return false;
    answer = json_pack("{s:b,s:s,s:s,s:s,s:s}", "ok", is_equal, "product",
                       call->docket->product, "version", call->docket->version, "verdict",
                       o->said.verdict, "difference", o->said.difference);
    if (terms != NULL)
        (void)json_object_set_new(answer, "terms", terms);
    vt_cli_print_json(answer);
    return true;
}

static bool say_outcome(struct vt_args *args, const struct vt_desk_call *call,
                        const struct outcome *o, struct vt_error *err)
{
    bool is_equal = strcmp(o->said.verdict, "differs") != 0;

    vt_args_exit(args, is_equal ? 0 : 1);
    if (vt_args_is_json(args))
        return say_outcome_json(call, o, is_equal, err);
    if (o->varied != NULL)
        vt_cli_vary_print(o->varied);
    if (is_equal)
        (void)printf("%s %s: %s, and signed so\n", call->docket->product,
                     call->docket->version, o->said.verdict);
    else
        (void)printf("%s %s differs: %s; signed so. See why with `vitrine line diagnose`\n",
                     call->docket->product, call->docket->version, o->said.difference);
    if (o->varied != NULL && is_equal && o->varied->first_difference != NULL)
        (void)printf("but not robust: under varied terms %s comes out different\n",
                     o->varied->first_difference);
    return true;
}

/* Names of factors into the outcome's own two lists. */
static void list_factors(struct outcome *o)
{
    const char **varied = o->names, **same = o->names + VT_FACTOR_COUNT + 1;

    o->said.varied = varied;
    o->said.not_varied = same;
    for (unsigned i = 0; i < VT_FACTOR_COUNT; i++)
        if (o->varied->factors[i].is_varied)
            *varied++ = vt_factor_name((enum vt_factor)i);
        else
            *same++ = vt_factor_name((enum vt_factor)i);
}

static bool build_once(struct vt_building *building, const struct vt_docket *docket,
                       struct outcome *o, struct vt_error *err)
{
    VT_AUTO_BUILD_REPORT report = NULL;

    if (!vt_building_run(building, &report, err))
        return false;
    vt_materials_difference(docket, report, &o->difference);
    return true;
}

static bool build_twice(struct vt_building *building, const struct vt_docket *docket,
                        struct outcome *o, struct vt_error *err)
{
    if (!vt_building_vary(building, NULL, &o->varied, err))
        return false;
    vt_materials_difference(docket, o->varied->fixed, &o->difference);
    if (o->difference.len == 0 && o->varied->result == VT_VARY_DIFFERS)
        vt_buf_printf(&o->difference, "%s differs from build to build here",
                      o->varied->first_difference);
    list_factors(o);
    return true;
}

/* What does not build here is an outcome too: it differs. */
static bool rebuild(struct vt_args *args, const struct vt_docket *docket,
                    const struct vt_materials *m, struct outcome *o, struct vt_error *err)
{
    struct vt_building building;
    bool is_varied = vt_args_has(args, "vary");

    if (!vt_building_init(args, m, vt_args_get(args, "out"), &building, err))
        return false;
    if (!(is_varied ? build_twice(&building, docket, o, err)
                    : build_once(&building, docket, o, err))) {
        if (err->code != VT_REJECTED)
            return false;
        vt_buf_printf(&o->difference, "it does not build here: %s", err->message);
    }
    if (o->difference.len > 0) {
        o->said.verdict = "differs";
        o->said.difference = vt_buf_cstr(&o->difference);
    } else if (o->varied != NULL && o->varied->result == VT_VARY_EQUAL_ROBUST) {
        o->said.verdict = "equal-robust";
    }
    return true;
}

bool vt_cli_supervise_rebuild(struct vt_args *args, struct vt_error *err)
{
    __attribute__((cleanup(outcome_clear))) struct outcome outcome = {
        .said = { .verdict = "equal", .difference = "" },
        .difference = vt_buf_init(VT_KIB(2)),
    };
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_MATERIALS m = { .store = NULL };
    VT_AUTO_KEY key = NULL;

    if (!vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, false, false, &call, err) ||
        !vt_desk_call_check_key(&call, key, VT_ROLE_SUPERVISOR, err) ||
        !vt_desk_call_docket(args, &call, err) || !check_can_rebuild(call.docket, err) ||
        !fetch_materials(args, &call, &m, err) ||
        !vt_materials_check_environment(call.docket, m.lock, err) ||
        !rebuild(args, call.docket, &m, &outcome, err))
        return false;
    call.now_unix_s = vt_env_now_unix_s(vt_args_env(args)); /* after the long work */
    return sign_outcome(&call, &outcome.said, key, err) &&
           say_outcome(args, &call, &outcome, err);
}
