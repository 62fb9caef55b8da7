/* Making archives. */
#include "tests/archives.h"
#include "tests/harness.h"
#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

enum { ROOM = 64 << 20 };

vt_slice vt_test_eicar(void)
{
    static const char *const parts[] = { "X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-",
                                         "ANTIVIRUS-TEST-FILE!$H+H*" };
    VT_AUTO_BUF text = vt_buf_init(128);

    for (size_t i = 0; i < 3; i++)
        vt_buf_put_text(&text, parts[i]);
    VT_CHECK(text.len == 68);
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&text));
}

/* ---- honest ones -----------------------------------------------------------------------
 */

static void must(int status, struct archive *a)
{
    VT_CHECK_SAYING(status == ARCHIVE_OK, "libarchive: %s", archive_error_string(a));
}

static struct archive *begin(const char *format, const char *filter, uint8_t *room,
                             size_t *used)
{
    struct archive *a = archive_write_new();

    must(archive_write_set_format_by_name(a, format), a);
    if (strcmp(filter, "none") != 0)
        must(archive_write_add_filter_by_name(a, filter), a);
    (void)archive_write_set_bytes_in_last_block(a, 1);
    must(archive_write_open_memory(a, room, ROOM, used), a);
    return a;
}

static void add(struct archive *a, const char *name, vt_slice member)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)member.len);
    VT_CHECK_SAYING(archive_write_header(a, entry) >= ARCHIVE_WARN, "%s: %s", name,
                    archive_error_string(a));
    VT_CHECK(archive_write_data(a, member.data, member.len) == (la_ssize_t)member.len);
    archive_entry_free(entry);
}

static vt_slice end(struct archive *a, uint8_t *room, const size_t *used)
{
    vt_slice made;

    must(archive_write_close(a), a);
    (void)archive_write_free(a);
    made = vt_arena_copy(vt_test_arena(), vt_slice_of(room, *used));
    free(room);
    return made;
}

vt_slice vt_test_archive(const char *format, const char *filter, const char *name,
                         vt_slice member)
{
    uint8_t *room = vt_alloc(ROOM);
    size_t used = 0;
    struct archive *a = begin(format, filter, room, &used);

    add(a, name, member);
    return end(a, room, &used);
}

vt_slice vt_test_archive_of_many(const char *format, const char *filter, vt_slice member,
                                 unsigned times)
{
    uint8_t *room = vt_alloc(ROOM);
    size_t used = 0;
    struct archive *a = begin(format, filter, room, &used);
    char name[32];

    for (unsigned i = 0; i < times; i++) {
        (void)snprintf(name, sizeof name, "member-%u", i);
        add(a, name, member);
    }
    return end(a, room, &used);
}

vt_slice vt_test_archive_encrypted(vt_slice member)
{
    uint8_t *room = vt_alloc(ROOM);
    size_t used = 0;
    struct archive *a = archive_write_new();

    must(archive_write_set_format_zip(a), a);
    must(archive_write_set_options(a, "zip:encryption=aes256"), a);
    must(archive_write_set_passphrase(a, "a password"), a);
    (void)archive_write_set_bytes_in_last_block(a, 1);
    must(archive_write_open_memory(a, room, ROOM, &used), a);
    add(a, "secret", member);
    return end(a, room, &used);
}

/* ---- little-endian formats by hand -----------------------------------------------------
 */

static void put16(struct vt_buf *out, size_t value)
{
    vt_buf_put_u8(out, (uint8_t)value);
    vt_buf_put_u8(out, (uint8_t)(value >> 8));
}

static void put32(struct vt_buf *out, size_t value)
{
    put16(out, value & 0xffff);
    put16(out, value >> 16 & 0xffff);
}

static vt_slice keep(const struct vt_buf *made)
{
    VT_CHECK(!made->is_full);
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(made));
}

/* MS-CAB: CFHEADER 36, CFFOLDER 8, CFFILE 16 and the name, CFDATA 8 and the bytes. */
vt_slice vt_test_cabinet(vt_slice member)
{
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));
    const size_t file_at = 36 + 8, data_at = file_at + 16 + 5;

    VT_CHECK(member.len <= 32768);
    vt_buf_put_text(&out, "MSCF");
    put32(&out, 0);
    put32(&out, data_at + 8 + member.len);
    put32(&out, 0);
    put32(&out, file_at);
    put32(&out, 0);
    put16(&out, 0x0103); /* version 1.3 */
    put16(&out, 1);      /* folders */
    put16(&out, 1);      /* files */
    put16(&out, 0);
    put16(&out, 1);
    put16(&out, 0);
    put32(&out, data_at);
    put16(&out, 1); /* pieces of data */
    put16(&out, 0); /* stored */
    put32(&out, member.len);
    put32(&out, 0);
    put16(&out, 0);
    put16(&out, 0x5a21);
    put16(&out, 0);
    put16(&out, 0x20);
    vt_buf_put(&out, VT_LIT("file\0"));
    put32(&out, 0); /* no checksum */
    put16(&out, member.len);
    put16(&out, member.len);
    vt_buf_put(&out, member);
    return keep(&out);
}

/* Raw deflate of zeros; flush: Z_FINISH, or Z_FULL_FLUSH for a piece that may be repeated.
 */
static void deflate_zeros(struct vt_buf *out, size_t bytes, int flush)
{
    static uint8_t zeros[1 << 20], piece[1 << 16];
    z_stream z = { 0 };

    VT_CHECK(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    while (bytes != 0 || z.avail_in != 0) {
        if (z.avail_in == 0) {
            z.next_in = zeros;
            z.avail_in = (uInt)(bytes < sizeof zeros ? bytes : sizeof zeros);
            bytes -= z.avail_in;
        }
        do {
            z.next_out = piece;
            z.avail_out = sizeof piece;
            (void)deflate(&z, bytes == 0 ? flush : Z_NO_FLUSH);
            vt_buf_put(out, vt_slice_of(piece, sizeof piece - z.avail_out));
        } while (z.avail_out == 0);
    }
    (void)deflateEnd(&z);
}

static uint32_t crc_of_zeros(size_t bytes)
{
    static const uint8_t zeros[1 << 16];
    uLong crc = crc32(0, NULL, 0);

    for (; bytes >= sizeof zeros; bytes -= sizeof zeros)
        crc = crc32(crc, zeros, sizeof zeros);
    return (uint32_t)crc32(crc, zeros, (uInt)bytes);
}

/* ---- hostile ones ----------------------------------------------------------------------
 */

struct zip_member {
    uint32_t crc;
    size_t packed, unpacked, at;
    unsigned number;
};

/* From the version to the lengths of name and extra field: the same in both headers. */
static void put_zip_fields(struct vt_buf *out, const struct zip_member *m)
{
    put16(out, 20);
    put16(out, 0);
    put16(out, 8);
    put32(out, 0);
    put32(out, m->crc);
    put32(out, m->packed);
    put32(out, m->unpacked);
    put16(out, 4);
    put16(out, 0);
}

enum { LOCAL_BYTES = 30 + 4, QUOTE_BYTES = 5 };

static void put_local(struct vt_buf *out, const struct zip_member *m)
{
    vt_buf_put_text(out, "PK\3\4");
    put_zip_fields(out, m);
    vt_buf_printf(out, "%04x", m->number & 0xffff);
}

static void put_central(struct vt_buf *out, const struct zip_member *m)
{
    vt_buf_put_text(out, "PK\1\2");
    put16(out, 20);
    put_zip_fields(out, m);
    put16(out, 0);
    put16(out, 0);
    put16(out, 0);
    put32(out, 0);
    put32(out, m->at);
    vt_buf_printf(out, "%04x", m->number & 0xffff);
}

/* The member before m: its data are m's header, quoted in a stored block, and then m's. */
static struct zip_member quoting(const struct zip_member *m)
{
    VT_AUTO_BUF header = vt_buf_init(64);
    uLong crc;

    put_local(&header, m);
    VT_CHECK(header.len == LOCAL_BYTES);
    crc = crc32(crc32(0, NULL, 0), header.data, LOCAL_BYTES);
    return (struct zip_member){ (uint32_t)crc32_combine(crc, m->crc, (z_off_t)m->unpacked),
                                m->packed + QUOTE_BYTES + LOCAL_BYTES,
                                m->unpacked + LOCAL_BYTES,
                                m->at - QUOTE_BYTES - LOCAL_BYTES, m->number - 1 };
}

/* As D. Fifield's: every member is whole and right, and nearly all of each is the same. */
vt_slice vt_test_zip_of_overlaps(size_t zeros, unsigned times)
{
    VT_AUTO_BUF out = vt_buf_init(ROOM);
    VT_AUTO_BUF packed = vt_buf_init(ROOM);
    struct zip_member *members = vt_arena_alloc(vt_test_arena(), times * sizeof *members);
    size_t directory_at;

    deflate_zeros(&packed, zeros, Z_FINISH);
    members[times - 1] =
        (struct zip_member){ crc_of_zeros(zeros), packed.len, zeros,
                             (times - 1) * (QUOTE_BYTES + LOCAL_BYTES), times - 1 };
    for (unsigned i = times - 1; i > 0; i--)
        members[i - 1] = quoting(&members[i]);
    for (unsigned i = 0; i < times; i++) {
        if (i != 0) {
            vt_buf_put_u8(&out, 0);
            put16(&out, LOCAL_BYTES);
            put16(&out, 0xffff - LOCAL_BYTES);
        }
        put_local(&out, &members[i]);
    }
    vt_buf_put(&out, vt_buf_slice(&packed));
    directory_at = out.len;
    for (unsigned i = 0; i < times; i++)
        put_central(&out, &members[i]);
    vt_buf_put_text(&out, "PK\5\6");
    put32(&out, 0);
    put16(&out, times);
    put16(&out, times);
    put32(&out, out.len - 12 - directory_at);
    put32(&out, directory_at);
    put16(&out, 0);
    return keep(&out);
}

vt_slice vt_test_gzip_of_zeros(size_t piece_bytes, unsigned pieces)
{
    VT_AUTO_BUF out = vt_buf_init(ROOM);
    VT_AUTO_BUF piece = vt_buf_init(ROOM);
    uLong one = crc_of_zeros(piece_bytes), crc = one;

    deflate_zeros(&piece, piece_bytes, Z_FULL_FLUSH);
    vt_buf_put(&out, VT_LIT("\x1f\x8b\x08\0\0\0\0\0\0\xff"));
    for (unsigned i = 0; i < pieces; i++) {
        vt_buf_put(&out, vt_buf_slice(&piece));
        if (i != 0)
            crc = crc32_combine(crc, one, (z_off_t)piece_bytes);
    }
    vt_buf_put(&out, VT_LIT("\1\0\0\xff\xff"));
    put32(&out, crc);
    put32(&out, (size_t)((uint64_t)piece_bytes * pieces) & 0xffffffff);
    return keep(&out);
}

/* A quine out of two words, each five bytes long: L(n), a stored block: print the n words
 * that follow; and R, a block with two matches: print the last four words again.  With a
 * head and a tail of three words each the program is
 *
 *   H  L4 H L4  R  L1 R  L1 L1  L4 R L1 L1 L4  R  L4 R L4 R L4  R  L4 R L0 L0 L4  R
 *   L0 L0  L4 R T  R  T
 *
 * (after R. Cox, "Zip files all the way down").  The tail ends the stream and bears a
 * checksum of zeros, which the readers at hand do not look at. */
vt_slice vt_test_gzip_quine(void)
{
    static const char program[] = "H 4H4 R 1R 11 4R114 R 4R4R4 R 4R004 R 00 4RT R T";
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(4));

    for (const char *at = program; *at != '\0'; at++) {
        if (*at == 'H')
            vt_buf_put(&out, VT_LIT("\x1f\x8b\x08\x08\0\0\0\0\0\xff"
                                    "quin\0"));
        else if (*at == 'T')
            vt_buf_put(&out, VT_LIT("\1\0\0\xff\xff\0\0\0\0\0\0\0\0\0\0"));
        else if (*at == 'R')
            vt_buf_put(&out, VT_LIT("\x42\x88\x21\xc4\x00"));
        else if (*at != ' ') {
            vt_buf_put_u8(&out, 0);
            put16(&out, (size_t)(*at - '0') * 5);
            put16(&out, 0xffff - (size_t)(*at - '0') * 5);
        }
    }
    return keep(&out);
}
