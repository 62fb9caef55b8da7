/* The body of add-checkpoint. */
#include "ledger/witness_request.h"
#include "wire/base64.h"

bool vt_witness_request_parse(vt_slice body, struct vt_witness_request *out,
                              struct vt_error *err)
{
    struct vt_witness_request request = { .proof_count = 0 };
    vt_reader r = { body };
    vt_slice line;

    if (body.len > VT_WITNESS_REQUEST_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "a body of %zu bytes, at most %zu", body.len,
                       VT_WITNESS_REQUEST_BYTES_MAX);
    if (!vt_read_literal(&r, VT_LIT("old ")) || !vt_read_line(&r, &line) ||
        !vt_decimal_parse(line, &request.old_size))
        return vt_fail(err, VT_MALFORMED, "the first line is not 'old' and a size");
    for (;;) {
        if (!vt_read_line(&r, &line))
            return vt_fail(err, VT_MALFORMED, "no blank line behind the proof");
        if (line.len == 0)
            break;
        if (request.proof_count == VT_PROOF_HASHES_MAX)
            return vt_fail(err, VT_MALFORMED, "more than %d lines of proof",
                           VT_PROOF_HASHES_MAX);
        if (!vt_base64_parse_exact(line, request.proof[request.proof_count].bytes,
                                   VT_SHA256_BYTES, err))
            return vt_fail(err, VT_MALFORMED, "line %zu of the proof is no hash",
                           request.proof_count + 1);
        request.proof_count++;
    }
    request.note = r.rest;
    *out = request;
    return true;
}

void vt_witness_request_write(struct vt_buf *out, uint64_t old_size, const vt_hash *proof,
                              size_t proof_count, vt_slice note)
{
    vt_buf_printf(out, "old %ju\n", (uintmax_t)old_size);
    for (size_t i = 0; i < proof_count; i++) {
        vt_base64_write(out, vt_hash_slice(&proof[i]));
        vt_buf_put_u8(out, '\n');
    }
    vt_buf_put_u8(out, '\n');
    vt_buf_put(out, note);
}
