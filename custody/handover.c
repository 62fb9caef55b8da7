/* Asking for openings: see handover.h. */
#include "custody/handover.h"
#include "crypto/ed25519.h"

#define MAGIC "vitrine/openings/v1\n"

bool vt_handover_request_parse(vt_slice bytes, struct vt_handover_request *out,
                               struct vt_error *err)
{
    struct vt_handover_request request;
    vt_reader r = { bytes };
    vt_slice signature;
    uint64_t time;

    if (!vt_read_literal(&r, VT_LIT(MAGIC)) || !vt_hash_read(&r, &request.key_id) ||
        !vt_read_u64(&r, &time) || time > VT_TIME_UNIX_S_MAX ||
        !vt_read_u64(&r, &request.offset) ||
        !vt_read_bytes(&r, sizeof request.signature, &signature) || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "a question for openings without its form");
    request.at_unix_s = (int64_t)time; /* bounded above */
    memcpy(request.signature, signature.data, signature.len);
    *out = request;
    return true;
}

void vt_handover_request_write(const struct vt_handover_request *request,
                               struct vt_buf *out)
{
    vt_buf_put(out, VT_LIT(MAGIC));
    vt_buf_put(out, VT_BYTES(request->key_id));
    vt_buf_put_u64(out, (uint64_t)request->at_unix_s); /* of a clock: not negative */
    vt_buf_put_u64(out, request->offset);
    vt_buf_put(out, VT_BYTES(request->signature));
}

/* What is signed: for one agent, at one time, from one place on. */
static void put_signed(const struct vt_handover_request *request, vt_slice cell,
                       vt_slice ledger, struct vt_buf *out)
{
    struct vt_sha256 state;
    vt_hash whose;

    vt_sha256_init(&state);
    vt_sha256_add(&state, cell);
    vt_sha256_add(&state, VT_LIT("\n"));
    vt_sha256_add(&state, ledger);
    vt_sha256_end(&state, &whose);
    vt_buf_put(out, VT_LIT(MAGIC));
    vt_buf_put(out, VT_BYTES(whose));
    vt_buf_put(out, VT_BYTES(request->key_id));
    vt_buf_put_u64(out, (uint64_t)request->at_unix_s);
    vt_buf_put_u64(out, request->offset);
}

bool vt_handover_request_sign(struct vt_handover_request *request, vt_slice cell,
                              vt_slice ledger, const struct vt_key *key,
                              struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));

    if (!vt_hash_parse_hex(vt_slice_from_cstr(id.text), &request->key_id))
        return vt_fail(err, VT_MALFORMED, "the key has no id");
    put_signed(request, cell, ledger, &text);
    return vt_key_sign(key, vt_buf_slice(&text), request->signature, err);
}

bool vt_handover_request_is_by(const struct vt_handover_request *request, vt_slice cell,
                               vt_slice ledger, const struct vt_public_key *key)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    put_signed(request, cell, ledger, &text);
    return vt_ed25519_verify(key->bytes, vt_buf_slice(&text), VT_BYTES(request->signature));
}
