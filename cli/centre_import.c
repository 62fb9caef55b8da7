/* vitrine centre import: the source of releases on the desk, into the Centre's library. */
#include "centre/centre.h"
#include "centre/shelve.h"
#include "cli/centre_verbs.h"
#include "cli/trust.h"
#include "evidence/field.h"

const struct vt_option vt_cli_centre_import_options[] = {
    { "dir", "DIR", "the Centre's folder", true, false },
    { NULL, NULL, NULL, false, false },
};

struct importing {
    struct vt_args *args;
    struct vt_disk *library;
    json_t *rows;
    size_t failures;
};

static void say(const struct vt_shelved *s)
{
    char hex[65];

    vt_hash_text(&s->digest, hex);
    if (!s->is_new)
        (void)printf("%s %s: was there%s, %s\n", s->product, s->version,
                     s->definitions != 0 ? ", definitions added" : "", hex);
    else
        (void)printf("%s %s: %ju files, %ju lines, %ju definitions, %s\n", s->product,
                     s->version, (uintmax_t)s->files, (uintmax_t)s->lines,
                     (uintmax_t)s->definitions, hex);
    if (s->has_no_definitions)
        (void)fprintf(stderr, "mind: %s %s has no definitions: %s\n", s->product,
                      s->version, s->why.message);
}

static json_t *row_of(const struct vt_shelved *s)
{
    return json_pack("{s:s,s:s,s:o,s:b,s:I,s:I,s:I}", "product", s->product, "version",
                     s->version, "source", vt_field_of_hash(&s->digest), "is_new",
                     s->is_new, "files", (json_int_t)s->files, "lines",
                     (json_int_t)s->lines, "definitions", (json_int_t)s->definitions);
}

/* One that cannot be taken hides no other; that a copy of a desk lacks a source is no
 * failure. */
static bool import_one(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct importing *i = context;
    struct vt_shelved shelved;
    struct vt_error why = { 0 };

    if (!vt_shelve(i->library, docket, &shelved, &why)) {
        if (why.code == VT_IO) {
            *err = why;
            return false;
        }
        (void)fprintf(stderr, "%s: %s\n", why.code == VT_ABSENT ? "mind" : "vitrine",
                      why.message);
        i->failures += why.code != VT_ABSENT;
        return true;
    }
    if (vt_args_is_json(i->args))
        (void)json_array_append_new(i->rows, row_of(&shelved));
    else
        say(&shelved);
    return true;
}

static bool import_all(struct importing *i, const char *dir, struct vt_arena *arena,
                       struct vt_error *err)
{
    int64_t now = vt_env_now_unix_s(vt_args_env(i->args));
    VT_AUTO_DESK desk = { 0 };
    VT_AUTO_TRUST trust = NULL;

    return vt_cli_trust_read(vt_arena_printf(arena, "%s/" VT_CENTRE_TRUST, dir), &trust,
                             err) &&
           vt_desk_open(vt_arena_printf(arena, "%s/" VT_CENTRE_DESK, dir), false, &desk,
                        err) &&
           vt_disk_open(vt_arena_printf(arena, "%s/" VT_CENTRE_LIBRARY, dir), true,
                        &i->library, err) &&
           vt_disk_lock(i->library, err) && vt_disk_sweep(i->library, "", err) &&
           vt_desk_each(&desk, trust, now, import_one, i, err);
}

bool vt_cli_centre_import(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct importing i = { .args = args, .rows = json_array() };
    bool is_ok = import_all(&i, vt_args_get(args, "dir"), arena, err);

    if (is_ok && vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:O,s:I}", "ok", i.failures == 0, "releases",
                                    i.rows, "failures", (json_int_t)i.failures));
    if (is_ok && i.failures != 0)
        vt_args_exit(args, VT_EXIT_REFUSED);
    vt_disk_close(i.library);
    json_decref(i.rows);
    return is_ok;
}
