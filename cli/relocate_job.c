/* A move's folder, and the questions to the source's key agent; see relocate_job.h. */
#include "cli/relocate_job.h"
#include "cell/movers_door.h"
#include "custody/rewrap.h"
#include "evidence/field.h"
#include "ledger/use.h"

enum {
    WORDS_BYTES_MAX = 64 << 10,
    VALID_S = 1800,
    GIVEN_BYTES_MAX = VT_MOVE_REWRAP_MAX * (VT_REWRAP_HEADER_BYTES_MAX + 64),
};

#define JOB_TEXT(name)                                                                     \
    {                                                                                      \
        name, VT_FIELD_TEXT, false, 0, NULL, NULL                                          \
    }
static const struct vt_field JOB[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    JOB_TEXT("country"),
    JOB_TEXT("from"),
    JOB_TEXT("to"),
    JOB_TEXT("source"),
    JOB_TEXT("samples"),
    JOB_TEXT("destination"),
    JOB_TEXT("recipient"),
    { "periods", VT_FIELD_TEXTS, false, VT_JOB_PERIODS_MAX, NULL, NULL },
    JOB_TEXT("ledger"),
    JOB_TEXT("origin"),
    JOB_TEXT("agent"),
    { "policy", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    JOB_TEXT("person_key"),
    JOB_TEXT("role_key"),
    JOB_TEXT("cell_key"),
    JOB_TEXT("role"),
    JOB_TEXT("place"),
    JOB_TEXT("jurisdiction"),
    JOB_TEXT("ticket"),
    { "approver_keys", VT_FIELD_TEXTS, true, VT_JOB_APPROVERS_MAX, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

const char *vt_job_text(const struct vt_job *job, const char *name)
{
    return vt_arena_cstr(job->arena, vt_field_text(job->words, name));
}

/* ---- opening ----------------------------------------------------------------------------
 */

/* Each document is of its cell and of this country's files. */
static bool is_of(const struct vt_job *job, const struct vt_recipient *document,
                  const char *cell, struct vt_error *err)
{
    return (strcmp(document->cell, vt_job_text(job, cell)) == 0 &&
            strcmp(document->country, job->mover.country) == 0 &&
            strcmp(document->data_class, "file") == 0) ||
           vt_fail(err, VT_REJECTED,
                   "job.json: a recipient is of cell %s for %s, and not of %s for files of "
                   "%s",
                   document->cell, document->country, vt_job_text(job, cell),
                   job->mover.country);
}

static bool take_documents(struct vt_job *job, struct vt_error *err)
{
    const json_t *periods = json_object_get(job->words, "periods");

    if (!vt_cell_recipient_read(vt_job_text(job, "recipient"), &job->destination, err) ||
        !is_of(job, &job->destination, "to", err))
        return false;
    for (size_t i = 0; i < json_array_size(periods); i++) {
        const char *path = json_string_value(json_array_get(periods, i));

        if (!vt_cell_recipient_read(path, &job->periods[i], err) ||
            !is_of(job, &job->periods[i], "from", err))
            return false;
        job->period_count++;
    }
    return true;
}

static bool take_words(struct vt_job *job, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(WORDS_BYTES_MAX);
    const char *path = vt_arena_printf(job->arena, "%s/job.json", job->dir);
    size_t country;

    if (!vt_file_read(path, &text, err) ||
        !vt_json_parse(vt_buf_slice(&text), path, &job->words, err) ||
        !vt_schema_verify(job->words, path, JOB, err))
        return false;
    if (vt_field_number(job->words, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "%s: is not of version 1", path);
    if (!vt_country_of(vt_field_text(job->words, "country"), &country))
        return vt_fail(err, VT_MALFORMED, "%s: '%s' is no country of ISO 3166", path,
                       vt_job_text(job, "country"));
    memcpy(job->mover.country, vt_job_text(job, "country"), sizeof job->mover.country);
    return strcmp(vt_job_text(job, "from"), vt_job_text(job, "to")) != 0 ||
           vt_fail(err, VT_REJECTED, "%s: moves from a cell to itself", path);
}

/* Whoever only looks believes the paper; who goes on checks it, vt_job_begun. */
static bool take_manifest(struct vt_job *job, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (!vt_disk_has(job->disk, "begun"))
        return true;
    if (!vt_disk_read(job->disk, "begun", &bytes, err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err))
        return vt_within(err, "%s/begun", job->dir);
    if (envelope.statement.type != VT_RELOCATION)
        return vt_fail(err, VT_REJECTED, "%s/begun: is no paper of a relocation", job->dir);
    job->manifest =
        vt_manifest_root_of(json_object_get(envelope.statement.predicate, "manifest"));
    return true;
}

bool vt_job_open(struct vt_args *args, const char *dir, bool is_writing, struct vt_job *out,
                 struct vt_error *err)
{
    (void)args;
    *out =
        (struct vt_job){ .dir = dir, .arena = vt_arena_new(), .from.fd = -1, .to.fd = -1 };
    if (!vt_disk_open(dir, false, &out->disk, err) || !take_words(out, err) ||
        !take_documents(out, err) || (is_writing && !vt_disk_lock(out->disk, err)) ||
        !take_manifest(out, err))
        return false;
    out->mover.from = &out->from;
    out->mover.to = &out->to;
    out->mover.samples = vt_job_text(out, "samples");
    out->mover.recipient = out->destination.digest;
    out->mover.rewrap = vt_job_rewrap;
    out->mover.context = out;
    return true;
}

void vt_job_close(struct vt_job *job)
{
    if (job->arena == NULL)
        return;
    vt_channel_clear(&job->from);
    vt_channel_clear(&job->to);
    vt_key_close(job->person);
    vt_key_close(job->role);
    vt_key_close(job->cell);
    for (size_t i = 0; i < job->approver_count; i++)
        vt_key_close(job->approvers[i]);
    vt_http_client_free(job->client);
    if (job->keyring != NULL)
        vt_cli_keyring_clear(job->keyring);
    free(job->keyring);
    json_decref(job->words);
    vt_disk_close(job->disk);
    vt_arena_free(job->arena);
}

bool vt_job_connect(struct vt_job *job, struct vt_error *err)
{
    return vt_movers_door_knock(vt_job_text(job, "source"), &job->from, err) &&
           vt_movers_door_knock(vt_job_text(job, "destination"), &job->to, err);
}

/* Two persons, where the policy asks for them: each has a key, in a token as a rule. */
static bool open_approvers(struct vt_job *job, vt_slice passphrase, struct vt_error *err)
{
    const json_t *paths = json_object_get(job->words, "approver_keys");

    for (size_t i = 0; i < json_array_size(paths); i++) {
        if (!vt_key_open(json_string_value(json_array_get(paths, i)), passphrase,
                         &job->approvers[job->approver_count], err))
            return false;
        job->approver_count++;
    }
    return true;
}

bool vt_job_open_agent(struct vt_args *args, struct vt_job *job, struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(VT_KIB(4));
    bool is_ok;

    job->keyring = vt_alloc(sizeof *job->keyring);
    is_ok = vt_cli_keyring_read(args, job->keyring, err) &&
            vt_cli_passphrase(args, &passphrase, err) &&
            vt_key_open(vt_job_text(job, "person_key"), vt_buf_slice(&passphrase),
                        &job->person, err) &&
            vt_key_open(vt_job_text(job, "role_key"), vt_buf_slice(&passphrase), &job->role,
                        err) &&
            vt_key_open(vt_job_text(job, "cell_key"), vt_buf_slice(&passphrase), &job->cell,
                        err) &&
            open_approvers(job, vt_buf_slice(&passphrase), err) &&
            vt_http_client_new(&job->client, err);
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    job->asker = (struct vt_asker){ .ledger = vt_job_text(job, "ledger"),
                                    .agent = vt_job_text(job, "agent"),
                                    .keyring = &job->keyring->keyring,
                                    .env = vt_args_env(args),
                                    .client = job->client };
    return is_ok && vt_cli_writer_token(args, job->arena, &job->asker.token, err);
}

/* ---- asking the source's agent ----------------------------------------------------------
 */

/* By the ids that both begin with. */
static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(vt_hash));
}

static bool key_id(const struct vt_key *key, vt_hash *out)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));

    return vt_hash_parse_hex(vt_slice_from_cstr(id.text), out);
}

/* The statement: this batch, for the destination's agent and nobody else. */
static bool sign(struct vt_job *job, const vt_hash *ids, size_t count, struct vt_buf *out,
                 struct vt_error *err)
{
    const struct vt_key *keys[2 + VT_JOB_APPROVERS_MAX] = { job->person, job->role };
    VT_AUTO_FREE struct vt_access *access = vt_alloc(sizeof *access);

    *access = (struct vt_access){ .cell = vt_field_text(job->words, "from"),
                                  .ledger = vt_field_text(job->words, "origin"),
                                  .policy = vt_field_number(job->words, "policy"),
                                  .role = vt_field_text(job->words, "role"),
                                  .place = vt_field_text(job->words, "place"),
                                  .jurisdiction = vt_field_text(job->words, "jurisdiction"),
                                  .is_batch = true,
                                  .count = count,
                                  .reason = VT_ACCESS_RELOCATION,
                                  .ticket = vt_field_text(job->words, "ticket"),
                                  .recipient = job->destination.key };
    for (size_t i = 0; i < job->approver_count; i++)
        keys[2 + i] = job->approvers[i];
    access->created_unix_s = vt_env_now_unix_s(job->asker.env);
    access->expires_unix_s = access->created_unix_s + VALID_S;
    if (!key_id(job->person, &access->person) || !key_id(job->role, &access->role_key))
        return vt_fail(err, VT_MALFORMED, "a key has no id");
    return vt_access_batch_root(ids, count, &access->batch_root, err) &&
           vt_ask_sign(access, keys, 2 + job->approver_count, out, err);
}

static bool find_period(const struct vt_job *job, const vt_hash *digest,
                        struct vt_age_recipient *out, struct vt_error *err)
{
    char text[65];

    for (size_t i = 0; i < job->period_count; i++)
        if (vt_hash_equal(&job->periods[i].digest, digest)) {
            *out = job->periods[i].key;
            return true;
        }
    vt_hash_text(digest, text);
    return vt_fail(err, VT_REJECTED,
                   "job.json: objects are sealed for the recipient whose document has the "
                   "SHA-256 %s; name its file among the periods",
                   text);
}

/* What was asked is kept before it is sent: salt, then the statement. */
static bool keep_asked(struct vt_job *job, const struct vt_asked *asked,
                       struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX + VT_ACCESS_SALT_BYTES);
    vt_hash name;
    char hex[65], path[80];

    vt_buf_put(&text, VT_BYTES(asked->salt));
    vt_buf_put(&text, asked->envelope);
    name = vt_sha256_of(asked->envelope);
    vt_hash_text(&name, hex);
    (void)snprintf(path, sizeof path, "asked/%s", hex);
    return vt_buf_check(&text, "a question", err) &&
           vt_disk_write(job->disk, path, vt_buf_slice(&text), 0600, err);
}

/* An object's id, and which of those that were given it is; by ids. */
struct placed {
    vt_hash id;
    size_t at;
};

struct placing {
    const struct placed *placed;
    size_t count;
    struct vt_arena *arena;
    vt_slice *headers_out;
};

/* Headers come in the order of ids, objects did not. */
static bool place(void *context, const vt_hash *id, vt_slice header, struct vt_error *err)
{
    struct placing *placing = context;
    const struct placed *found =
        bsearch(id, placing->placed, placing->count, sizeof *found, compare);

    if (found == NULL)
        return vt_fail(err, VT_REJECTED, "the agent gave a header that nobody asked for");
    placing->headers_out[found->at] = vt_arena_copy(placing->arena, header);
    return true;
}

static bool take_answer(struct vt_job *job, const struct vt_ask_answer *answer,
                        size_t count, struct placing *placing, struct vt_error *err)
{
    if (answer->outcome != VT_ASK_RELEASED)
        return vt_fail(err, VT_REJECTED, "the source's key agent: %s", answer->message);
    if (!vt_rewrap_read(vt_buf_slice(&answer->headers), place, placing, err))
        return false;
    job->rewrapped += count;
    return vt_ask_log_count(&job->asker, vt_buf_slice(&answer->tally), err);
}

/* One statement, logged, and what the agent says to it. */
static bool put(struct vt_job *job, const struct vt_ask_object *objects, const vt_hash *ids,
                size_t count, struct vt_ask_answer *answer, struct vt_error *err)
{
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_ask_wish wish = {
        .objects = objects, .object_count = count, .ids = ids, .id_count = count
    };
    struct vt_asked asked;

    if (!sign(job, ids, count, &envelope, err))
        return false;
    asked.envelope = vt_buf_slice(&envelope);
    vt_ask_draw_salt(job->asker.env, &asked);
    return keep_asked(job, &asked, err) &&
           vt_ask_release(&job->asker, &asked, &wish, answer, err) &&
           keep_asked(job, &asked, err);
}

static bool ask(struct vt_job *job, const struct vt_ask_object *objects, const vt_hash *ids,
                size_t count, struct placing *placing, struct vt_error *err)
{
    VT_AUTO_ASK_ANSWER answer = { .message = "" };

    return put(job, objects, ids, count, &answer, err) &&
           take_answer(job, &answer, count, placing, err);
}

static const char *kept_path(struct vt_arena *arena, const vt_hash *document)
{
    char hex[65];

    vt_hash_text(document, hex);
    return vt_arena_printf(arena, "kept/%s", hex);
}

/* The first one of each period is kept for vt_job_ask_again. */
static bool keep_one(struct vt_job *job, const struct vt_move_sealed *object,
                     struct vt_arena *arena, struct vt_error *err)
{
    const char *path = kept_path(arena, &object->recipient);

    return vt_disk_has(job->disk, path) ||
           vt_disk_write(job->disk, path, object->header, 0600, err);
}

/* ---- what was given already -------------------------------------------------------------
 * The headers of the stretch under way are kept until the next one, so that whoever goes on
 * after a death does not ask for them again: the agent counts each. */

static const char *given_path(struct vt_job *job)
{
    char hex[65];

    vt_hash_text(&job->destination.digest, hex);
    return vt_arena_printf(job->arena, "given/%s", hex);
}

static bool place_given(void *context, const vt_hash *id, vt_slice header,
                        struct vt_error *err)
{
    struct placing *placing = context;

    return bsearch(id, placing->placed, placing->count, sizeof *placing->placed, compare) ==
               NULL ||
           place(context, id, header, err);
}

static bool take_given(struct vt_job *job, struct placing *placing, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(GIVEN_BYTES_MAX);
    const char *path = given_path(job);

    if (!vt_disk_has(job->disk, path))
        return true;
    return (vt_disk_read(job->disk, path, &bytes, err) &&
            vt_rewrap_read(vt_buf_slice(&bytes), place_given, placing, err)) ||
           vt_within(err, "%s/%s", job->dir, path);
}

static bool keep_given(struct vt_job *job, const struct placing *placing,
                       struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(GIVEN_BYTES_MAX);

    vt_rewrap_begin(&bytes);
    for (size_t i = 0; i < placing->count; i++)
        vt_rewrap_put(&bytes, &placing->placed[i].id,
                      placing->headers_out[placing->placed[i].at]);
    return vt_buf_check(&bytes, "the headers that were given", err) &&
           vt_disk_write(job->disk, given_path(job), vt_buf_slice(&bytes), 0600, err);
}

/* Ask for those that have no header yet, and keep all. */
static bool ask_for_rest(struct vt_job *job, const struct vt_ask_object *objects,
                         struct placing *placing, struct vt_error *err)
{
    struct vt_ask_object *wanted =
        vt_arena_alloc(placing->arena, placing->count * sizeof *wanted);
    vt_hash *ids = vt_arena_alloc(placing->arena, placing->count * sizeof *ids);
    size_t count = 0;

    for (size_t i = 0; i < placing->count; i++)
        if (placing->headers_out[placing->placed[i].at].len == 0) {
            ids[count] = placing->placed[i].id;
            wanted[count++] = objects[placing->placed[i].at];
        }
    return count == 0 ||
           (ask(job, wanted, ids, count, placing, err) && keep_given(job, placing, err));
}

bool vt_job_rewrap(void *context, const struct vt_move_sealed *objects, size_t count,
                   struct vt_arena *arena, vt_slice *headers_out, struct vt_error *err)
{
    struct vt_job *job = context;
    struct vt_ask_object *asked = vt_arena_alloc(arena, count * sizeof *asked);
    struct placed *placed = vt_arena_alloc(arena, count * sizeof *placed);
    struct placing placing = { placed, count, arena, headers_out };

    for (size_t i = 0; i < count; i++) {
        asked[i].header = objects[i].header;
        if (!find_period(job, &objects[i].recipient, &asked[i].recipient, err) ||
            ((i == 0 || !vt_hash_equal(&objects[i].recipient, &objects[i - 1].recipient)) &&
             !keep_one(job, &objects[i], arena, err)))
            return false;
        placed[i] = (struct placed){ vt_ask_object_id(&asked[i]), i };
        headers_out[i] = (vt_slice){ 0 };
    }
    qsort(placed, count, sizeof *placed, compare);
    return take_given(job, &placing, err) && ask_for_rest(job, asked, &placing, err);
}

bool vt_job_ask_again(struct vt_job *job, size_t period, struct vt_ask_answer *answer,
                      struct vt_error *err)
{
    const char *path = kept_path(job->arena, &job->periods[period].digest);
    VT_AUTO_BUF header = vt_buf_init(VT_SHARE_HEADER_BYTES_MAX);
    struct vt_ask_object object = { .recipient = job->periods[period].key };
    vt_hash id;

    if (!vt_disk_read(job->disk, path, &header, err))
        return false;
    object.header = vt_buf_slice(&header);
    id = vt_ask_object_id(&object);
    return put(job, &object, &id, 1, answer, err) &&
           (answer->outcome != VT_ASK_RELEASED ||
            vt_ask_log_count(&job->asker, vt_buf_slice(&answer->tally), err));
}

/* ---- papers -----------------------------------------------------------------------------
 */

struct vt_relocation_words vt_job_words(const struct vt_job *job, bool is_done)
{
    struct vt_relocation_words words = { .is_done = is_done,
                                         .recipient = job->destination.key,
                                         .at_unix_s = vt_env_now_unix_s(job->asker.env),
                                         .manifest = job->manifest,
                                         .begun = job->move.begun };

    (void)snprintf(words.from, sizeof words.from, "%s", vt_job_text(job, "from"));
    (void)snprintf(words.to, sizeof words.to, "%s", vt_job_text(job, "to"));
    memcpy(words.country, job->mover.country, sizeof words.country);
    return words;
}

bool vt_job_log(struct vt_job *job, const char *name, vt_slice envelope,
                struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_KIB(128));
    const char *path = vt_arena_printf(job->arena, "%s.tlog-proof", name);

    return vt_ask_log(&job->asker, envelope, vt_field_text(job->words, "origin"), &proof,
                      err) &&
           vt_disk_write(job->disk, path, vt_buf_slice(&proof), 0644, err) &&
           vt_disk_write(job->disk, name, envelope, 0644, err);
}

/* The papers are of the move that job.json describes. */
static bool is_of_job(const struct vt_job *job, struct vt_error *err)
{
    const struct vt_relocation *move = &job->move;

    return (strcmp(move->from, vt_job_text(job, "from")) == 0 &&
            strcmp(move->to, vt_job_text(job, "to")) == 0 &&
            strcmp(move->country, job->mover.country) == 0 &&
            memcmp(&move->recipient, &job->destination.key, sizeof move->recipient) == 0) ||
           vt_fail(err, VT_REJECTED,
                   "%s/begun: is of a move of files of %s from %s to %s, or for another "
                   "recipient: not what job.json says",
                   job->dir, move->country, move->from, move->to);
}

static bool judge(struct vt_job *job, const struct vt_trust *trust, bool is_done,
                  struct vt_error *err)
{
    VT_AUTO_BUF begun = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF begun_proof = vt_buf_init(VT_KIB(128));
    VT_AUTO_BUF done = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF done_proof = vt_buf_init(VT_KIB(128));
    struct vt_relocation_papers papers = { .origin = vt_field_text(job->words, "origin") };

    if (!vt_disk_read(job->disk, "begun", &begun, err) ||
        !vt_disk_read(job->disk, "begun.tlog-proof", &begun_proof, err) ||
        (is_done && (!vt_disk_read(job->disk, "done", &done, err) ||
                     !vt_disk_read(job->disk, "done.tlog-proof", &done_proof, err))))
        return vt_within(err, "%s", job->dir);
    papers.begun = vt_buf_slice(&begun);
    papers.begun_proof = vt_buf_slice(&begun_proof);
    papers.done = vt_buf_slice(&done);
    papers.done_proof = vt_buf_slice(&done_proof);
    if (!(is_done ? vt_relocation_done : vt_relocation_begun)(&papers, trust, &job->move,
                                                              err))
        return vt_within(err, "%s", job->dir);
    job->manifest = job->move.manifest;
    return is_of_job(job, err);
}

bool vt_job_begun(struct vt_job *job, const struct vt_trust *trust, struct vt_error *err)
{
    return judge(job, trust, false, err);
}

bool vt_job_done(struct vt_job *job, const struct vt_trust *trust, struct vt_error *err)
{
    return judge(job, trust, true, err);
}
