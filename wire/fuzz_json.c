/* Laws: whatever we take, jansson's own reader takes too, as the same value; its canonical
 * form is read back as the same value and is its own canonical form; the canonical reader
 * takes exactly such texts; a refusal says why. */
#include "tools/fuzz.h"
#include "wire/json.h"

#define BYTES_MAX VT_MIB(1)

static void compare_with_jansson(vt_slice input, const json_t *ours)
{
    VT_AUTO_JSON theirs =
        json_loadb((const char *)input.data, input.len, JSON_REJECT_DUPLICATES, NULL);

    VT_CHECK(theirs != NULL && json_equal(ours, theirs));
}

/* Those that hold no control character: only they are JSON. */
static void read_olpc_back(const json_t *value)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF olpc = vt_buf_init(6 * BYTES_MAX);
    VT_AUTO_JSON again = NULL;

    VT_CHECK(vt_json_write_olpc(value, &olpc, &err));
    for (size_t i = 0; i < olpc.len; i++)
        if (olpc.data[i] < 0x20)
            return;
    VT_CHECK(vt_json_parse(vt_buf_slice(&olpc), "fuzz", &again, &err));
    VT_CHECK(json_equal(value, again));
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_JSON value = NULL;
    VT_AUTO_JSON again = NULL;
    VT_AUTO_JSON strict = NULL;
    VT_AUTO_BUF text = vt_buf_init(6 * BYTES_MAX);
    bool is_canonical;

    if (input.len > BYTES_MAX)
        return;
    if (!vt_json_parse(input, "fuzz", &value, &err)) {
        VT_CHECK(err.code == VT_MALFORMED);
        VT_CHECK(strncmp(err.message, "fuzz: line ", 11) == 0 && value == NULL);
        return;
    }
    compare_with_jansson(input, value);
    VT_CHECK(vt_json_write_canonical(value, &text, &err));
    VT_CHECK(vt_json_parse_canonical(vt_buf_slice(&text), "fuzz", &again, &err));
    VT_CHECK(json_equal(value, again));
    is_canonical = vt_json_parse_canonical(input, "fuzz", &strict, &err);
    VT_CHECK(is_canonical == vt_slice_equal(vt_buf_slice(&text), input));
    read_olpc_back(value);
}
