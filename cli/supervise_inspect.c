/* What a release is, and what changed since the one before it. */
#include "cli/release.h"
#include "evidence/field.h"
#include "release/gaps.h"
#include "release/materials.h"
#include "release/reviews.h"

const struct vt_option vt_cli_supervise_inspect_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    VT_OPTION_POLICY,
    VT_OPTIONS_END,
};

static const json_t *draft_of(const struct vt_docket *docket)
{
    return docket->draft->envelope.statement.predicate;
}

/* ---- the release before -----------------------------------------------------------------
 */

struct before {
    const struct vt_docket *of;
    char version[160];
    uint64_t sequence;
};

static bool is_before(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct before *b = context;
    uint64_t sequence, ours = vt_field_number(draft_of(b->of), "sequence");

    (void)err;
    if (docket->draft == NULL || !docket->is_published ||
        strcmp(docket->product, b->of->product) != 0 ||
        !json_equal(json_object_get(draft_of(docket), "channel"),
                    json_object_get(draft_of(b->of), "channel")))
        return true;
    sequence = vt_field_number(draft_of(docket), "sequence");
    if (sequence < ours && sequence > b->sequence) {
        b->sequence = sequence;
        (void)snprintf(b->version, sizeof b->version, "%s", docket->version);
    }
    return true;
}

/* The newest published one with a lower number; *out stays NULL if there is none. */
static bool open_before(struct vt_desk_call *call, struct vt_docket **out,
                        struct vt_error *err)
{
    struct before before = { .of = call->docket };

    if (!vt_desk_each(&call->desk, call->trust, call->now_unix_s, is_before, &before, err))
        return false;
    return before.sequence == 0 ||
           vt_docket_open(&call->desk, call->trust, call->docket->product, before.version,
                          call->now_unix_s, out, err);
}

/* ---- what changed -----------------------------------------------------------------------
 */

static void compare_field(const struct vt_docket *now, const struct vt_docket *then,
                          const char *name, json_t *changed)
{
    if (!json_equal(json_object_get(draft_of(now), name),
                    json_object_get(draft_of(then), name)))
        (void)json_array_append_new(changed, json_string(name));
}

static json_t *package_text(const struct vt_lock_package *package, const char *was)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    return json_string(
        was != NULL
            ? vt_arena_printf(arena, "%s %s -> %s", package->name, was, package->version)
            : vt_arena_printf(arena, "%s %s", package->name, package->version));
}

/* {"added", "removed", "changed"}: packages of the environment. */
static json_t *compare_locks(const struct vt_lock *now, const struct vt_lock *then)
{
    json_t *added = json_array(), *removed = json_array(), *changed = json_array();

    for (size_t i = 0; i < now->package_count; i++) {
        const struct vt_lock_package *package = &now->packages[i];
        const struct vt_lock_package *was = vt_lock_find(then, package->name);

        if (was == NULL)
            (void)json_array_append_new(added, package_text(package, NULL));
        else if (!vt_hash_equal(&was->hash, &package->hash))
            (void)json_array_append_new(changed, package_text(package, was->version));
    }
    for (size_t i = 0; i < then->package_count; i++)
        if (vt_lock_find(now, then->packages[i].name) == NULL)
            (void)json_array_append_new(removed, package_text(&then->packages[i], NULL));
    return json_pack("{s:o,s:o,s:o}", "added", added, "removed", removed, "changed",
                     changed);
}

static bool compare_with(const struct vt_docket *now, const struct vt_docket *then,
                         json_t *out, struct vt_error *err)
{
    static const char *const names[] = { "source", "recipe", "lock", "environment",
                                         "kind" };
    VT_AUTO_LOCK our_lock = NULL;
    VT_AUTO_LOCK their_lock = NULL;
    json_t *changed = json_array();

    (void)json_object_set_new(out, "changed", changed);
    (void)json_object_set_new(out, "since", json_string(then->version));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        compare_field(now, then, names[i], changed);
    if (!vt_materials_lock(now, &our_lock, err) ||
        !vt_materials_lock(then, &their_lock, err))
        return false;
    (void)json_object_set_new(out, "packages", compare_locks(our_lock, their_lock));
    return true;
}

/* ---- telling ----------------------------------------------------------------------------
 */

/* Of a rejection, also of one that a later draft left behind; NULL: of nothing else. */
static json_t *reason_of(const struct vt_item *item)
{
    return item->envelope.statement.type == VT_REJECTION
               ? json_object_get(item->envelope.statement.predicate, "reason")
               : NULL;
}

static json_t *statements_json(const struct vt_docket *docket)
{
    json_t *list = json_array();

    for (size_t i = 0; i < docket->item_count; i++) {
        char hex[65];

        vt_hash_text(&docket->items[i].envelope.digest, hex);
        (void)json_array_append_new(
            list, json_pack("{s:s,s:s,s:b,s:s,s:O*}", "type",
                            vt_predicate_name(docket->items[i].envelope.statement.type),
                            "sha256", hex, "valid", docket->items[i].is_valid, "standing",
                            vt_item_standing(docket, &docket->items[i]), "reason",
                            reason_of(&docket->items[i])));
    }
    return list;
}

static void print_list(const json_t *packages, const char *name, const char *sign)
{
    const json_t *list = json_object_get(packages, name);

    for (size_t i = 0; i < json_array_size(list); i++)
        (void)printf("    %s %s\n", sign, json_string_value(json_array_get(list, i)));
}

static void print_change(const json_t *answer)
{
    const json_t *changed = json_object_get(answer, "changed");
    const json_t *packages = json_object_get(answer, "packages");

    if (changed == NULL) {
        (void)printf("the first release of its channel\n");
        return;
    }
    (void)printf("since %s:", json_string_value(json_object_get(answer, "since")));
    for (size_t i = 0; i < json_array_size(changed); i++)
        (void)printf(" %s", json_string_value(json_array_get(changed, i)));
    (void)printf(json_array_size(changed) == 0 ? " nothing changed\n" : " changed\n");
    print_list(packages, "added", "+");
    print_list(packages, "removed", "-");
    print_list(packages, "changed", "*");
}

static void print_statement(const json_t *row)
{
    const char *reason = json_string_value(json_object_get(row, "reason"));
    VT_AUTO_ARENA arena = vt_arena_new();
    char *text = vt_arena_printf(arena, "%s", reason != NULL ? reason : "");

    vt_text_make_printable(text, false);
    (void)printf("  %-12s %.16s...  %s%s%s\n",
                 json_string_value(json_object_get(row, "type")),
                 json_string_value(json_object_get(row, "sha256")),
                 json_string_value(json_object_get(row, "standing")),
                 reason != NULL ? ": " : "", text);
}

static void print_answer(const struct vt_docket *docket, const json_t *answer)
{
    static const char *const names[] = { "source", "recipe", "lock", "environment" };
    const json_t *rows = json_object_get(answer, "statements");
    const json_t *documents = json_object_get(draft_of(docket), "documents");

    (void)printf("%s %s, number %ju of channel %.*s, %.*s\n", docket->product,
                 docket->version, (uintmax_t)vt_field_number(draft_of(docket), "sequence"),
                 VT_SLICE_ARGS(vt_field_text(draft_of(docket), "channel")),
                 VT_SLICE_ARGS(vt_field_text(draft_of(docket), "kind")));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)printf("  %-12s %.*s\n", names[i],
                     VT_SLICE_ARGS(vt_field_text(draft_of(docket), names[i])));
    for (size_t i = 0; i < json_array_size(documents); i++)
        (void)printf("  document     %.*s\n",
                     VT_SLICE_ARGS(vt_field_text(json_array_get(documents, i), "name")));
    print_change(answer);
    (void)printf("statements on the desk:\n");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        print_statement(row);
    }
}

bool vt_cli_supervise_inspect(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_DOCKET then = NULL;
    VT_AUTO_JSON answer = NULL;

    if (!vt_desk_call_begin(args, true, false, &call, err) ||
        !vt_desk_call_docket(args, &call, err))
        return false;
    if (call.docket->draft == NULL)
        return vt_fail(err, VT_REJECTED, "%s %s: no draft signed by the vendor",
                       call.docket->product, call.docket->version);
    if (!open_before(&call, &then, err))
        return false;
    answer = json_pack("{s:b,s:s,s:s,s:O,s:o}", "ok", 1, "product", call.docket->product,
                       "version", call.docket->version, "draft", draft_of(call.docket),
                       "statements", statements_json(call.docket));
    if (then != NULL && !compare_with(call.docket, then, answer, err))
        return false;
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_incref(answer));
        return true;
    }
    print_answer(call.docket, answer);
    (void)printf("\n");
    return vt_cli_status_print(args, &call, NULL, err);
}
