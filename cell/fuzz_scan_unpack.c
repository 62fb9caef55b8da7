/* Laws: however a file is made, unpacking it ends within its budget - no more bytes than
 * may come out, no more members, no deeper - and what comes of it is an answer that its
 * reader takes.  What a glance says is no archive is none. */
#include "cell/scan_engine.h"
#include "tools/fuzz.h"

struct taking {
    struct vt_scan_budget *budget;
    unsigned depth;
    uint64_t bytes;
};

enum { DEPTH_MAX = 3, PIECE_BYTES = 65536 };

static bool take(void *context, vt_slice bytes)
{
    struct taking *t = context;

    t->bytes += bytes.len;
    VT_CHECK(bytes.len <= t->budget->limits->file_bytes_max);
    if (t->depth < DEPTH_MAX) {
        t->depth++;
        (void)vt_scan_unpack(t->budget, bytes, take, t);
        t->depth--;
    }
    return vt_scan_budget_left(t->budget);
}

void vt_fuzz_one(vt_slice input)
{
    const struct vt_scan_limits limits = { .bytes_max = VT_MIB(1),
                                           .file_bytes_max = VT_KIB(256),
                                           .ratio_max = 100,
                                           .ratio_free_bytes = VT_KIB(512),
                                           .members_max = 50,
                                           .depth_max = DEPTH_MAX };
    struct vt_scan_outcome outcome = { 0 }, read;
    struct vt_scan_budget budget = { .limits = &limits,
                                     .deadline_ms = vt_monotonic_ms() + 5000,
                                     .root_bytes = input.len,
                                     .outcome = &outcome };
    struct taking taking = { .budget = &budget };
    VT_AUTO_BUF answer = vt_buf_init(VT_SCAN_ANSWER_BYTES);
    struct vt_error err = { 0 };
    bool is_container = vt_scan_unpack(&budget, input, NULL, NULL);

    VT_CHECK(outcome.members == 0 && outcome.limits == 0);
    VT_CHECK(vt_scan_may_be_archive(input) || !vt_scan_is_archive(input));
    VT_CHECK(vt_scan_unpack(&budget, input, take, &taking) == is_container);
    VT_CHECK(is_container || outcome.members == 0);
    VT_CHECK(outcome.members <= limits.members_max);
    VT_CHECK(outcome.unpacked_bytes <= limits.bytes_max + PIECE_BYTES);
    VT_CHECK(taking.bytes <= outcome.unpacked_bytes);
    VT_CHECK((outcome.limits & VT_SCAN_LIMIT_TIME) == 0);
    vt_scan_answer_write(&outcome, &answer);
    VT_CHECK(vt_scan_answer_parse(vt_buf_slice(&answer), &read, &err));
}
