/* The outcome of a scan: gathering it, and its one form between worker and parent. */
#include "cell/scan.h"

static const char MAGIC[] = "VSA1";

enum { FOUND_SUSPICIOUS = 1, FOUND_MALICIOUS = 2 };

/* ---- gathering -------------------------------------------------------------------------
 */

static int compare_names(const struct vt_scan_name *a, const struct vt_scan_name *b)
{
    return a->engine != b->engine ? (int)a->engine - (int)b->engine
                                  : strcmp(a->text, b->text);
}

/* A name that comes from a database: what could steer a terminal or a parser goes. */
static struct vt_scan_name make_name(unsigned engine, vt_slice text, bool is_suspicious)
{
    struct vt_scan_name name = { .engine = (uint8_t)engine,
                                 .is_suspicious = is_suspicious };
    size_t len = text.len < VT_SCAN_NAME_BYTES - 1 ? text.len : VT_SCAN_NAME_BYTES - 1;

    for (size_t i = 0; i < len; i++)
        name.text[i] = text.data[i] > ' ' && text.data[i] < 0x7f ? (char)text.data[i] : '?';
    if (len == 0)
        name.text[0] = '?';
    return name;
}

static void remove_name(struct vt_scan_outcome *outcome, uint32_t at)
{
    outcome->name_count--;
    memmove(&outcome->names[at], &outcome->names[at + 1],
            (outcome->name_count - at) * sizeof outcome->names[0]);
    memset(&outcome->names[outcome->name_count], 0, sizeof outcome->names[0]);
}

/* The last one that is only suspicious; VT_SCAN_NAMES_MAX if there is none. */
static uint32_t find_lesser(const struct vt_scan_outcome *outcome)
{
    for (uint32_t i = outcome->name_count; i > 0; i--)
        if (outcome->names[i - 1].is_suspicious)
            return i - 1;
    return VT_SCAN_NAMES_MAX;
}

static void insert_name(struct vt_scan_outcome *outcome, const struct vt_scan_name *name)
{
    uint32_t at = outcome->name_count;

    while (at > 0 && compare_names(&outcome->names[at - 1], name) > 0)
        at--;
    memmove(&outcome->names[at + 1], &outcome->names[at],
            (outcome->name_count - at) * sizeof outcome->names[0]);
    outcome->names[at] = *name;
    outcome->name_count++;
}

void vt_scan_outcome_found(struct vt_scan_outcome *outcome, unsigned engine, vt_slice text,
                           bool is_suspicious)
{
    struct vt_scan_name name = make_name(engine, text, is_suspicious);

    outcome->is_suspicious = outcome->is_suspicious || is_suspicious;
    outcome->is_malicious = outcome->is_malicious || !is_suspicious;
    for (uint32_t i = 0; i < outcome->name_count; i++)
        if (compare_names(&outcome->names[i], &name) == 0) {
            outcome->names[i].is_suspicious =
                outcome->names[i].is_suspicious && is_suspicious;
            return;
        }
    if (outcome->names_total < UINT32_MAX)
        outcome->names_total++;
    if (outcome->name_count == VT_SCAN_NAMES_MAX) {
        uint32_t lesser = is_suspicious ? VT_SCAN_NAMES_MAX : find_lesser(outcome);

        if (lesser == VT_SCAN_NAMES_MAX)
            return;
        remove_name(outcome, lesser);
    }
    insert_name(outcome, &name);
}

enum vt_scan_state vt_scan_outcome_state(const struct vt_scan_outcome *outcome)
{
    if (outcome->is_malicious)
        return VT_SCAN_MALICIOUS;
    if (outcome->is_suspicious)
        return VT_SCAN_SUSPICIOUS;
    if (outcome->failed != 0)
        return VT_SCAN_ENGINE_FAILED;
    if (outcome->limits != 0)
        return VT_SCAN_NOT_FULLY;
    return outcome->looked != 0 ? VT_SCAN_CLEAN : VT_SCAN_UNKNOWN;
}

/* ---- its bytes -------------------------------------------------------------------------
 */

void vt_scan_answer_write(const struct vt_scan_outcome *outcome, struct vt_buf *out)
{
    vt_buf_put_text(out, MAGIC);
    vt_buf_put_u8(out, outcome->looked);
    vt_buf_put_u8(out, outcome->failed);
    vt_buf_put_u16(out, outcome->limits);
    vt_buf_put_u8(out, (uint8_t)((outcome->is_suspicious ? FOUND_SUSPICIOUS : 0) |
                                 (outcome->is_malicious ? FOUND_MALICIOUS : 0)));
    vt_buf_put_u8(out, (uint8_t)outcome->name_count);
    vt_buf_put_u32(out, outcome->depth);
    vt_buf_put_u32(out, outcome->members);
    vt_buf_put_u64(out, outcome->unpacked_bytes);
    vt_buf_put_u32(out, outcome->names_total);
    vt_buf_put_u8(out, outcome->has_plain);
    vt_buf_put(out, VT_BYTES(outcome->plain));
    for (size_t i = 0; i < VT_SCAN_NAMES_MAX; i++) {
        vt_buf_put_u8(out, outcome->names[i].engine);
        vt_buf_put_u8(out, outcome->names[i].is_suspicious);
        vt_buf_put(out, vt_slice_of(outcome->names[i].text, VT_SCAN_NAME_BYTES));
    }
}

/* Printable, at least one character, NULs to the end. */
static bool is_text(const char text[VT_SCAN_NAME_BYTES])
{
    size_t len = strnlen(text, VT_SCAN_NAME_BYTES);

    if (len == 0 || len == VT_SCAN_NAME_BYTES)
        return false;
    for (size_t i = 0; i < VT_SCAN_NAME_BYTES; i++)
        if (i < len ? text[i] <= ' ' || text[i] >= 0x7f : text[i] != '\0')
            return false;
    return true;
}

static bool read_name(vt_reader *r, bool is_used, struct vt_scan_name *out)
{
    static const char none[VT_SCAN_NAME_BYTES];
    vt_slice text;
    uint8_t suspicious;

    if (!vt_read_u8(r, &out->engine) || !vt_read_u8(r, &suspicious) ||
        !vt_read_bytes(r, VT_SCAN_NAME_BYTES, &text) || suspicious > 1)
        return false;
    out->is_suspicious = suspicious == 1;
    memcpy(out->text, text.data, VT_SCAN_NAME_BYTES);
    if (!is_used)
        return out->engine == 0 && suspicious == 0 &&
               memcmp(out->text, none, sizeof none) == 0;
    return (out->engine == VT_SCAN_BY_YARA || out->engine == VT_SCAN_BY_CLAMAV) &&
           is_text(out->text);
}

static bool read_plain(vt_reader *r, struct vt_scan_outcome *out)
{
    static const vt_hash none;
    uint8_t has_plain;
    vt_slice hash;

    if (!vt_read_u8(r, &has_plain) || has_plain > 1 ||
        !vt_read_bytes(r, sizeof out->plain, &hash))
        return false;
    out->has_plain = has_plain == 1;
    memcpy(&out->plain, hash.data, sizeof out->plain);
    return out->has_plain || vt_hash_equal(&out->plain, &none);
}

static bool read_names(vt_reader *r, struct vt_scan_outcome *out)
{
    for (uint32_t i = 0; i < VT_SCAN_NAMES_MAX; i++)
        if (!read_name(r, i < out->name_count, &out->names[i]) ||
            (i > 0 && i < out->name_count &&
             compare_names(&out->names[i - 1], &out->names[i]) >= 0))
            return false;
    return true;
}

/* Do the flags say what the names say?  With more names than rows a flag may stand for one
 * that has no row; malicious ones have rows first. */
static bool is_coherent(const struct vt_scan_outcome *o)
{
    bool has_malicious = false, has_suspicious = false;

    for (uint32_t i = 0; i < o->name_count; i++) {
        has_suspicious = has_suspicious || o->names[i].is_suspicious;
        has_malicious = has_malicious || !o->names[i].is_suspicious;
    }
    if (o->names_total < o->name_count ||
        (o->names_total > o->name_count && o->name_count < VT_SCAN_NAMES_MAX))
        return false;
    return o->is_malicious == has_malicious &&
           (o->is_suspicious == has_suspicious || (o->is_suspicious && o->names_total > 0));
}

bool vt_scan_answer_parse(vt_slice bytes, struct vt_scan_outcome *out, struct vt_error *err)
{
    vt_reader r = { bytes };
    struct vt_scan_outcome o = { 0 };
    uint8_t found, count;

    if (!vt_read_literal(&r, VT_LIT("VSA1")) || !vt_read_u8(&r, &o.looked) ||
        !vt_read_u8(&r, &o.failed) || !vt_read_u16(&r, &o.limits) ||
        !vt_read_u8(&r, &found) || !vt_read_u8(&r, &count) || !vt_read_u32(&r, &o.depth) ||
        !vt_read_u32(&r, &o.members) || !vt_read_u64(&r, &o.unpacked_bytes) ||
        !vt_read_u32(&r, &o.names_total))
        return vt_fail(err, VT_MALFORMED, "scan answer: cut short");
    o.name_count = count;
    o.is_suspicious = (found & FOUND_SUSPICIOUS) != 0;
    o.is_malicious = (found & FOUND_MALICIOUS) != 0;
    if ((o.looked & ~VT_SCAN_BY_ALL) != 0 || (o.failed & ~VT_SCAN_BY_ALL) != 0 ||
        (o.limits & ~VT_SCAN_LIMIT_ALL) != 0 || found > 3 || count > VT_SCAN_NAMES_MAX ||
        o.unpacked_bytes > VT_JSON_INTEGER_MAX)
        return vt_fail(err, VT_MALFORMED, "scan answer: a flag or a number that cannot be");
    if (!read_plain(&r, &o) || !read_names(&r, &o) || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "scan answer: hash or names out of form");
    if (!is_coherent(&o))
        return vt_fail(err, VT_MALFORMED, "scan answer: flags and names do not agree");
    *out = o;
    return true;
}
