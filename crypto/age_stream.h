/* The payload of an age file: a nonce and chunks of 64 KiB, each sealed under a key of this
 * payload alone, the last one marked.  Bytes are put in as they come, in flat memory; what
 * comes out is handed to a sink, and when it is plain it was proven before: whole chunks,
 * in order, none left out.  That the end is the end is known only after
 * vt_age_stream_end, so whoever acts on a whole file waits for it.
 * Spec: age-encryption.org/v1 (C2SP age), "Payload" */
#ifndef VT_CRYPTO_AGE_STREAM_H
#define VT_CRYPTO_AGE_STREAM_H

#include "crypto/age_key.h"

#define VT_AGE_CHUNK_BYTES VT_KIB(64)
#define VT_AGE_NONCE_BYTES 16

/* Where bytes go; false (with err) ends the stream with that error. */
typedef struct {
    bool (*write)(void *context, vt_slice bytes, struct vt_error *err);
    void *context;
} vt_age_sink;

vt_age_sink vt_age_sink_buf(struct vt_buf *buf); /* VT_LIMIT when it is full */
vt_age_sink vt_age_sink_fd(int *fd);             /* VT_IO */

struct vt_age_stream;

#define VT_AUTO_AGE_STREAM                                                                 \
    __attribute__((cleanup(vt_age_stream_free_pointer))) struct vt_age_stream *

/* Begin to encrypt; the nonce goes to the sink at once.  file_key: borrowed for this call.
 * Returned, end with vt_age_stream_free.  Errors: VT_IO; those of the sink */
VT_CHECKED bool vt_age_seal_new(const struct vt_env *env,
                                const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                                vt_age_sink sink, struct vt_age_stream **out,
                                struct vt_error *err);
/* Begin to decrypt; what is put in begins with the nonce. */
VT_CHECKED bool vt_age_open_new(const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                                vt_age_sink sink, struct vt_age_stream **out,
                                struct vt_error *err);
/* Put the next bytes in, any number.  After a failure nothing more is taken (the same
 * failure again).
 * Errors: VT_REJECTED a chunk does not open; VT_IO; those of the sink */
VT_CHECKED bool vt_age_stream_put(struct vt_age_stream *stream, vt_slice bytes,
                                  struct vt_error *err);
/* The same with all that is left to read from a descriptor.  VT_IO. */
VT_CHECKED bool vt_age_stream_put_fd(struct vt_age_stream *stream, int fd, const char *name,
                                     struct vt_error *err);
/* No more comes: seal or open the last chunk.
 * Errors: VT_REJECTED cut short, something behind the end, an empty last chunk */
VT_CHECKED bool vt_age_stream_end(struct vt_age_stream *stream, struct vt_error *err);
void vt_age_stream_free(struct vt_age_stream *stream); /* wipes; NULL allowed */
void vt_age_stream_free_pointer(struct vt_age_stream **stream);

/* Bytes of the payload for so many plain bytes.  False: they do not fit 64 bits. */
VT_CHECKED bool vt_age_payload_bytes(uint64_t plain_bytes, uint64_t *out);

#endif
