/* Drafts. */
#include "release/draft.h"
#include "evidence/field.h"
#include "line/lock.h"
#include "release/compose.h"
#include "release/materials.h"
#include "release/numbers.h"

/* ---- which sequence ---------------------------------------------------------------------
 */

/* A draft is younger than all that it replaces, if only by a second. */
static bool find_sequence(const struct vt_draft_request *r, uint64_t *out,
                          int64_t *created_out, struct vt_error *err)
{
    struct vt_number number;

    if (!vt_number_find(&(struct vt_number_request){ r->desk, r->trust, r->recipe->product,
                                                     r->recipe->version, r->channel,
                                                     r->now_unix_s },
                        &number, err))
        return false;
    if (number.is_settled)
        return vt_fail(err, VT_REJECTED,
                       "%s %s is approved already; what changes gets another version",
                       r->recipe->product, r->recipe->version);
    *out = number.sequence;
    *created_out =
        number.newest_unix_s >= r->now_unix_s ? number.newest_unix_s + 1 : r->now_unix_s;
    return true;
}

/* ---- what it says -----------------------------------------------------------------------
 */

static const char *leaf(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool check_documents(const struct vt_draft_request *r, struct vt_error *err)
{
    for (size_t i = 0; i < r->document_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(leaf(r->documents[i]), leaf(r->documents[k])) == 0)
                return vt_fail(err, VT_REJECTED, "two documents are called '%s'",
                               leaf(r->documents[i]));
    for (size_t i = 0; i < r->document_count; i++)
        if (!vt_document_check(r->documents[i], err))
            return false;
    return true;
}

/* Keep the document, and append its row. */
static bool take_document(struct vt_blobs *blobs, const char *path, json_t *rows,
                          struct vt_error *err)
{
    uint64_t bytes;
    vt_hash hash;
    char hex[65];

    if (!vt_document_put(blobs, path, &hash, &bytes, err))
        return false;
    vt_hash_text(&hash, hex);
    (void)json_array_append_new(rows, json_pack("{s:s,s:I,s:s}", "name", leaf(path), "size",
                                                (json_int_t)bytes, "sha256", hex));
    return true;
}

static json_t *identity_json(const struct vt_source *source)
{
    json_t *identity = json_pack("{s:s,s:o}", "type", vt_source_type_name(source->type),
                                 "pack", vt_field_of_hash(&source->pack));

    if (source->git_commit[0] != '\0') {
        (void)json_object_set_new(identity, "gitCommit", json_string(source->git_commit));
        (void)json_object_set_new(identity, "gitTree", json_string(source->git_tree));
    }
    if (source->tar_sha256[0] != '\0')
        (void)json_object_set_new(identity, "tarSha256", json_string(source->tar_sha256));
    return identity;
}

static bool sign_draft(const struct vt_draft_request *r, uint64_t sequence,
                       int64_t created_unix_s, json_t *documents, struct vt_buf *envelope,
                       struct vt_error *err)
{
    struct vt_subject subject = { "source", r->source->digest };
    char created[VT_TIME_TEXT_BYTES];

    vt_time_write(created_unix_s, created);
    return vt_compose(
        VT_DRAFT, &subject, 1,
        json_pack("{s:s,s:s,s:I,s:s,s:s,s:o,s:o,s:o,s:o,s:O,s:s,s:o}", "product",
                  r->recipe->product, "version", r->recipe->version, "sequence",
                  (json_int_t)sequence, "channel", r->channel, "kind",
                  vt_kind_name(r->recipe->kind), "source",
                  vt_field_of_hash(&r->source->digest), "recipe",
                  vt_field_of_hash(&r->recipe->digest), "lock",
                  vt_field_of_hash(&r->lock->digest), "environment",
                  vt_field_of_hash(&r->lock->environment), "documents", documents,
                  "created", created, "source_identity", identity_json(r->source)),
        r->key, envelope, err);
}

static bool check_key(const struct vt_draft_request *r, struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(r->key));

    return vt_trust_find(r->trust, vt_slice_from_cstr(id.text), VT_ROLE_VENDOR) != NULL ||
           vt_fail(err, VT_REJECTED, "key %.16s... is not a vendor's in the trust root",
                   id.text);
}

/* What no build would take is not drafted. */
static bool check_recipe(const struct vt_recipe *recipe, const struct vt_lock *lock,
                         struct vt_error *err)
{
    if (!vt_name_verify_product(recipe->product, err) ||
        !vt_name_verify_part(recipe->version, err))
        return false;
    if (recipe->has_lock && !vt_hash_equal(&recipe->lock_digest, &lock->digest))
        return vt_fail(err, VT_REJECTED, "the recipe asks for another lock than this one");
    if (strcmp(recipe->suite, lock->suite) != 0)
        return vt_fail(err, VT_REJECTED, "the recipe is for %s, the lock for %s",
                       recipe->suite, lock->suite);
    for (size_t i = 0; i < recipe->package_count; i++)
        if (vt_lock_find(lock, recipe->packages[i]) == NULL)
            return vt_fail(err, VT_REJECTED,
                           "the recipe names the package %s, which the lock lacks; lock it "
                           "again (vitrine line lock)",
                           recipe->packages[i]);
    return vt_outputs_verify_names(recipe->outputs, recipe->output_count, err);
}

/* Does the draft that counts say the same, its time apart? */
static bool check_is_new(const struct vt_draft_request *r, vt_slice bytes, bool *is_there,
                         struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    VT_AUTO_JSON counts = NULL;
    VT_AUTO_DOCKET docket = NULL;

    *is_there = false;
    if (!vt_docket_open(r->desk, r->trust, r->recipe->product, r->recipe->version,
                        r->now_unix_s, &docket, err))
        return err->code == VT_ABSENT; /* the first of this version */
    if (docket->draft != NULL && docket->rejection == NULL)
        counts = json_deep_copy(docket->draft->envelope.statement.predicate);
    if (counts == NULL)
        return true;
    if (!vt_envelope_parse(bytes, &envelope, err))
        return false;
    (void)json_object_set(counts, "created",
                          json_object_get(envelope.statement.predicate, "created"));
    *is_there = json_equal(counts, envelope.statement.predicate);
    return true;
}

static bool keep_all(const struct vt_draft_request *r, struct vt_blobs *blobs,
                     uint64_t sequence, int64_t created_unix_s, bool *is_there,
                     struct vt_error *err)
{
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON documents = json_array();

    for (size_t i = 0; i < r->document_count; i++)
        if (!take_document(blobs, r->documents[i], documents, err))
            return false;
    return vt_materials_give(blobs, r->store, r->recipe, r->lock, r->source, err) &&
           sign_draft(r, sequence, created_unix_s, documents, &envelope, err) &&
           check_is_new(r, vt_buf_slice(&envelope), is_there, err) &&
           (*is_there || vt_docket_put(r->desk, r->recipe->product, r->recipe->version,
                                       vt_buf_slice(&envelope), err));
}

bool vt_draft(const struct vt_draft_request *request, struct vt_drafted *out,
              struct vt_error *err)
{
    struct vt_drafted drafted = { 0 };
    struct vt_blobs *blobs;
    int64_t created_unix_s = 0;
    bool ok;

    if (!check_recipe(request->recipe, request->lock, err) || !check_key(request, err) ||
        !check_documents(request, err) || !vt_desk_lock(request->desk, err) ||
        !find_sequence(request, &drafted.sequence, &created_unix_s, err) ||
        !vt_docket_blobs(request->desk, request->recipe->product, request->recipe->version,
                         &blobs, err))
        return false;
    ok = keep_all(request, blobs, drafted.sequence, created_unix_s, &drafted.is_there, err);
    vt_blobs_close(blobs);
    if (ok)
        *out = drafted;
    return ok;
}
