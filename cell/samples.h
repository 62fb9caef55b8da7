/* The files that people shared with this cell: taken in pieces, whole or not at all, owed a
 * scan from the moment when their receipt exists, erased when their owner says so.
 *
 *   records.db        who may still change what: state, owner, consent, receipt, counts
 *   header/ab/HEX     an object's complete age header; what erasure destroys first
 *   body/ab/HEX       its payload
 *   secret/HEX        for the digests of one recipient; destroyed with its period
 *
 *   a sample:   coming -> waiting -> taken -> scanned (-> taken -> scanned ...) -> erased
 *
 * One process has the folder, under its lock.  Every answer tells what is durable.  After
 * VT_IO that process ends; opening again is the recovery. */
#ifndef VT_CELL_SAMPLES_H
#define VT_CELL_SAMPLES_H

#include "cell/count.h"
#include "cell/share_receipt.h"
#include "cell/statistic.h"
#include "cell/withdrawal.h"
#include "store/disk.h"

/* Bounds that the operator sets; zeros count as these usual ones. */
struct vt_samples_bounds {
    uint64_t body_bytes_max;      /* of one file; 256 MiB */
    uint64_t owner_bytes_max;     /* of one client, in all; 1 GiB */
    uint64_t owner_objects_max;   /* 1000 */
    uint64_t owner_per_minute;    /* wishes to share; 60 */
    uint64_t coming_max;          /* uploads under way; 1000 */
    uint64_t waiting_objects_max; /* not scanned yet; 100,000 */
    uint64_t waiting_bytes_max;   /* 64 GiB */
    uint64_t free_bytes_min;      /* that stay free on the disk; 64 MiB */
    uint64_t keep_s;              /* a sample; 90 days */
    uint64_t coming_s;            /* an upload that does not go on; 1 day */
};

struct vt_samples;

/* Make the folder if it is missing, take its lock, finish what a predecessor began.
 * cell (its name, at most 64 bytes) and cell_key: borrowed, as long as it is open.
 * Returned, end with vt_samples_close.
 * Errors: VT_REJECTED of a later version, VT_MALFORMED damaged, VT_IO */
VT_CHECKED bool vt_samples_open(const char *folder, const char *cell,
                                const struct vt_samples_bounds *bounds,
                                const struct vt_key *cell_key, const struct vt_env *env,
                                struct vt_samples **out, struct vt_error *err);
void vt_samples_close(struct vt_samples *samples); /* NULL allowed */

/* ---- taking ------------------------------------------------------------------------- */

/* What is answered: a status of cell/keeper_message.h, and what goes with it. */
struct vt_sample_answer {
    uint16_t status;
    enum vt_count_reason reason; /* of a no: what it counts as */
    uint32_t retry_after_s;
    uint64_t offset;
    uint32_t counted; /* so many were taken, or erased, by this */
    char sentence[240];
    struct vt_buf document; /* a receipt; owned, see clear */
};

void vt_sample_answer_clear(struct vt_sample_answer *answer);
/* Set status and sentence.  Always true. */
VT_PRINTF(3, 4)
bool vt_samples_say(struct vt_sample_answer *out, uint16_t status, const char *format, ...);
#define VT_AUTO_SAMPLE_ANSWER                                                              \
    __attribute__((cleanup(vt_sample_answer_clear))) struct vt_sample_answer

/* A wish to share that the caller has judged (residency, head, collection list); here its
 * signature and header are checked, whether its owner has withdrawn, and all bounds.  The
 * same object again goes on where it was.
 * Errors: VT_IO.  A no is an answer. */
VT_CHECKED bool vt_samples_share(struct vt_samples *samples,
                                 const struct vt_share_request *request,
                                 struct vt_sample_answer *out, struct vt_error *err);
/* Bytes of its body.  What does not fit is not written, and *status_out is why (404, 409,
 * 410, 413); 0: taken, not durable yet.  VT_IO. */
VT_CHECKED bool vt_samples_put(struct vt_samples *samples, const vt_hash *object,
                               uint64_t offset, vt_slice bytes, uint16_t *status_out,
                               struct vt_error *err);
/* Make durable what was put; if that is all of it: hash it, sign, keep, and answer with the
 * receipt.  VT_IO. */
VT_CHECKED bool vt_samples_end(struct vt_samples *samples, const vt_hash *object,
                               struct vt_sample_answer *out, struct vt_error *err);
/* How far is it?  VT_IO. */
VT_CHECKED bool vt_samples_state(struct vt_samples *samples, const vt_hash *object,
                                 struct vt_sample_answer *out, struct vt_error *err);

/* The country that it came from.  VT_ABSENT no such object; VT_IO. */
VT_CHECKED bool vt_samples_country(struct vt_samples *samples, const vt_hash *object,
                                   char out[3], struct vt_error *err);

/* ---- erasing ------------------------------------------------------------------------ */

/* Erase all that came under the pseudonym, headers first, and answer with the receipt; what
 * was signed at that time or before is not taken any more.  VT_IO. */
VT_CHECKED bool vt_samples_withdraw(struct vt_samples *samples,
                                    const struct vt_withdrawal *request,
                                    struct vt_sample_answer *out, struct vt_error *err);
/* Erase these objects, headers first; those that are not here (any more) are passed over.
 * True: none of them is here, durably.  *erased_out: how many were.  VT_IO. */
VT_CHECKED bool vt_samples_erase(struct vt_samples *samples, const vt_hash *objects,
                                 size_t count, uint64_t *erased_out, struct vt_error *err);
/* What is due: uploads that do not go on, samples whose time is over, secrets of periods
 * that have ended.  recipients: digests of those that still count.  Call it every minute or
 * so; it does some, and says whether more is due.  VT_IO. */
VT_CHECKED bool vt_samples_tend(struct vt_samples *samples, const vt_hash *recipients,
                                size_t count, bool *is_more_out, struct vt_error *err);

/* ---- scanning ----------------------------------------------------------------------- */

enum {
    VT_SAMPLE_OUTCOME_BYTES_MAX = 8192, /* of a verdict's own text */
    VT_SAMPLES_TAKEN_MAX = 256,         /* at once */
};

struct vt_sample_task {
    vt_hash object, recipient, body; /* body: SHA-256 of the body */
    uint64_t body_bytes;
    char country[3];
    uint32_t attempts; /* this one counted */
    vt_slice header;
};

/* Hand out up to `max` samples that were not scanned by these rules: those first that were
 * never scanned, the oldest first.  Each is out for lease_s; whoever does not settle it by
 * then has died, and it is handed out again.  `each` may not use the samples.
 * Errors: those of each; VT_IO */
VT_CHECKED bool vt_samples_take(
    struct vt_samples *samples, const vt_hash *rules, size_t max, uint64_t lease_s,
    bool (*each)(void *context, const struct vt_sample_task *task, struct vt_error *err),
    void *context, struct vt_error *err);

struct vt_sample_verdict {
    uint8_t state;    /* as whoever scanned counts them */
    vt_hash rules;    /* by which it was scanned */
    vt_slice outcome; /* engine, limits, names: see whoever wrote it; it is kept as it is */
    bool has_plain;   /* the plain bytes were seen: */
    vt_hash plain;    /* their SHA-256; not kept */
};

/* Keep the verdict, durably.  With has_plain the digest that came with the sample is held
 * against the file: from then on others need not send it again.
 * Errors: VT_ABSENT it was erased meanwhile; VT_LIMIT the outcome is too long; VT_IO */
VT_CHECKED bool vt_samples_settle(struct vt_samples *samples, const vt_hash *object,
                                  const struct vt_sample_verdict *verdict,
                                  struct vt_error *err);
/* The verdict of an object: outcome is appended.  VT_ABSENT none yet, or no object; VT_IO
 */
VT_CHECKED bool vt_samples_verdict(struct vt_samples *samples, const vt_hash *object,
                                   struct vt_sample_verdict *out, struct vt_buf *outcome,
                                   struct vt_error *err);

/* Where a body lies below the folder: for a process that may read it. */
#define VT_SAMPLE_PATH_BYTES 80
void vt_sample_body_path(const vt_hash *object, char out[VT_SAMPLE_PATH_BYTES]);
/* The same for its header. */
void vt_sample_header_path(const vt_hash *object, char out[VT_SAMPLE_PATH_BYTES]);

/* ---- counting ----------------------------------------------------------------------- */

/* A request of the class was refused for that reason; kept with the next thing that is
 * kept, and lost if we die before. */
void vt_samples_count(struct vt_samples *samples, enum vt_data_class data,
                      enum vt_count_reason reason);
/* Add a report's bits; `ones` of field_count rows as a tally has them.  VT_IO. */
VT_CHECKED bool vt_samples_add_report(struct vt_samples *samples, const vt_hash *schema,
                                      const struct vt_statistic_schema *form,
                                      const struct vt_statistic_report *report,
                                      struct vt_error *err);
/* The counts of one period so far.  VT_IO. */
VT_CHECKED bool vt_samples_tally(struct vt_samples *samples, const vt_hash *schema,
                                 uint64_t period, struct vt_statistic_tally *out,
                                 struct vt_error *err);
/* Running totals, durable; the rest of *out is left alone.  VT_IO. */
VT_CHECKED bool vt_samples_totals(struct vt_samples *samples, struct vt_counts *out,
                                  struct vt_error *err);

/* What was counted on one day (UTC), as the store itself knows it. */
struct vt_samples_day {
    uint64_t day; /* since 1970; 0: before days were kept apart */
    uint64_t totals[VT_DATA_CLASSES][VT_COUNTED_REASONS];
    uint64_t scanned;   /* verdicts on files that were kept */
    uint64_t withdrawn; /* files erased because their owner said so; in erased too */
};
enum { VT_SAMPLES_DAY_S = 86400, VT_SAMPLES_DAYS_MAX = 64 };
/* Days from that one on, ascending, on which something was counted: the first 64.  VT_IO.
 */
VT_CHECKED bool vt_samples_days(struct vt_samples *samples, uint64_t from,
                                struct vt_samples_day days[VT_SAMPLES_DAYS_MAX],
                                size_t *count_out, struct vt_error *err);

/* How many are in which state, for whoever watches. */
struct vt_samples_census {
    uint64_t coming, waiting, waiting_bytes, scanned, erased;
};
/* Of them those that were never scanned, without looking into the tables. */
uint64_t vt_samples_waiting(const struct vt_samples *samples);
VT_CHECKED bool vt_samples_census(struct vt_samples *samples, struct vt_samples_census *out,
                                  struct vt_error *err);

#endif
