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

static void help_takes_a_group_and_a_verb(void)
{
    VT_CHECK(strstr(vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "help", "ledger")),
                    "vitrine ledger prove") != NULL);
    VT_CHECK(strstr(vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "help", "ledger", "add")),
                    "usage: vitrine ledger add") != NULL);
    VT_CHECK(strstr(vt_test_run(VT_EXIT_OK, VT_ARGV("vitrine", "help", "verify")),
                    "usage: vitrine verify") != NULL);
    VT_CHECK(strstr(vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "help", "nonsense")),
                    "there is no 'nonsense'") != NULL);
}

/* What bash offers behind these words; "files" where it offers the names of files. */
static const char *offered(const char *words)
{
    static const char script[] = ". tools/completion.bash\nread -ra COMP_WORDS <<<\"$2\"\n"
                                 "COMP_WORDS[0]=$1\n[[ $2 != *' ' ]] || COMP_WORDS+=('')\n"
                                 "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_vitrine\n"
                                 "echo \"${COMPREPLY[*]:-files}\"\n";

    return vt_test_run(0, VT_ARGV("bash", "-c", script, "bash", vt_test_vitrine(), words));
}

static void completion_offers_what_fits(void)
{
    VT_CHECK_SAYING(strcmp(offered("vitrine review sign --verdict "), "accept refuse\n") ==
                        0,
                    "%s", offered("vitrine review sign --verdict "));
    VT_CHECK(strcmp(offered("vitrine review sign --verdict a"), "accept\n") == 0);
    VT_CHECK(strcmp(offered("vitrine review sign --desk "), "files\n") == 0);
    VT_CHECK(strstr(offered("vitrine review sign --"), "--verdict") != NULL);
    VT_CHECK(strcmp(offered("vitrine verify "), "files\n") == 0);
    VT_CHECK(strstr(offered("vitrine verify --"), "--evidence") != NULL);
    VT_CHECK(strcmp(offered("vitrine review "), "sign list\n") == 0);
    VT_CHECK(strcmp(offered("vitrine rev"), "review\n") == 0);
}

static const struct vt_case cases[] = {
    { "misuse is exit code 2 and says what", misuse_is_two_and_says_what },
    { "an empty value is misuse", an_empty_value_is_misuse },
    { "help takes a group and a verb", help_takes_a_group_and_a_verb },
    { "completion offers what fits", completion_offers_what_fits },
    { "help and version are exit code 0", help_and_version_are_yes },
};

VT_TEST_MAIN("cli.args", cases)
