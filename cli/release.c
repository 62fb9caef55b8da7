/* vitrine release: the vendor's side of a release. */
#include "cli/groups.h"
#include "cli/line_materials.h"
#include "cli/release.h"
#include "release/authorisations.h"
#include "release/draft.h"
#include "release/next_list.h"
#include "store/disk.h"

/* ---- draft ------------------------------------------------------------------------------
 */

static const struct vt_option draft_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    { "recipe", "FILE", "the recipe: names product and version", true, false },
    { "lock", "FILE", "the lock file, from `vitrine line lock`", true, false },
    VT_OPTION_STORE,
    { "source", "WHERE", "as in `vitrine line build`", false, false },
    { "commit", "COMMIT", "of a git source; else HEAD", false, false },
    VT_OPTION_INPUT,
    { "channel", "NAME", "stable, beta, ...; else stable", false, false },
    { "document", "FILE", "for the reviewers", false, true },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    VT_OPTIONS_END,
};

static bool run_draft(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_MATERIALS m = { .store = NULL };
    VT_AUTO_KEY key = NULL;
    const char *documents[VT_DRAFT_DOCUMENTS_MAX], *channel = vt_args_get(args, "channel");
    size_t count = 0;
    struct vt_drafted drafted;
    int64_t since;

    for (; vt_args_get_at(args, "document", count) != NULL; count++) {
        if (count == VT_DRAFT_DOCUMENTS_MAX)
            return vt_args_misuse(args, err, "--document: at most %d",
                                  VT_DRAFT_DOCUMENTS_MAX);
        documents[count] = vt_args_get_at(args, "document", count);
    }
    if (!vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, false, true, &call, err) ||
        !vt_desk_call_check_key(&call, key, VT_ROLE_VENDOR, err) ||
        !vt_cli_materials_read(args, &m, err) || !vt_cli_source_take(args, &m, err) ||
        !vt_draft(
            &(struct vt_draft_request){ .desk = &call.desk,
                                        .trust = call.trust,
                                        .store = m.store,
                                        .recipe = m.recipe,
                                        .lock = m.lock,
                                        .source = &m.source,
                                        .channel = channel != NULL ? channel : "stable",
                                        .documents = documents,
                                        .document_count = count,
                                        .key = key,
                                        .now_unix_s = call.now_unix_s },
            &drafted, err) ||
        !vt_desk_environment_since(&call.desk, call.trust, &m.lock->environment, &since,
                                   err))
        return false;
    vt_desk_call_say(args, &call, "draft",
                     "%s %s is drafted%s, release number %ju of its channel; %s",
                     m.recipe->product, m.recipe->version,
                     drafted.is_there ? " already" : "", (uintmax_t)drafted.sequence,
                     since >= 0 ? "build it with `vitrine release build`"
                                : "the supervisor authorises its environment (`vitrine "
                                  "supervise authorise`), then it is built");
    return true;
}

/* ---- status -----------------------------------------------------------------------------
 */

static const struct vt_option status_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    VT_OPTION_POLICY,
    VT_OPTIONS_END,
};

static bool run_status(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };

    if (vt_args_operand_count(args) == 1)
        return vt_args_misuse(args, err, "name PRODUCT and VERSION, or neither");
    return vt_desk_call_begin(args, true, false, &call, err) &&
           vt_cli_status_print(args, &call, NULL, err);
}

/* ---- publish ----------------------------------------------------------------------------
 */

static const struct vt_option publish_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    VT_OPTION_POLICY,
    VT_OPTION_LEDGER,
    VT_OPTION_LEDGER_PASSPHRASE,
    VT_OPTION_PUBLIC,
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    VT_OPTIONS_END,
};

static bool write_public(struct vt_args *args, struct vt_desk_call *call,
                         struct vt_error *err)
{
    VT_AUTO_BUF trust = vt_buf_init(VT_TRUST_BYTES_MAX);
    struct vt_behind behind;

    if (!vt_file_read(vt_args_get(args, "trust"), &trust, err) ||
        !vt_publish_folder(&call->desk, call->trust, vt_buf_slice(&trust),
                           vt_args_get(args, "public"), call->now_unix_s, &behind, err))
        return false;
    if (behind.count != 0) /* each was told; the rest is done */
        vt_args_exit(args, vt_code_exit(behind.code));
    return true;
}

/* Approved by the supervisor, or published before (then only files are written again). */
static bool check_is_due(struct vt_desk_call *call, struct vt_error *err)
{
    struct vt_standing standing;

    if (!vt_release_stand(call->docket, &call->demands, call->now_unix_s, &standing, err))
        return false;
    if (standing.state == VT_STATE_APPROVED || standing.state == VT_STATE_PUBLISHED ||
        (standing.state == VT_STATE_SUPERSEDED && call->docket->is_published))
        return true;
    if (standing.state == VT_STATE_WITHDRAWN)
        return vt_fail(err, VT_REJECTED, "%s %s is withdrawn", call->docket->product,
                       call->docket->version);
    return vt_fail(err, VT_REJECTED, "%.40s %.40s is not approved: %.90s (%s)",
                   call->docket->product, call->docket->version,
                   standing.gap_count > 0 ? standing.gaps[0].missing : "unknown",
                   standing.gap_count > 0 ? standing.gaps[0].verb
                                          : "vitrine release status");
}

static bool publish(struct vt_args *args, struct vt_desk_call *call,
                    const struct vt_key *key, struct vt_error *err)
{
    struct vt_publisher publisher;

    if (call->docket->is_published)
        return true;
    if (!vt_publish_check_folder(call->docket, vt_args_get(args, "public"), err))
        return false;
    if (!vt_desk_call_look_at_ledger(args, call, err) ||
        !vt_desk_call_ledger(args, call, err))
        return false;
    publisher = vt_desk_call_publisher(args, call);
    return vt_publish_release(&publisher, call->docket, key, err);
}

static bool run_publish(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_KEY key = NULL;

    if (!vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, true, false, &call, err) ||
        !vt_desk_call_check_key(&call, key, VT_ROLE_VENDOR, err) ||
        !vt_desk_call_docket(args, &call, err) || !check_is_due(&call, err) ||
        !publish(args, &call, key, err) || !write_public(args, &call, err))
        return false;
    vt_desk_call_say(
        args, &call, "publish", "%s %s is published: on the ledger, cosigned, and in %s",
        call.docket->product, call.docket->version, vt_args_get(args, "public"));
    return true;
}

/* ---- withdraw and renew -----------------------------------------------------------------
 */

static const struct vt_option withdraw_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    { "reason", "TEXT", "why, 256 bytes at most; needed from the first who signs", false,
      false },
    VT_OPTION_LEDGER,
    VT_OPTION_LEDGER_PASSPHRASE,
    VT_OPTION_PUBLIC,
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    VT_OPTIONS_END,
};

static const struct vt_option renew_options[] = {
    VT_OPTION_DESK,   VT_OPTION_TRUST, VT_OPTION_LEDGER,     VT_OPTION_LEDGER_PASSPHRASE,
    VT_OPTION_PUBLIC, VT_OPTION_KEY,   VT_OPTION_PASSPHRASE, VT_OPTIONS_END,
};

/* The public folder from the desk; then nothing is left to be done about a list. */
static bool show_list(struct vt_args *args, struct vt_desk_call *call, struct vt_error *err)
{
    return write_public(args, call, err) && vt_next_list_end(&call->desk, err);
}

static void say_withdrawn(struct vt_args *args, const struct vt_desk_call *call,
                          const struct vt_next_list *list)
{
    vt_desk_call_say(args, call, "withdraw", "%s %s is withdrawn%s: %s",
                     call->docket->product, call->docket->version,
                     list->is_made ? " already" : "", list->reason);
}

static bool complete_list(struct vt_args *args, struct vt_desk_call *call,
                          const struct vt_next_list *list, const char *verb,
                          struct vt_error *err)
{
    struct vt_publisher publisher;

    if (!list->is_complete) {
        vt_desk_call_say(
            args, call, "sign",
            "signed%s; the %s signs too (`vitrine release %s`), then it counts",
            list->was_signed ? " already" : "", list->waits, verb);
        return true;
    }
    if (!vt_desk_call_ledger(args, call, err))
        return false;
    publisher = vt_desk_call_publisher(args, call);
    if (!vt_next_list_publish(&publisher, list, err) || !show_list(args, call, err))
        return false;
    if (call->docket != NULL)
        say_withdrawn(args, call, list);
    else
        vt_desk_call_say(args, call, verb, "list of withdrawals %ju is published",
                         (uintmax_t)list->version);
    return true;
}

static bool sign_list(struct vt_args *args, struct vt_desk_call *call,
                      const struct vt_list_wish *wish, const struct vt_key *key,
                      struct vt_error *err)
{
    struct vt_next_list list = { .is_complete = false };
    bool ok = vt_next_list_sign(&call->desk, call->trust, wish, key, call->now_unix_s,
                                &list, err);

    if (ok && list.is_made) { /* perhaps by a run that was not over yet */
        ok = show_list(args, call, err);
        if (ok)
            say_withdrawn(args, call, &list);
    } else if (ok) {
        ok = complete_list(args, call, &list,
                           wish->change == VT_LIST_WITHDRAW ? "withdraw" : "renew", err);
    }

    vt_buf_clear(&list.bytes);
    if (list.lacks_reason)
        return vt_args_misuse(args, err, "--reason: say why it is withdrawn");
    return ok;
}

/* Only the last who signs needs the two folders; but a wrong name is told to the first, and
 * before he has signed. */
static bool check_folders(struct vt_args *args, struct vt_desk_call *call,
                          struct vt_error *err)
{
    struct vt_disk *folder;

    if (!vt_disk_open(vt_args_get(args, "public"), false, &folder, err))
        return false;
    vt_disk_close(folder);
    return vt_desk_call_look_at_ledger(args, call, err);
}

/* A list that a run before this one logged and did not come to show: it is shown now.
 * *version_out: its number, 0: there was none. */
static bool finish_list(struct vt_args *args, struct vt_desk_call *call,
                        uint64_t *version_out, struct vt_error *err)
{
    return vt_next_list_is_to_be_shown(&call->desk, version_out, err) &&
           (*version_out == 0 || show_list(args, call, err));
}

static bool run_withdraw(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_KEY key = NULL;
    uint64_t shown;

    return vt_cli_key_open(args, &key, err) &&
           vt_desk_call_begin(args, false, false, &call, err) &&
           vt_desk_call_docket(args, &call, err) && check_folders(args, &call, err) &&
           finish_list(args, &call, &shown, err) &&
           sign_list(args, &call,
                     &(struct vt_list_wish){ VT_LIST_WITHDRAW, call.docket,
                                             vt_args_get(args, "reason"), &call.lists },
                     key, err);
}

static bool run_renew(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_KEY key = NULL;
    uint64_t shown;

    if (!vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, false, false, &call, err) ||
        !check_folders(args, &call, err) || !finish_list(args, &call, &shown, err))
        return false;
    if (shown == 0)
        return sign_list(
            args, &call,
            &(struct vt_list_wish){ .change = VT_LIST_RENEW, .history = &call.lists }, key,
            err);
    vt_desk_call_say(args, &call, "renew", "list of withdrawals %ju is published",
                     (uintmax_t)shown);
    return true;
}

static const struct vt_verb verbs[] = {
    { "draft", NULL, 0, 0, "begin a release: what is built, of what, in what", NULL,
      draft_options, run_draft },
    { "build", "PRODUCT VERSION", 2, 2, "build a draft, and file what was made",
      "The environment must be authorised by the supervisor.", vt_cli_release_build_options,
      vt_cli_release_build },
    { "status", "[PRODUCT VERSION]", 0, 2, "who waits for whom, and since when", NULL,
      status_options, run_status },
    { "publish", "PRODUCT VERSION", 2, 2, "give an approved release to the customers",
      "Adds the vendor's signature to the supervisor's, logs both, and writes static "
      "files.\nAfter a failure the same command completes it.",
      publish_options, run_publish },
    { "withdraw", "PRODUCT VERSION", 2, 2, "take a release back",
      "Vendor and supervisor each run it once; the second makes it count.",
      withdraw_options, run_withdraw },
    { "renew", NULL, 0, 0, "say again that nothing else was withdrawn",
      "Publishes the next list of withdrawals, equal to the one before, so that customers\n"
      "who demand fresh news (--max-age) see some where nothing was released. Vendor and\n"
      "supervisor each run it once, say daily; the second makes it count.",
      renew_options, run_renew },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_release = {
    "release",
    "draft, build, publish, withdraw and renew releases",
    verbs,
};
