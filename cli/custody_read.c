/* vitrine custody read: the whole road from a signed request to plaintext. */
#include "cli/custody.h"
#include "custody/ask.h"
#include "store/store.h"

const struct vt_option vt_cli_custody_read_options[] = {
    { "request", "FILE", "the signed request", true, false },
    VT_OPTION_TRUST,
    VT_OPTION_ENROLMENT,
    { "ledger", "URL", "where the access ledger is served", true, false },
    { "token-file", "FILE", "first line: the token of one of its writers", false, false },
    { "agent", "URL", "where the key agent is served", true, false },
    { "key", "FILE", "the identity that the request's recipient belongs to", true, false },
    VT_OPTION_PASSPHRASE,
    { "sealed-for", "age1...", "the recipient that the objects are sealed for", true,
      false },
    { "record", "FILE", "what opens the commitment, kept; the request's name with .opening",
      false, false },
    { "out", "DIR", "folder for the plaintexts, which must not be there yet", true, false },
    { NULL, NULL, NULL, false, false },
};

struct reading {
    struct vt_args *args;
    struct vt_arena *arena;
    struct vt_asker asker;
    struct vt_asked asked;
    struct vt_age_identity identity;
    struct vt_ask_object objects[VT_ACCESS_OBJECTS_MAX];
    size_t count;
    const char *record; /* path */
};

/* ---- the record -------------------------------------------------------------------------
 * The salt, in hex: with it and the request anybody can show what the entry says. */

static bool read_record(struct reading *r, bool *is_new, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    vt_hash salt;

    *is_new = !vt_path_exists(r->record);
    if (*is_new)
        return true;
    if (!vt_file_read(r->record, &text, err))
        return false;
    if (text.len != 65 || !vt_hash_parse_hex(vt_slice_of(text.data, 64), &salt))
        return vt_fail(err, VT_MALFORMED, "%s: not one line with a salt", r->record);
    memcpy(r->asked.salt, salt.bytes, sizeof r->asked.salt);
    return true;
}

static bool write_record(const struct reading *r, struct vt_error *err)
{
    char text[66];
    vt_hash salt;

    memcpy(salt.bytes, r->asked.salt, sizeof salt.bytes);
    vt_hash_text(&salt, text);
    text[64] = '\n';
    return vt_cli_write(r->record, vt_slice_of(text, 65), 0600, err);
}

/* ---- beginning --------------------------------------------------------------------------
 */

static bool read_objects(struct reading *r, struct vt_error *err)
{
    struct vt_age_recipient whom;

    if (!vt_age_recipient_parse(vt_slice_from_cstr(vt_args_get(r->args, "sealed-for")),
                                &whom, err))
        return vt_args_misuse(r->args, err, "--sealed-for: it is not an age1... recipient");
    for (size_t i = 0; i < vt_args_operand_count(r->args); i++) {
        VT_AUTO_BUF header = vt_buf_init(VT_AGE_HEADER_BYTES_MAX);

        if (!vt_cli_read_header(vt_args_operand(r->args, i), &header, err))
            return false;
        r->objects[r->count++] =
            (struct vt_ask_object){ vt_arena_copy(r->arena, vt_buf_slice(&header)), whom };
    }
    return true;
}

static bool read_request(struct reading *r, struct vt_error *err)
{
    const char *path = vt_args_get(r->args, "request");
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_access access;

    if (!vt_cli_read_access(path, &bytes, &envelope, &access, err))
        return false;
    r->asked.envelope = vt_arena_copy(r->arena, vt_buf_slice(&bytes));
    r->record = vt_args_get(r->args, "record");
    if (r->record == NULL)
        r->record = vt_arena_printf(r->arena, "%s.opening", path);
    if (memcmp(&access.recipient, &r->identity.recipient, sizeof access.recipient) != 0)
        return vt_fail(err, VT_REJECTED,
                       "%s: the answer would be sealed for another recipient than --key",
                       path);
    return true;
}

/* ---- plaintext --------------------------------------------------------------------------
 */

static bool put_plain(void *context, vt_slice bytes, struct vt_error *err)
{
    return vt_disk_draft_add(context, bytes, err);
}

/* What stands behind the header, decrypted into the draft. */
static bool decrypt_into(const struct reading *r, const uint8_t *file_key, size_t i,
                         struct vt_disk_draft *draft, struct vt_error *err)
{
    const char *path = vt_args_operand(r->args, i);
    vt_age_sink sink = { put_plain, draft };
    VT_AUTO_AGE_STREAM stream = NULL;
    VT_AUTO_FD fd = -1;
    uint64_t size;

    if (!vt_file_open(path, &fd, &size, err))
        return false;
    if (lseek(fd, (off_t)r->objects[i].header.len, SEEK_SET) < 0) /* at most 16 KiB */
        return vt_fail(err, VT_IO, "%s: cannot seek: %s", path, strerror(errno));
    return (vt_age_open_new(file_key, sink, &stream, err) &&
            vt_age_stream_put_fd(stream, fd, path, err) &&
            vt_age_stream_end(stream, err)) ||
           vt_within(err, "%s", path);
}

static bool decrypt(const struct reading *r, const struct vt_age_grant *grant, size_t i,
                    struct vt_disk *disk, struct vt_error *err)
{
    vt_hash id = vt_ask_object_id(&r->objects[i]);
    const uint8_t *file_key = vt_age_grant_find(grant, &id);
    struct vt_disk_draft *draft;
    char name[65];

    vt_hash_text(&id, name);
    if (!vt_disk_draft_begin(disk, "", 0600, &draft, err))
        return false;
    if (decrypt_into(r, file_key, i, draft, err))
        return vt_disk_draft_finish(draft, name, false, err);
    vt_disk_draft_discard(draft);
    return false;
}

static bool decrypt_all(const struct reading *r, const struct vt_age_grant *grant,
                        struct vt_error *err)
{
    const char *out = vt_args_get(r->args, "out");
    struct vt_disk *disk;
    bool is_ok = true;

    if (!vt_disk_open(out, true, &disk, err))
        return false;
    for (size_t i = 0; is_ok && i < r->count; i++)
        is_ok = decrypt(r, grant, i, disk, err);
    vt_disk_close(disk);
    return is_ok;
}

/* ---- all of it --------------------------------------------------------------------------
 */

static void say(const struct reading *r, const char *what, const char *why)
{
    if (vt_args_is_json(r->args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:s,s:I}", "ok", why[0] == '\0', "outcome",
                                    what, "why", why, "objects", (json_int_t)r->count));
    else if (why[0] != '\0')
        (void)printf("%s: %s\n", what, why);
    else
        (void)printf("%zu object%s in %s, each under its id; the reading is on record\n",
                     r->count, vt_plural(r->count), vt_args_get(r->args, "out"));
}

static bool take_answer(const struct reading *r, const struct vt_ask_answer *answer,
                        struct vt_error *err)
{
    if (answer->outcome != VT_ASK_RELEASED) {
        vt_args_exit(r->args, VT_EXIT_REFUSED);
        say(r, answer->outcome == VT_ASK_ANNOUNCED ? "announced" : "refused",
            answer->message);
        return true;
    }
    if (!vt_ask_log_count(&r->asker, vt_buf_slice(&answer->tally), err))
        return vt_within(err, "the keys were released, but the agent's count could not be "
                              "logged");
    if (!decrypt_all(r, &answer->grant, err))
        return false;
    say(r, "released", "");
    return true;
}

/* The salt is on the disk before the commitment is anywhere else. */
static bool ask(struct reading *r, struct vt_error *err)
{
    struct vt_ask_wish wish = { .objects = r->objects,
                                .object_count = r->count,
                                .identity = &r->identity };
    VT_AUTO_ASK_ANSWER answer = { .message = "" };
    bool is_new, ok;

    if (!read_record(r, &is_new, err))
        return false;
    if (is_new) {
        vt_ask_draw_salt(r->asker.env, &r->asked);
        if (!write_record(r, err))
            return false;
    }
    ok = vt_ask_release(&r->asker, &r->asked, &wish, &answer, err);
    /* The salt that counted may be one that follows from it. */
    return write_record(r, err) && ok && take_answer(r, &answer, err);
}

bool vt_cli_custody_read(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct reading r = { .args = args,
                         .arena = arena,
                         .asker = { .ledger = vt_args_get(args, "ledger"),
                                    .agent = vt_args_get(args, "agent"),
                                    .keyring = &keyring.keyring,
                                    .env = vt_args_env(args) } };
    struct vt_error ignored = { 0 };
    bool ok;

    if (!vt_http_url_check(r.asker.ledger, &ignored) ||
        !vt_http_url_check(r.asker.agent, &ignored))
        return vt_args_misuse(args, err,
                              "--ledger and --agent are http or https addresses");
    if (vt_path_exists(vt_args_get(args, "out")))
        return vt_fail(err, VT_REJECTED,
                       "%s is there already: plaintext goes into a folder of its own",
                       vt_args_get(args, "out"));
    if (!vt_cli_keyring_read(args, &keyring, err) ||
        !vt_cli_writer_token(args, arena, &r.asker.token, err) ||
        !vt_cli_identity_open(args, &r.identity, err))
        return false;
    ok = read_request(&r, err) && read_objects(&r, err) && vt_http_client_new(&client, err);
    r.asker.client = client;
    ok = ok && ask(&r, err);
    vt_age_identity_clear(&r.identity);
    return ok;
}
