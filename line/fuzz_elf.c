/* Law: what parses lies in the file, and every name is bounded. */
#include "line/compare_elf.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_error err = { 0 };
    struct vt_elf elf;

    if (!vt_elf_parse(input, arena, &elf, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_elf_is(input) && elf.section_count <= VT_ELF_SECTIONS_MAX);
    for (size_t i = 0; i < elf.section_count; i++) {
        const struct vt_elf_section *s = &elf.sections[i];

        VT_CHECK(s->name.len <= VT_ELF_NAME_MAX && s->bytes.len <= input.len);
        VT_CHECK(s->bytes.len == 0 ||
                 (s->bytes.data >= input.data &&
                  s->bytes.data + s->bytes.len <= input.data + input.len));
    }
}
