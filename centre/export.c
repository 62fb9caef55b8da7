/* Exports: gathered, signed, and checked.  See export.h. */
#include "centre/export.h"
#include "cell/country.h"
#include "crypto/ed25519.h"
#include "custody/review.h"
#include "evidence/field.h"
#include "evidence/schema.h"
#include "wire/base64.h"
#include "wire/dsse.h"

#define TAIL_BEGIN "<script type=\"application/vnd.vitrine.export\" data-key=\""
#define TAIL_SIGN  "\" data-signature=\""
#define TAIL_DATA  "\">"
#define TAIL_END   "</script></body></html>\n"

#define END                                                                                \
    {                                                                                      \
        NULL, VT_FIELD_TEXT, false, 0, NULL, NULL                                          \
    }

static const struct vt_field PROVEN[] = {
    { "entry", VT_FIELD_PROSE, false, 65535, NULL, NULL },
    { "proof", VT_FIELD_PROSE, false, VT_KIB(64), NULL, NULL },
    END,
};
static const struct vt_field ACCESS[] = {
    { "number", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "time", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "deed", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "keys", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "salt", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "envelope", VT_FIELD_PROSE, false, 65535, NULL, NULL },
    { "proof", VT_FIELD_PROSE, false, VT_KIB(64), NULL, NULL },
    END,
};
static const struct vt_field ACCESSES[] = {
    { "origin", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "entries", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "openings", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "rows", VT_FIELD_OBJECTS, false, VT_EXPORT_ACCESSES_MAX, ACCESS, NULL },
    END,
};
static const struct vt_field EXPORT[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "country", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "made", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "trust", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "residency", VT_FIELD_OBJECT, true, 0, PROVEN, NULL },
    { "denials", VT_FIELD_OBJECTS, false, 1024, PROVEN, NULL },
    { "accesses", VT_FIELD_OBJECT, true, 0, ACCESSES, NULL },
    END,
};

bool vt_export_schema(const json_t *evidence, struct vt_error *err)
{
    if (!vt_schema_verify(evidence, "export", EXPORT, err))
        return false;
    return vt_field_number(evidence, "v") == 1 ||
           vt_fail(err, VT_MALFORMED, "export: only version 1 is known");
}

void vt_export_clear(struct vt_export *export)
{
    json_decref(export->evidence);
    *export = (struct vt_export){ .evidence = NULL };
}

/* ---- gathering --------------------------------------------------------------------------
 */

static json_t *text_of(vt_slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

struct picking {
    struct vt_held *held;
    json_t *residency; /* the newest; NULL: none */
    json_t *denials;
};

/* The last table of residency stands for all; a page checks that it counts. */
static bool pick(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct picking *p = context;
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    struct vt_error ignored = { 0 };
    json_t *row;

    if (!vt_envelope_parse(entry, &envelope, &ignored) ||
        (envelope.statement.type != VT_RESIDENCY && envelope.statement.type != VT_DENIAL))
        return true;
    if (!vt_trust_admits_entry(p->held->trust, entry, p->held->verdict.time_unix_s,
                               &ignored))
        return true;
    if (!vt_held_prove(p->held, index, &proof, err))
        return false;
    row = json_pack("{s:o,s:o}", "entry", text_of(entry), "proof",
                    text_of(vt_buf_slice(&proof)));
    if (envelope.statement.type == VT_DENIAL) {
        (void)json_array_append_new(p->denials, row);
        return true;
    }
    json_decref(p->residency);
    p->residency = row;
    return true;
}

static bool gather_ledger(struct vt_held *held, json_t *out, struct vt_error *err)
{
    struct picking p = { held, NULL, json_array() };
    bool is_ok = held == NULL || vt_held_walk(held, pick, &p, err);

    (void)json_object_set_new(out, "denials", p.denials);
    if (p.residency != NULL)
        (void)json_object_set_new(out, "residency", p.residency);
    return is_ok;
}

static bool add_access(const struct vt_custody_review *review, size_t i, json_t *rows,
                       struct vt_error *err)
{
    const struct vt_custody_reading *at = vt_custody_review_at(review, i);
    VT_AUTO_BUF proof = vt_buf_init(VT_KIB(64));
    vt_hash salt;

    if (!at->is_access)
        return true;
    if (json_array_size(rows) == VT_EXPORT_ACCESSES_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d accesses: export a shorter time",
                       VT_EXPORT_ACCESSES_MAX);
    if (!vt_custody_review_prove(review, i, &proof, err))
        return false;
    memcpy(salt.bytes, at->record->salt, sizeof salt.bytes);
    (void)json_array_append_new(
        rows,
        json_pack("{s:I,s:o,s:s,s:I,s:o,s:o,s:o}", "number", (json_int_t)at->record->number,
                  "time", vt_field_of_time(at->record->time_unix_s), "deed",
                  vt_agent_deed_name(at->record->deed), "keys",
                  (json_int_t)at->record->object_count, "salt", vt_field_of_hash(&salt),
                  "envelope", text_of(at->record->envelope), "proof",
                  text_of(vt_buf_slice(&proof))));
    return true;
}

/* What does not agree is no basis for an authority: custody accesses says what it is. */
static bool gather_accesses(const struct vt_export_order *order, json_t *out,
                            struct vt_error *err)
{
    VT_AUTO_CUSTODY_REVIEW review = NULL;
    const struct vt_custody_findings *findings;
    json_t *rows = json_array();

    (void)json_object_set_new(out, "accesses", json_pack("{s:o}", "rows", rows));
    if (!vt_custody_review_new(order->openings, vt_disk_path(order->accesses->disk),
                               order->accesses->origin, NULL, order->keyring, &review, err))
        return false;
    findings = vt_custody_review_findings(review);
    if (!vt_custody_findings_are_well(findings))
        return vt_fail(err, VT_REJECTED, "openings and ledger do not agree: %s",
                       findings->first);
    for (size_t i = 0; i < vt_custody_review_count(review); i++)
        if (!add_access(review, i, rows, err))
            return false;
    return json_object_update_new(
               json_object_get(out, "accesses"),
               json_pack("{s:o,s:I,s:I}", "origin", text_of(order->accesses->origin),
                         "entries", (json_int_t)findings->entries, "openings",
                         (json_int_t)vt_custody_review_count(review))) == 0 ||
           vt_fail(err, VT_IO, "export: out of memory");
}

bool vt_export_gather(const struct vt_export_order *order, json_t **out,
                      struct vt_error *err)
{
    vt_hash trust = vt_sha256_of(vt_buf_slice(&order->holding->trust_bytes));
    VT_AUTO_JSON all = NULL;
    size_t country;

    if (!vt_country_of(vt_slice_from_cstr(order->country), &country))
        return vt_fail(err, VT_MALFORMED, "'%s' is no country: two letters, as CH",
                       order->country);
    all = json_pack("{s:i,s:s,s:o,s:o}", "v", 1, "country", order->country, "made",
                    vt_field_of_time(order->now_unix_s), "trust", vt_field_of_hash(&trust));
    if (!gather_ledger(vt_holding_release(order->holding), all, err) ||
        (order->openings != NULL && !gather_accesses(order, all, err)) ||
        !vt_export_schema(all, err))
        return false;
    *out = json_incref(all);
    return true;
}

/* ---- the file ---------------------------------------------------------------------------
 */

static bool write_page(const json_t *evidence, const struct vt_trust *trust,
                       vt_slice payload, const char *keyid, const uint8_t signature[64],
                       struct vt_buf *out, size_t *proofs_out, struct vt_error *err)
{
    if (!vt_export_page(evidence, trust, out, proofs_out, err))
        return false;
    vt_buf_printf(out, TAIL_BEGIN "%s" TAIL_SIGN, keyid);
    vt_base64_write(out, vt_slice_of(signature, 64));
    vt_buf_put_text(out, TAIL_DATA);
    vt_base64_write(out, payload);
    vt_buf_put_text(out, TAIL_END);
    return vt_buf_check(out, "the export", err);
}

bool vt_export_write(const json_t *evidence, const struct vt_trust *trust,
                     const struct vt_key *key, struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_EXPORT_BYTES_MAX);
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    uint8_t signature[64];
    size_t proofs;

    return vt_export_schema(evidence, err) &&
           vt_json_write_canonical(evidence, &payload, err) &&
           vt_dsse_sign(key, VT_LIT(VT_EXPORT_TYPE), vt_buf_slice(&payload), signature,
                        err) &&
           write_page(evidence, trust, vt_buf_slice(&payload), id.text, signature, out,
                      &proofs, err);
}

/* The last of them: what stands before it is the page's. */
static bool find_tail(vt_slice file, vt_slice *out)
{
    vt_slice begin = VT_LIT(TAIL_BEGIN);

    for (size_t at = file.len; at-- > 0;)
        if (file.len - at > begin.len &&
            memcmp(file.data + at, begin.data, begin.len) == 0) {
            *out = vt_slice_sub(file, at + begin.len, file.len - at - begin.len);
            return true;
        }
    return false;
}

static bool take(vt_slice *rest, size_t len, vt_slice *out)
{
    if (len > rest->len)
        return false;
    *out = vt_slice_sub(*rest, 0, len);
    *rest = vt_slice_sub(*rest, len, rest->len - len);
    return true;
}

static bool take_words(vt_slice *rest, vt_slice words)
{
    vt_slice got;

    return take(rest, words.len, &got) && vt_slice_equal(got, words);
}

bool vt_export_open(vt_slice file, struct vt_buf *payload, char keyid[65],
                    uint8_t signature[64], struct vt_error *err)
{
    enum { SIGNATURE_TEXT = 88 };
    VT_AUTO_BUF raw = vt_buf_init(64);
    vt_slice rest, id, text;
    vt_hash hash;

    if (!find_tail(file, &rest) || !take(&rest, 64, &id) || !vt_hash_parse_hex(id, &hash) ||
        !take_words(&rest, VT_LIT(TAIL_SIGN)) || !take(&rest, SIGNATURE_TEXT, &text) ||
        !vt_base64_parse(text, &raw, err) || raw.len != 64 ||
        !take_words(&rest, VT_LIT(TAIL_DATA)) || rest.len < strlen(TAIL_END) ||
        !take(&rest, rest.len - strlen(TAIL_END), &text) ||
        !take_words(&rest, VT_LIT(TAIL_END)) || !vt_base64_parse(text, payload, err))
        return vt_fail(err, VT_MALFORMED, "no export of a Centre, or cut short");
    vt_hash_text(&hash, keyid);
    memcpy(signature, raw.data, 64);
    return true;
}

/* ---- checking ---------------------------------------------------------------------------
 */

static bool is_signed(vt_slice payload, const struct vt_trust_key *key,
                      const uint8_t signature[64])
{
    VT_AUTO_BUF pae = vt_buf_init(VT_EXPORT_BYTES_MAX + VT_KIB(1));

    vt_dsse_write_pae(&pae, VT_LIT(VT_EXPORT_TYPE), payload);
    return !pae.is_full && vt_ed25519_verify(key->key.bytes, vt_buf_slice(&pae),
                                             vt_slice_of(signature, 64));
}

/* By whom the trust root names for something else than selling. */
static const struct vt_trust_key *find_signer(const struct vt_trust *trust,
                                              const char *keyid, int64_t made_unix_s)
{
    static const enum vt_trust_role roles[] = { VT_ROLE_SUPERVISOR, VT_ROLE_FOUNDATION,
                                                VT_ROLE_RESIDENCY, VT_ROLE_CELL };

    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        const struct vt_trust_key *key =
            vt_trust_find(trust, vt_slice_from_cstr(keyid), roles[i]);

        if (key != NULL && vt_trust_key_standing(key, made_unix_s) == VT_REGARD_GOOD)
            return key;
    }
    return NULL;
}

static bool verify(vt_slice file, vt_slice payload, const char *keyid,
                   const uint8_t signature[64], const struct vt_trust *trust,
                   int64_t now_unix_s, struct vt_export *out, struct vt_error *err)
{
    enum { CLOCK_SLACK_S = 3600 }; /* clocks differ a little */
    VT_AUTO_BUF again = vt_buf_init(VT_EXPORT_BYTES_MAX);
    int64_t made;

    if (!vt_json_parse_canonical(payload, "export", &out->evidence, err) ||
        !vt_export_schema(out->evidence, err) ||
        !vt_json_get_time(out->evidence, "export", "made", &made, err))
        return false;
    if (made > now_unix_s + CLOCK_SLACK_S)
        return vt_fail(err, VT_REJECTED, "it says that it was made after now");
    out->signer = find_signer(trust, keyid, made);
    if (out->signer == NULL)
        return vt_fail(err, VT_REJECTED,
                       "signed by a key that the trust root does not name as supervisor, "
                       "foundation, cell or for data protection");
    if (!is_signed(payload, out->signer, signature))
        return vt_fail(err, VT_REJECTED, "its signature is not good");
    if (!write_page(out->evidence, trust, payload, keyid, signature, &again, &out->proofs,
                    err))
        return false;
    return vt_slice_equal(vt_buf_slice(&again), file) ||
           vt_fail(err, VT_REJECTED, "the page says something else than its evidence");
}

bool vt_export_verify(vt_slice file, const struct vt_trust *trust, int64_t now_unix_s,
                      struct vt_export *out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_EXPORT_BYTES_MAX);
    VT_AUTO_EXPORT made = { .evidence = NULL };
    uint8_t signature[64];
    char keyid[65];

    if (!vt_export_open(file, &payload, keyid, signature, err) ||
        !verify(file, vt_buf_slice(&payload), keyid, signature, trust, now_unix_s, &made,
                err))
        return false;
    *out = made;
    made = (struct vt_export){ .evidence = NULL };
    return true;
}
