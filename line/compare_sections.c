/* What kind of content is it, and ELF files section by section. */
#include "line/compare_elf.h"
#include "line/compare_inside.h"
#include <elf.h>

struct vt_compare_limits vt_compare_limits_usual(void)
{
    return (struct vt_compare_limits){ .unpacked_bytes_max = (uint64_t)2 << 30,
                                       .members_max = 200000,
                                       .opened_max = 64,
                                       .depth_max = 6,
                                       .ratio_max = 1000 };
}

static const struct {
    enum vt_format format;
    size_t at;
    vt_slice magic;
} magics[] = {
    { VT_FORMAT_ELF, 0, { (const uint8_t *)"\177ELF", 4 } },
    { VT_FORMAT_GZIP, 0, { (const uint8_t *)"\x1f\x8b\x08", 3 } },
    { VT_FORMAT_XZ,
      0,
      { (const uint8_t *)"\xfd"
                         "7zXZ\0",
        6 } },
    { VT_FORMAT_ZSTD, 0, { (const uint8_t *)"\x28\xb5\x2f\xfd", 4 } },
    { VT_FORMAT_BZIP2, 0, { (const uint8_t *)"BZh", 3 } },
    { VT_FORMAT_AR, 0, { (const uint8_t *)"!<arch>\n", 8 } },
    { VT_FORMAT_ZIP, 0, { (const uint8_t *)"PK\3\4", 4 } },
    { VT_FORMAT_CPIO, 0, { (const uint8_t *)"07070", 5 } },
    { VT_FORMAT_TAR, 257, { (const uint8_t *)"ustar", 5 } },
};

enum vt_format vt_format_of(vt_slice bytes)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (bytes.len >= magics[i].at &&
            vt_slice_starts_with(
                vt_slice_sub(bytes, magics[i].at, bytes.len - magics[i].at),
                magics[i].magic))
            return magics[i].format;
    return !vt_slice_has_byte(bytes, 0) && vt_slice_is_utf8(bytes) ? VT_FORMAT_TEXT
                                                                   : VT_FORMAT_BYTES;
}

const char *vt_format_name(enum vt_format format)
{
    static const char *const names[] = { "bytes", "text", "ELF", "gzip", "xz",  "zstd",
                                         "bzip2", "tar",  "ar",  "zip",  "cpio" };

    return names[format];
}

void vt_compare_slices(struct vt_compare_run *run, const char *path, vt_slice a, vt_slice b)
{
    enum vt_format format = vt_format_of(a);
    bool is_told = false;

    if (format != vt_format_of(b))
        format = VT_FORMAT_BYTES;
    if (run->depth >= run->limits.depth_max && format > VT_FORMAT_ELF) {
        vt_comparison_note(run->result, "%s: not opened, it lies too deep", path);
        format = VT_FORMAT_BYTES;
    }
    run->depth++;
    if (format == VT_FORMAT_TEXT) {
        vt_compare_text(run, path, a, b);
        is_told = true;
    } else if (format == VT_FORMAT_ELF) {
        is_told = vt_compare_elf(run, path, a, b);
    } else if (format >= VT_FORMAT_TAR) {
        is_told = vt_compare_container(run, path, format, a, b);
    } else if (format >= VT_FORMAT_GZIP) {
        is_told = vt_compare_packed(run, path, format, a, b);
    }
    run->depth--;
    if (!is_told)
        vt_compare_binary(run, path, "", a, b);
}

/* ---- ELF ------------------------------------------------------------------------------
 */

static bool is_build_id(const struct vt_elf_section *s)
{
    return vt_slice_is(s->name, ".note.gnu.build-id") ||
           vt_slice_is(s->name, ".gnu_debuglink");
}

/* Sections in which a difference begins.  When one of them differs, tables and code differ
 * after it, since they name places in it. */
static bool is_origin(const struct vt_elf_section *s)
{
    static const char *const names[] = { ".rodata",    ".data",           ".comment",
                                         ".debug_str", ".debug_line_str", ".interp" };

    if (s->type != SHT_PROGBITS)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (vt_slice_starts_with(s->name, vt_slice_from_cstr(names[i])))
            return true;
    return false;
}

/* The section of the same name, of several the one that is as far behind the first. */
static const struct vt_elf_section *partner(const struct vt_elf *from, size_t at,
                                            const struct vt_elf *in)
{
    size_t nth = 0;

    for (size_t i = 1; i < at; i++)
        nth += vt_slice_equal(from->sections[i].name, from->sections[at].name);
    for (size_t i = 1; i < in->section_count; i++)
        if (vt_slice_equal(in->sections[i].name, from->sections[at].name) && nth-- == 0)
            return &in->sections[i];
    return NULL;
}

struct elf_pair {
    struct vt_compare_run *run;
    const char *path;
    struct vt_elf a, b;
    struct vt_arena *arena;
};

static bool differs(const struct vt_elf_section *x, const struct vt_elf_section *y)
{
    return y != NULL && !vt_slice_equal(x->bytes, y->bytes);
}

static bool has_origin(const struct elf_pair *p)
{
    for (size_t i = 1; i < p->a.section_count; i++)
        if (is_origin(&p->a.sections[i]) &&
            differs(&p->a.sections[i], partner(&p->a, i, &p->b)))
            return true;
    return false;
}

static void tell_missing(const struct elf_pair *p, const struct vt_elf *from,
                         const struct vt_elf *in, enum vt_difference_kind kind)
{
    for (size_t i = 1; i < from->section_count; i++) {
        const struct vt_elf_section *s = &from->sections[i];
        struct vt_difference d = { .kind = kind, .path = p->path };

        if (partner(from, i, in) != NULL)
            continue;
        d.section = vt_arena_cstr(p->arena, s->name);
        *(kind == VT_DIFFERENCE_ONLY_A ? &d.a : &d.b) = s->bytes;
        vt_comparison_add(p->run->result, &d);
    }
}

static void compare_sections(const struct elf_pair *p, bool wants_origins)
{
    for (size_t i = 1; i < p->a.section_count; i++) {
        const struct vt_elf_section *x = &p->a.sections[i], *y = partner(&p->a, i, &p->b);
        const char *name = vt_arena_cstr(p->arena, x->name);

        if (!differs(x, y))
            continue;
        if (is_build_id(x) || (wants_origins && !is_origin(x)))
            vt_compare_plainly(p->run, p->path, name, x->bytes, y->bytes, true);
        else
            vt_compare_binary(p->run, p->path, name, x->bytes, y->bytes);
    }
}

bool vt_compare_elf(struct vt_compare_run *run, const char *path, vt_slice a, vt_slice b)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct elf_pair p = { .run = run, .path = path, .arena = arena };
    uint64_t before = run->result->total;
    struct vt_error err = { 0 };

    if (!vt_elf_parse(a, arena, &p.a, &err) || !vt_elf_parse(b, arena, &p.b, &err)) {
        vt_comparison_note(run->result, "%s: %s", path, err.message);
        return false;
    }
    /* Quadratic in the number of sections; thousands come with -ffunction-sections. */
    if (p.a.section_count > 4096 || p.b.section_count > 4096) {
        vt_comparison_note(run->result, "%s: too many sections to name", path);
        return false;
    }
    compare_sections(&p, has_origin(&p));
    tell_missing(&p, &p.a, &p.b, VT_DIFFERENCE_ONLY_A);
    tell_missing(&p, &p.b, &p.a, VT_DIFFERENCE_ONLY_B);
    return run->result->total != before; /* else headers or gaps: as plain bytes */
}
