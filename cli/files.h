/* Files that verbs read and write for the person who names them. */
#ifndef VT_CLI_FILES_H
#define VT_CLI_FILES_H

#include "cli/cli.h"
#include "crypto/age_file.h"
#include "crypto/key.h"
#include "wire/note.h"
#include <jansson.h>

/* --key WHERE and --passphrase-file FILE: for the option tables of verbs that sign. */
#define VT_OPTION_KEY                                                                      \
    {                                                                                      \
        "key", "KEY", "private key: a PEM file or a pkcs11: URI", true, false              \
    }
#define VT_OPTION_PASSPHRASE                                                               \
    {                                                                                      \
        "passphrase-file", "FILE", "file whose first line opens the key", false, false     \
    }

/* Open the key that --key names; on a terminal an encrypted key's passphrase is asked for
 * without echo.  Returned, end with vt_key_close. */
VT_CHECKED bool vt_cli_key_open(struct vt_args *args, struct vt_key **key_out,
                                struct vt_error *err);
/* The same for an X25519 identity; end with vt_age_identity_clear. */
VT_CHECKED bool vt_cli_identity_open(struct vt_args *args, struct vt_age_identity *out,
                                     struct vt_error *err);
/* The first line of --passphrase-file, without its line break; empty if not given. */
VT_CHECKED bool vt_cli_passphrase(struct vt_args *args, struct vt_buf *out,
                                  struct vt_error *err);

/* The same of another option. */
VT_CHECKED bool vt_cli_passphrase_of(struct vt_args *args, const char *option,
                                     struct vt_buf *out, struct vt_error *err);

/* The first line of a file, without its line break; NULL: none, out stays empty.
 * Errors: VT_IO; VT_REJECTED it is empty */
VT_CHECKED bool vt_cli_first_line(const char *path, struct vt_buf *out,
                                  struct vt_error *err);

/* The value of --vkey as a verifier key; what is none is misuse. */
VT_CHECKED bool vt_cli_vkey_read(struct vt_args *args, struct vt_vkey *out,
                                 struct vt_error *err);

/* Write the file that the person named, whole or not at all, durably.  A character device
 * or FIFO is written into; a folder, a symbolic link to a file, anything else is not
 * replaced. Errors: VT_IO */
VT_CHECKED bool vt_cli_write(const char *path, vt_slice bytes, mode_t mode,
                             struct vt_error *err);
/* The same, but an existing file is refused. */
VT_CHECKED bool vt_cli_create(const char *path, vt_slice bytes, mode_t mode,
                              struct vt_error *err);
/* Take away what vt_cli_create made, where the rest of it could not be. */
VT_CHECKED bool vt_cli_take_away(const char *path, struct vt_error *err);

/* Ask for it on the terminal, without echo; out stays empty if there is none, or if the
 * person gives up with the interrupt key. */
void vt_cli_passphrase_ask(struct vt_buf *out, const char *what);

/* Print a JSON value on one line.  Takes it. */
void vt_cli_print_json(json_t *value);
/* Print text from outside, on the line that is being printed: what would steer a terminal,
 * break the line or turn it round becomes '?'. */
void vt_cli_print_text(vt_slice text);
/* A string value; in bytes that are not UTF-8 all above 0x7f become '?'. */
json_t *vt_cli_json_text(vt_slice text);

#endif
