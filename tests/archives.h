/* Archives for tests of what unpacks them: honest ones and hostile ones, made here. */
#ifndef VT_TESTS_ARCHIVES_H
#define VT_TESTS_ARCHIVES_H

#include "base/base.h"

/* The EICAR test file, put together when it is needed, so that no scanner finds it in our
 * source.  68 bytes. */
vt_slice vt_test_eicar(void);

/* One member of that name.  format: "zip", "7z", "tar", "cpio", "iso9660"; filter: "none",
 * "gzip", "xz", "zstd", "bzip2", "lz4".  Lives as long as the case. */
vt_slice vt_test_archive(const char *format, const char *filter, const char *name,
                         vt_slice member);
/* The same member so many times, under other names. */
vt_slice vt_test_archive_of_many(const char *format, const char *filter, vt_slice member,
                                 unsigned times);
/* A zip whose member needs a password. */
vt_slice vt_test_archive_encrypted(vt_slice member);
/* A Microsoft cabinet with one stored member of at most 32 KiB; libarchive writes none. */
vt_slice vt_test_cabinet(vt_slice member);

/* So many members, each with so many zeros, which lie on top of each other. */
vt_slice vt_test_zip_of_overlaps(size_t zeros, unsigned times);
/* One gzip stream of piece_bytes * pieces zeros. */
vt_slice vt_test_gzip_of_zeros(size_t piece_bytes, unsigned pieces);
/* A gzip file that decompresses to itself. */
vt_slice vt_test_gzip_quine(void);

#endif
