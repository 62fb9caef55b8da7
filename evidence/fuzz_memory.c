/* Laws: a memory that is taken and moved by a sighting can be read again, knows the
 * sighting or something newer, and never less than before; a refusal says why. */
#include "evidence/memory.h"
#include "tools/fuzz.h"

static struct vt_sighting sighting(void)
{
    return (struct vt_sighting){ .trust = 3,
                                 .origin = VT_LIT("vendor.example/releases"),
                                 .product = VT_LIT("lamp"),
                                 .channel = VT_LIT("stable"),
                                 .ledger = { .size = 13, .withdrawals = 3 },
                                 .release = { .sequence = 7 } };
}

void vt_fuzz_one(vt_slice input)
{
    const struct vt_sighting seen = sighting();
    struct vt_error err = { 0 };
    VT_AUTO_JSON memory = NULL;
    VT_AUTO_JSON next = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_MEMORY_BYTES_MAX);
    struct vt_seen_ledger before, after;

    if (!vt_memory_parse(input, &memory, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        VT_CHECK(err.message[0] != '\0' && memory == NULL);
        return;
    }
    if (!vt_memory_write(memory, &seen, &text, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_memory_parse(vt_buf_slice(&text), &next, &err));
    before = vt_memory_ledger(memory, seen.origin);
    after = vt_memory_ledger(next, seen.origin);
    VT_CHECK(after.size >= before.size && after.size >= seen.ledger.size);
    VT_CHECK(after.withdrawals >= before.withdrawals &&
             after.withdrawals >= seen.ledger.withdrawals);
    VT_CHECK(vt_memory_trust(next) >= vt_memory_trust(memory) &&
             vt_memory_trust(next) >= seen.trust);
    VT_CHECK(vt_memory_release(next, seen.origin, seen.product, seen.channel).sequence >=
             seen.release.sequence);
}
