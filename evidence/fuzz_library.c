/* Laws, of a trust root and an evidence file with a line break between them: there is
 * always an answer; a yes has a memory and holds again with it; a no has none. */
#include "include/vitrine/verify.h"
#include "tools/fuzz.h"

#define NOW INT64_C(1795003000) /* as the corpus was made */

static void check_yes(struct vitrine_question *question, struct vitrine_verdict *first)
{
    struct vitrine_verdict *second;

    question->memory = vitrine_verdict_memory(first);
    VT_CHECK(question->memory.len != 0);
    VT_CHECK(vitrine_verify(question, "the bytes of lamp 1.4.0\n", 24, &second) ==
             VITRINE_YES);
    vitrine_verdict_free(second);
    question->max_age_s = 1;
    VT_CHECK(vitrine_verify(question, "another file", 12, &second) == VITRINE_NO);
    VT_CHECK(vitrine_verdict_memory(second).len == 0);
    vitrine_verdict_free(second);
}

void vt_fuzz_one(vt_slice input)
{
    struct vitrine_question question = { .size = sizeof question, .now_unix_s = NOW };
    struct vitrine_verdict *verdict;
    enum vitrine_answer answer;
    size_t cut = 0;

    while (cut < input.len && input.data[cut] != '\n')
        cut++;
    question.trust = (struct vitrine_bytes){ input.data, cut };
    if (cut < input.len)
        question.evidence =
            (struct vitrine_bytes){ input.data + cut + 1, input.len - cut - 1 };
    answer = vitrine_verify(&question, "the bytes of lamp 1.4.0\n", 24, &verdict);
    VT_CHECK(answer == VITRINE_YES || answer == VITRINE_NO);
    VT_CHECK(vitrine_verdict_json(verdict).len != 0);
    if (answer == VITRINE_YES)
        check_yes(&question, verdict);
    else
        VT_CHECK(vitrine_verdict_memory(verdict).len == 0 &&
                 vitrine_verdict_sentence(verdict)[0] != '\0');
    vitrine_verdict_free(verdict);
}
