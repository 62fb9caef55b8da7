/* What verbs that serve have in common: where they listen, and saying that they do. */
#ifndef VT_CLI_LISTENING_H
#define VT_CLI_LISTENING_H

#include "cli/cli.h"

#define VT_OPTION_LISTEN                                                                   \
    {                                                                                      \
        "listen", "ADDRESS", "IP address to listen on; 127.0.0.1 if not given", false,     \
            false                                                                          \
    }
#define VT_OPTION_PORT                                                                     \
    {                                                                                      \
        "port", "N", "port; 0 or nothing: any free one", false, false                      \
    }

struct vt_cli_listening {
    struct vt_args *args; /* borrowed */
    const char *scheme;   /* "http" */
    const char *address;
    uint16_t port; /* 0: any free one */
};

/* --listen and --port.  False is misuse. */
VT_CHECKED bool vt_cli_listening(struct vt_args *args, const char *scheme,
                                 struct vt_cli_listening *out, struct vt_error *err);
/* "ready: URL", or {"ready": URL}; context: the struct above. */
void vt_cli_say_ready(void *context, uint16_t port);

#endif
