/* Containers and packed streams, read by libarchive, with nothing but the formats we name
 * switched on and every byte counted. */
#include "line/compare_inside.h"
#include "line/libarchive.h"

enum { PIECE_BYTES = 1 << 16, FREE_BYTES = 16 << 20 };

struct member {
    const char *name;
    unsigned nth; /* of this name */
    const char *type, *owner, *mode, *time, *link;
    vt_slice bytes; /* owned by the box */
    size_t at;      /* position */
    size_t partner; /* index on the other side + 1 */
};

struct box {
    struct vt_arena *arena;
    struct member *members;
    size_t count;
    uint64_t held;
};

static void box_clear(struct box *box, struct vt_compare_run *run)
{
    for (size_t i = 0; i < box->count; i++)
        free((void *)(uintptr_t)box->members[i].bytes.data);
    free(box->members);
    vt_arena_free(box->arena);
    run->held_bytes -= box->held;
}

static struct archive *open_archive(enum vt_format format, vt_slice bytes)
{
    struct archive *in = sym_archive_read_new();
    bool ok = in != NULL;

    ok = ok && (format == VT_FORMAT_GZIP    ? sym_archive_read_support_filter_gzip(in)
                : format == VT_FORMAT_XZ    ? sym_archive_read_support_filter_xz(in)
                : format == VT_FORMAT_ZSTD  ? sym_archive_read_support_filter_zstd(in)
                : format == VT_FORMAT_BZIP2 ? sym_archive_read_support_filter_bzip2(in)
                                            : ARCHIVE_OK) == ARCHIVE_OK;
    ok = ok && (format == VT_FORMAT_TAR   ? sym_archive_read_support_format_tar(in)
                : format == VT_FORMAT_AR  ? sym_archive_read_support_format_ar(in)
                : format == VT_FORMAT_ZIP ? sym_archive_read_support_format_zip(in)
                : format == VT_FORMAT_CPIO
                    ? sym_archive_read_support_format_cpio(in)
                    : sym_archive_read_support_format_raw(in)) == ARCHIVE_OK;
    if (ok && sym_archive_read_open_memory(in, bytes.data, bytes.len) == ARCHIVE_OK)
        return in;
    (void)sym_archive_read_free(in);
    return NULL;
}

/* One member's bytes.  False: a bound, or the container is damaged. */
static bool read_bytes(struct vt_compare_run *run, struct archive *in, size_t packed,
                       struct box *box, vt_slice *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(run->limits.unpacked_bytes_max);
    uint64_t total_max;

    if (__builtin_mul_overflow((uint64_t)packed, run->limits.ratio_max, &total_max))
        total_max = UINT64_MAX;
    total_max = total_max < FREE_BYTES ? FREE_BYTES : total_max;
    for (;;) {
        uint8_t piece[PIECE_BYTES];
        la_ssize_t got = sym_archive_read_data(in, piece, sizeof piece);

        if (got == 0)
            break;
        if (got < 0)
            return vt_fail(err, VT_MALFORMED, "damaged: %s",
                           sym_archive_error_string(in) != NULL
                               ? sym_archive_error_string(in)
                               : "unreadable");
        vt_buf_put(&bytes, vt_slice_of(piece, (size_t)got));
        box->held += (size_t)got;
        run->held_bytes += (size_t)got;
        if (run->held_bytes > run->limits.unpacked_bytes_max || box->held > total_max ||
            bytes.is_full)
            return vt_fail(err, VT_LIMIT, "it unpacks to more than we hold");
    }
    *out = vt_buf_slice(&bytes);
    bytes.data = NULL; /* the box owns it now */
    return true;
}

static const char *type_name(struct archive_entry *entry)
{
    switch (sym_archive_entry_filetype(entry)) {
    case AE_IFREG:
        return "file";
    case AE_IFDIR:
        return "folder";
    case AE_IFLNK:
        return "link";
    case 0:
        return sym_archive_entry_hardlink(entry) != NULL ? "hard link" : "file";
    default:
        return "special";
    }
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static void describe(struct box *box, struct archive_entry *entry, struct member *m)
{
    struct vt_arena *arena = box->arena;
    const char *link = sym_archive_entry_symlink(entry);

    m->name =
        vt_arena_printf(arena, "%.4095s", or_empty(sym_archive_entry_pathname(entry)));
    m->type = type_name(entry);
    m->time = vt_arena_printf(arena, "%jd", (intmax_t)sym_archive_entry_mtime(entry));
    m->mode = vt_arena_printf(arena, "%04o", (unsigned)sym_archive_entry_perm(entry));
    m->owner = vt_arena_printf(
        arena, "%jd:%jd %.255s:%.255s", (intmax_t)sym_archive_entry_uid(entry),
        (intmax_t)sym_archive_entry_gid(entry), or_empty(sym_archive_entry_uname(entry)),
        or_empty(sym_archive_entry_gname(entry)));
    if (link == NULL)
        link = sym_archive_entry_hardlink(entry);
    m->link = vt_arena_printf(arena, "%.4095s", or_empty(link));
    m->at = box->count;
}

static bool read_members(struct vt_compare_run *run, struct archive *in, size_t packed,
                         struct box *box, struct vt_error *err)
{
    struct archive_entry *entry;
    int status;

    while ((status = sym_archive_read_next_header(in, &entry)) == ARCHIVE_OK ||
           status == ARCHIVE_WARN) {
        struct member m = { 0 };

        if (box->count == run->limits.members_max)
            return vt_fail(err, VT_LIMIT, "more than %ju members",
                           (uintmax_t)run->limits.members_max);
        describe(box, entry, &m);
        if (!read_bytes(run, in, packed, box, &m.bytes, err))
            return false;
        if ((box->count & (box->count - 1)) == 0)
            box->members = vt_grow_array(box->members, box->count == 0 ? 1 : box->count * 2,
                                         sizeof *box->members);
        box->members[box->count++] = m;
    }
    return status == ARCHIVE_EOF || vt_fail(err, VT_MALFORMED, "damaged: %s",
                                            or_empty(sym_archive_error_string(in)));
}

static bool box_open(struct vt_compare_run *run, enum vt_format format, vt_slice bytes,
                     struct box *box, struct vt_error *err)
{
    struct archive *in = open_archive(format, bytes);
    bool ok;

    box->arena = vt_arena_new();
    if (in == NULL)
        return vt_fail(err, VT_MALFORMED, "damaged: not a %s", vt_format_name(format));
    ok = read_members(run, in, bytes.len, box, err);
    (void)sym_archive_read_free(in);
    return ok;
}

/* Both; false with a note. */
static bool open_both(struct vt_compare_run *run, const char *path, enum vt_format format,
                      vt_slice a, vt_slice b, struct box boxes[2])
{
    struct vt_error err = { 0 };

    if (box_open(run, format, a, &boxes[0], &err) &&
        box_open(run, format, b, &boxes[1], &err))
        return true;
    vt_comparison_note(run->result, "%s: not looked into: %s", path, err.message);
    return false;
}

/* ---- members --------------------------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
    const struct member *x = *(const struct member *const *)a;
    const struct member *y = *(const struct member *const *)b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static struct member **sorted(const struct box *box)
{
    struct member **out = vt_alloc_array(box->count + 1, sizeof *out);

    for (size_t i = 0; i < box->count; i++)
        out[i] = &box->members[i];
    qsort(out, box->count, sizeof *out, by_name);
    for (size_t i = 1; i < box->count; i++)
        if (strcmp(out[i]->name, out[i - 1]->name) == 0)
            out[i]->nth = out[i - 1]->nth + 1;
    return out;
}

static void pair_members(struct box *a, struct box *b)
{
    VT_AUTO_FREE struct member **x = sorted(a);
    VT_AUTO_FREE struct member **y = sorted(b);
    size_t i = 0, j = 0;

    while (i < a->count && j < b->count) {
        int order = strcmp(x[i]->name, y[j]->name);

        if (order == 0)
            order = (x[i]->nth > y[j]->nth) - (x[i]->nth < y[j]->nth);
        if (order == 0) {
            x[i]->partner = y[j]->at + 1;
            y[j]->partner = x[i]->at + 1;
        }
        i += order <= 0;
        j += order >= 0;
    }
}

struct pair {
    struct vt_compare_run *run;
    const char *path;
    const char *section; /* "tar members" */
    struct box *a, *b;
    uint64_t opened;
};

static void tell(struct pair *p, enum vt_difference_kind kind, const char *path,
                 const char *section, const char *a, const char *b)
{
    vt_comparison_add(p->run->result,
                      &(struct vt_difference){ .kind = kind,
                                               .path = path,
                                               .section = section,
                                               .a = vt_slice_from_cstr(a),
                                               .b = vt_slice_from_cstr(b) });
}

static void tell_order(struct pair *p)
{
    size_t i = 0, j = 0;

    for (;; i++, j++) {
        while (i < p->a->count && p->a->members[i].partner == 0)
            i++;
        while (j < p->b->count && p->b->members[j].partner == 0)
            j++;
        if (i == p->a->count || j == p->b->count)
            return;
        if (p->a->members[i].partner != j + 1)
            break;
    }
    tell(p, VT_DIFFERENCE_ORDER, p->path, p->section, p->a->members[i].name,
         p->b->members[j].name);
}

/* The index of an ar archive follows from its members. */
static bool is_index(const char *name)
{
    return strcmp(name, "/") == 0 || strcmp(name, "//") == 0 ||
           strcmp(name, "/SYM64/") == 0 || strcmp(name, "__.SYMDEF") == 0;
}

static void compare_contents(struct pair *p, const char *path, const struct member *x,
                             const struct member *y)
{
    p->run->result->files++;
    if (vt_slice_equal(x->bytes, y->bytes))
        return;
    if (is_index(x->name) || p->opened++ >= p->run->limits.opened_max)
        vt_compare_plainly(p->run, path, "", x->bytes, y->bytes, is_index(x->name));
    else
        vt_compare_slices(p->run, path, x->bytes, y->bytes);
}

static void compare_member(struct pair *p, const struct member *x, const struct member *y)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s!%s", p->path, x->name);
    const char *section = "member header";

    if (strcmp(x->type, y->type) != 0)
        tell(p, VT_DIFFERENCE_TYPE, path, section, x->type, y->type);
    if (strcmp(x->mode, y->mode) != 0)
        tell(p, VT_DIFFERENCE_MODE, path, section, x->mode, y->mode);
    if (strcmp(x->owner, y->owner) != 0)
        tell(p, VT_DIFFERENCE_OWNER, path, section, x->owner, y->owner);
    if (strcmp(x->time, y->time) != 0)
        tell(p, VT_DIFFERENCE_TIME, path, section, x->time, y->time);
    if (strcmp(x->link, y->link) != 0)
        tell(p, VT_DIFFERENCE_CONTENT, path, "link", x->link, y->link);
    compare_contents(p, path, x, y);
}

static void tell_missing(struct pair *p, const struct box *box,
                         enum vt_difference_kind kind)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    for (size_t i = 0; i < box->count; i++) {
        const char *name = box->members[i].name;
        bool is_a = kind == VT_DIFFERENCE_ONLY_A;

        if (box->members[i].partner == 0)
            tell(p, kind, vt_arena_printf(arena, "%s!%s", p->path, name), "",
                 is_a ? name : "", is_a ? "" : name);
    }
}

bool vt_compare_container(struct vt_compare_run *run, const char *path,
                          enum vt_format format, vt_slice a, vt_slice b)
{
    struct box boxes[2] = { { 0 }, { 0 } };
    uint64_t before = run->result->total;
    char section[32];
    struct pair p = { run, path, section, &boxes[0], &boxes[1], 0 };

    vt_dynlib_need(&vt_libarchive);
    (void)snprintf(section, sizeof section, "%s members", vt_format_name(format));
    if (open_both(run, path, format, a, b, boxes)) {
        pair_members(&boxes[0], &boxes[1]);
        tell_order(&p);
        for (size_t i = 0; i < boxes[0].count; i++)
            if (boxes[0].members[i].partner != 0)
                compare_member(&p, &boxes[0].members[i],
                               &boxes[1].members[boxes[0].members[i].partner - 1]);
        tell_missing(&p, &boxes[0], VT_DIFFERENCE_ONLY_A);
        tell_missing(&p, &boxes[1], VT_DIFFERENCE_ONLY_B);
        if (run->result->total == before)
            vt_comparison_note(run->result,
                               "%s: all members are equal; the %s itself differs", path,
                               vt_format_name(format));
    }
    box_clear(&boxes[0], run);
    box_clear(&boxes[1], run);
    return run->result->total != before;
}

/* ---- packed streams -------------------------------------------------------------------
 */

static uint32_t little_endian(vt_slice bytes, size_t at)
{
    return (uint32_t)bytes.data[at] | (uint32_t)bytes.data[at + 1] << 8 |
           (uint32_t)bytes.data[at + 2] << 16 | (uint32_t)bytes.data[at + 3] << 24;
}

/* RFC 1952 keeps the time of the file in the header. */
static void compare_gzip_time(struct vt_compare_run *run, const char *path, vt_slice a,
                              vt_slice b)
{
    char x[16], y[16];
    struct vt_difference d = {
        .kind = VT_DIFFERENCE_TIME, .path = path, .section = "gzip header", .offset = 4
    };

    if (a.len < 10 || b.len < 10 || little_endian(a, 4) == little_endian(b, 4))
        return;
    (void)snprintf(x, sizeof x, "%u", little_endian(a, 4));
    (void)snprintf(y, sizeof y, "%u", little_endian(b, 4));
    d.a = vt_slice_from_cstr(x);
    d.b = vt_slice_from_cstr(y);
    vt_comparison_add(run->result, &d);
}

bool vt_compare_packed(struct vt_compare_run *run, const char *path, enum vt_format format,
                       vt_slice a, vt_slice b)
{
    struct box boxes[2] = { { 0 }, { 0 } };
    uint64_t before = run->result->total;

    vt_dynlib_need(&vt_libarchive);
    if (format == VT_FORMAT_GZIP)
        compare_gzip_time(run, path, a, b);
    if (open_both(run, path, format, a, b, boxes) && boxes[0].count == 1 &&
        boxes[1].count == 1) {
        vt_slice x = boxes[0].members[0].bytes, y = boxes[1].members[0].bytes;

        if (!vt_slice_equal(x, y))
            vt_compare_slices(run, path, x, y);
        else if (run->result->total == before)
            vt_comparison_note(run->result,
                               "%s: unpacked they are equal; %s packed them otherwise",
                               path, vt_format_name(format));
    }
    box_clear(&boxes[0], run);
    box_clear(&boxes[1], run);
    return run->result->total != before;
}
