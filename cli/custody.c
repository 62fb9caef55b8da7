/* vitrine custody: ask to read what a cell keeps, on the record; and look at the record. */
#include "cli/custody.h"
#include "cli/groups.h"
#include "cli/trust.h"
#include "custody/policy.h"

enum { VALID_S = 1800, HEADER_ROOM = VT_AGE_HEADER_BYTES_MAX };

#define OPTION_END                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

/* ---- what the verbs share ---------------------------------------------------------------
 */

void vt_cli_keyring_clear(struct vt_cli_keyring *keyring)
{
    for (size_t i = 0; i < keyring->count; i++)
        vt_envelope_clear(&keyring->enrolled[i]);
    vt_trust_free(keyring->trust);
}

static bool read_envelope(const char *path, struct vt_envelope *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    vt_slice text;

    if (!vt_file_read(path, &bytes, err))
        return false;
    text = vt_buf_slice(&bytes);
    if (text.len != 0 && text.data[text.len - 1] == '\n')
        text.len--;
    return vt_envelope_parse(text, out, err) || vt_within(err, "%s", path);
}

bool vt_cli_keyring_enrol(struct vt_cli_keyring *out, const char *path, int64_t now_unix_s,
                          struct vt_error *err)
{
    struct vt_envelope *envelope = &out->enrolled[out->count];
    struct vt_count count;

    if (out->count == VT_TRUST_ENROLLED_MAX)
        return vt_fail(err, VT_LIMIT, "%s: more than %d enrolments", path,
                       VT_TRUST_ENROLLED_MAX);
    if (!read_envelope(path, envelope, err))
        return false;
    out->count++;
    count = vt_trust_count(out->keyring.trust, VT_ROLE_SUPERVISOR, envelope, now_unix_s,
                           (vt_slice){ 0 });
    if (count.outcome != VT_COUNT_ENOUGH)
        return vt_fail(err, VT_REJECTED, "%s: not signed by the supervisor", path);
    return vt_keyring_enrol(&out->keyring, &envelope->statement, err) ||
           vt_within(err, "%s", path);
}

bool vt_cli_keyring_read(struct vt_args *args, struct vt_cli_keyring *out,
                         struct vt_error *err)
{
    return vt_cli_keyring_read_at(args, vt_args_get(args, "trust"), out, err);
}

bool vt_cli_keyring_read_at(struct vt_args *args, const char *trust,
                            struct vt_cli_keyring *out, struct vt_error *err)
{
    if (!vt_cli_trust_read(trust, &out->trust, err))
        return false;
    out->keyring.trust = out->trust;
    return vt_cli_keyring_enrol_all(args, out, err);
}

bool vt_cli_keyring_enrol_all(struct vt_args *args, struct vt_cli_keyring *out,
                              struct vt_error *err)
{
    const char *path;

    for (size_t i = 0; (path = vt_args_get_at(args, "enrolment", i)) != NULL; i++)
        if (!vt_cli_keyring_enrol(out, path, vt_env_now_unix_s(vt_args_env(args)), err))
            return false;
    return true;
}

bool vt_cli_custody_policy(const char *path, const struct vt_trust *trust,
                           int64_t now_unix_s, struct vt_envelope *envelope,
                           struct vt_custody *custody, struct vt_error *err)
{
    struct vt_count count;

    if (!read_envelope(path, envelope, err))
        return false;
    count =
        vt_trust_count(trust, VT_ROLE_SUPERVISOR, envelope, now_unix_s, (vt_slice){ 0 });
    if (count.outcome != VT_COUNT_ENOUGH)
        return vt_fail(err, VT_REJECTED, "%s: not signed by the supervisor", path);
    return vt_custody_read(&envelope->statement, custody, err) ||
           vt_within(err, "%s", path);
}

bool vt_cli_writer_token(struct vt_args *args, struct vt_arena *arena, const char **out,
                         struct vt_error *err)
{
    VT_AUTO_BUF token = vt_buf_init(VT_KIB(1));

    *out = NULL;
    if (!vt_args_has(args, "token-file"))
        return true;
    if (!vt_cli_passphrase_of(args, "token-file", &token, err))
        return false;
    *out = vt_arena_cstr(arena, vt_buf_slice(&token));
    return true;
}

bool vt_cli_read_header(const char *path, struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_FREE uint8_t *head = vt_alloc(HEADER_ROOM);
    VT_AUTO_FREE struct vt_age_header *header = vt_alloc(sizeof *header);
    VT_AUTO_FD fd = -1;
    uint64_t size;
    ssize_t got;

    if (!vt_file_open(path, &fd, &size, err))
        return false;
    got = pread(fd, head, HEADER_ROOM, 0);
    if (got < 0)
        return vt_fail(err, VT_IO, "%s: cannot read: %s", path, strerror(errno));
    if (!vt_age_header_parse(vt_slice_of(head, (size_t)got), header, err))
        return vt_within(err, "%s", path);
    vt_buf_put(out, header->bytes);
    return vt_buf_check(out, path, err);
}

bool vt_cli_read_access(const char *path, struct vt_buf *bytes,
                        struct vt_envelope *envelope, struct vt_access *access,
                        struct vt_error *err)
{
    vt_slice text;

    if (!vt_file_read(path, bytes, err))
        return false;
    text = vt_buf_slice(bytes);
    if (text.len != 0 && text.data[text.len - 1] == '\n')
        vt_buf_truncate(bytes, text.len - 1);
    return (vt_envelope_parse(vt_buf_slice(bytes), envelope, err) &&
            vt_access_read(&envelope->statement, access, err)) ||
           vt_within(err, "%s", path);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(vt_hash));
}

bool vt_cli_read_ids(const char *path, vt_hash *out, size_t *count_out,
                     struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    size_t count = 0;
    vt_slice line;
    vt_reader r;

    if (!vt_file_read(path, &text, err))
        return false;
    for (r.rest = vt_buf_slice(&text); vt_read_line(&r, &line); count++) {
        if (count == VT_ACCESS_BATCH_MAX)
            return vt_fail(err, VT_LIMIT, "%s: more than %d ids", path,
                           VT_ACCESS_BATCH_MAX);
        if (!vt_hash_parse_hex(line, &out[count]))
            return vt_fail(err, VT_MALFORMED, "%s: line %zu is not 64 hex digits", path,
                           count + 1);
    }
    if (count == 0 || r.rest.len != 0)
        return vt_fail(err, VT_MALFORMED, "%s: no lines with ids", path);
    qsort(out, count, sizeof *out, compare);
    for (size_t i = 1; i < count; i++)
        if (vt_hash_equal(&out[i - 1], &out[i]))
            return vt_fail(err, VT_MALFORMED, "%s: an id stands there twice", path);
    *count_out = count;
    return true;
}

bool vt_cli_read_batch(const char *path, const struct vt_access *access, vt_hash *out,
                       struct vt_error *err)
{
    vt_hash root;
    size_t count;

    if (!vt_cli_read_ids(path, out, &count, err) ||
        !vt_access_batch_root(out, count, &root, err))
        return false;
    return (access->is_batch && count == access->count &&
            vt_hash_equal(&root, &access->batch_root)) ||
           vt_fail(err, VT_REJECTED, "%s: these are not the objects of the order", path);
}

/* ---- policy -----------------------------------------------------------------------------
 */

static const struct vt_option policy_options[] = {
    { "out", "FILE", "where the signed policy goes", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    OPTION_END,
};

static bool sign_policy(const json_t *predicate, const struct vt_key *key,
                        struct vt_buf *out, uint64_t *version_out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_custody *custody = vt_alloc(sizeof *custody);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *keys[1] = { key };
    VT_AUTO_STATEMENT statement = { 0 };

    if (!vt_statement_write_about_itself(VT_CUSTODY, predicate, &payload, err) ||
        !vt_statement_parse(vt_buf_slice(&payload), &statement, err) ||
        !vt_custody_read(&statement, custody, err))
        return false;
    *version_out = custody->version;
    return vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err);
}

static bool run_policy(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0), *out_path = vt_args_get(args, "out");
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = NULL;
    VT_AUTO_KEY key = NULL;
    uint64_t version;

    if (!vt_file_read(path, &text, err) ||
        !vt_json_parse(vt_buf_slice(&text), path, &predicate, err) ||
        !vt_cli_key_open(args, &key, err))
        return false;
    if (!sign_policy(predicate, key, &out, &version, err))
        return vt_within(err, "%s", path);
    if (!vt_cli_write(out_path, vt_buf_slice(&out), 0644, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:I}", "ok", 1, "file", out_path, "version",
                                    (json_int_t)version));
    else
        (void)printf("%s: version %ju of the policy; agents take it with `vitrine keyagent "
                     "update`\n",
                     out_path, (uintmax_t)version);
    return true;
}

/* ---- request ----------------------------------------------------------------------------
 */

static const struct vt_option request_options[] = {
    { "out", "FILE", "where the signed request goes", true, false },
    { "cell", "NAME", "whose objects they are", true, false },
    { "ledger", "ORIGIN", "origin of the cell's access ledger", true, false },
    { "policy", "N", "version of the policy in force", true, false },
    { "role", "NAME", "the role in which you ask", true, false },
    { "role-id", "HEX", "id of that role's key, as the policy has it", true, false },
    { "place", "PLACE", "where you sit, as you are enrolled", true, false },
    { "jurisdiction", "CODE", "whose law binds you there: CH, DE, ...", true, false },
    { "reason", "REASON",
      "customer-support, malware-analysis, false-positive-complaint, government-request, "
      "maintenance, automatic-scan, emergency or erasure",
      true, false },
    { "request-number", "N", "of a government request", false, false },
    { "rules", "HEX", "of an automatic scan: digest of the rules", false, false },
    { "backup", "NAME=TIME",
      "of an erasure: a copy, and when it is gone: 2027-01-31T00:00:00Z", false, true },
    { "ids", "FILE", "of an erasure of many, instead of OBJECT: their ids, one a line",
      false, false },
    { "ticket", "TEXT", "what it belongs to", true, false },
    { "recipient", "age1...", "whom the answer is sealed for", true, false },
    { "valid", "TIME", "good for so long; 30m if not given", false, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    OPTION_END,
};

static bool take_hex(struct vt_args *args, const char *option, vt_hash *out,
                     struct vt_error *err)
{
    const char *text = vt_args_get(args, option);

    return text == NULL || vt_hash_parse_hex(vt_slice_from_cstr(text), out) ||
           vt_args_misuse(args, err, "--%s: '%s' is not 64 hex digits", option, text);
}

static vt_slice take_text(const struct vt_args *args, const char *option)
{
    return vt_slice_from_cstr(vt_args_get(args, option));
}

/* A copy that is gone already is none, and of one copy there is one date. */
static bool is_backup_sound(struct vt_args *args, const struct vt_access *access,
                            const char *text, struct vt_error *err)
{
    const struct vt_access_backup *at = &access->backups[access->backup_count];

    if (at->dies_unix_s <= vt_env_now_unix_s(vt_args_env(args)))
        return vt_args_misuse(args, err, "--backup: '%s' is over already: leave it out",
                              text);
    for (size_t i = 0; i < access->backup_count; i++)
        if (vt_slice_equal(access->backups[i].name, at->name))
            return vt_args_misuse(args, err, "--backup: '%.*s' stands there twice",
                                  VT_SLICE_ARGS(at->name));
    return true;
}

bool vt_cli_take_backups(struct vt_args *args, struct vt_access *out, struct vt_error *err)
{
    const char *text;

    while ((text = vt_args_get_at(args, "backup", out->backup_count)) != NULL) {
        vt_reader r = { vt_slice_from_cstr(text) };
        struct vt_access_backup *at = &out->backups[out->backup_count];

        if (out->backup_count == VT_ACCESS_BACKUPS_MAX)
            return vt_args_misuse(args, err, "--backup: at most %d", VT_ACCESS_BACKUPS_MAX);
        if (!vt_read_until(&r, '=', &at->name) || at->name.len == 0 ||
            !vt_time_parse(r.rest, &at->dies_unix_s))
            return vt_args_misuse(args, err,
                                  "--backup: '%s' is not NAME=TIME, say "
                                  "nightly=2027-01-31T00:00:00Z",
                                  text);
        if (!is_backup_sound(args, out, text, err))
            return false;
        out->backup_count++;
    }
    return true;
}

static bool misuse_reason(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF all = vt_buf_init(VT_KIB(1));

    for (unsigned i = 0; i < VT_ACCESS_REASONS; i++)
        vt_buf_printf(&all, "%s%s", i == 0 ? "" : ", ",
                      vt_access_reason_name((enum vt_access_reason)i));
    return vt_args_misuse(args, err, "--reason: '%.40s' is none of %.*s",
                          vt_args_get(args, "reason"), VT_SLICE_ARGS(vt_buf_slice(&all)));
}

static bool take_words(struct vt_args *args, struct vt_access *out, struct vt_error *err)
{
    int64_t valid_s;

    *out = (struct vt_access){ .cell = take_text(args, "cell"),
                               .ledger = take_text(args, "ledger"),
                               .role = take_text(args, "role"),
                               .place = take_text(args, "place"),
                               .jurisdiction = take_text(args, "jurisdiction"),
                               .ticket = take_text(args, "ticket") };
    if (!vt_access_reason_of(take_text(args, "reason"), &out->reason))
        return misuse_reason(args, err);
    if (!vt_args_number(args, "policy", 0, (uint64_t)VT_JSON_INTEGER_MAX, &out->policy,
                        err) ||
        !vt_args_number(args, "request-number", 0, (uint64_t)VT_JSON_INTEGER_MAX,
                        &out->request, err) ||
        !vt_args_duration(args, "valid", VALID_S, &valid_s, err) ||
        !take_hex(args, "role-id", &out->role_key, err) ||
        !take_hex(args, "rules", &out->rules, err) || !vt_cli_take_backups(args, out, err))
        return false;
    out->created_unix_s = vt_env_now_unix_s(vt_args_env(args));
    out->expires_unix_s = out->created_unix_s + valid_s;
    return vt_age_recipient_parse(take_text(args, "recipient"), &out->recipient, err) ||
           vt_args_misuse(args, err, "--recipient: it is not an age1... recipient");
}

static bool take_objects(struct vt_args *args, struct vt_access *out, struct vt_error *err)
{
    size_t count = vt_args_operand_count(args);

    for (size_t i = 0; i < count; i++) {
        VT_AUTO_BUF header = vt_buf_init(VT_AGE_HEADER_BYTES_MAX);

        if (!vt_cli_read_header(vt_args_operand(args, i), &header, err))
            return false;
        out->objects[i] = vt_sha256_of(vt_buf_slice(&header));
    }
    qsort(out->objects, count, sizeof out->objects[0], compare);
    out->count = count;
    return true;
}

/* Many at once are named by the root over their ids. */
static bool take_batch(struct vt_args *args, struct vt_access *out, struct vt_error *err)
{
    VT_AUTO_FREE vt_hash *ids = vt_alloc_array(VT_ACCESS_BATCH_MAX, sizeof *ids);
    size_t count;

    if (out->reason != VT_ACCESS_ERASURE || vt_args_operand_count(args) != 0)
        return vt_args_misuse(args, err,
                              "--ids is of an erasure, and stands instead of OBJECT");
    if (!vt_cli_read_ids(vt_args_get(args, "ids"), ids, &count, err) ||
        !vt_access_batch_root(ids, count, &out->batch_root, err))
        return false;
    out->is_batch = true;
    out->count = count;
    return true;
}

static bool take_wanted(struct vt_args *args, struct vt_access *out, struct vt_error *err)
{
    if (vt_args_has(args, "ids"))
        return take_batch(args, out, err);
    if (vt_args_operand_count(args) == 0)
        return vt_args_misuse(args, err,
                              "OBJECT... is needed: age files, or their headers");
    return take_objects(args, out, err);
}

static bool run_request(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "out");
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_access access;
    VT_AUTO_KEY key = NULL;
    const struct vt_key *keys[1];
    struct vt_key_id id;

    if (!take_words(args, &access, err) || !take_wanted(args, &access, err) ||
        !vt_cli_key_open(args, &key, err))
        return false;
    keys[0] = key;
    id = vt_public_key_id(vt_key_public(key));
    if (!vt_hash_parse_hex(vt_slice_from_cstr(id.text), &access.person))
        return vt_fail(err, VT_MALFORMED, "the key has no id");
    if (!vt_access_write(&access, &payload, err) ||
        !vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &out, err) ||
        !vt_cli_create(path, vt_buf_slice(&out), 0600, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:s,s:I}", "ok", 1, "file", path, "person",
                                    id.text, "objects", (json_int_t)access.count));
    else
        (void)printf(
            "%s %s %ju object%s; the role's key signs it next, and those "
            "who approve: `vitrine custody approve`\n",
            path, access.reason == VT_ACCESS_ERASURE ? "orders to erase" : "asks to read",
            (uintmax_t)access.count, vt_plural(access.count));
    return true;
}

/* ---- approve ----------------------------------------------------------------------------
 */

static const struct vt_option approve_options[] = {
    { "ids", "FILE", "of an order that names many by their root: the ids, one a line",
      false, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    OPTION_END,
};

json_t *vt_cli_access_json(const struct vt_access *access)
{
    char expires[VT_TIME_TEXT_BYTES], person[65];

    vt_time_write(access->expires_unix_s, expires);
    vt_hash_text(&access->person, person);
    return json_pack("{s:s,s:o,s:o,s:o,s:s,s:I,s:o,s:s}", "reason",
                     vt_access_reason_name(access->reason), "role",
                     vt_cli_json_text(access->role), "place",
                     vt_cli_json_text(access->place), "jurisdiction",
                     vt_cli_json_text(access->jurisdiction), "person", person, "objects",
                     (json_int_t)access->count, "ticket", vt_cli_json_text(access->ticket),
                     "expires", expires);
}

static void print_access(const struct vt_access *access)
{
    char expires[VT_TIME_TEXT_BYTES];

    vt_time_write(access->expires_unix_s, expires);
    (void)printf(
        "  %s, %ju object%s of %.*s, ticket %.*s\n  as %.*s, in %.*s (%.*s), until "
        "%s\n",
        vt_access_reason_name(access->reason), (uintmax_t)access->count,
        vt_plural(access->count), VT_SLICE_ARGS(access->cell),
        VT_SLICE_ARGS(access->ticket), VT_SLICE_ARGS(access->role),
        VT_SLICE_ARGS(access->place), VT_SLICE_ARGS(access->jurisdiction), expires);
}

/* A root tells nobody what it stands for: whoever has the ids holds them against it before
 * he signs. */
static bool are_ids_of(struct vt_args *args, const struct vt_access *access,
                       struct vt_error *err)
{
    VT_AUTO_FREE vt_hash *ids = NULL;

    if (!vt_args_has(args, "ids"))
        return true;
    ids = vt_alloc_array(VT_ACCESS_BATCH_MAX, sizeof *ids);
    return vt_cli_read_batch(vt_args_get(args, "ids"), access, ids, err);
}

static bool run_approve(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_access access;
    VT_AUTO_KEY key = NULL;

    if (!vt_cli_read_access(path, &bytes, &envelope, &access, err) ||
        !are_ids_of(args, &access, err) || !vt_cli_key_open(args, &key, err) ||
        !vt_envelope_add_signature(vt_buf_slice(&bytes), key, &out, err) ||
        !vt_cli_write(path, vt_buf_slice(&out), 0600, err))
        return false;
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack("{s:b,s:s,s:o}", "ok", 1, "file", path, "access",
                                    vt_cli_access_json(&access)));
        return true;
    }
    (void)printf("%s bears your signature now\n", path);
    print_access(&access);
    if (access.is_batch && !vt_args_has(args, "ids"))
        (void)printf("  which they are was not looked at: --ids does that\n");
    return true;
}

/* ---- the group --------------------------------------------------------------------------
 */

static const struct vt_verb verbs[] = {
    { "policy", "JSON", 1, 1, "sign who may read what, as the supervisor",
      "What it does not allow is forbidden.  The file is the predicate of custody/v1 as\n"
      "JSON; vitrine-custody(1) has an example.",
      policy_options, run_policy },
    { "request", "[OBJECT...]", 0, VT_ACCESS_OBJECTS_MAX,
      "write and sign a request to read objects",
      "Objects are age files, or their headers; the request names each by the SHA-256 of\n"
      "its complete header.  Up to 4096 can be ordered to be erased by --ids.  Nothing is "
      "sent.",
      request_options, run_request },
    { "approve", "FILE", 1, 1, "add the role's signature, or one that approves",
      "Shows what is asked.  Whoever approves is enrolled as a reader, or is the\n"
      "supervisor, and another holder than the one who asks.  Before it is logged: what "
      "is\n"
      "approved is what is on record.  An order that names many by their root is held\n"
      "against --ids.",
      approve_options, run_approve },
    { "read", "OBJECT...", 1, VT_ACCESS_OBJECTS_MAX,
      "log the request, ask the key agent, and decrypt",
      "The commitment goes on the access ledger and is proven with a quorum; then the "
      "agent\n"
      "gives the file keys, sealed for the recipient.  What is read is written into --out\n"
      "only.  An emergency is announced first (exit 1): call again when it is due, with "
      "the\n"
      "same --record.",
      vt_cli_custody_read_options, vt_cli_custody_read },
    { "erase", NULL, 0, 0, "erase what an order names, at the agent and in the cell",
      "The order is a request of the reason erasure.  The key agent is told first, and "
      "never\n"
      "releases these objects again; then their headers, bodies and rows go out of the\n"
      "cell's store, the cell signs the agent's claim, and the claim goes on the access\n"
      "ledger.  It says erased only of objects whose key never left; of the others it "
      "names\n"
      "the accesses.  After a kill, call it again.",
      vt_cli_custody_erase_options, vt_cli_custody_erase },
    { "erased", "CLAIM", 1, 1, "check the claim of an erasure, offline",
      "Exit 1 unless an agent of the cell signed it and, of objects, the cell too; with\n"
      "--objects, unless it is of these.  Tells which backups are still there.",
      vt_cli_custody_erased_options, vt_cli_custody_erased },
    { "retention", "show | run", 1, 1,
      "what the policy's schedules say is due to be erased",
      "A schedule of the policy says for how many days files of a country are kept after "
      "they\n"
      "were shared; what is due and still there is late, by the clock alone.  show erases\n"
      "nothing: --ids writes what an order to erase names.  run makes such orders, 4096 "
      "files\n"
      "at most in each, and carries them out as erase does; after a kill, call it again.",
      vt_cli_custody_retention_options, vt_cli_custody_retention },
    { "accesses", NULL, 0, 0, "list every reading, and prove that none is missing",
      "Needs a copy of the access ledger, the trust root and the agent's openings; the "
      "cell\n"
      "may be switched off.",
      vt_cli_custody_accesses_options, vt_cli_custody_accesses },
    { "openings", NULL, 0, 0, "fetch the openings from a key agent that is elsewhere",
      "For the supervisor, and for reviewers whom he enrolled: the question is signed.  "
      "What "
      "is\n"
      "in --out already stays; only what is new comes.  It ends when the file's chain is "
      "the "
      "one\n"
      "in the agent's signed count.  Then `accesses`, `open` and `reconcile` need the "
      "agent "
      "no\n"
      "more, nor the cell.",
      vt_cli_custody_openings_options, vt_cli_custody_openings },
    { "open", "NUMBER", 1, 1, "show one opening, with the proof that it is on record",
      "The statement that was signed, its salt, and a tlog-proof of the entry that they\n"
      "commit to.",
      vt_cli_custody_open_options, vt_cli_custody_open },
    { "reconcile", NULL, 0, 0, "hold the agent's count against the ledger, day by day",
      "Exit 1 if an opening is not on the ledger, a statement was released twice, or a "
      "count\n"
      "that the agent signed is not what its openings come to.",
      vt_cli_custody_reconcile_options, vt_cli_custody_reconcile },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_custody = { "custody", "read on the record only, and check it",
                                         verbs };
