/* What lies beside the log is named by its digest: it is whole or it is named. */
#include "ledger/beside.h"
#include "ledger/fsck_inside.h"

static bool check(void *context, const char *path, struct vt_error *err)
{
    struct vt_fsck *f = context;
    struct vt_error why = { 0 };
    uint64_t bytes;

    (void)err;
    if (!vt_beside_verify(f->disk, path, &bytes, &why))
        vt_fsck_found(f, path, "%s", why.message);
    f->report.predicates++;
    return true;
}

bool vt_fsck_check_beside(struct vt_fsck *f, struct vt_error *err)
{
    return vt_beside_list(f->disk, check, f, err);
}
