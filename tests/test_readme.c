/* The README's first proof, run as it stands there. */
#include "tests/harness.h"

/* All ```sh blocks of the README, one after the other, as one script. */
static void put_blocks(vt_slice readme, struct vt_buf *script)
{
    vt_reader r = { readme };
    vt_slice line;
    bool is_inside = false;

    while (vt_read_line(&r, &line)) {
        if (vt_slice_starts_with(line, VT_LIT("```"))) {
            is_inside = vt_slice_is(line, "```sh");
        } else if (is_inside) {
            vt_buf_put(script, line);
            vt_buf_put_text(script, "\n");
        }
    }
}

static void the_first_proof_runs_as_it_is_written(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF script = vt_buf_init(VT_KIB(64));
    const char *program = vt_test_vitrine(), *said;

    vt_buf_printf(&script, "set -eu\nPATH=%.*s:$PATH\ncd %s\n",
                  (int)(strrchr(program, '/') - program), program, vt_test_dir());
    put_blocks(vt_test_read("README.md"), &script);
    VT_CHECK_OK(vt_buf_check(&script, "script", &err));
    VT_CHECK(strstr(vt_buf_cstr(&script), "ledger check") != NULL);
    vt_test_write(vt_test_path("first.sh"), vt_buf_slice(&script));
    said = vt_test_run(0, VT_ARGV("sh", vt_test_path("first.sh")));
    VT_CHECK(strstr(said, "all is as it was signed") != NULL);
    VT_CHECK_SAYING(strstr(said, ": 1 rule in 1 file, ") != NULL, "%s", said);
}

/* The beginning that the README offers: it ends with a whole trust root, and its witnesses
 * cosign what the ledger takes. */
static void a_beginning_is_whole(void)
{
    const char *program = vt_test_vitrine();
    VT_AUTO_BUF script = vt_buf_init(VT_KIB(8));
    int bin = (int)(strrchr(program, '/') - program);
    const char *said;

    vt_buf_printf(&script, "set -eu\nPATH=%.*s:$PATH\n", bin, program);
    vt_buf_printf(&script, "sh examples/begin.sh %s %d\n", vt_test_path("first"),
                  20000 + getpid() % 20000);
    vt_buf_printf(&script, "cd %s\n", vt_test_path("first"));
    vt_buf_put_text(
        &script, "sed -i s/public/any/ log/config.json\n"
                 "./witnesses >ready 2>&1 & pid=$!\n"
                 "trap 'kill $pid' EXIT\n"
                 "for i in $(seq 100); do [ $(grep -c ready: ready) -ge 3 ] && break; "
                 "sleep 0.1; done\n"
                 "vitrine ledger add --dir log --proof-dir . policy.txt\n"
                 "vitrine ledger check policy.txt --proof policy.txt.tlog-proof --policy "
                 "policy.txt --origin ledger.example/releases\n"
                 /* They end with their script, and the caller goes on. */
                 "urls=$(grep -o 'http[^ ]*' ready)\n"
                 "for url in $urls; do curl -s -o answer $url; done\n"
                 "trap - EXIT; kill $pid; wait $pid && echo it ended well\n"
                 "for url in $urls; do if curl -s $url; then exit 7; fi; done\n"
                 "echo the caller goes on\n");
    vt_test_write(vt_test_path("begin.sh"), vt_buf_slice(&script));
    said = vt_test_run(0, VT_ARGV("sh", vt_test_path("begin.sh")));
    VT_CHECK_SAYING(strstr(said, ": whole") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "it ended well\nthe caller goes on\n") != NULL, "%s",
                    said);
    said = vt_test_run(1, VT_ARGV("env",
                                  vt_test_print("PATH=%.*s:/usr/bin:/bin", bin, program),
                                  "sh", "examples/begin.sh", vt_test_path("first")));
    VT_CHECK_SAYING(strstr(said, "is not empty") != NULL, "%s", said);
}

static void without_vitrine_nothing_is_begun(void)
{
    const char *said = vt_test_run(3, VT_ARGV("env", "PATH=/nothing", "/bin/sh",
                                              "examples/begin.sh", vt_test_path("first")));

    VT_CHECK_SAYING(strstr(said, "there is no vitrine in the PATH") != NULL, "%s", said);
    VT_CHECK(!vt_path_exists(vt_test_path("first")));
}

static const struct vt_case cases[] = {
    { "a beginning is whole", a_beginning_is_whole },
    { "without vitrine nothing is begun", without_vitrine_nothing_is_begun },
    { "the first proof runs as it is written", the_first_proof_runs_as_it_is_written },
};

VT_TEST_MAIN("readme", cases)
