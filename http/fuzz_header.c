/* Values of Accept and Authorization.  Laws: a type that is accepted stands in the value,
 * is so in capitals too, and behind another type; a token lies in its value, without blanks
 * around it. */
#include "http/server.h"
#include "tools/fuzz.h"
#include <ctype.h>

#define TYPE "application/vnd.vitrine.tlog-proof"

static bool holds(vt_slice text, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++)
        if (strncasecmp((const char *)text.data + i, word, len) == 0)
            return true;
    return false;
}

static void check_types(vt_slice input)
{
    VT_AUTO_BUF loud = vt_buf_init(input.len + 1), more = vt_buf_init(input.len + 32);
    bool is_accepted = vt_http_accepts(input, TYPE);

    for (size_t i = 0; i < input.len; i++)
        vt_buf_put_u8(&loud, (uint8_t)toupper(input.data[i]));
    VT_CHECK(vt_http_accepts(vt_buf_slice(&loud), TYPE) == is_accepted);
    vt_buf_put_text(&more, "text/plain;q=0, ");
    vt_buf_put(&more, input);
    VT_CHECK(vt_http_accepts(vt_buf_slice(&more), TYPE) == is_accepted);
    VT_CHECK(!is_accepted || holds(input, TYPE));
}

void vt_fuzz_one(vt_slice input)
{
    vt_slice token;

    check_types(input);
    if (!vt_http_bearer(input, &token))
        return;
    VT_CHECK(token.len > 0 && token.data > input.data &&
             token.data + token.len <= input.data + input.len);
    VT_CHECK(token.data[0] != ' ' && token.data[0] != '\t' &&
             token.data[token.len - 1] != ' ' && token.data[token.len - 1] != '\t');
    VT_CHECK(strncasecmp((const char *)input.data, "bearer", 6) == 0);
}
