/* Channels, roles and their locks. */
#include "role/landlock.h"
#include "role/probe.h"
#include "tests/confinement.h"
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void messages_keep_their_boundaries(void)
{
    struct vt_error err = { 0 };
    struct vt_channel a, b;
    struct vt_message message;
    VT_AUTO_BUF big = vt_buf_init(VT_MIB(2));

    VT_CHECK_OK(vt_channel_pair(&a, &b, &err));
    VT_CHECK_OK(vt_channel_send(&a, 7, VT_LIT("one"), &err));
    VT_CHECK_OK(vt_channel_send(&a, 8, (vt_slice){ 0 }, &err));
    VT_CHECK_OK(vt_channel_receive(&b, 1000, &message, &err));
    VT_CHECK(message.type == 7 && vt_slice_is(message.body, "one"));
    VT_CHECK_OK(vt_channel_receive(&b, 1000, &message, &err));
    VT_CHECK(message.type == 8 && message.body.len == 0);
    VT_CHECK_FAILS(VT_LIMIT, vt_channel_receive(&b, 10, &message, &err));
    VT_CHECK(vt_buf_extend(&big, VT_MESSAGE_BYTES_MAX + 1) != NULL);
    VT_CHECK_FAILS(VT_LIMIT, vt_channel_send(&a, 1, vt_buf_slice(&big), &err));
    vt_channel_clear(&a);
    VT_CHECK_FAILS(VT_ABSENT, vt_channel_receive(&b, 1000, &message, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_channel_send(&b, 1, VT_LIT("x"), &err));
    vt_channel_clear(&b);
}

static void a_reader_that_sleeps_does_not_hold_us_for_ever(void)
{
    const struct timeval patience = { .tv_usec = 20000 };
    struct vt_error err = { 0 };
    struct vt_channel a, b;
    unsigned sent = 0;

    VT_CHECK_OK(vt_channel_pair(&a, &b, &err));
    VT_CHECK(setsockopt(a.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0);
    while (sent < 1000000 && vt_channel_send(&a, 1, VT_LIT("hello"), &err))
        sent++;
    VT_CHECK(err.code == VT_LIMIT && sent > 0 && sent < 1000000);
    vt_channel_clear(&a);
    vt_channel_clear(&b);
}

static void an_error_crosses_the_channel(void)
{
    struct vt_error err = { 0 }, failure = { 0 };
    struct vt_channel a, b;
    VT_AUTO_BUF out = vt_buf_init(100);

    VT_CHECK_OK(vt_channel_pair(&a, &b, &err));
    VT_CHECK(!vt_fail(&failure, VT_REJECTED, "no such %s", "luck"));
    VT_CHECK_OK(vt_channel_send_error(&b, &failure, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_channel_receive_blob(&a, 1, 1000, &out, &err));
    VT_CHECK(strcmp(err.message, "no such luck") == 0);
    vt_channel_clear(&a);
    vt_channel_clear(&b);
}

static void a_confined_role_can_do_nothing_else(void)
{
    vt_test_confinement("", "", (const char *const[]){ NULL });
}

static void a_role_with_a_folder_can_write_there_only(void)
{
    if (vt_landlock_abi() == 0)
        vt_test_skip("this kernel has no Landlock");
    vt_test_confinement("", vt_test_dir(), (const char *const[]){ "write-folder", NULL });
}

/* What can be seen from outside, on the process itself. */
static void the_locks_are_on(void)
{
    VT_AUTO_ROLE probe = vt_test_probe("", "");

    (void)vt_test_probe_works(probe, "descriptors"); /* it answers: it is confined now */
    VT_CHECK(strcmp(vt_test_process_status(vt_role_pid(probe), "NoNewPrivs:"), "1") == 0);
    VT_CHECK(strcmp(vt_test_process_status(vt_role_pid(probe), "Seccomp:"), "2") == 0);
    /* The twin: this process has no filter. */
    VT_CHECK(strcmp(vt_test_process_status(getpid(), "Seccomp:"), "0") == 0);
}

static void too_much_cpu_time_ends_a_role(void)
{
    struct vt_error err = { 0 };
    struct vt_message message;
    VT_AUTO_ROLE probe = vt_test_probe("", "");

    VT_CHECK_OK(
        vt_channel_send(vt_role_channel(probe), VT_PROBE_TRY, VT_LIT("burn"), &err));
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_channel_receive(vt_role_channel(probe), 60000, &message, &err));
}

/* Take one lock away from the machine: the role says which it misses and does not run. */
static void deny(int call, uint64_t first_arg, bool any)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    const struct scmp_arg_cmp first = SCMP_A0(SCMP_CMP_EQ, first_arg, 0);

    VT_CHECK(filter != NULL);
    VT_CHECK(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EINVAL), call, any ? 0 : 1,
                                    &first) == 0);
    VT_CHECK(seccomp_load(filter) == 0);
    seccomp_release(filter);
}

static void run_without(const char *lock, int call, uint64_t first_arg, bool any)
{
    struct vt_error err = { 0 };
    struct vt_message message;
    const char *said = vt_test_path("said");
    VT_AUTO_FD to = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        VT_AUTO_ROLE probe = NULL;

        VT_CHECK(dup2(to, 2) == 2);
        deny(call, first_arg, any);
        probe = vt_test_probe("", "");
        VT_CHECK_FAILS(VT_ABSENT,
                       vt_channel_receive(vt_role_channel(probe), 10000, &message, &err));
        VT_CHECK(waitpid(vt_role_pid(probe), &status, 0) == vt_role_pid(probe));
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
    }
    VT_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    VT_CHECK_SAYING(WIFEXITED(status) && WEXITSTATUS(status) == VT_EXIT_TROUBLE,
                    "%s: wait status %d", lock, status);
    VT_CHECK_SAYING(strstr(vt_arena_cstr(vt_test_arena(), vt_test_read(said)), lock) !=
                        NULL,
                    "not told that this is missing: %s", lock);
}

static void a_missing_lock_is_named(void)
{
#ifdef VT_SANITIZED
    vt_test_skip("the sanitizers need rights that a confined role gives up");
#endif
    run_without("no new privileges", SCMP_SYS(prctl), PR_SET_NO_NEW_PRIVS, false);
    run_without("not dumpable", SCMP_SYS(prctl), PR_SET_DUMPABLE, false);
    run_without("no core file", SCMP_SYS(prlimit64), 0, true);
    if (vt_landlock_abi() > 0)
        run_without("Landlock", SCMP_SYS(landlock_restrict_self), 0, true);
    run_without("seccomp filter", SCMP_SYS(seccomp), 1 /* SECCOMP_SET_MODE_FILTER */,
                false);
}

static void sudden_death_is_noticed(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_ROLE role = NULL;
    struct vt_message message;

    role = vt_test_probe("", "");
    VT_CHECK(kill(vt_role_pid(role), SIGKILL) == 0);
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_channel_receive(vt_role_channel(role), 5000, &message, &err));
}

static void other_roles_have_the_rights_of_their_row(void)
{
    if (vt_landlock_abi() == 0)
        vt_test_skip("this kernel has no Landlock");
    vt_test_confinement("ledger-signer", vt_test_dir(),
                        (const char *const[]){ "write-folder", NULL });
}

static void an_unknown_role_is_misuse(void)
{
    VT_CHECK(strstr(vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "role", "probe")),
                    "started by vitrine itself") != NULL);
}

static const struct vt_case cases[] = {
    { "messages keep their boundaries", messages_keep_their_boundaries },
    { "a reader that sleeps does not hold us for ever",
      a_reader_that_sleeps_does_not_hold_us_for_ever },
    { "an error crosses the channel", an_error_crosses_the_channel },
    { "a confined role can do nothing else", a_confined_role_can_do_nothing_else },
    { "a role with a folder can write there only",
      a_role_with_a_folder_can_write_there_only },
    { "the locks are on", the_locks_are_on },
    { "too much CPU time ends a role", too_much_cpu_time_ends_a_role },
    { "a missing lock is named", a_missing_lock_is_named },
    { "sudden death is noticed", sudden_death_is_noticed },
    { "other roles have the rights of their row",
      other_roles_have_the_rights_of_their_row },
    { "a role by hand is misuse", an_unknown_role_is_misuse },
};

VT_TEST_MAIN("role", cases)
