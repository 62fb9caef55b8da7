/* The sandbox under both runners, as root and as an ordinary user: what a program sees,
 * what it cannot reach, that limits hold, and that nothing of it is left.
 *
 * The root folder of these tests is made of symbolic links into /mnt/usr, where the
 * machine's own /usr is given as an input, so they need no package and no network. */
#include "line/sandbox_inside.h"
#include "tests/harness.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { ORDINARY_ID = 64123, OUTPUT_MAX = 1 << 20 };

static const char *const runner_names[] = { "own", "bwrap" };

/* A root folder and an area, owned as the sandbox needs it. */
struct place {
    const char *name; /* of its folder, in the case's */
    const char *folder, *root, *area;
    struct vt_buf output;
};

#define AUTO_PLACE __attribute__((cleanup(place_clear))) struct place

static void place_clear(struct place *place)
{
    vt_buf_clear(&place->output);
}

static const char *in_place(const struct place *place, const char *name)
{
    char both[256];

    (void)snprintf(both, sizeof both, "%s/%s", place->name, name);
    return vt_test_path(both);
}

static void must_own(const char *path, uid_t uid, gid_t gid)
{
    VT_CHECK_SAYING(lchown(path, uid, gid) == 0, "%s: %s", path, strerror(errno));
}

static void make_root(const char *root, uid_t uid, gid_t gid)
{
    static const char *const folders[] = { "build", "dev", "mnt", "proc",
                                           "sys",   "tmp", "etc" };
    static const char *const links[] = { "bin", "sbin", "lib", "lib64", "usr" };

    VT_CHECK(mkdir(root, 0755) == 0);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[4096];

        (void)snprintf(path, sizeof path, "%s/%s", root, folders[i]);
        VT_CHECK(mkdir(path, 0755) == 0);
        must_own(path, uid, gid);
    }
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        char path[4096], target[64];

        (void)snprintf(path, sizeof path, "%s/%s", root, links[i]);
        (void)snprintf(target, sizeof target, "mnt/usr/%s", i < 4 ? links[i] : ".");
        VT_CHECK(symlink(target, path) == 0);
    }
}

static void make_place(struct place *place, const char *name, uid_t uid, gid_t gid)
{
    VT_CHECK(chmod(vt_test_dir(), 0755) == 0);
    place->name = name;
    place->folder = vt_test_path(name);
    VT_CHECK(mkdir(place->folder, 0755) == 0);
    must_own(place->folder, uid, gid);
    place->root = in_place(place, "root");
    place->area = in_place(place, "area");
    place->output = vt_buf_init(OUTPUT_MAX);
    make_root(place->root, uid, gid);
    vt_test_write(in_place(place, "root/etc/passwd"),
                  VT_LIT("root:x:0:0:root:/root:/bin/sh\n"));
    VT_CHECK(mkdir(place->area, 0755) == 0);
    must_own(place->area, uid, gid);
    must_own(place->root, uid, gid);
}

static void make_our_place(struct place *place)
{
    make_place(place, "ours", vt_sandbox_owner_uid(), vt_sandbox_owner_gid());
}

static void keep_output(void *context, vt_slice piece)
{
    vt_buf_put(context, piece);
}

static struct vt_sandbox_spec spec_for(struct place *place, enum vt_sandbox_runner runner,
                                       const char *const argv[])
{
    return (struct vt_sandbox_spec){
        .runner = runner,
        .root = place->root,
        .area = place->area,
        .area_inside = "/build",
        .inputs = { { "/usr", "/mnt/usr" } },
        .input_count = 1,
        .argv = argv,
        .factors = vt_factors_fixed(),
        .limits = { .wall_ms = 60000 },
        .on_output = keep_output,
        .context = &place->output,
    };
}

/* Run the same check in each of the four ways, each in a process and folder of its own. */
typedef void check_fn(struct place *place, enum vt_sandbox_runner runner);

static void become_ordinary(void)
{
    VT_CHECK(setgroups(0, NULL) == 0 &&
             setresgid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID) == 0 &&
             setresuid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID) == 0);
}

static void in_each_way(check_fn *check)
{
    bool is_root = geteuid() == 0;

    for (unsigned way = 0; way < 4; way++) {
        enum vt_sandbox_runner runner = way & 1 ? VT_RUNNER_BWRAP : VT_RUNNER_OWN;
        bool is_ordinary = (way & 2) != 0;
        AUTO_PLACE place = { 0 };
        int status;
        pid_t pid;

        if (is_ordinary && !is_root)
            continue; /* the first two ways were ordinary already */
        (void)fflush(NULL);
        pid = fork();
        VT_CHECK(pid >= 0);
        if (pid == 0) {
            if (is_ordinary)
                make_place(&place, way & 1 ? "1" : "0", ORDINARY_ID, ORDINARY_ID);
            else
                make_place(&place, way & 1 ? "3" : "2", vt_sandbox_owner_uid(),
                           vt_sandbox_owner_gid());
            if (is_ordinary)
                become_ordinary();
            check(&place, runner);
            (void)fflush(NULL);
            _exit(0);
        }
        VT_CHECK(waitpid(pid, &status, 0) == pid);
        VT_CHECK_SAYING(status == 0, "runner %s, %s: status %d", runner_names[runner],
                        is_ordinary || !is_root ? "ordinary user" : "root", status);
    }
}

static const char *run_to(struct place *place, const struct vt_sandbox_spec *spec,
                          int exit_code)
{
    struct vt_error err = { 0 };
    struct vt_sandbox_end end;
    const char *text;

    vt_buf_truncate(&place->output, 0);
    VT_CHECK_OK(vt_sandbox_run(spec, &end, &err));
    text = vt_buf_cstr(&place->output);
    VT_CHECK_SAYING(end.exit_code == exit_code, "exit code %d, wanted %d; it said:\n%s",
                    end.exit_code, exit_code, text);
    return text;
}

/* True if the program ran and ended with 0. */
static bool ends_well(struct place *place, const struct vt_sandbox_spec *spec)
{
    struct vt_error err = { 0 };
    struct vt_sandbox_end end;

    vt_buf_truncate(&place->output, 0);
    VT_CHECK_OK(vt_sandbox_run(spec, &end, &err));
    return end.exit_code == 0;
}

static const char *run_shell(struct place *place, enum vt_sandbox_runner runner,
                             const char *script, int exit_code)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    struct vt_sandbox_spec spec = spec_for(place, runner, argv);

    return run_to(place, &spec, exit_code);
}

/* ---- what it inherits ------------------------------------------------------------------
 */

/* Through every descriptor of every process inside. */
#define THROUGH_DESCRIPTORS                                                                \
    "for fd in /proc/[0-9]*/fd/*; do cat $fd/secret 2>/dev/null; done; echo end"

static void inherits_no_descriptor(struct place *place, enum vt_sandbox_runner runner)
{
    static const char *const twin[] = { "/bin/sh", "-c", "cat /proc/self/fd/9/secret",
                                        NULL };
    int folder = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct vt_buf seen = vt_buf_init(VT_KIB(4));
    struct vt_child_end end;
    struct vt_error err = { 0 };
    const char *got;

    vt_test_write(in_place(place, "secret"), VT_LIT("secret\n"));
    VT_CHECK(folder >= 0 && dup2(folder, 0) == 0 && dup2(folder, 9) == 9 &&
             dup2(folder, 900) == 900);
    /* The twin: a child that is no sandbox gets in. */
    VT_CHECK_OK(
        vt_child_run(twin, &(struct vt_child_options){ .output = &seen }, &end, &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&seen), "secret\n"));
    vt_buf_clear(&seen);
    got = run_shell(place, runner, THROUGH_DESCRIPTORS, 0);
    VT_CHECK_SAYING(strcmp(got, "end\n") == 0, "it found:\n%s", got);
    got = run_shell(place, runner, "ls /proc/self/fd | tr '\\n' ' '", 0);
    VT_CHECK_SAYING(strcmp(got, "0 1 2 3 ") == 0, "it has: %s", got); /* 3: of ls itself */
}

static void descriptors_of_the_caller_stay_outside(void)
{
    in_each_way(inherits_no_descriptor);
}

/* ---- what it sees ---------------------------------------------------------------------
 */

#define LOOK                                                                               \
    "id -u; id -g; id -un; uname -n; pwd; echo $TZ $LC_ALL $HOME $USER; umask; nproc; "    \
    "getconf _NPROCESSORS_ONLN; grep -c ^processor /proc/cpuinfo; date +%Z; "              \
    "cat /proc/sys/kernel/random/boot_id; ls /sys/devices/system/cpu | grep -c "           \
    "'^cpu[0-9]'"

static void sees_the_fixed_terms(struct place *place, enum vt_sandbox_runner runner)
{
    const char *got = run_shell(place, runner, LOOK, 0);

    VT_CHECK_SAYING(strcmp(got, "1000\n1000\nbuilder\nvitrine\n/build\n"
                                "UTC C.UTF-8 /nonexistent builder\n0022\n1\n1\n1\nUTC\n"
                                "00000000-0000-4000-8000-000000000000\n1\n") == 0,
                    "it saw:\n%s", got);
}

static void fixed_terms_are_seen(void)
{
    in_each_way(sees_the_fixed_terms);
}

static void sees_varied_terms(struct place *place, enum vt_sandbox_runner runner)
{
    const char *const argv[] = { "/bin/sh", "-c", LOOK, NULL };
    struct vt_sandbox_spec spec = spec_for(place, runner, argv);
    unsigned cpus = vt_sandbox_cpus() > 1 ? 2 : 1;
    char wanted[400];

    spec.area_inside = "/build/some/where else";
    spec.factors = (struct vt_factors){
        .build_path = "/build/some/where else/src",
        .uid = 4711,
        .gid = 4712,
        .user_name = "ada",
        .host_name = "engine",
        .time_zone = "Asia/Tokyo",
        .locale = "C",
        .home = "/home/ada",
        .umask = 002,
        .cpu_count = cpus,
        .is_layout_random = true,
    };
    (void)snprintf(wanted, sizeof wanted,
                   "4711\n4712\nada\nengine\n/build/some/where else\n"
                   "Asia/Tokyo C /home/ada ada\n0002\n%u\n%u\n%u\n%s\n"
                   "00000000-0000-4000-8000-000000000000\n%u\n",
                   cpus, cpus, cpus,
                   vt_path_exists("/usr/share/zoneinfo/Asia/Tokyo") ? "JST" : "Asia", cpus);
    VT_CHECK_SAYING(strcmp(run_to(place, &spec, 0), wanted) == 0, "it saw:\n%swanted:\n%s",
                    vt_buf_cstr(&place->output), wanted);
}

static void varied_terms_are_seen(void)
{
    in_each_way(sees_varied_terms);
}

/* No sizes, link counts or times: they belong to the file system below, not to a runner. */
#define PROBE                                                                              \
    "id; stat -c '%n %f %u %g %t,%T' / /* /build /build/* /dev/* /sys/* /mnt/* /tmp; "     \
    "readlink /dev/*; env | sort; cat /proc/cpuinfo /proc/stat /proc/meminfo "             \
    "/proc/uptime /etc/passwd; awk '{print $5, $6}' /proc/self/mountinfo | sort; "         \
    "ulimit -a; grep -e Cap -e NoNew -e Seccomp: /proc/self/status; cat /proc/net/dev; "   \
    "echo $$ $PPID; cat /proc/sys/kernel/domainname"

/* The first line in which they differ, as a sentence. */
static const char *first_difference(const char *own, const char *bwrap, char out[1024])
{
    while (*own != '\0' && *bwrap != '\0') {
        int own_len = (int)strcspn(own, "\n"), bwrap_len = (int)strcspn(bwrap, "\n");

        if (own_len != bwrap_len || strncmp(own, bwrap, (size_t)own_len) != 0)
            break;
        own += own_len + (own[own_len] != '\0');
        bwrap += bwrap_len + (bwrap[bwrap_len] != '\0');
    }
    (void)snprintf(out, 1024, "own: '%.*s', bwrap: '%.*s'", (int)strcspn(own, "\n"), own,
                   (int)strcspn(bwrap, "\n"), bwrap);
    return out;
}

static void the_two_runners_show_the_same(void)
{
    AUTO_PLACE place = { 0 };
    char line[1024];
    VT_AUTO_FREE char *own = NULL;

    make_our_place(&place);
    own = vt_strdup_slice(vt_slice_from_cstr(run_shell(&place, VT_RUNNER_OWN, PROBE, 0)));
    VT_CHECK_SAYING(strcmp(own, run_shell(&place, VT_RUNNER_BWRAP, PROBE, 0)) == 0, "%s",
                    first_difference(own, vt_buf_cstr(&place.output), line));
    VT_CHECK(strstr(own, "CapBnd:\t0000000000000000\n") != NULL);
    VT_CHECK(strstr(own, "NoNewPrivs:\t1\n") != NULL);
    VT_CHECK(strstr(own, "Seccomp:\t2\n") != NULL);
}

/* ---- what it cannot reach --------------------------------------------------------------
 */

static void may_write_only_where_it_should(struct place *place,
                                           enum vt_sandbox_runner runner)
{
    VT_CHECK(strcmp(run_shell(place, runner,
                              "for f in /build /tmp /dev/shm; do echo x >$f/x || exit 1; "
                              "done; for f in / /usr /mnt /mnt/usr /dev /sys /proc /etc "
                              "/etc/passwd; do (echo x >$f/x || echo x >$f) 2>/dev/null && "
                              "echo wrote to $f; done; cat /build/x",
                              0),
                    "x\n") == 0);
    VT_CHECK(vt_path_exists(in_place(place, "area/x")));
    VT_CHECK(!vt_path_exists(in_place(place, "root/x")));
}

static void only_the_area_and_scratch_are_writable(void)
{
    in_each_way(may_write_only_where_it_should);
}

static void finds_no_host_file(struct place *place, enum vt_sandbox_runner runner)
{
    char script[8192];

    vt_test_write(in_place(place, "secret"), VT_LIT("secret\n"));
    (void)snprintf(script, sizeof script, "cat %s/secret 2>/dev/null || echo none",
                   place->folder);
    VT_CHECK(strcmp(run_shell(place, runner, script, 0), "none\n") == 0);
    /* The twin: outside, the same words find it. */
    VT_CHECK(strcmp(vt_test_run(0, VT_ARGV("/bin/sh", "-c", script)), "secret\n") == 0);
    (void)snprintf(script, sizeof script,
                   "cat /proc/1/root%s/secret /proc/1/environ /proc/1/cwd/x 2>&1; "
                   "ls /proc | grep -c '^[0-9]'",
                   place->folder);
    VT_CHECK(strstr(run_shell(place, runner, script, 0), "secret\n") == NULL);
    VT_CHECK(strcmp(run_shell(place, runner, "set -- /proc/[0-9]*; echo $#", 0), "2\n") ==
             0);
}

static void host_files_are_out_of_sight(void)
{
    in_each_way(finds_no_host_file);
}

/* A listening socket on the machine's loopback. */
static int listen_here(uint16_t *port_out)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    VT_CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 && listen(fd, 8) == 0 &&
             getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *port_out = ntohs(at.sin_port);
    return fd;
}

static void reaches_no_network(struct place *place, enum vt_sandbox_runner runner)
{
    VT_AUTO_FD server = -1;
    uint16_t port;
    char script[400];

    server = listen_here(&port);
    (void)snprintf(script, sizeof script,
                   "perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => "
                   "\"127.0.0.1:%u\", Timeout => 5) ? 0 : 7)'",
                   port);
    (void)vt_test_run(0, VT_ARGV("/bin/sh", "-c", script)); /* the twin: outside it does */
    (void)run_shell(place, runner, script, 7);
    (void)run_shell(place, runner, "test $(grep -c : /proc/net/dev) = 1", 0);
}

static void there_is_no_network(void)
{
    in_each_way(reaches_no_network);
}

/* Each of these is a way to reach more of the kernel; 38 is ENOSYS, 1 EPERM. */
#define CALLS                                                                              \
    "perl -e 'for ([250,0],[321,0],[425,1],[435,0],[323,0],[298,0],[272,0x10000000],"      \
    "[101,0],[165,0],[155,0],[310,1],[462,0]) { $! = 0; my $r = syscall($_->[0], "         \
    "$_->[1], "                                                                            \
    "0,0,0,0); print \"$_->[0] \", $r == -1 ? $!+0 : \"allowed\", \"\\n\" }'; "            \
    "perl -e 'ioctl(STDIN, 0x5412, my $c = \"x\") or print $!+0, \"\\n\"'; "               \
    "unshare -U true 2>/dev/null || echo no namespace"

static void makes_no_dangerous_call(struct place *place, enum vt_sandbox_runner runner)
{
#if defined(__x86_64__)
    static const char wanted[] =
        "250 38\n321 38\n425 38\n435 38\n323 38\n298 1\n272 1\n101 1\n165 1\n155 1\n"
        "310 1\n462 38\n1\nno namespace\n";
    const char *got = run_shell(place, runner, CALLS, 0);

    VT_CHECK_SAYING(strcmp(got, wanted) == 0, "it got:\n%s", got);
#else
    (void)run_shell(place, runner, "unshare -U true", 1);
#endif
}

/* Families by number: those a namespace holds (the twins), then AF_VSOCK, which reaches the
 * machine's hypervisor, AF_ALG, AF_PACKET, AF_KEY, AF_TIPC, AF_XDP and one too large;
 * netlink for routes and for the kernel's events.  97 is EAFNOSUPPORT, 93 EPROTONOSUPPORT.
 */
#define SOCKETS                                                                            \
    "perl -MSocket -e 'for ([1,2,0],[2,1,0],[2,2,0],[10,1,0],[16,3,0],[16,3,15],"          \
    "[16,3,16],[40,1,0],[38,5,0],[17,3,0],[15,3,2],[30,1,0],[44,3,0],[4096,1,0]) { "       \
    "print \"$_->[0] $_->[2] \", socket(my $s, $_->[0], $_->[1], $_->[2]) "                \
    "? \"made\" : $!+0, \"\\n\" } for (1,40) { "                                           \
    "print \"pair $_ \", socketpair(my $s, my $t, $_, 1, 0) ? \"made\" : $!+0, \"\\n\" }'"

static void makes_sockets_of_namespaces_only(struct place *place,
                                             enum vt_sandbox_runner runner)
{
    const char *got = run_shell(place, runner, SOCKETS, 0);

    VT_CHECK_SAYING(strcmp(got,
                           "1 0 made\n2 0 made\n2 0 made\n10 0 made\n16 0 made\n"
                           "16 15 93\n16 16 93\n40 0 97\n38 0 97\n17 0 97\n15 2 97\n"
                           "30 0 97\n44 0 97\n4096 0 97\npair 1 made\npair 40 97\n") == 0,
                    "it got:\n%s", got);
}

static void sockets_past_namespaces_are_not_made(void)
{
    in_each_way(makes_sockets_of_namespaces_only);
}

/* As on any system for an ordinary user; fakeroot counts on EPERM. */
static void owners_change_as_outside(struct place *place, enum vt_sandbox_runner runner)
{
    const char *got =
        run_shell(place, runner,
                  "touch a; chown 1000:1000 a && chown 1000 a && chgrp 1000 a "
                  "&& echo own; LC_ALL=C chown 0 a; LC_ALL=C chown -h 1000:0 a; "
                  "perl -e 'chown 5, -1, \"a\" or print $!+0'",
                  0);

    VT_CHECK_SAYING(strcmp(got,
                           "own\nchown: changing ownership of 'a': Operation not "
                           "permitted\nchown: changing ownership of 'a': Operation not "
                           "permitted\n1") == 0,
                    "it got:\n%s", got);
}

static void changing_owners_is_not_permitted(void)
{
    in_each_way(owners_change_as_outside);
}

static void dangerous_calls_are_refused(void)
{
    in_each_way(makes_no_dangerous_call);
}

static void landlock_holds_without_the_mounts(void)
{
    const char *writable[] = { vt_test_path("in"), NULL };

    VT_CHECK(mkdir(vt_test_path("in"), 0755) == 0 && mkdir(vt_test_path("out"), 0755) == 0);
    vt_test_write(vt_test_path("out/a"), VT_LIT("a")); /* the twin */
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
        vt_test_skip("no Landlock in this kernel");
    VT_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
             vt_sandbox_landlock(writable) == 0);
    vt_test_write(vt_test_path("in/a"), VT_LIT("a"));
    VT_CHECK(vt_slice_is(vt_test_read(vt_test_path("out/a")), "a"));
    VT_CHECK(open(vt_test_path("out/b"), O_WRONLY | O_CREAT, 0644) < 0 && errno == EACCES);
    VT_CHECK(open(vt_test_path("out/a"), O_WRONLY) < 0 && errno == EACCES);
    VT_CHECK(unlink(vt_test_path("out/a")) != 0 && errno == EACCES);
}

/* ---- limits and ends --------------------------------------------------------------------
 */

static void is_limited(struct place *place, enum vt_sandbox_runner runner)
{
    const char *const files[] = { "/bin/sh", "-c",
                                  "head -c 1000 /dev/zero >a && "
                                  "head -c 70000 /dev/zero >b; wc -c <b",
                                  NULL };
    const char *const memory[] = { "/usr/bin/perl", "-e",
                                   "my $x = 'x' x 150_000_000; "
                                   "print length $x",
                                   NULL };
    struct vt_sandbox_spec spec = spec_for(place, runner, files);

    spec.limits.file_bytes = 65536;
    VT_CHECK(strstr(run_to(place, &spec, 0), "65536\n") != NULL);
    spec = spec_for(place, runner, memory);
    VT_CHECK(strcmp(run_to(place, &spec, 0), "150000000") == 0); /* the twin */
    spec.limits.memory_bytes = VT_MIB(100);
    VT_CHECK(!ends_well(place, &spec));
}

static void file_size_and_memory_are_limited(void)
{
    in_each_way(is_limited);
}

/* Only our runner: bubblewrap counts the processes of the user outside, too. */
static void processes_are_limited(void)
{
    const char *const argv[] = { "/bin/sh", "-c",
                                 "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 50 & done; "
                                 "echo all",
                                 NULL };
    AUTO_PLACE place = { 0 };
    struct vt_sandbox_spec spec;

    make_our_place(&place);
    spec = spec_for(&place, VT_RUNNER_OWN, argv);
    VT_CHECK(strstr(run_to(&place, &spec, 0), "all\n") != NULL);
    spec.limits.processes = 10;
    VT_CHECK(!ends_well(&place, &spec));
    VT_CHECK(strstr(vt_buf_cstr(&place.output), "all\n") == NULL);
}

/* Does any process on this machine sleep for that time? */
static bool is_running(const char *seconds)
{
    DIR *all = opendir("/proc");
    struct dirent *entry;
    bool found = false;

    VT_CHECK(all != NULL);
    while ((entry = readdir(all)) != NULL && !found) {
        struct vt_error err;
        VT_AUTO_BUF line = vt_buf_init(VT_MIB(1));
        char path[300];
        VT_AUTO_FD fd = -1;

        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        (void)snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        /* "sleep", or with its folder, and one argument: not a runner's long line. */
        found = fd >= 0 && vt_fd_read_all(fd, path, &line, &err) && line.len > 0 &&
                line.len < strlen(seconds) + 14 &&
                memmem(line.data, line.len, seconds, strlen(seconds)) != NULL;
    }
    (void)closedir(all);
    return found;
}

/* A number of seconds that nobody else sleeps. */
static const char *own_sleep(char out[32])
{
    (void)snprintf(out, 32, "8%d.%05d", (int)getpid(), (int)(vt_monotonic_ms() % 100000));
    return out;
}

static void leaves_nothing(struct place *place, enum vt_sandbox_runner runner)
{
    char seconds[32], script[200];
    const char *argv[] = { "/bin/sh", "-c", script, NULL };
    struct vt_sandbox_spec spec = spec_for(place, runner, argv);
    struct vt_error err = { 0 };
    struct vt_sandbox_end end;

    (void)snprintf(script, sizeof script,
                   "(trap '' TERM HUP; setsid sleep %s) & sleep 0.3; "
                   "grep -lz '^%s$' /proc/[0-9]*/cmdline >/dev/null && echo runs",
                   own_sleep(seconds), seconds);
    VT_CHECK(strcmp(run_to(place, &spec, 0), "runs\n") == 0);
    VT_CHECK(!is_running(seconds));

    (void)snprintf(script, sizeof script,
                   "exec >/dev/null 2>&1; setsid sleep %s & sleep %s", own_sleep(seconds),
                   seconds);
    spec.limits.wall_ms = 400;
    VT_CHECK_OK(vt_sandbox_run(&spec, &end, &err));
    VT_CHECK(end.is_late && end.exit_code != 0 && end.wall_ms < 20000);
    VT_CHECK(!is_running(seconds));
}

static void nothing_is_left_running(void)
{
    in_each_way(leaves_nothing);
}

static void dies_with_us(struct place *place, enum vt_sandbox_runner runner)
{
    char seconds[32];
    const char *argv[] = { "/bin/sleep", own_sleep(seconds), NULL };
    struct vt_sandbox_spec spec = spec_for(place, runner, argv);
    struct vt_sandbox_end end;
    struct vt_error err;
    pid_t pid = fork();

    VT_CHECK(pid >= 0);
    if (pid == 0)
        _exit(vt_sandbox_run(&spec, &end, &err) ? 0 : 1);
    for (int i = 0; i < 1000 && !is_running(seconds); i++)
        (void)poll(NULL, 0, 10);
    VT_CHECK(is_running(seconds));
    VT_CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    for (int i = 0; i < 1000 && is_running(seconds); i++)
        (void)poll(NULL, 0, 10);
    VT_CHECK(!is_running(seconds));
}

static void the_sandbox_dies_with_its_parent(void)
{
    in_each_way(dies_with_us);
}

static void ends_as_it_should(struct place *place, enum vt_sandbox_runner runner)
{
    const char *const killed[] = { "/bin/sh", "-c", "kill -9 $$", NULL };
    const char *const argv[] = { "/bin/sh", "-c", "echo $A; exit 7", NULL };
    const char *const variables[] = { "A=b c", NULL };
    struct vt_sandbox_spec spec = spec_for(place, runner, argv);

    spec.variables = variables;
    VT_CHECK(strcmp(run_to(place, &spec, 7), "b c\n") == 0);
    spec = spec_for(place, runner, killed);
    (void)run_to(place, &spec, 137);
}

static void exit_codes_and_variables_pass(void)
{
    in_each_way(ends_as_it_should);
}

/* ---- bad specs -------------------------------------------------------------------------
 */

static void run_fails(const struct vt_sandbox_spec *spec, enum vt_code code,
                      const char *words)
{
    struct vt_error err = { 0 };
    struct vt_sandbox_end end;

    VT_CHECK_FAILS(code, vt_sandbox_run(spec, &end, &err));
    VT_CHECK_SAYING(strstr(err.message, words) != NULL, "it said: %s", err.message);
}

static void bad_specs_are_refused(void)
{
    const char *const argv[] = { "/bin/true", NULL };
    const char *const missing[] = { "/bin/no-such-program", NULL };
    const char *const missing_too[] = { "no-such-program", NULL };
    AUTO_PLACE place = { 0 };
    struct vt_sandbox_spec good, bad;

    make_our_place(&place);
    good = bad = spec_for(&place, VT_RUNNER_OWN, argv);
    (void)run_to(&place, &good, 0);
    bad.argv = missing;
    run_fails(&bad, VT_ABSENT, "no-such-program");
    bad.argv = missing_too;
    run_fails(&bad, VT_ABSENT, "no-such-program");
    bad = good;
    bad.area_inside = "/build/../etc";
    run_fails(&bad, VT_REJECTED, "/build/../etc");
    bad.area_inside = "/builder";
    run_fails(&bad, VT_REJECTED, "/builder");
    bad = good;
    bad.inputs[0].inside = "/mnt/a/b";
    run_fails(&bad, VT_REJECTED, "/mnt/a/b");
    bad.inputs[0].inside = "/mnt/..";
    run_fails(&bad, VT_REJECTED, "/mnt/..");
    bad = good;
    bad.inputs[0].host_path = "/no/such/input";
    run_fails(&bad, VT_IO, "/no/such/input");
    bad = good;
    bad.factors.cpu_count = VT_SANDBOX_CPUS_MAX;
    run_fails(&bad, VT_LIMIT, "CPUs");
    bad = good;
    bad.factors.user_name = "a:b";
    run_fails(&bad, VT_REJECTED, "term");
    VT_CHECK(rmdir(in_place(&place, "root/mnt")) == 0);
    run_fails(&good, VT_REJECTED, "no folder mnt");
}

static void write_file(const char *path, const char *text)
{
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

    VT_CHECK_SAYING(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text),
                    "%s: %s", path, strerror(errno));
}

/* In a user namespace of our own we may lower the limit of user namespaces to none. */
static void forbidden_namespaces_are_named(void)
{
    const char *const argv[] = { "/bin/true", NULL };
    AUTO_PLACE place = { 0 };
    struct vt_sandbox_spec spec;

    if (geteuid() == 0) {
        make_place(&place, "ours", ORDINARY_ID, ORDINARY_ID);
        become_ordinary();
    } else {
        make_our_place(&place);
    }
    spec = spec_for(&place, VT_RUNNER_OWN, argv);
    (void)run_to(&place, &spec, 0); /* the twin */
    VT_CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
    VT_CHECK(unshare(CLONE_NEWUSER) == 0);
    write_file("/proc/sys/user/max_user_namespaces", "0");
    run_fails(&spec, VT_REJECTED, "forbids namespaces to ordinary users");
}

/* A build that is killed cannot remove its groups: the next one does. */
static void groups_of_the_dead_are_removed(void)
{
    struct vt_cgroup ours, next;
    char dead[600], alive[600];
    size_t len;
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    VT_CHECK(pid > 0 && waitpid(pid, NULL, 0) == pid);
    vt_cgroup_init(&ours, 0, 10);
    if (ours.pids[0] == '\0')
        return; /* an ordinary user of this machine makes none and leaves none */
    len = (size_t)(strrchr(ours.pids, '/') - ours.pids);
    (void)snprintf(dead, sizeof dead, "%.*s/vitrine-%d-5", (int)len, ours.pids, (int)pid);
    (void)snprintf(alive, sizeof alive, "%.*s/vitrine-%d-5", (int)len, ours.pids,
                   (int)getppid());
    VT_CHECK(mkdir(dead, 0755) == 0 && mkdir(alive, 0755) == 0);
    vt_cgroup_init(&next, 0, 10);
    VT_CHECK(!vt_path_exists(dead));
    VT_CHECK(vt_path_exists(alive) && vt_path_exists(ours.pids));
    VT_CHECK(rmdir(alive) == 0);
    vt_cgroup_clear(&next);
    vt_cgroup_clear(&ours);
}

static const struct vt_case cases[] = {
    { "fixed terms are seen", fixed_terms_are_seen },
    { "varied terms are seen", varied_terms_are_seen },
    { "the two runners show the same", the_two_runners_show_the_same },
    { "only the area and scratch are writable", only_the_area_and_scratch_are_writable },
    { "host files are out of sight", host_files_are_out_of_sight },
    { "descriptors of the caller stay outside", descriptors_of_the_caller_stay_outside },
    { "there is no network", there_is_no_network },
    { "dangerous calls are refused", dangerous_calls_are_refused },
    { "sockets past namespaces are not made", sockets_past_namespaces_are_not_made },
    { "changing owners is not permitted", changing_owners_is_not_permitted },
    { "Landlock holds without the mounts", landlock_holds_without_the_mounts },
    { "file size and memory are limited", file_size_and_memory_are_limited },
    { "processes are limited", processes_are_limited },
    { "nothing is left running", nothing_is_left_running },
    { "the sandbox dies with its parent", the_sandbox_dies_with_its_parent },
    { "exit codes and variables pass", exit_codes_and_variables_pass },
    { "groups of the dead are removed", groups_of_the_dead_are_removed },
    { "bad specs are refused", bad_specs_are_refused },
    { "forbidden namespaces are named", forbidden_namespaces_are_named },
};

VT_TEST_MAIN("line.sandbox", cases)
