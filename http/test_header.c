/* Values of headers: which types a client names, and whose token it shows. */
#include "http/server.h"
#include "tests/harness.h"

#define TYPE "application/vnd.vitrine.tlog-proof"

static void accepted_types(void)
{
    static const struct {
        const char *header;
        bool is_accepted;
    } rows[] = {
        { TYPE, true },
        { TYPE ", */*", true },
        { "text/plain;q=0.5,\t" TYPE " ;q=1", true },
        { "Application/VND.vitrine.TLOG-proof", true },
        { TYPE ";q=0.001", true },
        { "", false },
        { "*/*", false },
        { "application/*", false },
        { TYPE "x", false },
        { "x" TYPE, false },
        { TYPE ";q=0", false },
        { TYPE ";a=b; Q = 0.000", false },
        { "text/plain;" TYPE, false },
        { ",;=,", false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        VT_CHECK_SAYING(vt_http_accepts(vt_slice_from_cstr(rows[i].header), TYPE) ==
                            rows[i].is_accepted,
                        "%s", rows[i].header);
}

static void bearers(void)
{
    static const struct {
        const char *header, *token; /* NULL: none */
    } rows[] = {
        { "Bearer abc", "abc" },   { "bearer abc", "abc" },
        { "BEARER  abc ", "abc" }, { "Bearerabc", NULL },
        { "Bearer", NULL },        { "Bearer ", NULL },
        { "Basic abc", NULL },     { "", NULL },
        { " Bearer abc", NULL },   { "Bearer\tabc", NULL },
        { "abc Bearer", NULL },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_slice token;
        bool is_one = vt_http_bearer(vt_slice_from_cstr(rows[i].header), &token);

        VT_CHECK_SAYING(is_one == (rows[i].token != NULL) &&
                            (!is_one || vt_slice_is(token, rows[i].token)),
                        "'%s'", rows[i].header);
    }
}

static const struct vt_case cases[] = {
    { "accepted types", accepted_types },
    { "bearers", bearers },
};

VT_TEST_MAIN("http.header", cases)
