/* store: the only room that writes durable files, so that the crash tests can stand in its
 * way.  Two doors come later (records, blobs); this issue needs files and blobs. */
#ifndef VT_STORE_H
#define VT_STORE_H

#include "store/blobs.h"
#include "store/disk.h"

#endif
