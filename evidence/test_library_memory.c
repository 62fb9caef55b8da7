/* Memory runs out inside the library: at the n-th allocation, for good or for that one
 * only. The answer is "trouble" or, if nothing rested on it, the right one; never a crash,
 * never a no about a good file, never a yes about a bad one. */
#include "include/vitrine/verify.h"
#include "tests/world.h"

static size_t left = SIZE_MAX; /* allocations that still succeed; SIZE_MAX: all */
static bool is_back_soon;      /* after one that failed, the others succeed */

static bool may_allocate(void)
{
    if (left == SIZE_MAX)
        return true;
    if (left == 0) {
        left = is_back_soon ? SIZE_MAX : 0;
        return false;
    }
    left--;
    return true;
}

#ifdef VT_SANITIZED

static void *limited_malloc(size_t bytes)
{
    return may_allocate() ? malloc(bytes) : NULL;
}

static void stand_in(void)
{
    json_set_alloc_funcs(limited_malloc, free);
}

#else

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);

void *malloc(size_t bytes)
{
    return may_allocate() ? __libc_malloc(bytes) : NULL;
}

void *calloc(size_t count, size_t bytes)
{
    return may_allocate() ? __libc_calloc(count, bytes) : NULL;
}

void *realloc(void *old, size_t bytes)
{
    return may_allocate() ? __libc_realloc(old, bytes) : NULL;
}

static void stand_in(void)
{
}

#endif

/* Returns whether the memory sufficed. */
static bool ask(const struct vitrine_question *question, vt_slice file, size_t allowed,
                enum vitrine_answer right)
{
    struct vitrine_verdict *verdict;
    enum vitrine_answer answer;
    bool sufficed;

    left = allowed;
    answer = vitrine_verify(question, file.data, file.len, &verdict);
    sufficed = left != SIZE_MAX && left != 0;
    left = SIZE_MAX;
    VT_CHECK_SAYING(answer == right || answer == VITRINE_TROUBLE, "allocation %zu: %s: %s",
                    allowed, vitrine_verdict_reason(verdict),
                    vitrine_verdict_sentence(verdict));
    VT_CHECK((answer == VITRINE_TROUBLE) == (verdict == NULL));
    vitrine_verdict_free(verdict);
    return sufficed;
}

/* The first allocations one by one, later ones in steps that share no rhythm with them. */
static void without_memory(vt_slice file, enum vitrine_answer right)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;
    struct vitrine_question question = { .size = sizeof question,
                                         .now_unix_s = VT_WORLD_NOW };

    stand_in();
    vt_world_make(&world, &made);
    question.trust = (struct vitrine_bytes){ made.trust.data, made.trust.len };
    question.evidence = (struct vitrine_bytes){ made.evidence.data, made.evidence.len };
    for (unsigned way = 0; way < 2; way++) {
        is_back_soon = way == 1;
        for (size_t n = 0; !ask(&question, file.data != NULL ? file : made.file, n, right);
             n += n < 50 ? 1 : 13)
            VT_CHECK(n < 100000);
    }
}

static void a_good_file(void)
{
    without_memory((vt_slice){ 0 }, VITRINE_YES);
}

static void a_bad_file(void)
{
    without_memory(VT_LIT("another file"), VITRINE_NO);
}

static const struct vt_case cases[] = {
    { "a good file", a_good_file },
    { "a bad file", a_bad_file },
};

VT_TEST_MAIN("evidence.libverify_memory", cases)
