/* The library: the source of releases, as reviewers read and search it.  It is made by
 * `vitrine centre import` (centre/shelve.h) out of the packs on the desk, and read only by
 * the librarian.
 *
 *   FOLDER/library/releases/PRODUCT/VERSION     the source's digest, and a line break
 *   FOLDER/library/sources/DIGEST/pack          the pack as it came (line/pack.h)
 *   FOLDER/library/sources/DIGEST/manifest.gz   the bytes whose SHA-256 is DIGEST
 *   FOLDER/library/sources/DIGEST/index         where each file lies; its trigrams
 *   FOLDER/library/sources/DIGEST/tags          definitions, a line each, sorted
 *
 * The manifest is what the source digest is taken over (line/source.h), so a page that has
 * it knows which bytes each file must have.  The index:
 *
 *   magic, u32 files, u32 trigrams, u64 bytes of postings,
 *   a row a file:     u64 offset in the pack, u64 bytes, u32 lines, u32 is_searched
 *   a row a trigram:  u32 trigram, u32 files, u64 offset in the postings; sorted
 *   postings:         numbers of files, ascending, as differences in base 128
 *
 * Trigrams are of lines, ASCII letters in lower case. */
#ifndef VT_CENTRE_LIBRARY_H
#define VT_CENTRE_LIBRARY_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"

#define VT_CENTRE_LIBRARY         "library"
#define VT_LIBRARY_INDEX_MAGIC    "vitrine/index/v2"
#define VT_LIBRARY_FILE_ROW_BYTES 24
#define VT_LIBRARY_GRAM_ROW_BYTES 16
#define VT_LIBRARY_PACK_BYTES_MAX VT_MIB(2048)
/* Longer files, and such with a NUL, are shown and not searched. */
#define VT_LIBRARY_SEARCHED_BYTES_MAX VT_MIB(4)

/* One source, open: all of it is mapped. */
struct vt_library {
    vt_hash digest;
    vt_slice pack, manifest_gz, index, tags; /* mapped */
    uint32_t file_count, gram_count;
    uint64_t line_count;
    const uint8_t *file_rows, *gram_rows; /* in index */
    vt_slice postings;
};

struct vt_library_file {
    vt_slice content; /* in the pack */
    uint32_t line_count;
    bool is_searched;
};

/* Which source has this release?  library: FOLDER/library, open.
 * Errors: VT_ABSENT; VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_library_find(struct vt_disk *library, vt_slice product, vt_slice version,
                                vt_hash *digest_out, struct vt_error *err);
/* Map it; bounds of all rows are checked.  End with vt_library_close.
 * Errors: VT_ABSENT, VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_library_open(struct vt_disk *library, const vt_hash *digest,
                                struct vt_library *out, struct vt_error *err);
void vt_library_close(struct vt_library *library);

/* i: below file_count. */
struct vt_library_file vt_library_file(const struct vt_library *library, uint32_t i);

/* The next posting; false at the end, also of one that is broken. */
VT_CHECKED bool vt_posting_next(vt_reader *r, uint32_t *file);
/* Append a posting: the difference to the one before. */
void vt_posting_put(struct vt_buf *out, uint32_t difference);
/* The files that have this trigram; empty: none. */
vt_slice vt_library_postings(const struct vt_library *library, uint32_t trigram);
/* Three bytes as a trigram. */
uint32_t vt_trigram_of(const uint8_t bytes[3]);

#endif
