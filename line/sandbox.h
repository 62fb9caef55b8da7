/* The sandbox: one program in a root file system of its own, without network, seeing only
 * what it was given, under fixed terms or terms that were varied on purpose.
 *
 * Two independent runners take the same spec and must lead to the same bytes: our own
 * launcher (namespaces, pivot_root, seccomp, Landlock) and bubblewrap.  Both work as root
 * and as an ordinary user.  What the program sees:
 *
 *   /            the root folder, read-only (writable only while an environment is made)
 *   /build       a small tmpfs, in it the area: the host folder that takes all writing
 *   /mnt/NAME    the inputs, read-only
 *   /tmp /dev/shm   fresh tmpfs;  /dev: null zero full random urandom;  /proc of its own
 *   /sys/devices/system/cpu, /proc/cpuinfo, stat, meminfo, ...: fixed texts that name only
 *                the CPUs that the build is given
 *
 * The root folder must hold the folders build, dev, mnt, proc, sys and tmp. */
#ifndef VT_LINE_SANDBOX_H
#define VT_LINE_SANDBOX_H

#include "base/base.h"

/* Who owns the files of a sandbox outside of it, when we are root: a user id that no
 * account has, so that a build shares no user with the machine.  An ordinary user owns
 * them himself. */
#define VT_SANDBOX_UID        1987313664u
#define VT_SANDBOX_INPUTS_MAX 512
#define VT_SANDBOX_CPUS_MAX   64

/* Everything a build may see of the world it runs in.  The fixed terms are those of
 * vt_factors_fixed; `--vary` changes them one by one. */
struct vt_factors {
    const char *build_path; /* where the source stands: "/build/src", below /build/ */
    uint32_t uid, gid;      /* 1000, 1000 */
    const char *user_name;  /* "builder"; also the group's name */
    const char *host_name;  /* "vitrine" */
    const char *time_zone;  /* TZ: "UTC" */
    const char *locale;     /* LC_ALL: "C.UTF-8" */
    const char *home;       /* HOME: "/nonexistent" */
    mode_t umask;           /* 022 */
    unsigned cpu_count;     /* 1; not more than the machine lets us use */
    int64_t clock_offset_s; /* 0; otherwise libfaketime moves the clock of programs that
                               load shared libraries (line/vary_clock.h; the builder's
                               work, as is the next) */
    bool is_clock_frozen;   /* false; it stands still at the recipe's epoch + the offset */
    bool is_order_reversed; /* false; folders list their entries in another order, and the
                               source is unpacked in reversed order (line/vary_order.h) */
    bool is_layout_random;  /* false; address layout randomisation */
    const char *variable;   /* NULL; one environment variable more, "NAME=value" */
};

struct vt_factors vt_factors_fixed(void);

struct vt_sandbox_limits {
    uint64_t memory_bytes; /* all processes together where a cgroup can be made, else of
                              each process; 0: no limit */
    uint64_t processes;    /* at once; 0: no limit */
    uint64_t file_bytes;   /* of one file; 0: no limit */
    uint64_t tmp_bytes;    /* of /tmp and of /dev/shm; 0: 1 GiB */
    int64_t wall_ms;       /* then everything in the sandbox is killed; 0: no limit */
};

enum vt_sandbox_runner {
    VT_RUNNER_OWN,
    VT_RUNNER_BWRAP,
};

struct vt_sandbox_input {
    const char *host_path; /* file or folder */
    const char *inside;    /* "/mnt/NAME", no deeper */
};

struct vt_sandbox_spec {
    enum vt_sandbox_runner runner;
    const char *root;        /* the root folder on the host */
    bool is_root_writable;   /* for making environments; then also uid 0 is played:
                                changing owners and users succeeds and does nothing */
    const char *area;        /* host folder that becomes area_inside, writable */
    const char *area_inside; /* "/build", or a folder below it */
    struct vt_sandbox_input inputs[VT_SANDBOX_INPUTS_MAX];
    size_t input_count;
    const char *const *argv;      /* NULL-ended; argv[0] is looked up in the fixed PATH */
    const char *directory;        /* working directory inside; NULL: area_inside */
    const char *const *variables; /* NULL-ended "NAME=value", besides the fixed ones
                                     (PATH, HOME, USER, LOGNAME, LC_ALL, TZ); or NULL */
    struct vt_factors factors;
    struct vt_sandbox_limits limits;
    /* Standard output and error together, in pieces as they come; also called with an
     * empty slice about twice a second, so that a progress line can move.  Or NULL. */
    void (*on_output)(void *context, vt_slice piece);
    void *context;
};

struct vt_sandbox_end {
    int exit_code;         /* of the program; 128 + signal when it was killed by one */
    int signal;            /* 0 or the signal that ended it */
    bool is_late;          /* we ended it because of limits.wall_ms */
    bool is_memory_shared; /* the memory limit held for all processes together */
    int64_t wall_ms, cpu_ms;
    uint64_t memory_bytes_max; /* of its largest process */
};

/* Run the program to its end; nothing of it is left running, whatever it did.
 *
 * True means that the program ran, whatever its exit code.
 * Errors: VT_REJECTED  the kernel forbids namespaces to this user (the sentence says what
 *                      to change), or the spec breaks the rules above
 *         VT_ABSENT    bubblewrap is not installed, or argv[0] is not in the root
 *         VT_LIMIT     more CPUs asked for than this machine lets us use
 *         VT_IO        the sandbox could not be made */
VT_CHECKED bool vt_sandbox_run(const struct vt_sandbox_spec *spec,
                               struct vt_sandbox_end *end_out, struct vt_error *err);

/* Root with the rights that the sandbox needs of it?  (Not so in a container that was given
 * few user ids: there even root is an ordinary user to us.) */
bool vt_sandbox_is_root(void);

/* The owner that files of an area must have on the host: VT_SANDBOX_UID for root, else
 * ourselves.  uid and gid are equal numbers for root. */
uid_t vt_sandbox_owner_uid(void);
gid_t vt_sandbox_owner_gid(void);

/* How many CPUs this process may use now. */
unsigned vt_sandbox_cpus(void);

#endif
