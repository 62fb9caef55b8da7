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
    const char *program = vt_test_vitrine();

    vt_buf_printf(&script, "set -eu\nPATH=%.*s:$PATH\ncd %s\n",
                  (int)(strrchr(program, '/') - program), program, vt_test_dir());
    put_blocks(vt_test_read("README.md"), &script);
    VT_CHECK_OK(vt_buf_check(&script, "script", &err));
    VT_CHECK(strstr(vt_buf_cstr(&script), "ledger check") != NULL);
    vt_test_write(vt_test_path("first.sh"), vt_buf_slice(&script));
    VT_CHECK(strstr(vt_test_run(0, VT_ARGV("sh", vt_test_path("first.sh"))),
                    "all is as it was signed") != NULL);
}

static const struct vt_case cases[] = {
    { "the first proof runs as it is written", the_first_proof_runs_as_it_is_written },
};

VT_TEST_MAIN("readme", cases)
