/* The verdict for programs (canonical JSON) and for people. */
#include "evidence/inquiry.h"
#include "wire/hex.h"

static json_t *pack(const struct vt_verdict *verdict)
{
    char hash[VT_HEX256_BYTES];

    vt_hash_text(&verdict->file_hash, hash);
    return json_pack("{s:i,s:b,s:s,s:s,s:s,s:{s:s,s:I}}", "v", 1, "ok",
                     verdict->reason == VT_REASON_NONE, "reason",
                     vt_reason_name(verdict->reason), "sentence", verdict->sentence, "next",
                     verdict->next_step, "file", "sha256", hash, "size",
                     (json_int_t)verdict->file_bytes);
}

bool vt_verdict_write(const struct vt_verdict *verdict, struct vt_buf *out,
                      struct vt_error *err)
{
    VT_AUTO_JSON all = pack(verdict);

    if (all == NULL || json_object_update_missing(all, verdict->facts) != 0)
        return vt_fail(err, VT_IO, "verdict: out of memory");
    return vt_json_write_canonical(all, out, err);
}

/* ---- for people
 * --------------------------------------------------------------------------
 */

static void put_line(struct vt_buf *out, const char *label, const char *format, ...)
    VT_PRINTF(3, 4);

static void put_line(struct vt_buf *out, const char *label, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    vt_buf_printf(out, "  %-11s %s\n", label, text);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

/* "Holder (jurisdiction, site)", a line each, the label on the first. */
static void put_people(struct vt_buf *out, const char *label, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *site = text_of(row, "site");

        put_line(out, i == 0 ? label : "", "%s (%s%s%s)", text_of(row, "holder"),
                 text_of(row, "jurisdiction"), site[0] != '\0' ? ", " : "", site);
    }
}

static void put_rebuild(struct vt_buf *out, const json_t *facts)
{
    const json_t *varied = json_object_get(facts, "varied");
    VT_AUTO_BUF factors = vt_buf_init(VT_KIB(8));

    for (size_t i = 0; i < json_array_size(varied); i++)
        vt_buf_printf(&factors, "%s%s", i > 0 ? ", " : "",
                      json_string_value(json_array_get(varied, i)));
    put_line(out, "outcome", "%s%s%.*s", text_of(facts, "rebuild"),
             factors.len != 0 ? ", also with varied " : "",
             VT_SLICE_ARGS(vt_buf_slice(&factors)));
}

static void put_witnesses(struct vt_buf *out, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);

        put_line(out, i == 0 ? "witnessed" : "", "%s (%s)", text_of(row, "name"),
                 text_of(row, "jurisdiction"));
    }
}

static void put_yes(struct vt_buf *out, const json_t *facts, const char *file)
{
    vt_buf_printf(out, "yes: %s is %s of %s %s, as released\n", file,
                  text_of(facts, "output"), text_of(facts, "product"),
                  text_of(facts, "version"));
    put_line(out, "channel", "%s, release number %" JSON_INTEGER_FORMAT,
             text_of(facts, "channel"),
             json_integer_value(json_object_get(facts, "sequence")));
    put_line(out, "source", "%s", text_of(facts, "source"));
    put_people(out, "reviewed by", json_object_get(facts, "reviewers"));
    put_people(out, "built by", json_object_get(facts, "builders"));
    put_people(out, "rebuilt by", json_object_get(facts, "rebuilders"));
    put_rebuild(out, facts);
    put_people(out, "released by", json_object_get(facts, "vendors"));
    put_people(out, "approved by", json_object_get(facts, "supervisors"));
    put_line(out, "entry", "%" JSON_INTEGER_FORMAT " of %s, seen by a quorum at %s",
             json_integer_value(json_object_get(facts, "entry")), text_of(facts, "ledger"),
             text_of(facts, "logged_at"));
    put_witnesses(out, json_object_get(facts, "witnesses"));
    put_line(out, "as of",
             "%s, list of withdrawals %" JSON_INTEGER_FORMAT
             ", trust root version %" JSON_INTEGER_FORMAT,
             text_of(facts, "as_of"),
             json_integer_value(json_object_get(facts, "withdrawals")),
             json_integer_value(json_object_get(facts, "trust")));
}

void vt_verdict_write_text(const struct vt_verdict *verdict, const char *file,
                           struct vt_buf *out)
{
    if (verdict->reason == VT_REASON_NONE) {
        put_yes(out, verdict->facts, file);
        return;
    }
    vt_buf_printf(out, "no: %s: %s\n", file, vt_reason_name(verdict->reason));
    put_line(out, "why", "%s", verdict->sentence);
    put_line(out, "next", "%s", verdict->next_step);
}
