/* Options into a store, a recipe, a lock and a source. */
#include "cli/line_materials.h"
#include "wire/hex.h"

void vt_materials_clear(struct vt_materials *materials)
{
    vt_lock_free(materials->lock);
    vt_recipe_free(materials->recipe);
    vt_line_store_close(materials->store);
    *materials = (struct vt_materials){ .store = NULL };
}

static const struct vt_recipe_input *find_input(const struct vt_recipe *recipe,
                                                vt_slice name)
{
    for (size_t i = 0; i < recipe->input_count; i++)
        if (vt_slice_is(name, recipe->inputs[i].name))
            return &recipe->inputs[i];
    return NULL;
}

/* "NAME=FILE" into the store. */
static bool take_input(struct vt_args *args, const char *text, struct vt_materials *m,
                       struct vt_error *err)
{
    vt_reader r = { vt_slice_from_cstr(text) };
    const struct vt_recipe_input *input;
    const char *path = strchr(text, '=');
    VT_AUTO_FD fd = -1;
    vt_slice name;
    uint64_t bytes;
    vt_hash hash;

    if (!vt_read_until(&r, '=', &name) || path == NULL)
        return vt_args_misuse(args, err, "--input: '%s' is not like NAME=FILE", text);
    path++;
    input = find_input(m->recipe, name);
    if (input == NULL)
        return vt_fail(err, VT_REJECTED, "the recipe names no input '%.*s'",
                       VT_SLICE_ARGS(name));
    if (!vt_file_open(path, &fd, &bytes, err) ||
        !vt_blobs_put_fd(vt_line_store_blobs(m->store), fd, path, &hash, &bytes, err))
        return false;
    return vt_hash_equal(&hash, &input->hash) ||
           vt_fail(err, VT_REJECTED, "%s: not the input '%s' that the recipe names", path,
                   input->name);
}

static bool take_inputs(struct vt_args *args, struct vt_materials *m, struct vt_error *err)
{
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(args, "input", i)) != NULL; i++)
        if (!take_input(args, text, m, err))
            return false;
    return true;
}

bool vt_cli_materials_read(struct vt_args *args, struct vt_materials *out,
                           struct vt_error *err)
{
    return vt_recipe_read(vt_args_get(args, "recipe"), &out->recipe, err) &&
           vt_lock_read(vt_args_get(args, "lock"), &out->lock, err) &&
           vt_line_store_open(vt_args_get(args, "store"), true, &out->store, err) &&
           take_inputs(args, out, err);
}

static bool is_digest(const char *text, vt_hash *out)
{
    return text != NULL && strlen(text) == 64 &&
           vt_hex_parse(vt_slice_from_cstr(text), out->bytes, sizeof out->bytes);
}

bool vt_cli_source_take(struct vt_args *args, struct vt_materials *materials,
                        struct vt_error *err)
{
    const char *where = vt_args_get(args, "source");
    enum vt_source_type type = materials->recipe->source_type;
    vt_hash digest;

    if (is_digest(where, &digest))
        return vt_source_find(materials->store, &digest, &materials->source, err);
    if (where == NULL && type == VT_SOURCE_DEBIAN)
        return vt_source_take_locked(materials->store, materials->lock, &materials->source,
                                     err);
    if (where == NULL)
        return vt_args_misuse(args, err,
                              "--source: name the %s, or a digest from the store",
                              type == VT_SOURCE_TAR ? "tar file" : "source's folder");
    if (vt_args_has(args, "commit") && type != VT_SOURCE_GIT)
        return vt_args_misuse(args, err, "--commit: the recipe's source is a %s, not git",
                              vt_source_type_name(type));
    return vt_source_take(materials->store, type, where, vt_args_get(args, "commit"),
                          &materials->source, err);
}

bool vt_cli_runner(struct vt_args *args, enum vt_sandbox_runner *out, struct vt_error *err)
{
    const char *name = vt_args_get(args, "runner");

    if (name == NULL || strcmp(name, "own") == 0)
        *out = VT_RUNNER_OWN;
    else if (strcmp(name, "bwrap") == 0)
        *out = VT_RUNNER_BWRAP;
    else
        return vt_args_misuse(args, err, "--runner: '%s' is neither own nor bwrap", name);
    return true;
}

json_t *vt_cli_artefacts_json(const struct vt_build_report *report)
{
    json_t *list = json_array();

    for (size_t i = 0; i < report->artefact_count; i++) {
        const struct vt_artefact *artefact = &report->artefacts[i];
        char hex[65];

        vt_hash_text(&artefact->hash, hex);
        (void)json_array_append_new(list, json_pack("{s:s,s:s,s:I}", "name", artefact->name,
                                                    "sha256", hex, "size",
                                                    (json_int_t)artefact->bytes));
    }
    return list;
}

void vt_cli_print_artefacts(const struct vt_build_report *report)
{
    for (size_t i = 0; i < report->artefact_count; i++) {
        char hex[65];

        vt_hash_text(&report->artefacts[i].hash, hex);
        (void)printf("%s  %s\n", hex, report->artefacts[i].name);
    }
}
