/* See published_cell.h. */
#include "tests/published_cell.h"
#include "cell/gateway.h"
#include "cell/residency_record.h"
#include "crypto/crypto.h"
#include "http/http.h"
#include "wire/wire.h"
#include <signal.h>
#include <sys/prctl.h>

enum { WITNESSES = 4, SEALED_BYTES = 60 << 10 };

static const char *path(const char *name)
{
    return vt_test_path(name);
}

void vt_published_write_key(const char *name, enum vt_party party)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(path(name), 0600) == 0);
}

/* ---- the ledger and its witnesses -------------------------------------------------------
 */

static const char *vkey_of(const char *name, uint8_t type, enum vt_party party)
{
    struct vt_vkey vkey =
        vt_vkey_of(vt_slice_from_cstr(name), type, vt_key_public(vt_world_key(party)));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    vt_vkey_write(&text, &vkey);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

/* Witness i under the name and key that the world's policy has for it. */
static const char *start_witness(unsigned i, const char *log_vkey)
{
    const char *dir = path(vt_test_print("w%u", i));
    const char *key = vt_test_print("w%u.key", i);
    const char *name = vt_test_print("witness-%u.example", i);

    vt_published_write_key(key, (enum vt_party)(VT_P_WITNESS + i));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", dir, "--name", name,
                                 "--key", path(key)));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "witness", "add-log", "--dir", dir, "--vkey", log_vkey));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "add-log", "--dir", dir, "--vkey",
                                 vkey_of(VT_WORLD_ORIGIN, VT_NOTE_ED25519, VT_P_LOG)));
    return vt_test_start("witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir", dir,
                                                "--port", "0"))
        .url;
}

static void make_ledger(const char *name, const char *key, enum vt_party party,
                        const char *origin, const char *use)
{
    vt_published_write_key(key, party);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path(name),
                                 "--origin", origin, "--key", path(key), "--policy",
                                 path("policy"), "--use", use));
}

static void start_ledger(void)
{
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));
    const char *log_vkey = vkey_of(VT_CELL_WORLD_ORIGIN, VT_NOTE_ED25519, VT_P_HEADS);

    vt_buf_printf(&policy, "log %s\nlog %s\n", log_vkey,
                  vkey_of(VT_WORLD_ORIGIN, VT_NOTE_ED25519, VT_P_LOG));
    for (unsigned i = 0; i < WITNESSES; i++)
        vt_buf_printf(&policy, "witness w%u %s %s\n", i,
                      vkey_of(vt_test_print("witness-%u.example", i), VT_NOTE_COSIGNATURE,
                              (enum vt_party)(VT_P_WITNESS + i)),
                      start_witness(i, log_vkey));
    vt_buf_put_text(&policy, "group three 3 w0 w1 w2 w3\nquorum three\n");
    vt_test_write(path("policy"), vt_buf_slice(&policy));
    make_ledger("heads", "heads.key", VT_P_HEADS, VT_CELL_WORLD_ORIGIN, "head");
}

void vt_published_release_ledger(void)
{
    make_ledger("releases", "log.key", VT_P_LOG, VT_WORLD_ORIGIN, "release");
}

/* A witness without its URL is not asked. */
static void put_without_url(struct vt_buf *out, vt_slice line)
{
    vt_slice url = line;

    while (url.len != 0 && !vt_slice_starts_with(url, VT_LIT(" http://")))
        url = vt_slice_sub(url, 1, url.len - 1);
    vt_buf_printf(out, "%.*s\n", VT_SLICE_ARGS(vt_slice_sub(line, 0, line.len - url.len)));
}

void vt_published_monitor_policy(const struct vt_published *p)
{
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));
    vt_reader r = { vt_test_read(path("policy")) };
    vt_slice line;

    vt_buf_printf(&policy, "log %s %s/heads/\nlog %s %s/releases/\n",
                  vkey_of(VT_CELL_WORLD_ORIGIN, VT_NOTE_ED25519, VT_P_HEADS), p->url,
                  vkey_of(VT_WORLD_ORIGIN, VT_NOTE_ED25519, VT_P_LOG), p->url);
    while (vt_read_line(&r, &line))
        if (!vt_slice_starts_with(line, VT_LIT("log ")))
            put_without_url(&policy, line);
    vt_test_write(path("monitor-policy"), vt_buf_slice(&policy));
}

/* ---- verdicts and epochs ----------------------------------------------------------------
 */

const char *vt_published_hash(unsigned i)
{
    vt_hash hash = vt_sha256_of(VT_BYTES(i));
    char *text = vt_arena_alloc(vt_test_arena(), 65);

    vt_hash_text(&hash, text);
    return text;
}

void vt_published_list(const char *name, unsigned from, unsigned to)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    vt_buf_put_text(&text, "# of a test\n");
    for (unsigned i = from; i < to; i++)
        vt_buf_printf(&text, "%s %s\n", vt_published_hash(i),
                      i % 3 == 0 ? "malicious Worm.Test" : "clean");
    vt_test_write(path(name), vt_buf_slice(&text));
}

const char *vt_published_epoch_in(int exit_code, const char *table,
                                  const char *jurisdiction, const char *extra,
                                  const char *value)
{
    const char *argv[40] = { "vitrine",
                             "cell",
                             "publish",
                             "--dir",
                             path("cell"),
                             "--verdicts",
                             path(table),
                             "--rules",
                             path("rules"),
                             "--cell",
                             "zurich",
                             "--jurisdiction",
                             jurisdiction,
                             "--ledger",
                             path("heads"),
                             "--trust",
                             path("trust.json"),
                             "--key",
                             path("cell.key"),
                             "--recipient",
                             vt_world_digest("recipient") };
    size_t count = 21;

    if (vt_path_exists(path("gateway.keys"))) {
        argv[count++] = "--ohttp";
        argv[count++] = path("gateway.keys");
    }
    argv[count++] = extra;
    argv[count] = value;
    return vt_test_run(exit_code, argv);
}

const char *vt_published_epoch(int exit_code, const char *table, const char *extra,
                               const char *value)
{
    return vt_published_epoch_in(exit_code, table, "CH", extra, value);
}

/* ---- the web server ---------------------------------------------------------------------
 */

struct server {
    struct vt_env env;
    struct vt_ohttp_key key;
    const char *folder, *lies, *asked;
    struct vt_arena *arena; /* of one request */
};

static void note(const struct server *server, const char *way, vt_slice name)
{
    VT_AUTO_FD log = open(server->asked, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    (void)dprintf(log, "%s %.*s\n", way, VT_SLICE_ARGS(name));
}

/* What is shown under that name: a lie, if there is one; an empty lie is nothing. */
static bool read_shown(const struct server *server, vt_slice name, struct vt_buf *out)
{
    const char *lie =
        vt_arena_printf(server->arena, "%s%.*s", server->lies, VT_SLICE_ARGS(name));
    const char *truth =
        vt_arena_printf(server->arena, "%s%.*s", server->folder, VT_SLICE_ARGS(name));
    struct vt_error ignored;

    /* Two ledgers stand beside it, as any web server would serve them. */
    if (vt_slice_starts_with(name, VT_LIT("/heads/")) ||
        vt_slice_starts_with(name, VT_LIT("/releases/")))
        truth =
            vt_arena_printf(server->arena, "%s%.*s", vt_test_dir(), VT_SLICE_ARGS(name));
    if (vt_path_exists(lie))
        return vt_file_read(lie, out, &ignored) && out->len != 0;
    return vt_file_read(truth, out, &ignored);
}

static void serve_file(void *context, struct vt_http_exchange *exchange)
{
    struct server *server = context;
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(16));

    server->arena = vt_arena_new();
    note(server, "direct", vt_http_path(exchange));
    if (read_shown(server, vt_http_path(exchange), &bytes))
        vt_http_answer(exchange, VT_HTTP_OK, "application/octet-stream",
                       vt_buf_slice(&bytes));
    else
        vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND, "no");
    vt_arena_free(server->arena);
}

static void answer_sealed(void *context, vt_slice name, struct vt_gateway_answer *answer)
{
    struct server *server = context;

    note(server, "sealed", name);
    if (read_shown(server, name, &answer->content))
        answer->status = VT_HTTP_OK;
}

static void serve_gateway(void *context, struct vt_http_exchange *exchange)
{
    struct server *server = context;
    const struct vt_gateway gateway = { "/", SEALED_BYTES, answer_sealed, server };
    VT_AUTO_BUF sealed = vt_buf_init(VT_KIB(64));
    struct vt_error err = { 0 };

    server->arena = vt_arena_new();
    if (vt_gateway_serve(&gateway, &server->env, &server->key, 1, vt_http_body(exchange),
                         &sealed, &err))
        vt_http_answer(exchange, VT_HTTP_OK, VT_OHTTP_RESPONSE_TYPE, vt_buf_slice(&sealed));
    else
        vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST, "no");
    vt_arena_free(server->arena);
}

static const char *start_server(struct server *server)
{
    static const struct vt_http_route routes[] = { { "POST", "/ohttp", VT_KIB(64),
                                                     serve_gateway, NULL },
                                                   { "GET", "/*", 0, serve_file, NULL },
                                                   { NULL, NULL, 0, NULL, NULL } };
    struct vt_http_options options = { .routes = routes, .context = server };
    struct vt_http_server *made;
    struct vt_error err = { 0 };
    uint16_t port;
    pid_t parent = getpid(), child;
    int fd;

    VT_CHECK_OK(vt_http_listen("127.0.0.1", 0, &fd, &port, &err));
    (void)fflush(NULL);
    child = fork();
    VT_CHECK(child >= 0);
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
            vt_http_server_new(fd, &options, &made, &err))
            (void)!vt_http_server_run(made, &err);
        _exit(0);
    }
    (void)close(fd);
    return vt_test_print("http://127.0.0.1:%u", port);
}

/* "/bucket/512/ab/HASH" below the folder of lies. */
void vt_published_lie(const char *name, vt_slice bytes)
{
    char *full = vt_test_print("%s/%s", path("lies"), name);

    for (char *at = full + strlen(path("lies")) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        VT_CHECK(mkdir(full, 0700) == 0 || errno == EEXIST);
        *at = '/';
    }
    vt_test_write(full, bytes);
}

void vt_published_be_honest(void)
{
    (void)vt_test_run(0, VT_ARGV("rm", "-rf", path("lies")));
    VT_CHECK(mkdir(path("lies"), 0700) == 0);
}

const char *vt_published_asked(void)
{
    if (!vt_path_exists(path("asked")))
        return "";
    return vt_arena_cstr(vt_test_arena(), vt_test_read(path("asked")));
}

/* ---- the trust root, and where data lie -------------------------------------------------
 */

static void write_policy(const struct vt_published *p)
{
    VT_AUTO_FREE struct vt_residency *table = vt_alloc(sizeof *table);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = NULL;
    struct vt_error err = { 0 };
    vt_slice bytes;

    table->version = 1;
    table->created_unix_s = VT_WORLD_BEGAN - 10000000;
    table->cells[0] = (struct vt_residency_cell){ VT_LIT("zurich"), VT_LIT("CH"),
                                                  vt_slice_from_cstr(p->url) };
    table->cells[1] = (struct vt_residency_cell){ VT_LIT("tokyo"), VT_LIT("JP"),
                                                  VT_LIT("https://jp.example.org") };
    table->cell_count = 2;
    for (size_t i = 0; i < VT_COUNTRIES; i++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
            uint8_t cell = strcmp(vt_country_code(i), "JP") == 0;
            const struct vt_residency_step step = { table->created_unix_s, 0,
                                                    VT_RESIDENCY_HERE, cell, cell };

            VT_CHECK_OK(vt_residency_set(&table->lines[i][data], &step, &err));
        }
    VT_CHECK_OK(vt_residency_write(table, &predicate, &err));
    VT_CHECK_OK(vt_statement_write_about_itself(VT_RESIDENCY, predicate, &payload, &err));
    bytes = vt_world_sign(vt_buf_slice(&payload),
                          VT_BIT(VT_P_RESIDENCY_A) | VT_BIT(VT_P_RESIDENCY_B));
    vt_test_write(path("residency.json"), bytes);
    vt_test_write(path("residency.json.tlog-proof"), vt_world_prove(&p->world, bytes));
}

static void write_trust(struct vt_published *p, const char *ohttp)
{
    int64_t moved;

    p->now = time(NULL);
    moved = p->now - VT_WORLD_NOW;
    p->world = vt_world_good();
    p->in_it = vt_cell_world_good();
    vt_world_move(&p->world, moved);
    p->in_it.key_from += moved;
    p->in_it.key_until += moved;
    p->in_it.certified_from += moved;
    p->in_it.certified_until += moved;
    p->in_it.ohttp = ohttp;
    p->in_it.relay_url = p->relay.url;
    vt_test_write(path("trust.json"), vt_cell_world_trust(&p->world, &p->in_it));
}

/* The gateway's key; its digest. */
static const char *write_gateway_keys(struct server *server)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(1));
    char *text = vt_arena_alloc(vt_test_arena(), 65);
    vt_hash digest;

    vt_ohttp_keys_write(&bytes, &server->key.config, 1);
    vt_test_write(path("gateway.keys"), vt_buf_slice(&bytes));
    digest = vt_sha256_of(vt_buf_slice(&bytes));
    vt_hash_text(&digest, text);
    return text;
}

static void start_relay(struct vt_published *p, const char *below)
{
    p->relay = vt_test_start("relay.err",
                             VT_ARGV("vitrine", "relay", "serve", "--port", "0", "--target",
                                     vt_test_print("%s/%s", p->url, below)));
}

/* All but who serves it. */
static void lay_out_rest(struct vt_published *p, const char *ohttp)
{
    write_trust(p, ohttp);
    write_policy(p);
    vt_published_write_key("cell.key", VT_P_CELL);
    vt_published_write_key("stranger.key", VT_P_STRANGER);
    vt_test_write(path("rules"), VT_LIT("rule worm { condition: false }\n"));
    vt_published_list("list", 0, VT_PUBLISHED_FILES);
    start_ledger();
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", "--list", path("list"),
                                 "--out", path("table")));
}

void vt_published_lay_out(struct vt_published *out, bool has_relay)
{
    struct server server = { .env = vt_env_real(),
                             .folder = path("cell/public"),
                             .lies = path("lies"),
                             .asked = path("asked") };
    struct vt_error err = { 0 };
    const char *ohttp = NULL;

    *out = (struct vt_published){ .folder = server.folder };
    VT_CHECK_OK(vt_ohttp_key_generate(7, &server.env, &server.key, &err));
    vt_published_be_honest();
    out->url = start_server(&server);
    if (has_relay) {
        ohttp = write_gateway_keys(&server);
        start_relay(out, "ohttp");
    }
    vt_ohttp_key_clear(&server.key);
    lay_out_rest(out, ohttp);
}

/* strace is its child, not its parent, so that signals reach the program itself. */
void vt_published_lay_out_served(struct vt_published *out, const char *trace)
{
    const char *key = vt_test_print("7=%s", path("gateway.identity"));
    char *text = vt_arena_alloc(vt_test_arena(), 65);
    vt_hash digest;

    *out = (struct vt_published){ .folder = path("cell/public") };
    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--type", "x25519", "--out",
                                 path("gateway.identity")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "gateway-key", "--gateway-key", key,
                                 "--out", path("gateway.keys")));
    digest = vt_sha256_of(vt_test_read(path("gateway.keys")));
    vt_hash_text(&digest, text);
    VT_CHECK(mkdir(path("cell"), 0755) == 0 && mkdir(path("cell/public"), 0755) == 0);
    out->cell =
        vt_test_start("cell.err", VT_ARGV("/usr/bin/strace", "-D", "-f", "-q", "-o", trace,
                                          "-e", "trace=network", vt_test_vitrine(), "cell",
                                          "serve", "--dir", path("cell"), "--cell",
                                          "zurich", "--port", "0", "--gateway-key", key));
    out->url = out->cell.url;
    start_relay(out, "gateway");
    lay_out_rest(out, text);
}
