/* Statistics that do not need trust: a published schema of closed questions, reports that
 * are randomised before they leave, counts only, and estimates with their intervals.
 *
 * Each field of a report is a row of bits, one a value.  The client sets the bit of its own
 * value with probability 1/2 and each other bit with probability q = 1/(e^epsilon + 1):
 * optimised unary encoding.  What one person sent says next to nothing about him; what
 * many sent can be counted.
 * Spec: Wang, Blocki, Li, Jha, "Locally Differentially Private Protocols for Frequency
 *       Estimation", OUE; cell/DESIGN.md */
#ifndef VT_CELL_STATISTIC_H
#define VT_CELL_STATISTIC_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "wire/json.h"

enum {
    VT_STATISTIC_FIELDS_MAX = 16,
    VT_STATISTIC_VALUES_MAX = 256,
    VT_STATISTIC_SCHEMA_BYTES_MAX = 65536,
    VT_STATISTIC_REPORT_BYTES_MAX = 16384,
};

/* One question.  Slices point into the schema's JSON. */
struct vt_statistic_field {
    vt_slice name, question;
    const json_t *values; /* texts */
    size_t value_count;   /* 2 to VT_STATISTIC_VALUES_MAX */
    uint64_t epsilon_milli;
    uint32_t noise; /* q as a fraction of 2^32: the chance of a bit that is not ours */
};

struct vt_statistic_schema {
    json_t *json;   /* owned */
    vt_hash digest; /* over its RFC 8785 form: what the trust root certifies */
    vt_slice name, purpose;
    uint64_t version, period_s;
    uint64_t least;         /* what may be fewer people than this is not shown */
    uint64_t budget_milli;  /* of epsilon, a person and period, all reports together */
    uint64_t epsilon_milli; /* of one report: the sum of its fields */
    struct vt_statistic_field fields[VT_STATISTIC_FIELDS_MAX];
    size_t field_count;
};

void vt_statistic_schema_clear(struct vt_statistic_schema *schema);
#define VT_AUTO_STATISTIC_SCHEMA                                                           \
    __attribute__((cleanup(vt_statistic_schema_clear))) struct vt_statistic_schema

/* Errors: VT_MALFORMED its form; VT_LIMIT; VT_REJECTED names twice, or more epsilon than
 *         its own budget; VT_IO memory */
VT_CHECKED bool vt_statistic_schema_parse(vt_slice text, struct vt_statistic_schema *out,
                                          struct vt_error *err);
/* field_count or value_count if there is none of that name. */
size_t vt_statistic_find_field(const struct vt_statistic_schema *schema, vt_slice name);
size_t vt_statistic_find_value(const struct vt_statistic_field *field, vt_slice value);
/* The period of a time, counted from 1970. */
uint64_t vt_statistic_period(const struct vt_statistic_schema *schema, int64_t unix_s);

/* ---- reports ------------------------------------------------------------------------ */

struct vt_statistic_report {
    uint64_t period;
    bool bits[VT_STATISTIC_FIELDS_MAX][VT_STATISTIC_VALUES_MAX];
};

/* Append the report of a client whose answers are answers[field] (a value's number), with
 * noise from env: what comes out is random, and is the only thing that may leave.
 * Errors: VT_LIMIT out has no room */
VT_CHECKED bool vt_statistic_report_make(const struct vt_statistic_schema *schema,
                                         uint64_t period, const size_t answers[],
                                         const struct vt_env *env, struct vt_buf *out,
                                         struct vt_error *err);
/* Canonical, of this schema, with exactly its fields and as many bits as values.
 * Errors: VT_MALFORMED naming the field; VT_REJECTED of another schema; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_statistic_report_parse(const struct vt_statistic_schema *schema,
                                          vt_slice text, struct vt_statistic_report *out,
                                          struct vt_error *err);

/* ---- counts and estimates ----------------------------------------------------------- */

/* All that a cell keeps of reports. */
struct vt_statistic_tally {
    uint64_t period, reports;
    uint64_t ones[VT_STATISTIC_FIELDS_MAX][VT_STATISTIC_VALUES_MAX];
};

/* Errors: VT_REJECTED the report is of another period */
VT_CHECKED bool vt_statistic_tally_add(struct vt_statistic_tally *tally,
                                       const struct vt_statistic_schema *schema,
                                       const struct vt_statistic_report *report,
                                       struct vt_error *err);

#define VT_STATISTIC_CONFIDENCE_PERCENT 99

struct vt_statistic_estimate {
    bool is_suppressed;           /* it may be fewer than `least`: no number is given */
    uint64_t estimate, low, high; /* people; the interval holds 99 times of 100 */
};

/* From `ones` set bits in `reports` reports, with noise q = noise / 2^32:
 *   estimate = (ones - reports q) / (1/2 - q)
 *   variance = (estimate/4 + (reports - estimate) q (1 - q)) / (1/2 - q)^2
 *   interval = estimate -+ 2.576 sqrt(variance), within 0 and reports */
struct vt_statistic_estimate vt_statistic_estimate(uint64_t reports, uint64_t ones,
                                                   uint32_t noise, uint64_t least);

#endif
