/* DSSE envelopes: other people's with the leniency that DSSE asks for, ours with none. */
#include "wire/dsse.h"
#include "wire/base64.h"
#include "wire/hex.h"
#include "wire/json.h"

void vt_dsse_clear(struct vt_dsse *envelope)
{
    vt_buf_clear(&envelope->payload_type);
    vt_buf_clear(&envelope->payload);
    vt_buf_clear(&envelope->pool);
    *envelope = (struct vt_dsse){ 0 };
}

/* Where a signature lies in the pool, which may move while it grows. */
struct span {
    size_t keyid_at, keyid_len, bytes_at, bytes_len;
};

static bool parse_signature(const json_t *signature, struct vt_dsse *envelope,
                            struct span *span, struct vt_error *err)
{
    struct vt_buf *pool = &envelope->pool;
    vt_slice keyid = { 0 }, sig;
    json_t *value = json_object_get(signature, "keyid");

    if (value != NULL && !json_is_null(value) &&
        !vt_json_get_text(signature, "envelope signature", "keyid", &keyid, err))
        return false;
    if (!vt_json_get_text(signature, "envelope signature", "sig", &sig, err))
        return false;
    span->keyid_at = pool->len;
    span->keyid_len = keyid.len;
    vt_buf_put(pool, keyid);
    span->bytes_at = pool->len;
    if (!vt_base64_parse_any(sig, pool, err))
        return vt_within(err, "envelope signature");
    span->bytes_len = pool->len - span->bytes_at;
    return vt_buf_check(pool, "envelope", err);
}

static bool parse_signatures(const json_t *list, struct vt_dsse *envelope,
                             struct vt_error *err)
{
    struct span spans[VT_DSSE_SIGNATURES_MAX];
    size_t count = json_array_size(list);
    vt_slice pool;

    if (count == 0)
        return vt_fail(err, VT_MALFORMED, "envelope: no signature");
    if (count > VT_DSSE_SIGNATURES_MAX)
        return vt_fail(err, VT_LIMIT, "envelope: %zu signatures, at most %d", count,
                       VT_DSSE_SIGNATURES_MAX);
    for (size_t i = 0; i < count; i++)
        if (!parse_signature(json_array_get(list, i), envelope, &spans[i], err))
            return false;
    pool = vt_buf_slice(&envelope->pool);
    for (size_t i = 0; i < count; i++)
        envelope->signatures[i] = (struct vt_dsse_signature){
            .keyid = vt_slice_sub(pool, spans[i].keyid_at, spans[i].keyid_len),
            .bytes = vt_slice_sub(pool, spans[i].bytes_at, spans[i].bytes_len),
        };
    envelope->signature_count = count;
    return true;
}

static bool take_apart(const json_t *object, struct vt_dsse *envelope, struct vt_error *err)
{
    vt_slice type, payload;
    json_t *signatures;

    if (!vt_json_get_text(object, "envelope", "payloadType", &type, err) ||
        !vt_json_get_text(object, "envelope", "payload", &payload, err) ||
        !vt_json_get_array(object, "envelope", "signatures", &signatures, err))
        return false;
    vt_buf_put(&envelope->payload_type, type);
    if (!vt_buf_check(&envelope->payload_type, "envelope: payload type", err))
        return false;
    if (!vt_base64_parse_any(payload, &envelope->payload, err))
        return vt_within(err, "envelope: payload");
    return parse_signatures(signatures, envelope, err);
}

bool vt_dsse_of_json(const struct json_t *object, struct vt_dsse *out, struct vt_error *err)
{
    struct vt_dsse envelope = { .payload_type = vt_buf_init(VT_DSSE_TYPE_BYTES_MAX),
                                .payload = vt_buf_init(VT_DSSE_BYTES_MAX),
                                .pool = vt_buf_init(VT_DSSE_BYTES_MAX) };

    if (!take_apart(object, &envelope, err)) {
        vt_dsse_clear(&envelope);
        return false;
    }
    *out = envelope;
    return true;
}

bool vt_dsse_parse(vt_slice text, struct vt_dsse *out, struct vt_error *err)
{
    VT_AUTO_JSON object = NULL;

    if (text.len > VT_DSSE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "envelope: %zu bytes, at most %zu are taken",
                       text.len, VT_DSSE_BYTES_MAX);
    return vt_json_parse(text, "envelope", &object, err) &&
           vt_dsse_of_json(object, out, err);
}

static int compare_keyids(const void *left, const void *right)
{
    const struct vt_dsse_signature *a = left, *b = right;

    return vt_slice_compare(a->keyid, b->keyid);
}

static bool keyids_are_ours(const struct vt_dsse_signature *signatures, size_t count,
                            struct vt_error *err)
{
    uint8_t id[32];

    for (size_t i = 0; i < count; i++) {
        if (!vt_hex_parse(signatures[i].keyid, id, sizeof id))
            return vt_fail(err, VT_MALFORMED,
                           "envelope: a keyid is not 64 lower-case hex digits");
        if (i > 0 && vt_slice_equal(signatures[i - 1].keyid, signatures[i].keyid))
            return vt_fail(err, VT_MALFORMED, "envelope: two signatures by the same key");
    }
    return true;
}

static void write_signatures(const struct vt_dsse_signature *signatures, size_t count,
                             struct vt_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        vt_buf_put_text(out, i > 0 ? ",{\"keyid\":\"" : "{\"keyid\":\"");
        vt_buf_put(out, signatures[i].keyid);
        vt_buf_put_text(out, "\",\"sig\":\"");
        vt_base64_write(out, signatures[i].bytes);
        vt_buf_put_text(out, "\"}");
    }
}

bool vt_dsse_write(vt_slice payload_type, vt_slice payload,
                   const struct vt_dsse_signature *signatures, size_t count,
                   struct vt_buf *out, struct vt_error *err)
{
    struct vt_dsse_signature sorted[VT_DSSE_SIGNATURES_MAX];
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (count == 0 || count > VT_DSSE_SIGNATURES_MAX)
        return vt_fail(err, VT_LIMIT, "envelope: %zu signatures, 1 to %d are taken", count,
                       VT_DSSE_SIGNATURES_MAX);
    if (payload_type.len == 0)
        return vt_fail(err, VT_MALFORMED, "envelope: the payload type is empty");
    memcpy(sorted, signatures, count * sizeof sorted[0]);
    qsort(sorted, count, sizeof sorted[0], compare_keyids);
    if (!keyids_are_ours(sorted, count, err))
        return false;
    vt_buf_put_text(&text, "{\"payload\":\"");
    vt_base64_write(&text, payload);
    vt_buf_put_text(&text, "\",\"payloadType\":");
    if (!vt_json_write_text(payload_type, &text, err))
        return vt_within(err, "envelope: payload type");
    vt_buf_put_text(&text, ",\"signatures\":[");
    write_signatures(sorted, count, &text);
    vt_buf_put_text(&text, "]}");
    if (!vt_buf_check(&text, "envelope", err))
        return false;
    vt_buf_put(out, vt_buf_slice(&text));
    return vt_buf_check(out, "envelope", err);
}

bool vt_dsse_parse_canonical(vt_slice text, struct vt_dsse *out, struct vt_error *err)
{
    VT_AUTO_DSSE envelope = { 0 };
    VT_AUTO_BUF again = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (text.len > VT_ENTRY_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "envelope: %zu bytes, at most %d are taken", text.len,
                       VT_ENTRY_BYTES_MAX);
    if (!vt_dsse_parse(text, &envelope, err) ||
        !vt_dsse_write(vt_buf_slice(&envelope.payload_type),
                       vt_buf_slice(&envelope.payload), envelope.signatures,
                       envelope.signature_count, &again, err))
        return false;
    if (!vt_slice_equal(vt_buf_slice(&again), text))
        return vt_fail(err, VT_MALFORMED, "envelope: is not in the one canonical form");
    *out = envelope;
    envelope = (struct vt_dsse){ 0 };
    return true;
}

void vt_dsse_write_pae(struct vt_buf *out, vt_slice payload_type, vt_slice payload)
{
    vt_buf_printf(out, "DSSEv1 %zu ", payload_type.len);
    vt_buf_put(out, payload_type);
    vt_buf_printf(out, " %zu ", payload.len);
    vt_buf_put(out, payload);
}
