/* What a build shows while it runs: the recipe's bytes never steer the terminal. */
#include "cli/progress.h"
#include "tests/harness.h"

/* What was written to standard error meanwhile. */
static const char *shown_while(void (*act)(void))
{
    const char *path = vt_test_path("stderr");
    VT_AUTO_FD kept = dup(STDERR_FILENO);
    VT_AUTO_FD to = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    static char text[4096];
    VT_AUTO_BUF seen = vt_buf_init(sizeof text - 1);
    struct vt_error err = { 0 };

    VT_CHECK(kept >= 0 && to >= 0 && dup2(to, STDERR_FILENO) >= 0);
    act();
    (void)fflush(stderr);
    VT_CHECK(dup2(kept, STDERR_FILENO) >= 0);
    VT_CHECK_OK(vt_file_read(path, &seen, &err));
    (void)snprintf(text, sizeof text, "%s", vt_buf_cstr(&seen));
    return text;
}

static void show(const char *step)
{
    struct vt_progress progress = vt_progress_init(false);
    struct vt_build_watch watch = vt_progress_watch(&progress);

    watch.step(watch.context, 0, 0, step); /* the environment */
    watch.step(watch.context, 1, 2, step);
    vt_progress_end(&progress);
}

static void show_forged(void)
{
    show("true \x1b[2K\rlamp 1.0: equal, and signed so\n\xc2\x9b"
         "A");
}

static void show_honest(void)
{
    show("M\xc3\xbcll make all");
}

static void steps_cannot_steer_a_terminal(void)
{
    const char *seen = shown_while(show_forged);

    VT_CHECK_SAYING(strstr(seen, "true ?[2K?lamp 1.0: equal, and signed so??A\n") == seen,
                    "%s", seen);
    VT_CHECK(strstr(seen, "step 1 of 2: true ?[2K?lamp") != NULL);
    VT_CHECK(strchr(seen, '\x1b') == NULL && strchr(seen, '\r') == NULL);
    seen = shown_while(show_honest); /* the twin */
    VT_CHECK_SAYING(strstr(seen, "step 1 of 2: M\xc3\xbcll make all (0.0 s)\n") != NULL,
                    "%s", seen);
}

static const struct vt_case cases[] = {
    { "steps cannot steer a terminal", steps_cannot_steer_a_terminal },
};

VT_TEST_MAIN("progress", cases)
