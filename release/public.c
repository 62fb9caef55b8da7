/* The public folder: static files, written from the desk. */
#include "evidence/inquiry.h"
#include "release/authorisations.h"
#include "release/publish.h"
#include <sys/statvfs.h>

struct folder {
    struct vt_disk *disk;
    struct vt_desk *desk;
    vt_slice list, list_proof;
    struct vt_withdrawals parsed; /* the list */
    json_t *index;                /* array of rows for index.json */
};

/* Its row in the index: what it is, and whether it is still the one to use, as the list of
 * withdrawals beside it says.  For people and shops; a verdict asks the list itself. */
static json_t *index_row(const struct folder *folder, const struct vt_docket *docket)
{
    const json_t *release = docket->release->envelope.statement.predicate;
    vt_slice product = vt_slice_from_cstr(docket->product);
    vt_slice channel = vt_field_text(release, "channel");
    uint64_t sequence = vt_field_number(release, "sequence");
    struct vt_listed withdrawn, current;
    bool is_withdrawn = vt_withdrawals_find_withdrawn(&folder->parsed, product, channel,
                                                      sequence, &withdrawn);
    bool is_old =
        vt_withdrawals_find_current(&folder->parsed, product, channel, &current) &&
        current.sequence > sequence;
    json_t *row =
        json_pack("{s:s,s:s,s:O,s:O,s:O,s:s}", "product", docket->product, "version",
                  docket->version, "channel", json_object_get(release, "channel"),
                  "sequence", json_object_get(release, "sequence"), "outputs",
                  json_object_get(release, "outputs"), "state",
                  is_withdrawn ? "withdrawn"
                  : is_old     ? "superseded"
                               : "current");

    if (is_withdrawn)
        (void)json_object_set_new(
            row, "reason",
            json_stringn((const char *)withdrawn.reason.data, withdrawn.reason.len));
    return row;
}

/* The statement with this digest: of the release, or an enrolment; empty: neither. */
static vt_slice find_statement(const struct vt_docket *docket, const vt_hash *hash)
{
    for (size_t i = 0; i < docket->item_count; i++)
        if (vt_hash_equal(&docket->items[i].envelope.digest, hash))
            return docket->items[i].bytes;
    for (size_t i = 0; i < docket->roll->count; i++)
        if (vt_hash_equal(&docket->roll->rows[i].envelope.digest, hash))
            return docket->roll->rows[i].bytes;
    return (vt_slice){ 0 };
}

/* Envelopes of the evidence: the release and exactly those that it names. */
static bool gather(const struct vt_docket *docket, vt_slice *envelopes, size_t *count,
                   struct vt_error *err)
{
    const json_t *named =
        json_object_get(docket->release->envelope.statement.predicate, "envelopes");

    *count = 0;
    envelopes[(*count)++] = docket->release->bytes;
    for (size_t i = 0; i < json_array_size(named); i++) {
        vt_hash hash = vt_field_hash(json_array_get(named, i), "sha256");
        vt_slice found = find_statement(docket, &hash);

        if (found.len == 0 || *count == VT_EVIDENCE_ENVELOPES_MAX)
            return vt_fail(err, VT_ABSENT,
                           "%s: the desk lacks a statement that the release "
                           "names",
                           docket->folder);
        envelopes[(*count)++] = found;
    }
    return true;
}

static bool write_evidence(const struct folder *folder, struct vt_docket *docket,
                           struct vt_buf *out, struct vt_error *err)
{
    vt_slice envelopes[VT_EVIDENCE_ENVELOPES_MAX];
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));
    size_t count;

    return gather(docket, envelopes, &count, err) &&
           vt_disk_read(
               folder->desk->disk,
               vt_arena_printf(docket->arena, "%s/release.tlog-proof", docket->folder),
               &proof, err) &&
           vt_evidence_write(envelopes, count, vt_buf_slice(&proof), folder->list,
                             folder->list_proof, out, err);
}

/* One artefact and its evidence; the artefact is copied only once. */
static bool write_output(const struct folder *folder, struct vt_docket *docket,
                         struct vt_blobs *blobs, const json_t *output, vt_slice evidence,
                         struct vt_error *err)
{
    const char *name = json_string_value(json_object_get(output, "name"));
    const char *path =
        vt_arena_printf(docket->arena, "%s/%s/%s", docket->product, docket->version, name);
    vt_hash hash = vt_field_hash(output, "sha256");
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(1024));

    if (!vt_disk_has(folder->disk, path) &&
        (!vt_blobs_get(blobs, &hash, &bytes, err) ||
         !vt_disk_write(folder->disk, path, vt_buf_slice(&bytes), 0644, err)))
        return false;
    return vt_disk_write(folder->disk, vt_arena_printf(docket->arena, "%s.evidence", path),
                         evidence, 0644, err);
}

static bool write_release(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct folder *folder = context;
    VT_AUTO_BUF evidence = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    const json_t *outputs;
    struct vt_blobs *blobs;
    bool ok = true;

    if (!docket->is_published || docket->release == NULL)
        return true;
    outputs = json_object_get(docket->release->envelope.statement.predicate, "outputs");
    if (!write_evidence(folder, docket, &evidence, err) ||
        !vt_docket_blobs(folder->desk, docket->product, docket->version, &blobs, err))
        return false;
    for (size_t i = 0; ok && i < json_array_size(outputs); i++)
        ok = write_output(folder, docket, blobs, json_array_get(outputs, i),
                          vt_buf_slice(&evidence), err);
    vt_blobs_close(blobs);
    (void)json_array_append_new(folder->index, index_row(folder, docket));
    return ok;
}

static bool write_ends(const struct folder *folder, vt_slice trust_bytes,
                       struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(16));
    VT_AUTO_JSON index = json_pack("{s:i,s:O}", "v", 1, "releases", folder->index);

    return vt_json_write_canonical(index, &text, err) &&
           vt_disk_write(folder->disk, "trust.json", trust_bytes, 0644, err) &&
           vt_disk_write(folder->disk, "withdrawals.json", folder->list, 0644, err) &&
           vt_disk_write(folder->disk, "withdrawals.tlog-proof", folder->list_proof, 0644,
                         err) &&
           vt_disk_write(folder->disk, "index.json", vt_buf_slice(&text), 0644, err);
}

/* Bytes of the release's artefacts, and a little for evidence and index. */
static uint64_t bytes_needed(const struct vt_docket *docket)
{
    const json_t *outputs =
        json_object_get(docket->release->envelope.statement.predicate, "outputs");
    uint64_t sum = VT_MIB(2);

    for (size_t i = 0; i < json_array_size(outputs); i++)
        if (__builtin_add_overflow(sum, vt_field_number(json_array_get(outputs, i), "size"),
                                   &sum))
            return UINT64_MAX;
    return sum;
}

/* A file is begun and thrown away: only trying tells whether we may. */
static bool can_write(struct vt_disk *disk, struct vt_error *err)
{
    struct vt_disk_draft *draft;

    if (!vt_disk_draft_begin(disk, "", 0644, &draft, err))
        return false;
    vt_disk_draft_discard(draft);
    return true;
}

bool vt_publish_check_folder(const struct vt_docket *docket, const char *path,
                             struct vt_error *err)
{
    uint64_t needed = docket->release != NULL ? bytes_needed(docket) : 0, room;
    struct vt_disk *disk;
    struct statvfs about;
    bool ok;

    if (!vt_disk_open(path, true, &disk, err))
        return vt_within(err, "the public folder");
    ok = can_write(disk, err);
    vt_disk_close(disk);
    if (!ok)
        return vt_within(err, "the public folder");
    if (statvfs(path, &about) != 0 ||
        __builtin_mul_overflow(about.f_bavail, about.f_frsize, &room) || room >= needed)
        return true; /* unknown counts as enough: writing tells */
    return vt_fail(
        err, VT_IO,
        "the public folder %s: %ju bytes are free, up to %ju are needed; nothing "
        "was signed",
        path, (uintmax_t)room, (uintmax_t)needed);
}

bool vt_publish_folder(struct vt_desk *desk, const struct vt_trust *trust,
                       vt_slice trust_bytes, const char *path, int64_t now_unix_s,
                       struct vt_error *err)
{
    VT_AUTO_BUF list = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));
    VT_AUTO_ENVELOPE envelope = { 0 };
    VT_AUTO_JSON index = json_array();
    struct folder folder = { .desk = desk, .index = index };
    struct vt_desk strict = *desk;
    uint64_t version;
    bool ok;

    if (!vt_desk_newest_list(desk, &version, &list, &proof, err))
        return false;
    if (version == 0)
        return vt_fail(err, VT_REJECTED, "nothing is published yet");
    folder.list = vt_buf_slice(&list);
    folder.list_proof = vt_buf_slice(&proof);
    if (!vt_envelope_parse(folder.list, &envelope, err) ||
        !vt_withdrawals_read(&envelope.statement, &folder.parsed, err))
        return vt_within(err, "newest list of withdrawals");
    if (!vt_disk_open(path, true, &folder.disk, err))
        return false;
    strict.passed_over = NULL; /* what was published may not drop out of the index */
    ok = vt_desk_each(&strict, trust, now_unix_s, write_release, &folder, err) &&
         write_ends(&folder, trust_bytes, err);
    vt_disk_close(folder.disk);
    return ok;
}
