/* Frames of a key agent's file. */
#include "custody/agent_record.h"

#define MAGIC "VTAR"

enum { TAIL_BYTES = VT_SHA256_BYTES + VT_AGENT_CHECK_BYTES, WHY_BYTES_MAX = 240 };

static const char *const deeds[VT_AGENT_DEEDS] = {
    [0] = "",
    [VT_AGENT_RELEASED] = "released",
    [VT_AGENT_REFUSED] = "refused",
    [VT_AGENT_WARNED] = "warned",
    [VT_AGENT_ERASED] = "erased",
    [VT_AGENT_DESTROYED] = "destroyed",
    [VT_AGENT_REWRAPPED] = "rewrapped",
    [VT_AGENT_WITHDRAWN] = "withdrawn",
};

const char *vt_agent_deed_name(enum vt_agent_deed deed)
{
    VT_ASSERT(deed < VT_AGENT_DEEDS);
    return deeds[deed];
}

vt_hash vt_agent_chain(const vt_hash *before, vt_slice body)
{
    struct vt_sha256 state;
    vt_hash chain;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/agent-chain/v1\n"));
    vt_sha256_add(&state, vt_hash_slice(before));
    vt_sha256_add(&state, body);
    vt_sha256_end(&state, &chain);
    return chain;
}

static vt_hash check_of(uint64_t at, vt_slice frame)
{
    uint8_t place[8];
    struct vt_sha256 state;
    vt_hash hash;

    for (unsigned i = 0; i < sizeof place; i++)
        place[i] = (uint8_t)(at >> (8 * i));
    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/agent-check/v1\n"));
    vt_sha256_add(&state, VT_BYTES(place));
    vt_sha256_add(&state, frame);
    vt_sha256_end(&state, &hash);
    return hash;
}

/* ---- writing ----------------------------------------------------------------------------
 */

static void put_hashes(struct vt_buf *out, const vt_hash *hashes, size_t count)
{
    VT_ASSERT(count <= VT_ACCESS_BATCH_MAX);
    vt_buf_put_u16(out, (uint16_t)count);
    vt_buf_put(out, vt_slice_of(hashes, count * sizeof *hashes));
}

static void put_body(struct vt_buf *out, const struct vt_agent_record *record)
{
    vt_hash grant = vt_sha256_of(record->grant);

    VT_ASSERT(record->envelope.len <= UINT16_MAX && record->why.len <= WHY_BYTES_MAX);
    vt_buf_put_u8(out, (uint8_t)record->deed);
    vt_buf_put_u64(out, record->number);
    vt_buf_put_u64(out, record->index);
    vt_buf_put_u64(out, (uint64_t)record->time_unix_s); /* of a quorum: positive */
    vt_buf_put_u64(out, record->size);
    vt_buf_put(out, VT_BYTES(record->root));
    vt_buf_put(out, VT_BYTES(record->salt));
    vt_buf_put_u16(out, (uint16_t)record->envelope.len);
    vt_buf_put(out, record->envelope);
    put_hashes(out, record->ids, record->id_count);
    put_hashes(out, record->objects, record->object_count);
    vt_buf_put_u16(out, (uint16_t)record->why.len);
    vt_buf_put(out, record->why);
    vt_buf_put(out, VT_BYTES(grant));
}

bool vt_agent_frame_write(struct vt_buf *out, uint64_t at,
                          const struct vt_agent_record *record, vt_hash *chain,
                          struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_AGENT_RECORD_BYTES_MAX);
    size_t start = out->len;
    vt_hash next, check;

    put_body(&body, record);
    if (!vt_buf_check(&body, "an opening", err))
        return false;
    next = vt_agent_chain(chain, vt_buf_slice(&body));
    vt_buf_put_text(out, MAGIC);
    vt_buf_put_u32(out, (uint32_t)body.len); /* both at most VT_AGENT_RECORD_BYTES_MAX */
    vt_buf_put_u32(out, (uint32_t)record->grant.len);
    vt_buf_put(out, vt_buf_slice(&body));
    vt_buf_put(out, record->grant);
    vt_buf_put(out, VT_BYTES(next));
    if (!vt_buf_check(out, "an opening", err))
        return false;
    check = check_of(at, vt_slice_of(out->data + start, out->len - start));
    vt_buf_put(out, vt_slice_of(check.bytes, VT_AGENT_CHECK_BYTES));
    while ((out->len - start) % VT_AGENT_FRAME_ALIGN != 0 && !out->is_full)
        vt_buf_put_u8(out, 0);
    if (!vt_buf_check(out, "an opening", err))
        return false;
    *chain = next;
    return true;
}

/* ---- reading ----------------------------------------------------------------------------
 */

static bool read_into(vt_reader *r, void *out, size_t len)
{
    vt_slice bytes;

    if (!vt_read_bytes(r, len, &bytes))
        return false;
    memcpy(out, bytes.data, len);
    return true;
}

/* Copied, so that they lie as hashes must. */
static bool read_hashes(vt_reader *r, struct vt_arena *arena, const vt_hash **out,
                        size_t *count_out)
{
    uint16_t count;
    vt_hash *hashes;

    if (!vt_read_u16(r, &count) || count > VT_ACCESS_BATCH_MAX)
        return false;
    hashes = vt_arena_alloc(arena, ((size_t)count + 1) * sizeof *hashes);
    *out = hashes;
    *count_out = count;
    return read_into(r, hashes, count * sizeof *hashes);
}

static bool read_short(vt_reader *r, vt_slice *out)
{
    uint16_t len;

    return vt_read_u16(r, &len) && vt_read_bytes(r, len, out);
}

static bool read_body(vt_slice body, struct vt_arena *arena, struct vt_agent_record *out)
{
    vt_reader r = { body };
    uint64_t time_unix_s;
    vt_hash grant, said;
    uint8_t deed;

    if (!vt_read_u8(&r, &deed) || deed == 0 || deed >= VT_AGENT_DEEDS ||
        !vt_read_u64(&r, &out->number) || !vt_read_u64(&r, &out->index) ||
        !vt_read_u64(&r, &time_unix_s) || time_unix_s > INT64_MAX ||
        !vt_read_u64(&r, &out->size) || !read_into(&r, &out->root, sizeof out->root) ||
        !read_into(&r, out->salt, sizeof out->salt) || !read_short(&r, &out->envelope) ||
        !read_hashes(&r, arena, &out->ids, &out->id_count) ||
        !read_hashes(&r, arena, &out->objects, &out->object_count) ||
        !read_short(&r, &out->why) || !read_into(&r, &said, sizeof said) ||
        !vt_read_end(&r))
        return false;
    grant = vt_sha256_of(out->grant);
    out->deed = (enum vt_agent_deed)deed; /* checked above */
    out->time_unix_s = (int64_t)time_unix_s;
    return vt_hash_equal(&grant, &said);
}

static bool read_head(vt_reader *r, uint32_t *body_out, uint32_t *grant_out)
{
    return vt_read_literal(r, VT_LIT(MAGIC)) && vt_read_u32(r, body_out) &&
           vt_read_u32(r, grant_out) && *body_out <= VT_AGENT_RECORD_BYTES_MAX &&
           *grant_out <= VT_AGENT_RECORD_BYTES_MAX;
}

static size_t padded(size_t len)
{
    return (len + VT_AGENT_FRAME_ALIGN - 1) / VT_AGENT_FRAME_ALIGN * VT_AGENT_FRAME_ALIGN;
}

size_t vt_agent_frame_len(vt_slice head)
{
    vt_reader r = { head };
    uint32_t body, grant;

    if (!read_head(&r, &body, &grant))
        return 0;
    return padded(VT_AGENT_FRAME_HEAD + (size_t)body + grant + TAIL_BYTES);
}

bool vt_agent_frame_read(vt_slice bytes, uint64_t at, struct vt_arena *arena,
                         struct vt_agent_record *out, vt_slice *body_out, size_t *len_out)
{
    vt_reader r = { bytes };
    struct vt_agent_record record = { .number = 0 };
    uint32_t body_len, grant_len;
    vt_slice body, check_said;
    size_t len;
    vt_hash check;

    if (!read_head(&r, &body_len, &grant_len) || !vt_read_bytes(&r, body_len, &body) ||
        !vt_read_bytes(&r, grant_len, &record.grant) ||
        !read_into(&r, &record.chain, sizeof record.chain))
        return false;
    len = (size_t)(r.rest.data - bytes.data);
    check = check_of(at, vt_slice_of(bytes.data, len));
    if (!vt_read_bytes(&r, VT_AGENT_CHECK_BYTES, &check_said) ||
        memcmp(check.bytes, check_said.data, VT_AGENT_CHECK_BYTES) != 0 ||
        !read_body(body, arena, &record))
        return false;
    *out = record;
    *body_out = body;
    *len_out = padded(len + VT_AGENT_CHECK_BYTES);
    return *len_out <= bytes.len;
}
