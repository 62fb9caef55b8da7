/* What the entries of a copy were looked at for, so that a wish which comes later is held
 * against the old ones too.
 *
 *   DIR/watched/SHA256-OF-ORIGIN   a line a wish: "key KEYID", "text SHA256", "use NAME"
 *
 * It says: every entry that the copy holds was looked at for these.  A wish that was left
 * out for a round is forgotten, since entries may have come meanwhile.  A file that is lost
 * or spoiled costs one more reading, and what is found twice is told once. */
#ifndef VT_LEDGER_WATCHED_H
#define VT_LEDGER_WATCHED_H

#include "base/base.h"
#include "ledger/use.h"
#include "ledger/watch.h"
#include "store/disk.h"

/* What to look for in a log. */
struct vt_wishes {
    struct vt_watch watch;
    enum vt_ledger_use use; /* what does not belong there */
};

/* Those that the file does not name; *is_any_out: there are some, or the file names others
 * too.
 * Errors: VT_IO */
VT_CHECKED bool vt_watched_news(struct vt_disk *disk, const char *file,
                                const struct vt_wishes *wishes, struct vt_wishes *news_out,
                                bool *is_any_out, struct vt_error *err);
/* All entries of the copy were looked at for these; durable. */
VT_CHECKED bool vt_watched_keep(struct vt_disk *disk, const char *file,
                                const struct vt_wishes *wishes, struct vt_error *err);

/* How many entries does the checkpoint of a copy cover?  0: it has none yet.  It was
 * verified when it was taken.  Errors: VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_watched_size(struct vt_disk *copy, uint64_t *size_out,
                                struct vt_error *err);
/* Hand out those from index `from` on in order, each held against its leaf hash.
 * Errors: VT_REJECTED, VT_ABSENT the copy is damaged; VT_IO; those of each */
VT_CHECKED bool vt_watched_read(struct vt_disk *copy, uint64_t from, uint64_t size,
                                bool (*each)(void *context, uint64_t index, vt_slice entry,
                                             struct vt_error *err),
                                void *context, struct vt_error *err);

#endif
