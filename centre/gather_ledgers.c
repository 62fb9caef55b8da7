/* Ledgers and their witnesses, as the verified checkpoints have them. */
#include "centre/gather.h"
#include "evidence/field.h"

static json_t *text_json(vt_slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

/* The group of a witness is its jurisdiction: a trust root is not sound otherwise. */
static json_t *witness_row(const struct vt_held *held, size_t i)
{
    const struct vt_policy *policy = &held->trust->policy;
    const struct vt_policy_witness *witness = &policy->witnesses[i];
    json_t *row = json_pack("{s:o,s:o}", "name", text_json(witness->name), "key",
                            text_json(witness->vkey.name));

    if (witness->parent != VT_POLICY_NO_PARENT)
        (void)json_object_set_new(row, "jurisdiction",
                                  text_json(policy->groups[witness->parent].name));
    if (held->verdict.is_cosigned[i])
        (void)json_object_set_new(row, "cosigned",
                                  vt_field_of_time(held->verdict.cosigned_unix_s[i]));
    return row;
}

static void add_head(const struct vt_held *held, json_t *row)
{
    json_t *witnesses = json_array();

    (void)json_object_set_new(row, "origin", text_json(held->origin));
    (void)json_object_set_new(row, "size", json_integer((json_int_t)held->verdict.size));
    (void)json_object_set_new(row, "root", vt_field_of_hash(&held->verdict.root));
    if (held->verdict.time_unix_s != 0)
        (void)json_object_set_new(row, "as_of",
                                  vt_field_of_time(held->verdict.time_unix_s));
    for (size_t i = 0; i < held->trust->policy.witness_count; i++)
        (void)json_array_append_new(witnesses, witness_row(held, i));
    (void)json_object_set_new(row, "witnesses", witnesses);
}

static const char *use_of(const struct vt_held *held)
{
    return vt_slice_equal(held->origin, held->trust->release_origin) ? "release" : "other";
}

bool vt_gather_ledgers(struct vt_gathering *g, struct vt_error *err)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < g->holding->count; i++) {
        const struct vt_held *held = &g->holding->rows[i];
        json_t *row = json_pack("{s:s}", "name", held->name);

        if (vt_held_is_known(held)) {
            add_head(held, row);
            (void)json_object_set_new(row, "use", json_string(use_of(held)));
        }
        if (held->trouble.code != VT_OK) {
            (void)json_object_set_new(row, "problem", json_string(held->trouble.message));
            vt_gather_tell(g, vt_arena_printf(g->arena, "ledger %s: %s", held->name,
                                              held->trouble.message));
        }
        (void)json_array_append_new(rows, row);
    }
    return vt_gather_put_json(g, "/api/v1/ledgers", json_pack("{s:o}", "ledgers", rows),
                              err);
}
