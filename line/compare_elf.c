/* One reader for four layouts: every field is read by its place in the 32- or 64-bit
 * structure, so that no structure of the host's <elf.h> is laid over foreign bytes. */
#include "line/compare_elf.h"
#include <elf.h>

struct reader {
    vt_slice file;
    bool is_64, is_big_endian;
};

bool vt_elf_is(vt_slice file)
{
    return vt_slice_starts_with(file, VT_LIT("\177ELF"));
}

/* bytes: 2, 4 or 8; the caller has checked that the field lies in the file. */
static uint64_t number(const struct reader *r, uint64_t at, unsigned bytes)
{
    uint64_t value = 0;

    VT_ASSERT(at <= r->file.len && bytes <= r->file.len - at);
    for (unsigned i = 0; i < bytes; i++) {
        unsigned from = r->is_big_endian ? i : bytes - 1 - i;

        value = value << 8 | r->file.data[at + from];
    }
    return value;
}

/* A field that is 4 bytes long in 32-bit files and 8 in others, at different places. */
static uint64_t word(const struct reader *r, uint64_t base, unsigned at_32, unsigned at_64)
{
    return r->is_64 ? number(r, base + at_64, 8) : number(r, base + at_32, 4);
}

static bool is_inside(const struct reader *r, uint64_t at, uint64_t len)
{
    return at <= r->file.len && len <= r->file.len - at;
}

/* The table of `count` entries of `size` bytes at `at` lies in the file, and its entries
 * are as long as this layout needs. */
static bool check_table(const struct reader *r, uint64_t at, uint64_t count, uint64_t size,
                        uint64_t size_needed, const char *what, struct vt_error *err)
{
    uint64_t bytes;

    if (count == 0)
        return true;
    if (size < size_needed)
        return vt_fail(err, VT_MALFORMED, "ELF: entries of %ju bytes in the %s",
                       (uintmax_t)size, what);
    if (__builtin_mul_overflow(count, size, &bytes) || !is_inside(r, at, bytes))
        return vt_fail(err, VT_MALFORMED, "ELF: the %s lies outside of the file", what);
    return true;
}

static bool read_programs(const struct reader *r, struct vt_elf *elf, struct vt_error *err)
{
    uint64_t at = word(r, 0, 28, 32);
    uint64_t size = number(r, r->is_64 ? 54 : 42, 2);
    uint64_t count = number(r, r->is_64 ? 56 : 44, 2);

    if (at == 0)
        return true;
    if (!check_table(r, at, count, size, r->is_64 ? 56 : 32, "program table", err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t type = number(r, at + i * size, 4);

        elf->has_interpreter = elf->has_interpreter || type == PT_INTERP;
        elf->has_dynamic = elf->has_dynamic || type == PT_DYNAMIC;
    }
    return true;
}

static bool read_section(const struct reader *r, uint64_t at, struct vt_elf_section *out,
                         uint32_t *name_at, struct vt_error *err)
{
    uint64_t size = word(r, at, 20, 32);

    *name_at = (uint32_t)number(r, at, 4); /* 4 bytes were read */
    out->type = (uint32_t)number(r, at + 4, 4);
    out->flags = word(r, at, 8, 8);
    out->offset = word(r, at, 16, 24);
    if (out->type == SHT_NOBITS || out->type == SHT_NULL)
        return true;
    if (!is_inside(r, out->offset, size))
        return vt_fail(err, VT_MALFORMED, "ELF: a section lies outside of the file");
    out->bytes = vt_slice_sub(r->file, out->offset, size);
    return true;
}

static bool name_section(vt_slice names, uint32_t at, struct vt_elf_section *section,
                         struct vt_error *err)
{
    vt_reader rest;

    if (names.len == 0)
        return true; /* the file names no section */
    if (at >= names.len)
        return vt_fail(err, VT_MALFORMED,
                       "ELF: a section's name lies outside of the table");
    rest = (vt_reader){ vt_slice_sub(names, at, names.len - at) };
    if (!vt_read_until(&rest, '\0', &section->name) || section->name.len > VT_ELF_NAME_MAX)
        return vt_fail(err, VT_MALFORMED, "ELF: a section's name has no end");
    return true;
}

/* Counts that do not fit 16 bits stand in the first section. */
static void large_counts(const struct reader *r, uint64_t at, uint64_t *count,
                         uint64_t *names)
{
    if (*count == 0)
        *count = word(r, at, 20, 32);
    if (*names == SHN_XINDEX)
        *names = number(r, at + (r->is_64 ? 40 : 24), 4);
}

static bool read_sections(const struct reader *r, struct vt_arena *arena,
                          struct vt_elf *elf, struct vt_error *err)
{
    uint64_t at = word(r, 0, 32, 40), entry = r->is_64 ? 64 : 40;
    uint64_t size = number(r, r->is_64 ? 58 : 46, 2);
    uint64_t count = number(r, r->is_64 ? 60 : 48, 2);
    uint64_t names = number(r, r->is_64 ? 62 : 50, 2);
    uint32_t *name_at;

    if (at == 0)
        return true;
    if (!check_table(r, at, 1, size, entry, "section table", err))
        return false;
    large_counts(r, at, &count, &names);
    if (count > VT_ELF_SECTIONS_MAX)
        return vt_fail(err, VT_LIMIT, "ELF: %ju sections", (uintmax_t)count);
    if (!check_table(r, at, count, size, entry, "section table", err))
        return false;
    elf->sections = vt_arena_alloc(arena, (count + 1) * sizeof *elf->sections);
    name_at = vt_arena_alloc(arena, (count + 1) * sizeof *name_at);
    for (uint64_t i = 0; i < count; i++)
        if (!read_section(r, at + i * size, &elf->sections[i], &name_at[i], err))
            return false;
    elf->section_count = count;
    for (uint64_t i = 1; i < count && names < count; i++)
        if (!name_section(elf->sections[names].bytes, name_at[i], &elf->sections[i], err))
            return false;
    return true;
}

bool vt_elf_parse(vt_slice file, struct vt_arena *arena, struct vt_elf *out,
                  struct vt_error *err)
{
    struct reader r = { .file = file };
    struct vt_elf elf = { 0 };

    if (!vt_elf_is(file) || file.len < EI_NIDENT)
        return vt_fail(err, VT_MALFORMED, "not an ELF file");
    if ((file.data[EI_CLASS] != ELFCLASS32 && file.data[EI_CLASS] != ELFCLASS64) ||
        (file.data[EI_DATA] != ELFDATA2LSB && file.data[EI_DATA] != ELFDATA2MSB))
        return vt_fail(err, VT_MALFORMED, "ELF: unknown class or byte order");
    r.is_64 = elf.is_64 = file.data[EI_CLASS] == ELFCLASS64;
    r.is_big_endian = elf.is_big_endian = file.data[EI_DATA] == ELFDATA2MSB;
    if (file.len < (r.is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
        return vt_fail(err, VT_MALFORMED, "ELF: cut short in its header");
    elf.type = (uint16_t)number(&r, 16, 2); /* 2 bytes were read */
    elf.machine = (uint16_t)number(&r, 18, 2);
    if (!read_programs(&r, &elf, err) || !read_sections(&r, arena, &elf, err))
        return false;
    *out = elf;
    return true;
}

bool vt_elf_is_static_program(const struct vt_elf *elf)
{
    return elf->type == ET_EXEC
               ? !elf->has_interpreter
               : elf->type == ET_DYN && elf->has_dynamic && !elf->has_interpreter;
}
