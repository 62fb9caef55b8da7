/* Materials between stores and desk, by content. */
#include "release/materials.h"
#include "evidence/field.h"
#include "release/authorisations.h"

static bool give_blob(struct vt_blobs *to, struct vt_blobs *from, const vt_hash *hash,
                      const char *name, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    vt_hash got;

    if (vt_blobs_has(to, hash))
        return true;
    if (!vt_blobs_open_fd(from, hash, &fd, &bytes, err) ||
        !vt_blobs_put_fd(to, fd, name, &got, &bytes, err))
        return vt_within(err, "%s", name);
    return vt_hash_equal(&got, hash) ||
           vt_fail(err, VT_REJECTED, "%s: changed while it was copied", name);
}

bool vt_materials_give(struct vt_blobs *blobs, struct vt_line_store *store,
                       const struct vt_recipe *recipe, const struct vt_lock *lock,
                       const struct vt_source *source, struct vt_error *err)
{
    struct vt_blobs *own = vt_line_store_blobs(store);
    vt_hash ignored;

    for (size_t i = 0; i < recipe->input_count; i++)
        if (!give_blob(blobs, own, &recipe->inputs[i].hash, recipe->inputs[i].name, err))
            return false;
    return give_blob(blobs, own, &source->pack, "source", err) &&
           vt_blobs_put(blobs, recipe->canonical, &ignored, err) &&
           vt_blobs_put(blobs, lock->canonical, &ignored, err);
}

static const json_t *draft_of(const struct vt_docket *docket)
{
    return docket->draft->envelope.statement.predicate;
}

static bool check_has_draft(const struct vt_docket *docket, struct vt_error *err)
{
    return docket->draft != NULL ||
           vt_fail(err, VT_REJECTED,
                   "%s %s: no draft signed by the vendor lies on the desk", docket->product,
                   docket->version);
}

/* The blob that the draft names in this field. */
static bool get_named(const struct vt_docket *docket, struct vt_blobs *blobs,
                      const char *field, struct vt_buf *out, struct vt_error *err)
{
    vt_hash hash = vt_field_hash(draft_of(docket), field);

    return vt_blobs_get(blobs, &hash, out, err) || vt_within(err, "the draft's %s", field);
}

static bool read_lock(const struct vt_docket *docket, struct vt_blobs *blobs,
                      struct vt_lock **lock_out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_LOCK_BYTES_MAX);
    vt_hash environment = vt_field_hash(draft_of(docket), "environment");
    VT_AUTO_LOCK lock = NULL;

    if (!get_named(docket, blobs, "lock", &text, err) ||
        !vt_lock_parse(vt_buf_slice(&text), "the draft's lock", &lock, err))
        return false;
    if (!vt_hash_equal(&lock->environment, &environment))
        return vt_fail(err, VT_REJECTED,
                       "the draft names another environment than its lock makes");
    *lock_out = lock;
    lock = NULL;
    return true;
}

static bool read_recipe(const struct vt_docket *docket, struct vt_blobs *blobs,
                        struct vt_recipe **recipe_out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPE_BYTES_MAX);
    VT_AUTO_RECIPE recipe = NULL;

    if (!get_named(docket, blobs, "recipe", &text, err) ||
        !vt_recipe_parse(vt_buf_slice(&text), "the draft's recipe", &recipe, err))
        return false;
    if (strcmp(recipe->product, docket->product) != 0 ||
        strcmp(recipe->version, docket->version) != 0)
        return vt_fail(err, VT_REJECTED, "the draft's recipe is for %s %s", recipe->product,
                       recipe->version);
    *recipe_out = recipe;
    recipe = NULL;
    return true;
}

/* What the pack cannot tell: type, commit, tree.  The digest decides what it is. */
static bool take_source(const struct vt_docket *docket, struct vt_blobs *blobs,
                        struct vt_line_store *store, const struct vt_recipe *recipe,
                        struct vt_source *out, struct vt_error *err)
{
    const json_t *identity = json_object_get(draft_of(docket), "source_identity");
    struct vt_source about = { .type = recipe->source_type,
                               .digest = vt_field_hash(draft_of(docket), "source"),
                               .pack = vt_field_hash(identity, "pack") };
    VT_AUTO_ARENA arena = vt_arena_new();
    vt_slice commit = vt_field_text(identity, "gitCommit"),
             tree = vt_field_text(identity, "gitTree");

    if (!vt_blobs_has(blobs, &about.pack))
        return vt_fail(err, VT_ABSENT, "the desk lacks the source of %s %s",
                       docket->product, docket->version);
    (void)snprintf(about.git_commit, sizeof about.git_commit, "%.*s",
                   VT_SLICE_ARGS(commit));
    (void)snprintf(about.git_tree, sizeof about.git_tree, "%.*s", VT_SLICE_ARGS(tree));
    return vt_source_take_pack(store, vt_blobs_path(blobs, &about.pack, arena), &about, out,
                               err);
}

static bool take_inputs(struct vt_blobs *blobs, struct vt_line_store *store,
                        const struct vt_recipe *recipe, struct vt_error *err)
{
    for (size_t i = 0; i < recipe->input_count; i++)
        if (!give_blob(vt_line_store_blobs(store), blobs, &recipe->inputs[i].hash,
                       recipe->inputs[i].name, err))
            return false;
    return true;
}

bool vt_materials_take(const struct vt_docket *docket, struct vt_line_store *store,
                       struct vt_recipe **recipe_out, struct vt_lock **lock_out,
                       struct vt_source *source_out, struct vt_error *err)
{
    VT_AUTO_RECIPE recipe = NULL;
    VT_AUTO_LOCK lock = NULL;
    struct vt_blobs *blobs;
    bool ok;

    if (!check_has_draft(docket, err) ||
        !vt_docket_blobs(docket->desk, docket->product, docket->version, &blobs, err))
        return false;
    ok = read_recipe(docket, blobs, &recipe, err) && read_lock(docket, blobs, &lock, err) &&
         take_source(docket, blobs, store, recipe, source_out, err) &&
         take_inputs(blobs, store, recipe, err);
    vt_blobs_close(blobs);
    if (!ok)
        return false;
    *recipe_out = recipe;
    *lock_out = lock;
    recipe = NULL;
    lock = NULL;
    return true;
}

bool vt_materials_lock(const struct vt_docket *docket, struct vt_lock **lock_out,
                       struct vt_error *err)
{
    struct vt_blobs *blobs;
    bool ok;

    if (!check_has_draft(docket, err) ||
        !vt_docket_blobs(docket->desk, docket->product, docket->version, &blobs, err))
        return false;
    ok = read_lock(docket, blobs, lock_out, err);
    vt_blobs_close(blobs);
    return ok;
}

/* ---- what a build made ------------------------------------------------------------------
 */

static bool keep_file(struct vt_blobs *blobs, const char *out, const char *name,
                      const vt_hash *hash, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/%s", out, name);
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    vt_hash got;

    if (!vt_file_open(path, &fd, &bytes, err) ||
        !vt_blobs_put_fd(blobs, fd, path, &got, &bytes, err))
        return false;
    return vt_hash_equal(&got, hash) ||
           vt_fail(err, VT_REJECTED, "%s: not what was built: somebody changed it", path);
}

bool vt_materials_keep_build(const struct vt_docket *docket, const char *out,
                             const struct vt_build_report *report, struct vt_error *err)
{
    struct vt_blobs *blobs;
    bool ok;

    if (!vt_docket_blobs(docket->desk, docket->product, docket->version, &blobs, err))
        return false;
    ok = keep_file(blobs, out, "sbom.spdx.json", &report->sbom_hash, err) &&
         keep_file(blobs, out, "log.txt", &report->log_hash, err);
    for (size_t i = 0; ok && i < report->artefact_count; i++)
        ok = keep_file(blobs, out, report->artefacts[i].name, &report->artefacts[i].hash,
                       err);
    vt_blobs_close(blobs);
    return ok;
}

/* ---- a build held against the vendor's --------------------------------------------------
 */

bool vt_materials_check_environment(const struct vt_docket *docket,
                                    const struct vt_lock *lock, struct vt_error *err)
{
    int64_t since;

    if (!vt_desk_environment_since(docket->desk, docket->trust, &lock->environment, &since,
                                   err))
        return false;
    return since >= 0 || vt_environment_check_authorised(&lock->environment, NULL, 0, err);
}

static const struct vt_artefact *find_artefact(const struct vt_build_report *report,
                                               const char *name)
{
    for (size_t i = 0; i < report->artefact_count; i++)
        if (strcmp(report->artefacts[i].name, name) == 0)
            return &report->artefacts[i];
    return NULL;
}

void vt_materials_difference(const struct vt_docket *docket,
                             const struct vt_build_report *report,
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
        vt_buf_printf(difference, "%zu artefact%s theirs, %zu ours", count,
                      vt_plural(count), report->artefact_count);
}
