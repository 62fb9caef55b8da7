/* Signed notes: the text, then a blank line, then signature lines.  The trick is to split
 * at the last blank line, because the text may hold blank lines of its own. */
#include "wire/note.h"
#include "wire/base64.h"
#include "wire/hex.h"

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

        if (p[0] <= 0x20 || p[0] == '+')
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
    struct vt_note_signature signature = { 0 };
    struct vt_error ignored;                /* the caller's sentence names the line */
    uint8_t head[VT_NOTE_KEY_ID_BYTES + 1]; /* the key id and one byte of signature */
    size_t len;

    if (!vt_read_literal(&r, VT_LIT("\xe2\x80\x94 ")) ||
        !vt_read_until(&r, ' ', &signature.name) || !vt_note_name_is_good(signature.name) ||
        !vt_base64_parse_head(r.rest, head, sizeof head, &len, &ignored))
        return false;
    signature.id = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
                   (uint32_t)head[2] << 8 | head[3];
    signature.payload_base64 = r.rest;
    *out = signature;
    return true;
}

static bool parse_signatures(vt_slice lines, struct vt_note *note, struct vt_error *err)
{
    vt_reader r = { lines };

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

/* Where the signature lines begin: behind the last blank line.  0 if there is none. */
static size_t find_split(vt_slice bytes)
{
    size_t split = bytes.len;

    while (split >= 2 && !(bytes.data[split - 1] == '\n' && bytes.data[split - 2] == '\n'))
        split--;
    return split >= 2 ? split : 0;
}

bool vt_note_parse(vt_slice bytes, struct vt_note *out, struct vt_error *err)
{
    size_t split;
    struct vt_note note;

    if (bytes.len > VT_NOTE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "note: %zu bytes, at most %zu are taken", bytes.len,
                       VT_NOTE_BYTES_MAX);
    if (!vt_slice_is_utf8(bytes) || has_control_byte(bytes))
        return vt_fail(err, VT_MALFORMED, "note: not plain UTF-8 text");
    split = find_split(bytes);
    if (split == 0)
        return vt_fail(err, VT_MALFORMED, "note: no blank line before the signatures");
    note.text = vt_slice_sub(bytes, 0, split - 1);
    note.signature_count = 0;
    if (!parse_signatures(vt_slice_sub(bytes, split, bytes.len - split), &note, err))
        return false;
    *out = note;
    return true;
}

void vt_note_write_signature(struct vt_buf *out, vt_slice name, uint32_t id,
                             vt_slice signature)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_NOTE_BYTES_MAX);

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
    uint8_t raw[VT_NOTE_KEY_ID_BYTES];

    if (!vt_hex_parse(hex, raw, sizeof raw))
        return false;
    *out = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
    return true;
}

bool vt_vkey_take_apart(vt_slice text, struct vt_vkey *out, struct vt_error *err)
{
    vt_reader r = { text };
    struct vt_vkey vkey;
    uint8_t raw[33];
    vt_slice id;

    /* The base64 may hold a '+' too: only the first two split. */
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
