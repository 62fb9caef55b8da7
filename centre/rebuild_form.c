/* See rebuild_form.h. */
#include "centre/rebuild_form.h"
#include "evidence/field.h"

/* ---- the wish ---------------------------------------------------------------------------
 */

bool vt_rebuild_wish_write(const struct vt_rebuild_wish *wish, struct vt_buf *out,
                           struct vt_error *err)
{
    VT_AUTO_JSON json =
        json_pack("{s:i,s:I,s:s,s:s,s:o}", "v", 1, "number", (json_int_t)wish->number,
                  "product", wish->product, "version", wish->version, "asked",
                  vt_field_of_time(wish->asked_unix_s));

    return vt_json_write_canonical(json, out, err);
}

static bool copy_name(const json_t *json, const char *name,
                      char out[VT_SOURCE_NAME_BYTES_MAX + 1], struct vt_error *err)
{
    vt_slice text;

    if (!vt_json_get_text(json, "a wish to rebuild", name, &text, err))
        return false;
    if (!vt_source_name_is_good(text))
        return vt_fail(err, VT_MALFORMED, "a wish to rebuild: %s is no name", name);
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

static bool read_version(const json_t *json, const char *what, struct vt_error *err)
{
    uint64_t version;

    return vt_json_get_number(json, what, "v", &version, err) &&
           (version == 1 || vt_fail(err, VT_MALFORMED, "%s: of another version", what));
}

bool vt_rebuild_wish_parse(vt_slice text, struct vt_rebuild_wish *out, struct vt_error *err)
{
    static const char *const names[] = {
        "v", "number", "product", "version", "asked", NULL
    };
    static const char what[] = "a wish to rebuild";
    struct vt_rebuild_wish wish = { .number = 0 };
    VT_AUTO_JSON json = NULL;

    if (!vt_json_parse_canonical(text, what, &json, err) ||
        !vt_json_only(json, what, names, err) || !read_version(json, what, err) ||
        !vt_json_get_number(json, what, "number", &wish.number, err) ||
        !vt_json_get_time(json, what, "asked", &wish.asked_unix_s, err) ||
        !copy_name(json, "product", wish.product, err) ||
        !copy_name(json, "version", wish.version, err))
        return false;
    *out = wish;
    return true;
}

/* ---- what came of it --------------------------------------------------------------------
 */

static const char *const artefact_fields[] = { "name", "sha256", NULL },
                         *const cause_fields[] = { "cause", "place", "because", "fix",
                                                   NULL };

const char *vt_rebuild_state_name(enum vt_rebuild_state state)
{
    static const char *const names[VT_REBUILD_STATES] = { "runs", "equal", "differs",
                                                          "failed" };

    return names[state];
}

void vt_rebuild_told_clear(struct vt_rebuild_told *told)
{
    json_decref(told->artefacts);
    json_decref(told->causes);
    json_decref(told->json);
    *told = (struct vt_rebuild_told){ .number = 0 };
}

bool vt_rebuild_told_write(const struct vt_rebuild_told *told, struct vt_buf *out,
                           struct vt_error *err)
{
    VT_AUTO_JSON none = json_array();
    VT_AUTO_JSON json =
        json_pack("{s:i,s:I,s:s,s:o,s:s%,s:I,s:O,s:O}", "v", 1, "number",
                  (json_int_t)told->number, "state", vt_rebuild_state_name(told->state),
                  "began", vt_field_of_time(told->began_unix_s), "says",
                  told->says.len != 0 ? (const char *)told->says.data : "", told->says.len,
                  "artefact_count", (json_int_t)told->artefact_count, "artefacts",
                  told->artefacts != NULL ? told->artefacts : none, "causes",
                  told->causes != NULL ? told->causes : none);

    if (told->state != VT_REBUILD_RUNS)
        (void)json_object_set_new(json, "ended", vt_field_of_time(told->ended_unix_s));
    return vt_json_write_canonical(json, out, err);
}

static bool read_state(vt_slice name, enum vt_rebuild_state *out)
{
    for (unsigned i = 0; i < VT_REBUILD_STATES; i++)
        if (vt_slice_is(name, vt_rebuild_state_name((enum vt_rebuild_state)i))) {
            *out = (enum vt_rebuild_state)i; /* below VT_REBUILD_STATES */
            return true;
        }
    return false;
}

/* A list of objects that have these texts and nothing else. */
static bool take_rows(const json_t *json, const char *name, const char *const *fields,
                      size_t rows_max, json_t **out, struct vt_error *err)
{
    json_t *rows;
    vt_slice ignored;

    if (!vt_json_get_array(json, "a rebuild", name, &rows, err))
        return false;
    if (json_array_size(rows) > rows_max)
        return vt_fail(err, VT_MALFORMED, "a rebuild: too many %s", name);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (!vt_json_only(row, name, fields, err))
            return false;
        for (const char *const *field = fields; *field != NULL; field++)
            if (!vt_json_get_text(row, name, *field, &ignored, err))
                return false;
    }
    *out = json_incref(rows);
    return true;
}

static bool take_told(json_t *json, struct vt_rebuild_told *told, struct vt_error *err)
{
    static const char what[] = "a rebuild";
    vt_slice state;

    if (!read_version(json, what, err) ||
        !vt_json_get_number(json, what, "number", &told->number, err) ||
        !vt_json_get_number(json, what, "artefact_count", &told->artefact_count, err) ||
        !vt_json_get_text(json, what, "state", &state, err) ||
        !vt_json_get_text(json, what, "says", &told->says, err) ||
        !vt_json_get_time(json, what, "began", &told->began_unix_s, err))
        return false;
    if (!read_state(state, &told->state) ||
        (told->state == VT_REBUILD_RUNS) == vt_json_has(json, "ended"))
        return vt_fail(err, VT_MALFORMED, "a rebuild: no such state, or no end");
    return (told->state == VT_REBUILD_RUNS ||
            vt_json_get_time(json, what, "ended", &told->ended_unix_s, err)) &&
           take_rows(json, "artefacts", artefact_fields, VT_REBUILD_ARTEFACTS_MAX,
                     &told->artefacts, err) &&
           take_rows(json, "causes", cause_fields, VT_REBUILD_CAUSES_MAX, &told->causes,
                     err);
}

bool vt_rebuild_told_parse(vt_slice text, struct vt_rebuild_told *out, struct vt_error *err)
{
    static const char *const names[] = { "v",         "number", "state",
                                         "began",     "says",   "artefact_count",
                                         "artefacts", "causes", "ended",
                                         NULL };
    struct vt_rebuild_told told = { .number = 0 };

    if (!vt_json_parse_canonical(text, "a rebuild", &told.json, err))
        return false;
    if (!vt_json_only(told.json, "a rebuild", names, err) ||
        !take_told(told.json, &told, err)) {
        vt_rebuild_told_clear(&told);
        return false;
    }
    *out = told;
    return true;
}

bool vt_rebuild_is_over(const struct vt_rebuild_told *told,
                        const struct vt_rebuild_wish *wish)
{
    return told->number == wish->number && told->state != VT_REBUILD_RUNS;
}

/* ---- its log ----------------------------------------------------------------------------
 */

/* So many bytes at the end may be the beginning of a character. */
static size_t open_end(vt_slice piece)
{
    for (size_t back = 1; back <= 3 && back <= piece.len; back++) {
        uint8_t byte = piece.data[piece.len - back];

        if (byte >= 0xc0)
            return vt_slice_is_utf8(vt_slice_sub(piece, piece.len - back, back)) ? 0 : back;
        if (byte < 0x80)
            return 0;
    }
    return 0;
}

size_t vt_rebuild_log_text(vt_slice piece, struct vt_buf *out)
{
    size_t open = open_end(piece), len = open < piece.len ? piece.len - open : piece.len;
    bool is_utf8 = vt_slice_is_utf8(vt_slice_sub(piece, 0, len));

    for (size_t i = 0; i < len; i++) {
        uint8_t byte = piece.data[i];
        bool is_text = byte >= 0x80
                           ? is_utf8
                           : byte == '\n' || byte == '\t' || (byte >= 0x20 && byte != 0x7f);

        vt_buf_put_u8(out, is_text ? byte : '?');
    }
    return len;
}
