/* Making it history: the second signature, the ledger, the proofs. */
#include "release/publish.h"
#include "evidence/inquiry.h"
#include "release/compose.h"
#include "release/list_history.h"
#include "release/reviews.h"

/* A ledger whose own policy is weaker than the trust root's would give proofs that nobody
 * accepts. */
static bool check_proof(const struct vt_publisher *publisher, vt_slice entry,
                        vt_slice proof_text, struct vt_error *err)
{
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;
    vt_hash leaf = vt_sha256_leaf(entry);

    return (vt_tlog_proof_parse(proof_text, &proof, err) &&
            vt_tlog_proof_verify(&proof, &leaf, &publisher->trust->policy,
                                 publisher->trust->release_origin, &verdict, err)) ||
           vt_within(err, "the ledger's proof does not satisfy the trust root");
}

/* A list that contradicts those on the ledger is not added, whoever signed it. */
static bool check_lists(const struct vt_publisher *publisher, const vt_slice *entries,
                        size_t count, struct vt_error *err)
{
    for (size_t i = 0; i < count; i++) {
        VT_AUTO_ENVELOPE envelope = { 0 };

        if (!vt_envelope_parse(entries[i], &envelope, err))
            return false;
        if (envelope.statement.type != VT_WITHDRAWALS)
            continue;
        if (!vt_list_history_read(publisher->history, publisher->ledger, err) ||
            !vt_list_history_admits(publisher->history, &envelope, err))
            return false;
    }
    return true;
}

bool vt_publish_entries(const struct vt_publisher *publisher, const vt_slice *entries,
                        size_t count, struct vt_buf *proofs, struct vt_error *err)
{
    vt_ticket tickets[8];

    VT_ASSERT(count <= 8);
    if (!check_lists(publisher, entries, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!vt_trust_admits_entry(publisher->trust, entries[i],
                                   vt_env_now_unix_s(publisher->env), err) ||
            !vt_ledger_submit(publisher->ledger, entries[i], &tickets[i], err))
            return vt_within(err, "ledger");
    for (size_t i = 0; i < count; i++)
        if (!vt_ledger_wait(publisher->ledger, tickets[i], NULL, err))
            return vt_within(err, "ledger");
    if (!vt_ledger_publish(publisher->ledger, NULL, err))
        return vt_within(err, "ledger");
    for (size_t i = 0; i < count; i++)
        if (!vt_ledger_prove(publisher->ledger, tickets[i].index, &proofs[i], err) ||
            !check_proof(publisher, entries[i], vt_buf_slice(&proofs[i]), err))
            return vt_within(err, "ledger");
    return true;
}

static bool read_name(struct vt_desk *desk, const char *name, struct vt_buf *out,
                      struct vt_error *err)
{
    return vt_disk_read(desk->disk, name, out, err);
}

/* Keep a list: its envelope first, its proof, which makes it count, last. */
static bool keep_list(struct vt_desk *desk, vt_slice envelope, vt_slice proof,
                      struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_ENVELOPE list = { 0 };
    uintmax_t version;

    if (!vt_envelope_parse(envelope, &list, err))
        return false;
    version = vt_field_number(list.statement.predicate, "version");
    return vt_disk_write(desk->disk,
                         vt_arena_printf(arena, "withdrawals/%ju.json", version), envelope,
                         0644, err) &&
           vt_disk_write(desk->disk,
                         vt_arena_printf(arena, "withdrawals/%ju.tlog-proof", version),
                         proof, 0644, err);
}

bool vt_publish_list(const struct vt_publisher *publisher, vt_slice envelope,
                     struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));

    return vt_publish_entries(publisher, &envelope, 1, &proof, err) &&
           keep_list(publisher->desk, envelope, vt_buf_slice(&proof), err);
}

bool vt_publish_recall_list(struct vt_desk *desk, const struct vt_list_history *history,
                            struct vt_ledger_reader *reader, struct vt_error *err)
{
    const struct vt_list_noted *newest = vt_list_history_newest(history);
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof parsed;
    uint64_t version;
    vt_hash leaf;

    if (!vt_desk_newest_list(desk, &version, NULL, NULL, err))
        return false;
    if (newest == NULL || newest->version <= version)
        return true;
    if (!vt_ledger_reader_read(reader, newest->index, &envelope, err) ||
        !vt_ledger_reader_prove(reader, newest->index, &proof, err) ||
        !vt_tlog_proof_parse(vt_buf_slice(&proof), &parsed, err))
        return vt_within(err, "list of withdrawals %ju", (uintmax_t)newest->version);
    leaf = vt_sha256_leaf(vt_buf_slice(&envelope));
    return (vt_tlog_proof_verify(&parsed, &leaf, &history->trust->policy,
                                 history->trust->release_origin, &verdict, err) &&
            keep_list(desk, vt_buf_slice(&envelope), vt_buf_slice(&proof), err)) ||
           vt_within(err, "list of withdrawals %ju", (uintmax_t)newest->version);
}

static bool second_signature(const struct vt_publisher *publisher, struct vt_docket *docket,
                             const struct vt_key *key, struct vt_buf *release,
                             struct vt_buf *list, struct vt_error *err)
{
    VT_AUTO_BUF list_before = vt_buf_init(VT_ENTRY_BYTES_MAX);
    vt_slice entry;

    if (!read_name(publisher->desk,
                   vt_arena_printf(docket->arena, "%s/list.json", docket->folder),
                   &list_before, err))
        return vt_within(err, "the approval lacks its list of withdrawals");
    entry = vt_buf_slice(&list_before);
    return check_lists(publisher, &entry, 1, err) && vt_list_is_due(docket, entry, err) &&
           vt_envelope_add_signature(docket->release->bytes, key, release, err) &&
           vt_envelope_add_signature(entry, key, list, err);
}

/* ---- what the desk may lack -------------------------------------------------------------
 * The desk is a shared folder, and whoever may write to it may take away what he dislikes.
 * The ledger forgets nothing: what stands there against this release is laid on the desk
 * again, where it counts as it did before.
 */

static bool is_on_desk(const struct vt_docket *docket, const vt_hash *digest)
{
    for (size_t i = 0; i < docket->item_count; i++)
        if (vt_hash_equal(&docket->items[i].envelope.digest, digest))
            return true;
    return false;
}

/* *count_out: how many statements the desk lacked. */
static bool recall(const struct vt_publisher *publisher, const struct vt_docket *docket,
                   size_t *count_out, struct vt_error *err)
{
    const struct vt_list_history *history = publisher->history;

    *count_out = 0;
    if (!vt_list_history_read(publisher->history, publisher->ledger, err))
        return false;
    for (size_t i = 0; i < history->against_count; i++) {
        const struct vt_against *against = &history->against[i];
        VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);

        if (!vt_slice_is(against->product, docket->product) ||
            !vt_slice_is(against->version, docket->version) ||
            is_on_desk(docket, &against->digest))
            continue;
        if (!vt_ledger_read(publisher->ledger, against->index, &entry, err))
            return vt_within(err, "ledger");
        if (!vt_docket_put(publisher->desk, docket->product, docket->version,
                           vt_buf_slice(&entry), err))
            return false;
        ++*count_out;
    }
    return true;
}

static bool check_is_not_refused(const struct vt_docket *docket, struct vt_error *err)
{
    return vt_review_count(docket, VT_WORD_REFUSES) == 0 ||
           vt_fail(err, VT_REJECTED,
                   "a reviewer refuses the source of %s %s: see `vitrine review list`",
                   docket->product, docket->version);
}

/* Is it approved even with what the ledger knows? */
static bool check_stands_on_ledger(const struct vt_publisher *publisher,
                                   const struct vt_docket *docket, struct vt_error *err)
{
    VT_AUTO_DOCKET whole = NULL;
    size_t count;

    if (!recall(publisher, docket, &count, err))
        return false;
    if (count == 0)
        return check_is_not_refused(docket, err);
    if (!vt_docket_open(publisher->desk, publisher->trust, docket->product, docket->version,
                        vt_env_now_unix_s(publisher->env), &whole, err))
        return false;
    if (whole->rejection != NULL)
        return vt_fail(
            err, VT_REJECTED,
            "the supervisor rejected %s %s: %s (the desk lacked that, the ledger has it)",
            docket->product, docket->version,
            json_string_value(
                json_object_get(whole->rejection->envelope.statement.predicate, "reason")));
    if (whole->release == NULL)
        return vt_fail(
            err, VT_REJECTED,
            "the supervisor rejected %s %s after he had approved it (the desk lacked "
            "that, the ledger has it): he approves again",
            docket->product, docket->version);
    return check_is_not_refused(whole, err);
}

/* The vendor does not sign what he was handed, but what he would have written himself: the
 * supervisor's statement must say just that. */
static bool is_what_we_say(struct vt_docket *docket, const struct vt_key *key,
                           struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE ours = { 0 };
    struct vt_blobs *blobs;
    int64_t created = docket->release->time_unix_s;
    bool ok;

    if (!vt_docket_blobs(docket->desk, docket->product, docket->version, &blobs, err))
        return false;
    ok = vt_compose_release(docket, blobs, created, key, &bytes, err) &&
         vt_envelope_parse(vt_buf_slice(&bytes), &ours, err);
    vt_blobs_close(blobs);
    if (!ok)
        return false;
    return json_equal(ours.statement.json, docket->release->envelope.statement.json) ||
           vt_fail(err, VT_REJECTED,
                   "what the supervisor signed for %s %s is not what lies on the desk: he "
                   "approves again (`vitrine supervise approve`)",
                   docket->product, docket->version);
}

bool vt_publish_release(const struct vt_publisher *publisher, struct vt_docket *docket,
                        const struct vt_key *key, struct vt_error *err)
{
    VT_AUTO_BUF release = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF list = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_buf proofs[2] = { vt_buf_init(VT_MIB(1)), vt_buf_init(VT_MIB(1)) };
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    vt_slice entries[2];
    bool ok;

    if (vt_trust_find(publisher->trust, vt_slice_from_cstr(id.text), VT_ROLE_VENDOR) ==
        NULL)
        return vt_fail(err, VT_REJECTED,
                       "this key is not the vendor's: only the vendor "
                       "publishes, with the second signature");
    if (docket->release == NULL)
        return vt_fail(err, VT_REJECTED,
                       "the supervisor has not approved %s %s: nothing to "
                       "publish",
                       docket->product, docket->version);
    if (!check_stands_on_ledger(publisher, docket, err) ||
        !is_what_we_say(docket, key, err) ||
        !second_signature(publisher, docket, key, &release, &list, err))
        return false;
    entries[0] = vt_buf_slice(&release);
    entries[1] = vt_buf_slice(&list);
    ok =
        vt_docket_put(publisher->desk, docket->product, docket->version, entries[0], err) &&
        vt_publish_entries(publisher, entries, 2, proofs, err) &&
        keep_list(publisher->desk, entries[1], vt_buf_slice(&proofs[1]), err) &&
        vt_disk_write(
            publisher->desk->disk,
            vt_arena_printf(docket->arena, "%s/release.tlog-proof", docket->folder),
            vt_buf_slice(&proofs[0]), 0644, err);
    vt_buf_clear(&proofs[0]);
    vt_buf_clear(&proofs[1]);
    return ok;
}
