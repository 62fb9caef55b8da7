/* Outputs of a release, and the verdict on each from the evidence that is published with
 * it: what `vitrine verify` would say to a customer. */
#include "centre/gather.h"
#include "evidence/field.h"
#include "evidence/release.h"
#include "evidence/verdict.h"
#include "release/desk.h"

struct output {
    struct vt_gathering *g;
    const struct vt_docket *docket;
    const struct vt_output *of;
    vt_slice channel;
};

/* True also when there is none: out stays empty. */
static bool read_evidence(const struct output *o, struct vt_buf *out)
{
    struct vt_error why = { 0 };
    const char *name =
        vt_arena_printf(o->g->arena, "%s/%s/%.*s.evidence", o->docket->product,
                        o->docket->version, VT_SLICE_ARGS(o->of->name));

    if (o->g->public == NULL || !vt_disk_has(o->g->public, name))
        return true;
    if (vt_disk_read(o->g->public, name, out, &why))
        return true;
    vt_gather_tell(o->g, vt_arena_printf(o->g->arena, "public/%s: %s", name, why.message));
    return false;
}

static bool put_evidence(const struct output *o, vt_slice bytes, struct vt_error *err)
{
    return vt_gather_put(
        o->g,
        vt_arena_printf(o->g->arena, VT_CENTRE_RELEASES_PREFIX "%s/%s/evidence/%.*s",
                        o->docket->product, o->docket->version, VT_SLICE_ARGS(o->of->name)),
        VT_TYPE_JSON, false, bytes, err);
}

static bool reach_verdict(const struct output *o, vt_slice evidence, json_t **out,
                          struct vt_error *err)
{
    struct vt_question question = {
        .file_hash = o->of->hash,
        .file_bytes = o->of->size_bytes,
        .product = vt_slice_from_cstr(o->docket->product),
        .channel = o->channel,
        .evidence = evidence,
        .trust = o->g->holding->trust,
        .demands = &o->g->holding->demands,
        .now_unix_s = o->g->now_unix_s,
    };
    VT_AUTO_VERDICT verdict = { .facts = NULL };
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    return vt_verdict_reach(&question, &verdict, err) &&
           vt_verdict_write(&verdict, &text, err) &&
           vt_json_parse(vt_buf_slice(&text), "verdict", out, err);
}

/* What /api/v1/files/ tells of it: the walk from the digest, without a second question. */
static void add_file(const struct output *o, const json_t *row, const json_t *output)
{
    static const char *const names[] = { "product", "version", "channel", "state",
                                         "ledger" };
    json_t *file = json_deep_copy(output);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (json_object_get(row, names[i]) != NULL)
            (void)json_object_set_new(file, names[i],
                                      json_deep_copy(json_object_get(row, names[i])));
    (void)json_array_append_new(o->g->files, file);
}

static bool tell_output(const struct output *o, const json_t *row, json_t *list,
                        struct vt_error *err)
{
    VT_AUTO_BUF evidence = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    json_t *verdict = NULL;
    json_t *output =
        json_pack("{s:s%,s:I,s:o}", "name", o->of->name.data, o->of->name.len, "size",
                  (json_int_t)o->of->size_bytes, "sha256", vt_field_of_hash(&o->of->hash));

    (void)json_array_append_new(list, output);
    vt_gather_item(o->g, o->docket, "output",
                   json_string_value(json_object_get(output, "name")), &o->of->hash);
    if (read_evidence(o, &evidence) && evidence.len != 0) {
        vt_hash hash = vt_sha256_of(vt_buf_slice(&evidence));

        vt_gather_item(o->g, o->docket, "evidence",
                       json_string_value(json_object_get(output, "name")), &hash);
        if (!put_evidence(o, vt_buf_slice(&evidence), err) ||
            !reach_verdict(o, vt_buf_slice(&evidence), &verdict, err))
            return false;
        (void)json_object_set_new(output, "verdict", verdict);
    }
    add_file(o, row, output);
    return true;
}

bool vt_gather_outputs(struct vt_gathering *g, const struct vt_docket *docket,
                       const json_t *row, json_t **out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_release *release = vt_alloc(sizeof *release);
    struct output o = { .g = g, .docket = docket };
    VT_AUTO_JSON list = json_array();

    if (docket->release != NULL) {
        if (!vt_release_read(&docket->release->envelope.statement, release, err))
            return false;
        o.channel = release->channel;
        for (size_t i = 0; i < release->output_count; i++) {
            o.of = &release->outputs[i];
            if (!tell_output(&o, row, list, err))
                return false;
        }
    }
    *out = json_incref(list);
    return true;
}
