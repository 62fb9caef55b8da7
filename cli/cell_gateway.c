/* vitrine cell gateway-key, and reading the keys that it is about. */
#include "cli/cell_gateway.h"
#include "cli/cell_verbs.h"
#include "cli/files.h"
#include "crypto/ohttp.h"
#include "wire/hex.h"

/* "7=FILE" */
static bool read_name(struct vt_args *args, const char *text, uint64_t *id,
                      const char **path, struct vt_error *err)
{
    vt_reader r = { vt_slice_from_cstr(text) };
    vt_slice number;

    if (!vt_read_until(&r, '=', &number) || !vt_decimal_parse(number, id) ||
        *id > UINT8_MAX || r.rest.len == 0)
        return vt_args_misuse(args, err, "--gateway-key: '%s' is not like 1=FILE", text);
    *path = text + number.len + 1;
    return true;
}

static bool has_id(const json_t *list, uint64_t id)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if ((uint64_t)json_integer_value(json_object_get(json_array_get(list, i), "id")) ==
            id)
            return true;
    return false;
}

static bool add_key(json_t *list, uint64_t id, const char *path, vt_slice passphrase,
                    struct vt_error *err)
{
    VT_AUTO_AGE_IDENTITY identity = { 0 };
    char hex[2 * VT_X25519_BYTES + 1];
    bool is_ok;

    if (!vt_age_identity_open(path, passphrase, &identity, err))
        return false;
    if (identity.token != NULL)
        return vt_fail(err, VT_REJECTED,
                       "a look-up's key is told to the gateway, so it cannot stay in a "
                       "token: name a file");
    vt_hex_text(vt_slice_of(identity.secret.data, VT_X25519_BYTES), hex);
    is_ok = json_array_append_new(
                list, json_pack("{s:I,s:s}", "id", (json_int_t)id, "secret", hex)) == 0 ||
            vt_fail(err, VT_IO, "out of memory");
    explicit_bzero(hex, sizeof hex);
    return is_ok;
}

bool vt_cli_gateway_keys(struct vt_args *args, json_t *list, struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    bool is_ok = vt_cli_passphrase_of(args, "gateway-passphrase-file", &passphrase, err);
    const char *text, *path = NULL;
    uint64_t id = 0;

    for (size_t i = 0; is_ok && (text = vt_args_get_at(args, "gateway-key", i)) != NULL;
         i++) {
        is_ok = read_name(args, text, &id, &path, err);
        if (is_ok && (has_id(list, id) || i == VT_OHTTP_KEYS_MAX))
            is_ok =
                vt_args_misuse(args, err, "--gateway-key: at most %d, each with another ID",
                               VT_OHTTP_KEYS_MAX);
        is_ok = is_ok && add_key(list, id, path, vt_buf_slice(&passphrase), err);
    }
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    return is_ok;
}

void vt_cli_gateway_keys_wipe(json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *hex =
            json_string_value(json_object_get(json_array_get(list, i), "secret"));

        explicit_bzero((char *)(uintptr_t)hex, strlen(hex));
    }
}

/* ---- the public half --------------------------------------------------------------------
 */

const struct vt_option vt_cli_cell_gateway_key_options[] = {
    VT_OPTION_GATEWAY_KEY,
    VT_OPTION_GATEWAY_PASSPHRASE,
    { "out", "FILE", "the key configuration", true, false },
    { NULL, NULL, NULL, false, false },
};

static bool write_config(const json_t *list, struct vt_buf *out, struct vt_error *err)
{
    struct vt_ohttp_config configs[VT_OHTTP_KEYS_MAX];

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        VT_AUTO_OHTTP_KEY key = { .config = { .id = 0 } };
        uint8_t secret[VT_X25519_BYTES];
        bool is_ok;

        VT_ASSERT(vt_hex_parse(
            vt_slice_from_cstr(json_string_value(json_object_get(row, "secret"))), secret,
            sizeof secret));
        is_ok = vt_ohttp_key_from_bytes(
            (uint8_t)json_integer_value(json_object_get(row, "id")), secret, &key, err);
        explicit_bzero(secret, sizeof secret);
        if (!is_ok)
            return false;
        configs[i] = key.config;
    }
    vt_ohttp_keys_write(out, configs, json_array_size(list));
    return vt_buf_check(out, "the key configuration", err);
}

bool vt_cli_cell_gateway_key(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "out");
    VT_AUTO_JSON list = json_array();
    VT_AUTO_BUF config = vt_buf_init(VT_KIB(4));
    char hash[65];
    vt_hash digest;
    bool is_ok;

    if (!vt_args_has(args, "gateway-key"))
        return vt_args_misuse(args, err, "--gateway-key: name one or more");
    is_ok = vt_cli_gateway_keys(args, list, err) && write_config(list, &config, err) &&
            vt_cli_write(path, vt_buf_slice(&config), 0644, err);
    vt_cli_gateway_keys_wipe(list);
    if (!is_ok)
        return false;
    digest = vt_sha256_of(vt_buf_slice(&config));
    vt_hash_text(&digest, hash);
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:s}", "ok", 1, "file", path, "sha256", hash));
    else
        (void)printf("%s: what clients seal to; SHA-256 %s\n", path, hash);
    return true;
}
