/* The digest of rule pack and ClamAV databases. */
#include "cell/scan_rules.h"
#include <dirent.h>

enum { FILES_MAX = 1024 };

static int keep(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool put_line(int folder, const char *path, const char *name, struct vt_buf *lines,
                     struct vt_error *err)
{
    VT_AUTO_FD fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat about;
    char hex[65];
    vt_hash hash;
    uint64_t size;

    if (fd < 0 && errno != ELOOP)
        return vt_fail(err, VT_IO, "%s/%s: %s", path, name, strerror(errno));
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISDIR(about.st_mode))
        return true;
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return vt_fail(err, VT_REJECTED, "%s/%s: no ordinary file; take it out", path,
                       name);
    if (!vt_sha256_fd(fd, name, &hash, &size, err))
        return vt_within(err, "%s", path);
    vt_hash_text(&hash, hex);
    vt_buf_printf(lines, "%s %ju %s\n", hex, (uintmax_t)size, name);
    return true;
}

bool vt_scan_clamav_digest(const char *folder, vt_hash *out, struct vt_error *err)
{
    VT_AUTO_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    VT_AUTO_BUF lines = vt_buf_init(VT_MIB(1));
    struct dirent **entries = NULL;
    int count = fd >= 0 ? scandirat(fd, ".", &entries, keep, by_bytes) : -1;
    bool ok = true;

    if (count < 0)
        return vt_fail(err, VT_IO, "%s: %s", folder, strerror(errno));
    if (count > FILES_MAX)
        ok = vt_fail(err, VT_LIMIT, "%s: %d files, at most %d are taken", folder, count,
                     FILES_MAX);
    for (int i = 0; i < count; i++) {
        ok = ok && put_line(fd, folder, entries[i]->d_name, &lines, err);
        free(entries[i]);
    }
    free(entries);
    if (!ok || !vt_buf_check(&lines, folder, err))
        return false;
    *out = vt_sha256_of(vt_buf_slice(&lines));
    return true;
}

vt_hash vt_scan_rules_digest(const vt_hash *pack, const vt_hash *clamav)
{
    VT_AUTO_BUF text = vt_buf_init(256);
    char hex[65];

    VT_ASSERT(pack != NULL || clamav != NULL);
    if (clamav == NULL)
        return *pack;
    vt_buf_put_text(&text, "vitrine/scan-rules/v1\n");
    if (pack != NULL) {
        vt_hash_text(pack, hex);
        vt_buf_printf(&text, "yara %s\n", hex);
    }
    vt_hash_text(clamav, hex);
    vt_buf_printf(&text, "clamav %s\n", hex);
    return vt_sha256_of(vt_buf_slice(&text));
}
