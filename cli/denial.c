/* vitrine denial: what the supervisor was refused. */
#include "custody/denial.h"
#include "cli/desk.h"
#include "cli/groups.h"
#include "cli/supervision.h"
#include "evidence/field.h"

static const struct vt_option record_options[] = {
    { "of", "HOLDER", "who refused it", true, false },
    { "asked", "TEXT", "what you asked for", true, false },
    { "asked-at", "TIME", "when you asked", true, false },
    { "refused-at", "TIME", "when it was refused; else now", false, false },
    { "reason", "TEXT", "the reason that was given; else none was", false, false },
    { "product", "NAME", "of which product", false, false },
    VT_OPTIONS_SAY,
    VT_OPTIONS_END,
};

static bool run_record(struct vt_args *args, struct vt_error *err)
{
    static const char *const texts[] = { "of", "asked", "reason", "product", NULL };
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    struct vt_saying saying = { .type = VT_DENIAL };
    char asked[VT_TIME_TEXT_BYTES], refused[VT_TIME_TEXT_BYTES];
    const char *reason = vt_args_get(args, "reason");

    if (!vt_supervision_texts(args, texts, err) ||
        !vt_cli_time(args, "asked-at", 0, asked, err) ||
        !vt_supervision_open(args, VT_DENIAL, &call, err) ||
        !vt_cli_time(args, "refused-at", call.now_unix_s, refused, err))
        return false;
    saying.predicate =
        json_pack("{s:s,s:s,s:s,s:s,s:s}", "of", vt_args_get(args, "of"), "asked",
                  vt_args_get(args, "asked"), "asked_at", asked, "refused_at", refused,
                  "reason", reason != NULL ? reason : "");
    if (vt_args_has(args, "product"))
        (void)json_object_set_new(saying.predicate, "product",
                                  json_string(vt_args_get(args, "product")));
    return vt_supervision_say(args, &call, &saying, "recorded", err);
}

/* ---- list -------------------------------------------------------------------------------
 */

static const struct vt_option read_options[] = { VT_OPTIONS_READ, VT_OPTIONS_END };

static void print_row(const json_t *row)
{
    const json_t *said = json_object_get(row, "said");
    vt_slice reason = vt_field_text(row, "reason");

    (void)printf("%.10s  %.*s refused %.*s: %.*s (%s",
                 (const char *)vt_field_text(row, "refused_at").data,
                 VT_SLICE_ARGS(vt_field_text(row, "of")),
                 VT_SLICE_ARGS(vt_field_text(said, "holder")),
                 VT_SLICE_ARGS(vt_field_text(row, "asked")),
                 reason.len != 0 ? "reason: " : "no reason given");
    vt_supervision_words(reason);
    (void)printf("; asked on %.10s; entry %ju)\n",
                 (const char *)vt_field_text(row, "asked_at").data,
                 (uintmax_t)vt_field_number(said, "index"));
}

static bool run_list(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_SUPERVISION call = { .now_unix_s = 0 };
    struct vt_strays strays = { .count = 0 };
    VT_AUTO_JSON rows = NULL;

    if (!vt_supervision_read(args, &call, err))
        return false;
    rows = vt_denials_json(call.story, call.now_unix_s, &strays);
    if (vt_args_is_json(args)) {
        vt_supervision_print(&call, true, "denials", json_incref(rows), &strays);
    } else {
        for (size_t i = 0; i < json_array_size(rows); i++)
            print_row(json_array_get(rows, i));
        (void)printf("%zu denial%s\n", json_array_size(rows),
                     vt_plural(json_array_size(rows)));
        vt_supervision_close(&call, &strays);
    }
    vt_strays_clear(&strays);
    return true;
}

static const struct vt_verb verbs[] = {
    { "record", NULL, 0, 0, "put on the ledger that you were refused something",
      "By the supervisor, who needs nobody's leave for it.", record_options, run_record },
    { "list", NULL, 0, 0, "what the supervisor was refused, the newest first",
      "Reads the whole ledger, so that nothing can be left out.", read_options, run_list },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_denial = {
    "denial",
    "what the supervisor was refused",
    verbs,
};
