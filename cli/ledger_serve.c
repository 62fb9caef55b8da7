/* vitrine ledger serve, status, token: a ledger for the world. */
#include "cli/ledger_serve.h"
#include "cli/files.h"
#include "cli/health.h"
#include "cli/listening.h"
#include "cli/tls.h"
#include "http/http.h"
#include "ledger/role_ledger_front.h"
#include "ledger/serve.h"

/* ---- serve ------------------------------------------------------------------------------
 */

const struct vt_option vt_cli_ledger_serve_options[] = {
    { "dir", "[NAME=]DIR", "a ledger; with NAME its paths begin with /NAME", true, true },
    VT_OPTION_LISTEN,
    VT_OPTION_PORT,
    { "writers", "FILE", "who may add: a line 'NAME SHA256-OF-TOKEN' each; else everybody",
      false, false },
    { "publish-ms", "N", "at least so long between two checkpoints; 10 if not given", false,
      false },
    { "linger-ms", "N", "wait so long for more cosignatures than the quorum; 0", false,
      false },
    { "lag-max", "TIME", "entries that wait longer for a checkpoint are trouble; 60s",
      false, false },
    { "wait-max", "TIME",
      "whoever waits so long, for the disk or for a quorum, gets 503; 30s", false, false },
    { "pending-max", "N", "entries that may wait for the disk; more get 429; 16384", false,
      false },
    { "connections-max", "N", "connections at once; 1024", false, false },
    VT_OPTION_TLS_CERT,
    VT_OPTION_TLS_KEY,
    { "key", "KEY", "the log's key, if it is no longer where it was", false, false },
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

/* Names become the first part of paths. */
static bool is_prefix_name(vt_slice name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

    if (name.len == 0 || name.len > 64 || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == 0 || strchr(allowed, name.data[i]) == NULL)
            return false;
    return !vt_slice_is(name, "metrics") && !vt_slice_is(name, "health");
}

static bool read_ledgers(struct vt_args *args, struct vt_arena *arena,
                         struct vt_served *served, size_t *count, struct vt_error *err)
{
    const char *text;

    for (*count = 0; (text = vt_args_get_at(args, "dir", *count)) != NULL; (*count)++) {
        const char *equals = strchr(text, '=');
        vt_slice name = vt_slice_of(text, equals != NULL ? (size_t)(equals - text) : 0);

        if (*count == VT_LEDGERS_SERVED_MAX)
            return vt_args_misuse(args, err, "--dir: at most %d ledgers",
                                  VT_LEDGERS_SERVED_MAX);
        if (equals != NULL && !is_prefix_name(name))
            return vt_args_misuse(args, err,
                                  "--dir: '%.*s' cannot begin a path: a-z, 0-9, '-', '_' "
                                  "and '.' are taken",
                                  VT_SLICE_ARGS(name));
        served[*count] = (struct vt_served){
            equals == NULL ? "" : vt_arena_printf(arena, "/%.*s", VT_SLICE_ARGS(name)),
            equals == NULL ? text : equals + 1,
        };
        for (size_t i = 0; i < *count; i++)
            if (strcmp(served[i].prefix, served[*count].prefix) == 0 ||
                served[i].prefix[0] == '\0' || equals == NULL)
                return vt_args_misuse(args, err,
                                      "--dir: several ledgers need a NAME each, and no two "
                                      "the same");
    }
    return true;
}

/* "NAME SHA256" lines; '#' begins a comment. */
static bool read_writers(struct vt_args *args, json_t *list, struct vt_error *err)
{
    const char *path = vt_args_get(args, "writers");
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64));
    vt_slice line, name;
    size_t number = 0;
    vt_reader r;
    vt_hash token;

    if (path == NULL)
        return true;
    if (!vt_file_read(path, &text, err))
        return false;
    for (r = (vt_reader){ vt_buf_slice(&text) }; vt_read_line(&r, &line);) {
        vt_reader parts = { line };
        char hex[65];

        number++;
        if (line.len == 0 || line.data[0] == '#')
            continue;
        if (!vt_read_until(&parts, ' ', &name) || name.len == 0 ||
            !vt_hash_parse_hex(parts.rest, &token))
            return vt_fail(err, VT_IO,
                           "%s: line %zu is not 'NAME SHA256-OF-TOKEN'; `vitrine ledger "
                           "token` makes one",
                           path, number);
        vt_hash_text(&token, hex);
        (void)json_array_append_new(
            list, json_pack("{s:o,s:s}", "name", vt_cli_json_text(name), "token", hex));
    }
    return json_array_size(list) != 0 ||
           vt_fail(err, VT_IO, "%s: names nobody, so nobody could write", path);
}

static bool read_numbers(struct vt_args *args, struct vt_ledger_serving *serving,
                         struct vt_error *err)
{
    enum { WAIT_S_MAX = 3600 };
    int64_t lag_s, wait_s;

    if (!vt_args_duration(args, "lag-max", 60, &lag_s, err) ||
        !vt_args_duration(args, "wait-max", 30, &wait_s, err) ||
        !vt_args_number(args, "publish-ms", 10, 3600000, &serving->publish_ms, err) ||
        !vt_args_number(args, "linger-ms", 0, 10000, &serving->linger_ms, err) ||
        !vt_args_number(args, "pending-max", 16384, 1 << 20, &serving->pending_max, err) ||
        !vt_args_number(args, "connections-max", 1024, 16000, &serving->connections_max,
                        err))
        return false;
    if (serving->pending_max == 0 || serving->connections_max == 0)
        return vt_args_misuse(args, err, "a ledger that takes nothing serves nobody");
    if (wait_s < 1 || wait_s > WAIT_S_MAX)
        return vt_args_misuse(args, err, "--wait-max: 1s to 1h can be waited");
    serving->wait_ms_max = (uint64_t)wait_s * 1000;
    serving->lag_ms_max = (uint64_t)lag_s * 1000; /* durations are not negative */
    return true;
}

/* What is read again at SIGHUP. */
struct reading {
    struct vt_args *args;
    struct vt_ledger_serving *serving;
    json_t *writers;
    struct vt_cli_tls tls;
};

static void reading_clear(struct reading *r)
{
    json_decref(r->writers);
    vt_cli_tls_clear(&r->tls);
}
#define AUTO_READING __attribute__((cleanup(reading_clear))) struct reading

/* All or nothing. */
static bool read_again(void *context, struct vt_error *err)
{
    struct reading *r = context;
    VT_AUTO_JSON writers = json_array();
    struct vt_cli_tls tls = { .certificate = NULL };

    if (!read_writers(r->args, writers, err) || !vt_cli_tls_read(r->args, &tls, err)) {
        vt_cli_tls_clear(&tls);
        return false;
    }
    reading_clear(r);
    r->writers = json_incref(writers);
    r->tls = tls;
    r->serving->writers = r->writers;
    r->serving->tls_certificate = tls.certificate;
    r->serving->tls_key = tls.key;
    return true;
}

static bool serve(struct vt_args *args, struct vt_ledger_serving *serving,
                  struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    AUTO_READING reading = { .args = args, .serving = serving };
    bool is_ok;

    serving->reload = read_again;
    serving->reload_context = &reading;
    if (!read_again(&reading, err) || !vt_cli_passphrase(args, &passphrase, err))
        return false;
    serving->passphrase = vt_buf_slice(&passphrase);
    is_ok = vt_ledger_serve(serving, err);
    if (!is_ok && err->code == VT_REJECTED && passphrase.len == 0 && isatty(STDIN_FILENO)) {
        vt_cli_passphrase_ask(&passphrase, "the ledger's key");
        serving->passphrase = vt_buf_slice(&passphrase);
        is_ok = passphrase.len != 0 && vt_ledger_serve(serving, err);
    }
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    return is_ok;
}

bool vt_cli_ledger_serve(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_served served[VT_LEDGERS_SERVED_MAX];
    struct vt_cli_listening listening;
    struct vt_ledger_serving serving = { .ledgers = served,
                                         .key = vt_args_get(args, "key"),
                                         .ready = vt_cli_say_ready,
                                         .context = &listening };

    if (!vt_cli_listening(args, vt_args_has(args, "tls-key") ? "https" : "http", &listening,
                          err))
        return false;
    serving.address = listening.address;
    serving.port = listening.port;
    if (!read_ledgers(args, arena, served, &serving.ledger_count, err) ||
        !read_numbers(args, &serving, err))
        return false;
    if (serving.key != NULL && serving.ledger_count > 1)
        return vt_args_misuse(args, err,
                              "--key: several ledgers have a key each; their "
                              "configs say where");
    return serve(args, &serving, err);
}

/* ---- token ------------------------------------------------------------------------------
 */

const struct vt_option vt_cli_ledger_token_options[] = {
    { "name", "NAME", "whose it is", true, false },
    { NULL, NULL, NULL, false, false },
};

bool vt_cli_ledger_token(struct vt_args *args, struct vt_error *err)
{
    const char *name = vt_args_get(args, "name");
    char token[65], hashed[65];
    uint8_t bytes[32];
    vt_hash hash;

    if (name[0] == '#' || strpbrk(name, " \t\r\n") != NULL || strlen(name) > 64)
        return vt_args_misuse(
            args, err, "--name: one word of at most 64 bytes, not beginning with '#'");
    vt_env_random(vt_args_env(args), bytes, sizeof bytes);
    vt_hash_text((const vt_hash *)(const void *)bytes, token);
    hash = vt_sha256_of(vt_slice_from_cstr(token));
    vt_hash_text(&hash, hashed);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:s,s:s}", "ok", 1, "name", name, "token",
                                    token, "sha256", hashed));
    else
        (void)printf("for the writer:       %s\nfor the writers' file: %s %s\n", token,
                     name, hashed);
    return true;
}

/* ---- status -----------------------------------------------------------------------------
 */

const struct vt_option vt_cli_ledger_status_options[] = {
    { "url", "URL", "where it is served: http://127.0.0.1:7900", true, false },
    { NULL, NULL, NULL, false, false },
};

/* Whatever server that is: a text is shown as text. */
static void print_word(const char *label, const json_t *row, const char *name)
{
    struct vt_error ignored = { 0 };
    vt_slice text;

    if (!vt_json_get_text(row, "health", name, &text, &ignored))
        return;
    (void)printf("  %s", label);
    vt_cli_print_text(text);
    (void)printf("\n");
}

static bool print_ledger(const json_t *row, struct vt_error *err)
{
    const json_t *ago = json_object_get(row, "published_ago_ms");
    uint64_t size, published, queued;
    vt_slice path;
    bool is_ok;

    if (!vt_json_get_text(row, "health", "path", &path, err) ||
        !vt_json_get_bool(row, "health", "ok", &is_ok, err) ||
        !vt_json_get_number(row, "health", "size", &size, err) ||
        !vt_json_get_number(row, "health", "published", &published, err) ||
        !vt_json_get_number(row, "health", "queued", &queued, err))
        return false;
    vt_cli_print_text(path);
    (void)printf("  %s\n  durable    %ju\n", is_ok ? "well" : "NOT WELL", (uintmax_t)size);
    (void)printf("  published  %ju%s\n", (uintmax_t)published,
                 published == size ? "" : ", the rest waits for a checkpoint");
    if (ago != NULL)
        (void)printf("  checkpoint %.1f s ago\n", (double)json_integer_value(ago) / 1000);
    (void)printf("  queued     %ju, for the disk\n", (uintmax_t)queued);
    print_word("ended      goes on as ", row, "goes_on_as");
    print_word("trouble    ", row, "failure");
    return true;
}

static bool print_status(struct vt_args *args, vt_slice body, bool is_well,
                         struct vt_error *err)
{
    VT_AUTO_JSON health = NULL;
    json_t *ledgers;

    if (!vt_json_parse(body, "health", &health, err) ||
        !vt_json_get_array(health, "health", "ledgers", &ledgers, err))
        return vt_fail(err, VT_IO, "%s: answers, but is no ledger",
                       vt_args_get(args, "url"));
    if (!is_well)
        vt_args_exit(args, VT_EXIT_REFUSED);
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_incref(health));
        return true;
    }
    for (size_t i = 0; i < json_array_size(ledgers); i++)
        if (!print_ledger(json_array_get(ledgers, i), err)) {
            err->code = VT_IO;
            return vt_within(err, "%s", vt_args_get(args, "url"));
        }
    return true;
}

bool vt_cli_ledger_status(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_http_call call;
    bool ok;

    if (!vt_cli_ask_health(args, arena, VT_KIB(64), &call, err))
        return false;
    ok =
        call.status == VT_HTTP_OK || call.status == VT_HTTP_UNAVAILABLE
            ? print_status(args, vt_buf_slice(&call.answer), call.status == VT_HTTP_OK, err)
            : vt_fail(err, VT_IO, "%s: answered %d: no ledger is served there", call.url,
                      call.status);
    vt_http_call_clear(&call);
    return ok;
}
