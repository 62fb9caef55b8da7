/* What those who come to the door and the keeper say to each other; writer and reader of
 * each message stand in one file.  The guest asks, the keeper answers, one at a time.
 *
 *   TAKE (rules, how many, for how long)   ->   TASK ..., NO_MORE (how many wait)
 *   SETTLE (object, verdict)               ->   SETTLED, or an error
 *   TALLY (schema, period)                 ->   TALLIED (the counts of reports)
 *   DAYS (from)                            ->   COUNTED (totals by day, up to 64 days)
 *
 * Whoever says one of the first two is the dispatcher of scanners, and the only one.
 *
 * Bodies do not cross: a dispatcher may read them below the samples' folder
 * (vt_sample_body_path); their SHA-256 stands in the task. */
#ifndef VT_CELL_QUEUE_MESSAGE_H
#define VT_CELL_QUEUE_MESSAGE_H

#include "cell/samples.h"
#include "role/channel.h"

enum {
    VT_QUEUE_TAKE = 80,
    VT_QUEUE_TASK,
    VT_QUEUE_NO_MORE,
    VT_QUEUE_SETTLE,
    VT_QUEUE_SETTLED,
    VT_QUEUE_TALLY,
    VT_QUEUE_TALLIED,
    VT_QUEUE_DAYS,
    VT_QUEUE_COUNTED,
};

enum { VT_QUEUE_LEASE_S_MAX = 86400 };

struct vt_queue_take {
    vt_hash rules;
    uint16_t max; /* at most VT_SAMPLES_TAKEN_MAX */
    uint32_t lease_s;
};

void vt_queue_take_write(struct vt_buf *out, const struct vt_queue_take *take);
VT_CHECKED bool vt_queue_take_read(vt_slice body, struct vt_queue_take *out);
void vt_queue_task_write(struct vt_buf *out, const struct vt_sample_task *task);
VT_CHECKED bool vt_queue_task_read(vt_slice body, struct vt_sample_task *out);
/* waiting: samples that were never scanned, those handed out included. */
void vt_queue_no_more_write(struct vt_buf *out, uint64_t waiting);
VT_CHECKED bool vt_queue_no_more_read(vt_slice body, uint64_t *waiting_out);
void vt_queue_settle_write(struct vt_buf *out, const vt_hash *object,
                           const struct vt_sample_verdict *verdict);
VT_CHECKED bool vt_queue_settle_read(vt_slice body, vt_hash *object_out,
                                     struct vt_sample_verdict *out);

/* ---- the dispatcher's side -------------------------------------------------------------
 */

/* As vt_samples_take; `each` must not use the channel.  waiting_out: as in NO_MORE.
 * Errors: those of each; VT_ABSENT the keeper is gone; VT_LIMIT it does not answer, or has
 *         another dispatcher; VT_MALFORMED */
VT_CHECKED bool vt_queue_ask(struct vt_channel *keeper, const struct vt_queue_take *take,
                             bool (*each)(void *context, const struct vt_sample_task *task,
                                          struct vt_error *err),
                             void *context, uint64_t *waiting_out, struct vt_error *err);
/* As vt_samples_settle: true means that it is durable.
 * Errors: VT_ABSENT it was erased meanwhile, or the keeper is gone; VT_LIMIT; VT_MALFORMED
 */
VT_CHECKED bool vt_queue_settle(struct vt_channel *keeper, const vt_hash *object,
                                const struct vt_sample_verdict *verdict,
                                struct vt_error *err);

/* ---- whoever counts --------------------------------------------------------------------
 */

void vt_queue_tally_write(struct vt_buf *out, const vt_hash *schema, uint64_t period);
VT_CHECKED bool vt_queue_tally_read(vt_slice body, vt_hash *schema_out,
                                    uint64_t *period_out);
void vt_queue_tallied_write(struct vt_buf *out, const struct vt_statistic_tally *tally);
VT_CHECKED bool vt_queue_tallied_read(vt_slice body, struct vt_statistic_tally *out);

/* As vt_samples_tally.  Errors: VT_ABSENT the keeper is gone; VT_LIMIT; VT_MALFORMED */
VT_CHECKED bool vt_queue_ask_tally(struct vt_channel *keeper, const vt_hash *schema,
                                   uint64_t period, struct vt_statistic_tally *out,
                                   struct vt_error *err);

void vt_queue_day_write(struct vt_buf *out, const struct vt_samples_day *day);
/* Days one after the other, ascending. */
VT_CHECKED bool vt_queue_days_read(vt_slice body,
                                   struct vt_samples_day days[VT_SAMPLES_DAYS_MAX],
                                   size_t *count_out);
/* As vt_samples_days, none before `from`.  Errors: VT_ABSENT the keeper is gone; VT_LIMIT;
 * VT_MALFORMED */
VT_CHECKED bool vt_queue_ask_days(struct vt_channel *keeper, uint64_t from,
                                  struct vt_samples_day days[VT_SAMPLES_DAYS_MAX],
                                  size_t *count_out, struct vt_error *err);

/* ---- the keeper's side ------------------------------------------------------------------
 */

/* Receive one message and answer it.
 *
 * others_scan   another guest is the dispatcher of scanners
 * scans         set when this one is
 *
 * Errors: VT_ABSENT the guest is gone; VT_LIMIT he is the second dispatcher (he was told),
 *         or does not read; VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_queue_answer(struct vt_channel *guest, struct vt_samples *samples,
                                bool others_scan, bool *scans, struct vt_error *err);

#endif
