/* Age headers as text.  The grammar is read line by line: a stanza's body ends at the first
 * line that is shorter than the others may be, and everything has one spelling. */
#include "crypto/age_header.h"
#include "crypto/hkdf.h"
#include "wire/base64.h"

enum { COLUMNS = 64, COLUMN_BYTES = 48, MAC_DIGITS = 43 };

static const char VERSION_LINE[] = "age-encryption.org/v1\n";

/* ---- reading ----------------------------------------------------------------------------
 */

static bool is_argument(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '!' || text.data[i] > '~')
            return false;
    return text.len != 0;
}

/* "TYPE ARGUMENT ARGUMENT": single spaces, nothing empty, printable ASCII. */
static bool parse_first_line(vt_slice line, struct vt_age_stanza *out)
{
    vt_reader r = { line };
    bool is_first = true;
    vt_slice word;

    while (vt_read_until(&r, ' ', &word)) {
        if (!is_argument(word))
            return false;
        if (is_first) {
            out->type = word;
            out->arguments = r.rest;
        }
        is_first = false;
    }
    if (!is_argument(r.rest))
        return false;
    if (is_first) {
        out->type = r.rest;
        out->arguments = (vt_slice){ 0 };
    }
    return true;
}

static bool parse_body(vt_reader *r, struct vt_age_stanza *out, struct vt_error *err)
{
    const uint8_t *begin = r->rest.data;
    vt_slice line;
    size_t len;

    out->body_len = 0;
    do {
        if (!vt_read_line(r, &line))
            return vt_fail(err, VT_MALFORMED, "a stanza is cut short");
        if (line.len > COLUMNS)
            return vt_fail(err, VT_MALFORMED, "a line of a stanza is longer than %d",
                           COLUMNS);
        if (!vt_base64_bare_len(line, &len, err))
            return false;
        out->body_len += len;
    } while (line.len == COLUMNS);
    out->body_lines = vt_slice_of(begin, (size_t)(r->rest.data - begin) - 1);
    return true;
}

static bool parse_stanza(vt_reader *r, struct vt_age_header *out, struct vt_error *err)
{
    struct vt_age_stanza *stanza = &out->stanzas[out->stanza_count];
    vt_slice line;

    if (out->stanza_count == VT_AGE_STANZAS_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d stanzas", VT_AGE_STANZAS_MAX);
    if (!vt_read_literal(r, VT_LIT("-> ")) || !vt_read_line(r, &line) ||
        !parse_first_line(line, stanza))
        return vt_fail(err, VT_MALFORMED, "stanza %zu does not begin as one",
                       out->stanza_count + 1);
    if (!parse_body(r, stanza, err))
        return false;
    out->stanza_count++;
    return true;
}

/* A passphrase is the only stanza of its file, so that whoever gives it knows who could
 * have written the file. */
static bool has_lonely_passphrase(const struct vt_age_header *header)
{
    for (size_t i = 0; i < header->stanza_count; i++)
        if (vt_slice_is(header->stanzas[i].type, "scrypt"))
            return header->stanza_count == 1;
    return true;
}

static bool parse(vt_reader *r, struct vt_age_header *out, struct vt_error *err)
{
    const uint8_t *begin = r->rest.data;
    vt_slice mac;

    if (!vt_read_literal(r, vt_slice_from_cstr(VERSION_LINE)))
        return vt_fail(err, VT_MALFORMED, "does not begin with 'age-encryption.org/v1'");
    do {
        if (!parse_stanza(r, out, err))
            return false;
    } while (!vt_slice_starts_with(r->rest, VT_LIT("---")));
    out->mac_text = vt_slice_of(begin, (size_t)(r->rest.data - begin) + 3);
    if (!vt_read_literal(r, VT_LIT("--- ")) || !vt_read_line(r, &mac) ||
        mac.len != MAC_DIGITS)
        return vt_fail(err, VT_MALFORMED, "has no MAC of %d digits", MAC_DIGITS);
    if (!vt_base64_parse_bare_exact(mac, out->mac, sizeof out->mac, err))
        return false;
    out->bytes = vt_slice_of(begin, (size_t)(r->rest.data - begin));
    return has_lonely_passphrase(out) ||
           vt_fail(err, VT_MALFORMED, "a passphrase stands beside other stanzas");
}

bool vt_age_header_parse(vt_slice file, struct vt_age_header *out, struct vt_error *err)
{
    bool is_cut = file.len > VT_AGE_HEADER_BYTES_MAX;
    vt_reader r = { vt_slice_of(file.data, is_cut ? VT_AGE_HEADER_BYTES_MAX : file.len) };
    struct vt_age_header header = { .stanza_count = 0 };

    if (parse(&r, &header, err)) {
        *out = header;
        return true;
    }
    if (is_cut && err->code == VT_MALFORMED && !vt_slice_has_byte(r.rest, '\n'))
        return vt_fail(err, VT_LIMIT, "age header: longer than %zu bytes",
                       VT_AGE_HEADER_BYTES_MAX);
    return vt_within(err, "age header");
}

vt_hash vt_age_header_id(const struct vt_age_header *header)
{
    return vt_sha256_of(header->bytes);
}

bool vt_age_stanza_body(const struct vt_age_stanza *stanza, uint8_t *out, size_t len,
                        struct vt_error *err)
{
    vt_slice lines = stanza->body_lines;

    if (stanza->body_len != len)
        return vt_fail(err, VT_MALFORMED, "age stanza: a body of %zu bytes, not %zu",
                       stanza->body_len, len);
    for (size_t done = 0; done < len;) {
        size_t digits = lines.len < COLUMNS ? lines.len : COLUMNS;
        size_t piece = len - done < COLUMN_BYTES ? len - done : COLUMN_BYTES;

        if (!vt_base64_parse_bare_exact(vt_slice_of(lines.data, digits), out + done, piece,
                                        err))
            return false;
        done += piece;
        if (done < len)
            lines = vt_slice_sub(lines, digits + 1, lines.len - digits - 1);
    }
    return true;
}

/* ---- writing ----------------------------------------------------------------------------
 */

void vt_age_header_begin(struct vt_buf *out)
{
    vt_buf_put_text(out, VERSION_LINE);
}

void vt_age_stanza_write(struct vt_buf *out, vt_slice type, vt_slice arguments,
                         vt_slice body)
{
    vt_buf_put_text(out, "-> ");
    vt_buf_put(out, type);
    if (arguments.len != 0)
        vt_buf_put_text(out, " ");
    vt_buf_put(out, arguments);
    vt_buf_put_text(out, "\n");
    while (body.len >= COLUMN_BYTES) {
        vt_base64_write_bare(out, vt_slice_of(body.data, COLUMN_BYTES));
        vt_buf_put_text(out, "\n");
        body = vt_slice_sub(body, COLUMN_BYTES, body.len - COLUMN_BYTES);
    }
    vt_base64_write_bare(out, body);
    vt_buf_put_text(out, "\n");
}

static void mac_of(vt_slice text, const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                   vt_hash *out)
{
    vt_hash key;

    vt_hkdf((vt_slice){ 0 }, vt_slice_of(file_key, VT_AGE_FILE_KEY_BYTES), VT_LIT("header"),
            &key);
    vt_hmac_sha256(vt_hash_slice(&key), &text, 1, out);
    explicit_bzero(&key, sizeof key);
}

bool vt_age_header_end(struct vt_buf *out, const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                       struct vt_error *err)
{
    vt_hash mac;

    vt_buf_put_text(out, "---");
    mac_of(vt_buf_slice(out), file_key, &mac);
    vt_buf_put_text(out, " ");
    vt_base64_write_bare(out, VT_BYTES(mac));
    vt_buf_put_text(out, "\n");
    return vt_buf_check(out, "age header", err);
}

bool vt_age_header_verify(const struct vt_age_header *header,
                          const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                          struct vt_error *err)
{
    vt_hash said, mac;

    memcpy(said.bytes, header->mac, sizeof said.bytes);
    mac_of(header->mac_text, file_key, &mac);
    return vt_hmac_equal(&said, &mac) ||
           vt_fail(err, VT_REJECTED, "age header: its MAC is wrong: it was changed");
}
