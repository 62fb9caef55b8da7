/* base: bytes, errors, memory, clock, files and child processes.
 *
 * The lowest room: it knows nothing of Vitrine and everything may use it.  Include
 * this header alone; it brings the small ones with it.  It also bans the C functions
 * that have hurt everybody once. */
#ifndef VT_BASE_H
#define VT_BASE_H

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

#include "base/bytes.h"

#include "base/memory.h"

#include "base/env.h"

#include "base/file.h"

#include "base/child.h"

#undef sprintf /* under clang glibc makes macros of these */
#undef vsprintf
/* Unbounded writes, hidden state, or no way to see an error: use vt_buf, vt_reader. */
#pragma GCC poison strcpy strcat stpcpy sprintf vsprintf gets strtok atoi atol atoll atof
#pragma GCC poison strncpy strncat tmpnam mktemp tempnam

#endif
