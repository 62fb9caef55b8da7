/* role ledger-signer: holds a log's key and its last head, signs checkpoints, nothing else.
 *
 * Rights: files below its own folder only (the head), no socket but its channel.  The key
 * is opened before the rights are given up, from what its own parent said at the start; no
 * byte that a stranger wrote reaches this process other than as a size or a hash. */
#include "ledger/role_signer.h"
#include "crypto/key.h"
#include "ledger/signer_head.h"

enum { SECONDS_TO_BEGIN = 10 };

const struct vt_rights vt_signer_rights = { .folder = "", /* told at the start */
                                            .memory_bytes_max = VT_MIB(256) };

struct signing {
    const struct vt_key *key;
    const struct vt_key *next; /* while keys are changed; else NULL */
    struct vt_signer_state state;
};

/* ---- messages --------------------------------------------------------------------------
 */

static void put_text(struct vt_buf *out, vt_slice text)
{
    vt_buf_put_u16(out, (uint16_t)text.len);
    vt_buf_put(out, text);
}

void vt_signer_begin_write(struct vt_buf *out, const struct vt_signer_begin *begin)
{
    put_text(out, begin->folder);
    put_text(out, begin->origin);
    put_text(out, begin->key);
    put_text(out, begin->passphrase);
}

static bool read_text(vt_reader *r, vt_slice *out)
{
    uint16_t len;

    return vt_read_u16(r, &len) && vt_read_bytes(r, len, out);
}

bool vt_signer_begin_parse(vt_slice body, struct vt_signer_begin *out)
{
    vt_reader r = { body };
    struct vt_signer_begin begin;

    if (!read_text(&r, &begin.folder) || !read_text(&r, &begin.origin) ||
        !read_text(&r, &begin.key) || !read_text(&r, &begin.passphrase) || !vt_read_end(&r))
        return false;
    *out = begin;
    return true;
}

void vt_signer_request_write(struct vt_buf *out, const struct vt_signer_request *request)
{
    static const uint8_t zeros[VT_PROOF_HASHES_MAX * VT_SHA256_BYTES];
    size_t used = request->count * VT_SHA256_BYTES;

    vt_buf_put_u64(out, request->size);
    vt_buf_put(out, vt_hash_slice(&request->root));
    vt_buf_put_u8(out, (uint8_t)request->count); /* at most 63 */
    vt_buf_put(out, vt_slice_of(request->proof, used));
    vt_buf_put(out, vt_slice_of(zeros, sizeof zeros - used));
}

void vt_signer_signatures_write(struct vt_buf *out,
                                const struct vt_signer_signatures *signatures)
{
    static const uint8_t zeros[32 + 64];

    vt_buf_put(out, VT_BYTES(signatures->signature));
    if (!signatures->has_next) {
        vt_buf_put(out, vt_slice_of(zeros, sizeof zeros));
        return;
    }
    vt_buf_put(out, VT_BYTES(signatures->next.bytes));
    vt_buf_put(out, VT_BYTES(signatures->next_signature));
}

bool vt_signer_signatures_parse(vt_slice body, struct vt_signer_signatures *out)
{
    static const uint8_t zeros[32 + 64];

    if (body.len != VT_SIGNER_SIGNED_BYTES)
        return false;
    memset(out, 0, sizeof *out);
    memcpy(out->signature, body.data, 64);
    out->has_next = memcmp(body.data + 64, zeros, sizeof zeros) != 0;
    memcpy(out->next.bytes, body.data + 64, 32);
    memcpy(out->next_signature, body.data + 96, 64);
    return true;
}

bool vt_signer_request_parse(vt_slice body, struct vt_signer_request *out)
{
    vt_reader r = { body };
    struct vt_signer_request request = { .count = 0 };
    vt_slice root;
    uint8_t count;

    if (body.len != VT_SIGNER_SIGN_BYTES || !vt_read_u64(&r, &request.size) ||
        !vt_read_bytes(&r, VT_SHA256_BYTES, &root) || !vt_read_u8(&r, &count) ||
        count > VT_PROOF_HASHES_MAX)
        return false;
    memcpy(request.root.bytes, root.data, VT_SHA256_BYTES);
    request.count = count;
    memcpy(request.proof, r.rest.data, count * sizeof request.proof[0]);
    *out = request;
    return true;
}

/* ---- the role --------------------------------------------------------------------------
 */

static bool answer_ready(struct vt_channel *channel, const struct signing *s,
                         struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_SIGNER_READY_BYTES);

    vt_buf_put(&body, VT_BYTES(*vt_key_public(s->key)));
    vt_buf_put_u64(&body, s->state.head.size);
    vt_buf_put(&body, vt_hash_slice(&s->state.head.root));
    return vt_channel_send(channel, VT_SIGNER_READY, vt_buf_slice(&body), err);
}

static bool sign(struct signing *s, vt_slice body, struct vt_signer_signatures *out,
                 struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64));
    struct vt_signer_request request;
    struct vt_head head;

    if (!vt_signer_request_parse(body, &request))
        return vt_fail(err, VT_MALFORMED, "a request to sign that has no form");
    head = (struct vt_head){ request.size, request.root };
    memset(out, 0, sizeof *out);
    if (!vt_signer_state_advance(&s->state, &head, request.proof, request.count, &text,
                                 err) ||
        !vt_key_sign(s->key, vt_buf_slice(&text), out->signature, err))
        return false;
    if (s->next == NULL)
        return true;
    out->has_next = true;
    out->next = *vt_key_public(s->next);
    return vt_key_sign(s->next, vt_buf_slice(&text), out->next_signature, err);
}

/* One request; false ends the process. */
static bool serve(struct vt_channel *channel, struct signing *s, struct vt_error *err)
{
    VT_AUTO_BUF answer = vt_buf_init(VT_SIGNER_SIGNED_BYTES);
    struct vt_signer_signatures signatures;
    struct vt_error refusal = { 0 };
    struct vt_message message;

    if (!vt_channel_receive(channel, -1, &message, err))
        return false;
    if (message.type != VT_SIGNER_SIGN)
        return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
    if (sign(s, message.body, &signatures, &refusal)) {
        vt_signer_signatures_write(&answer, &signatures);
        return vt_channel_send(channel, VT_SIGNER_SIGNED, vt_buf_slice(&answer), err);
    }
    return vt_channel_send_error(channel, &refusal, err) && refusal.code != VT_IO;
}

/* While keys are changed there is a second one; equal to the first it is none. */
static bool open_next(struct signing *s, struct vt_arena *arena, vt_slice passphrase,
                      struct vt_key **next, struct vt_error *err)
{
    const char *where;

    if (!vt_signer_next_read(s->state.disk, arena, &where, err))
        return false;
    if (where == NULL)
        return true;
    if (!vt_key_open(where, passphrase, next, err))
        return vt_within(err, "the log's next key");
    if (memcmp(vt_key_public(*next)->bytes, vt_key_public(s->key)->bytes,
               sizeof vt_key_public(s->key)->bytes) != 0)
        s->next = *next;
    return true;
}

/* Open the key and the head, give up all other rights, and serve. */
static bool begin(struct vt_channel *channel, struct vt_arena *arena, struct signing *s,
                  struct vt_key **key, struct vt_key **next, struct vt_error *err)
{
    struct vt_signer_begin told;
    struct vt_message message;
    struct vt_rights rights = vt_signer_rights;

    if (!vt_channel_receive(channel, SECONDS_TO_BEGIN * 1000, &message, err))
        return false;
    if (message.type != VT_SIGNER_BEGIN || !vt_signer_begin_parse(message.body, &told))
        return vt_fail(err, VT_MALFORMED, "the signer was not told what to sign for");
    rights.folder = vt_arena_cstr(arena, told.folder);
    if (!vt_key_open(vt_arena_cstr(arena, told.key), told.passphrase, key, err) ||
        !vt_signer_state_open(rights.folder, vt_arena_copy(arena, told.origin), &s->state,
                              err))
        return false;
    s->key = *key;
    if (!open_next(s, arena, told.passphrase, next, err))
        return false;
    /* The passphrase was in the channel's buffer. */
    explicit_bzero(channel->in.data, channel->in.len);
    if (!vt_rights_read(&rights, vt_key_reads(*key), err) ||
        (*next != NULL && !vt_rights_read(&rights, vt_key_reads(*next), err)))
        return false;
    vt_confine(&rights);
    return true;
}

int vt_role_signer(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_KEY key = NULL;
    VT_AUTO_KEY next = NULL;
    struct signing s = { 0 };
    struct vt_error err = { 0 };

    if (!begin(channel, arena, &s, &key, &next, &err)) {
        struct vt_error lost = { 0 };

        return vt_channel_send_error(channel, &err, &lost) ? vt_code_exit(err.code)
                                                           : VT_EXIT_TROUBLE;
    }
    if (answer_ready(channel, &s, &err))
        while (serve(channel, &s, &err))
            ;
    vt_signer_state_close(&s.state);
    return err.code == VT_ABSENT ? VT_EXIT_OK : vt_code_exit(err.code);
}
