/* role ledger-courier.  Rights: connections, reading what the resolver and TLS need, and
 * the ledger's tiles, which everybody may read: mirrors are fed from them. */
#include "ledger/role_courier.h"
#include "http/libcurl.h"
#include "ledger/serve_message.h"
#include "ledger/witness_client.h"
#include "wire/note.h"

enum { PROOF_MS_MAX = 30000 };

const struct vt_rights vt_courier_rights = { .may_connect = true,
                                             .read_folders = { "/etc", "/usr", "/lib" },
                                             .memory_bytes_max = VT_MIB(1024),
                                             .files_max = 256,
                                             .libraries = { &vt_libcurl } };

struct courier {
    struct vt_channel *channel;
    struct vt_env env;
    struct vt_policy policy;
    struct vt_witness_client *client;
    struct vt_disk *shelf; /* the ledger's folder; only its tiles can be read */
    uint64_t linger_ms;
};

/* The sequencer has the tree. */
static bool prove(void *context, uint64_t old_size, uint64_t size, struct vt_proof *out,
                  struct vt_error *err)
{
    struct courier *c = context;
    VT_AUTO_BUF body = vt_buf_init(16);
    vt_slice answer;

    vt_buf_put_u64(&body, old_size);
    vt_buf_put_u64(&body, size);
    return vt_channel_call(c->channel, VT_SERVE_PROVE, vt_buf_slice(&body), VT_SERVE_PROOF,
                           PROOF_MS_MAX, &answer, err) &&
           (vt_serve_proof_read(answer, out) ||
            vt_fail(err, VT_MALFORMED, "the sequencer's proof has no form"));
}

/* For whoever watches the ledger. */
static bool tell_reports(struct courier *c, const struct vt_witness_report *reports,
                         struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(32));

    for (size_t i = 0; i < c->policy.witness_count; i++) {
        const struct vt_witness_report *report = &reports[i];
        const struct vt_serve_witness witness = { .name = c->policy.witnesses[i].name,
                                                  .end = report->end,
                                                  .status = (uint16_t)report->status,
                                                  .size = report->size,
                                                  .took_ms = (uint64_t)report->took_ms };

        vt_serve_witness_put(&body, &witness);
    }
    return vt_buf_check(&body, "reports of witnesses", err) &&
           vt_channel_send(c->channel, VT_SERVE_WITNESSES, vt_buf_slice(&body), err);
}

/* One round over all witnesses. */
static bool ask(struct courier *c, vt_slice body, struct vt_error *err)
{
    struct vt_witness_report reports[VT_POLICY_WITNESSES_MAX];
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_error refusal = { 0 };
    struct vt_witness_asking asking = {
        .prove = prove, .context = c, .shelf = c->shelf, .linger_ms = (int64_t)c->linger_ms
    };
    vt_reader r = { body };
    bool is_cosigned;

    if (!vt_read_u64(&r, &asking.hint_size))
        return vt_fail(err, VT_MALFORMED, "a question without a form");
    asking.note = vt_arena_copy(arena, r.rest); /* the channel's bytes go with the proof */
    is_cosigned = vt_witness_client_ask(c->client, &asking, &note, reports, &refusal);
    if (!tell_reports(c, reports, err))
        return false;
    if (is_cosigned)
        return vt_channel_send(c->channel, VT_SERVE_COSIGNED, vt_buf_slice(&note), err);
    return vt_channel_send_error(c->channel, &refusal, err);
}

static bool begin(struct courier *c, struct vt_arena *arena, struct vt_error *err)
{
    struct vt_rights rights = vt_courier_rights;
    VT_AUTO_JSON words = NULL;
    vt_slice policy, dir;

    vt_json_prepare();
    if (!vt_serve_listen(c->channel, &words, err) ||
        !vt_json_get_text(words, "begin", "policy", &policy, err) ||
        !vt_json_get_text(words, "begin", "dir", &dir, err) ||
        !vt_json_get_number(words, "begin", "linger_ms", &c->linger_ms, err) ||
        !vt_disk_open(vt_arena_cstr(arena, dir), false, &c->shelf, err))
        return false;
    rights.read_folders[3] = vt_arena_printf(arena, "%.*s/tile", VT_SLICE_ARGS(dir));
    vt_confine(&rights);
    return vt_policy_parse(vt_arena_copy(arena, policy), &c->policy, err) &&
           vt_witness_client_new(&c->policy, &c->env, &c->client, err) &&
           vt_serve_ready(c->channel, err);
}

static bool serve(struct courier *c, struct vt_error *err)
{
    struct vt_message message;

    while (vt_channel_receive(c->channel, -1, &message, err)) {
        if (message.type != VT_SERVE_ASK)
            return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
        if (!ask(c, message.body, err))
            return false;
    }
    return err->code == VT_ABSENT; /* whoever asked us is gone */
}

int vt_role_courier(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct courier *c = vt_alloc(sizeof *c);
    struct vt_error err = { 0 }, lost = { 0 };
    int code = VT_EXIT_OK;

    c->channel = channel;
    c->env = vt_env_real();
    if (!begin(c, arena, &err)) {
        (void)!vt_channel_send_error(channel, &err, &lost);
        code = vt_code_exit(err.code);
    } else if (!serve(c, &err)) {
        (void)fprintf(stderr, "vitrine ledger-courier: %s\n", err.message);
        code = vt_code_exit(err.code);
    }
    vt_witness_client_free(c->client);
    vt_disk_close(c->shelf);
    return code;
}
