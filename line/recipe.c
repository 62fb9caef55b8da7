/* Recipes: parsed from their canonical form, so that what is read is what the digest is
 * over, and members come in one order whoever wrote the file. */
#include "line/recipe.h"

enum { DEFAULT_MEMORY_MIB = 4096, DEFAULT_PROCESSES = 4096, DEFAULT_FILE_MIB = 4096 };
enum { DEFAULT_SECONDS = 3600, SIZE_MIB_MAX = 1 << 20, SECONDS_MAX = 7 * 86400 };
enum { NAME_BYTES_MAX = 128, CPUS_MAX = 64 };
#define EPOCH_MAX INT64_C(253402300799) /* the end of the year 9999 */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const kind_names[] = { "program", "rules", "image", "deb" };
static const char *const type_names[] = { "git", "folder", "tar", "debian" };

/* Files that a build writes beside the artefacts. */
static const char *const reserved_outputs[] = { "build.json", "log.txt", "sbom.spdx.json",
                                                "provenance.json" };

/* What the fixed terms set, and what would undo them. */
static const char *const reserved_variables[] = {
    "PATH",     "HOME",     "USER", "LOGNAME",           "LC_ALL",
    "TZ",       "PWD",      "LANG", "SOURCE_DATE_EPOCH", "LD_PRELOAD",
    "LD_AUDIT", "FAKETIME",
};

const char *vt_kind_name(enum vt_recipe_kind kind)
{
    return kind_names[kind];
}

const char *vt_source_type_name(enum vt_source_type type)
{
    return type_names[type];
}

const char *vt_output_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* ---- words --------------------------------------------------------------------------- */

static bool is_one_of(vt_slice text, const char *const *words, size_t count, size_t *at_out)
{
    for (size_t i = 0; i < count; i++)
        if (vt_slice_is(text, words[i])) {
            *at_out = i;
            return true;
        }
    return false;
}

bool vt_source_type_parse(vt_slice name, enum vt_source_type *out)
{
    size_t at;

    if (!is_one_of(name, type_names, COUNT(type_names), &at))
        return false;
    *out = (enum vt_source_type)at;
    return true;
}

static bool is_made_of(vt_slice text, const char *others, bool may_have_capitals)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
            !(may_have_capitals && c >= 'A' && c <= 'Z') &&
            (c == 0 || strchr(others, c) == NULL))
            return false;
    }
    return true;
}

/* Product and version become names of folders and parts of commands. */
static bool is_name(vt_slice text, const char *others, bool may_have_capitals)
{
    return text.len > 0 && text.len <= NAME_BYTES_MAX &&
           is_made_of(text, others, may_have_capitals) && text.data[0] != '.' &&
           text.data[0] != '-' && text.data[0] != '+';
}

static bool is_printable(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return true;
}

/* "a/b", without empty parts, "." and ".."; one "../" in front is allowed. */
static bool is_output_path(vt_slice path)
{
    vt_reader r = { path };
    vt_slice part;
    bool ok;

    if (vt_slice_starts_with(path, VT_LIT("../")))
        r.rest = vt_slice_sub(path, 3, path.len - 3);
    do {
        ok = vt_read_until(&r, '/', &part);
        if (!ok)
            part = r.rest;
        if (part.len == 0 || vt_slice_is(part, ".") || vt_slice_is(part, "..") ||
            !is_printable(part))
            return false;
    } while (ok);
    return path.len <= VT_RECIPE_TEXT_MAX;
}

static bool is_variable_name(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t len = strlen(name), at;

    return len > 0 && len <= NAME_BYTES_MAX && strspn(name, letters) == len &&
           !(name[0] >= '0' && name[0] <= '9') &&
           !is_one_of(vt_slice_from_cstr(name), reserved_variables,
                      COUNT(reserved_variables), &at) &&
           strncmp(name, "FAKETIME", 8) != 0;
}

/* ---- fields ----------------------------------------------------------------------------
 */

static bool get_word(const json_t *object, const char *what, const char *name,
                     const char *const *words, size_t count, size_t *at_out,
                     struct vt_error *err)
{
    vt_slice text;

    if (!vt_json_get_text(object, what, name, &text, err))
        return false;
    if (!is_one_of(text, words, count, at_out)) {
        char known[128] = "";

        for (size_t i = 0; i < count; i++) /* a few short words of ours */
            (void)snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s",
                           i == 0           ? ""
                           : i + 1 == count ? " or "
                                            : ", ",
                           words[i]);
        return vt_fail(err, VT_MALFORMED, "%s: %s '%.*s' is not %s", what, name,
                       VT_SLICE_ARGS(text), known);
    }
    return true;
}

static bool get_number_or(const json_t *object, const char *what, const char *name,
                          uint64_t fallback, uint64_t max, uint64_t *out,
                          struct vt_error *err)
{
    *out = fallback;
    if (!vt_json_has(object, name))
        return true;
    if (!vt_json_get_number(object, what, name, out, err))
        return false;
    if (*out == 0 || *out > max)
        return vt_fail(err, VT_MALFORMED, "%s: %s must be from 1 to %ju", what, name,
                       (uintmax_t)max);
    return true;
}

/* A JSON string of bounded length as a C string in the arena. */
static bool take_text(struct vt_arena *arena, const json_t *value, const char *what,
                      const char *field, const char **out, struct vt_error *err)
{
    if (!json_is_string(value))
        return vt_fail(err, VT_MALFORMED, "%s: %s must hold texts", what, field);
    if (json_string_length(value) > VT_RECIPE_TEXT_MAX)
        return vt_fail(err, VT_LIMIT, "%s: a text in %s is over %d bytes", what, field,
                       VT_RECIPE_TEXT_MAX);
    *out = vt_arena_cstr(arena,
                         vt_slice_of(json_string_value(value), json_string_length(value)));
    return true;
}

/* An array of 1 (or `least`) to max texts, NULL-ended. */
static bool take_texts(struct vt_arena *arena, const json_t *array, const char *what,
                       const char *field, size_t least, size_t max, const char *const **out,
                       size_t *count_out, struct vt_error *err)
{
    size_t count = json_array_size(array);
    const char **texts;

    if (!json_is_array(array) || count < least)
        return vt_fail(err, VT_MALFORMED, "%s: %s must be a list of at least %zu", what,
                       field, least);
    if (count > max)
        return vt_fail(err, VT_LIMIT, "%s: %s has more than %zu members", what, field, max);
    texts = vt_arena_alloc(arena, (count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++)
        if (!take_text(arena, json_array_get(array, i), what, field, &texts[i], err))
            return false;
    *out = texts;
    *count_out = count;
    return true;
}

static bool parse_names(struct vt_recipe *r, const json_t *json, const char *what,
                        struct vt_error *err)
{
    vt_slice product, version;
    uint64_t number;
    size_t kind;

    if (!vt_json_get_number(json, what, "v", &number, err) ||
        !vt_json_get_text(json, what, "product", &product, err) ||
        !vt_json_get_text(json, what, "version", &version, err) ||
        !get_word(json, what, "kind", kind_names, COUNT(kind_names), &kind, err))
        return false;
    if (number != 1)
        return vt_fail(err, VT_MALFORMED, "%s: v is %ju, this program knows 1", what,
                       (uintmax_t)number);
    if (!is_name(product, "+.-", false))
        return vt_fail(err, VT_MALFORMED,
                       "%s: product '%.*s': use small letters, digits, + . -", what,
                       VT_SLICE_ARGS(product));
    if (!is_name(version, "+.:~-", true))
        return vt_fail(err, VT_MALFORMED,
                       "%s: version '%.*s': use letters, digits, + . : ~ -", what,
                       VT_SLICE_ARGS(version));
    r->product = vt_arena_cstr(r->arena, product);
    r->version = vt_arena_cstr(r->arena, version);
    r->kind = (enum vt_recipe_kind)kind;
    return true;
}

static bool parse_source(struct vt_recipe *r, const json_t *json, const char *what,
                         struct vt_error *err)
{
    static const char *const names[] = { "type", NULL };
    json_t *source;
    size_t type;

    if (!vt_json_get_object(json, what, "source", &source, err) ||
        !vt_json_only(source, "source", names, err) ||
        !get_word(source, "source", "type", type_names, COUNT(type_names), &type, err))
        return false;
    r->source_type = (enum vt_source_type)type;
    return true;
}

static bool parse_environment(struct vt_recipe *r, const json_t *json, const char *what,
                              struct vt_error *err)
{
    static const char *const names[] = { "suite", "packages", "lock", NULL };
    json_t *environment;
    vt_slice suite;

    if (!vt_json_get_object(json, what, "environment", &environment, err) ||
        !vt_json_only(environment, "environment", names, err) ||
        !vt_json_get_text(environment, "environment", "suite", &suite, err) ||
        !take_texts(r->arena, json_object_get(environment, "packages"), what,
                    "environment.packages", 0, VT_RECIPE_PACKAGES_MAX, &r->packages,
                    &r->package_count, err))
        return false;
    if (!is_name(suite, "-.", false))
        return vt_fail(err, VT_MALFORMED, "%s: suite '%.*s' is no name of a suite", what,
                       VT_SLICE_ARGS(suite));
    for (size_t i = 0; i < r->package_count; i++)
        if (!is_name(vt_slice_from_cstr(r->packages[i]), "+.-", false))
            return vt_fail(err, VT_MALFORMED, "%s: '%s' is no name of a package", what,
                           r->packages[i]);
    r->suite = vt_arena_cstr(r->arena, suite);
    r->has_lock = vt_json_has(environment, "lock");
    return !r->has_lock || vt_json_get_sha256(environment, "environment", "lock",
                                              r->lock_digest.bytes, err);
}

static bool parse_clock(struct vt_recipe *r, const json_t *json, const char *what,
                        struct vt_error *err)
{
    static const char *const words[] = { "real", "frozen" };
    uint64_t epoch;
    size_t clock = 0;

    if (!vt_json_get_number(json, what, "epoch", &epoch, err))
        return false;
    if (epoch == 0 || epoch > (uint64_t)EPOCH_MAX)
        return vt_fail(err, VT_MALFORMED, "%s: epoch must be from 1 to %jd", what,
                       (intmax_t)EPOCH_MAX);
    if (vt_json_has(json, "clock") &&
        !get_word(json, what, "clock", words, COUNT(words), &clock, err))
        return false;
    r->epoch_unix_s = (int64_t)epoch;
    r->is_clock_frozen = clock == 1;
    return true;
}

static bool parse_limits(struct vt_recipe *r, const json_t *json, const char *what,
                         struct vt_error *err)
{
    static const char *const names[] = { "memory_mib", "processes", "file_mib", "seconds",
                                         NULL };
    json_t *limits = NULL;
    uint64_t cpus, memory, file, seconds;

    if (vt_json_has(json, "limits") &&
        (!vt_json_get_object(json, what, "limits", &limits, err) ||
         !vt_json_only(limits, "limits", names, err)))
        return false;
    if (!get_number_or(json, what, "cpus", 1, CPUS_MAX, &cpus, err) ||
        !get_number_or(limits, "limits", "memory_mib", DEFAULT_MEMORY_MIB, SIZE_MIB_MAX,
                       &memory, err) ||
        !get_number_or(limits, "limits", "processes", DEFAULT_PROCESSES, 1 << 20,
                       &r->processes, err) ||
        !get_number_or(limits, "limits", "file_mib", DEFAULT_FILE_MIB, SIZE_MIB_MAX, &file,
                       err) ||
        !get_number_or(limits, "limits", "seconds", DEFAULT_SECONDS, SECONDS_MAX, &seconds,
                       err))
        return false;
    r->cpu_count = (unsigned)cpus; /* all bounded above */
    r->memory_bytes = memory << 20;
    r->file_bytes = file << 20;
    r->wall_ms = (int64_t)seconds * 1000;
    return true;
}

static bool parse_variables(struct vt_recipe *r, const json_t *json, const char *what,
                            struct vt_error *err)
{
    json_t *variables = NULL, *value;
    const char **out, *name, *text;
    size_t at = 0;

    if (vt_json_has(json, "variables") &&
        !vt_json_get_object(json, what, "variables", &variables, err))
        return false;
    if (json_object_size(variables) > VT_RECIPE_VARIABLES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: more than %d variables", what,
                       VT_RECIPE_VARIABLES_MAX);
    out = vt_arena_alloc(r->arena, (json_object_size(variables) + 1) * sizeof *out);
    json_object_foreach(variables, name, value)
    {
        if (!is_variable_name(name))
            return vt_fail(err, VT_MALFORMED,
                           "%s: variable '%s' is ill-formed or belongs to the fixed terms",
                           what, name);
        if (!take_text(r->arena, value, what, "variables", &text, err))
            return false;
        out[at++] = vt_arena_printf(r->arena, "%s=%s", name, text);
    }
    r->variables = out;
    return true;
}

/* "usr" and others would hide the environment's own; "clock" is the varied clock's. */
static bool parse_input(struct vt_recipe *r, const json_t *json, const char *what,
                        struct vt_recipe_input *out, struct vt_error *err)
{
    static const char *const names[] = { "name", "sha256", NULL };

    if (!json_is_object(json))
        return vt_fail(err, VT_MALFORMED, "%s: inputs: must be objects", what);
    if (!vt_json_only(json, what, names, err) ||
        !take_text(r->arena, json_object_get(json, "name"), what, "inputs", &out->name,
                   err) ||
        !vt_json_get_sha256(json, what, "sha256", out->hash.bytes, err))
        return false;
    if (!is_name(vt_slice_from_cstr(out->name), ".+_-", true) ||
        strcmp(out->name, "clock") == 0)
        return vt_fail(err, VT_MALFORMED, "%s: '%s' cannot be the name of an input", what,
                       out->name);
    for (size_t i = 0; i < r->input_count; i++)
        if (strcmp(r->inputs[i].name, out->name) == 0)
            return vt_fail(err, VT_MALFORMED, "%s: two inputs are called '%s'", what,
                           out->name);
    return true;
}

static bool parse_inputs(struct vt_recipe *r, const json_t *json, const char *what,
                         struct vt_error *err)
{
    json_t *inputs;
    struct vt_recipe_input *out;

    if (!vt_json_has(json, "inputs"))
        return true;
    if (!vt_json_get_array(json, what, "inputs", &inputs, err))
        return false;
    if (json_array_size(inputs) > VT_RECIPE_INPUTS_MAX)
        return vt_fail(err, VT_LIMIT, "%s: more than %d inputs", what,
                       VT_RECIPE_INPUTS_MAX);
    out = vt_arena_alloc(r->arena, (json_array_size(inputs) + 1) * sizeof *out);
    r->inputs = out;
    for (; r->input_count < json_array_size(inputs); r->input_count++)
        if (!parse_input(r, json_array_get(inputs, r->input_count), what,
                         &out[r->input_count], err))
            return false;
    return true;
}

static bool parse_steps(struct vt_recipe *r, const json_t *json, const char *what,
                        struct vt_error *err)
{
    json_t *steps;
    const char *const **out;
    size_t count, words;

    if (!vt_json_get_array(json, what, "steps", &steps, err))
        return false;
    count = json_array_size(steps);
    if (count > VT_RECIPE_STEPS_MAX)
        return vt_fail(err, VT_LIMIT, "%s: more than %d steps", what, VT_RECIPE_STEPS_MAX);
    if (count == 0)
        return vt_fail(err, VT_MALFORMED, "%s: no steps", what);
    out = vt_arena_alloc(r->arena, (count + 1) * sizeof *out);
    for (size_t i = 0; i < count; i++) {
        if (!take_texts(r->arena, json_array_get(steps, i), what, "steps", 1,
                        VT_RECIPE_ARGV_MAX, &out[i], &words, err))
            return false;
        if (out[i][0][0] == '\0')
            return vt_fail(err, VT_MALFORMED, "%s: step %zu names no program", what, i + 1);
    }
    r->steps = out;
    r->step_count = count;
    return true;
}

static bool check_output(const struct vt_recipe *r, size_t i, const char *what,
                         struct vt_error *err)
{
    const char *path = r->outputs[i], *name = vt_output_name(path);
    size_t at;

    if (!is_output_path(vt_slice_from_cstr(path)))
        return vt_fail(err, VT_MALFORMED,
                       "%s: output '%s': give a path below the source folder", what, path);
    if (is_one_of(vt_slice_from_cstr(name), reserved_outputs, COUNT(reserved_outputs), &at))
        return vt_fail(err, VT_MALFORMED, "%s: output '%s': that name is taken", what,
                       path);
    for (size_t other = 0; other < i; other++)
        if (strcmp(name, vt_output_name(r->outputs[other])) == 0)
            return vt_fail(err, VT_MALFORMED, "%s: two outputs are called '%s'", what,
                           name);
    return true;
}

static bool parse_outputs(struct vt_recipe *r, const json_t *json, const char *what,
                          struct vt_error *err)
{
    if (!take_texts(r->arena, json_object_get(json, "outputs"), what, "outputs", 1,
                    VT_RECIPE_OUTPUTS_MAX, &r->outputs, &r->output_count, err))
        return false;
    for (size_t i = 0; i < r->output_count; i++)
        if (!check_output(r, i, what, err))
            return false;
    return true;
}

static bool parse_all(struct vt_recipe *r, const json_t *json, const char *what,
                      struct vt_error *err)
{
    static const char *const names[] = {
        "v",    "product", "version",   "kind",   "source", "environment", "epoch", "clock",
        "cpus", "limits",  "variables", "inputs", "steps",  "outputs",     NULL,
    };

    return vt_json_only(json, what, names, err) && parse_names(r, json, what, err) &&
           parse_source(r, json, what, err) && parse_environment(r, json, what, err) &&
           parse_clock(r, json, what, err) && parse_limits(r, json, what, err) &&
           parse_variables(r, json, what, err) && parse_inputs(r, json, what, err) &&
           parse_steps(r, json, what, err) && parse_outputs(r, json, what, err);
}

/* ---- the whole --------------------------------------------------------------------------
 */

bool vt_recipe_parse(vt_slice text, const char *what, struct vt_recipe **recipe_out,
                     struct vt_error *err)
{
    VT_AUTO_RECIPE recipe = vt_alloc(sizeof *recipe);
    VT_AUTO_BUF canonical = vt_buf_init(VT_RECIPE_BYTES_MAX);
    VT_AUTO_JSON written = NULL;
    VT_AUTO_JSON json = NULL;

    recipe->arena = vt_arena_new();
    if (text.len > VT_RECIPE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: over %zu bytes", what, VT_RECIPE_BYTES_MAX);
    if (!vt_json_parse(text, what, &written, err) ||
        !vt_json_write_canonical(written, &canonical, err) ||
        !vt_json_parse(vt_buf_slice(&canonical), what, &json, err) ||
        !parse_all(recipe, json, what, err))
        return false;
    recipe->canonical = vt_arena_copy(recipe->arena, vt_buf_slice(&canonical));
    recipe->digest = vt_sha256_of(recipe->canonical);
    *recipe_out = recipe;
    recipe = NULL;
    return true;
}

bool vt_recipe_read(const char *path, struct vt_recipe **recipe_out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPE_BYTES_MAX);

    return vt_file_read(path, &text, err) &&
           vt_recipe_parse(vt_buf_slice(&text), path, recipe_out, err);
}

void vt_recipe_free(struct vt_recipe *recipe)
{
    if (recipe != NULL)
        vt_arena_free(recipe->arena);
    free(recipe);
}

void vt_recipe_free_pointer(struct vt_recipe **recipe)
{
    vt_recipe_free(*recipe);
    *recipe = NULL;
}
