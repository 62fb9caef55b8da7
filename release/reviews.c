/* Which of the reviewers' words stand. */
#include "release/reviews.h"
#include "evidence/inquiry.h"
#include "evidence/review.h"
#include "release/authorisations.h"

const char *vt_word_name(enum vt_word word)
{
    static const char *const names[VT_WORDS] = {
        [VT_WORD_NONE] = "does not count",
        [VT_WORD_ACCEPTS] = "accepts",
        [VT_WORD_REFUSES] = "refuses",
        [VT_WORD_TAKEN_BACK] = "taken back",
    };

    return names[word];
}

/* A review of the draft's source, whoever signed it. */
static bool is_review(const struct vt_docket *docket, const struct vt_item *item)
{
    vt_hash source;

    if (docket->draft == NULL || item->envelope.statement.type != VT_REVIEW)
        return false;
    source = vt_field_hash(docket->draft->envelope.statement.predicate, "source");
    return vt_review_is_about(&item->envelope.statement,
                              vt_slice_from_cstr(docket->product),
                              vt_slice_from_cstr(docket->version), &source);
}

vt_slice vt_review_holder(const struct vt_docket *docket, const struct vt_item *item)
{
    struct vt_count count =
        vt_keyring_count(&docket->roll->keyring, VT_ROLE_REVIEWER, &item->envelope,
                         docket->time_unix_s, vt_slice_from_cstr(docket->product));

    return count.signer_count > 0 ? count.signers[0]->holder : (vt_slice){ 0 };
}

static bool is_taken_back(const struct vt_docket *docket, const struct vt_item *item,
                          int64_t until_unix_s)
{
    for (size_t i = 0; i < docket->item_count; i++) {
        const struct vt_item *other = &docket->items[i];

        if (other->time_unix_s <= until_unix_s && is_review(docket, other) &&
            vt_review_takes_back(&docket->roll->keyring, &other->envelope, &item->envelope,
                                 docket->time_unix_s))
            return true;
    }
    return false;
}

/* An acceptance needs the reviewers' threshold; to refuse, one reviewer is enough. */
enum vt_word vt_review_word(const struct vt_docket *docket, const struct vt_item *item,
                            int64_t until_unix_s)
{
    bool accepts = vt_review_accepts(&item->envelope.statement);

    if (item->time_unix_s > until_unix_s || !is_review(docket, item) ||
        (accepts ? !item->is_valid : vt_review_holder(docket, item).len == 0))
        return VT_WORD_NONE;
    if (is_taken_back(docket, item, until_unix_s))
        return VT_WORD_TAKEN_BACK;
    return accepts ? VT_WORD_ACCEPTS : VT_WORD_REFUSES;
}

size_t vt_review_count(const struct vt_docket *docket, enum vt_word word)
{
    vt_slice holders[VT_DOCKET_ITEMS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < docket->item_count; i++) {
        bool is_new = true;
        vt_slice holder;

        if (vt_review_word(docket, &docket->items[i], INT64_MAX) != word)
            continue;
        holder = vt_review_holder(docket, &docket->items[i]);
        for (size_t k = 0; k < count; k++)
            is_new = is_new && !vt_slice_equal(holders[k], holder);
        if (is_new)
            holders[count++] = holder;
    }
    return count;
}

const struct vt_item *vt_review_newest(const struct vt_docket *docket, vt_slice holder)
{
    const struct vt_item *newest = NULL;

    for (size_t i = 0; i < docket->item_count; i++) {
        const struct vt_item *item = &docket->items[i];
        enum vt_word word = vt_review_word(docket, item, INT64_MAX);

        if ((word == VT_WORD_ACCEPTS || word == VT_WORD_REFUSES) &&
            vt_slice_equal(vt_review_holder(docket, item), holder) &&
            (newest == NULL || item->time_unix_s > newest->time_unix_s))
            newest = item;
    }
    return newest;
}

int64_t vt_release_time(const struct vt_docket *docket, int64_t now_unix_s)
{
    int64_t at = now_unix_s;

    for (size_t i = 0; i < docket->item_count; i++)
        if (docket->items[i].time_unix_s > at &&
            vt_review_word(docket, &docket->items[i], INT64_MAX) == VT_WORD_ACCEPTS)
            at = docket->items[i].time_unix_s;
    if (docket->release != NULL && docket->release->time_unix_s >= at)
        at = docket->release->time_unix_s + 1;
    return at;
}

const char *vt_item_standing(const struct vt_docket *docket, const struct vt_item *item)
{
    const struct vt_item *picked[] = { docket->draft, docket->provenance, docket->sbom,
                                       docket->vsa,   docket->rejection,  docket->release };

    if (item->envelope.statement.type == VT_REVIEW)
        return vt_word_name(vt_review_word(docket, item, INT64_MAX));
    if (!item->is_valid)
        return "does not count";
    for (size_t i = 0; i < sizeof picked / sizeof picked[0]; i++)
        if (picked[i] == item)
            return "counts";
    return "superseded";
}
