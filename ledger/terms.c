/* What an entry is about. */
#include "ledger/terms.h"
#include "ledger/dedup_run.h"
#include "wire/dsse.h"
#include "wire/json.h"

enum { DIGEST_DIGITS_MIN = 40, DIGEST_DIGITS_MAX = 128, KEYS_MIN = 8 };

/* Called with each term, some of them more than once. */
struct visitor {
    void (*each)(void *context, vt_slice term);
    void *context;
};

static vt_slice text_of(const json_t *value)
{
    return vt_slice_of(json_string_value(value), json_string_length(value));
}

static bool is_digest(vt_slice text)
{
    if (text.len < DIGEST_DIGITS_MIN || text.len > DIGEST_DIGITS_MAX || text.len % 2 != 0)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((text.data[i] < '0' || text.data[i] > '9') &&
            (text.data[i] < 'a' || text.data[i] > 'f'))
            return false;
    return true;
}

static bool is_name(const char *member, vt_slice text)
{
    return member != NULL && text.len != 0 && text.len <= VT_TERM_BYTES_MAX &&
           (strcmp(member, "name") == 0 || strcmp(member, "product") == 0);
}

/* Depth is bounded by the reader (VT_JSON_DEPTH_MAX). */
static void visit(const json_t *value, const char *member, const struct visitor *v)
{
    const char *name;
    const json_t *inner;
    size_t i;

    if (json_is_string(value)) {
        if (is_digest(text_of(value)) || is_name(member, text_of(value)))
            v->each(v->context, text_of(value));
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, inner)
        {
            visit(inner, NULL, v);
        }
    } else if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, name, inner)
        {
            visit(inner, name, v);
        }
    }
}

static void visit_payload(vt_slice text, const struct visitor *v)
{
    struct vt_error ignored = { 0 };
    VT_AUTO_JSON json = NULL;

    if (vt_json_parse(text, "a payload", &json, &ignored))
        visit(json, NULL, v);
}

/* An envelope: who signed, and what is in the payload.  False: it is none. */
static bool visit_envelope(const json_t *json, const struct visitor *v)
{
    VT_AUTO_DSSE envelope = { .signature_count = 0 };
    struct vt_error ignored = { 0 };

    if (json_object_get(json, "payloadType") == NULL ||
        !vt_dsse_of_json(json, &envelope, &ignored))
        return false;
    for (size_t i = 0; i < envelope.signature_count; i++)
        if (envelope.signatures[i].keyid.len != 0 &&
            envelope.signatures[i].keyid.len <= VT_TERM_BYTES_MAX)
            v->each(v->context, envelope.signatures[i].keyid);
    visit_payload(vt_buf_slice(&envelope.payload), v);
    return true;
}

static void visit_entry(vt_slice entry, const struct visitor *v)
{
    struct vt_error ignored = { 0 };
    vt_hash own = vt_sha256_of(entry);
    VT_AUTO_JSON json = NULL;
    char hex[65];

    vt_hash_text(&own, hex);
    v->each(v->context, vt_slice_from_cstr(hex));
    if (entry.len == 0 || entry.data[0] != '{' ||
        !vt_json_parse(entry, "an entry", &json, &ignored))
        return;
    if (!visit_envelope(json, v))
        visit(json, NULL, v);
}

/* ---- as keys ----------------------------------------------------------------------------
 */

uint64_t vt_term_key(vt_slice term)
{
    vt_hash hash = vt_sha256_of(term);

    return vt_run_key(&hash);
}

static void take_key(void *context, vt_slice term)
{
    struct vt_terms *terms = context;

    /* Room doubles at each power of two, from eight on. */
    if (terms->count == 0 ||
        (terms->count >= KEYS_MIN && (terms->count & (terms->count - 1)) == 0))
        terms->keys =
            vt_grow_array(terms->keys, terms->count == 0 ? KEYS_MIN : 2 * terms->count,
                          sizeof *terms->keys);
    terms->keys[terms->count++] = vt_term_key(term);
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

struct vt_terms vt_terms_of(vt_slice entry)
{
    struct vt_terms terms = { NULL, 0 };
    struct visitor v = { take_key, &terms };
    size_t kept = 0;

    visit_entry(entry, &v);
    qsort(terms.keys, terms.count, sizeof *terms.keys, compare_keys);
    for (size_t i = 0; i < terms.count; i++)
        if (kept == 0 || terms.keys[i] != terms.keys[kept - 1])
            terms.keys[kept++] = terms.keys[i];
    terms.count = kept;
    return terms;
}

void vt_terms_clear(struct vt_terms *terms)
{
    free(terms->keys);
    *terms = (struct vt_terms){ NULL, 0 };
}

/* ---- as texts ---------------------------------------------------------------------------
 */

struct wanted {
    vt_slice term;
    bool is_there;
};

static void compare_term(void *context, vt_slice term)
{
    struct wanted *wanted = context;

    wanted->is_there = wanted->is_there || vt_slice_equal(term, wanted->term);
}

bool vt_terms_have(vt_slice entry, vt_slice term)
{
    struct wanted wanted = { term, false };
    struct visitor v = { compare_term, &wanted };

    visit_entry(entry, &v);
    return wanted.is_there;
}
