/* What a ledger is used for. */
#include "ledger/use.h"
#include "wire/dsse.h"
#include "wire/json.h"

#define STATEMENT_TYPE "application/vnd.in-toto+json"
#define STATEMENT_FORM "https://in-toto.io/Statement/v1"

static const char *const names[VT_USES] = {
    [VT_USE_NONE] = "none", [VT_USE_RELEASE] = "release", [VT_USE_CHANNEL] = "channel",
    [VT_USE_HEAD] = "head", [VT_USE_ACCESS] = "access",
};

const char *vt_use_name(enum vt_ledger_use use)
{
    VT_ASSERT(use < VT_USES);
    return names[use];
}

bool vt_use_parse(vt_slice name, enum vt_ledger_use *out)
{
    for (unsigned i = VT_USE_RELEASE; i < VT_USES; i++)
        if (vt_slice_is(name, names[i])) {
            *out = (enum vt_ledger_use)i;
            return true;
        }
    return false;
}

bool vt_use_is_numbered(enum vt_ledger_use use)
{
    return use == VT_USE_CHANNEL || use == VT_USE_HEAD;
}

/* ---- plain forms ------------------------------------------------------------------------
 */

void vt_snapshot_entry_write(struct vt_buf *out, uint64_t version, const vt_hash *digest)
{
    char hex[65];

    vt_hash_text(digest, hex);
    vt_buf_printf(
        out, "{\"class\":\"snapshot\",\"sha256\":\"%s\",\"v\":1,\"version\":%" PRIu64 "}",
        hex, version);
}

void vt_private_entry_write(struct vt_buf *out, const vt_hash *commitment)
{
    char hex[65];

    vt_hash_text(commitment, hex);
    vt_buf_printf(out, "{\"class\":\"access\",\"commitment\":\"%s\",\"v\":1}", hex);
}

static bool read_hash(vt_reader *r, vt_hash *out)
{
    vt_slice hex;

    return vt_read_bytes(r, 64, &hex) && vt_hash_parse_hex(hex, out);
}

bool vt_snapshot_entry_parse(vt_slice entry, uint64_t *version_out, vt_hash *digest_out,
                             struct vt_error *err)
{
    vt_reader r = { entry };
    vt_slice digits;
    uint64_t version;
    vt_hash digest;

    if (!vt_read_literal(&r, VT_LIT("{\"class\":\"snapshot\",\"sha256\":\"")) ||
        !read_hash(&r, &digest) ||
        !vt_read_literal(&r, VT_LIT("\",\"v\":1,\"version\":")) ||
        !vt_read_until(&r, '}', &digits) || !vt_read_end(&r) ||
        !vt_decimal_parse(digits, &version) || version == 0 ||
        version > (uint64_t)VT_JSON_INTEGER_MAX)
        return vt_fail(err, VT_MALFORMED,
                       "no {\"class\":\"snapshot\",\"sha256\":HEX,\"v\":1,\"version\":N} "
                       "in canonical form, N from 1");
    *version_out = version;
    *digest_out = digest;
    return true;
}

bool vt_private_entry_parse(vt_slice entry, vt_hash *commitment_out, struct vt_error *err)
{
    vt_reader r = { entry };
    vt_hash commitment;

    if (!vt_read_literal(&r, VT_LIT("{\"class\":\"access\",\"commitment\":\"")) ||
        !read_hash(&r, &commitment) || !vt_read_literal(&r, VT_LIT("\",\"v\":1}")) ||
        !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED,
                       "no {\"class\":\"access\",\"commitment\":HEX,\"v\":1} in canonical "
                       "form");
    *commitment_out = commitment;
    return true;
}

/* ---- statements -------------------------------------------------------------------------
 */

/* The statement of an envelope; json_out: returned. */
static bool open_statement(vt_slice entry, json_t **json_out, vt_slice *type_out,
                           struct vt_error *err)
{
    VT_AUTO_DSSE envelope = { .signature_count = 0 };
    VT_AUTO_JSON json = NULL;
    vt_slice form;

    if (!vt_dsse_parse_canonical(entry, &envelope, err))
        return false;
    if (!vt_slice_is(vt_buf_slice(&envelope.payload_type), STATEMENT_TYPE))
        return vt_fail(err, VT_MALFORMED, "the envelope holds no in-toto statement");
    if (!vt_json_parse_canonical(vt_buf_slice(&envelope.payload), "the statement", &json,
                                 err) ||
        !vt_json_get_text(json, "the statement", "_type", &form, err) ||
        !vt_json_get_text(json, "the statement", "predicateType", type_out, err))
        return false;
    if (!vt_slice_is(form, STATEMENT_FORM))
        return vt_fail(err, VT_MALFORMED, "its _type is not " STATEMENT_FORM);
    *json_out = json_incref(json);
    return true;
}

static bool read_head(vt_slice entry, uint64_t *index_out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    json_t *predicate;
    vt_slice type;

    if (!open_statement(entry, &json, &type, err))
        return vt_within(err, "a head ledger takes head statements only");
    if (!vt_slice_is(type, "urn:vitrine:head:v1"))
        return vt_fail(err, VT_MALFORMED,
                       "a head ledger takes head statements only, this is %.*s",
                       VT_SLICE_ARGS(type));
    return vt_json_get_object(json, "the head", "predicate", &predicate, err) &&
           vt_json_get_number(predicate, "the head", "epoch", index_out, err);
}

static bool read_access(vt_slice entry, struct vt_error *err)
{
    static const char *const types[] = { "urn:vitrine:count:v1", "urn:vitrine:tally:v1",
                                         "urn:vitrine:erasure:v1",
                                         "urn:vitrine:relocation:v1" };
    struct vt_error ignored = { 0 };
    VT_AUTO_JSON json = NULL;
    vt_hash commitment;
    vt_slice type;

    if (vt_private_entry_parse(entry, &commitment, &ignored))
        return true;
    if (!open_statement(entry, &json, &type, &ignored))
        return vt_fail(err, VT_MALFORMED,
                       "an access ledger takes commitments in canonical form and signed "
                       "count, tally, erasure and relocation statements only");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (vt_slice_is(type, types[i]))
            return true;
    return vt_fail(err, VT_MALFORMED,
                   "%.*s has no place in an access ledger: log its commitment",
                   VT_SLICE_ARGS(type));
}

/* ---- all uses ---------------------------------------------------------------------------
 */

static bool read_channel(vt_slice entry, uint64_t *index_out, struct vt_error *err)
{
    uint64_t version;
    vt_hash digest;

    if (!vt_snapshot_entry_parse(entry, &version, &digest, err))
        return vt_within(err, "a channel ledger takes snapshots only");
    *index_out = version - 1;
    return true;
}

static bool read_release(vt_slice entry, struct vt_error *err)
{
    VT_AUTO_DSSE envelope = { .signature_count = 0 };

    return vt_dsse_parse_canonical(entry, &envelope, err) ||
           vt_within(err, "this ledger takes signed envelopes in canonical form only");
}

bool vt_use_read(enum vt_ledger_use use, vt_slice entry, uint64_t *index_out,
                 struct vt_error *err)
{
    switch (use) {
    case VT_USE_RELEASE:
        return read_release(entry, err);
    case VT_USE_CHANNEL:
        return read_channel(entry, index_out, err);
    case VT_USE_HEAD:
        return read_head(entry, index_out, err);
    case VT_USE_ACCESS:
        return read_access(entry, err);
    default:
        return true;
    }
}

bool vt_use_admits(enum vt_ledger_use use, vt_slice entry, uint64_t index,
                   struct vt_error *err)
{
    uint64_t wanted = index;

    if (!vt_use_read(use, entry, &wanted, err))
        return false;
    if (wanted == index)
        return true;
    return use == VT_USE_CHANNEL
               ? vt_fail(err, VT_REJECTED,
                         "version %ju stands at index %ju, but this is index %ju",
                         (uintmax_t)wanted + 1, (uintmax_t)wanted, (uintmax_t)index)
               : vt_fail(err, VT_REJECTED, "the head of epoch %ju, but this is index %ju",
                         (uintmax_t)wanted, (uintmax_t)index);
}
