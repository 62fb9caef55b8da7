/* What the files of a cell's folder share.  Private to cell/. */
#ifndef VT_CELL_SITE_INSIDE_H
#define VT_CELL_SITE_INSIDE_H

#include "cell/site.h"

struct vt_cell_site {
    struct vt_disk *disk;       /* locked */
    struct vt_head_file *head;  /* shown last; NULL: none */
    struct vt_cell_tree tree;   /* written last */
    struct vt_cell_nodes nodes; /* of it */
    struct vt_buf replaced;     /* lines "LEVEL INDEX PATH" */
    unsigned unflushed;
};

/* Levels of files that are no nodes. */
enum { VT_SITE_BUCKET = -1, VT_SITE_FILTER = -2 };

/* The keys of a filter, kept for the deltas to come: as this machine writes numbers. */
void vt_cell_keys_path(const vt_hash *filter, char out[VT_CELL_PATH_BYTES]);

#endif
