/* store: the only room that writes durable files, so that the crash tests can stand in its
 * way.  Folders and files (disk.h), and bytes under their own hash (blobs.h).  Tables are
 * asked for by name (records.h), by the few who need them. */
#ifndef VT_STORE_H
#define VT_STORE_H

#include "store/blobs.h"
#include "store/disk.h"

#endif
