/* Ending what goes on for ever. */
#include "cli/for_ever.h"
#include <signal.h>
#include <time.h>

static void end_well(int number)
{
    (void)number;
    _exit(VT_EXIT_OK);
}

void vt_cli_for_ever(void)
{
    struct sigaction action = { .sa_handler = end_well };

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
}

void vt_cli_rest(int64_t s)
{
    struct timespec rest = { .tv_sec = s };

    (void)nanosleep(&rest, NULL);
}
