/* disorderfs over the area, or the area on tmpfs.  Scratch folders of a build, not durable
 * files: they do not go through store/. */
#include "line/vary_order.h"
#include <ftw.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/statfs.h>

enum { MOUNT_MS_MAX = 10000, WALK_FDS = 16 };
/* Less room than this on tmpfs is not worth a try. */
#define TMPFS_BYTES_MIN ((uint64_t)VT_MIB(256))

const char *vt_order_way_name(enum vt_order_way way)
{
    static const char *const names[] = { "plain", "disorderfs", "tmpfs" };

    return names[way];
}

static bool run_quietly(const char *const argv[])
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF said = vt_buf_init(VT_KIB(16));
    struct vt_child_options options = { .timeout_ms = MOUNT_MS_MAX,
                                        .output = &said,
                                        .errors = &said };
    struct vt_child_end end;

    return vt_child_run(argv, &options, &end, &err) && end.exit_code == 0;
}

static bool is_fuse(const char *path)
{
    struct statfs about;

    return statfs(path, &about) == 0 && about.f_type == FUSE_SUPER_MAGIC;
}

static void unmount(const char *path)
{
    const char *const gently[] = { "fusermount", "-u", path, NULL };
    const char *const lazily[] = { "fusermount", "-u", "-z", path, NULL };

    if (!is_fuse(path) || umount2(path, MNT_DETACH) == 0 || run_quietly(gently))
        return;
    (void)run_quietly(lazily);
}

/* Sorted and not reversed: a source is unpacked in order of name, and tmpfs lists the
 * youngest first, so that the reversed order is the one that a plain build sees.
 *
 * The kernel may keep names, also of what is not there: all changes go through the mount,
 * so that it knows of them.  It may not keep bytes: two hard links are two files to it, and
 * what is written into one would not be seen in the other. */
static bool mount_over(const char *backing, const char *place)
{
    bool is_root = geteuid() == 0;
    const char *const argv[] = { "disorderfs",
                                 "--quiet",
                                 is_root ? "--multi-user=yes" : "--multi-user=no",
                                 "--sort-dirents=yes",
                                 "--reverse-dirents=no",
                                 "--pad-blocks=0",
                                 "-o",
                                 "entry_timeout=86400,negative_timeout=86400",
                                 backing,
                                 place,
                                 NULL };

    if (!run_quietly(argv))
        return false;
    if (is_fuse(place))
        return true;
    unmount(place);
    return false;
}

static bool begin_disorderfs(const char *backing, struct vt_order *out)
{
    struct stat about;

    if (stat(backing, &about) != 0 ||
        snprintf(out->area, sizeof out->area, "%s.order", backing) >=
            (int)sizeof out->area ||
        mkdir(out->area, 0700) != 0)
        return false;
    if (mount_over(backing, out->area)) {
        memcpy(out->made, out->area, sizeof out->made);
        out->way = VT_ORDER_DISORDERFS;
        return true;
    }
    (void)rmdir(out->area);
    return false;
}

static bool is_roomy_tmpfs(const char *path)
{
    struct statfs about;
    uint64_t room;

    return statfs(path, &about) == 0 && about.f_type == TMPFS_MAGIC &&
           !__builtin_mul_overflow((uint64_t)about.f_bavail, (uint64_t)about.f_bsize,
                                   &room) &&
           room >= TMPFS_BYTES_MIN;
}

/* A folder like the backing one, on /dev/shm. */
static bool begin_tmpfs(const char *backing, struct vt_order *out)
{
    static const char pattern[] = "/dev/shm/vitrine-order-XXXXXX";
    struct stat about;

    if (!is_roomy_tmpfs("/dev/shm") || stat(backing, &about) != 0)
        return false;
    memcpy(out->made, pattern, sizeof pattern);
    if (mkdtemp(out->made) == NULL) {
        out->made[0] = '\0';
        return false;
    }
    memcpy(out->area, out->made, sizeof out->area);
    out->way = VT_ORDER_TMPFS;
    if (chmod(out->area, about.st_mode & 07777) == 0 &&
        (geteuid() != 0 || chown(out->area, about.st_uid, about.st_gid) == 0))
        return true;
    vt_order_end(out);
    return false;
}

bool vt_order_begin(const char *backing, struct vt_order *out, struct vt_error *err)
{
    *out = (struct vt_order){ 0 };
    if (begin_disorderfs(backing, out) || begin_tmpfs(backing, out))
        return true;
    out->way = VT_ORDER_PLAIN;
    if (snprintf(out->area, sizeof out->area, "%s", backing) >= (int)sizeof out->area)
        return vt_fail(err, VT_IO, "%s: path too long", backing);
    return true;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *at)
{
    (void)about;
    (void)type;
    (void)at;
    (void)remove(path);
    return 0;
}

void vt_order_end(struct vt_order *order)
{
    if (order->way == VT_ORDER_DISORDERFS) {
        unmount(order->area);
        (void)rmdir(order->made);
    } else if (order->way == VT_ORDER_TMPFS) {
        (void)nftw(order->made, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    }
    *order = (struct vt_order){ 0 };
}
