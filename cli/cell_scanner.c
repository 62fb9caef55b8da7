/* vitrine cell scanner: its settings and papers; the work is the library's
 * (cell/scanner.h).
 *
 * Keys are opened once.  Trust root, policy and enrolments are read again when they change,
 * all or none. */
#include "cell/recipient.h"
#include "cell/scan_ask.h"
#include "cell/scanner.h"
#include "cell/scanner_settings.h"
#include "cli/cell_verbs.h"
#include "cli/custody.h"
#include "cli/files.h"
#include "cli/trust.h"

const struct vt_option vt_cli_cell_scanner_options[] = {
    { .name = "config", .value_name = "FILE", .help = "its settings", .is_required = true },
    { .name = "check", .help = "read all and start workers, say whether it would work" },
    { .name = NULL },
};

/* What may change while it runs. */
struct papers {
    struct vt_cli_keyring keyring;
    struct vt_envelope policy;
    struct vt_custody custody;
};

struct place {
    struct vt_args *args;
    struct vt_scanner_settings settings;
    struct vt_buf token;
    struct vt_key *key, *role_key;
    struct vt_age_identity identity;
    struct vt_disk *published;
    struct papers *papers;
    struct vt_scan_asker asker;
};

static const char *value(const struct place *p, enum vt_scanner_setting setting)
{
    return p->settings.values[setting];
}

/* ---- papers -----------------------------------------------------------------------------
 */

static void papers_free(struct papers *papers)
{
    if (papers == NULL)
        return;
    vt_envelope_clear(&papers->policy);
    vt_cli_keyring_clear(&papers->keyring);
    free(papers);
}

struct enrolling {
    struct papers *papers;
    const char *folder;
    int64_t now_unix_s;
};

static bool take_enrolment(void *context, const char *name, bool is_folder,
                           struct vt_error *err)
{
    struct enrolling *e = context;
    VT_AUTO_ARENA arena = vt_arena_new();

    return is_folder || name[0] == '.' ||
           vt_cli_keyring_enrol(&e->papers->keyring,
                                vt_arena_printf(arena, "%s/%s", e->folder, name),
                                e->now_unix_s, err);
}

static bool read_enrolments(const struct place *p, struct papers *papers,
                            struct vt_error *err)
{
    struct enrolling e = { papers, value(p, VT_SCANNER_ENROLMENTS),
                           vt_env_now_unix_s(vt_args_env(p->args)) };
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(e.folder, false, &disk, err))
        return false;
    is_ok = vt_disk_list(disk, "", take_enrolment, &e, err);
    vt_disk_close(disk);
    return is_ok;
}

static struct vt_key_id id_of(const struct vt_key *key)
{
    return vt_public_key_id(vt_key_public(key));
}

/* Who we are by these papers. */
static bool take_papers(struct place *p, const struct papers *papers, struct vt_error *err)
{
    struct vt_key_id mine = id_of(p->key), roles = id_of(p->role_key);
    const struct vt_trust_key *scanner = vt_keyring_find(
        &papers->keyring.keyring, vt_slice_from_cstr(mine.text), VT_ROLE_SCANNER);
    const struct vt_custody *custody = &papers->custody;
    const struct vt_custody_role *role = NULL;
    vt_hash id;

    VT_ASSERT(vt_hash_parse_hex(vt_slice_from_cstr(roles.text), &id));
    for (size_t i = 0; i < custody->role_count; i++)
        if (vt_hash_equal(&custody->roles[i].id, &id))
            role = &custody->roles[i];
    if (scanner == NULL)
        return vt_fail(err, VT_REJECTED, "%s: nobody enrolled this key as a scanner's",
                       value(p, VT_SCANNER_KEY));
    if (role == NULL)
        return vt_fail(err, VT_REJECTED, "%s: the policy has no role with this key",
                       value(p, VT_SCANNER_ROLE_KEY));
    p->asker.asker.keyring = &papers->keyring.keyring;
    p->asker.cell = custody->cell;
    p->asker.ledger = custody->ledger;
    p->asker.policy = custody->version;
    p->asker.role = role->name;
    p->asker.place = scanner->site;
    p->asker.jurisdiction = scanner->jurisdiction;
    return true;
}

static bool read_papers(const struct place *p, struct papers *out, struct vt_error *err)
{
    if (!vt_cli_trust_read(value(p, VT_SCANNER_TRUST), &out->keyring.trust, err))
        return false;
    out->keyring.keyring.trust = out->keyring.trust;
    return read_enrolments(p, out, err) &&
           vt_cli_custody_policy(value(p, VT_SCANNER_POLICY), out->keyring.trust,
                                 vt_env_now_unix_s(vt_args_env(p->args)), &out->policy,
                                 &out->custody, err);
}

static bool renew(void *context, struct vt_error *err)
{
    struct place *p = context;
    struct papers *papers = vt_alloc(sizeof *papers);

    if (!read_papers(p, papers, err) || !take_papers(p, papers, err)) {
        papers_free(papers);
        return false;
    }
    papers_free(p->papers);
    p->papers = papers;
    return true;
}

/* The cell publishes the documents of the recipients that it has; the digest decides. */
static bool find_recipient(void *context, const vt_hash *document,
                           struct vt_age_recipient *out)
{
    struct place *p = context;
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
    char path[VT_RECIPIENT_PATH_BYTES];
    struct vt_recipient recipient;
    struct vt_error unsaid = { 0 };

    vt_cell_recipient_path(document, path);
    if (!vt_disk_read(p->published, path, &text, &unsaid) ||
        !vt_cell_recipient_parse(vt_buf_slice(&text), &recipient, &unsaid) ||
        !vt_hash_equal(&recipient.digest, document))
        return false;
    *out = recipient.key;
    return true;
}

/* ---- beginning --------------------------------------------------------------------------
 */

static bool read_settings(struct place *p, struct vt_error *err)
{
    const char *path = vt_args_get(p->args, "config");
    VT_AUTO_BUF text = vt_buf_init(VT_SETTINGS_BYTES_MAX);

    if (!vt_file_read(path, &text, err))
        return false;
    if (!vt_scanner_settings_parse(vt_buf_slice(&text), &p->settings, err))
        return vt_within(err, "%s", path);
    if (!vt_http_url_check(value(p, VT_SCANNER_LEDGER), err))
        return vt_within(err, "%s: ledger", path);
    return vt_http_url_check(value(p, VT_SCANNER_AGENT), err) ||
           vt_within(err, "%s: agent", path);
}

static bool open_keys(struct place *p, struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(VT_KIB(1));
    bool is_ok;

    is_ok =
        vt_cli_first_line(value(p, VT_SCANNER_PASSPHRASE_FILE), &passphrase, err) &&
        vt_key_open(value(p, VT_SCANNER_KEY), vt_buf_slice(&passphrase), &p->key, err) &&
        vt_key_open(value(p, VT_SCANNER_ROLE_KEY), vt_buf_slice(&passphrase), &p->role_key,
                    err) &&
        vt_age_identity_open(value(p, VT_SCANNER_ANSWER_KEY), vt_buf_slice(&passphrase),
                             &p->identity, err);
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    return is_ok;
}

static bool open_place(struct place *p, struct vt_error *err)
{
    if (!vt_cli_first_line(value(p, VT_SCANNER_TOKEN_FILE), &p->token, err) ||
        !open_keys(p, err) ||
        !vt_disk_open(value(p, VT_SCANNER_PUBLISHED), false, &p->published, err))
        return false;
    p->asker = (struct vt_scan_asker){
        .asker = { .ledger = value(p, VT_SCANNER_LEDGER),
                   .token = p->token.len != 0 ? vt_buf_cstr(&p->token) : NULL,
                   .agent = value(p, VT_SCANNER_AGENT),
                   .env = vt_args_env(p->args) },
        .scanner = p->key,
        .role_key = p->role_key,
        .valid_s = p->settings.valid_s,
        .identity = &p->identity,
        .recipient = find_recipient,
        .context = p,
    };
    return renew(p, err);
}

static void close_place(struct place *p)
{
    papers_free(p->papers);
    vt_disk_close(p->published);
    vt_key_close(p->key);
    vt_key_close(p->role_key);
    vt_age_identity_clear(&p->identity);
    if (p->token.data != NULL)
        explicit_bzero(p->token.data, p->token.capacity);
    vt_buf_clear(&p->token);
    vt_scanner_settings_clear(&p->settings);
}

/* ---- running ----------------------------------------------------------------------------
 */

static void say_ready(void *context)
{
    const struct place *p = context;

    if (vt_args_is_json(p->args))
        vt_cli_print_json(
            json_pack("{s:o}", "ready",
                      vt_cli_json_text(vt_slice_from_cstr(value(p, VT_SCANNER_SAMPLES)))));
    else
        (void)printf("ready: %s\n", value(p, VT_SCANNER_SAMPLES));
    (void)fflush(stdout);
}

static struct vt_scan_setup setup_of(const struct place *p)
{
    return (struct vt_scan_setup){ .pack = value(p, VT_SCANNER_RULES),
                                   .clamav = value(p, VT_SCANNER_CLAMAV),
                                   .limits = p->settings.limits,
                                   .workers = p->settings.workers != 0
                                                  ? p->settings.workers
                                                  : vt_cli_scan_workers() };
}

static bool check(const struct place *p, struct vt_error *err)
{
    struct vt_scan_setup setup = setup_of(p);
    VT_AUTO_SCAN_POOL pool = NULL;
    const vt_hash *rules;
    bool is_published;
    char text[65];

    if (!vt_scan_pool_open(&setup, &pool, err))
        return false;
    rules = &vt_scan_pool_binding(pool)->rules;
    vt_hash_text(rules, text);
    is_published = vt_custody_is_published(&p->papers->custody, rules);
    if (!is_published)
        vt_args_exit(p->args, VT_EXIT_REFUSED);
    if (vt_args_is_json(p->args))
        vt_cli_print_json(json_pack("{s:b,s:s}", "ok", is_published, "rules", text));
    else if (is_published)
        (void)printf("it would work, by the rules %s\n", text);
    else
        (void)printf("no keys would be given: the policy does not publish the rules %s\n",
                     text);
    return true;
}

static bool run(struct place *p, struct vt_error *err)
{
    const char *const papers[] = { value(p, VT_SCANNER_TRUST), value(p, VT_SCANNER_POLICY),
                                   value(p, VT_SCANNER_ENROLMENTS), NULL };
    struct vt_scanner scanner = { .samples = value(p, VT_SCANNER_SAMPLES),
                                  .state = value(p, VT_SCANNER_STATE),
                                  .scan = setup_of(p),
                                  .keys = vt_scan_keys_of(&p->asker),
                                  .lease_s = p->settings.lease_s,
                                  .batch_max = p->settings.batch_max,
                                  .idle_ms = 1000 * p->settings.idle_s,
                                  .papers = papers,
                                  .renew = renew,
                                  .ready = say_ready,
                                  .context = p };
    VT_AUTO_HTTP_CLIENT client = NULL;

    if (!vt_http_client_new(&client, err))
        return false;
    p->asker.asker.client = client;
    return vt_scanner_run(&scanner, err);
}

bool vt_cli_cell_scanner(struct vt_args *args, struct vt_error *err)
{
    struct place place = { .args = args, .token = vt_buf_init(VT_KIB(1)) };
    bool is_ok = read_settings(&place, err) && open_place(&place, err) &&
                 (vt_args_has(args, "check") ? check(&place, err) : run(&place, err));

    close_place(&place);
    return is_ok;
}
