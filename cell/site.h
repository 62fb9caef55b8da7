/* What a cell publishes, as files that any web server may send.
 *
 *   public/head.json                 the newest head file; the only name that changes
 *   public/epoch/N.json              the head file of epoch N
 *   public/node/ab/HASH              256 hashes of the tree (fewer at the top); the
 *                                    name is their root
 *   public/bucket/SIZE/ab/HASH       a bucket, filled up to SIZE: the name is its leaf hash
 *   public/filter/HASH               a filter, a delta: the name is their SHA-256
 *   public/recipient/HASH            whom clients seal files to: cell/recipient.h
 *   public/ohttp/HASH                the key configuration of the gateway behind the relay
 *   private/                         what the next epoch needs: keys of filters, and which
 *                                    files were replaced when
 *
 * Names follow from content, so nothing that is there is ever changed, an epoch writes only
 * what is new, and every cache may keep what it has for ever.  A root leads down to every
 * bucket. */
#ifndef VT_CELL_SITE_H
#define VT_CELL_SITE_H

#include "base/base.h"
#include "cell/filter.h"
#include "cell/head.h"
#include "store/disk.h"

#define VT_CELL_PATH_BYTES 128

/* Paths below public/. */
void vt_cell_node_path(const vt_hash *root, char out[VT_CELL_PATH_BYTES]);
void vt_cell_bucket_path(uint64_t bucket_bytes, const vt_hash *leaf,
                         char out[VT_CELL_PATH_BYTES]);
void vt_cell_filter_path(const vt_hash *hash, char out[VT_CELL_PATH_BYTES]);
void vt_cell_ohttp_path(const vt_hash *hash, char out[VT_CELL_PATH_BYTES]);
#define VT_CELL_HEAD_PATH       "head.json"
#define VT_CELL_OHTTP_BYTES_MAX VT_KIB(4)

/* What kind of file is that? */
enum vt_cell_path {
    VT_CELL_PATH_NONE, /* no name that an epoch gives a file */
    VT_CELL_PATH_HEAD, /* the only one whose bytes change */
    VT_CELL_PATH_EPOCH,
    VT_CELL_PATH_NODE,
    VT_CELL_PATH_BUCKET,
    VT_CELL_PATH_FILTER,
    VT_CELL_PATH_OHTTP,
    VT_CELL_PATH_RECIPIENT,
};

/* path: below public/, without a slash in front.  One file has one name: another spelling
 * of it is none.  Whether the file is there is not asked. */
enum vt_cell_path vt_cell_path_kind(vt_slice path);

struct vt_cell_site;

/* Open for writing (one process at a time); made if missing.  Returned, end with
 * vt_cell_site_close.  Errors: VT_MALFORMED; VT_IO, also when somebody else writes */
VT_CHECKED bool vt_cell_site_open(const char *dir, struct vt_cell_site **out,
                                  struct vt_error *err);
void vt_cell_site_close(struct vt_cell_site *site); /* NULL allowed */
/* The newest head that was shown; NULL before the first.  Borrowed. */
const struct vt_head_file *vt_cell_site_head(const struct vt_cell_site *site);

/* What one epoch wrote. */
struct vt_cell_written {
    uint64_t buckets, nodes, removed;
    bool has_new_filter;
};

/* Write buckets, nodes, filter and delta of this table, durably, and say in *head what a
 * head has to say of them (tree, filter, delta).  Nothing is shown yet.
 * bits: VT_CELL_BITS_AUTO chooses.  width: of a new filter's fingerprints.
 * Errors: VT_MALFORMED, VT_LIMIT; VT_IO */
#define VT_CELL_BITS_AUTO UINT32_MAX
VT_CHECKED bool vt_cell_site_write(struct vt_cell_site *site,
                                   const struct vt_verdicts *table, unsigned bits,
                                   unsigned width, struct vt_cell_head *head,
                                   struct vt_cell_written *written, struct vt_error *err);
/* Publish the document of a recipient (cell/recipient.h), under its SHA-256, durably; it
 * stays.  VT_IO. */
VT_CHECKED bool vt_cell_site_put_recipient(struct vt_cell_site *site, vt_slice document,
                                           struct vt_error *err);
/* Publish a key configuration, under its SHA-256, durably; it stays.  VT_IO. */
VT_CHECKED bool vt_cell_site_put_ohttp(struct vt_cell_site *site, vt_slice config,
                                       struct vt_error *err);
/* Show the head file of what was written last; then files that were replaced `keep` epochs
 * ago or earlier are removed.
 * Errors: VT_MALFORMED not a head file, or not of that tree; VT_IO */
VT_CHECKED bool vt_cell_site_show(struct vt_cell_site *site, vt_slice head_file,
                                  uint64_t keep, struct vt_cell_written *written,
                                  struct vt_error *err);

#endif
