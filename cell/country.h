/* Countries: the officially assigned two-letter codes of ISO 3166-1. */
#ifndef VT_CELL_COUNTRY_H
#define VT_CELL_COUNTRY_H

#include "base/base.h"

#define VT_COUNTRIES 249

/* The code of country `i`, in alphabetical order. */
const char *vt_country_code(size_t i);
/* False if nobody was given that code, or it is not two capital letters. */
VT_CHECKED bool vt_country_of(vt_slice code, size_t *out);

#endif
