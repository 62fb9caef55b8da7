/* One layer of a container taken off by libarchive, in memory.
 *
 *   compressed stream  -> one member       (filters alone)
 *   archive            -> its members      (formats alone, no filter)
 *
 * The two are never done at once, as libarchive would: so what a stream gives is looked at
 * whole, what hides behind the end of a tar included, and each layer has its own ratio.
 * Names, modes and places of members are not even read: nothing is written anywhere. */
#include "cell/scan_engine.h"
#include "line/libarchive.h"

enum { PIECE_BYTES = 64 * 1024 };

const char *vt_scan_unpack_version(void)
{
    return ARCHIVE_VERSION_ONLY_STRING;
}

struct layer {
    struct vt_scan_budget *budget;
    struct archive *archive;
    uint64_t packed_bytes;
    uint64_t unpacked_bytes; /* out of this layer so far */
    bool (*member)(void *context, vt_slice bytes);
    void *context;
    bool is_over; /* a limit that ends it */
};

/* ---- opening ---------------------------------------------------------------------------
 */

/* We tell a compressed stream by its first bytes and let libarchive take that one layer
 * off: left alone it takes off all that it sees, and we could count none of them. */
static const struct {
    vt_slice mark;
    int filter;
} streams[] = {
    { { (const uint8_t *)"\x1f\x8b\x08", 3 }, ARCHIVE_FILTER_GZIP },
    { { (const uint8_t *)"BZh", 3 }, ARCHIVE_FILTER_BZIP2 },
    { { (const uint8_t *)"\xfd\x37zXZ\0", 6 }, ARCHIVE_FILTER_XZ },
    { { (const uint8_t *)"\x28\xb5\x2f\xfd", 4 }, ARCHIVE_FILTER_ZSTD },
    { { (const uint8_t *)"\x04\x22\x4d\x18", 4 }, ARCHIVE_FILTER_LZ4 },
    { { (const uint8_t *)"\x02\x21\x4c\x18", 4 }, ARCHIVE_FILTER_LZ4 },
    { { (const uint8_t *)"LZIP", 4 }, ARCHIVE_FILTER_LZIP },
    { { (const uint8_t *)"\x1f\x9d", 2 }, ARCHIVE_FILTER_COMPRESS },
    { { (const uint8_t *)"\xed\xab\xee\xdb", 4 }, ARCHIVE_FILTER_RPM },
};

/* A frame that a reader skips may stand before those of zstd. */
static bool is_skippable(vt_slice bytes)
{
    return bytes.len >= 8 && (bytes.data[0] & 0xf0) == 0x50 && bytes.data[1] == 0x2a &&
           bytes.data[2] == 0x4d && bytes.data[3] == 0x18;
}

/* Those that encoders write: 2^n, 2^n + 2^(n-1), and two of their own. */
static bool is_lzma_window(uint32_t window)
{
    uint32_t third = window % 3 == 0 ? window / 3 : window;

    return window == UINT32_MAX || window == 0x03e00000 ||
           (window >= 4096 && ((window & (window - 1)) == 0 || (third & (third - 1)) == 0));
}

/* The old .lzma has no mark; this is what every writer of it writes: the usual properties,
 * a window of 2^n bytes, and no length, or one below 256 GiB. */
static bool is_lzma(vt_slice bytes)
{
    uint32_t window;
    const uint8_t *d = bytes.data;

    if (bytes.len < 14 || d[0] != 0x5d)
        return false;
    window =
        (uint32_t)d[1] | (uint32_t)d[2] << 8 | (uint32_t)d[3] << 16 | (uint32_t)d[4] << 24;
    return is_lzma_window(window) && d[13] == 0 &&
           (memcmp(d + 5, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) == 0 ||
            (d[12] == 0 && d[11] == 0 && d[10] == 0 && d[9] < 64));
}

/* ARCHIVE_FILTER_NONE: it is none. */
static int find_stream(vt_slice bytes)
{
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
        if (vt_slice_starts_with(bytes, streams[i].mark))
            return streams[i].filter;
    if (is_skippable(bytes))
        return ARCHIVE_FILTER_ZSTD;
    return is_lzma(bytes) ? ARCHIVE_FILTER_LZMA : ARCHIVE_FILTER_NONE;
}

/* archive_read_append_filter of libarchive 3.6 ends in a crash for this one; asking for it
 * alone takes off what is packed so twice too. */
static bool support_stream(struct archive *a, int filter)
{
    (void)sym_archive_read_support_format_raw(a);
    (void)sym_archive_read_support_format_empty(a);
    return filter == ARCHIVE_FILTER_COMPRESS
               ? sym_archive_read_support_filter_compress(a) == ARCHIVE_OK
               : sym_archive_read_append_filter(a, filter) >= ARCHIVE_WARN;
}

/* Without mtree, warc and xar: the first is a list without content, and would take texts
 * for itself; the others nobody sends. */
static void support_archives(struct archive *a)
{
    (void)sym_archive_read_support_format_7zip(a);
    (void)sym_archive_read_support_format_ar(a);
    (void)sym_archive_read_support_format_cab(a);
    (void)sym_archive_read_support_format_cpio(a);
    (void)sym_archive_read_support_format_iso9660(a);
    (void)sym_archive_read_support_format_lha(a);
    (void)sym_archive_read_support_format_rar(a);
    (void)sym_archive_read_support_format_rar5(a);
    (void)sym_archive_read_support_format_tar(a);
    (void)sym_archive_read_support_format_zip(a);
}

/* ---- limits ----------------------------------------------------------------------------
 */

static void reach(struct vt_scan_budget *budget, unsigned limit)
{
    budget->outcome->limits = (uint16_t)(budget->outcome->limits | limit);
}

bool vt_scan_budget_left(struct vt_scan_budget *budget)
{
    if (vt_monotonic_ms() > budget->deadline_ms) {
        reach(budget, VT_SCAN_LIMIT_TIME);
        return false;
    }
    if (budget->outcome->unpacked_bytes > budget->limits->bytes_max) {
        reach(budget, VT_SCAN_LIMIT_BYTES);
        return false;
    }
    return true;
}

static bool is_out_of_ratio(const struct vt_scan_limits *limits, uint64_t unpacked,
                            uint64_t packed)
{
    return unpacked > limits->ratio_free_bytes && unpacked / limits->ratio_max >= packed;
}

/* So many bytes more came out.  False: that was too many. */
static bool count(struct layer *l, size_t bytes)
{
    struct vt_scan_budget *b = l->budget;

    l->unpacked_bytes += bytes;
    b->outcome->unpacked_bytes += bytes;
    if (is_out_of_ratio(b->limits, l->unpacked_bytes, l->packed_bytes) ||
        is_out_of_ratio(b->limits, b->outcome->unpacked_bytes, b->root_bytes)) {
        reach(b, VT_SCAN_LIMIT_RATIO);
        l->is_over = true;
    }
    if (!vt_scan_budget_left(b))
        l->is_over = true;
    return !l->is_over;
}

static bool says(const char *text, const char *part)
{
    return text != NULL && strstr(text, part) != NULL;
}

/* libarchive has words for what went wrong, and hardly any numbers. */
static void note_failure(struct layer *l)
{
    const char *text = sym_archive_error_string(l->archive);

    if (sym_archive_errno(l->archive) == ENOMEM || says(text, "allocate"))
        reach(l->budget, VT_SCAN_LIMIT_MEMORY);
    else if (sym_archive_read_has_encrypted_entries(l->archive) == 1 ||
             says(text, "ncrypt") || says(text, "assphrase"))
        reach(l->budget, VT_SCAN_LIMIT_ENCRYPTED);
    else if (says(text, "nsupported") || says(text, "not supported"))
        reach(l->budget, VT_SCAN_LIMIT_UNSUPPORTED);
    else
        reach(l->budget, VT_SCAN_LIMIT_DAMAGED);
}

/* ---- members ---------------------------------------------------------------------------
 */

/* All of a member, as far as the limits go.  What is beyond the size of one is decoded and
 * counted, but not kept. */
static void read_member(struct layer *l, struct vt_buf *out)
{
    uint8_t piece[PIECE_BYTES];

    for (;;) {
        la_ssize_t got = sym_archive_read_data(l->archive, piece, sizeof piece);

        if (got < 0)
            note_failure(l);
        if (got == ARCHIVE_FATAL)
            l->is_over = true;
        if (got <= 0)
            return;
        if (out->len + (size_t)got <= out->bytes_max) {
            vt_buf_put(out, vt_slice_of(piece, (size_t)got));
            if (out->is_full)
                reach(l->budget, VT_SCAN_LIMIT_MEMORY);
        } else {
            reach(l->budget, VT_SCAN_LIMIT_BYTES);
        }
        if (!count(l, (size_t)got))
            return;
    }
}

static void take_member(struct layer *l)
{
    uint64_t left = l->budget->limits->bytes_max - l->budget->outcome->unpacked_bytes;
    uint64_t most = l->budget->limits->file_bytes_max;
    VT_AUTO_BUF bytes = vt_buf_init(most < left ? most : left);

    read_member(l, &bytes);
    if (!l->member(l->context, vt_slice_of(bytes.data, bytes.len)))
        l->is_over = true;
}

static bool may_take_another(struct layer *l)
{
    struct vt_scan_outcome *outcome = l->budget->outcome;

    if (l->is_over || !vt_scan_budget_left(l->budget))
        return false;
    if (outcome->members >= l->budget->limits->members_max) {
        reach(l->budget, VT_SCAN_LIMIT_MEMBERS);
        return false;
    }
    outcome->members++;
    return true;
}

static void take_entry(struct layer *l, struct archive_entry *entry)
{
    if (sym_archive_entry_is_encrypted(entry) != 0)
        reach(l->budget, VT_SCAN_LIMIT_ENCRYPTED);
    else if (sym_archive_entry_filetype(entry) == AE_IFREG)
        take_member(l);
}

/* From the first header, which was read with `status`, to the end. */
static void take_members(struct layer *l, int status, struct archive_entry *entry)
{
    for (;;) {
        if (status == ARCHIVE_EOF)
            return;
        if (status < ARCHIVE_WARN)
            note_failure(l);
        if (status == ARCHIVE_FATAL || !may_take_another(l))
            return;
        if (status >= ARCHIVE_WARN)
            take_entry(l, entry);
        if (l->is_over)
            return;
        status = sym_archive_read_next_header(l->archive, &entry);
    }
}

static bool has_at(vt_slice bytes, size_t at, vt_slice mark)
{
    return bytes.len >= mark.len && at <= bytes.len - mark.len &&
           memcmp(bytes.data + at, mark.data, mark.len) == 0;
}

/* Where the first bytes of a stream do not come out, libarchive takes it for an empty one.
 * It has noted why (opened_errno), but not where it is cut off early: empty ones have so
 * many bytes, and some a known end. */
static bool is_truly_empty(vt_slice bytes, int filter, int opened_errno)
{
    static const struct {
        int filter;
        size_t least; /* bytes */
        vt_slice end;
    } rows[] = {
        { ARCHIVE_FILTER_GZIP, 18, { (const uint8_t *)"\0\0\0\0\0\0\0\0", 8 } },
        { ARCHIVE_FILTER_BZIP2,
          14,
          { (const uint8_t *)"\x17\x72\x45\x38\x50\x90\0\0\0\0", 10 } },
        { ARCHIVE_FILTER_XZ, 32, { NULL, 0 } },
        { ARCHIVE_FILTER_ZSTD, 9, { NULL, 0 } },
        { ARCHIVE_FILTER_LZ4, 11, { NULL, 0 } },
        { ARCHIVE_FILTER_LZIP, 36, { NULL, 0 } },
        { ARCHIVE_FILTER_LZMA, 18, { NULL, 0 } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].filter == filter &&
            (bytes.len < rows[i].least ||
             (rows[i].end.len != 0 &&
              !has_at(bytes, bytes.len - rows[i].end.len, rows[i].end))))
            return false;
    return opened_errno == 0;
}

/* filter: of a stream, or ARCHIVE_FILTER_NONE for an archive. */
static bool unpack_with(struct layer *l, vt_slice bytes, int filter)
{
    struct archive_entry *entry = NULL;
    bool is_container;
    int status = ARCHIVE_FATAL, opened_errno;

    l->archive = sym_archive_read_new();
    if (l->archive == NULL)
        return false;
    if (filter == ARCHIVE_FILTER_NONE)
        support_archives(l->archive);
    if (filter == ARCHIVE_FILTER_NONE || support_stream(l->archive, filter))
        status = sym_archive_read_open_memory(l->archive, bytes.data, bytes.len);
    opened_errno = sym_archive_errno(l->archive);
    if (status == ARCHIVE_OK)
        status = sym_archive_read_next_header(l->archive, &entry);
    if (status == ARCHIVE_EOF && filter != ARCHIVE_FILTER_NONE &&
        !is_truly_empty(bytes, filter, opened_errno))
        reach(l->budget,
              opened_errno == ENOMEM ? VT_SCAN_LIMIT_MEMORY : VT_SCAN_LIMIT_DAMAGED);
    is_container = filter != ARCHIVE_FILTER_NONE || sym_archive_format(l->archive) != 0;
    if (is_container)
        take_members(l, status, entry);
    (void)sym_archive_read_free(l->archive);
    return is_container;
}

bool vt_scan_is_archive(vt_slice bytes)
{
    struct archive *a;
    struct archive_entry *entry;
    bool is_known;

    vt_dynlib_need(&vt_libarchive);
    a = sym_archive_read_new();
    if (a == NULL)
        return false;
    support_archives(a);
    is_known = sym_archive_read_open_memory(a, bytes.data, bytes.len) == ARCHIVE_OK;
    if (is_known)
        (void)sym_archive_read_next_header(a, &entry);
    is_known = is_known && sym_archive_format(a) != 0;
    (void)sym_archive_read_free(a);
    return is_known;
}

/* The sum in the header of a tar, with the field of the sum itself as blanks; or a block of
 * zeros, the end of an empty one. */
static bool may_be_tar(vt_slice bytes)
{
    uint64_t sum = 8 * ' ', said = 0;
    int64_t signed_sum = 8 * ' ';
    bool has_digit = false;

    if (bytes.len < 512)
        return false;
    for (size_t i = 0; i < 512; i++) {
        if (i >= 148 && i < 156)
            continue;
        sum += bytes.data[i];
        signed_sum += (int8_t)bytes.data[i];
    }
    for (size_t i = 148; i < 156; i++) {
        if (bytes.data[i] >= '0' && bytes.data[i] <= '7')
            said = said * 8 + bytes.data[i] - '0', has_digit = true;
        else if (has_digit)
            break;
    }
    return sum == said || signed_sum == (int64_t)said || sum == 8 * ' ';
}

/* Where libarchive looks for the directory of a zip. */
static bool has_zip_end(vt_slice bytes)
{
    size_t len = bytes.len < 65536 + 64 ? bytes.len : 65536 + 64;

    return len != 0 && memmem(bytes.data + (bytes.len - len), len, "PK\5\6", 4) != NULL;
}

bool vt_scan_may_be_archive(vt_slice bytes)
{
    static const struct {
        size_t at;
        vt_slice mark;
    } marks[] = {
        { 0, { (const uint8_t *)"PK", 2 } },
        { 0, { (const uint8_t *)"7z", 2 } },
        { 0, { (const uint8_t *)"MSCF", 4 } },
        { 0, { (const uint8_t *)"Rar!", 4 } },
        { 0, { (const uint8_t *)"!<arch>", 7 } },
        { 0, { (const uint8_t *)"0707", 4 } },
        { 0, { (const uint8_t *)"\xc7\x71", 2 } },
        { 0, { (const uint8_t *)"\x71\xc7", 2 } },
        { 2, { (const uint8_t *)"-l", 2 } },
        { 2, { (const uint8_t *)"-p", 2 } },
        { 32769, { (const uint8_t *)"CD001", 5 } },
        /* Programs may have an archive behind them. */
        { 0, { (const uint8_t *)"MZ", 2 } },
        { 0,
          { (const uint8_t *)"\x7f"
                             "ELF",
            4 } },
    };

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (has_at(bytes, marks[i].at, marks[i].mark))
            return true;
    return may_be_tar(bytes) || has_zip_end(bytes);
}

/* Without unpacking: a stream by its mark, an archive if libarchive knows its format. */
static bool is_container(vt_slice bytes)
{
    return find_stream(bytes) != ARCHIVE_FILTER_NONE ||
           (vt_scan_may_be_archive(bytes) && vt_scan_is_archive(bytes));
}

bool vt_scan_unpack(struct vt_scan_budget *budget, vt_slice bytes,
                    bool (*member)(void *context, vt_slice bytes), void *context)
{
    struct layer layer = {
        .budget = budget, .packed_bytes = bytes.len, .member = member, .context = context
    };

    if (bytes.len == 0)
        return false;
    vt_dynlib_need(&vt_libarchive);
    return member == NULL ? is_container(bytes)
                          : unpack_with(&layer, bytes, find_stream(bytes));
}
