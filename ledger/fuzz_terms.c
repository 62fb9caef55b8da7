/* Laws: an entry has its own digest; keys are sorted, each once; the term in a text that is
 * an envelope's keyid or a whole digest is found by text and by key. */
#include "ledger/terms.h"
#include "tools/fuzz.h"

static bool has_key(const struct vt_terms *terms, uint64_t key)
{
    for (size_t i = 0; i < terms->count; i++)
        if (terms->keys[i] == key)
            return true;
    return false;
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_TERMS terms = vt_terms_of(input);
    vt_hash own = vt_sha256_of(input);
    char hex[65];

    vt_hash_text(&own, hex);
    VT_CHECK(has_key(&terms, vt_term_key(vt_slice_from_cstr(hex))));
    VT_CHECK(vt_terms_have(input, vt_slice_from_cstr(hex)));
    for (size_t i = 1; i < terms.count; i++)
        VT_CHECK(terms.keys[i - 1] < terms.keys[i]);
    hex[0] = hex[0] == 'a' ? 'b' : 'a';
    VT_CHECK(!vt_terms_have(input, vt_slice_from_cstr(hex)) ||
             has_key(&terms, vt_term_key(vt_slice_from_cstr(hex))));
}
