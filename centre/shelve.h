/* Shelving: a release's source pack becomes a source of the library (centre/library.h).
 * The pack must have the digest that the draft names.  Definitions come from universal
 * ctags, which gets each file on its standard input and has given up all else before
 * (its own sandbox mode, seccomp); without ctags there are none, which is told. */
#ifndef VT_CENTRE_SHELVE_H
#define VT_CENTRE_SHELVE_H

#include "centre/library.h"
#include "release/desk.h"

struct vt_shelved {
    const char *product, *version; /* in the docket */
    vt_hash digest;
    uint64_t files, bytes, lines, definitions;
    bool is_new;             /* false: it was there */
    bool has_no_definitions; /* ctags is missing or failed; why says how */
    struct vt_error why;
};

/* Take in one release of the desk, durably; what is there whole is left alone, but for
 * definitions that it lacks.  library:
 * FOLDER/library, open for writing, under its lock.
 * Errors: VT_ABSENT no draft, or the desk lacks the pack; VT_REJECTED the pack has another
 *         digest; VT_MALFORMED, VT_LIMIT the pack; VT_IO */
VT_CHECKED bool vt_shelve(struct vt_disk *library, struct vt_docket *docket,
                          struct vt_shelved *out, struct vt_error *err);

/* Append the index of these files; lines_out: of all. */
struct vt_pack_entry;
VT_CHECKED bool vt_index_write(vt_slice pack, const struct vt_pack_entry *entries,
                               size_t count, struct vt_buf *out, uint64_t *lines_out,
                               struct vt_error *err);

/* Append the sorted lines of definitions; count_out of them.
 * Errors: VT_ABSENT no ctags; VT_IO it failed; VT_LIMIT */
VT_CHECKED bool vt_tags_write(const struct vt_pack_entry *entries, size_t count,
                              struct vt_buf *out, uint64_t *count_out,
                              struct vt_error *err);

#endif
