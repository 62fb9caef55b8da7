/* The desk as a folder: laying statements down and finding them again. */
#include "release/authorisations.h"
#include "evidence/inquiry.h"

enum { LOCK_MS_MAX = 30000 };

bool vt_desk_open(const char *path, bool is_new, struct vt_desk *out, struct vt_error *err)
{
    struct vt_desk desk = { .path = path };

    if (!vt_disk_open(path, is_new, &desk.disk, err))
        return vt_within(err, "desk");
    *out = desk;
    return true;
}

void vt_desk_close(struct vt_desk *desk)
{
    if (desk->disk != NULL)
        vt_disk_close(desk->disk);
    *desk = (struct vt_desk){ 0 };
}

bool vt_desk_lock(struct vt_desk *desk, struct vt_error *err)
{
    return vt_disk_lock_within(desk->disk, LOCK_MS_MAX, err) || vt_within(err, "desk");
}

bool vt_name_verify_part(const char *name, struct vt_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.+~_-:";
    size_t len = strlen(name);

    if (len == 0 || len > VT_NAME_PART_MAX || name[0] == '.' || name[0] == '-' ||
        strspn(name, allowed) != len)
        return vt_fail(err, VT_REJECTED,
                       "'%s' is no name of a product or version: letters, "
                       "digits and .+~_-: are taken",
                       name);
    return true;
}

bool vt_name_verify_product(const char *product, struct vt_error *err)
{
    static const char *const taken[] = { "index.json", "trust.json", "withdrawals.json",
                                         "withdrawals.tlog-proof" };

    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (strcmp(product, taken[i]) == 0)
            return vt_fail(err, VT_REJECTED,
                           "no product is called %s: the public folder has a file of that "
                           "name",
                           product);
    return vt_name_verify_part(product, err);
}

bool vt_outputs_verify_names(const char *const *names, size_t count, struct vt_error *err)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            size_t len = strlen(names[i]);

            if (strncmp(names[k], names[i], len) == 0 &&
                strcmp(names[k] + len, ".evidence") == 0)
                return vt_fail(err, VT_REJECTED,
                               "output %s has the name of the evidence of output %s: the "
                               "recipe has to call it something else",
                               names[k], names[i]);
        }
    return true;
}

bool vt_docket_put(struct vt_desk *desk, const char *product, const char *version,
                   vt_slice envelope, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    vt_hash digest = vt_envelope_digest(envelope);
    const char *name;
    char hex[65];

    vt_hash_text(&digest, hex);
    name = vt_arena_printf(arena, "releases/%s/%s/%s.json", product, version, hex);
    if (vt_disk_has(desk->disk, name))
        return true;
    return vt_disk_write(desk->disk, name, envelope, 0644, err);
}

bool vt_docket_blobs(struct vt_desk *desk, const char *product, const char *version,
                     struct vt_blobs **blobs_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_blobs_open_below(
        desk->disk, vt_arena_printf(arena, "releases/%s/%s/blobs", product, version),
        blobs_out, err);
}

static bool open_document(const char *path, int *fd, struct vt_error *err)
{
    uint64_t bytes;

    if (!vt_file_open(path, fd, &bytes, err))
        return false;
    if (bytes > VT_DOCUMENT_BYTES_MAX)
        return vt_fail(
            err, VT_LIMIT,
            "%s: %ju bytes, a document has at most %ju; publish it elsewhere and "
            "give a file with its digest",
            path, (uintmax_t)bytes, (uintmax_t)VT_DOCUMENT_BYTES_MAX);
    return true;
}

bool vt_document_check(const char *path, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;

    return open_document(path, &fd, err);
}

bool vt_document_put(struct vt_blobs *blobs, const char *path, vt_hash *hash_out,
                     uint64_t *bytes_out, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;

    return open_document(path, &fd, err) &&
           vt_blobs_put_fd(blobs, fd, path, hash_out, bytes_out, err);
}

/* ---- walking over releases -------------------------------------------------------------
 */

struct walk {
    struct vt_desk *desk;
    const struct vt_roll *roll;
    int64_t now_unix_s;
    bool (*each)(void *context, struct vt_docket *docket, struct vt_error *err);
    void *context;
    const char *product;
};

bool vt_desk_pass_over(const struct vt_desk *desk, const struct vt_error *why)
{
    if (desk->passed_over != NULL)
        desk->passed_over(desk->context, why->message);
    return desk->passed_over != NULL;
}

/* May this entry of a folder of releases be one?  If not, that is told. */
static bool is_part(const struct vt_desk *desk, const char *folder, const char *name,
                    bool is_folder)
{
    struct vt_error why = { 0 };

    if (!is_folder)
        (void)vt_fail(&why, VT_REJECTED, "%s/%s is no folder and was passed over", folder,
                      name);
    else if (vt_name_verify_part(name, &why))
        return true;
    else
        (void)vt_within(&why, "%s: passed over", folder);
    (void)vt_desk_pass_over(desk, &why);
    return false;
}

static bool walk_version(void *context, const char *name, bool is_folder,
                         struct vt_error *err)
{
    struct walk *walk = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_DOCKET docket = NULL;
    struct vt_error why = { 0 };

    if (!is_part(walk->desk, vt_arena_printf(arena, "releases/%s", walk->product), name,
                 is_folder))
        return true;
    if (vt_docket_open_by(walk->desk, walk->roll, walk->product, name, walk->now_unix_s,
                          &docket, &why))
        return walk->each(walk->context, docket, err);
    *err = why;
    if (walk->desk->unread != NULL)
        return walk->desk->unread(walk->desk->context, walk->product, name, &why);
    (void)vt_within(&why, "%s %s is passed over", walk->product, name);
    return vt_desk_pass_over(walk->desk, &why);
}

static bool walk_product(void *context, const char *name, bool is_folder,
                         struct vt_error *err)
{
    struct walk *walk = context;
    VT_AUTO_ARENA arena = vt_arena_new();

    if (!is_part(walk->desk, "releases", name, is_folder))
        return true;
    walk->product = name;
    return vt_disk_list(walk->desk->disk, vt_arena_printf(arena, "releases/%s", name),
                        walk_version, walk, err);
}

bool vt_desk_each(struct vt_desk *desk, const struct vt_trust *trust, int64_t now_unix_s,
                  bool (*each)(void *context, struct vt_docket *docket,
                               struct vt_error *err),
                  void *context, struct vt_error *err)
{
    struct walk walk = { desk, NULL, now_unix_s, each, context, NULL };
    VT_AUTO_ROLL roll = NULL;

    if (!vt_disk_has(desk->disk, "releases"))
        return true;
    if (!vt_roll_open(desk, trust, &roll, err))
        return false;
    walk.roll = roll;
    return vt_disk_list(desk->disk, "releases", walk_product, &walk, err);
}

/* ---- withdrawals -----------------------------------------------------------------------
 */

static bool note_version(void *context, const char *name, bool is_folder,
                         struct vt_error *err)
{
    uint64_t *newest = context, version;
    size_t len = strlen(name);

    (void)err;
    if (!is_folder && len > 11 && strcmp(name + len - 11, ".tlog-proof") == 0 &&
        vt_decimal_parse(vt_slice_of(name, len - 11), &version) && version > *newest)
        *newest = version;
    return true;
}

bool vt_desk_newest_list(struct vt_desk *desk, uint64_t *version_out,
                         struct vt_buf *envelope, struct vt_buf *proof,
                         struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    uint64_t version = 0;

    if (vt_disk_has(desk->disk, "withdrawals") &&
        !vt_disk_list(desk->disk, "withdrawals", note_version, &version, err))
        return false;
    *version_out = version;
    if (version == 0)
        return true;
    return (envelope == NULL ||
            vt_disk_read(desk->disk,
                         vt_arena_printf(arena, "withdrawals/%ju.json", (uintmax_t)version),
                         envelope, err)) &&
           (proof == NULL ||
            vt_disk_read(
                desk->disk,
                vt_arena_printf(arena, "withdrawals/%ju.tlog-proof", (uintmax_t)version),
                proof, err));
}
