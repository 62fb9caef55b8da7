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

static bool read_memory(void *context, const char *dir, struct vt_arena *arena,
                        struct vt_error *err)
{
    struct vt_witness_memory **memory = context;

    return vt_witness_memory_read(vt_witness_memory_folder(arena, dir), memory, err);
}

static const struct vt_witness_seen *cosigned(void *context,
                                              const struct vt_witness_log *log)
{
    struct vt_witness_memory **memory = context;

    return vt_witness_memory_find(*memory, &log->id);
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    struct vt_witness_memory *memory = NULL;
    const struct vt_cosigner_showing showing = { .context = &memory,
                                                 .read = read_memory,
                                                 .cosigned = cosigned,
                                                 .nothing = "nothing cosigned yet",
                                                 .done = "size" };
    bool is_ok = vt_cli_cosigner_show(args, &showing, err);

    vt_witness_memory_close(memory);
    return is_ok;
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
      "'ready:' and its address when it answers; SIGTERM ends it in good order, SIGHUP\n"
      "reads its logs again (add-log). Three processes: one that faces strangers without\n"
      "key and file, one that has key and memory without socket, and this one, which\n"
      "starts them again when they die. What is answered survives power loss; should the\n"
      "memory be lost, retire the key.",
      serve_options, run_serve },
    { "show", NULL, 0, 0, "show its verifier key, its logs, and what it cosigned last",
      "Works while it serves.", show_options, run_show },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_witness = { "witness", "watch logs, and cosign their growth",
                                         verbs };
