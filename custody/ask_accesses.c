/* The client's side of custody/disclosure.h. */
#include "custody/ask_accesses.h"
#include "http/http.h"
#include "ledger/remote.h"

enum { ANSWER_BYTES_MAX = VT_ENTRY_BYTES_MAX + 1, TIMEOUT_MS = 60000 };

/* ---- asking -----------------------------------------------------------------------------
 */

static bool post(const struct vt_asker *asker, const char *path, vt_slice question,
                 struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_http_call call = { .url = vt_http_url(arena, asker->agent, path),
                                 .body = question,
                                 .content_type = VT_DISCLOSURE_REQUEST_TYPE,
                                 .answer_bytes_max = ANSWER_BYTES_MAX,
                                 .timeout_ms = TIMEOUT_MS };
    bool ok = vt_http_client_run(asker->client, &call, err);

    if (ok && call.status != VT_HTTP_OK) {
        ok = vt_ask_fail_told(&call, err);
        if (call.status == VT_HTTP_GONE)
            err->code = VT_ABSENT;
    }
    if (ok)
        vt_buf_put(out, vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    return ok && vt_buf_check(out, "the agent's answer", err);
}

static bool ask(const struct vt_asker *asker, const struct vt_ask_sealed *sealed,
                bool is_withdrawal, struct vt_buf *bytes_out, struct vt_disclosure *out,
                struct vt_error *err)
{
    VT_AUTO_BUF question = vt_buf_init(VT_DISCLOSURE_REQUEST_BYTES_MAX);
    VT_AUTO_BUF answer = vt_buf_init(ANSWER_BYTES_MAX);
    vt_hash object = vt_sha256_of(sealed->header);
    struct vt_disclosure_request request = { .is_withdrawal = is_withdrawal,
                                             .at_unix_s = vt_env_now_unix_s(asker->env),
                                             .recipient = sealed->recipient,
                                             .header = sealed->header };
    VT_AUTO_FREE struct vt_disclosure *list = vt_alloc(sizeof *list);
    VT_AUTO_DSSE dsse = { 0 };

    vt_env_random(asker->env, request.nonce.bytes, sizeof request.nonce.bytes);
    request.proof = vt_disclosure_proof(sealed->bond, is_withdrawal, &request.nonce,
                                        request.at_unix_s, &object);
    if (!vt_disclosure_request_write(&request, &question, err) ||
        !post(asker, is_withdrawal ? "/withdraw" : "/accesses", vt_buf_slice(&question),
              &answer, err) ||
        !vt_disclosure_read(vt_buf_slice(&answer), &dsse, list, err))
        return false;
    if (!vt_disclosure_answers(list, &dsse, asker->keyring, &request, &object, err) ||
        (is_withdrawal && list->withdrawn == 0 &&
         !vt_fail(err, VT_REJECTED, "the key agent signs that it was not withdrawn"))) {
        vt_disclosure_clear(list);
        return false;
    }
    vt_buf_put(bytes_out, vt_buf_slice(&answer));
    *out = *list;
    return vt_buf_check(bytes_out, "the agent's answer", err);
}

bool vt_ask_accesses(const struct vt_asker *asker, const struct vt_ask_sealed *sealed,
                     struct vt_buf *bytes_out, struct vt_disclosure *out,
                     struct vt_error *err)
{
    bool is_ok = ask(asker, sealed, false, bytes_out, out, err);

    if (!is_ok && err->code == VT_ABSENT)
        err->code = VT_REJECTED;
    return is_ok;
}

bool vt_ask_withdraw(const struct vt_asker *asker, const struct vt_ask_sealed *sealed,
                     struct vt_buf *bytes_out, struct vt_disclosure *out,
                     struct vt_error *err)
{
    return ask(asker, sealed, true, bytes_out, out, err);
}

/* ---- the ledger -------------------------------------------------------------------------
 */

/* Does the tree that witnesses cosigned continue the one that the agent saw? */
static bool is_continued(const struct vt_disclosure *list,
                         const struct vt_tile_source *source, const struct vt_head *head,
                         struct vt_error *err)
{
    struct vt_proof proof;

    if (list->size > head->size)
        return vt_fail(
            err, VT_REJECTED,
            "it shows a tree of %ju entries, and the agent saw %ju: it is behind, "
            "or another",
            (uintmax_t)head->size, (uintmax_t)list->size);
    if (!vt_prove_consistency(source, list->size, head->size, &proof, err))
        return false;
    return list->size == 0 ||
           vt_tree_verify_consistency(list->size, &list->root, head->size, &head->root,
                                      proof.hashes, proof.count) ||
           vt_fail(err, VT_REJECTED,
                   "it does not continue the tree of %ju entries that the agent saw",
                   (uintmax_t)list->size);
}

static bool is_there(const struct vt_disclosed *row, const struct vt_tile_source *source,
                     const struct vt_head *head, struct vt_error *err)
{
    vt_hash leaf = vt_access_leaf(&row->commitment);
    struct vt_proof proof;

    return vt_prove_inclusion(source, row->entry, head->size, &proof, err) &&
           (vt_tree_verify_inclusion(&leaf, row->entry, head->size, proof.hashes,
                                     proof.count, &head->root) ||
            vt_fail(err, VT_REJECTED, "entry %ju is not the access that the agent names",
                    (uintmax_t)row->entry));
}

bool vt_ask_accesses_are_logged(const struct vt_asker *asker,
                                const struct vt_disclosure *list, int64_t *time_out,
                                struct vt_error *err)
{
    VT_AUTO_REMOTE remote =
        vt_remote_new(asker->ledger, &asker->keyring->trust->policy, list->ledger);
    struct vt_tile_source source = vt_remote_source(remote);
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_head head;
    bool is_ok = vt_remote_checkpoint(remote, &note, &head, time_out, err) &&
                 is_continued(list, &source, &head, err);

    for (size_t i = 0; is_ok && i < list->count; i++)
        is_ok = is_there(&list->rows[i], &source, &head, err);
    return is_ok || vt_within(err, "the ledger at %s", asker->ledger);
}
