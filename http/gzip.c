/* gzip by zlib. */
#include "http/gzip.h"
#define ZLIB_CONST
#include <zlib.h>

enum {
    WINDOW_GZIP = 15 + 16, /* zlib's way to say: 32 KiB, a gzip head and nothing else */
    LEVEL = 1,             /* entries are small and much alike: more gains little */
    MEMORY = 8,
    PIECE = 16 << 10,
};

struct vt_gunzip {
    z_stream z;
    bool is_whole;
};

struct vt_gunzip *vt_gunzip_new(void)
{
    struct vt_gunzip *gunzip = vt_alloc(sizeof *gunzip);

    VT_ASSERT(inflateInit2(&gunzip->z, WINDOW_GZIP) == Z_OK); /* else memory ran out */
    return gunzip;
}

void vt_gunzip_free(struct vt_gunzip *gunzip)
{
    if (gunzip == NULL)
        return;
    (void)inflateEnd(&gunzip->z);
    free(gunzip);
}

bool vt_gunzip_is_whole(const struct vt_gunzip *gunzip)
{
    return gunzip->is_whole;
}

/* Another member may follow. */
static bool begin_member(struct vt_gunzip *gunzip)
{
    gunzip->is_whole = false;
    return inflateReset(&gunzip->z) == Z_OK;
}

bool vt_gunzip_step(struct vt_gunzip *gunzip, vt_slice *in, uint8_t *out, size_t len,
                    size_t *made_out, struct vt_error *err)
{
    z_stream *z = &gunzip->z;
    uInt room = len < PIECE ? (uInt)len : PIECE;
    uInt given = in->len < PIECE ? (uInt)in->len : PIECE;
    int what = Z_OK;

    z->next_in = in->data;
    z->avail_in = given;
    z->next_out = out;
    z->avail_out = room;
    if (gunzip->is_whole && given != 0 && !begin_member(gunzip))
        return vt_fail(err, VT_MALFORMED, "behind the gzip member there is something else");
    if (!gunzip->is_whole)
        what = inflate(z, Z_NO_FLUSH);
    if (what != Z_OK && what != Z_STREAM_END && what != Z_BUF_ERROR)
        return vt_fail(err, VT_MALFORMED, "not gzip, or damaged");
    gunzip->is_whole = gunzip->is_whole || what == Z_STREAM_END;
    *in = vt_slice_sub(*in, given - z->avail_in, in->len - (given - z->avail_in));
    *made_out = room - z->avail_out;
    return true;
}

void vt_gzip(vt_slice bytes, struct vt_buf *out)
{
    z_stream z = { .next_in = bytes.data, .avail_in = (uInt)bytes.len };
    uint8_t piece[PIECE];
    int what;

    VT_ASSERT(bytes.len <= UINT32_MAX && deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_GZIP,
                                                      MEMORY, Z_DEFAULT_STRATEGY) == Z_OK);
    do {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        what = deflate(&z, Z_FINISH);
        vt_buf_put(out, vt_slice_of(piece, sizeof piece - z.avail_out));
    } while (what == Z_OK || what == Z_BUF_ERROR);
    (void)deflateEnd(&z);
}
