/* Signed notes: the text, then a blank line, then signature lines.  The trick is to split
 * at the last blank line, because the text may hold blank lines of its own. */
#include "wire/note.h"
#include "wire/base64.h"

/* Code points with the Unicode property White_Space, beyond ASCII. */
static bool is_unicode_space(uint32_t point)
{
    return point == 0x85 || point == 0xa0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 ||
           point == 0x202f || point == 0x205f || point == 0x3000;
}

bool vt_note_name_is_good(vt_slice name)
{
    if (name.len == 0 || name.len > VT_NOTE_NAME_BYTES_MAX || !vt_slice_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        const uint8_t *p = name.data + i;
        uint32_t point = 0;

        if (p[0] <= 0x20 || p[0] == 0x7f || p[0] == '+')
            return false;
        if (p[0] >= 0xc2 && p[0] < 0xe0)
            point = (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
        else if (p[0] >= 0xe0 && p[0] < 0xf0)
            point = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 |
                    (p[2] & 0x3f);
        if (is_unicode_space(point))
            return false;
    }
    return true;
}

static bool has_control_byte(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 && text.data[i] != '\n')
            return true;
    return false;
}

/* "— name base64", without its '\n'. */
static bool parse_signature(vt_slice line, struct vt_note_signature *out)
{
    vt_reader r = { line };
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(16));
    struct vt_error ignored;
    struct vt_note_signature signature;
    vt_reader id;

    if (!vt_read_literal(&r, VT_LIT("\xe2\x80\x94 ")) ||
        !vt_read_until(&r, ' ', &signature.name) || !vt_note_name_is_good(signature.name) ||
        r.rest.len == 0 || !vt_base64_parse(r.rest, &payload, &ignored))
        return false;
    signature.payload_base64 = r.rest;
    id = (vt_reader){ vt_buf_slice(&payload) };
    if (!vt_read_u32(&id, &signature.id) || id.rest.len == 0)
        return false;
    *out = signature;
    return true;
}

static bool parse_signatures(vt_slice lines, struct vt_note *note, struct vt_error *err)
{
    vt_reader r = { lines };

    note->signature_count = 0;
    while (!vt_read_end(&r)) {
        struct vt_note_signature *at = &note->signatures[note->signature_count];
        vt_slice start = r.rest, line;

        if (note->signature_count == VT_NOTE_SIGNATURES_MAX)
            return vt_fail(err, VT_LIMIT, "note: more than %d signatures",
                           VT_NOTE_SIGNATURES_MAX);
        if (!vt_read_line(&r, &line) || !parse_signature(line, at))
            return vt_fail(err, VT_MALFORMED, "note: signature line %zu is malformed",
                           note->signature_count + 1);
        at->line = vt_slice_sub(start, 0, line.len + 1);
        note->signature_count++;
    }
    if (note->signature_count == 0)
        return vt_fail(err, VT_MALFORMED, "note: no signature line");
    return true;
}

bool vt_note_parse(vt_slice bytes, struct vt_note *out, struct vt_error *err)
{
    size_t split = bytes.len;

    if (bytes.len > VT_NOTE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "note: %zu bytes, at most %zu", bytes.len,
                       VT_NOTE_BYTES_MAX);
    if (!vt_slice_is_utf8(bytes) || has_control_byte(bytes))
        return vt_fail(err, VT_MALFORMED, "note: not plain UTF-8 text");
    while (split >= 2 && !(bytes.data[split - 1] == '\n' && bytes.data[split - 2] == '\n'))
        split--;
    if (split < 2)
        return vt_fail(err, VT_MALFORMED, "note: no blank line before the signatures");
    if (!parse_signatures(vt_slice_sub(bytes, split, bytes.len - split), out, err))
        return false;
    out->text = vt_slice_sub(bytes, 0, split - 1);
    return true;
}

void vt_note_write_signature(struct vt_buf *out, vt_slice name, uint32_t id,
                             vt_slice signature)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(16));

    vt_buf_put_u32(&payload, id);
    vt_buf_put(&payload, signature);
    out->is_full = out->is_full || payload.is_full;
    vt_buf_put_text(out, "\xe2\x80\x94 ");
    vt_buf_put(out, name);
    vt_buf_put_u8(out, ' ');
    vt_base64_write(out, vt_buf_slice(&payload));
    vt_buf_put_u8(out, '\n');
}

static bool parse_key_id(vt_slice hex, uint32_t *out)
{
    uint32_t id = 0;

    if (hex.len != 8)
        return false;
    for (size_t i = 0; i < 8; i++) {
        uint8_t c = hex.data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        id = id << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *out = id;
    return true;
}

bool vt_vkey_take_apart(vt_slice text, struct vt_vkey *out, struct vt_error *err)
{
    vt_reader r = { text };
    struct vt_vkey vkey;
    uint8_t raw[33];
    vt_slice id;

    if (!vt_read_until(&r, '+', &vkey.name) || !vt_read_until(&r, '+', &id) ||
        !vt_note_name_is_good(vkey.name) || !parse_key_id(id, &vkey.id) ||
        !vt_base64_parse_exact(r.rest, raw, sizeof raw, err))
        return vt_fail(err, VT_MALFORMED,
                       "verifier key: not of the form name+hhhhhhhh+base64 of 33 bytes");
    if (raw[0] != VT_NOTE_ED25519 && raw[0] != VT_NOTE_COSIGNATURE)
        return vt_fail(err, VT_MALFORMED, "verifier key: type 0x%02x is not Ed25519",
                       raw[0]);
    vkey.type = raw[0];
    memcpy(vkey.key, raw + 1, sizeof vkey.key);
    *out = vkey;
    return true;
}

void vt_vkey_write(struct vt_buf *out, const struct vt_vkey *vkey)
{
    uint8_t raw[33];

    raw[0] = vkey->type;
    memcpy(raw + 1, vkey->key, sizeof vkey->key);
    vt_buf_put(out, vkey->name);
    vt_buf_printf(out, "+%08x+", vkey->id);
    vt_base64_write(out, vt_slice_of(raw, sizeof raw));
}
