/* Clock and randomness, and the one written form of time. */
#include "base/base.h"
#include <sys/random.h>

static int64_t real_now_unix_ms(void *context)
{
    struct timespec now;

    (void)context;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void real_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    while (len != 0) {
        size_t piece = len < 256 ? len : 256;

        VT_ASSERT(getrandom(out, piece, 0) == (ssize_t)piece);
        out += piece;
        len -= piece;
    }
}

struct vt_env vt_env_real(void)
{
    return (struct vt_env){ .now_unix_ms = real_now_unix_ms, .random = real_random };
}

int64_t vt_env_now_unix_ms(const struct vt_env *env)
{
    return env->now_unix_ms(env->context);
}

int64_t vt_env_now_unix_s(const struct vt_env *env)
{
    return env->now_unix_ms(env->context) / 1000;
}

void vt_env_random(const struct vt_env *env, uint8_t *out, size_t len)
{
    env->random(env->context, out, len);
}

int64_t vt_monotonic_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
