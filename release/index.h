/* index.json of a public folder: what somebody offers for download.  It is read as what
 * strangers wrote; nothing in it is believed.
 *
 *   {"releases":[{"channel":C,"outputs":[{"name":N,"sha256":HEX,"size":BYTES},...],
 *                 "product":P,"sequence":S,"version":V},...],"v":1}
 *
 * Each output lies at P/V/N, its evidence at P/V/N.evidence. */
#ifndef VT_RELEASE_INDEX_H
#define VT_RELEASE_INDEX_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "wire/json.h"

#define VT_INDEX_NAME      "index.json"
#define VT_INDEX_BYTES_MAX VT_MIB(16)
#define VT_INDEX_FILES_MAX 65536

struct vt_index_file {
    vt_slice product, version, name; /* each a part of a path: no '/', not "." or ".." */
    vt_hash hash;
    uint64_t size_bytes;
};

struct vt_index {
    json_t *json;                /* owned; the slices point into it */
    struct vt_index_file *files; /* owned */
    size_t count;
};

void vt_index_clear(struct vt_index *index);
#define VT_AUTO_INDEX __attribute__((cleanup(vt_index_clear))) struct vt_index

/* Canonical JSON, no field that is not named above.
 * Errors: VT_MALFORMED; VT_LIMIT too many files; VT_IO memory */
VT_CHECKED bool vt_index_parse(vt_slice text, struct vt_index *out, struct vt_error *err);

#endif
