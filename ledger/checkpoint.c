/* Checkpoint bodies, read and written strictly: what is not exactly the form is refused,
 * so that two readers cannot disagree about what was signed. */
#include "ledger/checkpoint.h"
#include "wire/base64.h"

static bool has_control_byte(vt_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 && text.data[i] != '\n')
            return true;
    return false;
}

/* Non-empty lines to the end, each closed by '\n'. */
static bool are_lines(vt_slice text)
{
    vt_reader r = { text };
    vt_slice line;

    while (!vt_read_end(&r))
        if (!vt_read_line(&r, &line) || line.len == 0)
            return false;
    return true;
}

bool vt_checkpoint_parse(vt_slice body, struct vt_checkpoint *out, struct vt_error *err)
{
    vt_reader r = { body };
    struct vt_checkpoint cp;
    vt_slice size, root;

    if (!vt_slice_is_utf8(body) || has_control_byte(body))
        return vt_fail(err, VT_MALFORMED, "checkpoint: not UTF-8, or a control byte");
    if (!vt_read_line(&r, &cp.origin) || cp.origin.len == 0)
        return vt_fail(err, VT_MALFORMED, "checkpoint: no origin in its first line");
    if (!vt_read_line(&r, &size) || !vt_decimal_parse(size, &cp.size))
        return vt_fail(err, VT_MALFORMED, "checkpoint of %.*s: the size is no number",
                       VT_SLICE_ARGS(cp.origin));
    if (!vt_read_line(&r, &root) ||
        !vt_base64_parse_exact(root, cp.root.bytes, VT_SHA256_BYTES, err))
        return vt_fail(err, VT_MALFORMED,
                       "checkpoint of %.*s: the root is no base64 of 32 bytes",
                       VT_SLICE_ARGS(cp.origin));
    if (!are_lines(r.rest))
        return vt_fail(err, VT_MALFORMED, "checkpoint of %.*s: an extension line is empty",
                       VT_SLICE_ARGS(cp.origin));
    cp.extensions = r.rest;
    *out = cp;
    return true;
}

void vt_checkpoint_write(struct vt_buf *out, const struct vt_checkpoint *checkpoint)
{
    vt_buf_put(out, checkpoint->origin);
    vt_buf_printf(out, "\n%" PRIu64 "\n", checkpoint->size);
    vt_base64_write(out, vt_hash_slice(&checkpoint->root));
    vt_buf_put_u8(out, '\n');
    vt_buf_put(out, checkpoint->extensions);
}
