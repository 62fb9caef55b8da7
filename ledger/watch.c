/* Entries of interest. */
#include "ledger/watch.h"
#include "wire/hex.h"

static bool contains(vt_slice text, vt_slice part)
{
    return text.len >= part.len && memmem(text.data, text.len, part.data, part.len) != NULL;
}

static bool names_key(const struct vt_dsse *envelope, vt_slice keyid)
{
    for (size_t i = 0; i < envelope->signature_count; i++)
        if (vt_slice_equal(envelope->signatures[i].keyid, keyid))
            return true;
    return false;
}

static bool is_signed_by(const struct vt_dsse *envelope, const struct vt_public_key *key)
{
    struct vt_verifier verifier = { .type = VT_KEY_ED25519, .ed25519 = *key };
    struct vt_error ignored = { 0 };
    bool is_signed = false;

    return vt_dsse_verify(envelope, &verifier, 1, &is_signed, &ignored) && is_signed;
}

static void match_keys(const struct vt_watch *watch, const struct vt_dsse *envelope,
                       void (*each)(void *context, const char *reason), void *context)
{
    for (size_t i = 0; i < watch->key_count; i++) {
        struct vt_key_id id = vt_public_key_id(&watch->keys[i]);
        char reason[160];
        bool is_signed = is_signed_by(envelope, &watch->keys[i]);

        if (!is_signed && !names_key(envelope, vt_slice_from_cstr(id.text)))
            continue;
        (void)snprintf(reason, sizeof reason, "%s %s",
                       is_signed ? "signed by" : "names a key:", id.text);
        each(context, reason);
    }
}

void vt_watch_match(const struct vt_watch *watch, vt_slice entry,
                    void (*each)(void *context, const char *reason), void *context)
{
    VT_AUTO_DSSE envelope = { .signature_count = 0 };
    struct vt_error ignored = { 0 };
    bool is_envelope = vt_dsse_parse(entry, &envelope, &ignored);

    if (is_envelope)
        match_keys(watch, &envelope, each, context);
    for (size_t i = 0; i < watch->text_count; i++) {
        VT_AUTO_ARENA arena = vt_arena_new();

        if (contains(entry, watch->texts[i]) ||
            (is_envelope && contains(vt_buf_slice(&envelope.payload), watch->texts[i])))
            each(context,
                 vt_arena_printf(arena, "contains %.*s", VT_SLICE_ARGS(watch->texts[i])));
    }
}
