/* vitrine client accesses: who had the key of what this machine shared. */
#include "cell/share_receipt.h"
#include "cli/client.h"
#include "cli/client_agent.h"

const struct vt_option vt_cli_client_accesses_options[] = {
    VT_OPTION_HOME,
    { "agent", "URL", "where the key agent is served", true, false },
    { "trust", "PATH", "the trust root, a file or a pinned folder; else your settings'",
      false, false },
    VT_OPTION_ENROLMENT,
    { "ledger", "URL",
      "the access ledger, or a folder with a copy: each access must stand there", false,
      false },
    { "out", "DIR", "keep the signed lists there, as OBJECT.json", false, false },
    { NULL, NULL, NULL, false, false },
};

struct asking {
    struct vt_args *args;
    struct vt_disk *home;
    const struct vt_sent *sent;
    struct vt_disk *out; /* NULL: lists are not kept */
    struct vt_asker asker;
    json_t *told; /* for --json */
    size_t count; /* of objects that were asked about */
};

/* ---- telling ----------------------------------------------------------------------------
 */

static void print_row(const struct vt_disclosed *row)
{
    char at[VT_TIME_TEXT_BYTES];

    vt_time_write(row->at_unix_s, at);
    (void)printf("  %s  entry %ju  ", at, (uintmax_t)row->entry);
    if (row->deed == VT_AGENT_ERASED)
        (void)printf("erased: its key is never released again\n");
    else if (row->deed == VT_AGENT_REWRAPPED)
        (void)printf("moved: its key was given to another key agent, and to nobody else\n");
    else
        (void)printf("%s%s, by %.*s in %.*s\n",
                     row->reason == VT_ACCESS_EMERGENCY ? "EMERGENCY: " : "",
                     vt_access_reason_name(row->reason), VT_SLICE_ARGS(row->role),
                     VT_SLICE_ARGS(row->jurisdiction));
}

static void print_withdrawn(const struct vt_disclosure *list)
{
    char at[VT_TIME_TEXT_BYTES];

    if (list->withdrawn == 0)
        return;
    vt_time_write(list->withdrawn_unix_s, at);
    (void)printf("  you took it back at %s, record %ju of the agent: its key is never "
                 "released again\n",
                 at, (uintmax_t)list->withdrawn);
}

/* What the list says beside its rows, and no more than that: of an object that moved, and
 * of rows that are not shown, nobody can say here that it was not read. */
static void print_readings(const struct vt_disclosure *list)
{
    bool is_moved = vt_client_count_deeds(list, VT_AGENT_REWRAPPED) != 0;

    if (is_moved)
        (void)printf("  it moved to another cell: readings there are not in this list\n");
    if (vt_client_count_deeds(list, VT_AGENT_RELEASED) == 0 && list->older == 0)
        (void)printf(is_moved ? "  nobody has read it by way of this key agent\n"
                              : "  nobody has read it: its key was never released to "
                                "anybody\n");
}

static void print_list(const struct vt_disclosure *list, const char *object, bool is_held,
                       const char *logged)
{
    char at[VT_TIME_TEXT_BYTES];

    vt_time_write(list->at_unix_s, at);
    (void)printf("%s in cell %.*s\n", object, VT_SLICE_ARGS(list->cell));
    if (is_held)
        (void)printf("  the cell had this file already and kept nothing of yours: readings "
                     "of the other\n  copy are not in this list\n");
    print_withdrawn(list);
    print_readings(list);
    for (size_t i = 0; i < list->count; i++)
        print_row(&list->rows[i]);
    if (list->older != 0)
        (void)printf("  and %ju older ones, which are not shown\n", (uintmax_t)list->older);
    (void)printf("  says the key agent, signed at %s: %ju openings in all, the ledger seen "
                 "up to %ju entries\n",
                 at, (uintmax_t)list->number, (uintmax_t)list->size);
    if (logged == NULL)
        (void)printf("  not held against the ledger: %s\n",
                     list->size == 0 ? "nothing is on it yet" : "--ledger does that");
    else if (list->count == 0)
        (void)printf("  the ledger, cosigned %s, continues the one that the agent saw\n",
                     logged);
    else
        (void)printf("  each of them stands on the ledger, cosigned %s\n", logged);
}

static json_t *list_json(const struct vt_disclosure *list, bool is_held, const char *logged)
{
    json_t *json = json_pack("{s:O,s:I,s:b,s:b}", "list", list->json, "readings",
                             (json_int_t)vt_client_count_deeds(list, VT_AGENT_RELEASED),
                             "held", is_held, "on_ledger", logged != NULL);

    if (logged != NULL)
        (void)json_object_set_new(json, "ledger_cosigned", json_string(logged));
    return json;
}

/* ---- one object -------------------------------------------------------------------------
 */

/* Did the cell say that it had the file from somebody else?  The receipt was checked when
 * it was kept. */
static bool is_held_elsewhere(struct vt_disk *home, const char *object)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_SHARE_RECEIPT_BYTES_MAX);
    VT_AUTO_SHARE_RECEIPT receipt = { .json = NULL };
    struct vt_error ignored = { 0 };
    VT_AUTO_DSSE dsse = { 0 };
    char name[96];

    (void)snprintf(name, sizeof name, "receipts/%s", object);
    return vt_disk_has(home, name) && vt_disk_read(home, name, &bytes, &ignored) &&
           vt_share_receipt_read(vt_buf_slice(&bytes), &dsse, &receipt, &ignored) &&
           receipt.is_held;
}

static bool tell(struct asking *a, const struct vt_disclosure *list, vt_slice bytes,
                 const char *object, struct vt_error *err)
{
    bool is_held = is_held_elsewhere(a->home, object);
    char when[VT_TIME_TEXT_BYTES], name[80];
    const char *logged = NULL;
    int64_t time_unix_s;

    if (a->asker.ledger != NULL && list->size != 0) { /* else the agent has seen none */
        if (!vt_ask_accesses_are_logged(&a->asker, list, &time_unix_s, err))
            return false;
        vt_time_write(time_unix_s, when);
        logged = when;
    }
    (void)snprintf(name, sizeof name, "%s.json", object);
    if (a->out != NULL && !vt_disk_write(a->out, name, bytes, 0600, err))
        return false;
    if (vt_args_is_json(a->args))
        (void)json_array_append_new(a->told, list_json(list, is_held, logged));
    else
        print_list(list, object, is_held, logged);
    return true;
}

/* sent: the line by which it left. */
static bool ask_of(struct asking *a, const struct vt_sent_record *sent,
                   struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX + 1);
    VT_AUTO_FREE struct vt_disclosure *list = vt_alloc(sizeof *list);
    VT_AUTO_CLIENT_BOND bond = { .bytes = { 0 } };
    char object[65];
    bool is_ok;

    vt_hash_text(&sent->sha256, object);
    if (!vt_client_bond_open(a->home, &sent->sha256, &bond, err))
        return false;
    is_ok = vt_ask_accesses(&a->asker, &bond.sealed, &bytes, list, err) &&
            (vt_slice_equal(list->cell, sent->cell) ||
             vt_fail(err, VT_REJECTED, "the list is of the cell %.*s",
                     VT_SLICE_ARGS(list->cell))) &&
            tell(a, list, vt_buf_slice(&bytes), object, err);
    vt_disclosure_clear(list);
    a->count++;
    return is_ok || vt_within(err, "%s", object);
}

/* ---- which ones -------------------------------------------------------------------------
 */

static const struct vt_sent_record *find_sent(const struct vt_sent *sent,
                                              const vt_hash *object)
{
    for (size_t i = 0; i < vt_sent_count(sent); i++) {
        const struct vt_sent_record *line = vt_sent_at(sent, i);

        if (line->kind == VT_SENT_SAMPLE && vt_hash_equal(&line->sha256, object))
            return line;
    }
    return NULL;
}

static bool ask_named(struct asking *a, struct vt_error *err)
{
    for (size_t i = 0; i < vt_args_operand_count(a->args); i++) {
        const char *text = vt_args_operand(a->args, i);
        const struct vt_sent_record *sent;
        vt_hash object;

        if (!vt_hash_parse_hex(vt_slice_from_cstr(text), &object))
            return vt_args_misuse(a->args, err, "'%s' is no id of 64 hex digits", text);
        sent = find_sent(a->sent, &object);
        if (sent == NULL)
            return vt_fail(err, VT_ABSENT, "%s: this machine shared no such file", text);
        if (!ask_of(a, sent, err))
            return false;
    }
    return true;
}

/* What was shared before bonds were kept cannot be asked about. */
static bool ask_all(struct asking *a, struct vt_error *err)
{
    size_t without = 0;

    for (size_t i = 0; i < vt_sent_count(a->sent); i++) {
        const struct vt_sent_record *line = vt_sent_at(a->sent, i);

        if (line->kind != VT_SENT_SAMPLE)
            continue;
        if (!vt_bond_is_there(a->home, &line->sha256))
            without++;
        else if (!ask_of(a, line, err))
            return false;
    }
    if (without != 0 && !vt_args_is_json(a->args))
        (void)printf("%zu file%s more: no bond was kept, so nobody is told who read %s\n",
                     without, vt_plural(without), without == 1 ? "it" : "them");
    return true;
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool ask(struct asking *a, struct vt_error *err)
{
    const char *out = vt_args_get(a->args, "out");

    if (out != NULL && !vt_disk_open(out, true, &a->out, err))
        return false;
    if (!(vt_args_operand_count(a->args) != 0 ? ask_named(a, err) : ask_all(a, err)))
        return false;
    if (vt_args_is_json(a->args))
        vt_cli_print_json(json_pack("{s:b,s:O}", "ok", 1, "objects", a->told));
    else if (a->count == 0)
        (void)printf("this machine shared no file that could be asked about\n");
    return true;
}

bool vt_cli_client_accesses(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_HTTP_CLIENT client = NULL;
    VT_AUTO_HOME home = NULL;
    VT_AUTO_SENT sent = NULL;
    VT_AUTO_JSON told = json_array();
    struct asking a = { .args = args,
                        .told = told,
                        .asker = { .agent = vt_args_get(args, "agent"),
                                   .ledger = vt_args_get(args, "ledger"),
                                   .keyring = &keyring.keyring,
                                   .env = vt_args_env(args) } };
    struct vt_error ignored = { 0 };
    bool is_ok;

    if (!vt_http_url_check(a.asker.agent, &ignored))
        return vt_args_misuse(args, err, "--agent is an http or https address");
    if (!vt_cli_home_read(args, &home, err) || !vt_sent_open(home, &sent, err) ||
        !vt_cli_client_keyring(args, home, &keyring, err) ||
        !vt_http_client_new(&client, err))
        return false;
    a.home = home;
    a.sent = sent;
    a.asker.client = client;
    is_ok = ask(&a, err);
    vt_disk_close(a.out);
    return is_ok;
}
