/* Lines that nobody reviewed: the difference is the shortest one, and never says too much;
 * the command says so of releases on a desk. */
#include "centre/kept_lines.h"
#include "tests/reviewers_world.h"
#include "tests/harness.h"
#include <sys/stat.h>

#define MUST_SAY(answer, words)                                                            \
    VT_CHECK_SAYING(strstr((answer), (words)) != NULL, "%s", (answer))

enum { LETTERS_MAX = 9 };

/* Length of the longest common subsequence, the slow way. */
static size_t common(const char *a, const char *b)
{
    size_t table[LETTERS_MAX + 1][LETTERS_MAX + 1] = { { 0 } };

    for (size_t i = strlen(a); i-- > 0;)
        for (size_t k = strlen(b); k-- > 0;) {
            size_t down = table[i + 1][k], right = table[i][k + 1];

            table[i][k] = a[i] == b[k]   ? table[i + 1][k + 1] + 1
                          : down > right ? down
                                         : right;
        }
    return table[0][0];
}

static bool is_subsequence(const char *kept, const char *of)
{
    for (; *of != '\0' && *kept != '\0'; of++)
        kept += *kept == *of;
    return *kept == '\0';
}

static vt_slice as_lines(const char *letters)
{
    const char *text = "";

    for (; *letters != '\0'; letters++)
        text = vt_test_print("%s%c\n", text, *letters);
    return vt_slice_from_cstr(text);
}

static void check_pair(const char *a, const char *b)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    bool kept[LETTERS_MAX] = { false };
    char left[LETTERS_MAX + 1] = "";
    size_t a_count, b_count, count = 0;
    vt_slice *before = vt_lines_of(arena, as_lines(a), &a_count);
    vt_slice *lines = vt_lines_of(arena, as_lines(b), &b_count);

    vt_kept_lines_mark(arena, before, a_count, lines, b_count, kept);
    for (size_t i = 0; i < b_count; i++)
        if (kept[i])
            left[count++] = b[i];
    VT_CHECK_SAYING(count == common(a, b) && is_subsequence(left, a), "%s %s: %s", a, b,
                    left);
}

/* All pairs of words over three letters, and longer ones by dice. */
static void the_difference_is_the_shortest(void)
{
    char words[121][5];
    size_t count = 0;
    uint32_t dice = 1;

    for (unsigned len = 0, many = 1; len <= 4; len++, many *= 3)
        for (unsigned i = 0; i < many; i++) {
            unsigned rest = i;

            for (unsigned at = 0; at < len; at++, rest /= 3)
                words[count][at] = (char)('a' + rest % 3);
            words[count++][len] = '\0';
        }
    VT_CHECK(count == 121);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            check_pair(words[i], words[k]);
    for (size_t i = 0; i < 2000; i++) {
        char a[LETTERS_MAX + 1] = "", b[LETTERS_MAX + 1] = "";

        for (size_t at = 0; at < LETTERS_MAX; at++) {
            dice = dice * 1664525 + 1013904223;
            a[at] = (char)('a' + (dice >> 24) % 4);
            b[at] = (char)('a' + (dice >> 16) % 4);
        }
        check_pair(a, b);
    }
}

/* Two texts that differ in more than is looked for: nothing of the middle is kept. */
static void too_much_is_not_kept(void)
{
    enum { COUNT = 2 * VT_KEPT_CHANGES_MAX };
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF a = vt_buf_init(VT_MIB(1)), b = vt_buf_init(VT_MIB(1));
    bool kept[COUNT + 2] = { false };
    size_t a_count, b_count, count = 0;
    vt_slice *before, *lines;

    vt_buf_put_text(&a, "first\n");
    vt_buf_put_text(&b, "first\n");
    for (unsigned i = 0; i < COUNT; i++) {
        vt_buf_printf(&a, "a%u\n", i);
        vt_buf_printf(&b, "%c%u\n", i % 100 == 50 ? 'a' : 'b', i);
    }
    vt_buf_put_text(&a, "last");
    vt_buf_put_text(&b, "last");
    before = vt_lines_of(arena, vt_buf_slice(&a), &a_count);
    lines = vt_lines_of(arena, vt_buf_slice(&b), &b_count);
    VT_CHECK(a_count == COUNT + 2 && b_count == COUNT + 2);
    vt_kept_lines_mark(arena, before, a_count, lines, b_count, kept);
    for (size_t i = 0; i < b_count; i++)
        count += kept[i];
    VT_CHECK(count == 2 && kept[0] && kept[COUNT + 1]);
}

/* ---- the command ------------------------------------------------------------------------
 */

static const char *unreviewed(const struct vt_centre_world *world, int code,
                              const char *version)
{
    return vt_test_run(code, VT_ARGV("vitrine", "centre", "unreviewed", "lamp", version,
                                     "--dir", world->folder));
}

static void a_review_speaks_of_its_lines(void)
{
    struct vt_centre_world world;
    const char *said;

    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &world);
    vt_reviewers_add_sources(&world);
    (void)vt_test_run(0, VT_ARGV("vitrine", "centre", "import", "--dir", world.folder));
    said = unreviewed(&world, 1, "2.1.0");
    MUST_SAY(said, "src/lamp.c: all of it\n");
    MUST_SAY(said, "accepted: none");
    vt_reviewers_accept(&world, "lamp", "2.0.0", VT_BIT(VT_P_STRANGER));
    MUST_SAY(unreviewed(&world, 1, "2.1.0"), "accepted: none");
    vt_reviewers_accept(&world, "lamp", "2.0.0", VT_BIT(VT_P_REVIEWER));
    said = unreviewed(&world, 1, "2.1.0");
    MUST_SAY(said, "src/lamp.c: 6\nsrc/telemetry.c: all of it\n4 lines in 2 files that no "
                   "accepted source has; accepted: 2.0.0\n");
    MUST_SAY(unreviewed(&world, 0, "2.0.0"), "0 lines in 0 files");
    MUST_SAY(unreviewed(&world, 1, "9.9.9"), "no draft of lamp 9.9.9");
}

static const struct vt_case cases[] = {
    { "the difference is the shortest", the_difference_is_the_shortest },
    { "too much is not kept", too_much_is_not_kept },
    { "a review speaks of its lines", a_review_speaks_of_its_lines },
};

VT_TEST_MAIN("centre.unreviewed", cases)
