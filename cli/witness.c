/* vitrine witness: watch logs, and cosign what continues what was cosigned before. */
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/listening.h"
#include "crypto/verify_note.h"
#include "ledger/witness.h"

enum { PENDING = 512, CONNECTIONS = 256 };

#define OPTION_DIR                                                                         \
    {                                                                                      \
        "dir", "DIR", "the witness's folder", true, false                                  \
    }
#define OPTION_END                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

/* ---- init -------------------------------------------------------------------------------
 */

static const struct vt_option init_options[] = {
    OPTION_DIR,
    { "name", "NAME", "its name in cosignatures, say w1.example.org", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    OPTION_END,
};

/* A key's place as it is kept: absolute, or a URI. */
static bool place_of_key(const char *key, struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_FREE char *real = NULL;

    if (strncmp(key, "pkcs11:", 7) != 0) {
        real = realpath(key, NULL);
        if (real == NULL)
            return vt_fail(err, VT_IO, "%s: cannot open: %s", key, strerror(errno));
        key = real;
    }
    vt_buf_put_text(out, key);
    return vt_buf_check(out, "the key's path", err);
}

static void vkey_text(const struct vt_vkey *vkey, struct vt_buf *out)
{
    vt_vkey_write(out, vkey);
    VT_ASSERT(vt_buf_cstr(out) != NULL); /* a name is at most 255 bytes */
}

static bool run_init(struct vt_args *args, struct vt_error *err)
{
    const char *dir = vt_args_get(args, "dir");
    vt_slice name = vt_slice_from_cstr(vt_args_get(args, "name"));
    VT_AUTO_BUF place = vt_buf_init(4096), text = vt_buf_init(VT_KIB(1));
    VT_AUTO_KEY key = NULL;
    struct vt_vkey vkey;

    if (!vt_cli_key_open(args, &key, err) ||
        !place_of_key(vt_args_get(args, "key"), &place, err) ||
        !vt_witness_init(dir, name, vt_key_public(key), vt_buf_slice(&place), err))
        return false;
    vkey = vt_vkey_of(name, VT_NOTE_COSIGNATURE, vt_key_public(key));
    vkey_text(&vkey, &text);
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:s}", "ok", 1, "dir", dir, "vkey", vt_buf_cstr(&text)));
    else
        (void)printf("%s is a witness now; its verifier key, for policies:\n%s\n", dir,
                     vt_buf_cstr(&text));
    return true;
}

/* ---- add-log ----------------------------------------------------------------------------
 */

static const struct vt_option add_options[] = {
    OPTION_DIR,
    { "vkey", "VKEY", "the log's verifier key", true, false },
    { "origin", "TEXT", "first line of its checkpoints; the key's name if not given", false,
      false },
    OPTION_END,
};

static bool run_add_log(struct vt_args *args, struct vt_error *err)
{
    const char *origin_text = vt_args_get(args, "origin");
    struct vt_vkey vkey;
    vt_slice origin;

    if (!vt_vkey_parse(vt_slice_from_cstr(vt_args_get(args, "vkey")), &vkey, err))
        return vt_within(err, "--vkey");
    origin = origin_text != NULL ? vt_slice_from_cstr(origin_text) : vkey.name;
    if (!vt_witness_add_log(vt_args_get(args, "dir"), origin, &vkey, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:o}", "ok", 1, "origin", vt_cli_json_text(origin)));
    else
        (void)printf("%.*s is watched from the next start on\n", VT_SLICE_ARGS(origin));
    return true;
}

/* ---- serve ------------------------------------------------------------------------------
 */

static const struct vt_option serve_options[] = {
    OPTION_DIR,
    VT_OPTION_LISTEN,
    VT_OPTION_PORT,
    { "key", "KEY", "private key, if it is not where it was at init", false, false },
    VT_OPTION_PASSPHRASE,
    { "pending-max", "N", "requests that may wait for the disk; more get 429", false,
      false },
    { "connections-max", "N", "connections at once", false, false },
    OPTION_END,
};

static bool read_bounds(struct vt_args *args, struct vt_witness_serving *serving,
                        struct vt_error *err)
{
    uint64_t pending, connections;

    if (!vt_args_number(args, "pending-max", PENDING, VT_WITNESS_PENDING_MAX, &pending,
                        err) ||
        !vt_args_number(args, "connections-max", CONNECTIONS, VT_WITNESS_CONNECTIONS_MAX,
                        &connections, err))
        return false;
    if (pending == 0 || connections == 0)
        return vt_args_misuse(args, err, "a witness that takes nothing serves nobody");
    serving->pending_max = (unsigned)pending; /* both are bounded above */
    serving->connections_max = (unsigned)connections;
    return true;
}

static bool run_serve(struct vt_args *args, struct vt_error *err)
{
    struct vt_cli_listening listening;
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    struct vt_witness_serving serving = { .dir = vt_args_get(args, "dir"),
                                          .key = vt_args_get(args, "key"),
                                          .ready = vt_cli_say_ready,
                                          .context = &listening };
    bool is_ok;

    if (!vt_cli_listening(args, "http", &listening, err) ||
        !read_bounds(args, &serving, err) || !vt_cli_passphrase(args, &passphrase, err))
        return false;
    serving.address = listening.address;
    serving.port = listening.port;
    serving.passphrase = vt_buf_slice(&passphrase);
    is_ok = vt_witness_serve(&serving, err);
    if (!is_ok && err->code == VT_REJECTED && passphrase.len == 0 && isatty(STDIN_FILENO)) {
        vt_cli_passphrase_ask(&passphrase, "the witness's key");
        serving.passphrase = vt_buf_slice(&passphrase);
        is_ok = passphrase.len != 0 && vt_witness_serve(&serving, err);
    }
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    return is_ok;
}

/* ---- show -------------------------------------------------------------------------------
 */

static const struct vt_option show_options[] = { OPTION_DIR, OPTION_END };

struct showing {
    struct vt_witness_config config;
    struct vt_witness_memory *memory;
};

static json_t *log_json(const struct vt_witness_log *log,
                        const struct vt_witness_seen *seen)
{
    json_t *json = json_pack("{s:o}", "origin", vt_cli_json_text(log->origin));
    char hex[65], when[VT_TIME_TEXT_BYTES];

    if (seen == NULL)
        return json;
    vt_hash_text(&seen->root, hex);
    vt_time_write(seen->time_unix_s, when);
    (void)json_object_set_new(json, "size", json_integer((json_int_t)seen->size));
    (void)json_object_set_new(json, "root", json_string(hex));
    (void)json_object_set_new(json, "time", json_string(when));
    return json;
}

static void print_json(const struct showing *s, const char *vkey)
{
    json_t *logs = json_array();

    for (size_t i = 0; i < s->config.log_count; i++)
        (void)json_array_append_new(
            logs, log_json(&s->config.logs[i],
                           vt_witness_memory_find(s->memory, &s->config.logs[i].id)));
    vt_cli_print_json(json_pack("{s:b,s:s,s:o}", "ok", 1, "vkey", vkey, "logs", logs));
}

static void print_text(const struct showing *s, const char *vkey)
{
    (void)printf("vkey  %s\n", vkey);
    for (size_t i = 0; i < s->config.log_count; i++) {
        const struct vt_witness_log *log = &s->config.logs[i];
        const struct vt_witness_seen *seen = vt_witness_memory_find(s->memory, &log->id);
        char hex[65], when[VT_TIME_TEXT_BYTES];

        vt_hash_text(&log->id, hex);
        (void)printf("\nlog   %.*s\n      /%s/checkpoint\n", VT_SLICE_ARGS(log->origin),
                     hex);
        if (seen == NULL) {
            (void)printf("      nothing cosigned yet\n");
            continue;
        }
        vt_hash_text(&seen->root, hex);
        vt_time_write(seen->time_unix_s, when);
        (void)printf("      size %ju, cosigned %s\n      root %s\n", (uintmax_t)seen->size,
                     when, hex);
    }
}

static bool read_all(const char *dir, struct vt_arena *arena, struct showing *s,
                     struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_witness_config_read(disk, arena, &s->config, err) &&
            vt_witness_memory_read(vt_witness_memory_folder(arena, dir), &s->memory, err);
    vt_disk_close(disk);
    return is_ok;
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF vkey = vt_buf_init(VT_KIB(1));
    struct showing s = { .memory = NULL };

    if (!read_all(vt_args_get(args, "dir"), arena, &s, err))
        return false;
    vkey_text(&s.config.vkey, &vkey);
    if (vt_args_is_json(args))
        print_json(&s, vt_buf_cstr(&vkey));
    else
        print_text(&s, vt_buf_cstr(&vkey));
    vt_witness_memory_close(s.memory);
    return true;
}

/* ---- the group --------------------------------------------------------------------------
 */

static const struct vt_verb verbs[] = {
    { "init", NULL, 0, 0, "make a witness",
      "A key must not be shared by two witnesses, nor with a log: a cosignature does not\n"
      "name its witness. The config remembers where the key is, not the key.",
      init_options, run_init },
    { "add-log", NULL, 0, 0, "watch a log",
      "The first checkpoint of it that comes is cosigned without proof; from then on only\n"
      "what continues it. A second key for the same origin may be added (a key change).",
      add_options, run_add_log },
    { "serve", NULL, 0, 0, "answer POST /add-checkpoint and GET /HASH/checkpoint",
      "Speaks C2SP tlog-witness, plain HTTP: put a web server in front for TLS. Prints\n"
      "'ready:' and its address when it answers; SIGTERM ends it in good order. Three\n"
      "processes: one that faces strangers without key and file, one that has key and\n"
      "memory without socket, and this one, which starts them again when they die. What\n"
      "is answered survives power loss; should the memory be lost, retire the key.",
      serve_options, run_serve },
    { "show", NULL, 0, 0, "show its verifier key, its logs, and what it cosigned last",
      "Works while it serves.", show_options, run_show },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_witness = { "witness", "watch logs, and cosign their growth",
                                         verbs };
