/* libgit2: opened when it is first wanted (base/dynlib.h).  A call is made as
 * sym_NAME(...); what is missing in the list does not compile. */
#ifndef VT_LINE_LIBGIT2_H
#define VT_LINE_LIBGIT2_H

#include "base/dynlib.h"
#include <git2.h>

/* clang-format off */
#define VT_GIT2_CALLS(CALL) \
    CALL(git_blob_free) CALL(git_blob_lookup) CALL(git_blob_rawcontent) \
    CALL(git_blob_rawsize) CALL(git_commit_tree) CALL(git_error_last) \
    CALL(git_libgit2_init) CALL(git_libgit2_opts) CALL(git_libgit2_shutdown) \
    CALL(git_object_free) CALL(git_object_id) CALL(git_object_peel) CALL(git_oid_tostr) \
    CALL(git_repository_free) CALL(git_repository_open) CALL(git_revparse_single) \
    CALL(git_tree_entry_filemode) CALL(git_tree_entry_id) CALL(git_tree_entry_name) \
    CALL(git_tree_free) CALL(git_tree_id) CALL(git_tree_walk)
/* clang-format on */

VT_DYNLIB_DECLARE(vt_libgit2, VT_GIT2_CALLS)

#endif
