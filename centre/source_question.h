/* What a reviewer asks of a release's source, as it travels from front to porter to
 * librarian.  One question has one spelling.  Pure. */
#ifndef VT_CENTRE_SOURCE_QUESTION_H
#define VT_CENTRE_SOURCE_QUESTION_H

#include "base/base.h"

#define VT_SOURCE_NAME_BYTES_MAX   128  /* of a product or version */
#define VT_SOURCE_TEXT_BYTES_MAX   256  /* what is searched, or whose definition */
#define VT_SOURCE_QUOTED_BYTES_MAX 4096 /* a text of which is asked what it quotes */
#define VT_SOURCE_PIECE_BYTES      VT_KIB(64)

enum vt_source_kind {
    VT_SOURCE_ABOUT,      /* digest and counts */
    VT_SOURCE_MANIFEST,   /* piece `number` of the gzipped list of files */
    VT_SOURCE_FILE,       /* piece `number` of file `file` */
    VT_SOURCE_SEARCH,     /* `text`; from file `file` on */
    VT_SOURCE_DEFINE,     /* where is `text` defined? */
    VT_SOURCE_UNREVIEWED, /* which lines are not in the versions that `text` names, with a
                             space between; from file `file` on */
    VT_SOURCE_QUOTED,  /* how many lines of `text` stand in it, as u32; for the porter alone
                        */
    VT_SOURCE_REBUILD, /* build it again; the porter answers this one and the next */
    VT_SOURCE_REBUILT, /* what became of it, and its log from byte `number` on */
    VT_SOURCE_KINDS,
};

/* How `text` is searched. */
enum {
    VT_SEARCH_REGEX = 1,
    VT_SEARCH_ANY_CASE = 2,
    VT_SEARCH_FLAGS = 3,
};

struct vt_source_question {
    enum vt_source_kind kind;
    vt_slice product, version;
    uint32_t file, number;
    uint8_t flags;
    vt_slice text;
};

/* Can a product or version be called so?  No path can be made of such a name. */
bool vt_source_name_is_good(vt_slice name);

/* "about", "manifest", ...; false: there is no such kind. */
VT_CHECKED bool vt_source_kind_of(vt_slice name, enum vt_source_kind *out);
const char *vt_source_kind_name(enum vt_source_kind kind);

/* The next of the versions that a question's text names; false: there is no more. */
VT_CHECKED bool vt_source_next_version(vt_reader *r, vt_slice *out);

void vt_source_question_write(const struct vt_source_question *question,
                              struct vt_buf *out);
/* Slices point into body. */
VT_CHECKED bool vt_source_question_read(vt_slice body, struct vt_source_question *out);

#endif
