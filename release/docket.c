/* Reading one release off the desk: every statement is parsed and its signatures are
 * counted; then the ones that fit together are picked out. */
#include "evidence/inquiry.h"
#include "release/authorisations.h"

void vt_docket_close(struct vt_docket *docket)
{
    if (docket == NULL)
        return;
    for (size_t i = 0; i < docket->item_count; i++)
        vt_envelope_clear(&docket->items[i].envelope);
    vt_roll_close(docket->own_roll);
    vt_arena_free(docket->arena);
    free(docket);
}

void vt_docket_close_pointer(struct vt_docket **docket)
{
    vt_docket_close(*docket);
}

/* When the author says that it was made; 0 where the statement has no time. */
static int64_t time_of(const struct vt_statement *statement)
{
    const json_t *from = statement->predicate;
    const char *name = "created";
    int64_t unix_s = 0;

    if (statement->type == VT_VSA)
        name = "timeVerified";
    if (statement->type == VT_PROVENANCE) {
        from = json_object_get(json_object_get(from, "runDetails"), "metadata");
        name = "finishedOn";
    }
    return vt_time_parse(vt_field_text(from, name), &unix_s) ? unix_s : 0;
}

static bool read_item(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct vt_docket *docket = context;
    struct vt_item *item = &docket->items[docket->item_count];
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (is_folder || strlen(name) != 64 + 5 || strcmp(name + 64, ".json") != 0)
        return true;
    if (docket->item_count == VT_DOCKET_ITEMS_MAX)
        return vt_fail(err, VT_LIMIT, "%s: more than %d statements", docket->folder,
                       VT_DOCKET_ITEMS_MAX);
    if (!vt_disk_read(docket->desk->disk,
                      vt_arena_printf(docket->arena, "%s/%s", docket->folder, name), &bytes,
                      err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), &item->envelope, err))
        return vt_within(err, "%s/%s", docket->folder, name);
    item->bytes = vt_arena_copy(docket->arena, vt_buf_slice(&bytes));
    item->time_unix_s = time_of(&item->envelope.statement);
    docket->item_count++;
    return true;
}

/* When the witnesses saw the release, and which that is; -1: they did not. */
static int64_t logged_at(struct vt_docket *docket, vt_slice proof_text)
{
    struct vt_error ignored = { 0 };
    struct vt_tlog_proof proof;

    if (!vt_tlog_proof_parse(proof_text, &proof, &ignored))
        return -1;
    for (size_t i = 0; i < docket->item_count; i++) {
        vt_hash leaf = vt_sha256_leaf(docket->items[i].bytes);
        struct vt_tlog_verdict verdict;

        if (docket->items[i].envelope.statement.type == VT_RELEASE &&
            vt_tlog_proof_verify(&proof, &leaf, &docket->trust->policy,
                                 docket->trust->release_origin, &verdict, &ignored)) {
            docket->published = &docket->items[i];
            return verdict.time_unix_s;
        }
    }
    return -1;
}

/* Published or not, and so the time at which keys count. */
static bool find_time(struct vt_docket *docket, int64_t now_unix_s, struct vt_error *err)
{
    const char *name =
        vt_arena_printf(docket->arena, "%s/release.tlog-proof", docket->folder);
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));
    int64_t logged;

    docket->time_unix_s = now_unix_s;
    if (!vt_disk_has(docket->desk->disk, name))
        return true;
    if (!vt_disk_read(docket->desk->disk, name, &proof, err))
        return false;
    logged = logged_at(docket, vt_buf_slice(&proof));
    docket->is_published = logged >= 0;
    if (logged > 0) /* 0: a policy without witnesses knows no time */
        docket->time_unix_s = logged;
    return true;
}

static void judge_items(struct vt_docket *docket)
{
    for (size_t i = 0; i < docket->item_count; i++) {
        struct vt_item *item = &docket->items[i];

        item->is_valid = vt_keyring_count(&docket->roll->keyring,
                                          vt_predicate_role(item->envelope.statement.type),
                                          &item->envelope, docket->time_unix_s,
                                          vt_slice_from_cstr(docket->product))
                             .outcome == VT_COUNT_ENOUGH;
    }
}

static bool same(const json_t *a, const json_t *b, const char *name)
{
    return json_equal(json_object_get(a, name), json_object_get(b, name));
}

static bool is_digest(const json_t *object, const char *name, const vt_hash *wanted)
{
    vt_hash hash = vt_field_hash(object, name);

    return vt_hash_equal(&hash, wanted);
}

/* An approval that was given before the supervisor rejected what has this number does not
 * count any more, whichever draft he looked at: else the vendor would lay the same draft
 * once more.  What is published is past that; it can only be withdrawn. */
static bool was_taken_back(const struct vt_docket *docket, const struct vt_item *release)
{
    const json_t *draft = docket->draft->envelope.statement.predicate;

    for (size_t i = 0; !docket->is_published && i < docket->item_count; i++) {
        const struct vt_item *item = &docket->items[i];

        if (item->is_valid && item->envelope.statement.type == VT_REJECTION &&
            same(item->envelope.statement.predicate, draft, "sequence") &&
            item->time_unix_s >= release->time_unix_s)
            return true;
    }
    return false;
}

/* Is this release statement one of that draft? */
static bool is_of_draft(const struct vt_item *release, const json_t *draft)
{
    static const char *const names[] = { "source", "recipe", "environment", "sequence",
                                         "channel" };
    const json_t *at = release->envelope.statement.predicate;
    bool is_same = true;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        is_same = is_same && same(at, draft, names[i]);
    return is_same;
}

/* Which draft counts is settled by what is published, whatever is laid there later. */
static bool may_be_draft(const struct vt_docket *docket, const struct vt_item *draft)
{
    return docket->published == NULL ||
           is_of_draft(docket->published, draft->envelope.statement.predicate);
}

/* Does what this statement tells of fit the draft that counts? */
static bool fits_draft(const struct vt_docket *docket, const struct vt_item *item)
{
    const json_t *draft = docket->draft->envelope.statement.predicate;
    const json_t *at = item->envelope.statement.predicate;

    switch ((int)item->envelope.statement.type) {
    case VT_PROVENANCE:
        at = json_object_get(json_object_get(at, "buildDefinition"), "externalParameters");
        return same(at, draft, "source") && same(at, draft, "recipe") &&
               same(at, draft, "environment") && same(at, draft, "lock");
    case VT_VSA:
        at = json_object_get(at, "vitrineRebuild");
        return same(at, draft, "source") && same(at, draft, "recipe") &&
               same(at, draft, "environment");
    case VT_RELEASE:
        return is_of_draft(item, draft) && !was_taken_back(docket, item);
    case VT_SBOM:
        return docket->provenance != NULL &&
               json_equal(item->envelope.statement.subjects,
                          docket->provenance->envelope.statement.subjects);
    case VT_REJECTION:
        return same(at, draft, "sequence") &&
               (is_digest(at, "draft", &docket->draft->envelope.digest) ||
                item->time_unix_s >= docket->draft->time_unix_s);
    default:
        return true;
    }
}

static bool has_failed(const struct vt_item *item)
{
    return !vt_slice_is(
        vt_field_text(item->envelope.statement.predicate, "verificationResult"), "PASSED");
}

/* Prefer the newer; of two release statements the one with more signatures; of two rebuilds
 * in one second the one that failed. */
static bool is_better(const struct vt_item *item, const struct vt_item *than)
{
    if (than == NULL)
        return true;
    if (item->envelope.statement.type == VT_RELEASE &&
        item->envelope.dsse.signature_count != than->envelope.dsse.signature_count)
        return item->envelope.dsse.signature_count > than->envelope.dsse.signature_count;
    if (item->envelope.statement.type == VT_VSA && item->time_unix_s == than->time_unix_s)
        return has_failed(item);
    return item->time_unix_s >= than->time_unix_s;
}

static void pick(const struct vt_docket *docket, enum vt_predicate type,
                 const struct vt_item **out)
{
    *out = NULL;
    for (size_t i = 0; i < docket->item_count; i++) {
        const struct vt_item *item = &docket->items[i];

        if (item->is_valid && item->envelope.statement.type == type &&
            (type == VT_DRAFT ? may_be_draft(docket, item)
                              : docket->draft != NULL && fits_draft(docket, item)) &&
            is_better(item, *out))
            *out = item;
    }
}

bool vt_docket_open_by(struct vt_desk *desk, const struct vt_roll *roll,
                       const char *product, const char *version, int64_t now_unix_s,
                       struct vt_docket **docket_out, struct vt_error *err)
{
    VT_AUTO_DOCKET docket = vt_alloc(sizeof *docket);

    docket->arena = vt_arena_new();
    docket->desk = desk;
    docket->roll = roll;
    docket->trust = roll->keyring.trust;
    if (!vt_name_verify_part(product, err) || !vt_name_verify_part(version, err))
        return false;
    docket->product = vt_arena_cstr(docket->arena, vt_slice_from_cstr(product));
    docket->version = vt_arena_cstr(docket->arena, vt_slice_from_cstr(version));
    docket->folder = vt_arena_printf(docket->arena, "releases/%s/%s", product, version);
    if (!vt_disk_has(desk->disk, docket->folder))
        return vt_fail(err, VT_ABSENT,
                       "the desk knows no %s %s; `vitrine release draft` begins "
                       "a release",
                       product, version);
    if (!vt_disk_list(desk->disk, docket->folder, read_item, docket, err) ||
        !find_time(docket, now_unix_s, err))
        return false;
    judge_items(docket);
    pick(docket, VT_DRAFT, &docket->draft);
    pick(docket, VT_PROVENANCE, &docket->provenance);
    pick(docket, VT_SBOM, &docket->sbom);
    pick(docket, VT_VSA, &docket->vsa);
    pick(docket, VT_REJECTION, &docket->rejection);
    pick(docket, VT_RELEASE, &docket->release);
    *docket_out = docket;
    docket = NULL;
    return true;
}

bool vt_docket_open(struct vt_desk *desk, const struct vt_trust *trust, const char *product,
                    const char *version, int64_t now_unix_s, struct vt_docket **docket_out,
                    struct vt_error *err)
{
    VT_AUTO_ROLL roll = NULL;

    if (!vt_roll_open(desk, trust, &roll, err) ||
        !vt_docket_open_by(desk, roll, product, version, now_unix_s, docket_out, err))
        return false;
    (*docket_out)->own_roll = roll;
    roll = NULL;
    return true;
}
