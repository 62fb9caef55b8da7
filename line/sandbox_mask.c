/* Fixed texts in place of those that tell about the machine.  Programs ask for the number
 * of CPUs in four ways: sched_getaffinity (set when the sandbox starts), /proc/cpuinfo,
 * /proc/stat, and /sys/devices/system/cpu; all must agree.  The CPU named is the baseline
 * of the architecture: a build that looks for more must not find it. */
#include "line/sandbox_inside.h"

enum { MASK_BYTES_MAX = 1 << 16 };

/* The memory that a build believes to see, in KiB: 8 GiB. */
#define SEEN_MEMORY_KIB "8388608"

static void add(struct vt_sandbox_plan *plan, const char *inside, struct vt_buf *text,
                bool is_in_sys)
{
    VT_ASSERT(plan->mask_count < VT_MASKS_MAX && !text->is_full);
    plan->masks[plan->mask_count++] =
        (struct vt_mask){ inside, vt_arena_copy(plan->arena, vt_buf_slice(text)),
                          is_in_sys };
    vt_buf_truncate(text, 0);
}

static void add_text(struct vt_sandbox_plan *plan, const char *inside, const char *text)
{
    VT_AUTO_BUF buf = vt_buf_init(MASK_BYTES_MAX);

    vt_buf_put_text(&buf, text);
    add(plan, inside, &buf, false);
}

static void add_cpuinfo(struct vt_sandbox_plan *plan, unsigned count)
{
    VT_AUTO_BUF text = vt_buf_init(MASK_BYTES_MAX);

    for (unsigned i = 0; i < count; i++)
#if defined(__x86_64__)
        vt_buf_printf(&text,
                      "processor\t: %u\nvendor_id\t: Vitrine\ncpu family\t: 6\n"
                      "model\t\t: 15\nmodel name\t: x86-64\nstepping\t: 0\n"
                      "cpu MHz\t\t: 1000.000\ncache size\t: 1024 KB\n"
                      "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\n"
                      "cpu cores\t: %u\napicid\t\t: %u\nfpu\t\t: yes\n"
                      "flags\t\t: fpu tsc msr pae cx8 apic cmov mmx fxsr sse sse2 syscall "
                      "nx lm\nbogomips\t: 2000.00\nclflush size\t: 64\n"
                      "cache_alignment\t: 64\naddress sizes\t: 48 bits physical, 48 bits "
                      "virtual\n\n",
                      i, count, i, count, i);
#else
        vt_buf_printf(&text, "processor\t: %u\nBogoMIPS\t: 100.00\n\n", i);
#endif
    add(plan, "/proc/cpuinfo", &text, false);
}

static void add_stat(struct vt_sandbox_plan *plan, unsigned count)
{
    VT_AUTO_BUF text = vt_buf_init(MASK_BYTES_MAX);

    vt_buf_put_text(&text, "cpu  0 0 0 0 0 0 0 0 0 0\n");
    for (unsigned i = 0; i < count; i++)
        vt_buf_printf(&text, "cpu%u 0 0 0 0 0 0 0 0 0 0\n", i);
    vt_buf_put_text(&text, "intr 0\nctxt 0\nbtime 0\nprocesses 2\nprocs_running 1\n"
                           "procs_blocked 0\n");
    add(plan, "/proc/stat", &text, false);
}

static void add_sys(struct vt_sandbox_plan *plan, unsigned count)
{
    static const char *const ranges[] = {
        "/sys/devices/system/cpu/online",
        "/sys/devices/system/cpu/possible",
        "/sys/devices/system/cpu/present",
    };
    VT_AUTO_BUF text = vt_buf_init(MASK_BYTES_MAX);

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        vt_buf_printf(&text, count == 1 ? "0\n" : "0-%u\n", count - 1);
        add(plan, ranges[i], &text, true);
    }
}

static void add_accounts(struct vt_sandbox_plan *plan)
{
    const struct vt_factors *seen = &plan->spec->factors;
    VT_AUTO_BUF text = vt_buf_init(MASK_BYTES_MAX);

    vt_buf_printf(&text,
                  "root:x:0:0:root:/root:/bin/sh\n"
                  "%s:x:%u:%u:%s:%s:/bin/sh\n"
                  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
                  seen->user_name, seen->uid, seen->gid, seen->user_name, seen->home);
    add(plan, "/etc/passwd", &text, false);
    vt_buf_printf(&text, "root:x:0:\n%s:x:%u:\nnogroup:x:65534:\n", seen->user_name,
                  seen->gid);
    add(plan, "/etc/group", &text, false);
    vt_buf_printf(&text, "%s\n", seen->host_name);
    add(plan, "/etc/hostname", &text, false);
    vt_buf_printf(&text, "127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost\n",
                  seen->host_name);
    add(plan, "/etc/hosts", &text, false);
}

void vt_sandbox_masks(struct vt_sandbox_plan *plan)
{
    unsigned count = plan->spec->factors.cpu_count;

    add_cpuinfo(plan, count);
    add_stat(plan, count);
    add_sys(plan, count);
    add_text(plan, "/proc/meminfo",
             "MemTotal:        " SEEN_MEMORY_KIB " kB\n"
             "MemFree:         " SEEN_MEMORY_KIB " kB\n"
             "MemAvailable:    " SEEN_MEMORY_KIB " kB\n"
             "SwapTotal:             0 kB\nSwapFree:              0 kB\n");
    add_text(plan, "/proc/uptime", "1.00 1.00\n");
    add_text(plan, "/proc/loadavg", "0.00 0.00 0.00 1/2 2\n");
    add_text(plan, "/proc/cmdline", "\n");
    add_text(plan, "/proc/sys/kernel/random/boot_id",
             "00000000-0000-4000-8000-000000000000\n");
    if (!plan->spec->is_root_writable)
        add_accounts(plan);
}
