/* A share's request: lines, in one order. */
#include "cell/share_request.h"
#include "crypto/age_header.h"
#include "crypto/ed25519.h"
#include "wire/hex.h"

#define FIRST_LINE "vitrine/share/v1"

/* ---- fields that text can hold ----------------------------------------------------------
 */

static bool is_cell(vt_slice name)
{
    if (name.len == 0 || name.len > VT_SHARE_CELL_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!(name.data[i] >= 'a' && name.data[i] <= 'z') &&
            !(name.data[i] >= '0' && name.data[i] <= '9') && name.data[i] != '-')
            return false;
    return true;
}

static bool is_rule(vt_slice rule)
{
    if (rule.len > VT_SHARE_RULE_BYTES_MAX || !vt_slice_is_utf8(rule))
        return false;
    for (size_t i = 0; i < rule.len; i++)
        if (rule.data[i] < 0x20 || rule.data[i] == 0x7f)
            return false;
    return true;
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool fits(const struct vt_share_request *request, struct vt_error *err)
{
    const char *what = NULL;

    if (!is_cell(request->cell))
        what = "the cell's name";
    else if (!is_capital(request->country[0]) || !is_capital(request->country[1]) ||
             request->country[2] != '\0')
        what = "the country";
    else if (request->at_unix_s < 0 || request->at_unix_s > VT_TIME_UNIX_S_MAX)
        what = "the time";
    else if (request->body_bytes == 0 || request->body_bytes > VT_SHARE_BODY_BYTES_MAX)
        what = "the number of bytes";
    else if (!is_rule(request->rule))
        what = "the rule's name";
    else if (request->header.len == 0 || request->header.len > VT_SHARE_HEADER_BYTES_MAX)
        what = "the age header's length";
    return what == NULL || vt_fail(err, VT_MALFORMED, "share: %s cannot be so", what);
}

/* ---- writing ----------------------------------------------------------------------------
 */

static void put_hex(struct vt_buf *out, const char *name, vt_slice bytes)
{
    vt_buf_printf(out, "%s ", name);
    vt_hex_write(out, bytes);
    vt_buf_put_u8(out, '\n');
}

/* What is signed. */
static void put_lines(struct vt_buf *out, const struct vt_share_request *request)
{
    char at[VT_TIME_TEXT_BYTES];

    vt_time_write(request->at_unix_s, at);
    vt_buf_printf(out, FIRST_LINE "\ncell %.*s\ncountry %s\nat %s\n",
                  VT_SLICE_ARGS(request->cell), request->country, at);
    put_hex(out, "pseudonym", VT_BYTES(request->pseudonym));
    put_hex(out, "recipient", vt_hash_slice(&request->recipient));
    put_hex(out, "object", vt_hash_slice(&request->object));
    vt_buf_printf(out, "bytes %ju\n", (uintmax_t)request->body_bytes);
    put_hex(out, "body", vt_hash_slice(&request->body));
    put_hex(out, "digest", vt_hash_slice(&request->digest));
    if (request->rule.len == 0)
        vt_buf_put_text(out, "asked hash\n");
    else
        vt_buf_printf(out, "asked rule %.*s\n", VT_SLICE_ARGS(request->rule));
}

bool vt_share_request_write(const struct vt_share_request *request, struct vt_buf *out,
                            struct vt_error *err)
{
    if (!fits(request, err))
        return false;
    put_lines(out, request);
    put_hex(out, "signature", VT_BYTES(request->signature));
    vt_buf_put(out, request->header);
    return vt_buf_check(out, "a share's request", err);
}

/* ---- reading ----------------------------------------------------------------------------
 */

static bool read_value(vt_reader *r, const char *name, vt_slice *out)
{
    size_t skip = strlen(name) + 1;
    vt_reader at = *r;
    vt_slice line;

    if (!vt_read_line(&at, &line) || line.len <= skip || line.data[skip - 1] != ' ' ||
        !vt_slice_starts_with(line, vt_slice_from_cstr(name)))
        return false;
    *r = at;
    *out = vt_slice_sub(line, skip, line.len - skip);
    return true;
}

static bool read_hex(vt_reader *r, const char *name, uint8_t *out, size_t len)
{
    vt_slice value;

    return read_value(r, name, &value) && vt_hex_parse(value, out, len);
}

static bool read_country(vt_reader *r, char out[3])
{
    vt_slice value;

    if (!read_value(r, "country", &value) || value.len != 2)
        return false;
    memcpy(out, value.data, 2);
    out[2] = '\0';
    return true;
}

static bool read_time(vt_reader *r, int64_t *out)
{
    vt_slice value;

    return read_value(r, "at", &value) && vt_time_parse(value, out);
}

static bool read_bytes(vt_reader *r, uint64_t *out)
{
    vt_slice value;

    return read_value(r, "bytes", &value) && vt_decimal_parse(value, out);
}

static bool read_asked(vt_reader *r, vt_slice *rule_out)
{
    vt_slice value;

    if (!read_value(r, "asked", &value))
        return false;
    if (vt_slice_is(value, "hash")) {
        *rule_out = (vt_slice){ 0 };
        return true;
    }
    if (!vt_slice_starts_with(value, VT_LIT("rule ")) || value.len == 5)
        return false;
    *rule_out = vt_slice_sub(value, 5, value.len - 5);
    return true;
}

bool vt_share_request_parse(vt_slice text, struct vt_share_request *out,
                            struct vt_error *err)
{
    vt_reader r = { text };
    struct vt_share_request request = { .country = "" };

    if (text.len > VT_SHARE_REQUEST_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "share: a request of %zu bytes", text.len);
    if (!vt_read_literal(&r, VT_LIT(FIRST_LINE "\n")) ||
        !read_value(&r, "cell", &request.cell) || !read_country(&r, request.country) ||
        !read_time(&r, &request.at_unix_s) ||
        !read_hex(&r, "pseudonym", request.pseudonym.bytes,
                  sizeof request.pseudonym.bytes) ||
        !read_hex(&r, "recipient", request.recipient.bytes, VT_SHA256_BYTES) ||
        !read_hex(&r, "object", request.object.bytes, VT_SHA256_BYTES) ||
        !read_bytes(&r, &request.body_bytes) ||
        !read_hex(&r, "body", request.body.bytes, VT_SHA256_BYTES) ||
        !read_hex(&r, "digest", request.digest.bytes, VT_SHA256_BYTES) ||
        !read_asked(&r, &request.rule) ||
        !read_hex(&r, "signature", request.signature, sizeof request.signature))
        return vt_fail(err, VT_MALFORMED,
                       "share: byte %zu does not begin the line that "
                       "has its place there",
                       text.len - r.rest.len + 1);
    request.header = r.rest;
    if (!fits(&request, err))
        return false;
    *out = request;
    return true;
}

/* ---- who wants it -----------------------------------------------------------------------
 */

bool vt_share_request_sign(struct vt_share_request *request, const struct vt_key *pseudonym,
                           struct vt_error *err)
{
    VT_AUTO_BUF lines = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);

    request->pseudonym = *vt_key_public(pseudonym);
    if (!fits(request, err))
        return false;
    put_lines(&lines, request);
    return vt_buf_check(&lines, "a share's request", err) &&
           vt_key_sign(pseudonym, vt_buf_slice(&lines), request->signature, err);
}

static bool has_one_stanza(const struct vt_share_request *request, struct vt_error *err)
{
    struct vt_age_header header;
    vt_hash id;

    if (!vt_age_header_parse(request->header, &header, err))
        return vt_within(err, "share");
    if (header.bytes.len != request->header.len)
        return vt_fail(err, VT_MALFORMED, "share: something stands behind the age header");
    if (header.stanza_count != 1 || !vt_slice_is(header.stanzas[0].type, "X25519"))
        return vt_fail(err, VT_MALFORMED,
                       "share: the age header must have one stanza, X25519");
    id = vt_age_header_id(&header);
    return vt_hash_equal(&id, &request->object) ||
           vt_fail(err, VT_MALFORMED, "share: 'object' is not the hash of the age header");
}

bool vt_share_request_verify(const struct vt_share_request *request, struct vt_error *err)
{
    VT_AUTO_BUF lines = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);

    if (!fits(request, err) || !has_one_stanza(request, err))
        return false;
    put_lines(&lines, request);
    return vt_ed25519_verify(request->pseudonym.bytes, vt_buf_slice(&lines),
                             VT_BYTES(request->signature)) ||
           vt_fail(err, VT_REJECTED, "share: is not signed by the pseudonym that it names");
}

vt_hash vt_share_digest(const vt_hash *recipient, const vt_hash *plain)
{
    struct vt_sha256 state;
    vt_hash out;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/share-digest/v1\n"));
    vt_sha256_add(&state, vt_hash_slice(recipient));
    vt_sha256_add(&state, vt_hash_slice(plain));
    vt_sha256_end(&state, &out);
    return out;
}
