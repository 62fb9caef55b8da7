/* Entries in a few fields. */
#include "centre/entry.h"
#include "evidence/field.h"

/* ---- who signed -------------------------------------------------------------------------
 */

static json_t *signer_row(const struct vt_trust_key *key)
{
    json_t *row =
        json_pack("{s:s%,s:s%,s:s%,s:s}", "holder", key->holder.data, key->holder.len,
                  "jurisdiction", key->jurisdiction.data, key->jurisdiction.len, "keyid",
                  key->keyid.data, key->keyid.len, "role", vt_trust_role_name(key->role));

    if (key->site.len != 0)
        (void)json_object_set_new(
            row, "site", json_stringn((const char *)key->site.data, key->site.len));
    return row;
}

/* One signature line: the roles in which its key may have spoken. */
static bool add_known(const struct vt_keyring *keyring, const struct vt_envelope *envelope,
                      vt_slice keyid, json_t *rows)
{
    bool is_known = false;

    for (int role = 0; role < VT_ROLES; role++) {
        const struct vt_trust_key *key =
            vt_keyring_find(keyring, keyid, (enum vt_trust_role)role);

        if (key == NULL ||
            !vt_trust_role_may_sign((enum vt_trust_role)role, envelope->statement.type) ||
            !vt_envelope_is_signed_by(envelope, &key->key))
            continue;
        (void)json_array_append_new(rows, signer_row(key));
        is_known = true;
    }
    return is_known;
}

json_t *vt_signers_json(const struct vt_keyring *keyring,
                        const struct vt_envelope *envelope)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < envelope->dsse.signature_count; i++) {
        vt_slice keyid = envelope->dsse.signatures[i].keyid;

        if (!add_known(keyring, envelope, keyid, rows))
            (void)json_array_append_new(
                rows, json_pack("{s:s%}", "keyid", keyid.data, keyid.len));
    }
    return rows;
}

/* ---- what it is -------------------------------------------------------------------------
 */

static json_t *about(const struct vt_statement *statement)
{
    const json_t *predicate = statement->predicate;
    vt_slice product = vt_field_text(predicate, "product");
    vt_slice version = vt_field_text(predicate, "version");
    struct vt_subject subject = vt_statement_subject(statement, 0);

    if (product.len != 0 && version.len != 0)
        return json_sprintf("%.*s %.*s", VT_SLICE_ARGS(product), VT_SLICE_ARGS(version));
    if (product.len != 0)
        return json_stringn((const char *)product.data, product.len);
    if (vt_field_text(predicate, "holder").len != 0)
        return json_incref(json_object_get(predicate, "holder"));
    if (json_is_integer(json_object_get(predicate, "version")))
        return json_sprintf("number %ju", (uintmax_t)vt_field_number(predicate, "version"));
    return json_string(subject.name);
}

static void describe(const struct vt_trust *trust, const struct vt_envelope *envelope,
                     json_t *row)
{
    const struct vt_statement *statement = &envelope->statement;
    const struct vt_keyring keyring = { .trust = trust };
    const json_t *created = json_object_get(statement->predicate, "created");

    (void)json_object_set_new(row, "kind", json_string(vt_predicate_name(statement->type)));
    (void)json_object_set_new(row, "type", json_string(vt_predicate_type(statement->type)));
    (void)json_object_set_new(row, "about", about(statement));
    (void)json_object_set_new(row, "signers", vt_signers_json(&keyring, envelope));
    if (json_is_string(created))
        (void)json_object_set_new(row, "created", json_deep_copy(created));
}

/* {"class":..., "commitment":..., "v":1}: nothing personal, and nothing to read. */
static bool is_private(vt_slice entry)
{
    struct vt_error ignored = { 0 };
    VT_AUTO_JSON json = NULL;
    vt_hash commitment;

    return vt_json_parse_canonical(entry, "entry", &json, &ignored) &&
           vt_json_get_sha256(json, "entry", "commitment", commitment.bytes, &ignored);
}

json_t *vt_entry_json(const struct vt_trust *trust, uint64_t index, vt_slice entry)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    struct vt_error ignored = { 0 };
    vt_hash hash = vt_sha256_of(entry);
    json_t *row;
    char hex[65];

    vt_hash_text(&hash, hex);
    row = json_pack("{s:I,s:s,s:I,s:s}", "index", (json_int_t)index, "kind", "other",
                    "size", (json_int_t)entry.len, "sha256", hex);
    if (row == NULL)
        return NULL;
    if (vt_envelope_parse(entry, &envelope, &ignored))
        describe(trust, &envelope, row);
    else if (is_private(entry))
        (void)json_object_set_new(row, "kind", json_string("private"));
    return row;
}
