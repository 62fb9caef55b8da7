/* Records: tables with transactions, for what is looked for by more than its name.  This is
 * the door; behind it SQLite, one file in a folder of ours, one process that writes it.
 * PostgreSQL can stand behind the same door: statements keep to what both understand, with
 * parameters $1, $2, ... for the values in their order.
 *
 * SQLite reaches the disk through store/disk.h alone, so the crash tests break it as they
 * break everything else.  When commit has returned, the transaction survives power loss.
 *
 * After VT_IO nothing more can be done with it: the role exits, starting again is the
 * recovery. */
#ifndef VT_STORE_RECORDS_H
#define VT_STORE_RECORDS_H

#include "store/disk.h"

struct vt_records;    /* open tables */
struct vt_record_row; /* of an answer; see vt_records_ask */

/* What is given to a statement: a number, or bytes. */
typedef struct {
    bool is_bytes;
    int64_t number;
    vt_slice bytes; /* borrowed; empty bytes are a value too */
} vt_value;

#define VT_VALUE_NUMBER(n) ((vt_value){ .number = (int64_t)(n) })
#define VT_VALUE_BYTES(s)  ((vt_value){ .is_bytes = true, .bytes = (s) })
#define VT_VALUES(...)     ((const vt_value[]){ __VA_ARGS__ })

/* Open the tables in file `name` of the disk, whose lock the caller holds; the disk must
 * live longer.
 *
 * steps  ended by NULL: step i makes version i + 1 out of version i, in one transaction; a
 *        new file begins at 0.  What was once released is never changed, only added to.
 *
 * Returned, end with vt_records_close.
 * Errors: VT_MALFORMED no tables of ours, or damaged; VT_REJECTED of a later version;
 *         VT_IO */
VT_CHECKED bool vt_records_open(struct vt_disk *disk, const char *name,
                                const char *const steps[], struct vt_records **out,
                                struct vt_error *err);
void vt_records_close(
    struct vt_records *records); /* NULL allowed; what is open is undone */

/* Transactions do not nest; each ends with commit or undo.  Changes outside of one are one
 * each. */
VT_CHECKED bool vt_records_begin(struct vt_records *records, struct vt_error *err);
VT_CHECKED bool vt_records_commit(struct vt_records *records, struct vt_error *err);
void vt_records_undo(struct vt_records *records); /* nothing happens if none is open */

/* Run a statement that changes rows.
 *
 * sql          a string literal: it is kept, prepared, under its address
 * changed_out  how many rows; may be NULL
 *
 * Errors: VT_REJECTED a rule of the table forbids it (a key twice, a check); the
 *                     transaction goes on without this statement
 *         VT_IO */
VT_CHECKED bool vt_records_change(struct vt_records *records, const char *sql,
                                  const vt_value *values, size_t count,
                                  uint64_t *changed_out, struct vt_error *err);
/* Ask: each row is handed to `each` (which may return false, with err filled, to stop).
 * `each` must not use the records.  Errors: those of each; VT_IO */
VT_CHECKED bool vt_records_ask(struct vt_records *records, const char *sql,
                               const vt_value *values, size_t count,
                               bool (*each)(void *context, const struct vt_record_row *row,
                                            struct vt_error *err),
                               void *context, struct vt_error *err);
/* A single number, as of a count; `fallback` if there is no row or nothing in it. */
VT_CHECKED bool vt_records_ask_number(struct vt_records *records, const char *sql,
                                      const vt_value *values, size_t count,
                                      int64_t fallback, int64_t *out, struct vt_error *err);

/* The columns of a row, counted from 0, until `each` returns. */
int64_t vt_record_number(const struct vt_record_row *row, unsigned column);
vt_slice vt_record_bytes(const struct vt_record_row *row, unsigned column);
/* Those of a column that has just so many.  VT_MALFORMED: it has not. */
VT_CHECKED bool vt_record_fixed(const struct vt_record_row *row, unsigned column, void *out,
                                size_t len, struct vt_error *err);

/* Read all of it and check it against itself.  Errors: VT_MALFORMED what is wrong; VT_IO */
VT_CHECKED bool vt_records_verify(struct vt_records *records, struct vt_error *err);

#endif
