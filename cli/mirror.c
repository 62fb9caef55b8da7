/* vitrine mirror: keep whole copies of logs that others feed, and cosign what is kept. */
#include "cli/cosigner.h"
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/health.h"
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

struct memories {
    struct vt_witness_memory *pending, *cosigned;
};

static bool read_memories(void *context, const char *dir, struct vt_arena *arena,
                          struct vt_error *err)
{
    const char *state = vt_mirror_state_folder(arena, dir);
    struct memories *m = context;

    return vt_witness_memory_read(vt_arena_printf(arena, "%s/pending", state), &m->pending,
                                  err) &&
           vt_witness_memory_read(vt_arena_printf(arena, "%s/cosigned", state),
                                  &m->cosigned, err);
}

static const struct vt_witness_seen *cosigned(void *context,
                                              const struct vt_witness_log *log)
{
    struct memories *m = context;

    return vt_witness_memory_find(m->cosigned, &log->id);
}

static void add_pending(void *context, const struct vt_witness_log *log, json_t *json)
{
    struct memories *m = context;
    const struct vt_witness_seen *pending = vt_witness_memory_find(m->pending, &log->id);
    char hex[65];

    vt_hash_text(&log->id, hex);
    (void)json_object_set_new(json, "hash", json_string(hex));
    if (pending != NULL)
        (void)json_object_set_new(json, "pending", vt_json_wide(pending->size));
}

static void print_pending(void *context, const struct vt_witness_log *log)
{
    struct memories *m = context;
    const struct vt_witness_seen *pending = vt_witness_memory_find(m->pending, &log->id);

    if (pending == NULL)
        (void)printf("      nothing is pending\n");
    else
        (void)printf("      pending  %ju\n", (uintmax_t)pending->size);
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    struct memories memories = { NULL, NULL };
    const struct vt_cosigner_showing showing = { .is_mirror = true,
                                                 .context = &memories,
                                                 .read = read_memories,
                                                 .cosigned = cosigned,
                                                 .print = print_pending,
                                                 .add = add_pending,
                                                 .nothing = "nothing mirrored yet",
                                                 .done = "mirrored" };
    bool is_ok = vt_cli_cosigner_show(args, &showing, err);

    vt_witness_memory_close(memories.pending);
    vt_witness_memory_close(memories.cosigned);
    return is_ok;
}

/* ---- status -----------------------------------------------------------------------------
 */

static const struct vt_option status_options[] = {
    { "url", "URL", "where it is served: http://127.0.0.1:7900", true, false },
    OPTION_END,
};

static bool print_log(const json_t *row, struct vt_error *err)
{
    uint64_t mirrored, next, pending;
    vt_slice origin;

    if (!vt_json_get_text(row, "health", "origin", &origin, err) ||
        !vt_json_get_wide(row, "health", "mirrored", &mirrored, err) ||
        !vt_json_get_wide(row, "health", "next", &next, err) ||
        !vt_json_get_wide(row, "health", "pending", &pending, err))
        return false;
    vt_cli_print_text(origin);
    (void)printf("\n  mirrored %ju, kept %ju, pending %ju\n", (uintmax_t)mirrored,
                 (uintmax_t)next, (uintmax_t)pending);
    return true;
}

static bool print_status(struct vt_args *args, vt_slice body, struct vt_error *err)
{
    VT_AUTO_JSON health = NULL;
    json_t *logs;

    if (!vt_json_parse(body, "health", &health, err) ||
        !vt_json_get_array(health, "health", "logs", &logs, err))
        return vt_fail(err, VT_IO, "%s: answers, but is no mirror",
                       vt_args_get(args, "url"));
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_incref(health));
        return true;
    }
    for (size_t i = 0; i < json_array_size(logs); i++)
        if (!print_log(json_array_get(logs, i), err)) {
            err->code = VT_IO;
            return vt_within(err, "%s", vt_args_get(args, "url"));
        }
    return true;
}

static bool run_status(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_http_call call;
    bool is_ok;

    if (!vt_cli_ask_health(args, arena, VT_MIB(4), &call, err))
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
      "Speaks C2SP tlog-mirror, plain HTTP: put a web server in front for TLS. Each copy\n"
      "is served as a tiled log below the hash of its origin. Three processes: one that\n"
      "faces strangers and reads the copies, one that has key, memory and copies without\n"
      "socket, and this one. SIGHUP reads its logs again (add-log). A package of entries\n"
      "is proved before it is kept, and a checkpoint is cosigned when all its entries are\n"
      "durable here. `ledger mirror` pulls instead.",
      serve_options, run_serve },
    { "show", NULL, 0, 0, "show its verifier key, its logs, and what it mirrored",
      "Works while it serves.", show_options, run_show },
    { "status", NULL, 0, 0, "ask a served mirror how far it is", NULL, status_options,
      run_status },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_mirror = { "mirror", "keep copies of logs that others feed",
                                        verbs };
