/* vitrine mirror: keep whole copies of logs that others feed, and cosign what is kept. */
#include "cli/cosigner.h"
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/listening.h"
#include "http/http.h"
#include "ledger/checkpoint.h"
#include "ledger/mirror_host.h"
#include "ledger/witness.h"
#include "wire/json.h"

#define OPTION_DIR                                                                         \
    {                                                                                      \
        "dir", "DIR", "the mirror's folder", true, false                                   \
    }
#define OPTION_END                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

/* ---- init, add-log, serve ---------------------------------------------------------------
 */

static const struct vt_option init_options[] = {
    OPTION_DIR,
    { "name", "NAME", "its name in cosignatures, say m1.example.org", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    OPTION_END,
};

static bool run_init(struct vt_args *args, struct vt_error *err)
{
    return vt_cli_cosigner_init(args, true, err);
}

static const struct vt_option add_options[] = {
    OPTION_DIR,
    { "vkey", "VKEY", "the log's verifier key", true, false },
    { "origin", "TEXT", "first line of its checkpoints; the key's name if not given", false,
      false },
    OPTION_END,
};

static bool run_add_log(struct vt_args *args, struct vt_error *err)
{
    return vt_cli_cosigner_add_log(args, true, err);
}

static const struct vt_option serve_options[] = {
    OPTION_DIR,
    VT_OPTION_LISTEN,
    VT_OPTION_PORT,
    { "key", "KEY", "private key, if it is not where it was at init", false, false },
    VT_OPTION_PASSPHRASE,
    { "uploads-max", "N", "uploads at once; more get 429; 16", false, false },
    { "connections-max", "N", "connections at once", false, false },
    OPTION_END,
};

static bool run_serve(struct vt_args *args, struct vt_error *err)
{
    return vt_cli_cosigner_serve(args, true, err);
}

/* ---- show -------------------------------------------------------------------------------
 */

static const struct vt_option show_options[] = { OPTION_DIR, OPTION_END };

struct showing {
    struct vt_witness_config config;
    struct vt_witness_memory *pending, *cosigned;
};

static void clear(struct showing *s)
{
    vt_witness_memory_close(s->pending);
    vt_witness_memory_close(s->cosigned);
}

static bool read_all(const char *dir, struct vt_arena *arena, struct showing *s,
                     struct vt_error *err)
{
    const char *state = vt_mirror_state_folder(arena, dir);
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_witness_config_read(disk, true, arena, &s->config, err) &&
            vt_witness_memory_read(vt_arena_printf(arena, "%s/pending", state), &s->pending,
                                   err) &&
            vt_witness_memory_read(vt_arena_printf(arena, "%s/cosigned", state),
                                   &s->cosigned, err);
    vt_disk_close(disk);
    return is_ok;
}

static json_t *log_json(const struct showing *s, const struct vt_witness_log *log)
{
    const struct vt_witness_seen *pending = vt_witness_memory_find(s->pending, &log->id);
    const struct vt_witness_seen *seen = vt_witness_memory_find(s->cosigned, &log->id);
    json_t *json = json_pack("{s:o}", "origin", vt_cli_json_text(log->origin));
    char hex[65], when[VT_TIME_TEXT_BYTES];

    vt_hash_text(&log->id, hex);
    (void)json_object_set_new(json, "hash", json_string(hex));
    if (pending != NULL)
        (void)json_object_set_new(json, "pending", json_integer((json_int_t)pending->size));
    if (seen == NULL)
        return json;
    vt_hash_text(&seen->root, hex);
    vt_time_write(seen->time_unix_s, when);
    (void)json_object_set_new(json, "size", json_integer((json_int_t)seen->size));
    (void)json_object_set_new(json, "root", json_string(hex));
    (void)json_object_set_new(json, "time", json_string(when));
    return json;
}

static void print_log(const struct showing *s, const struct vt_witness_log *log)
{
    const struct vt_witness_seen *pending = vt_witness_memory_find(s->pending, &log->id);
    const struct vt_witness_seen *seen = vt_witness_memory_find(s->cosigned, &log->id);
    char hex[65], when[VT_TIME_TEXT_BYTES];

    vt_hash_text(&log->id, hex);
    (void)printf("\nlog   %.*s\n      /%s/checkpoint\n", VT_SLICE_ARGS(log->origin), hex);
    if (pending == NULL)
        (void)printf("      nothing is pending\n");
    else
        (void)printf("      pending  %ju\n", (uintmax_t)pending->size);
    if (seen == NULL) {
        (void)printf("      nothing mirrored yet\n");
        return;
    }
    vt_hash_text(&seen->root, hex);
    vt_time_write(seen->time_unix_s, when);
    (void)printf("      mirrored %ju, cosigned %s\n      root     %s\n",
                 (uintmax_t)seen->size, when, hex);
}

static void print_all(struct vt_args *args, const struct showing *s, const char *vkey)
{
    json_t *logs;

    if (!vt_args_is_json(args)) {
        (void)printf("vkey  %s\n", vkey);
        for (size_t i = 0; i < s->config.log_count; i++)
            print_log(s, &s->config.logs[i]);
        return;
    }
    logs = json_array();
    for (size_t i = 0; i < s->config.log_count; i++)
        (void)json_array_append_new(logs, log_json(s, &s->config.logs[i]));
    vt_cli_print_json(json_pack("{s:b,s:s,s:o}", "ok", 1, "vkey", vkey, "logs", logs));
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF vkey = vt_buf_init(VT_KIB(1));
    struct showing s = { .pending = NULL };
    bool is_ok = read_all(vt_args_get(args, "dir"), arena, &s, err);

    if (is_ok) {
        vt_cli_vkey_text(&s.config.vkey, &vkey);
        print_all(args, &s, vt_buf_cstr(&vkey));
    }
    clear(&s);
    return is_ok;
}

/* ---- status -----------------------------------------------------------------------------
 */

static const struct vt_option status_options[] = {
    { "url", "URL", "where it is served: http://127.0.0.1:7900", true, false },
    OPTION_END,
};

static bool print_status(struct vt_args *args, vt_slice body, struct vt_error *err)
{
    VT_AUTO_JSON health = NULL;
    json_t *logs;

    if (!vt_json_parse(body, "health", &health, err) ||
        !vt_json_get_array(health, "health", "logs", &logs, err))
        return false;
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_incref(health));
        return true;
    }
    for (size_t i = 0; i < json_array_size(logs); i++) {
        const json_t *row = json_array_get(logs, i);

        (void)printf("%s\n  mirrored %" JSON_INTEGER_FORMAT ", kept %" JSON_INTEGER_FORMAT
                     ", pending %" JSON_INTEGER_FORMAT "\n",
                     json_string_value(json_object_get(row, "origin")),
                     json_integer_value(json_object_get(row, "mirrored")),
                     json_integer_value(json_object_get(row, "next")),
                     json_integer_value(json_object_get(row, "pending")));
    }
    return true;
}

static bool run_status(struct vt_args *args, struct vt_error *err)
{
    const char *base = vt_args_get(args, "url");
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_HTTP_CLIENT client = NULL;
    size_t len = strlen(base);
    struct vt_http_call call = {
        .url =
            vt_arena_printf(arena, "%.*s/health",
                            (int)(len > 0 && base[len - 1] == '/' ? len - 1 : len), base),
        .answer_bytes_max = VT_MIB(4),
        .timeout_ms = 10000,
    };
    bool is_ok;

    if (strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0)
        return vt_args_misuse(args, err,
                              "--url: '%s' does not begin with http:// or https://", base);
    if (!vt_http_client_new(&client, err) || !vt_http_client_run(client, &call, err))
        return false;
    is_ok = call.status == VT_HTTP_OK
                ? print_status(args, vt_buf_slice(&call.answer), err)
                : vt_fail(err, VT_IO, "%s: answered %d: no mirror is served there",
                          call.url, call.status);
    vt_http_call_clear(&call);
    return is_ok;
}

/* ---- the group --------------------------------------------------------------------------
 */

static const struct vt_verb verbs[] = {
    { "init", NULL, 0, 0, "make a mirror",
      "A key must not be shared with a witness or another mirror: a cosignature does not\n"
      "name its cosigner, and a mirror's says more: all entries are kept and served here.\n"
      "The config remembers where the key is, not the key.",
      init_options, run_init },
    { "add-log", NULL, 0, 0, "mirror a log",
      "Whoever has checkpoints signed by that key may feed the mirror with its entries.",
      add_options, run_add_log },
    { "serve", NULL, 0, 0, "answer POST /add-checkpoint, /add-entries and GET /HASH/...",
      "Speaks C2SP tlog-mirror, plain HTTP: put a web server in front for TLS. Each copy "
      "is\n"
      "served as a tiled log below the hash of its origin. Three processes: one that "
      "faces\n"
      "strangers and reads the copies, one that has key, memory and copies without "
      "socket,\n"
      "and this one. A package of entries is proved before it is kept, and a checkpoint "
      "is\n"
      "cosigned when all its entries are durable here. `ledger mirror` pulls instead.",
      serve_options, run_serve },
    { "show", NULL, 0, 0, "show its verifier key, its logs, and what it mirrored",
      "Works while it serves.", show_options, run_show },
    { "status", NULL, 0, 0, "ask a served mirror how far it is", NULL, status_options,
      run_status },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_mirror = { "mirror", "keep copies of logs that others feed",
                                        verbs };
