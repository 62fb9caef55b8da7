/* What every verb shares: help, misuse, exit codes, JSON errors, completion. */
#include "tests/harness.h"

static void misuse_is_two_and_says_what(void)
{
    const char *said = vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine"));

    VT_CHECK(strstr(said, "vitrine GROUP --help") != NULL);
    said = vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "nonsense"));
    VT_CHECK(strstr(said, "there is no 'nonsense'") != NULL);
}

/* As a script calls it whose variable is not set. */
static void an_empty_value_is_misuse(void)
{
    const char *said =
        vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "ledger", "init", "--dir", "",
                                           "--origin", "a.example", "--key", "k"));

    VT_CHECK(strstr(said, "--dir: its value is empty") != NULL);
    said = vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "key", "show", "--name=", "k"));
    VT_CHECK(strstr(said, "--name: its value is empty") != NULL);
    said = vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "verify", ""));
    VT_CHECK(strstr(said, "an operand is empty: FILE") != NULL);
}

static void help_and_version_are_yes(void)
{
    VT_CHECK(strstr(vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "--help")),
                    "transparency centre") != NULL);
    VT_CHECK(strstr(vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "--version")), VT_VERSION) !=
             NULL);
}

static const struct vt_case cases[] = {
    { "misuse is exit code 2 and says what", misuse_is_two_and_says_what },
    { "an empty value is misuse", an_empty_value_is_misuse },
    { "help and version are exit code 0", help_and_version_are_yes },
};

VT_TEST_MAIN("cli.args", cases)
