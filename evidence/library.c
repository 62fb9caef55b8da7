/* The public face of the verdict: bytes in, an answer out, and never an end of the process.
 * Built into libvitrine-verify alone with what a verdict needs; the Makefile says what. */
#include "include/vitrine/verify.h"
#include "evidence/verdict.h"
#include <sys/auxv.h>

struct vitrine_verdict {
    struct vt_verdict verdict;
    struct vt_buf json, memory;
};

/* Everything that one question needs, parsed. */
struct parsed {
    struct vt_trust *trust;
    struct vt_demands demands;
    json_t *memory;
};

static void parsed_clear(struct parsed *parsed)
{
    vt_trust_free(parsed->trust);
    vt_demands_clear(&parsed->demands);
    vt_json_clear(&parsed->memory);
}

static vt_slice slice_of(struct vitrine_bytes bytes)
{
    return vt_slice_of(bytes.data, bytes.data != NULL ? bytes.len : 0);
}

/* jansson seeds its hashing once a process, by default from a file or the clock.  The
 * kernel gave every process sixteen random bytes at its start: hashed, so that nobody
 * learns them (the C library's own guards are made of them too), they do without either.  A
 * seed that the host program has set stays. */
static void seed_hashing(void)
{
    const uint8_t *random = (const uint8_t *)getauxval(AT_RANDOM);
    size_t seed = 1;

    if (random != NULL) {
        vt_hash hash = vt_sha256_of(vt_slice_of(random, 16));

        memcpy(&seed, hash.bytes, sizeof seed);
    }
    json_object_seed(seed | 1); /* 0 would mean: find one yourself */
}

static bool parse_question(const struct vitrine_question *question, struct parsed *out,
                           struct vt_error *err)
{
    vt_slice policy = slice_of(question->policy), memory = slice_of(question->memory);

    if (!vt_trust_parse(slice_of(question->trust), &out->trust, err) ||
        (policy.data != NULL && !vt_demands_parse(policy, &out->demands, err)) ||
        (memory.data != NULL && !vt_memory_parse(memory, &out->memory, err)))
        return false; /* each says itself which it is */
    if (question->max_age_s != 0)
        out->demands.max_age_s = question->max_age_s;
    return true;
}

/* False: out of memory. */
static bool reach(const struct vitrine_question *question, const vt_hash *hash,
                  uint64_t file_len, struct parsed *parsed, struct vt_verdict *out)
{
    struct vt_error err = { 0 }, why = { 0 };
    struct vt_question inner = {
        .file_hash = *hash,
        .file_bytes = file_len,
        .product = vt_slice_from_cstr(question->product),
        .channel = vt_slice_from_cstr(question->channel),
        .evidence = slice_of(question->evidence),
        .demands = &parsed->demands,
        .now_unix_s = question->now_unix_s,
    };

    if (!parse_question(question, parsed, &why))
        return vt_verdict_refuse(hash, file_len, &why, out, &err);
    inner.trust = parsed->trust;
    inner.state = parsed->memory;
    return vt_verdict_reach(&inner, out, &err);
}

static enum vitrine_answer answer(const struct vitrine_question *question,
                                  const vt_hash *hash, uint64_t file_len,
                                  struct vitrine_verdict *out)
{
    struct parsed parsed = { .demands = vt_demands_usual() };
    enum vitrine_answer found = VITRINE_TROUBLE;
    struct vt_error err = { 0 };

    if (reach(question, hash, file_len, &parsed, &out->verdict) &&
        vt_verdict_write(&out->verdict, &out->json, &err)) {
        if (out->verdict.reason != VT_REASON_NONE)
            found = VITRINE_NO;
        else if (vt_verdict_remember(&out->verdict, parsed.memory, &out->memory, &err))
            found = VITRINE_YES;
    }
    parsed_clear(&parsed);
    return found;
}

/* Neither a name nor "whichever". */
static bool is_empty(const char *text)
{
    return text != NULL && text[0] == '\0';
}

enum vitrine_answer vitrine_verify_hash(const struct vitrine_question *question,
                                        const uint8_t sha256[32], uint64_t file_len,
                                        struct vitrine_verdict **verdict_out)
{
    struct vitrine_verdict *verdict;
    enum vitrine_answer found;
    vt_hash hash;

    if (verdict_out == NULL)
        return VITRINE_MISUSE;
    *verdict_out = NULL;
    if (question == NULL || sha256 == NULL || question->size != sizeof *question ||
        question->max_age_s < 0 || is_empty(question->product) ||
        is_empty(question->channel))
        return VITRINE_MISUSE;
    verdict = calloc(1, sizeof *verdict);
    if (verdict == NULL)
        return VITRINE_TROUBLE;
    verdict->json = vt_buf_init(VT_MIB(4));
    verdict->memory = vt_buf_init(VT_MEMORY_BYTES_MAX);
    memcpy(hash.bytes, sha256, sizeof hash.bytes);
    seed_hashing();
    vt_buf_forget_starving();
    found = answer(question, &hash, file_len, verdict);
    /* Where memory ran out a good signature may have been taken for none. */
    if (found == VITRINE_NO && vt_buf_was_starved())
        found = VITRINE_TROUBLE;
    if (found == VITRINE_TROUBLE)
        vitrine_verdict_free(verdict);
    else
        *verdict_out = verdict;
    return found;
}

enum vitrine_answer vitrine_verify(const struct vitrine_question *question,
                                   const void *file, size_t file_len,
                                   struct vitrine_verdict **verdict_out)
{
    vt_hash hash;

    if (file == NULL && file_len != 0)
        return vitrine_verify_hash(question, NULL, 0, verdict_out);
    hash = vt_sha256_of(vt_slice_of(file, file_len));
    return vitrine_verify_hash(question, hash.bytes, file_len, verdict_out);
}

void vitrine_verdict_free(struct vitrine_verdict *verdict)
{
    if (verdict == NULL)
        return;
    vt_verdict_clear(&verdict->verdict);
    vt_buf_clear(&verdict->json);
    vt_buf_clear(&verdict->memory);
    free(verdict);
}

const char *vitrine_verdict_reason(const struct vitrine_verdict *verdict)
{
    return verdict != NULL ? vt_reason_name(verdict->verdict.reason) : "trouble";
}

const char *vitrine_verdict_sentence(const struct vitrine_verdict *verdict)
{
    return verdict != NULL
               ? verdict->verdict.sentence
               : "no answer was reached: memory ran out, or the call was misused";
}

const char *vitrine_verdict_next_step(const struct vitrine_verdict *verdict)
{
    return verdict != NULL
               ? verdict->verdict.next_step
               : "look at what the call returned: ask again with more memory, or mend the "
                 "program that asked";
}

struct vitrine_bytes vitrine_verdict_json(const struct vitrine_verdict *verdict)
{
    if (verdict == NULL)
        return (struct vitrine_bytes){ NULL, 0 };
    return (struct vitrine_bytes){ verdict->json.data, verdict->json.len };
}

struct vitrine_bytes vitrine_verdict_memory(const struct vitrine_verdict *verdict)
{
    if (verdict == NULL)
        return (struct vitrine_bytes){ NULL, 0 };
    return (struct vitrine_bytes){ verdict->memory.data, verdict->memory.len };
}
