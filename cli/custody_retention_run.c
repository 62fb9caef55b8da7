/* vitrine custody retention run: what is due is erased, order by order, as `vitrine custody
 * erase` does it.
 *
 *   DIR/N.ids      what was due when the order was made
 *   DIR/N.order    the order, signed; from here on it is carried out, whatever is killed
 *   DIR/N.claim    of agent and cell (and files beside it, see custody_erase.c)
 *   DIR/N.done     the claim is on the ledger
 *
 * An order that expired, or is of an older policy, before the agent answered it is left
 * behind, and what is due then stands in the next one: a hold that came meanwhile counts.
 */
#include "cli/custody.h"
#include "store/store.h"

/* An order is good for so long, or as long as the policy allows. */
enum { VALID_S = 1800, ORDERS_MAX = 100000, APPROVERS_MAX = VT_ACCESS_SIGNATURES_MAX - 2 };

struct run {
    struct vt_args *args;
    struct vt_arena *arena;
    const struct vt_cli_due *due;
    struct vt_asker asker;
    const char *dir;
    struct vt_key *cell, *person, *role, *approvers[APPROVERS_MAX];
    size_t approver_count;
    vt_hash role_id;
    size_t objects_max; /* of one order */
    int64_t valid_s;
    size_t orders, erased, closed; /* now */
};

static const char *name_of(struct run *r, unsigned n, const char *kind)
{
    return vt_arena_printf(r->arena, "%s/%u.%s", r->dir, n, kind);
}

/* ---- an order ---------------------------------------------------------------------------
 */

static bool read_id(const struct vt_key *key, const char *option, vt_hash *out,
                    struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));

    return vt_hash_parse_hex(vt_slice_from_cstr(id.text), out) ||
           vt_fail(err, VT_MALFORMED, "--%s: the key has no id", option);
}

static bool sign_order(struct run *r, struct vt_access *access, const char *path,
                       struct vt_error *err)
{
    const struct vt_key *keys[2 + APPROVERS_MAX] = { r->person, r->role };
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);

    for (size_t i = 0; i < r->approver_count; i++)
        keys[2 + i] = r->approvers[i];
    return read_id(r->person, "person-key", &access->person, err) &&
           vt_ask_sign(access, keys, 2 + r->approver_count, &out, err) &&
           vt_cli_write(path, vt_buf_slice(&out), 0600, err);
}

static vt_slice text_of(const struct run *r, const char *option)
{
    return vt_slice_from_cstr(vt_args_get(r->args, option));
}

/* False with err VT_OK: nothing is due. */
static bool make_order(struct run *r, unsigned n, struct vt_error *err)
{
    const struct vt_custody *custody = r->due->custody;
    VT_AUTO_FREE vt_hash *ids = vt_alloc_array(VT_ACCESS_BATCH_MAX, sizeof *ids);
    int64_t now = vt_env_now_unix_s(r->asker.env);
    const char *list = name_of(r, n, "ids");
    struct vt_access access = { .cell = custody->cell,
                                .ledger = custody->ledger,
                                .policy = custody->version,
                                .role = text_of(r, "role"),
                                .role_key = r->role_id,
                                .place = text_of(r, "place"),
                                .jurisdiction = text_of(r, "jurisdiction"),
                                .ticket = text_of(r, "ticket"),
                                .reason = VT_ACCESS_ERASURE,
                                .is_batch = true,
                                .recipient = r->due->sealed_for,
                                .created_unix_s = now,
                                .expires_unix_s = now + r->valid_s };
    size_t count;

    if (!r->due->list(r->due->context, r->objects_max, list, &count, err) || count == 0 ||
        !vt_cli_read_ids(list, ids, &count, err) ||
        !vt_access_batch_root(ids, count, &access.batch_root, err))
        return false;
    access.count = count;
    return vt_cli_take_backups(r->args, &access, err) &&
           sign_order(r, &access, name_of(r, n, "order"), err);
}

/* Can the agent still be asked, or has it answered? */
static bool is_alive(struct run *r, unsigned n, bool *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_access access;

    if (!vt_cli_read_access(name_of(r, n, "order"), &bytes, &envelope, &access, err))
        return false;
    *out = vt_path_exists(name_of(r, n, "claim.agent")) ||
           (access.policy == r->due->custody->version &&
            vt_env_now_unix_s(r->asker.env) < access.expires_unix_s);
    return true;
}

static bool carry_out(struct run *r, unsigned n, struct vt_error *err)
{
    struct vt_cli_erase erase = { .args = r->args,
                                  .asker = &r->asker,
                                  .order = name_of(r, n, "order"),
                                  .ids = name_of(r, n, "ids"),
                                  .samples = vt_args_get(r->args, "samples"),
                                  .keeper = vt_args_get(r->args, "keeper"),
                                  .out = name_of(r, n, "claim"),
                                  .sealed_for = r->due->sealed_for,
                                  .key = r->cell };

    if (!vt_cli_erase(&erase, err) ||
        !vt_cli_write(name_of(r, n, "done"), VT_LIT("its claim is on the ledger\n"), 0600,
                      err))
        return vt_within(err, "%s", name_of(r, n, "order"));
    r->orders++;
    r->erased += erase.erased;
    r->closed += erase.closed;
    return true;
}

static bool run_all(struct run *r, struct vt_error *err)
{
    for (unsigned n = 1; n <= ORDERS_MAX; n++) {
        bool is_there = vt_path_exists(name_of(r, n, "order")), alive = true;

        if (vt_path_exists(name_of(r, n, "done")))
            continue;
        if (is_there && !is_alive(r, n, &alive, err))
            return false;
        if (!alive)
            continue;
        if (!is_there && !make_order(r, n, err))
            return err->code == VT_OK; /* nothing is due */
        if (!carry_out(r, n, err))
            return false;
    }
    return vt_fail(err, VT_LIMIT, "%s: more than %d orders: begin another folder", r->dir,
                   ORDERS_MAX);
}

/* ---- what it needs ----------------------------------------------------------------------
 */

static bool has_words(struct vt_args *args, struct vt_error *err)
{
    static const char *const needed[] = { "dir",        "ledger", "agent",   "samples",
                                          "key",        "role",   "place",   "jurisdiction",
                                          "person-key", "ticket", "role-key" };

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!vt_args_has(args, needed[i]))
            return vt_args_misuse(args, err, "--%s is needed for run", needed[i]);
    return vt_args_get_at(args, "approver-key", APPROVERS_MAX) == NULL ||
           vt_args_misuse(args, err, "--approver-key: at most %d", APPROVERS_MAX);
}

/* The key is that of the role: an order that the agent refuses is not made. */
static bool find_role(struct run *r, struct vt_error *err)
{
    return read_id(r->role, "role-key", &r->role_id, err) &&
           (vt_custody_role(r->due->custody, text_of(r, "role"), &r->role_id) != NULL ||
            vt_fail(err, VT_REJECTED,
                    "the policy has no role '%s' with the key of --role-key",
                    vt_args_get(r->args, "role")));
}

/* What the policy demands of an order, so that none is made which the agent refuses. */
static bool read_terms(struct run *r, struct vt_error *err)
{
    const struct vt_access order = { .reason = VT_ACCESS_ERASURE,
                                     .role = text_of(r, "role"),
                                     .jurisdiction = text_of(r, "jurisdiction") };
    struct vt_custody_terms terms = vt_custody_terms_none();

    if (!vt_custody_allows(r->due->custody, &order, r->due->country, VT_LIT("file"), &terms,
                           err))
        return false;
    if (r->approver_count < terms.approvals)
        return vt_fail(err, VT_REJECTED,
                       "the policy asks for %ju approval%s of such an order, and "
                       "--approver-key gives %zu",
                       (uintmax_t)terms.approvals, vt_plural((size_t)terms.approvals),
                       r->approver_count);
    r->objects_max = VT_ACCESS_BATCH_MAX;
    if (r->objects_max > terms.objects)
        r->objects_max = (size_t)terms.objects; /* below */
    if (r->objects_max > terms.per_day)
        r->objects_max = (size_t)terms.per_day; /* below */
    r->valid_s = terms.valid_s < VALID_S ? terms.valid_s : VALID_S;
    return true;
}

static bool open_keys(struct run *r, struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    const char *path;
    bool is_ok;

    if (!vt_cli_passphrase(r->args, &passphrase, err))
        return false;
    is_ok = vt_key_open(vt_args_get(r->args, "key"), vt_buf_slice(&passphrase), &r->cell,
                        err) &&
            vt_key_open(vt_args_get(r->args, "person-key"), vt_buf_slice(&passphrase),
                        &r->person, err) &&
            vt_key_open(vt_args_get(r->args, "role-key"), vt_buf_slice(&passphrase),
                        &r->role, err);
    while (is_ok &&
           (path = vt_args_get_at(r->args, "approver-key", r->approver_count)) != NULL) {
        is_ok = vt_key_open(path, vt_buf_slice(&passphrase),
                            &r->approvers[r->approver_count], err);
        r->approver_count += is_ok;
    }
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    return is_ok;
}

static void close_keys(struct run *r)
{
    vt_key_close(r->cell);
    vt_key_close(r->person);
    vt_key_close(r->role);
    for (size_t i = 0; i < r->approver_count; i++)
        vt_key_close(r->approvers[i]);
}

static void say_run(const struct run *r)
{
    size_t count = r->erased + r->closed;

    if (vt_args_is_json(r->args))
        vt_cli_print_json(json_pack("{s:b,s:I,s:I,s:I}", "ok", 1, "orders",
                                    (json_int_t)r->orders, "erased", (json_int_t)r->erased,
                                    "closed", (json_int_t)r->closed));
    else if (r->orders == 0)
        (void)printf("nothing is due that is sealed for this recipient\n");
    else
        (void)printf("no further release of %zu object%s by %zu order%s: %zu erased, %zu "
                     "closed; nothing due is left of this recipient\nthe claims are on the "
                     "ledger and in %s\n",
                     count, vt_plural(count), r->orders, vt_plural(r->orders), r->erased,
                     r->closed, r->dir);
}

static bool run_in(struct run *r, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(r->dir, true, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err) && run_all(r, err);
    vt_disk_close(disk);
    return is_ok;
}

bool vt_cli_retention_run(struct vt_args *args, const struct vt_cli_due *due,
                          struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct run r = { .args = args,
                     .arena = arena,
                     .due = due,
                     .dir = vt_args_get(args, "dir"),
                     .asker = { .ledger = vt_args_get(args, "ledger"),
                                .agent = vt_args_get(args, "agent"),
                                .keyring = &keyring.keyring,
                                .env = vt_args_env(args) } };
    struct vt_error ignored = { 0 };
    bool is_ok;

    if (!has_words(args, err))
        return false;
    if (!vt_http_url_check(r.asker.ledger, &ignored) ||
        !vt_http_url_check(r.asker.agent, &ignored))
        return vt_args_misuse(args, err,
                              "--ledger and --agent are http or https addresses");
    is_ok = vt_cli_keyring_read(args, &keyring, err) &&
            vt_cli_writer_token(args, arena, &r.asker.token, err) && open_keys(&r, err) &&
            find_role(&r, err) && read_terms(&r, err) && vt_http_client_new(&client, err);
    r.asker.client = client;
    is_ok = is_ok && run_in(&r, err);
    close_keys(&r);
    if (is_ok)
        say_run(&r);
    return is_ok;
}
