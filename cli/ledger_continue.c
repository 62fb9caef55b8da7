/* vitrine ledger continue: end a log, and go on in a new one whose first entry is the last
 * checkpoint of the old one.  Each step is found done when the verb is called again. */
#include "cli/files.h"
#include "cli/ledger_open.h"
#include "cli/ledger_verbs.h"
#include "ledger/frozen.h"
#include "ledger/reader.h"

const struct vt_option vt_cli_ledger_continue_options[] = {
    { .name = "dir",
      .value_name = "DIR",
      .help = "the folder of the log that ends",
      .is_required = true },
    { .name = "new-dir",
      .value_name = "DIR",
      .help = "the folder of the log that goes on; made",
      .is_required = true },
    { .name = "origin",
      .value_name = "NAME",
      .help = "the new log's name",
      .is_required = true },
    { .name = "key",
      .value_name = "KEY",
      .help = "the new log's signing key: a PEM file",
      .is_required = true },
    { .name = "policy",
      .value_name = "FILE",
      .help = "tlog-policy: which witnesses the new log asks" },
    { .name = "entries",
      .value_name = "KIND",
      .help = "any (the default) or public: signed envelopes only" },
    VT_OPTION_PASSPHRASE,
    { .name = "old-passphrase-file",
      .value_name = "FILE",
      .help = "file whose first line opens the old log's key" },
    { .name = NULL },
};

struct going_on {
    struct vt_args *args;
    struct vt_arena *arena;
    const char *old_dir, *new_dir;
    struct vt_ledger_config next;  /* of the new log */
    vt_slice old_origin, old_vkey; /* of the old one */
    vt_slice note;                 /* the old one's last checkpoint */
};

/* ---- both logs ------------------------------------------------------------------------
 */

static bool read_old(struct going_on *g, struct vt_error *err)
{
    VT_AUTO_LEDGER_READER reader = NULL;
    const struct vt_ledger_config *config;

    if (!vt_ledger_reader_open(g->old_dir, &reader, err))
        return false;
    config = vt_ledger_reader_config(reader);
    if (config->next.len != 0)
        return vt_fail(err, VT_REJECTED,
                       "%s: its keys are being changed; end that first (rotate-key "
                       "--finish)",
                       g->old_dir);
    if (vt_use_is_numbered(config->use))
        return vt_fail(
            err, VT_REJECTED,
            "%s: a ledger for use '%s' cannot go on in another one, since its index is "
            "its number: it begins anew",
            g->old_dir, vt_use_name(config->use));
    if (vt_slice_equal(config->origin, g->next.origin))
        return vt_args_misuse(g->args, err,
                              "--origin: the new log needs a name of its own");
    g->old_origin = vt_arena_copy(g->arena, config->origin);
    g->old_vkey = vt_arena_copy(g->arena, config->vkey);
    g->next.use = config->use;
    g->note = vt_arena_copy(g->arena, vt_ledger_reader_checkpoint(reader));
    return true;
}

static bool read_frozen(struct going_on *g, struct vt_frozen *out, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(g->old_dir, false, &disk, err))
        return false;
    is_ok = vt_frozen_read(disk, g->arena, out, err);
    vt_disk_close(disk);
    return is_ok;
}

/* It may be frozen already, but only for the log that is asked for. */
static bool check_successor(struct going_on *g, struct vt_error *err)
{
    struct vt_frozen frozen;

    return read_frozen(g, &frozen, err) &&
           (frozen.origin.len == 0 || vt_slice_equal(frozen.origin, g->next.origin) ||
            vt_fail(err, VT_REJECTED, "%s: goes on as %.*s already", g->old_dir,
                    VT_SLICE_ARGS(frozen.origin)));
}

/* The new log is there already, from a call that did not come to its end. */
static bool is_new_made(struct going_on *g, bool *is_made_out, struct vt_error *err)
{
    VT_AUTO_LEDGER_READER reader = NULL;
    const struct vt_ledger_config *config;
    const char *path = vt_arena_printf(g->arena, "%s/config.json", g->new_dir);

    *is_made_out = vt_path_exists(path);
    if (!*is_made_out)
        return true;
    if (!vt_ledger_reader_open(g->new_dir, &reader, err))
        return false;
    config = vt_ledger_reader_config(reader);
    if (!vt_slice_equal(config->origin, g->next.origin) ||
        !vt_slice_equal(config->predecessor, g->old_vkey))
        return vt_fail(err, VT_REJECTED, "%s: holds a ledger that does not continue %.*s",
                       g->new_dir, VT_SLICE_ARGS(g->old_origin));
    g->next.vkey = vt_arena_copy(g->arena, config->vkey);
    return true;
}

static bool make_new(struct going_on *g, struct vt_error *err)
{
    VT_AUTO_BUF vkey = vt_buf_init(VT_KIB(4));
    bool is_made;

    if (!is_new_made(g, &is_made, err))
        return false;
    if (is_made)
        return true;
    g->next.predecessor = g->old_vkey;
    if (!vt_cli_ledger_make(g->args, g->new_dir, &g->next, &vkey, err))
        return false;
    g->next.vkey = vt_arena_copy(g->arena, vt_buf_slice(&vkey));
    return true;
}

/* ---- the end of one, the beginning of the other ---------------------------------------
 */

static bool freeze_now(struct going_on *g, struct vt_error *err)
{
    const struct vt_cli_ledger_place place = { g->old_dir, NULL, "old-passphrase-file" };
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;

    return vt_cli_ledger_open(g->args, &place, &signer, &ledger, err) &&
           vt_ledger_freeze(ledger, g->next.origin, g->next.vkey, err);
}

static bool freeze(struct going_on *g, struct vt_error *err)
{
    struct vt_frozen frozen;

    if (!read_frozen(g, &frozen, err))
        return false;
    if (frozen.origin.len == 0)
        return freeze_now(g, err);
    if (!vt_slice_equal(frozen.vkey, g->next.vkey))
        return vt_fail(err, VT_REJECTED,
                       "%s: goes on with another key already, that of %.*s", g->old_dir,
                       VT_SLICE_ARGS(frozen.vkey));
    return vt_frozen_tell_signer(g->old_dir, err);
}

/* Beside the old log lies the proof that the new one holds its end. */
static bool leave_proof(struct going_on *g, struct vt_ledger *ledger, struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    const char *path = vt_arena_printf(g->arena, "%s/" VT_SUCCESSOR_NAME, g->old_dir);

    return vt_ledger_prove(ledger, 0, &proof, err) &&
           vt_cli_write(path, vt_buf_slice(&proof), 0644, err);
}

static bool begin_new(struct going_on *g, struct vt_error *err)
{
    const struct vt_cli_ledger_place place = { g->new_dir, NULL, "passphrase-file" };
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;
    vt_ticket ticket;

    if (!vt_cli_ledger_open(g->args, &place, &signer, &ledger, err) ||
        !vt_ledger_submit(ledger, g->note, &ticket, err) ||
        !vt_ledger_wait(ledger, ticket, NULL, err))
        return false;
    if (!vt_ledger_publish(ledger, NULL, err))
        return vt_within(err, "the new log has its first entry, but does not show it yet");
    return leave_proof(g, ledger, err);
}

/* Its witnesses may be what is missing, and they need it. */
static bool tell_vkey(const struct going_on *g)
{
    (void)fprintf(stderr, "the new log's verifier key: %.*s\n",
                  VT_SLICE_ARGS(g->next.vkey));
    return false;
}

bool vt_cli_ledger_continue(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct going_on g = { .args = args,
                          .arena = arena,
                          .old_dir = vt_args_get(args, "dir"),
                          .new_dir = vt_args_get(args, "new-dir") };

    g.next.origin = vt_slice_from_cstr(vt_args_get(args, "origin"));
    if (!read_old(&g, err) || !check_successor(&g, err) || !make_new(&g, err) ||
        !freeze(&g, err) || !read_old(&g, err)) /* what was published last */
        return false;
    if (!begin_new(&g, err))
        return tell_vkey(&g);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:o,s:o}", "ok", 1, "origin",
                                    vt_cli_json_text(g.next.origin), "vkey",
                                    vt_cli_json_text(g.next.vkey)));
    else
        (void)printf("%.*s ended and goes on in %s; the new log's verifier key, for "
                     "policies:\n%.*s\n",
                     VT_SLICE_ARGS(g.old_origin), g.new_dir, VT_SLICE_ARGS(g.next.vkey));
    return true;
}
