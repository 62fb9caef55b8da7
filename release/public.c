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
    json_t *index_before;         /* what lay there; NULL: nothing that can be read */
    struct vt_behind *behind;
};

/* Its row in the index: what it is, and whether it is still the one to use, as the list of
 * withdrawals beside it says.  For people and shops; a verdict asks the list itself. */
static json_t *index_row(const struct folder *folder, const char *product,
                         const char *version, const json_t *release)
{
    vt_slice channel = vt_field_text(release, "channel");
    uint64_t sequence = vt_field_number(release, "sequence");
    struct vt_listed withdrawn, current;
    bool is_withdrawn = vt_withdrawals_find_withdrawn(
        &folder->parsed, vt_slice_from_cstr(product), channel, sequence, &withdrawn);
    bool is_old = vt_withdrawals_find_current(&folder->parsed, vt_slice_from_cstr(product),
                                              channel, &current) &&
                  current.sequence > sequence;
    json_t *row = json_pack("{s:s,s:s,s:O,s:O,s:O,s:s}", "product", product, "version",
                            version, "channel", json_object_get(release, "channel"),
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

/* Is it there already, with these bytes? */
static bool has_output(const struct folder *folder, const char *path, const vt_hash *hash,
                       uint64_t size)
{
    struct vt_error ignored = { 0 };
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    vt_hash found;

    return vt_disk_has(folder->disk, path) &&
           vt_disk_open_fd(folder->disk, path, &fd, &bytes, &ignored) && bytes == size &&
           vt_sha256_fd(fd, path, &found, &bytes, &ignored) && vt_hash_equal(&found, hash);
}

/* Piece by piece: an artefact may be larger than memory. */
static bool copy_bytes(int fd, const char *path, struct vt_disk_draft *draft,
                       vt_hash *hash_out, struct vt_error *err)
{
    enum { PIECE = 1 << 18 };
    VT_AUTO_FREE uint8_t *piece = vt_alloc(PIECE);
    struct vt_sha256 state;
    ssize_t got;

    vt_sha256_init(&state);
    while ((got = read(fd, piece, PIECE)) > 0) {
        vt_slice bytes = { piece, (size_t)got };

        vt_sha256_add(&state, bytes);
        if (!vt_disk_draft_add(draft, bytes, err))
            return false;
    }
    vt_sha256_end(&state, hash_out);
    return got == 0 || vt_fail(err, VT_IO, "%s: cannot read its blob", path);
}

static bool copy_output(const struct folder *folder, struct vt_blobs *blobs,
                        const char *path, const vt_hash *hash, struct vt_error *err)
{
    struct vt_disk_draft *draft;
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    vt_hash copied;

    if (!vt_blobs_open_fd(blobs, hash, &fd, &bytes, err) ||
        !vt_disk_draft_begin(folder->disk, "", 0644, &draft, err))
        return false;
    if (copy_bytes(fd, path, draft, &copied, err) &&
        (vt_hash_equal(&copied, hash) ||
         vt_fail(err, VT_REJECTED, "%s: its blob was changed meanwhile", path)))
        return vt_disk_draft_finish(draft, path, true, err);
    vt_disk_draft_discard(draft);
    return false;
}

/* One artefact and its evidence. */
static bool write_output(const struct folder *folder, struct vt_docket *docket,
                         struct vt_blobs *blobs, const json_t *output, vt_slice evidence,
                         struct vt_error *err)
{
    const char *name = json_string_value(json_object_get(output, "name"));
    const char *path =
        vt_arena_printf(docket->arena, "%s/%s/%s", docket->product, docket->version, name);
    vt_hash hash = vt_field_hash(output, "sha256");

    return (has_output(folder, path, &hash, vt_field_number(output, "size")) ||
            copy_output(folder, blobs, path, &hash, err)) &&
           vt_disk_write(folder->disk, vt_arena_printf(docket->arena, "%s.evidence", path),
                         evidence, 0644, err);
}

static bool write_outputs(const struct folder *folder, struct vt_docket *docket,
                          struct vt_error *err)
{
    VT_AUTO_BUF evidence = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    const json_t *outputs =
        json_object_get(docket->release->envelope.statement.predicate, "outputs");
    struct vt_blobs *blobs;
    bool ok = true;

    if (!write_evidence(folder, docket, &evidence, err) ||
        !vt_docket_blobs(folder->desk, docket->product, docket->version, &blobs, err))
        return false;
    for (size_t i = 0; ok && i < json_array_size(outputs); i++)
        ok = write_output(folder, docket, blobs, json_array_get(outputs, i),
                          vt_buf_slice(&evidence), err);
    vt_blobs_close(blobs);
    return ok;
}

/* One that cannot be written does not stop the others. */
static void fall_behind(struct folder *folder, const char *product, const char *version,
                        const struct vt_error *why)
{
    struct vt_error told = *why;

    (void)vt_within(&told, "%s %s stays behind in the public folder", product, version);
    (void)vt_desk_pass_over(folder->desk, &told);
    if (folder->behind->count++ == 0 || why->code == VT_IO)
        folder->behind->code = why->code;
}

static const json_t *find_index_row(const json_t *rows, const char *product,
                                    const char *version)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (vt_slice_is(vt_field_text(row, "product"), product) &&
            vt_slice_is(vt_field_text(row, "version"), version))
            return row;
    }
    return NULL;
}

/* What was published and cannot be written is told, and keeps its row in the index, if it
 * had one. */
static bool keep_row(void *context, const char *product, const char *version,
                     const struct vt_error *why)
{
    struct folder *folder = context;
    const json_t *row =
        find_index_row(json_object_get(folder->index_before, "releases"), product, version);
    VT_AUTO_ARENA arena = vt_arena_new();

    if (row != NULL ||
        vt_disk_has(
            folder->desk->disk,
            vt_arena_printf(arena, "releases/%s/%s/release.tlog-proof", product, version)))
        fall_behind(folder, product, version, why);
    if (row != NULL)
        (void)json_array_append_new(folder->index,
                                    index_row(folder, product, version, row));
    return true;
}

static bool write_release(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct folder *folder = context;
    struct vt_error why = { 0 };

    (void)err;
    if (find_index_row(folder->index, docket->product, docket->version) != NULL)
        return true; /* it is withdrawn, and was written before the others */
    if (!docket->is_published || docket->release == NULL) {
        (void)vt_fail(&why, VT_REJECTED, "the desk lacks %s",
                      docket->is_published ? "what it was published with"
                                           : "its proof, or has one that does not count");
        return keep_row(folder, docket->product, docket->version, &why);
    }
    if (!write_outputs(folder, docket, &why))
        fall_behind(folder, docket->product, docket->version, &why);
    (void)json_array_append_new(folder->index,
                                index_row(folder, docket->product, docket->version,
                                          docket->release->envelope.statement.predicate));
    return true;
}

/* Before all others. */
static bool write_withdrawn(struct folder *folder, struct vt_desk *desk,
                            const struct vt_trust *trust, int64_t now_unix_s,
                            struct vt_error *err)
{
    size_t count = json_array_size(folder->parsed.withdrawn);
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_ROLL roll = NULL;

    if (count != 0 && !vt_roll_open(desk, trust, &roll, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct vt_listed row = vt_withdrawals_row(folder->parsed.withdrawn, i);
        struct vt_error later = { 0 }; /* told of when all are written */
        VT_AUTO_DOCKET docket = NULL;

        if (vt_docket_open_by(desk, roll, vt_arena_cstr(arena, row.product),
                              vt_arena_cstr(arena, row.version), now_unix_s, &docket,
                              &later) &&
            docket->is_published && docket->release != NULL &&
            !write_release(folder, docket, err))
            return false;
    }
    return true;
}

static json_t *read_index(struct vt_disk *disk)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(16));
    struct vt_error ignored = { 0 };
    json_t *index = NULL;

    if (!vt_disk_has(disk, "index.json") ||
        !vt_disk_read(disk, "index.json", &text, &ignored) ||
        !vt_json_parse(vt_buf_slice(&text), "index.json", &index, &ignored))
        return NULL;
    return index;
}

/* In order of product and version, as if the withdrawn had not come first. */
static int compare_index_rows(const void *left, const void *right)
{
    const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
    int order = vt_slice_compare(vt_field_text(a, "product"), vt_field_text(b, "product"));

    return order != 0
               ? order
               : vt_slice_compare(vt_field_text(a, "version"), vt_field_text(b, "version"));
}

static json_t *sorted(const json_t *rows)
{
    size_t count = json_array_size(rows);
    VT_AUTO_FREE json_t **list = vt_alloc((count + 1) * sizeof *list);
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++)
        list[i] = json_array_get(rows, i);
    qsort(list, count, sizeof *list, compare_index_rows);
    for (size_t i = 0; i < count; i++)
        (void)json_array_append(out, list[i]);
    return out;
}

/* The list before all that depends on it. */
static bool write_list(const struct folder *folder, vt_slice trust_bytes,
                       struct vt_error *err)
{
    return vt_disk_write(folder->disk, "trust.json", trust_bytes, 0644, err) &&
           vt_disk_write(folder->disk, "withdrawals.json", folder->list, 0644, err) &&
           vt_disk_write(folder->disk, "withdrawals.tlog-proof", folder->list_proof, 0644,
                         err);
}

static bool write_index(const struct folder *folder, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(16));
    VT_AUTO_JSON index = json_pack("{s:i,s:o}", "v", 1, "releases", sorted(folder->index));

    return vt_json_write_canonical(index, &text, err) &&
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

    if (!vt_disk_open(path, true, &disk, err)) {
        err->code = VT_IO; /* whatever the disk calls it: no folder can be made there */
        return vt_within(err, "the public folder");
    }
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
                       struct vt_behind *behind_out, struct vt_error *err)
{
    VT_AUTO_BUF list = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));
    VT_AUTO_ENVELOPE envelope = { 0 };
    VT_AUTO_JSON index = json_array();
    struct folder folder = { .desk = desk, .index = index, .behind = behind_out };
    struct vt_desk strict = *desk;
    uint64_t version;
    bool ok;

    *behind_out = (struct vt_behind){ 0 };
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
    strict.unread = keep_row;
    strict.context = &folder;
    folder.index_before = read_index(folder.disk);
    ok = write_list(&folder, trust_bytes, err) &&
         write_withdrawn(&folder, &strict, trust, now_unix_s, err) &&
         vt_desk_each(&strict, trust, now_unix_s, write_release, &folder, err) &&
         write_index(&folder, err);
    json_decref(folder.index_before);
    vt_disk_close(folder.disk);
    return ok;
}
