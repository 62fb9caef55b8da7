/* vitrine centre unreviewed: which lines of a release stand in no source that reviewers
 * accepted. */
#include "centre/centre.h"
#include "centre/unreviewed.h"
#include "cli/centre_verbs.h"
#include "cli/trust.h"
#include "evidence/field.h"
#include "release/reviews.h"

const struct vt_option vt_cli_centre_unreviewed_options[] = {
    { "dir", "DIR", "the Centre's folder", true, false },
    { NULL, NULL, NULL, false, false },
};

/* An accepted source; the newest ones, in order of sequence. */
struct accepted {
    char version[VT_NAME_PART_MAX + 1];
    vt_hash source;
    uint64_t sequence;
};

struct looking {
    const char *product, *version;
    struct vt_disk *library;
    struct accepted rows[VT_UNREVIEWED_BASES_MAX];
    size_t count;
    vt_hash source; /* of the release that is asked about */
    bool is_known;
};

static void take_accepted(struct looking *l, const struct accepted *row)
{
    size_t at = l->count;

    if (l->count == VT_UNREVIEWED_BASES_MAX) {
        if (row->sequence < l->rows[0].sequence)
            return;
        memmove(&l->rows[0], &l->rows[1], (l->count - 1) * sizeof l->rows[0]);
        at = --l->count;
    }
    for (; at > 0 && l->rows[at - 1].sequence > row->sequence; at--)
        l->rows[at] = l->rows[at - 1];
    l->rows[at] = *row;
    l->count++;
}

/* A release whose source is not in the library cannot be looked at. */
static bool take_docket(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct looking *l = context;
    struct accepted row = { .sequence = 0 };
    struct vt_error ignored = { 0 };
    vt_hash shelved;

    (void)err;
    if (strcmp(docket->product, l->product) != 0 || docket->draft == NULL)
        return true;
    row.source = vt_field_hash(docket->draft->envelope.statement.predicate, "source");
    row.sequence = vt_field_number(docket->draft->envelope.statement.predicate, "sequence");
    (void)snprintf(row.version, sizeof row.version, "%s", docket->version);
    if (strcmp(docket->version, l->version) == 0) {
        l->source = row.source;
        l->is_known = true;
    }
    if (vt_review_count(docket, VT_WORD_ACCEPTS) != 0 &&
        vt_library_find(l->library, vt_slice_from_cstr(docket->product),
                        vt_slice_from_cstr(docket->version), &shelved, &ignored) &&
        vt_hash_equal(&shelved, &row.source))
        take_accepted(l, &row);
    return true;
}

static bool look(struct looking *l, const char *dir, int64_t now, struct vt_arena *arena,
                 struct vt_error *err)
{
    VT_AUTO_DESK desk = { 0 };
    VT_AUTO_TRUST trust = NULL;

    if (!vt_cli_trust_read(vt_arena_printf(arena, "%s/" VT_CENTRE_TRUST, dir), &trust,
                           err) ||
        !vt_desk_open(vt_arena_printf(arena, "%s/" VT_CENTRE_DESK, dir), false, &desk,
                      err) ||
        !vt_disk_open(vt_arena_printf(arena, "%s/" VT_CENTRE_LIBRARY, dir), false,
                      &l->library, err) ||
        !vt_desk_each(&desk, trust, now, take_docket, l, err))
        return false;
    return l->is_known || vt_fail(err, VT_ABSENT, "the desk has no draft of %s %s",
                                  l->product, l->version);
}

/* ---- the answer -------------------------------------------------------------------------
 */

static void print_row(const json_t *row)
{
    const json_t *ranges = json_object_get(row, "lines");

    VT_AUTO_ARENA arena = vt_arena_new();
    char *path =
        vt_arena_printf(arena, "%s", json_string_value(json_object_get(row, "path")));

    vt_text_make_printable(path, false);
    (void)printf("%s:", path);
    if (json_is_true(json_object_get(row, "is_whole")))
        (void)printf(" all of it");
    else
        for (size_t i = 0; i < json_array_size(ranges); i++) {
            const json_t *range = json_array_get(ranges, i);
            json_int_t from = json_integer_value(json_array_get(range, 0)),
                       count = json_integer_value(json_array_get(range, 1));

            if (count == 1)
                (void)printf(" %jd", (intmax_t)from);
            else
                (void)printf(" %jd-%jd", (intmax_t)from, (intmax_t)(from + count - 1));
        }
    (void)printf("\n");
}

static void print_all(struct vt_args *args, const struct looking *l, json_t *files,
                      uint64_t lines)
{
    json_t *bases = json_array();

    for (size_t i = 0; i < l->count; i++)
        (void)json_array_append_new(bases, json_string(l->rows[i].version));
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack("{s:b,s:o,s:o,s:O,s:I}", "ok",
                                    json_array_size(files) == 0, "source",
                                    vt_field_of_hash(&l->source), "accepted", bases,
                                    "files", files, "lines", (json_int_t)lines));
        return;
    }
    for (size_t i = 0; i < json_array_size(files); i++)
        print_row(json_array_get(files, i));
    (void)printf(
        "%ju line%s in %zu file%s that no accepted source has; accepted:", (uintmax_t)lines,
        vt_plural(lines), json_array_size(files), vt_plural(json_array_size(files)));
    for (size_t i = 0; i < l->count; i++)
        (void)printf(" %s", l->rows[i].version);
    (void)printf("%s\n", l->count == 0 ? " none" : "");
    json_decref(bases);
}

static bool judge(const struct vt_library *source, const struct vt_library *const bases[],
                  size_t count, json_t *files, uint64_t *lines, struct vt_error *err)
{
    uint32_t from = 0;
    bool is_more = true;

    while (is_more) {
        VT_AUTO_JSON answer = NULL;

        if (!vt_unreviewed_run(source, bases, count, from, &answer, err))
            return false;
        (void)json_array_extend(files, json_object_get(answer, "files"));
        *lines += vt_field_number(answer, "lines");
        is_more = vt_json_has(answer, "next");
        from = (uint32_t)vt_field_number(answer, "next"); /* below the count of files */
    }
    return true;
}

static bool open_and_judge(const struct looking *l, json_t *files, uint64_t *lines,
                           struct vt_error *err)
{
    struct vt_library source, opened[VT_UNREVIEWED_BASES_MAX];
    const struct vt_library *bases[VT_UNREVIEWED_BASES_MAX];
    size_t count = 0;
    bool is_ok;

    if (!vt_library_open(l->library, &l->source, &source, err))
        return err->code == VT_ABSENT
                   ? vt_fail(err, VT_ABSENT,
                             "the library lacks %s %s: vitrine centre import", l->product,
                             l->version)
                   : false;
    for (is_ok = true; is_ok && count < l->count; count += is_ok) {
        is_ok = vt_library_open(l->library, &l->rows[count].source, &opened[count], err);
        bases[count] = &opened[count];
    }
    is_ok = is_ok && judge(&source, bases, count, files, lines, err);
    while (count > 0)
        vt_library_close(&opened[--count]);
    vt_library_close(&source);
    return is_ok;
}

bool vt_cli_centre_unreviewed(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_JSON files = json_array();
    struct looking l = { .product = vt_args_operand(args, 0),
                         .version = vt_args_operand(args, 1) };
    uint64_t lines = 0;
    bool is_ok = vt_name_verify_part(l.product, err) &&
                 vt_name_verify_part(l.version, err) &&
                 look(&l, vt_args_get(args, "dir"), vt_env_now_unix_s(vt_args_env(args)),
                      arena, err) &&
                 open_and_judge(&l, files, &lines, err);

    if (is_ok)
        print_all(args, &l, files, lines);
    if (is_ok && json_array_size(files) != 0)
        vt_args_exit(args, VT_EXIT_REFUSED);
    vt_disk_close(l.library);
    return is_ok;
}
