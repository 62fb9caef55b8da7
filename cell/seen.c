/* The client's memory of cells. */
#include "cell/seen.h"
#include "evidence/field.h"
#include "evidence/schema.h"

static const struct vt_field CELL[] = {
    { "cell", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "epoch", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "head", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "size", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "root", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field SEEN[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "trust", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "cells", VT_FIELD_OBJECTS, false, 256, CELL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

bool vt_cell_seen_parse(vt_slice text, json_t **memory_out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;

    if (text.len > VT_CELL_SEEN_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "state: %zu bytes, at most %zu", text.len,
                       VT_CELL_SEEN_BYTES_MAX);
    if (!vt_json_parse(text, "state", &json, err) ||
        !vt_schema_verify(json, "state", SEEN, err))
        return false;
    if (vt_field_number(json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "state: only version 1 is known");
    *memory_out = json_incref(json);
    return true;
}

static json_t *row_of(const json_t *memory, vt_slice cell)
{
    const json_t *list = json_object_get(memory, "cells");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (vt_slice_equal(vt_field_text(json_array_get(list, i), "cell"), cell))
            return json_array_get(list, i);
    return NULL;
}

struct vt_cell_seen vt_cell_seen_of(const json_t *memory, vt_slice cell)
{
    const json_t *row = row_of(memory, cell);

    if (row == NULL)
        return (struct vt_cell_seen){ 0 };
    return (struct vt_cell_seen){ .epoch = vt_field_number(row, "epoch"),
                                  .head = vt_field_hash(row, "head"),
                                  .size = vt_field_number(row, "size"),
                                  .root = vt_field_hash(row, "root") };
}

uint64_t vt_cell_seen_trust(const json_t *memory)
{
    return vt_field_number(memory, "trust");
}

/* A head's epoch is its place in the tree: both grow together. */
static bool raise(json_t *memory, vt_slice cell, const struct vt_cell_seen *seen)
{
    json_t *row = row_of(memory, cell);

    if (row == NULL) {
        row = json_pack("{s:s%}", "cell", (const char *)cell.data, cell.len);
        if (json_array_append_new(json_object_get(memory, "cells"), row) != 0)
            return false;
    } else if (vt_field_number(row, "size") >= seen->size) {
        return true;
    }
    return json_object_set_new(row, "epoch", json_integer((json_int_t)seen->epoch)) == 0 &&
           json_object_set_new(row, "head", vt_field_of_hash(&seen->head)) == 0 &&
           json_object_set_new(row, "size", json_integer((json_int_t)seen->size)) == 0 &&
           json_object_set_new(row, "root", vt_field_of_hash(&seen->root)) == 0;
}

bool vt_cell_seen_write(const json_t *memory, vt_slice cell,
                        const struct vt_cell_seen *seen, uint64_t trust, struct vt_buf *out,
                        struct vt_error *err)
{
    VT_AUTO_JSON next = memory != NULL
                            ? json_deep_copy(memory)
                            : json_pack("{s:i,s:i,s:[]}", "v", 1, "trust", 0, "cells");

    if (next == NULL || !raise(next, cell, seen) ||
        (trust > vt_field_number(next, "trust") &&
         json_object_set_new(next, "trust", json_integer((json_int_t)trust)) != 0))
        return vt_fail(err, VT_IO, "state: out of memory");
    if (!vt_schema_verify(next, "state", SEEN, err) ||
        !vt_json_write_canonical(next, out, err))
        return vt_within(err, "state");
    vt_buf_put_u8(out, '\n');
    return vt_buf_check(out, "state", err);
}
