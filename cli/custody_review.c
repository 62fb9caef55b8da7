/* vitrine custody accesses, open, reconcile: a reviewer's verbs, with the cell switched
 * off.
 */
#include "cli/custody.h"
#include "custody/review.h"

#define REVIEW_OPTIONS                                                                     \
    { "openings", "FILE",                                                                  \
      "the key agent's openings: DIR/holder/openings, or a copy of it", true, false },     \
        { "copy", "DIR", "a copy of the access ledger, from `vitrine ledger mirror`",      \
          true, false },                                                                   \
        { "origin", "ORIGIN", "origin of that ledger", true, false },                      \
        { "agent", "HEX", "id of the agent's key, where several agents have that ledger",  \
          false, false },                                                                  \
        VT_OPTION_TRUST, VT_OPTION_ENROLMENT
#define OPTION_END                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

const struct vt_option vt_cli_custody_accesses_options[] = {
    REVIEW_OPTIONS,
    { "week", "YEAR-Www", "of that week (UTC), Monday to Sunday: 2026-W48", false, false },
    { "since", "TIME", "from then on: 2026-11-23T00:00:00Z", false, false },
    { "until", "TIME", "before then", false, false },
    OPTION_END,
};
const struct vt_option vt_cli_custody_open_options[] = { REVIEW_OPTIONS, OPTION_END };
const struct vt_option vt_cli_custody_reconcile_options[] = { REVIEW_OPTIONS, OPTION_END };

static bool begin(struct vt_args *args, struct vt_cli_keyring *keyring, vt_hash *agent,
                  struct vt_custody_review **out, struct vt_error *err)
{
    const char *id = vt_args_get(args, "agent");

    if (id != NULL && !vt_hash_parse_hex(vt_slice_from_cstr(id), agent))
        return vt_args_misuse(args, err, "--agent: '%s' is not 64 hex digits", id);
    return vt_cli_keyring_read(args, keyring, err) &&
           vt_custody_review_new(vt_args_get(args, "openings"), vt_args_get(args, "copy"),
                                 vt_slice_from_cstr(vt_args_get(args, "origin")),
                                 id != NULL ? agent : NULL, &keyring->keyring, out, err);
}

/* ---- what was found ---------------------------------------------------------------------
 */

static json_t *findings_json(const struct vt_custody_findings *f)
{
    char when[VT_TIME_TEXT_BYTES];

    vt_time_write(f->time_unix_s, when);
    return json_pack("{s:b,s:s,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "ok",
                     vt_custody_findings_are_well(f), "first", f->first, "entries",
                     (json_int_t)f->entries, "as_of", when, "commitments",
                     (json_int_t)f->commitments, "unopened", (json_int_t)f->unopened,
                     "tallies", (json_int_t)f->tallies, "unlogged", (json_int_t)f->unlogged,
                     "repeated", (json_int_t)f->repeated, "wrong", (json_int_t)f->wrong,
                     "withheld", (json_int_t)f->withheld, "uncounted",
                     (json_int_t)f->uncounted);
}

static void print_findings(const struct vt_custody_findings *f)
{
    char when[VT_TIME_TEXT_BYTES];

    vt_time_write(f->time_unix_s, when);
    (void)printf("ledger     %ju entries, cosigned %s: %ju commitments, %ju counts of the "
                 "agent\n",
                 (uintmax_t)f->entries, when, (uintmax_t)f->commitments,
                 (uintmax_t)f->tallies);
    (void)printf("openings   %ju, %ju file keys released\n", (uintmax_t)f->totals.number,
                 (uintmax_t)f->totals.keys);
    if (f->unopened != 0)
        (void)printf("unopened   %ju commitment%s: whoever made one can open it, the agent "
                     "says it released nothing for it\n",
                     (uintmax_t)f->unopened, vt_plural(f->unopened));
    if (f->uncounted != 0)
        (void)printf("uncounted  %ju opening%s behind the agent's last count on the "
                     "ledger\n",
                     (uintmax_t)f->uncounted, vt_plural(f->uncounted));
    if (vt_custody_findings_are_well(f))
        (void)printf("complete   every opening is on the ledger, and every count agrees\n");
    else
        (void)printf(
            "NOT WELL   %s\n           (not on the ledger %ju, released twice %ju, "
            "wrong counts %ju, withheld %ju)\n",
            f->first, (uintmax_t)f->unlogged, (uintmax_t)f->repeated, (uintmax_t)f->wrong,
            (uintmax_t)f->withheld);
}

static void set_exit(struct vt_args *args, const struct vt_custody_findings *f)
{
    if (!vt_custody_findings_are_well(f))
        vt_args_exit(args, VT_EXIT_REFUSED);
}

/* ---- accesses ---------------------------------------------------------------------------
 */

static json_t *reading_json(const struct vt_custody_reading *at)
{
    char when[VT_TIME_TEXT_BYTES], commitment[65];
    json_t *json, *objects = json_array();

    vt_time_write(at->record->time_unix_s, when);
    vt_hash_text(&at->commitment, commitment);
    for (size_t i = 0; i < at->record->object_count; i++) {
        char id[65];

        vt_hash_text(&at->record->objects[i], id);
        (void)json_array_append_new(objects, json_string(id));
    }
    json =
        json_pack("{s:I,s:s,s:s,s:I,s:b,s:s,s:o}", "number", (json_int_t)at->record->number,
                  "deed", vt_agent_deed_name(at->record->deed), "time", when, "entry",
                  (json_int_t)at->record->index, "logged", at->is_logged, "commitment",
                  commitment, "released", objects);
    if (at->is_access)
        (void)json_object_set_new(json, "access", vt_cli_access_json(&at->access));
    if (at->record->why.len != 0)
        (void)json_object_set_new(json, "why", vt_cli_json_text(at->record->why));
    return json;
}

static void print_reading(const struct vt_custody_reading *at)
{
    char when[VT_TIME_TEXT_BYTES];

    vt_time_write(at->record->time_unix_s, when);
    if (at->record->deed == VT_AGENT_WITHDRAWN) {
        (void)printf("%6ju  %s  taken back by whoever sealed it, 1 object\n",
                     (uintmax_t)at->record->number, when);
        return;
    }
    (void)printf("%6ju  %s  %-8s entry %ju%s", (uintmax_t)at->record->number, when,
                 vt_agent_deed_name(at->record->deed), (uintmax_t)at->record->index,
                 at->is_logged ? "" : " NOT ON THE LEDGER");
    if (at->is_access)
        (void)printf("  %s%s, %zu object%s, %.*s in %.*s, ticket %.*s",
                     at->access.reason == VT_ACCESS_EMERGENCY ? "EMERGENCY " : "",
                     vt_access_reason_name(at->access.reason), at->record->object_count,
                     vt_plural(at->record->object_count), VT_SLICE_ARGS(at->access.role),
                     VT_SLICE_ARGS(at->access.jurisdiction),
                     VT_SLICE_ARGS(at->access.ticket));
    if (at->record->why.len != 0)
        (void)printf("  (%.*s)", VT_SLICE_ARGS(at->record->why));
    (void)printf("\n");
}

static bool take_time(struct vt_args *args, const char *option, int64_t fallback,
                      int64_t *out, struct vt_error *err)
{
    const char *text = vt_args_get(args, option);

    *out = fallback;
    return text == NULL || vt_time_parse(vt_slice_from_cstr(text), out) ||
           vt_args_misuse(args, err, "--%s: '%s' is not as 2026-11-23T00:00:00Z", option,
                          text);
}

/* Monday of the week with 4 January is where a year's weeks begin (ISO 8601). */
static bool read_week(const char *text, int64_t *since, int64_t *until)
{
    char fourth[VT_TIME_TEXT_BYTES] = "....-01-04T00:00:00Z";
    enum { DAY = 86400, WEEKS_MAX = 53, THURSDAY = 3 };
    int64_t days, monday, year_end;
    uint64_t week;

    if (strlen(text) != 8 || strncmp(text + 4, "-W", 2) != 0 ||
        !vt_decimal_parse(vt_slice_from_cstr(text + (text[6] == '0' ? 7 : 6)), &week) ||
        week == 0 || week > WEEKS_MAX)
        return false;
    memcpy(fourth, text, 4);
    if (!vt_time_parse(vt_slice_from_cstr(fourth), &days))
        return false;
    days /= DAY;
    monday = days - (days + THURSDAY) % 7 + 7 * (int64_t)(week - 1); /* 1970 began on one */
    memcpy(fourth + 5, "12-28", 5); /* always in the last week */
    if (!vt_time_parse(vt_slice_from_cstr(fourth), &year_end) || monday > year_end / DAY)
        return false;
    *since = monday * DAY;
    *until = *since + INT64_C(7) * DAY;
    return true;
}

static bool take_span(struct vt_args *args, int64_t *since, int64_t *until,
                      struct vt_error *err)
{
    const char *week = vt_args_get(args, "week");

    if (week == NULL)
        return take_time(args, "since", 0, since, err) &&
               take_time(args, "until", INT64_MAX, until, err);
    if (vt_args_has(args, "since") || vt_args_has(args, "until"))
        return vt_args_misuse(args, err, "--week says since and until already");
    return read_week(week, since, until) ||
           vt_args_misuse(args, err, "--week: '%s' is no week, say 2026-W48", week);
}

bool vt_cli_custody_accesses(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_CUSTODY_REVIEW review = NULL;
    vt_hash agent;
    VT_AUTO_JSON list = json_array();
    const struct vt_custody_findings *findings;
    int64_t since, until;

    if (!take_span(args, &since, &until, err) ||
        !begin(args, &keyring, &agent, &review, err))
        return false;
    findings = vt_custody_review_findings(review);
    set_exit(args, findings);
    for (size_t i = 0; i < vt_custody_review_count(review); i++) {
        const struct vt_custody_reading *at = vt_custody_review_at(review, i);

        if (at->record->time_unix_s < since || at->record->time_unix_s >= until)
            continue;
        if (vt_args_is_json(args))
            (void)json_array_append_new(list, reading_json(at));
        else
            print_reading(at);
    }
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:O,s:o}", "accesses", list, "review", findings_json(findings)));
    else
        print_findings(findings);
    return true;
}

/* ---- open -------------------------------------------------------------------------------
 */

static bool print_opening(struct vt_args *args, const struct vt_custody_reading *at,
                          vt_slice proof)
{
    char salt[65], commitment[65];
    vt_hash bytes;

    memcpy(bytes.bytes, at->record->salt, sizeof bytes.bytes);
    vt_hash_text(&bytes, salt);
    vt_hash_text(&at->commitment, commitment);
    if (vt_args_is_json(args)) {
        json_t *json = reading_json(at);

        (void)json_object_set_new(json, "salt", json_string(salt));
        (void)json_object_set_new(json, "envelope", vt_cli_json_text(at->record->envelope));
        (void)json_object_set_new(json, "proof", vt_cli_json_text(proof));
        vt_cli_print_json(json);
        return true;
    }
    print_reading(at);
    (void)printf("salt        %s\ncommitment  %s\nenvelope    %.*s\n\n%.*s", salt,
                 commitment, VT_SLICE_ARGS(at->record->envelope), VT_SLICE_ARGS(proof));
    return true;
}

bool vt_cli_custody_open(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_CUSTODY_REVIEW review = NULL;
    vt_hash agent;
    VT_AUTO_BUF proof = vt_buf_init(VT_NOTE_BYTES_MAX + VT_KIB(8));
    const char *text = vt_args_operand(args, 0);
    uint64_t number;

    if (!vt_decimal_parse(vt_slice_from_cstr(text), &number) || number == 0)
        return vt_args_misuse(args, err, "'%s' is no number of an opening, from 1", text);
    if (!begin(args, &keyring, &agent, &review, err))
        return false;
    if (number > vt_custody_review_count(review))
        return vt_fail(err, VT_ABSENT, "there are %zu openings",
                       vt_custody_review_count(review));
    return vt_custody_review_prove(review, number - 1, &proof, err) &&
           print_opening(args, vt_custody_review_at(review, number - 1),
                         vt_buf_slice(&proof));
}

/* ---- reconcile --------------------------------------------------------------------------
 */

enum { DAY_S = 86400 };

struct day {
    int64_t day; /* since 1970 */
    uint64_t deeds[VT_AGENT_DEEDS], keys, emergencies;
};

static void print_day(struct vt_args *args, const struct day *day, json_t *list)
{
    char date[VT_TIME_TEXT_BYTES];

    vt_time_write(day->day * DAY_S, date);
    date[10] = '\0';
    if (vt_args_is_json(args))
        (void)json_array_append_new(
            list, json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "day", date, "released",
                            (json_int_t)day->deeds[VT_AGENT_RELEASED], "keys",
                            (json_int_t)day->keys, "refused",
                            (json_int_t)day->deeds[VT_AGENT_REFUSED], "warned",
                            (json_int_t)day->deeds[VT_AGENT_WARNED], "emergencies",
                            (json_int_t)day->emergencies));
    else
        (void)printf(
            "%s  released %ju, %ju file keys; refused %ju; warned %ju; emergencies "
            "%ju\n",
            date, (uintmax_t)day->deeds[VT_AGENT_RELEASED], (uintmax_t)day->keys,
            (uintmax_t)day->deeds[VT_AGENT_REFUSED], (uintmax_t)day->deeds[VT_AGENT_WARNED],
            (uintmax_t)day->emergencies);
}

/* Openings come in the order of the ledger's growth, so days come in order too. */
static void print_days(struct vt_args *args, const struct vt_custody_review *review,
                       json_t *list)
{
    struct day day = { .day = -1 };

    for (size_t i = 0; i < vt_custody_review_count(review); i++) {
        const struct vt_custody_reading *at = vt_custody_review_at(review, i);

        if (at->record->time_unix_s / DAY_S != day.day) {
            if (day.day >= 0)
                print_day(args, &day, list);
            day = (struct day){ .day = at->record->time_unix_s / DAY_S };
        }
        day.deeds[at->record->deed]++;
        day.keys += at->record->object_count;
        day.emergencies += at->record->deed == VT_AGENT_RELEASED && at->is_access &&
                           at->access.reason == VT_ACCESS_EMERGENCY;
    }
    if (day.day >= 0)
        print_day(args, &day, list);
}

bool vt_cli_custody_reconcile(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_CUSTODY_REVIEW review = NULL;
    vt_hash agent;
    VT_AUTO_JSON days = json_array();
    const struct vt_custody_findings *findings;
    json_t *unopened = json_array();
    uint64_t index;

    if (!begin(args, &keyring, &agent, &review, err)) {
        json_decref(unopened);
        return false;
    }
    findings = vt_custody_review_findings(review);
    set_exit(args, findings);
    print_days(args, review, days);
    for (size_t i = 0; i < 1000 && vt_custody_review_unopened(review, i, &index); i++)
        (void)json_array_append_new(unopened, json_integer((json_int_t)index));
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:O,s:O,s:o}", "days", days, "unopened_entries",
                                    unopened, "review", findings_json(findings)));
    else
        print_findings(findings);
    json_decref(unopened);
    return true;
}
