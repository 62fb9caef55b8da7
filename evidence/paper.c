/* Papers: see paper.h. */
#include "evidence/paper.h"
#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "evidence/field.h"

bool vt_paper_write(const json_t *payload, const char *type, const struct vt_key *key,
                    struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    struct vt_dsse_signature signature = { .keyid = vt_slice_from_cstr(id.text) };
    uint8_t bytes[64];

    if (!vt_json_write_canonical(payload, &text, err) ||
        !vt_dsse_sign(key, vt_slice_from_cstr(type), vt_buf_slice(&text), bytes, err))
        return false;
    signature.bytes = vt_slice_of(bytes, sizeof bytes);
    return vt_dsse_write(vt_slice_from_cstr(type), vt_buf_slice(&text), &signature, 1, out,
                         err);
}

bool vt_paper_open(vt_slice bytes, const char *type, const struct vt_field *schema,
                   const char *what, struct vt_dsse *dsse_out, json_t **json_out,
                   struct vt_error *err)
{
    if (bytes.len != 0 && bytes.data[bytes.len - 1] == '\n')
        bytes.len--;
    if (!vt_dsse_parse_canonical(bytes, dsse_out, err))
        return vt_within(err, "%s", what);
    if (!vt_slice_is(vt_buf_slice(&dsse_out->payload_type), type) ||
        dsse_out->signature_count != 1)
        return vt_fail(err, VT_MALFORMED, "%s: is none, or not signed once", what);
    if (!vt_json_parse_canonical(vt_buf_slice(&dsse_out->payload), what, json_out, err))
        return false;
    if (vt_schema_verify(*json_out, what, schema, err) &&
        (vt_field_number(*json_out, "v") == 1 ||
         vt_fail(err, VT_MALFORMED, "%s: only 'v' 1 is known", what)))
        return true;
    vt_json_clear(json_out);
    return false;
}

bool vt_paper_is_by(const struct vt_dsse *dsse, const struct vt_public_key *key)
{
    struct vt_key_id id = vt_public_key_id(key);
    VT_AUTO_BUF pae = vt_buf_init(dsse->payload.len + dsse->payload_type.len + 64);

    vt_dsse_write_pae(&pae, vt_buf_slice(&dsse->payload_type),
                      vt_buf_slice(&dsse->payload));
    return !pae.is_full && vt_slice_is(dsse->signatures[0].keyid, id.text) &&
           vt_ed25519_verify(key->bytes, vt_buf_slice(&pae), dsse->signatures[0].bytes);
}

bool vt_paper_is_cells(const struct vt_dsse *dsse, const struct vt_trust *trust,
                       vt_slice cell, int64_t at_unix_s, const char *what,
                       struct vt_error *err)
{
    const struct vt_trust_key *key =
        vt_trust_find(trust, dsse->signatures[0].keyid, VT_ROLE_CELL);
    enum vt_regard standing;

    if (key == NULL || !vt_list_has(key->products, cell) ||
        !vt_paper_is_by(dsse, &key->key))
        return vt_fail(err, VT_REJECTED, "%s: is not signed by cell %.*s", what,
                       VT_SLICE_ARGS(cell));
    standing = vt_trust_key_standing(key, at_unix_s);
    return standing == VT_REGARD_GOOD || vt_fail(err, VT_REJECTED, "%s: is signed by %s",
                                                 what, vt_regard_words(standing));
}
