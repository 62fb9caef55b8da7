/* See rebuilding.h. */
#include "centre/rebuilding.h"
#include "centre/rebuild_form.h"
#include "evidence/field.h"
#include "wire/hex.h"

/* What lies there of one invitation. */
struct lying {
    struct vt_porter_guest guest;
    char name[VT_HEX256_BYTES];
    bool has_wish, has_told; /* has_told: of this wish, and not of one before it */
    struct vt_rebuild_wish wish;
    struct vt_rebuild_told told;
};

static void lying_clear(struct lying *lying)
{
    vt_rebuild_told_clear(&lying->told);
}

#define AUTO_LYING __attribute__((cleanup(lying_clear))) struct lying

/* ---- reading ----------------------------------------------------------------------------
 */

static const char *wish_path(struct vt_arena *arena, const struct lying *l)
{
    return vt_arena_printf(arena, VT_CENTRE_REBUILDS "/%s.json", l->name);
}

/* One that was damaged keeps nobody out: it can be asked for anew. */
static bool read_wish(struct lying *l, struct vt_error *err)
{
    struct vt_error ignored = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_REBUILD_WISH_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();

    if (vt_disk_read(l->guest.disk, wish_path(arena, l), &text, err)) {
        l->has_wish = vt_rebuild_wish_parse(vt_buf_slice(&text), &l->wish, &ignored);
        return true;
    }
    if (err->code == VT_IO)
        return false;
    *err = (struct vt_error){ 0 };
    return true;
}

/* Whoever rebuilds may be dead or wrong: then the wish waits, and nobody is kept out. */
static void read_told(struct lying *l)
{
    VT_AUTO_BUF text = vt_buf_init(VT_REBUILD_TOLD_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_error ignored = { 0 };

    l->has_told =
        vt_disk_read(l->guest.rebuilds, vt_arena_printf(arena, "%s.json", l->name), &text,
                     &ignored) &&
        vt_rebuild_told_parse(vt_buf_slice(&text), &l->told, &ignored) &&
        l->told.number == l->wish.number;
}

static bool look(struct lying *l, struct vt_error *err)
{
    vt_hash_text(&l->guest.invitation, l->name);
    if (!read_wish(l, err))
        return false;
    if (l->has_wish)
        read_told(l);
    return true;
}

static bool is_over(const struct lying *l)
{
    return !l->has_wish || (l->has_told && l->told.state != VT_REBUILD_RUNS) ||
           vt_env_now_unix_s(l->guest.env) - l->wish.asked_unix_s > VT_REBUILD_WAITS_S_MAX;
}

/* ---- telling ----------------------------------------------------------------------------
 */

static void tell_outcome(const struct vt_rebuild_told *told, json_t *answer)
{
    (void)json_object_set_new(answer, "began", vt_field_of_time(told->began_unix_s));
    (void)json_object_set_new(answer, "says",
                              json_stringn((const char *)told->says.data, told->says.len));
    if (told->state == VT_REBUILD_RUNS)
        return;
    (void)json_object_set_new(answer, "ended", vt_field_of_time(told->ended_unix_s));
    (void)json_object_set_new(answer, "artefact_count",
                              json_integer((json_int_t)told->artefact_count));
    (void)json_object_set(answer, "artefacts", told->artefacts);
    (void)json_object_set(answer, "causes", told->causes);
}

static json_t *state_json(const struct lying *l)
{
    const char *state = l->has_told ? vt_rebuild_state_name(l->told.state) : "waits";
    json_t *answer =
        json_pack("{s:I,s:s,s:s,s:s,s:o}", "number", (json_int_t)l->wish.number, "state",
                  state, "product", l->wish.product, "version", l->wish.version, "asked",
                  vt_field_of_time(l->wish.asked_unix_s));

    if (l->has_told)
        tell_outcome(&l->told, answer);
    return answer;
}

/* The piece of the log from there on, and where the next one begins. */
static void tell_log(const struct lying *l, uint32_t from, json_t *answer)
{
    VT_AUTO_FREE uint8_t *piece = vt_alloc(VT_REBUILD_LOG_PIECE_MAX);
    VT_AUTO_BUF text = vt_buf_init(VT_REBUILD_LOG_PIECE_MAX + 1); /* no NUL in it */
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *name = vt_arena_printf(arena, "%s.log", l->name);
    struct vt_error ignored = { 0 };
    VT_AUTO_FD fd = -1;
    uint64_t size = from;
    size_t got = 0, taken = 0;

    if (l->has_told && vt_disk_open_fd(l->guest.rebuilds, name, &fd, &size, &ignored) &&
        vt_fd_read_at(fd, name, from, piece, VT_REBUILD_LOG_PIECE_MAX, &got, &ignored))
        taken = vt_rebuild_log_text(vt_slice_of(piece, got), &text);
    (void)json_object_set_new(answer, "log", json_string(vt_buf_cstr(&text)));
    (void)json_object_set_new(answer, "next", json_integer((json_int_t)(from + taken)));
    (void)json_object_set_new(answer, "is_all", json_boolean(from + taken >= size));
}

static json_t *answer_of(const struct lying *l, uint32_t from)
{
    json_t *answer;

    if (!l->has_wish)
        return json_pack("{s:s}", "state", "none");
    answer = state_json(l);
    tell_log(l, from, answer);
    return answer;
}

/* ---- the two questions ------------------------------------------------------------------
 */

static bool record(struct vt_porter *porter, const struct lying *l, vt_slice words,
                   const struct vt_error *why, uint64_t *number_out, struct vt_error *err)
{
    const struct vt_sealed_words said = { .is_refused = why->code != VT_OK,
                                          .question = words };

    if (!vt_porter_say(porter, &l->guest, VT_SEALED_ASKED, &said, number_out, err))
        return false;
    if (why->code == VT_OK)
        return true;
    *err = *why;
    return false;
}

static bool may_wish(const struct lying *l, struct vt_error *err)
{
    return is_over(l) ||
           vt_fail(err, VT_REJECTED,
                   "the rebuild of %.100s %.100s that you asked for is not done yet: one "
                   "at a time",
                   l->wish.product, l->wish.version);
}

static void name_of(vt_slice from, char out[VT_SOURCE_NAME_BYTES_MAX + 1])
{
    VT_ASSERT(from.len <= VT_SOURCE_NAME_BYTES_MAX);
    memcpy(out, from.data, from.len);
    out[from.len] = '\0';
}

static bool keep_wish(struct lying *l, const struct vt_source_question *q, uint64_t number,
                      struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_REBUILD_WISH_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();

    vt_rebuild_told_clear(&l->told);
    l->has_wish = true;
    l->has_told = false;
    l->wish = (struct vt_rebuild_wish){ .number = number,
                                        .asked_unix_s = vt_env_now_unix_s(l->guest.env) };
    name_of(q->product, l->wish.product);
    name_of(q->version, l->wish.version);
    return vt_rebuild_wish_write(&l->wish, &text, err) &&
           vt_disk_write(l->guest.disk, wish_path(arena, l), vt_buf_slice(&text), 0600,
                         err);
}

bool vt_rebuilding_answer(struct vt_porter *porter, vt_slice token, vt_slice csrf,
                          const struct vt_source_question *q, vt_slice words, json_t **out,
                          struct vt_error *err)
{
    AUTO_LYING l = { .has_wish = false };
    bool is_wish = q->kind == VT_SOURCE_REBUILD;
    struct vt_error why = { 0 };
    uint64_t number;

    if (!vt_porter_greet(porter, token, csrf, &l.guest, err) || !look(&l, err))
        return false;
    if (!vt_porter_guest_covers(&l.guest, q->product))
        (void)vt_fail(&why, VT_REJECTED, "your invitation does not name this product");
    else if (is_wish)
        (void)!may_wish(&l, &why);
    if (!record(porter, &l, words, &why, &number, err) ||
        (is_wish && !keep_wish(&l, q, number, err)))
        return false;
    *out = answer_of(&l, is_wish ? 0 : q->number);
    return true;
}
