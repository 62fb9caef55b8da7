/* Law: a pack that parses is its own writing: its files, list, compiled form and counts
 * written again give the same bytes.  And it does not differ from itself. */
#include "line/rules.h"
#include "tools/fuzz.h"

enum { FILES_MAX = 1000 };

static uint64_t count(const struct vt_rules_pack *pack, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(pack->manifest, name));
}

static void write_again(const struct vt_rules_pack *pack, vt_slice input)
{
    static struct vt_rules_file files[FILES_MAX];
    struct vt_rules_input again = { .rules = files };
    VT_AUTO_BUF bytes = vt_buf_init(input.len);
    struct vt_error err = { 0 };

    while (again.rule_file_count < FILES_MAX &&
           vt_rules_pack_file(pack, again.rule_file_count, &files[again.rule_file_count]))
        again.rule_file_count++;
    if (again.rule_file_count == FILES_MAX)
        return;
    again.must_detect_count = count(pack, "must_detect");
    again.must_not_detect_count = count(pack, "must_not_detect");
    VT_CHECK(vt_rules_pack_write(
        &again, json_string_value(json_object_get(pack->manifest, "engine")),
        json_object_get(pack->manifest, "rules"), pack->compiled, &bytes, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&bytes), input));
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    VT_AUTO_RULES_PACK pack = { 0 };
    VT_AUTO_JSON diff = NULL;
    VT_AUTO_JSON summary = NULL;

    if (!vt_rules_pack_parse(input, &pack, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    write_again(&pack, input);
    summary = vt_rules_pack_summary(&pack, input);
    VT_CHECK(json_array_size(json_object_get(summary, "collects")) <=
             json_array_size(json_object_get(pack.manifest, "rules")));
    diff = vt_rules_diff(&pack, &pack);
    vt_rules_diff_text(diff, &text);
    VT_CHECK(vt_slice_is(vt_buf_slice(&text), "no difference\n"));
}
