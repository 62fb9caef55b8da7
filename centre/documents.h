/* All that the Centre shows, as the front holds it: documents by path, a whole generation
 * at a time.  The next generation is built beside the one that is shown, out of messages of
 * the reader, which is distrusted: it can say wrong things, but not more than fits. */
#ifndef VT_CENTRE_DOCUMENTS_H
#define VT_CENTRE_DOCUMENTS_H

#include "centre/message.h"
#include "crypto/sha256.h"

#define VT_DOCUMENTS_MAX       200000
#define VT_DOCUMENTS_BYTES_MAX VT_MIB(512) /* of one generation */

struct vt_documents;

struct vt_documents *vt_documents_new(void);            /* returned */
void vt_documents_free(struct vt_documents *documents); /* NULL allowed */

/* Take one message of the reader.  *turned_out: from now on another generation is shown.
 * Errors: VT_MALFORMED, VT_LIMIT; what is shown stays, what was begun is lost */
VT_CHECKED bool vt_documents_take(struct vt_documents *documents,
                                  const struct vt_message *message, bool *turned_out,
                                  struct vt_error *err);

struct vt_document {
    char *path;
    enum vt_centre_type type;
    bool is_immutable;
    vt_slice plain, gzip; /* gzip empty: there is none */
    char tag[24];         /* an entity tag, with its quotes */
};

/* NULL: nothing is shown under this path.  Borrowed until the next turn. */
const struct vt_document *vt_documents_find(const struct vt_documents *documents,
                                            vt_slice path);
size_t vt_documents_count(const struct vt_documents *documents);
/* When what is shown was gathered; 0: nothing is shown yet. */
int64_t vt_documents_time(const struct vt_documents *documents);

#endif
