/* Enough of ELF to name places in it: sections, and whether a program is static.  32 and 64
 * bits, both byte orders.  Every offset is checked against the file; a file that lies about
 * itself is refused, never followed. */
#ifndef VT_LINE_COMPARE_ELF_H
#define VT_LINE_COMPARE_ELF_H

#include "base/base.h"

#define VT_ELF_SECTIONS_MAX 65535
#define VT_ELF_NAME_MAX     255

struct vt_elf_section {
    vt_slice name;   /* without NUL; may be empty; points into the file */
    uint32_t type;   /* sh_type */
    uint64_t flags;  /* sh_flags */
    uint64_t offset; /* in the file */
    vt_slice bytes;  /* empty for SHT_NOBITS */
};

struct vt_elf {
    bool is_64, is_big_endian;
    uint16_t type;                   /* e_type */
    uint16_t machine;                /* e_machine */
    struct vt_elf_section *sections; /* in the arena, as the table has them, from 1 */
    size_t section_count;
    bool has_interpreter; /* PT_INTERP: loads shared libraries */
    bool has_dynamic; /* PT_DYNAMIC: also a static program that is position independent */
};

bool vt_elf_is(vt_slice file); /* begins as ELF */

/* Parse.  The arena keeps the table; names and bytes point into the file.
 * Errors: VT_MALFORMED, VT_LIMIT
 * Spec:   System V gABI, "ELF Header", "Sections", "Program Header" */
VT_CHECKED bool vt_elf_parse(vt_slice file, struct vt_arena *arena, struct vt_elf *out,
                             struct vt_error *err);

/* An executable (or position-independent executable) that loads no shared library. */
bool vt_elf_is_static_program(const struct vt_elf *elf);

#endif
