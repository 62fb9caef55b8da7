/* vitrine client consent: two switches. */
#include "cli/client.h"
#include "cli/files.h"

const struct vt_option vt_cli_client_consent_options[] = {
    VT_OPTION_HOME,
    { NULL, NULL, NULL, false, false },
};

static const char *const MEANING[VT_CONSENT_SWITCHES] = {
    [VT_CONSENT_ASK] = "questions about reputations may leave this machine",
    [VT_CONSENT_SUBMIT] = "files and reports may leave this machine",
};

static void print_consent(struct vt_args *args, const struct vt_consent *consent)
{
    json_t *all = vt_args_is_json(args) ? json_pack("{s:b}", "ok", 1) : NULL;

    for (unsigned i = 0; i < VT_CONSENT_SWITCHES; i++) {
        const char *name = vt_consent_name((enum vt_consent_switch)i);
        bool is_on = consent->switches[i].is_on, is_chosen = consent->switches[i].is_chosen;
        char since[VT_TIME_TEXT_BYTES];

        vt_time_write(consent->switches[i].since_unix_s, since);
        if (all == NULL)
            (void)printf("%-7s %-4s%s%s  (%s)\n", name, is_on ? "on" : "off",
                         is_chosen ? "since " : "until you choose", is_chosen ? since : "",
                         MEANING[i]);
        else if (is_chosen)
            (void)json_object_set_new(all, name,
                                      json_pack("{s:b,s:s}", "on", is_on, "since", since));
        else
            (void)json_object_set_new(all, name, json_pack("{s:b}", "on", 0));
    }
    if (all != NULL)
        vt_cli_print_json(all);
}

static bool show(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_HOME home = NULL;
    struct vt_consent consent = { 0 };
    char path[VT_CLI_PATH_BYTES];

    if (!vt_cli_home_path(args, path, err) ||
        (vt_path_exists(path) && !vt_cli_home_read(args, &home, err)) ||
        (home != NULL && !vt_consent_read(home, &consent, err)))
        return false;
    print_consent(args, &consent);
    return true;
}

static bool turn(struct vt_args *args, enum vt_consent_switch which, bool is_on,
                 struct vt_error *err)
{
    VT_AUTO_HOME home = NULL;
    struct vt_consent consent;

    if (!vt_cli_home_open(args, &home, err) ||
        !vt_consent_turn(home, which, is_on, vt_env_now_unix_s(vt_args_env(args)), err) ||
        !vt_consent_read(home, &consent, err))
        return false;
    print_consent(args, &consent);
    if (which == VT_CONSENT_SUBMIT && !is_on && !vt_args_is_json(args))
        (void)printf("What was sent is not erased by this: `vitrine client withdraw` asks "
                     "for that.\nReports that were counted hold no name and stay in the "
                     "counts.\n");
    return true;
}

bool vt_cli_client_consent(struct vt_args *args, struct vt_error *err)
{
    const char *what = vt_args_operand(args, 0), *to = vt_args_operand(args, 1);
    enum vt_consent_switch which;

    if (strcmp(what, "show") == 0 && to == NULL)
        return show(args, err);
    if (!vt_consent_of(vt_slice_from_cstr(what), &which) || to == NULL ||
        (strcmp(to, "on") != 0 && strcmp(to, "off") != 0))
        return vt_args_misuse(args, err, "say show, or ask or submit with on or off");
    return turn(args, which, strcmp(to, "on") == 0, err);
}
