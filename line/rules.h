/* Rule databases: YARA sources checked against corpora, compiled, and packed into one file
 * that comes out the same on every machine with the same environment.
 *
 * A rule that collects a file, not only detects it, says so in its meta section:
 * `collects = true`.  The pack lists every rule with that mark, so that the supervisor and
 * every reader see what a database asks clients to hand over. */
#ifndef VT_LINE_RULES_H
#define VT_LINE_RULES_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "wire/json.h"

#define VT_RULES_FILES_MAX        20000
#define VT_RULES_FILE_BYTES_MAX   VT_MIB(4)
#define VT_RULES_PACK_BYTES_MAX   VT_MIB(256)
#define VT_RULES_SAMPLE_BYTES_MAX VT_MIB(64)
#define VT_RULES_INPUT_BYTES_MAX  VT_MIB(512) /* all files of one folder together */
#define VT_RULES_NAME_MAX         128 /* characters of a rule's name, as libyara has it */
#define VT_RULES_SCAN_SECONDS     10

/* One file of the source tree. */
struct vt_rules_file {
    const char *path; /* relative, '/' between folders */
    vt_slice bytes;
};

/* What goes in: rules, and files that must or must not be detected, in any order: the
 * compiled form depends on the order, so vt_rules_make sorts by path (bytewise). */
struct vt_rules_input {
    const struct vt_rules_file *rules; /* *.yar, *.yara */
    size_t rule_file_count;
    /* Path "RULE/anything": the rule of that name must match the bytes. */
    const struct vt_rules_file *must_detect;
    size_t must_detect_count;
    const struct vt_rules_file *must_not_detect; /* no rule may match */
    size_t must_not_detect_count;
    unsigned scan_seconds_max; /* for one scan; 0: VT_RULES_SCAN_SECONDS */
};

/* ---- the engine: libyara.  Only in the confined child (role_rules.c). -----------------
 */

struct vt_rules_engine;

/* scan_seconds: what one scan may take. */
struct vt_rules_engine *vt_rules_engine_new(unsigned scan_seconds);
void vt_rules_engine_free(struct vt_rules_engine *engine);
/* Compile one file alone, without includes or external variables, and then add it to the
 * database.  Names of rules must be unique over all files.
 * Errors: VT_MALFORMED with file, line and libyara's words
 *         VT_REJECTED  a rule's name is taken, `collects` is not true or false, or the rule
 *                      is global and so would decide over the rules of other files */
VT_CHECKED bool vt_rules_engine_add(struct vt_rules_engine *engine, const char *path,
                                    vt_slice text, struct vt_error *err);
/* Close the database: the list of rules as a JSON array of {"author"?, "collects", "file",
 * "name"} in order of file and appearance, and the compiled bytes. */
VT_CHECKED bool vt_rules_engine_finish(struct vt_rules_engine *engine, json_t **rules_out,
                                       struct vt_buf *compiled, struct vt_error *err);
/* Which rules match these bytes?  Names, one a line, appended.  VT_LIMIT when it takes
 * longer than it may. */
VT_CHECKED bool vt_rules_engine_scan(struct vt_rules_engine *engine, vt_slice bytes,
                                     struct vt_buf *names, struct vt_error *err);
const char *vt_rules_engine_version(void); /* "yara 4.2.3" */

/* ---- the pack ------------------------------------------------------------------------ */

/* "vitrine-rules/v1\n" ‖ u32 length ‖ manifest (RFC 8785) ‖ the files in the manifest's
 * order ‖ the compiled database.  The manifest: {"compiled": {"sha256", "size"}, "engine",
 * "files": [{"path", "sha256", "size"}], "must_detect": n, "must_not_detect": n,
 * "rules": [...], "v": 1}. */
struct vt_rules_pack {
    json_t *manifest; /* owned */
    vt_slice files;   /* all files' bytes, in order; points into the parsed bytes */
    vt_slice compiled;
};

void vt_rules_pack_clear(struct vt_rules_pack *pack);
#define VT_AUTO_RULES_PACK                                                                 \
    __attribute__((cleanup(vt_rules_pack_clear))) struct vt_rules_pack

/* Strict: every size and hash must be right, paths sorted, rules well named, each name
 * once, each from a file of the pack; no byte left over. */
VT_CHECKED bool vt_rules_pack_parse(vt_slice bytes, struct vt_rules_pack *out,
                                    struct vt_error *err);
VT_CHECKED bool vt_rules_pack_write(const struct vt_rules_input *input, const char *engine,
                                    json_t *rules, vt_slice compiled, struct vt_buf *out,
                                    struct vt_error *err);
/* The i-th file; its path is borrowed from the manifest.  False behind the last. */
bool vt_rules_pack_file(const struct vt_rules_pack *pack, size_t i,
                        struct vt_rules_file *out);
/* What a statement says of a pack: {"collects": [names], "engine", "files": n,
 * "must_detect": n, "must_not_detect": n, "rules": n, "sha256", "size", "v": 1}; sha256 and
 * size are those of `bytes`, the whole pack.  Returned. */
json_t *vt_rules_pack_summary(const struct vt_rules_pack *pack, vt_slice bytes);
/* Names of the rules with `collects: true`, one a line, appended. */
void vt_rules_pack_collecting(const struct vt_rules_pack *pack, struct vt_buf *names);

/* ---- two versions -------------------------------------------------------------------- */

/* What changed: {"added": [names], "now_collecting", "changed", "files_changed",
 * "removed", "stops_collecting": ..., "engine_changed": bool}, each list sorted.  A rule
 * counts as changed when its own entry or a byte of its file differs, so a change is never
 * missed; an added rule that collects begins to collect.  Returned. */
json_t *vt_rules_diff(const struct vt_rules_pack *before,
                      const struct vt_rules_pack *after);
/* The same for a person: a line a rule, what begins to collect first; "no difference". */
void vt_rules_diff_text(const json_t *diff, struct vt_buf *out);

/* ---- the whole way ------------------------------------------------------------------ */

/* Compile, check the corpora and pack, in a confined child (role "rules").
 * pack: appended.  progress: called with a line for a person, may be NULL.
 * Errors: VT_MALFORMED a rule does not compile
 *         VT_REJECTED  a must-detect file is missed, a must-not-detect file is hit, a name
 *                      is taken
 *         VT_LIMIT     a scan takes too long, the child hangs, a bound above
 *         VT_IO        the child could not be started */
VT_CHECKED bool vt_rules_make(const struct vt_rules_input *input, struct vt_buf *pack,
                              void (*progress)(void *context, const char *line),
                              void *context, struct vt_error *err);

/* The same from a folder: rules/, corpus/must-detect/RULE/, corpus/must-not-detect/.
 * Nothing but the paths and bytes of the files counts.  A corpus may be missing; the pack
 * says how many files it had.
 * Errors: VT_REJECTED  a link or a device; a file in rules/ that is neither .yar nor .yara
 *         VT_IO        the folder cannot be read */
VT_CHECKED bool vt_rules_make_from_folder(const char *folder, struct vt_buf *pack,
                                          void (*progress)(void *context, const char *line),
                                          void *context, struct vt_error *err);

/* The confined child with the rules of a pack, compiled again from the pack's own sources:
 * what the pack says of its rules (which collect, above all) and its compiled form must
 * come out the same, so a pack cannot claim what its sources do not say.
 * Errors: VT_REJECTED  it does not
 *         VT_IO        this machine has another engine than the pack was made with */
struct vt_rules_child;
VT_CHECKED bool vt_rules_load(const struct vt_rules_pack *pack, struct vt_rules_child **out,
                              struct vt_error *err);
/* Which of them match?  Names, one a line, appended.  what: names the bytes in errors. */
VT_CHECKED bool vt_rules_child_scan(struct vt_rules_child *child, const char *what,
                                    vt_slice bytes, struct vt_buf *names,
                                    struct vt_error *err);
void vt_rules_child_stop(struct vt_rules_child *child); /* NULL allowed */
void vt_rules_child_stop_pointer(struct vt_rules_child **child);
#define VT_AUTO_RULES_CHILD                                                                \
    __attribute__((cleanup(vt_rules_child_stop_pointer))) struct vt_rules_child *

#endif
