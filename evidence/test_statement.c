/* Statements: one spelling each, closed schemas, and what a release may say. */
#include "tests/world.h"

static void good_payload(struct vt_buf *out, struct vt_world_made *made)
{
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    VT_AUTO_ENVELOPE envelope = { 0 };

    vt_world_make(&world, made);
    VT_CHECK_OK(vt_envelope_parse(made->release, &envelope, &err));
    vt_buf_put(out, vt_buf_slice(&envelope.dsse.payload));
}

/* The payload with the first `from` replaced by `to`. */
static vt_slice edited(vt_slice payload, const char *from, const char *to)
{
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    const char *text = (const char *)payload.data;
    const char *at = memmem(text, payload.len, from, strlen(from));

    VT_CHECK_SAYING(at != NULL, "no '%s' in the payload", from);
    *out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    vt_buf_put(out, vt_slice_of(text, (size_t)(at - text)));
    vt_buf_put_text(out, to);
    vt_buf_put(out, vt_slice_of(at + strlen(from),
                                payload.len - (size_t)(at - text) - strlen(from)));
    return vt_buf_slice(out);
}

static void closed_and_canonical(void)
{
    static const struct {
        const char *name, *from, *to;
        enum vt_code want;
    } rows[] = {
        { "untouched", "\"channel\":\"stable\"", "\"channel\":\"stable\"", VT_OK },
        { "another value", "\"channel\":\"stable\"", "\"channel\":\"beta\"", VT_OK },
        { "white space", "\"channel\":\"stable\"", "\"channel\": \"stable\"",
          VT_MALFORMED },
        { "unknown field", "\"channel\":\"stable\"", "\"chanel\":1,\"channel\":\"stable\"",
          VT_MALFORMED },
        { "missing field", "\"channel\":\"stable\",", "", VT_MALFORMED },
        { "wrong type", "\"channel\":\"stable\"", "\"channel\":1", VT_MALFORMED },
        { "empty text", "\"channel\":\"stable\"", "\"channel\":\"\"", VT_MALFORMED },
        { "escape code", "\"stable\"", "\"\\u001b[2J\"", VT_MALFORMED },
        { "C1 control", "\"stable\"", "\"\xc2\x9b[2J\"", VT_MALFORMED },
        { "text turned around", "\"stable\"", "\"\xe2\x80\xae[2J\"", VT_MALFORMED },
        { "not ASCII", "\"stable\"", "\"z\xc3\xbcrich\"", VT_OK },
        { "unknown kind", "\"program\"", "\"plugin\"", VT_MALFORMED },
        { "fraction", "\"sequence\":7", "\"sequence\":7.5", VT_MALFORMED },
        { "negative", "\"sequence\":7", "\"sequence\":-7", VT_MALFORMED },
        { "beyond 2^53", "\"sequence\":7", "\"sequence\":9007199254740992", VT_MALFORMED },
        { "at 2^53 - 1", "\"sequence\":7", "\"sequence\":9007199254740991", VT_OK },
        { "no such day", "2026-11-18", "2026-02-30", VT_MALFORMED },
        { "other statement", "in-toto.io/Statement/v1", "in-toto.io/Statement/v0",
          VT_MALFORMED },
        { "other predicate", "vitrine:release:v1", "vitrine:release:v2", VT_MALFORMED },
        { "of another predicate", "vitrine:release:v1", "vitrine:review:v1", VT_MALFORMED },
        { "upper-case digest", "\"sha256\":\"b02e", "\"sha256\":\"B02E", VT_MALFORMED },
    };
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_world_made made;

    good_payload(&payload, &made);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_STATEMENT statement = { 0 };
        bool ok = vt_statement_parse(
            edited(vt_buf_slice(&payload), rows[i].from, rows[i].to), &statement, &err);

        VT_CHECK_SAYING(err.code == rows[i].want && ok == (rows[i].want == VT_OK), "%s: %s",
                        rows[i].name, err.message);
    }
}

/* What fits the schema and is no release all the same. */
static void releases(void)
{
    static const struct {
        const char *name, *from, *to;
        bool is_good;
    } rows[] = {
        { "untouched", "\"sequence\":7", "\"sequence\":7", true },
        { "sequence 0", "\"sequence\":7", "\"sequence\":0", false },
        { "subject of another name", "\"name\":\"lamp.bin\"}]}", "\"name\":\"lamp.elf\"}]}",
          false },
        { "output of another name", "\"outputs\":[{\"name\":\"lamp.bin\"",
          "\"outputs\":[{\"name\":\"lamp.elf\"", false },
        { "output in a folder", "\"outputs\":[{\"name\":\"lamp.bin\"",
          "\"outputs\":[{\"name\":\"../lamp\"", false },
        { "role that may not sign it", "\"role\":\"builder\"", "\"role\":\"reviewer\"",
          false },
        { "role that may", "\"role\":\"reviewer\"", "\"role\":\"reviewer\"", true },
        { "a statement that we do not know", "https://slsa.dev/provenance/v1",
          "https://slsa.dev/provenance/v2", false },
        { "a release inside", "https://slsa.dev/verification_summary/v1",
          "urn:vitrine:release:v1", false },
    };
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_world_made made;

    good_payload(&payload, &made);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_STATEMENT statement = { 0 };
        struct vt_release release;

        VT_CHECK_OK(vt_statement_parse(
            edited(vt_buf_slice(&payload), rows[i].from, rows[i].to), &statement, &err));
        VT_CHECK_SAYING(vt_release_read(&statement, &release, &err) == rows[i].is_good,
                        "%s: %s", rows[i].name, err.message);
    }
}

static void release_round_trip(void)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF again = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_STATEMENT statement = { 0 };
    struct vt_world_made made;
    struct vt_release release;
    struct vt_error err = { 0 };

    good_payload(&payload, &made);
    VT_CHECK_OK(vt_statement_parse(vt_buf_slice(&payload), &statement, &err));
    VT_CHECK_OK(vt_release_read(&statement, &release, &err));
    VT_CHECK(release.output_count == 1 && release.attachment_count == 4);
    VT_CHECK_OK(vt_release_write(&release, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&payload), vt_buf_slice(&again)));
    release.output_count = 0;
    VT_CHECK(!vt_release_write(&release, &again, &err));
}

static void withdrawals(void)
{
    struct vt_listed rows[3] = {
        { VT_LIT("b"), VT_LIT("x"), VT_LIT("2"), 2, { 0 } },
        { VT_LIT("a"), VT_LIT("x"), VT_LIT("1"), 1, { 0 } },
        { VT_LIT("a"), VT_LIT("w"), VT_LIT("9"), 9, VT_LIT("it burns") },
    };
    struct vt_error err = { 0 };
    VT_AUTO_BUF one = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF two = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_STATEMENT statement = { 0 };
    struct vt_withdrawals list;
    struct vt_listed row, swap;

    VT_CHECK_OK(vt_withdrawals_write(1, 0, rows, 3, rows + 2, 1, &one, &err));
    swap = rows[0];
    rows[0] = rows[1];
    rows[1] = swap; /* the order of the rows does not count */
    VT_CHECK_OK(vt_withdrawals_write(1, 0, rows, 3, rows + 2, 1, &two, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&one), vt_buf_slice(&two)));
    VT_CHECK_OK(vt_statement_parse(vt_buf_slice(&one), &statement, &err));
    VT_CHECK_OK(vt_withdrawals_read(&statement, &list, &err));
    VT_CHECK(vt_withdrawals_find_current(&list, VT_LIT("a"), VT_LIT("x"), &row) &&
             row.sequence == 1);
    VT_CHECK(!vt_withdrawals_find_current(&list, VT_LIT("a"), VT_LIT("y"), &row));
    VT_CHECK(vt_withdrawals_find_withdrawn(&list, VT_LIT("a"), VT_LIT("w"), 9, &row) &&
             vt_slice_is(row.reason, "it burns"));
    VT_CHECK(!vt_withdrawals_find_withdrawn(&list, VT_LIT("a"), VT_LIT("w"), 8, &row));
    rows[1] = rows[0];
    rows[1].sequence = 5; /* a channel has one current release */
    VT_CHECK_FAILS(VT_MALFORMED, vt_withdrawals_write(1, 0, rows, 3, NULL, 0, &two, &err));
    VT_CHECK_OK(vt_withdrawals_write(1, 0, NULL, 0, rows, 2, &two, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_withdrawals_write(0, 0, rows, 1, NULL, 0, &two, &err));
}

/* A statement about itself whose subject is something else is refused. */
static void about_itself(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_STATEMENT good = { 0 };
    VT_AUTO_STATEMENT bad = { 0 };
    struct vt_withdrawals list;
    struct vt_listed row = { VT_LIT("a"), VT_LIT("x"), VT_LIT("1"), 1, { 0 } };

    VT_CHECK_OK(vt_withdrawals_write(1, 0, &row, 1, NULL, 0, &payload, &err));
    VT_CHECK_OK(vt_statement_parse(vt_buf_slice(&payload), &good, &err));
    VT_CHECK_OK(vt_withdrawals_read(&good, &list, &err));
    VT_CHECK_OK(vt_statement_parse(
        edited(vt_buf_slice(&payload), "\"version\":\"1\"", "\"version\":\"2\""), &bad,
        &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_withdrawals_read(&bad, &list, &err));
}

static void signatures(void)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;
    struct vt_error err = { 0 };
    VT_AUTO_ENVELOPE one = { 0 };
    VT_AUTO_ENVELOPE two = { 0 };
    VT_AUTO_BUF more = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF same = vt_buf_init(VT_ENTRY_BYTES_MAX);

    world.release_signers = VT_BIT(VT_P_VENDOR);
    vt_world_make(&world, &made);
    VT_CHECK_OK(vt_envelope_parse(made.release, &one, &err));
    VT_CHECK(vt_envelope_is_signed_by(&one, vt_key_public(vt_world_key(VT_P_VENDOR))));
    VT_CHECK(!vt_envelope_is_signed_by(&one, vt_key_public(vt_world_key(VT_P_SUPERVISOR))));
    VT_CHECK_OK(vt_envelope_add_signature(made.release, vt_world_key(VT_P_SUPERVISOR),
                                          &more, &err));
    VT_CHECK_OK(vt_envelope_parse(vt_buf_slice(&more), &two, &err));
    VT_CHECK(vt_envelope_is_signed_by(&two, vt_key_public(vt_world_key(VT_P_VENDOR))));
    VT_CHECK(vt_envelope_is_signed_by(&two, vt_key_public(vt_world_key(VT_P_SUPERVISOR))));
    VT_CHECK(!vt_hash_equal(&one.digest, &two.digest));
    /* The order of signing does not count: the same two signatures are the same bytes. */
    world.release_signers = VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR);
    vt_world_make(&world, &made);
    VT_CHECK(vt_slice_equal(made.release, vt_buf_slice(&more)));
    VT_CHECK_OK(
        vt_envelope_add_signature(made.release, vt_world_key(VT_P_VENDOR), &same, &err));
    VT_CHECK(vt_slice_equal(made.release, vt_buf_slice(&same)));
}

static const struct vt_case cases[] = {
    { "closed and canonical", closed_and_canonical },
    { "what a release may say", releases },
    { "a release is written as it was read", release_round_trip },
    { "lists of withdrawals", withdrawals },
    { "statements about themselves", about_itself },
    { "signatures", signatures },
};

VT_TEST_MAIN("statement", cases)
