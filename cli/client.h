/* What the verbs of `vitrine client` share: the client's folder, and each verb's entry. */
#ifndef VT_CLI_CLIENT_H
#define VT_CLI_CLIENT_H

#include "cell/client_settings.h"
#include "cell/consent.h"
#include "cell/sent.h"
#include "cli/cli.h"

/* For the option tables of verbs that keep something. */
#define VT_OPTION_HOME                                                                     \
    {                                                                                      \
        "home", "DIR",                                                                     \
            "this client's folder: settings, consent, what was sent; else VITRINE_HOME, "  \
            "else ~/.vitrine",                                                             \
            false, false                                                                   \
    }

#define VT_CLI_PATH_BYTES 4096

/* Where the folder is, or would be: --home, else the environment's VITRINE_HOME, else
 * ~/.vitrine.  Errors: misuse when nothing says it; VT_LIMIT */
VT_CHECKED bool vt_cli_home_path(struct vt_args *args, char out[VT_CLI_PATH_BYTES],
                                 struct vt_error *err);
/* Made if missing, and locked, for which it waits a few seconds.  Returned, end with
 * vt_disk_close. */
VT_CHECKED bool vt_cli_home_open(struct vt_args *args, struct vt_disk **out,
                                 struct vt_error *err);
/* The same for reading: must be there. */
VT_CHECKED bool vt_cli_home_read(struct vt_args *args, struct vt_disk **out,
                                 struct vt_error *err);
/* The settings in the folder, if there are any.  out: zeroed by the caller, owned.
 * Errors: VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_cli_settings_read(struct vt_disk *home, struct vt_client_settings *out,
                                     struct vt_error *err);
/* Make the new file with as many spaces: what cannot be written is found out before it is
 * recorded as sent.  VT_REJECTED if it exists. */
VT_CHECKED bool vt_cli_reserve(const char *path, size_t bytes, struct vt_error *err);
void vt_cli_home_close(struct vt_disk **home);
#define VT_AUTO_HOME __attribute__((cleanup(vt_cli_home_close))) struct vt_disk *

bool vt_cli_client_scan(struct vt_args *args, struct vt_error *err);
bool vt_cli_client_init(struct vt_args *args, struct vt_error *err);
bool vt_cli_client_consent(struct vt_args *args, struct vt_error *err);
bool vt_cli_client_report(struct vt_args *args, struct vt_error *err);
bool vt_cli_client_sent(struct vt_args *args, struct vt_error *err);
bool vt_cli_client_withdraw(struct vt_args *args, struct vt_error *err);
bool vt_cli_client_receipt(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_client_scan_options[];
bool vt_cli_client_share(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_client_init_options[];
extern const struct vt_option vt_cli_client_consent_options[];
extern const struct vt_option vt_cli_client_report_options[];
extern const struct vt_option vt_cli_client_sent_options[];
extern const struct vt_option vt_cli_client_withdraw_options[];
extern const struct vt_option vt_cli_client_receipt_options[];
extern const struct vt_option vt_cli_client_share_options[];
bool vt_cli_client_accesses(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_client_accesses_options[];

#endif
