/* What the porter does with a reviewer's notes: list, write, remove, and take out through
 * the gate.  No record, no deed: each is on the sealed record, synced, before it is done;
 * of what is taken also the digest of its bytes, and a refusal stands there as well. */
#ifndef VT_CENTRE_NOTEBOOK_H
#define VT_CENTRE_NOTEBOOK_H

#include "centre/allowance.h"
#include "centre/porter.h"
#include "wire/json.h"

#define VT_NOTEBOOK_KEY_BYTES 32

struct vt_notebook {
    struct vt_porter *porter;
    struct vt_allowance a_day; /* how much a reviewer may take */
    /* Lines of text that stand in the source of this release.  An error ends the role. */
    bool (*quoted)(void *context, vt_slice product, vt_slice version, vt_slice text,
                   uint32_t *lines_out, struct vt_error *err);
    void *context;
};

/* ask: centre/remark_ask.h; key: the reviewer's own, VT_NOTEBOOK_KEY_BYTES.
 * out: returned.  Errors: those of centre/porter.h's calls */
VT_CHECKED bool vt_notebook_answer(const struct vt_notebook *notebook, vt_slice token,
                                   vt_slice csrf, vt_slice ask, vt_slice key, json_t **out,
                                   struct vt_error *err);

#endif
