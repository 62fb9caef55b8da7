/* STREAM.  The one trick: a full chunk is not touched before one more byte has come, for
 * only then is it known not to be the last, and the last one is sealed under another nonce.
 */
#include "crypto/age_stream.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"

enum { SEALED_BYTES = VT_AGE_CHUNK_BYTES + VT_AEAD_TAG_BYTES };

struct vt_age_stream {
    bool is_sealing;
    bool has_key; /* the nonce has come */
    bool is_done;
    struct vt_error failure; /* VT_OK: none so far */
    vt_age_sink sink;
    struct vt_secret file_key; /* until the nonce has come */
    struct vt_aead aead;
    uint64_t chunk; /* number of the next one */
    size_t held;    /* bytes of it that are in `in` */
    uint8_t in[SEALED_BYTES], out[SEALED_BYTES];
};

/* ---- chunks -----------------------------------------------------------------------------
 */

static bool use_nonce(struct vt_age_stream *s, const uint8_t *file_key,
                      const uint8_t nonce[VT_AGE_NONCE_BYTES], struct vt_error *err)
{
    vt_hash key;
    bool ok;

    vt_hkdf(vt_slice_of(nonce, VT_AGE_NONCE_BYTES),
            vt_slice_of(file_key, VT_AGE_FILE_KEY_BYTES), VT_LIT("payload"), &key);
    ok = vt_aead_init(&s->aead, VT_AEAD_CHACHA20_POLY1305, key.bytes, err);
    explicit_bzero(&key, sizeof key);
    s->has_key = ok;
    return ok;
}

/* 11 bytes of number, one that tells the last chunk. */
static void chunk_nonce(const struct vt_age_stream *s, bool is_last,
                        uint8_t out[VT_AEAD_NONCE_BYTES])
{
    memset(out, 0, VT_AEAD_NONCE_BYTES);
    for (unsigned i = 0; i < 8; i++)
        out[10 - i] = (uint8_t)(s->chunk >> (8 * i));
    out[11] = is_last;
}

static bool seal_chunk(struct vt_age_stream *s, bool is_last, struct vt_error *err)
{
    uint8_t nonce[VT_AEAD_NONCE_BYTES];
    size_t len = s->held;

    chunk_nonce(s, is_last, nonce);
    if (!vt_aead_seal(&s->aead, nonce, (vt_slice){ 0 }, vt_slice_of(s->in, len), s->out,
                      err))
        return false;
    s->chunk++;
    s->held = 0;
    return s->sink.write(s->sink.context, vt_slice_of(s->out, len + VT_AEAD_TAG_BYTES),
                         err);
}

static bool open_chunk(struct vt_age_stream *s, bool is_last, struct vt_error *err)
{
    uint8_t nonce[VT_AEAD_NONCE_BYTES];
    size_t len = s->held;

    if (len < VT_AEAD_TAG_BYTES ||
        (len == VT_AEAD_TAG_BYTES && s->chunk != 0)) /* empty, and not the only one */
        return vt_fail(err, VT_REJECTED, "age payload: cut short in chunk %ju",
                       (uintmax_t)s->chunk);
    chunk_nonce(s, is_last, nonce);
    if (!vt_aead_open(&s->aead, nonce, (vt_slice){ 0 }, vt_slice_of(s->in, len), s->out,
                      err))
        return vt_fail(err, VT_REJECTED,
                       is_last ? "age payload: chunk %ju was changed, or is not the last"
                               : "age payload: chunk %ju was changed",
                       (uintmax_t)s->chunk);
    s->chunk++;
    s->held = 0;
    len -= VT_AEAD_TAG_BYTES;
    return len == 0 || s->sink.write(s->sink.context, vt_slice_of(s->out, len), err);
}

static bool finish_chunk(struct vt_age_stream *s, bool is_last, struct vt_error *err)
{
    return s->is_sealing ? seal_chunk(s, is_last, err) : open_chunk(s, is_last, err);
}

/* ---- beginning --------------------------------------------------------------------------
 */

bool vt_age_seal_new(const struct vt_env *env,
                     const uint8_t file_key[VT_AGE_FILE_KEY_BYTES], vt_age_sink sink,
                     struct vt_age_stream **out, struct vt_error *err)
{
    VT_AUTO_AGE_STREAM stream = vt_alloc(sizeof *stream);
    uint8_t nonce[VT_AGE_NONCE_BYTES];

    stream->is_sealing = true;
    stream->sink = sink;
    vt_env_random(env, nonce, sizeof nonce);
    if (!use_nonce(stream, file_key, nonce, err) ||
        !sink.write(sink.context, VT_BYTES(nonce), err))
        return false;
    *out = stream;
    stream = NULL;
    return true;
}

bool vt_age_open_new(const uint8_t file_key[VT_AGE_FILE_KEY_BYTES], vt_age_sink sink,
                     struct vt_age_stream **out, struct vt_error *err)
{
    struct vt_secret kept;

    if (!vt_secret_init(&kept, VT_AGE_FILE_KEY_BYTES, err))
        return false;
    memcpy(kept.data, file_key, kept.len);
    *out = vt_alloc(sizeof **out);
    (*out)->sink = sink;
    (*out)->file_key = kept;
    return true;
}

void vt_age_stream_free(struct vt_age_stream *stream)
{
    if (stream == NULL)
        return;
    vt_secret_clear(&stream->file_key);
    vt_aead_clear(&stream->aead);
    explicit_bzero(stream, sizeof *stream); /* plain text stood in it */
    free(stream);
}

void vt_age_stream_free_pointer(struct vt_age_stream **stream)
{
    vt_age_stream_free(*stream);
}

/* ---- bytes in ---------------------------------------------------------------------------
 */

static size_t take(struct vt_age_stream *s, vt_slice *bytes, size_t wanted)
{
    size_t len = wanted - s->held < bytes->len ? wanted - s->held : bytes->len;

    memcpy(s->in + s->held, bytes->data, len);
    s->held += len;
    *bytes = vt_slice_sub(*bytes, len, bytes->len - len);
    return s->held;
}

static bool take_nonce(struct vt_age_stream *s, vt_slice *bytes, struct vt_error *err)
{
    if (s->has_key || take(s, bytes, VT_AGE_NONCE_BYTES) < VT_AGE_NONCE_BYTES)
        return true;
    s->held = 0;
    if (!use_nonce(s, s->file_key.data, s->in, err))
        return false;
    vt_secret_clear(&s->file_key);
    return true;
}

static bool put(struct vt_age_stream *s, vt_slice bytes, struct vt_error *err)
{
    size_t full = s->is_sealing ? VT_AGE_CHUNK_BYTES : SEALED_BYTES;

    if (bytes.len == 0)
        return true;
    if (!take_nonce(s, &bytes, err))
        return false;
    while (bytes.len != 0) {
        if (s->held == full && !finish_chunk(s, false, err))
            return false;
        (void)take(s, &bytes, full);
    }
    return true;
}

/* A stream that failed once fails for ever. */
static bool remember(struct vt_age_stream *s, bool ok, struct vt_error *err)
{
    if (!ok)
        s->failure = *err;
    return ok;
}

static bool is_alive(const struct vt_age_stream *s, struct vt_error *err)
{
    if (s->failure.code != VT_OK)
        *err = s->failure;
    return s->failure.code == VT_OK;
}

bool vt_age_stream_put(struct vt_age_stream *stream, vt_slice bytes, struct vt_error *err)
{
    VT_ASSERT(!stream->is_done);
    return is_alive(stream, err) && remember(stream, put(stream, bytes, err), err);
}

static bool put_all(struct vt_age_stream *stream, int fd, const char *name, uint8_t *piece,
                    size_t len, struct vt_error *err)
{
    for (;;) {
        ssize_t got = read(fd, piece, len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vt_fail(err, VT_IO, "%s: cannot read: %s", name, strerror(errno));
        if (got == 0)
            return true;
        if (!vt_age_stream_put(stream, vt_slice_of(piece, (size_t)got), err))
            return false;
    }
}

bool vt_age_stream_put_fd(struct vt_age_stream *stream, int fd, const char *name,
                          struct vt_error *err)
{
    uint8_t piece[VT_KIB(16)];
    bool ok = put_all(stream, fd, name, piece, sizeof piece, err);

    explicit_bzero(piece, sizeof piece);
    return ok;
}

bool vt_age_stream_end(struct vt_age_stream *stream, struct vt_error *err)
{
    VT_ASSERT(!stream->is_done);
    if (!is_alive(stream, err))
        return false;
    if (!stream->has_key)
        return remember(stream, vt_fail(err, VT_REJECTED, "age payload: has no nonce"),
                        err);
    if (!remember(stream, finish_chunk(stream, true, err), err))
        return false;
    stream->is_done = true;
    return true;
}

/* ---- sinks and sizes --------------------------------------------------------------------
 */

static bool write_buf(void *context, vt_slice bytes, struct vt_error *err)
{
    vt_buf_put(context, bytes);
    return vt_buf_check(context, "age payload", err);
}

vt_age_sink vt_age_sink_buf(struct vt_buf *buf)
{
    return (vt_age_sink){ write_buf, buf };
}

static bool write_fd(void *context, vt_slice bytes, struct vt_error *err)
{
    return vt_fd_write_all(*(const int *)context, "age payload", bytes, err);
}

vt_age_sink vt_age_sink_fd(int *fd)
{
    return (vt_age_sink){ write_fd, fd };
}

bool vt_age_payload_bytes(uint64_t plain_bytes, uint64_t *out)
{
    uint64_t chunks = plain_bytes / VT_AGE_CHUNK_BYTES +
                      (plain_bytes % VT_AGE_CHUNK_BYTES != 0 || plain_bytes == 0);

    return !__builtin_add_overflow(plain_bytes, chunks * VT_AEAD_TAG_BYTES, out) &&
           !__builtin_add_overflow(*out, VT_AGE_NONCE_BYTES, out);
}
