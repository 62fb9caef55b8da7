/* Channels, roles and their locks. */
#include "role/landlock.h"
#include "role/probe.h"
#include "tests/harness.h"
#include <signal.h>
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

static bool ask(struct vt_role *role, const char *what)
{
    struct vt_error err = { 0 };
    vt_slice answer;

    VT_CHECK_OK(vt_channel_call(vt_role_channel(role), VT_PROBE_TRY,
                                vt_slice_from_cstr(what), VT_PROBE_ANSWER, 5000, &answer,
                                &err));
    VT_CHECK(answer.len == 1);
    return answer.data[0] == 1;
}

static void a_confined_role_can_do_nothing_else(void)
{
    static const char *const forbidden[] = { "read-etc",    "write-tmp", "socket",
                                             "exec-memory", "fork",      "exec",
                                             "kill",        "ptrace" };
    struct vt_error err = { 0 };
    VT_AUTO_ROLE closed = NULL;
    VT_AUTO_ROLE open_role = NULL;
    vt_slice folder = vt_slice_from_cstr(vt_test_dir());

#ifdef VT_SANITIZED
    vt_test_skip("the sanitizers need rights that a confined role gives up");
#endif
    VT_CHECK_OK(vt_role_start("probe", NULL, 0, &closed, &err));
    VT_CHECK_OK(vt_channel_send(vt_role_channel(closed), 0, (vt_slice){ 0 }, &err));
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        VT_CHECK_SAYING(!ask(closed, forbidden[i]), "%s worked", forbidden[i]);
    VT_CHECK(!ask(closed, "write-folder"));
    /* The twin with a folder may write there, and nowhere else. */
    VT_CHECK_OK(vt_role_start("probe", NULL, 0, &open_role, &err));
    VT_CHECK_OK(vt_channel_send(vt_role_channel(open_role), 0, folder, &err));
    VT_CHECK(ask(open_role, "write-folder"));
    VT_CHECK(!ask(open_role, "socket") && !ask(open_role, "exec"));
    if (vt_landlock_abi() > 0)
        VT_CHECK(!ask(open_role, "write-tmp") && !ask(open_role, "read-etc"));
}

static void sudden_death_is_noticed(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_ROLE role = NULL;
    struct vt_message message;

    VT_CHECK_OK(vt_role_start("probe", NULL, 0, &role, &err));
    VT_CHECK(kill(vt_role_pid(role), SIGKILL) == 0);
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_channel_receive(vt_role_channel(role), 5000, &message, &err));
}

static void an_unknown_role_is_misuse(void)
{
    VT_CHECK(strstr(vt_test_run(VT_EXIT_USAGE, VT_ARGV("vitrine", "role", "probe")),
                    "started by vitrine itself") != NULL);
}

static const struct vt_case cases[] = {
    { "messages keep their boundaries", messages_keep_their_boundaries },
    { "an error crosses the channel", an_error_crosses_the_channel },
    { "a confined role can do nothing else", a_confined_role_can_do_nothing_else },
    { "sudden death is noticed", sudden_death_is_noticed },
    { "a role by hand is misuse", an_unknown_role_is_misuse },
};

VT_TEST_MAIN("role", cases)
