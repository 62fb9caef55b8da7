/* The bytes of a file in the model of a disk (tests/disk_model.h): blocks, of which most
 * may be missing (they are zeros) and several files may hold the same, so that a run costs
 * what was written and not what was reserved, and a sync next to nothing. */
#ifndef VT_TESTS_DISK_CONTENT_H
#define VT_TESTS_DISK_CONTENT_H

#include "base/base.h"

struct vt_disk_block;

/* All zeros is an empty file.  A failure ends the test case. */
struct vt_disk_content {
    struct vt_disk_block **blocks; /* owned, with a share in each; NULL: zeros */
    size_t room;                   /* blocks in the table; behind it all are zeros */
    size_t size;                   /* of the file, in bytes */
};

void vt_disk_content_clear(struct vt_disk_content *content);
/* Cut, or made longer by zeros. */
void vt_disk_content_resize(struct vt_disk_content *content, size_t size);
/* Write len bytes at `at`, beyond the end too; NULL: zeros. */
void vt_disk_content_put(struct vt_disk_content *content, size_t at, const uint8_t *bytes,
                         size_t len);
/* Write what the other has there. */
void vt_disk_content_put_from(struct vt_disk_content *to,
                              const struct vt_disk_content *from, size_t at, size_t len);
void vt_disk_content_copy(struct vt_disk_content *to, const struct vt_disk_content *from);
bool vt_disk_content_equals(const struct vt_disk_content *a,
                            const struct vt_disk_content *b);
/* Into an open, empty file, with holes where there is nothing. */
void vt_disk_content_store(const struct vt_disk_content *content, int fd);

#endif
