/* Reading is writing again: each header is taken apart, written anew from what was read,
 * and must be the same bytes.  So there is one spelling, and no field is forgotten. */
#include "line/pack.h"
#include "line/source.h"

enum { BLOCK = 512, NAME_BYTES = 100, PAX_BYTES_MAX = 2 * (VT_PACK_PATH_BYTES_MAX + 32) };
/* Eleven octal digits. */
#define TAR_BYTES_MAX ((UINT64_C(1) << 33) - 1)

static const uint8_t zeros[2 * BLOCK];

bool vt_pack_path_is_good(vt_slice path)
{
    vt_reader r = { path };
    vt_slice part;
    bool more;

    for (size_t i = 0; i < path.len; i++)
        if (path.data[i] < 0x20 || path.data[i] == 0x7f)
            return false;
    do {
        more = vt_read_until(&r, '/', &part);
        if (!more)
            part = r.rest;
        if (part.len == 0 || part.len > VT_PACK_PART_BYTES_MAX || vt_slice_is(part, ".") ||
            vt_slice_is(part, ".."))
            return false;
    } while (more);
    return path.len <= VT_PACK_PATH_BYTES_MAX;
}

/* What the writer puts into a link, and the reader takes out of one. */
static bool is_good_target(vt_slice target)
{
    for (size_t i = 0; i < target.len; i++)
        if (target.data[i] < 0x20 || target.data[i] == 0x7f)
            return false;
    return target.len != 0 && target.len <= VT_PACK_PATH_BYTES_MAX;
}

/* ---- one header ------------------------------------------------------------------------
 */

struct member {
    vt_slice path, target;
    char type; /* '0' file, '2' link, 'x' pax */
    unsigned mode;
    uint64_t bytes;
};

static void put_octal(uint8_t *at, size_t width, uint64_t value)
{
    for (size_t i = width - 1; i-- > 0; value >>= 3)
        at[i] = (uint8_t)('0' + (value & 7));
    at[width - 1] = '\0';
}

static void put_cut(uint8_t *at, vt_slice text)
{
    if (text.len != 0)
        memcpy(at, text.data, text.len < NAME_BYTES ? text.len : NAME_BYTES);
}

static void make_header(const struct member *m, uint8_t out[BLOCK])
{
    unsigned sum = 0;

    memset(out, 0, BLOCK);
    put_cut(out, m->path);
    put_octal(out + 100, 8, m->mode);
    put_octal(out + 108, 8, 0);
    put_octal(out + 116, 8, 0);
    put_octal(out + 124, 12, m->bytes);
    put_octal(out + 136, 12, 0);
    memset(out + 148, ' ', 8);
    out[156] = (uint8_t)m->type;
    put_cut(out + 157, m->target);
    memcpy(out + 257,
           "ustar\0"
           "00",
           8);
    put_octal(out + 329, 8, 0);
    put_octal(out + 337, 8, 0);
    for (size_t i = 0; i < BLOCK; i++)
        sum += out[i];
    put_octal(out + 148, 7, sum);
}

/* "LENGTH key=value\n", where LENGTH counts itself. */
static void put_pax_record(struct vt_buf *out, const char *key, vt_slice value)
{
    size_t rest = strlen(key) + value.len + 3, digits = 1, len;

    for (size_t limit = 10; (len = rest + digits) >= limit; limit *= 10)
        digits++;
    vt_buf_printf(out, "%zu %s=", len, key);
    vt_buf_put(out, value);
    vt_buf_put_u8(out, '\n');
}

static bool needs_pax(const struct member *m)
{
    return m->path.len > NAME_BYTES || m->target.len > NAME_BYTES;
}

static void pad(struct vt_buf *out, uint64_t bytes)
{
    vt_buf_put(out, vt_slice_of(zeros, (BLOCK - bytes % BLOCK) % BLOCK));
}

/* All that stands before the content. */
static void put_headers(const struct member *m, struct vt_buf *out)
{
    uint8_t header[BLOCK];

    if (needs_pax(m)) {
        VT_AUTO_BUF records = vt_buf_init(PAX_BYTES_MAX);
        struct member pax = { .path = VT_LIT("pax"), .type = 'x', .mode = 0644 };

        if (m->target.len > NAME_BYTES)
            put_pax_record(&records, "linkpath", m->target);
        if (m->path.len > NAME_BYTES)
            put_pax_record(&records, "path", m->path);
        pax.bytes = records.len;
        make_header(&pax, header);
        vt_buf_put(out, vt_slice_of(header, BLOCK));
        vt_buf_put(out, vt_buf_slice(&records));
        pad(out, records.len);
    }
    make_header(m, header);
    vt_buf_put(out, vt_slice_of(header, BLOCK));
}

static void add_to_digest(struct vt_sha256 *digest, vt_slice path, enum vt_pack_mode mode,
                          const vt_hash *content)
{
    char line[128], hex[65];

    vt_hash_text(content, hex);
    (void)snprintf(line, sizeof line, "%o %s ", (unsigned)mode, hex);
    vt_sha256_add(digest, vt_slice_from_cstr(line));
    vt_sha256_add(digest, path);
    vt_sha256_add(digest, vt_slice_of("", 1));
}

static void begin_digest(struct vt_sha256 *digest)
{
    vt_sha256_init(digest);
    vt_sha256_add(digest, VT_LIT("vitrine/source/v1\n"));
}

/* ---- writing ---------------------------------------------------------------------------
 */

void vt_pack_begin(struct vt_pack_writer *w,
                   bool (*put)(void *context, vt_slice bytes, struct vt_error *err),
                   void *context)
{
    *w = (struct vt_pack_writer){ .put = put, .context = context };
    begin_digest(&w->digest);
}

static unsigned tar_mode(enum vt_pack_mode mode)
{
    return mode == VT_MODE_LINK ? 0777 : mode & 0777;
}

static bool put_member(struct vt_pack_writer *w, const struct member *m,
                       struct vt_error *err)
{
    VT_AUTO_BUF headers = vt_buf_init(PAX_BYTES_MAX + 4 * BLOCK);

    put_headers(m, &headers);
    return vt_buf_check(&headers, "pack header", err) &&
           w->put(w->context, vt_buf_slice(&headers), err);
}

bool vt_pack_begin_file(struct vt_pack_writer *w, vt_slice path, enum vt_pack_mode mode,
                        uint64_t bytes, struct vt_error *err)
{
    struct member m = { path, { NULL, 0 }, '0', tar_mode(mode), bytes };

    if (!vt_pack_path_is_good(path))
        return vt_fail(err, VT_REJECTED, "source: '%.*s' is no path that we take",
                       VT_SLICE_ARGS(path));
    if (vt_slice_compare(vt_slice_from_cstr(w->last), path) >= 0)
        return vt_fail(err, VT_REJECTED, "source: '%.*s' comes twice or out of order",
                       VT_SLICE_ARGS(path));
    if (bytes > (mode == VT_MODE_LINK ? VT_PACK_PATH_BYTES_MAX : VT_SOURCE_FILE_BYTES_MAX))
        return vt_fail(err, VT_LIMIT, "source: '%.*s' has %ju bytes", VT_SLICE_ARGS(path),
                       (uintmax_t)bytes);
    memcpy(w->last, path.data, path.len);
    w->last[path.len] = '\0';
    w->mode = mode;
    w->bytes = w->left = bytes;
    w->file_count++;
    vt_sha256_init(&w->content);
    /* A link's header needs its target, which is still to come. */
    return mode == VT_MODE_LINK || put_member(w, &m, err);
}

static bool add_link(struct vt_pack_writer *w, vt_slice target, struct vt_error *err)
{
    struct member m = { vt_slice_from_cstr(w->last), target, '2', 0777, 0 };

    if (!is_good_target(target))
        return vt_fail(err, VT_REJECTED, "source: link %s has an odd target", w->last);
    return put_member(w, &m, err);
}

bool vt_pack_add(struct vt_pack_writer *w, vt_slice bytes, struct vt_error *err)
{
    bool is_link = w->mode == VT_MODE_LINK;

    if (bytes.len > w->left || (is_link && bytes.len != w->left))
        return vt_fail(err, VT_REJECTED, "source: %s grew while it was read", w->last);
    w->left -= bytes.len;
    vt_sha256_add(&w->content, bytes);
    return is_link ? add_link(w, bytes, err) : w->put(w->context, bytes, err);
}

bool vt_pack_end_file(struct vt_pack_writer *w, struct vt_error *err)
{
    vt_hash content;

    if (w->left != 0 || (w->mode == VT_MODE_LINK && w->bytes == 0))
        return vt_fail(err, VT_REJECTED, "source: %s shrank while it was read", w->last);
    vt_sha256_end(&w->content, &content);
    add_to_digest(&w->digest, vt_slice_from_cstr(w->last), (enum vt_pack_mode)w->mode,
                  &content);
    return w->mode == VT_MODE_LINK ||
           w->put(w->context, vt_slice_of(zeros, (BLOCK - w->bytes % BLOCK) % BLOCK), err);
}

bool vt_pack_finish(struct vt_pack_writer *w, vt_hash *digest_out, struct vt_error *err)
{
    if (w->file_count == 0)
        return vt_fail(err, VT_REJECTED, "source: there is no file in it");
    if (!w->put(w->context, vt_slice_of(zeros, sizeof zeros), err))
        return false;
    vt_sha256_end(&w->digest, digest_out);
    return true;
}

/* ---- reading ---------------------------------------------------------------------------
 */

static bool read_octal(const uint8_t *at, size_t width, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i + 1 < width; i++) {
        if (at[i] < '0' || at[i] > '7')
            return false;
        value = value << 3 | (uint64_t)(at[i] - '0');
    }
    *out = value;
    return at[width - 1] == '\0';
}

static vt_slice read_name(const uint8_t *at)
{
    return vt_slice_of(at, strnlen((const char *)at, NAME_BYTES));
}

/* One record; *value points into the input. */
static bool read_pax_record(vt_reader *r, const char *key, vt_slice *value)
{
    vt_reader copy = *r;
    vt_slice length, line;
    uint64_t len;

    if (!vt_read_until(&copy, ' ', &length) || !vt_decimal_parse(length, &len) ||
        len > r->rest.len || len < length.len + strlen(key) + 3)
        return false;
    copy.rest = vt_slice_sub(r->rest, length.len + 1, (size_t)len - length.len - 1);
    if (!vt_read_literal(&copy, vt_slice_from_cstr(key)) ||
        !vt_read_literal(&copy, VT_LIT("=")))
        return false;
    line = copy.rest;
    if (line.len == 0 || line.data[line.len - 1] != '\n')
        return false;
    *value = vt_slice_sub(line, 0, line.len - 1);
    r->rest = vt_slice_sub(r->rest, (size_t)len, r->rest.len - (size_t)len);
    return true;
}

/* Skip the pax header if there is one, keeping what it says. */
static bool read_pax(vt_reader *r, const uint8_t *header, struct member *m)
{
    vt_slice records, padding;
    vt_reader inner;
    uint64_t bytes;

    if (!read_octal(header + 124, 12, &bytes) || bytes == 0 || bytes > PAX_BYTES_MAX ||
        !vt_read_bytes(r, (size_t)bytes, &records) ||
        !vt_read_bytes(r, (BLOCK - bytes % BLOCK) % BLOCK, &padding))
        return false;
    inner.rest = records;
    (void)!read_pax_record(&inner, "linkpath", &m->target);
    (void)!read_pax_record(&inner, "path", &m->path);
    return inner.rest.len == 0;
}

/* Everything before the content of the next member; false if it is not in our spelling. */
static bool read_headers(vt_reader *r, struct member *m)
{
    vt_slice before = r->rest, header;
    VT_AUTO_BUF again = vt_buf_init(PAX_BYTES_MAX + 4 * BLOCK);
    uint64_t mode;

    *m = (struct member){ 0 };
    if (!vt_read_bytes(r, BLOCK, &header) ||
        (header.data[156] == 'x' &&
         (!read_pax(r, header.data, m) || !vt_read_bytes(r, BLOCK, &header))))
        return false;
    if (m->path.len == 0)
        m->path = read_name(header.data);
    if (m->target.len == 0)
        m->target = read_name(header.data + 157);
    m->type = (char)header.data[156];
    if (!read_octal(header.data + 100, 8, &mode) ||
        !read_octal(header.data + 124, 12, &m->bytes))
        return false;
    m->mode = (unsigned)mode;
    put_headers(m, &again);
    return !again.is_full &&
           vt_slice_equal(vt_buf_slice(&again),
                          vt_slice_sub(before, 0, before.len - r->rest.len));
}

static bool read_member(vt_reader *r, struct vt_arena *arena, struct vt_pack_entry *out)
{
    struct member m;
    vt_slice padding;

    if (!read_headers(r, &m) || !vt_pack_path_is_good(m.path))
        return false;
    out->path = vt_arena_cstr(arena, m.path);
    if (m.type == '2') {
        out->mode = VT_MODE_LINK;
        out->content = m.target;
        return m.mode == 0777 && m.bytes == 0 && is_good_target(m.target);
    }
    out->mode = m.mode == 0755 ? VT_MODE_PROGRAM : VT_MODE_FILE;
    return m.type == '0' && m.target.len == 0 && (m.mode == 0755 || m.mode == 0644) &&
           m.bytes <= VT_SOURCE_FILE_BYTES_MAX &&
           vt_read_bytes(r, (size_t)m.bytes, &out->content) &&
           vt_read_bytes(r, (BLOCK - m.bytes % BLOCK) % BLOCK, &padding) &&
           memcmp(padding.data != NULL ? padding.data : zeros, zeros, padding.len) == 0;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct vt_pack_entry *)a)->path,
                  ((const struct vt_pack_entry *)b)->path);
}

/* Is a folder on the way to this path a file of the pack? */
static bool is_below_file(const struct vt_pack_entry *entries, size_t count,
                          const char *path)
{
    char folder[VT_PACK_PATH_BYTES_MAX + 1];
    struct vt_pack_entry key = { .path = folder };

    for (const char *slash = strchr(path, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (bsearch(&key, entries, count, sizeof *entries, compare_paths) != NULL)
            return true;
    }
    return false;
}

static bool has_end(const vt_reader *r)
{
    return r->rest.len == sizeof zeros && memcmp(r->rest.data, zeros, sizeof zeros) == 0;
}

bool vt_pack_parse(vt_slice pack, struct vt_arena *arena,
                   struct vt_pack_entry **entries_out, size_t *count_out,
                   vt_hash *digest_out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_pack_entry *entries = NULL;
    size_t count = 0, room = 0;
    struct vt_sha256 digest;
    vt_reader r = { pack };

    begin_digest(&digest);
    for (; !has_end(&r); count++) {
        vt_hash content;

        if (count == VT_SOURCE_FILES_MAX)
            return vt_fail(err, VT_LIMIT, "source pack: over %d files",
                           VT_SOURCE_FILES_MAX);
        if (count == room)
            entries = vt_grow_array(entries, room = room * 2 + 64, sizeof *entries);
        if (!read_member(&r, arena, &entries[count]) ||
            (count > 0 && compare_paths(&entries[count - 1], &entries[count]) >= 0))
            return vt_fail(err, VT_MALFORMED,
                           "source pack: member %zu is not as we write it", count + 1);
        content = vt_sha256_of(entries[count].content);
        add_to_digest(&digest, vt_slice_from_cstr(entries[count].path), entries[count].mode,
                      &content);
    }
    for (size_t i = 0; i < count; i++)
        if (is_below_file(entries, count, entries[i].path))
            return vt_fail(err, VT_MALFORMED, "source pack: %s lies below a file",
                           entries[i].path);
    if (count == 0)
        return vt_fail(err, VT_MALFORMED, "source pack: there is no file in it");
    *entries_out = vt_arena_alloc(arena, count * sizeof *entries);
    memcpy(*entries_out, entries, count * sizeof *entries);
    *count_out = count;
    vt_sha256_end(&digest, digest_out);
    return true;
}
