/* role ledger-feeder: brings the mirrors among the policy's witnesses up to what was
 * published, however far behind they are, and however long that takes.
 *
 * Rights: connections, reading what the resolver and TLS need, and the ledger's tiles,
 * which everybody may read.  It is told of each publication and answers nothing, so it
 * holds nobody up: what comes while it works is passed over but for the newest. */
#include "ledger/role_feeder.h"
#include "http/libcurl.h"
#include "ledger/serve_message.h"
#include "ledger/shelf.h"
#include "ledger/witness_client.h"
#include "wire/note.h"

enum { RETRY_MS = 10000, TOTAL_MS = 600000 };

const struct vt_rights vt_feeder_rights = { .may_connect = true,
                                            .read_folders = { "/etc", "/usr", "/lib" },
                                            .memory_bytes_max = VT_MIB(2048),
                                            .files_max = 256,
                                            .libraries = { &vt_libcurl } };

struct feeder {
    struct vt_channel *news; /* from the sequencer */
    struct vt_env env;
    struct vt_policy policy; /* its quorum is none: here nobody waits for one */
    struct vt_witness_client *client;
    struct vt_disk *shelf; /* the ledger's folder; only its tiles can be read */
    struct vt_buf note;    /* the newest; empty: nothing to do */
    bool is_done;          /* everybody has all of it */
};

static bool prove(void *context, uint64_t old_size, uint64_t size, struct vt_proof *out,
                  struct vt_error *err)
{
    struct feeder *f = context;
    struct vt_tile_source source = vt_shelf_source(f->shelf);

    return vt_prove_consistency(&source, old_size, size, out, err);
}

/* Is there somebody who is, or may be, a mirror that lacks something? */
static bool is_behind(const struct vt_witness_report *report)
{
    return report->end == VT_WITNESS_UNREACHABLE || report->end == VT_WITNESS_LATE ||
           (report->is_mirror && report->end != VT_WITNESS_COSIGNED);
}

static void feed(struct feeder *f)
{
    struct vt_witness_report reports[VT_POLICY_WITNESSES_MAX];
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_error ignored = { 0 };
    struct vt_witness_asking asking = { .note = vt_buf_slice(&f->note),
                                        .prove = prove,
                                        .context = f,
                                        .shelf = f->shelf,
                                        .is_for_mirrors = true,
                                        .total_ms = TOTAL_MS,
                                        .linger_ms = TOTAL_MS };

    f->is_done = vt_witness_client_ask(f->client, &asking, &note, reports, &ignored);
    for (size_t i = 0; i < f->policy.witness_count; i++)
        f->is_done = f->is_done && !is_behind(&reports[i]);
}

/* The newest of all that was said; waits for something when there is nothing to do. */
static bool hear(struct feeder *f, struct vt_error *err)
{
    int64_t patience_ms = f->note.len == 0 || f->is_done ? -1 : RETRY_MS;
    struct vt_message message;

    for (; vt_channel_receive(f->news, patience_ms, &message, err); patience_ms = 0) {
        if (message.type != VT_SERVE_PUBLISHED || message.body.len <= 8)
            return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
        vt_buf_truncate(&f->note, 0);
        vt_buf_put(&f->note, vt_slice_sub(message.body, 8, message.body.len - 8));
    }
    return err->code == VT_LIMIT; /* the time is over: no message waits */
}

static bool begin(struct vt_channel *channel, struct feeder *f, struct vt_arena *arena,
                  struct vt_error *err)
{
    struct vt_rights rights = vt_feeder_rights;
    VT_AUTO_JSON words = NULL;
    vt_slice policy, dir;

    vt_json_prepare();
    if (!vt_serve_listen(channel, &words, err) ||
        !vt_json_get_text(words, "begin", "policy", &policy, err) ||
        !vt_json_get_text(words, "begin", "dir", &dir, err) ||
        !vt_disk_open(vt_arena_cstr(arena, dir), false, &f->shelf, err))
        return false;
    rights.read_folders[3] = vt_arena_printf(arena, "%.*s/tile", VT_SLICE_ARGS(dir));
    vt_confine(&rights);
    if (!vt_policy_parse(vt_arena_copy(arena, policy), &f->policy, err) ||
        !vt_witness_client_new(&f->policy, &f->env, &f->client, err))
        return false;
    f->policy.quorum = VT_POLICY_QUORUM_NONE;
    return vt_serve_ready(channel, err);
}

/* After READY the channel is the sequencer's. */
int vt_role_feeder(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct feeder *f = vt_alloc(sizeof *f);
    struct vt_error err = { 0 }, lost = { 0 };
    int code = VT_EXIT_OK;

    f->news = channel;
    f->env = vt_env_real();
    f->note = vt_buf_init(VT_NOTE_BYTES_MAX);
    if (!begin(channel, f, arena, &err)) {
        (void)!vt_channel_send_error(channel, &err, &lost);
        code = vt_code_exit(err.code);
    }
    while (code == VT_EXIT_OK && hear(f, &err))
        if (f->note.len != 0)
            feed(f);
    if (code == VT_EXIT_OK && err.code != VT_ABSENT) {
        (void)fprintf(stderr, "vitrine ledger-feeder: %s\n", err.message);
        code = vt_code_exit(err.code);
    }
    vt_witness_client_free(f->client);
    vt_disk_close(f->shelf);
    vt_buf_clear(&f->note);
    return code;
}
