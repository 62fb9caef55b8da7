/* Memory runs out at the n-th allocation, for n = 1, 2, 3 ... until none fails: once for
 * good, once for that allocation only.  Each time the answer is an error, never a crash,
 * never a damaged value: libvitrine-verify runs in other people's programs.
 *
 * The allocator of the C library is stood in for, so jansson and our own code are both met.
 * Sanitizers have an allocator of their own; there only jansson's door is taken. */
#include "tests/harness.h"
#include "wire/wire.h"

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

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const vt_slice text =
    VT_LIT("{\"a long name, longer than any first guess of a buffer\":[1,22,-333,\"a long "
           "text, longer than any first guess \\u20ac\\n\"],\"b\":{\"c\":{},\"d\":[],\"e\":"
           "9007199254740991,\"f\":true,\"g\":null,\"h\":0,\"i\":1,\"j\":2,\"k\":3}}");
static const vt_slice envelope = VT_LIT(
    "{\"payload\":\"aGVsbG8=\",\"payloadType\":\"t\",\"signatures\":[{\"keyid\":\"" ID
    "\",\"sig\":\"AQI=\"}]}");

/* What is tried: true and its bytes in out, or false and err. */
static bool parse_and_write(struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_JSON value = NULL;

    return vt_json_parse(text, "x", &value, err) &&
           vt_json_write_canonical(value, out, err);
}

static bool parse_canonical(struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_DSSE parsed = { 0 };

    if (!vt_dsse_parse_canonical(envelope, &parsed, err))
        return false;
    return vt_dsse_write(vt_buf_slice(&parsed.payload_type), vt_buf_slice(&parsed.payload),
                         parsed.signatures, parsed.signature_count, out, err);
}

static bool write_note(struct vt_buf *out, struct vt_error *err)
{
    static struct vt_note note; /* static only because it is large */

    vt_buf_put_text(out, "text\n\n");
    vt_note_write_signature(out, VT_LIT("a.example"), 7, VT_LIT("signature"));
    return vt_buf_check(out, "note", err) && vt_note_parse(vt_buf_slice(out), &note, err);
}

static bool run(bool (*work)(struct vt_buf *, struct vt_error *), size_t allocations,
                struct vt_buf *out)
{
    struct vt_error err = { 0 };
    bool ok;

    left = allocations;
    ok = work(out, &err);
    left = SIZE_MAX;
    VT_CHECK_SAYING(ok == (err.code == VT_OK), "%zu: %s", allocations, err.message);
    VT_CHECK_SAYING(ok || err.code == VT_IO || err.code == VT_LIMIT, "%zu: %s", allocations,
                    err.message);
    return ok;
}

static size_t starve_so(bool (*work)(struct vt_buf *, struct vt_error *), bool back_soon)
{
    VT_AUTO_BUF want = vt_buf_init(10000);

    is_back_soon = back_soon;
    VT_CHECK(run(work, SIZE_MAX, &want));
    for (size_t n = 0;; n++) {
        VT_AUTO_BUF out = vt_buf_init(10000);

        VT_CHECK(n < 10000);
        if (!run(work, n, &out))
            continue;
        VT_CHECK(vt_slice_equal(vt_buf_slice(&out), vt_buf_slice(&want)));
        return n;
    }
}

/* Returns how many allocations there were; each had its turn to fail, in both ways. */
static size_t starve(bool (*work)(struct vt_buf *, struct vt_error *))
{
    size_t count;

    stand_in();
    count = starve_so(work, false);
    VT_CHECK(starve_so(work, true) == count);
    return count;
}

static void json_survives(void)
{
    VT_CHECK(starve(parse_and_write) > 20);
}

static void envelopes_survive(void)
{
    VT_CHECK(starve(parse_canonical) > 5);
}

static void notes_survive(void)
{
#ifdef VT_SANITIZED
    VT_CHECK(starve(write_note) == 0); /* no JSON in them */
#else
    VT_CHECK(starve(write_note) == 2);
#endif
}

static const struct vt_case cases[] = {
    { "json survives", json_survives },
    { "envelopes survive", envelopes_survive },
    { "notes survive", notes_survive },
};

VT_TEST_MAIN("wire.memory", cases)
