/* See rebuild.h. */
#include "centre/rebuild.h"
#include "centre/centre.h"
#include "evidence/field.h"
#include "line/archive.h"
#include "line/build_area.h"
#include "line/diagnose.h"
#include "release/materials.h"

#define OURS   "ours"
#define THEIRS "theirs"

enum { PLACE_CHARS_MAX = 200 };

struct work {
    const struct vt_rebuild_request *request;
    struct vt_arena *arena;
    struct vt_trust *trust;
    struct vt_desk desk;
    struct vt_docket *docket;
    struct vt_line_store *store;
    struct vt_recipe *recipe;
    struct vt_lock *lock;
    struct vt_source source;
    struct vt_build_report *report; /* NULL: it did not build */
};

static void work_clear(struct work *w)
{
    vt_build_report_free(w->report);
    vt_lock_free(w->lock);
    vt_recipe_free(w->recipe);
    vt_line_store_close(w->store);
    vt_docket_close(w->docket);
    vt_desk_close(&w->desk);
    vt_trust_free(w->trust);
    vt_arena_free(w->arena);
}

static const char *in(const struct work *w, const char *name)
{
    return vt_arena_printf(w->arena, "%s/%s", w->request->work, name);
}

/* ---- what it is made of -----------------------------------------------------------------
 */

static bool read_trust(struct work *w, struct vt_error *err)
{
    const char *path = vt_arena_printf(w->arena, "%s/" VT_CENTRE_TRUST, w->request->folder);
    VT_AUTO_BUF text = vt_buf_init(VT_TRUST_BYTES_MAX + 1);
    vt_slice bytes;

    if (!vt_file_read(path, &text, err))
        return false;
    if (vt_slice_ends_with(vt_buf_slice(&text), VT_LIT("\n")))
        vt_buf_truncate(&text, text.len - 1);
    bytes = vt_arena_copy(w->arena, vt_buf_slice(&text));
    return vt_trust_parse(bytes, &w->trust, err) || vt_within(err, "%s", path);
}

static bool open_docket(struct work *w, struct vt_error *err)
{
    const struct vt_rebuild_request *r = w->request;

    if (!read_trust(w, err) ||
        !vt_desk_open(vt_arena_printf(w->arena, "%s/" VT_CENTRE_DESK, r->folder), false,
                      &w->desk, err) ||
        !vt_docket_open(&w->desk, w->trust, r->product, r->version,
                        vt_env_now_unix_s(r->env), &w->docket, err))
        return false;
    if (w->docket->draft == NULL || w->docket->provenance == NULL)
        return vt_fail(err, VT_REJECTED,
                       "%.100s %.100s is not built yet: there is nothing to hold a rebuild "
                       "against",
                       r->product, r->version);
    return true;
}

static bool take_materials(struct work *w, struct vt_error *err)
{
    const struct vt_rebuild_request *r = w->request;
    struct vt_archive_report copied = { 0 };
    VT_AUTO_LINE_STORE from = NULL;

    if (!vt_line_store_open(r->store, true, &w->store, err) ||
        !vt_materials_take(w->docket, w->store, &w->recipe, &w->lock, &w->source, err) ||
        !vt_materials_check_environment(w->docket, w->lock, err))
        return false;
    return r->packages == NULL ||
           (vt_line_store_open(r->packages, false, &from, err) &&
            vt_archive_packages(from, w->store, w->lock, &copied, err));
}

/* ---- what came of it --------------------------------------------------------------------
 */

static void list_artefacts(const struct vt_build_report *report,
                           struct vt_rebuild_told *out)
{
    out->artefact_count = report->artefact_count;
    for (size_t i = 0; i < report->artefact_count && i < VT_REBUILD_ARTEFACTS_MAX; i++)
        (void)json_array_append_new(
            out->artefacts,
            json_pack("{s:s,s:o}", "name", report->artefacts[i].name, "sha256",
                      vt_field_of_hash(&report->artefacts[i].hash)));
}

static bool lay_theirs(struct vt_blobs *blobs, struct vt_disk *to,
                       const struct vt_statement *provenance, struct vt_error *err)
{
    for (size_t i = 0; i < vt_statement_subject_count(provenance); i++) {
        struct vt_subject subject = vt_statement_subject(provenance, i);
        VT_AUTO_MAPPING bytes = { 0 };
        VT_AUTO_FD fd = -1;
        uint64_t size;

        if (!vt_blobs_open_fd(blobs, &subject.hash, &fd, &size, err) ||
            !vt_mapping_init(&bytes, fd, subject.name, err) ||
            !vt_disk_write_lazily(to, subject.name, bytes.bytes, 0644, err))
            return vt_within(err, "%.100s", subject.name);
    }
    return true;
}

/* The vendor's artefacts, as far as the desk's copy has them. */
static bool take_theirs(struct work *w, struct vt_error *err)
{
    struct vt_blobs *blobs;
    struct vt_disk *to;
    bool is_ok;

    if (!vt_docket_blobs(&w->desk, w->docket->product, w->docket->version, &blobs, err))
        return false;
    is_ok = vt_disk_open(in(w, THEIRS), true, &to, err);
    if (is_ok) {
        is_ok = lay_theirs(blobs, to, &w->docket->provenance->envelope.statement, err);
        vt_disk_close(to);
    }
    vt_blobs_close(blobs);
    return is_ok;
}

static void list_causes(const struct vt_diagnosis *d, struct vt_rebuild_told *out)
{
    for (size_t i = 0; i < d->finding_count && i < VT_REBUILD_CAUSES_MAX; i++) {
        const struct vt_finding *f = &d->findings[i];
        VT_AUTO_BUF place = vt_buf_init(VT_KIB(8));

        vt_difference_place(f->place, &place); /* printable */
        vt_buf_truncate(&place, place.len < PLACE_CHARS_MAX ? place.len : PLACE_CHARS_MAX);
        (void)json_array_append_new(
            out->causes, json_pack("{s:s,s:s%,s:s,s:s}", "cause", vt_cause_name(f->cause),
                                   "place", (const char *)place.data, place.len, "because",
                                   f->because, "fix", vt_cause_fix(f->cause)));
    }
}

/* Why, from the bytes of both; without the vendor's there is no why, and that is said. */
static void diagnose(struct work *w, struct vt_buf *sentence, struct vt_rebuild_told *out)
{
    const struct vt_diagnose_request request = { .a = in(w, THEIRS), .b = in(w, OURS) };
    VT_AUTO_DIAGNOSIS diagnosis = NULL;
    struct vt_error why = { 0 };

    if (take_theirs(w, &why) && vt_diagnose(&request, &diagnosis, &why))
        list_causes(diagnosis, out);
    else
        vt_buf_printf(sentence, "; why is not known: %s", why.message);
}

static bool build(struct work *w, struct vt_buf *sentence, struct vt_error *err)
{
    const struct vt_rebuild_request *r = w->request;
    const struct vt_build_request request = { .store = w->store,
                                              .recipe = w->recipe,
                                              .lock = w->lock,
                                              .source = &w->source,
                                              .runner = r->runner,
                                              .out = in(w, OURS),
                                              .scratch = r->scratch,
                                              .watch = r->watch,
                                              .env = r->env };

    if (vt_line_build(&request, &w->report, err))
        return true;
    if (err->code != VT_REJECTED)
        return false;
    vt_buf_printf(sentence, "it does not build here: %s", err->message);
    *err = (struct vt_error){ 0 };
    return true;
}

static bool rebuild(struct work *w, struct vt_buf *sentence, struct vt_rebuild_told *out,
                    struct vt_error *err)
{
    if (!open_docket(w, err) || !take_materials(w, err) || !build(w, sentence, err))
        return false;
    if (w->report != NULL) {
        list_artefacts(w->report, out);
        vt_materials_difference(w->docket, w->report, sentence);
    }
    out->state = sentence->len == 0 ? VT_REBUILD_EQUAL : VT_REBUILD_DIFFERS;
    if (sentence->len != 0 && w->report != NULL)
        diagnose(w, sentence, out);
    return true;
}

bool vt_rebuild_run(const struct vt_rebuild_request *request, struct vt_buf *sentence,
                    struct vt_rebuild_told *out, struct vt_error *err)
{
    struct work w = { .request = request, .arena = vt_arena_new() };
    struct vt_error ignored = { 0 };
    bool is_ok;

    out->artefacts = json_array();
    out->causes = json_array();
    is_ok = (!vt_path_exists(request->work) || vt_tree_remove(request->work, err)) &&
            rebuild(&w, sentence, out, err);
    work_clear(&w);
    if (vt_path_exists(request->work))
        (void)!vt_tree_remove(request->work, &ignored);
    out->says = vt_buf_slice(sentence);
    return is_ok;
}
