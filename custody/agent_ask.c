/* The front's side: a request, taken apart into fields. */
#include "custody/agent_ask.h"
#include "crypto/verify_note.h"
#include "ledger/checkpoint.h"
#include "ledger/tlog_proof.h"
#include "wire/base64.h"
#include "wire/wire.h"

/* ---- the statement ----------------------------------------------------------------------
 */

static bool take_signatures(const struct vt_dsse *dsse, struct vt_agent_ask *out,
                            struct vt_error *err)
{
    if (dsse->signature_count > VT_ACCESS_SIGNATURES_MAX)
        return vt_fail(err, VT_LIMIT, "an access with %zu signatures, at most %d",
                       dsse->signature_count, VT_ACCESS_SIGNATURES_MAX);
    for (size_t i = 0; i < dsse->signature_count; i++) {
        struct vt_agent_signature *at = &out->signatures[i];

        if (!vt_hash_parse_hex(dsse->signatures[i].keyid, &at->key_id) ||
            dsse->signatures[i].bytes.len != sizeof at->bytes)
            return vt_fail(err, VT_MALFORMED, "signature %zu is not of an Ed25519 key",
                           i + 1);
        memcpy(at->bytes, dsse->signatures[i].bytes.data, sizeof at->bytes);
    }
    out->signature_count = dsse->signature_count;
    return true;
}

static bool take_statement(vt_slice envelope, struct vt_arena *arena,
                           struct vt_agent_ask *out, struct vt_error *err)
{
    VT_AUTO_ENVELOPE parsed = { 0 };

    if (!vt_envelope_parse(envelope, &parsed, err) ||
        !vt_access_read(&parsed.statement, &out->access, err) ||
        !take_signatures(&parsed.dsse, out, err))
        return false;
    vt_access_keep_texts(arena, &out->access); /* the envelope is not kept */
    return true;
}

/* ---- the proof --------------------------------------------------------------------------
 */

static bool is_line_of(const struct vt_note_signature *line, const struct vt_vkey *key)
{
    return line->id == key->id && vt_slice_equal(line->name, key->name);
}

static bool take_log(const struct vt_note_signature *line, const struct vt_policy *policy,
                     struct vt_agent_ask *out)
{
    uint8_t bytes[4 + 64];
    struct vt_error ignored;

    for (size_t i = 0; i < policy->log_count; i++)
        if (is_line_of(line, &policy->logs[i].vkey) &&
            vt_base64_parse_exact(line->payload_base64, bytes, sizeof bytes, &ignored)) {
            out->log = (uint16_t)i; /* below VT_POLICY_LOGS_MAX */
            memcpy(out->log_signature, bytes + 4, sizeof out->log_signature);
            return true;
        }
    return false;
}

static void take_cosignature(const struct vt_note_signature *line,
                             const struct vt_policy *policy, struct vt_agent_ask *out)
{
    uint8_t bytes[4 + 8 + 64];
    struct vt_error ignored;
    uint64_t time_unix_s;

    for (size_t i = 0; i < policy->witness_count; i++) {
        struct vt_agent_cosignature *at = &out->cosignatures[out->cosignature_count];
        vt_reader r = { vt_slice_of(bytes + 4, 8) };

        if (!is_line_of(line, &policy->witnesses[i].vkey) ||
            !vt_base64_parse_exact(line->payload_base64, bytes, sizeof bytes, &ignored) ||
            !vt_read_u64(&r, &time_unix_s) || time_unix_s > INT64_MAX)
            continue;
        if (out->cosignature_count == VT_POLICY_WITNESSES_MAX)
            return;
        at->witness = (uint16_t)i; /* below VT_POLICY_WITNESSES_MAX */
        at->time_unix_s = (int64_t)time_unix_s;
        memcpy(at->bytes, bytes + 12, sizeof at->bytes);
        out->cosignature_count++;
        return;
    }
}

static bool take_note(vt_slice text, const struct vt_policy *policy,
                      struct vt_agent_ask *out, struct vt_error *err)
{
    struct vt_checkpoint checkpoint;
    struct vt_note note;
    bool is_signed = false;

    if (!vt_note_parse(text, &note, err) ||
        !vt_checkpoint_parse(note.text, &checkpoint, err))
        return false;
    if (checkpoint.extensions.len != 0)
        return vt_fail(err, VT_MALFORMED, "a checkpoint with lines that we do not know");
    out->size = checkpoint.size;
    out->root = checkpoint.root;
    for (size_t i = 0; i < note.signature_count; i++) {
        if (!is_signed)
            is_signed = take_log(&note.signatures[i], policy, out);
        take_cosignature(&note.signatures[i], policy, out);
    }
    return is_signed || vt_fail(err, VT_REJECTED,
                                "no log of the trust root's policy signed the checkpoint");
}

static bool take_proof(vt_slice text, const struct vt_policy *policy,
                       struct vt_agent_ask *out, struct vt_error *err)
{
    struct vt_tlog_proof proof;

    if (!vt_tlog_proof_parse(text, &proof, err))
        return false;
    out->index = proof.index;
    out->inclusion.count = proof.hash_count;
    memcpy(out->inclusion.hashes, proof.hashes, sizeof proof.hashes);
    return take_note(proof.checkpoint, policy, out, err);
}

/* ---- the objects ------------------------------------------------------------------------
 */

static bool take_object(const struct vt_custody_object *object, struct vt_agent_object *out,
                        struct vt_error *err)
{
    struct vt_age_header header;
    const struct vt_age_stanza *stanza = &header.stanzas[0];

    if (!vt_age_header_parse(object->header, &header, err))
        return false;
    if (header.bytes.len != object->header.len)
        return vt_fail(err, VT_MALFORMED, "something stands behind its age header");
    if (header.stanza_count != 1 || !vt_slice_is(stanza->type, "X25519"))
        return vt_fail(err, VT_REJECTED,
                       "it is not sealed for exactly one X25519 key, so others could read "
                       "it unseen");
    out->recipient = object->recipient;
    memcpy(out->mac, header.mac, sizeof out->mac);
    return vt_base64_parse_bare_exact(stanza->arguments, out->share, sizeof out->share,
                                      err) &&
           vt_age_stanza_body(stanza, out->body, sizeof out->body, err);
}

bool vt_agent_ask_take(const struct vt_custody_request *request,
                       const struct vt_policy *policy, struct vt_arena *arena,
                       struct vt_agent_ask *out, struct vt_error *err)
{
    struct vt_agent_object *objects =
        vt_arena_alloc(arena, request->object_count * sizeof *objects + 1);

    memset(out, 0, sizeof *out);
    memcpy(out->salt, request->salt, sizeof out->salt);
    if (!take_statement(request->envelope, arena, out, err))
        return vt_within(err, "the access");
    if (!take_proof(request->proof, policy, out, err))
        return vt_within(err, "its proof");
    for (size_t i = 0; i < request->object_count; i++)
        if (!take_object(&request->objects[i], &objects[i], err))
            return vt_within(err, "object %zu", i + 1);
    out->seen_size = request->seen_size;
    out->growth = request->growth;
    out->ids = request->ids;
    out->id_count = request->id_count;
    memcpy(out->recipients, request->recipients, sizeof out->recipients);
    out->recipient_count = request->recipient_count;
    out->objects = objects;
    out->object_count = request->object_count;
    return true;
}

bool vt_agent_question_take(const struct vt_disclosure_request *request,
                            struct vt_agent_question *out, struct vt_error *err)
{
    const struct vt_custody_object object = { .header = request->header };

    *out = (struct vt_agent_question){ .is_withdrawal = request->is_withdrawal,
                                       .nonce = request->nonce,
                                       .at_unix_s = request->at_unix_s,
                                       .recipient = request->recipient,
                                       .proof = request->proof };
    return take_object(&object, &out->object, err) || vt_within(err, "the object");
}

/* ---- a header from its fields ---------------------------------------------------------
 */

void vt_agent_object_header(const struct vt_agent_object *object, struct vt_buf *out)
{
    VT_AUTO_BUF share = vt_buf_init(64);

    vt_base64_write_bare(&share, VT_BYTES(object->share));
    vt_age_header_begin(out);
    vt_age_stanza_write(out, VT_LIT("X25519"), vt_buf_slice(&share),
                        VT_BYTES(object->body));
    vt_buf_put_text(out, "--- ");
    vt_base64_write_bare(out, VT_BYTES(object->mac));
    vt_buf_put_text(out, "\n");
}
