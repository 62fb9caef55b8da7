/* Statements about one release, from what the desk knows. */
#include "release/compose.h"
#include "evidence/inquiry.h"

bool vt_compose(enum vt_predicate type, const struct vt_subject *subjects, size_t count,
                json_t *predicate, const struct vt_key *key, struct vt_buf *envelope,
                struct vt_error *err)
{
    VT_AUTO_JSON taken = predicate;
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *keys[1] = { key };

    if (taken == NULL)
        return vt_fail(err, VT_MALFORMED, "%s: a text is not UTF-8",
                       vt_predicate_name(type));
    return vt_statement_write(type, subjects, count, taken, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, envelope, err);
}

static const json_t *draft_of(const struct vt_docket *docket)
{
    return docket->draft->envelope.statement.predicate;
}

/* A field of the draft as a new reference. */
static json_t *from_draft(const struct vt_docket *docket, const char *name)
{
    return json_incref(json_object_get(draft_of(docket), name));
}

static json_t *time_json(int64_t unix_s)
{
    char text[VT_TIME_TEXT_BYTES];

    vt_time_write(unix_s, text);
    return json_string(text);
}

static json_t *hash_json(const vt_hash *hash)
{
    char text[65];

    vt_hash_text(hash, text);
    return json_string(text);
}

static size_t artefact_subjects(const struct vt_build_report *report,
                                struct vt_subject *subjects)
{
    size_t count = report->artefact_count < 256 ? report->artefact_count : 256;

    for (size_t i = 0; i < count; i++)
        subjects[i] =
            (struct vt_subject){ report->artefacts[i].name, report->artefacts[i].hash };
    return count;
}

bool vt_compose_provenance(const struct vt_build_report *report, const char *site,
                           const struct vt_key *key, struct vt_buf *envelope,
                           struct vt_error *err)
{
    struct vt_subject subjects[256];
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    char builder[96];
    json_t *predicate = NULL;

    (void)snprintf(builder, sizeof builder, "vitrine:builder/%s", id.text);
    return vt_build_provenance(report, builder, site, &predicate, err) &&
           vt_compose(VT_PROVENANCE, subjects, artefact_subjects(report, subjects),
                      predicate, key, envelope, err);
}

bool vt_compose_sbom(const struct vt_build_report *report, size_t packages,
                     const struct vt_key *key, struct vt_buf *envelope,
                     struct vt_error *err)
{
    struct vt_subject subjects[256];

    return vt_compose(VT_SBOM, subjects, artefact_subjects(report, subjects),
                      json_pack("{s:s,s:o,s:I,s:I}", "format", "SPDX-2.3", "sha256",
                                hash_json(&report->sbom_hash), "size",
                                (json_int_t)report->sbom_bytes, "packages",
                                (json_int_t)packages),
                      key, envelope, err);
}

/* The subjects of the vendor's build, as the statement that follows must have them. */
static size_t build_subjects(const struct vt_docket *docket, struct vt_subject *subjects)
{
    const json_t *list = docket->provenance->envelope.statement.subjects;
    size_t count = json_array_size(list);

    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);

        subjects[i] = (struct vt_subject){
            json_string_value(json_object_get(row, "name")),
            vt_field_hash(json_object_get(row, "digest"), "sha256"),
        };
    }
    return count;
}

static json_t *names_json(const char *const *names)
{
    json_t *list = json_array();

    for (; names != NULL && *names != NULL; names++)
        (void)json_array_append_new(list, json_string(*names));
    return list;
}

bool vt_compose_vsa(const struct vt_docket *docket,
                    const struct vt_rebuild_outcome *outcome, int64_t now_unix_s,
                    const struct vt_key *key, struct vt_buf *envelope, struct vt_error *err)
{
    struct vt_subject subjects[256];
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    bool passed = strcmp(outcome->verdict, "differs") != 0;
    VT_AUTO_JSON rebuild = json_pack(
        "{s:s,s:o,s:o,s:o,s:o,s:o,s:s}", "verdict", outcome->verdict, "source",
        from_draft(docket, "source"), "recipe", from_draft(docket, "recipe"), "environment",
        from_draft(docket, "environment"), "varied", names_json(outcome->varied),
        "not_varied", names_json(outcome->not_varied), "difference", outcome->difference);
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_compose(
        VT_VSA, subjects, build_subjects(docket, subjects),
        json_pack("{s:{s:s},s:o,s:s,s:{s:s,s:{s:o}},s:[{s:{s:o}}],s:s,s:[s],s:O}",
                  "verifier", "id",
                  vt_arena_printf(arena, "vitrine:supervisor/%s", id.text), "timeVerified",
                  time_json(now_unix_s), "resourceUri",
                  vt_arena_printf(arena, "vitrine:release/%s/%s", docket->product,
                                  docket->version),
                  "policy", "uri", "vitrine:recipe", "digest", "sha256",
                  from_draft(docket, "recipe"), "inputAttestations", "digest", "sha256",
                  hash_json(&docket->provenance->envelope.digest), "verificationResult",
                  passed ? "PASSED" : "FAILED", "verifiedLevels",
                  !passed                                         ? "VITRINE_NONE"
                  : strcmp(outcome->verdict, "equal-robust") == 0 ? "VITRINE_EQUAL_ROBUST"
                                                                  : "VITRINE_EQUAL",
                  "vitrineRebuild", rebuild),
        key, envelope, err);
}

/* A review, a rejection: about the draft's source. */
static struct vt_subject source_subject(const struct vt_docket *docket)
{
    return (struct vt_subject){ "source", vt_field_hash(draft_of(docket), "source") };
}

bool vt_compose_review(const struct vt_docket *docket, const char *verdict,
                       const vt_hash *report, const char *scope, int64_t now_unix_s,
                       const struct vt_key *key, struct vt_buf *envelope,
                       struct vt_error *err)
{
    struct vt_subject subject = source_subject(docket);
    json_t *predicate =
        json_pack("{s:s,s:s,s:o,s:s,s:s,s:o}", "product", docket->product, "version",
                  docket->version, "source", from_draft(docket, "source"), "verdict",
                  verdict, "scope", scope, "created", time_json(now_unix_s));

    if (report != NULL && predicate != NULL)
        (void)json_object_set_new(predicate, "report", hash_json(report));
    return vt_compose(VT_REVIEW, &subject, 1, predicate, key, envelope, err);
}

bool vt_compose_rejection(const struct vt_docket *docket, const char *reason,
                          int64_t now_unix_s, const struct vt_key *key,
                          struct vt_buf *envelope, struct vt_error *err)
{
    struct vt_subject subject = source_subject(docket);

    return vt_compose(VT_REJECTION, &subject, 1,
                      json_pack("{s:s,s:s,s:o,s:o,s:s,s:o}", "product", docket->product,
                                "version", docket->version, "sequence",
                                from_draft(docket, "sequence"), "draft",
                                hash_json(&docket->draft->envelope.digest), "reason",
                                reason, "created", time_json(now_unix_s)),
                      key, envelope, err);
}

/* ---- the release ------------------------------------------------------------------------
 */

static void name_envelope(json_t *list, const struct vt_item *item)
{
    (void)json_array_append_new(
        list, json_pack("{s:o,s:s}", "sha256", hash_json(&item->envelope.digest), "type",
                        vt_predicate_type(item->envelope.statement.type)));
}

/* Provenance, SBOM, VSA, and every accepting review. */
static json_t *name_envelopes(const struct vt_docket *docket)
{
    json_t *list = json_array();

    name_envelope(list, docket->provenance);
    name_envelope(list, docket->sbom);
    name_envelope(list, docket->vsa);
    for (size_t i = 0; i < docket->item_count; i++)
        if (vt_review_counts(docket, &docket->items[i]))
            name_envelope(list, &docket->items[i]);
    return list;
}

static bool describe_outputs(const struct vt_subject *subjects, size_t count,
                             struct vt_blobs *blobs, json_t *list, struct vt_error *err)
{
    for (size_t i = 0; i < count; i++) {
        VT_AUTO_FD fd = -1;
        uint64_t size;

        if (!vt_blobs_open_fd(blobs, &subjects[i].hash, &fd, &size, err))
            return vt_within(err, "artefact %s", subjects[i].name);
        (void)json_array_append_new(
            list, json_pack("{s:s,s:I,s:o}", "name", subjects[i].name, "size",
                            (json_int_t)size, "sha256", hash_json(&subjects[i].hash)));
    }
    return true;
}

bool vt_compose_release(const struct vt_docket *docket, struct vt_blobs *blobs,
                        int64_t now_unix_s, const struct vt_key *key,
                        struct vt_buf *envelope, struct vt_error *err)
{
    struct vt_subject subjects[256];
    size_t count = build_subjects(docket, subjects);
    struct vt_count builders =
        vt_trust_count(docket->trust, VT_ROLE_BUILDER, &docket->provenance->envelope,
                       now_unix_s, vt_slice_from_cstr(docket->product));
    VT_AUTO_JSON outputs = json_array();

    if (builders.signer_count == 0)
        return vt_fail(err, VT_REJECTED, "the builder's key does not count now");
    if (!describe_outputs(subjects, count, blobs, outputs, err))
        return false;
    return vt_compose(
        VT_RELEASE, subjects, count,
        json_pack("{s:s,s:s,s:o,s:o,s:o,s:O,s:o,s:o,s:o,s:s%,s:o,s:o}", "product",
                  docket->product, "version", docket->version, "sequence",
                  from_draft(docket, "sequence"), "channel", from_draft(docket, "channel"),
                  "kind", from_draft(docket, "kind"), "outputs", outputs, "source",
                  from_draft(docket, "source"), "recipe", from_draft(docket, "recipe"),
                  "environment", from_draft(docket, "environment"), "site",
                  (const char *)builders.signers[0]->site.data,
                  builders.signers[0]->site.len, "envelopes", name_envelopes(docket),
                  "created", time_json(now_unix_s)),
        key, envelope, err);
}

/* ---- lists of withdrawals ---------------------------------------------------------------
 */

static json_t *row_of(const struct vt_docket *docket, const char *reason)
{
    json_t *row = json_pack("{s:s,s:o,s:s,s:o}", "product", docket->product, "channel",
                            from_draft(docket, "channel"), "version", docket->version,
                            "sequence", from_draft(docket, "sequence"));

    if (reason != NULL && row != NULL)
        (void)json_object_set_new(row, "reason", json_string(reason));
    return row;
}

static bool same_line(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "product"), json_object_get(b, "product")) &&
           json_equal(json_object_get(a, "channel"), json_object_get(b, "channel"));
}

/* Replace the row of this product and channel in `current`, or append it. */
static void make_current(json_t *current, json_t *row)
{
    for (size_t i = 0; i < json_array_size(current); i++)
        if (same_line(json_array_get(current, i), row)) {
            (void)json_array_set_new(current, i, row);
            return;
        }
    (void)json_array_append_new(current, row);
}

bool vt_compose_list(vt_slice newest, const struct vt_docket *docket, const char *reason,
                     int64_t now_unix_s, const struct vt_key *key, struct vt_buf *envelope,
                     struct vt_error *err)
{
    VT_AUTO_ENVELOPE before = { 0 };
    VT_AUTO_JSON list = NULL;
    VT_AUTO_BUF canonical = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_subject subject = { .name = "withdrawals" };

    if (newest.len != 0 && !vt_envelope_parse(newest, &before, err))
        return vt_within(err, "newest list of withdrawals");
    list = newest.len != 0
               ? json_deep_copy(before.statement.predicate)
               : json_pack("{s:i,s:[],s:[]}", "version", 0, "current", "withdrawn");
    (void)json_object_set_new(
        list, "version", json_integer((json_int_t)vt_field_number(list, "version") + 1));
    (void)json_object_set_new(list, "created", time_json(now_unix_s));
    if (reason != NULL)
        (void)json_array_append_new(json_object_get(list, "withdrawn"),
                                    row_of(docket, reason));
    else
        make_current(json_object_get(list, "current"), row_of(docket, NULL));
    if (!vt_json_write_canonical(list, &canonical, err))
        return false;
    subject.hash = vt_sha256_of(vt_buf_slice(&canonical));
    return vt_compose(VT_WITHDRAWALS, &subject, 1, json_incref(list), key, envelope, err);
}
