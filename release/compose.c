/* Statements about one release, from what the desk knows. */
#include "release/compose.h"
#include "evidence/inquiry.h"
#include "release/authorisations.h"
#include "release/reviews.h"

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
                                vt_field_of_hash(&report->sbom_hash), "size",
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
                  vt_field_of_time(now_unix_s), "resourceUri",
                  vt_arena_printf(arena, "vitrine:release/%s/%s", docket->product,
                                  docket->version),
                  "policy", "uri", "vitrine:recipe", "digest", "sha256",
                  from_draft(docket, "recipe"), "inputAttestations", "digest", "sha256",
                  vt_field_of_hash(&docket->provenance->envelope.digest),
                  "verificationResult", passed ? "PASSED" : "FAILED", "verifiedLevels",
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
                  verdict, "scope", scope, "created", vt_field_of_time(now_unix_s));

    if (report != NULL && predicate != NULL)
        (void)json_object_set_new(predicate, "report", vt_field_of_hash(report));
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
                                vt_field_of_hash(&docket->draft->envelope.digest), "reason",
                                reason, "created", vt_field_of_time(now_unix_s)),
                      key, envelope, err);
}

/* ---- the release ------------------------------------------------------------------------
 */

static bool attach(struct vt_release *release, const struct vt_envelope *envelope,
                   struct vt_error *err)
{
    enum vt_predicate type = envelope->statement.type;

    for (size_t i = 0; i < release->attachment_count; i++)
        if (vt_hash_equal(&release->attachments[i].digest, &envelope->digest))
            return true; /* an enrolment that brought two signers */
    if (release->attachment_count == VT_RELEASE_ENVELOPES_MAX)
        return vt_fail(err, VT_LIMIT, "a release names at most %d statements",
                       VT_RELEASE_ENVELOPES_MAX);
    release->attachments[release->attachment_count++] =
        (struct vt_attachment){ envelope->digest, type, vt_predicate_role(type) };
    return true;
}

/* A statement, and the enrolments of those who signed it. */
static bool attach_signed(const struct vt_docket *docket, struct vt_release *release,
                          const struct vt_item *item, struct vt_error *err)
{
    struct vt_count signers = vt_keyring_count(
        &docket->roll->keyring, vt_predicate_role(item->envelope.statement.type),
        &item->envelope, docket->time_unix_s, vt_slice_from_cstr(docket->product));

    if (!attach(release, &item->envelope, err))
        return false;
    for (size_t i = 0; i < signers.signer_count; i++) {
        const struct vt_enrolment *brought = vt_roll_find(docket->roll, signers.signers[i]);

        if (brought != NULL && !attach(release, &brought->envelope, err))
            return false;
    }
    return true;
}

/* Provenance, SBOM, VSA, and every acceptance that stood when it was made. */
static bool attach_all(const struct vt_docket *docket, struct vt_release *release,
                       struct vt_error *err)
{
    if (!attach_signed(docket, release, docket->provenance, err) ||
        !attach_signed(docket, release, docket->sbom, err) ||
        !attach_signed(docket, release, docket->vsa, err))
        return false;
    for (size_t i = 0; i < docket->item_count; i++)
        if (vt_review_word(docket, &docket->items[i], release->created_unix_s) ==
                VT_WORD_ACCEPTS &&
            !attach_signed(docket, release, &docket->items[i], err))
            return false;
    return true;
}

static bool describe_outputs(const struct vt_docket *docket, struct vt_blobs *blobs,
                             struct vt_release *release, struct vt_error *err)
{
    const struct vt_statement *build = &docket->provenance->envelope.statement;
    size_t count = vt_statement_subject_count(build);

    const char *names[VT_RELEASE_OUTPUTS_MAX];

    if (count > VT_RELEASE_OUTPUTS_MAX)
        return vt_fail(err, VT_LIMIT, "%zu artefacts, a release has at most %d", count,
                       VT_RELEASE_OUTPUTS_MAX);
    for (size_t i = 0; i < count; i++)
        names[i] = vt_statement_subject(build, i).name;
    if (!vt_name_verify_product(docket->product, err) ||
        !vt_outputs_verify_names(names, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct vt_subject subject = vt_statement_subject(build, i);
        VT_AUTO_FD fd = -1;
        uint64_t size;

        if (!vt_blobs_open_fd(blobs, &subject.hash, &fd, &size, err))
            return vt_within(err, "artefact %s", subject.name);
        release->outputs[i] =
            (struct vt_output){ vt_slice_from_cstr(subject.name), size, subject.hash };
    }
    release->output_count = count;
    return true;
}

bool vt_compose_release(const struct vt_docket *docket, struct vt_blobs *blobs,
                        int64_t now_unix_s, const struct vt_key *key,
                        struct vt_buf *envelope, struct vt_error *err)
{
    const json_t *draft = draft_of(docket);
    struct vt_count builders = vt_keyring_count(&docket->roll->keyring, VT_ROLE_BUILDER,
                                                &docket->provenance->envelope, now_unix_s,
                                                vt_slice_from_cstr(docket->product));
    struct vt_release release = { .product = vt_slice_from_cstr(docket->product),
                                  .version = vt_slice_from_cstr(docket->version),
                                  .channel = vt_field_text(draft, "channel"),
                                  .kind = vt_field_text(draft, "kind"),
                                  .sequence = vt_field_number(draft, "sequence"),
                                  .source = vt_field_hash(draft, "source"),
                                  .recipe = vt_field_hash(draft, "recipe"),
                                  .environment = vt_field_hash(draft, "environment"),
                                  .created_unix_s = now_unix_s };
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (builders.signer_count == 0)
        return vt_fail(err, VT_REJECTED, "the builder's key does not count now");
    release.site = builders.signers[0]->site;
    return describe_outputs(docket, blobs, &release, err) &&
           attach_all(docket, &release, err) && vt_release_write(&release, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), &key, 1, envelope, err);
}

/* ---- lists of withdrawals ---------------------------------------------------------------
 */

struct rows {
    struct vt_listed *rows;
    size_t count;
};

/* The rows of the list before, with room for one more. */
static struct rows rows_of(struct vt_arena *arena, const json_t *array)
{
    size_t count = json_array_size(array);
    struct rows out = { vt_arena_alloc(arena, (count + 1) * sizeof out.rows[0]), count };

    for (size_t i = 0; i < count; i++)
        out.rows[i] = vt_withdrawals_row(array, i);
    return out;
}

bool vt_list_would_go_back(const struct vt_listed *current, const struct vt_listed *row)
{
    return row->sequence < current->sequence ||
           (row->sequence == current->sequence &&
            !vt_slice_equal(row->version, current->version));
}

/* Put the row in the place of this product and channel, or behind the others.  Customers
 * who have seen a number accept no smaller one, so none is ever made current again. */
static bool make_current(struct rows *current, const struct vt_listed *row,
                         struct vt_error *err)
{
    for (size_t i = 0; i < current->count; i++) {
        struct vt_listed *at = &current->rows[i];

        if (!vt_slice_equal(at->product, row->product) ||
            !vt_slice_equal(at->channel, row->channel))
            continue;
        if (vt_list_would_go_back(at, row))
            return vt_fail(err, VT_REJECTED,
                           "%.*s %.*s is release number %ju, and number %ju (%.*s) is out: "
                           "the list of withdrawals does not go back",
                           VT_SLICE_ARGS(row->product), VT_SLICE_ARGS(row->version),
                           (uintmax_t)row->sequence, (uintmax_t)at->sequence,
                           VT_SLICE_ARGS(at->version));
        *at = *row;
        return true;
    }
    current->rows[current->count++] = *row;
    return true;
}

struct vt_listed vt_list_row(const struct vt_docket *docket, const char *reason)
{
    return (struct vt_listed){ .product = vt_slice_from_cstr(docket->product),
                               .channel = vt_field_text(draft_of(docket), "channel"),
                               .version = vt_slice_from_cstr(docket->version),
                               .sequence = vt_field_number(draft_of(docket), "sequence"),
                               .reason = vt_slice_from_cstr(reason) };
}

/* At most so many bytes of the reason, between characters. */
static vt_slice shortened(struct vt_arena *arena, vt_slice reason, size_t keep)
{
    size_t len = keep - 3;

    if (reason.len <= keep)
        return reason;
    while (len > 0 && (reason.data[len] & 0xc0u) == 0x80)
        len--;
    return vt_slice_from_cstr(
        vt_arena_printf(arena, "%.*s...", (int)len, (const char *)reason.data));
}

/* A list is complete and goes on for ever, but an entry of the ledger has an end.  Where it
 * is reached the reasons that were given before become shorter: the first list has them
 * whole, and what counts is the row. */
static bool write_rows(struct vt_arena *arena, uint64_t version, int64_t created_unix_s,
                       const struct rows *current, const struct rows *withdrawn,
                       struct vt_buf *payload, struct vt_error *err)
{
    /* Base64 and two signatures make this an entry of at most VT_ENTRY_BYTES_MAX. */
    enum { PAYLOAD_BYTES_MAX = 47 * 1024 };
    static const size_t keeps[] = { VT_ENTRY_BYTES_MAX, VT_REASON_BYTES_MAX, 64, 16 };

    for (size_t i = 0; i < sizeof keeps / sizeof keeps[0]; i++) {
        VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);

        for (size_t k = 0; k < withdrawn->count; k++)
            withdrawn->rows[k].reason =
                shortened(arena, withdrawn->rows[k].reason, keeps[i]);
        if (!vt_withdrawals_write(version, created_unix_s, current->rows, current->count,
                                  withdrawn->rows, withdrawn->count, &bytes, err)) {
            if (err->code != VT_LIMIT)
                return false;
        } else if (bytes.len <= PAYLOAD_BYTES_MAX) {
            vt_buf_put(payload, vt_buf_slice(&bytes));
            return vt_buf_check(payload, "withdrawals", err);
        }
    }
    return vt_fail(
        err, VT_LIMIT,
        "the list of withdrawals is full: its %zu rows and %zu products are more "
        "than an entry of the ledger takes, however short the reasons",
        withdrawn->count, current->count);
}

/* The payload of the next list. */
static bool write_list(vt_slice newest, enum vt_list_change change,
                       const struct vt_docket *docket, const char *reason,
                       int64_t created_unix_s, struct vt_buf *payload, struct vt_error *err)
{
    VT_AUTO_ENVELOPE before = { 0 };
    struct vt_withdrawals list = { .version = 0 };
    VT_AUTO_ARENA arena = vt_arena_new();
    struct rows current, withdrawn;

    if (newest.len != 0 && (!vt_envelope_parse(newest, &before, err) ||
                            !vt_withdrawals_read(&before.statement, &list, err)))
        return vt_within(err, "newest list of withdrawals");
    current = rows_of(arena, list.current);
    withdrawn = rows_of(arena, list.withdrawn);
    if (change == VT_LIST_WITHDRAW)
        withdrawn.rows[withdrawn.count++] = vt_list_row(docket, reason);
    if (change == VT_LIST_CURRENT) {
        struct vt_listed row = vt_list_row(docket, reason);

        if (!make_current(&current, &row, err))
            return false;
    }
    return write_rows(arena, list.version + 1, created_unix_s, &current, &withdrawn,
                      payload, err);
}

bool vt_compose_list(vt_slice newest, enum vt_list_change change,
                     const struct vt_docket *docket, const char *reason, int64_t now_unix_s,
                     const struct vt_key *key, struct vt_buf *envelope,
                     struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);

    return write_list(newest, change, docket, reason, now_unix_s, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), &key, 1, envelope, err);
}

/* The reason that the list gives for withdrawing this release, in the arena; NULL: it does
 * not withdraw it. */
static const char *reason_in(struct vt_arena *arena, const struct vt_withdrawals *list,
                             const struct vt_docket *docket)
{
    struct vt_listed ours = vt_list_row(docket, NULL), row;

    return vt_withdrawals_find_withdrawn(list, ours.product, ours.channel, ours.sequence,
                                         &row)
               ? vt_arena_cstr(arena, row.reason)
               : NULL;
}

bool vt_list_is_next(vt_slice newest, enum vt_list_change change,
                     const struct vt_docket *docket, const struct vt_envelope *list,
                     struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF ours = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const char *reason = NULL;
    struct vt_withdrawals theirs;
    int64_t created;

    if (!vt_withdrawals_read(&list->statement, &theirs, err))
        return false;
    created = theirs.created_unix_s;
    if (change == VT_LIST_WITHDRAW)
        reason = reason_in(arena, &theirs, docket);
    return write_list(newest, change, docket, reason, created, &ours, err) &&
           (vt_slice_equal(vt_buf_slice(&ours), vt_buf_slice(&list->dsse.payload)) ||
            vt_fail(err, VT_REJECTED,
                    "the list of withdrawals is not the one before with this change alone; "
                    "nothing is signed"));
}

bool vt_list_is_due(const struct vt_docket *docket, vt_slice list_bytes,
                    struct vt_error *err)
{
    VT_AUTO_ENVELOPE list = { 0 };
    VT_AUTO_ENVELOPE before = { 0 };
    VT_AUTO_BUF before_bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    uint64_t newest, version;

    if (!vt_envelope_parse(list_bytes, &list, err) ||
        !vt_desk_newest_list(docket->desk, &newest, &before_bytes, NULL, err))
        return false;
    version = vt_field_number(list.statement.predicate, "version");
    if (version == newest + 1)
        return vt_list_is_next(vt_buf_slice(&before_bytes), VT_LIST_CURRENT, docket, &list,
                               err);
    if (version == newest && vt_envelope_parse(vt_buf_slice(&before_bytes), &before, err) &&
        json_equal(before.statement.json, list.statement.json))
        return true;
    return vt_fail(err, VT_REJECTED, "another list was published since the approval");
}
