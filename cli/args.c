/* Options, help, errors and exit codes for every verb, from the tables in cli.h. */
#include "cli/cli.h"
#include <jansson.h>

enum { VALUES_MAX = 512 };

struct vt_args {
    const struct vt_verb *verb;
    const struct vt_env *env;
    struct {
        const struct vt_option *option;
        const char *value; /* "" for a switch */
    } values[VALUES_MAX];
    size_t value_count;
    const char *operands[VALUES_MAX];
    size_t operand_count;
    bool is_json, is_help, is_misuse;
    int exit_code;
};

static const struct vt_option *find_option(const struct vt_verb *verb, vt_slice name)
{
    const struct vt_option *at = verb->options;

    for (; at != NULL && at->name != NULL; at++)
        if (vt_slice_is(name, at->name))
            return at;
    return NULL;
}

const char *vt_args_get_at(const struct vt_args *args, const char *option, size_t i)
{
    VT_ASSERT(find_option(args->verb, vt_slice_from_cstr(option)) != NULL);
    for (size_t at = 0; at < args->value_count; at++)
        if (strcmp(args->values[at].option->name, option) == 0 && i-- == 0)
            return args->values[at].value;
    return NULL;
}

const char *vt_args_get(const struct vt_args *args, const char *option)
{
    return vt_args_get_at(args, option, 0);
}

bool vt_args_has(const struct vt_args *args, const char *option)
{
    return vt_args_get(args, option) != NULL;
}

const char *vt_args_operand(const struct vt_args *args, size_t i)
{
    return i < args->operand_count ? args->operands[i] : NULL;
}

size_t vt_args_operand_count(const struct vt_args *args)
{
    return args->operand_count;
}

bool vt_args_is_json(const struct vt_args *args)
{
    return args->is_json;
}

const struct vt_env *vt_args_env(const struct vt_args *args)
{
    return args->env;
}

void vt_args_exit(struct vt_args *args, int exit_code)
{
    args->exit_code = exit_code;
}

bool vt_args_misuse(struct vt_args *args, struct vt_error *err, const char *format, ...)
{
    char message[sizeof err->message];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(message, sizeof message, format, list);
    va_end(list);
    args->is_misuse = true;
    return vt_fail(err, VT_MALFORMED, "%s", message);
}

bool vt_args_number(struct vt_args *args, const char *option, uint64_t fallback,
                    uint64_t max, uint64_t *out, struct vt_error *err)
{
    const char *text = vt_args_get(args, option);
    uint64_t value = fallback;

    if (text != NULL &&
        (!vt_decimal_parse(vt_slice_from_cstr(text), &value) || value > max))
        return vt_args_misuse(args, err, "--%s: '%s' is not a whole number up to %ju",
                              option, text, (uintmax_t)max);
    *out = value;
    return true;
}

bool vt_args_duration(struct vt_args *args, const char *option, int64_t fallback_s,
                      int64_t *out_s, struct vt_error *err)
{
    const char *text = vt_args_get(args, option);
    int64_t value = fallback_s;

    if (text != NULL && !vt_duration_parse(vt_slice_from_cstr(text), &value))
        return vt_args_misuse(
            args, err, "--%s: '%s' is no duration, say 90s, 15m, 24h or 7d", option, text);
    *out_s = value;
    return true;
}

static bool add_value(struct vt_args *args, const struct vt_option *option,
                      const char *value, struct vt_error *err)
{
    if (!option->is_repeated && vt_args_has(args, option->name))
        return vt_fail(err, VT_MALFORMED, "--%s is given twice", option->name);
    if (args->value_count == VALUES_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d options", VALUES_MAX);
    args->values[args->value_count].option = option;
    args->values[args->value_count++].value = value;
    return true;
}

/* One argument that begins with two dashes; *at moves on if its value is the next one. */
static bool parse_option(struct vt_args *args, int argc, char **argv, int *at,
                         struct vt_error *err)
{
    vt_slice name = vt_slice_from_cstr(argv[*at] + 2);
    const char *equals = strchr(argv[*at] + 2, '=');
    const char *value = equals != NULL ? equals + 1 : NULL;
    const struct vt_option *option;

    if (equals != NULL)
        name.len = (size_t)(equals - (argv[*at] + 2));
    if (vt_slice_is(name, "help") || vt_slice_is(name, "json")) {
        if (value != NULL)
            return vt_fail(err, VT_MALFORMED, "--%.*s takes no value", VT_SLICE_ARGS(name));
        *(vt_slice_is(name, "help") ? &args->is_help : &args->is_json) = true;
        return true;
    }
    option = find_option(args->verb, name);
    if (option == NULL)
        return vt_fail(err, VT_MALFORMED, "no option --%.*s here; --help lists them",
                       VT_SLICE_ARGS(name));
    if (option->value_name == NULL) {
        if (value != NULL)
            return vt_fail(err, VT_MALFORMED, "--%s takes no value", option->name);
        return add_value(args, option, "", err);
    }
    if (value == NULL && *at + 1 < argc)
        value = argv[++*at];
    if (value == NULL)
        return vt_fail(err, VT_MALFORMED, "--%s needs a value: --%s %s", option->name,
                       option->name, option->value_name);
    /* An unset variable of a script would otherwise name the root folder, or anybody. */
    if (value[0] == '\0' && strcmp(option->value_name, "TEXT") != 0)
        return vt_fail(err, VT_MALFORMED, "--%s: its value is empty: --%s %s", option->name,
                       option->name, option->value_name);
    return add_value(args, option, value, err);
}

static bool check_counts(const struct vt_args *args, struct vt_error *err)
{
    const struct vt_verb *verb = args->verb;
    const struct vt_option *option = verb->options;

    if (args->operand_count < verb->operands_min)
        return vt_fail(err, VT_MALFORMED, "what is missing: %s",
                       verb->operands != NULL ? verb->operands : "an operand");
    if (args->operand_count > verb->operands_max)
        return vt_fail(err, VT_MALFORMED, "'%s' is one argument too many",
                       args->operands[verb->operands_max]);
    for (; option != NULL && option->name != NULL; option++)
        if (option->is_required && !vt_args_has(args, option->name))
            return vt_fail(err, VT_MALFORMED, "--%s %s is needed: %s", option->name,
                           option->value_name, option->help);
    return true;
}

static bool parse_args(struct vt_args *args, int argc, char **argv, struct vt_error *err)
{
    bool only_operands = false;

    for (int at = 0; at < argc; at++) {
        if (!only_operands && strcmp(argv[at], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && strcmp(argv[at], "-h") == 0) {
            args->is_help = true;
        } else if (!only_operands && strncmp(argv[at], "--", 2) == 0) {
            if (!parse_option(args, argc, argv, &at, err))
                return false;
        } else if (!only_operands && argv[at][0] == '-' && argv[at][1] != '\0') {
            return vt_fail(err, VT_MALFORMED, "no option %s here", argv[at]);
        } else if (argv[at][0] == '\0') {
            return vt_fail(err, VT_MALFORMED, "an operand is empty: %s",
                           args->verb->operands != NULL ? args->verb->operands : "''");
        } else if (args->operand_count == VALUES_MAX) {
            return vt_fail(err, VT_LIMIT, "more than %d operands", VALUES_MAX);
        } else {
            args->operands[args->operand_count++] = argv[at];
        }
    }
    return args->is_help || check_counts(args, err);
}

static void print_verb_help(const struct vt_group *group, const struct vt_verb *verb)
{
    const struct vt_option *option = verb->options;
    const char *space = verb->name[0] != '\0' ? " " : "";

    (void)printf("usage: vitrine %s%s%s", group->name, space, verb->name);
    for (; option != NULL && option->name != NULL; option++)
        if (option->is_required)
            (void)printf(" --%s %s", option->name, option->value_name);
    (void)printf(" [options]%s%s\n\n%s\n", verb->operands != NULL ? " " : "",
                 verb->operands != NULL ? verb->operands : "", verb->summary);
    if (verb->details != NULL)
        (void)printf("\n%s\n", verb->details);
    (void)printf("\nOptions:\n");
    for (option = verb->options; option != NULL && option->name != NULL; option++) {
        char left[64];

        (void)snprintf(left, sizeof left, "--%s%s%s", option->name,
                       option->value_name != NULL ? " " : "",
                       option->value_name != NULL ? option->value_name : "");
        (void)printf("  %-26s %s%s\n", left, option->help,
                     option->is_repeated ? " (may be repeated)" : "");
    }
    (void)printf("  %-26s %s\n  %-26s %s\n\nExit code: 0 yes, 1 no, 2 misuse, 3 trouble "
                 "(a missing file, a full disk, the network).\n",
                 "--json", "answer in JSON, for machines", "--help", "this text");
}

/* Is it one of the verbs "WORD ..."? */
static bool begins_with(const struct vt_verb *verb, const char *word)
{
    size_t len = strlen(word);

    return strncmp(verb->name, word, len) == 0 && verb->name[len] == ' ';
}

static bool begins_verbs(const struct vt_group *group, const char *word)
{
    for (const struct vt_verb *verb = group->verbs; verb->name != NULL; verb++)
        if (begins_with(verb, word))
            return true;
    return false;
}

/* word: only verbs of two words that begin with it; NULL: all. */
static void print_group_help(FILE *to, const struct vt_group *group, const char *word)
{
    if (word == NULL)
        (void)fprintf(to, "vitrine %s: %s\n\n", group->name, group->summary);
    else
        (void)fprintf(to, "vitrine %s %s:\n\n", group->name, word);
    for (const struct vt_verb *verb = group->verbs; verb->name != NULL; verb++)
        if (word == NULL || begins_with(verb, word))
            (void)fprintf(to, "  vitrine %s %-20s  %s\n", group->name, verb->name,
                          verb->summary);
    (void)fprintf(to, "\n'vitrine %s VERB --help' explains a verb.\n", group->name);
}

static void print_help(FILE *to, const struct vt_group *const groups[])
{
    (void)fprintf(to, "vitrine " VT_VERSION
                      ": a transparency centre that any software vendor can run.\n\n");
    for (size_t i = 0; groups[i] != NULL; i++)
        if (groups[i]->summary != NULL)
            (void)fprintf(to, "  vitrine %-10s %s\n", groups[i]->name, groups[i]->summary);
    (void)fprintf(to, "\n'vitrine GROUP --help' lists the verbs of a group; "
                      "'vitrine --version' tells the version.\n"
                      "Start with: vitrine verify FILE --trust trust.json\n");
}

/* The error as one sentence, or as one JSON object. */
static void print_error(const struct vt_group *group, const struct vt_verb *verb,
                        bool is_json, const struct vt_error *err, int exit_code)
{
    json_t *object;

    if (!is_json) {
        (void)fprintf(stderr, "vitrine %s%s%s: %s\n", group->name,
                      verb->name[0] != '\0' ? " " : "", verb->name, err->message);
        return;
    }
    object = json_pack("{s:b,s:s,s:i,s:s+}", "ok", 0, "code",
                       exit_code == VT_EXIT_USAGE ? "usage" : vt_code_name(err->code),
                       "exit", exit_code, "message", err->message, "");
    if (object == NULL) /* the message was cut inside a UTF-8 sequence */
        object = json_pack("{s:b,s:s,s:i}", "ok", 0, "code", vt_code_name(err->code),
                           "exit", exit_code);
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    (void)fputc('\n', stdout);
    json_decref(object);
}

/* Whoever asks for JSON gets it also when another argument is wrong, before or behind. */
static bool says_json(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static int run_verb(const struct vt_group *group, const struct vt_verb *verb, int argc,
                    char **argv, const struct vt_env *env)
{
    struct vt_args args = { .verb = verb, .env = env };
    struct vt_error err = { 0 };
    bool ok = parse_args(&args, argc, argv, &err);

    if (ok && args.is_help) {
        print_verb_help(group, verb);
        return VT_EXIT_OK;
    }
    args.is_misuse = !ok;
    ok = ok && verb->run(&args, &err);
    if (!ok) {
        int exit_code = args.is_misuse ? VT_EXIT_USAGE : vt_code_exit(err.code);

        print_error(group, verb, says_json(argc, argv), &err, exit_code);
        return exit_code;
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fprintf(stderr, "vitrine: cannot write the answer: %s\n", strerror(errno));
        return VT_EXIT_TROUBLE;
    }
    return args.exit_code;
}

/* How many of the words are the verb's name: 0 none of it, 1, or 2 of "policy show". */
static int match_verb(const struct vt_verb *verb, int argc, char **argv)
{
    const char *space = strchr(verb->name, ' ');
    size_t first = space != NULL ? (size_t)(space - verb->name) : strlen(verb->name);

    if (argc < 1 || strlen(argv[0]) != first || strncmp(verb->name, argv[0], first) != 0)
        return 0;
    if (space == NULL)
        return 1;
    return argc > 1 && strcmp(space + 1, argv[1]) == 0 ? 2 : 0;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run_group(const struct vt_group *group, int argc, char **argv,
                     const struct vt_env *env)
{
    const char *word = argc > 0 && begins_verbs(group, argv[0]) ? argv[0] : NULL;

    if (group->verbs[0].name[0] == '\0')
        return run_verb(group, &group->verbs[0], argc, argv, env);
    if (argc > 0 && (is_help(argv[0]) || (word != NULL && argc > 1 && is_help(argv[1])))) {
        print_group_help(stdout, group, word);
        return VT_EXIT_OK;
    }
    for (const struct vt_verb *verb = group->verbs; verb->name != NULL; verb++) {
        int words = match_verb(verb, argc, argv);

        if (words > 0)
            return run_verb(group, verb, argc - words, argv + words, env);
    }
    if (argc > (word != NULL))
        (void)fprintf(stderr, "vitrine %s: there is no verb '%s%s%s'\n\n", group->name,
                      argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
    print_group_help(stderr, group, word);
    return VT_EXIT_USAGE;
}

/* The words of a value that is one of a few: "accept|refuse". */
static void print_choices(const struct vt_option *option)
{
    vt_reader r = { vt_slice_from_cstr(option->value_name) };
    vt_slice word;

    if (strchr(option->value_name, '|') == NULL)
        return; /* a file, as a rule: the shell knows those */
    while (vt_read_until(&r, '|', &word))
        (void)printf("%.*s\n", VT_SLICE_ARGS(word));
    (void)printf("%.*s\n", VT_SLICE_ARGS(r.rest));
}

/* `vitrine complete WORD...`: what may stand behind these words, a line each.  The shell's
 * completion asks us, so it is never out of date. */
/* The word of the verb's name that may stand behind `argc` words; NULL: none. */
static const char *next_word(const struct vt_verb *verb, int argc, char **argv)
{
    const char *space = strchr(verb->name, ' ');

    if (argc == 0)
        return verb->name;
    if (argc == 1 && space != NULL && strlen(argv[0]) == (size_t)(space - verb->name) &&
        strncmp(verb->name, argv[0], strlen(argv[0])) == 0)
        return space + 1;
    return NULL;
}

static void print_words(const struct vt_group *group, int argc, char **argv)
{
    vt_slice last = { 0 };

    for (const struct vt_verb *at = group->verbs; at->name != NULL; at++) {
        vt_slice word = vt_slice_from_cstr(next_word(at, argc, argv));

        if (vt_slice_has_byte(word, ' '))
            word.len = strcspn((const char *)word.data, " ");
        if (word.len != 0 && !vt_slice_equal(word, last))
            (void)printf("%.*s\n", VT_SLICE_ARGS(word));
        last = word;
    }
}

static void print_completions(const struct vt_group *const groups[], int argc, char **argv)
{
    const struct vt_group *group = NULL;
    const struct vt_verb *verb = NULL;

    for (size_t i = 0; groups[i] != NULL; i++) {
        if (argc == 0 && groups[i]->summary != NULL)
            (void)printf("%s\n", groups[i]->name);
        if (argc > 0 && strcmp(groups[i]->name, argv[0]) == 0)
            group = groups[i];
    }
    if (group == NULL)
        return;
    print_words(group, argc - 1, argv + 1);
    for (const struct vt_verb *at = group->verbs; at->name != NULL; at++)
        if (at->name[0] == '\0' || match_verb(at, argc - 1, argv + 1) > 0)
            verb = at;
    if (verb == NULL)
        return;
    if (strncmp(argv[argc - 1], "--", 2) == 0) {
        const struct vt_option *option =
            find_option(verb, vt_slice_from_cstr(argv[argc - 1] + 2));

        if (option != NULL && option->value_name != NULL) {
            print_choices(option);
            return;
        }
    }
    for (const struct vt_option *at = verb->options; at != NULL && at->name != NULL; at++)
        (void)printf("--%s\n", at->name);
    (void)printf("--json\n--help\n");
}

/* `vitrine help GROUP [VERB]` is `vitrine GROUP [VERB] --help`. */
static int run_help(const struct vt_group *const groups[], int argc, char **argv,
                    const struct vt_env *env)
{
    char option[] = "--help", *words[2] = { argc > 1 ? argv[1] : option, option };

    for (size_t i = 0; groups[i] != NULL; i++)
        if (strcmp(groups[i]->name, argv[0]) == 0)
            return run_group(groups[i], argc > 1 ? 2 : 1, words, env);
    (void)fprintf(stderr, "vitrine: there is no '%s'\n\n", argv[0]);
    print_help(stderr, groups);
    return VT_EXIT_USAGE;
}

int vt_cli_run(const struct vt_group *const groups[], int argc, char **argv,
               const struct vt_env *env)
{
    if (argc > 1 && strcmp(argv[1], "complete") == 0) {
        print_completions(groups, argc - 2, argv + 2);
        return VT_EXIT_OK;
    }
    if (argc > 1 && (strcmp(argv[1], "--version") == 0)) {
        (void)printf("vitrine " VT_VERSION "\n");
        return VT_EXIT_OK;
    }
    if (argc > 2 && strcmp(argv[1], "help") == 0)
        return run_help(groups, argc - 2, argv + 2, env);
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
                     strcmp(argv[1], "help") == 0)) {
        print_help(stdout, groups);
        return VT_EXIT_OK;
    }
    for (size_t i = 0; argc > 1 && groups[i] != NULL; i++)
        if (strcmp(groups[i]->name, argv[1]) == 0)
            return run_group(groups[i], argc - 2, argv + 2, env);
    if (argc > 1)
        (void)fprintf(stderr, "vitrine: there is no '%s'\n\n", argv[1]);
    print_help(stderr, groups);
    return VT_EXIT_USAGE;
}
