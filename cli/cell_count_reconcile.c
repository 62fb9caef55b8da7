/* vitrine cell count reconcile: what the cell's store knows by day, against what its counts
 * on the ledger say. */
#include "cell/count_days.h"
#include "cell/queue_door.h"
#include "cell/queue_message.h"
#include "cli/cell_count.h"
#include "cli/cell_verbs.h"
#include "cli/files.h"
#include "cli/trust.h"
#include "ledger/tlog_proof.h"

const struct vt_option vt_cli_count_reconcile_options[] = {
    { "samples", "DIR", "the cell's folder of samples; its keeper must run", true, false },
    { "origin", "ORIGIN", "of the ledger that the counts are on", true, false },
    { "trust", "FILE", "the trust root, or a client's folder", true, false },
    { NULL, NULL, NULL, false, false },
};

enum { DAYS_MAX = 36525, CLOCKS_S = 900 };

struct reconciling {
    struct vt_args *args;
    struct vt_trust *trust;
    struct vt_samples_day *days; /* DAYS_MAX */
    size_t day_count;
    json_t *list; /* of the counts */
    size_t wrong;
};

/* ---- the store's side -------------------------------------------------------------------
 */

static bool ask_all(struct reconciling *r, struct vt_channel *keeper, struct vt_error *err)
{
    size_t count = VT_SAMPLES_DAYS_MAX;

    while (count == VT_SAMPLES_DAYS_MAX) {
        uint64_t from = r->day_count != 0 ? r->days[r->day_count - 1].day + 1 : 0;

        if (r->day_count + VT_SAMPLES_DAYS_MAX > DAYS_MAX)
            return vt_fail(err, VT_LIMIT, "the keeper tells of more than a century");
        if (!vt_queue_ask_days(keeper, from, r->days + r->day_count, &count, err))
            return false;
        r->day_count += count;
    }
    return true;
}

static bool read_days(struct reconciling *r, struct vt_error *err)
{
    struct vt_channel keeper;
    bool is_ok;

    if (!vt_queue_door_knock(vt_args_get(r->args, "samples"), &keeper, err)) {
        err->code = VT_IO; /* it is trouble, not a no */
        return false;
    }
    is_ok = ask_all(r, &keeper, err);
    vt_channel_clear(&keeper);
    return is_ok;
}

/* ---- the ledger's side ------------------------------------------------------------------
 */

/* Is it on that ledger, and was it there when it says?  FILE.tlog-proof shows it. */
static bool is_logged(struct reconciling *r, const char *path,
                      const struct vt_cli_count *count, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    struct vt_tlog_proof parsed;
    struct vt_tlog_verdict verdict;
    const char *name = vt_arena_printf(arena, "%s.tlog-proof", path);
    vt_hash leaf = vt_sha256_leaf(vt_buf_slice(&count->bytes));

    if (!vt_file_read(name, &proof, err))
        return false;
    if (!vt_tlog_proof_parse(vt_buf_slice(&proof), &parsed, err) ||
        !vt_tlog_proof_verify(&parsed, &leaf, &r->trust->policy,
                              vt_slice_from_cstr(vt_args_get(r->args, "origin")), &verdict,
                              err))
        return vt_within(err, "%s", name);
    return count->counts.until_unix_s <= verdict.time_unix_s + CLOCKS_S ||
           vt_fail(err, VT_REJECTED, "%s: tells of a time behind that of its ledger", path);
}

static json_t *fit_json(const struct vt_count_fit *fit)
{
    json_t *row = json_pack("{s:b,s:s,s:s,s:I,s:I}", "ok", fit->is_good, "class",
                            vt_data_class_name(fit->data), "what", fit->what, "ledger",
                            (json_int_t)fit->said, "least", (json_int_t)fit->least);

    if (fit->most != UINT64_MAX)
        (void)json_object_set_new(row, "most", json_integer((json_int_t)fit->most));
    return row;
}

static void say_wrong(const struct vt_counts *counts, const struct vt_count_fit *fit)
{
    (void)printf("DIFFERS    count %ju: %s %s %ju on the ledger, and the store has ",
                 (uintmax_t)counts->number, vt_data_class_name(fit->data), fit->what,
                 (uintmax_t)fit->said);
    if (fit->least == fit->most)
        (void)printf("%ju\n", (uintmax_t)fit->least);
    else if (fit->said < fit->least)
        (void)printf("%ju or more\n", (uintmax_t)fit->least);
    else
        (void)printf("%ju at most\n", (uintmax_t)fit->most);
}

static void compare(struct reconciling *r, const struct vt_counts *counts)
{
    struct vt_count_fit fits[VT_COUNT_FITS];
    json_t *rows = json_array();
    char until[VT_TIME_TEXT_BYTES];
    size_t wrong = 0;

    vt_count_fit_days(counts, r->days, r->day_count, fits);
    vt_time_write(counts->until_unix_s, until);
    for (size_t i = 0; i < VT_COUNT_FITS; i++) {
        wrong += !fits[i].is_good;
        (void)json_array_append_new(rows, fit_json(&fits[i]));
        if (!fits[i].is_good && !vt_args_is_json(r->args))
            say_wrong(counts, &fits[i]);
    }
    if (wrong == 0 && !vt_args_is_json(r->args))
        (void)printf("agrees     count %ju, until %s\n", (uintmax_t)counts->number, until);
    (void)json_array_append_new(r->list, json_pack("{s:b,s:I,s:s,s:o}", "ok", wrong == 0,
                                                   "number", (json_int_t)counts->number,
                                                   "until", until, "rows", rows));
    r->wrong += wrong;
}

/* All of them, from the first: each follows the one before, so none is left out. */
static bool compare_all(struct reconciling *r, struct vt_error *err)
{
    VT_AUTO_CLI_COUNT last = { .counts = { .number = 0 } };
    const char *path;

    for (size_t i = 0; (path = vt_args_operand(r->args, i)) != NULL; i++) {
        VT_AUTO_CLI_COUNT next = { .counts = { .number = 0 } };
        struct vt_cli_count before = last;

        if (!vt_cli_count_read(r->args, path, r->trust, &next, err) ||
            !is_logged(r, path, &next, err))
            return false;
        if (i == 0 && next.counts.number != 1)
            return vt_fail(err, VT_REJECTED,
                           "%s: is count %ju; name all of them, from the first", path,
                           (uintmax_t)next.counts.number);
        if (i != 0 && !vt_counts_may_follow(&last.counts, &last.digest, &next.counts, err))
            return vt_within(err, "%s", path);
        compare(r, &next.counts);
        last = next;
        next = before; /* goes at the end of the turn */
    }
    return true;
}

/* ---- days -------------------------------------------------------------------------------
 */

static json_t *day_of(struct reconciling *r, const struct vt_samples_day *day)
{
    uint64_t refused = vt_count_refused(day->totals[VT_DATA_FILE]) +
                       vt_count_refused(day->totals[VT_DATA_STATISTIC]);
    char date[VT_TIME_TEXT_BYTES];

    vt_time_write((int64_t)day->day * VT_SAMPLES_DAY_S,
                  date); /* bounded when it was read */
    date[10] = '\0';
    if (!vt_args_is_json(r->args))
        (void)printf("%s  files %ju, withdrawn %ju, erased %ju, scans %ju; reports %ju; "
                     "refused %ju\n",
                     day->day == 0 ? "before    " : date,
                     (uintmax_t)day->totals[VT_DATA_FILE][VT_COUNTED_ACCEPTED],
                     (uintmax_t)day->withdrawn,
                     (uintmax_t)day->totals[VT_DATA_FILE][VT_COUNTED_ERASED],
                     (uintmax_t)day->scanned,
                     (uintmax_t)day->totals[VT_DATA_STATISTIC][VT_COUNTED_ACCEPTED],
                     (uintmax_t)refused);
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "day", date, "files",
                     (json_int_t)day->totals[VT_DATA_FILE][VT_COUNTED_ACCEPTED],
                     "withdrawn", (json_int_t)day->withdrawn, "erased",
                     (json_int_t)day->totals[VT_DATA_FILE][VT_COUNTED_ERASED], "scans",
                     (json_int_t)day->scanned, "reports",
                     (json_int_t)day->totals[VT_DATA_STATISTIC][VT_COUNTED_ACCEPTED],
                     "refused", (json_int_t)refused);
}

static bool reconcile(struct reconciling *r, struct vt_error *err)
{
    json_t *days = json_array();

    if (!vt_cli_trust_read(vt_args_get(r->args, "trust"), &r->trust, err) ||
        !read_days(r, err)) {
        json_decref(days);
        return false;
    }
    for (size_t i = 0; i < r->day_count; i++)
        (void)json_array_append_new(days, day_of(r, &r->days[i]));
    if (!compare_all(r, err)) {
        json_decref(days);
        return false;
    }
    if (vt_args_is_json(r->args))
        vt_cli_print_json(json_pack("{s:b,s:o,s:O}", "ok", r->wrong == 0, "days", days,
                                    "counts", r->list));
    else
        json_decref(days);
    if (r->wrong != 0)
        vt_args_exit(r->args, VT_EXIT_REFUSED);
    return true;
}

bool vt_cli_count_reconcile(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_samples_day *days = vt_alloc(DAYS_MAX * sizeof *days);
    struct reconciling r = { .args = args, .days = days, .list = json_array() };
    bool is_ok = reconcile(&r, err);

    json_decref(r.list);
    vt_trust_free(r.trust);
    return is_ok;
}
