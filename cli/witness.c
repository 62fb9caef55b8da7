/* vitrine witness: watch logs, and cosign what continues what was cosigned before. */
#include "cli/cosigner.h"
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/listening.h"
#include "crypto/verify_note.h"
#include "ledger/witness.h"

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

static bool run_init(struct vt_args *args, struct vt_error *err)
{
    return vt_cli_cosigner_init(args, false, err);
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
    return vt_cli_cosigner_add_log(args, false, err);
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

static bool run_serve(struct vt_args *args, struct vt_error *err)
{
    return vt_cli_cosigner_serve(args, false, err);
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
    is_ok = vt_witness_config_read(disk, false, arena, &s->config, err) &&
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
    vt_cli_vkey_text(&s.config.vkey, &vkey);
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
