/* vitrine cell serve: a data cell for its country. */
#include "cell/serve.h"
#include "cell/role_cell_front.h"
#include "cli/cell_policy.h"
#include "cli/cell_gateway.h"
#include "cli/cell_verbs.h"
#include "cli/files.h"
#include "cli/listening.h"
#include "cli/tls.h"
#include "evidence/bundle.h"

enum {
    CONNECTIONS = 6000,
    CACHE_MIB = 256,
    CACHE_MIB_MAX = 16384,
    DRAIN_S = 2,
    DRAIN_S_MAX = 600
};

const struct vt_option vt_cli_cell_serve_options[] = {
    { "dir", "DIR", "the cell's folder, as cell publish fills it", true, false },
    { "cell", "NAME", "the cell's name", true, false },
    VT_OPTION_LISTEN,
    VT_OPTION_PORT,
    { "lag-max", "TIME", "a head that began longer ago is trouble; else when it is over",
      false, false },
    { "connections-max", "N", "connections at once; 6000", false, false },
    { "from-one-max", "N", "connections from one address; all of them if not given", false,
      false },
    { "cache", "MIB", "answers kept in memory; 256", false, false },
    { "drain", "TIME", "so long it says that it will end, and still answers; 2s", false,
      false },
    { "policy", "FILE", "which cell is whose: a policy of residency, on the ledger", false,
      false },
    { "proof", "FILE", "its proof; else FILE.tlog-proof beside the policy", false, false },
    { "trust", "FILE", "the trust root, or a client's folder; goes with --policy", false,
      false },
    { "samples", "DIR", "take what people share, and keep it there; needs --policy", false,
      false },
    { "key", "KEY", "the cell's key, for receipts: a PEM file or a pkcs11: URI", false,
      false },
    VT_OPTION_PASSPHRASE,
    { "movers", "SOCKET",
      "let `vitrine relocate` and `custody erase`, `retention` speak to the keeper there; "
      "needs --samples",
      false, false },
    { "schema", "FILE", "the questions of statistics: reports are counted; needs --samples",
      false, false },
    { "collection-delay", "TIME", "how long an authorisation must have been public; 24h",
      false, false },
    VT_OPTION_GATEWAY_KEY,
    VT_OPTION_GATEWAY_PASSPHRASE,
    { "evidence", "FILE", "of the release that runs here, shown at /about", false, false },
    { "unproven", NULL, "serve although the evidence is about another file, and say so",
      false, false },
    VT_OPTION_TLS_CERT,
    VT_OPTION_TLS_KEY,
    { NULL, NULL, NULL, false, false },
};

static bool read_numbers(struct vt_args *args, struct vt_cell_serving *serving,
                         struct vt_error *err)
{
    int64_t lag_s, drain_s;
    uint64_t cache_mib;

    if (!vt_args_duration(args, "lag-max", 0, &lag_s, err) ||
        !vt_args_duration(args, "drain", DRAIN_S, &drain_s, err) ||
        !vt_args_number(args, "cache", CACHE_MIB, CACHE_MIB_MAX, &cache_mib, err) ||
        !vt_args_number(args, "connections-max", CONNECTIONS, VT_CELL_CONNECTIONS_MAX,
                        &serving->connections_max, err) ||
        !vt_args_number(args, "from-one-max", 0, serving->connections_max,
                        &serving->from_one_max, err))
        return false;
    if (serving->connections_max == 0)
        return vt_args_misuse(args, err, "a cell that takes nobody serves nobody");
    if (drain_s > DRAIN_S_MAX)
        return vt_args_misuse(args, err, "--drain: up to %ds", DRAIN_S_MAX);
    serving->lag_s = (uint64_t)lag_s;       /* durations are not negative */
    serving->cache_bytes = cache_mib << 20; /* bounded above */
    serving->drain_ms = 1000 * (uint64_t)drain_s;
    return true;
}

/* ---- what the front shows and goes by ---------------------------------------------------
 */

static bool take_policy(struct vt_args *args, json_t *papers, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1 };
    VT_AUTO_TRUST trust = NULL;
    int64_t logged;
    json_t *predicate;

    if (path == NULL)
        return true;
    if (!vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err) ||
        !vt_policy_paper_read_signed(path, &paper, err) ||
        !vt_cli_policy_verify(args, path, paper.record, trust, &logged, err))
        return false;
    if (vt_residency_find_cell(paper.table, vt_slice_from_cstr(vt_args_get(
                                                args, "cell"))) == paper.table->cell_count)
        return vt_fail(err, VT_REJECTED, "%s: knows no cell '%s'", path,
                       vt_args_get(args, "cell"));
    return vt_residency_write(paper.table, &predicate, err) &&
           (json_object_set_new(papers, "residency", predicate) == 0 ||
            vt_fail(err, VT_IO, "out of memory"));
}

static bool take_evidence(struct vt_args *args, json_t *papers, struct vt_error *err)
{
    const char *path = vt_args_get(args, "evidence");
    VT_AUTO_BUF text = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    VT_AUTO_EVIDENCE evidence = NULL;

    if (path == NULL)
        return true;
    if (!vt_file_read(path, &text, err))
        return false;
    if (!vt_evidence_parse(vt_buf_slice(&text), &evidence, err))
        return vt_within(err, "%s", path);
    (void)json_object_set_new(papers, "may_differ",
                              json_boolean(vt_args_has(args, "unproven")));
    return json_object_set_new(papers, "evidence",
                               json_stringn(vt_buf_cstr(&text), text.len)) == 0 ||
           vt_fail(err, VT_IO, "out of memory");
}

/* ---- what is taken ----------------------------------------------------------------------
 */

struct taking {
    struct vt_keeper_begin begin;
    struct vt_buf passphrase;
    char *proof; /* owned */
};

/* What goes with what: before any file is read. */
static bool needs(struct vt_args *args, const char *option, const char *other,
                  struct vt_error *err)
{
    return !vt_args_has(args, option) || vt_args_has(args, other) ||
           vt_args_misuse(args, err, "--%s goes with --%s", option, other);
}

static bool check_company(struct vt_args *args, struct vt_error *err)
{
    if (vt_args_has(args, "trust") != vt_args_has(args, "policy"))
        return vt_args_misuse(args, err, "--policy and --trust go together");
    if (vt_args_has(args, "unproven") && !vt_args_has(args, "evidence"))
        return vt_args_misuse(args, err, "--unproven goes with --evidence");
    return needs(args, "samples", "policy", err) && needs(args, "samples", "key", err) &&
           needs(args, "key", "samples", err) && needs(args, "schema", "samples", err) &&
           needs(args, "movers", "samples", err) &&
           needs(args, "passphrase-file", "key", err) &&
           needs(args, "collection-delay", "samples", err);
}

static bool take_schema(struct vt_args *args, json_t *papers, struct vt_error *err)
{
    const char *path = vt_args_get(args, "schema");
    VT_AUTO_BUF text = vt_buf_init(VT_STATISTIC_SCHEMA_BYTES_MAX);
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };

    if (path == NULL)
        return true;
    if (!vt_file_read(path, &text, err))
        return false;
    if (!vt_statistic_schema_parse(vt_buf_slice(&text), &schema, err))
        return vt_within(err, "%s", path);
    return json_object_set_new(papers, "schema",
                               json_stringn(vt_buf_cstr(&text), text.len)) == 0 ||
           vt_fail(err, VT_IO, "out of memory");
}

static bool take_keeper(struct vt_args *args, struct taking *out, struct vt_error *err)
{
    const char *policy = vt_args_get(args, "policy"), *proof = vt_args_get(args, "proof");
    struct vt_keeper_begin *begin = &out->begin;
    size_t room;

    if (!vt_args_duration(args, "collection-delay", 0, &begin->sources.collection_delay_s,
                          err) ||
        !vt_cli_passphrase(args, &out->passphrase, err))
        return false;
    if (policy != NULL) {
        room = strlen(policy) + sizeof ".tlog-proof";
        out->proof = vt_alloc(room);
        (void)snprintf(out->proof, room, "%s.tlog-proof", policy);
    }
    begin->samples = vt_args_get(args, "samples");
    begin->movers = vt_args_get(args, "movers");
    begin->key = vt_args_get(args, "key");
    begin->passphrase = vt_buf_slice(&out->passphrase);
    begin->sources.cell = vt_args_get(args, "cell");
    begin->sources.trust = vt_args_get(args, "trust");
    begin->sources.policy = policy;
    begin->sources.policy_proof = proof != NULL ? proof : out->proof;
    begin->sources.schema = vt_args_get(args, "schema");
    return true;
}

static void taking_clear(struct taking *taking)
{
    if (taking->passphrase.data != NULL)
        explicit_bzero(taking->passphrase.data, taking->passphrase.capacity);
    vt_buf_clear(&taking->passphrase);
    free(taking->proof);
}

/* What the front shows and goes by, as it is in the files now. */
static bool read_papers(void *context, json_t **out, struct vt_error *err)
{
    struct vt_args *args = context;
    json_t *papers = json_object();

    if (take_policy(args, papers, err) && take_evidence(args, papers, err) &&
        take_schema(args, papers, err)) {
        *out = papers;
        return true;
    }
    json_decref(papers);
    return false;
}

bool vt_cli_cell_serve(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_CLI_TLS tls = { .certificate = NULL };
    VT_AUTO_JSON papers = NULL;
    VT_AUTO_JSON keys = json_array();
    struct taking taking = { .passphrase = vt_buf_init(1024) };
    bool is_ok;
    struct vt_cli_listening listening;
    struct vt_cell_serving serving = { .dir = vt_args_get(args, "dir"),
                                       .cell = vt_args_get(args, "cell"),
                                       .ready = vt_cli_say_ready,
                                       .context = &listening };

    if (!vt_cli_listening(args, vt_args_has(args, "tls-key") ? "https" : "http", &listening,
                          err) ||
        !check_company(args, err) || !read_numbers(args, &serving, err) ||
        !vt_cli_tls_read(args, &tls, err) || !read_papers(args, &papers, err))
        return false;
    serving.reload = read_papers;
    serving.reload_context = args;
    serving.gateway_keys = keys;
    serving.papers = papers;
    serving.address = listening.address;
    serving.port = listening.port;
    serving.tls_certificate = tls.certificate;
    serving.tls_key = tls.key;
    is_ok = take_keeper(args, &taking, err) && vt_cli_gateway_keys(args, keys, err);
    if (taking.begin.samples != NULL)
        serving.keeper = &taking.begin;
    is_ok = is_ok && vt_cell_serve(&serving, err);
    vt_cli_gateway_keys_wipe(keys);
    taking_clear(&taking);
    return is_ok;
}
