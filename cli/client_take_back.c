/* vitrine client withdraw --agent: the key agent never releases the keys of what this
 * machine shared with the cell again, and signs that; the proofs stay here. */
#include "cli/client.h"
#include "cli/client_agent.h"

struct taking {
    struct vt_disk *home;
    struct vt_asker asker;
    struct vt_client_taken *counts;
};

static bool keep_proof(struct vt_disk *home, const char *object, vt_slice proof,
                       struct vt_error *err)
{
    char name[96];

    (void)snprintf(name, sizeof name, VT_CLIENT_PROOFS "/%s.json", object);
    return vt_disk_write(home, name, proof, 0600, err);
}

static void count_proof(struct vt_client_taken *counts, const struct vt_disclosure *list)
{
    counts->proven++;
    counts->read += vt_client_count_deeds(list, VT_AGENT_RELEASED) != 0 || list->older != 0;
}

static bool take_proof(struct taking *t, const struct vt_sent_record *sent,
                       const char *object, const struct vt_disclosure *list, vt_slice proof,
                       struct vt_error *err)
{
    if (!vt_slice_equal(list->cell, sent->cell))
        return vt_fail(err, VT_REJECTED, "the proof is of the cell %.*s",
                       VT_SLICE_ARGS(list->cell));
    if (!keep_proof(t->home, object, proof, err))
        return false;
    count_proof(t->counts, list);
    return true;
}

/* A key that is destroyed opens nothing any more: there is nothing to take back. */
static bool take_back(struct taking *t, const struct vt_sent_record *sent,
                      struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    VT_AUTO_FREE struct vt_disclosure *list = vt_alloc(sizeof *list);
    VT_AUTO_CLIENT_BOND bond = { .bytes = { 0 } };
    char object[65];
    bool is_ok;

    vt_hash_text(&sent->sha256, object);
    if (!vt_client_bond_open(t->home, &sent->sha256, &bond, err))
        return false;
    if (!vt_ask_withdraw(&t->asker, &bond.sealed, &proof, list, err)) {
        if (err->code != VT_ABSENT)
            return vt_within(err, "%s", object);
        t->counts->destroyed++;
        *err = (struct vt_error){ 0 };
        return true;
    }
    is_ok = take_proof(t, sent, object, list, vt_buf_slice(&proof), err);
    vt_disclosure_clear(list);
    return is_ok || vt_within(err, "%s", object);
}

static bool take_all(struct taking *t, const struct vt_sent *sent, vt_slice cell,
                     struct vt_error *err)
{
    for (size_t i = 0; i < vt_sent_count(sent); i++) {
        const struct vt_sent_record *line = vt_sent_at(sent, i);

        if (line->kind != VT_SENT_SAMPLE || !vt_slice_equal(line->cell, cell))
            continue;
        if (!vt_bond_is_there(t->home, &line->sha256))
            t->counts->without++;
        else if (!take_back(t, line, err))
            return false;
    }
    return true;
}

bool vt_cli_client_take_back(struct vt_args *args, struct vt_disk *home,
                             const struct vt_sent *sent, struct vt_client_taken *out,
                             struct vt_error *err)
{
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct taking t = { .home = home,
                        .asker = { .agent = vt_args_get(args, "agent"),
                                   .keyring = &keyring.keyring,
                                   .env = vt_args_env(args) },
                        .counts = out };
    struct vt_error ignored = { 0 };

    *out = (struct vt_client_taken){ .proven = 0 };
    if (!vt_http_url_check(t.asker.agent, &ignored))
        return vt_args_misuse(args, err, "--agent is an http or https address");
    if (!vt_cli_client_keyring(args, home, &keyring, err) ||
        !vt_http_client_new(&client, err))
        return false;
    t.asker.client = client;
    return take_all(&t, sent, vt_slice_from_cstr(vt_args_get(args, "cell")), err);
}
