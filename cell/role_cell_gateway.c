/* role cell-gateway: opens what clients sealed and seals the answers.  It holds the key and
 * looks at seven fixed fields of a message (crypto/ohttp.h); what is inside, a stranger's
 * request, it hands to the front unread.
 *
 * Rights: its two channels. */
#include "cell/role_cell_gateway.h"
#include "cell/gateway_message.h"
#include "crypto/ohttp.h"
#include "ledger/serve_message.h"
#include "wire/hex.h"

const struct vt_rights vt_cell_gateway_rights = { .memory_bytes_max = VT_MIB(256) };

struct gateway {
    struct vt_channel front;
    struct vt_env env;
    struct vt_ohttp_key keys[VT_OHTTP_KEYS_MAX];
    size_t key_count;
    struct vt_ohttp_exchange exchanges[VT_GATEWAY_PLACES_MAX];
    bool is_open[VT_GATEWAY_PLACES_MAX];
};

static bool open_one(struct gateway *g, uint32_t place, vt_slice sealed,
                     struct vt_error *err)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_GATEWAY_BYTES_MAX);
    struct vt_error why = { 0 };

    vt_ohttp_exchange_clear(&g->exchanges[place]);
    g->is_open[place] = vt_ohttp_request_open(g->keys, g->key_count, sealed, &plain,
                                              &g->exchanges[place], &why);
    return vt_gateway_send(
        &g->front, g->is_open[place] ? VT_GATEWAY_OPENED : VT_GATEWAY_REFUSED, place,
        g->is_open[place] ? vt_buf_slice(&plain) : (vt_slice){ 0 }, err);
}

/* An exchange seals one answer: a second one under its keys would not be hidden. */
static bool seal_one(struct gateway *g, uint32_t place, vt_slice plain,
                     struct vt_error *err)
{
    VT_AUTO_BUF sealed = vt_buf_init(VT_GATEWAY_BYTES_MAX);
    bool is_ok;

    if (!g->is_open[place])
        return vt_fail(err, VT_MALFORMED, "an answer to what was not asked");
    is_ok =
        vt_ohttp_response_seal(&g->env, &g->exchanges[place], plain, &sealed, err) &&
        vt_gateway_send(&g->front, VT_GATEWAY_SEALED, place, vt_buf_slice(&sealed), err);
    g->is_open[place] = false;
    vt_ohttp_exchange_clear(&g->exchanges[place]);
    return is_ok;
}

static bool take_one(struct gateway *g, struct vt_error *err)
{
    struct vt_message message;
    uint32_t place;
    vt_slice bytes;

    if (!vt_channel_receive(&g->front, -1, &message, err))
        return false;
    if (!vt_gateway_read(message.body, &place, &bytes))
        return vt_fail(err, VT_MALFORMED, "the front sent something without a form");
    if (message.type == VT_GATEWAY_OPEN)
        return open_one(g, place, bytes, err);
    if (message.type == VT_GATEWAY_SEAL)
        return seal_one(g, place, bytes, err);
    return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool take_key(struct gateway *g, const json_t *row, struct vt_error *err)
{
    char *hex = (char *)(uintptr_t)json_string_value(json_object_get(row, "secret"));
    uint8_t secret[VT_X25519_BYTES];
    uint64_t id;
    bool is_ok;

    if (!vt_json_get_number(row, "begin", "id", &id, err))
        return false;
    if (id > UINT8_MAX || hex == NULL ||
        !vt_hex_parse(vt_slice_from_cstr(hex), secret, sizeof secret))
        return vt_fail(err, VT_MALFORMED, "a key without a form");
    is_ok = vt_ohttp_key_from_bytes((uint8_t)id, secret, &g->keys[g->key_count], err);
    g->key_count += is_ok;
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(hex, strlen(hex)); /* the words are ours, and end here */
    return is_ok;
}

static bool begin(struct vt_channel *parent, struct gateway *g, struct vt_error *err)
{
    VT_AUTO_JSON words = NULL;
    json_t *list;

    vt_json_prepare();
    vt_confine(&vt_cell_gateway_rights);
    if (!vt_serve_listen(parent, &words, err) ||
        !vt_json_get_array(words, "begin", "keys", &list, err))
        return false;
    if (json_array_size(list) == 0 || json_array_size(list) > VT_OHTTP_KEYS_MAX)
        return vt_fail(err, VT_MALFORMED, "%zu keys", json_array_size(list));
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!take_key(g, json_array_get(list, i), err))
            return false;
    explicit_bzero(parent->in.data, parent->in.len);
    return vt_serve_ready(parent, err);
}

int vt_role_cell_gateway(struct vt_channel *parent)
{
    struct gateway *g = vt_alloc(sizeof *g);
    struct vt_error err = { 0 }, lost = { 0 };
    int code = VT_EXIT_OK;

    g->env = vt_env_real();
    g->front = vt_channel_init(VT_ROLE_FD(VT_CELL_GATEWAY_FRONT));
    if (!begin(parent, g, &err)) {
        (void)!vt_channel_send_error(parent, &err, &lost);
        code = vt_code_exit(err.code);
    } else {
        while (take_one(g, &err))
            ;
        if (err.code != VT_ABSENT) { /* whoever asked us is gone */
            (void)fprintf(stderr, "vitrine cell-gateway: %s\n", err.message);
            code = vt_code_exit(err.code);
        }
    }
    for (size_t i = 0; i < VT_GATEWAY_PLACES_MAX; i++)
        vt_ohttp_exchange_clear(&g->exchanges[i]);
    for (size_t i = 0; i < g->key_count; i++)
        vt_ohttp_key_clear(&g->keys[i]);
    vt_channel_clear(&g->front);
    free(g);
    return code;
}
