/* The recipe: how a product is made from its source.  Strict JSON, file
 * vitrine.recipe.json, closed (an unknown field is refused); its digest is SHA-256 over
 * RFC 8785, so white space does not count and everything else does.
 *
 *   {
 *     "v": 1,
 *     "product": "zlib",  "version": "1.2.13-1",  "kind": "program|rules|image|deb",
 *     "source": {"type": "git|folder|tar|debian"},
 *     "environment": {"suite": "bookworm", "packages": ["gcc", "make"], "lock": HEX?},
 *     "epoch": 1700000000,
 *     "clock": "real|frozen"?,     frozen: programs see the epoch (libfaketime)
 *     "cpus": 2?,                  how many the build sees; 1
 *     "limits": {"memory_mib", "processes", "file_mib", "seconds"}?,
 *     "variables": {"CFLAGS": "-O2"}?,
 *     "inputs": [{"name": "vitrine", "sha256": HEX}]?,   files that the store holds; each
 *                                  is /mnt/NAME, read-only
 *     "steps": [["make"], ["make", "check"]],
 *     "outputs": ["build/zlib.so", "../zlib1g_1.2.13-1_amd64.deb"]
 *   }
 *
 * Steps run in the source folder.  Outputs are regular files, named relative to the source
 * folder; a leading "../" names the folder that holds it (where Debian puts packages).
 * Their last parts must differ from each other. */
#ifndef VT_LINE_RECIPE_H
#define VT_LINE_RECIPE_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "wire/json.h"

#define VT_RECIPE_BYTES_MAX     VT_KIB(256)
#define VT_RECIPE_PACKAGES_MAX  512
#define VT_RECIPE_STEPS_MAX     64
#define VT_RECIPE_ARGV_MAX      256
#define VT_RECIPE_OUTPUTS_MAX   256
#define VT_RECIPE_VARIABLES_MAX 64
#define VT_RECIPE_INPUTS_MAX    64
#define VT_RECIPE_TEXT_MAX      4096 /* bytes of one argument, value or path */

enum vt_recipe_kind { VT_KIND_PROGRAM, VT_KIND_RULES, VT_KIND_IMAGE, VT_KIND_DEB };
enum vt_source_type { VT_SOURCE_GIT, VT_SOURCE_FOLDER, VT_SOURCE_TAR, VT_SOURCE_DEBIAN };

/* A file that the build is given besides its source, say a tool that the line made. */
struct vt_recipe_input {
    const char *name;
    vt_hash hash;
};

/* Owned by its arena, end with vt_recipe_free.  Texts are NUL-ended. */
struct vt_recipe {
    struct vt_arena *arena;
    vt_hash digest;
    vt_slice canonical; /* the RFC 8785 form that the digest is over */
    const char *product, *version;
    enum vt_recipe_kind kind;
    enum vt_source_type source_type;
    const char *suite;
    const char *const *packages; /* sorted as written */
    size_t package_count;
    bool has_lock; /* the recipe pins one lock file */
    vt_hash lock_digest;
    int64_t epoch_unix_s;
    bool is_clock_frozen;
    unsigned cpu_count;
    uint64_t memory_bytes, processes, file_bytes; /* limits; 0: none */
    int64_t wall_ms;                              /* of one step; 0: none */
    const char *const *variables;                 /* NULL-ended "NAME=value", sorted */
    const struct vt_recipe_input *inputs;
    size_t input_count;
    const char *const *const *steps; /* each a NULL-ended argv */
    size_t step_count;
    const char *const *outputs;
    size_t output_count;
};

/* Parse and check.  `what` names the text in messages.  recipe_out: returned.
 * Errors: VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_recipe_parse(vt_slice text, const char *what,
                                struct vt_recipe **recipe_out, struct vt_error *err);
VT_CHECKED bool vt_recipe_read(const char *path, struct vt_recipe **recipe_out,
                               struct vt_error *err); /* also VT_IO */
void vt_recipe_free(struct vt_recipe *recipe);        /* NULL allowed */
void vt_recipe_free_pointer(struct vt_recipe **recipe);
#define VT_AUTO_RECIPE __attribute__((cleanup(vt_recipe_free_pointer))) struct vt_recipe *

const char *vt_kind_name(enum vt_recipe_kind kind); /* "program" */
VT_CHECKED bool vt_source_type_parse(vt_slice name, enum vt_source_type *out);
const char *vt_source_type_name(enum vt_source_type type); /* "git" */
/* The last part of an output's path: the name of the artefact. */
const char *vt_output_name(const char *path);

#endif
