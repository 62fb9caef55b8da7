/* Checkpoint bodies: each good one with its forged twins. */
#include "ledger/checkpoint.h"
#include "tests/harness.h"

#define ROOT "4Rdz/o+L4lWsJPPcL4Yi7eec3/c3zfBn/8turzwM3xE="

static const struct {
    const char *name;
    vt_slice body;
    bool is_good;
    uint64_t size;
} rows[] = {
    { "plain", VT_LIT("a.example\n42\n" ROOT "\n"), true, 42 },
    { "size zero", VT_LIT("a.example\n0\n" ROOT "\n"), true, 0 },
    { "largest size", VT_LIT("a\n18446744073709551615\n" ROOT "\n"), true, UINT64_MAX },
    { "spaces in the origin", VT_LIT("go.sum database tree\n9\n" ROOT "\n"), true, 9 },
    { "extension lines", VT_LIT("a.example\n1\n" ROOT "\nmore\nlines\n"), true, 1 },
    { "nothing", VT_LIT(""), false, 0 },
    { "no origin", VT_LIT("\n42\n" ROOT "\n"), false, 0 },
    { "no root", VT_LIT("a.example\n42\n"), false, 0 },
    { "leading zero", VT_LIT("a.example\n042\n" ROOT "\n"), false, 0 },
    { "plus sign", VT_LIT("a.example\n+42\n" ROOT "\n"), false, 0 },
    { "minus sign", VT_LIT("a.example\n-42\n" ROOT "\n"), false, 0 },
    { "space", VT_LIT("a.example\n 42\n" ROOT "\n"), false, 0 },
    { "no size", VT_LIT("a.example\n\n" ROOT "\n"), false, 0 },
    { "size 2^64", VT_LIT("a\n18446744073709551616\n" ROOT "\n"), false, 0 },
    { "no last newline", VT_LIT("a.example\n42\n" ROOT), false, 0 },
    { "empty extension line", VT_LIT("a.example\n42\n" ROOT "\n\n"), false, 0 },
    { "open extension line", VT_LIT("a.example\n42\n" ROOT "\nmore"), false, 0 },
    { "carriage returns", VT_LIT("a.example\r\n42\r\n" ROOT "\r\n"), false, 0 },
    { "a NUL", VT_LIT("a.ex\0ample\n42\n" ROOT "\n"), false, 0 },
    { "not UTF-8", VT_LIT("a.\xff\n42\n" ROOT "\n"), false, 0 },
    { "root without padding",
      VT_LIT("a\n42\n4Rdz/o+L4lWsJPPcL4Yi7eec3/c3zfBn/8turzwM3xE\n"), false, 0 },
    { "root with loose bits",
      VT_LIT("a\n42\n4Rdz/o+L4lWsJPPcL4Yi7eec3/c3zfBn/8turzwM3xF=\n"), false, 0 },
    { "root of 31 bytes", VT_LIT("a\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"),
      false, 0 },
};

static void bodies_have_one_spelling(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_checkpoint checkpoint = { .size = 7 };
        bool is_good = vt_checkpoint_parse(rows[i].body, &checkpoint, &err);
        VT_AUTO_BUF again = vt_buf_init(1000);

        VT_CHECK_SAYING(is_good == rows[i].is_good, "%s: %s", rows[i].name, err.message);
        VT_CHECK(checkpoint.size == (is_good ? rows[i].size : 7));
        if (!is_good) {
            VT_CHECK(err.code == VT_MALFORMED);
            continue;
        }
        vt_checkpoint_write(&again, &checkpoint);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&again), rows[i].body));
    }
}

static void parts_are_told_apart(void)
{
    struct vt_error err = { 0 };
    struct vt_checkpoint cp;

    VT_CHECK_OK(vt_checkpoint_parse(rows[4].body, &cp, &err));
    VT_CHECK(vt_slice_is(cp.origin, "a.example") && cp.root.bytes[0] == 0xe1);
    VT_CHECK(vt_slice_is(cp.extensions, "more\nlines\n"));
}

static const struct vt_case cases[] = {
    { "bodies have one spelling", bodies_have_one_spelling },
    { "parts are told apart", parts_are_told_apart },
};

VT_TEST_MAIN("ledger.checkpoint", cases)
