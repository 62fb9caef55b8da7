/* vitrine cell publish: the next epoch.
 *
 * First what the head commits to is durable, then the head is in the ledger with its
 * quorum, and last it is shown: a kill in between costs a number, never an answer. */
#include "cell/head_check.h"
#include "cell/recipient.h"
#include "cell/site.h"
#include "cli/cell_verbs.h"
#include "cli/files.h"
#include "cli/ledger_open.h"
#include "cli/trust.h"
#include "crypto/ohttp.h"
#include "evidence/field.h"

enum { VALID_S = 600, KEEP_EPOCHS = 120 };

const struct vt_option vt_cli_cell_publish_options[] = {
    { .name = "dir",
      .value_name = "DIR",
      .help = "the cell's folder",
      .is_required = true },
    { .name = "verdicts",
      .value_name = "TABLE",
      .help = "the verdicts, made by cell verdicts",
      .is_required = true },
    { .name = "rules",
      .value_name = "FILE",
      .help = "the rule database behind the verdicts",
      .is_required = true },
    { .name = "cell",
      .value_name = "NAME",
      .help = "the cell's name",
      .is_required = true },
    { .name = "jurisdiction",
      .value_name = "CODE",
      .help = "whose law binds it: CH, DE, ...",
      .is_required = true },
    { .name = "ledger",
      .value_name = "DIR",
      .help = "the cell's ledger of heads",
      .is_required = true },
    { .name = "trust",
      .value_name = "PATH",
      .help = "the trust root, a file or a pinned folder",
      .is_required = true },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { .name = "ledger-passphrase-file",
      .value_name = "FILE",
      .help = "file whose first line opens the ledger's key" },
    { .name = "collection",
      .value_name = "FILE",
      .help = "collection/v1 of the supervisor; its proof is FILE.tlog-proof",
      .is_repeated = true },
    { .name = "recipient",
      .value_name = "FILE",
      .help =
          "a certified recipient of files (cell recipient), published too; or the digest "
          "of one that is",
      .is_repeated = true },
    { .name = "statistics",
      .value_name = "SHA256",
      .help = "digest of the certified schema of statistics" },
    { .name = "ohttp",
      .value_name = "FILE",
      .help = "the certified key configuration of the gateway behind the relay; published "
              "too" },
    { .name = "valid", .value_name = "TIME", .help = "how long; else 10m" },
    { .name = "bits",
      .value_name = "N",
      .help = "2^N buckets; else so many that each has 64 verdicts in the mean" },
    { .name = "filter-width", .value_name = "N", .help = "8 or 16 bits; else 16" },
    { .name = "keep",
      .value_name = "N",
      .help = "epochs for which replaced files stay; else 120" },
    { .name = "collection-delay",
      .value_name = "TIME",
      .help = "how long an authorisation must have been public; else 24h" },
    { .name = NULL },
};

/* All that an epoch is made of. */
struct epoch {
    struct vt_args *args;
    struct vt_trust *trust;
    struct vt_key *key;
    struct vt_signer *signer;
    struct vt_ledger *ledger;
    struct vt_cell_site *site;
    struct vt_verdicts table;
    struct vt_cell_head head;
    struct vt_buf ohttp; /* the gateway's key configuration; empty: none */
    json_t *collections, *recipients;
    struct vt_buf leaves[VT_HEAD_COLLECTIONS_MAX], proofs[VT_HEAD_COLLECTIONS_MAX];
    size_t collection_count;
    struct vt_cell_written written;
    struct vt_head_verdict verdict;
    int64_t now_unix_s, delay_s;
    uint64_t bits, width, keep;
};

static void epoch_clear(struct epoch *e)
{
    for (size_t i = 0; i < VT_HEAD_COLLECTIONS_MAX; i++) {
        vt_buf_clear(&e->leaves[i]);
        vt_buf_clear(&e->proofs[i]);
    }
    vt_head_verdict_clear(&e->verdict);
    vt_buf_clear(&e->ohttp);
    json_decref(e->collections);
    json_decref(e->recipients);
    vt_verdicts_close(&e->table);
    vt_cell_site_close(e->site);
    vt_ledger_close(e->ledger);
    vt_signer_stop(e->signer);
    vt_key_close(e->key);
    vt_trust_free(e->trust);
}

/* ---- what the options say ---------------------------------------------------------------
 */

static bool take_digest(struct vt_args *args, const char *option, const char *text,
                        vt_hash *out, struct vt_error *err)
{
    return text == NULL || vt_hash_parse_hex(vt_slice_from_cstr(text), out) ||
           vt_args_misuse(args, err, "--%s: '%s' is no SHA-256 in hex", option, text);
}

/* A document that is published with the head, or the digest of one that was. */
static bool take_recipient(struct epoch *e, const char *text, struct vt_error *err)
{
    struct vt_recipient recipient;
    vt_hash digest;
    char hex[65];

    if (!vt_hash_parse_hex(vt_slice_from_cstr(text), &digest)) {
        if (!vt_cell_recipient_read(text, &recipient, err))
            return false;
        digest = recipient.digest;
        if (!vt_slice_is(vt_slice_from_cstr(recipient.cell), vt_args_get(e->args, "cell")))
            return vt_fail(err, VT_REJECTED, "%s: is of cell %s", text, recipient.cell);
    }
    vt_hash_text(&digest, hex);
    return json_array_append_new(e->recipients, json_string(hex)) == 0 ||
           vt_fail(err, VT_IO, "out of memory");
}

static bool take_recipients(struct epoch *e, struct vt_error *err)
{
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(e->args, "recipient", i)) != NULL; i++)
        if (!take_recipient(e, text, err))
            return false;
    return true;
}

/* Durable before the head that selects them. */
static bool publish_recipients(struct epoch *e, struct vt_error *err)
{
    const char *text;
    vt_hash ignored;

    for (size_t i = 0; (text = vt_args_get_at(e->args, "recipient", i)) != NULL; i++) {
        VT_AUTO_BUF document = vt_buf_init(VT_RECIPIENT_BYTES_MAX);

        if (!vt_hash_parse_hex(vt_slice_from_cstr(text), &ignored) &&
            (!vt_file_read(text, &document, err) ||
             !vt_cell_site_put_recipient(e->site, vt_buf_slice(&document), err)))
            return false;
    }
    return true;
}

static bool take_ohttp(struct epoch *e, struct vt_error *err)
{
    const char *path = vt_args_get(e->args, "ohttp");
    struct vt_ohttp_config configs[VT_OHTTP_KEYS_MAX];
    size_t count;

    if (path == NULL)
        return true;
    e->ohttp = vt_buf_init(VT_CELL_OHTTP_BYTES_MAX);
    if (!vt_file_read(path, &e->ohttp, err))
        return false;
    if (!vt_ohttp_keys_parse(vt_buf_slice(&e->ohttp), configs, &count, err))
        return vt_within(err, "%s", path);
    e->head.ohttp = vt_sha256_of(vt_buf_slice(&e->ohttp));
    return true;
}

static bool take_numbers(struct epoch *e, struct vt_error *err)
{
    struct vt_args *args = e->args;
    int64_t valid_s;

    if (!vt_args_number(args, "bits", VT_CELL_BITS_AUTO,
                        vt_args_has(args, "bits") ? VT_BUCKET_BITS_MAX : VT_CELL_BITS_AUTO,
                        &e->bits, err) ||
        !vt_args_number(args, "filter-width", 16, 16, &e->width, err) ||
        !vt_args_number(args, "keep", KEEP_EPOCHS, 1000000, &e->keep, err) ||
        !vt_args_duration(args, "valid", VALID_S, &valid_s, err) ||
        !vt_args_duration(args, "collection-delay", VT_HEAD_DELAY_S, &e->delay_s, err) ||
        !take_digest(args, "statistics", vt_args_get(args, "statistics"),
                     &e->head.statistics, err) ||
        !take_ohttp(e, err))
        return false;
    if (e->width != 8 && e->width != 16)
        return vt_args_misuse(args, err, "--filter-width: 8 or 16");
    if (valid_s < 1 || valid_s > VT_HEAD_AGE_S)
        return vt_args_misuse(args, err, "--valid: up to 24h; clients take no longer one");
    e->head.from_unix_s = e->now_unix_s;
    e->head.until_unix_s = e->now_unix_s + valid_s;
    return take_recipients(e, err);
}

static bool hash_rules(struct epoch *e, struct vt_error *err)
{
    const char *path = vt_args_get(e->args, "rules");
    VT_AUTO_FD fd = -1;
    uint64_t size;

    return vt_file_open(path, &fd, &size, err) &&
           vt_sha256_fd(fd, path, &e->head.rules, &size, err);
}

/* FILE.tlog-proof, as `ledger add` writes it; or as a desk has it, FILE being NAME.json. */
static bool read_proof(const char *path, struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *beside = vt_arena_printf(arena, "%s.tlog-proof", path);
    size_t len = strlen(path);

    if (!vt_path_exists(beside) && len > 5 && strcmp(path + len - 5, ".json") == 0)
        beside = vt_arena_printf(arena, "%.*s.tlog-proof", (int)len - 5, path); /* a path */
    return vt_file_read(beside, out, err);
}

/* The head asks for all that the authorisation allows. */
static bool take_collection(struct epoch *e, const char *path, struct vt_error *err)
{
    struct vt_buf *bytes = &e->leaves[e->collection_count];
    VT_AUTO_ENVELOPE envelope = { 0 };
    const json_t *predicate;
    json_t *hashes;

    if (!vt_file_read(path, bytes, err) ||
        !read_proof(path, &e->proofs[e->collection_count], err))
        return false;
    if (bytes->len != 0 && bytes->data[bytes->len - 1] == '\n')
        vt_buf_truncate(bytes, bytes->len - 1);
    if (!vt_envelope_parse(vt_buf_slice(bytes), &envelope, err))
        return vt_within(err, "%s", path);
    if (envelope.statement.type != VT_COLLECTION)
        return vt_fail(err, VT_MALFORMED, "%s: is a statement of kind '%s'", path,
                       vt_predicate_name(envelope.statement.type));
    predicate = envelope.statement.predicate;
    hashes = json_object_get(predicate, "hashes");
    e->collection_count++;
    return json_array_append_new(
               e->collections,
               json_pack("{s:o,s:O,s:o}", "authorisation",
                         vt_field_of_hash(&envelope.digest), "rules",
                         json_object_get(predicate, "rules"), "hashes",
                         hashes != NULL ? json_incref(hashes) : json_array())) == 0 ||
           vt_fail(err, VT_IO, "out of memory");
}

static int compare_authorisations(const void *left, const void *right)
{
    json_t *const *a = left, *const *b = right;

    return vt_slice_compare(vt_field_text(*a, "authorisation"),
                            vt_field_text(*b, "authorisation"));
}

static void sort_collections(struct epoch *e)
{
    json_t *rows[VT_HEAD_COLLECTIONS_MAX];
    size_t count = json_array_size(e->collections);

    for (size_t i = 0; i < count; i++)
        rows[i] = json_incref(json_array_get(e->collections, i));
    qsort(rows, count, sizeof rows[0], compare_authorisations);
    (void)json_array_clear(e->collections);
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(e->collections, rows[i]);
}

static bool take_collections(struct epoch *e, struct vt_error *err)
{
    const char *path;

    for (size_t i = 0; (path = vt_args_get_at(e->args, "collection", i)) != NULL; i++) {
        if (i == VT_HEAD_COLLECTIONS_MAX)
            return vt_args_misuse(e->args, err, "--collection: at most %d",
                                  VT_HEAD_COLLECTIONS_MAX);
        if (!take_collection(e, path, err))
            return false;
    }
    sort_collections(e);
    return true;
}

/* Any other would take two heads of one epoch. */
static bool is_for_heads(const struct epoch *e, struct vt_error *err)
{
    return vt_ledger_config(e->ledger)->use == VT_USE_HEAD ||
           vt_fail(err, VT_REJECTED,
                   "%s: is no ledger of heads; `vitrine ledger init --use head` makes one",
                   vt_args_get(e->args, "ledger"));
}

static bool open_all(struct epoch *e, struct vt_error *err)
{
    const struct vt_cli_ledger_place place = { vt_args_get(e->args, "ledger"), NULL,
                                               "ledger-passphrase-file" };

    return vt_cli_trust_read(vt_args_get(e->args, "trust"), &e->trust, err) &&
           hash_rules(e, err) &&
           vt_verdicts_open(vt_args_get(e->args, "verdicts"), &e->table, err) &&
           vt_cli_key_open(e->args, &e->key, err) &&
           vt_cli_ledger_open(e->args, &place, &e->signer, &e->ledger, err) &&
           is_for_heads(e, err) &&
           vt_cell_site_open(vt_args_get(e->args, "dir"), &e->site, err);
}

/* ---- the epoch --------------------------------------------------------------------------
 */

static bool sign_head(struct epoch *e, struct vt_buf *envelope, struct vt_error *err)
{
    const struct vt_key *key = e->key;
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);

    return vt_cell_head_write(&e->head, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), &key, 1, envelope, err) &&
           vt_trust_admits_entry(e->trust, vt_buf_slice(envelope), e->now_unix_s, err);
}

/* Its number is its place; we hold the ledger's lock since we asked for it. */
static bool log_head(struct epoch *e, vt_slice envelope, struct vt_buf *proof,
                     struct vt_error *err)
{
    vt_ticket ticket;
    uint64_t index;

    if (!vt_ledger_submit(e->ledger, envelope, &ticket, err) ||
        !vt_ledger_wait(e->ledger, ticket, &index, err))
        return false;
    if (index != e->head.epoch)
        return vt_fail(err, VT_REJECTED, "the head of epoch %ju became entry %ju",
                       (uintmax_t)e->head.epoch, (uintmax_t)index);
    if (!vt_ledger_publish(e->ledger, NULL, err))
        return vt_within(err, "epoch %ju is in the ledger, but not published yet",
                         (uintmax_t)index);
    return vt_ledger_prove(e->ledger, index, proof, err);
}

static bool write_file(struct epoch *e, vt_slice envelope, vt_slice proof,
                       struct vt_buf *out, struct vt_error *err)
{
    vt_slice leaves[VT_HEAD_COLLECTIONS_MAX], proofs[VT_HEAD_COLLECTIONS_MAX];

    for (size_t i = 0; i < e->collection_count; i++) {
        leaves[i] = vt_buf_slice(&e->leaves[i]);
        proofs[i] = vt_buf_slice(&e->proofs[i]);
    }
    return vt_head_file_write(envelope, proof, leaves, proofs, e->collection_count, out,
                              err);
}

/* As a client would that has never been here. */
static bool would_be_taken(struct epoch *e, vt_slice file, struct vt_error *err)
{
    struct vt_head_question question = {
        .file = file,
        .trust = e->trust,
        .cell = e->head.cell,
        .jurisdiction = e->head.jurisdiction,
        .now_unix_s = vt_env_now_unix_s(vt_args_env(e->args)),
        .max_age_s = VT_HEAD_AGE_S,
        .collection_delay_s = e->delay_s,
    };

    if (!vt_head_check(&question, &e->verdict, err))
        return false;
    if (e->verdict.reason == VT_HEAD_YES)
        return true;
    return vt_fail(err, VT_REJECTED, "no client would take this head (%s): %s",
                   vt_head_reason_name(e->verdict.reason), e->verdict.sentence);
}

static bool make_epoch(struct epoch *e, struct vt_error *err)
{
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    VT_AUTO_BUF file = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);

    e->head.epoch = vt_ledger_size(e->ledger);
    e->head.cell = vt_slice_from_cstr(vt_args_get(e->args, "cell"));
    e->head.jurisdiction = vt_slice_from_cstr(vt_args_get(e->args, "jurisdiction"));
    e->head.collections = e->collections;
    e->head.recipients = e->recipients;
    return vt_cell_site_write(e->site, &e->table, (unsigned)e->bits, /* at most 2^32 - 1 */
                              (unsigned)e->width, &e->head, &e->written, err) &&
           publish_recipients(e, err) &&
           (e->ohttp.len == 0 ||
            vt_cell_site_put_ohttp(e->site, vt_buf_slice(&e->ohttp), err)) &&
           sign_head(e, &envelope, err) &&
           log_head(e, vt_buf_slice(&envelope), &proof, err) &&
           write_file(e, vt_buf_slice(&envelope), vt_buf_slice(&proof), &file, err) &&
           would_be_taken(e, vt_buf_slice(&file), err) &&
           vt_cell_site_show(e->site, vt_buf_slice(&file), e->keep, &e->written, err);
}

static void say(struct epoch *e)
{
    const struct vt_cell_head *head = &e->head;
    const struct vt_cell_tree *tree = &head->tree;
    char root[65], until[VT_TIME_TEXT_BYTES];

    vt_hash_text(&tree->root, root);
    vt_time_write(head->until_unix_s, until);
    if (vt_args_is_json(e->args)) {
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:s,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s}", "ok", 1, "epoch",
            (json_int_t)head->epoch, "root", root, "bits", (int)tree->bits, "verdicts",
            (json_int_t)tree->count, "smallest", (json_int_t)tree->smallest, "bucket_bytes",
            (json_int_t)tree->bucket_bytes, "buckets_written",
            (json_int_t)e->written.buckets, "nodes_written", (json_int_t)e->written.nodes,
            "removed", (json_int_t)e->written.removed, "filter_bytes",
            (json_int_t)head->filter.size_bytes, "delta_bytes",
            (json_int_t)head->delta.size_bytes, "until", until));
        return;
    }
    (void)printf(
        "epoch %ju: %ju verdicts in 2^%u buckets, at least %ju in each; an answer "
        "is %zu bytes\nwritten: %ju buckets, %ju nodes; filter %ju bytes%s, delta "
        "%ju bytes; removed: %ju files\nroot %s, valid until %s\n",
        (uintmax_t)head->epoch, (uintmax_t)tree->count, tree->bits,
        (uintmax_t)tree->smallest, vt_answer_bytes(tree), (uintmax_t)e->written.buckets,
        (uintmax_t)e->written.nodes, (uintmax_t)head->filter.size_bytes,
        e->written.has_new_filter ? " (new)" : "", (uintmax_t)head->delta.size_bytes,
        (uintmax_t)e->written.removed, root, until);
}

bool vt_cli_cell_publish(struct vt_args *args, struct vt_error *err)
{
    struct epoch *e = vt_alloc(sizeof *e);
    bool is_ok;

    e->args = args;
    e->now_unix_s = vt_env_now_unix_s(vt_args_env(args));
    e->collections = json_array();
    e->recipients = json_array();
    for (size_t i = 0; i < VT_HEAD_COLLECTIONS_MAX; i++) {
        e->leaves[i] = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
        e->proofs[i] = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    }
    is_ok = take_numbers(e, err) && take_collections(e, err) && open_all(e, err) &&
            make_epoch(e, err);
    if (is_ok)
        say(e);
    epoch_clear(e);
    free(e);
    return is_ok;
}
