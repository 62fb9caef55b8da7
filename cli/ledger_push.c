/* vitrine ledger push: feed one mirror, and say what it signed. */
#include "cli/files.h"
#include "cli/ledger_verbs.h"
#include "crypto/verify_note.h"
#include "http/client.h"
#include "ledger/reader.h"
#include "ledger/shelf.h"
#include "ledger/witness_client.h"

const struct vt_option vt_cli_ledger_push_options[] = {
    VT_OPTION_LEDGER_DIR,
    { .name = "to",
      .value_name = "URL",
      .help = "where the mirror takes uploads",
      .is_required = true },
    { .name = "vkey",
      .value_name = "VKEY",
      .help = "the mirror's verifier key; else what it signs is shown, not checked" },
    { .name = "timeout", .value_name = "TIME", .help = "for all of it; 1h" },
    { .name = NULL },
};

struct push {
    struct vt_ledger_reader *reader;
    struct vt_disk *shelf;
    struct vt_witness_client *client;
    struct vt_env env;
    struct vt_policy policy;
    struct vt_witness_report report;
};

static void clear(struct push *p)
{
    vt_witness_client_free(p->client);
    vt_disk_close(p->shelf);
    vt_ledger_reader_close(p->reader);
}

static bool prove(void *context, uint64_t old_size, uint64_t size, struct vt_proof *out,
                  struct vt_error *err)
{
    struct push *p = context;
    struct vt_tile_source source = vt_shelf_source(p->shelf);

    return vt_prove_consistency(&source, old_size, size, out, err);
}

/* One witness, the mirror, which is the quorum. */
static bool make_policy(struct vt_args *args, struct push *p, struct vt_error *err)
{
    struct vt_policy_witness *mirror = &p->policy.witnesses[0];
    const char *url = vt_args_get(args, "to"), *vkey = vt_args_get(args, "vkey");

    if (!vt_http_is_url(url))
        return vt_args_misuse(args, err,
                              "--to: '%s' does not begin with http:// or https://", url);
    *mirror = (struct vt_policy_witness){ .name = VT_LIT("the mirror"),
                                          .url = vt_slice_from_cstr(url),
                                          .parent = VT_POLICY_NO_PARENT };
    p->policy.witness_count = 1;
    p->policy.quorum = VT_POLICY_QUORUM_WITNESS;
    if (vkey == NULL)
        return true;
    if (!vt_cli_vkey_read(args, &mirror->vkey, err))
        return false;
    return mirror->vkey.type == VT_NOTE_COSIGNATURE ||
           vt_args_misuse(args, err,
                          "--vkey: not a cosigner's key (type 4) but of type %u; leave it "
                          "out to push without a check",
                          mirror->vkey.type);
}

static bool push(struct vt_args *args, struct push *p, struct vt_buf *note,
                 struct vt_error *err)
{
    struct vt_witness_asking asking = { .prove = prove,
                                        .context = p,
                                        .is_for_mirrors = true,
                                        .is_unchecked = !vt_args_has(args, "vkey") };
    const char *dir = vt_args_get(args, "dir");
    struct vt_error why = { 0 };
    int64_t timeout_s;

    if (!vt_args_duration(args, "timeout", 3600, &timeout_s, err) ||
        !vt_ledger_reader_open(dir, &p->reader, err) ||
        !vt_disk_open(dir, false, &p->shelf, err) ||
        !vt_witness_client_new(&p->policy, &p->env, &p->client, err))
        return false;
    asking.shelf = p->shelf;
    asking.total_ms = timeout_s * 1000;
    asking.note = vt_ledger_reader_checkpoint(p->reader);
    asking.hint_size = vt_ledger_reader_head(p->reader).size;
    if (asking.note.len == 0)
        return vt_fail(err, VT_ABSENT, "%s: nothing was published yet", dir);
    if (vt_witness_client_ask(p->client, &asking, note, &p->report, &why))
        return true;
    if (p->report.message[0] == '\0') {
        *err = why;
        return false;
    }
    return vt_fail(err,
                   p->report.end == VT_WITNESS_UNREACHABLE ||
                           p->report.end == VT_WITNESS_LATE
                       ? VT_IO
                       : VT_REJECTED,
                   "%s: %s", vt_args_get(args, "to"), p->report.message);
}

/* Of a mirror that may be anybody. */
static void print_lines(vt_slice lines)
{
    vt_reader r = { lines };
    vt_slice line;

    while (vt_read_until(&r, '\n', &line)) {
        vt_cli_print_text(line);
        (void)printf("\n");
    }
}

static void print(struct vt_args *args, const struct push *p, vt_slice note)
{
    vt_slice plain = vt_ledger_reader_checkpoint(p->reader);
    vt_slice lines = vt_slice_sub(note, plain.len, note.len - plain.len);
    struct vt_head head = vt_ledger_reader_head(p->reader);

    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:b,s:o}", "ok", 1, "size", (json_int_t)head.size, "checked",
            vt_args_has(args, "vkey"), "cosignature", vt_cli_json_text(lines)));
    else
        print_lines(lines);
    if (!vt_args_has(args, "vkey") && !vt_args_is_json(args))
        (void)fprintf(stderr, "not checked: no --vkey was given\n");
}

bool vt_cli_ledger_push(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_FREE struct push *p = vt_alloc(sizeof *p);
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    bool is_ok;

    p->env = vt_env_real();
    is_ok = make_policy(args, p, err) && push(args, p, &note, err);
    if (is_ok)
        print(args, p, vt_buf_slice(&note));
    clear(p);
    return is_ok;
}
