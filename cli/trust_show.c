/* vitrine trust show: who holds which key, where, until when; what is enough; and who has
 * not signed yet. */
#include "cli/trust.h"
#include "evidence/field.h"

const struct vt_option vt_cli_trust_show_options[] = {
    { "trust", "FILE", "a trust root: a draft, on its way, or whole; or a client's folder",
      true, false },
    { "previous", "FILE", "the version before: whose holders must sign too", false, false },
    { NULL, NULL, NULL, false, false },
};

/* What was found out about one trust root. */
struct finding {
    const struct vt_trust *trust;
    bool is_draft, is_whole;
    struct vt_error flaw;   /* VT_OK when it holds together */
    json_t *missing;        /* root keys of this version */
    json_t *missing_before; /* root keys of the version before; NULL: not asked */
};

static void print_keys(const struct vt_trust *trust, int64_t now_unix_s)
{
    (void)printf("\n%-11s %-24s %-12s %-14s %-10s %-10s %s\n", "role", "holder",
                 "jurisdiction", "site", "until", "mandate", "keyid");
    for (size_t i = 0; i < trust->key_count; i++) {
        const struct vt_trust_key *key = &trust->keys[i];
        char until[VT_TIME_TEXT_BYTES], mandate[VT_TIME_TEXT_BYTES];
        const char *mark = "";

        vt_time_write(key->until_unix_s, until);
        vt_time_write(key->mandate_until_unix_s, mandate);
        if (key->compromised_unix_s != INT64_MAX)
            mark = "  compromised";
        else if (now_unix_s >= key->until_unix_s)
            mark = "  retired";
        else if (now_unix_s >= key->mandate_until_unix_s)
            mark = "  mandate ended";
        (void)printf("%-11s %-24.*s %-12.*s %-14.*s %-10.10s %-10.10s %.16s%s\n",
                     vt_trust_role_name(key->role), VT_SLICE_ARGS(key->holder),
                     VT_SLICE_ARGS(key->jurisdiction), VT_SLICE_ARGS(key->site), until,
                     mandate, (const char *)key->keyid.data, mark);
    }
}

static void print_thresholds(const struct vt_trust *trust)
{
    (void)printf("\n%-11s %5s %8s %14s\n", "needed", "keys", "holders", "jurisdictions");
    for (unsigned i = 0; i < VT_ROLES; i++)
        if (trust->thresholds[i].keys != 0)
            (void)printf("%-11s %5ju %8ju %14ju\n",
                         vt_trust_role_name((enum vt_trust_role)i),
                         (uintmax_t)trust->thresholds[i].keys,
                         (uintmax_t)trust->thresholds[i].holders,
                         (uintmax_t)trust->thresholds[i].jurisdictions);
}

static void print_witnesses(const struct vt_trust *trust)
{
    const struct vt_policy *policy = &trust->policy;

    (void)printf("\nrelease ledger %.*s\n", VT_SLICE_ARGS(trust->release_origin));
    if (policy->quorum == VT_POLICY_QUORUM_GROUP)
        (void)printf("witnesses: %u of %u jurisdictions are needed\n",
                     policy->groups[policy->quorum_index].threshold,
                     policy->groups[policy->quorum_index].members);
    for (size_t i = 0; i < policy->witness_count; i++) {
        const struct vt_policy_witness *witness = &policy->witnesses[i];
        vt_slice group = witness->parent != VT_POLICY_NO_PARENT
                             ? policy->groups[witness->parent].name
                             : (vt_slice){ 0 };

        (void)printf("  %-14.*s %.*s\n", VT_SLICE_ARGS(group),
                     VT_SLICE_ARGS(witness->name));
    }
}

/* Where the heads of each cell are logged, and who hides its clients. */
static void print_cells(const struct vt_trust *trust)
{
    const json_t *list = json_object_get(
        trust->draft != NULL ? trust->draft : trust->envelope.statement.predicate,
        "ledgers");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        vt_slice cell = vt_field_text(row, "cell");
        struct vt_trust_relay relay;

        if (!vt_slice_is(vt_field_text(row, "use"), "head"))
            continue;
        (void)printf("\ncell %.*s: its heads are in %.*s\n", VT_SLICE_ARGS(cell),
                     VT_SLICE_ARGS(vt_field_text(row, "origin")));
        if (vt_trust_relay_of(trust, cell, &relay))
            (void)printf("  asked through the relay of %.*s (%.*s), %.*s\n",
                         VT_SLICE_ARGS(relay.holder), VT_SLICE_ARGS(relay.jurisdiction),
                         VT_SLICE_ARGS(relay.url));
    }
}

static void print_missing(const char *which, const json_t *missing)
{
    for (size_t i = 0; i < json_array_size(missing); i++) {
        const json_t *row = json_array_get(missing, i);

        (void)printf("  %s: %s, key %.16s\n", which,
                     json_string_value(json_object_get(row, "holder")),
                     json_string_value(json_object_get(row, "keyid")));
    }
}

static void print_text(struct vt_args *args, const struct finding *found)
{
    const struct vt_trust *trust = found->trust;
    char created[VT_TIME_TEXT_BYTES], expires[VT_TIME_TEXT_BYTES];

    vt_time_write(trust->created_unix_s, created);
    vt_time_write(trust->expires_unix_s, expires);
    (void)printf("trust root version %ju, made %s, until %s: %s\n",
                 (uintmax_t)trust->version, created, expires,
                 found->is_draft   ? "a draft, nobody has signed it"
                 : found->is_whole ? "whole"
                                   : "more holders must sign");
    if (found->flaw.code != VT_OK)
        (void)printf("it cannot be signed yet: %s\n", found->flaw.message);
    if (!found->is_whole) {
        print_missing("has not signed", found->missing);
        print_missing("has not signed, for the version before", found->missing_before);
    }
    print_keys(trust, vt_env_now_unix_s(vt_args_env(args)));
    print_thresholds(trust);
    print_witnesses(trust);
    print_cells(trust);
}

static void print_json(const struct finding *found)
{
    const struct vt_trust *trust = found->trust;
    json_t *predicate =
        trust->draft != NULL ? trust->draft : trust->envelope.statement.predicate;
    json_t *all = json_pack("{s:b,s:b,s:O,s:O}", "ok", found->is_whole, "draft",
                            found->is_draft, "missing", found->missing, "trust", predicate);

    if (found->missing_before != NULL)
        (void)json_object_set(all, "missing_before", found->missing_before);
    if (found->flaw.code != VT_OK)
        (void)json_object_set_new(all, "flaw", json_string(found->flaw.message));
    vt_cli_print_json(all);
}

static bool inspect(const struct vt_trust *trust, const struct vt_trust *before,
                    struct finding *out)
{
    struct vt_error ignored;
    bool is_enough = vt_trust_missing(trust, trust, out->missing);

    if (before != NULL)
        is_enough = vt_trust_missing(before, trust, out->missing_before) && is_enough &&
                    vt_trust_verify_next(before, trust, &ignored);
    return vt_trust_is_sound(trust, &out->flaw) && is_enough && !out->is_draft;
}

static bool show(struct vt_args *args, const struct vt_trust *trust, bool is_draft,
                 struct vt_error *err)
{
    const char *previous = vt_args_get(args, "previous");
    VT_AUTO_TRUST before = NULL;
    VT_AUTO_JSON missing = json_array();
    VT_AUTO_JSON missing_before = previous != NULL ? json_array() : NULL;
    struct finding found = { .trust = trust,
                             .is_draft = is_draft,
                             .missing = missing,
                             .missing_before = missing_before };

    if (previous != NULL && !vt_cli_trust_read(previous, &before, err))
        return false;
    found.is_whole = inspect(trust, before, &found);
    if (!found.is_whole)
        vt_args_exit(args, VT_EXIT_REFUSED);
    if (vt_args_is_json(args))
        print_json(&found);
    else
        print_text(args, &found);
    return true;
}

bool vt_cli_trust_show(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    VT_AUTO_TRUST_PAPER paper = { .lock_fd = -1 };
    VT_AUTO_TRUST kept = NULL;
    struct stat about;

    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return vt_cli_trust_read(path, &kept, err) && show(args, kept, false, err);
    return vt_trust_paper_read(path, &paper, err) &&
           show(args, paper.trust, paper.draft != NULL, err);
}
