/* vitrine cell policy sign, log: from holder to holder, and onto the ledger. */
#include "cli/cell_policy.h"
#include "cli/ledger_open.h"

/* May this version stand where it says?  With --previous it is held against that one. */
static bool check_previous(struct vt_args *args, const struct vt_residency *table,
                           struct vt_error *err)
{
    const char *previous = vt_args_get(args, "previous");
    VT_AUTO_POLICY_PAPER before = { .lock_fd = -1 };
    vt_hash digest;

    if (table->version > 1 && previous == NULL)
        return vt_args_misuse(args, err,
                              "--previous is needed: version %ju is held against the one "
                              "before",
                              (uintmax_t)table->version);
    if (table->version == 1)
        return previous == NULL ||
               vt_args_misuse(args, err, "--previous: version 1 follows none");
    if (!vt_policy_paper_read_signed(previous, &before, err))
        return false;
    digest = vt_residency_record_digest(before.record);
    return vt_residency_may_follow(before.table, &digest, table, err);
}

/* ---- sign -------------------------------------------------------------------------------
 */

const struct vt_option vt_cli_policy_sign_options[] = {
    { "policy", "FILE", "the draft, or what others have signed", true, false },
    { "trust", "FILE", "the trust root, or a client's folder", true, false },
    { "previous", "FILE", "the signed version before; from version 2 on", false, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

static bool may_sign(struct vt_args *args, const struct vt_trust *trust,
                     const struct vt_residency *table, const struct vt_key *key,
                     struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    const struct vt_trust_key *mine =
        vt_trust_find(trust, vt_slice_from_cstr(id.text), VT_ROLE_RESIDENCY);

    if (mine == NULL)
        return vt_fail(err, VT_REJECTED,
                       "%s: the trust root does not name this key for residency", path);
    return vt_cli_will_count(mine, table->created_unix_s, path, err);
}

static bool add_signature(const struct vt_policy_paper *paper, const struct vt_key *key,
                          struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = NULL;
    const struct vt_key *keys[1] = { key };

    if (paper->record != NULL)
        return vt_envelope_add_signature(vt_buf_slice(&paper->bytes), key, out, err);
    return vt_residency_is_sound(paper->table, err) &&
           vt_residency_write(paper->table, &predicate, err) &&
           vt_statement_write_about_itself(VT_RESIDENCY, predicate, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err);
}

bool vt_cli_policy_sign(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1 };
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_RESIDENCY record = NULL;
    VT_AUTO_JSON missing = json_array();
    bool is_enough;

    if (!vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err) ||
        !vt_policy_paper_hold(path, &paper, err) ||
        !check_previous(args, paper.table, err) || !vt_cli_key_open(args, &key, err) ||
        !may_sign(args, trust, paper.table, key, err) ||
        !add_signature(&paper, key, &out, err) ||
        !vt_residency_record_parse(vt_buf_slice(&out), &record, err))
        return false;
    is_enough = vt_cli_missing(trust, VT_ROLE_RESIDENCY, &record->envelope,
                               record->table.created_unix_s, missing);
    return vt_cli_write(path, vt_buf_slice(&out), 0644, err) &&
           vt_cli_trust_said(
               args, path,
               is_enough ? "signed; the threshold is met, `vitrine cell policy log` puts "
                           "it on the ledger"
                         : "signed; more holders must sign (`vitrine cell policy show "
                           "--trust` says who)");
}

/* ---- log --------------------------------------------------------------------------------
 */

const struct vt_option vt_cli_policy_log_options[] = {
    { "policy", "FILE", "the signed policy", true, false },
    { "trust", "FILE", "the trust root, or a client's folder", true, false },
    { "previous", "FILE", "the signed version before; from version 2 on", false, false },
    { "ledger", "DIR", "folder of the release ledger", true, false },
    { "ledger-passphrase-file", "FILE", "file whose first line opens the ledger's key",
      false, false },
    { "proof", "FILE", "where the proof goes; else FILE.tlog-proof beside the policy",
      false, false },
    { NULL, NULL, NULL, false, false },
};

static bool add_entry(struct vt_args *args, vt_slice entry, struct vt_buf *proof,
                      uint64_t *index, struct vt_error *err)
{
    const struct vt_cli_ledger_place place = { vt_args_get(args, "ledger"), NULL,
                                               "ledger-passphrase-file" };
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;
    vt_ticket ticket;

    return vt_cli_ledger_open(args, &place, &signer, &ledger, err) &&
           vt_ledger_submit(ledger, entry, &ticket, err) &&
           vt_ledger_wait(ledger, ticket, index, err) &&
           (vt_ledger_publish(ledger, NULL, err) ||
            vt_within(err, "the policy is kept, but not published yet")) &&
           vt_ledger_prove(ledger, *index, proof, err);
}

static const char *proof_path(const char *proof, const char *policy, struct vt_arena *arena)
{
    return proof != NULL ? proof : vt_arena_printf(arena, "%s.tlog-proof", policy);
}

bool vt_cli_policy_verify_by(const char *path, const char *proof_at,
                             const struct vt_residency_record *record,
                             const struct vt_trust *trust, int64_t *logged_unix_s,
                             struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    const char *from = proof_path(proof_at, path, arena);

    return vt_file_read(from, &proof, err) &&
           (vt_residency_record_verify(record, trust, vt_buf_slice(&proof), logged_unix_s,
                                       err) ||
            vt_within(err, "%s", from));
}

bool vt_cli_policy_verify(struct vt_args *args, const char *path,
                          const struct vt_residency_record *record,
                          const struct vt_trust *trust, int64_t *logged_unix_s,
                          struct vt_error *err)
{
    return vt_cli_policy_verify_by(path, vt_args_get(args, "proof"), record, trust,
                                   logged_unix_s, err);
}

bool vt_cli_policy_log(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1 };
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    int64_t logged_unix_s;
    uint64_t index;

    if (!vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err) ||
        !vt_policy_paper_read_signed(path, &paper, err) ||
        !check_previous(args, paper.table, err) ||
        !vt_trust_admits_entry(trust, vt_buf_slice(&paper.bytes),
                               vt_env_now_unix_s(vt_args_env(args)), err) ||
        !add_entry(args, vt_buf_slice(&paper.bytes), &proof, &index, err) ||
        !vt_residency_record_verify(paper.record, trust, vt_buf_slice(&proof),
                                    &logged_unix_s, err) ||
        !vt_cli_write(proof_path(vt_args_get(args, "proof"), path, arena),
                      vt_buf_slice(&proof), 0644, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:I,s:I,s:s}", "ok", 1, "version",
                                    (json_int_t)paper.table->version, "index",
                                    (json_int_t)index, "proof",
                                    proof_path(vt_args_get(args, "proof"), path, arena)));
    else
        (void)printf("version %ju is entry %ju of the ledger; its proof is %s\n",
                     (uintmax_t)paper.table->version, (uintmax_t)index,
                     proof_path(vt_args_get(args, "proof"), path, arena));
    return true;
}
