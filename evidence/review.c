/* One reviewer's words, in his own order. */
#include "evidence/review.h"
#include "evidence/field.h"

bool vt_review_is_about(const struct vt_statement *review, vt_slice product,
                        vt_slice version, const vt_hash *source)
{
    struct vt_subject subject = vt_statement_subject(review, 0);
    vt_hash named;

    return vt_statement_subject_count(review) == 1 &&
           vt_hash_equal(&subject.hash, source) &&
           vt_hash_parse_hex(vt_field_text(review->predicate, "source"), &named) &&
           vt_hash_equal(&named, source) &&
           vt_slice_equal(vt_field_text(review->predicate, "product"), product) &&
           vt_slice_equal(vt_field_text(review->predicate, "version"), version);
}

bool vt_review_accepts(const struct vt_statement *review)
{
    return vt_slice_is(vt_field_text(review->predicate, "verdict"), "accept");
}

/* Is the one said after the other?  A refusal may be of the same second. */
static bool is_later(const struct vt_statement *later, const struct vt_statement *word)
{
    int64_t then = 0, now = 0;

    return vt_time_parse(vt_field_text(word->predicate, "created"), &then) &&
           vt_time_parse(vt_field_text(later->predicate, "created"), &now) &&
           (now > then || (now == then && !vt_review_accepts(later)));
}

static bool share_holder(const struct vt_count *a, const struct vt_count *b)
{
    for (size_t i = 0; i < a->signer_count; i++)
        for (size_t k = 0; k < b->signer_count; k++)
            if (vt_slice_equal(a->signers[i]->holder, b->signers[k]->holder))
                return true;
    return false;
}

bool vt_review_takes_back(const struct vt_keyring *keyring, const struct vt_envelope *later,
                          const struct vt_envelope *word, int64_t time_unix_s)
{
    vt_slice product = vt_field_text(word->statement.predicate, "product");
    struct vt_count ours, theirs;

    if (vt_review_accepts(&later->statement) == vt_review_accepts(&word->statement) ||
        !is_later(&later->statement, &word->statement))
        return false; /* before a signature is looked at */
    ours = vt_keyring_count(keyring, VT_ROLE_REVIEWER, later, time_unix_s, product);
    theirs = vt_keyring_count(keyring, VT_ROLE_REVIEWER, word, time_unix_s, product);
    return share_holder(&ours, &theirs);
}
