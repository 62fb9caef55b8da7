/* A key agent's questions, in their order; the first no is the answer:
 *
 * - statement: put together again, signed by the person, the role, and nobody unknown;
 * - ledger: its commitment is in the one history, seen by a quorum, lately, going forward;
 * - reader: who may ask, in what capacity, from where;
 * - objects: sealed for keys of ours alone, unchanged, named by the statement;
 * - terms: what the policy demands for their countries and classes.
 *
 * From the ledger's yes on whatever becomes of a statement is recorded. */
#include "custody/agent_inside.h"
#include "crypto/ed25519.h"
#include "crypto/verify_note.h"
#include "evidence/field.h"
#include "http/http.h"
#include "ledger/checkpoint.h"
#include "ledger/tlog_proof.h"

VT_PRINTF(3, 0)
static void say_no(struct vt_agent_reply *reply, uint16_t status, const char *format,
                   va_list args)
{
    (void)vsnprintf(reply->message, sizeof reply->message, format, args);
    vt_text_make_printable(reply->message, true);
    reply->status = status;
}

bool vt_agent_reply_no(struct vt_agent_reply *reply, uint16_t status, const char *format,
                       ...)
{
    va_list args;

    va_start(args, format);
    say_no(reply, status, format, args);
    va_end(args);
    return false;
}

bool vt_agent_refuse(struct vt_agent_case *c, uint16_t status, enum vt_agent_retry retry,
                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_no(c->reply, status, format, args);
    va_end(args);
    c->reply->retry = retry;
    return false;
}

bool vt_agent_refuse_for_ever(struct vt_agent_case *c, enum vt_agent_end end,
                              const char *message)
{
    c->reply->end = end;
    return vt_agent_refuse(c, VT_HTTP_GONE, VT_AGENT_RETRY_NO, "%s", message);
}

/* The same for a failed call. */
static bool refuse_error(struct vt_agent_case *c, const struct vt_error *failure)
{
    return vt_agent_refuse(c,
                           failure->code == VT_MALFORMED || failure->code == VT_LIMIT
                               ? VT_HTTP_BAD_REQUEST
                               : VT_HTTP_FORBIDDEN,
                           VT_AGENT_RETRY_NO, "%s", failure->message);
}

/* ---- the statement ----------------------------------------------------------------------
 */

static bool is_signed(vt_slice pae, const struct vt_public_key *key,
                      const struct vt_agent_signature *signature)
{
    return vt_ed25519_verify(key->bytes, pae, VT_BYTES(signature->bytes));
}

/* The key that an id stands for, in a role that may approve. */
static const struct vt_trust_key *find_key(const struct vt_agent_case *c, const vt_hash *id,
                                           bool may_scan)
{
    const struct vt_keyring *keyring = &c->agent->rules->keyring;
    const struct vt_trust_key *key;
    char text[65];

    vt_hash_text(id, text);
    key = vt_keyring_find(keyring, vt_slice_from_cstr(text), VT_ROLE_READER);
    if (key == NULL)
        key = vt_keyring_find(keyring, vt_slice_from_cstr(text),
                              may_scan ? VT_ROLE_SCANNER : VT_ROLE_SUPERVISOR);
    return key;
}

/* Each signature is of the person, the role, or somebody who approves; and it is good. */
static bool take_signature(struct vt_agent_case *c, vt_slice pae,
                           const struct vt_agent_signature *signature, bool *has_role)
{
    const struct vt_access *access = &c->ask->access;
    const struct vt_custody_role *role =
        vt_custody_role(&c->agent->rules->custody, access->role, &access->role_key);
    const struct vt_trust_key *key;

    if (role != NULL && vt_hash_equal(&signature->key_id, &role->id)) {
        *has_role = is_signed(pae, &role->key, signature);
        return *has_role;
    }
    key =
        find_key(c, &signature->key_id, vt_hash_equal(&signature->key_id, &access->person));
    if (key == NULL || !is_signed(pae, &key->key, signature))
        return false;
    if (vt_hash_equal(&signature->key_id, &access->person))
        c->person = key;
    else
        c->approvers[c->approver_count++] = key; /* at most one a signature */
    return true;
}

static bool take_signatures(struct vt_agent_case *c, vt_slice payload)
{
    VT_AUTO_BUF pae = vt_buf_init(2 * VT_ENTRY_BYTES_MAX);
    bool has_role = false;

    vt_dsse_write_pae(&pae, VT_LIT(VT_PAYLOAD_TYPE), payload);
    for (size_t i = 0; i < c->ask->signature_count; i++)
        if (!take_signature(c, vt_buf_slice(&pae), &c->ask->signatures[i], &has_role))
            return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                                   "signature %zu is wrong, or by nobody who may ask or "
                                   "approve",
                                   i + 1);
    if (c->person == NULL)
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "the person who asks did not sign");
    return has_role || vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                                       "the role in which he asks did not sign");
}

static bool put_together(struct vt_agent_case *c, vt_slice payload, struct vt_error *err)
{
    struct vt_dsse_signature signatures[VT_ACCESS_SIGNATURES_MAX];
    char ids[VT_ACCESS_SIGNATURES_MAX][65];
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);

    for (size_t i = 0; i < c->ask->signature_count; i++) {
        vt_hash_text(&c->ask->signatures[i].key_id, ids[i]);
        signatures[i] = (struct vt_dsse_signature){ vt_slice_from_cstr(ids[i]),
                                                    VT_BYTES(c->ask->signatures[i].bytes) };
    }
    if (!vt_dsse_write(VT_LIT(VT_PAYLOAD_TYPE), payload, signatures,
                       c->ask->signature_count, &envelope, err))
        return false;
    c->envelope = vt_arena_copy(c->arena, vt_buf_slice(&envelope));
    c->commitment = vt_access_commitment(c->ask->salt, c->envelope);
    return true;
}

bool vt_agent_case_statement(struct vt_agent_case *c, struct vt_error *err)
{
    const struct vt_custody *custody = &c->agent->rules->custody;
    const struct vt_access *access = &c->ask->access;
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error failure = { 0 };

    (void)err;
    if (!vt_slice_equal(access->cell, custody->cell) ||
        !vt_slice_equal(access->ledger, custody->ledger))
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "this agent is of the cell %.*s and the ledger %.*s",
                               VT_SLICE_ARGS(custody->cell),
                               VT_SLICE_ARGS(custody->ledger));
    if (!vt_access_write(access, &payload, &failure) ||
        !put_together(c, vt_buf_slice(&payload), &failure))
        return refuse_error(c, &failure);
    return take_signatures(c, vt_buf_slice(&payload));
}

/* ---- the ledger -------------------------------------------------------------------------
 */

/* The note that this checkpoint would be, written here. */
static bool write_note(const struct vt_agent_case *c, struct vt_buf *out)
{
    const struct vt_policy *policy = &c->agent->rules->trust->policy;
    const struct vt_agent_ask *ask = c->ask;
    struct vt_checkpoint checkpoint = { .origin = c->agent->rules->custody.ledger,
                                        .size = ask->size,
                                        .root = ask->root };

    if (ask->log >= policy->log_count)
        return false;
    vt_checkpoint_write(out, &checkpoint);
    vt_buf_put_text(out, "\n");
    vt_note_write_signature(out, policy->logs[ask->log].vkey.name,
                            policy->logs[ask->log].vkey.id, VT_BYTES(ask->log_signature));
    for (size_t i = 0; i < ask->cosignature_count; i++) {
        const struct vt_agent_cosignature *at = &ask->cosignatures[i];

        if (at->witness >= policy->witness_count)
            return false;
        vt_note_write_cosignature(out, policy->witnesses[at->witness].vkey.name,
                                  policy->witnesses[at->witness].vkey.id, at->time_unix_s,
                                  at->bytes);
    }
    return !out->is_full;
}

static bool is_proven(struct vt_agent_case *c)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    const struct vt_agent_rules *rules = c->agent->rules;
    struct vt_tlog_proof proof = { .index = c->ask->index,
                                   .hash_count = c->ask->inclusion.count };
    vt_hash leaf = vt_access_leaf(&c->commitment);
    struct vt_error failure = { 0 };
    struct vt_tlog_verdict verdict;

    if (!write_note(c, &note))
        return vt_agent_refuse(c, VT_HTTP_BAD_REQUEST, VT_AGENT_RETRY_NO,
                               "a checkpoint by keys that the policy does not list");
    proof.checkpoint = vt_buf_slice(&note);
    memcpy(proof.hashes, c->ask->inclusion.hashes, sizeof proof.hashes);
    if (!vt_tlog_proof_verify(&proof, &leaf, &rules->trust->policy, rules->custody.ledger,
                              &verdict, &failure))
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "no record, no read: %s", failure.message);
    c->time_unix_s = verdict.time_unix_s;
    return verdict.time_unix_s > 0 ||
           vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                           "no record, no read: no witness says when it was logged");
}

/* Does its tree continue the last one that we saw? */
static bool goes_forward(struct vt_agent_case *c)
{
    const struct vt_agent_totals *seen = vt_agent_store_totals(c->agent->store);
    const struct vt_agent_ask *ask = c->ask;

    if (seen->size == 0)
        return true; /* the first one: its log and its witnesses are those of the root */
    if (ask->size < seen->size || (ask->size > seen->size && ask->seen_size != seen->size))
        return vt_agent_refuse(c, VT_HTTP_CONFLICT, VT_AGENT_RETRY_PROOF,
                               "this agent has seen a tree of %ju entries: send a proof in "
                               "that one or a later one, and that it grew out of it",
                               (uintmax_t)seen->size);
    if (ask->size == seen->size
            ? vt_hash_equal(&ask->root, &seen->root)
            : vt_tree_verify_consistency(seen->size, &seen->root, ask->size, &ask->root,
                                         ask->growth.hashes, ask->growth.count))
        return true;
    (void)snprintf(c->reply->alarm, sizeof c->reply->alarm,
                   "the ledger %.*s shows a tree of %ju entries that does not continue the "
                   "one of %ju that witnesses cosigned",
                   VT_SLICE_ARGS(ask->access.ledger), (uintmax_t)ask->size,
                   (uintmax_t)seen->size);
    return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                           "the ledger shows another history than before");
}

/* Seen by the witnesses lately, and not before we started: who restores an old copy of this
 * agent cannot lead it back either, since its start is now. */
static bool is_recent(struct vt_agent_case *c)
{
    int64_t fresh_s = c->agent->rules->custody.fresh_s;
    bool is_old = c->time_unix_s < c->agent->started_unix_s ||
                  c->time_unix_s < c->now_unix_s - fresh_s;

    if (is_old || c->time_unix_s > c->now_unix_s + fresh_s)
        return vt_agent_refuse(c, VT_HTTP_CONFLICT, VT_AGENT_RETRY_PROOF,
                               is_old ? "the witnesses saw this checkpoint too long ago, "
                                        "or before this agent started: send a newer one"
                                      : "the witnesses' clocks are ahead of ours");
    if (c->time_unix_s < c->ask->access.expires_unix_s &&
        c->now_unix_s < c->ask->access.expires_unix_s)
        return true;
    c->is_logged = true;
    return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                           "the statement has expired");
}

/* Was it logged after our start?  What was logged before may have been used already, by a
 * past that a restored copy does not remember. */
static bool is_of_this_life(struct vt_agent_case *c)
{
    if (c->agent->floor == UINT64_MAX)
        c->agent->floor = c->ask->size;
    return c->ask->index >= c->agent->floor ||
           vt_agent_refuse(c, VT_HTTP_CONFLICT, VT_AGENT_RETRY_STATEMENT,
                           "it was logged before this agent started: log it anew, with "
                           "another salt");
}

bool vt_agent_case_ledger(struct vt_agent_case *c, struct vt_error *err)
{
    (void)err;
    return is_proven(c) && goes_forward(c) && is_recent(c);
}

/* ---- the reader -------------------------------------------------------------------------
 */

static bool has_good_standing(const struct vt_agent_case *c, const struct vt_trust_key *key)
{
    return vt_trust_key_standing(key, c->time_unix_s) == VT_REGARD_GOOD &&
           (key->products == NULL || vt_list_has(key->products, c->ask->access.cell));
}

/* Approvals by other holders than the reader, each holder once. */
static void count_approvers(struct vt_agent_case *c)
{
    size_t count = 0;

    for (size_t i = 0; i < c->approver_count; i++) {
        const struct vt_trust_key *key = c->approvers[i];
        bool is_other = !vt_slice_equal(key->holder, c->person->holder);

        for (size_t j = 0; j < count; j++)
            is_other = is_other && !vt_slice_equal(key->holder, c->approvers[j]->holder);
        if (is_other && has_good_standing(c, key))
            c->approvers[count++] = key;
    }
    c->approver_count = count;
}

bool vt_agent_case_reader(struct vt_agent_case *c, struct vt_error *err)
{
    const struct vt_access *access = &c->ask->access;
    const struct vt_custody *custody = &c->agent->rules->custody;

    (void)err;
    c->is_logged = true;
    if (!is_of_this_life(c)) {
        c->is_logged = false; /* it is only to come again */
        return false;
    }
    if (access->policy != custody->version)
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "it was made under version %ju of the policy, version %ju "
                               "is in force",
                               (uintmax_t)access->policy, (uintmax_t)custody->version);
    if (!has_good_standing(c, c->person))
        return vt_agent_refuse(
            c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
            "it is signed by %s, or not for this cell",
            vt_regard_words(vt_trust_key_standing(c->person, c->time_unix_s)));
    if ((access->reason == VT_ACCESS_SCAN) != (c->person->role == VT_ROLE_SCANNER))
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "machines scan and people read: not the one in the place "
                               "of the other");
    if (!vt_slice_equal(access->place, c->person->site) ||
        !vt_slice_equal(access->jurisdiction, c->person->jurisdiction))
        return vt_agent_refuse(
            c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO, "the reader is enrolled in %.*s, %.*s",
            VT_SLICE_ARGS(c->person->site), VT_SLICE_ARGS(c->person->jurisdiction));
    count_approvers(c);
    return true;
}
