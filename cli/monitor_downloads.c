/* vitrine monitor run --downloads: what is offered, held against the followed ledger. */
#include "cli/monitor_downloads.h"
#include "cli/monitor_heads.h"
#include "cli/trust.h"
#include "release/downloads.h"

static bool find(void *context, const char *kind, const char *what, json_t *more,
                 struct vt_error *err)
{
    struct vt_cli_downloads *d = context;
    VT_AUTO_FREE char *origin = vt_strdup_slice(d->trust->release_origin);

    return vt_monitor_find(d->monitor, origin, kind, what, more, err);
}

static void count(void *context, bool is_well)
{
    struct vt_cli_downloads *d = context;

    vt_monitor_count_download(d->monitor, is_well);
}

static bool look_up(void *context, uint64_t index, const vt_hash *leaf,
                    enum vt_downloads_entry *out, struct vt_error *err)
{
    struct vt_cli_downloads *d = context;
    bool is_shown;
    vt_hash shown;

    if (!vt_monitor_leaf(d->monitor, d->trust->release_origin, index, &is_shown, &shown,
                         err))
        return false;
    *out = VT_ENTRY_UNSHOWN;
    if (is_shown)
        *out = vt_hash_equal(&shown, leaf) ? VT_ENTRY_IS_IT : VT_ENTRY_IS_OTHER;
    return true;
}

bool vt_cli_downloads_look(struct vt_cli_downloads *d, struct vt_monitor *monitor,
                           int64_t now_unix_s, struct vt_error *err)
{
    struct vt_downloads downloads = { .trust = d->trust,
                                      .disk = vt_monitor_disk(monitor),
                                      .now_unix_s = now_unix_s,
                                      .withheld_s = d->withheld_s,
                                      .entry = look_up,
                                      .found = find,
                                      .looked = count,
                                      .context = d };
    const char *where;

    d->monitor = monitor;
    for (size_t i = 0; (where = vt_args_get_at(d->args, "downloads", i)) != NULL; i++)
        if (!vt_downloads_look(&downloads, where, err))
            return false;
    return true;
}

bool vt_cli_downloads_read(struct vt_args *args, const struct vt_policy *policy,
                           struct vt_cli_downloads *out, struct vt_error *err)
{
    const char *trust = vt_args_get(args, "trust");

    if (trust == NULL)
        return !vt_args_has(args, "downloads") ||
               vt_args_misuse(args, err,
                              "--downloads needs --trust: whose signatures count");
    out->args = args;
    if (!vt_cli_trust_read(trust, &out->trust, err))
        return false;
    return vt_cli_is_followed(policy, out->trust->release_origin) ||
           vt_fail(err, VT_REJECTED,
                   "the policy has no URL for %.*s, the release ledger of the trust root",
                   VT_SLICE_ARGS(out->trust->release_origin));
}

void vt_cli_downloads_clear(struct vt_cli_downloads *downloads)
{
    vt_trust_free(downloads->trust);
    downloads->trust = NULL;
}
