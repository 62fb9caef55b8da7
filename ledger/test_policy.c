/* Policies: the grammar of tlog-policy, and the counting of quorums. */
#include "ledger/policy.h"
#include "tests/harness.h"

#define LOG "example.org/ledger+c186e258+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
#define A   "witness.example.de+a1a0d65a+BEOnLnFEAXYt9mtowm373yaCquyfJHTspGE+QkoPuv08"
#define B   "witness.example.nl+baf7e8c1+BGa+fjMsekUzMr2dCn99sFX1xe8aBq2mbZizn7aBDEc6"
#define C   "witness.example.ch+bccc6257+BAtROtm0kkAVygkC7QeQRNOsXb7CMG8GlIwQ2o62458t"

#define THREE "witness A " A "\nwitness B " B "\nwitness C " C "\n"

static const struct {
    const char *name;
    const char *text;
    enum vt_code want;
} rows[] = {
    { "none", "quorum none\n", VT_OK },
    { "one witness", "witness A " A "\nquorum A\n", VT_OK },
    { "a log with url", "log " LOG " https://x.example/\nquorum none\n", VT_OK },
    { "comments and space", " # why\n\t\n \t witness\tA\t" A "  \n quorum A \n", VT_OK },
    { "any name", "witness any " A "\ngroup all any any\nquorum all\n", VT_OK },
    { "witnesses behind the quorum", "quorum none\nwitness A " A "\n", VT_OK },
    { "bytes above 0x7f", "witness Z\xfcrich " A "\nquorum Z\xfcrich\n", VT_OK },
    { "nested groups", THREE "group x 2 A B\ngroup y all x C\nquorum y\n", VT_OK },

    { "nothing", "", VT_MALFORMED },
    { "no quorum", "witness A " A "\n", VT_MALFORMED },
    { "two quorums", "quorum none\nquorum none\n", VT_MALFORMED },
    { "quorum of two names", THREE "quorum A B\n", VT_MALFORMED },
    { "quorum of nothing", "quorum\n", VT_MALFORMED },
    { "quorum before its witness", "quorum A\nwitness A " A "\n", VT_MALFORMED },
    { "quorum is a log", "log " LOG "\nquorum " LOG "\n", VT_MALFORMED },
    { "unknown word", "mirror A " A "\nquorum none\n", VT_MALFORMED },
    { "no last newline", "quorum none", VT_MALFORMED },
    { "carriage return", "quorum none\r\n", VT_MALFORMED },
    { "DEL", "quorum none\n# \x7f\n", VT_MALFORMED },
    { "witness called none", "witness none " A "\nquorum none\n", VT_MALFORMED },
    { "name twice", "witness A " A "\nwitness A " B "\nquorum A\n", VT_MALFORMED },
    { "key twice", "witness A " A "\nwitness B " A "\nquorum A\n", VT_MALFORMED },
    { "log twice", "log " LOG "\nlog " LOG "\nquorum none\n", VT_MALFORMED },
    { "witness without key", "witness A\nquorum none\n", VT_MALFORMED },
    { "witness with a log's key", "witness A " LOG "\nquorum A\n", VT_MALFORMED },
    { "log with a witness's key", "log " A "\nquorum none\n", VT_MALFORMED },
    { "log with two urls", "log " LOG " a b\nquorum none\n", VT_MALFORMED },
    { "wrong key id",
      "witness A witness.example.de+a1a0d65b+BEOnLnFEAXYt9mtowm373yaCquyfJHTspGE+QkoPuv08\n"
      "quorum A\n",
      VT_MALFORMED },
    { "group of nobody", "group x any\nquorum x\n", VT_MALFORMED },
    { "group of a stranger", "group x any A\nquorum x\n", VT_MALFORMED },
    { "group of itself", "group x any x\nquorum x\n", VT_MALFORMED },
    { "group of none", "group x any none\nquorum x\n", VT_MALFORMED },
    { "member twice in one group", THREE "group x 2 A A\nquorum x\n", VT_MALFORMED },
    { "member of two groups", THREE "group x 1 A\ngroup y 1 A\nquorum y\n", VT_MALFORMED },
    { "threshold 0", THREE "group x 0 A B\nquorum x\n", VT_MALFORMED },
    { "threshold 3 of 2", THREE "group x 3 A B\nquorum x\n", VT_MALFORMED },
    { "threshold 02", THREE "group x 02 A B\nquorum x\n", VT_MALFORMED },
    { "threshold most", THREE "group x most A B\nquorum x\n", VT_MALFORMED },
    { "group named as a witness", THREE "group A any B\nquorum A\n", VT_MALFORMED },
};

static void grammar(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_policy policy = { .log_count = 77 };
        bool ok = vt_policy_parse(vt_slice_from_cstr(rows[i].text), &policy, &err);

        VT_CHECK_SAYING(err.code == rows[i].want && ok == (err.code == VT_OK),
                        "%s: %s (%s)", rows[i].name, vt_code_name(err.code), err.message);
        VT_CHECK(ok || policy.log_count == 77);
    }
}

static void parse(const char *text, struct vt_policy *policy)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_policy_parse(vt_slice_from_cstr(text), policy, &err));
}

static bool quorum_of(const struct vt_policy *policy, bool a, bool b, bool c)
{
    const bool has_signed[] = { a, b, c };

    return vt_policy_has_quorum(policy, has_signed);
}

static void quorums(void)
{
    struct vt_policy p;

    parse(THREE "group x 2 A B C\nquorum x\n", &p);
    VT_CHECK(quorum_of(&p, 1, 1, 0) && quorum_of(&p, 0, 1, 1) && quorum_of(&p, 1, 1, 1));
    VT_CHECK(!quorum_of(&p, 1, 0, 0) && !quorum_of(&p, 0, 0, 0));
    parse(THREE "group x any A B\ngroup y all x C\nquorum y\n", &p);
    VT_CHECK(quorum_of(&p, 1, 0, 1) && quorum_of(&p, 0, 1, 1));
    VT_CHECK(!quorum_of(&p, 1, 1, 0) && !quorum_of(&p, 0, 0, 1));
    parse(THREE "group x any A B\nquorum C\n", &p);
    VT_CHECK(quorum_of(&p, 0, 0, 1) && !quorum_of(&p, 1, 1, 0));
    parse(THREE "group x any A B\ngroup y all x C\nquorum x\n", &p);
    VT_CHECK(quorum_of(&p, 0, 1, 0) && !quorum_of(&p, 0, 0, 1));
    parse(THREE "quorum none\n", &p);
    VT_CHECK(quorum_of(&p, 0, 0, 0));
}

static void parts_are_told_apart(void)
{
    struct vt_policy p;

    parse("log " LOG " https://log.example/\nwitness A " A " https://w.example/x\n"
          "witness B " B "\nquorum none\n",
          &p);
    VT_CHECK(p.log_count == 1 && p.witness_count == 2 && p.group_count == 0);
    VT_CHECK(vt_slice_is(p.logs[0].vkey.name, "example.org/ledger"));
    VT_CHECK(vt_slice_is(p.logs[0].url, "https://log.example/"));
    VT_CHECK(vt_slice_is(p.witnesses[0].name, "A"));
    VT_CHECK(vt_slice_is(p.witnesses[0].vkey.name, "witness.example.de"));
    VT_CHECK(vt_slice_is(p.witnesses[0].url, "https://w.example/x"));
    VT_CHECK(p.witnesses[1].url.len == 0);
}

static void limits_have_names(void)
{
    struct vt_error err = { 0 };
    struct vt_policy policy;
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    vt_buf_put_text(&text, THREE);
    for (unsigned i = 0; i < VT_POLICY_GROUPS_MAX; i++)
        if (i == 0)
            vt_buf_put_text(&text, "group g0 any A\n");
        else
            vt_buf_printf(&text, "group g%u any g%u\n", i, i - 1);
    vt_buf_put_text(&text, "quorum g63\n");
    VT_CHECK_OK(vt_policy_parse(vt_buf_slice(&text), &policy, &err));
    VT_CHECK(quorum_of(&policy, 1, 0, 0) && !quorum_of(&policy, 0, 1, 1));
    vt_buf_put_text(&text, "group g64 any B\n");
    VT_CHECK_FAILS(VT_LIMIT, vt_policy_parse(vt_buf_slice(&text), &policy, &err));
}

/* What the manual page shows is one, and means what it says. */
static void the_page_shows_one(void)
{
    struct vt_error err = { 0 };
    vt_slice page = vt_test_read("man/vitrine-tlog-policy.5");
    const char *text = vt_arena_cstr(vt_test_arena(), page);
    const char *from = strstr(text, ".Bd -literal"), *to;
    struct vt_policy policy;

    VT_CHECK(from != NULL);
    from = strchr(from, '\n') + 1;
    to = strstr(from, ".Ed\n");
    VT_CHECK(to != NULL);
    VT_CHECK_OK(vt_policy_parse(vt_slice_of(from, (size_t)(to - from)), &policy, &err));
    VT_CHECK(policy.log_count == 1 && policy.logs[0].url.len != 0);
    VT_CHECK(policy.witness_count == 4 && policy.witnesses[2].url.len == 0);
    VT_CHECK(!vt_policy_has_quorum(&policy, (bool[]){ true, true, false, false }));
    VT_CHECK(!vt_policy_has_quorum(&policy, (bool[]){ false, false, true, false }));
    VT_CHECK(vt_policy_has_quorum(&policy, (bool[]){ true, false, true, false }));
    VT_CHECK(vt_policy_has_quorum(&policy, (bool[]){ false, false, true, true }));
}

static const struct vt_case cases[] = {
    { "grammar", grammar },
    { "quorums", quorums },
    { "parts are told apart", parts_are_told_apart },
    { "limits have names", limits_have_names },
    { "the page shows one", the_page_shows_one },
};

VT_TEST_MAIN("ledger.policy", cases)
