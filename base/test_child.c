/* Child processes and reading files: ends, limits, and what is refused. */
#include "tests/harness.h"

static void output_and_exit_code_come_back(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF out = vt_buf_init(1000);
    VT_AUTO_BUF errors = vt_buf_init(1000);
    struct vt_child_options options = { .input = VT_LIT("in\n"),
                                        .output = &out,
                                        .errors = &errors };
    struct vt_child_end end;

    VT_CHECK_OK(vt_child_run(VT_ARGV("sh", "-c", "cat; echo oops >&2; exit 7"), &options,
                             &end, &err));
    VT_CHECK(end.exit_code == 7 && end.signal == 0 && !end.is_late);
    VT_CHECK(vt_slice_is(vt_buf_slice(&out), "in\n"));
    VT_CHECK(vt_slice_is(vt_buf_slice(&errors), "oops\n"));
}

static void more_than_a_pipe_flows_both_ways(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF in = vt_buf_init(VT_MIB(4));
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(4));
    struct vt_child_options options = { .output = &out };
    struct vt_child_end end;

    memset(vt_buf_extend(&in, VT_MIB(3)), 'x', VT_MIB(3));
    options.input = vt_buf_slice(&in);
    VT_CHECK_OK(vt_child_run(VT_ARGV("cat"), &options, &end, &err));
    VT_CHECK(end.exit_code == 0 && vt_slice_equal(vt_buf_slice(&in), vt_buf_slice(&out)));
}

static void a_late_child_is_ended_with_its_children(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF out = vt_buf_init(1000);
    struct vt_child_options options = { .timeout_ms = 200, .output = &out };
    struct vt_child_end end;
    int64_t start_ms = vt_monotonic_ms();

    VT_CHECK_OK(vt_child_run(VT_ARGV("sh", "-c", "sleep 60; true"), &options, &end, &err));
    VT_CHECK(end.is_late && end.signal == 9);
    VT_CHECK(vt_monotonic_ms() - start_ms < 20000);
}

static void a_missing_program_is_absent(void)
{
    struct vt_error err = { 0 };
    struct vt_child_options options = { 0 };
    struct vt_child_end end;

    VT_CHECK_FAILS(VT_ABSENT,
                   vt_child_run(VT_ARGV("no-such-program-x"), &options, &end, &err));
}

static void only_regular_files_are_read(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(4);
    const char *path = vt_test_path("file");
    const char *fifo = vt_test_path("fifo");

    vt_test_write(path, VT_LIT("1234"));
    VT_CHECK_OK(vt_file_read(path, &bytes, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&bytes), "1234"));
    vt_test_write(path, VT_LIT("12345"));
    VT_CHECK_FAILS(VT_LIMIT, vt_file_read(path, &bytes, &err));
    VT_CHECK_FAILS(VT_IO, vt_file_read(vt_test_dir(), &bytes, &err));
    VT_CHECK_FAILS(VT_IO, vt_file_read(vt_test_path("none"), &bytes, &err));
    VT_CHECK(mkfifo(fifo, 0600) == 0);
    VT_CHECK_FAILS(VT_IO, vt_file_read(fifo, &bytes, &err));
}

static const struct vt_case cases[] = {
    { "output and exit code come back", output_and_exit_code_come_back },
    { "more than a pipe flows both ways", more_than_a_pipe_flows_both_ways },
    { "a late child is ended with its children", a_late_child_is_ended_with_its_children },
    { "a missing program is absent", a_missing_program_is_absent },
    { "only regular files are read", only_regular_files_are_read },
};

VT_TEST_MAIN("base.child", cases)
