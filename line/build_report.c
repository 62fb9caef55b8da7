/* build.json: what a build was, for the people and programs that come after it.  Writing
 * and parsing stand side by side; parsing refuses what writing would not have written. */
#include "line/build.h"
#include "evidence/schema.h"

enum { ARTEFACTS_MAX = VT_RECIPE_OUTPUTS_MAX };

static const char *const runner_names[] = { "own", "bwrap" };
static const char *const kind_words[] = { "program", "rules", "image", "deb", NULL };
static const char *const runner_words[] = { "own", "bwrap", NULL };

#define END                                                                                \
    {                                                                                      \
        .name = NULL                                                                       \
    }

static const struct vt_field FILE_FIELDS[] = { { .name = "sha256",
                                                 .kind = VT_FIELD_SHA256 },
                                               { .name = "size", .kind = VT_FIELD_NUMBER },
                                               END };
static const struct vt_field ARTEFACT[] = { { .name = "name", .kind = VT_FIELD_TEXT },
                                            { .name = "sha256", .kind = VT_FIELD_SHA256 },
                                            { .name = "size", .kind = VT_FIELD_NUMBER },
                                            END };
static const struct vt_field SOURCE[] = {
    { .name = "type", .kind = VT_FIELD_TEXT },
    { .name = "digest", .kind = VT_FIELD_SHA256 },
    { .name = "pack", .kind = VT_FIELD_SHA256 },
    { .name = "pack_bytes", .kind = VT_FIELD_NUMBER },
    { .name = "files", .kind = VT_FIELD_NUMBER },
    { .name = "git_commit", .kind = VT_FIELD_PROSE },
    { .name = "git_tree", .kind = VT_FIELD_PROSE },
    { .name = "tar_sha256", .kind = VT_FIELD_PROSE },
    END,
};
static const struct vt_field TERMS[] = {
    { .name = "path", .kind = VT_FIELD_TEXT },
    { .name = "uid", .kind = VT_FIELD_NUMBER },
    { .name = "gid", .kind = VT_FIELD_NUMBER },
    { .name = "user", .kind = VT_FIELD_TEXT },
    { .name = "host", .kind = VT_FIELD_TEXT },
    { .name = "zone", .kind = VT_FIELD_TEXT },
    { .name = "locale", .kind = VT_FIELD_TEXT },
    { .name = "home", .kind = VT_FIELD_TEXT },
    { .name = "umask", .kind = VT_FIELD_NUMBER },
    { .name = "cpus", .kind = VT_FIELD_NUMBER },
    { .name = "clock_ahead_s", .kind = VT_FIELD_NUMBER },
    { .name = "order_reversed", .kind = VT_FIELD_BOOL },
    { .name = "layout_random", .kind = VT_FIELD_BOOL },
    END,
};
static const struct vt_field REPORT[] = {
    { .name = "v", .kind = VT_FIELD_NUMBER },
    { .name = "product", .kind = VT_FIELD_TEXT },
    { .name = "version", .kind = VT_FIELD_TEXT },
    { .name = "kind", .kind = VT_FIELD_WORD, .words = kind_words },
    { .name = "source", .kind = VT_FIELD_OBJECT, .fields = SOURCE },
    { .name = "recipe", .kind = VT_FIELD_SHA256 },
    { .name = "lock", .kind = VT_FIELD_SHA256 },
    { .name = "environment", .kind = VT_FIELD_SHA256 },
    { .name = "environment_tree", .kind = VT_FIELD_SHA256 },
    { .name = "terms", .kind = VT_FIELD_OBJECT, .fields = TERMS },
    { .name = "runner", .kind = VT_FIELD_WORD, .words = runner_words },
    { .name = "artefacts",
      .kind = VT_FIELD_OBJECTS,
      .fields = ARTEFACT,
      .max = ARTEFACTS_MAX },
    { .name = "log", .kind = VT_FIELD_OBJECT, .fields = FILE_FIELDS },
    { .name = "sbom", .kind = VT_FIELD_OBJECT, .fields = FILE_FIELDS },
    { .name = "epoch", .kind = VT_FIELD_TIME },
    { .name = "started", .kind = VT_FIELD_TIME },
    { .name = "finished", .kind = VT_FIELD_TIME },
    { .name = "wall_ms", .kind = VT_FIELD_NUMBER },
    { .name = "cpu_ms", .kind = VT_FIELD_NUMBER },
    END,
};

void vt_build_report_free(struct vt_build_report *report)
{
    if (report != NULL)
        vt_arena_free(report->arena);
    free(report);
}

void vt_build_report_free_pointer(struct vt_build_report **report)
{
    vt_build_report_free(*report);
    *report = NULL;
}

/* ---- writing
 * -------------------------------------------------------------------------------- */

static json_t *hash_json(const vt_hash *hash)
{
    char hex[65];

    vt_hash_text(hash, hex);
    return json_string(hex);
}

static json_t *time_json(int64_t unix_s)
{
    char text[VT_TIME_TEXT_BYTES];

    vt_time_write(unix_s, text);
    return json_string(text);
}

static json_t *file_json(const vt_hash *hash, uint64_t bytes)
{
    return json_pack("{s:o, s:I}", "sha256", hash_json(hash), "size", (json_int_t)bytes);
}

static json_t *terms_json(const struct vt_factors *f)
{
    return json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b}",
                     "path", f->build_path, "uid", (json_int_t)f->uid, "gid",
                     (json_int_t)f->gid, "user", f->user_name, "host", f->host_name, "zone",
                     f->time_zone, "locale", f->locale, "home", f->home, "umask",
                     (json_int_t)f->umask, "cpus", (json_int_t)f->cpu_count,
                     "clock_ahead_s", (json_int_t)f->clock_offset_s, "order_reversed",
                     (int)f->is_order_reversed, "layout_random", (int)f->is_layout_random);
}

static json_t *artefacts_json(const struct vt_build_report *r)
{
    json_t *array = json_array();

    for (size_t i = 0; i < r->artefact_count; i++) {
        const struct vt_artefact *a = &r->artefacts[i];

        if (json_array_append_new(array, json_pack("{s:s, s:o, s:I}", "name", a->name,
                                                   "sha256", hash_json(&a->hash), "size",
                                                   (json_int_t)a->bytes)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *report_json(const struct vt_build_report *r)
{
    return json_pack(
        "{s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:I, s:I}",
        "v", 1, "product", r->product, "version", r->version, "kind", vt_kind_name(r->kind),
        "source", vt_source_json(&r->source), "recipe", hash_json(&r->recipe_digest),
        "lock", hash_json(&r->lock_digest), "environment",
        hash_json(&r->environment_digest), "environment_tree",
        hash_json(&r->environment_tree), "terms", terms_json(&r->factors), "runner",
        runner_names[r->runner], "artefacts", artefacts_json(r), "log",
        file_json(&r->log_hash, r->log_bytes), "sbom",
        file_json(&r->sbom_hash, r->sbom_bytes), "epoch", time_json(r->epoch_unix_s),
        "started", time_json(r->started_unix_s), "finished", time_json(r->finished_unix_s),
        "wall_ms", (json_int_t)r->wall_ms, "cpu_ms", (json_int_t)r->cpu_ms);
}

bool vt_build_report_write(const struct vt_build_report *report, struct vt_buf *out,
                           struct vt_error *err)
{
    VT_AUTO_JSON json = report_json(report);

    if (json == NULL)
        return vt_fail(err, VT_LIMIT, "build report: a text is not UTF-8");
    return vt_schema_verify(json, "build report", REPORT, err) &&
           vt_json_write_canonical(json, out, err);
}

/* ---- parsing
 * -------------------------------------------------------------------------------- */

/* After the schema was verified, every field is there and of its type. */
static const char *text_of(struct vt_build_report *r, const json_t *object,
                           const char *name)
{
    return vt_arena_cstr(
        r->arena, vt_slice_from_cstr(json_string_value(json_object_get(object, name))));
}

static uint64_t number_of(const json_t *object, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(object, name)); /* not negative */
}

static void hash_of(const json_t *object, const char *name, vt_hash *out)
{
    struct vt_error ignored;

    (void)!vt_json_get_sha256(object, "report", name, out->bytes, &ignored);
}

static int64_t time_of(const json_t *object, const char *name)
{
    struct vt_error ignored;
    int64_t unix_s = 0;

    (void)!vt_json_get_time(object, "report", name, &unix_s, &ignored);
    return unix_s;
}

static void read_terms(struct vt_build_report *r, const json_t *terms)
{
    r->factors = (struct vt_factors){
        .build_path = text_of(r, terms, "path"),
        .uid = (uint32_t)number_of(terms, "uid"),
        .gid = (uint32_t)number_of(terms, "gid"),
        .user_name = text_of(r, terms, "user"),
        .host_name = text_of(r, terms, "host"),
        .time_zone = text_of(r, terms, "zone"),
        .locale = text_of(r, terms, "locale"),
        .home = text_of(r, terms, "home"),
        .umask = (mode_t)number_of(terms, "umask"),
        .cpu_count = (unsigned)number_of(terms, "cpus"),
        .clock_offset_s = (int64_t)number_of(terms, "clock_ahead_s"),
        .is_order_reversed = json_is_true(json_object_get(terms, "order_reversed")),
        .is_layout_random = json_is_true(json_object_get(terms, "layout_random")),
    };
}

static void read_artefacts(struct vt_build_report *r, const json_t *array)
{
    size_t count = json_array_size(array);
    struct vt_artefact *artefacts =
        vt_arena_alloc(r->arena, (count + 1) * sizeof *artefacts);

    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(array, i);

        artefacts[i].name = text_of(r, one, "name");
        artefacts[i].bytes = number_of(one, "size");
        hash_of(one, "sha256", &artefacts[i].hash);
    }
    r->artefacts = artefacts;
    r->artefact_count = count;
}

static bool read_names(struct vt_build_report *r, const json_t *json, const char *what,
                       struct vt_error *err)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));

    r->product = text_of(r, json, "product");
    r->version = text_of(r, json, "version");
    while (strcmp(vt_kind_name(r->kind), kind) != 0)
        r->kind++; /* the schema knows that it is one of them */
    r->runner = strcmp(json_string_value(json_object_get(json, "runner")), "own") == 0
                    ? VT_RUNNER_OWN
                    : VT_RUNNER_BWRAP;
    return number_of(json, "v") == 1 || vt_fail(err, VT_MALFORMED, "%s: v is not 1", what);
}

static void read_rest(struct vt_build_report *r, const json_t *json)
{
    const json_t *log = json_object_get(json, "log"), *sbom = json_object_get(json, "sbom");

    hash_of(json, "recipe", &r->recipe_digest);
    hash_of(json, "lock", &r->lock_digest);
    hash_of(json, "environment", &r->environment_digest);
    hash_of(json, "environment_tree", &r->environment_tree);
    hash_of(log, "sha256", &r->log_hash);
    hash_of(sbom, "sha256", &r->sbom_hash);
    r->log_bytes = number_of(log, "size");
    r->sbom_bytes = number_of(sbom, "size");
    r->epoch_unix_s = time_of(json, "epoch");
    r->started_unix_s = time_of(json, "started");
    r->finished_unix_s = time_of(json, "finished");
    r->wall_ms = (int64_t)number_of(json, "wall_ms");
    r->cpu_ms = (int64_t)number_of(json, "cpu_ms");
    read_terms(r, json_object_get(json, "terms"));
    read_artefacts(r, json_object_get(json, "artefacts"));
}

bool vt_build_report_parse(vt_slice text, const char *what,
                           struct vt_build_report **report_out, struct vt_error *err)
{
    VT_AUTO_BUILD_REPORT report = vt_alloc(sizeof *report);
    VT_AUTO_JSON json = NULL;

    report->arena = vt_arena_new();
    if (!vt_json_parse_canonical(text, what, &json, err) ||
        !vt_schema_verify(json, what, REPORT, err) ||
        !read_names(report, json, what, err) ||
        !vt_source_from_json(json_object_get(json, "source"), what, &report->source, err))
        return false;
    read_rest(report, json);
    *report_out = report;
    report = NULL;
    return true;
}
