/* The one command, `vitrine`: tables of verb groups.  A file a group (cli/ledger.c ...)
 * defines a `const struct vt_group`; cli/main.c lists them.  Everything that all verbs
 * share (options, --help, --json, errors, exit codes) stands in cli/args.c, once. */
#ifndef VT_CLI_H
#define VT_CLI_H

#include "base/base.h"

struct vt_option {
    const char *name;       /* without the two dashes */
    const char *value_name; /* "FILE", "one|other"; NULL: a switch without a value */
    const char *help;       /* one line */
    bool is_required;
    bool is_repeated; /* may be given more than once */
};

struct vt_args; /* the parsed command line of one call */

struct vt_verb {
    /* "add"; two words as "policy show"; "" for a group that is itself the verb (verify) */
    const char *name;
    const char *operands; /* as shown in the usage line, "FILE [FILE...]"; NULL: none */
    unsigned operands_min, operands_max;
    const char *summary;             /* one line, for the list */
    const char *details;             /* paragraphs for --help, may be NULL */
    const struct vt_option *options; /* ended by an option without a name; NULL: none */
    /* True: exit code 0, or what vt_args_exit set.  False: err is printed and decides. */
    bool (*run)(struct vt_args *args, struct vt_error *err);
};

struct vt_group {
    const char *name;
    const char *summary;
    const struct vt_verb *verbs; /* ended by a verb without a name pointer */
};

/* --json and --help belong to every verb and need not be listed. */
const char *vt_args_get(const struct vt_args *args, const char *option); /* last; or NULL */
bool vt_args_has(const struct vt_args *args, const char *option);
/* The i-th value of a repeated option, counted from 0; NULL behind the last. */
const char *vt_args_get_at(const struct vt_args *args, const char *option, size_t i);
const char *vt_args_operand(const struct vt_args *args,
                            size_t i); /* NULL behind the last */
size_t vt_args_operand_count(const struct vt_args *args);
bool vt_args_is_json(const struct vt_args *args);
const struct vt_env *vt_args_env(const struct vt_args *args);
void vt_args_exit(struct vt_args *args, int exit_code); /* for run() that returns true */

/* The option as a number or duration; VT_MALFORMED with a sentence naming the option, and
 * the command then ends as misuse (exit code 2).  Absent: fallback. */
VT_CHECKED bool vt_args_number(struct vt_args *args, const char *option, uint64_t fallback,
                               uint64_t max, uint64_t *out, struct vt_error *err);
VT_CHECKED bool vt_args_duration(struct vt_args *args, const char *option,
                                 int64_t fallback_s, int64_t *out_s, struct vt_error *err);
/* Any other misuse: fills err, and the exit code will be 2. */
VT_PRINTF(3, 4)
bool vt_args_misuse(struct vt_args *args, struct vt_error *err, const char *format, ...);

/* Parse and run; returns the exit code of the process. */
int vt_cli_run(const struct vt_group *const groups[], int argc, char **argv,
               const struct vt_env *env);

#endif
