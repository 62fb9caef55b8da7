/* What a process needs from the world: clock and randomness.  It travels as a value, so
 * that a test can stop the clock and replay the dice. */
#ifndef VT_BASE_ENV_H
#define VT_BASE_ENV_H

struct vt_env {
    int64_t (*now_unix_ms)(void *context); /* wall clock, milliseconds since 1970 */
    /* Fill with unpredictable bytes; ends the process if the kernel has none. */
    void (*random)(void *context, uint8_t *out, size_t len);
    void *context;
};

/* The real world. */
struct vt_env vt_env_real(void);

int64_t vt_env_now_unix_ms(const struct vt_env *env);
int64_t vt_env_now_unix_s(const struct vt_env *env);
void vt_env_random(const struct vt_env *env, uint8_t *out, size_t len);

/* Monotonic milliseconds, for time-outs and progress only. */
int64_t vt_monotonic_ms(void);

/* RFC 3339 in UTC with seconds, "2026-11-23T17:37:25Z"; out holds 21 bytes.  The only
 * form of time that Vitrine writes in statements.  A time outside 1970 to 9999 is written
 * as the nearest one inside. */
#define VT_TIME_TEXT_BYTES 21
#define VT_TIME_UNIX_S_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
void vt_time_write(int64_t unix_s, char out[VT_TIME_TEXT_BYTES]);
/* Exactly that form, years 1970 to 9999. */
VT_CHECKED bool vt_time_parse(vt_slice text, int64_t *unix_s_out);

/* "15m", "24h", "7d", "90s" as seconds; plain digits are seconds; up to 100 years. */
VT_CHECKED bool vt_duration_parse(vt_slice text, int64_t *seconds_out);

#endif
