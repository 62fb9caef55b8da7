/* The customer's memory: looked up, and raised. */
#include "evidence/memory.h"
#include "evidence/field.h"
#include "evidence/schema.h"
#include "wire/hex.h"

static const struct vt_field PRODUCT[] = {
    { "product", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "channel", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "sequence", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "release", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field LEDGER[] = {
    { "origin", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "size", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "root", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "withdrawals", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "list", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "products", VT_FIELD_OBJECTS, false, 4096, PRODUCT, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field MEMORY[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "trust", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "ledgers", VT_FIELD_OBJECTS, false, 256, LEDGER, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static bool text_is(const json_t *object, const char *name, vt_slice wanted)
{
    return vt_slice_equal(vt_field_text(object, name), wanted);
}

static json_t *find_ledger(const json_t *memory, vt_slice origin)
{
    const json_t *list = json_object_get(memory, "ledgers");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (text_is(json_array_get(list, i), "origin", origin))
            return json_array_get(list, i);
    return NULL;
}

static json_t *find_product(const json_t *ledger, vt_slice product, vt_slice channel)
{
    const json_t *list = json_object_get(ledger, "products");

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *row = json_array_get(list, i);

        if (text_is(row, "product", product) && text_is(row, "channel", channel))
            return row;
    }
    return NULL;
}

bool vt_memory_parse(vt_slice text, json_t **memory_out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;

    if (text.len > VT_MEMORY_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "state: %zu bytes, at most %zu", text.len,
                       VT_MEMORY_BYTES_MAX);
    if (!vt_json_parse(text, "state", &json, err) ||
        !vt_schema_verify(json, "state", MEMORY, err))
        return false;
    if (vt_field_number(json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "state: only version 1 is known");
    *memory_out = json_incref(json);
    return true;
}

uint64_t vt_memory_trust(const json_t *memory)
{
    return vt_field_number(memory, "trust");
}

struct vt_seen_ledger vt_memory_ledger(const json_t *memory, vt_slice origin)
{
    const json_t *row = find_ledger(memory, origin);

    if (row == NULL)
        return (struct vt_seen_ledger){ 0 };
    return (struct vt_seen_ledger){ .size = vt_field_number(row, "size"),
                                    .root = vt_field_hash(row, "root"),
                                    .withdrawals = vt_field_number(row, "withdrawals"),
                                    .list = vt_field_hash(row, "list") };
}

struct vt_seen_release vt_memory_release(const json_t *memory, vt_slice origin,
                                         vt_slice product, vt_slice channel)
{
    const json_t *row = find_product(find_ledger(memory, origin), product, channel);

    if (row == NULL)
        return (struct vt_seen_release){ 0 };
    return (struct vt_seen_release){ vt_field_number(row, "sequence"),
                                     vt_field_hash(row, "release") };
}

bool vt_memory_has_channel(const json_t *memory, vt_slice origin, vt_slice product,
                           vt_slice channel)
{
    return find_product(find_ledger(memory, origin), product, channel) != NULL;
}

vt_slice vt_memory_channel(const json_t *memory, vt_slice origin, vt_slice product)
{
    struct vt_seen_product seen;

    for (size_t i = 0; vt_memory_product(memory, origin, i, &seen); i++)
        if (vt_slice_equal(seen.product, product))
            return seen.channel;
    return (vt_slice){ 0 };
}

bool vt_memory_product(const json_t *memory, vt_slice origin, size_t i,
                       struct vt_seen_product *out)
{
    const json_t *row =
        json_array_get(json_object_get(find_ledger(memory, origin), "products"), i);

    if (row == NULL)
        return false;
    *out = (struct vt_seen_product){ vt_field_text(row, "product"),
                                     vt_field_text(row, "channel"),
                                     vt_field_number(row, "sequence") };
    return true;
}

/* ---- raising
 * -----------------------------------------------------------------------------
 */

/* Raise the pair (number, hash) if the number is larger; false if memory ran out. */
static bool raise_pair(json_t *row, const char *number_name, const char *hash_name,
                       uint64_t number, const vt_hash *hash)
{
    char text[VT_HEX256_BYTES];

    if (vt_json_has(row, number_name) && number <= vt_field_number(row, number_name))
        return true;
    vt_hash_text(hash, text);
    /* At most 2^53 - 1: it came out of a statement or checkpoint, or the writer refuses. */
    return json_object_set_new(row, number_name, json_integer((json_int_t)number)) == 0 &&
           json_object_set_new(row, hash_name, json_string(text)) == 0;
}

static json_t *ledger_row(json_t *memory, vt_slice origin)
{
    json_t *row = find_ledger(memory, origin);

    if (row != NULL)
        return row;
    row = json_pack("{s:s%,s:[]}", "origin", (const char *)origin.data, origin.len,
                    "products");
    return json_array_append_new(json_object_get(memory, "ledgers"), row) == 0 ? row : NULL;
}

static json_t *product_row(json_t *ledger, vt_slice product, vt_slice channel)
{
    json_t *row = find_product(ledger, product, channel);

    if (row != NULL)
        return row;
    row = json_pack("{s:s%,s:s%}", "product", (const char *)product.data, product.len,
                    "channel", (const char *)channel.data, channel.len);
    return json_array_append_new(json_object_get(ledger, "products"), row) == 0 ? row
                                                                                : NULL;
}

static bool raise_all(json_t *memory, const struct vt_sighting *sighting)
{
    json_t *ledger = ledger_row(memory, sighting->origin);
    json_t *product =
        ledger != NULL ? product_row(ledger, sighting->product, sighting->channel) : NULL;

    if (product == NULL ||
        !raise_pair(ledger, "size", "root", sighting->ledger.size,
                    &sighting->ledger.root) ||
        !raise_pair(ledger, "withdrawals", "list", sighting->ledger.withdrawals,
                    &sighting->ledger.list) ||
        !raise_pair(product, "sequence", "release", sighting->release.sequence,
                    &sighting->release.release))
        return false;
    return sighting->trust <= vt_field_number(memory, "trust") ||
           json_object_set_new(memory, "trust",
                               json_integer((json_int_t)sighting->trust)) == 0;
}

bool vt_memory_write(const json_t *memory, const struct vt_sighting *sighting,
                     struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_JSON next = memory != NULL
                            ? json_deep_copy(memory)
                            : json_pack("{s:i,s:i,s:[]}", "v", 1, "trust", 0, "ledgers");
    VT_AUTO_BUF text = vt_buf_init(VT_MEMORY_BYTES_MAX);

    if (next == NULL || !raise_all(next, sighting))
        return vt_fail(err, VT_IO, "state: out of memory");
    if (!vt_json_write_canonical(next, &text, err) ||
        !vt_schema_verify(next, "state", MEMORY, err))
        return vt_within(err, "state");
    vt_buf_put(out, vt_buf_slice(&text));
    vt_buf_put_u8(out, '\n');
    return vt_buf_check(out, "state", err);
}
