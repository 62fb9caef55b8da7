/* The two builds of a release: the vendor's, and the supervisor's from the same materials.
 */
#include "cli/line_materials.h"
#include "cli/progress.h"
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

static bool check_environment(struct vt_desk_call *call, const struct vt_lock *lock,
                              struct vt_error *err)
{
    int64_t since;

    if (!vt_desk_environment_since(&call->desk, call->trust, &lock->environment, &since,
                                   err))
        return false;
    return since >= 0 || vt_environment_check_authorised(&lock->environment, NULL, 0, err);
}

static bool build(struct vt_args *args, const struct vt_materials *m,
                  const struct vt_factors *factors, const char *out,
                  struct vt_build_report **report, struct vt_error *err)
{
    struct vt_progress progress = vt_progress_init(vt_args_is_json(args));
    struct vt_build_request request = { .store = m->store,
                                        .recipe = m->recipe,
                                        .lock = m->lock,
                                        .source = &m->source,
                                        .factors = factors,
                                        .out = out,
                                        .scratch = vt_args_get(args, "scratch"),
                                        .watch = vt_progress_watch(&progress),
                                        .env = vt_args_env(args) };
    bool ok =
        vt_cli_runner(args, &request.runner, err) && vt_line_build(&request, report, err);

    vt_progress_end(&progress);
    return ok;
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

bool vt_cli_release_build(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_MATERIALS m = { .store = NULL };
    VT_AUTO_BUILD_REPORT report = NULL;
    VT_AUTO_KEY key = NULL;

    if (!vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, false, false, &call, err) ||
        !vt_desk_call_check_key(&call, key, VT_ROLE_BUILDER, err) ||
        !vt_desk_call_docket(args, &call, err) || !fetch_materials(args, &call, &m, err) ||
        !check_environment(&call, m.lock, err) ||
        !build(args, &m, NULL, vt_args_get(args, "out"), &report, err) ||
        !file_build(args, &call, key, &m, report, err))
        return false;
    vt_desk_call_say(args, &call, "build",
                     "%s %s is built: %zu artefacts in %jd s; the supervisor rebuilds it",
                     call.docket->product, call.docket->version, report->artefact_count,
                     (intmax_t)(report->wall_ms / 1000));
    return true;
}

/* ---- the supervisor's -------------------------------------------------------------------
 */

const struct vt_option vt_cli_supervise_rebuild_options[] = {
    VT_OPTION_DESK,       VT_OPTION_TRUST,  VT_OPTION_STORE,   OPTION_PACKAGES,
    OPTION_OUT,           VT_OPTION_RUNNER, VT_OPTION_SCRATCH, VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE, VT_OPTIONS_END,
};

static const struct vt_artefact *find_artefact(const struct vt_build_report *report,
                                               const char *name)
{
    for (size_t i = 0; i < report->artefact_count; i++)
        if (strcmp(report->artefacts[i].name, name) == 0)
            return &report->artefacts[i];
    return NULL;
}

/* Appended: the first artefact that differs from the vendor's; nothing if all are equal. */
static void compare(const struct vt_docket *docket, const struct vt_build_report *report,
                    struct vt_buf *difference)
{
    const struct vt_statement *theirs = &docket->provenance->envelope.statement;
    size_t count = vt_statement_subject_count(theirs);

    for (size_t i = 0; i < count; i++) {
        struct vt_subject subject = vt_statement_subject(theirs, i);
        const struct vt_artefact *ours = find_artefact(report, subject.name);
        char their_hex[65], our_hex[65];

        vt_hash_text(&subject.hash, their_hex);
        if (ours == NULL) {
            vt_buf_printf(difference, "%s is not made here", subject.name);
            return;
        }
        vt_hash_text(&ours->hash, our_hex);
        if (!vt_hash_equal(&ours->hash, &subject.hash)) {
            vt_buf_printf(difference, "%s: theirs %.16s..., ours %.16s...", subject.name,
                          their_hex, our_hex);
            return;
        }
    }
    if (count != report->artefact_count)
        vt_buf_printf(difference, "%zu artefacts theirs, %zu ours", count,
                      report->artefact_count);
}

static bool check_can_rebuild(const struct vt_docket *docket, struct vt_error *err)
{
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

static void say_outcome(struct vt_args *args, const struct vt_desk_call *call,
                        const struct vt_rebuild_outcome *outcome)
{
    bool is_equal = strcmp(outcome->verdict, "differs") != 0;

    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:s,s:s,s:s}", "ok", is_equal, "product",
                                    call->docket->product, "version", call->docket->version,
                                    "verdict", outcome->verdict, "difference",
                                    outcome->difference));
    else if (is_equal)
        (void)printf("%s %s: %s, and signed so\n", call->docket->product,
                     call->docket->version, outcome->verdict);
    else
        (void)printf("%s %s differs: %s; signed so. See why with `vitrine line diagnose`\n",
                     call->docket->product, call->docket->version, outcome->difference);
    vt_args_exit(args, is_equal ? 0 : 1);
}

bool vt_cli_supervise_rebuild(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_BUF difference = vt_buf_init(VT_KIB(2));
    VT_AUTO_MATERIALS m = { .store = NULL };
    struct vt_rebuild_outcome outcome = { .verdict = "equal", .difference = "" };
    VT_AUTO_BUILD_REPORT report = NULL;
    VT_AUTO_KEY key = NULL;

    if (!vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, false, false, &call, err) ||
        !vt_desk_call_check_key(&call, key, VT_ROLE_SUPERVISOR, err) ||
        !vt_desk_call_docket(args, &call, err) || !check_can_rebuild(call.docket, err) ||
        !fetch_materials(args, &call, &m, err) || !check_environment(&call, m.lock, err))
        return false;
    if (build(args, &m, NULL, vt_args_get(args, "out"), &report, err))
        compare(call.docket, report, &difference);
    else if (err->code == VT_REJECTED) /* that is an outcome too */
        vt_buf_printf(&difference, "it does not build here: %.300s", err->message);
    else
        return false;
    call.now_unix_s = vt_env_now_unix_s(vt_args_env(args)); /* after the long work */
    if (difference.len > 0) {
        outcome.verdict = "differs";
        outcome.difference = vt_buf_cstr(&difference);
    }
    if (!sign_outcome(&call, &outcome, key, err))
        return false;
    say_outcome(args, &call, &outcome);
    return true;
}
