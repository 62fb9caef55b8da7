/* Law: a text that holds a match of an expression holds all that the expression is said to
 * need: otherwise trigrams would hide a match.  Input: the expression, a line break, and a
 * text. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "centre/search.h"
#include "tools/fuzz.h"
#include <pcre2.h>

enum { REGEX_MAX = 64, TEXT_MAX = 256, STEPS_MAX = 5000 };

static bool matches(vt_slice regex, vt_slice text)
{
    PCRE2_SIZE at;
    int code, result = -1;
    pcre2_code *made = pcre2_compile(
        regex.data, regex.len, PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C,
        &code, &at, NULL);
    pcre2_match_data *data;
    pcre2_match_context *context;

    if (made == NULL)
        return false;
    data = pcre2_match_data_create_from_pattern(made, NULL);
    context = pcre2_match_context_create(NULL);
    (void)pcre2_set_match_limit(context, STEPS_MAX);
    if (data != NULL)
        result = pcre2_match(made, text.data, text.len, 0, 0, data, context);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    pcre2_code_free(made);
    return result >= 0;
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF needs = vt_buf_init(VT_KIB(4));
    vt_reader r = { input }, n;
    vt_slice regex, one;
    uint16_t len;

    if (!vt_read_line(&r, &regex) || regex.len == 0 || regex.len > REGEX_MAX ||
        r.rest.len > TEXT_MAX)
        return;
    vt_regex_needs(regex, &needs);
    if (needs.len == 0 ||
        !matches(regex, vt_slice_of(r.rest.len != 0 ? r.rest.data : (const uint8_t *)"",
                                    r.rest.len)))
        return;
    n = (vt_reader){ vt_buf_slice(&needs) };
    while (vt_read_u16(&n, &len) && vt_read_bytes(&n, len, &one))
        VT_CHECK(memmem(r.rest.data, r.rest.len, one.data, one.len) != NULL);
}
