/* The lists of withdrawals that stand on a ledger, and whether one more may join them; and
 * where it has words against a release.  The ledger is read once, and on from there.
 *
 * One number is one list, and what a list takes back no later one gives again: else a
 * vendor who kept an older approval could undo a withdrawal with news as fresh as he likes.
 * Only lists that a vendor's and a supervisor's key signed count; others say nothing. */
#ifndef VT_RELEASE_LIST_HISTORY_H
#define VT_RELEASE_LIST_HISTORY_H

#include "evidence/release.h"
#include "evidence/trust.h"
#include "ledger/ledger.h"
#include "ledger/reader.h"

struct vt_list_noted {
    uint64_t version, index; /* of the entry */
    vt_hash says;            /* of its payload */
};

struct vt_list_gone {
    struct vt_listed row; /* without its reason */
    uint64_t since;       /* the lowest list that withdraws it */
};

/* A rejection, or a review that refuses; whether it counts is asked of the desk. */
struct vt_against {
    uint64_t index; /* of the entry */
    vt_hash digest; /* of the envelope */
    vt_slice product, version;
};

struct vt_list_history {
    const struct vt_trust *trust; /* borrowed */
    uint64_t size;                /* so many entries were read */
    struct vt_arena *arena;
    struct vt_list_noted *noted;
    size_t noted_count;
    struct vt_list_gone *gone;
    size_t gone_count;
    struct vt_against *against;
    size_t against_count;
};

struct vt_list_history vt_list_history_init(const struct vt_trust *trust);
void vt_list_history_clear(struct vt_list_history *history);
#define VT_AUTO_LIST_HISTORY                                                               \
    __attribute__((cleanup(vt_list_history_clear))) struct vt_list_history

/* Remember this entry if it is a list, or is against a release. */
void vt_list_history_note(struct vt_list_history *history, uint64_t index, vt_slice entry);

/* May this list stand beside them?  The same again may.
 * Errors: VT_REJECTED another one has its number; a higher one is there; it gives back what
 *                     a lower one withdrew
 *         VT_MALFORMED it is no list */
VT_CHECKED bool vt_list_history_admits(const struct vt_list_history *history,
                                       const struct vt_envelope *list,
                                       struct vt_error *err);
bool vt_list_history_is_list(vt_slice entry);
/* Is it a list that counts? */
bool vt_list_history_is_signed(const struct vt_list_history *history, vt_slice entry);
/* The same of an entry of any kind: what is no list may. */
VT_CHECKED bool vt_list_history_admits_entry(const struct vt_list_history *history,
                                             vt_slice entry, struct vt_error *err);

/* The one with the highest number, the first of it; NULL: none. */
const struct vt_list_noted *vt_list_history_newest(const struct vt_list_history *history);

/* Note what stands there beyond what was read before; a ledger of a vendor is read whole.
 * Errors: VT_REJECTED, VT_IO */
VT_CHECKED bool vt_list_history_read(struct vt_list_history *history,
                                     struct vt_ledger *ledger, struct vt_error *err);
VT_CHECKED bool vt_list_history_read_folder(struct vt_list_history *history,
                                            struct vt_ledger_reader *reader,
                                            struct vt_error *err);

#endif
