/* The signer as the sequencer sees it: a process behind a channel, or, in tests, the same
 * state in this process. */
#include "ledger/signer.h"
#include "crypto/ed25519.h"
#include "crypto/verify_note.h"
#include "ledger/checkpoint.h"
#include "ledger/role_signer.h"
#include "ledger/signer_head.h"
#include "wire/note.h"

/* To begin it may have to open a key, and to wait for whoever holds its folder. */
enum { SECONDS_TO_BEGIN = 60 };

struct vt_signer {
    struct vt_arena *arena;
    vt_slice origin;
    struct vt_public_key public_key;
    struct vt_head head;
    struct vt_role *role;         /* NULL: it is here, or another process's */
    struct vt_channel own;        /* to another process's signer; fd -1: none */
    struct vt_channel *channel;   /* of whichever it is; NULL: it is here */
    const struct vt_key *key;     /* here: borrowed */
    struct vt_signer_state state; /* here */
    struct vt_signer_request asked;
    int64_t asked_ms; /* 0: nothing was asked that was not taken */
};

static struct vt_signer *signer_new(vt_slice origin)
{
    struct vt_signer *signer = vt_alloc(sizeof *signer);

    signer->arena = vt_arena_new();
    signer->own.fd = -1;
    signer->origin = vt_arena_copy(signer->arena, origin);
    return signer;
}

void vt_signer_stop(struct vt_signer *signer)
{
    if (signer == NULL)
        return;
    vt_role_stop(signer->role);
    vt_channel_clear(&signer->own);
    if (signer->state.disk != NULL)
        vt_signer_state_close(&signer->state);
    vt_arena_free(signer->arena);
    free(signer);
}

void vt_signer_stop_pointer(struct vt_signer **signer)
{
    vt_signer_stop(*signer);
}

/* ---- starting --------------------------------------------------------------------------
 */

static bool take_ready(struct vt_signer *signer, vt_slice body, struct vt_error *err)
{
    vt_reader r = { body };
    vt_slice public_key, root;

    if (!vt_read_bytes(&r, sizeof signer->public_key.bytes, &public_key) ||
        !vt_read_u64(&r, &signer->head.size) ||
        !vt_read_bytes(&r, VT_SHA256_BYTES, &root) || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "the signer's answer has no form");
    memcpy(signer->public_key.bytes, public_key.data, public_key.len);
    memcpy(signer->head.root.bytes, root.data, root.len);
    return true;
}

static bool begin(struct vt_signer *signer, const struct vt_signer_begin *told,
                  struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_slice answer;
    bool is_ok;

    if (told->folder.len > UINT16_MAX || told->origin.len > UINT16_MAX ||
        told->key.len > UINT16_MAX || told->passphrase.len > UINT16_MAX)
        return vt_fail(err, VT_LIMIT, "a path, origin or passphrase is far too long");
    if (!vt_role_start(VT_ROLE_SIGNER, NULL, 0, &signer->role, err))
        return false;
    signer->channel = vt_role_channel(signer->role);
    vt_signer_begin_write(&body, told);
    is_ok = vt_buf_check(&body, "paths, origin and passphrase", err) &&
            vt_channel_call(signer->channel, VT_SIGNER_BEGIN, vt_buf_slice(&body),
                            VT_SIGNER_READY, SECONDS_TO_BEGIN * 1000, &answer, err) &&
            take_ready(signer, answer, err);
    if (body.len != 0)
        explicit_bzero(body.data, body.len); /* the passphrase */
    return is_ok;
}

bool vt_signer_start(const char *dir, vt_slice origin, const char *key, vt_slice passphrase,
                     struct vt_signer **signer_out, struct vt_error *err)
{
    struct vt_signer *signer = signer_new(origin);
    struct vt_signer_begin told = {
        .folder = vt_slice_from_cstr(vt_signer_folder(signer->arena, dir)),
        .origin = origin,
        .key = vt_slice_from_cstr(key),
        .passphrase = passphrase,
    };

    if (!begin(signer, &told, err)) {
        if (err->code == VT_ABSENT)
            (void)vt_fail(err, VT_IO, "the signer ended before it was ready");
        vt_signer_stop(signer);
        return vt_within(err, "signer");
    }
    *signer_out = signer;
    return true;
}

bool vt_signer_start_here(const char *dir, vt_slice origin, const struct vt_key *key,
                          struct vt_signer **signer_out, struct vt_error *err)
{
    struct vt_signer *signer = signer_new(origin);

    if (!vt_signer_state_open(vt_signer_folder(signer->arena, dir), signer->origin,
                              &signer->state, err)) {
        vt_signer_stop(signer);
        return false;
    }
    signer->key = key;
    signer->public_key = *vt_key_public(key);
    signer->head = signer->state.head;
    *signer_out = signer;
    return true;
}

struct vt_signer *vt_signer_attach(int fd, vt_slice origin,
                                   const struct vt_public_key *public_key,
                                   const struct vt_head *head)
{
    struct vt_signer *signer = signer_new(origin);

    signer->own = vt_channel_init(fd);
    signer->channel = &signer->own;
    signer->public_key = *public_key;
    signer->head = *head;
    return signer;
}

int vt_signer_channel_fd(const struct vt_signer *signer)
{
    VT_ASSERT(signer->role != NULL);
    return signer->channel->fd;
}

const struct vt_public_key *vt_signer_public(const struct vt_signer *signer)
{
    return &signer->public_key;
}

struct vt_head vt_signer_head(const struct vt_signer *signer)
{
    return signer->head;
}

/* ---- signing ---------------------------------------------------------------------------
 */

/* Gone or hanging is the same trouble. */
static bool fail_apart(struct vt_error *err)
{
    return err->code == VT_ABSENT || err->code == VT_LIMIT
               ? vt_fail(err, VT_IO, "the signer does not answer")
               : false;
}

static bool ask_apart(struct vt_signer *signer, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_SIGNER_SIGN_BYTES);

    vt_signer_request_write(&body, &signer->asked);
    return vt_channel_send(signer->channel, VT_SIGNER_SIGN, vt_buf_slice(&body), err) ||
           fail_apart(err);
}

static bool take_apart(struct vt_signer *signer, int patience_ms,
                       struct vt_signer_signatures *out, struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_receive(signer->channel, patience_ms, &message, err))
        return fail_apart(err);
    if (message.type != VT_SIGNER_SIGNED)
        return vt_channel_fail_with(&message, err);
    return vt_signer_signatures_parse(message.body, out) ||
           vt_fail(err, VT_IO, "the signer's answer has no form");
}

static bool sign_here(struct vt_signer *signer, struct vt_signer_signatures *out,
                      struct vt_error *err)
{
    struct vt_head head = { signer->asked.size, signer->asked.root };
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(64));

    memset(out, 0, sizeof *out);
    return vt_signer_state_advance(&signer->state, &head, signer->asked.proof,
                                   signer->asked.count, &body, err) &&
           vt_key_sign(signer->key, vt_buf_slice(&body), out->signature, err);
}

/* A signature line; the signature must be one. */
static bool write_line(vt_slice origin, const struct vt_public_key *key, vt_slice text,
                       const uint8_t signature[64], struct vt_buf *out,
                       struct vt_error *err)
{
    vt_slice bytes = vt_slice_of(signature, 64);

    if (!vt_ed25519_verify(key->bytes, text, bytes))
        return vt_fail(err, VT_IO, "the signer gave a signature that does not verify");
    vt_note_write_signature(out, origin, vt_vkey_id(origin, VT_NOTE_ED25519, key->bytes),
                            bytes);
    return true;
}

/* Text, blank line, signatures. */
static bool write_note(const struct vt_signer *signer, const struct vt_head *head,
                       const struct vt_signer_signatures *signatures, struct vt_buf *out,
                       struct vt_error *err)
{
    struct vt_checkpoint checkpoint = { signer->origin, head->size, head->root, { 0 } };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64));
    VT_AUTO_BUF lines = vt_buf_init(VT_KIB(64));

    vt_checkpoint_write(&text, &checkpoint);
    if (!write_line(signer->origin, &signer->public_key, vt_buf_slice(&text),
                    signatures->signature, &lines, err) ||
        (signatures->has_next &&
         !write_line(signer->origin, &signatures->next, vt_buf_slice(&text),
                     signatures->next_signature, &lines, err)))
        return false;
    vt_buf_put(out, vt_buf_slice(&text));
    vt_buf_put_u8(out, '\n');
    vt_buf_put(out, vt_buf_slice(&lines));
    return vt_buf_check(out, "the checkpoint", err);
}

bool vt_signer_ask(struct vt_signer *signer, const struct vt_head *head,
                   const vt_hash *proof, size_t count, struct vt_error *err)
{
    VT_ASSERT(count <= VT_PROOF_HASHES_MAX && signer->asked_ms == 0);
    signer->asked =
        (struct vt_signer_request){ head->size, head->root, count, { { { 0 } } } };
    if (count != 0)
        memcpy(signer->asked.proof, proof, count * sizeof *proof);
    if (signer->channel != NULL && !ask_apart(signer, err))
        return vt_within(err, "signer");
    signer->asked_ms = vt_monotonic_ms();
    return true;
}

int vt_signer_fd(const struct vt_signer *signer)
{
    return signer->channel != NULL ? signer->channel->fd : -1;
}

int vt_signer_patience_ms(const struct vt_signer *signer)
{
    int64_t left = signer->asked_ms + VT_SIGNER_MS_MAX - vt_monotonic_ms();

    if (signer->asked_ms == 0)
        return -1;
    return left > 0 ? (int)left : 0;
}

bool vt_signer_take(struct vt_signer *signer, struct vt_buf *out, struct vt_error *err)
{
    struct vt_head head = { signer->asked.size, signer->asked.root };
    int patience_ms = vt_signer_patience_ms(signer);
    struct vt_signer_signatures signatures;

    VT_ASSERT(signer->asked_ms != 0);
    signer->asked_ms = 0;
    if (!(signer->channel != NULL ? take_apart(signer, patience_ms, &signatures, err)
                                  : sign_here(signer, &signatures, err)))
        return vt_within(err, "signer");
    signer->head = head;
    return write_note(signer, &head, &signatures, out, err);
}

bool vt_signer_sign(struct vt_signer *signer, const struct vt_head *head,
                    const vt_hash *proof, size_t count, struct vt_buf *out,
                    struct vt_error *err)
{
    return vt_signer_ask(signer, head, proof, count, err) &&
           vt_signer_take(signer, out, err);
}
