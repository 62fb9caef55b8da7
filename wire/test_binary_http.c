/* Binary HTTP: the examples of RFC 9292, a table of messages with forged twins, and what
 * may be missing at the end. */
#include "tests/harness.h"
#include "wire/binary_http.h"
#include "wire/hex.h"

/* RFC 9292 §5. */
#define REQUEST_KNOWN                                                                      \
    "0003474554056874747073000a2f68656c6c6f2e747874406c0a757365722d61"                     \
    "67656e74346375726c2f372e31362e33206c69626375726c2f372e31362e3320"                     \
    "4f70656e53534c2f302e392e376c207a6c69622f312e322e3304686f73740f77"                     \
    "77772e6578616d706c652e636f6d0f6163636570742d6c616e67756167650665"                     \
    "6e2c206d690000"
#define REQUEST_INDETERMINATE                                                              \
    "0203474554056874747073000a2f68656c6c6f2e7478740a757365722d616765"                     \
    "6e74346375726c2f372e31362e33206c69626375726c2f372e31362e33204f70"                     \
    "656e53534c2f302e392e376c207a6c69622f312e322e3304686f73740f777777"                     \
    "2e6578616d706c652e636f6d0f6163636570742d6c616e677561676506656e2c"                     \
    "206d6900000000000000000000000000"
#define RESPONSE_INTERIM                                                                   \
    "0340660772756e6e696e670a22736c65657020313522004067046c696e6b233c"                     \
    "2f7374796c652e6373733e3b2072656c3d7072656c6f61643b2061733d737479"                     \
    "6c65046c696e6b243c2f7363726970742e6a733e3b2072656c3d7072656c6f61"                     \
    "643b2061733d7363726970740040c804646174651d4d6f6e2c203237204a756c"                     \
    "20323030392031323a32383a353320474d540673657276657206417061636865"                     \
    "0d6c6173742d6d6f6469666965641d5765642c203232204a756c203230303920"                     \
    "31393a31353a353620474d5404657461671422333461613338372d642d313536"                     \
    "3865623030220d6163636570742d72616e6765730562797465730e636f6e7465"                     \
    "6e742d6c656e67746802353104766172790f4163636570742d456e636f64696e"                     \
    "670c636f6e74656e742d747970650a746578742f706c61696e003348656c6c6f"                     \
    "20576f726c6421204d7920636f6e74656e7420696e636c756465732061207472"                     \
    "61696c696e672043524c462e0d0a0000"
#define RESPONSE_KNOWN                                                                     \
    "0140c8001d5468697320636f6e74656e7420636f6e7461696e732043524c462e"                     \
    "0d0a0d07747261696c65720474657874"

static vt_slice hex(const char *text)
{
    vt_slice digits = vt_slice_from_cstr(text);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), digits.len / 2 + 1);

    VT_CHECK(vt_hex_parse(digits, bytes, digits.len / 2));
    return vt_slice_of(bytes, digits.len / 2);
}

static struct vt_binary_http read_good(vt_slice bytes)
{
    struct vt_binary_http message = { .status = 0 };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_binary_http_parse(bytes, vt_test_arena(), &message, &err));
    return message;
}

static void check_written(const struct vt_binary_http *message, vt_slice wanted)
{
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(4));

    vt_binary_http_write(&again, message);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), wanted));
}

/* ---- the RFC's examples -----------------------------------------------------------------
 */

static void check_example_request(const struct vt_binary_http *m)
{
    VT_CHECK(m->is_request && vt_slice_is(m->method, "GET") &&
             vt_slice_is(m->scheme, "https") && m->authority.len == 0 &&
             vt_slice_is(m->path, "/hello.txt"));
    VT_CHECK(m->headers.count == 3 && m->trailers.count == 0 && m->content.len == 0);
    VT_CHECK(vt_slice_is(vt_binary_fields_find(&m->headers, "Host"), "www.example.com"));
    VT_CHECK(vt_slice_is(vt_binary_fields_find(&m->headers, "accept-language"), "en, mi"));
    VT_CHECK(vt_binary_fields_find(&m->headers, "hos").len == 0);
}

/* Both forms say the same, and each may end before what is empty. */
static void the_request_of_the_rfc(void)
{
    vt_slice known = hex(REQUEST_KNOWN), open_form = hex(REQUEST_INDETERMINATE);
    struct vt_binary_http m = read_good(known);

    check_example_request(&m);
    check_written(&m, known);
    for (size_t less = 1; less <= 2; less++) {
        m = read_good(vt_slice_of(known.data, known.len - less));
        check_example_request(&m);
    }
    for (size_t less = 0; less <= 12; less++) {
        m = read_good(vt_slice_of(open_form.data, open_form.len - less));
        VT_CHECK(m.is_indeterminate);
        check_example_request(&m);
    }
    check_written(&m, vt_slice_of(open_form.data, open_form.len - 10));
}

static void the_responses_of_the_rfc(void)
{
    vt_slice interim = hex(RESPONSE_INTERIM), known = hex(RESPONSE_KNOWN);
    struct vt_binary_http m = read_good(interim);

    VT_CHECK(!m.is_request && m.status == 200 && m.interim_count == 2);
    VT_CHECK(m.interims[0].status == 102 && m.interims[1].status == 103);
    VT_CHECK(vt_slice_is(vt_binary_fields_find(&m.interims[0].fields, "running"),
                         "\"sleep 15\""));
    VT_CHECK(m.interims[1].fields.count == 2 && m.headers.count == 8);
    VT_CHECK(
        vt_slice_is(m.content, "Hello World! My content includes a trailing CRLF.\r\n"));
    check_written(&m, interim);
    m = read_good(known);
    VT_CHECK(m.status == 200 && m.trailers.count == 1 && m.headers.count == 0);
    VT_CHECK(vt_slice_is(m.content, "This content contains CRLF.\r\n"));
    VT_CHECK(vt_slice_is(vt_binary_fields_find(&m.trailers, "trailer"), "text"));
    check_written(&m, known);
}

/* ---- what is taken, what is not ---------------------------------------------------------
 */

#define GET "\3GET\5https\1a\1/"

static const struct {
    const char *name;
    vt_slice bytes;
    enum vt_code want;
} rows[] = {
    { "request, nothing behind the path", VT_LIT("\0" GET), VT_OK },
    { "request with empty sections", VT_LIT("\0" GET "\0\0\0"), VT_OK },
    { "padding", VT_LIT("\0" GET "\0\0\0\0\0\0\0"), VT_OK },
    { "padding that is not zeros", VT_LIT("\0" GET "\0\0\0\0\0\1\0"), VT_MALFORMED },
    { "numbers on more bytes than they need",
      VT_LIT("\x40\0\x40\3GET\x80\0\0\5https\xc0\0\0\0\0\0\0\1a\1/"), VT_OK },
    { "a number cut short", VT_LIT("\0\3GET\5https\xc0\0\0\0"), VT_MALFORMED },
    { "a length beyond the end", VT_LIT("\0\3GET\5https\xff\xff\xff\xff\xff\xff\xff\xff"),
      VT_MALFORMED },
    { "another framing", VT_LIT("\4" GET), VT_MALFORMED },
    { "empty", VT_LIT(""), VT_MALFORMED },
    { "cut in the path", VT_LIT("\0\3GET\5https\1a\2/"), VT_MALFORMED },
    { "method empty", VT_LIT("\0\0\5https\1a\1/"), VT_MALFORMED },
    { "method with a space", VT_LIT("\0\3G T\5https\1a\1/"), VT_MALFORMED },
    { "scheme empty", VT_LIT("\0\3GET\0\1a\1/"), VT_MALFORMED },
    { "path empty", VT_LIT("\0\3GET\5https\1a\0"), VT_MALFORMED },
    { "path without slash", VT_LIT("\0\3GET\5https\1a\1x"), VT_MALFORMED },
    { "path with a fragment", VT_LIT("\0\3GET\5https\1a\3/#x"), VT_MALFORMED },
    { "path with a line feed", VT_LIT("\0\3GET\5https\1a\3/\nx"), VT_MALFORMED },
    { "user in the authority", VT_LIT("\0\3GET\5https\3u@a\1/"), VT_MALFORMED },
    { "OPTIONS *", VT_LIT("\0\7OPTIONS\5https\1a\1*"), VT_OK },
    { "GET *", VT_LIT("\0\3GET\5https\1a\1*"), VT_MALFORMED },
    { "CONNECT", VT_LIT("\0\7CONNECT\0\4a:44\0"), VT_OK },
    { "CONNECT with a path", VT_LIT("\0\7CONNECT\0\4a:44\1/"), VT_MALFORMED },
    { "a field", VT_LIT("\0" GET "\4\1n\1v"), VT_OK },
    { "a field cut short", VT_LIT("\0" GET "\4\1n\2v"), VT_MALFORMED },
    { "a field over its section", VT_LIT("\0" GET "\3\1n\1v"), VT_MALFORMED },
    { "a field without name", VT_LIT("\0" GET "\3\0\1v"), VT_MALFORMED },
    { "a name with a space", VT_LIT("\0" GET "\5\2n \1v"), VT_MALFORMED },
    { "a value with a NUL", VT_LIT("\0" GET "\6\1n\3a\0b"), VT_MALFORMED },
    { "a value with CR", VT_LIT("\0" GET "\6\1n\3a\rb"), VT_MALFORMED },
    { "a value with a space inside", VT_LIT("\0" GET "\6\1n\3a b"), VT_OK },
    { "a value with a space before", VT_LIT("\0" GET "\5\1n\2 v"), VT_MALFORMED },
    { "a value with a tab behind", VT_LIT("\0" GET "\5\1n\2v\t"), VT_MALFORMED },
    { "a pseudo-field first", VT_LIT("\0" GET "\11\2:p\1v\1n\1v"), VT_OK },
    { "a pseudo-field second", VT_LIT("\0" GET "\11\1n\1v\2:p\1v"), VT_MALFORMED },
    { "a pseudo-field in the trailer", VT_LIT("\0" GET "\0\0\5\2:p\1v"), VT_MALFORMED },
    { ":path", VT_LIT("\0" GET "\10\5:path\1/"), VT_MALFORMED },
    { ":status", VT_LIT("\1\x40\xc8\13\7:status\3200"), VT_MALFORMED },
    { "content", VT_LIT("\0" GET "\0\2hi"), VT_OK },
    { "content cut short", VT_LIT("\0" GET "\0\3hi"), VT_MALFORMED },
    { "chunks", VT_LIT("\2" GET "\0\1h\1i\0"), VT_OK },
    { "chunks without end", VT_LIT("\2" GET "\0\1h\1i"), VT_MALFORMED },
    { "fields without end", VT_LIT("\2" GET "\1n\1v"), VT_MALFORMED },
    { "status alone", VT_LIT("\1\x40\xc8"), VT_OK },
    { "status 599", VT_LIT("\1\x42\x57"), VT_OK },
    { "status 600", VT_LIT("\1\x42\x58"), VT_MALFORMED },
    { "status 99", VT_LIT("\1\x40\x63"), VT_MALFORMED },
    { "interim alone", VT_LIT("\1\x40\x64"), VT_MALFORMED },
    { "interim and end", VT_LIT("\1\x40\x64\0"), VT_MALFORMED },
    { "interim and final", VT_LIT("\1\x40\x64\0\x40\xc8"), VT_OK },
    { "too many interims",
      VT_LIT("\1\x40\x64\0\x40\x64\0\x40\x64\0\x40\x64\0\x40\x64\0\x40\xc8"), VT_LIMIT },
};

static void the_table(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_binary_http message;
        bool ok = vt_binary_http_parse(rows[i].bytes, vt_test_arena(), &message, &err);

        VT_CHECK_SAYING(ok ? rows[i].want == VT_OK : err.code == rows[i].want, "%s: %s",
                        rows[i].name, err.message);
    }
}

static void fields_are_bounded(void)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(4));
    struct vt_binary_http message = read_good(VT_LIT("\2" GET));
    struct vt_binary_field many[VT_BINARY_HTTP_FIELDS_MAX + 1];
    struct vt_error err = { 0 };

    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = (struct vt_binary_field){ VT_LIT("n"), VT_LIT("") };
    message.headers = (struct vt_binary_fields){ many, VT_BINARY_HTTP_FIELDS_MAX };
    vt_binary_http_write(&bytes, &message);
    VT_CHECK_OK(
        vt_binary_http_parse(vt_buf_slice(&bytes), vt_test_arena(), &message, &err));
    vt_buf_truncate(&bytes, 0);
    message.headers = (struct vt_binary_fields){ many, VT_BINARY_HTTP_FIELDS_MAX + 1 };
    vt_binary_http_write(&bytes, &message);
    VT_CHECK_FAILS(VT_LIMIT, vt_binary_http_parse(vt_buf_slice(&bytes), vt_test_arena(),
                                                  &message, &err));
}

/* Long values need longer numbers; padding makes all lengths one. */
static void lengths_and_padding(void)
{
    static const size_t lens[] = { 0, 63, 64, 16383, 16384, 100000 };

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
        for (int is_indeterminate = 0; is_indeterminate < 2; is_indeterminate++) {
            VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(200));
            struct vt_binary_http m = { .status = 200,
                                        .is_indeterminate = is_indeterminate != 0 };
            struct vt_error err = { 0 };

            m.content = vt_slice_of(vt_arena_alloc(vt_test_arena(), lens[i] + 1), lens[i]);
            vt_binary_http_write(&bytes, &m);
            VT_CHECK_OK(vt_binary_http_pad(&bytes, 120000, &err));
            VT_CHECK(bytes.len == 120000);
            m = read_good(vt_buf_slice(&bytes));
            VT_CHECK(m.content.len == lens[i]);
            VT_CHECK_FAILS(VT_LIMIT, vt_binary_http_pad(&bytes, 119999, &err));
        }
}

static const struct vt_case cases[] = {
    { "the request of the RFC", the_request_of_the_rfc },
    { "the responses of the RFC", the_responses_of_the_rfc },
    { "what is taken, what is not", the_table },
    { "fields are bounded", fields_are_bounded },
    { "lengths and padding", lengths_and_padding },
};

VT_TEST_MAIN("wire.test_binary_http", cases)
