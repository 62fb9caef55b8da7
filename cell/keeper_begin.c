/* What a keeper is told when it begins: the passphrase in a message of its own, which is
 * wiped; then the operator's words. */
#include "cell/keeper_message.h"
#include "cell/role_cell_keeper.h"
#include "ledger/serve_message.h"

enum { HEARD_MS_MAX = 60000, PASSPHRASE_BYTES_MAX = 4096 };

/* A bound's name in the words, and where it is. */
static const struct {
    const char *name;
    size_t at;
} BOUNDS[] = {
    { "body_bytes_max", offsetof(struct vt_samples_bounds, body_bytes_max) },
    { "owner_bytes_max", offsetof(struct vt_samples_bounds, owner_bytes_max) },
    { "owner_objects_max", offsetof(struct vt_samples_bounds, owner_objects_max) },
    { "owner_per_minute", offsetof(struct vt_samples_bounds, owner_per_minute) },
    { "coming_max", offsetof(struct vt_samples_bounds, coming_max) },
    { "waiting_objects_max", offsetof(struct vt_samples_bounds, waiting_objects_max) },
    { "waiting_bytes_max", offsetof(struct vt_samples_bounds, waiting_bytes_max) },
    { "free_bytes_min", offsetof(struct vt_samples_bounds, free_bytes_min) },
    { "keep_s", offsetof(struct vt_samples_bounds, keep_s) },
    { "coming_s", offsetof(struct vt_samples_bounds, coming_s) },
};
enum { BOUND_COUNT = sizeof BOUNDS / sizeof BOUNDS[0] };

/* ---- telling ----------------------------------------------------------------------------
 */

static json_t *words_of(const struct vt_keeper_begin *begin)
{
    const struct vt_keeper_sources *from = &begin->sources;
    json_t *words =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s*,s:s*,s:s,s:s,s:I,s:I,s:b}", "cell", from->cell,
                  "published", from->published, "trust", from->trust, "policy",
                  from->policy, "policy_proof", from->policy_proof, "schema", from->schema,
                  "movers", begin->movers, "samples", begin->samples, "key", begin->key,
                  "head_age_s", (json_int_t)from->head_age_s, "collection_delay_s",
                  (json_int_t)from->collection_delay_s, "has_queue", begin->has_queue);

    for (size_t i = 0; words != NULL && i < BOUND_COUNT; i++) {
        uint64_t bound;

        memcpy(&bound, (const uint8_t *)&begin->bounds + BOUNDS[i].at, sizeof bound);
        if (bound > VT_JSON_INTEGER_MAX)
            bound = VT_JSON_INTEGER_MAX;
        (void)json_object_set_new(words, BOUNDS[i].name, json_integer((json_int_t)bound));
    }
    return words;
}

bool vt_cell_keeper_tell(struct vt_channel *channel, const struct vt_keeper_begin *begin,
                         struct vt_error *err)
{
    VT_AUTO_JSON words = words_of(begin);

    if (words == NULL)
        return vt_fail(err, VT_MALFORMED, "keeper: a path is not UTF-8");
    if (vt_channel_send(channel, VT_KEEPER_PASSPHRASE, begin->passphrase, err) &&
        vt_serve_tell(channel, words, err))
        return true;
    if (err->code == VT_ABSENT)
        return vt_fail(err, VT_IO, "ended before it was ready");
    if (err->code == VT_LIMIT) /* no bound of a request: it cannot begin */
        err->code = VT_IO;
    return false;
}

/* ---- listening --------------------------------------------------------------------------
 */

static bool take_passphrase(struct vt_channel *channel, struct vt_buf *out,
                            struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_receive(channel, HEARD_MS_MAX, &message, err))
        return false;
    if (message.type != VT_KEEPER_PASSPHRASE)
        return vt_fail(err, VT_MALFORMED, "a message of type %u before the beginning",
                       message.type);
    vt_buf_put(out, message.body);
    if (channel->in.len != 0)
        explicit_bzero(channel->in.data, channel->in.len);
    return vt_buf_check(out, "a passphrase", err);
}

static bool take_text(const json_t *words, const char *name, struct vt_arena *arena,
                      const char **out, struct vt_error *err)
{
    vt_slice text;

    if (!vt_json_get_text(words, "begin", name, &text, err))
        return false;
    *out = vt_arena_cstr(arena, text);
    return true;
}

static bool take_seconds(const json_t *words, const char *name, int64_t *out,
                         struct vt_error *err)
{
    uint64_t number;

    if (!vt_json_get_number(words, "begin", name, &number, err))
        return false;
    *out = (int64_t)number; /* at most 2^53 */
    return true;
}

static bool take_bounds(const json_t *words, struct vt_samples_bounds *out,
                        struct vt_error *err)
{
    for (size_t i = 0; i < BOUND_COUNT; i++) {
        uint64_t bound;

        if (!vt_json_get_number(words, "begin", BOUNDS[i].name, &bound, err))
            return false;
        memcpy((uint8_t *)out + BOUNDS[i].at, &bound, sizeof bound);
    }
    return true;
}

static bool take_words(const json_t *words, struct vt_arena *arena,
                       struct vt_keeper_begin *out, struct vt_error *err)
{
    struct vt_keeper_sources *from = &out->sources;

    return take_text(words, "cell", arena, &from->cell, err) &&
           take_text(words, "published", arena, &from->published, err) &&
           take_text(words, "trust", arena, &from->trust, err) &&
           take_text(words, "policy", arena, &from->policy, err) &&
           take_text(words, "policy_proof", arena, &from->policy_proof, err) &&
           (!vt_json_has(words, "schema") ||
            take_text(words, "schema", arena, &from->schema, err)) &&
           (!vt_json_has(words, "movers") ||
            take_text(words, "movers", arena, &out->movers, err)) &&
           take_text(words, "samples", arena, &out->samples, err) &&
           take_text(words, "key", arena, &out->key, err) &&
           take_seconds(words, "head_age_s", &from->head_age_s, err) &&
           take_seconds(words, "collection_delay_s", &from->collection_delay_s, err) &&
           vt_json_get_bool(words, "begin", "has_queue", &out->has_queue, err) &&
           take_bounds(words, &out->bounds, err);
}

bool vt_cell_keeper_listen(struct vt_channel *channel, struct vt_arena *arena,
                           struct vt_keeper_begin *out, struct vt_key **key_out,
                           struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(PASSPHRASE_BYTES_MAX);
    VT_AUTO_JSON words = NULL;
    bool is_ok;

    *out = (struct vt_keeper_begin){ .samples = NULL };
    is_ok = take_passphrase(channel, &passphrase, err) &&
            vt_serve_listen(channel, &words, err) && take_words(words, arena, out, err) &&
            vt_key_open(out->key, vt_buf_slice(&passphrase), key_out, err);
    if (passphrase.len != 0)
        explicit_bzero(passphrase.data, passphrase.len);
    return is_ok;
}
