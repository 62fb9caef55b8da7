/* Last step: the places that the customer's policy demands.  Everything that is compared
 * here was proven before. */
#include "evidence/inquiry.h"

/* Is there a signer of the release with this text in this field of the facts? */
static bool has_signer(const struct vt_inquiry *q, const char *field, vt_slice wanted)
{
    static const char *const lists[] = { "vendors", "supervisors" };

    for (size_t l = 0; l < 2; l++) {
        const json_t *list = json_object_get(q->verdict->facts, lists[l]);

        for (size_t i = 0; i < json_array_size(list); i++)
            if (vt_slice_equal(vt_field_text(json_array_get(list, i), field), wanted))
                return true;
    }
    return false;
}

/* Each place demanded is among the signers'. */
static bool signers_are_where(struct vt_inquiry *q, const json_t *demanded,
                              const char *field, enum vt_reason reason)
{
    for (size_t i = 0; i < json_array_size(demanded); i++) {
        const json_t *at = json_array_get(demanded, i);
        vt_slice wanted = vt_slice_of(json_string_value(at), json_string_length(at));

        if (!has_signer(q, field, wanted))
            return vt_refuse(
                q, reason, "nobody in %.*s signed the release, and your policy demands it",
                VT_SLICE_ARGS(wanted));
    }
    return true;
}

/* Each builder stands in one of the places allowed. */
static bool builders_are_where(struct vt_inquiry *q, const json_t *allowed,
                               const char *field, enum vt_reason reason)
{
    const json_t *list = json_object_get(q->verdict->facts, "builders");

    for (size_t i = 0; allowed != NULL && i < json_array_size(list); i++) {
        vt_slice place = vt_field_text(json_array_get(list, i), field);

        if (!vt_list_has(allowed, place))
            return vt_refuse(q, reason,
                             "it was built in %.*s, which your policy does not allow",
                             VT_SLICE_ARGS(place));
    }
    return true;
}

bool vt_inquire_places(struct vt_inquiry *q)
{
    const struct vt_demands *demands = q->question->demands;

    return signers_are_where(q, demands->signer_sites, "site", VT_REASON_SITE) &&
           builders_are_where(q, demands->builder_sites, "site", VT_REASON_SITE) &&
           signers_are_where(q, demands->signer_jurisdictions, "jurisdiction",
                             VT_REASON_JURISDICTION) &&
           builders_are_where(q, demands->builder_jurisdictions, "jurisdiction",
                              VT_REASON_JURISDICTION);
}
