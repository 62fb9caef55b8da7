/* What a front and a keeper say to each other, and the wish to share that stands in it:
 * every truncation and every turned bit of a signed wish is refused. */
#include "cell/keeper_message.h"
#include "crypto/age_stream.h"
#include "tests/world.h"

static const char PLAIN[] = "a file that somebody wants to share";

/* ---- a wish to share --------------------------------------------------------------------
 */

static struct vt_key *pseudonym(void)
{
    static const uint8_t seed[32] = "the seed of a client's pseudonym";
    struct vt_error err = { 0 };
    struct vt_key *key;

    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    vt_test_keep(key);
    return key;
}

static vt_slice header(unsigned stanzas)
{
    static const uint8_t file_key[VT_AGE_FILE_KEY_BYTES] = "a key of 16 byte";
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    struct vt_env env = vt_env_real();
    VT_AUTO_AGE_IDENTITY identity = { .secret = { 0 } };
    struct vt_error err = { 0 };

    *out = vt_buf_init(VT_AGE_HEADER_BYTES_MAX);
    VT_CHECK_OK(vt_age_identity_generate(&env, &identity, &err));
    vt_age_header_begin(out);
    for (unsigned i = 0; i < stanzas; i++)
        VT_CHECK_OK(vt_age_wrap(&env, &identity.recipient, file_key, out, &err));
    VT_CHECK_OK(vt_age_header_end(out, file_key, &err));
    return vt_buf_slice(out);
}

static struct vt_share_request good(void)
{
    vt_hash plain = vt_sha256_of(vt_slice_from_cstr(PLAIN));
    struct vt_share_request request = { .cell = VT_LIT("zurich"),
                                        .country = "CH",
                                        .at_unix_s = VT_WORLD_NOW,
                                        .recipient = vt_sha256_of(VT_LIT("recipient")),
                                        .body = vt_sha256_of(VT_LIT("body")),
                                        .body_bytes = 1234,
                                        .header = header(1) };
    struct vt_error err = { 0 };

    request.object = vt_sha256_of(request.header);
    request.digest = vt_share_digest(&request.recipient, &plain);
    VT_CHECK_OK(vt_share_request_sign(&request, pseudonym(), &err));
    return request;
}

static vt_slice text_of(const struct vt_share_request *request)
{
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    struct vt_error err = { 0 };

    *out = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);
    VT_CHECK_OK(vt_share_request_write(request, out, &err));
    return vt_buf_slice(out);
}

static void a_wish_comes_back(void)
{
    struct vt_share_request request = good(), again;
    struct vt_error err = { 0 };

    VT_CHECK(request.header.len == 168);
    VT_CHECK_OK(vt_share_request_parse(text_of(&request), &again, &err));
    VT_CHECK_OK(vt_share_request_verify(&again, &err));
    VT_CHECK(vt_slice_equal(text_of(&again), text_of(&request)));
    request.rule = VT_LIT("Packed_Dropper");
    VT_CHECK_FAILS(VT_REJECTED, vt_share_request_verify(&request, &err)); /* not signed */
    VT_CHECK_OK(vt_share_request_sign(&request, pseudonym(), &err));
    VT_CHECK_OK(vt_share_request_parse(text_of(&request), &again, &err));
    VT_CHECK_OK(vt_share_request_verify(&again, &err));
    VT_CHECK(vt_slice_is(again.rule, "Packed_Dropper"));
}

static bool is_taken(vt_slice text)
{
    struct vt_share_request request;
    struct vt_error err = { 0 };

    return vt_share_request_parse(text, &request, &err) &&
           vt_share_request_verify(&request, &err);
}

static void a_mangled_wish_is_refused(void)
{
    struct vt_share_request request = good();
    vt_slice text = text_of(&request);
    uint8_t *copy = vt_arena_alloc(vt_test_arena(), text.len);

    VT_CHECK(is_taken(text));
    for (size_t at = 0; at < text.len; at++) {
        memcpy(copy, text.data, text.len);
        copy[at] ^= (uint8_t)(1u << at % 8);
        VT_CHECK_SAYING(!is_taken(vt_slice_of(copy, text.len)), "bit turned at %zu", at);
        VT_CHECK_SAYING(!is_taken(vt_slice_sub(text, 0, at)), "cut at %zu", at);
    }
}

static void headers_of_another_form(void)
{
    struct vt_share_request request = good();
    struct vt_error err = { 0 };

    request.header = header(2);
    request.object = vt_sha256_of(request.header);
    VT_CHECK_OK(vt_share_request_sign(&request, pseudonym(), &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_share_request_verify(&request, &err)); /* two stanzas */
    request.header = header(1);
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_share_request_verify(&request, &err)); /* another's id */
    request.header = VT_LIT("age-encryption.org/v1\n-> scrypt ");
    request.object = vt_sha256_of(request.header);
    VT_CHECK_OK(vt_share_request_sign(&request, pseudonym(), &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_share_request_verify(&request, &err));
}

static void fields_that_text_cannot_hold(void)
{
    struct vt_share_request request = good();
    struct vt_error err = { 0 };

    request.cell = VT_LIT("zurich\ncountry DE");
    VT_CHECK_FAILS(VT_MALFORMED, vt_share_request_sign(&request, pseudonym(), &err));
    request = good();
    request.rule = VT_LIT("a\nb");
    VT_CHECK_FAILS(VT_MALFORMED, vt_share_request_sign(&request, pseudonym(), &err));
    request = good();
    request.body_bytes = 0;
    VT_CHECK_FAILS(VT_MALFORMED, vt_share_request_sign(&request, pseudonym(), &err));
    request = good();
    (void)snprintf(request.country, sizeof request.country, "ch");
    VT_CHECK_FAILS(VT_MALFORMED, vt_share_request_sign(&request, pseudonym(), &err));
}

/* Equal files of two cells, countries or periods have nothing in common. */
static void a_digest_is_of_one_recipient(void)
{
    vt_hash plain = vt_sha256_of(vt_slice_from_cstr(PLAIN));
    vt_hash here = vt_sha256_of(VT_LIT("recipient")), there = vt_sha256_of(VT_LIT("other"));
    vt_hash one = vt_share_digest(&here, &plain), same = vt_share_digest(&here, &plain),
            other = vt_share_digest(&there, &plain);

    VT_CHECK(vt_hash_equal(&one, &same) && !vt_hash_equal(&one, &other) &&
             !vt_hash_equal(&one, &plain));
}

/* ---- messages ---------------------------------------------------------------------------
 */

static struct vt_buf message(void)
{
    return vt_buf_init(VT_MESSAGE_BYTES_MAX);
}

static void a_share_crosses_the_channel(void)
{
    struct vt_share_request request = good(), again;
    VT_AUTO_BUF out = message();
    struct vt_error err = { 0 };
    uint32_t place;

    vt_keeper_share_write(&out, 7, &request);
    VT_CHECK(vt_keeper_share_read(vt_buf_slice(&out), &place, &again) && place == 7);
    VT_CHECK_OK(vt_share_request_verify(&again, &err));
    for (size_t len = 0; len < out.len; len++)
        VT_CHECK(!vt_keeper_share_read(vt_slice_sub(vt_buf_slice(&out), 0, len), &place,
                                       &again));
    vt_buf_truncate(&out, 0);
    vt_keeper_share_write(&out, VT_KEEPER_PLACES_MAX, &request);
    VT_CHECK(!vt_keeper_share_read(vt_buf_slice(&out), &place, &again));
}

static void a_chunk_has_its_bound(void)
{
    static const uint8_t bytes[VT_KEEPER_CHUNK_BYTES_MAX + 1] = { 1 };
    struct vt_keeper_chunk chunk = { .place = 3,
                                     .object = vt_sha256_of(VT_LIT("object")),
                                     .offset = 99,
                                     .bytes = { bytes, VT_KEEPER_CHUNK_BYTES_MAX } },
                           again;
    VT_AUTO_BUF out = message();

    vt_keeper_chunk_write(&out, &chunk);
    VT_CHECK(vt_keeper_chunk_read(vt_buf_slice(&out), &again) && again.offset == 99 &&
             vt_slice_equal(again.bytes, chunk.bytes));
    vt_buf_truncate(&out, 0);
    chunk.bytes.len++;
    vt_keeper_chunk_write(&out, &chunk);
    VT_CHECK(!vt_keeper_chunk_read(vt_buf_slice(&out), &again));
}

static void a_report_is_bits(void)
{
    struct vt_keeper_report *report = vt_arena_alloc(vt_test_arena(), sizeof *report),
                            *again = vt_arena_alloc(vt_test_arena(), sizeof *again);
    VT_AUTO_BUF out = message();

    *report = (struct vt_keeper_report){ .country = "CH",
                                         .schema = vt_sha256_of(VT_LIT("schema")),
                                         .field_count = 2,
                                         .value_counts = { 3, 256 },
                                         .report = { .period = 20000 } };
    report->report.bits[0][2] = report->report.bits[1][255] = true;
    vt_keeper_report_write(&out, report);
    VT_CHECK(vt_keeper_report_read(vt_buf_slice(&out), again));
    VT_CHECK(again->report.period == 20000 && again->value_counts[1] == 256);
    VT_CHECK(memcmp(&report->report, &again->report, sizeof report->report) == 0);
    out.data[out.len - 1] = 2;
    VT_CHECK(!vt_keeper_report_read(vt_buf_slice(&out), again)); /* no bit */
    report->field_count = VT_STATISTIC_FIELDS_MAX + 1;
    vt_buf_truncate(&out, 0);
    report->field_count = 0;
    vt_keeper_report_write(&out, report);
    VT_CHECK(!vt_keeper_report_read(vt_buf_slice(&out), again));
}

/* A request to erase, taken apart by the front and put together by the keeper. */
static void a_withdrawal_is_put_together_again(void)
{
    struct vt_keeper_withdrawal fields, again;
    VT_AUTO_WITHDRAWAL parsed = { .json = NULL };
    VT_AUTO_WITHDRAWAL rebuilt = { .json = NULL };
    VT_AUTO_WITHDRAWAL forged = { .json = NULL };
    VT_AUTO_BUF bytes = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX), out = message();
    VT_AUTO_SENT sent = NULL;
    struct vt_error err = { 0 };
    struct vt_disk *home;

    VT_CHECK_OK(vt_disk_open(vt_test_path("home"), true, &home, &err));
    vt_test_keep(home);
    VT_CHECK_OK(vt_sent_open(home, &sent, &err));
    VT_CHECK_OK(vt_sent_append(sent,
                               &(struct vt_sent_record){ .at_unix_s = 1,
                                                         .kind = VT_SENT_SAMPLE,
                                                         .cell = VT_LIT("zurich"),
                                                         .what = VT_LIT("one.exe"),
                                                         .sha256 = { { 42 } } },
                               &err));
    VT_CHECK_OK(vt_withdrawal_write(sent, VT_LIT("zurich"), pseudonym(), VT_WORLD_NOW,
                                    &bytes, &err));
    VT_CHECK_OK(vt_withdrawal_parse(vt_buf_slice(&bytes), &parsed, &err));
    fields =
        (struct vt_keeper_withdrawal){ .cell = parsed.cell,
                                       .pseudonym = parsed.pseudonym,
                                       .at_unix_s = parsed.at_unix_s,
                                       .objects = VT_BYTES(vt_sent_at(sent, 0)->sha256) };
    memcpy(fields.signature, parsed.signature, sizeof fields.signature);
    vt_keeper_withdrawal_write(&out, &fields);
    VT_CHECK(vt_keeper_withdrawal_read(vt_buf_slice(&out), &again));
    VT_CHECK_OK(vt_withdrawal_of_fields(again.cell, &again.pseudonym, again.at_unix_s,
                                        again.objects, again.signature, &rebuilt, &err));
    VT_CHECK(vt_hash_equal(&rebuilt.digest, &parsed.digest));
    VT_CHECK_FAILS(VT_REJECTED, vt_withdrawal_of_fields(again.cell, &again.pseudonym,
                                                        again.at_unix_s + 1, again.objects,
                                                        again.signature, &forged, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_withdrawal_of_fields(again.cell, &again.pseudonym,
                                                        again.at_unix_s, (vt_slice){ 0 },
                                                        again.signature, &forged, &err));
}

/* ---- answers ----------------------------------------------------------------------------
 */

static void answers(void)
{
    static const struct {
        const char *name;
        struct vt_keeper_answer answer;
        bool is_good;
    } rows[] = {
        { "on the way", { .status = 202, .offset = 5, .sentence = VT_LIT("go on") }, true },
        { "whole", { .status = 200, .document = VT_LIT("{}") }, true },
        { "whole, without a receipt", { .status = 200 }, false },
        { "a receipt for nothing", { .status = 202, .document = VT_LIT("{}") }, false },
        { "elsewhere",
          { .status = 421, .cell = VT_LIT("bern"), .url = VT_LIT("https://b.example") },
          true },
        { "elsewhere, but where?", { .status = 421, .cell = VT_LIT("bern") }, false },
        { "no status of ours", { .status = 500 }, false },
        { "two lines",
          { .status = 403, .sentence = VT_LIT("no\r\nSet-Cookie: x") },
          false },
        { "no text", { .status = 403, .sentence = VT_LIT("\xff") }, false },
        { "no such place", { .place = VT_KEEPER_PLACES_MAX, .status = 404 }, false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_BUF out = message();
        struct vt_keeper_answer again;

        vt_keeper_answer_write(&out, &rows[i].answer);
        VT_CHECK_SAYING(vt_keeper_answer_read(vt_buf_slice(&out), &again) ==
                            rows[i].is_good,
                        "%s", rows[i].name);
        for (size_t len = 0; len < out.len; len++)
            VT_CHECK(
                !vt_keeper_answer_read(vt_slice_sub(vt_buf_slice(&out), 0, len), &again));
    }
}

static const struct vt_case cases[] = {
    { "a wish comes back as it was", a_wish_comes_back },
    { "a mangled wish is refused", a_mangled_wish_is_refused },
    { "headers of another form", headers_of_another_form },
    { "fields that text cannot hold", fields_that_text_cannot_hold },
    { "a digest is of one recipient", a_digest_is_of_one_recipient },
    { "a share crosses the channel", a_share_crosses_the_channel },
    { "a chunk has its bound", a_chunk_has_its_bound },
    { "a report is bits", a_report_is_bits },
    { "a withdrawal is put together again", a_withdrawal_is_put_together_again },
    { "answers", answers },
};

VT_TEST_MAIN("keeper_message", cases)
