/* Notebooks without a Centre around them: who opens a note, what shows when its file was
 * changed or moved, what a text quotes, and how much leaves in a day. */
#include "centre/allowance.h"
#include "centre/quoted.h"
#include "centre/remarks.h"
#include "centre/taking.h"
#include "tests/known.h"

static const vt_hash invitation = { { 7 } }, another = { { 8 } };

struct stand {
    struct vt_disk *disk;
    struct vt_age_identity foundation, writer, stranger;
};

static struct vt_kept_remark remark(uint32_t number, const char *path, const char *text)
{
    return (struct vt_kept_remark){ .number = number,
                                    .invitation = invitation,
                                    .remark = { .file = { { path[0] != '\0' } },
                                                .product = VT_LIT("lamp"),
                                                .version = VT_LIT("2.0.0"),
                                                .path = vt_slice_from_cstr(path),
                                                .text = vt_slice_from_cstr(text) } };
}

static void write_note(struct stand *s, const struct vt_kept_remark *kept)
{
    const struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_remarks_write(s->disk, &env, &s->foundation.recipient,
                                 &s->writer.recipient, kept, &err));
}

static void make(struct stand *s)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_disk_open(vt_test_path("porter"), true, &s->disk, &err));
    s->foundation = vt_known_identity("foundation");
    s->writer = vt_known_identity("writer");
    s->stranger = vt_known_identity("stranger");
}

static void end(struct stand *s)
{
    vt_disk_close(s->disk);
    vt_age_identity_clear(&s->foundation);
    vt_age_identity_clear(&s->writer);
    vt_age_identity_clear(&s->stranger);
}

static const char *file_of(const vt_hash *of, uint32_t number)
{
    char hex[65];

    vt_hash_text(of, hex);
    return vt_test_path(
        vt_test_print("porter/" VT_CENTRE_NOTES "/%s/%010ju.age", hex, (uintmax_t)number));
}

/* VT_OK: it opens, and says this. */
static enum vt_code reads(struct stand *s, const struct vt_age_identity *who,
                          uint32_t number, const char *text)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_REMARK_PLAIN_BYTES);
    struct vt_kept_remark kept;
    struct vt_error err = { 0 };

    if (!vt_remarks_read(s->disk, &invitation, number, who, &plain, &kept, &err))
        return err.code;
    VT_CHECK_SAYING(vt_slice_is(kept.remark.text, text), "another text was read");
    return VT_OK;
}

static void two_open_it_and_nobody_else(void)
{
    struct stand s = { 0 };
    const struct vt_kept_remark first = remark(3, "src/lamp.c", "It doubles."),
                                second = remark(4, "", "a");

    make(&s);
    write_note(&s, &first);
    write_note(&s, &second);
    VT_CHECK(reads(&s, &s.foundation, 3, "It doubles.") == VT_OK);
    VT_CHECK(reads(&s, &s.writer, 3, "It doubles.") == VT_OK);
    VT_CHECK(reads(&s, &s.stranger, 3, "") == VT_ABSENT);
    VT_CHECK(reads(&s, &s.writer, 5, "") == VT_ABSENT);
    VT_CHECK(vt_test_read(file_of(&invitation, 3)).len == VT_REMARK_FILE_BYTES);
    VT_CHECK(vt_test_read(file_of(&invitation, 4)).len == VT_REMARK_FILE_BYTES);
    end(&s);
}

/* One bit in each byte (of the payload in some), and each of some cuts. */
static void a_changed_note_does_not_open(void)
{
    struct stand s = { 0 };
    const struct vt_kept_remark note = remark(3, "src/lamp.c", "It doubles.");
    uint8_t *copy = vt_arena_alloc(vt_test_arena(), VT_REMARK_FILE_BYTES);

    make(&s);
    write_note(&s, &note);
    memcpy(copy, vt_test_read(file_of(&invitation, 3)).data, VT_REMARK_FILE_BYTES);
    for (size_t at = 0; at < VT_REMARK_FILE_BYTES; at += at < 300 ? 1 : 61) {
        copy[at] ^= 1;
        vt_test_write(file_of(&invitation, 3), vt_slice_of(copy, VT_REMARK_FILE_BYTES));
        VT_CHECK_SAYING(reads(&s, &s.writer, 3, "") != VT_OK, "byte %zu", at);
        VT_CHECK_SAYING(reads(&s, &s.foundation, 3, "") != VT_OK, "byte %zu", at);
        copy[at] ^= 1;
    }
    for (size_t len = 0; len < VT_REMARK_FILE_BYTES; len += 97) {
        vt_test_write(file_of(&invitation, 3), vt_slice_of(copy, len));
        VT_CHECK_SAYING(reads(&s, &s.writer, 3, "") != VT_OK, "cut at %zu", len);
    }
    vt_test_write(file_of(&invitation, 3), vt_slice_of(copy, VT_REMARK_FILE_BYTES));
    VT_CHECK(reads(&s, &s.writer, 3, "It doubles.") == VT_OK);
    end(&s);
}

/* Under another number, or in the notebook of another. */
static void a_note_stays_in_its_place(void)
{
    struct stand s = { 0 };
    struct vt_kept_remark note = remark(3, "src/lamp.c", "It doubles.");
    struct vt_remark_numbers *all = vt_arena_alloc(vt_test_arena(), sizeof *all);
    struct vt_error err = { 0 };
    vt_slice bytes;

    make(&s);
    note.invitation = another;
    write_note(&s, &note);
    note = remark(4, "", "Mine.");
    write_note(&s, &note);
    bytes = vt_test_read(file_of(&another, 3));
    vt_test_write(file_of(&invitation, 3), bytes);
    VT_CHECK(reads(&s, &s.writer, 3, "") == VT_REJECTED);
    vt_test_write(file_of(&invitation, 5), vt_test_read(file_of(&invitation, 4)));
    VT_CHECK(reads(&s, &s.writer, 5, "") == VT_REJECTED);
    VT_CHECK(reads(&s, &s.writer, 4, "Mine.") == VT_OK);
    VT_CHECK_OK(vt_remarks_list(s.disk, &invitation, all, &err));
    VT_CHECK(all->count == 3 && all->rows[0] == 3 && all->rows[2] == 5);
    vt_test_write(vt_test_print("%.*sx", (int)strlen(file_of(&invitation, 3)) - 1,
                                file_of(&invitation, 3)),
                  VT_LIT("not a note"));
    VT_CHECK_FAILS(VT_MALFORMED, vt_remarks_list(s.disk, &invitation, all, &err));
    end(&s);
}

static void a_day_has_its_bounds(void)
{
    static const struct vt_allowance a_day = { 1000, 10 };
    static const struct {
        const char *name;
        int64_t at_unix_s;
        struct vt_allowance wanted;
        enum vt_code code;
    } rows[] = {
        { "first", 86400, { 600, 4 }, VT_OK },
        { "a byte too much", 86401, { 401, 0 }, VT_REJECTED },
        { "a line too much", 86401, { 0, 7 }, VT_REJECTED },
        { "all that is left", 172799, { 400, 6 }, VT_OK },
        { "nothing is left", 172799, { 1, 0 }, VT_REJECTED },
        { "the day before", 86399, { 1, 0 }, VT_REJECTED },
        { "the next day", 172800, { 1000, 10 }, VT_OK },
        { "more than a day holds", 864000, { 1001, 0 }, VT_REJECTED },
    };
    struct vt_allowance left;
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(vt_test_path("porter"), true, &disk, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        err = (struct vt_error){ 0 };
        (void)!vt_allowance_take(disk, VT_LIT("Rahel"), rows[i].at_unix_s, &a_day,
                                 &rows[i].wanted, &left, &err);
        VT_CHECK_SAYING(err.code == rows[i].code, "%s: %s", rows[i].name, err.message);
    }
    VT_CHECK_OK(
        vt_allowance_take(disk, VT_LIT("Another"), 172800, &a_day, &a_day, &left, &err));
    VT_CHECK(left.bytes == 0 && left.lines == 0);
    vt_disk_close(disk);
}

static void lines_that_may_be_quoted(void)
{
    static const struct {
        vt_slice text;
        size_t count;
    } rows[] = {
        { VT_LIT(""), 0 },
        { VT_LIT("return;"), 0 },
        { VT_LIT("return 0;"), 1 },
        { VT_LIT("> return 0;\n|   return 1;\n\n}\n"), 2 },
        { VT_LIT("  >>  > a  \t\r\n"), 0 },
        { VT_LIT("one two three\nfour five six"), 2 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        VT_CHECK_SAYING(vt_quoted_lines_at_most(rows[i].text) == rows[i].count, "row %zu",
                        i);
}

/* The same notes are the same bytes; too many are refused, and nothing is cut. */
static void what_is_taken_is_bounded(void)
{
    static char words[VT_REMARK_TEXT_BYTES_MAX + 1];
    struct vt_kept_remark notes[9];
    struct vt_taking taking = { .form = VT_TAKING_NOTES,
                                .reviewer = VT_LIT("Rahel \"R\""),
                                .notes = notes };
    VT_AUTO_BUF once = vt_buf_init(VT_TAKING_BYTES_MAX + 1),
                again = vt_buf_init(VT_TAKING_BYTES_MAX + 1);
    struct vt_error err = { 0 };

    memset(words, 'x', sizeof words - 1);
    for (uint32_t i = 0; i < 9; i++)
        notes[i] = remark(i + 1, "../../etc/passwd", words);
    taking.note_count = 7;
    VT_CHECK_OK(vt_taking_write(&taking, &once, &err));
    VT_CHECK_OK(vt_taking_write(&taking, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&once), vt_buf_slice(&again)));
    taking.note_count = 9;
    vt_buf_truncate(&again, 0);
    VT_CHECK_FAILS(VT_LIMIT, vt_taking_write(&taking, &again, &err));
}

static const struct vt_case cases[] = {
    { "two open it, and nobody else", two_open_it_and_nobody_else },
    { "a changed note does not open", a_changed_note_does_not_open },
    { "a note stays in its place", a_note_stays_in_its_place },
    { "a day has its bounds", a_day_has_its_bounds },
    { "lines that may be quoted", lines_that_may_be_quoted },
    { "what is taken is bounded", what_is_taken_is_bounded },
};

VT_TEST_MAIN("centre.remarks", cases)
