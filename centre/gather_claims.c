/* Who builds where and in which environment, and the statistics of cells: what the release
 * ledger claims, and of builds what the desk has.  Each claim is told with its place in the
 * ledger, where the page reads and checks it. */
#include "centre/gather.h"
#include "evidence/field.h"

static void read_claims(struct vt_gathering *g, struct vt_held *held)
{
    struct vt_claims *claims = &g->holding->claims, made = { 0 };
    struct vt_error why = { 0 };

    if (held->trouble.code != VT_OK ||
        (claims->is_read && claims->head.size == held->verdict.size &&
         vt_hash_equal(&claims->head.root, &held->verdict.root)))
        return;
    if (!vt_claims_read(held, &made, &why)) {
        vt_gather_tell(g, vt_arena_printf(g->arena, "who builds: %s", why.message));
        return;
    }
    vt_claims_clear(claims);
    *claims = made;
}

static json_t *reckoned(const struct vt_held *held, const struct vt_claims *claims)
{
    return json_pack("{s:s,s:I,s:o,s:o}", "ledger", held->name, "entries",
                     (json_int_t)claims->head.size, "seen",
                     vt_field_of_time(claims->seen_unix_s), "strays",
                     vt_strays_json(&claims->strays));
}

static void add_rows(json_t *all, const struct vt_claims *claims, const char *name,
                     enum vt_claim_kind kind)
{
    (void)json_object_set(all, name, claims->rows[kind]);
    if (claims->older[kind] != 0)
        (void)json_object_set_new(
            all, "older",
            json_integer(json_integer_value(json_object_get(all, "older")) +
                         (json_int_t)claims->older[kind]));
}

static bool put_builders(struct vt_gathering *g, const struct vt_held *held,
                         struct vt_error *err)
{
    const struct vt_claims *claims = &g->holding->claims;
    json_t *all = reckoned(held, claims);

    add_rows(all, claims, "environments", VT_CLAIM_ENVIRONMENT);
    add_rows(all, claims, "enrolled", VT_CLAIM_ENROLMENT);
    add_rows(all, claims, "released", VT_CLAIM_RELEASE);
    (void)json_object_set(all, "builds", g->builds);
    return vt_gather_put_json(g, "/api/v1/builders", all, err);
}

static bool put_statistics(struct vt_gathering *g, const struct vt_held *held,
                           struct vt_error *err)
{
    json_t *all = reckoned(held, &g->holding->claims);

    add_rows(all, &g->holding->claims, "aggregates", VT_CLAIM_AGGREGATE);
    return vt_gather_put_json(g, "/api/v1/statistics", all, err);
}

bool vt_gather_claims(struct vt_gathering *g, struct vt_error *err)
{
    struct vt_held *held = vt_holding_release(g->holding);

    if (held == NULL)
        return true; /* then nothing is known, which is not the same as none */
    read_claims(g, held);
    return !g->holding->claims.is_read ||
           (put_builders(g, held, err) && put_statistics(g, held, err));
}
