/* See remarks.h. */
#include "centre/remarks.h"
#include "crypto/age_whole.h"
#include "wire/hex.h"

/* ---- names ------------------------------------------------------------------------------
 */

static const char *folder_of(struct vt_arena *arena, const vt_hash *invitation)
{
    char hex[VT_HEX256_BYTES];

    vt_hash_text(invitation, hex);
    return vt_arena_printf(arena, VT_CENTRE_NOTES "/%s", hex);
}

static const char *path_of(struct vt_arena *arena, const vt_hash *invitation,
                           uint32_t number)
{
    return vt_arena_printf(arena, "%s/%010ju.age", folder_of(arena, invitation),
                           (uintmax_t)number);
}

static bool number_of(vt_slice name, uint32_t *out)
{
    uint64_t number = 0;

    if (name.len != VT_REMARKS_NUMBER_CHARS + 4 ||
        !vt_slice_ends_with(name, VT_LIT(".age")))
        return false;
    for (size_t i = 0; i < VT_REMARKS_NUMBER_CHARS; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(name.data[i] - '0'); /* ten digits: fits */
    }
    *out = (uint32_t)number;
    return number != 0 && number <= UINT32_MAX;
}

/* ---- writing ----------------------------------------------------------------------------
 */

static bool has_room(struct vt_disk *disk, const vt_hash *invitation, const char *path,
                     struct vt_error *err)
{
    VT_AUTO_FREE struct vt_remark_numbers *all = vt_alloc(sizeof *all);

    if (vt_disk_has(disk, path))
        return true;
    return vt_remarks_list(disk, invitation, all, err) &&
           (all->count < VT_REMARKS_MAX ||
            vt_fail(err, VT_LIMIT, "you have %d notes here: delete some, then write more",
                    VT_REMARKS_MAX));
}

bool vt_remarks_write(struct vt_disk *disk, const struct vt_env *env,
                      const struct vt_age_recipient *foundation,
                      const struct vt_age_recipient *writer,
                      const struct vt_kept_remark *kept, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF plain = vt_buf_init(VT_REMARK_PLAIN_BYTES);
    VT_AUTO_BUF age = vt_buf_init(VT_REMARK_FILE_BYTES);
    const struct vt_age_recipient *const readers[] = { foundation, writer };
    const char *path = path_of(arena, &kept->invitation, kept->number);

    vt_remark_plain_write(kept, &plain);
    if (!has_room(disk, &kept->invitation, path, err) ||
        !vt_age_seal_whole(env, readers, 2, vt_buf_slice(&plain), &age, err))
        return false;
    VT_ASSERT(age.len == VT_REMARK_FILE_BYTES);
    return vt_disk_write(disk, path, vt_buf_slice(&age), 0600, err);
}

bool vt_remarks_remove(struct vt_disk *disk, const vt_hash *invitation, uint32_t number,
                       struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_disk_remove(disk, path_of(arena, invitation, number), err) ||
           (err->code == VT_ABSENT &&
            vt_fail(err, VT_ABSENT, "there is no note %ju", (uintmax_t)number));
}

/* ---- reading ----------------------------------------------------------------------------
 */

bool vt_remarks_read(struct vt_disk *disk, const vt_hash *invitation, uint32_t number,
                     const struct vt_age_identity *identity, struct vt_buf *plain,
                     struct vt_kept_remark *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF age = vt_buf_init(VT_REMARK_FILE_BYTES);
    struct vt_kept_remark kept;

    if (!vt_disk_read(disk, path_of(arena, invitation, number), &age, err))
        return err->code == VT_ABSENT
                   ? vt_fail(err, VT_ABSENT, "there is no note %ju", (uintmax_t)number)
                   : false;
    vt_buf_truncate(plain, 0);
    if (!vt_age_open_whole(identity, vt_buf_slice(&age), plain, err))
        return vt_within(err, "note %ju", (uintmax_t)number);
    if (!vt_remark_plain_read(vt_buf_slice(plain), &kept))
        return vt_fail(err, VT_MALFORMED, "note %ju: what was sealed has no form",
                       (uintmax_t)number);
    if (kept.number != number || !vt_hash_equal(&kept.invitation, invitation))
        return vt_fail(err, VT_REJECTED, "note %ju: it is another one, moved here",
                       (uintmax_t)number);
    *out = kept;
    return true;
}

static bool take_name(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct vt_remark_numbers *out = context;
    uint32_t number;

    if (is_folder || !number_of(vt_slice_from_cstr(name), &number))
        return vt_fail(err, VT_MALFORMED, VT_CENTRE_NOTES ": '%s' is not the porter's",
                       name);
    if (out->count == VT_REMARKS_MAX)
        return vt_fail(err, VT_LIMIT, VT_CENTRE_NOTES ": over %d of one invitation",
                       VT_REMARKS_MAX);
    out->rows[out->count++] = number; /* names are sorted, and so are the numbers */
    return true;
}

bool vt_remarks_list(struct vt_disk *disk, const vt_hash *invitation,
                     struct vt_remark_numbers *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    out->count = 0;
    if (vt_disk_list(disk, folder_of(arena, invitation), take_name, out, err))
        return true;
    if (err->code != VT_ABSENT)
        return false;
    *err = (struct vt_error){ 0 };
    return true;
}
