/* Laws: a trust root that is taken whole is taken on its way too, and one that is not
 * sound never; nobody follows itself; a refusal says why. */
#include "evidence/trust.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_TRUST on_its_way = NULL;

    if (!vt_trust_parse(input, &trust, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT ||
                 err.code == VT_REJECTED);
        VT_CHECK(err.message[0] != '\0' && trust == NULL);
        if (vt_trust_parse_unsigned(input, &on_its_way, &err))
            VT_CHECK(on_its_way->version >= 1);
        return;
    }
    VT_CHECK(vt_trust_parse_unsigned(input, &on_its_way, &err));
    VT_CHECK(on_its_way->version == trust->version && trust->version >= 1);
    VT_CHECK(trust->key_count >= 1 && trust->key_count <= VT_TRUST_KEYS_MAX);
    VT_CHECK(!vt_trust_verify_next(trust, on_its_way, &err) && err.code == VT_REJECTED);
    VT_CHECK(vt_trust_admits_entry(trust, input, 0, &err) || err.code == VT_MALFORMED);
}
