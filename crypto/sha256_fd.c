/* The hash of a whole descriptor, in bounded memory. */
#include "crypto/sha256.h"

bool vt_sha256_fd(int fd, const char *name, vt_hash *out, uint64_t *bytes_out,
                  struct vt_error *err)
{
    static const size_t piece_bytes = VT_KIB(256); /* larger pieces gain nothing */
    struct vt_sha256 state;
    uint64_t total = 0;
    uint8_t *piece = malloc(piece_bytes);

    if (piece == NULL)
        return vt_fail(err, VT_IO, "%s: out of memory", name);
    vt_sha256_init(&state);
    for (;;) {
        ssize_t got = read(fd, piece, piece_bytes);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            (void)vt_fail(err, VT_IO, "%s: cannot read: %s", name, strerror(errno));
            free(piece);
            return false;
        }
        if (got == 0)
            break;
        vt_sha256_add(&state, vt_slice_of(piece, (size_t)got));
        total += (uint64_t)got;
    }
    free(piece);
    vt_sha256_end(&state, out);
    *bytes_out = total;
    return true;
}
