/* Laws: a receipt that is taken is signed by the cell that it names, whose key here is of
 * 32 zero bytes, and no bit of it can change; a refusal says why. */
#include "cell/withdrawal.h"
#include "tools/fuzz.h"

/* A trust root with that key alone. */
static struct vt_trust *make_trust(void)
{
    static const uint8_t seed[32] = { 0 };
    struct vt_trust *trust = vt_alloc(sizeof *trust);
    struct vt_trust_key *row = &trust->keys[0];
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    static char keyid[65];
    struct vt_key_id id;

    VT_CHECK(vt_key_from_seed(seed, &key, &err));
    id = vt_public_key_id(vt_key_public(key));
    memcpy(keyid, id.text, sizeof keyid - 1);
    *row = (struct vt_trust_key){ .key = *vt_key_public(key),
                                  .keyid = vt_slice_from_cstr(keyid),
                                  .holder = VT_LIT("Cells"),
                                  .jurisdiction = VT_LIT("CH"),
                                  .role = VT_ROLE_CELL,
                                  .until_unix_s = VT_TIME_UNIX_S_MAX,
                                  .mandate_until_unix_s = VT_TIME_UNIX_S_MAX,
                                  .compromised_unix_s = INT64_MAX };
    trust->key_count = 1;
    trust->thresholds[VT_ROLE_CELL] = (struct vt_threshold){ 1, 1, 1 };
    return trust;
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_FREE struct vt_trust *trust = make_trust();
    VT_AUTO_RECEIPT receipt = { .json = NULL };
    VT_AUTO_FREE uint8_t *copy = vt_alloc(input.len + 1);

    if (!vt_receipt_parse(input, trust, &receipt, &err)) {
        VT_CHECK(err.code != VT_OK && err.code != VT_IO && err.message[0] != '\0');
        VT_CHECK(receipt.json == NULL);
        return;
    }
    VT_CHECK(receipt.cell.len >= 1 && receipt.cell.len <= 64);
    VT_CHECK(json_is_array(receipt.kept) && receipt.at_unix_s >= 0);
    for (size_t i = 0; i < input.len; i += 1 + input.len / 16) {
        VT_AUTO_RECEIPT other = { .json = NULL };

        memcpy(copy, input.data, input.len);
        copy[i] ^= 1;
        VT_CHECK(!vt_receipt_parse(vt_slice_of(copy, input.len), trust, &other, &err));
    }
}
