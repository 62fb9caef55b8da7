/* Trying a role's locks from inside. */
#include "tests/confinement.h"

#include "role/probe.h"

static const char *const WORDS[] = { "read-etc", "write-tmp",   "write-folder", "socket",
                                     "connect",  "exec-memory", "fork",         "exec",
                                     "kill",     "own",         "ptrace",       "undo",
                                     "memory",   "descriptors", "environment" };

struct vt_role *vt_test_probe(const char *role, const char *folder)
{
    struct vt_error err = { 0 };
    struct vt_role *probe = NULL;

    VT_CHECK(setenv("VITRINE_PROBE_SECRET", "not for roles", 1) == 0);
    VT_CHECK_OK(vt_role_start(VT_ROLE_PROBE, NULL, 0, &probe, &err));
    VT_CHECK_OK(vt_channel_send(vt_role_channel(probe), VT_PROBE_NAME,
                                vt_slice_from_cstr(role), &err));
    VT_CHECK_OK(vt_channel_send(vt_role_channel(probe), VT_PROBE_FOLDER,
                                vt_slice_from_cstr(folder), &err));
    return probe;
}

bool vt_test_probe_works(struct vt_role *probe, const char *what)
{
    struct vt_error err = { 0 };
    vt_slice answer = { 0 };

    VT_CHECK_OK(vt_channel_call(vt_role_channel(probe), VT_PROBE_TRY,
                                vt_slice_from_cstr(what), VT_PROBE_ANSWER, 10000, &answer,
                                &err));
    VT_CHECK(answer.len == 1);
    return answer.data[0] == 1;
}

static bool is_listed(const char *const list[], const char *word)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

void vt_test_confinement(const char *role, const char *folder, const char *const allowed[])
{
    VT_AUTO_ROLE probe = NULL;

#ifdef VT_SANITIZED
    vt_test_skip("the sanitizers need rights that a confined role gives up");
#endif
    probe = vt_test_probe(role, folder);
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
        VT_CHECK_SAYING(vt_test_probe_works(probe, WORDS[i]) ==
                            is_listed(allowed, WORDS[i]),
                        "role '%s': %s %s", role, WORDS[i],
                        is_listed(allowed, WORDS[i]) ? "failed" : "worked");
}

const char *vt_test_process_status(pid_t pid, const char *name)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    char path[64];
    VT_AUTO_FD fd = -1;
    vt_reader r;
    vt_slice line;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    VT_CHECK_SAYING(fd >= 0, "%s: %s", path, strerror(errno));
    VT_CHECK_OK(vt_fd_read_all(fd, path, &text, &err));
    r = (vt_reader){ vt_buf_slice(&text) };
    while (vt_read_line(&r, &line))
        if (vt_slice_starts_with(line, vt_slice_from_cstr(name))) {
            size_t at = strlen(name);

            while (at < line.len && (line.data[at] == '\t' || line.data[at] == ' '))
                at++;
            return vt_arena_cstr(vt_test_arena(), vt_slice_sub(line, at, line.len - at));
        }
    return "";
}
