/* Verbs that go on for ever (--interval). */
#ifndef VT_CLI_FOR_EVER_H
#define VT_CLI_FOR_EVER_H

#include "base/base.h"

/* From here on SIGTERM ends the process at once, and well: exit code 0.  What such a verb
 * keeps is whole at any instant, so there is nothing to finish. */
void vt_cli_for_ever(void);

/* Until the next round. */
void vt_cli_rest(int64_t s);

#endif
