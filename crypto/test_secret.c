/* Secrets: in locked memory that no core dump holds, between pages that nobody may touch,
 * gone when cleared; or else refused. */
#include "crypto/secret.h"
#include "tests/harness.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct vt_secret secret_of(size_t len)
{
    struct vt_error err = { 0 };
    struct vt_secret secret = { 0 };

    VT_CHECK_OK(vt_secret_init(&secret, len, &err));
    VT_CHECK(secret.len == len);
    return secret;
}

static void begins_empty_and_ends_twice(void)
{
    struct vt_secret secret = secret_of(64);

    for (size_t i = 0; i < secret.len; i++)
        VT_CHECK(secret.data[i] == 0);
    vt_secret_clear(&secret);
    VT_CHECK(secret.data == NULL && secret.len == 0);
    vt_secret_clear(&secret);
}

#ifndef VT_SANITIZED /* the sanitizers take mlock and wild reads for themselves */

/* "VmFlags" of the mapping that holds the address (proc(5)). */
static const char *flags_of(const void *address)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    uintptr_t from, to;
    bool is_inside = false;
    char line[512];

    VT_CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
            is_inside = (uintptr_t)address >= from && (uintptr_t)address < to;
        else if (is_inside && strncmp(line, "VmFlags:", 8) == 0)
            break;
    }
    (void)fclose(maps);
    VT_CHECK(is_inside);
    return vt_test_print("%s", line);
}

static void is_locked_and_not_dumped(void)
{
    struct vt_secret secret = secret_of(64);
    uint8_t *plain = vt_arena_alloc(vt_test_arena(), 64);
    const char *flags = flags_of(secret.data);

    VT_CHECK_SAYING(strstr(flags, " lo") != NULL, "not locked: %s", flags);
    VT_CHECK_SAYING(strstr(flags, " dd") != NULL, "dumped: %s", flags);
    VT_CHECK(strstr(flags_of(plain), " lo") == NULL); /* the twin */
    VT_CHECK(strstr(flags_of(plain), " dd") == NULL);
    vt_secret_clear(&secret);
}

enum touch { NOTHING, BEHIND, FAR_BEFORE, AFTER_END };

static void touch(struct vt_secret *secret, enum touch how)
{
    volatile uint8_t *at = secret->data;
    uint8_t seen = at[0];

    if (how == BEHIND)
        at[secret->len] = seen;
    else if (how == FAR_BEFORE)
        seen = *(at - 4096 - 64);
    vt_secret_clear(secret);
    if (how == AFTER_END)
        seen = at[0];
    _exit(seen == 0 ? 0 : 1);
}

/* The wait status of a child that touches a secret so. */
static int touch_in_child(enum touch how)
{
    struct vt_secret secret = secret_of(64);
    int status;
    pid_t pid = fork();

    if (pid == 0)
        touch(&secret, how);
    VT_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    vt_secret_clear(&secret);
    return status;
}

static void who_reads_past_it_dies(void)
{
    VT_CHECK(touch_in_child(NOTHING) == 0);
    for (enum touch how = BEHIND; how <= AFTER_END; how++)
        VT_CHECK_SAYING(WIFSIGNALED(touch_in_child(how)), "touch %d", (int)how);
}

/* Without the right and the room to lock there is no secret, not an unlocked one. */
static void memory_that_cannot_be_locked_is_refused(void)
{
    struct rlimit none = { 0, 0 };
    struct vt_error err = { 0 };
    struct vt_secret secret = secret_of(64);

    vt_secret_clear(&secret);
    VT_CHECK(setrlimit(RLIMIT_MEMLOCK, &none) == 0);
    VT_CHECK(geteuid() != 0 || seteuid(65534) == 0); /* root may lock above the limit */
    VT_CHECK_FAILS(VT_IO, vt_secret_init(&secret, 64, &err));
    VT_CHECK(secret.data == NULL);
    VT_CHECK(strstr(err.message, "memlock") != NULL);
}

#endif

static const struct vt_case cases[] = {
    { "begins empty and ends twice", begins_empty_and_ends_twice },
#ifndef VT_SANITIZED
    { "is locked and not dumped", is_locked_and_not_dumped },
    { "who reads past it dies", who_reads_past_it_dies },
    { "memory that cannot be locked is refused", memory_that_cannot_be_locked_is_refused },
#endif
};

VT_TEST_MAIN("crypto.secret", cases)
