/* Fields of JSON whose schema was checked: what is there has its type, what is not there
 * reads as nothing. */
#ifndef VT_EVIDENCE_FIELD_H
#define VT_EVIDENCE_FIELD_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "wire/json.h"

vt_slice vt_field_text(const json_t *object, const char *name);   /* or empty */
uint64_t vt_field_number(const json_t *object, const char *name); /* or 0 */
vt_hash vt_field_hash(const json_t *object, const char *name);    /* or all zero */
/* The values of fields, new; NULL if memory ran out. */
json_t *vt_field_of_hash(const vt_hash *hash);
json_t *vt_field_of_time(int64_t unix_s);
bool vt_list_has(const json_t *texts, vt_slice text); /* an array of texts */

#endif
