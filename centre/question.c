/* Questions of ledgers as paths. */
#include "centre/question.h"
#include "wire/json.h"

/* What stands behind the ledger's name. */
static const struct {
    const char *text;
    bool has_number;
} words[VT_ASK_KINDS] = {
    [VT_ASK_CHECKPOINT] = { "checkpoint", false },
    [VT_ASK_ENTRIES] = { "entries/", true },
    [VT_ASK_ENTRY] = { "entry/", true },
    [VT_ASK_PROOF] = { "proof/", true },
    [VT_ASK_CONSISTENCY] = { "consistency/", true },
};

bool vt_ledger_name_is_good(vt_slice name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

    if (name.len == 0 || name.len > VT_QUESTION_NAME_BYTES_MAX || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == 0 || strchr(allowed, name.data[i]) == NULL)
            return false;
    return true;
}

/* What is asked, and the number: all of it, or nothing. */
static bool read_tail(vt_reader r, struct vt_ledger_question *question)
{
    for (int kind = 0; kind < VT_ASK_KINDS; kind++) {
        vt_reader tail = r;

        if (!vt_read_literal(&tail, vt_slice_from_cstr(words[kind].text)))
            continue;
        question->kind = (enum vt_question_kind)kind;
        question->number = 0;
        return words[kind].has_number
                   ? vt_decimal_parse(tail.rest, &question->number) &&
                         question->number <= (uint64_t)VT_JSON_INTEGER_MAX
                   : vt_read_end(&tail);
    }
    return false;
}

bool vt_ledger_question_parse(vt_slice path, struct vt_ledger_question *out,
                              struct vt_error *err)
{
    struct vt_ledger_question question;
    vt_reader r = { path };

    if (!vt_read_literal(&r, VT_LIT(VT_QUESTION_PREFIX)) ||
        !vt_read_until(&r, '/', &question.ledger) ||
        !vt_ledger_name_is_good(question.ledger) || !read_tail(r, &question))
        return vt_fail(err, VT_MALFORMED, "no question of a ledger");
    *out = question;
    return true;
}

void vt_ledger_question_write(const struct vt_ledger_question *question, struct vt_buf *out)
{
    vt_buf_put_text(out, VT_QUESTION_PREFIX);
    vt_buf_put(out, question->ledger);
    vt_buf_put_u8(out, '/');
    vt_buf_put_text(out, words[question->kind].text);
    if (words[question->kind].has_number)
        vt_buf_printf(out, "%ju", (uintmax_t)question->number);
}
