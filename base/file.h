/* Descriptors released by scope, and reading files.  Writing files that matter is the
 * work of store/. */
#ifndef VT_BASE_FILE_H
#define VT_BASE_FILE_H

#define VT_AUTO_FD __attribute__((cleanup(vt_fd_close))) int

void vt_fd_close(int *fd); /* closes if >= 0, sets -1, keeps errno */
int vt_take_fd(int *fd);   /* disarms the cleanup and returns the descriptor */

/* Read everything from an open descriptor; VT_LIMIT beyond out->bytes_max. */
VT_CHECKED bool vt_fd_read_all(int fd, const char *name, struct vt_buf *out,
                               struct vt_error *err);
/* The same, of a file of about `size` bytes: they are read in one piece. */
VT_CHECKED bool vt_fd_read_sized(int fd, const char *name, uint64_t size,
                                 struct vt_buf *out, struct vt_error *err);
/* Up to len bytes from `at` on, past EINTR and short reads; *got_out is less at the end of
 * the file.  VT_IO. */
VT_CHECKED bool vt_fd_read_at(int fd, const char *name, uint64_t at, uint8_t *out,
                              size_t len, size_t *got_out, struct vt_error *err);
/* Write all of it, past EINTR and short writes.  VT_IO. */
VT_CHECKED bool vt_fd_write_all(int fd, const char *name, vt_slice bytes,
                                struct vt_error *err);

/* Read a whole regular file (no directory, device, socket, FIFO) into out, which is
 * emptied first.
 * Errors: VT_IO    missing, unreadable, not a regular file (the sentence says which)
 *         VT_LIMIT larger than out->bytes_max */
VT_CHECKED bool vt_file_read(const char *path, struct vt_buf *out, struct vt_error *err);

/* Open a regular file for reading, with the same errors and sentences. */
VT_CHECKED bool vt_file_open(const char *path, int *fd_out, uint64_t *size_bytes_out,
                             struct vt_error *err);

/* A whole file as a slice, mapped for reading; NULL data when it is empty.  Of a file that
 * grows meanwhile it holds what was there. */
struct vt_mapping {
    vt_slice bytes;
};

#define VT_AUTO_MAPPING __attribute__((cleanup(vt_mapping_clear))) struct vt_mapping
/* fd may be closed afterwards; name: for messages.  VT_IO. */
VT_CHECKED bool vt_mapping_init(struct vt_mapping *mapping, int fd, const char *name,
                                struct vt_error *err);
void vt_mapping_clear(struct vt_mapping *mapping);
/* Disarms the cleanup and returns the mapping. */
struct vt_mapping vt_mapping_take(struct vt_mapping *mapping);

bool vt_path_exists(const char *path);

#endif
