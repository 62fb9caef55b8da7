/* See built_release.h. */
#include "tests/built_release.h"
#include "centre/centre.h"
#include "evidence/field.h"
#include "release/authorisations.h"
#include "release/compose.h"
#include "release/draft.h"
#include "release/materials.h"
#include "wire/hex.h"

/* The world's desk and trust root, as long as the case. */
struct place {
    struct vt_trust *trust;
    struct vt_desk desk;
};

static void place_open(const struct vt_centre_world *world, struct place *out)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(
        vt_trust_parse(vt_test_read(vt_test_print("%s/" VT_CENTRE_TRUST, world->folder)),
                       &out->trust, &err));
    VT_CHECK_OK(vt_desk_open(vt_test_print("%s/" VT_CENTRE_DESK, world->folder), false,
                             &out->desk, &err));
}

static void place_close(struct place *place)
{
    vt_desk_close(&place->desk);
    vt_trust_free(place->trust);
}

#define AUTO_PLACE __attribute__((cleanup(place_close))) struct place

static struct vt_docket *docket_of(struct place *place, const struct vt_built_release *b)
{
    const struct vt_recipe *recipe = b->fixture.recipe;
    struct vt_docket *docket = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_docket_open(&place->desk, place->trust, recipe->product, recipe->version,
                               time(NULL), &docket, &err));
    return docket;
}

static void draft(struct place *place, const struct vt_built_release *b)
{
    struct vt_draft_request request = { .desk = &place->desk,
                                        .trust = place->trust,
                                        .store = b->fixture.store,
                                        .recipe = b->fixture.recipe,
                                        .lock = b->fixture.lock,
                                        .source = &b->fixture.source,
                                        .channel = "stable",
                                        .key = vt_world_key(VT_P_VENDOR),
                                        .now_unix_s = time(NULL) - 60 };
    struct vt_error err = { 0 };
    struct vt_drafted drafted;

    VT_CHECK_OK(vt_draft(&request, &drafted, &err));
}

void vt_built_release_make(const struct vt_centre_world *world, const char *name,
                           struct vt_built_release *out)
{
    struct vt_error err = { 0 };
    AUTO_PLACE place = { 0 };
    VT_AUTO_DOCKET docket = NULL;

    *out = (struct vt_built_release){ .report = NULL };
    vt_line_fixture_open(name, &out->fixture);
    out->fixture.request.out = vt_test_path("vendor");
    VT_CHECK_OK(vt_line_build(&out->fixture.request, &out->report, &err));
    place_open(world, &place);
    draft(&place, out);
    docket = docket_of(&place, out);
    VT_CHECK_OK(
        vt_materials_keep_build(docket, out->fixture.request.out, out->report, &err));
}

void vt_built_release_pretend(const struct vt_centre_world *world, const char *name,
                              struct vt_built_release *out)
{
    const struct vt_recipe *recipe;
    struct vt_build_report *report = vt_alloc(sizeof *report);
    AUTO_PLACE place = { 0 };

    *out = (struct vt_built_release){ .report = report };
    vt_line_fixture_open(name, &out->fixture);
    recipe = out->fixture.recipe;
    report->arena = vt_arena_new();
    report->product = vt_arena_cstr(report->arena, vt_slice_from_cstr(recipe->product));
    report->version = vt_arena_cstr(report->arena, vt_slice_from_cstr(recipe->version));
    report->kind = recipe->kind;
    report->source = out->fixture.source;
    report->recipe_digest = recipe->digest;
    report->lock_digest = out->fixture.lock->digest;
    report->environment_digest = out->fixture.lock->environment;
    report->factors = vt_factors_fixed();
    report->artefacts = vt_arena_alloc(report->arena, sizeof *report->artefacts);
    report->artefact_count = 1;
    ((struct vt_artefact *)(uintptr_t)report->artefacts)->name = recipe->outputs[0];
    place_open(world, &place);
    draft(&place, out);
}

void vt_built_release_clear(struct vt_built_release *built)
{
    vt_build_report_free(built->report);
    vt_line_fixture_close(&built->fixture);
}

void vt_built_release_say(const struct vt_centre_world *world,
                          const struct vt_built_release *b, int64_t in_s, const char *bytes)
{
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_build_report report = *b->report;
    struct vt_error err = { 0 };
    AUTO_PLACE place = { 0 };
    struct vt_blobs *blobs;
    vt_hash ignored;

    place_open(world, &place);
    report.finished_unix_s = time(NULL) + in_s;
    report.started_unix_s = report.finished_unix_s - 1;
    VT_CHECK_OK(vt_compose_provenance(&report, "Zurich", vt_world_key(VT_P_BUILDER),
                                      &envelope, &err));
    VT_CHECK_OK(vt_docket_put(&place.desk, report.product, report.version,
                              vt_buf_slice(&envelope), &err));
    if (bytes == NULL)
        return;
    VT_CHECK_OK(vt_docket_blobs(&place.desk, report.product, report.version, &blobs, &err));
    VT_CHECK_OK(vt_blobs_put(blobs, vt_slice_from_cstr(bytes), &ignored, &err));
    vt_blobs_close(blobs);
}

void vt_built_release_authorise(const struct vt_centre_world *world,
                                const struct vt_built_release *b)
{
    const struct vt_lock *lock = b->fixture.lock;
    char environment[VT_HEX256_BYTES], digest[VT_HEX256_BYTES];
    struct vt_error err = { 0 };
    AUTO_PLACE place = { 0 };
    vt_slice envelope;

    vt_hash_text(&lock->environment, environment);
    vt_hash_text(&lock->digest, digest);
    envelope = vt_world_statement(VT_ENVIRONMENT_AUTHORISATION, "environment",
                                  json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s}", "environment",
                                            environment, "lock", digest, "suite",
                                            "bookworm", "architecture", "amd64", "packages",
                                            (int)lock->package_count, "note", "", "created",
                                            vt_world_time(world->world.trust_created + 50)),
                                  VT_BIT(VT_P_SUPERVISOR));
    place_open(world, &place);
    VT_CHECK_OK(vt_desk_put_authorisation(&place.desk, envelope,
                                          vt_world_prove(&world->world, envelope), &err));
}

const char *vt_built_release_store(const struct vt_built_release *built)
{
    return vt_line_store_path(built->fixture.store);
}
