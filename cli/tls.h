/* --tls-cert and --tls-key of verbs that serve. */
#ifndef VT_CLI_TLS_H
#define VT_CLI_TLS_H

#include "cli/cli.h"

#define VT_OPTION_TLS_CERT                                                                 \
    {                                                                                      \
        "tls-cert", "FILE", "speak TLS with this certificate chain (PEM)", false, false    \
    }
#define VT_OPTION_TLS_KEY                                                                  \
    {                                                                                      \
        "tls-key", "FILE", "its private key (PEM)", false, false                           \
    }

struct vt_cli_tls {
    struct vt_buf certificate_bytes, key_bytes;
    const char *certificate, *key; /* PEM; NULL: plain HTTP */
};

/* Both or none; one that is not the other's is refused before a server starts with it.
 * Errors: misuse; VT_MALFORMED, VT_REJECTED, VT_IO */
VT_CHECKED bool vt_cli_tls_read(struct vt_args *args, struct vt_cli_tls *out,
                                struct vt_error *err);
void vt_cli_tls_clear(struct vt_cli_tls *tls); /* wipes the key */
#define VT_AUTO_CLI_TLS __attribute__((cleanup(vt_cli_tls_clear))) struct vt_cli_tls

#endif
