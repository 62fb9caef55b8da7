/* DSSE envelopes: other people's, ours, and the forged twins of both. */
#include "tests/harness.h"
#include "wire/base64.h"
#include "wire/dsse.h"

#define ID_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ID_B "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TYPE "\"payloadType\":\"application/vnd.in-toto+json\""

/* The example of the DSSE specification: type and body and the bytes to sign. */
static void pae_is_as_published(void)
{
    static const struct {
        vt_slice type, payload, pae;
    } known[] = {
        { VT_LIT("http://example.com/HelloWorld"), VT_LIT("hello world"),
          VT_LIT("DSSEv1 29 http://example.com/HelloWorld 11 hello world") },
        { VT_LIT(""), VT_LIT(""), VT_LIT("DSSEv1 0  0 ") },
        { VT_LIT("\xe2\x82\xac"), VT_LIT("a\0b"), VT_LIT("DSSEv1 3 \xe2\x82\xac 3 a\0b") },
        { VT_LIT("t"), VT_LIT("0123456789"), VT_LIT("DSSEv1 1 t 10 0123456789") },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        VT_AUTO_BUF out = vt_buf_init(1000);

        vt_dsse_write_pae(&out, known[i].type, known[i].payload);
        VT_CHECK_SAYING(vt_slice_equal(vt_buf_slice(&out), known[i].pae), "row %zu", i);
    }
}

/* Of two different (type, payload) pairs never the same bytes. */
static void pae_keeps_type_and_payload_apart(void)
{
    VT_AUTO_BUF one = vt_buf_init(1000);
    VT_AUTO_BUF two = vt_buf_init(1000);

    vt_dsse_write_pae(&one, VT_LIT("a"), VT_LIT("b 1 c"));
    vt_dsse_write_pae(&two, VT_LIT("a 5 b"), VT_LIT("c"));
    VT_CHECK(!vt_slice_equal(vt_buf_slice(&one), vt_buf_slice(&two)));
}

static const struct {
    const char *name;
    vt_slice text;
    bool is_good, is_canonical;
} rows[] = {
    { "ours",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      true, true },
    { "two signatures",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"},{\"keyid\":\"" ID_B "\",\"sig\":\"AQI=\"}]}"),
      true, true },
    { "two signatures, not sorted",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_B
             "\",\"sig\":\"AQI=\"},{\"keyid\":\"" ID_A "\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "two signatures of one key",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"},{\"keyid\":\"" ID_A "\",\"sig\":\"AQM=\"}]}"),
      true, false },
    { "other order of names",
      VT_LIT("{" TYPE ",\"payload\":\"aGk=\",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "a space",
      VT_LIT("{\"payload\": \"aGk=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "a last newline",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}\n"),
      true, false },
    { "an escaped slash in the type",
      VT_LIT("{\"payload\":\"aGk=\",\"payloadType\":\"a\\/"
             "b\",\"signatures\":[{\"keyid\":\"" ID_A "\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "its twin",
      VT_LIT(
          "{\"payload\":\"aGk=\",\"payloadType\":\"a/b\",\"signatures\":[{\"keyid\":\"" ID_A
          "\",\"sig\":\"AQI=\"}]}"),
      true, true },
    { "an unknown field",
      VT_LIT("{\"more\":[null],\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"keyid\":\"" ID_A "\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "an unknown field of a signature",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"cert\":\"x\",\"keyid\":\"" ID_A "\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "no keyid",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[{\"sig\":\"AQI=\"}]}"), true,
      false },
    { "null keyid",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"keyid\":null,\"sig\":\"AQI=\"}]}"),
      true, false },
    { "empty keyid",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"keyid\":\"\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "a keyid that is a number",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"keyid\":1,\"sig\":\"AQI=\"}]}"),
      false, false },
    { "upper-case keyid",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"keyid\":\"00112233445566778899AABBCCDDEEFF"
             "00112233445566778899aabbccddeeff\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "short keyid",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"keyid\":\"0011\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "URL-safe payload",
      VT_LIT("{\"payload\":\"-_-_\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "its twin",
      VT_LIT("{\"payload\":\"+/+/\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      true, true },
    { "URL-safe signature",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"-_-_\"}]}"),
      true, false },
    { "both alphabets",
      VT_LIT("{\"payload\":\"-/-/\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      false, false },
    { "payload without padding",
      VT_LIT("{\"payload\":\"aGk\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      false, false },
    { "unused bits in the payload",
      VT_LIT("{\"payload\":\"aGl=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      false, false },
    { "unused bits in the signature",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQJ=\"}]}"),
      false, false },
    { "empty payload",
      VT_LIT("{\"payload\":\"\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      true, true },
    { "empty type",
      VT_LIT("{\"payload\":\"aGk=\",\"payloadType\":\"\",\"signatures\":[{\"keyid\":\"" ID_A
             "\",\"sig\":\"AQI=\"}]}"),
      true, false },
    { "no payload",
      VT_LIT("{" TYPE ",\"signatures\":[{\"keyid\":\"" ID_A "\",\"sig\":\"AQI=\"}]}"),
      false, false },
    { "no type", VT_LIT("{\"payload\":\"aGk=\",\"signatures\":[{\"sig\":\"AQI=\"}]}"),
      false, false },
    { "no signatures", VT_LIT("{\"payload\":\"aGk=\"," TYPE "}"), false, false },
    { "an empty list of signatures",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[]}"), false, false },
    { "signatures as an object",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":{\"sig\":\"AQI=\"}}"), false,
      false },
    { "a signature as a text",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[\"AQI=\"]}"), false, false },
    { "a signature without sig",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE ",\"signatures\":[{\"keyid\":\"" ID_A "\"}]}"),
      false, false },
    { "payload twice",
      VT_LIT("{\"payload\":\"aGk=\",\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"sig\":\"AQI=\"}]}"),
      false, false },
    { "sig twice",
      VT_LIT("{\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"sig\":\"AQI=\",\"sig\":\"AQI=\"}]}"),
      false, false },
    { "an unknown field twice",
      VT_LIT("{\"x\":1,\"x\":1,\"payload\":\"aGk=\"," TYPE
             ",\"signatures\":[{\"sig\":\"AQI=\"}]}"),
      false, false },
    { "payload as a number",
      VT_LIT("{\"payload\":1," TYPE ",\"signatures\":[{\"sig\":\"AQI=\"}]}"), false,
      false },
    { "an array", VT_LIT("[]"), false, false },
    { "nothing", VT_LIT(""), false, false },
};

static void write_again(const struct vt_dsse *envelope, struct vt_buf *out)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_dsse_write(vt_buf_slice(&envelope->payload_type),
                              vt_buf_slice(&envelope->payload), envelope->signatures,
                              envelope->signature_count, out, &err));
}

static void envelopes_are_taken_or_refused(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_DSSE lenient = { 0 };
        VT_AUTO_DSSE canonical = { 0 };
        VT_AUTO_BUF again = vt_buf_init(VT_ENTRY_BYTES_MAX);
        bool is_good = vt_dsse_parse(rows[i].text, &lenient, &err);

        VT_CHECK_SAYING(is_good == rows[i].is_good, "%s: %s", rows[i].name, err.message);
        VT_CHECK(is_good || (err.code == VT_MALFORMED && lenient.signature_count == 0));
        is_good = vt_dsse_parse_canonical(rows[i].text, &canonical, &err);
        VT_CHECK_SAYING(is_good == rows[i].is_canonical, "%s: %s", rows[i].name,
                        err.message);
        VT_CHECK(is_good || (err.code == VT_MALFORMED && canonical.signature_count == 0));
        if (!is_good)
            continue;
        write_again(&canonical, &again);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&again), rows[i].text));
    }
}

static void parts_are_told_apart(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_DSSE envelope = { 0 };

    VT_CHECK_OK(vt_dsse_parse(
        VT_LIT(
            "{\"payload\":\"aGk=\"," TYPE
            ",\"signatures\":[{\"sig\":\"AQI=\"},{\"keyid\":\"key\",\"sig\":\"AwQF\"}]}"),
        &envelope, &err));
    VT_CHECK(
        vt_slice_is(vt_buf_slice(&envelope.payload_type), "application/vnd.in-toto+json"));
    VT_CHECK(vt_slice_is(vt_buf_slice(&envelope.payload), "hi"));
    VT_CHECK(envelope.signature_count == 2 && envelope.signatures[0].keyid.len == 0);
    VT_CHECK(vt_slice_is(envelope.signatures[0].bytes, "\x01\x02"));
    VT_CHECK(vt_slice_is(envelope.signatures[1].keyid, "key"));
    VT_CHECK(vt_slice_is(envelope.signatures[1].bytes, "\x03\x04\x05"));
}

/* Canonical means: whatever is cut or flipped is refused or is another envelope. */
static void mangled_envelopes_are_refused_or_differ(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_DSSE good = { 0 };
    uint8_t bytes[300];

    VT_CHECK(rows[1].text.len <= sizeof bytes);
    VT_CHECK_OK(vt_dsse_parse_canonical(rows[1].text, &good, &err));
    for (size_t cut = 0; cut < rows[1].text.len; cut++) {
        VT_AUTO_DSSE other = { 0 };

        VT_CHECK_FAILS(VT_MALFORMED,
                       vt_dsse_parse(vt_slice_sub(rows[1].text, 0, cut), &other, &err));
    }
    for (size_t bit = 0; bit < 8 * rows[1].text.len; bit++) {
        VT_AUTO_DSSE other = { 0 };
        VT_AUTO_BUF again = vt_buf_init(VT_ENTRY_BYTES_MAX);

        memcpy(bytes, rows[1].text.data, rows[1].text.len);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (!vt_dsse_parse_canonical(vt_slice_of(bytes, rows[1].text.len), &other, &err))
            continue;
        write_again(&other, &again);
        VT_CHECK(
            vt_slice_equal(vt_buf_slice(&again), vt_slice_of(bytes, rows[1].text.len)));
        VT_CHECK_SAYING(
            !vt_slice_equal(vt_buf_slice(&good.payload_type),
                            vt_buf_slice(&other.payload_type)) ||
                !vt_slice_equal(vt_buf_slice(&good.payload),
                                vt_buf_slice(&other.payload)) ||
                !vt_slice_equal(vt_buf_slice(&good.pool), vt_buf_slice(&other.pool)),
            "bit %zu", bit);
    }
}

static const struct vt_dsse_signature by_a = { VT_LIT(ID_A), VT_LIT("\1\2") };
static const struct vt_dsse_signature by_b = { VT_LIT(ID_B), VT_LIT("\1\2") };

static void the_writer_sorts(void)
{
    struct vt_error err = { 0 };
    struct vt_dsse_signature both[] = { by_b, by_a };
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);

    VT_CHECK_OK(vt_dsse_write(VT_LIT("application/vnd.in-toto+json"), VT_LIT("hi"), both, 2,
                              &out, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&out), rows[1].text));
}

static void the_writer_refuses_what_it_could_not_read(void)
{
    const struct vt_dsse_signature twice[] = { by_a, by_a };
    const struct vt_dsse_signature nameless[] = { { VT_LIT(""), VT_LIT("\1\2") } };
    const struct vt_dsse_signature upper[] = { { VT_LIT("A0112233445566778899aabbccddeeff"
                                                        "00112233445566778899aabbccddeeff"),
                                                 VT_LIT("\1\2") } };
    struct vt_dsse_signature many[VT_DSSE_SIGNATURES_MAX + 1];
    struct vt_error err = { 0 };
    VT_AUTO_BUF out = vt_buf_init(100);

    for (size_t i = 0; i < VT_DSSE_SIGNATURES_MAX + 1; i++)
        many[i] = by_a;
    vt_buf_put_text(&out, "kept");
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_dsse_write(VT_LIT("t"), VT_LIT("p"), twice, 2, &out, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_dsse_write(VT_LIT("t"), VT_LIT("p"), nameless, 1, &out, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_dsse_write(VT_LIT("t"), VT_LIT("p"), upper, 1, &out, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_dsse_write(VT_LIT(""), VT_LIT("p"), &by_a, 1, &out, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_dsse_write(VT_LIT("\xff"), VT_LIT("p"), &by_a, 1, &out, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_dsse_write(VT_LIT("t"), VT_LIT("p"), many, 0, &out, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_dsse_write(VT_LIT("t"), VT_LIT("p"), many,
                                           VT_DSSE_SIGNATURES_MAX + 1, &out, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&out), "kept") && !out.is_full);
    VT_CHECK_FAILS(VT_LIMIT, vt_dsse_write(VT_LIT("t"), VT_LIT("p"), &by_a, 1, &out, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&out), "kept"));
}

/* The largest entry is 65,535 bytes; its twin one step larger is refused by both. */
static void an_entry_has_a_largest_size(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF payload = vt_buf_init(VT_KIB(64));
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(80));
    VT_AUTO_BUF type = vt_buf_init(100);
    VT_AUTO_DSSE again = { 0 };
    size_t frame;

    vt_buf_put_text(&type, "t");
    VT_CHECK_OK(vt_dsse_write(vt_buf_slice(&type), VT_LIT(""), &by_a, 1, &out, &err));
    frame = out.len;
    VT_CHECK(vt_buf_extend(&payload, (VT_ENTRY_BYTES_MAX - frame) / 4 * 3) != NULL);
    memset(payload.data, 0, payload.len);
    while (frame + vt_base64_len(payload.len) < VT_ENTRY_BYTES_MAX) {
        vt_buf_put_text(&type, "t");
        frame++;
    }
    vt_buf_truncate(&out, 0);
    VT_CHECK_OK(
        vt_dsse_write(vt_buf_slice(&type), vt_buf_slice(&payload), &by_a, 1, &out, &err));
    VT_CHECK(out.len == VT_ENTRY_BYTES_MAX);
    VT_CHECK_OK(vt_dsse_parse_canonical(vt_buf_slice(&out), &again, &err));
    VT_CHECK(again.payload.len == payload.len);
    vt_dsse_clear(&again);
    vt_buf_put_text(&type, "t");
    VT_CHECK_FAILS(VT_LIMIT, vt_dsse_write(vt_buf_slice(&type), vt_buf_slice(&payload),
                                           &by_a, 1, &out, &err));
    VT_CHECK(out.len == VT_ENTRY_BYTES_MAX);
    vt_buf_put_text(&out, " ");
    VT_CHECK_FAILS(VT_LIMIT, vt_dsse_parse_canonical(vt_buf_slice(&out), &again, &err));
}

static void put_envelope(struct vt_buf *out, size_t type_len, size_t signature_count)
{
    vt_buf_truncate(out, 0);
    vt_buf_put_text(out, "{\"payload\":\"\",\"payloadType\":\"");
    for (size_t i = 0; i < type_len; i++)
        vt_buf_put_text(out, "t");
    vt_buf_put_text(out, "\",\"signatures\":[");
    for (size_t i = 0; i < signature_count; i++)
        vt_buf_put_text(out, i > 0 ? ",{\"sig\":\"\"}" : "{\"sig\":\"\"}");
    vt_buf_put_text(out, "]}");
}

static void bounds_are_kept(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_DSSE_BYTES_MAX + 1);
    VT_AUTO_DSSE envelope = { 0 };

    put_envelope(&text, VT_DSSE_TYPE_BYTES_MAX, VT_DSSE_SIGNATURES_MAX);
    VT_CHECK_OK(vt_dsse_parse(vt_buf_slice(&text), &envelope, &err));
    VT_CHECK(envelope.signature_count == VT_DSSE_SIGNATURES_MAX);
    vt_dsse_clear(&envelope);
    put_envelope(&text, VT_DSSE_TYPE_BYTES_MAX + 1, 1);
    VT_CHECK_FAILS(VT_LIMIT, vt_dsse_parse(vt_buf_slice(&text), &envelope, &err));
    put_envelope(&text, 1, VT_DSSE_SIGNATURES_MAX + 1);
    VT_CHECK_FAILS(VT_LIMIT, vt_dsse_parse(vt_buf_slice(&text), &envelope, &err));
    put_envelope(&text, 1, 1);
    while (text.len < VT_DSSE_BYTES_MAX)
        vt_buf_put_text(&text, " ");
    VT_CHECK_OK(vt_dsse_parse(vt_buf_slice(&text), &envelope, &err));
    vt_dsse_clear(&envelope);
    vt_buf_put_text(&text, " ");
    VT_CHECK_FAILS(VT_LIMIT, vt_dsse_parse(vt_buf_slice(&text), &envelope, &err));
    VT_CHECK(envelope.signature_count == 0);
}

static const struct vt_case cases[] = {
    { "pae is as published", pae_is_as_published },
    { "pae keeps type and payload apart", pae_keeps_type_and_payload_apart },
    { "envelopes are taken or refused", envelopes_are_taken_or_refused },
    { "parts are told apart", parts_are_told_apart },
    { "mangled envelopes are refused or differ", mangled_envelopes_are_refused_or_differ },
    { "the writer sorts", the_writer_sorts },
    { "the writer refuses what it could not read",
      the_writer_refuses_what_it_could_not_read },
    { "an entry has a largest size", an_entry_has_a_largest_size },
    { "bounds are kept", bounds_are_kept },
};

VT_TEST_MAIN("wire.dsse", cases)
