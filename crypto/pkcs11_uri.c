/* RFC 7512 by a table: attribute, where it goes, how long it may be. */
#include "crypto/pkcs11_uri.h"

enum where { IN_PATH, IN_QUERY };

struct attribute {
    const char *name;
    enum where where;
    size_t at, bytes_max; /* of a field of struct vt_pkcs11_uri */
    bool is_text;         /* ends with a NUL, so it holds none */
};

#define TEXT(name, where, field)                                                           \
    {                                                                                      \
        name, where, offsetof(struct vt_pkcs11_uri, field),                                \
            sizeof((struct vt_pkcs11_uri *)0)->field - 1, true                             \
    }

static const struct attribute ATTRIBUTES[] = {
    TEXT("token", IN_PATH, token),
    TEXT("serial", IN_PATH, serial),
    TEXT("object", IN_PATH, object),
    { "id", IN_PATH, offsetof(struct vt_pkcs11_uri, id), 64, false },
    TEXT("module-path", IN_QUERY, module_path),
    TEXT("module-reads", IN_QUERY, module_reads),
};

enum { ATTRIBUTE_COUNT = sizeof ATTRIBUTES / sizeof ATTRIBUTES[0] };

static bool hex_value(uint8_t digit, uint8_t *out)
{
    if (digit >= '0' && digit <= '9')
        *out = (uint8_t)(digit - '0');
    else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
        *out = (uint8_t)((digit | 0x20) - 'a' + 10);
    else
        return false;
    return true;
}

/* Characters that need no %: RFC 3986's unreserved, RFC 7512's pk11-res-avail, and in a
 * query the slash. */
static bool is_plain(uint8_t byte, enum where where)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte == '/' && where == IN_QUERY) ||
           (byte != '\0' && strchr("-._~:[]@!$'()*+,=", byte) != NULL);
}

static bool read_byte(vt_reader *r, enum where where, uint8_t *out)
{
    uint8_t byte, high, low;

    if (!vt_read_u8(r, &byte))
        return false;
    if (byte != '%') {
        *out = byte;
        return is_plain(byte, where);
    }
    if (!vt_read_u8(r, &byte) || !hex_value(byte, &high) || !vt_read_u8(r, &byte) ||
        !hex_value(byte, &low))
        return false;
    *out = (uint8_t)(high << 4 | low);
    return true;
}

static bool take_value(const struct attribute *attribute, vt_slice value,
                       struct vt_pkcs11_uri *uri, struct vt_error *err)
{
    uint8_t *field = (uint8_t *)uri + attribute->at;
    vt_reader r = { value };
    size_t len = 0;

    if (value.len == 0)
        return vt_fail(err, VT_MALFORMED, "pkcs11 URI: %s is empty", attribute->name);
    for (; r.rest.len != 0; len++) {
        if (len == attribute->bytes_max)
            return vt_fail(err, VT_MALFORMED, "pkcs11 URI: %s has more than %zu bytes",
                           attribute->name, attribute->bytes_max);
        if (!read_byte(&r, attribute->where, &field[len]) ||
            (attribute->is_text && field[len] == '\0'))
            return vt_fail(err, VT_MALFORMED,
                           "pkcs11 URI: %s holds a byte that must be written as %%XX",
                           attribute->name);
    }
    if (!attribute->is_text)
        uri->id_len = len;
    return true;
}

/* One NAME=VALUE; `seen` has a bit for each that was there, and one more for `type`. */
static bool take_attribute(vt_slice text, enum where where, struct vt_pkcs11_uri *uri,
                           unsigned *seen, struct vt_error *err)
{
    vt_reader r = { text };
    size_t i = 0;
    vt_slice name;

    if (!vt_read_until(&r, '=', &name))
        return vt_fail(err, VT_MALFORMED, "pkcs11 URI: '%.*s' is not NAME=VALUE",
                       VT_SLICE_ARGS(text));
    if (vt_slice_starts_with(name, VT_LIT("pin-")))
        return vt_fail(err, VT_MALFORMED,
                       "pkcs11 URI: a PIN does not belong in it: use --passphrase-file");
    while (i < ATTRIBUTE_COUNT &&
           !(ATTRIBUTES[i].where == where && vt_slice_is(name, ATTRIBUTES[i].name)))
        i++;
    if (i == ATTRIBUTE_COUNT && !(where == IN_PATH && vt_slice_is(text, "type=private")))
        return vt_fail(err, VT_MALFORMED, "pkcs11 URI: '%.*s' is not taken there",
                       VT_SLICE_ARGS(text));
    if ((*seen & 1U << i) != 0)
        return vt_fail(err, VT_MALFORMED, "pkcs11 URI: %.*s is given twice",
                       VT_SLICE_ARGS(name));
    *seen |= 1U << i;
    return i == ATTRIBUTE_COUNT || take_value(&ATTRIBUTES[i], r.rest, uri, err);
}

/* Attributes up to the end of the text, with that byte between them. */
static bool take_part(vt_slice text, uint8_t between, enum where where,
                      struct vt_pkcs11_uri *uri, unsigned *seen, struct vt_error *err)
{
    vt_reader r = { text };
    vt_slice one;

    while (vt_read_until(&r, between, &one))
        if (!take_attribute(one, where, uri, seen, err))
            return false;
    return take_attribute(r.rest, where, uri, seen, err);
}

bool vt_pkcs11_uri_parse(vt_slice text, struct vt_pkcs11_uri *out, struct vt_error *err)
{
    struct vt_pkcs11_uri uri = { .id_len = 0 };
    vt_reader r = { text };
    unsigned seen = 0;
    vt_slice path;

    if (text.len > VT_PKCS11_URI_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "pkcs11 URI: %zu bytes, at most %d", text.len,
                       VT_PKCS11_URI_BYTES_MAX);
    if (!vt_read_literal(&r, VT_LIT("pkcs11:")))
        return vt_fail(err, VT_MALFORMED, "pkcs11 URI: does not begin with pkcs11:");
    if (!vt_read_until(&r, '?', &path))
        return vt_fail(err, VT_MALFORMED,
                       "pkcs11 URI: name the module: ?module-path=/usr/lib/...");
    if (!take_part(path, ';', IN_PATH, &uri, &seen, err) ||
        !take_part(r.rest, '&', IN_QUERY, &uri, &seen, err))
        return false;
    if (uri.module_path[0] != '/')
        return vt_fail(err, VT_MALFORMED, "pkcs11 URI: module-path is not absolute");
    if (uri.module_reads[0] != '\0' && uri.module_reads[0] != '/')
        return vt_fail(err, VT_MALFORMED, "pkcs11 URI: module-reads is not absolute");
    if (uri.object[0] == '\0' && uri.id_len == 0)
        return vt_fail(err, VT_MALFORMED, "pkcs11 URI: name the key by object or id");
    *out = uri;
    return true;
}

static void write_value(struct vt_buf *out, enum where where, const uint8_t *bytes,
                        size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_plain(bytes[i], where))
            vt_buf_put_u8(out, bytes[i]);
        else
            vt_buf_printf(out, "%%%02X", bytes[i]);
}

void vt_pkcs11_uri_write(struct vt_buf *out, const struct vt_pkcs11_uri *uri)
{
    const char *before = "pkcs11:", *before_query = "?";

    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        const struct attribute *attribute = &ATTRIBUTES[i];
        const uint8_t *field = (const uint8_t *)uri + attribute->at;
        size_t len = attribute->is_text ? strlen((const char *)field) : uri->id_len;

        if (len == 0)
            continue;
        vt_buf_put_text(out, attribute->where == IN_QUERY ? before_query : before);
        vt_buf_put_text(out, attribute->name);
        vt_buf_put_u8(out, '=');
        write_value(out, attribute->where, field, len);
        if (attribute->where == IN_QUERY)
            before_query = "&";
        before = ";";
    }
}
