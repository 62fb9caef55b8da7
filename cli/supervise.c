/* vitrine supervise: the supervisor's side of a release. */
#include "cli/groups.h"
#include "cli/release.h"
#include "evidence/field.h"
#include "line/lock.h"
#include "release/authorisations.h"
#include "release/compose.h"
#include "release/numbers.h"
#include "release/packs.h"
#include "release/reviews.h"

/* ---- queue ------------------------------------------------------------------------------
 */

static const struct vt_option queue_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    VT_OPTION_POLICY,
    VT_OPTIONS_END,
};

static bool run_queue(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };

    return vt_desk_call_begin(args, true, false, &call, err) &&
           vt_cli_status_print(args, &call, "supervisor", err);
}

/* ---- authorise --------------------------------------------------------------------------
 */

static const struct vt_option authorise_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    { "environment", "LOCK", "a lock file: builds may run in what it makes", false, false },
    { "product", "NAME",
      "whose rules may collect; goes with --collection and --collect-hash", false, false },
    { "collection", "RULE", "a rule that may collect files", false, true },
    { "collect-hash", "SHA256", "a file with this hash may be collected; needs --product",
      false, true },
    { "enrolment", "FILE", "from `vitrine trust enrol`: whom you let in", false, false },
    { "note", "TEXT", "why", false, false },
    VT_OPTION_LEDGER,
    VT_OPTION_LEDGER_PASSPHRASE,
    { "key", "KEY", "the supervisor's private key; an enrolment is signed already", false,
      false },
    VT_OPTION_PASSPHRASE,
    VT_OPTIONS_END,
};

static const char *note_of(struct vt_args *args)
{
    const char *note = vt_args_get(args, "note");

    return note != NULL ? note : "";
}

static bool compose_environment(struct vt_args *args, const struct vt_desk_call *call,
                                const struct vt_key *key, struct vt_buf *out,
                                struct vt_error *err)
{
    VT_AUTO_LOCK lock = NULL;
    struct vt_subject subject = { .name = "environment" };

    if (!vt_lock_read(vt_args_get(args, "environment"), &lock, err))
        return false;
    subject.hash = lock->environment;
    return vt_compose(VT_ENVIRONMENT_AUTHORISATION, &subject, 1,
                      json_pack("{s:o,s:o,s:s,s:s,s:I,s:s,s:o}", "environment",
                                vt_field_of_hash(&lock->environment), "lock",
                                vt_field_of_hash(&lock->digest), "suite", lock->suite,
                                "architecture", lock->architecture, "packages",
                                (json_int_t)lock->package_count, "note", note_of(args),
                                "created", vt_field_of_time(call->now_unix_s)),
                      key, out, err);
}

static bool compose_collection(struct vt_args *args, const struct vt_desk_call *call,
                               const struct vt_key *key, struct vt_buf *out,
                               struct vt_error *err)
{
    const char *product = vt_args_get(args, "product"), *rule, *hash;
    struct vt_subject subject = { .name = "collection" };
    VT_AUTO_JSON predicate =
        json_pack("{s:s,s:[],s:s,s:o}", "product", product, "rules", "purpose",
                  note_of(args), "created", vt_field_of_time(call->now_unix_s));

    for (size_t i = 0; (rule = vt_args_get_at(args, "collection", i)) != NULL; i++)
        (void)json_array_append_new(json_object_get(predicate, "rules"), json_string(rule));
    if (vt_args_has(args, "collect-hash"))
        (void)json_object_set_new(predicate, "hashes", json_array());
    for (size_t i = 0; (hash = vt_args_get_at(args, "collect-hash", i)) != NULL; i++)
        (void)json_array_append_new(json_object_get(predicate, "hashes"),
                                    json_string(hash));
    return vt_predicate_digest(predicate, &subject.hash, err) &&
           vt_compose(VT_COLLECTION, &subject, 1, json_incref(predicate), key, out, err);
}

static bool log_authorisation(struct vt_args *args, struct vt_desk_call *call,
                              vt_slice envelope, struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));
    struct vt_publisher publisher;

    if (!vt_desk_call_ledger(args, call, err))
        return false;
    publisher = vt_desk_call_publisher(args, call);
    return vt_publish_entries(&publisher, &envelope, 1, &proof, err) &&
           vt_desk_put_authorisation(&call->desk, envelope, vt_buf_slice(&proof), err);
}

/* An enrolment was composed and signed by `trust enrol`. */
static bool read_enrolment(struct vt_args *args, struct vt_buf *out, struct vt_error *err)
{
    const char *path = vt_args_get(args, "enrolment");
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_file_read(path, out, err) ||
        !vt_envelope_parse(vt_buf_slice(out), &envelope, err))
        return vt_within(err, "%s", path);
    return envelope.statement.type == VT_ENROLMENT ||
           vt_fail(err, VT_REJECTED, "%s: a statement of kind '%s', no enrolment", path,
                   vt_predicate_name(envelope.statement.type));
}

/* Environment or rules: composed here, with the supervisor's key. */
static bool compose_authorisation(struct vt_args *args, struct vt_desk_call *call,
                                  const struct vt_key *key, struct vt_buf *out,
                                  struct vt_error *err)
{
    if (!vt_desk_call_check_key(call, key, VT_ROLE_SUPERVISOR, err))
        return false;
    return vt_args_has(args, "environment") ? compose_environment(args, call, key, out, err)
                                            : compose_collection(args, call, key, out, err);
}

/* Since when are they authorised, and on the ledger?  -1: not yet. */
static bool environment_since(struct vt_args *args, struct vt_desk_call *call,
                              int64_t *since, struct vt_error *err)
{
    VT_AUTO_LOCK lock = NULL;

    return vt_lock_read(vt_args_get(args, "environment"), &lock, err) &&
           vt_desk_environment_since(&call->desk, call->trust, &lock->environment, since,
                                     err);
}

/* The latest of the rules and hashes; -1 while one is missing. */
static bool collection_since(struct vt_args *args, struct vt_desk_call *call,
                             int64_t *since, struct vt_error *err)
{
    vt_slice product = vt_slice_from_cstr(vt_args_get(args, "product"));
    const enum vt_collected kinds[] = { VT_COLLECTED_RULES, VT_COLLECTED_HASHES };
    const char *const options[] = { "collection", "collect-hash" };

    *since = 0;
    for (size_t kind = 0; kind < 2; kind++) {
        const char *text;

        for (size_t i = 0;
             *since >= 0 && (text = vt_args_get_at(args, options[kind], i)) != NULL; i++) {
            int64_t one;

            if (!vt_desk_collection_since(&call->desk, call->trust, product, kinds[kind],
                                          vt_slice_from_cstr(text), &one, err))
                return false;
            *since = one < 0 || one > *since ? one : *since;
        }
    }
    return true;
}

static bool check_hashes(struct vt_args *args, struct vt_error *err)
{
    const char *text;
    vt_hash ignored;

    for (size_t i = 0; (text = vt_args_get_at(args, "collect-hash", i)) != NULL; i++)
        if (!vt_hash_parse_hex(vt_slice_from_cstr(text), &ignored))
            return vt_args_misuse(args, err, "--collect-hash: '%s' is no SHA-256 in hex",
                                  text);
    return true;
}

static bool check_what(struct vt_args *args, struct vt_error *err)
{
    bool is_collection =
        vt_args_has(args, "collection") || vt_args_has(args, "collect-hash");
    bool is_enrolment = vt_args_has(args, "enrolment");

    if (vt_args_has(args, "environment") + is_collection + is_enrolment != 1)
        return vt_args_misuse(args, err,
                              "name one of --environment, --collection (or "
                              "--collect-hash) and --enrolment");
    if (is_collection != vt_args_has(args, "product"))
        return vt_args_misuse(args, err,
                              "--product goes with --collection and --collect-hash");
    if (is_enrolment == vt_args_has(args, "key"))
        return vt_args_misuse(args, err,
                              is_enrolment
                                  ? "--key: an enrolment is signed already"
                                  : "--key is needed: the supervisor's private key");
    return check_hashes(args, err);
}

/* An enrolment has its own bytes; one that could not count is not put on the ledger. */
static bool find_enrolment(struct vt_desk_call *call, vt_slice envelope, bool *out,
                           struct vt_error *err)
{
    VT_AUTO_ENVELOPE parsed = { 0 };
    VT_AUTO_ROLL roll = NULL;

    *out = false;
    if (!vt_roll_open(&call->desk, call->trust, &roll, err))
        return false;
    for (size_t i = 0; i < roll->count; i++)
        *out = *out || vt_slice_equal(roll->rows[i].bytes, envelope);
    return *out || (vt_envelope_parse(envelope, &parsed, err) &&
                    vt_keyring_enrol(&roll->keyring, &parsed.statement, err));
}

static bool is_there(struct vt_args *args, struct vt_desk_call *call, vt_slice envelope,
                     bool *out, struct vt_error *err)
{
    int64_t since = -1;

    if (vt_args_has(args, "enrolment"))
        return find_enrolment(call, envelope, out, err);
    if (!(vt_args_has(args, "environment") ? environment_since(args, call, &since, err)
                                           : collection_since(args, call, &since, err)))
        return false;
    *out = since >= 0;
    return true;
}

static bool run_authorise(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    bool is_known = false;
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_KEY key = NULL;

    if (!check_what(args, err) ||
        !(vt_args_has(args, "enrolment") ? read_enrolment(args, &envelope, err)
                                         : vt_cli_key_open(args, &key, err)) ||
        !vt_desk_call_begin(args, false, true, &call, err) ||
        (key != NULL && !compose_authorisation(args, &call, key, &envelope, err)) ||
        !is_there(args, &call, vt_buf_slice(&envelope), &is_known, err) ||
        (!is_known && !log_authorisation(args, &call, vt_buf_slice(&envelope), err)))
        return false;
    vt_desk_call_say(args, &call, "authorise",
                     is_known ? "authorised already: nothing is added to the ledger"
                              : "authorised, on the ledger and cosigned");
    return true;
}

/* ---- approve ----------------------------------------------------------------------------
 */

#define OPTION_SIGN_ONLY                                                                   \
    {                                                                                      \
        "sign-only", NULL, "change neither desk nor ledger: --out FILE is handed in",      \
            false, false                                                                   \
    }
#define OPTION_OUT                                                                         \
    {                                                                                      \
        "out", "FILE", "where the statement goes; goes with --sign-only", false, false     \
    }

static bool check_sign_only(struct vt_args *args, struct vt_error *err)
{
    return vt_args_has(args, "sign-only") == vt_args_has(args, "out") ||
           vt_args_misuse(args, err, "--sign-only and --out go together");
}

static const struct vt_option approve_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    VT_OPTION_POLICY,
    OPTION_SIGN_ONLY,
    OPTION_OUT,
    { "ledger", "DIR", "the release ledger, or a copy: its newest list counts", false,
      false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    VT_OPTIONS_END,
};

/* All there but the approval; or approved before, to be approved anew. */
static bool check_is_ready(struct vt_desk_call *call, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_standing *standing = vt_alloc(sizeof *standing);

    if (!vt_release_stand(call->docket, &call->demands, call->now_unix_s, standing, err))
        return false;
    if (standing->state == VT_STATE_REVIEWED || standing->state == VT_STATE_APPROVED)
        return true;
    if (call->docket->is_published)
        return vt_fail(err, VT_REJECTED, "%s %s is %s already", call->docket->product,
                       call->docket->version, vt_release_state_name(standing->state));
    return vt_fail(err, VT_REJECTED, "not approved: %.150s (next, by the %s: %s)",
                   standing->gaps[0].missing, standing->gaps[0].who,
                   standing->gaps[0].verb);
}

/* The list first: an approval without one cannot be published. */
static bool lay_approval(struct vt_desk_call *call, vt_slice list, vt_slice release,
                         struct vt_error *err)
{
    struct vt_docket *docket = call->docket;

    return vt_disk_write(call->desk.disk,
                         vt_arena_printf(docket->arena, "%s/list.json", docket->folder),
                         list, 0644, err) &&
           vt_docket_put(&call->desk, docket->product, docket->version, release, err);
}

/* The same two beside each other: FILE and FILE.list. */
static bool hand_out(const struct vt_desk_call *call, const char *path, vt_slice list,
                     vt_slice release, struct vt_error *err)
{
    return vt_cli_write(vt_arena_printf(call->docket->arena, "%s.list", path), list, 0644,
                        err) &&
           vt_cli_write(path, release, 0644, err);
}

/* out: NULL, they go to the desk. */
static bool approve(struct vt_desk_call *call, const struct vt_key *key, const char *out,
                    struct vt_error *err)
{
    VT_AUTO_BUF release = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF list = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF newest = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_docket *docket = call->docket;
    struct vt_blobs *blobs;
    uint64_t version;
    bool ok;

    if (!vt_docket_blobs(&call->desk, docket->product, docket->version, &blobs, err))
        return false;
    ok = vt_compose_release(docket, blobs, vt_release_time(docket, call->now_unix_s), key,
                            &release, err);
    vt_blobs_close(blobs);
    return ok && vt_desk_newest_list(&call->desk, &version, &newest, NULL, err) &&
           vt_compose_list(vt_buf_slice(&newest), VT_LIST_CURRENT, docket, NULL,
                           call->now_unix_s, key, &list, err) &&
           vt_list_history_admits_entry(&call->lists, vt_buf_slice(&list), err) &&
           (out != NULL
                ? hand_out(call, out, vt_buf_slice(&list), vt_buf_slice(&release), err)
                : lay_approval(call, vt_buf_slice(&list), vt_buf_slice(&release), err));
}

static bool run_approve(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out");
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_KEY key = NULL;

    if (!check_sign_only(args, err) || !vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, true, false, &call, err) ||
        !vt_desk_call_check_key(&call, key, VT_ROLE_SUPERVISOR, err) ||
        !vt_desk_call_docket(args, &call, err) || !vt_desk_lock(&call.desk, err) ||
        (vt_args_has(args, "ledger") && !vt_desk_call_look_at_copy(args, &call, err)) ||
        !check_is_ready(&call, err) ||
        !vt_number_check(call.docket, call.now_unix_s, err) ||
        !vt_packs_verify(call.docket, err) || !approve(&call, key, out, err))
        return false;
    if (out != NULL)
        vt_desk_call_say(args, &call, "approve",
                         "%s %s is approved; hand in %s and %s.list", call.docket->product,
                         call.docket->version, out, out);
    else
        vt_desk_call_say(
            args, &call, "approve",
            "%s %s is approved; the vendor publishes it with the second signature",
            call.docket->product, call.docket->version);
    return true;
}

/* ---- reject -----------------------------------------------------------------------------
 */

static const struct vt_option reject_options[] = {
    VT_OPTION_DESK,
    VT_OPTION_TRUST,
    { "reason", "TEXT", "why, for the vendor and the ledger", true, false },
    { "ledger", "DIR", "folder of the release ledger; needed without --sign-only", false,
      false },
    OPTION_SIGN_ONLY,
    OPTION_OUT,
    VT_OPTION_LEDGER_PASSPHRASE,
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    VT_OPTIONS_END,
};

static bool check_can_reject(const struct vt_docket *docket, struct vt_error *err)
{
    if (docket->draft == NULL)
        return vt_fail(err, VT_REJECTED, "%s %s: no draft signed by the vendor",
                       docket->product, docket->version);
    if (docket->is_published)
        return vt_fail(err, VT_REJECTED,
                       "%s %s is published: withdraw it (`vitrine release withdraw`)",
                       docket->product, docket->version);
    return true;
}

/* The ledger first: a rejection that is not there binds nobody. */
static bool lay_rejection(struct vt_args *args, struct vt_desk_call *call, vt_slice entry,
                          struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));
    struct vt_publisher publisher;

    if (!vt_desk_call_ledger(args, call, err))
        return false;
    publisher = vt_desk_call_publisher(args, call);
    return vt_publish_entries(&publisher, &entry, 1, &proof, err) &&
           vt_docket_put(&call->desk, call->docket->product, call->docket->version, entry,
                         err);
}

static bool check_reject_options(struct vt_args *args, struct vt_error *err)
{
    if (vt_args_get(args, "reason")[0] == '\0')
        return vt_args_misuse(args, err, "--reason: say why");
    if (vt_args_has(args, "sign-only") == vt_args_has(args, "ledger"))
        return vt_args_misuse(args, err, "name --ledger, or --sign-only and --out");
    return check_sign_only(args, err);
}

static bool run_reject(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const char *out = vt_args_get(args, "out");
    VT_AUTO_DESK_CALL call = { .now_unix_s = 0 };
    VT_AUTO_KEY key = NULL;

    if (!check_reject_options(args, err) || !vt_cli_key_open(args, &key, err) ||
        !vt_desk_call_begin(args, false, false, &call, err) ||
        !vt_desk_call_check_key(&call, key, VT_ROLE_SUPERVISOR, err) ||
        !vt_desk_call_docket(args, &call, err) || !check_can_reject(call.docket, err) ||
        !vt_compose_rejection(call.docket, vt_args_get(args, "reason"), call.now_unix_s,
                              key, &envelope, err) ||
        !(out != NULL ? vt_cli_write(out, vt_buf_slice(&envelope), 0644, err)
                      : lay_rejection(args, &call, vt_buf_slice(&envelope), err)))
        return false;
    if (out != NULL)
        vt_desk_call_say(args, &call, "reject",
                         "%s %s is rejected; hand in %s, it counts on the ledger",
                         call.docket->product, call.docket->version, out);
    else
        vt_desk_call_say(args, &call, "reject",
                         "%s %s is rejected, with the reason on the ledger",
                         call.docket->product, call.docket->version);
    return true;
}

static const struct vt_verb verbs[] = {
    { "queue", NULL, 0, 0, "what waits for the supervisor", NULL, queue_options,
      run_queue },
    { "inspect", "PRODUCT VERSION", 2, 2,
      "a release, and what changed since the one before", NULL,
      vt_cli_supervise_inspect_options, vt_cli_supervise_inspect },
    { "authorise", NULL, 0, 0,
      "allow an environment, rules that collect, or who is enrolled",
      "The authorisation goes on the ledger; without its proof it does not count.",
      authorise_options, run_authorise },
    { "rebuild", "PRODUCT VERSION", 2, 2, "build it again, and sign what came of it",
      "From source, recipe and lock alone, in the supervisor's own store.  Exit code 1 "
      "when "
      "it\ndiffers.",
      vt_cli_supervise_rebuild_options, vt_cli_supervise_rebuild },
    { "approve", "PRODUCT VERSION", 2, 2, "sign the release",
      "Refused while anything is missing. The rules of a database are compiled once more, "
      "so\n"
      "that it cannot hide which of them collect.",
      approve_options, run_approve },
    { "reject", "PRODUCT VERSION", 2, 2, "decline a release, with a reason",
      "Also takes back an approval, as long as the release is not published; afterwards\n"
      "`vitrine release withdraw` does. The vendor's publish refuses what is rejected on "
      "the\n"
      "desk or on its ledger. It cannot stop a vendor who publishes by other means what "
      "you\n"
      "had signed; the ledger then shows a release behind its own rejection, and you sign "
      "no\n"
      "further list of withdrawals until it is withdrawn.",
      reject_options, run_reject },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_supervise = {
    "supervise",
    "inspect, authorise, rebuild, approve or reject releases",
    verbs,
};
