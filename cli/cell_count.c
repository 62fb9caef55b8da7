/* vitrine cell count log, show: totals of what a cell took and refused, as statements that
 * follow one another.
 *
 * A statement is durable before it goes to the ledger, and goes again as the same bytes
 * when it is not known to have arrived: so a kill in between makes no second one of its
 * number. */
#include "cli/cell_count.h"
#include "cell/counter.h"
#include "cli/cell_verbs.h"
#include "cli/files.h"
#include "cli/ledger_open.h"
#include "cli/trust.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"

const struct vt_option vt_cli_count_log_options[] = {
    { "dir", "DIR", "the cell's folder; statements are kept in DIR/counts", true, false },
    { "ledger", "DIR", "the cell's access ledger", true, false },
    { "ledger-passphrase-file", "FILE", "file whose first line opens the ledger's key",
      false, false },
    { "trust", "FILE", "the trust root, or a client's folder", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

const struct vt_option vt_cli_count_show_options[] = {
    { "trust", "FILE", "the trust root, or a client's folder: who may have signed them",
      false, false },
    { NULL, NULL, NULL, false, false },
};

/* ---- statements -------------------------------------------------------------------------
 */

void vt_cli_count_clear(struct vt_cli_count *count)
{
    vt_envelope_clear(&count->envelope);
    vt_buf_clear(&count->bytes);
}

bool vt_cli_count_parse(struct vt_cli_count *statement, struct vt_error *err)
{
    struct vt_buf *bytes = &statement->bytes;

    if (bytes->len != 0 && bytes->data[bytes->len - 1] == '\n')
        vt_buf_truncate(bytes, bytes->len - 1);
    if (!vt_envelope_parse(vt_buf_slice(bytes), &statement->envelope, err))
        return false;
    if (statement->envelope.statement.type != VT_COUNT)
        return vt_fail(err, VT_MALFORMED, "is a statement of kind '%s', no count",
                       vt_predicate_name(statement->envelope.statement.type));
    statement->digest = vt_envelope_payload_digest(&statement->envelope);
    return vt_counts_read(statement->envelope.statement.predicate, &statement->counts, err);
}

/* ---- log --------------------------------------------------------------------------------
 */

struct logging {
    struct vt_args *args;
    struct vt_disk *disk; /* DIR/counts, locked */
    struct vt_trust *trust;
    uint64_t newest; /* number of the last statement; 0: none */
    struct vt_cli_count last;
};

static bool see_name(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct logging *l = context;
    vt_reader r = { vt_slice_from_cstr(name) };
    vt_slice number;
    uint64_t value;

    (void)err;
    if (!is_folder && vt_read_until(&r, '.', &number) && vt_slice_is(r.rest, "json") &&
        vt_decimal_parse(number, &value) && value > l->newest)
        l->newest = value;
    return true;
}

static void name_of(uint64_t number, const char *ending, char out[48])
{
    (void)snprintf(out, 48, "%ju.json%s", (uintmax_t)number, ending);
}

static bool read_last(struct logging *l, struct vt_error *err)
{
    char name[48];

    if (!vt_disk_list(l->disk, "", see_name, l, err))
        return false;
    if (l->newest == 0)
        return true;
    name_of(l->newest, "", name);
    l->last.bytes = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    return (vt_disk_keep(l->disk, name, err) &&
            vt_disk_read(l->disk, name, &l->last.bytes, err) &&
            vt_cli_count_parse(&l->last, err)) ||
           vt_within(err, "%s/%s", vt_disk_path(l->disk), name);
}

static bool open_logging(struct logging *l, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *dir = vt_arena_printf(arena, "%s/counts", vt_args_get(l->args, "dir"));

    return vt_disk_open(dir, true, &l->disk, err) && vt_disk_lock(l->disk, err) &&
           vt_disk_sweep(l->disk, "", err) && read_last(l, err);
}

/* The statement that comes next, signed; the last one is left where it is. */
static bool make_next(struct logging *l, struct vt_counts *counts, struct vt_buf *out,
                      struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = NULL;
    struct vt_key *key;
    const struct vt_key *keys[1];
    int64_t now_unix_s = vt_env_now_unix_s(vt_args_env(l->args));
    bool is_ok;

    counts->number = l->newest + 1;
    counts->has_previous = l->newest != 0;
    counts->previous = l->last.digest;
    if (counts->until_unix_s < now_unix_s)
        counts->until_unix_s = now_unix_s;
    if (l->newest != 0 &&
        !vt_counts_may_follow(&l->last.counts, &l->last.digest, counts, err))
        return false;
    if (!vt_counts_write(counts, &predicate, err) ||
        !vt_statement_write_about_itself(VT_COUNT, predicate, &payload, err) ||
        !vt_cli_key_open(l->args, &key, err))
        return false;
    keys[0] = key;
    is_ok = vt_envelope_sign(vt_buf_slice(&payload), keys, 1, out, err) &&
            vt_trust_admits_entry(l->trust, vt_buf_slice(out), now_unix_s, err);
    vt_key_close(key);
    return is_ok;
}

static bool add_entry(struct logging *l, vt_slice entry, struct vt_buf *proof,
                      struct vt_error *err)
{
    const struct vt_cli_ledger_place place = { vt_args_get(l->args, "ledger"), NULL,
                                               "ledger-passphrase-file" };
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;
    vt_ticket ticket;
    uint64_t index;

    return vt_cli_ledger_open(l->args, &place, &signer, &ledger, err) &&
           vt_ledger_submit(ledger, entry, &ticket, err) &&
           vt_ledger_wait(ledger, ticket, &index, err) &&
           (vt_ledger_publish(ledger, NULL, err) ||
            vt_within(err, "the count is kept, but not published yet; call this again")) &&
           vt_ledger_prove(ledger, index, proof, err);
}

/* Bring statement `number` to the ledger; nothing to do if its proof is there. */
static bool deliver(struct logging *l, uint64_t number, vt_slice entry,
                    struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    char name[48];

    name_of(number, ".tlog-proof", name);
    if (vt_disk_has(l->disk, name))
        return true;
    return add_entry(l, entry, &proof, err) &&
           vt_disk_write(l->disk, name, vt_buf_slice(&proof), 0644, err);
}

static bool log_next(struct logging *l, struct vt_counts *counts, struct vt_error *err)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    char name[48];

    if (l->newest != 0 && !deliver(l, l->newest, vt_buf_slice(&l->last.bytes), err))
        return false;
    if (!make_next(l, counts, &entry, err))
        return false;
    name_of(counts->number, "", name);
    return vt_disk_create(l->disk, name, vt_buf_slice(&entry), 0644, err) &&
           deliver(l, counts->number, vt_buf_slice(&entry), err);
}

static void logging_clear(struct logging *l)
{
    vt_cli_count_clear(&l->last);
    vt_disk_close(l->disk);
    vt_trust_free(l->trust);
}

bool vt_cli_count_log(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *dir = vt_args_get(args, "dir");
    struct logging l = { .args = args };
    VT_AUTO_JSON json = NULL;
    struct vt_counts counts;
    bool is_ok =
        vt_cli_trust_read(vt_args_get(args, "trust"), &l.trust, err) &&
        vt_counter_read(vt_arena_printf(arena, "%s/totals", dir), &counts, &json, err) &&
        open_logging(&l, err) && log_next(&l, &counts, err);

    logging_clear(&l);
    if (!is_ok)
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:s}", "ok", 1, "number", (json_int_t)counts.number, "file",
            vt_arena_printf(arena, "%s/counts/%ju.json", dir, (uintmax_t)counts.number)));
    else
        (void)printf("%s/counts/%ju.json: count %ju is on the ledger\n", dir,
                     (uintmax_t)counts.number, (uintmax_t)counts.number);
    return true;
}

/* ---- show -------------------------------------------------------------------------------
 */

bool vt_cli_count_read(struct vt_args *args, const char *path, const struct vt_trust *trust,
                       struct vt_cli_count *out, struct vt_error *err)
{
    out->bytes = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    if (!vt_file_read(path, &out->bytes, err))
        return false;
    if (vt_cli_count_parse(out, err) &&
        (trust == NULL || vt_trust_admits_entry(trust, vt_buf_slice(&out->bytes),
                                                vt_env_now_unix_s(vt_args_env(args)), err)))
        return true;
    return vt_within(err, "%s", path);
}

static void print_totals(struct vt_args *args, const struct vt_cli_count *last)
{
    const struct vt_counts *counts = &last->counts;
    char until[VT_TIME_TEXT_BYTES];

    if (vt_args_is_json(args)) {
        vt_cli_print_json(
            json_pack("{s:b,s:O}", "ok", 1, "count", last->envelope.statement.predicate));
        return;
    }
    vt_time_write(counts->until_unix_s, until);
    (void)printf("cell %.*s, count %ju, until %s\n", VT_SLICE_ARGS(counts->cell),
                 (uintmax_t)counts->number, until);
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            if (counts->totals[data][reason] != 0)
                (void)printf("  %-10s %-12s %ju\n",
                             vt_data_class_name((enum vt_data_class)data),
                             vt_count_reason_name((enum vt_count_reason)reason),
                             (uintmax_t)counts->totals[data][reason]);
}

bool vt_cli_count_show(struct vt_args *args, struct vt_error *err)
{
    const char *trust_path = vt_args_get(args, "trust"), *path;
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_CLI_COUNT last = { .counts = { .number = 0 } };

    if (trust_path != NULL && !vt_cli_trust_read(trust_path, &trust, err))
        return false;
    for (size_t i = 0; (path = vt_args_operand(args, i)) != NULL; i++) {
        VT_AUTO_CLI_COUNT next = { .counts = { .number = 0 } };
        struct vt_cli_count before = last;

        if (!vt_cli_count_read(args, path, trust, &next, err))
            return false;
        if (i != 0 && !vt_counts_may_follow(&last.counts, &last.digest, &next.counts, err))
            return vt_within(err, "%s", path);
        last = next;
        next = before; /* goes at the end of the turn */
    }
    print_totals(args, &last);
    return true;
}
