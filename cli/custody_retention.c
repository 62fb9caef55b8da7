/* vitrine custody retention: what the schedules of the policy say is due to be erased.
 *
 * The clock alone says it: what was shared so many days ago is due, and what is due and
 * still there is late.  `show` erases nothing; --ids writes what an order names (`vitrine
 * custody request --ids`); `run` (custody_retention_run.c) carries it out. */
#include "cell/country.h"
#include "cell/movers_door.h"
#include "cell/recipient.h"
#include "cli/custody.h"
#include "cli/trust.h"
#include "evidence/field.h"

const struct vt_option vt_cli_custody_retention_options[] = {
    { "policy", "FILE", "the policy, from `vitrine custody policy`", true, false },
    { "trust", "TRUST", "the trust root: a file, or a pinned folder", true, false },
    { "keeper", "SOCKET",
      "where the cell's keeper takes movers (`vitrine cell serve --movers`)", true, false },
    { "ids", "FILE",
      "where the ids go of what is due and sealed for --recipient, for an "
      "order; 4096 at most",
      false, false },
    { "recipient", "FILE", "with --ids: its document, from `vitrine cell recipient`", false,
      false },
    { "dir", "DIR", "run: its folder; the same one goes on where it was", false, false },
    VT_OPTION_ENROLMENT,
    { "ledger", "URL", "run: where the access ledger is served", false, false },
    { "token-file", "FILE", "run: first line: the token of one of its writers", false,
      false },
    { "agent", "URL", "run: where the key agent is served", false, false },
    { "samples", "DIR", "run: the cell's store of files", false, false },
    { "key", "FILE", "run: the cell's private key: a PEM file or a \"pkcs11:\" URI", false,
      false },
    { "person-key", "FILE", "run: of the person who orders", false, false },
    { "role-key", "FILE", "run: of the role in which he does", false, false },
    { "approver-key", "FILE", "run: of one who approves", false, true },
    { "role", "NAME", "run: that role, as the policy has it", false, false },
    { "place", "PLACE", "run: where the person sits, as he is enrolled", false, false },
    { "jurisdiction", "CODE", "run: whose law binds him there", false, false },
    { "ticket", "TEXT", "run: what it belongs to", false, false },
    { "backup", "NAME=TIME", "run: a copy, and when it is gone", false, true },
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

enum { DAY_S = 86400 };

struct showing {
    struct vt_args *args;
    const struct vt_custody *custody;
    struct vt_channel keeper;
    int64_t now_unix_s;
    struct vt_recipient recipient; /* with --ids */
    struct vt_buf ids;
    bool is_run, is_listing;
    bool is_full; /* as many ids as one order may name */
    size_t id_count, ids_max, left_out;
    json_t *told; /* for --json */
    uint64_t late;
};

/* One country's files. */
struct counted {
    struct showing *s;
    uint64_t days;                      /* 0: no schedule */
    uint64_t files, due, held;          /* held: due, but for a hold */
    const struct vt_custody_hold *hold; /* the last of them */
    bool has_first;
    int64_t first_unix_s; /* when the oldest one that nothing holds is, or was, due */
};

/* ---- counting ---------------------------------------------------------------------------
 */

static void list_id(struct showing *s, const struct vt_move_row *row)
{
    char hex[65];

    if (!s->is_listing || !vt_hash_equal(&row->recipient, &s->recipient.digest))
        return;
    if (s->is_full) {
        s->left_out++;
        return;
    }
    vt_hash_text(&row->object, hex);
    vt_buf_printf(&s->ids, "%s\n", hex);
    s->is_full = ++s->id_count == s->ids_max;
}

static bool count_row(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    struct counted *c = context;
    const struct vt_custody_hold *hold;
    int64_t due_unix_s;

    (void)err;
    c->files++;
    if (c->days == 0)
        return true;
    /* Days are bounded by the policy, and a time of asking by its form. */
    due_unix_s = row->asked_unix_s + (int64_t)c->days * DAY_S;
    hold = vt_custody_held(c->s->custody, &row->object, vt_slice_of(row->country, 2),
                           VT_LIT("file"));
    if (hold != NULL) {
        c->held += due_unix_s <= c->s->now_unix_s;
        c->hold = hold;
        return true;
    }
    if (!c->has_first || due_unix_s < c->first_unix_s)
        c->first_unix_s = due_unix_s;
    c->has_first = true;
    if (due_unix_s > c->s->now_unix_s)
        return true;
    c->due++;
    list_id(c->s, row);
    return true;
}

/* ---- telling ----------------------------------------------------------------------------
 */

static void print_country(const struct counted *c, const char *country)
{
    char when[VT_TIME_TEXT_BYTES];
    int64_t late_s = c->s->now_unix_s - c->first_unix_s;

    if (c->days == 0) {
        (void)printf("%s/file  %ju file%s, no schedule: kept until somebody erases %s\n",
                     country, (uintmax_t)c->files, vt_plural(c->files),
                     c->files == 1 ? "it" : "them");
        return;
    }
    vt_time_write(c->first_unix_s, when);
    (void)printf("%s/file  kept %ju day%s; %ju file%s, ", country, (uintmax_t)c->days,
                 vt_plural(c->days), (uintmax_t)c->files, vt_plural(c->files));
    if (c->due != 0)
        (void)printf("%ju due, the first since %s: LATE by %jd day%s\n", (uintmax_t)c->due,
                     when, (intmax_t)(late_s / DAY_S), vt_plural((size_t)(late_s / DAY_S)));
    else if (c->has_first)
        (void)printf("none due; the next at %s\n", when);
    else
        (void)printf("none due\n");
    if (c->hold != NULL)
        (void)printf("         %ju more would be due, and are held: %.*s, %.*s\n",
                     (uintmax_t)c->held, VT_SLICE_ARGS(c->hold->name),
                     VT_SLICE_ARGS(c->hold->reason));
}

static void tell(struct showing *s, const struct counted *c, const char *country)
{
    char when[VT_TIME_TEXT_BYTES];
    json_t *row;

    s->late += c->due;
    if (!vt_args_is_json(s->args)) {
        print_country(c, country);
        return;
    }
    row = json_pack("{s:s,s:s,s:I,s:I,s:I}", "country", country, "class", "file", "files",
                    (json_int_t)c->files, "due", (json_int_t)c->due, "held",
                    (json_int_t)c->held);
    if (c->days != 0)
        (void)json_object_set_new(row, "days", json_integer((json_int_t)c->days));
    if (c->hold != NULL)
        (void)json_object_set_new(row, "hold", vt_cli_json_text(c->hold->name));
    if (c->has_first) {
        vt_time_write(c->first_unix_s, when);
        (void)json_object_set_new(row, "first", json_string(when));
    }
    (void)json_array_append_new(s->told, row);
}

/* An order needs no more than it can name: what has no schedule is not read for it. */
static bool count_country(struct showing *s, size_t i, struct counted *out,
                          struct vt_error *err)
{
    const char *country = vt_country_code(i);
    char code[3];

    *out = (struct counted){ .s = s,
                             .days = vt_custody_days(
                                 s->custody, vt_slice_from_cstr(country), VT_LIT("file")) };
    (void)snprintf(code, sizeof code, "%s", country);
    return (s->is_run && out->days == 0) ||
           vt_rows_at_door(&s->keeper, code, count_row, out, s->is_run ? &s->is_full : NULL,
                           err);
}

/* ---- the whole --------------------------------------------------------------------------
 */

static bool read_recipient(struct showing *s, struct vt_error *err)
{
    const char *path = vt_args_get(s->args, "recipient");

    s->is_listing = s->is_run || vt_args_has(s->args, "ids");
    if (s->is_listing != (path != NULL))
        return vt_args_misuse(s->args, err,
                              s->is_run ? "--recipient is needed: whom they are sealed for"
                                        : "--ids and --recipient go together");
    return path == NULL || vt_cell_recipient_read(path, &s->recipient, err);
}

static bool end(struct showing *s, struct vt_error *err)
{
    const char *path = vt_args_get(s->args, "ids");

    if (path != NULL && (!vt_buf_check(&s->ids, path, err) ||
                         !vt_cli_write(path, vt_buf_slice(&s->ids), 0600, err)))
        return false;
    if (vt_args_is_json(s->args))
        vt_cli_print_json(json_pack("{s:b,s:I,s:I,s:I,s:O}", "ok", 1, "due",
                                    (json_int_t)s->late, "listed", (json_int_t)s->id_count,
                                    "left_out", (json_int_t)s->left_out, "countries",
                                    s->told));
    else if (path != NULL)
        (void)printf("%s: %zu of them, for `vitrine custody request --reason erasure "
                     "--ids`; %zu more for the next order\n",
                     path, s->id_count, s->left_out);
    return true;
}

static bool count_all(struct showing *s, struct vt_error *err)
{
    bool is_ok = vt_movers_door_knock(vt_args_get(s->args, "keeper"), &s->keeper, err);

    for (size_t i = 0; is_ok && i < VT_COUNTRIES && !(s->is_run && s->is_full); i++) {
        struct counted counted;

        is_ok = count_country(s, i, &counted, err);
        if (is_ok && !s->is_run && counted.files != 0)
            tell(s, &counted, vt_country_code(i));
    }
    vt_channel_clear(&s->keeper);
    return is_ok;
}

/* What is due by now: looked at anew for each order. */
static bool list_due(void *context, size_t max, const char *path, size_t *count_out,
                     struct vt_error *err)
{
    struct showing *s = context;

    s->ids_max = max;
    s->now_unix_s = vt_env_now_unix_s(vt_args_env(s->args));
    s->id_count = 0;
    s->is_full = false;
    vt_buf_truncate(&s->ids, 0);
    if (!count_all(s, err) || !vt_buf_check(&s->ids, path, err))
        return false;
    *count_out = s->id_count;
    return s->id_count == 0 || vt_cli_write(path, vt_buf_slice(&s->ids), 0600, err);
}

bool vt_cli_custody_retention(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_custody *custody = vt_alloc(sizeof *custody);
    bool is_ok;
    VT_AUTO_JSON told = json_array();
    VT_AUTO_ENVELOPE envelope = { 0 };
    VT_AUTO_TRUST trust = NULL;
    struct showing s = { .args = args,
                         .custody = custody,
                         .keeper = { .fd = -1 },
                         .now_unix_s = vt_env_now_unix_s(vt_args_env(args)),
                         .ids = vt_buf_init(VT_MIB(1)),
                         .ids_max = VT_ACCESS_BATCH_MAX,
                         .is_run = strcmp(vt_args_operand(args, 0), "run") == 0,
                         .told = told };

    if (!s.is_run && strcmp(vt_args_operand(args, 0), "show") != 0)
        return vt_args_misuse(args, err, "'%s' is neither show nor run",
                              vt_args_operand(args, 0));
    is_ok = read_recipient(&s, err) &&
            vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err) &&
            vt_cli_custody_policy(vt_args_get(args, "policy"), trust, s.now_unix_s,
                                  &envelope, custody, err);
    if (is_ok && s.is_run) {
        struct vt_cli_due due = { list_due, &s, custody,
                                  vt_slice_from_cstr(s.recipient.country),
                                  s.recipient.key };

        is_ok = vt_cli_retention_run(args, &due, err);
    } else if (is_ok) {
        is_ok = count_all(&s, err) && end(&s, err);
    }
    vt_buf_clear(&s.ids);
    return is_ok;
}
