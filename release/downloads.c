/* Watching what is offered for download. */
#include "release/downloads.h"
#include "evidence/bundle.h"
#include "ledger/tlog_proof.h"
#include "wire/hex.h"

enum { SEEN_BYTES_MAX = VT_KIB(8) };

struct look {
    const struct vt_downloads *downloads;
    struct vt_arena *arena;
    struct vt_place *place;
    const char *folder; /* of what was seen of this place */
    struct vt_index index;
    const char **paths; /* of the index's files, sorted; owned */
    bool is_well;       /* the file in hand */
};

/* What was seen of a file. */
struct seen {
    const char *file;     /* where it is remembered */
    int64_t first_unix_s; /* with this content; 0: never */
    struct vt_place_about about;
    vt_hash hash;
};

static bool find(struct look *l, const char *kind, const char *path, const char *why,
                 json_t *more, struct vt_error *err)
{
    const char *what =
        vt_arena_printf(l->arena, "%s/%s: %s", vt_place_name(l->place), path, why);

    l->is_well = false;
    return l->downloads->found(l->downloads->context, kind, what,
                               more != NULL ? more : json_object(), err);
}

static const char *path_of(struct look *l, const struct vt_index_file *file)
{
    return vt_arena_printf(l->arena, "%.*s/%.*s/%.*s", VT_SLICE_ARGS(file->product),
                           VT_SLICE_ARGS(file->version), VT_SLICE_ARGS(file->name));
}

/* ---- the evidence -----------------------------------------------------------------------
 */

static bool is_about(const struct vt_evidence *evidence, const struct vt_index_file *file,
                     struct vt_error *err)
{
    VT_AUTO_FREE struct vt_release *release = vt_alloc(sizeof *release);

    if (!vt_release_read(&evidence->release->statement, release, err))
        return false;
    if (!vt_slice_equal(release->product, file->product) ||
        !vt_slice_equal(release->version, file->version))
        return vt_fail(err, VT_REJECTED, "its evidence is of another release");
    for (size_t i = 0; i < release->output_count; i++)
        if (vt_slice_equal(release->outputs[i].name, file->name) &&
            vt_hash_equal(&release->outputs[i].hash, &file->hash))
            return true;
    return vt_fail(err, VT_REJECTED, "its evidence is of another file");
}

static bool is_signed(const struct vt_trust *trust, const struct vt_evidence *evidence,
                      const struct vt_index_file *file, int64_t time_unix_s,
                      struct vt_error *err)
{
    static const enum vt_trust_role roles[] = { VT_ROLE_VENDOR, VT_ROLE_SUPERVISOR };

    for (size_t i = 0; i < 2; i++)
        if (vt_trust_count(trust, roles[i], evidence->release, time_unix_s, file->product)
                .outcome != VT_COUNT_ENOUGH)
            return vt_fail(err, VT_REJECTED, "its release is not signed by the %s",
                           i == 0 ? "vendor" : "supervisor");
    return true;
}

bool vt_downloads_judge(const struct vt_trust *trust, vt_slice bytes,
                        const struct vt_index_file *file, struct vt_downloads_proof *out,
                        struct vt_error *err)
{
    VT_AUTO_EVIDENCE evidence = NULL;
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;

    if (!vt_evidence_parse(bytes, &evidence, err) || !is_about(evidence, file, err) ||
        !vt_tlog_proof_parse(evidence->proof, &proof, err) ||
        !vt_tlog_proof_verify(&proof, &evidence->release_leaf, &trust->policy,
                              trust->release_origin, &verdict, err) ||
        !is_signed(trust, evidence, file, verdict.time_unix_s, err))
        return false;
    *out = (struct vt_downloads_proof){ verdict.time_unix_s, proof.index,
                                        evidence->release_leaf };
    return true;
}

/* ---- what was seen before ---------------------------------------------------------------
 */

static bool read_seen(const json_t *json, struct seen *seen, struct vt_error *err)
{
    static const char *const names[] = { "first", "modified", "path", "sha256",
                                         "size",  "v",        NULL };
    json_int_t first, modified, size;
    uint64_t version;

    if (!vt_json_only(json, seen->file, names, err) ||
        !vt_json_get_number(json, seen->file, "v", &version, err) ||
        !vt_json_get_sha256(json, seen->file, "sha256", seen->hash.bytes, err))
        return false;
    if (version != 1 || json_unpack((json_t *)(uintptr_t)json, "{s:I,s:I,s:I}", "first",
                                    &first, "modified", &modified, "size", &size) != 0)
        return vt_fail(err, VT_MALFORMED, "%s: is damaged; remove it", seen->file);
    seen->first_unix_s = first;
    seen->about = (struct vt_place_about){ modified, size };
    return true;
}

static bool recall(struct look *l, const char *path, struct seen *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(SEEN_BYTES_MAX);
    VT_AUTO_JSON json = NULL;
    vt_hash id = vt_sha256_of(vt_slice_from_cstr(path));
    char hex[VT_HEX256_BYTES];

    vt_hash_text(&id, hex);
    memset(out, 0, sizeof *out);
    out->file = vt_arena_printf(l->arena, "%s/%s.json", l->folder, hex);
    if (!vt_disk_read(l->downloads->disk, out->file, &bytes, err))
        return err->code == VT_ABSENT;
    return vt_json_parse_canonical(vt_buf_slice(&bytes), out->file, &json, err) &&
           read_seen(json, out, err);
}

static bool remember(struct look *l, const char *path, const struct seen *seen,
                     struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(SEEN_BYTES_MAX);
    char hex[VT_HEX256_BYTES];
    VT_AUTO_JSON json = NULL;

    vt_hash_text(&seen->hash, hex);
    json = json_pack("{s:I,s:I,s:s,s:s,s:I,s:i}", "first", (json_int_t)seen->first_unix_s,
                     "modified", (json_int_t)seen->about.modified_unix_s, "path", path,
                     "sha256", hex, "size", (json_int_t)seen->about.size_bytes, "v", 1);
    return vt_json_write_canonical(json, &bytes, err) &&
           vt_disk_write(l->downloads->disk, seen->file, vt_buf_slice(&bytes), 0644, err);
}

/* The file as it is offered now: hashed again only if its time or size is another. */
static bool see(struct look *l, const char *path, struct seen *seen, struct vt_error *why,
                struct vt_error *err)
{
    struct vt_place_about about;
    vt_hash hash;

    if (!recall(l, path, seen, err))
        return false;
    if (!vt_place_look(l->place, path, &about, why))
        return true;
    if (seen->first_unix_s != 0 && about.modified_unix_s != -1 &&
        about.modified_unix_s == seen->about.modified_unix_s &&
        about.size_bytes == seen->about.size_bytes)
        return true;
    if (!vt_place_hash(l->place, path, &hash, why))
        return true;
    if (seen->first_unix_s == 0 || !vt_hash_equal(&hash, &seen->hash))
        seen->first_unix_s = l->downloads->now_unix_s;
    seen->hash = hash;
    seen->about = about;
    return remember(l, path, seen, err);
}

/* ---- judging ----------------------------------------------------------------------------
 */

static bool tell_early(struct look *l, const char *path, const char *how, int64_t served,
                       int64_t logged, struct vt_error *err)
{
    char served_text[VT_TIME_TEXT_BYTES], logged_text[VT_TIME_TEXT_BYTES];

    vt_time_write(served, served_text);
    vt_time_write(logged, logged_text);
    return find(
        l, "early", path,
        vt_arena_printf(l->arena, "%s %s, but the witnesses saw its release only at %s",
                        how, served_text, logged_text),
        json_pack("{s:I,s:I}", "served", (json_int_t)served, "logged", (json_int_t)logged),
        err);
}

static bool check_time(struct look *l, const char *path, const struct seen *seen,
                       int64_t logged, struct vt_error *err)
{
    int64_t claimed = seen->about.modified_unix_s, limit = logged - VT_DOWNLOADS_SLACK_S;

    if (seen->first_unix_s < limit)
        return tell_early(l, path, "was offered here at", seen->first_unix_s, logged, err);
    return claimed == -1 || claimed >= limit ||
           tell_early(l, path, "is offered, says the server, since", claimed, logged, err);
}

static bool check_entry(struct look *l, const char *path,
                        const struct vt_downloads_proof *proof, struct vt_error *err)
{
    const struct vt_downloads *d = l->downloads;
    enum vt_downloads_entry entry;

    if (!d->entry(d->context, proof->index, &proof->leaf, &entry, err))
        return false;
    if (entry == VT_ENTRY_IS_IT ||
        (entry == VT_ENTRY_UNSHOWN && d->now_unix_s - proof->time_unix_s <= d->withheld_s))
        return true;
    return find(l, "unlogged", path,
                vt_arena_printf(l->arena,
                                entry == VT_ENTRY_IS_OTHER
                                    ? "its release is not entry %ju of the ledger: that "
                                      "is another"
                                    : "its release is entry %ju, which the ledger does "
                                      "not show",
                                (uintmax_t)proof->index),
                json_pack("{s:I}", "index", (json_int_t)proof->index), err);
}

static bool check_evidence(struct look *l, const struct vt_index_file *file,
                           const char *path, const struct seen *seen, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    struct vt_downloads_proof proof;
    struct vt_error why = { 0 };

    if (!vt_place_read(l->place, vt_arena_printf(l->arena, "%s.evidence", path), &bytes,
                       &why))
        return why.code == VT_ABSENT
                   ? find(l, "unproven", path, "is offered without evidence", NULL, err)
                   : find(l, "unreachable", path, why.message, NULL, err);
    if (!vt_downloads_judge(l->downloads->trust, vt_buf_slice(&bytes), file, &proof, &why))
        return find(l, "unproven", path, why.message, NULL, err);
    return check_time(l, path, seen, proof.time_unix_s, err) &&
           check_entry(l, path, &proof, err);
}

static bool check_file(struct look *l, const struct vt_index_file *file,
                       struct vt_error *err)
{
    const char *path = path_of(l, file);
    struct vt_error why = { 0 };
    struct seen seen;
    bool is_ok;

    l->is_well = true;
    if (!see(l, path, &seen, &why, err))
        return false;
    if (why.code == VT_ABSENT)
        is_ok = find(l, "unreachable", path, "is listed, but not there", NULL, err);
    else if (why.code != VT_OK)
        is_ok = find(l, "unreachable", path, why.message, NULL, err);
    else if (!vt_hash_equal(&seen.hash, &file->hash))
        is_ok = find(l, "altered", path, "is not what the index says it is", NULL, err);
    else
        is_ok = check_evidence(l, file, path, &seen, err);
    l->downloads->looked(l->downloads->context, l->is_well);
    return is_ok;
}

/* ---- what no release lists --------------------------------------------------------------
 */

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_paths(struct look *l)
{
    l->paths = vt_alloc_array(l->index.count + 1, sizeof *l->paths);
    for (size_t i = 0; i < l->index.count; i++)
        l->paths[i] = path_of(l, &l->index.files[i]);
    qsort(l->paths, l->index.count, sizeof *l->paths, compare_paths);
}

static bool is_listed(const struct look *l, const char *path)
{
    return bsearch(&path, l->paths, l->index.count, sizeof *l->paths, compare_paths) !=
           NULL;
}

static bool check_unlisted(void *context, const char *name, struct vt_error *err)
{
    static const char *const known[] = { VT_INDEX_NAME, "trust.json", "withdrawals.json",
                                         "withdrawals.tlog-proof" };
    static const size_t suffix = sizeof ".evidence" - 1;
    struct look *l = context;
    vt_slice path = vt_slice_from_cstr(name);

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (vt_slice_is(path, known[i]))
            return true;
    if (is_listed(l, name) ||
        (vt_slice_ends_with(path, VT_LIT(".evidence")) &&
         is_listed(l, vt_arena_printf(l->arena, "%.*s", (int)(path.len - suffix), name))))
        return true;
    l->downloads->looked(l->downloads->context, false);
    return find(l, "unproven", name, "is offered, but no release lists it", NULL, err);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool look(struct look *l, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_INDEX_BYTES_MAX);
    struct vt_error why = { 0 };
    bool is_read = vt_place_read(l->place, VT_INDEX_NAME, &bytes, &why);

    if (!is_read || !vt_index_parse(vt_buf_slice(&bytes), &l->index, &why)) {
        l->downloads->looked(l->downloads->context, false);
        return find(l, is_read ? "refused" : "unreachable", VT_INDEX_NAME, why.message,
                    NULL, err);
    }
    for (size_t i = 0; i < l->index.count; i++)
        if (!check_file(l, &l->index.files[i], err))
            return false;
    sort_paths(l);
    return vt_place_walk(l->place, check_unlisted, l, err);
}

bool vt_downloads_look(const struct vt_downloads *downloads, const char *where,
                       struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct look l = { .downloads = downloads, .arena = arena };
    vt_hash id = vt_sha256_of(vt_slice_from_cstr(where));
    char hex[VT_HEX256_BYTES];
    bool is_ok;

    vt_hash_text(&id, hex);
    l.folder = vt_arena_printf(arena, "downloads/%s", hex);
    l.place = vt_place_new(where);
    is_ok = look(&l, err);
    vt_index_clear(&l.index);
    free(l.paths);
    vt_place_close(l.place);
    return is_ok;
}
