/* Asking witnesses.  All requests are under way at once; each witness is a small life of
 * its own: ask with the size that it probably has, and on 409 once more with the size that
 * it named, until it ends in one of the ways that the header lists. */
#include "ledger/witness_client.h"
#include "crypto/verify_note.h"
#include "http/http.h"
#include "ledger/checkpoint.h"
#include "ledger/mirror_feed.h"
#include "ledger/witness_request.h"

enum {
    TIMEOUT_MS = 5000,
    FEED_TIMEOUT_MS = 30000,
    TOTAL_MS = 15000,
    ANSWER_BYTES_MAX = 64 << 10,
    URL_BYTES_MAX = 1024,
    REASON_BYTES = 100,
    TRIES_MAX = 4,          /* others may submit to the same witness meanwhile */
    CLOCK_AHEAD_S_MAX = 600 /* a cosignature from the future would move our time */
};

/* What is known of one witness from one asking to the next. */
struct known {
    bool has_size;
    uint64_t size; /* that it has cosigned last (a mirror: that is pending) */
    enum { UNKNOWN, WITNESS, MIRROR } kind;
    uint64_t next; /* that a mirror lacked */
};

struct vt_witness_client {
    const struct vt_policy *policy;
    const struct vt_env *env;
    struct vt_http_client *http;
    struct known known[VT_POLICY_WITNESSES_MAX];
};

struct one {
    const struct vt_policy_witness *witness;
    struct vt_witness_report *report;
    struct known *known;
    struct vt_http_call call;
    struct vt_buf body;
    char url[URL_BYTES_MAX];
    struct vt_feed feed; /* on: it is a mirror that says what it lacks */
    uint64_t old_size;   /* in the question under way */
    unsigned tries;
    bool is_open;  /* not ended yet */
    vt_slice line; /* its verified cosignature, in call.answer */
};

struct asking {
    struct vt_witness_client *client;
    const struct vt_witness_asking *told;
    struct vt_checkpoint checkpoint;
    int64_t started_ms;
    struct one ones[VT_POLICY_WITNESSES_MAX];
    bool has_signed[VT_POLICY_WITNESSES_MAX];
};

const char *vt_witness_end_name(enum vt_witness_end end)
{
    static const char *const names[] = { "cosigned",    "not-asked", "not-needed",
                                         "unreachable", "late",      "refused",
                                         "ahead",       "wrong" };

    return names[end];
}

bool vt_witness_client_new(const struct vt_policy *policy, const struct vt_env *env,
                           struct vt_witness_client **client_out, struct vt_error *err)
{
    struct vt_http_client *http;

    if (!vt_http_client_new(&http, err))
        return false;
    *client_out = vt_alloc(sizeof **client_out);
    **client_out = (struct vt_witness_client){ .policy = policy, .env = env, .http = http };
    return true;
}

void vt_witness_client_free(struct vt_witness_client *client)
{
    if (client == NULL)
        return;
    vt_http_client_free(client->http);
    free(client);
}

void vt_witness_client_free_pointer(struct vt_witness_client **client)
{
    vt_witness_client_free(*client);
}

/* ---- one witness
 * -------------------------------------------------------------------------
 */

VT_PRINTF(4, 5)
static void end(struct asking *a, struct one *one, enum vt_witness_end how,
                const char *format, ...)
{
    struct vt_error said = { 0 }; /* cleans what others wrote */
    char message[sizeof said.message];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (message[0] != '\0')
        (void)vt_fail(&said, VT_REJECTED, "%s", message);
    one->report->end = how;
    one->report->took_ms = vt_monotonic_ms() - a->started_ms;
    memcpy(one->report->message, said.message, sizeof said.message);
    one->is_open = false;
}

static bool write_question(struct asking *a, struct one *one, struct vt_error *err)
{
    uint64_t size = a->checkpoint.size;
    struct vt_proof proof = { .count = 0 };

    if (one->old_size != 0 && one->old_size < size &&
        !a->told->prove(a->told->context, one->old_size, size, &proof, err))
        return false;
    vt_buf_clear(&one->body);
    one->body = vt_buf_init(VT_WITNESS_REQUEST_BYTES_MAX);
    vt_witness_request_write(&one->body, one->old_size, proof.hashes, proof.count,
                             a->told->note);
    return vt_buf_check(&one->body, "the question to a witness", err);
}

/* False only when we ourselves cannot ask. */
static bool send(struct asking *a, struct one *one, const char *path, int64_t timeout_ms)
{
    struct vt_error refusal = { 0 };
    vt_slice url = one->witness->url;
    int len;

    while (url.len != 0 && url.data[url.len - 1] == '/')
        url.len--;
    len = snprintf(one->url, sizeof one->url, "%.*s%s", VT_SLICE_ARGS(url), path);
    if (len < 0 || (size_t)len >= sizeof one->url) {
        end(a, one, VT_WITNESS_NOT_ASKED, "its address is longer than %zu bytes",
            sizeof one->url);
        return true;
    }
    one->call.url = one->url;
    one->call.method = "POST";
    one->call.body = vt_buf_slice(&one->body);
    one->call.answer_bytes_max = ANSWER_BYTES_MAX;
    one->call.timeout_ms = a->told->timeout_ms > 0 ? a->told->timeout_ms : timeout_ms;
    one->call.context = one;
    if (!vt_http_client_start(a->client->http, &one->call, &refusal))
        end(a, one, VT_WITNESS_UNREACHABLE, "%s", refusal.message);
    return true;
}

/* False only when we ourselves cannot ask. */
static bool ask(struct asking *a, struct one *one, uint64_t old_size, struct vt_error *err)
{
    one->old_size = old_size;
    one->tries++;
    return write_question(a, one, err) && send(a, one, "/add-checkpoint", TIMEOUT_MS);
}

static bool begin(struct asking *a, size_t i, struct vt_error *err)
{
    struct one *one = &a->ones[i];
    uint64_t old_size = one->known->has_size ? one->known->size : a->told->hint_size;

    one->is_open = true;
    if (one->witness->url.len == 0) {
        end(a, one, VT_WITNESS_NOT_ASKED, "the policy names no address for it");
        return true;
    }
    if (a->told->is_for_mirrors && one->known->kind == WITNESS) {
        end(a, one, VT_WITNESS_NOT_NEEDED, "it is no mirror");
        return true;
    }
    return ask(a, one, old_size < a->checkpoint.size ? old_size : a->checkpoint.size, err);
}

/* ---- mirrors ----------------------------------------------------------------------------
 */

/* The next packages, or a question for what it lacks.  That our own folder has not what it
 * needs ends this one alone. */
static bool feed(struct asking *a, struct one *one)
{
    struct vt_error why = { 0 };

    vt_buf_clear(&one->body);
    one->body = vt_buf_init(VT_FEED_BYTES_MAX);
    one->call.content_type = "application/octet-stream";
    one->call.is_gzipped = true;
    if (vt_feed_write(&one->feed, a->told->shelf, a->checkpoint.origin, &one->body, &why))
        return send(a, one, "/add-entries", FEED_TIMEOUT_MS);
    end(a, one, VT_WITNESS_REFUSED, "we cannot feed it: %s", why.message);
    return true;
}

/* Up to `size`, which is our checkpoint's, or a larger one that it was told of. */
static bool begin_feeding(struct asking *a, struct one *one, uint64_t size)
{
    one->known->kind = MIRROR;
    one->report->is_mirror = true;
    vt_feed_begin(&one->feed, one->known->next != 0 ? one->known->next : size, size);
    return feed(a, one);
}

/* 202 or 409: it says where it is. */
static bool take_progress(struct asking *a, struct one *one)
{
    struct vt_error why = { 0 };

    if (!vt_feed_take(&one->feed, one->call.status == VT_HTTP_CONFLICT,
                      vt_buf_slice(&one->call.answer), &why)) {
        end(a, one, VT_WITNESS_WRONG, "its answer: %s", why.message);
        return true;
    }
    one->known->next = one->report->next = one->feed.start;
    return feed(a, one);
}

/* ---- what it answered
 * --------------------------------------------------------------------
 */

/* The first line of the answer that is by this key. */
static vt_slice find_line(const struct vt_note *note, const struct vt_vkey *vkey)
{
    for (size_t i = 0; i < note->signature_count; i++)
        if (note->signatures[i].id == vkey->id &&
            vt_slice_equal(note->signatures[i].name, vkey->name))
            return note->signatures[i].line;
    return (vt_slice){ 0 };
}

/* Text, blank line, lines, as a note that this witness alone must have signed. */
static bool verify_lines(struct asking *a, struct one *one, vt_slice text, vt_slice lines,
                         struct vt_note *note, struct vt_note_finding *finding,
                         struct vt_buf *bytes, struct vt_error *err)
{
    if (lines.len == 0)
        return vt_fail(err, VT_MALFORMED,
                       "no signature line; perhaps it signs with another key");
    vt_buf_truncate(bytes, 0);
    vt_buf_put(bytes, text);
    vt_buf_put_u8(bytes, '\n');
    vt_buf_put(bytes, lines);
    if (!vt_buf_check(bytes, "answer", err) ||
        !vt_note_parse(vt_buf_slice(bytes), note, err))
        return false;
    /* A blank line in the answer would make its beginning part of what is signed. */
    if (note->text.len != text.len)
        return vt_fail(err, VT_MALFORMED, "more than signature lines");
    if (!vt_note_verify(note, &one->witness->vkey, 1, finding, err))
        return false;
    if (finding->time_unix_s <= 0 ||
        finding->time_unix_s > vt_env_now_unix_s(a->client->env) + CLOCK_AHEAD_S_MAX)
        return vt_fail(err, VT_REJECTED, "its time %jd is not ours: look at both clocks",
                       (intmax_t)finding->time_unix_s);
    return true;
}

/* Has the answer a line of its key? */
static bool has_line(struct asking *a, const struct one *one)
{
    VT_AUTO_FREE struct vt_note *note = vt_alloc(sizeof *note);
    VT_AUTO_BUF bytes = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_error ignored = { 0 };

    vt_buf_put(&bytes, a->told->note);
    vt_buf_put(&bytes, vt_buf_slice(&one->call.answer));
    return !vt_note_parse(vt_buf_slice(&bytes), note, &ignored) ||
           find_line(note, &one->witness->vkey).len != 0;
}

/* All of what it says, as it is; its form is the note's. */
static bool take_unchecked(struct asking *a, struct one *one, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_note *note = vt_alloc(sizeof *note);
    VT_AUTO_BUF bytes = vt_buf_init(VT_NOTE_BYTES_MAX);

    one->line = vt_buf_slice(&one->call.answer);
    vt_buf_put(&bytes, a->told->note);
    vt_buf_put(&bytes, one->line);
    return one->line.len != 0 ? vt_note_parse(vt_buf_slice(&bytes), note, err)
                              : vt_fail(err, VT_MALFORMED, "no signature");
}

/* Is there a good cosignature by this witness in the answer, and no bad one?  The line that
 * is taken is then judged alone: of two good ones, what is true of one need not be true of
 * the other. */
static bool verify_answer(struct asking *a, struct one *one, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_note *note = vt_alloc(sizeof *note);
    VT_AUTO_BUF bytes = vt_buf_init(VT_NOTE_BYTES_MAX),
                alone = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_note_finding finding = { 0 };
    vt_slice text, line, answer = vt_buf_slice(&one->call.answer);

    if (!vt_note_parse(a->told->note, note, err))
        return false;
    text = note->text;
    if (!verify_lines(a, one, text, answer, note, &finding, &bytes, err))
        return false;
    line = find_line(note, &one->witness->vkey);
    VT_ASSERT(line.len != 0); /* it was verified */
    one->line = vt_slice_sub(
        answer, (size_t)(line.data - bytes.data) - (bytes.len - answer.len), line.len);
    if (!verify_lines(a, one, text, one->line, note, &finding, &alone, err))
        return false;
    one->report->time_unix_s = finding.time_unix_s;
    return true;
}

static void take_cosignature(struct asking *a, struct one *one)
{
    struct vt_error err = { 0 };

    if (!(a->told->is_unchecked ? take_unchecked(a, one, &err)
                                : verify_answer(a, one, &err))) {
        end(a, one, VT_WITNESS_WRONG, "its answer: %s", err.message);
        return;
    }
    one->known->has_size = true;
    one->known->size = one->report->size = a->checkpoint.size;
    a->has_signed[one - a->ones] = true;
    end(a, one, VT_WITNESS_COSIGNED, "%s", "");
}

/* 200.  Of a mirror: to the checkpoint, or to all of its entries. */
static bool take_yes(struct asking *a, struct one *one)
{
    if (!one->feed.is_on && a->told->shelf != NULL &&
        (a->told->is_unchecked || !has_line(a, one))) {
        one->known->has_size = true;
        one->known->size = a->checkpoint.size;
        return begin_feeding(a, one, a->checkpoint.size);
    }
    if (one->feed.is_on) {
        one->known->next = one->report->next = one->feed.end;
    } else {
        one->known->kind = WITNESS;
    }
    if (one->feed.is_on && one->feed.end != a->checkpoint.size)
        end(a, one, VT_WITNESS_AHEAD,
            "it keeps %ju entries of this log now, we asked for %ju",
            (uintmax_t)one->feed.end, (uintmax_t)a->checkpoint.size);
    else
        take_cosignature(a, one);
    return true;
}

/* 409: it has cosigned another size.  False only when we ourselves cannot ask again. */
static bool take_conflict(struct asking *a, struct one *one, struct vt_error *err)
{
    vt_slice body = vt_buf_slice(&one->call.answer);
    uint64_t size;

    if (body.len == 0 || body.data[body.len - 1] != '\n' ||
        !vt_decimal_parse(vt_slice_sub(body, 0, body.len - 1), &size)) {
        end(a, one, VT_WITNESS_WRONG, "it answered 409 without a size");
        return true;
    }
    one->known->has_size = true;
    one->known->size = one->report->size = size;
    if (size > a->checkpoint.size && a->told->shelf != NULL &&
        (one->known->kind == MIRROR || a->told->is_for_mirrors))
        return begin_feeding(a, one, size); /* somebody told it of a later one */
    if (size > a->checkpoint.size)
        end(a, one, VT_WITNESS_AHEAD,
            "it has cosigned %ju entries of this log, we have %ju: somebody else writes "
            "this log, or we lost entries",
            (uintmax_t)size, (uintmax_t)a->checkpoint.size);
    else if (size == one->old_size && size == a->checkpoint.size)
        end(a, one, VT_WITNESS_REFUSED,
            "it answered 409: it knows another history of these %ju entries",
            (uintmax_t)size);
    else if (size == one->old_size)
        end(a, one, VT_WITNESS_WRONG, "it answered 409 with the very size we named, %ju",
            (uintmax_t)size);
    else if (one->tries == TRIES_MAX)
        end(a, one, VT_WITNESS_REFUSED, "its size moved %d times while we asked",
            TRIES_MAX);
    else
        return ask(a, one, size, err);
    return true;
}

/* The first line of what it said, for people. */
static vt_slice first_line(const struct one *one)
{
    vt_slice body = vt_buf_slice(&one->call.answer);
    size_t len = 0;

    while (len < body.len && len < 120 && body.data[len] != '\n')
        len++;
    return vt_slice_sub(body, 0, len);
}

/* What a witness's no means for whoever runs the log.
 * Spec: tlog-witness, "add-checkpoint" */
static void end_refused(struct asking *a, struct one *one)
{
    const char *why = "";

    if (!one->feed.is_on && one->call.status == VT_HTTP_NOT_FOUND)
        why = ": it does not know this log";
    else if (!one->feed.is_on && one->call.status == VT_HTTP_FORBIDDEN)
        why = ": it knows no key that signed this";
    if (!one->feed.is_on && one->call.status == VT_HTTP_UNPROCESSABLE)
        end(a, one, VT_WITNESS_REFUSED,
            "it answered 422: it knows another history, of %ju entries",
            (uintmax_t)one->old_size);
    else
        end(a, one, VT_WITNESS_REFUSED, "it answered %d%s: %.*s", one->call.status, why,
            VT_SLICE_ARGS(first_line(one)));
}

static bool take_answer(struct asking *a, struct one *one, struct vt_error *err)
{
    if (!one->is_open)
        return true;
    one->report->status = one->call.status;
    if (one->call.is_late)
        end(a, one, VT_WITNESS_LATE, "%s", one->call.failure.message);
    else if (one->call.failure.code != VT_OK)
        end(a, one,
            one->call.failure.code == VT_LIMIT ? VT_WITNESS_WRONG : VT_WITNESS_UNREACHABLE,
            "%s", one->call.failure.message);
    else if (one->call.status == VT_HTTP_OK)
        return take_yes(a, one);
    else if (one->feed.is_on &&
             (one->call.status == VT_HTTP_CONFLICT || one->call.status == VT_HTTP_ACCEPTED))
        return take_progress(a, one);
    else if (one->call.status == VT_HTTP_CONFLICT)
        return take_conflict(a, one, err);
    else
        end_refused(a, one);
    return true;
}

/* ---- all of them
 * -------------------------------------------------------------------------
 */

static bool is_anybody_open(const struct asking *a)
{
    for (size_t i = 0; i < a->client->policy->witness_count; i++)
        if (a->ones[i].is_open)
            return true;
    return false;
}

/* Until when we wait from now on. */
static int64_t end_ms(const struct asking *a, int64_t *quorum_ms)
{
    int64_t last = a->started_ms + (a->told->total_ms > 0 ? a->told->total_ms : TOTAL_MS);
    int64_t linger;

    if (!vt_policy_has_quorum(a->client->policy, a->has_signed))
        return last;
    if (*quorum_ms < 0)
        *quorum_ms = vt_monotonic_ms();
    linger = *quorum_ms + a->told->linger_ms;
    return linger < last ? linger : last;
}

static bool wait_for_all(struct asking *a, struct vt_error *err)
{
    int64_t quorum_ms = -1;

    while (is_anybody_open(a)) {
        struct vt_http_call *done = NULL;
        int64_t left_ms = end_ms(a, &quorum_ms) - vt_monotonic_ms();

        if (left_ms <= 0)
            return true;
        if (!vt_http_client_wait(a->client->http, left_ms, &done, err) ||
            (done != NULL && !take_answer(a, done->context, err)))
            return false;
    }
    return true;
}

static void end_the_rest(struct asking *a)
{
    bool has_quorum = vt_policy_has_quorum(a->client->policy, a->has_signed);

    for (size_t i = 0; i < a->client->policy->witness_count; i++) {
        struct one *one = &a->ones[i];

        vt_http_client_cancel(a->client->http, &one->call);
        if (one->is_open && has_quorum)
            end(a, one, VT_WITNESS_NOT_NEEDED,
                "the others were a quorum before it answered");
        else if (one->is_open)
            end(a, one, VT_WITNESS_LATE, "no answer before our time was over");
    }
}

/* Behind the names: what the first one said that said no, as far as there is room: callers
 * put more in front. */
static void put_reason(const struct asking *a, char out[REASON_BYTES])
{
    vt_slice name;

    out[0] = '\0';
    for (size_t i = 0; i < a->client->policy->witness_count; i++) {
        const struct vt_witness_report *report = a->ones[i].report;

        if (a->has_signed[i] || report->end < VT_WITNESS_REFUSED)
            continue;
        name = a->ones[i].witness->name;
        (void)snprintf(out, REASON_BYTES, "; %.*s: %.*s",
                       name.len < 20 ? (int)name.len : 20, (const char *)name.data,
                       REASON_BYTES - 26, report->message);
        return;
    }
}

static bool write_result(struct asking *a, struct vt_buf *note_out, struct vt_error *err)
{
    VT_AUTO_BUF missing = vt_buf_init(160);
    char reason[REASON_BYTES];
    const struct vt_policy *policy = a->client->policy;
    size_t before = note_out->len;
    bool is_network = false, is_no = false;

    for (size_t i = 0; i < policy->witness_count; i++) {
        enum vt_witness_end end = a->ones[i].report->end;

        if (a->has_signed[i])
            continue;
        is_network |= end == VT_WITNESS_UNREACHABLE || end == VT_WITNESS_LATE;
        is_no |= end >= VT_WITNESS_REFUSED;
        vt_buf_printf(&missing, "%s%.*s (%s)", missing.len != 0 ? ", " : "",
                      VT_SLICE_ARGS(policy->witnesses[i].name), vt_witness_end_name(end));
    }
    if (!vt_policy_has_quorum(policy, a->has_signed)) {
        put_reason(a, reason);
        return vt_fail(err, is_network && !is_no ? VT_IO : VT_REJECTED,
                       "too few witnesses cosigned; missing: %.*s%s%s",
                       VT_SLICE_ARGS(vt_buf_slice(&missing)), missing.is_full ? " ..." : "",
                       reason);
    }
    vt_buf_put(note_out, a->told->note);
    for (size_t i = 0; i < policy->witness_count; i++)
        if (a->has_signed[i])
            vt_buf_put(note_out, a->ones[i].line);
    if (vt_buf_check(note_out, "the cosigned checkpoint", err))
        return true;
    vt_buf_truncate(note_out, before);
    return false;
}

static bool ask_all(struct asking *a, struct vt_error *err)
{
    const struct vt_policy *policy = a->client->policy;

    if (policy->quorum == VT_POLICY_QUORUM_NONE && a->told->linger_ms <= 0) {
        for (size_t i = 0; i < policy->witness_count; i++)
            end(a, &a->ones[i], VT_WITNESS_NOT_NEEDED, "the policy's quorum is none");
        return true;
    }
    for (size_t i = 0; i < policy->witness_count; i++)
        if (!begin(a, i, err))
            return false;
    return wait_for_all(a, err);
}

static bool read_note(struct asking *a, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_note *note = vt_alloc(sizeof *note);

    return vt_note_parse(a->told->note, note, err) &&
           vt_checkpoint_parse(note->text, &a->checkpoint, err);
}

bool vt_witness_client_ask(struct vt_witness_client *client,
                           const struct vt_witness_asking *asking, struct vt_buf *note_out,
                           struct vt_witness_report *reports, struct vt_error *err)
{
    const struct vt_policy *policy = client->policy;
    VT_AUTO_FREE struct asking *a = vt_alloc(sizeof *a);
    bool ok;

    *a = (struct asking){ .client = client,
                          .told = asking,
                          .started_ms = vt_monotonic_ms() };
    for (size_t i = 0; i < policy->witness_count; i++) {
        reports[i] = (struct vt_witness_report){ .end = VT_WITNESS_NOT_ASKED };
        a->ones[i].witness = &policy->witnesses[i];
        a->ones[i].report = &reports[i];
        a->ones[i].known = &client->known[i];
    }
    ok = read_note(a, err) && ask_all(a, err);
    end_the_rest(a);
    ok = ok && write_result(a, note_out, err);
    for (size_t i = 0; i < policy->witness_count; i++) {
        vt_http_call_clear(&a->ones[i].call);
        vt_buf_clear(&a->ones[i].body);
        vt_feed_clear(&a->ones[i].feed);
    }
    return ok;
}
