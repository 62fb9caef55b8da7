/* vitrine custody erase, erased: objects out of the world, and the claim that says so.
 *
 * In this order: the agent's tombstones, kept with its claim; headers, bodies and rows of
 * the cell's store; the cell's signature on the same claim; the ledger.  Called again it
 * goes on where it was: with --out.agent there, the agent is not asked again; without, it
 * is asked with the salt in --out.opening, so that it answers as it did. */
#include "cell/movers_door.h"
#include "cell/samples.h"
#include "cli/custody.h"
#include "custody/ask.h"
#include "custody/erasure.h"
#include "store/store.h"

const struct vt_option vt_cli_custody_erase_options[] = {
    { "request", "FILE", "the signed order, of the reason erasure", true, false },
    VT_OPTION_TRUST,
    VT_OPTION_ENROLMENT,
    { "ids", "FILE", "of an order that names many by their root: the ids, one a line",
      false, false },
    { "ledger", "URL", "where the access ledger is served", true, false },
    { "token-file", "FILE", "first line: the token of one of its writers", false, false },
    { "agent", "URL", "where the key agent is served", true, false },
    { "sealed-for", "age1...", "the recipient that the objects are sealed for", true,
      false },
    { "samples", "DIR", "the cell's store of files", true, false },
    { "keeper", "SOCKET",
      "where its keeper takes movers (`vitrine cell serve --movers`); without, it must not "
      "run",
      false, false },
    { "key", "FILE", "the cell's private key: a PEM file or a \"pkcs11:\" URI", true,
      false },
    VT_OPTION_PASSPHRASE,
    { "out", "FILE", "where the claim goes; FILE.objects says what each object is", true,
      false },
    { NULL, NULL, NULL, false, false },
};

enum { OPENING_SALT_CHARS = 64 };

struct erasing {
    struct vt_cli_erase *told;
    struct vt_args *args;
    struct vt_arena *arena;
    struct vt_asker *asker;
    struct vt_asked asked;
    struct vt_access access;
    const vt_hash *ids; /* that the order names, ascending: access.count of them */
    struct vt_ask_object *objects;
    size_t count;          /* of those whose header is there */
    vt_slice claim, sorts; /* the agent's answer */
    uint64_t erased;       /* by the cell, now */
};

/* ---- the order --------------------------------------------------------------------------
 */

/* What the order names: one by one, or by the root over a list. */
static bool read_ids(struct erasing *e, struct vt_error *err)
{
    vt_hash *ids = vt_arena_alloc(e->arena, VT_ACCESS_BATCH_MAX * sizeof *ids);
    const char *path = e->told->ids;

    e->ids = ids;
    e->objects = vt_arena_alloc(e->arena, VT_ACCESS_BATCH_MAX * sizeof *e->objects);
    if (!e->access.is_batch) {
        memcpy(ids, e->access.objects, (size_t)e->access.count * sizeof *ids);
        return true;
    }
    if (path == NULL)
        return vt_args_misuse(
            e->args, err, "--ids is needed: the order names many objects by their root");
    return vt_cli_read_batch(path, &e->access, ids, err);
}

static bool read_order(struct erasing *e, struct vt_error *err)
{
    const char *path = e->told->order;
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_cli_read_access(path, &bytes, &envelope, &e->access, err))
        return false;
    vt_access_keep_texts(e->arena, &e->access);
    e->asked.envelope = vt_arena_copy(e->arena, vt_buf_slice(&bytes));
    if (e->access.reason != VT_ACCESS_ERASURE)
        return vt_fail(err, VT_REJECTED, "%s: is no order to erase", path);
    return read_ids(e, err);
}

static bool add_header(struct erasing *e, const vt_hash *id,
                       const struct vt_age_recipient *whom, struct vt_error *err)
{
    VT_AUTO_BUF header = vt_buf_init(VT_AGE_HEADER_BYTES_MAX);
    char name[VT_SAMPLE_PATH_BYTES];
    const char *path;

    vt_sample_header_path(id, name);
    path = vt_arena_printf(e->arena, "%s/%s", e->told->samples, name);
    if (!vt_path_exists(path))
        return true; /* gone already: it is erased by its id alone */
    if (!vt_cli_read_header(path, &header, err))
        return false;
    e->objects[e->count++] =
        (struct vt_ask_object){ vt_arena_copy(e->arena, vt_buf_slice(&header)), *whom };
    return true;
}

static bool read_headers(struct erasing *e, struct vt_error *err)
{
    for (size_t i = 0; i < e->access.count; i++)
        if (!add_header(e, &e->ids[i], &e->told->sealed_for, err))
            return false;
    return true;
}

/* ---- the agent --------------------------------------------------------------------------
 */

static bool are_backups_of(const struct vt_erasure *erasure, const struct vt_access *access)
{
    if (erasure->backup_count != access->backup_count)
        return false;
    for (size_t i = 0; i < access->backup_count; i++)
        if (!vt_slice_equal(erasure->backups[i].name, access->backups[i].name) ||
            erasure->backups[i].dies_unix_s != access->backups[i].dies_unix_s)
            return false;
    return true;
}

/* The cell signs what it was told to do, and nothing else that an agent may have signed. */
static bool is_of_order(const struct erasing *e, const struct vt_erasure *erasure,
                        struct vt_error *err)
{
    const struct vt_access *access = &e->access;

    if (e->sorts.len != access->count)
        return vt_fail(err, VT_REJECTED, "the claim is not of the objects of the order");
    if (!vt_slice_equal(erasure->cell, access->cell) ||
        !vt_slice_equal(erasure->ledger, access->ledger))
        return vt_fail(err, VT_REJECTED, "the claim is of another cell or ledger");
    if (!are_backups_of(erasure, access))
        return vt_fail(err, VT_REJECTED, "the claim is not of the backups of the order");
    return vt_erasure_is_of(erasure, e->ids, e->sorts, err);
}

static bool take_answer(struct erasing *e, vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_erasure *erasure = vt_alloc(sizeof *erasure);
    VT_AUTO_ENVELOPE envelope = { 0 };

    bytes = vt_arena_copy(e->arena, bytes);
    if (!vt_erasure_answer_parse(bytes, &e->claim, &e->sorts, err) ||
        !vt_envelope_parse(e->claim, &envelope, err) ||
        !vt_erasure_read(&envelope.statement, erasure, err))
        return false;
    if (!vt_erasure_signed_by(e->asker->keyring, &envelope, erasure,
                              vt_env_now_unix_s(e->asker->env))
             .agent)
        return vt_fail(err, VT_REJECTED, "the claim is signed by no agent of the cell");
    return is_of_order(e, erasure, err);
}

/* What opens the commitment: the salt in hex, and the order. */
static bool write_opening(const struct erasing *e, const char *path, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX + OPENING_SALT_CHARS + 1);
    char hex[OPENING_SALT_CHARS + 1];
    vt_hash salt;

    memcpy(salt.bytes, e->asked.salt, sizeof salt.bytes);
    vt_hash_text(&salt, hex);
    vt_buf_printf(&text, "%s\n", hex);
    vt_buf_put(&text, e->asked.envelope);
    return vt_buf_check(&text, "the opening", err) &&
           vt_cli_write(path, vt_buf_slice(&text), 0600, err);
}

static bool read_opening(struct erasing *e, const char *path, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX + OPENING_SALT_CHARS + 1);
    vt_reader r;
    vt_slice line;
    vt_hash salt;

    if (!vt_file_read(path, &text, err))
        return false;
    r.rest = vt_buf_slice(&text);
    if (!vt_read_line(&r, &line) || !vt_hash_parse_hex(line, &salt))
        return vt_fail(err, VT_MALFORMED, "%s: no line with a salt", path);
    memcpy(e->asked.salt, salt.bytes, sizeof e->asked.salt);
    return vt_slice_equal(r.rest, e->asked.envelope) ||
           vt_fail(err, VT_REJECTED,
                   "%s: another order was begun there; give this one another --out", path);
}

/* The salt is on the disk before the commitment is anywhere else. */
static bool begin_opening(struct erasing *e, const char *path, struct vt_error *err)
{
    if (vt_path_exists(path))
        return read_opening(e, path, err);
    vt_ask_draw_salt(e->asker->env, &e->asked);
    return write_opening(e, path, err);
}

static bool ask_agent(struct erasing *e, const char *kept, struct vt_error *err)
{
    const char *path = vt_arena_printf(e->arena, "%s.opening", e->told->out);
    struct vt_ask_wish wish = { .objects = e->objects,
                                .object_count = e->count,
                                .ids = e->access.is_batch ? e->ids : NULL,
                                .id_count = (size_t)e->access.count, /* at most 4096 */
                                .is_erasure = true };
    VT_AUTO_ASK_ANSWER answer = { .message = "" };
    bool is_ok;

    if (!begin_opening(e, path, err))
        return false;
    is_ok = vt_ask_release(e->asker, &e->asked, &wish, &answer, err);
    /* The salt that counted may be one that follows from it. */
    if (!write_opening(e, path, err) || !is_ok)
        return false;
    if (answer.outcome != VT_ASK_RELEASED)
        return vt_fail(err, VT_REJECTED, "the agent: %s", answer.message);
    return take_answer(e, vt_buf_slice(&answer.claim), err) &&
           vt_cli_write(kept, vt_buf_slice(&answer.claim), 0600, err);
}

static bool get_claim(struct erasing *e, struct vt_error *err)
{
    const char *kept = vt_arena_printf(e->arena, "%s.agent", e->told->out);
    VT_AUTO_BUF bytes = vt_buf_init(VT_ERASURE_ANSWER_BYTES_MAX);

    if (!vt_path_exists(kept))
        return read_headers(e, err) && ask_agent(e, kept, err);
    return (vt_file_read(kept, &bytes, err) && take_answer(e, vt_buf_slice(&bytes), err)) ||
           vt_within(err, "%s", kept);
}

/* ---- the cell ---------------------------------------------------------------------------
 */

/* Opening a store makes one; a cell that looks into the wrong folder has erased nothing. */
static bool is_store_there(const struct erasing *e, struct vt_error *err)
{
    const char *folder = e->told->samples;

    return vt_path_exists(vt_arena_printf(e->arena, "%s/records.db", folder)) ||
           vt_fail(err, VT_IO, "--samples %s: no store of files is there", folder);
}

/* Its keeper must not run, and does not while we have the store's lock. */
static bool erase_from_store(struct erasing *e, const struct vt_key *key,
                             struct vt_error *err)
{
    static const struct vt_samples_bounds usual;
    struct vt_samples *samples = NULL;
    bool is_ok;

    if (!vt_samples_open(e->told->samples, vt_arena_cstr(e->arena, e->access.cell), &usual,
                         key, e->asker->env, &samples, err))
        return vt_within(err, "the store (where its keeper runs, --keeper is needed)");
    is_ok = vt_samples_erase(samples, e->ids, e->access.count, &e->erased, err);
    vt_samples_close(samples);
    return is_ok;
}

static bool erase_from_cell(struct erasing *e, const struct vt_key *key,
                            struct vt_error *err)
{
    const char *door = e->told->keeper;

    return door != NULL ? vt_erase_at_door(door, e->ids, e->access.count, &e->erased, err)
                        : erase_from_store(e, key, err);
}

static bool write_list(const struct erasing *e, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    for (size_t i = 0; i < e->sorts.len; i++) {
        char hex[65];

        vt_hash_text(&e->ids[i], hex);
        vt_buf_printf(&text, "%s %s\n",
                      e->sorts.data[i] == VT_ERASURE_ERASED ? "erased" : "closed", hex);
    }
    return vt_cli_write(vt_arena_printf(e->arena, "%s.objects", e->told->out),
                        vt_buf_slice(&text), 0600, err);
}

static bool close_claim(struct erasing *e, const struct vt_key *key, struct vt_error *err)
{
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);

    return vt_envelope_add_signature(e->claim, key, &out, err) && write_list(e, err) &&
           vt_cli_write(e->told->out, vt_buf_slice(&out), 0644, err) &&
           vt_ask_log_count(e->asker, vt_buf_slice(&out), err);
}

/* ---- all of it --------------------------------------------------------------------------
 */

bool vt_cli_erase(struct vt_cli_erase *told, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct erasing e = {
        .told = told, .args = told->args, .arena = arena, .asker = told->asker
    };

    if (!read_order(&e, err) || !is_store_there(&e, err) || !get_claim(&e, err) ||
        !erase_from_cell(&e, told->key, err) || !close_claim(&e, told->key, err))
        return false;
    told->erased = told->closed = 0;
    for (size_t i = 0; i < e.sorts.len; i++)
        told->erased += e.sorts.data[i] == VT_ERASURE_ERASED;
    told->closed = e.sorts.len - told->erased;
    told->files = e.erased;
    return true;
}

static void say_erased(const struct vt_cli_erase *e)
{
    size_t count = e->erased + e->closed;

    if (vt_args_is_json(e->args))
        vt_cli_print_json(json_pack("{s:b,s:I,s:I,s:I,s:s}", "ok", 1, "erased",
                                    (json_int_t)e->erased, "closed", (json_int_t)e->closed,
                                    "files", (json_int_t)e->files, "claim", e->out));
    else
        (void)printf("no further release of %zu object%s: %zu erased, %zu closed (their "
                     "keys had been released)\n%ju taken out of the store; the claim is "
                     "on the ledger and in %s\n",
                     count, vt_plural(count), e->erased, e->closed, (uintmax_t)e->files,
                     e->out);
}

static bool read_words(struct vt_args *args, struct vt_cli_erase *out, struct vt_error *err)
{
    out->order = vt_args_get(args, "request");
    out->ids = vt_args_get(args, "ids");
    out->samples = vt_args_get(args, "samples");
    out->keeper = vt_args_get(args, "keeper");
    out->out = vt_args_get(args, "out");
    return vt_age_recipient_parse(vt_slice_from_cstr(vt_args_get(args, "sealed-for")),
                                  &out->sealed_for, err) ||
           vt_args_misuse(args, err, "--sealed-for: it is not an age1... recipient");
}

bool vt_cli_custody_erase(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_HTTP_CLIENT client = NULL;
    VT_AUTO_KEY key = NULL;
    struct vt_asker asker = { .ledger = vt_args_get(args, "ledger"),
                              .agent = vt_args_get(args, "agent"),
                              .keyring = &keyring.keyring,
                              .env = vt_args_env(args) };
    struct vt_cli_erase erase = { .args = args, .asker = &asker };
    struct vt_error ignored = { 0 };

    if (!vt_http_url_check(asker.ledger, &ignored) ||
        !vt_http_url_check(asker.agent, &ignored))
        return vt_args_misuse(args, err,
                              "--ledger and --agent are http or https addresses");
    if (!read_words(args, &erase, err) || !vt_cli_keyring_read(args, &keyring, err) ||
        !vt_cli_writer_token(args, arena, &asker.token, err) ||
        !vt_cli_key_open(args, &key, err) || !vt_http_client_new(&client, err))
        return false;
    asker.client = client;
    erase.key = key;
    if (!vt_cli_erase(&erase, err))
        return false;
    say_erased(&erase);
    return true;
}

/* ---- erased: is the claim what it says? -------------------------------------------------
 */

const struct vt_option vt_cli_custody_erased_options[] = {
    { "objects", "FILE", "what each object is, from `vitrine custody erase`", false,
      false },
    VT_OPTION_TRUST,
    VT_OPTION_ENROLMENT,
    { NULL, NULL, NULL, false, false },
};

struct listed {
    vt_hash ids[VT_ACCESS_BATCH_MAX];
    uint8_t sorts[VT_ACCESS_BATCH_MAX];
    size_t count;
};

static bool read_listed_line(vt_slice line, struct listed *out)
{
    vt_reader r = { line };
    vt_slice word;

    if (out->count == VT_ACCESS_BATCH_MAX || !vt_read_until(&r, ' ', &word) ||
        !vt_hash_parse_hex(r.rest, &out->ids[out->count]) ||
        (!vt_slice_is(word, "erased") && !vt_slice_is(word, "closed")))
        return false;
    out->sorts[out->count++] =
        vt_slice_is(word, "erased") ? VT_ERASURE_ERASED : VT_ERASURE_CLOSED;
    return true;
}

static bool is_of_listed(const char *path, const struct vt_erasure *erasure,
                         struct vt_error *err)
{
    VT_AUTO_FREE struct listed *listed = vt_alloc(sizeof *listed);
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    vt_reader r;
    vt_slice line;

    if (!vt_file_read(path, &text, err))
        return false;
    r.rest = vt_buf_slice(&text);
    while (vt_read_line(&r, &line))
        if (!read_listed_line(line, listed))
            return vt_fail(err, VT_MALFORMED,
                           "%s: line %zu is not 'erased ID' or 'closed ID'", path,
                           listed->count + 1);
    if (listed->count == 0 || r.rest.len != 0)
        return vt_fail(err, VT_MALFORMED, "%s: no lines 'erased ID' or 'closed ID'", path);
    return vt_erasure_is_of(erasure, listed->ids, vt_slice_of(listed->sorts, listed->count),
                            err) ||
           vt_within(err, "%s", path);
}

static void print_claim(const struct vt_erasure *e, int64_t now_unix_s)
{
    char when[VT_TIME_TEXT_BYTES];

    vt_time_write(e->at_unix_s, when);
    if (e->is_period)
        (void)printf("the key for %.*s/%.*s/%.*s was destroyed at %s: nothing that was "
                     "sealed for it opens\n",
                     VT_SLICE_ARGS(e->country), VT_SLICE_ARGS(e->data_class),
                     VT_SLICE_ARGS(e->period), when);
    else
        (void)printf("no further release since %s: %ju erased, %ju closed\n", when,
                     (uintmax_t)e->erased.count, (uintmax_t)e->closed.count);
    for (size_t i = 0; i < e->access_count; i++)
        (void)printf("  read before: entry %ju, %s, %ju of them\n",
                     (uintmax_t)e->accesses[i].index,
                     vt_access_reason_name(e->accesses[i].reason),
                     (uintmax_t)e->accesses[i].objects);
    for (size_t i = 0; i < e->backup_count; i++) {
        vt_time_write(e->backups[i].dies_unix_s, when);
        (void)printf("  backup %.*s: %s %s\n", VT_SLICE_ARGS(e->backups[i].name),
                     e->backups[i].dies_unix_s > now_unix_s ? "still there, dies" : "died",
                     when);
    }
}

static bool are_signed(struct vt_args *args, const struct vt_keyring *keyring,
                       const struct vt_envelope *envelope, const struct vt_erasure *erasure,
                       struct vt_error *err)
{
    struct vt_erasure_signers signers = vt_erasure_signed_by(
        keyring, envelope, erasure, vt_env_now_unix_s(vt_args_env(args)));
    const char *path = vt_args_operand(args, 0);

    if (!signers.agent)
        return vt_fail(err, VT_REJECTED, "%s: signed by no agent of the cell %.*s", path,
                       VT_SLICE_ARGS(erasure->cell));
    return signers.cell || erasure->is_period ||
           vt_fail(err, VT_REJECTED,
                   "%s: the cell %.*s has not signed that headers and bodies are gone",
                   path, VT_SLICE_ARGS(erasure->cell));
}

bool vt_cli_custody_erased(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    VT_AUTO_FREE struct vt_erasure *erasure = vt_alloc(sizeof *erasure);
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_cli_keyring_read(args, &keyring, err) || !vt_file_read(path, &bytes, err))
        return false;
    if (!vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err) ||
        !vt_erasure_read(&envelope.statement, erasure, err))
        return vt_within(err, "%s", path);
    if (!are_signed(args, &keyring.keyring, &envelope, erasure, err) ||
        (vt_args_has(args, "objects") &&
         !is_of_listed(vt_args_get(args, "objects"), erasure, err)))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:O}", "ok", 1, "claim", envelope.statement.predicate));
    else
        print_claim(erasure, vt_env_now_unix_s(vt_args_env(args)));
    return true;
}
