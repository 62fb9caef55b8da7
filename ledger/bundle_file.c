/* One entry out of a bundle that is a file. */
#include "ledger/bundle_file.h"

enum { PIECE_BYTES = 8 << 10 };

struct piece {
    int fd;
    const char *path;
    uint64_t at; /* of the piece in the file */
    size_t len;
    uint8_t bytes[PIECE_BYTES];
};

/* The two bytes at `at`, as a number; *is_there_out false: the file ends before them. */
static bool read_length(struct piece *p, uint64_t at, uint16_t *out, bool *is_there_out,
                        struct vt_error *err)
{
    if (at - p->at > p->len || p->len - (at - p->at) < 2) { /* never before the piece */
        p->at = at;
        if (!vt_fd_read_at(p->fd, p->path, at, p->bytes, sizeof p->bytes, &p->len, err))
            return false;
    }
    *is_there_out = p->len - (at - p->at) >= 2;
    if (*is_there_out)
        *out = (uint16_t)(p->bytes[at - p->at] << 8 | p->bytes[at - p->at + 1]);
    return true;
}

static bool find_entry(struct piece *p, unsigned number, uint64_t *at_out,
                       uint16_t *len_out, bool *is_there_out, struct vt_error *err)
{
    *at_out = 0;
    for (unsigned i = 0;; i++) {
        if (!read_length(p, *at_out, len_out, is_there_out, err))
            return false;
        *at_out += 2;
        if (!*is_there_out || i == number)
            return true;
        *at_out += *len_out;
    }
}

/* Out of the piece, and what the piece lacks out of the file. */
static bool copy_entry(struct piece *p, uint64_t at, size_t len, struct vt_buf *out,
                       bool *is_whole_out, struct vt_error *err)
{
    size_t start = (size_t)(at - p->at); /* at most its length: find_entry was there */
    size_t have = p->len - start < len ? p->len - start : len, got = 0;
    uint8_t *to = vt_buf_extend(out, len);

    if (to == NULL)
        return vt_buf_check(out, "the entry", err);
    memcpy(to, p->bytes + start, have);
    if (have < len &&
        !vt_fd_read_at(p->fd, p->path, at + have, to + have, len - have, &got, err))
        return false;
    *is_whole_out = have + got == len;
    return true;
}

bool vt_bundle_file_read(int fd, const char *path, unsigned number, struct vt_buf *out,
                         bool *is_there_out, struct vt_error *err)
{
    struct piece piece = { .fd = fd, .path = path };
    uint16_t len;
    uint64_t at;

    return find_entry(&piece, number, &at, &len, is_there_out, err) &&
           (!*is_there_out || copy_entry(&piece, at, len, out, is_there_out, err));
}
