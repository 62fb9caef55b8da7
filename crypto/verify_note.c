/* Which of these keys signed this note?  A bad signature by a key that we know condemns the
 * whole note; an unknown line says nothing. */
#include "crypto/verify_note.h"
#include "crypto/ed25519.h"
#include "wire/base64.h"

/* What a timestamped cosignature signs (tlog-cosignature, "Format"). */
static void put_cosigned(struct vt_buf *out, uint64_t time_unix_s, vt_slice text)
{
    vt_buf_printf(out, "cosignature/v1\ntime %ju\n", (uintmax_t)time_unix_s);
    vt_buf_put(out, text);
}

static bool verify_cosignature(const struct vt_vkey *key, vt_slice text, vt_slice payload,
                               int64_t *time_out)
{
    VT_AUTO_BUF message = vt_buf_init(text.len + 64);
    vt_reader r = { payload };
    uint64_t time_unix_s;

    if (!vt_read_u64(&r, &time_unix_s) || time_unix_s > INT64_MAX)
        return false;
    put_cosigned(&message, time_unix_s, text);
    if (message.is_full || !vt_ed25519_verify(key->key, vt_buf_slice(&message), r.rest))
        return false;
    *time_out = (int64_t)time_unix_s; /* at most INT64_MAX: checked above */
    return true;
}

/* Does this line hold under this key, whose name and id it bears? */
static bool verify_line(const struct vt_vkey *key, vt_slice text,
                        const struct vt_note_signature *line, int64_t *time_out)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(16));
    struct vt_error ignored;
    vt_reader r;
    uint32_t id;

    if (!vt_base64_parse(line->payload_base64, &payload, &ignored))
        return false;
    r = (vt_reader){ vt_buf_slice(&payload) };
    if (!vt_read_u32(&r, &id))
        return false;
    if (key->type == VT_NOTE_COSIGNATURE)
        return verify_cosignature(key, text, r.rest, time_out);
    *time_out = 0;
    return vt_ed25519_verify(key->key, text, r.rest);
}

/* Does the line bear this key's name and id? */
static bool names_key(const struct vt_note_signature *line, const struct vt_vkey *key)
{
    return line->id == key->id && vt_slice_equal(line->name, key->name);
}

/* Two keys that one line could mean: nobody can say which of them signed. */
static bool keys_are_distinct(const struct vt_note_signature *line,
                              const struct vt_vkey *keys, size_t count,
                              struct vt_error *err)
{
    size_t named = 0;

    for (size_t k = 0; k < count; k++)
        named += names_key(line, &keys[k]);
    if (named > 1)
        return vt_fail(err, VT_REJECTED, "note: key %.*s is given twice",
                       VT_SLICE_ARGS(line->name));
    return true;
}

static bool judge_line(const struct vt_note *note, const struct vt_note_signature *line,
                       const struct vt_vkey *key, struct vt_note_finding *finding,
                       struct vt_error *err)
{
    int64_t time_unix_s;

    if (!names_key(line, key))
        return true;
    if (!verify_line(key, note->text, line, &time_unix_s))
        return vt_fail(err, VT_REJECTED, "note: the signature of %.*s is wrong",
                       VT_SLICE_ARGS(key->name));
    /* Of repeated cosignatures the earliest counts, in whatever order they stand. */
    if (!finding->is_signed || time_unix_s < finding->time_unix_s)
        *finding = (struct vt_note_finding){ true, time_unix_s };
    return true;
}

static bool judge_lines(const struct vt_note *note, const struct vt_vkey *keys,
                        size_t count, struct vt_note_finding *findings,
                        struct vt_error *err)
{
    for (size_t i = 0; i < note->signature_count; i++) {
        if (!keys_are_distinct(&note->signatures[i], keys, count, err))
            return false;
        for (size_t k = 0; k < count; k++)
            if (!judge_line(note, &note->signatures[i], &keys[k], &findings[k], err))
                return false;
    }
    return true;
}

static void forget(struct vt_note_finding *findings, size_t count)
{
    for (size_t k = 0; k < count; k++)
        findings[k] = (struct vt_note_finding){ 0 };
}

bool vt_note_verify(const struct vt_note *note, const struct vt_vkey *keys, size_t count,
                    struct vt_note_finding *findings, struct vt_error *err)
{
    forget(findings, count);
    if (!judge_lines(note, keys, count, findings, err)) {
        forget(findings, count); /* a condemned note says nothing of anybody */
        return false;
    }
    for (size_t k = 0; k < count; k++)
        if (findings[k].is_signed)
            return true;
    return vt_fail(err, VT_REJECTED, "note: no signature by a known key");
}
