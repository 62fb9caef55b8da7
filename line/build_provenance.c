/* SLSA provenance v1: the predicate for a build.  All that decides the output is in the
 * external parameters, closed: a verifier refuses one it does not know.
 * Spec: slsa.dev/spec/v1.2 build-provenance; schema in evidence/predicates.c */
#include "line/build.h"

#define BUILD_TYPE "urn:vitrine:build:v1"

static json_t *hash_json(const vt_hash *hash)
{
    char hex[65];

    vt_hash_text(hash, hex);
    return json_string(hex);
}

static json_t *material(const char *name, const vt_hash *hash)
{
    return json_pack("{s:s, s:{s:o}}", "name", name, "digest", "sha256", hash_json(hash));
}

static json_t *source_material(const struct vt_source *source)
{
    json_t *json = material("source", &source->digest), *digest;

    digest = json_object_get(json, "digest");
    if (source->git_commit[0] != '\0' &&
        (json_object_set_new(digest, "gitCommit", json_string(source->git_commit)) != 0 ||
         json_object_set_new(digest, "gitTree", json_string(source->git_tree)) != 0)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *internal_parameters(const struct vt_build_report *r, const char *site)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "site", site, "runner",
                     r->runner == VT_RUNNER_OWN ? "own" : "bwrap", "path",
                     r->factors.build_path, "kind", vt_kind_name(r->kind));
}

static json_t *definition(const struct vt_build_report *r, const char *site)
{
    return json_pack(
        "{s:s, s:{s:s, s:s, s:o, s:o, s:o, s:o}, s:o, s:[o, o, o, o]}", "buildType",
        BUILD_TYPE, "externalParameters", "product", r->product, "version", r->version,
        "source", hash_json(&r->source.digest), "recipe", hash_json(&r->recipe_digest),
        "lock", hash_json(&r->lock_digest), "environment",
        hash_json(&r->environment_digest), "internalParameters",
        internal_parameters(r, site), "resolvedDependencies", source_material(&r->source),
        material("source pack", &r->source.pack), material("lock", &r->lock_digest),
        material("environment tree", &r->environment_tree));
}

static json_t *run_details(const struct vt_build_report *r, const char *builder_id)
{
    char started[VT_TIME_TEXT_BYTES], finished[VT_TIME_TEXT_BYTES];

    vt_time_write(r->started_unix_s, started);
    vt_time_write(r->finished_unix_s, finished);
    return json_pack("{s:{s:s, s:{s:s}}, s:{s:s, s:s}, s:[o, o]}", "builder", "id",
                     builder_id, "version", "vitrine", VT_VERSION, "metadata", "startedOn",
                     started, "finishedOn", finished, "byproducts",
                     material("log.txt", &r->log_hash),
                     material("sbom.spdx.json", &r->sbom_hash));
}

bool vt_build_provenance(const struct vt_build_report *report, const char *builder_id,
                         const char *site, json_t **predicate_out, struct vt_error *err)
{
    json_t *predicate = json_pack("{s:o, s:o}", "buildDefinition", definition(report, site),
                                  "runDetails", run_details(report, builder_id));

    if (predicate == NULL)
        return vt_fail(err, VT_LIMIT, "provenance: a text is not UTF-8");
    *predicate_out = predicate;
    return true;
}
