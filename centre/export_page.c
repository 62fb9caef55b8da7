/* The page of an export, written from evidence that is proven while it is written. */
#include "cell/country.h"
#include "cell/residency_record.h"
#include "centre/export.h"
#include "custody/access.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"

struct page {
    const json_t *evidence;
    const struct vt_trust *trust;
    struct vt_buf *out;
    int64_t made_unix_s;
    size_t proofs;
};

/* ---- words ------------------------------------------------------------------------------
 */

static void put_text(struct page *p, vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        switch (text.data[i]) {
        case '&':
            vt_buf_put_text(p->out, "&amp;");
            break;
        case '<':
            vt_buf_put_text(p->out, "&lt;");
            break;
        case '>':
            vt_buf_put_text(p->out, "&gt;");
            break;
        default:
            vt_buf_put_u8(p->out, text.data[i]);
        }
}

static void put_cell(struct page *p, vt_slice text)
{
    vt_buf_put_text(p->out, "<td>");
    put_text(p, text);
    vt_buf_put_text(p->out, "</td>");
}

static void put_cell_text(struct page *p, const char *text)
{
    put_cell(p, vt_slice_from_cstr(text));
}

static void put_time(struct page *p, int64_t unix_s)
{
    char text[VT_TIME_TEXT_BYTES];

    vt_time_write(unix_s, text);
    put_cell_text(p, text);
}

static void put_head(struct page *p)
{
    vt_slice country = vt_field_text(p->evidence, "country");

    vt_buf_put_text(
        p->out, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width\"><title>Data of ");
    put_text(p, country);
    vt_buf_put_text(
        p->out,
        "</title><style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,"
        "sans-serif;max-width:70rem;margin:auto;padding:1rem}table{border-collapse:"
        "collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;"
        "border-bottom:1px solid #888;overflow-wrap:anywhere}</style></head><body><h1>Data "
        "of ");
    put_text(p, country);
    vt_buf_put_text(p->out, "</h1><p>Made ");
    put_text(p, vt_field_text(p->evidence, "made"));
    vt_buf_put_text(p->out, " by the trust root with SHA-256 ");
    put_text(p, vt_field_text(p->evidence, "trust"));
    vt_buf_put_text(
        p->out, ". The proofs are in this file. Check it, signature, proofs and page, on "
                "a machine without a network:</p><pre>vitrine centre check-export FILE "
                "--trust trust.json</pre>");
}

/* ---- where they lie ---------------------------------------------------------------------
 */

static void put_step(struct page *p, const struct vt_residency *table,
                     const struct vt_residency_step *step)
{
    put_cell_text(p, vt_residency_state_name(step->state));
    vt_buf_put_text(p->out, "<td>");
    put_text(p, table->cells[step->cell].name);
    vt_buf_put_text(p->out, ", ");
    put_text(p, table->cells[step->cell].jurisdiction);
    if (step->to != step->cell) {
        vt_buf_put_text(p->out, " to ");
        put_text(p, table->cells[step->to].name);
    }
    vt_buf_put_text(p->out, "</td>");
    put_time(p, step->from_unix_s);
}

static void put_classes(struct page *p, const struct vt_residency *table, size_t country)
{
    vt_buf_put_text(p->out, "<table><tr><th>Class</th><th>State</th><th>Where</th>"
                            "<th>From</th></tr>");
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
        const struct vt_residency_line *line = &table->lines[country][data];

        for (size_t i = 0; i < line->count; i++) {
            vt_buf_put_text(p->out, "<tr>");
            put_cell_text(p, vt_data_class_name((enum vt_data_class)data));
            put_step(p, table, &line->steps[i]);
            vt_buf_put_text(p->out, "</tr>");
        }
    }
    vt_buf_put_text(p->out, "</table>");
}

static bool put_residency(struct page *p, struct vt_error *err)
{
    const json_t *proven = json_object_get(p->evidence, "residency");
    VT_AUTO_RESIDENCY record = NULL;
    size_t country;
    int64_t seen;

    if (!vt_country_of(vt_field_text(p->evidence, "country"), &country))
        return vt_fail(err, VT_MALFORMED, "export: no such country");
    vt_buf_put_text(p->out, "<h2>Where they lie</h2>");
    if (proven == NULL) {
        vt_buf_put_text(p->out, "<p>The ledger says nothing of it.</p>");
        return true;
    }
    if (!vt_residency_record_parse(vt_field_text(proven, "entry"), &record, err) ||
        !vt_residency_record_verify(record, p->trust, vt_field_text(proven, "proof"), &seen,
                                    err))
        return vt_within(err, "the table of residency");
    p->proofs++;
    vt_buf_printf(p->out, "<p>Version %ju of the table of residency.</p>",
                  (uintmax_t)record->table.version);
    put_classes(p, &record->table, country);
    return true;
}

/* ---- what was read ----------------------------------------------------------------------
 */

static bool is_proven(struct page *p, const vt_hash *leaf, vt_slice text, vt_slice origin,
                      struct vt_error *err)
{
    VT_AUTO_FREE struct vt_tlog_proof *proof = vt_alloc(sizeof *proof);
    struct vt_tlog_verdict verdict;

    if (!vt_tlog_proof_parse(text, proof, err) ||
        !vt_tlog_proof_verify(proof, leaf, &p->trust->policy, origin, &verdict, err))
        return false;
    p->proofs++;
    return true;
}

static bool put_access(struct page *p, const json_t *row, vt_slice origin,
                       struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    VT_AUTO_FREE struct vt_access *access = vt_alloc(sizeof *access);
    vt_slice bytes = vt_field_text(row, "envelope");
    vt_hash salt = vt_field_hash(row, "salt"), commitment, leaf;
    char person[65];

    commitment = vt_access_commitment(salt.bytes, bytes);
    leaf = vt_access_leaf(&commitment);
    if (!is_proven(p, &leaf, vt_field_text(row, "proof"), origin, err) ||
        !vt_envelope_parse(bytes, &envelope, err) ||
        !vt_access_read(&envelope.statement, access, err))
        return vt_within(err, "opening %ju", (uintmax_t)vt_field_number(row, "number"));
    vt_hash_text(&access->person, person);
    vt_buf_put_text(p->out, "<tr>");
    put_cell(p, vt_field_text(row, "time"));
    put_cell(p, vt_field_text(row, "deed"));
    put_cell_text(p, person);
    put_cell(p, access->role);
    put_cell_text(p, vt_access_reason_name(access->reason));
    vt_buf_put_text(p->out, "<td>");
    put_text(p, access->place);
    vt_buf_put_text(p->out, ", ");
    put_text(p, access->jurisdiction);
    vt_buf_printf(p->out, "</td><td>%ju of %ju</td>",
                  (uintmax_t)vt_field_number(row, "keys"), (uintmax_t)access->count);
    put_cell(p, access->ticket);
    vt_buf_put_text(p->out, "</tr>");
    return true;
}

/* Erasures are orders like any other, with a reason of their own. */
static bool put_accesses(struct page *p, struct vt_error *err)
{
    const json_t *all = json_object_get(p->evidence, "accesses");
    const json_t *rows = json_object_get(all, "rows");

    vt_buf_put_text(p->out, "<h2>Who asked to read, and what was erased</h2>");
    if (all == NULL) {
        vt_buf_put_text(p->out, "<p>No access ledger is in this export.</p>");
        return true;
    }
    vt_buf_printf(
        p->out,
        "<p>Of the cell, whatever the country: %zu openings of %ju on record; the "
        "ledger ",
        json_array_size(rows), (uintmax_t)vt_field_number(all, "openings"));
    put_text(p, vt_field_text(all, "origin"));
    vt_buf_printf(
        p->out,
        " had %ju entries.</p><table><tr><th>Time</th><th>Answer</th><th>Person "
        "(key)</th><th>Role</th><th>Reason</th><th>Place</th><th>File keys given, of "
        "objects</th><th>Ticket</th></tr>",
        (uintmax_t)vt_field_number(all, "entries"));
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (!put_access(p, json_array_get(rows, i), vt_field_text(all, "origin"), err))
            return false;
    vt_buf_put_text(p->out, "</table><p>Time, answer and number of keys are what the key "
                            "agent wrote: no proof, but the word of whoever signed this "
                            "page, as is that none is missing.</p>");
    return true;
}

/* ---- what was refused -------------------------------------------------------------------
 */

static bool put_denial(struct page *p, const json_t *row, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    vt_slice entry = vt_field_text(row, "entry");
    vt_hash leaf = vt_sha256_leaf(entry);
    const json_t *says;

    if (!is_proven(p, &leaf, vt_field_text(row, "proof"), p->trust->release_origin, err) ||
        !vt_envelope_parse(entry, &envelope, err) ||
        !vt_trust_admits_entry(p->trust, entry, p->made_unix_s, err))
        return vt_within(err, "a denial");
    if (envelope.statement.type != VT_DENIAL)
        return vt_fail(err, VT_REJECTED, "a denial that is a statement of kind '%s'",
                       vt_predicate_name(envelope.statement.type));
    says = envelope.statement.predicate;
    vt_buf_put_text(p->out, "<tr>");
    put_cell(p, vt_field_text(says, "refused_at"));
    put_cell(p, vt_field_text(says, "of"));
    put_cell(p, vt_field_text(says, "asked"));
    put_cell(p, vt_field_text(says, "reason"));
    vt_buf_put_text(p->out, "</tr>");
    return true;
}

static bool put_denials(struct page *p, struct vt_error *err)
{
    const json_t *rows = json_object_get(p->evidence, "denials");

    vt_buf_put_text(p->out, "<h2>What the supervisor was refused</h2>"
                            "<table><tr><th>When</th><th>By</th><th>What</th>"
                            "<th>Why</th></tr>");
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (!put_denial(p, json_array_get(rows, i), err))
            return false;
    vt_buf_put_text(p->out, "</table>");
    return true;
}

bool vt_export_page(const json_t *evidence, const struct vt_trust *trust,
                    struct vt_buf *out, size_t *proofs_out, struct vt_error *err)
{
    struct page p = { .evidence = evidence, .trust = trust, .out = out };

    if (!vt_json_get_time(evidence, "export", "made", &p.made_unix_s, err))
        return false;
    put_head(&p);
    if (!put_residency(&p, err) || !put_accesses(&p, err) || !put_denials(&p, err))
        return false;
    *proofs_out = p.proofs;
    return vt_buf_check(out, "the export", err);
}
