/* line: the assembly line.  Source, environment and recipe go in under digests; artefacts,
 * bill of materials, log and provenance come out; the same three digests give the same
 * artefacts on any machine.
 *
 * Everything a build needs lies in a *store* folder:
 *
 *   STORE/blobs/sha256/..     source packs, packages, recipes, locks, logs (store/blobs.h)
 *   STORE/sources/DIGEST      which pack holds the source with this digest
 *   STORE/environments/DIGEST/root   the root file system, and what it was measured as
 *
 * This header brings the others of the room. */
#ifndef VT_LINE_H
#define VT_LINE_H

#include "base/base.h"

#include "line/sandbox.h"

#include "line/recipe.h"

#include "line/lock.h"

#include "line/source.h"

#include "line/environment.h"

#include "line/build.h"

#endif
