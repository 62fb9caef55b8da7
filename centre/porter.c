/* See porter.h.  All that is kept lies in memory too: there are few. */
#include "centre/porter.h"
#include "centre/centre.h"
#include "centre/rebuild_form.h"
#include "evidence/field.h"
#include "wire/base64.h"
#include "wire/hex.h"

enum {
    MILLI = 1000,
    RECORD_BYTES_MAX = 4096,
    TOKENS_MAX = 2 * MILLI * VT_PORTER_ASKS_A_SECOND,
};

struct kept_passkey {
    vt_hash invitation; /* its file's name */
    struct vt_passkey passkey;
};

struct session {
    vt_hash hash; /* of its token; its file's name */
    vt_hash invitation;
    int64_t expires_unix_s;
    /* Not kept: */
    int64_t used_ms;
    uint64_t tokens; /* thousandths of a question that it may ask now */
};

struct challenge {
    uint8_t bytes[VT_PASSKEY_CHALLENGE_BYTES];
    vt_hash code;       /* all zero: for a passkey that is registered */
    int64_t expires_ms; /* 0: free */
};

struct vt_porter {
    struct vt_disk *above, *disk, *rebuilds;
    struct vt_sealed *sealed;
    struct vt_age_recipient recipient; /* of what is sealed */
    const struct vt_trust *trust;
    struct vt_env env;
    char *origin, party[256];
    struct vt_passkey_place place;
    struct vt_invitations invitations; /* as of: */
    int64_t looked_unix_s;
    vt_hash stamp;
    struct vt_buf told; /* what does not hold among them, so that it is told once */
    struct kept_passkey *passkeys;
    size_t passkey_count;
    struct session *sessions;
    size_t session_count;
    struct challenge challenges[VT_PORTER_CHALLENGES_MAX];
};

static int64_t now_s(const struct vt_porter *p)
{
    return vt_env_now_unix_s(&p->env);
}

/* ---- invitations ------------------------------------------------------------------------
 */

static void tell(void *context, const char *sentence)
{
    struct vt_porter *p = context;

    if (p->told.len != 0 && memmem(p->told.data, p->told.len, sentence, strlen(sentence)))
        return;
    vt_buf_put_text(&p->told, sentence);
    vt_buf_put_u8(&p->told, '\n');
    (void)fprintf(stderr, "vitrine centre-porter: %s\n", sentence);
}

/* What was read is a matter of the files and the second.  The stamp is taken before, so a
 * change meanwhile shows at the next look; what has no stamp is read. */
static bool look_again(struct vt_porter *p, struct vt_error *err)
{
    struct vt_invitations all;
    struct vt_error ignored = { 0 };
    int64_t now = now_s(p);
    vt_hash stamp = { { 0 } };
    bool has_stamp = vt_invitations_stamp(p->above, &stamp, &ignored);

    if (has_stamp && p->looked_unix_s == now && vt_hash_equal(&stamp, &p->stamp))
        return true;
    p->looked_unix_s = 0;
    if (!vt_invitations_read(p->above, p->trust, now, tell, p, &all, err))
        return false;
    vt_invitations_clear(&p->invitations);
    p->invitations = all;
    p->stamp = stamp;
    p->looked_unix_s = has_stamp ? now : 0;
    return true;
}

/* NULL: the invitation does not count now. */
static const struct vt_invitation *open_invitation(const struct vt_porter *p,
                                                   const vt_hash *payload)
{
    const struct vt_invitation *row = vt_invitations_find(&p->invitations, payload);

    return row != NULL && vt_invitation_is_open(row, now_s(p)) ? row : NULL;
}

static bool find_code(struct vt_porter *p, vt_slice code, const struct vt_invitation **out,
                      struct vt_error *err)
{
    const struct vt_invitation *row;

    if (code.len != VT_INVITATION_CODE_HEX)
        return vt_fail(err, VT_MALFORMED, "a code has %d characters",
                       VT_INVITATION_CODE_HEX);
    if (!look_again(p, err))
        return false;
    row = vt_invitations_find_code(&p->invitations, code);
    if (row == NULL)
        return vt_fail(err, VT_ABSENT, "nobody was invited with this code");
    if (!vt_invitation_is_open(row, now_s(p)))
        return vt_fail(err, VT_REJECTED, "this invitation does not count now");
    *out = row;
    return true;
}

/* ---- challenges -------------------------------------------------------------------------
 */

static bool has_code(const struct challenge *row)
{
    static const vt_hash no_code = { { 0 } };

    return !vt_hash_equal(&row->code, &no_code);
}

/* Whoever knocks without a code may be anybody, so such a challenge gives way before one
 * with a code does, and the older before the newer. */
static bool gives_way_before(const struct challenge *a, const struct challenge *b)
{
    return has_code(a) != has_code(b) ? has_code(b) : a->expires_ms < b->expires_ms;
}

/* The one of this code that is still open; NULL: none. */
static struct challenge *challenge_of(struct vt_porter *p, const vt_hash *code,
                                      int64_t now_ms)
{
    for (size_t i = 0; i < VT_PORTER_CHALLENGES_MAX; i++) {
        struct challenge *row = &p->challenges[i];

        if (row->expires_ms > now_ms && has_code(row) && vt_hash_equal(&row->code, code))
            return row;
    }
    return NULL;
}

/* A code has one at a time, so that no guest takes the places of the others. */
static struct challenge *place_for_challenge(struct vt_porter *p, const vt_hash *code,
                                             int64_t now_ms)
{
    struct challenge *chosen = challenge_of(p, code, now_ms);

    if (chosen != NULL)
        return chosen;
    chosen = &p->challenges[0];
    for (size_t i = 0; i < VT_PORTER_CHALLENGES_MAX; i++) {
        struct challenge *row = &p->challenges[i];

        if (row->expires_ms <= now_ms)
            return row;
        if (gives_way_before(row, chosen))
            chosen = row;
    }
    return chosen;
}

static void give_challenge(struct vt_porter *p, const vt_hash *code, uint8_t out[32])
{
    int64_t now_ms = vt_monotonic_ms();
    struct challenge *row = place_for_challenge(p, code, now_ms);

    vt_env_random(&p->env, row->bytes, sizeof row->bytes);
    row->code = *code;
    row->expires_ms = now_ms + VT_PORTER_CHALLENGE_MS_MAX;
    memcpy(out, row->bytes, sizeof row->bytes);
}

/* Each counts once. */
static bool take_challenge(struct vt_porter *p, vt_slice client_data, const vt_hash *code,
                           uint8_t out[VT_PASSKEY_CHALLENGE_BYTES], struct vt_error *err)
{
    int64_t now_ms = vt_monotonic_ms();

    if (!vt_passkey_challenge_of(client_data, out, err))
        return false;
    for (size_t i = 0; i < VT_PORTER_CHALLENGES_MAX; i++) {
        struct challenge *row = &p->challenges[i];

        if (row->expires_ms <= now_ms || memcmp(row->bytes, out, sizeof row->bytes) != 0)
            continue;
        row->expires_ms = 0;
        if (vt_hash_equal(&row->code, code))
            return true;
    }
    return vt_fail(err, VT_REJECTED, "the challenge is too old, or was answered before");
}

bool vt_porter_challenge(struct vt_porter *p, vt_slice code, json_t **out,
                         struct vt_error *err)
{
    const struct vt_invitation *invitation = NULL;
    VT_AUTO_BUF text = vt_buf_init(64);
    uint8_t bytes[VT_PASSKEY_CHALLENGE_BYTES];
    vt_hash hash = { { 0 } };
    json_t *answer;

    if (code.len != 0 && !find_code(p, code, &invitation, err))
        return false;
    if (invitation != NULL)
        hash = invitation->code;
    give_challenge(p, &hash, bytes);
    vt_base64_write(&text, vt_slice_of(bytes, sizeof bytes));
    answer = json_pack("{s:s,s:s}", "challenge", vt_buf_cstr(&text), "party", p->party);
    if (invitation != NULL) {
        (void)json_object_set_new(answer, "user", vt_field_of_hash(&invitation->payload));
        (void)json_object_set_new(answer, "name",
                                  json_stringn((const char *)invitation->reviewer.data,
                                               invitation->reviewer.len));
    }
    *out = answer;
    return true;
}

/* ---- passkeys ---------------------------------------------------------------------------
 */

static bool write_passkey(struct vt_porter *p, const struct kept_passkey *row, bool is_new,
                          struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF id = vt_buf_init(VT_KIB(2)), text = vt_buf_init(RECORD_BYTES_MAX);
    char public[2 * VT_PASSKEY_PUBLIC_BYTES + 1], name[VT_HEX256_BYTES];
    VT_AUTO_JSON json = NULL;
    const char *path;

    vt_base64_write(&id, vt_slice_of(row->passkey.id, row->passkey.id_len));
    vt_hex_text(vt_slice_of(row->passkey.public, sizeof row->passkey.public), public);
    vt_hash_text(&row->invitation, name);
    json = json_pack("{s:i,s:s,s:s,s:I}", "v", 1, "id", vt_buf_cstr(&id), "public", public,
                     "counter", (json_int_t)row->passkey.counter);
    path = vt_arena_printf(arena, "passkeys/%s.json", name);
    if (!vt_json_write_canonical(json, &text, err))
        return false;
    return is_new ? vt_disk_create(p->disk, path, vt_buf_slice(&text), 0600, err)
                  : vt_disk_write(p->disk, path, vt_buf_slice(&text), 0600, err);
}

static bool parse_passkey(const json_t *json, const char *name, struct vt_passkey *out,
                          struct vt_error *err)
{
    static const char *const names[] = { "v", "id", "public", "counter", NULL };
    VT_AUTO_BUF id_bytes = vt_buf_init(VT_PASSKEY_ID_BYTES_MAX);
    vt_slice id, public;
    uint64_t counter;

    if (!vt_json_only(json, name, names, err) ||
        !vt_json_get_text(json, name, "id", &id, err) ||
        !vt_json_get_text(json, name, "public", &public, err) ||
        !vt_json_get_number(json, name, "counter", &counter, err) ||
        !vt_base64_parse(id, &id_bytes, err))
        return false;
    if (counter > UINT32_MAX || id_bytes.len == 0 ||
        !vt_hex_parse(public, out->public, sizeof out->public))
        return vt_fail(err, VT_MALFORMED, "%s: no passkey", name);
    memcpy(out->id, id_bytes.data, id_bytes.len);
    out->id_len = id_bytes.len;
    out->counter = (uint32_t)counter;
    return true;
}

static struct kept_passkey *add_passkey(struct vt_porter *p)
{
    p->passkeys = vt_grow_array(p->passkeys, p->passkey_count + 1, sizeof *p->passkeys);
    return &p->passkeys[p->passkey_count];
}

bool vt_porter_enrol(struct vt_porter *p, vt_slice code, vt_slice client_data,
                     vt_slice authenticator_data, struct vt_error *err)
{
    uint8_t challenge[VT_PASSKEY_CHALLENGE_BYTES];
    const struct vt_invitation *invitation;
    struct kept_passkey row = { .passkey = { .id_len = 0 } };

    if (!find_code(p, code, &invitation, err) ||
        !take_challenge(p, client_data, &invitation->code, challenge, err))
        return false;
    for (size_t i = 0; i < p->passkey_count; i++)
        if (vt_hash_equal(&p->passkeys[i].invitation, &invitation->payload))
            return vt_fail(err, VT_REJECTED,
                           "a passkey was registered with this code before; who lost it is "
                           "invited anew");
    if (p->passkey_count == VT_INVITATIONS_MAX)
        return vt_fail(err, VT_LIMIT, "no more passkeys are taken here");
    if (!vt_passkey_register(&p->place, challenge, client_data, authenticator_data,
                             &row.passkey, err))
        return false;
    row.invitation = invitation->payload;
    if (!write_passkey(p, &row, true, err))
        return false;
    *add_passkey(p) = row;
    p->passkey_count++;
    return true;
}

static struct kept_passkey *find_passkey(struct vt_porter *p, vt_slice id)
{
    for (size_t i = 0; i < p->passkey_count; i++)
        if (vt_slice_equal(
                id, vt_slice_of(p->passkeys[i].passkey.id, p->passkeys[i].passkey.id_len)))
            return &p->passkeys[i];
    return NULL;
}

/* ---- sessions ---------------------------------------------------------------------------
 */

static const char *session_path(struct vt_arena *arena, const vt_hash *hash)
{
    char name[VT_HEX256_BYTES];

    vt_hash_text(hash, name);
    return vt_arena_printf(arena, "sessions/%s.json", name);
}

static bool write_session(struct vt_porter *p, const struct session *row,
                          struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF text = vt_buf_init(RECORD_BYTES_MAX);
    VT_AUTO_JSON json =
        json_pack("{s:i,s:o,s:I}", "v", 1, "invitation", vt_field_of_hash(&row->invitation),
                  "expires", (json_int_t)row->expires_unix_s);

    return vt_json_write_canonical(json, &text, err) &&
           vt_disk_create(p->disk, session_path(arena, &row->hash), vt_buf_slice(&text),
                          0600, err);
}

static bool parse_session(const json_t *json, const char *name, struct session *out,
                          struct vt_error *err)
{
    static const char *const names[] = { "v", "invitation", "expires", NULL };
    uint64_t expires;

    if (!vt_json_only(json, name, names, err) ||
        !vt_json_get_sha256(json, name, "invitation", out->invitation.bytes, err) ||
        !vt_json_get_number(json, name, "expires", &expires, err))
        return false;
    out->expires_unix_s = (int64_t)expires; /* at most 2^53 - 1 */
    return true;
}

/* ---- the sealed record ------------------------------------------------------------------
 */

/* A session is called by the beginning of its hash, which tells nothing of its token. */
static bool record(struct vt_porter *p, const struct session *row, enum vt_sealed_deed deed,
                   const struct vt_sealed_words *words, struct vt_error *err)
{
    return vt_sealed_add(p->sealed, deed, row->hash.bytes, &row->invitation, words, err);
}

bool vt_porter_settle(struct vt_porter *p, struct vt_error *err)
{
    return vt_sealed_settle(p->sealed, err);
}

json_t *vt_porter_seal(const struct vt_porter *p)
{
    struct vt_sealed_head head = vt_sealed_head(p->sealed);
    char recipient[VT_AGE_RECIPIENT_CHARS + 1];

    vt_age_recipient_text(&p->recipient, recipient);
    return json_pack("{s:I,s:o,s:s}", "records", (json_int_t)head.number, "chain",
                     vt_field_of_hash(&head.chain), "recipient", recipient);
}

/* A record that is full keeps nobody in. */
static bool end_session(struct vt_porter *p, struct session *row, struct vt_error *err)
{
    static const struct vt_sealed_words nothing = { 0 };
    VT_AUTO_ARENA arena = vt_arena_new();

    if (!vt_disk_remove(p->disk, session_path(arena, &row->hash), err) &&
        err->code != VT_ABSENT)
        return false;
    if (!record(p, row, VT_SEALED_CLOSED, &nothing, err) && err->code != VT_LIMIT)
        return false;
    *err = (struct vt_error){ 0 };
    *row = p->sessions[--p->session_count];
    return true;
}

static bool is_over(const struct vt_porter *p, const struct session *row)
{
    return row->expires_unix_s <= now_s(p) ||
           vt_monotonic_ms() - row->used_ms > VT_PORTER_IDLE_MS_MAX ||
           open_invitation(p, &row->invitation) == NULL;
}

/* What is over goes when room is needed. */
static bool make_room(struct vt_porter *p, struct vt_error *err)
{
    for (size_t i = p->session_count; i-- > 0;)
        if (is_over(p, &p->sessions[i]) && !end_session(p, &p->sessions[i], err))
            return false;
    return p->session_count < VT_PORTER_SESSIONS_MAX ||
           vt_fail(err, VT_LIMIT, "too many sessions are open");
}

static struct session *find_session(struct vt_porter *p, vt_slice token)
{
    vt_hash hash = vt_sha256_of(token);

    for (size_t i = 0; i < p->session_count && token.len == VT_PORTER_TOKEN_HEX; i++)
        if (vt_hash_equal(&p->sessions[i].hash, &hash))
            return &p->sessions[i];
    return NULL;
}

/* The session, if it counts now; one that is over ends here, for good. */
static bool open_session(struct vt_porter *p, vt_slice token, struct session **out,
                         struct vt_error *err)
{
    struct session *row = find_session(p, token);

    if (row == NULL)
        return vt_fail(err, VT_ABSENT, "you are not signed in here");
    if (!look_again(p, err))
        return false;
    if (is_over(p, row)) {
        if (!end_session(p, row, err))
            return false;
        return vt_fail(err, VT_ABSENT,
                       "your session is over: its time has passed, or the "
                       "invitation was ended");
    }
    row->used_ms = vt_monotonic_ms();
    *out = row;
    return true;
}

static void csrf_of(vt_slice token, char out[VT_HEX256_BYTES])
{
    struct vt_sha256 state;
    vt_hash hash;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/csrf/v1\n"));
    vt_sha256_add(&state, token);
    vt_sha256_end(&state, &hash);
    vt_hash_text(&hash, out);
}

static bool check_csrf(vt_slice token, vt_slice csrf, struct vt_error *err)
{
    char wanted[VT_HEX256_BYTES];

    csrf_of(token, wanted);
    return vt_slice_is(csrf, wanted) ||
           vt_fail(err, VT_REJECTED, "this was not asked by a page of the session");
}

static json_t *session_json(const struct vt_porter *p, const struct session *row,
                            vt_slice token)
{
    const struct vt_invitation *invitation = open_invitation(p, &row->invitation);
    int64_t until = row->expires_unix_s < invitation->until_unix_s
                        ? row->expires_unix_s
                        : invitation->until_unix_s;
    char csrf[VT_HEX256_BYTES];

    csrf_of(token, csrf);
    return json_pack("{s:s%,s:O,s:o,s:s}", "reviewer",
                     (const char *)invitation->reviewer.data, invitation->reviewer.len,
                     "products", invitation->products, "until", vt_field_of_time(until),
                     "csrf", csrf);
}

/* A counter that moved is kept before the session is: a copy of the passkey must not come
 * in behind a restart. */
static bool verify_entry(struct vt_porter *p, const struct vt_porter_entry *entry,
                         struct kept_passkey **out, struct vt_error *err)
{
    static const vt_hash no_code = { { 0 } };
    struct kept_passkey *row = find_passkey(p, entry->credential), next;
    uint8_t challenge[VT_PASSKEY_CHALLENGE_BYTES];
    uint32_t counter;

    if (!take_challenge(p, entry->client_data, &no_code, challenge, err))
        return false;
    if (row == NULL)
        return vt_fail(err, VT_ABSENT, "this passkey is not registered here");
    if (!vt_passkey_verify(&p->place, &row->passkey, challenge, entry->client_data,
                           entry->authenticator_data, entry->signature, &counter, err))
        return false;
    next = *row;
    next.passkey.counter = counter;
    if (counter != row->passkey.counter && !write_passkey(p, &next, false, err))
        return false;
    *row = next;
    *out = row;
    return true;
}

bool vt_porter_enter(struct vt_porter *p, const struct vt_porter_entry *entry,
                     char token_out[VT_PORTER_TOKEN_HEX + 1], json_t **out,
                     struct vt_error *err)
{
    static const struct vt_sealed_words nothing = { 0 };
    uint8_t dice[VT_SHA256_BYTES];
    char token[VT_PORTER_TOKEN_HEX + 1];
    struct kept_passkey *passkey = NULL;
    struct session row, *old;

    if (!look_again(p, err) || !verify_entry(p, entry, &passkey, err))
        return false;
    if (open_invitation(p, &passkey->invitation) == NULL)
        return vt_fail(err, VT_REJECTED, "your invitation does not count now");
    old = find_session(p, entry->old_token);
    if ((old != NULL && !end_session(p, old, err)) || !make_room(p, err))
        return false;
    vt_env_random(&p->env, dice, sizeof dice);
    vt_hex_text(vt_slice_of(dice, sizeof dice), token);
    row = (struct session){ .hash = vt_sha256_of(vt_slice_from_cstr(token)),
                            .invitation = passkey->invitation,
                            .expires_unix_s = now_s(p) + VT_PORTER_SESSION_S_MAX,
                            .used_ms = vt_monotonic_ms(),
                            .tokens = TOKENS_MAX };
    if (!record(p, &row, VT_SEALED_OPENED, &nothing, err) ||
        !vt_sealed_settle(p->sealed, err) || !write_session(p, &row, err))
        return false;
    p->sessions = vt_grow_array(p->sessions, p->session_count + 1, sizeof *p->sessions);
    p->sessions[p->session_count++] = row;
    memcpy(token_out, token, sizeof token);
    *out = session_json(p, &row, vt_slice_from_cstr(token));
    return true;
}

bool vt_porter_look(struct vt_porter *p, vt_slice token, json_t **out, struct vt_error *err)
{
    struct session *row;

    if (!open_session(p, token, &row, err))
        return false;
    *out = session_json(p, row, token);
    return true;
}

static bool take_turn(struct session *row, int64_t before_ms)
{
    uint64_t passed_ms = (uint64_t)(row->used_ms - before_ms); /* a clock never goes back */

    if (passed_ms > 2 * MILLI)
        passed_ms = 2 * MILLI;
    row->tokens += passed_ms * VT_PORTER_ASKS_A_SECOND;
    if (row->tokens > TOKENS_MAX)
        row->tokens = TOKENS_MAX;
    if (row->tokens < MILLI)
        return false;
    row->tokens -= MILLI;
    return true;
}

/* A session that may do something now. */
static bool admit(struct vt_porter *p, vt_slice token, vt_slice csrf, struct session **out,
                  struct vt_error *err)
{
    struct session *row = find_session(p, token);
    int64_t before_ms = row != NULL ? row->used_ms : 0;

    if (!open_session(p, token, &row, err) || !check_csrf(token, csrf, err))
        return false;
    if (!take_turn(row, before_ms))
        return vt_fail(err, VT_LIMIT, "you ask faster than %d times a second, try again",
                       VT_PORTER_ASKS_A_SECOND);
    *out = row;
    return true;
}

bool vt_porter_admits(struct vt_porter *p, vt_slice token, vt_slice csrf, vt_slice product,
                      vt_slice question, struct vt_error *err)
{
    struct vt_sealed_words words = { .question = question };
    struct session *row;

    if (!admit(p, token, csrf, &row, err))
        return false;
    words.is_refused = !vt_invitation_covers(open_invitation(p, &row->invitation), product);
    if (!record(p, row, VT_SEALED_ASKED, &words, err))
        return false;
    return !words.is_refused ||
           (vt_sealed_settle(p->sealed, err) && /* a no is an answer as well */
            vt_fail(err, VT_REJECTED, "your invitation does not name this product"));
}

bool vt_porter_greet(struct vt_porter *p, vt_slice token, vt_slice csrf,
                     struct vt_porter_guest *out, struct vt_error *err)
{
    struct session *row;

    if (!admit(p, token, csrf, &row, err))
        return false;
    *out = (struct vt_porter_guest){ .invitation = row->invitation,
                                     .row = open_invitation(p, &row->invitation),
                                     .disk = p->disk,
                                     .rebuilds = p->rebuilds,
                                     .env = &p->env,
                                     .foundation = &p->recipient };
    memcpy(out->session, row->hash.bytes, sizeof out->session);
    return true;
}

bool vt_porter_guest_covers(const struct vt_porter_guest *guest, vt_slice product)
{
    return vt_invitation_covers(guest->row, product);
}

bool vt_porter_say(struct vt_porter *p, const struct vt_porter_guest *guest,
                   enum vt_sealed_deed deed, const struct vt_sealed_words *words,
                   uint64_t *number_out, struct vt_error *err)
{
    if (!vt_sealed_add(p->sealed, deed, guest->session, &guest->invitation, words, err) ||
        !vt_sealed_settle(p->sealed, err))
        return false;
    *number_out = vt_sealed_head(p->sealed).number;
    return true;
}

struct vt_sealed_head vt_porter_head(const struct vt_porter *p)
{
    return vt_sealed_head(p->sealed);
}

bool vt_porter_leave(struct vt_porter *p, vt_slice token, vt_slice csrf,
                     struct vt_error *err)
{
    struct session *row;

    return open_session(p, token, &row, err) && check_csrf(token, csrf, err) &&
           end_session(p, row, err) && vt_sealed_settle(p->sealed, err);
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool read_record(struct vt_porter *p, const char *folder, const char *name,
                        vt_hash *hash_out, json_t **json_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/%s", folder, name);
    VT_AUTO_BUF text = vt_buf_init(RECORD_BYTES_MAX);
    vt_slice stem = vt_slice_from_cstr(name);

    if (!vt_slice_ends_with(stem, VT_LIT(".json")) ||
        !vt_hash_parse_hex(vt_slice_sub(stem, 0, stem.len - 5), hash_out))
        return vt_fail(err, VT_MALFORMED, VT_CENTRE_PORTER "/%s: not the porter's", path);
    return vt_disk_read(p->disk, path, &text, err) &&
           vt_json_parse_canonical(vt_buf_slice(&text), path, json_out, err);
}

static bool load_passkey(void *context, const char *name, bool is_folder,
                         struct vt_error *err)
{
    struct vt_porter *p = context;
    VT_AUTO_JSON json = NULL;
    struct kept_passkey *row = add_passkey(p);

    (void)is_folder;
    *row = (struct kept_passkey){ .passkey = { .id_len = 0 } };
    if (!read_record(p, "passkeys", name, &row->invitation, &json, err) ||
        !parse_passkey(json, name, &row->passkey, err))
        return false;
    p->passkey_count++;
    return p->passkey_count <= VT_INVITATIONS_MAX ||
           vt_fail(err, VT_LIMIT, "over %d passkeys", VT_INVITATIONS_MAX);
}

static bool load_session(void *context, const char *name, bool is_folder,
                         struct vt_error *err)
{
    struct vt_porter *p = context;
    VT_AUTO_JSON json = NULL;
    struct session row = { .used_ms = vt_monotonic_ms(), .tokens = TOKENS_MAX };

    (void)is_folder;
    if (!read_record(p, "sessions", name, &row.hash, &json, err) ||
        !parse_session(json, name, &row, err))
        return false;
    p->sessions = vt_grow_array(p->sessions, p->session_count + 1, sizeof *p->sessions);
    p->sessions[p->session_count++] = row;
    return p->session_count <= 2 * VT_PORTER_SESSIONS_MAX ||
           vt_fail(err, VT_LIMIT, "over %d sessions", 2 * VT_PORTER_SESSIONS_MAX);
}

static bool load(struct vt_porter *p, const char *folder,
                 bool (*each)(void *, const char *, bool, struct vt_error *),
                 struct vt_error *err)
{
    if (vt_disk_list(p->disk, folder, each, p, err))
        return true;
    if (err->code != VT_ABSENT)
        return false;
    *err = (struct vt_error){ 0 };
    return true;
}

static bool open_folders(struct vt_porter *p, const char *folder, struct vt_error *err)
{
    struct vt_disk *invitations;

    if (!vt_disk_open(folder, false, &p->above, err) ||
        !vt_seal_read(p->above, p->trust, vt_slice_from_cstr(p->party), now_s(p),
                      &p->recipient, err) ||
        !vt_disk_open_below(p->above, VT_CENTRE_INVITATIONS, &invitations, err))
        return false;
    vt_disk_close(invitations);
    return vt_disk_open_below(p->above, VT_CENTRE_REBUILDS, &p->rebuilds, err) &&
           vt_disk_open_below(p->above, VT_CENTRE_PORTER, &p->disk, err) &&
           vt_disk_lock(p->disk, err) && vt_disk_sweep(p->disk, "", err) &&
           load(p, "passkeys", load_passkey, err) &&
           load(p, "sessions", load_session, err) &&
           vt_sealed_open(p->disk, &p->env, &p->recipient, &p->sealed, err);
}

bool vt_porter_open(const char *folder, const char *origin, const struct vt_trust *trust,
                    const struct vt_env *env, struct vt_porter **porter_out,
                    struct vt_error *err)
{
    struct vt_porter *p = vt_alloc(sizeof *p);

    p->trust = trust;
    p->env = *env;
    p->told = vt_buf_init(VT_KIB(64));
    p->origin = vt_strdup_slice(vt_slice_from_cstr(origin));
    p->place = (struct vt_passkey_place){ p->origin, p->party };
    if (!vt_passkey_party(origin, p->party, err) || !open_folders(p, folder, err) ||
        !look_again(p, err)) {
        vt_porter_close(p);
        return false;
    }
    *porter_out = p;
    return true;
}

void vt_porter_close(struct vt_porter *p)
{
    if (p == NULL)
        return;
    vt_invitations_clear(&p->invitations);
    vt_sealed_close(p->sealed);
    vt_disk_close(p->disk);
    vt_disk_close(p->rebuilds);
    vt_disk_close(p->above);
    vt_buf_clear(&p->told);
    free(p->origin);
    free(p->passkeys);
    free(p->sessions);
    free(p);
}
