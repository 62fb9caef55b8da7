/* Laws, for the keys of a log, a witness and the C2SP example: nobody signed a note that is
 * refused; who signed a note does not sign it with another byte in its text; and a line of
 * a stranger behind it changes nothing. */
#include "crypto/crypto.h"
#include "tools/fuzz.h"

enum { KEYS = 3 };

/* Of the keys whose seeds are 1 and 2, 0, 0 ...: crypto/test_verify_note.c. */
static const char *const VKEYS[KEYS] = {
    "example.com/log+3f83aaea+Ac7MFQfcHd1ylZUcKQiI8JWtuQRNG3PWlubfBl1oO9T8",
    "w.example+568223cc+BGt5xX5qCVI5KCwEgY6WES8/A6QAG6l6VkwjhSo/HqX8",
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
};

static bool ask(vt_slice bytes, struct vt_note_finding findings[KEYS], vt_slice *text_out)
{
    static struct vt_note note;
    struct vt_error err = { 0 };
    struct vt_vkey keys[KEYS];

    for (size_t i = 0; i < KEYS; i++)
        VT_CHECK(vt_vkey_parse(vt_slice_from_cstr(VKEYS[i]), &keys[i], &err));
    if (!vt_note_parse(bytes, &note, &err))
        return false;
    *text_out = note.text;
    if (vt_note_verify(&note, keys, KEYS, findings, &err))
        return true;
    VT_CHECK(err.code == VT_REJECTED && err.message[0] != '\0');
    for (size_t i = 0; i < KEYS; i++)
        VT_CHECK(!findings[i].is_signed && findings[i].time_unix_s == 0);
    return false;
}

static void same(const struct vt_note_finding *a, const struct vt_note_finding *b)
{
    for (size_t i = 0; i < KEYS; i++)
        VT_CHECK(a[i].is_signed == b[i].is_signed && a[i].time_unix_s == b[i].time_unix_s);
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_note_finding findings[KEYS], again[KEYS];
    static const uint8_t signature[64];
    VT_AUTO_BUF changed = vt_buf_init(VT_NOTE_BYTES_MAX + 200);
    vt_slice text;

    if (!ask(input, findings, &text))
        return;
    vt_buf_put(&changed, input);
    vt_note_write_signature(&changed, VT_LIT("stranger.example"), 7, VT_BYTES(signature));
    if (ask(vt_buf_slice(&changed), again, &text)) /* not above the limits */
        same(findings, again);
    vt_buf_truncate(&changed, input.len);
    changed.data[text.len / 2] ^= 1;
    VT_CHECK(!ask(vt_buf_slice(&changed), again, &text));
}
