/* wire: strict readers and writers of formats.  They parse, they judge nothing: no key is
 * looked up and no signature checked here.  One value has one spelling.
 *
 * All parsers take borrowed bytes and fail with VT_MALFORMED (or VT_LIMIT where a bound is
 * named), leaving outputs untouched. */
#ifndef VT_WIRE_H
#define VT_WIRE_H

#include "wire/base64.h"
#include "wire/bech32.h"
#include "wire/binary_http.h"
#include "wire/dsse.h"
#include "wire/hex.h"
#include "wire/json.h"
#include "wire/note.h"

#endif
