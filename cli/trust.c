/* vitrine trust: the trust root on its way from holder to holder.
 *
 * A draft is the predicate as plain JSON, made by init or rotate, filled by add-key, and
 * open to any editor.  The first signature turns it into an envelope, whose content is then
 * fixed; the other holders add their signatures to that. */
#include "cli/groups.h"
#include "cli/trust.h"
#include "evidence/trust_store.h"

/* ---- sign -------------------------------------------------------------------------------
 */

static const struct vt_option sign_options[] = {
    { "trust", "FILE", "the draft, or what others have signed", true, false },
    { "previous", "FILE", "the version before, if your key is in that one only", false,
      false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

static bool add_signature(const struct vt_trust_paper *paper, const struct vt_key *key,
                          struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_TRUST_BYTES_MAX);
    const struct vt_key *keys[1] = { key };

    if (paper->draft == NULL)
        return vt_envelope_add_signature(vt_buf_slice(&paper->bytes), key, out, err);
    return vt_trust_is_sound(paper->trust, err) &&
           vt_statement_write_about_itself(VT_TRUST, paper->draft, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err);
}

/* Our root key in this version or the one before; NULL: it is none. */
static const struct vt_trust_key *root_key(const struct vt_trust *trust,
                                           const struct vt_key *key)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));

    return vt_trust_find(trust, vt_slice_from_cstr(id.text), VT_ROLE_ROOT);
}

bool vt_cli_will_count(const struct vt_trust_key *mine, int64_t created_unix_s,
                       const char *path, struct vt_error *err)
{
    char created[VT_TIME_TEXT_BYTES];
    enum vt_regard standing = vt_trust_key_standing(mine, created_unix_s);

    vt_time_write(created_unix_s, created);
    return standing == VT_REGARD_GOOD ||
           vt_fail(err, VT_REJECTED,
                   "%s: signed with this key it would be signed by %s: it was begun at %s",
                   path, vt_regard_words(standing), created);
}

/* Is it a root key of this version, or of the one before? */
static bool may_sign(struct vt_args *args, const struct vt_trust *trust,
                     const struct vt_key *key, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust"),
               *previous = vt_args_get(args, "previous");
    const struct vt_trust_key *mine = root_key(trust, key);
    VT_AUTO_TRUST before = NULL;

    if (previous != NULL && !vt_cli_trust_read(previous, &before, err))
        return false;
    if (mine == NULL && before != NULL)
        mine = root_key(before, key);
    if (mine == NULL)
        return vt_fail(err, VT_REJECTED, "%s: this key is no root key of it%s", path,
                       previous != NULL ? ", nor of the version before" : "");
    return vt_cli_will_count(mine, trust->created_unix_s, path, err);
}

static bool run_sign(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    VT_AUTO_TRUST_PAPER paper = { .lock_fd = -1 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF out = vt_buf_init(VT_TRUST_BYTES_MAX);
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_JSON missing = json_array();
    bool is_enough;

    if (!vt_trust_paper_hold(path, &paper, err) || !vt_cli_key_open(args, &key, err) ||
        !may_sign(args, paper.trust, key, err) || !add_signature(&paper, key, &out, err) ||
        !vt_trust_parse_unsigned(vt_buf_slice(&out), &trust, err))
        return false;
    is_enough = vt_trust_missing(trust, trust, missing);
    vt_buf_put_u8(&out, '\n');
    return vt_cli_write(path, vt_buf_slice(&out), 0644, err) &&
           vt_cli_trust_said(
               args, path,
               is_enough ? "signed; the root threshold is met"
                         : "signed; more root holders must sign (`vitrine trust show` "
                           "says who)");
}

/* ---- rotate and pin ---------------------------------------------------------------------
 */

static const struct vt_option rotate_options[] = {
    { "trust", "FILE", "the trust root that counts now, or a client's folder", true,
      false },
    { "draft", "FILE", "begin the next version: write its draft here", false, false },
    { "next", "FILE", "take this signed next version", false, false },
    { "retire", "KEYID", "with --draft: this key ends now, for what is signed later", false,
      true },
    { "compromised", "KEYID=TIME", "with --draft: nothing by this key counts from TIME on",
      false, true },
    { "expires", "TIME", "end of the next version; else in a year", false, false },
    { NULL, NULL, NULL, false, false },
};

/* Change the rows of the key that begins so, in every role. */
static bool set_in_keys(json_t *draft, vt_slice beginning, const char *field,
                        const char *time, struct vt_error *err)
{
    json_t *keys = json_object_get(draft, "keys");
    const char *keyid;

    if (!vt_cli_trust_complete_keyid(keys, beginning, "the trust root", &keyid, err))
        return false;
    for (size_t i = 0; i < json_array_size(keys); i++) {
        json_t *row = json_array_get(keys, i);

        if (strcmp(keyid, json_string_value(json_object_get(row, "keyid"))) == 0 &&
            json_object_set_new(row, field, json_string(time)) != 0)
            return vt_fail(err, VT_IO, "out of memory");
    }
    return true;
}

static bool end_keys(struct vt_args *args, json_t *draft, const char *now,
                     struct vt_error *err)
{
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(args, "retire", i)) != NULL; i++)
        if (!set_in_keys(draft, vt_slice_from_cstr(text), "until", now, err))
            return false;
    for (size_t i = 0; (text = vt_args_get_at(args, "compromised", i)) != NULL; i++) {
        vt_reader r = { vt_slice_from_cstr(text) };
        char time[VT_TIME_TEXT_BYTES];
        int64_t unix_s;
        vt_slice keyid;

        if (!vt_read_until(&r, '=', &keyid) || !vt_time_parse(r.rest, &unix_s))
            return vt_args_misuse(args, err,
                                  "--compromised: '%s' is not like KEYID=2026-11-23T17:37:"
                                  "25Z",
                                  text);
        vt_time_write(unix_s, time);
        if (!set_in_keys(draft, keyid, "compromised_from", time, err))
            return false;
    }
    return true;
}

static bool begin_next(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "draft");
    int64_t now = vt_env_now_unix_s(vt_args_env(args));
    char created[VT_TIME_TEXT_BYTES], expires[VT_TIME_TEXT_BYTES];
    VT_AUTO_TRUST current = NULL;
    VT_AUTO_JSON draft = NULL;

    if (!vt_cli_trust_read(vt_args_get(args, "trust"), &current, err))
        return false;
    vt_time_write(now, created);
    if (!vt_cli_time(args, "expires", now + VT_TRUST_YEAR_S, expires, err))
        return false;
    draft = json_deep_copy(current->envelope.statement.predicate);
    if (json_object_set_new(draft, "version",
                            json_integer((json_int_t)current->version + 1)) != 0 ||
        json_object_set_new(draft, "created", json_string(created)) != 0 ||
        json_object_set_new(draft, "expires", json_string(expires)) != 0)
        return vt_fail(err, VT_IO, "%s: out of memory", path);
    return end_keys(args, draft, created, err) && vt_cli_trust_write(path, draft, err) &&
           vt_cli_trust_said(
               args, path,
               "draft of the next version; change it, then let the holders of both "
               "versions sign it");
}

/* Into a client's folder, or in the place of the one file. */
static bool take_next(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust"), *from = vt_args_get(args, "next");
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);
    VT_AUTO_TRUST current = NULL;
    VT_AUTO_TRUST next = NULL;
    struct stat about;

    if (!vt_file_read(from, &bytes, err))
        return false;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return (vt_trust_store_take(path, vt_buf_slice(&bytes), err) ||
                vt_cli_trust_is_missing(err) || vt_within(err, "%s", from)) &&
               vt_cli_trust_said(args, path, "holds the next version");
    return vt_cli_trust_read(path, &current, err) &&
           ((vt_trust_parse(vt_buf_slice(&bytes), &next, err) &&
             vt_trust_verify_next(current, next, err)) ||
            vt_within(err, "%s", from)) &&
           vt_cli_write(path, vt_buf_slice(&bytes), 0644, err) &&
           vt_cli_trust_said(args, path, "is the next version now");
}

static bool run_rotate(struct vt_args *args, struct vt_error *err)
{
    if (vt_args_has(args, "draft") == vt_args_has(args, "next"))
        return vt_args_misuse(args, err, "give either --draft or --next");
    return vt_args_has(args, "draft") ? begin_next(args, err) : take_next(args, err);
}

static const struct vt_option pin_options[] = {
    { "folder", "FOLDER", "where this client keeps its trust root; made if missing", true,
      false },
    { NULL, NULL, NULL, false, false },
};

static bool run_pin(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0), *folder = vt_args_get(args, "folder");
    VT_AUTO_BUF bytes = vt_buf_init(VT_TRUST_BYTES_MAX);

    return vt_file_read(path, &bytes, err) &&
           (vt_trust_store_pin(folder, vt_buf_slice(&bytes), err) ||
            vt_within(err, "%s", path)) &&
           vt_cli_trust_said(args, folder, "trust root pinned");
}

static const struct vt_verb verbs[] = {
    { "init", NULL, 0, 0, "begin a trust root",
      "Makes the draft of version 1. The policy is a C2SP tlog-policy with one `any` group "
      "a\n"
      "jurisdiction and a quorum of k of n groups with 2k > n + 1.",
      vt_cli_trust_init_options, vt_cli_trust_init },
    { "add-key", NULL, 0, 0, "add a key to a draft",
      "What could never be signed is refused at once: a holder who is vendor and "
      "supervisor, a\nkey of two holders.",
      vt_cli_trust_add_key_options, vt_cli_trust_add_key },
    { "remove-key", NULL, 0, 0, "take a key out of a draft",
      "For what was added by mistake. A key that counted once is retired instead\n"
      "(`vitrine trust rotate --retire`): what it signed in its time remains true.",
      vt_cli_trust_remove_key_options, vt_cli_trust_remove_key },
    { "add-ledger", NULL, 0, 0, "name a ledger in a draft: a cell's heads, a channel",
      "The draft's policy, or the one that you give, must list its log.  A cell has one\n"
      "ledger of heads: without it no client believes a head.",
      vt_cli_trust_add_ledger_options, vt_cli_trust_add_ledger },
    { "add-relay", NULL, 0, 0, "name the relay of a cell in a draft",
      "Clients then ask through it: it knows who asks and not what, the cell what and not\n"
      "who. Its holder must not hold a key of that cell.",
      vt_cli_trust_add_relay_options, vt_cli_trust_add_relay },
    { "certify", NULL, 0, 0, "certify what a cell or a Centre may select, in a draft",
      "A schema of statistics: clients answer no other questions. The key of the cell's\n"
      "gateway: clients seal their questions to no other. Whom a Centre seals to what its\n"
      "reviewers read. The trust root holds the digest.",
      vt_cli_trust_certify_options, vt_cli_trust_certify },
    { "enrol", NULL, 0, 0, "let in a builder, reviewer, reader, scanner or agent",
      "The supervisor signs that a key belongs to one of them at a site. "
      "Evidence\n"
      "that carries the statement is accepted with that key; the trust root need not "
      "change.",
      vt_cli_trust_enrol_options, vt_cli_trust_enrol },
    { "sign", NULL, 0, 0, "sign a draft, or add your signature",
      "Root holders sign one after the other; the file is replaced each time. The draft "
      "must\n"
      "hold together first; after the first signature its content is fixed.",
      sign_options, run_sign },
    { "rotate", NULL, 0, 0, "begin the next version, or take it",
      "With --draft: writes the draft of the next version. With --next: checks that it is\n"
      "the next, signed by the root thresholds of both, and takes it.",
      rotate_options, run_rotate },
    { "pin", "FILE", 1, 1, "keep a first trust root that you believe",
      "Do this once, with a file that reached you by a way you trust. Later versions are\n"
      "taken with `vitrine trust rotate --next`, which checks them against this one.",
      pin_options, run_pin },
    { "show", NULL, 0, 0, "who holds which key, where, until when, and who is missing",
      "Exit code 0 if the trust root is whole, 1 if signatures are missing.",
      vt_cli_trust_show_options, vt_cli_trust_show },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_trust = { "trust", "who is trusted with what", verbs };
