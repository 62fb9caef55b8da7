/* vitrine centre compare: do two Centres show the same? */
#include "centre/compare.h"
#include "centre/others.h"
#include "cli/centre_verbs.h"
#include "cli/trust.h"

const struct vt_option vt_cli_centre_compare_options[] = {
    { "trust", "FILE", "judge ledgers by this trust root; else by that of a folder", false,
      false },
    { "keep", "NAME", "A is our Centre's folder: remember B there under this name", false,
      false },
    { NULL, NULL, NULL, false, false },
};

/* ---- remembering ------------------------------------------------------------------------
 */

static bool remember_in(struct vt_disk *others, const char *name, const struct vt_side *of,
                        const json_t *differences, int64_t now_unix_s, json_t **out,
                        struct vt_error *err)
{
    VT_AUTO_JSON before = NULL;
    VT_AUTO_JSON next = NULL;
    size_t gone;

    if (!vt_disk_lock(others, err) || !vt_disk_sweep(others, "", err) ||
        !vt_other_read(others, name, &before, err) ||
        !vt_other_update(before, of->where, &of->digests, differences, now_unix_s, &next,
                         &gone, err) ||
        !vt_other_write(others, name, next, err))
        return false;
    *out = vt_other_gone(next);
    return true;
}

bool vt_cli_centre_remember(const char *folder, const char *name, const struct vt_side *of,
                            const json_t *differences, int64_t now_unix_s,
                            json_t **gone_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_disk *others;
    bool is_ok;

    if (!vt_disk_open(vt_arena_printf(arena, "%s/" VT_CENTRE_OTHERS, folder), true, &others,
                      err))
        return false;
    is_ok = remember_in(others, name, of, differences, now_unix_s, gone_out, err);
    vt_disk_close(others);
    return is_ok;
}

/* ---- saying -----------------------------------------------------------------------------
 */

static const char *text(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name));
}

static void say_digest(const char *where, const char *digest)
{
    if (digest != NULL)
        (void)printf("    %s  %s\n", digest, where);
}

static void say_gone(const json_t *gone)
{
    for (size_t i = 0; i < json_array_size(gone); i++) {
        const json_t *row = json_array_get(gone, i);

        (void)printf("taken back: %s: %s, %s\n    %s  seen there from %s, gone since %s\n",
                     text(row, "of"), text(row, "kind"), text(row, "name"),
                     text(row, "sha256"), text(row, "first"), text(row, "gone"));
    }
}

static void say_comparison(const struct vt_comparison *c, const char *first,
                           const char *second)
{
    for (size_t i = 0; i < json_array_size(c->differences); i++) {
        const json_t *row = json_array_get(c->differences, i);

        (void)printf("%s: %s\n", text(row, "kind"), text(row, "what"));
        say_digest(first, text(row, "first"));
        say_digest(second, text(row, "second"));
    }
    for (size_t i = 0; i < json_array_size(c->ledgers); i++) {
        const json_t *row = json_array_get(c->ledgers, i);

        (void)printf("one history: %s, %ju and %ju entries\n", text(row, "origin"),
                     (uintmax_t)json_integer_value(json_object_get(row, "first")),
                     (uintmax_t)json_integer_value(json_object_get(row, "second")));
    }
}

void vt_cli_centre_say(struct vt_args *args, const struct vt_comparison *c,
                       const char *first, const char *second, json_t *gone, json_t *more)
{
    bool is_ok = json_array_size(c->differences) == 0 && json_array_size(gone) == 0;

    if (vt_args_is_json(args)) {
        json_t *all =
            json_pack("{s:b,s:I,s:O,s:O,s:O}", "ok", is_ok, "equal", (json_int_t)c->equal,
                      "differences", c->differences, "ledgers", c->ledgers, "gone", gone);

        if (more != NULL)
            (void)json_object_update(all, more);
        vt_cli_print_json(all);
    } else {
        say_comparison(c, first, second);
        say_gone(gone);
        (void)printf("%s: %zu digests are the same%s\n", is_ok ? "equal" : "not equal",
                     c->equal, is_ok ? " on both" : "");
    }
    if (!is_ok)
        vt_args_exit(args, VT_EXIT_REFUSED);
}

static void say_problems(const struct vt_side *side)
{
    for (size_t i = 0; i < json_array_size(side->problems); i++)
        (void)fprintf(stderr, "mind: %s left out: %s\n", side->where,
                      json_string_value(json_array_get(side->problems, i)));
}

/* ---- comparing --------------------------------------------------------------------------
 */

static const struct vt_trust *choose_trust(struct vt_args *args, const struct vt_trust *own,
                                           struct vt_side sides[2], struct vt_error *err)
{
    if (own != NULL)
        return own;
    for (size_t i = 0; i < 2; i++)
        if (vt_side_trust(&sides[i]) != NULL)
            return vt_side_trust(&sides[i]);
    (void)!vt_args_misuse(args, err, "two URLs are compared by --trust FILE");
    return NULL;
}

static bool check_keep(struct vt_args *args, struct vt_error *err)
{
    const char *name = vt_args_get(args, "keep");

    if (name == NULL)
        return true;
    if (strstr(vt_args_operand(args, 0), "://") != NULL)
        return vt_args_misuse(args, err, "--keep remembers in a folder, and A is a URL");
    return vt_other_name_check(name, err);
}

bool vt_cli_centre_compare(struct vt_args *args, struct vt_error *err)
{
    const char *where[2] = { vt_args_operand(args, 0), vt_args_operand(args, 1) };
    const char *path = vt_args_get(args, "trust"), *keep = vt_args_get(args, "keep");
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    struct vt_side sides[2] = { { .where = NULL }, { .where = NULL } };
    VT_AUTO_COMPARISON comparison = { .equal = 0 };
    VT_AUTO_JSON gone = json_array();
    VT_AUTO_TRUST own = NULL;
    const struct vt_trust *trust;
    bool is_ok;

    is_ok = check_keep(args, err) && (path == NULL || vt_cli_trust_read(path, &own, err)) &&
            vt_side_open(where[0], now, &sides[0], err) &&
            vt_side_open(where[1], now, &sides[1], err) &&
            (trust = choose_trust(args, own, sides, err)) != NULL &&
            vt_centre_compare(&sides[0], &sides[1], trust, &comparison, err);
    if (is_ok && keep != NULL) {
        vt_json_clear(&gone);
        is_ok = vt_cli_centre_remember(where[0], keep, &sides[1], comparison.differences,
                                       now, &gone, err);
    }
    if (is_ok) {
        say_problems(&sides[0]);
        say_problems(&sides[1]);
        vt_cli_centre_say(args, &comparison, where[0], where[1], gone, NULL);
    }
    vt_side_close(&sides[0]);
    vt_side_close(&sides[1]);
    return is_ok;
}
