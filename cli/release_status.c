/* Who waits for whom: the same answer for every party. */
#include "cli/release.h"
#include "evidence/field.h"
#include "release/next_list.h"

struct listing {
    struct vt_args *args;
    struct vt_desk_call *call;
    const char *for_role; /* NULL: all */
    json_t *rows;         /* NULL: print */
    size_t count;
    bool is_waiting; /* one of them, for somebody */
};

static bool concerns(const struct vt_standing *standing, const char *role)
{
    for (size_t i = 0; i < standing->gap_count; i++)
        if (strcmp(standing->gaps[i].who, role) == 0)
            return true;
    return false;
}

static json_t *gap_json(const struct vt_gap *gap)
{
    char since[VT_TIME_TEXT_BYTES];
    json_t *row =
        json_pack("{s:s,s:o,s:s}", "who", gap->who, "missing",
                  vt_cli_json_text(vt_slice_from_cstr(gap->missing)), "how", gap->how);

    vt_time_write(gap->since_unix_s, since);
    if (gap->since_unix_s != 0)
        (void)json_object_set_new(row, "since", json_string(since));
    return row;
}

static json_t *standing_json(const struct vt_docket *docket,
                             const struct vt_standing *standing)
{
    json_t *gaps = json_array();

    for (size_t i = 0; i < standing->gap_count; i++)
        (void)json_array_append_new(gaps, gap_json(&standing->gaps[i]));
    return json_pack("{s:s,s:s,s:s,s:I,s:I,s:o}", "product", docket->product, "version",
                     docket->version, "state", vt_release_state_name(standing->state),
                     "accepting", (json_int_t)standing->reviews, "refusing",
                     (json_int_t)standing->refusals, "waits_for", gaps);
}

/* One line a release: its state, and the first who must act. */
static void print_row(struct listing *l, const struct vt_docket *docket,
                      const struct vt_standing *standing)
{
    const struct vt_gap *gap = standing->gap_count > 0 ? &standing->gaps[0] : NULL;
    char age[32] = "-";

    for (size_t i = 0; l->for_role != NULL && i < standing->gap_count; i++)
        if (strcmp(standing->gaps[i].who, l->for_role) == 0) {
            gap = &standing->gaps[i];
            break;
        }
    if (gap != NULL)
        vt_cli_age(gap->since_unix_s, l->call->now_unix_s, age);
    if (l->count == 0)
        (void)printf("%-20s %-20s %-14s %-11s %-7s %s\n", "product", "version", "state",
                     "waits for", "since", "what");
    (void)printf("%-20s %-20s %-14s %-11s %-7s %s\n", docket->product, docket->version,
                 vt_release_state_name(standing->state), gap != NULL ? gap->who : "nobody",
                 age, gap != NULL ? gap->missing : "-");
}

static bool list_one(void *context, struct vt_docket *docket, struct vt_error *err)
{
    struct listing *l = context;
    VT_AUTO_FREE struct vt_standing *standing = vt_alloc(sizeof *standing);

    if (!vt_release_stand(docket, &l->call->demands, l->call->now_unix_s, standing, err))
        return false;
    if (l->for_role != NULL && !concerns(standing, l->for_role))
        return true;
    if (l->rows != NULL)
        (void)json_array_append_new(l->rows, standing_json(docket, standing));
    else
        print_row(l, docket, standing);
    l->count++;
    l->is_waiting = l->is_waiting || standing->gap_count > 0;
    return true;
}

static void print_details(const struct vt_desk_call *call,
                          const struct vt_standing *standing)
{
    const struct vt_docket *docket = call->docket;

    (void)printf("%s %s: %s\n", docket->product, docket->version,
                 vt_release_state_name(standing->state));
    (void)printf("reviews of its source: %zu accept, %zu refuse%s\n", standing->reviews,
                 standing->refusals,
                 standing->refusals > 0 ? " (see `vitrine review list`)" : "");
    for (size_t i = 0; i < standing->gap_count; i++) {
        const struct vt_gap *gap = &standing->gaps[i];
        char age[32];

        vt_cli_age(gap->since_unix_s, call->now_unix_s, age);
        (void)printf("waits for the %s, since %s: %s\n    %s\n", gap->who, age,
                     gap->missing, gap->how);
    }
    if (standing->gap_count == 0)
        (void)printf("waits for nobody\n");
}

static bool print_one(struct vt_args *args, struct vt_desk_call *call, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_standing *standing = vt_alloc(sizeof *standing);

    if (!vt_desk_call_docket(args, call, err) ||
        !vt_release_stand(call->docket, &call->demands, call->now_unix_s, standing, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:o}", "ok", 1, "release",
                                    standing_json(call->docket, standing)));
    else
        print_details(call, standing);
    return true;
}

/* ---- a half-signed list of withdrawals --------------------------------------------------
 */

static json_t *pending_json(const struct vt_pending_list *list)
{
    char since[VT_TIME_TEXT_BYTES];
    json_t *row;

    vt_time_write(list->since_unix_s, since);
    row = json_pack("{s:I,s:s,s:s*,s:s,s:s}", "list", (json_int_t)list->version, "change",
                    list->product != NULL ? "withdraw" : "renew", "who", list->waits, "how",
                    list->how, "since", since);
    if (list->product != NULL)
        (void)json_object_update_new(row, json_pack("{s:s,s:s}", "product", list->product,
                                                    "version", list->release));
    return row;
}

static void print_pending(const struct vt_pending_list *list, int64_t now_unix_s)
{
    char age[32];

    vt_cli_age(list->since_unix_s, now_unix_s, age);
    (void)printf("list of withdrawals %ju, which ", (uintmax_t)list->version);
    if (list->product != NULL)
        (void)printf("withdraws %s %s, ", list->product, list->release);
    else
        (void)printf("renews the one before, ");
    if (list->waits != NULL)
        (void)printf("waits for the %s, since %s\n    %s\n", list->waits, age, list->how);
    else
        (void)printf("is %s, since %s\n    %s\n",
                     list->is_logged ? "on the ledger and not shown in the public folder"
                                     : "signed by both and not logged",
                     age, list->how);
}

/* The list that waits, if it concerns the role; version 0 if not. */
static bool find_pending(struct vt_desk_call *call, struct vt_arena *arena,
                         const char *for_role, struct vt_pending_list *out,
                         struct vt_error *err)
{
    if (!vt_next_list_look(&call->desk, call->trust, call->now_unix_s, arena, out, err))
        return false;
    if (out->waits != NULL && for_role != NULL && strcmp(out->waits, for_role) != 0)
        out->version = 0;
    return true;
}

bool vt_cli_status_print(struct vt_args *args, struct vt_desk_call *call,
                         const char *for_role, struct vt_error *err)
{
    struct listing l = { .args = args, .call = call, .for_role = for_role };
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_JSON answer = json_pack("{s:b,s:[]}", "ok", 1, "releases");
    struct vt_pending_list list;

    if (vt_args_operand_count(args) == 2)
        return print_one(args, call, err);
    if (vt_args_is_json(args))
        l.rows = json_object_get(answer, "releases");
    if (!find_pending(call, arena, for_role, &list, err) ||
        !vt_desk_each(&call->desk, call->trust, call->now_unix_s, list_one, &l, err))
        return false;
    if (l.rows != NULL && list.version != 0)
        (void)json_object_set_new(answer, "list_waits", pending_json(&list));
    if (l.rows != NULL)
        vt_cli_print_json(json_incref(answer));
    else if (list.version != 0)
        print_pending(&list, call->now_unix_s);
    if (l.rows == NULL && l.is_waiting)
        (void)printf(
            "with which command one goes on: vitrine release status PRODUCT VERSION "
            "--desk %s --trust %s\n",
            call->desk.path, call->desk.trust);
    if (l.rows == NULL && list.version == 0 && l.count == 0)
        (void)printf("nothing waits%s%s\n", for_role != NULL ? " for the " : "",
                     for_role != NULL ? for_role : "");
    return true;
}
