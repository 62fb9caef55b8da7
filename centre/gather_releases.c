/* Releases: where each stands, who waits for whom, and its story. */
#include "centre/centre.h"
#include "centre/entry.h"
#include "centre/gather.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"
#include "release/authorisations.h"
#include "release/gaps.h"
#include "release/next_list.h"
#include "release/reviews.h"

/* ---- where it stands --------------------------------------------------------------------
 */

static json_t *gaps_json(const struct vt_standing *standing)
{
    json_t *gaps = json_array();

    for (size_t i = 0; i < standing->gap_count; i++) {
        const struct vt_gap *gap = &standing->gaps[i];
        json_t *row = json_pack("{s:s,s:s,s:s}", "who", gap->who, "missing", gap->missing,
                                "how", gap->how);

        if (row != NULL && gap->since_unix_s != 0)
            (void)json_object_set_new(row, "since", vt_field_of_time(gap->since_unix_s));
        if (row != NULL)
            (void)json_array_append_new(gaps, row);
    }
    return gaps;
}

static void add_draft(const struct vt_docket *docket, json_t *row)
{
    static const char *const names[] = { "channel", "kind", "sequence", "created" };
    const json_t *draft;

    if (docket->draft == NULL)
        return;
    draft = docket->draft->envelope.statement.predicate;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (json_object_get(draft, names[i]) != NULL)
            (void)json_object_set_new(row, names[i],
                                      json_deep_copy(json_object_get(draft, names[i])));
}

static json_t *release_row(const struct vt_docket *docket,
                           const struct vt_standing *standing)
{
    json_t *row =
        json_pack("{s:s,s:s,s:s,s:I,s:I,s:o}", "product", docket->product, "version",
                  docket->version, "state", vt_release_state_name(standing->state),
                  "accepting", (json_int_t)standing->reviews, "refusing",
                  (json_int_t)standing->refusals, "waits_for", gaps_json(standing));

    add_draft(docket, row);
    return row;
}

/* ---- its statements ---------------------------------------------------------------------
 */

/* Among what Centres compare it is named by its first signer. */
static void add_item(struct vt_gathering *g, const struct vt_docket *docket,
                     const struct vt_item *item, const json_t *row)
{
    const json_t *signer = json_array_get(json_object_get(row, "signers"), 0);
    const char *holder = json_string_value(json_object_get(signer, "holder"));

    vt_gather_item(g, docket, json_string_value(json_object_get(row, "kind")),
                   holder != NULL ? holder : "", &item->envelope.digest);
}

/* The whole predicate is told: what was signed is what is shown. */
static json_t *statements_json(struct vt_gathering *g, const struct vt_docket *docket)
{
    json_t *list = json_array();

    for (size_t i = 0; i < docket->item_count; i++) {
        const struct vt_item *item = &docket->items[i];
        const struct vt_envelope *envelope = &item->envelope;
        json_t *row = json_pack("{s:o,s:s,s:s,s:s,s:o,s:o}", "sha256",
                                vt_field_of_hash(&envelope->digest), "kind",
                                vt_predicate_name(envelope->statement.type), "type",
                                vt_predicate_type(envelope->statement.type), "standing",
                                vt_item_standing(docket, item), "signers",
                                vt_signers_json(&docket->roll->keyring, envelope), "says",
                                json_deep_copy(envelope->statement.predicate));

        if (item->time_unix_s > 0)
            (void)json_object_set_new(row, "time", vt_field_of_time(item->time_unix_s));
        add_item(g, docket, item, row);
        (void)json_array_append_new(list, row);
    }
    return list;
}

/* ---- its place in the ledger ------------------------------------------------------------
 */

/* Does our own copy have the release's envelope at that index? */
static bool is_in_copy(struct vt_held *held, uint64_t index, const struct vt_item *release)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_KIB(64));
    struct vt_error ignored = { 0 };

    return vt_held_is_known(held) && vt_held_read(held, index, &entry, &ignored) &&
           vt_slice_equal(vt_buf_slice(&entry), release->bytes);
}

static void add_copy(struct vt_gathering *g, const struct vt_docket *docket, uint64_t index,
                     json_t *place)
{
    for (size_t i = 0; i < g->holding->count; i++) {
        struct vt_held *held = &g->holding->rows[i];

        if (!vt_held_is_known(held) ||
            !vt_slice_equal(held->origin, g->holding->trust->release_origin))
            continue;
        (void)json_object_set_new(place, "copy", json_string(held->name));
        (void)json_object_set_new(place, "is_in_copy",
                                  json_boolean(is_in_copy(held, index, docket->release)));
        return;
    }
}

/* NULL: it is not in the ledger, or nothing proves it. */
static json_t *place_json(struct vt_gathering *g, const struct vt_docket *docket)
{
    const struct vt_trust *trust = g->holding->trust;
    VT_AUTO_BUF text = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    struct vt_error ignored = { 0 };
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;
    vt_hash leaf;
    json_t *place;

    if (!docket->is_published || docket->release == NULL ||
        !vt_disk_read(docket->desk->disk,
                      vt_arena_printf(g->arena, "%s/release.tlog-proof", docket->folder),
                      &text, &ignored) ||
        !vt_tlog_proof_parse(vt_buf_slice(&text), &proof, &ignored))
        return NULL;
    leaf = vt_sha256_leaf(docket->release->bytes);
    if (!vt_tlog_proof_verify(&proof, &leaf, &trust->policy, trust->release_origin,
                              &verdict, &ignored))
        return NULL;
    place = json_pack("{s:s%,s:I,s:I,s:I}", "origin", trust->release_origin.data,
                      trust->release_origin.len, "index", (json_int_t)verdict.index, "size",
                      (json_int_t)verdict.size, "witnesses",
                      (json_int_t)verdict.cosignature_count);
    if (verdict.time_unix_s != 0)
        (void)json_object_set_new(place, "logged_at",
                                  vt_field_of_time(verdict.time_unix_s));
    add_copy(g, docket, verdict.index, place);
    return place;
}

/* ---- who built it, and who built it again
 * ---------------------------------------------------
 */

static json_t *part_of_build(const struct vt_docket *docket, const struct vt_item *item,
                             const json_t *environment)
{
    return json_pack("{s:o,s:o,s:O*}", "sha256", vt_field_of_hash(&item->envelope.digest),
                     "signers", vt_signers_json(&docket->roll->keyring, &item->envelope),
                     "environment", environment);
}

static void add_builds(struct vt_gathering *g, const struct vt_docket *docket,
                       const json_t *row)
{
    const json_t *said;
    json_t *build;

    if (docket->provenance == NULL)
        return;
    said = json_object_get(docket->provenance->envelope.statement.predicate,
                           "buildDefinition");
    said = json_object_get(json_object_get(said, "externalParameters"), "environment");
    build = json_pack("{s:s,s:s,s:O,s:o}", "product", docket->product, "version",
                      docket->version, "state", json_object_get(row, "state"), "built",
                      part_of_build(docket, docket->provenance, said));
    if (docket->vsa != NULL) {
        said = json_object_get(docket->vsa->envelope.statement.predicate, "vitrineRebuild");
        (void)json_object_set_new(
            build, "rebuilt",
            part_of_build(docket, docket->vsa, json_object_get(said, "environment")));
        (void)json_object_set(build, "verdict", json_object_get(said, "verdict"));
    }
    (void)json_array_append_new(g->builds, build);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool put_story(struct vt_gathering *g, struct vt_docket *docket, json_t *row,
                      struct vt_error *err)
{
    json_t *story = json_deep_copy(row);
    json_t *place = place_json(g, docket);
    json_t *outputs;

    if (docket->draft != NULL) {
        vt_hash source =
            vt_field_hash(docket->draft->envelope.statement.predicate, "source");

        vt_gather_item(g, docket, "source", "", &source);
    }
    (void)json_object_set_new(story, "statements", statements_json(g, docket));
    if (place != NULL)
        (void)json_object_set_new(story, "ledger", place);
    if (!vt_gather_outputs(g, docket, story, &outputs, err)) {
        json_decref(story);
        return false;
    }
    (void)json_object_set_new(story, "outputs", outputs);
    return vt_gather_put_json(g,
                              vt_arena_printf(g->arena, VT_CENTRE_RELEASES_PREFIX "%s/%s",
                                              docket->product, docket->version),
                              story, err);
}

/* A release that cannot be told is a problem of its own, and hides no other. */
static bool tell_one(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct vt_gathering *g = context;
    VT_AUTO_FREE struct vt_standing *standing = vt_alloc(sizeof *standing);
    struct vt_error why = { 0 };
    json_t *row;

    (void)err;
    if (!vt_release_stand(docket, &g->holding->demands, g->now_unix_s, standing, &why)) {
        vt_gather_tell(g, vt_arena_printf(g->arena, "%s %s: %s", docket->product,
                                          docket->version, why.message));
        return true;
    }
    row = release_row(docket, standing);
    if (put_story(g, docket, row, &why)) {
        (void)json_array_append(g->releases, row);
        add_builds(g, docket, row);
    } else
        vt_gather_tell(g, why.message);
    json_decref(row);
    return true;
}

static void passed_over(void *context, const char *what)
{
    vt_gather_tell(context, what);
}

static bool look_at_list(struct vt_gathering *g, struct vt_desk *desk, struct vt_error *err)
{
    struct vt_pending_list list;

    if (!vt_next_list_look(desk, g->holding->trust, g->now_unix_s, g->arena, &list, err))
        return false;
    if (list.version == 0)
        return true;
    g->list_waits =
        json_pack("{s:I,s:o,s:s*,s:s*,s:s*,s:s*}", "list", (json_int_t)list.version,
                  "since", vt_field_of_time(list.since_unix_s), "who", list.waits, "how",
                  list.how, "product", list.product, "version", list.release);
    return true;
}

bool vt_gather_releases(struct vt_gathering *g, struct vt_error *err)
{
    const char *path = vt_arena_printf(g->arena, "%s/" VT_CENTRE_DESK, g->folder);
    struct vt_error why = { 0 };
    VT_AUTO_DESK desk = { 0 };

    (void)err; /* what cannot be read of the desk is told, and the rest is shown */
    if (!vt_path_exists(path))
        return true;
    if (!vt_desk_open(path, false, &desk, &why)) {
        vt_gather_tell(g, why.message);
        return true;
    }
    g->has_desk = true;
    /* Hints are for people on machines of their own: no path of this one. */
    desk.path = "DESK";
    desk.trust = VT_CENTRE_TRUST;
    desk.passed_over = passed_over;
    desk.context = g;
    if (!vt_desk_each(&desk, g->holding->trust, g->now_unix_s, tell_one, g, &why) ||
        !look_at_list(g, &desk, &why))
        vt_gather_tell(g, why.message);
    return true;
}
