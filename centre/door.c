/* See door.h. */
#include "centre/door.h"
#include "centre/door_notes.h"
#include "centre/knock.h"
#include "centre/porter.h"
#include "centre/problem.h"
#include "centre/source_question.h"
#include "wire/base64.h"
#include "wire/json.h"

#define COOKIE       "vitrine-session"
#define COOKIE_RULES "; Path=/; HttpOnly; Secure; SameSite=Strict"

enum { KNOCKS_A_SECOND = 40, MILLI = 1000, LINED_UP_MAX = 1024 };

struct waiting {
    struct vt_http_exchange *exchange; /* NULL: the place is free */
    enum vt_knock_verb verb;
};

/* A whole knock that waits for a place. */
struct lined_up {
    struct waiting who;
    struct vt_buf knock;
};

struct vt_door {
    struct vt_channel porter;
    struct waiting places[VT_CENTRE_ASKED_MAX];
    struct lined_up line[LINED_UP_MAX]; /* a ring */
    size_t line_first, line_count;
    /* Thousandths of a knock without a session that may be taken now. */
    uint64_t tokens;
    int64_t tokens_ms;
};

struct vt_door *vt_door_new(int porter_fd)
{
    struct vt_door *door = vt_alloc(sizeof *door);

    door->porter = vt_channel_init(porter_fd);
    door->tokens = MILLI * KNOCKS_A_SECOND;
    door->tokens_ms = vt_monotonic_ms();
    return door;
}

void vt_door_free(struct vt_door *door)
{
    if (door == NULL)
        return;
    vt_channel_clear(&door->porter);
    for (size_t i = 0; i < LINED_UP_MAX; i++)
        vt_buf_clear(&door->line[i].knock);
    free(door);
}

int vt_door_fd(const struct vt_door *door)
{
    return door->porter.fd;
}

/* ---- requests as fields -----------------------------------------------------------------
 */

/* What a knock's fields point into. */
struct parcel {
    struct vt_buf bytes[VT_KNOCK_FIELDS_MAX];
    json_t *body;
    struct vt_knock knock;
};

static void parcel_clear(struct parcel *parcel)
{
    for (size_t i = 0; i < VT_KNOCK_FIELDS_MAX; i++)
        vt_buf_clear(&parcel->bytes[i]);
    json_decref(parcel->body);
}

/* The session's token out of Cookie; empty: none.  A cookie that stands twice is none. */
static vt_slice token_of(const struct vt_http_exchange *exchange)
{
    vt_reader r = { vt_http_header(exchange, "Cookie") };
    vt_slice found = { 0 };
    size_t count = 0;

    while (r.rest.len != 0) {
        vt_slice one, name;
        vt_reader pair;

        if (!vt_read_until(&r, ';', &one)) {
            one = r.rest;
            r.rest = (vt_slice){ 0 };
        }
        while (one.len != 0 && one.data[0] == ' ')
            one = vt_slice_sub(one, 1, one.len - 1);
        pair = (vt_reader){ one };
        if (!vt_read_until(&pair, '=', &name) || !vt_slice_is(name, COOKIE))
            continue;
        found = pair.rest;
        count++;
    }
    return count == 1 && found.len == VT_PORTER_TOKEN_HEX ? found : (vt_slice){ 0 };
}

static bool take_base64(struct parcel *p, size_t field, const char *name,
                        struct vt_error *err)
{
    vt_slice text;

    p->bytes[field] = vt_buf_init(VT_KNOCK_FIELD_BYTES_MAX);
    if (!vt_json_get_text(p->body, "the request", name, &text, err) ||
        !vt_base64_parse(text, &p->bytes[field], err))
        return vt_within(err, "%s", name);
    p->knock.fields[field] = vt_buf_slice(&p->bytes[field]);
    return true;
}

static bool take_text(struct parcel *p, size_t field, const char *name, bool is_optional,
                      struct vt_error *err)
{
    vt_slice text;

    if (is_optional && !vt_json_has(p->body, name))
        return true;
    if (!vt_json_get_text(p->body, "the request", name, &text, err))
        return false;
    if (text.len > VT_KNOCK_FIELD_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: over %d bytes", name, VT_KNOCK_FIELD_BYTES_MAX);
    p->knock.fields[field] = text;
    return true;
}

static bool take_question(struct parcel *p, size_t field, struct vt_error *err)
{
    static const char *const names[] = { "product", "version",  "kind", "file", "number",
                                         "regex",   "any_case", "text", NULL };
    struct vt_source_question q = { .flags = 0 }, again;
    vt_slice kind;

    p->bytes[field] = vt_buf_init(VT_KNOCK_FIELD_BYTES_MAX);
    if (!vt_json_only(p->body, "the request", names, err) ||
        !vt_json_get_text(p->body, "the request", "product", &q.product, err) ||
        !vt_json_get_text(p->body, "the request", "version", &q.version, err) ||
        !vt_json_get_text(p->body, "the request", "kind", &kind, err) ||
        (vt_json_has(p->body, "text") &&
         !vt_json_get_text(p->body, "the request", "text", &q.text, err)) ||
        !vt_door_get_number(p->body, "file", &q.file, err) ||
        !vt_door_get_number(p->body, "number", &q.number, err))
        return false;
    if (json_is_true(json_object_get(p->body, "regex")))
        q.flags |= VT_SEARCH_REGEX;
    if (json_is_true(json_object_get(p->body, "any_case")))
        q.flags |= VT_SEARCH_ANY_CASE;
    if (!vt_source_kind_of(kind, &q.kind) || q.kind == VT_SOURCE_QUOTED)
        return vt_fail(err, VT_MALFORMED, "kind: there is no such question");
    if (q.text.len > VT_SOURCE_TEXT_BYTES_MAX || q.product.len > VT_SOURCE_NAME_BYTES_MAX ||
        q.version.len > VT_SOURCE_NAME_BYTES_MAX)
        return vt_fail(err, VT_MALFORMED, "text, product or version: too long");
    vt_source_question_write(&q, &p->bytes[field]);
    p->knock.fields[field] = vt_buf_slice(&p->bytes[field]);
    return vt_source_question_read(p->knock.fields[field], &again) ||
           vt_fail(err, VT_MALFORMED, "no question about source has this form");
}

/* ---- which request ----------------------------------------------------------------------
 */

static bool take_challenge(struct parcel *p, struct vt_error *err)
{
    static const char *const names[] = { "code", NULL };

    return vt_json_only(p->body, "the request", names, err) &&
           take_text(p, 0, "code", true, err);
}

static bool take_enrol(struct parcel *p, struct vt_error *err)
{
    static const char *const names[] = { "code", "client_data", "authenticator_data",
                                         NULL };

    return vt_json_only(p->body, "the request", names, err) &&
           take_text(p, 0, "code", false, err) && take_base64(p, 1, "client_data", err) &&
           take_base64(p, 2, "authenticator_data", err);
}

static bool take_enter(struct parcel *p, struct vt_error *err)
{
    static const char *const names[] = { "credential", "client_data", "authenticator_data",
                                         "signature", NULL };

    return vt_json_only(p->body, "the request", names, err) &&
           take_base64(p, 1, "credential", err) && take_base64(p, 2, "client_data", err) &&
           take_base64(p, 3, "authenticator_data", err) &&
           take_base64(p, 4, "signature", err);
}

static bool take_leave(struct parcel *p, struct vt_error *err)
{
    static const char *const names[] = { NULL };

    return vt_json_only(p->body, "the request", names, err);
}

static bool take_ask(struct parcel *p, struct vt_error *err)
{
    return take_question(p, 2, err);
}

static bool take_notes(struct parcel *p, struct vt_error *err)
{
    p->bytes[2] = vt_buf_init(VT_KNOCK_FIELD_BYTES_MAX);
    p->bytes[3] = vt_buf_init(VT_KNOCK_FIELD_BYTES_MAX);
    if (!vt_door_notes_take(p->body, &p->bytes[2], &p->bytes[3], err))
        return false;
    p->knock.fields[2] = vt_buf_slice(&p->bytes[2]);
    p->knock.fields[3] = vt_buf_slice(&p->bytes[3]);
    return true;
}

static const struct {
    const char *path;
    enum vt_knock_verb verb;
    bool (*take)(struct parcel *parcel, struct vt_error *err);
    bool has_csrf;
} requests[] = {
    { "/api/v1/session/challenge", VT_KNOCK_CHALLENGE, take_challenge, false },
    { "/api/v1/session/enrol", VT_KNOCK_ENROL, take_enrol, false },
    { "/api/v1/session/open", VT_KNOCK_ENTER, take_enter, false },
    { "/api/v1/session", VT_KNOCK_LOOK, NULL, false },
    { "/api/v1/session/close", VT_KNOCK_LEAVE, take_leave, true },
    { "/api/v1/source", VT_KNOCK_ASK, take_ask, true },
    { "/api/v1/notes", VT_KNOCK_NOTES, take_notes, true },
    { "/api/v1/sealed", VT_KNOCK_SEAL, NULL, false },
};

enum { REQUESTS = sizeof requests / sizeof requests[0] };

/* Old browsers do not send Sec-Fetch-Site; SameSite and the header below stand anyway. */
static bool is_foreign(const struct vt_http_exchange *exchange)
{
    vt_slice site = vt_http_header(exchange, "Sec-Fetch-Site");

    return site.len != 0 && !vt_slice_is(site, "same-origin");
}

/* Status 0: the knock is made. */
static int take_request(const struct vt_http_exchange *exchange, size_t which,
                        struct parcel *p, struct vt_error *err)
{
    vt_slice type = vt_http_header(exchange, "Content-Type");

    if (is_foreign(exchange)) {
        (void)vt_fail(err, VT_REJECTED, "only pages of this Centre may ask this");
        return VT_HTTP_FORBIDDEN;
    }
    p->knock.verb = requests[which].verb;
    if (vt_knock_has_session(p->knock.verb))
        p->knock.fields[0] = token_of(exchange);
    if (requests[which].has_csrf)
        p->knock.fields[1] = vt_http_header(exchange, "X-Vitrine-Session");
    if (p->knock.fields[1].len > VT_PORTER_TOKEN_HEX)
        p->knock.fields[1] = (vt_slice){ 0 };
    if (requests[which].take == NULL)
        return 0;
    if (!vt_slice_is(type, "application/json")) {
        (void)vt_fail(err, VT_REJECTED, "Content-Type: must be application/json");
        return VT_HTTP_UNSUPPORTED_TYPE;
    }
    return vt_json_parse(vt_http_body(exchange), "the request", &p->body, err) &&
                   requests[which].take(p, err)
               ? 0
               : VT_HTTP_BAD_REQUEST;
}

/* ---- knocking ---------------------------------------------------------------------------
 */

/* Guesses are slowed down for all together; a session has a rate of its own. */
static bool may_knock(struct vt_door *door, enum vt_knock_verb verb)
{
    int64_t now_ms = vt_monotonic_ms();
    uint64_t passed_ms = (uint64_t)(now_ms - door->tokens_ms); /* never goes back */

    if (verb != VT_KNOCK_ENTER && vt_knock_has_session(verb))
        return true;
    door->tokens_ms = now_ms;
    door->tokens += (passed_ms < MILLI ? passed_ms : MILLI) * KNOCKS_A_SECOND;
    if (door->tokens > MILLI * KNOCKS_A_SECOND)
        door->tokens = MILLI * KNOCKS_A_SECOND;
    if (door->tokens < MILLI)
        return false;
    door->tokens -= MILLI;
    return true;
}

/* Those who have stood in line for the longest take the places that are free.  Where the
 * channel is full of knocks the rest wait for the answer to one of them: if we waited for
 * the porter he might be waiting for us to read. */
static bool admit(struct vt_door *door, struct vt_error *err)
{
    uint32_t place = 0;
    bool is_sent;

    for (; door->line_count != 0; place++) {
        struct lined_up *next = &door->line[door->line_first];

        while (place < VT_CENTRE_ASKED_MAX && door->places[place].exchange != NULL)
            place++;
        if (place == VT_CENTRE_ASKED_MAX)
            return true;
        vt_knock_set_place(&next->knock, place);
        if (!vt_channel_try_send(&door->porter, VT_CENTRE_KNOCK, vt_buf_slice(&next->knock),
                                 &is_sent, err))
            return false;
        if (!is_sent)
            return true;
        door->places[place] = next->who;
        vt_buf_clear(&next->knock);
        door->line_first = (door->line_first + 1) % LINED_UP_MAX;
        door->line_count--;
    }
    return true;
}

static bool send_knock(struct vt_door *door, struct vt_http_exchange *exchange,
                       struct parcel *p, struct vt_error *err)
{
    struct lined_up *last =
        &door->line[(door->line_first + door->line_count) % LINED_UP_MAX];

    if (door->line_count == LINED_UP_MAX || !may_knock(door, p->knock.verb)) {
        vt_http_set_header(exchange, "Retry-After", "1");
        vt_centre_problem(exchange, VT_HTTP_TOO_MANY, "too many at once, try again");
        return true;
    }
    last->who = (struct waiting){ exchange, p->knock.verb };
    last->knock = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_knock_write(&p->knock, &last->knock);
    door->line_count++;
    return admit(door, err);
}

bool vt_door_knock(struct vt_door *door, struct vt_http_exchange *exchange,
                   struct vt_error *err)
{
    struct parcel parcel = { .body = NULL };
    struct vt_error why = { 0 };
    bool is_ok = true;
    size_t which = 0;
    int status;

    while (which < REQUESTS && !vt_slice_is(vt_http_path(exchange), requests[which].path))
        which++;
    if (door == NULL || which == REQUESTS) {
        vt_centre_problem(exchange, VT_HTTP_NOT_FOUND,
                          door == NULL ? "no reviewers come in here"
                                       : "there is nothing here");
        return true;
    }
    status = take_request(exchange, which, &parcel, &why);
    if (status != 0)
        vt_centre_problem(exchange, status, why.message);
    else
        is_ok = send_knock(door, exchange, &parcel, err);
    parcel_clear(&parcel);
    return is_ok;
}

/* ---- answering --------------------------------------------------------------------------
 */

static void set_cookie(struct vt_http_exchange *exchange, vt_slice token)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    vt_buf_printf(&text, COOKIE "=%.*s" COOKIE_RULES "%s", VT_SLICE_ARGS(token),
                  token.len == 0 ? "; Max-Age=0" : "");
    vt_http_set_header(exchange, "Set-Cookie", vt_buf_cstr(&text));
}

bool vt_door_answer(struct vt_door *door, struct vt_error *err)
{
    struct vt_message message;
    struct vt_centre_answer answer;
    struct waiting *place;
    struct waiting was;

    if (!vt_channel_receive(&door->porter, 0, &message, err))
        return false;
    if (message.type != VT_CENTRE_ANSWER || !vt_centre_answer_read(message.body, &answer) ||
        door->places[answer.place].exchange == NULL)
        return vt_fail(err, VT_MALFORMED, "the porter answered what nobody asked");
    place = &door->places[answer.place];
    was = *place;
    *place = (struct waiting){ NULL, VT_KNOCK_CHALLENGE };
    if (was.verb == VT_KNOCK_ENTER && answer.status == VT_HTTP_OK) {
        if (answer.bytes.len < VT_PORTER_TOKEN_HEX)
            return vt_fail(err, VT_MALFORMED,
                           "the porter opened a session without a token");
        set_cookie(was.exchange, vt_slice_sub(answer.bytes, 0, VT_PORTER_TOKEN_HEX));
        answer.bytes = vt_slice_sub(answer.bytes, VT_PORTER_TOKEN_HEX,
                                    answer.bytes.len - VT_PORTER_TOKEN_HEX);
    } else if (was.verb == VT_KNOCK_LEAVE &&
               (answer.status == VT_HTTP_OK || answer.status == VT_HTTP_UNAUTHORIZED)) {
        /* The session is over; after any other answer it is not. */
        set_cookie(was.exchange, (vt_slice){ 0 });
    }
    vt_http_set_header(was.exchange, "Cache-Control", "no-store");
    vt_http_answer(was.exchange, answer.status, vt_centre_type_name(answer.type),
                   answer.bytes);
    return admit(door, err);
}
