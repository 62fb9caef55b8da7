/* vitrine client init: keep what a person would else say each time, once it was tried. */
#include "cell/client_settings.h"
#include "cell/decide.h"
#include "cli/cell_policy.h"
#include "cli/client.h"
#include "cli/trust.h"

#define HELP_SETTING(name, value, help)                                                    \
    {                                                                                      \
        name, value, help, false, false                                                    \
    }

const struct vt_option vt_cli_client_init_options[] = {
    VT_OPTION_HOME,
    { "trust", "PATH", "the trust root, a file or a pinned folder", true, false },
    HELP_SETTING("country", "CC", "where you are: decides which cell is yours"),
    HELP_SETTING("policy", "FILE", "which cell is whose: a policy of residency"),
    HELP_SETTING("proof", "FILE", "its proof; else FILE.tlog-proof beside the policy"),
    HELP_SETTING("cell", "NAME", "the cell, where no policy says it"),
    HELP_SETTING("from", "URL", "where it publishes, if not where the policy says"),
    HELP_SETTING("jurisdiction", "CODE", "without a policy: where your data belongs"),
    HELP_SETTING("max-age", "TIME", "how old a head may be; else 24h"),
    HELP_SETTING("collection-delay", "TIME",
                 "how long what it asks for must have been public; else 24h"),
    HELP_SETTING("rules", "FILE", "a rule database, for scan"),
    { NULL, NULL, NULL, false, false },
};

static const enum vt_client_setting PATHS[] = { VT_SETTING_TRUST, VT_SETTING_POLICY,
                                                VT_SETTING_PROOF, VT_SETTING_RULES };

/* From wherever it is called later, a path must lead to the same place. */
static bool make_absolute(struct vt_client_settings *settings, struct vt_error *err)
{
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        char *given = settings->values[PATHS[i]], *whole;

        if (given == NULL)
            continue;
        whole = realpath(given, NULL);
        if (whole == NULL)
            return vt_fail(err, VT_IO, "%s: %s", given, strerror(errno));
        free(given);
        settings->values[PATHS[i]] = whole;
    }
    return true;
}

static bool take_options(struct vt_args *args, struct vt_client_settings *out,
                         struct vt_error *err)
{
    static const enum vt_client_setting times[] = { VT_SETTING_MAX_AGE,
                                                    VT_SETTING_COLLECTION_DELAY };
    int64_t ignored;

    for (size_t i = 0; i < 2; i++)
        if (!vt_args_duration(args, vt_client_setting_name(times[i]), 0, &ignored, err))
            return false;
    for (unsigned i = 0; i < VT_SETTINGS; i++) {
        const char *text =
            vt_args_get(args, vt_client_setting_name((enum vt_client_setting)i));

        if (text != NULL)
            out->values[i] = vt_strdup_slice(vt_slice_from_cstr(text));
    }
    if ((out->values[VT_SETTING_POLICY] == NULL) !=
        (out->values[VT_SETTING_COUNTRY] == NULL))
        return vt_args_misuse(args, err, "--policy and --country go together");
    if (out->values[VT_SETTING_POLICY] == NULL &&
        (out->values[VT_SETTING_CELL] == NULL || out->values[VT_SETTING_FROM] == NULL))
        return vt_args_misuse(args, err,
                              "say --policy and --country, or --cell and --from");
    return make_absolute(out, err);
}

/* Does the policy count, and which cell does it give? */
static bool try_policy(struct vt_args *args, const struct vt_client_settings *settings,
                       const struct vt_trust *trust, char cell[65], struct vt_error *err)
{
    const char *path = settings->values[VT_SETTING_POLICY];
    vt_slice country = vt_slice_from_cstr(settings->values[VT_SETTING_COUNTRY]);
    vt_slice named = vt_slice_from_cstr(settings->values[VT_SETTING_CELL]);
    int64_t now = vt_env_now_unix_s(vt_args_env(args)), logged;
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1 };
    struct vt_placing placing;

    if (path == NULL) {
        (void)snprintf(cell, 65, "%s", settings->values[VT_SETTING_CELL]);
        return true;
    }
    if (!vt_policy_paper_read_signed(path, &paper, err) ||
        !vt_cli_policy_verify_by(path, settings->values[VT_SETTING_PROOF], paper.record,
                                 trust, &logged, err) ||
        !vt_residency_decide(paper.table, country, VT_DATA_LOOKUP, named, now, &placing,
                             err))
        return false;
    if (named.len == 0)
        named = placing.right->name;
    (void)snprintf(cell, 65, "%.*s", VT_SLICE_ARGS(named));
    return vt_residency_allows_client(paper.table, country, VT_DATA_LOOKUP, named,
                                      placing.right->jurisdiction, now, err);
}

static bool has_heads(const struct vt_client_settings *settings, const char *cell,
                      const struct vt_trust *trust, struct vt_error *err)
{
    vt_slice origin;

    return vt_trust_head_origin(trust, vt_slice_from_cstr(cell), &origin) ||
           vt_fail(err, VT_REJECTED, "%s: names no ledger of heads for cell %s",
                   settings->values[VT_SETTING_TRUST], cell);
}

static void say(struct vt_args *args, const char *home, const char *cell,
                const struct vt_trust *trust)
{
    struct vt_trust_relay relay;
    bool has_relay = vt_trust_relay_of(trust, vt_slice_from_cstr(cell), &relay);

    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack("{s:b,s:s,s:s,s:b}", "ok", 1, "home", home, "cell",
                                    cell, "relay", has_relay));
        return;
    }
    (void)printf("%s: your cell is %s; ", home, cell);
    if (has_relay)
        (void)printf("it is asked through the relay of %.*s\n",
                     VT_SLICE_ARGS(relay.holder));
    else
        (void)printf("it is asked directly, and sees this machine's address\n");
    (void)printf("Nothing is asked until you allow it: `vitrine client consent ask on`.\n");
}

static bool keep(struct vt_args *args, const struct vt_client_settings *settings,
                 struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_CLIENT_SETTINGS_BYTES_MAX);
    VT_AUTO_HOME home = NULL;

    vt_buf_put_text(&text, "# Kept by `vitrine client init`; a line may be changed by "
                           "hand, see vitrine-client(1).\n");
    return vt_client_settings_write(settings, &text, err) &&
           vt_cli_home_open(args, &home, err) &&
           vt_disk_write(home, VT_CLIENT_SETTINGS_FILE, vt_buf_slice(&text), 0600, err);
}

bool vt_cli_client_init(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_CLIENT_SETTINGS settings = { 0 };
    VT_AUTO_TRUST trust = NULL;
    char home[VT_CLI_PATH_BYTES], cell[65];

    if (!vt_cli_home_path(args, home, err) || !take_options(args, &settings, err) ||
        !vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err) ||
        !try_policy(args, &settings, trust, cell, err) ||
        !has_heads(&settings, cell, trust, err) || !keep(args, &settings, err))
        return false;
    say(args, home, cell, trust);
    return true;
}
