/* libarchive: opened when it is first wanted (base/dynlib.h).  A call is made as
 * sym_NAME(...); what is missing in the list does not compile. */
#ifndef VT_LINE_LIBARCHIVE_H
#define VT_LINE_LIBARCHIVE_H

#include "base/dynlib.h"
#include <archive.h>
#include <archive_entry.h>

/* clang-format off */
#define VT_ARCHIVE_CALLS(CALL) \
    CALL(archive_entry_filetype) CALL(archive_entry_gid) CALL(archive_entry_gname) \
    CALL(archive_entry_hardlink) CALL(archive_entry_is_encrypted) \
    CALL(archive_entry_mtime) CALL(archive_entry_pathname) CALL(archive_entry_perm) \
    CALL(archive_entry_size) CALL(archive_entry_symlink) CALL(archive_entry_uid) \
    CALL(archive_entry_uname) CALL(archive_errno) CALL(archive_error_string) \
    CALL(archive_format) CALL(archive_read_append_filter) CALL(archive_read_data) \
    CALL(archive_read_data_block) CALL(archive_read_free) \
    CALL(archive_read_has_encrypted_entries) CALL(archive_read_new) \
    CALL(archive_read_next_header) CALL(archive_read_open) CALL(archive_read_open_fd) \
    CALL(archive_read_open_filename) CALL(archive_read_open_memory) \
    CALL(archive_read_support_filter_all) CALL(archive_read_support_filter_bzip2) \
    CALL(archive_read_support_filter_compress) CALL(archive_read_support_filter_gzip) \
    CALL(archive_read_support_filter_xz) CALL(archive_read_support_filter_zstd) \
    CALL(archive_read_support_format_7zip) CALL(archive_read_support_format_ar) \
    CALL(archive_read_support_format_cab) CALL(archive_read_support_format_cpio) \
    CALL(archive_read_support_format_empty) CALL(archive_read_support_format_iso9660) \
    CALL(archive_read_support_format_lha) CALL(archive_read_support_format_rar) \
    CALL(archive_read_support_format_rar5) CALL(archive_read_support_format_raw) \
    CALL(archive_read_support_format_tar) CALL(archive_read_support_format_zip)
/* clang-format on */

VT_DYNLIB_DECLARE(vt_libarchive, VT_ARCHIVE_CALLS)

#endif
