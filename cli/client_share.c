/* vitrine client share: give files that the collection list asks for.
 *
 * Said first, sent then: what would leave, to whom, why; a yes on the terminal or --yes;
 * then consent, record and upload are the library's (cell/share.h). */
#include "cell/share.h"
#include "cell/withdrawal.h"
#include "cli/client_session.h"

enum { RECIPIENTS_MAX = 256 };

const struct vt_option vt_cli_client_share_options[] = {
    VT_CLIENT_SESSION_OPTIONS,
    { "rule", "NAME",
      "they were found by this rule, which the list names; else their hashes must be on it",
      false, false },
    { "to", "URL", "where the cell takes files; else as the policy says", false, false },
    { "yes", NULL, "do not ask on the terminal", false, false },
    { "only-show", NULL, "say what would be sent, and send nothing", false, false },
    { NULL, NULL, NULL, false, false },
};

struct sharing {
    struct vt_args *args;
    struct vt_client_session session;
    struct vt_recipient *recipients;
    struct vt_share_place place;
    struct vt_share_plan *plans; /* one for each operand */
    size_t count;
    json_t *told; /* for --json */
};

/* ---- the papers -------------------------------------------------------------------------
 */

/* Those that the head selects; public, the same for everybody. */
static bool read_recipients(struct sharing *s, struct vt_error *err)
{
    const json_t *list = s->session.head.file->head.recipients;

    if (json_array_size(list) > RECIPIENTS_MAX)
        return vt_fail(err, VT_LIMIT, "the head selects too many recipients");
    s->recipients = vt_alloc_array(RECIPIENTS_MAX, sizeof *s->recipients);
    for (size_t i = 0; i < json_array_size(list); i++) {
        VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
        vt_hash digest;

        if (!vt_hash_parse_hex(
                vt_slice_from_cstr(json_string_value(json_array_get(list, i))), &digest) ||
            !vt_cell_source_recipient(s->session.source, &digest, &text, err) ||
            !vt_cell_recipient_parse(vt_buf_slice(&text),
                                     &s->recipients[s->place.recipient_count], err))
            return vt_within(err, "a recipient of the head");
        s->place.recipient_count++;
    }
    s->place.recipients = s->recipients;
    return true;
}

static bool open_place(struct sharing *s, struct vt_error *err)
{
    const char *country;

    if (!vt_client_session_open(s->args, &s->session, err))
        return false;
    country = vt_client_option(&s->session, VT_SETTING_COUNTRY);
    if (country == NULL)
        return vt_args_misuse(s->args, err,
                              "--policy and --country are needed: they say which cell may "
                              "have your files");
    if (s->session.home[0] == '\0')
        return vt_args_misuse(s->args, err,
                              "--home is needed: what is sent stands in its record");
    s->place = (struct vt_share_place){ .trust = s->session.trust,
                                        .policy = s->session.paper.table,
                                        .country = country,
                                        .head = &s->session.head,
                                        .env = vt_args_env(s->args) };
    return read_recipients(s, err);
}

/* Where the cell takes files: it is the same cell as the session's, or the plan fails. */
static const char *url_of(const struct sharing *s)
{
    const char *to = vt_args_get(s->args, "to");
    const struct vt_residency *table = s->session.paper.table;
    size_t cell = vt_residency_find_cell(table, vt_slice_from_cstr(s->session.cell));

    if (to != NULL)
        return to;
    return vt_arena_cstr(s->session.arena, table->cells[cell].url);
}

/* ---- what would be sent -----------------------------------------------------------------
 */

static bool plan_all(struct sharing *s, struct vt_error *err)
{
    s->count = vt_args_operand_count(s->args);
    s->plans = vt_alloc_array(s->count, sizeof *s->plans);
    for (size_t i = 0; i < s->count; i++)
        if (!vt_share_plan_make(&s->place, vt_args_operand(s->args, i),
                                vt_args_get(s->args, "rule"), &s->plans[i], err))
            return false;
    return true;
}

static void show_all(const struct sharing *s, FILE *out)
{
    for (size_t i = 0; i < s->count; i++) {
        VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));

        vt_share_plan_text(&s->place, &s->plans[i], &text);
        (void)fprintf(out, "%.*s", VT_SLICE_ARGS(vt_buf_slice(&text)));
    }
}

/* Only a y says yes. */
static bool may_send(const struct sharing *s, struct vt_error *err)
{
    char line[16];

    if (vt_args_has(s->args, "yes"))
        return true;
    if (!isatty(STDIN_FILENO))
        return vt_fail(err, VT_REJECTED,
                       "nobody said yes: there is no terminal to ask on; --yes says it");
    (void)fprintf(stderr, "Send it? [y/N] ");
    if (fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y'))
        return true;
    return vt_fail(err, VT_REJECTED, "not sent");
}

/* ---- sending ----------------------------------------------------------------------------
 */

static void tell(struct sharing *s, const struct vt_share_plan *plan,
                 const struct vt_share_request *request,
                 const struct vt_share_outcome *outcome)
{
    char object[65], until[VT_TIME_TEXT_BYTES];

    vt_hash_text(&request->object, object);
    vt_time_write(outcome->until_unix_s, until);
    if (vt_args_is_json(s->args)) {
        (void)json_array_append_new(
            s->told, json_pack("{s:o,s:s,s:b,s:I,s:s}", "file",
                               vt_cli_json_text(vt_slice_from_cstr(plan->path)), "object",
                               object, "held", outcome->is_held, "sent",
                               (json_int_t)outcome->bytes_sent, "until", until));
    } else if (outcome->is_held) {
        (void)printf(
            "%s: the cell has it already, and kept nothing of yours; its receipt is "
            "kept\n",
            plan->path);
    } else {
        (void)printf("%s: shared as %s, kept there until %s; its receipt is kept\n",
                     plan->path, object, until);
    }
}

static bool send_one(struct sharing *s, const struct vt_share_plan *plan,
                     struct vt_disk *home, const struct vt_key *pseudonym,
                     const struct vt_share_door *door, struct vt_error *err)
{
    VT_AUTO_SHARE_PARCEL parcel = { .was_begun = false };
    struct vt_share_outcome outcome;
    const char *name = strrchr(plan->path, '/'), *what;

    name = name != NULL ? name + 1 : plan->path;
    what = plan->rule.len != 0
               ? vt_arena_printf(s->session.arena, "the file %.200s, found by rule %.*s",
                                 name, VT_SLICE_ARGS(plan->rule))
               : vt_arena_printf(s->session.arena, "the file %.200s, asked for by its hash",
                                 name);
    if (!vt_share_parcel_open(home, &s->place, plan, pseudonym, &parcel, err) ||
        !vt_share_send(home, &s->place, &parcel, vt_slice_from_cstr(what), pseudonym, door,
                       &outcome, err))
        return vt_within(err, "%s", plan->path);
    tell(s, plan, &parcel.request, &outcome);
    return true;
}

static bool send_all(struct sharing *s, struct vt_error *err)
{
    struct vt_share_http *http = NULL;
    struct vt_share_door door;
    VT_AUTO_HOME home = NULL;
    VT_AUTO_KEY pseudonym = NULL;
    bool is_ok = vt_share_http_open(url_of(s), &http, err) &&
                 vt_cli_home_open(s->args, &home, err) &&
                 vt_pseudonym_open(home, vt_slice_from_cstr(s->session.cell),
                                   vt_args_env(s->args), &pseudonym, err);

    if (is_ok)
        door = vt_share_http_door(http);
    for (size_t i = 0; is_ok && i < s->count; i++)
        is_ok = send_one(s, &s->plans[i], home, pseudonym, &door, err);
    vt_share_http_close(http);
    return is_ok;
}

/* Without the switch nothing is read from the person's files. */
static bool is_allowed(struct sharing *s, struct vt_error *err)
{
    VT_AUTO_HOME home = NULL;
    struct vt_consent consent;

    return vt_args_has(s->args, "only-show") ||
           (vt_cli_home_open(s->args, &home, err) && vt_consent_read(home, &consent, err) &&
            vt_consent_allows(&consent, VT_CONSENT_SUBMIT, err));
}

/* What is misspelled is found before anybody is connected to. */
static bool are_there(const struct sharing *s, struct vt_error *err)
{
    for (size_t i = 0; i < vt_args_operand_count(s->args); i++) {
        VT_AUTO_FD fd = -1;
        uint64_t size;

        if (!vt_file_open(vt_args_operand(s->args, i), &fd, &size, err))
            return false;
    }
    return true;
}

static bool share(struct sharing *s, struct vt_error *err)
{
    bool is_json = vt_args_is_json(s->args);

    if (!are_there(s, err) || !open_place(s, err) || !is_allowed(s, err) ||
        !plan_all(s, err))
        return false;
    show_all(s, is_json ? stderr : stdout);
    if (vt_args_has(s->args, "only-show")) {
        if (is_json)
            vt_cli_print_json(json_pack("{s:b,s:[]}", "ok", 1, "files"));
        return true;
    }
    if (!may_send(s, err) || !send_all(s, err))
        return false;
    if (is_json)
        vt_cli_print_json(json_pack("{s:b,s:O}", "ok", 1, "files", s->told));
    return true;
}

bool vt_cli_client_share(struct vt_args *args, struct vt_error *err)
{
    struct sharing s = { .args = args, .told = json_array() };
    bool is_ok = share(&s, err);

    vt_client_session_close(&s.session);
    free(s.recipients);
    free(s.plans);
    json_decref(s.told);
    return is_ok;
}
