/* vitrine centre unseal: that sessions took place, for whoever has the file; what was asked
 * in them, for the foundation, which has the key. */
#include "centre/remark_record.h"
#include "centre/source_question.h"
#include "cli/centre_seal.h"
#include "cli/centre_verbs.h"
#include "evidence/field.h"
#include "wire/hex.h"

const struct vt_option vt_cli_centre_unseal_options[] = {
    { "key", "FILE", "the foundation's X25519 key; without it sessions alone are shown",
      false, false },
    VT_OPTION_PASSPHRASE,
    { "session", "ID", "this session alone", false, false },
    { "head", "NUMBER:CHAIN",
      "a head that you remember: is it still there, and nothing before it changed?", false,
      false },
    { "ledger", "PLACE",
      "the release ledger, or a copy: are all heads that were logged in it?", false,
      false },
    { "trust", "FILE", "your own copy of the trust root; goes with --ledger", false,
      false },
    VT_OPTION_MAX_AGE,
    { "centre", "DOMAIN", "whose record it is; goes with --ledger", false, false },
    { NULL, NULL, NULL, false, false },
};

enum { SESSION_HEX = 2 * VT_SEALED_SESSION_BYTES };

/* What the plain part of the records tells of a session. */
struct seen_session {
    char id[SESSION_HEX + 1];
    vt_hash invitation;
    int64_t first_unix_s, last_unix_s;
    uint64_t asked, taken;
    bool is_closed;
};

struct unsealing {
    struct vt_args *args;
    bool has_key;
    struct vt_age_identity identity;
    struct vt_sealed_head wanted; /* of --head; number 0: none */
    bool is_wanted_there;
    bool has_ledger;
    struct vt_supervision call; /* of --ledger */
    struct vt_cli_seal_check logged;
    struct seen_session *rows;
    size_t count;
    json_t *asked; /* NULL: for people */
    uint64_t unreadable;
};

/* ---- sessions ---------------------------------------------------------------------------
 */

static struct seen_session *session_of(struct unsealing *u,
                                       const struct vt_sealed_frame *frame)
{
    struct seen_session *row;
    char id[SESSION_HEX + 1];

    vt_hex_text(VT_BYTES(frame->session), id);
    for (size_t i = u->count; i-- > 0;) /* the newest are asked for most */
        if (strcmp(u->rows[i].id, id) == 0)
            return &u->rows[i];
    u->rows = vt_grow_array(u->rows, u->count + 1, sizeof *u->rows);
    row = &u->rows[u->count++];
    *row = (struct seen_session){ .invitation = frame->invitation,
                                  .first_unix_s = frame->time_unix_ms / 1000 };
    memcpy(row->id, id, sizeof id);
    return row;
}

static void take_session(struct unsealing *u, const struct vt_sealed_frame *frame)
{
    struct seen_session *row = session_of(u, frame);

    row->last_unix_s = frame->time_unix_ms / 1000;
    row->asked += frame->deed == VT_SEALED_ASKED;
    row->taken += frame->deed == VT_SEALED_TAKEN;
    row->is_closed = row->is_closed || frame->deed == VT_SEALED_CLOSED;
}

static json_t *session_json(const struct seen_session *row)
{
    return json_pack("{s:s,s:o,s:o,s:o,s:I,s:I,s:b}", "session", row->id, "invitation",
                     vt_field_of_hash(&row->invitation), "from",
                     vt_field_of_time(row->first_unix_s), "last",
                     vt_field_of_time(row->last_unix_s), "asked", (json_int_t)row->asked,
                     "taken", (json_int_t)row->taken, "closed", row->is_closed);
}

static bool is_shown(const struct unsealing *u, const char *id)
{
    const char *only = vt_args_get(u->args, "session");

    return only == NULL || strcmp(only, id) == 0;
}

/* ---- what was asked ---------------------------------------------------------------------
 */

static json_t *numbers_json(const struct vt_remark_record *record)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < record->number_count; i++)
        (void)json_array_append_new(rows, json_integer(record->numbers[i]));
    return rows;
}

static void add_record(json_t *json, const struct vt_remark_record *r, bool is_refused)
{
    (void)json_object_set_new(json, "kind", json_string(vt_remark_kind_name(r->kind)));
    (void)json_object_set_new(json, "refused", json_boolean(is_refused));
    if (r->kind != VT_REMARKS_TAKE)
        (void)json_object_set_new(json, "note", json_integer(r->number));
    if (r->kind == VT_REMARKS_LIST || r->kind == VT_REMARK_REMOVE)
        return;
    (void)json_object_set_new(json, "product", vt_cli_json_text(r->product));
    (void)json_object_set_new(json, "version", vt_cli_json_text(r->version));
    (void)json_object_set_new(json, "sha256", vt_field_of_hash(&r->digest));
    (void)json_object_set_new(json, "bytes", json_integer(r->bytes));
    (void)json_object_set_new(json, "quoted", json_integer(r->quoted));
    if (r->kind == VT_REMARK_WRITE)
        return;
    (void)json_object_set_new(json, "form", json_string(vt_taking_form_name(r->form)));
    (void)json_object_set_new(json, "notes", numbers_json(r));
}

static json_t *asked_json(const struct vt_sealed_frame *frame,
                          const struct vt_sealed_words *words)
{
    struct vt_source_question q;
    struct vt_remark_record record;
    char id[SESSION_HEX + 1];
    json_t *json;

    vt_hex_text(VT_BYTES(frame->session), id);
    json = json_pack("{s:I,s:o,s:s,s:s}", "record", (json_int_t)frame->number, "time",
                     vt_field_of_time(frame->time_unix_ms / 1000), "session", id, "deed",
                     vt_sealed_deed_name(frame->deed));
    if (vt_remark_record_read(words->question, &record))
        add_record(json, &record, words->is_refused);
    if (frame->deed != VT_SEALED_ASKED || !vt_source_question_read(words->question, &q))
        return json;
    (void)json_object_set_new(json, "kind", json_string(vt_source_kind_name(q.kind)));
    (void)json_object_set_new(json, "product", vt_cli_json_text(q.product));
    (void)json_object_set_new(json, "version", vt_cli_json_text(q.version));
    (void)json_object_set_new(json, "file", json_integer(q.file));
    (void)json_object_set_new(json, "number", json_integer(q.number));
    (void)json_object_set_new(json, "text", vt_cli_json_text(q.text));
    (void)json_object_set_new(json, "regex",
                              json_boolean((q.flags & VT_SEARCH_REGEX) != 0));
    (void)json_object_set_new(json, "any_case",
                              json_boolean((q.flags & VT_SEARCH_ANY_CASE) != 0));
    (void)json_object_set_new(json, "refused", json_boolean(words->is_refused));
    return json;
}

/* What was searched must not write lines of its own, nor steer the terminal. */
static void print_text(const struct vt_source_question *q)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    char *text = vt_arena_cstr(arena, q->text);

    vt_text_make_printable(text, false);
    (void)printf(" \"%s\"%s", text,
                 (q->flags & VT_SEARCH_REGEX) != 0 ? " as an expression" : "");
}

static void print_record(const struct vt_remark_record *r, bool is_refused)
{
    char hex[VT_HEX256_BYTES];

    vt_hash_text(&r->digest, hex);
    if (r->kind == VT_REMARKS_TAKE)
        (void)printf("take %s", vt_taking_form_name(r->form));
    else
        (void)printf("%s %s %ju", vt_remark_kind_name(r->kind),
                     r->kind == VT_REMARKS_LIST ? "notes from" : "note",
                     (uintmax_t)r->number);
    if (r->product.len != 0)
        (void)printf(" of %.*s %.*s", VT_SLICE_ARGS(r->product), VT_SLICE_ARGS(r->version));
    for (size_t i = 0; i < r->number_count; i++)
        (void)printf("%s%ju", i == 0 ? ", notes " : " ", (uintmax_t)r->numbers[i]);
    if (r->kind == VT_REMARKS_TAKE || r->kind == VT_REMARK_WRITE)
        (void)printf(", %ju bytes, %ju quoted, sha256 %s", (uintmax_t)r->bytes,
                     (uintmax_t)r->quoted, hex);
    (void)printf("%s\n", is_refused ? ", refused" : "");
}

static void print_asked(const struct vt_sealed_frame *frame,
                        const struct vt_sealed_words *words)
{
    char id[SESSION_HEX + 1], when[VT_TIME_TEXT_BYTES];
    struct vt_remark_record record;
    struct vt_source_question q;

    vt_hex_text(VT_BYTES(frame->session), id);
    vt_time_write(frame->time_unix_ms / 1000, when);
    (void)printf("%6ju  %s  %.8s  ", (uintmax_t)frame->number, when, id);
    if (vt_remark_record_read(words->question, &record)) {
        print_record(&record, words->is_refused);
        return;
    }
    if (frame->deed != VT_SEALED_ASKED || !vt_source_question_read(words->question, &q)) {
        (void)printf("%s\n", vt_sealed_deed_name(frame->deed));
        return;
    }
    (void)printf("%s %.*s %.*s", vt_source_kind_name(q.kind), VT_SLICE_ARGS(q.product),
                 VT_SLICE_ARGS(q.version));
    if (q.kind == VT_SOURCE_FILE)
        (void)printf(" file %ju", (uintmax_t)q.file);
    if (q.text.len != 0)
        print_text(&q);
    (void)printf("%s\n", words->is_refused ? ", refused" : "");
}

static bool take_frame(void *context, const struct vt_sealed_frame *frame,
                       struct vt_error *err)
{
    struct unsealing *u = context;
    VT_AUTO_BUF plain = vt_buf_init(VT_SEALED_PLAIN_BYTES);
    struct vt_sealed_words words = { .is_refused = false };
    struct vt_error why = { 0 };
    char id[SESSION_HEX + 1];

    (void)err;
    take_session(u, frame);
    vt_cli_seal_check_see(&u->logged, frame);
    if (frame->number == u->wanted.number)
        u->is_wanted_there = vt_hash_equal(&frame->chain, &u->wanted.chain);
    vt_hex_text(VT_BYTES(frame->session), id);
    if (!u->has_key || !is_shown(u, id))
        return true;
    if (!vt_sealed_frame_open(&u->identity, frame, &plain, &words, &why)) {
        u->unreadable++;
        (void)fprintf(stderr, "mind: record %ju does not open: %s\n",
                      (uintmax_t)frame->number, why.message);
        return true;
    }
    if (u->asked == NULL)
        print_asked(frame, &words);
    else
        (void)json_array_append_new(u->asked, asked_json(frame, &words));
    return true;
}

/* ---- the ledger -------------------------------------------------------------------------
 */

static bool read_heads(struct unsealing *u, struct vt_error *err)
{
    const char *centre = vt_args_get(u->args, "centre");

    u->has_ledger = vt_args_has(u->args, "ledger");
    if (u->has_ledger != vt_args_has(u->args, "trust") || u->has_ledger != (centre != NULL))
        return vt_args_misuse(u->args, err, "--ledger, --trust and --centre go together");
    if (!u->has_ledger && vt_args_has(u->args, "max-age"))
        return vt_args_misuse(u->args, err, "--max-age goes with --ledger");
    if (!u->has_ledger)
        return true;
    if (!vt_supervision_read_now(u->args, &u->call, err))
        return false;
    vt_seal_heads_reckon(u->call.story, vt_slice_from_cstr(centre), &u->logged.heads);
    return u->logged.heads.count != 0 ||
           vt_fail(err, VT_REJECTED,
                   "%s: has no head of %s: nobody put one there yet, or it is another "
                   "domain",
                   vt_args_get(u->args, "ledger"), centre);
}

static void print_logged(const struct unsealing *u)
{
    const struct vt_seal_heads *heads = &u->logged.heads;
    const struct vt_strays none = { .count = 0 };
    struct vt_error why = { 0 };

    if (!vt_cli_seal_check_holds(&u->logged, &why))
        (void)printf("NOT WELL   %s\n", why.message);
    else
        (void)printf("%zu head%s of it on the ledger, and nothing up to record %ju was "
                     "changed or taken out\n",
                     heads->count, vt_plural(heads->count),
                     (uintmax_t)heads->rows[heads->count - 1].records);
    vt_supervision_close(&u->call, &none);
}

static json_t *logged_json(const struct unsealing *u)
{
    struct vt_error why = { 0 };
    bool is_ok = vt_cli_seal_check_holds(&u->logged, &why);
    json_t *json = json_pack("{s:b,s:I,s:I,s:o}", "ok", is_ok, "heads",
                             (json_int_t)u->logged.heads.count, "entries",
                             (json_int_t)u->call.story->entries, "seen",
                             vt_field_of_time(u->call.story->seen_unix_s));

    if (!is_ok)
        (void)json_object_set_new(json, "why",
                                  vt_cli_json_text(vt_slice_from_cstr(why.message)));
    return json;
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool read_options(struct unsealing *u, struct vt_error *err)
{
    const char *head = vt_args_get(u->args, "head"), *id = vt_args_get(u->args, "session");
    vt_reader r;
    vt_slice number;
    uint8_t session[VT_SEALED_SESSION_BYTES];

    if (id != NULL && !vt_hex_parse(vt_slice_from_cstr(id), session, sizeof session))
        return vt_args_misuse(u->args, err, "--session: '%s' is not %d hex digits", id,
                              SESSION_HEX);
    if (head != NULL) {
        r = (vt_reader){ vt_slice_from_cstr(head) };
        if (!vt_read_until(&r, ':', &number) ||
            !vt_decimal_parse(number, &u->wanted.number) || u->wanted.number == 0 ||
            !vt_hash_parse_hex(r.rest, &u->wanted.chain))
            return vt_args_misuse(u->args, err,
                                  "--head: a number from 1, ':' and 64 hex digits");
    }
    u->has_key = vt_args_has(u->args, "key");
    return !u->has_key || vt_cli_identity_open(u->args, &u->identity, err);
}

static void print_sessions(const struct unsealing *u)
{
    for (size_t i = 0; i < u->count; i++) {
        const struct seen_session *row = &u->rows[i];
        char from[VT_TIME_TEXT_BYTES], last[VT_TIME_TEXT_BYTES];

        if (!is_shown(u, row->id))
            continue;
        vt_time_write(row->first_unix_s, from);
        vt_time_write(row->last_unix_s, last);
        (void)printf("session %s  %s to %s, %ju asked, %ju at the gate%s\n", row->id, from,
                     last, (uintmax_t)row->asked, (uintmax_t)row->taken,
                     row->is_closed ? ", closed" : "");
    }
}

static json_t *sessions_json(const struct unsealing *u)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < u->count; i++)
        if (is_shown(u, u->rows[i].id))
            (void)json_array_append_new(rows, session_json(&u->rows[i]));
    return rows;
}

static void print_all(const struct unsealing *u, const struct vt_sealed_head *head,
                      bool is_ok)
{
    char chain[65];
    json_t *json;

    if (u->asked == NULL) {
        print_sessions(u);
        vt_hash_text(&head->chain, chain);
        (void)printf("%ju record%s, no gap; head %ju:%s\n", (uintmax_t)head->number,
                     vt_plural(head->number), (uintmax_t)head->number, chain);
        if (u->wanted.number != 0)
            (void)printf("%s\n",
                         u->is_wanted_there
                             ? "the head that you remember is in it: nothing before "
                               "it was changed"
                             : "NOT WELL   the head that you remember is not in it: "
                               "records were taken out or changed");
        if (u->has_ledger)
            print_logged(u);
        return;
    }
    json = json_pack("{s:b,s:I,s:o,s:o,s:I}", "ok", is_ok, "records",
                     (json_int_t)head->number, "chain", vt_field_of_hash(&head->chain),
                     "sessions", sessions_json(u), "unreadable", (json_int_t)u->unreadable);
    if (u->wanted.number != 0)
        (void)json_object_set_new(json, "head_holds", json_boolean(u->is_wanted_there));
    if (u->has_ledger)
        (void)json_object_set_new(json, "logged", logged_json(u));
    if (u->has_key)
        (void)json_object_set(json, "asked", u->asked);
    vt_cli_print_json(json);
}

static bool run(struct unsealing *u, struct vt_error *err)
{
    const vt_sealed_reader reader = { take_frame, u };
    struct vt_error unlogged = { 0 };
    struct vt_sealed_head head;
    bool is_ok;

    if (!read_options(u, err) || !read_heads(u, err) ||
        !vt_sealed_read(vt_args_operand(u->args, 0), reader, &head, err))
        return false;
    if (head.number == 0)
        return vt_fail(err, VT_REJECTED,
                       "%s: holds no record: nobody signed in yet, or it was emptied",
                       vt_args_operand(u->args, 0));
    is_ok = u->unreadable == 0 && (u->wanted.number == 0 || u->is_wanted_there) &&
            vt_cli_seal_check_holds(&u->logged, &unlogged);
    print_all(u, &head, is_ok);
    if (!is_ok)
        vt_args_exit(u->args, VT_EXIT_REFUSED);
    return true;
}

bool vt_cli_centre_unseal(struct vt_args *args, struct vt_error *err)
{
    struct unsealing u = { .args = args };
    bool is_ok;

    if (vt_args_is_json(args))
        u.asked = json_array();
    is_ok = run(&u, err);
    if (u.has_key)
        vt_age_identity_clear(&u.identity);
    vt_seal_heads_clear(&u.logged.heads);
    vt_supervision_end(&u.call);
    free(u.rows);
    json_decref(u.asked);
    return is_ok;
}
